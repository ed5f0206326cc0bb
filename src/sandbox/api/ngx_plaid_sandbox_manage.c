
/* What is done to an item: removed, rotated, reset, handed to processors. */


#include "ngx_plaid_sandbox_api.h"


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
static ngx_int_t ngx_plaid_sandbox_moved(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_int_t ngx_plaid_sandbox_verify(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_uint_t ngx_plaid_sandbox_item_account(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *item,
    const ngx_plaid_sandbox_account_t **account);


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
ngx_plaid_sandbox_processor(ngx_plaid_sandbox_call_t *call)
{
    u_char                              token[NGX_PLAID_SANDBOX_TOKEN_SIZE];
    ngx_uint_t                          status;
    const char                         *processor, *p;
    ngx_plaid_sandbox_record_t          item;
    const ngx_plaid_sandbox_account_t  *account;

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

    status = ngx_plaid_sandbox_item_account(call, &item, &account);
    if (status) {
        return status;
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
    u_char                              token[32];
    ngx_uint_t                          status;
    ngx_plaid_sandbox_record_t          item;
    const ngx_plaid_sandbox_account_t  *account;

    status = ngx_plaid_sandbox_ready_item(call, &item);
    if (status) {
        return status;
    }

    status = ngx_plaid_sandbox_item_account(call, &item, &account);
    if (status) {
        return status;
    }

    if (account->number == NULL) {
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


/* The account that a call names; returns as ngx_plaid_sandbox_find_item(). */

static ngx_uint_t
ngx_plaid_sandbox_item_account(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item,
    const ngx_plaid_sandbox_account_t **account)
{
    ngx_int_t                  row;
    ngx_plaid_sandbox_bank_t   bank;

    *account = NULL;

    if (ngx_plaid_sandbox_bank(call, item, &bank) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    row = ngx_plaid_sandbox_bank_row(&bank, item,
                           ngx_plaid_sandbox_string(call->args, "account_id"));

    if (row == NGX_ERROR) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCOUNT_ID", NULL);
    }

    *account = &bank.accounts[row];

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_webhook_update(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    const char                  *url;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    url = ngx_plaid_sandbox_string(call->args, "webhook");

    if (url && ngx_plaid_sandbox_url(url) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "webhook must be a URL");
    }

    ngx_plaid_sandbox_copy(item.webhook, url ? url : "");

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item.name,
                                          ngx_plaid_sandbox_moved, &item,
                                          NULL);

    ngx_plaid_sandbox_fire_item(call, &item, "ITEM",
                                "WEBHOOK_UPDATE_ACKNOWLEDGED",
                                json_pack("{s:n, s:s}",
                                          "error",
                                          "new_webhook_url", item.webhook));

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:o}", "item",
                                        ngx_plaid_sandbox_item_json(&item)));
}


static ngx_int_t
ngx_plaid_sandbox_moved(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_record_t  *item = data;

    ngx_memcpy(record->webhook, item->webhook, sizeof(record->webhook));

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_set_verification(ngx_plaid_sandbox_call_t *call)
{
    ngx_int_t                    row;
    ngx_uint_t                   status, expired;
    const char                  *id, *what;
    ngx_plaid_sandbox_bank_t     bank;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    what = ngx_plaid_sandbox_string(call->args, "verification_status");
    expired = ngx_strcmp(what, "verification_expired") == 0;

    if (!expired && ngx_strcmp(what, "automatically_verified") != 0) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                      "verification_status must be automatically_verified or "
                      "verification_expired");
    }

    if (ngx_plaid_sandbox_bank(call, &item, &bank) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    id = ngx_plaid_sandbox_string(call->args, "account_id");
    row = ngx_plaid_sandbox_bank_row(&bank, &item, id);

    if (row == NGX_ERROR || bank.accounts[row].number == NULL) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCOUNT_ID", NULL);
    }

    item.verified = expired ? 0 : (ngx_uint_t) 1 << row;
    item.expired = expired ? (ngx_uint_t) 1 << row : 0;

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item.name,
                                          ngx_plaid_sandbox_verify, &item,
                                          NULL);

    ngx_plaid_sandbox_fire_item(call, &item, "AUTH",
                                expired ? "VERIFICATION_EXPIRED"
                                        : "AUTOMATICALLY_VERIFIED",
                                json_pack("{s:s}", "account_id", id));

    return ngx_plaid_sandbox_reply(call, json_object());
}


static ngx_int_t
ngx_plaid_sandbox_verify(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_record_t  *item = data;

    record->verified = (record->verified & ~item->expired) | item->verified;
    record->expired = (record->expired & ~item->verified) | item->expired;

    return NGX_OK;
}
