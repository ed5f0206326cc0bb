package Plaid::App;

# The app behind plaid_exchange.  One port takes HTTP/1, FastCGI, SCGI and
# uwsgi, each known by its first byte.  It answers with what it was given:
#
#     METHOD URI
#     every header that is not one of @COMMON, ours last and sorted
#     (an empty line and the body, when there is one)
#
# Arguments of the query make it behave otherwise: app=STATUS, accel=URI,
# location=URI (and a cookie), hold=1, die=1 (no answer), half=1 (HTTP/1
# alone: half of one), challenge=1 (WWW-Authenticate), odd=KIND (HTTP/1 alone: a header that nginx refuses).

use strict;
use warnings;

use Plaid::Loop ();
use Plaid::Mock ();

our ($calls, @requests, @held);

# what a client or a proxy sends in any case
my %COMMON = map { $_ => 1 } qw(
    host connection content-length content-type user-agent accept
    transfer-encoding te
);

my %READER = ('HTTP' => \&read_http, 'FastCGI' => \&read_fastcgi,
              'SCGI' => \&read_scgi, 'uwsgi' => \&read_uwsgi);
my %WRITER = ('HTTP' => \&write_http, 'FastCGI' => \&write_fastcgi,
              'SCGI' => \&write_cgi, 'uwsgi' => \&write_uwsgi);


sub forget {
    $calls = 0;
    @requests = ();
}


sub accept_app {
    my ($fh) = @_;

    Plaid::Loop::connection($fh, \&request);
}


sub request {
    my ($c) = @_;

    $c->{protocol} //= protocol($c->{in});

    while ($c->{fh} && length $c->{in}
           && (my $r = $READER{$c->{protocol}}->($c)))
    {
        $calls++;
        push @requests, $r->{raw};
        answer($c, $r);
    }
}


sub protocol {
    my ($in) = @_;

    my $first = substr $in, 0, 1;

    return $first eq "\x01"   ? 'FastCGI'
         : $first eq "\x00"   ? 'uwsgi'
         : $first =~ /[0-9]/  ? 'SCGI'
         :                      'HTTP';
}


sub answer {
    my ($c, $r) = @_;

    my ($query) = $r->{uri} =~ /\?(.*)/;
    my %arg = map { split /=/, $_, 2 } split /&/, $query // '';

    my $send = $arg{die}  ? sub { Plaid::Loop::finish($c) }
             : $arg{half} ? sub { write_half($c) }
             : $arg{odd}  ? sub { write_odd($c, $arg{odd}) }
             :              sub { $WRITER{$c->{protocol}}->($c, $r, \%arg) };

    if ($arg{hold}) {
        push @held, $send;
    } else {
        $send->();
    }
}


sub release {
    my @all = splice @held;

    $_->() for @all;

    return scalar @all;
}


# The text of the answer; headers are [ name, value ].

sub text {
    my ($r) = @_;

    my (@lines, @ours);

    for my $header (@{ $r->{headers} }) {
        my ($name, $value) = @$header;
        (my $plain = lc $name) =~ s/^http_//;

        $plain =~ tr/_/-/;

        next if $COMMON{$plain};

        if ($plain =~ /^x.plaid/) {
            push @ours, "$name: $value\n";
        } else {
            push @lines, "$name: $value\n";
        }
    }

    return join '', "$r->{method} $r->{uri}\n", @lines, sort(@ours),
                    length $r->{body} ? ("\n", $r->{body}, "\n") : ();
}


sub value {
    my ($r, $name) = @_;

    for (@{ $r->{headers} }) {
        return $_->[1] if lc $_->[0] eq $name;
    }

    return '';
}


# Headers of the answer, beside its text.

sub extra {
    my ($r, $arg) = @_;

    my @names = map { $_->[0] } @{ $r->{headers} };

    return ('Content-Type: text/plain',
            'X-App-Type: ' . value($r, 'content-type'),
            'X-App-Length: ' . value($r, 'content-length'),
            'X-App-Names: ' . join(' ', @names),
            $arg->{challenge} ? 'WWW-Authenticate: Bearer' : (),
            defined $arg->{accel} ? "X-Accel-Redirect: $arg->{accel}" : (),
            defined $arg->{location}
                ? ("Location: $arg->{location}", 'Set-Cookie: a=b; path=/')
                : ());
}


sub read_http {
    my ($c) = @_;

    my $r = Plaid::Mock::take_request($c) or return undef;

    $r->{raw} = $r->{head} . $r->{body};
    $r->{headers} = [ map { [ split /:\s*/, $_, 2 ] } @{ $r->{headers} } ];
    $r->{close} = value($r, 'connection') eq 'close'
                  || $r->{head} =~ m{\A\S+ \S+ HTTP/1\.0};

    return $r;
}


sub write_http {
    my ($c, $r, $arg) = @_;

    my $text = text($r);
    my $status = $arg->{app} // 200;

    $text .= qq(<!--# include virtual="$arg->{include}" -->\n)
        if $arg->{include};

    Plaid::Loop::put($c, join "\r\n", "HTTP/1.1 $status Any",
                     extra($r, $arg), 'Content-Length: ' . length $text,
                     $r->{close} ? 'Connection: close' : (), '',
                     $r->{method} eq 'HEAD' ? '' : $text);
    Plaid::Loop::finish($c) if $r->{close};
}


# A process that dies when the status is out.

sub write_half {
    my ($c) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    Plaid::Loop::finish($c);
}


# A 200 whose header is cut, too big, or invalid.

sub write_odd {
    my ($c, $kind) = @_;

    my %rest = (cut     => "X-A: b\r\n",
                big     => join('', map { "Set-Cookie: c$_=" . 'x' x 1000
                                          . "\r\n" } 1 .. 20) . "\r\n",
                invalid => "X-A\x00: b\r\n\r\n");

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\n$rest{$kind}");
    Plaid::Loop::finish($c);
}


# From parameters to a request.

sub cgi {
    my ($raw, $body, @params) = @_;

    my %param = @params;
    my @headers;

    while (my ($name, $value) = splice @params, 0, 2) {
        push @headers, [ $name, $value ] if $name =~ /^HTTP_/;
    }

    push @headers, [ 'Content-Type', $param{CONTENT_TYPE} // '' ],
                   [ 'Content-Length', $param{CONTENT_LENGTH} // '' ];

    return { method => $param{REQUEST_METHOD} // 'POST',
             uri => $param{REQUEST_URI} // '/', headers => \@headers,
             body => $body, raw => $raw };
}


sub read_scgi {
    my ($c) = @_;

    my ($length) = $c->{in} =~ /\A(\d+):/ or return undef;
    my $start = length($length) + 1;

    return undef if length $c->{in} < $start + $length + 1;

    my @params = split /\0/, substr($c->{in}, $start, $length), -1;
    pop @params;
    my %param = @params;
    my $size = $param{CONTENT_LENGTH} || 0;

    return undef if length $c->{in} < $start + $length + 1 + $size;

    my $raw = $c->{in};

    $c->{in} = '';

    return cgi($raw, substr($raw, $start + $length + 1, $size), @params);
}


sub read_uwsgi {
    my ($c) = @_;

    return undef if length $c->{in} < 4;

    my $length = unpack 'x v', $c->{in};

    return undef if length $c->{in} < 4 + $length;

    my @params = unpack '(v/a)*', substr $c->{in}, 4, $length;
    my %param = @params;
    my $size = $param{CONTENT_LENGTH} || 0;

    return undef if length $c->{in} < 4 + $length + $size;

    my $raw = $c->{in};

    $c->{in} = '';

    return cgi($raw, substr($raw, 4 + $length, $size), @params);
}


sub read_fastcgi {
    my ($c) = @_;

    my ($params, $body, $rest, $ended) = ('', '', $c->{in}, 0);

    while (!$ended && length $rest >= 8) {
        my (undef, $type, undef, $length, $pad) = unpack 'C C n n C', $rest;

        return undef if length $rest < 8 + $length + $pad;

        my $content = substr $rest, 8, $length;

        substr $rest, 0, 8 + $length + $pad, '';

        $params .= $content if $type == 4;
        $body   .= $content if $type == 5;
        $ended = 1 if $type == 5 && $length == 0;
    }

    return undef if !$ended;

    my $raw = $c->{in};
    my @params;

    $c->{in} = $rest;

    while (length $params) {
        my @length = map {
            my $n = ord $params;

            $n < 128 ? do { substr $params, 0, 1, ''; $n }
                     : unpack('N', substr $params, 0, 4, '') & 0x7fffffff;
        } 1 .. 2;

        push @params, map { substr $params, 0, $_, '' } @length;
    }

    return cgi($raw, $body, @params);
}


sub cgi_text {
    my ($r, $arg) = @_;

    return join "\r\n", 'Status: ' . ($arg->{app} // 200) . ' Any',
                        extra($r, $arg), '', text($r);
}


sub write_cgi {
    my ($c, $r, $arg) = @_;

    Plaid::Loop::put($c, cgi_text($r, $arg));
    Plaid::Loop::finish($c);
}


sub write_uwsgi {
    my ($c, $r, $arg) = @_;

    Plaid::Loop::put($c, join "\r\n", 'HTTP/1.1 '
                     . ($arg->{app} // 200) . ' Any', extra($r, $arg), '',
                     text($r));
    Plaid::Loop::finish($c);
}


sub write_fastcgi {
    my ($c, $r, $arg) = @_;

    my $text = cgi_text($r, $arg);

    Plaid::Loop::put($c, pack('C C n n C C', 1, 6, 1, length $text, 0, 0)
                     . $text . pack('C C n n C C', 1, 6, 1, 0, 0, 0)
                     . pack('C C n n C C N C x3', 1, 3, 1, 8, 0, 0, 0, 0));
    Plaid::Loop::finish($c);
}


1;
