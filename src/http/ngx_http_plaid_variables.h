
/*
 * The variables of the module.
 */


#ifndef _NGX_HTTP_PLAID_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_PLAID_VARIABLES_H_INCLUDED_


#include <ngx_http.h>


ngx_int_t ngx_http_plaid_variables_add(ngx_conf_t *cf);

/* $http_<name> must follow the token header: see there. */
ngx_int_t ngx_http_plaid_variables_add_header(ngx_conf_t *cf,
    ngx_str_t *name);


#endif /* _NGX_HTTP_PLAID_VARIABLES_H_INCLUDED_ */
