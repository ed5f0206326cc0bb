# Verification keys: fetched once, kept, refused, limited.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Webhook;

master_on();
workers(4);

our $Body = '{"webhook_type":"ITEM","webhook_code":"ERROR"}';
our $Good = '200 verified ITEM/ERROR';

our $Config = <<'END';
    location /hook {
        plaid_webhook  bank;
        add_header     X-Code $plaid_error_code always;
        proxy_pass     http://app;
    }
END

plaid();
run_tests();

__DATA__

=== TEST 1: an unknown key, and one that has expired
--- config eval: $::Config
--- check scene
key('known');
key('old', expired_at => 1700000000);
key('gone');
no_key('gone');

is(told(hook($::Body, kid => 'gone')), '401 KEY_UNKNOWN', 'unknown');
is(told(hook($::Body, kid => 'gone')), '401 KEY_UNKNOWN', 'still');
is(key_calls(), 1, 'Plaid was asked once');

is(told(hook($::Body, kid => 'old')), '401 KEY_EXPIRED', 'expired');
is(told(hook($::Body, kid => 'old')), '401 KEY_EXPIRED', 'still');
is(key_calls(), 2, 'Plaid was asked once');
is(app_calls(), 0, 'the app was not called');



=== TEST 2: replies that are no key, and are not kept
--- config eval: $::Config
--- check scene
my @bad = ([kid => '"other"'], [crv => '"P-384"'], [x => '"AAAA"'],
           [x => '"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"']);

for (@bad) {
    my $kid = 'bad-' . join '-', map { tr/a-zA-Z0-9//cdr } @$_;

    key($kid, @$_);
    is(told(hook($::Body, kid => $kid)), '503 KEY_UNAVAILABLE', "@$_");
}

key('bad-kid-other');
is(told(hook($::Body, kid => 'bad-kid-other')), $::Good, 'a good one then');
is(key_calls(), 5, 'each was a fetch');



=== TEST 3: Plaid does not answer well, then it does
--- config eval: $::Config
--- client: timeout 500ms;
--- check scene
key('late');

key_do(500);
is(told(hook($::Body, kid => 'late')), '503 KEY_UNAVAILABLE', '500');
key_do('hang');
is(told(hook($::Body, kid => 'late')), '503 KEY_UNAVAILABLE', 'none');
key_do('');
later(500);
is(told(hook($::Body, kid => 'late')), $::Good, 'then the key');
key_do(500);
is(told(hook($::Body, kid => 'late')), $::Good, 'which is kept');



=== TEST 4: many webhooks, four workers, one fetch
--- config eval: $::Config
--- check scene
key('many');
key_do('hold');

my @jwt = (jwt => jwt($::Body, kid => 'many'));
my @hooks = map { hook($::Body, @jwt) } 1 .. 50;

held(1);
settled();
is(key_calls(), 1, 'one fetch');
release();
is(scalar(grep { told($_) eq $::Good } @hooks), 50, 'all are verified');
is(key_calls(), 1, 'still one');



=== TEST 5: keys that somebody makes up
--- config eval: $::Config
--- check scene
key('true');
is(told(hook($::Body, kid => 'true')), $::Good, 'a true one');

my @told = map { told(hook($::Body, kid => "made-up-$_", by => 'true')) }
               1 .. 30;

ok(key_calls() < 15, 'Plaid is asked rarely');
ok(scalar(grep { $_ eq '503 KEY_UNAVAILABLE' } @told) > 10, 'most are not');
is(scalar(grep { /^200/ } @told), 0, 'none passes');
is(told(hook($::Body, kid => 'true')), $::Good, 'the true one is not lost');



=== TEST 6: over a reload
--- config eval: $::Config
--- check scene
key('stays');
is(told(hook($::Body, kid => 'stays')), $::Good, 'fetched');
reload();
is(told(hook($::Body, kid => 'stays')), $::Good, 'known');
is(key_calls(), 1, 'one fetch');



=== TEST 7: a key is fetched again in the background
--- config
    location /hook {
        plaid_webhook       bank;
        plaid_webhook_keys  ttl=5s negative=60s;
        add_header          X-Code $plaid_error_code always;
        proxy_pass          http://app;
    }
--- check scene
key('rot');
is(told(hook($::Body, kid => 'rot')), $::Good, 'fetched');
later(5000);
no_key('rot');
is(told(hook($::Body, kid => 'rot')), $::Good, 'the old one serves');
Plaid::Side::await('keys', 2);
settled();
is(told(hook($::Body, kid => 'rot')), '401 KEY_UNKNOWN', 'until Plaid says');
