
/*
 * A fetch for a request: transport, keys, resolver and server of a client.
 */


#ifndef _NGX_HTTP_PLAID_FETCH_H_INCLUDED_
#define _NGX_HTTP_PLAID_FETCH_H_INCLUDED_


#include <ngx_http.h>
#include "ngx_http_plaid_client.h"
#include "ngx_plaid_fetch.h"


/*
 * Creates a fetch of "class" with the keys that "client" has for "r", which
 * may go before the fetch does.  The caller sets request, handler and what
 * else it wants before ngx_plaid_fetch_start().
 *
 * NGX_OK, NGX_DECLINED (credentials not available), NGX_ERROR (no memory);
 * "fetch" is NULL then.
 */
ngx_int_t ngx_http_plaid_fetch_create(ngx_http_request_t *r,
    ngx_http_plaid_client_t *client, ngx_plaid_class_e class,
    ngx_plaid_fetch_t **fetch);


#endif /* _NGX_HTTP_PLAID_FETCH_H_INCLUDED_ */
