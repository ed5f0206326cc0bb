# plaid_webhook: only a POST that Plaid has signed gets to the app.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Webhook;

master_on();
workers(2);

our $Body = '{"webhook_type":"TRANSACTIONS",'
            . '"webhook_code":"SYNC_UPDATES_AVAILABLE","item_id":"i"}';
our $Good = '200 verified TRANSACTIONS/SYNC_UPDATES_AVAILABLE';

our $Config = <<'END';
    location /hook {
        plaid_webhook  bank;
        add_header     X-Code $plaid_error_code always;
        proxy_pass     http://app;
    }

    location /plain {
        proxy_pass  http://app;
    }
END

plaid();
run_tests();

__DATA__

=== TEST 1: a webhook as Plaid sends it
--- config eval: $::Config
--- check scene
key('one');

my $text = answer(hook($::Body, kid => 'one'));

like($text, qr{^HTTP/1.1 200}, 'passed');
like($text, qr/^X-Plaid-Webhook: verified\r?$/m, 'verified');
like($text, qr/^X-Plaid-Webhook-Type: TRANSACTIONS\r?$/m, 'its type');
like($text, qr/^X-Plaid-Webhook-Code: SYNC_UPDATES_AVAILABLE\r?$/m, 'code');
like($text, qr/^X-Plaid-Webhook-Time: 1\d{9}\r?$/m, 'when it was signed');
like($text, qr/^Plaid-Verification: ey/mi, 'the header itself');
like($text, qr/\n\n\Q$::Body\E\n\z/, 'and the very body');

is(told(hook($::Body, kid => 'one')), $::Good, 'once more');
is(keys(), 1, 'the key was fetched once');
--- request
GET /plain



=== TEST 2: without a signature
--- config eval: $::Config
--- check scene
key('one');

my $text = answer(hook($::Body, jwt => undef));

like($text, qr{^HTTP/1.1 401}, 'refused');
like($text, qr/"error_type":"WEBHOOK_ERROR","error_code":"MISSING"/, 'JSON');
unlike($text, qr/X-Plaid-Webhook/, 'no more');

is(told(hook($::Body, jwt => undef,
             headers => ['X-Plaid-Webhook: verified'])),
   '401 MISSING', 'whatever it says of itself');
unlike(answer(hook($::Body, jwt => undef, uri => '/plain',
                   headers => ['X-Plaid-Webhook: verified'])),
       qr/X-Plaid-Webhook/i, 'and elsewhere this goes');

is(told(hook($::Body, jwt => [jwt($::Body), jwt($::Body)])), '401 MALFORMED',
   'two');
is(told(hook($::Body, headers => ['Plaid_Verification: x'])), $::Good,
   'nginx drops what has an underscore');
is(app_calls(), 2, 'the app got two of all');
--- request
GET /plain
--- error_log: plaid webhook refused: MISSING, status 401
