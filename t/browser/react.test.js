/*
 * react-plaid-link as published: it loads Link from Plaid's own host, which
 * this browser finds at the sandbox.
 */

'use strict';

const assert = require('node:assert');
const fs = require('fs');
const path = require('path');
const {test} = require('node:test');
const b = require('./lib/browser');
const api = require('./lib/api');

b.setup([
    '--host-resolver-rules=MAP cdn.plaid.com 127.0.0.1:' + process.env.PLAID_TLS,
    '--ignore-certificate-errors'
]);


const FILES = {
    '/react.js': 'react/umd/react.development.js',
    '/react-dom.js': 'react-dom/umd/react-dom.development.js',
    '/react-plaid-link.js': 'react-plaid-link/dist/index.umd.js'
};


async function visit(code) {
    let scripts = '';

    for (const name of Object.keys(FILES)) {
        b.put(name, {
            type: 'text/javascript',
            body: fs.readFileSync(path.join(__dirname, 'node_modules', FILES[name]),
                                  'utf8')
        });
        scripts += '<script src="' + name + '"></script>';
    }

    return b.visit(b.html(
        '<div id="root"></div>' + scripts + '<script>'
        + 'window.got = {success: [], exit: [], events: [], loads: 0};'
        + 'const h = React.createElement;'
        + 'const options = {'
        + 'onSuccess(token, metadata) { got.success.push({token, metadata}); },'
        + 'onExit(error, metadata) { got.exit.push({error, metadata}); },'
        + 'onEvent(name, metadata) { got.events.push({name, metadata}); },'
        + 'onLoad() { got.loads++; }};'
        + code
        + 'const root = ReactDOM.createRoot(document.getElementById("root"));'
        + 'root.render(h(App));</script>'));
}


const HOOK = function (token) {
    return 'function App() {'
           + 'const [token, setToken] = React.useState("' + token + '");'
           + 'window.setToken = setToken;'
           + 'const link = PlaidLink.usePlaidLink(Object.assign({token}, options));'
           + 'window.plaidLink = link;'
           + 'return h("button", {id: "go", disabled: !link.ready,'
           + ' onClick: () => link.open()}, "Connect"); }';
};


test('usePlaidLink: from the button to onSuccess', async function () {
    const page = await visit(HOOK(await api.linkToken()));
    const link = b.link(page);

    await page.locator('#go:enabled').click();
    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.press('Continue');
    await link.press('Continue');

    const success = await b.result(page, 'success');
    const got = await b.got(page);

    assert.match(success.token, /^public-sandbox-/);
    assert.strictEqual(success.metadata.institution.institution_id, 'ins_109508');
    assert.strictEqual(got.loads, 1);
    assert.strictEqual(got.events[0].name, 'OPEN');
    assert.strictEqual(got.events[got.events.length - 1].name, 'HANDOFF');
    assert.deepStrictEqual(page.problems, []);
});


test('usePlaidLink: onExit, and exit() from the page', async function () {
    const page = await visit(HOOK(await api.linkToken()));
    const link = b.link(page);

    await page.locator('#go:enabled').click();
    await link.pane('select');
    await link.leave();
    assert.strictEqual((await b.result(page, 'exit')).metadata.status,
                       'institution_not_found');

    await page.locator('#go').click();
    await link.pane('select');
    await page.evaluate('plaidLink.exit({force: true}, () => { got.left = true; })');
    await page.waitForFunction('got.left && got.exit.length === 2');
});


test('usePlaidLink: a new token makes a new handler', async function () {
    const page = await visit(HOOK(await api.linkToken()));
    const link = b.link(page);

    await page.locator('#go:enabled').click();
    await link.pane('select');
    await page.evaluate('setToken("' + await api.linkToken() + '")');
    await page.waitForFunction('got.loads === 2');
    assert.strictEqual(await page.locator('iframe').count(), 1);
    await page.locator('#go:enabled').click();
    await link.pane('select');
    assert.deepStrictEqual(page.problems, []);
});


test('usePlaidLink: unmounting takes all away', async function () {
    const page = await visit(HOOK(await api.linkToken()));

    await page.waitForFunction('got.loads === 1');
    await page.evaluate('root.unmount()');
    assert.strictEqual(await page.locator('iframe').count(), 0);
    assert.deepStrictEqual(page.problems, []);
});


test('PlaidLink, the button component', async function () {
    const page = await visit(
        'function App() { return h(PlaidLink.PlaidLink, Object.assign('
        + '{token: "' + await api.linkToken() + '"}, options), "Connect"); }');
    const link = b.link(page);

    await page.getByRole('button', {name: 'Connect'}).click();
    await link.pick('ins_109508');
});


test('PlaidEmbeddedLink', async function () {
    const page = await visit(
        'const all = Object.assign({token: "' + await api.linkToken() + '"}, options);'
        + 'function App() { return h(PlaidLink.PlaidEmbeddedLink, all); }');

    await b.link(page, '#root iframe').frame
        .locator('[data-institution=ins_109508]').click();

    const link = b.link(page, 'body > iframe');

    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.press('Continue');
    await link.press('Continue');
    assert.match((await b.result(page, 'success')).token, /^public-sandbox-/);
    await page.evaluate('root.unmount()');
    assert.strictEqual(await page.locator('iframe').count(), 0);
});


test('usePlaidLink with a public key still opens the legacy Link', async function () {
    const page = await visit(
        'const all = Object.assign({publicKey: "test_key", env: "tartan",'
        + ' product: ["auth"], clientName: "Client Name"}, options);'
        + 'function App() { const link = PlaidLink.usePlaidLink(all);'
        + 'return h("button", {id: "go", disabled: !link.ready,'
        + ' onClick: () => link.open()}, "Connect"); }');
    const link = b.link(page);

    await page.locator('#go:enabled').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.press('Continue');
    assert.strictEqual((await b.result(page, 'success')).token,
                       'test,wells,connected');
});
