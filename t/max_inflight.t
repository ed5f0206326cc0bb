# So many exchanges at a time; what is beyond is answered at once.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our @Clients;

sub ::begin {
    my ($n, $name, $uri) = @_;

    my $held = Plaid::Side::ask('held');

    push @::Clients, map {
        Plaid::Side::post(Plaid::server_port(), $uri // '/t', "$name$_")
    } 1 .. $n;

    Plaid::Side::await('held', $held + $n);
}

sub ::finish {
    Plaid::Side::ask('release');

    my @all = splice @::Clients;

    return scalar grep { Plaid::Side::answer($_) =~ /access-/ } @all;
}

run_tests();

__DATA__

=== TEST 1: one more than allowed
--- plaid: hold
--- client: max_inflight 2;
--- init: ::begin(2, 'mi-1-');
--- form: public_token=mi-1
--- outcome: 503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES
--- calls: 2
--- app_calls: 2
--- check eval: sub { ::finish() == 2 }



=== TEST 2: as many as allowed
--- plaid: hold
--- client: max_inflight 3;
--- init: ::begin(2, 'mi-2-');
--- request
GET /t
--- check eval: sub { ::begin(1, 'mi-2b-'); ::finish() == 3 }
--- calls: 3



=== TEST 3: when one ends there is room
--- plaid: hold
--- client: max_inflight 1;
--- init: ::begin(1, 'mi-3-');
--- form: public_token=mi-3
--- outcome: 503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES
--- check eval: sub { ::finish() == 1 && do { ::begin(1, 'mi-3b-'); ::finish() == 1 } }
--- calls: 2
--- app_calls: 2



=== TEST 4: another client has its own
--- http_config
    plaid_client other {
        environment   http://127.0.0.1:$TEST_NGINX_PLAID_PORT/hold;
        client_id     other;
        secret        s3cret;
        max_inflight  1;
    }
--- config
    location = /other {
        plaid_exchange other;
        proxy_pass     http://app;
    }

    location = /t {
        plaid_exchange bank;
        add_header     X-Status $plaid_status;
        proxy_pass     http://app;
    }
--- client: max_inflight 1;
--- init: ::begin(1, 'mi-4-', '/other');
--- form: public_token=mi-4
--- exchanged: mi-4
--- check eval: sub { ::finish() == 1 }
--- calls: 2



=== TEST 5: what needs no call is not counted
--- plaid: hold
--- client: max_inflight 1;
--- init: ::begin(1, 'mi-5-');
--- form: a=b
--- passed
--- check eval: sub { ::finish() == 1 }
--- calls: 1



=== TEST 6: nor what is refused before
--- plaid: hold
--- client: max_inflight 1;
--- init: ::begin(1, 'mi-6-');
--- form: public_token=mi%206
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- check eval: sub { ::finish() == 1 }
--- calls: 1
--- app_calls: 1



=== TEST 7: failures give their place back
--- plaid: reset
--- client: max_inflight 1;
--- request eval: [map { "POST /t\npublic_token=mi-7-$_" } 1 .. 4]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 4]
--- error_code eval: [502, 502, 502, 502]
--- response_headers eval: [("X-Status: unknown") x 4]
--- calls: 4



=== TEST 8: so do those that could not connect
--- client: max_inflight 1; environment http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- request eval: [map { "POST /t\npublic_token=mi-8-$_" } 1 .. 4]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 4]
--- error_code eval: [502, 502, 502, 502]
--- response_headers eval: [("X-Error: EXCHANGE_ERROR/CONNECT_FAILED") x 4]



=== TEST 9: and those that were late
--- plaid: hang
--- client: max_inflight 1; timeout 100ms;
--- request eval: [map { "POST /t\npublic_token=mi-9-$_" } 1 .. 3]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 3]
--- error_code eval: [504, 504, 504]
--- response_headers eval: [("X-Status: unknown") x 3]
--- calls: 3



=== TEST 10: passed on
--- plaid: hold
--- client: max_inflight 1;
--- location: plaid_exchange_errors pass;
--- init: ::begin(1, 'mi-10-');
--- form: public_token=mi-10
--- response_body
POST /t
X-Plaid-Error-Code: TOO_MANY_EXCHANGES
X-Plaid-Error-Message: too many exchanges are in flight
X-Plaid-Error-Type: EXCHANGE_ERROR
X-Plaid-Status: failed

public_token=mi-10
--- check eval: sub { ::finish() == 1 }
--- calls: 1
