
/*
 * The metrics' shared zone, and plaid_status.
 */


#ifndef _NGX_HTTP_PLAID_STATUS_H_INCLUDED_
#define _NGX_HTTP_PLAID_STATUS_H_INCLUDED_


#include "ngx_http_plaid_conf.h"


char *ngx_http_plaid_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Adds the zone with the numbers of "pmcf" and its clients. */
ngx_int_t ngx_http_plaid_status_init(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf);

/* Called in each worker, before the first request; there are clients. */
void ngx_http_plaid_status_attach(ngx_http_plaid_main_conf_t *pmcf);


#endif /* _NGX_HTTP_PLAID_STATUS_H_INCLUDED_ */
