
/*
 * The header boundary: no header with one of our names comes from a client, and
 * no token leaves the request but to the app.
 *
 * Promises: this holds for each request of each server, whatever location
 * handles it; nothing that is logged or cached later contains a token.
 */


#ifndef _NGX_HTTP_PLAID_BOUNDARY_H_INCLUDED_
#define _NGX_HTTP_PLAID_BOUNDARY_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/*
 * Puts the handlers below before those of all other modules.  Called for each
 * cycle when the phases of its requests are complete.
 */
void ngx_http_plaid_boundary_first(ngx_cycle_t *cycle);

/*
 * Removes all headers with one of our names from "r".  NGX_OK or NGX_ERROR:
 * some may be left.
 */
ngx_int_t ngx_http_plaid_boundary_strip(ngx_http_request_t *r);

/* As boundary_first(), for another "handler" of the module. */
void ngx_http_plaid_boundary_to_front(ngx_cycle_t *cycle,
    ngx_http_handler_pt handler);

/* POST_READ: removes them from every main request. */
ngx_int_t ngx_http_plaid_boundary_post_read(ngx_http_request_t *r);

/*
 * SERVER_REWRITE and REWRITE: the same for what gets there by an internal
 * redirect, or is a subrequest.
 */
ngx_int_t ngx_http_plaid_boundary_rewrite(ngx_http_request_t *r);

/*
 * Adds the filter for response headers, once for each configuration or worker:
 * no variable has a token's copy any more when they are made.
 */
void ngx_http_plaid_boundary_filter(void);

/*
 * The request ends: takes the tokens out of all of it that a log could still
 * print.  Idempotent.
 */
void ngx_http_plaid_boundary_close(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_BOUNDARY_H_INCLUDED_ */
