
/* The history of an item's transactions. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_history.h"


/* categories of the table in ngx_plaid_sandbox_transactions.c */
#define NGX_PLAID_SANDBOX_RESTAURANT   0
#define NGX_PLAID_SANDBOX_COFFEE       1

/* transactions that one call may create, as Plaid has it */
#define NGX_PLAID_SANDBOX_CREATE_MAX   10


static json_t *ngx_plaid_sandbox_custom_transactions(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_bank_t *bank);
static void ngx_plaid_sandbox_history_add(json_t *events, const char *op,
    json_t *t);
static void ngx_plaid_sandbox_history_line(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t *events, json_t *line, ngx_uint_t n);
static void ngx_plaid_sandbox_history_refreshed(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_bank_t *bank, json_t *events, json_int_t when,
    ngx_uint_t n);
static ngx_uint_t ngx_plaid_sandbox_history_row(
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank);
static ngx_uint_t ngx_plaid_sandbox_history_append(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *item,
    ngx_str_t *text);
static void ngx_plaid_sandbox_history_tell(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t before);
static int ngx_plaid_sandbox_history_newer(json_t *a, json_t *b);
static ngx_uint_t ngx_plaid_sandbox_history_change(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *item,
    ngx_str_t *text);


ngx_uint_t
ngx_plaid_sandbox_history(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **events)
{
    json_t                    *list, *t, *line;
    size_t                     i;
    u_char                    *p, *last, *end;
    ngx_int_t                  rc;
    ngx_str_t                  text;
    ngx_uint_t                 n;
    ngx_plaid_sandbox_bank_t   bank;

    *events = NULL;

    if (ngx_plaid_sandbox_bank(call, item, &bank) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    *events = json_array();

    list = bank.custom
           ? ngx_plaid_sandbox_custom_transactions(call, item, &bank)
           : ngx_plaid_sandbox_stock_transactions(call, item, &bank);

    json_array_foreach(list, i, t) {
        ngx_plaid_sandbox_history_add(*events, "added", json_incref(t));
    }

    json_decref(list);

    rc = ngx_plaid_sandbox_store_attached(call->store,
                                          NGX_PLAID_SANDBOX_HISTORY,
                                          (char *) item->item_id, call->pool,
                                          &text);
    if (rc != NGX_OK) {
        return 0;
    }

    /* a line of JSON for each change */

    last = text.data + text.len;

    for (p = text.data, n = 1; p < last; p = end + 1, n++) {
        end = ngx_strlchr(p, last, '\n');
        if (end == NULL) {
            end = last;
        }

        line = ngx_plaid_sandbox_load((char *) p, end - p);
        ngx_plaid_sandbox_history_line(call, item, &bank, *events, line, n);
        json_decref(line);
    }

    return 0;
}


static void
ngx_plaid_sandbox_history_add(json_t *events, const char *op, json_t *t)
{
    json_array_append_new(events, json_pack("{s:s, s:o}", "op", op, "t", t));
}


static json_t *
ngx_plaid_sandbox_custom_transactions(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank)
{
    u_char                      key[64];
    json_t                     *list, *t;
    size_t                      k;
    ngx_int_t                   day;
    ngx_uint_t                  i;
    ngx_plaid_sandbox_entry_t   e;

    list = json_array();

    for (i = 0; i < bank->n; i++) {

        if (!ngx_plaid_sandbox_bank_has(bank, item, i)) {
            continue;
        }

        json_array_foreach(json_object_get(bank->accounts[i].custom,
                                           "transactions"), k, t)
        {
            ngx_memzero(&e, sizeof(e));

            ngx_sprintf(key, "custom/%ui/%uz%Z", i, k);

            e.account = i;
            e.key = (char *) key;
            e.date = ngx_plaid_sandbox_string(t, "date_posted");
            e.authorized = ngx_plaid_sandbox_string(t, "date_transacted");
            e.amount = json_number_value(json_object_get(t, "amount"));
            e.name = ngx_plaid_sandbox_string(t, "description");
            e.currency = ngx_plaid_sandbox_string(t, "currency");
            e.type = "place";
            e.category = NGX_PLAID_SANDBOX_RESTAURANT;

            if (e.name == NULL
                || ngx_plaid_sandbox_day(t, "date_posted", call->now, &day)
                   != NGX_OK)
            {
                continue;
            }

            e.pending = (day > (ngx_int_t) (call->now / 86400));

            json_array_append_new(list,
                    ngx_plaid_sandbox_transaction_json(call, item, bank, &e));
        }
    }

    return list;
}


/* Line "n" of what came later: {"refresh": time} or a transaction made. */

static void
ngx_plaid_sandbox_history_line(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t *events, json_t *line, ngx_uint_t n)
{
    u_char                      key[64];
    json_t                     *when;
    ngx_plaid_sandbox_entry_t   e;

    when = json_object_get(line, "refresh");

    if (when) {
        ngx_plaid_sandbox_history_refreshed(call, item, bank, events,
                                            json_integer_value(when), n);
        return;
    }

    ngx_memzero(&e, sizeof(e));

    ngx_sprintf(key, "made/%ui%Z", n);

    e.account = ngx_plaid_sandbox_history_row(item, bank);
    e.key = (char *) key;
    e.date = ngx_plaid_sandbox_string(line, "date_posted");
    e.authorized = ngx_plaid_sandbox_string(line, "date_transacted");
    e.amount = json_number_value(json_object_get(line, "amount"));
    e.name = ngx_plaid_sandbox_string(line, "description");
    e.currency = ngx_plaid_sandbox_string(line, "iso_currency_code");
    e.type = "place";
    e.category = NGX_PLAID_SANDBOX_RESTAURANT;

    if (e.date && e.name) {
        ngx_plaid_sandbox_history_add(events, "added",
                  ngx_plaid_sandbox_transaction_json(call, item, bank, &e));
    }
}


/*
 * A refresh finds a pending transaction, the one before posted, and another
 * name for the first of all.
 */

static void
ngx_plaid_sandbox_history_refreshed(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t *events, json_int_t when, ngx_uint_t n)
{
    u_char                      key[64], date[16], name[64];
    json_t                     *before, *first, *t;
    size_t                      i;
    ngx_plaid_sandbox_entry_t   e;

    ngx_memzero(&e, sizeof(e));

    ngx_plaid_sandbox_date(date, (ngx_int_t) (when / 86400));

    e.account = ngx_plaid_sandbox_history_row(item, bank);
    e.key = (char *) key;
    e.date = (char *) date;
    e.amount = 4.33 + (double) n;
    e.name = "Corner Coffee";
    e.type = "place";
    e.category = NGX_PLAID_SANDBOX_COFFEE;

    /* the last pending one becomes another transaction, as at Plaid */

    before = NULL;

    for (i = json_array_size(events); i-- > 0 && before == NULL; /* void */ ) {
        t = json_object_get(json_array_get(events, i), "t");

        if (json_is_true(json_object_get(t, "pending"))) {
            before = t;
        }
    }

    ngx_sprintf(key, "pending/%ui%Z", n);
    e.pending = 1;

    ngx_plaid_sandbox_history_add(events, "added",
                   ngx_plaid_sandbox_transaction_json(call, item, bank, &e));

    if (before) {
        ngx_sprintf(key, "posted/%ui%Z", n);

        e.pending = 0;
        e.pending_id = ngx_plaid_sandbox_string(before, "transaction_id");
        e.amount = json_number_value(json_object_get(before, "amount"));
        e.name = ngx_plaid_sandbox_string(before, "name");

        ngx_plaid_sandbox_history_add(events, "added",
                   ngx_plaid_sandbox_transaction_json(call, item, bank, &e));
        ngx_plaid_sandbox_history_add(events, "removed",
                                      json_incref(before));
    }

    first = json_deep_copy(json_object_get(json_array_get(events, 0), "t"));

    if (json_is_true(json_object_get(first, "pending"))) {
        json_decref(first);
        return;
    }

    ngx_sprintf(name, "Renamed %ui%Z", n);
    json_object_set_new(first, "name", json_string((char *) name));

    ngx_plaid_sandbox_history_add(events, "modified", first);
}


/* Where money moves: the second account of the stock ones is for checking. */

static ngx_uint_t
ngx_plaid_sandbox_history_row(ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_bank_t *bank)
{
    ngx_uint_t  i;

    if (bank->custom == NULL && ngx_plaid_sandbox_bank_has(bank, item, 1)) {
        return 1;
    }

    for (i = 0; i < bank->n; i++) {
        if (ngx_plaid_sandbox_bank_has(bank, item, i)) {
            return i;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_history_now(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **list)
{
    json_t      *events, *e, *t, *have;
    size_t       i, k;
    ngx_uint_t   status;
    const char  *op, *id;

    *list = NULL;

    status = ngx_plaid_sandbox_history(call, item, &events);
    if (status) {
        return status;
    }

    *list = json_array();

    json_array_foreach(events, i, e) {
        op = ngx_plaid_sandbox_string(e, "op");
        t = json_object_get(e, "t");
        id = ngx_plaid_sandbox_string(t, "transaction_id");

        /* newest first: a place is found for each */

        for (k = 0; k < json_array_size(*list); k++) {
            have = json_array_get(*list, k);

            if (*op == 'a' ? ngx_plaid_sandbox_history_newer(t, have)
                           : ngx_strcmp(ngx_plaid_sandbox_string(have,
                                                         "transaction_id"),
                                        id) == 0)
            {
                break;
            }
        }

        if (*op == 'a') {
            json_array_insert(*list, k, t);

        } else if (*op == 'm') {
            json_array_set(*list, k, t);

        } else {
            json_array_remove(*list, k);
        }
    }

    json_decref(events);

    return 0;
}


static int
ngx_plaid_sandbox_history_newer(json_t *a, json_t *b)
{
    return ngx_strcmp(ngx_plaid_sandbox_string(a, "date"),
                      ngx_plaid_sandbox_string(b, "date"))
           >= 0;
}


static ngx_uint_t
ngx_plaid_sandbox_history_append(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_str_t *text)
{
    ngx_plaid_sandbox_record_t  *record;

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_HISTORY,
                                    (char *) item->item_id, NULL)
        != NGX_OK)
    {
        record = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
        if (record == NULL) {
            return 500;
        }

        record->kind = NGX_PLAID_SANDBOX_HISTORY;
        record->created = call->now;
        ngx_plaid_sandbox_copy(record->name, item->item_id);

        if (ngx_plaid_sandbox_store_put(call->store, record) != NGX_OK) {
            return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR",
                                           NULL);
        }
    }

    if (ngx_plaid_sandbox_store_attach(call->store, NGX_PLAID_SANDBOX_HISTORY,
                                       (char *) item->item_id, text, 1)
        != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return 0;
}


/* Webhooks for what came after the first "before" changes. */

static void
ngx_plaid_sandbox_history_tell(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t before)
{
    json_t      *events, *e, *removed;
    size_t       i;
    json_int_t   added;
    const char  *op;

    if (ngx_plaid_sandbox_history(call, item, &events) != 0) {
        return;
    }

    added = 0;
    removed = json_array();

    for (i = before; i < json_array_size(events); i++) {
        e = json_array_get(events, i);
        op = ngx_plaid_sandbox_string(e, "op");

        added += (*op == 'a');

        if (*op == 'r') {
            json_array_append(removed,
                              json_object_get(json_object_get(e, "t"),
                                              "transaction_id"));
        }
    }

    json_decref(events);

    ngx_plaid_sandbox_fire_item(call, item, "TRANSACTIONS",
                                "SYNC_UPDATES_AVAILABLE",
                                json_pack("{s:b, s:b}",
                                          "initial_update_complete", 1,
                                          "historical_update_complete", 1));

    if (added) {
        ngx_plaid_sandbox_fire_item(call, item, "TRANSACTIONS",
                                    "DEFAULT_UPDATE",
                                    json_pack("{s:n, s:I}", "error",
                                              "new_transactions", added));
    }

    if (json_array_size(removed) == 0) {
        json_decref(removed);
        return;
    }

    ngx_plaid_sandbox_fire_item(call, item, "TRANSACTIONS",
                                "TRANSACTIONS_REMOVED",
                                json_pack("{s:n, s:o}", "error",
                                          "removed_transactions", removed));
}


static ngx_uint_t
ngx_plaid_sandbox_history_change(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_str_t *text)
{
    json_t      *events;
    size_t       before;
    ngx_uint_t   status;

    status = ngx_plaid_sandbox_history(call, item, &events);
    before = json_array_size(events);
    json_decref(events);

    if (status == 0) {
        status = ngx_plaid_sandbox_history_append(call, item, text);
    }

    if (status) {
        return status;
    }

    ngx_plaid_sandbox_history_tell(call, item, before);

    return ngx_plaid_sandbox_reply(call, json_object());
}


ngx_uint_t
ngx_plaid_sandbox_transactions_refresh(ngx_plaid_sandbox_call_t *call)
{
    u_char                       line[64];
    ngx_str_t                    text;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_ready_item(call, &item);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_add_product(call, &item, NGX_PLAID_SANDBOX_CONNECT);

    text.data = line;
    text.len = ngx_sprintf(line, "{\"refresh\":%T}\n", call->now) - line;

    return ngx_plaid_sandbox_history_change(call, &item, &text);
}


ngx_uint_t
ngx_plaid_sandbox_transactions_create(ngx_plaid_sandbox_call_t *call)
{
    char                        *dump;
    u_char                      *p;
    json_t                      *list, *t;
    size_t                       i;
    ngx_int_t                    day;
    ngx_str_t                    text;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_ready_item(call, &item);
    if (status) {
        return status;
    }

    list = json_object_get(call->args, "transactions");

    if (json_array_size(list) == 0
        || json_array_size(list) > NGX_PLAID_SANDBOX_CREATE_MAX)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "transactions must have from 1 to %d of them",
                          NGX_PLAID_SANDBOX_CREATE_MAX);
    }

    text.data = ngx_pnalloc(call->pool, NGX_PLAID_SANDBOX_BODY_MAX * 6);
    if (text.data == NULL) {
        return 500;
    }

    p = text.data;

    json_array_foreach(list, i, t) {

        if (ngx_plaid_sandbox_string(t, "description") == NULL
            || !json_is_number(json_object_get(t, "amount"))
            || ngx_plaid_sandbox_day(t, "date_transacted", call->now, &day)
               != NGX_OK
            || ngx_plaid_sandbox_day(t, "date_posted", call->now, &day)
               != NGX_OK)
        {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "transactions must have date_transacted and "
                          "date_posted (YYYY-MM-DD), amount and description");
        }

        dump = json_dumps(t, JSON_COMPACT|JSON_REAL_PRECISION(15));

        if (dump == NULL) {
            return 500;
        }

        p = ngx_cpymem(p, dump, ngx_strlen(dump));
        *p++ = '\n';

        ngx_plaid_sandbox_jansson_free(dump);
    }

    text.len = p - text.data;

    return ngx_plaid_sandbox_history_change(call, &item, &text);
}
