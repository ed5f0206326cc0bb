# A token may be a single byte.  It occurs in the request, in the
# configuration and in every other value by chance: nothing of them may be
# taken for a copy of the token.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

plaid();

# all that a token may consist of
our @Bytes = map { chr } 0x21 .. 0x7e;

our $Config = <<'END';
    set $assigned "Set-By-The-Server";

    add_header  X-Status    $plaid_status always;
    add_header  X-Assigned  "[$assigned]" always;
    access_log  logs/short.log short;

    location /t {
        plaid_exchange    bank;
        proxy_set_header  X-Mapped $mapped;
        proxy_set_header  X-Argument $arg_a;
        add_header        X-Copy "[$mapped]" always;
        proxy_pass        http://app;
    }
END

our $Http = <<'END';
    map $plaid_access_token $mapped { default "none"; "~(.+)" "is $1"; }
    log_format short '$request|$plaid_status|$mapped|$plaid_access_token|';
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $Http);
    $block->set_value('config', $Config);
});

# The tokens as do_named() of Plaid::Mock wants them.

sub ::named {
    return join '-', 'x', map { unpack 'H*', $_ } @_;
}

run_tests();

__DATA__

=== TEST 1: each byte
--- plaid: named
--- check scene
for my $byte (@::Bytes) {
    my $got = answer(post(::named($byte),
                                       uri => '/t?a=everything'));

    like($got, qr{\AHTTP/1\.1 200 }, "$byte is answered");
    like($got, qr/^X-Plaid-Access-Token: \Q$byte\E\n/m, "$byte is passed on");
    like($got, qr/^X-Mapped: is \Q$byte\E\n/m, "a map of $byte");
    like($got, qr/^X-Argument: everything\n/m, "beside $byte");
    like($got, qr/^X-Copy: \[none\]\r\n/m, "no $byte for the client");
}
log_has(qr{POST /t\?a=everything HTTP/1\.1\|exchanged\|none\|-\|}, 'short.log');



=== TEST 2: each byte, and a Stripe and a processor token
--- plaid: named
--- client: api legacy;
--- check scene
for my $n (0 .. $#::Bytes) {
    my @three = map { $::Bytes[($n + $_) % @::Bytes] } 0 .. 2;
    my $got = answer(post(::named(@three), uri => '/t?a=all'));

    like($got, qr{\AHTTP/1\.1 200 }, "@three");
    like($got, qr/^X-Plaid-Access-Token: \Q$three[0]\E\n/m, 'access');
    like($got, qr/^X-Plaid-Stripe-Bank-Account-Token: \Q$three[1]\E\n/m,
         'Stripe');
    like($got, qr/^X-Plaid-Processor-Token: \Q$three[2]\E\n/m, 'processor');
    like($got, qr/^X-Argument: all\n/m, 'beside them');
}



=== TEST 3: two bytes to nine
--- plaid: named
--- check scene
for my $n (2 .. 9) {
    my $token = substr 'POST /t?a', 0, $n;
    $token =~ tr/ /_/;
    my $got = answer(post(::named($token), uri => '/t?a=all'));

    like($got, qr{\AHTTP/1\.1 200 }, $token);
    like($got, qr/^X-Plaid-Access-Token: \Q$token\E\n/m, "$token is passed");
    like($got, qr/^X-Copy: \[none\]\r\n/m, "no $token for the client");
}
