package Plaid::Module;

# Modules of other people's kind, from t/modules, to be loaded beside ours:
#
#     use Plaid::Module after => 'post_read';
#     use Plaid 'no_plan';
#
# "before" or "after" is the order of load_module.  Is to be used before
# Test::Nginx, which reads the list of modules when it is loaded.

use strict;
use warnings;


sub import {
    my ($class, %where) = @_;

    my $modules = $ENV{TEST_NGINX_LOAD_MODULES} // '';

    $modules = build($where{before}) . " $modules" if $where{before};
    $modules .= ' ' . build($where{after}) if $where{after};

    $ENV{TEST_NGINX_LOAD_MODULES} = $modules;
}


# Compiles t/modules/ngx_http_test_NAME_module.c as the modules under test were;
# returns the path.

sub build {
    my ($name) = @_;

    my $dir = $ENV{TEST_NGINX_MODULES_DIR}
        or die "TEST_NGINX_MODULES_DIR is not set: run tools/test\n";
    my $file = "ngx_http_test_${name}_module";
    my $out = "$dir/$file.$$.so";
    my @includes = map { "-I$_" } $dir, glob
        "$dir/tree/src/{core,event,event/modules,os/unix,http,http/modules}";

    system($ENV{CC} || 'cc', qw( -shared -fPIC -Wall -Werror -o ), $out,
           @includes, map({ "-I$dir/tree/src/$_" } qw( event/quic http/v2 )),
           "t/modules/$file.c") == 0
        or die "t/modules/$file.c: the compiler failed\n";

    push our(@Built), $out;

    return $out;
}


our @Built;

END { unlink @Built }


1;
