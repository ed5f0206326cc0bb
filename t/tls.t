# Plaid over TLS: whom we believe, and who we are.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid('tls');

our $Dir = $ENV{TEST_NGINX_SIDE_DIR};

# "to: TLS_WRONG" is an environment at that port; our authority is trusted
# unless the block says otherwise.

push @Test::Nginx::Socket::ExtraSections, qw( to );

add_block_preprocessor(sub {
    my ($block) = @_;

    my $to = $block->to // return;
    my $client = $block->client // '';

    $to =~ s/\s+\z//;

    my ($port, $host, $prefix) = split ' ', $to;

    $host //= '127.0.0.1';
    $prefix //= '';
    $client .= "environment https://$host:\$TEST_NGINX_${port}_PORT$prefix;";
    $client .= 'ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;'
        if $client !~ /ssl_trusted_certificate/;
    $client .= 'resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;'
        if $host =~ /test/;

    $block->set_value('client', $client);
});

run_tests();

__DATA__

=== TEST 1: a good certificate, by address
--- to: TLS
--- form: public_token=tls-1
--- exchanged: tls-1
--- calls: 1
--- sent
PLAID-SECRET: the-s3cret



=== TEST 2: by name; the name is asked for, and goes into Host
--- to: TLS ok.test
--- form: public_token=tls-2
--- exchanged: tls-2
--- calls: 1
--- sent eval: [qr/\r\nX-Sni: ok\.test\r\n/, qr/\r\nHost: ok\.test:\d+\r\n/]



=== TEST 3: a certificate of another name
--- to: TLS_WRONG
--- form: public_token=tls-3
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
--- error_log eval: qr/\[error\] .*plaid exchange failed: connect \(/



=== TEST 4: ssl_name says which name is right, and is asked for
--- to: TLS_WRONG
--- client: ssl_name elsewhere.test;
--- form: public_token=tls-4
--- exchanged: tls-4
--- calls: 1
--- sent eval: qr/\r\nX-Sni: elsewhere\.test\r\n/



=== TEST 5: ssl_name, and the certificate has another
--- to: TLS
--- client: ssl_name elsewhere.test;
--- form: public_token=tls-5
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 6: expired
--- to: TLS_EXPIRED
--- form: public_token=tls-6
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 7: an authority that is not ours
--- to: TLS_UNKNOWN
--- form: public_token=tls-7
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 8: that authority, trusted
--- to: TLS_UNKNOWN
--- client: ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/other.crt;
--- form: public_token=tls-8
--- exchanged: tls-8
--- calls: 1



=== TEST 9: it is the only one then, whatever the system trusts
--- main_config
env SSL_CERT_FILE=$TEST_NGINX_SIDE_DIR/ca.crt;
--- to: TLS
--- client: ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/other.crt;
--- form: public_token=tls-9
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 10: whatever libcurl trusts
--- main_config
env CURL_CA_BUNDLE=$TEST_NGINX_SIDE_DIR/ca.crt;
--- to: TLS
--- client: ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/other.crt;
--- form: public_token=tls-10
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 11: the system's authorities do not know ours
--- client: environment https://127.0.0.1:$TEST_NGINX_TLS_PORT;
--- form: public_token=tls-11
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 12: unverified: another name
--- to: TLS_WRONG
--- client: ssl_verify off;
--- form: public_token=tls-12
--- exchanged: tls-12
--- calls: 1



=== TEST 13: unverified: expired
--- to: TLS_EXPIRED
--- client: ssl_verify off;
--- form: public_token=tls-13
--- exchanged: tls-13



=== TEST 14: unverified: an unknown authority
--- to: TLS_UNKNOWN
--- client: ssl_verify off;
--- form: public_token=tls-14
--- exchanged: tls-14



=== TEST 15: our certificate, where it is asked for
--- to: TLS_MTLS
--- client
ssl_certificate $TEST_NGINX_SIDE_DIR/client.crt;
ssl_certificate_key $TEST_NGINX_SIDE_DIR/client.key;
--- form: public_token=tls-15
--- exchanged: tls-15
--- calls: 1
--- sent eval: qr/\r\nX-Client-Cert: CN=client\r\n/



=== TEST 16: where it is not
--- to: TLS
--- client
ssl_certificate $TEST_NGINX_SIDE_DIR/client.crt;
ssl_certificate_key $TEST_NGINX_SIDE_DIR/client.key;
--- form: public_token=tls-16
--- exchanged: tls-16



=== TEST 17: none
--- to: TLS_MTLS
--- form: public_token=tls-17
--- outcome: 502 failed
--- calls: 0



=== TEST 18: another one's
--- to: TLS_MTLS
--- client
ssl_certificate $TEST_NGINX_SIDE_DIR/stranger.crt;
ssl_certificate_key $TEST_NGINX_SIDE_DIR/stranger.key;
--- form: public_token=tls-18
--- outcome: 502 failed
--- calls: 0



=== TEST 19: a key that does not fit the certificate
--- to: TLS_MTLS
--- client
ssl_certificate $TEST_NGINX_SIDE_DIR/client.crt;
ssl_certificate_key $TEST_NGINX_SIDE_DIR/stranger.key;
--- request
GET /t
--- must_die
--- error_log: ssl_certificate_key
--- suppress_stderr



=== TEST 20: HTTP/2
--- to: TLS_H2
--- client: http_version 2;
--- form: public_token=tls-20
--- exchanged: tls-20
--- calls: 1
--- sent eval: qr{\r\nX-Protocol: HTTP/2\.0\r\n}



=== TEST 21: HTTP/1.1 unless asked for
--- to: TLS_H2
--- form: public_token=tls-21
--- exchanged: tls-21
--- sent eval: qr{\r\nX-Protocol: HTTP/1\.1\r\n}



=== TEST 22: HTTP/2 where there is none
--- to: TLS
--- client: http_version 2;
--- form: public_token=tls-22
--- exchanged: tls-22
--- sent eval: qr{\r\nX-Protocol: HTTP/1\.1\r\n}



=== TEST 23: HTTP/2: an error of Plaid's
--- to: TLS_H2 127.0.0.1 /error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- client: http_version 2;
--- form: public_token=tls-23
--- outcome: 400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN
--- calls: 1



=== TEST 24: HTTP/2: a late answer
--- to: TLS_H2 127.0.0.1 /hang
--- client: http_version 2; timeout 300ms;
--- form: public_token=tls-24
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1



=== TEST 25: HTTP/2: a large answer
--- to: TLS_H2 127.0.0.1 /size.20000
--- client: http_version 2;
--- form: public_token=tls-25
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 1



=== TEST 26: HTTP/2: one after the other
--- to: TLS_H2
--- client: http_version 2;
--- request eval
["POST /t\npublic_token=tls-26a", "POST /t\npublic_token=tls-26b",
 "POST /t\npublic_token=tls-26c"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 3]
--- error_code eval: [200, 200, 200]
--- response_body_like eval: ['access-tls-26a', 'access-tls-26b', 'access-tls-26c']
--- calls: 3



=== TEST 27: no TLS at that port
--- to: PLAID
--- form: public_token=tls-27
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 28: TLS at a port that we take for HTTP
--- client: environment http://127.0.0.1:$TEST_NGINX_TLS_PORT;
--- form: public_token=tls-28
--- outcome: 502 failed
--- calls: 0



=== TEST 29: TLS 1.1
--- to: TLS_OLD
--- form: public_token=tls-29
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0



=== TEST 30: a session is used again
--- to: TLS
--- client: keepalive 0;
--- request eval
["POST /t\npublic_token=tls-30a", "POST /t\npublic_token=tls-30b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [200, 200]
--- calls: 2
--- check eval
sub { Plaid::Side::ask('requests') =~ /X-Reused: \..*X-Reused: r/s }



=== TEST 31: a connection, too
--- to: TLS
--- request eval
["POST /t\npublic_token=tls-31a", "POST /t\npublic_token=tls-31b"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 2]
--- error_code eval: [200, 200]
--- calls: 2
--- check eval
sub { Plaid::Side::ask('requests') !~ /X-Reused: r/ }



=== TEST 32: our own TLS is none the worse for Plaid's bad one
--- to: TLS_EXPIRED
--- config
    location = /t {
        plaid_exchange  bank;
        error_page      502 = @app;
    }

    location @app {
        # or nginx keeps one at its end, and valgrind finds it
        proxy_ssl_session_reuse off;
        proxy_pass  https://127.0.0.1:$TEST_NGINX_TLS_PORT;
    }
--- form: public_token=tls-32
--- error_code: 404
--- response_body
no such path
