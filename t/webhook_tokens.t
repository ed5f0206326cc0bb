# The public tokens of a verified webhook: exchanged at once, handed on as
# lists, or not at all.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Script;
use Plaid::Webhook;

master_on();
workers(2);

our $Config = <<'END';
    location /hook {
        plaid_webhook          bank;
        plaid_exchange         bank;
        plaid_exchange_tokens  4;
        add_header             X-Code $plaid_error_code always;
        proxy_pass             http://app;
    }
END

# the lists that the app got

sub ::lists {
    my ($text) = @_;

    return join ' ', map { $text =~ /^x-plaid-$_: (.*?)\r?$/mi ? $1 : '-' }
                     qw( access-token item-id status error-code );
}

plaid();
run_tests();

__DATA__

=== TEST 1: one token, as from a browser's post
--- config eval: $::Config
--- plaid: byname
--- check scene
key('one');

my $body = '{"webhook_type":"LINK","webhook_code":"ITEM_ADD_RESULT",'
           . '"public_token":"first-1"}';

is(::lists(answer(hook($body))), 'access-first-1 item-first-1 exchanged -',
   'exchanged');
is(calls(), 1, 'by one call');
is(told(hook($body)), '200 verified LINK/ITEM_ADD_RESULT',
   'beside the headers of every webhook');
is(::lists(answer(hook($body))), 'access-first-1 item-first-1 replayed -',
   'again');
is(::lists(answer(hook(link_hook('first-1')))),
   'access-first-1 item-first-1 replayed -', 'and as the session ends');
is(calls(), 1, 'still one call');



=== TEST 2: three tokens in order, and one that is used
--- config eval: $::Config
--- plaid: byname
--- check scene
key('one');

is(::lists(answer(hook(link_hook('tok-1', 'tok-2', 'tok-3')))),
   'access-tok-1,access-tok-2,access-tok-3 item-tok-1,item-tok-2,item-tok-3 '
   . 'exchanged,exchanged,exchanged -', 'three');
is(calls(), 3, 'three calls');

is(::lists(answer(hook(link_hook('tok-4', 'tok-bad', 'tok-5')))),
   'access-tok-4,,access-tok-5 item-tok-4,,item-tok-5 '
   . 'exchanged,rejected,exchanged ,INVALID_PUBLIC_TOKEN,', 'one is used');

is(::lists(answer(hook(link_hook('x-bad', 'y-bad')))),
   ', , rejected,rejected INVALID_PUBLIC_TOKEN,INVALID_PUBLIC_TOKEN', 'all');

my $odd = '{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED",'
          . '"public_token":"tok-6","public_tokens":["tok-6",7,null,"a,b"]}';

is(::lists(answer(hook($odd))),
   'access-tok-6,,, item-tok-6,,, exchanged,rejected,rejected,rejected '
   . ',INVALID_PUBLIC_TOKEN,INVALID_PUBLIC_TOKEN,INVALID_PUBLIC_TOKEN',
   'what is no token');



=== TEST 3: what is not exchanged
--- config eval: $::Config
--- plaid: byname
--- check scene
key('one');

my @bodies = (
    '{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED",'
    . '"status":"EXITED"}',
    '{"webhook_type":"TRANSACTIONS","webhook_code":"X","public_token":"a"}',
    'public_token=a',
);

is(::lists(answer(hook($_))), '- - - -', $_) for @bodies;
is(app_calls(), 3, 'the app got them');
is(calls(), 0, 'Plaid was not asked');

is(told(hook(link_hook(map { "t-$_" } 1 .. 5))), '400 TOO_MANY_TOKENS',
   'too many');
is(app_calls(), 3, 'are not for the app');



=== TEST 4: a token that cannot be exchanged now
--- config eval: $::Config
--- plaid: byname
--- check scene
key('one');

my $body = link_hook('a-1', 'b-busy', 'c-1');

is(told(hook($body)), '503 EXCHANGE_PENDING', 'Plaid comes again');
is(app_calls(), 0, 'the app was not called');
is(::lists(answer(hook($body))),
   'access-a-1,access-b-busy,access-c-1 item-a-1,item-b-busy,item-c-1 '
   . 'replayed,exchanged,replayed -', 'then it gets all');
is(calls(), 4, 'one token was asked for twice');
is(app_calls(), 1, 'the app was called once');



=== TEST 5: a call that hangs: an answer in time
--- config eval: $::Config
--- client: timeout 1s;
--- plaid: byname
--- check scene
key('one');

my $body = link_hook('h-1', 'h-hang');

is(told(hook($body)), '503 EXCHANGE_PENDING', 'in time');
is(app_calls(), 0, 'the app was not called');
log_has(qr/plaid exchange .*timeout_sent/);
is(told(hook($body)), '200 verified LINK/SESSION_FINISHED', 'the next try');
is(app_calls(), 1, 'called once');



=== TEST 6: lost, and known to be lost
--- config eval: $::Config
--- plaid: byname
--- check scene
key('one');

my $body = link_hook('l-1', 'l-gone');

is(told(hook($body)), '503 EXCHANGE_PENDING', 'unknown');
is(::lists(answer(hook($body))),
   'access-l-1, item-l-1, replayed,unknown ,CONNECTION_LOST',
   'settled by a probe');
is(::lists(answer(hook($body))),
   'access-l-1, item-l-1, replayed,unknown ,CONNECTION_LOST', 'and kept');
is(calls(), 3, 'no more calls');



=== TEST 7: the app fails, and gets the same token again
--- config
    location /hook {
        plaid_webhook   bank;
        plaid_exchange  bank;
        proxy_pass      http://app/x?app=500;
    }
--- plaid: onetime
--- check scene
key('one');

my $body = link_hook('again-1');

is(::lists(answer(hook($body))), 'access-again-1 item-again-1 exchanged -',
   'first');
is(::lists(answer(hook($body))), 'access-again-1 item-again-1 replayed -',
   'again');
is(calls(), 1, 'one call');



=== TEST 8: if= decides
--- config
    location /hook {
        plaid_webhook   bank;
        plaid_exchange  bank if=$http_x_want;
        proxy_pass      http://app;
    }
--- plaid: onetime
--- check scene
key('one');

is(::lists(answer(hook(link_hook('if-1')))), '- - - -', 'no');
is(::lists(answer(hook(link_hook('if-1'), headers => ['X-Want: 1']))),
   'access-if-1 item-if-1 exchanged -', 'yes');
