'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');

b.setup();


test('onSuccess of the legacy form, without Select Account', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.pane('success');
    assert.strictEqual((await b.got(page)).success.length, 0);
    await link.press('Continue');

    assert.deepStrictEqual(await b.result(page, 'success'), {
        token: 'test,wells,connected',
        metadata: {
            institution: {name: 'Wells Fargo', type: 'wells'},
            account: {id: null, name: null},
            account_id: null
        }
    });

    assert.deepStrictEqual((await b.got(page)).exit, []);
    assert.deepStrictEqual((await b.got(page)).events, []);
    await page.locator('iframe').waitFor({state: 'hidden'});
});


test('open before onLoad is delayed', async function () {
    const page = await b.visit(b.custom(b.LEGACY,
        'handler.open("bofa"); got.early = handler.institutions.length;'));
    const link = b.link(page);

    await link.pane('credentials');
    await link.frame.getByRole('heading', {name: 'Log in to Bank of America'}).waitFor();
    assert.strictEqual((await b.got(page)).loads, 1);
    assert.strictEqual((await b.got(page)).early, 0);
});


test('institutions are those of the product', async function () {
    const types = async function (product) {
        const page = await b.visit(b.custom(Object.assign({}, b.LEGACY, {product})));

        await page.waitForFunction('got.loads === 1');

        return page.evaluate('handler.institutions.map(i => i.type)');
    };
    const auth = await types('auth');
    const connect = await types('connect');

    assert.ok(auth.includes('pnc') && !auth.includes('amex'));
    assert.ok(!connect.includes('pnc') && connect.includes('amex'));

    const page = await b.visit(b.custom(b.LEGACY));

    await page.waitForFunction('got.loads === 1');

    const chase = await page.evaluate(
        'handler.institutions.find(i => i.type === "chase")');

    assert.strictEqual(chase.name, 'Chase');
    assert.strictEqual(chase.auth, true);
    assert.deepStrictEqual(chase.credentials,
                           {username: 'User ID', password: 'Password'});
});


test('labels are the bank\'s, and a PIN where it asks for one', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    const labels = function () {
        return link.frame.locator('.pane-credentials .label').allTextContents();
    };

    await page.locator('#go').click();
    await link.pick('usaa');
    assert.deepStrictEqual(await labels(), ['Online ID', 'Password', 'PIN']);
    await link.press('Back');
    await link.pick('capone360');
    assert.strictEqual((await labels())[0], 'Username or Customer Number');
});


test('search narrows the list', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    const names = link.frame.locator('.tile-name');

    await page.locator('#go').click();
    await link.pane('select');
    await link.frame.getByRole('searchbox').fill('BANK');
    assert.deepStrictEqual((await names.allTextContents()).sort(),
                           ['Bank of America', 'TD Bank', 'US Bank']);
    await link.frame.getByText('3 banks found').waitFor({state: 'attached'});
    await link.frame.getByRole('searchbox').fill('no such bank');
    await link.frame.getByText('No bank of this name').waitFor();
    assert.strictEqual(await names.count(), 0);
});


test('longTail: the small banks are found by their names', async function () {
    for (const longTail of [false, true]) {
        const page = await b.visit(b.custom(
            Object.assign({}, b.LEGACY, {product: 'connect', longTail})));
        const link = b.link(page);
        const others = link.frame.locator(
            '.tile:not([data-institution=nfcu])');

        await page.locator('#go').click();
        await link.pane('select');
        await link.frame.getByRole('searchbox').fill('credit');

        if (!longTail) {
            await link.frame.getByText('1 bank found').waitFor({state: 'attached'});
            assert.strictEqual(await others.count(), 0);
            continue;
        }

        const type = await others.first().getAttribute('data-institution');

        await link.pick(type);
        await link.login('plaid_test', 'plaid_good');
        await link.press('Continue');
        assert.strictEqual((await b.result(page, 'success')).token,
                           'test,' + type + ',connected');
    }
});


test('Select Account: depository only with auth', async function () {
    const page = await b.visit(b.custom(
        Object.assign({}, b.LEGACY, {selectAccount: true})));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.pane('accounts');
    await link.shot('custom-accounts');
    assert.strictEqual(await link.frame.getByRole('radio').count(), 3);
    assert.strictEqual(await link.frame.getByText('Credit Card').count(), 0);

    await link.press('Continue');
    await link.alert('Please select an account.');
    await link.frame.getByRole('radio', {name: 'Plaid Checking'}).check();
    await link.press('Continue');
    await link.press('Continue');

    assert.deepStrictEqual((await b.result(page, 'success')).metadata, {
        institution: {name: 'Wells Fargo', type: 'wells'},
        account: {id: 'nban4wnPKEtnmEpaKzbYFYQvA7D7pnCaeDBMy',
                  name: 'Plaid Checking'},
        account_id: 'nban4wnPKEtnmEpaKzbYFYQvA7D7pnCaeDBMy'
    });
});


test('Select Account: all accounts with connect', async function () {
    const page = await b.visit(b.custom(
        Object.assign({}, b.LEGACY, {product: 'connect', selectAccount: true})));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.pane('accounts');
    assert.strictEqual(await link.frame.getByRole('radio').count(), 4);
    await link.frame.getByRole('radio', {name: 'Plaid Credit Card'}).check();
    await link.press('Continue');
    await link.press('Continue');

    assert.strictEqual((await b.result(page, 'success')).metadata.account.name,
                       'Plaid Credit Card');
});


test('Link opens again after a success, with a new session', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    for (const type of ['wells', 'suntrust']) {
        await page.locator('#go').click();
        await link.pick(type);
        await link.login('plaid_test', 'plaid_good');
        await link.press('Continue');
        await page.locator('iframe').waitFor({state: 'hidden'});
    }

    assert.deepStrictEqual((await b.got(page)).success.map(function (s) {
        return s.token;
    }), ['test,wells,connected', 'test,suntrust,connected']);
});


test('a double click logs in once and answers once', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    const calls = [];

    page.on('request', function (request) {
        if (request.url().includes('/link/client/')) {
            calls.push(request.url().split('/').pop());
        }
    });

    await page.locator('#go').click();
    await link.pick('wells');
    await link.frame.locator('[name=username]').fill('plaid_test');
    await link.frame.locator('[name=password]').fill('plaid_good');
    await link.button('Log in').dblclick();
    await link.pane('success');
    await link.button('Continue').dblclick().catch(function () {});
    await b.result(page, 'success');

    assert.strictEqual((await b.got(page)).success.length, 1);
    assert.deepStrictEqual(calls.filter(function (name) {
        return name !== 'start';
    }), ['credentials', 'finish']);
});


test('update mode: the log-in at once, another bank refused', async function () {
    const page = await b.visit(b.custom(
        Object.assign({}, b.LEGACY, {token: 'test,chase,connected'})));
    const link = b.link(page);
    const lines = [];

    page.on('console', function (message) {
        lines.push(message.text());
    });

    await page.waitForFunction('got.loads === 1');
    await page.evaluate('handler.open("chase")');
    assert.match(lines.join('\n'), /refused in update mode/);
    await page.locator('iframe').waitFor({state: 'hidden'});

    await page.locator('#go').click();
    await link.pane('credentials');
    assert.strictEqual(await link.button('Back').isVisible(), false);
    await link.shot('update-credentials');
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('button', {name: /5309/}).click();
    await link.answer('1234');
    await link.frame.getByRole('heading', {name: 'Your log-in is up to date'}).waitFor();
    await link.press('Continue');

    assert.strictEqual((await b.result(page, 'success')).token,
                       'test,chase,connected');
});


test('a key or a token that the sandbox does not know', async function () {
    for (const [change, code] of [[{key: 'nobody'}, 1102],
                                  [{token: 'test,nobank,connected'}, 1106]])
    {
        const page = await b.visit(b.custom(Object.assign({}, b.LEGACY, change)));
        const link = b.link(page);

        await page.locator('#go').click();
        await link.pane('failure');
        await link.press('Back to the app');

        const exit = await b.result(page, 'exit');

        assert.strictEqual(exit.error.code, code);
        assert.deepStrictEqual(Object.keys(exit.error), ['code', 'message']);
    }
});


test('create refuses what cannot work', async function () {
    const page = await b.visit(b.custom(b.LEGACY));

    for (const config of ['undefined', '{}', '{key: "test_key"}']) {
        await assert.rejects(page.evaluate('Plaid.create(' + config + ')'),
                             /Plaid.create/);
    }
});


test('two handlers on one page do not disturb each other', async function () {
    const page = await b.visit(b.custom(b.LEGACY,
        'window.second = Plaid.create({key: "test_key", product: "auth",'
        + 'onLoad() { got.second = true; },'
        + 'onSuccess(token) { got.other = token; }});'));
    const link = b.link(page, '#plaid-link-iframe-2');

    await page.waitForFunction('got.second');
    await page.evaluate('second.open("wells")');
    await link.login('plaid_test', 'plaid_good');
    await link.press('Continue');
    await page.waitForFunction('got.other');
    assert.deepStrictEqual((await b.got(page)).success, []);

    await page.evaluate('second.destroy()');
    assert.strictEqual(await page.locator('iframe').count(), 1);
});
