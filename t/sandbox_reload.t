# Two workers are one Plaid, before and after a reload.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Sandbox;

no_root_location();
master_on();
workers(2);

# sends HUP, and waits until other workers than before answer

sub reload {
    my $root = Test::Nginx::Socket::server_root();

    open my $file, '<', "$root/logs/nginx.pid" or die "no nginx.pid: $!";
    my $pid = <$file>;
    chomp $pid;

    my (undef, $before) = get('/pid');

    kill HUP => $pid;

    for (1 .. 100) {
        select(undef, undef, undef, 0.1);
        my @now = map { (get('/pid'))[1] } 1 .. 8;
        return 1 if !grep { $_ eq $before } @now;
    }

    return 0;
}

{ no warnings; *Test::Base::Filter::reload = \&reload; }

run_tests();

__DATA__

=== TEST 1: tokens, items and the webhook key
--- config
    location / {
        plaid_sandbox;
    }

    location = /pid {
        return 200 "worker $pid";
    }
--- request
GET /sandbox/_stats
--- story eval
sub {
    my $old = item('auth');
    my (undef, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => ['auth'] });
    my %t = (public_token => $made->{public_token});

    ok(reload(), 'reloaded');

    my @status = map { (current('/item/public_token/exchange', \%t))[0] }
                     1 .. 8;

    is("@status", '200' . ' 400' x 7, 'one exchange, whichever worker');
    is(stats($t{public_token})->{asked}, 8, 'all counted');

    my @seen = map { (current('/item/get', { access_token => $old }))[0] }
                   1 .. 8;

    is("@seen", CORE::join(' ', (200) x 8), 'an item of before');
}
