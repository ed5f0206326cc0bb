
/* Public tokens: exchanged once (legacy ones: ever again). */


#include "ngx_plaid_sandbox_api.h"


static ngx_uint_t ngx_plaid_sandbox_legacy_account(
    ngx_plaid_sandbox_call_t *call, const char *token, const char *type,
    size_t len);
static ngx_int_t ngx_plaid_sandbox_known(ngx_plaid_sandbox_call_t *call,
    const char *token);
static ngx_int_t ngx_plaid_sandbox_take(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_update_pt take, ngx_plaid_sandbox_record_t *out);
static ngx_int_t ngx_plaid_sandbox_again(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_int_t ngx_plaid_sandbox_give(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_int_t ngx_plaid_sandbox_once(ngx_plaid_sandbox_record_t *record,
    void *data);
static ngx_uint_t ngx_plaid_sandbox_hand_out(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *public, ngx_plaid_sandbox_record_t *item);
static ngx_uint_t ngx_plaid_sandbox_redeem(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item);


typedef struct {
    time_t                       now;
    ngx_uint_t                   asked;         /* this time included */
} ngx_plaid_sandbox_take_t;


ngx_uint_t
ngx_plaid_sandbox_legacy_exchange(ngx_plaid_sandbox_call_t *call)
{
    size_t       len;
    ngx_str_t    fault;
    const char  *token, *type, *p;

    token = ngx_plaid_sandbox_string(call->args, "public_token");
    if (token == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 1107);
    }

    /* "test,{type},connected" */

    p = NULL;
    type = token;
    len = 0;

    if (ngx_strncmp(token, "test,", 5) == 0
        && ngx_strlen(token) <= NGX_PLAID_SANDBOX_TOKEN_MAX)
    {
        type = token + 5;
        len = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                           "XYZ0123456789_-");
        p = type + len;
    }

    if (len == 0 || ngx_strcmp(p, ",connected") != 0) {

        /* Plaid takes any other token for real data, closed to these keys */

        return ngx_plaid_sandbox_legacy_error(call,
                 ngx_strcmp(ngx_plaid_sandbox_string(call->args, "client_id"),
                            "test_id") == 0 ? 1109 : 1106);
    }

    if (ngx_plaid_sandbox_asked_fault(call, &fault) == NGX_OK) {
        type = "wells";
        len = 5;
    }

    return ngx_plaid_sandbox_legacy_account(call, token, type, len);
}


static ngx_uint_t
ngx_plaid_sandbox_legacy_account(ngx_plaid_sandbox_call_t *call,
    const char *token, const char *type, size_t len)
{
    u_char                              access[NGX_PLAID_SANDBOX_NAME_LEN + 1];
    u_char                              stripe[32];
    json_t                             *m;
    ngx_uint_t                          i;
    const char                         *id;
    const ngx_plaid_sandbox_account_t  *account;

    ngx_sprintf(access, "test_%*s%Z", len, type);

    m = json_object_get(call->args, "account_id");
    id = ngx_plaid_sandbox_string(call->args, "account_id");
    account = NULL;

    if (id) {
        for (i = 0; i < ngx_plaid_sandbox_accounts_n; i++) {
            if (ngx_strcmp(id, ngx_plaid_sandbox_accounts[i].id) == 0) {
                account = &ngx_plaid_sandbox_accounts[i];
            }
        }
    }

    if (account == NULL && m && !json_is_null(m)
        && !(json_is_string(m) && id == NULL))
    {
        return ngx_plaid_sandbox_legacy_error(call, 1606);
    }

    if (account && account->number == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 2001);
    }

    if (ngx_plaid_sandbox_known(call, token) != NGX_OK
        || ngx_plaid_sandbox_take(call, ngx_plaid_sandbox_give, NULL)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1702);
    }

    (void) ngx_atomic_fetch_add(&call->store->sh->counters.handed_out, 1);

    call->reply = json_pack("{s:s}", "access_token", access);

    if (account) {
        ngx_memcpy(stripe, "btok_", 5);

        if (ngx_plaid_sandbox_derive(stripe + 5, 24, (char *) access, id)
            != NGX_OK)
        {
            return ngx_plaid_sandbox_legacy_error(call, 2002);
        }

        json_object_set_new(call->reply, "stripe_bank_account_token",
                            json_string((char *) stripe));
        json_object_set_new(call->reply, "account_id", json_string(id));
    }

    return 200;
}


/* Has a record for a public token that needs no maker. */

static ngx_int_t
ngx_plaid_sandbox_known(ngx_plaid_sandbox_call_t *call, const char *token)
{
    ngx_plaid_sandbox_record_t  *record;

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_PUBLIC,
                                    token, NULL)
        == NGX_OK)
    {
        return NGX_OK;
    }

    record = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (record == NULL) {
        return NGX_ERROR;
    }

    record->kind = NGX_PLAID_SANDBOX_PUBLIC;
    record->created = call->now;
    record->products = NGX_PLAID_SANDBOX_AUTH;
    record->institution = ngx_plaid_sandbox_institution("ins_109508");
    ngx_plaid_sandbox_copy(record->name, token);

    if (ngx_plaid_sandbox_id(record->item_id, 37) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_plaid_sandbox_store_put(call->store, record);
}


/* One exchange of the call's token, counted; "take" says what comes of it. */

static ngx_int_t
ngx_plaid_sandbox_take(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_update_pt take, ngx_plaid_sandbox_record_t *out)
{
    ngx_int_t                  rc;
    ngx_plaid_sandbox_take_t   ctx;

    ctx.now = call->now;
    ctx.asked = 0;

    rc = ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_PUBLIC,
                   ngx_plaid_sandbox_string(call->args, "public_token"),
                   take, &ctx, out);

    if (ctx.asked > 1) {
        (void) ngx_atomic_fetch_add(
                            &call->store->sh->counters.exchanges_again, 1);
    }

    return rc;
}


static ngx_int_t
ngx_plaid_sandbox_again(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_take_t  *ctx = data;

    ctx->asked = ++record->asked;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sandbox_give(ngx_plaid_sandbox_record_t *record, void *data)
{
    record->given++;

    return ngx_plaid_sandbox_again(record, data);
}


static ngx_int_t
ngx_plaid_sandbox_once(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_take_t  *ctx = data;

    (void) ngx_plaid_sandbox_again(record, data);

    if (record->flags & NGX_PLAID_SANDBOX_USED) {
        return NGX_DECLINED;
    }

    if (record->expires && record->expires <= ctx->now) {
        return NGX_ABORT;
    }

    record->flags |= NGX_PLAID_SANDBOX_USED;
    record->given++;

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_exchange(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_redeem(call, &item);
    if (status) {
        return status;
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s, s:s}",
                                             "access_token", item.name,
                                             "item_id", item.item_id));
}


/* Layer: who the user is, and an item as an exchange would give it. */

ngx_uint_t
ngx_plaid_sandbox_session_get(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_redeem(call, &item);
    if (status) {
        return status;
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:{s:{s:s, s:s}, s:{s:s, s:s, s:s, s:n, s:s, s:s},"
                         " s:s, s:s, s:s, s:n, s:s}, s:[{s:s, s:s}]}",
                         "identity",
                         "name",
                         "first_name", "Alberta",
                         "last_name", "Charleson",
                         "address",
                         "city", "Malakoff",
                         "region", "NY",
                         "street", "2992 Cameron Road",
                         "street2",
                         "postal_code", "14236",
                         "country", "US",
                         "phone_number", "+14155551111",
                         "email", "accountholder0@example.com",
                         "date_of_birth", "1975-01-18",
                         "ssn",
                         "ssn_last_4", "6789",
                         "items",
                         "item_id", item.item_id,
                         "access_token", item.name));
}


/* The item of a public token, which is used up; 0, or an error's status. */

static ngx_uint_t
ngx_plaid_sandbox_redeem(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item)
{
    ngx_int_t                    rc;
    ngx_str_t                    fault;
    const char                  *token, *env;
    ngx_plaid_sandbox_record_t   public;

    token = ngx_plaid_sandbox_string(call->args, "public_token");

    rc = ngx_plaid_sandbox_token_form(token, "public", &env);

    if (rc == NGX_DECLINED) {
        return ngx_plaid_sandbox_error(call, "INVALID_PUBLIC_TOKEN",
                   "provided public token is for the wrong Plaid environment. "
                   "expected \"sandbox\", got \"%s\"", env);
    }

    if (rc == NGX_ERROR || ngx_strlen(token) > NGX_PLAID_SANDBOX_TOKEN_MAX) {
        return ngx_plaid_sandbox_error(call, "INVALID_PUBLIC_TOKEN",
                   "provided public token is in an invalid format. expected "
                   "format: public-<environment>-<identifier>");
    }

    if (ngx_plaid_sandbox_asked_fault(call, &fault) == NGX_OK
        && ngx_plaid_sandbox_known(call, token) != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    rc = ngx_plaid_sandbox_take(call, ngx_plaid_sandbox_once, &public);

    if (rc == NGX_ABORT) {
        return ngx_plaid_sandbox_error(call, "INVALID_PUBLIC_TOKEN",
                   "provided public token is expired. Public tokens expire 30 "
                   "minutes after creation at which point they can no longer "
                   "be exchanged");
    }

    if (rc != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INVALID_PUBLIC_TOKEN", NULL);
    }

    return ngx_plaid_sandbox_hand_out(call, &public, item);
}


static ngx_uint_t
ngx_plaid_sandbox_hand_out(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *public, ngx_plaid_sandbox_record_t *item)
{
    ngx_memzero(item, sizeof(ngx_plaid_sandbox_record_t));

    /* update mode gives a public token of an item that has its access token */

    if (public->access[0] == '\0'
        || ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_ITEM,
                                       (char *) public->access, item)
           != NGX_OK)
    {
        item->kind = NGX_PLAID_SANDBOX_ITEM;
        item->created = call->now;
        item->institution = public->institution;
        item->products = public->products;
        item->accounts = public->accounts;
        ngx_plaid_sandbox_copy(item->item_id, public->item_id);
        ngx_plaid_sandbox_copy(item->webhook, public->webhook);

        if (ngx_plaid_sandbox_token(item->name, "access") != NGX_OK
            || ngx_plaid_sandbox_store_put(call->store, item) != NGX_OK)
        {
            return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR",
                                           NULL);
        }
    }

    (void) ngx_atomic_fetch_add(&call->store->sh->counters.handed_out, 1);

    return 0;
}


/* /item/public_token/create: a token for an item that there is. */

ngx_uint_t
ngx_plaid_sandbox_public_of_item(ngx_plaid_sandbox_call_t *call)
{
    u_char                       access[NGX_PLAID_SANDBOX_ACCESS_LEN];
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_copy(access, item.name);

    item.flags = 0;
    item.text[0] = '\0';
    item.asked = 0;
    item.given = 0;
    ngx_plaid_sandbox_copy(item.access, access);

    if (ngx_plaid_sandbox_new_public(call, &item) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s}",
                                             "public_token", item.name));
}


ngx_int_t
ngx_plaid_sandbox_new_public(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item)
{
    item->kind = NGX_PLAID_SANDBOX_PUBLIC;
    item->created = call->now;
    item->expires = call->now + call->token_ttl;

    /* Link shows account ids, which are made from the item's, before it is */

    if (item->item_id[0] == '\0'
        && ngx_plaid_sandbox_id(item->item_id, 37) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_plaid_sandbox_token(item->name, "public") != NGX_OK
        || ngx_plaid_sandbox_store_put(call->store, item) != NGX_OK)
    {
        return NGX_ERROR;
    }

    (void) ngx_atomic_fetch_add(&call->store->sh->counters.public_tokens, 1);

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_asked_fault(ngx_plaid_sandbox_call_t *call, ngx_str_t *fault)
{
    size_t       len;
    const char  *token;

    token = ngx_plaid_sandbox_string(call->args, "public_token");
    if (token == NULL) {
        return NGX_DECLINED;
    }

    len = ngx_strlen(token);

    if (ngx_strncmp(token, "public-sandbox-fault-", 21) == 0) {
        fault->data = (u_char *) token + 21;
        fault->len = len - 21;

        return NGX_OK;
    }

    if (ngx_strncmp(token, "test,fault-", 11) == 0
        && len > 21 && ngx_strcmp(token + len - 10, ",connected") == 0)
    {
        fault->data = (u_char *) token + 11;
        fault->len = len - 21;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_uint_t
ngx_plaid_sandbox_asked(ngx_plaid_sandbox_call_t *call)
{
    const char                  *token;
    ngx_plaid_sandbox_record_t   record;

    token = ngx_plaid_sandbox_string(call->args, "public_token");

    if (token == NULL
        || ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_PUBLIC,
                                       token, &record)
           != NGX_OK)
    {
        return 0;
    }

    return record.asked;
}


void
ngx_plaid_sandbox_count(ngx_plaid_sandbox_call_t *call)
{
    ngx_str_t    fault;
    const char  *token;

    token = ngx_plaid_sandbox_string(call->args, "public_token");

    if (token == NULL || ngx_strlen(token) > NGX_PLAID_SANDBOX_TOKEN_MAX) {
        return;
    }

    if (ngx_plaid_sandbox_asked_fault(call, &fault) == NGX_OK
        && ngx_plaid_sandbox_known(call, token) != NGX_OK)
    {
        return;
    }

    (void) ngx_plaid_sandbox_take(call, ngx_plaid_sandbox_again, NULL);
}
