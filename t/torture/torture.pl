#!/usr/bin/perl

# Fails each allocation of each main path in turn:
#
#     t/torture/torture.pl [--short] [PATH ...]
#
# For n = 1, 2, ... a request is sent while the n-th allocation after its
# beginning fails (see failmalloc.c), until there is no n-th one.  Each time:
# nginx lives; it logs nothing above [error] but that memory is short; the
# answer is the right one, an error, or a closed connection; the app gets
# either the headers of an exchange or no request; the next request is
# answered as ever.  In the end no more blocks are allocated than before.
#
# --short takes steps over n, to last seconds.  Environment: BUILD (where the
# modules are), TEST_NGINX_BINARY, TORTURE_VERBOSE (shows which n leave blocks,
# and who got nothing when something is wrong).  With an nginx built with
# -DNGX_DEBUG_PALLOC=1 each allocation from a pool is one of its own.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/..";

use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw( sleep time );

use Plaid::Side ();

# seconds that an answer may take; the clients give up after 2
my $TIMEOUT = 8;

# blocks that may be there in the end beyond those of the beginning: caches of
# libcurl's and OpenSSL's
my $MARGIN = 40;

my $short = @ARGV && $ARGV[0] eq '--short' ? shift : undef;
my $build = $ENV{TEST_NGINX_MODULES_DIR} || $ENV{BUILD}
            || "$FindBin::Bin/../../build";
my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';

my $dir = File::Temp::tempdir('plaid-torture-XXXXXX', TMPDIR => 1,
                              CLEANUP => !$ENV{TORTURE_VERBOSE});
my ($port, $pid, $shared, $log, $serial, $ended, @wrong, @trace);

$port = Plaid::Side::free_port();

Plaid::Side::start();
Plaid::Side::tls();


# What the test and nginx share: fail, count, failed, live.

sub shared {
    sysseek $shared, 0, 0;
    sysread $shared, my $bytes, 32;

    return unpack 'q4', $bytes;
}


sub arm {
    my ($n) = @_;

    # "count" and "failed" first: it begins with "fail"
    sysseek $shared, 8, 0;
    syswrite $shared, pack 'q2', 0, 0;
    sysseek $shared, 0, 0;
    syswrite $shared, pack 'q', $n;
}


# Waits until nothing is allocated any more; count, failed, live.

sub settled {
    my ($last, $same) = ('', 0);

    for (1 .. 2000) {
        my $now = join ' ', shared();

        $same = $now eq $last ? $same + 1 : 0;
        last if $same == 3;
        $last = $now;
        sleep 0.001;
    }

    return (split ' ', $last)[1 .. 3];
}


sub start {
    open $shared, '+>', "$dir/shared" or die "$dir: $!\n";
    syswrite $shared, "\0" x 32;

    my $cc = $ENV{CC} || 'cc';

    system("$cc -O2 -Wall -Wextra -Werror -fPIC -shared -o $dir/failmalloc.so"
           . " $FindBin::Bin/failmalloc.c") == 0
        or die "failmalloc.c does not compile\n";

    open my $conf, '>', "$dir/nginx.conf" or die "$dir: $!\n";
    print $conf configuration();
    close $conf or die "$dir: $!\n";

    $pid = fork() // die "fork() failed: $!\n";

    if ($pid == 0) {
        $ENV{LD_PRELOAD} = "$dir/failmalloc.so";
        $ENV{FAILMALLOC} = "$dir/shared";
        $ENV{FAILMALLOC_TRACE} = 1 if $ENV{TORTURE_VERBOSE};
        open STDERR, '>', "$dir/stderr" or POSIX::_exit(1);
        exec $binary, '-e', "$dir/error.log", '-p', "$dir/", '-c',
             "$dir/nginx.conf" or POSIX::_exit(1);
    }

    Plaid::Side::soon(sub {
        -s "$dir/nginx.pid"
        && IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
    }) or die "nginx did not start:\n" . slurp("$dir/stderr");

    open $log, '<', "$dir/error.log" or die "$dir: $!\n";
}


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;

    return scalar(<$in>) // '';
}


sub configuration {
    my $temp = join '', map { "    ${_}_temp_path $dir/$_;\n" }
                            qw( client_body proxy fastcgi uwsgi scgi );
    my $modules = join '', map { "load_module $build/$_;\n" }
                               qw( ngx_http_plaid_module.so
                                   ngx_http_plaid_sandbox_module.so );

    my %client = (
        ok      => "environment http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT};",
        once    => "environment"
                   . " http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT}/onetime;",
        reject  => "environment http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT}"
                   . "/error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN;",
        legacy  => "api legacy; environment"
                   . " http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT};",
        tls     => "environment https://localhost:$ENV{TEST_NGINX_TLS_PORT};"
                   . " ssl_trusted_certificate $ENV{TEST_NGINX_SIDE_DIR}/ca.crt;"
                   . " keepalive 0;",
        sub     => "environment http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT};"
                   . " transport subrequest /_plaid;",
    );
    my $clients = join '', map { <<"END" } sort keys %client;
    plaid_client $_ {
        $client{$_}
        client_id  the-id;
        secret     the-s3cret;
        timeout    2s;
    }
END
    my $locations = join '', map { <<"END" } sort keys %client;
        location /$_ {
            plaid_exchange  $_;
            add_header      X-Status \$plaid_status always;
            proxy_pass      http://127.0.0.1:$ENV{TEST_NGINX_APP_PORT};
        }
END

    return <<"END";
$modules
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log $dir/error.log info;
events { worker_connections 256; }
http {
    access_log off;
$temp
$clients
    server {
        listen 127.0.0.1:$port;

$locations
        location = /_plaid {
            internal;
            proxy_pass http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT};
        }

        location = /status {
            plaid_status;
        }

        location /plaid/ {
            plaid_sandbox;
        }
    }
}
END
}


sub request {
    my ($method, $uri, $type, $body, @headers) = @_;

    my $fh = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                   PeerPort => $port) or return undef;

    print $fh join "\r\n", "$method $uri HTTP/1.1", 'Host: localhost',
                   'Connection: close', @headers,
                   length $type ? "Content-Type: $type" : (),
                   'Content-Length: ' . length $body, '', $body;

    return $fh;
}


# Status, header and body of an answer; status 0: closed without one, -1: it
# did not end.

sub answer {
    my ($fh) = @_;

    return (0, '', '') if !$fh;

    my $text = '';
    my $end = time + $TIMEOUT;
    my $select = IO::Select->new($fh);

    while (1) {
        my $left = $end - time;
        return (-1, '', '') if $left <= 0 || !$select->can_read($left);
        sysread $fh, $text, 65536, length $text or last;
    }

    my ($head, $body) = split /\r\n\r\n/, $text, 2;

    return (0, '', '') if !defined $body;

    my ($status) = $head =~ m{\AHTTP/1\.1 (\d+)};
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;

    return (0, '', '') if defined $length && $length > length $body;

    return ($status, $head, $body);
}


# A chunked body without its chunks; undef: it has no end.

sub chunks {
    my ($head, $body) = @_;

    return $body if $head !~ /^Transfer-Encoding: chunked/mi;

    my $text = '';

    while ($body =~ s/\A([0-9a-f]+)\r\n//i) {
        my $size = hex $1;

        return $text if $size == 0;
        return undef if length $body < $size + 2;
        $text .= substr $body, 0, $size, '';
        substr $body, 0, 2, '';
    }

    return undef;
}


# What is wrong with the answer to a post of $token; undef: nothing.

sub exchanged {
    my ($token, $how, $may_fail, $status, $head, $body) = @_;

    return 'no answer' if $status == -1;
    return $may_fail ? undef : 'closed' if $status == 0;

    if ($status != 200) {
        return $may_fail && $status >= 500 ? undef : "status $status";
    }

    $body = chunks($head, $body);

    # an app's answer that was cut, with the connection closed
    return $may_fail ? undef : 'a part of the answer' if !defined $body;

    my @ours = $body =~ /^(x.plaid\S*: .*)$/mgi;
    my %got;

    for (@ours) {
        my ($name, $value) = split /: /;
        return "$name twice" if exists $got{$name};
        $got{$name} = $value;
    }

    my $want = $how eq 'legacy' ? qr/./ : qr/\Aaccess-\Q$token\E\z/;

    return 'the app got no token: ' . $body
        if ($got{'X-Plaid-Access-Token'} // '') !~ $want;
    return 'X-Plaid-Status ' . ($got{'X-Plaid-Status'} // 'missing')
        if ($got{'X-Plaid-Status'} // '')
           !~ /\A(?:exchanged|replayed|joined)\z/;

    # the token matters: it goes to the app even when there was no memory for
    # what may come with it

    my $item = $got{'X-Plaid-Item-Id'};

    return 'X-Plaid-Item-Id ' . ($item // 'missing')
        if $how ne 'legacy' && (defined $item || !$may_fail)
           && ($item // '') ne 'item-' . substr $token, -7;

    return undef;
}


my $FORM = 'application/x-www-form-urlencoded';
my $JSON = 'application/json';

# strings that jansson's buffer has to grow for in the midst of an escape
my $ESCAPES = '\\"\\u00e9\\n12345678901234567890\\"' x 8;


sub token { return sprintf 'tok%07d', ++$serial }


# A post to $uri with the token in $type.

sub post {
    my ($uri, $token, $type) = @_;

    $type //= $FORM;

    my $body = $type eq $FORM ? "public_token=$token&account_id=acc"
             : $type eq $JSON ? qq({"a":[1,{"b":"\\n$ESCAPES"}],)
                                . qq("n":123456789012345678,)
                                . qq("public_token":"$token"})
             : "--b\r\nContent-Disposition: form-data; name=\"public_token\""
               . "\r\n\r\n$token\r\n--b--\r\n";

    return request('POST', $uri, $type, $body, 'X-Plaid-Access-Token: spoof',
                   'X_Plaid_Status: spoof', 'Cookie: a=b');
}


# Each path: "do" makes what fails (with failure: 1) or must not, and tells
# what is wrong; "before" goes first, with nothing failing.

sub exchange {
    my ($uri, $type) = @_;

    return { do => sub {
        my ($failing) = @_;
        my $token = token();

        return exchanged($token, $uri eq '/legacy' ? 'legacy' : '', $failing,
                         answer(post($uri, $token, $type)));
    } };
}


my $replayed;

my %PATH = (
    exchange   => exchange('/ok'),
    json       => exchange('/ok', $JSON),
    multipart  => exchange('/ok', 'multipart/form-data; boundary=b'),
    legacy     => exchange('/legacy'),
    tls        => exchange('/tls'),
    subrequest => exchange('/sub'),

    reject => { do => sub {
        my ($failing) = @_;
        my ($status, $head) = answer(post('/reject', token()));

        return 'no answer' if $status == -1;
        return undef if $failing && ($status == 0 || $status >= 500);
        return undef if $status == 400 && $head =~ /^X-Status: rejected/m;
        return "status $status, $head";
    } },

    replay => {
        before => sub {
            $replayed = token();
            return exchanged($replayed, '', 0, answer(post('/once',
                                                           $replayed)));
        },
        do => sub {
            my ($failing) = @_;

            $replayed = token() if !$failing;

            # a token whose record was lost is asked for again, and Plaid
            # gives it once only
            my @answer = answer(post('/once', $replayed));

            return undef if $failing && $answer[0] == 400;
            return exchanged($replayed, '', $failing, @answer);
        },
    },

    join => { do => sub {
        my ($failing) = @_;
        my $token = token();

        Plaid::Side::ask('script=hold:ok');

        my $first = post('/once', $token);

        # the first one may have ended without a call
        for (1 .. 200) {
            last if Plaid::Side::ask('held') || IO::Select->new($first)
                                                ->can_read(0);
            sleep 0.002;
        }

        my $second = post('/once', $token);

        sleep 0.005;
        Plaid::Side::ask('release');

        my @first = answer($first);

        Plaid::Side::ask('script=');
        Plaid::Side::ask('release');

        my @second = answer($second);

        return undef if $failing && ($first[0] == 400 || $second[0] == 400);
        return exchanged($token, '', $failing, @first)
               // exchanged($token, '', $failing, @second);
    } },

    sandbox => { do => sub {
        my ($failing) = @_;
        my @calls = (
            [ '/plaid/sandbox/public_token/create', {
                institution_id => 'ins_3', initial_products => ['auth'] },
              'public_token' ],
            [ '/plaid/item/public_token/exchange', { public_token => '?' },
              'access_token' ],
            [ '/plaid/auth/get', { access_token => '?' }, 'accounts' ],
            [ '/plaid/link/token/create', { client_name => 'a',
                language => 'en', country_codes => ['US'],
                user => { client_user_id => 'u' }, products => ['auth'] },
              'link_token' ],
            [ '/plaid/link/client/start', { link_token => '?' },
              'link_session_id' ],
        );
        my $last = '';

        for (@calls) {
            my ($uri, $args, $want) = @$_;

            for (values %$args) { $_ = $last if $_ eq '?' }

            my ($status, $head, $body) =
                answer(request('POST', $uri, $JSON,
                               JSON::PP::encode_json($args),
                               'PLAID-CLIENT-ID: test_id',
                               'PLAID-SECRET: test_secret'));

            return "$uri: no answer" if $status == -1;
            return $failing ? undef : "$uri: status $status, $body"
                if $status == 0 || $status >= 500;
            return $failing ? undef : "$uri: status $status, $body"
                if $status != 200;

            my $reply = eval { JSON::PP::decode_json(chunks($head, $body)
                                                     // '') };

            return "$uri: 200 without JSON: $body" if ref $reply ne 'HASH';
            return "$uri: 200 without $want: $body"
                if !defined($last = $reply->{$want});
        }

        return undef;
    } },

    status => { do => sub {
        my ($failing) = @_;
        my ($status, $head, $body) =
            answer(request('GET', '/status?format=json', '', ''));

        return 'no answer' if $status == -1;
        return undef if $failing && ($status == 0 || $status >= 500);

        $body = chunks($head, $body);

        return $failing ? undef : 'a part of the answer' if !defined $body;
        return eval { JSON::PP::decode_json($body) } ? undef
                                                     : "status $status, $body";
    } },
);


# New lines of the log above [error], but those of memory refused.

sub logged {
    seek $log, 0, 1;

    my $refused = qr/\[emerg\] \d+#\d+: (?:\*\d+ )?(?:malloc|posix_memalign)\(/;
    my @lines = <$log>;

    @trace = grep { /\[0x[0-9a-f]+\]$/ } @lines;

    return grep { /\[(?:alert|crit|emerg)\]/ && !/$refused.*\) failed/ } @lines;
}


sub wrong {
    my ($name, $n, $what) = @_;

    $what =~ s/\s+\z//;
    push @wrong, "$name, allocation $n: $what";
    print "$wrong[-1]\n";
}


sub alive {
    if (!defined $ended && waitpid($pid, POSIX::WNOHANG()) == $pid) {
        $ended = $?;
    }

    return !defined $ended;
}


# One path, all of its allocations; returns how many.

sub torture {
    my ($name) = @_;

    my $path = $PATH{$name};
    my ($before, $do) = @$path{qw( before do )};

    # caches and connections are there afterwards
    for (1 .. 4) {
        my $what = $do->(0);
        wrong($name, 0, $what) if defined $what;
    }

    my $blocks = (settled())[2];
    my $n = 0;
    my $step = 1;
    my ($all, $hit, $refused) = (0, 1, 0);

    if ($short) {
        $before->() if $before;
        arm(-1);
        $do->(1);
        $all = (settled())[0];
        arm(0);
        $step = int($all / 25) + 1;
    }

    my $live = $blocks;

    while ($hit) {
        $n += $step;

        $before->() if $before;
        settled();
        arm($n);

        my $what = $do->(1);

        (undef, $hit) = settled();
        arm(0);
        wrong($name, $n, $what) if defined $what;
        $refused += $hit;

        my @log = logged();

        wrong($name, $n, $_) for @log;
        print @trace if @log || defined $what || !alive();

        if (!alive()) {
            wrong($name, $n, "nginx has ended, status $ended");
            return $n;
        }

        $what = $do->(0);
        wrong($name, $n, "the next one: $what") if defined $what;

        if ($ENV{TORTURE_VERBOSE}) {
            my $now = (settled())[2];

            printf "  %s %d: %+d blocks\n", $name, $n, $now - $live
                if $now > $live;
            $live = $now;
        }

        last if @wrong > 20;
    }

    my $more = (settled())[2] - $blocks;

    wrong($name, 'all', "$more blocks are left") if $more > $MARGIN;

    printf "%-10s %5d of %d allocations refused, %+d blocks\n", $name,
           $refused, $short ? $all : $n - 1, $more;

    return $refused;
}


my @names = @ARGV ? @ARGV : sort keys %PATH;

for (@names) {
    $PATH{$_} or die "no path \"$_\": @{[sort keys %PATH]}\n";
}

start();

my $total = 0;

for my $name (@names) {
    $total += torture($name);
    last if !alive() || @wrong > 20;
}

if (alive()) {
    kill QUIT => $pid;
    waitpid $pid, 0;
    push @wrong, "nginx's exit status is $?" if $?;
    push @wrong, logged();
}

print map { "FAILED: $_\n" } @wrong;
print "$total allocations refused in " . @names . " paths, "
      . (@wrong ? 'wrong' : 'all well') . "\n";

exit(@wrong ? 1 : 0);
