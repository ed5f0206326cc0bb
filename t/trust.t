# plaid_trust_headers: an app that is a server of this nginx, too.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Status;

plaid();

# an app behind a socket that only nginx uses, and one behind a port

our $Second = <<'END';
    server {
        listen unix:$TEST_NGINX_SERVER_ROOT/second.sock;
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        TRUST

        location / {
            add_header  X-Seen "[$http_x_plaid_status]" always;
            proxy_pass  http://app;
        }

        location /t/redirects {
            error_page  502 = @app;
            proxy_pass  http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
        }

        location @app {
            proxy_pass  http://app;
        }
    }
END

our $Config = <<'END';
    location /t {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        add_header      X-Error $plaid_error_type/$plaid_error_code always;
        proxy_pass      http://second;
    }

    location /port {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }

END

add_block_preprocessor(sub {
    my ($block) = @_;

    my $trust = $block->trust // '';
    my $http = $block->http_config // '';

    (my $second = $::Second) =~ s/TRUST/$trust/;

    $block->set_value('http_config', <<'END' . $second . $http);
    upstream second { server unix:$TEST_NGINX_SERVER_ROOT/second.sock; }
END
    $block->set_value('config', $::Config) unless defined $block->config;
});

push @Test::Nginx::Socket::ExtraSections, qw( trust );

run_tests();

__DATA__

=== TEST 1: nobody is trusted
--- check scene
my $before = figures()->{spoofed_headers_removed_by_peer};
my $got = answer(post('trust-1'));
my $after = figures()->{spoofed_headers_removed_by_peer};

unlike($got, qr/access-trust-1/, 'the app has no token');
like($got, qr/^X-Seen: \[\]\r$/m, 'nor the second server');
is($after->{local} - $before->{local}, 4, 'counted as local');
is($after->{remote} - $before->{remote}, 0, 'none from elsewhere');



=== TEST 2: nginx itself is, by a unix socket
--- trust: plaid_trust_headers unix:;
--- check scene
my $before = figures()->{spoofed_headers_removed};
my $got = answer(post('trust-2'));

like($got, qr/^X-Plaid-Access-Token: access-trust-2\n/m, 'the app has it');
like($got, qr/^X-Seen: \[exchanged\]\r$/m, 'and the server');
is(figures()->{spoofed_headers_removed} - $before, 0, 'none removed');
unlike(answer(post('trust-2-port', uri => '/port')), qr/access-trust-2-port/,
       'not by the port');



=== TEST 3: over an internal redirect
--- trust: plaid_trust_headers unix:;
--- check scene
like(answer(post('trust-3', uri => '/t/redirects')),
     qr/^X-Plaid-Access-Token: access-trust-3\n/m, 'the app has it');



=== TEST 4: an address, and a network
--- trust: plaid_trust_headers 10.0.0.0/8 127.0.0.1;
--- check scene
like(answer(post('trust-4', uri => '/port')),
     qr/^X-Plaid-Access-Token: access-trust-4\n/m, 'by the port');
unlike(answer(post('trust-4-unix')), qr/access-trust-4-unix/,
       'not by the socket');



=== TEST 5: a peer's own address counts, not what realip makes of it
--- trust
plaid_trust_headers 10.1.2.3;
set_real_ip_from    unix:;
real_ip_header      X-Claimed;
--- config
    location /t {
        plaid_exchange    bank;
        proxy_set_header  X-Claimed 10.1.2.3;
        proxy_pass        http://second;
    }
--- check scene
unlike(answer(post('trust-5')), qr/access-trust-5/, 'the claim is nothing');



=== TEST 6: and it stays trusted when realip has changed it
--- trust
plaid_trust_headers unix:;
set_real_ip_from    unix:;
real_ip_header      X-Claimed;
--- config
    location /t {
        plaid_exchange    bank;
        proxy_set_header  X-Claimed 10.1.2.3;
        proxy_pass        http://second;
    }
--- check scene
like(answer(post('trust-6', uri => '/t/redirects')),
     qr/^X-Plaid-Access-Token: access-trust-6\n/m, 'the app has it');



=== TEST 7: the peers are named at start
--- trust: plaid_trust_headers unix: 10.0.0.0/8;
--- config
    location = /status {
        plaid_status;
    }
--- request
GET /status
--- check eval
sub { my $root = Plaid::server_root();
      my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
      my $said = `$nginx -t -e stderr -p $root/ -c $root/conf/nginx.conf -g 'error_log stderr notice;' 2>&1`;
      $said =~ /believes headers of the peer "unix:"/
      && $said =~ m{believes headers of the peer "10\.0\.0\.0/8"} }



=== TEST 8: not where something is exchanged
--- trust
plaid_trust_headers unix:;
location = /x { plaid_exchange bank; }
--- must_die
--- suppress_stderr
--- error_log
"plaid_trust_headers" is not allowed in a server with "plaid_exchange" in



=== TEST 9: nor for the whole server
--- trust
plaid_exchange bank;
plaid_trust_headers unix:;
--- must_die
--- suppress_stderr
--- error_log
"plaid_trust_headers" is not allowed in a server with "plaid_exchange" in



=== TEST 10: "off" is nothing
--- trust
plaid_exchange off;
plaid_trust_headers unix:;
--- check scene
like(answer(post('trust-10', uri => '/t')), qr/access-trust-10/, 'trusted');



=== TEST 11: not behind the PROXY protocol
--- trust
listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 proxy_protocol;
plaid_trust_headers unix:;
--- must_die
--- suppress_stderr
--- error_log
"plaid_trust_headers" is not allowed in a server that listens with "proxy_protocol" in



=== TEST 12: no address
--- trust: plaid_trust_headers localhost;
--- must_die
--- suppress_stderr
--- error_log
invalid address "localhost" in "plaid_trust_headers"



=== TEST 13: more than once
--- trust
plaid_trust_headers unix:;
plaid_trust_headers unix:;
--- must_die
--- suppress_stderr
--- error_log
"plaid_trust_headers" directive is duplicate
