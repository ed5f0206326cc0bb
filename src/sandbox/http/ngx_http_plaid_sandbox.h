
/*
 * The request side of the sandbox: from a request to a call, and from its
 * reply, or a fault, to a response.
 */


#ifndef _NGX_HTTP_PLAID_SANDBOX_H_INCLUDED_
#define _NGX_HTTP_PLAID_SANDBOX_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_fault.h"
#include "ngx_plaid_sandbox_webhook.h"


typedef struct {
    ngx_shm_zone_t              *zone;
    size_t                       size;
#if (NGX_SSL)
    ngx_ssl_t                   *ssl;           /* trusts as the system does */
#endif
    ngx_uint_t                   used;          /* unsigned  used:1; */
} ngx_http_plaid_sandbox_main_conf_t;


typedef struct {
    ngx_plaid_sandbox_fault_t    fault;
    ngx_uint_t                   rate;          /* of 10000 calls */
    ngx_http_complex_value_t    *condition;     /* NULL: always */
    ngx_str_t                    path;          /* empty: any endpoint */
} ngx_http_plaid_sandbox_rule_t;


typedef struct {
    ngx_array_t                 *keys;          /* ngx_plaid_sandbox_key_t */
    ngx_array_t                 *rules;         /* the first that fits */
    time_t                       token_ttl;
    size_t                       pad;           /* replies are that large */
    ngx_msec_t                   retry;         /* webhooks: the first pause */
    ngx_msec_t                   retry_for;
    ngx_plaid_sandbox_sender_t   sender;
#if (NGX_SSL)
    ngx_ssl_t                   *ssl;           /* of the directive here */
#endif
} ngx_http_plaid_sandbox_loc_conf_t;


typedef enum {
    NGX_HTTP_PLAID_SANDBOX_START = 0,
    NGX_HTTP_PLAID_SANDBOX_LATENCY,     /* waits before it does anything */
    NGX_HTTP_PLAID_SANDBOX_HANG,        /* waits, then closes */
    NGX_HTTP_PLAID_SANDBOX_DRIP         /* sends byte by byte */
} ngx_http_plaid_sandbox_state_e;


typedef struct {
    ngx_http_request_t          *request;
    void                        *unused[2];
    ngx_socket_t                 fd;    /* the timer's ident for the log:
                                         * event ident must be after 3 pointers
                                         */
    ngx_event_t                  timer;
    ngx_msec_t                   deadline;
    ngx_http_plaid_sandbox_state_e  state;

    ngx_plaid_sandbox_call_t     call;
    ngx_str_t                    fault_header;
    ngx_plaid_sandbox_fault_t    fault;
    ngx_str_t                    text;  /* the reply, what is left of it */
    ngx_str_t                    type;  /* of it, when it is not JSON */
} ngx_http_plaid_sandbox_ctx_t;


/* ngx_http_plaid_sandbox_request.c */

/* The content handler: answers as Plaid does. */
ngx_int_t ngx_http_plaid_sandbox_handler(ngx_http_request_t *r);

/* The path of a request, without the location that the sandbox is in. */
void ngx_http_plaid_sandbox_path(ngx_http_request_t *r, ngx_str_t *path);


/* ngx_http_plaid_sandbox_response.c */

/*
 * Answers the call into ctx->text and sets the headers for it.  Returns the
 * HTTP status; 0 when memory ran out.
 */
ngx_uint_t ngx_http_plaid_sandbox_answer(ngx_http_plaid_sandbox_ctx_t *ctx);

/*
 * Sends the header of a response with "len" bytes of "type", of JSON when
 * that is empty; then a body.  Both return as the filters do.
 */
ngx_int_t ngx_http_plaid_sandbox_send_header(ngx_http_request_t *r,
    ngx_uint_t status, size_t len, ngx_str_t *type);
ngx_int_t ngx_http_plaid_sandbox_send_body(ngx_http_request_t *r,
    ngx_str_t *body, ngx_uint_t last);

/* Adds a header to the response; name and value must live as long as it. */
ngx_int_t ngx_http_plaid_sandbox_header(ngx_http_request_t *r,
    const char *name, u_char *value);


/* ngx_http_plaid_sandbox_assets.c */

/* Serves one of Link's files; NGX_DECLINED when the request is for none. */
ngx_int_t ngx_http_plaid_sandbox_asset(ngx_http_request_t *r);


/* ngx_http_plaid_sandbox_index.c */

/* Answers with a page that lists the endpoints. */
ngx_int_t ngx_http_plaid_sandbox_index(ngx_http_request_t *r);


/* ngx_http_plaid_sandbox_alter.c */

/*
 * Alters the reply in ctx->text as the fault and plaid_sandbox_pad want it.
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_plaid_sandbox_alter(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_uint_t status);


/* ngx_http_plaid_sandbox_log.c */

/*
 * Keeps the call for GET /sandbox/_calls: line, headers, body as text, keys
 * as hashes.
 */
void ngx_http_plaid_sandbox_log(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_str_t *body);


/* ngx_http_plaid_sandbox_hook.c: how webhooks are sent */

char *ngx_http_plaid_sandbox_hook_retry(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_sandbox_hook_trusted(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Completes the sender of a location. */
char *ngx_http_plaid_sandbox_hook_merge(ngx_conf_t *cf,
    ngx_http_plaid_sandbox_loc_conf_t *prev,
    ngx_http_plaid_sandbox_loc_conf_t *conf);

/* Sends the webhooks that a call has asked for. */
void ngx_http_plaid_sandbox_hook_send(ngx_http_plaid_sandbox_ctx_t *ctx);


/* ngx_http_plaid_sandbox_rule.c */

/* "plaid_sandbox_fault ...", added to the rules of the location. */
char *ngx_http_plaid_sandbox_fault(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Which fault this call gets, if any: that of its token, else of its header,
 * else of the first rule that fits.
 */
void ngx_http_plaid_sandbox_choose(ngx_http_plaid_sandbox_ctx_t *ctx);


/* ngx_http_plaid_sandbox_fault.c */

/*
 * Goes on with a request whose body was read.  Returns what
 * ngx_http_finalize_request() must be called with, or NGX_BUSY: a timer goes
 * on, and the request must not be finalized.
 */
ngx_int_t ngx_http_plaid_sandbox_run(ngx_http_plaid_sandbox_ctx_t *ctx);

/* Ends the waiting, if there is any. */
void ngx_http_plaid_sandbox_stop(ngx_http_plaid_sandbox_ctx_t *ctx);


extern ngx_module_t  ngx_http_plaid_sandbox_module;


#endif /* _NGX_HTTP_PLAID_SANDBOX_H_INCLUDED_ */
