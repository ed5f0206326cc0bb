# What the sandbox offers to tests of others: the calls that it got, forged
# webhooks, rotated keys, faults and padding on any endpoint.

use strict;
use warnings;

use Digest::SHA ();
use MIME::Base64 ();

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();
plaid();

$ENV{TEST_NGINX_TLS_PORT} = Plaid::Side::free_port();

# the calls to a path that were kept, once there are so many

sub calls {
    my ($path, $many) = @_;

    my $calls;

    for (1 .. 100) {
        (undef, my $got) = get('/sandbox/_calls' . ($path ? "?path=$path" : ''));
        $calls = $got->{calls};
        last if @$calls >= ($many // 0);
        select(undef, undef, undef, 0.05);
    }

    return @$calls;
}

# sends a webhook to the sandbox itself, which keeps it; its header and claims

sub forged {
    my ($path, %what) = @_;

    my $port = Test::Nginx::Socket::server_port();

    said('200 -', [json('/sandbox/_webhook',
         { url => "http://127.0.0.1:$port$path", body => { a => 1 }, %what })],
         "sent to $path");

    my ($call) = calls($path, 1);
    my @part = split /\./, $call->{headers}{'Plaid-Verification'} // return $call,
                     -1;

    return ($call, map({ JSON::PP::decode_json(
                             MIME::Base64::decode_base64url($_)) }
                       @part[0, 1]), $part[2]);
}

sub es256 {
    my ($call, $signature) = @_;

    my ($text) = $call->{headers}{'Plaid-Verification'} =~ /(.*)\./;
    my $head = JSON::PP::decode_json(
        MIME::Base64::decode_base64url(($text =~ /(.*)\./)[0]));
    my (undef, $got) = current('/webhook_verification_key/get',
                               { key_id => $head->{kid} });
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    my $point = join '', map { MIME::Base64::decode_base64url($got->{key}{$_}) }
                         qw( x y );
    my $sig = MIME::Base64::decode_base64url($signature);

    # the DER of a P-256 key, and that of a signature
    my $der = pack('H*', '3059301306072a8648ce3d020106082a8648ce3d030107034200')
              . "\x04$point";
    my $int = sub {
        my ($n) = @_;
        $n =~ s/\A\0+(?=.)//s;
        $n = "\0$n" if ord($n) & 0x80;
        return pack 'CC/a', 2, $n;
    };
    my $two = $int->(substr $sig, 0, 32) . $int->(substr $sig, 32);

    for ([key => $der], [sig => pack 'CC/a', 0x30, $two], [text => $text]) {
        open my $out, '>:raw', "$dir/$_->[0]" or die;
        print $out $_->[1];
        close $out;
    }

    return system("openssl dgst -sha256 -verify $dir/key -keyform DER"
                  . " -signature $dir/sig $dir/text > /dev/null 2>&1") == 0;
}

{ no warnings; *Test::Base::Filter::calls = \&calls;
  *Test::Base::Filter::forged = \&forged;
  *Test::Base::Filter::es256 = \&es256; }

require File::Temp;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', <<'END') unless defined $block->config;
    location / {
        plaid_sandbox;
    }
END
    $block->set_value('request', 'GET /sandbox/_stats')
        unless defined $block->request;
});

run_tests();

__DATA__

=== TEST 1: the calls that were made, with keys as hashes
--- story eval
sub {
    my $hash = sub { 'sha256:' . Digest::SHA::sha256_hex($_[0]) };

    current('/item/get', { access_token => 'access-sandbox-1-2' },
            'X-Mine' => 'yes');
    json('/item/get', { client_id => 'test_id', secret => 'test_secret',
                        access_token => 'access-sandbox-3-4' });
    form('/exchange_token', { public_token => 'test,chase,connected' });
    get('/institutions?client_id=test_id&secret=test_secret&x=y');

    my @all = calls();
    my ($first, $second) = calls('/item/get');

    is(scalar @all, 4, 'four calls');
    is(scalar(my @got = calls('/item/get')), 2, 'two of that path');
    is($first->{json}{access_token}, 'access-sandbox-1-2', 'a token');
    is($first->{headers}{'X-Mine'}, 'yes', 'a header');
    is($first->{headers}{'PLAID-SECRET'} // $first->{headers}{'plaid-secret'},
       $hash->('test_secret'), 'the key in a header');
    is($second->{json}{secret}, $hash->('test_secret'), 'the key in a body');
    like($second->{body}, qr/"access_token":\s*"access-sandbox-3-4"/,
         'the body as it came');
    is("$all[2]{method} $all[2]{path}", 'POST /exchange_token', 'a form');
    like($all[2]{body}, qr/public_token=test%2Cchase%2Cconnected/, 'its body');
    like($all[2]{body}, qr/secret=sha256:/, 'its key');
    is($all[3]{query}, 'client_id=' . $hash->('test_id') . '&secret='
       . $hash->('test_secret') . '&x=y', 'and of a query');

    my ($status, undef, $headers) = get('/sandbox/_calls');
    my $text = HTTP::Tiny->new->get('http://127.0.0.1:'
        . Test::Nginx::Socket::server_port() . '/sandbox/_calls')->{content};

    ok($text !~ /test_secret|test_id/, 'no key in the text');
}



=== TEST 2: a key in other letters, no JSON, no text, a long body
--- story eval
sub {
    my %json = ('PLAID-CLIENT-ID' => 'a', 'PLAID-SECRET' => 'b');

    json('/item/get', '{"client_id":"x","secret":"test_s\u0065cret"}');
    json('/item/get', "{\"client_id\":\"\xff\"");
    json('/item/get', '{"secret":"a","x":[' . CORE::join(',', ('"a"') x 500) . ']}');
    json('/item/get', { access_token => 'x' x 20000 }, %json);

    my @all = calls('/item/get');
    my $text = JSON::PP::encode_json(\@all);

    is(scalar @all, 4, 'all are there');
    ok(!defined $all[0]{body} && $all[0]{json}, 'the body as JSON alone');
    is($all[1]{body}, '{"client_id":"?"', 'what is no text');
    ok(!defined $all[2]{body}, 'a key too often');
    is(length $all[3]{body}, 16384, 'cut');
    ok($all[3]{body_length} > 20000, 'and said so');
    ok($text !~ /test_s/, 'no key');
}



=== TEST 3: the last hundred, and none after a reset
--- story eval
sub {
    current('/item/get', { access_token => "n$_" }) for 1 .. 105;

    my @all = calls('/item/get');

    is(scalar @all, 100, 'a hundred');
    is("$all[0]{json}{access_token} $all[99]{json}{access_token}", 'n6 n105',
       'the last ones, in their order');

    json('/sandbox/_reset', {});
    is(scalar(my @none = calls()), 0, 'forgotten');
}



=== TEST 4: an unknown path is named, and counted
--- story eval
sub {
    my ($status, $got) = current('/never/heard/of', {});

    is("$status $got->{error_code}", '404 NOT_FOUND', 'not found');
    like($got->{error_message}, qr{sandbox of ngx_http_plaid_module has no /never/heard/of},
         'named, and by whom');
    get('/nothing');
    get('/nothing');

    my $stats = stats();

    is($stats->{unknown}, 3, 'counted');
    is($stats->{unknown_paths}{'/nothing'}, 2, 'by path');

    open my $log, '<', Test::Nginx::Socket::server_root() . '/logs/error.log'
        or die;
    ok(scalar(grep { m{plaid_sandbox has no "POST /never/heard/of"} } <$log>),
       'and logged');
}



=== TEST 5: a forged webhook, in order
--- story eval
sub {
    my ($call, $head, $claims, $signature) = forged('/h1');

    is($head->{alg}, 'ES256', 'alg');
    is($call->{headers}{'Content-Type'}, 'application/json', 'type');
    is($call->{body}, "{\n  \"a\": 1\n}", 'two spaces, as Plaid');
    is($claims->{request_body_sha256}, Digest::SHA::sha256_hex($call->{body}),
       'its hash');
    ok(abs($claims->{iat} - time) < 10, 'now');
    ok(es256($call, $signature), 'its signature');
}



=== TEST 6: each defect of a webhook
--- story eval
sub {
    my ($call, $head, $claims, $signature) = forged('/a', alg => 'none');

    is("$head->{alg} [" . ($signature // "") . "]", 'none []', 'no algorithm');

    (undef, $head, undef, $signature) = forged('/b', alg => 'HS256');
    is("$head->{alg} " . length MIME::Base64::decode_base64url($signature),
       'HS256 32', 'a hash for a signature');

    (undef, $head) = forged('/c', alg => 'RS256', kid => 'not-mine');
    is("$head->{alg} $head->{kid}", 'RS256 not-mine', 'another name and key');

    (undef, undef, $claims) = forged('/d', iat_offset => -301);
    ok(abs($claims->{iat} - time + 301) < 10, 'five minutes old');

    ($call, undef, $claims) = forged('/e', bad_hash => \1);
    ok($claims->{request_body_sha256}
       ne Digest::SHA::sha256_hex($call->{body}), 'another hash');

    ($call, undef, undef, $signature) = forged('/f', bad_signature => \1);
    ok(!es256($call, $signature), 'another signature');

    (undef, undef, undef, $signature) = forged('/g', der => \1);
    is(substr(MIME::Base64::decode_base64url($signature), 0, 1), "\x30", 'DER');

    ($call) = forged('/h', unsigned => \1);
    ok(!exists $call->{headers}{'Plaid-Verification'}, 'none at all');

    my $port = Test::Nginx::Socket::server_port();

    json('/sandbox/_webhook', { url => "http://127.0.0.1:$port/i",
         body => 'no JSON', content_type => 'text/plain', twice => \1 });
    ($call) = calls('/i', 1);
    is($call->{body}, 'no JSON', 'a body as it is');
    is($call->{headers}{'Content-Type'}, 'text/plain', 'and its type');
    is(scalar @{$call->{headers}{'Plaid-Verification'}}, 2, 'twice');

    json('/sandbox/_webhook', { url => "http://127.0.0.1:$port/j",
                                repeat => 5 });
    is(scalar(my @five = calls('/j', 5)), 5, 'five times');

    said('400 MISSING_FIELDS', [json('/sandbox/_webhook', {})], 'no url');
    said('400 INVALID_FIELD', [json('/sandbox/_webhook', { url => 'x' })], 'bad');

    for (['alg', 'a"b'], ['kid', 'x' x 200], ['repeat', 0],
         ['iat_offset', 1e15])
    {
        said('400 INVALID_FIELD', [json('/sandbox/_webhook',
             { url => 'http://localhost/', $_->[0] => $_->[1] })], $_->[0]);
    }

    said('400 UNKNOWN_FIELDS', [json('/sandbox/_webhook',
         { url => 'http://localhost/', bad_sig => \1 })], 'misspelt');
}



=== TEST 7: keys are rotated
--- story eval
sub {
    my ($call, $head, undef, $signature) = forged('/before');
    my (undef, $got) = json('/sandbox/_rotate_key', {});

    is($got->{old_key_id}, $head->{kid}, 'the old one');

    (undef, my $new) = forged('/after');
    is($new->{kid}, $got->{key_id}, 'the new one signs');
    ok(es256($call, $signature), 'what the old one has signed is good');

    (undef, my $key) = current('/webhook_verification_key/get',
                               { key_id => $head->{kid} });
    ok(!defined $key->{key}{expired_at}, 'it has not expired');

    # by curl, whose -d calls everything a form
    (undef, $got) = form('/sandbox/_rotate_key?expire_old=1', {});
    (undef, $key) = current('/webhook_verification_key/get',
                            { key_id => $new->{kid} });
    ok(abs($key->{key}{expired_at} - time) < 10, 'now it has');

    ($call, $head, undef, $signature) = forged('/old', kid => $new->{kid});
    is($head->{kid}, $new->{kid}, 'a known key may be named');
    ok(es256($call, $signature), 'and signs itself');

    said('400 INVALID_WEBHOOK_VERIFICATION_KEY_ID',
         [current('/webhook_verification_key/get', { key_id => 'x' })],
         'unknown');
}



=== TEST 8: a token echoed, another environment, an encoding, padding
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_fault  echo_token path=/accounts/get;
        plaid_sandbox_fault  wrong_env path=/link/token/create;
        plaid_sandbox_fault  encoding if=$http_x_encoding;
        plaid_sandbox_fault  lost path=/item/access_token/invalidate;
    }

    location /pad/ {
        plaid_sandbox;
        plaid_sandbox_pad  100k;
    }
--- story eval
sub {
    my %t = (access_token => item('auth'));

    my (undef, $got) = current('/accounts/get', \%t);
    is($got->{echo}, $t{access_token}, 'echoed');

    (undef, $got) = current('/auth/get', \%t);
    ok(!exists $got->{echo}, 'nowhere else');

    my %link = (client_name => 'A', language => 'en', country_codes => ['US'],
                user => { client_user_id => 'u' }, products => ['auth']);

    (undef, $got) = current('/link/token/create', \%link);
    like($got->{link_token}, qr/\Alink-production-[\w-]+\z/, 'of production');

    my ($status, $body, $header) = current('/auth/get', \%t,
                                          'X-Encoding' => 1);
    is($header->{'content-encoding'}, 'gzip', 'an encoding nobody asked for');

    my $plain;
    require IO::Uncompress::Gunzip;
    IO::Uncompress::Gunzip::gunzip(\$body => \$plain);
    is(scalar @{JSON::PP::decode_json($plain)->{accounts}}, 4, 'and it is one');

    ($status, $body) = current('/pad/auth/get', \%t);
    is("$status " . length JSON::PP::encode_json($body), '200 102400', 'padded');

    ($status, $body) = current('/pad/auth/get', { access_token => 'x' });
    ok(length JSON::PP::encode_json($body) < 1000, 'but no error');

    ($status) = current('/item/access_token/invalidate', \%t);
    is($status, 599, 'lost');
    said('400 INVALID_ACCESS_TOKEN', [current('/auth/get', \%t)],
         'but rotated');
}



=== TEST 9: what is wrong in the configuration
--- http_config
    plaid_sandbox_pad 300m;
--- config
    location / { plaid_sandbox; }
--- must_die
--- error_log: "plaid_sandbox_pad" directive must be a size of at most 256m



=== TEST 10: no times
--- http_config
    plaid_sandbox_webhook_retry soon 24h;
--- config
    location / { plaid_sandbox; }
--- must_die
--- error_log: "plaid_sandbox_webhook_retry" directive has an invalid time



=== TEST 11: no scale
--- http_config
    plaid_sandbox_webhook_retry 30s 24h scale=0;
--- config
    location / { plaid_sandbox; }
--- must_die
--- error_log: "plaid_sandbox_webhook_retry" directive has an invalid scale



=== TEST 12: sent again, as Plaid does, a hundred times faster
--- config
    plaid_sandbox_webhook_retry  30s 24h scale=0.001;

    location / {
        plaid_sandbox;
    }
--- story eval
sub {
    my $port = Test::Nginx::Socket::server_port();

    # a 404 of the sandbox is no 200
    json('/sandbox/_webhook', { url => "http://127.0.0.1:$port/again" });

    my @got = calls('/again', 3);

    ok(@got >= 3, 'three times');
    ok($got[0]{headers}{'Plaid-Verification'}
       ne $got[1]{headers}{'Plaid-Verification'}, 'each signed anew');
}



=== TEST 13: over https, with a CA of one's own
--- user_files eval
my $dir = File::Temp::tempdir(CLEANUP => 1);
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
       . " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
       . " -keyout $dir/key -out $dir/cert 2> /dev/null");
[ map { my $n = $_; open my $in, '<', "$dir/$n"; local $/;
        [ "$n.pem" => scalar <$in> ] } qw( key cert ) ]
--- http_config
    server {
        listen               127.0.0.1:$TEST_NGINX_TLS_PORT ssl;
        ssl_certificate      $TEST_NGINX_SERVER_ROOT/html/cert.pem;
        ssl_certificate_key  $TEST_NGINX_SERVER_ROOT/html/key.pem;

        location / {
            plaid_sandbox;
        }

        location = /taken {
            return 200;
        }
    }
--- config
    location / {
        plaid_sandbox;
        plaid_sandbox_webhook_trusted  $TEST_NGINX_SERVER_ROOT/html/cert.pem;
    }

    location /untrusted/ {
        plaid_sandbox;
    }
--- story eval
sub {
    my $tls = $ENV{TEST_NGINX_TLS_PORT};

    for my $host ('localhost', '127.0.0.1') {
        json('/sandbox/_webhook', { url => "https://$host:$tls/$host" });
        is(scalar(my @got = calls("/$host", 1)), 1, "arrived at $host");
    }

    json('/untrusted/sandbox/_webhook', { url => "https://localhost:$tls/no" });

    for (1 .. 60) {
        last if stats()->{webhooks_failed} == 3;
        select(undef, undef, undef, 0.05);
    }

    is(stats()->{webhooks_failed}, 3, 'nobody is trusted without it');
    is(scalar(my @none = calls('/no')), 0, 'and nothing is said');
}
