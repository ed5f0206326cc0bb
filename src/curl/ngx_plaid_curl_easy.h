
/*
 * One libcurl transfer: its options, its callbacks, and what its end means.
 */


#ifndef _NGX_PLAID_CURL_EASY_H_INCLUDED_
#define _NGX_PLAID_CURL_EASY_H_INCLUDED_


#include "ngx_plaid_call.h"
#include <ngx_event.h>
#include <curl/curl.h>
#include <openssl/err.h>


/* of one peer in one process: there is one for each version of HTTP */

typedef struct {
    ngx_plaid_ident_t          ident;        /* must be first */
    ngx_plaid_peer_t          *peer;

    CURLM                     *multi;        /* NULL while at rest */
    CURLSH                    *share;        /* TLS sessions, kept at rest */
    CURL                     **cached;       /* handles for later calls */
    ngx_uint_t                 ncached;
    CURLU                     *url;          /* of all calls, once parsed */

    ngx_event_t                timer;        /* libcurl's */
    ngx_event_t                kick;         /* its timer of 0 ms */
    ngx_event_t                idle;
    ngx_msec_t                 idle_since;

    ngx_queue_t                calls;
    ngx_uint_t                 ncalls;
    ngx_uint_t                 nopen;        /* connections, idle ones too */

    ngx_uint_t                 turn;         /* of libcurl, so far */

    ngx_queue_t                queue;        /* while retired */

    unsigned                   http2:1;
    unsigned                   retired:1;    /* takes no new call */
    unsigned                   kick_soon:1;  /* in ngx_posted_events */
} ngx_plaid_curl_t;


typedef struct {
    ngx_plaid_ident_t          ident;        /* must be first */
    ngx_event_t                resume;

    CURL                      *easy;
    ngx_queue_t                queue;
    ngx_plaid_curl_t          *curl;
    ngx_plaid_call_t          *call;

    struct curl_slist         *headers;      /* in the call's pool */
    size_t                     headers_size;
    struct curl_slist          connect_to;

    ngx_uint_t                 turn;         /* of "curl", when it was added */
    size_t                     head_size;    /* of the reply, so far */
    long                       request_size; /* before the request is sent */

    unsigned                   ready:1;      /* connected, about to send */
    unsigned                   spent:1;      /* the handle is of no more use */
    unsigned                   head:1;       /* of the reply, to its end */
    unsigned                   stale:1;      /* 408: that is the outcome */
    unsigned                   paused:1;     /* by the sink */
    unsigned                   whole:1;      /* a reply, and all of it */

    char                       error[CURL_ERROR_SIZE];
} ngx_plaid_curl_call_t;


/* A transfer for "call", not yet in curl->multi; NULL: no memory. */
ngx_plaid_curl_call_t *ngx_plaid_curl_easy_create(ngx_plaid_curl_t *curl,
    ngx_plaid_call_t *call);

/* Frees a transfer that is in no multi handle. */
void ngx_plaid_curl_easy_free(ngx_plaid_curl_call_t *cc);

/* Sets call->sent from what libcurl has written so far. */
void ngx_plaid_curl_easy_sent(ngx_plaid_curl_call_t *cc);

/* Sets the outcome of the call from libcurl's "rc". */
void ngx_plaid_curl_easy_result(ngx_plaid_curl_call_t *cc, CURLcode rc);


/* Whether the call has, or had, a connection that others had before it. */
ngx_uint_t ngx_plaid_curl_easy_reused(ngx_plaid_curl_call_t *cc);

/* CURLOPT_PREREQFUNCTION, "data" is the ngx_plaid_curl_call_t */
int ngx_plaid_curl_easy_ready(void *data, char *peer_ip, char *local_ip,
    int peer_port, int local_port);


/*
 * ngx_plaid_curl_handle.c: a handle that has all options but those of a call;
 * NULL: no memory.
 */
CURL *ngx_plaid_curl_handle_take(ngx_plaid_curl_t *curl);

/*
 * NGX_OK when a handle is kept for the next call: as many are as connections.
 * Not to be kept is one whose transfer did not come to its end, and one that
 * connected again, as libcurl counts that for all the handle's life.
 */
ngx_int_t ngx_plaid_curl_handle_keep(ngx_plaid_curl_t *curl, CURL *easy);

void ngx_plaid_curl_handle_free_cached(ngx_plaid_curl_t *curl);


/*
 * ngx_plaid_curl_reply.c: CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION,
 * "data" is the ngx_plaid_curl_call_t
 */
size_t ngx_plaid_curl_easy_header(char *p, size_t size, size_t n, void *data);
size_t ngx_plaid_curl_easy_body(char *p, size_t size, size_t n, void *data);


#endif /* _NGX_PLAID_CURL_EASY_H_INCLUDED_ */
