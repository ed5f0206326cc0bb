# conf-examples/monitoring and docs/operations.md speak of metrics, labels and
# values that plaid_status has, and of no others.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Status;

use JSON::PP ();

plaid();

sub slurp ($) {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;

    return scalar <$in>;
}


# What is exposed: { family or series => { label => { value => 1 } } }.

sub exposed {
    my (undef, undef, $text) = get('/status');
    my %type = families($text);
    my %labels = map { $_ => {} } keys %type;

    for my $sample (samples($text)) {
        my ($name, $labels) = @$sample;

        $labels{$name}{$1}{$2} = 1 while $labels =~ /(\w+)="([^"]*)"/g;
    }

    return %labels;
}


# What is wrong with a query.

sub strange {
    my ($query, %exposed) = @_;

    my @wrong;

    while ($query =~ /\b(plaid_\w+)(?:\{([^}]*)\})?/g) {
        my ($name, $matchers) = ($1, $2 // '');

        if (!$exposed{$name}) {
            push @wrong, "no $name";
            next;
        }

        while ($matchers =~ /(\w+)(?:=~|!~|!=|=)"([^"]*)"/g) {
            my ($label, $values) = ($1, $2);

            next if $label eq 'instance' || $values eq '$client';

            push @wrong, "no label $label in $name"
                if !$exposed{$name}{$label};
            push @wrong, map { "no $label=$_ in $name" }
                         grep { !$exposed{$name}{$label}{$_} }
                         split /\|/, $values;
        }
    }

    # labels that series are summed by

    my %all = map { $_ => 1 } 'instance', 'job',
              map { keys %$_ } values %exposed;

    while ($query =~ /\b(?:by|on)\s*\(([^)]*)\)/g) {
        push @wrong, map { "no label $_" }
                     grep { !$all{$_} } split /\s*,\s*/, $1;
    }

    return @wrong;
}


# Every query below a JSON value.

sub queries {
    my ($value) = @_;

    return map { queries($_) } @$value if ref $value eq 'ARRAY';
    return () if ref $value ne 'HASH';

    return map {
        my $v = $value->{$_};

        !ref $v && /\A(?:expr|query)\z/ ? $v : queries($v);
    } sort keys %$value;
}

our $Dir = 'conf-examples/monitoring';

# a block gives its metrics, though nobody answers

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', ($block->http_config // '') . <<'END');
    plaid_redis shared {
        server 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }
END
});

run_tests();

__DATA__

=== TEST 1: the test sees what is wrong
--- client
secret_file ../html/secret;
client_id the-id;
--- user_files
>>> secret
one
--- check scene
my %exposed = main::exposed();

is(join(', ', main::strange('sum by (client) (rate('
   . 'plaid_exchanges_total{status="exchanged",client=~"$client"}[5m]))',
   %exposed)), '', 'right');
is(join(', ', main::strange('plaid_exchange_total', %exposed)),
   'no plaid_exchange_total', 'a name');
is(join(', ', main::strange('plaid_exchanges_total{cause="lost"}', %exposed)),
   'no label cause in plaid_exchanges_total, '
   . 'no cause=lost in plaid_exchanges_total', 'a label');
is(join(', ', main::strange('plaid_exchanges_total{status=~"failed|lost"}',
   %exposed)), 'no status=lost in plaid_exchanges_total', 'a value');
is(join(', ', main::strange('sum by (zones) (plaid_exchanges_total)',
   %exposed)), 'no label zones', 'a grouping');



=== TEST 2: alert rules
--- client
secret_file ../html/secret;
client_id the-id;
--- user_files
>>> secret
one
--- check scene
my %exposed = main::exposed();
my $text = main::slurp("$::Dir/alerts.yml");
my @alerts = $text =~ /- alert: (\w+)\n +expr: (.*?)\n +(?:for|labels):/sg;

ok(@alerts >= 20, 'alerts were found');
is(scalar @alerts / 2, scalar(() = $text =~ /alert:/g), 'each of them');

while (my ($name, $query) = splice @alerts, 0, 2) {
    is(join(', ', main::strange($query, %exposed)), '', $name);
    like(main::slurp('docs/operations.md'), qr/`$name`/, "$name is explained");
}



=== TEST 3: the dashboard
--- client
secret_file ../html/secret;
client_id the-id;
--- user_files
>>> secret
one
--- check scene
my %exposed = main::exposed();
my $board = JSON::PP::decode_json(
                main::slurp("$::Dir/grafana-dashboard.json"));
my @queries = main::queries($board);

ok(@queries > 25, 'queries were found');
is(join(', ', main::strange($_, %exposed)), '', $_) for @queries;

# panels neither share a place nor a number

my %id;
ok(!$id{$_->{id}}++, "panel $_->{id}") for @{ $board->{panels} };

my %place;
for my $p (map { $_->{gridPos} } @{ $board->{panels} }) {
    my @cells = map { my $x = $_;
                      map { "$x/$_" } $p->{y} .. $p->{y} + $p->{h} - 1 }
                $p->{x} .. $p->{x} + $p->{w} - 1;
    ok(!(grep { $place{$_}++ } @cells), "place of $p->{x}/$p->{y}");
}



=== TEST 4: every metric is in the manual, and no other
--- client
secret_file ../html/secret;
client_id the-id;
--- user_files
>>> secret
one
--- check scene
my (undef, undef, $text) = get('/status');
my %type = $text =~ /^# TYPE (\S+) (\S+)$/mg;
my $manual = main::slurp('docs/operations.md');
my %row = $manual =~ /^\| `(plaid_\w+)` \| (\w+) \|/mg;

is($row{$_}, $type{$_}, $_) for sort keys %type;
ok($type{$_}, "$_ is there") for sort keys %row;
