package Plaid::Loop;

# A small event loop: listeners, connections, timers; one process, nothing
# blocks.  Plaid::Mock and Plaid::App are what runs on it.

use strict;
use warnings;

use Errno qw( EAGAIN EINTR );
use IO::Select ();
use Socket qw( SOL_SOCKET SO_LINGER );
use Time::HiRes qw( time );

my %listener;           # fileno => { fh, accept => sub ($conn) }
my %conn;               # fileno => connection
my %datagram;           # fileno => { fh, read => sub ($fh) }
my @timers;             # [ time, sub ]


# For a child that was forked from below a loop: nothing of it is the child's.

sub forget {
    close $_->{fh} for values %listener, values %conn, values %datagram;

    %listener = %conn = %datagram = ();
    @timers = ();
}


sub listen_on {
    my ($fh, $accept) = @_;

    $fh->blocking(0);
    $listener{fileno $fh} = { fh => $fh, accept => $accept };
}


sub datagrams {
    my ($fh, $read) = @_;

    $datagram{fileno $fh} = { fh => $fh, read => $read };
}


sub after {
    my ($seconds, $code) = @_;

    push @timers, [ time + $seconds, $code ];
}


# A connection: "in" is what was received and not taken yet, "read" is called
# when there is more of it, "gone" when the peer has closed.

sub connection {
    my ($fh, $read) = @_;

    $fh->blocking(0);

    my $c = { fh => $fh, in => '', out => '', read => $read, gone => sub { } };

    $conn{fileno $fh} = $c;

    return $c;
}


sub put {
    my ($c, $data) = @_;

    return if !$c->{fh};

    $c->{out} .= $data;
    flush($c);
}


sub flush {
    my ($c) = @_;

    while (length $c->{out}) {
        my $n = syswrite $c->{fh}, $c->{out};

        if (!defined $n) {
            return if $! == EAGAIN || $! == EINTR;
            drop($c);
            return;
        }

        substr $c->{out}, 0, $n, '';
    }

    drop($c) if $c->{last};
}


# Closes after what is still to be sent: a FIN.

sub finish {
    my ($c) = @_;

    return if !$c->{fh};

    $c->{last} = 1;
    flush($c);
}


sub reset_peer {
    my ($c) = @_;

    return if !$c->{fh};

    setsockopt $c->{fh}, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0;
    drop($c);
}


sub drop {
    my ($c) = @_;

    my $fh = delete $c->{fh} or return;

    delete $conn{fileno $fh};
    close $fh;
    $c->{gone}->($c);
}


# For as long as $alive says so.

sub run {
    my ($alive) = @_;

    local $SIG{PIPE} = 'IGNORE';

    while ($alive->()) {
        my $wait = 0.5;

        for (@timers) {
            my $left = $_->[0] - time;

            $wait = $left if $left < $wait;
        }

        my $read  = IO::Select->new(map { $_->{fh} } values %listener,
                                    values %datagram,
                                    grep { !$_->{deaf} } values %conn);
        my $write = IO::Select->new(map { $_->{fh} }
                                    grep { length $_->{out} } values %conn);

        my ($r, $w) = IO::Select::select($read, $write, undef,
                                         $wait > 0 ? $wait : 0);

        events($r || [], $w || []);
        expire();
    }
}


sub events {
    my ($r, $w) = @_;

    for my $fh (@$w) {
        my $c = defined fileno $fh ? $conn{fileno $fh} : undef;

        flush($c) if $c;
    }

    for my $fh (@$r) {
        my $fd = fileno $fh // next;

        if (my $l = $listener{$fd}) {
            my $new = $l->{fh}->accept;

            $l->{accept}->($new) if $new;

        } elsif (my $d = $datagram{$fd}) {
            $d->{read}->($d->{fh});

        } elsif (my $c = $conn{$fd}) {
            readable($c);
        }
    }
}


sub readable {
    my ($c) = @_;

    # "peek" sees that there is something without taking it

    if ($c->{peek}) {
        delete($c->{peek})->($c);
        return;
    }

    my $n = sysread $c->{fh}, $c->{in}, 65536, length $c->{in};

    if ($n) {
        $c->{read}->($c);
        return;
    }

    return if !defined $n && ($! == EAGAIN || $! == EINTR);

    drop($c);
}


sub expire {
    my $now = time;
    my @due = grep { $_->[0] <= $now } @timers;

    @timers = grep { $_->[0] > $now } @timers;

    $_->[1]->() for sort { $a->[0] <=> $b->[0] } @due;
}


1;
