
/*
 * What is known of a request that was examined, and how it is finished.
 *
 * Promises: there is one context for each main request, which survives internal
 * redirects; after DONE no state changes, and no token or key of the exchange
 * is left in the context but its result.
 */


#ifndef _NGX_HTTP_PLAID_CTX_H_INCLUDED_
#define _NGX_HTTP_PLAID_CTX_H_INCLUDED_


#include "ngx_http_plaid_conf.h"
#include "ngx_plaid_seal.h"
#include "ngx_plaid_sealed_token.h"


/*
 *                       +------> JOINING ------+
 *                       |         ^           |
 *     START --> READING +         |           +--> DONE
 *        \         |    |         v           |     ^
 *         \        |    +--> [CHECKING] --> WAITING |
 *          \       |               \                |
 *           +------+----------------+---------------+
 */

typedef enum {
    NGX_HTTP_PLAID_START = 0,
    NGX_HTTP_PLAID_READING,         /* the request body */
    NGX_HTTP_PLAID_CHECKING,        /* a location of the user's is asked */
    NGX_HTTP_PLAID_JOINING,         /* another request's exchange */
    NGX_HTTP_PLAID_WAITING,         /* for our own one */
    NGX_HTTP_PLAID_DONE             /* "result" stands */
} ngx_http_plaid_state_e;


/* tokens of a result: access, Stripe's, the processor's */
#define NGX_HTTP_PLAID_TOKENS   3


typedef struct ngx_http_plaid_pending_s  ngx_http_plaid_pending_t;
typedef struct ngx_http_plaid_ctx_s      ngx_http_plaid_ctx_t;

typedef void (*ngx_http_plaid_begin_pt)(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
typedef void (*ngx_http_plaid_done_pt)(ngx_http_plaid_ctx_t *ctx);
typedef void (*ngx_http_plaid_checked_pt)(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause);


/* an outcome that other nodes have, too, until the app has got it */

typedef struct {
    u_char                      id[NGX_PLAID_SEAL_ID_LEN];
    ngx_plaid_sealed_t          sealed;
} ngx_http_plaid_held_t;


/*
 * Of a main request that was examined; survives internal redirects.  A webhook
 * has one more for each of its public tokens, found by "next" alone.
 */

struct ngx_http_plaid_ctx_s {
    ngx_http_request_t         *request;
    ngx_http_plaid_state_e      state;
    ngx_http_plaid_loc_conf_t  *plcf;        /* where it was examined */
    ngx_http_plaid_client_t    *client;
    ngx_plaid_result_t          result;      /* in r->pool */
    ngx_msec_t                  time;

    ngx_str_t                   token;       /* until DONE, in r->pool */
    ngx_str_t                   account_id;
    ngx_msec_t                  began;

    ngx_http_plaid_pending_t   *pending;     /* while WAITING */
    ngx_queue_t                 queue;       /* while JOINING */
    ngx_http_plaid_begin_pt     begin;       /* after JOINING in vain */
    ngx_http_plaid_done_pt      done;        /* instead of a resume, or NULL */
    ngx_http_plaid_ctx_t       *next;        /* of a webhook's tokens */
    ngx_str_t                   statuses;    /* theirs, a list; or empty */
    ngx_table_elt_t            *verified;    /* headers of the webhook here */
    ngx_uint_t                  nverified;

    ngx_http_plaid_zone_t      *zone;        /* NULL: no replay */
    ngx_msec_t                  ttl;         /* there */
    ngx_plaid_store_kind_e      kind;        /* of the record it makes */
    ngx_plaid_store_ref_t       ref;
    ngx_plaid_seal_t            seal;        /* until DONE */
    ngx_plaid_seal_input_t      in;          /* what it was made of */
    ngx_http_plaid_held_t      *held;        /* NULL: with no other node */

    /* plaid_exchange_check, since CHECKING */
    ngx_http_request_t         *check;
    ngx_http_plaid_checked_pt   checked_handler;
    ngx_msec_t                  check_began;
    ngx_uint_t                  check_status;

    ngx_http_upstream_t        *upstream;    /* from before "injected" */

    /* what a cache key has of the tokens; the watched upstream's own calls */
    ngx_str_t                   digests[NGX_HTTP_PLAID_TOKENS];
    ngx_int_t                 (*create_request)(ngx_http_request_t *r);
    ngx_int_t                 (*reinit_request)(ngx_http_request_t *r);
    ngx_int_t                 (*process_header)(ngx_http_request_t *r);

    ngx_plaid_sealed_token_scope_t  scope;   /* with plaid_seal on */

    ngx_str_t                   reply;       /* with "any": Plaid's error */

    unsigned                    any:1;       /* takes every record */
    unsigned                    scoped:1;    /* "scope" is evaluated */
    unsigned                    sealed:1;    /* "result" has a sealed token */
    unsigned                    other:1;     /* no part in the record */
    unsigned                    checked:1;   /* there is "check_status" */
    unsigned                    called:1;    /* there was an exchange */
    unsigned                    settled:1;   /* a loss that is certain */
    unsigned                    injected:1;  /* the app's headers are set */
    unsigned                    passed:1;    /* they were, somewhere */
    unsigned                    answered:1;  /* rejected: once is enough */
    unsigned                    json:1;      /* the body was JSON */
    unsigned                    wiped:1;     /* tokens are wiped */
};


/*
 * What is known of the main request of "r", also after an internal redirect
 * has cleared the contexts; NULL: nothing.
 */
ngx_http_plaid_ctx_t *ngx_http_plaid_ctx(ngx_http_request_t *r);

/*
 * A new context for the main request "r", or NULL.  "cleanup" is called once
 * with the context when the request ends, before any log is written.
 */
ngx_http_plaid_ctx_t *ngx_http_plaid_ctx_create(ngx_http_request_t *r,
    ngx_http_cleanup_pt cleanup);

/*
 * Makes the request DONE, counts its result and logs a failure.  "cause" NONE:
 * "ctx->result" stands; any other one replaces it.
 */
void ngx_http_plaid_ctx_finish(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause);

/* Continues a finished request from the event loop; it may be gone after. */
void ngx_http_plaid_ctx_resume(ngx_http_request_t *r);

/*
 * Ends the request, as nginx would, if its client has left and the location
 * does not say that this is ignored: to be called from the event loop when an
 * outcome is there and no app was called.  NGX_OK, or NGX_DECLINED: ended.
 */
ngx_int_t ngx_http_plaid_ctx_check_client(ngx_http_request_t *r);

/*
 * The comma-separated list of what the results of the contexts chained to
 * "ctx" have at "offset", or of their statuses; into r->pool.  An element is
 * empty where there is nothing, and where it would look like two.  NGX_OK or
 * NGX_ERROR.
 */
#define NGX_HTTP_PLAID_CTX_STATUS  ((size_t) -1)

ngx_int_t ngx_http_plaid_ctx_list(ngx_http_plaid_ctx_t *ctx, size_t offset,
    ngx_str_t *list);

/* A finished one, from the event loop: resumes its request, or calls "done". */
void ngx_http_plaid_ctx_done(ngx_http_plaid_ctx_t *ctx);

/*
 * One line for a failure; never a token, secret or body.  "time" is what it
 * took, in ms.
 */
void ngx_http_plaid_ctx_log(ngx_log_t *log, ngx_http_plaid_client_t *client,
    ngx_plaid_result_t *res, ngx_msec_t time);


#endif /* _NGX_HTTP_PLAID_CTX_H_INCLUDED_ */
