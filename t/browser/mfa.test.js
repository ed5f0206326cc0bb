'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');

b.setup();


async function at(type, username, password, pin) {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    await page.waitForFunction('got.loads === 1');
    await page.evaluate('handler.open("' + type + '")');
    await link.login(username || 'plaid_test', password || 'plaid_good', pin);

    return {page, link};
}


async function linked(page, link, token) {
    await link.pane('success');
    await link.press('Continue');
    assert.strictEqual((await b.result(page, 'success')).token, token);
}


test('questions: wrong, another one, then right', async function () {
    const {page, link} = await at('us');
    const question = link.frame.locator('.pane-mfa .label');

    await link.pane('mfa');
    const first = await question.textContent();

    await link.shot('mfa-questions');
    await link.answer('potato');
    await link.alert('The answer was not correct.');
    assert.strictEqual(await link.frame.locator('[name=mfa]').inputValue(), '');
    await link.answer('again');
    await link.frame.locator('.alert:empty').waitFor({state: 'attached'});
    await link.answer('tomato');
    assert.notStrictEqual(first, '');
    await linked(page, link, 'test,us,connected');
});


test('selections: incomplete, wrong, right', async function () {
    const {page, link} = await at('citi', 'plaid_selections');
    const groups = link.frame.getByRole('group');

    await link.pane('selections');
    await link.shot('mfa-selections');

    const count = await groups.count();

    assert.strictEqual(count, 2);
    await link.press('Submit');
    await link.alert('Please choose one answer');

    await groups.nth(0).getByRole('radio', {name: 'tomahto'}).check();
    await groups.nth(1).getByRole('radio', {name: 'ketchup'}).check();
    await link.press('Submit');
    await link.alert('The answer was not correct.');

    await groups.nth(0).getByRole('radio', {name: 'tomato'}).check();
    await link.press('Submit');
    await linked(page, link, 'test,citi,connected');
});


test('list and code: by e-mail, a wrong code, the right one', async function () {
    const {page, link} = await at('chase');

    await link.pane('devices');
    await link.shot('mfa-devices');
    await link.frame.getByRole('button', {name: /t\.\.t@plaid\.com/}).click();
    await link.frame.getByText('Code sent to t..t@plaid.com').waitFor();
    await link.shot('mfa-code');
    await link.answer('9999');
    await link.alert('The answer was not correct.');
    await link.answer('1234');
    await linked(page, link, 'test,chase,connected');
});


test('list and code: by phone', async function () {
    const {page, link} = await at('chase');

    await link.frame.getByRole('button', {name: /xxx-xxx-5309/}).click();
    await link.frame.getByText('Code sent to xxx-xxx-5309').waitFor();
    await link.answer('1234');
    await linked(page, link, 'test,chase,connected');
});


test('wrong credentials, then right ones', async function () {
    const {page, link} = await at('wells', 'plaid_test', 'wrong');

    await link.alert('The credentials were not correct.');
    assert.strictEqual(await link.frame.locator('[name=username]').inputValue(),
                       'plaid_test');
    assert.strictEqual(await link.frame.locator('[name=password]').inputValue(), '');
    await link.shot('credentials-wrong');
    await link.login('plaid_test', 'plaid_good');
    await linked(page, link, 'test,wells,connected');
});


test('a locked account', async function () {
    const {page, link} = await at('wells', 'plaid_test', 'plaid_locked');

    await link.alert('This account is locked.');
    await link.leave();
    assert.deepStrictEqual((await b.result(page, 'exit')).error,
                           {code: 1205, message: 'account locked'});
});


test('a wrong PIN, then the right one', async function () {
    const {page, link} = await at('usaa', 'plaid_test', 'plaid_good', '0000');

    await link.alert('The PIN was not correct.');
    await link.login('plaid_test', 'plaid_good', '1234');
    await link.answer('tomato');
    await linked(page, link, 'test,usaa,connected');
});


test('empty fields are not sent', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    let sent = 0;

    page.on('request', function (request) {
        sent += request.url().endsWith('/credentials');
    });

    await page.locator('#go').click();
    await link.pick('wells');
    await link.press('Log in');
    await link.alert('Please fill in every field.');
    assert.strictEqual(sent, 0);
});
