
/* Transactions as they are asked for: by date, or by cursor. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_history.h"


/* a request may ask for so many at once */
#define NGX_PLAID_SANDBOX_COUNT_MAX    500
#define NGX_PLAID_SANDBOX_COUNT        100

/* our own cursor in base64 */
#define NGX_PLAID_SANDBOX_CURSOR       256


typedef struct {
    ngx_uint_t                   at;            /* changes told so far */
    ngx_uint_t                   start;         /* of this pagination */
    ngx_uint_t                   total;         /* then; 0: not within one */
} ngx_plaid_sandbox_cursor_t;


static ngx_uint_t ngx_plaid_sandbox_paging(ngx_plaid_sandbox_call_t *call,
    json_t *options, json_int_t *count, json_int_t *offset);
static ngx_int_t ngx_plaid_sandbox_read_cursor(const char *text,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_cursor_t *cursor);
static void ngx_plaid_sandbox_write_cursor(u_char *text,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_cursor_t *cursor);
static ngx_uint_t ngx_plaid_sandbox_sync_reply(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *events,
    ngx_plaid_sandbox_cursor_t *cursor, ngx_uint_t count);
static void ngx_plaid_sandbox_sync_event(json_t *events, ngx_uint_t i,
    ngx_uint_t start, json_t *lists[3]);
static ngx_int_t ngx_plaid_sandbox_sync_find(json_t *events, const char *op,
    const char *id);


ngx_uint_t
ngx_plaid_sandbox_transactions_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts, *all, *list, *t;
    size_t                       i;
    ngx_int_t                    start, end, day;
    ngx_uint_t                   status;
    json_int_t                   count, offset, total;
    ngx_plaid_sandbox_record_t   item;

    if (ngx_plaid_sandbox_day(call->args, "start_date", call->now, &start)
        != NGX_OK
        || ngx_plaid_sandbox_day(call->args, "end_date", call->now, &end)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                        "start_date and end_date must be in the format "
                        "YYYY-MM-DD");
    }

    if (start > end) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                        "start_date must not be after end_date");
    }

    accounts = NULL;

    status = ngx_plaid_sandbox_paging(call,
                            json_object_get(call->args, "options"), &count,
                            &offset);

    if (status == 0) {
        status = ngx_plaid_sandbox_ready_item(call, &item);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_json(call, &item, &accounts);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_history_now(call, &item, &all);
    }

    if (status) {
        json_decref(accounts);
        return status;
    }

    list = json_array();
    total = 0;

    json_array_foreach(all, i, t) {

        if (ngx_plaid_sandbox_day(t, "date", call->now, &day) != NGX_OK
            || day < start || day > end
            || !ngx_plaid_sandbox_has_account(accounts,
                                 ngx_plaid_sandbox_string(t, "account_id")))
        {
            continue;
        }

        if (total >= offset && total < offset + count) {
            json_array_append(list, t);
        }

        total++;
    }

    json_decref(all);

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o, s:I, s:o}",
                         "accounts", accounts,
                         "transactions", list,
                         "total_transactions", total,
                         "item", ngx_plaid_sandbox_item_json(&item)));
}


static ngx_uint_t
ngx_plaid_sandbox_paging(ngx_plaid_sandbox_call_t *call, json_t *options,
    json_int_t *count, json_int_t *offset)
{
    json_t  *m;

    *count = NGX_PLAID_SANDBOX_COUNT;
    *offset = 0;

    m = json_object_get(options, "count");
    if (m && !json_is_null(m)) {
        *count = json_is_integer(m) ? json_integer_value(m) : 0;

        if (*count < 1 || *count > NGX_PLAID_SANDBOX_COUNT_MAX) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                 "count must be an integer from 1 to %d",
                                 NGX_PLAID_SANDBOX_COUNT_MAX);
        }
    }

    m = json_object_get(options, "offset");
    if (m && !json_is_null(m)) {
        *offset = json_is_integer(m) ? json_integer_value(m) : -1;

        /* beyond any list, and far from where a sum would overflow */

        if (*offset < 0 || *offset > NGX_MAX_INT32_VALUE) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                               "offset must be a non-negative integer");
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_transactions_sync(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *events;
    ngx_uint_t                   status, total;
    json_int_t                   count, offset;
    const char                  *text;
    ngx_plaid_sandbox_cursor_t   cursor;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_paging(call, call->args, &count, &offset);

    if (status == 0) {
        status = ngx_plaid_sandbox_ready_item(call, &item);
    }

    if (status) {
        return status;
    }

    ngx_plaid_sandbox_add_product(call, &item, NGX_PLAID_SANDBOX_CONNECT);

    status = ngx_plaid_sandbox_history(call, &item, &events);
    if (status) {
        return status;
    }

    total = json_array_size(events);
    text = ngx_plaid_sandbox_string(call->args, "cursor");

    ngx_memzero(&cursor, sizeof(cursor));

    if (text && ngx_strcmp(text, "now") == 0) {
        cursor.at = total;
        cursor.start = total;

    } else if (text
               && (ngx_plaid_sandbox_read_cursor(text, &item, &cursor)
                   != NGX_OK
                   || cursor.at > total))
    {
        json_decref(events);
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                             "cursor not associated with access_token");
    }

    if (cursor.total && cursor.total != total) {
        json_decref(events);
        return ngx_plaid_sandbox_error(call,
                     "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION",
                     "Underlying transaction data changed since last page was "
                     "fetched. Please restart pagination from last update.");
    }

    status = ngx_plaid_sandbox_sync_reply(call, &item, events, &cursor,
                                          (ngx_uint_t) count);
    json_decref(events);

    return status;
}


static ngx_uint_t
ngx_plaid_sandbox_sync_reply(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *events,
    ngx_plaid_sandbox_cursor_t *cursor, ngx_uint_t count)
{
    json_t      *ids, *accounts, *lists[3];
    u_char       text[NGX_PLAID_SANDBOX_CURSOR];
    ngx_uint_t   i, end, total, status;
    const char  *only;

    ids = NULL;
    only = ngx_plaid_sandbox_string(json_object_get(call->args, "options"),
                                    "account_id");
    if (only) {
        ids = json_pack("[s]", only);
    }

    status = ngx_plaid_sandbox_accounts_of(call, item, ids, &accounts);

    json_decref(ids);

    if (status) {
        return status;
    }

    total = json_array_size(events);
    end = ngx_min(cursor->at + count, total);

    for (i = 0; i < 3; i++) {
        lists[i] = json_array();
    }

    for (i = cursor->at; i < end; i++) {

        if (ngx_plaid_sandbox_has_account(accounts,
                ngx_plaid_sandbox_string(
                    json_object_get(json_array_get(events, i), "t"),
                    "account_id")))
        {
            ngx_plaid_sandbox_sync_event(events, i, cursor->start, lists);
        }
    }

    cursor->at = end;
    cursor->total = (end < total) ? total : 0;

    if (end == total) {
        cursor->start = total;
    }

    ngx_plaid_sandbox_write_cursor(text, item, cursor);

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:b}",
                         "transactions_update_status",
                         "HISTORICAL_UPDATE_COMPLETE",
                         "accounts", accounts,
                         "added", lists[0],
                         "modified", lists[1],
                         "removed", lists[2],
                         "next_cursor", text,
                         "has_more", end < total));
}


/* One change, unless a later one makes it needless. */

static void
ngx_plaid_sandbox_sync_event(json_t *events, ngx_uint_t i, ngx_uint_t start,
    json_t *lists[3])
{
    json_t      *e, *t;
    ngx_int_t    added, removed;
    const char  *op, *id;

    e = json_array_get(events, i);
    op = ngx_plaid_sandbox_string(e, "op");
    t = json_object_get(e, "t");
    id = ngx_plaid_sandbox_string(t, "transaction_id");

    removed = ngx_plaid_sandbox_sync_find(events, "removed", id);

    if (*op != 'r') {
        if (removed == NGX_ERROR) {
            json_array_append(*op == 'a' ? lists[0] : lists[1], t);
        }

        return;
    }

    /* what was never told of need not be taken back */

    added = ngx_plaid_sandbox_sync_find(events, "added", id);

    if (added != NGX_ERROR && (ngx_uint_t) added < start) {
        json_array_append_new(lists[2],
                    json_pack("{s:s, s:s}",
                              "transaction_id", id,
                              "account_id",
                              ngx_plaid_sandbox_string(t, "account_id")));
    }
}


static ngx_int_t
ngx_plaid_sandbox_sync_find(json_t *events, const char *op, const char *id)
{
    json_t  *e;
    size_t   i;

    json_array_foreach(events, i, e) {
        if (ngx_strcmp(ngx_plaid_sandbox_string(e, "op"), op) == 0
            && ngx_strcmp(ngx_plaid_sandbox_string(json_object_get(e, "t"),
                                                   "transaction_id"),
                          id)
               == 0)
        {
            return i;
        }
    }

    return NGX_ERROR;
}


static void
ngx_plaid_sandbox_write_cursor(u_char *text, ngx_plaid_sandbox_record_t *item,
    ngx_plaid_sandbox_cursor_t *cursor)
{
    u_char     plain[NGX_PLAID_SANDBOX_CURSOR / 2];
    ngx_str_t  src, dst;

    src.data = plain;
    src.len = ngx_sprintf(plain, "%s:%ui:%ui:%ui", item->item_id, cursor->at,
                          cursor->start, cursor->total)
              - plain;

    dst.data = text;
    ngx_encode_base64(&dst, &src);

    text[dst.len] = '\0';
}


static ngx_int_t
ngx_plaid_sandbox_read_cursor(const char *text,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_cursor_t *cursor)
{
    u_char      plain[NGX_PLAID_SANDBOX_CURSOR], *p, *end;
    ngx_int_t   n;
    ngx_str_t   src, dst;
    ngx_uint_t  i, *field[3];

    src.data = (u_char *) text;
    src.len = ngx_strlen(text);
    dst.data = plain;

    if (src.len >= sizeof(plain) || ngx_decode_base64(&dst, &src) != NGX_OK) {
        return NGX_ERROR;
    }

    p = plain;
    end = plain + dst.len;
    src.len = ngx_strlen(item->item_id);

    if (dst.len <= src.len || p[src.len] != ':'
        || ngx_strncmp(p, item->item_id, src.len) != 0)
    {
        return NGX_ERROR;
    }

    field[0] = &cursor->at;
    field[1] = &cursor->start;
    field[2] = &cursor->total;

    p += src.len;

    for (i = 0; i < 3; i++) {

        if (p == end || *p != ':') {
            return NGX_ERROR;
        }

        dst.data = ++p;

        while (p < end && *p != ':') {
            p++;
        }

        n = ngx_atoi(dst.data, p - dst.data);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        *field[i] = n;
    }

    return p == end ? NGX_OK : NGX_ERROR;
}
