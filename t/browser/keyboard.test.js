'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');

b.setup();


test('the whole way by keyboard alone', async function () {
    const page = await b.visit(b.custom(
        Object.assign({}, b.LEGACY, {selectAccount: true})));
    const link = b.link(page);
    const keys = async function () {
        for (const key of arguments) {
            await page.keyboard.press(key);
        }
    };

    await page.waitForFunction('got.loads === 1');
    await keys('Tab', 'Enter');
    await link.pane('select');
    await page.keyboard.type('chase');
    await keys('Tab', 'Enter');
    await link.pane('credentials');
    await page.keyboard.type('plaid_test');
    await keys('Tab');
    await page.keyboard.type('wrong');
    await keys('Enter');
    await link.alert('not correct');
    await keys('Tab');
    await page.keyboard.type('plaid_good');
    await keys('Enter');
    await link.pane('devices');
    await keys('Tab', 'Tab');
    await link.shot('keyboard-devices');
    await keys('Enter');
    await link.pane('mfa');
    await page.keyboard.type('1234');
    await keys('Enter');
    await link.pane('accounts');
    await keys('Tab', 'Space', 'Enter');
    await link.pane('success');
    await keys('Enter');

    assert.strictEqual((await b.result(page, 'success')).token,
                       'test,chase,connected');
});


test('Escape asks, Escape again stays', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pick('wells');
    await page.keyboard.press('Escape');
    await link.pane('confirm');
    await page.keyboard.press('Escape');
    await link.pane('credentials');
    assert.deepStrictEqual((await b.got(page)).exit, []);
});


test('Tab goes round in the card, both ways', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    const focus = function () {
        return link.frame.locator(':focus').evaluate(function (node) {
            return node.getAttribute('aria-label') || node.name
                   || node.textContent;
        });
    };
    const seen = [];

    await page.locator('#go').click();
    await link.pick('wells');

    for (let i = 0; i < 6; i++) {
        seen.push(await focus());
        await page.keyboard.press('Tab');
    }

    assert.deepStrictEqual(seen, ['username', 'password', 'Log in', 'Back',
                                  'Close', 'username']);

    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    assert.strictEqual(await focus(), 'Close');
});


test('arrows move between the banks', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    const at = function () {
        return link.frame.locator(':focus').getAttribute('data-institution');
    };

    await page.locator('#go').click();
    await link.pane('select');
    await page.keyboard.press('Tab');

    const first = await at();

    await page.keyboard.press('ArrowRight');
    assert.notStrictEqual(await at(), first);
    await page.keyboard.press('ArrowLeft');
    assert.strictEqual(await at(), first);
});


test('a screen reader is told what this is and what goes wrong', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.frame.getByRole('dialog', {name: 'Select your bank'}).waitFor();
    assert.strictEqual(await page.locator('iframe').getAttribute('title'),
                       'Plaid Link (sandbox)');
    await link.frame.getByText('Sandbox', {exact: true}).waitFor();
    await link.pick('wells');
    await link.login('plaid_test', 'wrong');
    await link.alert('not correct');

    const field = link.frame.getByLabel('Username');

    assert.strictEqual(await field.getAttribute('aria-invalid'), 'true');
    assert.strictEqual(await field.evaluate(function (node) {
        return document.getElementById(node.getAttribute('aria-describedby'))
                       .textContent;
    }), 'The credentials were not correct. Please try again.');
    assert.strictEqual(await field.evaluate(function (node) {
        return node === document.activeElement;
    }), true);
});


test('a narrow screen: nothing is cut off', async function () {
    for (const width of [280, 360]) {
        const page = await b.visit(b.custom(
            Object.assign({}, b.LEGACY, {selectAccount: true})),
            Object.assign({}, b.PHONE, {viewport: {width, height: 560}}));
        const link = b.link(page);
        const fits = async function (name) {
            await link.pane(name);
            await link.shot('narrow-' + width + '-' + name);
            assert.strictEqual(await link.frame.locator('.body').evaluate(
                function (node) {
                    return node.scrollWidth <= node.clientWidth
                           && document.documentElement.scrollWidth
                              <= window.innerWidth;
                }), true, name + ' at ' + width);
        };

        await page.locator('#go').click();
        await fits('select');
        await link.pick('citi');
        await fits('credentials');
        await link.login('plaid_selections', 'plaid_good');
        await fits('selections');

        const groups = link.frame.getByRole('group');

        await groups.nth(0).getByRole('radio', {name: 'tomato'}).check();
        await groups.nth(1).getByRole('radio', {name: 'ketchup'}).check();
        await link.press('Submit');
        await fits('accounts');
        await link.close();
        await fits('confirm');
    }
});


test('a dark page, and one without movement', async function () {
    const page = await b.visit(b.custom(b.LEGACY), Object.assign(
        {colorScheme: 'dark', reducedMotion: 'reduce'}, b.DESKTOP));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pane('select');
    await link.shot('dark-select');

    const style = await link.frame.locator('.card').evaluate(function (node) {
        const style = getComputedStyle(node);

        return {ground: style.backgroundColor, animation: style.animationName};
    });

    assert.strictEqual(style.ground, 'rgb(23, 33, 42)');
    assert.strictEqual(style.animation, 'none');
});
