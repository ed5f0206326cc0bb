# plaid_link_token: every mistake stops nginx with one line that names it.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

# A block's "inside" goes into a location with a user; "json" is the file.

push @Test::Nginx::Socket::ExtraSections, qw( inside json client );

add_block_preprocessor(sub {
    my ($block) = @_;

    my %part = map { my $text = $block->$_ // ''; $text =~ s/\s+\z//;
                     ($_ => $text) } qw( inside json client );

    my $json = length $part{json} ? $part{json} : <<'END';
{"client_name":"An App","language":"en","country_codes":["US"],
 "products":["auth"]}
END

    $block->set_value('http_config', <<"END");
    plaid_client bank {
        environment http://127.0.0.1:1;
        client_id   the-id;
        secret      the-s3cret;
        $part{client}
    }
END

    $block->set_value('config', <<"END") unless defined $block->config;
    location = /t {
        plaid_link_token       bank;
        plaid_link_token_user  "u";
        plaid_link_token_file  \$TEST_NGINX_HTML_DIR/link.json;
        $part{inside}
    }
END

    $block->set_value('user_files', ">>> link.json\n$json");

    if (defined $block->must_die) {
        $block->set_value('suppress_stderr', '');

    } else {
        $block->set_value('request', 'GET /t');
        $block->set_value('error_code', 405);
    }
});

run_tests();

__DATA__

=== TEST 1: all that is needed



=== TEST 2: no such client
--- config
    location = /t { plaid_link_token  other; }
--- must_die
--- error_log
unknown plaid_client "other" in "plaid_link_token"



=== TEST 3: a client of the legacy API
--- client: api legacy;
--- must_die
--- error_log
"plaid_link_token" needs a client of the current API, there are no link tokens in the legacy one



=== TEST 4: no user
--- config
    location = /t {
        plaid_link_token       bank;
        plaid_link_token_file  $TEST_NGINX_HTML_DIR/link.json;
    }
--- must_die
--- error_log
"plaid_link_token_user" is missing



=== TEST 5: no file
--- config
    location = /t {
        plaid_link_token       bank;
        plaid_link_token_user  "u";
        plaid_link_token_file  $TEST_NGINX_HTML_DIR/none.json;
    }
--- must_die
--- error_log
/none.json" 



=== TEST 6: not JSON
--- json: {"client_name":
--- must_die
--- error_log
is not valid JSON, line



=== TEST 7: the secret's name
--- json: {"secret":"x"}
--- must_die
--- error_log
link.json" has "secret"



=== TEST 8: the secret itself
--- json: {"client_name":"the-s3cret","language":"en","country_codes":["US"],"products":["auth"]}
--- must_die
--- error_log
"plaid_link_token_file" has the secret of the client



=== TEST 9: an access token
--- json: {"a":{"access_token":"x"}}
--- must_die
--- error_log
has "access_token" or "access_tokens"



=== TEST 10: a name twice
--- json: {"a":1,"a":2}
--- must_die
--- error_log
has a duplicate name



=== TEST 11: no client_name
--- json: {"language":"en","country_codes":["US"],"products":["auth"]}
--- must_die
--- error_log
has no member "client_name"



=== TEST 12: no products
--- json: {"client_name":"a","language":"en","country_codes":["US"]}
--- must_die
--- error_log
has no member "products"



=== TEST 13: no products, in update mode
--- json: {"client_name":"a","language":"en","country_codes":["US"]}
--- inside: plaid_link_token_access "$arg_token";



=== TEST 14: redirect without Hosted Link
--- inside: plaid_link_token_answer redirect;
--- must_die
--- error_log
"plaid_link_token_answer redirect" needs the member "hosted_link"



=== TEST 15: a long name
--- inside: plaid_link_token_set client_name "A name that Link does not show, for it is long";
--- error_log
is longer than 30 characters



=== TEST 16: a redirect URI with a query
--- inside: plaid_link_token_set redirect_uri https://a.example/?b=c;
--- must_die
--- error_log
has a "redirect_uri" with a query



=== TEST 17: a webhook that is no URL
--- inside: plaid_link_token_set webhook here;
--- must_die
--- error_log
has a "webhook" that is not a URL



=== TEST 18: members that cannot be set
--- inside: plaid_link_token_set user.client_user_id x;
--- must_die
--- error_log
member "user.client_user_id" in "plaid_link_token_set" directive cannot be set



=== TEST 19: a number that is none
--- inside: plaid_link_token_set a.b x number;
--- must_die
--- error_log
invalid value "x" in "plaid_link_token_set" directive



=== TEST 20: a type that is none
--- inside: plaid_link_token_set a.b x date;
--- must_die
--- error_log
invalid type "date" in "plaid_link_token_set" directive



=== TEST 21: an origin with a path
--- inside: plaid_link_token_origin https://a.example/;
--- must_die
--- error_log
invalid origin "https://a.example/" in "plaid_link_token_origin" directive



=== TEST 22: a user that clients choose
--- config
    location = /t {
        plaid_link_token       bank;
        plaid_link_token_user  $http_x_user;
        plaid_link_token_file  $TEST_NGINX_HTML_DIR/link.json;
    }
--- error_log
"plaid_link_token_user" is "$http_x_user", which clients choose



=== TEST 23: transport subrequest needs a path to append to
--- client: transport subrequest /plaid;
--- must_die
--- error_log
"plaid_link_token" needs a "transport subrequest" whose URI ends in "/"
