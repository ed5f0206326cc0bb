/*
 * Link of plaid_sandbox: the part that runs in the host page.
 *
 * Offers window.Plaid with create() and createEmbedded(), and the simple
 * integration of a script tag with data-form-id.  The panes themselves are
 * in link.html, in a frame of the sandbox's own origin: what a user types
 * there is out of reach of the host page.  Both sides talk by postMessage,
 * each checks the window and the origin of the other.
 */

(function () {
    'use strict';

    const script = document.currentScript
                   || document.querySelector(
                          'script[src*="link-initialize.js"]');

    const page = new URL('link.html', script.src);

    /* callbacks stay here, the rest must survive structured cloning */

    const OPTIONS = ['clientName', 'key', 'env', 'product', 'webhook', 'token',
                     'selectAccount', 'longTail', 'longtail', 'isWebview',
                     'receivedRedirectUri'];

    const CLOSED = 'display:none';
    const OPENED = 'position:fixed;top:0;left:0;width:100%;height:100%;'
                   + 'border:0;margin:0;padding:0;z-index:2147483647;'
                   + 'display:block;'
                   + 'background:transparent;color-scheme:normal';

    /* a frame silent for so long was most likely forbidden */
    const PATIENCE = 10000;

    let serial = 0;


    function call(f) {
        if (typeof f === 'function') {
            f.apply(null, Array.prototype.slice.call(arguments, 1));
        }
    }


    function complain(text) {
        if (window.console) {
            console.error('Plaid Link (sandbox): ' + text);
        }
    }


    function cloneable(config) {
        const out = {};

        OPTIONS.forEach(function (name) {
            if (config[name] !== undefined && config[name] !== null) {
                out[name] = config[name];
            }
        });

        return JSON.parse(JSON.stringify(out));
    }


    function whenBody(f) {
        if (document.body) {
            f();
            return;
        }

        document.addEventListener('DOMContentLoaded', f);
    }


    /*
     * A frame with link.html in it.  onMessage(type, data) is called for what
     * comes from that frame only; send() before the frame's hello waits.
     */

    function frame(parent, style, onMessage) {
        const el = document.createElement('iframe');
        const queue = [];
        let alive = false;

        function receive(event) {
            if (event.source !== el.contentWindow
                || event.origin !== page.origin
                || !event.data || !event.data.plaidLink)
            {
                return;
            }

            if (event.data.plaidLink === 'hello') {
                alive = true;
                queue.splice(0).forEach(post);
                return;
            }

            onMessage(event.data.plaidLink, event.data);
        }

        function post(message) {
            el.contentWindow.postMessage(message, page.origin);
        }

        serial++;
        el.id = 'plaid-link-iframe-' + serial;
        el.title = 'Plaid Link (sandbox)';
        el.src = page.href;
        el.style.cssText = style;

        window.addEventListener('message', receive);
        parent.appendChild(el);

        setTimeout(function () {
            if (!alive && el.isConnected) {
                complain(page.href + ' does not answer: does the page\'s '
                         + 'Content-Security-Policy allow it as a frame?');
            }
        }, PATIENCE);

        return {
            el: el,

            send: function (type, data) {
                const message = Object.assign({plaidLink: type}, data);

                if (alive) {
                    post(message);

                } else {
                    queue.push(message);
                }
            },

            remove: function () {
                window.removeEventListener('message', receive);
                el.remove();
            }
        };
    }


    /*
     * While Link is open, the rest of the page can be neither reached by
     * keyboard or screen reader nor scrolled; undo() restores what was there,
     * and the focus.
     */

    function seclude(el) {
        const focus = document.activeElement;
        const overflow = document.documentElement.style.overflow;
        const others = Array.from(document.body.children).filter(
            function (child) {
                return child !== el && !child.hasAttribute('inert');
            });

        others.forEach(function (child) {
            child.setAttribute('inert', '');
        });

        document.documentElement.style.overflow = 'hidden';

        return function undo() {
            others.forEach(function (child) {
                child.removeAttribute('inert');
            });

            document.documentElement.style.overflow = overflow;

            if (focus && focus.focus) {
                focus.focus({preventScroll: true});
            }
        };
    }


    /*
     * The handler behind Plaid.create().  States: loading, ready, open, gone.
     */

    function Handler(config) {
        this.config = config;
        this.state = 'loading';
        this.institutions = [];
        this.pending = null;
        this.restore = null;
        this.frame = null;

        whenBody(this.load.bind(this));
    }


    Handler.prototype.load = function () {
        if (this.state === 'gone') {
            return;
        }

        this.frame = frame(document.body, CLOSED, this.receive.bind(this));
        this.frame.send('configure', {config: cloneable(this.config)});
    };


    Handler.prototype.receive = function (type, data) {
        switch (type) {

        case 'ready':
            this.ready(data);
            break;

        case 'event':
            call(this.config.onEvent, data.name, data.metadata);
            break;

        case 'success':
            this.close();
            call(this.config.onSuccess, data.public_token, data.metadata);
            break;

        case 'exit':
            this.close();
            call(this.config.onExit, data.error, data.metadata);
            break;

        case 'navigate':
            window.location.assign(data.url);
            break;
        }
    };


    Handler.prototype.ready = function (data) {
        const pending = this.pending;

        this.institutions.splice(0);
        Array.prototype.push.apply(this.institutions, data.institutions);

        if (this.state !== 'loading') {
            return;
        }

        this.state = 'ready';
        this.pending = null;

        call(this.config.onLoad);

        if (pending && this.state === 'ready') {
            this.open(pending.institution);
        }
    };


    Handler.prototype.open = function (institution) {
        /* an event object, when open itself is the click handler */

        const type = typeof institution === 'string' ? institution : null;

        if (this.state === 'gone' || this.state === 'open') {
            return;
        }

        if (type && this.config.key && this.config.token) {
            complain('open("' + type + '") is refused in update mode: the '
                     + 'token names the institution');
            return;
        }

        if (this.state === 'loading') {
            this.pending = {institution: type};
            return;
        }

        this.state = 'open';
        this.frame.el.style.cssText = OPENED;
        this.restore = seclude(this.frame.el);
        this.frame.el.focus();
        this.frame.send('open', {institution: type});
    };


    Handler.prototype.close = function () {
        if (this.restore) {
            this.restore();
            this.restore = null;
        }

        if (this.state === 'open') {
            this.state = 'ready';
            this.frame.el.style.cssText = CLOSED;
        }
    };


    Handler.prototype.exit = function (options) {
        const force = options === true || !!(options && options.force);

        if (this.state === 'open') {
            this.frame.send('exit', {force: force});
            return;
        }

        this.pending = null;
    };


    Handler.prototype.submit = function (data) {
        if (this.frame && this.state !== 'gone') {
            this.frame.send('submit', {
                data: JSON.parse(JSON.stringify(data || {}))
            });
        }
    };


    Handler.prototype.destroy = function () {
        this.close();
        this.state = 'gone';
        this.pending = null;

        if (this.frame) {
            this.frame.remove();
            this.frame = null;
        }
    };


    function check(config) {
        if (!config || typeof config !== 'object') {
            throw new Error('Plaid.create needs a configuration object');
        }

        if (!config.key && !config.token && !config.receivedRedirectUri) {
            throw new Error('Plaid.create needs a token, or a key');
        }

        if (config.key && !config.product) {
            throw new Error('Plaid.create with a key needs a product');
        }
    }


    function create(config) {
        let handler;

        check(config);

        handler = new Handler(config);

        /* bound: users pass handler.open itself as an event listener */

        return {
            institutions: handler.institutions,
            open: handler.open.bind(handler),
            exit: handler.exit.bind(handler),
            submit: handler.submit.bind(handler),
            destroy: handler.destroy.bind(handler)
        };
    }


    /*
     * Embedded: the choice of banks inside an element of the page; all that
     * follows is the ordinary Link above the page.
     */

    function createEmbedded(config, target) {
        let inner, handler;

        check(config);

        if (!target || !target.appendChild) {
            throw new Error('Plaid.createEmbedded needs an element');
        }

        handler = new Handler(Object.assign({}, config, {
            onLoad: function () {
                inner.send('embed', {institutions: handler.institutions});
                call(config.onLoad);
            }
        }));

        inner = frame(target, 'display:block;width:100%;height:360px;border:0;'
                              + 'color-scheme:normal;background:transparent',
            function (type, data) {
                if (type === 'pick') {
                    handler.open(data.institution);

                } else if (type === 'height') {
                    inner.el.style.height = Math.min(data.height, 640) + 'px';
                }
            });

        return {
            destroy: function () {
                handler.destroy();
                inner.remove();
            }
        };
    }


    /* simple integration: <script src data-form-id ...> */

    function hidden(form, name, value) {
        let input = form.querySelector('input[type=hidden][name=' + name + ']');

        if (!input) {
            input = document.createElement('input');
            input.type = 'hidden';
            input.name = name;
            form.appendChild(input);
        }

        input.value = value;
    }


    function simple(data) {
        const missing = ['clientName', 'key', 'product', 'env'].filter(
            function (name) {
                return !data[name];
            });
        const form = document.getElementById(data.formId);
        const button = document.createElement('button');
        let handler;

        if (!form) {
            complain('there is no form with the id "' + data.formId + '"');
            return;
        }

        if (missing.length) {
            complain('the script tag lacks ' + missing.map(function (name) {
                return 'data-' + name.replace(/[A-Z]/g, function (c) {
                    return '-' + c.toLowerCase();
                });
            }).join(', '));
            return;
        }

        handler = create({
            clientName: data.clientName,
            key: data.key,
            product: data.product,
            env: data.env,
            webhook: data.webhook,
            token: data.token,
            selectAccount: data.selectAccount === 'true',
            longTail: data.longTail === 'true' || data.longtail === 'true',

            onSuccess: function (public_token, metadata) {
                hidden(form, 'public_token', public_token);

                if (metadata.account_id) {
                    hidden(form, 'account_id', metadata.account_id);
                }

                /* a field named "submit" hides the form's own method */
                HTMLFormElement.prototype.submit.call(form);
            }
        });

        button.id = 'plaid-link-button';
        button.type = 'button';
        button.textContent = 'Link your Bank Account';
        button.addEventListener('click', function () {
            handler.open();
        });

        form.appendChild(button);
    }


    window.Plaid = window.Plaid || {
        create: create,
        createEmbedded: createEmbedded
    };

    if (script.dataset.formId) {
        if (document.readyState === 'loading') {
            document.addEventListener('DOMContentLoaded', function () {
                simple(script.dataset);
            });

        } else {
            simple(script.dataset);
        }
    }
}());
