# Clients over HTTP/2: the same as over HTTP/1.  By curl, and over TLS: without
# it, curl 7.88 cannot use a connection twice.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid('tls');

$ENV{TEST_NGINX_H2_PORT} = Plaid::Side::free_port();

our $Http = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_H2_PORT ssl http2;
        ssl_certificate      $TEST_NGINX_SIDE_DIR/good.crt;
        ssl_certificate_key  $TEST_NGINX_SIDE_DIR/good.key;

        location /t {
            plaid_exchange  bank;
            add_header      X-Status $plaid_status always;
            LOCATION
            proxy_pass      http://app;
        }

        location /plain {
            proxy_pass  http://app;
        }

        location = /file {
            plaid_exchange  bank;
            client_body_in_file_only  clean;
            proxy_pass      http://app/t;
        }
    }
END

our $Type = "-H 'Content-Type: application/x-www-form-urlencoded'";

# What curl has got, or how it has ended.

sub ::curl {
    my ($args, $input) = @_;

    my $url = "https://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}";

    $args =~ s{ /(?=t|plain|file)}{ $url/}g;

    my $out = `($input) | curl -s -k --http2 -m 5 $args 2>&1`;

    return $? ? 'curl: ' . ($? >> 8) : $out;
}

sub ::got {
    my ($token, $body) = @_;

    return "POST /t\nX-Plaid-Access-Token: access-$token\n"
           . "X-Plaid-Item-Id: item-$token\nX-Plaid-Request-Id: req-$token\n"
           . "X-Plaid-Status: exchanged\n\n$body\n";
}

# "h2" is the arguments of curl, "input" a command whose output is the body,
# "answer" what is to come of it.

push @Test::Nginx::Socket::ExtraSections, qw( h2 input answer );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $location = $block->location // '';

    (my $http = $::Http) =~ s/LOCATION/$location/;

    $block->set_value('http_config', $http);
    $block->set_value('config', 'location = /up { return 204; }');
    $block->set_value('request', 'GET /up');
    $block->set_value('error_code', 204);

    my $curl = $block->h2;
    my $want = $block->answer;
    my $input = $block->input // 'true';

    $block->set_value('check', sub {
        my $got = ::curl($curl, $input);

        return 1 if ref $want ? $got =~ $want : $got eq $want;

        Test::More::diag("got: $got");
        return 0;
    });
});

run_tests();

__DATA__

=== TEST 1: a token
--- h2 eval: "$main::Type -d public_token=h2-1 /t"
--- answer eval: ::got('h2-1', 'public_token=h2-1')
--- calls: 1
--- app_calls: 1



=== TEST 2: without a length
--- input: printf %s public_token=h2-2
--- h2 eval: "$main::Type -X POST -H 'Content-Length:' -T - /t"
--- answer eval: ::got('h2-2', 'public_token=h2-2')
--- calls: 1



=== TEST 3: in pieces
--- input: printf %s public_; sleep 0.1; printf %s token=h2; sleep 0.1; printf %s -3
--- h2 eval: "$main::Type -X POST -T - /t"
--- answer eval: ::got('h2-3', 'public_token=h2-3')
--- calls: 1



=== TEST 4: large
--- h2 eval
"$main::Type -d public_token=h2-4 -d x=" . 'y' x 40_000 . ' /t'
--- answer eval: ::got('h2-4', 'public_token=h2-4&x=' . 'y' x 40_000)
--- calls: 1



=== TEST 5: in a file
--- h2 eval: "$main::Type -d public_token=h2-5 /file"
--- answer eval: ::got('h2-5', 'public_token=h2-5')
--- calls: 1



=== TEST 6: too large to be searched, without a length
--- location: plaid_exchange_max_body 10;
--- input: printf %s public_token=h2-6
--- h2 eval: "$main::Type -X POST -T - /t"
--- answer eval: "POST /t\n\npublic_token=h2-6\n"
--- calls: 0



=== TEST 7: no body
--- h2 eval: "$main::Type -X POST /t"
--- answer eval: "POST /t\n"
--- calls: 0



=== TEST 8: an empty one, without a length
--- h2 eval: "$main::Type -X POST -T /dev/null -H 'Content-Length:' /t"
--- answer eval: "POST /t\n"
--- calls: 0



=== TEST 9: JSON
--- h2: --json '{"public_token":"h2-9"}' /t
--- answer eval: ::got('h2-9', '{"public_token":"h2-9"}')
--- calls: 1



=== TEST 10: multipart
--- h2: -F a=b -F public_token=h2-10 /t
--- answer eval: qr/X-Plaid-Access-Token: access-h2-10\n.*\n\n--.*name="a"/s
--- calls: 1



=== TEST 11: spoofed headers
--- h2 eval
"$main::Type -H 'X-Plaid-Access-Token: evil' -H 'x-plaid-status: evil' -H 'X-Kept: yes' -d a=b /t -d a=b /plain"
--- answer eval: "POST /t\nx-kept: yes\n\na=b&a=b\nPOST /plain\nx-kept: yes\n\na=b&a=b\n"
--- calls: 0



=== TEST 12: a token, then nobody's request, on one connection
--- h2 eval
"$main::Type -d public_token=h2-12 /t --next -k -s /t --next -k -s -d a=b /plain"
--- answer eval: ::got('h2-12', 'public_token=h2-12') . "GET /t\nPOST /plain\n\na=b\n"
--- calls: 1



=== TEST 13: a refused token
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- h2: -i --json '{"public_token":"h2-13"}' /t
--- answer eval
qr{^HTTP/2 400 .*x-status: rejected\r\n.*"error_code":"INVALID_PUBLIC_TOKEN"}s
--- calls: 1
--- app_calls: 0



=== TEST 14: malformed
--- h2 eval: "-i $main::Type -d public_token=h2%2014 /t"
--- answer eval: qr{^HTTP/2 400 .*x-status: rejected\r\n}s
--- calls: 0



=== TEST 15: a slow Plaid
--- plaid: slow.300
--- h2 eval: "$main::Type -d public_token=h2-15 /t"
--- answer eval: ::got('h2-15', 'public_token=h2-15')
--- calls: 1



=== TEST 16: the client goes while Plaid thinks
--- plaid: slow.3000
--- h2 eval: "-m 1.5 $main::Type -d public_token=h2-16 /t"
--- answer: curl: 28
--- calls: 1
--- app_calls: 0



=== TEST 17: several at a time on one connection
--- plaid: slow.100
--- h2 eval
"--parallel $main::Type -d public_token=h2-17a /t --next -k -s $main::Type -d public_token=h2-17b /t --next -k -s $main::Type -d public_token=h2-17c /t"
--- answer eval
qr/\A(?=.*access-h2-17a\n)(?=.*access-h2-17b\n)(?=.*access-h2-17c\n)/s
--- calls: 3



=== TEST 18: without buffering of requests
--- location: proxy_request_buffering off; proxy_http_version 1.1;
--- input: printf %s public_; sleep 0.1; printf %s token=h2-18
--- h2 eval: "$main::Type -X POST -T - /t"
--- answer eval: ::got('h2-18', 'public_token=h2-18')
--- calls: 1
