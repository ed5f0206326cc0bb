
/*
 * Seals access tokens for the app, and opens them again.
 */


#include "ngx_plaid_sealed_token.h"


#define NGX_PLAID_SEALED_TOKEN_LABEL  "ngx_plaid sealed 1"

#define NGX_PLAID_SEALED_TOKEN_AAD_MAX                                        \
    (sizeof(NGX_PLAID_SEALED_TOKEN_LABEL) - 1                                 \
     + 2 + NGX_PLAID_KEYRING_KID_MAX                                          \
     + 2 * (2 + NGX_PLAID_SEALED_TOKEN_NAME_MAX))


/* AAD, and the plain text right after it: what the nonce is the HMAC of */

typedef struct {
    size_t                     aad;
    size_t                     plain;
    u_char                     data[NGX_PLAID_SEALED_TOKEN_AAD_MAX
                                    + NGX_PLAID_SEALED_TOKEN_PLAIN_MAX];
} ngx_plaid_sealed_token_text_t;


static ngx_int_t ngx_plaid_sealed_token_aad(
    ngx_plaid_sealed_token_scope_t *scope, ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text);
static ngx_int_t ngx_plaid_sealed_token_nonce(ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text, u_char *nonce);
static ngx_int_t ngx_plaid_sealed_token_encrypt(ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text, u_char *out);
static ngx_int_t ngx_plaid_sealed_token_decrypt(ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text, u_char *in, size_t len);
static ngx_int_t ngx_plaid_sealed_token_spell(ngx_plaid_keyring_key_t *key,
    ngx_pool_t *pool, u_char *bytes, size_t len, ngx_str_t *out);
static ngx_plaid_sealed_token_e ngx_plaid_sealed_token_split(
    ngx_plaid_sealed_token_scope_t *scope, ngx_str_t *in,
    ngx_plaid_keyring_key_t **key, ngx_str_t *rest);
static ngx_int_t ngx_plaid_sealed_token_bytes(ngx_str_t *text, u_char *buf,
    size_t *len);
static ngx_int_t ngx_plaid_sealed_token_take(
    ngx_plaid_sealed_token_text_t *text, ngx_pool_t *pool,
    ngx_plaid_sealed_token_t *st);


static ngx_inline u_char *
ngx_plaid_sealed_token_put(u_char *p, u_char *data, size_t len)
{
    *p++ = (u_char) (len >> 8);
    *p++ = (u_char) len;

    return len ? ngx_cpymem(p, data, len) : p;
}


/* the value of a byte of base64url, or NGX_ERROR */

static ngx_inline ngx_int_t
ngx_plaid_sealed_token_digit(u_char ch)
{
    if (ch >= 'A' && ch <= 'Z') {
        return ch - 'A';
    }

    if (ch >= 'a' && ch <= 'z') {
        return ch - 'a' + 26;
    }

    if (ch >= '0' && ch <= '9') {
        return ch - '0' + 52;
    }

    return (ch == '-') ? 62 : (ch == '_') ? 63 : NGX_ERROR;
}


ngx_int_t
ngx_plaid_sealed_token_seal(ngx_plaid_sealed_token_scope_t *scope,
    ngx_pool_t *pool, ngx_str_t *token, ngx_str_t *item_id, ngx_str_t *out)
{
    u_char                         *p;
    u_char                          bytes[NGX_PLAID_SEALED_TOKEN_BYTES_MAX];
    ngx_int_t                       rc;
    ngx_plaid_keyring_key_t        *key;
    ngx_plaid_sealed_token_text_t   text;

    ngx_str_null(out);

    if (scope->ring->n == 0
        || token->len == 0 || token->len > NGX_PLAID_TOKEN_MAX
        || item_id->len > NGX_PLAID_ID_MAX)
    {
        return NGX_ERROR;
    }

    key = &scope->ring->keys[0];

    if (ngx_plaid_sealed_token_aad(scope, key, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    p = text.data + text.aad;
    p = ngx_plaid_sealed_token_put(p, token->data, token->len);
    p = ngx_plaid_sealed_token_put(p, item_id->data, item_id->len);

    text.plain = p - text.data - text.aad;

    rc = ngx_plaid_sealed_token_nonce(key, &text, bytes);

    if (rc == NGX_OK) {
        rc = ngx_plaid_sealed_token_encrypt(key, &text, bytes);
    }

    if (rc == NGX_OK) {
        rc = ngx_plaid_sealed_token_spell(key, pool, bytes,
                                          NGX_PLAID_SEALED_TOKEN_NONCE
                                          + text.plain
                                          + NGX_PLAID_SEALED_TOKEN_TAG, out);
    }

    ngx_explicit_memzero(&text, sizeof(ngx_plaid_sealed_token_text_t));

    return rc;
}


static ngx_int_t
ngx_plaid_sealed_token_aad(ngx_plaid_sealed_token_scope_t *scope,
    ngx_plaid_keyring_key_t *key, ngx_plaid_sealed_token_text_t *text)
{
    u_char  *p;

    if (scope->client_id.len > NGX_PLAID_SEALED_TOKEN_NAME_MAX
        || scope->tenant.len > NGX_PLAID_SEALED_TOKEN_NAME_MAX)
    {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text->data, NGX_PLAID_SEALED_TOKEN_LABEL,
                   sizeof(NGX_PLAID_SEALED_TOKEN_LABEL) - 1);

    p = ngx_plaid_sealed_token_put(p, key->kid, key->len);
    p = ngx_plaid_sealed_token_put(p, scope->client_id.data,
                                   scope->client_id.len);
    p = ngx_plaid_sealed_token_put(p, scope->tenant.data, scope->tenant.len);

    text->aad = p - text->data;
    text->plain = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sealed_token_nonce(ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text, u_char *nonce)
{
    u_char       mac[NGX_PLAID_HKDF_LEN];
    ngx_int_t    rc;
    EVP_MD_CTX  *md;

    rc = NGX_ERROR;

    md = ngx_plaid_hkdf_sha256() ? EVP_MD_CTX_new() : NULL;

    if (md && EVP_DigestInit_ex(md, ngx_plaid_hkdf_sha256(), NULL) == 1) {
        rc = ngx_plaid_hkdf_hmac(md, key->nonce, NGX_PLAID_HKDF_LEN,
                                 text->data, text->aad + text->plain, mac);
    }

    EVP_MD_CTX_free(md);

    if (rc == NGX_OK) {
        ngx_memcpy(nonce, mac, NGX_PLAID_SEALED_TOKEN_NONCE);
    }

    return rc;
}


/* "out" begins with the nonce; the ciphertext and the tag go after it */

static ngx_int_t
ngx_plaid_sealed_token_encrypt(ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text, u_char *out)
{
    int              n;
    u_char          *p;
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    ctx = ngx_plaid_hkdf_aes() ? EVP_CIPHER_CTX_new() : NULL;
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    p = out + NGX_PLAID_SEALED_TOKEN_NONCE;
    rc = NGX_ERROR;

    if (EVP_EncryptInit_ex(ctx, ngx_plaid_hkdf_aes(), NULL, key->enc, out)
        == 1
        && EVP_EncryptUpdate(ctx, NULL, &n, text->data, (int) text->aad) == 1
        && EVP_EncryptUpdate(ctx, p, &n, text->data + text->aad,
                             (int) text->plain)
           == 1
        && EVP_EncryptFinal_ex(ctx, p + n, &n) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
                               NGX_PLAID_SEALED_TOKEN_TAG, p + text->plain)
           == 1)
    {
        rc = NGX_OK;
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


static ngx_int_t
ngx_plaid_sealed_token_spell(ngx_plaid_keyring_key_t *key, ngx_pool_t *pool,
    u_char *bytes, size_t len, ngx_str_t *out)
{
    u_char     *p;
    ngx_str_t   src, dst;

    /* room for the padding, which is cut off again */

    p = ngx_pnalloc(pool, NGX_PLAID_SEALED_TOKEN_PREFIX_LEN + key->len + 1
                          + ngx_base64_encoded_length(len) + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;

    p = ngx_cpymem(p, NGX_PLAID_SEALED_TOKEN_PREFIX,
                   NGX_PLAID_SEALED_TOKEN_PREFIX_LEN);
    p = ngx_cpymem(p, key->kid, key->len);
    *p++ = '.';

    src.data = bytes;
    src.len = len;
    dst.data = p;

    ngx_encode_base64url(&dst, &src);

    out->len = p - out->data + (len * 8 + 5) / 6;
    out->data[out->len] = '\0';

    return NGX_OK;
}


ngx_plaid_sealed_token_e
ngx_plaid_sealed_token_open(ngx_plaid_sealed_token_scope_t *scope,
    ngx_pool_t *pool, ngx_str_t *in, ngx_plaid_sealed_token_t *st)
{
    size_t                          len;
    u_char                          bytes[NGX_PLAID_SEALED_TOKEN_BYTES_MAX];
    ngx_int_t                       rc;
    ngx_str_t                       rest;
    ngx_plaid_keyring_key_t        *key;
    ngx_plaid_sealed_token_e        why;
    ngx_plaid_sealed_token_text_t   text;

    ngx_memzero(st, sizeof(ngx_plaid_sealed_token_t));

    why = ngx_plaid_sealed_token_split(scope, in, &key, &rest);

    if (why != NGX_PLAID_SEALED_TOKEN_OPENED) {
        return why;
    }

    if (ngx_plaid_sealed_token_bytes(&rest, bytes, &len) != NGX_OK) {
        return NGX_PLAID_SEALED_TOKEN_FORM;
    }

    if (ngx_plaid_sealed_token_aad(scope, key, &text) != NGX_OK) {
        return NGX_PLAID_SEALED_TOKEN_FAILED;
    }

    rc = ngx_plaid_sealed_token_decrypt(key, &text, bytes, len);

    if (rc == NGX_OK) {
        rc = ngx_plaid_sealed_token_take(&text, pool, st);
    }

    ngx_explicit_memzero(&text, sizeof(ngx_plaid_sealed_token_text_t));

    if (rc == NGX_OK) {
        st->key = key;
        return NGX_PLAID_SEALED_TOKEN_OPENED;
    }

    return (rc == NGX_DECLINED) ? NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS
                                : NGX_PLAID_SEALED_TOKEN_FAILED;
}


static ngx_plaid_sealed_token_e
ngx_plaid_sealed_token_split(ngx_plaid_sealed_token_scope_t *scope,
    ngx_str_t *in, ngx_plaid_keyring_key_t **key, ngx_str_t *rest)
{
    u_char     *p, *last;
    ngx_str_t   kid;

    if (in->len > NGX_PLAID_SEALED_TOKEN_MAX
        || !ngx_plaid_sealed_token_is(in))
    {
        return NGX_PLAID_SEALED_TOKEN_FORM;
    }

    last = in->data + in->len;

    kid.data = in->data + NGX_PLAID_SEALED_TOKEN_PREFIX_LEN;
    p = ngx_strlchr(kid.data, last, '.');

    if (p == NULL) {
        return NGX_PLAID_SEALED_TOKEN_FORM;
    }

    kid.len = p - kid.data;

    rest->data = p + 1;
    rest->len = last - rest->data;

    *key = ngx_plaid_keyring_find(scope->ring, &kid);

    return *key ? NGX_PLAID_SEALED_TOKEN_OPENED : NGX_PLAID_SEALED_TOKEN_KID;
}


/* base64url with one spelling: no padding, and spare bits are zero */

static ngx_int_t
ngx_plaid_sealed_token_bytes(ngx_str_t *text, u_char *buf, size_t *len)
{
    size_t      i, n;
    uint32_t    bits;
    ngx_int_t   digit;
    ngx_uint_t  nbits;

    n = text->len / 4 * 3 + text->len % 4 * 3 / 4;

    if (text->len % 4 == 1 || n > NGX_PLAID_SEALED_TOKEN_BYTES_MAX) {
        return NGX_DECLINED;
    }

    bits = 0;
    nbits = 0;
    n = 0;

    for (i = 0; i < text->len; i++) {

        digit = ngx_plaid_sealed_token_digit(text->data[i]);
        if (digit == NGX_ERROR) {
            return NGX_DECLINED;
        }

        bits = (bits << 6) | (uint32_t) digit;
        nbits += 6;

        if (nbits >= 8) {
            nbits -= 8;
            buf[n++] = (u_char) (bits >> nbits);
            bits &= ((uint32_t) 1 << nbits) - 1;
        }
    }

    *len = n;

    return bits ? NGX_DECLINED : NGX_OK;
}


/* NGX_DECLINED: the tag differs, or there cannot be one */

static ngx_int_t
ngx_plaid_sealed_token_decrypt(ngx_plaid_keyring_key_t *key,
    ngx_plaid_sealed_token_text_t *text, u_char *in, size_t len)
{
    int              n;
    u_char          *out;
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    if (len < NGX_PLAID_SEALED_TOKEN_NONCE + NGX_PLAID_SEALED_TOKEN_TAG) {
        return NGX_DECLINED;
    }

    ctx = ngx_plaid_hkdf_aes() ? EVP_CIPHER_CTX_new() : NULL;
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    out = text->data + text->aad;
    text->plain = len - NGX_PLAID_SEALED_TOKEN_NONCE
                  - NGX_PLAID_SEALED_TOKEN_TAG;
    rc = NGX_ERROR;

    if (EVP_DecryptInit_ex(ctx, ngx_plaid_hkdf_aes(), NULL, key->enc, in) == 1
        && EVP_DecryptUpdate(ctx, NULL, &n, text->data, (int) text->aad) == 1
        && EVP_DecryptUpdate(ctx, out, &n, in + NGX_PLAID_SEALED_TOKEN_NONCE,
                             (int) text->plain)
           == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
                               NGX_PLAID_SEALED_TOKEN_TAG,
                               in + NGX_PLAID_SEALED_TOKEN_NONCE + text->plain)
           == 1)
    {
        rc = (EVP_DecryptFinal_ex(ctx, out + n, &n) == 1) ? NGX_OK
                                                          : NGX_DECLINED;
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


/* Authentic, but another version may have made it: lengths are checked. */

static ngx_int_t
ngx_plaid_sealed_token_take(ngx_plaid_sealed_token_text_t *text,
    ngx_pool_t *pool, ngx_plaid_sealed_token_t *st)
{
    size_t      n;
    u_char     *p, *last, *copy;
    ngx_str_t   part[2];
    ngx_uint_t  i;

    p = text->data + text->aad;
    last = p + text->plain;

    for (i = 0; i < 2; i++) {

        if (last - p < 2) {
            return NGX_DECLINED;
        }

        n = (size_t) p[0] << 8 | p[1];
        p += 2;

        if ((size_t) (last - p) < n) {
            return NGX_DECLINED;
        }

        part[i].data = p;
        part[i].len = n;
        p += n;
    }

    if (p != last || part[0].len == 0 || part[0].len > NGX_PLAID_TOKEN_MAX
        || part[1].len > NGX_PLAID_ID_MAX)
    {
        return NGX_DECLINED;
    }

    copy = ngx_pnalloc(pool, part[0].len + part[1].len);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    st->token.data = copy;
    st->token.len = part[0].len;
    copy = ngx_cpymem(copy, part[0].data, part[0].len);

    st->item_id.data = copy;
    st->item_id.len = part[1].len;
    ngx_memcpy(copy, part[1].data, part[1].len);

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sealed_token_is(ngx_str_t *s)
{
    return s->len >= NGX_PLAID_SEALED_TOKEN_PREFIX_LEN
           && ngx_memcmp(s->data, NGX_PLAID_SEALED_TOKEN_PREFIX,
                         NGX_PLAID_SEALED_TOKEN_PREFIX_LEN)
              == 0;
}


ngx_uint_t
ngx_plaid_sealed_token_within(ngx_str_t *s)
{
    u_char  *p, *kid, *last;

    if (s->len == 0) {
        return 0;
    }

    p = s->data;
    last = p + s->len;

    for ( ;; ) {

        p = memmem(p, last - p, NGX_PLAID_SEALED_TOKEN_PREFIX,
                   NGX_PLAID_SEALED_TOKEN_PREFIX_LEN);
        if (p == NULL) {
            return 0;
        }

        p += NGX_PLAID_SEALED_TOKEN_PREFIX_LEN;
        kid = p;

        while (p < last && ngx_plaid_sealed_token_digit(*p) != NGX_ERROR) {
            p++;
        }

        if (p > kid && p - kid <= NGX_PLAID_KEYRING_KID_MAX
            && last - p > 1 && *p == '.'
            && ngx_plaid_sealed_token_digit(p[1]) != NGX_ERROR)
        {
            return 1;
        }
    }
}
