
/*
 * A webhook's verdict: whether Plaid has signed it, and if not, why not.
 *
 * Each verdict has a code for $plaid_error_code, logs and metrics, a message
 * for the answer, and the HTTP status that Plaid is answered with.
 */


#ifndef _NGX_PLAID_WEBHOOK_H_INCLUDED_
#define _NGX_PLAID_WEBHOOK_H_INCLUDED_


#include "ngx_plaid.h"


/* longest key id taken: Plaid's are UUIDs of 36 bytes */
#define NGX_PLAID_WEBHOOK_KID_MAX  64

/* SHA-256 */
#define NGX_PLAID_WEBHOOK_HASH_LEN 32

/* a coordinate or a number of P-256 */
#define NGX_PLAID_WEBHOOK_P256_LEN 32


typedef enum {
    NGX_PLAID_WEBHOOK_VERIFIED = 0,
    NGX_PLAID_WEBHOOK_MISSING,          /* no Plaid-Verification header */
    NGX_PLAID_WEBHOOK_MALFORMED,        /* not a JWT of the expected form */
    NGX_PLAID_WEBHOOK_ALGORITHM,        /* not ES256 */
    NGX_PLAID_WEBHOOK_STALE,            /* signed too long ago, or in future */
    NGX_PLAID_WEBHOOK_BODY,             /* another body was signed */
    NGX_PLAID_WEBHOOK_KEY_UNKNOWN,      /* to Plaid */
    NGX_PLAID_WEBHOOK_KEY_EXPIRED,
    NGX_PLAID_WEBHOOK_SIGNATURE,        /* does not match the key */
    NGX_PLAID_WEBHOOK_KEY_UNAVAILABLE,  /* Plaid could not be asked */
    NGX_PLAID_WEBHOOK_EXCHANGE_PENDING, /* a token's exchange, for now */
    NGX_PLAID_WEBHOOK_BODY_TOO_LARGE,
    NGX_PLAID_WEBHOOK_TOO_MANY_TOKENS,
    NGX_PLAID_WEBHOOK_INTERNAL          /* out of memory and the like */
} ngx_plaid_webhook_e;


#define NGX_PLAID_WEBHOOK_VERDICTS  (NGX_PLAID_WEBHOOK_INTERNAL + 1)


/* "SIGNATURE", ...; a constant, empty for VERIFIED. */
ngx_str_t *ngx_plaid_webhook_code(ngx_plaid_webhook_e verdict);

/* The same in lower case, as metrics have it. */
ngx_str_t *ngx_plaid_webhook_reason(ngx_plaid_webhook_e verdict);

/* A sentence about it; a constant, empty for VERIFIED. */
ngx_str_t *ngx_plaid_webhook_message(ngx_plaid_webhook_e verdict);

/* 401, 503, ...; 0 for VERIFIED. */
ngx_uint_t ngx_plaid_webhook_status(ngx_plaid_webhook_e verdict);


#endif /* _NGX_PLAID_WEBHOOK_H_INCLUDED_ */
