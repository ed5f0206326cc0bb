package Plaid::Side;

# The processes beside the nginx under test: one that is Plaid, the app, a
# proxy and a name server (all in Perl, see Plaid::Loop), and an nginx without
# the module in front of it for TLS and HTTP/2.  Their ports and paths are in
# the environment as TEST_NGINX_..., for use in configurations.
#
# They end with the test file: at its end by pid, and by themselves when it
# was killed.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX ();
use Time::HiRes qw( sleep time );

use Plaid::App ();
use Plaid::Loop ();
use Plaid::Mock ();
use Plaid::Net ();

my $owner = $$;
my ($dir, $pid, @keep);


sub listen_tcp {
    return IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128,
                                 ReuseAddr => 1, @_)
           || die "cannot listen: $!\n";
}


# A port for another program; below those that the kernel gives to clients.

sub free_port {
    for (1 .. 1000) {
        my $port = 10_000 + int rand 22_000;
        my $fh = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                       LocalPort => $port, Listen => 1);
        return $port if $fh;
    }

    die "no free port\n";
}


sub start {
    return if $pid;

    $dir = File::Temp::tempdir('plaid-test-XXXXXX', TMPDIR => 1,
                               CLEANUP => 1);

    # workers of an nginx that root has started run as somebody else
    chmod 0755, $dir;

    my %accept = (
        PLAID   => \&Plaid::Mock::accept_plaid,
        SILENT  => \&Plaid::Mock::accept_silent,
        RESET   => \&Plaid::Mock::accept_reset,
        APP     => \&Plaid::App::accept_app,
        PROXY   => \&Plaid::Net::accept_proxy,
        CONTROL => \&accept_control,
    );
    my @listeners;

    for my $name (sort keys %accept) {
        my $fh = listen_tcp();

        $ENV{"TEST_NGINX_${name}_PORT"} = $fh->sockport;
        push @listeners, [ $fh, $accept{$name} ];
    }

    for my $name (qw( PLAID APP )) {
        my $path = "$dir/" . lc($name) . '.sock';
        my $fh = IO::Socket::UNIX->new(Local => $path, Listen => 128)
                 || die "cannot listen on $path: $!\n";

        chmod 0666, $path;
        $ENV{"TEST_NGINX_${name}_SOCK"} = $path;
        push @listeners, [ $fh, $accept{$name} ];
    }

    my $dns = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1')
              || die "no name server: $!\n";

    $ENV{TEST_NGINX_DNS_PORT} = $dns->sockport;
    $ENV{TEST_NGINX_SIDE_DIR} = $dir;

    closed_ports();

    $pid = fork() // die "fork() failed: $!\n";

    if ($pid == 0) {
        serve($dns, @listeners);
        POSIX::_exit(0);
    }

    close $_->[0] for @listeners;
    close $dns;

    ask('reset');
}


# A port where connections are refused (bound, but nobody listens), and one
# where they are never made (its queue is full).

sub closed_ports {
    socket my $refused, Socket::PF_INET(), Socket::SOCK_STREAM(), 0 or die;
    bind $refused, Socket::pack_sockaddr_in(0, Socket::INADDR_LOOPBACK())
        or die "bind: $!\n";

    $ENV{TEST_NGINX_REFUSED_PORT} =
        (Socket::unpack_sockaddr_in(getsockname $refused))[0];

    my $full = listen_tcp(Listen => 1);

    $ENV{TEST_NGINX_FULL_PORT} = $full->sockport;

    my @clients = map {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', Blocking => 0,
                              PeerPort => $full->sockport)
    } 1 .. 8;

    @keep = ($refused, $full, @clients);
}


sub serve {
    my ($dns, @listeners) = @_;

    $SIG{$_} = 'DEFAULT' for qw( INT TERM HUP );

    Plaid::Loop::listen_on(@$_) for @listeners;
    Plaid::Loop::datagrams($dns, \&Plaid::Net::query);

    Plaid::Loop::run(sub { getppid() == $owner });
}


# Questions of the test file, and of nginx by proxy_pass: GET /name, or
# /name=value.

my %CONTROL = (
    reset       => sub { $_->() for \&Plaid::Mock::forget,
                         \&Plaid::App::forget, \&Plaid::Net::forget,
                         \&release_all; 'ok' },
    calls       => sub { $Plaid::Mock::calls },
    connections => sub { $Plaid::Mock::connections },
    open        => sub { $Plaid::Mock::open },
    keys        => sub { $Plaid::Mock::keys },
    key_do      => sub { $Plaid::Mock::key_do = $_[0] // ''; 'ok' },
    held        => sub { scalar @Plaid::Mock::held },
    release     => sub { Plaid::Mock::release() },
    script      => sub { @Plaid::Mock::script = split /,/, $_[0] // ''; 'ok' },
    last        => sub { $Plaid::Mock::requests[-1] // '' },
    requests    => sub { join "\n", @Plaid::Mock::requests },
    app         => sub { $Plaid::App::calls },
    app_held    => sub { scalar @Plaid::App::held },
    app_release => sub { Plaid::App::release() },
    app_last    => sub { $Plaid::App::requests[-1] // '' },
    app_all     => sub { join "\n", @Plaid::App::requests },
    tunnels     => sub { $Plaid::Net::tunnels },
    proxied     => sub { scalar @Plaid::Net::heads },
    proxy       => sub { join '', @Plaid::Net::heads },
    names       => sub { $Plaid::Net::queries },
    moved       => sub { Plaid::Net::move($_[0]); 'ok' },
);


sub release_all {
    Plaid::Mock::release();
    Plaid::App::release();
}


sub accept_control {
    my ($fh) = @_;

    Plaid::Loop::connection($fh, sub {
        my ($c) = @_;

        my $r = Plaid::Mock::take_request($c) or return;
        my ($name, $value) = $r->{uri} =~ m{([^/=]*)(?:=([^/]*))?\z};
        my $code = $CONTROL{$name};

        my $text = $code ? $code->($value) // 0 : "no \"$name\"";

        Plaid::Loop::put($c, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                         . 'Content-Length: ' . length($text)
                         . "\r\n\r\n$text");
        Plaid::Loop::finish($c);
    });
}


sub ask {
    my ($name) = @_;

    my $fh = IO::Socket::INET->new(
                 PeerAddr => '127.0.0.1',
                 PeerPort => $ENV{TEST_NGINX_CONTROL_PORT})
             or die "no control port: $!\n";

    print $fh "GET /$name HTTP/1.0\r\n\r\n";
    local $/;
    my $answer = <$fh> // '';

    $answer =~ s/\A.*?\r\n\r\n//s;

    return $answer;
}


# Waits until "name" is $want; what it was in the end.

sub await {
    my ($name, $want, $seconds) = @_;

    my $end = time + ($seconds // 10);
    my $got;

    while (1) {
        $got = ask($name);
        return $got if $got eq $want || time > $end;
        sleep 0.01;
    }
}


# A client whose answer is read later, or never: a POST of a token.  Returns
# the socket.

sub post {
    my ($port, $uri, $token, @headers) = @_;

    my $fh = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                   PeerPort => $port)
             or die "cannot connect: $!\n";
    my $body = "public_token=$token";

    print $fh join "\r\n", "POST $uri HTTP/1.1", 'Host: localhost',
                   'Content-Type: application/x-www-form-urlencoded',
                   'Connection: close', @headers,
                   'Content-Length: ' . length $body, '', $body;

    return $fh;
}


# All that the server says until it closes; what there is after a while if
# it does not.

sub answer {
    my ($fh, $seconds) = @_;

    my $select = IO::Select->new($fh);
    my $text = '';

    while ($select->can_read($seconds // 10)) {
        sysread $fh, $text, 65536, length $text or last;
    }

    return $text;
}


# Process ids below $pid, and how many files $pid has open.

sub children {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;

    return split ' ', <$in> // '';
}


# The process of the nginx at $root that has the connections.

sub worker {
    my ($root) = @_;

    open my $in, '<', "$root/logs/nginx.pid" or die "nginx.pid: $!\n";
    chomp(my $pid = <$in>);

    my @workers = children($pid);

    return @workers ? $workers[-1] : $pid;
}


sub fds {
    my ($pid) = @_;

    return scalar(() = glob "/proc/$pid/fd/*");
}


# True as soon as $code is, false after a while.

sub soon {
    my ($code, $seconds) = @_;

    my $end = time + ($seconds // 10);

    until ($code->()) {
        return 0 if time > $end;
        sleep 0.01;
    }

    return 1;
}


# A second nginx: its configuration in http {}.  Returns its pid.

my @nginx;

sub nginx {
    my ($http) = @_;

    my $root = "$dir/nginx" . @nginx;

    mkdir $root or die "$root: $!\n";

    open my $conf, '>', "$root/nginx.conf" or die "$root: $!\n";
    print $conf <<"END";
daemon off;
master_process off;
pid $root/nginx.pid;
error_log $root/error.log info;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $root/body;
    proxy_temp_path $root/proxy;
    fastcgi_temp_path $root/fastcgi;
    uwsgi_temp_path $root/uwsgi;
    scgi_temp_path $root/scgi;
$http
}
END
    close $conf or die "$root: $!\n";

    my $child = fork() // die "fork() failed: $!\n";

    if ($child == 0) {
        exec $ENV{TEST_NGINX_BINARY} || 'nginx', '-e', "$root/error.log",
             '-p', "$root/", '-c', "$root/nginx.conf" or POSIX::_exit(1);
    }

    push @nginx, $child;
    watch($child);

    my $end = time + 10;

    until (-s "$root/nginx.pid") {
        die "nginx did not start, see $root/error.log:\n"
            . `cat $root/error.log`
            if time > $end || waitpid($child, POSIX::WNOHANG()) == $child;
        sleep 0.01;
    }

    return $child;
}


# Ends $child when this process is gone without having done so.

sub watch {
    my ($child) = @_;

    my $watcher = fork() // return;

    return push @nginx, $watcher if $watcher;

    $SIG{$_} = 'DEFAULT' for qw( INT TERM HUP );

    while (getppid() == $owner) {
        sleep 0.5;
    }

    kill TERM => $child;
    POSIX::_exit(0);
}


sub openssl {
    my (@args) = @_;

    my $out = `openssl @args 2>&1`;

    die "openssl @args: $out\n" if $?;
}


# Two authorities, and what they have signed: NAME.crt and NAME.key.

sub certificates {
    for my $ca (qw( ca other )) {
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes",
                "-keyout $dir/$ca.key -out $dir/$ca.crt -days 2",
                "-subj /CN=test-$ca");
    }

    # name, names that it is good for, authority, days

    for my $cert ([ 'good', 'DNS:localhost,DNS:plaid.test,DNS:ok.test,'
                            . 'IP:127.0.0.1', 'ca', 2 ],
                  [ 'wrong', 'DNS:elsewhere.test', 'ca', 2 ],
                  [ 'unknown', 'DNS:localhost,IP:127.0.0.1', 'other', 2 ],
                  [ 'client', 'DNS:client.test', 'ca', 2 ],
                  [ 'stranger', 'DNS:client.test', 'other', 2 ],
                  [ 'expired', 'DNS:localhost,IP:127.0.0.1', 'ca', -1 ])
    {
        my ($name, $names, $ca, $days) = @$cert;

        open my $ext, '>', "$dir/$name.ext" or die "$name: $!\n";
        print $ext "subjectAltName=$names\n";
        close $ext;

        openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes",
                "-keyout $dir/$name.key -out $dir/$name.csr",
                "-subj /CN=$name");
        openssl("x509 -req -in $dir/$name.csr -CA $dir/$ca.crt",
                "-CAkey $dir/$ca.key -CAcreateserial -days $days",
                "-extfile $dir/$name.ext -out $dir/$name.crt");
    }
}


# Plaid over TLS, by nginx: TEST_NGINX_TLS_PORT and others, by certificate.

sub tls {
    start();
    certificates();

    my $http = '';

    for my $server ([ TLS => 'good', '' ], [ TLS_WRONG => 'wrong', '' ],
                    [ TLS_EXPIRED => 'expired', '' ],
                    [ TLS_UNKNOWN => 'unknown', '' ],
                    [ TLS_H2 => 'good', ' http2' ],
                    [ TLS_MTLS => 'good', '',
                      "ssl_verify_client on;"
                      . " ssl_client_certificate $dir/ca.crt;" ],
                    [ TLS_OLD => 'good', '', 'ssl_protocols TLSv1.1;'
                      . ' ssl_ciphers DEFAULT:@SECLEVEL=0;' ])
    {
        my ($name, $cert, $listen, $more) = @$server;
        my $port = $ENV{"TEST_NGINX_${name}_PORT"} = free_port();

        $more //= '';
        $http .= <<"END";
    server {
        listen 127.0.0.1:$port ssl$listen;
        ssl_session_cache shared:$name:1m;
        ssl_certificate $dir/$cert.crt;
        ssl_certificate_key $dir/$cert.key;
        $more
        location / {
            proxy_pass http://127.0.0.1:$ENV{TEST_NGINX_PLAID_PORT};
            proxy_set_header Host \$http_host;
            proxy_set_header X-Sni \$ssl_server_name;
            proxy_set_header X-Protocol \$server_protocol;
            proxy_set_header X-Client-Cert \$ssl_client_s_dn;
            proxy_set_header X-Reused \$ssl_session_reused;
        }
    }
END
    }

    nginx($http);
}


# The app over HTTP/2 without TLS, as grpc_pass wants it.

sub http2_app {
    start();

    my $port = $ENV{TEST_NGINX_APP_H2_PORT} = free_port();

    nginx(<<"END");
    server {
        listen 127.0.0.1:$port http2;
        underscores_in_headers on;
        location / {
            proxy_pass http://127.0.0.1:$ENV{TEST_NGINX_APP_PORT};
        }
    }
END
}


END {
    if ($$ == $owner) {
        local $?;

        my @all = grep { $_ } $pid, @nginx;

        kill TERM => @all;
        waitpid $_, 0 for @all;
    }
}


1;
