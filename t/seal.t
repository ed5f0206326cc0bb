# plaid_seal at plaid_exchange: the app gets sealed tokens, keys are read from
# a file that is polled, and tenants are told apart.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

use Time::HiRes qw( sleep );

our $Html = server_root() . '/html';

our $K1 = 'k1 ' . join '', map { sprintf '%02x', $_ } 0 .. 31;
our $K2 = 'k2 ' . 'ab' x 32;

our $Keys = "plaid_seal_key_file ../html/seal.keys;\n";

# a file of keys in each block, unless it has its own

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('user_files', ">>> seal.keys\n$::K1\n")
        unless defined $block->user_files;
    $block->set_value('http_config',
                      $::Keys . ($block->http_config // ''))
        unless ($block->http_config // '') =~ /seal_key_file|^#no/;
});

plaid();

# Replaces the file of keys; a worker reads it within a second.

sub ::keys {
    my ($text) = @_;

    open my $fh, '>', "$::Html/seal.keys.new" or die $!;
    print $fh $text;
    close $fh or die $!;
    rename "$::Html/seal.keys.new", "$::Html/seal.keys" or die $!;
    sleep 2.2;
}

# Posts a token and returns the app's X-Plaid-Access-Token.

sub ::post {
    my ($token, $uri) = @_;

    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => server_port(), Timeout => 5)
        or die $!;
    my $body = "public_token=$token";

    print $sock join "\r\n", 'POST ' . ($uri // '/t') . ' HTTP/1.0',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: ' . length $body, '', $body;

    my $answer = join '', <$sock>;

    return $answer =~ /^X-Plaid-Access-Token: (\S+)$/m ? $1 : $answer;
}

run_tests();

__DATA__

=== TEST 1: the app gets a sealed token
--- location: plaid_seal on;
--- form: public_token=seal-1
--- response_body_like
\APOST /t
X-Plaid-Access-Token: sealed1\.k1\.[A-Za-z0-9_-]+
X-Plaid-Item-Id: item-seal-1
X-Plaid-Request-Id: req-seal-1
X-Plaid-Status: exchanged

public_token=seal-1$
--- calls: 1
--- no_error_log
access-seal-1



=== TEST 2: the variable is sealed, too
--- location: plaid_seal on; proxy_set_header X-Token $plaid_access_token;
--- form: public_token=seal-2
--- response_body_like: X-Token: sealed1\.k1\.[A-Za-z0-9_-]+\n



=== TEST 3: a replay gets the same string
--- location: plaid_seal on;
--- form: public_token=seal-3
--- response_body_like: X-Plaid-Access-Token: sealed1
--- check eval
sub { my $one = ::post('seal-3'); my $two = ::post('seal-3');
      $one =~ /^sealed1/ && $one eq $two }
--- calls: 1



=== TEST 4: off is the default, and wins over what is inherited
--- config
    plaid_seal on;

    location /t {
        plaid_seal off;
        plaid_exchange bank;
        proxy_pass http://app;
    }
--- form: public_token=seal-4
--- response_body_like: X-Plaid-Access-Token: access-seal-4



=== TEST 5: another tenant, another string
--- location: plaid_seal on tenant=$uri;
--- form: public_token=seal-5
--- response_body_like: X-Plaid-Access-Token: sealed1
--- check eval
sub { my $one = ::post('seal-5', '/t/one'); my $two = ::post('seal-5', '/t/two');
      my $three = ::post('seal-5', '/t/one');
      $one =~ /^sealed1/ && $two =~ /^sealed1/ && $one ne $two && $one eq $three }
--- calls: 1



=== TEST 6: an empty tenant, and Plaid is not called
--- http_config
map $arg_x $tenant { default ""; }
--- location: plaid_seal on tenant=$tenant;
--- form: public_token=seal-6
--- outcome: 503 failed EXCHANGE_ERROR/EXCHANGE_UNAVAILABLE
--- calls: 0
--- error_log
no tenant or client_id to seal for



=== TEST 7: a tenant that is too long
--- http_config
map $uri $tenant { default "0123456789012345678901234567890123456789012345678901234567890123"; }
--- location: plaid_seal on "tenant=$tenant$tenant$tenant$tenant$tenant$tenant$tenant$tenant.";
--- form: public_token=seal-7
--- outcome: 503 failed EXCHANGE_ERROR/EXCHANGE_UNAVAILABLE
--- calls: 0



=== TEST 8: a redirect to where tokens are sealed
--- config
    location /t {
        plaid_exchange bank;
        error_page 502 = /other;
        proxy_pass http://127.0.0.1:1;
    }

    location /other {
        plaid_exchange bank;
        plaid_seal on;
        proxy_method POST;
        proxy_pass http://app;
    }
--- form: public_token=seal-8
--- response_body_like: X-Plaid-Access-Token: sealed1
--- calls: 1
--- error_log
connect() failed



=== TEST 9: keys are read again without a reload
--- location: plaid_seal on;
--- form: public_token=seal-9
--- response_body_like: X-Plaid-Access-Token: sealed1\.k1
--- check eval
sub { ::keys("$::K2\n$::K1\n");
      ::post('seal-9') =~ /^sealed1\.k2\./ }
--- timeout: 10



=== TEST 10: a file that does not parse leaves the last good keys
--- location: plaid_seal on;
--- form: public_token=seal-10
--- response_body_like: X-Plaid-Access-Token: sealed1\.k1
--- check eval
sub { ::keys("k2 nothing\n"); my $one = ::post('seal-10');
      sleep 1.1;
      unlink "$::Html/seal.keys"; sleep 1.5; my $two = ::post('seal-10');
      ::keys("$::K2\n$::K1\n");
      my $three = ::post('seal-10');
      $one =~ /^sealed1\.k1\./ && $one eq $two && $three =~ /^sealed1\.k2\./ }
--- timeout: 15



=== TEST 11: with one line in the log, and one when it is usable again
--- location: plaid_seal on;
--- form: public_token=seal-11
--- response_body_like: X-Plaid-Access-Token: sealed1\.k1
--- check eval
sub { ::keys("k2 nothing\n"); sleep 2.2; ::keys("$::K2\n");
      open my $fh, '<', "$::Html/../logs/error.log" or die $!;
      my $log = join '', <$fh>;
      my @bad = $log =~ /\[error\].*seal\.keys" has a key that is neither .*, line 1, keeping the previous keys/g;
      my @good = $log =~ /\[notice\].*"plaid_seal_key_file" .*seal\.keys" is usable again/g;
      @bad == 1 && @good == 1 }
--- timeout: 15



=== TEST 12: no keys
--- http_config eval
"#no keys\n"
--- config
    location /t {
        plaid_seal on;
        plaid_exchange bank;
    }
--- must_die
--- error_log eval
qr/\[emerg\].*"plaid_seal on" without "plaid_seal_key_file" in .*nginx\.conf:\d+/



=== TEST 13: a file that is not there
--- user_files
>>> other
x
--- location: plaid_seal on;
--- must_die
--- error_log eval
qr/\[emerg\].*"plaid_seal_key_file" ".*seal\.keys" cannot be opened/



=== TEST 14: a file that does not parse
--- user_files
>>> seal.keys
# keys
k1 x
--- location: plaid_seal on;
--- must_die
--- error_log eval
qr/\[emerg\].*seal\.keys" has a key that is neither 64 hex digits nor base64 of 32 bytes, line 2/



=== TEST 15: the legacy API
--- client
environment http://127.0.0.1:1;
api legacy;
--- location: plaid_seal on;
--- must_die
--- error_log eval
qr/\[emerg\].*"plaid_seal on" with plaid_client "bank", which uses the legacy API, in .*:\d+/



=== TEST 16: tenants that clients choose
--- location: plaid_seal on tenant=$http_x_tenant;
--- request
GET /t
--- error_code: 200
--- error_log eval
qr/\[warn\].*tenant of "plaid_seal" is "\$http_x_tenant", which clients choose/



=== TEST 17: a variable that is no client's choice is not warned about
--- http_config
map $remote_addr $http_tenant_x { default a; }
--- location: plaid_seal on "tenant=$server_name.$host";
--- form: public_token=seal-17
--- response_body_like: X-Plaid-Access-Token: sealed1
--- no_error_log
which clients choose



=== TEST 18: bad parameters
--- location: plaid_seal on tenants=x;
--- must_die
--- error_log
invalid parameter "tenants=x"



=== TEST 19: neither on nor off
--- location: plaid_seal yes;
--- must_die
--- error_log
invalid value "yes" in "plaid_seal" directive



=== TEST 20: the file can be read by others
--- init
chmod 0644, "$::Html/seal.keys";
--- location: plaid_seal on;
--- form: public_token=seal-20
--- response_body_like: X-Plaid-Access-Token: sealed1
--- error_log eval
qr/\[warn\].*seal\.keys" can be read by every user of the system/
