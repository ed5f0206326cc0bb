package Plaid::Chaos::Plan;

# What Plaid does with a public token, which its own form asks the sandbox for,
# and how often it may be asked for it then.

use strict;
use warnings;

# [ weight, form, calls that may be needed, whether the answer gets lost ]
#
# A fault of "x2" spoils two calls; the one after it succeeds.  Where Plaid has
# taken the token and the answer is lost, one more call finds that out.

my @PLANS = (
    [ 36, 'latency-0',                          1, 0 ],
    [ 24, 'latency-40',                         1, 0 ],
    [  3, 'drip-1',                             1, 0 ],
    [  4, 'reset-x1',                           2, 0 ],
    [  2, 'reset-x2',                           3, 0 ],
    [  3, 'status-503-x1',                      2, 0 ],
    [  2, 'status-500-x2',                      3, 0 ],
    [  2, 'status-429-after-1-x1',              2, 0 ],
    [  2, 'status-429-x1',                      2, 0 ],
    [  2, 'error-INTERNAL_SERVER_ERROR-x1',     2, 0 ],
    [  1, 'error-INVALID_API_KEYS-x1',          2, 0 ],
    [  2, 'garbage-x1',                         2, 0 ],
    [  1, 'oversized-40000-x1',                 2, 0 ],
    [  1, 'redirect-x1',                        2, 0 ],
    [  1, 'hang-9000-x1',                       2, 0 ],
    [  5, 'lost-x1',                            2, 1 ],
    [  4, 'half-x1',                            2, 1 ],
    [  1, 'lost-9000-x1',                       2, 1 ],
);

my $total = 0;

$total += $_->[0] for @PLANS;


sub choose {
    my ($n) = @_;

    my $at = rand $total;
    my $plan;

    for (@PLANS) {
        $plan = $_;
        last if ($at -= $_->[0]) < 0;
    }

    my (undef, $form, $calls, $lost) = @$plan;

    return { token => sprintf('public-sandbox-fault-%s-n%06d', $form, $n),
             form => $form, calls => $calls, lost => $lost, kills => 0,
             user => "user$n", posts => 0, saw => {} };
}


1;
