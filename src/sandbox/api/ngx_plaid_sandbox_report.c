
/* Asset reports: made at once, of the items that their makers name. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_history.h"
#include "ngx_plaid_sandbox_pdf.h"


/* as Plaid has it */
#define NGX_PLAID_SANDBOX_REPORT_ITEMS  99
#define NGX_PLAID_SANDBOX_REPORT_DAYS   731


static ngx_uint_t ngx_plaid_sandbox_report_find(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *record,
    json_t **made);
static ngx_uint_t ngx_plaid_sandbox_report_json(
    ngx_plaid_sandbox_call_t *call, json_t **report);
static ngx_uint_t ngx_plaid_sandbox_report_item(
    ngx_plaid_sandbox_call_t *call, const char *token, json_int_t days,
    json_t **o);
static void ngx_plaid_sandbox_report_account(ngx_plaid_sandbox_call_t *call,
    json_t *account, json_t *all, json_int_t days);


ngx_uint_t
ngx_plaid_sandbox_report_create(ngx_plaid_sandbox_call_t *call)
{
    char                        *text;
    json_t                      *tokens, *options, *m, *keep;
    size_t                       i;
    u_char                       id[40];
    ngx_str_t                    s;
    ngx_int_t                    rc;
    ngx_uint_t                   status;
    json_int_t                   days;
    const char                  *webhook;
    ngx_plaid_sandbox_record_t  *record, item;

    tokens = json_object_get(call->args, "access_tokens");
    options = json_object_get(call->args, "options");
    days = json_integer_value(json_object_get(call->args, "days_requested"));

    if (json_array_size(tokens) == 0
        || json_array_size(tokens) > NGX_PLAID_SANDBOX_REPORT_ITEMS)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "access_tokens must have from 1 to %d tokens",
                          NGX_PLAID_SANDBOX_REPORT_ITEMS);
    }

    if (days < 0 || days > NGX_PLAID_SANDBOX_REPORT_DAYS) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "days_requested must be from 0 to %d",
                          NGX_PLAID_SANDBOX_REPORT_DAYS);
    }

    json_array_foreach(tokens, i, m) {
        json_object_set(call->args, "access_token", m);

        status = json_is_string(m) ? ngx_plaid_sandbox_ready_item(call, &item)
                 : ngx_plaid_sandbox_error(call, "INVALID_ACCESS_TOKEN", NULL);
        if (status) {
            return status;
        }

        ngx_plaid_sandbox_add_product(call, &item, NGX_PLAID_SANDBOX_ASSETS);
    }

    record = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (record == NULL) {
        return 500;
    }

    record->kind = NGX_PLAID_SANDBOX_REPORT;
    record->created = call->now;

    keep = json_pack("{s:O, s:I, s:O?, s:O?}",
                     "access_tokens", tokens,
                     "days", days,
                     "client_report_id",
                     json_object_get(options, "client_report_id"),
                     "user", json_object_get(options, "user"));

    text = json_dumps(keep, JSON_COMPACT);
    json_decref(keep);

    if (text == NULL) {
        return 500;
    }

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    rc = NGX_ERROR;

    if (ngx_plaid_sandbox_token(record->name, "assets") == NGX_OK
        && ngx_plaid_sandbox_uuid(id) == NGX_OK)
    {
        ngx_plaid_sandbox_copy(record->item_id, id);

        if (ngx_plaid_sandbox_store_put(call->store, record) == NGX_OK) {
            rc = ngx_plaid_sandbox_store_attach(call->store, record->kind,
                                                (char *) record->name, &s, 0);
        }
    }

    ngx_plaid_sandbox_jansson_free(text);

    if (rc != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    webhook = ngx_plaid_sandbox_string(options, "webhook");

    if (webhook
        && ngx_plaid_sandbox_fire(call, webhook,
                           json_pack("{s:s, s:s, s:s, s:s, s:s}",
                                     "webhook_type", "ASSETS",
                                     "webhook_code", "PRODUCT_READY",
                                     "asset_report_id", id,
                                     "report_type", "FULL",
                                     "environment", "sandbox"), 1)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "options.webhook must be a URL");
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:s, s:s}",
                         "asset_report_token", record->name,
                         "asset_report_id", id));
}


static ngx_uint_t
ngx_plaid_sandbox_report_find(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *record, json_t **made)
{
    ngx_int_t    rc;
    ngx_str_t    text;
    const char  *token;

    *made = NULL;
    token = ngx_plaid_sandbox_string(call->args, "asset_report_token");

    if (token == NULL) {
        return ngx_plaid_sandbox_error(call, "MISSING_FIELDS",
                           "the following required fields are missing: "
                           "asset_report_token");
    }

    rc = ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_REPORT,
                                     token, record);

    if (rc == NGX_OK) {
        rc = ngx_plaid_sandbox_store_attached(call->store,
                                              NGX_PLAID_SANDBOX_REPORT, token,
                                              call->pool, &text);
    }

    if (rc != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                           "could not find matching asset_report_token");
    }

    *made = ngx_plaid_sandbox_load((char *) text.data, text.len);

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_report_json(ngx_plaid_sandbox_call_t *call, json_t **report)
{
    json_t                      *made, *items, *o, *m, *user, *client;
    size_t                       i;
    u_char                       time[32];
    ngx_uint_t                   status;
    json_int_t                   days;
    ngx_plaid_sandbox_record_t   record;

    *report = NULL;

    status = ngx_plaid_sandbox_report_find(call, &record, &made);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_time(time, record.created);

    days = json_integer_value(json_object_get(made, "days"));
    items = json_array();

    json_array_foreach(json_object_get(made, "access_tokens"), i, m) {
        status = ngx_plaid_sandbox_report_item(call, json_string_value(m),
                                               days, &o);
        if (status) {
            break;
        }

        json_array_append_new(items, o);
    }

    if (status == 0) {
        user = json_object_get(made, "user");
        client = json_object_get(made, "client_report_id");

        *report = json_pack("{s:s, s:O?, s:s, s:I, s:o, s:O}",
                            "asset_report_id", record.item_id,
                            "client_report_id", client,
                            "date_generated", time,
                            "days_requested", days,
                            "user", json_is_object(user) ? json_incref(user)
                                                         : json_object(),
                            "items", items);
    }

    json_decref(items);
    json_decref(made);

    return status;
}


static ngx_uint_t
ngx_plaid_sandbox_report_item(ngx_plaid_sandbox_call_t *call,
    const char *token, json_int_t days, json_t **o)
{
    json_t                                 *accounts, *all, *a;
    u_char                                  time[32];
    size_t                                  i;
    ngx_uint_t                              status;
    ngx_plaid_sandbox_record_t              item;
    const ngx_plaid_sandbox_institution_t  *in;

    *o = NULL;
    accounts = NULL;
    all = NULL;

    json_object_set_new(call->args, "access_token", json_string(token));

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_of(call, &item, NULL, &accounts);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_history_now(call, &item, &all);
    }

    if (status) {
        json_decref(accounts);
        return status;
    }

    ngx_plaid_sandbox_owners_json(call, &item, accounts);

    json_array_foreach(accounts, i, a) {
        ngx_plaid_sandbox_report_account(call, a, all, days);
    }

    json_decref(all);

    ngx_plaid_sandbox_time(time, call->now);

    in = &ngx_plaid_sandbox_institutions[item.institution];

    *o = json_pack("{s:s, s:s, s:s, s:s, s:o}",
                   "item_id", item.item_id,
                   "institution_name", in->name,
                   "institution_id", in->ins,
                   "date_last_updated", time,
                   "accounts", accounts);

    return 0;
}


static void
ngx_plaid_sandbox_report_account(ngx_plaid_sandbox_call_t *call,
    json_t *account, json_t *all, json_int_t days)
{
    json_t      *list, *t, *balances, *history, *original;
    size_t       i;
    u_char       date[16];
    ngx_int_t    day, today;
    const char  *id;

    id = ngx_plaid_sandbox_string(account, "account_id");
    list = json_array();
    today = (ngx_int_t) (call->now / 86400);

    json_array_foreach(all, i, t) {

        if (ngx_strcmp(ngx_plaid_sandbox_string(t, "account_id"), id) != 0
            || ngx_plaid_sandbox_day(t, "date", call->now, &day) != NGX_OK
            || (json_int_t) day < (json_int_t) today - days)
        {
            continue;
        }

        original = json_object_get(t, "name");

        json_array_append_new(list,
                json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O}",
                          "account_id", json_object_get(t, "account_id"),
                          "amount", json_object_get(t, "amount"),
                          "iso_currency_code",
                          json_object_get(t, "iso_currency_code"),
                          "unofficial_currency_code",
                          json_object_get(t, "unofficial_currency_code"),
                          "original_description", original,
                          "date", json_object_get(t, "date"),
                          "pending", json_object_get(t, "pending"),
                          "transaction_id",
                          json_object_get(t, "transaction_id")));
    }

    balances = json_object_get(account, "balances");
    history = json_array();

    /* the balance has always been what it is */

    for (day = today; day > today - (ngx_int_t) ngx_min(days, 30); day--) {
        ngx_plaid_sandbox_date(date, day);

        json_array_append_new(history,
                json_pack("{s:s, s:O, s:O, s:n}",
                          "date", date,
                          "current", json_object_get(balances, "current"),
                          "iso_currency_code",
                          json_object_get(balances, "iso_currency_code"),
                          "unofficial_currency_code"));
    }

    json_object_set_new(balances, "margin_loan_amount", json_null());
    json_object_set_new(account, "days_available", json_integer(days));
    json_object_set_new(account, "transactions", list);
    json_object_set_new(account, "historical_balances", history);
}


ngx_uint_t
ngx_plaid_sandbox_report_get(ngx_plaid_sandbox_call_t *call)
{
    json_t      *report;
    ngx_uint_t   status;

    status = ngx_plaid_sandbox_report_json(call, &report);
    if (status) {
        return status;
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:o, s:[]}",
                                             "report", report, "warnings"));
}


ngx_uint_t
ngx_plaid_sandbox_report_pdf(ngx_plaid_sandbox_call_t *call)
{
    json_t      *report, *lines, *item, *account;
    u_char       line[128];
    size_t       i, k;
    ngx_int_t    rc;
    ngx_uint_t   status;

    status = ngx_plaid_sandbox_report_json(call, &report);
    if (status) {
        return status;
    }

    lines = json_pack("[s, s]", "Asset report",
                      ngx_plaid_sandbox_string(report, "asset_report_id"));

    json_array_foreach(json_object_get(report, "items"), i, item) {
        json_array_append_new(lines, json_string(""));
        json_array_append(lines, json_object_get(item, "institution_name"));

        json_array_foreach(json_object_get(item, "accounts"), k, account) {
            snprintf((char *) line, sizeof(line),
                     "  %-40.40s %12.2f  %zu transactions",
                     ngx_plaid_sandbox_string(account, "name"),
                     json_number_value(json_object_get(
                                     json_object_get(account, "balances"),
                                     "current")),
                     json_array_size(json_object_get(account,
                                                     "transactions")));
            json_array_append_new(lines, json_string((char *) line));
        }
    }

    rc = ngx_plaid_sandbox_pdf(call, lines);

    json_decref(lines);
    json_decref(report);

    return rc == NGX_OK ? ngx_plaid_sandbox_reply(call, json_object()) : 500;
}


ngx_uint_t
ngx_plaid_sandbox_report_remove(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *made;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   record;

    status = ngx_plaid_sandbox_report_find(call, &record, &made);
    if (status) {
        return status;
    }

    json_decref(made);

    ngx_plaid_sandbox_store_delete(call->store, NGX_PLAID_SANDBOX_REPORT,
                                   (char *) record.name);

    return ngx_plaid_sandbox_reply(call, json_pack("{s:b}", "removed", 1));
}
