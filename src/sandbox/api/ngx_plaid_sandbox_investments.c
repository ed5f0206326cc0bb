
/* Holdings and trades of investment accounts. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_history.h"


#define NGX_PLAID_SANDBOX_TRADES_MAX   500
#define NGX_PLAID_SANDBOX_TRADES       100


typedef struct {
    const char                  *name;
    const char                  *ticker;        /* NULL: none */
    const char                  *type;
    double                       price;
    double                       quantity;
    double                       cost;
} ngx_plaid_sandbox_security_t;


static const ngx_plaid_sandbox_security_t  ngx_plaid_sandbox_securities[] = {
    { "Platypus Growth Fund", "PLTY", "mutual fund", 10.42, 21.5, 9.8 },
    { "Tartan Index ETF", "TRTN", "etf", 34.73, 12, 30.15 },
    { "U S Dollar", NULL, "cash", 1, 12345.67, 1 },
};

#define NGX_PLAID_SANDBOX_SECURITIES                                          \
    (sizeof(ngx_plaid_sandbox_securities)                                     \
     / sizeof(ngx_plaid_sandbox_securities[0]))


static ngx_uint_t ngx_plaid_sandbox_invested(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t **accounts);
static json_t *ngx_plaid_sandbox_security_json(const char *name,
    const char *ticker, const char *type, double price, json_t *custom,
    const char *date);
static void ngx_plaid_sandbox_hold(json_t *holdings, json_t *securities,
    const char *account, const ngx_plaid_sandbox_security_t *s,
    json_t *custom, const char *date);
static json_t *ngx_plaid_sandbox_array_of(json_t *value);
static json_t *ngx_plaid_sandbox_trades(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t *accounts, json_t *securities);
static json_t *ngx_plaid_sandbox_trade(ngx_plaid_sandbox_record_t *item,
    const char *key, const char *account, json_t *security, json_t *custom,
    const char *date, double quantity, double price);
static json_t *ngx_plaid_sandbox_custom_of(ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, json_t *account, const char *name,
    ngx_uint_t *stock);


/* The item and its accounts, one of which is for investments. */

static ngx_uint_t
ngx_plaid_sandbox_invested(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t **accounts)
{
    json_t      *a;
    size_t       i;
    ngx_uint_t   status;

    *accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, item);

    if (status == 0) {
        ngx_plaid_sandbox_add_product(call, item,
                                      NGX_PLAID_SANDBOX_INVESTMENTS);
        status = ngx_plaid_sandbox_accounts_json(call, item, accounts);
    }

    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_bank(call, item, bank) != NGX_OK) {
        json_decref(*accounts);
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    json_array_foreach(*accounts, i, a) {
        if (ngx_strcmp(ngx_plaid_sandbox_string(a, "type"), "investment")
            == 0)
        {
            return 0;
        }
    }

    json_decref(*accounts);

    return ngx_plaid_sandbox_error(call, "NO_INVESTMENT_ACCOUNTS", NULL);
}


/* What user_custom says of an account, as an array; NULL: nothing. */

static json_t *
ngx_plaid_sandbox_custom_of(ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, json_t *account, const char *name,
    ngx_uint_t *stock)
{
    ngx_int_t  row;

    row = ngx_plaid_sandbox_bank_row(bank, item,
                             ngx_plaid_sandbox_string(account, "account_id"));

    *stock = (row == NGX_ERROR || bank->accounts[row].custom == NULL);

    if (*stock) {
        return NULL;
    }

    return ngx_plaid_sandbox_array_of(
                         json_object_get(bank->accounts[row].custom, name));
}


/* Plaid's schema has one object, its documentation an array. */

static json_t *
ngx_plaid_sandbox_array_of(json_t *value)
{
    if (json_is_object(value)) {
        return json_pack("[O]", value);
    }

    return json_is_array(value) ? json_incref(value) : NULL;
}


ngx_uint_t
ngx_plaid_sandbox_holdings_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts, *a, *custom, *h;
    json_t                      *holdings, *securities;
    u_char                       date[16];
    size_t                       i, k;
    ngx_uint_t                   status, stock;
    const char                  *id;
    ngx_plaid_sandbox_bank_t     bank;
    ngx_plaid_sandbox_record_t   item;

    status = ngx_plaid_sandbox_invested(call, &item, &bank, &accounts);
    if (status) {
        return status;
    }

    holdings = json_array();
    securities = json_array();

    ngx_plaid_sandbox_date(date, (ngx_int_t) (call->now / 86400) - 1);

    json_array_foreach(accounts, i, a) {

        json_object_set_new(json_object_get(a, "balances"),
                            "margin_loan_amount", json_null());

        if (ngx_strcmp(ngx_plaid_sandbox_string(a, "type"), "investment")
            != 0)
        {
            continue;
        }

        id = ngx_plaid_sandbox_string(a, "account_id");
        custom = ngx_plaid_sandbox_custom_of(&bank, &item, a, "holdings",
                                             &stock);

        json_array_foreach(custom, k, h) {
            ngx_plaid_sandbox_hold(holdings, securities, id, NULL, h,
                                   (char *) date);
        }

        json_decref(custom);

        for (k = 0; stock && k < NGX_PLAID_SANDBOX_SECURITIES; k++) {
            ngx_plaid_sandbox_hold(holdings, securities, id,
                                   &ngx_plaid_sandbox_securities[k], NULL,
                                   (char *) date);
        }
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o, s:o, s:o}",
                         "accounts", accounts,
                         "holdings", holdings,
                         "securities", securities,
                         "item", ngx_plaid_sandbox_item_json(&item)));
}


static void
ngx_plaid_sandbox_hold(json_t *holdings, json_t *securities,
    const char *account, const ngx_plaid_sandbox_security_t *s,
    json_t *custom, const char *date)
{
    double       price, quantity, cost;
    json_t      *security, *have, *m;
    size_t       i;
    const char  *id, *name, *currency;

    currency = ngx_plaid_sandbox_string(custom, "currency");

    if (s) {
        price = s->price;
        quantity = s->quantity;
        cost = s->cost;
        security = ngx_plaid_sandbox_security_json(s->name, s->ticker,
                                                 s->type, price, NULL, date);

    } else {
        price = json_number_value(json_object_get(custom,
                                                  "institution_price"));
        quantity = json_number_value(json_object_get(custom, "quantity"));
        cost = json_number_value(json_object_get(custom, "cost_basis"));

        m = json_object_get(custom, "security");
        name = ngx_plaid_sandbox_string(m, "name");

        security = ngx_plaid_sandbox_security_json(name ? name : "Security",
                               ngx_plaid_sandbox_string(m, "ticker_symbol"),
                               "equity", price, m, date);
    }

    id = ngx_plaid_sandbox_string(security, "security_id");

    json_array_append_new(holdings,
          json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:s, s:n}",
                    "account_id", account,
                    "security_id", id,
                    "institution_price", ngx_plaid_sandbox_number(price),
                    "institution_value",
                    ngx_plaid_sandbox_number(price * quantity),
                    "institution_price_as_of", date,
                    "cost_basis", ngx_plaid_sandbox_number(cost * quantity),
                    "quantity", ngx_plaid_sandbox_number(quantity),
                    "iso_currency_code", currency ? currency : "USD",
                    "unofficial_currency_code"));

    json_array_foreach(securities, i, have) {
        if (ngx_strcmp(ngx_plaid_sandbox_string(have, "security_id"), id)
            == 0)
        {
            json_decref(security);
            return;
        }
    }

    json_array_append_new(securities, security);
}


static json_t *
ngx_plaid_sandbox_security_json(const char *name, const char *ticker,
    const char *type, double price, json_t *custom, const char *date)
{
    u_char       id[40];
    const char  *currency;

    if (ngx_plaid_sandbox_derive(id, 37, "security", ticker ? ticker : name)
        != NGX_OK)
    {
        return NULL;
    }

    currency = ngx_plaid_sandbox_string(custom, "currency");

    return json_pack("{s:s, s:s?, s:s?, s:s?, s:n, s:n, s:n, s:s, s:s?, s:b,"
                     " s:s, s:o, s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:n,"
                     " s:n, s:n}",
                     "security_id", id,
                     "isin", ngx_plaid_sandbox_string(custom, "isin"),
                     "cusip", ngx_plaid_sandbox_string(custom, "cusip"),
                     "sedol", ngx_plaid_sandbox_string(custom, "sedol"),
                     "institution_security_id",
                     "institution_id",
                     "proxy_security_id",
                     "name", name,
                     "ticker_symbol", ticker,
                     "is_cash_equivalent", ngx_strcmp(type, "cash") == 0,
                     "type", type,
                     "close_price", ngx_plaid_sandbox_number(price),
                     "close_price_as_of", date,
                     "iso_currency_code", currency ? currency : "USD",
                     "unofficial_currency_code",
                     "market_identifier_code",
                     "sector",
                     "industry",
                     "cfi_code",
                     "figi",
                     "option_contract",
                     "fixed_income");
}


ngx_uint_t
ngx_plaid_sandbox_investments_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts, *securities, *all, *list, *m;
    json_t                      *options;
    size_t                       i;
    ngx_int_t                    start, end, day;
    ngx_uint_t                   status;
    json_int_t                   count, offset, total;
    ngx_plaid_sandbox_bank_t     bank;
    ngx_plaid_sandbox_record_t   item;

    if (ngx_plaid_sandbox_day(call->args, "start_date", call->now, &start)
        != NGX_OK
        || ngx_plaid_sandbox_day(call->args, "end_date", call->now, &end)
           != NGX_OK
        || start > end)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                        "start_date and end_date must be in the format "
                        "YYYY-MM-DD, and in this order");
    }

    options = json_object_get(call->args, "options");
    m = json_object_get(options, "count");
    count = json_is_integer(m) ? json_integer_value(m)
                               : NGX_PLAID_SANDBOX_TRADES;
    offset = json_integer_value(json_object_get(options, "offset"));

    if (count < 1 || count > NGX_PLAID_SANDBOX_TRADES_MAX || offset < 0
        || offset > NGX_MAX_INT32_VALUE)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                        "count must be from 1 to %d, offset not negative",
                        NGX_PLAID_SANDBOX_TRADES_MAX);
    }

    status = ngx_plaid_sandbox_invested(call, &item, &bank, &accounts);
    if (status) {
        return status;
    }

    securities = json_array();
    all = ngx_plaid_sandbox_trades(call, &item, &bank, accounts, securities);
    list = json_array();
    total = 0;

    json_array_foreach(all, i, m) {

        if (ngx_plaid_sandbox_day(m, "date", call->now, &day) != NGX_OK
            || day < start || day > end)
        {
            continue;
        }

        if (total >= offset && total < offset + count) {
            json_array_append(list, m);
        }

        total++;
    }

    json_decref(all);

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o, s:o, s:o, s:I, s:b}",
                         "item", ngx_plaid_sandbox_item_json(&item),
                         "accounts", accounts,
                         "securities", securities,
                         "investment_transactions", list,
                         "total_investment_transactions", total,
                         "is_investments_fallback_item", 0));
}


static json_t *
ngx_plaid_sandbox_trades(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    json_t *accounts, json_t *securities)
{
    json_t                              *list, *a, *custom, *t, *security;
    u_char                               date[16], key[64];
    size_t                               i, k;
    ngx_uint_t                           stock;
    const char                          *id, *name;
    const ngx_plaid_sandbox_security_t  *s;

    list = json_array();

    json_array_foreach(accounts, i, a) {

        json_object_set_new(json_object_get(a, "balances"),
                            "margin_loan_amount", json_null());

        if (ngx_strcmp(ngx_plaid_sandbox_string(a, "type"), "investment")
            != 0)
        {
            continue;
        }

        id = ngx_plaid_sandbox_string(a, "account_id");
        custom = ngx_plaid_sandbox_custom_of(bank, item, a,
                                             "investment_transactions",
                                             &stock);

        json_array_foreach(custom, k, t) {
            ngx_sprintf(key, "trade/%uz/%uz%Z", i, k);

            name = ngx_plaid_sandbox_string(json_object_get(t, "security"),
                                            "name");
            security = ngx_plaid_sandbox_security_json(
                           name ? name : "Security",
                           ngx_plaid_sandbox_string(
                               json_object_get(t, "security"),
                               "ticker_symbol"),
                           "equity",
                           json_number_value(json_object_get(t, "price")),
                           json_object_get(t, "security"),
                           ngx_plaid_sandbox_string(t, "date"));

            if (security) {
                json_array_append_new(list,
                     ngx_plaid_sandbox_trade(item, (char *) key, id, security,
                           t, ngx_plaid_sandbox_string(t, "date"),
                           json_number_value(json_object_get(t, "quantity")),
                           json_number_value(json_object_get(t, "price"))));
                json_array_append_new(securities, security);
            }
        }

        json_decref(custom);

        /* each of them was bought, a month after the other */

        for (k = 0; stock && k + 1 < NGX_PLAID_SANDBOX_SECURITIES; k++) {
            s = &ngx_plaid_sandbox_securities[k];

            ngx_plaid_sandbox_date(date, (ngx_int_t) (call->now / 86400)
                                         - 30 * (ngx_int_t) (k + 1));
            ngx_sprintf(key, "trade/%uz/%uz%Z", i, k);

            security = ngx_plaid_sandbox_security_json(s->name, s->ticker,
                                       s->type, s->price, NULL,
                                       (char *) date);

            json_array_append_new(list,
                     ngx_plaid_sandbox_trade(item, (char *) key, id, security,
                                             NULL, (char *) date, s->quantity,
                                             s->cost));
            json_array_append_new(securities, security);
        }
    }

    return list;
}


static json_t *
ngx_plaid_sandbox_trade(ngx_plaid_sandbox_record_t *item, const char *key,
    const char *account, json_t *security, json_t *custom, const char *date,
    double quantity, double price)
{
    double       fees;
    u_char       id[40];
    const char  *name, *type, *currency;

    if (ngx_plaid_sandbox_derive(id, 37, (char *) item->item_id, key)
        != NGX_OK)
    {
        return NULL;
    }

    name = ngx_plaid_sandbox_string(custom, "name");
    type = ngx_plaid_sandbox_string(custom, "type");
    currency = ngx_plaid_sandbox_string(custom, "currency");
    fees = json_number_value(json_object_get(custom, "fees"));

    if (name == NULL) {
        name = ngx_plaid_sandbox_string(security, "name");
    }

    return json_pack("{s:s, s:s, s:O, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s,"
                     " s:s, s:n}",
                     "investment_transaction_id", id,
                     "account_id", account,
                     "security_id", json_object_get(security, "security_id"),
                     "date", date ? date : "1970-01-01",
                     "name", name,
                     "quantity", ngx_plaid_sandbox_number(quantity),
                     "amount",
                     ngx_plaid_sandbox_number(quantity * price + fees),
                     "price", ngx_plaid_sandbox_number(price),
                     "fees", ngx_plaid_sandbox_number(fees),
                     "type", type ? type : "buy",
                     "subtype", type ? type : "buy",
                     "iso_currency_code", currency ? currency : "USD",
                     "unofficial_currency_code");
}
