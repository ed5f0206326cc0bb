'use strict';

// Says which public_token it reads: body-parser and multer, with qs and without.

const express = require('../express/node_modules/express');
const multer = require('../express/node_modules/multer');

const app = express();
const json = express.json({ type: ['application/json', 'application/*+json'] });

app.use('/express', express.urlencoded({ extended: true }), json);
app.use('/express-plain', express.urlencoded({ extended: false }), json);
app.use(multer().any());

app.use((req, res) => {
    // body-parser and multer leave a type alone that they do not know
    const read = req._body || req.is('multipart/form-data');

    res.set('X-Reader', 'yes').json({
        token: (req.body || {}).public_token ?? null,
        refused: read ? undefined : 'not parsed',
        access: req.get('X-Plaid-Access-Token') || null,
    });
});

app.use((error, req, res, next) => {
    res.set('X-Reader', 'yes').json({
        refused: error.message,
        access: req.get('X-Plaid-Access-Token') || null,
    });
});

app.listen(Number(process.env.PORT), '127.0.0.1');
