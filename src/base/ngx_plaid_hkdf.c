
/*
 * HMAC-SHA-256 and HKDF-SHA-256.
 */


#include "ngx_plaid_hkdf.h"


#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)

/* each use of EVP_sha256() alone would make OpenSSL 3 look it up again */

static EVP_MD      *ngx_plaid_hkdf_md;
static EVP_CIPHER  *ngx_plaid_hkdf_cipher;


const EVP_MD *
ngx_plaid_hkdf_sha256(void)
{
    if (ngx_plaid_hkdf_md == NULL) {
        ngx_plaid_hkdf_md = EVP_MD_fetch(NULL, "SHA256", NULL);
    }

    return ngx_plaid_hkdf_md;
}


const EVP_CIPHER *
ngx_plaid_hkdf_aes(void)
{
    if (ngx_plaid_hkdf_cipher == NULL) {
        ngx_plaid_hkdf_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    }

    return ngx_plaid_hkdf_cipher;
}


void
ngx_plaid_hkdf_exit(void)
{
    EVP_MD_free(ngx_plaid_hkdf_md);
    ngx_plaid_hkdf_md = NULL;

    EVP_CIPHER_free(ngx_plaid_hkdf_cipher);
    ngx_plaid_hkdf_cipher = NULL;
}

#else

const EVP_MD *
ngx_plaid_hkdf_sha256(void)
{
    return EVP_sha256();
}


const EVP_CIPHER *
ngx_plaid_hkdf_aes(void)
{
    return EVP_aes_256_gcm();
}


void
ngx_plaid_hkdf_exit(void)
{
}

#endif


ngx_int_t
ngx_plaid_hkdf_hmac(EVP_MD_CTX *md, u_char *key, size_t key_len, u_char *data,
    size_t len, u_char *out)
{
    int         ok;
    u_char      pad[NGX_PLAID_HKDF_BLOCK];
    ngx_uint_t  i;

    if (key_len > NGX_PLAID_HKDF_BLOCK) {
        return NGX_ERROR;
    }

    ngx_memset(pad, 0x36, sizeof(pad));

    for (i = 0; i < key_len; i++) {
        pad[i] ^= key[i];
    }

    ok = EVP_DigestInit_ex(md, NULL, NULL) == 1
         && EVP_DigestUpdate(md, pad, sizeof(pad)) == 1
         && EVP_DigestUpdate(md, data, len) == 1
         && EVP_DigestFinal_ex(md, out, NULL) == 1;

    for (i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }

    ok = ok && EVP_DigestInit_ex(md, NULL, NULL) == 1
         && EVP_DigestUpdate(md, pad, sizeof(pad)) == 1
         && EVP_DigestUpdate(md, out, NGX_PLAID_HKDF_LEN) == 1
         && EVP_DigestFinal_ex(md, out, NULL) == 1;

    ngx_explicit_memzero(pad, sizeof(pad));

    return ok ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_plaid_hkdf(EVP_MD_CTX *md, u_char *salt, size_t salt_len, ngx_str_t *key,
    ngx_str_t *info, u_char *out)
{
    u_char     prk[NGX_PLAID_HKDF_LEN], text[NGX_PLAID_HKDF_INFO_MAX + 1];
    ngx_int_t  rc;

    if (info->len > NGX_PLAID_HKDF_INFO_MAX) {
        return NGX_ERROR;
    }

    /* the info, and the number of the block after it */

    ngx_memcpy(text, info->data, info->len);
    text[info->len] = 1;

    rc = ngx_plaid_hkdf_hmac(md, salt, salt_len, key->data, key->len, prk);

    if (rc == NGX_OK) {
        rc = ngx_plaid_hkdf_hmac(md, prk, sizeof(prk), text, info->len + 1,
                                 out);
    }

    ngx_explicit_memzero(prk, sizeof(prk));

    return rc;
}
