
/*
 * Reads a verification key, and verifies ES256 signatures with it.
 */


#include "ngx_plaid_webhook_key.h"
#include "ngx_plaid_base64url.h"
#include "ngx_plaid_jansson.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>


/*
 * An uncompressed point of P-256 as a SubjectPublicKeyInfo (RFC 5480) is these
 * bytes and the two coordinates.
 */
#define NGX_PLAID_WEBHOOK_KEY_PREFIX                                          \
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a"        \
    "\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"


/* r or s in DER: type, length, a zero that keeps it positive, 32 bytes */
#define NGX_PLAID_WEBHOOK_KEY_INTEGER  (3 + NGX_PLAID_WEBHOOK_P256_LEN)


static ngx_int_t ngx_plaid_webhook_key_is(json_t *object, const char *name,
    const char *value);
static ngx_plaid_webhook_key_e ngx_plaid_webhook_key_member(
    ngx_plaid_webhook_key_t *key, json_t *json, ngx_str_t *kid);
static ngx_int_t ngx_plaid_webhook_key_coordinate(u_char *dst, json_t *json);
static EVP_PKEY *ngx_plaid_webhook_key_load(ngx_plaid_webhook_key_t *key);
static EVP_PKEY *ngx_plaid_webhook_key_get(ngx_plaid_webhook_key_t *key);
static size_t ngx_plaid_webhook_key_der(u_char *der, u_char *signature);
static u_char *ngx_plaid_webhook_key_integer(u_char *p, u_char *value);


/*
 * Of this process: making OpenSSL's object costs half as much as verifying,
 * and Plaid signs with one key for a long time.
 */

static ngx_plaid_webhook_key_t   ngx_plaid_webhook_key_last;
static EVP_PKEY                 *ngx_plaid_webhook_key_last_pkey;


ngx_plaid_webhook_key_e
ngx_plaid_webhook_key_read(ngx_plaid_webhook_key_t *key, ngx_uint_t status,
    ngx_str_t *body, ngx_str_t *kid)
{
    json_t                   *json;
    ngx_plaid_jansson_t       saved;
    ngx_plaid_webhook_key_e   rc;

    if (body->len == 0 || ngx_plaid_jansson_text(body) != NGX_OK) {
        return NGX_PLAID_WEBHOOK_KEY_FAILED;
    }

    ngx_plaid_jansson_enter(&saved);

    rc = NGX_PLAID_WEBHOOK_KEY_FAILED;

    json = json_loadb((char *) body->data, body->len, JSON_REJECT_DUPLICATES,
                      NULL);

    if (status == 200) {
        rc = ngx_plaid_webhook_key_member(key, json_object_get(json, "key"),
                                          kid);

    } else if (status == 400
               && ngx_plaid_webhook_key_is(json, "error_code",
                                       "INVALID_WEBHOOK_VERIFICATION_KEY_ID")
                  == NGX_OK)
    {
        rc = NGX_PLAID_WEBHOOK_KEY_ABSENT;
    }

    json_decref(json);

    if (ngx_plaid_jansson_memory() != NGX_OK) {
        rc = NGX_PLAID_WEBHOOK_KEY_FAILED;
    }

    ngx_plaid_jansson_leave(&saved);

    return rc;
}


static ngx_int_t
ngx_plaid_webhook_key_is(json_t *object, const char *name, const char *value)
{
    json_t  *json;

    json = json_object_get(object, name);

    return (json_is_string(json)
            && ngx_strcmp(json_string_value(json), value) == 0)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_plaid_webhook_key_e
ngx_plaid_webhook_key_member(ngx_plaid_webhook_key_t *key, json_t *json,
    ngx_str_t *kid)
{
    json_t    *member;
    EVP_PKEY  *pkey;

    member = json_object_get(json, "kid");

    if (!json_is_string(member)
        || json_string_length(member) != kid->len
        || ngx_memcmp(json_string_value(member), kid->data, kid->len) != 0
        || ngx_plaid_webhook_key_is(json, "kty", "EC") != NGX_OK
        || ngx_plaid_webhook_key_is(json, "crv", "P-256") != NGX_OK
        || ngx_plaid_webhook_key_is(json, "alg", "ES256") != NGX_OK
        || ngx_plaid_webhook_key_is(json, "use", "sig") != NGX_OK
        || ngx_plaid_webhook_key_coordinate(key->x, json_object_get(json, "x"))
           != NGX_OK
        || ngx_plaid_webhook_key_coordinate(key->y, json_object_get(json, "y"))
           != NGX_OK)
    {
        return NGX_PLAID_WEBHOOK_KEY_FAILED;
    }

    pkey = ngx_plaid_webhook_key_load(key);
    if (pkey == NULL) {
        return NGX_PLAID_WEBHOOK_KEY_FAILED;
    }

    EVP_PKEY_free(pkey);

    member = json_object_get(json, "expired_at");

    key->expired = (member && !json_is_null(member)) ? 1 : 0;

    return NGX_PLAID_WEBHOOK_KEY_FOUND;
}


static ngx_int_t
ngx_plaid_webhook_key_coordinate(u_char *dst, json_t *json)
{
    size_t     len;
    ngx_str_t  s;

    if (!json_is_string(json)) {
        return NGX_DECLINED;
    }

    s.data = (u_char *) json_string_value(json);
    s.len = json_string_length(json);

    if (ngx_plaid_base64url_decode(dst, NGX_PLAID_WEBHOOK_P256_LEN, &len, &s)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return (len == NGX_PLAID_WEBHOOK_P256_LEN) ? NGX_OK : NGX_DECLINED;
}


/* NULL also when the point is not on the curve: OpenSSL looks */

static EVP_PKEY *
ngx_plaid_webhook_key_load(ngx_plaid_webhook_key_t *key)
{
    u_char        *p;
    u_char         der[sizeof(NGX_PLAID_WEBHOOK_KEY_PREFIX) - 1
                       + 2 * NGX_PLAID_WEBHOOK_P256_LEN];
    EVP_PKEY      *pkey;
    const u_char  *in;

    p = ngx_cpymem(der, NGX_PLAID_WEBHOOK_KEY_PREFIX,
                   sizeof(NGX_PLAID_WEBHOOK_KEY_PREFIX) - 1);
    p = ngx_cpymem(p, key->x, NGX_PLAID_WEBHOOK_P256_LEN);
    ngx_memcpy(p, key->y, NGX_PLAID_WEBHOOK_P256_LEN);

    in = der;
    pkey = d2i_PUBKEY(NULL, &in, sizeof(der));

    if (pkey == NULL) {
        ERR_clear_error();
    }

    return pkey;
}


/* the order of the curve's group (FIPS 186-4 D.1.2.3) */

static u_char  ngx_plaid_webhook_key_order[NGX_PLAID_WEBHOOK_P256_LEN] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51
};


ngx_plaid_webhook_e
ngx_plaid_webhook_key_precheck(ngx_plaid_webhook_jwt_t *jwt)
{
    u_char        *number;
    ngx_uint_t     i;
    static u_char  zero[NGX_PLAID_WEBHOOK_P256_LEN];

    if (jwt->signature_len != NGX_PLAID_WEBHOOK_SIGNATURE_LEN) {
        return NGX_PLAID_WEBHOOK_SIGNATURE;
    }

    for (i = 0; i < 2; i++) {
        number = jwt->signature + i * NGX_PLAID_WEBHOOK_P256_LEN;

        if (ngx_memcmp(number, zero, NGX_PLAID_WEBHOOK_P256_LEN) == 0
            || ngx_memcmp(number, ngx_plaid_webhook_key_order,
                          NGX_PLAID_WEBHOOK_P256_LEN)
               >= 0)
        {
            return NGX_PLAID_WEBHOOK_SIGNATURE;
        }
    }

    return NGX_PLAID_WEBHOOK_VERIFIED;
}


ngx_plaid_webhook_e
ngx_plaid_webhook_key_verify(ngx_plaid_webhook_key_t *key,
    ngx_plaid_webhook_jwt_t *jwt)
{
    int          rc;
    size_t       len;
    u_char       der[2 + 2 * NGX_PLAID_WEBHOOK_KEY_INTEGER];
    EVP_PKEY    *pkey;
    EVP_MD_CTX  *ctx;

    pkey = ngx_plaid_webhook_key_get(key);
    if (pkey == NULL) {
        return NGX_PLAID_WEBHOOK_INTERNAL;
    }

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NGX_PLAID_WEBHOOK_INTERNAL;
    }

    len = ngx_plaid_webhook_key_der(der, jwt->signature);

    if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1) {
        rc = -1;

    } else {
        rc = EVP_DigestVerify(ctx, der, len, jwt->text.data, jwt->text.len);
    }

    EVP_MD_CTX_free(ctx);

    if (rc == 1) {
        return NGX_PLAID_WEBHOOK_VERIFIED;
    }

    ERR_clear_error();

    return (rc == 0) ? NGX_PLAID_WEBHOOK_SIGNATURE
                     : NGX_PLAID_WEBHOOK_INTERNAL;
}


static EVP_PKEY *
ngx_plaid_webhook_key_get(ngx_plaid_webhook_key_t *key)
{
    EVP_PKEY                 *pkey;
    ngx_plaid_webhook_key_t  *last;

    last = &ngx_plaid_webhook_key_last;

    if (ngx_plaid_webhook_key_last_pkey
        && ngx_memcmp(last->x, key->x, NGX_PLAID_WEBHOOK_P256_LEN) == 0
        && ngx_memcmp(last->y, key->y, NGX_PLAID_WEBHOOK_P256_LEN) == 0)
    {
        return ngx_plaid_webhook_key_last_pkey;
    }

    pkey = ngx_plaid_webhook_key_load(key);
    if (pkey == NULL) {
        return NULL;
    }

    ngx_plaid_webhook_key_exit();

    *last = *key;
    ngx_plaid_webhook_key_last_pkey = pkey;

    return pkey;
}


void
ngx_plaid_webhook_key_exit(void)
{
    EVP_PKEY_free(ngx_plaid_webhook_key_last_pkey);
    ngx_plaid_webhook_key_last_pkey = NULL;
}


/* the signature as OpenSSL takes it (RFC 3279 2.2.3) */

static size_t
ngx_plaid_webhook_key_der(u_char *der, u_char *signature)
{
    u_char  *p;

    p = ngx_plaid_webhook_key_integer(der + 2, signature);
    p = ngx_plaid_webhook_key_integer(p, signature
                                         + NGX_PLAID_WEBHOOK_P256_LEN);

    der[0] = 0x30;
    der[1] = (u_char) (p - der - 2);

    return p - der;
}


static u_char *
ngx_plaid_webhook_key_integer(u_char *p, u_char *value)
{
    size_t  len;

    /* as short as can be, and not negative */

    for (len = NGX_PLAID_WEBHOOK_P256_LEN; len > 1 && *value == 0; len--) {
        value++;
    }

    *p++ = 0x02;

    if (*value & 0x80) {
        *p++ = (u_char) (len + 1);
        *p++ = 0;

    } else {
        *p++ = (u_char) len;
    }

    return ngx_cpymem(p, value, len);
}
