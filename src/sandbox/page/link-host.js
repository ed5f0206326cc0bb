/*
 * How Link reports what has happened: to the host page by messages from its
 * frame (LinkFrame), or as a page of its own, to an app by navigating to
 * plaidlink:// addresses (LinkPage).
 *
 * Both make the host that link.js reports to: event(), success(), exit(),
 * navigate().  actions are what the other side may ask of link.js.
 */

(function () {
    'use strict';

    /* a WebView sees only the last of several navigations in one turn */
    const TURN = 60;


    function text(value) {
        return value === null || value === undefined ? '' : String(value);
    }


    function address(action, parameters) {
        return 'plaidlink://' + action + '?' + Object.keys(parameters).map(
            function (name) {
                return name + '=' + encodeURIComponent(text(parameters[name]));
            }).join('&');
    }


    function connected(legacy, token, metadata) {
        const institution = metadata.institution || {};

        return address('connected', legacy ? {
            public_token: token,
            account_id: metadata.account_id,
            account_name: metadata.account.name,
            institution_type: institution.type,
            institution_name: institution.name
        } : {
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


    function exited(legacy, error, metadata) {
        const institution = metadata.institution || {};

        error = error || {};

        /* display_message has two names: the text of Plaid's documentation
           has one, its example the other */

        return address('exit', legacy ? {
            status: metadata.status,
            error_code: error.code,
            error_message: error.message,
            institution_type: institution.type,
            institution_name: institution.name,
            link_request_id: metadata.link_request_id,
            plaid_api_request_id: metadata.plaid_api_request_id
        } : {
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


    function happened(name, metadata) {
        return address('event', Object.assign({event_name: name}, metadata));
    }


    /* one navigation after the other, by go(url) */

    function queue(go) {
        const urls = [];
        let busy = false;

        function next() {
            const url = urls.shift();

            busy = !!url;

            if (url) {
                go(url);
                setTimeout(next, TURN);
            }
        }

        return function (url) {
            urls.push(url);

            if (!busy) {
                next();
            }
        };
    }


    window.LinkFrame = function (actions) {
        let origin = null, webview = false;

        const say = queue(function (url) {
            post('navigate', {url: url});
        });

        function post(type, data) {
            window.parent.postMessage(
                Object.assign({plaidLink: type}, data),
                origin && origin !== 'null' ? origin : '*');
        }

        function obey(message) {
            switch (message.plaidLink) {

            case 'configure':
                webview = !!message.config.isWebview;
                actions.configure(message.config).then(function (institutions) {
                    post('ready', {institutions: institutions});
                });
                break;

            case 'open':
                actions.open(message.institution);
                break;

            case 'exit':
                actions.exit(message.force);
                break;

            case 'submit':
                actions.submit(message.data);
                break;

            case 'embed':
                actions.embed(message.institutions);
                break;
            }
        }

        window.addEventListener('message', function (e) {
            if (e.source !== window.parent || !e.data || !e.data.plaidLink
                || (origin && e.origin !== origin))
            {
                return;
            }

            origin = e.origin;
            obey(e.data);
        });

        /* nobody but the sender of the first message hears more than this */
        post('hello');

        return {
            event: function (name, metadata) {
                post('event', {name: name, metadata: metadata});

                if (webview) {
                    say(happened(name, metadata));
                }
            },

            success: function (token, metadata) {
                post('success', {public_token: token, metadata: metadata});

                if (webview) {
                    say(connected(actions.session().legacy, token, metadata));
                }
            },

            exit: function (error, metadata) {
                post('exit', {error: error, metadata: metadata});

                if (webview) {
                    say(exited(actions.session().legacy, error, metadata));
                }
            },

            navigate: function (url) {
                post('navigate', {url: url});
            },

            pick: function (institution) {
                post('pick', {institution: institution});
            },

            height: function (height) {
                post('height', {height: height});
            }
        };
    };


    window.LinkPage = function (actions, webview) {

        /* a page that frames this one stands for the app: a demo, a test */

        const say = queue(function (url) {
            if (window.parent !== window) {
                window.parent.postMessage({plaidLink: 'redirect', url: url},
                                          '*');

            } else {
                window.location.href = url;
            }
        });

        /* hosted: the app hears of it by webhook; the user may be sent on */

        function over(title) {
            const to = webview ? null : actions.session().completionUri;

            /* an app's own scheme, too, but nothing that runs here */

            if (to && /^[a-z][a-z0-9+.-]*:\/\//i.test(to)) {
                window.location.assign(to);
                return;
            }

            window.LinkPanes.over({
                title: title,
                again: function () {
                    actions.open(null);
                }
            });
            window.LinkView.open();
        }

        return {
            event: function (name, metadata) {
                if (webview) {
                    say(happened(name, metadata));
                }
            },

            success: function (token, metadata) {
                if (webview) {
                    say(connected(actions.session().legacy, token, metadata));
                }

                over('Your account is linked');
            },

            exit: function (error, metadata) {
                if (webview) {
                    say(exited(actions.session().legacy, error, metadata));
                }

                over('You have left Link');
            },

            navigate: function (url) {
                window.location.assign(url);
            }
        };
    };
}());
