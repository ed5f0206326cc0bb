package Plaid::Chaos::Servers;

# The processes of a chaos run: nginx with the module, another one that is
# Plaid, and the app.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET ();
use POSIX ();
use Time::HiRes qw( sleep time );

use Plaid::Loop ();
use Plaid::Mock ();
use Plaid::Side ();

my $owner = $$;
our $dir;
our %port;
our $calm = 0;

# how many of a hundred calls the app fails at once; 0: its own moods
our $fails = 0;

my ($app, %master, %start);


sub start {
    my ($workers, $tokens) = @_;

    $port{nginx} = Plaid::Side::free_port();

    plaid_and_app($tokens);
    nginx('nginx', $workers, nginx_conf(int($tokens * 1.5 / 1024) + 2));
}


sub plaid_and_app {
    my ($tokens) = @_;

    $dir = File::Temp::tempdir('plaid-chaos-XXXXXX', TMPDIR => 1,
                               CLEANUP => 1);
    chmod 0755, $dir;

    $port{$_} = Plaid::Side::free_port() for qw( plaid app );

    open my $book, '>', "$dir/app.book" or die "$dir: $!\n";
    close $book;

    # shares of a zone: see "Sizing" in docs/reliability.md; the sandbox has
    # two records of 2k for a token

    nginx('plaid', 1, plaid_conf(int($tokens * 6 / 1024) + 8));
    start_app();
}


sub plaid_conf {
    my ($megabytes) = @_;

    return <<"END";
    plaid_sandbox_zone_size ${megabytes}m;

    server {
        listen 127.0.0.1:$port{plaid};

        location / {
            plaid_sandbox;
        }
    }
END
}


sub nginx_conf {
    my ($megabytes) = @_;

    my $status = `@{[binary()]} -V 2>&1` =~ /http_stub_status_module/
                 ? 'location = /slots { stub_status; }' : '';
    my $transport = ($ENV{CHAOS_TRANSPORT} // 'curl') eq 'subrequest'
                    ? 'transport subrequest /_plaid;' : '';

    return <<"END";
    upstream plaid {
        server     127.0.0.1:$port{plaid};
        keepalive  16;
        keepalive_timeout  500ms;
    }

    plaid_client bank {
        $transport
        environment        http://127.0.0.1:$port{plaid};
        client_id          test_id;
        secret             test_secret;
        timeout            2500ms;
        keepalive_timeout  500ms;
    }

    map \$plaid_status \$no_token {
        default    1;
        exchanged  0;
        joined     0;
        replayed   0;
    }

    plaid_replay_zone  tokens:${megabytes}m;
    plaid_replay       tokens bind=\$cookie_user ttl=2h grace=2h;

    server {
        listen 127.0.0.1:$port{nginx};

        add_header  X-Status  \$plaid_status always;
        add_header  X-Error   \$plaid_error_code always;

        location = /pid {
            return 200 \$pid;
        }

        $status

        location = /_plaid {
            internal;
            proxy_http_version  1.1;
            proxy_set_header    Connection "";
            proxy_pass          http://plaid/item/public_token/exchange;
        }

        location = /plain {
            plaid_exchange  bank;
            proxy_pass      http://127.0.0.1:$port{app};
        }

        location = /patient {
            plaid_exchange             bank;
            proxy_ignore_client_abort  on;
            proxy_pass                 http://127.0.0.1:$port{app};
        }

        location = /twice {
            plaid_exchange          bank;
            proxy_intercept_errors  on;
            error_page              500 502 503 504 = \@second;
            proxy_pass              http://127.0.0.1:$port{app};
        }

        location \@second {
            if (\$no_token) {
                return  502;
            }

            plaid_exchange  bank;
            proxy_pass      http://127.0.0.1:$port{app};
        }
    }
END
}


# The one that "make chaos NGINX_SRC=path" has built, or the system's.

sub binary {
    return $ENV{TEST_NGINX_BINARY} if $ENV{TEST_NGINX_BINARY};

    my $built = ($ENV{BUILD} || 'build') . '/nginx/nginx';

    return $ENV{NGINX_SRC} && -x $built ? $built
         : -x '/usr/sbin/nginx'         ? '/usr/sbin/nginx'
         :                                'nginx';
}


sub nginx {
    my ($name, $workers, $http) = @_;

    my $root = "$dir/$name";
    my $user = $> == 0 ? 'user root;' : '';
    my $modules = $ENV{TEST_NGINX_MODULES_DIR} || $ENV{BUILD} || 'build';

    -d $_ || mkdir $_ or die "$_: $!\n" for $root, "$root/tmp";

    # paths in a configuration count from its own directory

    $modules = POSIX::getcwd() . "/$modules" if $modules !~ m{^/};

    open my $conf, '>', "$root/nginx.conf" or die "$root: $!\n";
    print $conf <<"END";
load_module $modules/ngx_http_plaid_module.so;
load_module $modules/ngx_http_plaid_sandbox_module.so;
env ASAN_OPTIONS;
env UBSAN_OPTIONS;
env LSAN_OPTIONS;
daemon off;
$user
worker_processes $workers;
pid $root/nginx.pid;
error_log $root/error.log info;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path $root/tmp/body;
    proxy_temp_path $root/tmp/proxy;
    fastcgi_temp_path $root/tmp/fastcgi;
    uwsgi_temp_path $root/tmp/uwsgi;
    scgi_temp_path $root/tmp/scgi;
$http
}
END
    close $conf or die "$root: $!\n";

    my $pid = fork() // die "fork() failed: $!\n";

    if ($pid == 0) {
        setpgrp;
        open STDOUT, '>', "$root/stdout";
        open STDERR, '>&', \*STDOUT;
        exec binary(), '-e', "$root/error.log", '-p', "$root/", '-c',
             "$root/nginx.conf" or POSIX::_exit(127);
    }

    $master{$name} = $pid;
    $start{$name} = [ $workers, $http ];

    my $end = time + 20;

    until (-s "$root/nginx.pid" && workers($name) >= $workers) {
        die "$name did not start:\n" . slurp("$root/error.log")
            . slurp("$root/stdout")
            if time > $end || waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.01;
    }
}


# Kills a server with its workers, and starts it again with nothing in memory.

sub restart {
    my ($name) = @_;

    my $pid = delete $master{$name};

    kill KILL => -$pid;
    waitpid $pid, 0;
    unlink "$dir/$name/nginx.pid";

    # the port is free when the last worker has gone

    for (1 .. 100) {
        last if eval { nginx($name, @{ $start{$name} }); 1 };
        sleep 0.05;
    }
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;

    return <$in> // '';
}


sub workers {
    my ($name) = @_;

    my $pid = $master{$name};
    my @all = split ' ', slurp("/proc/$pid/task/$pid/children");

    return @all;
}


sub master {
    return $master{$_[0]};
}


# The app: takes the token into its book, then answers, or does not.

sub start_app {
    return if $app;

    $app = fork() // die "fork() failed: $!\n";

    return if $app;

    $SIG{$_} = 'DEFAULT' for qw( INT TERM );
    Plaid::Loop::forget();
    srand;

    my $listener;
    my $end = time + 5;

    # what was killed may hold the port for a moment

    until ($listener = IO::Socket::INET->new(
               LocalAddr => "127.0.0.1:$port{app}", Listen => 128,
               ReuseAddr => 1))
    {
        POSIX::_exit(1) if time > $end;
        sleep 0.01;
    }

    open my $book, '>>', "$dir/app.book" or POSIX::_exit(1);

    Plaid::Loop::listen_on($listener, sub {
        Plaid::Loop::connection($_[0], sub { request($_[0], $book) });
    });
    Plaid::Loop::run(sub { getppid() == $owner });
    POSIX::_exit(0);
}


sub kill_app {
    return if !$app;

    kill KILL => $app;
    waitpid $app, 0;
    undef $app;
}


# Lines of the book: "seen" when a request is there, "took" when the app has
# answered that it has the token; then public and access token, and the word
# of X-Plaid-Status.

sub request {
    my ($c, $book) = @_;

    my $r = Plaid::Mock::take_request($c) or return;
    my ($public) = $r->{body} =~ /public_token=([^&]*)/;
    my ($access) = $r->{head} =~ /^x-plaid-access-token: (\S+)/mi;
    my ($word) = $r->{head} =~ /^x-plaid-status: (\S+)/mi;
    my ($status, $delay) = $calm ? (200, 0) : mood();

    my $line = join(' ', $public // '-', $access // '-', $word // '-') . "\n";

    # one write, so that a death leaves whole lines

    syswrite $book, "seen $line";

    return Plaid::Loop::finish($c) if $status eq '-';

    Plaid::Loop::after($delay, sub {
        Plaid::Loop::put($c, "HTTP/1.1 $status Any\r\nConnection: close\r\n"
                         . "Content-Length: 3\r\n\r\nok\n");
        syswrite $book, "took $line" if $status < 400;
        Plaid::Loop::finish($c);
    });
}


sub mood {
    my $n = rand 100;

    return $n < $fails ? ($n < 5 ? '-' : 503, 0) : (200, 0) if $fails;

    return $n < 60 ? (200, 0)
         : $n < 65 ? (302, 0)
         : $n < 75 ? (200, 0.02 + rand 0.4)
         : $n < 83 ? (500, 0)
         : $n < 88 ? (503, rand 0.1)
         : $n < 93 ? (403, 0)
         :           ('-', 0);
}


# Calls Plaid's operator page, or any other of its pages.

sub ask_plaid {
    my ($uri, $json) = @_;

    my $fh = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port{plaid}")
             or die "Plaid is gone: $!\n";

    print $fh defined $json
        ? "POST $uri HTTP/1.0\r\nContent-Type: application/json\r\n"
          . 'Content-Length: ' . length($json) . "\r\n\r\n$json"
        : "GET $uri HTTP/1.0\r\n\r\n";
    local $/;

    return <$fh> // '';
}


# Ends nginx gracefully: true when all its processes went within $seconds.

sub quit {
    my ($seconds) = @_;

    my $pid = delete $master{nginx};
    my $end = time + $seconds;

    kill QUIT => $pid;

    while (time < $end) {
        return $? == 0 if waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.02;
    }

    kill KILL => -$pid;
    waitpid $pid, 0;

    return 0;
}


END {
    if ($$ == $owner) {
        local $?;

        for my $pid (values %master) {
            kill TERM => $pid;
            waitpid $pid, 0;
        }

        kill_app() if $app;
    }
}


1;
