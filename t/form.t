# The token in a form: application/x-www-form-urlencoded.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

run_tests();

__DATA__

=== TEST 1: a token, and what Plaid is asked
--- form: public_token=form-1
--- exchanged: form-1
--- calls: 1
--- app_calls: 1
--- sent eval
[qr{\APOST /item/public_token/exchange HTTP/1\.1\r\n},
 qr{\r\n\r\n\{"public_token":"form-1"\}\z},
 qr{\r\nHost: 127\.0\.0\.1:\d+\r\n},
 qr{\r\nContent-Type: application/json\r\n},
 qr{\r\nPLAID-CLIENT-ID: the-id\r\n},
 qr{\r\nPLAID-SECRET: the-s3cret\r\n},
 qr{\r\nPlaid-Version: 2020-09-14\r\n},
 qr{\r\nUser-Agent: ngx_http_plaid_module/\d+\.\d+\.\d+\r\n},
 qr{\r\nContent-Length: 25\r\n},
 '!Accept-Encoding', '!Expect:', '!Cookie', '!Transfer-Encoding']



=== TEST 2: among other fields
--- form: a=b&public_token=form-2&c=d
--- exchanged: form-2
--- calls: 1
--- response_headers
X-App-Type: application/x-www-form-urlencoded
X-App-Length: 27



=== TEST 3: the last field, and odd ones before it
--- form: &&=&=x&y&a=1=2=3&public_token=form-3
--- exchanged: form-3
--- calls: 1



=== TEST 4: parameters of the content type
--- request
POST /t
public_token=form-4
--- more_headers
Content-Type: application/x-www-form-urlencoded;charset=UTF-8
--- response_body_like: X-Plaid-Access-Token: access-form-4\n
--- calls: 1



=== TEST 5: the content type in another case, with spaces
--- request
POST /t
public_token=form-5
--- more_headers
Content-Type: Application/X-WWW-Form-URLencoded ; charset="utf-8"
--- response_body_like: X-Plaid-Access-Token: access-form-5\n
--- calls: 1



=== TEST 6: a type that only begins like it
--- request
POST /t
public_token=form-6
--- more_headers
Content-Type: application/x-www-form-urlencodedx
--- passed
--- response_body
POST /t

public_token=form-6
--- calls: 0



=== TEST 7: name and value are percent-decoded
--- form: %70ublic%5Ftoken=form%2D7
--- response_body_like: X-Plaid-Access-Token: access-form-7\n
--- calls: 1



=== TEST 8: a comma in hexadecimal of both cases
--- form: public_token=form%2c8%2C8
--- response_body_like: X-Plaid-Access-Token: access-form,8,8\n
--- calls: 1



=== TEST 9: the body is passed on as it was, not as it was read
--- form: %70ublic%5Ftoken=form%2D9&z=%zz
--- response_body
POST /t
X-Plaid-Access-Token: access-form-9
X-Plaid-Item-Id: item-form-9
X-Plaid-Request-Id: req-form-9
X-Plaid-Status: exchanged

%70ublic%5Ftoken=form%2D9&z=%zz
--- calls: 1



=== TEST 10: a plus is a space, and no token has one
--- form: public_token=form+10
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 11: bad percent-encoding of the token: no form
--- form: public_token=form%1
--- passed
--- calls: 0
--- error_log eval: qr/\[info\] .*plaid exchange: request body not searched/



=== TEST 12: bad percent-encoding of another field is nobody's business
--- form: x=%&%zz=%q&public_token=form-12
--- exchanged: form-12
--- calls: 1



=== TEST 13: a name in another case is none that every app reads
--- form: Public_Token=form-13
--- passed
--- calls: 0
--- error_log: request body not searched, a name that a back end takes



=== TEST 14: a longer name is another one
--- form: public_token2=form-14&xpublic_token=form-14
--- passed
--- calls: 0



=== TEST 15: no such field
--- form: a=b
--- passed
--- calls: 0



=== TEST 16: an empty value
--- form: public_token=&a=b
--- passed
--- calls: 0



=== TEST 17: a name without a value
--- form: public_token&a=b
--- passed
--- calls: 0



=== TEST 18: what react-plaid-link posts without a token: null
--- form: public_token=null
--- passed
--- calls: 0



=== TEST 19: undefined
--- form: public_token=undefined
--- passed
--- calls: 0



=== TEST 20: a token that is longer than null
--- form: public_token=nullify-20
--- exchanged: nullify-20
--- calls: 1



=== TEST 21: the field twice
--- form: public_token=form-21&public_token=form-21
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 22: the field twice, one of them without a value
--- form: public_token=&public_token=form-22&public_token=null
--- exchanged: form-22
--- calls: 1



=== TEST 23: the longest token
--- form eval: 'public_token=' . 'f' x 512
--- response_body_like eval: 'X-Plaid-Status: exchanged'
--- plaid: odd.alone
--- calls: 1



=== TEST 24: one byte too many
--- form eval: 'public_token=' . 'f' x 513
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 25: a control character
--- form: public_token=form%0A25
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 26: a zero byte
--- form: public_token=form-26%00
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 27: not ASCII
--- form: public_token=form-27%c3%a9
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 28: DEL
--- form: public_token=form-28%7f
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 29: quotes and backslashes reach Plaid as they are
--- form: public_token=form%2229%5C
--- plaid: odd.alone
--- response_body_like: X-Plaid-Access-Token: access-alone\n
--- calls: 1
--- sent eval: qr{\{"public_token":"form\\"29\\\\"\}\z}



=== TEST 30: another field
--- location: plaid_exchange_field token;
--- form: public_token=other-30&token=form-30
--- exchanged: form-30
--- calls: 1



=== TEST 31: several fields, one of them with a value
--- location: plaid_exchange_field public_token publicToken token;
--- form: token=form-31&publicToken=
--- exchanged: form-31
--- calls: 1



=== TEST 32: several fields, two of them with a value
--- location: plaid_exchange_field public_token publicToken token;
--- form: token=form-32&publicToken=form-32
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 33: a field name that a browser encodes
--- location: plaid_exchange_field "plaid[token]";
--- form: plaid%5Btoken%5D=form-33
--- exchanged: form-33
--- calls: 1



=== TEST 34: many fields
--- form eval: CORE::join('', map { "f$_=v$_&" } 1 .. 1000) . 'public_token=form-34'
--- exchanged: form-34
--- calls: 1



=== TEST 35: an account id does not go to the current API
--- form: public_token=form-35&account_id=account-35
--- exchanged: form-35
--- calls: 1
--- sent eval: ['! account', qr/\{"public_token":"form-35"\}\z/]



=== TEST 36: a token in the query is none
--- uri: /t?public_token=form-36
--- form: a=b
--- passed
--- calls: 0



=== TEST 37: an encoded body is passed on
--- form: public_token=form-37
--- more_headers
Content-Encoding: gzip
--- response_body
POST /t
Content-Encoding: gzip

public_token=form-37
--- calls: 0



=== TEST 38: an encoding that is none
--- form: public_token=form-38
--- more_headers
Content-Encoding: identity
--- response_body_like: X-Plaid-Access-Token: access-form-38\n
--- calls: 1



=== TEST 39: another type
--- request
POST /t
public_token=form-39
--- more_headers
Content-Type: text/plain
--- response_body
POST /t

public_token=form-39
--- calls: 0



=== TEST 40: no type
--- request
POST /t
public_token=form-40
--- response_body
POST /t

public_token=form-40
--- calls: 0



=== TEST 41: beside a token, a name that PHP reads as the same
--- form: public_token=form-41&public.token=other-41
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 42: the same with brackets, and without a value
--- form: [public_token]=&public_token=form-42
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 43: alone it is a body that cannot be parsed
--- location: plaid_exchange_required on;
--- form: public%5btoken=form-43
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_BODY
--- calls: 0



=== TEST 44: behind a semicolon
--- form: public_token=form-44&x=1;public_token=other-44
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 45: a charset in which other bytes are the name
--- request
POST /t
public_token=form-45&%97%A4%82%93%89%83%6D%A3%96%92%85%95=%C2
--- more_headers
Content-Type: application/x-www-form-urlencoded; charset=ibm037
--- response_body
POST /t

public_token=form-45&%97%A4%82%93%89%83%6D%A3%96%92%85%95=%C2
--- calls: 0
--- error_log: request body not searched, the content type is not one



=== TEST 46: the same, required
--- location: plaid_exchange_required on;
--- request
POST /t
public_token=form-46
--- more_headers
Content-Type: application/x-www-form-urlencoded; charset=utf-7
--- outcome: 415 rejected EXCHANGE_ERROR/UNSUPPORTED_CONTENT_TYPE
--- calls: 0



=== TEST 47: charsets that are searched
--- request
POST /t
public_token=form-47
--- more_headers
Content-Type: application/x-www-form-urlencoded; charset=ISO-8859-1
--- response_body_like: X-Plaid-Access-Token: access-form-47\n
--- calls: 1



=== TEST 48: two types
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/x-www-form-urlencoded\r\n"
. "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n"
. "public_token=form-48"
--- response_headers
X-Status: -
--- calls: 0
--- error_log: request body not searched, more than one content type



=== TEST 49: two types, required
--- location: plaid_exchange_required on;
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/x-www-form-urlencoded\r\n"
. "content-type: application/x-www-form-urlencoded\r\n"
. "Content-Length: 20\r\n\r\npublic_token=form-49"
--- error_code: 415
--- calls: 0
--- app_calls: 0



=== TEST 50: no type, an encoding, and too large, each with its line
--- location: plaid_exchange_max_body 20;
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
 "POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
 . "Content-Type: application/json\r\nContent-Encoding: gzip\r\n\r\nx",
 "POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 21\r\n"
 . "Content-Type: application/json\r\n\r\n" . 'x' x 21,
 "POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
 . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
 . "15\r\n" . 'x' x 21 . "\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.2
--- ignore_response
--- calls: 0
--- app_calls: 4
--- grep_error_log eval: qr/request body not searched, [^,]*/
--- grep_error_log_out
request body not searched, no content type
request body not searched, it has a content encoding
request body not searched, the body is too large
request body not searched, the body is too large



=== TEST 51: to the current API an account id is nothing
--- form: public_token=form-51&account_id=a&account.id=b
--- response_body_like: X-Plaid-Access-Token: access-form-51\n
--- calls: 1
--- sent eval: '! account'
