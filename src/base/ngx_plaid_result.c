
/* The table of causes, and what a result is made of. */


#include "ngx_plaid_result.h"


typedef struct {
    ngx_plaid_status_e         status;
    ngx_uint_t                 http_status;
    ngx_str_t                  text;
    ngx_str_t                  error_type;
    ngx_str_t                  error_code;
    ngx_str_t                  error_message;
} ngx_plaid_cause_row_t;


/*
 * Where Plaid has a code for the same fault, it is the code here, too: a
 * front end needs one branch for both, and error_type tells them apart.
 */

static ngx_plaid_cause_row_t  ngx_plaid_causes[] = {

    /* NGX_PLAID_CAUSE_NONE */
    { NGX_PLAID_NOTHING, 0,
      ngx_string("none"),
      ngx_null_string,
      ngx_null_string,
      ngx_null_string },

    /* NGX_PLAID_CAUSE_TOKEN */
    { NGX_PLAID_REJECTED, 400,
      ngx_string("token"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("INVALID_PUBLIC_TOKEN"),
      ngx_string("the public token is malformed") },

    /* NGX_PLAID_CAUSE_MISSING */
    { NGX_PLAID_REJECTED, 400,
      ngx_string("missing"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("MISSING_PUBLIC_TOKEN"),
      ngx_string("the request has no public token") },

    /* NGX_PLAID_CAUSE_BODY */
    { NGX_PLAID_REJECTED, 400,
      ngx_string("body"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("INVALID_BODY"),
      ngx_string("the request body cannot be parsed") },

    /* NGX_PLAID_CAUSE_TYPE */
    { NGX_PLAID_REJECTED, 415,
      ngx_string("type"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("UNSUPPORTED_CONTENT_TYPE"),
      ngx_string("the content type of the request is not supported") },

    /* NGX_PLAID_CAUSE_SIZE */
    { NGX_PLAID_REJECTED, 413,
      ngx_string("size"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("BODY_TOO_LARGE"),
      ngx_string("the request body is too large") },

    /* NGX_PLAID_CAUSE_INPUT */
    { NGX_PLAID_REJECTED, 400,
      ngx_string("input"),
      ngx_string("INVALID_INPUT"),
      ngx_string("INVALID_PUBLIC_TOKEN"),
      ngx_string("the public token was refused") },

    /* NGX_PLAID_CAUSE_OPERATOR */
    { NGX_PLAID_REJECTED, 502,
      ngx_string("operator"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("EXCHANGE_UNAVAILABLE"),
      ngx_string("the exchange is not available") },

    /* NGX_PLAID_CAUSE_RATE_LIMIT */
    { NGX_PLAID_REJECTED, 503,
      ngx_string("rate_limit"),
      ngx_string("RATE_LIMIT_EXCEEDED"),
      ngx_string("RATE_LIMIT"),
      ngx_string("too many exchanges, try again later") },

    /* NGX_PLAID_CAUSE_PLAID */
    { NGX_PLAID_FAILED, 502,
      ngx_string("plaid"),
      ngx_string("API_ERROR"),
      ngx_string("INTERNAL_SERVER_ERROR"),
      ngx_string("an error occurred at Plaid") },

    /* NGX_PLAID_CAUSE_CONNECT */
    { NGX_PLAID_FAILED, 502,
      ngx_string("connect"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("CONNECT_FAILED"),
      ngx_string("Plaid cannot be reached") },

    /* NGX_PLAID_CAUSE_TIMEOUT */
    { NGX_PLAID_FAILED, 504,
      ngx_string("timeout"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("TIMEOUT"),
      ngx_string("Plaid could not be asked in time") },

    /* NGX_PLAID_CAUSE_TIMEOUT_SENT */
    { NGX_PLAID_UNKNOWN, 504,
      ngx_string("timeout_sent"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("TIMEOUT_AFTER_SEND"),
      ngx_string("Plaid was asked and did not answer in time") },

    /* NGX_PLAID_CAUSE_LOST */
    { NGX_PLAID_UNKNOWN, 502,
      ngx_string("lost"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("CONNECTION_LOST"),
      ngx_string("the connection to Plaid was lost after the request") },

    /* NGX_PLAID_CAUSE_BAD_REPLY */
    { NGX_PLAID_FAILED, 502,
      ngx_string("bad_reply"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("BAD_REPLY"),
      ngx_string("the reply of Plaid is not usable") },

    /* NGX_PLAID_CAUSE_BUSY */
    { NGX_PLAID_FAILED, 503,
      ngx_string("busy"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("TOO_MANY_EXCHANGES"),
      ngx_string("too many exchanges are in flight") },

    /* NGX_PLAID_CAUSE_CREDENTIALS: to the outside, the operator's fault */
    { NGX_PLAID_FAILED, 503,
      ngx_string("credentials"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("EXCHANGE_UNAVAILABLE"),
      ngx_string("the exchange is not available") },

    /* NGX_PLAID_CAUSE_REFUSED, answered with the check's own status */
    { NGX_PLAID_REJECTED, 403,
      ngx_string("refused"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("EXCHANGE_REFUSED"),
      ngx_string("the exchange was refused") },

    /* NGX_PLAID_CAUSE_CHECK */
    { NGX_PLAID_FAILED, 502,
      ngx_string("check"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("CHECK_FAILED"),
      ngx_string("whether to exchange could not be checked") },

    /* NGX_PLAID_CAUSE_INTERNAL */
    { NGX_PLAID_FAILED, 500,
      ngx_string("internal"),
      ngx_string("EXCHANGE_ERROR"),
      ngx_string("INTERNAL_ERROR"),
      ngx_string("an internal error occurred") }
};


static ngx_str_t  ngx_plaid_status_texts[] = {
    ngx_string("-"),
    ngx_string("exchanged"),
    ngx_string("joined"),
    ngx_string("replayed"),
    ngx_string("rejected"),
    ngx_string("failed"),
    ngx_string("unknown"),
    ngx_string("created"),
    ngx_string("passed")
};


void
ngx_plaid_result_fail(ngx_plaid_result_t *res, ngx_plaid_cause_e cause)
{
    ngx_plaid_cause_row_t  *row;

    row = &ngx_plaid_causes[cause];

    res->status = row->status;
    res->cause = cause;

    if (res->error_type.len == 0) {
        res->error_type = row->error_type;
    }

    if (res->error_code.len == 0) {
        res->error_code = row->error_code;
    }

    if (res->error_message.len == 0) {
        res->error_message = row->error_message;
    }
}


ngx_uint_t
ngx_plaid_result_http_status(ngx_plaid_cause_e cause)
{
    return ngx_plaid_causes[cause].http_status;
}


ngx_uint_t
ngx_plaid_result_answer(ngx_plaid_result_t *res)
{
    if (res->cause == NGX_PLAID_CAUSE_REFUSED && res->reply_status) {
        return res->reply_status;
    }

    return ngx_plaid_result_http_status(res->cause);
}


ngx_str_t *
ngx_plaid_status_text(ngx_plaid_status_e status)
{
    return &ngx_plaid_status_texts[status];
}


ngx_str_t *
ngx_plaid_cause_text(ngx_plaid_cause_e cause)
{
    return &ngx_plaid_causes[cause].text;
}


void
ngx_plaid_result_wipe(ngx_plaid_result_t *res)
{
    ngx_plaid_wipe(&res->access_token);
    ngx_plaid_wipe(&res->stripe_token);
    ngx_plaid_wipe(&res->processor_token);
}


ngx_int_t
ngx_plaid_result_copy(ngx_pool_t *pool, ngx_plaid_result_t *to,
    ngx_plaid_result_t *from)
{
    ngx_str_t   *src, *dst;
    ngx_uint_t   i;

    static size_t  offsets[] = {
        offsetof(ngx_plaid_result_t, access_token),
        offsetof(ngx_plaid_result_t, item_id),
        offsetof(ngx_plaid_result_t, account_id),
        offsetof(ngx_plaid_result_t, stripe_token),
        offsetof(ngx_plaid_result_t, processor_token),
        offsetof(ngx_plaid_result_t, request_id),
        offsetof(ngx_plaid_result_t, error_type),
        offsetof(ngx_plaid_result_t, error_code),
        offsetof(ngx_plaid_result_t, error_message),
        offsetof(ngx_plaid_result_t, display_message),
        offsetof(ngx_plaid_result_t, detail)
    };

    to->status = from->status;
    to->cause = from->cause;
    to->reply_status = from->reply_status;
    to->retry_after = from->retry_after;

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {

        src = (ngx_str_t *) ((char *) from + offsets[i]);
        dst = (ngx_str_t *) ((char *) to + offsets[i]);

        if (src->len == 0) {
            continue;
        }

        dst->data = ngx_pstrdup(pool, src);
        if (dst->data == NULL) {
            return NGX_ERROR;
        }

        dst->len = src->len;
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_result_ascii(ngx_pool_t *pool, ngx_str_t *message, ngx_str_t *dst)
{
    u_char  *p, ch;
    size_t   i;

    for (i = 0; i < message->len && message->data[i] < 0x80; i++) {
        /* void */
    }

    if (i == message->len) {
        *dst = *message;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, message->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->data = p;

    for (i = 0; i < message->len; i++) {
        ch = message->data[i];

        /* one for each character, which has one byte that begins it */

        if ((ch & 0xc0) != 0x80) {
            *p++ = (ch < 0x80) ? ch : '?';
        }
    }

    dst->len = p - dst->data;

    return NGX_OK;
}
