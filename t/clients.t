# Calls of real clients, byte for byte: each is exchanged, and the app gets the
# same bytes.

use strict;
use warnings;

use lib 't';
use Plaid 'no_plan';
use Plaid::Clients;

plaid();

# A block's "call" is the number of a client's call.

push @Test::Nginx::Socket::ExtraSections, qw( call );

my @calls = Plaid::Clients::calls();

add_block_preprocessor(sub {
    my ($block) = @_;

    my $n = $block->call // return;
    my ($name, $type, $body) = @{ $calls[$n - 1] };

    die "call $n is \"$name\"\n" if $block->name !~ /: \Q$name\E\z/;

    $body =~ s/TOKEN/cl-$n/g;

    $block->set_value('raw_request',
        "POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "Content-Type: $type\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body");

    $block->set_value('response_body',
        "POST /t\nX-Plaid-Access-Token: access-cl-$n\n"
        . "X-Plaid-Item-Id: item-cl-$n\nX-Plaid-Request-Id: req-cl-$n\n"
        . "X-Plaid-Status: exchanged\n\n$body\n");

    $block->set_value('calls', 1);
});

run_tests();

__DATA__

=== TEST 1: curl -d
--- call: 1



=== TEST 2: curl --data-urlencode
--- call: 2



=== TEST 3: Python requests, data
--- call: 3



=== TEST 4: Python httpx, data
--- call: 4



=== TEST 5: Python aiohttp, data
--- call: 5



=== TEST 6: Python urllib
--- call: 6



=== TEST 7: fetch, URLSearchParams
--- call: 7



=== TEST 8: axios, URLSearchParams
--- call: 8



=== TEST 9: jQuery
--- call: 9



=== TEST 10: Chromium, form
--- call: 10



=== TEST 11: .NET FormUrlEncodedContent
--- call: 11



=== TEST 12: OkHttp FormBody
--- call: 12



=== TEST 13: Dart http, map
--- call: 13



=== TEST 14: Unity WWWForm
--- call: 14



=== TEST 15: LWP, form
--- call: 15



=== TEST 16: Ruby Net::HTTP
--- call: 16



=== TEST 17: Go PostForm
--- call: 17



=== TEST 18: Guzzle, form_params
--- call: 18



=== TEST 19: curl --json
--- call: 19



=== TEST 20: Python requests, json
--- call: 20



=== TEST 21: Python httpx, json
--- call: 21



=== TEST 22: Python aiohttp, json
--- call: 22



=== TEST 23: fetch, JSON.stringify
--- call: 23



=== TEST 24: fetch, an emoji cut in two
--- call: 24



=== TEST 25: axios, json
--- call: 25



=== TEST 26: axios 0.x, json
--- call: 26



=== TEST 27: .NET JsonContent
--- call: 27



=== TEST 28: OkHttp, json
--- call: 28



=== TEST 29: Retrofit, Gson
--- call: 29



=== TEST 30: Dart http, json
--- call: 30



=== TEST 31: HttpURLConnection
--- call: 31



=== TEST 32: PowerShell
--- call: 32



=== TEST 33: Go json.Encoder
--- call: 33



=== TEST 34: Guzzle, json
--- call: 34



=== TEST 35: JSON:API
--- call: 35



=== TEST 36: C++, a number of 40 digits
--- call: 36



=== TEST 37: curl -F
--- call: 37



=== TEST 38: Python requests, files
--- call: 38



=== TEST 39: Python httpx, files
--- call: 39



=== TEST 40: Python aiohttp, FormData
--- call: 40



=== TEST 41: Chromium, FormData
--- call: 41



=== TEST 42: Chromium, an empty file input
--- call: 42



=== TEST 43: Firefox, form
--- call: 43



=== TEST 44: Firefox 128, form
--- call: 44



=== TEST 45: undici, FormData
--- call: 45



=== TEST 46: Node form-data
--- call: 46



=== TEST 47: axios, FormData
--- call: 47



=== TEST 48: .NET MultipartFormDataContent
--- call: 48



=== TEST 49: OkHttp MultipartBody
--- call: 49



=== TEST 50: Retrofit, Part
--- call: 50



=== TEST 51: React Native
--- call: 51



=== TEST 52: Dart http, MultipartRequest
--- call: 52



=== TEST 53: Unity WWWForm, with a file
--- call: 53



=== TEST 54: LWP, form-data
--- call: 54



=== TEST 55: Ruby multipart-post
--- call: 55



=== TEST 56: Guzzle, multipart
--- call: 56



=== TEST 57: Apache HttpClient
--- call: 57



=== TEST 58: Spring RestTemplate
--- call: 58



=== TEST 59: Android, a boundary of stars
--- call: 59



=== TEST 60: Alamofire
--- call: 60



=== TEST 61: Python email
--- call: 61
