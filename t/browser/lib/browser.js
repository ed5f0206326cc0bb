/*
 * What the browser tests share: Chromium, a server for host pages that keeps
 * what is posted to it, and the hands of a user in Link.
 *
 * Environment (set by run): PLAID_SANDBOX, the sandbox's address;
 * PLAID_ARTEFACTS, where pictures go; CHROMIUM, the browser.
 */

'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');
const {after, before, afterEach} = require('node:test');
const {chromium} = require('playwright-core');

const SANDBOX = process.env.PLAID_SANDBOX;
const ARTEFACTS = process.env.PLAID_ARTEFACTS;
const PATIENCE = 10000;

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
              '--disable-background-networking', '--disable-component-update',
              '--disable-sync'];

const DESKTOP = {viewport: {width: 1100, height: 800}};

const PHONE = {viewport: {width: 360, height: 640}, deviceScaleFactor: 2,
               isMobile: true, hasTouch: true};

const LEGACY = {clientName: 'Client Name', key: 'test_key', env: 'tartan',
                product: 'auth'};


let browser = null;
let server = null;
let pages = {};
let posts = [];


/* node's test runner calls these around the tests of each file */

function setup(args) {
    before(async function () {
        fs.mkdirSync(ARTEFACTS, {recursive: true});
        browser = await chromium.launch({
            executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
            args: ARGS.concat(args || [])
        });

        server = http.createServer(serve);
        await new Promise(function (done) {
            server.listen(0, '127.0.0.1', done);
        });
    });

    afterEach(async function () {
        for (const context of browser.contexts()) {
            await context.close();
        }

        pages = {};
        posts = [];
    });

    after(async function () {
        await browser.close();
        server.closeAllConnections();
        server.close();
    });
}


function serve(request, response) {
    const url = new URL(request.url, 'http://127.0.0.1');
    let body = '';

    request.on('data', function (chunk) {
        body += chunk;
    });

    request.on('end', function () {
        const page = pages[url.pathname];

        if (request.method === 'POST') {
            posts.push({path: url.pathname, body: body});
        }

        if (page === undefined) {
            response.statusCode = request.method === 'POST' ? 200 : 404;
            response.end('received');
            return;
        }

        response.setHeader('Content-Type', page.type || 'text/html; charset=utf-8');

        if (page.csp) {
            response.setHeader('Content-Security-Policy', page.csp);
        }

        response.end(page.body === undefined ? page : page.body);
    });
}


function origin() {
    return 'http://127.0.0.1:' + server.address().port;
}


function script() {
    return SANDBOX + '/link/v2/stable/link-initialize.js';
}


function html(body) {
    return '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
           + '<meta name="viewport" content="width=device-width, initial-scale=1">'
           + '<title>Host</title><body>' + body;
}


/*
 * A page that calls Plaid.create with config and keeps all that comes back
 * in window.got; a button "Link" opens.
 */

function custom(config, extra) {
    return html(
        '<h1>Host page</h1><button id="go">Link</button><a href="#x">A link</a>'
        + '<script src="' + script() + '"></script><script>'
        + 'window.got = {loads: 0, success: [], exit: [], events: []};'
        + 'window.handler = Plaid.create(Object.assign('
        + JSON.stringify(config) + ', {'
        + 'onLoad() { got.loads++; },'
        + 'onSuccess(token, metadata) { got.success.push({token, metadata}); },'
        + 'onExit(error, metadata) { got.exit.push({error, metadata}); },'
        + 'onEvent(name, metadata) { got.events.push({name, metadata}); }'
        + '}));'
        + 'document.getElementById("go").onclick = function () {'
        + ' handler.open(); };' + (extra || '') + '</script>');
}


async function visit(body, options) {
    const context = await browser.newContext(options || DESKTOP);
    const page = await context.newPage();

    page.setDefaultTimeout(PATIENCE);
    page.problems = [];
    page.on('pageerror', function (error) {
        page.problems.push(String(error));
    });

    pages['/'] = body;
    await page.goto(origin() + '/');

    return page;
}


/* the hands of a user; each waits until the pane is there */

function link(page, selector) {
    const frame = page.frameLocator
                  && selector !== null
                  ? page.frameLocator(selector || 'iframe[id^=plaid-link]')
                  : page;

    const self = {
        frame: frame,

        /* the current Link opens with who asks for what */

        pane: async function (name) {
            const wanted = frame.locator('[data-pane=' + name + ']');
            const consent = frame.locator('[data-pane=consent]');

            if (name === 'select') {
                await wanted.or(consent).first().waitFor();

                if (await consent.count()) {
                    await self.press('Continue');
                }
            }

            await wanted.waitFor();
        },

        button: function (name) {
            return frame.getByRole('button', {name: name, exact: true});
        },

        press: async function (name) {
            await self.button(name).click();
        },

        pick: async function (type) {
            await self.pane('select');
            await frame.locator('[data-institution="' + type + '"]').click();
            await self.pane('credentials');
        },

        login: async function (username, password, pin) {
            await self.pane('credentials');
            await frame.locator('[name=username]').fill(username);
            await frame.locator('[name=password]').fill(password);

            if (pin !== undefined) {
                await frame.locator('[name=pin]').fill(pin);
            }

            await self.press('Log in');
        },

        answer: async function (text) {
            await frame.locator('[name=mfa]').fill(text);
            await self.press('Submit');
        },

        alert: async function (text) {
            await frame.getByRole('alert').filter({hasText: text}).waitFor();
        },

        close: async function () {
            await self.press('Close');
        },

        leave: async function () {
            await self.close();

            /* asked only where something was typed */
            const asks = frame.locator('[data-pane=confirm]');
            const gone = frame.locator('#link[hidden], [data-pane=over]');

            await asks.or(gone).first().waitFor({state: 'attached'});

            if (await asks.count()) {
                await self.press('Yes, leave');
            }
        },

        shot: async function (name) {
            /* let the card come to rest */
            await page.waitForTimeout(300);
            await page.screenshot({path: path.join(ARTEFACTS, name + '.png')});
        }
    };

    return self;
}


function got(page) {
    return page.evaluate('got');
}


/* waits for the first success or exit, as kind says */

async function result(page, kind) {
    await page.waitForFunction('got.' + kind + '.length > 0');

    return (await got(page))[kind][0];
}


module.exports = {
    SANDBOX, ARTEFACTS, DESKTOP, PHONE, LEGACY,
    setup, html, custom, script, visit, link, got, result, origin,

    put: function (where, page) {
        pages[where] = page;
    },

    posts: function () {
        return posts;
    },

    browser: function () {
        return browser;
    }
};
