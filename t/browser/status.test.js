/* The page of plaid_status: what a person sees of which figures. */

'use strict';

const assert = require('node:assert');
const fs = require('fs');
const path = require('path');
const {test} = require('node:test');
const b = require('./lib/browser');

const STATUS = 'http://127.0.0.1:' + process.env.PLAID_DEMO + '/status';
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = '<img/src=x/onerror=document.title=1>';

b.setup();


/* the real figures of the module, each changed by the test */

async function figures(change) {
    const all = await (await fetch(STATUS + '?format=json')).json();

    change(all);

    return all;
}


function busy(all) {
    const bank = all.clients[0];
    const counts = [0, 0, 4, 9, 34, 113, 58, 19, 1, 0, 0, 0, 2];
    let sum = 0;

    all.now = all.since + 3600;
    bank.name = HOSTILE;
    bank.in_flight = 3;
    bank.exchanges = {exchanged: 240, joined: 5, replayed: 11, rejected: 13,
                      failed: 9, unknown: 2};
    bank.failures.input = 13;
    bank.errors.INVALID_INPUT = 13;
    bank.connections_opened = 10;
    bank.connections_reused = 30;
    bank.unclaimed.lost = 1;
    bank.duration.buckets.forEach(function (bucket, i) {
        bucket.count = sum += counts[i];
    });
    bank.duration.count = sum;
    bank.duration.sum = 60;

    all.clients[1].name = 'x'.repeat(120);
    all.credentials = [{client: HOSTILE, name: 'secret', age: 7200,
                        usable: false}];
    all.zones[0].used = all.zones[0].records;
}


async function open(options, change) {
    const context = await b.browser().newContext(options);
    const page = await context.newPage();

    page.problems = [];
    page.elsewhere = [];
    page.asked = 0;
    page.answer = {json: await figures(change)};

    page.on('pageerror', error => page.problems.push(String(error)));
    page.on('console', message => {
        if (message.type() === 'error') {
            page.problems.push(message.text());
        }
    });
    page.on('request', request => {
        if (!request.url().startsWith(STATUS)) {
            page.elsewhere.push(request.url());
        }
    });

    await page.route('**/status?format=json', route => {
        page.asked++;
        return route.fulfill(page.answer);
    });

    await page.goto(STATUS);
    await page.locator('.card').first().waitFor();

    return page;
}


test('the figures, as they are', async function () {
    const context = await b.browser().newContext(b.DESKTOP);
    const page = await context.newPage();

    await page.goto(STATUS);
    await page.locator('.card h2', {hasText: 'legacy'}).waitFor();
    await page.locator('#state', {hasText: 'live'}).waitFor();
});


test('what a busy client looks like', async function () {
    const page = await open(b.DESKTOP, busy);
    const card = page.locator('.card').first();
    const text = (await card.innerText()).replace(/\s+/g, ' ');

    for (const part of ['3 in flight', 'exchanged240', 'unknown2', 'p50',
                        'reuse 75 %', 'mean 250 ms', 'input 13',
                        'secret file not readable', 'INVALID_INPUT 13'])
    {
        assert.ok(text.includes(part), part + ' in: ' + text);
    }

    /* half of 240 calls: 73 of the 113 between 100 and 250 ms */

    assert.ok(text.includes('p50 197 ms'), text);
    assert.ok(text.includes('p95 763 ms'), text);

    assert.strictEqual(await card.locator('svg rect').count(), 13);
    assert.deepStrictEqual(
        (await card.locator('svg .n').allTextContents()).map(Number),
        [4, 9, 34, 113, 58, 19, 1, 2]);

    const highest = await card.locator('svg rect').evaluateAll(
        all => all.map(r => Number(r.getAttribute('height')))
                  .reduce((max, h, i, hs) => h > hs[max] ? i : max, 0));
    assert.strictEqual(highest, 5);

    assert.ok((await page.locator('.tile').allInnerTexts()).join(' ')
              .includes('91.4 %'));

    /* a name is text, whatever is in it */

    assert.strictEqual(await card.locator('h2').innerText(), HOSTILE);
    assert.strictEqual(await page.locator('img').count(), 0);
    assert.strictEqual(await page.title(), 'Plaid exchanges');

    assert.deepStrictEqual(page.problems, []);
    assert.deepStrictEqual(page.elsewhere, []);
});


test('refreshed by itself, and when there is no answer', async function () {
    const page = await open(b.DESKTOP, busy);

    assert.strictEqual(page.asked, 1);

    const later = await figures(busy);
    later.now += 60;
    later.clients[0].exchanges.exchanged += 60;
    page.answer = {json: later};

    await page.locator('.tile', {hasText: '60 / min'}).waitFor();
    await page.locator('.legend', {hasText: '300'}).first().waitFor();

    page.answer = {status: 503, body: 'no'};
    await page.locator('#state.bad', {hasText: 'status 503'}).waitFor();
    assert.strictEqual(await page.locator('.card').count() > 0, true);

    page.answer = {json: later};
    await page.locator('#state:not(.bad)', {hasText: 'live'}).waitFor();
});


test('before the first call, without clients or zones', async function () {
    const page = await open(b.DESKTOP, all => {
        all.clients.length = 1;
        all.clients[0].duration.count = 0;
        all.clients[0].exchanges = {exchanged: 0, joined: 0, replayed: 0,
                                    rejected: 0, failed: 0, unknown: 0};
        all.credentials = [];
        all.zones = [];
    });

    await page.getByText('No calls yet.').waitFor();
    assert.ok(!/NaN|undefined|Infinity/.test(await page.innerText('body')));
    assert.deepStrictEqual(page.problems, []);
});


['light', 'dark'].forEach(function (colorScheme) {
    [['phone', b.PHONE], ['desktop', b.DESKTOP]].forEach(function ([on, size]) {

        test(on + ', ' + colorScheme, async function () {
            const page = await open(Object.assign({colorScheme}, size), busy);

            assert.ok(await page.evaluate(
                'document.documentElement.scrollWidth <= innerWidth'));

            await page.evaluate(AXE);

            const result = await page.evaluate('axe.run()');

            assert.deepStrictEqual(result.violations.map(
                one => one.id + ': ' + one.nodes.map(n => n.html).join(' ')),
                []);

            await page.screenshot({fullPage: true, path: path.join(
                b.ARTEFACTS, `status-${on}-${colorScheme}.png`)});
        });
    });
});
