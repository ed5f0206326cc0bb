
/*
 * An exchange of a request: the replay store, the call, and what becomes of the
 * outcome.
 *
 * Promises: a call outlives its request; its outcome is recorded before anybody
 * is told of it.
 */


#ifndef _NGX_HTTP_PLAID_EXCHANGE_H_INCLUDED_
#define _NGX_HTTP_PLAID_EXCHANGE_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/*
 * Tests the token in "ctx->token", and begins its exchange; returns as begin()
 * does.
 */
void ngx_http_plaid_exchange_token(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);

/*
 * Asks the replay store, then Plaid, for the token in "ctx->token".  On return
 * the request is WAITING, JOINING or DONE.
 */
void ngx_http_plaid_exchange_begin(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);

/* Suspends a request that is WAITING or JOINING. */
void ngx_http_plaid_exchange_suspend(ngx_http_request_t *r);

/* The request goes away; an exchange that has begun goes on. Idempotent. */
void ngx_http_plaid_exchange_release(ngx_http_plaid_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_EXCHANGE_H_INCLUDED_ */
