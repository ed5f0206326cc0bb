
#include "unit.h"
#include "ngx_plaid_result.h"


typedef struct {
    ngx_plaid_cause_e    cause;
    ngx_plaid_status_e   status;
    ngx_uint_t           http;
    const char          *text;
    const char          *type;
    const char          *code;
} row_t;


/* contract section 7, and the local codes as the README lists them */

static row_t  rows[] = {
    { NGX_PLAID_CAUSE_TOKEN, NGX_PLAID_REJECTED, 400, "token",
      "EXCHANGE_ERROR", "INVALID_PUBLIC_TOKEN" },
    { NGX_PLAID_CAUSE_MISSING, NGX_PLAID_REJECTED, 400, "missing",
      "EXCHANGE_ERROR", "MISSING_PUBLIC_TOKEN" },
    { NGX_PLAID_CAUSE_BODY, NGX_PLAID_REJECTED, 400, "body",
      "EXCHANGE_ERROR", "INVALID_BODY" },
    { NGX_PLAID_CAUSE_TYPE, NGX_PLAID_REJECTED, 415, "type",
      "EXCHANGE_ERROR", "UNSUPPORTED_CONTENT_TYPE" },
    { NGX_PLAID_CAUSE_SIZE, NGX_PLAID_REJECTED, 413, "size",
      "EXCHANGE_ERROR", "BODY_TOO_LARGE" },
    { NGX_PLAID_CAUSE_INPUT, NGX_PLAID_REJECTED, 400, "input",
      "INVALID_INPUT", "INVALID_PUBLIC_TOKEN" },
    { NGX_PLAID_CAUSE_OPERATOR, NGX_PLAID_REJECTED, 502, "operator",
      "EXCHANGE_ERROR", "EXCHANGE_UNAVAILABLE" },
    { NGX_PLAID_CAUSE_RATE_LIMIT, NGX_PLAID_REJECTED, 503, "rate_limit",
      "RATE_LIMIT_EXCEEDED", "RATE_LIMIT" },
    { NGX_PLAID_CAUSE_PLAID, NGX_PLAID_FAILED, 502, "plaid",
      "API_ERROR", "INTERNAL_SERVER_ERROR" },
    { NGX_PLAID_CAUSE_CONNECT, NGX_PLAID_FAILED, 502, "connect",
      "EXCHANGE_ERROR", "CONNECT_FAILED" },
    { NGX_PLAID_CAUSE_TIMEOUT, NGX_PLAID_FAILED, 504, "timeout",
      "EXCHANGE_ERROR", "TIMEOUT" },
    { NGX_PLAID_CAUSE_TIMEOUT_SENT, NGX_PLAID_UNKNOWN, 504, "timeout_sent",
      "EXCHANGE_ERROR", "TIMEOUT_AFTER_SEND" },
    { NGX_PLAID_CAUSE_LOST, NGX_PLAID_UNKNOWN, 502, "lost",
      "EXCHANGE_ERROR", "CONNECTION_LOST" },
    { NGX_PLAID_CAUSE_BAD_REPLY, NGX_PLAID_FAILED, 502, "bad_reply",
      "EXCHANGE_ERROR", "BAD_REPLY" },
    { NGX_PLAID_CAUSE_BUSY, NGX_PLAID_FAILED, 503, "busy",
      "EXCHANGE_ERROR", "TOO_MANY_EXCHANGES" },
    { NGX_PLAID_CAUSE_CREDENTIALS, NGX_PLAID_FAILED, 503, "credentials",
      "EXCHANGE_ERROR", "EXCHANGE_UNAVAILABLE" },
    { NGX_PLAID_CAUSE_REFUSED, NGX_PLAID_REJECTED, 403, "refused",
      "EXCHANGE_ERROR", "EXCHANGE_REFUSED" },
    { NGX_PLAID_CAUSE_CHECK, NGX_PLAID_FAILED, 502, "check",
      "EXCHANGE_ERROR", "CHECK_FAILED" },
    { NGX_PLAID_CAUSE_INTERNAL, NGX_PLAID_FAILED, 500, "internal",
      "EXCHANGE_ERROR", "INTERNAL_ERROR" }
};


static void
causes(void)
{
    row_t               *row;
    ngx_plaid_result_t   res;

    for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
        memset(&res, 0, sizeof(res));

        ngx_plaid_result_fail(&res, row->cause);

        is_int(res.cause, row->cause, row->text);
        is_int(res.status, row->status, "status");
        is_int(ngx_plaid_result_http_status(row->cause), row->http, "http");
        is_str(ngx_plaid_cause_text(row->cause), row->text, "text");
        is_str(&res.error_type, row->type, "error_type");
        is_str(&res.error_code, row->code, "error_code");
        ok(res.error_message.len > 0, "error_message");
    }

    is_int(ngx_plaid_result_http_status(NGX_PLAID_CAUSE_NONE), 0, "none");
}


static void
kept(void)
{
    ngx_plaid_result_t  res;

    memset(&res, 0, sizeof(res));
    ngx_str_set(&res.error_type, "ITEM_ERROR");
    ngx_str_set(&res.error_code, "A_CODE");
    ngx_str_set(&res.error_message, "a message");

    ngx_plaid_result_fail(&res, NGX_PLAID_CAUSE_INPUT);

    is_str(&res.error_type, "ITEM_ERROR", "Plaid's type stays");
    is_str(&res.error_code, "A_CODE", "Plaid's code stays");
    is_str(&res.error_message, "a message", "Plaid's message stays");
}


static void
statuses(void)
{
    is_str(ngx_plaid_status_text(NGX_PLAID_NOTHING), "-", "nothing");
    is_str(ngx_plaid_status_text(NGX_PLAID_EXCHANGED), "exchanged",
           "exchanged");
    is_str(ngx_plaid_status_text(NGX_PLAID_JOINED), "joined", "joined");
    is_str(ngx_plaid_status_text(NGX_PLAID_REPLAYED), "replayed", "replayed");
    is_str(ngx_plaid_status_text(NGX_PLAID_REJECTED), "rejected", "rejected");
    is_str(ngx_plaid_status_text(NGX_PLAID_FAILED), "failed", "failed");
    is_str(ngx_plaid_status_text(NGX_PLAID_UNKNOWN), "unknown", "unknown");
    is_str(ngx_plaid_status_text(NGX_PLAID_CREATED), "created", "created");
    is_str(ngx_plaid_status_text(NGX_PLAID_PASSED), "passed", "passed");
}


static void
wipe(void)
{
    char                a[] = "access", s[] = "stripe", p[] = "processor";
    ngx_plaid_result_t  res;

    memset(&res, 0, sizeof(res));
    ngx_str_set(&res.access_token, a);
    ngx_str_set(&res.stripe_token, s);
    ngx_str_set(&res.processor_token, p);

    ngx_plaid_result_wipe(&res);
    ngx_plaid_result_wipe(&res);

    ok(res.access_token.len == 0 && memcmp(a, "\0\0\0\0\0", 6) == 0,
       "access_token is wiped");
    ok(res.stripe_token.len == 0 && memcmp(s, "\0\0\0\0\0", 6) == 0,
       "stripe_token is wiped");
    ok(res.processor_token.len == 0
       && memcmp(p, "\0\0\0\0\0\0\0\0", 9) == 0,
       "processor_token is wiped");
}


int
main(void)
{
    causes();
    kept();
    statuses();
    wipe();

    return done_testing();
}
