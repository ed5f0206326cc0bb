'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');

b.setup();


function simple(attributes, form) {
    return b.html((form || '<form id="some-id" method="POST" action="/authenticate"></form>')
                  + '<script src="' + b.script() + '" ' + attributes + '></script>');
}

const ALL = 'data-client-name="Client Name" data-form-id="some-id" '
            + 'data-key="test_key" data-product="auth" data-env="tartan"';


async function posted(page) {
    await page.waitForURL(/authenticate/);

    return b.posts().map(function (post) {
        return Object.fromEntries(new URLSearchParams(post.body));
    });
}


test('from the button to a posted form', async function () {
    const page = await b.visit(simple(ALL));
    const link = b.link(page);

    await page.locator('#plaid-link-button').click();
    await link.pane('select');
    await link.shot('simple-select');
    await link.pick('wells');
    await link.shot('simple-credentials');
    await link.login('plaid_test', 'plaid_good');
    await link.pane('success');
    await link.shot('simple-success');
    await link.press('Continue');

    assert.deepStrictEqual(await posted(page),
                           [{public_token: 'test,wells,connected'}]);
    assert.deepStrictEqual(page.problems, []);
});


test('the button is stylable and sits in the form', async function () {
    const page = await b.visit(simple(ALL).replace('</title>',
        '</title><style>#plaid-link-button { border: 10px solid pink; }</style>'));
    const button = page.locator('form#some-id > #plaid-link-button');

    assert.strictEqual(await button.textContent(), 'Link your Bank Account');
    assert.strictEqual(await button.getAttribute('type'), 'button');
    assert.strictEqual(await button.evaluate(function (node) {
        return getComputedStyle(node).borderTopWidth;
    }), '10px');
});


test('a field named submit does not stop the form', async function () {
    const page = await b.visit(simple(ALL,
        '<form id="some-id" method="POST" action="/authenticate">'
        + '<input type="hidden" name="submit" value="x">'
        + '<input type="hidden" name="user" value="7"></form>'));
    const link = b.link(page);

    await page.locator('#plaid-link-button').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.press('Continue');

    assert.deepStrictEqual(await posted(page), [
        {submit: 'x', user: '7', public_token: 'test,wells,connected'}
    ]);
});


test('the script before the form waits for it', async function () {
    const page = await b.visit(b.html(
        '<script src="' + b.script() + '" ' + ALL + '></script>'
        + '<form id="some-id" method="POST" action="/authenticate"></form>'));

    await page.locator('form#some-id > #plaid-link-button').waitFor();
});


test('data-token opens the log-in at once', async function () {
    const page = await b.visit(simple(ALL + ' data-token="test,chase,connected"'));
    const link = b.link(page);

    await page.locator('#plaid-link-button').click();
    await link.pane('credentials');
    await link.frame.getByRole('heading', {name: 'Log in to Chase'}).waitFor();
});


test('a missing attribute or form is named in the console', async function () {
    const context = await b.browser().newContext();
    const page = await context.newPage();
    const lines = [];

    page.on('console', function (message) {
        lines.push(message.text());
    });

    b.put('/', simple('data-form-id="some-id" data-key="test_key"'));
    await page.goto(b.origin());
    assert.match(lines.join('\n'), /data-client-name, data-product, data-env/);
    assert.strictEqual(await page.locator('#plaid-link-button').count(), 0);

    lines.splice(0);
    b.put('/', simple(ALL.replace('some-id', 'other')));
    await page.goto(b.origin());
    assert.match(lines.join('\n'), /no form with the id "other"/);
});


test('Plaid\'s own content security policy is enough', async function () {
    const page = await b.visit({
        body: simple(ALL),
        csp: "default-src 'self'; script-src " + b.script() + '; frame-src '
             + b.SANDBOX
    });
    const link = b.link(page);

    await page.locator('#plaid-link-button').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.press('Continue');

    assert.strictEqual((await posted(page)).length, 1);
});
