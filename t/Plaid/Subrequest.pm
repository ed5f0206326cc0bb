package Plaid::Subrequest;

# With TEST_PLAID_TRANSPORT=subrequest in the environment a block's clients
# call Plaid by "transport subrequest", through a location that this adds to
# the servers which use them.  What the directives of the client say to
# libcurl, the location says to nginx.
#
# Clients are left alone that choose a transport themselves, or use what only
# libcurl has; so are those with an environment known by its name, as a name
# that proxy_pass has must be found at start, and those with a socket that is
# not there, which nginx finds critical.

use strict;
use warnings;

my $ONLY_CURL = qr/\b(?:transport|http_version\s+2|proxy_url)\b/;

# what libcurl takes by itself
my $BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

# directives of the client and of the location
my %SAME = (
    ssl_verify              => 'proxy_ssl_verify',
    ssl_name                => 'proxy_ssl_name',
    ssl_trusted_certificate => 'proxy_ssl_trusted_certificate',
    ssl_certificate         => 'proxy_ssl_certificate',
    ssl_certificate_key     => 'proxy_ssl_certificate_key',
    resolver                => 'resolver',
    resolver_timeout        => 'resolver_timeout',
);


sub wanted {
    return ($ENV{TEST_PLAID_TRANSPORT} // 'curl') eq 'subrequest';
}


# Upstream and location for a client; nothing when it is left alone.

sub location {
    my ($name, $text, $uri) = @_;

    return if $text =~ $ONLY_CURL;

    my ($scheme, $server) = $text =~ m{\benvironment\s+(https?)://
                                       (unix:[^;:]*|[^;/]*)}x
        or return;

    if ($server =~ /\Aunix:(.*)/) {
        (my $path = $1) =~ s/\$(\w+)/$ENV{$1}/g;
        return if !-S $path;
    }

    my %set = (proxy_http_version => '1.1',
               'proxy_set_header Connection' => '""');

    while ($text =~ /\b(\w+)\s+([^;]*);/g) {
        $set{$SAME{$1}} = $2 if $SAME{$1};
    }

    if ($scheme eq 'https') {
        $set{proxy_ssl_verify} //= 'on';
        $set{proxy_ssl_trusted_certificate} //= $BUNDLE;
        $set{proxy_ssl_name} //= $server =~ s/:[^:]*\z//r;
        $set{proxy_ssl_server_name} = 'on';

        # nginx has the last session of a server until it exits, unfreed
        $set{proxy_ssl_session_reuse} = 'off' if $ENV{ASAN_OPTIONS};

        # nginx finds no addresses in certificates
        return if $set{proxy_ssl_name} =~ /\A[\d.]+\z/
                  && $set{proxy_ssl_verify} eq 'on';
    }

    # without a URI proxy_pass goes on with that of the subrequest

    my $upstream = '';
    my $pass = "$scheme://plaid_$name";

    if ($set{resolver}
        || $server !~ /\A(?:unix:|localhost(?::|\z)|[\d.]+(?::|\z))/)
    {
        $set{"set \$plaid_$name"} = "$scheme://$server";
        $pass = "\$plaid_$name";

    } else {
        $server .= ':443' if $scheme eq 'https' && $server !~ /:/;
        my ($idle) = $text =~ /\bkeepalive\s+(\d+)/;
        my ($rest) = $text =~ /\bkeepalive_timeout\s+(\w+)/;
        my $keep = '';

        if (($idle // 64) && ($rest // '') ne '0') {
            $keep = 'keepalive ' . ($idle // 64) . ';'
                    . ($rest ? " keepalive_timeout $rest;" : '');
        }

        $upstream = "    upstream plaid_$name {\n"
                    . "        server $server;\n        $keep\n    }\n";
    }

    my $lines = join '', map { "        $_  $set{$_};\n" } sort keys %set;

    return ($upstream, <<"END");

    location $uri {
        internal;
        proxy_pass  $pass;
$lines    }
END
}


# The http and the server part of a configuration, rewritten.

sub rewrite {
    my ($http, $config) = @_;

    # one for each of Plaid's paths, where more than exchanges is asked for

    my $any = "$http$config" =~ /\bplaid_webhook\s/;
    my $upstreams = '';
    my $locations = '';
    my $client = sub {
        my ($head, $name, $text) = @_;

        my $uri = "/_plaid_$name" . ($any ? '/' : '');
        my ($upstream, $location) =
            location($name, $text, $any ? $uri : "= $uri")
            or return "$head$text";

        $upstreams .= $upstream;
        $locations .= $location;

        return "$head$text        transport    subrequest $uri;\n    ";
    };

    $http =~ s/(plaid_client\s+(\w+)\s*\{)([^}]*)/$client->($1, $2, $3)/ge;

    # a server of the block's own that has exchanges

    $http =~ s/(\bserver\s*\{)(?=(?:(?!\bserver\s*\{).)*\bplaid_exchange\s)
              /$1$locations/gsx;

    return ($http . $upstreams, $config . $locations);
}


1;
