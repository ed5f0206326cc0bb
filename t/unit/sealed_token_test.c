
/*
 * Sealed access tokens: the published vectors, and everything that must not
 * open.
 */


#include "unit.h"
#include "ngx_plaid_sealed_token.h"


#define KEY    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER  "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TOKEN  "access-sandbox-00000000-0000-0000-0000-000000000001"
#define ITEM   "item0000000000000000000000000000000001"

#define PLAIN                                                                 \
    "sealed1.k1.rEXFbggXGV977mXMqueu7pc77jkrNhznvEZa7yeTHALV7ctiHg68zQGHfNpJ" \
    "sT526J2P95W0A2JaVyyp09TxATIYH9k9LHYLYKbkFFaPkypfcEJ-9AIIWkt-fOJnFI0P5Df" \
    "2qXv-QXboAjgQoedQ93zNHbB2IB5pIg"
#define ACME                                                                  \
    "sealed1.k1.mM0nUlyAIG2i54YXoYJ7Thr4ui2xrwKKLO7dgW3F9RRTtsae60NbpwDq8c6S" \
    "MT208OVZJFYDVYVMcEQgxkJdWLOSousqHQiR-t8YF0Zw6Y7HVLaIX1-jnjieHU9xYHiZFo3" \
    "PurVjqQSHyNwK5iUqnpYX7evuKNX5jg"
#define NO_ITEM                                                               \
    "sealed1.k1.G964eDKuev_NJ-2BIJJ0bHnJxeNg4o0DNMw0D08r4NmGsoM3a0Z7I_k4rQe_" \
    "qTsMz4OwAvAqES7KFEOefvcFbFkCn0ezZT10LX-zOL6U0A1oHEQ"


static ngx_pool_t                      *pool;
static ngx_plaid_keyring_t              ring;
static ngx_plaid_sealed_token_scope_t   scope;


static void
use(const char *keys, const char *client_id, const char *tenant)
{
    ngx_str_t    text;
    const char  *why;
    ngx_uint_t   line;

    text = unit_str(keys);

    if (ngx_plaid_keyring_parse(&ring, &text, &why, &line) != NGX_OK) {
        exit(1);
    }

    scope.ring = &ring;
    scope.client_id = unit_str(client_id);
    scope.tenant = unit_str(tenant);
}


static ngx_str_t
seal(const char *token, const char *item)
{
    ngx_str_t  t, i, out;

    t = unit_str(token);
    i = unit_str(item);

    if (ngx_plaid_sealed_token_seal(&scope, pool, &t, &i, &out) != NGX_OK) {
        out = unit_str("(failed)");
    }

    return out;
}


static ngx_plaid_sealed_token_e
opened(ngx_str_t *s, ngx_plaid_sealed_token_t *st)
{
    return ngx_plaid_sealed_token_open(&scope, pool, s, st);
}


static void
is_opened(const char *text, const char *item, const char *name)
{
    ngx_str_t                 s;
    ngx_plaid_sealed_token_t  st;

    s = unit_str(text);

    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_OPENED, "%s opens", name);
    is_str(&st.token, TOKEN, name);
    is_str(&st.item_id, item, name);
}


static void
refused(const char *text, ngx_plaid_sealed_token_e why, const char *name)
{
    ngx_str_t                 s;
    ngx_plaid_sealed_token_t  st;

    s = unit_str(text);

    ok(opened(&s, &st) == why && st.token.len == 0 && st.item_id.len == 0
       && st.key == NULL, "%s", name);
}


static void
vectors(void)
{
    ngx_str_t  s;

    use("k1 " KEY, "test_id", "");

    s = seal(TOKEN, ITEM);
    is_str(&s, PLAIN, "sealed without a tenant");
    ok(s.data[s.len] == '\0', "NUL-terminated");
    is_opened(PLAIN, ITEM, "without a tenant");

    s = seal(TOKEN, "");
    is_str(&s, NO_ITEM, "sealed without an item");
    is_opened(NO_ITEM, "", "without an item");

    s = seal(TOKEN, ITEM);
    is_str(&s, PLAIN, "the same string again");

    use("k1 " KEY, "test_id", "acme");

    s = seal(TOKEN, ITEM);
    is_str(&s, ACME, "sealed for a tenant");
    is_opened(ACME, ITEM, "for a tenant");

    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS, "another tenant");
}


static void
keys(void)
{
    ngx_str_t                 s;
    ngx_plaid_sealed_token_t  st;

    use("k2 " OTHER "\nk1 " KEY, "test_id", "");

    is_opened(PLAIN, ITEM, "with the second key");

    s = seal(TOKEN, ITEM);
    ok(s.len > 11 && ngx_strncmp(s.data, "sealed1.k2.", 11) == 0,
       "the first key seals");

    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_OPENED
       && st.key == &ring.keys[0], "the key that a string was sealed with");

    use("k2 " OTHER, "test_id", "");
    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_KID, "its key is gone");

    use("k1 " OTHER, "test_id", "");
    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS, "another key's bytes");

    use("k1 " KEY, "test_ie", "");
    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS, "another client_id");

    use("k1 " KEY, "test_i", "d");
    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS,
            "the same bytes divided in another way");

    /* the kid is part of what was sealed */

    use("k2 " KEY, "test_id", "");
    s = unit_str(PLAIN);
    s.data = ngx_pnalloc(pool, s.len);
    ngx_memcpy(s.data, PLAIN, s.len);
    s.data[9] = '2';
    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS,
       "the same key by another name");
}


static void
spelling(void)
{
    char  text[sizeof(PLAIN) + 8];

    use("k1 " KEY, "test_id", "");

    refused("", NGX_PLAID_SEALED_TOKEN_FORM, "empty");
    refused("sealed1", NGX_PLAID_SEALED_TOKEN_FORM, "no dot");
    refused("sealed1.k1", NGX_PLAID_SEALED_TOKEN_FORM, "no second dot");
    refused("sealed2.k1.AA", NGX_PLAID_SEALED_TOKEN_FORM, "another version");
    refused("Sealed1.k1.AA", NGX_PLAID_SEALED_TOKEN_FORM, "case of the prefix");
    refused("sealed1..AA", NGX_PLAID_SEALED_TOKEN_KID, "an empty kid");
    refused("sealed1.K1.AA", NGX_PLAID_SEALED_TOKEN_KID, "case of the kid");
    refused("sealed1.k1.", NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS, "no bytes");
    refused("sealed1.k1.AAAA", NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS, "too short");
    refused("sealed1.k1.A", NGX_PLAID_SEALED_TOKEN_FORM, "a rest of one byte");
    refused(PLAIN "=", NGX_PLAID_SEALED_TOKEN_FORM, "padding");
    refused(PLAIN "\n", NGX_PLAID_SEALED_TOKEN_FORM, "a newline after it");
    refused(" " PLAIN, NGX_PLAID_SEALED_TOKEN_FORM, "a blank before it");
    refused(PLAIN "." , NGX_PLAID_SEALED_TOKEN_FORM, "a dot after it");
    refused(PLAIN "AAAA", NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS, "bytes after it");

    /* the last byte has four spare bits, zero in "g" */

    strcpy(text, PLAIN);
    text[strlen(text) - 1] = 'h';
    refused(text, NGX_PLAID_SEALED_TOKEN_FORM, "a spare bit");

    strcpy(text, PLAIN);
    *strchr(text + 11, '-') = '+';
    refused(text, NGX_PLAID_SEALED_TOKEN_FORM, "the other base64");
}


/* each bit of each byte, whether the result is a byte of base64url or not */

static void
bits(void)
{
    char                      text[sizeof(PLAIN)];
    ngx_str_t                 s;
    ngx_uint_t                i, bit, taken;
    ngx_plaid_sealed_token_t  st;

    use("k1 " KEY, "test_id", "");

    taken = 0;
    s = unit_str(PLAIN);

    for (i = 0; i < sizeof(PLAIN) - 1; i++) {
        for (bit = 0; bit < 8; bit++) {

            memcpy(text, PLAIN, sizeof(text));
            text[i] = (char) (text[i] ^ (1 << bit));
            s.data = (u_char *) text;

            taken += opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_OPENED;
        }
    }

    is_int(taken, 0, "strings with a bit flipped that open");
}


static void
lengths(void)
{
    char                      token[514], item[130], name[514], kid[96];
    ngx_str_t                 s;
    ngx_plaid_sealed_token_t  st;

    memset(token, 't', 513);
    token[513] = '\0';
    memset(item, 'i', 129);
    item[129] = '\0';
    memset(name, 'n', 513);
    name[513] = '\0';

    strcpy(kid, "abcdefghijklmnop " KEY);

    use(kid, "", "");

    s = seal(token + 1, item + 1);
    is_int(s.len, NGX_PLAID_SEALED_TOKEN_MAX, "the longest one");
    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_OPENED
       && st.token.len == 512 && st.item_id.len == 128, "it opens");

    s = seal(token, item + 1);
    is_str(&s, "(failed)", "a token that is too long");
    s = seal(token + 1, item);
    is_str(&s, "(failed)", "an item that is too long");
    s = seal("", "");
    is_str(&s, "(failed)", "no token");

    use("k1 " KEY, name + 1, name + 1);
    s = seal("t", "");
    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_OPENED, "the longest names");

    use("k1 " KEY, name, "");
    s = seal("t", "");
    is_str(&s, "(failed)", "a client_id that is too long");
    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_FAILED, "nor does it open");

    use("k1 " KEY, "", name);
    s = seal("t", "");
    is_str(&s, "(failed)", "a tenant that is too long");

    s.len = 10240;
    s.data = ngx_pnalloc(pool, s.len);
    ngx_memset(s.data, 'A', s.len);
    ngx_memcpy(s.data, "sealed1.k1.", 11);

    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_FORM, "10 k bytes");
}


static void
recognized(void)
{
    ngx_uint_t   i;
    ngx_str_t    s;

    static const char  *with[] = {
        PLAIN, "sealed1.k.A", "https://a.example/?t=" PLAIN,
        "sealed1.sealed1.k1.A", "sealed1.k1.-", "x sealed1.k_1-2.__ y", NULL
    };

    static const char  *without[] = {
        "", "sealed1.", "sealed1..AA", "sealed1.k1", "sealed1.k1.",
        "sealed1.k1.!", "sealed1.k 1.AA", "Sealed1.k1.AA",
        "sealed1.abcdefghijklmnopq.AA", NULL
    };

    for (i = 0; with[i]; i++) {
        s = unit_str(with[i]);
        ok(ngx_plaid_sealed_token_within(&s), "within \"%s\"", with[i]);
    }

    for (i = 0; without[i]; i++) {
        s = unit_str(without[i]);
        ok(!ngx_plaid_sealed_token_within(&s), "not in \"%s\"", without[i]);
    }

    ngx_str_null(&s);
    ok(!ngx_plaid_sealed_token_within(&s), "not in nothing");
}


static void
memory(void)
{
    ngx_str_t                 s, t, i;
    ngx_plaid_sealed_token_t  st;

    use("k1 " KEY, "test_id", "");

    t = unit_str(TOKEN);
    i = unit_str(ITEM);

    unit_refuse(1);
    ok(ngx_plaid_sealed_token_seal(&scope, pool, &t, &i, &s) == NGX_ERROR
       && s.len == 0, "no memory to seal");

    s = unit_str(PLAIN);
    unit_refuse(1);
    ok(opened(&s, &st) == NGX_PLAID_SEALED_TOKEN_FAILED && st.token.len == 0,
       "no memory to open");
    unit_refuse(0);

    ngx_plaid_keyring_wipe(&ring);
    ok(ngx_plaid_sealed_token_seal(&scope, pool, &t, &i, &s) == NGX_ERROR,
       "no keys");
    refused(PLAIN, NGX_PLAID_SEALED_TOKEN_KID, "nothing opens without keys");
}


int
main(void)
{
    pool = unit_pool();

    vectors();
    keys();
    spelling();
    bits();
    lengths();
    recognized();
    memory();

    unit_pool_destroy(pool);
    ngx_plaid_hkdf_exit();

    return done_testing();
}
