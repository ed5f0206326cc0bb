# plaid_exchange_required: a POST without a token is answered, not passed on.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('location', 'plaid_exchange_required on;'
                                  . ($block->location // ''));
});

run_tests();

__DATA__

=== TEST 1: a token
--- form: public_token=req-1
--- exchanged: req-1
--- calls: 1



=== TEST 2: no field
--- form: a=b
--- outcome: 400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN
--- response_body_like: 400 Bad Request
--- calls: 0



=== TEST 3: an empty one
--- form: public_token=
--- outcome: 400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN
--- calls: 0



=== TEST 4: null
--- form: public_token=null
--- outcome: 400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN
--- calls: 0



=== TEST 5: JSON null
--- json: {"public_token":null}
--- outcome: 400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN
--- response_headers
Content-Type: application/json
--- response_body chomp
{"error_type":"EXCHANGE_ERROR","error_code":"MISSING_PUBLIC_TOKEN","error_message":"the request has no public token","display_message":null,"request_id":null}
--- calls: 0



=== TEST 6: no body
--- request
POST /t
--- more_headers
Content-Type: application/x-www-form-urlencoded
Content-Length: 0
--- outcome: 400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN
--- calls: 0



=== TEST 7: no body, no type
--- request
POST /t
--- outcome: 400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN
--- calls: 0



=== TEST 8: no type
--- request
POST /t
public_token=req-8
--- outcome: 415 rejected EXCHANGE_ERROR/UNSUPPORTED_CONTENT_TYPE
--- calls: 0



=== TEST 9: another type
--- request
POST /t
public_token=req-9
--- more_headers
Content-Type: text/plain
--- outcome: 415 rejected EXCHANGE_ERROR/UNSUPPORTED_CONTENT_TYPE
--- calls: 0



=== TEST 10: an encoded body
--- form: public_token=req-10
--- more_headers
Content-Encoding: gzip
--- outcome: 415 rejected EXCHANGE_ERROR/UNSUPPORTED_CONTENT_TYPE
--- calls: 0



=== TEST 11: an identical encoding
--- form: public_token=req-11
--- more_headers
Content-Encoding: Identity
--- response_body_like: X-Plaid-Access-Token: access-req-11\n
--- calls: 1



=== TEST 12: too large
--- location: plaid_exchange_max_body 20;
--- form: public_token=req-12&a=b
--- outcome: 413 rejected EXCHANGE_ERROR/BODY_TOO_LARGE
--- calls: 0



=== TEST 13: too large, chunked
--- location: plaid_exchange_max_body 20;
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/x-www-form-urlencoded\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. "5\r\npubli\r\n13\r\nc_token=req-13&a=bc\r\n0\r\n\r\n"
--- outcome: 413 rejected EXCHANGE_ERROR/BODY_TOO_LARGE
--- calls: 0



=== TEST 14: another method passes
--- request
GET /t
--- response_body
GET /t
--- response_headers
X-Status: -
--- calls: 0



=== TEST 15: also one with a body
--- request
PUT /t
public_token=req-15
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_body
PUT /t

public_token=req-15
--- calls: 0



=== TEST 16: "errors pass" is for exchanges that failed
--- location: plaid_exchange_errors pass;
--- form: a=b
--- error_code: 400
--- response_body_like: 400 Bad Request
--- response_headers
X-Status: rejected
--- calls: 0
--- app_calls: 0



=== TEST 17: the log has it at info
--- form: a=b
--- error_code: 400
--- error_log eval
qr/\[info\] .*plaid exchange rejected: missing, client "bank", environment "http:.*", status 400, error "EXCHANGE_ERROR\/MISSING_PUBLIC_TOKEN"/
