package Plaid::Chaos::Users;

# Users with a browser each: they post once or several times, some leave, most
# try again.

use strict;
use warnings;

use IO::Socket::INET ();
use Time::HiRes qw( time );

use Plaid::Chaos::Plan ();
use Plaid::Chaos::Servers ();
use Plaid::Loop ();

# tries of one user until they give up
my $TRIES = 6;

# A post whose client has left may go on for this long: "timeout" and a second.
my $LINGER = 3.5;

our (@tokens, %flying);
our ($posts, $aborts) = (0, 0);

my $serial = 0;


# A new user with a new token.

sub arrive {
    my $t = Plaid::Chaos::Plan::choose(scalar @tokens);

    push @tokens, $t;
    $t->{uri} = (qw( /plain /plain /patient /twice ))[rand 4];
    $t->{here} = 1;
    $t->{tries} = 0;

    try($t);
}


# One press of the button: one post, or more of them.

sub try {
    my ($t) = @_;

    $t->{tries}++;
    $t->{pending} = 0;

    my $n = rand 100;
    my @after = $n < 60 ? (0)
              : $n < 75 ? (0, 0)
              : $n < 80 ? (0, 0, 0, 0)
              :           (0, 0.02 + rand 0.2);

    for my $after (@after) {
        $t->{pending}++;

        $after ? Plaid::Loop::after($after, sub { post($t) }) : post($t);
    }
}


# "GET /pid" goes first in the same connection: a worker that is killed takes
# down what it works on, and this tells whose worker it is.

sub post {
    my ($t, $user, $done) = @_;

    $done ||= \&posted;

    my $fh = IO::Socket::INET->new(
                 PeerAddr => "127.0.0.1:$Plaid::Chaos::Servers::port{nginx}",
                 Timeout => 5);

    return Plaid::Loop::after(0.05, sub { post($t, $user, $done) }) if !$fh;

    my $flight = { token => $t, id => ++$serial };
    my $c = Plaid::Loop::connection($fh, sub { });
    my $body = "public_token=$t->{token}";

    $user //= $t->{user};
    $flying{$serial} = $flight;
    $posts++;
    $t->{posts}++;

    $c->{read} = sub {
        $flight->{pid} //= $c->{in} =~ /\r\n\r\n(\d+)\r?\n?(?=HTTP|\z)/ ? $1
                                                                       : undef;
    };
    $c->{gone} = sub { landed($flight, $c->{in}, $done) };

    Plaid::Loop::put($c, "GET /pid HTTP/1.1\r\nHost: x\r\n\r\n"
        . "POST $t->{uri} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Cookie: user=$user\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body");

    return if $done != \&posted || rand() > 0.12;

    # this one leaves

    Plaid::Loop::after(rand 0.15, sub {
        return if $flight->{over} || !$c->{fh};

        $aborts++;
        $flight->{left} = time;
        Plaid::Loop::drop($c);
    });
}


# The connection is closed: by the client who left, or after an answer, or
# without one.

sub landed {
    my ($flight, $in, $done) = @_;

    $flight->{over} = 1;

    if ($flight->{left}) {
        Plaid::Loop::after($LINGER, sub { delete $flying{$flight->{id}} });
    } else {
        delete $flying{$flight->{id}};
    }

    $in =~ s{\AHTTP/1\.1 200.*?\r\n\r\n\d+(?=HTTP|\z)}{}s;

    my ($status) = $in =~ m{\AHTTP/1\.1 (\d+)};
    my ($word) = $in =~ /^x-status: (\S+)/mi;
    my $saw = $flight->{left}   ? 'left'
            : !defined $status  ? 'dropped'
            :                     "$status " . ($word // '-');

    $flight->{token}{saw}{$saw}++;
    $done->($flight->{token}, $saw);
}


sub posted {
    my ($t, $saw) = @_;

    $t->{happy} = 1 if $saw =~ /^[23]/;
    $t->{refused} = 1 if $saw =~ /^400/;

    return if --$t->{pending} > 0;

    # done, told to link again, or never seen again

    if ($t->{happy} || $t->{refused} || $t->{tries} >= $TRIES
        || ($t->{saw}{left} && rand() < 0.3))
    {
        $t->{here} = 0;
        return;
    }

    Plaid::Loop::after(0.02 + rand 0.25, sub { try($t) });
}


sub here {
    return scalar grep { $_->{here} } @tokens;
}


# A worker is about to be killed: each token that it may work on has a reason
# to be asked for once more, or to be lost.

sub hit {
    my ($pid) = @_;

    for my $flight (values %flying) {
        $flight->{token}{kills}++
            if !defined $flight->{pid} || $flight->{pid} == $pid;
    }
}


1;
