# The short form of "make chaos NODES=3": each line of its account that must
# have one value has it.

use strict;
use warnings;

use lib 't';
use Test::More;

use Plaid::Redis ();

plan skip_all => 'as slow as it is, memcheck would see timeouts only'
    if $ENV{TEST_NGINX_USE_VALGRIND};
plan skip_all => 'no redis-server is installed' if !Plaid::Redis::available();

# how many get through in time is for the long form to say

$ENV{CHAOS_NEVER} = 50;

open my $run, '-|', $^X, 'tools/chaos-nodes', 10
    or die "tools/chaos-nodes: $!\n";

my @lines = <$run>;

close $run;
is($?, 0, 'exit status');

like($lines[0] // '', qr/^chaos: 10 seconds, 3 nodes/, 'it has begun');
like($lines[-1] // '', qr/^chaos: the books balance$/, 'it has ended');

for my $line (@lines) {
    my ($what, $n, $must) = $line =~ /^ {0,2}(\w.*?) +(-?\d+)( +MUST BE.*)?$/
        or next;

    ok(!$must, "$what: $n");
}

# a run in which nothing happened shows nothing

for my $what ('public tokens', 'access tokens that the app has taken',
              'Redis: killed, and started again empty', 'keys in Redis')
{
    my ($n) = map { /\Q$what\E +(\d+)/ } @lines;

    cmp_ok($n // 0, '>', 0, "$what: there are");
}

diag(@lines) if !Test::More->builder->is_passing;

done_testing();
