package Plaid::Shared;

# What the tests of shared records have in common: "use Plaid::Shared;" after
# Plaid::Script.  A redis-server runs on TEST_NGINX_REDIS_PORT, empty at the
# beginning of each block, and two zones share it:
#
#     plaid_redis shared { server 127.0.0.1:$TEST_NGINX_REDIS_PORT; REDIS }
#     plaid_replay_zone a:1m redis=shared;
#     plaid_replay_zone b:1m redis=shared;
#
#     location /a { plaid_replay a REPLAY; ... }
#     location /b { plaid_replay b REPLAY; ... }
#
# with the words in capitals from the sections "redis" and "replay".  What
# "redis" says of a server goes instead of the one above.

use strict;
use warnings;

use Exporter 'import';
use Test::Nginx::Socket ();

use Plaid::Redis ();
use Plaid::Script ();
use Plaid::Side ();

our @EXPORT = qw( redis metrics metric until_metric connected key_of
                  no_key );

push @Test::Nginx::Socket::ExtraSections, qw( redis replay config_more );

$ENV{TEST_NGINX_REDIS_PORT} = Plaid::Side::free_port();
$ENV{TEST_NGINX_CUT_PORT} = Plaid::Side::free_port();

my $Redis;


# The server; started when it was stopped.

sub redis {
    if (!$Redis) {
        $Redis = Plaid::Redis->new(port => $ENV{TEST_NGINX_REDIS_PORT});
        $ENV{TEST_NGINX_REDIS_DIR} = $Redis->{dir};

        write_file("$Redis->{dir}/keys", "k1 " . '0f' x 32 . "\n");
    }

    return $Redis;
}


sub write_file {
    my ($path, $text) = @_;

    open my $out, '>', "$path.new" or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";

    rename "$path.new", $path or die "$path: $!\n";
}


Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;

    my $redis = redis();

    Plaid::Redis::end_served();

    delete @$redis{qw( password unix )};

    # the nginx of the block before still runs, and has records to write

    $redis->stop;
    $redis->{port} = $ENV{TEST_NGINX_REDIS_PORT} = Plaid::Side::free_port();
    $ENV{TEST_NGINX_CUT_PORT} = Plaid::Side::free_port();
    $redis->start('--maxmemory', 0);

    write_file("$redis->{dir}/password", "first\n");

    my $text = $block->redis // '';
    my $replay = $block->replay // '';

    s/\s+\z// for $text, $replay;

    $text .= "\n        server 127.0.0.1:\$TEST_NGINX_REDIS_PORT;"
        if $text !~ /\bserver\b/;

    # the machine may be busy, and no test is about the defaults

    $text .= "\n        connect_timeout 2s;" if $text !~ /\bconnect_timeout\b/;
    $text .= "\n        timeout 2s;" if $text !~ /(?<!_)\btimeout\b/;

    $block->set_value('http_config', ($block->http_config // '') . <<"END");
    plaid_seal_key_file \$TEST_NGINX_REDIS_DIR/keys;

    plaid_redis shared {
        $text
    }

    plaid_replay_zone a:1m redis=shared;
    plaid_replay_zone b:1m redis=shared;
END

    my $locations = join '', map { <<"END" } qw( a b );
    location /$_ {
        plaid_replay    $_ $replay;
        plaid_exchange  bank;

        add_header  X-Status  \$plaid_status always;
        add_header  X-Error   \$plaid_error_type/\$plaid_error_code always;

        proxy_pass  http://app;
    }
END

    $block->set_value('config', $locations . <<'END'
    location = /metrics {
        plaid_status;
    }
END
                                . ($block->config_more // ''));
});


# The text of plaid_status, of the nginx that the posts go to.

sub metrics {
    my $c = Plaid::Script::connection($Plaid::Script::Port);
    my $fh = $c->{fh};

    print $fh "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
              . "Connection: close\r\n\r\n";

    return Plaid::Script::answer($c);
}


# The number of the line that begins with $name.

sub metric {
    my ($name) = @_;

    return metrics() =~ /^\Q$name\E (\S+)$/m ? $1 : undef;
}


sub until_metric {
    my ($name, $code) = @_;

    local $_;

    Plaid::Script::until_true($name, sub {
        $_ = metric($name) // return 0;

        return $code->();
    });
}


# Returns when all workers, or $n, are connected.

sub connected {
    my ($n) = @_;

    until_metric('plaid_redis_connections{redis="shared"}',
                 sub { $_ == ($n // 1) });
}


# The only key of a kind, "t" or "l", once it is there: nginx does not wait for
# the replies to what it writes.

sub key_of {
    my ($kind) = @_;

    return Plaid::Script::until_true("a key of kind $kind", sub {
        my @keys = redis()->keys_of("*$kind:*");

        return @keys == 1 ? $keys[0] : undef;
    });
}


# Returns when there is none.

sub no_key {
    my ($kind) = @_;

    return Plaid::Script::until_true("no key of kind $kind", sub {
        return !(my @keys = redis()->keys_of("*$kind:*"));
    });
}


1;
