package Bodies;

# Bodies that two parsers read differently: in each, some back end reads "B"
# (or nothing) where another one reads "A".

use strict;
use warnings;

my $FORM = 'application/x-www-form-urlencoded';
my $JSON = 'application/json';
my $MULTI = 'multipart/form-data; boundary=B';

my $TOKEN = 'Content-Disposition: form-data; name="public_token"';
my $NOTE = 'Content-Disposition: form-data; name="note"';


# A part of boundary "B" with these header lines.

sub part {
    my ($head, $value) = @_;

    return "--B\r\n$head\r\n\r\n$value\r\n";
}


# A body of parts, the first of which has the token "A".

sub beside {
    return part($TOKEN, 'A') . join('', @_) . "--B--\r\n";
}


# [ name, content type, body ]

sub multipart {
    my $z = "--Z\r\n$TOKEN\r\n\r\nB\r\n--Z--\r\n";
    my $a = beside();

    return (
        [ 'x-boundary', 'multipart/form-data; x-boundary=Z; boundary=B',
          $a . $z ],
        [ 'x-boundary, as a preamble',
          'multipart/form-data; x-boundary=Z; boundary=B', $z . $a ],
        [ 'boundary*', "$MULTI; boundary*=utf-8''Z", $a . $z ],
        [ 'boundary*0', "$MULTI; boundary*0=Z", $a . $z ],
        [ 'a comma in the boundary', 'multipart/form-data; boundary=B,Z',
          "--B,Z\r\n$TOKEN\r\n\r\nA\r\n--B,Z--\r\n--B\r\n$TOKEN\r\n\r\nB\r\n"
          . "--B--\r\n" ],
        [ 'a part by LF in a value', $MULTI,
          part($NOTE, "hi\n--B\n$TOKEN\n\nB") . $a ],
        [ 'a part by CR in a value', $MULTI,
          part($NOTE, "hi\r--B\r$TOKEN\r\rB") . $a ],
        [ 'a delimiter of LF and CR LF', $MULTI,
          part($NOTE, "hi\n--B\r\n$TOKEN\r\n\r\nB") . $a ],
        [ 'a part by LF in the preamble', $MULTI,
          "x\n--B\n$TOKEN\n\nB\n$a" ],
        [ 'a delimiter within a line', $MULTI,
          beside(part($NOTE, "hi--B\r\n$TOKEN\r\n\r\nB")) ],
        [ 'name*', $MULTI,
          part("$NOTE; name*=utf-8''public_token", 'B') . $a ],
        [ 'name* alone', $MULTI,
          beside(part("Content-Disposition: form-data; "
                      . "name*=utf-8''public_token", 'B')) ],
        [ 'name*0', $MULTI,
          beside(part('Content-Disposition: form-data; name*0="public_"; '
                      . 'name*1="token"', 'B')) ],
        [ 'an encoded word', $MULTI,
          beside(part('Content-Disposition: form-data; '
                      . 'name="=?us-ascii?b?cHVibGljX3Rva2Vu?="', 'B')) ],
        [ 'an attachment', $MULTI,
          beside(part('Content-Disposition: attachment; '
                      . 'name="public_token"', 'B')) ],
        [ 'an attachment before it', $MULTI,
          part('Content-Disposition: attachment; name="public_token"', 'B')
          . $a ],
        [ 'filename* alone', $MULTI,
          beside(part("$TOKEN; filename*=utf-8''x", 'B')) ],
        [ 'an empty file input', $MULTI,
          beside(part(qq($TOKEN; filename=""), 'B')) ],
        [ 'another disposition header', $MULTI,
          beside(part('X-Content-Disposition: form-data; '
                      . qq(name="public_token"\r\n$NOTE), 'B')) ],
        [ 'a byte before the header', $MULTI, beside(part("x$TOKEN", 'B')) ],
        [ 'a name in a value', $MULTI,
          beside(part(qq($NOTE; x="; name=public_token"), 'B')) ],
        [ 'Content-ID', $MULTI,
          beside(part('Content-ID: public_token', 'B')) ],
        [ 'backslashes', $MULTI,
          beside(part(qq($NOTE; x="\\"; name=public_token; y=\\""), 'B')) ],
        [ 'single quotes', $MULTI,
          beside(part("Content-Disposition: form-data; name='public_token'",
                      'B')) ],
        [ 'no line for the value', $MULTI, "--B\r\n$NOTE\r\n\r\n$a" ],
        [ 'transport padding', $MULTI,
          "--B  \r\n$TOKEN\r\n\r\nA\r\n--B--\r\n" ],
        (map { [ "byte $_ before the first delimiter", $MULTI,
                 chr($_) . part($TOKEN, 'B') . $a ] } 0x00, 0x0a, 0x2d, 0x78),
        [ 'parts after the end', $MULTI, $a . part($TOKEN, 'B') . "--B--\r\n" ],
        (map { [ "name $_", $MULTI,
                 beside(part('Content-Disposition: form-data; '
                             . qq(name="$_"), 'B')) ] }
             names()),
        [ 'a charset of the part', $MULTI,
          part("$TOKEN\r\nContent-Type: text/plain; charset=utf-16", 'AA')
          . "--B--\r\n" ],
        [ 'base64', $MULTI,
          part("$TOKEN\r\nContent-Transfer-Encoding: base64", 'QUFB')
          . "--B--\r\n" ],
    );
}


# Spellings that some back end takes for public_token.

sub names {
    return ('public.token', 'public token', ' public_token', 'public[token',
            "public_token\0x", '[public_token]', 'public_token[]',
            'public_token[x]', 'public\\_token', 'Public_Token',
            'public_token ');
}


sub escaped {
    my ($name) = @_;

    $name =~ s/([^\w.])/sprintf '%%%02X', ord $1/ge;

    return $name;
}


sub forms {
    my $ebcdic = '%97%A4%82%93%89%83%6D%A3%96%92%85%95=%C2';

    return (
        [ 'ibm037', "$FORM; charset=ibm037", "public_token=A&$ebcdic" ],
        [ 'utf-16be', "$FORM; charset=utf-16be",
          'public_token=A&' . join('', map { "%00$_" } split //,
                                                'public_token') . '=%00B' ],
        [ 'utf-7', "$FORM; charset=utf-7",
          'public_token=A&+AHA-ublic_token=B' ],
        [ 'a leading blank', $FORM, 'public_token=A& public_token=B' ],
        [ 'a leading plus', $FORM, 'public_token=A&+public_token=B' ],
        [ 'a bracket', $FORM, 'public_token=A&[public_token]=B' ],
        [ 'brackets', $FORM, 'public_token=A&public_token[]=B' ],
        [ 'an index', $FORM, 'public_token=A&public_token[x]=B' ],
        [ 'an open bracket', $FORM, 'public_token=A&public[token=B' ],
        [ 'a semicolon', $FORM, 'public_token=A&x=1;public_token=B' ],
        [ 'a semicolon in the value', $FORM, 'public_token=A;x=1' ],
        [ 'a byte order mark', $FORM, "\xef\xbb\xbfpublic_token=B" ],
        [ 'a byte order mark, and a token', $FORM,
          "\xef\xbb\xbfpublic_token=B&public_token=A" ],
        (map { [ "form name $_", $FORM,
                 'public_token=A&' . escaped($_) . '=B' ] } names()),
        (map { [ "form name $_, first", $FORM,
                 escaped($_) . '=B&public_token=A' ] } names()),
        [ 'two fields', $FORM, 'public_token=A&public_token=B' ],
    );
}


sub json {
    return (
        [ 'another case', $JSON, '{"public_token":"A","PUBLIC_TOKEN":"B"}' ],
        [ 'the Kelvin sign', $JSON,
          qq({"public_token":"A","public_to\xe2\x84\xaaen":"B"}) ],
        [ 'twice, and null', $JSON,
          '{"public_token":"A","public_token":null}' ],
        [ 'twice, and empty', $JSON, '{"public_token":"A","public_token":""}' ],
        [ 'twice, escaped', $JSON,
          '{"public_token":"A","public\u005ftoken":"B"}' ],
        [ 'a NUL behind the name', $JSON,
          '{"public_token":"A","public_token\u0000":"B"}' ],
        [ 'utf-16', "$JSON; charset=utf-16", '{"public_token":"A"}' ],
        [ 'two types', "$JSON, $JSON", '{"public_token":"A"}' ],
        [ 'half of a pair', $JSON, '{"public_token":"A","n":"x\ud83d"}' ],
        [ 'a large number', $JSON, '{"public_token":"A","n":1e400}' ],
        [ 'a NUL in a name', $JSON,
          '{"public_token":"A","m":{"\u0000":1}}' ],
    );
}


sub corpus {
    return (multipart(), forms(), json());
}


# What is mutated: bodies whose one-byte neighbours may have two tokens.

sub seeds {
    my $like = part('Content-Disposition: form-data; name="xpublic_token"',
                    'B');
    my $file = part(qq($TOKEN; filename="x"), 'B') =~ s/public/xublic/r;
    my $inner = part($NOTE, "hi\r\n--C\r\n$TOKEN\r\n\r\nB");

    return (
        [ 'form', $FORM,
          'xpublic_token=B&public_token=A&note=1xpublic_token=B' ],
        [ 'form, a name with a mark', $FORM,
          'public_token=A&publicxtoken=B&public_tokenx=B' ],
        [ 'JSON', $JSON, '{"public_token":"A","xpublic_token":"B"}' ],
        [ 'JSON, nested', $JSON,
          '{"note":{"public_token":"B"},"public_token":"A","n":[1e5]}' ],
        [ 'multipart, a like name', $MULTI, $like . beside() ],
        [ 'multipart, a file', $MULTI, beside($file) ],
        [ 'multipart, an inner part', $MULTI, $inner . beside() ],
        [ 'multipart, a line before it', $MULTI,
          "\r\n" . part("X-$TOKEN\r\n$NOTE", 'B') . beside() ],
    );
}


# All texts that differ from this one in a byte: one more, less, or another.

sub neighbours {
    my ($text) = @_;

    my @bytes = map { chr } 0, 9, 10, 13, 32, 34, 37, 38, 39, 40, 42, 43, 44,
                            45, 46, 47, 58, 59, 61, 63, 65, 66, 67, 90, 91,
                            92, 93, 95, 97, 120, 123, 125, 127, 128, 255;
    my %found;

    for my $at (0 .. length $text) {
        for my $byte (@bytes) {
            $found{substr($text, 0, $at) . $byte . substr($text, $at)} = 1;

            next if $at == length $text;
            $found{substr($text, 0, $at) . $byte . substr($text, $at + 1)} = 1;
        }

        next if $at == length $text;
        $found{substr($text, 0, $at) . substr($text, $at + 1)} = 1;
    }

    delete $found{$text};

    return sort keys %found;
}

1;
