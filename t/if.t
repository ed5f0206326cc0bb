# plaid_exchange client if=...

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Config = <<'END';
    location /t {
        plaid_exchange  bank if=IF;
        add_header      X-Status $plaid_status;
        proxy_pass      http://app;
    }
END

push @Test::Nginx::Socket::ExtraSections, qw( if );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $if = $block->if // return;

    $if =~ s/\s+\z//;
    (my $config = $::Config) =~ s/IF/$if/;
    $block->set_value('config', $config);
});

run_tests();

__DATA__

=== TEST 1: a value
--- if: $arg_go
--- uri: /t?go=yes
--- form: public_token=if-1
--- exchanged: if-1
--- calls: 1



=== TEST 2: empty
--- if: $arg_go
--- form: public_token=if-2
--- passed
--- calls: 0



=== TEST 3: zero
--- if: $arg_go
--- uri: /t?go=0
--- form: public_token=if-3
--- passed
--- calls: 0



=== TEST 4: not just zero
--- if: $arg_go
--- uri: /t?go=00
--- form: public_token=if-4
--- exchanged: if-4
--- calls: 1



=== TEST 5: a map
--- http_config
    map $http_x_update $fresh { default 1; "yes" ""; }
--- if: $fresh
--- form: public_token=if-5
--- more_headers
X-Update: yes
--- response_body
POST /t
X-Update: yes

public_token=if-5
--- calls: 0



=== TEST 6: the same map, the other way
--- http_config
    map $http_x_update $fresh { default 1; "yes" ""; }
--- if: $fresh
--- form: public_token=if-6
--- exchanged: if-6
--- calls: 1



=== TEST 7: several variables
--- if: "$arg_a$arg_b"
--- uri: /t?b=1
--- form: public_token=if-7
--- exchanged: if-7
--- calls: 1



=== TEST 8: a constant
--- if: 0
--- form: public_token=if-8
--- passed
--- calls: 0



=== TEST 9: not exchanged, and required: the request is none of ours
--- config
    location = /t {
        plaid_exchange           bank if=$arg_go;
        plaid_exchange_required  on;
        add_header               X-Status $plaid_status;
        proxy_pass               http://app;
    }
--- form: a=b
--- passed
--- calls: 0



=== TEST 10: required, and wanted
--- config
    location = /t {
        plaid_exchange           bank if=$arg_go;
        plaid_exchange_required  on;
        proxy_pass               http://app;
    }
--- uri: /t?go=1
--- form: a=b
--- error_code: 400
--- calls: 0
--- app_calls: 0



=== TEST 11: the boundary does not depend on it
--- if: $arg_go
--- form: public_token=if-11
--- more_headers
X-Plaid-Access-Token: evil
--- passed
--- calls: 0



=== TEST 12: by what auth_request has found
--- config
    location = /t {
        auth_request      /auth;
        auth_request_set  $new $upstream_http_x_new;
        plaid_exchange    bank if=$new;
        add_header        X-Status $plaid_status;
        proxy_pass        http://app;
    }

    location = /auth {
        internal;
        proxy_pass              http://127.0.0.1:$TEST_NGINX_SERVER_PORT/new;
        proxy_pass_request_body off;
        proxy_set_header        Content-Length "";
    }

    location = /new {
        add_header X-New 1;
        return 204;
    }
--- form: public_token=if-12
--- exchanged: if-12
--- calls: 1
