
/*
 * plaid_exchange_check: a location of the user's is asked before Plaid is.
 *
 * Promises: only the request that is about to call Plaid asks; nothing was sent
 * to Plaid and nothing is kept while it does, nor when the answer is no.
 */


#ifndef _NGX_HTTP_PLAID_CHECK_H_INCLUDED_
#define _NGX_HTTP_PLAID_CHECK_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/* the directives */
char *ngx_http_plaid_check(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_plaid_check_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Whether "ctx" is to ask before it calls Plaid: it does so once, where its
 * location says so, and for a post alone.
 */
ngx_uint_t ngx_http_plaid_check_wanted(ngx_http_plaid_ctx_t *ctx);

/*
 * Asks.  NGX_OK: the request is CHECKING, and "done" is called when there is
 * an answer, with NGX_PLAID_CAUSE_NONE for yes; or NGX_ERROR.
 */
ngx_int_t ngx_http_plaid_check_begin(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_checked_pt done);

/*
 * Gives the answer of "r" what the check's own has that a client needs with
 * its status: Location and WWW-Authenticate.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_plaid_check_headers(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_CHECK_H_INCLUDED_ */
