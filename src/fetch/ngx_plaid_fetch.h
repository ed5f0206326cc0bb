
/*
 * One request to Plaid: names resolved, Plaid called, at most one retry, one
 * outcome.
 *
 * Promises: never blocks; ends within "timeout", retries included; what may
 * have reached Plaid is not sent again; the handler is called exactly once,
 * from the event loop, never from within start(); a fetch that has begun
 * holds a worker that is to quit, and goes on until its caller destroys it;
 * no class of fetches takes the place of another one.
 *
 *            start()
 *     IDLE ----------> RESOLVING ----> CALLING ----> DONE --> handler
 *       \                  |            ^ | \ \        ^
 *        \                 |      retry | |  \ 429     |
 *         \                |            +-+   \ PAUSED +
 *          +---------------+------------------ DRAINING
 */


#ifndef _NGX_PLAID_FETCH_H_INCLUDED_
#define _NGX_PLAID_FETCH_H_INCLUDED_


#include "ngx_plaid_call.h"
#include "ngx_plaid_names.h"
#include <ngx_event.h>


typedef enum {
    NGX_PLAID_FETCH_IDLE = 0,
    NGX_PLAID_FETCH_RESOLVING,
    NGX_PLAID_FETCH_CALLING,
    NGX_PLAID_FETCH_PAUSED,         /* for as long as a 429 advised */
    NGX_PLAID_FETCH_DRAINING,       /* a collected reply, into the sink */
    NGX_PLAID_FETCH_DONE
} ngx_plaid_fetch_state_e;


typedef struct ngx_plaid_fetch_s  ngx_plaid_fetch_t;

typedef void (*ngx_plaid_fetch_handler_pt)(ngx_plaid_fetch_t *f);


struct ngx_plaid_fetch_s {
    ngx_plaid_ident_t            ident;      /* must be first */

    /* set by the caller between create() and start() */

    ngx_pool_t                  *pool;       /* by create(): all is in it */
    ngx_plaid_transport_t       *transport;  /* by create() */
    ngx_plaid_peer_t            *peer;
    ngx_plaid_class_e            class;
    void                        *server;     /* for ngx_plaid_call_t */
    ngx_resolver_t              *resolver;   /* or NULL */
    ngx_msec_t                   resolver_timeout;

    ngx_str_t                    client_id;  /* both in "pool"; wiped */
    ngx_str_t                    secret;

    /*
     * path, content_type, body, and headers but for those that start() adds:
     * PLAID-CLIENT-ID, PLAID-SECRET, Plaid-Version, User-Agent; body and keys
     * are wiped
     */
    ngx_plaid_api_request_t      request;
    unsigned                     keyless:1;  /* the body has the keys */

    ngx_msec_t                   timeout;    /* 0: that of the peer */
    size_t                       max_reply;  /* 0: that of the peer */
    ngx_plaid_call_sink_t       *sink;       /* or NULL: collect */

    ngx_plaid_fetch_handler_pt   handler;
    void                        *data;

    /*
     * Good in the handler.  A deadline is NGX_PLAID_CALL_TIMEOUT when the
     * request was sent, else NGX_PLAID_CALL_CONNECT_TIMEOUT.
     */

    ngx_plaid_call_rc_e          rc;
    ngx_plaid_call_head_t        head;       /* status 0: there is none */
    ngx_str_t                    body;       /* wiped with the fetch */
    ngx_str_t                    detail;     /* for the log, or empty */
    ngx_msec_t                   time;       /* taken, milliseconds */
    ngx_uint_t                   tries;      /* calls made */
    unsigned                     sent:1;     /* Plaid may have got it */

    /* private */

    ngx_plaid_fetch_state_e      state;
    ngx_msec_t                   began;
    ngx_queue_t                  queue;      /* of all in this process */
    ngx_event_t                  deadline;
    ngx_event_t                  next;       /* retry, piece or handler */
    ngx_resolver_ctx_t          *resolve;
    ngx_plaid_names_wait_t       wait;
    ngx_str_t                   *addrs;      /* numeric, to connect to */
    ngx_uint_t                   naddrs;
    ngx_uint_t                   addr;       /* index of the one in use */
    size_t                       drained;    /* of "body", into the sink */
    ngx_plaid_call_t             call;
    unsigned                     overdue:1;  /* for a last look */
    unsigned                     counted:1;  /* in peer->inflight */
};


/* A fetch by that transport, in a pool of its own, or NULL. */
ngx_plaid_fetch_t *ngx_plaid_fetch_create(ngx_plaid_transport_t *transport);

/*
 * Begins.  NGX_OK: the handler will be called; NGX_BUSY: the limit of the
 * class is reached; NGX_DECLINED: the credentials cannot be sent; NGX_ERROR.
 */
ngx_int_t ngx_plaid_fetch_start(ngx_plaid_fetch_t *f);

/*
 * The sink, which has returned NGX_PLAID_CALL_PAUSE, takes bytes again; it is
 * called from the event loop.  Not to be called from within the sink.
 */
void ngx_plaid_fetch_resume(ngx_plaid_fetch_t *f);

/*
 * Stops what is under way, wipes and frees; the handler is not called.  Not to
 * be called from within the sink.
 */
void ngx_plaid_fetch_destroy(ngx_plaid_fetch_t *f);

/* Destroys every fetch of this process when it exits. */
void ngx_plaid_fetch_exit(void);


#endif /* _NGX_PLAID_FETCH_H_INCLUDED_ */
