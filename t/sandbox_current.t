# The current API of the sandbox.

use strict;
use warnings;

use File::Temp ();
use MIME::Base64 ();

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();
plaid();

# a story's lines come after those of the block's own request

sub logged {
    my ($pattern) = @_;

    open my $log, '<', Test::Nginx::Socket::server_root() . '/logs/error.log'
        or die "no error.log: $!";

    ok(scalar(grep { $_ =~ $pattern } <$log>), "logged: $pattern");
}

{ no warnings; *Test::Base::Filter::logged = \&logged; }

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', <<'END') unless defined $block->config;
    location / {
        plaid_sandbox;
    }

    location /hook/ {
        return 200;
    }
END
    $block->set_value('request', 'GET /sandbox/_stats')
        unless defined $block->request;
});

run_tests();

__DATA__

=== TEST 1: an item, its accounts and their numbers
--- story eval
sub {
    my %t = (access_token => item('auth'));
    my (undef, $got) = current('/item/get', \%t);

    is(names($got), 'item request_id status', 'the members of a reply');
    is(names($got->{item}), 'auth_method available_products billed_products '
       . 'consent_expiration_time consented_products created_at error '
       . 'institution_id institution_name item_id products update_type '
       . 'webhook', 'and of the item');
    is("@{$got->{item}{billed_products}}", 'auth', 'its products');

    (undef, my $auth) = current('/auth/get', \%t);

    is(scalar @{$auth->{accounts}}, 4, 'accounts');
    is(scalar @{$auth->{numbers}{ach}}, 3, 'numbers of all but the card');
    is(names($auth->{numbers}), 'ach bacs eft international', 'of all kinds');
    is(names($auth->{accounts}[0]{balances}), 'available current '
       . 'iso_currency_code limit unofficial_currency_code', 'a balance');

    my $id = $auth->{accounts}[1]{account_id};

    for my $path ('/accounts/get', '/accounts/balance/get', '/identity/get') {
        my ($status, $one) = current($path, { %t,
            options => { account_ids => [$id] } });

        is("$status @{[map { $_->{account_id} } @{$one->{accounts}}]}",
           "200 $id", "$path: one account");
        said('400 INVALID_FIELD', [current($path, { %t,
             options => { account_ids => ['x'] } })], "$path: none");
    }
}



=== TEST 2: identity
--- story eval
sub {
    my (undef, $got) = current('/identity/get',
                               { access_token => item('identity') });
    my $owner = $got->{accounts}[0]{owners}[0];

    is(names($owner), 'addresses emails names phone_numbers', 'an owner');
}



=== TEST 3: transactions, by page
--- story eval
sub {
    my %t = (access_token => item('transactions'),
             start_date => '2020-01-01', end_date => '2099-01-01');
    my ($status, $got) = current('/transactions/get',
        { %t, options => { count => 5, offset => 13 } });

    is("$got->{total_transactions} " . @{$got->{transactions}}, '16 3',
       'the last page');
    like($got->{transactions}[0]{date}, qr/^\d{4}-\d\d-\d\d\z/, 'a date');

    (undef, $got) = current('/transactions/get', { %t,
        start_date => '2014-01-01', end_date => '2014-12-31' });

    is($got->{total_transactions}, 0, 'none of 2014: they are of late');

    (undef, $got) = current('/transactions/get', { %t,
        start_date => '1969-12-31' });

    is($got->{total_transactions}, 16, 'the day before 1970');

    said('400 INVALID_FIELD', [current('/transactions/get',
         { %t, start_date => 'x' })], 'no date');
    said('400 INVALID_FIELD', [current('/transactions/get',
         { %t, start_date => '2099-01-02' })], 'from after to');
    said('400 INVALID_FIELD', [current('/transactions/get',
         { %t, options => { count => 501 } })], 'too many');
}



=== TEST 4: rotated, reset, removed
--- story eval
sub {
    my $old = item('auth');
    my (undef, $got) = current('/item/access_token/invalidate',
                               { access_token => $old });
    my %t = (access_token => $got->{new_access_token});

    said('400 INVALID_ACCESS_TOKEN', [current('/item/get',
         { access_token => $old })], 'the old one is dead');
    said('200 -', [current('/auth/get', \%t)], 'the new one lives');

    said('200 -', [current('/sandbox/item/reset_login', \%t)], 'reset');
    said('400 ITEM_LOGIN_REQUIRED', [current('/auth/get', \%t)], 'log in!');

    (undef, $got) = current('/item/get', \%t);
    is($got->{item}{error}{error_code}, 'ITEM_LOGIN_REQUIRED', 'it says so');

    ($got, my $removed) = current('/item/remove', \%t);
    is(names($removed), 'request_id', 'removed');
    said('400 ITEM_NOT_FOUND', [current('/item/get', \%t)], 'gone');
    said('400 INVALID_ACCESS_TOKEN', [current('/item/get',
         { access_token => 'access-production-1' })], 'elsewhere');
}



=== TEST 5: processors
--- story eval
sub {
    my %t = (access_token => item('auth'));
    my (undef, $got) = current('/accounts/get', \%t);
    my @id = map { $_->{account_id} } @{$got->{accounts}};

    (undef, $got) = current('/processor/token/create',
        { %t, account_id => $id[0], processor => 'dwolla' });
    like($got->{processor_token}, qr/^processor-sandbox-/, 'a token');

    said('400 INVALID_FIELD', [current('/processor/token/create',
         { %t, account_id => $id[0], processor => 'dwoll' })], 'no partner');
    said('400 INVALID_FIELD', [current('/processor/token/create',
         { %t, account_id => $id[0], processor => 'wolla' })], 'nor this');
    said('400 INVALID_ACCOUNT_ID', [current('/processor/token/create',
         { %t, account_id => 'x', processor => 'dwolla' })], 'no account');

    my $stripe = '/processor/stripe/bank_account_token/create';

    (undef, $got) = current($stripe, { %t, account_id => $id[1] });
    like($got->{stripe_bank_account_token}, qr/^btok_/, 'of Stripe');
    said('400 INVALID_ACCOUNT_ID', [current($stripe,
         { %t, account_id => $id[3] })], 'a credit card');
    said('400 INVALID_ACCOUNT_ID', [current($stripe,
         { %t, account_id => 'x' })], 'no account of Stripe');
}



=== TEST 6: institutions
--- story eval
sub {
    my %us = (country_codes => ['US']);
    my (undef, $got) = current('/institutions/get',
                               { %us, count => 2, offset => 1 });

    is(scalar @{$got->{institutions}}, 2, 'a page');
    is(names($got->{institutions}[0]), 'country_codes dtc_numbers '
       . 'institution_id name oauth products routing_numbers', 'one of it');

    (undef, my $ca) = current('/institutions/get',
        { country_codes => ['CA'], count => 500, offset => 0 });
    is($ca->{total}, 1, 'of a country');

    (undef, $got) = current('/institutions/get_by_id', { %us,
        institution_id => 'ins_127287',
        options => { include_optional_metadata => JSON::PP::true() } });
    ok($got->{institution}{oauth}, 'one with OAuth');
    ok(exists $got->{institution}{primary_color}, 'and all about it');

    (undef, $got) = current('/institutions/search',
                            { %us, query => 'platy' });
    is(scalar @{$got->{institutions}}, 2, 'found');

    said('400 INVALID_INSTITUTION', [current('/institutions/get_by_id',
         { %us, institution_id => 'ins_0' })], 'none');
    said('400 INVALID_FIELD', [current('/institutions/search',
         { country_codes => ['ZZ'], query => 'x' })], 'no country');
    said('400 INVALID_FIELD', [current('/institutions/get',
         { %us, count => 0, offset => 0 })], 'no page');
}



=== TEST 7: a webhook is sent, and signed
--- story eval
sub {
    my $port = Test::Nginx::Socket::server_port();
    my $sent = sub { stats()->{webhooks} . ' ' . stats()->{webhooks_failed} };

    my $fire = sub {
        my ($url, $code) = @_;

        my (undef, $made) = current('/sandbox/public_token/create',
            { institution_id => 'ins_3', initial_products => ['auth'],
              ($url ? (options => { webhook => $url }) : ()) });
        my (undef, $item) = current('/item/public_token/exchange',
            { public_token => $made->{public_token} });

        return current('/sandbox/item/fire_webhook',
            { access_token => $item->{access_token}, webhook_code => $code });
    };

    said('200 -', [$fire->("http://localhost:$port/hook/1",
                           'NEW_ACCOUNTS_AVAILABLE')], 'fired');
    select(undef, undef, undef, 0.3);
    is($sent->(), '1 0', 'and taken');

    said('200 -', [$fire->("http://127.0.0.1:$port/none",
                           'NEW_ACCOUNTS_AVAILABLE')], 'fired again');
    select(undef, undef, undef, 0.3);
    is($sent->(), '2 1', 'and not taken');

    said('400 SANDBOX_WEBHOOK_INVALID', [$fire->('',
         'NEW_ACCOUNTS_AVAILABLE')], 'without an address');
    said('400 SANDBOX_PRODUCT_NOT_ENABLED',
         [$fire->("http://127.0.0.1:$port/hook/1",
                  'SYNC_UPDATES_AVAILABLE')], 'of another product');
    said('400 INVALID_FIELD', [$fire->("http://127.0.0.1:$port/hook/1",
         'NOTHING')], 'of no kind');
    said('400 INVALID_WEBHOOK_VERIFICATION_KEY_ID',
         [current('/webhook_verification_key/get', { key_id => 'x' })],
         'no such key');
}



=== TEST 8: what is sent verifies with the key that is given
--- config
    location / {
        plaid_sandbox;
    }

    location /hook/ {
        access_log   $TEST_NGINX_SERVER_ROOT/logs/hook.log  hook;
        return       200;
    }
--- http_config
    log_format  hook  '$http_plaid_verification';
--- story eval
sub {
    my $port = Test::Nginx::Socket::server_port();
    my (undef, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => ['auth'],
          options => { webhook => "http://127.0.0.1:$port/hook/" } });
    my (undef, $item) = current('/item/public_token/exchange',
        { public_token => $made->{public_token} });

    current('/sandbox/item/fire_webhook', { webhook_code => 'ERROR',
        access_token => $item->{access_token} });

    select(undef, undef, undef, 0.3);

    open my $log, '<', Test::Nginx::Socket::server_root() . '/logs/hook.log'
        or die "no hook.log: $!";
    my ($jwt) = <$log>;
    my ($head, $claims, $signature) = split /\./, $jwt;

    my $decode = sub {
        my ($text) = @_;

        $text =~ tr{-_\n}{+/}d;

        return MIME::Base64::decode_base64($text . '=' x (-length($text) % 4));
    };

    my $kid = JSON::PP::decode_json($decode->($head))->{kid};

    like($decode->($head), qr/"alg":"ES256".*"typ":"JWT"/, 'its head');
    like($decode->($claims), qr/"request_body_sha256":"[0-9a-f]{64}"/,
         'its claims');
    is(length $decode->($signature), 64, 'its signature');

    my ($status, $key) = current('/webhook_verification_key/get',
                                 { key_id => $kid });

    is(names($key->{key}), 'alg created_at crv expired_at kid kty use x y',
       'the key');
    is(length $decode->($key->{key}{x}), 32, 'its point');

    # r and s in DER, the point in a SubjectPublicKeyInfo, for openssl

    my $int = sub {
        my ($n) = @_;

        $n =~ s/\A\0+//;
        $n = "\0$n" if ord($n) > 127;

        return "\x02" . chr(length $n) . $n;
    };
    my $raw = $decode->($signature);
    my $seq = $int->(substr $raw, 0, 32) . $int->(substr $raw, 32);
    my $spki = pack('H*', '3059301306072a8648ce3d020106082a8648ce3d030107'
                          . '03420004')
               . $decode->($key->{key}{x}) . $decode->($key->{key}{y});
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    my %file = ('sig' => "\x30" . chr(length $seq) . $seq,
                'key' => $spki, 'text' => "$head.$claims");

    for my $name (keys %file) {
        open my $out, '>', "$dir/$name" or die;
        binmode $out;
        print $out $file{$name};
        close $out;
    }

    like(scalar `openssl dgst -sha256 -keyform DER -verify $dir/key -signature $dir/sig $dir/text 2>&1`,
         qr/Verified OK/, 'it verifies');
}



=== TEST 9: the store: counted, cleared, and full without harm
--- http_config
    plaid_sandbox_zone_size  64k;
--- story eval
sub {
    item('auth') for 1 .. 60;

    my $stats = stats();

    is($stats->{handed_out}, 60, 'all are answered');
    ok($stats->{evicted} > 0, 'the oldest made room');
    ok($stats->{records} < 60, 'it is bounded');

    my ($status) = json('/sandbox/_reset', {});

    is("$status " . stats()->{records} . stats()->{handed_out}, '200 00',
       'a clean slate');
}



=== TEST 10: a zone that is too small
--- http_config
    plaid_sandbox_zone_size  8k;
--- request
GET /
--- must_die
--- suppress_stderr
--- error_log
"plaid_sandbox_zone_size" must be at least



=== TEST 11: a webhook that does not arrive is counted, and says why
--- config
    location / {
        plaid_sandbox;
        resolver          127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
        resolver_timeout  200ms;
    }

    location /hook/ {
        return 200;
    }
--- story eval
sub {
    my $port = Test::Nginx::Socket::server_port();
    my ($fired, $lost) = (0, 0);

    my $fire = sub {
        my ($url, $taken, $name) = @_;

        my (undef, $made) = current('/sandbox/public_token/create',
            { institution_id => 'ins_3', initial_products => ['auth'],
              options => { webhook => $url } });
        my (undef, $item) = current('/item/public_token/exchange',
            { public_token => $made->{public_token} });

        said('200 -', [current('/sandbox/item/fire_webhook',
            { access_token => $item->{access_token},
              webhook_code => 'NEW_ACCOUNTS_AVAILABLE' })], "fired: $name");

        $fired += 1;
        $lost += !$taken;

        my $stats;

        for (1 .. 40) {
            $stats = stats();
            select(undef, undef, undef, 0.05);
            last if $taken ? $_ > 4 : $stats->{webhooks_failed} == $lost;
        }

        is("$stats->{webhooks} $stats->{webhooks_failed}", "$fired $lost",
           $name);
    };

    $fire->("http://ok.test:$port/hook/1", 1, 'a name, and taken');
    $fire->("http://127.0.0.1:$port?taken=0", 0, 'a query without a path');
    $fire->("http://none.test:$port/hook/1", 0, 'no such name');
    $fire->("http://silent.test:$port/hook/1", 0, 'no answer for the name');
    $fire->("https://127.0.0.1:$port/hook/1", 0, 'https');
    $fire->("http://127.0.0.1:99999/hook/1", 0, 'no such port');
    $fire->("http://127.0.0.1:$ENV{TEST_NGINX_REFUSED_PORT}/", 0,
            'a port where nobody listens');
    $fire->("http://127.0.0.1:$ENV{TEST_NGINX_RESET_PORT}/", 0,
            'a connection that is reset');
    $fire->("http://[::1]:$ENV{TEST_NGINX_REFUSED_PORT}/", 0,
            'an address in brackets');

    logged(qr{could not send a webhook to "http://none\.test.*: host not found});
    logged(qr{could not send a webhook to "http://silent\.test.*: host not found});
    logged(qr/could not send a webhook to .*: SSL handshake failed/);
    logged(qr/could not send a webhook to .*: invalid address/);
    logged(qr/could not send a webhook to .*: not accepted/);
}



=== TEST 12: a webhook's name without a resolver
--- story eval
sub {
    my (undef, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => ['auth'],
          options => { webhook => 'http://app.test/hook/1' } });
    my (undef, $item) = current('/item/public_token/exchange',
        { public_token => $made->{public_token} });

    current('/sandbox/item/fire_webhook',
            { access_token => $item->{access_token},
              webhook_code => 'NEW_ACCOUNTS_AVAILABLE' });

    is(stats()->{webhooks_failed}, 1, 'is not to be found');
    logged(qr{webhook to "http://app\.test/hook/1": no resolver for its host});
}



=== TEST 13: names of fields that cannot be shown, and others after them
--- story eval
sub {
    my ($status, $error) = current('/item/get', { access_token => 'x',
        "\x01" => 1, "a\x7f" => 1, map { ("b\x02$_" => 1, "c$_" => 1) } 1 .. 9 });

    is($status, 400, 'refused');
    is($error->{error_code}, 'UNKNOWN_FIELDS', 'for its fields');
    like($error->{error_message}, qr/\(unprintable\), /, 'not shown');
    like($error->{error_message}, qr/\bc1\b/, 'and the others are');
}
