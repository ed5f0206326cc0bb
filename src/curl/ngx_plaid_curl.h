
/*
 * The curl transport: libcurl's multi_socket interface on nginx's event loop.
 *
 * Promises: one slot of worker_connections for all of it, whatever the number
 * of calls; libcurl never resolves a name, follows a redirect, keeps a cookie
 * or reads the environment; connections are never shared by two clients; an
 * idle connection that Plaid closes is found at once and not used again; idle
 * ones are closed after keepalive_timeout; a memory block that libcurl frees
 * is wiped.
 */


#ifndef _NGX_PLAID_CURL_H_INCLUDED_
#define _NGX_PLAID_CURL_H_INCLUDED_


#include "ngx_plaid_call.h"


extern ngx_plaid_transport_t  ngx_plaid_curl_transport;


/*
 * Lets go of everything that "peer" holds in this process; calls under way
 * are dropped without their handlers.  Idempotent; a later start() starts
 * over.
 */
void ngx_plaid_curl_close(ngx_plaid_peer_t *peer);


#endif /* _NGX_PLAID_CURL_H_INCLUDED_ */
