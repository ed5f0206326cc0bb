# Servers in Redis's place that are cut, slow or mad: no request fails, none
# waits but the first, and nothing that they send does harm.

use strict;
use warnings;

use lib 't';
use Test::More ();
use Plaid::Redis ();

BEGIN {
    Test::More::plan(skip_all => 'no redis-server is installed')
        if !Plaid::Redis::available();
}

use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Shared;

our $Cut = 'server 127.0.0.1:$TEST_NGINX_CUT_PORT;';

# Runs $code with each connection instead of Redis, and waits until nginx has
# counted an error of $reason; then an exchange works as without Redis.

sub mad {
    my ($name, $reason, $code) = @_;

    my $pid = Plaid::Redis::serve($ENV{TEST_NGINX_CUT_PORT}, $code);

    Plaid::Script::until_true("an error of reason $reason", sub {
        metrics() =~ /^plaid_redis_errors_total\{redis="shared",
                      reason="$reason"\}\ [1-9]/mx });

    is(saw(post($name, uri => '/a?app=500')),
       "500 exchanged access-$name", 'an exchange');
    is(saw(post($name, uri => '/a')), "200 replayed access-$name", 'a replay');

    Plaid::Redis::end($pid, 'KILL');
}


# The greeting is answered, and then each piece that comes by $reply.

sub answers {
    my ($reply, $times) = @_;

    return sub {
        my ($fh) = @_;

        sysread $fh, my $greeting, 4096;
        syswrite $fh, "+PONG\r\n";

        while (sysread $fh, my $command, 65_536) {
            syswrite $fh, $reply for 1 .. $times // 1;
        }
    };
}

plaid();
run_tests();

__DATA__

=== TEST 1: no reply of RESP
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-1', 'protocol', sub { syswrite $_[0], "HTTP/1.1 400 Bad Request\r\n\r\n";
                              sleep 5 });
log_has('plaid_redis "shared" sent an invalid reply');



=== TEST 2: ten megabytes are announced
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-2', 'protocol', sub { syswrite $_[0], "\$10485760\r\n" . 'x' x 100_000;
                              sleep 5 });
log_has('sent an invalid reply, reason "a reply that is too long"');



=== TEST 3: an array of arrays
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-3', 'protocol', sub { syswrite $_[0], "*1\r\n" x 10_000; sleep 5 });
log_has('sent an invalid reply, reason "a reply of an unexpected type"');



=== TEST 4: a flood of errors
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-4', 'reply', sub { syswrite $_[0], "-ERR nothing\r\n" x 100_000 });



=== TEST 5: more replies than there were commands
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-5', 'protocol', sub { sysread $_[0], my $greeting, 4096;
                              syswrite $_[0], "+PONG\r\n+OK\r\n"; sleep 5 });
log_has('reason "a reply that was not asked for"');



=== TEST 6: it is closed at once
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-6', 'closed', sub { });



=== TEST 7: it is closed in the middle of a reply
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-7', 'closed', sub { sysread $_[0], my $greeting, 4096;
                            syswrite $_[0], "+PO" });



=== TEST 8: it says nothing
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
mad('rf-8', 'timeout', sub { sleep 5 });



=== TEST 9: a cluster
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
my $pid = Plaid::Redis::serve($ENV{TEST_NGINX_CUT_PORT},
    answers("-MOVED 3999 127.0.0.1:6381\r\n", 4));
connected();
is(saw(post('rf-9', uri => '/a?app=500')), '500 exchanged access-rf-9', 'a');
like(metrics(), qr/^plaid_redis_errors_total\{redis="shared",reason="cluster"\}
                   \ [1-9]/mx, 'counted');
is(log_has('plaid_redis "shared" is a cluster, which is not supported'), 1,
   'one line');



=== TEST 10: nothing but nil
--- plaid: onetime
--- redis eval: $::Cut
--- client: timeout 100ms;
--- timeout: 20
--- check scene
Plaid::Redis::serve($ENV{TEST_NGINX_CUT_PORT},
                    answers("\$-1\r\n\$-1\r\n\$-1\r\n\$-1\r\n"));
connected();
is(saw(post('rf-10', uri => '/a?app=500')), '500 exchanged access-rf-10', 'a');



=== TEST 11: byte by byte
--- plaid: onetime
--- redis eval: $::Cut . 'timeout 5s; connect_timeout 5s;'
--- check scene
my $pid = Plaid::Redis::serve($ENV{TEST_NGINX_CUT_PORT}, sub {
    Plaid::Redis::relay($_[0], $ENV{TEST_NGINX_REDIS_PORT},
                        sub { split //, $_[0] }) });
connected();
is(saw(post('rf-11', uri => '/a?app=500')), '500 exchanged access-rf-11', 'a');
is(saw(post('rf-11', uri => '/b')), '200 replayed access-rf-11', 'b');
is(calls(), 1, 'one call');



=== TEST 12: cut after half of a reply, a record is written on the next connection
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
my $cut = 1;
my $pid = Plaid::Redis::serve($ENV{TEST_NGINX_CUT_PORT}, sub {
    my $n = 0;
    Plaid::Redis::relay($_[0], $ENV{TEST_NGINX_REDIS_PORT}, sub {
        # the greeting's reply, then the claim's; no more
        return $_[0] if $n++ < 1;
        die "cut\n" if -e "$ENV{TEST_NGINX_REDIS_DIR}/cut";
        return $_[0];
    }) });
connected();
Plaid::Shared::write_file("$ENV{TEST_NGINX_REDIS_DIR}/cut", '');
is(saw(post('rf-12', uri => '/a?app=500')), '500 exchanged access-rf-12', 'a');
unlink "$ENV{TEST_NGINX_REDIS_DIR}/cut";
key_of('t');
connected();
is(saw(post('rf-12', uri => '/b')), '200 replayed access-rf-12', 'b');



=== TEST 13: the back-off ends
--- plaid: onetime
--- redis eval: $::Cut
--- check scene
is(saw(post("rf-13-$_", uri => '/a')), "200 exchanged access-rf-13-$_", $_)
    for 1 .. 3;
Plaid::Redis::serve($ENV{TEST_NGINX_CUT_PORT}, sub {
    Plaid::Redis::relay($_[0], $ENV{TEST_NGINX_REDIS_PORT}, sub { $_[0] }) });
connected();
log_has('plaid_redis "shared" is used again');
is(saw(post('rf-13', uri => '/a?app=500')), '500 exchanged access-rf-13', 'a');
is(saw(post('rf-13', uri => '/b')), '200 replayed access-rf-13', 'b');
