# The legacy API.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('client', 'api legacy;' . ($block->client // ''));
});

run_tests();

__DATA__

=== TEST 1: a form, and what Plaid is asked
--- form: public_token=test%2Cchase%2Cconnected
--- response_body
POST /t
X-Plaid-Access-Token: legacy-test,chase,connected
X-Plaid-Request-Id: req-nnected
X-Plaid-Status: exchanged

public_token=test%2Cchase%2Cconnected
--- response_headers
X-Status: exchanged
--- calls: 1
--- sent eval
[qr{\APOST /exchange_token HTTP/1\.1\r\n},
 qr{\r\nContent-Type: application/x-www-form-urlencoded\r\n},
 qr{\r\n\r\nclient_id=the-id&secret=the-s3cret&public_token=test%2Cchase%2Cconnected\z},
 qr{\r\nUser-Agent: ngx_http_plaid_module/},
 '!PLAID-', '!Plaid-Version', '!account_id']



=== TEST 2: with an account
--- form: public_token=leg-2&account_id=acc-2
--- response_body
POST /t
X-Plaid-Access-Token: legacy-leg-2
X-Plaid-Account-Id: acc-2
X-Plaid-Processor-Token: processor-acc-2
X-Plaid-Request-Id: req-leg-2
X-Plaid-Status: exchanged
X-Plaid-Stripe-Bank-Account-Token: btok-acc-2

public_token=leg-2&account_id=acc-2
--- calls: 1
--- sent eval: qr{&public_token=leg-2&account_id=acc-2\z}



=== TEST 3: in JSON
--- json: {"public_token":"leg-3","account_id":"acc-3"}
--- response_body_like: X-Plaid-Access-Token: legacy-leg-3\nX-Plaid-Account-Id: acc-3\n
--- sent eval: qr{&public_token=leg-3&account_id=acc-3\z}



=== TEST 4: an account that is null
--- json: {"public_token":"leg-4","account_id":null}
--- response_body_like: X-Plaid-Access-Token: legacy-leg-4\nX-Plaid-Request-Id
--- sent eval: ['! account_id', qr/public_token=leg-4\z/]



=== TEST 5: an empty account
--- form: account_id=&public_token=leg-5
--- response_body_like: X-Plaid-Access-Token: legacy-leg-5\nX-Plaid-Request-Id
--- sent: ! account_id



=== TEST 6: nothing goes into the form that is not a value
--- form: public_token=leg%266%3Dx%25&account_id=a%26secret%3Dmine
--- response_body_like: X-Plaid-Status: exchanged\n
--- sent eval: qr{&public_token=leg%266%3Dx%25&account_id=a%26secret%3Dmine\z}



=== TEST 7: keys with bytes that a form must encode
--- client: client_id a&b; secret c=d%;
--- form: public_token=leg-7
--- response_body_like: X-Plaid-Status: exchanged\n
--- sent eval: qr{\r\n\r\nclient_id=a%26b&secret=c%3Dd%25&public_token=leg-7\z}



=== TEST 8: bad public_token
--- plaid: lerror.401.1106
--- json: {"public_token":"leg-8"}
--- outcome: 400 rejected INVALID_INPUT/1106
--- response_body_like: "error_code":"1106","error_message":"the message of 1106","display_message":null,"request_id":"req-lerror"
--- calls: 1



=== TEST 9: missing public_token
--- plaid: lerror.401.1107
--- form: public_token=leg-9
--- outcome: 400 rejected INVALID_INPUT/1107



=== TEST 10: non-depository account
--- plaid: lerror.400.2001
--- form: public_token=leg-10
--- outcome: 400 rejected INVALID_INPUT/2001



=== TEST 11: keys
--- plaid: lerror.401.1102
--- json: {"public_token":"leg-11"}
--- outcome: 502 rejected
--- response_body_like: "error_code":"EXCHANGE_UNAVAILABLE"
--- error_log eval: qr/\[error\] .*plaid exchange rejected: operator.*1102/



=== TEST 12: keys, missing
--- plaid: lerror.401.1100
--- form: public_token=leg-12
--- outcome: 502 rejected
--- error_log eval: qr/\[error\] .*1100/



=== TEST 13: product
--- plaid: lerror.401.1109
--- form: public_token=leg-13
--- outcome: 502 rejected



=== TEST 14: environment
--- plaid: lerror.401.1114
--- form: public_token=leg-14
--- outcome: 502 rejected



=== TEST 15: the last of them
--- plaid: lerror.401.1115
--- form: public_token=leg-15
--- outcome: 502 rejected



=== TEST 16: bad access_token is about the input
--- plaid: lerror.401.1105
--- form: public_token=leg-16
--- outcome: 400 rejected INVALID_INPUT/1105



=== TEST 17: too many
--- plaid: lerror.429.1113
--- form: public_token=leg-17
--- outcome: 503 rejected RATE_LIMIT_EXCEEDED/1113
--- response_headers_like
Retry-After: [1-9]\d*
--- calls: 1



=== TEST 18: an error of Plaid's
--- plaid: lerror.500.1702
--- form: public_token=leg-18
--- outcome: 502 failed API_ERROR/1702
--- calls: 1



=== TEST 19: maintenance
--- plaid: lerror.503.1800
--- form: public_token=leg-19
--- outcome: 502 failed API_ERROR/1800



=== TEST 20: no JSON
--- plaid: html.500
--- form: public_token=leg-20
--- outcome: 502 failed



=== TEST 21: an access token alone
--- plaid: odd.alone
--- form: public_token=leg-21
--- response_body
POST /t
X-Plaid-Access-Token: access-alone
X-Plaid-Status: exchanged

public_token=leg-21



=== TEST 22: errors pass
--- plaid: lerror.401.1106
--- location: plaid_exchange_errors pass;
--- form: public_token=leg-22
--- response_body
POST /t
X-Plaid-Error-Code: 1106
X-Plaid-Error-Message: the message of 1106
X-Plaid-Error-Type: INVALID_INPUT
X-Plaid-Request-Id: req-lerror
X-Plaid-Status: rejected

public_token=leg-22



=== TEST 23: reset
--- plaid: reset
--- form: public_token=leg-23
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 24: two accounts that differ
--- form: public_token=leg-24&account_id=acc-24&account_id=acc-x
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 25: two spellings that differ
--- form: public_token=leg-25&account_id=acc-25&account.id=acc-x
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 26: the same account twice
--- form: public_token=leg-26&account_id=acc-26&account_id=acc-26
--- response_body_like: X-Plaid-Account-Id: acc-26\n
--- calls: 1
--- sent eval: qr{&public_token=leg-26&account_id=acc-26\z}



=== TEST 27: any bytes, percent-encoded
--- json: {"public_token":"leg-27","account_id":"a b&c=\u00e9%"}
--- response_body_like: X-Plaid-Access-Token: legacy-leg-27\n
--- calls: 1
--- sent eval: qr{&public_token=leg-27&account_id=a%20b%26c%3D%C3%A9%25\z}



=== TEST 28: the longest account
--- form eval: 'public_token=leg-28&account_id=' . 'a' x 128
--- response_body_like: X-Plaid-Access-Token: legacy-leg-28\n
--- calls: 1
--- sent eval: qr{&account_id=a{128}\z}



=== TEST 29: a longer one
--- form eval: 'public_token=leg-29&account_id=' . 'a' x 129
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0
