# "transport subrequest": what Plaid, the app, the logs and the disk get,
# whatever the configuration around the location says.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

# A block's "http" goes before the server, its "server" into it, and its
# "inside" into the location; "pass" is the argument of proxy_pass.

push @Test::Nginx::Socket::ExtraSections,
    qw( http server inside pass uri_of place );

our $Root = server_root();

add_block_preprocessor(sub {
    my ($block) = @_;

    my %part = map { my $value = $block->$_ // ''; $value =~ s/\s+\z//;
                     ($_ => $value) }
                   qw( http server inside pass uri_of place client location );

    my $place = length $part{place} ? $part{place} : '= /_plaid';
    my $pass = length $part{pass} ? $part{pass}
                                  : 'http://127.0.0.1:$TEST_NGINX_PLAID_PORT';
    my $uri = length $part{uri_of} ? $part{uri_of} : '/_plaid';

    $block->set_value('client', "transport subrequest $uri; $part{client}");
    $block->set_value('http_config', $part{http} . ($block->http_config // ''));
    $block->set_value('config', <<"END");
    $part{server}

    location = /t {
        plaid_exchange  bank;

        add_header  X-Status  \$plaid_status always;
        add_header  X-Error   \$plaid_error_type/\$plaid_error_code always;

        $part{location}

        proxy_pass  http://app;
    }

    location $place {
        internal;
        proxy_pass  $pass;
        $part{inside}
    }
END
});

run_tests();

__DATA__

=== TEST 1: Plaid gets the request that libcurl would send
--- form: public_token=sub-1
--- more_headers
Cookie: a=b
Authorization: Basic Zm9v
X-Custom: custom
Range: bytes=0-0
If-None-Match: "x"
--- exchanged: sub-1
--- response_body
POST /t
Cookie: a=b
Authorization: Basic Zm9v
X-Custom: custom
Range: bytes=0-0
If-None-Match: "x"
X-Plaid-Access-Token: access-sub-1
X-Plaid-Item-Id: item-sub-1
X-Plaid-Request-Id: req-sub-1
X-Plaid-Status: exchanged

public_token=sub-1
--- calls: 1
--- sent eval
qr/\APOST \/item\/public_token\/exchange HTTP\/1\.1\r
Host: 127\.0\.0\.1:\d+\r
(?:Connection: close\r
)?Content-Type: application\/json\r
Content-Length: 24\r
PLAID-CLIENT-ID: the-id\r
PLAID-SECRET: the-s3cret\r
Plaid-Version: 2020-09-14\r
User-Agent: ngx_http_plaid_module\/\S+\r
Accept: application\/json\r
\r
\{"public_token":"sub-1"\}\z/



=== TEST 2: a prefix of the environment
--- plaid: slow.1
--- form: public_token=sub-2
--- exchanged: sub-2
--- sent: POST /slow.1/item/public_token/exchange HTTP/1.1



=== TEST 3: proxy_pass with a URI
--- pass: http://127.0.0.1:$TEST_NGINX_PLAID_PORT/slow.1/item/public_token/exchange
--- form: public_token=sub-3
--- exchanged: sub-3
--- sent: POST /slow.1/item/public_token/exchange HTTP/1.1



=== TEST 4: proxy_pass with variables
--- pass: http://$target
--- inside: set $target 127.0.0.1:$TEST_NGINX_PLAID_PORT;
--- form: public_token=sub-4
--- exchanged: sub-4
--- sent: POST /item/public_token/exchange HTTP/1.1



=== TEST 5: a URI that ends with a slash
--- uri_of: /plaid/
--- place: /plaid/
--- pass: http://127.0.0.1:$TEST_NGINX_PLAID_PORT/slow.2/
--- form: public_token=sub-5
--- exchanged: sub-5
--- sent: POST /slow.2/item/public_token/exchange HTTP/1.1



=== TEST 6: the same, proxy_pass without a URI
--- uri_of: /plaid/
--- place: /plaid/
--- form: public_token=sub-6
--- exchanged: sub-6
--- sent: POST /item/public_token/exchange HTTP/1.1



=== TEST 7: the legacy API
--- client: api legacy;
--- form: public_token=sub-7&account_id=acc
--- response_body
POST /t
X-Plaid-Access-Token: legacy-sub-7
X-Plaid-Account-Id: acc
X-Plaid-Processor-Token: processor-acc
X-Plaid-Request-Id: req-sub-7
X-Plaid-Status: exchanged
X-Plaid-Stripe-Bank-Account-Token: btok-acc

public_token=sub-7&account_id=acc
--- sent eval
[qr/\APOST \/exchange_token HTTP\/1\.1\r\n/,
 qr/\r\nContent-Type: application\/x-www-form-urlencoded\r\n/,
 qr/\r\n\r\nclient_id=the-id&secret=the-s3cret&public_token=sub-7&account_id=acc\z/]



=== TEST 8: header lines that the server has for the app
--- server
proxy_set_header  Cookie $http_cookie;
proxy_set_header  Authorization "Basic for-the-app";
proxy_set_header  X-Real-IP $remote_addr;
proxy_set_header  X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header  Host $host;
proxy_set_header  Content-Type text/x-app;
proxy_set_header  Content-Length 7;
proxy_set_header  Accept-Encoding gzip;
proxy_set_header  X-Body $request_body;
--- form: public_token=sub-8
--- more_headers
Cookie: a=b
X-Forwarded-For: 192.0.2.1
--- response_body_like: X-Plaid-Access-Token: access-sub-8\n
--- sent eval
["! a=b", "! for-the-app", "! 192.0.2.1", "! localhost", "! text/x-app", "! gzip", "! X-",
 "! Content-Length: 7", "PLAID-SECRET: the-s3cret",
 qr/\r\nHost: 127\.0\.0\.1:\d+\r\n/,
 qr/\r\n\r\n\{"public_token":"sub-8"\}\z/]



=== TEST 9: a body and a method for the app, and nothing of the client's
--- inside
proxy_set_body              "not for Plaid";
proxy_method                PUT;
proxy_pass_request_headers  off;
proxy_pass_request_body     off;
proxy_request_buffering     off;
client_max_body_size        1;
--- form: public_token=sub-9
--- exchanged: sub-9
--- sent eval
["! not for Plaid", qr/\APOST /, "PLAID-SECRET: the-s3cret",
 qr/\r\n\r\n\{"public_token":"sub-9"\}\z/]



=== TEST 10: error pages are not for us
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- server
proxy_intercept_errors  on;
recursive_error_pages   on;
error_page              400 =200 /page;

location = /page {
    return 200 '{"access_token":"access-page","item_id":"i"}';
}
--- location: error_page 599 /none;
--- form: public_token=sub-10
--- outcome: 400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN
--- calls: 1



=== TEST 11: nor is a page for Plaid being away
--- server
error_page  502 504 =200 /page;

location = /page {
    return 200 '{"access_token":"access-page","item_id":"i"}';
}
--- location: error_page 599 /none;
--- pass: http://127.0.0.1:$TEST_NGINX_REFUSED_PORT
--- form: public_token=sub-11
--- outcome: 502 failed
--- error_log: Connection refused
--- calls: 0



=== TEST 12: larger than nginx's own limit for subrequests, and its buffers
--- plaid: size.16384
--- inside
subrequest_output_buffer_size  16;
proxy_buffer_size              1k;
proxy_buffers                  2 1k;
proxy_busy_buffers_size        1k;
--- form: public_token=sub-12
--- exchanged: sub-12
--- no_error_log
[error]
[warn]



=== TEST 13: the same, chunked
--- plaid: chunked.1
--- inside
subrequest_output_buffer_size  16;
proxy_buffer_size              1k;
--- form: public_token=sub-13
--- exchanged: sub-13
--- no_error_log
[error]
[warn]



=== TEST 14: the same, without a length
--- plaid: endless.16384
--- inside
subrequest_output_buffer_size  16;
proxy_buffer_size              1k;
--- form: public_token=sub-14
--- exchanged: sub-14
--- no_error_log
[error]
[warn]



=== TEST 15: one byte more than may be
--- plaid: size.16385
--- inside: subrequest_output_buffer_size 1m;
--- form: public_token=sub-15
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- error_log: the reply is too large
--- calls: 1



=== TEST 16: the same, without a length
--- plaid: endless.16385
--- inside: subrequest_output_buffer_size 1m;
--- form: public_token=sub-16
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- error_log: the reply is too large
--- calls: 1



=== TEST 17: nothing is cached
--- http
proxy_cache_path $TEST_NGINX_SERVER_ROOT/kept keys_zone=kept:64k;
--- inside
proxy_cache          kept;
proxy_cache_methods  GET HEAD POST;
proxy_cache_key      one;
proxy_cache_valid    any 1h;
--- pipelined_requests eval
["POST /t\npublic_token=sub-17", "POST /t\npublic_token=sub-17b"]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_body_like eval
["access-sub-17\n", "access-sub-17b\n"]
--- calls: 2
--- check eval
sub { !grep { -f } glob "$main::Root/kept/*" }



=== TEST 18: a reply in many small parts touches no disk
--- plaid: drip.0
--- inside
proxy_buffering          on;
proxy_buffer_size        1k;
proxy_buffers            4 1k;
proxy_busy_buffers_size  1k;
--- form: public_token=sub-18
--- exchanged: sub-18



=== TEST 19: filters of the response are not for it
--- server
sub_filter         access- spoilt-;
sub_filter_types   *;
sub_filter_once    off;
ssi                on;
ssi_types          *;
charset            utf-8;
charset_types      *;
--- location
sub_filter         nothing nothing;
ssi                off;
--- form: public_token=sub-19
--- exchanged: sub-19



=== TEST 20: logs
--- http
log_format all '$request_uri|$uri|$http_plaid_secret|$http_plaid_client_id|$request_body|$http_user_agent|$content_type|$content_length|$upstream_status';
--- server
access_log      logs/all.log all;
log_subrequest  on;
--- location: access_log off;
--- form: public_token=sub-20
--- exchanged: sub-20
--- check eval
sub {
    my $log = `cat $main::Root/logs/all.log`;

    return $log =~ m{\A/item/public_token/exchange\|/_plaid\|-\|-\|-\|
                     ngx_http_plaid_module/\S+\|-\|-\|200\n\z}x;
}



=== TEST 21: what the subrequest makes of a variable stays there
--- http
map $http_cookie $map { default $http_cookie; }
--- server
set $early $request_method;
--- inside
set $seen "$http_cookie|$map|$args|$arg_a";
set $early changed;
proxy_set_header X-Seen $seen;
--- location
set $x kept;
proxy_set_header  X-App "$x|$early|$seen|$map|$http_cookie|$args";
--- uri: /t?a=1
--- form: public_token=sub-21
--- more_headers
Cookie: c=d
--- response_body_like eval: qr/^X-App: kept\|POST\|\|c=d\|c=d\|a=1$/m
--- sent: ! c=d
--- error_log: using uninitialized "seen" variable



=== TEST 22: what the app gets of it
--- http
map $http_plaid_secret $secret { default $http_plaid_secret; }
--- location
proxy_set_header  X-App "[$http_plaid_secret$secret$http_plaid_client_id]";
--- inside
proxy_set_header  X-Seen "$http_plaid_secret$secret";
--- form: public_token=sub-22
--- response_body_like eval: qr/^X-App: \[\]$/m
--- check eval: sub { Plaid::Side::ask('app_all') !~ /s3cret|the-id/ }



=== TEST 23: redirected by nginx's own header
--- http
server {
    listen unix:$TEST_NGINX_HTML_DIR/accel.sock;
    default_type application/json;

    location / {
        add_header X-Accel-Redirect /page;
        add_header X-Accel-Limit-Rate 1;
        add_header X-Accel-Buffering yes;
        return 200 '{"access_token":"access-accel","item_id":"i","request_id":"r"}';
    }
}
--- pass: http://unix:$TEST_NGINX_HTML_DIR/accel.sock
--- form: public_token=sub-23
--- response_body_like: X-Plaid-Access-Token: access-accel\n



=== TEST 24: no such location in this server: that of the app
--- place: = /elsewhere
--- server
location ^~ /_ {
    proxy_pass  http://app;
}
--- form: public_token=sub-24
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- error_log: no internal location
--- calls: 0



=== TEST 25: a location that nobody has called internal
--- place: = /elsewhere
--- server
location /_plaid {
    proxy_pass  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
}
--- form: public_token=sub-25
--- exchanged: sub-25



=== TEST 26: no location at all
--- place: = /elsewhere
--- form: public_token=sub-26
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- error_log: no proxy_pass in the location
--- calls: 0



=== TEST 27: a location that answers itself
--- inside: return 200 '{"access_token":"access-27","item_id":"i"}';
--- form: public_token=sub-27
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- error_log: no proxy_pass in the location
--- calls: 0



=== TEST 28: and in ways that would end the connection
--- inside: return 444;
--- form: public_token=sub-28
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 0



=== TEST 29: other protocols get no keys
--- place: = /elsewhere
--- server
location = /_plaid {
    internal;
    fastcgi_pass  127.0.0.1:$TEST_NGINX_PLAID_PORT;
}
--- form: public_token=sub-29
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- error_log: no proxy_pass of HTTP/1.x
--- calls: 0



=== TEST 30: nor do these
--- place: = /elsewhere
--- server
location = /_plaid {
    internal;
    uwsgi_pass  127.0.0.1:$TEST_NGINX_PLAID_PORT;
}
--- form: public_token=sub-30
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 0



=== TEST 31: a redirect to the real location
--- inside: try_files /none /real;
--- server
location = /real {
    internal;
    proxy_pass  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/item/public_token/exchange;
}
--- form: public_token=sub-31
--- exchanged: sub-31



=== TEST 32: try_files in the location
--- inside: try_files /none @plaid;
--- server
location @plaid {
    internal;
    proxy_pass  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
}
--- form: public_token=sub-32
--- exchanged: sub-32



=== TEST 33: a server for browsers only
--- server
if ($http_user_agent = "") {
    return 444;
}

if ($host != localhost) {
    return 444;
}
--- form: public_token=sub-33
--- more_headers
User-Agent: test
--- exchanged: sub-33



=== TEST 34: a mirror and what checks the client
--- server
location = /mirror {
    internal;
    proxy_pass  http://app;
}

location = /auth {
    internal;
    proxy_pass  http://app/auth?;

    proxy_pass_request_body  off;
    proxy_set_header         Content-Length "";
}

mirror        /mirror;
auth_request  /auth;
--- form: public_token=sub-34
--- exchanged: sub-34
--- app_calls: 3
--- calls: 1
--- check eval: sub { Plaid::Side::ask('app_all') !~ /s3cret|the-id/ }



=== TEST 35: nothing is stored
--- inside: proxy_store $TEST_NGINX_SERVER_ROOT/kept-$pid;
--- form: public_token=sub-35
--- exchanged: sub-35
--- check eval: sub { !glob "$main::Root/kept-*" }
