package Plaid::Clients;

# What HTTP clients put on the wire when they post a public token: for each
# call the content type and the body, in which TOKEN is the token.

use strict;
use warnings;

my $FORM = 'application/x-www-form-urlencoded';
my $JSON = 'application/json';
my $FILE = "%PDF-1.7\r\n\x00\xff--\r\n";


# A form of parts, each "headers\n\nvalue".

sub parts {
    my ($boundary, @parts) = @_;

    return join '', (map {
        my ($head, $value) = split /\n\n/, $_, 2;

        $head =~ s/\n/\r\n/g;
        "--$boundary\r\n$head\r\n\r\n$value\r\n";
    } @parts), "--$boundary--\r\n";
}


sub multipart {
    my ($name, $boundary, $type, @parts) = @_;

    $type = "multipart/form-data; boundary=$boundary" if !$type;

    return [ $name, $type, parts($boundary, @parts) ];
}


# [ name, content type, body ] of each call.

sub calls {
    my $token = qq(Content-Disposition: form-data; name="public_token");
    my $note = qq(Content-Disposition: form-data; name="note");
    my $file = qq(Content-Disposition: form-data; name="f"; filename);

    return (
        [ 'curl -d', $FORM, 'public_token=TOKEN' ],
        [ 'curl --data-urlencode', $FORM,
          'note=a%20%26%20b&public_token=TOKEN' ],
        [ 'Python requests, data', $FORM,
          'public_token=TOKEN&note=%E2%82%AC+x' ],
        [ 'Python httpx, data', $FORM, 'public_token=TOKEN&note=a+b' ],
        [ 'Python aiohttp, data', $FORM, 'public_token=TOKEN&note=a+b' ],
        [ 'Python urllib', $FORM, 'public_token=TOKEN' ],
        [ 'fetch, URLSearchParams', "$FORM;charset=UTF-8",
          'public_token=TOKEN&note=a+b%7E' ],
        [ 'axios, URLSearchParams', "$FORM;charset=utf-8",
          'public_token=TOKEN' ],
        [ 'jQuery', "$FORM; charset=UTF-8",
          'public_token=TOKEN&accounts%5B0%5D%5Bid%5D=a' ],
        [ 'Chromium, form', $FORM,
          'note=line%0D%0Atwo+%E2%82%AC&public_token=TOKEN&submit=' ],
        [ '.NET FormUrlEncodedContent', $FORM,
          'public_token=TOKEN&note=a+b' ],
        [ 'OkHttp FormBody', $FORM, 'public_token=TOKEN&note=a%20b' ],
        [ 'Dart http, map', "$FORM; charset=utf-8", 'public_token=TOKEN' ],
        [ 'Unity WWWForm', $FORM, 'public_token=TOKEN&score=1' ],
        [ 'LWP, form', $FORM, 'public_token=TOKEN&note=a+b' ],
        [ 'Ruby Net::HTTP', $FORM, 'public_token=TOKEN&note=a+b' ],
        [ 'Go PostForm', $FORM, 'note=a+b&public_token=TOKEN' ],
        [ 'Guzzle, form_params', $FORM, 'public_token=TOKEN&a%5Bb%5D=c' ],

        [ 'curl --json', $JSON, '{"public_token":"TOKEN"}' ],
        [ 'Python requests, json', $JSON,
          '{"public_token": "TOKEN", "note": "\u20ac \ud83d\ude00"}' ],
        [ 'Python httpx, json', $JSON,
          qq({"public_token":"TOKEN","note":"\xe2\x82\xac"}) ],
        [ 'Python aiohttp, json', $JSON, '{"public_token": "TOKEN"}' ],
        [ 'fetch, JSON.stringify', $JSON,
          '{"public_token":"TOKEN","metadata":{"public_token":"TOKEN",'
          . '"accounts":[{"id":"a","name":"x"}],"link_session_id":"s"}}' ],
        [ 'fetch, an emoji cut in two', $JSON,
          '{"public_token":"TOKEN","note":"x\ud83d"}' ],
        [ 'axios, json', $JSON, '{"public_token":"TOKEN","n":1e+21}' ],
        [ 'axios 0.x, json', "$JSON;charset=utf-8",
          '{"public_token":"TOKEN"}' ],
        [ '.NET JsonContent', "$JSON; charset=utf-8",
          '{"public_token":"TOKEN","note":"\u0022"}' ],
        [ 'OkHttp, json', "$JSON; charset=utf-8",
          '{"public_token":"TOKEN"}' ],
        [ 'Retrofit, Gson', "$JSON; charset=UTF-8",
          '{"note":"a\u003db","public_token":"TOKEN"}' ],
        [ 'Dart http, json', "$JSON; charset=utf-8",
          '{"public_token":"TOKEN"}' ],
        [ 'HttpURLConnection', "$JSON; utf-8", '{"public_token": "TOKEN"}' ],
        [ 'PowerShell', $JSON,
          qq({\r\n    "public_token":  "TOKEN",\r\n    "n":  1.0\r\n}) ],
        [ 'Go json.Encoder', $JSON, qq({"public_token":"TOKEN"}\n) ],
        [ 'Guzzle, json', $JSON,
          '{"public_token":"TOKEN","url":"https:\/\/a\/"}' ],
        [ 'JSON:API', 'application/vnd.api+json',
          '{"data":{"type":"x"},"public_token":"TOKEN"}' ],
        [ 'C++, a number of 40 digits', $JSON,
          '{"id":1234567890123456789012345678901234567890,'
          . '"public_token":"TOKEN"}' ],

        multipart('curl -F', '------------------------d74496d66958873e', '',
                  "$token\n\nTOKEN",
                  qq($file="a.pdf"\nContent-Type: application/pdf\n\n$FILE)),
        multipart('Python requests, files',
                  'b0a1e0c0d6f9a2e0b5b8e3d1c4f7a6b9', '',
                  "$token\n\nTOKEN", qq($file="a.pdf"\n\n$FILE)),
        multipart('Python httpx, files', 'c7c3f1d6f9a2e0b5b8e3d1c4f7a6b9b0',
                  '', "$token\n\nTOKEN",
                  qq($file="a.pdf"\nContent-Type: application/pdf\n\n$FILE)),
        multipart('Python aiohttp, FormData',
                  '9d3f1d6f9a2e4b5b8e3d1c4f7a6b9b0a', '',
                  "Content-Type: text/plain; charset=utf-8\n$token\n\nTOKEN",
                  qq(Content-Type: application/pdf\n$file="a.pdf")
                  . qq(\n\n$FILE)),
        multipart('Chromium, FormData',
                  '----WebKitFormBoundary7MA4YWxkTrZu0gW', '',
                  qq($file="a b.pdf"\nContent-Type: application/pdf)
                  . qq(\n\n$FILE),
                  "$token\n\nTOKEN", "$note\n\nline\r\ntwo"),
        multipart('Chromium, an empty file input',
                  '----WebKitFormBoundaryA4B5C6D7E8F9G0H1', '',
                  qq($file=""\nContent-Type: application/octet-stream\n\n),
                  "$token\n\nTOKEN"),
        multipart('Firefox, form',
                  '---------------------------9051914041544843365972754266',
                  '', "$token\n\nTOKEN", "$note\n\n"),
        multipart('Firefox 128, form',
                  '----geckoformboundaryf1e2d3c4b5a69788f1e2d3c4b5a69788', '',
                  "$token\n\nTOKEN"),
        multipart('undici, FormData', '----formdata-undici-011858385429',
                  '', "$token\n\nTOKEN", "$note\n\nx"),
        multipart('Node form-data',
                  '--------------------------515890814546601021194782', '',
                  "$token\n\nTOKEN"),
        multipart('axios, FormData', 'axios-1.7.9-boundary-AbCdEf-0123456789',
                  '', "$token\n\nTOKEN"),
        multipart('.NET MultipartFormDataContent',
                  '0a1b2c3d-4e5f-6789-abcd-ef0123456789',
                  'multipart/form-data; '
                  . 'boundary="0a1b2c3d-4e5f-6789-abcd-ef0123456789"',
                  "Content-Type: text/plain; charset=utf-8\n"
                  . "Content-Disposition: form-data; name=public_token"
                  . "\n\nTOKEN",
                  "Content-Disposition: form-data; name=f; filename=a.pdf; "
                  . "filename*=utf-8''a.pdf\n\n$FILE"),
        multipart('OkHttp MultipartBody',
                  'f1e2d3c4-b5a6-9788-a1b2-c3d4e5f60718', '',
                  "$token\nContent-Length: 5\n\nTOKEN"),
        multipart('Retrofit, Part', 'a9788f1e-2d3c-4b5a-8a1b-2c3d4e5f6071',
                  '', "$token\nContent-Transfer-Encoding: binary\n"
                  . "Content-Type: text/plain; charset=UTF-8\n"
                  . "Content-Length: 5\n\nTOKEN"),
        multipart('React Native', 'kCbUlGKtvK5sWXBnJ3e8aXFLWFSLrMVJYkUa',
                  '', qq(content-disposition: form-data; name="public_token")
                  . "\n\nTOKEN"),
        multipart('Dart http, MultipartRequest',
                  'dart-http-boundary-Aq+.9_xYz0-bcdefGHIJKLMNOPQRSTUVWXYZ0123',
                  '', qq(content-disposition: form-data; name="public_token")
                  . "\n\nTOKEN",
                  qq(content-disposition: form-data; name="n"\n)
                  . "content-type: text/plain; charset=utf-8\n"
                  . "content-transfer-encoding: binary\n\n\xe2\x82\xac"),
        [ 'Unity WWWForm, with a file',
          'multipart/form-data; boundary="a8dK3jf92kdU7ehq0LmZpQ"',
          "\r\n--a8dK3jf92kdU7ehq0LmZpQ\r\n"
          . qq(Content-Type: text/plain; charset="utf-8"\r\n)
          . qq(Content-disposition: form-data; name="public_token"\r\n\r\n)
          . "TOKEN\r\n--a8dK3jf92kdU7ehq0LmZpQ--\r\n" ],
        multipart('LWP, form-data', 'xYzZY', '', "$token\n\nTOKEN",
                  qq($file="a.pdf"\nContent-Length: 15\n)
                  . "Content-Type: application/pdf\n\n$FILE"),
        multipart('Ruby multipart-post',
                  '-----------RubyMultipartPost-4f8e2d1c0b9a', '',
                  "$token\n\nTOKEN"),
        multipart('Guzzle, multipart',
                  '4f8e2d1c0b9a4f8e2d1c0b9a4f8e2d1c0b9a4f8e', '',
                  "$token\nContent-Length: 5\n\nTOKEN"),
        multipart('Apache HttpClient', 'Kq8_x-3zTLm5vN1Rb7Yw0Dj2HcPfXsEa',
                  '', "$token\nContent-Type: text/plain; charset=ISO-8859-1\n"
                  . "Content-Transfer-Encoding: 8bit\n\nTOKEN"),
        multipart('Spring RestTemplate', 'Rb7Yw0Dj2HcPfXsEaKq8_x-3zTLm5vN1',
                  'multipart/form-data;charset=UTF-8;'
                  . 'boundary=Rb7Yw0Dj2HcPfXsEaKq8_x-3zTLm5vN1',
                  "$token\nContent-Type: text/plain;charset=UTF-8\n"
                  . "Content-Length: 5\n\nTOKEN"),
        multipart('Android, a boundary of stars', '*****', '',
                  "$token\n\nTOKEN",
                  qq($file="a"b.pdf"\n\n$FILE)),
        multipart('Alamofire', 'alamofire.boundary.0f1e2d3c4b5a6978', '',
                  "$token\n\nTOKEN"),
        multipart('Python email', '===============7330845974216740156==',
                  'multipart/form-data; '
                  . 'boundary="===============7330845974216740156=="',
                  "$token\n\nTOKEN"),
    );
}

1;
