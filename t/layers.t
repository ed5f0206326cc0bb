# The layers: a file includes what lies in its own room or in a lower one, and
# a public function begins with the name of its file.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Find qw(find);
use Test::More;


# What a room may include, beside itself.  A room that is missing here must
# not exist.

my @plain = qw(base body api store token webhook);
my @lower = (@plain, qw(metrics fetch));

my %below = (
    'base'            => [],
    'body'            => [qw(base)],
    'api'             => [qw(base)],
    'store'           => [qw(base)],
    'token'           => [qw(base)],
    'webhook'         => [qw(base)],
    'metrics'         => [@plain],
    'fetch'           => [@plain, qw(metrics)],
    'curl'            => [@lower],
    'redis'           => [@lower],
    'http/client'     => [@lower],
    'http/subrequest' => [@lower, qw(http/client)],
    'http'            => [@lower, qw(curl redis http/client http/subrequest)],
    'http/link'       => [@lower, qw(curl redis http/client http/subrequest
                                     http)],
    'http/pass'       => [@lower, qw(curl redis http/client http/subrequest
                                     http)],
    'http/webhook'    => [@lower, qw(curl redis http/client http/subrequest
                                     http)],

    'sandbox/core'    => [],
    'sandbox/api'     => [qw(sandbox/core)],
    'sandbox/link'    => [qw(sandbox/core sandbox/api)],
    'sandbox/http'    => [qw(sandbox/core sandbox/api sandbox/link)],
);

# Files whose functions have other names.  The list only shrinks.

my %exempt = map { $_ => 1 } qw(
    ngx_http_plaid_client_conf.c
    ngx_http_plaid_credentials.c
    ngx_plaid_result.c
    ngx_plaid_sandbox_assets.c
    ngx_plaid_sandbox_customer.c
    ngx_plaid_sandbox_data.c
    ngx_plaid_sandbox_exchange.c
    ngx_plaid_sandbox_history.c
    ngx_plaid_sandbox_hook.c
    ngx_plaid_sandbox_institutions.c
    ngx_plaid_sandbox_investments.c
    ngx_plaid_sandbox_item.c
    ngx_plaid_sandbox_jansson.c
    ngx_plaid_sandbox_legacy_lists.c
    ngx_plaid_sandbox_manage.c
    ngx_plaid_sandbox_mfa.c
    ngx_plaid_sandbox_people.c
    ngx_plaid_sandbox_public.c
    ngx_plaid_sandbox_stats.c
    ngx_plaid_sandbox_sync.c
    ngx_plaid_sandbox_transactions.c
    ngx_plaid_sandbox_user.c
    ngx_plaid_store_area.c
);


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;

    return scalar <$in>;
}


# Without comments and strings; lines stay where they are.

sub code {
    my ($path) = @_;

    return slurp($path)
        =~ s{/\*.*?\*/|"(?:[^"\\\n]|\\.)*"}{ $& =~ s/[^\n]//gr }gser;
}


sub room {
    my ($path) = @_;

    my $room = dirname($path);

    $room =~ s{\Asrc/}{};

    return $room;
}


my (@files, %home);

find({ no_chdir => 1, wanted => sub {
    push @files, $_ if /\.[ch]\z/;
} }, 'src');

@files = sort @files;

for (@files) {
    my $name = basename($_);

    fail("$name is there twice: $home{$name}, $_") if $home{$name};
    $home{$name} = $_;
}


# Includes of the project, with file and line; those of generated files are no room's.

sub includes {
    my ($file) = @_;
    my ($n, @found);

    for (split /\n/, slurp($file)) {
        $n++;
        push @found, [$1, "$file:$n"] if /^\s*#\s*include\s+"([^"]+)"/;
    }

    return @found;
}


my (@up, @http, @unknown);

for my $file (@files) {
    my $room = room($file);

    if (!$below{$room}) {
        push @unknown, $file;
        next;
    }

    my %may = map { $_ => 1 } $room, @{ $below{$room} };

    for (includes($file)) {
        my ($name, $where) = @$_;

        next if !$home{$name};
        push @up, "$where: $name" if !$may{ room($home{$name}) };
    }

    next if basename($file) =~ /_http_/;

    my $n;

    for (split /\n/, code($file)) {
        $n++;
        push @http, "$file:$n: $1" if /\b(ngx_http_\w*|ngx_http\.h)/;
    }
}

is(join("\n", @unknown), '', 'each file lies in a room that is known');
is(join("\n", @up), '', 'no include points up or to a sibling');
is(join("\n", @http), '', 'only files of the http rooms name ngx_http_');


# Circles: between files, not rooms.  A header belongs to its .c file.  What
# several files of a room share, and nobody else sees, is no circle.

my %private = map { $_ => 1 } qw(
    ngx_http_plaid_client_conf.h
    ngx_plaid_dialect.h
    ngx_plaid_search.h
    ngx_plaid_store_area.h
);

my %uses;

for my $file (@files) {
    my $from = basename($file) =~ s/\.[ch]\z//r;

    for (includes($file)) {
        my ($name) = @$_;

        next if !$home{$name} || $private{$name}
                || $name =~ /_int\.h\z/;

        my $to = $name =~ s/\.h\z//r;

        $uses{$from}{$to} = 1 if $to ne $from;
    }
}

my @circles;

for my $from (sort keys %uses) {
    my %seen;
    my @todo = keys %{ $uses{$from} };

    while (my $to = shift @todo) {
        next if $seen{$to}++;
        push @todo, keys %{ $uses{$to} || {} };
    }

    push @circles, $from if $seen{$from};
}

is(join("\n", @circles), '', 'no circle of includes between files');


# Public functions: what is defined without "static", at a line's beginning.
# Its name begins with that of its file or of the header that declares it.

my %declared;

for my $file (grep { /\.h\z/ } @files) {
    my $stem = basename($file) =~ s/(?:_int)?\.h\z//r;

    my $code = code($file);

    $declared{$1} = $stem while $code =~ /\b(ngx_\w+)\(/g;
}

my (@odd, %used);

for my $file (grep { /\.c\z/ } @files) {
    my $code = slurp($file);
    my $name = basename($file) =~ s/\.c\z//r;

    my $static = 0;

    while ($code =~ /^((?:static\s+)?[a-z][\w \*]*)\n(ngx_\w+)\(/mg) {
        my ($type, $function) = ($1, $2);

        next if $type =~ /^static\b/ || $type =~ /;/;
        next if $function =~ /\A\Q$name\E(?:_|\z)/;

        my $stem = $declared{$function} // $name;
        next if $function =~ /\A\Q$stem\E(?:_|\z)/;

        if ($exempt{ basename($file) }) {
            $used{ basename($file) } = 1;
            next;
        }

        push @odd, "$file: $function";
    }
}

is(join("\n", @odd), '', 'a public function begins with the name of its file or header');
is(join("\n", grep { !$used{$_} } sort keys %exempt), '',
   'no exemption is left that is not needed');

done_testing();
