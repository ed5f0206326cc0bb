# Directives of locations: every mistake stops nginx with one line that names
# it.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';

# A block's "inside" goes into a location, "server" beside it.

push @Test::Nginx::Socket::ExtraSections, qw( inside server );

add_block_preprocessor(sub {
    my ($block) = @_;

    my %part = map { my $text = $block->$_ // ''; $text =~ s/\s+\z//;
                     ($_ => $text) } qw( inside server );

    $block->set_value('http_config', <<'END');
    plaid_client bank {
        environment http://127.0.0.1:1;
        client_id   the-id;
        secret      the-s3cret;
    }
END

    $block->set_value('config', <<"END");
    $part{server}

    location = /t {
        $part{inside}
        return 204;
    }
END

    if (defined $block->must_die) {
        $block->set_value('suppress_stderr', '');

    } else {
        $block->set_value('request', 'GET /t');
        $block->set_value('error_code', 204);
    }
});

run_tests();

__DATA__

=== TEST 1: plaid_exchange twice
--- inside
plaid_exchange bank; plaid_exchange bank;
--- must_die
--- error_log
"plaid_exchange" directive is duplicate



=== TEST 2: plaid_exchange off, and more
--- inside
plaid_exchange off if=$arg_a;
--- must_die
--- error_log
invalid parameter "if=$arg_a" after "off"



=== TEST 3: plaid_exchange without a name
--- inside
plaid_exchange "";
--- must_die
--- error_log
"plaid_exchange" directive has an empty client name



=== TEST 4: plaid_exchange with a parameter it has not
--- inside
plaid_exchange bank when=$arg_a;
--- must_die
--- error_log
invalid parameter "when=$arg_a"



=== TEST 5: plaid_exchange with an empty condition
--- inside
plaid_exchange bank if=;
--- must_die
--- error_log
invalid parameter "if="



=== TEST 6: plaid_exchange with a variable that is none
--- inside
plaid_exchange bank if=$nobody_has_set_this;
--- must_die
--- error_log
unknown "nobody_has_set_this" variable



=== TEST 7: plaid_exchange with a client that is none
--- inside
plaid_exchange stranger;
--- must_die
--- error_log
"plaid_exchange" names no plaid_client: "stranger"



=== TEST 8: plaid_exchange_field twice
--- inside
plaid_exchange_field a; plaid_exchange_field b;
--- must_die
--- error_log
"plaid_exchange_field" directive is duplicate



=== TEST 9: plaid_exchange_field without a name
--- inside
plaid_exchange_field "";
--- must_die
--- error_log
invalid name ""



=== TEST 10: plaid_exchange_field with one name twice
--- inside
plaid_exchange_field a b a;
--- must_die
--- error_log
duplicate name "a"



=== TEST 11: plaid_exchange_field with a name too long
--- inside
plaid_exchange_field xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx;
--- must_die
--- error_log
invalid name "xxx



=== TEST 12: plaid_exchange_header twice
--- inside
plaid_exchange_header X-A; plaid_exchange_header X-B;
--- must_die
--- error_log
"plaid_exchange_header" directive is duplicate



=== TEST 13: plaid_exchange_header without a name
--- inside
plaid_exchange_header "";
--- must_die
--- error_log
invalid header name ""



=== TEST 14: plaid_exchange_header with a byte that no name has
--- inside
plaid_exchange_header X.A;
--- must_die
--- error_log
invalid header name "X.A"



=== TEST 15: plaid_exchange_header of the body
--- inside
plaid_exchange_header Content-Type;
--- must_die
--- error_log
invalid header name "Content-Type"



=== TEST 16: plaid_exchange_header of the body in other spelling
--- inside
plaid_exchange_header content_x;
--- must_die
--- error_log
invalid header name "content_x"



=== TEST 17: plaid_exchange_header of the connection
--- inside
plaid_exchange_header transfer_encoding;
--- must_die
--- error_log
invalid header name "transfer_encoding"



=== TEST 18: plaid_exchange_header of another field of ours
--- inside
plaid_exchange_header X-Plaid-Item-Id;
--- must_die
--- error_log
invalid header name "X-Plaid-Item-Id"



=== TEST 19: plaid_exchange_errors with a word it has not
--- inside
plaid_exchange_errors ignore;
--- must_die
--- error_log
invalid value "ignore"



=== TEST 20: plaid_exchange_max_body with no size
--- inside
plaid_exchange_max_body much;
--- must_die
--- error_log
"plaid_exchange_max_body" directive invalid value



=== TEST 21: plaid_replay twice
--- inside
plaid_replay on; plaid_replay off;
--- must_die
--- error_log
"plaid_replay" directive is duplicate



=== TEST 22: plaid_replay off, and more
--- inside
plaid_replay off grace=1s;
--- must_die
--- error_log
invalid parameter "grace=1s" after "off"



=== TEST 23: plaid_replay with a parameter it has not
--- inside
plaid_replay on grease=1s;
--- must_die
--- error_log
invalid parameter "grease=1s"



=== TEST 24: plaid_sandbox_keys without a secret
--- inside
plaid_sandbox_keys a "";
--- must_die
--- error_log
"plaid_sandbox_keys" directive has an empty or too long key



=== TEST 25: what is right
--- inside
plaid_exchange bank if=$arg_a;
plaid_exchange_field a b;
plaid_exchange_header X-A_1;
plaid_replay on grace=1s;
plaid_sandbox_keys a b;



=== TEST 26: a header that nginx or an app knows: Authorization
--- inside
plaid_exchange_header Authorization;
--- must_die
--- error_log
invalid header name "Authorization" in "plaid_exchange_header"



=== TEST 27: a header that nginx or an app knows: Range
--- inside
plaid_exchange_header Range;
--- must_die
--- error_log
invalid header name "Range" in "plaid_exchange_header"



=== TEST 28: a header that nginx or an app knows: Forwarded
--- inside
plaid_exchange_header Forwarded;
--- must_die
--- error_log
invalid header name "Forwarded" in "plaid_exchange_header"



=== TEST 29: a header that nginx or an app knows: If-Range
--- inside
plaid_exchange_header If-Range;
--- must_die
--- error_log
invalid header name "If-Range" in "plaid_exchange_header"



=== TEST 30: a header that nginx or an app knows: X-Forwarded-For
--- inside
plaid_exchange_header X-Forwarded-For;
--- must_die
--- error_log
invalid header name "X-Forwarded-For" in "plaid_exchange_header"



=== TEST 31: a header that nginx or an app knows: X-Real_IP
--- inside
plaid_exchange_header X-Real_IP;
--- must_die
--- error_log
invalid header name "X-Real_IP" in "plaid_exchange_header"



=== TEST 32: a header that nginx or an app knows: via
--- inside
plaid_exchange_header via;
--- must_die
--- error_log
invalid header name "via" in "plaid_exchange_header"



=== TEST 33: a header that nginx or an app knows: user-agent
--- inside
plaid_exchange_header user-agent;
--- must_die
--- error_log
invalid header name "user-agent" in "plaid_exchange_header"



=== TEST 34: a header that nginx or an app knows: Referer
--- inside
plaid_exchange_header Referer;
--- must_die
--- error_log
invalid header name "Referer" in "plaid_exchange_header"



=== TEST 35: a header that nginx or an app knows: Accept
--- inside
plaid_exchange_header Accept;
--- must_die
--- error_log
invalid header name "Accept" in "plaid_exchange_header"



=== TEST 36: a header that nginx or an app knows: If-None-Match
--- inside
plaid_exchange_header If-None-Match;
--- must_die
--- error_log
invalid header name "If-None-Match" in "plaid_exchange_header"
