# The header boundary as a matrix: spelling x method x kind of location x phase
# that ends the request x protocol x kind of upstream.  Every cell is a header
# with a value of its own, and none of these values may get anywhere.
#
# A request carries all spellings that its protocol has, and each alone is
# tried, too.  The last blocks are the proof that the matrix can fail: the
# same requests through an nginx without the module.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Wire;
use Time::HiRes ();

plaid();

my @UPSTREAMS = qw( proxy fastcgi uwsgi scgi grpc );

# Where gRPC ends: as Plaid::App speaks no HTTP/2.  It must let everything
# pass; and whatever the app says is not for it.

$ENV{TEST_NGINX_GRPC_PORT} = Plaid::Side::free_port();
$ENV{TEST_NGINX_OPEN_GRPC_PORT} = $ENV{TEST_NGINX_GRPC_PORT};

for my $name (map { uc } @UPSTREAMS) {
    $ENV{"TEST_NGINX_MATRIX_${name}_$_"} = Plaid::Side::free_port()
        for qw( H1 H2 );
    $ENV{"TEST_NGINX_OPEN_${name}_$_"} = Plaid::Side::free_port()
        for qw( H1 H2 );
}

# the environment variables' names are those that a CGI-like app would see

my $CGI = 'REQUEST_METHOD $request_method; X_param REQUEST_URI $request_uri;'
          . ' X_param CONTENT_TYPE $content_type;'
          . ' X_param CONTENT_LENGTH $content_length;'
          . ' X_param HTTP_X_COPY $copy';

our %Pass = (proxy => 'proxy_set_header X-Copy $copy;'
                      . ' proxy_pass http://app',
             grpc  => 'grpc_set_header X-Copy $copy;'
                      . ' grpc_pass 127.0.0.1:$TEST_NGINX_GRPC_PORT');

for my $kind (qw( fastcgi uwsgi scgi )) {
    (my $params = "X_param $CGI") =~ s/X_/${kind}_/g;
    $Pass{$kind} = "$params; ${kind}_pass app";
}

# Ends of a request in each phase, "TARGET" being where it goes on: a URI or a
# name.  The URIs that the client asks for are "/END-TARGET".

my %END = (
    'return'       => 'return 418',
    'if'           => 'if ($request_method) { return 418; }',
    limit_req      => 'limit_req zone=full',
    deny           => 'deny all',
    auth_basic     => 'auth_basic realm; auth_basic_user_file html/nobody',
    auth_request   => 'auth_request /no',
    no_file        => 'root html',
    required       => 'plaid_exchange bank; plaid_exchange_required on;'
                      . ' root html',
    refused        => 'plaid_exchange refuses; root html',
    intercepted    => 'proxy_intercept_errors on; fastcgi_intercept_errors on;'
                      . ' uwsgi_intercept_errors on;'
                      . ' scgi_intercept_errors on;'
                      . ' grpc_intercept_errors on; PASS',
    intercepted_on => 'plaid_exchange bank; proxy_intercept_errors on;'
                      . ' fastcgi_intercept_errors on;'
                      . ' uwsgi_intercept_errors on;'
                      . ' scgi_intercept_errors on;'
                      . ' grpc_intercept_errors on; PASS',
);

# those with a directive of their own to go on

my %GO = (
    try_files => 'try_files /html/none TARGET',
    accel     => 'PASS',
    accel_on  => 'plaid_exchange bank; PASS',
);

# and those that can go on to a URI only

my %GO_URI = (
    rewrite    => 'rewrite ^ TARGET last',
    rewrite_if => 'if ($request_method) { rewrite ^ TARGET last; }',
    error_uri  => 'error_page 404 405 TARGET; root html',
);

# URIs that lead nowhere else

my %ALONE = (
    to_on       => 'plaid_exchange bank; PASS',
    to_off      => 'PASS',
    if_off      => 'plaid_exchange bank if=$arg_never; PASS',
    mirror      => 'mirror /to_on; PASS',
    mirror_on   => 'plaid_exchange bank; mirror /to_off; PASS',
    post_action => 'plaid_exchange bank; post_action /to_off; PASS',
    asks        => 'auth_request /yes; PASS',
    includes    => 'root html; ssi on; try_files /ssi.html =404;'
                   . ' default_type text/html',
    large_on    => 'client_max_body_size 1; root html;'
                   . ' error_page 404 405 413 = @bare_on',
    large_off   => 'client_max_body_size 1; root html;'
                   . ' error_page 404 405 413 = @bare_off',
    says        => 'return 200 "[$copy]"',
    file        => 'root html; try_files /plain.html =404',
    status      => 'plaid_status',
);

my %NOT_TO_APP = map { $_ => 1 } qw( says file status includes );
my %TARGET = (on => '/to_on', off => '/to_off', named_on => '@on',
              named_off => '@off');


# What answers in the place of nginx's own pages, and how to get there.

my $ERRORS = '400 401 403 404 405 413 415 418 429 500 502 503';

sub locations {
    my ($kind) = @_;

    my %all = %ALONE;

    for my $to (sort keys %TARGET) {
        my $target = $TARGET{$to};

        $all{"$_-$to"} = "$END{$_}; error_page $ERRORS = $target"
            for keys %END;
        $all{"$_-$to"} = $GO{$_} =~ s/TARGET/$target/r for keys %GO;

        next if $target =~ /^\@/;

        $all{"$_-$to"} = $GO_URI{$_} =~ s/TARGET/$target/r for keys %GO_URI;
    }

    my $text = join '', map { "location = /$_ { $all{$_}; }\n" }
                        sort keys %all;

    $text .= <<'END';
        location @on { plaid_exchange bank; PASS; }
        location @off { PASS; }
        location @bare_on { plaid_exchange bank; NOBODY PASS; }
        location @bare_off { NOBODY PASS; }
        location = /no {
            internal;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_pass http://app/no?app=403;
        }
        location = /yes { internal; NOBODY PASS; }
        location /index-on/ { index /to_on; }
        location /index-off/ { index /to_off; }
END

    # for subrequests, and when the body was too large to be read

    (my $nobody = $Pass{$kind}) =~ s/\$content_length/''/;
    $nobody = "${kind}_set_header Content-Length ''; $nobody"
        if $kind =~ /^(?:proxy|grpc)\z/;
    $nobody = "${kind}_pass_request_body off; $nobody" if $kind ne 'grpc';

    $text =~ s/NOBODY PASS(?=;)/$nobody/g;
    $text =~ s/PASS(?=;)/$Pass{$kind}/g;
    $text =~ s/;(?:\s*;)+/;/g;
    $text =~ s/\};/}/g;

    return ($text, sort(keys %all),
            qw( index-on/ index-off/ server-on server-off ));
}


# Two ways to the same app: what the early errors of HTTP lead to is a matter
# of the server.

my %EARLY = (400 => '@off', 494 => '@on', 431 => '@on', 414 => '/to_on',
             405 => '/to_off', 501 => '@on');

our (%Routes, $Http);

$Http = <<'END';
    upstream app { server 127.0.0.1:$TEST_NGINX_APP_PORT; }

    underscores_in_headers  on;
    ignore_invalid_headers  off;
    limit_req_zone          all zone=full:1m rate=1r/m;
    limit_req_status        429;
    keepalive_requests      10000;

    plaid_client refuses {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN;
        client_id    the-id;
        secret       the-s3cret;
    }
END

for my $kind (@UPSTREAMS) {
    my ($locations, @routes) = locations($kind);
    my $name = uc $kind;
    my $early = join "\n", map { "error_page $_ = $EARLY{$_};" }
                           sort keys %EARLY;

    $Routes{$kind} = \@routes;
    $Http .= <<"END";
    server {
        listen 127.0.0.1:\$TEST_NGINX_MATRIX_${name}_H1;
        listen 127.0.0.1:\$TEST_NGINX_MATRIX_${name}_H2 http2;
        set \$copy "\$http_x_plaid_access_token\$http_x_plaid_status\$http_x_plaid_item_id\$http_x_plaid_other";
        rewrite ^/server-on\$ /to_on last;
        rewrite ^/server-off\$ /to_off last;
        $early
        $locations
    }
END
}


our @Spellings = (
    'X-Plaid-Access-Token', 'x-plaid-access-token', 'X-PLAID-ACCESS-TOKEN',
    'X_Plaid_Access_Token', 'x_plaid_access_token', 'X-Plaid_Access-Token',
    'X.Plaid.Access.Token', 'X-Plaid.Access_Token', 'X!Plaid#Access$Token',
    'X~Plaid~Access~Token', 'X%Plaid&Access*Token', "X'Plaid`Access^Token",
    'X+Plaid|Access+Token', 'X/Plaid/Access/Token', 'X@Plaid@Access@Token',
    "X\xe9Plaid\xc3Access\xa9Token", 'X-Plaid-Status', 'x_plaid_status',
    'X-Plaid-Item-Id', 'X.Plaid.Item.Id', 'X-Plaid-Account-Id',
    'X-Plaid-Stripe-Bank-Account-Token', 'x.plaid_processor-token',
    'X-Plaid-Request-Id', 'X-Plaid-Error-Type', 'X_PLAID_ERROR_CODE',
    'X-Plaid-Other', 'x_plaid_other', 'X-Plaid-', 'X_Plaid_1'
);

# every byte that can be in a name, and in the place of a dash, and every way
# to write the letters by turns

our @Generated = (
    (map { my $c = chr;
           $c =~ /[A-Za-z0-9:]/ ? () : "X${c}Plaid${c}Access${c}Token" }
         0x21 .. 0x7e, 0x80 .. 0xff),
    (map { my $mask = $_;
           my $i = 0;
           'x-plaid-status' =~ s/([a-z])/$mask >> $i++ % 6 & 1 ? uc $1
                                                             : $1/ger }
         0 .. 63)
);

my $FORM = 'application/x-www-form-urlencoded';

our %Method = (
    GET        => [ 'GET' ],
    HEAD       => [ 'HEAD' ],
    OPTIONS    => [ 'OPTIONS' ],
    PUT        => [ 'PUT', 'text/plain', 'something' ],
    PROPFIND   => [ 'PROPFIND' ],
    DELETE     => [ 'DELETE' ],
    'no token' => [ 'POST', $FORM, 'public_token=null&a=b' ],
    'a token'  => [ 'POST', $FORM, 'public_token=m%d' ],
    JSON       => [ 'POST', 'application/json', '{"public_token":"j%d"}' ],
    nothing    => [ 'POST' ],
);

my $Cell = 0;


# A request with the headers @names: its number in each value, and where it is
# in the list.

sub request {
    my ($protocol, $uri, $method, @names) = @_;

    my $n = ++$Cell;
    my ($verb, $type, $body) = @{ $Method{$method} || [ $method ] };
    my $i = 0;

    ($body //= '') =~ s/%d/$n/;
    $uri .= $uri =~ /\?/ ? "&c=kept-$n-uri" : "?c=kept-$n-uri";

    my @headers = ([ 'x-kept', "kept-$n-first" ],
                   (map { [ $_, "evil-$n-" . $i++ . '-' ] } @names),
                   [ 'x-kept-too', "kept-$n-last" ]);

    push @headers, [ 'content-type', $type ] if $type;
    push @headers, [ 'content-length', length $body ] if length $body;

    if ($protocol eq 'h2') {
        return ($n, [ [ [ ':method', $verb ], [ ':scheme', 'http' ],
                        [ ':path', $uri ], [ ':authority', 'localhost' ],
                        @headers ], $body ]);
    }

    return ($n, join "\r\n", "$verb $uri HTTP/1.1", 'Host: localhost',
                'Connection: close', (map { "$_->[0]: $_->[1]" } @headers),
                '', $body);
}


sub spellings {
    my ($protocol, @names) = @_;

    # a name with a capital is no name in HTTP/2: see the early errors

    return @names if $protocol eq 'h1';

    my %seen;

    return grep { !$seen{$_}++ } map { lc } @names;
}


sub arguments {
    my ($route) = @_;

    my ($target) = $route =~ /-(.*)/;

    return $route =~ /^intercepted/ ? '?app=500'
         : $route =~ /^accel/       ? "?accel=$TARGET{$target}"
         :                            '';
}


# What the app has got, when it is all: a mirror and a post_action come after
# the answer.

sub app_has {
    my $last = -1;

    for (1 .. 200) {
        my $calls = Plaid::Side::ask('app');

        last if $calls == $last;
        $last = $calls;
        Time::HiRes::sleep(0.05);
    }

    return Plaid::Side::ask('app_all');
}


# Sends [ what, number, request ] and returns what the app got, by number, and
# numbers of the requests with a header of the client's in it or in the answer.

sub send_all {
    my ($protocol, $port, @sent) = @_;

    my $send = $protocol eq 'h2'    ? \&Plaid::Wire::h2
             : $protocol eq 'h2 x1' ? \&Plaid::Wire::h2_alone
             :                        \&Plaid::Wire::h1;
    my @answers = $send->($port, map { $_->[2] } @sent);
    my $seen = join "\n", app_has(), @answers;

    my %kept = map { $_ => 1 } $seen =~ /kept-(\d+)-/g;
    my %evil;

    $evil{$1}{$2}++ while $seen =~ /evil-(\d+)-(\d+)-/g;

    my @mute = grep { !length $answers[$_] } 0 .. $#answers;

    return (\%kept, \%evil, \@mute);
}


sub ::matrix {
    my ($kind, $protocol, @one) = @_;

    my $port = $ENV{'TEST_NGINX_MATRIX_' . uc($kind) . '_' . uc $protocol};
    my @names = spellings($protocol, @::Spellings);
    my (@sent, %route);

    # the first of a minute is let pass

    Plaid::Wire::h1($ENV{'TEST_NGINX_MATRIX_' . uc($kind) . '_H1'},
                    (request('h1', '/limit_req-on', 'GET'))[1]);

    for my $route (@{ $::Routes{$kind} }) {
        for my $method (sort keys %::Method) {
            my ($n, $request) = request($protocol,
                                        "/$route" . arguments($route),
                                        $method, @names);

            push @sent, [ $route, $n, $request ];
            $route{$route}{$n} = $method;
        }
    }

    my ($kept, $evil, $mute) = send_all($protocol, $port, @sent);

    Test::More::is_deeply(
        [ map { "$sent[$_][0] $route{$sent[$_][0]}{$sent[$_][1]}" } @$mute ],
        [], "$kind by $protocol - every request is answered");

    for my $route (@{ $::Routes{$kind} }) {
        my %method = %{ $route{$route} };
        my @bad = map { my $n = $_;
                        map { "$method{$n}: $names[$_]" }
                            keys %{ $evil->{$n} || {} } } keys %method;
        my @lost = $NOT_TO_APP{$route} ? ()
                   : map { $method{$_} }
                     grep { !$kept->{$_} && !expected_loss($route,
                                                          $method{$_}) }
                     keys %method;

        Test::More::is_deeply([ sort @bad ], [],
            "$kind by $protocol, $route - "
            . @names * keys(%method) . ' cells, nothing gets through');
        Test::More::is_deeply([ sort @lost ], [],
            "$kind by $protocol, $route - the app is called");
    }

    return 1;
}


# An index is for GET, HEAD and POST; a client that posts JSON gets JSON.

sub expected_loss {
    my ($route, $method) = @_;

    return 1 if $route =~ /^index/ && $method =~ /^(?:PUT|DELETE|OPTIONS
                                                     |PROPFIND)/x;
    return 1 if $route =~ /^refused/ && $method eq 'JSON';
    return 0;
}


# Each spelling alone: beside a token in a location that exchanges, and where a
# redirect leads to one that does not.

sub ::singles {
    my ($kind, $protocol) = @_;

    my $port = $ENV{'TEST_NGINX_MATRIX_' . uc($kind) . '_' . uc $protocol};
    my @names = spellings($protocol, @::Spellings, @::Generated);

    for my $way ([ 'to_on', 'a token' ], [ 'return-named_off', 'GET' ]) {
        my ($route, $method) = @$way;
        my @sent = map {
            [ $_, request($protocol, "/$route", $method, $_) ]
        } @names;
        my ($kept, $evil) = send_all($protocol, $port, @sent);

        Test::More::is_deeply(
            [ map { $_->[0] } grep { $evil->{$_->[1]} } @sent ], [],
            "$kind by $protocol, $route - " . @names
            . ' names alone, none gets through');
        Test::More::is_deeply(
            [ map { $_->[0] } grep { !$kept->{$_->[1]} } @sent ], [],
            "$kind by $protocol, $route - the app is called");
    }

    return 1;
}


# Requests that end before the first phase, and are answered by an app.

sub early_h1 {
    my @names = spellings('h1', @::Spellings);
    my $i = 0;
    my $ours = join '', "X-Kept: kept-N-\r\n",
                    map { "$_: evil-N-" . $i++ . "-\r\n" } @names;
    my $end = "Connection: close\r\n\r\n";
    my $host = "Host: localhost\r\n";

    my %early = (
        'no host'          => "GET /to_on HTTP/1.1\r\n$ours$end",
        'a bad host'       => "GET /to_on HTTP/1.1\r\n${ours}Host: a b\r\n$end",
        'two hosts'        => "GET /to_on HTTP/1.1\r\n${ours}Host: a\r\n"
                              . "Host: b\r\n$end",
        'a bad length'     => "POST /to_on HTTP/1.1\r\n$host$ours"
                              . "Content-Length: -1\r\n$end",
        'two lengths'      => "POST /to_on HTTP/1.1\r\n$host$ours"
                              . "Content-Length: 1\r\nContent-Length: 1\r\n"
                              . $end,
        'an odd transfer'  => "POST /to_on HTTP/1.1\r\n$host$ours"
                              . "Transfer-Encoding: odd\r\n$end",
        'TRACE'            => "TRACE /to_on HTTP/1.1\r\n$host$ours$end",
        'a bad line'       => "GET /to_on HTTP/1.1\r\n$host${ours}a b: c\r\n"
                              . $end,
        'a large header'   => "GET /to_on HTTP/1.1\r\n$host${ours}X-Large: "
                              . 'y' x 9000 . "\r\n$end",
        'a large name'     => "GET /to_on HTTP/1.1\r\n$host${ours}"
                              . 'y' x 9000 . ": a\r\n$end",
        'a large URI'      => 'GET /' . 'y' x 9000 . " HTTP/1.1\r\n$end",
        'a large one of ours' => "GET /to_on HTTP/1.1\r\n$host${ours}"
                              . "X-Plaid-Other: evil-N-0-" . 'y' x 9000
                              . "\r\n$end",
    );

    return map {
        my $n = ++$Cell;

        [ $_, $n, $early{$_} =~ s/(kept|evil)-N-/$1-$n-/gr ]
    } sort keys %early;
}


sub early_h2 {
    my @names = spellings('h2', @::Spellings);
    my $i = 0;
    my @ours = ([ 'x-kept', 'kept-N-' ],
                map { [ $_, 'evil-N-' . $i++ . '-' ] } @names);
    my @line = ([ ':method', 'GET' ], [ ':scheme', 'http' ],
                [ ':path', '/to_on' ], [ ':authority', 'localhost' ]);

    my %early = (
        'TRACE'          => [ [ ':method', 'TRACE' ], @line[1 .. 3], @ours ],
        'a capital'      => [ @line, @ours, [ 'X-Plaid-Other',
                                              'evil-N-0-' ] ],
        'capitals first' => [ @line, [ 'X-Plaid-Other', 'evil-N-0-' ],
                              @ours ],
        'a bad host'     => [ @line[0 .. 2], [ ':authority', 'a b' ], @ours ],
        'a bad path'     => [ @line[0, 1], [ ':path', 'x y' ], $line[3],
                              @ours ],
        'an odd pseudo'  => [ @line, @ours, [ ':odd', 'x' ] ],
        'no path'        => [ @line[0, 1, 3], @ours ],
        'a bad length'   => [ @line, @ours, [ 'content-length', '-1' ] ],
        'a large header' => [ @line, @ours, [ 'x-large', 'y' x 9000 ] ],
        'a colon'        => [ @line, @ours, [ 'x:y', 'z' ] ],
    );

    return map {
        my $n = ++$Cell;
        my @headers = map { [ $_->[0], $_->[1] =~ s/-N-/-$n-/r ] }
                          @{ $early{$_} };

        [ $_, $n, [ \@headers, '' ] ]
    } sort keys %early;
}


sub ::early {
    my ($kind, $protocol) = @_;

    my $port = $ENV{'TEST_NGINX_MATRIX_' . uc($kind) . '_' . uc $protocol};
    my @sent = $protocol eq 'h2' ? early_h2() : early_h1();

    # what is an error of a connection is not to end the others

    my ($kept, $evil) = send_all($protocol eq 'h2' ? 'h2 x1' : 'h1', $port,
                                 @sent);

    Test::More::ok(!$evil->{$_->[1]}, "$kind by $protocol, $_->[0]"
                                      . ' - nothing gets through')
        for @sent;

    # not each of them: what is no HTTP at all has no answer

    Test::More::cmp_ok(scalar keys %$kept, '>=', 2, "$kind by $protocol"
                       . ' - the app is called after early errors');

    return 1;
}


# Without the module, everything gets through.

sub open_servers {
    my $http = '    underscores_in_headers on; ignore_invalid_headers off;'
               . " keepalive_requests 10000;\n    upstream app { server "
               . "127.0.0.1:$ENV{TEST_NGINX_APP_PORT}; }\n";

    for my $kind (@UPSTREAMS) {
        (my $pass = $::Pass{$kind}) =~ s/\$(TEST_\w+)/$ENV{$1}/g;
        my ($h1, $h2) = map { $ENV{'TEST_NGINX_OPEN_' . uc($kind) . "_$_"} }
                            qw( H1 H2 );

        $pass =~ s/\$copy/copy/g;
        $http .= <<"END";
    server {
        listen 127.0.0.1:$h1;
        listen 127.0.0.1:$h2 http2;
        location / { $pass; }
    }
END
    }

    return $http . <<"END";
    server {
        listen 127.0.0.1:$ENV{TEST_NGINX_GRPC_PORT} http2;
        large_client_header_buffers 8 32k;
        location / {
            proxy_ignore_headers X-Accel-Redirect;
            proxy_pass_header    X-Accel-Redirect;
            proxy_pass           http://app;
        }
    }
END
}


sub ::open {
    my ($kind, $protocol) = @_;

    my $port = $ENV{'TEST_NGINX_OPEN_' . uc($kind) . '_' . uc $protocol};
    my @names = spellings($protocol, @::Spellings, @::Generated);
    my @sent = map { [ $_, request($protocol, '/', 'GET', $_) ] } @names;
    my ($kept, $evil) = send_all($protocol, $port, @sent);

    Test::More::is_deeply(
        [ map { $_->[0] } grep { !$evil->{$_->[1]} } @sent ], [],
        "$kind by $protocol - without the module each of " . @names
        . ' names gets through');

    return 1;
}


Plaid::Side::nginx(open_servers());

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $::Http);
    $block->set_value('config', 'location = /up { return 204; }');
    $block->set_value('request', 'GET /up');
    $block->set_value('error_code', 204);
    $block->set_value('user_files', <<'END');
>>> ssi.html
<!--# include virtual="/to_on" --><!--# include virtual="/to_off" -->
>>> plain.html
plain
END
});

worker_connections(512);

run_tests();

__DATA__

=== TEST 1: the matrix, proxy by h1
--- check eval: sub { ::matrix('proxy', 'h1') }



=== TEST 2: the matrix, proxy by h2
--- check eval: sub { ::matrix('proxy', 'h2') }



=== TEST 3: the matrix, fastcgi by h1
--- check eval: sub { ::matrix('fastcgi', 'h1') }



=== TEST 4: the matrix, fastcgi by h2
--- check eval: sub { ::matrix('fastcgi', 'h2') }



=== TEST 5: the matrix, uwsgi by h1
--- check eval: sub { ::matrix('uwsgi', 'h1') }



=== TEST 6: the matrix, uwsgi by h2
--- check eval: sub { ::matrix('uwsgi', 'h2') }



=== TEST 7: the matrix, scgi by h1
--- check eval: sub { ::matrix('scgi', 'h1') }



=== TEST 8: the matrix, scgi by h2
--- check eval: sub { ::matrix('scgi', 'h2') }



=== TEST 9: the matrix, grpc by h1
--- check eval: sub { ::matrix('grpc', 'h1') }



=== TEST 10: the matrix, grpc by h2
--- check eval: sub { ::matrix('grpc', 'h2') }



=== TEST 11: each name alone, proxy by h1
--- check eval: sub { ::singles('proxy', 'h1') }



=== TEST 12: each name alone, proxy by h2
--- check eval: sub { ::singles('proxy', 'h2') }



=== TEST 13: each name alone, fastcgi by h1
--- check eval: sub { ::singles('fastcgi', 'h1') }



=== TEST 14: each name alone, fastcgi by h2
--- check eval: sub { ::singles('fastcgi', 'h2') }



=== TEST 15: each name alone, uwsgi by h1
--- check eval: sub { ::singles('uwsgi', 'h1') }



=== TEST 16: each name alone, uwsgi by h2
--- check eval: sub { ::singles('uwsgi', 'h2') }



=== TEST 17: each name alone, scgi by h1
--- check eval: sub { ::singles('scgi', 'h1') }



=== TEST 18: each name alone, scgi by h2
--- check eval: sub { ::singles('scgi', 'h2') }



=== TEST 19: each name alone, grpc by h1
--- check eval: sub { ::singles('grpc', 'h1') }



=== TEST 20: each name alone, grpc by h2
--- check eval: sub { ::singles('grpc', 'h2') }



=== TEST 21: early errors, proxy by h1
--- check eval: sub { ::early('proxy', 'h1') }



=== TEST 22: early errors, proxy by h2
--- check eval: sub { ::early('proxy', 'h2') }



=== TEST 23: early errors, fastcgi by h1
--- check eval: sub { ::early('fastcgi', 'h1') }



=== TEST 24: early errors, fastcgi by h2
--- check eval: sub { ::early('fastcgi', 'h2') }



=== TEST 25: early errors, uwsgi by h1
--- check eval: sub { ::early('uwsgi', 'h1') }



=== TEST 26: early errors, uwsgi by h2
--- check eval: sub { ::early('uwsgi', 'h2') }



=== TEST 27: early errors, scgi by h1
--- check eval: sub { ::early('scgi', 'h1') }



=== TEST 28: early errors, scgi by h2
--- check eval: sub { ::early('scgi', 'h2') }



=== TEST 29: early errors, grpc by h1
--- check eval: sub { ::early('grpc', 'h1') }



=== TEST 30: early errors, grpc by h2
--- check eval: sub { ::early('grpc', 'h2') }



=== TEST 31: without the module, proxy by h1
--- check eval: sub { ::open('proxy', 'h1') }



=== TEST 32: without the module, proxy by h2
--- check eval: sub { ::open('proxy', 'h2') }



=== TEST 33: without the module, fastcgi by h1
--- check eval: sub { ::open('fastcgi', 'h1') }



=== TEST 34: without the module, fastcgi by h2
--- check eval: sub { ::open('fastcgi', 'h2') }



=== TEST 35: without the module, uwsgi by h1
--- check eval: sub { ::open('uwsgi', 'h1') }



=== TEST 36: without the module, uwsgi by h2
--- check eval: sub { ::open('uwsgi', 'h2') }



=== TEST 37: without the module, scgi by h1
--- check eval: sub { ::open('scgi', 'h1') }



=== TEST 38: without the module, scgi by h2
--- check eval: sub { ::open('scgi', 'h2') }



=== TEST 39: without the module, grpc by h1
--- check eval: sub { ::open('grpc', 'h1') }



=== TEST 40: without the module, grpc by h2
--- check eval: sub { ::open('grpc', 'h2') }
