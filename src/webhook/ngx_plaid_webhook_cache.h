
/*
 * Verification keys, and who may ask Plaid for one, in memory that all workers
 * share.
 *
 * Promises: of all webhooks that need one unknown key, in any workers, one is
 * told to fetch it, and the others wait; a key that Plaid has said to exist is
 * never displaced by names that anybody can make up, which have cells of
 * their own; what a peer can make Plaid be asked is limited, and what all can,
 * but for peers that have sent a verified webhook.
 *
 * A worker may be killed at any instruction, with the lock held, too: a cell
 * counts by one store of its state, which comes last.
 *
 *     lookup --> PENDING --> KEY ------> refreshed, or free after two ttl
 *                   |------> UNKNOWN, EXPIRED: free after a while
 *                   `------> free, the fetch failed
 */


#ifndef _NGX_PLAID_WEBHOOK_CACHE_H_INCLUDED_
#define _NGX_PLAID_WEBHOOK_CACHE_H_INCLUDED_


#include "ngx_plaid_webhook_key.h"


/* Plaid has a few at a time; many tenants fit */
#define NGX_PLAID_WEBHOOK_CACHE_KEYS   64

/* of names that are no key, or not yet */
#define NGX_PLAID_WEBHOOK_CACHE_NAMES  64

/* addresses whose fetches are counted: Plaid's own are fewer than ten */
#define NGX_PLAID_WEBHOOK_CACHE_PEERS  128

/* how long a peer that sent a verified webhook is remembered, ms */
#define NGX_PLAID_WEBHOOK_CACHE_KNOWN  (24 * 60 * 60 * 1000)

/* a fetch's lease ends this much after the longest it may take, ms */
#define NGX_PLAID_WEBHOOK_CACHE_SLACK  5000

/* how long a background fetch that failed is not repeated, ms */
#define NGX_PLAID_WEBHOOK_CACHE_PAUSE  60000


typedef enum {
    NGX_PLAID_WEBHOOK_CACHE_KEY = 0,         /* "key" is set */
    NGX_PLAID_WEBHOOK_CACHE_REFRESH,         /* the same, and fetch it */
    NGX_PLAID_WEBHOOK_CACHE_FETCH,           /* fetch it, and settle */
    NGX_PLAID_WEBHOOK_CACHE_WAIT,            /* another one fetches: poll */
    NGX_PLAID_WEBHOOK_CACHE_UNKNOWN,         /* Plaid does not know it */
    NGX_PLAID_WEBHOOK_CACHE_EXPIRED,
    NGX_PLAID_WEBHOOK_CACHE_LIMITED,         /* too many ask */
    NGX_PLAID_WEBHOOK_CACHE_FAILED           /* the fetch failed */
} ngx_plaid_webhook_cache_e;


/* plaid_webhook_keys; rates in thousandths of a fetch a second */

typedef struct {
    ngx_msec_t                 ttl;
    ngx_msec_t                 negative;
    ngx_uint_t                 rate;
    ngx_uint_t                 burst;
    ngx_uint_t                 total;
} ngx_plaid_webhook_cache_conf_t;


typedef struct ngx_plaid_webhook_cache_area_s  ngx_plaid_webhook_cache_area_t;


typedef struct {
    ngx_plaid_webhook_cache_area_t  *area;
    ngx_shmtx_t                     *mutex;
} ngx_plaid_webhook_cache_t;


/* an address as it is counted: an IPv4 one, or a /64 */

typedef struct {
    u_char                     data[9];
} ngx_plaid_webhook_cache_peer_t;


/* who fetches or waits; set by lookup */

typedef struct {
    u_char                     name[NGX_PLAID_WEBHOOK_HASH_LEN];
    uint64_t                   call;
    ngx_uint_t                 cell;
} ngx_plaid_webhook_cache_ref_t;


/* The bytes that the memory must have. */
size_t ngx_plaid_webhook_cache_size(void);

/*
 * Attaches to the cache in "mem", aligned as a pointer is, or makes an empty
 * one when there is none of this layout.  "mutex" is that of the zone's slab
 * pool.  Called before the workers are forked.
 */
void ngx_plaid_webhook_cache_init(ngx_plaid_webhook_cache_t *cache, void *mem,
    ngx_shmtx_t *mutex);

/*
 * The name of the key "kid" as the client "client_id" sees it in "env", into
 * "name" (NGX_PLAID_WEBHOOK_HASH_LEN bytes).  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_plaid_webhook_cache_name(u_char *name, ngx_str_t *env,
    ngx_str_t *client_id, ngx_str_t *kid);

/* The peer with the address "sa"; all unix domain sockets are one. */
void ngx_plaid_webhook_cache_peer(ngx_plaid_webhook_cache_peer_t *peer,
    struct sockaddr *sa);

/*
 * Looks up the key "ref->name" for "peer": KEY or REFRESH with "key" set,
 * FETCH, WAIT, UNKNOWN, EXPIRED or LIMITED.  After FETCH and REFRESH, settle()
 * must follow; "timeout" is the longest that takes, in ms.  "now" is
 * ngx_current_msec.
 */
ngx_plaid_webhook_cache_e ngx_plaid_webhook_cache_lookup(
    ngx_plaid_webhook_cache_t *cache, ngx_plaid_webhook_cache_conf_t *conf,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now, ngx_msec_t timeout,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_t *key);

/*
 * What became of the fetch that "ref" waits for, or was to make itself: KEY,
 * WAIT, UNKNOWN, EXPIRED or FAILED.
 */
ngx_plaid_webhook_cache_e ngx_plaid_webhook_cache_poll(
    ngx_plaid_webhook_cache_t *cache, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_t *key);

/*
 * The fetch of "ref", by FETCH or REFRESH, has ended as "rc" says, with "key"
 * when it was found.
 */
void ngx_plaid_webhook_cache_settle(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_conf_t *conf, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_e rc,
    ngx_plaid_webhook_key_t *key);

/* "peer" has sent a webhook that was verified. */
void ngx_plaid_webhook_cache_verified(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now);

/*
 * Whether a line about "verdict" may be logged in the second "now": 1, with
 * the number of those that were not since the last one in "rest"; 0, it is
 * counted for the next.
 */
ngx_uint_t ngx_plaid_webhook_cache_log(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_e verdict, time_t now, ngx_uint_t *rest);


#endif /* _NGX_PLAID_WEBHOOK_CACHE_H_INCLUDED_ */
