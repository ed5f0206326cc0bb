'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');
const api = require('./lib/api');

b.setup();

const ACCOUNT = ['class_type', 'id', 'mask', 'name', 'subtype', 'type',
                 'verification_status'];

const EVENT = ['account_number_mask', 'error_code', 'error_message', 'error_type',
               'exit_status', 'institution_id', 'institution_name',
               'institution_search_query', 'is_update_mode', 'link_session_id',
               'match_reason', 'mfa_type', 'request_id', 'routing_number',
               'selection', 'timestamp', 'view_name'];


async function opened(body, config) {
    const token = await api.linkToken(body);
    const page = await b.visit(b.custom(Object.assign({token}, config)));

    await page.locator('#go').click();

    return {page, link: b.link(page), token};
}


async function done(page, link) {
    await link.pane('accounts');
    await link.press('Continue');
    await link.pane('success');
    await link.press('Continue');

    return b.result(page, 'success');
}


function names(page) {
    return b.got(page).then(function (got) {
        return got.events.map(function (event) {
            return event.name;
        });
    });
}


test('onSuccess and the events of the current form', async function () {
    const {page, link} = await opened();

    await link.shot('current-select');
    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.shot('current-accounts');

    const success = await done(page, link);
    const metadata = success.metadata;

    assert.match(success.token, /^public-sandbox-[0-9a-f-]{36}$/);
    assert.strictEqual(metadata.public_token, success.token);
    assert.deepStrictEqual(metadata.institution, {
        name: 'First Platypus Bank', institution_id: 'ins_109508'
    });
    assert.ok(metadata.accounts.length > 1);
    assert.deepStrictEqual(Object.keys(metadata.accounts[0]).sort(), ACCOUNT);
    assert.notStrictEqual(metadata.link_session_id, '');

    assert.deepStrictEqual((await names(page)).filter(function (name) {
        return name !== 'TRANSITION_VIEW';
    }), ['OPEN', 'SELECT_INSTITUTION', 'SUBMIT_CREDENTIALS', 'HANDOFF']);

    const events = (await b.got(page)).events;

    assert.deepStrictEqual(Object.keys(events[0].metadata).sort(), EVENT);
    assert.deepStrictEqual(events.filter(function (event) {
        return event.name === 'TRANSITION_VIEW';
    }).map(function (event) {
        return event.metadata.view_name;
    }), ['CONSENT', 'SELECT_INSTITUTION', 'CREDENTIAL', 'SELECT_ACCOUNT',
        'CONNECTED']);
    assert.strictEqual(events[0].metadata.link_session_id,
                       metadata.link_session_id);
});


test('the token of Link is exchanged once', async function () {
    const {page, link} = await opened();

    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');

    const token = (await done(page, link)).token;
    const first = await api.post('/item/public_token/exchange', {public_token: token});
    const second = await api.post('/item/public_token/exchange', {public_token: token});

    assert.strictEqual(first.status, 200);
    assert.match(first.body.access_token, /^access-sandbox-/);
    assert.strictEqual(second.status, 400);
    assert.strictEqual(second.body.error_code, 'INVALID_PUBLIC_TOKEN');
});


test('/link/token/get lists what Link has handed out', async function () {
    const {page, link, token} = await opened();

    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');

    const success = await done(page, link);
    const answer = await api.post('/link/token/get', {link_token: token});
    const text = JSON.stringify(answer.body.link_sessions);

    assert.strictEqual(answer.status, 200);
    assert.ok(text.includes(success.token), text);
    assert.ok(text.includes(success.metadata.link_session_id), text);
});


test('only the accounts that were left selected', async function () {
    const {page, link} = await opened();

    await link.pick('ins_109508');
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');

    const boxes = link.frame.getByRole('checkbox');
    const count = await boxes.count();

    for (let i = 0; i < count; i++) {
        await boxes.nth(i).uncheck();
    }

    await link.press('Continue');
    await link.alert('Please select at least one account.');
    await boxes.nth(0).check();

    const metadata = (await done(page, link)).metadata;

    assert.strictEqual(metadata.accounts.length, 1);
    assert.strictEqual(metadata.account_id, metadata.accounts[0].id);
});


test('search asks the sandbox, and says so', async function () {
    const {page, link} = await opened();

    await link.pane('select');
    await Promise.all([
        page.waitForResponse('**/link/client/search'),
        link.frame.getByRole('searchbox').fill('platypus')
    ]);
    await link.pick('ins_109508');

    const found = (await b.got(page)).events.find(function (event) {
        return event.name === 'SEARCH_INSTITUTION';
    });

    assert.strictEqual(found.metadata.institution_search_query, 'platypus');
});


test('update mode from an access token', async function () {
    const made = await api.post('/sandbox/public_token/create', {
        institution_id: 'ins_109508', initial_products: ['auth']
    });
    const item = await api.post('/item/public_token/exchange', {
        public_token: made.body.public_token
    });
    const access_token = item.body.access_token;

    await api.post('/sandbox/item/reset_login', {access_token});
    assert.strictEqual((await api.post('/auth/get', {access_token})).body.error_code,
                       'ITEM_LOGIN_REQUIRED');

    const token = await api.linkToken({access_token, products: undefined});
    const page = await b.visit(b.custom({token}));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pane('credentials');
    assert.strictEqual(await link.button('Back').isVisible(), false);
    await link.login('user_good', 'pass_good');
    await Promise.race([link.pane('accounts'), link.pane('success')]);

    if (await link.frame.locator('[data-pane=accounts]').count()) {
        await link.press('Continue');
    }

    await link.frame.getByRole('heading', {name: 'Your log-in is up to date'}).waitFor();
    await link.press('Continue');
    await b.result(page, 'success');
    assert.strictEqual((await api.post('/auth/get', {access_token})).status, 200);
});


test('mfa_device', async function () {
    const {page, link} = await opened();

    await link.pick('ins_109508');
    await link.login('user_good', 'mfa_device');
    await link.pane('devices');
    await link.frame.locator('.row').first().click();
    await link.answer('0000');
    await link.alert('not correct');
    await link.answer('1234');
    await done(page, link);

    const events = (await b.got(page)).events;

    assert.ok(events.some(function (event) {
        return event.name === 'ERROR'
               && event.metadata.error_code === 'INVALID_MFA';
    }));
    assert.ok(events.some(function (event) {
        return event.name === 'SUBMIT_MFA' && event.metadata.mfa_type === 'code';
    }));
});


test('mfa_questions_2_2: two rounds of two questions', async function () {
    const {page, link} = await opened();
    const fields = link.frame.locator('[name=mfa]');

    await link.pick('ins_109508');
    await link.login('user_good', 'mfa_questions_2_2');

    for (const round of [0, 1]) {
        await link.frame.locator('.label')
            .filter({hasText: 'question_' + round + '_1'}).waitFor();
        await fields.nth(0).fill('answer_' + round + '_0');
        await link.press('Submit');
        await link.alert('Please give an answer.');
        await fields.nth(1).fill('wrong');
        await link.press('Submit');
        await link.alert('not correct');
        assert.strictEqual(await fields.nth(0).inputValue(), '');
        await fields.nth(0).fill('answer_' + round + '_0');
        await fields.nth(1).fill('answer_' + round + '_1');
        await link.press('Submit');
    }

    await done(page, link);
});


test('mfa_selections', async function () {
    const {page, link} = await opened();

    await link.pick('ins_109508');
    await link.login('user_good', 'mfa_selections');
    await link.pane('selections');

    for (const group of await link.frame.getByRole('group').all()) {
        await group.getByRole('radio', {name: 'Yes'}).check();
    }

    await link.press('Submit');
    await done(page, link);
});


test('wrong credentials, and onExit with the current error', async function () {
    const {page, link} = await opened();

    await link.pick('ins_109508');
    await link.login('user_good', 'wrong');
    await link.alert('correct');
    await link.leave();

    const exit = await b.result(page, 'exit');

    assert.strictEqual(exit.error.error_type, 'ITEM_ERROR');
    assert.strictEqual(exit.error.error_code, 'INVALID_CREDENTIALS');
    assert.deepStrictEqual(Object.keys(exit.error).sort(), [
        'display_message', 'error_code', 'error_message', 'error_type'
    ]);
    assert.strictEqual(exit.metadata.status, 'requires_credentials');
    assert.deepStrictEqual(Object.keys(exit.metadata).sort(), [
        'institution', 'link_session_id', 'request_id', 'status'
    ]);
    assert.strictEqual((await names(page)).pop(), 'EXIT');
});


[['institution_not_found', null, null],
 ['requires_credentials', 'credentials', null],
 ['choose_device', 'devices', 'mfa_device'],
 ['requires_questions', 'mfa', 'mfa_questions_1_1'],
 ['requires_selections', 'selections', 'mfa_selections'],
 ['requires_account_selection', 'accounts', 'pass_good']
].forEach(function ([status, pane, password]) {
    test('leaving says ' + status, async function () {
        const {page, link} = await opened();

        await link.pane('select');

        if (pane) {
            await link.pick('ins_109508');
        }

        if (password) {
            await link.login('user_good', password);
        }

        await link.pane(pane || 'select');
        await link.leave();
        assert.strictEqual((await b.result(page, 'exit')).metadata.status, status);
    });
});


test('an unknown link token', async function () {
    const page = await b.visit(b.custom({
        token: 'link-sandbox-00000000-0000-0000-0000-000000000000'
    }));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pane('failure');
    await link.shot('current-failure');
    await link.press('Back to the app');
    assert.strictEqual((await b.result(page, 'exit')).error.error_code,
                       'INVALID_LINK_TOKEN');
    assert.ok((await names(page)).includes('ERROR'));
});


test('a bank with OAuth, in a pop-up', async function () {
    const {page, link} = await opened();

    await link.pane('select');
    await link.frame.locator('[data-institution=ins_127287]').click();
    await link.pane('oauth');
    await link.shot('oauth-pane');

    const [popup] = await Promise.all([
        page.waitForEvent('popup'),
        link.press('Continue to the bank')
    ]);

    await popup.locator('#allow').waitFor();
    await popup.screenshot({path: b.ARTEFACTS + '/oauth-bank.png'});
    await popup.locator('#deny').dispatchEvent('click');
    await link.alert('left without consent');

    const [second] = await Promise.all([
        page.waitForEvent('popup'),
        link.press('Continue to the bank')
    ]);

    /* the click closes the window under it */
    await second.locator('#allow').dispatchEvent('click');
    await done(page, link);

    const seen = await names(page);

    assert.ok(seen.includes('OPEN_OAUTH'));
    assert.ok(seen.includes('FAIL_OAUTH'));
});


test('a bank with OAuth, by redirect', async function () {
    const {page, link, token} = await opened({redirect_uri: b.origin() + '/back'});

    await link.pane('select');
    await link.frame.locator('[data-institution=ins_127287]').click();
    await link.press('Continue to the bank');
    await page.waitForURL(/oauth\.html/);
    b.put('/back', b.custom({token}).replace(
        'handler = Plaid.create(Object.assign({',
        'handler = Plaid.create(Object.assign({receivedRedirectUri: location.href,'));
    await page.locator('#allow').click();
    await page.waitForURL(/\/back\?oauth_state_id=/);
    await page.locator('#go').click();
    await done(page, link);
});


test('createEmbedded lists banks in the page and opens Link', async function () {
    const token = await api.linkToken();
    const page = await b.visit(b.html(
        '<h1>Host page</h1><div id="here"></div><script src="' + b.script()
        + '"></script><script>window.got = {success: [], events: []};'
        + 'window.embedded = Plaid.createEmbedded({token: "' + token + '",'
        + 'onSuccess(token, metadata) { got.success.push({token, metadata}); },'
        + 'onLoad() { got.loaded = true; },'
        + 'onEvent(name) { got.events.push({name}); }},'
        + 'document.getElementById("here"));</script>'));
    const inner = b.link(page, '#here iframe');
    const link = b.link(page, 'body > iframe');

    await inner.pane('select');
    assert.strictEqual(await page.evaluate('document.activeElement.tagName'), 'BODY');
    await page.setViewportSize({width: 400, height: 800});
    await link.shot('embedded');
    assert.strictEqual(
        await page.locator('#here iframe').evaluate(function (node) {
            return node.offsetHeight;
        }),
        await inner.frame.locator('.card').evaluate(function (node) {
            return node.offsetHeight;
        }));
    await inner.frame.locator('[data-institution=ins_109508]').click();
    await link.login('user_good', 'pass_good');
    await done(page, link);
    assert.strictEqual((await b.got(page)).loaded, true);

    await page.evaluate('embedded.destroy()');
    assert.strictEqual(await page.locator('iframe').count(), 0);
});


test('submit answers with the events of Layer', async function () {
    const page = await b.visit(b.custom({token: await api.linkToken()}));

    await page.waitForFunction('got.loads === 1');
    await page.evaluate('handler.submit({phone_number: "+14155551111"})');
    await page.evaluate('handler.submit({phone_number: "+12025550123"})');
    await page.evaluate('handler.submit({date_of_birth: "1990-01-01"})');
    await page.waitForFunction('got.events.length === 3');
    assert.deepStrictEqual(await names(page), [
        'LAYER_READY', 'LAYER_NOT_AVAILABLE', 'LAYER_AUTOFILL_NOT_AVAILABLE'
    ]);
});


test('destroy leaves nothing behind', async function () {
    const {page, link} = await opened();

    await link.pane('select');
    await page.evaluate('handler.destroy()');
    assert.strictEqual(await page.locator('iframe').count(), 0);
    assert.strictEqual(await page.locator('[inert]').count(), 0);
    await page.evaluate('handler.open(); handler.exit(); handler.submit({})');
    assert.strictEqual(await page.locator('iframe').count(), 0);
    assert.deepStrictEqual(page.problems, []);
});
