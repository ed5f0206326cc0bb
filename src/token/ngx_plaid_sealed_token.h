
/*
 * Sealed access tokens: sealed1.<kid>.<base64url>
 *
 * The base64url (RFC 4648 5, without padding) is of nonce, ciphertext and tag
 * of AES-256-GCM.  Numbers are two bytes in network order:
 *
 *     plain text  length, token, length, item_id (empty: not known)
 *     AAD         "ngx_plaid sealed 1", length, kid, length, client_id,
 *                 length, tenant
 *     nonce       the first 12 bytes of HMAC-SHA-256(nonce key, AAD, plain)
 *
 * Promises: deterministic: the same token, item, key, client and tenant give
 * the same string; one token has one spelling; a string that was changed, or
 * sealed for another client or tenant, does not open; of what does not open
 * nothing is left in memory.
 */


#ifndef _NGX_PLAID_SEALED_TOKEN_H_INCLUDED_
#define _NGX_PLAID_SEALED_TOKEN_H_INCLUDED_


#include "ngx_plaid_keyring.h"


#define NGX_PLAID_SEALED_TOKEN_PREFIX      "sealed1."
#define NGX_PLAID_SEALED_TOKEN_PREFIX_LEN                                     \
    (sizeof(NGX_PLAID_SEALED_TOKEN_PREFIX) - 1)

#define NGX_PLAID_SEALED_TOKEN_NONCE       12
#define NGX_PLAID_SEALED_TOKEN_TAG         16

/* longest client_id and tenant: as long as a credential may be */
#define NGX_PLAID_SEALED_TOKEN_NAME_MAX    512

#define NGX_PLAID_SEALED_TOKEN_PLAIN_MAX                                      \
    (2 + NGX_PLAID_TOKEN_MAX + 2 + NGX_PLAID_ID_MAX)

#define NGX_PLAID_SEALED_TOKEN_BYTES_MAX                                      \
    (NGX_PLAID_SEALED_TOKEN_NONCE + NGX_PLAID_SEALED_TOKEN_PLAIN_MAX          \
     + NGX_PLAID_SEALED_TOKEN_TAG)

/* longest sealed string: 921 bytes */
#define NGX_PLAID_SEALED_TOKEN_MAX                                            \
    (NGX_PLAID_SEALED_TOKEN_PREFIX_LEN + NGX_PLAID_KEYRING_KID_MAX + 1        \
     + (NGX_PLAID_SEALED_TOKEN_BYTES_MAX * 8 + 5) / 6)


/* why a string does not open: for counters and logs, never for an answer */

typedef enum {
    NGX_PLAID_SEALED_TOKEN_OPENED = 0,
    NGX_PLAID_SEALED_TOKEN_FORM,         /* not a sealed string */
    NGX_PLAID_SEALED_TOKEN_KID,          /* its key is not in the ring */
    NGX_PLAID_SEALED_TOKEN_TAG_DIFFERS,  /* changed, another client or tenant */
    NGX_PLAID_SEALED_TOKEN_ENVIRONMENT,  /* set by callers that compare it */
    NGX_PLAID_SEALED_TOKEN_FAILED        /* OpenSSL, or no memory */
} ngx_plaid_sealed_token_e;


/* what a string is sealed for */

typedef struct {
    ngx_plaid_keyring_t       *ring;
    ngx_str_t                  client_id;
    ngx_str_t                  tenant;       /* may be empty */
} ngx_plaid_sealed_token_scope_t;


typedef struct {
    ngx_str_t                  token;        /* secret */
    ngx_str_t                  item_id;      /* may be empty */
    ngx_plaid_keyring_key_t   *key;          /* it was sealed with */
} ngx_plaid_sealed_token_t;


/*
 * Seals "token" with the ring's first key; "item_id" may be empty.  "out" is
 * allocated from "pool" and NUL-terminated.  NGX_OK, or NGX_ERROR: no memory,
 * no key, OpenSSL failed, or a length is over its limit.
 */
ngx_int_t ngx_plaid_sealed_token_seal(ngx_plaid_sealed_token_scope_t *scope,
    ngx_pool_t *pool, ngx_str_t *token, ngx_str_t *item_id, ngx_str_t *out);

/*
 * Opens "in" into "st", whose strings live in "pool"; the caller wipes
 * st->token.  "st" is zero unless OPENED is returned.
 */
ngx_plaid_sealed_token_e ngx_plaid_sealed_token_open(
    ngx_plaid_sealed_token_scope_t *scope, ngx_pool_t *pool, ngx_str_t *in,
    ngx_plaid_sealed_token_t *st);

/* 1 when "s" begins as sealed strings do. */
ngx_uint_t ngx_plaid_sealed_token_is(ngx_str_t *s);

/*
 * 1 when something that could be a sealed string, "sealed1.", a kid, a dot
 * and at least one byte of base64url, stands anywhere in "s".
 */
ngx_uint_t ngx_plaid_sealed_token_within(ngx_str_t *s);


#endif /* _NGX_PLAID_SEALED_TOKEN_H_INCLUDED_ */
