# Sealed tokens without the module: tools/unseal.c, and a third implementation
# here that is made of Perl and the openssl command.  All agree on the
# published vectors.

use strict;
use warnings;

use Digest::SHA qw( hmac_sha256 );
use File::Temp qw( tempdir );
use MIME::Base64 qw( encode_base64url );
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $cc = $ENV{CC} || 'cc';
my $key = pack 'C*', 0 .. 31;
my $token = 'access-sandbox-00000000-0000-0000-0000-000000000001';
my $item = 'item0000000000000000000000000000000001';

my %vector = (
    "\t$item" => 'sealed1.k1.rEXFbggXGV977mXMqueu7pc77jkrNhznvEZa7yeTHALV7ctiHg68zQGHfNpJsT526J2P95W0A2JaVyyp09TxATIYH9k9LHYLYKbkFFaPkypfcEJ-9AIIWkt-fOJnFI0P5Df2qXv-QXboAjgQoedQ93zNHbB2IB5pIg',
    "acme\t$item" => 'sealed1.k1.mM0nUlyAIG2i54YXoYJ7Thr4ui2xrwKKLO7dgW3F9RRTtsae60NbpwDq8c6SMT208OVZJFYDVYVMcEQgxkJdWLOSousqHQiR-t8YF0Zw6Y7HVLaIX1-jnjieHU9xYHiZFo3PurVjqQSHyNwK5iUqnpYX7evuKNX5jg',
    "\t" => 'sealed1.k1.G964eDKuev_NJ-2BIJJ0bHnJxeNg4o0DNMw0D08r4NmGsoM3a0Z7I_k4rQe_qTsMz4OwAvAqES7KFEOefvcFbFkCn0ezZT10LX-zOL6U0A1oHEQ',
);


sub put {
    my ($name, $text) = @_;

    open my $out, '>:raw', "$dir/$name" or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";

    return "$dir/$name";
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;

    return scalar(<$in>) // '';
}


# Lines through the tool.

sub tool {
    my ($text, @args) = @_;

    my $in = put('in', $text);
    my $args = join ' ', map { "'$_'" } @args;

    return scalar `$dir/unseal $args < $in 2> $dir/err`;
}


# AES-256 of blocks, by the openssl command.

sub aes {
    my ($k, $blocks) = @_;

    my $in = put('blocks', $blocks);
    my $hex = unpack 'H*', $k;

    system("openssl enc -aes-256-ecb -nopad -K $hex -in $in -out $dir/out")
        == 0 or die "openssl failed\n";

    return slurp("$dir/out");
}


# GHASH of NIST SP 800-38D, 6.3 and 6.4, bit by bit.

sub ghash {
    my ($h, $data) = @_;

    my $y = "\0" x 16;

    for my $block (unpack '(a16)*', $data) {
        my @x = split //, unpack 'B128', $y ^ $block;
        my ($z, $v) = ("\0" x 16, $h);

        for my $bit (@x) {
            $z ^= $v if $bit;

            my $bits = unpack 'B128', $v;
            my $odd = chop $bits;

            $v = pack 'B128', "0$bits";
            $v ^= "\xe1" . "\0" x 15 if $odd;
        }

        $y = $z;
    }

    return $y;
}


sub padded {
    my ($s) = @_;

    return $s . "\0" x (-length($s) % 16);
}


sub seal_by_hand {
    my ($kid, $client, $tenant, $plain_token, $plain_item) = @_;

    my ($enc, $mac) = map { hmac_sha256("$_\1", hmac_sha256($key, "\0" x 32)) }
                          'ngx_plaid seal enc 1', 'ngx_plaid seal nonce 1';
    my $aad = 'ngx_plaid sealed 1' . pack '(n/a*)*', $kid, $client, $tenant;
    my $plain = pack '(n/a*)*', $plain_token, $plain_item;
    my $nonce = substr hmac_sha256($aad . $plain, $mac), 0, 12;

    my $blocks = (length($plain) + 15) / 16;
    my ($h, $first, $stream) = unpack 'a16 a16 a*',
        aes($enc, join '', "\0" x 16,
                  map { $nonce . pack 'N', $_ } 1 .. $blocks + 1);
    my $text = $plain ^ substr $stream, 0, length $plain;
    my $tag = $first ^ ghash($h, padded($aad) . padded($text)
                                 . pack('Q>Q>', 8 * length $aad,
                                                8 * length $text));

    return "sealed1.$kid." . encode_base64url($nonce . $text . $tag);
}


is(system("$cc -Wall -Wextra -Werror -Wno-deprecated-declarations "
          . "-o $dir/unseal tools/unseal.c -lcrypto"), 0, 'the tool builds');

my $file = put('keys', "# keys\nk1 " . unpack('H*', $key) . "\n");

for my $name (sort keys %vector) {
    my ($tenant, $id) = split /\t/, $name, -1;
    my $sealed = $vector{$name};
    my @args = ((length $tenant ? ('-t', $tenant) : ()), $file, 'test_id');

    is(seal_by_hand('k1', 'test_id', $tenant, $token, $id), $sealed,
       "by hand: \"$name\"");
    is(tool("$token\t$id\n", '-s', @args), "$sealed\n", "sealed: \"$name\"");
    is(tool("$sealed\n", @args), "$token\t$id\n", "opened: \"$name\"");
    is(tool("$sealed\n", $file, 'other_id'), "\n", "another client: \"$name\"");
    isnt($?, 0, 'and it says so');
}

# base64, several keys, several lines

use MIME::Base64 qw( encode_base64 );

my $two = put('two', 'k2 ' . encode_base64("\xff" x 32, '') . "\nk1 "
                     . encode_base64($key, '') . "\n");
my $other = tool("$token\t$item\n", '-s', $two, 'test_id');

like($other, qr/^sealed1\.k2\./, 'the first key seals');
is(tool("$vector{\"\t$item\"}\nx\n$other", $two, 'test_id'),
   "$token\t$item\n\n$token\t$item\n", 'each key opens');
like(slurp("$dir/err"), qr/^unseal: line 2 does not open$/, 'a line that does not');

done_testing();
