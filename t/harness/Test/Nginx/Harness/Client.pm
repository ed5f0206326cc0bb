package Test::Nginx::Harness::Client;

# Sends packets over one connection and reads until the server closes it;
# parses what came back.

use strict;
use warnings;

use Errno qw( EAGAIN EWOULDBLOCK EINTR );
use Exporter 'import';
use HTTP::Response ();
use IO::Select ();
use IO::Socket::INET ();
use Test::More ();
use Time::HiRes qw( sleep time );

use Test::Nginx::Util qw( timeout parse_time );

our @EXPORT_OK = qw( exchange parse_response );

# The socket listens before the server writes its pid file, so a refused
# connection is an exception: a worker that is being replaced.
my $CONNECT_TRIES = 50;


sub exchange {
    my ($block, $packets) = @_;

    my $name    = $block->name;
    my $timeout = parse_time($block->get('timeout')) // timeout();
    my $sock    = connect_server($name) or return undef;
    my $state   = { sock => $sock, in => '', packets => [ @$packets ],
                    timeout => $timeout };

    local $SIG{PIPE} = 'IGNORE';

    $sock->blocking(0);
    next_packet($state, $block);

    if (!talk($state, $block)) {
        if ($block->has('abort')) {
            close $sock;
            sleep 0.005;
            return $state->{in};
        }

        Test::More::fail("$name - client socket timed out");
    }

    close $sock;

    return $state->{in};
}


sub connect_server {
    my ($name) = @_;

    for my $try (1 .. $CONNECT_TRIES) {
        my $sock = IO::Socket::INET->new(
            PeerAddr => $Test::Nginx::Util::ServerAddr,
            PeerPort => $Test::Nginx::Util::ServerPort);

        return $sock if $sock;
        last unless Test::Nginx::Harness::Process::is_alive();
        sleep 0.02;
    }

    Test::More::fail("$name - cannot connect: $!");

    return undef;
}


# Makes the next packet the current one; false when all are sent.

sub next_packet {
    my ($state, $block) = @_;

    my $packet = shift @{ $state->{packets} };

    if (!$packet) {
        $state->{done} = 1;
        my $how = $block->get('shutdown');

        if (defined $how) {
            shutdown($state->{sock}, $how =~ /\S/ ? $how : 1);
        }

        return;
    }

    $state->{out} = $packet->{value};
    $state->{not_before} = time + (parse_time($packet->{delay_before}) // 0);
}


# True when the server has closed the connection, false after a timeout.

sub talk {
    my ($state, $block) = @_;

    my $select = IO::Select->new($state->{sock});
    my $idle   = time + $state->{timeout};

    while (1) {
        my $now   = time;
        my $delay = $state->{done} ? 0 : $state->{not_before} - $now;
        my $wait  = $idle - $now;

        return 0 if $wait <= 0 && $delay <= 0;

        if ($delay > 0) {
            # A pause that the test asks for is not idleness.
            $idle = $now + $delay + $state->{timeout};
            $wait = $delay;
        }

        my ($readable, $writable) = IO::Select::select(
            $select, $state->{done} || $delay > 0 ? undef : $select, undef,
            $wait);

        if ($readable && @$readable) {
            return 1 unless read_some($state);
            $idle = time + $state->{timeout};
        }

        if ($writable && @$writable) {
            write_some($state, $block);
            $idle = time + $state->{timeout};
        }
    }
}


sub read_some {
    my ($state) = @_;

    my $n = sysread $state->{sock}, $state->{in}, 65536, length $state->{in};

    return $n if $n;
    return 0 if defined $n;

    return $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;
}


sub write_some {
    my ($state, $block) = @_;

    my $n = syswrite $state->{sock}, $state->{out};

    if (!defined $n) {
        # The server may have answered and closed: what it said counts.
        $state->{done} = 1 if $! != EAGAIN && $! != EINTR;
        return;
    }

    substr($state->{out}, 0, $n, '');
    next_packet($state, $block) unless length $state->{out};
}


# Returns the response, its raw header text, and what follows it; a response
# that cannot be parsed is a failure and undef.

sub parse_response {
    my ($name, $raw, $is_head) = @_;

    my ($raw_headers) = $raw =~ /\A(.*?\r\n)\r\n/s;
    my $res = HTTP::Response->parse($raw);
    my $code = $res->code;

    if (defined $code && $code !~ /^\d{3}\z/) {
        $res->code(undef);
        undef $code;
    }

    $raw_headers //= '';

    if (defined $code && ($code == 304 || $code == 204 || $code == 101)) {
        my $left = $res->content;

        $res->content('') if $code != 101;
        return ($res, $raw_headers, $code == 101 ? undef : $left);
    }

    my $length = $res->header('Content-Length');
    my $body   = $res->content // '';

    if (lc($res->header('Transfer-Encoding') // '') eq 'chunked') {
        my ($decoded, $left) = dechunk($body);

        if (!defined $decoded) {
            Test::More::fail("$name - invalid chunked body: $left");
            return (undef, $raw_headers, undef);
        }

        $res->content($decoded);
        return ($res, $raw_headers, $left);
    }

    return ($res, $raw_headers, undef)
        if !defined $length || $length !~ /^\d+\z/;

    if ($is_head) {
        $res->content('');
        return ($res, $raw_headers, $body);
    }

    if (length $body < $length) {
        Test::More::diag("$name - response body truncated: $length expected, "
                         . length($body) . ' received');
        return ($res, $raw_headers, undef);
    }

    $res->content(substr $body, 0, $length);

    return ($res, $raw_headers, substr $body, $length);
}


# The decoded body and the bytes behind it, or undef and what is wrong.

sub dechunk {
    my ($raw) = @_;

    my $body = '';

    while ($raw =~ /\G[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n/gc) {
        my $size = hex $1;

        if ($size == 0) {
            $raw =~ /\G(?:[^\r\n]+\r\n)*\r\n/gc
                or return (undef, 'no end of the trailers');
            return ($body, substr $raw, pos $raw);
        }

        my $from = pos $raw;

        return (undef, 'a short chunk') if length $raw < $from + $size + 2;
        $body .= substr $raw, $from, $size;

        return (undef, 'no CRLF after a chunk')
            if substr($raw, $from + $size, 2) ne "\r\n";
        pos $raw = $from + $size + 2;
    }

    return (undef, 'no last chunk');
}


1;
