# Which directives reach where, and what cancels them.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

run_tests();

__DATA__

=== TEST 1: of the server
--- config
    plaid_exchange bank;

    location = /t {
        add_header  X-Status $plaid_status;
        proxy_pass  http://app;
    }
--- form: public_token=in-1
--- exchanged: in-1
--- calls: 1



=== TEST 2: cancelled in a location
--- config
    plaid_exchange bank;

    location = /t {
        plaid_exchange off;
        add_header     X-Status $plaid_status;
        proxy_pass     http://app;
    }
--- form: public_token=in-2
--- passed
--- calls: 0



=== TEST 3: of an outer location, cancelled in an inner one
--- config
    location /t {
        plaid_exchange bank;
        proxy_pass     http://app;
        add_header     X-Status $plaid_status;

        location = /t/off {
            plaid_exchange off;
            proxy_pass     http://app;
        }

        location = /t/on {
            proxy_pass     http://app;
        }
    }
--- uri: /t/off
--- form: public_token=in-3
--- passed
--- calls: 0



=== TEST 4: and not cancelled in another
--- config
    location /t {
        plaid_exchange bank;
        add_header     X-Status $plaid_status;

        location = /t/on {
            proxy_pass     http://app;
        }
    }
--- uri: /t/on
--- form: public_token=in-4
--- exchanged: in-4
--- calls: 1



=== TEST 5: in an if
--- config
    location = /t {
        plaid_exchange bank;
        add_header     X-Status $plaid_status;

        if ($arg_x) {
            proxy_pass http://app;
        }

        proxy_pass http://app;
    }
--- uri: /t?x=1
--- form: public_token=in-5
--- exchanged: in-5
--- calls: 1



=== TEST 6: another client in a location
--- http_config
    plaid_client other {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
        client_id    other-id;
        secret       other-s3cret;
    }
--- config
    plaid_exchange bank;

    location = /t {
        plaid_exchange other;
        add_header     X-Status $plaid_status;
        proxy_pass     http://app;
    }
--- form: public_token=in-6
--- exchanged: in-6
--- calls: 1
--- sent
PLAID-CLIENT-ID: other-id
PLAID-SECRET: other-s3cret
! the-id



=== TEST 7: a client defined after its use
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        plaid_exchange late;
        location / { proxy_pass http://app; }
    }
    plaid_client late {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
        client_id    late-id;
        secret       late-s3cret;
    }
--- config
    location = /t {
        plaid_exchange late;
        add_header     X-Status $plaid_status;
        proxy_pass     http://app;
    }
--- form: public_token=in-7
--- exchanged: in-7
--- calls: 1



=== TEST 8: settings of http
--- http_config
    plaid_exchange_field    token;
    plaid_exchange_header   X-Bank;
    plaid_exchange_required on;
    plaid_exchange_errors   pass;
    plaid_exchange_max_body 30;
--- form: token=in-8
--- response_body
POST /t
X-Bank: access-in-8
X-Plaid-Item-Id: item-in-8
X-Plaid-Request-Id: req-in-8
X-Plaid-Status: exchanged

token=in-8
--- calls: 1



=== TEST 9: errors pass, of http
--- http_config
    plaid_exchange_errors   pass;
--- form: public_token=in%209
--- response_body_like: X-Plaid-Error-Code: INVALID_PUBLIC_TOKEN\n
--- calls: 0



=== TEST 10: overridden in a location
--- http_config
    plaid_exchange_field    token;
    plaid_exchange_header   X-Bank;
    plaid_exchange_required on;
    plaid_exchange_errors   pass;
    plaid_exchange_max_body 3;
--- location
plaid_exchange_field    public_token;
plaid_exchange_header   X-Plaid-Access-Token;
plaid_exchange_required off;
plaid_exchange_errors   reject;
plaid_exchange_max_body 1k;
--- form: public_token=in-10
--- exchanged: in-10
--- calls: 1



=== TEST 11: fields are replaced, not added
--- http_config
    plaid_exchange_field a b;
--- location: plaid_exchange_field c;
--- form: a=in-11&b=in-11
--- passed
--- calls: 0



=== TEST 12: a name of its own in each location, one request
--- config
    location = /t {
        plaid_exchange         bank;
        plaid_exchange_header  X-One;
        proxy_pass             http://app;
    }

    location = /u {
        plaid_exchange         bank;
        plaid_exchange_header  X-Two;
        proxy_pass             http://app;
    }
--- form: public_token=in-12
--- more_headers
X-Two: evil
X-One: evil
--- response_body
POST /t
X-One: access-in-12
X-Plaid-Item-Id: item-in-12
X-Plaid-Request-Id: req-in-12
X-Plaid-Status: exchanged

public_token=in-12



=== TEST 13: twice
--- config
    location = /t {
        plaid_exchange bank;
        plaid_exchange off;
    }
--- request
GET /t
--- must_die
--- error_log: "plaid_exchange" directive is duplicate
--- suppress_stderr



=== TEST 14: in http it has no place
--- http_config
    plaid_exchange bank;
--- config
    location = /t { }
--- request
GET /t
--- must_die
--- error_log: "plaid_exchange" directive is not allowed here
--- suppress_stderr
