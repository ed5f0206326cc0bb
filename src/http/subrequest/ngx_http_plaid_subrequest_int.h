
/*
 * Private to ngx_http_plaid_subrequest*.c.
 */


#ifndef _NGX_HTTP_PLAID_SUBREQUEST_INT_H_INCLUDED_
#define _NGX_HTTP_PLAID_SUBREQUEST_INT_H_INCLUDED_


#include "ngx_http_plaid_subrequest.h"


/*
 *     POSTED --> UPSTREAM --> ENDED
 *           \                 ^
 *            +----------------+
 */

typedef enum {
    NGX_HTTP_PLAID_SUBREQUEST_POSTED = 0,  /* not at its location yet */
    NGX_HTTP_PLAID_SUBREQUEST_UPSTREAM,    /* its upstream is in our hands */
    NGX_HTTP_PLAID_SUBREQUEST_ENDED
} ngx_http_plaid_subrequest_state_e;


/* what nginx takes for a client's connection, with the log of it */

typedef struct {
    ngx_http_log_ctx_t                   log_ctx;  /* must be first */
    ngx_str_t                           *name;     /* of the plaid_client */
    ngx_log_t                            log;
    ngx_event_t                          read;
    ngx_event_t                          write;
    ngx_connection_t                     connection;
    ngx_http_connection_t                http;
    ngx_http_addr_conf_t                 addr_conf;
} ngx_http_plaid_subrequest_connection_t;


typedef struct {
    ngx_plaid_ident_t                       ident;    /* must be first */
    ngx_event_t                             event;    /* run, end or free */
    ngx_plaid_call_t                       *call;     /* NULL: cancelled */
    ngx_http_request_t                     *main;     /* of our own */
    ngx_http_request_t                     *request;  /* the subrequest */
    ngx_http_plaid_subrequest_state_e       state;

    ngx_buf_t                              *buf;      /* what Plaid gets */

    /* of the location's own handler */

    ngx_http_handler_pt                     content_handler;
    ngx_int_t                             (*create_request)(
                                                ngx_http_request_t *r);
    ngx_int_t                             (*process_header)(
                                                ngx_http_request_t *r);
    void                                  (*finalize_request)(
                                                ngx_http_request_t *r,
                                                ngx_int_t rc);
    ngx_int_t                             (*input_filter_init)(void *data);
    ngx_int_t                             (*input_filter)(void *data,
                                                ssize_t bytes);
    void                                   *input_filter_ctx;

    unsigned                                bad:1;    /* the reply */

    ngx_http_plaid_subrequest_connection_t  conn;
} ngx_http_plaid_subrequest_t;


/* That of "sr", or NULL when it is not one of our subrequests. */
ngx_http_plaid_subrequest_t *ngx_http_plaid_subrequest_get(
    ngx_http_request_t *sr);


/*
 * ngx_http_plaid_subrequest_request.c: a main request in the server
 * call->server, on sub->conn; sets sub->main.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_plaid_subrequest_request(ngx_http_plaid_subrequest_t *sub);

/*
 * Frees the main request, and what still runs in it.  NGX_OK, or NGX_AGAIN: a
 * thread is at work on it, which cannot be stopped.
 */
ngx_int_t ngx_http_plaid_subrequest_free(ngx_http_plaid_subrequest_t *sub);


/*
 * ngx_http_plaid_subrequest_upstream.c: makes the upstream that the location's
 * handler has set up, and that is still to be initialized, ours.  NGX_OK, or
 * NGX_ERROR (not that of a proxy_pass, one that does not verify, no memory).
 */
ngx_int_t ngx_http_plaid_subrequest_take(ngx_http_plaid_subrequest_t *sub);


/*
 * ngx_http_plaid_subrequest_reply.c: callbacks of the upstream; the last one
 * sets the outcome of the call.
 */
ngx_int_t ngx_http_plaid_subrequest_header(ngx_http_request_t *sr);
ngx_int_t ngx_http_plaid_subrequest_filter_init(void *data);
void ngx_http_plaid_subrequest_finalize(ngx_http_request_t *sr, ngx_int_t rc);


#endif /* _NGX_HTTP_PLAID_SUBREQUEST_INT_H_INCLUDED_ */
