
/*
 * Replay records that several nodes share through Redis.
 *
 * Shared memory stays what a node asks first: only the owner of a call that
 * the store has given out comes here.  Two keys stand for a record, with the
 * base64url of its name in them:
 *
 *     <prefix>t:<name>   "R" or "D" (delivered), the kid byte, the sealed
 *                        outcome; lives as long as the record
 *     <prefix>l:<name>   the lease: who makes the call, or "U", that its
 *                        answer was lost
 *
 * Promises: a failure never overwrites a token, as they are different keys,
 * and a token no other one (NX); what does not open counts as none, and is
 * overwritten; Redis away, hanging or mad costs a request "timeout" of the
 * plaid_redis block once, and fails none; the handler is called once, from the
 * event loop, and never from within claim() or look().
 *
 *             claim()        another's lease
 *     IDLE ----------> ASKED <--------------> PAUSED
 *       |  look()        | \                     |
 *       |                |  +---> DONE <---------+
 *       +----------------+
 *        not available
 */


#ifndef _NGX_HTTP_PLAID_SHARED_H_INCLUDED_
#define _NGX_HTTP_PLAID_SHARED_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"

#if (NGX_PLAID_HIREDIS)
#include "ngx_plaid_redis.h"
#endif


/* pauses between two looks at another node's call, ms: 20, 40, ... 200 */
#define NGX_HTTP_PLAID_SHARED_STEP     20
#define NGX_HTTP_PLAID_SHARED_PAUSE    200

/*
 * How long after the loss of Redis a token that another node has may not be
 * there yet, ms: that node has to reconnect, which it tries after 250, 750 and
 * 1750 ms, and to write it again.
 */
#define NGX_HTTP_PLAID_SHARED_SETTLE   3000

/* records that are written again in one round */
#define NGX_HTTP_PLAID_SHARED_ROUND    100


/*
 * How much longer than one call the owner of a record may be at it, where the
 * zone is shared: another node's call is waited for before.
 */
#define ngx_http_plaid_shared_timeout(zone, timeout)                          \
    ((zone)->redis ? 2 * (timeout) + NGX_PLAID_STORE_SLACK : (timeout))


/*
 * Sets in->secret and in->kid to the key that records of "zone" are sealed
 * with; leaves them alone where the zone is not shared.
 */
void ngx_http_plaid_shared_secret(ngx_http_plaid_zone_t *zone,
    ngx_plaid_seal_input_t *in);

/*
 * As ngx_plaid_seal_open(), with each key that has the kid byte of "sealed";
 * "seal" is what "in" gives for the first key.
 */
ngx_int_t ngx_http_plaid_shared_open(ngx_http_plaid_zone_t *zone,
    ngx_plaid_seal_input_t *in, ngx_plaid_seal_t *seal,
    ngx_plaid_sealed_t *sealed, ngx_pool_t *pool, ngx_plaid_result_t *res);


#if (NGX_PLAID_HIREDIS)

typedef enum {
    NGX_HTTP_PLAID_SHARED_IDLE = 0,
    NGX_HTTP_PLAID_SHARED_ASKED,    /* replies are to come */
    NGX_HTTP_PLAID_SHARED_PAUSED,   /* another node makes the call */
    NGX_HTTP_PLAID_SHARED_DONE
} ngx_http_plaid_shared_state_e;


typedef struct ngx_http_plaid_shared_s  ngx_http_plaid_shared_t;

typedef void (*ngx_http_plaid_shared_handler_pt)(ngx_http_plaid_shared_t *s);


struct ngx_http_plaid_shared_s {
    ngx_plaid_ident_t                 ident;     /* must be first */

    /* set by the caller before anything is called */

    ngx_http_plaid_zone_t            *zone;
    ngx_plaid_seal_input_t            in;        /* without bind */
    ngx_plaid_seal_t                 *seal;
    ngx_pool_t                       *pool;      /* of "result" */
    ngx_msec_t                        timeout;   /* of a call */
    ngx_msec_t                        ttl;
    ngx_http_plaid_shared_handler_pt  handler;
    void                             *data;

    /* good in the handler */

    unsigned                          aborted:1; /* the process exits */
    unsigned                          found:1;   /* "sealed" opened */
    unsigned                          delivered:1;
    unsigned                          probe:1;   /* an answer was lost */
    ngx_plaid_result_t                result;    /* if found */
    ngx_plaid_sealed_t                sealed;
    ngx_msec_t                        rest;      /* of its life */

    /* private */

    ngx_http_plaid_shared_state_e     state;
    ngx_queue_t                       queue;     /* until DONE */
    ngx_plaid_redis_call_t            call;
    ngx_event_t                       timer;
    ngx_msec_t                        until;     /* no wait after this */
    ngx_msec_t                        pause;
    uint64_t                          began;     /* microseconds */
    ngx_str_t                         record;    /* the keys */
    ngx_str_t                         lease;
    ngx_str_t                         me;        /* our value of the lease */

    unsigned                          claiming:1;   /* else looking */
    unsigned                          look:1;       /* after a refusal */
    unsigned                          owned:1;      /* the lease is ours */
    unsigned                          invalid:1;    /* what is there */
    unsigned                          again:1;      /* claimed twice */

    /* of the replies so far */

    unsigned                          set:1;        /* SET lease: OK */
    unsigned                          refused:1;    /* SET lease: an error */
    unsigned                          leased:1;     /* there is a lease */
    unsigned                          mine:1;       /* it is ours */
    unsigned                          lost:1;       /* it is "U" */
};


/*
 * Asks for the record, and for the lease where there is none.  NGX_OK: the
 * handler will be called; when nothing is found then, the caller makes the
 * call.  NGX_DECLINED: Redis is not to be asked now.
 */
ngx_int_t ngx_http_plaid_shared_claim(ngx_http_plaid_shared_t *s);

/*
 * Asks for the record once more, after Plaid has refused the token: another
 * node may have it.  Where Redis was lost a moment ago, what that node had to
 * write again is waited for, NGX_HTTP_PLAID_SHARED_SETTLE after that at most.
 * As claim().
 */
ngx_int_t ngx_http_plaid_shared_look(ngx_http_plaid_shared_t *s);

/* The call succeeded: writes the record, and ends the lease. */
void ngx_http_plaid_shared_keep(ngx_http_plaid_shared_t *s,
    ngx_plaid_sealed_t *sealed);

/* The call failed, or was not made: ends the lease. */
void ngx_http_plaid_shared_release(ngx_http_plaid_shared_t *s);

/* The answer of the call was lost: so says the lease now. */
void ngx_http_plaid_shared_unknown(ngx_http_plaid_shared_t *s);

#else

typedef struct ngx_http_plaid_shared_s  ngx_http_plaid_shared_t;

#endif


/*
 * Keeps "sealed" for delivered(), where ctx->zone is shared; without memory
 * the other nodes are not told.
 */
void ngx_http_plaid_shared_hold(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_sealed_t *sealed);

/*
 * The app has got the token that "ctx" holds, which other nodes keep for
 * "grace" ms more.  Does nothing where ctx->zone is not shared.
 */
void ngx_http_plaid_shared_delivered(ngx_http_plaid_ctx_t *ctx,
    ngx_msec_t grace);


#if (NGX_PLAID_HIREDIS)

/* ngx_http_plaid_shared_push.c */

/* A server is there again: every record not delivered is written once more. */
void ngx_http_plaid_shared_push(ngx_plaid_redis_t *redis);

/*
 * For a process that exits: stops that, and calls the handlers of all that
 * wait, with "aborted" set.
 */
void ngx_http_plaid_shared_push_exit(ngx_http_plaid_main_conf_t *pmcf);
void ngx_http_plaid_shared_exit(void);

#endif


#endif /* _NGX_HTTP_PLAID_SHARED_H_INCLUDED_ */
