
/*
 * The replay store's directives and zones, and what counts as delivered.
 */


#ifndef _NGX_HTTP_PLAID_REPLAY_H_INCLUDED_
#define _NGX_HTTP_PLAID_REPLAY_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"


char *ngx_http_plaid_replay_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_replay(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_plaid_replay_merge(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *conf);

/* Called in each worker, before the first request. */
void ngx_http_plaid_replay_attach(ngx_cycle_t *cycle);

/* Tells the store if the app has taken the token that "r" carries. */
void ngx_http_plaid_replay_delivered(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_REPLAY_H_INCLUDED_ */
