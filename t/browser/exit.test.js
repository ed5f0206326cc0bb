'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');

b.setup();


async function opened(type, config) {
    const page = await b.visit(b.custom(Object.assign({}, b.LEGACY, config)));

    await page.waitForFunction('got.loads === 1');
    await page.evaluate('handler.open(' + (type ? '"' + type + '"' : '') + ')');

    return {page, link: b.link(page)};
}


const login = async function (link) {
    await link.login('plaid_test', 'plaid_good');
};


/* the six statuses: what the user had done before leaving */

const STATUSES = [
    ['requires_credentials', null, 'select', async function () {}],
    ['requires_credentials', 'wells', 'credentials', async function () {}],
    ['requires_questions', 'us', 'mfa', login],
    ['choose_device', 'chase', 'devices', login],
    ['requires_code', 'chase', 'mfa', async function (link) {
        await login(link);
        await link.frame.getByRole('button', {name: /5309/}).click();
    }],
    ['requires_selections', 'citi', 'selections', async function (link) {
        await link.login('plaid_selections', 'plaid_good');
    }],
    ['connected', 'wells', 'accounts', login, {selectAccount: true}]
];


STATUSES.forEach(function ([status, type, pane, steps, config]) {
    test('leaving at ' + pane + ' says ' + status, async function () {
        const {page, link} = await opened(type, config);

        await steps(link);
        await link.pane(pane);
        await link.leave();

        const exit = await b.result(page, 'exit');

        assert.strictEqual(exit.error, null);
        assert.strictEqual(exit.metadata.status, status);
        assert.deepStrictEqual(Object.keys(exit.metadata).sort(), [
            'institution', 'link_request_id', 'plaid_api_request_id', 'status'
        ]);
        assert.strictEqual(exit.metadata.institution
                           && exit.metadata.institution.type, type);
        assert.notStrictEqual(exit.metadata.plaid_api_request_id, '');
        await page.locator('iframe').waitFor({state: 'hidden'});
    });
});


test('onExit carries the error met last', async function () {
    const {page, link} = await opened('wells');

    await link.login('plaid_test', 'wrong');
    await link.alert('not correct');
    await link.leave();

    assert.deepStrictEqual((await b.result(page, 'exit')).error,
                           {code: 1200, message: 'invalid credentials'});
});


test('an error that was mended is not carried', async function () {
    const {page, link} = await opened('us');

    await link.login('plaid_test', 'wrong');
    await link.alert('not correct');
    await login(link);
    await link.pane('mfa');
    await link.leave();
    assert.strictEqual((await b.result(page, 'exit')).error, null);
});


test('exit() asks, and the user may stay with what was typed', async function () {
    const {page, link} = await opened('wells');

    await link.frame.locator('[name=username]').fill('plaid_test');
    await page.evaluate('handler.exit()');
    await link.pane('confirm');
    await link.shot('exit-confirm');
    await link.press('No, stay here');
    await link.pane('credentials');
    assert.strictEqual(await link.frame.locator('[name=username]').inputValue(),
                       'plaid_test');
    assert.deepStrictEqual((await b.got(page)).exit, []);
});


test('exit({force: true}) asks nobody', async function () {
    const {page, link} = await opened('wells');

    await link.pane('credentials');
    await page.evaluate('handler.exit({force: true})');
    assert.strictEqual((await b.result(page, 'exit')).metadata.status,
                       'requires_credentials');
});


test('exit on the last pane is a success', async function () {
    const {page, link} = await opened('wells');

    await login(link);
    await link.pane('success');
    await page.evaluate('handler.exit()');
    assert.strictEqual((await b.result(page, 'success')).token,
                       'test,wells,connected');
    assert.deepStrictEqual((await b.got(page)).exit, []);
});


test('an answer that comes during the question waits for it', async function () {
    const {page, link} = await opened('wells');
    let release;

    await page.route('**/link/client/credentials', async function (route) {
        await new Promise(function (done) {
            release = done;
        });
        await route.continue();
    });

    await login(link);
    await link.close();
    await link.pane('confirm');
    release();
    await page.waitForResponse('**/link/client/credentials');
    await link.pane('confirm');
    await link.press('No, stay here');
    await link.pane('success');
});


test('an answer after the exit changes nothing', async function () {
    const {page, link} = await opened('wells');
    let release;

    await page.route('**/link/client/credentials', async function (route) {
        await new Promise(function (done) {
            release = done;
        });
        await route.continue();
    });

    await login(link);
    await page.evaluate('handler.exit({force: true})');
    await b.result(page, 'exit');
    await page.evaluate('handler.open()');
    await link.pane('select');
    release();
    await page.waitForResponse('**/link/client/credentials');
    await page.waitForTimeout(200);
    await link.pane('select');
    assert.deepStrictEqual((await b.got(page)).success, []);
    assert.strictEqual((await b.got(page)).exit.length, 1);
    assert.deepStrictEqual(page.problems, []);
});


test('a sandbox that does not answer', async function () {
    const {page, link} = await opened('wells');

    await page.route('**/link/client/credentials', function (route) {
        return route.abort();
    });

    await login(link);
    await link.alert('Something went wrong.');
    await page.unroute('**/link/client/credentials');
    await login(link);
    await link.pane('success');
});


test('the page is inert while Link is open, and as before after', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    await page.locator('#go').focus();
    await page.keyboard.press('Enter');
    await link.pane('select');
    assert.strictEqual(await page.locator('h1').evaluate(function (node) {
        return node.inert;
    }), true);
    await link.leave();
    await b.result(page, 'exit');
    assert.strictEqual(await page.locator('[inert]').count(), 0);
    assert.strictEqual(await page.evaluate('document.activeElement.id'), 'go');
    assert.strictEqual(
        await page.evaluate('document.documentElement.style.overflow'), '');
});
