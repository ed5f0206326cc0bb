# What the app gets, over each of nginx's ways to an app.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid('http2_app');

our $Params = join '', map { "FASTCGI_param $_;\n" }
              'REQUEST_METHOD $request_method', 'REQUEST_URI $request_uri',
              'CONTENT_TYPE $content_type', 'CONTENT_LENGTH $content_length';

# "by: uwsgi" is a location with uwsgi_pass.

push @Test::Nginx::Socket::ExtraSections, qw( by more );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $by = $block->by // return;

    $by =~ s/\s+\z//;

    my $more = $block->more // '';
    (my $params = $::Params . $more) =~ s/FASTCGI/$by/g;

    $block->set_value('config', <<"END");
    location /t {
        plaid_exchange bank;
        add_header     X-Status \$plaid_status;
        $params
        ${by}_pass     127.0.0.1:\$TEST_NGINX_APP_PORT;
    }
END
});

# A success, as parameters of CGI.

sub ::cgi {
    my ($token, $body, @more) = @_;

    return join '', "POST /t\n", @more,
           "HTTP_X_PLAID_ACCESS_TOKEN: access-$token\n",
           "HTTP_X_PLAID_ITEM_ID: item-$token\n",
           "HTTP_X_PLAID_REQUEST_ID: req-$token\n",
           "HTTP_X_PLAID_STATUS: exchanged\n\n$body\n";
}

run_tests();

__DATA__

=== TEST 1: proxy
--- form: public_token=out-1&a=b
--- more_headers
Cookie: c=d
X-Other: e
--- response_body
POST /t
Cookie: c=d
X-Other: e
X-Plaid-Access-Token: access-out-1
X-Plaid-Item-Id: item-out-1
X-Plaid-Request-Id: req-out-1
X-Plaid-Status: exchanged

public_token=out-1&a=b
--- response_headers
X-App-Type: application/x-www-form-urlencoded
X-App-Length: 22



=== TEST 2: proxy, by a unix socket and HTTP/1.1
--- http_config
    upstream app {
        server unix:$TEST_NGINX_APP_SOCK;
        keepalive 2;
    }
--- location: proxy_http_version 1.1; proxy_set_header Connection "";
--- form: public_token=out-2
--- exchanged: out-2



=== TEST 3: FastCGI
--- by: fastcgi
--- form: public_token=out-3
--- response_body eval: ::cgi('out-3', 'public_token=out-3')
--- response_headers
X-Status: exchanged
X-App-Length: 18
--- calls: 1



=== TEST 4: SCGI
--- by: scgi
--- form: public_token=out-4
--- response_body eval: ::cgi('out-4', 'public_token=out-4')
--- response_headers
X-Status: exchanged
--- calls: 1



=== TEST 5: uwsgi
--- by: uwsgi
--- form: public_token=out-5
--- response_body eval: ::cgi('out-5', 'public_token=out-5')
--- response_headers
X-Status: exchanged
--- calls: 1



=== TEST 6: gRPC
--- config
    location /t {
        plaid_exchange bank;
        add_header     X-Status $plaid_status;
        grpc_pass      127.0.0.1:$TEST_NGINX_APP_H2_PORT;
    }
--- form: public_token=out-6
--- response_body
POST /t
x-plaid-access-token: access-out-6
x-plaid-item-id: item-out-6
x-plaid-request-id: req-out-6
x-plaid-status: exchanged

public_token=out-6
--- calls: 1



=== TEST 7: FastCGI, spoofed in every way that would be the same parameter
--- by: fastcgi
--- http_config
    underscores_in_headers on;
    ignore_invalid_headers off;
--- form: public_token=out-7
--- more_headers
X-Plaid-Access-Token: evil
X_Plaid_Access_Token: evil
x-plaid-status: evil
X-Kept: yes
--- response_body eval: ::cgi('out-7', 'public_token=out-7', "HTTP_X_KEPT: yes\n")



=== TEST 8: SCGI, spoofed
--- by: scgi
--- http_config
    underscores_in_headers on;
    ignore_invalid_headers off;
--- form: public_token=out-8
--- more_headers
X-Plaid-Access-Token: evil
X_Plaid_Access_Token: evil
--- response_body eval: ::cgi('out-8', 'public_token=out-8')



=== TEST 9: uwsgi, spoofed
--- by: uwsgi
--- http_config
    underscores_in_headers on;
    ignore_invalid_headers off;
--- form: public_token=out-9
--- more_headers
X-Plaid-Access-Token: evil
X_Plaid_Access_Token: evil
--- response_body eval: ::cgi('out-9', 'public_token=out-9')



=== TEST 10: FastCGI, spoofed where nothing is exchanged
--- by: fastcgi
--- http_config
    underscores_in_headers on;
    ignore_invalid_headers off;
--- form: a=b
--- more_headers
X-Plaid-Access-Token: evil
X_Plaid.Access-Token: evil
--- response_body
POST /t

a=b
--- calls: 0



=== TEST 11: FastCGI, by a parameter of its own
--- by: fastcgi
--- more: fastcgi_param HTTP_X_MINE $plaid_access_token;
--- form: public_token=out-11
--- response_body_like: HTTP_X_MINE: access-out-11\n



=== TEST 12: FastCGI, a large body in a file
--- by: fastcgi
--- more: client_body_buffer_size 16; client_body_in_file_only clean;
--- form: public_token=out-12&x=12345678901234567890
--- response_body eval: ::cgi('out-12', 'public_token=out-12&x=12345678901234567890')



=== TEST 13: FastCGI without buffering of requests
--- by: fastcgi
--- more: fastcgi_request_buffering off;
--- form: public_token=out-13
--- response_body eval: ::cgi('out-13', 'public_token=out-13')



=== TEST 14: uwsgi without buffering of requests
--- by: uwsgi
--- more: uwsgi_request_buffering off;
--- form: public_token=out-14
--- response_body eval: ::cgi('out-14', 'public_token=out-14')



=== TEST 15: FastCGI, errors pass
--- by: fastcgi
--- more: plaid_exchange_errors pass;
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- form: public_token=out-15
--- response_body
POST /t
HTTP_X_PLAID_ERROR_CODE: INVALID_PUBLIC_TOKEN
HTTP_X_PLAID_ERROR_MESSAGE: the message of INVALID_PUBLIC_TOKEN
HTTP_X_PLAID_ERROR_TYPE: INVALID_INPUT
HTTP_X_PLAID_REQUEST_ID: req-error
HTTP_X_PLAID_STATUS: rejected

public_token=out-15



=== TEST 16: another header
--- location: plaid_exchange_header X-Bank-Token;
--- form: public_token=out-16
--- response_body
POST /t
X-Bank-Token: access-out-16
X-Plaid-Item-Id: item-out-16
X-Plaid-Request-Id: req-out-16
X-Plaid-Status: exchanged

public_token=out-16



=== TEST 17: another header, and the client's own is gone
--- location: plaid_exchange_header X-Bank-Token;
--- form: public_token=out-17
--- more_headers
X-Bank-Token: evil
x_bank_token: evil
--- response_body
POST /t
X-Bank-Token: access-out-17
X-Plaid-Item-Id: item-out-17
X-Plaid-Request-Id: req-out-17
X-Plaid-Status: exchanged

public_token=out-17



=== TEST 18: a reply without ids
--- plaid: odd.alone
--- form: public_token=out-18
--- response_body
POST /t
X-Plaid-Access-Token: access-alone
X-Plaid-Status: exchanged

public_token=out-18



=== TEST 19: ids that are no header values are left out
--- plaid: odd.evilid
--- form: public_token=out-19
--- response_body
POST /t
X-Plaid-Access-Token: access-evilid
X-Plaid-Status: exchanged

public_token=out-19



=== TEST 20: what the app answers is the answer
--- uri: /t?app=500
--- form: public_token=out-20
--- error_code: 500
--- response_body_like: X-Plaid-Access-Token: access-out-20\n
--- response_headers
X-Status: exchanged
--- calls: 1



=== TEST 21: the browser gets no header of ours
--- form: public_token=out-21
--- exchanged: out-21
--- raw_response_headers_unlike: (?i)\nX-Plaid|access-out



=== TEST 22: an app with keepalive: a token, then nobody's request
--- http_config
    upstream app {
        server    127.0.0.1:$TEST_NGINX_APP_PORT;
        keepalive 2;
    }
--- location: proxy_http_version 1.1; proxy_set_header Connection "";
--- request eval
["POST /t\npublic_token=out-22", "GET /t", "POST /t\na=b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 3]
--- response_body eval
["POST /t\nX-Plaid-Access-Token: access-out-22\nX-Plaid-Item-Id: item-out-22\n"
 . "X-Plaid-Request-Id: req-out-22\nX-Plaid-Status: exchanged\n\n"
 . "public_token=out-22\n",
 "GET /t\n", "POST /t\n\na=b\n"]
--- calls: 1
