# The shared memory of plaid_replay: configuration, size, reload, what can be
# read in it.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;

our $Refused = '400 rejected INVALID_INPUT/INVALID_PUBLIC_TOKEN';

our $Two = <<'END';
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;
    proxy_set_header Host $host;

    location /one {
        plaid_replay    one;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location /two {
        plaid_replay    two;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location /builtin {
        plaid_exchange  bank;
        proxy_pass      http://app;
    }

    location /on {
        plaid_replay    on;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }
END


# What all shared memory of the workers has in it, or undef.

sub shared_memory {
    my ($pid) = pids();
    my $text = '';

    no warnings 'portable';

    open my $maps, '<', "/proc/$pid/maps" or return undef;
    open my $mem, '<:raw', "/proc/$pid/mem" or return undef;

    while (my $line = <$maps>) {
        my ($from, $to) = $line =~ m{^(\w+)-(\w+) rw-s \S+ 00:\S+ \d+ +/dev/zero}
            or next;

        sysseek $mem, hex $from, 0;
        sysread $mem, my $part, hex($to) - hex $from;
        $text .= $part;
    }

    return $text;
}


master_on();
workers(2);

plaid();
run_tests();

__DATA__

=== TEST 1: a zone of one's own
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay_zone  two:64k;
--- config eval: $::Two
--- check scene
is(saw(post('zone-1', uri => '/one?app=500')), '500 exchanged access-zone-1',
   'kept');
is(saw(post('zone-1', uri => '/one')), '200 replayed access-zone-1', 'there');
is(saw(post('zone-1', uri => '/two')), $::Refused, 'not in another zone');
is(saw(post('zone-1', uri => '/builtin')), $::Refused, 'nor in the built-in');



=== TEST 2: locations share a zone, and all that say nothing the built-in one
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay_zone  two:64k;
--- config eval
$::Two . '
    location /also {
        plaid_replay    one;
        plaid_exchange  bank;
        proxy_pass      http://app;
    }
'
--- check scene
is(saw(post('zone-2', uri => '/one?app=500')), '500 exchanged access-zone-2',
   'kept');
is(saw(post('zone-2', uri => '/also')), '200 replayed access-zone-2',
   'one zone');
is(saw(post('zone-2b', uri => '/builtin?app=500')),
   '500 exchanged access-zone-2b', 'kept');
is(saw(post('zone-2b', uri => '/on')), '200 replayed access-zone-2b',
   'the built-in one');



=== TEST 3: the directive is inherited, with all its parameters
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay       one bind=$arg_who grace=0;
--- check scene
is(saw(post('zone-3', uri => '/t?who=x&app=500')),
   '500 exchanged access-zone-3', 'kept');
is(saw(post('zone-3', uri => '/t?who=y')), $::Refused, 'bound');
is(saw(post('zone-3', uri => '/t?who=x')), '200 replayed access-zone-3',
   'the same');
is(saw(post('zone-3', uri => '/t?who=x')), $::Refused, 'no grace');



=== TEST 4: a zone that comes after the directive that names it
--- plaid: onetime
--- http_config
    plaid_replay       one;
    plaid_replay_zone  one:64k;
--- form: public_token=zone-4
--- exchanged: zone-4



=== TEST 5: full: exchanges go on without replay, and the log says so once
--- plaid: onetime
--- http_config
    plaid_replay_zone  small:32k;
    plaid_replay       small;
--- check scene
my $n = 0;
my %saw;

# until there is no place: 32k hold less than 32 records

is(saw(post("zone-5-$_", uri => '/t?app=500')),
   "500 exchanged access-zone-5-$_", "exchanged: $_") for 1 .. 36;

is(log_has(qr/\[warn\] .*plaid replay zone "small" is full, \d+ exchanges without replay/),
   1, 'one line');

for (1 .. 36) {
    my $saw = saw(post("zone-5-$_"));

    $saw{$saw =~ /^200 replayed/ ? 'replayed' : $saw}++;
}

is(join(',', sort keys %saw), "$::Refused,replayed",
   'kept, or asked for anew');
ok($saw{replayed} > 4 && $saw{replayed} < 32,
   "$saw{replayed} records were kept");

is(saw(post("zone-5-new")), '200 exchanged access-zone-5-new',
   'there is place again: what was delivered is dropped');
is(saw(post("zone-5-new")), '200 replayed access-zone-5-new', 'kept');
is(log_has(qr/is full/), 1, 'no other line');



=== TEST 6: what was delivered makes place, and nothing is logged
--- plaid: onetime
--- http_config
    plaid_replay_zone  small:32k;
    plaid_replay       small;
--- check scene
for (1 .. 40) {
    is(saw(post("zone-6-$_")), "200 exchanged access-zone-6-$_", 'exchanged');
}

is(saw(post('zone-6-40')), '200 replayed access-zone-6-40', 'the last');
is(saw(post('zone-6-1')), $::Refused, 'the first was dropped');
--- no_shutdown_error_log: is full



=== TEST 7: what nobody has got is not dropped for what comes after
--- plaid: onetime
--- http_config
    plaid_replay_zone  small:32k;
    plaid_replay       small;
--- check scene
is(saw(post('zone-7-kept', uri => '/t?app=500')),
   '500 exchanged access-zone-7-kept', 'kept');
like(saw(post("zone-7-$_")), qr/^200 exchanged/, 'others') for 1 .. 40;
is(saw(post('zone-7-kept')), '200 replayed access-zone-7-kept', 'there');



=== TEST 8: lost answers make place, too
--- plaid: onetime
--- http_config
    plaid_replay_zone  small:32k;
    plaid_replay       small;
--- check scene
script(('reset') x 40);
like(saw(post("zone-8-$_")), qr/^502 unknown/, 'lost') for 1 .. 40;
is(saw(post('zone-8')), '200 exchanged access-zone-8', 'exchanged');
is(saw(post('zone-8')), '200 replayed access-zone-8', 'kept');
--- no_shutdown_error_log: is full



=== TEST 9: joined posts in a full zone are as without replay
--- plaid: onetime
--- http_config
    plaid_replay_zone  small:32k;
    plaid_replay       small;
--- check scene
like(saw(post("zone-9-$_", uri => '/t?app=500')), qr/^500 exchanged/, 'fill')
    for 1 .. 32;
log_has(qr/is full/);
script('hold:ok', 'hold:ok');
my @posts = (post('zone-9'), post('zone-9'));
held(2);
release();
is(join(',', sort map { saw($_) } @posts),
   "200 exchanged access-zone-9,$::Refused", 'two calls');



=== TEST 10: a reload keeps what is there
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay_zone  two:64k;
--- config eval: $::Two
--- check scene
for my $zone (qw( one two builtin )) {
    is(saw(post("zone-10-$zone", uri => "/$zone?app=500")),
       "500 exchanged access-zone-10-$zone", "kept: $zone");
}

reload() for 1 .. 3;

for my $zone (qw( one two builtin )) {
    is(saw(post("zone-10-$zone", uri => "/$zone")),
       "200 replayed access-zone-10-$zone", "there: $zone");
}

is(calls(), 3, 'three calls');



=== TEST 11: another size starts over
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay       one;
--- check scene
is(saw(post('zone-11', uri => '/t?app=500')), '500 exchanged access-zone-11',
   'kept');
reconfigure(sub { s/one:64k/one:128k/ });
is(saw(post('zone-11')), $::Refused, 'a new zone');
is(saw(post('zone-11b')), '200 exchanged access-zone-11b', 'which works');
is(saw(post('zone-11b')), '200 replayed access-zone-11b', 'as it should');
reload();
is(saw(post('zone-11b')), '200 replayed access-zone-11b', 'after a reload');



=== TEST 12: a call under way while the zone is replaced
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay       one;
--- check scene
script('hold:ok');
my $first = post('zone-12');
held(1);
my $second = post('zone-12');
settled();
reconfigure(sub { s/one:64k/one:128k/ });
release();
is(saw($first), '200 exchanged access-zone-12', 'the first');
is(saw($second), '200 joined access-zone-12', 'the second');
is(saw(post('zone-12')), $::Refused, 'the new zone knows nothing of it');



=== TEST 13: a zone that is no more, and comes back
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay       one;
--- check scene
is(saw(post('zone-13', uri => '/t?app=500')), '500 exchanged access-zone-13',
   'kept');
reconfigure(sub { s/plaid_replay +one;/plaid_replay off;/ });
is(saw(post('zone-13')), $::Refused, 'off');
reconfigure(sub { s/plaid_replay +off;/plaid_replay one;/ });
is(saw(post('zone-13')), '200 replayed access-zone-13', 'on again');



=== TEST 14: other keys for the same client do not matter, another environment does
--- plaid: onetime
--- check scene
is(saw(post('zone-14', uri => '/t?app=500')), '500 exchanged access-zone-14',
   'kept');
reconfigure(sub { s/the-s3cret/another/ });
is(saw(post('zone-14')), '200 replayed access-zone-14', 'a new secret');
reconfigure(sub { s{/onetime}{/ok} });
is(saw(post('zone-14')), '200 exchanged access-zone-14', 'elsewhere');



=== TEST 15: no token can be read in shared memory
--- plaid: onetime
--- http_config
    plaid_replay_zone  one:64k;
    plaid_replay       one;
--- check scene
my $before = shared_memory() // return ok(1, 'memory cannot be read here');

script('ok', 'ok', 'lost', 'hold:ok');
like(saw(post('public-zone-15-kept', uri => '/t?app=500')),
     qr/^500 exchanged/, 'kept');
like(saw(post('public-zone-15-delivered')), qr/^200 exchanged/, 'delivered');
like(saw(post('public-zone-15-lost')), qr/^502 unknown/, 'lost');
my $c = post('public-zone-15-held');
held(1);

my $memory = shared_memory();

unlike($memory, qr/public-zone-15/, 'no public token');
unlike($memory, qr/access-public/, 'no access token');
unlike($memory, qr/15-lost|15-held/, 'no ids where there is no token');
like($memory, qr/item-15-kept/, 'the ids of a token are there, for the log');
unlike($memory, qr/127\.0\.0\.1/, 'no value of bind');
unlike($memory, qr/the-s3cret/, 'no secret');

# what was searched is it
like($memory, qr/plid/, 'the mark of a store');
ok($memory ne $before, 'which has changed');
release();
saw($c);



=== TEST 16: no such zone
--- config
    location /t {
        plaid_exchange  bank;
        plaid_replay    nowhere ttl=1m;
        proxy_pass      http://app;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"plaid_replay" names no plaid_replay_zone: "nowhere" in \S+nginx\.conf:\d+}



=== TEST 17: a zone of another module's
--- http_config
    limit_req_zone $binary_remote_addr zone=requests:1m rate=1r/s;
--- config
    location /t {
        plaid_exchange  bank;
        plaid_replay    requests;
        proxy_pass      http://app;
    }
--- must_die
--- error_log: "plaid_replay" names no plaid_replay_zone: "requests"



=== TEST 18: a zone without a size
--- http_config
    plaid_replay_zone  one;
--- must_die
--- error_log: invalid zone "one"



=== TEST 19: a zone without a name
--- http_config
    plaid_replay_zone  :1m;
--- must_die
--- error_log: invalid zone ":1m"



=== TEST 20: a size that is none
--- http_config
    plaid_replay_zone  one:big;
--- must_die
--- error_log: invalid zone "one:big"



=== TEST 21: a zone that is too small
--- http_config
    plaid_replay_zone  one:31k;
--- must_die
--- error_log: zone "one:31k" is too small



=== TEST 22: a zone that could not be named
--- http_config
    plaid_replay_zone  off:1m;
--- must_die
--- error_log: invalid zone "off:1m"



=== TEST 23: the other one
--- http_config
    plaid_replay_zone  on:1m;
--- must_die
--- error_log: invalid zone "on:1m"



=== TEST 24: a zone twice
--- http_config
    plaid_replay_zone  one:1m;
    plaid_replay_zone  one:1m;
--- must_die
--- error_log: duplicate plaid_replay_zone "one"



=== TEST 25: a zone twice, of two sizes
--- http_config
    plaid_replay_zone  one:1m;
    plaid_replay_zone  one:2m;
--- must_die
--- error_log: conflicts with already declared size



=== TEST 26: a zone in a server
--- config
    plaid_replay_zone  one:1m;
--- must_die
--- error_log: "plaid_replay_zone" directive is not allowed here



=== TEST 27: a ttl of 0
--- config
    plaid_replay  on ttl=0;
--- must_die
--- error_log: invalid parameter "ttl=0"



=== TEST 28: a ttl that is none
--- config
    plaid_replay  on ttl=soon;
--- must_die
--- error_log: invalid parameter "ttl=soon"



=== TEST 29: a grace that is none
--- config
    plaid_replay  on grace=-1;
--- must_die
--- error_log: invalid parameter "grace=-1"



=== TEST 30: bind to nothing
--- config
    plaid_replay  on bind=;
--- must_die
--- error_log: invalid parameter "bind="



=== TEST 31: bind to a variable that there is not
--- config
    plaid_replay  on bind=$no_such_variable;
--- must_die
--- error_log: unknown "no_such_variable" variable



=== TEST 32: a parameter that there is not
--- config
    plaid_replay  on size=1m;
--- must_die
--- error_log: invalid parameter "size=1m"



=== TEST 33: off, with parameters
--- config
    plaid_replay  off ttl=1m;
--- must_die
--- error_log: invalid



=== TEST 34: twice
--- config
    plaid_replay  on;
    plaid_replay  off;
--- must_die
--- error_log: "plaid_replay" directive is duplicate



=== TEST 35: no parameter
--- config
    plaid_replay;
--- must_die
--- error_log: invalid number of arguments in "plaid_replay" directive



=== TEST 36: units of time
--- plaid: onetime
--- location: plaid_replay on ttl=1h30m grace=1m500ms;
--- form: public_token=zone-36
--- exchanged: zone-36



=== TEST 37: two tenants of one client
--- plaid: onetime
--- http_config
    map $arg_tenant $id { default one; b two; }
    plaid_client bank {
        environment  http://127.0.0.1:$TEST_NGINX_PLAID_PORT/onetime;
        client_id    $id;
        secret       s3cr3t;
    }
--- check scene
is(saw(post('tenants-1', uri => '/t?tenant=a&app=500')),
   '500 exchanged access-tenants-1', 'one has it');
is(saw(post('tenants-1', uri => '/t?tenant=b')), $::Refused,
   'the other does not');
is(saw(post('tenants-1', uri => '/t?tenant=a')),
   '200 replayed access-tenants-1', 'the first still does');



=== TEST 38: an empty bind is the address, and nobody can post it
--- plaid: onetime
--- location: plaid_replay on bind=$arg_who;
--- check scene
is(saw(post('empty-1', uri => '/t?app=500')), '500 exchanged access-empty-1',
   'without a value');
is(saw(post('empty-1', uri => '/t?who=127.0.0.1')), $::Refused,
   'the address as a value is another one');
is(saw(post('empty-1')), '200 replayed access-empty-1', 'the same address');



=== TEST 39: what nobody took is counted and logged
--- plaid: onetime
--- config
    add_header  X-Status  $plaid_status always;
    add_header  X-Error   $plaid_error_type/$plaid_error_code always;

    location /t {
        plaid_exchange  bank;
        plaid_replay    on ttl=200ms;
        proxy_pass      http://app;
    }

    location /down {
        plaid_exchange  bank;
        plaid_replay    on ttl=200ms;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    }

    location /status {
        plaid_status;
    }
--- check scene
is(saw(post('gone-1', uri => '/t?app=500')), '500 exchanged access-gone-1',
   'the app failed');
like(saw(post('gone-2', uri => '/down')), qr/^502 /, 'no app');
ok(log_has(qr/not delivered in time, the app was called, .*"item-gone-1"/),
   'an app that was called');
ok(log_has(qr/not delivered in time, the app was not called, .*"item-gone-2"/),
   'one that was not');



=== TEST 40: binds that everybody shares
--- http_config
    plaid_replay on bind=everybody;
--- location: plaid_replay on bind=$cookie_connect.sid;
--- form: public_token=shared-1
--- exchanged: shared-1
--- error_log
no variable in "bind=everybody" of "plaid_replay"
"bind=$cookie_connect.sid" of "plaid_replay" is the cookie of the variable "$cookie_connect"



=== TEST 41: a proxy in front, and no realip: said once
--- plaid: onetime
--- check scene
saw(post("forwarded-$_", headers => ["X-Forwarded-For: 192.0.2.$_"]))
    for 1 .. 3;
is(log_has(qr/a post has "X-Forwarded-For".*"set_real_ip_from" or "bind=" of/),
   1, 'one line');
