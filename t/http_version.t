# "http_version 2": calls share a connection, and none begins on a dead one.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Status;

plaid('tls');

push @Test::Nginx::Socket::ExtraSections, qw( to );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $to = $block->to // '';

    $to =~ s/\s+\z//;

    $block->set_value('client', ($block->client // '')
                      . "environment https://127.0.0.1:"
                      . "\$TEST_NGINX_TLS_H2_PORT$to;"
                      . 'ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;');

    $block->set_value('config', <<'END');
    location = /t {
        plaid_exchange  bank;

        add_header  X-Status  $plaid_status always;
        add_header  X-Error   $plaid_error_type/$plaid_error_code always;

        proxy_pass  http://app;
    }
END
});

# $n exchanges at once, all of them held, then answered.

sub ::at_once {
    my ($n, $name) = @_;

    my @clients = map { post("$name-$_") } 1 .. $n;

    held($n);
    release();

    return scalar grep { saw($_) =~ /\A200 exchanged/ } @clients;
}

run_tests();

__DATA__

=== TEST 1: calls at the same time share a connection
--- to: /hold
--- client: http_version 2;
--- check scene
since();
is(::at_once(20, 'hv-1'), 20, 'all of them');
is(more('connections_opened'), 1, 'one connection');



=== TEST 2: not with HTTP/1.1
--- to: /hold
--- client: http_version 1.1;
--- check scene
since();
is(::at_once(5, 'hv-2'), 5, 'all of them');
is(more('connections_opened'), 5, 'one each');



=== TEST 3: one after the other, too
--- client: http_version 2;
--- check scene
since();
is(saw(post('hv-3a')), '200 exchanged access-hv-3a', 'the first');
is(saw(post('hv-3b')), '200 exchanged access-hv-3b', 'the second');
is(more('connections_opened'), 1, 'one connection');



=== TEST 4: no call begins on a connection that swallowed one
--- to: /onetime
--- client: http_version 2; timeout 500ms;
--- check scene
since();
script('ok', 'hang', 'ok', 'ok');
is(saw(post('hv-4a')), '200 exchanged access-hv-4a', 'it works');
like(saw(post('hv-4b')), qr/^504 unknown/, 'no answer');
is(saw(post('hv-4c')), '200 exchanged access-hv-4c', 'another connection');
is(saw(post('hv-4d')), '200 exchanged access-hv-4d', 'the same');
is(more('connections_opened'), 2, 'two connections');
