# The short form of "make chaos": each line of its account that must have one
# value has it.

use strict;
use warnings;

use Test::More;

plan skip_all => 'as slow as it is, memcheck would see timeouts only'
    if $ENV{TEST_NGINX_USE_VALGRIND};

open my $run, '-|', $^X, 'tools/chaos', 10 or die "tools/chaos: $!\n";

my @lines = <$run>;

close $run;
is($?, 0, 'exit status');

like($lines[0] // '', qr/^chaos: 10 seconds/, 'it has begun');
like($lines[-1] // '', qr/^chaos: the books balance$/, 'it has ended');

for my $line (@lines) {
    my ($what, $n, $must) = $line =~ /^ {0,2}(\w.*?) +(-?\d+)( +MUST BE.*)?$/
        or next;

    ok(!$must, "$what: $n");
}

# a run in which nothing happened shows nothing

for my $what ('public tokens', 'workers killed', 'posts that the app got, joined',
              'posts that the app got, replayed',
              'access tokens that the app has taken',
              'access tokens whose answer a fault has lost, "unknown"')
{
    my ($n) = map { /\Q$what\E +(\d+)/ } @lines;

    cmp_ok($n // 0, '>', 0, "$what: there are");
}

diag(@lines) if !Test::More->builder->is_passing;

done_testing();
