'use strict';

// An app that keeps what it was given: POST anything, and the token is in the
// header. No Plaid library, no secret.

const fs = require('fs');
const express = require('express');

const app = express();

app.use(express.urlencoded({ extended: true }));
app.use(express.json());

app.use((req, res) => {
    const token = req.get('X-Plaid-Access-Token');

    if (!token) {
        res.status(400).json({ error: 'not linked', body: req.body || [] });
        return;
    }

    fs.appendFileSync(process.env.TOKENS, token + '\n');

    res.json({
        item_id: req.get('X-Plaid-Item-Id'),
        status: req.get('X-Plaid-Status'),
        body: req.body,
    });
});

app.listen(Number(process.env.PORT), '127.0.0.1');
