
/*
 * The replay store: what came of each exchange, shared by all workers.
 *
 * Promises: of concurrent posts of one public token, in any workers, exactly
 * one is told to call Plaid; the others wait for that very call, or take over
 * when its worker dies or overruns.  An access token that was stored stays
 * until the app has got it (then for "grace"), or for "ttl"; it is never
 * evicted before.  When nothing can be evicted the store is FULL and says so;
 * the exchange goes on without it.
 *
 * A record goes through these states (see ngx_plaid_store_area.h):
 *
 *     claim --> CALLING --> READY --> DELIVERED --> free
 *                  |-----> UNKNOWN, a later claim makes one probing call
 *                  |-----> FAILED, for those who wait, then free
 *                  `-----> ORPHAN, owner dead or late: a claim takes over
 *
 * A worker may be killed at any instruction, with the lock held, too: each
 * change of a record takes effect by one store of its state, and who locks
 * next rebuilds every index from the records.  Nothing is allocated, logged,
 * enciphered or called under the lock.  Positions are indices, so the area
 * may be mapped anywhere.
 *
 * What may be evicted, in this order: expired records, the oldest DELIVERED,
 * the oldest of ORPHAN, UNKNOWN and FAILED.  CALLING and READY never are.
 *
 * A record takes 1032 bytes with its share of the indices: a zone of 1m has
 * 1000 records and more.
 *
 * "now" is ngx_current_msec throughout: where the clock of one worker lags
 * behind, or steps back, records live that much longer.
 */


#ifndef _NGX_PLAID_STORE_H_INCLUDED_
#define _NGX_PLAID_STORE_H_INCLUDED_


#include "ngx_plaid_seal.h"


/* a call's lease ends this much after the longest it may take, in ms */
#define NGX_PLAID_STORE_SLACK       5000

/*
 * How long an outcome is kept for those who waited for it, in ms: much more
 * than the few ms in which they ask again.
 */
#define NGX_PLAID_STORE_FAILED_MS   5000

/*
 * Posts that may wait on one call: a browser posts twice, a page that went
 * wild 35 times; more is an attack on the worker's connections.
 */
#define NGX_PLAID_STORE_WAITERS     64

/* how often a full store is to be logged, in ms */
#define NGX_PLAID_STORE_REPORT_MS   60000


typedef enum {
    NGX_PLAID_STORE_CALL = 0,       /* make the call: you own it */
    NGX_PLAID_STORE_WAIT,           /* another one makes it: poll */
    NGX_PLAID_STORE_TOKEN,          /* the sealed outcome is yours */
    NGX_PLAID_STORE_FAILED,         /* the call failed */
    NGX_PLAID_STORE_UNKNOWN,        /* the call was sent, and lost */
    NGX_PLAID_STORE_GONE,           /* the call is no more: claim again */
    NGX_PLAID_STORE_BUSY,           /* too many wait already */
    NGX_PLAID_STORE_FULL            /* make the call, nothing is kept */
} ngx_plaid_store_e;


typedef enum {
    NGX_PLAID_STORE_NOBODY = 0,
    NGX_PLAID_STORE_OWNER,          /* makes the call */
    NGX_PLAID_STORE_WAITER,         /* counted as waiting on it */
    NGX_PLAID_STORE_HOLDER          /* has its token, to be delivered */
} ngx_plaid_store_role_e;


/* a request's part in a record; zero it before use, then leave it alone */

typedef struct {
    uint64_t                   call;
    uint32_t                   index;
    ngx_plaid_store_role_e     role;
    ngx_uint_t                 probe;    /* an earlier call may have won */
} ngx_plaid_store_ref_t;


typedef struct ngx_plaid_store_area_s    ngx_plaid_store_area_t;
typedef struct ngx_plaid_store_record_s  ngx_plaid_store_record_t;


/* a process's view of the store */

typedef struct {
    ngx_plaid_store_area_t    *area;
    uint32_t                  *buckets;
    uint32_t                  *heap;
    ngx_plaid_store_record_t  *records;
    u_char                    *data;
    ngx_shmtx_t               *mutex;
    uint32_t                   nonce;    /* of this process */
} ngx_plaid_store_t;


typedef struct {
    ngx_uint_t                 records;      /* places */
    ngx_uint_t                 used;         /* of them, in any state */
    ngx_uint_t                 calling;
    ngx_uint_t                 ready;        /* tokens the app has not got */
    ngx_uint_t                 delivered;
    ngx_uint_t                 unknown;
    ngx_uint_t                 calls;        /* claims told to call */
    ngx_uint_t                 joins;        /* ... to wait */
    ngx_uint_t                 hits;         /* ... given a token */
    ngx_uint_t                 takeovers;    /* calls after a dead owner */
    ngx_uint_t                 probes;       /* calls after an unknown one */
    ngx_uint_t                 busy;         /* claims over the waiters */
    ngx_uint_t                 full;         /* claims without a place */
    ngx_uint_t                 evicted;      /* records, before their time */
    ngx_uint_t                 expired;      /* records, at their time */
    ngx_uint_t                 unstored;     /* tokens that did not fit */
    ngx_uint_t                 stale;        /* outcomes that came too late */
    ngx_uint_t                 rebuilt;      /* after a death in the lock */
} ngx_plaid_store_stats_t;


/*
 * Attaches to the store in the "size" bytes at "mem", aligned as a pointer
 * is, or makes it when there is none of this layout and size.  Called before
 * the workers are forked.  "mutex" is that of the zone's slab pool, which the
 * master unlocks when a worker died that held it.
 * NGX_OK; NGX_ERROR, there is no room for a record.
 */
ngx_int_t ngx_plaid_store_init(ngx_plaid_store_t *store, void *mem,
    size_t size, ngx_shmtx_t *mutex);

/*
 * Called in each worker before its first claim, with ngx_pid set: calls of an
 * earlier process of this pid count as orphaned.
 */
void ngx_plaid_store_attach(ngx_plaid_store_t *store);

/*
 * Asks for the outcome under the name "id" (NGX_PLAID_SEAL_ID_LEN bytes).
 * "timeout" is the longest a call may take, retries included, "ttl" how long
 * an orphaned call is remembered, both in ms.  Returns
 *
 *     CALL     make the call, then complete, fail, unknown or abandon it;
 *              "ref->probe" is set when an earlier call may have reached
 *              Plaid;
 *     WAIT     poll until it returns another value, or leave;
 *     TOKEN    "sealed" is a copy of the outcome; tell delivered;
 *     BUSY     NGX_PLAID_STORE_WAITERS wait already;
 *     FULL     make the call; every later operation on "ref" does nothing.
 */
ngx_plaid_store_e ngx_plaid_store_claim(ngx_plaid_store_t *store, u_char *id,
    ngx_msec_t now, ngx_msec_t timeout, ngx_msec_t ttl,
    ngx_plaid_store_ref_t *ref, ngx_plaid_sealed_t *sealed);

/*
 * The owner has the token, kept from now on for "ttl" ms.  "sealed" NULL: the
 * outcome could not be sealed, which is counted and remembered as unknown.
 * NGX_OK: kept; the owner holds it, to be delivered.  NGX_DECLINED: not kept.
 */
ngx_int_t ngx_plaid_store_complete(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_msec_t ttl,
    ngx_plaid_sealed_t *sealed);

/*
 * The owner's call failed.  "sealed" goes to those who wait on it, NULL sends
 * them away to make their own.
 */
void ngx_plaid_store_fail(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_plaid_sealed_t *sealed);

/*
 * The owner's call was sent, and its answer lost; remembered for "ttl" ms, so
 * that the next claim probes.  "sealed", which may be NULL, goes to those who
 * wait.
 */
void ngx_plaid_store_unknown(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_msec_t ttl,
    ngx_plaid_sealed_t *sealed);

/*
 * The owner sent nothing and will not.  Those who wait make their own call.
 * Does nothing when "ref" does not own a call.
 */
void ngx_plaid_store_abandon(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref);

/*
 * What became of the call that "ref" waits on: WAIT, still going on; TOKEN,
 * FAILED or UNKNOWN, with the outcome in "sealed" ("len" is 0 when UNKNOWN
 * came without); GONE, claim again.  All but WAIT end the wait.  While WAIT
 * it takes no lock.
 */
ngx_plaid_store_e ngx_plaid_store_poll(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_plaid_sealed_t *sealed);

/* The waiter goes away.  Does nothing when "ref" does not wait. */
void ngx_plaid_store_leave(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref);

/*
 * The app has answered 2xx or 3xx to the request that held the token: the
 * record lives for "grace" ms more.  Does nothing when "ref" holds none, or
 * when it was delivered before.
 */
void ngx_plaid_store_delivered(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_msec_t grace);

/*
 * To be asked after FULL: the number of claims that found the store full
 * since the last report, when this is the time for one, else 0.  Of all
 * workers one is told, every NGX_PLAID_STORE_REPORT_MS.
 */
ngx_uint_t ngx_plaid_store_report(ngx_plaid_store_t *store, ngx_msec_t now);

/* Counts, read without the lock: each is right, their sum may not be. */
void ngx_plaid_store_stats(ngx_plaid_store_t *store,
    ngx_plaid_store_stats_t *stats);


#endif /* _NGX_PLAID_STORE_H_INCLUDED_ */
