
/* What is done to an item: removed, rotated, reset, handed to processors. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_jansson.h"


typedef struct {
    const char                  *code;
    const char                  *type;
    ngx_uint_t                   product;       /* 0: any item */
} ngx_plaid_sandbox_event_t;


static const ngx_plaid_sandbox_event_t  ngx_plaid_sandbox_events[] = {
    { "DEFAULT_UPDATE", "TRANSACTIONS", NGX_PLAID_SANDBOX_CONNECT },
    { "DEFAULT_UPDATE", "HOLDINGS", NGX_PLAID_SANDBOX_INVESTMENTS },
    { "DEFAULT_UPDATE", "INVESTMENTS_TRANSACTIONS",
      NGX_PLAID_SANDBOX_INVESTMENTS },
    { "DEFAULT_UPDATE", "LIABILITIES", NGX_PLAID_SANDBOX_LIABILITIES },
    { "DEFAULT_UPDATE", "AUTH", NGX_PLAID_SANDBOX_AUTH },
    { "SYNC_UPDATES_AVAILABLE", "TRANSACTIONS", NGX_PLAID_SANDBOX_CONNECT },
    { "RECURRING_TRANSACTIONS_UPDATE", "TRANSACTIONS",
      NGX_PLAID_SANDBOX_CONNECT },
    { "NEW_ACCOUNTS_AVAILABLE", "ITEM", 0 },
    { "AUTHORIZATION_GRANTED", "ITEM", 0 },
    { "USER_PERMISSION_REVOKED", "ITEM", 0 },
    { "USER_ACCOUNT_REVOKED", "ITEM", 0 },
    { "PENDING_DISCONNECT", "ITEM", 0 },
    { "LOGIN_REPAIRED", "ITEM", 0 },
    { "ERROR", "ITEM", 0 },
    { "SMS_MICRODEPOSITS_VERIFICATION", "AUTH", NGX_PLAID_SANDBOX_AUTH },
    { "PRODUCT_READY", "ASSETS", NGX_PLAID_SANDBOX_ASSETS },
    { NULL, NULL, 0 }
};


/* the partners of the published schema */

static const char  ngx_plaid_sandbox_processors[] =
    " dwolla galileo modern_treasury ocrolus vesta drivewealth vopay achq "
    "check checkbook circle sila_money rize svb_api unit wyre lithic alpaca "
    "astra moov treasury_prime marqeta checkout solid highnote gemini "
    "apex_clearing gusto adyen atomic i2c wepay riskified utb adp_roll "
    "fortress_trust bond bakkt teal zero_hash taba_pay knot sardine alloy "
    "finix nuvei layer boom paynote stake wedbush esusu ansa scribeup "
    "straddle loanpro bloom_credit sfox brale parafin cardless open_ledger "
    "valon gainbridge cardlytics pinwheel thread_bank array fiant oatfi "
    "curinos frame interchecks interchange atomicfi ";


static ngx_int_t ngx_plaid_sandbox_flag(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_int_t ngx_plaid_sandbox_fired(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_int_t ngx_plaid_sandbox_item_account(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *item);


ngx_uint_t
ngx_plaid_sandbox_item_remove(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status, flag;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    flag = NGX_PLAID_SANDBOX_REMOVED;

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item.name,
                                          ngx_plaid_sandbox_flag, &flag, NULL);

    return ngx_plaid_sandbox_reply(call, json_object());
}


static ngx_int_t
ngx_plaid_sandbox_flag(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_uint_t  *flag = data;

    record->flags |= *flag;

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_invalidate(ngx_plaid_sandbox_call_t *call)
{
    u_char                       old[NGX_PLAID_SANDBOX_NAME_LEN];
    ngx_uint_t                   status, flag;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_copy(old, item.name);

    if (ngx_plaid_sandbox_token(item.name, "access") != NGX_OK
        || ngx_plaid_sandbox_store_put(call->store, &item) != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    flag = NGX_PLAID_SANDBOX_ROTATED;

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) old,
                                          ngx_plaid_sandbox_flag, &flag, NULL);

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s}",
                                             "new_access_token", item.name));
}


ngx_uint_t
ngx_plaid_sandbox_reset_login(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status, flag;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    flag = NGX_PLAID_SANDBOX_LOGIN;

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item.name,
                                          ngx_plaid_sandbox_flag, &flag, NULL);

    return ngx_plaid_sandbox_reply(call, json_pack("{s:b}", "reset_login", 1));
}


ngx_uint_t
ngx_plaid_sandbox_fire_webhook(ngx_plaid_sandbox_call_t *call)
{
    json_t                           *body;
    ngx_uint_t                        status;
    const char                       *code, *type;
    ngx_plaid_sandbox_record_t        item;
    const ngx_plaid_sandbox_event_t  *e;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    code = ngx_plaid_sandbox_string(call->args, "webhook_code");
    type = ngx_plaid_sandbox_string(call->args, "webhook_type");

    for (e = ngx_plaid_sandbox_events; e->code; e++) {
        if (ngx_strcmp(e->code, code) == 0
            && (type == NULL || ngx_strcmp(e->type, type) == 0))
        {
            break;
        }
    }

    if (e->code == NULL) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "webhook_code is not one that can be fired, or not "
                          "one of the webhook_type");
    }

    if (e->product && !(item.products & e->product)) {
        return ngx_plaid_sandbox_error(call, "SANDBOX_PRODUCT_NOT_ENABLED",
                                       NULL);
    }

    if (item.webhook[0] == '\0') {
        return ngx_plaid_sandbox_error(call, "SANDBOX_WEBHOOK_INVALID", NULL);
    }

    body = json_pack("{s:s, s:s, s:s, s:o, s:s}",
                     "webhook_type", e->type,
                     "webhook_code", e->code,
                     "item_id", item.item_id,
                     "error", ngx_strcmp(e->code, "ERROR") == 0
                              ? ngx_plaid_sandbox_error_object(
                                            "ITEM_LOGIN_REQUIRED", NULL, NULL)
                              : json_null(),
                     "environment", "sandbox");

    if (ngx_plaid_sandbox_fire(call, (char *) item.webhook, body, 1)
        != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "SANDBOX_WEBHOOK_INVALID", NULL);
    }

    item.fired = call->now;
    ngx_plaid_sandbox_copy(item.text, e->code);

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item.name,
                                          ngx_plaid_sandbox_fired, &item,
                                          NULL);

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:b}", "webhook_fired", 1));
}


static ngx_int_t
ngx_plaid_sandbox_fired(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_record_t  *item = data;

    record->fired = item->fired;
    ngx_memcpy(record->text, item->text, sizeof(record->text));

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_processor(ngx_plaid_sandbox_call_t *call)
{
    u_char                       token[NGX_PLAID_SANDBOX_TOKEN_SIZE];
    ngx_uint_t                   status;
    const char                  *processor, *p;
    ngx_plaid_sandbox_record_t   item;

    processor = ngx_plaid_sandbox_string(call->args, "processor");

    p = strchr(processor, ' ') ? NULL
                       : ngx_strstr(ngx_plaid_sandbox_processors, processor);

    if (p == NULL || p[-1] != ' ' || p[ngx_strlen(processor)] != ' ') {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                "processor must be one of Plaid's partners");
    }

    status = ngx_plaid_sandbox_ready_item(call, &item);
    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_item_account(call, &item) == NGX_ERROR) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCOUNT_ID", NULL);
    }

    if (ngx_plaid_sandbox_token(token, "processor") != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s}",
                                             "processor_token", token));
}


ngx_uint_t
ngx_plaid_sandbox_stripe(ngx_plaid_sandbox_call_t *call)
{
    u_char                       token[32];
    ngx_int_t                    row;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_ready_item(call, &item);
    if (status) {
        return status;
    }

    row = ngx_plaid_sandbox_item_account(call, &item);

    if (row == NGX_ERROR) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCOUNT_ID", NULL);
    }

    if (ngx_plaid_sandbox_accounts[row].number == NULL) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCOUNT_ID",
                    "the account is not a depository account");
    }

    ngx_memcpy(token, "btok_", 5);

    if (ngx_plaid_sandbox_id(token + 5, 24) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s}",
                                             "stripe_bank_account_token",
                                             token));
}


/* The row of the account that a call names; NGX_ERROR: not one of the item. */

static ngx_int_t
ngx_plaid_sandbox_item_account(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item)
{
    u_char       id[40];
    ngx_uint_t   i;
    const char  *wanted;

    wanted = ngx_plaid_sandbox_string(call->args, "account_id");

    for (i = 0; i < ngx_plaid_sandbox_accounts_n; i++) {
        if (ngx_plaid_sandbox_account_id(id, item, i) == NGX_OK
            && ngx_strcmp(wanted, id) == 0)
        {
            return i;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_plaid_sandbox_url(const char *url)
{
    size_t  i;

    if (ngx_strncmp(url, "http://", 7) != 0
        && ngx_strncmp(url, "https://", 8) != 0)
    {
        return NGX_DECLINED;
    }

    /* it becomes part of a request: no spaces, no line ends */

    for (i = 0; url[i]; i++) {
        if (url[i] <= 0x20 || url[i] >= 0x7f) {
            return NGX_DECLINED;
        }
    }

    return i < NGX_PLAID_SANDBOX_URL_LEN ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_plaid_sandbox_fire(ngx_plaid_sandbox_call_t *call, const char *url,
    json_t *body, ngx_uint_t sign)
{
    char       *text;
    u_char     *p;
    ngx_int_t   rc;

    rc = ngx_plaid_sandbox_url(url);

    /* two spaces, as Plaid's: what verifies must take the bytes as they are */

    text = (rc == NGX_OK) ? json_dumps(body, JSON_INDENT(2)) : NULL;

    json_decref(body);

    if (text == NULL) {
        return rc == NGX_OK ? NGX_ERROR : rc;
    }

    rc = NGX_ERROR;

    p = ngx_pnalloc(call->pool, ngx_strlen(text) + ngx_strlen(url));

    if (p) {
        call->webhook_body.len = ngx_strlen(text);
        call->webhook_body.data = p;
        p = ngx_cpymem(p, text, call->webhook_body.len);

        call->webhook_url.len = ngx_strlen(url);
        call->webhook_url.data = p;
        ngx_memcpy(p, url, call->webhook_url.len);

        rc = sign ? ngx_plaid_sandbox_jwt(call, &call->webhook_body,
                                          &call->webhook_jwt)
                  : NGX_OK;
    }

    ngx_explicit_memzero(text, ngx_strlen(text));
    ngx_plaid_sandbox_jansson_free(text);

    if (rc != NGX_OK) {
        call->webhook_url.len = 0;
    }

    return rc;
}
