
/* An item of the current API, its accounts and their numbers. */


#include "ngx_plaid_sandbox_api.h"


/* of the test bank in Canada */
#define NGX_PLAID_SANDBOX_EFT_INSTITUTION  "021"
#define NGX_PLAID_SANDBOX_EFT_BRANCH       "01140"


static json_t *ngx_plaid_sandbox_account_json(
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    ngx_uint_t i, u_char *id);
static ngx_uint_t ngx_plaid_sandbox_wanted(json_t *ids, ngx_uint_t *seen,
    u_char *id);
static json_t *ngx_plaid_sandbox_numbers(ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_bank_t *bank, json_t *accounts);
static json_t *ngx_plaid_sandbox_domestic(
    const ngx_plaid_sandbox_account_t *a, const char *id, ngx_uint_t canada);
static void ngx_plaid_sandbox_foreign(const ngx_plaid_sandbox_account_t *a,
    const char *id, json_t *iban, json_t *bacs);
static ngx_int_t ngx_plaid_sandbox_product_added(
    ngx_plaid_sandbox_record_t *record, void *data);


ngx_uint_t
ngx_plaid_sandbox_reply(ngx_plaid_sandbox_call_t *call, json_t *reply)
{
    call->reply = reply;

    json_object_set_new(reply, "request_id",
                        json_string((char *) call->request_id));

    return 200;
}


ngx_uint_t
ngx_plaid_sandbox_find_item(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item)
{
    ngx_int_t    rc;
    const char  *token, *env;

    ngx_memzero(item, sizeof(ngx_plaid_sandbox_record_t));

    token = ngx_plaid_sandbox_string(call->args, "access_token");

    rc = ngx_plaid_sandbox_token_form(token, "access", &env);

    if (rc == NGX_DECLINED) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCESS_TOKEN",
                   "provided access token is for the wrong Plaid environment. "
                   "expected \"sandbox\", got \"%s\"", env);
    }

    if (rc == NGX_ERROR) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCESS_TOKEN",
                   "provided access token is in an invalid format. expected "
                   "format: access-<environment>-<identifier>");
    }

    rc = ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_ITEM,
                                     token, item);

    if (rc != NGX_OK || (item->flags & NGX_PLAID_SANDBOX_ROTATED)) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCESS_TOKEN", NULL);
    }

    if (item->flags & NGX_PLAID_SANDBOX_REMOVED) {
        return ngx_plaid_sandbox_error(call, "ITEM_NOT_FOUND", NULL);
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_ready_item(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item)
{
    ngx_uint_t  status;

    status = ngx_plaid_sandbox_find_item(call, item);

    if (status == 0 && (item->flags & NGX_PLAID_SANDBOX_LOGIN)) {
        return ngx_plaid_sandbox_error(call, "ITEM_LOGIN_REQUIRED", NULL);
    }

    return status;
}


json_t *
ngx_plaid_sandbox_item_json(ngx_plaid_sandbox_record_t *item)
{
    json_t                                 *error;
    const ngx_plaid_sandbox_institution_t  *in;

    in = &ngx_plaid_sandbox_institutions[item->institution];

    error = (item->flags & NGX_PLAID_SANDBOX_LOGIN)
            ? ngx_plaid_sandbox_error_object("ITEM_LOGIN_REQUIRED", NULL, NULL)
            : json_null();

    return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o,"
                     " s:n, s:s}",
                     "item_id", item->item_id,
                     "institution_id", in->ins,
                     "institution_name", in->name,
                     "webhook", item->webhook[0] ? item->webhook : NULL,
                     "auth_method", (item->products & NGX_PLAID_SANDBOX_AUTH)
                                    ? "INSTANT_AUTH" : NULL,
                     "error", error,
                     "available_products",
                     ngx_plaid_sandbox_products(NGX_PLAID_SANDBOX_SUPPORTED
                                                & ~item->products),
                     "billed_products",
                     ngx_plaid_sandbox_products(item->products),
                     "products", ngx_plaid_sandbox_products(item->products),
                     "consented_products",
                     ngx_plaid_sandbox_products(item->products),
                     "consent_expiration_time",
                     "update_type", "background");
}


ngx_uint_t
ngx_plaid_sandbox_item_get(ngx_plaid_sandbox_call_t *call)
{
    u_char                       created[32], fired[32];
    json_t                      *item, *last;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   record;

    status = ngx_plaid_sandbox_find_item(call, &record);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_time(created, record.created);

    item = ngx_plaid_sandbox_item_json(&record);
    json_object_set_new(item, "created_at", json_string((char *) created));

    last = json_null();

    if (record.fired) {
        ngx_plaid_sandbox_time(fired, record.fired);
        last = json_pack("{s:s, s:s}", "sent_at", fired,
                         "code_sent", record.text);
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:{s:n, s:{s:s?, s:n}, s:o}}",
                         "item", item,
                         "status",
                         "investments",
                         "transactions",
                         "last_successful_update",
                         (record.products & NGX_PLAID_SANDBOX_CONNECT)
                         ? created : NULL,
                         "last_failed_update",
                         "last_webhook", last));
}


ngx_uint_t
ngx_plaid_sandbox_accounts_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_json(call, &item, &accounts);
    }

    if (status) {
        return status;
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o}",
                         "accounts", accounts,
                         "item", ngx_plaid_sandbox_item_json(&item)));
}


ngx_uint_t
ngx_plaid_sandbox_auth_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts, *numbers;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_bank_t     bank;
    ngx_plaid_sandbox_record_t   item;

    accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_json(call, &item, &accounts);
    }

    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_bank(call, &item, &bank) != NGX_OK) {
        json_decref(accounts);
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    numbers = ngx_plaid_sandbox_numbers(&item, &bank, accounts);

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o, s:o}",
                         "accounts", accounts,
                         "numbers", numbers,
                         "item", ngx_plaid_sandbox_item_json(&item)));
}


ngx_uint_t
ngx_plaid_sandbox_accounts_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **accounts)
{
    json_t  *ids;

    *accounts = NULL;

    ids = json_object_get(json_object_get(call->args, "options"),
                          "account_ids");

    if (ids && !json_is_array(ids) && !json_is_null(ids)) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "options.account_ids must be an array");
    }

    return ngx_plaid_sandbox_accounts_of(call, item, ids, accounts);
}


ngx_uint_t
ngx_plaid_sandbox_accounts_of(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *ids, json_t **accounts)
{
    u_char                     id[40];
    json_t                    *list;
    ngx_uint_t                 i, seen;
    ngx_plaid_sandbox_bank_t   bank;

    *accounts = NULL;

    if (ngx_plaid_sandbox_bank(call, item, &bank) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    list = json_array();
    seen = 0;

    for (i = 0; i < bank.n; i++) {

        if (!ngx_plaid_sandbox_bank_has(&bank, item, i)) {
            continue;
        }

        if (ngx_plaid_sandbox_bank_id(id, &bank, item, i) != NGX_OK) {
            json_decref(list);
            return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR",
                                           NULL);
        }

        if (ngx_plaid_sandbox_wanted(ids, &seen, id)) {
            json_array_append_new(list,
                      ngx_plaid_sandbox_account_json(item, &bank, i, id));
        }
    }

    if (seen < json_array_size(ids)) {
        json_decref(list);
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                    "one or more of the requested account_ids does not exist "
                    "for this item");
    }

    *accounts = list;

    return 0;
}


/* Adds to "seen" the number of times that "ids" has "id". */

static ngx_uint_t
ngx_plaid_sandbox_wanted(json_t *ids, ngx_uint_t *seen, u_char *id)
{
    size_t       i;
    json_t      *m;
    ngx_uint_t   wanted;

    if (!json_is_array(ids)) {
        return 1;
    }

    wanted = 0;

    json_array_foreach(ids, i, m) {
        if (json_is_string(m) && ngx_strcmp(json_string_value(m), id) == 0) {
            wanted++;
        }
    }

    *seen += wanted;

    return wanted;
}


static json_t *
ngx_plaid_sandbox_account_json(ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_bank_t *bank, ngx_uint_t i, u_char *id)
{
    json_t                             *o, *limit, *available;
    u_char                              persistent[40];
    ngx_uint_t                          bit;
    const char                         *currency;
    const ngx_plaid_sandbox_account_t  *a;

    a = &bank->accounts[i];

    currency = a->currency ? a->currency
                           : ngx_plaid_sandbox_currency(item->institution);

    limit = a->limit ? ngx_plaid_sandbox_number(a->limit) : json_null();
    available = a->unknown ? json_null()
                           : ngx_plaid_sandbox_number(a->available);

    o = json_pack("{s:s, s:{s:o, s:o, s:o, s:s, s:n}, s:s, s:s, s:s?, s:s,"
                  " s:s, s:s}",
                  "account_id", id,
                  "balances",
                  "available", available,
                  "current", ngx_plaid_sandbox_number(a->current),
                  "limit", limit,
                  "iso_currency_code", currency,
                  "unofficial_currency_code",
                  "mask", a->mask,
                  "name", a->name,
                  "official_name", a->official,
                  "type", a->type,
                  "subtype", a->subtype,
                  "holder_category", "personal");

    /* the same at every item of the bank's: what tells a duplicate */

    if (a->number
        && ngx_plaid_sandbox_derive(persistent, 37,
                   ngx_plaid_sandbox_institutions[item->institution].ins,
                   a->number)
           == NGX_OK)
    {
        json_object_set_new(o, "persistent_account_id",
                            json_string((char *) persistent));
    }

    bit = (ngx_uint_t) 1 << i;

    if ((item->verified | item->expired) & bit) {
        json_object_set_new(o, "verification_status",
                            json_string((item->verified & bit)
                                        ? "automatically_verified"
                                        : "verification_expired"));
    }

    return o;
}


static json_t *
ngx_plaid_sandbox_numbers(ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_bank_t *bank, json_t *accounts)
{
    json_t                             *ach, *eft, *iban, *bacs, *m;
    size_t                              i;
    ngx_int_t                           row;
    ngx_uint_t                          canada;
    const char                         *id;
    const ngx_plaid_sandbox_account_t  *a;

    ach = json_array();
    eft = json_array();
    iban = json_array();
    bacs = json_array();

    json_array_foreach(accounts, i, m) {

        id = ngx_plaid_sandbox_string(m, "account_id");
        row = ngx_plaid_sandbox_bank_row(bank, item, id);

        if (row == NGX_ERROR || bank->accounts[row].number == NULL) {
            continue;
        }

        a = &bank->accounts[row];

        canada = ngx_strcmp(a->currency ? a->currency
                            : ngx_plaid_sandbox_currency(item->institution),
                            "CAD")
                 == 0;

        json_array_append_new(canada ? eft : ach,
                              ngx_plaid_sandbox_domestic(a, id, canada));

        if (a->custom) {
            ngx_plaid_sandbox_foreign(a, id, iban, bacs);
        }
    }

    return json_pack("{s:o, s:o, s:o, s:o}",
                     "ach", ach,
                     "eft", eft,
                     "international", iban,
                     "bacs", bacs);
}


static json_t *
ngx_plaid_sandbox_domestic(const ngx_plaid_sandbox_account_t *a,
    const char *id, ngx_uint_t canada)
{
    json_t      *numbers;
    const char  *first, *second;

    numbers = json_object_get(a->custom, "numbers");

    if (canada) {
        first = ngx_plaid_sandbox_string(numbers, "eft_institution");
        second = ngx_plaid_sandbox_string(numbers, "eft_branch");

        return json_pack("{s:s, s:s, s:s, s:s}",
                         "account_id", id,
                         "account", a->number,
                         "institution",
                         first ? first : NGX_PLAID_SANDBOX_EFT_INSTITUTION,
                         "branch",
                         second ? second : NGX_PLAID_SANDBOX_EFT_BRANCH);
    }

    first = ngx_plaid_sandbox_string(numbers, "ach_routing");
    second = ngx_plaid_sandbox_string(numbers, "ach_wire_routing");

    if (first == NULL) {
        first = NGX_PLAID_SANDBOX_ROUTING;
    }

    return json_pack("{s:s, s:s, s:s, s:s, s:b}",
                     "account_id", id,
                     "account", a->number,
                     "routing", first,
                     "wire_routing", second ? second : first,
                     "is_tokenized_account_number", 0);
}


/* Of other countries, where user_custom has such numbers. */

static void
ngx_plaid_sandbox_foreign(const ngx_plaid_sandbox_account_t *a,
    const char *id, json_t *iban, json_t *bacs)
{
    json_t      *numbers;
    const char  *s, *bic;

    numbers = json_object_get(a->custom, "numbers");

    s = ngx_plaid_sandbox_string(numbers, "international_iban");
    bic = ngx_plaid_sandbox_string(numbers, "international_bic");

    if (s) {
        json_array_append_new(iban,
                              json_pack("{s:s, s:s, s:s}",
                                        "account_id", id,
                                        "iban", s,
                                        "bic", bic ? bic : ""));
    }

    s = ngx_plaid_sandbox_string(numbers, "bacs_sort_code");

    if (s) {
        json_array_append_new(bacs,
                              json_pack("{s:s, s:s, s:s}",
                                        "account_id", id,
                                        "account", a->number,
                                        "sort_code", s));
    }
}


ngx_uint_t
ngx_plaid_sandbox_has_account(json_t *accounts, const char *id)
{
    size_t   i;
    json_t  *m;

    json_array_foreach(accounts, i, m) {
        if (ngx_strcmp(ngx_plaid_sandbox_string(m, "account_id"), id) == 0) {
            return 1;
        }
    }

    return 0;
}


/* What is read is added to an item, as Plaid does it. */

void
ngx_plaid_sandbox_add_product(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t product)
{
    if (item->products & product) {
        return;
    }

    item->products |= product;

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item->name,
                                          ngx_plaid_sandbox_product_added,
                                          &product, NULL);
}


static ngx_int_t
ngx_plaid_sandbox_product_added(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_uint_t  *product = data;

    record->products |= *product;

    return NGX_OK;
}
