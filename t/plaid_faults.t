# Everything Plaid, or what is between it and us, can do.  A request that may
# have arrived is not sent again.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Form = "Content-Type: application/x-www-form-urlencoded\n";

run_tests();

__DATA__

=== TEST 1: reset after the request
--- plaid: reset
--- form: public_token=f-1
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 2: closed after the request
--- plaid: fin
--- form: public_token=f-2
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 3: reset, the request unread
--- client: environment http://127.0.0.1:$TEST_NGINX_RESET_PORT;
--- form: public_token=f-3
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 4: half of a reply
--- plaid: half
--- form: public_token=f-4
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 5: half of a head
--- plaid: halfhead
--- form: public_token=f-5
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 6: chunks without an end
--- plaid: cutchunked
--- form: public_token=f-6
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 7: byte by byte
--- plaid: drip
--- form: public_token=f-7
--- exchanged: f-7
--- calls: 1



=== TEST 8: byte by byte, and not the last one
--- plaid: drip.1
--- client: timeout 800ms;
--- form: public_token=f-8
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1



=== TEST 9: garbage
--- plaid: garbage
--- form: public_token=f-9
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 10: HTTP/0.9
--- plaid: http09
--- form: public_token=f-10
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 11: the largest reply
--- plaid: size.16384
--- form: public_token=f-11
--- exchanged: f-11
--- calls: 1



=== TEST 12: a byte more
--- plaid: size.16385
--- form: public_token=f-12
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 13: without a length
--- plaid: endless.200
--- form: public_token=f-13
--- exchanged: f-13
--- calls: 1



=== TEST 14: too big, without a length
--- plaid: endless.1000000
--- form: public_token=f-14
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 15: a limit of one's own
--- plaid: size.1000
--- client: max_response_size 999;
--- form: public_token=f-15
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 16: and a larger one
--- plaid: size.60000
--- client: max_response_size 64k;
--- form: public_token=f-16
--- exchanged: f-16
--- calls: 1



=== TEST 17: chunked
--- plaid: chunked
--- form: public_token=f-17
--- exchanged: f-17
--- calls: 1



=== TEST 18: chunked, byte by byte
--- plaid: chunked.1
--- form: public_token=f-18
--- exchanged: f-18
--- calls: 1



=== TEST 19: no token
--- plaid: odd.none
--- form: public_token=f-19
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 20: a token with spaces
--- plaid: odd.spaces
--- form: public_token=f-20
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 21: with a control character
--- plaid: odd.control
--- form: public_token=f-21
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 22: with a header of its own
--- plaid: odd.newline
--- form: public_token=f-22
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 23: not ASCII
--- plaid: odd.utf8
--- form: public_token=f-23
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 24: a number
--- plaid: odd.number
--- form: public_token=f-24
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 25: null
--- plaid: odd.null
--- form: public_token=f-25
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 26: an empty string
--- plaid: odd.empty
--- form: public_token=f-26
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 27: an object
--- plaid: odd.object
--- form: public_token=f-27
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 28: an array at the top
--- plaid: odd.array
--- form: public_token=f-28
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 29: a string at the top
--- plaid: odd.string
--- form: public_token=f-29
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 30: JSON that is cut off
--- plaid: odd.cut
--- form: public_token=f-30
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 31: JSON with something behind it
--- plaid: odd.trail
--- form: public_token=f-31
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 32: an empty reply
--- plaid: odd.nothing
--- form: public_token=f-32
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 33: a zero in the token
--- plaid: odd.nul
--- form: public_token=f-33
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 34: a token that is too long
--- plaid: odd.long
--- form: public_token=f-34
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY



=== TEST 35: the longest token
--- plaid: odd.longest
--- form: public_token=f-35
--- response_body_like: X-Plaid-Access-Token: a{512}\n
--- calls: 1



=== TEST 36: HTML with 200
--- plaid: html.200
--- form: public_token=f-36
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 37: HTML with 400
--- plaid: html.400
--- form: public_token=f-37
--- error_code: 502
--- response_headers
X-Status: failed
--- calls: 1



=== TEST 38: HTML with 429
--- plaid: html.429
--- form: public_token=f-38
--- outcome: 503 rejected
--- response_headers_like
Retry-After: [1-9]\d*
--- calls: 1



=== TEST 39: HTML with 500
--- plaid: html.500
--- form: public_token=f-39
--- outcome: 502 failed
--- calls: 1



=== TEST 40: success, but not 200
--- plaid: html.201
--- form: public_token=f-40
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 41: 302 is not followed
--- plaid: redirect.302
--- form: public_token=f-41
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 42: nor is 307
--- plaid: redirect.307
--- form: public_token=f-42
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 43: 204
--- plaid: 204
--- form: public_token=f-43
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 44: 100 before the reply
--- plaid: continue
--- form: public_token=f-44
--- exchanged: f-44
--- calls: 1



=== TEST 45: slow
--- plaid: slow.300
--- form: public_token=f-45
--- exchanged: f-45
--- calls: 1



=== TEST 46: closed after each reply, without a word
--- plaid: closeeach
--- request eval
["POST /t\npublic_token=f-46a", "POST /t\npublic_token=f-46b",
 "POST /t\npublic_token=f-46c"]
--- more_headers eval: [($main::Form) x 3]
--- error_code eval: [200, 200, 200]
--- response_body_like eval: ['access-f-46a', 'access-f-46b', 'access-f-46c']
--- wait: 0.1
--- calls: 3



=== TEST 47: closed when idle
--- plaid: idle.20
--- request eval
["POST /t\npublic_token=f-47a", "POST /t\npublic_token=f-47b"]
--- more_headers eval: [($main::Form) x 2]
--- error_code eval: [200, 200]
--- response_body_like eval: ['access-f-47a', 'access-f-47b']
--- wait: 0.3
--- calls: 2
--- check eval: sub { Plaid::Side::ask('connections') == 2 }



=== TEST 48: a reused connection is reset after the request: not sent again
--- plaid: resetreused
--- request eval
["POST /t\npublic_token=f-48a", "POST /t\npublic_token=f-48b"]
--- more_headers eval: [($main::Form) x 2]
--- error_code eval: [200, 502]
--- response_headers eval
["X-Status: exchanged", "X-Status: unknown"]
--- calls: 2



=== TEST 49: a reused connection is closed after the request: not sent again
--- plaid: finreused
--- request eval
["POST /t\npublic_token=f-49a", "POST /t\npublic_token=f-49b"]
--- more_headers eval: [($main::Form) x 2]
--- error_code eval: [200, 502]
--- response_headers eval
["X-Status: exchanged", "X-Status: unknown"]
--- calls: 2



=== TEST 50: 429 with a wait that fits
--- plaid: ratelimitonce.1
--- form: public_token=f-50
--- exchanged: f-50
--- calls: 2
--- timeout: 5s



=== TEST 51: 429 twice
--- plaid: ratelimit.1
--- form: public_token=f-51
--- outcome: 503 rejected
--- response_headers
Retry-After: 1
--- calls: 2
--- timeout: 5s



=== TEST 52: 429 with a wait that does not fit
--- plaid: ratelimitonce.2
--- client: timeout 2s;
--- form: public_token=f-52
--- outcome: 503 rejected
--- response_headers
Retry-After: 2
--- calls: 1



=== TEST 53: 429 without a wait
--- plaid: ratelimitonce
--- form: public_token=f-53
--- outcome: 503 rejected
--- calls: 1



=== TEST 54: 429 with a wait that is no number
--- plaid: ratelimitonce.soon
--- form: public_token=f-54
--- outcome: 503 rejected
--- response_headers_like
Retry-After: [1-9]\d*
--- calls: 1



=== TEST 55: 429 with a wait beyond all reason
--- plaid: ratelimit.99999999999999999999
--- form: public_token=f-55
--- outcome: 503 rejected
--- response_headers_like
Retry-After: [1-9]\d{0,3}
--- calls: 1



=== TEST 56: nobody listens
--- client: environment http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- form: public_token=f-56
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 57: no unix socket
--- client: environment http://unix:$TEST_NGINX_SERVER_ROOT/html/none.sock:;
--- form: public_token=f-57
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 58: a unix socket
--- client: environment http://unix:$TEST_NGINX_PLAID_SOCK:;
--- form: public_token=f-58
--- exchanged: f-58
--- calls: 1



=== TEST 59: a prefix
--- client: environment http://127.0.0.1:$TEST_NGINX_PLAID_PORT/ok;
--- form: public_token=f-59
--- exchanged: f-59
--- calls: 1
--- sent eval: qr{\APOST /ok/item/public_token/exchange HTTP/1.1}



=== TEST 60: a prefix that ends in a slash
--- client: environment http://127.0.0.1:$TEST_NGINX_PLAID_PORT/ok/;
--- form: public_token=f-60
--- exchanged: f-60
--- calls: 1
--- sent eval: qr{\APOST /ok/item/public_token/exchange HTTP/1.1}



=== TEST 61: another request after each fault is none the worse
--- http_config
    plaid_client other {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/garbage;
        client_id    other;
        secret       s3cret;
    }
--- config
    location = /bad {
        plaid_exchange other;
        proxy_pass     http://app;
    }

    location = /t {
        plaid_exchange bank;
        proxy_pass     http://app;
    }
--- request eval
["POST /bad\npublic_token=f-61a", "POST /t\npublic_token=f-61b",
 "POST /bad\npublic_token=f-61c", "POST /t\npublic_token=f-61d"]
--- more_headers eval: [($main::Form) x 4]
--- error_code eval: [502, 200, 502, 200]
--- calls: 4



=== TEST 62: a trailer after the reply
--- plaid: trailer
--- form: public_token=f-62
--- exchanged: f-62
--- calls: 1



=== TEST 63: headers without an end
--- plaid: headers
--- form: public_token=f-63
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 64: a 408 on a reused connection: it was not read, and is sent again
--- plaid: latereused
--- request eval
["POST /t\npublic_token=f-64a", "POST /t\npublic_token=f-64b"]
--- more_headers eval: [($main::Form) x 2]
--- error_code eval: [200, 200]
--- response_headers eval
["X-Status: exchanged", "X-Status: exchanged"]
--- calls: 3



=== TEST 65: a 408 on a new connection is the answer
--- plaid: error.408.A_TYPE.A_CODE
--- form: public_token=f-65
--- outcome: 400 rejected A_TYPE/A_CODE
--- calls: 1



=== TEST 66: any success with a token
--- plaid: status.202
--- form: public_token=f-66
--- exchanged: f-66
--- calls: 1
