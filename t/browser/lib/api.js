/* The sandbox's API as a server would call it. */

'use strict';

const SANDBOX = process.env.PLAID_SANDBOX;


async function post(path, body) {
    const response = await fetch(SANDBOX + path, {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            'PLAID-CLIENT-ID': 'test_id',
            'PLAID-SECRET': 'test_secret',
            'Plaid-Version': '2020-09-14'
        },
        body: JSON.stringify(body)
    });

    return {status: response.status, body: await response.json()};
}


async function linkToken(extra) {
    const answer = await post('/link/token/create', Object.assign({
        client_name: 'Client Name',
        language: 'en',
        country_codes: ['US'],
        user: {client_user_id: 'user-1'},
        products: ['auth']
    }, extra));

    if (answer.status !== 200) {
        throw new Error('no link token: ' + JSON.stringify(answer));
    }

    return answer.body.link_token;
}


module.exports = {post, linkToken};
