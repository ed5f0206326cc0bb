package Test::Nginx::Harness::Log;

# Windows on error.log and access.log.  The error log is read from where the
# last check ended, the access log from where the block began.

use strict;
use warnings;

use Exporter 'import';
use Time::HiRes qw( sleep time );

use Test::Nginx::Util qw( slow );

our @EXPORT_OK = qw( begin_block error_lines access_lines
                     shutdown_lines matches );

# Log lines of a request follow its response: the log has settled when it
# has not grown for this long.
my $SETTLE = 0.012;

my ($ErrorBegin, $ErrorPos, $AccessBegin) = (0, 0, 0);
my %Retired;


# $old: pids whose lines belong to the block before this one.

sub begin_block {
    my ($error_pos, $access_pos, @old) = @_;

    $ErrorBegin = $ErrorPos = $error_pos;
    $AccessBegin = $access_pos;
    %Retired = map { $_ => 1 } @old;
}


sub matches {
    my ($line, $pattern) = @_;

    return ref $pattern ? $line =~ $pattern
                        : index($line, $pattern) >= 0;
}


sub settle {
    my $path = $Test::Nginx::Util::ErrLogFile;
    my $end  = time + 1 * slow();
    my $size = -1;

    while (time < $end) {
        my $now = -s $path // 0;

        return if $now == $size;

        $size = $now;
        sleep $SETTLE * slow();
    }
}


sub read_from {
    my ($path, $pos) = @_;

    open my $in, '<:raw', $path or return ([], $pos);
    seek $in, $pos, 0;

    my @lines = <$in>;

    return (\@lines, tell $in);
}


# Lines without a prefix of their own continue the line above.

sub select_lines {
    my ($lines, $retired, $pids) = @_;

    return $lines unless %$pids;

    my $old = 0;
    my @kept;

    for my $line (@$lines) {
        if ($line =~ m{^\d{4}/\S+ \S+ \[\w+\] (\d+)\#}) {
            $old = exists $pids->{$1};
        }

        push @kept, $line if $old == ($retired ? 1 : 0);
    }

    return \@kept;
}


# The lines since the last call.  $wanted tells whether everything that must
# be there is: if not, the log gets a little longer to bring it.

sub error_lines {
    my ($wanted) = @_;

    my $pos = $Test::Nginx::Util::CheckAccumErrLog ? $ErrorBegin : $ErrorPos;

    return poll_log($Test::Nginx::Util::ErrLogFile, $pos, $wanted,
                    \$ErrorPos);
}


sub access_lines {
    my ($wanted) = @_;

    return poll_log($Test::Nginx::Util::AccLogFile, $AccessBegin, $wanted,
                    \my $ignored);
}


sub poll_log {
    my ($path, $pos, $wanted, $pos_out) = @_;

    my $end = time + 0.2 * slow();
    my $kept;

    settle();

    while (1) {
        (my $lines, $$pos_out) = read_from($path, $pos);
        $kept = select_lines($lines, 0, \%Retired);

        last if $wanted->($kept) || time > $end;
        sleep 0.02;
    }

    return $kept;
}


# What the retired workers, or all processes after their end, have written
# since the last check.

sub shutdown_lines {
    my (@pids) = @_;

    my ($lines) = read_from($Test::Nginx::Util::ErrLogFile, $ErrorPos);

    return $lines unless @pids;

    return select_lines($lines, 1, { map { $_ => 1 } @pids });
}


1;
