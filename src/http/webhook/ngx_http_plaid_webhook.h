
/*
 * plaid_webhook: a POST goes on only when Plaid has signed its body.
 *
 * Promises: what was not verified never leaves the PRECONTENT phase of a
 * location with plaid_webhook, whatever led there; nothing an attacker
 * controls reaches Plaid but a well-formed key id, and that rarely; the body
 * goes on as it came; nothing blocks.
 *
 *     START --> READING --> KEY --> EXCHANGING --> DONE
 *        \         \         \                     ^
 *         +---------+---------+--------------------+
 *
 * All of this runs once for a request; after an internal redirect the verdict
 * stands.
 */


#ifndef _NGX_HTTP_PLAID_WEBHOOK_H_INCLUDED_
#define _NGX_HTTP_PLAID_WEBHOOK_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"
#include "ngx_plaid_webhook_body.h"
#include "ngx_plaid_webhook_cache.h"


/*
 * The longest time until Plaid is answered, ms: it waits for 10 s, and comes
 * again later.
 */
#define NGX_HTTP_PLAID_WEBHOOK_BUDGET  8000


/* plaid_webhook */

typedef struct {
    ngx_str_t                        name;
    ngx_http_plaid_client_t         *client;
    time_t                           max_age;
    time_t                           skew;
    u_char                          *file;       /* of the directive */
    ngx_uint_t                       line;
    ngx_uint_t                       warned;     /* unsigned  warned:1; */
} ngx_http_plaid_webhook_use_t;


typedef struct {
    ngx_shm_zone_t                  *shm_zone;   /* NULL: not used */
    ngx_plaid_webhook_cache_t        cache;
} ngx_http_plaid_webhook_main_conf_t;


typedef struct {
    ngx_http_plaid_webhook_use_t    *use;        /* NULL: off */
    ngx_uint_t                       written;    /* not inherited */
    size_t                           max_body;
    ngx_plaid_webhook_cache_conf_t  *keys;
    ngx_uint_t                       max_tokens;
    ngx_http_plaid_loc_conf_t       *exchange;   /* of its tokens; or NULL */
} ngx_http_plaid_webhook_loc_conf_t;


typedef enum {
    NGX_HTTP_PLAID_WEBHOOK_START = 0,
    NGX_HTTP_PLAID_WEBHOOK_READING,          /* the request body */
    NGX_HTTP_PLAID_WEBHOOK_KEY,              /* waiting for one */
    NGX_HTTP_PLAID_WEBHOOK_EXCHANGING,       /* its tokens */
    NGX_HTTP_PLAID_WEBHOOK_DONE              /* "verdict" stands */
} ngx_http_plaid_webhook_state_e;


typedef struct ngx_http_plaid_batch_s  ngx_http_plaid_batch_t;


/* of a main request; survives internal redirects */

typedef struct {
    ngx_plaid_ident_t                   ident;   /* must be first */
    ngx_http_request_t                 *request;
    ngx_http_plaid_webhook_loc_conf_t  *wlcf;    /* where it was verified */
    ngx_http_plaid_webhook_state_e      state;
    ngx_plaid_webhook_e                 verdict;
    ngx_plaid_webhook_jwt_t             jwt;
    ngx_plaid_webhook_body_t            body;
    ngx_plaid_webhook_cache_ref_t       ref;
    ngx_plaid_webhook_cache_peer_t      peer;
    ngx_plaid_webhook_key_t             key;
    ngx_queue_t                         queue;   /* while KEY */
    ngx_event_t                         budget;  /* while KEY, EXCHANGING */
    ngx_http_plaid_batch_t             *batch;   /* NULL: no tokens */
    unsigned                            passed:1;   /* to an app, counted */
} ngx_http_plaid_webhook_ctx_t;


extern ngx_module_t  ngx_http_plaid_webhook_module;


/* What is known of the main request of "r", or NULL. */
ngx_http_plaid_webhook_ctx_t *ngx_http_plaid_webhook_ctx(
    ngx_http_request_t *r);


/* ngx_http_plaid_webhook_handler.c */

/* The PRECONTENT phase. */
ngx_int_t ngx_http_plaid_webhook_handler(ngx_http_request_t *r);

/*
 * The one way to DONE, from KEY and EXCHANGING too; the caller resumes the
 * request.
 */
void ngx_http_plaid_webhook_settle(ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_plaid_webhook_e verdict);

/* The key is there, in "ctx->key": EXCHANGING or DONE on return. */
void ngx_http_plaid_webhook_verify(ngx_http_plaid_webhook_ctx_t *ctx);

/* Continues a request that is DONE, from the event loop. */
void ngx_http_plaid_webhook_resume(ngx_http_plaid_webhook_ctx_t *ctx);

/* The time that Plaid waits for an answer runs, from now on. */
void ngx_http_plaid_webhook_start_budget(ngx_http_plaid_webhook_ctx_t *ctx);


/* ngx_http_plaid_webhook_report.c: what the app, Plaid and the log get */

/* Sets the app's headers.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_plaid_webhook_headers(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx);

/* Answers a webhook that is refused; to be returned by the phase handler. */
ngx_int_t ngx_http_plaid_webhook_refuse(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx);

/* One line, unless there was one for the same reason in this second. */
void ngx_http_plaid_webhook_log(ngx_http_plaid_webhook_ctx_t *ctx);

/* $plaid_webhook, _type and _code. */
ngx_int_t ngx_http_plaid_webhook_add_variables(ngx_conf_t *cf);


/* ngx_http_plaid_webhook_keys.c */

/*
 * Finds the key of "ctx->jwt": KEY, EXCHANGING or DONE on return.  A fetch
 * goes on when its request has ended.
 */
void ngx_http_plaid_webhook_find_key(ngx_http_plaid_webhook_ctx_t *ctx);

/* The request does not wait any more.  Idempotent. */
void ngx_http_plaid_webhook_leave_key(ngx_http_plaid_webhook_ctx_t *ctx);


/* ngx_http_plaid_batch.c */

/*
 * Exchanges the tokens of a verified webhook, if there are any and the
 * location wants it: EXCHANGING or DONE on return.
 */
void ngx_http_plaid_batch(ngx_http_plaid_webhook_ctx_t *ctx);

/* The request goes away; exchanges that have begun go on.  Idempotent. */
void ngx_http_plaid_batch_leave(ngx_http_plaid_batch_t *batch);


#endif /* _NGX_HTTP_PLAID_WEBHOOK_H_INCLUDED_ */
