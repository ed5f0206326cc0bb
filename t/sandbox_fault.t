# Faults on request, by directive, by header and by token.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();

our $Form = "Content-Type: application/x-www-form-urlencoded\n";
our $Body = 'client_id=test_id&secret=test_secret&public_token=';

run_tests();

__DATA__

=== TEST 1: a status, for every call of a location but the operator's own
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  status=429 retry_after=7;
    }
--- request eval
["POST /exchange_token\n$::Body" . 'test,chase,connected',
 'GET /institutions', 'GET /sandbox/_stats']
--- more_headers eval: $::Form
--- error_code eval: [429, 429, 200]
--- response_body_like eval: [qr/^$/, qr/^$/, qr/"faults":[2-9]/]
--- response_headers eval
["Retry-After: 7", "Retry-After: 7", "! Retry-After"]



=== TEST 2: an error of either generation
--- config
    location /a/ {
        plaid_sandbox;
        plaid_sandbox_fault  error=RATE_LIMIT;
    }

    location /b/ {
        plaid_sandbox;
        plaid_sandbox_fault  error=1800;
    }
--- request eval: ['GET /a/institutions', 'GET /b/institutions']
--- error_code eval: [429, 503]
--- response_body_like eval
[qr/"error_type":"RATE_LIMIT_EXCEEDED","error_code":"RATE_LIMIT"/,
 qr/^\{"code":1800,"message":"planned maintenance"/]



=== TEST 3: the first rule that fits; off in a location
--- http_config
    plaid_sandbox_fault  status=503 if=$arg_down;
    plaid_sandbox_fault  status=502;
--- config
    location / {
        plaid_sandbox;
    }

    location /never/ {
        plaid_sandbox;
        plaid_sandbox_fault  status=500 rate=0%;
    }

    location /off/ {
        plaid_sandbox;
        plaid_sandbox_fault  off;
    }
--- request eval
['GET /institutions?down=1', 'GET /institutions?down=0', 'GET /institutions',
 'GET /never/institutions', 'GET /off/institutions']
--- error_code eval: [503, 502, 502, 200, 200]



=== TEST 4: garbage, oversized, redirect
--- config
    location / {
        plaid_sandbox;
    }
--- request eval
[("POST /exchange_token\n$::Body" . 'test,chase,connected') x 3]
--- more_headers eval
[map { $::Form . "Plaid-Sandbox-Fault: $_\n" }
     'garbage', 'oversized=40000', 'redirect=https://example.com/x']
--- error_code eval: [200, 200, 302]
--- response_body_like eval
[qr/not quite JSON/, qr/^\{"padding":"x{40000}"\}$/, qr/^$/]
--- response_headers eval
["Content-Length: 104", "Content-Length: 40014",
 "Location: https://example.com/x"]



=== TEST 5: a header that asks for nothing known
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /institutions
--- more_headers
Plaid-Sandbox-Fault: rest
--- error_code: 501
--- error_log
invalid fault "rest" was asked of plaid_sandbox



=== TEST 6: a reset, before the token is used
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my $t = 'public-sandbox-fault-reset-1';

    my ($status) = current('/item/public_token/exchange',
                           { public_token => $t });

    is($status, 599, 'no answer');

    my $count = stats($t);

    is("$count->{asked} $count->{given}", '1 0', 'asked for, not given');
}



=== TEST 7: half a reply, and one lost, of a token used up
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    for my $fault ('half', 'lost', 'lost-100') {
        my $t = "public-sandbox-fault-$fault-x1-t7";

        my ($status) = current('/item/public_token/exchange',
                               { public_token => $t });

        is($status, 599, "$fault: no whole answer");

        my $count = stats($t);

        is("$count->{asked} $count->{given}", '1 1', "$fault: used up");

        said('400 INVALID_PUBLIC_TOKEN',
             [current('/item/public_token/exchange', { public_token => $t })],
             "$fault: gone");
    }
}



=== TEST 8: a fault for the first time only
--- config
    location / {
        plaid_sandbox;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my $t = 'public-sandbox-fault-status-429-after-3-x2-any';
    my @answer = map { [current('/item/public_token/exchange',
                                { public_token => $t })] } 1 .. 3;

    is("@{[map { $_->[0] } @answer]}", '429 429 200', 'then it works');
    is($answer[0][2]{'retry-after'}, 3, 'with advice');
}



=== TEST 9: latency holds up nobody else
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  latency=1500 if=$arg_slow;
    }
--- request eval: ['GET /institutions?slow=1', 'GET /institutions']
--- story eval
sub {
    my $begun = time();
    my $pid = fork();

    if (!$pid) {
        get('/institutions?slow=1');
        POSIX::_exit(0);
    }

    select(undef, undef, undef, 0.2);
    my ($status) = get('/institutions');

    is($status, 200, 'another call');
    ok(time() - $begun <= 1, 'is not held up');
    waitpid($pid, 0);
    ok(time() - $begun >= 1, 'the slow one is');
}
--- timeout: 5



=== TEST 10: a drip is whole in the end
--- config
    location / {
        plaid_sandbox;
    }
--- request eval
"POST /exchange_token\n$::Body" . 'test,fault-drip-3,connected'
--- more_headers eval: $::Form
--- response_body chomp
{"access_token":"test_wells"}



=== TEST 11: a client that leaves while it waits
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  hang=5000;
    }
--- request
GET /institutions
--- timeout: 300ms
--- abort
--- ignore_response
--- wait: 0.3
--- error_log
client prematurely closed connection



=== TEST 12: hanging ends
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  hang=700 if=$arg_hang;
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my ($status) = get('/institutions?hang=1');

    is($status, 599, 'no answer ever');
}



=== TEST 13: legacy tokens ask for faults too
--- config
    location / {
        plaid_sandbox;
    }
--- request eval
[map { "POST /exchange_token\n$::Body" . "test,fault-$_,connected" }
     'error-1106', 'status-500-abc', 'nothing-known']
--- more_headers eval: $::Form
--- error_code eval: [401, 500, 200]
--- response_body_like eval
[qr/"code":1106/, qr/^$/, qr/"test_wells"/]



=== TEST 14: a fault misspelt in the configuration
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  latency;
    }
--- must_die
--- suppress_stderr
--- error_log
invalid parameter "latency" of "plaid_sandbox_fault"



=== TEST 15: a rate beyond all
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  hang rate=101%;
    }
--- must_die
--- suppress_stderr
--- error_log
invalid parameter "rate=101%" of "plaid_sandbox_fault"



=== TEST 16: an error that Plaid has not
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  error=NO_SUCH_CODE;
    }
--- must_die
--- suppress_stderr
--- error_log
invalid parameter "error=NO_SUCH_CODE" of "plaid_sandbox_fault"
