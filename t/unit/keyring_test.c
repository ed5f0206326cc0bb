
/*
 * The file of the keys that seal access tokens: format, limits, errors.
 */


#include "unit.h"
#include "ngx_plaid_keyring.h"


#define HEX  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define B64  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


static ngx_plaid_keyring_t  ring;


static ngx_int_t
parse(const char *text, const char **why, ngx_uint_t *line)
{
    ngx_str_t  s;

    s = unit_str(text);

    /* nothing depends on what was there */
    ngx_memset(&ring, 0xa5, sizeof(ring));

    return ngx_plaid_keyring_parse(&ring, &s, why, line);
}


static void
taken(const char *text, ngx_uint_t n, const char *name)
{
    const char  *why;
    ngx_uint_t   line;

    ok(parse(text, &why, &line) == NGX_OK && ring.n == n, "%s", name);
}


static void
refused(const char *text, ngx_uint_t at, const char *what, const char *name)
{
    size_t       i;
    const char  *why;
    ngx_int_t    rc;
    ngx_uint_t   line, left;

    rc = parse(text, &why, &line);

    for (i = 0, left = 0; i < sizeof(ring); i++) {
        left |= ((u_char *) &ring)[i];
    }

    ok(rc == NGX_DECLINED && line == at && why && strstr(why, what)
       && left == 0, "%s", name);
}


static void
format(void)
{
    u_char       first[32];
    const char  *why;
    ngx_str_t    kid;
    ngx_uint_t   line;

    taken("k1 " HEX "\n", 1, "a line");
    taken("k1 " HEX, 1, "a line without its end");
    taken("k1\t" HEX "  \r\n", 1, "tab, blanks, CR");
    taken("# comment\n\n   \n  k1 " HEX "\n#k2 x\n", 1, "comments");
    taken("k1 " B64 "\n", 1, "base64");
    taken("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 1,
          "base64 without padding");
    taken("abcdefghij-_6789 " HEX "\n", 1, "a kid of 16 bytes");
    taken("K1 " HEX "\nk1 " HEX "\n", 2, "kids differ by case");

    (void) parse("k1 " HEX "\nk2 " B64 "\n", &why, &line);

    ok(ring.n == 2 && memcmp(ring.keys[0].key, ring.keys[1].key, 32) == 0
       && memcmp(ring.keys[0].enc, ring.keys[1].enc, 32) == 0
       && memcmp(ring.keys[0].enc, ring.keys[0].nonce, 32) != 0,
       "both forms are one key");

    for (line = 0; line < 32; line++) {
        first[line] = (u_char) line;
    }

    ok(memcmp(ring.keys[0].key, first, 32) == 0, "the bytes of the key");

    kid = unit_str("k2");
    ok(ngx_plaid_keyring_find(&ring, &kid) == &ring.keys[1], "found");
    kid = unit_str("k");
    ok(ngx_plaid_keyring_find(&ring, &kid) == NULL, "a prefix is not found");
    kid = unit_str("");
    ok(ngx_plaid_keyring_find(&ring, &kid) == NULL, "an empty kid");
}


static void
errors(void)
{
    char        text[1024];
    ngx_uint_t  i;

    refused("", 0, "no keys", "empty");
    refused("# only\n\n", 0, "no keys", "only comments");
    refused("k1\n", 1, "kid key", "no key");
    refused("k1 " HEX " x\n", 1, "kid key", "a third word");
    refused("#\nk1 " HEX "\nk1 " B64 "\n", 3, "duplicate", "a kid twice");
    refused("k.1 " HEX "\n", 1, "key name", "a dot in a kid");
    refused("abcdefghijklmnopq " HEX "\n", 1, "key name", "a kid of 17");
    refused("k1 00\n", 1, "neither", "too short");
    refused("k1 " HEX "00\n", 1, "neither", "too long");
    refused("k1 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
            "1e1f\n", 1, "neither", "not hex");
    refused("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8!\n", 1, "neither",
            "not base64");
    refused("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n", 1, "neither",
            "base64 of 31 bytes");

    text[0] = '\0';

    for (i = 0; i < 9; i++) {
        sprintf(text + strlen(text), "k%d " HEX "\n", (int) i);
    }

    refused(text, 9, "more than 8", "nine keys");

    text[strlen(text) - strlen("k8 " HEX "\n")] = '\0';
    taken(text, 8, "eight keys");
}


int
main(void)
{
    format();
    errors();

    ngx_plaid_hkdf_exit();

    return done_testing();
}
