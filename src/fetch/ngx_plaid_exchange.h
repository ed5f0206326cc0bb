
/*
 * One exchange: names resolved, Plaid called, at most one retry, one result.
 *
 * Promises: never blocks; ends within peer->timeout, retries included; what
 * may have reached Plaid is not sent again; the handler is called exactly
 * once, from the event loop, never from within start(); an exchange that has
 * begun goes on whoever leaves, and holds a worker that is to quit.
 *
 *            start()
 *     IDLE ----------> RESOLVING ----> CALLING ----> DONE --> handler
 *       \                  |             ^ | \         ^
 *        \                 |       retry | |  \ 429    |
 *         \                |             +-+   PAUSED -+
 *          +---------------+--------------------------/
 */


#ifndef _NGX_PLAID_EXCHANGE_H_INCLUDED_
#define _NGX_PLAID_EXCHANGE_H_INCLUDED_


#include "ngx_plaid_call.h"
#include <ngx_event.h>


typedef enum {
    NGX_PLAID_EXCHANGE_IDLE = 0,
    NGX_PLAID_EXCHANGE_RESOLVING,
    NGX_PLAID_EXCHANGE_CALLING,
    NGX_PLAID_EXCHANGE_PAUSED,      /* for as long as a 429 advised */
    NGX_PLAID_EXCHANGE_DONE
} ngx_plaid_exchange_state_e;


typedef struct ngx_plaid_exchange_s  ngx_plaid_exchange_t;

typedef void (*ngx_plaid_exchange_handler_pt)(ngx_plaid_exchange_t *x);


struct ngx_plaid_exchange_s {
    ngx_plaid_ident_t              ident;     /* must be first */

    /* set by the caller between create() and start() */

    ngx_pool_t                    *pool;      /* by create(): all is in it */
    ngx_plaid_transport_t         *transport; /* by create() */
    ngx_plaid_peer_t              *peer;
    ngx_plaid_dialect_e            dialect;
    void                          *owner;     /* for ngx_plaid_call_t */
    ngx_resolver_t                *resolver;  /* or NULL */
    ngx_msec_t                     resolver_timeout;
    ngx_plaid_api_args_t           args;      /* in "pool" */
    ngx_plaid_exchange_handler_pt  handler;
    void                          *data;

    /* good in the handler */

    ngx_plaid_result_t             result;
    ngx_msec_t                     time;      /* taken, milliseconds */
    ngx_uint_t                     tries;     /* calls made */

    /* private */

    ngx_plaid_exchange_state_e     state;
    ngx_msec_t                     began;
    ngx_queue_t                    queue;     /* of all in this process */
    ngx_event_t                    deadline;
    ngx_event_t                    next;      /* the retry or the handler */
    ngx_resolver_ctx_t            *resolve;
    ngx_str_t                     *addrs;     /* numeric, to connect to */
    ngx_uint_t                     naddrs;
    ngx_uint_t                     addr;      /* index of the one in use */
    ngx_plaid_api_request_t        request;
    ngx_plaid_call_t               call;
    unsigned                       overdue:1; /* for a last look */
};


/* An exchange by that transport, in a pool of its own, or NULL. */
ngx_plaid_exchange_t *ngx_plaid_exchange_create(
    ngx_plaid_transport_t *transport);

/*
 * Begins.  NGX_OK: the handler will be called; NGX_BUSY: max_inflight is
 * reached; NGX_DECLINED: the credentials cannot be sent; NGX_ERROR.
 */
ngx_int_t ngx_plaid_exchange_start(ngx_plaid_exchange_t *x);

/* Stops what is under way, wipes and frees; the handler is not called. */
void ngx_plaid_exchange_destroy(ngx_plaid_exchange_t *x);

/*
 * Lets a worker quit without waiting for the exchanges under way; "handler"
 * is called for each and must not end it at once.
 */
void ngx_plaid_exchange_let_go(ngx_plaid_exchange_handler_pt handler);

/* Destroys every exchange of this process, on its way out. */
void ngx_plaid_exchange_exit(void);


#endif /* _NGX_PLAID_EXCHANGE_H_INCLUDED_ */
