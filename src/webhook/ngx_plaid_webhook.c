
/*
 * The verdicts on a webhook: code, reason, message and status of each.
 */


#include "ngx_plaid_webhook.h"


typedef struct {
    ngx_str_t                  code;
    ngx_str_t                  reason;
    ngx_str_t                  message;
    ngx_uint_t                 status;
} ngx_plaid_webhook_verdict_t;


static ngx_plaid_webhook_verdict_t
    ngx_plaid_webhook_verdicts[NGX_PLAID_WEBHOOK_VERDICTS] = {

    { ngx_null_string, ngx_null_string, ngx_null_string, 0 },

    { ngx_string("MISSING"), ngx_string("missing"),
      ngx_string("the webhook is not signed"), 401 },

    { ngx_string("MALFORMED"), ngx_string("malformed"),
      ngx_string("the webhook's signature is malformed"), 401 },

    { ngx_string("ALGORITHM"), ngx_string("algorithm"),
      ngx_string("the webhook is not signed with ES256"), 401 },

    { ngx_string("STALE"), ngx_string("stale"),
      ngx_string("the webhook's signature is too old, or of the future"),
      401 },

    { ngx_string("BODY"), ngx_string("body"),
      ngx_string("the webhook's body is not the one that was signed"), 401 },

    { ngx_string("KEY_UNKNOWN"), ngx_string("key_unknown"),
      ngx_string("the webhook's verification key is unknown"), 401 },

    { ngx_string("KEY_EXPIRED"), ngx_string("key_expired"),
      ngx_string("the webhook's verification key has expired"), 401 },

    { ngx_string("SIGNATURE"), ngx_string("signature"),
      ngx_string("the webhook's signature is wrong"), 401 },

    { ngx_string("KEY_UNAVAILABLE"), ngx_string("key_unavailable"),
      ngx_string("the webhook's verification key is not available now"),
      503 },

    { ngx_string("EXCHANGE_PENDING"), ngx_string("exchange_pending"),
      ngx_string("a public token of the webhook cannot be exchanged now"),
      503 },

    { ngx_string("BODY_TOO_LARGE"), ngx_string("body_too_large"),
      ngx_string("the webhook is too large"), 413 },

    { ngx_string("TOO_MANY_TOKENS"), ngx_string("too_many_tokens"),
      ngx_string("the webhook has too many public tokens"), 400 },

    { ngx_string("INTERNAL"), ngx_string("internal"),
      ngx_string("the webhook could not be verified"), 500 }
};


ngx_str_t *
ngx_plaid_webhook_code(ngx_plaid_webhook_e verdict)
{
    return &ngx_plaid_webhook_verdicts[verdict].code;
}


ngx_str_t *
ngx_plaid_webhook_reason(ngx_plaid_webhook_e verdict)
{
    return &ngx_plaid_webhook_verdicts[verdict].reason;
}


ngx_str_t *
ngx_plaid_webhook_message(ngx_plaid_webhook_e verdict)
{
    return &ngx_plaid_webhook_verdicts[verdict].message;
}


ngx_uint_t
ngx_plaid_webhook_status(ngx_plaid_webhook_e verdict)
{
    return ngx_plaid_webhook_verdicts[verdict].status;
}
