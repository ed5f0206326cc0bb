package Plaid::Chaos::Books;

# The account: what Plaid says it handed out, against what the app has, what
# the store still has, and what a fault on record has lost.

use strict;
use warnings;

use Plaid::Chaos::Servers ();
use Plaid::Chaos::Users ();
use Plaid::Loop ();

# clients that post what is left over at the same time
my $AUDITORS = 16;

our $wrong = 0;


# One line of the account.

sub entry {
    my ($text, $n, $must) = @_;

    my $ok = !defined $must || $n == $must;

    printf "%-58s %7d%s\n", $text, $n, $ok ? '' : "   MUST BE $must";
    $wrong++ if !$ok;
}


sub fault {
    my ($text) = @_;

    print "  $text\n";
}


# Lists up to ten of the tokens that something is wrong with.

sub must_be_none {
    my ($text, @tokens) = @_;

    entry($text, scalar @tokens, 0);

    for my $t (@tokens > 10 ? @tokens[0 .. 9] : @tokens) {
        fault("$t->{token} asked " . ($t->{asked} // '?') . ' given '
              . ($t->{given} // '?') . " kills $t->{kills} saw "
              . join ', ', map { "$_ x$t->{saw}{$_}" } sort keys %{ $t->{saw} });
    }
}


# What the app has noted: { public token => { seen, took, access tokens } }.

sub app_book {
    my %book;

    for my $line (split /\n/, Plaid::Chaos::Servers::slurp(
                      "$Plaid::Chaos::Servers::dir/app.book"))
    {
        my ($what, $public, $access, $word) = split / /, $line;

        $book{$public}{$what}++;
        $book{$public}{access}{$access}++ if $access ne '-';
        $book{$public}{bare}++ if $access eq '-';
        $book{$public}{word}{$word}++ if $what eq 'seen';
    }

    return \%book;
}


# Plaid's own account of each token.

sub plaid_book {
    my @tokens = @_ ? @_ : @Plaid::Chaos::Users::tokens;
    my ($stats) = Plaid::Chaos::Servers::ask_plaid('/sandbox/_stats')
                  =~ /\r\n\r\n(.*)/s;

    for my $t (@tokens) {
        my $text = Plaid::Chaos::Servers::ask_plaid(
                       "/sandbox/_stats?public_token=$t->{token}");

        ($t->{asked}) = $text =~ /"asked":\s*(\d+)/;
        ($t->{given}) = $text =~ /"given":\s*(\d+)/;
        $t->{$_} //= 0 for qw( asked given );
    }

    return { map { $_ => $stats =~ /"$_":\s*(\d+)/ ? $1 : die "no $_\n" }
                 qw( handed_out evicted exchanges ) };
}


# Posts what the app has not taken once more, for the same user.

sub post_again {
    my (@tokens) = @_;

    my @left = @tokens;
    my $flying = 0;
    my $next;

    $next = sub {
        my $t = shift @left or return;

        $flying++;
        $t->{saw} = {};

        Plaid::Chaos::Users::post($t, undef, sub {
            my ($t, $saw) = @_;

            $t->{audit} = $saw;
            $flying--;
            $next->();
        });
    };

    $next->() for 1 .. $AUDITORS;

    Plaid::Loop::run(sub { $flying || @left });
}


sub balance {
    my @tokens = @Plaid::Chaos::Users::tokens;
    my $before = app_book();

    my @open = grep { !$before->{$_->{token}}{took} } @tokens;
    my $total = plaid_book();

    entry('public tokens', scalar @tokens);
    entry('posts', $Plaid::Chaos::Users::posts);
    entry('  clients that left', $Plaid::Chaos::Users::aborts);
    entry('calls that Plaid got for them', $total->{exchanges});
    entry('access tokens that Plaid has handed out', $total->{handed_out});

    my @given = grep { $_->{given} } @tokens;

    entry('public tokens that Plaid has taken', scalar @given,
          $total->{handed_out});
    entry('records that Plaid has forgotten', $total->{evicted}, 0);

    answers(@tokens);
    words($before);

    # tokens that Plaid has not given are no loss; it is not asked for these

    post_again(grep { $_->{given} } @open);
    plaid_book();

    found($before, @given);
    asked(@tokens);
    strangers(@given);
    identity(app_book(), @tokens);
}


# Every call beyond the first has a reason.

sub asked {
    my (@tokens) = @_;

    entry('calls beyond the first, a fault of Plaid\'s before',
          count(sub { $_->{asked} > 1 && $_->{calls} > 1 }, @tokens));
    entry('calls beyond the first, a killed worker before',
          count(sub { $_->{asked} > $_->{calls} && $_->{kills} }, @tokens));
    must_be_none('calls beyond the first, without a reason',
                 grep { $_->{asked} > $_->{calls} + $_->{kills} } @tokens);
}


# What the app was told of them, before anything was posted again.

sub words {
    my ($book) = @_;

    my %n = map { $_ => 0 } qw( exchanged joined replayed );

    for my $b (values %$book) {
        $n{$_} += $b->{word}{$_} for keys %{ $b->{word} };
    }

    entry("posts that the app got, $_", $n{$_}) for sort keys %n;
}


sub count {
    my ($code, @tokens) = @_;

    return scalar grep { $code->() } @tokens;
}


# Where there was neither a fault of Plaid's nor a kill, no user has seen
# anything but the app's answers.

sub answers {
    my (@tokens) = @_;

    must_be_none('failures that a user saw, without a reason', grep {
        my $t = $_;

        $t->{calls} == 1 && !$t->{kills}
        && grep { / (?:failed|unknown|rejected)\z/ } keys %{ $t->{saw} };
    } @tokens);
}


sub found {
    my ($book, @given) = @_;

    my %n = map { $_ => 0 } qw( app store fault kill );
    my @lost;

    for my $t (@given) {
        my $audit = $t->{audit} // '';

        if ($book->{$t->{token}}{took}) {
            $n{app}++;

        } elsif ($audit eq '200 replayed') {
            $n{store}++;

        } elsif ($audit eq '502 unknown' && $t->{lost}) {
            $n{fault}++;

        } elsif ($audit eq '502 unknown' && $t->{kills}) {
            $n{kill}++;

        } else {
            $t->{saw}{"audit: $audit"}++;
            push @lost, $t;
        }
    }

    entry('access tokens that the app has taken', $n{app});
    entry('access tokens that the store had for it', $n{store});
    entry('access tokens whose answer a fault has lost, "unknown"',
          $n{fault});
    entry('access tokens that a killed worker was sent, "unknown"',
          $n{kill});
    must_be_none('access tokens that are lost', @lost);
}


# Somebody else who has a public token gets nothing for it.

sub strangers {
    my (@given) = @_;

    my @some = @given > 100 ? @given[0 .. 99] : @given;
    my %was = map { $_->{token} => $_->{audit} } @some;

    $_->{user} .= '-stranger' for @some;
    post_again(@some);

    must_be_none('strangers who got in',
                 grep { $_->{audit} !~ /^(?:400 rejected|502 unknown)/ } @some);
}


# One public token, one access token, and Plaid knows it.

sub identity {
    my ($book, @tokens) = @_;

    my (%owner, @two, @shared, @bare);

    for my $t (@tokens) {
        my $b = $book->{$t->{token}} or next;
        my @access = keys %{ $b->{access} || {} };

        push @two, $t if @access > 1;
        push @bare, $t if $b->{bare};
        push @shared, $t if grep { $owner{$_}++ } @access;
    }

    must_be_none('public tokens with two access tokens', @two);
    must_be_none('access tokens of two public tokens', @shared);
    must_be_none('posts that reached the app without an access token', @bare);

    my $n = 0;

    for my $access ((sort keys %owner)[0 .. 199]) {
        last if !defined $access;

        $n++ if Plaid::Chaos::Servers::ask_plaid('/item/get',
            qq({"client_id":"test_id","secret":"test_secret",)
            . qq("access_token":"$access"})) !~ m{\AHTTP/1\.\d 200};
    }

    entry('access tokens at the app that Plaid does not know', $n, 0);
}


# What nginx has logged: nothing but what a kill makes the master say.

sub log_lines {
    my ($kills) = @_;

    my @lines = split /\n/, Plaid::Chaos::Servers::slurp(
                    "$Plaid::Chaos::Servers::dir/nginx/error.log");
    my @grave = grep { /\[(?:alert|crit|emerg)\]/ } @lines;
    my @killed = grep { /worker process \d+ exited on signal 9/ } @grave;
    my @other = grep { !/worker process \d+ exited on signal 9/
                       && !/shared memory zone ".*" was locked by \d+/ }
                @grave;

    push @other, grep { /cannot be opened|without replay|token discarded/ }
                 @lines;

    entry('log: workers that exited on signal 9', scalar @killed, $kills);
    entry('log: locks that a killed worker held',
          @grave - @killed - grep({ /\[(?:alert|crit|emerg)\]/ } @other));
    entry('log: other alerts', scalar @other, 0);
    fault($_) for @other > 10 ? @other[0 .. 9] : @other;
}


1;
