
/*
 * Allocation functions for libcurl that wipe what is freed: its buffers hold
 * the secret, the public_token and the access_token.
 */


#ifndef _NGX_PLAID_CURL_MEM_H_INCLUDED_
#define _NGX_PLAID_CURL_MEM_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * Initialises libcurl for this process, once; a module that did so before us
 * keeps its own allocation functions.  NGX_OK or NGX_ERROR (logged).
 */
ngx_int_t ngx_plaid_curl_mem_init(ngx_log_t *log);


#endif /* _NGX_PLAID_CURL_MEM_H_INCLUDED_ */
