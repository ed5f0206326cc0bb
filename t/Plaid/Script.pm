package Plaid::Script;

# Scenes of several posts, in several workers, with signals in between:
#
#     use Plaid 'no_plan';
#     use Plaid::Script;
#
#     === TEST 1: two posts at the same time
#     --- plaid: onetime
#     --- check scene
#     script('hold');
#     my @posts = map { post('one') } 1, 2;
#     settled();
#     release();
#     is(saw($posts[1]), '200 joined access-one', 'the second');
#
# A block without a request of its own asks for "/" first.  No step waits for
# an amount of time to pass where a state can be seen instead: settled() tells
# that nginx has dealt with everything that was sent to it, held() that Plaid
# has a call and has not answered it.

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET ();
use Test::More ();
use Test::Nginx::Socket ();
use Time::HiRes qw( sleep time );

use Plaid::Side ();
use Plaid::Subrequest ();

our @EXPORT = qw( scene script held release app_held app_release calls
                  app_calls post saw answer hang_up settled spread log_has logged
                  master pids respawned reload reconfigure later daemon alone
                  is like
                  unlike ok );

# how long a state may take to come about before the test fails, in seconds
my $PATIENCE = 30;

our $Port;
my ($Root, %Opened);

# of the block that runs
my $Name;


# A port where the kernel spreads connections over the workers, so that each
# can be reached; "/pid" tells which one it is.  A connection that lingers would
# end for the client before the request does.

my $Spread;

BEGIN {
    $Spread = $Port = Plaid::Side::free_port();

    Test::Nginx::Socket::config_preamble(<<"END");
        listen 127.0.0.1:$Spread reuseport;
        lingering_close off;

        location = /pid {
            return 200 \$pid;
        }
END

    Test::Nginx::Socket::add_block_preprocessor(sub {
        my ($block) = @_;

        alone();
        %Opened = ();
        $Name = $block->name;

        $block->set_value('request', 'GET /')
            if !defined $block->request && !defined $block->must_die
               && !defined $block->form && !defined $block->json;
    });
}


# The filter of a section that is code.

sub scene {
    my ($text) = @_;

    my $code = eval "package main; sub { $text }" || die "$text: $@";

    return sub {
        return 1 if eval { $code->(); 1 };

        Test::More::diag($@);
        return 0;
    };
}


# The assertions of Test::More, told apart by block.

sub is ($$;$) {
    my ($got, $want, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::is($got, $want, "$Name - $what");
}


sub like ($$;$) {
    my ($got, $want, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::like($got, $want, "$Name - $what");
}


sub unlike ($$;$) {
    my ($got, $want, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::unlike($got, $want, "$Name - $what");
}


sub ok ($;$) {
    my ($true, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::ok($true, "$Name - $what");
}


# Waits for $code to return something true, and returns that.

sub until_true {
    my ($what, $code) = @_;

    my $end = time + $PATIENCE;

    while (time < $end) {
        my $value = $code->();

        return $value if $value;
        sleep 0.003;
    }

    die "waited in vain: $what\n";
}


# What Plaid does with the calls to come, in their order (see "onetime" of
# Plaid::Mock); "ok" for all further ones.

sub script {
    my (@words) = @_;

    Plaid::Side::ask('script=' . join ',', @words);
}


# Waits until that many calls are held.

sub held {
    my ($n) = @_;

    until_true("$n held calls", sub { Plaid::Side::ask('held') == $n });
}


sub app_held {
    my ($n) = @_;

    until_true("$n requests held by the app",
               sub { Plaid::Side::ask('app_held') == $n });
}


sub release { Plaid::Side::ask('release') }
sub app_release { Plaid::Side::ask('app_release') }
sub calls { Plaid::Side::ask('calls') }
sub app_calls { Plaid::Side::ask('app') }


# Sends a form with $token.  Options: uri, headers, from (the client's
# address), on (a connection of spread()).

sub post {
    my ($token, %option) = @_;

    my $c = $option{on} || connection($Port, $option{from});
    my $body = "public_token=$token";

    print { $c->{fh} } join "\r\n",
        'POST ' . ($option{uri} // '/t') . ' HTTP/1.1', 'Host: localhost',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: ' . length $body, @{ $option{headers} || [] },
        'Connection: close', '', $body;

    return $c;
}


sub port { $Port }


sub connection {
    my ($port, $from) = @_;

    my $fh = until_true("a connection", sub {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
                              defined $from ? (LocalAddr => $from) : ());
    });

    $fh->autoflush(1);
    $Opened{$fh->sockport} = 1;

    return bless { fh => $fh, port => $fh->sockport };
}


sub DESTROY {
    my ($c) = @_;

    delete $Opened{$c->{port}};
}


# The whole response, read to the end of the connection.

sub answer {
    my ($c) = @_;

    my $fh = delete $c->{fh} or return $c->{answer};

    local $SIG{ALRM} = sub { die "no answer\n" };

    alarm $PATIENCE;
    local $/;
    $c->{answer} = <$fh> // '';
    alarm 0;

    delete $Opened{$c->{port}};

    return $c->{answer};
}


# In short: "200 exchanged access-one", "502 unknown TYPE/CODE"; "gone" when
# there was no answer.

sub saw {
    my ($c) = @_;

    my $text = answer($c);

    my ($status) = $text =~ m{\AHTTP/1\.1 (\d+)} or return 'gone';
    my ($outcome) = $text =~ /^x-status: (\S+)/mi;
    my ($error) = $text =~ m{^x-error: (\S*/\S+)\r$}mi;
    my ($token) = $text =~ /^x-plaid-access-token: (\S+)/mi;

    return join ' ', grep { defined } $status, $outcome, $error, $token;
}


# The client leaves; returns when the kernel knows.

sub hang_up {
    my ($c) = @_;

    close delete $c->{fh};
    delete $Opened{$c->{port}};

    until_true('a client is gone',
               sub { !grep { $_->{client} == $c->{port} && !$_->{closed} }
                           sockets() });
}


# nginx's side of the connections to $Port: client's port, bytes not yet read.

sub sockets {
    my $hex = sprintf '%04X', $Port;
    my @found;

    open my $in, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!\n";

    while (my $line = <$in>) {
        my (undef, $local, $remote, $state, $queue) = split ' ', $line;

        # LISTEN, TIME_WAIT and the like have no reader

        next if $local !~ /:$hex\z/ || $state !~ /^(?:01|08)\z/;

        my ($client) = $remote =~ /:(\w+)\z/;
        my ($unread) = $queue =~ /:(\w+)\z/;

        push @found, { client => hex $client, unread => hex $unread,
                       closed => $state eq '08' };
    }

    return @found;
}


# Returns when nginx has read every request that was sent, and then each of
# its processes has gone back to wait for events.

sub settled {
    until_true('requests are read', sub {
        my %unread = map { $_->{client} => $_->{unread} } sockets();

        return !grep { $unread{$_} } keys %Opened;
    });

    for my $pid (pids()) {
        until_true("process $pid waits", sub {
            my $state = state($pid);

            return !defined $state || $state eq 'S';
        });
    }
}


sub state {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or return undef;

    my ($state) = (<$in> // '') =~ /\) (\w)/ or return undef;

    return $state eq 'Z' ? undef : $state;
}


sub root {
    return $Root if defined $Root;

    my $html = Test::Nginx::Socket::html_dir();

    $html =~ s{/html/?\z}{};

    return $html;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;

    return <$in> // '';
}


sub master {
    return slurp(root() . "/logs/nginx.pid") =~ /(\d+)/ ? $1 : 0;
}


# The workers, old ones too; without a master, the process itself.

sub pids {
    my $master = master();
    my @all = grep { defined state($_) }
              split ' ', slurp("/proc/$master/task/$master/children");

    return @all ? @all : $master;
}


# Connections to that many workers, one each: { pid => connection }.  Workers
# that are listed in @not do not count.

sub spread {
    my ($n, @not) = @_;

    my %found;
    my %not = map { $_ => 1 } @not;

    until_true("connections to $n workers", sub {
        my $c = connection($Port);
        my $pid = pid_of($c);

        if ($pid && !$found{$pid} && !$not{$pid}) {
            $c->{pid} = $pid;
            $found{$pid} = $c;
        }

        return keys %found == $n;
    });

    return values %found;
}


sub pid_of {
    my ($c) = @_;

    my $fh = $c->{fh};

    print $fh "GET /pid HTTP/1.1\r\nHost: localhost\r\n\r\n";

    local $SIG{ALRM} = sub { die "no pid\n" };

    alarm $PATIENCE;
    my $text = '';
    while ($text !~ /\r\n\r\n\d/) {
        sysread $fh, $text, 4096, length $text or last;
    }
    alarm 0;

    return $text =~ /\r\n\r\n(\d+)/ ? $1 : undef;
}


# Waits until the log, error.log by default, has a line that matches; how many
# there are.

sub log_has {
    my ($pattern, $file) = @_;

    my $path = root() . '/logs/' . ($file // 'error.log');

    return until_true("the log has $pattern", sub {
        my @lines = grep { /$pattern/ }
                    split /\n/, slurp($path);

        return scalar @lines;
    });
}


# How many lines of the access log match.

sub logged {
    my ($pattern) = @_;

    return scalar grep { /$pattern/ }
                  split /\n/, slurp(root() . '/logs/access.log');
}


# Waits until the master has replaced $pid.

sub respawned {
    my ($pid) = @_;

    my $n = $Test::Nginx::Util::Workers;

    until_true("$pid is replaced", sub {
        my @now = pids();

        return !grep({ $_ == $pid } @now) && @now >= $n;
    });
}


# Reloads; returns the pids of the workers before.  New connections go to new
# workers from then on.

sub reload {
    my @old = pids();
    my %old = map { $_ => 1 } @old;
    my $master = master();

    kill HUP => $master;

    # a worker that is to quit has closed its listening sockets

    until_true('the new workers listen alone', sub {
        my @new = grep { !$old{$_} } pids();

        return @new && !grep { listens($_) } @old;
    });

    return @old;
}


sub listens {
    my ($pid) = @_;

    my $hex = sprintf ':%04X', $Port;
    my %inode;

    open my $in, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!\n";

    while (my $line = <$in>) {
        my @field = split ' ', $line;

        $inode{"socket:[$field[9]]"} = 1
            if $field[1] =~ /$hex\z/ && $field[3] eq '0A';
    }

    return grep { $inode{ readlink($_) // '' } } glob "/proc/$pid/fd/*";
}


# Changes nginx.conf by $code (on $_), and reloads.

sub reconfigure {
    my ($code) = @_;

    my $path = root() . '/conf/nginx.conf';

    local $_ = slurp($path);

    $code->();

    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $_;
    close $out or die "$path: $!\n";

    return reload();
}


# For what is to have expired: at least so many milliseconds go by.

sub later {
    my ($ms) = @_;

    sleep $ms / 1000 + 0.05;
}


# A second nginx of the same configuration that is a daemon, as "kill -USR2"
# asks for; from here on it is the one that all is about.

sub daemon {
    my $first = root();
    my $text = slurp("$first/conf/nginx.conf");
    my $port = Plaid::Side::free_port();

    $Root = "$ENV{TEST_NGINX_SIDE_DIR}/daemon";
    $Port = Plaid::Side::free_port();

    mkdir $_ for $Root, map { "$Root/$_" } qw( conf logs );

    $text =~ s/\bdaemon \w+;/daemon on;/;
    $text =~ s/(listen\s+(?:[\d.]+:)?)(\d+)/
               $1 . ($2 == $Spread ? $Port : $port)/gex;
    $text =~ s{\Q$first\E/}{$Root/}g;

    open my $out, '>:raw', "$Root/conf/nginx.conf" or die "$Root: $!\n";
    print $out $text;
    close $out or die "$Root: $!\n";

    system($ENV{TEST_NGINX_BINARY} || 'nginx', '-p', "$Root/",
           '-e', "$Root/logs/error.log", '-c', "$Root/conf/nginx.conf") == 0
        or die "the daemon did not start\n";

    until_true('the daemon runs', sub { master() && 2 == (my @all = pids()) });
}


# Ends it.

sub alone {
    return if !defined $Root;

    my $log = slurp("$Root/logs/error.log");

    for my $file (map { "$Root/logs/nginx.pid$_" } '', '.oldbin') {
        my ($pid) = slurp($file) =~ /(\d+)/ or next;

        kill TERM => $pid;
        until_true('the daemon ends', sub { !defined state($pid) });
    }

    undef $Root;
    $Port = $Spread;

    return $log;
}


END { local $?; alone() }


1;
