package Test::Nginx::Harness::Request;

# From the sections of a block to the packets that go over the wire.
#
# build() returns one element for each connection: a list of packets
# { value, delay_before }.

use strict;
use warnings;

use Exporter 'import';

use Test::Nginx::Util qw( bail_out expand );

our @EXPORT_OK = qw( build );


sub build {
    my ($block) = @_;

    my $raw = $block->get('raw_request');

    return [ raw_packets($block, $raw) ] if defined $raw;

    my $pipelined = $block->get('pipelined_requests');

    return [ pipeline($block, $pipelined) ] if defined $pipelined;

    my $request = $block->get('request');

    if (ref $request eq 'ARRAY') {
        my $i = 0;

        return [ map { packets($block, $_, $i++, 'close') } @$request ];
    }

    if (defined $request && !ref $request) {
        1 while $request =~ s/\A(?:\s*\#[^\n]+\s+|\s+)//;
        return [ packets($block, $request, 0, 'close') ];
    }

    bail_out($block->name . ' - no request, or neither text nor array');
}


sub raw_packets {
    my ($block, $raw) = @_;

    my $delay = $block->get('raw_request_middle_delay');
    my $first = 1;

    return [ map {
                 my $packet = { value => $_ };

                 $packet->{delay_before} = $delay if defined $delay && !$first;
                 $first = 0;
                 $packet;
             } ref $raw eq 'ARRAY' ? @$raw : $raw ];
}


sub pipeline {
    my ($block, $requests) = @_;

    my $name = $block->name;

    bail_out("$name - pipelined_requests must be an array")
        if ref $requests ne 'ARRAY';

    my $text = '';

    for my $i (0 .. $#$requests) {
        my $request = expand($requests->[$i], $name);
        my $last    = $i == $#$requests;
        my $packets = packets($block, $request, $i,
                              $last ? 'close' : 'keep-alive');

        $text .= join '', map { $_->{value} } @$packets;
    }

    return [ { value => $text } ];
}


# The headers of the i-th request, and what they say about the body.

sub more_headers {
    my ($block, $i) = @_;

    my $text = $block->get('more_headers') // '';

    if (ref $text eq 'ARRAY') {
        $text = $text->[$i]
                // bail_out($block->name . " - more_headers lacks entry $i");
    }

    my $out = '';
    my $framed = 0;

    for my $line (split /\r?\n+/, $text) {
        next if $line =~ /^\s*\#/;

        my ($key, $value) = split /:\s*/, $line, 2;

        $value //= '';
        $framed = 1 if lc $key eq 'transfer-encoding' && $value eq 'chunked';
        $framed = 1 if $key eq 'Content-Length';
        $out .= "$key: $value\r\n";
    }

    return ($out, $framed);
}


# One request, given as text or as packets (text or { value, delay_before }).
# Headers go in after the request line, wherever the packets are cut.

sub packets {
    my ($block, $request, $i, $connection) = @_;

    my @in   = map { ref $_ ? { %$_ } : { value => $_ } }
               ref $request eq 'ARRAY' ? @$request : $request // '';
    my $text = join '', map { $_->{value} } @in;

    my ($skipped, $method, $uri, $version, $tail) =
        $text =~ /\A(\s*)(\S+)(?: +(\S+))?(?: +(\S+))? *(\r?\n|\z)/
        or bail_out($block->name . ' - bad request line');

    my $line_end = $+[0];
    my $body     = substr $text, $line_end;
    my ($more, $framed) = more_headers($block, $i);
    my $length   = '';

    if (length $body && !$framed) {
        $body =~ s/\A\s+|\s+\z//g;
        $length = 'Content-Length: ' . length($body) . "\r\n";
    }

    my $line = join(' ', $method, $uri // '/', $version // 'HTTP/1.1')
               . "\r\n";

    my $head = '';
    $head .= "Host: $Test::Nginx::Util::ServerName\r\n"
        if $more !~ /^Host:/mi;
    $head .= "Connection: $connection\r\n" if $more !~ /^Connection/mi;

    return cut(\@in, length $skipped, $line_end, $line,
               "$head$more$length\r\n", $body);
}


# Cuts request line, headers and body where the packets were cut.

sub cut {
    my ($in, $skipped, $line_end, $line, $head, $body) = @_;

    my $pos = 0;
    my @out;

    for my $packet (@$in) {
        my $from = $pos;
        my $to   = $pos + length $packet->{value};
        my $value = '';

        if ($from < $line_end && $to < $line_end) {
            my $start = $from > $skipped ? $from : $skipped;

            $value = $to > $start ? substr($line, 0, $to - $start, '') : '';

        } elsif ($from < $line_end || ($from == 0 && $line_end == 0)) {
            $value = $line . $head . substr($body, 0, $to - $line_end, '');

        } elsif (length $body) {
            my $n = $to - $from;

            $n = length $body if $n > length $body;
            $value = substr($body, 0, $n, '');
        }

        $pos = $to;

        push @out, { %$packet, value => $value } if length $value;
    }

    return \@out;
}


1;
