
/* user_custom: accounts as the JSON in its password describes them. */


#include "ngx_plaid_sandbox_bank.h"


/* what is honoured, in the form of a route's fields */

static const char  ngx_plaid_sandbox_custom_top[] =
    "s?version v?seed a?override_accounts s?force_error";

static const char  ngx_plaid_sandbox_custom_fields[] =
    "s?type s?subtype n?starting_balance n?force_available_balance "
    "b?has_null_available_balance s?currency o?meta o?numbers a?transactions "
    "o?liability o?identity v?holdings v?investment_transactions";

static const char  ngx_plaid_sandbox_custom_meta[] =
    "s?name s?official_name n?limit s?mask";

static const char  ngx_plaid_sandbox_custom_numbers[] =
    "s?account s?ach_routing s?ach_wire_routing s?eft_institution "
    "s?eft_branch s?international_bic s?international_iban s?bacs_sort_code";

static const char  ngx_plaid_sandbox_custom_transaction[] =
    "s!date_transacted s!date_posted n!amount s!description s?currency";

static const char  ngx_plaid_sandbox_custom_identity[] =
    "a?names a?phone_numbers a?emails a?addresses";

static const char  ngx_plaid_sandbox_custom_liability[] =
    "s?type n?purchase_apr n?cash_apr n?balance_transfer_apr n?special_apr "
    "n?last_payment_amount n?minimum_payment_amount b?is_overdue "
    "s?origination_date n?principal n?nominal_apr s?expected_payoff_date "
    "s?guarantor s?loan_name o?loan_status s?payment_reference_number "
    "o?pslf_status s?repayment_plan_description s?repayment_plan_type "
    "s?sequence_number o?servicer_address";


static const char  *ngx_plaid_sandbox_types[][2] = {
    { "depository", "checking" },
    { "credit", "credit card" },
    { "loan", "student" },
    { "investment", "brokerage" }
};


static ngx_uint_t ngx_plaid_sandbox_custom_check(
    ngx_plaid_sandbox_call_t *call, json_t *custom);
static ngx_uint_t ngx_plaid_sandbox_custom_parts(
    ngx_plaid_sandbox_call_t *call, json_t *account, ngx_uint_t i);
static ngx_uint_t ngx_plaid_sandbox_custom_members(
    ngx_plaid_sandbox_call_t *call, json_t *object, const char *fields,
    const char *where);
static ngx_uint_t ngx_plaid_sandbox_custom_is(json_t *value, char type);
static ngx_uint_t ngx_plaid_sandbox_custom_type(const char *type);
static double ngx_plaid_sandbox_custom_available(json_t *o,
    ngx_plaid_sandbox_account_t *a);
static const char *ngx_plaid_sandbox_custom_format(ngx_pool_t *pool,
    const char *fmt, ngx_uint_t n);


ngx_uint_t
ngx_plaid_sandbox_custom_keep(ngx_plaid_sandbox_call_t *call,
    const char *password, u_char *item_id)
{
    json_t                      *custom;
    ngx_str_t                    text;
    ngx_uint_t                   status, stock;
    ngx_plaid_sandbox_record_t  *record;

    text.data = (u_char *) password;
    text.len = ngx_strlen(password);

    custom = text.len <= NGX_PLAID_SANDBOX_CUSTOM_MAX
             ? ngx_plaid_sandbox_load(password, text.len) : NULL;

    if (!json_is_object(custom)) {
        json_decref(custom);
        return ngx_plaid_sandbox_error(call, "INVALID_CREDENTIALS",
                      "the password of user_custom must be a JSON object of "
                      "at most %d bytes", NGX_PLAID_SANDBOX_CUSTOM_MAX);
    }

    status = ngx_plaid_sandbox_custom_check(call, custom);
    stock = (json_object_get(custom, "override_accounts") == NULL);

    json_decref(custom);

    if (status || stock) {
        return status;
    }

    record = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (record == NULL) {
        return 500;
    }

    record->kind = NGX_PLAID_SANDBOX_CUSTOM;
    record->created = call->now;
    ngx_plaid_sandbox_copy(record->name, item_id);

    if (ngx_plaid_sandbox_store_put(call->store, record) != NGX_OK
        || ngx_plaid_sandbox_store_attach(call->store,
                                          NGX_PLAID_SANDBOX_CUSTOM,
                                          (char *) item_id, &text, 0)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_custom_check(ngx_plaid_sandbox_call_t *call, json_t *custom)
{
    json_t      *list, *account;
    size_t       i;
    ngx_uint_t   status;
    const char  *code;

    status = ngx_plaid_sandbox_custom_members(call, custom,
                                       ngx_plaid_sandbox_custom_top, "");
    if (status) {
        return status;
    }

    code = ngx_plaid_sandbox_string(custom, "force_error");

    if (code) {
        if (ngx_plaid_sandbox_error_known(code) == NGX_OK) {
            return ngx_plaid_sandbox_error(call, code, NULL);
        }

        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                "user_custom: force_error is no error code");
    }

    list = json_object_get(custom, "override_accounts");

    if (list == NULL) {
        return 0;
    }

    if (json_array_size(list) == 0
        || json_array_size(list) > NGX_PLAID_SANDBOX_BANK_MAX)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                      "user_custom: override_accounts must have from 1 to %d "
                      "accounts", NGX_PLAID_SANDBOX_BANK_MAX);
    }

    json_array_foreach(list, i, account) {
        status = ngx_plaid_sandbox_custom_parts(call, account, i);

        if (status) {
            return status;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_custom_parts(ngx_plaid_sandbox_call_t *call, json_t *account,
    ngx_uint_t i)
{
    u_char       where[128];
    json_t      *part, *list;
    size_t       k;
    ngx_uint_t   status;
    const char  *type;

    static const struct {
        const char  *name;
        const char  *fields;
    } parts[] = {
        { "meta", ngx_plaid_sandbox_custom_meta },
        { "numbers", ngx_plaid_sandbox_custom_numbers },
        { "identity", ngx_plaid_sandbox_custom_identity },
        { "liability", ngx_plaid_sandbox_custom_liability }
    };

    ngx_sprintf(where, "override_accounts[%ui].%Z", i);

    status = ngx_plaid_sandbox_custom_members(call, account,
                       ngx_plaid_sandbox_custom_fields, (char *) where);

    type = ngx_plaid_sandbox_string(account, "type");

    if (status == 0 && type
        && ngx_plaid_sandbox_custom_type(type)
           == sizeof(ngx_plaid_sandbox_types)
              / sizeof(ngx_plaid_sandbox_types[0]))
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                      "user_custom: override_accounts[%ui].type is not "
                      "honoured by this sandbox", i);
    }

    for (k = 0; status == 0 && k < sizeof(parts) / sizeof(parts[0]); k++) {
        part = json_object_get(account, parts[k].name);

        if (part == NULL || json_is_null(part)) {
            continue;
        }

        ngx_sprintf(where, "override_accounts[%ui].%s.%Z", i, parts[k].name);

        status = ngx_plaid_sandbox_custom_members(call, part, parts[k].fields,
                                                  (char *) where);
    }

    list = json_object_get(account, "transactions");

    for (k = 0; status == 0 && k < json_array_size(list); k++) {
        ngx_sprintf(where, "override_accounts[%ui].transactions[%uz].%Z", i,
                    k);

        status = ngx_plaid_sandbox_custom_members(call,
                       json_array_get(list, k),
                       ngx_plaid_sandbox_custom_transaction, (char *) where);
    }

    return status;
}


/* Refuses by name what is not among "fields", or of another type. */

static ngx_uint_t
ngx_plaid_sandbox_custom_members(ngx_plaid_sandbox_call_t *call,
    json_t *object, const char *fields, const char *where)
{
    json_t      *value;
    size_t       n, len;
    ngx_uint_t   ok, found;
    const char  *name, *f;

    if (!json_is_object(object)) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                           "user_custom: %s must be an object", where);
    }

    json_object_foreach(object, name, value) {
        len = ngx_strlen(name);
        found = 0;
        ok = 0;

        for (f = fields; *f; f += n + (f[n] == ' ')) {
            n = strcspn(f, " ");

            if (n - 2 == len && ngx_strncmp(f + 2, name, len) == 0) {
                found = 1;
                ok = json_is_null(value)
                     || ngx_plaid_sandbox_custom_is(value, f[0]);
            }
        }

        if (!found) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                           "user_custom: %s%s is not honoured by this "
                           "sandbox", where, name);
        }

        if (!ok) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                           "user_custom: %s%s is of another type", where,
                           name);
        }
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_custom_is(json_t *value, char type)
{
    switch (type) {

    case 's':
        return json_is_string(value);

    case 'n':
        return json_is_number(value);

    case 'b':
        return json_is_boolean(value);

    case 'a':
        return json_is_array(value);

    case 'o':
        return json_is_object(value);

    default:
        return 1;
    }
}


static ngx_uint_t
ngx_plaid_sandbox_custom_type(const char *type)
{
    ngx_uint_t  i, n;

    n = sizeof(ngx_plaid_sandbox_types) / sizeof(ngx_plaid_sandbox_types[0]);

    for (i = 0; i < n; i++) {
        if (ngx_strcmp(ngx_plaid_sandbox_types[i][0], type) == 0) {
            return i;
        }
    }

    return n;
}


ngx_int_t
ngx_plaid_sandbox_custom_account(ngx_pool_t *pool, json_t *custom,
    ngx_uint_t i, ngx_plaid_sandbox_account_t *a)
{
    json_t      *o, *meta, *limit, *n;
    size_t       len;
    ngx_uint_t   type;
    const char  *s;

    o = json_array_get(json_object_get(custom, "override_accounts"), i);
    meta = json_object_get(o, "meta");

    s = ngx_plaid_sandbox_string(o, "type");
    type = s ? ngx_plaid_sandbox_custom_type(s) : 0;

    if (type >= sizeof(ngx_plaid_sandbox_types)
                / sizeof(ngx_plaid_sandbox_types[0]))
    {
        return NGX_ERROR;
    }

    a->custom = o;
    a->type = ngx_plaid_sandbox_types[type][0];
    a->subtype = ngx_plaid_sandbox_string(o, "subtype");
    a->name = ngx_plaid_sandbox_string(meta, "name");
    a->official = ngx_plaid_sandbox_string(meta, "official_name");
    a->mask = ngx_plaid_sandbox_string(meta, "mask");
    a->currency = ngx_plaid_sandbox_string(o, "currency");
    a->number = ngx_plaid_sandbox_string(json_object_get(o, "numbers"),
                                         "account");

    limit = json_object_get(meta, "limit");
    a->limit = json_number_value(limit);

    n = json_object_get(o, "starting_balance");
    a->current = n ? json_number_value(n) : 1000;
    a->available = ngx_plaid_sandbox_custom_available(o, a);

    a->id = ngx_plaid_sandbox_custom_format(pool, "custom-%ui%Z", i);

    if (a->number == NULL && type == 0) {
        a->number = ngx_plaid_sandbox_custom_format(pool, "11112222%04ui%Z",
                                                    i);
    }

    if (a->mask == NULL && a->number) {
        len = ngx_strlen(a->number);
        a->mask = a->number + (len > 4 ? len - 4 : 0);
    }

    if (a->mask == NULL) {
        a->mask = ngx_plaid_sandbox_custom_format(pool, "%04ui%Z", i);
    }

    if (a->subtype == NULL) {
        a->subtype = ngx_plaid_sandbox_types[type][1];
    }

    if (a->name == NULL) {
        a->name = ngx_plaid_sandbox_custom_format(pool, "Custom Account %ui%Z",
                                                  i + 1);
    }

    return (a->id && a->mask && a->name) ? NGX_OK : NGX_ERROR;
}


static double
ngx_plaid_sandbox_custom_available(json_t *o, ngx_plaid_sandbox_account_t *a)
{
    json_t  *n;

    n = json_object_get(o, "force_available_balance");

    if (json_is_number(n)) {
        return json_number_value(n);
    }

    a->unknown = json_is_true(json_object_get(o,
                                              "has_null_available_balance"));

    if (ngx_strcmp(a->type, "depository") == 0) {
        return a->current;
    }

    if (ngx_strcmp(a->type, "credit") == 0 && a->limit > 0) {
        return a->limit - a->current;
    }

    a->unknown = 1;

    return 0;
}


static const char *
ngx_plaid_sandbox_custom_format(ngx_pool_t *pool, const char *fmt,
    ngx_uint_t n)
{
    u_char  *p;

    p = ngx_pnalloc(pool, 64);

    if (p) {
        ngx_sprintf(p, fmt, n);
    }

    return (char *) p;
}
