# Link tokens, the calls of Link's page, and its files.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();

our %Link = (client_name => 'An App', language => 'en',
             country_codes => ['US'], user => { client_user_id => 'u-1' },
             products => ['auth']);

# a call of Link's page: the keys are not the browser's to know

sub page {
    my ($call, %body) = @_;

    return json("/link/client/$call", \%body);
}

{ no warnings; *Test::Base::Filter::page = \&page; }

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

=== TEST 1: a link token, and what it is made of
--- story eval
sub {
    my ($status, $link) = current('/link/token/create', \%::Link);

    is(names($link), 'expiration link_token request_id', 'made');

    my (undef, $got) = current('/link/token/get',
                               { link_token => $link->{link_token} });

    is(names($got->{metadata}), 'client_name country_codes initial_products '
       . 'language redirect_uri webhook', 'its metadata');
    is("@{$got->{metadata}{initial_products}}", 'auth', 'its products');

    my $try = sub {
        my ($want, %more) = @_;
        said($want, [current('/link/token/create', { %::Link, %more })],
             "refused: $want");
    };

    $try->('400 MISSING_FIELDS', client_name => undef);
    $try->('400 INVALID_FIELD', client_name => 7);
    $try->('400 INVALID_FIELD', language => 'xx');
    $try->('400 INVALID_FIELD', language => 'n ');
    $try->('400 INVALID_FIELD', country_codes => []);
    $try->('400 MISSING_FIELDS', user => undef);
    $try->('400 INVALID_FIELD', user => {});
    $try->('400 INVALID_FIELD', products => []);
    $try->('400 INVALID_PRODUCT', products => ['balance']);
    $try->('400 INVALID_FIELD', redirect_uri => 'http://x/?a=b');
    $try->('400 INVALID_FIELD', webhook => 'x');
    $try->('400 INVALID_FIELD', client_name => 'x' x 2000);
    $try->('400 UNKNOWN_FIELDS', public_key => 'x');
    $try->('400 INVALID_ACCESS_TOKEN', access_token => 'x');

    said('400 INVALID_LINK_TOKEN', [current('/link/token/get',
         { link_token => 'link-sandbox-x' })], 'unknown');
}



=== TEST 2: from the start to the access token, one account chosen
--- story eval
sub {
    my (undef, $link) = current('/link/token/create', \%::Link);
    my ($status, $start) = page('start', link_token => $link->{link_token});

    is("$start->{generation} $start->{mode} $start->{client_name}",
       'current create An App', 'started');

    my %s = (link_session_id => $start->{link_session_id}, state => '');

    my (undef, $found) = page('search', %s, query => 'gingham');
    is($found->{institutions}[0]{institution_id}, 'ins_109509', 'found');

    my %bank = (%s, institution => 'ins_3', username => 'user_good');

    said('400 INVALID_ACCOUNT_ID', [page('finish', %s, account_ids => [])],
         'too early') if 0;
    said('400 INVALID_CREDENTIALS', [page('credentials', %bank,
         password => 'x')], 'wrong');
    said('400 ITEM_LOCKED', [page('credentials', %bank,
         password => 'error_ITEM_LOCKED')], 'locked');
    said('400 INVALID_INSTITUTION', [page('credentials', %bank,
         institution => 'x', password => 'pass_good')], 'no bank');

    my (undef, $step) = page('credentials', %bank, password => 'pass_good');

    is("$step->{step} " . @{$step->{accounts}}, 'accounts 4', 'logged in');
    said('400 INVALID_ACCOUNT_ID', [page('finish', %s, account_ids => [])],
         'none chosen');
    said('400 INVALID_ACCOUNT_ID', [page('finish', %s,
         account_ids => ['x'])], 'none of these');

    my $id = $step->{accounts}[1]{id};
    my (undef, $end) = page('finish', %s, account_ids => [$id]);

    is($end->{institution}{institution_id}, 'ins_3', 'finished');
    said('400 NOT_FOUND', [page('finish', %s, account_ids => [$id])],
         'but once');

    my (undef, $item) = current('/item/public_token/exchange',
        { public_token => $end->{public_token} });
    my (undef, $got) = current('/accounts/get',
        { access_token => $item->{access_token} });

    is("@{[map { $_->{account_id} } @{$got->{accounts}}]}", $id,
       'that account, by the same id');

    (undef, $got) = current('/link/token/get',
                            { link_token => $link->{link_token} });

    my $session = $got->{link_sessions}[0];

    is($session->{results}{item_add_results}[0]{public_token},
       $end->{public_token}, 'in /link/token/get too');
}



=== TEST 3: MFA of the current test users
--- story eval
sub {
    my (undef, $link) = current('/link/token/create', \%::Link);
    my (undef, $start) = page('start', link_token => $link->{link_token});
    my %s = (link_session_id => $start->{link_session_id}, state => '');
    my $login = sub {
        return (page('credentials', %s, institution => 'ins_109508',
                     username => 'user_good', password => $_[0]))[1];
    };

    is($login->('mfa_device')->{type}, 'list', 'a list');
    is((page('mfa', %s, mfa => undef,
             send_method => { type => 'phone' }))[1]{mfa}{message},
       'Code sent to xxx-xxx-5309', 'a code');
    said('400 INVALID_MFA', [page('mfa', %s, mfa => '1')], 'wrong');
    is((page('mfa', %s, mfa => '1234'))[1]{step}, 'accounts', 'right');

    is(scalar @{$login->('mfa_questions_2_3')->{mfa}}, 3, 'three questions');
    said('400 INVALID_MFA', [page('mfa', %s, mfa => ['answer_0_0'])],
         'one answer');
    is((page('mfa', %s, mfa => [map { "answer_0_$_" } 0 .. 2]))[1]{step},
       'mfa', 'three more');
    is((page('mfa', %s, mfa => [map { "answer_1_$_" } 0 .. 2]))[1]{step},
       'accounts', 'done');

    is($login->('mfa_selections')->{type}, 'selections', 'a selection');
    is((page('mfa', %s, mfa => ['Yes']))[1]{step}, 'accounts', 'selected');
    said('400 INVALID_MFA', [page('mfa', %s, mfa => 'x')], 'nothing asked');
}



=== TEST 4: OAuth, in a pop-up and by redirect
--- story eval
sub {
    my (undef, $link) = current('/link/token/create',
        { %::Link, redirect_uri => 'http://localhost/back' });
    my %l = (link_token => $link->{link_token});
    my (undef, $start) = page('start', %l);
    my %s = (link_session_id => $start->{link_session_id}, state => '');

    is($start->{redirect_uri}, 'http://localhost/back', 'where to');
    said('400 INVALID_INSTITUTION', [page('oauth', %s,
         institution => 'ins_3')], 'a bank without it');

    my (undef, $oauth) = page('oauth', %s, institution => 'ins_127287');
    my $id = $oauth->{oauth_state_id};

    my (undef, $back) = page('start', %l, received_redirect_uri =>
                             "http://localhost/back?oauth_state_id=$id");

    is("$back->{resume}{step} $back->{institution}{institution_id}",
       'accounts ins_127287', 'back');

    (undef, $back) = page('start', %l, received_redirect_uri =>
                          'http://localhost/back?oauth_state_id=x');
    ok(!defined $back->{resume}, 'from nowhere');

    said('404 OAUTH_STATE_ID_NOT_FOUND', [page('resume', %s,
         oauth_state_id => 'x')], 'of no bank');
    is((page('resume', %s, oauth_state_id => $id))[1]{step}, 'accounts',
       'the pop-up was left');
}



=== TEST 5: update mode, of an item that needs it
--- story eval
sub {
    my $token = item('auth');

    current('/sandbox/item/reset_login', { access_token => $token });

    my %update = (%::Link, access_token => $token);
    delete $update{products};

    my (undef, $link) = current('/link/token/create', \%update);
    my (undef, $start) = page('start', link_token => $link->{link_token});

    is("$start->{mode} $start->{select} $start->{institution}{name}",
       'update none Chase', 'of that item');

    my %s = (link_session_id => $start->{link_session_id}, state => '',
             username => 'user_good', password => 'pass_good');

    said('400 INVALID_INSTITUTION', [page('credentials', %s,
         institution => 'ins_4')], 'of no other bank');

    my (undef, $step) = page('credentials', %s, institution => 'ins_3');
    my (undef, $end) = page('finish', %s,
        account_ids => [map { $_->{id} } @{$step->{accounts}}]);

    said('200 -', [current('/auth/get', { access_token => $token })],
         'it works again');

    my (undef, $item) = current('/item/public_token/exchange',
        { public_token => $end->{public_token} });

    is($item->{access_token}, $token, 'by the token it had');
}



=== TEST 6: the exit is told
--- story eval
sub {
    my (undef, $link) = current('/link/token/create', \%::Link);
    my (undef, $start) = page('start', link_token => $link->{link_token});
    my %s = (link_session_id => $start->{link_session_id}, state => '');

    page('exit', %s, status => 'requires_credentials', error => undef,
         institution => undef, events => []);

    my (undef, $got) = current('/link/token/get',
                               { link_token => $link->{link_token} });

    is($got->{link_sessions}[0]{exit}{metadata}{status},
       'requires_credentials', 'as it was');
}



=== TEST 7: the legacy generation
--- story eval
sub {
    my %key = (public_key => 'test_key', env => 'tartan');
    my ($status, $start) = page('start', %key, product => 'auth');

    is("$start->{generation} " . @{$start->{institutions}}, 'legacy 14',
       'started');

    my %s = (link_session_id => $start->{link_session_id}, state => '');
    my %bank = (%s, institution => 'usaa', username => 'plaid_test',
                password => 'plaid_good');

    said('402 1209', [page('credentials', %bank, pin => '1')], 'a pin');

    my ($code, $mfa, $headers) = page('credentials', %bank, pin => '1234');

    is($mfa->{type}, 'questions', 'asked');
    is($headers->{'x-request-id'}, $mfa->{request_id}, 'in both places');
    said('402 1203', [page('mfa', %s, mfa => 'x')], 'wrong');

    my (undef, $step) = page('mfa', %s, mfa => 'tomato');
    my (undef, $end) = page('finish', %s,
        account_ids => [$step->{accounts}[0]{id}]);

    is("$end->{public_token} $end->{institution}{type}",
       'test,usaa,connected usaa', 'finished');

    said('401 1102', [page('start', public_key => 'x', product => 'auth')],
         'no key');
    said('404 1600', [page('start', %key, product => ['x'])], 'no product');
    said('401 1106', [page('start', %key, product => 'auth',
         token => 'x')], 'no token');

    (undef, $start) = page('start', %key, product => 'auth',
                           token => 'test,chase,connected');
    is("$start->{mode} $start->{institution}{type}", 'update chase',
       'update mode');
}



=== TEST 8: its files, below a prefix too
--- config
    location /bank/ {
        plaid_sandbox;
    }
--- request eval
['GET /bank/link/v2/stable/link-initialize.js',
 'GET /bank/link/v2/stable/link.html',
 'HEAD /bank/link/v2/stable/link.css',
 'GET /bank/link/v2/stable/none.js']
--- response_headers_like eval
["Content-Type: text/javascript; charset=utf-8\nETag: \"\\w+-\\w+\"",
 "Content-Type: text/html; charset=utf-8\nCache-Control: no-cache",
 "Content-Type: text/css; charset=utf-8",
 "Content-Type: application/json; charset=utf-8"]
--- error_code eval: [200, 200, 200, 404]
