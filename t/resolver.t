# Names, resolved by nginx at run time.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Resolver = 'resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;';

# "named: ok" is an environment at ok.test.

push @Test::Nginx::Socket::ExtraSections, qw( named );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $name = $block->named // return;

    $name =~ s/\s+\z//;

    my $client = $block->client // '';

    $client .= $::Resolver if $client !~ /resolver /;

    $block->set_value('client', "environment http://$name.test:"
                      . "\$TEST_NGINX_PLAID_PORT; $client");
});

run_tests();

__DATA__

=== TEST 1: a name
--- named: ok
--- form: public_token=rs-1
--- exchanged: rs-1
--- calls: 1
--- sent eval: qr/\r\nHost: ok\.test:\d+\r\n/
--- check eval: sub { Plaid::Side::ask('names') == 1 }



=== TEST 2: the resolver of http
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- client: environment http://ok.test:$TEST_NGINX_PLAID_PORT;
--- form: public_token=rs-2
--- exchanged: rs-2
--- check eval: sub { Plaid::Side::ask('names') == 1 }



=== TEST 3: the client's goes first
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- named: ok
--- form: public_token=rs-3
--- exchanged: rs-3



=== TEST 4: it is remembered
--- named: ok
--- request eval
["POST /t\npublic_token=rs-4a", "POST /t\npublic_token=rs-4b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [200, 200]
--- calls: 2
--- client: resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off valid=1m;
--- check eval: sub { Plaid::Side::ask('names') == 1 }



=== TEST 5: no such name
--- named: none
--- form: public_token=rs-5
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
--- error_log eval: qr/\[error\] .*plaid exchange failed: connect \(/



=== TEST 6: no address
--- named: empty
--- form: public_token=rs-6
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 7: a server that fails
--- named: broken
--- client: resolver_timeout 300ms;
--- form: public_token=rs-7
--- error_code_like: ^50[24]$
--- response_headers
X-Status: failed
--- calls: 0



=== TEST 8: no answer
--- named: silent
--- client: resolver_timeout 200ms;
--- form: public_token=rs-8
--- error_code_like: ^50[24]$
--- response_headers
X-Status: failed
--- calls: 0



=== TEST 9: no answer until it is too late
--- named: silent
--- client: timeout 200ms;
--- form: public_token=rs-9
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0



=== TEST 10: two addresses, one of them dead
--- named: two
--- client: keepalive 0;
--- request eval: [map { "POST /t\npublic_token=rs-10$_" } 1 .. 6]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 6]
--- error_code eval: [(200) x 6]
--- response_body_like eval: [map { "access-rs-10$_" } 1 .. 6]
--- calls: 6



=== TEST 11: two addresses, both dead
--- named: dead
--- form: public_token=rs-11
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 12: a name in capitals
--- named: OK
--- form: public_token=rs-12
--- exchanged: rs-12
--- calls: 1



=== TEST 13: a name that nobody can resolve, at start
--- client: environment http://nobody-invalid:$TEST_NGINX_PLAID_PORT;
--- request
GET /t
--- must_die
--- error_log eval: qr/\[emerg\] .*nobody-invalid/
--- suppress_stderr



=== TEST 14: the client goes while the name is looked up
--- named: silent
--- client: timeout 300ms;
--- form: public_token=rs-14
--- timeout: 0.1
--- abort
--- ignore_response
--- wait: 0.5
--- calls: 0



=== TEST 15: errors pass
--- named: none
--- location: plaid_exchange_errors pass;
--- form: public_token=rs-15
--- response_body_like: X-Plaid-Error-Code: CONNECT_FAILED\n.*X-Plaid-Status: failed\n



=== TEST 16: a proxy by its name
--- client eval
'proxy_url http://ok.test:$TEST_NGINX_PROXY_PORT;' . $main::Resolver
--- form: public_token=rs-16
--- exchanged: rs-16
--- calls: 1
--- check eval
sub { Plaid::Side::ask('names') == 1 && Plaid::Side::ask('tunnels') == 1 }



=== TEST 17: Plaid's own names are asked for, whatever writes to them
--- client: environment sandbox; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- form: public_token=public-sandbox-rs-17
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
--- check eval: sub { Plaid::Side::ask('names') == 1 }



=== TEST 18: and those of the legacy API
--- client: environment legacy_production; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- form: public_token=rs-18
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 19: and through a proxy
--- client: environment production; proxy_url http://Ok.Test:$TEST_NGINX_REFUSED_PORT; resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
--- form: public_token=public-production-rs-19
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
