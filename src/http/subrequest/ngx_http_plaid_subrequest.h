
/*
 * The transport "subrequest": a call to Plaid through a location that the
 * user wrote with proxy_pass.
 *
 * Promises, whatever the rest of the configuration says: Plaid gets the very
 * request that libcurl would send, with nothing of the client's in it; no
 * variable, no log and no other request ever has Plaid's keys or the tokens;
 * a request that may have reached Plaid is not sent to another server; the
 * reply is Plaid's own, of any status, whole, within max_response_size, and
 * touches neither disk nor cache.
 *
 * The main request must stay until the call has ended: see
 * ngx_http_plaid_subrequest_transport below.
 */


#ifndef _NGX_HTTP_PLAID_SUBREQUEST_H_INCLUDED_
#define _NGX_HTTP_PLAID_SUBREQUEST_H_INCLUDED_


#include <ngx_http.h>
#include "ngx_http_plaid_client.h"
#include "ngx_plaid_call.h"


/*
 *     POSTED --> UPSTREAM --> ENDED
 *        |  \                 ^ ^
 *        |   +---> FOREIGN ---+ |
 *        +----------------------+
 */

typedef enum {
    NGX_HTTP_PLAID_SUBREQUEST_POSTED = 0,  /* not at its location yet */
    NGX_HTTP_PLAID_SUBREQUEST_UPSTREAM,    /* its upstream is in our hands */
    NGX_HTTP_PLAID_SUBREQUEST_FOREIGN,     /* something else is served there */
    NGX_HTTP_PLAID_SUBREQUEST_ENDED
} ngx_http_plaid_subrequest_state_e;


typedef struct ngx_http_plaid_subrequest_s  ngx_http_plaid_subrequest_t;


/* the call's side, in its pool */

typedef struct {
    ngx_plaid_ident_t                    ident;    /* must be first */
    ngx_event_t                          end;      /* calls the handler */
    ngx_plaid_call_t                    *call;
    ngx_http_plaid_subrequest_t         *sub;      /* NULL: it has ended */
} ngx_http_plaid_subcall_t;


/* the main request's side, in its pool */

struct ngx_http_plaid_subrequest_s {
    ngx_plaid_ident_t                    ident;    /* must be first */
    ngx_event_t                          run;
    ngx_http_request_t                  *request;  /* the subrequest */
    ngx_http_plaid_subcall_t            *subcall;  /* NULL: nobody waits */
    ngx_http_plaid_subrequest_state_e    state;

    char                                *action;   /* to be logged again */

    ngx_buf_t                           *buf;      /* what Plaid gets */
    size_t                               size;     /* of the body's memory */

    /* of the location's own handler */

    ngx_http_handler_pt                  content_handler;
    ngx_int_t                          (*create_request)(
                                             ngx_http_request_t *r);
    ngx_int_t                          (*process_header)(
                                             ngx_http_request_t *r);
    void                               (*finalize_request)(
                                             ngx_http_request_t *r,
                                             ngx_int_t rc);
    ngx_int_t                          (*input_filter_init)(void *data);
    ngx_int_t                          (*input_filter)(void *data,
                                             ssize_t bytes);
    void                                *input_filter_ctx;

    unsigned                             bad:1;    /* the reply */
    unsigned                             too_big:1;
};


/*
 * call->owner is the client's main request, or NULL once that has gone: then
 * no call starts.  While it waits, its client must go unnoticed (as with
 * ngx_http_block_reading()): its end is the subrequest's, too.
 */
extern ngx_plaid_transport_t  ngx_http_plaid_subrequest_transport;


/*
 * To be called in the PRECONTENT phase with each "r" that is a subrequest, as
 * the last handler; to be returned from there.
 */
ngx_int_t ngx_http_plaid_subrequest_handler(ngx_http_request_t *r);


/* the rest is for ngx_http_plaid_subrequest*.c only */

/* That of "sr", or NULL when it is no subrequest of ours. */
ngx_http_plaid_subrequest_t *ngx_http_plaid_subrequest_get(
    ngx_http_request_t *sr);

/* The outcome BAD_REPLY, for the reason "detail", a constant. */
void ngx_http_plaid_subrequest_refuse(ngx_plaid_call_t *call, char *detail);

/*
 * Makes the upstream that the location's handler has set up, and that is
 * still to be initialized, ours.  NGX_OK, NGX_DECLINED (there is none),
 * NGX_ERROR (not that of a proxy_pass, or no memory).
 */
ngx_int_t ngx_http_plaid_subrequest_take(ngx_http_plaid_subrequest_t *sub);

/* Callbacks of the upstream; the last one sets the outcome of the call. */
ngx_int_t ngx_http_plaid_subrequest_header(ngx_http_request_t *sr);
ngx_int_t ngx_http_plaid_subrequest_filter_init(void *data);
void ngx_http_plaid_subrequest_finalize(ngx_http_request_t *sr, ngx_int_t rc);


#endif /* _NGX_HTTP_PLAID_SUBREQUEST_H_INCLUDED_ */
