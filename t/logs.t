# Logs: no token and no secret in any of them, whatever the log_format.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();

our $Formats = <<'END';
    map $http_x_plaid_access_token $mapped { default none; "~(.+)" "is $1"; }
    map $plaid_access_token $mapped_ours { default none; "~(.+)" "is $1"; }

    log_format all '$plaid_status|$plaid_item_id|$plaid_account_id|'
        '$plaid_request_id|$plaid_error_type|$plaid_error_code|'
        '$plaid_error_message|$plaid_environment|$plaid_exchange_time|'
        '$plaid_access_token|$http_x_plaid_access_token|$mapped|$mapped_ours|'
        '$http_x_plaid_status|$http_x_plaid_item_id|$auth|$set|'
        '$http_authorization|$request_body|$sent_http_x_token end';
END

# each block has a log of its own: one nginx may run them all
our $N = 0;

our $Config = <<'END';
    set $set "";
    set $auth "";

    location /t {
        plaid_exchange    bank;
        access_log        logs/allN.log all;
        set $auth "";
        proxy_set_header  Authorization "Bearer $plaid_access_token";
        proxy_set_header  X-Map "$mapped $mapped_ours";
        LOCATION
        proxy_pass        http://app;
    }

    location /err {
        log_subrequest    on;
        access_log        logs/allN.log all;
        return 200 "sorry\n";
    }

    location = /done {
        internal;
        access_log        logs/allN.log all;
        proxy_pass        http://app;
    }
END

# The log, once its line is there; in it, no word of a token but in
# the body, which is the client's own.

sub ::log_has {
    my ($want) = @_;

    my $file = Plaid::server_root() . "/logs/all$::N.log";
    my $text = '';

    for (1 .. 200) {
        open my $in, '<', $file or next;
        local $/;
        $text = <$in> // '';
        last if $text =~ $want;

    } continue {
        select undef, undef, undef, 0.01;
    }

    return $text =~ $want && $text !~ /access-|is |s3cret|Bearer/;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $location = $block->location // '';

    $block->set_value('http_config', $::Formats)
        unless defined $block->http_config;

    $::N++;
    (my $config = $::Config) =~ s/LOCATION/$location/;
    $config =~ s/allN/all$::N/g;
    $block->set_value('config', $config) unless defined $block->config;
});

run_tests();

__DATA__

=== TEST 1: a token
--- form: public_token=log-1
--- response_body_like: X-Plaid-Access-Token: access-log-1\n
--- check eval
sub { ::log_has(qr{^exchanged\|item-log-1\|-\|req-log-1\|-\|-\|-\|http://\S+\|\d\.\d{3}\|-\|-\|none\|none\|}) }
--- log_level: info
--- no_error_log
access-log
s3cret



=== TEST 2: a refused one
--- plaid: error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
--- form: public_token=log-2
--- error_code: 400
--- check eval
sub { ::log_has(qr{^rejected\|-\|-\|req-error\|INVALID_INPUT\|INVALID_PUBLIC_TOKEN\|the message of INVALID_PUBLIC_TOKEN\|http://\S+\|\d\.\d{3}\|-\|-\|none\|none\|}) }
--- log_level: info
--- no_error_log eval: [qr/log-2/, qr/s3cret/]



=== TEST 3: nothing to do
--- form: a=b
--- response_body_like: ^POST /t
--- check eval
sub { ::log_has(qr{^-\|-\|-\|-\|-\|-\|-\|http://\S+\|-\|-\|-\|none\|none\|}) }



=== TEST 4: nobody's location
--- request
GET /err
--- more_headers
X-Plaid-Access-Token: access-evil
--- response_body
sorry
--- check eval
sub { ::log_has(qr{^-\|-\|-\|-\|-\|-\|-\|-\|-\|-\|-\|none\|none\|-\|-\|}) }



=== TEST 5: the token was used by set, in the location
--- location: set $set "$http_x_plaid_access_token$plaid_access_token";
--- form: public_token=log-5
--- response_body_like: X-Plaid-Access-Token: access-log-5\n
--- check eval: sub { ::log_has(qr{^exchanged\|}) }
--- log_level: info
--- no_error_log
access-log



=== TEST 6: an error page of the app's failure
--- location: proxy_intercept_errors on; error_page 500 /err;
--- uri: /t?app=500
--- form: public_token=log-6
--- error_code: 500
--- check eval: sub { ::log_has(qr{^exchanged\|item-log-6\|}) }



=== TEST 7: subrequests are logged, too
--- location: ssi on; ssi_types text/plain;
--- uri: /t?include=/err
--- form: public_token=log-7
--- response_body_like: sorry
--- check eval: sub { ::log_has(qr{\Aexchanged\|item-log-7\|.*end\nexchanged\|item-log-7\|.*end\n\z}s) }



=== TEST 8: post_action
--- location: post_action /done;
--- form: public_token=log-8
--- response_body_like: X-Plaid-Access-Token: access-log-8\n
--- check eval: sub { ::log_has(qr{^exchanged\|item-log-8\|}) }



=== TEST 9: the app is not there: error.log has the request, not the token
--- http_config eval
$main::Formats . <<'END';
    upstream app { server 127.0.0.1:$TEST_NGINX_REFUSED_PORT; }
END
--- form: public_token=log-9
--- error_code: 502
--- check eval: sub { ::log_has(qr{^exchanged\|item-log-9\|}) }
--- log_level: info
--- error_log: connect() failed
--- no_error_log
access-log
s3cret



=== TEST 10: the app closes without a word
--- http_config eval
$main::Formats . <<'END';
    upstream app { server 127.0.0.1:$TEST_NGINX_RESET_PORT; }
END
--- form: public_token=log-10
--- error_code: 502
--- check eval: sub { ::log_has(qr{^exchanged\|item-log-10\|}) }
--- log_level: info
--- error_log eval: qr/upstream prematurely closed|Connection reset/
--- no_error_log
access-log



=== TEST 11: an operator's fault, with the keys in Plaid's answer
--- plaid: echo
--- form: public_token=log-11-long-enough
--- error_code: 400
--- check eval: sub { ::log_has(qr{^rejected\|}) }
--- log_level: info
--- no_error_log
log-11-long-enough
s3cret



=== TEST 12: one line for a failure
--- plaid: reset
--- form: public_token=log-12
--- error_code: 502
--- log_level: info
--- grep_error_log eval: qr/plaid exchange \w+: \w+/
--- grep_error_log_out
plaid exchange unknown: lost



=== TEST 13: none for a success
--- form: public_token=log-13
--- log_level: info
--- response_body_like: access-log-13
--- no_error_log
plaid exchange



=== TEST 14: a body that is not searched, at info, without its contents
--- json: {"public_token":"log-14"
--- log_level: info
--- response_body_like: ^POST /t
--- grep_error_log eval: qr/\[\w+\] .*plaid exchange: request body not searched, .*?, client/
--- grep_error_log_out eval: qr/^\[info\] [^{}]*\n\z/
--- no_error_log
log-14



=== TEST 15: not at notice
--- json: {"public_token":"log-15"
--- log_level: notice
--- response_body_like: ^POST /t
--- no_error_log
plaid exchange



=== TEST 16: no secret in the debug log
--- form: public_token=log-16
--- log_level: debug
--- response_body_like: access-log-16
--- no_error_log
the-s3cret



=== TEST 17: the client goes before the answer
--- plaid: slow.300
--- form: public_token=log-17
--- abort
--- timeout: 0.1
--- ignore_response
--- wait: 0.5
--- calls: 1
--- check eval: sub { ::log_has(qr{end\n}) }
--- log_level: info
--- no_error_log
access-log



=== TEST 18: nginx -T has no token, and no secret of a file
--- http_config eval
$main::Formats . <<'END';
    plaid_client bank {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT;
        client_id    the-id;
        secret_file  $TEST_NGINX_SERVER_ROOT/html/secret;
    }
END
--- user_files
>>> secret
file-s3cret
--- form: public_token=log-18
--- response_body_like: X-Plaid-Access-Token: access-log-18\n
--- sent
PLAID-SECRET: file-s3cret
--- check eval
sub { my $root = Plaid::server_root();
      my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
      my $dump = `$nginx -T -e $root/logs/T.log -p $root/ -c $root/conf/nginx.conf 2>&1`;
      $dump =~ /secret_file/ && $dump !~ /file-s3cret|access-log/ }



=== TEST 19: a flood of bad tokens is one warning a second
--- request eval: [map { "POST /t\npublic_token=b%20d$_" } 1 .. 40]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 40]
--- error_code eval: [(400) x 40]
--- check eval
sub { my $root = Plaid::server_root();
      open my $in, '<', "$root/logs/error.log" or return 0;
      my @lines = grep { /plaid exchange rejected: token/ } <$in>;
      my %second;
      /^(\S+ \S+) \[warn\]/ && $second{$1}++ for @lines;
      @lines >= 40 && keys %second && !grep { $_ > 1 } values %second }
