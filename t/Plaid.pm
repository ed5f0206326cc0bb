package Plaid;

# What the test files share: "use lib 't'; use Plaid 'no_plan';" instead of
# Test::Nginx::Socket.  Runs under openresty's Test::Nginx::Socket and under
# t/harness alike.
#
# Each block also asserts that its error log, at run time and at exit, has no
# [alert], [crit] or [emerg] line but those that its own patterns match.
#
# A file that calls plaid() has Plaid and the app in processes of their own
# (see Plaid::Side), and blocks may be as short as
#
#     === TEST 1: a form
#     --- form: public_token=one
#     --- exchanged: one
#     --- calls: 1
#
# What nginx runs then, unless the block has a "config" of its own, is
#
#     plaid_client bank {
#         environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/PLAID;
#         client_id    the-id;
#         secret       the-s3cret;
#         CLIENT
#     }
#
#     location /t {
#         plaid_exchange  bank;
#         LOCATION
#         proxy_pass      http://app;
#     }
#
# with the words in capitals from sections of these names, and $plaid_status
# and the error's type and code in response headers.  Sections:
#
#     plaid       the fault of Plaid's, a prefix of its path: "reset"
#     client, location
#                 directives
#     form, json  the body of a POST of that type
#     uri         of that request, "/t" unless given
#     exchanged   the app must get the token made of this public token
#     passed      the app must get the request unchanged
#     outcome     "STATUS $plaid_status TYPE/CODE": the answer of a failure,
#                 and the app must not be called
#     calls       how many requests Plaid must have got
#     app_calls   how many the app must have got
#     sent        patterns that Plaid's last request must match; "!" first:
#                 must not
#     check       code, to be true after the requests; what it causes counts
#                 in the three above

use Test::Nginx::Socket -Base;

use Plaid::Side ();
use Plaid::Subrequest ();

our @EXPORT = qw( plaid );

# the original knows no list of sections, and needs none
push @Test::Nginx::Socket::ExtraSections, qw(
    plaid client location form json uri exchanged passed outcome calls
    app_calls sent check );

my $LEVELS = qr/\[(?:alert|crit|emerg)\] \d+#/;

my $Plaid;


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


# A section's text without the line end, or undef.

sub text () {
    my ($block, $section) = @_;

    my $value = $block->$section;

    $value =~ s/\s+\z// if defined $value && !ref $value;

    return $value;
}


# Starts what is beside nginx: "tls", "http2_app" or nothing beyond Plaid and
# the app.  To be called before run_tests().

sub plaid () {
    my (@more) = @_;

    $Plaid = 1;

    Plaid::Side::start();
    Plaid::Side->can($_)->() for @more;
}


add_block_preprocessor(sub {
    my ($block) = @_;

    $ENV{TEST_NGINX_HTML_DIR} = html_dir();

    if ($Plaid) {
        Plaid::Side::ask('reset');
        request_of($block);
        config_of($block);
        expected_of($block);
    }

    return if defined $block->must_die;

    my @asked = map { list($_) } scalar $block->error_log,
                                 scalar $block->grep_error_log,
                                 scalar $block->shutdown_error_log;
    my $pattern = unexpected(@asked);

    append($block, 'no_error_log', $pattern);
    append($block, 'no_shutdown_error_log', $pattern);
});


my %TYPE = (form => 'application/x-www-form-urlencoded',
            json => 'application/json');


sub request_of () {
    my ($block) = @_;

    for my $kind (qw( form json )) {
        my $body = text($block, $kind) // next;

        $block->set_value('request',
                          'POST ' . (text($block, 'uri') // '/t') . "\n$body");
        $block->set_value('more_headers', "Content-Type: $TYPE{$kind}\n"
                          . ($block->more_headers // ''));
    }
}


sub config_of () {
    my ($block) = @_;

    my $http = $block->http_config // '';
    my %part = map { $_ => text($block, $_) // '' }
                   qw( plaid client location );

    my $prefix = length $part{plaid} ? "/$part{plaid}" : '';
    my $environment = $part{client} =~ /\benvironment\s/ ? '' : <<"END";
        environment  http://127.0.0.1:\$TEST_NGINX_PLAID_PORT$prefix;
END
    my $keys = $part{client} =~ /\bclient_id/ ? '' : <<'END';
        client_id    the-id;
        secret       the-s3cret;
END

    $http .= <<"END" if $http !~ /plaid_client bank /;
    plaid_client bank {
$environment$keys
        $part{client}
    }
END

    $http .= <<'END' if $http !~ /upstream app /;

    upstream app {
        server 127.0.0.1:$TEST_NGINX_APP_PORT;
    }
END

    $block->set_value('http_config', $http);

    $block->set_value('config', <<"END") unless defined $block->config;
    location /t {
        plaid_exchange  bank;

        add_header  X-Status  \$plaid_status always;
        add_header  X-Error   \$plaid_error_type/\$plaid_error_code always;

        $part{location}

        proxy_pass  http://app;
    }
END

    return if !Plaid::Subrequest::wanted() || defined $block->must_die;

    my ($new_http, $new_config) =
        Plaid::Subrequest::rewrite($http, $block->config);

    $block->set_value('http_config', $new_http);
    $block->set_value('config', $new_config);
}


# What the app answers when it has been given the headers (see Plaid::App).

sub answer () {
    my ($block, @headers) = @_;

    my $body = text($block, 'form') // text($block, 'json') // '';

    $body =~ s/\A\s+//;

    return 'POST ' . (text($block, 'uri') // '/t') . "\n"
           . join('', map { "$_\n" } sort @headers)
           . (length $body ? "\n$body\n" : '');
}


# An expectation of the block's own goes first.

sub body () {
    my ($block, $text) = @_;

    $block->set_value('response_body', $text)
        unless defined $block->response_body
               || defined $block->response_body_like;
}


sub expected_of () {
    my ($block) = @_;

    my @headers = ();
    my $status;

    if (defined(my $token = text($block, 'exchanged'))) {
        my $id = length $token > 7 ? substr($token, -7) : $token;

        $status = 'exchanged';
        body($block, answer($block,
            "X-Plaid-Access-Token: access-$token",
            "X-Plaid-Item-Id: item-$id",
            "X-Plaid-Request-Id: req-$id",
            "X-Plaid-Status: exchanged"));

    } elsif (defined $block->passed) {
        $status = '-';
        body($block, answer($block));

    } elsif (defined(my $outcome = text($block, 'outcome'))) {
        my ($code, $error);

        ($code, $status, $error) = split ' ', $outcome;

        push @headers, "X-Error: $error" if defined $error;
        $block->set_value('error_code', $code);
        $block->set_value('app_calls', 0) unless defined $block->app_calls;
    }

    return if !defined $status;

    push @headers, "X-Status: $status";

    my $section = defined $block->response_headers_like
                  ? 'response_headers_like' : 'response_headers';

    $block->set_value($section, join "\n", @headers, $block->$section // ());
}


add_test_cleanup_handler(sub {
    my ($block) = @_;

    return if !$Plaid;

    my $name = $block->name;

    if (defined(my $code = $block->check)) {
        Test::More::ok($code->($block), "$name - check");
    }

    for my $what ([ calls => 'calls', 'Plaid' ],
                  [ app_calls => 'app', 'the app' ])
    {
        my ($section, $question, $who) = @$what;
        my $want = text($block, $section) // next;

        Test::More::is(Plaid::Side::ask($question), $want,
                       "$name - requests that $who got");
    }

    if (defined $block->sent) {
        my $request = Plaid::Side::ask('last');

        for my $pattern (list(scalar $block->sent)) {
            my $not = !ref $pattern && $pattern =~ s/\A!\s*//;
            my $regex = ref $pattern ? $pattern : qr/\Q$pattern\E/;

            $not ? Test::More::unlike($request, $regex, "$name - not sent")
                 : Test::More::like($request, $regex, "$name - sent");
        }
    }
});


1;
