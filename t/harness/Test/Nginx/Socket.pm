package Test::Nginx::Socket;

# A small stand-in for openresty's Test::Nginx::Socket: the same data format,
# the same functions and the same number of assertions, on Test::Base alone.
# It promises less than the original and is stricter: a section it does not
# know, a duplicate section, and an [alert], [crit] or [emerg] line that the
# block did not ask for are errors.  ../../README.md describes it.

use Test::Base -Base;

use Test::Nginx::Util;
use Test::Nginx::Harness::Run;

our $VERSION = '0.1';

# Sections that a test file's own preprocessor adds.
our @ExtraSections;

our @EXPORT = (qw( plan run_tests run_test is_str ),
               @Test::Nginx::Util::SETTINGS);

sub block_class {
    return 'Test::Nginx::Harness::Block';
}

sub is_str (@) {
    goto &Test::Nginx::Harness::Check::is_str;
}

sub run_tests () {
    Test::Nginx::Harness::Run::run_blocks(Test::Base::blocks());
}

sub run_test ($) {
    Test::Nginx::Harness::Run::run_block($_[0]);
}
