/*
 * The panes of Link.  Each function shows one and reports by callbacks; what
 * comes next is link.js's business.
 */

window.LinkPanes = (function () {
    'use strict';

    const view = window.LinkView;
    const el = view.el;

    const SEARCH_DELAY = 250;

    const CHECK = 'M5 12.5l4.5 4.5L19 7.5';
    const BANK = 'M4 10h16L12 4zM6 10v7M10 10v7M14 10v7M18 10v7M4 20h16';
    const LENS = 'M16 16l4.5 4.5M11 4a7 7 0 1 1 0 14a7 7 0 1 1 0-14';


    /* black is the better ink on #rrggbb: WCAG's relative luminance */

    function bright(colour) {
        const light = [1, 3, 5].map(function (at) {
            const c = parseInt(colour.substr(at, 2), 16) / 255;

            return c <= 0.04045 ? c / 12.92
                                : Math.pow((c + 0.055) / 1.055, 2.4);
        });

        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
               > 0.179;
    }


    /* a steady colour and the initials stand for the bank's logo */

    function monogram(institution) {
        const words = institution.name.replace(/[^\w ]|\b(of|the|and)\b/gi, '')
                                      .trim().split(/ +/);
        const letters = words.length > 1 ? words[0][0] + words[1][0]
                                         : words[0].slice(0, 2);
        const node = el('span', {class: 'monogram', 'aria-hidden': 'true'},
                        letters.toUpperCase());
        let hue = 0;

        Array.from(institution.name).forEach(function (c) {
            hue = (hue * 33 + c.charCodeAt(0) * 7) % 3600;
        });

        node.style.backgroundColor = 'hsl(' + hue / 10 + ', 48%, 30%)';

        if (/^#[0-9a-f]{6}$/i.test(institution.primary_color || '')) {
            node.style.backgroundColor = institution.primary_color;
            node.style.color = bright(institution.primary_color) ? '#000000'
                                                                 : '#ffffff';
        }

        return node;
    }


    function loading(text, close) {
        return view.show({
            name: 'loading',
            title: text,
            art: el('span', {class: 'spinner large', 'aria-hidden': 'true'}),
            close: close
        });
    }


    function tiles(list, pick) {
        return list.map(function (institution) {
            return el('li', {}, el('button', {
                type: 'button',
                class: 'tile',
                'data-institution': institution.type
                                    || institution.institution_id,
                click: function () {
                    pick(institution);
                }
            }, monogram(institution),
               el('span', {class: 'tile-name'}, institution.name)));
        });
    }


    function matching(list, query) {
        return list.filter(function (institution) {
            return institution.name.toLowerCase().indexOf(query) >= 0;
        });
    }


    /*
     * Choice of a bank.  options: institutions, lead, close, pick(institution),
     * search(query) -> promise of more, or null; searched(query).
     */

    function select(options) {
        const list = el('ul', {class: 'tiles'});
        const field = view.field('Search for your bank',
                                 {type: 'search', placeholder: 'Search',
                                  'data-first': true});
        let timer = null, turn = 0;

        function draw(found, query) {
            list.textContent = '';
            list.append.apply(list, tiles(found, options.pick));

            if (!found.length) {
                list.append(el('li', {class: 'none'},
                               'No bank of this name. '
                               + 'Please check the spelling.'));
            }

            if (query) {
                view.say(found.length === 1 ? '1 bank found'
                                            : found.length + ' banks found');
            }
        }

        function more(query, found, mine) {
            options.search(query).then(function (others) {
                if (mine !== turn) {
                    return;
                }

                draw(found.concat(others.filter(function (other) {
                    return !found.some(function (have) {
                        return have.name === other.name;
                    });
                })), query);

            }).catch(function () {});
        }

        field.input.addEventListener('input', function () {
            const query = field.input.value.trim().toLowerCase();
            const found = matching(options.institutions, query);
            const mine = ++turn;

            draw(found, query);
            clearTimeout(timer);

            if (!query) {
                return;
            }

            timer = setTimeout(function () {
                options.searched(query);

                if (options.search) {
                    more(query, found, mine);
                }
            }, SEARCH_DELAY);
        });

        field.input.addEventListener('keydown', function (event) {
            const all = list.querySelectorAll('button');

            if (event.key === 'Enter' && all.length === 1
                && field.input.value.trim())
            {
                event.preventDefault();
                all[0].click();
            }
        });

        list.addEventListener('keydown', function (event) {
            const step = {ArrowDown: 2, ArrowUp: -2, ArrowRight: 1,
                          ArrowLeft: -1}[event.key];
            const all = Array.from(list.querySelectorAll('button'));
            const at = all.indexOf(document.activeElement);

            if (step && all[at + step]) {
                event.preventDefault();
                all[at + step].focus();
            }
        });

        field.node.classList.add('search');
        field.node.append(view.icon('search', LENS));
        draw(options.institutions, '');

        return view.show({
            name: 'select',
            title: options.title || 'Select your bank',
            lead: options.lead,
            content: [field.node, list],
            close: options.close,
            hint: options.close
                  ? view.hint('any of these works; no bank is contacted.')
                  : null
        });
    }


    /*
     * options: institution, update, legacy, back, close,
     * submit(pane, fields).
     */

    function credentials(options) {
        const labels = options.institution.credentials || {};
        const username = view.field(labels.username || 'Username',
                                    {name: 'username', 'data-first': true});
        const password = view.field(labels.password || 'Password',
                                    {name: 'password', type: 'password'});
        const pin = labels.pin
                    ? view.field(labels.pin, {name: 'pin', type: 'password',
                                              inputmode: 'numeric'})
                    : null;
        const fields = [username, password].concat(pin || []).map(
            function (field) {
                return field.input;
            });
        const reveal = el('label', {class: 'reveal'},
                          el('input', {type: 'checkbox', name: 'reveal',
                                       change: function (event) {
            fields.slice(1).forEach(function (input) {
                input.type = event.target.checked ? 'text' : 'password';
            });
        }}), 'Show password');

        return view.show({
            name: 'credentials',
            title: 'Log in to ' + options.institution.name,
            art: monogram(options.institution),
            lead: options.update
                  ? 'Your log-in has changed or needs to be confirmed.' : null,
            content: fields.map(function (input) {
                return input.parentNode;
            }).concat(reveal, view.button('Log in')),
            back: options.back,
            close: options.close,
            hint: options.legacy
                  ? view.hint.apply(null, ['user ', 'plaid_test', ', password ',
                                      'plaid_good', pin ? ', PIN ' : '.']
                                     .concat(pin ? '1234' : []))
                  : view.hint('user ', 'user_good', ', password ', 'pass_good',
                         ', or ', 'mfa_device', ', ', 'mfa_selections'),

            submit: function (pane) {
                const empty = fields.filter(function (input) {
                    return !input.value;
                });
                const values = {};

                if (empty.length) {
                    view.fail(pane, 'Please fill in every field.', empty);
                    return;
                }

                fields.forEach(function (input) {
                    values[input.name] = input.value;
                });

                pane.retry = function (text) {
                    fields.slice(1).forEach(function (input) {
                        input.value = '';
                    });

                    /* the name was most likely right: it stays */

                    view.fail(pane, text, fields.slice(1));
                };

                options.submit(pane, values);
            }
        });
    }


    function money(account) {
        const value = account.available === null
                      || account.available === undefined
                      ? account.current : account.available;

        return typeof value === 'number'
               ? value.toLocaleString('en-US', {style: 'currency',
                                                currency: 'USD'})
               : '';
    }


    /* options: accounts, many, close, submit(pane, ids) */

    function accounts(options) {
        const type = options.many ? 'checkbox' : 'radio';
        const some = options.accounts.length > 0;
        const rows = el('fieldset', {class: 'rows'},
                        el('legend', {class: 'aside'}, 'Accounts'));

        options.accounts.forEach(function (account) {
            rows.append(el('label', {class: 'row choice'},
                el('input', {type: type, name: 'account', value: account.id,
                             checked: options.many}),
                el('span', {class: 'row-text'},
                   el('span', {}, account.name),
                   el('span', {class: 'quiet'},
                      [account.subtype || account.type,
                       account.mask ? '•••• ' + account.mask : null]
                      .filter(Boolean).join(' '))),
                el('span', {class: 'amount'}, money(account))));
        });

        return view.show({
            name: 'accounts',
            title: options.many ? 'Select accounts' : 'Select an account',
            lead: some ? options.lead
                       : 'There is no account that can be used here.',
            content: [rows].concat(some ? view.button('Continue') : []),
            close: options.close,

            submit: function (pane) {
                const ids = Array.from(
                    pane.node.querySelectorAll('input:checked')).map(
                        function (input) {
                            return input.value;
                        });

                if (!ids.length) {
                    view.fail(pane, options.many
                                    ? 'Please select at least one account.'
                                    : 'Please select an account.',
                              [pane.node.querySelector('input')]);
                    return;
                }

                pane.retry = function (text) {
                    view.fail(pane, text);
                };

                options.submit(pane, ids);
            }
        });
    }


    function message(options) {
        const buttons = options.buttons.map(function (item, i) {
            return view.button(item[0], {
                type: 'button',
                class: i ? 'secondary' : 'primary',
                'data-first': i === 0,
                click: function () {
                    if (!view.pane.busy) {
                        item[1](view.pane);
                    }
                }
            });
        });

        return view.show({
            name: options.name,
            title: options.title,
            lead: options.lead,
            art: options.art,
            content: buttons,
            back: options.back,
            close: options.close,
            hint: options.hint
        });
    }


    function art(kind, path) {
        return el('span', {class: 'art art-' + kind, 'aria-hidden': 'true'},
                  view.icon(kind, path));
    }


    /* who asks, and what Plaid has to do with it */

    function consent(options) {
        return message({
            name: 'consent',
            title: options.clientName + ' uses Plaid to connect your account',
            lead: 'Choose your bank, log in, and select what '
                  + options.clientName + ' may see. Your log-in goes to '
                  + 'Plaid, never to ' + options.clientName + '.',
            art: el('span', {class: 'pair', 'aria-hidden': 'true'},
                    monogram({name: options.clientName,
                              primary_color: '#0b5c6b'}),
                    el('span', {class: 'link-line'}),
                    art('bank', BANK)),
            buttons: [['Continue', options.go]],
            close: options.close,
            hint: view.hint('this is Plaid’s part, played by the sandbox.')
        });
    }


    /* one of several */

    function added(options) {
        return message({
            name: 'added',
            title: options.institution.name + ' is linked',
            lead: (options.count === 1 ? 'One bank is'
                                       : options.count + ' banks are')
                  + ' linked to ' + options.clientName + ' so far.',
            art: art('success', CHECK),
            buttons: [['Add another', options.more],
                      ['Finish', options.done]],
            close: options.done
        });
    }


    function success(options) {
        return message({
            name: 'success',
            title: options.update ? 'Your log-in is up to date' : 'Success',
            lead: 'Your ' + options.institution.name + ' account is linked to '
                  + options.clientName + '.',
            art: art('success', CHECK),
            buttons: [['Continue', options.done]],
            close: options.done
        });
    }


    function oauth(options) {
        return message({
            name: 'oauth',
            title: 'Log in at ' + options.institution.name,
            lead: 'You go to the bank’s own page and come back here after.',
            art: monogram(options.institution),
            buttons: [['Continue to the bank', options.go]],
            back: options.back,
            close: options.close,
            hint: view.hint('the bank’s page is part of the sandbox.')
        });
    }


    function confirm(options) {
        return message({
            name: 'confirm',
            title: 'Leave without linking?',
            lead: 'What you have entered so far will be lost.',
            art: art('bank', BANK),
            buttons: [['No, stay here', options.stay],
                      ['Yes, leave', options.leave]],
            close: options.stay
        });
    }


    function failure(options) {
        return message({
            name: 'failure',
            title: 'Something went wrong',
            lead: options.text,
            art: art('failure', 'M12 7v6M12 16.5v.5'),
            buttons: [['Back to the app', options.close]],
            close: options.close
        });
    }


    /* a whole page has no other window to go back to */

    function over(options) {
        return message({
            name: 'over',
            title: options.title,
            lead: 'You can close this page.',
            buttons: [['Start again', options.again]]
        });
    }


    return {
        loading: loading,
        select: select,
        credentials: credentials,
        accounts: accounts,
        consent: consent,
        added: added,
        success: success,
        oauth: oauth,
        confirm: confirm,
        failure: failure,
        over: over
    };
}());
