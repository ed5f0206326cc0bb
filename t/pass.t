# plaid_pass: calls of an app without keys, as they reach Plaid, and as Plaid's
# answers come back.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Pass;

no_root_location();

our $Html = server_root() . '/html';
our $Keys = 'k1 ' . join '', map { sprintf '%02x', $_ } 0 .. 31;

push @Test::Nginx::Socket::ExtraSections, qw( pass sandbox do );

add_block_preprocessor(sub {
    my ($block) = @_;

    pass_config($block, $::Keys) unless defined $block->http_config
                                        && $block->http_config =~ /plaid_client/;
    $block->set_value('request', "GET /none")
        unless defined $block->request || defined $block->must_die;
    $block->set_value('more_headers', "Content-Type: application/json\n")
        unless defined $block->more_headers;
    $block->set_value('ignore_response', '') if defined $block->do;
});

# the assertions of a block, after its request

add_test_cleanup_handler(sub {
    my ($block) = @_;

    my $code = $block->do or return;
    my $name = $block->name;

    Test::More::ok($code->(), "$name - do");
});

# something that needs no token

sub ::fine {
    my (@headers) = @_;

    return ::post('/institutions/get',
                  { count => 1, offset => 0, country_codes => ['US'] },
                  @headers);
}

sub ::post { return answer(server_port(), @_) }

# what Plaid got: the bodies and headers of calls to a path

sub ::calls {
    my ($path) = @_;

    my $sock = IO::Socket::UNIX->new(Peer => "$::Html/plaid.sock");

    my $text = call($sock,
                    "GET /sandbox/_calls?path=$path HTTP/1.0\r\n\r\n");

    return ($text =~ /\r\n\r\n(.*)/s)[0];
}

run_tests();

__DATA__

=== TEST 1: a call without keys
--- do eval
sub { my $t = ::token($::Html);
      my ($status, $head, $body) =
          ::post('/accounts/get', { access_token => $t->{access_token} });
      $status == 200 && $body =~ /"accounts"/
          && $head =~ m{^Content-Type: application/json}m
          && $head =~ m{^Cache-Control: no-store}m
          or Test::More::diag("$head\n\n$body"), 0 }



=== TEST 2: the app's own keys are dropped, ours are added
--- do eval
sub { my $t = ::token($::Html);
      my ($status, $head, $body) =
          ::post('/accounts/get', { access_token => $t->{access_token},
                                    client_id => 'bogus', secret => 'bad' },
                 'PLAID-CLIENT-ID: bogus', 'PLAID-SECRET: bogus',
                 'Authorization: Bearer x');
      my $calls = ::calls('/accounts/get');
      $status == 200 && $calls !~ /bogus|Bearer/
          or Test::More::diag("$head\n\n$body\n$calls"), 0 }



=== TEST 3: a path that is not allowed
--- request
POST /transfer/create
{}
--- error_code: 403
--- response_body_like: "error_code":"PATH_NOT_ALLOWED".*"error_type":"INVALID_REQUEST"
--- response_headers
Content-Type: application/json
Cache-Control: no-store



=== TEST 4: spellings of paths
--- do eval
sub { for my $path ('/accounts/../transfer/create',
                    '/accounts/%2e%2e/transfer/create', '/accounts/get?x=1',
                    '/accounts/get?', '/accounts/get%20', '/accounts/get.',
                    '/Accounts/get', '/accounts/get/', '/accounts',
                    '/', '/sealed/refresh', 'http://plaid.com/transfer/create')
      {
          my ($status, $head, $body) = ::post($path, {});

          next if $status == 403 && $body =~ /PATH_NOT_ALLOWED/;
          Test::More::diag("$path: $head\n$body");
          return 0;
      }

      my ($status) = ::post('/accounts/get%00', {});

      return $status == 400; }



=== TEST 5: what nginx has normalized is what is called
--- do eval
sub { my ($status, $head, $body) = ::post('//accounts/./x/../get', {});
      $status == 400 && $body =~ /MISSING_FIELDS|access_token/ }



=== TEST 6: other methods
--- request
GET /accounts/get
--- error_code: 405
--- response_headers
Allow: POST
--- response_body_like: METHOD_NOT_ALLOWED



=== TEST 7: browsers
--- do eval
sub { for my $header ('Origin: https://a.example', 'Cookie: a=b',
                      'Sec-Fetch-Site: same-origin')
      {
          my ($status, $head, $body) = ::post('/accounts/get', {}, $header);
          return 0 if $status != 403 || $body !~ /BROWSER_NOT_ALLOWED/;
      }

      my ($status) = ::post('/accounts/get', {}, 'Sec-Fetch-Mode: cors');
      return $status == 400; }



=== TEST 8: types and encodings
--- do eval
sub { for my $header ('Content-Type: application/x-www-form-urlencoded',
                      'Content-Type: text/plain', 'Content-Encoding: gzip',
                      'Content-Encoding: identity')
      {
          my ($status, $head, $body) = ::post('/accounts/get', {}, $header);
          return 0 if $status != 415 || $body !~ /UNSUPPORTED_TYPE/;
      }

      my ($status) = ::post('/accounts/get', {},
                            'Content-Type: Application/JSON; charset=utf-8');
      return $status == 400; }



=== TEST 9: no JSON, names twice, depth
--- do eval
sub { for my $body ('', '[]', '{', '{"a":1,"a":2}', '{}x', "{\"a\":\"\xff\"}",
                    '{"a":' . '[' x 16 . ']' x 16 . '}')
      {
          my ($status, $head, $text) = ::post('/accounts/get', $body);
          next if $status == 400 && $text =~ /INVALID_BODY/;
          Test::More::diag("$body: $head\n$text");
          return 0;
      }

      my ($status, $head, $text) =
          ::post('/accounts/get', '{"a":' . '[' x 15 . ']' x 15 . '}');
      return $text !~ /INVALID_BODY/; }



=== TEST 10: a version
--- do eval
sub { my ($status, $head, $body) =
          ::post('/accounts/get', {}, 'Plaid-Version: 2019-05-29');
      my ($other, $h, $b) =
          ::post('/accounts/get', {}, 'Plaid-Version: 2020-09-14');
      $status == 400 && $body =~ /UNSUPPORTED_VERSION/
          && $b !~ /UNSUPPORTED_VERSION/ }



=== TEST 11: a body that is too large
--- pass: plaid_pass_max_body 100;
--- do eval
sub { my ($status, $head, $body) =
          ::post('/accounts/get', '{"a":"' . 'x' x 93 . '"}');
      my ($other, $h, $b) =
          ::post('/accounts/get', '{"a":"' . 'x' x 92 . '"}');
      $status == 413 && $body =~ /BODY_TOO_LARGE/ && $other == 400 }



=== TEST 12: Plaid's own error, untouched
--- do eval
sub { my $token = 'access-sandbox-00000000-0000-0000-0000-000000000000';
      my ($status, $head, $body) =
          ::post('/accounts/get', { access_token => $token });
      my ($s, $h, $own) =
          ::answer("$::Html/plaid.sock", '/accounts/get',
                 { access_token => $token, client_id => 'test_id',
                   secret => 'test_secret' });
      s/"request_id":"[^"]*"// for $body, $own;
      $status == $s && $status == 400 && $body eq $own
          or Test::More::diag("$body\n$own"), 0 }



=== TEST 13: internal requests
--- config
    location / {
        plaid_pass bank;
    }

    location /x {
        rewrite ^ /accounts/get last;
    }

    location /e {
        error_page 418 = /accounts/get;
        return 418;
    }
--- do eval
sub { for my $uri ('/x', '/e') {
          my ($status, $head, $body) = ::post($uri, {});
          return 0 if $status != 403 || $body !~ /INTERNAL_NOT_ALLOWED/;
      }
      return 1; }



=== TEST 14: a prefix of the location
--- config
    location /plaid/ {
        plaid_pass bank;
    }
--- do eval
sub { my ($status, $head, $body) = ::post('/plaid/institutions/get',
          { count => 1, offset => 0, country_codes => ['US'] });
      $status == 200 && $body =~ /"institutions"/
          or Test::More::diag("$head\n$body"), 0 }



=== TEST 15: other paths, by name and by prefix
--- pass: plaid_pass_allow /institutions/get /accounts/;
--- do eval
sub { my @status = map { (::post($_, {}))[0] }
          '/institutions/get', '/institutions/get/x', '/accounts/get',
          '/accounts/balance/get', '/accounts/', '/item/get';
      "@status" eq '400 403 400 400 404 403'
          or Test::More::diag("@status"), 0 }



=== TEST 16: local keys of apps
--- user_files
>>> apps
web   local-web
batch local-batch
--- pass: plaid_pass_key_file ../html/apps; add_header X-App $plaid_pass_app;
--- do eval
sub { my ($none) = ::fine();
      my ($bad, $h, $b) = ::fine('PLAID-SECRET: x');
      my ($head) = (::fine('PLAID-SECRET: local-web'))[1];
      my ($body) = (::post('/institutions/get',
                           { secret => 'local-batch', count => 1, offset => 0,
                             country_codes => ['US'] }))[1];
      $none == 401 && $bad == 401 && $b =~ /NOT_AUTHENTICATED/
          && $head =~ /200 OK.*X-App: web/s && $body =~ /200 OK.*X-App: batch/s
          or Test::More::diag("$none $bad $head $body"), 0 }



=== TEST 17: a unix socket is local
--- do eval
sub { (::answer("$::Html/app.sock", '/accounts/get', {}))[0] == 400 }



=== TEST 18: an address that is not allowed
--- user_files
>>> apps
web local-web
--- pass: plaid_pass_from 192.0.2.0/24; plaid_pass_key_file ../html/apps;
--- do eval
sub { my ($status, $head, $body) =
          ::post('/categories/get', {}, 'PLAID-SECRET: local-web');
      $status == 403 && $body =~ /PEER_NOT_ALLOWED/ }



=== TEST 19: names of Plaid's, and loops
--- client: environment sandbox; resolver 127.0.0.1;
--- do eval
sub { my ($status, $head, $body) =
          ::post('/categories/get', {}, 'Host: production.plaid.com');
      my ($s, $h, $b) = ::post('/categories/get', {},
                               'User-Agent: ngx_http_plaid_module/0.1.0');
      $status == 403 && $body =~ /WRONG_ENVIRONMENT/
          && $s == 403 && $b =~ /"LOOP"/ }



=== TEST 20: Plaid is not there
--- pass: plaid_pass_timeout 2s;
--- client: environment http://127.0.0.1:1;
--- request
POST /institutions/get
{}
--- error_code: 502
--- response_body_like: UPSTREAM_FAILED
--- error_log
plaid_pass failed: UPSTREAM_FAILED



=== TEST 21: a log format
--- http_config
    log_format pass '$plaid_status $plaid_request_id $plaid_environment $uri';
    access_log logs/pass.log pass;
--- do eval
sub { ::fine(); ::post('/transfer/create', {});
      my $log = '';
      for (1 .. 60) {
          open my $fh, '<', "$::Html/../logs/pass.log" or die $!;
          $log = join '', <$fh>;
          last if $log =~ m{/transfer/create$}m;
          select undef, undef, undef, 0.05;
      }
      $log =~ m{^passed \S{5,} http://unix:\S+ /institutions/get$}m
          && $log =~ m{^rejected [0-9a-f]{16} http://\S+ /transfer/create$}m
          or Test::More::diag($log), 0 }



=== TEST 22: an unknown client
--- config
    location / {
        plaid_pass other;
    }
--- must_die
--- error_log eval
qr/\[emerg\].*unknown plaid_client "other" in .*nginx\.conf:\d+/



=== TEST 23: another content handler before it
--- config
    location / {
        proxy_pass http://127.0.0.1:1;
        plaid_pass bank;
    }
--- must_die
--- error_log
"plaid_pass" directive is in a location that has a content handler already



=== TEST 24: another content handler after it
--- config
    location / {
        plaid_pass bank;
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
another content handler beside "plaid_pass" of plaid_client "bank"



=== TEST 25: an address without a key
--- pass: plaid_pass_from 192.0.2.0/24;
--- must_die
--- error_log
"plaid_pass_from" with an address requires "plaid_pass_key_file" or "ssl_verify_client on", client "bank"



=== TEST 26: what cannot be sealed
--- pass: plaid_pass_allow /oauth/;
--- must_die
--- error_log
"plaid_pass_allow" covers "/oauth/", which returns credentials that cannot be sealed



=== TEST 27: a customer's secret
--- pass: plaid_pass_allow /partner/customer/create;
--- must_die
--- error_log
"plaid_pass_allow" covers "/partner/customer/create"



=== TEST 28: everything
--- pass: plaid_pass_allow /;
--- must_die
--- error_log
invalid path "/" in "plaid_pass_allow" directive



=== TEST 29: the legacy API
--- client: api legacy;
--- must_die
--- error_log
"plaid_pass" cannot serve the legacy API of plaid_client "bank"



=== TEST 30: under Plaid's name without a resolver
--- client: environment sandbox;
--- http_config
server { listen unix:$TEST_NGINX_SERVER_ROOT/html/own.sock; server_name sandbox.plaid.com; }
--- must_die
--- error_log
a "resolver" is required where a server has one of Plaid's names, client "bank"



=== TEST 31: an exchange that Plaid refuses, untouched
--- do eval
sub { my $public = { public_token =>
          'public-sandbox-00000000-0000-0000-0000-000000000000' };
      my ($status, $head, $body) =
          ::post('/item/public_token/exchange', $public);
      my ($s, $h, $own) =
          ::answer("$::Html/plaid.sock", '/item/public_token/exchange',
                   { %$public, client_id => 'test_id',
                     secret => 'test_secret' });
      s/"request_id":"[^"]*"// for $body, $own;
      $status == $s && $status == 400 && $body eq $own
          or Test::More::diag("$body\n$own"), 0 }
