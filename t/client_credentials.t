# client_id and secret of a plaid_client: per tenant, from files, and followed
# when the files change, without a reload.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

use Time::HiRes qw( sleep );

our $Html = server_root() . '/html';

# Plaid's side answers with what it was given; so does the app.

our $Servers = <<'END';
    server {
        listen unix:$TEST_NGINX_SERVER_ROOT/html/plaid.sock;
        access_log off;

        location = /item/public_token/exchange {
            default_type application/json;
            return 200 '{"access_token":"access-$http_plaid_client_id-$http_plaid_secret","item_id":"item","request_id":"request"}';
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

our $Client = $Servers . <<'END';
    plaid_client bank {
        environment     http://unix:$TEST_NGINX_SERVER_ROOT/html/plaid.sock:;
        client_id_file  ../html/id;
        secret_file     ../html/keys/secret;
    }
END

our $Tenants = $Servers . <<'END';
    map $http_x_tenant $id { default ""; one id1; two id2; odd id3; }

    map $http_x_tenant $secret {
        default  "";
        one      secret1;
        two      secret2;
        odd      "secr\tet";
    }

    plaid_client bank {
        environment  http://unix:$TEST_NGINX_SERVER_ROOT/html/plaid.sock:;
        client_id    $id;
        secret       "pre-$secret";
    }
END

# What a block's "init" does to the files while nginx runs; the sleep lets a
# worker look at them once.

sub put ($$) {
    my ($name, $text) = @_;

    unlink "$Html/$name";

    open my $file, '>', "$Html/$name" or die "$Html/$name: $!";
    print $file $text;
    close $file or die "$Html/$name: $!";
}

sub look () { sleep 1.5 }

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config', $Location) unless defined $block->config;
    $block->set_value('http_config', $Client)
        unless defined $block->http_config;
    $block->set_value('user_files',
                      ">>> id\nid\r\n>>> keys/secret\ns3cr3t\n\n")
        unless defined $block->user_files;
    $block->set_value('request', "POST /t\npublic_token=token-" . rand)
        unless defined $block->request;
    $block->set_value('more_headers',
                      "Content-Type: application/x-www-form-urlencoded\n"
                      . ($block->more_headers // ''));
});

run_tests();

__DATA__

=== TEST 1: files, without their line ends
--- response_body
access-id-s3cr3t



=== TEST 2: a file that changes in place
--- init
main::put('keys/secret', "other\n"); main::look();
--- response_body
access-id-other



=== TEST 3: a file behind a directory that is swapped
--- init
my $html = $main::Html;

mkdir "$html/..new"; main::put('..new/secret', 'swapped');
rename "$html/keys", "$html/..old" or die;
symlink '..new', "$html/keys" or die;
main::look();
--- response_body
access-id-swapped



=== TEST 4: a file that goes away
--- init
unlink "$main::Html/keys/secret"; main::look(); main::look();
--- response_body
access-id-s3cr3t
--- grep_error_log eval
qr/"secret_file" .*? cannot be opened, its last good value stays/
--- grep_error_log_out eval
qr/^"secret_file" ".*secret" cannot be opened, its last good value stays\n\z/



=== TEST 5: and is back
--- init
unlink "$main::Html/keys/secret"; main::look();
main::put('keys/secret', "back\n"); main::look();
--- response_body
access-id-back
--- error_log eval
[qr/\[error\] .*"secret_file" ".*secret" cannot be opened/,
 qr/\[notice\] .*"secret_file" ".*secret" is usable again/]



=== TEST 6: a file that becomes empty
--- init
main::put('keys/secret', "\n"); main::look();
--- response_body
access-id-s3cr3t
--- error_log eval
qr/\[error\] .*"secret_file" ".*secret" is empty, its last good value stays/



=== TEST 7: a file that becomes what no header takes
--- init
main::put('id', "i\x{01}d\n"); main::look();
--- response_body
access-id-s3cr3t
--- error_log eval
qr/\[error\] .*"client_id_file" ".*id" has bytes that are not printable/



=== TEST 8: a file that becomes shorter
--- init
main::put('id', 'i'); main::look();
--- response_body
access-i-s3cr3t



=== TEST 9: one tenant
--- http_config eval: $::Tenants
--- more_headers
X-Tenant: one
--- response_body
access-id1-pre-secret1



=== TEST 10: another
--- http_config eval: $::Tenants
--- more_headers
X-Tenant: two
--- response_body
access-id2-pre-secret2



=== TEST 11: nobody's client_id
--- http_config eval: $::Tenants
--- error_code: 503
--- error_log
credentials



=== TEST 12: a secret that no header takes
--- http_config eval: $::Tenants
--- more_headers
X-Tenant: odd
--- error_code: 503
--- error_log
credentials
