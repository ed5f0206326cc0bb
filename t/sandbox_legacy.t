# The legacy API of the sandbox.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();

our %Good = (username => 'plaid_test', password => 'plaid_good');

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', "location / {\n    plaid_sandbox;\n}\n");
    $block->set_value('request', 'GET /sandbox/_stats')
        unless defined $block->request;
});

run_tests();

__DATA__

=== TEST 1: a user without questions; all products
--- story eval
sub {
    for my $product (qw( auth connect info income risk )) {
        my ($status, $data) = form("/$product",
                                   { type => 'wells', %::Good });

        is($status, 200, "$product: added");
        is($data->{access_token}, 'test_wells', "$product: its token");
        is(scalar @{$data->{accounts}}, 4, "$product: accounts");

        my ($again, $same) = json("/$product/get",
            { %$Keys, access_token => 'test_wells' });

        is($again, 200, "$product: got");
        is(names($same), names($data), "$product: the same");
    }
}



=== TEST 2: numbers, balances and what a product adds
--- story eval
sub {
    my %t = (access_token => 'test_us');
    my (undef, $auth) = form('/auth/get', \%t);
    my $first = $auth->{accounts}[0];

    is($first->{_id}, 'QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK', 'the account');
    is("$first->{balance}{available} $first->{balance}{current}",
       '1203.42 1274.93', 'its balance');
    is($first->{numbers}{account}, '9900009606', 'its number');
    is(names($auth->{accounts}[3]{numbers}), '', 'none for a credit card');
    is($auth->{accounts}[3]{meta}{limit}, 12500, 'but a limit');

    my (undef, $connect) = form('/connect/get', \%t);

    is(scalar @{$connect->{transactions}}, 16, 'all transactions');
    is(names($connect->{transactions}[0]),
       '_account _id amount category category_id date meta name pending '
       . 'score type', 'the members of one');

    my (undef, $risk) = form('/risk/get', \%t);

    is(scalar keys %{$risk->{accounts}[0]{risk}{reason}}, 9, 'nine reasons');

    my ($status, $balance) = form('/balance', \%t);

    is($status, 200, 'balance');
    ok(!exists $balance->{accounts}[0]{numbers}, 'has no numbers');
}



=== TEST 3: transactions by account and date
--- story eval
sub {
    my $count = sub {
        my (undef, $data) = json('/connect/get', { %$Keys,
            access_token => 'test_us', options => { @_ } });
        return scalar @{$data->{transactions}};
    };

    is($count->(account => 'QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK'), 2,
       'of savings');
    is($count->(gte => '2014-07-24', lte => '2014-07-25'), 1, 'of two days');
    is($count->(account => 'XARE85EJqKsjxLp6XR8ocg8VakrkXpTXmRdOo',
                gte => '2014-07-24', lte => '2014-07-25'), 1, 'both');
    is($count->(gte => '30 days ago'), 0, 'in words');

    said('400 1507', [form('/connect/get', { access_token => 'test_us',
         options => '{"gte":"soon"}' })], 'no date');
    said('404 1606', [form('/connect/get', { access_token => 'test_us',
         options => '{"account":"x"}' })], 'no account');
    said('400 1004', [form('/connect/get', { access_token => 'test_us',
         options => '{' })], 'options that are none');
}



=== TEST 4: questions
--- story eval
sub {
    my ($status, $mfa) = json('/auth', { %$Keys, type => 'us',
        credentials => \%::Good });

    is($status, 201, 'asked');
    is($mfa->{type} . ' ' . $mfa->{access_token}, 'questions test_us', 'what');

    my %t = (access_token => 'test_us');

    ($status, my $next) = form('/auth/step', { %t, mfa => 'again' });
    is($status, 201, 'again');
    ok($next->{mfa}[0]{question} ne $mfa->{mfa}[0]{question}, 'another one');

    said('402 1203', [form('/auth/step', { %t, mfa => 'potato' })], 'wrong');
    said('200 -', [form('/auth/step', { %t, mfa => 'tomato' })], 'right');
}



=== TEST 5: selections, as an array in JSON or as its text
--- story eval
sub {
    my @login = ('/connect', { type => 'citi', username => 'plaid_selections',
                               password => 'plaid_good' });
    my ($status, $mfa) = form(@login);

    is("$status $mfa->{type}", '201 selections', 'asked');
    is(scalar @{$mfa->{mfa}[1]{answers}}, 2, 'with answers');

    my %t = (access_token => 'test_citi');

    said('402 1203', [form('/connect/step', { %t, mfa => '["ketchup"]' })],
         'wrong');
    said('200 -', [form('/connect/step',
         { %t, mfa => '["tomato","ketchup"]' })], 'a text');

    form(@login);
    said('200 -', [json('/connect/step',
         { %$Keys, %t, mfa => ['tomato', 'ketchup'] })], 'an array');
}



=== TEST 6: a list of devices, the one chosen, its code
--- story eval
sub {
    my ($status, $mfa) = form('/auth', { type => 'chase',
        credentials => '{"username":"plaid_test","password":"plaid_good"}',
        options => '{"list":true}' });

    is("$status $mfa->{type}", '201 list', 'a list');
    is($mfa->{mfa}[0]{mask}, 'xxx-xxx-5309', 'the phone');

    my %t = (access_token => 'test_chase');

    said('402 1204', [form('/auth/step', { %t,
         options => '{"send_method":{"type":"pigeon"}}' })], 'no such');

    ($status, $mfa) = json('/auth/step', { %$Keys, %t, mfa => undef,
        options => { send_method => { mask => 't..t@plaid.com' } } });

    is("$status $mfa->{type} $mfa->{mfa}{message}",
       '201 device Code sent to t..t@plaid.com', 'sent');
    said('402 1203', [form('/auth/step', { %t, mfa => '4321' })], 'wrong');
    said('200 -', [form('/auth/step', { %t, mfa => '1234' })], 'right');
}



=== TEST 7: a device without a list, changed by PATCH
--- story eval
sub {
    my ($status, $mfa) = form('/connect', { access_token => 'test_chase',
                                            %::Good }, 'PATCH');

    is("$status $mfa->{type}", '201 device', 'asked');
    said('200 -', [form('/connect/step', { access_token => 'test_chase',
         mfa => '1234' }, 'PATCH')], 'changed');
    said('200 -', [form('/connect', { access_token => 'test_amex', %::Good },
         'PATCH')], 'one that asks nothing');
    said('401 1218', [form('/connect/step', { access_token => 'test_amex',
         mfa => '1234' })], 'and wants no answer');
}



=== TEST 8: credentials that are refused
--- story eval
sub {
    my $try = sub {
        my ($want, %more) = @_;
        said($want, [form('/auth', { type => 'usaa', pin => '1234', %::Good,
                                     %more })], "refused: $want");
    };

    $try->('402 1200', username => 'x');
    $try->('402 1200', password => 'x');
    $try->('402 1205', password => 'plaid_locked');
    $try->('402 1209', pin => '4321');
    $try->('402 1206', password => 'plaid_error_1206');
    $try->('501 1700', password => 'plaid_error_1700');
    $try->('402 1200', password => 'plaid_error_9');
    $try->('401 1108', type => 'zoba');
    $try->('400 1006', credentials => '[]');

    said('400 1005', [form('/auth', { type => 'wells' })], 'none');
    said('400 1001', [form('/auth', { %::Good })], 'no type');
    said('404 1601', [form('/connect', { type => 'pnc', %::Good })],
         'a product that the institution has not');
}



=== TEST 9: upgraded and removed; tokens that are none
--- story eval
sub {
    my %t = (access_token => 'test_wells');

    said('200 -', [form('/upgrade', { %t, upgrade_to => 'connect' })],
         'upgraded');
    said('400 1007', [form('/upgrade', \%t)], 'to what?');
    said('404 1600', [form('/upgrade', { %t, upgrade_to => 'x' })], 'to that?');

    my ($status, $gone) = form('/connect', \%t, 'DELETE');

    is($gone->{message}, 'Successfully removed from system', 'removed');
    said('400 1000', [form('/auth/get', {})], 'no token');
    said('401 1105', [form('/auth/get', { access_token => 'test_zoba' })],
         'of no institution');
    said('200 -', [get('/auth?client_id=test_id&secret=test_secret'
                       . '&access_token=test_wells')], 'in a query');
}



=== TEST 10: institutions
--- story eval
sub {
    my (undef, $list) = get('/institutions');

    is(scalar @$list, 14, 'the major list');
    is(names($list->[3]), 'credentials has_mfa id mfa name products type',
       'the members of one');

    my ($status, $one) = get('/institutions/5301a99504977c52b60000d0');

    is("$status $one->{type}", '200 chase', 'one');
    said('404 1301', [get('/institutions/none')], 'none');

    (undef, my $page) = form('/institutions/all', { count => 2, offset => 15 });

    is("$page->{total_count} " . @{$page->{results}}, '17 2', 'a page');
    said('402 1304', [form('/institutions/all', { count => 'x' })], 'no page');

    (undef, my $tail) = form('/institutions/longtail', {});

    is($tail->{total_count}, 3, 'the long tail');

    (undef, my $found) = get('/institutions/all/search?q=BANK&p=connect');

    ok((grep { $_->{id} eq 'bofa' } @$found), 'found by name');
    ok($found->[0]{products}{connect}, 'and product');

    (undef, my $by) = get('/institutions/all/search?id=usaa');

    is(scalar @{$by->{fields}}, 3, 'found by id, with its pin');
    is_empty($_) for (get('/institutions/all/search?id=x'))[1],
                     (get('/institutions/search?q=a&p=x'))[1];
    said('402 1305', [get('/institutions/all/search')], 'for nothing');

    sub is_empty { is(scalar @{$_[0]}, 0, 'an empty list') }
}



=== TEST 11: categories
--- story eval
sub {
    my ($status, $one) = get('/categories/21012002');

    is("@{$one->{hierarchy}}", 'Transfer Withdrawal ATM', 'one');

    (undef, my $all) = get('/categories');
    ok(@$all >= 10, 'all');
    said('404 1501', [get('/categories/1')], 'none');
}



=== TEST 12: one path, two generations
--- story eval
sub {
    said('401 1105', [form('/auth/get', { access_token => 'x' })], 'a form');
    said('400 INVALID_ACCESS_TOKEN',
         [json('/auth/get', { %$Keys, access_token => 'access-sandbox-1' })],
         'a token of the current form');
    said('200 -', [json('/auth/get', { %$Keys, access_token => 'test_us' })],
         'a token of the legacy form');
    said('400 MISSING_FIELDS', [current('/auth/get', {})], 'keys in headers');
}
