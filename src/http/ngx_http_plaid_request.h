
/*
 * Questions to a request that nginx has no variable or member for.
 */


#ifndef _NGX_HTTP_PLAID_REQUEST_H_INCLUDED_
#define _NGX_HTTP_PLAID_REQUEST_H_INCLUDED_


#include <ngx_http.h>


/* The value of the first request header "name" (lower case), or NULL. */
ngx_str_t *ngx_http_plaid_request_header(ngx_http_request_t *r, char *name);

/* How many request headers "name" (lower case) there are. */
ngx_uint_t ngx_http_plaid_request_header_count(ngx_http_request_t *r,
    char *name);


/* Whether the client of the main request "r" has left. */
ngx_uint_t ngx_http_plaid_request_left(ngx_http_request_t *r);

/*
 * Whether the client of the main request "r" has left, and nothing in its
 * location says that an app is called all the same ("proxy_ignore_client_abort"
 * and its kind).
 */
ngx_uint_t ngx_http_plaid_request_aborted(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PLAID_REQUEST_H_INCLUDED_ */
