package Plaid::Mock;

# Plaid, both APIs, with every fault a network and a server can have.  The
# first part of the path says what to do:
#
#     environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/reset;
#
# The tokens of a reply are made from the public token, so that no two blocks
# need have the same.

use strict;
use warnings;

use Plaid::Loop ();

our ($calls, $connections, $open, @requests, @held, %seen, @script, %given,
     $keys, $key_do);


sub forget {
    $calls = $connections = $keys = 0;
    $key_do = '';
    @requests = @script = ();
    %seen = %given = ();
}


sub accept_plaid {
    my ($fh) = @_;

    my $c = Plaid::Loop::connection($fh, \&request);

    $connections++;
    $open++;
    $c->{gone} = sub { $open-- };
}


# Accepts, and never reads: no TLS, no answer.

sub accept_silent {
    my ($fh) = @_;

    $connections++;
    Plaid::Loop::connection($fh, sub { })->{deaf} = 1;
}


# Waits until a request is there, and resets the connection without reading.

sub accept_reset {
    my ($fh) = @_;

    my $c = Plaid::Loop::connection($fh, sub { });

    $connections++;
    $c->{peek} = sub { $calls++; Plaid::Loop::reset_peer($_[0]) };
}


# One whole request of $c's "in", or undef.

sub take_request {
    my ($c) = @_;

    my $end = index $c->{in}, "\r\n\r\n";

    return undef if $end < 0;

    my $head = substr $c->{in}, 0, $end + 4;
    my ($line, @headers) = split /\r\n/, $head;
    my ($length) = $head =~ /^content-length:\s*(\d+)/mi;
    my $body = substr $c->{in}, $end + 4;

    if ($head =~ /^transfer-encoding:\s*chunked/mi) {
        my $raw = $body;

        $body = '';

        while (1) {
            $raw =~ s/\A([0-9a-f]+)\r\n//i or return undef;

            my $size = hex $1;

            return undef if length $raw < $size + 2;
            $body .= substr $raw, 0, $size;
            substr $raw, 0, $size + 2, '';
            last if $size == 0;
        }

        $c->{in} = $raw;

    } else {
        $length //= 0;

        return undef if length $body < $length;
        $c->{in} = substr $body, $length;
        $body = substr $body, 0, $length;
    }

    my ($method, $uri) = split / /, $line;

    return { method => $method, uri => $uri, headers => \@headers,
             body => $body, head => $head };
}


sub request {
    my ($c) = @_;

    # TLS, where it is not spoken

    return Plaid::Loop::finish($c) if $c->{in} =~ /\A[^A-Z]/;

    while ($c->{fh} && (my $r = take_request($c))) {
        push @requests, $r->{head} . $r->{body};

        if ($r->{uri} =~ m{/webhook_verification_key/get\z}) {
            $keys++;
            key($c, $r);
            next;
        }

        $calls++;
        $c->{requests}++;

        my ($do, $path) = $r->{uri} =~ m{\A(?:/([^/]+))?
                                         /(item/public_token/exchange
                                           |exchange_token)\z}x
            or return reply($c, 404, 'text/plain', "no such path\n");

        $r->{legacy} = $path eq 'exchange_token';
        ($do, my @args) = split /\./, $do // 'ok';

        my $code = Plaid::Mock->can("do_$do")
            or return reply($c, 404, 'text/plain', "no such fault\n");

        $code->($c, $r, @args);
    }
}


# A verification key: what "$TEST_NGINX_SIDE_DIR/KID.key" has, or none.  What
# $key_do says comes first: "hold" and "hang", or a status.

sub key {
    my ($c, $r) = @_;

    my ($kid) = $r->{body} =~ /\A\{"key_id":"([\w-]+)"\}\z/
        or return do_error($c, $r, 400, 'INVALID_REQUEST', 'INVALID_FIELD');

    return if $key_do eq 'hang';

    return do_error($c, $r, $key_do, 'API_ERROR', 'INTERNAL_SERVER_ERROR')
        if $key_do =~ /\A\d+\z/;

    my $send = sub {
        open my $in, '<', "$ENV{TEST_NGINX_SIDE_DIR}/$kid.key"
            or return do_error($c, $r, 400, 'INVALID_INPUT',
                            'INVALID_WEBHOOK_VERIFICATION_KEY_ID');

        json($c, 200, join '', <$in>);
    };

    return push @held, $send if $key_do eq 'hold';

    $send->();
}


sub reply {
    my ($c, $status, $type, $body, @headers) = @_;

    Plaid::Loop::put($c, join "\r\n", "HTTP/1.1 $status Any",
                     "Content-Type: $type",
                     "Content-Length: " . length $body, @headers, '', $body);
}


sub json {
    my ($c, $status, $body, @headers) = @_;

    reply($c, $status, 'application/json', $body, @headers);
}


sub unescape {
    my ($text) = @_;

    $text =~ tr/+/ /;
    $text =~ s/%([0-9a-f]{2})/chr hex $1/gei;

    return $text;
}


# The end of the token: an id with all of it would not be passed on.

sub id {
    my ($token) = @_;

    return length $token > 7 ? substr($token, -7) : $token;
}


# What Plaid says to a token: headers of the reply, and the body.

sub success {
    my ($r) = @_;

    if ($r->{legacy}) {
        my %form = map { map { unescape($_) } split /=/, $_, 2 }
                   split /&/, $r->{body};
        my $token = $form{public_token} // '';
        my $more = '';

        if (my $account = $form{account_id}) {
            $more = qq(,"account_id":"$account",)
                    . qq("stripe_bank_account_token":"btok-$account",)
                    . qq("processor_token":"processor-$account");
        }

        return (qq({"access_token":"legacy-$token"$more}),
                "X-Request-Id: req-" . id($token));
    }

    my ($token) = $r->{body} =~ /"public_token":"([^"]*)"/;
    my $id = id($token);

    return (qq({"access_token":"access-$token","item_id":"item-$id",)
            . qq("request_id":"req-$id"}));
}


sub do_ok {
    my ($c, $r) = @_;

    json($c, 200, success($r));
}


# The tokens that the public token names in hex: "x-55-56" is U and V.  Both
# APIs: the legacy one has a Stripe and a processor token, too.

sub do_named {
    my ($c, $r) = @_;

    my $names = join '|', qw( access_token stripe_bank_account_token
                              processor_token );
    my ($hex) = $r->{body} =~ /\bpublic_token"?[:=]"?x((?:-[0-9a-f]+)+)/;
    my @tokens = map { pack 'H*', $_ } grep { length } split /-/, $hex // '';
    my @members = map { my $token = shift @tokens;

                        s/(["\\])/\\$1/g for defined $token ? $token : ();
                        defined $token ? qq("$_":"$token") : ()
                      } split /\|/, $names;

    json($c, 200, '{' . join(',', @members, $r->{legacy} ? () :
                             '"item_id":"i","request_id":"r"') . '}');
}


# After some milliseconds.

sub do_slow {
    my ($c, $r, $ms) = @_;

    Plaid::Loop::after($ms / 1000, sub { do_ok($c, $r) });
}


# When the test says so.

sub do_hold {
    my ($c, $r) = @_;

    push @held, sub { do_ok($c, $r) };
}


sub release {
    my @all = splice @held;

    $_->() for @all;

    return scalar @all;
}


sub do_hang {
}


sub do_reset {
    Plaid::Loop::reset_peer($_[0]);
}


sub do_fin {
    Plaid::Loop::finish($_[0]);
}


sub do_half {
    my ($c, $r) = @_;

    my ($body) = success($r);

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nContent-Length: "
                     . length($body) . "\r\n\r\n"
                     . substr $body, 0, length($body) / 2);
    Plaid::Loop::finish($c);
}


# The same, by a reset, in the middle of the headers.

sub do_halfhead {
    my ($c, $r) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nContent-Le");
    Plaid::Loop::after(0.05, sub { Plaid::Loop::finish($c) });
}


sub drip {
    my ($c, $left, $keep) = @_;

    return if !$c->{fh} || length $left <= $keep;

    Plaid::Loop::put($c, substr $left, 0, 1, '');
    Plaid::Loop::after(0.002, sub { drip($c, $left, $keep) });
}


sub do_drip {
    my ($c, $r, $keep) = @_;

    my ($body) = success($r);

    drip($c, "HTTP/1.1 200 OK\r\nContent-Length: " . length($body)
             . "\r\n\r\n$body", $keep // 0);
}


sub do_garbage {
    my ($c) = @_;

    Plaid::Loop::put($c, "\x00\x01\xfe\xff" x 64);
    Plaid::Loop::finish($c);
}


sub do_http09 {
    my ($c, $r) = @_;

    my ($body) = success($r);

    Plaid::Loop::put($c, $body);
    Plaid::Loop::finish($c);
}


sub padded {
    my ($r, $size) = @_;

    my ($body) = success($r);

    return $body . ' ' x ($size - length $body);
}


# A reply of so many bytes, spaces at its end.

sub do_size {
    my ($c, $r, $size) = @_;

    json($c, 200, padded($r, $size));
}


# The same without a length, to the end of the connection.

sub do_endless {
    my ($c, $r, $size) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                     . padded($r, $size));
    Plaid::Loop::finish($c);
}


sub do_chunked {
    my ($c, $r, $n) = @_;

    my ($body) = success($r);

    $n //= 7;

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                     . "Content-Type: application/json\r\n\r\n"
                     . join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
                                unpack "(a$n)*", $body) . "0\r\n\r\n");
}


# Chunks, and a field after them.

sub do_trailer {
    my ($c, $r) = @_;

    my ($body) = success($r);

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                     . "Trailer: X-Sum\r\n\r\n"
                     . sprintf("%x\r\n%s\r\n", length $body, $body)
                     . "0\r\nX-Sum: 1\r\n\r\n");
}


# More headers than anyone needs.

sub do_headers {
    my ($c) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\n"
                     . "X-Request-Id: one-of-many\r\n" x 1000);
}


# Chunks without an end: the connection is closed instead.

sub do_cutchunked {
    my ($c, $r) = @_;

    my ($body) = success($r);

    Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                     . sprintf "\r\n%x\r\n%s\r\n", length $body, $body);
    Plaid::Loop::finish($c);
}


# The member access_token as it is given; "none": not at all.

my %odd = (
    none    => '{"item_id":"i","request_id":"req-odd"}',
    spaces  => '{"access_token":"access with spaces","item_id":"i"}',
    control => '{"access_token":"access\u0001","item_id":"i"}',
    newline => '{"access_token":"access\r\nX-Evil: 1","item_id":"i"}',
    utf8    => '{"access_token":"access-\u00e9","item_id":"i"}',
    number  => '{"access_token":42,"item_id":"i"}',
    null    => '{"access_token":null,"item_id":"i"}',
    empty   => '{"access_token":"","item_id":"i"}',
    object  => '{"access_token":{"a":"b"},"item_id":"i"}',
    array   => '[{"access_token":"access-array"}]',
    string  => '"access-string"',
    cut     => '{"access_token":"access-cut","item_id":"i"',
    trail   => '{"access_token":"access-trail","item_id":"i"} garbage',
    nothing => '',
    long    => '{"access_token":"' . 'a' x 513 . '","item_id":"i"}',
    longest => '{"access_token":"' . 'a' x 512 . '","item_id":"i"}',
    nul     => qq({"access_token":"access\\u0000nul","item_id":"i"}),
    alone   => '{"access_token":"access-alone"}',
    evilid  => '{"access_token":"access-evilid","item_id":"i\r\nX-Evil: 1",'
               . '"request_id":"r\nX-Evil: 2"}',
);


sub do_odd {
    my ($c, $r, $which) = @_;

    json($c, 200, $odd{$which});
}


# The secret and the public token come back in places where they could leak.

sub do_echo {
    my ($c, $r) = @_;

    my ($secret) = $r->{head} =~ /^plaid-secret: (\S+)/mi;
    my ($token) = $r->{body} =~ /"public_token":"([^"]*)"/;

    json($c, 400, qq({"error_type":"INVALID_INPUT",)
                  . qq("error_code":"INVALID_PUBLIC_TOKEN",)
                  . qq("error_message":"bad $token with $secret",)
                  . qq("request_id":"req-echo-$token"}));
}


sub do_html {
    my ($c, $r, $status) = @_;

    reply($c, $status, 'text/html', "<html>access-html</html>\n");
}


sub do_redirect {
    my ($c, $r, $status) = @_;

    json($c, $status, '{}',
         "Location: http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT}/ok"
         . "/item/public_token/exchange");
}


sub do_204 {
    my ($c) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 204 No Content\r\n\r\n");
}


sub do_continue {
    my ($c, $r) = @_;

    Plaid::Loop::put($c, "HTTP/1.1 100 Continue\r\n\r\n");
    do_ok($c, $r);
}


# An error as Plaid has them: status, error_type, error_code.

sub do_error {
    my ($c, $r, $status, $type, $code) = @_;

    json($c, $status, qq({"error_type":"$type","error_code":"$code",)
                      . qq("error_message":"the message of $code",)
                      . qq("display_message":null,"request_id":"req-error"}));
}


sub do_display {
    my ($c) = @_;

    json($c, 400, '{"error_type":"ITEM_ERROR","error_code":"ITEM_LOCKED",'
                  . '"error_message":"it is \"locked\"\n",'
                  . '"display_message":"Please call your bank",'
                  . '"request_id":"req-display"}');
}


# The legacy API's: status, code.

sub do_lerror {
    my ($c, $r, $status, $code) = @_;

    json($c, $status, qq({"code":$code,"message":"the message of $code",)
                      . qq("resolve":"do something"}),
         'X-Request-Id: req-lerror');
}


# 429, with "Retry-After" when it has a value.

sub do_ratelimit {
    my ($c, $r, $wait) = @_;

    json($c, 429, '{"error_type":"RATE_LIMIT_EXCEEDED","error_code":'
                  . '"ITEM_PUBLIC_TOKEN_EXCHANGE_LIMIT","error_message":"slow",'
                  . '"request_id":"req-limit"}',
         defined $wait ? "Retry-After: $wait" : ());
}


sub do_ratelimitonce {
    my ($c, $r, $wait) = @_;

    return do_ok($c, $r) if $seen{$r->{body}}++;

    do_ratelimit($c, $r, $wait);
}


# Closes after each reply, and does not say so.

sub do_closeeach {
    my ($c, $r) = @_;

    do_ok($c, $r);
    Plaid::Loop::finish($c);
}


# Closes after so many idle milliseconds.

sub do_idle {
    my ($c, $r, $ms) = @_;

    my $n = $c->{requests};

    do_ok($c, $r);

    Plaid::Loop::after($ms / 1000, sub {
        Plaid::Loop::finish($c) if $c->{requests} == $n;
    });
}


# The second request of a connection is read, and the connection reset.

sub do_resetreused {
    my ($c, $r) = @_;

    return Plaid::Loop::reset_peer($c) if $c->{requests} > 1;

    do_ok($c, $r);
}


sub do_finreused {
    my ($c, $r) = @_;

    return Plaid::Loop::finish($c) if $c->{requests} > 1;

    do_ok($c, $r);
}


# The second request of a connection comes too late to be read.

sub do_latereused {
    my ($c, $r) = @_;

    return do_ok($c, $r) if $c->{requests} == 1;

    Plaid::Loop::put($c, "HTTP/1.1 408 Request Timeout\r\n"
                         . "Connection: close\r\nContent-Length: 0\r\n\r\n");
    Plaid::Loop::finish($c);
}


# The usual answer with another status.

sub do_status {
    my ($c, $r, $status) = @_;

    json($c, $status, success($r));
}


# A public token is good for one exchange, as with Plaid itself; and each call
# takes the next word of a script (see Plaid::Side), "ok" when there is none:
#
#     lost         exchanged, and the connection closed instead of an answer
#     hold:WORD    does what the word says when the test says so
#     taken:WORD   exchanged at once, then the word: an answer of nobody's use
#     WORD         any other fault of this file: not exchanged

# What the token's name says: -bad is refused, -busy, -lost and -hang the first
# time; else as "onetime".

sub do_byname {
    my ($c, $r) = @_;

    my $token = token($r);

    return do_error($c, $r, 400, 'INVALID_INPUT', 'INVALID_PUBLIC_TOKEN')
        if $token =~ /-bad\z/;

    if ($token =~ /-(busy|lost|hang|gone)\z/ && !$seen{$token}++) {
        $given{$token} = 1 if $1 eq 'gone';

        return do_error($c, $r, 500, 'API_ERROR', 'INTERNAL_SERVER_ERROR')
            if $1 eq 'busy';
        return if $1 eq 'hang';
        return Plaid::Loop::finish($c);
    }

    once($c, $r);
}


sub do_onetime {
    my ($c, $r) = @_;

    act($c, $r, shift @script // 'ok');
}


sub act {
    my ($c, $r, $word) = @_;

    if ($word =~ s/^hold://) {
        push @held, sub { act($c, $r, $word) };
        return;
    }

    return once($c, $r) if $word eq 'ok';

    my $taken = $word =~ s/^taken://;
    my ($do, @args) = split /\./, $word;

    $given{token($r)} = 1 if $taken || $do eq 'lost';

    return Plaid::Loop::finish($c) if $do eq 'lost';

    Plaid::Mock->can("do_$do")->($c, $r, @args);
}


sub token {
    my ($r) = @_;

    return $r->{body} =~ /"public_token":"([^"]*)"/
           || $r->{body} =~ /public_token=([^&]*)/ ? $1 : '';
}


sub once {
    my ($c, $r) = @_;

    return do_ok($c, $r) if !$given{token($r)}++;

    return do_lerror($c, $r, 401, 1106) if $r->{legacy};

    do_error($c, $r, 400, 'INVALID_INPUT', 'INVALID_PUBLIC_TOKEN');
}


1;
