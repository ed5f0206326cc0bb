
/*
 * The addresses of a host that no "resolver" is configured for: those of the
 * start, looked up again at run time through the system's name servers.
 *
 * Promises: fetches go on with the last good addresses while a lookup is under
 * way; only where there are none a fetch waits, NGX_PLAID_NAMES_WAIT at most;
 * a lookup that fails takes nothing away; one lookup at a time for each host
 * of a client.
 *
 *     NONE <----> LOOKING, fetches wait
 *                    |
 *     GOOD <----> GOOD and LOOKING
 */


#ifndef _NGX_PLAID_NAMES_H_INCLUDED_
#define _NGX_PLAID_NAMES_H_INCLUDED_


#include "ngx_plaid_peer.h"


/* how long the addresses of the start are taken for good, milliseconds */
#define NGX_PLAID_NAMES_START     10000

/* after a lookup that failed, where there are addresses */
#define NGX_PLAID_NAMES_AGAIN     10000

/* for how long a fetch waits for a lookup */
#define NGX_PLAID_NAMES_WAIT      5000

/* shortest time between two lookups, whatever the TTL */
#define NGX_PLAID_NAMES_LEAST     1000


typedef struct ngx_plaid_names_wait_s  ngx_plaid_names_wait_t;

typedef void (*ngx_plaid_names_handler_pt)(ngx_plaid_names_wait_t *wait);


/* one who waits; zero it before use */

struct ngx_plaid_names_wait_s {
    ngx_queue_t                  queue;      /* linked while it waits */
    ngx_plaid_names_handler_pt   handler;
    void                        *data;
    char                        *error;      /* NULL: there are addresses */
};


struct ngx_plaid_names_s {
    ngx_resolver_t              *resolver;   /* of the system's servers */
    ngx_plaid_endpoint_t        *endpoint;
    ngx_str_t                    host;       /* a copy: nginx lower-cases it */

    /* of this process, zero in the master */

    ngx_pool_t                  *pool;       /* NULL: those of the start */
    ngx_addr_t                  *addrs;
    ngx_uint_t                   naddrs;
    ngx_msec_t                   due;        /* for the next lookup */
    ngx_resolver_ctx_t          *lookup;     /* under way */
    ngx_queue_t                  waiting;
};


/* Called in each worker, before the first fetch. */
void ngx_plaid_names_init(ngx_plaid_names_t *names);

/*
 * The addresses to use now, names->addrs, may be used until control returns to
 * the event loop.  NGX_OK; NGX_AGAIN: wait->handler is called once they are
 * there, or with an error; NGX_ERROR: see wait->error.
 */
ngx_int_t ngx_plaid_names_get(ngx_plaid_names_t *names,
    ngx_plaid_names_wait_t *wait);

/* The one who waits does no more.  Idempotent. */
void ngx_plaid_names_cancel(ngx_plaid_names_wait_t *wait);

/*
 * Whether "sa" may stand for a host of Plaid's own: it is not of this host's
 * loopback, and this nginx does not listen there.
 */
ngx_uint_t ngx_plaid_names_foreign(struct sockaddr *sa, socklen_t socklen);

/* Called when a process ends. */
void ngx_plaid_names_exit(ngx_plaid_names_t *names);


#endif /* _NGX_PLAID_NAMES_H_INCLUDED_ */
