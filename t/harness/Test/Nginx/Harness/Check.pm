package Test::Nginx::Harness::Check;

# The assertions of a block.  Their number is that of the original, so that
# the same plan holds; what goes wrong beyond them (an [alert] line, a report
# of valgrind) is a failure of its own and no assertion when all is well.

use strict;
use warnings;

use Digest::MD5 ();
use Digest::SHA ();
use Exporter 'import';
use Test::LongString ();
use Test::More ();

use Test::Nginx::Util qw( bail_out expand );
use Test::Nginx::Harness::Log qw( error_lines access_lines matches );

our @EXPORT_OK = qw( check_response check_error_log check_access_log
                     check_shutdown_log bad_lines patterns is_str );

my %BODY_FILTERS = (
    md5_hex  => \&Digest::MD5::md5_hex,
    sha1_hex => \&Digest::SHA::sha1_hex,
    uc       => sub { uc $_[0] },
    lc       => sub { lc $_[0] },
    ucfirst  => sub { ucfirst $_[0] },
    lcfirst  => sub { lcfirst $_[0] },
    length   => sub { length $_[0] },
);


sub is_str {
    my ($got, $expected, $what) = @_;

    return Test::More::like($got, $expected, $what)
        if ref $expected eq 'Regexp';
    return Test::More::is($got, $expected, $what)
        if $Test::Nginx::Util::NoLongString;

    return Test::LongString::is_string($got, $expected, $what);
}


# The expectation for one of several requests, or the only one.

sub indexed {
    my ($block, $section, $i, $many) = @_;

    my $value = $block->get($section);

    return $value->[$i] if ref $value eq 'ARRAY';

    bail_out($block->name . " - many requests need an array in $section")
        if $many;

    return $value;
}


sub with_ports {
    my ($text) = @_;

    $text =~ s/\$ServerPort(?:ForClient)?\b/$Test::Nginx::Util::ServerPort/g
        if defined $text && !ref $text;

    return $text;
}


# $at: name, block, response (or undef), raw headers, index of the request,
# whether there are several, index of the repetition.

sub check_response {
    my ($at) = @_;

    check_status($at);
    check_raw_headers($at);
    check_headers($at);
    filter_body($at);
    check_body($at);
}


sub check_status {
    my ($at) = @_;

    my ($block, $res) = @$at{qw( block res )};
    my $code = $res && $res->code || '';
    my $what = "$at->{name} - status code ok";

    if ($block->has('error_code_like')) {
        my $want = indexed($block, 'error_code_like', @$at{qw( i many )});

        Test::More::like($code, qr/$want/sm, $what);
        return;
    }

    my $want = $block->has('error_code')
               ? indexed($block, 'error_code', @$at{qw( i many )}) : 200;

    Test::More::is($code, $want, $what);
}


sub check_raw_headers {
    my ($at) = @_;

    my $block = $at->{block};

    for my $kind (qw( like unlike )) {
        my $section = "raw_response_headers_$kind";

        next unless $block->has($section);

        my $want = indexed($block, $section, @$at{qw( i many )});
        my $check = Test::More->can($kind);

        $check->($at->{headers}, qr/$want/s, "$at->{name} - $section");
    }
}


# "Name: value" lines, "! Name" for one that must be absent; undef stands for
# the latter.  The last line of a name counts.

sub header_lines {
    my ($text) = @_;

    my (@order, %value);

    for my $line (split /\n/, $text // '') {
        $line =~ s/\A\s+|\s+\z//g;
        next if $line eq '';

        my ($key, $value) = $line =~ s/\A!\s*// ? ($line, undef)
                                                : split /\s*:\s*/, $line, 2;

        push @order, $key unless exists $value{$key};
        $value{$key} = $value;
    }

    return map { [$_, $value{$_}] } @order;
}


sub check_headers {
    my ($at) = @_;

    my ($block, $res, $name) = @$at{qw( block res name )};

    for my $section (qw( response_headers response_headers_like )) {
        next unless $block->has($section);

        my $text = indexed($block, $section, @$at{qw( i many )});

        for my $line (header_lines($text)) {
            my ($key, $want) = @$line;

            if (!defined $want) {
                Test::More::unlike($at->{headers}, qr/^\s*\Q$key\E\s*:/mi,
                                   "$name - no header $key");
                next;
            }

            my $got = $res ? $res->header($key) // '' : '';

            $want = with_ports($want);

            $section eq 'response_headers'
                ? Test::More::is($got, $want, "$name - header $key ok")
                : Test::More::like($got, qr/^$want$/,
                                   "$name - header $key like ok");
        }
    }
}


# A list of filters, each a name or a sub; lists of lists go by request.

sub filter_body {
    my ($at) = @_;

    my ($block, $res, $name) = @$at{qw( block res name )};
    my $filters = $block->get('response_body_filters');

    return unless defined $filters && $res && defined $res->content;

    $filters = [ split ' ', $filters ] unless ref $filters;
    $filters = [ $filters ] if ref $filters ne 'ARRAY';

    if (ref $filters->[0] eq 'ARRAY') {
        $filters = $filters->[$at->{i}]
            // bail_out("$name - response_body_filters lacks $at->{i}");
    }

    my $body = $res->content;

    for my $filter (@$filters) {
        my $code = ref $filter ? $filter : $BODY_FILTERS{$filter};

        bail_out("$name - unknown body filter \"$filter\"")
            if ref $code ne 'CODE';
        $body = $code->($body);
    }

    $res->content($body);
}


sub check_body {
    my ($at) = @_;

    my ($block, $res, $name) = @$at{qw( block res name )};
    my $got = $res ? $res->content : undef;

    if ($block->has('response_body')) {
        my $want = indexed($block, 'response_body', @$at{qw( i many )});

        $want = expand(with_ports($want), $name);
        is_str($got, $want, "$name - response_body - response is expected "
                            . "(repeated req $at->{round}, req $at->{i})");
        return;
    }

    for my $kind (qw( like unlike )) {
        next unless $block->has("response_body_$kind");

        my $want = indexed($block, "response_body_$kind",
                           @$at{qw( i many )});
        my $check = Test::More->can($kind);

        $want = with_ports($want);
        $check->($got, qr/$want/s,
                 "$name - response_body_$kind - response is expected");
    }
}


# A section of log patterns: a line is a substring, a qr// a regex.

sub patterns {
    my ($block, $section) = @_;

    my $value = $block->get($section) // return;
    my @list  = ref $value eq 'ARRAY' ? grep { defined } @$value
              : ref $value            ? $value
              :                         grep { length } split /\n+/, $value;

    bail_out($block->name . " - $section names no pattern") unless @list;

    return @list;
}


sub check_error_log {
    my ($block, $round) = @_;

    my $name = $block->name;
    my @want = patterns($block, 'error_log');
    my @ban  = patterns($block, 'no_error_log');
    my $grep = $block->get('grep_error_log');
    my $out  = $block->get('grep_error_log_out');

    $grep = $grep->[$round] if ref $grep eq 'ARRAY';
    $out  = $out->[$round] if ref $out eq 'ARRAY';

    bail_out("$name - grep_error_log and grep_error_log_out go together")
        if defined $grep != defined $out;

    $out = expand($out, $name);

    my $lines = error_lines(sub {
        my ($so_far) = @_;

        return 0 if missing($so_far, @want);
        return !defined $grep || ref $out
               || length(grepped($so_far, $grep)) >= length $out;
    });

    is_str(grepped($lines, $grep), $out,
           "$name - grep_error_log_out (req $round)") if defined $grep;

    check_wanted($name, 'error.log', $round, $lines, @want);
    check_banned($name, 'error.log', $round, $lines, @ban);

    return if $block->has('must_die');

    if (my @bad = bad_lines($block, $lines)) {
        Test::More::fail("$name - the error log has unexpected lines");
        Test::More::diag(@bad);
    }
}


sub missing {
    my ($lines, @patterns) = @_;

    return grep {
        my $pattern = $_;
        !grep { matches($_, $pattern) } @$lines;
    } @patterns;
}


# What the pattern matched, line by line.

sub grepped {
    my ($lines, $pattern) = @_;

    my $regex = ref $pattern ? $pattern : qr/\Q$pattern\E/;
    my $text = '';

    for my $line (@$lines) {
        next unless $line =~ $regex;

        my $match = substr $line, $-[0], $+[0] - $-[0];

        $text .= "$match\n" if $match !~ /\n/;
    }

    return $text;
}


sub check_wanted {
    my ($name, $file, $round, $lines, @patterns) = @_;

    for my $pattern (@patterns) {
        Test::More::ok(!missing($lines, $pattern),
                       "$name - pattern \"$pattern\" matches a line in "
                       . "$file (req $round)");
    }
}


sub check_banned {
    my ($name, $file, $round, $lines, @patterns) = @_;

    for my $pattern (@patterns) {
        my @found = grep { matches($_, $pattern) } @$lines;

        Test::More::ok(!@found, "$name - pattern \"$pattern\" does not match "
                                . "a line in $file (req $round)");
        Test::More::diag(@found[0 .. ($#found < 9 ? $#found : 9)]) if @found;
    }
}


# Lines that no block may cause unless one of its patterns asks for them.
# UBSan writes to stderr, which nginx makes its error log.

sub bad_lines {
    my ($block, $lines) = @_;

    my @excused = map { ref eq 'ARRAY' ? @$_ : $_ }
                  (patterns($block, 'error_log'),
                   patterns($block, 'shutdown_error_log'),
                   $block->get('grep_error_log') // ());

    return grep {
        my $line = $_;

        $line =~ m{^\d{4}/\d\d/\d\d \S+ \[(?:alert|crit|emerg)\]}
            && !grep { matches($line, $_) } @excused
        or $line =~ /\bAssertion .*?failed\b|: runtime error: /;
    } @$lines;
}


sub check_access_log {
    my ($block, $round) = @_;

    my $name = $block->name;
    my @want = patterns($block, 'access_log');
    my @ban  = patterns($block, 'no_access_log');

    return unless @want || @ban;

    my $lines = access_lines(sub { !missing($_[0], @want) });

    check_wanted($name, 'access.log', $round, $lines, @want);
    check_banned($name, 'access.log', $round, $lines, @ban);
}


# After the end of nginx; in HUP mode nginx does not end, so these are
# skipped, as the original does.

sub check_shutdown_log {
    my ($block, $lines, $skip) = @_;

    my $name = $block->name;
    my @want = patterns($block, 'shutdown_error_log');
    my @ban  = patterns($block, 'no_shutdown_error_log');

    SKIP: {
        last SKIP unless @want + @ban;

        Test::More::skip("$name - shutdown is not seen in HUP mode",
                         @want + @ban) if $skip;

        check_wanted($name, 'error.log at exit', 0, $lines, @want);
        check_banned($name, 'error.log at exit', 0, $lines, @ban);
    }
}


1;
