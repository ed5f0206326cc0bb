# Plaid was asked, and what it said is lost: "unknown".  A repeated post asks
# once more, which settles it.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

our $Lost = '502 unknown EXCHANGE_ERROR/CONNECTION_LOST';
our $Late = '504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND';
our $Refused = '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN';

master_on();
workers(2);

plaid();
run_tests();

__DATA__

=== TEST 1: Plaid had not taken it: the probe brings the token
--- plaid: onetime
--- check scene
script('reset');
is(saw(post('unknown-1')), $::Lost, 'lost');
is(saw(post('unknown-1')), '200 exchanged access-unknown-1', 'the probe');
is(saw(post('unknown-1')), '200 replayed access-unknown-1', 'kept');
is(calls(), 2, 'two calls');



=== TEST 2: Plaid had taken it: the token is lost, and nobody asks again
--- plaid: onetime
--- check scene
script('lost');
is(saw(post('unknown-2')), $::Lost, 'lost');
is(saw(post('unknown-2')), $::Lost, 'the probe was refused');
is(calls(), 2, 'one probe');
is(saw(post('unknown-2')), $::Lost, 'known to be lost') for 1 .. 3;
is(calls(), 2, 'no more calls');
is(app_calls(), 0, 'the app was not called');



=== TEST 3: no answer in time
--- plaid: onetime
--- client: timeout 300ms;
--- check scene
script('taken:hang');
is(saw(post('unknown-3')), $::Late, 'late');
is(saw(post('unknown-3')), $::Lost, 'the probe was refused');
is(saw(post('unknown-3')), $::Lost, 'known to be lost');
is(calls(), 2, 'one probe');



=== TEST 4: no answer in time, and Plaid had not taken it
--- plaid: onetime
--- client: timeout 300ms;
--- check scene
script('hang');
is(saw(post('unknown-4')), $::Late, 'late');
is(saw(post('unknown-4')), '200 exchanged access-unknown-4', 'the probe');
is(calls(), 2, 'two calls');



=== TEST 5: half of an answer
--- plaid: onetime
--- check scene
for my $fault (qw( half halfhead cutchunked )) {
    Plaid::Side::ask('reset');
    script("taken:$fault");
    is(saw(post("unknown-5-$fault")), $::Lost, "lost: $fault");
    is(saw(post("unknown-5-$fault")), $::Lost, 'the probe was refused');
    is(saw(post("unknown-5-$fault")), $::Lost, 'known to be lost');
    is(calls(), 2, 'one probe');
}



=== TEST 6: repeated posts at the same time share the probe
--- plaid: onetime
--- check scene
script('reset', 'hold:ok');
is(saw(post('unknown-6')), $::Lost, 'lost');

my $probe = post('unknown-6');
held(1);
my @others = map { post('unknown-6', on => $_) } spread(2);
settled();
is(calls(), 2, 'one probe');
release();

is(saw($probe), '200 exchanged access-unknown-6', 'the probe');
is(saw($_), '200 joined access-unknown-6', 'joined') for @others;
is(calls(), 2, 'no other call');



=== TEST 7: they share what the probe could not bring, too
--- plaid: onetime
--- check scene
script('lost', 'hold:ok');
is(saw(post('unknown-7')), $::Lost, 'lost');

my $probe = post('unknown-7');
held(1);
my @others = map { post('unknown-7', on => $_) } spread(2);
settled();
release();

is(saw($_), $::Lost, 'lost') for $probe, @others;
is(saw(post('unknown-7')), $::Lost, 'known to be lost');
is(calls(), 2, 'one probe');



=== TEST 8: a probe that is lost, too
--- plaid: onetime
--- check scene
script('reset', 'lost');
is(saw(post('unknown-8')), $::Lost, 'lost');
is(saw(post('unknown-8')), $::Lost, 'the probe is lost');
is(saw(post('unknown-8')), $::Lost, 'the next one was refused');
is(calls(), 3, 'two probes');
is(saw(post('unknown-8')), $::Lost, 'known to be lost');
is(calls(), 3, 'no more');



=== TEST 9: a probe that fails leaves it unknown
--- plaid: onetime
--- check scene
script('lost', 'error.500.API_ERROR.INTERNAL_SERVER_ERROR', 'ratelimit.100');
is(saw(post('unknown-9')), $::Lost, 'lost');
is(saw(post('unknown-9')), '502 failed API_ERROR/INTERNAL_SERVER_ERROR',
   'a probe fails');
like(saw(post('unknown-9')), qr/^503 rejected/, 'a probe is limited');
is(saw(post('unknown-9')), $::Lost, 'refused: unknown, not "400"');
is(calls(), 4, 'three probes');



=== TEST 10: a probe that cannot begin leaves it unknown
--- plaid: onetime
--- client: max_inflight 1; timeout 40s;
--- check scene
my ($one) = spread(1);
my @same = grep { $_->{pid} == $one->{pid} } map { spread(2) } 1 .. 3;

script('lost', 'hold:ok');
is(saw(post('unknown-10', on => $one)), $::Lost, 'lost');
my $other = post('unknown-10-other', on => shift @same);
held(1);
is(saw(post('unknown-10', on => shift @same)),
   '503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES', 'no place for the probe');
release();
is(saw($other), '200 exchanged access-unknown-10-other', 'the other');
is(saw(post('unknown-10')), $::Lost, 'refused: unknown, not "400"');



=== TEST 11: forgotten after the ttl
--- plaid: onetime
--- location: plaid_replay on ttl=100ms;
--- check scene
script('lost');
is(saw(post('unknown-11')), $::Lost, 'lost');
later(100);
is(saw(post('unknown-11')), $::Refused, 'as Plaid says');



=== TEST 12: what is known to be lost is forgotten after the ttl
--- plaid: onetime
--- location: plaid_replay on ttl=1s grace=0;
--- check scene
script('lost');
is(saw(post('unknown-12')), $::Lost, 'lost');
is(saw(post('unknown-12')), $::Lost, 'the probe was refused');
later(1000);
is(saw(post('unknown-12')), $::Refused, 'as Plaid says');



=== TEST 13: a stranger makes the probe, and gets no token
--- plaid: onetime
--- check scene
script('lost');
is(saw(post('unknown-13')), $::Lost, 'lost');
is(saw(post('unknown-13', from => '127.0.0.2')), $::Lost, 'a stranger');
is(saw(post('unknown-13')), $::Lost, 'the probe was refused');



=== TEST 14: the client was gone when the answer was lost
--- plaid: onetime
--- check scene
script('hold:lost');
my $c = post('unknown-14');
held(1);
hang_up($c);
release();
log_has(qr/plaid .*client "bank".*CONNECTION_LOST/);
is(saw(post('unknown-14')), $::Lost, 'the probe was refused');
is(saw(post('unknown-14')), $::Lost, 'known to be lost');
is(calls(), 2, 'one probe');



=== TEST 15: without replay each post asks
--- plaid: onetime
--- location: plaid_replay off;
--- check scene
script('lost');
is(saw(post('unknown-15')), $::Lost, 'lost');
is(saw(post('unknown-15')), $::Refused, 'as Plaid says');



=== TEST 16: the legacy API
--- plaid: onetime
--- client: api legacy;
--- check scene
script('lost');
is(saw(post('unknown-16')), $::Lost, 'lost');
is(saw(post('unknown-16')), $::Lost, 'the probe was refused');
is(saw(post('unknown-16')), $::Lost, 'known to be lost');
is(calls(), 2, 'one probe');



=== TEST 17: the app is told, when it wants to be
--- plaid: onetime
--- location: plaid_exchange_errors pass;
--- check scene
script('lost');
for my $calls (1, 2, 2) {
    my $text = answer(post('unknown-17'));

    like($text, qr/^X-Plaid-Status: unknown$/m, 'the status');
    like($text, qr/^X-Plaid-Error-Code: CONNECTION_LOST$/m, 'the code');
    unlike($text, qr/Access-Token/, 'no token');
    is(calls(), $calls, "$calls calls");
}



=== TEST 18: what it says to a program
--- plaid: onetime
--- check scene
script('lost');
for my $post (1 .. 3) {
    my $text = answer(post('unknown-18',
                           headers => ['Accept: application/json']));

    like($text, qr/"error_type":"EXCHANGE_ERROR","error_code":"CONNECTION_LOST","error_message":"the connection to Plaid was lost after the request"/,
         "post $post");
}



=== TEST 19: a reload does not forget
--- plaid: onetime
--- check scene
script('lost');
is(saw(post('unknown-19')), $::Lost, 'lost');
reload();
is(saw(post('unknown-19')), $::Lost, 'the probe was refused');
reload();
is(saw(post('unknown-19')), $::Lost, 'known to be lost');
is(calls(), 2, 'one probe');
