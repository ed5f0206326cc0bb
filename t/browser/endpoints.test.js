/*
 * Every endpoint of the sandbox by the typed method of the official client,
 * and each reply against that client's own types.
 */

'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const plaid = require('plaid');
const types = require('./lib/types');

const SANDBOX = process.env.PLAID_SANDBOX;

const client = new plaid.PlaidApi(new plaid.Configuration({
    basePath: SANDBOX,
    baseOptions: {headers: {'PLAID-CLIENT-ID': 'test_id',
                            'PLAID-SECRET': 'test_secret'}}
}));

const RANGE = {start_date: '2020-01-01', end_date: '2099-01-01'};
const COUNTRY = {country_codes: ['US']};


async function call(method, type, request, options) {
    const {data} = await client[method](request, options);

    if (type) {
        assert.deepStrictEqual(types.check(type, data), [],
                               method + ': ' + type);
    }

    return data;
}


async function item(products) {
    const {public_token} = await call('sandboxPublicTokenCreate',
                                      'SandboxPublicTokenCreateResponse', {
        institution_id: 'ins_109508',
        initial_products: products || ['auth', 'transactions'],
        options: {webhook: SANDBOX + '/client-hook'}
    });
    const {access_token} = await call('itemPublicTokenExchange',
                                      'ItemPublicTokenExchangeResponse',
                                      {public_token});

    return {access_token};
}


test('the checker of types finds what is wrong', function () {
    const good = {link_token: 'a', expiration: 'b', request_id: 'c'};

    assert.deepStrictEqual(types.check('LinkTokenCreateResponse', good), []);
    assert.deepStrictEqual(types.check('LinkTokenCreateResponse',
                                       {link_token: 1, expiration: 'b'}),
                           ['link_token: is number, no string',
                            'request_id: is missing']);
    assert.strictEqual(types.check('AccountsGetResponse',
                                   {accounts: [{}], item: null,
                                    request_id: 'c'}).length > 3, true);
});


test('an item, from its making to its end', async function () {
    const t = await item();

    await call('itemGet', 'ItemGetResponse', t);
    await call('itemWebhookUpdate', 'ItemWebhookUpdateResponse',
               {...t, webhook: SANDBOX + '/client-hook'});
    await call('itemCreatePublicToken', 'ItemPublicTokenCreateResponse', t);

    const {new_access_token} = await call('itemAccessTokenInvalidate',
                                    'ItemAccessTokenInvalidateResponse', t);
    const n = {access_token: new_access_token};

    await call('sandboxItemFireWebhook', 'SandboxItemFireWebhookResponse',
               {...n, webhook_code: 'SYNC_UPDATES_AVAILABLE'});
    await call('sandboxItemResetLogin', 'SandboxItemResetLoginResponse', n);
    await call('itemRemove', 'ItemRemoveResponse', n);
});


test('accounts and what is known of them', async function () {
    const t = await item();
    const {accounts} = await call('accountsGet', 'AccountsGetResponse', t);
    const a = {...t, account_id: accounts[0].account_id};

    await call('accountsBalanceGet', 'AccountsGetResponse', t);
    await call('authGet', 'AuthGetResponse', t);
    await call('identityGet', 'IdentityGetResponse', t);
    await call('liabilitiesGet', 'LiabilitiesGetResponse', t);
    await call('investmentsHoldingsGet', 'InvestmentsHoldingsGetResponse', t);
    await call('investmentsTransactionsGet',
               'InvestmentsTransactionsGetResponse', {...t, ...RANGE});
    await call('processorTokenCreate', 'ProcessorTokenCreateResponse',
               {...a, processor: 'dwolla'});
    await call('processorStripeBankAccountTokenCreate',
               'ProcessorStripeBankAccountTokenCreateResponse', a);
    await call('sandboxItemSetVerificationStatus',
               'SandboxItemSetVerificationStatusResponse',
               {...a, verification_status: 'automatically_verified'});
    await call('accountsGet', 'AccountsGetResponse', t);
});


test('transactions, by date and by cursor', async function () {
    const t = await item();
    let cursor, more = true, count = 0;

    await call('transactionsGet', 'TransactionsGetResponse', {...t, ...RANGE});

    while (more) {
        const page = await call('transactionsSync', 'TransactionsSyncResponse',
                                {...t, cursor, count: 5});

        count += page.added.length;
        cursor = page.next_cursor;
        more = page.has_more;
    }

    assert.strictEqual(count, 16);
    await call('transactionsRefresh', 'TransactionsRefreshResponse', t);
    await call('sandboxTransactionsCreate',
               'SandboxTransactionsCreateResponse', {...t, transactions: [
                   {date_transacted: '2026-01-01', date_posted: '2026-01-02',
                    amount: 1.5, description: 'Tea'}]});

    const last = await call('transactionsSync', 'TransactionsSyncResponse',
                            {...t, cursor});

    assert.strictEqual(last.added.length, 2);
});


test('institutions', async function () {
    const options = {include_optional_metadata: true, include_status: true};

    await call('institutionsGet', 'InstitutionsGetResponse',
               {count: 30, offset: 0, ...COUNTRY, options: {
                   include_optional_metadata: true}});
    await call('institutionsGetById', 'InstitutionsGetByIdResponse',
               {institution_id: 'ins_3', ...COUNTRY, options});
    await call('institutionsSearch', 'InstitutionsSearchResponse',
               {query: 'platypus', ...COUNTRY, products: ['auth']});
});


test('Signal, users, Layer', async function () {
    const t = await item();
    const {accounts} = await call('accountsGet', 'AccountsGetResponse', t);
    const id = {client_transaction_id: 'endpoints'};

    await call('signalEvaluate', 'SignalEvaluateResponse',
               {...t, ...id, account_id: accounts[0].account_id, amount: 12});
    await call('signalDecisionReport', 'SignalDecisionReportResponse',
               {...id, initiated: true});
    await call('signalReturnReport', 'SignalReturnReportResponse',
               {...id, return_code: 'R01'});

    const {user_id} = await call('userCreate', 'UserCreateResponse',
                                 {client_user_id: 'endpoints'});

    await call('userUpdate', 'UserUpdateResponse', {user_id});

    const {public_token} = await call('sandboxPublicTokenCreate', null,
        {institution_id: 'ins_3', initial_products: ['auth']});

    await call('userAccountSessionGet', 'UserAccountSessionGetResponse',
               {public_token});
});


test('reports and statements, and their PDF', async function () {
    const t = await item();
    const binary = {responseType: 'arraybuffer'};
    const {asset_report_token} = await call('assetReportCreate',
        'AssetReportCreateResponse',
        {access_tokens: [t.access_token], days_requested: 30});

    await call('assetReportGet', 'AssetReportGetResponse',
               {asset_report_token});

    const report = await call('assetReportPdfGet', null, {asset_report_token},
                              binary);

    await call('assetReportRemove', 'AssetReportRemoveResponse',
               {asset_report_token});

    const list = await call('statementsList', 'StatementsListResponse', t);
    const statement = await call('statementsDownload', null,
        {...t, statement_id: list.accounts[0].statements[0].statement_id},
        binary);

    [report, statement].forEach(function (pdf) {
        assert.strictEqual(Buffer.from(pdf).toString('latin1', 0, 5), '%PDF-');
    });
});


test('link tokens and webhook keys', async function () {
    const {link_token} = await call('linkTokenCreate',
                                    'LinkTokenCreateResponse', {
        client_name: 'Client', language: 'en', ...COUNTRY,
        user: {client_user_id: 'me'}, products: ['auth'], hosted_link: {}
    });

    await call('linkTokenGet', 'LinkTokenGetResponse', {link_token});

    const reply = await fetch(SANDBOX + '/sandbox/_rotate_key', {
        method: 'POST', body: '{}',
        headers: {'Content-Type': 'application/json'}
    });

    await call('webhookVerificationKeyGet', 'WebhookVerificationKeyGetResponse',
               {key_id: (await reply.json()).key_id});
});


test('an error as the client gives it', async function () {
    await assert.rejects(client.itemGet({access_token: 'access-sandbox-1-2'}),
        function (error) {
            assert.deepStrictEqual(types.check('PlaidError',
                                               error.response.data), []);

            return error.response.data.error_code === 'INVALID_ACCESS_TOKEN';
        });
});
