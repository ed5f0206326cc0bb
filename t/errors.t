# When it fails: the status, the answer as a page and as JSON, the variables,
# the headers to the app, and one line in the log.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

# JSON as the client gets it; undef is null.

sub ::json {
    my @names = qw( error_type error_code error_message display_message
                    request_id );

    return '{' . join(',', map {
        my $value = shift @_;
        '"' . $_ . '":' . (defined $value ? "\"$value\"" : 'null');
    } @names) . '}';
}

our $Accept = "Accept: application/json\n";

run_tests();

__DATA__

=== TEST 1: malformed: a page
--- form: public_token=err%201
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- response_body_like: <title>400 Bad Request</title>
--- response_headers
Content-Type: text/html
--- calls: 0
--- grep_error_log eval: qr/\[\w+\] \d+#.*plaid exchange (?!\S+ http)\w+: .*/
--- grep_error_log_out eval
qr/^\[warn\] .*plaid exchange rejected: token, client "bank", environment "http:\S+", status 400, error "EXCHANGE_ERROR\/INVALID_PUBLIC_TOKEN", request id "", time 0\.000, client: 127\.0\.0\.1.*\n\z/



=== TEST 2: malformed: JSON, as it was asked for
--- form: public_token=err%202
--- more_headers eval: $main::Accept
--- outcome: 400 rejected
--- response_headers
Content-Type: application/json
--- response_body eval
::json('EXCHANGE_ERROR', 'INVALID_PUBLIC_TOKEN',
       'the public token is malformed', undef, undef)



=== TEST 3: malformed: JSON, as it was posted
--- json: {"public_token":"err 3"}
--- outcome: 400 rejected
--- response_body eval
::json('EXCHANGE_ERROR', 'INVALID_PUBLIC_TOKEN',
       'the public token is malformed', undef, undef)
--- response_headers
Content-Type: application/json



=== TEST 4: twice
--- json: {"public_token":"err-4","public_token":"err-4"}
--- outcome: 400 rejected
--- response_body eval
::json('EXCHANGE_ERROR', 'INVALID_PUBLIC_TOKEN',
       'the request has more than one public token', undef, undef)
--- calls: 0



=== TEST 5: JSON is wanted among other types
--- form: public_token=err%205
--- more_headers
Accept: text/html;q=0.5, Application/JSON;q=0.9, */*
--- outcome: 400 rejected
--- response_headers
Content-Type: application/json



=== TEST 6: any type is not JSON
--- form: public_token=err%206
--- more_headers
Accept: */*
--- outcome: 400 rejected
--- response_headers
Content-Type: text/html



=== TEST 7: another environment
--- client: environment sandbox; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT;
--- json: {"public_token":"public-production-7"}
--- outcome: 400 rejected
--- response_body eval
::json('EXCHANGE_ERROR', 'INVALID_PUBLIC_TOKEN', 'the public token is of '
       . 'environment \"production\", not \"sandbox\"', undef, undef)
--- error_log eval: qr/plaid exchange rejected: token, client "bank", environment "sandbox"/



=== TEST 8: development, at production
--- client: environment production; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT;
--- form: public_token=public-development-8
--- outcome: 400 rejected



=== TEST 9: a URL takes any
--- form: public_token=public-production-9
--- exchanged: public-production-9
--- calls: 1



=== TEST 10: refused by Plaid: a page
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- form: public_token=err-10
--- outcome: 400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN
--- response_body_like: 400 Bad Request
--- calls: 1
--- grep_error_log eval: qr/\[\w+\] \d+#.*plaid exchange (?!\S+ http)\w+: .*/
--- grep_error_log_out eval
qr/^\[warn\] .*plaid exchange rejected: input.*, client "bank", environment "http:\S+", status 400, error "INVALID_INPUT\/INVALID_PUBLIC_TOKEN", request id "req-error", time \d\.\d{3}, client: 127\.0\.0\.1.*\n\z/



=== TEST 11: refused by Plaid: JSON
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- json: {"public_token":"err-11"}
--- outcome: 400 rejected
--- response_body eval
::json('INVALID_INPUT', 'INVALID_PUBLIC_TOKEN',
       'the message of INVALID_PUBLIC_TOKEN', undef, 'req-error')



=== TEST 12: refused, with a word for the user
--- plaid: display
--- json: {"public_token":"err-12"}
--- outcome: 400 rejected ITEM_ERROR/ITEM_LOCKED
--- response_body_like eval
qr/\A\{"error_type":"ITEM_ERROR","error_code":"ITEM_LOCKED","error_message":"it is \\"locked\\".?","display_message":"Please call your bank","request_id":"req-display"\}\z/



=== TEST 13: the keys are wrong: a page
--- plaid: error.400.INVALID_INPUT.INVALID_API_KEYS
--- form: public_token=err-13
--- outcome: 502 rejected
--- response_body_like: 502 Bad Gateway
--- calls: 1
--- error_log eval
qr/\[error\] .*plaid exchange rejected: operator.* status 502, error "INVALID_INPUT\/INVALID_API_KEYS", request id "req-error"/



=== TEST 14: the keys are wrong: JSON without detail
--- plaid: error.400.INVALID_INPUT.INVALID_API_KEYS
--- json: {"public_token":"err-14"}
--- outcome: 502 rejected
--- response_body_like eval
qr/\A\{"error_type":"EXCHANGE_ERROR","error_code":"EXCHANGE_UNAVAILABLE","error_message":"[^"]*","display_message":null,"request_id":("req-error"|null)\}\z/



=== TEST 15: not allowed in the environment
--- plaid: error.400.INVALID_INPUT.UNAUTHORIZED_ENVIRONMENT
--- json: {"public_token":"err-15"}
--- outcome: 502 rejected
--- response_body_like: "error_code":"EXCHANGE_UNAVAILABLE"
--- error_log eval: qr/\[error\] .*UNAUTHORIZED_ENVIRONMENT/



=== TEST 16: no access to a route
--- plaid: error.400.INVALID_INPUT.UNAUTHORIZED_ROUTE_ACCESS
--- form: public_token=err-16
--- outcome: 502 rejected
--- error_log eval: qr/\[error\] .*UNAUTHORIZED_ROUTE_ACCESS/



=== TEST 17: 401
--- plaid: error.401.INVALID_INPUT.INVALID_API_KEYS
--- form: public_token=err-17
--- outcome: 502 rejected



=== TEST 18: 429
--- plaid: ratelimit
--- form: public_token=err-18
--- outcome: 503 rejected RATE_LIMIT_EXCEEDED/ITEM_PUBLIC_TOKEN_EXCHANGE_LIMIT
--- response_headers_like
Retry-After: [1-9]\d*
--- calls: 1
--- error_log eval: qr/plaid exchange rejected: rate_limit/



=== TEST 19: 429, for longer than we can wait
--- plaid: ratelimit.60
--- json: {"public_token":"err-19"}
--- outcome: 503 rejected
--- response_headers
Retry-After: 60
Content-Type: application/json
--- response_body_like: "error_type":"RATE_LIMIT_EXCEEDED"
--- calls: 1



=== TEST 20: 500
--- plaid: error.500.API_ERROR.INTERNAL_SERVER_ERROR
--- json: {"public_token":"err-20"}
--- outcome: 502 failed API_ERROR/INTERNAL_SERVER_ERROR
--- response_body eval
::json('API_ERROR', 'INTERNAL_SERVER_ERROR',
       'the message of INTERNAL_SERVER_ERROR', undef, 'req-error')
--- calls: 1
--- error_log eval: qr/\[error\] .*plaid exchange failed: plaid.* status 502/



=== TEST 21: planned maintenance
--- plaid: error.503.API_ERROR.PLANNED_MAINTENANCE
--- form: public_token=err-21
--- outcome: 502 failed API_ERROR/PLANNED_MAINTENANCE
--- calls: 1



=== TEST 22: 503 of something before Plaid
--- plaid: html.503
--- form: public_token=err-22
--- outcome: 502 failed
--- response_body_unlike: access-html
--- calls: 1



=== TEST 23: refused connection
--- client: environment http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- json: {"public_token":"err-23"}
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- response_body_like: ^\{"error_type":"EXCHANGE_ERROR","error_code":"CONNECT_FAILED",
--- error_log eval: qr/\[error\] .*plaid exchange failed: connect \(/



=== TEST 24: time is over before the request is sent
--- client: environment http://127.0.0.1:$TEST_NGINX_FULL_PORT; timeout 200ms;
--- json: {"public_token":"err-24"}
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- error_log eval: qr/\[error\] .*plaid exchange failed: timeout/



=== TEST 25: and after
--- plaid: hang
--- client: timeout 200ms;
--- json: {"public_token":"err-25"}
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1
--- error_log eval: qr/\[error\] .*plaid exchange unknown: timeout_sent/



=== TEST 26: lost
--- plaid: fin
--- json: {"public_token":"err-26"}
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1
--- error_log eval: qr/\[error\] .*plaid exchange unknown: lost/



=== TEST 27: not JSON
--- plaid: html.200
--- json: {"public_token":"err-27"}
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- response_body_unlike: access-html
--- calls: 1
--- no_error_log
access-html



=== TEST 28: too many
--- client: max_inflight 1;
--- plaid: hold
--- init
our $Sock = Plaid::Side::post(Test::Nginx::Util::server_port(), '/t', 'err-28a');
Plaid::Side::await('held', 1);
--- json: {"public_token":"err-28"}
--- outcome: 503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES
--- calls: 1
--- app_calls: 1
--- check eval
sub { Plaid::Side::ask('release') == 1
      && Plaid::Side::answer($Test::Nginx::Util::Sock) =~ /access-err-28a/ }
--- error_log eval: qr/\[error\] .*plaid exchange failed: busy/



=== TEST 29: no credentials
--- http_config
    plaid_client bank {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
        client_id    "$arg_id";
        secret       s3cret;
    }
--- json: {"public_token":"err-29"}
--- outcome: 503 failed
--- response_body_like: "error_code":"EXCHANGE_UNAVAILABLE"
--- calls: 0
--- error_log eval: qr/\[error\] .*plaid exchange failed: credentials/



=== TEST 30: pass: refused by Plaid
--- location: plaid_exchange_errors pass;
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- form: public_token=err-30
--- response_body
POST /t
X-Plaid-Error-Code: INVALID_PUBLIC_TOKEN
X-Plaid-Error-Message: the message of INVALID_PUBLIC_TOKEN
X-Plaid-Error-Type: INVALID_INPUT
X-Plaid-Request-Id: req-error
X-Plaid-Status: rejected

public_token=err-30
--- response_headers
X-Status: rejected
--- calls: 1



=== TEST 31: pass: malformed
--- location: plaid_exchange_errors pass;
--- form: public_token=err%2031
--- response_body
POST /t
X-Plaid-Error-Code: INVALID_PUBLIC_TOKEN
X-Plaid-Error-Message: the public token is malformed
X-Plaid-Error-Type: EXCHANGE_ERROR
X-Plaid-Status: rejected

public_token=err%2031



=== TEST 32: pass: unknown
--- location: plaid_exchange_errors pass;
--- plaid: reset
--- form: public_token=err-32
--- response_body_like: X-Plaid-Error-Code: CONNECTION_LOST\n.*X-Plaid-Status: unknown\n
--- calls: 1



=== TEST 33: pass: a message with quotes and a line end is one header
--- location: plaid_exchange_errors pass;
--- plaid: display
--- form: public_token=err-33
--- response_body_like: X-Plaid-Error-Message: it is "locked".?\nX-Plaid-Error-Type: ITEM_ERROR\n
--- calls: 1



=== TEST 34: pass: nothing that the client sent beside it
--- location: plaid_exchange_errors pass;
--- plaid: fin
--- form: public_token=err-34
--- more_headers
X-Plaid-Error-Code: none
X-Plaid-Access-Token: evil
--- response_body_unlike: evil|none



=== TEST 35: an error page
--- config
    location = /t {
        plaid_exchange bank;
        error_page     400 /400.html;
        proxy_pass     http://app;
    }

    location = /400.html {
        add_header  X-Status $plaid_status always;
        return 200  "sorry: $plaid_error_code, $plaid_error_message\n";
    }
--- form: public_token=err%2035
--- error_code: 400
--- response_body
sorry: INVALID_PUBLIC_TOKEN, the public token is malformed
--- response_headers
X-Status: rejected
--- calls: 0



=== TEST 36: an error page that changes the status
--- config
    location = /t {
        plaid_exchange bank;
        error_page     502 504 =200 @sorry;
        proxy_pass     http://app;
    }

    location @sorry {
        return 200 "$plaid_status\n";
    }
--- plaid: fin
--- form: public_token=err-36
--- response_body
unknown
--- calls: 1



=== TEST 37: an error page of the app's
--- config
    location = /t {
        plaid_exchange bank;
        error_page     400 = @app;
        proxy_pass     http://app;
    }

    location @app {
        proxy_set_header X-Why $plaid_error_code;
        proxy_pass       http://app;
    }
--- form: public_token=err%2037
--- response_body
POST /t
X-Why: INVALID_PUBLIC_TOKEN

public_token=err%2037
--- calls: 0



=== TEST 38: an error page in a location that exchanges
--- config
    plaid_exchange bank;

    location = /t {
        error_page  400 = @app;
        proxy_pass  http://app;
    }

    location @app {
        proxy_pass  http://app;
    }
--- form: public_token=err%2038
--- response_body
POST /t

public_token=err%2038
--- calls: 0



=== TEST 39: the same, and errors pass there
--- config
    plaid_exchange bank;

    location = /t {
        error_page  400 = @app;
        proxy_pass  http://app;
    }

    location @app {
        plaid_exchange_errors pass;
        proxy_pass            http://app;
    }
--- form: public_token=err%2039
--- response_body_like: X-Plaid-Error-Code: INVALID_PUBLIC_TOKEN\n
--- calls: 0



=== TEST 40: the app's own 400 is not ours
--- config
    location = /t {
        plaid_exchange          bank;
        proxy_intercept_errors  on;
        error_page              400 /400;
        proxy_pass              http://app;
    }

    location = /400 {
        return 200 "$plaid_status\n";
    }
--- uri: /t?app=400
--- form: public_token=err-40
--- error_code: 400
--- response_body
exchanged
--- calls: 1



=== TEST 41: Retry-After stays with an error page
--- config
    location = /t {
        plaid_exchange bank;
        error_page     503 /503;
        proxy_pass     http://app;
    }

    location = /503 {
        return 200 "later\n";
    }
--- plaid: ratelimit.77
--- form: public_token=err-41
--- error_code: 503
--- response_body
later
--- response_headers
Retry-After: 77



=== TEST 42: a client on keepalive goes on
--- plaid: html.500
--- pipelined_requests eval
["POST /t\npublic_token=err-42", "POST /t\npublic_token=err-42b"]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- error_code eval: [502, 502]
--- response_body_like eval: ['502 Bad Gateway', '502 Bad Gateway']
--- calls: 2



=== TEST 43: what Plaid repeats of our secret or the token is not passed on
--- plaid: echo
--- json: {"public_token":"err-43-long-enough"}
--- outcome: 400 rejected
--- response_body_unlike: s3cret|long-enough
--- no_error_log eval: qr/plaid exchange rejected.*(s3cret|long-enough)/



=== TEST 44: JSON has the same status, in an error page's location, too
--- config
    location = /t {
        error_page  404 @other;
        return      404;
    }

    location @other {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }
--- json: {"public_token":"err 44"}
--- error_code: 400
--- response_body_like: INVALID_PUBLIC_TOKEN
--- app_calls: 0
