
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
 *                             +-> TAKEN --+
 *                             |           v
 *     claim --> CALLING --> READY --> DELIVERED --> free
 *                  |          `----> LAPSED, to be logged, then free
 *                  |-----> UNKNOWN, a later claim makes one probing call
 *                  |-----> FAILED, for those who wait, then free
 *                  `-----> ORPHAN, owner dead or late: a claim takes over
 *
 * A record belongs to the kind of request that made it, and to the tag of its
 * bind value.  A claim by another tag is told OTHER: it neither waits nor
 * gets the outcome, and nothing is kept of its own call; but when the record
 * holds no token and has no live call, it is taken over.  A claim by "any"
 * matches every record.  A record that a webhook made is bound to nobody: the
 * first post that finds it, within that post's own "ttl" counted from the
 * exchange, leaves its tag there.
 *
 * A worker may be killed at any instruction, with the lock held, too: each
 * change of a record takes effect by one store of its state, and who locks
 * next rebuilds every index from the records.  Nothing is allocated, logged,
 * enciphered or called under the lock.  Positions are indices, so the area
 * may be mapped anywhere.
 *
 * What may be evicted, in this order: expired records, LAPSED ones, the
 * oldest DELIVERED, the oldest of ORPHAN, UNKNOWN and FAILED, the oldest
 * TAKEN.  CALLING and READY never are.
 *
 * A record takes 1048 bytes with its share of the indices: a zone of 1m has
 * about 1000 records.
 *
 * The ids of item and request stand beside a READY record in clear text, to
 * be logged when nobody has taken its token in time.
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

/* how often a full store is logged, in ms */
#define NGX_PLAID_STORE_REPORT_MS   60000

/* how often tokens that nobody took are looked for, in ms */
#define NGX_PLAID_STORE_SWEEP_MS    1000

/* how long one of those is kept to be logged, in ms */
#define NGX_PLAID_STORE_LAPSED_MS   60000


/* who makes a record */

typedef enum {
    NGX_PLAID_STORE_POST = 0,       /* a browser's post */
    NGX_PLAID_STORE_WEBHOOK,        /* a verified webhook */
    NGX_PLAID_STORE_PASS            /* the app, by plaid_pass */
} ngx_plaid_store_kind_e;


typedef enum {
    NGX_PLAID_STORE_CALL = 0,       /* make the call: you own it */
    NGX_PLAID_STORE_WAIT,           /* another one makes it: poll */
    NGX_PLAID_STORE_TOKEN,          /* the sealed outcome is yours */
    NGX_PLAID_STORE_FAILED,         /* the call failed */
    NGX_PLAID_STORE_UNKNOWN,        /* the call was sent, and lost */
    NGX_PLAID_STORE_GONE,           /* the call is no more: claim again */
    NGX_PLAID_STORE_BUSY,           /* too many wait already */
    NGX_PLAID_STORE_FULL,           /* make the call, nothing is kept */
    NGX_PLAID_STORE_OTHER           /* the same, as another's record is there */
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
    unsigned                   probe:1;  /* an earlier call may have won */
    unsigned                   bound:1;  /* this claim left its tag there */
    unsigned                   kind:2;   /* of the record */
} ngx_plaid_store_ref_t;


/* who asks for what */

typedef struct {
    u_char                    *id;       /* NGX_PLAID_SEAL_ID_LEN bytes */
    u_char                    *tag;      /* NGX_PLAID_SEAL_BIND_LEN bytes */
    ngx_plaid_store_kind_e     kind;
    ngx_uint_t                 any;      /* matches every kind and tag */
    ngx_msec_t                 timeout;  /* longest call, retries included */
    ngx_msec_t                 ttl;      /* of the caller's configuration */
} ngx_plaid_store_claim_t;


/* what came of a call; "sealed" NULL: it could not be sealed */

typedef struct {
    ngx_plaid_sealed_t        *sealed;
    ngx_str_t                  item_id;
    ngx_str_t                  request_id;
} ngx_plaid_store_outcome_t;


/* what is left of a token that nobody took */

typedef struct {
    ngx_uint_t                 called;   /* an app was connected to with it */
    size_t                     item_len;
    size_t                     request_len;
    u_char                     item_id[NGX_PLAID_ID_MAX];
    u_char                     request_id[NGX_PLAID_ID_MAX];
} ngx_plaid_store_lapsed_t;


/* a copy of a record that holds a token not yet delivered */

typedef struct {
    u_char                     id[NGX_PLAID_SEAL_ID_LEN];
    ngx_msec_t                 rest;     /* of its life */
    ngx_plaid_sealed_t         sealed;
} ngx_plaid_store_copy_t;


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
    ngx_uint_t                 taken;        /* ... answered by a 3xx */
    ngx_uint_t                 delivered;
    ngx_uint_t                 unknown;
    ngx_uint_t                 calls;        /* claims told to call */
    ngx_uint_t                 joins;        /* ... to wait */
    ngx_uint_t                 hits;         /* ... given a token */
    ngx_uint_t                 takeovers;    /* calls after a dead owner */
    ngx_uint_t                 probes;       /* calls after an unknown one */
    ngx_uint_t                 busy;         /* claims over the waiters */
    ngx_uint_t                 full;         /* claims without a place */
    ngx_uint_t                 other;        /* ... by another bind value */
    ngx_uint_t                 evicted;      /* records, before their time */
    ngx_uint_t                 expired;      /* records, at their time */
    ngx_uint_t                 undelivered;  /* tokens: of an app called, */
    ngx_uint_t                 uncalled;     /* ... of one not called */
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
 * Asks for the outcome under the name "claim->id".  An orphaned call is
 * remembered for "claim->ttl".  Returns
 *
 *     CALL     make the call, then complete, import, fail, unknown or abandon
 *              it; "ref->probe" is set when an earlier call may have reached
 *              Plaid;
 *     WAIT     poll until it returns another value, or leave;
 *     TOKEN    "sealed" is a copy of the outcome; tell what the app said;
 *     BUSY     NGX_PLAID_STORE_WAITERS wait already;
 *     FULL     make the call; every later operation on "ref" does nothing;
 *     OTHER    the same.
 */
ngx_plaid_store_e ngx_plaid_store_claim(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_ref_t *ref, ngx_plaid_sealed_t *sealed);

/*
 * The owner has the token, kept from now on for "ttl" ms.  out->sealed NULL:
 * the outcome could not be sealed, which is counted and remembered as
 * unknown.  Ids that do not fit beside the outcome are cut.
 * NGX_OK: kept; the owner holds it, to be delivered.  NGX_DECLINED: not kept.
 */
ngx_int_t ngx_plaid_store_complete(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_msec_t ttl,
    ngx_plaid_store_outcome_t *out);

/*
 * The owner has found the outcome elsewhere, made "age" ms ago and to be kept
 * for "ttl" ms more, as "delivered" or not.  Kind and tag of "sealed" become
 * the record's; the node that made it counts it as undelivered, not this one.
 * NGX_OK: it is the claim's own, and held as after TOKEN; NGX_BUSY: kept, but
 * of another tag: as after OTHER; NGX_DECLINED: not kept.
 */
ngx_int_t ngx_plaid_store_import(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_msec_t age, ngx_msec_t ttl, ngx_uint_t delivered,
    ngx_plaid_sealed_t *sealed);

/*
 * The owner knows that the token is lost, and "sealed", kept for "ttl" ms,
 * says so to each caller.
 */
void ngx_plaid_store_lost(ngx_plaid_store_t *store,
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
 * An app was connected to with the token that "ref" holds.  Does nothing when
 * "ref" holds none.
 */
void ngx_plaid_store_called(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref);

/*
 * The app has answered 3xx: the token may be evicted, and is not counted as
 * undelivered, but stays for its ttl.  Does nothing when "ref" holds none, or
 * when it was delivered or taken before.
 */
void ngx_plaid_store_taken(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref);

/*
 * The app has answered 2xx to the request that held the token: the record
 * lives for "grace" ms more.  Does nothing when "ref" holds none, or when it
 * was delivered before.  NGX_OK: this was the first delivery; NGX_DECLINED.
 */
ngx_int_t ngx_plaid_store_delivered(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_msec_t grace);

/*
 * 1 in one of all processes, every NGX_PLAID_STORE_SWEEP_MS: it calls
 * ngx_plaid_store_sweep() until that returns less than "n".
 */
ngx_uint_t ngx_plaid_store_turn(ngx_plaid_store_t *store, ngx_msec_t now);

/*
 * Ends what is over, and moves up to "n" tokens that nobody took into
 * "lapsed"; returns how many.
 */
ngx_uint_t ngx_plaid_store_sweep(ngx_plaid_store_t *store, ngx_msec_t now,
    ngx_plaid_store_lapsed_t *lapsed, ngx_uint_t n);

/*
 * Copies up to "n" records that hold a token not yet delivered, from the
 * place "*next" on, 0 at first, and moves that on; returns how many.  The
 * last ones were seen when it is less than "n".
 */
ngx_uint_t ngx_plaid_store_export(ngx_plaid_store_t *store, uint32_t *next,
    ngx_msec_t now, ngx_plaid_store_copy_t *copies, ngx_uint_t n);

/*
 * 1 the first time in the life of the store, in one of all processes: what is
 * to be said once.
 */
ngx_uint_t ngx_plaid_store_first(ngx_plaid_store_t *store);

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
