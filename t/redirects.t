# Internal redirects: a token is exchanged once at most, and only a location
# that exchanges gets it.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

run_tests();

__DATA__

=== TEST 1: try_files to an app that is exchanged for
--- config
    location = /t {
        plaid_exchange  bank;
        try_files       $uri @app;
    }

    location @app {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status;
        proxy_pass      http://app;
    }
--- form: public_token=rd-1
--- exchanged: rd-1
--- calls: 1



=== TEST 2: the directive of the server
--- config
    plaid_exchange  bank;

    location = /t {
        try_files   $uri @app;
    }

    location @app {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- form: public_token=rd-2
--- exchanged: rd-2
--- calls: 1



=== TEST 3: try_files to where nothing is exchanged
--- config
    location = /t {
        plaid_exchange  bank;
        try_files       $uri @app;
    }

    location @app {
        proxy_set_header X-How "[$plaid_access_token]";
        proxy_pass       http://app;
    }
--- form: public_token=rd-3
--- response_body
POST /t
X-How: []

public_token=rd-3



=== TEST 4: try_files to an URI
--- config
    plaid_exchange  bank;

    location = /t {
        try_files   $uri /app?a=b;
    }

    location = /app {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- form: public_token=rd-4
--- response_body
POST /app?a=b
X-Plaid-Access-Token: access-rd-4
X-Plaid-Item-Id: item-rd-4
X-Plaid-Request-Id: req-rd-4
X-Plaid-Status: exchanged

public_token=rd-4
--- calls: 1



=== TEST 5: rewrite last
--- config
    plaid_exchange  bank;

    location = /t {
        rewrite ^ /app last;
    }

    location = /app {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app/t;
    }
--- form: public_token=rd-5
--- exchanged: rd-5
--- calls: 1



=== TEST 6: rewrite break
--- config
    location = /t {
        plaid_exchange  bank;
        rewrite ^ /u break;
        proxy_pass  http://app;
    }
--- form: public_token=rd-6
--- response_body_like: ^POST /u\nX-Plaid-Access-Token: access-rd-6\n
--- calls: 1



=== TEST 7: the app fails, and an error page asks another one
--- config
    plaid_exchange  bank;

    location = /t {
        proxy_intercept_errors on;
        error_page  503 = @second;
        proxy_pass  http://app;
    }

    location @second {
        plaid_exchange  bank;
        add_header  X-Status $plaid_status;
        rewrite     ^ /second break;
        proxy_pass  http://app;
    }
--- uri: /t?app=503
--- form: public_token=rd-7
--- response_body_like eval
qr{^POST /second\S* ?\nX-Plaid-Access-Token: access-rd-7\nX-Plaid-Item-Id: item-rd-7\n}
--- error_code: 503
--- calls: 1
--- app_calls: 2



=== TEST 8: the app cannot be reached, and an error page asks another one
--- config
    plaid_exchange  bank;

    location = /t {
        error_page  502 = @second;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @second {
        plaid_exchange  bank;
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- form: public_token=rd-8
--- exchanged: rd-8
--- calls: 1
--- error_log: connect() failed



=== TEST 9: the same, where nothing is exchanged
--- config
    location = /t {
        plaid_exchange  bank;
        error_page      502 = @second;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @second {
        proxy_set_header X-How "[$plaid_status][$plaid_access_token][$http_x_plaid_access_token]";
        proxy_pass  http://app;
    }
--- form: public_token=rd-9
--- response_body
POST /t
X-How: [exchanged][][]

public_token=rd-9
--- calls: 1
--- error_log: connect() failed



=== TEST 10: an error page by URI becomes a GET, and gets no token
--- config
    location = /t {
        plaid_exchange  bank;
        error_page      502 /sorry;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location = /sorry {
        proxy_pass  http://app;
    }
--- form: public_token=rd-10
--- error_code: 502
--- response_body_unlike: X-Plaid
--- error_log: connect() failed



=== TEST 11: X-Accel-Redirect to an app that is exchanged for
--- config
    plaid_exchange  bank;

    location = /t {
        proxy_pass  http://app;
    }

    location = /second {
        internal;
        plaid_exchange  bank;
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- uri: /t?accel=/second
--- form: public_token=rd-11
--- response_body_like: ^GET /second\nX-Plaid-Access-Token: access-rd-11\n
--- response_headers
X-Status: exchanged
--- calls: 1
--- app_calls: 2



=== TEST 12: to another client's location: not this token
--- http_config
    plaid_client other {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/ok;
        client_id    other;
        secret       s3cret;
    }
--- config
    location = /t {
        plaid_exchange  bank;
        try_files       /nothing @other;
    }

    location @other {
        plaid_exchange  other;
        add_header      X-Status $plaid_status;
        proxy_pass      http://app;
    }
--- form: public_token=rd-12
--- response_headers
X-Status: exchanged
--- response_body_like: X-Plaid-Access-Token: access-rd-12\n
--- calls: 1
--- sent
PLAID-CLIENT-ID: other



=== TEST 13: after the first app, another client's: no token, no second call
--- http_config
    plaid_client other {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/ok;
        client_id    other;
        secret       s3cret;
    }
--- config
    location = /t {
        plaid_exchange  bank;
        error_page      502 = @other;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @other {
        plaid_exchange  other;
        proxy_pass      http://app;
    }
--- form: public_token=rd-13
--- response_body
POST /t

public_token=rd-13
--- calls: 1
--- error_log: connect() failed



=== TEST 14: nothing found, then a redirect to where another field has it
--- config
    location = /t {
        plaid_exchange  bank;
        error_page      502 = @other;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @other {
        plaid_exchange        bank;
        plaid_exchange_field  token;
        add_header            X-Status $plaid_status;
        proxy_pass            http://app;
    }
--- form: token=rd-14
--- exchanged: rd-14
--- calls: 1
--- error_log: connect() failed



=== TEST 15: a failure is not tried again on the way to its error page
--- plaid: reset
--- config
    plaid_exchange  bank;

    location = /t {
        error_page  502 = @again;
        proxy_pass  http://app;
    }

    location @again {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- form: public_token=rd-15
--- response_body
POST /t

public_token=rd-15
--- response_headers
X-Status: unknown
--- calls: 1



=== TEST 16: several redirects, one call
--- config
    plaid_exchange  bank;

    location = /t {
        rewrite     ^ /u last;
    }

    location = /u {
        try_files   /nothing /v;
    }

    location = /v {
        error_page  502 = @w;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @w {
        rewrite     ^ /w?accel=/x break;
        proxy_pass  http://app;
    }

    location = /x {
        internal;
        plaid_exchange  bank;
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- form: public_token=rd-16
--- response_body_like: ^GET /x\nX-Plaid-Access-Token: access-rd-16\n
--- response_headers
X-Status: exchanged
--- calls: 1
--- app_calls: 2
--- error_log: connect() failed



=== TEST 17: the body after a redirect
--- config
    client_body_in_file_only clean;
    plaid_exchange  bank;

    location = /t {
        error_page  502 = @second;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @second {
        proxy_pass  http://app;
    }
--- form: public_token=rd-17&a=b
--- response_body_like: \n\npublic_token=rd-17&a=b\n\z
--- calls: 1
--- error_log: connect() failed



=== TEST 18: an index and a file are what they were
--- config
    location /t/ {
        plaid_exchange bank;
    }
--- user_files
>>> t/index.html
the index
--- request
GET /t/
--- response_body
the index



=== TEST 19: a POST to a file
--- config
    location /t/ {
        plaid_exchange bank;
    }
--- user_files
>>> t/index.html
the index
--- uri: /t/index.html
--- form: a=b
--- error_code: 405
--- calls: 0



=== TEST 20: a maintenance page is no app, where the server exchanges
--- http_config
    plaid_replay on grace=0;
--- config
    plaid_exchange  bank;

    location ~ /down {
        error_page  502 = @maint;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location @maint {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }

    location = /up {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- request eval
["POST /down\npublic_token=rd-maint", "POST /up\npublic_token=rd-maint",
 "POST /nested/down\npublic_token=rd-nested"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 3]
--- response_body_like eval
['^POST /down\n\npublic_token', 'X-Plaid-Access-Token: access-rd-maint\n',
 '^POST /nested/down\n\npublic_token']
--- response_headers eval
["X-Status: exchanged", "X-Status: replayed", "X-Status: exchanged"]
--- error_code eval: [200, 200, 200]
--- calls: 2



=== TEST 21: a nested location inherits, an "if" of the location does not
--- config
    location /t {
        plaid_exchange  bank;
        error_page      502 = /t/nested;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;

        location = /t/nested {
            proxy_pass  http://app;
        }
    }

    location /u {
        plaid_exchange  bank;
        error_page      502 = /v;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location = /v {
        plaid_exchange  bank;

        if ($uri) {
            set $any 1;
        }

        proxy_pass  http://app;

        limit_except PUT {
            allow all;
        }
    }
--- request eval
["POST /t\npublic_token=rd-nested-t", "POST /u\npublic_token=rd-nested-u"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- response_body_like eval
['^GET /t/nested\n\n?public_token',
 '^GET /v\nX-Plaid-Access-Token: access-rd-nested-u\n']
--- error_code eval: [200, 200]
--- error_log: connect() failed



=== TEST 22: not exchanged yet: as if it had come there first
--- config
    plaid_exchange  bank;

    location = /t {
        try_files   /nothing /u;
    }

    location = /u {
        proxy_pass  http://app;
    }
--- form: public_token=rd-first
--- response_body_like: X-Plaid-Access-Token: access-rd-first\n
--- calls: 1
