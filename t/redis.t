# Records that two nodes share through Redis: "/a" and "/b" have a zone of
# shared memory each, as two nodes have.

use strict;
use warnings;

use lib 't';
use Test::More ();
use Plaid::Redis ();

BEGIN {
    Test::More::plan(skip_all => 'no redis-server is installed')
        if !Plaid::Redis::available();
}

use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Shared;

our $Stranger = '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN';

plaid();
run_tests();

__DATA__

=== TEST 1: the app of one node has failed, the post goes to another one
--- plaid: onetime
--- check scene
is(saw(post('rd-1', uri => '/a?app=500')), '500 exchanged access-rd-1', 'a');
is(saw(post('rd-1', uri => '/b')), '200 replayed access-rd-1', 'b');
is(calls(), 1, 'one call');
like(metrics(), qr/^plaid_replays_total\{from="redis"\} [1-9]/m, 'counted');
like(metrics(), qr/^plaid_redis_up\{redis="shared"\} 1$/m, 'up');



=== TEST 2: two nodes at the same time
--- plaid: onetime
--- check scene
script('hold:ok');
my @posts = map { post('rd-2', uri => $_) } '/a', '/b';
held(1);
settled();
release();
is(join(' ', sort map { saw($_) } @posts),
   '200 exchanged access-rd-2 200 replayed access-rd-2', 'the same token');
is(calls(), 1, 'one call');



=== TEST 3: delivered on one node, posted to another one within the grace
--- plaid: onetime
--- replay: grace=10s
--- check scene
is(saw(post('rd-4', uri => '/a')), '200 exchanged access-rd-4', 'a');
is(saw(post('rd-4', uri => '/b')), '200 replayed access-rd-4', 'b');
is(calls(), 1, 'one call');
my ($value) = redis()->command('GET', key_of('t'));
like($value, qr/^D/, 'delivered');
my ($rest) = redis()->command('PTTL', key_of('t'));
ok($rest > 0 && $rest <= 10_000, 'for the grace');



=== TEST 4: the grace is over, on every node
--- plaid: onetime
--- replay: grace=100ms
--- check scene
is(saw(post('rd-5', uri => '/a')), '200 exchanged access-rd-5', 'a');
later(100);
is(saw(post('rd-5', uri => '/b')), $::Stranger, 'Plaid was asked');
is(calls(), 2, 'two calls');



=== TEST 5: no grace
--- plaid: onetime
--- replay: grace=0
--- check scene
is(saw(post('rd-6', uri => '/a')), '200 exchanged access-rd-6', 'a');
is(saw(post('rd-6', uri => '/b')), $::Stranger, 'Plaid was asked');
no_key($_) for 't', 'l';



=== TEST 6: another bind value is a stranger on every node
--- plaid: onetime
--- check scene
is(saw(post('rd-7', uri => '/a?app=500')), '500 exchanged access-rd-7', 'a');
is(saw(post('rd-7', uri => '/b', from => '127.0.0.2')), $::Stranger,
   'a stranger');
is(saw(post('rd-7', uri => '/b')), '200 replayed access-rd-7', 'not him');
is(calls(), 2, 'Plaid was asked for the stranger');



=== TEST 7: a failure is not kept, and ends the lease
--- plaid: onetime
--- check scene
script('error.500.API_ERROR.INTERNAL_SERVER_ERROR');
is(saw(post('rd-8', uri => '/a')),
   '502 failed API_ERROR/INTERNAL_SERVER_ERROR', 'a');
is(saw(post('rd-8', uri => '/b')), '200 exchanged access-rd-8', 'b');
is(calls(), 2, 'two calls');
no_key('l');



=== TEST 8: who waits for another node's call makes its own when that failed
--- plaid: onetime
--- check scene
script('hold:error.500.API_ERROR.INTERNAL_SERVER_ERROR', 'ok');
my $first = post('rd-9', uri => '/a');
held(1);
my $second = post('rd-9', uri => '/b');
settled();
release();
like(saw($first), qr/^502/, 'the first');
is(saw($second), '200 exchanged access-rd-9', 'the second');
is(calls(), 2, 'two calls');



=== TEST 9: Redis is not there
--- plaid: onetime
--- check scene
redis()->stop;
until_metric('plaid_redis_up{redis="shared"}', sub { $_ == 0 });
is(saw(post("rd-10-$_", uri => '/a')), "200 exchanged access-rd-10-$_", $_)
    for 1 .. 5;
is(metric('plaid_redis_skipped_total{redis="shared"}'), 5, 'skipped');
log_has('plaid_redis "shared" (closed the connection|cannot be reached)');



=== TEST 10: Redis hangs: one request waits, the next ones do not
--- plaid: onetime
--- check scene
connected();
redis()->pause;
is(saw(post("rd-11-$_", uri => '/a')), "200 exchanged access-rd-11-$_", $_)
    for 1 .. 5;
is(metric('plaid_redis_wait_seconds_count{redis="shared"}'), 1, 'one waited');
like(metrics(), qr/^plaid_redis_errors_total\{redis="shared",reason="timeout"\}
                   \ [1-9]/mx, 'counted');
redis()->resume;
connected();
is(saw(post('rd-11-6', uri => '/a?app=500')), '500 exchanged access-rd-11-6',
   'a');
is(saw(post('rd-11-6', uri => '/b')), '200 replayed access-rd-11-6', 'b');



=== TEST 11: restarted empty, what the app has not got is written again
--- plaid: onetime
--- check scene
is(saw(post("rd-12-$_", uri => '/a?app=500')),
   "500 exchanged access-rd-12-$_", $_) for 1 .. 3;
is(saw(post('rd-12-4', uri => '/a')), '200 exchanged access-rd-12-4', 'got');
is(saw(post('rd-12-5', uri => '/a?app=302')),
   '302 exchanged access-rd-12-5', 'taken');
redis()->start;
until_metric('plaid_redis_pushed_total{redis="shared"}', sub { $_ >= 4 });
is(saw(post("rd-12-$_", uri => '/b')), "200 replayed access-rd-12-$_", $_)
    for 1, 2, 3, 5;
is(calls(), 5, 'Plaid was not asked again');



=== TEST 12: what was exchanged while Redis was away is written then
--- plaid: onetime
--- check scene
redis()->stop;
until_metric('plaid_redis_up{redis="shared"}', sub { $_ == 0 });
is(saw(post('rd-13', uri => '/a?app=500')), '500 exchanged access-rd-13', 'a');
redis()->start;
until_metric('plaid_redis_pushed_total{redis="shared"}', sub { $_ >= 1 });
is(saw(post('rd-13', uri => '/b')), '200 replayed access-rd-13', 'b');



=== TEST 13: a replica does not take writes, until it is the primary again
--- plaid: onetime
--- check scene
connected();
redis()->command('REPLICAOF', '127.0.0.1', 1);
is(saw(post('rd-15', uri => '/a?app=500')), '500 exchanged access-rd-15', 'a');
like(metrics(), qr/^plaid_redis_errors_total\{redis="shared",reason="readonly"\}
                   \ [1-9]/mx, 'counted');
redis()->command('REPLICAOF', 'NO', 'ONE');
until_metric('plaid_redis_pushed_total{redis="shared"}', sub { $_ >= 1 });
key_of('t');
is(saw(post('rd-15', uri => '/b')), '200 replayed access-rd-15', 'b');



=== TEST 14: out of memory
--- plaid: onetime
--- check scene
connected();
redis()->command('CONFIG', 'SET', 'maxmemory', 1);
is(saw(post('rd-16', uri => '/a?app=500')), '500 exchanged access-rd-16', 'a');
Plaid::Script::until_true('counted', sub {
    metrics() =~ /^plaid_redis_errors_total\{redis="shared",reason="memory"\}
                  \ [1-9]/mx });
is(metric('plaid_redis_up{redis="shared"}'), 1, 'the connection is kept');
log_has('plaid_redis "shared" has no room for a record, reason "OOM"');
redis()->command('CONFIG', 'SET', 'maxmemory', 0);
key_of('t');
is(saw(post('rd-16', uri => '/b')), '200 replayed access-rd-16', 'b');



=== TEST 15: what lies in Redis is no record
--- plaid: onetime
--- check scene
is(saw(post('rd-17', uri => '/a?app=500')), '500 exchanged access-rd-17', 'a');
my $key = key_of('t');
my ($value) = redis()->command('GET', $key);
redis()->command('SET', $key, $_)
    for 'R', 'x' x 100, substr($value, 0, -1) . 'x';
is(saw(post('rd-17', uri => '/b')), $::Stranger, 'Plaid was asked');
log_has('plaid_redis "shared" has a record that cannot be opened');
redis()->command('DEL', $key);
redis()->command('LPUSH', $key, 1);
is(saw(post('rd-17', uri => '/b')), $::Stranger, 'a list is none, either');



=== TEST 16: a record of another name does not open
--- plaid: onetime
--- check scene
is(saw(post('rd-18', uri => '/a?app=500')), '500 exchanged access-rd-18', 'a');
my ($value) = redis()->command('GET', key_of('t'));
redis()->command('FLUSHALL');
redis()->monitor;
is(saw(post('rd-18-x', uri => '/a?app=500')), '500 exchanged access-rd-18-x',
   'another');
redis()->command('SET', key_of('t'), $value);
like(saw(post('rd-18-x', uri => '/b')), qr/^400/, 'is not that one');



=== TEST 17: garbage is overwritten by a token
--- plaid: onetime
--- check scene
redis()->monitor;
script('error.500.API_ERROR.INTERNAL_SERVER_ERROR');
like(saw(post('rd-19', uri => '/a')), qr/^502/, 'fails');
my ($key) = redis()->monitored =~ /"GET" "(plaid:t:[^"]+)"/;
redis()->command('SET', $key, 'garbage');
is(saw(post('rd-19', uri => '/a?app=500')), '500 exchanged access-rd-19', 'a');
is(saw(post('rd-19', uri => '/b')), '200 replayed access-rd-19', 'b');



=== TEST 18: a lease of a node that is gone
--- plaid: onetime
--- check scene
redis()->monitor;
script('error.500.API_ERROR.INTERNAL_SERVER_ERROR');
like(saw(post('rd-20', uri => '/a')), qr/^502/, 'fails');
my ($key) = redis()->monitored =~ /"GET" "(plaid:l:[^"]+)"/;
redis()->command('SET', $key, 'somebody', 'PX', 300);
is(saw(post('rd-20', uri => '/a')), '200 exchanged access-rd-20',
   'after its end');



=== TEST 19: a lease without an end is waited for as long as a call may take
--- plaid: onetime
--- client: timeout 100ms;
--- timeout: 20
--- check scene
redis()->monitor;
script('error.500.API_ERROR.INTERNAL_SERVER_ERROR');
like(saw(post('rd-21', uri => '/a')), qr/^502/, 'fails');
my ($key) = redis()->monitored =~ /"GET" "(plaid:l:[^"]+)"/;
redis()->command('SET', $key, 'somebody');
is(saw(post('rd-21', uri => '/a')), '200 exchanged access-rd-21',
   'goes on all the same');



=== TEST 20: an answer was lost: the other node makes a probing call
--- plaid: onetime
--- check scene
script('fin');
like(saw(post('rd-22', uri => '/a')), qr/^502 unknown/, 'lost');
is((redis()->command('GET', key_of('l')))[0], 'U', 'so says the lease');
is(saw(post('rd-22', uri => '/b')), '200 exchanged access-rd-22', 'a probe');
no_key('l');



=== TEST 21: no token is to be read in Redis, or on the way
--- plaid: onetime
--- check scene
redis()->monitor;
is(saw(post('public-sandbox-rd-23', uri => '/a?app=500')),
   '500 exchanged access-public-sandbox-rd-23', 'a');
is(saw(post('public-sandbox-rd-23', uri => '/b')),
   '200 replayed access-public-sandbox-rd-23', 'b');
my $seen = redis()->monitored;
like($seen, qr/"SET" "plaid:t:/, 'there is a record');
unlike($seen, qr/access-|public-|item-|req-|the-s3cret|the-id/, 'no token');
redis()->command('SAVE');
my $rdb = do { local (@ARGV, $/) = redis()->{dir} . '/dump.rdb'; <> };
unlike($rdb, qr/access-|public-sandbox|item-|the-s3cret/, 'nor in the dump');



=== TEST 22: the rights that are asked for are enough
--- plaid: onetime
--- check scene
connected();
redis()->command('ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass',
                 '-@all', '+get', '+set', '+del', '+pttl', '+ping', '+select',
                 '+client|setname', '+hello', '+auth', '~plaid:*',
                 '+acl', '+config', '+keys', '+echo');
is(saw(post('rd-24', uri => '/a?app=500')), '500 exchanged access-rd-24', 'a');
is(saw(post('rd-24', uri => '/b')), '200 replayed access-rd-24', 'b');
is(scalar(my @denied = redis()->command('ACL', 'LOG')), 0, 'nothing denied');



=== TEST 23: the zone is full, and Redis is used
--- plaid: onetime
--- http_config
    plaid_replay_zone small:32k redis=shared;
--- config_more
    location /small {
        plaid_replay    small;
        plaid_exchange  bank;

        add_header  X-Status  $plaid_status always;
        add_header  X-Error   $plaid_error_type/$plaid_error_code always;

        proxy_pass  http://app;
    }
--- check scene
my $n = 0;
while (metrics() !~ /plaid_replay_claims_total\{zone="small",answer="full"\} [1-9]/
       && $n < 100)
{
    saw(post("rd-25-$n", uri => '/small?app=500'));
    $n++;
}
ok($n < 100, 'the zone is full');
is(saw(post('rd-25', uri => '/small?app=500')), '500 exchanged access-rd-25',
   'no room');
is(saw(post('rd-25', uri => '/small')), '200 replayed access-rd-25',
   'from Redis');
log_has('is full');



=== TEST 24: many at once are told apart
--- plaid: onetime
--- check scene
connected();
my %posts = map { $_ => post("rd-26-$_", uri => '/a?app=500') } 1 .. 12;
is(saw($posts{$_}), "500 exchanged access-rd-26-$_", $_) for 1 .. 12;
%posts = map { $_ => post("rd-26-$_", uri => '/b') } 1 .. 12;
is(saw($posts{$_}), "200 replayed access-rd-26-$_", $_) for 1 .. 12;
is(calls(), 12, 'one call each');



=== TEST 25: replays of one node do not ask Redis
--- plaid: onetime
--- check scene
is(saw(post('rd-27', uri => '/a?app=500')), '500 exchanged access-rd-27', 'a');
my $before = metric('plaid_redis_commands_total{redis="shared"}');
is(saw(post('rd-27', uri => '/a?app=500')), '500 replayed access-rd-27', 'a');
is(metric('plaid_redis_commands_total{redis="shared"}'), $before,
   'no command');



=== TEST 26: a post without a token does not, either
--- plaid: onetime
--- check scene
connected();
my $before = metric('plaid_redis_commands_total{redis="shared"}');
my $c = Plaid::Script::connection($Plaid::Script::Port);
print { $c->{fh} } "POST /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\n"
    . "Content-Length: 3\r\n\r\na=b";
like(answer($c), qr/^HTTP\/1.1 200/, 'passed on');
is(metric('plaid_redis_commands_total{redis="shared"}'), $before,
   'no command');



=== TEST 27: numbers as JSON
--- plaid: onetime
--- check scene
is(saw(post('rd-29', uri => '/a')), '200 exchanged access-rd-29', 'a');
my $c = Plaid::Script::connection($Plaid::Script::Port);
print { $c->{fh} } "GET /metrics?format=json HTTP/1.1\r\nHost: localhost\r\n"
    . "Connection: close\r\n\r\n";
like(answer($c), qr/"redis":\[\{"redis":"shared","connections":1,/, 'there');
