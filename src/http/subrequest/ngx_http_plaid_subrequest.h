
/*
 * The transport "subrequest": a call to Plaid through a location that the
 * user wrote with proxy_pass.
 *
 * Promises, whatever the rest of the configuration says: Plaid gets the very
 * request that libcurl would send; no variable, no log and no other request
 * ever has Plaid's keys or the tokens; a request that may have reached Plaid
 * is not sent to another server; the reply is Plaid's own, of any status,
 * whole, within call->max_reply, and touches neither disk nor cache.
 *
 * The call is a subrequest of a request of the module's own, on a connection
 * that stands for no client.  So nothing of a client's is in it, and a client
 * that leaves, or whatever else its request does, is of no concern here.
 */


#ifndef _NGX_HTTP_PLAID_SUBREQUEST_H_INCLUDED_
#define _NGX_HTTP_PLAID_SUBREQUEST_H_INCLUDED_


#include <ngx_http.h>
#include "ngx_http_plaid_client.h"
#include "ngx_plaid_call.h"


/*
 * call->server is the ngx_http_core_srv_conf_t of the server in which the
 * location is looked up.
 */
extern ngx_plaid_transport_t  ngx_http_plaid_subrequest_transport;


/*
 * To be called in the PRECONTENT phase with each "r" that is a subrequest, as
 * the last handler; to be returned from there.
 */
ngx_int_t ngx_http_plaid_subrequest_handler(ngx_http_request_t *r);

/* Tells whether "r" is such a subrequest, and no client's request. */
ngx_uint_t ngx_http_plaid_subrequest_own(ngx_http_request_t *r);


/*
 * After the whole configuration was read: an https environment is not called
 * through a location that does not verify, as far as that can be known now.
 * NGX_OK, or NGX_ERROR with a line logged at emerg.
 */
ngx_int_t ngx_http_plaid_subrequest_check(ngx_conf_t *cf,
    ngx_array_t *clients);


#endif /* _NGX_HTTP_PLAID_SUBREQUEST_H_INCLUDED_ */
