
/*
 * The JSON Web Token in the header Plaid-Verification (RFC 7515, RFC 7519,
 * https://plaid.com/docs/api/webhooks/webhook-verification/).
 *
 * Promises: only what Plaid writes is taken: three parts of strict base64url,
 * the algorithm ES256 and no other, no critical extension, no name twice; of
 * the header only "alg" and "kid" are looked at.  Nothing is allocated that
 * outlives the call.
 */


#ifndef _NGX_PLAID_WEBHOOK_JWT_H_INCLUDED_
#define _NGX_PLAID_WEBHOOK_JWT_H_INCLUDED_


#include "ngx_plaid_webhook.h"


/* longest header taken: Plaid's has about 320 bytes */
#define NGX_PLAID_WEBHOOK_JWT_MAX   1024

/* longest part of it, decoded */
#define NGX_PLAID_WEBHOOK_PART_MAX  512


typedef struct {
    ngx_str_t                  text;         /* that is signed; in the value */
    u_char                     kid[NGX_PLAID_WEBHOOK_KID_MAX];
    size_t                     kid_len;
    int64_t                    iat;          /* seconds since the epoch */
    u_char                     hash[NGX_PLAID_WEBHOOK_HASH_LEN];
    u_char                     signature[NGX_PLAID_WEBHOOK_PART_MAX];
    size_t                     signature_len;
} ngx_plaid_webhook_jwt_t;


/*
 * Reads the header's value into "jwt", whose text then points into it; the
 * signature may still be of any length.  VERIFIED (so far), MALFORMED,
 * ALGORITHM, or INTERNAL (no memory).
 */
ngx_plaid_webhook_e ngx_plaid_webhook_jwt_read(ngx_plaid_webhook_jwt_t *jwt,
    ngx_str_t *value);

/*
 * VERIFIED when "jwt" was signed in the last "max_age" seconds before "now",
 * or the first "skew" seconds after; else STALE.
 */
ngx_plaid_webhook_e ngx_plaid_webhook_jwt_time(ngx_plaid_webhook_jwt_t *jwt,
    time_t now, time_t max_age, time_t skew);


#endif /* _NGX_PLAID_WEBHOOK_JWT_H_INCLUDED_ */
