# Every variable, with each kind of outcome, where they are used: in headers
# to the app, in headers of the response, in maps and in rewrites.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $All = join '', map {
    (my $name = $_) =~ tr/_/-/;
    "add_header V-$name '\$plaid_$_' always;\n";
} qw( status item_id account_id request_id error_type error_code
      error_message environment exchange_time );

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('location', $::All . ($block->location // ''));
});

run_tests();

__DATA__

=== TEST 1: exchanged
--- form: public_token=var-1
--- exchanged: var-1
--- response_headers_like
V-status: exchanged
V-item-id: item-var-1
V-request-id: req-var-1
V-environment: http://127\.0\.0\.1:\d+
V-exchange-time: \d+\.\d\d\d
--- raw_response_headers_unlike: V-account-id|V-error



=== TEST 2: nothing to do
--- form: a=b
--- passed
--- response_headers
V-status: -
--- raw_response_headers_unlike: V-(item|request|account|error|exchange)
--- calls: 0



=== TEST 3: not a POST
--- request
GET /t
--- response_headers
V-status: -
--- raw_response_headers_unlike: V-(item|request|account|error|exchange|env)



=== TEST 4: refused by Plaid
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- form: public_token=var-4
--- error_code: 400
--- response_headers_like
V-status: rejected
V-request-id: req-error
V-error-type: INVALID_INPUT
V-error-code: INVALID_PUBLIC_TOKEN
V-error-message: the message of INVALID_PUBLIC_TOKEN
V-exchange-time: \d+\.\d\d\d
--- raw_response_headers_unlike: V-(item|account)



=== TEST 5: refused by us, without a call
--- form: public_token=var%205
--- error_code: 400
--- response_headers
V-status: rejected
V-error-type: EXCHANGE_ERROR
V-error-code: INVALID_PUBLIC_TOKEN
V-error-message: the public token is malformed
--- raw_response_headers_unlike: V-(item|account|request|exchange)
--- calls: 0



=== TEST 6: failed
--- plaid: odd.none
--- form: public_token=var-6
--- error_code: 502
--- response_headers
V-status: failed
V-error-type: EXCHANGE_ERROR
V-error-code: BAD_REPLY



=== TEST 7: unknown
--- plaid: reset
--- form: public_token=var-7
--- error_code: 502
--- response_headers
V-status: unknown
V-error-type: EXCHANGE_ERROR
V-error-code: CONNECTION_LOST



=== TEST 8: legacy
--- client: api legacy;
--- form: public_token=var-8&account_id=account-8
--- response_headers
V-status: exchanged
V-account-id: account-8
V-request-id: req-var-8
--- raw_response_headers_unlike: V-(item|error)



=== TEST 9: headers to the app
--- location
proxy_set_header Authorization "Bearer $plaid_access_token";
proxy_set_header X-Item "$plaid_item_id of $plaid_environment";
proxy_set_header X-How $plaid_status;
--- form: public_token=var-9
--- response_body_like eval
qr{Authorization: Bearer access-var-9\nX-Item: item-var-9 of http://127\.0\.0\.1:\d+\nX-How: exchanged\nX-Plaid-Access-Token: access-var-9\n}
--- raw_response_headers_unlike: access-



=== TEST 10: without a token the variable is empty
--- location
proxy_set_header Authorization "Bearer $plaid_access_token";
--- form: a=b
--- response_body_like: Authorization: Bearer ?\n
--- calls: 0



=== TEST 11: only by a variable
--- location
proxy_pass_request_headers off;
proxy_set_header X-Token $plaid_access_token;
--- form: public_token=var-11
--- response_body
POST /t
X-Token: access-var-11

public_token=var-11



=== TEST 12: the app's header overridden
--- location
proxy_set_header X-Plaid-Access-Token "";
proxy_set_header X-Plaid-Status "mine";
--- form: public_token=var-12
--- response_body
POST /t
X-Plaid-Item-Id: item-var-12
X-Plaid-Request-Id: req-var-12
X-Plaid-Status: mine

public_token=var-12
--- error_code: 200



=== TEST 13: the token never in a response header
--- location
add_header X-Token "[$plaid_access_token]" always;
add_header X-Header "[$http_x_plaid_access_token]" always;
--- form: public_token=var-13
--- response_headers
X-Token: []
X-Header: []
--- raw_response_headers_unlike: access-



=== TEST 14: a map of the status
--- http_config
    map $plaid_status $how { default other; exchanged good; - none; }
--- location: proxy_set_header X-How $how;
--- form: public_token=var-14
--- response_body_like: X-How: good\n



=== TEST 15: a map evaluated before the exchange
--- http_config
    map $plaid_status $how { volatile; default other; exchanged good; - none; }
--- location: set $early $how; proxy_set_header X-How "$early $how";
--- form: public_token=var-15
--- response_body_like: X-How: none good\n



=== TEST 16: the token evaluated before the exchange is not there yet
--- location
set $early "[$plaid_access_token$http_x_plaid_access_token]";
proxy_set_header X-Early $early;
proxy_set_header X-Late "[$plaid_access_token]";
--- form: public_token=var-16
--- response_body_like: X-Early: \[\]\nX-Late: \[access-var-16\]\n



=== TEST 17: in the arguments of an error page
--- config
    location = /t {
        plaid_exchange  bank;
        error_page      400 = /err?$plaid_status/$plaid_error_code;
        proxy_pass      http://app;
    }

    location = /err {
        return 400 "$plaid_status $plaid_error_type $plaid_error_code $args\n";
    }
--- form: public_token=var%2017
--- error_code: 400
--- response_body
rejected EXCHANGE_ERROR INVALID_PUBLIC_TOKEN rejected/INVALID_PUBLIC_TOKEN



=== TEST 18: a variable of ours cannot be set
--- config
    location = /t {
        set $plaid_status x;
    }
--- request
GET /t
--- must_die
--- error_log: the duplicate "plaid_status" variable
--- suppress_stderr



=== TEST 19: the environment by its name
--- http_config
    plaid_client bank {
        environment  sandbox;
        client_id    the-id;
        secret       the-s3cret;
        resolver     127.0.0.1:$TEST_NGINX_DNS_PORT;
    }
--- form: public_token=public-production-19
--- error_code: 400
--- response_headers
V-status: rejected
V-environment: sandbox
V-error-message: the public token is of environment "production", not "sandbox"
--- calls: 0



=== TEST 20: the token is in no cache key
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache keys_zone=c:1m;
--- location
proxy_cache c;
proxy_cache_methods POST;
proxy_cache_valid 200 1m;
--- form: public_token=var-20
--- exchanged: var-20
--- check eval
sub { my $root = Plaid::server_root();
      `grep -rl KEY:.*access-var-20 $root/proxy_cache` eq '' }



=== TEST 21: not even when it is asked for: a digest stands there
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache keys_zone=c:1m;
--- location
proxy_cache c;
proxy_cache_methods POST;
proxy_cache_valid 200 1m;
proxy_cache_key "one $http_x_plaid_access_token two $plaid_access_token";
--- form: public_token=var-21
--- exchanged: var-21
--- check eval
sub { my $root = Plaid::server_root();
      my $all = `cat \$(find $root/proxy_cache -type f)`;
      my ($key) = $all =~ /KEY: (.*)/;
      $key =~ /\Aone \S*([0-9a-f]{64}) two \S*\1\z/ && $key !~ /access/ }



=== TEST 22: which keeps the entries of two tokens apart
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache keys_zone=c:1m;
--- location
proxy_cache c;
proxy_cache_methods POST;
proxy_cache_valid 200 1m;
proxy_cache_key "$plaid_access_token";
--- request eval
["POST /t\npublic_token=var-22a", "POST /t\npublic_token=var-22b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [200, 200]
--- response_body_like eval: ['access-var-22a', 'access-var-22b']
--- calls: 2
--- app_calls: 2



=== TEST 23: the token is not for the headers that the client gets
--- location
proxy_redirect     http://app/ /$plaid_access_token/;
proxy_cookie_path  / "/; token=$http_x_plaid_access_token";
--- uri: /t?location=http://app/x
--- form: public_token=var-23
--- response_headers
Location: http://localhost:$ServerPort//x
Set-Cookie: a=b; path=/; token=
--- calls: 1



=== TEST 24: nor is what a map has made of it for the app
--- http_config
    map $plaid_access_token $made { default none; ~. "of $plaid_access_token"; }
--- location
proxy_set_header  X-Made $made;
add_header        X-Made $made always;
--- form: public_token=var-24
--- response_headers
X-Made: none
--- response_body_like: X-Made: of access-var-24
--- calls: 1
--- app_calls: 1



=== TEST 25: neither when there is no response of the app's
--- http_config
    map $plaid_access_token $made { default none; ~. "of $plaid_access_token"; }
    upstream nobody {
        server 127.0.0.1:1;
    }
--- config
    location /t {
        plaid_exchange    bank;
        proxy_set_header  X-Made $made;
        add_header        X-Made $made always;
        proxy_pass        http://nobody;
    }
--- form: public_token=var-25
--- error_code: 502
--- response_headers
X-Made: none
--- error_log: connect() failed
--- calls: 1



=== TEST 26: and with a volatile map
--- http_config
    map $plaid_access_token $made {
        volatile;
        default none;
        ~. "of $plaid_access_token";
    }
--- location
proxy_set_header   X-Made $made;
proxy_redirect     http://app/ /$made/;
proxy_cookie_path  / "/; token=$made";
--- uri: /t?location=http://app/x
--- form: public_token=var-26
--- response_headers
Location: http://localhost:$ServerPort/none/x
Set-Cookie: a=b; path=/; token=none
--- response_body_like: X-Made: of access-var-26
--- calls: 1



=== TEST 27: a map that a cache key and a header share, not volatile
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache27 keys_zone=c27:1m;
    map $plaid_access_token $made { default none; ~. "of $plaid_access_token"; }
--- location
proxy_cache c27;
proxy_ignore_headers Set-Cookie;
proxy_cache_methods POST;
proxy_cache_valid 200 1m;
proxy_cache_key "one $made";
proxy_set_header X-Made $made;
proxy_redirect http://app/ /$made/;
--- uri: /t?location=http://app/x
--- form: public_token=var-27
--- response_headers
Location: http://localhost:$ServerPort/none/x
--- response_body_like: X-Made: of access-var-27\n
--- check eval
sub { my $root = Plaid::server_root();
      my $all = `cat \$(find $root/proxy_cache27 -type f)`;
      $all =~ /KEY: one of sha256:[0-9a-f]{64}\n/ }



=== TEST 28: the same, and read before the key is made
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache28 keys_zone=c28:1m;
    map $plaid_access_token $made { default none; ~. "of-$plaid_access_token"; }
--- config
    location /t {
        plaid_exchange       bank;
        proxy_cache          c28;
        proxy_cache_methods  POST;
        proxy_cache_valid    200 1m;
        proxy_cache_key      "one $made";
        proxy_set_header     X-Made $made;
        proxy_pass           http://app/made/$made;
    }
--- form: public_token=var-28
--- response_body_like: X-Made: of-access-var-28\n
--- check eval
sub { my $root = Plaid::server_root();
      `grep -r access-var-28 $root/proxy_cache28` eq '' }



=== TEST 29: Stripe's and the processor's token are no more for others
--- client: api legacy;
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache29 keys_zone=c29:1m;
--- location
proxy_cache c29;
proxy_cache_methods POST;
proxy_cache_valid 200 1m;
proxy_cache_key "$http_x_plaid_stripe_bank_account_token $http_x_plaid_processor_token";
proxy_set_header X-Both "$http_x_plaid_stripe_bank_account_token $http_x_plaid_processor_token";
add_header X-Out "[$http_x_plaid_stripe_bank_account_token$http_x_plaid_processor_token]" always;
--- form: public_token=var-29&account_id=acc29
--- response_headers
X-Out: []
--- response_body_like: X-Both: btok-acc29 processor-acc29\n
--- check eval
sub { my $root = Plaid::server_root();
      my $all = `cat \$(find $root/proxy_cache29 -type f)`;
      $all =~ /KEY: sha256:[0-9a-f]{64} sha256:[0-9a-f]{64}\n/ }
