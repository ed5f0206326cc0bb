package Plaid::Redis;

# A redis-server of the test's own, on a port of its own, and what stands in
# its place: a server that is cut, slow, silent or mad.  Each is a process that
# is ended by its pid, at the end of the test file at the latest.
#
#     use Plaid::Redis;
#
#     my $redis = Plaid::Redis->new(port => $port);
#     $redis->start('--requirepass', 'x');
#     $redis->command('GET', 'key');
#     $redis->pause; $redis->resume; $redis->stop;
#
# TEST_PLAID_REDIS names another server: valkey-server.

use strict;
use warnings;

use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX ();
use Time::HiRes qw( sleep time );

# how long a server may take to start or to end, in seconds
my $PATIENCE = 20;

my $owner = $$;
my (%running, %served);


# The server that can be started, or undef.

sub available {
    my @names = $ENV{TEST_PLAID_REDIS} || qw( redis-server valkey-server );

    for my $name (@names) {
        return $name if $name =~ m{/} && -x $name;

        for my $dir (split(/:/, $ENV{PATH} || ''), '/usr/sbin', '/sbin') {
            return "$dir/$name" if -x "$dir/$name" && $name !~ m{/};
        }
    }

    return undef;
}


sub new {
    my ($class, %self) = @_;

    $self{dir} ||= File::Temp::tempdir('plaid-redis-XXXXXX', TMPDIR => 1,
                                       CLEANUP => $$ == $owner);
    $self{port} //= 0;
    $self{addr} //= '127.0.0.1';

    chmod 0755, $self{dir};

    return bless \%self, $class;
}


# Starts the server, with nothing in it; the arguments are those of the last
# start where there are none.

sub start {
    my ($self, @args) = @_;

    $self->stop;
    $self->{args} = \@args if @args || !$self->{args};

    unlink "$self->{dir}/dump.rdb";

    my $server = available() // die "no redis-server\n";
    my $pid = fork() // die "fork() failed: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;

        { exec $server, '--port', $self->{port}, '--bind', $self->{addr},
               '--dir', $self->{dir}, '--save', '', '--appendonly', 'no',
               '--daemonize', 'no', @{ $self->{args} } }
        POSIX::_exit(1);
    }

    $self->{pid} = $pid;
    $running{$pid} = 1;

    $self->ready;

    return $self;
}


# Returns when it answers.

sub ready {
    my ($self) = @_;

    my $end = time + $PATIENCE;

    while (time < $end) {
        my $reply = eval { $self->command('PING') } // '';

        return if $reply =~ /PONG|NOAUTH|NOPERM/;
        sleep 0.01;
    }

    die "the redis-server does not answer\n";
}


sub stop {
    my ($self, $signal) = @_;

    my $pid = delete $self->{pid} or return;

    delete $self->{fh};
    end($pid, $signal || 'KILL');
}


# Ends all servers of serve(); the ports are free again then.

sub end_served {
    end($_, 'KILL') for keys %served;
    %served = ();
}


sub end {
    my ($pid, $signal) = @_;

    delete $served{$pid};
    delete $running{$pid} or return;

    kill CONT => $pid if $signal ne 'KILL';
    kill $signal => $pid;
    waitpid $pid, 0;
}


# As a partition: connections are made, and never answered.

sub pause { kill STOP => $_[0]{pid} }
sub resume { kill CONT => $_[0]{pid} }


# One command; its reply as text, undef for nil, a list for an array.

sub command {
    my ($self, @args) = @_;

    my $fh = $self->{fh} ||= $self->connect;

    print { $fh } request(@args) or die "the redis-server is gone\n";

    my $reply = eval { reply($fh) };

    if ($@) {
        delete $self->{fh};
        die $@;
    }

    return ref $reply ? @$reply : $reply;
}


sub connect {
    my ($self) = @_;

    my $fh = $self->{unix} ? IO::Socket::UNIX->new(Peer => $self->{unix})
             : IO::Socket::INET->new(PeerAddr => "$self->{addr}:$self->{port}");

    die "cannot connect to the redis-server: $!\n" if !$fh;

    $fh->autoflush(1);

    if (defined $self->{password}) {
        print $fh request('AUTH', $self->{password});
        reply($fh);
    }

    return $fh;
}


sub request {
    return join '', '*' . @_ . "\r\n",
                map { '$' . length($_) . "\r\n$_\r\n" } @_;
}


sub reply {
    my ($fh) = @_;

    local $/ = "\r\n";
    my $line = <$fh> // die "the redis-server has closed\n";

    $line =~ s/\r\n\z//;

    my $type = substr $line, 0, 1, '';

    if ($type eq '$') {
        return undef if $line < 0;

        read $fh, my $text, $line + 2;
        return substr $text, 0, $line;
    }

    return [ map { reply($fh) } 1 .. $line ] if $type eq '*';

    return $type eq '-' ? "-$line" : $line;
}


# The keys that are there, sorted.

sub keys_of {
    my ($self, $pattern) = @_;

    return sort $self->command('KEYS', $pattern // '*');
}


# Records every command that the server gets; monitored() tells all of it.

sub monitor {
    my ($self) = @_;

    my $fh = $self->connect;

    print $fh request('MONITOR');
    reply($fh);

    $self->{monitor} = $fh;
    $self->{seen} = '';
}


sub monitored {
    my ($self) = @_;

    my $select = IO::Select->new($self->{monitor});

    $self->command('PING');
    $self->command('ECHO', 'end-of-monitor');

    my $end = time + $PATIENCE;

    while ($self->{seen} !~ /end-of-monitor/ && time < $end) {
        sysread $self->{monitor}, $self->{seen}, 65_536,
                length $self->{seen} if $select->can_read(0.1);
    }

    $self->{seen} =~ s/.*end-of-monitor.*\n//g;

    return $self->{seen};
}


# A server in Perl on $port: $code is called with each connection, in a process
# of its own.  Returns a pid for end().

sub serve {
    my ($port, $code) = @_;

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                       LocalPort => $port, Listen => 64,
                                       ReuseAddr => 1)
                 || die "cannot listen: $!\n";
    my $pid = fork() // die "fork() failed: $!\n";

    if ($pid) {
        close $listen;
        $running{$pid} = $served{$pid} = 1;
        return $pid;
    }

    local $SIG{CHLD} = 'IGNORE';
    local $SIG{TERM} = sub { POSIX::_exit(0) };

    while (1) {
        my $fh = $listen->accept or next;
        my $child = fork() // POSIX::_exit(1);

        if ($child == 0) {
            close $listen;
            $fh->autoflush(1);
            alarm 60;
            eval { $code->($fh) };
            POSIX::_exit(0);
        }

        close $fh;
    }
}


# Passes bytes on between $fh and the server at $port; $change is called with
# each piece of a reply, and returns the pieces to send, one write each.

sub relay {
    my ($fh, $port, $change) = @_;

    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
                 or return;
    my $select = IO::Select->new($fh, $server);

    while (1) {
        for my $from ($select->can_read) {
            my $n = sysread $from, my $piece, 65_536;

            return if !$n;

            if ($from == $fh) {
                syswrite $server, $piece;
                next;
            }

            syswrite $fh, $_ for $change->($piece);
        }
    }
}


END {
    if ($$ == $owner) {
        local $?;
        end($_, 'KILL') for keys %running;
    }
}


1;
