# The token in JSON.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

run_tests();

__DATA__

=== TEST 1: a member
--- json: {"public_token":"json-1"}
--- exchanged: json-1
--- calls: 1
--- response_headers
X-App-Type: application/json
X-App-Length: 25



=== TEST 2: among others
--- json: {"a":[1,{"public_token":"x"}],"public_token":"json-2","b":{"public_token":"y"}}
--- exchanged: json-2
--- calls: 1



=== TEST 3: white space, as a pretty printer has it
--- json
{
  "public_token" : "json-3" ,
  "accounts" : [ ]
}
--- exchanged: json-3
--- calls: 1



=== TEST 4: a dotted path
--- location: plaid_exchange_field data.publicToken;
--- json: {"publicToken":"x","data":{"publicToken":"json-4"}}
--- exchanged: json-4
--- calls: 1



=== TEST 5: a deeper one
--- location: plaid_exchange_field a.b.c.d;
--- json: {"a":{"b":{"c":{"d":"json-5"}}}}
--- exchanged: json-5
--- calls: 1



=== TEST 6: a path that leads to no object
--- location: plaid_exchange_field a.b;
--- json: {"a":"b"}
--- passed
--- calls: 0



=== TEST 7: a path, and a form
--- location: plaid_exchange_field a.b;
--- form: a.b=form-7
--- exchanged: form-7
--- calls: 1



=== TEST 8: several fields
--- location: plaid_exchange_field public_token publicToken data.token;
--- json: {"publicToken":"json-8","public_token":null}
--- exchanged: json-8
--- calls: 1



=== TEST 9: two of them
--- location: plaid_exchange_field public_token data.token;
--- json: {"public_token":"json-9","data":{"token":"json-9"}}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 10: a member twice
--- json: {"public_token":"json-10","public_token":"json-10"}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 11: null
--- json: {"public_token":null}
--- passed
--- calls: 0



=== TEST 12: the text null
--- json: {"public_token":"null"}
--- passed
--- calls: 0



=== TEST 13: the text undefined
--- json: {"public_token":"undefined"}
--- passed
--- calls: 0



=== TEST 14: an empty string
--- json: {"public_token":""}
--- passed
--- calls: 0



=== TEST 15: no such member
--- json: {"a":"b"}
--- passed
--- calls: 0



=== TEST 16: a number
--- json: {"public_token":42}
--- response_body_like: ^POST /t\n\n
--- response_headers
X-Status: -
--- calls: 0



=== TEST 17: an array
--- json: {"public_token":["json-17"]}
--- response_headers
X-Status: -
--- calls: 0



=== TEST 18: an array at the top
--- json: [{"public_token":"json-18"}]
--- passed
--- calls: 0



=== TEST 19: a string at the top
--- json: "public_token"
--- passed
--- calls: 0



=== TEST 20: escapes in the value
--- json: {"public_token":"json\u002d20"}
--- response_body_like: X-Plaid-Access-Token: access-json-20\n
--- calls: 1



=== TEST 21: escapes in the name
--- json: {"public\u005ftoken":"json-21"}
--- exchanged: json-21
--- calls: 1



=== TEST 22: an escaped control character
--- json: {"public_token":"json\u000a22"}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 23: an escaped zero
--- json: {"public_token":"json-23\u0000"}
--- response_headers
X-Error: EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- error_code: 400
--- calls: 0



=== TEST 24: not ASCII
--- json: {"public_token":"json-é"}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 25: a space
--- json: {"public_token":"json 25"}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 26: cut off
--- json: {"public_token":"json-26"
--- passed
--- calls: 0
--- error_log eval: qr/\[info\] .*plaid exchange: request body not searched/
--- no_error_log
json-26



=== TEST 27: something behind it
--- json: {"public_token":"json-27"} x
--- passed
--- calls: 0
--- error_log: request body not searched



=== TEST 28: a form that calls itself JSON
--- json: public_token=json-28
--- passed
--- calls: 0
--- error_log: request body not searched



=== TEST 29: not parsed, and required
--- location: plaid_exchange_required on;
--- json: {"public_token":"json-29"
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_BODY
--- calls: 0



=== TEST 30: another JSON type
--- request
POST /t
{"public_token":"json-30"}
--- more_headers
Content-Type: application/vnd.api+json; charset=utf-8
--- response_body_like: X-Plaid-Access-Token: access-json-30\n
--- calls: 1



=== TEST 31: the type in another case
--- request
POST /t
{"public_token":"json-31"}
--- more_headers
Content-Type: APPLICATION/JSON
--- response_body_like: X-Plaid-Access-Token: access-json-31\n
--- calls: 1



=== TEST 32: a type that ends in json, not after a plus
--- request
POST /t
{"public_token":"json-32"}
--- more_headers
Content-Type: application/xjson
--- response_body
POST /t

{"public_token":"json-32"}
--- calls: 0



=== TEST 33: +json of another tree
--- request
POST /t
{"public_token":"json-33"}
--- more_headers
Content-Type: text/x+json
--- response_body_like: ^POST /t\n\n
--- calls: 0



=== TEST 34: deep nesting is refused, not followed
--- json eval: '{"public_token":"json-34","a":' . '[' x 5000 . ']' x 5000 . '}'
--- response_headers
X-Status: -
--- calls: 0
--- error_log: request body not searched



=== TEST 35: the longest token, all of it escaped
--- json eval: '{"public_token":"' . '\u0066' x 512 . '"}'
--- plaid: odd.alone
--- response_body_like: X-Plaid-Access-Token: access-alone\n
--- calls: 1
--- sent eval: qr/"public_token":"f{512}"/



=== TEST 36: big numbers and surrogates beside it
--- json: {"a":123456789012345678901234567890,"b":1e999,"c":"\ud83d\ude00","public_token":"json-36"}
--- exchanged: json-36
--- calls: 1



=== TEST 37: half of a pair, as JavaScript cuts an emoji
--- json: {"public_token":"json-37","note":"x\ud83d","\u0000":{"\u0000":1}}
--- exchanged: json-37
--- calls: 1



=== TEST 38: a member in another case
--- json: {"public_token":"json-38","PUBLIC_TOKEN":null}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 39: the same alone
--- json: {"Public_Token":"json-39"}
--- passed
--- calls: 0
--- error_log: request body not searched



=== TEST 40: a member twice, once without a value
--- json: {"public_token":"json-40","public_token":null}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 41: a parent twice
--- location: plaid_exchange_field data.publicToken;
--- json: {"data":{"publicToken":"json-41"},"data":[1]}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 42: a parent in another case
--- location: plaid_exchange_field data.publicToken;
--- json: {"data":{"publicToken":"json-42"},"Data":{}}
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 43: a word for a parameter, as many a Java client has it
--- request
POST /t
{"public_token":"json-43"}
--- more_headers
Content-Type: application/json; utf-8
--- response_body_like: X-Plaid-Access-Token: access-json-43\n
--- calls: 1



=== TEST 44: UTF-16
--- location: plaid_exchange_required on;
--- request
POST /t
{"public_token":"json-44"}
--- more_headers
Content-Type: application/json; charset=utf-16
--- error_code: 415
--- calls: 0
--- app_calls: 0



=== TEST 45: a hundred thousand numbers
--- location: plaid_exchange_max_body 1m;
--- json eval: '{"public_token":"json-45","a":[' . '1e300,' x 100_000 . '1]}'
--- response_body_like: X-Plaid-Access-Token: access-json-45\n
--- calls: 1
