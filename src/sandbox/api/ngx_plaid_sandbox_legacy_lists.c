
/* The lists of institutions that the legacy API has. */


#include "ngx_plaid_sandbox_api.h"


/* a page of a list */
#define NGX_PLAID_SANDBOX_PAGE         50
#define NGX_PLAID_SANDBOX_PAGE_MAX     500


static json_t *ngx_plaid_sandbox_mfa_names(const char *mfa);
static json_t *ngx_plaid_sandbox_search_json(ngx_uint_t row);
static json_int_t ngx_plaid_sandbox_page(json_t *args, const char *name,
    json_int_t value);


json_t *
ngx_plaid_sandbox_legacy_institution(ngx_uint_t row)
{
    json_t                                 *o;
    const ngx_plaid_sandbox_institution_t  *in;

    in = &ngx_plaid_sandbox_institutions[row];

    o = json_pack("{s:{s:s, s:s}, s:b, s:s, s:o, s:s, s:o, s:s}",
                  "credentials",
                  "username", in->username,
                  "password", "Password",
                  "has_mfa", in->mfa[0] != '\0',
                  "id", in->id,
                  "mfa", ngx_plaid_sandbox_mfa_names(in->mfa),
                  "name", in->name,
                  "products", ngx_plaid_sandbox_legacy_products(in->products),
                  "type", in->type);

    if (in->pin) {
        json_object_set_new(json_object_get(o, "credentials"), "pin",
                            json_string(in->pin));
    }

    return o;
}


static json_t *
ngx_plaid_sandbox_mfa_names(const char *mfa)
{
    size_t   len;
    json_t  *names;

    names = json_array();

    for ( /* void */ ; *mfa; mfa += len + (mfa[len] == ' ')) {
        len = strcspn(mfa, " ");
        json_array_append_new(names, json_stringn(mfa, len));
    }

    return names;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_institutions(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t  i;

    call->reply = json_array();

    for (i = 0; i < ngx_plaid_sandbox_institutions_n; i++) {
        if (ngx_plaid_sandbox_major(i)) {
            json_array_append_new(call->reply,
                                  ngx_plaid_sandbox_legacy_institution(i));
        }
    }

    return 200;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_institution_get(ngx_plaid_sandbox_call_t *call)
{
    char                                    id[64];
    ngx_int_t                               row;
    const ngx_plaid_sandbox_institution_t  *in;

    if (call->wild[0].len >= sizeof(id)) {
        return ngx_plaid_sandbox_legacy_error(call, 1301);
    }

    (void) ngx_cpystrn((u_char *) id, call->wild[0].data,
                       call->wild[0].len + 1);

    row = ngx_plaid_sandbox_institution(id);

    if (row == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, 1301);
    }

    in = &ngx_plaid_sandbox_institutions[row];

    if (in->type == NULL || ngx_strcmp(id, in->ins) == 0) {
        return ngx_plaid_sandbox_legacy_error(call, 1301);
    }

    call->reply = ngx_plaid_sandbox_legacy_institution(row);

    return 200;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_institutions_all(ngx_plaid_sandbox_call_t *call)
{
    json_t      *products, *results, *m;
    size_t       i;
    ngx_uint_t   row, longtail, bits;
    json_int_t   count, offset, total;

    longtail = call->path.len == sizeof("/institutions/longtail") - 1;

    count = ngx_plaid_sandbox_page(call->args, "count",
                                   NGX_PLAID_SANDBOX_PAGE);
    offset = ngx_plaid_sandbox_page(call->args, "offset", 0);

    if (count < 1 || count > NGX_PLAID_SANDBOX_PAGE_MAX || offset < 0) {
        return ngx_plaid_sandbox_legacy_error(call, 1304);
    }

    if (ngx_plaid_sandbox_array(call->args, "products", &products)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1305);
    }

    bits = 0;

    json_array_foreach(products, i, m) {
        if (json_is_string(m)) {
            bits |= ngx_plaid_sandbox_legacy_product(json_string_value(m));
        }
    }

    results = json_array();
    total = 0;

    for (row = 0; row < ngx_plaid_sandbox_institutions_n; row++) {

        if (ngx_plaid_sandbox_institutions[row].type == NULL
            || (longtail && ngx_plaid_sandbox_major(row))
            || (ngx_plaid_sandbox_institutions[row].products & bits) != bits)
        {
            continue;
        }

        if (total >= offset && total < offset + count) {
            json_array_append_new(results,
                                  ngx_plaid_sandbox_legacy_institution(row));
        }

        total++;
    }

    call->reply = json_pack("{s:I, s:o}",
                            "total_count", total,
                            "results", results);
    return 200;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_search(ngx_plaid_sandbox_call_t *call)
{
    ngx_int_t                               row;
    ngx_uint_t                              i, bit;
    const char                             *q, *p, *id;
    const ngx_plaid_sandbox_institution_t  *in;

    q = ngx_plaid_sandbox_string(call->args, "q");
    p = ngx_plaid_sandbox_string(call->args, "p");
    id = ngx_plaid_sandbox_string(call->args, "id");

    if (q == NULL && id == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 1305);
    }

    if (id) {
        row = ngx_plaid_sandbox_institution(id);

        call->reply = (row == NGX_ERROR
                       || ngx_plaid_sandbox_institutions[row].type == NULL)
                      ? json_array() : ngx_plaid_sandbox_search_json(row);
        return 200;
    }

    call->reply = json_array();
    bit = p ? ngx_plaid_sandbox_legacy_product(p) : 0;

    if (p && bit == 0) {
        return 200;
    }

    for (i = 0; i < ngx_plaid_sandbox_institutions_n; i++) {
        in = &ngx_plaid_sandbox_institutions[i];

        if (in->type && (in->products & bit) == bit
            && ngx_plaid_sandbox_contains(in->name, q))
        {
            json_array_append_new(call->reply,
                                  ngx_plaid_sandbox_search_json(i));
        }
    }

    return 200;
}


static json_t *
ngx_plaid_sandbox_search_json(ngx_uint_t row)
{
    json_t                                 *fields, *products;
    ngx_uint_t                              i;
    const ngx_plaid_sandbox_institution_t  *in;

    static const char  *names[] = { "connect", "auth", "balance", "info",
                                    "income", "risk" };

    in = &ngx_plaid_sandbox_institutions[row];

    fields = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]",
                       "name", "username",
                       "label", in->username,
                       "type", "text",
                       "name", "password",
                       "label", "Password",
                       "type", "password");

    if (in->pin) {
        json_array_append_new(fields,
                       json_pack("{s:s, s:s, s:s}",
                                 "name", "pin",
                                 "label", in->pin,
                                 "type", "password"));
    }

    products = json_object();

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_object_set_new(products, names[i],
                            json_boolean(in->products
                                & ngx_plaid_sandbox_legacy_product(names[i])));
    }

    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:n,"
                     " s:{s:s, s:s}, s:n, s:n, s:s}",
                     "id", in->type,
                     "name", in->name,
                     "products", products,
                     "fields", fields,
                     "forgottenPassword", "https://bank.example.com/forgot",
                     "accountLocked", "https://bank.example.com/locked",
                     "accountSetup", "https://bank.example.com/setup",
                     "video",
                     "colors", "primary", in->color, "light", "#ffffff",
                     "logo",
                     "nameBreak",
                     "type", in->type);
}


/* A number that a form sends as text; -1 when it is none. */

static json_int_t
ngx_plaid_sandbox_page(json_t *args, const char *name, json_int_t value)
{
    json_t     *m;
    ngx_int_t   n;

    m = json_object_get(args, name);

    if (m == NULL || json_is_null(m)) {
        return value;
    }

    if (json_is_integer(m)) {
        return json_integer_value(m) <= NGX_MAX_INT32_VALUE
               ? json_integer_value(m) : -1;
    }

    if (!json_is_string(m)) {
        return -1;
    }

    n = ngx_atoi((u_char *) json_string_value(m),
                 ngx_strlen(json_string_value(m)));

    return (n == NGX_ERROR || n > (ngx_int_t) NGX_MAX_INT32_VALUE) ? -1 : n;
}
