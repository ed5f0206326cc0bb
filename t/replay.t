# A token that is posted again: within which time, by whom, how often Plaid is
# asked.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

our $Stranger = '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN';

plaid();
run_tests();

__DATA__

=== TEST 1: the app has failed, the same token goes there again
--- plaid: onetime
--- check scene
is(saw(post('replay-1', uri => '/t?app=500')), '500 exchanged access-replay-1',
   'the app failed');
is(saw(post('replay-1')), '200 replayed access-replay-1', 'and works now');
is(calls(), 1, 'one call');
is(app_calls(), 2, 'the app was called twice');



=== TEST 2: the app has it, a second post follows at once
--- plaid: onetime
--- check scene
is(saw(post('replay-2')), '200 exchanged access-replay-2', 'first');
is(saw(post('replay-2')), '200 replayed access-replay-2', 'second');
is(saw(post('replay-2')), '200 replayed access-replay-2', 'third');
is(calls(), 1, 'one call');



=== TEST 3: the app has it, and the grace is over
--- plaid: onetime
--- location: plaid_replay on grace=100ms;
--- check scene
is(saw(post('replay-3')), '200 exchanged access-replay-3', 'first');
later(100);
is(saw(post('replay-3')), $::Stranger, 'Plaid was asked');
is(calls(), 2, 'two calls');



=== TEST 4: a replay does not extend the grace
--- plaid: onetime
--- location: plaid_replay on grace=1s;
--- check scene
is(saw(post('replay-4')), '200 exchanged access-replay-4', 'first');
later(600);
like(saw(post("replay-4")), qr{^(?:200 replayed|400)}, "in between");
later(600);
is(saw(post('replay-4')), $::Stranger, 'Plaid was asked');



=== TEST 5: no grace
--- plaid: onetime
--- location: plaid_replay on grace=0;
--- check scene
is(saw(post('replay-5')), '200 exchanged access-replay-5', 'first');
is(saw(post('replay-5')), $::Stranger, 'Plaid was asked');
is(calls(), 2, 'two calls');



=== TEST 6: what the app has not got is kept for the ttl, not the grace
--- plaid: onetime
--- location: plaid_replay on grace=0;
--- check scene
is(saw(post('replay-6', uri => '/t?app=500')), '500 exchanged access-replay-6',
   'the app failed');
later(100);
is(saw(post('replay-6', uri => '/t?app=503')), '503 replayed access-replay-6',
   'failed again');
is(saw(post('replay-6')), '200 replayed access-replay-6', 'works');
is(saw(post('replay-6')), $::Stranger, 'delivered');



=== TEST 7: the ttl is over
--- plaid: onetime
--- location: plaid_replay on ttl=100ms;
--- check scene
is(saw(post('replay-7', uri => '/t?app=500')), '500 exchanged access-replay-7',
   'the app failed');
later(100);
is(saw(post('replay-7')), $::Stranger, 'Plaid was asked');
is(calls(), 2, 'two calls');



=== TEST 8: another address is a stranger, by default
--- plaid: onetime
--- check scene
is(saw(post('replay-8')), '200 exchanged access-replay-8', 'first');
is(saw(post('replay-8', from => '127.0.0.2')), $::Stranger, 'a stranger');
is(calls(), 2, 'Plaid was asked for the stranger');
is(saw(post('replay-8')), '200 replayed access-replay-8', 'first again');
is(calls(), 2, 'and not for this');



=== TEST 9: a stranger does not learn that there is a record
--- plaid: onetime
--- check scene
is(saw(post('replay-9-used')), '200 exchanged access-replay-9-used', 'first');
my $known = answer(post('replay-9-used', from => '127.0.0.2'));
Plaid::Side::ask('script=error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN');
my $other = answer(post('replay-9-none', from => '127.0.0.2'));
s/^Date:.*\n//mg for $known, $other;
is($known, $other, 'the answers are the same');



=== TEST 10: bind to a cookie
--- plaid: onetime
--- location: plaid_replay on bind=$cookie_session;
--- check scene
my @mine = (headers => ['Cookie: session=mine']);
my @other = (headers => ['Cookie: session=other']);
is(saw(post('replay-10', @mine, from => '127.0.0.2')),
   '200 exchanged access-replay-10', 'first');
is(saw(post('replay-10', @mine)), '200 replayed access-replay-10',
   'from another address');
is(saw(post('replay-10', @other)), $::Stranger, 'another session');
is(saw(post('replay-10')), $::Stranger, 'no session');



=== TEST 11: bind to several things, and text
--- plaid: onetime
--- location: plaid_replay on "bind=a $remote_addr/$arg_who";
--- check scene
is(saw(post('replay-11', uri => '/t?who=x')), '200 exchanged access-replay-11',
   'first');
is(saw(post('replay-11', uri => '/t?who=x')), '200 replayed access-replay-11',
   'the same');
is(saw(post('replay-11', uri => '/t?who=y')), $::Stranger, 'another');



=== TEST 12: bind to text binds to nobody
--- plaid: onetime
--- location: plaid_replay on bind=everybody;
--- check scene
is(saw(post('replay-12')), '200 exchanged access-replay-12', 'first');
is(saw(post('replay-12', from => '127.0.0.2')),
   '200 replayed access-replay-12', 'anybody');



=== TEST 13: off
--- plaid: onetime
--- location: plaid_replay off;
--- check scene
is(saw(post('replay-13', uri => '/t?app=500')),
   '500 exchanged access-replay-13', 'the app failed');
is(saw(post('replay-13')), $::Stranger, 'Plaid was asked');
is(calls(), 2, 'two calls');



=== TEST 14: off is inherited, and on again
--- plaid: onetime
--- http_config: plaid_replay off;
--- config
    location /t {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        add_header      X-Error $plaid_error_type/$plaid_error_code always;
        proxy_pass      http://app;

        location /t/on {
            plaid_replay  on;
            plaid_exchange  bank;
            add_header      X-Status $plaid_status always;
            proxy_pass      http://app;
        }
    }
--- check scene
is(saw(post('replay-14')), '200 exchanged access-replay-14', 'first');
is(saw(post('replay-14')), $::Stranger, 'off');
is(saw(post('replay-14b', uri => '/t/on')), '200 exchanged access-replay-14b',
   'first');
is(saw(post('replay-14b', uri => '/t/on')), '200 replayed access-replay-14b',
   'on');



=== TEST 15: all that Plaid said comes again
--- plaid: onetime
--- location
add_header V-item $plaid_item_id;
add_header V-request $plaid_request_id;
--- check scene
my $text = answer(post('replay-15'));
my $again = answer(post('replay-15'));
s/^(?:Date|X-App-Names|Content-Length):.*\n//mg for $text, $again;
like($text, qr/^X-Plaid-Item-Id: item-play-15$/m, 'the item');
like($text, qr/^X-Plaid-Request-Id: req-play-15$/m, 'the request');
like($text, qr/^V-item: item-play-15\r$/m, '$plaid_item_id');
$text =~ s/exchanged/replayed/g;
is($again, $text, 'the same but for the status');



=== TEST 16: the legacy API's tokens come again
--- plaid: onetime
--- client: api legacy;
--- check scene
my @body = ('replay-16&account_id=acc-1');
my $text = answer(post(@body));
my $again = answer(post(@body));
s/^(?:Date|X-App-Names|Content-Length):.*\n//mg for $text, $again;
like($text, qr/^X-Plaid-Access-Token: legacy-replay-16$/m, 'the token');
like($text, qr/^X-Plaid-Account-Id: acc-1$/m, 'the account');
like($text, qr/^X-Plaid-Stripe-Bank-Account-Token: btok-acc-1$/m, 'Stripe');
like($text, qr/^X-Plaid-Processor-Token: processor-acc-1$/m, 'a processor');
$text =~ s/exchanged/replayed/g;
is($again, $text, 'the same but for the status');
is(calls(), 1, 'one call');



=== TEST 17: a refusal is not kept
--- plaid: onetime
--- check scene
script('error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN');
is(saw(post('replay-17')), $::Stranger, 'refused');
is(saw(post('replay-17')), '200 exchanged access-replay-17', 'not any more');
is(calls(), 2, 'two calls');



=== TEST 18: a failure is not kept
--- plaid: onetime
--- check scene
script('error.500.API_ERROR.INTERNAL_SERVER_ERROR');
is(saw(post('replay-18')), '502 failed API_ERROR/INTERNAL_SERVER_ERROR',
   'failed');
is(saw(post('replay-18')), '200 exchanged access-replay-18', 'not any more');



=== TEST 19: 429 is not kept
--- plaid: onetime
--- check scene
script('ratelimit.100');
is(saw(post('replay-19')),
   '503 rejected RATE_LIMIT_EXCEEDED/ITEM_PUBLIC_TOKEN_EXCHANGE_LIMIT',
   'limited');
is(saw(post('replay-19')), '200 exchanged access-replay-19', 'not any more');



=== TEST 20: keys that Plaid refuses are not kept
--- plaid: onetime
--- check scene
script('error.400.INVALID_INPUT.INVALID_API_KEYS');
is(saw(post('replay-20')), '502 rejected INVALID_INPUT/INVALID_API_KEYS',
   'refused');
is(saw(post('replay-20')), '200 exchanged access-replay-20', 'not any more');



=== TEST 21: a reply of no use is not kept
--- plaid: onetime
--- check scene
script('garbage', 'odd.none');
like(saw(post('replay-21')), qr/^502 failed/, 'garbage');
like(saw(post('replay-21')), qr/^502 failed/, 'without a token');
is(saw(post('replay-21')), '200 exchanged access-replay-21', 'a good one');



=== TEST 22: no connection to Plaid is not kept, and another client's record not touched
--- client: environment http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- check scene
is(saw(post('replay-22')), '502 failed EXCHANGE_ERROR/CONNECT_FAILED',
   'refused') for 1, 2;
is(calls(), 0, 'no call');



=== TEST 23: the field or the kind of body does not matter
--- plaid: onetime
--- location: plaid_exchange_field public_token other;
--- check scene
is(saw(post('replay-23&more=1')), '200 exchanged access-replay-23', 'first');
is(saw(post('&other=replay-23')), '200 replayed access-replay-23',
   'another field');



=== TEST 24: the longest tokens there are
--- plaid: onetime
--- check scene
my $long = 'r24-' . 'x' x 501;
is(saw(post($long)), "200 exchanged access-$long", 'first');
is(saw(post($long)), "200 replayed access-$long", 'again');



=== TEST 25: the app gets it over FastCGI, uwsgi and SCGI
--- plaid: onetime
--- config
    plaid_replay on grace=0;

    location /fastcgi {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        add_header      X-Error $plaid_error_type/$plaid_error_code always;
        fastcgi_param   REQUEST_METHOD $request_method;
        fastcgi_param   REQUEST_URI $request_uri;
        fastcgi_param   CONTENT_LENGTH $content_length;
        fastcgi_pass    app;
    }

    location /uwsgi {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        add_header      X-Error $plaid_error_type/$plaid_error_code always;
        uwsgi_param     REQUEST_METHOD $request_method;
        uwsgi_param     REQUEST_URI $request_uri;
        uwsgi_param     CONTENT_LENGTH $content_length;
        uwsgi_pass      app;
    }

    location /scgi {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        add_header      X-Error $plaid_error_type/$plaid_error_code always;
        scgi_param      CONTENT_LENGTH $content_length;
        scgi_param      SCGI 1;
        scgi_param      REQUEST_METHOD $request_method;
        scgi_param      REQUEST_URI $request_uri;
        scgi_pass       app;
    }
--- check scene
for my $kind (qw( fastcgi uwsgi scgi )) {
    my $token = "replay-25-$kind";

    like(saw(post($token, uri => "/$kind?app=500")), qr/^500 exchanged/,
         "$kind: the app failed");
    like(saw(post($token, uri => "/$kind")), qr/^200 replayed/,
         "$kind: and works now");
    is(saw(post($token, uri => "/$kind")), $::Stranger, "$kind: delivered");
}
