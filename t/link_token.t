# plaid_link_token: a POST is answered with a link token, made of a file, a few
# settings and the user's id.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;
use JSON::PP ();

no_root_location();

our $Template = <<'END';
{"client_name": "An App", "language": "en", "country_codes": ["US"],
 "products": ["auth"], "user": {"phone_number": "+1 415 555 0011"}}
END

# The sandbox stands for Plaid, below a path of the same server.

add_block_preprocessor(sub {
    my ($block) = @_;

    my $subrequest = ($ENV{TEST_PLAID_TRANSPORT} // '') eq 'subrequest';
    my $client = $block->client // '';
    my $plaid = '/plaid' . ($block->plaid // '');

    $client .= 'transport subrequest /sub/;' if $subrequest;

    $block->set_value('http_config', <<"END" . ($block->http_config // ''));
    plaid_client bank {
        environment  http://127.0.0.1:\$TEST_NGINX_SERVER_PORT$plaid;
        client_id    test_id;
        secret       test_secret;
        $client
    }
END

    my $user = $block->user // '"user-1"';
    my $file = $block->template // 'link.json';
    my $location = $block->location // '';

    $block->set_value('config', <<"END" . ($block->config // ''));
    location /plaid/ { plaid_sandbox; }
    location /slow/ { plaid_sandbox; plaid_sandbox_fault latency=400; }

    location /sub/ {
        internal;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT$plaid/;
        proxy_set_header Connection "";
        proxy_http_version 1.1;
    }

    location = /link {
        plaid_link_token       bank;
        plaid_link_token_user  $user;
        plaid_link_token_file  \$TEST_NGINX_HTML_DIR/$file;
        $location
    }
END

    $block->set_value('user_files',
                      ">>> link.json\n$Template" . ($block->user_files // ''));
    $block->set_value('request', 'GET /plaid/sandbox/_stats')
        unless defined $block->request;
    $block->set_value('timeout', 10);
});


# A POST to /link, as (status, body, headers).

sub ask_link {
    my ($body, %header) = @_;

    my $type = delete $header{type};

    return Plaid::Sandbox::ask('POST', '/link', $type, $body, %header);
}


# The bodies that Plaid got, decoded.

sub sent {
    my (undef, $got) = get('/plaid/sandbox/_calls?path=/link/token/create');

    # characters, not bytes
    return map { JSON::PP->new->decode($_->{body}) } @{ $got->{calls} };
}

# What nginx has logged, while it still runs.

sub logged {
    my ($pattern, $name) = @_;

    open my $in, '<', Test::Nginx::Util::server_root() . '/logs/error.log'
        or die "error.log: $!\n";

    Test::More::like(do { local $/; <$in> }, $pattern, $name // "$pattern");
}

{
    no warnings;

    *Test::Base::Filter::logged = \&logged;
    *Test::Base::Filter::ask_link = \&ask_link;
    *Test::Base::Filter::sent = \&sent;
}

push @Test::Nginx::Socket::ExtraSections,
     qw( client plaid user template location );

run_tests();

__DATA__

=== TEST 1: a link token, and nothing else of the reply
--- story eval
sub {
    my ($status, $got, $headers) = ask_link();

    is($status, 200, 'status');
    is(names($got), 'expiration link_token request_id', 'members');
    like($got->{link_token}, qr/^link-sandbox-/, 'of the environment');
    is($headers->{'cache-control'}, 'no-store', 'not to be stored');
    is($headers->{'content-type'}, 'application/json', 'type');

    my ($sent) = sent();

    is(JSON::PP->new->canonical->encode($sent),
       '{"client_name":"An App","country_codes":["US"],"language":"en",'
       . '"products":["auth"],"user":{"client_user_id":"user-1",'
       . '"phone_number":"+1 415 555 0011"}}', 'what Plaid got');
}



=== TEST 2: an empty user never reaches Plaid
--- user: "$arg_user"
--- story eval
sub {
    said('403 NOT_IDENTIFIED', [ask_link('{}', type => 'application/json')],
         'refused');

    my (undef, $got) = get('/plaid/sandbox/_calls?path=/link/token/create');

    is(scalar @{$got->{calls}}, 0, 'no call');
}
--- error_log
"plaid_link_token_user" is "$arg_user", which clients choose



=== TEST 3: a user that is too long, or has control bytes
--- config
    location = /long {
        plaid_link_token       bank;
        plaid_link_token_user  "$arg_a$arg_a$arg_a";
        plaid_link_token_file  $TEST_NGINX_HTML_DIR/link.json;
    }
    location = /control {
        set $u "a
b";
        plaid_link_token       bank;
        plaid_link_token_user  "$u";
        plaid_link_token_file  $TEST_NGINX_HTML_DIR/link.json;
    }
--- story eval
sub {
    my ($status) = Plaid::Sandbox::ask('POST', '/long?a=' . 'x' x 86);
    is($status, 403, '258 bytes');

    ($status) = Plaid::Sandbox::ask('POST', '/long?a=' . 'x' x 85);
    is($status, 200, '255 bytes');

    ($status) = Plaid::Sandbox::ask('POST', '/control');
    is($status, 403, 'a line feed');
}



=== TEST 4: other methods
--- story eval
sub {
    for my $method (qw( GET HEAD PUT DELETE PATCH OPTIONS )) {
        my ($status, undef, $headers) =
            Plaid::Sandbox::ask($method, '/link');

        is($status, 405, $method);
        is($headers->{allow}, 'POST', "$method: Allow");
    }
}



=== TEST 5: the user is that of auth_basic
--- user: "$remote_user"
--- location
    auth_basic            "x";
    auth_basic_user_file  $TEST_NGINX_HTML_DIR/users;
--- user_files
>>> users
alice:{PLAIN}secret
--- story eval
sub {
    my ($status) = ask_link();
    is($status, 401, 'no password');

    ($status) = ask_link(undef, Authorization => 'Basic YWxpY2U6c2VjcmV0');
    is($status, 200, 'with a password');

    my ($sent) = sent();
    is($sent->{user}{client_user_id}, 'alice', 'the user');
}



=== TEST 6: the user is what auth_request says
--- user: "$user"
--- location
    auth_request      /session;
    auth_request_set  $user $upstream_http_x_user;
--- config
    location = /session {
        internal;
        proxy_pass_request_body  off;
        proxy_set_header         Content-Length "";
        proxy_pass               http://127.0.0.1:$TEST_NGINX_SERVER_PORT/user;
    }
    location = /user {
        add_header  X-User "u-$cookie_sid";
        return      204;
    }
--- story eval
sub {
    my ($status) = ask_link(undef, Cookie => 'sid=42');
    is($status, 200, 'status');

    my ($sent) = sent();
    is($sent->{user}{client_user_id}, 'u-42', 'the user');
}



=== TEST 7: what is set is escaped, and empty values remove
--- location
    set $text 'a"b\c';
    plaid_link_token_set  link_customization_name  "$text$arg_more";
    plaid_link_token_set  products  "$arg_products" list;
    plaid_link_token_set  transactions.days_requested  90 number;
    plaid_link_token_set  hosted_link.is_mobile_app  true bool;
    plaid_link_token_set  user.phone_number  "$arg_none";
    plaid_link_token_access  "$arg_no";
--- story eval
sub {
    my ($status) = Plaid::Sandbox::ask(
        'POST', "/link?more=\xc3\xa9&products=auth,identity");
    is($status, 200, 'status');

    my ($sent) = sent();

    is($sent->{link_customization_name}, "a\"b\\c\x{e9}", 'escaped');
    is("@{$sent->{products}}", 'auth identity', 'a list');
    is($sent->{transactions}{days_requested}, 90, 'a number');
    ok(ref $sent->{hosted_link}{is_mobile_app}, 'a bool');
    is(names($sent->{user}), 'client_user_id', 'removed');
}



=== TEST 8: choices
--- location
    plaid_link_token_choice  language  en es;
    plaid_link_token_choice  link_customization_name  default;
--- story eval
sub {
    my ($status) = ask_link('{"language":"es","products":["transfer"],'
                            . '"webhook":"https://evil","access_token":"x",'
                            . '"user":{"client_user_id":"other"}}',
                            type => 'application/json');
    is($status, 200, 'json');

    my ($sent) = sent();
    is($sent->{language}, 'es', 'chosen');
    is("@{$sent->{products}}", 'auth', 'no products of the client');
    is($sent->{user}{client_user_id}, 'user-1', 'no user of the client');
    ok(!exists $sent->{webhook}, 'no webhook');
    ok(!exists $sent->{access_token}, 'no access token');

    ($status) = ask_link('language=es&a=b',
                         type => 'application/x-www-form-urlencoded');
    is($status, 200, 'form');

    ($status) = ask_link();
    is($status, 200, 'no body');

    said('400 INVALID_CHOICE',
         [ask_link('{"language":"fr"}', type => 'application/json')], 'fr');
    said('400 INVALID_CHOICE',
         [ask_link('{"language":1}', type => 'application/json')], 'a number');
    said('400 INVALID_CHOICE',
         [ask_link('{"language":"es","language":"en"}',
                   type => 'application/json')], 'twice');
    said('400 INVALID_CHOICE',
         [ask_link('{', type => 'application/json')], 'no JSON');

    ($status) = ask_link('x', type => 'text/plain');
    is($status, 400, 'neither JSON nor a form');

    ($status) = ask_link('{"a":"' . 'x' x 5000 . '"}',
                         type => 'application/json');
    is($status, 413, 'too large');

    is(scalar(sent()), 3, 'calls');
}



=== TEST 9: without choices the body is not read
--- story eval
sub {
    my ($status) = ask_link('{', type => 'application/json');
    is($status, 200, 'whatever it is');
}



=== TEST 10: pages of other sites
--- location
    plaid_link_token_origin  same https://app.example http://localhost:3000;
--- story eval
sub {
    my $try = sub {
        my ($want, %header) = @_;
        my ($status, undef, $headers) = ask_link(undef, %header);

        is($status, $want, "$want @{[ %header ]}");

        return $headers;
    };

    my $port = Test::Nginx::Socket::server_port();

    $try->(200, Origin => "http://127.0.0.1:$port");
    $try->(200, Origin => "https://127.0.0.1:$port",
           'Sec-Fetch-Site' => 'same-origin');
    $try->(403, Origin => 'https://evil.example');
    $try->(403, Origin => "https://127.0.0.1:1$port");
    $try->(403, Origin => 'https://evil.example',
           'Sec-Fetch-Site' => 'cross-site');
    $try->(403, 'Sec-Fetch-Site' => 'cross-site');
    $try->(403, 'Sec-Fetch-Site' => 'same-site');
    $try->(200, 'Sec-Fetch-Site' => 'none');
    $try->(403, Origin => 'null');
    $try->(200, Origin => 'null', 'Sec-Fetch-Site' => 'same-origin');

    my $headers = $try->(200, Origin => 'https://app.example',
                         'Sec-Fetch-Site' => 'cross-site');

    is($headers->{'access-control-allow-origin'}, 'https://app.example',
       'allowed');
    is($headers->{'access-control-allow-credentials'}, 'true', 'with cookies');
    is($headers->{vary}, 'Origin', 'by origin');

    $headers = $try->(200, Origin => "http://127.0.0.1:$port");

    is($headers->{'access-control-allow-origin'}, undef, 'no CORS for itself');
}



=== TEST 11: preflight requests
--- location
    plaid_link_token_origin  https://app.example;
--- story eval
sub {
    my %ask = ('Access-Control-Request-Method' => 'POST');

    my ($status, undef, $headers) = Plaid::Sandbox::ask('OPTIONS', '/link',
        undef, undef, Origin => 'https://app.example', %ask);

    is($status, 204, 'listed');
    is($headers->{'access-control-allow-origin'}, 'https://app.example',
       'origin');
    is($headers->{'access-control-allow-methods'}, 'POST', 'methods');
    is($headers->{'access-control-allow-headers'}, 'content-type', 'headers');
    is($headers->{'access-control-allow-credentials'}, 'true', 'cookies');
    is($headers->{vary}, 'Origin', 'vary');

    ($status) = Plaid::Sandbox::ask('OPTIONS', '/link', undef, undef,
                                    Origin => 'https://evil.example', %ask);
    is($status, 403, 'not listed');
}



=== TEST 12: any page
--- location
    plaid_link_token_origin  any;
--- story eval
sub {
    my ($status) = ask_link(undef, Origin => 'https://evil.example',
                            'Sec-Fetch-Site' => 'cross-site');
    is($status, 200, 'allowed');
}



=== TEST 13: update mode
--- config
    location = /update {
        plaid_link_token         bank;
        plaid_link_token_user    "user-1";
        plaid_link_token_file    $TEST_NGINX_HTML_DIR/link.json;
        plaid_link_token_access  "$arg_token";
    }
    location = /keep {
        plaid_link_token         bank;
        plaid_link_token_user    "user-1";
        plaid_link_token_file    $TEST_NGINX_HTML_DIR/link.json;
        plaid_link_token_access  "$arg_token" keep_products;
    }
--- story eval
sub {
    my (undef, $made) = current('/plaid/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => ['auth'] });
    my (undef, $item) = current('/plaid/item/public_token/exchange',
        { public_token => $made->{public_token} });
    my $token = $item->{access_token};

    my ($status, $got) = Plaid::Sandbox::ask('POST', "/update?token=$token");
    is($status, 200, 'status');

    my ($sent) = sent();
    is($sent->{access_token}, $token, 'the token');
    ok(!exists $sent->{products}, 'no products');

    ($status) = Plaid::Sandbox::ask('POST', "/keep?token=$token");
    is($status, 200, 'keep_products');
    is("@{(sent())[-1]{products}}", 'auth', 'products stay');

    ($status) = Plaid::Sandbox::ask('POST', '/update');
    is($status, 200, 'no token: no update mode');
    is("@{(sent())[-1]{products}}", 'auth', 'products');

    said('400 INVALID_ACCESS_TOKEN',
         [Plaid::Sandbox::ask('POST',
             '/update?token=access-sandbox-00000000-0000-0000-0000-'
             . '000000000000', undef, undef, Accept => 'application/json')],
         'not a token of this client');
    said('400 INVALID_ACCESS_TOKEN',
         [Plaid::Sandbox::ask('POST', '/update?token=sealed1.k.x',
                              undef, undef, Accept => 'application/json')],
         'a sealed one where nothing is sealed');
    logged(qr/plaid link token rejected/);
}



=== TEST 14: Hosted Link by a form and a redirect
--- location
    plaid_link_token_set     hosted_link.url_lifetime_seconds 900 number;
    plaid_link_token_answer  redirect;
--- story eval
sub {
    my ($status, undef, $headers) = ask_link();

    is($status, 303, 'status');
    like($headers->{location}, qr{^https?://.*}, 'to Link');
    is($headers->{'cache-control'}, 'no-store', 'not to be stored');
}



=== TEST 15: Hosted Link in the answer
--- location
    plaid_link_token_set  hosted_link.url_lifetime_seconds 900 number;
--- story eval
sub {
    my ($status, $got) = ask_link();

    is(names($got), 'expiration hosted_link_url link_token request_id',
       'members');
}



=== TEST 16: the operator's faults are not shown
--- location
    plaid_link_token_set  products  nonsense list;
--- story eval
sub {
    my ($status, $got) = ask_link('{}', type => 'application/json');

    is($status, 502, 'status');
    is($got->{error_code}, 'EXCHANGE_UNAVAILABLE', 'code');
    ok($got->{error_message} !~ /nonsense/, 'no detail');
    logged(qr/plaid link token rejected: operator/);
}



=== TEST 17: subrequests and internal redirects
--- config
    location = /page {
        ssi        on;
        ssi_types  *;
    }
    location = /redirect {
        error_page  404 = /link;
        return      404;
    }
--- user_files
>>> page
a<!--# include virtual="/link" -->b
--- story eval
sub {
    my (undef, $got) = get('/page');
    ok($got !~ /link-sandbox/, 'SSI');

    my ($status) = Plaid::Sandbox::ask('POST', '/redirect');
    is($status, 403, 'error_page');

    is(scalar(sent()), 0, 'no call');
}



=== TEST 18: Plaid says 429
--- plaid: 429
--- config
    location /plaid429/ {
        plaid_sandbox;
        plaid_sandbox_fault  status=429;
    }
--- story eval
sub {
    my ($status, $got, $headers) = ask_link('{}', type => 'application/json');

    is($status, 503, 'status');
    is($got->{error_type}, 'RATE_LIMIT_EXCEEDED', 'type');
    logged(qr/plaid link token rejected: rate_limit/);
}



=== TEST 19: another environment's link token
--- plaid: env
--- config
    location /plaidenv/ {
        plaid_sandbox;
        plaid_sandbox_fault  wrong_env;
    }
--- story eval
sub {
    my ($status) = ask_link();

    ok($status == 200, 'a URL has no environment to compare');
}



=== TEST 20: nobody answers
--- plaid: hang
--- client: timeout 500ms;
--- config
    location /plaidhang/ {
        plaid_sandbox;
        plaid_sandbox_fault  hang;
    }
--- story eval
sub {
    my ($status) = ask_link();

    is($status, 504, 'status');
    logged(qr/plaid link token unknown: timeout_sent/);
}



=== TEST 21: too many under way
--- client: max_inflight 1024 link=1;
--- plaid: slow
--- config
    location /plaidslow/ {
        plaid_sandbox;
        plaid_sandbox_fault  latency=700;
    }
--- story eval
sub {
    my @pids = map {
        my $pid = fork() // die;

        if ($pid == 0) {
            my ($status) = ask_link();
            require POSIX;
            POSIX::_exit($status == 200 ? 0 : $status == 503 ? 1 : 2);
        }

        $pid;
    } 1 .. 3;

    my %got;

    for (@pids) {
        waitpid $_, 0;
        $got{$? >> 8}++;
    }

    is($got{0}, 1, 'one is answered');
    is($got{1}, 2, 'the others are not');
    logged(qr/plaid link token failed: busy/);
}



=== TEST 22: numbers, and the access log
--- http_config
    log_format  link  '$plaid_status|$plaid_request_id|$request_uri';
--- config
    location = /status { plaid_status; }
--- location
    access_log  logs/link.log link;
--- story eval
sub {
    my ($status, $got) = ask_link();
    is($status, 200, 'status');

    my (undef, $text) = get('/status');

    like($text, qr/^plaid_link_tokens_total\{client="bank",outcome="created"\} 1$/m,
         'counted');

    open my $in, '<', Test::Nginx::Util::server_root() . '/logs/link.log';
    my $log = do { local $/; <$in> };

    is($log, "created|$got->{request_id}|/link\n", 'logged');
}
