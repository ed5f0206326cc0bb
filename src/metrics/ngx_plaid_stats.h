
/*
 * What the module has done, counted in memory that all workers share.
 *
 * Promises: counting takes no lock and allocates nothing; each client has
 * numbers of its own, found again by its name after a reload, whatever came
 * and went beside it; numbers only grow, but for exchanges in flight, which
 * are kept by process: those of a process that died do not count.
 *
 * Clients beyond NGX_PLAID_STATS_CLIENTS, counted since the memory was made,
 * and clients with a name over NGX_PLAID_STATS_NAME share one more slot.
 */


#ifndef _NGX_PLAID_STATS_H_INCLUDED_
#define _NGX_PLAID_STATS_H_INCLUDED_


#include "ngx_plaid_result.h"
#include "ngx_plaid_webhook_key.h"


/* clients with numbers of their own: many tenants fit into one client */
#define NGX_PLAID_STATS_CLIENTS    64

/* longest name kept; it becomes a label of each number */
#define NGX_PLAID_STATS_NAME       120

/* the values of error_type: Plaid's, ours, and all others in one */
#define NGX_PLAID_STATS_TYPES      26

/* buckets of the histogram, without the one that takes all the rest */
#define NGX_PLAID_STATS_BUCKETS    12


/* positions of a slot's numbers */

enum {
    NGX_PLAID_STATS_STATUS = 0,
    NGX_PLAID_STATS_CAUSE = NGX_PLAID_STATS_STATUS + NGX_PLAID_UNKNOWN + 1,
    NGX_PLAID_STATS_TYPE = NGX_PLAID_STATS_CAUSE + NGX_PLAID_CAUSE_INTERNAL + 1,
    NGX_PLAID_STATS_BUCKET = NGX_PLAID_STATS_TYPE + NGX_PLAID_STATS_TYPES,
    NGX_PLAID_STATS_TIME = NGX_PLAID_STATS_BUCKET + NGX_PLAID_STATS_BUCKETS + 1,
    NGX_PLAID_STATS_LIMITED,        /* refused by max_inflight */
    NGX_PLAID_STATS_RETRY_CONNECT,  /* nothing had been sent */
    NGX_PLAID_STATS_RETRY_LATER,    /* after the wait that a 429 advised */
    NGX_PLAID_STATS_OPENED,         /* connections */
    NGX_PLAID_STATS_REUSED,
    NGX_PLAID_STATS_KEPT,           /* tokens whose client left: in replay */
    NGX_PLAID_STATS_LOST,           /* ... and nobody has them */
    NGX_PLAID_STATS_WEBHOOK_VERIFIED,
    NGX_PLAID_STATS_WEBHOOK_REFUSED,
    NGX_PLAID_STATS_WEBHOOK_UNAVAILABLE,
    NGX_PLAID_STATS_LINK,           /* link tokens: created, rejected ... */
    NGX_PLAID_STATS_LINK_UNKNOWN = NGX_PLAID_STATS_LINK + 3,
    NGX_PLAID_STATS_NUMBERS
};


/* whose connection a request came on: this machine's, or another one's */

typedef enum {
    NGX_PLAID_STATS_LOCAL = 0,
    NGX_PLAID_STATS_REMOTE
} ngx_plaid_stats_peer_e;

#define NGX_PLAID_STATS_PEERS  2


typedef struct ngx_plaid_stats_area_s  ngx_plaid_stats_area_t;
typedef struct ngx_plaid_stats_slot_s  ngx_plaid_stats_slot_t;


/* where a client counts */

typedef struct {
    ngx_plaid_stats_slot_t    *slot;
    volatile uint32_t         *inflight;     /* of this process */
} ngx_plaid_stats_t;


/* a slot's numbers at one moment */

typedef struct {
    ngx_str_t                  name;         /* in the shared memory */
    ngx_uint_t                 inflight;
    ngx_uint_t                 exchanges;    /* in all buckets */
    ngx_uint_t                 n[NGX_PLAID_STATS_NUMBERS];
} ngx_plaid_stats_snapshot_t;


/* The bytes that the memory must have. */
size_t ngx_plaid_stats_size(void);

/*
 * Attaches to the numbers in "mem", which is aligned as a pointer is, or
 * makes them, all zero, when there are none of this layout.  "now" is what
 * ngx_plaid_stats_since() will tell then.  Called before workers are forked.
 */
ngx_plaid_stats_area_t *ngx_plaid_stats_init(void *mem, time_t now);

/*
 * The slot called "name", a free one given that name, or the one that is
 * shared.  Called by the master alone.
 */
ngx_plaid_stats_slot_t *ngx_plaid_stats_slot(ngx_plaid_stats_area_t *area,
    ngx_str_t *name);

/*
 * Called in a process before it counts, with ngx_pid set: what an earlier
 * process at "place" (ngx_process_slot) had in flight is no more.
 */
void ngx_plaid_stats_attach(ngx_plaid_stats_area_t *area, ngx_uint_t place);

/* Sets st->inflight, after st->slot, for the process at "place". */
void ngx_plaid_stats_bind(ngx_plaid_stats_area_t *area, ngx_uint_t place,
    ngx_plaid_stats_t *st);

/* Adds one to the number at "position", LIMITED or later. */
void ngx_plaid_stats_count(ngx_plaid_stats_t *st, ngx_uint_t position);

/* What a request has come to; nothing is counted for NGX_PLAID_NOTHING. */
void ngx_plaid_stats_result(ngx_plaid_stats_t *st, ngx_plaid_result_t *res);

/* An exchange begins, and ends: exactly one for the other. */
void ngx_plaid_stats_begin(ngx_plaid_stats_t *st);
void ngx_plaid_stats_end(ngx_plaid_stats_t *st);

/* What an exchange took, ms. */
void ngx_plaid_stats_time(ngx_plaid_stats_t *st, ngx_msec_t time);

/* A header with one of our names came from such a peer, and was removed. */
void ngx_plaid_stats_spoofed(ngx_plaid_stats_area_t *area,
    ngx_plaid_stats_peer_e peer);

/* What a webhook of the client has come to. */
void ngx_plaid_stats_webhook(ngx_plaid_stats_area_t *area,
    ngx_plaid_stats_t *st, ngx_plaid_webhook_e verdict);

/* A fetch of a verification key has ended. */
void ngx_plaid_stats_key_fetch(ngx_plaid_stats_area_t *area,
    ngx_plaid_webhook_key_e rc);

/* How many webhooks had that verdict, and fetches that outcome. */
ngx_uint_t ngx_plaid_stats_webhooks(ngx_plaid_stats_area_t *area,
    ngx_plaid_webhook_e verdict);
ngx_uint_t ngx_plaid_stats_key_fetches(ngx_plaid_stats_area_t *area,
    ngx_plaid_webhook_key_e rc);

/* A token was handed out again, from shared memory or (1) from Redis. */
void ngx_plaid_stats_replay(ngx_plaid_stats_area_t *area, ngx_uint_t redis);
ngx_uint_t ngx_plaid_stats_replays(ngx_plaid_stats_area_t *area,
    ngx_uint_t redis);

/* How many headers were removed; when the numbers were zero. */
ngx_uint_t ngx_plaid_stats_headers(ngx_plaid_stats_area_t *area,
    ngx_plaid_stats_peer_e peer);
time_t ngx_plaid_stats_since(ngx_plaid_stats_area_t *area);

/*
 * Slot 0 to NGX_PLAID_STATS_CLIENTS, the last one shared, into "snap".
 * NGX_OK, or NGX_DECLINED: it is nobody's.
 */
ngx_int_t ngx_plaid_stats_snapshot(ngx_plaid_stats_area_t *area, ngx_uint_t i,
    ngx_plaid_stats_snapshot_t *snap);

/* The name of error type "i", 0 to NGX_PLAID_STATS_TYPES - 1. */
ngx_str_t *ngx_plaid_stats_type(ngx_uint_t i);

/* The upper limit of bucket "i", 0 to NGX_PLAID_STATS_BUCKETS - 1, ms. */
ngx_msec_t ngx_plaid_stats_bucket(ngx_uint_t i);


#endif /* _NGX_PLAID_STATS_H_INCLUDED_ */
