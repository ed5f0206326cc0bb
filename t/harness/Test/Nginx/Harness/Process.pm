package Test::Nginx::Harness::Process;

# The nginx under test.  It runs as a child with "daemon off", so that its
# exit status (a sanitizer's, valgrind's) is seen.

use strict;
use warnings;

use Exporter 'import';
use POSIX qw( WNOHANG _exit );
use Text::ParseWords qw( shellwords );
use Time::HiRes qw( sleep time );

use Test::Nginx::Util qw( slow );

our @EXPORT_OK = qw( start reload stop is_alive exited wait_exit stderr_text
                     reports );

my $START_TIMEOUT  = 10;
my $RELOAD_TIMEOUT = 10;

# Longer than any request in flight that a test may leave behind: a graceful
# exit waits for an exchange, and an exchange for its "timeout".
my $STOP_TIMEOUT   = 20;

my $Pid;
my $Status;


sub is_alive {
    return defined $Pid && !defined exited();
}


# The wait status of the child, undef while it runs.

sub exited {
    if (defined $Pid && !defined $Status && waitpid($Pid, WNOHANG) == $Pid) {
        $Status = $?;
    }

    return $Status;
}


sub wait_exit {
    my ($seconds) = @_;

    my $end = time + $seconds;

    until (defined exited()) {
        return undef if time > $end;
        sleep 0.005;
    }

    return $Status;
}


sub command {
    my ($plain) = @_;

    my @nginx = ($Test::Nginx::Util::NginxBinary,
                 '-e', $Test::Nginx::Util::ErrLogFile,
                 '-p', "$Test::Nginx::Util::ServRoot/",
                 '-c', $Test::Nginx::Util::ConfFile);

    my $use = $Test::Nginx::Util::UseValgrind;

    return @nginx if !$use || $plain;

    my @options = $use =~ /^\d+\z/
                  ? qw( --leak-check=full --show-leak-kinds=definite
                        --errors-for-leak-kinds=definite --num-callers=40
                        --gen-suppressions=all --keep-debuginfo=yes )
                  : shellwords($use);

    my $supp = $ENV{TEST_NGINX_VALGRIND_SUPPRESS} || 't/valgrind.suppress';

    push @options, "--suppressions=$supp" if -f $supp;

    return ('valgrind', '-q', @options,
            "--log-file=$Test::Nginx::Util::ReportDir/valgrind.%p", @nginx);
}


# Starts nginx and returns true when it has written its pid file, that is,
# when its sockets listen; false when it has ended before.

sub start {
    my (%option) = @_;

    my @command = command($option{plain});

    undef $Status;
    unlink $Test::Nginx::Util::PidFile;

    $Pid = fork() // die "fork() failed: $!\n";

    if ($Pid == 0) {
        run_child($option{plain}, @command);
    }

    my $end = time + $START_TIMEOUT * slow();

    until (-s $Test::Nginx::Util::PidFile) {
        return 0 if defined exited() || time > $end;
        sleep 0.004;
    }

    return 1;
}


sub run_child {
    my ($plain, @command) = @_;

    # An nginx that refuses its configuration leaves its memory to the system.

    $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (), 'detect_leaks=0'
        if $plain;

    # Each process of a sanitizer build writes a file of its own.

    for my $tool (qw( ASAN UBSAN LSAN )) {
        my $old  = $ENV{"${tool}_OPTIONS"};
        my $path = "$Test::Nginx::Util::ReportDir/" . lc $tool;

        $ENV{"${tool}_OPTIONS"} = join ':', $old // (), "log_path=$path";
    }

    $ENV{LD_PRELOAD} = $ENV{TEST_NGINX_LD_PRELOAD}
        if $ENV{TEST_NGINX_LD_PRELOAD};

    setpgrp;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', "$Test::Nginx::Util::LogDir/stderr.log";

    { no warnings 'exec'; exec { $command[0] } @command }

    print STDERR "cannot run \"$command[0]\": $!\n";
    _exit(127);
}


sub stderr_text {
    return slurp("$Test::Nginx::Util::LogDir/stderr.log");
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;

    return <$in> // '';
}


# Ends nginx, gracefully when it can be done.  Returns the wait status and
# what is wrong with the way it went, if anything.

sub stop {
    return (0, ()) unless defined $Pid;

    my @wrong;
    my $signalled = 0;

    if (!defined exited()) {
        kill QUIT => $Pid;
        $signalled = 1;

        if (!defined wait_exit($STOP_TIMEOUT * slow())) {
            push @wrong, 'nginx did not quit, it was killed';
            kill KILL => -$Pid;
            wait_exit(5);
        }
    }

    my $status = $Status // 0;

    if (!$signalled) {
        push @wrong, 'nginx ended on its own';
    }

    if ($status && !@wrong) {
        push @wrong, $status & 127
                     ? sprintf('nginx was killed by signal %d', $status & 127)
                     : sprintf('nginx exited with %d', $status >> 8);
    }

    undef $Pid;
    undef $Status;

    return ($status, @wrong);
}


# What valgrind and the sanitizers have written; read once.

sub reports {
    my @texts;

    for my $path (sort glob "$Test::Nginx::Util::ReportDir/*") {
        my $text = slurp($path);

        push @texts, $text if $text =~ /\S/;
        unlink $path unless is_alive();
    }

    return @texts;
}


# Tells the master to load the new configuration.  Returns the pids of the
# workers that were replaced, once none of them accepts connections any more;
# an empty list when the configuration was refused.

sub reload {
    my ($refused) = @_;

    my %old    = map { $_ => 1 } children($Pid);
    my @inodes = listen_inodes();

    kill HUP => $Pid;

    my $end = time + $RELOAD_TIMEOUT * slow();

    while (time < $end) {
        sleep 0.005;

        return () if $refused->() || defined exited();

        next unless grep { !$old{$_} } children($Pid);
        next if grep { holds($_, @inodes) } keys %old;

        return keys %old;
    }

    return ();
}


sub children {
    my ($pid) = @_;

    my $text = slurp("/proc/$pid/task/$pid/children");

    return split ' ', $text if $text ne '';

    return grep { slurp("/proc/$_/stat") =~ /^\d+ \(.*\) \w $pid /s }
           map { m{(\d+)\z} } glob '/proc/[0-9]*';
}


sub listen_inodes {
    my $port = sprintf '%04X', $Test::Nginx::Util::ServerPort;
    my @inodes;

    for (split /\n/, slurp('/proc/net/tcp')) {
        my @field = split ' ';

        push @inodes, $field[9]
            if $field[1] =~ /:$port\z/ && $field[3] eq '0A';
    }

    return @inodes;
}


sub holds {
    my ($pid, @inodes) = @_;

    for my $fd (glob "/proc/$pid/fd/*") {
        my $target = readlink $fd // next;

        return 1 if grep { $target eq "socket:[$_]" } @inodes;
    }

    return 0;
}


1;
