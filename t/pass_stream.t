# plaid_pass: large answers, slow apps, apps that leave, Plaid that breaks off,
# and tokens in a stream.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Pass;
use Plaid::Subrequest ();

use Digest::SHA qw( sha256_hex );
use Time::HiRes qw( sleep time );

no_root_location();

our $Html = server_root() . '/html';
our $Key1 = 'k1 ' . join '', map { sprintf '%02x', $_ } 0 .. 31;

push @Test::Nginx::Socket::ExtraSections, qw( pass sandbox do plaid_says );

# "plaid_says": what a server in Plaid's place answers to every call

add_block_preprocessor(sub {
    my ($block) = @_;

    my $says = $block->plaid_says;

    if (defined $says) {
        $block->set_value('client', "environment http://unix:"
            . '$TEST_NGINX_SERVER_ROOT/html/fake.sock:;' . "\n"
            . ($block->client // ''));
        $block->set_value('http_config', ($block->http_config // '') . <<"END");
    server {
        listen unix:\$TEST_NGINX_SERVER_ROOT/html/fake.sock;
        access_log off;
        default_type application/json;
        sendfile off;
        output_buffers 1 16k;

        location / {
            error_page 405 =200 \$uri;
            root \$TEST_NGINX_SERVER_ROOT/html;
            $says
        }
    }
END
    }

    $block->set_value('pass', "plaid_seal on;\n" . ($block->pass // ''))
        unless ($block->pass // '') =~ /plaid_seal/;

    pass_config($block, $::Key1);
    $block->set_value('request', "GET /none") unless defined $block->request;
    $block->set_value('ignore_response', '') if defined $block->do;
});

add_test_cleanup_handler(sub {
    my ($block) = @_;

    my $code = $block->do or return;
    my $name = $block->name;

    Test::More::ok($code->(), "$name - do");
});

sub ::post { return answer(server_port(), @_) }

sub ::said { Test::More::diag(join "\n", map { substr $_, 0, 300 } @_); return 0 }

sub ::file {
    my ($name, $content) = @_;

    (my $dir = "$::Html/$name") =~ s{/[^/]*\z}{};
    system 'mkdir', '-p', $dir;
    open my $fh, '>', "$::Html/$name" or die $!;
    print $fh $content;
    close $fh or die $!;
    chmod 0644, "$::Html/$name";
}

sub ::logged {
    my ($pattern) = @_;

    my $text;

    for (1 .. 60) {
        open my $fh, '<', "$::Html/../logs/error.log" or die $!;
        $text = join '', grep { !/\[debug\]/ } <$fh>;
        return 1 if $text =~ $pattern;
        sleep 0.05;
    }

    Test::More::diag("no $pattern");
    return 0;
}

sub ::logged_now {
    my ($pattern) = @_;

    open my $fh, '<', "$::Html/../logs/error.log" or die $!;

    return scalar grep { !/\[debug\]/ && $_ =~ $pattern } <$fh>;
}

# what a worker has in memory, kB

sub ::rss {
    open my $fh, '<', "$::Html/../logs/nginx.pid" or die $!;
    chomp(my $pid = <$fh>);
    open $fh, '<', "/proc/$pid/status" or die $!;
    return (join('', <$fh>) =~ /VmRSS:\s*(\d+)/)[0];
}

our $Like = 'access-sandbox-11111111-2222-3333-4444-555555555555';
our $Line = '{"transaction":"' . 'x' x 80 . "\"},\n";

run_tests();

__DATA__

=== TEST 1: 8 MB, byte for byte
--- plaid_says
--- do eval
sub { my $big = '[' . $::Line x 80_000 . '1]';
      ::file('transactions/get', $big);
      my ($status, $head, $body) = ::post('/transactions/get', {});
      $status == 200 && ::sha256_hex($body) eq ::sha256_hex($big)
          && $head =~ /Content-Length: @{[ length $big ]}/
          or ::said($head, length $body, length $big) }
--- timeout: 30



=== TEST 2: a slow reader costs no memory
--- plaid_says
--- do eval
sub { my $big = '[' . $::Line x 160_000 . '1]';
      ::file('transactions/get', $big);
      ::post('/transactions/get', {}) if 0;
      my $before = ::rss();
      my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => ::server_port());
      setsockopt $sock, 1, 8, pack 'i', 4096;
      print $sock Plaid::Pass::request('/transactions/get', {});
      my ($got, $most, $buf) = (0, 0);
      my $end = ::time() + 2;
      while (::time() < $end) {
          my $n = sysread $sock, $buf, 8192 or last;
          $got += $n;
          my $rss = ::rss();
          $most = $rss if $rss > $most;
          select undef, undef, undef, 0.02;
      }
      close $sock;
      $got > 100_000 && $most - $before < 2048
          or ::said("$got bytes, $before kB, then $most kB") }
--- timeout: 30



=== TEST 3: an app that leaves
--- plaid_says
--- do eval
sub { my $big = '[' . $::Line x 80_000 . '1]';
      ::file('transactions/get', $big);
      for (1 .. 20) {
          my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                           PeerPort => ::server_port());
          print $sock Plaid::Pass::request('/transactions/get', {});
          sysread $sock, my $buf, 1000 if $_ % 2;
          close $sock;
      }
      my ($status, $head, $body) = ::post('/transactions/get', {});
      $status == 200 && length $body == length $big or ::said($head) }
--- timeout: 30



=== TEST 4: a token where one of an answer would be
--- plaid_says
--- do eval
sub { ::file('accounts/get', qq({"x":1,"access_token":"$::Like"}));
      my ($status, $head, $body) = ::post('/accounts/get', {});
      $status == 502 && $body =~ /PASS_LEAK/ && $body =~ /API_ERROR/
          && $body !~ /access-sandbox/
          && ::logged(qr{\[alert\].*plaid_pass: an access token where none belongs in the reply to "/accounts/get"})
          && !::logged_now(qr/access-sandbox-1111/)
          or ::said($head, $body) }
--- shutdown_error_log
plaid_pass: an access token where none belongs



=== TEST 5: elsewhere it is text
--- plaid_says
--- do eval
sub { ::file('accounts/get', qq({"memo":"$::Like"}));
      my ($status, $head, $body) = ::post('/accounts/get', {});
      $status == 200 && $body =~ /$::Like/ or ::said($head, $body) }



=== TEST 6: the token of the request, after a megabyte
--- config
    location / {
        plaid_pass bank;
        plaid_seal on;
        plaid_pass_plain on;
    }
--- plaid_says
--- do eval
sub { my $before = '["' . 'y' x 1_000_000;
      ::file('accounts/get', "$before$::Like\"]");
      my ($status, $head, $body) =
          ::post('/accounts/get', { access_token => $::Like });
      $status == 200 && length $body <= length $before
          && $body !~ /access-/ && length $body > 100_000
          && ::logged(qr{\[alert\].*plaid_pass: an access token})
          && ::logged(qr{\[error\].*plaid_pass: answer cut after})
          or ::said($head, length $body) }
--- shutdown_error_log
plaid_pass: an access token where none belongs



=== TEST 7: the token of the request in a small answer
--- pass: plaid_pass_plain on;
--- plaid_says
--- do eval
sub { ::file('accounts/get', qq({"memo":"$::Like!"}));
      my ($status, $head, $body) =
          ::post('/accounts/get', { access_token => $::Like });
      $status == 502 && $body =~ /PASS_LEAK/ or ::said($head, $body) }
--- shutdown_error_log
plaid_pass: an access token where none belongs



=== TEST 8: a PDF and its headers
--- plaid_says
types { } default_type application/pdf;
add_header Content-Disposition 'attachment; filename="a.pdf"';
add_header Set-Cookie a=b;
add_header X-Secret x;
add_header Plaid-Request-Id abcDEF1;
--- do eval
sub { my $pdf = join '', "%PDF-1.4\n", map { chr($_ % 256) } 1 .. 200_000;
      ::file('asset_report/pdf/get', $pdf);
      my ($status, $head, $body) = ::post('/asset_report/pdf/get', {});
      $status == 200 && $body eq $pdf
          && $head =~ m{^Content-Type: application/pdf\r?$}m
          && $head =~ m{^Content-Disposition: attachment; filename="a.pdf"\r?$}m
          && $head =~ m{^Plaid-Request-Id: abcDEF1\r?$}m
          && $head !~ m{^(Set-Cookie|X-Secret|ETag|Last-Modified|Accept)}mi
          or ::said($head, length $body) }



=== TEST 9: redirects and encodings
--- plaid_says
location /item { return 302 http://a.example/; }
location /auth { add_header Content-Encoding gzip; }
--- do eval
sub { ::file('auth/get', '{}');
      my ($one, $h1, $b1) = ::post('/item/get', {});
      my ($two, $h2, $b2) = ::post('/auth/get', {});
      $one == 502 && $two == 502 && "$b1$b2" =~ /UPSTREAM_FAILED.*UPSTREAM_FAILED/s
          && "$h1$h2" !~ /Location/ or ::said($h1, $b1, $h2, $b2) }



=== TEST 10: 429 and 500 as they are
--- plaid_says
location /item { add_header Retry-After 7 always; error_page 599 /; return 429 '{"error_code":"RATE_LIMIT"}'; }
location /auth { return 500 '{"error_code":"INTERNAL_SERVER_ERROR"}'; }
--- do eval
sub { my ($one, $h1, $b1) = ::post('/item/get', {});
      my ($two, $h2, $b2) = ::post('/auth/get', {});
      $one == 429 && $h1 =~ /^Retry-After: 7\r?$/m
          && $b1 eq '{"error_code":"RATE_LIMIT"}'
          && $two == 500 && $b2 eq '{"error_code":"INTERNAL_SERVER_ERROR"}'
          or ::said($h1, $b1, $h2, $b2) }



=== TEST 11: more than is allowed
--- pass: plaid_pass_max_response 100k;
--- plaid_says
--- do eval
sub { ::file('accounts/get', 'x' x 200_000);
      my ($status, $head, $body) = ::post('/accounts/get', {});
      ($status == 502 && $body =~ /UPSTREAM_FAILED/)
          || ($status == 200 && length $body <= 102_400)
          or ::said($head, length $body) }



=== TEST 12: Plaid breaks off
--- plaid_says
location /item { limit_rate 100k; }
--- client: timeout 1s;
--- pass: plaid_pass_timeout 700ms;
--- do eval
sub { ::file('item/get', 'x' x 1_000_000);
      my ($status, $head, $body) = ::post('/item/get', {});
      ($status == 504 && $body =~ /UPSTREAM_TIMEOUT/)
          || ($status == 200 && length $body < 1_000_000)
          or ::said($head, length $body) }



=== TEST 13: without sealing a token passes
--- pass: plaid_seal off;
--- plaid_says
--- do eval
sub { ::file('accounts/get', qq({"x":1,"access_token":"$::Like"}));
      my ($status, $head, $body) =
          ::post('/accounts/get', { access_token => $::Like });
      $status == 200 && $body =~ /$::Like/ or ::said($head, $body) }



=== TEST 14: by subrequests
--- client: transport subrequest /plaid/;
--- config
    location / {
        plaid_pass bank;
        plaid_seal on;
    }
    location /plaid/ {
        internal;
        proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/html/fake.sock:/;
        proxy_pass_request_headers off;
    }
--- plaid_says
location /item { return 400 '{"error_code":"ITEM_ERROR"}'; }
--- do eval
sub { my $big = '[' . $::Line x 5_000 . '1]';
      ::file('transactions/get', $big);
      my ($status, $head, $body) = ::post('/transactions/get', {});
      my ($one, $h1, $b1) = ::post('/item/get', {});
      $status == 200 && $body eq $big
          && $one == 400 && $b1 eq '{"error_code":"ITEM_ERROR"}'
          or ::said($head, length $body, $h1, $b1) }
--- timeout: 30



=== TEST 15: the URI of a subrequest must take a path
--- client: transport subrequest /plaid;
--- config
    location / {
        plaid_pass bank;
    }
    location /plaid {
        internal;
        proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/html/fake.sock:/;
    }
--- plaid_says
--- must_die
--- error_log
"plaid_pass" requires that the URI of "transport subrequest" ends in "/" in plaid_client "bank"
