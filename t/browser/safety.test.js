/* What a page, a frame or a server may not do to Link, or Link to a page. */

'use strict';

const assert = require('node:assert');
const {test} = require('node:test');
const b = require('./lib/browser');

b.setup();


test('text of the page and of the sandbox is text', async function () {
    const page = await b.visit(b.custom(Object.assign({}, b.LEGACY, {
        clientName: '<img src=x onerror="window.hit = 1">'
    })));
    const link = b.link(page);

    await page.route('**/link/client/credentials', function (route) {
        return route.fulfill({json: {
            state: '', request_id: 'r', step: 'mfa', type: 'questions',
            mfa: [{question: '<img src=x onerror="window.hit = 1">'}]
        }});
    });
    await page.locator('#go').click();
    await link.pane('select');
    await link.frame.getByText('<img src=x').first().waitFor();
    await link.pick('wells');
    await link.login('plaid_test', 'plaid_good');
    await link.pane('mfa');
    await link.frame.getByText('<img src=x').waitFor();
    assert.strictEqual(await link.frame.locator('img').count(), 0);
});


test('messages from elsewhere are not Link\'s', async function () {
    const page = await b.visit(b.custom(b.LEGACY));

    await page.waitForFunction('got.loads === 1');
    await page.evaluate(function () {
        const other = document.createElement('iframe');

        document.body.append(other);

        const post = other.contentWindow.eval(
            '(function (w, m) { w.postMessage(m, "*"); })');

        [window.postMessage.bind(window), post.bind(null, window)].forEach(
            function (send) {
                send({plaidLink: 'success', public_token: 'forged', metadata: {}}, '*');
                send({plaidLink: 'navigate', url: '/elsewhere'}, '*');
            });

        return new Promise(function (done) {
            setTimeout(done, 300);
        });
    });
    assert.deepStrictEqual((await b.got(page)).success, []);
    assert.strictEqual(page.url(), b.origin() + '/');
});


test('a second window cannot take over a frame of Link', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);

    await page.locator('#go').click();
    await link.pane('select');
    await page.evaluate(function () {
        const other = document.createElement('iframe');

        document.body.append(other);
        other.contentWindow.eval('parent.frames[0].postMessage('
            + '{plaidLink: "exit", force: true}, "*")');

        return new Promise(function (done) {
            setTimeout(done, 300);
        });
    });
    await link.pane('select');
    assert.deepStrictEqual((await b.got(page)).exit, []);
});


test('garbage from the sandbox ends in a message, not in silence', async function () {
    for (const reply of [{body: 'no JSON'}, {status: 500, body: ''},
                         {status: 503, json: {}}, {json: null}])
    {
        const page = await b.visit(b.custom(b.LEGACY));
        const link = b.link(page);

        await page.route('**/link/client/credentials', function (route) {
            return route.fulfill(reply);
        });
        await page.locator('#go').click();
        await link.pick('wells');
        await link.login('plaid_test', 'plaid_good');
        await link.alert('Something went wrong.');
        assert.deepStrictEqual(page.problems, []);
    }
});


test('a sandbox that is down when Link opens', async function () {
    const context = await b.browser().newContext(b.DESKTOP);
    const page = await context.newPage();
    const link = b.link(page);

    await page.route('**/link/client/start', function (route) {
        return route.abort();
    });
    b.put('/', b.custom(b.LEGACY));
    await page.goto(b.origin());
    await page.locator('#go').click();
    await link.pane('failure');
    await link.press('Back to the app');
    assert.deepStrictEqual((await b.result(page, 'exit')).error,
                           {code: 1702, message: 'plaid error'});

    await page.unroute('**/link/client/start');
    await page.locator('#go').click();
    await link.pane('select');
});


test('a forbidden frame is named in the console', async function () {
    const context = await b.browser().newContext(b.DESKTOP);
    const page = await context.newPage();
    const lines = [];

    page.on('console', function (message) {
        lines.push(message.text());
    });
    await page.clock.install();
    b.put('/', {
        body: b.custom(b.LEGACY),
        csp: "frame-src 'none'"
    });
    await page.goto(b.origin());
    await page.clock.runFor(11000);
    assert.match(lines.join('\n'), /does not answer: does the page's Content-Security/);
});


test('no access token ever reaches the browser', async function () {
    const page = await b.visit(b.custom(b.LEGACY));
    const link = b.link(page);
    const bodies = [];

    page.on('response', async function (response) {
        if (response.url().includes('/link/client/')) {
            bodies.push(await response.text().catch(function () {
                return '';
            }));
        }
    });

    await page.locator('#go').click();
    await link.pick('chase');
    await link.login('plaid_test', 'plaid_good');
    await link.frame.getByRole('button', {name: /5309/}).click();
    await link.answer('1234');
    await link.press('Continue');
    await b.result(page, 'success');
    assert.ok(bodies.length >= 4);
    assert.ok(!/access_token|test_chase/.test(bodies.join('\n')));
});
