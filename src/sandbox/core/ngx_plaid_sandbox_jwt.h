
/*
 * Signs webhooks as Plaid does, by an ES256 JWT over the SHA-256 of the body,
 * or in a way that no receiver must accept.  Keys are made when needed and
 * kept in the zone, one for all workers; rotated ones are known for a while.
 */


#ifndef _NGX_PLAID_SANDBOX_JWT_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_JWT_H_INCLUDED_


#include "ngx_plaid_sandbox.h"


/* the longest "alg" and "kid" put into a forged header */
#define NGX_PLAID_SANDBOX_ALG_MAX      32
#define NGX_PLAID_SANDBOX_KID_MAX      128

/* a coordinate of P-256 in base64url, with its final zero */
#define NGX_PLAID_SANDBOX_POINT_LEN    48


/* The Plaid-Verification header for a webhook, from "pool". */
ngx_int_t ngx_plaid_sandbox_jwt(ngx_pool_t *pool,
    ngx_plaid_sandbox_store_t *store, time_t now,
    ngx_plaid_sandbox_hook_t *hook, ngx_str_t *jwt);

/*
 * Copies the key named "id", or the one in use when "id" is NULL; makes the
 * first one.  NGX_DECLINED: there is no such key.  The caller wipes "key".
 */
ngx_int_t ngx_plaid_sandbox_jwt_key(ngx_plaid_sandbox_store_t *store,
    time_t now, const char *id, ngx_plaid_sandbox_signer_t *key);

/* A new key to sign with; the one before expires now if "expire" is set. */
ngx_int_t ngx_plaid_sandbox_jwt_rotate(ngx_plaid_sandbox_store_t *store,
    time_t now, ngx_uint_t expire);

/* The coordinates of a key's point, zero-terminated. */
ngx_int_t ngx_plaid_sandbox_jwt_point(ngx_plaid_sandbox_signer_t *key,
    u_char *x, u_char *y);


#endif /* _NGX_PLAID_SANDBOX_JWT_H_INCLUDED_ */
