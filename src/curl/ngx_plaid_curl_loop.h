
/*
 * libcurl's sockets in an epoll set of our own, which is one descriptor in
 * nginx's event loop.
 *
 * Promises: a descriptor that libcurl has closed already is no error; none of
 * libcurl's sockets is ever in nginx's own event set, where a stale number
 * could belong to a client by then; an idle connection that becomes readable
 * is cut, so that libcurl finds it dead.
 */


#ifndef _NGX_PLAID_CURL_LOOP_H_INCLUDED_
#define _NGX_PLAID_CURL_LOOP_H_INCLUDED_


#include "ngx_plaid.h"
#include <curl/curl.h>


/* what the loop tells the owner of a socket: libcurl's CURL_CSELECT_* mask */
typedef void (*ngx_plaid_curl_loop_handler_pt)(void *owner, curl_socket_t s,
    int mask);


/*
 * Counts a user of the loop in and out; the first one opens the epoll set and
 * takes a connection slot, the last one gives both back.  "handler" gets the
 * events of every owner.  NGX_OK or NGX_ERROR (logged).
 */
ngx_int_t ngx_plaid_curl_loop_use(ngx_plaid_curl_loop_handler_pt handler);
void ngx_plaid_curl_loop_release(void);

/*
 * For CURLOPT_OPENSOCKETFUNCTION, CURLOPT_CLOSESOCKETFUNCTION and
 * CURLMOPT_SOCKETFUNCTION, by way of the owner's own callbacks.  watch()
 * never fails as far as libcurl is concerned: a -1 from there would make
 * libcurl 7.88 follow a NULL pointer.
 */
curl_socket_t ngx_plaid_curl_loop_open(void *owner, ngx_uint_t *open,
    struct curl_sockaddr *addr);
void ngx_plaid_curl_loop_close(curl_socket_t s);
void ngx_plaid_curl_loop_watch(curl_socket_t s, int what,
    ngx_uint_t http2);

/*
 * Nothing of "owner" is open any more; "open", its count, is brought to that.
 */
void ngx_plaid_curl_loop_forget(void *owner);


#endif /* _NGX_PLAID_CURL_LOOP_H_INCLUDED_ */
