
/*
 * What came of an exchange, whichever dialect and transport it took.
 *
 * All strings live in the pool of the exchange that produced the result, are
 * bounded (ngx_plaid.h), and free of the tokens and the secret of the call
 * (but for access_token, stripe_token and processor_token themselves).  They
 * are printable ASCII, safe as header values; error_message and
 * display_message are UTF-8 without control characters.
 */


#ifndef _NGX_PLAID_RESULT_H_INCLUDED_
#define _NGX_PLAID_RESULT_H_INCLUDED_


#include "ngx_plaid.h"


/* the values of $plaid_status */

typedef enum {
    NGX_PLAID_NOTHING = 0,
    NGX_PLAID_EXCHANGED,
    NGX_PLAID_JOINED,
    NGX_PLAID_REPLAYED,
    NGX_PLAID_REJECTED,
    NGX_PLAID_FAILED,
    NGX_PLAID_UNKNOWN,

    /* not of exchanges: a link token, an answer through plaid_pass */
    NGX_PLAID_CREATED,
    NGX_PLAID_PASSED
} ngx_plaid_status_e;


/* why an exchange did not succeed; each has one row in ngx_plaid_result.c */

typedef enum {
    NGX_PLAID_CAUSE_NONE = 0,
    NGX_PLAID_CAUSE_TOKEN,          /* malformed, twice, other environment */
    NGX_PLAID_CAUSE_MISSING,        /* required, and the body has no token */
    NGX_PLAID_CAUSE_BODY,           /* required, and not to be parsed */
    NGX_PLAID_CAUSE_TYPE,           /* required, and another content type */
    NGX_PLAID_CAUSE_SIZE,           /* required, and the body is too large */
    NGX_PLAID_CAUSE_INPUT,          /* Plaid: the input is at fault */
    NGX_PLAID_CAUSE_OPERATOR,       /* Plaid: our keys or products are */
    NGX_PLAID_CAUSE_RATE_LIMIT,     /* Plaid: 429 */
    NGX_PLAID_CAUSE_PLAID,          /* Plaid: 5xx, maintenance */
    NGX_PLAID_CAUSE_CONNECT,        /* DNS, connect, TLS, proxy */
    NGX_PLAID_CAUSE_TIMEOUT,        /* before the request was sent */
    NGX_PLAID_CAUSE_TIMEOUT_SENT,   /* after */
    NGX_PLAID_CAUSE_LOST,           /* connection lost after it was sent */
    NGX_PLAID_CAUSE_BAD_REPLY,      /* not JSON, no token, too big */
    NGX_PLAID_CAUSE_BUSY,           /* max_inflight */
    NGX_PLAID_CAUSE_CREDENTIALS,    /* none available */
    NGX_PLAID_CAUSE_REFUSED,        /* plaid_exchange_check said no */
    NGX_PLAID_CAUSE_CHECK,          /* ... said nothing that can be used */
    NGX_PLAID_CAUSE_INTERNAL        /* out of memory and the like */
} ngx_plaid_cause_e;


typedef struct {
    ngx_plaid_status_e         status;
    ngx_plaid_cause_e          cause;

    ngx_str_t                  access_token;
    ngx_str_t                  item_id;
    ngx_str_t                  account_id;
    ngx_str_t                  stripe_token;
    ngx_str_t                  processor_token;
    ngx_str_t                  request_id;

    ngx_str_t                  error_type;
    ngx_str_t                  error_code;
    ngx_str_t                  error_message;
    ngx_str_t                  display_message;    /* empty: JSON null */

    ngx_uint_t                 reply_status;       /* Plaid's, or that of
                                                      REFUSED; 0: none */
    time_t                     retry_after;        /* seconds, 0: none */
    ngx_str_t                  detail;             /* for the log, or empty */
} ngx_plaid_result_t;


/*
 * Sets status, cause and, where Plaid gave none, error_type, error_code and
 * error_message (constants) by the row of "cause".  A code or message that
 * "res" holds already stays.
 */
void ngx_plaid_result_fail(ngx_plaid_result_t *res, ngx_plaid_cause_e cause);

/* The HTTP status that answers "cause" (contract section 7); 0 for none. */
ngx_uint_t ngx_plaid_result_http_status(ngx_plaid_cause_e cause);

/* The HTTP status that answers a failed "res". */
ngx_uint_t ngx_plaid_result_answer(ngx_plaid_result_t *res);

/* The text of $plaid_status: "-", "exchanged", ...; a constant. */
ngx_str_t *ngx_plaid_status_text(ngx_plaid_status_e status);

/* The short name of "cause" for logs and metrics: "bad_reply", ... */
ngx_str_t *ngx_plaid_cause_text(ngx_plaid_cause_e cause);

/*
 * Copies "from" to "to", which has no strings yet, into "pool".  NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_result_copy(ngx_pool_t *pool, ngx_plaid_result_t *to,
    ngx_plaid_result_t *from);

/*
 * Sets "dst" to a message as a header takes it: every character that is not
 * ASCII is a "?"; copied into "pool" when there is one.  NGX_OK or NGX_ERROR
 * (no memory).
 */
ngx_int_t ngx_plaid_result_ascii(ngx_pool_t *pool, ngx_str_t *message,
    ngx_str_t *dst);

/* Wipes the tokens of "res"; idempotent. */
void ngx_plaid_result_wipe(ngx_plaid_result_t *res);


#endif /* _NGX_PLAID_RESULT_H_INCLUDED_ */
