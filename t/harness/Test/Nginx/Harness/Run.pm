package Test::Nginx::Harness::Run;

# Runs blocks: nginx up (or reloaded), requests, checks, nginx down.

use strict;
use warnings;

use File::Path ();
use List::Util qw( shuffle );
use Scalar::Util qw( looks_like_number );
use Test::More ();
use Time::HiRes qw( sleep time );

use Test::Nginx::Util
    qw( bail_out parse_time slow canon_version nginx_version );
use Test::Nginx::Harness::Block ();
use Test::Nginx::Harness::Check
    qw( check_response check_error_log check_access_log check_shutdown_log
        bad_lines );
use Test::Nginx::Harness::Client qw( exchange parse_response );
use Test::Nginx::Harness::Config
    qw( setup_root write_user_files write_config );
use Test::Nginx::Harness::Log qw( begin_block shutdown_lines );
use Test::Nginx::Harness::Mock qw( mock_start mock_finish );
use Test::Nginx::Harness::Process
    qw( start reload stop is_alive exited wait_exit stderr_text reports );
use Test::Nginx::Harness::Request qw( build );

# A config error ends nginx at once; this only bounds one that does not.
my $DIE_TIMEOUT = 10;

my $Owner = $$;
my $Seed;
my $FirstTime = 1;
my $Cleaned;

# The block that the running nginx was started for.
my $Prev;


sub run_blocks {
    my (@blocks) = @_;

    $_->validate for @blocks;

    if (!$Test::Nginx::Util::NoShuffle) {
        $Seed = $ENV{TEST_NGINX_SEED} // int rand 2 ** 31;
        srand $Seed;
        @blocks = shuffle @blocks;
    }

    local $SIG{INT}  = sub { exit 130 };
    local $SIG{TERM} = sub { exit 143 };

    for my $block (@blocks) {
        $_->($block) for @Test::Nginx::Util::BlockPreprocessors;
        $block->validate;
        $block->set_value('name', "$0 " . $block->name);

        run_block($block);
        $_->($block) for @Test::Nginx::Util::TestCleanupHandlers;
    }

    cleanup();
}


sub run_block {
    my ($block) = @_;

    my $name = $block->name;

    bail_out("$name - no config section") unless $block->has('config');

    Test::Nginx::Util::clear_rand_ports();

    my $times = $Test::Nginx::Util::RepeatEach;
    my ($skip, $n, $reason) = must_skip($block);

    if ($skip) {
        for (1 .. $times) {
            SKIP: { Test::More::skip("$name - $reason", $n) }
        }
        return;
    }

    if (my $todo = $block->get('todo')) {
        my ($count, $why) = $todo =~ /^\s*(\d+)\s*:\s*(.*)/s
            or bail_out("$name - bad todo \"$todo\"");

        for (1 .. $times) {
            TODO: { Test::More::todo_skip("$name - $why", $count) }
        }
        return;
    }

    return run_must_die($block) if $block->has('must_die');

    if ($Test::Nginx::Util::UseHup && is_alive()) {
        return unless reload_for($block);

    } else {
        return unless start_for($block);
    }

    $Prev = $block;

    eval_init($block);

    for my $round (0 .. $times - 1) {
        mock_start($block);
        write_user_files($block) if $round;

        my $ok = eval { run_requests($block, $round); 1 };

        Test::More::fail("$name - $@") unless $ok;
        mock_finish($block, $ok);
    }
}


# Returns whether to skip, how many assertions, and why.

sub must_skip {
    my ($block) = @_;

    my $name = $block->name;

    if (defined(my $spec = $block->get('skip_eval'))) {
        my ($n, $code) = $spec =~ /^\s*(\d+)\s*:\s*(.*)/s
            or bail_out("$name - bad skip_eval \"$spec\"");
        my $skip = eval "package Test::Nginx::Util; no strict; $code";

        bail_out("$name - skip_eval failed: $@") if $@;
        return (1, $n, 'skip_eval') if $skip;
    }

    my $spec = $block->get('skip_nginx') // return 0;

    my ($n, $op, $version, $why) = $spec =~
        /^\s*(\d+)\s*:\s*([<>]=?)\s*([\d.]+)\s*(?::\s*(.*?))?\s*\z/s
        or bail_out("$name - bad skip_nginx \"$spec\"");

    my $have = nginx_version();
    my $than = canon_version(split /\./, $version);
    my $skip = $op eq '<'  ? $have < $than
             : $op eq '<=' ? $have <= $than
             : $op eq '>'  ? $have > $than
             :               $have >= $than;

    return ($skip, $n, $why || "nginx version $op $version");
}


sub prepare {
    my ($block, $keep) = @_;

    kill_stale() if $FirstTime;
    $FirstTime = 0;

    setup_root($keep);
    write_user_files($block);
    write_config($block);
}


# An nginx that an interrupted run has left behind on this server root.

sub kill_stale {
    my $pid = Test::Nginx::Harness::Process::slurp(
                  $Test::Nginx::Util::PidFile);

    return unless $pid =~ /^(\d+)$/;
    $pid = $1;

    my $command = Test::Nginx::Harness::Process::slurp("/proc/$pid/cmdline");

    return if index($command, $Test::Nginx::Util::ConfFile) < 0;

    kill TERM => $pid;

    for (1 .. 100) {
        return unless kill 0, $pid;
        sleep 0.02;
    }

    kill KILL => $pid;
}


sub start_for {
    my ($block) = @_;

    finish_previous();
    prepare($block, 0);
    begin_block(0, 0);

    return 1 if start();

    Test::More::fail($block->name . ' - nginx did not start');
    Test::More::diag(stderr_text());
    stop();

    return 0;
}


sub reload_for {
    my ($block) = @_;

    my $error_pos  = -s $Test::Nginx::Util::ErrLogFile // 0;
    my $access_pos = -s $Test::Nginx::Util::AccLogFile // 0;

    prepare($block, 1);

    my @refused;
    my @old = reload(sub {
        my ($lines) = Test::Nginx::Harness::Log::read_from(
                          $Test::Nginx::Util::ErrLogFile, $error_pos);

        @refused = grep { /\[emerg\]/ } @$lines;
        return scalar @refused;
    });

    if (!@old) {
        Test::More::fail($block->name . ' - nginx did not reload');
        Test::More::diag(@refused);
        finish_previous();
        return 0;
    }

    if ($Prev) {
        my $lines = shutdown_lines(@old);

        check_shutdown_log($Prev, $lines, 1);
        report_bad($Prev, 'at reload', bad_lines($Prev, $lines));
    }

    begin_block($error_pos, $access_pos, @old);

    return 1;
}


sub report_bad {
    my ($block, $when, @bad) = @_;

    return unless @bad;

    Test::More::fail($block->name . " - unexpected $when");
    Test::More::diag(@bad);
}


# Ends the running nginx and checks how it went.

sub finish_previous {
    my $block = $Prev or return;

    undef $Prev;

    my (undef, @wrong) = stop();
    my $lines = shutdown_lines();

    check_shutdown_log($block, $lines, $Test::Nginx::Util::UseHup);
    report_bad($block, 'lines in the error log at exit',
               bad_lines($block, $lines));
    report_bad($block, 'end of nginx', @wrong);
    report_bad($block, 'report', reports());
}


# nginx must refuse the configuration; repeated as the original does.

sub run_must_die {
    my ($block) = @_;

    my $name = $block->name;
    my $want = $block->get('must_die');

    finish_previous();
    prepare($block, 0);

    for my $round (0 .. $Test::Nginx::Util::RepeatEach - 1) {
        begin_block(-s $Test::Nginx::Util::ErrLogFile // 0, 0);

        my $started = start(plain => 1);
        my $status  = $started ? 0 : wait_exit($DIE_TIMEOUT * slow()) // 0;
        my $code    = $status >> 8;

        if ($status & 127) {
            Test::More::fail("$name - killed by signal " . ($status & 127));

        } elsif (looks_like_number($want)) {
            Test::More::is($code, $want,
                           "$name - die with the expected exit code");

        } else {
            Test::More::isnt($status, 0, "$name - die as expected");
        }

        stop();
        Test::More::diag(stderr_text()) if $Test::Nginx::Util::Verbose;
        check_error_log($block, $round);
        report_bad($block, 'report', reports());
    }
}


sub eval_init {
    my ($block) = @_;

    my $code = $block->get('init') // return;

    eval "package Test::Nginx::Util; no strict; no warnings; $code";
    bail_out($block->name . " - init failed: $@") if $@;
}


sub run_requests {
    my ($block, $round) = @_;

    my $requests = build($block);
    my $pipeline = $block->get('pipelined_requests');
    my $expected = $pipeline ? @$pipeline : @$requests;
    my $raw;

    for my $i (0 .. $expected - 1) {
        my $packets = $requests->[$pipeline ? 0 : $i];

        $raw = exchange($block, $packets) // ''
            if !$pipeline || $i == 0;

        Test::More::diag("response: $raw") if $Test::Nginx::Util::Verbose;

        if (!$block->has('ignore_response')) {
            $raw = check_one($block, $raw, $packets, $i, $expected > 1,
                             $round);
        }

        sleep(parse_time($block->get('wait')) // 0);

        check_error_log($block, $round);
        check_access_log($block, $round)
            unless $block->has('ignore_response');
    }
}


# Checks one response; returns what follows it on the connection.

sub check_one {
    my ($block, $raw, $packets, $i, $many, $round) = @_;

    my $name = $block->name;
    my $head = join('', map { $_->{value} } @$packets) =~ /^\s*HEAD\s/;
    my ($res, $headers, $left) = parse_response($name, $raw, $head);

    check_response({ block => $block, name => $name, res => $res,
                     headers => $headers, i => $i, many => $many,
                     round => $round });

    if (!$block->has('pipelined_requests') && defined $left && $left ne '') {
        Test::More::diag("$name - bytes after the response: $left");
    }

    return $left // '';
}


sub cleanup {
    return if $$ != $Owner || $ENV{TEST_NGINX_NO_CLEAN};

    mock_finish($Prev, 0) if $Prev;
    finish_previous();
    stop();

    if (!$Cleaned++) {
        $_->() for @Test::Nginx::Util::CleanupHandlers;
    }

    if ($Test::Nginx::Util::Randomize
        && $Test::Nginx::Util::ServRoot =~ m{/t/servroot_\d+\z}
        && Test::More->builder->is_passing)
    {
        File::Path::remove_tree($Test::Nginx::Util::ServRoot);
    }
}


END {
    local $?;

    cleanup();

    if ($$ == $Owner && defined $Seed && !Test::More->builder->is_passing) {
        Test::More::diag("block order: TEST_NGINX_SEED=$Seed");
    }
}


1;
