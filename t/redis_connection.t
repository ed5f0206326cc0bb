# How Redis is reached: sockets, names, passwords, databases, TLS.

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

our $Resolver = 'resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off valid=1s;';

# A TLS server that the block's plaid_redis asks, with the certificate $name.

our $Tls = Plaid::Side::free_port();
$ENV{TEST_NGINX_REDIS_TLS_PORT} = $Tls;

sub tls_server {
    my ($name, @args) = @_;

    my $dir = $ENV{TEST_NGINX_SIDE_DIR};

    redis()->start('--tls-port', $Tls, '--tls-cert-file', "$dir/$name.crt",
                   '--tls-key-file', "$dir/$name.key", '--tls-ca-cert-file',
                   "$dir/ca.crt", '--tls-auth-clients', 'no', @args);
}

our $Ssl = 'server 127.0.0.1:$TEST_NGINX_REDIS_TLS_PORT; ssl on;'
           . ' ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;';

plaid('tls');

run_tests();

__DATA__

=== TEST 1: a unix domain socket
--- plaid: onetime
--- redis: server unix:$TEST_NGINX_REDIS_DIR/redis.sock;
--- check scene
redis()->start('--unixsocket', redis()->{dir} . '/redis.sock',
               '--unixsocketperm', '777');
connected();
is(saw(post('rc-1', uri => '/a?app=500')), '500 exchanged access-rc-1', 'a');
is(saw(post('rc-1', uri => '/b')), '200 replayed access-rc-1', 'b');



=== TEST 2: a database and a prefix
--- plaid: onetime
--- redis: database 3; prefix x:;
--- check scene
connected();
is(saw(post('rc-2', uri => '/a?app=500')), '500 exchanged access-rc-2', 'a');
is(saw(post('rc-2', uri => '/b')), '200 replayed access-rc-2', 'b');
is(scalar(my @none = redis()->command('KEYS', '*')), 0, 'none in 0');
redis()->command('SELECT', 3);
like((redis()->command('KEYS', '*'))[0], qr/^x:t:[\w-]{43}$/, 'but in 3');



=== TEST 3: a database that there is not
--- plaid: onetime
--- redis: database 99;
--- check scene
log_has('plaid_redis "shared" replied with an error, reason "ERR"');
is(saw(post('rc-3', uri => '/a')), '200 exchanged access-rc-3', 'works');
is(metric('plaid_redis_up{redis="shared"}'), 0, 'not up');



=== TEST 4: a password
--- plaid: onetime
--- redis: password_file $TEST_NGINX_REDIS_DIR/password;
--- check scene
redis()->start('--requirepass', 'first');
redis()->{password} = 'first';
connected();
is(saw(post('rc-4', uri => '/a?app=500')), '500 exchanged access-rc-4', 'a');
is(saw(post('rc-4', uri => '/b')), '200 replayed access-rc-4', 'b');



=== TEST 5: a user and a password
--- plaid: onetime
--- redis: user nodes; password_file $TEST_NGINX_REDIS_DIR/password;
--- check scene
redis()->command('ACL', 'SETUSER', 'nodes', 'on', '>first', '-@all', '+get',
                 '+set', '+del', '+pttl', '+ping', '+select',
                 '+client|setname', '+hello', '+auth', '~plaid:*');
connected();
redis()->command('ACL', 'LOG', 'RESET');
is(saw(post('rc-5', uri => '/a?app=500')), '500 exchanged access-rc-5', 'a');
is(saw(post('rc-5', uri => '/b')), '200 replayed access-rc-5', 'b');
is(scalar(grep { ref && "@$_" =~ /nodes/ } redis()->command('ACL', 'LOG')), 0,
   'nothing denied');



=== TEST 6: a wrong password, and then the right one
--- plaid: onetime
--- redis: password_file $TEST_NGINX_REDIS_DIR/password;
--- check scene
redis()->start('--requirepass', 'second');
redis()->{password} = 'second';
log_has('plaid_redis "shared" refused the user, the password or a command');
is(saw(post('rc-6', uri => '/a?app=500')), '500 exchanged access-rc-6', 'a');
Plaid::Script::until_true('more tries', sub {
    metrics() =~ /^plaid_redis_errors_total\{redis="shared",reason="auth"\}
                  \ (\d+)/mx && $1 > 2 });
is(log_has('refused the user'), 1, 'one line for all of them');
Plaid::Shared::write_file(redis()->{dir} . '/password', "second\n");
connected();
is(saw(post('rc-6', uri => '/b')), '200 replayed access-rc-6', 'b');



=== TEST 7: none where one is asked for
--- plaid: onetime
--- check scene
redis()->start('--requirepass', 'second');
redis()->{password} = 'second';
log_has('refused the user, the password or a command, reason "NOAUTH"');
is(saw(post('rc-7', uri => '/a')), '200 exchanged access-rc-7', 'works');



=== TEST 8: a command that is not allowed
--- plaid: onetime
--- check scene
redis()->command('ACL', 'SETUSER', 'default', '-set');
connected();
is(saw(post('rc-8', uri => '/a')), '200 exchanged access-rc-8', 'works');
log_has('refused the user, the password or a command, reason "NOPERM"');



=== TEST 9: a name, looked up at run time
--- plaid: onetime
--- redis eval: "server ok.test:\$TEST_NGINX_REDIS_PORT; $::Resolver"
--- check scene
connected();
is(saw(post('rc-9', uri => '/a?app=500')), '500 exchanged access-rc-9', 'a');
is(saw(post('rc-9', uri => '/b')), '200 replayed access-rc-9', 'b');



=== TEST 10: the next of its addresses
--- plaid: onetime
--- redis eval: "server two.test:\$TEST_NGINX_REDIS_PORT; $::Resolver"
--- check scene
connected();
is(saw(post('rc-10', uri => '/a?app=500')), '500 exchanged access-rc-10', 'a');
is(saw(post('rc-10', uri => '/b')), '200 replayed access-rc-10', 'b');



=== TEST 11: a name that there is not
--- plaid: onetime
--- redis eval: "server none.test:\$TEST_NGINX_REDIS_PORT; $::Resolver"
--- check scene
log_has('plaid_redis "shared" cannot be resolved');
is(saw(post('rc-11', uri => '/a')), '200 exchanged access-rc-11', 'works');



=== TEST 12: a name without a resolver
--- plaid: onetime
--- redis: server localhost:$TEST_NGINX_REDIS_PORT;
--- check scene
connected();
is(saw(post('rc-12', uri => '/a?app=500')), '500 exchanged access-rc-12', 'a');
is(saw(post('rc-12', uri => '/b')), '200 replayed access-rc-12', 'b');



=== TEST 13: a failover: the replica is promoted, and the name moves
--- plaid: onetime
--- redis eval: "server moved.test:\$TEST_NGINX_REDIS_PORT; $::Resolver"
--- check scene
my $other = Plaid::Redis->new(port => redis()->{port}, addr => '127.0.0.2');
$other->start;
connected();
is(saw(post('rc-13', uri => '/a?app=500')), '500 exchanged access-rc-13', 'a');
Plaid::Side::ask('moved=127.0.0.2');
redis()->stop;
Plaid::Script::until_true('it is written there',
                          sub { grep { /t:/ } $other->keys_of });
connected();
is(saw(post('rc-13', uri => '/b')), '200 replayed access-rc-13', 'b');
$other->stop;



=== TEST 14: TLS, by the certificate's address
--- plaid: onetime
--- redis eval: $::Ssl
--- check scene
tls_server('good');
connected();
is(saw(post('rc-14', uri => '/a?app=500')), '500 exchanged access-rc-14', 'a');
is(saw(post('rc-14', uri => '/b')), '200 replayed access-rc-14', 'b');



=== TEST 15: TLS, by a name of the certificate
--- plaid: onetime
--- redis eval: "$::Ssl ssl_name ok.test;"
--- check scene
tls_server('good');
connected();
is(saw(post('rc-15', uri => '/a?app=500')), '500 exchanged access-rc-15', 'a');



=== TEST 16: a certificate of another name
--- plaid: onetime
--- redis eval: $::Ssl
--- check scene
tls_server('wrong');
log_has('failed the TLS handshake, reason "IP address mismatch"');
is(saw(post('rc-16', uri => '/a')), '200 exchanged access-rc-16', 'works');
is(metric('plaid_redis_up{redis="shared"}'), 0, 'not up');



=== TEST 17: another name than that of the server
--- plaid: onetime
--- redis eval: "$::Ssl ssl_name elsewhere.test;"
--- check scene
tls_server('good');
log_has('failed the TLS handshake, reason "(?i:hostname mismatch)"');



=== TEST 18: expired
--- plaid: onetime
--- redis eval: $::Ssl
--- check scene
tls_server('expired');
log_has('failed the TLS handshake, reason "certificate has expired"');



=== TEST 19: an authority that is not trusted
--- plaid: onetime
--- redis eval: $::Ssl
--- check scene
tls_server('unknown');
log_has('failed the TLS handshake, reason "');
is(metric('plaid_redis_up{redis="shared"}'), 0, 'not up');



=== TEST 20: ... unless nothing is verified
--- plaid: onetime
--- redis eval: "$::Ssl ssl_verify off;"
--- check scene
tls_server('unknown');
connected();



=== TEST 21: the server wants a certificate
--- plaid: onetime
--- redis eval
"$::Ssl ssl_certificate \$TEST_NGINX_SIDE_DIR/client.crt;"
. " ssl_certificate_key \$TEST_NGINX_SIDE_DIR/client.key;"
--- check scene
tls_server('good', '--tls-auth-clients', 'yes');
connected();
is(saw(post('rc-21', uri => '/a?app=500')), '500 exchanged access-rc-21', 'a');
is(saw(post('rc-21', uri => '/b')), '200 replayed access-rc-21', 'b');



=== TEST 22: ... and gets none
--- plaid: onetime
--- redis eval: $::Ssl
--- check scene
tls_server('good', '--tls-auth-clients', 'yes');
log_has('plaid_redis "shared" (closed the connection|failed the TLS)');
is(saw(post('rc-22', uri => '/a')), '200 exchanged access-rc-22', 'works');



=== TEST 23: no TLS there
--- plaid: onetime
--- redis: server 127.0.0.1:$TEST_NGINX_REDIS_PORT; ssl on; ssl_verify off;
--- check scene
log_has('plaid_redis "shared" failed the TLS handshake');
is(saw(post('rc-23', uri => '/a')), '200 exchanged access-rc-23', 'works');
