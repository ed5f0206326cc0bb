# A proxy on the way to Plaid, by CONNECT.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid('tls');

our $Proxy = 'proxy_url http://127.0.0.1:$TEST_NGINX_PROXY_PORT;';

our $Tls = <<'END';
    environment https://127.0.0.1:$TEST_NGINX_TLS_PORT;
    ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;
END

sub ::by {
    my ($user) = @_;

    return "proxy_url http://$user\@127.0.0.1:\$TEST_NGINX_PROXY_PORT;";
}

# The proxy saw CONNECT and nothing of what is Plaid's alone.

sub ::discreet {
    my $heads = Plaid::Side::ask('proxy');

    return $heads =~ m{\ACONNECT \S+:\d+ HTTP/1\.1\r\n}
           && $heads !~ /PLAID|s3cret|public_token|Content-Type/i;
}

run_tests();

__DATA__

=== TEST 1: plain HTTP is tunnelled, too
--- client eval: $main::Proxy
--- form: public_token=px-1
--- exchanged: px-1
--- calls: 1
--- sent
PLAID-SECRET: the-s3cret
! Proxy-
--- check eval: sub { ::discreet() && Plaid::Side::ask('tunnels') == 1 }



=== TEST 2: TLS
--- client eval: $main::Proxy . $main::Tls
--- form: public_token=px-2
--- exchanged: px-2
--- calls: 1
--- check eval: sub { ::discreet() && Plaid::Side::ask('tunnels') == 1 }



=== TEST 3: with a password
--- client eval: ::by('user:pa%3Ass') . $main::Tls
--- form: public_token=px-3
--- exchanged: px-3
--- calls: 1
--- sent: ! Proxy-Authorization
--- check eval
sub { ::discreet() && Plaid::Side::ask('proxy') =~
          m{\r\nProxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n} }



=== TEST 4: refused
--- client eval: ::by('deny:x') . $main::Tls
--- form: public_token=px-4
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
--- no_error_log
deny
--- check eval: sub { ::discreet() && Plaid::Side::ask('tunnels') == 0 }
--- log_level: info



=== TEST 5: the proxy cannot connect
--- client eval: $main::Proxy . 'environment http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;'
--- form: public_token=px-5
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 6: the proxy says nothing
--- client eval: ::by('hang:x') . 'connect_timeout 100ms;'
--- form: public_token=px-6
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0



=== TEST 7: the proxy closes: once more, and no more
--- client eval: ::by('drop:x') . $main::Tls
--- form: public_token=px-7
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
--- check eval: sub { ::discreet() && Plaid::Side::ask('proxied') == 2 }



=== TEST 8: the tunnel is cut before TLS
--- client eval: ::by('cut:x') . $main::Tls
--- form: public_token=px-8
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 9: no proxy there
--- client: proxy_url http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- form: public_token=px-9
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 10: a name is the proxy's to resolve
--- client eval
$main::Proxy . <<'END';
    environment https://plaid.test:$TEST_NGINX_TLS_PORT;
    ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;
    resolver 127.0.0.1:$TEST_NGINX_DNS_PORT;
END
--- form: public_token=px-10
--- exchanged: px-10
--- calls: 1
--- sent eval: qr/\r\nHost: plaid\.test:\d+\r\n/
--- check eval
sub { Plaid::Side::ask('proxy') =~ /\ACONNECT plaid\.test:\d+ HTTP/
      && Plaid::Side::ask('names') == 0 }



=== TEST 11: a wrong certificate behind it
--- client eval
$main::Proxy . <<'END';
    environment https://127.0.0.1:$TEST_NGINX_TLS_WRONG_PORT;
    ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;
END
--- form: public_token=px-11
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 12: a tunnel is used again
--- client eval: $main::Proxy . $main::Tls
--- request eval
["POST /t\npublic_token=px-12a", "POST /t\npublic_token=px-12b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [200, 200]
--- calls: 2
--- check eval: sub { Plaid::Side::ask('tunnels') == 1 }



=== TEST 13: lost behind the proxy: not sent again
--- plaid: reset
--- client eval: $main::Proxy
--- form: public_token=px-13
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1



=== TEST 14: late behind the proxy
--- plaid: hang
--- client eval: $main::Proxy . 'timeout 200ms;'
--- form: public_token=px-14
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1



=== TEST 15: the environment's proxies never count
--- main_config
env http_proxy=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env HTTP_PROXY=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env https_proxy=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env HTTPS_PROXY=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env all_proxy=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env ALL_PROXY=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
--- form: public_token=px-15
--- exchanged: px-15
--- check eval: sub { Plaid::Side::ask('proxied') == 0 }



=== TEST 16: nor with TLS
--- main_config
env https_proxy=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env HTTPS_PROXY=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
env all_proxy=http://127.0.0.1:$TEST_NGINX_PROXY_PORT;
--- client eval: $main::Tls
--- form: public_token=px-16
--- exchanged: px-16
--- check eval: sub { Plaid::Side::ask('proxied') == 0 }



=== TEST 17: nor its exceptions
--- main_config
env no_proxy=*;
env NO_PROXY=*;
--- client eval: $main::Proxy
--- form: public_token=px-17
--- exchanged: px-17
--- check eval: sub { Plaid::Side::ask('tunnels') == 1 }
