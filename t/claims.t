# docs/claims.md: what it quotes is in the README, and each test that it names
# is there.

use strict;
use warnings;

use Test::More;


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or return '';
    local $/;

    return <$in> // '';
}


# Runs of white space are one space: text may be wrapped.

sub flat {
    my ($text) = @_;

    $text =~ s/\s+/ /g;

    return $text;
}


# Titles of the blocks of a file; of a program, all its text.

my %titles;

sub titles {
    my ($file) = @_;

    return $titles{$file} //= {
        map { $_ => 1 } slurp($file) =~ /^=== TEST \d+: (.+)$/mg
    };
}


sub there {
    my ($file, $title) = @_;

    return titles($file)->{$title} if $file =~ /\.t\z/;
    return index(slurp($file), "'$title'") >= 0;
}


my $readme = flat(slurp('README.md'));
my @claims = split /^(?=> )/m, slurp('docs/claims.md');

shift @claims;

cmp_ok(scalar @claims, '>', 50, 'there are claims');

for my $claim (@claims) {
    my ($quoted, $rest) = split /\n\n/, $claim, 2;
    my $words = flat(join ' ', $quoted =~ /^> (.*)$/mg);
    my $short = length $words > 50 ? substr($words, 0, 50) . '...' : $words;
    my @tests = map { [ /^- `(t\/[^`]+)`: (.+)$/ ] }
                grep { /^- / } split /\n/, $rest;

    ok(index($readme, $words) >= 0, "the README says: $short")
        or diag($words);
    ok(@tests > 0, "tests are named: $short");

    for (@tests) {
        my ($file, $title) = @$_;

        ok(defined $file && there($file, $title),
           'there is ' . ($file // '?') . ': ' . ($title // '?'));
    }
}

# and what a user reads first is all there

my ($glance) = slurp('README.md') =~ /\A(.*?)^## /ms;
my @items = $glance =~ /^- ((?:.*\n)(?:  .*\n)*)/mg;

cmp_ok(scalar @items, '>=', 3, 'what a user reads first');

for my $item (@items) {
    my $words = flat($item);

    $words =~ s/ \z//;

    ok((grep { index(flat($_), $words) >= 0 } @claims),
       'claimed: ' . substr $words, 0, 50);
}

done_testing();
