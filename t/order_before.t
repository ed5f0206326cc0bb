# A module that ends POST_READ for each request, loaded before ours: the header
# boundary holds all the same.

use strict;
use warnings;

use lib 't';
use Plaid::Module before => 'post_read';
use Plaid 'no_plan';

plaid();

run_tests();

__DATA__

=== TEST 1: a header of ours from a client
--- config
    location = /t {
        set $early "[$http_x_plaid_access_token]";
        proxy_set_header X-Early $early;
        proxy_pass http://app;
    }
--- request
GET /t
--- more_headers
X-Plaid-Access-Token: FORGED
--- response_body
GET /t
X-Early: []
--- no_error_log: test module has seen



=== TEST 2: the same beside a token
--- form: public_token=order-2
--- more_headers
X-Plaid-Access-Token: FORGED
--- response_body
POST /t
X-Plaid-Access-Token: access-order-2
X-Plaid-Item-Id: item-order-2
X-Plaid-Request-Id: req-order-2
X-Plaid-Status: exchanged

public_token=order-2
--- no_error_log: test module has seen



=== TEST 3: a redirect with a token, and a bad request
--- config
    error_page 400 = @app;

    location = /t {
        plaid_exchange  bank;
        error_page      502 = @app;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @app {
        proxy_pass http://app;
    }
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n"
 . "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
 . "public_token=order-3",
 "GET /t HTTP/1.1\r\nX-Plaid-Status: exchanged\r\nConnection: close\r\n\r\n"]
--- error_code eval: [200, 200]
--- response_body_unlike eval: [('X-Plaid') x 2]
--- error_log: connect() failed
--- no_error_log: test module has seen
--- calls: 1
