
/* The institutions that the current API has, and how both are searched. */


#include "ngx_plaid_sandbox_api.h"


/* a page of a list */
#define NGX_PLAID_SANDBOX_PAGE_MAX     500


static json_t *ngx_plaid_sandbox_institution_json(ngx_pool_t *pool,
    ngx_uint_t row, json_t *options);
static ngx_uint_t ngx_plaid_sandbox_countries(ngx_plaid_sandbox_call_t *call);
static ngx_uint_t ngx_plaid_sandbox_in_country(json_t *args, ngx_uint_t row);
static ngx_uint_t ngx_plaid_sandbox_wanted_products(
    ngx_plaid_sandbox_call_t *call, json_t *list);


ngx_uint_t
ngx_plaid_sandbox_contains(const char *text, const char *part)
{
    size_t  len;

    len = ngx_strlen(part);

    for ( /* void */ ; *text; text++) {
        if (ngx_strncasecmp((u_char *) text, (u_char *) part, len) == 0) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_major(ngx_uint_t row)
{
    const char  *type;

    type = ngx_plaid_sandbox_institutions[row].type;

    return type && (*type < '0' || *type > '9');
}


json_t *
ngx_plaid_sandbox_find_institutions(const char *query, ngx_uint_t legacy,
    ngx_uint_t longtail, ngx_uint_t max, json_t *(*make)(ngx_uint_t row))
{
    json_t      *list;
    ngx_uint_t   n, i, first;

    list = json_array();
    first = 0;

    /* the current API's test banks are what everybody looks for */

    while (!legacy && ngx_plaid_sandbox_institutions[first].type) {
        first++;
    }

    for (n = 0; n < ngx_plaid_sandbox_institutions_n
                && json_array_size(list) < max; n++)
    {
        i = (first + n) % ngx_plaid_sandbox_institutions_n;

        if (legacy && (ngx_plaid_sandbox_institutions[i].type == NULL
                       || (!longtail && !ngx_plaid_sandbox_major(i))))
        {
            continue;
        }

        if (query
            && !ngx_plaid_sandbox_contains(
                                 ngx_plaid_sandbox_institutions[i].name,
                                 query))
        {
            continue;
        }

        json_array_append_new(list, make(i));
    }

    return list;
}


static json_t *
ngx_plaid_sandbox_institution_json(ngx_pool_t *pool, ngx_uint_t row,
    json_t *options)
{
    json_t                                 *o;
    const ngx_plaid_sandbox_institution_t  *in;

    in = &ngx_plaid_sandbox_institutions[row];

    o = json_pack("{s:s, s:s, s:o, s:[s], s:[s], s:[], s:b}",
                  "institution_id", in->ins,
                  "name", in->name,
                  "products",
                  ngx_plaid_sandbox_products(NGX_PLAID_SANDBOX_SUPPORTED),
                  "country_codes", in->country,
                  "routing_numbers", NGX_PLAID_SANDBOX_ROUTING,
                  "dtc_numbers",
                  "oauth", (int) in->oauth);

    if (json_is_true(json_object_get(options, "include_optional_metadata"))) {
        json_object_set_new(o, "url",
                            json_string("https://bank.example.com/"));
        json_object_set_new(o, "primary_color", json_string(in->color));
        json_object_set_new(o, "logo", ngx_plaid_sandbox_logo(pool, row));
    }

    return o;
}


ngx_uint_t
ngx_plaid_sandbox_institutions_get(ngx_plaid_sandbox_call_t *call)
{
    json_t      *list, *options, *oauth;
    ngx_uint_t   i, status;
    json_int_t   count, offset, total;

    count = json_integer_value(json_object_get(call->args, "count"));
    offset = json_integer_value(json_object_get(call->args, "offset"));

    if (count < 1 || count > NGX_PLAID_SANDBOX_PAGE_MAX) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "count must be from 1 to %d",
                                       NGX_PLAID_SANDBOX_PAGE_MAX);
    }

    if (offset < 0 || offset > NGX_MAX_INT32_VALUE) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                               "offset must be a non-negative integer");
    }

    options = json_object_get(call->args, "options");

    status = ngx_plaid_sandbox_countries(call);

    if (status == 0) {
        status = ngx_plaid_sandbox_wanted_products(call,
                                     json_object_get(options, "products"));
    }

    if (status) {
        return status;
    }

    oauth = json_object_get(options, "oauth");
    list = json_array();
    total = 0;

    for (i = 0; i < ngx_plaid_sandbox_institutions_n; i++) {

        if (!ngx_plaid_sandbox_in_country(call->args, i)
            || (json_is_true(oauth)
                && !ngx_plaid_sandbox_institutions[i].oauth))
        {
            continue;
        }

        if (total >= offset && total < offset + count) {
            json_array_append_new(list,
                      ngx_plaid_sandbox_institution_json(call->pool, i,
                                                         options));
        }

        total++;
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:I}",
                         "institutions", list,
                         "total", total));
}


ngx_uint_t
ngx_plaid_sandbox_institution_by_id(ngx_plaid_sandbox_call_t *call)
{
    json_t      *options, *o;
    u_char       day[32];
    ngx_int_t    row;
    ngx_uint_t   status;
    const char  *id;

    status = ngx_plaid_sandbox_countries(call);
    if (status) {
        return status;
    }

    id = ngx_plaid_sandbox_string(call->args, "institution_id");
    row = ngx_plaid_sandbox_institution(id);

    if (row == NGX_ERROR || ngx_strncmp(id, "ins_", 4) != 0
        || !ngx_plaid_sandbox_in_country(call->args, row))
    {
        return ngx_plaid_sandbox_error(call, "INVALID_INSTITUTION", NULL);
    }

    options = json_object_get(call->args, "options");
    o = ngx_plaid_sandbox_institution_json(call->pool, row, options);

    if (json_is_true(json_object_get(options, "include_status"))) {
        ngx_plaid_sandbox_time(day, call->now - call->now % 86400);

        json_object_set_new(o, "status",
            json_pack("{s:{s:s, s:s, s:{s:f, s:f, s:f}}}",
                      "item_logins",
                      "status", "HEALTHY",
                      "last_status_change", day,
                      "breakdown",
                      "success", 1.0,
                      "error_plaid", 0.0,
                      "error_institution", 0.0));
    }

    return ngx_plaid_sandbox_reply(call, json_pack("{s:o}", "institution", o));
}


ngx_uint_t
ngx_plaid_sandbox_institutions_search(ngx_plaid_sandbox_call_t *call)
{
    json_t      *list, *options;
    ngx_uint_t   i, status;
    const char  *query;

    status = ngx_plaid_sandbox_countries(call);

    if (status == 0) {
        status = ngx_plaid_sandbox_wanted_products(call,
                                  json_object_get(call->args, "products"));
    }

    if (status) {
        return status;
    }

    query = ngx_plaid_sandbox_string(call->args, "query");
    options = json_object_get(call->args, "options");
    list = json_array();

    /* ten at most, as Plaid gives */

    for (i = 0; i < ngx_plaid_sandbox_institutions_n
                && json_array_size(list) < 10; i++)
    {
        if (ngx_plaid_sandbox_in_country(call->args, i)
            && ngx_plaid_sandbox_contains(
                             ngx_plaid_sandbox_institutions[i].name, query))
        {
            json_array_append_new(list,
                      ngx_plaid_sandbox_institution_json(call->pool, i,
                                                         options));
        }
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:o}", "institutions", list));
}


static ngx_uint_t
ngx_plaid_sandbox_countries(ngx_plaid_sandbox_call_t *call)
{
    return ngx_plaid_sandbox_check_countries(call,
                           json_object_get(call->args, "country_codes"));
}


ngx_uint_t
ngx_plaid_sandbox_check_countries(ngx_plaid_sandbox_call_t *call,
    json_t *list)
{
    json_t      *m;
    size_t       i;
    const char  *s, *p;

    static const char  known[] =
        "US GB ES NL FR IE CA DE IT PL DK NO SE EE LT LV PT BE AT FI ";

    if (json_array_size(list) == 0) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "country_codes must be a non-empty array");
    }

    json_array_foreach(list, i, m) {
        s = json_string_value(m);
        p = (s && ngx_strlen(s) == 2) ? ngx_strstr(known, s) : NULL;

        if (p == NULL || (p - known) % 3 != 0) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "country_codes must be valid ISO-3166-1 alpha-2 "
                          "country codes supported by Plaid");
        }
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_in_country(json_t *args, ngx_uint_t row)
{
    json_t  *m;
    size_t   i;

    json_array_foreach(json_object_get(args, "country_codes"), i, m) {
        if (ngx_strcmp(json_string_value(m),
                       ngx_plaid_sandbox_institutions[row].country)
            == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Every bank here has every product: only unknown names matter. */

static ngx_uint_t
ngx_plaid_sandbox_wanted_products(ngx_plaid_sandbox_call_t *call, json_t *list)
{
    json_t  *m;
    size_t   i;

    if (list == NULL || json_is_null(list)) {
        return 0;
    }

    if (!json_is_array(list)) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "products must be an array");
    }

    json_array_foreach(list, i, m) {
        if (!json_is_string(m)
            || ngx_plaid_sandbox_product(json_string_value(m)) == 0)
        {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                           "products must be valid products");
        }
    }

    return 0;
}
