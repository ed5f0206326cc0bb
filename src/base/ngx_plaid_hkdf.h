
/*
 * HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869) with one block of
 * output, on a digest context that is reused: OpenSSL's own HKDF costs five
 * times the hashes it consists of.
 *
 * Promises: no allocation of its own; intermediate keys are wiped; the state
 * of "md" still holds a part of the input, EVP_MD_CTX_free() cleanses it.
 */


#ifndef _NGX_PLAID_HKDF_H_INCLUDED_
#define _NGX_PLAID_HKDF_H_INCLUDED_


#include "ngx_plaid.h"
#include <openssl/evp.h>


#define NGX_PLAID_HKDF_LEN        32         /* of SHA-256 */

/* longest key of a HMAC, longest salt: a block of SHA-256 */
#define NGX_PLAID_HKDF_BLOCK      64

/* longest info of ngx_plaid_hkdf(): its callers' labels */
#define NGX_PLAID_HKDF_INFO_MAX   64


/*
 * SHA-256 and AES-256-GCM, looked up once in a process; NULL when OpenSSL has
 * none.
 */
const EVP_MD *ngx_plaid_hkdf_sha256(void);
const EVP_CIPHER *ngx_plaid_hkdf_aes(void);

/* Frees both; to be called when a process ends. */
void ngx_plaid_hkdf_exit(void);

/*
 * The HMAC of "data" in the NGX_PLAID_HKDF_LEN bytes of "out".  "md" was
 * initialized with ngx_plaid_hkdf_sha256(); "key" has at most
 * NGX_PLAID_HKDF_BLOCK bytes.  NGX_OK, or NGX_ERROR (OpenSSL failed).
 */
ngx_int_t ngx_plaid_hkdf_hmac(EVP_MD_CTX *md, u_char *key, size_t key_len,
    u_char *data, size_t len, u_char *out);

/*
 * HKDF: extract with "salt" (at most NGX_PLAID_HKDF_BLOCK bytes; none stands
 * for zeros), expand with "info" (at most NGX_PLAID_HKDF_INFO_MAX bytes) to
 * the NGX_PLAID_HKDF_LEN bytes of "out".  NGX_OK, or NGX_ERROR (OpenSSL
 * failed, a length is over its limit).
 */
ngx_int_t ngx_plaid_hkdf(EVP_MD_CTX *md, u_char *salt, size_t salt_len,
    ngx_str_t *key, ngx_str_t *info, u_char *out);


#endif /* _NGX_PLAID_HKDF_H_INCLUDED_ */
