# The two exchanges of the sandbox, and what makes a public token.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();

our $Form = "Content-Type: application/x-www-form-urlencoded\n";
our $Json = "Content-Type: application/json\n";

run_tests();

__DATA__

=== TEST 1: legacy, a form
--- config
    location / {
        plaid_sandbox;
    }
--- request
POST /exchange_token
client_id=test_id&secret=test_secret&public_token=test%2Cchase%2Cconnected
--- more_headers eval: $::Form
--- response_headers_like
Content-Type: application/json; charset=utf-8
X-Request-Id: \w{15}
--- response_body chomp
{"access_token":"test_chase"}



=== TEST 2: legacy, JSON with an account_id of null
--- config
    location / {
        plaid_sandbox;
    }
--- request
POST /exchange_token
{"client_id":"test_id","secret":"test_secret","account_id":null,"public_token":"test,chase,connected"}
--- more_headers
Content-Type: application/json; charset=UTF-8
--- response_body chomp
{"access_token":"test_chase"}



=== TEST 3: legacy, with an account: a Stripe token comes along
--- config
    location / {
        plaid_sandbox;
    }
--- request
POST /exchange_token?client_id=test_id&secret=test_secret
public_token=test,wells,connected&account_id=nban4wnPKEtnmEpaKzbYFYQvA7D7pnCaeDBMy
--- more_headers eval: $::Form
--- response_body_like chomp
^\{"access_token":"test_wells","stripe_bank_account_token":"btok_\w{24}","account_id":"nban4wnPKEtnmEpaKzbYFYQvA7D7pnCaeDBMy"\}$



=== TEST 4: legacy, what is refused
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_keys  test_id test_secret;
        plaid_sandbox_keys  live 1234;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my %t = (public_token => 'test,chase,connected');

    said('401 1107', [form('/exchange_token', {})], 'no token');
    said('401 1109', [form('/exchange_token', { public_token => 'x' })],
         'no test token, test keys');
    said('401 1106', [json('/exchange_token',
         { client_id => 'live', secret => '1234', public_token => 'x' })],
         'no test token, other keys');
    said('401 1102', [json('/exchange_token',
         { client_id => 'live', secret => 'test_secret', %t })],
         'keys mixed');
    said('401 1100', [json('/exchange_token', { %t })], 'no client_id');
    said('401 1101', [json('/exchange_token', { client_id => 'x', %t })],
         'no secret');
    said('404 1606', [form('/exchange_token', { %t, account_id => 'x' })],
         'no such account');
    said('400 2001', [form('/exchange_token',
         { %t, account_id => 'pJPM4LMBNQFrOwp0jqEyTwyxJQrQbgU6kq37k' })],
         'a credit card');
}



=== TEST 5: legacy, broken JSON
--- config
    location / {
        plaid_sandbox;
    }
--- request
POST /exchange_token
{"client_id":
--- more_headers eval: $::Json
--- error_code: 500
--- response_body_like: ^\{"code":1702,"message":"plaid error","resolve":
--- error_log
plaid_sandbox could not read the request



=== TEST 6: legacy, a content type of no use
--- config
    location / {
        plaid_sandbox;
    }
--- request
POST /exchange_token
client_id=test_id
--- more_headers
Content-Type: text/plain
--- error_code: 400
--- response_body_like: ^\{"code":1009,"message":"invalid content-type"



=== TEST 7: current, once and never again
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my ($s, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_109508', initial_products => ['auth'] });

    is($s, 200, 'a public token is made');
    like($made->{public_token},
        qr/^public-sandbox-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/,
        'in its form');

    my ($status, $got) = current('/item/public_token/exchange',
        { public_token => $made->{public_token} });

    is($status, 200, 'exchanged');
    like($got->{access_token}, qr/^access-sandbox-[0-9a-f-]{36}\z/,
        'an access token');
    is(names($got), 'access_token item_id request_id', 'and no more than that');

    said('400 INVALID_PUBLIC_TOKEN', [current('/item/public_token/exchange',
         { public_token => $made->{public_token} })], 'but once');

    my $count = stats($made->{public_token});

    is("$count->{asked} $count->{given}", '2 1', 'counted');
}



=== TEST 8: current, keys in the body, and all that is refused
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my $x = '/item/public_token/exchange';
    my $t = 'public-sandbox-0a1b2c3d-0000-4000-8000-000000000000';

    said('400 INVALID_PUBLIC_TOKEN',
         [json($x, { %$Keys, public_token => $t })], 'unknown');

    my @got = current($x, { public_token => 'test,chase,connected' });

    said('400 INVALID_PUBLIC_TOKEN', \@got, 'no token of this form');
    like($got[1]{error_message},
        qr/invalid format\. expected format: public-<environment>-/, 'so said');

    @got = current($x, { public_token => 'public-production-1' });

    said('400 INVALID_PUBLIC_TOKEN', \@got, 'of another environment');
    like($got[1]{error_message}, qr/got "production"/, 'so said');

    @got = json($x, {});

    said('400 MISSING_FIELDS', \@got, 'nothing');
    is($got[1]{error_message}, 'the following required fields are'
        . ' missing: client_id, secret, public_token', 'named');

    @got = current($x, { public_token => $t, account_id => 'x' });

    said('400 UNKNOWN_FIELDS', \@got, 'too much');
    is($got[1]{error_message}, 'the following fields are not '
        . 'recognized by this endpoint: account_id', 'named');

    said('400 INVALID_FIELD', [current($x, { public_token => 7 })],
         'no string');
    said('400 INVALID_FIELD', [current($x, { public_token => '' })], 'empty');
    said('400 INVALID_BODY', [current($x, '{')], 'no JSON');
    said('400 INVALID_BODY', [current($x, '[]')], 'no object');
    said('400 INVALID_HEADERS', [form($x, { public_token => $t })], 'a form');
    said('400 INVALID_API_KEYS',
         [current($x, { public_token => $t }, 'PLAID-SECRET' => 'no')],
         'a wrong secret');
    said('404 NOT_FOUND', [current('/nope', {})], 'no such endpoint');

    my (undef, $error) = current($x, { public_token => $t });

    is(names($error), 'display_message '
        . 'documentation_url error_code error_message error_type request_id '
        . 'suggested_action', 'the members of an error');
    is($error->{documentation_url},
        'https://plaid.com/docs/?ref=error#invalid-input-errors', 'its page');
}



=== TEST 9: a public token expires
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_token_ttl  1s;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my (undef, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => ['auth'] });

    sleep 2;

    my @got = current('/item/public_token/exchange',
                      { public_token => $made->{public_token} });

    said('400 INVALID_PUBLIC_TOKEN', \@got, 'too late');
    like($got[1]{error_message}, qr/expire 30 minutes after/,
        'so said');
}



=== TEST 10: what a public token is made of
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my $make = sub {
        my ($want, %more) = @_;

        said($want, [current('/sandbox/public_token/create',
             { institution_id => 'ins_3', initial_products => ['auth'],
               %more })], "made: $want");
    };

    $make->('400 INVALID_INSTITUTION', institution_id => 'chase');
    $make->('400 INVALID_INSTITUTION', institution_id => 'ins_0');
    $make->('400 INVALID_FIELD', initial_products => []);
    $make->('400 INVALID_PRODUCT', initial_products => ['nope']);
    $make->('400 INVALID_PRODUCT', initial_products => [7]);
    $make->('400 INVALID_FIELD', options => { webhook => 'ftp://x' });
    $make->('400 INVALID_FIELD', options => { webhook => "http://x/\r\nA:" });
    $make->('400 INVALID_CREDENTIALS',
            options => { override_username => 'x' });
    $make->('400 INVALID_CREDENTIALS',
            options => { override_password => 'x' });
    $make->('400 ITEM_LOCKED',
            options => { override_password => 'error_ITEM_LOCKED' });
    $make->('200 -', options => { override_username => 'user_custom',
                                  override_password => '{}' });
}



=== TEST 11: below a prefix, with keys of its own
--- config
    location /plaid/ {
        plaid_sandbox;
        plaid_sandbox_keys  a b;
    }
--- request
POST /plaid/exchange_token
client_id=a&secret=b&public_token=test,chase,connected
--- more_headers eval: $::Form
--- response_body chomp
{"access_token":"test_chase"}



=== TEST 12: a prefix without a slash, a regular expression, an exact name
--- config
    location /plaid {
        plaid_sandbox;
    }

    location ~ ^/exchange_tok {
        plaid_sandbox;
    }

    location = /auth/get {
        plaid_sandbox;
    }
--- request eval
["POST /plaid/exchange_token\nsecret=b", "POST /exchange_token\nsecret=b",
 "POST /auth/get\nsecret=b"]
--- more_headers eval: $::Form
--- error_code eval: [401, 401, 401]
--- response_body_like eval
[qr/"code":1100/, qr/"code":1100/, qr/"code":1100/]



=== TEST 13: a body in pieces, in a file, and one too large
--- config
    location / {
        plaid_sandbox;
        client_body_in_file_only  clean;
    }

    location /small/ {
        plaid_sandbox;
        client_max_body_size  10;
    }
--- request eval
[["POST /exchange_token\nclient_id=test_id&sec",
  "ret=test_secret&public_token=test,us,connected"],
 "POST /exchange_token\nclient_id=" . 'x' x 140000,
 "POST /small/exchange_token\nclient_id=test_id"]
--- more_headers eval: $::Form
--- error_code eval: [200, 413, 413]
--- response_body_like eval
[qr/^\{"access_token":"test_us"\}$/, qr/413/, qr/413/]



=== TEST 14: a chunked body is measured as it comes
--- config
    location / {
        plaid_sandbox;
    }
--- raw_request eval
"POST /exchange_token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
. "22334\r\n" . ' ' x 0x22334 . "\r\n0\r\n\r\n"
--- error_code: 500
--- response_body_like: "code":1702
--- timeout: 10



=== TEST 15: it warns at start
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /institutions
--- response_body_like: "type":"chase"
--- error_log
for tests and development, never for production



=== TEST 16: below plaid_exchange: the module's own call leads to no other one
--- http_config
    plaid_client own {
        environment  http://127.0.0.1:$TEST_NGINX_SERVER_PORT;
        api          legacy;
        client_id    test_id;
        secret       test_secret;
        timeout      5s;
    }
--- config
    plaid_exchange  own;
    plaid_replay    off;

    location / {
        plaid_sandbox;
    }

    location = /app {
        add_header  X-Status  $plaid_status always;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_SERVER_PORT/categories;
    }
--- request
POST /app
public_token=test%2Cchase%2Cconnected
--- more_headers eval: $::Form
--- error_code_like: \d
--- response_headers
X-Status: exchanged
