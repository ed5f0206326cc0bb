/*
 * The flow of Link: which pane follows which, in a frame of the host page
 * (with link-initialize.js on the other side), embedded in an element of it,
 * or as the whole page of a WebView or a hosted session.
 */

(function () {
    'use strict';

    const view = window.LinkView;
    const panes = window.LinkPanes;

    const query = new URLSearchParams(window.location.search);
    const webview = query.get('isWebview') === 'true';

    const POPUP_WATCH = 300;

    /* status of an exit on each pane: legacy, current, and the view's name */

    const PANES = {
        consent: ['requires_credentials', null, 'CONSENT'],
        select: ['requires_credentials', 'institution_not_found',
                 'SELECT_INSTITUTION'],
        credentials: ['requires_credentials', 'requires_credentials',
                      'CREDENTIAL'],
        questions: ['requires_questions', 'requires_questions', 'MFA'],
        selections: ['requires_selections', 'requires_selections', 'MFA'],
        device: ['requires_code', 'requires_code', 'MFA'],
        list: ['choose_device', 'choose_device', 'MFA'],
        accounts: ['connected', 'requires_account_selection', 'SELECT_ACCOUNT'],
        oauth: ['requires_credentials', 'requires_oauth', 'OAUTH'],
        success: ['connected', null, 'CONNECTED'],
        added: ['connected', null, 'CONNECTED'],
        failure: ['requires_credentials', null, 'ERROR'],
        loading: ['requires_credentials', null, 'LOADING']
    };

    const MFA_TYPES = {questions: 'questions', selections: 'selections',
                       device: 'code', list: 'device'};

    let actions, host, config, session, starting, place, result;

    /* changes with each opening and leaving: late answers are not for us */
    let run = 0;

    /* what an answer asks for while the user is asked whether to leave */
    let held = null;

    /* whether there is something to lose */
    let typed = false;


    function event(name, extra) {
        const metadata = session.event(name, extra);

        if (!session.legacy) {
            host.event(name, metadata);
        }
    }


    function enter(name) {
        place = name;
        event('TRANSITION_VIEW', {
            view_name: PANES[name][2],
            mfa_type: MFA_TYPES[name] || null
        });
    }


    function status() {
        return PANES[place][session.legacy ? 0 : 1];
    }


    /* leaving */

    function quit() {
        const error = session.error;
        const metadata = session.exitMetadata(status());

        event('EXIT', Object.assign({exit_status: status()},
                                    session.legacy ? {} : blame(error)));
        session.leave(status());
        shut();
        host.exit(error, metadata);
    }


    function done() {
        const metadata = session.successMetadata(result);
        const token = result.public_token;

        event('HANDOFF');
        shut();
        host.success(token, metadata);
    }


    function shut() {
        run++;
        held = null;
        view.hide();
        starting = null;
    }


    /* a graceful exit asks first, except where there is nothing to lose */

    function leave() {
        const before = view.pane;

        if (place === 'success') {
            done();

        } else if (place === 'added') {
            enough();

        } else if (place === 'failure' || place === 'loading' || !before
                   || !typed)
        {
            quit();

        } else if (before.name !== 'confirm') {
            panes.confirm({
                leave: quit,
                stay: function () {
                    const act = held;

                    held = null;
                    view.restore(before);

                    if (act) {
                        act();
                    }
                }
            });
        }
    }


    function blame(error) {
        return error ? {
            error_type: error.error_type,
            error_code: error.error_code,
            error_message: error.error_message
        } : {};
    }


    /*
     * Asks the sandbox while the pane shows that it is busy; then() gets the
     * answer, unless the user has left meanwhile.
     */

    function ask(pane, text, promise, then) {
        const mine = run;

        function settle(act) {
            if (mine !== run) {
                return;
            }

            view.idle(pane);

            if (view.pane.name === 'confirm') {
                held = act;

            } else {
                act();
            }
        }

        view.busy(pane, text);

        promise.then(function (answer) {
            settle(function () {
                then(answer);
            });

        }, function (e) {
            settle(function () {
                event('ERROR', session.legacy ? {} : blame(e.link));
                pane.retry(e.text);
            });
        });
    }


    /* the way from the bank to the token */

    function consent() {
        panes.consent({
            clientName: session.clientName,
            close: leave,
            go: choose
        });

        enter('consent');
    }


    function choose() {
        session.institution = null;

        panes.select({
            institutions: session.institutions,
            lead: session.clientName
                  + ' uses a Plaid sandbox to link your account.',
            close: leave,
            pick: function (institution) {
                session.institution = institution;
                event('SELECT_INSTITUTION');
                login();
            },
            search: session.searchable() ? session.search.bind(session) : null,
            searched: function (text) {
                event('SEARCH_INSTITUTION', {institution_search_query: text});
            }
        });

        enter('select');
    }


    function login() {
        if (session.institution.oauth) {
            oauth();
            return;
        }

        panes.credentials({
            institution: session.institution,
            update: session.update,
            legacy: session.legacy,
            back: session.update ? null : choose,
            close: leave,
            submit: function (pane, fields) {
                event('SUBMIT_CREDENTIALS');
                ask(pane, 'Connecting to ' + session.institution.name,
                    session.credentials(fields), step);
            }
        });

        enter('credentials');
    }


    function step(answer) {
        if (answer.step === 'accounts') {
            accounts(answer.accounts);
            return;
        }

        panes[answer.type]({
            mfa: answer.mfa,
            legacy: session.legacy,
            close: leave,
            submit: function (pane, value) {
                event('SUBMIT_MFA', {mfa_type: MFA_TYPES[answer.type]});
                ask(pane, 'Checking', answer.type === 'list'
                                      ? session.sendMethod(value)
                                      : session.mfa(value), step);
            }
        });

        enter(answer.type);
    }


    function accounts(list) {
        if (session.select === 'none') {
            finish(panes.loading('Linking your account', leave),
                   list.map(function (account) {
                       return account.id;
                   }));
            return;
        }

        panes.accounts({
            accounts: session.choosable(list),
            many: session.select === 'many',
            lead: session.clientName + ' will see what you select.',
            close: leave,
            submit: finish
        });

        enter('accounts');
    }


    function finish(pane, ids) {
        pane.retry = pane.retry || failed;

        ask(pane, 'Linking your account', session.finish(ids),
            function (answer) {
                result = answer;

                if (answer.more) {
                    another(answer);
                    return;
                }

                panes.success({
                    institution: session.institution,
                    clientName: session.clientName,
                    update: session.update,
                    done: done
                });
                enter('success');
            });
    }


    /* Multi-Item Link: one more bank, or the end */

    function another(answer) {
        panes.added({
            institution: session.institution,
            clientName: session.clientName,
            more: function () {
                typed = false;
                choose();
            },
            done: enough,
            count: session.added(answer)
        });

        enter('added');
    }


    function enough() {
        const pane = panes.loading('One moment', quit);

        pane.retry = failed;

        ask(pane, 'One moment', session.done(), function () {
            done();
        });
    }


    function failed(text) {
        panes.failure({text: text, close: quit});
        enter('failure');
    }


    /* the bank's own page: in this window if there is a way back, else apart */

    function oauth() {
        panes.oauth({
            institution: session.institution,
            back: session.update ? null : choose,
            close: leave,
            go: function (pane) {
                const bank = session.redirectUri ? null
                                                 : window.open('oauth.html');

                pane.retry = function (text) {
                    view.fail(pane, text);
                };

                ask(pane, 'Opening the bank’s page', session.oauth(),
                    function (answer) {
                        event('OPEN_OAUTH');
                        atBank(pane, bank, answer.oauth_state_id);
                    });
            }
        });

        enter('oauth');
    }


    function atBank(pane, bank, id) {
        const url = new URL('oauth.html', window.location.href);

        url.searchParams.set('bank', session.institution.name);
        url.searchParams.set('app', session.clientName);
        url.searchParams.set('oauth_state_id', id);

        if (session.redirectUri) {
            url.searchParams.set('redirect_uri', session.redirectUri);
            host.navigate(url.href);
            return;
        }

        if (!bank) {
            pane.retry('Please allow pop-up windows, and try again.');
            return;
        }

        bank.location = url.href;
        awaitBank(pane, bank, id);
    }


    /* the pop-up answers, or is closed: only looking can tell */

    function awaitBank(pane, bank, id) {
        const watch = setInterval(function () {
            if (bank.closed) {
                over('CLOSE_OAUTH');
            }
        }, POPUP_WATCH);

        function over(name) {
            clearInterval(watch);
            window.removeEventListener('message', hear);

            if (name && view.pane === pane) {
                event(name);
                pane.retry('The bank’s page was left without consent.');
            }
        }

        function hear(e) {
            if (e.source !== bank || e.origin !== window.location.origin) {
                return;
            }

            if (e.data !== 'allow') {
                over('FAIL_OAUTH');
                return;
            }

            over(null);

            if (view.pane === pane) {
                ask(pane, 'Connecting to ' + session.institution.name,
                    session.resumed(id), step);
            }
        }

        window.addEventListener('message', hear);
    }


    /* opening */

    function start() {
        session = new window.LinkSession(config);

        starting = session.start().then(function () {
            return null;
        }, function (e) {
            return e;
        });

        return starting;
    }


    function open(institution) {
        const mine = ++run;

        /* a session serves once */
        const started = starting || start();

        place = 'loading';
        result = null;
        typed = false;
        view.open();
        panes.loading('One moment', leave);

        started.then(function (problem) {
            if (mine === run) {
                begin(institution, problem);
            }
        });
    }


    function denied(uri) {
        return new URL(uri, window.location.href).searchParams.has('error');
    }


    function begin(institution, problem) {
        event('OPEN');

        if (problem) {
            event('ERROR', session.legacy ? {} : blame(problem.link));
            failed(problem.text);

        } else if (denied(config.receivedRedirectUri || '')) {
            event('FAIL_OAUTH');
            choose();

        } else if (session.resume) {
            step(session.resume);

        } else if (session.update && session.institution) {
            login();

        } else if (institution && session.find(institution)) {
            session.institution = session.find(institution);
            event('SELECT_INSTITUTION');
            login();

        } else if (session.legacy) {
            choose();

        } else {
            consent();
        }
    }


    /* Layer: the sandbox knows one phone number, as Plaid's does */

    function submit(data) {
        const digits = String(data.phone_number || '').replace(/\D/g, '');

        if (data.date_of_birth) {
            event('LAYER_AUTOFILL_NOT_AVAILABLE');

        } else if (/4155551111$/.test(digits)) {
            event('LAYER_READY');

        } else {
            event('LAYER_NOT_AVAILABLE');
        }
    }


    /* the bank list inside an element of the host page */

    function embed(institutions) {
        view.embed();

        panes.select({
            title: 'Link your bank',
            institutions: institutions,
            pick: function (institution) {
                host.pick(institution.type || institution.institution_id);
            },
            search: null,
            searched: function () {}
        });

        view.measure(host.height);
    }


    function pageConfig() {
        const flag = function (name) {
            return query.get(name) === 'true';
        };

        return {
            key: query.get('key') || null,
            token: query.get('token') || null,
            env: query.get('env') || null,
            product: query.get('product') && query.get('product').split(','),
            clientName: query.get('clientName') || null,
            webhook: query.get('webhook') || null,
            selectAccount: flag('selectAccount'),
            longTail: flag('longTail') || flag('longtail'),
            receivedRedirectUri: query.get('receivedRedirectUri') || null
        };
    }


    actions = {
        configure: function (given) {
            config = given;

            return start().then(function () {
                return session.institutions;
            });
        },

        session: function () {
            return session;
        },

        exit: function (force) {
            if (view.pane) {
                (force ? quit : leave)();
            }
        },

        open: open,
        submit: submit,
        embed: embed
    };

    document.addEventListener('input', function (e) {
        typed = typed || (e.target.type !== 'search' && !!e.target.value);
    });

    if (window.parent !== window && !webview) {
        host = window.LinkFrame(actions);
        return;
    }

    config = pageConfig();
    host = window.LinkPage(actions, webview);
    document.documentElement.classList.add('whole');
    open(null);
}());
