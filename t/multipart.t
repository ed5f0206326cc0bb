# The token in a form with parts: multipart/form-data.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

# Parts, each "headers\n\nvalue", to a body.

sub ::parts {
    my ($boundary, @parts) = @_;

    return join '', (map {
        my ($head, $value) = split /\n\n/, $_, 2;

        $head =~ s/\n/\r\n/g;
        "--$boundary\r\n$head\r\n\r\n$value\r\n";
    } @parts), "--$boundary--\r\n";
}

our $Name = 'Content-Disposition: form-data; name';

# A block's "parts" are the body; it is sent as it is, line ends and all.

push @Test::Nginx::Socket::ExtraSections, qw( parts type );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $parts = $block->parts // return;
    my $type  = $block->type // 'multipart/form-data; boundary=XX';
    my $body  = ref $parts ? ::parts('XX', @$parts) : $parts;

    $type =~ s/\s+\z//;

    $block->set_value('raw_request',
        "POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "Content-Type: $type\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body");

    if (my $token = $block->exchanged) {
        $token =~ s/\s+\z//;
        $block->set_value('response_body',
            "POST /t\nX-Plaid-Access-Token: access-$token\n"
            . "X-Plaid-Item-Id: item-$token\n"
            . "X-Plaid-Request-Id: req-$token\n"
            . "X-Plaid-Status: exchanged\n\n$body\n");

    } elsif (defined $block->passed) {
        $block->set_value('response_body',
                          "POST /t\n" . (length $body ? "\n$body\n" : ''));
    }
});

run_tests();

__DATA__

=== TEST 1: a token
--- parts eval: [qq($::Name="public_token"\n\nmp-1)]
--- exchanged: mp-1
--- calls: 1
--- response_headers
X-App-Type: multipart/form-data; boundary=XX



=== TEST 2: between other parts
--- parts eval
[qq($::Name="a"\n\nb), qq($::Name="public_token"\n\nmp-2), qq($::Name="c"\n\n)]
--- exchanged: mp-2
--- calls: 1



=== TEST 3: a name without quotes, other parameters before it
--- parts eval: [qq(Content-Disposition: form-data; x=y; name=public_token\n\nmp-3)]
--- exchanged: mp-3
--- calls: 1



=== TEST 4: header names and the disposition in another case, more headers
--- parts eval
[qq(content-type: text/plain\ncontent-DISPOSITION: Form-Data; NAME="public_token"\nX: y\n\nmp-4)]
--- exchanged: mp-4
--- calls: 1



=== TEST 5: a part with a filename is no token
--- parts eval: [qq($::Name="public_token"; filename="f"\n\nmp-5)]
--- passed
--- calls: 0



=== TEST 6: nor is one with an empty filename
--- parts eval: [qq($::Name="public_token"; filename=""\n\nmp-6)]
--- passed
--- calls: 0



=== TEST 7: nor with an encoded one
--- parts eval: [qq($::Name="public_token"; filename*=utf-8''f\n\nmp-7)]
--- passed
--- calls: 0
--- error_log: request body not searched



=== TEST 8: a file beside the token, with bytes of all kinds
--- parts eval
[qq($::Name="f"; filename="f.bin"\nContent-Type: application/octet-stream\n\n)
 . CORE::join('', map { chr } 0 .. 255) . "\r\n--X\r\n--XY",
 qq($::Name="public_token"\n\nmp-8)]
--- exchanged: mp-8
--- calls: 1



=== TEST 9: a token that looks like a field in a file
--- parts eval
[qq($::Name="f"; filename="f"\n\n$::Name="public_token"\r\n\r\nmp-9)]
--- passed
--- calls: 0



=== TEST 10: twice
--- parts eval
[(qq($::Name="public_token"\n\nmp-10)) x 2]
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 11: twice, once as a file
--- parts eval
[qq($::Name="public_token"; filename="f"\n\nmp-x),
 qq($::Name="public_token"\n\nmp-11)]
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 12: an empty value
--- parts eval: [qq($::Name="public_token"\n\n)]
--- passed
--- calls: 0



=== TEST 13: null
--- parts eval: [qq($::Name="public_token"\n\nnull)]
--- passed
--- calls: 0



=== TEST 14: a line end in the value belongs to it
--- parts eval: [qq($::Name="public_token"\n\nmp-14\r\n)]
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 15: line breaks before and after it
--- parts eval
"\r\n" . ::parts('XX', qq($::Name="public_token"\n\nmp-15)) . "\r\n"
--- exchanged: mp-15
--- calls: 1



=== TEST 16: a quoted boundary, with other parameters
--- parts eval: ::parts('a b:c', qq($::Name="public_token"\n\nmp-16))
--- type: multipart/form-data; charset=utf-8; boundary="a b:c"; x=y
--- exchanged: mp-16
--- calls: 1



=== TEST 17: the longest boundary
--- parts eval: ::parts('b' x 70, qq($::Name="public_token"\n\nmp-17))
--- type eval: 'multipart/form-data; boundary=' . 'b' x 70
--- exchanged: mp-17
--- calls: 1



=== TEST 18: no boundary
--- parts eval: [qq($::Name="public_token"\n\nmp-18)]
--- type: multipart/form-data
--- passed
--- calls: 0
--- error_log: request body not searched



=== TEST 19: another boundary
--- parts eval: ::parts('YY', qq($::Name="public_token"\n\nmp-19))
--- passed
--- calls: 0



=== TEST 20: cut off after the value
--- parts eval
my $all = ::parts('XX', qq($::Name="public_token"\n\nmp-20)); substr $all, 0, -8
--- passed
--- calls: 0
--- error_log: request body not searched



=== TEST 21: cut off, and required
--- location: plaid_exchange_required on;
--- parts eval
my $all = ::parts('XX', qq($::Name="public_token"\n\nmp-21)); substr $all, 0, -8
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_BODY
--- calls: 0



=== TEST 22: another multipart type
--- parts eval: [qq($::Name="public_token"\n\nmp-22)]
--- type: multipart/mixed; boundary=XX
--- passed
--- calls: 0



=== TEST 23: a quote in a name, as browsers write it
--- location: plaid_exchange_field 'a"b';
--- parts eval: [qq($::Name="a%22b"\n\nmp-23)]
--- exchanged: mp-23
--- calls: 1



=== TEST 24: a boundary in percent-encoding is none
--- parts eval: [qq($::Name="public%5Ftoken"\n\nmp-24)]
--- passed
--- calls: 0



=== TEST 25: many parts
--- parts eval
[(map { qq($::Name="f$_"\n\nv) } 1 .. 50), qq($::Name="public_token"\n\nmp-25)]
--- exchanged: mp-25
--- calls: 1



=== TEST 26: a preamble that some read as a part
--- parts eval
'x' . ::parts('XX', qq($::Name="public_token"\n\nother-26),
              qq($::Name="public_token"\n\nmp-26))
--- passed
--- calls: 0
--- error_log: request body not searched, the body does not begin with its



=== TEST 27: an epilogue
--- location: plaid_exchange_required on;
--- parts eval: ::parts('XX', qq($::Name="public_token"\n\nmp-27)) . 'x'
--- error_code: 400
--- calls: 0
--- app_calls: 0



=== TEST 28: a second boundary
--- parts eval: ::parts('XX', qq($::Name="public_token"\n\nmp-28))
--- type: multipart/form-data; x-boundary=YY; boundary=XX
--- passed
--- calls: 0



=== TEST 29: a name of RFC 2231 beside a token
--- parts eval
[qq($::Name="public_token"\n\nmp-29),
 qq($::Name="note"; name*=utf-8''public_token\n\nother-29)]
--- passed
--- calls: 0



=== TEST 30: an attachment of the name beside a token
--- parts eval
[qq($::Name="public_token"\n\nmp-30),
 qq(Content-Disposition: attachment; name="public_token"\n\nother-30)]
--- passed
--- calls: 0



=== TEST 31: an empty file input of the name beside a token
--- parts eval
[qq($::Name="public_token"\n\nmp-31),
 qq($::Name="public_token"; filename=""\n\n)]
--- outcome: 400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN
--- calls: 0



=== TEST 32: what clients write in another part is nobody's business
--- parts eval
[qq($::Name="f"; filename="a"b".pdf"\n\nx), qq($::Name="g\\"\n\nx),
 qq($::Name="h";\n filename=my file.pdf\nContent-Type: a/b\n\nx),
 qq($::Name="public_token"\nContent-Type: text/plain; charset=utf-8\n\nmp-32)]
--- exchanged: mp-32
--- calls: 1
