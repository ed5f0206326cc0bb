
/*
 * The memory of the replay store, private to ngx_plaid_store*.c and tests.
 *
 * Promises: a record's state is the truth, and changes by one store of one
 * word after everything that the new state needs is in place; hash chains,
 * heap, lists and counts by state are indices that can be rebuilt from the
 * records at any time, and are whenever a process died with the lock held.
 */


#ifndef _NGX_PLAID_STORE_AREA_H_INCLUDED_
#define _NGX_PLAID_STORE_AREA_H_INCLUDED_


#include "ngx_plaid_store.h"


#define NGX_PLAID_AREA_MAGIC      0x64696c70

/* changed with anything in this file that the area's users must agree on */
#define NGX_PLAID_AREA_LAYOUT     3

#define NGX_PLAID_AREA_NIL        0xffffffff


/* passed between any two stores of one operation; tests die here */

#ifndef ngx_plaid_area_step
#define ngx_plaid_area_step()     ngx_memory_barrier()
#endif


typedef enum {
    NGX_PLAID_AREA_FREE = 0,
    NGX_PLAID_AREA_CALLING,         /* until "deadline" */
    NGX_PLAID_AREA_ORPHAN,          /* its owner died or is late */
    NGX_PLAID_AREA_READY,           /* sealed token, not delivered */
    NGX_PLAID_AREA_TAKEN,           /* sealed token, app said 3xx */
    NGX_PLAID_AREA_DELIVERED,       /* sealed token or loss, delivered */
    NGX_PLAID_AREA_LAPSED,          /* no token, ids of one nobody took */
    NGX_PLAID_AREA_UNKNOWN,         /* sent, no answer */
    NGX_PLAID_AREA_FAILED,          /* sealed failure, found by ref only */
    NGX_PLAID_AREA_STATES
} ngx_plaid_area_state_e;


struct ngx_plaid_store_record_s {
    u_char                     id[NGX_PLAID_SEAL_ID_LEN];
    u_char                     tag[NGX_PLAID_SEAL_BIND_LEN];   /* 0: none */
    volatile uint64_t          call;         /* 0 when nobody's */
    volatile ngx_msec_t        deadline;     /* of the call; then its end */
    ngx_msec_t                 expire;       /* in any state but CALLING */
    volatile uint32_t          state;
    volatile uint32_t          pid;          /* of the owner */
    uint32_t                   nonce;        /* of the owner */
    uint32_t                   chain;        /* next in the bucket */
    uint32_t                   next;         /* in the state's list */
    uint32_t                   prev;
    uint32_t                   place;        /* in the heap */
    uint16_t                   waiters;      /* on "call" */
    uint16_t                   len;          /* of the sealed outcome */
    uint8_t                    item_len;     /* of the ids in clear text */
    uint8_t                    request_len;
    uint8_t                    kind;
    uint8_t                    kid;          /* of the outcome */
    unsigned                   probe:1;      /* the call is one */
    unsigned                   called:1;     /* an app was, with the token */
    unsigned                   imported:1;   /* made elsewhere */
    unsigned                   lost:1;       /* the outcome has no token */
};


/* all that one takes: its places in buckets and heap, and its data */
#define NGX_PLAID_AREA_RECORD                                                 \
    (sizeof(ngx_plaid_store_record_t) + 2 * sizeof(uint32_t)                  \
     + NGX_PLAID_SEAL_MAX)

/*
 * Apart from the records: those that are looked through lie close together.
 * The outcome is at the beginning, the ids of item and request at the end.
 */
#define ngx_plaid_area_data(store, rec)                                       \
    ((store)->data + ((rec) - (store)->records) * NGX_PLAID_SEAL_MAX)


#define ngx_plaid_area_ids(store, rec)                                        \
    (ngx_plaid_area_data(store, rec) + NGX_PLAID_SEAL_MAX                     \
     - (rec)->item_len - (rec)->request_len)


typedef struct {
    uint32_t                   head;
    uint32_t                   tail;
} ngx_plaid_area_list_t;


struct ngx_plaid_store_area_s {
    volatile uint32_t          magic;
    uint32_t                   layout;
    uint32_t                   record_size;
    uint32_t                   nrecords;
    uint32_t                   nbuckets;     /* a power of two */
    volatile uint32_t          dirty;        /* someone is changing things */
    uint64_t                   size;

    uint64_t                   call;         /* the last one given */

    ngx_plaid_area_list_t      unused;
    ngx_plaid_area_list_t      lapsed;       /* oldest first, as below */
    ngx_plaid_area_list_t      delivered;
    ngx_plaid_area_list_t      lost;         /* ORPHAN, UNKNOWN, FAILED */
    ngx_plaid_area_list_t      taken;
    uint32_t                   nheap;

    /* changed under the lock, read without */
    ngx_atomic_t               states[NGX_PLAID_AREA_STATES];
    ngx_atomic_t               calls;
    ngx_atomic_t               joins;
    ngx_atomic_t               hits;
    ngx_atomic_t               takeovers;
    ngx_atomic_t               probes;
    ngx_atomic_t               busy;
    ngx_atomic_t               full;
    ngx_atomic_t               other;
    ngx_atomic_t               evicted;
    ngx_atomic_t               expired;
    ngx_atomic_t               undelivered;
    ngx_atomic_t               uncalled;
    ngx_atomic_t               unstored;
    ngx_atomic_t               stale;
    ngx_atomic_t               rebuilt;

    ngx_atomic_t               reported;     /* part of "full" */
    ngx_msec_t                 report;       /* when */
    ngx_atomic_t               swept;        /* when, ms */
    ngx_atomic_t               first;        /* was told */
};


/* "a" is at or after "b", though the clock may wrap */
#define ngx_plaid_area_reached(a, b)  ((ngx_msec_int_t) ((a) - (b)) >= 0)


/* Rebuilds the store's lists and counts; drops what cannot be a record. */
void ngx_plaid_area_rebuild(ngx_plaid_store_t *store);

/* Takes the lock, and rebuilds when the last one to hold it died. */
void ngx_plaid_area_lock(ngx_plaid_store_t *store);
void ngx_plaid_area_unlock(ngx_plaid_store_t *store);

/*
 * Below, the lock is held.
 */

/* The record of that name, unless FREE, FAILED or LAPSED, or NULL. */
ngx_plaid_store_record_t *ngx_plaid_area_find(ngx_plaid_store_t *store,
    u_char *id);

/*
 * Commits "state", then follows with the indices.  What the state needs, and
 * "id" above all for a record that was FREE, is in place before.
 */
void ngx_plaid_area_move(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_area_state_e state);

/*
 * A FREE record, after freeing, if necessary, what is expired or may be
 * evicted; or NULL.
 */
ngx_plaid_store_record_t *ngx_plaid_area_alloc(ngx_plaid_store_t *store,
    ngx_msec_t now);

/* Ends up to "n" records that are over, so that none lies around for long. */
void ngx_plaid_area_sweep(ngx_plaid_store_t *store, ngx_msec_t now,
    ngx_uint_t n);

/*
 * Deals with a record whose time is over: frees it, or makes it an ORPHAN, or
 * LAPSED.
 */
void ngx_plaid_area_lapse(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_msec_t now);

/* When the state of "rec" is over. */
ngx_msec_t ngx_plaid_area_due(ngx_plaid_store_record_t *rec);

/* Copies the sealed outcome of "rec", with its kind and tag. */
void ngx_plaid_area_copy(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_sealed_t *sealed);

/* Whether "rec" is bound to a tag. */
ngx_uint_t ngx_plaid_area_bound(ngx_plaid_store_record_t *rec);

/* Whether the outcome of "rec", which is not over, is for "claim". */
ngx_uint_t ngx_plaid_store_match(ngx_plaid_store_claim_t *claim,
    ngx_msec_t now, ngx_plaid_store_record_t *rec);

/* Gives "ref" that part in a record that matches. */
void ngx_plaid_store_hold(ngx_plaid_store_claim_t *claim,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_ref_t *ref,
    ngx_plaid_store_role_e role);

/* Wipes all that "rec" has of one, as a death may have left any part there. */
void ngx_plaid_area_wipe(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);

/*
 * These are called without the lock.
 */

/* Ends the call, when it is still going on: its owner is dead. */
void ngx_plaid_store_orphan(ngx_plaid_store_t *store, uint32_t index,
    uint64_t call);

/*
 * Whether that process lives.  A pid that went to a stranger looks alive; the
 * deadline is for that case.
 */
ngx_uint_t ngx_plaid_store_alive(uint32_t pid);


#endif /* _NGX_PLAID_STORE_AREA_H_INCLUDED_ */
