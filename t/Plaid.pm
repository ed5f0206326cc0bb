package Plaid;

# What the test files share: "use lib 't'; use Plaid 'no_plan';" instead of
# Test::Nginx::Socket.  Runs under openresty's Test::Nginx::Socket and under
# t/harness alike.
#
# Each block also asserts that its error log, at run time and at exit, has no
# [alert], [crit] or [emerg] line but those that its own patterns match.

use Test::Nginx::Socket -Base;

our @EXPORT = qw( plaid_mock plaid_app );

my $LEVELS = qr/\[(?:alert|crit|emerg)\] \d+#/;


# The patterns of a section as a list.

sub list () {
    my ($value) = @_;

    return () unless defined $value;
    return @$value if ref $value eq 'ARRAY';
    return ref $value ? $value : grep { length } split /\n+/, $value;
}


# Matches the lines of $LEVELS that no pattern asks for.

sub unexpected () {
    my (@patterns) = @_;

    my $asked = join '|', map { ref $_ ? $_ : quotemeta $_ } @patterns;

    return length $asked ? qr/^(?!.*(?:$asked)).*$LEVELS/ : $LEVELS;
}


sub append () {
    my ($block, $section, $pattern) = @_;

    my @old = list(scalar $block->$section);

    $block->set_value($section, [@old, $pattern]);
}


add_block_preprocessor(sub {
    my ($block) = @_;

    $ENV{TEST_NGINX_HTML_DIR} = html_dir();

    return if defined $block->must_die;

    my @asked = map { list($_) } scalar $block->error_log,
                                 scalar $block->grep_error_log,
                                 scalar $block->shutdown_error_log;
    my $pattern = unexpected(@asked);

    append($block, 'no_error_log', $pattern);
    append($block, 'no_shutdown_error_log', $pattern);
});


# A server that answers as Plaid does, on
# unix:$TEST_NGINX_SERVER_ROOT/html/plaid.sock: both dialects, one token.

sub plaid_mock () {
    return <<'END';
server {
    listen unix:$TEST_NGINX_SERVER_ROOT/html/plaid.sock;
    access_log off;
    default_type application/json;

    location = /item/public_token/exchange {
        return 200 '{"access_token":"access-sandbox-mock","item_id":"item-mock","request_id":"request-mock"}';
    }

    location = /exchange_token {
        add_header X-Request-Id request-mock;
        return 200 '{"access_token":"test_mock","account_id":"account-mock"}';
    }
}
END
}


# An app on unix:$TEST_NGINX_SERVER_ROOT/html/app.sock that answers with the
# X-Plaid-* headers it got, one a line, and with the body in X-App-Body.

sub plaid_app () {
    my @names = qw( access-token item-id request-id status account-id
                    stripe-bank-account-token processor-token error-type
                    error-code error-message );
    my $lines = '';

    for my $name (@names) {
        (my $variable = "http_x_plaid_$name") =~ tr/-/_/;

        $lines .= "$name: \$$variable\\n";
    }

    return <<'END' . <<"END" . "    }\n}\n";
server {
    listen unix:$TEST_NGINX_SERVER_ROOT/html/app.sock;
    access_log off;
    client_body_in_single_buffer on;

    location / {
        proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/html/app-echo.sock;
        add_header X-App-Body $request_body always;
    }
}

server {
    listen unix:$TEST_NGINX_SERVER_ROOT/html/app-echo.sock;
    access_log off;
    underscores_in_headers on;

    location / {
END
        return 200 "$lines";
END
}
