
/*
 * The request side of the sandbox: from a request to a call, and from its
 * reply, or a fault, to a response.
 */


#ifndef _NGX_HTTP_PLAID_SANDBOX_H_INCLUDED_
#define _NGX_HTTP_PLAID_SANDBOX_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_plaid_sandbox_api.h"


typedef struct {
    ngx_shm_zone_t              *zone;
    size_t                       size;
    ngx_uint_t                   used;          /* unsigned  used:1; */
} ngx_http_plaid_sandbox_main_conf_t;


typedef struct {
    ngx_array_t                 *keys;          /* ngx_plaid_sandbox_key_t */
    time_t                       token_ttl;
} ngx_http_plaid_sandbox_loc_conf_t;


/* ngx_http_plaid_sandbox_request.c */

/* The content handler: answers as Plaid does. */
ngx_int_t ngx_http_plaid_sandbox_handler(ngx_http_request_t *r);

/*
 * Sends a response with a body of JSON, which stays the caller's, or with an
 * empty one where "json" is NULL.  Returns what ngx_http_finalize_request()
 * is to be called with.
 */
ngx_int_t ngx_http_plaid_sandbox_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *body);


extern ngx_module_t  ngx_http_plaid_sandbox_module;


#endif /* _NGX_HTTP_PLAID_SANDBOX_H_INCLUDED_ */
