/*
 * The demo as a visitor sees it: a page, Link, the form, nginx exchanges, and
 * the app behind reads the accounts with the token from its header.
 */

'use strict';

const assert = require('node:assert');
const http = require('http');
const {after, before, test} = require('node:test');
const b = require('./lib/browser');

const DEMO = 'http://127.0.0.1:' + process.env.PLAID_DEMO;
const APP = Number(process.env.PLAID_APP);

let app, requests;

b.setup();


/* the app: no Plaid code but a read with the token it finds */

async function answer(request, response) {
    const token = request.headers['x-plaid-access-token'];
    const current = /^access-/.test(token || '');
    let body = '', reply, total;

    for await (const chunk of request) {
        body += chunk;
    }

    requests.push({token: token, body: body});

    reply = await fetch(b.SANDBOX + '/auth/get', {
        method: 'POST',
        headers: {'Content-Type': 'application/json'},
        body: JSON.stringify({client_id: 'test_id', secret: 'test_secret',
                              access_token: token})
    });
    reply = await reply.json();
    total = (reply.accounts || []).reduce(function (sum, account) {
        return sum + (current ? account.balances : account.balance).current;
    }, 0);

    response.setHeader('Content-Type', 'text/html');
    response.end('<!DOCTYPE html><title>Accounts</title><p id="count">'
                 + (reply.accounts || []).length + '</p><p id="total">'
                 + total.toFixed(2) + '</p>');
}


before(async function () {
    app = http.createServer(answer);
    await new Promise(function (done) {
        app.listen(APP, '127.0.0.1', done);
    });
});


after(function () {
    app.closeAllConnections();
    app.close();
});


async function visit(name, options) {
    const context = await b.browser().newContext(options || b.DESKTOP);
    const page = await context.newPage();

    requests = [];
    page.setDefaultTimeout(10000);
    page.problems = [];
    page.on('pageerror', function (error) {
        page.problems.push(String(error));
    });
    await page.goto(DEMO + '/' + name);

    return page;
}


async function accounts(page, token) {
    await page.waitForURL(/authenticate/);
    assert.notStrictEqual(await page.locator('#count').textContent(), '0');
    assert.match(await page.locator('#total').textContent(), /^[1-9]\d*\.\d\d$/);
    assert.strictEqual(requests.length, 1);
    assert.match(requests[0].token, token);
    assert.ok(!(await page.content()).includes(requests[0].token));
    assert.deepStrictEqual(page.problems, []);
}


test('the first page leads to each demo', async function () {
    const page = await visit('index.html');
    const links = await page.locator('.grid a').evaluateAll(function (all) {
        return all.map(function (a) {
            return a.href;
        });
    });

    await b.link(page, null).shot('demo-index');
    assert.strictEqual(links.length, 5);

    for (const href of links) {
        assert.strictEqual((await page.goto(href)).status(), 200);
    }
});


test('simple', async function () {
    const page = await visit('simple.html');
    const link = b.link(page);

    await link.shot('demo-simple');
    await page.locator('#plaid-link-button').click();
    await link.pick('chase');
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('button', {name: /5309/}).click();
    await link.answer('1234');
    await link.press('Continue');
    await accounts(page, /^test_chase$/);
});


test('custom', async function () {
    const page = await visit('custom.html');
    const link = b.link(page);

    await page.getByText('banks offer this').waitFor();
    await page.locator('#wells').click();
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('radio', {name: 'Plaid Savings'}).check();
    await link.press('Continue');
    await link.press('Continue');
    await accounts(page, /^test_wells$/);
    assert.strictEqual(new URLSearchParams(requests[0].body).get('account_id'),
                       'QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK');
});


test('update', async function () {
    const page = await visit('update.html');
    const link = b.link(page);

    await page.locator('#plaid-link-button').click();
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('button', {name: /5309/}).click();
    await link.answer('1234');
    await link.press('Continue');
    await accounts(page, /^test_chase$/);
});


test('webview', async function () {
    const page = await visit('webview.html');
    const link = b.link(page, '#webview');

    await link.pane('select');
    await link.shot('demo-webview');
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('radio', {name: 'Plaid Checking'}).check();
    await link.press('Continue');
    await link.press('Continue');
    await page.getByText('plaidlink://connected').waitFor();
    await page.getByRole('button', {name: 'Post the token'}).click();
    await accounts(page, /^test_wells$/);
});


test('current', async function () {
    const page = await visit('current.html');
    const link = b.link(page);

    await page.locator('#link:enabled').click();
    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.press('Continue');
    await link.press('Continue');
    await accounts(page, /^access-sandbox-/);
});


test('on a phone', async function () {
    for (const name of ['index', 'simple', 'custom', 'update', 'webview', 'current']) {
        const page = await visit(name + '.html', b.PHONE);

        await page.waitForTimeout(200);
        await b.link(page, null).shot('demo-phone-' + name);
        assert.ok(await page.evaluate(
            'document.documentElement.scrollWidth <= innerWidth'), name);
    }
});


test('Link below another location', async function () {
    const page = await visit('index.html');

    b.put('/', b.custom(b.LEGACY).replace(b.SANDBOX + '/link/',
                                          b.SANDBOX + '/below/link/'));
    await page.goto(b.origin() + '/');

    const link = b.link(page);

    await page.locator('#go').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.pane('success');
});
