# However the body comes, and wherever nginx has put it: the token is found,
# and the app gets the body byte for byte.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Head = "POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            . "Content-Type: application/x-www-form-urlencoded\r\n";

our $Chunked = "${Head}Transfer-Encoding: chunked\r\n\r\n";

# What the app is to say.

sub ::got {
    my ($token, $body) = @_;

    return "POST /t\nX-Plaid-Access-Token: access-$token\n"
           . "X-Plaid-Item-Id: item-$token\nX-Plaid-Request-Id: req-$token\n"
           . "X-Plaid-Status: exchanged\n\n$body\n";
}

our $Big = 'x=' . join('', map { chr 33 + $_ * 7 % 90 } 1 .. 40_000);
$Big =~ tr/&=%+/..../;
substr $Big, 0, 2, 'x=';

run_tests();

__DATA__

=== TEST 1: head and body in one packet
--- raw_request eval
["${main::Head}Content-Length: 19\r\n\r\npublic_token=body-1"]
--- response_body eval: ::got('body-1', 'public_token=body-1')
--- calls: 1



=== TEST 2: two packets, cut in the head
--- raw_request eval
[substr($main::Head, 0, 30),
 substr($main::Head, 30) . "Content-Length: 19\r\n\r\npublic_token=body-2"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-2', 'public_token=body-2')
--- calls: 1



=== TEST 3: cut after the head
--- raw_request eval
["${main::Head}Content-Length: 19\r\n\r\n", "public_token=body-3"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-3', 'public_token=body-3')
--- calls: 1



=== TEST 4: cut in the name of the field
--- raw_request eval
["${main::Head}Content-Length: 19\r\n\r\npublic_", "token=body-4"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-4', 'public_token=body-4')
--- calls: 1



=== TEST 5: cut in the value, into three
--- raw_request eval
["${main::Head}Content-Length: 19\r\n\r\npublic_token=b", "ody", "-5"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-5', 'public_token=body-5')
--- calls: 1



=== TEST 6: in many packets
--- raw_request eval
["${main::Head}Content-Length: 19\r\n\r\n", split //, "public_token=body-6"]
--- raw_request_middle_delay: 0.01
--- response_body eval: ::got('body-6', 'public_token=body-6')
--- calls: 1



=== TEST 7: in a file always
--- location: client_body_in_file_only clean;
--- form: a=b&public_token=body-7
--- exchanged: body-7
--- calls: 1



=== TEST 8: in a file, cut in the value
--- location: client_body_in_file_only on;
--- raw_request eval
["${main::Head}Content-Length: 19\r\n\r\npublic_token=b", "ody-8"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-8', 'public_token=body-8')
--- calls: 1



=== TEST 9: larger than the buffer
--- location: client_body_buffer_size 16;
--- raw_request eval
["${main::Head}Content-Length: 35\r\n\r\n", "a=b&c=defghijkl", "&public_token=body", "-9"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-9', 'a=b&c=defghijkl&public_token=body-9')
--- error_code: 200
--- calls: 1



=== TEST 10: large, in memory
--- location: client_body_buffer_size 128k;
--- raw_request eval
my $body = "$main::Big&public_token=body-10";
"${main::Head}Content-Length: " . length($body) . "\r\n\r\n$body"
--- response_body eval: ::got('body-10', "$::Big&public_token=body-10")
--- calls: 1



=== TEST 11: large, in a file
--- location: client_body_buffer_size 1k;
--- raw_request eval
my $body = "$main::Big&public_token=body-11";
"${main::Head}Content-Length: " . length($body) . "\r\n\r\n$body"
--- response_body eval: ::got('body-11', "$::Big&public_token=body-11")
--- error_log: a client request body is buffered to a temporary file
--- calls: 1



=== TEST 12: in a single buffer
--- location: client_body_in_single_buffer on;
--- form: public_token=body-12
--- exchanged: body-12
--- calls: 1



=== TEST 13: chunked, in one chunk
--- raw_request eval
"${main::Chunked}14\r\npublic_token=body-13\r\n0\r\n\r\n"
--- response_body eval: ::got('body-13', 'public_token=body-13')
--- response_headers
X-App-Length: 20
--- calls: 1



=== TEST 14: in many chunks
--- raw_request eval
$main::Chunked . (CORE::join '', map { "1\r\n$_\r\n" } split //, 'public_token=body-14')
. "0\r\n\r\n"
--- response_body eval: ::got('body-14', 'public_token=body-14')
--- calls: 1



=== TEST 15: in chunks and packets
--- raw_request eval
[$main::Chunked, "7\r\npublic_\r\n", "d\r\ntoken=", "body-15\r\n", "0\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-15', 'public_token=body-15')
--- calls: 1



=== TEST 16: chunked, with trailers and extensions
--- raw_request eval
"${main::Chunked}14;a=b\r\npublic_token=body-16\r\n0\r\nX-Trailer: y\r\n\r\n"
--- response_body eval: ::got('body-16', 'public_token=body-16')
--- calls: 1



=== TEST 17: chunked, in a file
--- location: client_body_buffer_size 16;
--- raw_request eval
[$main::Chunked, "14\r\npublic_token=body-17\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-17', 'public_token=body-17')
--- calls: 1



=== TEST 18: chunked, and nothing in it
--- raw_request eval: "${main::Chunked}0\r\n\r\n"
--- response_body
POST /t
--- calls: 0



=== TEST 19: no body at all
--- raw_request eval: "${main::Head}\r\n"
--- response_body
POST /t
--- response_headers
X-Status: -
--- calls: 0



=== TEST 20: a length of zero
--- raw_request eval: "${main::Head}Content-Length: 0\r\n\r\n"
--- response_body
POST /t
--- calls: 0



=== TEST 21: as long as max_body
--- location: plaid_exchange_max_body 24;
--- form: a=b&public_token=body-21
--- exchanged: body-21
--- calls: 1



=== TEST 22: one byte more is passed on
--- location: plaid_exchange_max_body 23;
--- form: a=b&public_token=body-22
--- passed
--- calls: 0



=== TEST 23: 64k is the default
--- raw_request eval
"${main::Head}Content-Length: 65536\r\n\r\n"
. 'x=' . 'y' x (65_536 - 23) . '&public_token=body-23'
--- response_body eval
::got('body-23', 'x=' . 'y' x (65_536 - 23) . '&public_token=body-23')
--- calls: 1



=== TEST 24: and not more
--- raw_request eval
"${main::Head}Content-Length: 65537\r\n\r\n"
. 'x=' . 'y' x (65_537 - 23) . '&public_token=body-24'
--- response_body eval
"POST /t\n\nx=" . 'y' x (65_537 - 23) . "&public_token=body-24\n"
--- calls: 0



=== TEST 25: too large, chunked: passed on, all of it
--- location: plaid_exchange_max_body 20;
--- raw_request eval
"${main::Chunked}15\r\npublic_token=body-25a\r\n0\r\n\r\n"
--- response_body
POST /t

public_token=body-25a
--- calls: 0



=== TEST 26: too large for nginx itself
--- location: client_max_body_size 10;
--- form: public_token=body-26
--- error_code: 413
--- calls: 0
--- app_calls: 0



=== TEST 27: chunked, too large for nginx itself
--- location: client_max_body_size 10;
--- raw_request eval
"${main::Chunked}14\r\npublic_token=body-27\r\n0\r\n\r\n"
--- error_code: 413
--- calls: 0
--- app_calls: 0



=== TEST 28: bad chunks
--- raw_request eval: "${main::Chunked}zz\r\npublic_token=body-28\r\n0\r\n\r\n"
--- error_code: 400
--- calls: 0
--- app_calls: 0



=== TEST 29: the client stops in the middle
--- raw_request eval
"${main::Head}Content-Length: 100\r\n\r\npublic_token=body-29"
--- shutdown: 1
--- ignore_response
--- wait: 0.2
--- calls: 0
--- app_calls: 0



=== TEST 30: without buffering of requests
--- location: proxy_request_buffering off;
--- raw_request eval
["${main::Head}Content-Length: 20\r\n\r\npublic_", "token=body-30"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-30', 'public_token=body-30')
--- calls: 1



=== TEST 31: the same, chunked
--- location: proxy_request_buffering off; proxy_http_version 1.1;
--- raw_request eval
[$main::Chunked, "7\r\npublic_\r\nd\r\ntoken=", "body-31\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-31', 'public_token=body-31')
--- calls: 1



=== TEST 32: 100-continue
--- raw_request eval
["${main::Head}Content-Length: 20\r\nExpect: 100-continue\r\n\r\n",
 "public_token=body-32"]
--- raw_request_middle_delay: 0.05
--- ignore_response
--- calls: 1
--- app_calls: 1



=== TEST 33: HTTP/1.0
--- raw_request eval
"POST /t HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
. "Content-Length: 20\r\n\r\npublic_token=body-33"
--- response_body eval: ::got('body-33', 'public_token=body-33')
--- calls: 1



=== TEST 34: already read, by a mirror in the same location
--- http_config
--- config
    location = /t {
        mirror          /mirror;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /mirror {
        internal;
        proxy_pass  http://app/mirrored;
    }
--- raw_request eval
["${main::Head}Content-Length: 20\r\n\r\npublic_", "token=body-34"]
--- raw_request_middle_delay: 0.05
--- response_body eval: ::got('body-34', 'public_token=body-34')
--- calls: 1
--- check eval: sub { Plaid::Side::await('app', 2) == 2 }



=== TEST 35: already read, then an internal redirect to where it is exchanged
--- config
    location = /t {
        mirror      /mirror;
        try_files   /nothing @app;
    }

    location @app {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /mirror {
        internal;
        return 204;
    }
--- form: public_token=body-35
--- response_body eval: ::got('body-35', 'public_token=body-35')
--- calls: 1



=== TEST 36: the same, from a file
--- config
    client_body_in_file_only clean;

    location = /t {
        mirror      /mirror;
        try_files   /nothing @app;
    }

    location @app {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /mirror {
        internal;
        return 204;
    }
--- form: public_token=body-36
--- response_body eval: ::got('body-36', 'public_token=body-36')
--- calls: 1



=== TEST 37: the app is asked again, with the whole body
--- http_config
    upstream app {
        server 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
        server 127.0.0.1:$TEST_NGINX_APP_PORT backup;
    }
--- location: client_body_in_file_only clean;
--- form: public_token=body-37
--- exchanged: body-37
--- calls: 1
--- error_log: connect() failed



=== TEST 38: passwords of no interest, but large: the app gets it all
--- location: client_body_buffer_size 1k; plaid_exchange_max_body 1k;
--- raw_request eval
my $body = "$main::Big&public_token=body-38";
"${main::Head}Content-Length: " . length($body) . "\r\n\r\n$body"
--- response_body eval: "POST /t\n\n$::Big&public_token=body-38\n"
--- calls: 0



=== TEST 39: the error page for a body that is too large, or cut
--- config
    error_page  400 413 /error.html;

    location = /t {
        plaid_exchange        bank;
        client_max_body_size  10;
        proxy_pass            http://app;
    }

    location = /error.html {
        plaid_exchange  bank;
    }
--- user_files
>>> error.html
the error page
--- raw_request eval
["${main::Chunked}14\r\npublic_token=body-39\r\n0\r\n\r\n"]
--- error_code: 413
--- response_body
the error page
--- calls: 0



=== TEST 40: the same, when the rest comes later
--- config
    error_page  413 /error.html;

    location = /t {
        plaid_exchange        bank;
        client_max_body_size  10;
        proxy_pass            http://app;
    }
--- user_files
>>> error.html
the error page
--- raw_request eval
["${main::Chunked}14\r\npublic", "_token=body-40\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- error_code: 413
--- response_body
the error page
--- calls: 0
