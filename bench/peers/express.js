// Express with Plaid's own client, in front of the app.

'use strict';

const http = require('http');
const https = require('https');

const load = (name) => require(require.resolve(
    name, { paths: [process.env.BENCH_NODE_DIR] }));

const express = load('express');
const { Configuration, PlaidApi } = load('plaid');

const [port, appPort, plaidUrl] = process.argv.slice(2);

const agent = new http.Agent({ keepAlive: true });

const plaid = new PlaidApi(new Configuration({
    basePath: plaidUrl,
    baseOptions: {
        headers: { 'PLAID-CLIENT-ID': 'bench_id', 'PLAID-SECRET': 'bench' },
        httpAgent: new http.Agent({ keepAlive: true }),
        httpsAgent: new https.Agent({ keepAlive: true })
    }
}));

const app = express();
app.disable('x-powered-by');
app.disable('etag');

const form = express.urlencoded({
    extended: false,
    verify: (req, res, buf) => { req.raw = buf; }
});

app.post('/', form, async (req, res, next) => {
    try {
        const token = req.body && req.body.public_token;

        if (token) {
            const answer = await plaid.itemPublicTokenExchange(
                { public_token: token });
            req.access = answer.data.access_token;
        }

        next();
    } catch (err) {
        const status = err.response && err.response.status === 400 ? 400 : 502;
        res.status(status).end();
    }
}, (req, res) => {
    const headers = {
        'content-type': req.headers['content-type'],
        'content-length': req.raw.length
    };

    if (req.access) {
        headers['x-plaid-access-token'] = req.access;
    }

    const call = http.request({
        port: appPort, host: '127.0.0.1', method: 'POST', path: '/',
        agent, headers
    }, (reply) => {
        res.writeHead(reply.statusCode, reply.headers);
        reply.pipe(res);
    });

    call.on('error', () => res.status(502).end());
    call.end(req.raw);
});

app.listen(port, '127.0.0.1');
