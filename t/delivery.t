# When the app counts as having the token: by its own 2xx or 3xx, whatever the
# client sees.  With a grace of 0 a delivered token is asked for again, and
# Plaid refuses it.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

our $Asked = '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN';

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', "plaid_replay on grace=0;\n"
                                     . ($block->http_config // ''));
});

plaid();
run_tests();

__DATA__

=== TEST 1: 2xx delivers
--- plaid: onetime
--- check scene
for my $status (200, 201, 202, 299) {
    my $token = "delivery-1-$status";

    like(saw(post($token, uri => "/t?app=$status")), qr/^$status exchanged/,
         "$status");
    is(saw(post($token)), $::Asked, "delivered by $status");
}



=== TEST 2: 4xx and 5xx do not
--- plaid: onetime
--- check scene
for my $status (400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504) {
    my $token = "delivery-2-$status";

    like(saw(post($token, uri => "/t?app=$status")), qr/^$status exchanged/,
         "$status");
    is(saw(post($token)), "200 replayed access-$token", "kept after $status");
}



=== TEST 3: an app that is not there
--- plaid: onetime
--- config
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;

    location /t {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location /down {
        plaid_exchange  bank;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }
--- check scene
is(saw(post('delivery-3', uri => '/down')), '502 exchanged', 'refused');
is(saw(post('delivery-3', uri => '/down')), '502 replayed', 'again');
is(saw(post('delivery-3')), '200 replayed access-delivery-3', 'works');
is(calls(), 1, 'one call');



=== TEST 4: an app that dies
--- plaid: onetime
--- check scene
is(saw(post('delivery-4', uri => '/t?die=1')), '502 exchanged', 'died');
is(saw(post('delivery-4')), '200 replayed access-delivery-4', 'works');
is(calls(), 1, 'one call');



=== TEST 5: an app that dies after its 200 has answered
--- plaid: onetime
--- check scene
like(saw(post('delivery-5', uri => '/t?half=1')), qr/^200 exchanged/, 'half');
is(saw(post('delivery-5')), $::Asked, 'delivered');



=== TEST 6: an app that takes too long
--- plaid: onetime
--- location: proxy_read_timeout 200ms;
--- check scene
is(saw(post('delivery-6', uri => '/t?hold=1')), '504 exchanged', 'late');
is(saw(post('delivery-6')), '200 replayed access-delivery-6', 'in time');
is(calls(), 1, 'one call');
is(app_calls(), 2, 'the app got it twice');



=== TEST 7: the client leaves while Plaid is asked
--- plaid: onetime
--- check scene
script('hold:ok');
my $c = post('delivery-7');
held(1);
hang_up($c);
release();
log_has(qr/plaid exchange stored for replay, client disconnected, client "bank", item "item-ivery-7"/);
is(app_calls(), 0, 'the app was not called');
is(saw(post('delivery-7')), '200 replayed access-delivery-7', 'again');
is(calls(), 1, 'one call');



=== TEST 8: the client leaves while the app works
--- plaid: onetime
--- check scene
my $c = post('delivery-8', uri => '/t?hold=1');
app_held(1);
hang_up($c);
is(saw(post('delivery-8')), '200 replayed access-delivery-8', 'again');
is(calls(), 1, 'one call');



=== TEST 9: the same, and nginx waits for the app all the same
--- plaid: onetime
--- location: proxy_ignore_client_abort on;
--- check scene
my $c = post('delivery-9', uri => '/t?hold=1');
app_held(1);
close delete $c->{fh};
app_release();
log_has(qr{"POST /t\?hold=1 }, 'access.log');
is(saw(post('delivery-9')), $::Asked, 'delivered');



=== TEST 10: the client leaves, nobody comes back, and there is no replay
--- plaid: onetime
--- location: plaid_replay off;
--- check scene
script('hold:ok');
my $c = post('delivery-10');
held(1);
hang_up($c);
release();
log_has(qr/\[error\] .*plaid exchange succeeded but the client disconnected and replay is off, token discarded, client "bank", item "item-very-10"/);
is(calls(), 1, 'one call');



=== TEST 11: the client leaves, and the exchange fails
--- plaid: onetime
--- check scene
script('hold:error.500.API_ERROR.INTERNAL_SERVER_ERROR');
my $c = post('delivery-11');
held(1);
hang_up($c);
release();
log_has(qr/plaid .*client "bank".*INTERNAL_SERVER_ERROR/);
is(saw(post('delivery-11')), '200 exchanged access-delivery-11', 'again');



=== TEST 12: error_page leads to a second app, with the same token
--- plaid: onetime
--- config
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;

    location = /t {
        plaid_exchange          bank;
        proxy_intercept_errors  on;
        error_page              500 502 503 504 = @second;
        proxy_pass              http://app;
    }

    location @second {
        plaid_exchange  bank;
        rewrite         ^ /second? break;
        proxy_pass      http://app;
    }

    location = /down {
        plaid_exchange  bank;
        error_page      502 = @second;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location = /both {
        plaid_exchange          bank;
        proxy_intercept_errors  on;
        error_page              500 = @bad;
        proxy_pass              http://app;
    }

    location @bad {
        plaid_exchange  bank;
        rewrite         ^ /bad?app=503? break;
        proxy_pass      http://app;
    }
--- check scene
is(saw(post('delivery-12', uri => '/t?app=500')),
   '200 exchanged access-delivery-12', 'the second app has it');
is(calls(), 1, 'one call');
is(app_calls(), 2, 'two apps');
like(Plaid::Side::ask('app_all'),
     qr/(?:X-Plaid-Access-Token: access-delivery-12\r.*){2}/s,
     'both got the token');
is(saw(post('delivery-12')), $::Asked, 'delivered by the second');

is(saw(post('delivery-12b', uri => '/down')),
   '200 exchanged access-delivery-12b', 'the first is down');
is(saw(post('delivery-12b')), $::Asked, 'delivered by the second');

like(saw(post('delivery-12c', uri => '/both?app=500')), qr/^503 exchanged/,
     'both fail');
is(saw(post('delivery-12c')), '200 replayed access-delivery-12c', 'kept');



=== TEST 13: X-Accel-Redirect delivers
--- plaid: onetime
--- config
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;

    location = /t {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /missing {
        internal;
        return 404;
    }
--- check scene
like(saw(post('delivery-13', uri => '/t?accel=/missing')), qr/^404 exchanged/,
     'the app has sent it elsewhere, where there is nothing');
is(saw(post('delivery-13')), $::Asked, 'the app has it');



=== TEST 14: the next server of the upstream gets the same token
--- plaid: onetime
--- http_config
    upstream app {
        server 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
        server 127.0.0.1:$TEST_NGINX_APP_PORT backup;
    }
--- check scene
is(saw(post('delivery-14')), '200 exchanged access-delivery-14', 'second');
is(calls(), 1, 'one call');
is(saw(post('delivery-14')), $::Asked, 'delivered');



=== TEST 15: many fail, and the app gets it in the end
--- plaid: onetime
--- check scene
like(saw(post('delivery-15', uri => '/t?app=500')), qr/^500 exchanged/,
     'first');
like(saw(post('delivery-15', uri => "/t?$_")), qr/^50\d replayed/, $_)
    for qw( app=503 die=1 app=500 die=1 );
is(saw(post('delivery-15')), '200 replayed access-delivery-15', 'last');
is(saw(post('delivery-15')), $::Asked, 'delivered');
is(calls(), 2, 'one call until then');



=== TEST 16: an error page that asks a second app is not for failed exchanges
--- plaid: onetime
--- http_config
    map $plaid_status $no_token {
        default    1;
        exchanged  0;
        joined     0;
        replayed   0;
    }
--- config
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;

    location = /t {
        plaid_exchange          bank;
        proxy_intercept_errors  on;
        error_page              500 502 503 504 = @second;
        proxy_pass              http://app;
    }

    location @second {
        if ($no_token) {
            return  502;
        }

        plaid_exchange  bank;
        rewrite         ^ /second? break;
        proxy_pass      http://app;
    }
--- check scene
script('error.500.API_ERROR.INTERNAL_SERVER_ERROR', 'reset');
is(saw(post('delivery-16')), '502 failed API_ERROR/INTERNAL_SERVER_ERROR',
   'failed');
is(saw(post('delivery-16')), '502 unknown EXCHANGE_ERROR/CONNECTION_LOST',
   'lost');
is(app_calls(), 0, 'no app was called');
is(saw(post('delivery-16', uri => '/t?app=500')),
   '200 exchanged access-delivery-16', 'the second app');
is(app_calls(), 2, 'both were called');



=== TEST 17: a reply from a cache: the app has not got the token
--- plaid: onetime
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache keys_zone=c:1m;
--- config
    add_header  X-Status  $plaid_status always;

    location = /t {
        plaid_exchange       bank;
        plaid_replay         on grace=0;
        proxy_cache          c;
        proxy_cache_methods  POST;
        proxy_cache_valid    200 1m;
        proxy_cache_key      $uri;
        proxy_cache_bypass   $arg_fresh;
        proxy_pass           http://app;
    }
--- check scene
like(saw(post('delivery-17a')), qr/^200 exchanged/, 'into the cache');
like(saw(post('delivery-17b')), qr/^200 exchanged/, 'from the cache');
is(app_calls(), 1, 'the app has seen one');
is(saw(post('delivery-17b', uri => '/t?fresh=1')),
   '200 replayed access-delivery-17b', 'the token is still there');
is(calls(), 2, 'two calls');



=== TEST 18: 3xx only takes it: the log-in page has not seen the token
--- plaid: onetime
--- check scene
for my $status (301, 302, 303, 307, 399) {
    my $token = "delivery-18-$status";

    like(saw(post($token, uri => "/t?app=$status")), qr/^$status exchanged/,
         "$status");
    like(saw(post($token, uri => "/t?app=$status")), qr/^$status replayed/,
         "$status again");
    is(saw(post($token)), "200 replayed access-$token", "kept after $status");
    is(saw(post($token)), $::Asked, 'delivered by a later 200');
}



=== TEST 19: a 200 that nginx does not accept is no answer
--- plaid: onetime
--- location: proxy_buffer_size 4k;
--- check scene
for my $kind (qw( cut big invalid )) {
    my $token = "delivery-odd-$kind";

    is(saw(post($token, uri => "/t?odd=$kind")), '502 exchanged', $kind);
    is(saw(post($token)), "200 replayed access-$token", "kept after $kind");
    is(saw(post($token)), $::Asked, "$kind: delivered by a good one");
}



=== TEST 20: neither where an error page of nginx says 200
--- plaid: onetime
--- config
    add_header  X-Status  $plaid_status always;

    location = /t {
        plaid_exchange     bank;
        proxy_buffer_size  4k;
        error_page         502 =200 /sorry;
        proxy_pass         http://app;
    }

    location = /sorry {
        return 200 "sorry\n";
    }
--- check scene
is(saw(post('delivery-sorry', uri => '/t?odd=big')), '200 exchanged',
   'an error page');
is(saw(post('delivery-sorry')), '200 replayed access-delivery-sorry', 'kept');



=== TEST 21: the client leaves while Plaid is asked, and the app is called
--- plaid: onetime
--- location: proxy_ignore_client_abort on;
--- check scene
script('hold:ok');
my $c = post('delivery-ignored');
held(1);
hang_up($c);
release();
log_has(qr{"POST /t HTTP/1\.1" 200 }, 'access.log');
is(app_calls(), 1, 'the app was called');
is(saw(post('delivery-ignored')), $::Asked, 'delivered');



=== TEST 22: one that joined leaves, the same
--- plaid: onetime
--- location: proxy_ignore_client_abort on;
--- check scene
script('hold:ok');
my @c = map { post('delivery-joined', uri => '/t?a=joined') } 1, 2;
held(1);
settled();
hang_up($_) for @c;
release();
ok(Plaid::Side::soon(sub { logged(qr/joined .* 200 /) == 2 }), 'both ended');
is(app_calls(), 2, 'the app was called for both');
is(calls(), 1, 'Plaid once');



=== TEST 23: one that joined leaves, and is not for the app
--- plaid: onetime
--- check scene
script('hold:ok');
my @c = map { post('delivery-left', uri => '/t?a=left') } 1, 2;
held(1);
settled();
hang_up($c[$_]) for 0, 1;
release();
ok(Plaid::Side::soon(sub { logged(qr/left .* 499 /) == 2 }), 'both ended');
is(app_calls(), 0, 'the app was not called');
is(saw(post('delivery-left')), '200 replayed access-delivery-left', 'kept');
