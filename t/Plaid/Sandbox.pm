package Plaid::Sandbox;

# For tests of the sandbox that need an answer to ask the next question:
#
#     use Plaid 'no_plan';
#     use Plaid::Sandbox;
#
# A block's section "story" is code that runs while nginx still does, after
# the block's own request, on an empty store.  What it may call:
#
#     current($path, {...}, %header)   JSON with the keys in headers
#     json($path, {...})               JSON as it is
#     form($path, {...}, $method)      urlencoded, POST unless told
#     get($path)
#
# each returns (status, body, headers), the body decoded when it is JSON;
#
#     item(@products)                  an access_token, linked and exchanged
#     said($want, \@got, $name)        checks "STATUS code" of an answer
#     stats($token)                    /sandbox/_stats, of one token
#     names(\%object)                  its members' names, sorted, in one string
#     is($got, $want, $name), like(), ok()

use strict;
use warnings;

use HTTP::Tiny ();
use JSON::PP ();
use Test::Nginx::Socket ();
use Test::More ();

use base 'Exporter';

our @EXPORT = qw( current json form get item said stats names $Keys );

# where the filter "eval" has the code of sections
Plaid::Sandbox->export_to('Test::Base::Filter');

push @Test::Nginx::Socket::ExtraSections, qw( story );

our $Keys = { client_id => 'test_id', secret => 'test_secret' };


sub export_to {
    my ($class, $package) = @_;

    no strict 'refs';

    for my $name (grep { !/^\$/ } @EXPORT) {
        *{"${package}::$name"} = \&{"${class}::$name"};
    }

    *{"${package}::Keys"} = \$Keys;
    *{"${package}::is"} = \&Test::More::is;
    *{"${package}::like"} = \&Test::More::like;
    *{"${package}::ok"} = \&Test::More::ok;
}


sub ask {
    my ($method, $path, $type, $content, %header) = @_;

    my $port = Test::Nginx::Socket::server_port();
    my $answer = HTTP::Tiny->new(timeout => 20, max_redirect => 0)->request(
        $method, "http://127.0.0.1:$port$path",
        { headers => { ($type ? ('Content-Type' => $type) : ()), %header },
          (defined $content ? (content => $content) : ()) });

    my $body = eval { JSON::PP::decode_json($answer->{content}) };

    return ($answer->{status}, $body // $answer->{content},
            $answer->{headers});
}


sub json {
    my ($path, $body, %header) = @_;

    return ask('POST', $path, 'application/json',
               ref $body ? JSON::PP::encode_json($body) : $body, %header);
}


sub current {
    my ($path, $body, %header) = @_;

    return json($path, $body, 'PLAID-CLIENT-ID' => 'test_id',
                'PLAID-SECRET' => 'test_secret', %header);
}


sub form {
    my ($path, $fields, $method) = @_;

    my $content = HTTP::Tiny->new->www_form_urlencode({ %$Keys, %$fields });

    return ask($method // 'POST', $path,
               'application/x-www-form-urlencoded', $content);
}


sub get { return ask('GET', @_) }


sub stats {
    my ($token) = @_;

    my ($status, $stats) =
        get('/sandbox/_stats' . (defined $token ? "?public_token=$token" : ''));

    return defined $token ? $stats->{tokens}{$token} : $stats;
}


sub item {
    my @products = @_ ? @_ : ('auth');

    my (undef, $made) = current('/sandbox/public_token/create',
        { institution_id => 'ins_3', initial_products => \@products });
    my (undef, $item) = current('/item/public_token/exchange',
        { public_token => $made->{public_token} });

    return $item->{access_token};
}


sub names {
    my ($object) = @_;

    return join ' ', sort keys %$object;
}


sub said {
    my ($want, $got, $name) = @_;

    my ($status, $body) = @$got;
    my $code = ref $body eq 'HASH' ? $body->{error_code} // $body->{code} : '';

    Test::More::is("$status " . ($code // '-'), $want, $name);
}


Test::Nginx::Socket::add_test_cleanup_handler(sub {
    my ($block) = @_;

    my $story = $block->story // return;

    # one nginx may run all blocks, and its store outlives a reload
    json('/sandbox/_reset', {});

    $story->($block);
});


1;
