
/*
 * The module's shell: configuration, what is known of a request, and who may
 * look at it.
 */


#ifndef _NGX_HTTP_PLAID_MODULE_H_INCLUDED_
#define _NGX_HTTP_PLAID_MODULE_H_INCLUDED_


#include <ngx_http.h>
#include "ngx_http_plaid_client.h"
#include "ngx_plaid_exchange.h"
#include "ngx_plaid_store.h"


/* plaid_replay_zone */

typedef struct {
    ngx_plaid_store_t           store;
    ngx_shm_zone_t             *shm_zone;
} ngx_http_plaid_zone_t;


/* plaid_replay */

typedef struct {
    ngx_str_t                   name;        /* empty: the built-in zone */
    ngx_http_plaid_zone_t      *zone;
    ngx_http_complex_value_t    bind;
    ngx_msec_t                  ttl;
    ngx_msec_t                  grace;
    u_char                     *file;        /* of the directive */
    ngx_uint_t                  line;
} ngx_http_plaid_replay_t;


typedef struct {
    ngx_array_t                *clients;     /* ngx_http_plaid_client_t * */
    ngx_array_t                *names;       /* ngx_str_t: token headers */
    ngx_array_t                *zones;       /* ngx_http_plaid_zone_t * */
    ngx_http_plaid_zone_t      *zone;        /* the built-in one, if used */
    ngx_http_plaid_replay_t    *replay;      /* where none is configured */
    ngx_plaid_stats_area_t     *stats;       /* NULL: nothing to count */
    ngx_uint_t                  status;      /* unsigned  status:1; */
} ngx_http_plaid_main_conf_t;


/* plaid_exchange */

typedef struct {
    ngx_str_t                   name;
    ngx_http_plaid_client_t    *client;
    ngx_http_complex_value_t   *condition;   /* if=, or NULL */
    u_char                     *file;        /* of the directive */
    ngx_uint_t                  line;
} ngx_http_plaid_use_t;


/* a header set for the app: what a push of it needs */

typedef struct {
    ngx_str_t                   name;
    u_char                     *lowcase;
    ngx_uint_t                  hash;
} ngx_http_plaid_header_t;


typedef struct {
    ngx_http_plaid_use_t       *use;         /* NULL: off */
    ngx_array_t                *fields;      /* ngx_str_t */
    ngx_flag_t                  required;
    ngx_http_plaid_header_t    *header;
    ngx_uint_t                  errors;
    size_t                      max_body;
    ngx_http_plaid_replay_t    *replay;      /* NULL: off */
} ngx_http_plaid_loc_conf_t;


#define NGX_HTTP_PLAID_REJECT   0
#define NGX_HTTP_PLAID_PASS     1


/*
 *                            +--> JOINING --+
 *                            |     ^        |
 *     START --> READING -----+     |        +--> DONE
 *        \         \          |     v        |     ^
 *         \         \         +--> WAITING --+     |
 *          +---------+----------------------------+
 */

typedef enum {
    NGX_HTTP_PLAID_START = 0,
    NGX_HTTP_PLAID_READING,         /* the request body */
    NGX_HTTP_PLAID_JOINING,         /* another request's exchange */
    NGX_HTTP_PLAID_WAITING,         /* for our own one */
    NGX_HTTP_PLAID_DONE             /* "result" stands */
} ngx_http_plaid_state_e;


typedef struct ngx_http_plaid_flight_s  ngx_http_plaid_flight_t;


/* of a main request that was looked at; survives internal redirects */

typedef struct {
    ngx_http_request_t         *request;
    ngx_http_plaid_state_e      state;
    ngx_http_plaid_loc_conf_t  *plcf;        /* where it was looked at */
    ngx_http_plaid_client_t    *client;
    ngx_plaid_result_t          result;      /* in r->pool */
    ngx_msec_t                  time;

    ngx_str_t                   token;       /* until DONE, in r->pool */
    ngx_str_t                   account_id;
    ngx_msec_t                  began;

    ngx_http_plaid_flight_t    *flight;      /* while WAITING */
    ngx_queue_t                 queue;       /* while JOINING */

    ngx_http_plaid_zone_t      *zone;        /* NULL: no replay */
    ngx_msec_t                  ttl;         /* there */
    ngx_plaid_store_ref_t       ref;
    ngx_plaid_seal_t            seal;        /* until DONE */

    unsigned                    called:1;    /* there was an exchange */
    unsigned                    injected:1;  /* the app's headers are set */
    unsigned                    answered:1;  /* rejected: once is enough */
    unsigned                    json:1;      /* the body was JSON */
    unsigned                    forgotten:1; /* tokens are wiped */
} ngx_http_plaid_ctx_t;


extern ngx_module_t  ngx_http_plaid_module;


/* ngx_http_plaid_module.c */

/*
 * What is known of the main request of "r", also after an internal redirect
 * has cleared the contexts; NULL: nothing.
 */
ngx_http_plaid_ctx_t *ngx_http_plaid_ctx(ngx_http_request_t *r);

/* A new context for the main request "r", or NULL. */
ngx_http_plaid_ctx_t *ngx_http_plaid_create_ctx(ngx_http_request_t *r);


/* ngx_http_plaid_conf.c */

extern ngx_command_t  ngx_http_plaid_commands[];

void *ngx_http_plaid_create_main_conf(ngx_conf_t *cf);
void *ngx_http_plaid_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_plaid_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


/* ngx_http_plaid_handler.c: the PRECONTENT phase */

ngx_int_t ngx_http_plaid_handler(ngx_http_request_t *r);

/*
 * The one way to DONE.  "cause" NONE: "ctx->result" stands; any other one
 * replaces it, and is logged.
 */
void ngx_http_plaid_settle(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_cause_e cause);


/* ngx_http_plaid_flight.c: exchanges under way, and who waits for them */

/*
 * Asks the replay store, then Plaid, for the token in "ctx->token".  On return
 * the request is WAITING, JOINING or DONE.
 */
void ngx_http_plaid_depart(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx);

/*
 * Suspends a request that is WAITING or JOINING.  NGX_OK, or NGX_ERROR: it is
 * DONE.
 */
ngx_int_t ngx_http_plaid_suspend(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);

/* The request goes away; an exchange that has begun goes on. Idempotent. */
void ngx_http_plaid_leave(ngx_http_plaid_ctx_t *ctx);


/* ngx_http_plaid_replay.c: the replay store's configuration, and delivery */

char *ngx_http_plaid_replay_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_replay(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_plaid_replay_merge(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *conf);

/* Called in each worker, before the first request. */
void ngx_http_plaid_replay_attach(ngx_cycle_t *cycle);

/* Tells the store if the app has taken the token that "r" carries. */
void ngx_http_plaid_replay_delivered(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


/* ngx_http_plaid_boundary.c: no header of ours from a client, none leaves */

/* POST_READ: removes them from every main request. */
ngx_int_t ngx_http_plaid_post_read_handler(ngx_http_request_t *r);

/*
 * SERVER_REWRITE and REWRITE: the same for what gets there by an internal
 * redirect, or is a subrequest.
 */
ngx_int_t ngx_http_plaid_rewrite_handler(ngx_http_request_t *r);

/*
 * Adds the filter for response headers, once for each configuration or worker:
 * no variable has a token's copy any more when they are made.
 */
void ngx_http_plaid_filter(void);

/* Wipes tokens from all of the request that a log could still print. */
void ngx_http_plaid_forget(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx);


/* ngx_http_plaid_outcome.c: what the app or the client gets to see */

/*
 * Lets the settled request go on, or answers it, as "plcf" wants; to be
 * returned from the phase handler.
 */
ngx_int_t ngx_http_plaid_outcome(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);

/*
 * One line for a failure; never a token, secret or body.  "time" is what it
 * took, in ms.
 */
void ngx_http_plaid_log(ngx_log_t *log, ngx_http_plaid_client_t *client,
    ngx_plaid_result_t *res, ngx_msec_t time);

/* The value of the first request header "name" (lower case), or NULL. */
ngx_str_t *ngx_http_plaid_request_header(ngx_http_request_t *r, char *name);


/* ngx_http_plaid_status.c: the numbers, and plaid_status */

char *ngx_http_plaid_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Adds the zone with the numbers of "pmcf" and its clients. */
ngx_int_t ngx_http_plaid_status_init(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf);

/* Called in each worker, before the first request; there are clients. */
void ngx_http_plaid_status_attach(ngx_http_plaid_main_conf_t *pmcf);


/* ngx_http_plaid_variables.c */

ngx_int_t ngx_http_plaid_add_variables(ngx_conf_t *cf);

/* $http_<name> must follow the token header: see there. */
ngx_int_t ngx_http_plaid_add_header_variable(ngx_conf_t *cf,
    ngx_str_t *name);


#endif /* _NGX_HTTP_PLAID_MODULE_H_INCLUDED_ */
