/*
 * Link as a page of its own: in an app's WebView, to which it speaks by
 * navigating to plaidlink:// addresses, or as a hosted session.
 *
 * LinkPage({webview, session(), again()}) is the host that link.js reports to.
 */

window.LinkPage = function (options) {
    'use strict';

    /* a WebView sees only the last of several navigations in one turn */
    const TURN = 60;

    const queue = [];
    let busy = false;


    function text(value) {
        return value === null || value === undefined ? '' : String(value);
    }


    function next() {
        const url = queue.shift();

        busy = !!url;

        if (!url) {
            return;
        }

        /* a page that frames this one stands for the app: a demo, a test */

        if (window.parent !== window) {
            window.parent.postMessage({plaidLink: 'redirect', url: url}, '*');

        } else {
            window.location.href = url;
        }

        setTimeout(next, TURN);
    }


    function go(action, parameters) {
        const query = Object.keys(parameters).map(function (name) {
            return name + '=' + encodeURIComponent(text(parameters[name]));
        }).join('&');

        queue.push('plaidlink://' + action + '?' + query);

        if (!busy) {
            next();
        }
    }


    function connected(token, metadata) {
        const institution = metadata.institution || {};

        if (options.session().legacy) {
            go('connected', {
                public_token: token,
                account_id: metadata.account_id,
                account_name: metadata.account.name,
                institution_type: institution.type,
                institution_name: institution.name
            });
            return;
        }

        go('connected', {
            public_token: token,
            institution_id: institution.institution_id,
            institution_name: institution.name,
            accounts: JSON.stringify(metadata.accounts.map(function (a) {
                return {
                    _id: a.id,
                    meta: {name: a.name, number: a.mask},
                    type: a.type,
                    subtype: a.subtype,
                    verification_status: a.verification_status,
                    class_type: a.class_type
                };
            })),
            link_session_id: metadata.link_session_id,
            transfer_status: metadata.transfer_status
        });
    }


    function exit(error, metadata) {
        const institution = metadata.institution || {};

        error = error || {};

        if (options.session().legacy) {
            go('exit', {
                status: metadata.status,
                error_code: error.code,
                error_message: error.message,
                institution_type: institution.type,
                institution_name: institution.name,
                link_request_id: metadata.link_request_id,
                plaid_api_request_id: metadata.plaid_api_request_id
            });
            return;
        }

        go('exit', {
            status: metadata.status,
            error_type: error.error_type,
            error_code: error.error_code,
            error_message: error.error_message,
            display_message: error.display_message,
            error_display_message: error.display_message,
            institution_id: institution.institution_id,
            institution_name: institution.name,
            link_session_id: metadata.link_session_id,
            request_id: metadata.request_id
        });
    }


    /* hosted: the app hears of it by webhook; the user may be sent on */

    function over(title) {
        const to = options.webview ? null : options.session().completionUri;

        if (to) {
            window.location.assign(to);
            return;
        }

        window.LinkPanes.over({title: title, again: options.again});
        window.LinkView.open();
    }


    return {
        event: function (name, metadata) {
            if (options.webview) {
                go('event', Object.assign({event_name: name}, metadata));
            }
        },

        success: function (token, metadata) {
            if (options.webview) {
                connected(token, metadata);
            }

            over('Your account is linked');
        },

        exit: function (error, metadata) {
            if (options.webview) {
                exit(error, metadata);
            }

            over('You have left Link');
        },

        navigate: function (url) {
            window.location.assign(url);
        }
    };
};
