
/*
 * One server of Redis or Valkey: a pipelined connection of each worker.
 *
 * Promises: nothing blocks; commands are answered in the order in which they
 * were sent, each call within "timeout", or told that they are not; after an
 * error the server is not asked for 250 ms, 500 ms, ... 5 s, and a call costs
 * nothing meanwhile; it is a timer that connects again, never a request; the
 * name is looked up, and the password read, at every connection; what is sent
 * or awaited is bounded; the password is never logged, and no text that the
 * server has sent is but the first word of an error.
 *
 *              timer              a name            connected
 *     DOWN ------------> RESOLVING -----> CONNECTING ------> HANDSHAKE
 *      ^                     |  (an address) ^ |  \ (no TLS)     |
 *      |                     |     the next  | |   \             |
 *      |                     |       address +-+    +---+  +-----+
 *      | anything fails      v                          v  v
 *      +---------------------+------------- UP <----- GREETING
 *                                               PONG
 *
 * A new worker connects at once, and calls wait for that first connection.
 *
 * What a server had may be gone when it comes back.  One of the workers that
 * lost it is told by ready(): the first to be connected that has seen no
 * other one be told since it lost the server, as stats->epoch shows.
 */


#ifndef _NGX_PLAID_REDIS_H_INCLUDED_
#define _NGX_PLAID_REDIS_H_INCLUDED_


#include "ngx_plaid_redis_stats.h"
#include "ngx_plaid_resp.h"
#include "ngx_plaid_secret.h"
#include <ngx_event.h>


/* addresses that are tried of one name */
#define NGX_PLAID_REDIS_ADDRS     8

/* back-off after an error, ms: the first, and the last without its jitter */
#define NGX_PLAID_REDIS_BACKOFF   250
#define NGX_PLAID_REDIS_BACKOFFS  5          /* 250, 500, ... 4000 */

/*
 * How often an idle connection is tried, ms: a server that hangs is noticed
 * without a request, and its "timeout" for idle clients never ends one.
 */
#define NGX_PLAID_REDIS_PING      5000

/* commands of one batch take no more: a record of 1024 bytes and two keys */
#define NGX_PLAID_REDIS_BATCH     2048

/* batches that may wait for their replies: ten times a busy worker's */
#define NGX_PLAID_REDIS_PENDING   1024

/* bytes that may wait to be sent: NGX_PLAID_REDIS_PENDING records */
#define NGX_PLAID_REDIS_OUT       (1024 * 1024)

/* one log line of a reason in so long, ms */
#define NGX_PLAID_REDIS_LOG       60000

/* longest prefix of keys, and longest key */
#define NGX_PLAID_REDIS_PREFIX    64


typedef enum {
    NGX_PLAID_REDIS_DOWN = 0,
    NGX_PLAID_REDIS_RESOLVING,
    NGX_PLAID_REDIS_CONNECTING,
    NGX_PLAID_REDIS_HANDSHAKE,
    NGX_PLAID_REDIS_GREETING,
    NGX_PLAID_REDIS_UP
} ngx_plaid_redis_state_e;


typedef struct ngx_plaid_redis_s       ngx_plaid_redis_t;
typedef struct ngx_plaid_redis_call_s  ngx_plaid_redis_call_t;

/*
 * Called from the event loop for each reply of a batch, "i" being 0, 1, ...;
 * the call is over after the last one.  "reply" NULL: there will be none, and
 * the call is over.  "reply" is good until the handler returns.
 */
typedef void (*ngx_plaid_redis_handler_pt)(ngx_plaid_redis_call_t *call,
    ngx_uint_t i, ngx_plaid_resp_reply_t *reply);


/* who waits for the replies of a batch; it must live until the call is over */

struct ngx_plaid_redis_call_s {
    ngx_plaid_redis_handler_pt   handler;
    void                        *data;
    ngx_plaid_redis_t           *redis;      /* NULL: not waiting */
};


/* commands that are sent, and answered, one after another */

typedef struct {
    ngx_uint_t                   n;
    u_char                      *last;       /* NULL: it could not be made */
    u_char                       data[NGX_PLAID_REDIS_BATCH];
} ngx_plaid_redis_batch_t;


typedef struct {
    ngx_plaid_redis_call_t      *call;       /* NULL: nobody waits */
    ngx_msec_t                   deadline;
    ngx_uint_t                   n;          /* replies to come */
    ngx_uint_t                   got;
} ngx_plaid_redis_pending_t;


typedef struct {
    struct sockaddr             *sockaddr;
    socklen_t                    socklen;
    ngx_sockaddr_t               data;       /* of a resolved name */
} ngx_plaid_redis_addr_t;


struct ngx_plaid_redis_s {
    ngx_plaid_ident_t            ident;      /* must be first */

    /* set by the configuration, and read-only then */

    ngx_str_t                    name;
    ngx_str_t                    server;     /* as configured */
    ngx_str_t                    host;
    in_port_t                    port;
    ngx_addr_t                  *addrs;      /* resolved at start */
    ngx_uint_t                   naddrs;     /* 0: ask the resolver */
    ngx_str_t                    user;
    ngx_plaid_secret_t          *password;   /* NULL: no AUTH */
    ngx_uint_t                   database;
    ngx_str_t                    prefix;     /* of every key */
    ngx_msec_t                   connect_timeout;
    ngx_msec_t                   timeout;
    ngx_resolver_t              *resolver;
    ngx_msec_t                   resolver_timeout;
    void                        *tls;        /* ngx_ssl_t *, or NULL */
    ngx_str_t                    tls_name;   /* NUL-terminated */
    ngx_uint_t                   tls_verify; /* unsigned  tls_verify:1; */

    /* set by the module, in each process */

    ngx_plaid_redis_stats_t     *stats;
    void                       (*ready)(ngx_plaid_redis_t *redis);
    void                        *data;       /* of the module */

    /* private, of this process */

    ngx_plaid_redis_state_e      state;
    ngx_uint_t                   failures;   /* since the last PONG */
    ngx_atomic_uint_t            epoch;      /* when the server was lost */
    ngx_msec_t                   lost;       /* the same, by the clock */
    ngx_uint_t                   losses;     /* 0: "lost" says nothing */
    ngx_uint_t                   unwritten;  /* a write was refused */
    ngx_uint_t                   busy;       /* sent since the last PING */
    ngx_log_t                    log;        /* of the connection: silent */
    ngx_event_t                  timer;      /* connect, give up, PING */
    ngx_event_t                  deadline;   /* of the oldest batch */
    ngx_resolver_ctx_t          *resolve;
    ngx_plaid_redis_addr_t       addr[NGX_PLAID_REDIS_ADDRS];
    ngx_uint_t                   addr_n;
    ngx_uint_t                   addr_i;     /* the one that is in use */
    ngx_connection_t            *connection;
    ngx_plaid_resp_t             resp;
    ngx_uint_t                   greeting;   /* replies to come, PONG last */

    ngx_plaid_redis_pending_t   *pending;    /* a ring */
    ngx_uint_t                   first;
    ngx_uint_t                   npending;

    u_char                      *out;        /* not sent yet */
    u_char                      *out_pos;
    u_char                      *out_last;
    u_char                      *out_end;

    ngx_plaid_redis_call_t       ping;

    struct {
        ngx_msec_t               time;
        ngx_uint_t               n;
    }                            logged[NGX_PLAID_REDIS_REASONS];
};


/*
 * For a worker that starts, and one that exits.  start() connects at once;
 * NGX_OK or NGX_ERROR (no memory).  stop() calls no handler; idempotent.
 */
ngx_int_t ngx_plaid_redis_start(ngx_plaid_redis_t *redis);
void ngx_plaid_redis_stop(ngx_plaid_redis_t *redis);

/* Begins a batch of commands, and adds one; of "n" arguments. */
void ngx_plaid_redis_begin(ngx_plaid_redis_batch_t *batch);
void ngx_plaid_redis_add(ngx_plaid_redis_batch_t *batch, ngx_str_t *args,
    ngx_uint_t n);

/*
 * Sends a batch.  NGX_OK: the handler of "call" will be called; it is never
 * called from in here.  NGX_DECLINED: the server is not to be asked now, or
 * there is no room.  "call" NULL: nobody waits for the replies.
 */
ngx_int_t ngx_plaid_redis_send(ngx_plaid_redis_t *redis,
    ngx_plaid_redis_batch_t *batch, ngx_plaid_redis_call_t *call);

/* Whether a batch would be taken now. */
ngx_uint_t ngx_plaid_redis_available(ngx_plaid_redis_t *redis);

/* The handler will not be called; the replies are ignored.  Idempotent. */
void ngx_plaid_redis_cancel(ngx_plaid_redis_call_t *call);

/*
 * Counts an error, and logs it, but not more often than once in
 * NGX_PLAID_REDIS_LOG for each reason; "detail" is printable.
 */
void ngx_plaid_redis_error(ngx_plaid_redis_t *redis,
    ngx_plaid_redis_reason_e reason, ngx_err_t err, ngx_str_t *detail);


/* ngx_plaid_redis_connection.c, for ngx_plaid_redis.c alone */

/* Looks the name up, and connects; in state DOWN. */
void ngx_plaid_redis_connect(ngx_plaid_redis_t *redis);

/* Closes what is open; leaves state and timers as they are. */
void ngx_plaid_redis_close(ngx_plaid_redis_t *redis);

/* Sends what is in "out".  NGX_OK, NGX_AGAIN or NGX_ERROR. */
ngx_int_t ngx_plaid_redis_flush(ngx_plaid_redis_t *redis);


/* ngx_plaid_redis.c, for ngx_plaid_redis_connection.c alone */

/* The server cannot be used: ends all calls, and waits before the next try. */
void ngx_plaid_redis_fail(ngx_plaid_redis_t *redis,
    ngx_plaid_redis_reason_e reason, ngx_err_t err, ngx_str_t *detail);

/*
 * Deals with resp.reply.  NGX_OK, or NGX_ERROR: the connection was closed.
 */
ngx_int_t ngx_plaid_redis_reply(ngx_plaid_redis_t *redis);


/* ngx_plaid_redis_tls.c */

/*
 * Makes the TLS context of "redis": "trusted", "certificate" and "key" are
 * NUL-terminated paths, which may be empty.  NGX_OK, or NGX_ERROR with a line
 * logged at emerg.
 */
ngx_int_t ngx_plaid_redis_tls_init(ngx_conf_t *cf, ngx_plaid_redis_t *redis,
    ngx_str_t *trusted, ngx_str_t *certificate, ngx_str_t *key);

/* Prepares the handshake of c, a new connection.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_plaid_redis_tls_begin(ngx_plaid_redis_t *redis,
    ngx_connection_t *c);

/* NULL: the server is who it must be; else why not. */
const char *ngx_plaid_redis_tls_check(ngx_plaid_redis_t *redis,
    ngx_connection_t *c);


#endif /* _NGX_PLAID_REDIS_H_INCLUDED_ */
