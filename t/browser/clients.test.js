/* Plaid's own node client, one of each generation, as published. */

'use strict';

const assert = require('node:assert');
const util = require('util');
const {test} = require('node:test');
const legacy = require('plaid-legacy');
const current = require('plaid');

const SANDBOX = process.env.PLAID_SANDBOX;

/* the old client takes no other address than those it lists */
legacy.environments.tartan = SANDBOX;

const client = new legacy.Client('test_id', 'test_secret',
                                 legacy.environments.tartan);
const GOOD = {username: 'plaid_test', password: 'plaid_good'};


/* its callbacks get (err, response) or (err, mfa, response) */

function call(method) {
    const args = Array.prototype.slice.call(arguments, 1);

    return new Promise(function (done) {
        client[method].apply(client, args.concat(function (error, a, b) {
            done(arguments.length === 3 ? {error: error, mfa: a, body: b}
                                        : {error: error, body: a});
        }));
    });
}


test('legacy: exchangeToken', async function () {
    const {error, body} = await call('exchangeToken', 'test,chase,connected');

    assert.strictEqual(error, null);
    assert.strictEqual(body.access_token, 'test_chase');
});


test('legacy: exchangeToken with an account', async function () {
    const {error, body} = await call('exchangeToken', 'test,chase,connected',
                                     'QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK');

    assert.strictEqual(error, null);
    assert.match(body.stripe_bank_account_token, /^btok_/);
});


test('legacy: exchangeToken, wrong token and wrong keys', async function () {
    const other = new legacy.Client('test_id', 'nobody', SANDBOX);
    const first = await call('exchangeToken', 'nonsense');
    const second = await util.promisify(function (done) {
        other.exchangeToken('test,chase,connected', function (error) {
            done(null, error);
        });
    })();

    assert.strictEqual(first.error.statusCode, 401);
    assert.strictEqual(first.error.code, 1109);
    assert.strictEqual(second.code, 1102);
    assert.strictEqual(typeof second.resolve, 'string');
});


test('legacy: getAuthUser', async function () {
    const {body} = await call('getAuthUser', 'test_wells');

    assert.strictEqual(body.access_token, 'test_wells');
    assert.strictEqual(body.accounts.length, 4);
    assert.deepStrictEqual(body.accounts.find(function (account) {
        return account.meta.number === '9606';
    }).numbers, {routing: '021000021', account: '9900009606',
                 wireRouting: '021000021'});
});


test('legacy: an unknown access token', async function () {
    const {error} = await call('getAuthUser', 'test_zoba');

    assert.strictEqual(error.statusCode, 401);
    assert.strictEqual(error.code, 1105);
});


test('legacy: addConnectUser without MFA', async function () {
    const {error, mfa, body} = await call('addConnectUser', 'wells', GOOD, {});

    assert.strictEqual(error, null);
    assert.strictEqual(mfa, null);
    assert.strictEqual(body.access_token, 'test_wells');
    assert.ok(body.transactions.length > 0);
});


test('legacy: addConnectUser and questions', async function () {
    const {mfa} = await call('addConnectUser', 'bofa', GOOD, {});

    assert.strictEqual(mfa.type, 'questions');
    assert.strictEqual(mfa.mfa.length, 1);

    const again = await call('stepConnectUser', mfa.access_token, 'again', {});
    const wrong = await call('stepConnectUser', mfa.access_token, 'potato', {});
    const right = await call('stepConnectUser', mfa.access_token, 'tomato', {});

    assert.strictEqual(again.mfa.type, 'questions');
    assert.strictEqual(wrong.error.code, 1203);
    assert.strictEqual(right.body.access_token, 'test_bofa');
    assert.ok(right.body.accounts.length > 0);
});


test('legacy: addConnectUser and a code', async function () {
    const list = await call('addConnectUser', 'chase', GOOD, {list: true});

    assert.strictEqual(list.mfa.type, 'list');
    assert.deepStrictEqual(list.mfa.mfa, [
        {mask: 'xxx-xxx-5309', type: 'phone'},
        {mask: 't..t@plaid.com', type: 'email'}
    ]);

    const device = await call('stepConnectUser', 'test_chase', null,
                              {send_method: {type: 'phone'}});

    assert.deepStrictEqual(device.mfa.mfa, {message: 'Code sent to xxx-xxx-5309'});
    assert.strictEqual(
        (await call('stepConnectUser', 'test_chase', '1', {})).error.code, 1203);
    assert.strictEqual(
        (await call('stepConnectUser', 'test_chase', '1234', {})).body.access_token,
        'test_chase');
});


test('legacy: addAuthUser and selections', async function () {
    const {mfa} = await call('addAuthUser', 'citi', {
        username: 'plaid_selections', password: 'plaid_good'
    }, {});

    assert.strictEqual(mfa.type, 'selections');

    const {body} = await call('stepAuthUser', mfa.access_token,
                              JSON.stringify(['tomato', 'ketchup']), {});

    assert.strictEqual(body.access_token, 'test_citi');
});


test('legacy: addConnectUser, locked, wrong, not offered', async function () {
    const locked = await call('addConnectUser', 'wells', {
        username: 'plaid_test', password: 'plaid_locked'
    }, {});
    const wrong = await call('addConnectUser', 'wells', {
        username: 'plaid_test', password: 'nonsense'
    }, {});
    const none = await call('addConnectUser', 'pnc', GOOD, {});

    assert.deepStrictEqual([locked.error.statusCode, locked.error.code], [402, 1205]);
    assert.deepStrictEqual([wrong.error.statusCode, wrong.error.code], [402, 1200]);
    assert.deepStrictEqual([none.error.statusCode, none.error.code], [404, 1601]);
});


test('legacy: getConnectUser with dates and an account', async function () {
    const {body} = await call('getConnectUser', 'test_wells', {
        gte: '2014-07-24', lte: '2014-07-25'
    });
    const savings = await call('getConnectUser', 'test_wells', {
        account: 'QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK'
    });

    assert.strictEqual(body.transactions.length, 1);
    assert.strictEqual(savings.body.transactions.length, 2);
});


test('legacy: the other products', async function () {
    const income = await call('getIncomeUser', 'test_wells');
    const info = await call('getInfoUser', 'test_wells');
    const risk = await call('getRiskUser', 'test_wells');
    const balance = await call('getBalance', 'test_wells');

    assert.ok(Array.isArray(income.body.income.income_streams));
    assert.ok(Array.isArray(info.body.info.names));
    assert.strictEqual(typeof risk.body.accounts[0].risk.score, 'number');
    assert.strictEqual(typeof balance.body.accounts[0].balance.current, 'number');
});


test('legacy: patch, upgrade, delete', async function () {
    const patched = await call('patchConnectUser', 'test_amex', GOOD, {});
    const chase = await call('patchConnectUser', 'test_chase', GOOD, {});
    const upgraded = await call('upgradeUser', 'test_wells', 'auth', {});
    const deleted = await call('deleteConnectUser', 'test_wells', {});

    assert.strictEqual(patched.body.access_token, 'test_amex');
    assert.strictEqual(chase.mfa.type, 'device');
    assert.ok(upgraded.body.accounts.length > 0);
    assert.match(deleted.body.message, /^Successfully removed/);
});


test('legacy: institutions and categories', async function () {
    const ask = function (name) {
        const args = Array.prototype.slice.call(arguments, 1);

        return new Promise(function (done) {
            legacy[name].apply(legacy, args.concat(SANDBOX, function (error, body) {
                done(error || body);
            }));
        });
    };
    const all = await ask('getInstitutions');
    const wells = await ask('getInstitution', '5301aa096b3f822b440001cb');
    const none = await ask('getInstitution', '000000000000000000000000');

    assert.strictEqual(all.length, 14);
    assert.strictEqual(wells.type, 'wells');
    assert.deepStrictEqual([none.statusCode, none.code], [404, 1301]);
    assert.ok((await ask('getCategories')).length > 0);
    assert.ok(Array.isArray(await ask('searchInstitutions', {query: 'wells'})));
});


/* current */

function api(headers) {
    return new current.PlaidApi(new current.Configuration({
        basePath: SANDBOX,
        baseOptions: {
            headers: Object.assign({
                'PLAID-CLIENT-ID': 'test_id',
                'PLAID-SECRET': 'test_secret'
            }, headers)
        }
    }));
}


async function refused(promise, code) {
    await assert.rejects(promise, function (error) {
        assert.strictEqual(error.response.data.error_code, code);
        assert.ok(error.response.data.request_id);

        return true;
    });
}


async function item(products) {
    const made = await api().sandboxPublicTokenCreate({
        institution_id: 'ins_109508',
        initial_products: products || ['auth', 'transactions']
    });

    return (await api().itemPublicTokenExchange({
        public_token: made.data.public_token
    })).data;
}


test('current: create, exchange once', async function () {
    const made = await api().sandboxPublicTokenCreate({
        institution_id: 'ins_109508', initial_products: ['auth']
    });
    const public_token = made.data.public_token;
    const answer = await api().itemPublicTokenExchange({public_token});

    assert.match(answer.data.access_token, /^access-sandbox-/);
    assert.ok(answer.data.item_id);
    assert.ok(answer.data.request_id);
    await refused(api().itemPublicTokenExchange({public_token}),
                  'INVALID_PUBLIC_TOKEN');
});


test('current: keys in the body, wrong keys', async function () {
    const bare = new current.PlaidApi(new current.Configuration({basePath: SANDBOX}));
    const answer = await bare.sandboxPublicTokenCreate({
        client_id: 'test_id', secret: 'test_secret',
        institution_id: 'ins_109508', initial_products: ['auth']
    });

    assert.match(answer.data.public_token, /^public-sandbox-/);
    await refused(api({'PLAID-SECRET': 'nobody'}).sandboxPublicTokenCreate({
        institution_id: 'ins_109508', initial_products: ['auth']
    }), 'INVALID_API_KEYS');
});


test('current: what an app reads next', async function () {
    const {access_token, item_id} = await item(['auth', 'transactions', 'identity']);
    const accounts = (await api().accountsGet({access_token})).data;
    const auth = (await api().authGet({access_token})).data;
    const got = (await api().itemGet({access_token})).data;
    const balance = (await api().accountsBalanceGet({access_token})).data;
    const identity = (await api().identityGet({access_token})).data;
    const transactions = (await api().transactionsGet({
        access_token, start_date: '2000-01-01', end_date: '2100-01-01'
    })).data;

    assert.strictEqual(accounts.item.item_id, item_id);
    assert.strictEqual(got.item.institution_id, 'ins_109508');
    assert.ok(auth.numbers.ach[0].routing);
    assert.strictEqual(typeof balance.accounts[0].balances.current, 'number');
    assert.ok(identity.accounts[0].owners.length > 0);
    assert.ok(transactions.total_transactions > 0);
});


test('current: institutions', async function () {
    const all = (await api().institutionsGet({
        count: 5, offset: 0, country_codes: ['US']
    })).data;
    const one = (await api().institutionsGetById({
        institution_id: 'ins_109508', country_codes: ['US']
    })).data;
    const found = (await api().institutionsSearch({
        query: 'platypus', products: ['auth'], country_codes: ['US']
    })).data;

    assert.ok(all.institutions.length > 0);
    assert.strictEqual(one.institution.name, 'First Platypus Bank');
    assert.ok(found.institutions.some(function (institution) {
        return institution.institution_id === 'ins_109508';
    }));
});


test('current: link tokens', async function () {
    const made = (await api().linkTokenCreate({
        client_name: 'Client Name', language: 'en', country_codes: ['US'],
        user: {client_user_id: 'user-1'}, products: ['auth']
    })).data;
    const got = (await api().linkTokenGet({link_token: made.link_token})).data;

    assert.match(made.link_token, /^link-sandbox-/);
    assert.ok(Date.parse(made.expiration) > Date.now());
    assert.strictEqual(got.metadata.client_name, 'Client Name');
});


test('current: rotation, processors, log-in required, removal', async function () {
    const {access_token} = await item(['auth']);
    const fresh = (await api().itemAccessTokenInvalidate({access_token}))
                  .data.new_access_token;

    await refused(api().itemGet({access_token}), 'INVALID_ACCESS_TOKEN');

    const account_id = (await api().accountsGet({access_token: fresh}))
                       .data.accounts[0].account_id;

    assert.match((await api().processorTokenCreate({
        access_token: fresh, account_id, processor: 'dwolla'
    })).data.processor_token, /^processor-sandbox-/);

    assert.match((await api().processorStripeBankAccountTokenCreate({
        access_token: fresh, account_id
    })).data.stripe_bank_account_token, /^btok_/);

    await api().sandboxItemResetLogin({access_token: fresh});
    await refused(api().authGet({access_token: fresh}), 'ITEM_LOGIN_REQUIRED');

    await api().itemRemove({access_token: fresh});
    await refused(api().itemGet({access_token: fresh}), 'ITEM_NOT_FOUND');
});


test('current: an unknown webhook key', async function () {
    await refused(api().webhookVerificationKeyGet({key_id: 'nobody'}),
                  'INVALID_WEBHOOK_VERIFICATION_KEY_ID');
});
