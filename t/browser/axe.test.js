/* Every pane, light and dark, by the rules of axe-core. */

'use strict';

const assert = require('node:assert');
const fs = require('fs');
const {test} = require('node:test');
const b = require('./lib/browser');
const api = require('./lib/api');

b.setup();

const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');


async function clean(page, where) {
    for (const frame of page.frames()) {
        if (!frame.url().includes('/link/v2/stable/')
            || !await frame.locator('.card').isVisible())
        {
            continue;
        }

        /* colours are judged as they will stay */
        await page.waitForTimeout(300);
        await frame.evaluate(AXE);

        const result = await frame.evaluate('axe.run()');

        assert.deepStrictEqual(result.violations.map(function (one) {
            return one.id + ': ' + one.nodes.map(function (node) {
                return node.html;
            }).join(' ');
        }), [], where);
        assert.ok(result.passes.length > 5, where);

        return;
    }

    assert.fail('no pane of Link: ' + where);
}


['light', 'dark'].forEach(function (colorScheme) {
    const options = Object.assign({colorScheme}, b.DESKTOP);

    test('legacy, ' + colorScheme, async function () {
        const page = await b.visit(b.custom(
            Object.assign({}, b.LEGACY, {selectAccount: true})), options);
        const link = b.link(page);

        await page.locator('#go').click();
        await link.pane('select');
        await clean(page, 'select');
        await link.pick('chase');
        await clean(page, 'credentials');
        await link.login('plaid_test', 'wrong');
        await link.alert('not correct');
        await clean(page, 'credentials, wrong');
        await link.login('plaid_test', 'plaid_good');
        await link.pane('devices');
        await clean(page, 'devices');
        await link.frame.getByRole('button', {name: /5309/}).click();
        await link.pane('mfa');
        await clean(page, 'mfa');
        await link.answer('1234');
        await link.pane('accounts');
        await clean(page, 'accounts');
        await link.close();
        await clean(page, 'confirm');
        await link.press('No, stay here');
        await link.frame.getByRole('radio').first().check();
        await link.press('Continue');
        await link.pane('success');
        await clean(page, 'success');
    });

    test('current, ' + colorScheme, async function () {
        const page = await b.visit(b.custom({token: await api.linkToken()}), options);
        const link = b.link(page);

        await page.locator('#go').click();
        await link.frame.locator('[data-pane=consent]').waitFor();
        await clean(page, 'consent');
        await link.pane('select');
        await link.frame.locator('[data-institution=ins_127287]').click();
        await link.pane('oauth');
        await clean(page, 'oauth');
        await link.press('Back');
        await link.pick('ins_109508');
        await link.login('user_good', 'mfa_selections');
        await link.pane('selections');
        await clean(page, 'selections');
    });
});


test('a failure, and the pages that stand alone', async function () {
    const page = await b.visit(b.custom({token: 'link-sandbox-0'}));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pane('failure');
    await clean(page, 'failure');

    await page.goto(b.SANDBOX + '/link/v2/stable/oauth.html?bank=A+bank&app=An+app');
    await clean(page, 'oauth.html');
});
