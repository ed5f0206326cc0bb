
/*
 * The transactions of the sandbox: the sixteen that Plaid's own returned, all
 * of 2014; the current API shows them as of the last months, for an app asks
 * for those.
 */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_history.h"


/* the day of the newest one, 2014-07-24, in days since 1970 */
#define NGX_PLAID_SANDBOX_NEWEST       16275

/* no date: those taken begin with 1900, at -25567 */
#define NGX_PLAID_SANDBOX_NO_DAY       (-100000)


typedef struct {
    ngx_uint_t                   account;       /* row */
    const char                  *date;
    double                       amount;        /* out is positive */
    const char                  *name;
    const char                  *type;          /* "place", "special" */
    ngx_uint_t                   category;      /* row */
    const char                  *city;          /* NULL: none */
    const char                  *state;
} ngx_plaid_sandbox_transaction_t;


typedef struct {
    const char                  *id;
    const char                  *type;
    const char                  *hierarchy[3];
    const char                  *primary;       /* of the current API */
    const char                  *detailed;
} ngx_plaid_sandbox_category_t;


static const ngx_plaid_sandbox_category_t  ngx_plaid_sandbox_categories[] = {
    { "13005000", "place", { "Food and Drink", "Restaurants", NULL },
      "FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT" },
    { "13005043", "place", { "Food and Drink", "Restaurants", "Coffee Shop" },
      "FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE" },
    { "15001000", "special", { "Interest", "Interest Earned", NULL },
      "INCOME", "INCOME_INTEREST_EARNED" },
    { "16001000", "special", { "Payment", "Credit Card", NULL },
      "LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT" },
    { "19012000", "place", { "Shops", "Clothing and Accessories", NULL },
      "GENERAL_MERCHANDISE",
      "GENERAL_MERCHANDISE_CLOTHING_AND_ACCESSORIES" },
    { "19013000", "place", { "Shops", "Computers and Electronics", NULL },
      "GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_ELECTRONICS" },
    { "21001000", "special", { "Transfer", "Internal Account Transfer", NULL },
      "TRANSFER_OUT", "TRANSFER_OUT_ACCOUNT_TRANSFER" },
    { "21009000", "special", { "Transfer", "Payroll", NULL },
      "INCOME", "INCOME_WAGES" },
    { "21012002", "special", { "Transfer", "Withdrawal", "ATM" },
      "TRANSFER_OUT", "TRANSFER_OUT_WITHDRAWAL" },
    { "22016000", "place", { "Travel", "Taxi", NULL },
      "TRANSPORTATION", "TRANSPORTATION_TAXIS_AND_RIDE_SHARES" },
};

#define NGX_PLAID_SANDBOX_CATEGORIES                                          \
    (sizeof(ngx_plaid_sandbox_categories)                                     \
     / sizeof(ngx_plaid_sandbox_categories[0]))


static const ngx_plaid_sandbox_transaction_t
    ngx_plaid_sandbox_transactions[] = {
    { 2, "2014-07-24", 240, "Online Transfer to Savings", "special", 6,
      NULL, NULL },
    { 2, "2014-07-21", 200, "ATM Withdrawal", "special", 8,
      "San Francisco", "CA" },
    { 3, "2014-06-23", 2307.15, "Computer Store", "place", 5,
      "San Francisco", "CA" },
    { 1, "2014-06-21", 3.19, "Corner Coffee", "place", 1,
      "New York", "NY" },
    { 1, "2014-06-08", 80, "ATM Withdrawal", "special", 8,
      "New York", "NY" },
    { 0, "2014-06-02", -240, "Online Transfer from Checking", "special", 6,
      NULL, NULL },
    { 1, "2014-06-01", 240, "Online Transfer to Savings", "special", 6,
      NULL, NULL },
    { 1, "2014-05-17", -0.93, "Interest Payment", "special", 2,
      NULL, NULL },
    { 3, "2014-05-12", 12.74, "Crepe House", "place", 0,
      "San Francisco", "CA" },
    { 1, "2014-05-09", 7.23, "Roastery Coffee", "place", 1,
      "Winston-Salem", "NC" },
    { 3, "2014-04-26", 118.23, "Outfitters", "place", 4,
      "San Francisco", "CA" },
    { 1, "2014-04-20", -800, "Online Transfer from Savings", "special", 6,
      NULL, NULL },
    { 1, "2014-04-19", 120, "Credit Card Payment", "special", 3,
      NULL, NULL },
    { 3, "2014-04-17", 5.32, "Taxi", "place", 9,
      "San Francisco", "CA" },
    { 3, "2014-04-11", 28.57, "Noodle Bar", "place", 0,
      "New York", "NY" },
    { 0, "2014-03-27", -3042.44, "Payroll", "special", 7,
      NULL, NULL },
};

#define NGX_PLAID_SANDBOX_TRANSACTIONS                                        \
    (sizeof(ngx_plaid_sandbox_transactions)                                   \
     / sizeof(ngx_plaid_sandbox_transactions[0]))


static json_t *ngx_plaid_sandbox_hierarchy(
    const ngx_plaid_sandbox_category_t *category);
static void ngx_plaid_sandbox_enrich(ngx_plaid_sandbox_call_t *call,
    json_t *t, const ngx_plaid_sandbox_category_t *category,
    const char *merchant);
static json_t *ngx_plaid_sandbox_legacy_transaction(ngx_uint_t i);
static ngx_int_t ngx_plaid_sandbox_iso_day(const char *s);


json_t *
ngx_plaid_sandbox_stock_transactions(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank)
{
    json_t                                 *list;
    u_char                                  date[16];
    ngx_int_t                               shift;
    ngx_uint_t                              i;
    ngx_plaid_sandbox_entry_t               e;
    const ngx_plaid_sandbox_transaction_t  *tr;

    list = json_array();
    shift = call->now / 86400 - 1 - NGX_PLAID_SANDBOX_NEWEST;

    for (i = NGX_PLAID_SANDBOX_TRANSACTIONS; i-- > 0; /* void */ ) {
        tr = &ngx_plaid_sandbox_transactions[i];

        if (!ngx_plaid_sandbox_bank_has(bank, item, tr->account)) {
            continue;
        }

        ngx_plaid_sandbox_date(date,
                        ngx_plaid_sandbox_iso_day(tr->date) + shift);

        ngx_memzero(&e, sizeof(e));

        e.account = tr->account;
        e.key = tr->date;
        e.date = (char *) date;
        e.amount = tr->amount;
        e.name = tr->name;
        e.type = tr->type;
        e.category = tr->category;
        e.city = tr->city;
        e.state = tr->state;

        json_array_append_new(list, ngx_plaid_sandbox_transaction_json(call,
                                                        item, bank, &e));
    }

    return list;
}


json_t *
ngx_plaid_sandbox_transaction_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_entry_t *e)
{
    u_char                              id[40], account[40];
    json_t                             *t;
    const char                         *merchant, *currency;
    const ngx_plaid_sandbox_category_t *category;

    category = &ngx_plaid_sandbox_categories[e->category];

    if (ngx_plaid_sandbox_bank_id(account, bank, item, e->account) != NGX_OK
        || ngx_plaid_sandbox_derive(id, 37, (char *) item->item_id, e->key)
           != NGX_OK)
    {
        return NULL;
    }

    merchant = ngx_strcmp(e->type, "place") == 0 ? e->name : NULL;

    currency = e->currency ? e->currency
                           : bank->accounts[e->account].currency;
    if (currency == NULL) {
        currency = ngx_plaid_sandbox_currency(item->institution);
    }

    t = json_pack("{s:s, s:o, s:s, s:n, s:o, s:s, s:n, s:s, s:s, s:n, s:n,"
                  " s:s, s:s?, s:b, s:s?, s:n, s:s, s:s, s:s, s:n}",
                  "account_id", account,
                  "amount", ngx_plaid_sandbox_number(e->amount),
                  "iso_currency_code", currency,
                  "unofficial_currency_code",
                  "category", ngx_plaid_sandbox_hierarchy(category),
                  "category_id", category->id,
                  "check_number",
                  "date", e->date,
                  "authorized_date", e->authorized ? e->authorized : e->date,
                  "authorized_datetime",
                  "datetime",
                  "name", e->name,
                  "merchant_name", merchant,
                  "pending", (int) e->pending,
                  "pending_transaction_id", e->pending_id,
                  "account_owner",
                  "transaction_id", id,
                  "transaction_type", e->type,
                  "payment_channel", merchant ? "in store" : "other",
                  "transaction_code");

    json_object_set_new(t, "location",
                        json_pack("{s:n, s:s?, s:s?, s:n, s:s?, s:n, s:n,"
                                  " s:n}",
                                  "address",
                                  "city", e->city,
                                  "region", e->state,
                                  "postal_code",
                                  "country", e->city ? "US" : NULL,
                                  "lat",
                                  "lon",
                                  "store_number"));

    json_object_set_new(t, "payment_meta",
                        json_pack("{s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n}",
                                  "reference_number", "ppd_id", "payee",
                                  "by_order_of", "payer", "payment_method",
                                  "payment_processor", "reason"));

    ngx_plaid_sandbox_enrich(call, t, category, merchant);

    return t;
}


/* What Plaid finds out about a transaction. */

static void
ngx_plaid_sandbox_enrich(ngx_plaid_sandbox_call_t *call, json_t *t,
    const ngx_plaid_sandbox_category_t *category, const char *merchant)
{
    json_t      *parties, *original;
    u_char       id[40], site[128], icon[128], *p;
    const char  *s;

    ngx_snprintf(icon, sizeof(icon),
                 "https://plaid-category-icons.plaid.com/PFC_%s.png%Z",
                 category->primary);

    json_object_set_new(t, "personal_finance_category",
                        json_pack("{s:s, s:s, s:s, s:s}",
                                  "primary", category->primary,
                                  "detailed", category->detailed,
                                  "confidence_level", "HIGH",
                                  "version", "v1"));
    json_object_set_new(t, "personal_finance_category_icon_url",
                        json_string((char *) icon));

    original = json_null();

    if (json_is_true(json_object_get(json_object_get(call->args, "options"),
                                     "include_original_description")))
    {
        original = json_incref(json_object_get(t, "name"));
    }

    json_object_set_new(t, "original_description", original);

    parties = json_array();
    *site = '\0';

    if (merchant
        && ngx_plaid_sandbox_derive(id, 37, "merchant", merchant) == NGX_OK)
    {
        /* "Corner Coffee" is at cornercoffee.example.com */

        p = site;

        for (s = merchant; *s && p < site + 64; s++) {
            if (((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))) {
                *p++ = ngx_tolower(*s);
            }
        }

        ngx_sprintf(p, ".example.com%Z");

        json_array_append_new(parties,
                              json_pack("{s:s, s:s, s:s, s:s, s:n, s:s}",
                                        "name", merchant,
                                        "type", "merchant",
                                        "website", site,
                                        "entity_id", id,
                                        "logo_url",
                                        "confidence_level", "HIGH"));
    }

    json_object_set_new(t, "counterparties", parties);
    json_object_set_new(t, "logo_url", json_null());
    json_object_set_new(t, "website",
                        *site ? json_string((char *) site) : json_null());
    json_object_set_new(t, "merchant_entity_id",
                        *site ? json_string((char *) id) : json_null());
}


static json_t *
ngx_plaid_sandbox_hierarchy(const ngx_plaid_sandbox_category_t *category)
{
    json_t      *list;
    ngx_uint_t   i;

    list = json_array();

    for (i = 0; i < 3 && category->hierarchy[i]; i++) {
        json_array_append_new(list, json_string(category->hierarchy[i]));
    }

    return list;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_transactions(ngx_plaid_sandbox_call_t *call,
    json_t *options, json_t **list)
{
    ngx_int_t                               gte, lte, rc, day;
    ngx_uint_t                              i, found;
    const char                             *account;
    const ngx_plaid_sandbox_transaction_t  *tr;

    gte = 0;
    lte = NGX_MAX_INT32_VALUE;
    found = 1;

    rc = ngx_plaid_sandbox_day(options, "gte", call->now, &gte);

    if (rc == NGX_DECLINED) {
        rc = ngx_plaid_sandbox_day(options, "start_date", call->now, &gte);
    }

    if (rc == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, 1507);
    }

    rc = ngx_plaid_sandbox_day(options, "lte", call->now, &lte);

    if (rc == NGX_DECLINED) {
        rc = ngx_plaid_sandbox_day(options, "end_date", call->now, &lte);
    }

    if (rc == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, 1507);
    }

    account = ngx_plaid_sandbox_string(options, "account");

    if (account) {
        found = 0;

        for (i = 0; i < ngx_plaid_sandbox_accounts_n; i++) {
            found |= (ngx_strcmp(account, ngx_plaid_sandbox_accounts[i].id)
                      == 0);
        }
    }

    if (!found) {
        return ngx_plaid_sandbox_legacy_error(call, 1606);
    }

    *list = json_array();

    for (i = 0; i < NGX_PLAID_SANDBOX_TRANSACTIONS; i++) {
        tr = &ngx_plaid_sandbox_transactions[i];

        day = ngx_plaid_sandbox_iso_day(tr->date);

        if (day < gte || day > lte
            || (account
                && ngx_strcmp(account,
                              ngx_plaid_sandbox_accounts[tr->account].id)
                   != 0))
        {
            continue;
        }

        json_array_append_new(*list, ngx_plaid_sandbox_legacy_transaction(i));
    }

    return 0;
}


static json_t *
ngx_plaid_sandbox_legacy_transaction(ngx_uint_t i)
{
    u_char                                  id[40];
    json_t                                 *location, *score;
    const ngx_plaid_sandbox_category_t     *category;
    const ngx_plaid_sandbox_transaction_t  *tr;

    tr = &ngx_plaid_sandbox_transactions[i];
    category = &ngx_plaid_sandbox_categories[tr->category];

    if (ngx_plaid_sandbox_derive(id, 37, NGX_PLAID_SANDBOX_LEGACY_ITEM,
                                 tr->date)
        != NGX_OK)
    {
        return NULL;
    }

    location = json_object();
    score = json_object();

    if (tr->city) {
        json_object_set_new(location, "city", json_string(tr->city));
        json_object_set_new(location, "state", json_string(tr->state));
        json_object_set_new(score, "city", json_integer(1));
        json_object_set_new(score, "state", json_integer(1));
    }

    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:{s:o}, s:b, s:{s:s}, s:o,"
                     " s:s, s:{s:o, s:f}}",
                     "_account", ngx_plaid_sandbox_accounts[tr->account].id,
                     "_id", id,
                     "amount", ngx_plaid_sandbox_number(tr->amount),
                     "date", tr->date,
                     "name", tr->name,
                     "meta", "location", location,
                     "pending", 0,
                     "type", "primary", tr->type,
                     "category", ngx_plaid_sandbox_hierarchy(category),
                     "category_id", category->id,
                     "score", "location", score, "name", 0.9);
}


ngx_uint_t
ngx_plaid_sandbox_categories_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                              *row, *list;
    ngx_uint_t                           i;
    const ngx_plaid_sandbox_category_t  *category;

    list = json_array();

    for (i = 0; i < NGX_PLAID_SANDBOX_CATEGORIES; i++) {
        category = &ngx_plaid_sandbox_categories[i];

        row = json_pack("{s:s, s:o, s:s}",
                        "id", category->id,
                        "hierarchy", ngx_plaid_sandbox_hierarchy(category),
                        "type", category->type);

        if (call->wild[0].len == 0) {
            json_array_append_new(list, row);
            continue;
        }

        if (ngx_strlen(category->id) == call->wild[0].len
            && ngx_strncmp(category->id, call->wild[0].data,
                           call->wild[0].len)
               == 0)
        {
            json_decref(list);
            call->reply = row;
            return 200;
        }

        json_decref(row);
    }

    if (call->wild[0].len) {
        json_decref(list);
        return ngx_plaid_sandbox_legacy_error(call, 1501);
    }

    call->reply = list;

    return 200;
}


ngx_int_t
ngx_plaid_sandbox_day(json_t *object, const char *name, time_t now,
    ngx_int_t *day)
{
    size_t       len;
    ngx_int_t    n, iso;
    const char  *s;

    s = ngx_plaid_sandbox_string(object, name);
    if (s == NULL) {
        return NGX_DECLINED;
    }

    iso = ngx_plaid_sandbox_iso_day(s);

    if (iso != NGX_PLAID_SANDBOX_NO_DAY) {
        *day = iso;
        return NGX_OK;
    }

    /* "30 days ago" */

    len = strspn(s, "0123456789");
    n = ngx_atoi((u_char *) s, len);

    if (n == NGX_ERROR || len > 5 || ngx_strcmp(s + len, " days ago") != 0) {
        return NGX_ERROR;
    }

    *day = now / 86400 - n;

    return NGX_OK;
}


/* "2014-07-24", as days since 1970. */

static ngx_int_t
ngx_plaid_sandbox_iso_day(const char *s)
{
    ngx_int_t  y, m, d, era;

    if (ngx_strlen(s) != 10 || s[4] != '-' || s[7] != '-') {
        return NGX_PLAID_SANDBOX_NO_DAY;
    }

    y = ngx_atoi((u_char *) s, 4);
    m = ngx_atoi((u_char *) s + 5, 2);
    d = ngx_atoi((u_char *) s + 8, 2);

    if (y < 1900 || m < 1 || m > 12 || d < 1 || d > 31) {
        return NGX_PLAID_SANDBOX_NO_DAY;
    }

    /* days since 1970 with the year beginning in March */

    if (m <= 2) {
        y--;
        m += 12;
    }

    era = 365 * y + y / 4 - y / 100 + y / 400;

    return era + (153 * (m - 3) + 2) / 5 + d - 1 - 719468;
}


void
ngx_plaid_sandbox_date(u_char *buf, ngx_int_t day)
{
    ngx_tm_t  tm;

    ngx_gmtime((time_t) day * 86400, &tm);

    ngx_sprintf(buf, "%4d-%02d-%02d%Z", tm.ngx_tm_year, tm.ngx_tm_mon,
                tm.ngx_tm_mday);
}
