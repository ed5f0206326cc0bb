# Reload and quit while an exchange is under way: it is waited for.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

plaid();
master_on();

$ENV{TEST_NGINX_H2_PORT} = Plaid::Side::free_port();

our @Clients;

sub ::master {
    open my $in, '<', Plaid::server_root() . '/logs/nginx.pid' or die "pid: $!";
    my $pid = <$in>;

    chomp $pid;

    return $pid;
}

sub ::staff { Plaid::Side::children(::master()) }

# A new worker instead of $old, which may still be there.

sub ::replaced {
    my ($old) = @_;

    return Plaid::Side::soon(sub { grep { $_ != $old } ::staff() });
}

sub ::gone {
    my ($pid) = @_;

    return Plaid::Side::soon(sub { !grep { $_ == $pid } ::staff() });
}

sub ::begin {
    my ($n, $name) = @_;

    Plaid::Side::soon(sub { ::staff() });

    @::Clients = map {
        Plaid::Side::post(Plaid::server_port(), '/t', "$name$_")
    } 1 .. $n;

    Plaid::Side::await('held', $n);
}

sub ::good {
    return scalar grep {
        Plaid::Side::answer($_) =~ /X-Plaid-Access-Token: access-/
    } @::Clients;
}

our $H2 = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;

        location /t {
            plaid_exchange  bank;
            proxy_pass      http://app;
        }
    }
END

our $Config = <<'END';
    location /t {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location = /hello {
        return 200 "hello\n";
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', $::Config) unless defined $block->config;
    $block->set_value('request', 'GET /hello');
    $block->set_value('response_body', "hello\n");
});

run_tests();

__DATA__

=== TEST 1: reload
--- plaid: hold
--- check eval
sub {
    ::begin(3, 're-1-');

    my ($old) = ::staff();

    kill HUP => ::master();

    return ::replaced($old)
           && (grep { $_ == $old } ::staff())
           && Plaid::Side::ask('release') == 3
           && ::good() == 3
           && ::gone($old);
}
--- calls: 3
--- app_calls: 3



=== TEST 2: a worker is told to quit
--- plaid: hold
--- check eval
sub {
    ::begin(3, 're-2-');

    my ($old) = ::staff();

    kill QUIT => $old;

    select undef, undef, undef, 0.3;

    return (grep { $_ == $old } ::staff())
           && Plaid::Side::ask('release') == 3
           && ::good() == 3
           && ::gone($old);
}
--- calls: 3
--- app_calls: 3



=== TEST 3: the client is gone, the exchange is waited for all the same
--- plaid: hold
--- check eval
sub {
    ::begin(1, 're-3-');

    my ($old) = ::staff();

    close $_ for @::Clients;
    select undef, undef, undef, 0.1;
    kill HUP => ::master();

    return ::replaced($old)
           && (grep { $_ == $old } ::staff())
           && Plaid::Side::ask('release') == 1
           && ::gone($old);
}
--- calls: 1
--- app_calls: 0



=== TEST 4: worker_shutdown_timeout: clients go, exchanges do not
--- main_config
    worker_shutdown_timeout 300ms;
--- plaid: hold
--- client: timeout 60s;
--- check eval
sub {
    ::begin(3, 're-4-');

    my ($old) = ::staff();

    kill HUP => ::master();

    return ::replaced($old) && ::good() == 0
           && Plaid::Side::ask('app') == 0
           && defined Plaid::Side::ask('release') && ::gone($old);
}
--- calls: 3



=== TEST 5: worker_shutdown_timeout, and no client left
--- main_config
    worker_shutdown_timeout 300ms;
--- plaid: hold
--- client: timeout 60s;
--- check eval
sub {
    ::begin(2, 're-5-');

    my ($old) = ::staff();

    close $_ for @::Clients;
    select undef, undef, undef, 0.1;
    kill HUP => ::master();

    return ::replaced($old)
           && defined Plaid::Side::ask('release') && ::gone($old);
}
--- calls: 2



=== TEST 6: an exchange that never ends holds a worker for its timeout only
--- plaid: hold
--- client: timeout 500ms;
--- check eval
sub {
    ::begin(2, 're-6-');

    my ($old) = ::staff();

    kill HUP => ::master();

    return ::replaced($old) && ::gone($old)
           && 2 == grep { Plaid::Side::answer($_) =~ m{^HTTP/1.1 504 } }
                        @::Clients;
}
--- calls: 2



=== TEST 7: idle connections do not hold a worker
--- check eval
sub {
    Plaid::Side::soon(sub { ::staff() });

    my $client = Plaid::Side::post(Plaid::server_port(), '/t', 're-7');

    return 0 if Plaid::Side::answer($client) !~ /access-re-7/;
    return 0 if Plaid::Side::ask('open') != 1;

    my ($old) = ::staff();

    kill HUP => ::master();

    return ::replaced($old) && ::gone($old)
           && Plaid::Side::await('open', 0) == 0;
}
--- calls: 1



=== TEST 8: several reloads, one exchange
--- plaid: hold
--- check eval
sub {
    ::begin(1, 're-8-');

    for (1 .. 3) {
        my %old = map { $_ => 1 } ::staff();

        kill HUP => ::master();
        Plaid::Side::soon(sub { grep { !$old{$_} } ::staff() });
    }

    my $new = Plaid::Side::post(Plaid::server_port(), '/t', 're-8-new');

    return Plaid::Side::await('held', 2) == 2
           && Plaid::Side::ask('release') == 2
           && ::good() == 1
           && Plaid::Side::answer($new) =~ /access-re-8-new/
           && Plaid::Side::soon(sub { ::staff() == 1 });
}
--- calls: 2



=== TEST 9: a worker that is killed
--- plaid: hold
--- shutdown_error_log eval: qr/\[alert\] .*exited on signal 9/
--- check eval
sub {
    ::begin(1, 're-9-');

    my ($old) = ::staff();

    kill KILL => $old;
    Plaid::Side::answer($_) for @::Clients;

    return 0 if !::replaced($old);

    my $new = Plaid::Side::post(Plaid::server_port(), '/t', 're-9-new');

    return Plaid::Side::await('held', 2) == 2
           && Plaid::Side::ask('release') == 2
           && Plaid::Side::answer($new) =~ /access-re-9-new/;
}



=== TEST 10: worker_shutdown_timeout, HTTP/2
--- main_config
    worker_shutdown_timeout 300ms;
--- http_config eval: $main::H2
--- plaid: hold
--- client: timeout 60s;
--- check eval
sub {
    Plaid::Side::soon(sub { ::staff() });

    my $url = "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/t";

    open my $curl, '-|', "curl -s --http2-prior-knowledge -m 20"
                         . " -d public_token=re-10 $url 2>&1"
        or die "curl: $!";

    return 0 if Plaid::Side::await('held', 1) != 1;

    my ($old) = ::staff();

    kill HUP => ::master();

    return ::replaced($old)
           && defined Plaid::Side::ask('release') && ::gone($old);
}
--- calls: 1



=== TEST 11: worker_shutdown_timeout, and the HTTP/2 client leaves before
--- main_config
    worker_shutdown_timeout 2s;
--- http_config eval: $main::H2
--- plaid: hold
--- client: timeout 60s;
--- check eval
sub {
    Plaid::Side::soon(sub { ::staff() });

    my $url = "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/t";
    my $pid = open my $curl, '-|', "exec curl -s --http2-prior-knowledge"
                                   . " -m 20 -d public_token=re-11 $url"
        or die "curl: $!";

    return 0 if Plaid::Side::await('held', 1) != 1;

    my ($old) = ::staff();

    kill HUP => ::master();

    return 0 if !::replaced($old);

    kill TERM => $pid;
    select undef, undef, undef, 0.5;

    return (grep { $_ == $old } ::staff())
           && Plaid::Side::ask('release') == 1
           && ::gone($old);
}
--- calls: 1
--- app_calls: 0



=== TEST 12: the workers of a reload keep the token out of responses, too
--- http_config
    map $plaid_access_token $made { default none; ~. "of $plaid_access_token"; }
--- config
    location /t {
        plaid_exchange    bank;
        proxy_set_header  X-Made $made;
        add_header        X-Made $made;
        proxy_pass        http://app;
    }

    location = /hello {
        return 200 "hello\n";
    }
--- check eval
sub {
    Plaid::Side::soon(sub { ::staff() });

    my ($old) = ::staff();

    for my $name (qw( re-12-old re-12-new )) {
        my $answer = Plaid::Side::answer(
                         Plaid::Side::post(Plaid::server_port(), '/t', $name));

        return 0 if $answer !~ /^X-Made: none\r$/m
                    || $answer !~ /^X-Made: of access-$name$/m;

        next if $name ne 're-12-old';

        kill HUP => ::master();

        return 0 if !::replaced($old) || !::gone($old);
    }

    return 1;
}
--- calls: 2
--- app_calls: 2
