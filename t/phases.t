# What comes before the exchange: a request that is turned away is not
# exchanged.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Head = "POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            . "Content-Type: application/x-www-form-urlencoded\r\n"
            . "Content-Length: 17\r\n\r\n";

our $Auth = <<'END';
    location = /t {
        auth_request    /auth;
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://app;
    }

    location = /auth {
        internal;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_pass http://app/auth?app=CODE;
    }
END

sub ::auth {
    my ($code) = @_;

    (my $config = $::Auth) =~ s/CODE/$code/;

    return $config;
}

run_tests();

__DATA__

=== TEST 1: limit_req
--- http_config
    limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;
--- location: limit_req zone=one; limit_req_status 429;
--- request eval
["POST /t\npublic_token=ph-1a", "POST /t\npublic_token=ph-1b",
 "POST /t\npublic_token=ph-1c"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 3]
--- error_code eval: [200, 429, 429]
--- response_headers eval
["X-Status: exchanged", "X-Status: -", "X-Status: -"]
--- calls: 1
--- app_calls: 1



=== TEST 2: limit_req with a delay
--- http_config
    limit_req_zone $binary_remote_addr zone=one:1m rate=10r/s;
--- location: limit_req zone=one burst=5;
--- request eval
["POST /t\npublic_token=ph-2a", "POST /t\npublic_token=ph-2b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [200, 200]
--- response_headers eval
["X-Status: exchanged", "X-Status: exchanged"]
--- calls: 2



=== TEST 3: limit_conn
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:1m;
--- location: limit_conn one 1;
--- form: public_token=ph-3
--- exchanged: ph-3
--- calls: 1



=== TEST 4: deny
--- location: deny all;
--- form: public_token=ph-4
--- error_code: 403
--- response_headers
X-Status: -
--- calls: 0
--- app_calls: 0
--- error_log: access forbidden by rule



=== TEST 5: allow
--- location: allow 127.0.0.1; deny all;
--- form: public_token=ph-5
--- exchanged: ph-5
--- calls: 1



=== TEST 6: auth_basic, without a password
--- location: auth_basic x; auth_basic_user_file html/users;
--- user_files
>>> users
test:{PLAIN}test
--- form: public_token=ph-6
--- error_code: 401
--- calls: 0
--- app_calls: 0



=== TEST 7: auth_basic
--- location: auth_basic x; auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/users;
--- user_files
>>> users
test:{PLAIN}test
--- form: public_token=ph-7
--- more_headers
Authorization: Basic dGVzdDp0ZXN0
--- response_body_like: X-Plaid-Access-Token: access-ph-7\n
--- calls: 1



=== TEST 8: auth_request refuses
--- config eval: ::auth(401)
--- form: public_token=ph-8
--- error_code: 401
--- response_headers
X-Status: -
--- calls: 0
--- app_calls: 1



=== TEST 9: auth_request forbids
--- config eval: ::auth(403)
--- form: public_token=ph-9
--- error_code: 403
--- calls: 0
--- app_calls: 1



=== TEST 10: auth_request fails
--- config eval: ::auth(500)
--- form: public_token=ph-10
--- error_code: 500
--- calls: 0
--- app_calls: 1
--- error_log: auth request unexpected status: 500



=== TEST 11: auth_request lets it pass
--- config eval: ::auth(200)
--- form: public_token=ph-11
--- exchanged: ph-11
--- calls: 1
--- app_calls: 2



=== TEST 12: auth_request, and a body in two packets
--- config eval: ::auth(200)
--- raw_request eval: ["${main::Head}public_to", "ken=ph12"]
--- raw_request_middle_delay: 0.1
--- response_body_like: X-Plaid-Access-Token: access-ph12?\n.*\n\npublic_token=ph12?\n
--- response_headers
X-Status: exchanged
--- calls: 1
--- app_calls: 2



=== TEST 13: auth_request, and a body in many packets
--- config eval: ::auth(200)
--- raw_request eval: [split(/(?<=\n)/, $main::Head), split //, "public_token=ph13"]
--- raw_request_middle_delay: 0.01
--- response_body_like: \n\npublic_token=ph13\n
--- response_headers
X-Status: exchanged
--- calls: 1



=== TEST 14: auth_request refuses, and the body comes late
--- config eval: ::auth(401)
--- raw_request eval: [$main::Head, "public_token=ph14"]
--- raw_request_middle_delay: 0.1
--- error_code: 401
--- calls: 0



=== TEST 15: satisfy any: one of them is enough
--- config
    location = /t {
        satisfy         any;
        allow           127.0.0.1;
        deny            all;
        auth_request    /auth;
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://app;
    }

    location = /auth {
        internal;
        return 401;
    }
--- form: public_token=ph-15
--- exchanged: ph-15
--- calls: 1



=== TEST 16: satisfy any: none
--- config
    location = /t {
        satisfy         any;
        deny            all;
        auth_request    /auth;
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://app;
    }

    location = /auth {
        internal;
        return 401;
    }
--- form: public_token=ph-16
--- error_code: 401
--- calls: 0
--- app_calls: 0



=== TEST 17: satisfy any: an exchange is no credential
--- config
    location = /t {
        satisfy         any;
        deny            all;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }
--- form: public_token=ph-17
--- error_code: 403
--- calls: 0
--- error_log: access forbidden by rule



=== TEST 18: satisfy all, a token that is refused
--- location: satisfy all; allow 127.0.0.1; deny all;
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- form: public_token=ph-18
--- outcome: 400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN
--- calls: 1



=== TEST 19: return comes first
--- config
    location = /t {
        plaid_exchange bank;
        return 200 "no app\n";
    }
--- form: public_token=ph-19
--- response_body
no app
--- calls: 0



=== TEST 20: limit_except
--- location: limit_except GET { deny all; }
--- form: public_token=ph-20
--- error_code: 403
--- calls: 0
--- app_calls: 0
--- error_log: access forbidden by rule



=== TEST 21: internal
--- location: internal;
--- form: public_token=ph-21
--- error_code: 404
--- calls: 0
--- app_calls: 0



=== TEST 22: realip
--- location: set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; deny 192.0.2.1;
--- form: public_token=ph-22
--- more_headers
X-Real-IP: 192.0.2.1
--- error_code: 403
--- calls: 0
--- error_log: access forbidden by rule



=== TEST 23: limit_rate and a slow answer
--- plaid: slow.100
--- location: limit_rate 100k;
--- form: public_token=ph-23
--- exchanged: ph-23



=== TEST 24: keepalive_requests, lingering, resets: the connection is in order
--- pipelined_requests eval
["POST /t\npublic_token=ph-24a", "GET /t", "POST /t\npublic_token=ph-24b"]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_headers eval
["X-Status: exchanged", "X-Status: -", "X-Status: exchanged"]
--- response_body_like eval
['access-ph-24a.*public_token=ph-24a', '^GET /t\n\z',
 'access-ph-24b.*public_token=ph-24b']
--- calls: 2
