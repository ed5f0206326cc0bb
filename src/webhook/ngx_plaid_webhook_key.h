
/*
 * Plaid's verification keys: the reply of /webhook_verification_key/get, and
 * what they verify.
 *
 * Promises: a key that was read is a point of the curve P-256; a signature is
 * 64 bytes, r and s side by side (RFC 7518 3.4), both from 1 to n - 1.
 */


#ifndef _NGX_PLAID_WEBHOOK_KEY_H_INCLUDED_
#define _NGX_PLAID_WEBHOOK_KEY_H_INCLUDED_


#include "ngx_plaid_webhook_jwt.h"


#define NGX_PLAID_WEBHOOK_SIGNATURE_LEN  (2 * NGX_PLAID_WEBHOOK_P256_LEN)


typedef struct {
    u_char                     x[NGX_PLAID_WEBHOOK_P256_LEN];
    u_char                     y[NGX_PLAID_WEBHOOK_P256_LEN];
    ngx_uint_t                 expired;
} ngx_plaid_webhook_key_t;


typedef enum {
    NGX_PLAID_WEBHOOK_KEY_FOUND = 0,
    NGX_PLAID_WEBHOOK_KEY_ABSENT,            /* Plaid has no such key */
    NGX_PLAID_WEBHOOK_KEY_FAILED             /* ask again later */
} ngx_plaid_webhook_key_e;


/*
 * Reads Plaid's reply of HTTP "status" about the key "kid" into "key".
 * FOUND, with "key->expired" set when the key has an expired_at, even one in
 * the future; ABSENT, for INVALID_WEBHOOK_VERIFICATION_KEY_ID; FAILED for all
 * else: another error, a key of another kind, name or curve, no memory.
 */
ngx_plaid_webhook_key_e ngx_plaid_webhook_key_read(
    ngx_plaid_webhook_key_t *key, ngx_uint_t status, ngx_str_t *body,
    ngx_str_t *kid);

/*
 * What can be said of the signature without a key, before Plaid is asked for
 * one: VERIFIED (so far) or SIGNATURE.
 */
ngx_plaid_webhook_e ngx_plaid_webhook_key_precheck(
    ngx_plaid_webhook_jwt_t *jwt);

/*
 * Verifies the signature of "jwt", which passed the precheck: VERIFIED,
 * SIGNATURE, or INTERNAL (no memory).
 */
ngx_plaid_webhook_e ngx_plaid_webhook_key_verify(
    ngx_plaid_webhook_key_t *key, ngx_plaid_webhook_jwt_t *jwt);

/* Called when a process ends: frees what the last key was verified with. */
void ngx_plaid_webhook_key_exit(void);


#endif /* _NGX_PLAID_WEBHOOK_KEY_H_INCLUDED_ */
