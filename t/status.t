# plaid_status: what is counted, for whom, how long it stays, and its formats.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Status;

master_on();
workers(2);
worker_connections(512);

plaid();

our $Browser = 'Accept: text/html,application/xhtml+xml,'
               . 'application/xml;q=0.9,*/*;q=0.8';
our $Scraper = 'Accept: application/openmetrics-text;version=1.0.0;q=0.5,'
               . 'text/plain;version=0.0.4;q=0.4,*/*;q=0.1';

sub put ($$) {
    my ($path, $text) = @_;

    unlink $path;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    chmod 0644, $path;
}

# Each value that $code has until it is $want; the last one.

sub becomes {
    my ($code, $want) = @_;

    my $got;

    for (1 .. 600) {
        $got = $code->();
        return $got if $got eq $want;
        select undef, undef, undef, 0.02;
    }

    return $got;
}

run_tests();

__DATA__

=== TEST 1: an exchange
--- plaid: slow.120
--- check scene
my $over = sub {
    my %count = map { $_->{le} => $_->{count} }
                @{ $_[0]{clients}{bank}{duration}{buckets} };
    return $count{'+Inf'} - $count{'0.1'};
};

my $before = since();
is(saw(post('status-1')), '200 exchanged access-status-1', 'exchanged');
is(more('exchanges.exchanged'), 1, 'counted');
is(more("exchanges.$_"), 0, "nothing $_")
    for qw( joined replayed rejected failed unknown );
is(more('duration.count'), 1, 'one call');
is(more('connections_opened') + more('connections_reused'), 1,
   'by one connection');

is($over->(figures()) - $over->($before), 1, 'over 100 ms');
ok(more('duration.sum') >= .11, 'the time');
is(figure('in_flight'), 0, 'nothing in flight');



=== TEST 2: joined and replayed, in several workers
--- plaid: onetime
--- check scene
since();
script('hold:ok');

my $first = post('status-2');
held(1);
my @others = map { post('status-2', on => $_) } spread(2);
settled();
is(figure('in_flight'), 1, 'one call in flight');
release();
saw($_) for $first, @others;

is(saw(post('status-2')), '200 replayed access-status-2', 'replayed');
is(more('exchanges.exchanged'), 1, 'exchanged');
is(more('exchanges.joined'), 2, 'joined');
is(more('exchanges.replayed'), 1, 'replayed');
is(more('duration.count'), 1, 'one call');
is(figure('in_flight'), 0, 'nothing in flight');

my $zone = figures()->{zones}{plaid_replay};
ok($zone->{used} >= 1 && $zone->{used} < $zone->{records}, 'zone use');
ok($zone->{joins} >= 2 && $zone->{hits} >= 1, 'of the zone');



=== TEST 3: rejected by Plaid, of a known and of a new type
--- plaid: onetime
--- check scene
since();
script('error.400.ITEM_ERROR.ITEM_LOCKED', 'error.400.MOON_ERROR.FULL_MOON',
       'error.400.INVALID_INPUT.INVALID_API_KEYS');
saw(post("status-3$_")) for qw( a b c );

is(more('exchanges.rejected'), 3, 'rejected');
is(more('failures.input'), 2, 'the input');
is(more('failures.operator'), 1, 'the operator');
is(more('errors.ITEM_ERROR'), 1, 'a type');
is(more('errors.INVALID_INPUT'), 1, 'another type');
is(more('errors.other'), 1, 'a type that nobody knows');
is(more('duration.count'), 3, 'three calls');



=== TEST 4: rejected by us: no call
--- location: plaid_exchange_required on;
--- check scene
since();
is(saw(post('status%204')),
   '400 rejected EXCHANGE_ERROR/INVALID_PUBLIC_TOKEN', 'a bad token');
is(saw(post('')), '400 rejected EXCHANGE_ERROR/MISSING_PUBLIC_TOKEN', 'none');
is(more('exchanges.rejected'), 2, 'rejected');
is(more('failures.token'), 1, 'a bad token');
is(more('failures.missing'), 1, 'none');
is(more('errors.EXCHANGE_ERROR'), 2, 'ours');
is(more('duration.count'), 0, 'no call');



=== TEST 5: nothing to do: nothing counted
--- check scene
since();
is(saw(post('')), '200 -', 'passed on');
is(more("exchanges.$_"), 0, "not $_")
    for qw( exchanged joined replayed rejected failed unknown );



=== TEST 6: lost after it was sent
--- plaid: reset
--- check scene
since();
is(saw(post('status-6')), '502 unknown EXCHANGE_ERROR/CONNECTION_LOST',
   'lost');
is(more('exchanges.unknown'), 1, 'unknown');
is(more('failures.lost'), 1, 'lost');



=== TEST 7: not connected, twice
--- client: environment http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
--- check scene
since();
is(saw(post('status-7')), '502 failed EXCHANGE_ERROR/CONNECT_FAILED',
   'refused');
is(more('exchanges.failed'), 1, 'failed');
is(more('failures.connect'), 1, 'connect');
is(more('retries.connect'), 1, 'tried again');
is(more('retries.rate_limit'), 0, 'for no other reason');
is(more('connections_reused'), 0, 'no connection');



=== TEST 8: a 429 that is waited for
--- plaid: ratelimitonce.1
--- check scene
since();
is(saw(post('status-8')), '200 exchanged access-status-8', 'the second');
is(more('retries.rate_limit'), 1, 'tried again');
is(more('retries.connect'), 0, 'for no other reason');
is(more('exchanges.exchanged'), 1, 'one post');
is(more('duration.count'), 1, 'one exchange');



=== TEST 9: the ceiling
--- plaid: hold
--- client: max_inflight 1;
--- check scene
since();
my ($one) = spread(1);
my $first = post('status-9a', on => $one);
held(1);

my ($two) = grep { $_->{pid} == $one->{pid} } spread(2);
is(saw(post('status-9b', on => $two)),
   '503 failed EXCHANGE_ERROR/TOO_MANY_EXCHANGES', 'refused');
release();
is(saw($first), '200 exchanged access-status-9a', 'the first');
is(more('limited'), 1, 'refused by the ceiling');
is(more('failures.busy'), 1, 'busy');



=== TEST 10: a connection is used again
--- check scene
since();
my ($one) = spread(1);
saw(post('status-10a', on => $one));
my ($two) = grep { $_->{pid} == $one->{pid} } spread(2);
saw(post('status-10b', on => $two));
ok(more('connections_reused') >= 1, 'reused');
ok(more('connections_opened') <= 1, 'opened');



=== TEST 11: the client is gone, the token is kept
--- plaid: hold
--- check scene
since();
my $c = post('status-11');
held(1);
hang_up($c);
release();
is(main::becomes(sub { more('unclaimed.kept') }, 1), 1, 'kept');
is(more('unclaimed.lost'), 0, 'not lost');
is(more('exchanges.exchanged'), 1, 'exchanged');



=== TEST 12: the client is gone, and so is the token
--- plaid: hold
--- location: plaid_replay off;
--- check scene
since();
my $c = post('status-12');
held(1);
hang_up($c);
release();
is(main::becomes(sub { more('unclaimed.lost') }, 1), 1, 'lost');
is(more('unclaimed.kept'), 0, 'not kept');
log_has('token discarded');



=== TEST 13: a worker is killed with a call in flight
--- plaid: hold
--- shutdown_error_log: exited on signal 9
--- check scene
since();
my ($one) = spread(1);
my $c = post('status-13', on => $one);
held(1);
is(figure('in_flight'), 1, 'in flight');
kill KILL => $one->{pid};
respawned($one->{pid});
release();
is(figure('in_flight'), 0, 'no more');



=== TEST 14: kept over a reload, with clients before and after
--- check scene
since();
saw(post('status-14a'));

reconfigure(sub {
    s/(?=plaid_client bank )/plaid_client front { environment sandbox;
      client_id a; secret b; } /;
});

is(more('exchanges.exchanged'), 1, 'still there');
is(figure('exchanges.exchanged', 'front'), 0, 'none of the new one');
saw(post('status-14b'));
is(more('exchanges.exchanged'), 2, 'counted on');
is(figure('exchanges.exchanged', 'front'), 0, 'none of the new one');

reconfigure(sub { s/plaid_client front \{.*?\} //s });
saw(post('status-14c'));
is(more('exchanges.exchanged'), 3, 'and on');



=== TEST 15: in flight over a reload
--- plaid: hold
--- check scene
my $c = post('status-15');
held(1);
reload();
is(figure('in_flight'), 1, "the old worker's");
release();
is(saw($c), '200 exchanged access-status-15', 'it has ended');
is(main::becomes(sub { figure('in_flight') }, 0), 0, 'none');



=== TEST 16: each client has its own
--- http_config
    plaid_client second {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/reset;
        client_id    an-id;
        secret       a-secret;
    }

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- config
    location /t {
        plaid_exchange bank;
        add_header X-Status $plaid_status always;
        proxy_pass http://app;
    }

    location /second {
        plaid_exchange second;
        add_header X-Status $plaid_status always;
        proxy_pass http://app;
    }
--- check scene
since();
is(saw(post('status-16', uri => '/second')), '502 unknown', 'unknown');
saw(post('status-16'));
is(more('exchanges.unknown', 'second'), 1, 'of the second');
is(more('exchanges.unknown'), 0, 'not of the first');
is(more('exchanges.exchanged', 'second'), 0, 'not of the second');
is(more('exchanges.exchanged'), 1, 'of the first');



=== TEST 17: spoofed headers, and those that are ours
--- check scene
my $all = sub { figures()->{spoofed_headers_removed} };
my $before = $all->();
saw(post('status-17', headers => [ 'X-Plaid-Status: exchanged',
                                   'X-PLAID-item-id: 1', 'X-Plaid: no' ]));
is($all->() - $before, 2, 'two of them');
saw(post('status-17'));
is($all->() - $before, 2, 'none of ours');



=== TEST 18: ours over an internal redirect
--- config
    location /t {
        plaid_exchange  bank;
        add_header      X-Status $plaid_status always;
        proxy_pass      http://app;
        proxy_intercept_errors on;
        error_page 500  /other;
    }

    location /other {
        proxy_pass      http://app;
    }
--- check scene
my $all = sub { figures()->{spoofed_headers_removed} };
my $before = $all->();
saw(post('status-18', uri => '/t?app=500'));
is($all->() - $before, 0, 'not counted');



=== TEST 19: credential files
--- user_files
>>> secret
one
--- client
client_id the-id;
secret_file ../html/secret;
--- check scene
my $file = main::server_root() . '/html/secret';
my $secret = sub {
    my ($one) = grep { $_->{name} eq 'secret' } @{ figures()->{credentials} };
    return $one;
};

is(scalar @{ figures()->{credentials} }, 1, 'of one file');
is($secret->()->{client}, 'bank', "the client's");
ok($secret->()->{usable}, 'usable');
ok($secret->()->{age} >= 0 && $secret->()->{age} < 60, 'its age');

# either worker may be the one that answers
my $both = sub {
    my ($want) = @_;
    main::becomes(sub {
        (grep { !!$secret->()->{usable} ne !!$want } 1 .. 20) ? 0 : 1
    }, 1);
};

unlink $file;
is($both->(0), 1, 'not usable');
my (undef, undef, $text) = get('/status');
like($text,
     qr/^plaid_credential_usable\{client="bank",credential="secret"\} 0$/m,
     'the same for Prometheus');
main::put($file, "two\n");
is($both->(1), 1, 'usable again');
log_has('is usable again');



=== TEST 20: Prometheus' format
--- check scene
saw(post('status-20'));
saw(post('status%20'));

my ($status, $head, $text) = get('/status');
is($status, 200, 'status');
like($head, qr{^Content-Type: text/plain; version=0\.0\.4; charset=utf-8\r?$}m,
     'type');
like($head, qr/^Cache-Control: no-store\r?$/m, 'not to be stored');
my ($length) = $head =~ /^Content-Length: (\d+)/m;
is($length, length $text, 'length');
is(join("\n", Plaid::Status::wrong($text)), '', 'as the format wants it');
like($text, qr/^plaid_build_info\{version="\d+\.\d+\.\d+",nginx="[\d.]+"\} 1$/m,
     'version');
like($text, qr/^plaid_exchanges_total\{client="bank",status="exchanged"\} [1-9]/m,
     'a counter');
unlike($text, qr/access-|public-|the-s3cret|the-id/, 'no secret');

my $promtool = `sh -c 'command -v promtool'`;
chomp $promtool;

if ($promtool) {
    open my $out, '|-', "$promtool check metrics > /dev/null"
        or die "$promtool: $!\n";
    print $out $text;
    ok(close $out, 'promtool has nothing to say');
}



=== TEST 21: both formats have the same numbers
--- check scene
saw(post('status-21'));

my (undef, undef, $text) = get('/status');
my $all = figures();
my %sample = map { ("$_->[0]\{$_->[1]}" => $_->[2]) } samples($text);
my %name = (exchanges => [ 'plaid_exchanges_total', 'status' ],
            failures => [ 'plaid_exchange_failures_total', 'cause' ],
            errors => [ 'plaid_exchange_errors_total', 'error_type' ],
            retries => [ 'plaid_exchange_retries_total', 'reason' ],
            unclaimed => [ 'plaid_exchanges_unclaimed_total', 'token' ]);
my $n = 0;

for my $key (sort keys %name) {
    my ($name, $label) = @{ $name{$key} };
    my $values = $all->{clients}{bank}{$key};

    for my $value (sort keys %$values) {
        is($sample{"$name\{client=\"bank\",$label=\"$value\"}"},
           $values->{$value}, "$name $value");
        $n++;
    }
}

is($n, 6 + 19 + 26 + 2 + 2, 'all of them');



=== TEST 22: to whom the page goes
--- check scene
my $type = sub {
    my ($uri, @headers) = @_;
    my (undef, $head) = get($uri, headers => \@headers);
    return $head =~ m{^Content-Type: (\w+/\w+)}m ? $1 : '';
};

is($type->('/status', $::Browser), 'text/html', 'a browser');
is($type->('/status', $::Scraper), 'text/plain', 'Prometheus');
is($type->('/status', 'Accept: */*'), 'text/plain', 'curl');
is($type->('/status', 'Accept: text/plain, text/html;q=0.5'), 'text/plain',
   'who likes text better');
is($type->('/status', 'Accept: text/plain;q=0.5, Text/HTML'), 'text/html',
   'who likes a page better');
is($type->('/status', 'Accept: text/html;q=0'), 'text/plain',
   'who wants no page');
is($type->('/status', 'Accept: text/html-like'), 'text/plain',
   'another type');
is($type->('/status?format=json', $::Browser), 'application/json',
   'a browser that says JSON');
is($type->('/status?format=prometheus', $::Browser), 'text/plain',
   'a browser that says Prometheus');
is($type->('/status?format=html'), 'text/html', 'who says HTML');



=== TEST 23: the page is whole
--- check scene
my ($status, $head, $page) = get('/status?format=html');
is($status, 200, 'status');
like($head, qr/^Cache-Control: no-store\r?$/m, 'not to be stored');
like($page, qr/\A<!DOCTYPE html>.*<\/html>\n\z/s, 'from start to end');
unlike($page, qr{(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(|\@import|<link|<img},
       'nothing from elsewhere');
unlike($page, qr/innerHTML|insertAdjacentHTML|document\.write|\beval\b/,
       'no figure is taken for HTML');

# each member that it reads is there

my $all = figures();
my ($client) = values %{ $all->{clients} };
my ($zone) = values %{ $all->{zones} };
my %top = (s => $all, client => $client, d => $client->{duration}, z => $zone);

for my $name (sort keys %top) {
    my %read = map { $_ => 1 } $page =~ /(?<![.\w])$name\.([a-z]\w*)\b(?!\()/g;
    ok(scalar keys %read, "$name is read");
    ok(exists $top{$name}{$_}, "$name.$_ is there") for sort keys %read;
}



=== TEST 24: other methods
--- check scene
my ($status, $head, $body) = get('/status', method => 'HEAD');
is($status, 200, 'HEAD');
like($head, qr/^Content-Length: [1-9]/m, 'its length');
is($body // '', '', 'no body');
is((get('/status', method => $_))[0], 405, $_)
    for qw( POST PUT DELETE OPTIONS );



=== TEST 25: a name of a zone that must be quoted
--- http_config
    plaid_replay_zone 'od"d\\one:64k';
--- location: plaid_replay 'od"d\\one';
--- check scene
saw(post('status-25'));

my (undef, undef, $text) = get('/status');
is(join("\n", Plaid::Status::wrong($text)), '', 'as the format wants it');
like($text, qr/^plaid_replay_zone_records\{zone="od\\"d\\\\one"\} [1-9]/m,
     'quoted');
is(figures()->{zones}{'od"d\\one'}{calls}, 1, 'in JSON, too');



=== TEST 26: the zone's name is taken
--- http_config
    plaid_replay_zone plaid_status:1m;
--- must_die
--- error_log: the shared memory zone "plaid_status" is already declared for a different use
--- suppress_stderr



=== TEST 27: without a client
--- http_config
    # no plaid_client bank here
--- config
    location /t {
        proxy_pass http://app;
    }
--- check scene
my $all = sub { figures()->{spoofed_headers_removed} };
my $before = $all->();
saw(post('status-27', headers => [ 'X-Plaid-Status: exchanged' ]));
is($all->() - $before, 1, 'headers are removed and counted all the same');

my ($status, undef, $text) = get('/status');
is($status, 200, 'status');
is(join("\n", Plaid::Status::wrong($text)), '', 'as the format wants it');



=== TEST 28: with neither a client nor plaid_status
--- http_config
    # no plaid_client bank here
    # no plaid_status
--- config
    location /t {
        proxy_pass http://app;
    }
--- request
GET /t
--- more_headers
X-Plaid-Status: exchanged
--- response_body
GET /t



=== TEST 29: included in a page, as a subrequest
--- config
    location = /figures {
        plaid_status;
    }

    location = /page.html {
        ssi on;
    }
--- user_files
>>> page.html
before <!--#include virtual="/figures?format=prometheus" --> after
--- request
GET /page.html
--- response_body_like: \Abefore # HELP plaid_build_info .*\n after\n\z
