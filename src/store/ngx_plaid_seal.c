
/*
 * Names, keys and sealing for the replay store.
 *
 * The plain form of an outcome, numbers in network order:
 *
 *     version 1, status 1, cause 1, reply_status 2, retry_after 4,
 *     kind 1, tag of bind 16,
 *     then each string of ngx_plaid_seal_fields as length 2 and bytes
 *
 * and sealed: nonce, ciphertext, tag.
 */


#include "ngx_plaid_seal.h"
#include "ngx_plaid_hkdf.h"

#include <openssl/rand.h>


#define NGX_PLAID_SEAL_VERSION    2

/* a draw costs as much as all else about a record */
#define NGX_PLAID_SEAL_NONCES     32

#define NGX_PLAID_SEAL_KIND       9          /* offsets */
#define NGX_PLAID_SEAL_BIND       10
#define NGX_PLAID_SEAL_FIXED                                                  \
    (NGX_PLAID_SEAL_BIND + NGX_PLAID_SEAL_BIND_LEN)
#define NGX_PLAID_SEAL_OVERHEAD                                               \
    (NGX_PLAID_SEAL_NONCE_LEN + NGX_PLAID_SEAL_TAG_LEN)
#define NGX_PLAID_SEAL_PLAIN_MAX                                              \
    (NGX_PLAID_SEAL_MAX - NGX_PLAID_SEAL_OVERHEAD)

/* the domains of hash, key and seal: never the same bytes for two purposes */
#define NGX_PLAID_SEAL_ID_LABEL   "ngx_plaid replay id 2"
#define NGX_PLAID_SEAL_KEY_LABEL  "ngx_plaid replay key 2"
#define NGX_PLAID_SEAL_AAD_LABEL  "ngx_plaid replay record 2"
#define NGX_PLAID_SEAL_BIND_LABEL "ngx_plaid replay bind 2"
#define NGX_PLAID_SEAL_UNBOUND_LABEL                                          \
    "ngx_plaid replay unbound 2"


typedef struct {
    size_t                     offset;
    ngx_uint_t                 optional;     /* left out rather than fail */
} ngx_plaid_seal_field_t;


static ngx_int_t ngx_plaid_seal_id(EVP_MD_CTX *md, ngx_plaid_seal_t *seal,
    ngx_str_t **parts, ngx_uint_t n);
static ngx_int_t ngx_plaid_seal_key(EVP_MD_CTX *md, ngx_plaid_seal_t *seal,
    ngx_str_t *token, ngx_str_t *secret);
static ngx_int_t ngx_plaid_seal_bind(EVP_MD_CTX *md, ngx_plaid_seal_t *seal,
    ngx_plaid_seal_input_t *in);
static ngx_int_t ngx_plaid_seal_nonce(u_char *nonce);
static size_t ngx_plaid_seal_pack(ngx_plaid_seal_t *seal,
    ngx_plaid_result_t *res, u_char *buf);
static ngx_int_t ngx_plaid_seal_encrypt(ngx_plaid_seal_t *seal,
    EVP_CIPHER_CTX *ctx, u_char *plain, size_t len, u_char *out);
static ngx_int_t ngx_plaid_seal_decrypt(ngx_plaid_seal_t *seal,
    EVP_CIPHER_CTX *ctx, ngx_plaid_sealed_t *sealed, u_char *plain);


/* those that may be left out come last, the dearer first */

static ngx_plaid_seal_field_t  ngx_plaid_seal_fields[] = {
    { offsetof(ngx_plaid_result_t, access_token), 0 },
    { offsetof(ngx_plaid_result_t, item_id), 0 },
    { offsetof(ngx_plaid_result_t, account_id), 0 },
    { offsetof(ngx_plaid_result_t, stripe_token), 0 },
    { offsetof(ngx_plaid_result_t, processor_token), 0 },
    { offsetof(ngx_plaid_result_t, request_id), 0 },
    { offsetof(ngx_plaid_result_t, error_type), 0 },
    { offsetof(ngx_plaid_result_t, error_code), 0 },
    { offsetof(ngx_plaid_result_t, error_message), 1 },
    { offsetof(ngx_plaid_result_t, display_message), 1 }
};

#define NGX_PLAID_SEAL_FIELDS                                                 \
    (sizeof(ngx_plaid_seal_fields) / sizeof(ngx_plaid_seal_fields[0]))

#define ngx_plaid_seal_field(res, i)                                          \
    ((ngx_str_t *) ((u_char *) (res) + ngx_plaid_seal_fields[i].offset))


static ngx_inline u_char *
ngx_plaid_seal_put(u_char *p, ngx_uint_t value, ngx_uint_t bytes)
{
    while (bytes) {
        *p++ = (u_char) (value >> (8 * --bytes));
    }

    return p;
}


static ngx_inline ngx_uint_t
ngx_plaid_seal_get(u_char *p, ngx_uint_t bytes)
{
    ngx_uint_t  value;

    for (value = 0; bytes; bytes--) {
        value = (value << 8) | *p++;
    }

    return value;
}


ngx_int_t
ngx_plaid_seal_derive(ngx_plaid_seal_t *seal, ngx_plaid_seal_input_t *in)
{
    ngx_int_t    rc;
    ngx_str_t   *parts[4];
    EVP_MD_CTX  *md;

    ngx_memzero(seal, sizeof(ngx_plaid_seal_t));

    parts[0] = &in->client;
    parts[1] = &in->client_id;
    parts[2] = &in->environment;
    parts[3] = &in->token;

    rc = NGX_ERROR;

    /* without a token there is nothing that only its owner knows */

    md = in->token.len ? EVP_MD_CTX_new() : NULL;

    if (md && ngx_plaid_hkdf_sha256()
        && EVP_DigestInit_ex(md, ngx_plaid_hkdf_sha256(), NULL) == 1
        && ngx_plaid_seal_id(md, seal, parts, 4) == NGX_OK
        && ngx_plaid_seal_key(md, seal, &in->token, NULL) == NGX_OK)
    {
        rc = ngx_plaid_seal_bind(md, seal, in);
    }

    if (rc == NGX_OK && in->secret.len) {
        seal->kid = in->kid;
        rc = ngx_plaid_seal_key(md, seal, &in->token, &in->secret);
    }

    /* cleanses the hash's state, which holds a part of the token */
    EVP_MD_CTX_free(md);

    if (rc != NGX_OK) {
        ngx_plaid_seal_wipe(seal);
    }

    return rc;
}


static ngx_int_t
ngx_plaid_seal_id(EVP_MD_CTX *md, ngx_plaid_seal_t *seal, ngx_str_t **parts,
    ngx_uint_t n)
{
    int         ok;
    u_char      len[4];
    ngx_uint_t  i;

    ok = EVP_DigestUpdate(md, NGX_PLAID_SEAL_ID_LABEL,
                          sizeof(NGX_PLAID_SEAL_ID_LABEL))
         == 1;

    for (i = 0; ok && i < n; i++) {

        /* without the lengths "ab", "c" and "a", "bc" would be one */

        (void) ngx_plaid_seal_put(len, parts[i]->len, 4);

        ok = EVP_DigestUpdate(md, len, 4) == 1
             && EVP_DigestUpdate(md, parts[i]->data, parts[i]->len) == 1;
    }

    ok = ok && EVP_DigestFinal_ex(md, seal->id, NULL) == 1;

    return ok ? NGX_OK : NGX_ERROR;
}


/* "secret" may be NULL */

static ngx_int_t
ngx_plaid_seal_key(EVP_MD_CTX *md, ngx_plaid_seal_t *seal, ngx_str_t *token,
    ngx_str_t *secret)
{
    u_char     data[NGX_PLAID_TOKEN_MAX + NGX_PLAID_SEAL_SECRET_MAX], *p;
    ngx_int_t  rc;
    ngx_str_t  key;

    static ngx_str_t  info = ngx_string(NGX_PLAID_SEAL_KEY_LABEL);

    if (token->len > NGX_PLAID_TOKEN_MAX
        || (secret && secret->len > NGX_PLAID_SEAL_SECRET_MAX))
    {
        return NGX_ERROR;
    }

    p = ngx_cpymem(data, token->data, token->len);

    if (secret) {
        p = ngx_cpymem(p, secret->data, secret->len);
    }

    key.data = data;
    key.len = p - data;

    rc = ngx_plaid_hkdf(md, seal->id, NGX_PLAID_SEAL_ID_LEN, &key, &info,
                        seal->key);

    ngx_explicit_memzero(data, sizeof(data));

    return rc;
}


/* the tag of the bind value, under the key of the token alone */

static ngx_int_t
ngx_plaid_seal_bind(EVP_MD_CTX *md, ngx_plaid_seal_t *seal,
    ngx_plaid_seal_input_t *in)
{
    u_char      key[NGX_PLAID_HKDF_LEN], tag[NGX_PLAID_HKDF_LEN];
    ngx_int_t   rc;
    ngx_str_t  *label;

    /* a key of its own, so that no value is equal to a stand-in */

    static ngx_str_t  labels[] = {
        ngx_string(NGX_PLAID_SEAL_BIND_LABEL),
        ngx_string(NGX_PLAID_SEAL_UNBOUND_LABEL)
    };

    if (in->bind.data == NULL) {
        return NGX_OK;
    }

    label = &labels[in->unbound ? 1 : 0];

    rc = ngx_plaid_hkdf_hmac(md, seal->key, NGX_PLAID_SEAL_KEY_LEN,
                             label->data, label->len, key);

    if (rc == NGX_OK) {
        rc = ngx_plaid_hkdf_hmac(md, key, sizeof(key), in->bind.data,
                                 in->bind.len, tag);
    }

    if (rc == NGX_OK) {
        ngx_memcpy(seal->bind, tag, NGX_PLAID_SEAL_BIND_LEN);
    }

    ngx_explicit_memzero(key, sizeof(key));

    return rc;
}


ngx_int_t
ngx_plaid_seal_close(ngx_plaid_seal_t *seal, ngx_plaid_result_t *res,
    ngx_plaid_sealed_t *sealed)
{
    u_char           plain[NGX_PLAID_SEAL_PLAIN_MAX];
    size_t           len;
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    sealed->len = 0;
    sealed->kind = seal->kind;
    sealed->kid = seal->kid;
    ngx_memcpy(sealed->bind, seal->bind, NGX_PLAID_SEAL_BIND_LEN);

    len = ngx_plaid_seal_pack(seal, res, plain);
    if (len == 0) {
        return NGX_DECLINED;
    }

    rc = NGX_ERROR;

    ctx = EVP_CIPHER_CTX_new();

    if (ctx) {
        rc = ngx_plaid_seal_encrypt(seal, ctx, plain, len, sealed->data);
        EVP_CIPHER_CTX_free(ctx);
    }

    if (rc == NGX_OK) {
        sealed->len = len + NGX_PLAID_SEAL_OVERHEAD;
    }

    ngx_explicit_memzero(plain, sizeof(plain));

    return rc;
}


ngx_int_t
ngx_plaid_seal_open(ngx_plaid_seal_t *seal, ngx_plaid_sealed_t *sealed,
    ngx_pool_t *pool, ngx_plaid_result_t *res)
{
    size_t           len;
    u_char          *plain;
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    if (sealed->len < NGX_PLAID_SEAL_OVERHEAD + NGX_PLAID_SEAL_FIXED
        || sealed->len > NGX_PLAID_SEAL_MAX)
    {
        return NGX_DECLINED;
    }

    len = sealed->len - NGX_PLAID_SEAL_OVERHEAD;

    plain = ngx_pnalloc(pool, len);
    if (plain == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_plaid_seal_decrypt(seal, ctx, sealed, plain);

    EVP_CIPHER_CTX_free(ctx);

    if (rc == NGX_OK) {
        rc = ngx_plaid_seal_unpack(plain, len, res);
    }

    if (rc != NGX_OK) {
        ngx_explicit_memzero(plain, len);
        return rc;
    }

    sealed->kind = plain[NGX_PLAID_SEAL_KIND];
    ngx_memcpy(sealed->bind, plain + NGX_PLAID_SEAL_BIND,
               NGX_PLAID_SEAL_BIND_LEN);

    return NGX_OK;
}


/* returns the length, 0 when it does not fit */

static size_t
ngx_plaid_seal_pack(ngx_plaid_seal_t *seal, ngx_plaid_result_t *res,
    u_char *buf)
{
    size_t       room;
    u_char      *p;
    ngx_str_t   *s;
    ngx_uint_t   i;

    static ngx_str_t  none = ngx_null_string;

    p = ngx_plaid_seal_put(buf, NGX_PLAID_SEAL_VERSION, 1);
    p = ngx_plaid_seal_put(p, res->status, 1);
    p = ngx_plaid_seal_put(p, res->cause, 1);
    p = ngx_plaid_seal_put(p, res->reply_status, 2);
    p = ngx_plaid_seal_put(p, (ngx_uint_t) res->retry_after, 4);
    p = ngx_plaid_seal_put(p, seal->kind, 1);
    p = ngx_cpymem(p, seal->bind, NGX_PLAID_SEAL_BIND_LEN);

    room = NGX_PLAID_SEAL_PLAIN_MAX - NGX_PLAID_SEAL_FIXED
           - 2 * NGX_PLAID_SEAL_FIELDS;

    for (i = 0; i < NGX_PLAID_SEAL_FIELDS; i++) {
        s = ngx_plaid_seal_field(res, i);

        if (s->len > room) {

            if (!ngx_plaid_seal_fields[i].optional) {
                ngx_explicit_memzero(buf, p - buf);
                return 0;
            }

            s = &none;
        }

        room -= s->len;

        p = ngx_plaid_seal_put(p, s->len, 2);

        if (s->len) {
            p = ngx_cpymem(p, s->data, s->len);
        }
    }

    return p - buf;
}


ngx_int_t
ngx_plaid_seal_unpack(u_char *p, size_t len, ngx_plaid_result_t *res)
{
    size_t       n;
    u_char      *last;
    ngx_str_t   *s;
    ngx_uint_t   i;

    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    if (len < NGX_PLAID_SEAL_FIXED || p[0] != NGX_PLAID_SEAL_VERSION
        || p[1] > NGX_PLAID_UNKNOWN || p[2] > NGX_PLAID_CAUSE_INTERNAL)
    {
        return NGX_DECLINED;
    }

    last = p + len;

    res->status = p[1];
    res->cause = p[2];
    res->reply_status = ngx_plaid_seal_get(p + 3, 2);
    res->retry_after = (time_t) ngx_plaid_seal_get(p + 5, 4);

    p += NGX_PLAID_SEAL_FIXED;

    for (i = 0; i < NGX_PLAID_SEAL_FIELDS; i++) {

        if (last - p < 2) {
            goto invalid;
        }

        n = ngx_plaid_seal_get(p, 2);
        p += 2;

        if ((size_t) (last - p) < n) {
            goto invalid;
        }

        if (n) {
            s = ngx_plaid_seal_field(res, i);
            s->len = n;
            s->data = p;
        }

        p += n;
    }

    if (p == last) {
        return NGX_OK;
    }

invalid:

    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    return NGX_DECLINED;
}


static ngx_int_t
ngx_plaid_seal_encrypt(ngx_plaid_seal_t *seal, EVP_CIPHER_CTX *ctx,
    u_char *plain, size_t len, u_char *out)
{
    int      n;
    u_char  *text;

    text = out + NGX_PLAID_SEAL_NONCE_LEN;

    if (ngx_plaid_seal_nonce(out) != NGX_OK
        || EVP_EncryptInit_ex(ctx, ngx_plaid_hkdf_aes(), NULL, seal->key, out)
           != 1
        || EVP_EncryptUpdate(ctx, NULL, &n,
                             (u_char *) NGX_PLAID_SEAL_AAD_LABEL,
                             sizeof(NGX_PLAID_SEAL_AAD_LABEL))
           != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, seal->id, NGX_PLAID_SEAL_ID_LEN)
           != 1
        || EVP_EncryptUpdate(ctx, text, &n, plain, (int) len) != 1
        || EVP_EncryptFinal_ex(ctx, text + n, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
                               NGX_PLAID_SEAL_TAG_LEN, text + len)
           != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * A nonce is no secret, so some are drawn at once; a process that has
 * inherited what is left of them must not use it.
 */

static ngx_int_t
ngx_plaid_seal_nonce(u_char *nonce)
{
    static u_char      drawn[NGX_PLAID_SEAL_NONCES][NGX_PLAID_SEAL_NONCE_LEN];
    static ngx_pid_t   owner;
    static ngx_uint_t  left;

    if (left == 0 || owner != ngx_pid) {

        left = 0;

        if (RAND_bytes(drawn[0], sizeof(drawn)) != 1) {
            return NGX_ERROR;
        }

        left = NGX_PLAID_SEAL_NONCES;
        owner = ngx_pid;
    }

    ngx_memcpy(nonce, drawn[--left], NGX_PLAID_SEAL_NONCE_LEN);

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_seal_decrypt(ngx_plaid_seal_t *seal, EVP_CIPHER_CTX *ctx,
    ngx_plaid_sealed_t *sealed, u_char *plain)
{
    int      n;
    size_t   len;
    u_char  *text;

    text = sealed->data + NGX_PLAID_SEAL_NONCE_LEN;
    len = sealed->len - NGX_PLAID_SEAL_OVERHEAD;

    if (EVP_DecryptInit_ex(ctx, ngx_plaid_hkdf_aes(), NULL, seal->key,
                           sealed->data)
        != 1
        || EVP_DecryptUpdate(ctx, NULL, &n,
                             (u_char *) NGX_PLAID_SEAL_AAD_LABEL,
                             sizeof(NGX_PLAID_SEAL_AAD_LABEL))
           != 1
        || EVP_DecryptUpdate(ctx, NULL, &n, seal->id, NGX_PLAID_SEAL_ID_LEN)
           != 1
        || EVP_DecryptUpdate(ctx, plain, &n, text, (int) len) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
                               NGX_PLAID_SEAL_TAG_LEN, text + len)
           != 1)
    {
        return NGX_ERROR;
    }

    return (EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1) ? NGX_OK
                                                          : NGX_DECLINED;
}


void
ngx_plaid_seal_wipe(ngx_plaid_seal_t *seal)
{
    ngx_explicit_memzero(seal, sizeof(ngx_plaid_seal_t));
}
