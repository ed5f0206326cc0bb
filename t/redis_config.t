# plaid_redis and "redis=": what "nginx -t" accepts, refuses and warns about.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Side ();

push @Test::Nginx::Socket::ExtraSections, qw( block zone );

$ENV{TEST_NGINX_REDIS_PORT} = Plaid::Side::free_port();

our $Keys = 'plaid_seal_key_file $TEST_NGINX_SIDE_DIR/keys;';

plaid('tls');

for (['keys', "k1 " . '0f' x 32 . "\n"], ['password', "pw\n"]) {
    my ($name, $text) = @$_;

    open my $out, '>', "$ENV{TEST_NGINX_SIDE_DIR}/$name" or die "$name: $!\n";
    print $out $text;
    close $out;
    chmod 0644, "$ENV{TEST_NGINX_SIDE_DIR}/$name";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $block->http_config // '';

    $http .= "\n    $::Keys" if
        $http !~ /seal_key_file|no keys/;
    $http .= "\n    plaid_redis shared {\n" . $block->block . "    }"
        if defined $block->block;
    $http .= "\n    plaid_replay_zone a:1m redis=shared;"
        if $http !~ /plaid_replay_zone/;

    $block->set_value('http_config', "$http\n");
    $block->set_value('request', 'GET /t') if !defined $block->must_die;
});

run_tests();

__DATA__

=== TEST 1: all that there is
--- block
    server           127.0.0.1:$TEST_NGINX_REDIS_PORT;
    user             nginx;
    password_file    $TEST_NGINX_SIDE_DIR/password;
    database         3;
    prefix           x:;
    connect_timeout  200ms;
    timeout          50ms;
    ssl              on;
    ssl_verify       on;
    ssl_trusted_certificate  $TEST_NGINX_SIDE_DIR/ca.crt;
    ssl_name         redis.test;
    resolver         127.0.0.1:$TEST_NGINX_DNS_PORT;
    resolver_timeout 5s;
--- error_code: 200



=== TEST 2: a block that comes later
--- http_config
    plaid_replay_zone a:1m redis=shared;
--- block
    server 127.0.0.1:$TEST_NGINX_REDIS_PORT;
--- error_code: 200



=== TEST 3: no such block
--- http_config
    plaid_replay_zone a:1m redis=none;
--- must_die
--- error_log: "plaid_replay_zone" names no plaid_redis: "none" in



=== TEST 4: no keys
--- http_config
    # no keys
--- block
    server 127.0.0.1:6379;
--- must_die
--- error_log: no "plaid_seal_key_file" for "redis=shared" of "plaid_replay_zone" in



=== TEST 5: no server
--- block
    timeout 50ms;
--- must_die
--- error_log: no "server" in plaid_redis "shared"



=== TEST 6: a password that cannot be read
--- block
    server 127.0.0.1:6379;
    password_file /none/at/all;
--- must_die
--- error_log: "password_file" "/none/at/all" cannot be opened



=== TEST 7: a user without a password
--- block
    server 127.0.0.1:6379;
    user nginx;
--- must_die
--- error_log: no "password_file" for "user" in plaid_redis "shared"



=== TEST 8: a directive that there is not
--- block
    server 127.0.0.1:6379;
    sentinel on;
--- must_die
--- error_log: unknown directive "sentinel" in plaid_redis "shared"



=== TEST 9: twice
--- block
    server 127.0.0.1:6379;
    server 127.0.0.1:6380;
--- must_die
--- error_log: "server" directive is duplicate



=== TEST 10: two blocks of one name
--- http_config
    plaid_redis shared { server 127.0.0.1:6379; }
--- block
    server 127.0.0.1:6379;
--- must_die
--- error_log: duplicate plaid_redis "shared"



=== TEST 11: no time
--- block
    server 127.0.0.1:6379;
    timeout 0;
--- must_die
--- error_log: invalid value "0" in "timeout" directive



=== TEST 12: too many values
--- block
    server 127.0.0.1:6379 127.0.0.1:6380;
--- must_die
--- error_log: invalid number of arguments in "server" directive



=== TEST 13: no such number
--- block
    server 127.0.0.1:6379;
    database first;
--- must_die
--- error_log: invalid number "first" in "database" directive



=== TEST 14: a prefix with a blank
--- block
    server 127.0.0.1:6379;
    prefix "a b";
--- must_die
--- error_log: invalid value "a b" in "prefix" directive



=== TEST 15: a certificate without its key
--- block
    server 127.0.0.1:6379;
    ssl on;
    ssl_certificate $TEST_NGINX_SIDE_DIR/ca.crt;
--- must_die
--- error_log: no "ssl_certificate_key" for "ssl_certificate" in plaid_redis "shared"



=== TEST 16: no such file
--- block
    server 127.0.0.1:6379;
    ssl on;
    ssl_trusted_certificate /none/at/all;
--- must_die
--- error_log: /none/at/all



=== TEST 17: a unix domain socket has no name
--- block
    server unix:/tmp/none.sock;
    ssl on;
--- must_die
--- error_log: no "ssl_name" for a unix domain socket in plaid_redis "shared"



=== TEST 18: a port that is none
--- block
    server 127.0.0.1:99999;
--- must_die
--- error_log: invalid port "127.0.0.1:99999" in "server" directive



=== TEST 19: a name that is not found
--- block
    server redis.invalid:6379;
--- must_die
--- error_log: redis.invalid



=== TEST 20: without TLS beyond this machine
--- block
    server 192.0.2.1:6379;
--- error_code: 200
--- error_log: plaid_redis "shared" is asked without TLS beyond this machine



=== TEST 21: with TLS there
--- block
    server 192.0.2.1:6379;
    ssl on;
    ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;
--- error_code: 200
--- no_error_log: without TLS



=== TEST 22: a parameter that there is not
--- http_config
    plaid_replay_zone a:1m red=shared;
--- block
    server 127.0.0.1:6379;
--- must_die
--- error_log: invalid parameter "red=shared" in "plaid_replay_zone" directive



=== TEST 23: a name with a quote
--- http_config
    plaid_replay_zone a:1m redis=x;
    plaid_redis 'x"' { server 127.0.0.1:6379; }
--- must_die
--- error_log: invalid name "x"" in "plaid_redis" directive



=== TEST 24: a block that nobody uses
--- http_config
    plaid_replay_zone a:1m;
--- block
    server 127.0.0.1:$TEST_NGINX_REDIS_PORT;
--- error_code: 200
