/*
 * The bank's stand-in for institutions with OAuth: asks for consent, then
 * goes back to the app's redirect_uri, or reports to the window of Link that
 * has opened it.
 */

(function () {
    'use strict';

    const query = new URLSearchParams(window.location.search);


    function answer(word) {
        const to = query.get('redirect_uri');
        let url;

        if (!to) {
            if (window.opener) {
                window.opener.postMessage(word, window.location.origin);
            }

            window.close();
            return;
        }

        url = new URL(to);

        /* nothing but a web page, whoever has made this address */

        if (url.protocol !== 'https:' && url.protocol !== 'http:') {
            return;
        }

        url.searchParams.set('oauth_state_id',
                             query.get('oauth_state_id') || '');

        if (word !== 'allow') {
            url.searchParams.set('error', 'access_denied');
        }

        window.location.assign(url.href);
    }


    document.getElementById('bank').textContent = query.get('bank')
                                                  || 'Your bank';
    document.getElementById('app').textContent = query.get('app')
                                                 || 'The application';

    ['allow', 'deny'].forEach(function (word) {
        document.getElementById(word).addEventListener('click', function () {
            answer(word);
        });
    });
}());
