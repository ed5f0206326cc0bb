# The header boundary: no client sends one of our headers, in any spelling
# and to whatever location; and the token goes nowhere but to the app.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid('tls');

# every spelling reaches nginx's list of headers then

our $Lenient = <<'END';
    underscores_in_headers  on;
    ignore_invalid_headers  off;
END

our @Spellings = (
    'X-Plaid-Access-Token', 'x-plaid-access-token', 'X-PLAID-ACCESS-TOKEN',
    'X_Plaid_Access_Token', 'x_plaid_access_token', 'X-Plaid_Access-Token',
    'X.Plaid.Access.Token', 'X-Plaid.Access_Token', 'X!Plaid#Access$Token',
    'X~Plaid~Access~Token', 'X%Plaid&Access*Token', "X'Plaid`Access^Token",
    'X+Plaid|Access+Token', 'X/Plaid/Access/Token', 'X@Plaid@Access@Token',
    "X\xe9Plaid\xc3Access\xa9Token", 'X-Plaid-Status', 'X_PLAID_STATUS',
    'X-Plaid-Item-Id', 'X.Plaid.Item.Id', 'X-Plaid-Error-Code',
    'X-Plaid-Anything-Else', 'x_plaid_anything_else', 'X-Plaid-', 'X_Plaid_',
    'X-Plaid-1', 'X--Plaid-Access-Token'
);

# two dashes are two characters: the last one is another name

our $Other = pop @Spellings;

our @Similar = ('X-Plaid', 'X-Plaidd-Access-Token', 'XX-Plaid-Access-Token',
                'Plaid-Access-Token', 'XPlaid-Access-Token',
                'X-Pl-aid-Access-Token', $Other);

# The headers of a request of $n in all, two of them nginx's own, with a
# spoofed one before each of the @$at-th others; and what the app says.

sub ::around {
    my ($n, @at) = @_;

    my $i = 0;
    my %at = map { $_ => 1 } @at;

    return join '', map {
        (($at{$_} ? "X-Plaid-Access-Token: evil-$_\n" : ''), "H-$_: v$_\n")
    } 1 .. $n - 2 - @at;
}

sub ::said {
    my ($n, @at) = @_;

    return "GET /t\n" . join '', map { "H-$_: v$_\n" } 1 .. $n - 2 - @at;
}

our @Around = map {
    my $n = $_;

    ([$n, 1], [$n, $n - 3], [$n, int $n / 2], [$n, 1 .. 5], [$n, 16 .. 19],
     [$n, map { 2 * $_ } 1 .. 8], [$n, 1, $n - 4])
} 19, 20, 21, 22, 39, 40, 41, 42, 61;

run_tests();

__DATA__

=== TEST 1: every spelling, each alone
--- http_config eval: $main::Lenient
--- request eval: [("GET /t") x @main::Spellings]
--- more_headers eval: [map { "$_: evil\nX-Kept: yes" } @main::Spellings]
--- response_body eval: [("GET /t\nX-Kept: yes\n") x @main::Spellings]
--- error_code eval: [(200) x @main::Spellings]



=== TEST 2: every spelling, each twice around another
--- http_config eval: $main::Lenient
--- request eval: [("GET /t") x @main::Spellings]
--- more_headers eval: [map { "$_: evil\nX-Kept: yes\n$_: evil2" } @main::Spellings]
--- response_body eval: [("GET /t\nX-Kept: yes\n") x @main::Spellings]
--- error_code eval: [(200) x @main::Spellings]



=== TEST 3: all spellings at once
--- http_config eval: $main::Lenient
--- request
GET /t
--- more_headers eval
CORE::join "\n", 'X-First: 1', (map { "$_: evil" } @main::Spellings), 'X-Last: 2'
--- response_body
GET /t
X-First: 1
X-Last: 2



=== TEST 4: the same beside a token
--- http_config eval: $main::Lenient
--- form: public_token=b-4
--- more_headers eval
CORE::join "\n", 'X-First: 1', (map { "$_: evil" } @main::Spellings), 'X-Last: 2'
--- response_body
POST /t
X-First: 1
X-Last: 2
X-Plaid-Access-Token: access-b-4
X-Plaid-Item-Id: item-b-4
X-Plaid-Request-Id: req-b-4
X-Plaid-Status: exchanged

public_token=b-4



=== TEST 5: names that only look alike stay
--- http_config eval: $main::Lenient
--- request eval: [("GET /t") x @main::Similar]
--- more_headers eval: [map { "$_: kept" } @main::Similar]
--- response_body_like eval: [map { qr/\AGET \/t\n\Q$_\E: kept\n\z/ } @main::Similar]
--- error_code eval: [(200) x @main::Similar]



=== TEST 6: with nginx's defaults
--- request eval: [("GET /t") x @main::Spellings]
--- more_headers eval: [map { "$_: evil\nX-Kept: yes" } @main::Spellings]
--- response_body eval: [("GET /t\nX-Kept: yes\n") x @main::Spellings]
--- error_code eval: [(200) x @main::Spellings]



=== TEST 7: among 19 to 61 headers, all others kept and in order
--- request eval: [("GET /t") x @main::Around]
--- more_headers eval: [map { ::around(@$_) } @main::Around]
--- response_body eval: [map { ::said(@$_) } @main::Around]
--- error_code eval: [(200) x @main::Around]



=== TEST 8: the same without a spoofed one
--- request eval: [map { "GET /t" } 17 .. 43]
--- more_headers eval: [map { ::around($_) } 17 .. 43]
--- response_body eval: [map { ::said($_) } 17 .. 43]
--- error_code eval: [map { 200 } 17 .. 43]



=== TEST 9: with a token, and all others kept
--- request eval: [map { "POST /t\npublic_token=b-9-$_" } 15 .. 43]
--- more_headers eval
[map { "Content-Type: application/x-www-form-urlencoded\n"
       . ::around($_, 2, 3) } 15 .. 43]
--- response_body eval
[map { my $said = ::said($_, 2, 3);
       $said =~ s/GET/POST/;
       $said . "X-Plaid-Access-Token: access-b-9-$_\nX-Plaid-Item-Id: item-b-9-$_\n"
       . "X-Plaid-Request-Id: req-b-9-$_\nX-Plaid-Status: exchanged\n\n"
       . "public_token=b-9-$_\n" } 15 .. 43]
--- error_code eval: [map { 200 } 15 .. 43]



=== TEST 10: nothing but spoofed ones, before and behind everything
--- raw_request eval
"GET /t HTTP/1.0\r\nX-Plaid-A: 1\r\nX-Plaid-B: 2\r\n\r\n"
--- response_body
GET /t



=== TEST 11: whatever the method
--- request eval
[map { "$_ /t" } qw( GET PUT PATCH DELETE OPTIONS PROPFIND MKCOL POST REPORT )]
--- more_headers eval: [("X-Plaid-Access-Token: evil\nX-Plaid-Status: exchanged") x 9]
--- response_body eval
[map { "$_ /t\n" } qw( GET PUT PATCH DELETE OPTIONS PROPFIND MKCOL POST REPORT )]
--- error_code eval: [(200) x 9]



=== TEST 12: HEAD
--- request
HEAD /t
--- more_headers
X-Plaid-Access-Token: evil
--- response_headers_like
X-App-Names: Host( Connection)?
--- response_body



=== TEST 13: in a location without plaid_exchange
--- config
    location = /t {
        proxy_pass http://app;
    }
--- form: public_token=b-13
--- more_headers
X-Plaid-Access-Token: evil
--- response_body
POST /t

public_token=b-13
--- calls: 0



=== TEST 14: in a configuration that uses none of our directives
--- http_config
    # no plaid_client bank {
--- config
    location = /t {
        proxy_pass http://app;
    }
--- request
GET /t
--- more_headers
X-Plaid-Access-Token: evil
--- response_body
GET /t



=== TEST 15: variables of such headers are empty, in any server
--- config
    location = /t {
        set $early "$http_x_plaid_access_token$http_x_plaid_status$http_x_plaid_foo";
        if ($http_x_plaid_foo) { return 200 "spoofed\n"; }
        return 200 "[$early][$http_x_plaid_item_id]\n";
    }
--- request
GET /t
--- more_headers
X-Plaid-Access-Token: evil
X-Plaid-Status: evil
X-Plaid-Foo: evil
X-Plaid-Item-Id: evil
--- response_body
[][]



=== TEST 16: a rewrite of the server
--- config
    if ($http_x_plaid_foo) { return 200 "spoofed\n"; }

    location = /t {
        return 200 "fine\n";
    }
--- request
GET /t
--- more_headers
X-Plaid-Foo: evil
--- response_body
fine



=== TEST 17: another server, reached by a header that nginx itself sets
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_pass http://app; }
    }
--- config
    location = /t {
        proxy_set_header X-Plaid-Access-Token evil;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
GET /t



=== TEST 18: the default server and a named one
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 default_server;
        server_name default;
        location / { proxy_pass http://app/default; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server_name named;
        underscores_in_headers on;
        ignore_invalid_headers off;
        location / { proxy_pass http://app/named; }
    }
--- config
    location = /d {
        proxy_set_header Host nobody;
        proxy_set_header X_Plaid_Foo evil;
        proxy_set_header X-Plaid-Foo evil;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
    }
    location = /n {
        proxy_set_header Host named;
        proxy_set_header X_Plaid_Foo evil;
        proxy_set_header X-Plaid-Foo evil;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
    }
--- request eval: ["GET /d", "GET /n"]
--- response_body eval: ["GET /default\n", "GET /named\n"]
--- error_code eval: [200, 200]



=== TEST 19: a bad request, answered by an app
--- config
    error_page 400 = @app;

    location @app {
        proxy_pass http://app;
    }

    location = /t { }
--- raw_request eval
"GET /t HTTP/1.1\r\nX-Plaid-Access-Token: evil\r\nConnection: close\r\n\r\n"
--- response_body
GET /t



=== TEST 20: the same by an URI
--- config
    error_page 400 = /app;

    location = /app {
        proxy_pass http://app;
    }

    location = /t { }
--- raw_request eval
"GET /t HTTP/1.1\r\nX-Plaid-Status: exchanged\r\nHost: a b\r\nHost: c\r\nConnection: close\r\n\r\n"
--- response_body_unlike: X-Plaid



=== TEST 21: plain HTTP to a port of HTTPS, answered by an app
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate      $TEST_NGINX_SIDE_DIR/good.crt;
        ssl_certificate_key  $TEST_NGINX_SIDE_DIR/good.key;
        error_page 497 = @app;
        location @app { proxy_pass http://app; }
    }
--- config
    location = /t {
        proxy_set_header X-Plaid-Access-Token evil;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
GET /t



=== TEST 22: the same by HTTPS
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate      $TEST_NGINX_SIDE_DIR/good.crt;
        ssl_certificate_key  $TEST_NGINX_SIDE_DIR/good.key;
        location / { proxy_pass http://app; }
    }
--- config
    location = /t {
        proxy_set_header X-Plaid-Access-Token evil;
        proxy_ssl_session_reuse off;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
GET /t



=== TEST 23: a configured name is removed everywhere
--- http_config eval
$main::Lenient . <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            plaid_exchange        bank;
            plaid_exchange_header X-My-Bank;
            proxy_pass            http://app;
        }
    }
END
--- request eval: [("GET /t") x 5]
--- more_headers eval
["X-My-Bank: evil", "x_my_bank: evil", "X.My.Bank: evil\nX-My-Bank: evil2",
 "X-My-Bank-2: kept", "X-My: kept"]
--- response_body eval
["GET /t\n", "GET /t\n", "GET /t\n", "GET /t\nX-My-Bank-2: kept\n",
 "GET /t\nX-My: kept\n"]
--- error_code eval: [(200) x 5]



=== TEST 24: its variable is empty, in any server
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            plaid_exchange        bank;
            plaid_exchange_header X-User-Token;
            proxy_pass            http://app;
        }
    }
--- config
    location = /t {
        proxy_pass http://app;
    }
    location = /v {
        return 200 "[$http_x_user_token]\n";
    }
--- request eval: ["GET /t", "GET /v"]
--- more_headers eval: [("X-User-Token: evil") x 2]
--- response_body eval: ["GET /t\n", "[]\n"]
--- error_code eval: [200, 200]



=== TEST 25: a token, then nobody's request, on one connection
--- pipelined_requests eval
["POST /t\npublic_token=b-25", "GET /t", "POST /t\na=b"]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_body eval
["POST /t\nX-Plaid-Access-Token: access-b-25\nX-Plaid-Item-Id: item-b-25\n"
 . "X-Plaid-Request-Id: req-b-25\nX-Plaid-Status: exchanged\n\n"
 . "public_token=b-25\n",
 "GET /t\n", "POST /t\n\na=b\n"]
--- response_headers eval: ["X-Status: exchanged", "X-Status: -", "X-Status: -"]
--- calls: 1



=== TEST 26: a mirror gets no token
--- config
    location = /t {
        mirror          /mirror;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /mirror {
        internal;
        proxy_set_header X-How "$plaid_access_token$http_x_plaid_access_token";
        proxy_pass http://app/mirror;
    }
--- form: public_token=b-26
--- response_body_like: X-Plaid-Access-Token: access-b-26\n
--- check eval
sub { Plaid::Side::await('app', 2) == 2
      && 1 == (() = Plaid::Side::ask('app_all') =~ /access-b-26/g) }
--- calls: 1



=== TEST 27: nor a mirror in a location that exchanges
--- config
    plaid_exchange  bank;

    location = /t {
        mirror      /mirror;
        proxy_pass  http://app;
    }

    location = /mirror {
        internal;
        proxy_pass http://app/mirror;
    }
--- form: public_token=b-27
--- response_body_like: X-Plaid-Access-Token: access-b-27\n
--- check eval
sub { Plaid::Side::await('app', 2) == 2
      && 1 == (() = Plaid::Side::ask('app_all') =~ /access-b-27/g) }
--- calls: 1



=== TEST 28: auth_request gets none, spoofed or not
--- config
    location = /t {
        auth_request    /auth;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /auth {
        internal;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_pass http://app/auth;
    }
--- form: public_token=b-28
--- more_headers
X-Plaid-Access-Token: evil
--- response_body_like: X-Plaid-Access-Token: access-b-28\n
--- check eval
sub { my $all = Plaid::Side::ask('app_all');
      1 == (() = $all =~ /access-b-28/g) && $all !~ /evil/ && $all =~ m{ /auth } }
--- app_calls: 2



=== TEST 29: an include of SSI gets none
--- config
    location = /t {
        plaid_exchange  bank;
        ssi             on;
        ssi_types       text/plain;
        proxy_pass      http://app;
    }

    location = /inc {
        proxy_set_header X-How "[$plaid_access_token$http_x_plaid_access_token]";
        proxy_pass http://app;
    }
--- uri: /t?include=/inc
--- form: public_token=b-29
--- response_body_like eval
qr/\APOST \/t.*X-Plaid-Access-Token: access-b-29\n.*GET \/inc\nX-How: \[\]\n/s
--- check eval
sub { 1 == (() = Plaid::Side::ask('app_all') =~ /access-b-29/g) }
--- app_calls: 2



=== TEST 30: not even in a location that exchanges
--- config
    plaid_exchange  bank;

    location = /t {
        ssi             on;
        ssi_types       text/plain;
        proxy_pass      http://app;
    }

    location = /inc {
        proxy_pass http://app;
    }
--- uri: /t?include=/inc
--- form: public_token=b-30
--- response_body_like: GET /inc\n
--- check eval
sub { 1 == (() = Plaid::Side::ask('app_all') =~ /access-b-30/g) }
--- app_calls: 2
--- calls: 1



=== TEST 31: post_action gets none
--- config
    location = /t {
        plaid_exchange  bank;
        post_action     /done;
        proxy_pass      http://app;
    }

    location = /done {
        internal;
        proxy_set_header X-How "[$plaid_status][$plaid_access_token]";
        proxy_pass http://app;
    }
--- form: public_token=b-31
--- response_body_like: X-Plaid-Access-Token: access-b-31\n
--- check eval
sub { Plaid::Side::await('app', 2) == 2
      && 1 == (() = Plaid::Side::ask('app_all') =~ /access-b-31/g)
      && Plaid::Side::ask('app_last') =~ m{ /done .*X-How: \[exchanged\]\[\]}s }



=== TEST 32: X-Accel-Redirect to where nothing is exchanged
--- config
    location = /t {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /file {
        internal;
        proxy_set_header X-How "[$plaid_access_token]";
        proxy_pass http://app;
    }
--- uri: /t?accel=/file
--- form: public_token=b-32
--- response_body
GET /file
X-How: []

public_token=b-32
--- app_calls: 2
--- calls: 1



=== TEST 33: trailers are no headers
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/x-www-form-urlencoded\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. "3\r\na=b\r\n0\r\nX-Plaid-Access-Token: evil\r\n\r\n"
--- response_body
POST /t

a=b



=== TEST 34: a folded or doubled value, an empty one, a very long one
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Plaid-A:\r\n"
. "X-Plaid-B: " . 'e' x 7000 . "\r\nX-Plaid-C:evil\r\nX-Kept: yes\r\n\r\n"
--- response_body
GET /t
X-Kept: yes



=== TEST 35: 400 spoofed ones
--- http_config
    large_client_header_buffers 32 8k;
--- request
GET /t
--- more_headers eval
CORE::join "\n", map { ("X-Plaid-$_: evil", $_ % 50 ? () : "X-Kept-$_: yes") } 1 .. 400
--- response_body eval
CORE::join '', "GET /t\n", map { "X-Kept-" . 50 * $_ . ": yes\n" } 1 .. 8



=== TEST 36: a subrequest's own headers are the parent's
--- config
    location = /t {
        auth_request    /auth;
        proxy_pass      http://app;
    }

    location = /auth {
        internal;
        proxy_pass http://app/auth;
    }
--- request
GET /t
--- more_headers eval: ::around(41, 3, 20, 30)
--- response_body eval: ::said(41, 3, 20, 30)
--- check eval: sub { Plaid::Side::ask('app_all') !~ /evil/ }
--- app_calls: 2



=== TEST 37: a client that has our names removed by the next hop
--- location
proxy_set_header Connection $http_connection;
--- form: public_token=b-connection
--- more_headers
Connection: close, X-Plaid-Access-Token,x_plaid_status , X-Other
--- response_headers
X-Status: exchanged
--- response_body_like: X-Plaid-Access-Token: access-b-connection\n
--- check eval
sub { Plaid::Side::ask('app_all') =~ /^Connection: close, X-Other\r$/m }



=== TEST 38: FastCGI gets no such header either
--- config
    location /t {
        plaid_exchange  bank;
        fastcgi_param   REQUEST_METHOD $request_method;
        fastcgi_param   CONTENT_LENGTH $content_length;
        fastcgi_pass    app;
    }
--- form: public_token=b-fastcgi-c
--- more_headers
Connection: X-Plaid-Access-Token, close
--- response_body_like: HTTP_X_PLAID_ACCESS_TOKEN: access-b-fastcgi-c\n
--- check eval
sub { Plaid::Side::ask('app_all') !~ /HTTP_CONNECTION.{0,8}X-Plaid/s }
