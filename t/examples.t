# Every file of conf-examples is one that nginx takes.
#
# What a file names beside itself (secrets, certificates, maps) is made up
# here; and names are not resolved at start, which a machine without a network
# could not do.

use strict;
use warnings;

use lib 't';
use File::Basename qw( dirname );
use File::Path qw( make_path );
use Test::More;

use Plaid::Side ();

my @files = sort glob('conf-examples/*.conf conf-examples/*/*.conf');
my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

Plaid::Side::start();
Plaid::Side::certificates();

my $side = $ENV{TEST_NGINX_SIDE_DIR};


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;

    return scalar <$in>;
}


sub put {
    my ($path, $text, $mode) = @_;

    return if -e $path;

    make_path(dirname($path));
    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
    chmod $mode // 0644, $path;
}


# What a directive's file has to hold.

my %CONTENT = (
    client_id_file => sub { "the-id\n" },
    secret_file    => sub { "the-s3cret\n" },
    password_file  => sub { "the-password\n" },
    plaid_pass_key_file => sub { "web local-key\n" },
    plaid_seal_key_file => sub { 'k1 ' . '5a' x 32 . "\n" },
    plaid_link_token_file => sub { <<'END' },
{"client_name": "My App", "language": "en", "country_codes": ["US"],
 "products": ["auth"]}
END
    include        => sub { '' },
    certificate    => sub { slurp("$side/client.crt") },
    key            => sub { slurp("$side/client.key") },
    trusted        => sub { slurp("$side/ca.crt") },
);


sub make_files {
    my ($dir, $text) = @_;

    while ($text =~ /^\s*(\w+)\s+([\w.\/-]+);/mg) {
        my ($directive, $path) = ($1, $2);

        my $what = $directive =~ /^(?:client_id_file|secret_file|password_file
                                |plaid_seal_key_file|plaid_pass_key_file
                                |plaid_link_token_file
                                |include)$/x
                   ? $directive
                 : $directive =~ /ssl_trusted_certificate$/ ? 'trusted'
                 : $directive =~ /ssl_certificate_key$/     ? 'key'
                 : $directive =~ /ssl_certificate$/         ? 'certificate'
                 : $directive =~ /_temp_path$/              ? 'directory'
                 :                                            next;

        next if $path =~ m{^/};

        if ($what eq 'directory') {
            make_path("$dir/$path");
        } else {
            put("$dir/$path", $CONTENT{$what}->(), 0600);
        }
    }
}


# The module's place, and what would need a network or another user's rights.

sub adapt {
    my ($dir, $text) = @_;

    $text =~ s{^\s*load_module\s+\S*?(\w+\.so);}
              {my ($path) = grep { /\b$1$/ } @modules;
               $path ? "load_module $path;" : die "$1 was not built\n"}gem;

    my $http = "access_log off;\n" . join '', map {
        $text =~ /${_}_temp_path/ ? '' : "    ${_}_temp_path $dir/$_;\n"
    } qw( client_body proxy fastcgi uwsgi scgi );

    $http = "resolver 127.0.0.1;\n    $http" if $text !~ /^\s*resolver\s/m;
    $http =~ s/access_log off;\n// if $text =~ /^    access_log\s/m;

    $text =~ s/^http \{/http {\n    $http/m;
    $text = "pid $dir/nginx.pid;\n$text" if $text !~ /^pid\s/m;
    $text = "error_log $dir/error.log;\n$text" if $text !~ /^error_log\s/m;

    return $text;
}


cmp_ok(scalar @files, '>', 0, 'there are examples');

# "nginx -t" frees nothing when it exits
local $ENV{ASAN_OPTIONS} = ($ENV{ASAN_OPTIONS} // '') . ':detect_leaks=0';

for my $file (@files) {
    (my $name = $file) =~ tr{/.}{__};
    my $dir = "$side/$name";
    my $text = slurp($file);

    make_path("$dir/logs");
    make_files($dir, $text);
    put("$dir/nginx.conf", adapt($dir, $text));

    my $out = `$nginx -t -e $dir/e.log -p $dir/ -c $dir/nginx.conf 2>&1`;

    is($?, 0, "$file - nginx takes it") or diag($out);

    # the sandbox says at start what it is not for; and nginx 1.22 knows no
    # other way to have HTTP/2

    my @words = grep { !/plaid_sandbox .* never for production/
                       && !/"listen \.\.\. http2" directive is deprecated/ }
                $out =~ /^.*\[(?:warn|error|crit|alert|emerg)\].*$/mg;

    is_deeply(\@words, [], "$file - no word");
}

done_testing();
