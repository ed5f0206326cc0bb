# plaid_client: every mistake stops nginx with one line that names it, and no
# line repeats a secret.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

use File::Temp ();

# Certificates of this run alone; the server root is emptied between blocks.

our $Dir = File::Temp::tempdir('plaid-XXXXXX', TMPDIR => 1, CLEANUP => 1);
$ENV{TEST_NGINX_CERTS} = $Dir;

chmod 0755, $Dir;

sub shell (@) {
    my ($command) = @_;

    system("cd '$Dir' && ( $command ) >/dev/null 2>&1") == 0
        or die "\"$command\" failed";
}

for my $name (qw( one two )) {
    shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        . " -nodes -days 2 -subj /CN=$name -keyout $name.key -out $name.pem");
}

shell("openssl ec -in one.key -aes128 -passout pass:abc -out locked.key");
shell("cat one.pem two.pem > chain.pem");
shell("touch index.txt && echo 01 > crlnumber"
    . " && printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\n"
    . "crlnumber=crlnumber\\ndefault_md=sha256\\ndefault_crl_days=2\\n'"
    . " > ca.cnf && openssl ca -config ca.cnf -gencrl -cert one.pem"
    . " -keyfile one.key -out crl.pem");
shell("head -3 two.pem > cut.pem && cat one.pem cut.pem > broken.pem");
shell("mkfifo fifo");
shell("echo s3cr3t > open && chmod 0644 open");
shell("echo s3cr3t > closed && chmod 0600 closed");

# What most blocks share.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', "location = /t { return 204; }")
        unless defined $block->config;

    if (defined $block->must_die) {
        $block->set_value('suppress_stderr', '')
            unless defined $block->suppress_stderr;

    } else {
        $block->set_value('request', 'GET /t') unless defined $block->request;
        $block->set_value('error_code', 204)
            unless defined $block->error_code;
    }
});

run_tests();

__DATA__

=== TEST 1: a block with the least that is needed
--- http_config
    plaid_client bank {
        environment  http://127.0.0.1:9;
        client_id    id;
        secret       s3cr3t;
    }
--- no_error_log
[warn]



=== TEST 2: everything at once
--- http_config
    plaid_client bank {
        environment              https://127.0.0.1:9/plaid/;
        api                      current;
        client_id                id;
        secret                   s3cr3t;
        transport                curl;
        connect_timeout          500ms;
        timeout                  5s;
        max_response_size        8k;
        max_inflight             1;
        keepalive                0;
        keepalive_timeout        10s;
        ssl_verify               on;
        ssl_trusted_certificate  $TEST_NGINX_CERTS/one.pem;
        ssl_certificate          $TEST_NGINX_CERTS/chain.pem;
        ssl_certificate_key      $TEST_NGINX_CERTS/one.key;
        ssl_name                 sandbox.plaid.com;
        http_version             1.1;
        proxy_url                http://us%40er:p%3Aw@127.0.0.1:3128;
        resolver                 127.0.0.1:5353 127.0.0.2 valid=10s ipv6=off;
        resolver_timeout         3s;
    }
--- no_error_log
[warn]



=== TEST 3: the environments by name, more than one client
--- http_config
    resolver 127.0.0.1:5353;

    plaid_client a { environment sandbox; client_id id; secret s3cr3t; }
    plaid_client b { environment production; client_id id; secret s3cr3t; }
    plaid_client c { environment tartan; client_id id; secret s3cr3t; }
    plaid_client d {
        environment legacy_production;
        client_id id;
        secret s3cr3t;
    }
--- grep_error_log eval: qr/"secret" of plaid_client "\w" stands in/
--- grep_error_log_out
"secret" of plaid_client "b" stands in
"secret" of plaid_client "d" stands in



=== TEST 4: URLs of every form
--- http_config
    plaid_client a { environment http://127.0.0.1; client_id i; secret s; }
    plaid_client b { environment HTTP://[::1]:81/a/b/; client_id i; secret s; }
    plaid_client c { environment http://localhost:9; client_id i; secret s; }
    plaid_client d { environment http://unix:/tmp/p; client_id i; secret s; }
    plaid_client e { environment http://unix:/tmp/p:; client_id i; secret s; }
    plaid_client f { environment http://unix:/tmp/p:/x; client_id i; secret s; }
    plaid_client g { environment http://127.0.0.1/@x; client_id i; secret s; }
--- no_error_log
[warn]



=== TEST 5: credentials with variables
--- http_config
    map $http_x_tenant $tenant_id { default ""; one id; }
    map $http_x_tenant $tenant_secret { default ""; one s3cr3t; }

    plaid_client bank {
        environment  http://127.0.0.1:9;
        client_id    $tenant_id;
        secret       $tenant_secret;
    }
--- no_error_log
[warn]



=== TEST 6: credentials from files, relative to the configuration
--- user_files eval
">>> ../conf/id\nid\r\n>>> secret\ns3cr3t\n\n"
--- http_config
    plaid_client bank {
        environment     http://127.0.0.1:9;
        client_id_file  id;
        secret_file     ../html/secret;
    }
--- no_error_log
s3cr3t



=== TEST 7: a file that others can read is warned about
--- http_config
    plaid_client bank {
        environment  http://127.0.0.1:9;
        client_id    id;
        secret_file  $TEST_NGINX_CERTS/open;
    }
--- error_log eval
qr/\[warn\] .*"secret_file" ".*open" can be read by every user/
--- no_error_log
s3cr3t



=== TEST 8: a block may include a file
--- user_files
>>> keys
client_id  id;
secret     s3cr3t;
--- http_config
    plaid_client bank {
        environment  http://127.0.0.1:9;
        include      ../html/keys;
    }
--- no_error_log
[warn]



=== TEST 9: subrequest needs neither names nor certificates
--- http_config
    plaid_client bank {
        environment  https://plaid.invalid;
        client_id    id;
        secret       s3cr3t;
        transport    subrequest /plaid;
    }
--- no_error_log
[warn]



=== TEST 10: the proxy resolves the endpoint's name
--- http_config
    plaid_client bank {
        environment  https://plaid.invalid;
        client_id    id;
        secret       s3cr3t;
        proxy_url    http://127.0.0.1:3128/;
    }
--- no_error_log
[warn]



=== TEST 11: the bundle in use is named
--- http_config
    plaid_client bank {
        environment              https://127.0.0.1:9;
        client_id                id;
        secret_file              $TEST_NGINX_CERTS/closed;
        ssl_trusted_certificate  $TEST_NGINX_CERTS/one.pem;
    }
    plaid_client system {
        environment  https://127.0.0.1:9;
        client_id    id;
        secret_file  $TEST_NGINX_CERTS/closed;
    }
--- error_log eval
[qr/plaid_client "bank" trusts the certificates in ".*one\.pem"/,
 qr/plaid_client "system" trusts the certificates in "\/.*"/]
--- no_error_log
[warn]
s3cr3t



=== TEST 12: no name
--- http_config
    plaid_client { }
--- must_die
--- error_log
invalid number of arguments in "plaid_client" directive



=== TEST 13: "off" is no client
--- http_config
    plaid_client off { }
--- must_die
--- error_log
invalid name "off" in "plaid_client" directive



=== TEST 14: an empty name
--- http_config
    plaid_client "" { }
--- must_die
--- error_log
invalid name "" in "plaid_client" directive



=== TEST 15: two clients of one name
--- http_config
    plaid_client bank { environment sandbox; client_id id; secret s3cr3t; }
    plaid_client bank { environment sandbox; client_id id; secret s3cr3t; }
--- must_die
--- error_log
duplicate plaid_client "bank"



=== TEST 16: only in http
--- config
    plaid_client bank { environment sandbox; client_id id; secret s3cr3t; }
--- must_die
--- error_log
"plaid_client" directive is not allowed here



=== TEST 17: an unknown directive
--- http_config
    plaid_client bank { enviroment sandbox; }
--- must_die
--- error_log
unknown directive "enviroment" in plaid_client "bank"



=== TEST 18: the directives mean nothing outside the block
--- http_config
    max_inflight 5;
--- must_die
--- error_log
unknown directive "max_inflight"



=== TEST 19: no environment
--- http_config
    plaid_client bank { client_id id; secret s3cr3t; }
--- must_die
--- error_log
no "environment" in plaid_client "bank" in
--- no_error_log
s3cr3t



=== TEST 20: an unknown environment
--- http_config
    plaid_client bank { environment development; }
--- must_die
--- error_log
unknown environment "development" in "environment" directive



=== TEST 21: another scheme
--- http_config
    plaid_client bank { environment ftp://127.0.0.1; }
--- must_die
--- error_log
unknown environment "ftp://127.0.0.1" in "environment" directive



=== TEST 22: environment twice
--- http_config
    plaid_client bank { environment sandbox; environment production; }
--- must_die
--- error_log
"environment" directive is duplicate



=== TEST 23: user information, which is not repeated
--- http_config
    plaid_client bank { environment http://user:s3cr3t@127.0.0.1; }
--- must_die
--- error_log
user information is not allowed in "environment" directive
--- no_error_log
s3cr3t



=== TEST 24: a query
--- http_config
    plaid_client bank { environment http://127.0.0.1/?a=b; }
--- must_die
--- error_log
query and fragment are not allowed "http://127.0.0.1/?a=b" in "environment"



=== TEST 25: a fragment
--- http_config
    plaid_client bank { environment http://127.0.0.1/#a; }
--- must_die
--- error_log
query and fragment are not allowed "http://127.0.0.1/#a" in "environment"



=== TEST 26: a variable
--- http_config
    plaid_client bank { environment http://$host/; }
--- must_die
--- error_log
variables are not supported "http://$host/" in "environment"



=== TEST 27: no host
--- http_config
    plaid_client bank { environment https://:443/; }
--- must_die
--- error_log
no host "https://:443/" in "environment" directive



=== TEST 28: a port out of range
--- http_config
    plaid_client bank { environment http://127.0.0.1:65536; }
--- must_die
--- error_log
invalid port "http://127.0.0.1:65536" in "environment" directive



=== TEST 29: a host that is none
--- http_config
    plaid_client bank { environment http://a,b; }
--- must_die
--- error_log
invalid host "http://a,b" in "environment" directive



=== TEST 30: a socket without a path
--- http_config
    plaid_client bank { environment http://unix::/x; }
--- must_die
--- error_log
no path in the unix domain socket "http://unix::/x" in "environment"



=== TEST 31: a socket with a relative path
--- http_config
    plaid_client bank { environment http://unix:plaid.sock:; }
--- must_die
--- error_log
unix domain socket path must be absolute "http://unix:plaid.sock:"



=== TEST 32: a line break in the URL
--- http_config eval
'plaid_client bank { environment "http://127.0.0.1/a
b"; }'
--- must_die
--- error_log
invalid character



=== TEST 33: a host that is not found, and is not looked up later
--- http_config
    plaid_client bank {
        environment  http://plaid.invalid;
        client_id    id;
        secret       s3cr3t;
        resolver     off;
    }
--- must_die
--- error_log
host not found in plaid_client "bank" "plaid.invalid" in



=== TEST 34: unless a resolver is asked later
--- http_config
    plaid_client bank {
        environment  https://plaid.invalid;
        client_id    id;
        secret       s3cr3t;
        resolver     127.0.0.1:5353;
    }
--- no_error_log
[warn]



=== TEST 35: or a server has one
--- http_config
    plaid_client bank {
        environment  https://plaid.invalid;
        client_id    id;
        secret       s3cr3t;
    }
--- config
    resolver 127.0.0.1:5353;
    location = /t { return 204; }
--- no_error_log
[warn]



=== TEST 36: api
--- http_config
    plaid_client bank { api v1; }
--- must_die
--- error_log
invalid value "v1" in "api" directive



=== TEST 37: api twice
--- http_config
    plaid_client bank { api legacy; api legacy; }
--- must_die
--- error_log
"api" directive is duplicate



=== TEST 38: no client_id
--- http_config
    plaid_client bank { environment sandbox; secret s3cr3t; }
--- must_die
--- error_log
no "client_id" or "client_id_file" in plaid_client "bank" in
--- no_error_log
s3cr3t



=== TEST 39: no secret
--- http_config
    plaid_client bank { environment sandbox; client_id id; }
--- must_die
--- error_log
no "secret" or "secret_file" in plaid_client "bank" in



=== TEST 40: both forms of one credential
--- user_files
>>> secret
s3cr3t
--- http_config
    plaid_client bank {
        environment  sandbox;
        client_id    id;
        secret       s3cr3t;
        secret_file  ../html/secret;
    }
--- must_die
--- error_log
both "secret" and "secret_file" in plaid_client "bank"
--- no_error_log
s3cr3t



=== TEST 41: a credential twice
--- http_config
    plaid_client bank { secret s3cr3t; secret s3cr3t; }
--- must_die
--- error_log
"secret" directive is duplicate
--- no_error_log
s3cr3t



=== TEST 42: a file of credentials twice
--- user_files
>>> id
id
--- http_config
    plaid_client bank { client_id_file ../html/id; client_id_file ../html/id; }
--- must_die
--- error_log
"client_id_file" directive is duplicate



=== TEST 43: an empty credential
--- http_config
    plaid_client bank { client_id ""; }
--- must_die
--- error_log
value of "client_id" is empty



=== TEST 44: a credential that no header takes
--- http_config eval
qq!plaid_client bank { secret "s3cr3t\x{01}"; }!
--- must_die
--- error_log
value of "secret" has bytes that are not printable ASCII
--- no_error_log
s3cr3t



=== TEST 45: a credential too long
--- http_config eval
'plaid_client bank { secret ' . 's3cr3t' x 86 . '; }'
--- must_die
--- error_log
value of "secret" is too long
--- no_error_log
s3cr3t



=== TEST 46: a file that is not there
--- http_config
    plaid_client bank { secret_file ../html/none; }
--- must_die
--- error_log eval
qr/"secret_file" ".*none" cannot be opened \(2: No such file/



=== TEST 47: an empty file
--- user_files eval
">>> secret\n\n"
--- http_config
    plaid_client bank { secret_file ../html/secret; }
--- must_die
--- error_log eval
qr/"secret_file" ".*secret" is empty/



=== TEST 48: a file too long
--- user_files eval
">>> secret\n" . 's3cr3t' x 86 . "\n"
--- http_config
    plaid_client bank { secret_file ../html/secret; }
--- must_die
--- error_log eval
qr/"secret_file" ".*secret" is too long/
--- no_error_log
s3cr3t



=== TEST 49: a file that goes on after many empty lines
--- user_files eval
">>> secret\ns3cr3t" . "\n" x 600 . "other\n"
--- http_config
    plaid_client bank { secret_file ../html/secret; }
--- must_die
--- error_log eval
qr/"secret_file" ".*secret" is too long/
--- no_error_log
s3cr3t



=== TEST 50: a file of two lines
--- user_files
>>> secret
s3cr3t
other
--- http_config
    plaid_client bank { secret_file ../html/secret; }
--- must_die
--- error_log eval
qr/"secret_file" ".*secret" has bytes that are not printable ASCII/
--- no_error_log
s3cr3t



=== TEST 51: a directory
--- http_config
    plaid_client bank { secret_file ../html; }
--- must_die
--- error_log eval
qr/"secret_file" ".*html" is not a regular file/



=== TEST 52: a FIFO, which nobody may ever write to
--- http_config
    plaid_client bank { secret_file $TEST_NGINX_CERTS/fifo; }
--- must_die
--- error_log eval
qr/"secret_file" ".*fifo" is not a regular file/



=== TEST 53: an unknown transport
--- http_config
    plaid_client bank { transport proxy; }
--- must_die
--- error_log
invalid value "proxy" in "transport" directive



=== TEST 54: a subrequest to nowhere
--- http_config
    plaid_client bank { transport subrequest; }
--- must_die
--- error_log
no URI after "subrequest" in "transport" directive



=== TEST 55: a subrequest to what is no URI
--- http_config
    plaid_client bank { transport subrequest @plaid; }
--- must_die
--- error_log
invalid URI "@plaid" in "transport" directive



=== TEST 56: curl takes no URI
--- http_config
    plaid_client bank { transport curl /plaid; }
--- must_die
--- error_log
needless parameter after "curl" in "transport" directive



=== TEST 57: a time of zero
--- http_config
    plaid_client bank { timeout 0; }
--- must_die
--- error_log
invalid value "0" in "timeout" directive



=== TEST 58: a time that is none
--- http_config
    plaid_client bank { connect_timeout soon; }
--- must_die
--- error_log
invalid value "soon" in "connect_timeout" directive



=== TEST 59: a time twice
--- http_config
    plaid_client bank { keepalive_timeout 1s; keepalive_timeout 1s; }
--- must_die
--- error_log
"keepalive_timeout" directive is duplicate



=== TEST 60: no room for a reply
--- http_config
    plaid_client bank { max_response_size 0; }
--- must_die
--- error_log
invalid value "0" in "max_response_size" directive



=== TEST 61: no exchange at all
--- http_config
    plaid_client bank { max_inflight 0; }
--- must_die
--- error_log
invalid value "0" in "max_inflight" directive



=== TEST 62: a number that is none
--- http_config
    plaid_client bank { keepalive many; }
--- must_die
--- error_log
invalid number "many" in "keepalive" directive



=== TEST 63: too few arguments
--- http_config
    plaid_client bank { resolver; }
--- must_die
--- error_log
invalid number of arguments in "resolver" directive



=== TEST 64: too many
--- http_config
    plaid_client bank { timeout 1s 2s; }
--- must_die
--- error_log
invalid number of arguments in "timeout" directive



=== TEST 65: a block in the block
--- http_config
    plaid_client bank { timeout { } }
--- must_die
--- error_log
unexpected "{"



=== TEST 66: a flag that is none
--- http_config
    plaid_client bank { ssl_verify maybe; }
--- must_die
--- error_log
invalid value "maybe" in "ssl_verify" directive, it must be "on" or "off"



=== TEST 67: trusted certificates that are not there
--- http_config
    plaid_client bank {
        environment              http://127.0.0.1:9;
        client_id                id;
        secret                   s3cr3t;
        ssl_trusted_certificate  none.pem;
    }
--- must_die
--- error_log eval
qr/cannot load trusted certificates ".*conf.none\.pem" \(SSL: .*No such file/



=== TEST 68: trusted certificates, one of them broken
--- http_config
    plaid_client bank {
        environment              https://127.0.0.1:9;
        client_id                id;
        secret                   s3cr3t;
        ssl_trusted_certificate  $TEST_NGINX_CERTS/broken.pem;
    }
--- must_die
--- error_log eval
qr/cannot load trusted certificates ".*broken\.pem"/



=== TEST 69: a revocation list trusts nobody
--- http_config
    plaid_client bank {
        environment              https://127.0.0.1:9;
        client_id                id;
        secret                   s3cr3t;
        ssl_trusted_certificate  $TEST_NGINX_CERTS/crl.pem;
    }
--- must_die
--- error_log eval
qr/no trusted certificate in ".*crl\.pem"/



=== TEST 70: a certificate without its key
--- http_config
    plaid_client bank {
        environment      https://127.0.0.1:9;
        client_id        id;
        secret           s3cr3t;
        ssl_certificate  $TEST_NGINX_CERTS/one.pem;
    }
--- must_die
--- error_log
no "ssl_certificate_key" for "ssl_certificate" in plaid_client "bank"



=== TEST 71: a key without its certificate
--- http_config
    plaid_client bank {
        environment          https://127.0.0.1:9;
        client_id            id;
        secret               s3cr3t;
        ssl_certificate_key  $TEST_NGINX_CERTS/one.key;
    }
--- must_die
--- error_log
no "ssl_certificate" for "ssl_certificate_key" in plaid_client "bank"



=== TEST 72: a certificate and the key of another
--- http_config
    plaid_client bank {
        environment          https://127.0.0.1:9;
        client_id            id;
        secret               s3cr3t;
        ssl_certificate      $TEST_NGINX_CERTS/one.pem;
        ssl_certificate_key  $TEST_NGINX_CERTS/two.key;
    }
--- must_die
--- error_log eval
qr/"ssl_certificate_key" ".*two\.key" does not belong to "ssl_certificate"/



=== TEST 73: a key behind a pass phrase that nobody can type
--- http_config
    plaid_client bank {
        environment          https://127.0.0.1:9;
        client_id            id;
        secret               s3cr3t;
        ssl_certificate      $TEST_NGINX_CERTS/one.pem;
        ssl_certificate_key  $TEST_NGINX_CERTS/locked.key;
    }
--- must_die
--- error_log eval
qr/cannot load "ssl_certificate_key" ".*locked\.key" \(SSL: /



=== TEST 74: a chain that breaks off
--- http_config
    plaid_client bank {
        environment          https://127.0.0.1:9;
        client_id            id;
        secret               s3cr3t;
        ssl_certificate      $TEST_NGINX_CERTS/broken.pem;
        ssl_certificate_key  $TEST_NGINX_CERTS/one.key;
    }
--- must_die
--- error_log eval
qr/cannot load "ssl_certificate" ".*broken\.pem" \(SSL: /



=== TEST 75: a name that is none
--- http_config
    plaid_client bank { ssl_name "plaid com"; }
--- must_die
--- error_log
invalid value "plaid com" in "ssl_name" directive



=== TEST 76: an unknown version of HTTP
--- http_config
    plaid_client bank { http_version 3; }
--- must_die
--- error_log
invalid value "3" in "http_version" directive



=== TEST 77: HTTP/2 without TLS
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1:9;
        client_id     id;
        secret        s3cr3t;
        http_version  2;
    }
--- must_die
--- error_log
"http_version 2" needs an https environment in plaid_client "bank"



=== TEST 78: a proxy of another kind
--- http_config
    plaid_client bank { proxy_url socks5://user:s3cr3t@127.0.0.1:1080; }
--- must_die
--- error_log
"proxy_url" directive, it must be http://[user:password@]host:port
--- no_error_log
s3cr3t



=== TEST 79: a proxy without a port
--- http_config
    plaid_client bank { proxy_url http://user:s3cr3t@127.0.0.1; }
--- must_die
--- error_log
no port in "proxy_url" directive
--- no_error_log
s3cr3t



=== TEST 80: a proxy's password with a broken escape
--- http_config
    plaid_client bank { proxy_url http://user:s3cr3t%0@127.0.0.1:3128; }
--- must_die
--- error_log
invalid user information in "proxy_url" directive
--- no_error_log
s3cr3t



=== TEST 81: a proxy's user with a line break
--- http_config
    plaid_client bank { proxy_url http://us%0Aer:s3cr3t@127.0.0.1:3128; }
--- must_die
--- error_log
invalid user information in "proxy_url" directive
--- no_error_log
s3cr3t



=== TEST 82: a proxy's user with a colon
--- http_config
    plaid_client bank { proxy_url http://us%3aer:s3cr3t@127.0.0.1:3128; }
--- must_die
--- error_log
invalid user information in "proxy_url" directive
--- no_error_log
s3cr3t



=== TEST 83: a proxy's user without a password
--- http_config
    plaid_client bank { proxy_url http://user@127.0.0.1:3128; }
--- must_die
--- error_log
user information without password in "proxy_url" directive



=== TEST 84: a proxy with a path
--- http_config
    plaid_client bank { proxy_url http://127.0.0.1:3128/path; }
--- must_die
--- error_log
a path is not allowed in "proxy_url" directive



=== TEST 85: a proxy that is not found
--- http_config
    plaid_client bank {
        environment  sandbox;
        client_id    id;
        secret       s3cr3t;
        proxy_url    http://user:s3cr3t@nosuchproxy:3128;
    }
--- must_die
--- error_log
host not found in plaid_client "bank" "nosuchproxy" in
--- no_error_log
s3cr3t



=== TEST 86: a proxy to a socket
--- http_config
    plaid_client bank {
        environment  http://unix:/tmp/plaid.sock:;
        client_id    id;
        secret       s3cr3t;
        proxy_url    http://127.0.0.1:3128;
    }
--- must_die
--- error_log
"proxy_url" cannot lead to a unix domain socket in plaid_client "bank"



=== TEST 87: a resolver that is none
--- http_config
    plaid_client bank { resolver 127.0.0.1 valid=never; }
--- must_die
--- error_log
invalid parameter: valid=never



=== TEST 88: TLS to a socket
--- http_config
    plaid_client bank { environment https://unix:/tmp/plaid.sock:; }
--- must_die
--- error_log
no TLS over a unix domain socket "https://unix:/tmp/plaid.sock:" in



=== TEST 89: a proxy twice
--- http_config
    plaid_client bank {
        proxy_url  http://127.0.0.1:3128;
        proxy_url  http://127.0.0.1:3128;
    }
--- must_die
--- error_log
"proxy_url" directive is duplicate



=== TEST 90: a named environment that is not found is no reason to stay down
--- http_config
    plaid_client bank { environment sandbox; client_id id; secret s3cr3t; }
    plaid_client other { environment sandbox; client_id id; secret s3cr3t; }



=== TEST 91: ssl_verify off with a host of Plaid
--- http_config
    plaid_client bank {
        environment  production;
        client_id    id;
        secret       s3cr3t;
        ssl_verify   off;
    }
--- must_die
--- error_log
"ssl_verify off" with an environment of Plaid in plaid_client "bank"



=== TEST 92: ssl_verify off with a host of Plaid, by its URL
--- http_config
    plaid_client bank {
        environment  https://Sandbox.Plaid.com;
        client_id    id;
        secret       s3cr3t;
        ssl_verify   off;
    }
--- must_die
--- error_log
"ssl_verify off" with an environment of Plaid in plaid_client "bank"



=== TEST 93: an environment without TLS on another host
--- http_config
    plaid_client bank {
        environment  http://192.0.2.1;
        client_id    id;
        secret       s3cr3t;
    }
--- error_log
environment "http://192.0.2.1" of plaid_client "bank" is not encrypted



=== TEST 94: or on this one
--- http_config
    plaid_client a { environment http://127.0.0.1; client_id i; secret s; }
    plaid_client b { environment http://[::1]; client_id i; secret s; }
    plaid_client c { environment http://unix:/x:; client_id i; secret s; }
--- no_error_log
[warn]



=== TEST 95: limits of each class
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  100 pass=20 link=30 key=4;
    }
--- no_error_log
[warn]



=== TEST 96: no limit: 100 pass=0
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  100 pass=0;
    }
--- must_die
--- error_log
invalid value "pass=0" in "max_inflight" directive



=== TEST 97: no limit: 100 pass=1 pass=2
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  100 pass=1 pass=2;
    }
--- must_die
--- error_log
invalid value "pass=2" in "max_inflight" directive



=== TEST 98: no limit: pass=1
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  pass=1;
    }
--- must_die
--- error_log
invalid value "pass=1" in "max_inflight" directive



=== TEST 99: no limit: 100 passes=2
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  100 passes=2;
    }
--- must_die
--- error_log
invalid value "passes=2" in "max_inflight" directive



=== TEST 100: no limit: 0
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  0;
    }
--- must_die
--- error_log
invalid value "0" in "max_inflight" directive



=== TEST 101: no limit: 100 key=x
--- http_config
    plaid_client bank {
        environment   http://127.0.0.1;
        client_id     id;
        secret        s3cr3t;
        max_inflight  100 key=x;
    }
--- must_die
--- error_log
invalid value "key=x" in "max_inflight" directive
