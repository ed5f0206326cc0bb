
/*
 * Opens sealed access tokens without nginx: the way back.
 *
 *     cc -o unseal tools/unseal.c -lcrypto
 *     unseal [-t TENANT] KEY_FILE CLIENT_ID < sealed > raw
 *     unseal -s [-t TENANT] KEY_FILE CLIENT_ID < raw > sealed
 *
 * A line of input is a sealed string, one of output the access token and,
 * after a tab, the item_id.  With -s it is the other way round, and the first
 * key of the file seals.  A line that does not open is an empty line of
 * output, a message, and status 1 at the end.
 *
 * Shares no code with the module: docs/internals/sealed-tokens.md is all that
 * it is made from.
 */


#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define KEYS   8
#define LINE   4096


typedef struct {
    char           kid[17];
    unsigned char  enc[32];
    unsigned char  nonce[32];
} sealing_key_t;


static sealing_key_t  keys[KEYS];
static int            nkeys;
static const char    *client_id, *tenant = "";


static void
fail(const char *what, const char *detail)
{
    fprintf(stderr, "unseal: %s%s%s\n", what, *detail ? ": " : "", detail);
    exit(2);
}


static void
hmac(const unsigned char *key, const void *data, size_t len,
    unsigned char *out)
{
    if (HMAC(EVP_sha256(), key, 32, data, len, out, NULL) == NULL) {
        fail("HMAC failed", "");
    }
}


/* HKDF-SHA-256 without a salt, one block of output (RFC 5869) */

static void
hkdf(const unsigned char *key, const char *info, unsigned char *out)
{
    char           text[64];
    unsigned char  prk[32], zero[32] = { 0 };
    size_t         len;

    hmac(zero, key, 32, prk);

    len = strlen(info);
    memcpy(text, info, len);
    text[len] = 1;

    hmac(prk, text, len + 1, out);
}


static void
add_key(const char *kid, const char *text)
{
    int            i;
    unsigned       byte;
    unsigned char  key[48];

    if (nkeys == KEYS || strlen(kid) > 16) {
        fail("more than 8 keys, or a long name", kid);
    }

    if (strlen(text) == 64) {
        for (i = 0; i < 32; i++) {
            if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
                fail("not hex", kid);
            }

            key[i] = (unsigned char) byte;
        }

    } else if (strlen(text) != 44
               || EVP_DecodeBlock(key, (const unsigned char *) text, 44) < 32)
    {
        fail("neither 64 hex digits nor base64 with padding", kid);
    }

    strcpy(keys[nkeys].kid, kid);
    hkdf(key, "ngx_plaid seal enc 1", keys[nkeys].enc);
    hkdf(key, "ngx_plaid seal nonce 1", keys[nkeys].nonce);

    nkeys++;
}


static void
read_keys(const char *path)
{
    char   line[LINE], kid[LINE], key[LINE];
    FILE  *f;

    f = fopen(path, "r");

    if (f == NULL) {
        fail("cannot open", path);
    }

    while (fgets(line, sizeof(line), f)) {
        if (line[strspn(line, " \t")] != '#'
            && sscanf(line, " %s %s", kid, key) == 2)
        {
            add_key(kid, key);
        }
    }

    fclose(f);

    if (nkeys == 0) {
        fail("no keys", path);
    }
}


static size_t
put(unsigned char *p, const char *s, size_t len)
{
    p[0] = (unsigned char) (len >> 8);
    p[1] = (unsigned char) len;
    memcpy(p + 2, s, len);

    return len + 2;
}


static size_t
make_aad(unsigned char *p, sealing_key_t *key)
{
    size_t  n;

    n = strlen("ngx_plaid sealed 1");
    memcpy(p, "ngx_plaid sealed 1", n);

    n += put(p + n, key->kid, strlen(key->kid));
    n += put(p + n, client_id, strlen(client_id));
    n += put(p + n, tenant, strlen(tenant));

    return n;
}


/* 1: done */

static int
gcm(sealing_key_t *key, int encrypt, unsigned char *nonce, unsigned char *aad,
    size_t aad_len, unsigned char *in, size_t len, unsigned char *out,
    unsigned char *tag)
{
    int              n, ok;
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();

    ok = ctx
         && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->enc, nonce,
                              encrypt)
         && EVP_CipherUpdate(ctx, NULL, &n, aad, (int) aad_len)
         && EVP_CipherUpdate(ctx, out, &n, in, (int) len)
         && (encrypt
             || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, tag))
         && EVP_CipherFinal_ex(ctx, out + n, &n) > 0
         && (!encrypt
             || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag));

    EVP_CIPHER_CTX_free(ctx);

    return ok;
}


/* base64url to base64 and back */

static void
swap(char *s, const char *from, const char *to)
{
    for ( /* void */ ; *s; s++) {
        if (*s == from[0]) {
            *s = to[0];

        } else if (*s == from[1]) {
            *s = to[1];
        }
    }
}


static int
unseal(char *line)
{
    int             i, n;
    char           *kid, *text, buf[LINE];
    size_t          len, token, item;
    unsigned char   bytes[LINE], plain[LINE], aad[LINE];

    static const char  *padding[] = { "", "", "==", "=" };

    if (strncmp(line, "sealed1.", 8) != 0
        || (text = strchr(line + 8, '.')) == NULL
        || strlen(text) > 1200)
    {
        return 0;
    }

    kid = line + 8;
    *text++ = '\0';

    for (i = 0; i < nkeys && strcmp(keys[i].kid, kid) != 0; i++) {
        /* void */
    }

    if (i == nkeys) {
        return 0;
    }

    len = strlen(text);
    strcpy(buf, text);
    strcat(buf, padding[len % 4]);
    swap(buf, "-_", "+/");

    n = EVP_DecodeBlock(bytes, (unsigned char *) buf, (int) strlen(buf));

    if (n < 0 || len * 3 / 4 < 12 + 4 + 16) {
        return 0;
    }

    len = len * 3 / 4;

    if (!gcm(&keys[i], 0, bytes, aad, make_aad(aad, &keys[i]), bytes + 12,
             len - 28, plain, bytes + len - 16))
    {
        return 0;
    }

    token = (size_t) plain[0] << 8 | plain[1];
    item = (size_t) plain[2 + token] << 8 | plain[3 + token];

    printf("%.*s\t%.*s\n", (int) token, plain + 2, (int) item,
           plain + 4 + token);

    return 1;
}


static int
seal(char *line)
{
    char           *item;
    size_t          n, m;
    unsigned char   text[LINE], mac[32], bytes[LINE];
    char            out[LINE];

    item = strchr(line, '\t');

    if (item) {
        *item++ = '\0';
    }

    if (*line == '\0' || strlen(line) > 512 || (item && strlen(item) > 128)) {
        return 0;
    }

    n = make_aad(text, &keys[0]);

    m = put(text + n, line, strlen(line));
    m += put(text + n + m, item ? item : "", item ? strlen(item) : 0);

    hmac(keys[0].nonce, text, n + m, mac);
    memcpy(bytes, mac, 12);

    if (!gcm(&keys[0], 1, bytes, text, n, text + n, m, bytes + 12,
             bytes + 12 + m))
    {
        return 0;
    }

    EVP_EncodeBlock((unsigned char *) out, bytes, (int) (12 + m + 16));
    out[strcspn(out, "=")] = '\0';
    swap(out, "+/", "-_");

    printf("sealed1.%s.%s\n", keys[0].kid, out);

    return 1;
}


int
main(int argc, char **argv)
{
    int   ch, sealing, failed, number;
    char  line[LINE];

    sealing = 0;

    while ((ch = getopt(argc, argv, "st:")) != -1) {
        if (ch == 's') {
            sealing = 1;

        } else if (ch == 't' && strlen(optarg) <= 512) {
            tenant = optarg;

        } else {
            fail("usage: unseal [-s] [-t TENANT] KEY_FILE CLIENT_ID", "");
        }
    }

    if (argc - optind != 2 || strlen(argv[optind + 1]) > 512) {
        fail("usage: unseal [-s] [-t TENANT] KEY_FILE CLIENT_ID", "");
    }

    read_keys(argv[optind]);
    client_id = argv[optind + 1];

    failed = 0;

    for (number = 1; fgets(line, sizeof(line), stdin); number++) {
        line[strcspn(line, "\r\n")] = '\0';

        if (!(sealing ? seal(line) : unseal(line))) {
            fprintf(stderr, "unseal: line %d does not %s\n", number,
                    sealing ? "seal" : "open");
            printf("\n");
            failed = 1;
        }
    }

    return failed;
}
