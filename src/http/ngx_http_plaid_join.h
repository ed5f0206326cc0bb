
/*
 * Requests that wait for a call that another request has made: the same token
 * never makes two calls ("singleflight", "request collapsing").
 *
 * Promises: a waiting request is told of the end at once in the same worker,
 * within a few ms in others, and holds no lock and no thread meanwhile.
 */


#ifndef _NGX_HTTP_PLAID_JOIN_H_INCLUDED_
#define _NGX_HTTP_PLAID_JOIN_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/*
 * Lets "ctx" wait for the call of its "ref".  "begin" is called when that call
 * is gone without an outcome: this request makes its own one, or waits again.
 */
void ngx_http_plaid_join_wait(ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_begin_pt begin);

/* A call of this worker has ended: need not wait for the next interval. */
void ngx_http_plaid_join_notify(void);

/*
 * Finishes the request with what the store has kept in "sealed"; "status" is
 * that of a success.  NGX_OK, or NGX_ERROR: it does not open, and the request
 * is not finished.
 */
ngx_int_t ngx_http_plaid_join_restore(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_sealed_t *sealed,
    ngx_plaid_status_e status);


#endif /* _NGX_HTTP_PLAID_JOIN_H_INCLUDED_ */
