# "transport subrequest" when it goes wrong: what the location's proxy_pass
# may do about it, who leaves, and when time is over.  What Plaid can answer
# is in the files that run with TEST_PLAID_TRANSPORT=subrequest.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

# clients have a transport; this is for hang_up()
$ENV{TEST_PLAID_TRANSPORT} = 'subrequest';

plaid();

push @Test::Nginx::Socket::ExtraSections, qw( peers idle inside server );

add_block_preprocessor(sub {
    my ($block) = @_;

    my %part = map { ($_ => $block->$_ // '') } qw( peers idle inside server );

    $part{peers} =~ s/(\w+)/server 127.0.0.1:\$TEST_NGINX_$1_PORT;/g;
    $part{peers} ||= 'server 127.0.0.1:$TEST_NGINX_PLAID_PORT;';
    $part{peers} .= " keepalive $part{idle};" if $part{idle};

    $block->set_value('client', 'transport subrequest /_plaid;'
                                . ($block->client // ''));
    $block->set_value('http_config', <<"END" . ($block->http_config // ''));
    upstream plaid {
        $part{peers}
    }
END

    return if defined $block->config;

    $block->set_value('config', <<"END");
    location = /t {
        plaid_exchange  bank;

        add_header  X-Status  \$plaid_status always;
        add_header  X-Error   \$plaid_error_type/\$plaid_error_code always;

        proxy_pass  http://app;
    }

    location = /_plaid {
        internal;
        proxy_pass  http://plaid;
        $part{inside}
    }

    $part{server}
END
});


# A post over HTTP/2.

sub ::h2 {
    my ($token, $more) = @_;

    $more //= '';

    return scalar `curl -s --http2-prior-knowledge $more -d public_token=$token --unix-socket $ENV{TEST_NGINX_HTML_DIR}/h2.sock http://localhost/t`;
}

run_tests();

__DATA__

=== TEST 1: refused: tried again once, not sent
--- peers: REFUSED
--- form: public_token=sf-1
--- outcome: 502 failed EXCHANGE_ERROR/CONNECT_FAILED
--- calls: 0
--- error_log: connect() failed



=== TEST 2: another server instead
--- peers: REFUSED PLAID
--- form: public_token=sf-2
--- exchanged: sf-2
--- calls: 1
--- error_log: connect() failed



=== TEST 3: not after the request was sent, even if the user would have it
--- plaid: ok
--- peers: RESET PLAID
--- inside: proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 http_429 non_idempotent;
--- form: public_token=sf-3
--- outcome: 502 unknown EXCHANGE_ERROR/CONNECTION_LOST
--- calls: 1
--- error_log: upstream



=== TEST 4: nor after a reply that the user would have from another one
--- plaid: error.500.API_ERROR.INTERNAL_SERVER_ERROR
--- peers: PLAID PLAID
--- inside: proxy_next_upstream error timeout http_500 non_idempotent;
--- form: public_token=sf-4
--- outcome: 502 failed API_ERROR/INTERNAL_SERVER_ERROR
--- calls: 1



=== TEST 5: no server is left
--- http_config
    upstream none {
        server 127.0.0.1:$TEST_NGINX_PLAID_PORT down;
    }
--- config
    location = /t {
        plaid_exchange  bank;
        add_header  X-Status  $plaid_status always;
        proxy_pass  http://app;
    }

    location = /_plaid {
        internal;
        proxy_pass  http://none;
    }
--- form: public_token=sf-5
--- outcome: 502 failed
--- calls: 0
--- error_log: no live upstreams



=== TEST 6: connect_timeout of the client
--- peers: FULL
--- client: connect_timeout 200ms; timeout 5s;
--- form: public_token=sf-6
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0
--- error_log: upstream timed out



=== TEST 7: that of the location is shorter
--- peers: FULL
--- client: connect_timeout 4s; timeout 8s;
--- inside: proxy_connect_timeout 200ms;
--- form: public_token=sf-7
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0
--- error_log: upstream timed out



=== TEST 8: the location gives up before the client does
--- plaid: hang
--- client: timeout 8s;
--- inside: proxy_read_timeout 200ms;
--- form: public_token=sf-8
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1
--- error_log: upstream timed out



=== TEST 9: time is over before the request is sent: it never is
--- peers: FULL
--- client: timeout 200ms; connect_timeout 8s;
--- form: public_token=sf-9
--- outcome: 504 failed EXCHANGE_ERROR/TIMEOUT
--- calls: 0



=== TEST 10: time is over after that: the connection goes
--- plaid: hang
--- client: timeout 200ms;
--- form: public_token=sf-10
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1
--- check eval: sub { Plaid::Side::await('open', 0) eq '0' }



=== TEST 11: time is over amid the reply
--- plaid: drip.20
--- client: timeout 600ms;
--- form: public_token=sf-11
--- outcome: 504 unknown EXCHANGE_ERROR/TIMEOUT_AFTER_SEND
--- calls: 1



=== TEST 12: time is over while the location makes it wait
--- http_config
    limit_req_zone one zone=one:64k rate=1r/m;
--- client: timeout 1s;
--- inside: limit_req zone=one burst=5;
--- check scene
is(saw(post('sf-12')), '200 exchanged access-sf-12', 'in time');
is(saw(post('sf-12b')), '504 failed EXCHANGE_ERROR/TIMEOUT', 'too late');
is(calls(), 1, 'one call');
log_has('delaying request');
--- log_level: info



=== TEST 13: a connection is used again
--- peers: PLAID
--- inside
proxy_http_version  1.1;
proxy_set_header    Connection "";
--- idle: 2
--- check scene
is(saw(post('sf-13')), '200 exchanged access-sf-13', 'a new one');
is(saw(post('sf-13b')), '200 exchanged access-sf-13b', 'the same');
is(Plaid::Side::ask('connections'), 1, 'one connection');



=== TEST 14: the client leaves, the exchange goes on, its token is kept
--- plaid: hold
--- check scene
my $c = post('sf-14');
held(1);
hang_up($c);
release();
settled();
is(app_calls(), 0, 'the app is not asked');
is(saw(post('sf-14')), '200 replayed access-sf-14', 'another one');
is(calls(), 1, 'one call');
log_has('stored for replay');
--- log_level: info



=== TEST 15: so with HTTP/2
--- plaid: hold
--- server: listen unix:$TEST_NGINX_HTML_DIR/h2.sock http2;
--- check scene
::h2('sf-15', '-m 0.5');
held(1);
release();
settled();
is(app_calls(), 0, 'the app is not asked');
like(::h2('sf-15'), qr/^X-Plaid-Status: replayed$/m, 'another one');
is(calls(), 1, 'one call');
log_has('stored for replay');
--- log_level: info



=== TEST 16: HTTP/2
--- server: listen unix:$TEST_NGINX_HTML_DIR/h2.sock http2;
--- check scene
like(::h2('sf-16', "-H 'Cookie: a=b'"), qr/^X-Plaid-Access-Token: access-sf-16$/m, 'exchanged');
unlike(Plaid::Side::ask('last'), qr/a=b/, 'no cookie');
is(calls(), 1, 'one call');



=== TEST 17: posts at the same time, and one after the other on a connection
--- plaid: hold
--- check scene
my @posts = map { post("sf-17-$_") } 1 .. 20;
held(20);
release();
is(join(' ', map { saw($_) } @posts),
   join(' ', map { "200 exchanged access-sf-17-$_" } 1 .. 20), 'all of them');



=== TEST 18: HTTP/2: the client leaves, and another subrequest of it ends
--- plaid: hold
--- server
listen unix:$TEST_NGINX_HTML_DIR/h2.sock http2;
mirror /mirror;

location = /mirror {
    internal;
    proxy_pass          http://127.0.0.1:$TEST_NGINX_SILENT_PORT;
    proxy_read_timeout  1s;
}
--- check scene
::h2('sf-18', '-m 0.5');
held(1);
log_has('upstream timed out .*/mirror');
release();
settled();
like(::h2('sf-18'), qr/^X-Plaid-Status: replayed$/m, 'its token was kept');
is(calls(), 1, 'one call');



=== TEST 19: the location makes it wait
--- http_config
    limit_req_zone one zone=one:64k rate=4r/s;
--- inside: limit_req zone=one burst=5;
--- check scene
is(saw(post('sf-19')), '200 exchanged access-sf-19', 'in time');
is(saw(post('sf-19b')), '200 exchanged access-sf-19b', 'delayed');
is(calls(), 2, 'two calls');
log_has('delaying request');
--- log_level: info



=== TEST 20: an https environment, and a location without https
--- client: environment https://127.0.0.1:$TEST_NGINX_PLAID_PORT;
--- inside: proxy_ssl_verify on;
--- form: public_token=sf-20
--- outcome: 502 failed EXCHANGE_ERROR/BAD_REPLY
--- calls: 0
--- error_log
proxy_pass does not verify Plaid's certificate



=== TEST 21: one that does not verify is found with the configuration
--- client: environment https://127.0.0.1:$TEST_NGINX_PLAID_PORT;
--- request
GET /t
--- must_die
--- error_log
"proxy_ssl_verify" is off in location "/_plaid", through which plaid_client "bank" calls an https environment
--- suppress_stderr



=== TEST 22: unless nobody is to be verified
--- client: environment https://127.0.0.1:$TEST_NGINX_PLAID_PORT; ssl_verify off;
--- form: public_token=sf-22
--- exchanged: sf-22
--- calls: 1
