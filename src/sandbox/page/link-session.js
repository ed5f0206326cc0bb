/*
 * One session of Link with the sandbox (see API.txt), and the objects that
 * Link hands to the page in either generation.
 *
 * LinkSession(config): config as given to Plaid.create, or by the query
 * string of a WebView.  Methods that ask the sandbox answer a promise; it is
 * rejected with the error that onExit would get, plus "text" for the user.
 */

window.LinkSession = (function () {
    'use strict';

    const TIMEOUT = 60000;

    /* /link/token/get need not hold more of one session */
    const MAX_EVENTS = 64;

    const api = window.location.pathname.replace(
        /\/link\/v2\/stable\/[^/]*$/, '/link/client/');

    const EVENT_KEYS = [
        'account_number_mask', 'error_type', 'error_code', 'error_message',
        'exit_status', 'institution_id', 'institution_name',
        'institution_search_query', 'is_update_mode', 'match_reason',
        'mfa_type', 'routing_number', 'view_name', 'selection'
    ];

    const LEGACY_TEXTS = {
        1104: 'This app may not use this kind of access.',
        1200: 'The credentials were not correct. Please try again.',
        1201: 'The user name was not correct. Please try again.',
        1202: 'The password was not correct. Please try again.',
        1203: 'The answer was not correct. Please try again.',
        1204: 'A code cannot be sent that way. Please choose another.',
        1205: 'This account is locked. Visit your bank to unlock it.',
        1209: 'The PIN was not correct. Please try again.',
        1300: 'This bank is not available at the moment.',
        1302: 'Your bank does not respond at the moment.',
        1303: 'Your bank is down at the moment.',
        1601: 'This bank does not offer what the app asks for.'
    };

    const CURRENT_TEXTS = {
        INVALID_CREDENTIALS: 'The credentials were not correct. '
                             + 'Please try again.',
        INVALID_MFA: 'The answer was not correct. Please try again.',
        ITEM_LOCKED: 'This account is locked. Visit your bank to unlock it.',
        INVALID_LINK_TOKEN: 'This session has expired. Go back to the app and '
                            + 'start again.'
    };


    function LinkSession(config) {
        this.config = config;
        this.legacy = !!config.key;
        this.update = false;
        this.institutions = [];
        this.institution = null;
        this.resume = null;
        this.error = null;
        this.events = [];
        this.id = '';
        this.state = '';
        this.requestId = '';
    }


    LinkSession.prototype.post = async function (path, body) {
        const abort = new AbortController();
        const timer = setTimeout(function () {
            abort.abort();
        }, TIMEOUT);
        let response, answer;

        try {
            response = await fetch(api + path, {
                method: 'POST',
                headers: {'Content-Type': 'application/json'},
                body: JSON.stringify(body),
                credentials: 'omit',
                signal: abort.signal
            });

            answer = await response.json();

        } catch (e) {
            throw this.problem(null);

        } finally {
            clearTimeout(timer);
        }

        this.requestId = (answer && answer.request_id) || this.requestId;

        if (!response.ok || !answer) {
            throw this.problem(answer);
        }

        this.error = null;

        if (answer.state !== undefined) {
            this.state = answer.state;
        }

        return answer;
    };


    LinkSession.prototype.send = function (path, body) {
        return this.post(path, Object.assign({
            link_session_id: this.id,
            state: this.state
        }, body));
    };


    /* no answer, or none in the API's form, is an error on Plaid's side */

    LinkSession.prototype.problem = function (body) {
        let error, text;

        body = body || {};

        if (this.legacy) {
            error = {code: body.code || 1702,
                     message: body.message || 'plaid error'};
            text = LEGACY_TEXTS[error.code];

        } else {
            error = {
                error_type: body.error_type || 'API_ERROR',
                error_code: body.error_code || 'INTERNAL_SERVER_ERROR',
                error_message: body.error_message
                               || 'an unexpected error occurred',
                display_message: body.display_message || null
            };
            text = error.display_message || CURRENT_TEXTS[error.error_code];
        }

        this.error = error;

        return Object.assign(new Error(), {
            link: error,
            text: text || 'Something went wrong. Please try again.'
        });
    };


    LinkSession.prototype.start = async function () {
        const config = this.config;
        const answer = await this.post('start', this.legacy ? {
            public_key: config.key,
            product: config.product || 'auth',
            env: config.env || 'tartan',
            token: config.token || null,
            webhook: config.webhook || null,
            long_tail: this.longTail()
        } : {
            link_token: config.token || null,
            received_redirect_uri: config.receivedRedirectUri || null
        });

        this.id = answer.link_session_id;
        this.update = answer.mode === 'update';
        this.clientName = answer.client_name || config.clientName
                          || 'This application';
        this.products = answer.products || [];
        this.all = answer.institutions || [];
        this.institution = answer.institution || null;
        this.resume = answer.resume || null;
        this.redirectUri = answer.redirect_uri || null;
        this.completionUri = answer.completion_redirect_uri || null;

        this.select = answer.select;
        this.count = 0;

        if (this.legacy) {
            this.select = config.selectAccount ? 'one' : 'none';
        }

        this.institutions = this.offered(this.all);

        return this;
    };


    LinkSession.prototype.longTail = function () {
        return !!(this.config.longTail || this.config.longtail);
    };


    /* legacy: booleans for the products too, as the earliest Link had them */

    LinkSession.prototype.offered = function (list) {
        const products = this.products;

        if (!this.legacy) {
            return list;
        }

        return list.filter(function (institution) {
            return products.every(function (product) {
                return (institution.products || []).indexOf(product) >= 0;
            });

        }).map(function (institution) {
            const out = Object.assign({}, institution);

            (institution.products || []).forEach(function (product) {
                out[product] = true;
            });

            return out;
        });
    };


    LinkSession.prototype.key = function (institution) {
        return this.legacy ? institution.type : institution.institution_id;
    };


    LinkSession.prototype.find = function (key) {
        return this.institutions.concat(this.all || []).find(
            function (institution) {
                return this.key(institution) === key;
            }, this);
    };


    LinkSession.prototype.searchable = function () {
        return !this.legacy || this.longTail();
    };


    LinkSession.prototype.search = async function (query) {
        const answer = await this.send('search', {query: query});

        return this.offered(answer.institutions || []);
    };


    LinkSession.prototype.credentials = function (fields) {
        return this.send('credentials', Object.assign({
            institution: this.key(this.institution)
        }, fields));
    };


    LinkSession.prototype.mfa = function (answer) {
        return this.send('mfa', {mfa: answer, send_method: null});
    };


    LinkSession.prototype.sendMethod = function (method) {
        return this.send('mfa', {mfa: null, send_method: method});
    };


    LinkSession.prototype.oauth = function () {
        return this.send('oauth', {institution: this.key(this.institution)});
    };


    LinkSession.prototype.resumed = function (oauthStateId) {
        return this.send('resume', {oauth_state_id: oauthStateId});
    };


    LinkSession.prototype.finish = function (accountIds) {
        return this.send('finish', {account_ids: accountIds,
                                    events: this.events});
    };


    LinkSession.prototype.done = function () {
        return this.send('done', {events: this.events});
    };


    LinkSession.prototype.added = function () {
        this.count++;

        return this.count;
    };


    /* the user is gone, so nobody waits for the answer */

    LinkSession.prototype.leave = function (status) {
        if (!this.id) {
            return;
        }

        fetch(api + 'exit', {
            method: 'POST',
            headers: {'Content-Type': 'application/json'},
            keepalive: true,
            credentials: 'omit',
            body: JSON.stringify({
                link_session_id: this.id,
                state: this.state,
                status: status,
                institution: this.institution && this.key(this.institution),
                error: this.error,
                events: this.events
            })
        }).catch(function () {});
    };


    /* accounts that may be chosen: money moves from deposits only */

    LinkSession.prototype.choosable = function (accounts) {
        if (!this.legacy || this.products.indexOf('auth') < 0) {
            return accounts;
        }

        return accounts.filter(function (account) {
            return account.type === 'depository';
        });
    };


    LinkSession.prototype.named = function () {
        const institution = this.institution;

        if (!institution) {
            return null;
        }

        return this.legacy
               ? {name: institution.name, type: institution.type}
               : {name: institution.name,
                  institution_id: institution.institution_id};
    };


    LinkSession.prototype.successMetadata = function (result) {
        const account = this.select === 'one' ? result.accounts[0] : null;
        const accounts = result.accounts.map(function (a) {
            return {
                id: a.id,
                name: a.name,
                mask: a.mask,
                type: a.type,
                subtype: a.subtype,
                verification_status: null,
                class_type: null
            };
        });

        if (this.legacy) {
            return {
                institution: this.named(),
                account: {id: account ? account.id : null,
                          name: account ? account.name : null},
                account_id: account ? account.id : null
            };
        }

        /* account and account_id are deprecated, but still there */

        return {
            institution: this.named(),
            accounts: accounts,
            account: accounts.length === 1 ? accounts[0] : {
                id: null, name: null, mask: null, type: null, subtype: null,
                verification_status: null, class_type: null
            },
            account_id: accounts.length === 1 ? accounts[0].id : null,
            link_session_id: this.id,
            public_token: result.public_token,
            transfer_status: null
        };
    };


    LinkSession.prototype.exitMetadata = function (status) {
        return this.legacy ? {
            institution: this.named(),
            status: status,
            link_request_id: this.id,
            plaid_api_request_id: this.requestId
        } : {
            institution: this.named(),
            status: status,
            link_session_id: this.id,
            request_id: this.requestId
        };
    };


    LinkSession.prototype.event = function (name, extra) {
        const metadata = {};
        const institution = this.named();

        EVENT_KEYS.forEach(function (key) {
            metadata[key] = null;
        });

        Object.assign(metadata, {
            institution_id: institution ? institution.institution_id : null,
            institution_name: institution ? institution.name : null,
            is_update_mode: this.update ? 'true' : 'false',
            timestamp: new Date().toISOString(),
            link_session_id: this.id,
            request_id: this.requestId
        }, extra);

        if (this.events.length < MAX_EVENTS) {
            this.events.push({
                event_name: name,
                event_id: this.id + '-' + this.events.length,
                timestamp: metadata.timestamp,
                event_metadata: metadata
            });
        }

        return metadata;
    };


    return LinkSession;
}());
