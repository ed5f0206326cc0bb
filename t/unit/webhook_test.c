
/*
 * JWTs, keys, signatures and bodies of webhooks.
 */


#include "webhook_env.h"
#include "ngx_plaid_base64url.h"
#include "ngx_plaid_webhook_body.h"
#include <unistd.h>


#define HEADER  "{\"alg\":\"ES256\",\"kid\":\"" WEBHOOK_KID "\"," \
                "\"typ\":\"JWT\"}"
#define HASH    "bbe8e9a86da74b9bd8f9e8b0f9b1f8ba9c4d4f8a2e9d1c0b7a6f5e4d3c2b1a09"
#define CLAIMS  "{\"iat\":1700000000,\"request_body_sha256\":\"" HASH "\"}"


static ngx_plaid_webhook_jwt_t  jwt;
static EVP_PKEY                *pkey;
static ngx_plaid_webhook_key_t  key;


/* the value is a block of its own, so that ASan sees a byte read behind it */

static ngx_str_t
block(const char *text, size_t len)
{
    ngx_str_t  s;

    s.len = len;
    s.data = malloc(len ? len : 1);

    if (s.data == NULL) {
        /* this allocation was the one to be refused */
        s.data = malloc(len ? len : 1);
    }

    memcpy(s.data, text, len);

    return s;
}


static ngx_plaid_webhook_e
read_value(const char *text)
{
    static ngx_str_t  value;

    free(value.data);
    value = block(text, strlen(text));

    memset(&jwt, 0xee, sizeof(jwt));

    return ngx_plaid_webhook_jwt_read(&jwt, &value);
}


static ngx_plaid_webhook_e
read_parts(const char *header, const char *claims, size_t signature)
{
    char    text[4096];
    u_char  raw[1024];

    text[0] = '\0';
    webhook_encode(text, header, strlen(header));
    strcat(text, ".");
    webhook_encode(text, claims, strlen(claims));

    if (signature == 64) {
        webhook_sign(pkey, text, raw);

    } else {
        memset(raw, 0x11, sizeof(raw));
    }

    strcat(text, ".");
    webhook_encode(text, raw, signature);

    return read_value(text);
}


static void
is_code(ngx_plaid_webhook_e got, const char *code, const char *what)
{
    is_str(ngx_plaid_webhook_code(got), code, what);
}


static void
test_base64url(void)
{
    size_t       len;
    u_char       dst[8];
    ngx_str_t    s;
    ngx_uint_t   i;

    static struct {
        const char  *text;
        const char  *bytes;
    } good[] = {
        { "", "" }, { "Zg", "f" }, { "Zm8", "fo" }, { "Zm9v", "foo" },
        { "Zm9vYg", "foob" }, { "-_-_", "\xfb\xff\xbf" },
        { "Zm9vYmFyLi4", "foobar.." }, { NULL, NULL }
    };

    static const char  *bad[] = {
        "Z", "Zm9vY", "Zg==", "Zg=", "Zh", "Zm9", "+/+/", "Zm 9", "Zm9v\n",
        "Zm9vYmFyLi4u", "Zm9v.", "\xc3\xa9\xc3\xa9", NULL
    };

    for (i = 0; good[i].text; i++) {
        s = block(good[i].text, strlen(good[i].text));

        ok(ngx_plaid_base64url_decode(dst, sizeof(dst), &len, &s) == NGX_OK
           && len == strlen(good[i].bytes)
           && memcmp(dst, good[i].bytes, len) == 0,
           "base64url \"%s\"", good[i].text);

        free(s.data);
    }

    for (i = 0; bad[i]; i++) {
        s = block(bad[i], strlen(bad[i]));

        ok(ngx_plaid_base64url_decode(dst, sizeof(dst), &len, &s)
           == NGX_DECLINED,
           "base64url refused: \"%s\"", bad[i]);

        free(s.data);
    }
}


static void
test_jwt(void)
{
    u_char  hash[32];
    size_t  i;

    is_code(read_parts(HEADER, CLAIMS, 64), "", "a JWT as Plaid's");

    ok(jwt.kid_len == strlen(WEBHOOK_KID)
       && memcmp(jwt.kid, WEBHOOK_KID, jwt.kid_len) == 0, "its kid");
    ok(jwt.iat == 1700000000, "its iat");

    for (i = 0; i < 32; i++) {
        hash[i] = ngx_hextoi((u_char *) HASH + 2 * i, 2);
    }

    ok(memcmp(jwt.hash, hash, 32) == 0, "its hash");
    ok(jwt.signature_len == 64, "its signature");

    is_code(read_parts(HEADER, "{\"iat\":1,\"request_body_sha256\":\""
                       "BBE8E9A86DA74B9BD8F9E8B0F9B1F8BA"
                       "9C4D4F8A2E9D1C0B7A6F5E4D3C2B1A09\"}", 64),
            "", "a hash in upper case");
    ok(memcmp(jwt.hash, hash, 32) == 0, "is the same");

    is_code(read_parts("{\"alg\":\"ES256\",\"kid\":\"a\",\"jku\":\"http://x\","
                       "\"jwk\":{\"kty\":\"EC\"},\"x5c\":[]}", CLAIMS, 64),
            "", "other members of the header are not looked at");
}


static void
test_jwt_header(void)
{
    char         text[256];
    ngx_uint_t   i;

    static const char  *algorithms[] = {
        "none", "None", "HS256", "ES384", "ES512", "RS256", "PS256", "es256",
        "ES256 ", "EdDSA", "ES256K", "", NULL
    };

    static const char  *malformed[] = {
        "", "x", "null", "[]", "\"ES256\"", "{}", "{\"alg\":\"ES256\"}",
        "{\"kid\":\"a\"}",
        "{\"alg\":null,\"kid\":\"a\"}",
        "{\"alg\":[\"ES256\"],\"kid\":\"a\"}",
        "{\"alg\":256,\"kid\":\"a\"}",
        "{\"alg\":\"ES256\\u0000\",\"kid\":\"a\"}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"a\"}",
        "{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"a\"}",
        "{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"a\"}",
        "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"kid\":\"a\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"kid\":\"b\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"crit\":null}",
        "{\"alg\":\"ES256\",\"kid\":\"a\"} {}",
        "{\"alg\":\"ES256\",\"kid\":\"a\"",
        "{\"alg\":\"ES256\",\"kid\":\"a\",}",
        "{\"alg\":\"ES256\",\"kid\":\"\"}",
        "{\"alg\":\"ES256\",\"kid\":7}",
        "{\"alg\":\"ES256\",\"kid\":\"a b\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a/b\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a.b\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a\\\"b\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a\\nb\"}",
        "{\"alg\":\"ES256\",\"kid\":\"\xc3\xa9\"}",
        "{\"alg\":\"ES256\",\"kid\":\"\xff\"}",
        "{\"alg\":\"ES256\",\"kid\":\""
        "12345678901234567890123456789012345678901234567890123456789012345"
        "\"}",
        NULL
    };

    for (i = 0; algorithms[i]; i++) {
        sprintf(text, "{\"alg\":\"%s\",\"kid\":\"a\"}", algorithms[i]);
        is_code(read_parts(text, CLAIMS, 64), "ALGORITHM", text);
    }

    is_code(read_parts("{\"alg\":\"none\"}", CLAIMS, 0), "ALGORITHM",
            "none without a signature");

    for (i = 0; malformed[i]; i++) {
        is_code(read_parts(malformed[i], CLAIMS, 64), "MALFORMED",
                malformed[i]);
    }

    is_code(read_parts("{\"alg\":\"ES256\",\"kid\":\""
                       "1234567890123456789012345678901234567890123456789012"
                       "345678-_azAZ\"}", CLAIMS, 64),
            "", "a kid of 64 bytes");
}


static void
test_jwt_claims(void)
{
    ngx_uint_t  i;

    static const char  *malformed[] = {
        "", "[]", "{}", "{\"iat\":1}",
        "{\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":\"1\",\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":1.0,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":1e3,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":null,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":true,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":9223372036854775808,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":-9223372036854775809,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":1,\"iat\":1,\"request_body_sha256\":\"" HASH "\"}",
        "{\"iat\":1,\"request_body_sha256\":\"\"}",
        "{\"iat\":1,\"request_body_sha256\":7}",
        "{\"iat\":1,\"request_body_sha256\":\"" HASH "0\"}",
        "{\"iat\":1,\"request_body_sha256\":\"zz" HASH "\"}",
        "{\"iat\":1,\"request_body_sha256\":"
        "\"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\"}",
        "{\"iat\":1,\"request_body_sha256\":"
        "\"bbe8e9a86da74b9bd8f9e8b0f9b1f8ba"
        "9c4d4f8a2e9d1c0b7a6f5e4d3c2b1a0 \"}",
        "{\"iat\":1,\"request_body_sha256\":\"" HASH "\"}x",
        NULL
    };

    for (i = 0; malformed[i]; i++) {
        is_code(read_parts(HEADER, malformed[i], 64), "MALFORMED",
                malformed[i]);
    }
}


static void
test_jwt_form(void)
{
    char         text[2048], part[2560];
    ngx_uint_t   i;

    static const char  *malformed[] = {
        "", ".", "..", "...", "a", "a.b", "a.b.c.d", "e30.e30", "e30.e30.",
        "e30.e30..", ".e30.e30", NULL
    };

    for (i = 0; malformed[i]; i++) {
        is_code(read_value(malformed[i]), "MALFORMED", malformed[i]);
    }

    text[0] = '\0';
    webhook_encode(text, HEADER, strlen(HEADER));
    strcat(text, ".");
    webhook_encode(text, CLAIMS, strlen(CLAIMS));

    sprintf(part, "%s.%s", text, "AAAA");
    is_code(read_value(part), "", "a short signature is no matter of form");

    sprintf(part, "%s.%s", text, "AAA=");
    is_code(read_value(part), "MALFORMED", "padding");

    sprintf(part, "%s.%s", text, "AAB");
    is_code(read_value(part), "MALFORMED", "spare bits");

    sprintf(part, "%s.%s", text, "AA+/");
    is_code(read_value(part), "MALFORMED", "base64 instead of base64url");

    sprintf(part, "%s.AA%cA", text, ' ');
    is_code(read_value(part), "MALFORMED", "a blank");

    sprintf(part, " %s.AAAA", text);
    is_code(read_value(part), "MALFORMED", "a blank before it");

    sprintf(part, "%s.AAAA.AAAA", text);
    is_code(read_value(part), "MALFORMED", "a fourth part");

    is_code(read_parts(HEADER, CLAIMS, 512), "", "a part of 512 bytes");
    is_code(read_parts(HEADER, CLAIMS, 513), "MALFORMED", "of 513");

    memset(text, 'A', 1025);
    text[400] = text[800] = '.';
    text[1025] = '\0';
    is_code(read_value(text), "MALFORMED", "1025 bytes");
}


static void
test_time(void)
{
    jwt.iat = 1700000000;

    is_code(ngx_plaid_webhook_jwt_time(&jwt, 1700000300, 300, 30), "",
            "300 s old");
    is_code(ngx_plaid_webhook_jwt_time(&jwt, 1700000301, 300, 30), "STALE",
            "301 s old");
    is_code(ngx_plaid_webhook_jwt_time(&jwt, 1699999970, 300, 30), "",
            "30 s ahead");
    is_code(ngx_plaid_webhook_jwt_time(&jwt, 1699999969, 300, 30), "STALE",
            "31 s ahead");

    jwt.iat = INT64_MAX;
    is_code(ngx_plaid_webhook_jwt_time(&jwt, 1700000000, 300, 30), "STALE",
            "at the end of time");

    jwt.iat = INT64_MIN;
    is_code(ngx_plaid_webhook_jwt_time(&jwt, 1700000000, 300, 30), "STALE",
            "before it began");
}


static void
number(u_char *dst, const char *hex)
{
    size_t  i;

    for (i = 0; i < 32; i++) {
        dst[i] = ngx_hextoi((u_char *) hex + 2 * i, 2);
    }
}


#define ZERO   "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE    "0000000000000000000000000000000000000000000000000000000000000001"
#define LAST   "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define ORDER  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define MOST   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"


static void
test_signature(void)
{
    size_t                    i, len;
    u_char                    raw[64];
    ngx_uint_t                n;
    EVP_PKEY                 *other;
    ngx_plaid_webhook_key_t   another;

    static struct {
        const char  *r;
        const char  *s;
        const char  *code;
    } numbers[] = {
        { ONE, ONE, "" }, { LAST, LAST, "" },
        { ZERO, ONE, "SIGNATURE" }, { ONE, ZERO, "SIGNATURE" },
        { ZERO, ZERO, "SIGNATURE" }, { ORDER, ONE, "SIGNATURE" },
        { ONE, ORDER, "SIGNATURE" }, { MOST, ONE, "SIGNATURE" },
        { ONE, MOST, "SIGNATURE" }, { NULL, NULL, NULL }
    };

    /* numbers with leading zeros come by, too */

    for (i = 0, n = 0; i < 300; i++) {
        n += read_parts(HEADER, CLAIMS, 64) == NGX_PLAID_WEBHOOK_VERIFIED
             && ngx_plaid_webhook_key_precheck(&jwt)
                == NGX_PLAID_WEBHOOK_VERIFIED
             && ngx_plaid_webhook_key_verify(&key, &jwt)
                == NGX_PLAID_WEBHOOK_VERIFIED;
    }

    is_int(n, 300, "signatures that are right");

    memcpy(raw, jwt.signature, 64);

    for (i = 0, n = 0; i < 512; i++) {
        memcpy(jwt.signature, raw, 64);
        jwt.signature[i / 8] ^= 1 << (i % 8);

        n += ngx_plaid_webhook_key_precheck(&jwt)
             == NGX_PLAID_WEBHOOK_SIGNATURE
             || ngx_plaid_webhook_key_verify(&key, &jwt)
                == NGX_PLAID_WEBHOOK_SIGNATURE;
    }

    is_int(n, 512, "signatures with one bit changed");

    memcpy(jwt.signature, raw, 64);

    for (i = 0, n = 0; i < jwt.text.len; i++) {
        jwt.text.data[i] ^= 1;
        n += ngx_plaid_webhook_key_verify(&key, &jwt)
             == NGX_PLAID_WEBHOOK_SIGNATURE;
        jwt.text.data[i] ^= 1;
    }

    is_int(n, jwt.text.len, "texts with one byte changed");

    other = webhook_new_key(&another);

    is_code(ngx_plaid_webhook_key_verify(&another, &jwt), "SIGNATURE",
            "another key's");
    is_code(ngx_plaid_webhook_key_verify(&key, &jwt), "",
            "and again with the right one");

    EVP_PKEY_free(other);

    for (n = 0; numbers[n].r; n++) {
        number(jwt.signature, numbers[n].r);
        number(jwt.signature + 32, numbers[n].s);

        is_code(ngx_plaid_webhook_key_precheck(&jwt), numbers[n].code,
                "a number's range");

        if (numbers[n].code[0] == '\0') {
            is_code(ngx_plaid_webhook_key_verify(&key, &jwt), "SIGNATURE",
                    "in range, and wrong");
        }
    }

    for (len = 0; len <= 80; len++) {
        (void) read_parts(HEADER, CLAIMS, len);

        if (len != 64) {
            ok(ngx_plaid_webhook_key_precheck(&jwt)
               == NGX_PLAID_WEBHOOK_SIGNATURE, "%d bytes", (int) len);
        }
    }
}


static void
test_signature_der(void)
{
    char         text[1024];
    size_t       len;
    u_char       der[128];
    EVP_MD_CTX  *ctx;

    text[0] = '\0';
    webhook_encode(text, HEADER, strlen(HEADER));
    strcat(text, ".");
    webhook_encode(text, CLAIMS, strlen(CLAIMS));

    ctx = EVP_MD_CTX_new();
    len = sizeof(der);

    ok(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1
       && EVP_DigestSign(ctx, der, &len, (u_char *) text, strlen(text)) == 1,
       "a signature in DER");

    EVP_MD_CTX_free(ctx);

    strcat(text, ".");
    webhook_encode(text, der, len);

    is_code(read_value(text), "", "is a JWT by its form");
    is_code(ngx_plaid_webhook_key_precheck(&jwt), "SIGNATURE",
            "but no signature");
}


/* a key of which one member is changed; "value" NULL: left out */

static ngx_plaid_webhook_key_e
read_key(const char *name, const char *value, ngx_plaid_webhook_key_t *got)
{
    char                      text[2048], x[64], y[64], *p;
    ngx_str_t                 body, kid;
    ngx_uint_t                i;
    ngx_plaid_webhook_key_e   rc;

    const char  *members[][2] = {
        { "alg", "\"ES256\"" }, { "crv", "\"P-256\"" },
        { "kid", "\"" WEBHOOK_KID "\"" }, { "kty", "\"EC\"" },
        { "use", "\"sig\"" }, { "x", x }, { "y", y },
        { "created_at", "1560466143" }, { "expired_at", "null" }
    };

    strcpy(x, "\"");
    webhook_encode(x, key.x, 32);
    strcat(x, "\"");

    strcpy(y, "\"");
    webhook_encode(y, key.y, 32);
    strcat(y, "\"");

    p = text + sprintf(text, "{\"key\":{");

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {

        if (name && strcmp(members[i][0], name) == 0) {
            if (value == NULL) {
                continue;
            }

            members[i][1] = value;
        }

        p += sprintf(p, "%s\"%s\":%s", i ? "," : "", members[i][0],
                     members[i][1]);
    }

    strcpy(p, "},\"request_id\":\"HNTDNrA8F1shFEW\"}");

    body = block(text, strlen(text));
    kid = unit_str(WEBHOOK_KID);

    memset(got, 0xee, sizeof(ngx_plaid_webhook_key_t));

    rc = ngx_plaid_webhook_key_read(got, 200, &body, &kid);

    free(body.data);

    return rc;
}


static ngx_plaid_webhook_key_e
read_reply(ngx_uint_t status, const char *text)
{
    ngx_str_t                 body, kid;
    ngx_plaid_webhook_key_e   rc;
    ngx_plaid_webhook_key_t   got;

    body = block(text, strlen(text));
    kid = unit_str(WEBHOOK_KID);

    rc = ngx_plaid_webhook_key_read(&got, status, &body, &kid);

    free(body.data);

    return rc;
}


static void
test_key(void)
{
    char                      x[64];
    u_char                    off[33];
    ngx_uint_t                i;
    ngx_plaid_webhook_key_t   got;

    static const char  *wrong[][2] = {
        { "alg", NULL }, { "alg", "\"ES384\"" }, { "alg", "null" },
        { "crv", NULL }, { "crv", "\"P-384\"" }, { "crv", "\"secp256k1\"" },
        { "kid", NULL }, { "kid", "\"other\"" }, { "kid", "7" },
        { "kty", NULL }, { "kty", "\"RSA\"" }, { "use", NULL },
        { "use", "\"enc\"" }, { "x", NULL }, { "x", "7" }, { "x", "\"\"" },
        { "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" },
        { "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" },
        { "y", NULL }, { "y", "\"AAAA\"" }, { NULL, NULL }
    };

    static const char  *bad[] = {
        "", "{", "null", "[]", "{}", "{\"key\":null}", "{\"key\":[]}",
        "{\"key\":{}}", "{\"key\":{},\"key\":{}}", NULL
    };

    ok(read_key(NULL, NULL, &got) == NGX_PLAID_WEBHOOK_KEY_FOUND
       && memcmp(got.x, key.x, 32) == 0 && memcmp(got.y, key.y, 32) == 0
       && got.expired == 0, "a key");

    ok(read_key("expired_at", NULL, &got) == NGX_PLAID_WEBHOOK_KEY_FOUND
       && got.expired == 0, "a key without expired_at");

    ok(read_key("expired_at", "4102444800", &got)
       == NGX_PLAID_WEBHOOK_KEY_FOUND && got.expired,
       "a key that will expire counts as expired");

    ok(read_key("expired_at", "\"2020-01-01\"", &got)
       == NGX_PLAID_WEBHOOK_KEY_FOUND && got.expired, "in any form");

    for (i = 0; wrong[i][0]; i++) {
        ok(read_key(wrong[i][0], wrong[i][1], &got)
           == NGX_PLAID_WEBHOOK_KEY_FAILED,
           "a key with %s %s", wrong[i][0],
           wrong[i][1] ? wrong[i][1] : "left out");
    }

    memcpy(off, key.x, 32);
    off[31] ^= 1;
    strcpy(x, "\"");
    webhook_encode(x, off, 32);
    strcat(x, "\"");

    ok(read_key("x", x, &got) == NGX_PLAID_WEBHOOK_KEY_FAILED,
       "a point off the curve");

    memset(off, 0xff, 32);
    strcpy(x, "\"");
    webhook_encode(x, off, 32);
    strcat(x, "\"");

    ok(read_key("y", x, &got) == NGX_PLAID_WEBHOOK_KEY_FAILED,
       "a coordinate beyond the field");

    memcpy(off, key.x, 32);
    off[32] = 0;
    strcpy(x, "\"");
    webhook_encode(x, off, 33);
    strcat(x, "\"");

    ok(read_key("x", x, &got) == NGX_PLAID_WEBHOOK_KEY_FAILED,
       "a coordinate of 33 bytes");

    for (i = 0; bad[i]; i++) {
        ok(read_reply(200, bad[i]) == NGX_PLAID_WEBHOOK_KEY_FAILED,
           "a reply of %s", bad[i]);
    }

#define ABSENT  "{\"error_type\":\"INVALID_INPUT\"," \
                "\"error_code\":\"INVALID_WEBHOOK_VERIFICATION_KEY_ID\"}"

    ok(read_reply(400, ABSENT) == NGX_PLAID_WEBHOOK_KEY_ABSENT, "no such key");
    ok(read_reply(500, ABSENT) == NGX_PLAID_WEBHOOK_KEY_FAILED, "not by 500");
    ok(read_reply(200, ABSENT) == NGX_PLAID_WEBHOOK_KEY_FAILED, "not by 200");
    ok(read_reply(400, "{\"error_code\":\"INVALID_API_KEYS\"}")
       == NGX_PLAID_WEBHOOK_KEY_FAILED, "another error");
    ok(read_reply(400, "{\"error_code\":null}")
       == NGX_PLAID_WEBHOOK_KEY_FAILED, "an error without code");
}


/* the SHA-256 over chains that are cut anywhere, in memory and in a file */

static void
test_hash(void)
{
    FILE         *f;
    size_t        cuts[2], i, k;
    u_char        hash[32], expected[32];
    unsigned      len;
    ngx_buf_t     buf;
    ngx_str_t     body, text;
    ngx_uint_t    n;
    ngx_file_t    file;
    ngx_pool_t   *pool;
    ngx_chain_t  *in, link;

    static u_char  large[10000];

    pool = unit_pool();
    body = unit_str("{\"webhook_type\":\"ITEM\"}");

    EVP_Digest(body.data, body.len, expected, &len, EVP_sha256(), NULL);

    for (i = 0, n = 0; i <= body.len; i++) {
        for (k = i; k <= body.len; k++) {
            cuts[0] = i;
            cuts[1] = k;

            in = unit_chain(pool, &body, cuts, 2);

            n += ngx_plaid_webhook_body_hash(in, hash) == NGX_OK
                 && memcmp(hash, expected, 32) == 0
                 && ngx_plaid_webhook_body_text(pool, in, &text) == NGX_OK
                 && text.len == body.len
                 && memcmp(text.data, body.data, body.len) == 0;

            unit_chain_free(in);
        }
    }

    is_int(n, (body.len + 1) * (body.len + 2) / 2, "bodies in three buffers");

    EVP_Digest("", 0, expected, &len, EVP_sha256(), NULL);

    ok(ngx_plaid_webhook_body_hash(NULL, hash) == NGX_OK
       && memcmp(hash, expected, 32) == 0, "no body");

    for (i = 0; i < sizeof(large); i++) {
        large[i] = (u_char) (i * 31);
    }

    f = tmpfile();
    (void) fwrite(large, 1, sizeof(large), f);
    fflush(f);

    memset(&file, 0, sizeof(file));
    file.fd = fileno(f);
    file.log = &unit_log;

    memset(&buf, 0, sizeof(buf));
    buf.in_file = 1;
    buf.file = &file;
    buf.file_pos = 7;
    buf.file_last = sizeof(large);

    link.buf = &buf;
    link.next = NULL;

    EVP_Digest(large + 7, sizeof(large) - 7, expected, &len, EVP_sha256(),
               NULL);

    ok(ngx_plaid_webhook_body_hash(&link, hash) == NGX_OK
       && memcmp(hash, expected, 32) == 0, "a body in a file");

    ok(ngx_plaid_webhook_body_text(pool, &link, &text) == NGX_OK
       && text.len == sizeof(large) - 7
       && memcmp(text.data, large + 7, text.len) == 0, "its text");

    buf.file_last++;

    ok(ngx_plaid_webhook_body_hash(&link, hash) == NGX_ERROR,
       "a file that is too short");
    ok(ngx_plaid_webhook_body_text(pool, &link, &text) == NGX_ERROR,
       "has no text");

    fclose(f);
    unit_pool_destroy(pool);
}


/* type, code and tokens as "LINK/SESSION_FINISHED a,b,c" */

static void
is_body(const char *text, const char *expected)
{
    char                       got[1024], *p;
    ngx_int_t                  rc;
    ngx_str_t                  s;
    ngx_uint_t                 i;
    ngx_pool_t                *pool;
    ngx_plaid_webhook_body_t   body;

    pool = unit_pool();
    s = block(text, strlen(text));

    memset(&body, 0xee, sizeof(body));

    rc = ngx_plaid_webhook_body_read(pool, &s, 4, &body);

    memset(s.data, 'x', s.len);
    free(s.data);

    p = got + sprintf(got, "%.*s/%.*s", (int) body.type.len,
                      body.type.len ? (char *) body.type.data : "",
                      (int) body.code.len,
                      body.code.len ? (char *) body.code.data : "");

    if (rc == NGX_OK) {
        for (i = 0; i < body.ntokens; i++) {
            p += sprintf(p, "%c%.*s", i ? ',' : ' ',
                         (int) body.tokens[i].len,
                         body.tokens[i].len ? (char *) body.tokens[i].data
                                            : "");
        }

    } else {
        sprintf(p, " %s", rc == NGX_DECLINED ? "many" : "error");
    }

    s.data = (u_char *) got;
    s.len = strlen(got);
    is_str(&s, expected, text);

    unit_pool_destroy(pool);
}


#define ADDED(rest)  "{\"webhook_type\":\"LINK\"," \
                     "\"webhook_code\":\"ITEM_ADD_RESULT\"," rest "}"
#define DONE(rest)   "{\"webhook_type\":\"LINK\"," \
                     "\"webhook_code\":\"SESSION_FINISHED\"," rest "}"


static void
test_body(void)
{
    is_body("", "/");
    is_body("x", "/");
    is_body("[]", "/");
    is_body("{}", "/");
    is_body("{\"webhook_type\":\"ITEM\",\"webhook_code\":\"ERROR\"}",
            "ITEM/ERROR");
    is_body("{\"webhook_type\":\"item\",\"webhook_code\":7}", "/");
    is_body("{\"webhook_type\":\"\",\"webhook_code\":\"A\\nB\"}", "/");
    is_body("{\"webhook_type\":"
            "\"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789AB\""
            "}",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789AB"
            "/");
    is_body("{\"webhook_type\":"
            "\"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABC"
            "\"}", "/");

    is_body(ADDED("\"public_token\":\"a\""), "LINK/ITEM_ADD_RESULT a");
    is_body(ADDED("\"public_token\":null"), "LINK/ITEM_ADD_RESULT");
    is_body(ADDED("\"public_token\":\"\""), "LINK/ITEM_ADD_RESULT");
    is_body(ADDED("\"other\":\"a\""), "LINK/ITEM_ADD_RESULT");
    is_body(ADDED("\"public_token\":7"), "LINK/ITEM_ADD_RESULT ");
    is_body(ADDED("\"public_token\":\"a,b\""), "LINK/ITEM_ADD_RESULT ");

    is_body(DONE("\"public_tokens\":[\"a\",\"b\",\"c\"]"),
            "LINK/SESSION_FINISHED a,b,c");
    is_body(DONE("\"status\":\"SUCCESS\",\"public_tokens\":[\"a\"]"),
            "LINK/SESSION_FINISHED a");
    is_body(DONE("\"status\":\"EXITED\",\"public_tokens\":[\"a\"]"),
            "LINK/SESSION_FINISHED");
    is_body(DONE("\"public_token\":\"a\",\"public_tokens\":[\"a\"]"),
            "LINK/SESSION_FINISHED a");
    is_body(DONE("\"public_token\":\"b\",\"public_tokens\":[\"a\",\"b\"]"),
            "LINK/SESSION_FINISHED a,b");
    is_body(DONE("\"public_token\":\"z\",\"public_tokens\":[\"a\",\"b\"]"),
            "LINK/SESSION_FINISHED z,a,b");
    is_body(DONE("\"public_tokens\":[\"a\",\"a\",\"b\",\"a\"]"),
            "LINK/SESSION_FINISHED a,b");
    is_body(DONE("\"public_tokens\":[\"a\",7,\"c\",null]"),
            "LINK/SESSION_FINISHED a,,c,");
    is_body(DONE("\"public_tokens\":[\"\",\"a b\",\"a,b\"]"),
            "LINK/SESSION_FINISHED ,,");
    is_body(DONE("\"public_tokens\":null"), "LINK/SESSION_FINISHED");
    is_body(DONE("\"public_tokens\":[]"), "LINK/SESSION_FINISHED");
    is_body(DONE("\"public_tokens\":\"a\""), "LINK/SESSION_FINISHED");

    is_body(DONE("\"public_tokens\":[\"a\",\"b\",\"c\",\"d\",\"a\"]"),
            "LINK/SESSION_FINISHED a,b,c,d");
    is_body(DONE("\"public_tokens\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"),
            "LINK/SESSION_FINISHED many");
    is_body(DONE("\"public_token\":\"z\","
                 "\"public_tokens\":[\"a\",\"b\",\"c\",\"d\"]"),
            "LINK/SESSION_FINISHED many");

    is_body("{\"webhook_type\":\"TRANSACTIONS\","
            "\"webhook_code\":\"SYNC_UPDATES_AVAILABLE\","
            "\"public_token\":\"a\"}",
            "TRANSACTIONS/SYNC_UPDATES_AVAILABLE");
    is_body("{\"webhook_type\":\"LINK\",\"webhook_code\":\"EVENTS\","
            "\"public_token\":\"a\"}", "LINK/EVENTS");
    is_body("{\"webhook_type\":\"ITEM\","
            "\"webhook_code\":\"ITEM_ADD_RESULT\",\"public_token\":\"a\"}",
            "ITEM/ITEM_ADD_RESULT");
}


static void
test_token_length(void)
{
    char  text[1024], expected[1024], token[600];

    memset(token, 'a', sizeof(token));
    token[512] = '\0';

    sprintf(text, ADDED("\"public_token\":\"%s\""), token);
    sprintf(expected, "LINK/ITEM_ADD_RESULT %s", token);
    is_body(text, expected);

    sprintf(text, ADDED("\"public_token\":\"%sa\""), token);
    is_body(text, "LINK/ITEM_ADD_RESULT ");
}


/* each allocation refused in turn: an error, never another verdict */

static void
test_memory(void)
{
    char                       text[1024];
    ngx_str_t                  body;
    ngx_uint_t                 i, n, wrong;
    ngx_pool_t                *pool;
    ngx_plaid_webhook_e        verdict;
    ngx_plaid_webhook_key_t    got;
    ngx_plaid_webhook_body_t   parsed;

    for (i = 1, wrong = 0; ; i++) {
        unit_refuse(i);
        verdict = read_parts(HEADER, CLAIMS, 0);
        n = unit_allocations;
        unit_refuse(0);

        if (n < i) {
            break;
        }

        wrong += verdict != NGX_PLAID_WEBHOOK_INTERNAL
                 && verdict != NGX_PLAID_WEBHOOK_VERIFIED;
    }

    ok(i > 3 && wrong == 0, "a JWT without memory, %d times", (int) i);

    for (i = 1, wrong = 0; ; i++) {
        ngx_plaid_webhook_key_e  rc;

        unit_refuse(i);
        rc = read_key(NULL, NULL, &got);
        n = unit_allocations;
        unit_refuse(0);

        if (n < i) {
            break;
        }

        wrong += rc == NGX_PLAID_WEBHOOK_KEY_ABSENT;
    }

    ok(i > 3 && wrong == 0, "a key without memory, %d times", (int) i);

    strcpy(text, DONE("\"public_tokens\":[\"abcdefghijklmnop\",\"b\"]"));

    for (i = 1, wrong = 0; ; i++) {
        ngx_int_t  rc;

        pool = unit_pool();
        body = unit_str(text);

        unit_refuse(i);
        rc = ngx_plaid_webhook_body_read(pool, &body, 4, &parsed);
        n = unit_allocations;
        unit_refuse(0);

        wrong += rc == NGX_OK && parsed.ntokens != 2;

        unit_pool_destroy(pool);

        if (n < i) {
            break;
        }
    }

    ok(i > 3 && wrong == 0, "a body without memory, %d times", (int) i);
}


static void
test_verdicts(void)
{
    ngx_uint_t  i, wrong;

    for (i = 1, wrong = 0; i < NGX_PLAID_WEBHOOK_VERDICTS; i++) {
        wrong += ngx_plaid_webhook_status(i) < 400
                 || ngx_plaid_webhook_message(i)->len == 0
                 || ngx_strcasecmp(ngx_plaid_webhook_code(i)->data,
                                   ngx_plaid_webhook_reason(i)->data)
                    != 0;
    }

    is_int(wrong, 0, "each verdict has a code, a reason and a message");
    is_int(ngx_plaid_webhook_status(NGX_PLAID_WEBHOOK_VERIFIED), 0,
           "but the good one");
}


int
main(void)
{
    pkey = webhook_new_key(&key);

    test_base64url();
    test_jwt();
    test_jwt_header();
    test_jwt_claims();
    test_jwt_form();
    test_time();
    test_signature();
    test_signature_der();
    test_key();
    test_hash();
    test_body();
    test_token_length();
    test_memory();
    test_verdicts();

    (void) read_value("");
    EVP_PKEY_free(pkey);
    ngx_plaid_webhook_key_exit();

    return done_testing();
}
