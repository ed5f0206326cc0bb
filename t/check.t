# plaid_exchange_check: a location is asked before Plaid is.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

plaid();

# what the check answers is the client's "X-Check"

our $Config = <<'END';
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;
    add_header  X-User    "[$user]" always;

    location /t {
        plaid_exchange            bank;
        plaid_exchange_check      /check;
        plaid_exchange_check_set  $user $upstream_http_x_app_type;
        LOCATION
        proxy_pass                http://app;
    }

    location = /check {
        internal;
        proxy_pass  http://app/check?$http_x_check;
    }

    location = /unchecked {
        plaid_exchange        bank;
        plaid_exchange_check  off;
        proxy_pass            http://app;
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    return if defined $block->config;

    my $location = $block->location // '';

    (my $config = $::Config) =~ s/LOCATION/$location/;
    $block->set_value('config', $config);
});

sub ::asked {
    my ($token, $what, %option) = @_;

    push @{ $option{headers} }, "X-Check: $what";
    return post($token, %option);
}

# requests that the app got for /check

sub ::checks {
    return scalar(() = Plaid::Side::ask('app_all') =~ m{^POST /check}mg);
}

run_tests();

__DATA__

=== TEST 1: yes
--- check scene
my $got = answer(::asked('check-1', 'app=204'));

like($got, qr/^X-Plaid-Access-Token: access-check-1\n/m, 'exchanged');
like($got, qr{^X-User: \[application/x-www-form-urlencoded\]\r$}m,
     'a variable of the check');

my ($check) = Plaid::Side::ask('app_all') =~ m{^(POST /check.*?)(?=POST /t)}ms;

like($check, qr{\APOST /check\?app=204 HTTP/1\.\d\r\n}, 'the same method');
like($check, qr/^Content-Type: application\/x-www-form-urlencoded\r$/m,
     'the same headers');
like($check, qr/^public_token=check-1/m, 'the same body');
unlike($check, qr/X-Plaid/i, 'none of ours');
is(::checks(), 1, 'asked once');
is(calls(), 1, 'one call');



=== TEST 2: each 2xx
--- check scene
for my $status (200, 201, 202, 299) {
    like(saw(::asked("check-2-$status", "app=$status")),
         qr/^200 exchanged access-check-2-$status/, "$status");
}



=== TEST 3: no
--- check scene
for my $status (400, 401, 403, 404, 429, 451) {
    is(saw(::asked("check-3-$status", "app=$status")),
       "$status rejected EXCHANGE_ERROR/EXCHANGE_REFUSED", "$status");
}
is(calls(), 0, 'Plaid was not called');
is(saw(::asked('check-3-403', 'app=200')), '200 exchanged access-check-3-403',
   'nothing is kept of it');



=== TEST 4: elsewhere
--- check scene
for my $status (301, 302, 303, 307) {
    my $got = answer(::asked("check-4-$status",
                             "app=$status&location=/login"));

    like($got, qr{\AHTTP/1\.1 $status }, "$status");
    like($got, qr{^Location: http://[^/]+/login\r$}m, "$status: where");
    like($got, qr{^X-Status: rejected\r$}m, "$status: rejected");
}
is(calls(), 0, 'Plaid was not called');



=== TEST 5: no answer that can be used
--- check scene
for my $what ('app=500', 'app=503', 'die=1', 'odd=cut') {
    is(saw(::asked("check-5-$what", $what)),
       '502 failed EXCHANGE_ERROR/CHECK_FAILED', $what);
}
is(calls(), 0, 'Plaid was not called');



=== TEST 6: with "pass" a no is a no all the same
--- location: plaid_exchange_errors pass;
--- check scene
is(saw(::asked('check-6', 'app=403')),
   '403 rejected EXCHANGE_ERROR/EXCHANGE_REFUSED', 'refused');
like(answer(::asked('check-6', 'app=500')),
     qr/^X-Plaid-Error-Code: CHECK_FAILED\n/m, 'failed: the app is called');



=== TEST 7: an error page, and JSON
--- location
error_page 403 @sorry;
--- check scene
my $got = answer(::asked('check-7', 'app=403',
                         headers => [ 'Accept: application/json' ]));

like($got, qr{\AHTTP/1\.1 403 }, 'the status');
like($got, qr/"error_code":"EXCHANGE_REFUSED"/, 'JSON');



=== TEST 8: who joins or is replayed does not ask
--- plaid: onetime
--- check scene
script('hold:ok');
my @posts = map { ::asked('check-8', 'app=200') } 1 .. 3;
held(1);
settled();
is(::checks(), 1, 'one of three has asked');
release();
is(join(' ', sort map { (split ' ', saw($_))[1] } @posts),
   'exchanged joined joined', 'all have it');
is(saw(::asked('check-8', 'app=403')), '200 replayed access-check-8',
   'nor does a repeated one');
is(::checks(), 1, 'still one');
is(calls(), 1, 'one call');



=== TEST 9: who waits for one that is refused asks for itself
--- plaid: onetime
--- check scene
my $no = ::asked('check-9', 'app=403&hold=1');
app_held(1);
my $yes = ::asked('check-9', 'app=200');
settled();
app_release();
is(saw($no), '403 rejected EXCHANGE_ERROR/EXCHANGE_REFUSED', 'refused');
is(saw($yes), '200 exchanged access-check-9', 'asked, and exchanged');
is(::checks(), 2, 'both have asked');
is(calls(), 1, 'one call');



=== TEST 10: the client leaves while it asks
--- plaid: onetime
--- location: proxy_ignore_client_abort on;
--- check scene
my $c = ::asked('check-10', 'app=200&hold=1', uri => '/t?a=ten');
app_held(1);
hang_up($c);
app_release();
ok(Plaid::Side::soon(sub { logged(qr/a=ten .* 499 /) == 1 }), 'it ended');
is(calls(), 0, 'Plaid was not called');
is(saw(::asked('check-10', 'app=200')), '200 exchanged access-check-10',
   'nothing is kept of it');



=== TEST 11: it takes no place of max_inflight
--- client: max_inflight 1;
--- check scene
my $held = ::asked('check-11-a', 'app=200&hold=1');
app_held(1);
is(saw(::asked('check-11-b', 'app=200')), '200 exchanged access-check-11-b',
   'another one');
app_release();
is(saw($held), '200 exchanged access-check-11-a', 'the first');



=== TEST 12: without replay
--- location: plaid_replay off;
--- check scene
is(saw(::asked('check-12', 'app=200')), '200 exchanged access-check-12', 'yes');
is(saw(::asked('check-12', 'app=403')),
   '403 rejected EXCHANGE_ERROR/EXCHANGE_REFUSED', 'no');



=== TEST 13: what is not exchanged does not ask
--- check scene
is(saw(::asked('check-13', 'app=403', uri => '/unchecked')),
   '200 exchanged access-check-13', 'off');
is(saw(::asked('null', 'app=403')), '200 -', 'no token');
is(::checks(), 0, 'not asked');



=== TEST 14: a challenge
--- config
    location = /u {
        plaid_exchange        bank;
        plaid_exchange_check  /app;
        proxy_pass            http://app;
    }
    location = /app {
        internal;
        proxy_pass            http://app/check?app=401&challenge=1;
    }
--- check scene
like(answer(post('check-14', uri => '/u')),
     qr/^WWW-Authenticate: Bearer\r$/m, 'it is handed on');



=== TEST 15: errors of the configuration
--- config
    location = /t {
        plaid_exchange        bank;
        plaid_exchange_check  check;
    }
--- must_die
--- suppress_stderr
--- error_log
invalid URI "check" in "plaid_exchange_check"



=== TEST 16: no variable
--- config
    location = /t {
        plaid_exchange            bank;
        plaid_exchange_check_set  user $upstream_status;
    }
--- must_die
--- suppress_stderr
--- error_log
invalid variable name "user" in "plaid_exchange_check_set"



=== TEST 17: twice
--- config
    location = /t {
        plaid_exchange_check  /a;
        plaid_exchange_check  /b;
    }
--- must_die
--- suppress_stderr
--- error_log
"plaid_exchange_check" directive is duplicate
