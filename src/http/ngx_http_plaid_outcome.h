
/*
 * What the app or the client gets to see of a finished exchange.
 */


#ifndef _NGX_HTTP_PLAID_OUTCOME_H_INCLUDED_
#define _NGX_HTTP_PLAID_OUTCOME_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/*
 * Lets the settled request go on, or answers it, as "plcf" wants; to be
 * returned from the phase handler.
 */
ngx_int_t ngx_http_plaid_outcome(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);

/*
 * Answers the client with "status" and the error in "ctx->result", as an error
 * page or as JSON; to be returned from the phase handler.
 */
ngx_int_t ngx_http_plaid_outcome_answer(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_uint_t status);


#endif /* _NGX_HTTP_PLAID_OUTCOME_H_INCLUDED_ */
