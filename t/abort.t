# A client that goes away does not cancel an exchange that has begun.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

# Clients that post a token, once Plaid has them.

sub ::posts {
    my ($n, $name) = @_;

    my $held = Plaid::Side::ask('held');
    my @clients = map {
        Plaid::Side::post(Plaid::server_port(), '/t', "$name$_")
    } 1 .. $n;

    Plaid::Side::await('held', $held + $n);

    return @clients;
}

our @Clients;

# each block has a log of its own: one nginx may run them all
our $N = 0;

our $Config = <<'END';
    location /t {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        access_log      logs/abortN.log abort;
        proxy_pass      http://app;
    }

    location = /hello {
        return 200 "hello\n";
    }
END

our $Http = <<'END';
    log_format abort '$status $plaid_status end';
END

sub ::logged {
    my ($n, $want) = @_;

    my $file = Plaid::server_root() . "/logs/abort$::N.log";

    return Plaid::Side::soon(sub {
        open my $in, '<', $file or return 0;
        return $n == grep { $_ =~ $want } <$in>;
    });
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $::N++;
    (my $config = $::Config) =~ s/abortN/abort$::N/;

    $block->set_value('config', $config) unless defined $block->config;
    $block->set_value('http_config', $::Http . ($block->http_config // ''));
});

run_tests();

__DATA__

=== TEST 1: gone while Plaid thinks
--- plaid: hold
--- init
@main::Clients = ::posts(1, 'ab-1-'); close $_ for @main::Clients;
--- request
GET /hello
--- response_body
hello
--- check eval
sub { ::logged(1, qr/^499 /)
      && Plaid::Side::ask('open') == 1
      && Plaid::Side::ask('release') == 1
      && Plaid::Side::ask('app') == 0 }
--- calls: 1



=== TEST 2: twenty of them
--- plaid: hold
--- init
@main::Clients = ::posts(20, 'ab-2-'); close $_ for @main::Clients;
--- request
GET /hello
--- response_body
hello
--- check eval
sub { ::logged(20, qr/^499 /)
      && Plaid::Side::ask('held') == 20
      && Plaid::Side::ask('release') == 20
      && Plaid::Side::ask('app') == 0 }
--- calls: 20



=== TEST 3: their places are free again when Plaid has answered
--- plaid: hold
--- client: max_inflight 2;
--- init
@main::Clients = ::posts(2, 'ab-3-'); close $_ for @main::Clients;
--- form: public_token=ab-3-x
--- error_code: 503
--- calls: 3
--- check eval
sub {
    return 0 if Plaid::Side::ask('release') != 2;

    my ($client) = ::posts(1, 'ab-3-y');

    return 0 if Plaid::Side::ask('release') != 1;

    return Plaid::Side::answer($client) =~ /X-Status: exchanged\r\n/;
}



=== TEST 4: gone, and Plaid never answers
--- plaid: hang
--- client: timeout 300ms;
--- form: public_token=ab-4
--- timeout: 0.1
--- abort
--- ignore_response
--- wait: 0.6
--- calls: 1
--- app_calls: 0



=== TEST 5: gone, and Plaid resets
--- plaid: slow.300
--- init
@main::Clients = Plaid::Side::post(Plaid::server_port(), '/t', 'ab-5');
Plaid::Side::await('calls', 1);
close $_ for @main::Clients;
--- request
GET /hello
--- response_body
hello
--- check eval: sub { ::logged(1, qr/^499 /) }
--- wait: 0.5
--- calls: 1
--- app_calls: 0



=== TEST 6: one goes, the others stay
--- plaid: hold
--- init
@main::Clients = ::posts(5, 'ab-6-'); close $main::Clients[2];
--- request
GET /hello
--- response_body
hello
--- check eval
sub {
    return 0 if !::logged(1, qr/^499 /) || Plaid::Side::ask('release') != 5;

    return 4 == grep {
        Plaid::Side::answer($_) =~ /X-Plaid-Access-Token: access-ab-6-\d\n/
    } @main::Clients[0, 1, 3, 4];
}
--- calls: 5
--- app_calls: 4



=== TEST 7: a reset instead of an end
--- plaid: hold
--- init
@main::Clients = ::posts(3, 'ab-7-');
for (@main::Clients) { setsockopt $_, 1, 13, pack 'II', 1, 0; close $_ }
--- request
GET /hello
--- response_body
hello
--- check eval
sub { ::logged(3, qr/^499 /) && Plaid::Side::ask('release') == 3 }
--- calls: 3



=== TEST 8: the next request is already there
--- plaid: slow.100
--- pipelined_requests eval
["POST /t\npublic_token=ab-8a", "POST /t\npublic_token=ab-8b", "GET /hello"]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_body_like eval
['access-ab-8a\n', 'access-ab-8b\n', '^hello\n\z']
--- calls: 2



=== TEST 9: much of it is already there
--- plaid: slow.100
--- pipelined_requests eval
["POST /t\npublic_token=ab-9a", map { "GET /hello?" . 'x' x 900 } 1 .. 20]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_body_like eval: ['access-ab-9a\n', ('^hello\n\z') x 20]
--- calls: 1



=== TEST 10: gone while the body comes
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
. "Content-Type: application/x-www-form-urlencoded\r\n\r\npublic_token=ab"
--- timeout: 0.1
--- abort
--- ignore_response
--- wait: 0.2
--- calls: 0
--- app_calls: 0



=== TEST 11: gone while the app thinks
--- init
@main::Clients = Plaid::Side::post(Plaid::server_port(), '/t?hold=1', 'ab-11');
Plaid::Side::await('app_held', 1);
close $_ for @main::Clients;
--- request
GET /hello
--- response_body
hello
--- check eval
sub { ::logged(1, qr/^499 exchanged /)
      && Plaid::Side::ask('app_release') == 1 }
--- calls: 1



=== TEST 12: no file is left open
--- plaid: hold
--- client: keepalive 0;
--- init
our $Pid = Plaid::Side::worker(Plaid::server_root());
# the first call opens what is kept
@main::Clients = ::posts(1, 'ab-12-x'); Plaid::Side::ask('release');
Plaid::Side::answer($_) for @main::Clients;
our $Before;
Plaid::Side::soon(sub { $Before = Plaid::Side::fds($Pid); Plaid::Side::ask('open') == 0 });
$Before = Plaid::Side::fds($Pid);
@main::Clients = ::posts(10, 'ab-12-'); close $_ for @main::Clients;
--- request
GET /hello
--- response_body
hello
--- check eval
sub {
    return 0 if Plaid::Side::ask('release') != 10;

    return Plaid::Side::soon(sub {
        Plaid::Side::fds($Test::Nginx::Util::Pid)
        <= $Test::Nginx::Util::Before
    });
}
