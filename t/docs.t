# The manual speaks of what there is: here, of every message of the module.

use strict;
use warnings;

use Test::More;


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;

    return scalar <$in>;
}


# Runs of white space are one space: text may be wrapped.

sub flat {
    my ($text) = @_;

    $text =~ s/\s+/ /g;

    return $text;
}


# A C string literal, or several in a row, as its value.

sub literal {
    my ($code) = @_;

    my $value = join '', $code =~ /"((?:[^"\\]|\\.)*)"/g;

    $value =~ s/\\(["\\])/$1/g;

    return $value;
}


# The constants of nginx that begin a message on Unix.

my %constant = (ngx_socket_n => '"socket()"',
                ngx_close_socket_n => '"close() socket"');

# A message with "..." for each conversion.

sub message {
    my ($code) = @_;

    $code =~ s/\b$_\b/$constant{$_}/g for keys %constant;
    $code =~ /((?:"(?:[^"\\]|\\.)*"\s*)+)/ or return;

    my $text = literal($1);

    $text =~ s/%(?:\d+|\*)?(?:u?[dizDTM]|[VsM])/.../g;
    die "a conversion that is not known: $text\n" if $text =~ /%/;
    $text =~ s/\.{3,}/.../g;
    $text =~ s/\.\.\.:\.\.\.\z/.../;      # file and line
    $text =~ s/ in \.\.\.:\.\.\.,/ in ...,/;

    return $text;
}


# All of them: [ file, message ].

sub messages {
    my @found;

    for my $file (sort glob 'src/{*,http/*}/ngx_*.c') {
        my $code = slurp($file);

        while ($code =~ /\bngx_(?:conf_)?log_error\((.*?)\);/gs) {
            my $text = message($1) // die "$file: no message in: $1\n";

            push @found, [ $file, $text ];
        }
    }

    return @found;
}


# What messages have in the place of a "...": [ file, text ].

sub reasons {
    my @found;

    for my $file (sort glob 'src/{*,http/*}/ngx_*.c') {
        my $code = slurp($file);

        push @found, map { [ $file, literal($_) ] }
                     $code =~ /\b(?:why\ =\ |return\ |tls_error\(cf,\ )
                               ("(?:[^"\\]|\\.)*")/gx;
    }

    return @found;
}


my $manual = flat(slurp('docs/operations.md'));

{
    my @messages = messages();

    cmp_ok(scalar @messages, '>', 40, 'messages were found');

    for (@messages) {
        my ($file, $text) = @$_;

        ok(index($manual, "`$text`") >= 0, "$file: $text");
    }

    # and the other way round: what is explained there is said here

    my %said = map { $_->[1] => 1 } @messages;
    my ($part) = slurp('docs/operations.md')
                 =~ /^(## Error log at run time\n.*)/ms;
    my @explained = map { /`([^`]+)`/g } $part =~ /^- (`.*`)$/mg;

    cmp_ok(scalar @explained, '>', 30, 'explanations were found');

    for my $text (@explained) {
        (my $rest = $text) =~ s/\A"\.\.\." "\.\.\." \.\.\., its last.*//;

        ok(!length $rest || $said{$text}, "said: $text");
    }
}

{
    my @reasons = reasons();

    cmp_ok(scalar @reasons, '>', 30, 'reasons were found');

    for (@reasons) {
        my ($file, $text) = @$_;

        ok(index($manual, $text) >= 0, "$file: $text");
    }
}

# the JSON log_format is the same in the manual and in the example

{
    my $example = slurp('conf-examples/monitoring/status.conf');
    my ($format) = $example =~ /^( +log_format.*?;)$/ms;

    ok(defined $format, 'a log_format in the example');
    ok(index(slurp('docs/operations.md'), $format) >= 0,
       'it is in the manual');
}

done_testing();
