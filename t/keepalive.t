# Connections to Plaid: used again, so many of them kept, for so long.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Token = 0;
our $Form  = [ ("Content-Type: application/x-www-form-urlencoded") x 3 ];

# Three posts, of other tokens each time.

sub ::three { [ map { "POST /t\npublic_token=ka-" . $::Token++ } 1 .. 3 ] }

sub ::pid { Plaid::Side::worker(Plaid::server_root()) }

# $n exchanges at once, done.

sub ::at_once {
    my ($n, $name) = @_;

    my @clients = map {
        Plaid::Side::post(Plaid::server_port(), '/t', "$name$_")
    } 1 .. $n;

    Plaid::Side::await('held', $n);
    Plaid::Side::ask('release');

    return $n == grep { Plaid::Side::answer($_) =~ /access-$name/ } @clients;
}

our $Config = <<'END';
    location /t {
        plaid_exchange      bank;
        proxy_http_version  1.0;    # what is kept is Plaid's only
        proxy_pass          http://app;
    }

    location = /hello {
        return 200 "hello\n";
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', $::Config) unless defined $block->config;
    $block->set_value('request', 'GET /hello')
        unless defined $block->request;
});

run_tests();

__DATA__

=== TEST 1: one connection for all
--- request eval: ::three()
--- more_headers eval: $main::Form
--- error_code eval: [200, 200, 200]
--- calls: 3
--- check eval: sub { Plaid::Side::ask('connections') == 1 }



=== TEST 2: none is kept
--- client: keepalive 0;
--- request eval: ::three()
--- more_headers eval: $main::Form
--- error_code eval: [200, 200, 200]
--- calls: 3
--- check eval
sub { Plaid::Side::ask('connections') == 3
      && Plaid::Side::await('open', 0) == 0 }



=== TEST 3: so many are kept
--- plaid: hold
--- client: keepalive 2;
--- check eval
sub { ::at_once(6, 'ka-3-') && Plaid::Side::await('open', 2) == 2 }
--- calls: 6



=== TEST 4: by default, more than these
--- plaid: hold
--- check eval
sub { ::at_once(6, 'ka-4-')
      && Plaid::Side::ask('open') == 6
      && ::at_once(6, 'ka-4b')
      && Plaid::Side::ask('connections') == 6 }
--- calls: 12



=== TEST 5: idle ones are closed, and no file is left open
--- plaid: hold
--- client: keepalive_timeout 1s;
--- check eval
sub {
    my $pid = ::pid();

    # what is opened once, at the first call, and kept
    return 0 if !::at_once(1, 'ka-5a');
    return 0 if Plaid::Side::await('open', 0) != 0;

    my $fds = Plaid::Side::fds($pid);

    return ::at_once(8, 'ka-5b')
           && Plaid::Side::ask('open') == 8
           && Plaid::Side::await('open', 0) == 0
           && Plaid::Side::soon(sub { Plaid::Side::fds($pid) <= $fds });
}
--- calls: 9



=== TEST 6: each client has its own
--- http_config
    plaid_client other {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
        client_id    other;
        secret       s3cret;
    }
--- config
    location = /t {
        plaid_exchange bank;
        proxy_pass     http://app;
    }

    location = /o {
        plaid_exchange other;
        proxy_pass     http://app;
    }
--- request eval
["POST /t\npublic_token=ka-6a", "POST /o\npublic_token=ka-6b",
 "POST /t\npublic_token=ka-6c"]
--- more_headers eval: $main::Form
--- error_code eval: [200, 200, 200]
--- calls: 3
--- check eval: sub { Plaid::Side::ask('connections') == 2 }



=== TEST 7: a connection after an error of Plaid's is used again
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- request eval: ::three()
--- more_headers eval: $main::Form
--- error_code eval: [400, 400, 400]
--- calls: 3
--- check eval: sub { Plaid::Side::ask('connections') == 1 }



=== TEST 8: after too large a reply it is not
--- plaid: size.100000
--- request eval: ::three()
--- more_headers eval: $main::Form
--- error_code eval: [502, 502, 502]
--- calls: 3
--- check eval
sub { Plaid::Side::ask('connections') == 3
      && Plaid::Side::await('open', 0) == 0 }



=== TEST 9: nor after a timeout
--- plaid: hang
--- client: timeout 100ms;
--- request eval: ::three()
--- more_headers eval: $main::Form
--- error_code eval: [504, 504, 504]
--- calls: 3
--- check eval
sub { Plaid::Side::ask('connections') == 3
      && Plaid::Side::await('open', 0) == 0 }



=== TEST 10: tenants share connections, and nothing else
--- http_config
    map $http_x_tenant $tenant { default one; two two; }

    plaid_client bank {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
        client_id    id-$tenant;
        secret       secret-$tenant;
    }
--- request eval: ::three()
--- more_headers eval
["$main::Form->[0]", "$main::Form->[0]\nX-Tenant: two", "$main::Form->[0]"]
--- error_code eval: [200, 200, 200]
--- calls: 3
--- check eval
sub { Plaid::Side::ask('requests') =~
          /ID: id-one\r.*SECRET: secret-one\r.*ID: id-two\r.*SECRET: secret-two\r.*ID: id-one\r.*SECRET: secret-one\r/s }



=== TEST 11: with few connections of nginx's
--- plaid: hold
--- check eval
sub { ::at_once(20, 'ka-11-') && ::at_once(20, 'ka-11b') }
--- calls: 40



=== TEST 12: a call after one on a connection of its own has none
--- plaid: ratelimitonce.1
--- request eval: [ @{::three()}[0, 1] ]
--- more_headers eval: [ @$main::Form[0, 1] ]
--- error_code eval: [200, 200]
--- calls: 4
--- timeout: 5s
--- check eval
# (nginx's upstream asks for none of its own)
sub { Plaid::Side::ask('connections')
          == (Plaid::Subrequest::wanted() ? 1 : 3) }
