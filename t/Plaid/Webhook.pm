package Plaid::Webhook;

# Webhooks as Plaid sends them, and as others do:
#
#     use Plaid 'no_plan';
#     use Plaid::Script;
#     use Plaid::Webhook;
#
#     --- check scene
#     key('one');
#     is(saw(hook('{"webhook_type":"ITEM"}', kid => 'one')), ...);
#
# key() makes a key and lets Plaid have it; jwt() signs a body; hook() posts it,
# and returns a connection as post() of Plaid::Script does.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Exporter 'import';
use File::Temp ();
use IPC::Open2 ();
use MIME::Base64 ();

use Plaid::Script ();
use Plaid::Side ();

our @EXPORT = qw( key no_key jwt hook told key_calls key_do b64u link_hook );

my (%Pem, %Jwk);

my $Dir = File::Temp::tempdir('plaid-keys-XXXXXX', TMPDIR => 1, CLEANUP => 1);


sub b64u {
    return MIME::Base64::encode_base64($_[0], '') =~ tr{+/}{-_}r =~ s/=+\z//r;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;

    return <$in>;
}


# A new key called $kid, and Plaid's reply about it.  Options replace members of
# the reply; undef leaves one out.

sub key {
    my ($kid, %option) = @_;

    $Pem{$kid} //= do {
        my $pem = "$Dir/$kid.pem";

        system(qw( openssl ecparam -name prime256v1 -genkey -noout -out ),
               $pem) == 0 or die "openssl failed\n";
        system("openssl ec -in $pem -pubout -outform DER -out $pem.der "
               . '2> /dev/null') == 0 or die "openssl failed\n";

        my $point = substr slurp("$pem.der"), -64;

        $Jwk{$kid} = [ map { b64u($_) } unpack 'a32 a32', $point ];
        $pem;
    };

    my %member = (alg => '"ES256"', crv => '"P-256"', kid => qq("$kid"),
                  kty => '"EC"', use => '"sig"', x => qq("$Jwk{$kid}[0]"),
                  y => qq("$Jwk{$kid}[1]"), created_at => 1560466143,
                  expired_at => 'null', %option);

    my $text = '{"key":{'
               . join(',', map { qq("$_":$member{$_}) }
                           grep { defined $member{$_} } sort keys %member)
               . '},"request_id":"r"}';

    open my $out, '>', "$ENV{TEST_NGINX_SIDE_DIR}/$kid.key" or die "key: $!\n";
    print $out $text;
    close $out or die "key: $!\n";

    return $kid;
}


# Plaid does not know it any more.

sub no_key { unlink "$ENV{TEST_NGINX_SIDE_DIR}/$_[0].key" }


# The header's value for $body.  Options: kid, alg, header and claims (JSON
# texts), iat (seconds from now), hash, by (the key that signs), der, signature
# (bytes), parts (code that changes the three parts).

sub jwt {
    my ($body, %option) = @_;

    my $kid = $option{kid} // 'one';
    my $alg = $option{alg} // 'ES256';
    my $iat = time + ($option{iat} // 0);
    my $hash = $option{hash} // sha256_hex($body);

    my $text = join '.',
        b64u($option{header}
             // qq({"alg":"$alg","kid":"$kid","typ":"JWT"})),
        b64u($option{claims}
             // qq({"iat":$iat,"request_body_sha256":"$hash"}));

    my @parts = (split(/\./, $text, -1),
                 b64u($option{signature}
                      // sign($text, $option{by} // $kid, $option{der})));

    $option{parts}->(\@parts) if $option{parts};

    return join '.', @parts;
}


# r and s side by side, or the DER that openssl makes.

sub sign {
    my ($text, $kid, $der) = @_;

    return 'x' x 64 unless $Pem{$kid};

    open my $out, '>:raw', "$Dir/text" or die "text: $!\n";
    print $out $text;
    close $out or die "text: $!\n";

    my $got = qx(openssl dgst -sha256 -sign $Pem{$kid} $Dir/text);

    return $got if $der;

    my ($r, $s) = unpack 'x2 x C/a x C/a', $got;

    return join '', map { substr(("\0" x 32) . $_, -32) } $r, $s;
}


# Posts $body.  Options as those of jwt(), and: jwt (its value; a list for
# several headers; undef: none), uri, headers, chunked, method, on.

sub hook {
    my ($body, %option) = @_;

    my @jwt = !exists $option{jwt}        ? jwt($body, %option)
              : ref $option{jwt}          ? @{ $option{jwt} }
              : defined $option{jwt}      ? $option{jwt}
              :                             ();

    my $c = $option{on}
            || Plaid::Script::connection(Plaid::Script::port(),
                                         $option{from});
    my $length = length $body;
    my @framing = $option{chunked} ? 'Transfer-Encoding: chunked'
                                   : "Content-Length: $length";
    my $sent = $option{chunked}
               ? join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
                          $body =~ /(.{1,1000})/gs) . "0\r\n\r\n"
               : $body;

    print { $c->{fh} } join "\r\n",
        ($option{method} // 'POST') . ' ' . ($option{uri} // '/hook')
        . ' HTTP/1.1', 'Host: localhost',
        (map { "Plaid-Verification: $_" } @jwt),
        'Content-Type: ' . ($option{type} // 'application/json'), @framing,
        @{ $option{headers} || [] }, 'Connection: close', '', $sent;

    return $c;
}


# In short: "200 verified LINK/SESSION_FINISHED", "401 SIGNATURE".

sub told {
    my ($c) = @_;

    my $text = Plaid::Script::answer($c);

    my ($status) = $text =~ m{\AHTTP/1\.1 (\d+)} or return 'gone';
    my ($code) = $text =~ /^x-code: (\S+)\r$/mi;
    my ($webhook) = $text =~ /^x-plaid-webhook: (\S+)/mi;
    my ($type) = $text =~ /^x-plaid-webhook-type: (\S+)/mi;
    my ($name) = $text =~ /^x-plaid-webhook-code: (\S+)/mi;

    return join ' ', grep { defined }
                     $status, $code, $webhook,
                     defined $type ? join '/', $type, $name // '' : undef;
}


# A webhook of Link with those public tokens.

sub link_hook {
    my (@tokens) = @_;

    return '{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED",'
           . '"status":"SUCCESS","link_token":"link-1","public_tokens":['
           . join(',', map { /\A[\w-]/ ? qq("$_") : $_ } @tokens) . ']}';
}


sub key_calls { Plaid::Side::ask('keys') }
sub key_do { Plaid::Side::ask('key_do=' . ($_[0] // '')) }


1;
