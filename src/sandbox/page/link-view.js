/*
 * The card that every pane of Link is shown in, and the small DOM functions
 * the panes are made with.  Knows nothing of banks or sessions.
 *
 * LinkView.el(tag, attributes, children...) makes an element; an attribute
 * that is a function becomes a listener, null and false are left out.
 */

window.LinkView = (function () {
    'use strict';

    const FOCUSABLE = 'button:not([disabled]), input:not([disabled]), summary, '
                      + 'a[href], [tabindex="0"]';

    const root = document.getElementById('link');
    const live = document.getElementById('live');

    let card, bar, body, foot, back, close, current;

    /* in an element of the page: a part of it, not a dialog above it */
    let embedded = false;


    function el(tag, attributes) {
        const node = document.createElement(tag);

        Object.keys(attributes || {}).forEach(function (name) {
            const value = attributes[name];

            if (typeof value === 'function') {
                node.addEventListener(name, value);

            } else if (value !== null && value !== undefined
                       && value !== false)
            {
                node.setAttribute(name, value === true ? '' : value);
            }
        });

        node.append.apply(node, Array.prototype.slice.call(arguments, 2).filter(
            function (child) {
                return child !== null && child !== undefined;
            }));

        return node;
    }


    function icon(name, path) {
        const ns = 'http://www.w3.org/2000/svg';
        const svg = document.createElementNS(ns, 'svg');
        const line = document.createElementNS(ns, 'path');

        svg.setAttribute('viewBox', '0 0 24 24');
        svg.setAttribute('class', 'icon icon-' + name);
        svg.setAttribute('aria-hidden', 'true');
        line.setAttribute('d', path);
        svg.appendChild(line);

        return svg;
    }


    function build() {
        back = el('button', {type: 'button', class: 'round',
                             'aria-label': 'Back',
                             click: function () {
                                 current.back();
                             }},
                  icon('back', 'M15 5l-7 7 7 7'));

        close = el('button', {type: 'button', class: 'round', id: 'close',
                              'aria-label': 'Close', click: leave},
                   icon('close', 'M6 6l12 12M18 6L6 18'));

        bar = el('div', {class: 'bar'},
                 el('span', {class: 'side'}, back),
                 el('span', {class: 'badge',
                             title: 'Stands for Plaid: no bank is contacted'},
                    'Sandbox'),
                 el('span', {class: 'side'}, close));

        body = el('div', {class: 'body'});
        foot = el('div', {class: 'foot'});

        card = el('section', {class: 'card',
                              role: embedded ? 'region' : 'dialog',
                              'aria-modal': embedded ? null : 'true',
                              'aria-labelledby': 'title'}, bar, body, foot);

        root.appendChild(card);
        document.addEventListener('keydown', keydown);
    }


    function leave() {
        if (current && current.close) {
            current.close();
        }
    }


    function keydown(event) {
        if (!current || root.hidden || embedded) {
            return;
        }

        if (event.key === 'Escape') {
            event.preventDefault();
            leave();

        } else if (event.key === 'Tab') {
            cycle(event);
        }
    }


    /* the host page is inert meanwhile, so Tab goes round in the card */

    function cycle(event) {
        const all = Array.from(card.querySelectorAll(FOCUSABLE)).filter(
            function (node) {
                return node.offsetParent !== null;
            });
        const first = all[0], last = all[all.length - 1];
        const at = document.activeElement;

        if (event.shiftKey && (at === first || !card.contains(at)
                               || at.id === 'title'))
        {
            event.preventDefault();
            last.focus();

        } else if (!event.shiftKey && at === last) {
            event.preventDefault();
            first.focus();
        }
    }


    function focus(pane) {
        const field = pane.node.querySelector('[data-first]');

        if (embedded) {
            return;
        }

        /* on a touch screen a focused field would open the keyboard */

        if (field && window.matchMedia('(pointer: fine)').matches) {
            field.focus();

        } else {
            pane.heading.focus();
        }
    }


    function mount(pane) {
        current = pane;
        body.textContent = '';
        body.appendChild(pane.node);
        body.scrollTop = 0;
        back.hidden = !pane.back;
        close.hidden = !pane.close;
        foot.textContent = '';
        foot.append.apply(foot, pane.hint || []);
        foot.hidden = !pane.hint;
        card.setAttribute('data-pane', pane.name);
    }


    /*
     * Shows a pane: {name, title, lead?, content: [nodes], hint?: [nodes],
     * back?(), close?(), submit?()}.  With submit the content is a form.
     * The result is needed only to come back to it with restore().
     */

    function show(options) {
        const heading = el('h1', {id: 'title', tabindex: '-1'}, options.title);
        const alert = el('p', {class: 'alert', role: 'alert', id: 'alert'});
        const content = options.content || [];
        const pane = Object.assign({}, options, {heading: heading,
                                                 alert: alert});

        if (!card) {
            build();
        }

        pane.node = el(options.submit ? 'form' : 'div',
                       {class: 'pane pane-' + options.name,
                        novalidate: !!options.submit,
                        submit: options.submit && function (event) {
                            event.preventDefault();

                            if (!pane.busy) {
                                options.submit(pane);
                            }
                        }},
                       options.art || null, heading,
                       options.lead ? el('p', {class: 'lead'}, options.lead)
                                    : null,
                       alert);

        pane.node.append.apply(pane.node, content);
        mount(pane);
        focus(pane);

        return pane;
    }


    function restore(pane) {
        mount(pane);
        focus(pane);
    }


    /* a second click while an answer is awaited must do nothing */

    function busy(pane, text) {
        pane.busy = true;
        pane.node.classList.add('busy');
        pane.node.setAttribute('aria-busy', 'true');
        fail(pane, '');
        say(text);

        pane.node.querySelectorAll('button').forEach(function (button) {
            button.setAttribute('aria-disabled', 'true');
        });
    }


    function idle(pane) {
        pane.busy = false;
        pane.node.classList.remove('busy');
        pane.node.removeAttribute('aria-busy');
        say('');

        pane.node.querySelectorAll('button').forEach(function (button) {
            button.removeAttribute('aria-disabled');
        });
    }


    /* text is announced, and tied to the fields it speaks of */

    function fail(pane, text, fields) {
        pane.alert.textContent = text;

        pane.node.querySelectorAll('[aria-invalid]').forEach(function (field) {
            field.removeAttribute('aria-invalid');
            field.removeAttribute('aria-describedby');
        });

        (fields || []).forEach(function (field) {
            field.setAttribute('aria-invalid', 'true');
            field.setAttribute('aria-describedby', 'alert');
        });

        if (fields && fields.length) {
            fields[0].focus();
        }
    }


    function say(text) {
        live.textContent = text;
    }


    function field(label, attributes) {
        const input = el('input', Object.assign(
            {type: 'text', autocomplete: 'off', autocapitalize: 'none',
             autocorrect: 'off', spellcheck: 'false', maxlength: '256',
             class: 'input'}, attributes));

        return {
            input: input,
            node: el('label', {class: 'field'},
                     el('span', {class: 'label'}, label), input)
        };
    }


    function button(label, attributes) {
        return el('button', Object.assign({type: 'submit', class: 'primary'},
                                          attributes),
                  el('span', {class: 'spinner', 'aria-hidden': 'true'}), label);
    }


    /* what to type in the sandbox: text and code by turns */

    function hint() {
        const nodes = Array.prototype.map.call(arguments, function (text, i) {
            return i % 2 ? el('code', {}, text) : text;
        });

        return ['Sandbox: '].concat(nodes);
    }


    function choice(type, name, value, label, checked) {
        return el('label', {class: 'choice'},
                  el('input', {type: type, name: name, value: value,
                               checked: checked}),
                  el('span', {class: 'choice-text'}, label));
    }


    return {
        el: el,
        icon: icon,
        field: field,
        button: button,
        choice: choice,
        hint: hint,
        show: show,
        restore: restore,
        busy: busy,
        idle: idle,
        fail: fail,
        say: say,

        open: function () {
            root.hidden = false;
        },

        hide: function () {
            root.hidden = true;
            current = null;
            say('');
        },

        get pane() {
            return current;
        },

        /* before the first pane */

        embed: function () {
            embedded = true;
            root.classList.add('embedded');
            root.hidden = false;
        },

        /* tell(height) now, and when the card grows or shrinks */

        measure: function (tell) {
            new ResizeObserver(function () {
                tell(card.offsetHeight);
            }).observe(card);
        }
    };
}());
