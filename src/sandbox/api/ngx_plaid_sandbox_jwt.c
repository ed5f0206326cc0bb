
/*
 * Signs webhooks as Plaid does: an ES256 JWT over the SHA-256 of the body.
 * The key is made when first needed and kept in the zone, one for all workers.
 */


#include "ngx_plaid_sandbox_api.h"
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>


/* P-256: the bytes of a coordinate, and of a public key in DER */
#define NGX_PLAID_SANDBOX_P256         32
#define NGX_PLAID_SANDBOX_P256_DER     91


typedef struct {
    EVP_PKEY                    *pkey;
    time_t                       created;
    u_char                       id[40];
} ngx_plaid_sandbox_signer_t;


static ngx_int_t ngx_plaid_sandbox_signer(ngx_plaid_sandbox_store_t *store,
    time_t now, ngx_plaid_sandbox_signer_t *signer);
static EVP_PKEY *ngx_plaid_sandbox_new_key(void);
static ngx_int_t ngx_plaid_sandbox_keep_key(ngx_plaid_sandbox_store_t *store,
    time_t now);
static ngx_int_t ngx_plaid_sandbox_sign(EVP_PKEY *pkey, ngx_str_t *text,
    u_char *signature);
static u_char *ngx_plaid_sandbox_base64(u_char *p, u_char *data, size_t len);


ngx_int_t
ngx_plaid_sandbox_jwt(ngx_plaid_sandbox_call_t *call, ngx_str_t *body,
    ngx_str_t *jwt)
{
    u_char                       head[128], claims[192], *p;
    u_char                       digest[EVP_MAX_MD_SIZE], hex[65];
    u_char                       signature[NGX_PLAID_SANDBOX_P256 * 2];
    ngx_int_t                    rc;
    unsigned int                 n;
    ngx_plaid_sandbox_signer_t   signer;

    if (EVP_Digest(body->data, body->len, digest, &n, EVP_sha256(), NULL)
        != 1)
    {
        return NGX_ERROR;
    }

    *ngx_hex_dump(hex, digest, 32) = '\0';

    jwt->data = ngx_pnalloc(call->pool, 512);
    if (jwt->data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_plaid_sandbox_signer(call->store, call->now, &signer) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(head, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
                    signer.id);
    jwt->len = p - head;

    p = ngx_plaid_sandbox_base64(jwt->data, head, jwt->len);
    *p++ = '.';

    n = ngx_sprintf(claims, "{\"iat\":%T,\"request_body_sha256\":\"%s\"}",
                    call->now, hex)
        - claims;

    p = ngx_plaid_sandbox_base64(p, claims, n);
    jwt->len = p - jwt->data;

    rc = ngx_plaid_sandbox_sign(signer.pkey, jwt, signature);

    EVP_PKEY_free(signer.pkey);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    *p++ = '.';
    p = ngx_plaid_sandbox_base64(p, signature, sizeof(signature));
    jwt->len = p - jwt->data;

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_verification_key(ngx_plaid_sandbox_call_t *call)
{
    int                          len;
    u_char                       der[NGX_PLAID_SANDBOX_P256_DER], *p;
    u_char                       x[64], y[64];
    ngx_plaid_sandbox_signer_t   signer;

    if (ngx_plaid_sandbox_signer(call->store, call->now, &signer) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    /* the last 64 bytes of the DER are the point, uncompressed */

    len = i2d_PUBKEY(signer.pkey, NULL);

    if (len == NGX_PLAID_SANDBOX_P256_DER) {
        p = der;
        len = i2d_PUBKEY(signer.pkey, &p);
    }

    EVP_PKEY_free(signer.pkey);

    if (len != NGX_PLAID_SANDBOX_P256_DER) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    if (ngx_strcmp(ngx_plaid_sandbox_string(call->args, "key_id"), signer.id)
        != 0)
    {
        return ngx_plaid_sandbox_error(call,
                              "INVALID_WEBHOOK_VERIFICATION_KEY_ID", NULL);
    }

    p = der + NGX_PLAID_SANDBOX_P256_DER - 2 * NGX_PLAID_SANDBOX_P256;

    *ngx_plaid_sandbox_base64(x, p, NGX_PLAID_SANDBOX_P256) = '\0';
    *ngx_plaid_sandbox_base64(y, p + NGX_PLAID_SANDBOX_P256,
                              NGX_PLAID_SANDBOX_P256) = '\0';

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:n}}",
                         "key",
                         "alg", "ES256",
                         "crv", "P-256",
                         "kid", signer.id,
                         "kty", "EC",
                         "use", "sig",
                         "x", x,
                         "y", y,
                         "created_at", (json_int_t) signer.created,
                         "expired_at"));
}


static ngx_int_t
ngx_plaid_sandbox_signer(ngx_plaid_sandbox_store_t *store, time_t now,
    ngx_plaid_sandbox_signer_t *signer)
{
    u_char         der[NGX_PLAID_SANDBOX_DER_LEN];
    size_t         len;
    const u_char  *p;

    if (store->sh->key_len == 0
        && ngx_plaid_sandbox_keep_key(store, now) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    len = store->sh->key_len;
    ngx_memcpy(der, store->sh->key, sizeof(der));
    ngx_memcpy(signer->id, store->sh->key_id, sizeof(signer->id));
    signer->created = store->sh->key_created;

    ngx_shmtx_unlock(&store->shpool->mutex);

    p = der;
    signer->pkey = d2i_AutoPrivateKey(NULL, &p, (long) len);

    ngx_explicit_memzero(der, sizeof(der));

    return signer->pkey ? NGX_OK : NGX_ERROR;
}


/* Another worker may do the same at the same time: the first key stays. */

static ngx_int_t
ngx_plaid_sandbox_keep_key(ngx_plaid_sandbox_store_t *store, time_t now)
{
    int        len;
    u_char     der[NGX_PLAID_SANDBOX_DER_LEN], id[40], *p;
    EVP_PKEY  *pkey;

    pkey = ngx_plaid_sandbox_new_key();
    if (pkey == NULL) {
        return NGX_ERROR;
    }

    len = i2d_PrivateKey(pkey, NULL);

    if (len > 0 && len <= NGX_PLAID_SANDBOX_DER_LEN) {
        p = der;
        len = i2d_PrivateKey(pkey, &p);

    } else {
        len = 0;
    }

    EVP_PKEY_free(pkey);

    if (len <= 0 || ngx_plaid_sandbox_uuid(id) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    if (store->sh->key_len == 0) {
        ngx_memcpy(store->sh->key, der, len);
        ngx_memcpy(store->sh->key_id, id, sizeof(id));
        store->sh->key_created = now;
        store->sh->key_len = len;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    ngx_explicit_memzero(der, sizeof(der));

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


static ngx_int_t
ngx_plaid_sandbox_sign(EVP_PKEY *pkey, ngx_str_t *text, u_char *signature)
{
    size_t         len;
    u_char         der[128];
    ngx_int_t      rc;
    ECDSA_SIG     *sig;
    EVP_MD_CTX    *ctx;
    const u_char  *p;
    const BIGNUM  *r, *s;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    len = sizeof(der);

    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1
        || EVP_DigestSign(ctx, der, &len, text->data, text->len) != 1)
    {
        len = 0;
    }

    EVP_MD_CTX_free(ctx);

    /* JWS wants r and s side by side, OpenSSL gives them in DER */

    p = der;
    sig = d2i_ECDSA_SIG(NULL, &p, (long) len);
    if (sig == NULL) {
        return NGX_ERROR;
    }

    ECDSA_SIG_get0(sig, &r, &s);

    rc = (BN_bn2binpad(r, signature, NGX_PLAID_SANDBOX_P256) > 0
          && BN_bn2binpad(s, signature + NGX_PLAID_SANDBOX_P256,
                          NGX_PLAID_SANDBOX_P256)
             > 0) ? NGX_OK : NGX_ERROR;

    ECDSA_SIG_free(sig);

    return rc;
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
