
/*
 * What the sandbox remembers: tokens, items, sessions, in shared memory.
 *
 * Promises: all workers see one state, and it survives a reload; memory is
 * bounded, records have one size, the one unused for longest makes room, and
 * a full zone fails nothing; nothing outside points into the zone, records
 * are copied in and out; nothing is called while it is locked but the short
 * functions given to ngx_plaid_sandbox_store_update().
 */


#ifndef _NGX_PLAID_SANDBOX_STORE_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* one more for every change of a structure below that lives in the zone */
#define NGX_PLAID_SANDBOX_LAYOUT       2

/* a token or id made here has at most 56 bytes; legacy and fault ones more */
#define NGX_PLAID_SANDBOX_NAME_LEN     128

#define NGX_PLAID_SANDBOX_ITEM_LEN     40
#define NGX_PLAID_SANDBOX_ACCESS_LEN   64

/* a webhook's address; Plaid gives no limit, browsers take about this */
#define NGX_PLAID_SANDBOX_URL_LEN      256

/* JSON of a link token or a session; with all of it a record is below 2k */
#define NGX_PLAID_SANDBOX_TEXT_LEN     1280

/* a text kept beside a record: what one request can bring, doubled */
#define NGX_PLAID_SANDBOX_ATTACH_MAX   262144

/* an EC key in DER: 121 bytes for P-256 */
#define NGX_PLAID_SANDBOX_DER_LEN      192

/* webhook keys that are still known after rotations, the newest included */
#define NGX_PLAID_SANDBOX_SIGNERS      8

/* calls kept for GET /sandbox/_calls, and how long one may be as text */
#define NGX_PLAID_SANDBOX_CALLS        100
#define NGX_PLAID_SANDBOX_CALL_LEN     65536

/* unknown paths counted one by one; the rest only in the sum */
#define NGX_PLAID_SANDBOX_UNKNOWN      32


typedef enum {
    NGX_PLAID_SANDBOX_PUBLIC = 1,       /* public token, both generations */
    NGX_PLAID_SANDBOX_ITEM,             /* item, by its access token */
    NGX_PLAID_SANDBOX_LINK_TOKEN,
    NGX_PLAID_SANDBOX_SESSION,          /* one use of Link's page */
    NGX_PLAID_SANDBOX_MFA,              /* a legacy log-in in between */
    NGX_PLAID_SANDBOX_CUSTOM,           /* accounts of an item, by item_id */
    NGX_PLAID_SANDBOX_HISTORY,          /* its new transactions, the same */
    NGX_PLAID_SANDBOX_USER,             /* by user_id */
    NGX_PLAID_SANDBOX_REPORT,           /* an asset report, by its token */
    NGX_PLAID_SANDBOX_SIGNALED          /* by client_transaction_id */
} ngx_plaid_sandbox_kind_e;


#define NGX_PLAID_SANDBOX_USED         0x0001   /* a public token, exchanged */
#define NGX_PLAID_SANDBOX_REMOVED      0x0002   /* an item */
#define NGX_PLAID_SANDBOX_LOGIN        0x0004   /* an item needs a log-in */
#define NGX_PLAID_SANDBOX_ROTATED      0x0008   /* an access token, replaced */


typedef struct {
    ngx_uint_t                   kind;
    ngx_uint_t                   flags;
    time_t                       created;
    time_t                       expires;       /* 0: never */
    ngx_uint_t                   asked;
    ngx_uint_t                   given;
    ngx_uint_t                   institution;   /* row of the table */
    ngx_uint_t                   products;      /* bits */
    ngx_uint_t                   accounts;      /* bits, 0: all of them */
    ngx_uint_t                   verified;      /* bits of accounts */
    ngx_uint_t                   expired;       /* bits: not verified in time */
    ngx_uint_t                   step;          /* of a log-in */
    time_t                       fired;         /* a webhook; session's end */
    u_char                       name[NGX_PLAID_SANDBOX_NAME_LEN];
    u_char                       item_id[NGX_PLAID_SANDBOX_ITEM_LEN];
    u_char                       access[NGX_PLAID_SANDBOX_ACCESS_LEN];
    u_char                       webhook[NGX_PLAID_SANDBOX_URL_LEN];
    u_char                       text[NGX_PLAID_SANDBOX_TEXT_LEN];
} ngx_plaid_sandbox_record_t;


typedef struct {
    ngx_atomic_t                 calls;
    ngx_atomic_t                 exchanges;         /* asked */
    ngx_atomic_t                 exchanges_again;   /* of a token asked for */
    ngx_atomic_t                 handed_out;        /* access tokens */
    ngx_atomic_t                 public_tokens;     /* created */
    ngx_atomic_t                 errors;            /* answered */
    ngx_atomic_t                 faults;            /* made on request */
    ngx_atomic_t                 webhooks;          /* fired */
    ngx_atomic_t                 webhooks_failed;
    ngx_atomic_t                 evicted;           /* records */
    ngx_atomic_t                 unknown;           /* paths */
} ngx_plaid_sandbox_counters_t;


typedef struct {
    time_t                       created;
    time_t                       expired;       /* 0: it is not */
    size_t                       len;
    u_char                       id[40];
    u_char                       der[NGX_PLAID_SANDBOX_DER_LEN];
} ngx_plaid_sandbox_signer_t;


typedef struct {
    ngx_uint_t                   count;
    u_char                       path[NGX_PLAID_SANDBOX_NAME_LEN];
} ngx_plaid_sandbox_unknown_t;


typedef struct {
    ngx_uint_t                   layout;
    ngx_rbtree_t                 rbtree;
    ngx_rbtree_node_t            sentinel;
    ngx_queue_t                  queue;         /* newest use first */
    ngx_uint_t                   records;
    ngx_plaid_sandbox_counters_t counters;
    ngx_uint_t                   signers;       /* made so far */
    ngx_plaid_sandbox_signer_t   signer[NGX_PLAID_SANDBOX_SIGNERS];
    ngx_uint_t                   logged;        /* calls, so far */
    ngx_str_t                    log[NGX_PLAID_SANDBOX_CALLS];
    ngx_plaid_sandbox_unknown_t  unknown[NGX_PLAID_SANDBOX_UNKNOWN];
} ngx_plaid_sandbox_shared_t;


typedef struct {
    ngx_plaid_sandbox_shared_t  *sh;
    ngx_slab_pool_t             *shpool;
} ngx_plaid_sandbox_store_t;


/* Changes a record in place, locked: short, no call out.  Its value is
 * returned by ngx_plaid_sandbox_store_update(). */
typedef ngx_int_t (*ngx_plaid_sandbox_update_pt)
    (ngx_plaid_sandbox_record_t *record, void *data);


/* The init handler of the zone; zone->data is a ngx_plaid_sandbox_store_t. */
ngx_int_t ngx_plaid_sandbox_store_init(ngx_shm_zone_t *zone, void *data);

/*
 * Copies the record of that kind and name into "out" (may be NULL).
 * NGX_DECLINED when there is none.
 */
ngx_int_t ngx_plaid_sandbox_store_get(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_plaid_sandbox_record_t *out);

/*
 * Stores a copy of "record" under its kind and name, over one that is there.
 * NGX_ERROR only when the zone has no room for a single record.
 */
ngx_int_t ngx_plaid_sandbox_store_put(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_record_t *record);

/*
 * Calls "update" on the record, then copies it into "out" (may be NULL).
 * Returns what "update" returned, or NGX_DECLINED when there is no record.
 */
ngx_int_t ngx_plaid_sandbox_store_update(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_plaid_sandbox_update_pt update,
    void *data, ngx_plaid_sandbox_record_t *out);

/* Forgets the record, if there is one. */
void ngx_plaid_sandbox_store_delete(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name);

/*
 * Keeps "text" beside a record for as long as that lives, instead of one that
 * is there, or after it when "append" is set.  NGX_DECLINED: there is no such
 * record; NGX_ERROR: it does not fit into the zone or the limit.
 */
ngx_int_t ngx_plaid_sandbox_store_attach(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_str_t *text, ngx_uint_t append);

/*
 * A copy of the text beside a record, with a zero after it.  NGX_DECLINED:
 * there is none; NGX_ERROR: no memory.
 */
ngx_int_t ngx_plaid_sandbox_store_attached(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_pool_t *pool, ngx_str_t *text);

/*
 * Keeps the text of a call as the last one; the oldest go, also to make room
 * for records.  One that is too long or does not fit is not kept.
 */
void ngx_plaid_sandbox_store_log(ngx_plaid_sandbox_store_t *store,
    ngx_str_t *text);

/*
 * Copies of the calls kept, oldest first, into an array of ngx_str_t.
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_plaid_sandbox_store_logged(ngx_plaid_sandbox_store_t *store,
    ngx_pool_t *pool, ngx_array_t *texts);

/* Counts a call to a path that the sandbox has not got. */
void ngx_plaid_sandbox_store_unknown(ngx_plaid_sandbox_store_t *store,
    ngx_str_t *path);

/* Forgets every record, call and count; the webhook keys stay. */
void ngx_plaid_sandbox_store_clear(ngx_plaid_sandbox_store_t *store);

/*
 * Calls "handler" with a copy of each record of "kind", newest use first, at
 * most "max" of them, after the zone was unlocked.  NGX_ERROR: no memory.
 */
typedef void (*ngx_plaid_sandbox_each_pt)(ngx_plaid_sandbox_record_t *record,
    void *data);
ngx_int_t ngx_plaid_sandbox_store_each(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, ngx_uint_t max, ngx_pool_t *pool,
    ngx_plaid_sandbox_each_pt handler, void *data);


/* Copies a string into a field of a record, cut where it does not fit. */
#define ngx_plaid_sandbox_copy(field, value)                                  \
    (void) ngx_cpystrn(field, (u_char *) (value), sizeof(field))


#endif /* _NGX_PLAID_SANDBOX_STORE_H_INCLUDED_ */
