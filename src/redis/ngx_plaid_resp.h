
/*
 * RESP, the protocol of Redis and Valkey: replies in, commands out.
 *
 * Promises: replies are parsed by libhiredis's reader, commands are formatted
 * by its formatter, and no other part of the module knows libhiredis; a reply
 * that is longer than NGX_PLAID_RESP_MAX, an aggregate of any depth or count,
 * and a type of RESP3 are errors in any case; the memory in use is
 * bounded, whatever the server announces; arguments are binary safe.
 *
 * Source: https://redis.io/docs/reference/protocol-spec/ (RESP2).
 */


#ifndef _NGX_PLAID_RESP_H_INCLUDED_
#define _NGX_PLAID_RESP_H_INCLUDED_


#include "ngx_plaid.h"


/* longest reply: four times the longest value that the module stores */
#define NGX_PLAID_RESP_MAX        4096

/* most arguments of a command: SET key value NX PX milliseconds */
#define NGX_PLAID_RESP_ARGS       6


typedef enum {
    NGX_PLAID_RESP_NIL = 0,
    NGX_PLAID_RESP_STATUS,
    NGX_PLAID_RESP_STRING,
    NGX_PLAID_RESP_INTEGER,
    NGX_PLAID_RESP_ERROR
} ngx_plaid_resp_type_e;


typedef struct {
    ngx_plaid_resp_type_e      type;
    int64_t                    integer;      /* of INTEGER */
    size_t                     len;          /* of STATUS, STRING, ERROR */
    u_char                     data[NGX_PLAID_RESP_MAX];
} ngx_plaid_resp_reply_t;


/* the replies of one connection; zero it before the first use */

typedef struct {
    void                      *reader;       /* libhiredis's redisReader */
    const char                *error;        /* after NGX_ERROR: why */
    ngx_plaid_resp_reply_t     reply;
} ngx_plaid_resp_t;


/*
 * Prepares for the replies of a new connection; what is left of the one
 * before is dropped.  NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_resp_init(ngx_plaid_resp_t *resp);

/*
 * Takes "len" bytes that were received, NGX_PLAID_RESP_MAX at most.  To be
 * called after ngx_plaid_resp_next() has returned NGX_AGAIN, or first.
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_resp_feed(ngx_plaid_resp_t *resp, u_char *data,
    size_t len);

/*
 * The next reply, in resp->reply until the next call.  NGX_OK; NGX_AGAIN, more
 * bytes are needed; NGX_ERROR, not RESP or over a limit: the connection cannot
 * be used any longer.
 */
ngx_int_t ngx_plaid_resp_next(ngx_plaid_resp_t *resp);

/* Frees what the reader has; idempotent. */
void ngx_plaid_resp_free(ngx_plaid_resp_t *resp);

/*
 * Formats the "n" arguments (1 to NGX_PLAID_RESP_ARGS) as one command into
 * the buffer from "p" to "last".  Returns the end of what was written, or NULL:
 * no memory, or it does not fit.  What libhiredis had of it is wiped.
 */
u_char *ngx_plaid_resp_command(u_char *p, u_char *last, ngx_str_t *args,
    ngx_uint_t n);

/* Whether the text of an ERROR begins with the word "code": "OOM", "MOVED". */
ngx_uint_t ngx_plaid_resp_is_error(ngx_plaid_resp_reply_t *reply,
    const char *code);


#endif /* _NGX_PLAID_RESP_H_INCLUDED_ */
