# plaid_pass with plaid_seal on: the app has sealed strings, Plaid gets tokens,
# and no token leaves.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Pass;

use JSON::PP ();
use Time::HiRes qw( sleep );

no_root_location();

our $Html = server_root() . '/html';
our $Key1 = 'k1 ' . join '', map { sprintf '%02x', $_ } 0 .. 31;
our $Key2 = 'k2 ' . 'ab' x 32;
our $Raw = qr/access-sandbox-[0-9a-f-]{36}/;
our $Sealed = qr/sealed1\.k\d\.[A-Za-z0-9_-]{100,}/;

push @Test::Nginx::Socket::ExtraSections, qw( pass sandbox do );

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('pass', "plaid_seal on;\n" . ($block->pass // ''))
        unless ($block->pass // '') =~ /plaid_seal/;

    pass_config($block, $::Key1);
    $block->set_value('request', "GET /none")
        unless defined $block->request || defined $block->must_die;
    $block->set_value('ignore_response', '') if defined $block->do;
});

add_test_cleanup_handler(sub {
    my ($block) = @_;

    my $code = $block->do or return;
    my $name = $block->name;

    Test::More::ok($code->(), "$name - do");
});

sub ::post { return answer(server_port(), @_) }

sub ::sealed { return sealed_token(server_port(), $::Html) }

sub ::json { return JSON::PP->new->decode($_[0]) }

sub ::said { Test::More::diag(join "\n", @_); return 0 }

# Waits for a line in a log: a request is logged when its connection goes.

sub ::logged {
    my ($pattern, $log) = @_;

    my $text;

    for (1 .. 60) {
        open my $fh, '<', "$::Html/../logs/" . ($log // 'error.log') or die $!;
        $text = join '', <$fh>;
        return $text if $text =~ $pattern;
        sleep 0.05;
    }

    Test::More::diag("no $pattern in $text");
    return '';
}

sub ::keys {
    my ($text) = @_;

    open my $fh, '>', "$::Html/seal.keys.new" or die $!;
    print $fh "$text\n";
    close $fh or die $!;
    rename "$::Html/seal.keys.new", "$::Html/seal.keys" or die $!;
    sleep 2.2;
}

sub ::calls {
    my ($path) = @_;

    my $sock = IO::Socket::UNIX->new(Peer => "$::Html/plaid.sock");

    my $text = call($sock,
                    "GET /sandbox/_calls?path=$path HTTP/1.0\r\n\r\n");

    return ($text =~ /\r\n\r\n(.*)/s)[0];
}

run_tests();

__DATA__

=== TEST 1: exchange, accounts, item
--- do eval
sub { my $s = ::sealed();
      return ::said($s) if $s !~ /^$::Sealed\z/;
      for my $path ('/accounts/get', '/item/get', '/auth/get') {
          my ($status, $head, $body) = ::post($path, { access_token => $s });
          return ::said($path, $head, $body)
              if $status != 200 || $body =~ $::Raw;
      }
      return ::calls('/accounts/get') =~ $::Raw
          && ::calls('/accounts/get') !~ /sealed1/; }



=== TEST 2: the same token, the same string
--- do eval
sub { my $public = ::sandbox($::Html, '/sandbox/public_token/create',
                             { institution_id => 'ins_109508',
                               initial_products => ['auth'] });
      my @all = map { (::post('/item/public_token/exchange',
                    { public_token => $public->{public_token} }))[2] } 1 .. 3;
      my $calls = () = ::calls('/item/public_token/exchange') =~ /"method"/g;
      $all[0] =~ $::Sealed && $all[0] eq $all[1] && $all[1] eq $all[2]
          && $calls == 1 or ::said(@all, $calls) }



=== TEST 3: a raw token, and nonsense
--- do eval
sub { my $t = ::token($::Html)->{access_token};
      my $s = ::sealed();
      for my $token ($t, 'x', $s . 'x', substr($s, 0, -1), 'sealed1.k9.AAAA',
                     'sealed1.' . 'x' x 10_000, "$s=", uc $s)
      {
          my ($status, $head, $body) =
              ::post('/accounts/get', { access_token => $token });
          return ::said($token, $head, $body)
              if $status != 400 || $body !~ /INVALID_ACCESS_TOKEN/
                 || $body !~ /INVALID_INPUT/;
      }
      my $calls = () = ::calls('/accounts/get') =~ /"method"/g;
      return $calls == 0 }



=== TEST 4: empty and null stay
--- do eval
sub { for my $body ('{"access_token":""}', '{"access_token":null}', '{}') {
          my ($status, $head, $text) = ::post('/accounts/get', $body);
          return ::said($body, $text) if $text =~ /is not valid here/;
      }
      return ::calls('/accounts/get') =~ /"body":"\{\\"access_token\\":null\}"/; }



=== TEST 5: every bit flipped
--- timeout: 60
--- do eval
sub { my $s = ::sealed();
      for my $i (11 .. length($s) - 1) {
          my $t = $s;
          substr($t, $i, 1) = substr($t, $i, 1) eq 'A' ? 'B' : 'A';
          my ($status, $head, $body) =
              ::post('/accounts/get', { access_token => $t });
          return ::said($t, $body) if $status != 400
                                      || $body !~ /INVALID_ACCESS_TOKEN/;
      }
      return ::logged(qr/\[warn\].*plaid sealed token does not open: tag/); }



=== TEST 6: a token where none belongs
--- do eval
sub { my $s = ::sealed();
      my $t = ::token($::Html)->{access_token};
      for my $other ($s, "https://a.example/?t=$s", $t) {
          for my $body ({ webhook => $other }, { user => { x => $other } },
                        { $other => 1 }, { a => [ $other ] },
                        { access_token => { access_token => $other } })
          {
              my ($status, $head, $text) =
                  ::post('/link/token/create',
                         { access_token => $s, %$body });
              return ::said($other, $text)
                  if $status != 400 || $text !~ /MISPLACED_TOKEN/;
          }
      }
      my $calls = () = ::calls('/link/token/create') =~ /"method"/g;
      return $calls == 0 }



=== TEST 7: bytes stay as they are
--- do eval
sub { my $s = ::sealed();
      ::post('/accounts/get', qq({ "z":12345678901234567890.10 ,"secret":1,)
             . qq("access_token" :"$s","\\u0061":"\\/\xc3\xa9" ,"client_id":"x"}));
      my $body = ::json(::calls('/accounts/get'))->{calls}[0]{body};
      $body =~ s/$::Raw/RAW/;
      $body eq qq({ "z":12345678901234567890.10 ,"access_token" :"RAW",)
               . qq("\\u0061":"\\/\xc3\xa9"}) or ::said($body) }



=== TEST 8: invalidate
--- do eval
sub { my $s = ::sealed();
      my ($status, $head, $body) =
          ::post('/item/access_token/invalidate', { access_token => $s });
      my $new = ::json($body)->{new_access_token};
      my ($old) = ::post('/accounts/get', { access_token => $s });
      my ($now) = ::post('/accounts/get', { access_token => $new });
      $status == 200 && $new =~ /^$::Sealed\z/ && $new ne $s
          && $old == 400 && $now == 200 or ::said($head, $body, $old, $now) }



=== TEST 9: keys that come and go, without a reload
--- timeout: 20
--- do eval
sub { my $s = ::sealed();
      ::keys("$::Key2\n$::Key1");
      my ($both) = ::post('/accounts/get', { access_token => $s });
      my ($r, $h, $b) = ::post('/sealed/refresh', { access_token => $s });
      my $new = ::json($b)->{access_token};
      ::keys($::Key2);
      my ($gone) = ::post('/accounts/get', { access_token => $s });
      my ($refreshed) = ::post('/accounts/get', { access_token => $new });
      ::keys("$::Key1\n$::Key2");
      my ($back) = ::post('/accounts/get', { access_token => $s });
      "$both $r $gone $refreshed $back" eq '200 200 400 200 200'
          && $new =~ /^sealed1\.k2\./
          && ::logged(qr/\[warn\].*does not open: unknown_kid/)
          or ::said("$both $r $gone $refreshed $back $b") }



=== TEST 10: refresh takes what is sealed, and nothing else
--- do eval
sub { my $s = ::sealed();
      my $t = ::token($::Html)->{access_token};
      my ($status, $head, $body) =
          ::post('/sealed/refresh', { access_token => $s });
      my ($raw) = ::post('/sealed/refresh', { access_token => $t });
      my ($none) = ::post('/sealed/refresh', {});
      $status == 200 && ::json($body)->{access_token} eq $s
          && $body =~ /"request_id":"\w+"/ && $raw == 400 && $none == 400
          or ::said($head, $body, $raw, $none) }



=== TEST 11: while a database is migrated
--- pass
plaid_seal on; plaid_pass_plain on;
--- do eval
sub { my $t = ::token($::Html);
      my ($status) = ::post('/accounts/get',
                            { access_token => $t->{access_token} });
      my ($s, $h, $b) = ::post('/sealed/refresh',
                               { access_token => $t->{access_token},
                                 item_id => $t->{item_id} });
      my ($odd) = ::post('/sealed/refresh', { access_token => 'x' });
      my $new = ::json($b)->{access_token};
      my ($with) = ::post('/accounts/get', { access_token => $new });
      $status == 200 && $s == 200 && $new =~ /^$::Sealed\z/ && $odd == 400
          && $with == 200 or ::said($status, $h, $b, $odd, $with) }
--- error_log
"plaid_pass_plain" is on



=== TEST 12: another tenant
--- pass
plaid_seal on tenant=$tenant;
--- http_config
map $server_port $tenant { default one; }
server {
    listen unix:$TEST_NGINX_SERVER_ROOT/html/two.sock;
    location / { plaid_pass bank; plaid_seal on tenant=two; }
}
server {
    listen unix:$TEST_NGINX_SERVER_ROOT/html/none.sock;
    set $none "";
    location / { plaid_pass bank; plaid_seal on tenant=$none; }
}
--- do eval
sub { my $s = ::sealed();
      my ($one) = ::post('/accounts/get', { access_token => $s });
      my ($two, $h, $b) = ::answer("$::Html/two.sock", '/accounts/get',
                                   { access_token => $s });
      my ($none, $nh, $nb) = ::answer("$::Html/none.sock", '/accounts/get',
                                      { access_token => $s });
      $one == 200 && $two == 400 && $b =~ /INVALID_ACCESS_TOKEN/
          && $none == 403 && $nb =~ /NOT_IDENTIFIED/
          or ::said($one, $b, $nb) }



=== TEST 13: the item in the access log, and no token
--- http_config
log_format pass '$plaid_status $plaid_item_id $plaid_request_id $uri';
access_log logs/pass.log pass;
--- do eval
sub { my $s = ::sealed();
      ::post('/accounts/get', { access_token => $s });
      my $log = ::logged(qr{/accounts/get$}m, 'pass.log');
      $log =~ m{^exchanged (\S{20,}) \S+ /item/public_token/exchange$}m
          && $log =~ m{^passed \Q$1\E \S+ /accounts/get$}m
          && $log !~ /access-sandbox|sealed1/ or ::said($log) }



=== TEST 14: sealing is off here
--- http_config
server {
    listen unix:$TEST_NGINX_SERVER_ROOT/html/off.sock;
    location / { plaid_pass bank; }
}
--- do eval
sub { my $s = ::sealed();
      my ($status, $h, $b) = ::answer("$::Html/off.sock", '/accounts/get',
                                      { access_token => $s });
      $status == 400
          && ::logged(qr/\[warn\].*plaid_pass got a sealed token, plaid_seal is off here/)
          or ::said($b) }
