# Nodes that share records and come and go: a second nginx of the same
# configuration, with shared memory of its own, its reload and its death.

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

workers(2);
master_on();

plaid();
run_tests();

__DATA__

=== TEST 1: what a dead node has left
--- plaid: onetime
--- check scene
daemon();
is(saw(post('rd-3', uri => '/a?app=500')), '500 exchanged access-rd-3',
   'a node');
kill KILL => pids(), master();
alone();
is(saw(post('rd-3', uri => '/a')), '200 replayed access-rd-3', 'the other');
is(calls(), 1, 'one call');



=== TEST 2: emptied, and a reload
--- plaid: onetime
--- check scene
daemon();
is(saw(post('rd-14', uri => '/a?app=500')), '500 exchanged access-rd-14', 'a');
redis()->command('FLUSHALL');
reload();
until_metric('plaid_redis_pushed_total{redis="shared"}', sub { $_ >= 1 });
key_of('t');
alone();
is(saw(post('rd-14', uri => '/b')), '200 replayed access-rd-14', 'b');
