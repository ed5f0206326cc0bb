package Apps;

# What the tests with real apps share: processes, ports, packages.

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use FindBin ();
use IO::Socket::INET ();
use POSIX ();
use Time::HiRes qw( sleep time );

our @EXPORT = qw( $dir slurp put port ports_free start listens installed npm );

# of this run; nginx's workers, and apps that give up root's rights, read it
our $dir = File::Temp::tempdir('plaid-apps-XXXXXX', TMPDIR => 1,
                               CLEANUP => 1);
chmod 0755, $dir;

my $here = $FindBin::Bin;
my $owner = $$;
my @children;
my @held;

# seconds for an app to listen
my $PATIENCE = 60;


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or return '';
    local $/;

    return <$in> // '';
}


sub put {
    my ($path, $text) = @_;

    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
}


# A port that is held until all are known, so that no two are the same.

sub port {
    my $fh = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
             or die "no port: $!\n";

    push @held, $fh;

    return $fh->sockport;
}


sub ports_free {
    close $_ for splice @held;
}


# Starts a command, or calls a function, in a process that ends with this one.

sub start {
    my ($name, $env, @command) = @_;

    my $pid = fork() // die "fork() failed: $!\n";

    if ($pid == 0) {
        @ENV{keys %$env} = values %$env;
        POSIX::setpgid(0, 0);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/$name.log";
        open STDERR, '>&', \*STDOUT;

        if (ref $command[0]) {
            $command[0]->();
            POSIX::_exit(0);
        }

        exec @command or POSIX::_exit(127);
    }

    push @children, $pid;

    return $pid;
}


sub listens {
    my ($port) = @_;

    my $end = time + $PATIENCE;

    while (time < $end) {
        return 1 if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                          PeerPort => $port);
        sleep 0.05;
    }

    return 0;
}


END {
    if ($$ == $owner) {
        local $?;

        kill TERM => $_ for @children;
        waitpid $_, 0 for @children;
    }
}


# Debian's packages of an app; their services are neither started nor stopped.

sub installed {
    my (@packages) = @_;

    my @missing = grep {
        `dpkg-query -W -f '\${db:Status-Status}' $_ 2> /dev/null`
            ne 'installed'
    } @packages;

    return 1 if !@missing;

    my @root = $> == 0 ? () : 'sudo';
    my $policy = '/usr/sbin/policy-rc.d';
    my $own = !-e $policy && $> == 0;

    if ($own) {
        put($policy, "#!/bin/sh\nexit 101\n");
        chmod 0755, $policy;
    }

    my @apt = (@root, qw( env DEBIAN_FRONTEND=noninteractive apt-get -q -y
                          -o DPkg::Lock::Timeout=300 ));
    my $log = "> $dir/apt.log 2>&1 < /dev/null";

    my $done = system("@apt install --no-install-recommends @missing $log")
                   == 0
               || system("@apt update $log") == 0
                  && system("@apt install --no-install-recommends @missing"
                            . " $log") == 0;

    unlink $policy if $own;

    return $done;
}


# Node and the packages of express/, of which "package" is one.

sub npm {
    my ($package) = @_;

    return 0 if !(grep { -x } map { "$_/node" } split /:/, $ENV{PATH})
                && !installed(qw( nodejs npm ));

    return 1 if -d "$here/express/node_modules/$package";

    return system("cd $here/express && npm ci --ignore-scripts --no-audit"
                  . " --no-fund > $dir/npm.log 2>&1") == 0;
}

1;
