
/*
 * Plaid's two wire dialects: the bytes of an exchange and what they mean.
 *
 * Promises: requests are those of Plaid's own clients; a reply counts only
 * when it is a JSON object whose token is printable ASCII without spaces and
 * within bounds; a lying reply cannot put a secret or a token of this call
 * into a field that is logged or shown.
 */


#ifndef _NGX_PLAID_API_H_INCLUDED_
#define _NGX_PLAID_API_H_INCLUDED_


#include "ngx_plaid_result.h"


typedef enum {
    NGX_PLAID_CURRENT = 0,
    NGX_PLAID_LEGACY
} ngx_plaid_dialect_e;


typedef struct {
    ngx_str_t                  client_id;
    ngx_str_t                  secret;
    ngx_str_t                  public_token;
    ngx_str_t                  account_id;      /* legacy only; may be empty */
} ngx_plaid_api_args_t;


/* a request: everything but the host, the prefix of the URL and the framing */

typedef struct {
    ngx_str_t                  path;            /* "/exchange_token" */
    ngx_str_t                  content_type;
    ngx_keyval_t               headers[8];      /* name and value each */
    ngx_uint_t                 nheaders;
    ngx_str_t                  body;
} ngx_plaid_api_request_t;


/*
 * Fills "req" from "args"; what it allocates comes from "pool".  headers and
 * body hold the secret and the token: ngx_plaid_api_request_wipe() them.
 *
 * NGX_OK, NGX_ERROR (no memory), NGX_DECLINED (a credential is empty, longer
 * than NGX_PLAID_SECRET_MAX or not of bytes 0x21 to 0x7e, or the token does
 * not pass ngx_plaid_token_check()).
 */
ngx_int_t ngx_plaid_api_request(ngx_pool_t *pool, ngx_plaid_dialect_e dialect,
    ngx_plaid_api_args_t *args, ngx_plaid_api_request_t *req);

/*
 * Adds to "req" the headers that every request of the current API has: the
 * keys, as copies from "pool" that ngx_plaid_api_request_wipe() wipes,
 * Plaid-Version and User-Agent; four at most may be there already.
 *
 * NGX_OK, NGX_ERROR (no memory), NGX_DECLINED (a credential is empty, longer
 * than NGX_PLAID_SECRET_MAX or not of bytes 0x21 to 0x7e).
 */
ngx_int_t ngx_plaid_api_keys(ngx_pool_t *pool, ngx_str_t *client_id,
    ngx_str_t *secret, ngx_plaid_api_request_t *req);

/* Wipes body and header values that are secret; idempotent. */
void ngx_plaid_api_request_wipe(ngx_plaid_api_request_t *req);

/*
 * Reads Plaid's reply of HTTP "status" into "res": status, cause, tokens,
 * error fields, all copied into "pool".  "request_id" is the value of the
 * header X-Request-Id or Plaid-Request-Id, may be empty; "retry_after" the
 * value of Retry-After in seconds, 0 without.  "args" are those of the call:
 * no logged field may repeat one of its secrets.
 *
 * A legacy error has its number as error_code, and for error_type the one
 * that the current dialect would have: INVALID_INPUT, RATE_LIMIT_EXCEEDED or
 * API_ERROR.  retry_after is set for NGX_PLAID_CAUSE_RATE_LIMIT alone.
 */
void ngx_plaid_api_reply(ngx_pool_t *pool, ngx_plaid_dialect_e dialect,
    ngx_uint_t status, ngx_str_t *body, ngx_str_t *request_id,
    time_t retry_after, ngx_plaid_api_args_t *args, ngx_plaid_result_t *res);


#endif /* _NGX_PLAID_API_H_INCLUDED_ */
