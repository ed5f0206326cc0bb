
/*
 * One HTTP call to Plaid: what a transport is given and what it gives back.
 *
 * Promises of every transport: start() never calls the handler itself; after
 * a start() that returned NGX_OK the handler is called exactly once, unless
 * cancel() comes first, after which it never is; nothing blocks; nothing that
 * may have reached Plaid is sent again; "sent" is cleared only when no byte of
 * the request can have been processed.  There is no time limit in here: the
 * caller cancels.
 */


#ifndef _NGX_PLAID_CALL_H_INCLUDED_
#define _NGX_PLAID_CALL_H_INCLUDED_


#include "ngx_plaid_api.h"
#include "ngx_plaid_peer.h"


typedef enum {
    NGX_PLAID_CALL_DONE = 0,        /* a whole reply, of any status */
    NGX_PLAID_CALL_CONNECT,         /* not connected, no TLS, no tunnel */
    NGX_PLAID_CALL_CONNECT_TIMEOUT,
    NGX_PLAID_CALL_TIMEOUT,         /* reply too late (subrequest only) */
    NGX_PLAID_CALL_LOST,            /* connection lost before the reply ended */
    NGX_PLAID_CALL_BAD_REPLY,       /* not HTTP, or over max_response_size */
    NGX_PLAID_CALL_INTERNAL         /* out of memory and the like */
} ngx_plaid_call_rc_e;


typedef struct ngx_plaid_call_s  ngx_plaid_call_t;

typedef void (*ngx_plaid_call_handler_pt)(ngx_plaid_call_t *call);


struct ngx_plaid_call_s {
    /* set by the caller; all must live until the handler or cancel() */

    ngx_plaid_peer_t          *peer;
    ngx_pool_t                *pool;         /* the reply comes from it */
    ngx_log_t                 *log;
    ngx_plaid_api_request_t   *request;
    ngx_str_t                  addr;         /* numeric, where to connect to */
    ngx_plaid_call_handler_pt  handler;
    void                      *data;
    void                      *owner;        /* subrequest: its parent */
    unsigned                   fresh:1;      /* on a new connection */

    /* set by the transport; "sent" is good after cancel() too */

    ngx_plaid_call_rc_e        rc;
    ngx_uint_t                 status;
    ngx_str_t                  body;         /* in "pool"; the caller wipes */
    ngx_str_t                  request_id;   /* in "pool" */
    time_t                     retry_after;  /* seconds, 0: none */
    ngx_str_t                  detail;       /* for the log, in "pool" */
    unsigned                   sent:1;

    void                      *transport;    /* the transport's own */
};


typedef struct {
    ngx_int_t                (*start)(ngx_plaid_call_t *call);
    void                     (*cancel)(ngx_plaid_call_t *call);
    ngx_uint_t                 connects;     /* wants call->addr */
    size_t                     pool;         /* taken while a call goes on */
} ngx_plaid_transport_t;


#endif /* _NGX_PLAID_CALL_H_INCLUDED_ */
