// njs: the exchange as a handler of its own, then on to the app.

import qs from 'querystring';

async function exchange(r) {
    const token = qs.parse(r.requestText).public_token;

    if (!token) {
        r.internalRedirect('@app');
        return;
    }

    const reply = await ngx.fetch(r.variables.plaid_url, {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            'PLAID-CLIENT-ID': r.variables.plaid_client_id,
            'PLAID-SECRET': r.variables.plaid_secret,
            'Plaid-Version': '2020-09-14'
        },
        body: JSON.stringify({ public_token: token })
    });

    if (reply.status != 200) {
        r.return(reply.status == 400 ? 400 : 502);
        return;
    }

    const answer = await reply.json();

    r.variables.plaid_token = answer.access_token;
    r.internalRedirect('@app');
}

export default { exchange };
