# The data format, with nothing but nginx itself.  Runs under openresty's
# Test::Nginx::Socket as well, with the same number of assertions.

use Test::Nginx::Socket;

repeat_each(2);
no_long_string();
no_shuffle();

plan tests => repeat_each() * 59;

our $big = 'x' x 100_000;

run_tests();

__DATA__

=== TEST 1: a GET
--- config
    location = /t {
        add_header X-A b;
        add_header X-C "$http_connection $http_host";
        return 200 "hello $request_method\n";
    }
--- request
GET /t
--- response_body
hello GET
--- response_headers
X-A: b
X-C: close localhost
! X-B
--- no_error_log
[error]
[warn]



=== TEST 2: several requests, one of them in packets
--- config
    location = /a {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/b;
    }
    location = /b {
        return 200 "$content_length $http_x_y\n";
    }
--- request eval
["POST /a\nfoo=bar\n",
 ["POST ", "/a\nfo", {value => "o=barbaz", delay_before => 0.1}]]
--- more_headers eval
["X-Y: 1\n", "# a comment\nX-Y: 2\nHost: foo"]
--- response_body eval
["7 1\n", qr/^10 2$/]
--- error_code eval
[200, 200]
--- error_log
http upstream request
--- access_log
POST /a



=== TEST 3: a configuration that nginx refuses
--- config
    bogus on;
--- must_die
--- error_log
unknown directive "bogus"
--- suppress_stderr



=== TEST 4: the exit code of a refusal
--- config
    bogus on;
--- must_die: 1
--- suppress_stderr



=== TEST 5: a TCP mock
--- config
    location = /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
        proxy_read_timeout 2s;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 50ms
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nX-Q: rr\r\n\r\nabc"
--- tcp_query eval
qr/^GET \/ HTTP/
--- request
GET /t
--- response_body: abc
--- response_headers_like
X-Q: r+
--- raw_response_headers_like: X-Q: r
--- raw_response_headers_unlike: X-Z



=== TEST 6: a TCP mock on a unix socket
--- config
    location = /t {
        proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/html/mock.sock:/;
        proxy_set_header Host h;
    }
--- tcp_listen: $TEST_NGINX_SERVER_ROOT/html/mock.sock
--- tcp_query_len: 68
--- tcp_reply eval
sub { "HTTP/1.0 200 OK\r\n\r\n" . length $_[0] }
--- request
POST /t
{}
--- response_body_like: ^\d+$
--- ignore_response



=== TEST 7: pipelined requests
--- config
    location = /t {
        return 201 "x$arg_a";
    }
--- pipelined_requests eval
["GET /t?a=1", "GET /t?a=2", "GET /t?a=3"]
--- error_code eval
[201, 201, 201]
--- response_body eval
["x1", "x2", "x3"]



=== TEST 8: a raw request in two packets
--- config
    location = /t {
        return 200 "x$arg_a";
    }
--- raw_request eval
["GET /t?a=1 HTTP/1.0\r\n", "\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body_like: ^x\d$
--- grep_error_log eval: qr/http (?:request line|header done)/
--- grep_error_log_out
http request line
http header done



=== TEST 9: the client leaves
--- config
    location = /t {
        limit_rate 1;
        return 200 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    }
--- request
GET /t
--- abort
--- timeout: 0.2
--- ignore_response
--- no_error_log
[error]



=== TEST 10: lines at exit
--- config
    location = /t {
        return 204;
    }
--- request
GET /t
--- error_code_like: ^20[0-9]$
--- wait: 0.02
--- shutdown_error_log
exit
--- no_shutdown_error_log
[error]



=== TEST 11: user files
--- config
--- user_files
>>> a.txt 200801010000.00
port $TEST_NGINX_SERVER_PORT
>>> d/b.txt
b
--- request
# any comment

GET /a.txt
--- response_body
port $ServerPort
--- response_headers
Last-Modified: Tue, 01 Jan 2008 00:00:00 GMT



=== TEST 12: a chunked request and a body filter
--- config
    location = /a {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/b;
    }
    location = /b {
        return 200 $content_length;
    }
--- more_headers
Transfer-Encoding: chunked
--- request eval
"POST /a
3\r
abc\r
0\r
\r
"
--- response_body chop
1
--- response_body_filters: uc length



=== TEST 13: a large body that fills the socket
--- http_config
    client_body_buffer_size 8k;
--- config
    location = /a {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/b;
    }
    location = /b {
        return 200 "$content_length $http_content_type";
    }
--- more_headers
Content-Type: text/x-big
--- request eval
"PUT /a\n$::big"
--- response_body: 100000 text/x-big
--- response_headers_like
Content-Length: \d+



=== TEST 14: a chunked reply
--- config
    location = /a {
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
 "\r\n3\r\nabc\r\n", "2\r\nde\r\n0\r\n\r\n"]
--- request
GET /a
--- raw_response_headers_like: Transfer-Encoding: chunked
--- response_body: abcde



=== TEST 15: half-closed by the client
--- config
    location = /t {
        return 200 "closed";
    }
--- raw_request eval
"GET /t HTTP/1.0\r\n\r\n"
--- shutdown
--- response_body_unlike: open



=== TEST 16: HEAD, and a block's own log level
--- config
    location = /t {
        return 200 "twelve bytes";
    }
--- log_level: warn
--- init
$::done++;
--- request
HEAD /t
--- response_body:
--- response_headers
Content-Length: 12
--- no_error_log
http request line
--- no_access_log
GET



=== TEST 17: skipped by version
--- config
--- request
GET /
--- skip_nginx: 1: >= 1.0.0



=== TEST 18: skipped by code
--- config
--- request
GET /
--- skip_eval: 2: 1 == 1



=== TEST 19: to be done
--- config
--- request
GET /
--- todo: 1: later



=== TEST 20: skipped by name
--- SKIP
--- config
--- request
GET /
