
/* Statements of an item's accounts, one a month. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_history.h"
#include "ngx_plaid_sandbox_pdf.h"


/* months before this one that have a statement */
#define NGX_PLAID_SANDBOX_MONTHS       3


static void ngx_plaid_sandbox_month(time_t now, ngx_uint_t back,
    ngx_uint_t *year, ngx_uint_t *month);
static ngx_int_t ngx_plaid_sandbox_statement_id(u_char *buf,
    ngx_plaid_sandbox_record_t *item, const char *account, ngx_uint_t year,
    ngx_uint_t month);
static ngx_uint_t ngx_plaid_sandbox_statement(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *account, ngx_uint_t year,
    ngx_uint_t month);


ngx_uint_t
ngx_plaid_sandbox_statements_list(ngx_plaid_sandbox_call_t *call)
{
    json_t                                 *accounts, *list, *o, *a;
    u_char                                  id[40];
    size_t                                  i;
    ngx_uint_t                              status, k, year, month;
    const char                             *account;
    ngx_plaid_sandbox_record_t              item;
    const ngx_plaid_sandbox_institution_t  *in;

    accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_of(call, &item, NULL, &accounts);
    }

    if (status) {
        return status;
    }

    ngx_plaid_sandbox_add_product(call, &item, NGX_PLAID_SANDBOX_STATEMENTS);

    list = json_array();

    json_array_foreach(accounts, i, a) {
        account = ngx_plaid_sandbox_string(a, "account_id");

        o = json_pack("{s:s, s:O, s:O, s:s, s:O, s:O, s:[]}",
                      "account_id", account,
                      "account_mask", json_object_get(a, "mask"),
                      "account_name", json_object_get(a, "name"),
                      "account_official_name",
                      ngx_plaid_sandbox_string(a, "official_name")
                      ? ngx_plaid_sandbox_string(a, "official_name")
                      : ngx_plaid_sandbox_string(a, "name"),
                      "account_subtype", json_object_get(a, "subtype"),
                      "account_type", json_object_get(a, "type"),
                      "statements");

        for (k = 1; k <= NGX_PLAID_SANDBOX_MONTHS; k++) {
            ngx_plaid_sandbox_month(call->now, k, &year, &month);

            if (ngx_plaid_sandbox_statement_id(id, &item, account, year, month)
                == NGX_OK)
            {
                json_array_append_new(json_object_get(o, "statements"),
                            json_pack("{s:s, s:I, s:I}",
                                      "statement_id", id,
                                      "month", (json_int_t) month,
                                      "year", (json_int_t) year));
            }
        }

        json_array_append_new(list, o);
    }

    json_decref(accounts);

    in = &ngx_plaid_sandbox_institutions[item.institution];

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:s, s:s, s:s}",
                         "accounts", list,
                         "institution_id", in->ins,
                         "institution_name", in->name,
                         "item_id", item.item_id));
}


/* The month that was "back" months ago. */

static void
ngx_plaid_sandbox_month(time_t now, ngx_uint_t back, ngx_uint_t *year,
    ngx_uint_t *month)
{
    ngx_tm_t    tm;
    ngx_uint_t  n;

    ngx_gmtime(now, &tm);

    n = tm.ngx_tm_year * 12 + tm.ngx_tm_mon - 1 - back;

    *year = n / 12;
    *month = n % 12 + 1;
}


static ngx_int_t
ngx_plaid_sandbox_statement_id(u_char *buf, ngx_plaid_sandbox_record_t *item,
    const char *account, ngx_uint_t year, ngx_uint_t month)
{
    u_char  name[96];

    ngx_snprintf(name, sizeof(name), "%s/%ui-%ui%Z", account, year, month);

    return ngx_plaid_sandbox_derive(buf, 37, (char *) item->item_id,
                                    (char *) name);
}


ngx_uint_t
ngx_plaid_sandbox_statements_download(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts, *a;
    u_char                       id[40];
    size_t                       i;
    ngx_uint_t                   status, k, year, month;
    const char                  *wanted;
    ngx_plaid_sandbox_record_t   item;

    accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_of(call, &item, NULL, &accounts);
    }

    if (status) {
        return status;
    }

    wanted = ngx_plaid_sandbox_string(call->args, "statement_id");

    json_array_foreach(accounts, i, a) {

        for (k = 1; k <= NGX_PLAID_SANDBOX_MONTHS; k++) {
            ngx_plaid_sandbox_month(call->now, k, &year, &month);

            if (ngx_plaid_sandbox_statement_id(id, &item,
                    ngx_plaid_sandbox_string(a, "account_id"), year, month)
                == NGX_OK
                && ngx_strcmp(id, wanted) == 0)
            {
                status = ngx_plaid_sandbox_statement(call, &item, a, year,
                                                     month);
                json_decref(accounts);
                return status;
            }
        }
    }

    json_decref(accounts);

    return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                           "statement_id does not exist for this item");
}


static ngx_uint_t
ngx_plaid_sandbox_statement(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *account, ngx_uint_t year,
    ngx_uint_t month)
{
    json_t      *all, *lines, *t;
    u_char       line[128], prefix[16];
    size_t       i;
    ngx_int_t    rc;
    ngx_uint_t   status;
    const char  *id;

    status = ngx_plaid_sandbox_history_now(call, item, &all);
    if (status) {
        return status;
    }

    id = ngx_plaid_sandbox_string(account, "account_id");
    lines = json_array();

    ngx_sprintf(prefix, "%04ui-%02ui-%Z", year, month);

    ngx_snprintf(line, sizeof(line), "%s%Z",
                 ngx_plaid_sandbox_institutions[item->institution].name);
    json_array_append_new(lines, json_string((char *) line));

    ngx_snprintf(line, sizeof(line) - 1, "Statement %04ui-%02ui of %s, %s%Z",
                 year, month, ngx_plaid_sandbox_string(account, "name"),
                 ngx_plaid_sandbox_string(account, "mask"));
    line[sizeof(line) - 1] = '\0';
    json_array_append_new(lines, json_string((char *) line));
    json_array_append_new(lines, json_string(""));

    json_array_foreach(all, i, t) {

        if (ngx_strcmp(ngx_plaid_sandbox_string(t, "account_id"), id) != 0
            || ngx_strncmp(ngx_plaid_sandbox_string(t, "date"), prefix, 8)
               != 0)
        {
            continue;
        }

        snprintf((char *) line, sizeof(line), "%s  %-40.40s %12.2f",
                 ngx_plaid_sandbox_string(t, "date"),
                 ngx_plaid_sandbox_string(t, "name"),
                 -json_number_value(json_object_get(t, "amount")));

        json_array_append_new(lines, json_string((char *) line));
    }

    rc = ngx_plaid_sandbox_pdf(call, lines);

    json_decref(lines);
    json_decref(all);

    return rc == NGX_OK ? ngx_plaid_sandbox_reply(call, json_object()) : 500;
}
