'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');
const api = require('./lib/api');

b.setup();


/* as an app's WebView does: what goes to plaidlink: is kept, and cancelled */

function intercept() {
    window.navigation.addEventListener('navigate', function (event) {
        if (event.destination.url.startsWith('plaidlink:')) {
            window.intercepted(event.destination.url, performance.now());
            event.preventDefault();
        }
    });
}


async function webview(query) {
    const context = await b.browser().newContext(b.PHONE);
    const page = await context.newPage();
    const urls = [];

    page.setDefaultTimeout(10000);
    await page.exposeFunction('intercepted', function (url, at) {
        urls.push(Object.assign(new URL(url), {at: at}));
    });
    await page.addInitScript(intercept);
    await page.goto(b.SANDBOX + '/link/v2/stable/link.html?isWebview=true&'
                    + new URLSearchParams(query));

    return {
        page: page,
        link: b.link(page, null),
        urls: urls,

        wait: async function (action) {
            for (let i = 0; i < 200; i++) {
                const url = urls.find(function (one) {
                    return one.host === action || one.pathname === '//' + action;
                });

                if (url) {
                    return url;
                }

                await page.waitForTimeout(25);
            }

            throw new Error('no redirect to ' + action + ': ' + urls.join(' '));
        }
    };
}


const LEGACY = {key: 'test_key', env: 'tartan', product: 'auth',
                clientName: 'Client Name'};


test('legacy: connected', async function () {
    const {link, wait, urls} = await webview(LEGACY);

    await link.pane('select');
    await link.shot('webview-select');
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.press('Continue');

    assert.deepStrictEqual(Object.fromEntries((await wait('connected')).searchParams), {
        public_token: 'test,wells,connected',
        account_id: '',
        account_name: '',
        institution_type: 'wells',
        institution_name: 'Wells Fargo'
    });
    assert.strictEqual(urls.length, 1);
});


test('legacy: connected with an account', async function () {
    const {link, wait} = await webview(Object.assign({selectAccount: 'true'}, LEGACY));

    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('radio', {name: 'Plaid Savings'}).check();
    await link.press('Continue');
    await link.press('Continue');

    const query = (await wait('connected')).searchParams;

    assert.strictEqual(query.get('account_id'), 'QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK');
    assert.strictEqual(query.get('account_name'), 'Plaid Savings');
});


test('legacy: exit', async function () {
    const {link, wait} = await webview(LEGACY);

    await link.pick('wells');
    await link.login('plaid_test', 'plaid_locked');
    await link.alert('locked');
    await link.leave();

    const query = Object.fromEntries((await wait('exit')).searchParams);

    assert.deepStrictEqual(Object.keys(query), [
        'status', 'error_code', 'error_message', 'institution_type',
        'institution_name', 'link_request_id', 'plaid_api_request_id'
    ]);
    assert.strictEqual(query.status, 'requires_credentials');
    assert.strictEqual(query.error_code, '1205');
    assert.strictEqual(query.error_message, 'account locked');
    assert.strictEqual(query.institution_type, 'wells');
});


test('legacy: update mode', async function () {
    const {link} = await webview(Object.assign({token: 'test,usaa,connected'}, LEGACY));

    await link.pane('credentials');
    await link.frame.getByRole('heading', {name: 'Log in to USAA'}).waitFor();
});


test('current: connected, and every event on the way', async function () {
    const {page, link, wait, urls} = await webview({token: await api.linkToken()});

    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.press('Continue');
    await link.press('Continue');

    const query = Object.fromEntries((await wait('connected')).searchParams);

    assert.match(query.public_token, /^public-sandbox-/);
    assert.strictEqual(query.institution_id, 'ins_109508');

    const accounts = JSON.parse(query.accounts);

    assert.deepStrictEqual(Object.keys(accounts[0]), [
        '_id', 'meta', 'type', 'subtype', 'verification_status', 'class_type'
    ]);
    assert.deepStrictEqual(Object.keys(accounts[0].meta), ['name', 'number']);

    const events = urls.filter(function (url) {
        return url.searchParams.has('event_name');
    }).map(function (url) {
        return url.searchParams.get('event_name');
    });

    assert.deepStrictEqual(events, [
        'OPEN', 'TRANSITION_VIEW', 'SELECT_INSTITUTION', 'TRANSITION_VIEW',
        'SUBMIT_CREDENTIALS', 'TRANSITION_VIEW', 'TRANSITION_VIEW', 'HANDOFF'
    ]);
    /* a WebView takes only the last of several navigations at once */

    urls.slice(1).forEach(function (url, i) {
        assert.ok(url.at - urls[i].at > 30, url.href);
    });

    await page.getByText('You can close this page.').waitFor();
});


test('current: exit', async function () {
    const {link, wait} = await webview({token: await api.linkToken()});

    await link.pick('ins_109508');
    await link.login('user_good', 'wrong');
    await link.alert('correct');
    await link.leave();

    const query = Object.fromEntries((await wait('exit')).searchParams);

    assert.deepStrictEqual(Object.keys(query), [
        'status', 'error_type', 'error_code', 'error_message', 'display_message',
        'error_display_message', 'institution_id', 'institution_name',
        'link_session_id', 'request_id'
    ]);
    assert.strictEqual(query.error_code, 'INVALID_CREDENTIALS');
});


test('a hosted session needs no app', async function () {
    const context = await b.browser().newContext(b.DESKTOP);
    const page = await context.newPage();
    const link = b.link(page, null);

    await page.goto(b.SANDBOX + '/link/v2/stable/link.html?token='
                    + await api.linkToken());
    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.press('Continue');
    await link.press('Continue');
    await page.getByRole('heading', {name: 'Your account is linked'}).waitFor();
    await link.shot('hosted-over');
});


test('isWebview in Plaid.create: callbacks and redirects', async function () {
    const context = await b.browser().newContext(b.PHONE);
    const page = await context.newPage();
    const link = b.link(page);
    const urls = [];

    await page.exposeFunction('intercepted', function (url) {
        urls.push(url);
    });
    await page.addInitScript(intercept);
    b.put('/', b.custom(Object.assign({isWebview: true}, b.LEGACY)));
    await page.goto(b.origin());
    await page.locator('#go').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.press('Continue');
    await b.result(page, 'success');
    await page.waitForTimeout(200);
    assert.strictEqual(urls.length, 1);
    assert.ok(urls[0].startsWith('plaidlink://connected?public_token=test%2Cwells'));
});
