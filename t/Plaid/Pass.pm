package Plaid::Pass;

# An app's side of plaid_pass, for the test files about it: raw requests, and
# a configuration with the sandbox behind the location.
#
# The servers of every block:
#
#     unix:.../plaid.sock      the sandbox, under /
#     unix:.../app.sock        location / { plaid_pass bank; PASS }
#     the test's own port      the same
#
# PASS is the section "pass", CLIENT the section "client".

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use JSON::PP ();

our @EXPORT = qw(call answer sandbox token sealed_token pass_config);


# Sends a request as it is and reads until the connection is closed.

sub call {
    my ($sock, $text) = @_;

    local $SIG{PIPE} = 'IGNORE';
    print $sock $text;

    return join '', <$sock>;
}


sub request {
    my ($path, $body, @headers) = @_;

    $body = JSON::PP->new->canonical->encode($body) if ref $body;

    return join "\r\n", "POST $path HTTP/1.0",
        (grep { /^content-type/i } @headers)
            ? () : 'Content-Type: application/json',
        'Content-Length: ' . length $body, @headers, '', $body;
}


# POSTs JSON to plaid_pass at "port": status, headers as text, body.

sub answer {
    my ($port, $path, $body, @headers) = @_;

    my $sock = $port =~ m{^/}
        ? IO::Socket::UNIX->new(Peer => $port)
        : IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
                                Timeout => 10);

    die "connect to $port: $!" if !$sock;

    my $text = call($sock, request($path, $body, @headers));
    my ($head, $content) = split /\r\n\r\n/, $text, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.\d (\d+)};

    return ($status // 0, $head // '', $content // '');
}


# The same to the sandbox itself; the answer is decoded.

sub sandbox {
    my ($html, $path, $body) = @_;

    my ($status, $head, $content) =
        answer("$html/plaid.sock", $path,
               { client_id => 'test_id', secret => 'test_secret', %$body });

    return JSON::PP->new->decode($content);
}


# A raw access token of the sandbox's.

sub token {
    my ($html) = @_;

    my $public = sandbox($html, '/sandbox/public_token/create',
                         { institution_id => 'ins_109508',
                           initial_products => ['auth', 'transactions'] });

    return sandbox($html, '/item/public_token/exchange',
                   { public_token => $public->{public_token} });
}


# One that plaid_pass at "port" has sealed.

sub sealed_token {
    my ($port, $html) = @_;

    my $public = sandbox($html, '/sandbox/public_token/create',
                         { institution_id => 'ins_109508',
                           initial_products => ['auth', 'transactions'] });
    my ($status, $head, $content) =
        answer($port, '/item/public_token/exchange',
               { public_token => $public->{public_token} });

    return JSON::PP->new->decode($content)->{access_token};
}


sub pass_config {
    my ($block, $keys) = @_;

    my %part = map { my $s = $block->$_ // ''; $_ => $s }
                   qw( pass client http_config sandbox );

    my $html = '$TEST_NGINX_SERVER_ROOT/html';

    my $environment = $part{client} =~ /environment / ? ''
        : "environment http://unix:$html/plaid.sock:;";

    $block->set_value('http_config', <<"END");
    plaid_seal_key_file ../html/seal.keys;

    plaid_client bank {
        $environment
        client_id    test_id;
        secret       test_secret;
        $part{client}
    }

    server {
        listen unix:$html/plaid.sock;
        access_log off;

        location / {
            plaid_sandbox;
            $part{sandbox}
        }
    }

    server {
        listen unix:$html/app.sock;

        location / {
            plaid_pass bank;
            $part{pass}
        }
    }
$part{http_config}
END

    $block->set_value('config', <<"END") unless defined $block->config;
    location / {
        plaid_pass bank;
        $part{pass}
    }
END

    $block->set_value('user_files', ">>> seal.keys\n$keys\n"
                                    . ($block->user_files // ''));
}


1;
