# Plaid's own environments by name, with and without a resolver and a proxy,
# over both transports: no call gets further than its connection.  The only
# anchor of trust is a CA of the tests, so nothing is sent where there is a
# network.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid('tls');

our @Names = qw( sandbox production tartan legacy_production );

# A server with an exchange by each environment.

sub clients {
    my ($more) = @_;

    return join '', map { <<"END" } @Names;
    plaid_client $_ {
        environment              $_;
        client_id                id;
        secret_file              ../html/secret;
        connect_timeout          300ms;
        timeout                  2s;
        ssl_trusted_certificate  \$TEST_NGINX_SIDE_DIR/ca.crt;
        $more
    }
END
}

sub locations {
    return join '', <<'END', map { <<"END2" } @Names;
    add_header  X-Status  $plaid_status always;

    location = /_plaid {
        internal;
        proxy_pass                     https://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
        proxy_ssl_verify               on;
        proxy_ssl_trusted_certificate  $TEST_NGINX_SIDE_DIR/ca.crt;
    }
END
    location = /$_ {
        plaid_exchange  $_;
        proxy_pass      http://app;
    }
END2
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', locations());
    $block->set_value('user_files', ">>> secret\ns3cr3t\n");
    $block->set_value('request',
                      [ map { "POST /$_\npublic_token=env-$_" } @Names ]);
    $block->set_value('more_headers', [
        ('Content-Type: application/x-www-form-urlencoded') x @Names ]);
    $block->set_value('error_code_like', [ ('^50[24]$') x @Names ]);
    $block->set_value('response_headers', [ ("X-Status: failed") x @Names ]);
    $block->set_value('app_calls', 0);
});

our $Resolver = 'resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;'
                . ' resolver_timeout 300ms;';
our $Proxy = 'proxy_url http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;';
our $Sub = 'transport subrequest /_plaid;';

run_tests();

__DATA__

=== TEST 1: a resolver
--- http_config eval: main::clients($::Resolver)



=== TEST 2: a resolver, and a proxy
--- http_config eval: main::clients("$::Resolver $::Proxy")



=== TEST 3: a proxy
--- http_config eval: main::clients($::Proxy)



=== TEST 4: neither, looked up at start only
--- http_config eval: main::clients('resolver off;')



=== TEST 5: by subrequest
--- http_config eval: main::clients($::Sub)



=== TEST 6: by subrequest, with a resolver
--- http_config eval: main::clients("$::Resolver $::Sub")
