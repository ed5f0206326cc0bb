
/*
 * A key of P-256 as Plaid has one, and JWTs that it signs.
 */


#ifndef _WEBHOOK_ENV_H_INCLUDED_
#define _WEBHOOK_ENV_H_INCLUDED_


#include "unit.h"
#include "ngx_plaid_webhook_key.h"
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>


#define WEBHOOK_KID  "bfbd5111-8e33-4643-8ced-b2e642a72f3c"


static inline EVP_PKEY *
webhook_new_key(ngx_plaid_webhook_key_t *key)
{
    u_char        *der, *p;
    int            len;
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);

    if (EVP_PKEY_keygen_init(ctx) != 1
        || EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1)
           != 1
        || EVP_PKEY_keygen(ctx, &pkey) != 1)
    {
        exit(1);
    }

    EVP_PKEY_CTX_free(ctx);

    len = i2d_PUBKEY(pkey, NULL);
    der = p = malloc(len);
    i2d_PUBKEY(pkey, &p);

    memcpy(key->x, der + len - 64, 32);
    memcpy(key->y, der + len - 32, 32);
    key->expired = 0;

    free(der);

    return pkey;
}


/* r and s side by side */

static inline void
webhook_sign(EVP_PKEY *pkey, const char *text, u_char *raw)
{
    size_t         len;
    u_char         der[128];
    ECDSA_SIG     *sig;
    EVP_MD_CTX    *ctx;
    const u_char  *p;

    ctx = EVP_MD_CTX_new();
    len = sizeof(der);

    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1
        || EVP_DigestSign(ctx, der, &len, (u_char *) text, strlen(text)) != 1)
    {
        exit(1);
    }

    EVP_MD_CTX_free(ctx);

    p = der;
    sig = d2i_ECDSA_SIG(NULL, &p, (long) len);

    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);

    ECDSA_SIG_free(sig);
}


/* appends the "len" bytes in base64url */

static inline void
webhook_encode(char *text, const void *data, size_t len)
{
    ngx_str_t  src, dst;

    src.data = (u_char *) data;
    src.len = len;

    dst.data = (u_char *) text + strlen(text);

    ngx_encode_base64url(&dst, &src);
    dst.data[dst.len] = '\0';
}


#endif /* _WEBHOOK_ENV_H_INCLUDED_ */
