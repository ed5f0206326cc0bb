
/*
 * What may go wrong on request, and how it is written: in a directive, a
 * header ("latency=500 error=RATE_LIMIT") or a public token
 * ("public-sandbox-fault-status-503-x1-any").
 */


#ifndef _NGX_PLAID_SANDBOX_FAULT_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_FAULT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* a fault ends some time: nothing waits for longer, in milliseconds */
#define NGX_PLAID_SANDBOX_WAIT_MAX     3600000

/* "hang" without a number, in milliseconds: longer than any client waits */
#define NGX_PLAID_SANDBOX_HANG         60000

/* "drip" without a number: milliseconds between two bytes */
#define NGX_PLAID_SANDBOX_DRIP         50
#define NGX_PLAID_SANDBOX_DRIP_MAX     60000

/* "oversized" without a number, and the most: bytes */
#define NGX_PLAID_SANDBOX_OVERSIZED    1048576
#define NGX_PLAID_SANDBOX_OVERSIZED_MAX  67108864

/* the longest error code is half of that; also the address of a redirect */
#define NGX_PLAID_SANDBOX_FAULT_TEXT   128


typedef enum {
    NGX_PLAID_SANDBOX_NO_FAULT = 0,

    /* instead of an answer: the call is not processed */
    NGX_PLAID_SANDBOX_FAULT_STATUS,
    NGX_PLAID_SANDBOX_FAULT_ERROR,
    NGX_PLAID_SANDBOX_FAULT_RESET,
    NGX_PLAID_SANDBOX_FAULT_GARBAGE,
    NGX_PLAID_SANDBOX_FAULT_OVERSIZED,
    NGX_PLAID_SANDBOX_FAULT_REDIRECT,
    NGX_PLAID_SANDBOX_FAULT_HANG,

    /* to an answer: the call is processed */
    NGX_PLAID_SANDBOX_FAULT_HALF,
    NGX_PLAID_SANDBOX_FAULT_DRIP,
    NGX_PLAID_SANDBOX_FAULT_LOST,
    NGX_PLAID_SANDBOX_FAULT_ECHO,
    NGX_PLAID_SANDBOX_FAULT_ENCODING,
    NGX_PLAID_SANDBOX_FAULT_WRONG_ENV
} ngx_plaid_sandbox_fault_e;


#define ngx_plaid_sandbox_fault_processed(fault)                              \
    ((fault)->kind == NGX_PLAID_SANDBOX_NO_FAULT                              \
     || (fault)->kind >= NGX_PLAID_SANDBOX_FAULT_HALF)


typedef struct {
    ngx_plaid_sandbox_fault_e    kind;
    ngx_msec_t                   latency;       /* before all else */
    ngx_uint_t                   value;         /* status, ms or bytes */
    ngx_uint_t                   retry_after;   /* seconds, 0: no header */
    ngx_uint_t                   times;         /* of a token, 0: each time */
    u_char                       text[NGX_PLAID_SANDBOX_FAULT_TEXT];
} ngx_plaid_sandbox_fault_t;


/*
 * Adds one word to "fault", which starts out zeroed: "reset", "status=503",
 * "latency=200".  NGX_OK, or NGX_ERROR when it is none.
 */
ngx_int_t ngx_plaid_sandbox_fault_word(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *word);

/* The words of a header, between spaces, commas or semicolons. */
ngx_int_t ngx_plaid_sandbox_fault_header(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *value);

/*
 * What a token asks for after "fault-": kind, its value where it takes one,
 * then "after-<seconds>" and "x<times>", the rest makes the token unique.
 */
ngx_int_t ngx_plaid_sandbox_fault_token(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *value);


#endif /* _NGX_PLAID_SANDBOX_FAULT_H_INCLUDED_ */
