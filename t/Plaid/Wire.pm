package Plaid::Wire;

# Many requests, each byte of which the caller chooses, many at a time:
#
#     my @answers = Plaid::Wire::h1($port, @requests);
#     my @answers = Plaid::Wire::h2($port, @requests);
#
# A request of h1() is the text to send; one of h2() is [ \@headers, $body ],
# headers being [ name, value ] with the pseudo-headers first, as they shall
# be on the wire.  An answer is all that came back: of HTTP/1 the whole text,
# of HTTP/2 the header blocks (nginx does not compress the values of its own
# headers that tests look for, but may) and the data.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use Time::HiRes qw( time );

# connections of h1(), and streams of h2(), at a time
my $ATONCE = 24;

# seconds for a batch that ought to take a fraction of one
my $PATIENCE = 3;


sub dial {
    my ($port) = @_;

    my $fh = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                   PeerPort => $port)
             or die "cannot connect to port $port: $!\n";

    $fh->autoflush(1);

    return $fh;
}


sub batches {
    my (@all) = @_;

    my @batches;

    push @batches, [ splice @all, 0, $ATONCE ] while @all;

    return @batches;
}


# Each request has a connection of its own, and asks for its end.

sub h1 {
    my ($port, @requests) = @_;

    local $SIG{PIPE} = 'IGNORE';

    return map { h1_batch($port, @$_) } batches(@requests);
}


sub h1_batch {
    my ($port, @requests) = @_;

    my $select = IO::Select->new;
    my $end = time + $PATIENCE;
    my (@answers, %index);

    for my $i (0 .. $#requests) {
        my $fh = dial($port);

        syswrite $fh, $requests[$i];
        $index{$fh} = $i;
        $answers[$i] = '';
        $select->add($fh);
    }

    while ($select->count && time < $end) {
        for my $fh ($select->can_read(1)) {
            my $i = $index{$fh};

            next if sysread $fh, $answers[$i], 65536, length $answers[$i];

            $select->remove($fh);
            close $fh;
        }
    }

    # what has no end is left as it is: the caller counts
    close $_ for $select->handles;

    return @answers;
}


# Frames of RFC 9113, by their numbers.

my %FRAME = (DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
             PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8);
my $END_STREAM = 1;
my $END_HEADERS = 4;


sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    my $length = length $payload;

    return pack('C n C C N', $length >> 16, $length & 0xffff, $FRAME{$type},
                $flags, $stream) . $payload;
}


# An integer with a prefix of $bits bits, and a string as it is (RFC 7541).

sub number {
    my ($n, $bits) = @_;

    my $max = 2 ** $bits - 1;

    return chr $n if $n < $max;

    my $out = chr $max;

    for ($n -= $max; $n >= 128; $n >>= 7) {
        $out .= chr($n & 127 | 128);
    }

    return $out . chr $n;
}


sub block {
    my (@headers) = @_;

    return join '', map {
        "\0" . join '', map { number(length $_, 7) . $_ } @$_
    } @headers;
}


# A connection for each batch.

sub h2 {
    my ($port, @requests) = @_;

    local $SIG{PIPE} = 'IGNORE';

    return map { h2_batch($port, @$_) } batches(@requests);
}


# A connection for each request.

sub h2_alone {
    my ($port, @requests) = @_;

    local $SIG{PIPE} = 'IGNORE';

    return map { h2_batch($port, $_) } @requests;
}


sub h2_batch {
    my ($port, @requests) = @_;

    my $fh = dial($port);
    my $out = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(SETTINGS => 0, 0, '')
              . frame(WINDOW_UPDATE => 0, 0, pack 'N', 2 ** 30);

    for my $i (0 .. $#requests) {
        my ($headers, $body) = @{ $requests[$i] };
        my $stream = 2 * $i + 1;

        $out .= frame(HEADERS => $END_HEADERS
                                 | (length $body ? 0 : $END_STREAM),
                      $stream, block(@$headers));
        $out .= frame(DATA => $END_STREAM, $stream, $body) if length $body;
    }

    my @answers = ('') x @requests;
    my %left = map { 2 * $_ + 1 => 1 } 0 .. $#requests;
    my $in = '';
    my $select = IO::Select->new($fh);
    my $end = time + $PATIENCE;

    print $fh $out;

    while (%left) {
        last if time > $end;
        next if !$select->can_read(1);

        sysread $fh, $in, 65536, length $in or last;

        while (my ($type, $flags, $stream, $payload) = take(\$in)) {
            if ($type == $FRAME{SETTINGS} && !($flags & 1)) {
                print $fh frame(SETTINGS => 1, 0, '');
            }

            next if $stream == 0;

            $answers[$stream / 2] .= $payload
                if $type == $FRAME{HEADERS} || $type == $FRAME{DATA};

            delete $left{$stream}
                if $type == $FRAME{RST_STREAM}
                   || ($flags & $END_STREAM
                       && $type <= $FRAME{HEADERS});
        }
    }

    return @answers;
}


# The next frame of $$in: type, flags, stream, payload; or nothing.

sub take {
    my ($in) = @_;

    return if length $$in < 9;

    my ($high, $low, $type, $flags, $stream) = unpack 'C n C C N', $$in;
    my $length = $high << 16 | $low;

    return if length $$in < 9 + $length;

    my $payload = substr $$in, 9, $length;

    substr $$in, 0, 9 + $length, '';

    return ($type, $flags, $stream & 0x7fffffff, $payload);
}


1;
