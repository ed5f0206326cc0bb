# Posts of one token at the same time, in one worker and in several: one call.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

master_on();
workers(3);
worker_connections(512);

plaid();
run_tests();

__DATA__

=== TEST 1: two posts in one worker, one call
--- plaid: onetime
--- check scene
script('hold:ok');

my ($one) = spread(1);
my $first = post('join-1', on => $one);
held(1);

my ($two) = grep { $_->{pid} == $one->{pid} } spread(3);
my $second = post('join-1', on => $two);
settled();
release();

is(saw($first), '200 exchanged access-join-1', 'the first made the call');
is(saw($second), '200 joined access-join-1', 'the second has joined it');
is(calls(), 1, 'one call');
is(app_calls(), 2, 'the app got both');



=== TEST 2: nine posts in three workers, one call
--- plaid: onetime
--- check scene
script('hold:ok');

my $first = post('join-2');
held(1);

my @others = map { post('join-2', on => $_) } map { spread(3) } 1 .. 3;
settled();
is(calls(), 1, 'one call while they wait');
release();

is(saw($first), '200 exchanged access-join-2', 'the first made the call');
is(saw($_), '200 joined access-join-2', 'another has joined it')
    for @others;
is(calls(), 1, 'one call');



=== TEST 3: a failure is for those who waited, the next post calls again
--- plaid: onetime
--- check scene
script('hold:error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN');

my $first = post('join-3');
held(1);

my @others = map { post('join-3', on => $_) } spread(3);
settled();
release();

is(saw($_), '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN', 'refused')
    for $first, @others;
is(calls(), 1, 'by one call');

is(saw(post('join-3')), '200 exchanged access-join-3', 'posted again');
is(calls(), 2, 'by a call of its own');



=== TEST 4: an error of Plaid's, with its text, is for those who waited
--- plaid: onetime
--- check scene
script('hold:error.500.API_ERROR.INTERNAL_SERVER_ERROR');

my $first = post('join-4');
held(1);

my @others = map { post('join-4', on => $_) } spread(3);
settled();
release();

for my $c ($first, @others) {
    is(saw($c), '502 failed API_ERROR/INTERNAL_SERVER_ERROR', 'failed');
    like(answer($c), qr/^x-request: req-error\r$/mi, 'the same request id');
}

is(calls(), 1, 'one call');
is(saw(post('join-4')), '200 exchanged access-join-4', 'posted again');
--- location: add_header X-Request $plaid_request_id always;



=== TEST 5: a lost answer is for those who waited
--- plaid: onetime
--- check scene
script('hold:reset');

my $first = post('join-5');
held(1);

my @others = map { post('join-5', on => $_) } spread(3);
settled();
release();

is(saw($_), '502 unknown EXCHANGE_ERROR/CONNECTION_LOST', 'lost')
    for $first, @others;
is(calls(), 1, 'one call');



=== TEST 6: a call that runs out of time is for those who waited
--- plaid: onetime
--- client: timeout 2s;
--- check scene
script('hang');

my $first = post('join-6');
my @others = map { post('join-6', on => $_) } spread(3);

is(saw($_), '504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND', 'timed out')
    for $first, @others;
is(calls(), 1, 'one call');



=== TEST 7: the app is told of the failure of another's call
--- plaid: onetime
--- location: plaid_exchange_errors pass;
--- check scene
script('hold:error.500.API_ERROR.INTERNAL_SERVER_ERROR');

my @posts = post('join-7');
held(1);
push @posts, post('join-7');
settled();
release();

for my $c (@posts) {
    like(answer($c), qr/^X-Plaid-Error-Code: INTERNAL_SERVER_ERROR$/m,
         'the code');
    like(answer($c), qr/^X-Plaid-Status: failed$/m, 'the status');
}

is(app_calls(), 2, 'the app was called for both');



=== TEST 8: those who wait are bounded
--- plaid: onetime
--- check scene
script('hold:ok');

my $first = post('join-8');
held(1);

my @waiting = map { post('join-8') } 1 .. 64;
settled();

is(saw(post('join-8')), '503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES',
   'one too many is answered at once');

hang_up(shift @waiting);
settled();

my $late = post('join-8');
settled();
release();

is(saw($late), '200 joined access-join-8', 'a place was free again');

my %saw;
$saw{saw($_)}++ for @waiting;
is(join(',', %saw), '200 joined access-join-8,63', 'all others');
is(calls(), 1, 'one call');



=== TEST 9: the client that caused the call leaves
--- plaid: onetime
--- check scene
script('hold:ok');

my $first = post('join-9');
held(1);

my @others = map { post('join-9', on => $_) } spread(3);
settled();
hang_up($first);
release();

is(saw($_), '200 joined access-join-9', 'the others get the token')
    for @others;
is(calls(), 1, 'one call');



=== TEST 10: all who wait leave
--- plaid: onetime
--- check scene
script('hold:ok');

my @posts = post('join-10');
held(1);

push @posts, map { post('join-10', on => $_) } spread(3);
settled();
hang_up($_) for @posts;
release();
log_has(qr/plaid exchange stored for replay/);

is(saw(post('join-10')), '200 replayed access-join-10', 'it was kept');
is(calls(), 1, 'one call');



=== TEST 11: another caller does not join
--- plaid: onetime
--- check scene
script('hold:ok', 'hold:ok');

my $first = post('join-11');
held(1);

my $stranger = post('join-11', from => '127.0.0.2');
held(2);
release();

is(saw($first), '200 exchanged access-join-11', 'the first');
is(saw($stranger), '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN',
   'Plaid has refused the other');



=== TEST 12: another token does not wait
--- plaid: onetime
--- check scene
script('hold:ok');

my $first = post('join-12-a');
held(1);

is(saw(post('join-12-b', on => $_)), '200 exchanged access-join-12-b',
   'done while the first is held') for spread(1);

release();
is(saw($first), '200 exchanged access-join-12-a', 'the first');



=== TEST 13: another client does not join
--- plaid: onetime
--- http_config
    plaid_client bank {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/onetime;
        client_id    the-id;
        secret       the-s3cret;
    }

    plaid_client other {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/ok;
        client_id    the-id;
        secret       the-s3cret;
    }
--- config
    location /t {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://app;
    }

    location /other {
        plaid_exchange  other;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://app;
    }
--- check scene
script('hold:ok');

my $first = post('join-13');
held(1);

is(saw(post('join-13', uri => '/other')), '200 exchanged access-join-13',
   'an exchange of its own');

release();
is(saw($first), '200 exchanged access-join-13', 'the first');
is(calls(), 2, 'two calls');



=== TEST 14: without replay each makes its call
--- plaid: onetime
--- location: plaid_replay off;
--- check scene
script('hold:ok', 'hold:ok');

my $first = post('join-14');
held(1);

my $second = post('join-14');
held(2);
release();

is(join(',', sort map { saw($_) } $first, $second),
   '200 exchanged access-join-14,'
   . '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN',
   'Plaid has refused one');



=== TEST 15: a call that cannot begin keeps nobody waiting
--- plaid: onetime
--- client: max_inflight 1; timeout 40s;
--- check scene
script('hold:ok');

my ($c) = spread(1);
my ($same) = grep { $_->{pid} == $c->{pid} } spread(3);

my $first = post('join-15-a', on => $c);
held(1);

is(saw(post('join-15-b', on => $same)),
   '503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES', 'over max_inflight');
release();
is(saw($first), '200 exchanged access-join-15-a', 'the first');
is(saw(post('join-15-b')), '200 exchanged access-join-15-b', 'posted again');
is(calls(), 2, 'two calls');



=== TEST 16: the app gets both at a time, and delivery is told once
--- plaid: onetime
--- location: plaid_replay on grace=0;
--- check scene
script('hold:ok');

my $first = post('join-16', uri => '/t?app=500');
held(1);
my $second = post('join-16', uri => '/t?app=500');
settled();
release();

like(saw($first), qr/^500 exchanged/, 'the app has failed');
like(saw($second), qr/^500 joined/, 'twice');
is(saw(post('join-16')), '200 replayed access-join-16', 'and works now');
is(saw(post('join-16')), '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN',
   'delivered, and the grace of 0 is over');
