# plaid_exchange in front of the sandbox: both modules in one nginx, and
# nothing in between but a socket.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Json = 'Content-Type: application/json';

our $Config = <<'END';
    location /t {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        add_header      X-Error $plaid_error_type/$plaid_error_code always;
        LOCATION
        proxy_pass      http://app;
    }

    location /plaid/ {
        plaid_sandbox;
    }
END

our $Client = <<'END';
    environment http://127.0.0.1:$TEST_NGINX_SERVER_PORT/plaid;
    client_id   test_id;
    secret      KEY;
END

# A public token of the sandbox's.

sub ::token {
    my $body = '{"client_id":"test_id","secret":"test_secret",'
               . '"institution_id":"ins_109508",'
               . '"initial_products":["auth"]}';
    my $answer = ::ask('/plaid/sandbox/public_token/create', $::Json, $body);

    return $answer =~ /"public_token":\s*"([^"]+)"/ ? $1 : "none: $answer";
}

sub ::ask {
    my ($uri, $type, $body) = @_;

    my $fh = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                   PeerPort => Plaid::server_port())
             or die "cannot connect: $!\n";

    print $fh "POST $uri HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              . "$type\r\nContent-Length: " . length($body)
              . "\r\n\r\n$body";

    return Plaid::Side::answer($fh);
}

sub ::post {
    my ($token) = @_;

    return Plaid::Side::answer(
        Plaid::Side::post(Plaid::server_port(), '/t', $token));
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $location = $block->location // '';
    my $key = $block->key // 'test_secret';

    $key =~ s/\s+\z//;

    (my $config = $::Config) =~ s/LOCATION/$location/;
    (my $client = $::Client) =~ s/KEY/$key/;

    $block->set_value('config', $config) unless defined $block->config;
    $block->set_value('client', $client . ($block->client // ''));
    $block->set_value('request', 'GET /t')
        unless defined $block->request || defined $block->form
               || defined $block->json;
});

push @Test::Nginx::Socket::ExtraSections, qw( key );

run_tests();

__DATA__

=== TEST 1: legacy: a form
--- client: api legacy;
--- form: public_token=test%2Cchase%2Cconnected
--- response_body_like eval
qr/\APOST \/t\nX-Plaid-Access-Token: test_chase\nX-Plaid-Request-Id: \w+\nX-Plaid-Status: exchanged\n\npublic_token=test%2Cchase%2Cconnected\n\z/



=== TEST 2: legacy: JSON
--- client: api legacy;
--- json: {"public_token":"test,wells,connected"}
--- response_body_like: X-Plaid-Access-Token: test_wells\n



=== TEST 3: legacy: a bad token
--- client: api legacy;
--- json: {"public_token":"no-token"}
--- error_code_like: ^(400|502)$
--- response_headers
X-Status: rejected
--- app_calls: 0



=== TEST 4: legacy: bad keys
--- key: nobodys_secret
--- client: api legacy;
--- form: public_token=test%2Cciti%2Cconnected
--- outcome: 502 rejected
--- error_log eval: qr/\[error\] .*plaid exchange rejected: operator/



=== TEST 5: a token that the sandbox made
--- check eval
sub { my $token = ::token();
      my $answer = ::post($token);
      return $token =~ /\Apublic-sandbox-/
             && $answer =~ /^X-Plaid-Access-Token: access-sandbox-[\w-]+\n/m
             && $answer =~ /^X-Plaid-Item-Id: \w+\n/m
             && $answer =~ /^X-Plaid-Request-Id: \w+\n/m
             && $answer =~ /^X-Status: exchanged\r\n/m }
--- app_calls: 2



=== TEST 6: a token that nobody made
--- form: public_token=public-sandbox-00000000-0000-0000-0000-000000000000
--- outcome: 400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN



=== TEST 7: what is no token to Plaid
--- form: public_token=something-else
--- outcome: 400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN



=== TEST 8: bad keys
--- key: nobodys_secret
--- json: {"public_token":"public-sandbox-00000000-0000-0000-0000-000000000001"}
--- outcome: 502 rejected
--- response_body_like: "error_code":"EXCHANGE_UNAVAILABLE"
--- error_log eval: qr/\[error\] .*INVALID_API_KEYS/



=== TEST 9: a token is good once
--- location: plaid_replay off;
--- check eval
sub { my $token = ::token();
      return ::post($token) =~ /access-sandbox-/
             && ::post($token) =~ m{\AHTTP/1\.1 400 .*X-Error: INVALID_INPUT/INVALID_PUBLIC_TOKEN\r\n}s }



=== TEST 10: by an app that reads on with what it got
--- config
    location = /t {
        plaid_exchange   bank;
        proxy_set_header Content-Type application/json;
        proxy_set_body   '{"client_id":"test_id","secret":"test_secret","access_token":"$plaid_access_token"}';
        proxy_pass       http://127.0.0.1:$TEST_NGINX_SERVER_PORT/plaid/accounts/get;
    }

    location /plaid/ {
        plaid_sandbox;
    }
--- request
GET /
--- error_code: 200
--- check eval
sub { ::post(::token()) =~ m{\AHTTP/1\.1 200 .*"accounts":\s*\[\s*\{}s }
