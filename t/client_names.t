# Who resolves Plaid's name: the system at start, or the resolver of the
# client, of http or of the server at run time.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

use IO::Socket::INET ();
use POSIX ();
use Sys::Hostname ();

# A name server that says 127.0.0.2, where this Plaid listens, to any question
# for an IPv4 address but for names that begin with "none".

our $Dns = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1')
    or die "no name server: $!";

$ENV{TEST_NGINX_NAMES_PORT} = $Dns->sockport;

defined(our $Child = fork) or die "fork failed: $!";

if ($Child == 0) {
    my $parent = getppid;

    $SIG{ALRM} = sub { getppid == $parent ? alarm 5 : POSIX::_exit(0) };
    alarm 5;

    for ( ;; ) {
        my $peer = recv $Dns, my $query, 512, 0;

        next unless defined $peer && length $query > 12;

        my ($question) = substr($query, 12) =~ /^((?:[^\0].*?)?\0.{4})/s;
        my $none = substr($question, 1, 4) eq 'none';
        my $type = unpack 'n', substr $question, -4;
        my $answers = ($type == 1 && !$none) ? 1 : 0;
        my $reply = substr($query, 0, 2)
                    . pack('n5', $none ? 0x8183 : 0x8180, 1, $answers, 0, 0)
                    . $question;

        $reply .= pack 'n3 N n C4', 0xc00c, 1, 1, 1, 4, 127, 0, 0, 2
            if $answers;

        send $Dns, $reply, 0, $peer;
    }
}

our $Host = Sys::Hostname::hostname();
our $Known = gethostbyname $Host;

our $Plaid = <<'END';
    server {
        listen 127.0.0.2:$TEST_NGINX_RAND_PORT_1;
        access_log off;

        location = /item/public_token/exchange {
            default_type application/json;
            return 200 '{"access_token":"access-$http_host","item_id":"item","request_id":"request"}';
        }
    }

    server {
        listen unix:$TEST_NGINX_SERVER_ROOT/html/app.sock;
        access_log off;

        location / {
            return 200 "$http_x_token\n";
        }
    }
END

our $Location = <<'END';
    location = /t {
        plaid_exchange    bank;
        proxy_pass        http://unix:$TEST_NGINX_SERVER_ROOT/html/app.sock;
        proxy_set_header  X-Token $plaid_access_token;
    }
END

our $Resolver = 'resolver 127.0.0.1:$TEST_NGINX_NAMES_PORT;';

sub client {
    my ($host, $more) = @_;

    return $Plaid . <<"END";
    plaid_client bank {
        environment  http://$host:\$TEST_NGINX_RAND_PORT_1;
        client_id    id;
        secret       s3cr3t;
        $more
    }
END
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', $Location) unless defined $block->config;
    $block->set_value('request', "POST /t\npublic_token=token-" . rand);
    $block->set_value('more_headers',
                      'Content-Type: application/x-www-form-urlencoded');
});

add_cleanup_handler(sub { local $?; kill "KILL", $Child; waitpid $Child, 0 });

run_tests();

__DATA__

=== TEST 1: the client's resolver
--- http_config eval
::client('plaid.test', $::Resolver)
--- response_body_like
^access-plaid\.test:\d+$



=== TEST 2: the resolver of http
--- http_config eval
"$::Resolver\n" . ::client('plaid.test', '')
--- response_body_like
^access-plaid\.test:\d+$



=== TEST 3: the resolver of the server
--- http_config eval
::client('plaid.test', '')
--- config eval
"$::Resolver\n$::Location"
--- response_body_like
^access-plaid\.test:\d+$



=== TEST 4: the client's resolver, not that of http
--- http_config eval
"resolver 127.0.0.1:9;\n" . ::client('plaid.test', $::Resolver)
--- response_body_like
^access-plaid\.test:\d+$



=== TEST 5: a resolver counts for a name that the system knows, too
--- skip_eval: 4: !$::Known || $::Host eq 'localhost'
--- http_config eval
"$::Resolver\n" . ::client($::Host, '')
--- response_body_like
^access-.+:\d+$



=== TEST 6: but not for localhost, which the resolver has elsewhere
--- http_config eval
"$::Resolver\n" . ::client('localhost', '')
--- error_code: 502
--- error_log
CONNECT



=== TEST 7: a name that no one knows
--- http_config eval
::client('none.test', $::Resolver)
--- error_code: 502
--- error_log
none.test
