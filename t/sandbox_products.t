# The sandbox's products: transactions by cursor, debts, investments, Signal,
# reports and statements, users, and accounts that user_custom describes.

use strict;
use warnings;

use MIME::Base64 ();

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();
plaid();

# an item whose webhook is the sandbox itself, which keeps what comes

sub hooked {
    my (%options) = @_;

    my $port = Test::Nginx::Socket::server_port();
    my (undef, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_109508', initial_products => ['transactions'],
          options => { webhook => "http://127.0.0.1:$port/hook", %options } });
    my (undef, $item) = current('/item/public_token/exchange',
        { public_token => $made->{public_token} });

    return (access_token => $item->{access_token});
}

sub codes {
    my ($path, $many) = @_;

    my @got;

    for (1 .. 100) {
        (undef, my $calls) = get("/sandbox/_calls?path=$path");
        @got = map { $_->{json}{webhook_code} } @{$calls->{calls}};
        last if @got >= $many;
        select(undef, undef, undef, 0.05);
    }

    return CORE::join(' ', sort @got);
}

sub sizes {
    my ($got) = @_;

    return CORE::join(' ', map({ scalar @{$got->{$_}} }
                               qw( added modified removed )),
                      $got->{has_more} ? 'more' : 'end');
}

{ no warnings; *Test::Base::Filter::hooked = \&hooked;
  *Test::Base::Filter::codes = \&codes;
  *Test::Base::Filter::sizes = \&sizes; }

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

=== TEST 1: transactions by cursor
--- story eval
sub {
    my %t = hooked();
    my (undef, $one) = current('/transactions/sync', { %t, count => 10 });
    my (undef, $two) = current('/transactions/sync',
        { %t, count => 10, cursor => $one->{next_cursor} });

    is(sizes($one), '10 0 0 more', 'a page');
    is(sizes($two), '6 0 0 end', 'the rest');

    (undef, my $none) = current('/transactions/sync',
                                { %t, cursor => $two->{next_cursor} });
    is(sizes($none), '0 0 0 end', 'nothing new');
    is($none->{next_cursor}, $two->{next_cursor}, 'the same cursor');

    said('200 -', [current('/transactions/refresh', \%t)], 'refreshed');
    is(codes('/hook', 2), 'DEFAULT_UPDATE SYNC_UPDATES_AVAILABLE', 'told');
    said('400 TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION',
         [current('/transactions/sync', { %t, cursor => $one->{next_cursor} })],
         'changed while it was read');

    (undef, my $first) = current('/transactions/sync',
                                 { %t, cursor => $two->{next_cursor} });
    is(sizes($first), '1 1 0 end', 'one came, one has another name');
    ok($first->{added}[0]{pending}, 'it is pending');

    current('/transactions/refresh', \%t);
    (undef, my $second) = current('/transactions/sync',
                                  { %t, cursor => $first->{next_cursor} });
    is(sizes($second), '2 1 1 end', 'posted, and another one');
    is($second->{removed}[0]{transaction_id},
       $first->{added}[0]{transaction_id}, 'the pending one is gone');
    ok(scalar(grep { ($_->{pending_transaction_id} // '')
                     eq $first->{added}[0]{transaction_id} }
                   @{$second->{added}}), 'and followed by one that says so');

    (undef, my $all) = current('/transactions/sync', { %t, count => 500 });
    is(sizes($all), '18 2 0 end', 'all at once: what is gone never was');

    (undef, my $get) = current('/transactions/get', { %t,
        start_date => '2020-01-01', end_date => '2099-01-01' });
    is($get->{total_transactions}, 18, 'the same number by date');

    (undef, my $now) = current('/transactions/sync', { %t, cursor => 'now' });
    is(sizes($now), '0 0 0 end', 'from now on');
}



=== TEST 2: cursors that are none
--- story eval
sub {
    my (%t) = hooked();
    my (undef, $other) = current('/transactions/sync',
                                 { access_token => item('transactions') });

    for ('x', 'bm8=', $other->{next_cursor}, 'a' x 400) {
        said('400 INVALID_FIELD', [current('/transactions/sync',
             { %t, cursor => $_ })], substr $_, 0, 20);
    }

    said('400 INVALID_FIELD', [current('/transactions/sync',
         { %t, count => 501 })], 'too many');
}



=== TEST 3: transactions of one's own
--- story eval
sub {
    my %t = hooked();
    my %one = (date_transacted => '2026-01-02', date_posted => '2026-01-03',
               amount => 12.5, description => 'Mine');
    my (undef, $got) = current('/transactions/sync', { %t, count => 500 });

    said('200 -', [current('/sandbox/transactions/create',
         { %t, transactions => [\%one, { %one, amount => -3 }] })], 'made');
    (undef, $got) = current('/transactions/sync',
                            { %t, cursor => $got->{next_cursor} });
    is(CORE::join(' ', map { $_->{amount} } @{$got->{added}}), '12.5 -3',
       'both');
    is("$got->{added}[0]{date} $got->{added}[0]{authorized_date}",
       '2026-01-03 2026-01-02', 'their dates');

    for ([], [\%one, {}], [{ %one, amount => 'x' }], [(\%one) x 11]) {
        said('400 INVALID_FIELD', [current('/sandbox/transactions/create',
             { %t, transactions => $_ })], 'refused');
    }
}



=== TEST 4: another webhook
--- story eval
sub {
    my %t = hooked();
    my $port = Test::Nginx::Socket::server_port();
    my (undef, $got) = current('/item/webhook/update',
        { %t, webhook => "http://127.0.0.1:$port/other" });

    is($got->{item}{webhook}, "http://127.0.0.1:$port/other", 'it is set');
    is(codes('/other', 1), 'WEBHOOK_UPDATE_ACKNOWLEDGED', 'and told of it');

    (undef, $got) = current('/item/webhook/update', { %t, webhook => undef });
    ok(!defined $got->{item}{webhook}, 'none');
    said('400 INVALID_FIELD', [current('/item/webhook/update',
         { %t, webhook => 'ftp://x' })], 'no URL');
}



=== TEST 5: liabilities and investments bring accounts of their own
--- story eval
sub {
    my %t = (access_token => item('auth'));
    my (undef, $debts) = current('/liabilities/get', \%t);

    is(CORE::join(' ', map { scalar @{$debts->{liabilities}{$_}} }
                  qw( credit student mortgage )), '1 1 1', 'debts');
    is(scalar @{$debts->{accounts}}, 6, 'accounts');

    (undef, my $held) = current('/investments/holdings/get', \%t);
    is(scalar @{$held->{holdings}} . ' ' . @{$held->{securities}}, '6 3',
       'holdings');

    my %d = (%t, start_date => '2020-01-01', end_date => '2099-01-01');
    (undef, my $trades) = current('/investments/transactions/get',
                                  { %d, options => { count => 3 } });
    is("$trades->{total_investment_transactions} "
       . @{$trades->{investment_transactions}}, '4 3', 'trades');

    said('400 INVALID_FIELD', [current('/investments/transactions/get',
         { %d, start_date => 'x' })], 'no date');
    said('400 INVALID_FIELD', [current('/investments/transactions/get',
         { %d, options => { count => 0 } })], 'no count');

    (undef, my $item) = current('/item/get', \%t);
    is("@{$item->{item}{billed_products}}", 'auth investments liabilities',
       'what is read is added');

    my (undef, $all) = current('/accounts/get', \%t);
    is(scalar @{$all->{accounts}}, 8, 'all of them');

    my ($card) = grep { $_->{type} eq 'credit' } @{$all->{accounts}};
    my ($check) = grep { $_->{subtype} eq 'checking' } @{$all->{accounts}};
    my %only = (options => { account_ids => [$check->{account_id}] });
    said('400 NO_LIABILITY_ACCOUNTS', [current('/liabilities/get',
         { %t, %only })], 'none of these');
    said('400 NO_INVESTMENT_ACCOUNTS', [current('/investments/holdings/get',
         { %t, %only })], 'none of those');
    ok($check->{persistent_account_id} && !$card->{persistent_account_id},
       'an id that stays');
}



=== TEST 6: Signal
--- story eval
sub {
    my %t = (access_token => item('auth'));
    my (undef, $got) = current('/accounts/get', \%t);
    my %ask = (%t, account_id => $got->{accounts}[0]{account_id},
               client_transaction_id => 'one', amount => 10);

    (undef, my $low) = current('/signal/evaluate', \%ask);
    (undef, my $high) = current('/signal/evaluate', { %ask, amount => 9000 });

    my $score = sub { $_[0]{scores}{customer_initiated_return_risk}{score} };
    ok($score->($low) < $score->($high), 'more is riskier');
    said('200 -', [current('/signal/decision/report',
         { client_transaction_id => 'one', initiated => \1 })], 'decided');
    said('200 -', [current('/signal/return/report',
         { client_transaction_id => 'one', return_code => 'R01' })], 'back');
    said('400 INVALID_FIELD', [current('/signal/return/report',
         { client_transaction_id => 'two', return_code => 'R01' })], 'unknown');
    said('400 INVALID_ACCOUNT_ID', [current('/signal/evaluate',
         { %ask, account_id => 'x' })], 'no account');
    said('400 INVALID_FIELD', [current('/signal/evaluate',
         { %ask, amount => -1 })], 'less than nothing');
}



=== TEST 7: asset reports
--- story eval
sub {
    my %t = hooked();
    my $port = Test::Nginx::Socket::server_port();
    my (undef, $made) = current('/asset_report/create',
        { access_tokens => [$t{access_token}], days_requested => 60,
          options => { webhook => "http://127.0.0.1:$port/ready",
                       client_report_id => 'mine' } });
    my %r = (asset_report_token => $made->{asset_report_token});

    is(codes('/ready', 1), 'PRODUCT_READY', 'ready');

    (undef, my $got) = current('/asset_report/get', \%r);
    is($got->{report}{asset_report_id}, $made->{asset_report_id}, 'it');
    is($got->{report}{client_report_id}, 'mine', 'its name');
    is(scalar @{$got->{report}{items}[0]{accounts}}, 4, 'its accounts');

    my ($status, $pdf, $header) = current('/asset_report/pdf/get', \%r);
    is("$status $header->{'content-type'}", '200 application/pdf', 'a PDF');
    like($pdf, qr/\A%PDF-1\.4\n.*\nstartxref\n(\d+)\n%%EOF\n\z/s, 'whole');
    my ($at) = $pdf =~ /startxref\n(\d+)/;
    is(substr($pdf, $at, 4), 'xref', 'its table is where it says');
    like($pdf, qr/First Platypus Bank/, 'and has the bank in it');

    said('200 -', [current('/asset_report/remove', \%r)], 'removed');
    said('400 INVALID_FIELD', [current('/asset_report/get', \%r)], 'gone');
    said('400 MISSING_FIELDS', [current('/asset_report/get', {})], 'none');
    said('400 INVALID_FIELD', [current('/asset_report/create',
         { days_requested => 1 })], 'of nothing');
    said('400 INVALID_FIELD', [current('/asset_report/create',
         { access_tokens => [$t{access_token}], days_requested => 999 })],
         'too long');
    said('400 INVALID_ACCESS_TOKEN', [current('/asset_report/create',
         { access_tokens => ['x'], days_requested => 9 })], 'of nobody');
}



=== TEST 8: statements
--- story eval
sub {
    my %t = (access_token => item('auth'));
    my (undef, $list) = current('/statements/list', \%t);
    my $one = $list->{accounts}[1]{statements}[0];

    is(scalar @{$list->{accounts}} . ' ' . @{$list->{accounts}[0]{statements}},
       '4 3', 'three months each');

    my ($status, $pdf, $header) = current('/statements/download',
        { %t, statement_id => $one->{statement_id} });
    is("$status $header->{'content-type'}", '200 application/pdf', 'a PDF');
    like($pdf, qr/Statement $one->{year}-0?$one->{month} of/, 'of that month');
    said('400 INVALID_FIELD', [current('/statements/download',
         { %t, statement_id => 'x' })], 'none');
}



=== TEST 9: users, Layer, and a public token of an item
--- story eval
sub {
    my (undef, $one) = current('/user/create', { client_user_id => 'me' });
    my (undef, $two) = current('/user/create', { client_user_id => 'me' });

    is($one->{user_id}, $two->{user_id}, 'the same again');
    (undef, my $got) = current('/user/get', { user_id => $one->{user_id} });
    is($got->{client_user_id}, 'me', 'who');
    said('200 -', [current('/user/update', { user_id => $one->{user_id} })],
         'updated');
    said('400 INVALID_FIELD', [current('/user/get', { user_id => 'x' })],
         'nobody');

    my $token = item('auth');
    (undef, $got) = current('/item/public_token/create',
                            { access_token => $token });
    (undef, $got) = current('/item/public_token/exchange',
                            { public_token => $got->{public_token} });
    is($got->{access_token}, $token, 'the item it was made of');

    (undef, my $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => ['auth'] });
    my %p = (public_token => $made->{public_token});
    (undef, $got) = current('/user_account/session/get', \%p);
    like($got->{items}[0]{access_token}, qr/\Aaccess-sandbox-/, 'an item');
    ok($got->{identity}{phone_number}, 'and its user');
    said('400 INVALID_PUBLIC_TOKEN', [current('/user_account/session/get',
         \%p)], 'once');
}



=== TEST 10: micro-deposits
--- story eval
sub {
    my %t = hooked();
    my (undef, $got) = current('/accounts/get', \%t);
    my %a = (%t, account_id => $got->{accounts}[0]{account_id});

    for ('automatically_verified', 'verification_expired') {
        said('200 -', [current('/sandbox/item/set_verification_status',
             { %a, verification_status => $_ })], $_);
        (undef, $got) = current('/accounts/get', \%t);
        is($got->{accounts}[0]{verification_status}, $_, 'is said');
    }

    is(codes('/hook', 2), 'AUTOMATICALLY_VERIFIED VERIFICATION_EXPIRED',
       'and told');
    said('400 INVALID_FIELD', [current('/sandbox/item/set_verification_status',
         { %a, verification_status => 'x' })], 'no status');
    said('400 INVALID_ACCOUNT_ID',
         [current('/sandbox/item/set_verification_status',
          { %a, account_id => 'x',
            verification_status => 'verification_expired' })], 'no account');
}



=== TEST 11: user_custom
--- story eval
sub {
    my $custom = { seed => 's', override_accounts => [
        { type => 'depository', subtype => 'checking', starting_balance => 500,
          meta => { name => 'Mine', mask => '1234' }, currency => 'CAD',
          numbers => { account => '999', eft_branch => '777',
                       international_iban => 'GB1', bacs_sort_code => '11' },
          transactions => [{ date_transacted => '2026-01-01',
                             date_posted => '2026-01-02', amount => 5.5,
                             description => 'Tea', currency => 'CAD' }],
          identity => { names => ['A B'] } },
        { type => 'credit', starting_balance => 10, meta => { limit => 1000 },
          liability => { purchase_apr => 9.9, is_overdue => \1 } },
        { type => 'investment', holdings => [{ institution_price => 2,
              quantity => 3, security => { ticker_symbol => 'X' } }],
          investment_transactions => [{ date => '2026-01-01', price => 2,
              quantity => 3, type => 'buy', name => 'Bought' }] },
        { type => 'loan', subtype => 'student', has_null_available_balance => \1,
          liability => { principal => 5000, nominal_apr => 3 } },
    ] };
    my %options = (override_username => 'user_custom',
                   override_password => JSON::PP::encode_json($custom));
    my %t = hooked(%options);
    my %d = (%t, start_date => '2020-01-01', end_date => '2099-01-01');

    my (undef, $got) = current('/auth/get', \%t);
    is(CORE::join(' ', map { $_->{type} } @{$got->{accounts}}),
       'depository credit investment loan', 'the accounts');
    is("$got->{accounts}[0]{name} $got->{accounts}[0]{mask} "
       . $got->{accounts}[0]{balances}{current}, 'Mine 1234 500', 'the first');
    is($got->{accounts}[1]{balances}{available}, 990, 'what is left');
    ok(!defined $got->{accounts}[3]{balances}{available}, 'null');
    is("$got->{numbers}{eft}[0]{account} $got->{numbers}{eft}[0]{branch} "
       . "$got->{numbers}{international}[0]{iban} "
       . $got->{numbers}{bacs}[0]{sort_code}, '999 777 GB1 11', 'numbers');

    (undef, $got) = current('/transactions/get', \%d);
    is("$got->{total_transactions} $got->{transactions}[0]{name} "
       . $got->{transactions}[0]{iso_currency_code}, '1 Tea CAD', 'Tea');

    (undef, $got) = current('/identity/get', \%t);
    is($got->{accounts}[0]{owners}[0]{names}[0], 'A B', 'an owner');

    (undef, $got) = current('/liabilities/get', \%t);
    is($got->{liabilities}{credit}[0]{aprs}[0]{apr_percentage}, 9.9, 'APR');
    is($got->{liabilities}{student}[0]{origination_principal_amount}, 5000,
       'a loan');

    (undef, $got) = current('/investments/holdings/get', \%t);
    is($got->{holdings}[0]{institution_value}, 6, 'a holding');

    (undef, $got) = current('/investments/transactions/get', \%d);
    is($got->{investment_transactions}[0]{name}, 'Bought', 'a trade');

    said('200 -', [current('/transactions/refresh', \%t)], 'refreshed');
    said('200 -', [current('/statements/list', \%t)], 'statements');
}



=== TEST 12: what user_custom has and is not honoured is named
--- story eval
sub {
    my $refused = sub {
        my ($want, $password) = @_;

        my ($status, $got) = current('/sandbox/public_token/create',
            { institution_id => 'ins_3', initial_products => ['auth'],
              options => { override_username => 'user_custom',
                           override_password => ref $password
                               ? JSON::PP::encode_json($password)
                               : $password } });
        like("$status $got->{error_code} $got->{error_message}", $want,
             substr "$want", 0, 60);
    };
    my $one = sub { return { override_accounts => [{ @_ }] } };

    $refused->(qr/INVALID_CREDENTIALS/, 'no JSON');
    $refused->(qr/user_custom: mfa is not honoured/, { mfa => {} });
    $refused->(qr/ITEM_LOCKED/, { force_error => 'ITEM_LOCKED' });
    $refused->(qr/force_error is no error code/, { force_error => 'X' });
    $refused->(qr/from 1 to 31 accounts/, { override_accounts => [] });
    $refused->(qr/override_accounts\[0\]\.income is not/,
               $one->(income => {}));
    $refused->(qr/override_accounts\[0\]\.type is not/, $one->(type => 'x'));
    $refused->(qr/override_accounts\[0\]\.meta\.x is not/,
               $one->(meta => { x => 1 }));
    $refused->(qr/override_accounts\[0\]\.starting_balance is of another type/,
               $one->(starting_balance => 'x'));
    $refused->(qr/transactions\[0\]\.x is not/,
               $one->(transactions => [{ x => 1 }]));
    $refused->(qr/override_accounts\[0\]\. must be an object/,
               { override_accounts => [1] });
}



=== TEST 13: an institution's logo, and a page for people
--- story eval
sub {
    my (undef, $got) = current('/institutions/get_by_id',
        { institution_id => 'ins_109508', country_codes => ['US'],
          options => { include_optional_metadata => \1 } });
    my $png = MIME::Base64::decode_base64($got->{institution}{logo});

    is(substr($png, 0, 8), "\x89PNG\r\n\x1a\n", 'a PNG');
    is(CORE::join('x', unpack('x16 N N', $png)), '152x152', 'of its size');

    my ($status, $page, $header) = get('/');
    like($page, qr{/transactions/sync.*For tests.*/sandbox/_calls}s,
         'what there is');
    like($header->{'content-type'}, qr{text/html}, 'as HTML');
}
