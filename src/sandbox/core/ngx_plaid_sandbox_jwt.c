
/* The JWT of a webhook, and the keys that sign it. */


#include "ngx_plaid_sandbox_jwt.h"
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>


/* P-256: the bytes of a coordinate, and of a public key in DER */
#define NGX_PLAID_SANDBOX_P256         32
#define NGX_PLAID_SANDBOX_P256_DER     91

/* an ECDSA signature in DER has at most 72 bytes */
#define NGX_PLAID_SANDBOX_SIGNATURE    80

/* header, claims and signature, each as long as it may be, in base64url */
#define NGX_PLAID_SANDBOX_JWT_LEN      1024


static EVP_PKEY *ngx_plaid_sandbox_private(ngx_plaid_sandbox_signer_t *key);
static int ngx_plaid_sandbox_public(ngx_plaid_sandbox_signer_t *key,
    u_char *der);
static ngx_int_t ngx_plaid_sandbox_make_signer(
    ngx_plaid_sandbox_signer_t *signer, time_t now);
static EVP_PKEY *ngx_plaid_sandbox_new_key(void);
static u_char *ngx_plaid_sandbox_claims(u_char *p,
    ngx_plaid_sandbox_hook_t *hook, time_t now);
static size_t ngx_plaid_sandbox_signature(ngx_plaid_sandbox_signer_t *key,
    ngx_plaid_sandbox_hook_t *hook, ngx_str_t *text, u_char *signature);
static size_t ngx_plaid_sandbox_sign(EVP_PKEY *pkey, ngx_str_t *text,
    ngx_uint_t as_der, u_char *signature);
static u_char *ngx_plaid_sandbox_base64(u_char *p, u_char *data, size_t len);


ngx_int_t
ngx_plaid_sandbox_jwt(ngx_pool_t *pool, ngx_plaid_sandbox_store_t *store,
    time_t now, ngx_plaid_sandbox_hook_t *hook, ngx_str_t *jwt)
{
    u_char                       text[256], *p;
    u_char                       signature[NGX_PLAID_SANDBOX_SIGNATURE];
    u_char                       kid[NGX_PLAID_SANDBOX_KID_MAX + 1];
    size_t                       n;
    ngx_str_t                    alg;
    ngx_plaid_sandbox_signer_t   key;

    ngx_str_set(&alg, "ES256");

    if (hook->alg.len) {
        alg = hook->alg;
    }

    /* a key that is known by that name signs, else the one in use */

    (void) ngx_cpystrn(kid, hook->kid.data,
                       ngx_min(hook->kid.len + 1, sizeof(kid)));

    if ((hook->kid.len == 0
         || ngx_plaid_sandbox_jwt_key(store, now, (char *) kid, &key)
            != NGX_OK)
        && ngx_plaid_sandbox_jwt_key(store, now, NULL, &key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    jwt->data = ngx_pnalloc(pool, NGX_PLAID_SANDBOX_JWT_LEN);
    if (jwt->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_snprintf(text, sizeof(text),
                     "{\"alg\":\"%V\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
                     &alg, hook->kid.len ? kid : key.id);

    p = ngx_plaid_sandbox_base64(jwt->data, text, p - text);
    *p++ = '.';

    n = ngx_plaid_sandbox_claims(text, hook, now) - text;
    p = ngx_plaid_sandbox_base64(p, text, n);

    jwt->len = p - jwt->data;

    n = ngx_plaid_sandbox_signature(&key, hook, jwt, signature);

    ngx_explicit_memzero(&key, sizeof(key));

    if (n == 0 && ngx_strncmp(alg.data, "none", alg.len) != 0) {
        return NGX_ERROR;
    }

    *p++ = '.';
    p = ngx_plaid_sandbox_base64(p, signature, n);
    jwt->len = p - jwt->data;

    return NGX_OK;
}


static u_char *
ngx_plaid_sandbox_claims(u_char *p, ngx_plaid_sandbox_hook_t *hook, time_t now)
{
    u_char        digest[EVP_MAX_MD_SIZE], hex[65];
    unsigned int  n;

    ngx_memzero(digest, sizeof(digest));

    (void) EVP_Digest(hook->body.data, hook->body.len, digest, &n,
                      EVP_sha256(), NULL);

    if (hook->bad_hash) {
        digest[31] ^= 1;
    }

    *ngx_hex_dump(hex, digest, 32) = '\0';

    return ngx_sprintf(p, "{\"iat\":%T,\"request_body_sha256\":\"%s\"}",
                       now + hook->iat_offset, hex);
}


/* The bytes of the signature; 0 when there is none, or it failed. */

static size_t
ngx_plaid_sandbox_signature(ngx_plaid_sandbox_signer_t *key,
    ngx_plaid_sandbox_hook_t *hook, ngx_str_t *text, u_char *signature)
{
    int           len;
    size_t        n;
    u_char        der[NGX_PLAID_SANDBOX_P256_DER];
    EVP_PKEY     *pkey;
    unsigned int  mac;

    if (hook->alg.len == 4 && ngx_strncmp(hook->alg.data, "none", 4) == 0) {
        return 0;
    }

    if (hook->alg.len == 5 && ngx_strncmp(hook->alg.data, "HS256", 5) == 0) {

        /* the public key as a shared secret, a classic */

        len = ngx_plaid_sandbox_public(key, der);
        mac = 0;

        (void) HMAC(EVP_sha256(), der, ngx_max(len, 0), text->data, text->len,
                    signature, &mac);
        n = mac;

    } else {
        pkey = ngx_plaid_sandbox_private(key);
        n = pkey ? ngx_plaid_sandbox_sign(pkey, text, hook->der, signature)
                 : 0;
        EVP_PKEY_free(pkey);
    }

    if (n && hook->bad_signature) {
        signature[n - 1] ^= 1;
    }

    return n;
}


ngx_int_t
ngx_plaid_sandbox_jwt_key(ngx_plaid_sandbox_store_t *store, time_t now,
    const char *id, ngx_plaid_sandbox_signer_t *key)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i;
    ngx_plaid_sandbox_signer_t  *s;

    if (store->sh->signers == 0
        && ngx_plaid_sandbox_jwt_rotate(store, now, 0) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (i = 0; i < NGX_PLAID_SANDBOX_SIGNERS; i++) {
        s = &store->sh->signer[(store->sh->signers - 1 - i)
                               % NGX_PLAID_SANDBOX_SIGNERS];

        if (s->len && (id == NULL || ngx_strcmp(id, s->id) == 0)) {
            *key = *s;
            rc = NGX_OK;
            break;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


ngx_int_t
ngx_plaid_sandbox_jwt_rotate(ngx_plaid_sandbox_store_t *store, time_t now,
    ngx_uint_t expire)
{
    ngx_uint_t                   n;
    ngx_plaid_sandbox_signer_t   made, *old;

    n = store->sh->signers;

    if (ngx_plaid_sandbox_make_signer(&made, now) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    /* another worker may have made the very first one at the same time */

    if (n || store->sh->signers == 0) {

        n = store->sh->signers;

        if (n && expire) {
            old = &store->sh->signer[(n - 1) % NGX_PLAID_SANDBOX_SIGNERS];
            old->expired = now;
        }

        store->sh->signer[n % NGX_PLAID_SANDBOX_SIGNERS] = made;
        store->sh->signers = n + 1;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    ngx_explicit_memzero(&made, sizeof(made));

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sandbox_make_signer(ngx_plaid_sandbox_signer_t *signer, time_t now)
{
    int        len;
    u_char    *p;
    EVP_PKEY  *pkey;

    ngx_memzero(signer, sizeof(ngx_plaid_sandbox_signer_t));

    pkey = ngx_plaid_sandbox_new_key();
    if (pkey == NULL) {
        return NGX_ERROR;
    }

    len = i2d_PrivateKey(pkey, NULL);

    if (len > 0 && len <= NGX_PLAID_SANDBOX_DER_LEN) {
        p = signer->der;
        len = i2d_PrivateKey(pkey, &p);

    } else {
        len = 0;
    }

    EVP_PKEY_free(pkey);

    if (len <= 0 || ngx_plaid_sandbox_uuid(signer->id) != NGX_OK) {
        return NGX_ERROR;
    }

    signer->len = len;
    signer->created = now;

    return NGX_OK;
}


static EVP_PKEY *
ngx_plaid_sandbox_private(ngx_plaid_sandbox_signer_t *key)
{
    const u_char  *p;

    p = key->der;

    return d2i_AutoPrivateKey(NULL, &p, (long) key->len);
}


/* Into NGX_PLAID_SANDBOX_P256_DER bytes; returns their number, or -1. */

static int
ngx_plaid_sandbox_public(ngx_plaid_sandbox_signer_t *key, u_char *der)
{
    int        len;
    u_char    *p;
    EVP_PKEY  *pkey;

    pkey = ngx_plaid_sandbox_private(key);
    if (pkey == NULL) {
        return -1;
    }

    len = i2d_PUBKEY(pkey, NULL);

    if (len == NGX_PLAID_SANDBOX_P256_DER) {
        p = der;
        len = i2d_PUBKEY(pkey, &p);

    } else {
        len = -1;
    }

    EVP_PKEY_free(pkey);

    return len;
}


ngx_int_t
ngx_plaid_sandbox_jwt_point(ngx_plaid_sandbox_signer_t *key, u_char *x,
    u_char *y)
{
    u_char  der[NGX_PLAID_SANDBOX_P256_DER], *p;

    if (ngx_plaid_sandbox_public(key, der) != NGX_PLAID_SANDBOX_P256_DER) {
        return NGX_ERROR;
    }

    /* the last 64 bytes of the DER are the point, uncompressed */

    p = der + NGX_PLAID_SANDBOX_P256_DER - 2 * NGX_PLAID_SANDBOX_P256;

    *ngx_plaid_sandbox_base64(x, p, NGX_PLAID_SANDBOX_P256) = '\0';
    *ngx_plaid_sandbox_base64(y, p + NGX_PLAID_SANDBOX_P256,
                              NGX_PLAID_SANDBOX_P256) = '\0';
    return NGX_OK;
}


static EVP_PKEY *
ngx_plaid_sandbox_new_key(void)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;

    ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_PKEY_keygen_init(ctx) != 1
        || EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1)
           != 1
        || EVP_PKEY_keygen(ctx, &pkey) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


static size_t
ngx_plaid_sandbox_sign(EVP_PKEY *pkey, ngx_str_t *text, ngx_uint_t as_der,
    u_char *signature)
{
    int            rc;
    size_t         len;
    u_char         der[NGX_PLAID_SANDBOX_SIGNATURE];
    ECDSA_SIG     *sig;
    EVP_MD_CTX    *ctx;
    const u_char  *p;
    const BIGNUM  *r, *s;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return 0;
    }

    len = sizeof(der);

    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1
        || EVP_DigestSign(ctx, der, &len, text->data, text->len) != 1)
    {
        len = 0;
    }

    EVP_MD_CTX_free(ctx);

    if (as_der || len == 0) {
        ngx_memcpy(signature, der, len);
        return len;
    }

    /* JWS wants r and s side by side, OpenSSL gives them in DER */

    p = der;
    sig = d2i_ECDSA_SIG(NULL, &p, (long) len);
    if (sig == NULL) {
        return 0;
    }

    ECDSA_SIG_get0(sig, &r, &s);

    rc = BN_bn2binpad(r, signature, NGX_PLAID_SANDBOX_P256) > 0
         && BN_bn2binpad(s, signature + NGX_PLAID_SANDBOX_P256,
                         NGX_PLAID_SANDBOX_P256)
            > 0;

    ECDSA_SIG_free(sig);

    return rc ? 2 * NGX_PLAID_SANDBOX_P256 : 0;
}


static u_char *
ngx_plaid_sandbox_base64(u_char *p, u_char *data, size_t len)
{
    ngx_str_t  src, dst;

    src.data = data;
    src.len = len;

    dst.data = p;

    ngx_encode_base64url(&dst, &src);

    return p + dst.len;
}
