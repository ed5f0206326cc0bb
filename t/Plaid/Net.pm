package Plaid::Net;

# What stands between nginx and Plaid: a CONNECT proxy and a name server.

use strict;
use warnings;

use IO::Socket::INET ();
use MIME::Base64 qw( decode_base64 );
use Socket qw( inet_aton );

use Plaid::Loop ();

our ($tunnels, $queries, @heads);


sub forget {
    $tunnels = $queries = 0;
    @heads = ();
    move('127.0.0.1');
}


# The user of "Proxy-Authorization" says what the proxy does: "deny" is
# refused, "hang" is not answered, "drop" is dropped, "cut" is dropped once
# the tunnel is up.

sub accept_proxy {
    my ($fh) = @_;

    Plaid::Loop::connection($fh, \&connect_request);
}


sub connect_request {
    my ($c) = @_;

    if (my $peer = $c->{peer}) {
        Plaid::Loop::put($peer, $c->{in});
        $c->{in} = '';
        return;
    }

    $c->{in} =~ s/\A(.*?\r\n\r\n)//s or return;

    my $head = $1;
    my ($auth) = $head =~ /^proxy-authorization: basic (\S+)/mi;
    my $user = decode_base64($auth // '');

    push @heads, $head;

    return if $user =~ /^hang:/;
    return Plaid::Loop::drop($c) if $user =~ /^drop:/;

    if ($user =~ /^deny:/) {
        Plaid::Loop::put($c, "HTTP/1.1 407 Authenticate\r\n"
                         . "Proxy-Authenticate: Basic realm=x\r\n"
                         . "Content-Length: 0\r\n\r\n");
        return;
    }

    my ($port) = $head =~ /\ACONNECT \S+:(\d+) / or return tell_off($c);

    # everything is on this machine, whatever its name

    my $to = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                   PeerPort => $port) or return tell_off($c);
    my $peer = Plaid::Loop::connection($to, \&connect_request);

    $tunnels++;
    $peer->{peer} = $c;
    $c->{peer} = $peer;
    $c->{gone} = sub { Plaid::Loop::finish($peer) };
    $peer->{gone} = sub { Plaid::Loop::finish($c) };

    Plaid::Loop::put($c, "HTTP/1.1 200 Established\r\n\r\n");
    Plaid::Loop::drop($c) if $user =~ /^cut:/;

    connect_request($c) if $c->{fh} && length $c->{in};
}


sub tell_off {
    my ($c) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n");
    Plaid::Loop::finish($c);
}


# Names end in ".test": "ok", "two" (its first address, 127.0.0.2, is one
# where nothing listens), "none" (no such name), "broken", "silent", "moved"
# (an address that the test changes).

my %ZONE = (
    ok     => [ 0, '127.0.0.1' ],
    two    => [ 0, '127.0.0.2', '127.0.0.1' ],
    dead   => [ 0, '127.0.0.2', '127.0.0.3' ],
    none   => [ 3 ],
    empty  => [ 0 ],
    broken => [ 2 ],
    plaid  => [ 3 ],
    moved  => [ 0, '127.0.0.1' ],
);


sub move {
    my ($addr) = @_;

    $ZONE{moved} = [ 0, $addr ];
}


sub query {
    my ($fh) = @_;

    my $from = $fh->recv(my $packet, 512) // return;
    my ($id, $flags, $n) = unpack 'n3', $packet;

    return if length $packet < 17 || $flags & 0x8000;

    my $question = substr $packet, 12;
    my @labels;
    my $i = 0;

    while (my $length = ord substr $question, $i, 1) {
        push @labels, substr $question, $i + 1, $length;
        $i += $length + 1;
    }

    my $type = unpack 'n', substr $question, $i + 1;

    $queries++;

    my $name = lc $labels[-2];
    my $answer = $ZONE{$name} or return;
    my ($code, @addrs) = @$answer;

    @addrs = () if $type != 1;

    # names of one second: each block of tests asks again

    $fh->send(pack('n6', $id, 0x8180 | $code, 1, scalar @addrs, 0, 0)
              . substr($question, 0, $i + 5)
              . join('', map { pack 'n n n N n a4', 0xc00c, 1, 1, 1, 4,
                               inet_aton($_) } @addrs), 0, $from);
}


1;
