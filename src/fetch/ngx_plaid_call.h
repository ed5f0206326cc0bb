
/*
 * One HTTP call to Plaid: what a transport is given and what it gives back.
 *
 * Promises of every transport: start() never calls the handler itself; after
 * a start() that returned NGX_OK the handler is called exactly once, unless
 * cancel() comes first, after which it never is; nothing blocks; nothing that
 * may have reached Plaid is sent again; "sent" is cleared only when no byte of
 * the request can have been processed.  There is no time limit in here: the
 * caller cancels.
 */


#ifndef _NGX_PLAID_CALL_H_INCLUDED_
#define _NGX_PLAID_CALL_H_INCLUDED_


#include "ngx_plaid_api.h"
#include "ngx_plaid_peer.h"


/* longest value kept of a reply's header: a Content-Disposition has 60 */
#define NGX_PLAID_CALL_VALUE_MAX  1024

/* what a sink is given at once at most: CURL_MAX_WRITE_SIZE */
#define NGX_PLAID_CALL_PIECE      16384

/* a sink takes nothing until it resumes the call */
#define NGX_PLAID_CALL_PAUSE      ((size_t) -1)


typedef enum {
    NGX_PLAID_CALL_DONE = 0,        /* a whole reply, of any status */
    NGX_PLAID_CALL_CONNECT,         /* not connected, no TLS, no tunnel */
    NGX_PLAID_CALL_CONNECT_TIMEOUT,
    NGX_PLAID_CALL_TIMEOUT,         /* reply too late */
    NGX_PLAID_CALL_LOST,            /* connection lost before the reply ended */
    NGX_PLAID_CALL_BAD_REPLY,       /* not HTTP, or over max_reply */
    NGX_PLAID_CALL_INTERNAL         /* out of memory and the like */
} ngx_plaid_call_rc_e;


/*
 * What is kept of a reply's head, in the call's pool.  Values are trimmed,
 * without control characters, NGX_PLAID_CALL_VALUE_MAX at most, else empty.
 */

typedef struct {
    ngx_uint_t                 status;
    off_t                      content_length_n;  /* -1: not given */
    time_t                     retry_after_n;     /* seconds, 0: none */

    ngx_str_t                  content_type;
    ngx_str_t                  content_disposition;
    ngx_str_t                  content_encoding;  /* never empty if given */
    ngx_str_t                  retry_after;
    ngx_str_t                  x_request_id;
    ngx_str_t                  plaid_request_id;

    ngx_str_t                  request_id;        /* the later of these two */
} ngx_plaid_call_head_t;


/*
 * Takes a reply as it comes, instead of call->body.  Both functions may run
 * inside of libcurl: they copy and post an event, and neither write to a
 * client nor end, cancel or resume a call.
 */

typedef struct {
    /*
     * Called once before any body(), with a final status (not 1xx).  NGX_OK,
     * or NGX_ERROR to end the call as NGX_PLAID_CALL_BAD_REPLY.
     */
    ngx_int_t                (*header)(void *data,
                                       ngx_plaid_call_head_t *head);

    /*
     * "n" bytes, NGX_PLAID_CALL_PIECE at most.  Returns "n", or
     * NGX_PLAID_CALL_PAUSE to be given the same bytes once the call is
     * resumed, or 0 to end the call as NGX_PLAID_CALL_BAD_REPLY.
     */
    size_t                   (*body)(void *data, u_char *p, size_t n);

    void                      *data;
} ngx_plaid_call_sink_t;


typedef struct ngx_plaid_call_s  ngx_plaid_call_t;

typedef void (*ngx_plaid_call_handler_pt)(ngx_plaid_call_t *call);


struct ngx_plaid_call_s {
    /* set by the caller; all must live until the handler or cancel() */

    ngx_plaid_peer_t          *peer;
    ngx_plaid_class_e          class;
    ngx_pool_t                *pool;         /* the reply comes from it */
    ngx_log_t                 *log;
    ngx_plaid_api_request_t   *request;
    ngx_str_t                  addr;         /* numeric, where to connect to */
    size_t                     max_reply;    /* bytes of body */
    ngx_plaid_call_sink_t     *sink;         /* NULL: collect into "body" */
    ngx_plaid_call_handler_pt  handler;
    void                      *data;
    void                      *server;       /* subrequest: see there */
    unsigned                   fresh:1;      /* on a new connection */
    unsigned                   late:1;       /* cancelled, as time is over */

    /* set by the transport; "sent" is good after cancel() too */

    ngx_plaid_call_rc_e        rc;
    ngx_plaid_call_head_t      head;
    ngx_str_t                  body;         /* in "pool"; the caller wipes */
    ngx_str_t                  detail;       /* for the log, in "pool" */
    unsigned                   sent:1;

    /* private to ngx_plaid_call.c and the transport */

    size_t                     allocated;    /* for "body" */
    size_t                     received;     /* of the body, so far */
    unsigned                   refused:1;    /* rc and detail stand */

    void                      *transport;    /* the transport's own */
};


typedef struct {
    ngx_int_t                (*start)(ngx_plaid_call_t *call);
    void                     (*cancel)(ngx_plaid_call_t *call);

    /* resumes from the event loop, not at once; NULL: knows no sinks */
    void                     (*resume)(ngx_plaid_call_t *call);

    ngx_uint_t                 connects;     /* wants call->addr */
    size_t                     pool;         /* taken while a call goes on */
} ngx_plaid_transport_t;


/* The rest is for transports. */

/* Forgets what is known of a reply: another one follows, as after a 1xx. */
void ngx_plaid_call_head_init(ngx_plaid_call_t *call);

/*
 * A header field of the reply; "value" is trimmed.  NGX_OK, NGX_DECLINED (the
 * reply is refused), NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_call_field(ngx_plaid_call_t *call, ngx_str_t *name,
    ngx_str_t *value);

/* The head of the reply is complete; as ngx_plaid_call_field(). */
ngx_int_t ngx_plaid_call_head(ngx_plaid_call_t *call, ngx_uint_t status);

/* "n" bytes of the body, collected; as ngx_plaid_call_field(). */
ngx_int_t ngx_plaid_call_collect(ngx_plaid_call_t *call, u_char *p, size_t n);

/*
 * Hands "n" bytes of the body to the sink.  Returns "n", NGX_PLAID_CALL_PAUSE
 * or 0 (the reply is refused).
 */
size_t ngx_plaid_call_stream(ngx_plaid_call_t *call, u_char *p, size_t n);

/*
 * A whole reply has come.  A 408 on a connection that was "reused" tells that
 * the server had closed it before it got the request (RFC 9110, 15.5.9): then
 * the call is lost, and was not sent.
 */
void ngx_plaid_call_done(ngx_plaid_call_t *call, ngx_uint_t reused);

/* Sets the outcome "rc" for the reason "detail", a constant. */
void ngx_plaid_call_fail(ngx_plaid_call_t *call, ngx_plaid_call_rc_e rc,
    char *detail);


#endif /* _NGX_PLAID_CALL_H_INCLUDED_ */
