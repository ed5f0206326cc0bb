# What this harness must not let pass.  Each case is a test file of its own
# that is run in a child process; what is looked at is its verdict.

use strict;
use warnings;

use Cwd qw( getcwd );
use File::Temp qw( tempdir );
use IO::Socket::INET ();
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $top = getcwd();
my $n   = 0;


sub free_port {
    my $sock = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "no port: $!\n";

    return $sock->sockport;
}


# Runs blocks; returns whether all was well, the output, and the number of
# assertions.

sub run_file {
    my ($blocks, %option) = @_;

    my $path = "$dir/case" . ++$n . '.t';
    my $use  = $option{use} // 'Test::Nginx::Socket';
    my $code = $option{code} // '';

    open my $out, '>', $path or die "$path: $!\n";
    print $out "use lib '$top/t';\nuse $use 'no_plan';\nno_shuffle();\n",
               "$code\nrun_tests();\n__DATA__\n\n$blocks";
    close $out;

    local %ENV = (%ENV, TEST_NGINX_SERVROOT => "$dir/servroot",
                  TEST_NGINX_SERVER_PORT => free_port(),
                  %{ $option{env} // {} });

    delete @ENV{qw( TEST_NGINX_RANDOMIZE TEST_NGINX_LOAD_MODULES )};

    my $text = `$^X -I$top/t/harness $path 2>&1`;
    my ($count) = $text =~ /^1\.\.(\d+)$/m;

    return ($? == 0 && $text !~ /^not ok/m, $text, $count // 0);
}


sub passes {
    my ($name, $count, $blocks, %option) = @_;

    my ($ok, $text, $got) = run_file($blocks, %option);

    ok($ok, "$name: passes") or diag($text);
    is($got, $count, "$name: assertions") or diag($text);
}


sub fails {
    my ($name, $why, $blocks, %option) = @_;

    my ($ok, $text) = run_file($blocks, %option);

    ok(!$ok, "$name: fails") or diag($text);
    like($text, $why, "$name: says why");
}


my $get = "=== TEST 1: a\n--- config\nlocation = /t { return 200 ok; }\n"
          . "--- request\nGET /t\n";

my $crit = "=== TEST 1: a\n--- config\nlocation = /t {"
           . " proxy_pass http://unix:/nonexistent.sock:/; }\n"
           . "--- request\nGET /t\n--- error_code: 502\n";

passes('a plain block', 1, $get);
passes('a body', 2, "$get--- response_body: ok\n");
fails('a wrong status', qr/status code ok/, "$get--- error_code: 201\n");
fails('a wrong body', qr/response is expected/, "$get--- response_body: no\n");
fails('a body unlike', qr/response_body_like/,
      "$get--- response_body_like: ^x\n");
fails('a wrong header', qr/header Content-Length ok/,
      "$get--- response_headers\nContent-Length: 3\n");
fails('a header that must be absent', qr/no header content-length/,
      "$get--- response_headers\n! content-length\n");
fails('a missing log line', qr/"gone" matches a line/,
      "$get--- error_log\nhttp request line\ngone\n");
fails('a banned log line', qr/"http request line" does not match/,
      "$get--- no_error_log\nhttp request line\n");
fails('a missing access log line', qr/"POST" matches a line/,
      "$get--- access_log\nPOST\n");
fails('a banned access log line', qr/"GET" does not match/,
      "$get--- no_access_log\nGET\n");
fails('grepped text', qr/grep_error_log_out/,
      "$get--- grep_error_log: http request line\n"
      . "--- grep_error_log_out\nanother\n");
fails('a line at exit', qr/"exit" does not match/,
      "$get--- no_shutdown_error_log\nexit\n");

fails('an unknown section', qr/unknown section "no_eror_log"/,
      "$get--- no_eror_log\n[error]\n");
fails('an unknown accessor', qr/unknown section "requets"/, $get,
      code => 'add_block_preprocessor(sub { $_[0]->requets });');
fails('a section twice', qr/duplicate section "error_code"/,
      "$get--- error_code: 200\n--- error_code: 200\n");
fails('two that exclude each other', qr/exclude each other/,
      "$get--- response_body: ok\n--- response_body_like: ok\n");
fails('a Perl error', qr/no_error_log: syntax error/,
      "$get--- no_error_log eval\n[qr/a/,,}\n");
fails('patterns without a pattern', qr/no_error_log names no pattern/,
      "$get--- no_error_log\n");
fails('no config', qr/no config section/,
      "=== TEST 1: a\n--- request\nGET /\n");
fails('no such environment', qr/no environment TEST_NGINX_NONE/,
      "=== TEST 1: a\n--- config\n# \$TEST_NGINX_NONE\n--- request\nGET /\n");
passes('a section of the file itself', 1, "$get--- mine: 1\n", code =>
       'push @Test::Nginx::Socket::ExtraSections, qw( mine );');

fails('a [crit] line', qr/unexpected lines.*\[crit\]/s, $crit);
passes('a [crit] line that is asked for', 2,
       "$crit--- error_log\nconnect() to unix:/nonexistent.sock failed\n");
passes('a [crit] line that is asked for by level', 2,
       "$crit--- error_log\n[crit]\n");
fails('another line asked for', qr/unexpected lines/,
      "$crit--- error_log\nhttp request line\n");

fails('a [crit] line with Plaid', qr/not ok \d+ - .*TEST 1: a - pattern/,
      $crit, use => 'Plaid');
passes('Plaid asserts on both logs', 3, $get, use => 'Plaid');
passes('Plaid keeps the patterns of the block', 4,
       "$get--- no_error_log\n[error]\n", use => 'Plaid');
passes('Plaid and a [crit] line that is asked for', 4,
       "$crit--- error_log\nconnect() to unix:/nonexistent.sock failed\n",
       use => 'Plaid');

my $die = "=== TEST 1: a\n--- must_die%s\n--- config\n%s;\n";

passes('a refusal', 1, sprintf $die, '', 'bogus');
fails('no refusal', qr/die as expected/, sprintf $die, '', 'tcp_nopush on');
fails('another exit code', qr/expected exit code/, sprintf $die, ': 2',
      'bogus');
fails('a server that does not start', qr/nginx did not start.*"bogus"/s,
      "=== TEST 1: a\n--- config\nbogus;\n--- request\nGET /\n");

my $slow = "=== TEST 1: a\n--- config\nlocation = /t { limit_rate 1; return "
           . "200 xxxxxxxxxxxxxxx; }\n--- request\nGET /t\n"
           . "--- ignore_response\n--- timeout: 0.2\n";

fails('a client that waits too long', qr/client socket timed out/, $slow);
passes('a client that leaves', 1,
       "$slow--- abort\n--- no_error_log\n[error]\n");

my $mock = "=== TEST 1: a\n--- config\nlocation = /t { proxy_pass "
           . "http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1; }\n"
           . "--- request\nGET /t\n--- tcp_listen: \$TEST_NGINX_RAND_PORT_1\n"
           . "--- tcp_reply eval\n\"HTTP/1.0 200 OK\\r\\n\\r\\nok\"\n";

passes('a mock', 1, $mock);
fails('a query of the mock', qr/tcp_query ok/, "$mock--- tcp_query: x\n");
fails('its length', qr/tcp_query_len ok/, "$mock--- tcp_query_len: 1\n");

my $kill = "$get--- response_body_filters eval\nsub { kill %s => "
           . "Test::Nginx::Harness::Process::slurp("
           . "\$Test::Nginx::Util::PidFile) + 0; sleep 1; \$_[0] }\n";

fails('an nginx that dies', qr/nginx ended on its own/, sprintf $kill,
      "'TERM'");
fails('an nginx that is killed', qr/unexpected end of nginx/, sprintf $kill,
      "'KILL'");
fails('a report of a sanitizer', qr/unexpected report.*overflow/s,
      "$get--- response_body_filters eval\nsub { open my \$o, '>', "
      . "\"\$Test::Nginx::Util::ReportDir/asan.1\"; print \$o 'overflow'; "
      . "\$_[0] }\n");

(my $other = $get) =~ s/TEST 1: a/TEST 2: b/;
$other =~ s/\bok\b/other/;

my $two = "$get--- response_body: ok\n\n$other--- response_body: other\n";
my %hup = (env => { TEST_NGINX_USE_HUP => 1 });

passes('a reload', 4, $two, %hup);
passes('a refusal between reloads', 5,
       "$two\n" . sprintf($die, '', 'bogus') =~ s/TEST 1/TEST 3/r, %hup);
fails('a refused reload', qr/nginx did not reload.*"bogus"/s,
      "$get\n=== TEST 2: b\n--- config\nbogus;\n--- request\nGET /\n", %hup);
fails('a [crit] line after a reload', qr/TEST 1: a - the error log has/,
      "$other--- response_body: other\n\n$crit", %hup);

done_testing();
