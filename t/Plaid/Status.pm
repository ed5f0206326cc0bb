package Plaid::Status;

# What plaid_status tells, for scenes (see Plaid::Script) and other tests:
# "/status" on a server of its own in every block.
#
# ("# no plaid_status" in http_config: not there.)
#
# Numbers stay over reloads, and so over blocks: a scene looks at what has
# come on top since since().

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET ();
use JSON::PP ();
use Test::Nginx::Socket ();

use Plaid::Side ();

our @EXPORT = qw( get figures figure since more samples families wrong );

my $Port = $ENV{TEST_NGINX_STATUS_PORT} = Plaid::Side::free_port();

my $before;


Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $block->http_config // '';

    return if $http =~ /# no plaid_status$/m;

    $block->set_value('http_config', $http . <<'END');

    server {
        listen 127.0.0.1:$TEST_NGINX_STATUS_PORT;

        location = /status {
            plaid_status;
        }
    }
END
});


# "GET $uri": status, header as text, body.

sub get {
    my ($uri, %option) = @_;

    my $fh;

    for (1 .. 200) {
        $fh = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                    PeerPort => $Port)
            and last;
        select undef, undef, undef, 0.05;
    }

    die "no server with plaid_status\n" if !$fh;

    print $fh join "\r\n", ($option{method} // 'GET') . " $uri HTTP/1.0",
                           'Host: localhost', @{ $option{headers} || [] },
                           '', '';
    local $/;
    my $text = <$fh> // '';

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($status) = $head =~ m{\AHTTP/1\.1 (\d+)};

    return ($status, $head, $body);
}


# The JSON, decoded; its clients and zones by name.

sub figures {
    my ($status, $head, $body) = get('/status?format=json');
    my $all = JSON::PP::decode_json($body);

    for my $list (qw( clients zones )) {
        $all->{$list} = { map { $_->{name} => $_ } @{ $all->{$list} } };
    }

    return $all;
}


# The number at "key.key" of client $name, 0 when there is none.

sub figure {
    my ($path, $name, $all) = @_;

    my $number = ($all // figures())->{clients}{$name // 'bank'};

    $number = $number->{$_} for split /\./, $path;

    return $number // 0;
}


sub since {
    $before = figures();
}


sub more {
    my ($path, $name) = @_;

    return figure($path, $name) - figure($path, $name, $before);
}


# Lines of Prometheus' text format: [ name, labels, value ].

sub samples {
    my ($text) = @_;

    return map {
        /\A([a-zA-Z_:][a-zA-Z0-9_:]*)      # name
           (?: \{ (.*) \} )?               # labels
           [ ] (\S+) \z/x ? [ $1, $2 // '', $3 ] : [ $_ ]
    } grep { !/^#/ } split /\n/, $text;
}


# The names that a dashboard may use, as text and as types.

sub families {
    my ($text) = @_;

    my %type = $text =~ /^# TYPE (\S+) (\S+)$/mg;

    for my $name (grep { $type{$_} eq 'histogram' } keys %type) {
        $type{"${name}_$_"} = 'histogram' for qw( bucket sum count );
        delete $type{$name};
    }

    return %type;
}


# What of $text is not as the format wants it; an empty list: nothing.

sub wrong {
    my ($text) = @_;

    my (@wrong, %type, %help, %seen, %sum, $family);

    push @wrong, 'no line feed at the end' if $text !~ /\n\z/;
    push @wrong, 'an empty line' if $text =~ /^\n/m;

    for (split /\n/, $text) {

        if (my ($name) = /^# HELP ([a-z_]+) \S.*\S\z/) {
            push @wrong, "HELP of $name twice" if $help{$name}++;
            $family = $name;

        } elsif (/^# TYPE ([a-z_]+) (counter|gauge|histogram)\z/) {
            push @wrong, "TYPE of $1 twice" if $type{$1};
            push @wrong, "TYPE of $1 without its HELP" if $family ne $1;
            $type{$1} = $2;
            push @wrong, "$1: a counter ends with _total"
                if ($2 eq 'counter') != ($1 =~ /_total\z/ || 0);

        } else {
            my ($sample) = samples($_);
            my ($name, $labels, $value) = @$sample;

            if (!defined $value || $value !~ /\A\d+(?:\.\d+)?\z/) {
                push @wrong, "no sample: $_";
                next;
            }

            my $base = $name;

            $base =~ s/_(?:bucket|sum|count)\z//
                if ($type{$family} // '') eq 'histogram';
            push @wrong, "$_ is in the family $family" if $base ne $family;
            push @wrong, "$name\{$labels} twice" if $seen{"$name $labels"}++;

            my $rest = $labels;

            1 while $rest =~ s/\A[a-z_]+="(?:[^"\\]|\\["\\n])*"(?:,(?=.)|\z)//;
            push @wrong, "labels: $_" if length $rest;

            if ($name =~ /_bucket\z/) {
                my ($series, $le) = $labels =~ /\A(.*),le="([^"]+)"\z/;
                my $last = $sum{$series} // [ -1, 0 ];

                $le = 9**9**9 if $le eq '+Inf';
                push @wrong, "buckets: $_"
                    if $le <= $last->[0] || $value < $last->[1];
                $sum{$series} = [ $le, $value ];

            } elsif ($name =~ /_count\z/) {
                my $last = delete $sum{$labels} // [ 0, -1 ];

                push @wrong, "count: $_"
                    if $last->[0] != 9**9**9 || $last->[1] != $value;
            }
        }
    }

    push @wrong, "no TYPE for $_" for grep { !$type{$_} } keys %help;
    push @wrong, "no count for $_" for keys %sum;

    return @wrong;
}


1;
