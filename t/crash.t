# Workers that are killed, told to quit or replaced while Plaid is asked or the
# app works.  Where others take over, "timeout" is longer than any test waits:
# it must be the death that they see.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

our $Lost = '502 unknown EXCHANGE_ERROR/CONNECTION_LOST';
our $Refused = '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN';


# Two connections to one worker, then one to another: the first is to die.

sub cast {
    my ($one, $other) = spread(2);
    my ($same) = grep { $_->{pid} == $one->{pid} } spread(2);

    return ($one, $same, $other);
}


sub murder {
    my ($pid) = @_;

    kill KILL => $pid;
    respawned($pid);
}


master_on();
workers(2);

plaid();
run_tests();

__DATA__

=== TEST 1: the worker that calls is killed, Plaid had not taken the token
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script('hold:reset');
my ($doomed, undef, $other) = cast();

my $first = post('crash-1', on => $doomed);
held(1);
my $waiting = post('crash-1', on => $other);
settled();
murder($doomed->{pid});

is(saw($first), 'gone', 'its client gets no answer');
is(saw($waiting), '200 exchanged access-crash-1', 'who waited takes over');
is(calls(), 2, 'two calls');
is(saw(post('crash-1')), '200 replayed access-crash-1', 'kept');
--- shutdown_error_log: exited on signal 9



=== TEST 2: the worker that calls is killed, Plaid had taken the token
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script('taken:hang');
my ($doomed, undef, $other) = cast();

my $first = post('crash-2', on => $doomed);
settled();
Plaid::Script::until_true('the call', sub { calls() == 1 });
my $waiting = post('crash-2', on => $other);
settled();
murder($doomed->{pid});

is(saw($first), 'gone', 'its client gets no answer');
is(saw($waiting), $::Lost, 'who waited has probed');
is(saw(post('crash-2')), $::Lost, 'known to be lost');
is(calls(), 2, 'two calls');
--- shutdown_error_log: exited on signal 9



=== TEST 3: nobody waited, a later post takes over
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script('hang');
my ($doomed) = cast();

my $first = post('crash-3', on => $doomed);
Plaid::Script::until_true('the call', sub { calls() == 1 });
murder($doomed->{pid});

is(saw($first), 'gone', 'its client gets no answer');
is(saw(post('crash-3')), '200 exchanged access-crash-3', 'posted again');
is(calls(), 2, 'two calls');
--- shutdown_error_log: exited on signal 9



=== TEST 4: one of many takes over, the others wait for it
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script('hang', 'hold:ok');
my ($doomed, undef, $other) = cast();

my $first = post('crash-4', on => $doomed);
Plaid::Script::until_true('the call', sub { calls() == 1 });

my @waiting = post('crash-4', on => $other);
push @waiting, map { post('crash-4', on => $_) }
               map { spread(1, $doomed->{pid}) } 1 .. 4;
settled();
murder($doomed->{pid});
held(1);
settled();
release();

my %saw;
$saw{saw($_)}++ for @waiting;
is(join(', ', map { "$saw{$_} $_" } sort keys %saw),
   '1 200 exchanged access-crash-4, 4 200 joined access-crash-4', 'all');
is(calls(), 2, 'two calls');
--- shutdown_error_log: exited on signal 9



=== TEST 5: killed while the app works
--- plaid: onetime
--- check scene
my ($doomed) = cast();

my $first = post('crash-5', on => $doomed, uri => '/t?hold=1');
app_held(1);
murder($doomed->{pid});

is(saw($first), 'gone', 'no answer');
is(saw(post('crash-5')), '200 replayed access-crash-5', 'posted again');
is(calls(), 1, 'one call');
--- shutdown_error_log: exited on signal 9



=== TEST 6: all workers are killed, and what is kept stays
--- plaid: onetime
--- check scene
is(saw(post("crash-6-$_", uri => '/t?app=500')),
   "500 exchanged access-crash-6-$_", "kept $_") for 1 .. 5;
murder($_) for pids();
is(saw(post("crash-6-$_")), "200 replayed access-crash-6-$_", "there: $_")
    for 1 .. 5;
is(calls(), 5, 'five calls');
--- shutdown_error_log: exited on signal 9



=== TEST 7: the worker of one who waits is killed
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script('hold:ok');
my ($one, $same, $doomed) = cast();

my $first = post('crash-7', on => $one);
held(1);
my $gone = post('crash-7', on => $doomed);
my $joined = post('crash-7', on => $same);
settled();
murder($doomed->{pid});
release();

is(saw($gone), 'gone', 'no answer');
is(saw($first), '200 exchanged access-crash-7', 'the call went on');
is(saw($joined), '200 joined access-crash-7', 'the other got it');
is(saw(post('crash-7')), '200 replayed access-crash-7', 'posted again');
is(calls(), 1, 'one call');
--- shutdown_error_log: exited on signal 9



=== TEST 8: killed again and again
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script(('hang') x 3);

for my $n (1 .. 3) {
    my ($doomed) = spread(1);
    my $c = post('crash-8', on => $doomed);

    Plaid::Script::until_true("call $n", sub { calls() == $n });
    murder($doomed->{pid});
    is(saw($c), 'gone', "killed $n");
}

is(saw(post('crash-8')), '200 exchanged access-crash-8', 'in the end');
is(calls(), 4, 'four calls');
--- shutdown_error_log: exited on signal 9



=== TEST 9: a reload waits for the call, and the new worker's posts join it
--- plaid: onetime
--- check scene
script('hold:ok');
my $first = post('crash-9');
held(1);
my $early = post('crash-9');
settled();
my %old = map { $_ => 1 } reload();
my ($new) = spread(1);
ok(!$old{$new->{pid}}, 'a new worker');
my $late = post('crash-9', on => $new);
settled();
is(calls(), 1, 'one call');
release();

is(saw($first), '200 exchanged access-crash-9', 'before the reload');
is(saw($early), '200 joined access-crash-9', 'joined before the reload');
is(saw($late), '200 joined access-crash-9', 'joined after the reload');



=== TEST 10: a reload while the app works
--- plaid: onetime
--- check scene
my $first = post('crash-10', uri => '/t?hold=1');
app_held(1);
reload();
app_release();
is(saw($first), '200 exchanged access-crash-10', 'answered');
is(saw(post('crash-10')), '200 replayed access-crash-10', 'kept');



=== TEST 11: the client leaves, a reload, and the call ends then
--- plaid: onetime
--- check scene
script('hold:ok');
my $first = post('crash-11');
held(1);
hang_up($first);
my @old = reload();
ok(scalar grep({ Plaid::Script::state($_) } @old), 'a worker has stayed');
release();
log_has(qr/plaid exchange stored for replay/);
is(saw(post('crash-11')), '200 replayed access-crash-11', 'posted again');
is(calls(), 1, 'one call');



=== TEST 12: a worker is told to quit
--- plaid: onetime
--- check scene
script('hold:ok');
my ($c) = spread(1);
my $first = post('crash-12', on => $c);
held(1);
kill QUIT => $c->{pid};
Plaid::Script::until_true('no new connections',
                          sub { !Plaid::Script::listens($c->{pid}) });
release();
is(saw($first), '200 exchanged access-crash-12', 'it has waited');
respawned($c->{pid});
is(saw(post('crash-12')), '200 replayed access-crash-12', 'kept');



=== TEST 13: a worker is told to exit at once
--- plaid: onetime
--- client: timeout 40s;
--- check scene
script('hang');
my ($c, undef, $other) = cast();
my $first = post('crash-13', on => $c);
Plaid::Script::until_true('the call', sub { calls() == 1 });
my $waiting = post('crash-13', on => $other);
settled();
kill TERM => $c->{pid};
is(saw($first), 'gone', 'no answer');
is(saw($waiting), '200 exchanged access-crash-13', 'taken over');
respawned($c->{pid});
is(calls(), 2, 'two calls');



=== TEST 14: worker_shutdown_timeout: the client goes, the exchange does not
--- plaid: onetime
--- client: timeout 40s;
--- main_config: worker_shutdown_timeout 200ms;
--- check scene
script('hold:ok');
my $first = post('crash-14');
held(1);
my @old = reload();
is(saw($first), 'gone', 'no answer');
release();
Plaid::Script::until_true('the old workers are gone', sub {
    !grep { defined Plaid::Script::state($_) } @old;
});
is(saw(post('crash-14')), '200 replayed access-crash-14', 'it was kept');
is(calls(), 1, 'one call');



=== TEST 15: another binary, and back: each has a store of its own
--- plaid: onetime
--- check scene
daemon();

my $old = master();
my @before = pids();

is(saw(post('crash-15-kept', uri => '/t?app=500')),
   '500 exchanged access-crash-15-kept', 'kept by the old one');
script('hold:ok');
my $under_way = post('crash-15-way');
held(1);

kill USR2 => $old;
Plaid::Script::until_true('a new master', sub {
    -s Plaid::Script::root() . '/logs/nginx.pid.oldbin'
    && master() && master() != $old && 2 == (my @all = pids());
});

my $new = master();
my ($there) = spread(1, @before);
is(saw(post('crash-15-kept', on => $there)), $::Refused,
   'the new one knows nothing, and has asked Plaid');

release();
is(saw($under_way), '200 exchanged access-crash-15-way',
   'what was under way is not disturbed');

my ($here) = spread(1, pids());
is(saw(post('crash-15-kept', on => $here)),
   '200 replayed access-crash-15-kept', 'the old one has it');

kill QUIT => $new;
Plaid::Script::until_true('the new master is gone',
                          sub { master() == $old });
is(saw(post('crash-15-way')), '200 replayed access-crash-15-way', 'back');
unlike(alone(), qr/\[(?:alert|crit|emerg)\]/, 'nothing of note in its log');



=== TEST 16: a worker that stands still: the reply waits, though time is up
--- plaid: onetime
--- client: timeout 300ms;
--- check scene
script('hold');
my ($one) = spread(1);
my $post = post('crash-16', on => $one);
held(1);
kill STOP => $one->{pid};
release();
select undef, undef, undef, 0.6;
kill CONT => $one->{pid};
is(saw($post), '200 exchanged access-crash-16', 'not lost');
is(calls(), 1, 'one call');
