
/*
 * Where a token is in a request but for its headers, and how it goes.
 *
 * Promises: no memory is written because of what it contains.  A value of a
 * variable that a token is part of is forgotten, and is evaluated again where
 * it is asked for; what this module made, or had nginx make, is wiped where it
 * is known to be.
 */


#ifndef _NGX_HTTP_PLAID_WIPE_H_INCLUDED_
#define _NGX_HTTP_PLAID_WIPE_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/* Wipes the tokens of a request that ends, before any log is written. */
void ngx_http_plaid_wipe(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx);

/* Forgets the values of "r" that a token, or a digest of one, is part of. */
void ngx_http_plaid_wipe_variables(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);

/*
 * Gives "r" values of its variables that it shares with no other request of
 * the same main one.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_plaid_wipe_unshare(ngx_http_request_t *r);

/*
 * To be called when a variable gives a token to what reads it: values that
 * are cached of it are forgotten before and after the request to the app is
 * made.
 */
void ngx_http_plaid_wipe_watch(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);

/* To be called when the response of the main request "r" begins. */
void ngx_http_plaid_wipe_response(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_WIPE_H_INCLUDED_ */
