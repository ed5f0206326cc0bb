# plaid_webhook: only a POST that Plaid has signed gets to the app.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Webhook;

master_on();
workers(2);

our $Body = '{"webhook_type":"TRANSACTIONS",'
            . '"webhook_code":"SYNC_UPDATES_AVAILABLE","item_id":"i"}';
our $Good = '200 verified TRANSACTIONS/SYNC_UPDATES_AVAILABLE';

our $Config = <<'END';
    location /hook {
        plaid_webhook  bank;
        add_header     X-Code $plaid_error_code always;
        proxy_pass     http://app;
    }

    location /plain {
        proxy_pass  http://app;
    }
END

plaid();
run_tests();

__DATA__

=== TEST 1: a webhook as Plaid sends it
--- config eval: $::Config
--- check scene
key('one');

my $text = answer(hook($::Body, kid => 'one'));

like($text, qr{^HTTP/1.1 200}, 'passed');
like($text, qr/^X-Plaid-Webhook: verified\r?$/m, 'verified');
like($text, qr/^X-Plaid-Webhook-Type: TRANSACTIONS\r?$/m, 'its type');
like($text, qr/^X-Plaid-Webhook-Code: SYNC_UPDATES_AVAILABLE\r?$/m, 'code');
like($text, qr/^X-Plaid-Webhook-Time: 1\d{9}\r?$/m, 'when it was signed');
like($text, qr/^Plaid-Verification: ey/mi, 'the header itself');
like($text, qr/\n\n\Q$::Body\E\n\z/, 'and the very body');

is(told(hook($::Body, kid => 'one')), $::Good, 'once more');
is(key_calls(), 1, 'the key was fetched once');



=== TEST 2: without a signature
--- config eval: $::Config
--- check scene
key('one');

my $text = answer(hook($::Body, jwt => undef));

like($text, qr{^HTTP/1.1 401}, 'refused');
like($text, qr/"error_type":"WEBHOOK_ERROR","error_code":"MISSING"/, 'JSON');
unlike($text, qr/X-Plaid-Webhook/, 'no more');

is(told(hook($::Body, jwt => undef,
             headers => ['X-Plaid-Webhook: verified'])),
   '401 MISSING', 'whatever it says of itself');
unlike(answer(hook($::Body, jwt => undef, uri => '/plain',
                   headers => ['X-Plaid-Webhook: verified'])),
       qr/X-Plaid-Webhook/i, 'and elsewhere this goes');

is(told(hook($::Body, jwt => [jwt($::Body), jwt($::Body)])), '401 MALFORMED',
   'two');
is(told(hook($::Body, headers => ['Plaid_Verification: x'])), $::Good,
   'nginx drops what has an underscore');
is(app_calls(), 2, 'the app got two of all');
is(log_has(qr/\[warn\].*plaid webhook refused: MISSING, status 401, kid ""/) > 0,
   1, 'and a line tells');



=== TEST 3: other algorithms, and none
--- config eval: $::Config
--- check scene
key('one');

my %alg = map { $_ => jwt($::Body, alg => $_) }
              qw( none HS256 HS512 ES384 ES512 RS256 PS256 EdDSA es256 );

is(told(hook($::Body, jwt => $alg{$_})), '401 ALGORITHM', $_)
    for sort keys %alg;

my $bare = jwt($::Body, alg => 'none', signature => '');
is(told(hook($::Body, jwt => $bare)), '401 ALGORITHM', 'none, unsigned');

is(told(hook($::Body, header => $_)), '401 MALFORMED', $_) for
    '{"alg":"ES256","alg":"ES256","kid":"one"}',
    '{"alg":"none","alg":"ES256","kid":"one"}',
    '{"alg":"ES256","kid":"one","crit":["b64"]}',
    '{"alg":"ES256"}', '{"alg":"ES256","kid":"a b"}', '[]';

is(key_calls(), 0, 'Plaid was not asked');
is(app_calls(), 0, 'nor the app');



=== TEST 4: what is no JWT of three parts in strict base64url
--- config eval: $::Config
--- check scene
key('one');

my %change = (
    'a header with padding' => sub { $_[0][0] .= '=' },
    'claims with padding' => sub { $_[0][1] .= '=' },
    'a signature with padding' => sub { $_[0][2] .= '==' },
    'a plus sign' => sub { $_[0][1] =~ s/.\z/+/ },
    'a blank' => sub { $_[0][1] =~ s/.\z/ / },
    'two parts' => sub { pop @{ $_[0] } },
    'four parts' => sub { push @{ $_[0] }, 'YQ' },
    'an empty header' => sub { $_[0][0] = '' },
    'empty claims' => sub { $_[0][1] = '' },
);

is(told(hook($::Body, parts => $change{$_})), '401 MALFORMED', $_)
    for sort keys %change;

is(told(hook($::Body, jwt => $_)), '401 MALFORMED', "\"$_\"")
    for 'x', '..', 'a.b.c', 'A' x 2000;



=== TEST 5: when it was signed
--- config eval: $::Config
--- check scene
key('one');

is(told(hook($::Body, iat => -298)), $::Good, 'a while ago');
is(told(hook($::Body, iat => -302)), '401 STALE', 'over five minutes ago');
is(told(hook($::Body, iat => 28)), $::Good, 'a little ahead');
is(told(hook($::Body, iat => 33)), '401 STALE', 'half a minute ahead');

my $hash = '"request_body_sha256":"' . ('0' x 64) . '"';

is(told(hook($::Body, claims => $_)), '401 MALFORMED', $_) for
    "{$hash}", "{\"iat\":\"1\",$hash}", "{\"iat\":1.5,$hash}",
    "{\"iat\":null,$hash}", "{\"iat\":99999999999999999999,$hash}";

is(told(hook($::Body, claims => "{\"iat\":$_,$hash}")), '401 STALE', $_)
    for 9223372036854775807, -1, 0;



=== TEST 6: a time of one's own
--- config
    location /hook {
        plaid_webhook  bank max_age=10s skew=0;
        add_header     X-Code $plaid_error_code always;
        proxy_pass     http://app;
    }
--- check scene
key('one');

is(told(hook($::Body, iat => -6)), $::Good, 'within ten seconds');
is(told(hook($::Body, iat => -12)), '401 STALE', 'not within');
is(told(hook($::Body, iat => 5)), '401 STALE', 'ahead');



=== TEST 7: another body than the one that was signed
--- config eval: $::Config
--- check scene
key('one');

my $jwt = jwt($::Body);

is(told(hook($::Body, jwt => $jwt)), $::Good, 'the one that was');
is(told(hook($::Body =~ s/SYNC/SUNC/r, jwt => $jwt)), '401 BODY', 'a byte');
is(told(hook("$::Body\n", jwt => $jwt)), '401 BODY', 'a line end');
is(told(hook($::Body =~ s/:/: /r, jwt => $jwt)), '401 BODY', 'a blank');
is(told(hook('', jwt => $jwt)), '401 BODY', 'none');
is(told(hook($::Body =~ s/SYNC_UPDATES_AVAILABLE/TRANSACTIONS_REMOVED/r,
             jwt => $jwt)), '401 BODY', 'a forged removal');

my $hash = uc Digest::SHA::sha256_hex($::Body);

is(told(hook($::Body, hash => $hash)), $::Good, 'a hash in upper case');
is(told(hook('', kid => 'one')), '200 verified', 'an empty body, signed');
is(told(hook('no JSON', kid => 'one')), '200 verified', 'nor JSON');



=== TEST 8: signatures that are none
--- config eval: $::Config
--- check scene
key($_) for qw( one two );

is(told(hook($::Body, kid => 'one', by => 'two')), '401 SIGNATURE',
   'of another key');
is(told(hook($::Body, der => 1)), '401 SIGNATURE', 'in DER');

my $n = pack 'H*', 'ffffffff00000000ffffffffffffffff'
                   . 'bce6faada7179e84f3b9cac2fc632551';

for (['no byte', ''], ['63 bytes', 'x' x 63], ['65 bytes', 'x' x 65],
     ['128 bytes', 'x' x 128], ['r is 0', ("\0" x 32) . ('x' x 32)],
     ['s is 0', ('x' x 32) . ("\0" x 32)], ['both are', "\0" x 64],
     ['r is n', $n . ('x' x 32)], ['s is n', ('x' x 32) . $n],
     ['all ones', "\xff" x 64], ['any', 'x' x 64])
{
    is(told(hook($::Body, signature => $_->[1])), '401 SIGNATURE', $_->[0]);
}

is(told(hook($::Body)), $::Good, 'and one that is');
is(app_calls(), 1, 'the app got that');



=== TEST 9: bodies in pieces, in a file, over the limit
--- config
    location /hook {
        client_body_buffer_size  1k;
        plaid_webhook            bank;
        plaid_webhook_max_body   20000;
        add_header               X-Code $plaid_error_code always;
        proxy_pass               http://app;
    }
--- check scene
key('one');

my $large = '{"webhook_type":"A","webhook_code":"B","x":"'
            . ('x' x 19952) . '"}';

is(length $large, 20000 - 2, 'a body just below the limit');
is(told(hook($large)), '200 verified A/B', 'is in a file');
is(told(hook($large, chunked => 1)), '200 verified A/B', 'chunked');
like(answer(hook($large, chunked => 1)), qr/\n\n\Q$large\E\n\z/, 'as it is');

$large .= '   ';

is(told(hook($large)), '413 BODY_TOO_LARGE', 'above it');
is(told(hook($large, chunked => 1)), '413 BODY_TOO_LARGE', 'chunked');
is(told(hook($::Body, chunked => 1)), $::Good, 'a short one, chunked');
like(answer(hook($::Body, headers => ['Expect: 100-continue'])),
     qr{^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200}, 'who waits for 100');



=== TEST 10: other methods, subrequests
--- config
    location /hook {
        plaid_webhook  bank;
        add_header     X-Code $plaid_error_code always;
        proxy_pass     http://app;
    }

    location /outer {
        auth_request  /hook;
        proxy_pass    http://app;
    }
--- check scene
key('one');

for (qw( GET HEAD PUT DELETE PATCH )) {
    my $text = answer(hook($::Body, method => $_));

    like($text, qr{^HTTP/1.1 405}, $_);
    like($text, qr/^Allow: POST\r$/m, "$_: what is allowed");
}

like(answer(hook($::Body, uri => '/outer')), qr{^HTTP/1.1 403}, 'a subrequest');
is(app_calls(), 0, 'the app was not called');



=== TEST 11: a body with a Content-Encoding is verified as it was sent
--- config eval: $::Config
--- check scene
key('one');

my $gzip = "\x1f\x8b\x08 not really";

is(told(hook($gzip, headers => ['Content-Encoding: gzip'])), '200 verified',
   'gzip');
is(told(hook($::Body, headers => ['Content-Encoding: gzip'])), '200 verified',
   'and not read');



=== TEST 12: an error page, and the variables
--- http_config
    log_format  hook  '$plaid_webhook $plaid_webhook_type '
                      '$plaid_webhook_code $plaid_status '
                      '$plaid_error_type/$plaid_error_code';
--- config
    access_log  logs/hook.log hook;

    location /hook {
        error_page     401 /sorry;
        plaid_webhook  bank;
        proxy_pass     http://app;
    }

    location /sorry {
        return 401 "sorry: $plaid_error_code";
    }
--- check scene
key('one');

like(answer(hook($::Body, jwt => undef, type => 'text/plain')),
     qr/sorry: MISSING/, 'the page');
is(told(hook($::Body)), $::Good, 'verified');

is(log_has(qr{^- +rejected WEBHOOK_ERROR/MISSING$}, 'hook.log') > 0, 1,
   'a refused one');
is(log_has(qr{^verified TRANSACTIONS SYNC_UPDATES_AVAILABLE - -/-$},
           'hook.log') > 0, 1, 'a verified one');



=== TEST 13: inherited, and off
--- error_code: 405
--- config
    plaid_webhook  bank;

    location /hook {
        proxy_pass  http://app;
    }

    location /off {
        plaid_webhook  off;
        proxy_pass     http://app;
    }

    location /accel {
        plaid_webhook  off;
        proxy_pass     http://app/accel?accel=/hook;
    }
--- check scene
key('one');

is(told(hook($::Body)), $::Good, 'inherited');
like(answer(hook($::Body, jwt => undef)), qr{^HTTP/1.1 401}, 'refused');
like(answer(hook($::Body, jwt => undef, uri => '/off')), qr{^HTTP/1.1 200},
     'off');
like(answer(hook($::Body, jwt => undef, uri => '/accel')),
     qr{^HTTP/1.1 405}, 'where a redirect leads to, too');



=== TEST 14: a later location of the request
--- config
    location /hook {
        plaid_webhook  bank;
        proxy_pass     http://app/x?accel=/later;
    }

    location /later {
        proxy_pass  http://app;
    }
--- check scene
key('one');

unlike(answer(hook($::Body)), qr/X-Plaid-Webhook/, 'gets no word of it');
is(app_calls(), 2, 'both were asked');
