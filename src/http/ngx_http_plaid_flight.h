
/*
 * An exchange under way, those who wait for it, and how they go on.
 *
 * Promises: a flight outlives its request; whoever waits is told of its end at
 * once in the same worker, within a few ms in others, and holds no lock and
 * no thread meanwhile.
 */


#ifndef _NGX_HTTP_PLAID_FLIGHT_H_INCLUDED_
#define _NGX_HTTP_PLAID_FLIGHT_H_INCLUDED_


#include "ngx_http_plaid_module.h"


/*
 * Settles the request with what the store has kept in "sealed"; "status" is
 * that of a success.  NGX_OK, or NGX_ERROR: it does not open, and the request
 * is not settled.
 */
ngx_int_t ngx_http_plaid_recall(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_sealed_t *sealed,
    ngx_plaid_status_e status);

/* Continues a settled request from the event loop; it may be gone after. */
void ngx_http_plaid_resume(ngx_http_request_t *r);

/* ngx_http_plaid_join.c: lets "ctx" wait for the call of its "ref" */
void ngx_http_plaid_join(ngx_http_plaid_ctx_t *ctx);

/* Something has ended in this worker: no need to wait for the next tick. */
void ngx_http_plaid_wake(void);


#endif /* _NGX_HTTP_PLAID_FLIGHT_H_INCLUDED_ */
