# Time limits.  What is asserted is how it ends, never how long it took.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

run_tests();

__DATA__

=== TEST 1: no answer
--- plaid: hang
--- client: timeout 200ms;
--- form: public_token=to-1
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1



=== TEST 2: nothing is read
--- client: timeout 200ms; environment http://127.0.0.1:$TEST_NGINX_SILENT_PORT;
--- form: public_token=to-2
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- check eval: sub { Plaid::Side::ask('connections') == 1 }



=== TEST 3: no connection: connect_timeout
--- client: connect_timeout 100ms; environment http://127.0.0.1:$TEST_NGINX_FULL_PORT;
--- form: public_token=to-3
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0



=== TEST 4: no connection: timeout
--- client: timeout 100ms; environment http://127.0.0.1:$TEST_NGINX_FULL_PORT;
--- form: public_token=to-4
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0



=== TEST 5: no TLS: it counts as connecting
--- client
connect_timeout 100ms;
environment https://127.0.0.1:$TEST_NGINX_SILENT_PORT;
--- form: public_token=to-5
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0
--- check eval: sub { Plaid::Side::ask('connections') == 2 }



=== TEST 6: no TLS: timeout
--- client
timeout 100ms;
environment https://127.0.0.1:$TEST_NGINX_SILENT_PORT;
--- form: public_token=to-6
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- check eval: sub { Plaid::Side::ask('connections') == 1 }



=== TEST 7: an answer that begins in time
--- plaid: drip.1
--- client: timeout 500ms;
--- form: public_token=to-7
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1



=== TEST 8: connect_timeout is no limit for the answer
--- plaid: slow.400
--- client: connect_timeout 200ms;
--- form: public_token=to-8
--- exchanged: to-8
--- calls: 1



=== TEST 9: the page of a timeout
--- plaid: hang
--- client: timeout 100ms;
--- form: public_token=to-9
--- error_code: 504
--- response_body_like: 504 Gateway Time-out



=== TEST 10: passed on
--- plaid: hang
--- client: timeout 100ms;
--- location: plaid_exchange_errors pass;
--- form: public_token=to-10
--- response_body_like: X-Plaid-Error-Code: TIMEOUT_AFTER_SEND\n.*X-Plaid-Status: unknown\n



=== TEST 11: a late answer is nobody's
--- plaid: hold
--- client: timeout 100ms;
--- request eval
["POST /t\npublic_token=to-11a", "POST /t\npublic_token=to-11b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [504, 504]
--- calls: 2
--- check eval
sub { Plaid::Side::ask('release'); Plaid::Side::await('open', 0) == 0 }



=== TEST 12: a Plaid that hangs holds up nobody else
--- plaid: hold
--- config
    location = /t {
        plaid_exchange bank;
        proxy_pass     http://app;
    }

    location = /other {
        return 200 "other\n";
    }
--- init
our @Slow = map {
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => Test::Nginx::Util::server_port());
    print $sock "POST /t HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"public_token\":\"to-12-$_\"}";
    $sock;
} 1 .. 5;
Plaid::Side::await('held', 5);
--- request
GET /other
--- response_body
other
--- calls: 5
--- check eval
sub {
    local $/;
    return 0 if Plaid::Side::ask('release') != 5;
    my @answers = map { readline $_ } @Test::Nginx::Util::Slow;
    return 5 == grep { /X-Plaid-Access-Token: access-to-12-\d\n/ } @answers;
}



=== TEST 13: time runs out in the pause after a 429
--- plaid: ratelimit.1
--- client: timeout 2s;
--- form: public_token=to-13
--- outcome: 503 rejected
--- timeout: 5s
