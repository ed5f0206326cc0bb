
/*
 * plaid_pass: Plaid's API for an app that has no keys of Plaid's.
 *
 * Promises: only a POST of JSON to a path that is allowed, from a peer that
 * is, makes a call; Plaid gets the client block's keys and none of the app's;
 * of the body only tokens and keys are changed, all else byte for byte; an
 * answer is passed on as it comes, with no more than
 * NGX_HTTP_PLAID_PASS_BLOCKS blocks of it in memory; with plaid_seal on no
 * access token leaves.
 *
 *     CHECKED --> READING --> WAITING --> HOLDING --> STREAMING --> DONE
 *        |           |           |           |                       ^
 *        +-----------+-----------+-----------+-----------------------+
 */


#ifndef _NGX_HTTP_PLAID_PASS_H_INCLUDED_
#define _NGX_HTTP_PLAID_PASS_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"
#include "ngx_http_plaid_seal.h"
#include "ngx_plaid_appkeys.h"
#include "ngx_plaid_fetch.h"
#include "ngx_plaid_splice.h"
#include "ngx_plaid_tripwire.h"


/* of an answer: so much waits for the app, and in so many pieces */
#define NGX_HTTP_PLAID_PASS_BLOCK     16384
#define NGX_HTTP_PLAID_PASS_BLOCKS    5

/* held until so much has come, so that most errors can still be answered */
#define NGX_HTTP_PLAID_PASS_HOLD      65536

/* longest reply that is collected */
#define NGX_HTTP_PLAID_PASS_COLLECT   (1024 * 1024)

/* a request id made here: hex digits */
#define NGX_HTTP_PLAID_PASS_ID        16


typedef enum {
    NGX_HTTP_PLAID_PASS_PATH = 0,
    NGX_HTTP_PLAID_PASS_PEER,
    NGX_HTTP_PLAID_PASS_BROWSER,
    NGX_HTTP_PLAID_PASS_INTERNAL,
    NGX_HTTP_PLAID_PASS_TENANT,
    NGX_HTTP_PLAID_PASS_HOST,
    NGX_HTTP_PLAID_PASS_LOOP,
    NGX_HTTP_PLAID_PASS_KEY,
    NGX_HTTP_PLAID_PASS_METHOD,
    NGX_HTTP_PLAID_PASS_SIZE,
    NGX_HTTP_PLAID_PASS_TYPE,
    NGX_HTTP_PLAID_PASS_VERSION,
    NGX_HTTP_PLAID_PASS_BODY,
    NGX_HTTP_PLAID_PASS_TOKEN,
    NGX_HTTP_PLAID_PASS_MISPLACED,
    NGX_HTTP_PLAID_PASS_UPSTREAM,
    NGX_HTTP_PLAID_PASS_LATE,
    NGX_HTTP_PLAID_PASS_LEAK,
    NGX_HTTP_PLAID_PASS_BUSY,
    NGX_HTTP_PLAID_PASS_UNAVAILABLE,
    NGX_HTTP_PLAID_PASS_FAILED
} ngx_http_plaid_pass_error_e;


/* what is known of a path of Plaid's */

typedef struct {
    const char                      *path;

    /* client_id and secret first, then tokens, or what the path is about */
    const ngx_plaid_splice_place_t  *request;

    /* where its answer has access tokens, or NULL */
    const ngx_plaid_splice_place_t  *reply;
} ngx_http_plaid_pass_path_t;

#define NGX_HTTP_PLAID_PASS_KEYS      2      /* places before the others */


typedef struct {
    ngx_str_t                   path;
    ngx_uint_t                  prefix;
} ngx_http_plaid_pass_allow_t;


typedef struct {
    ngx_http_plaid_client_t    *client;      /* NULL: off */
    ngx_array_t                *allow;       /* ngx_http_plaid_pass_allow_t */
    ngx_array_t                *from;        /* ngx_cidr_t */
    ngx_plaid_keyfile_t        *apps;        /* ngx_plaid_appkeys_t, or NULL */
    ngx_flag_t                  plain;
    size_t                      max_body;
    size_t                      max_response;
    ngx_msec_t                  timeout;

    /* while the configuration is read */

    ngx_str_t                   name;
    u_char                     *file;        /* of plaid_pass */
    ngx_uint_t                  line;

    unsigned                    data:1;      /* of "allow" */
    unsigned                    processor:1;
    unsigned                    local:1;     /* of "from" */
    unsigned                    unix_peer:1;
    unsigned                    verified:1;  /* ssl_verify_client on */
} ngx_http_plaid_pass_conf_t;


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_plaid_pass_conf_t *conf;
    ngx_http_plaid_client_t    *client;
    ngx_http_plaid_ctx_t       *shared;      /* what variables read */
    ngx_http_plaid_seal_t      *seal;        /* NULL: off */
    ngx_plaid_sealed_token_scope_t  scope;

    ngx_str_t                   path;        /* at Plaid */
    const ngx_http_plaid_pass_path_t  *known;
    ngx_str_t                   app;         /* $plaid_pass_app */

    ngx_str_t                   body;        /* of the app */
    ngx_str_t                   local;       /* an answer without Plaid */
    ngx_plaid_splice_t          splice;
    ngx_array_t                 tokens;      /* ngx_str_t: raw, wiped */
    ngx_str_t                   item_id;

    ngx_plaid_fetch_t          *fetch;
    ngx_plaid_call_sink_t       sink;
    ngx_plaid_call_head_t       head;        /* in r->pool */
    ngx_event_t                 event;       /* posted by the sink */
    ngx_plaid_ident_t           ident;       /* of "event" */
    ngx_plaid_tripwire_t        tripwire;

    size_t                      received;
    ngx_uint_t                  nblocks;     /* allocated */
    ngx_chain_t                *free;
    ngx_chain_t                *busy;
    ngx_chain_t                *ready;       /* to be sent */
    ngx_chain_t                *fill;        /* the last one, not full */
    u_char                     *safe;        /* in it: may be sent up to */
    size_t                      held;        /* behind that, or below */
    u_char                      hold[NGX_PLAID_TRIPWIRE_HOLD];

    ngx_plaid_call_rc_e         rc;          /* once ended */
    ngx_str_t                   detail;

    unsigned                    sealed:1;    /* "scope" is evaluated */
    unsigned                    started:1;   /* the header was sent */
    unsigned                    paused:1;
    unsigned                    ended:1;
    unsigned                    leaked:1;
    unsigned                    refused:1;   /* by the sink */
    unsigned                    sent:1;
    unsigned                    done:1;
    unsigned                    once:1;      /* answered from the store */
} ngx_http_plaid_pass_ctx_t;


extern ngx_module_t  ngx_http_plaid_pass_module;


/* ngx_http_plaid_pass_conf.c */

extern ngx_command_t  ngx_http_plaid_pass_conf_commands[];

void *ngx_http_plaid_pass_conf_create(ngx_conf_t *cf);
char *ngx_http_plaid_pass_conf_merge(ngx_conf_t *cf, void *parent,
    void *child);

/* ngx_http_plaid_pass_paths.c */

/* NGX_OK when "path" may be called, else NGX_DECLINED. */
ngx_int_t ngx_http_plaid_pass_paths_allowed(ngx_http_plaid_pass_conf_t *conf,
    ngx_str_t *path);

/* What is known of "path"; never NULL. */
const ngx_http_plaid_pass_path_t *ngx_http_plaid_pass_paths_find(
    ngx_str_t *path);

/* 1 when "path" answers credentials that cannot be sealed, or may do so. */
ngx_uint_t ngx_http_plaid_pass_paths_refused(ngx_str_t *path,
    ngx_uint_t prefix);

extern const ngx_http_plaid_pass_path_t  ngx_http_plaid_pass_paths_exchange;
extern const ngx_http_plaid_pass_path_t  ngx_http_plaid_pass_paths_refresh;

/* ngx_http_plaid_pass_handler.c: the content handler */

ngx_int_t ngx_http_plaid_pass_handler(ngx_http_request_t *r);

/* ngx_http_plaid_pass_peer.c: NGX_OK when the peer may call, or DECLINED */

ngx_int_t ngx_http_plaid_pass_peer(ngx_http_request_t *r,
    ngx_http_plaid_pass_conf_t *conf);

/*
 * ngx_http_plaid_pass_body.c: checks the body, then opens its tokens.  NGX_OK,
 * or NGX_DECLINED with "error" set, or NGX_ERROR.
 */

ngx_int_t ngx_http_plaid_pass_body(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e *error);
ngx_int_t ngx_http_plaid_pass_body_tokens(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e *error);

/*
 * The access token that "s" stands for, in r->pool and among ctx->tokens:
 * opened, or itself where those that are not sealed are taken.  As above.
 */
ngx_int_t ngx_http_plaid_pass_body_open(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *s, ngx_str_t *token, ngx_str_t *item_id);

/* NGX_OK when "token" is one of the client's environment, else DECLINED. */
ngx_int_t ngx_http_plaid_pass_body_raw(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *token);

/* ngx_http_plaid_pass_call.c: asks Plaid, and passes the answer on */

void ngx_http_plaid_pass_call(ngx_http_plaid_pass_ctx_t *ctx);

/* Stops what is under way; idempotent. */
void ngx_http_plaid_pass_call_stop(ngx_http_plaid_pass_ctx_t *ctx);

/* ngx_http_plaid_pass_reply.c: the bytes of an answer */

void ngx_http_plaid_pass_reply_init(ngx_http_plaid_pass_ctx_t *ctx);

/* Takes a whole answer instead, which is copied. */
void ngx_http_plaid_pass_reply_whole(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *body);

/* Sends what there is; the request may be gone after that. */
void ngx_http_plaid_pass_reply(ngx_http_plaid_pass_ctx_t *ctx);

/*
 * ngx_http_plaid_pass_sealed.c: seals the tokens of a collected answer.
 * NGX_OK; NGX_DECLINED, it is not as it should be; NGX_ABORT, it has a token
 * where none belongs; NGX_ERROR.
 */
ngx_int_t ngx_http_plaid_pass_sealed(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *reply, ngx_str_t *out);

/* The answer to /sealed/refresh; as for a body. */
ngx_int_t ngx_http_plaid_pass_sealed_refresh(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e *error, ngx_str_t *out);

/* ngx_http_plaid_pass_once.c: one-time calls; 1: it is one, and was begun */

ngx_uint_t ngx_http_plaid_pass_once(ngx_http_plaid_pass_ctx_t *ctx);

/* ngx_http_plaid_pass_answer.c: answers of our own, in Plaid's shape */

/* Sends the answer; to be returned from a content handler, or finalized. */
ngx_int_t ngx_http_plaid_pass_answer_error(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e error);
ngx_int_t ngx_http_plaid_pass_answer_json(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *json);

/* Adds a response header; "name" is a constant.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_plaid_pass_answer_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/* Sets shared->result.request_id to one made here, unless there is one. */
void ngx_http_plaid_pass_answer_id(ngx_http_plaid_pass_ctx_t *ctx);


#endif /* _NGX_HTTP_PLAID_PASS_H_INCLUDED_ */
