package Test::Nginx::Harness::Mock;

# tcp_listen: a server in a child process that takes one connection, reads,
# waits, replies and closes.

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX qw( _exit );
use Socket qw( SOCK_STREAM );
use Test::More ();
use Time::HiRes qw( sleep time );

use Test::Nginx::Util qw( bail_out expand parse_time slow );
use Test::Nginx::Harness::Check ();

our @EXPORT_OK = qw( mock_start mock_finish );

my ($Pid, $QueryFile, $Unlink);


sub mock_start {
    my ($block) = @_;

    my $name   = $block->name;
    my $target = expand($block->get('tcp_listen'), $name) // return;

    $target =~ s/\A\s+|\s+\z//g;

    bail_out("$name - tcp_listen without tcp_reply")
        unless $block->has('tcp_reply');

    my $socket = listen_on($target)
        or bail_out("$name - cannot listen on $target: $!");

    $QueryFile = File::Temp->new;
    $Pid = fork() // die "fork() failed: $!\n";

    if ($Pid == 0) {
        eval { serve($block, $socket) };
        print STDERR "# $name - tcp_listen: $@" if $@;
        _exit($@ ? 1 : 0);
    }

    close $socket;
}


sub listen_on {
    my ($target) = @_;

    undef $Unlink;

    if ($target =~ /^\d+\z/) {
        return IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                     LocalPort => $target, Listen => 5,
                                     ReuseAddr => 1);
    }

    bail_out("bad tcp_listen \"$target\"") if $target !~ /^\S+\.sock\z/;

    unlink $target;
    $Unlink = $target;

    my $socket = IO::Socket::UNIX->new(Local => $target, Listen => 5,
                                       Type => SOCK_STREAM);
    chmod 0666, $target;

    return $socket;
}


sub serve {
    my ($block, $socket) = @_;

    my $client = $socket->accept or die "accept: $!\n";
    my $query  = read_query($client, query_length($block));

    sleep(parse_time($block->get('tcp_reply_delay')) // 0);

    my $reply = $block->get('tcp_reply');

    $reply = $reply->($query) if ref $reply eq 'CODE';

    local $SIG{PIPE} = 'IGNORE';

    for my $part (ref $reply eq 'ARRAY' ? @$reply : $reply) {
        last unless defined $part;

        for (my $off = 0; $off < length $part; ) {
            my $n = syswrite $client, $part, length($part) - $off, $off;

            last unless $n;
            $off += $n;
        }
    }

    sleep 1 while $block->has('tcp_no_close');

    close $client;
}


sub query_length {
    my ($block) = @_;

    my $query = $block->get('tcp_query');

    return $block->get('tcp_query_len')
           // (defined $query && !ref $query ? length $query : 0);
}


# Reads $length bytes, or once when it is 0; each piece is on file at once.

sub read_query {
    my ($client, $length) = @_;

    my $query = '';

    while (1) {
        my $n = sysread $client, $query, 4096, length $query;

        last unless $n;

        open my $out, '>:raw', "$QueryFile" or die "$QueryFile: $!\n";
        print $out $query;
        close $out;

        last if length $query >= $length;
    }

    return $query;
}


# Checks what was received, and ends the server.

sub mock_finish {
    my ($block, $check) = @_;

    return unless $Pid;

    my $name = $block->name;

    if ($check) {
        my $got = received(query_length($block));

        if ($block->has('tcp_query')) {
            Test::Nginx::Harness::Check::is_str(
                $got, $block->get('tcp_query'), "$name - tcp_query ok");
        }

        if ($block->has('tcp_query_len')) {
            Test::More::is(length $got, $block->get('tcp_query_len'),
                           "$name - tcp_query_len ok");
        }
    }

    kill KILL => $Pid;
    waitpid $Pid, 0;

    unlink $Unlink if $Unlink;
    undef $Pid;
    undef $QueryFile;
}


sub received {
    my ($length) = @_;

    my $end = time + 0.3 * slow();

    while (1) {
        my $got = Test::Nginx::Harness::Process::slurp("$QueryFile");

        return $got if length $got >= ($length || 1) || time > $end;
        sleep 0.01;
    }
}


1;
