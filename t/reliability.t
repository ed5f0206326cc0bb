# Each row of the tables in docs/reliability.md names tests, and these exist.

use strict;
use warnings;

use Test::More;

my %title;


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;

    return scalar <$in>;
}


sub titles {
    my ($file) = @_;

    $title{$file} ||= { slurp($file) =~ /^=== TEST (\d+): (.+)$/mg };

    return $title{$file};
}


my %named;

for my $line (split /\n/, slurp('docs/reliability.md')) {
    next if $line !~ /^\|/ || $line =~ /^\|(?:---| fault \|| \*\*)/;

    my @cell = split / *\| */, $line;
    my $what = $cell[1];

    is(@cell, 6, "$what: five columns");

    my @tests = split / · /, $cell[-1];

    ok(@tests > 0, "$what: a test");

    for my $test (@tests) {
        my ($file, $numbers) = $test =~ /\A`(t\/\w+\.t)` (\d+(?:, \d+)*)\z/
            or fail("$what: \"$test\"");

        for my $n (split /, /, $numbers) {
            ok(titles($file)->{$n}, "$what: $file TEST $n");
            $named{"$file $n"} = 1;
        }
    }
}

cmp_ok(keys %named, '>', 60, 'tests are named');

done_testing();
