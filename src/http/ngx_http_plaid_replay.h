
/*
 * The replay store's directives and zones, a record's name for a request, and
 * what counts as delivered.
 */


#ifndef _NGX_HTTP_PLAID_REPLAY_H_INCLUDED_
#define _NGX_HTTP_PLAID_REPLAY_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


/* ngx_http_plaid_replay_conf.c: its configuration */

char *ngx_http_plaid_replay_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_replay_conf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_plaid_replay_conf_merge(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *conf);


/* ngx_http_plaid_replay.c */

/* Called once the memory is there: says what the zones are too small for. */
void ngx_http_plaid_replay_check(ngx_cycle_t *cycle,
    ngx_http_plaid_main_conf_t *pmcf);

/* Called in each worker, before the first request. */
ngx_int_t ngx_http_plaid_replay_attach(ngx_cycle_t *cycle,
    ngx_http_plaid_main_conf_t *pmcf);

/*
 * Derives "ctx->seal" for the token in "ctx->token"; the caller's bind value
 * and the client's client_id are evaluated for it.  The cause of a failure, or
 * NGX_PLAID_CAUSE_NONE.
 */
ngx_plaid_cause_e ngx_http_plaid_replay_seal(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);

/* Tells the store if the app has taken the token that "r" carries. */
void ngx_http_plaid_replay_delivered(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_REPLAY_H_INCLUDED_ */
