
/*
 * The directives of the module, and how their values are created, checked and
 * inherited.
 */


#ifndef _NGX_HTTP_PLAID_DIRECTIVES_H_INCLUDED_
#define _NGX_HTTP_PLAID_DIRECTIVES_H_INCLUDED_


#include "ngx_http_plaid_conf.h"


extern ngx_command_t  ngx_http_plaid_directives[];

void *ngx_http_plaid_directives_create_main(ngx_conf_t *cf);
void *ngx_http_plaid_directives_create_srv(ngx_conf_t *cf);
void *ngx_http_plaid_directives_create_loc(ngx_conf_t *cf);
char *ngx_http_plaid_directives_merge_loc(ngx_conf_t *cf, void *parent,
    void *child);


#endif /* _NGX_HTTP_PLAID_DIRECTIVES_H_INCLUDED_ */
