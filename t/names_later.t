# Names without a resolver: looked up again at run time through the name
# servers of the system.  In namespaces of its own, with its own resolv.conf
# and hosts; skipped where those cannot be made.

use strict;
use warnings;

use Cwd ();
use File::Temp ();
use IO::Socket::INET ();
use POSIX ();
use Test::More;
use Time::HiRes qw( sleep time );

my $Nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
my ($Module) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

if (!$ENV{PLAID_NAMES_INSIDE}) {
    system('unshare -nm true 2> /dev/null') == 0 && $Module
        or plan skip_all => 'no namespaces of mounts and networks';

    $ENV{PLAID_NAMES_INSIDE} = 1;
    exec 'unshare', '-nm', $^X, Cwd::abs_path($0);
}

my $Dir = File::Temp::tempdir('plaid-names-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $Owner = $$;

chmod 0755, $Dir;
mkdir "$Dir/$_" for qw( logs conf );

system('ip link set lo up') == 0 or plan skip_all => 'no loopback';


sub put {
    my ($name, $text) = @_;

    open my $file, '>', "$Dir/$name" or die "$name: $!";
    print $file $text;
    close $file;
}


put('resolv.conf', "nameserver 127.0.0.53\n");
put('hosts', "127.0.0.1 localhost\n127.0.0.2 plaid.known\n");
put('none', '');

for my $name (qw( resolv.conf hosts )) {
    system("mount --bind $Dir/$name /etc/$name") == 0
        or plan skip_all => 'files of /etc cannot be replaced';
}

# A name server: 127.0.0.2 for two seconds, or no such name while "none" is
# there.

my $Dns = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.53',
                                LocalPort => 53) or die "no port: $!";

defined(my $Child = fork) or die;

if ($Child == 0) {
    for ( ;; ) {
        my $peer = recv $Dns, my $query, 512, 0;

        next unless defined $peer && length $query > 12;

        my ($question) = substr($query, 12) =~ /^((?:[^\0].*?)?\0.{4})/s;
        my $type = unpack 'n', substr $question, -4;
        my $none = -e "$Dir/none";
        my $answers = ($type == 1 && !$none) ? 1 : 0;

        send $Dns, substr($query, 0, 2)
                   . pack('n5', $none ? 0x8183 : 0x8180, 1, $answers, 0, 0)
                   . $question
                   . ($answers ? pack 'n3 N n C4', 0xc00c, 1, 1, 2, 4,
                                      127, 0, 0, 2 : ''),
             0, $peer;

        open my $log, '>>', "$Dir/asked";
        print $log "$type\n";
    }
}

close $Dns;

put('conf/nginx.conf', <<"END");
load_module $Module;
worker_processes 1;
user root;
pid logs/pid;
events { }
http {
    access_log off;

    plaid_client later {
        environment http://plaid.test:8099; client_id i; secret s;
    }
    plaid_client known {
        environment http://plaid.known:8099; client_id i; secret s;
    }
    plaid_client own {
        environment https://sandbox.plaid.com; client_id i; secret s;
    }

    server {
        listen 127.0.0.2:8099;
        location / {
            default_type application/json;
            return 200 '{"access_token":"access-1","item_id":"i","request_id":"r"}';
        }
    }

    server {
        listen 127.0.0.1:8098;
        location /later { plaid_exchange later; proxy_pass http://127.0.0.1:8097; }
        location /known { plaid_exchange known; proxy_pass http://127.0.0.1:8097; }
        location /own { plaid_exchange own; proxy_pass http://127.0.0.1:8097; }
    }

    server {
        listen 127.0.0.1:8097;
        location / { return 200 "\$http_x_plaid_access_token"; }
    }
}
END

my $n = 0;


sub status {
    my ($path) = @_;

    my $fh = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 8098)
        or return "no connection: $!";
    my $body = 'public_token=names-' . ++$n;

    print $fh "POST $path HTTP/1.0\r\n"
              . "Content-Type: application/x-www-form-urlencoded\r\n"
              . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

    my ($status) = join('', <$fh>) =~ m{^HTTP/1\.1 (\d+)};

    return $status // 'none';
}


sub asked {
    open my $log, '<', "$Dir/asked" or return 0;
    return scalar(my @lines = <$log>);
}


sub log_text {
    open my $log, '<', "$Dir/logs/error.log" or return '';
    return join '', <$log>;
}


END {
    if (defined $Owner && $$ == $Owner) {
        local $?;

        if (open my $pid, '<', "$Dir/logs/pid") {
            my ($master) = <$pid> =~ /(\d+)/;
            kill 'QUIT', $master;
            sleep 0.1 for grep { kill 0, $master } 1 .. 50;
        }

        kill 'KILL', $Child if $Child;
    }
}


is(system("$Nginx -p $Dir/ -e logs/error.log -c conf/nginx.conf 2> /dev/null"),
   0, 'starts though DNS has no answer');
like(log_text(), qr/host not found "plaid\.test" .* looked up again at run/,
     'with a warning');

is(status('/later'), 502, 'no address');
is(status('/known'), 200, 'one of /etc/hosts is known');

unlink "$Dir/none";
is(status('/later'), 200, 'looked up by an exchange that waits');

my $before = asked();
is(status('/later'), 200, 'again');
is(asked(), $before, 'within the TTL nobody is asked');

put('none', '');

my %seen;
my $patience = time + 20;

while (asked() == $before && time < $patience) {
    $seen{status('/later')}++;
    sleep 0.2;
}

cmp_ok(asked(), '>', $before, 'when the TTL is over somebody is');
is(join(' ', keys %seen), '200', 'beside exchanges, which go on');
is(status('/later'), 200, 'the last good address stays');

unlink "$Dir/none";
is(status('/own'), 502, 'a loopback address is none of Plaid');
like(log_text(), qr/\[error\] .*the host has an address of this server/,
     'which is said');
unlike(log_text(), qr/\[(?:alert|emerg)\]|signal 11/, 'nothing else is wrong');

done_testing();
