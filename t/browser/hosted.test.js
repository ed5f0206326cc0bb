/*
 * Hosted and Multi-Item Link: the address that the API returns, opened in a
 * browser, and what the app hears of it.
 */

'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');
const api = require('./lib/api');

b.setup([]);


/* the webhooks that the sandbox has sent to itself, kept by path */

async function webhooks(path, count) {
    for (let i = 0; i < 100; i++) {
        const reply = await fetch(b.SANDBOX + '/sandbox/_calls?path=' + path);
        const {calls} = await reply.json();

        if (calls.length >= count) {
            return calls.map(function (call) {
                return call.json;
            });
        }

        await new Promise(function (resolve) {
            setTimeout(resolve, 50);
        });
    }

    throw new Error('no webhooks at ' + path);
}


async function create(extra) {
    const {body} = await api.post('/link/token/create', Object.assign({
        client_name: 'Wonderful Ledger',
        language: 'en',
        country_codes: ['US'],
        user: {client_user_id: 'hosted'},
        products: ['auth']
    }, extra));

    return body;
}


async function open(url) {
    const context = await b.browser().newContext(b.DESKTOP);
    const page = await context.newPage();

    await page.goto(url);

    return {page, link: b.link(page, null)};
}


async function bank(link, institution) {
    await link.pick(institution);
    await link.login('user_good', 'pass_good');
    await link.pane('accounts');
    await link.press('Continue');
}


test('Hosted Link comes home', async function () {
    const {hosted_link_url} = await create({
        hosted_link: {completion_redirect_uri: b.SANDBOX + '/?home'},
        webhook: b.SANDBOX + '/hosted-hook'
    });
    const {page, link} = await open(hosted_link_url);

    await link.frame.locator('[data-pane=consent]').waitFor();
    await link.shot('hosted-consent');
    await bank(link, 'ins_109508');
    await link.press('Continue');
    await page.waitForURL(b.SANDBOX + '/?home');

    const [hook] = await webhooks('/hosted-hook', 1);

    assert.strictEqual(hook.webhook_code, 'SESSION_FINISHED');
    assert.strictEqual(hook.status, 'SUCCESS');
    assert.deepStrictEqual(hook.public_tokens, [hook.public_token]);

    const {status} = await api.post('/item/public_token/exchange',
                                    {public_token: hook.public_token});

    assert.strictEqual(status, 200);
});


test('two banks in one session', async function () {
    const {link_token, hosted_link_url} = await create({
        enable_multi_item_link: true,
        hosted_link: {completion_redirect_uri: b.SANDBOX + '/?home'},
        webhook: b.SANDBOX + '/multi-hook'
    });
    const {page, link} = await open(hosted_link_url);

    await bank(link, 'ins_109508');
    await link.pane('added');
    await link.shot('multi-added');
    await link.press('Add another');
    await bank(link, 'ins_109511');
    await link.press('Finish');
    await page.waitForURL(b.SANDBOX + '/?home');

    const hooks = await webhooks('/multi-hook', 3);
    const added = hooks.filter(function (hook) {
        return hook.webhook_code === 'ITEM_ADD_RESULT';
    }).map(function (hook) {
        return hook.public_token;
    });
    const over = hooks.find(function (hook) {
        return hook.webhook_code === 'SESSION_FINISHED';
    });

    assert.strictEqual(added.length, 2);
    assert.strictEqual(over.status, 'SUCCESS');
    assert.deepStrictEqual(over.public_tokens.slice().sort(), added.sort());

    const {body} = await api.post('/link/token/get', {link_token});
    const results = body.link_sessions[0].results.item_add_results;

    assert.deepStrictEqual(results.map(function (result) {
        return result.institution.name;
    }), ['First Platypus Bank', 'Tartan Bank']);
});


test('who types nothing is not asked whether to leave', async function () {
    const {hosted_link_url} = await create({hosted_link: {}});
    const {link} = await open(hosted_link_url);

    await link.frame.locator('[data-pane=consent]').waitFor();
    await link.close();
    await link.pane('over');
});


test('one hit and Enter, a password shown, and a wrong one', async function () {
    const {hosted_link_url} = await create({hosted_link: {}});
    const {link} = await open(hosted_link_url);
    const name = link.frame.locator('[name=username]');
    const password = link.frame.locator('[name=password]');

    await link.pane('select');
    await link.frame.getByRole('searchbox').fill('houndstooth');
    await link.frame.getByRole('searchbox').press('Enter');
    await link.pane('credentials');
    await password.fill('wrong');
    await link.frame.getByLabel('Show password').check();
    assert.strictEqual(await password.getAttribute('type'), 'text');
    await link.login('user_good', 'wrong');
    await link.alert('not correct');
    assert.strictEqual(await name.inputValue(), 'user_good');
    assert.strictEqual(await password.inputValue(), '');
    assert.ok(await password.evaluate(function (input) {
        return document.activeElement === input;
    }));
    await link.shot('credentials-wrong');
});
