
/*
 * Reads the keys that seal access tokens, and derives what they are used as.
 */


#include "ngx_plaid_keyring.h"
#include "ngx_plaid_file.h"


/* the base64 of 32 bytes, with and without its padding */
#define NGX_PLAID_KEYRING_BASE64   44
#define NGX_PLAID_KEYRING_PADDING  1


static ngx_int_t ngx_plaid_keyring_add(ngx_plaid_keyring_t *ring,
    ngx_str_t *line, const char **why);
static ngx_int_t ngx_plaid_keyring_kid(ngx_str_t *kid);
static ngx_int_t ngx_plaid_keyring_decode(ngx_str_t *text, u_char *key);
static ngx_int_t ngx_plaid_keyring_derive(ngx_plaid_keyring_t *ring);


static ngx_str_t  ngx_plaid_keyring_enc = ngx_string("ngx_plaid seal enc 1");
static ngx_str_t  ngx_plaid_keyring_nonce =
    ngx_string("ngx_plaid seal nonce 1");


ngx_int_t
ngx_plaid_keyring_parse(void *keys, ngx_str_t *text, const char **why,
    ngx_uint_t *line)
{
    ngx_plaid_keyring_t *ring = keys;

    ngx_int_t  rc;
    ngx_str_t  rest, s;

    ngx_memzero(ring, sizeof(ngx_plaid_keyring_t));

    rest = *text;
    rc = NGX_OK;
    *why = NULL;

    for (*line = 1; ngx_plaid_file_line(&rest, &s) == NGX_OK; (*line)++) {

        if (s.len == 0 || *s.data == '#') {
            continue;
        }

        rc = ngx_plaid_keyring_add(ring, &s, why);
        if (rc != NGX_OK) {
            goto failed;
        }
    }

    *line = 0;

    if (ring->n == 0) {
        *why = "has no keys";
        rc = NGX_DECLINED;
        goto failed;
    }

    rc = ngx_plaid_keyring_derive(ring);

    if (rc == NGX_OK) {
        return NGX_OK;
    }

failed:

    ngx_plaid_keyring_wipe(ring);

    return rc;
}


static ngx_int_t
ngx_plaid_keyring_add(ngx_plaid_keyring_t *ring, ngx_str_t *line,
    const char **why)
{
    ngx_str_t                 rest, kid, key;
    ngx_plaid_keyring_key_t  *k;

    rest = *line;

    ngx_plaid_file_word(&rest, &kid);
    ngx_plaid_file_word(&rest, &key);

    if (key.len == 0 || rest.len) {
        *why = "has a line that is not \"kid key\"";
        return NGX_DECLINED;
    }

    if (ngx_plaid_keyring_kid(&kid) != NGX_OK) {
        *why = "has a key name that is not 1 to 16 bytes of A-Z a-z 0-9 _ -";
        return NGX_DECLINED;
    }

    if (ngx_plaid_keyring_find(ring, &kid)) {
        *why = "has a duplicate key name";
        return NGX_DECLINED;
    }

    if (ring->n == NGX_PLAID_KEYRING_KEYS) {
        *why = "has more than 8 keys";
        return NGX_DECLINED;
    }

    k = &ring->keys[ring->n];

    if (ngx_plaid_keyring_decode(&key, k->key) != NGX_OK) {
        *why = "has a key that is neither 64 hex digits nor base64 of 32 bytes";
        return NGX_DECLINED;
    }

    ngx_memcpy(k->kid, kid.data, kid.len);
    k->len = kid.len;
    ring->n++;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_keyring_kid(ngx_str_t *kid)
{
    u_char  ch;
    size_t  i;

    if (kid->len == 0 || kid->len > NGX_PLAID_KEYRING_KID_MAX) {
        return NGX_DECLINED;
    }

    for (i = 0; i < kid->len; i++) {
        ch = kid->data[i];

        if ((ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z')
            && (ch < '0' || ch > '9') && ch != '_' && ch != '-')
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_keyring_decode(ngx_str_t *text, u_char *key)
{
    size_t     i;
    u_char     buf[ngx_base64_decoded_length(NGX_PLAID_KEYRING_BASE64)];
    ngx_int_t  n, rc;
    ngx_str_t  out;

    if (text->len == 2 * NGX_PLAID_KEYRING_KEY_LEN) {

        for (i = 0; i < NGX_PLAID_KEYRING_KEY_LEN; i++) {
            n = ngx_hextoi(text->data + 2 * i, 2);

            if (n == NGX_ERROR) {
                return NGX_DECLINED;
            }

            key[i] = (u_char) n;
        }

        return NGX_OK;
    }

    if (text->len > NGX_PLAID_KEYRING_BASE64
        || text->len < NGX_PLAID_KEYRING_BASE64 - NGX_PLAID_KEYRING_PADDING)
    {
        return NGX_DECLINED;
    }

    out.data = buf;
    rc = NGX_DECLINED;

    if (ngx_decode_base64(&out, text) == NGX_OK
        && out.len == NGX_PLAID_KEYRING_KEY_LEN)
    {
        ngx_memcpy(key, buf, NGX_PLAID_KEYRING_KEY_LEN);
        rc = NGX_OK;
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    return rc;
}


static ngx_int_t
ngx_plaid_keyring_derive(ngx_plaid_keyring_t *ring)
{
    ngx_int_t                 rc;
    ngx_str_t                 key;
    ngx_uint_t                i;
    EVP_MD_CTX               *md;
    ngx_plaid_keyring_key_t  *k;

    md = EVP_MD_CTX_new();

    if (md == NULL || ngx_plaid_hkdf_sha256() == NULL
        || EVP_DigestInit_ex(md, ngx_plaid_hkdf_sha256(), NULL) != 1)
    {
        EVP_MD_CTX_free(md);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (i = 0; rc == NGX_OK && i < ring->n; i++) {

        k = &ring->keys[i];

        key.data = k->key;
        key.len = NGX_PLAID_KEYRING_KEY_LEN;

        rc = ngx_plaid_hkdf(md, NULL, 0, &key, &ngx_plaid_keyring_enc, k->enc);

        if (rc == NGX_OK) {
            rc = ngx_plaid_hkdf(md, NULL, 0, &key, &ngx_plaid_keyring_nonce,
                                k->nonce);
        }
    }

    EVP_MD_CTX_free(md);

    return rc;
}


ngx_plaid_keyring_key_t *
ngx_plaid_keyring_find(ngx_plaid_keyring_t *ring, ngx_str_t *kid)
{
    ngx_uint_t                i;
    ngx_plaid_keyring_key_t  *k;

    for (i = 0; i < ring->n; i++) {
        k = &ring->keys[i];

        if (k->len == kid->len
            && ngx_memcmp(k->kid, kid->data, kid->len) == 0)
        {
            return k;
        }
    }

    return NULL;
}


void
ngx_plaid_keyring_wipe(ngx_plaid_keyring_t *ring)
{
    ngx_explicit_memzero(ring, sizeof(ngx_plaid_keyring_t));
}
