# The leak scan: secrets and tokens that can be told from everything else go
# along every path there is; then they are looked for in all that is left of
# it: logs, answers, files, "nginx -T", shared memory; and, where neither
# libcurl nor TLS has had them, in the worker's own memory.
#
# With "error_log debug" nginx's own core writes headers to upstreams and
# values of variables down: the one exception, and these very lines alone.

use strict;
use warnings;

use lib 't';
use File::Find ();
use IO::Socket::INET ();
use Plaid 'no_plan';
use Plaid::Wire;
use Time::HiRes ();

# An app that does not say what it was told: what it says is the client's.

{
    no warnings 'redefine';
    *Plaid::App::text = sub { "quiet\n" };
}

plaid('tls', 'http2_app');
worker_connections(1024);

# what is looked for

our %Canary = (
    file    => 'canary-file-s3cret-57a1',
    text    => 'canary-text-s3cret-9b04',
    tenant  => 'canary-tenant-s3cret-c33f',
    proxy   => 'canary-proxy-s3cret-20ee',
);

# Tokens are as long as real ones.  In memory they are looked for as a whole:
# a register that the compiler has saved to the stack may have some bytes.

our $Tail = '5c0ffee0-1dea-4b1d-9c2d-ab1e5eed0ff5';
our $Token = qr/\b(?:access|legacy|btok|processor)-lk-\w+/;
our $Whole = qr/\b(?:access|legacy|btok|processor)-lk-\w+-$Tail/;
our $Secret = join '|', map { quotemeta } values %Canary;

$ENV{TEST_NGINX_LEAK_PORT} = Plaid::Side::free_port();
$ENV{"TEST_NGINX_CANARY_\U$_"} = $Canary{$_} for keys %Canary;

my @FAULTS = qw( ok reset fin half halfhead garbage size.20000 echo html.502
                 204 drip slow.150 cutchunked
                 error.400.INVALID_INPUT.INVALID_PUBLIC_TOKEN
                 error.400.INVALID_INPUT.INVALID_API_KEYS
                 error.500.API_ERROR.INTERNAL_SERVER_ERROR
                 ratelimit );

# the ways to the app, "ok" being Plaid's

my %WAY = (
    plain     => 'proxy_pass http://app',
    bearer    => 'proxy_set_header Authorization "Bearer $plaid_access_token";'
                 . ' proxy_pass http://app',
    mapped    => 'set $copy "$http_x_plaid_access_token $plaid_access_token";'
                 . ' proxy_set_header X-Copy "$copy $mapped";'
                 . ' proxy_pass http://app',
    header    => 'plaid_exchange_header X-My-Token; proxy_pass http://app',
    unbuffered => 'proxy_request_buffering off; proxy_buffering off;'
                 . ' proxy_pass http://app',
    file      => 'client_body_in_file_only on; proxy_pass http://app',
    mirror    => 'mirror /mirror; proxy_pass http://app',
    post      => 'post_action /mirror; proxy_pass http://app',
    cached    => 'proxy_cache cache; proxy_cache_methods POST;'
                 . ' proxy_cache_valid any 1m;'
                 . ' proxy_cache_key "$request_uri $plaid_access_token";'
                 . ' proxy_pass http://app',
    none      => 'plaid_replay off; proxy_pass http://app',
    fails     => 'proxy_intercept_errors on; error_page 500 502 /sorry;'
                 . ' proxy_pass http://app',
    other     => 'proxy_intercept_errors on; error_page 500 502 = @other;'
                 . ' proxy_pass http://app',
    refused   => 'proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT',
    resets    => 'proxy_pass http://127.0.0.1:$TEST_NGINX_RESET_PORT',
    fastcgi   => 'fastcgi_param X $plaid_access_token;'
                 . ' fastcgi_param REQUEST_METHOD $request_method;'
                 . ' fastcgi_param CONTENT_LENGTH $content_length;'
                 . ' fastcgi_pass app',
    uwsgi     => 'uwsgi_param CONTENT_LENGTH $content_length; uwsgi_pass app',
    scgi      => 'scgi_param CONTENT_LENGTH $content_length; scgi_pass app',
    grpc      => 'grpc_pass 127.0.0.1:$TEST_NGINX_APP_H2_PORT',
    echoes    => 'add_header X-Out "$plaid_access_token$mapped" always;'
                 . ' proxy_pass http://app',
);

sub client {
    my ($name, $fault, $keys, $more) = @_;

    return <<"END";
    plaid_client $name {
        environment  http://127.0.0.1:\$TEST_NGINX_PLAID_PORT/$fault;
        timeout      2s;
        $keys
        @{[ $more // '' ]}
    }
END
}

my $FILE = 'client_id the-id; secret_file $TEST_NGINX_SERVER_ROOT/html/secret;';

(my $Tls = client('tls', 'ok', $FILE,
                  'ssl_trusted_certificate $TEST_NGINX_SIDE_DIR/ca.crt;'
                  . ' ssl_name ok.test;'))
    =~ s{http://(\S+)_PLAID_PORT}{https://$1_TLS_PORT};

our $Http = <<'END' . client('bank', 'ok', $FILE)
    upstream app { server 127.0.0.1:$TEST_NGINX_APP_PORT; }

    client_body_temp_path  $TEST_NGINX_SIDE_DIR/leak_body;
    proxy_cache_path       $TEST_NGINX_SIDE_DIR/leak_cache keys_zone=cache:1m;
    log_format all '$plaid_status|$plaid_access_token|$mapped|$copy|'
        '$http_x_plaid_access_token|$http_authorization|$plaid_error_message|'
        '$plaid_request_id|$sent_http_x_out';

    map $plaid_access_token $mapped { default ""; "~(.+)" "is $1"; }
    map $http_tenant $tenant {
        default  "";
        one      $TEST_NGINX_CANARY_TENANT;
    }
END
    . client('texts', 'ok', 'client_id the-id;'
             . ' secret $TEST_NGINX_CANARY_TEXT;')
    . client('tenants', 'ok', 'client_id $http_tenant; secret $tenant;')
    . client('proxied', 'ok', $FILE, 'proxy_url http://user:'
             . '$TEST_NGINX_CANARY_PROXY@127.0.0.1:$TEST_NGINX_PROXY_PORT;')
    . client('legacy', 'ok', $FILE, 'api legacy;')
    . client('late', 'hang', $FILE)
    . $Tls
    . join '', map { client("fault$_", $FAULTS[$_], $FILE) } 0 .. $#FAULTS;

our $Server = <<'END' . join '',
    server {
        listen 127.0.0.1:$TEST_NGINX_LEAK_PORT;
        root html;
        access_log logs/leak.log all;
        set $copy "";

        location = /mirror {
            internal;
            proxy_set_header X-Copy "$plaid_access_token$mapped";
            proxy_pass http://app;
        }
        location = /sorry { return 500 "sorry $plaid_status\n"; }
        location @other { plaid_exchange bank; proxy_pass http://app; }
        location @page { return 200 "page $plaid_error_code\n"; }
END
    (map { "location /way-$_ { plaid_exchange bank; $WAY{$_}; }\n" }
         sort keys %WAY),
    (map { "location /client-$_ { plaid_exchange $_;"
           . " proxy_pass http://app; }\n" }
         qw( texts tenants proxied legacy late tls )),
    (map { my $n = $_;
           "location /fault-$n { plaid_exchange fault$n;"
           . " proxy_pass http://app; }\n"
           . "location /page-$n { plaid_exchange fault$n; error_page 400 502"
           . " 503 504 = \@page; proxy_pass http://app; }\n"
           . "location /pass-$n { plaid_exchange fault$n;"
           . " plaid_exchange_errors pass; proxy_pass http://app; }\n" }
         0 .. $#FAULTS),
    "}\n";

my $Posts = 0;


# A POST of a public token of its own, or of $token.

sub post {
    my ($uri, %option) = @_;

    my $token = $option{token} // sprintf 'lk-%06d', ++$Posts;

    $token .= "-$Tail";

    my $body = $option{json}  ? qq({"public_token":"$token"})
             : $option{multi} ? "--b\r\nContent-Disposition: form-data;"
                                . ' name="public_token"' . "\r\n\r\n$token"
                                . "\r\n--b--\r\n"
             :                  "public_token=$token&account_id=lk-acc-$Tail";
    my $type = $option{json}  ? 'application/json'
             : $option{multi} ? 'multipart/form-data; boundary=b'
             :                  'application/x-www-form-urlencoded';

    return join "\r\n", "POST $uri HTTP/1.1", 'Host: localhost',
                'Tenant: one', "Content-Type: $type",
                'Content-Length: ' . length $body, 'Connection: close', '',
                $body;
}


# Along every path; returns all the answers.

sub posts {
    my @all;

    for my $way (sort keys %WAY) {
        my $uri = "/way-$way";
        my $same = post("$uri?same=1", token => "lk-same_$way");

        push @all, (map { post($uri, @$_) } [], [ json => 1 ],
                        [ multi => 1 ]),
                   # joined, and replayed
                   $same, $same, $same,
                   post("$uri?app=500"), post("$uri?die=1"),
                   post("$uri?half=1");
    }

    push @all, map { (post("/client-$_"), post("/client-$_", json => 1)) }
                   qw( texts tenants proxied legacy late tls );

    for my $n (0 .. $#FAULTS) {
        push @all, map { (post("/$_-$n"), post("/$_-$n", json => 1)) }
                       qw( fault page pass );
    }

    my @answers = Plaid::Wire::h1($ENV{TEST_NGINX_LEAK_PORT}, @all);

    # clients that go: while Plaid thinks, and while the app does

    my ($slow) = grep { $FAULTS[$_] eq 'slow.150' } 0 .. $#FAULTS;

    for my $uri ("/fault-$slow", '/way-plain?hold=1') {
        my $fh = IO::Socket::INET->new(
                     PeerAddr => '127.0.0.1',
                     PeerPort => $ENV{TEST_NGINX_LEAK_PORT}) or die;

        print $fh post($uri);
        $fh->flush;
        Time::HiRes::sleep(0.05);
        close $fh;
    }

    Time::HiRes::sleep(0.4);
    Plaid::Side::ask('app_release');

    return @answers;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;

    return <$in> // '';
}


# All files below a directory: [ path, text ].

sub files {
    my ($dir) = @_;
    my @found;

    File::Find::find({ no_chdir => 1, wanted => sub {
        push @found, [ $File::Find::name, slurp($File::Find::name) ]
            if -f $File::Find::name;
    } }, $dir);

    return @found;
}


# What is looked for, where it is not to be: a list of words.

sub found {
    my ($pattern, $text) = @_;

    my %seen;

    $seen{$_}++ for $text =~ /($pattern)/g;

    return map { "$_ x$seen{$_}" } sort keys %seen;
}


sub root {
    my $root = Plaid::html_dir();

    $root =~ s{/html/?\z}{};

    return $root;
}


# Of the process that serves: nginx without a master is the one of the pid.

sub worker {
    my ($pid) = slurp(root() . '/logs/nginx.pid') =~ /(\d+)/;
    my ($child) = Plaid::Side::children($pid);

    return $child // $pid;
}


# An address of the memory map.

sub address {
    my ($hex) = @_;

    no warnings 'portable';

    return hex $hex;
}


# Writable memory: { shared => text, own => text }.

sub memory {
    my ($pid) = @_;

    open my $maps, '<', "/proc/$pid/maps" or die "/proc/$pid/maps: $!\n";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "/proc/$pid/mem: $!\n";

    my %memory = (shared => '', own => '');

    while (my $line = <$maps>) {
        my ($from, $to, $mode) =
            $line =~ /\A([0-9a-f]+)-([0-9a-f]+) (\S+)/ or next;

        next if $mode !~ /\Arw/;

        my $size = address($to) - address($from);

        sysseek $mem, address($from), 0 or next;

        my $kind = $mode =~ /s\z/ ? 'shared' : 'own';

        # the sanitizers' own may be larger than any machine
        next if $kind eq 'own' && altered();

        sysread $mem, $memory{$kind}, $size, length $memory{$kind};
        $memory{$kind} .= "\n";
    }

    return \%memory;
}


# The lines that nginx's core writes at debug of what it passes on.

my $CORE = qr/\[debug\]\ \d+\#\d+:\ \*\d+\ (?:
    http\ proxy\ header: | grpc\ header: | (?:fastcgi|scgi|uwsgi)\ param:
    | http\ script\ (?:var|capture|copy|set): | http\ map: | "?[Bb]earer
    | posted\ request | http\ upstream\ )/x;


sub ::scan {
    my ($name, $debug) = @_;

    my $root = root();
    my $pid = worker();
    my @answers = posts();
    my $memory = memory($pid);
    my $got = join "\n", Plaid::Side::ask('app_all'),
                         Plaid::Side::ask('requests');

    # what is looked for was there

    Test::More::cmp_ok(scalar(found($Token, $got)), '>', 60,
                       "$name - tokens got to the app");
    Test::More::is_deeply([ grep { $got !~ /\Q$Canary{$_}/ }
                            qw( file text tenant ) ], [],
                          "$name - secrets got to Plaid");

    Test::More::is_deeply([ found(qr/$Token|$Secret/, "@answers") ], [],
                          "$name - answers");

    # logs, error pages, temporary files, the cache

    for my $file (files($root), files("$ENV{TEST_NGINX_SIDE_DIR}/leak_body"),
                  files("$ENV{TEST_NGINX_SIDE_DIR}/leak_cache"))
    {
        my ($path, $text) = @$file;

        (my $short = $path) =~ s{\A\Q$root\E/*}{};
        $short =~ s{\A\Q$ENV{TEST_NGINX_SIDE_DIR}\E/}{};

        next if $short eq 'html/secret' || $short eq 'conf/nginx.conf';

        # one nginx for all blocks has the lines of those at debug, too

        if (($debug || $ENV{TEST_NGINX_USE_HUP})
            && $short eq 'logs/error.log')
        {
            Test::More::is_deeply(
                [ map { substr $_, 0, 200 }
                  grep { /$Token|$Secret/ && !/$CORE/ }
                       split m{^(?=\d{4}/\d\d/\d\d )}m, $text ], [],
                "$name - $short, but for what nginx's core says");
            next;
        }

        # the body of a request is the client's: its public token may be there

        my $bare = $short =~ /leak_body/ ? qr/$Token|$Secret/
                                               : qr/$Token|$Secret|\blk-\d{6}/;

        Test::More::is_deeply([ found($bare, $text) ], [], "$name - $short");
    }

    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my @dump = ($nginx, '-T', '-e', "$root/logs/T.log", '-p', "$root/", '-c',
                "$root/conf/nginx.conf");
    my $dump = `@dump 2>&1`;

    Test::More::like($dump, qr/secret_file/, "$name - nginx -T");
    Test::More::is_deeply([ found(qr/$Token|$Canary{file}/, $dump) ], [],
                          "$name - nginx -T, without what is in files");

    return 1 if $debug;

    # nothing stays in shared memory, not even what the client has posted

    Test::More::cmp_ok(length $memory->{shared}, '>', 1_000_000,
                       "$name - shared memory is seen");
    Test::More::is_deeply(
        [ found(qr/$Token|$Secret|\blk-\d{6}/, $memory->{shared}) ], [],
        "$name - shared memory");

    return 1;
}


# Valgrind and the sanitizers keep memory that has been freed, and their own
# notes of it: what is not shared is not looked at.

sub altered {
    return $ENV{TEST_NGINX_USE_VALGRIND} || $ENV{ASAN_OPTIONS};
}


# Copies that a variable has made of a token in a request's pool are nginx's:
# no variable and no log has them, but its memory is not wiped.

our %Copied = (mapped => 1, post => 1, echoes => 1, cached => 1);


# One request at a time, before others could write over what it has left; not
# by a proxy, which only libcurl knows.

sub ::alone {
    my ($name) = @_;

    return 1 if altered();

    my $pid = worker();

    for my $uri (map({ "/way-$_" } grep { !$Copied{$_} } sort keys %WAY),
                 map { "/client-$_" } qw( texts tenants legacy tls ))
    {
        for my $kind ([], [ json => 1 ]) {
            Plaid::Wire::h1($ENV{TEST_NGINX_LEAK_PORT}, post($uri, @$kind));

            # a request ends when its answer has long been read

            my @found;

            for my $try (1 .. 50) {
                Time::HiRes::sleep(0.01 * $try);

                my $memory = memory($pid);

                @found = found($Whole, $memory->{own} . $memory->{shared});
                last if !@found;
            }

            # OpenSSL's own buffers are not erased

            @found = () if $uri =~ /tls/;

            Test::More::is_deeply(\@found, [],
                                  "$name - memory after $uri @$kind");
        }
    }

    return 1;
}


add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $::Http . $::Server;

    ($http) = Plaid::Subrequest::rewrite($http, '')
        if $block->name =~ /subrequest/ && !Plaid::Subrequest::wanted();

    $block->set_value('http_config', $http);
    $block->set_value('config', 'location = /up { return 204; }');
    $block->set_value('request', 'GET /up');
    $block->set_value('error_code', 204);
    $block->set_value('user_files', ">>> secret\n$::Canary{file}\n");
});

run_tests();

__DATA__

=== TEST 1: at info
--- log_level: info
--- check eval: sub { ::scan('info') }



=== TEST 2: at debug
--- log_level: debug
--- check eval: sub { ::scan('debug', 1) }



=== TEST 3: at info, transport subrequest
--- log_level: info
--- check eval: sub { ::scan('subrequest') }



=== TEST 4: at debug, transport subrequest
--- log_level: debug
--- check eval: sub { ::scan('subrequest, debug', 1) }



=== TEST 5: one request at a time, transport subrequest
--- log_level: info
--- check eval: sub { ::alone('subrequest, one by one') }
