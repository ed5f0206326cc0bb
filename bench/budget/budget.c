
/*
 * What each request costs, and each exchange: the boundary, the token, the
 * two ends of Plaid's wire, and the seal.
 */


#include "budget.h"
#include "ngx_plaid_headers.h"
#include "ngx_plaid_token.h"
#include "ngx_plaid_api.h"
#include "ngx_plaid_seal.h"


#define TOKEN  "public-sandbox-b0e2c4ee-a763-4df5-bfe9-46a46bce993d"


/* a browser's, and what a content network adds: 20 */

static const char *budget_names[] = {
    "Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding",
    "Content-Type", "Content-Length", "Origin", "Connection", "Referer",
    "Cookie", "Upgrade-Insecure-Requests", "Sec-Fetch-Dest",
    "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "X-Forwarded-For",
    "X-Forwarded-Proto", "X-Request-Id", "Cache-Control"
};


static void
budget_boundary(const char *name, ngx_array_t *names)
{
    ngx_uint_t        i, n;
    ngx_list_t        list;
    ngx_pool_t       *pool;
    ngx_table_elt_t   elts[sizeof(budget_names) / sizeof(budget_names[0])];

    pool = unit_pool();

    ngx_memzero(&list, sizeof(ngx_list_t));
    ngx_memzero(elts, sizeof(elts));

    for (i = 0; i < sizeof(elts) / sizeof(elts[0]); i++) {
        elts[i].hash = 1;
        elts[i].key = unit_str(budget_names[i]);
        elts[i].value = unit_str("value");
    }

    list.part.elts = elts;
    list.part.nelts = i;
    list.last = &list.part;
    list.size = sizeof(ngx_table_elt_t);
    list.nalloc = i;
    list.pool = pool;

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        budget_on();
        i = ngx_plaid_headers_strip(&list, names, NULL, NULL);
        budget_off();

        budget_must(i == 0);
    }

    budget_end(name);

    unit_pool_destroy(pool);
}


static void
budget_token(void)
{
    ngx_int_t   rc;
    ngx_str_t   token, env;
    ngx_uint_t  n;

    token = unit_str(TOKEN);

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        budget_on();
        rc = ngx_plaid_token_check(&token);
        rc |= ngx_plaid_token_environment(&token, &env);
        budget_off();

        budget_must(rc == NGX_OK);
    }

    budget_end("token check");
}


static void
budget_request(void)
{
    ngx_int_t                rc;
    ngx_uint_t               n;
    ngx_pool_t              *pool;
    ngx_plaid_api_args_t     args;
    ngx_plaid_api_request_t  req;

    ngx_memzero(&args, sizeof(ngx_plaid_api_args_t));
    args.client_id = unit_str("64f0c0ffee64f0c0ffee64f0");
    args.secret = unit_str("0123456789abcdef0123456789abcd");
    args.public_token = unit_str(TOKEN);

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        pool = unit_pool();

        budget_on();
        rc = ngx_plaid_api_request(pool, NGX_PLAID_CURRENT, &args, &req);
        ngx_plaid_api_request_wipe(&req);
        budget_off();

        budget_must(rc == NGX_OK);
        unit_pool_destroy(pool);
    }

    budget_end("request to Plaid");
}


static void
budget_reply(void)
{
    ngx_str_t             body, id;
    ngx_uint_t            n;
    ngx_pool_t           *pool;
    ngx_plaid_result_t    res;
    ngx_plaid_api_args_t  args;

    body = unit_str("{\"access_token\":\"access-sandbox-de3ce8ef-33f8-452c-"
                    "a685-8671031fc0f6\",\"item_id\":\"M5eVJqLnv3tbzdngLDp9"
                    "FL5OlDNxlNhlE55op\",\"request_id\":\"Aim3b\"}");
    ngx_str_null(&id);

    ngx_memzero(&args, sizeof(ngx_plaid_api_args_t));
    args.client_id = unit_str("64f0c0ffee64f0c0ffee64f0");
    args.secret = unit_str("0123456789abcdef0123456789abcd");
    args.public_token = unit_str(TOKEN);

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        pool = unit_pool();
        ngx_memzero(&res, sizeof(ngx_plaid_result_t));

        budget_on();
        ngx_plaid_api_reply(pool, NGX_PLAID_CURRENT, 200, &body, &id, 0,
                            &args, &res);
        budget_off();

        budget_must(res.access_token.len);
        unit_pool_destroy(pool);
    }

    budget_end("reply of Plaid");
}


static void
budget_seal(void)
{
    ngx_int_t                rc;
    ngx_uint_t               n;
    ngx_pool_t              *pool;
    ngx_plaid_seal_t         seal;
    ngx_plaid_sealed_t       sealed;
    ngx_plaid_result_t       res, opened;
    ngx_plaid_seal_input_t   in;

    ngx_memzero(&in, sizeof(ngx_plaid_seal_input_t));
    in.client = unit_str("bank");
    in.client_id = unit_str("5e8b0d7d3e4a2f0011223344");
    in.environment = unit_str("https://sandbox.plaid.com");
    in.bind = unit_str("192.0.2.1");
    in.token = unit_str(TOKEN);

    ngx_memzero(&res, sizeof(ngx_plaid_result_t));
    res.status = NGX_PLAID_EXCHANGED;
    res.reply_status = 200;
    res.access_token = unit_str("access-sandbox-de3ce8ef-33f8-452c-a685");
    res.item_id = unit_str("M5eVJqLnv3tbzdngLDp9FL5OlDNxlNhlE55op");
    res.request_id = unit_str("Aim3b");

    pool = unit_pool();

    /* OpenSSL fetches its algorithms once */

    budget_must(ngx_plaid_seal_derive(&seal, &in) == NGX_OK);
    budget_must(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK);

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        budget_on();
        rc = ngx_plaid_seal_derive(&seal, &in);
        budget_off();

        budget_must(rc == NGX_OK);
    }

    budget_end("name and key of a record");

    for (n = 0; n < BUDGET_TIMES; n++) {
        budget_on();
        rc = ngx_plaid_seal_close(&seal, &res, &sealed);
        budget_off();

        budget_must(rc == NGX_OK);
    }

    budget_end("record sealed");

    for (n = 0; n < BUDGET_TIMES; n++) {
        budget_on();
        rc = ngx_plaid_seal_open(&seal, &sealed, pool, &opened);
        budget_off();

        budget_must(rc == NGX_OK);
    }

    budget_end("record opened");

    unit_pool_destroy(pool);
}


int
main(void)
{
    ngx_pool_t  *pool;

    pool = unit_pool();

    budget_boundary("boundary, 20 headers", NULL);
    budget_boundary("boundary, 20 headers, 1 more name",
                    unit_names(pool, "X-Bank-Token"));
    budget_token();
    budget_bodies();
    budget_request();
    budget_reply();
    budget_seal();
    budget_store();

    unit_pool_destroy(pool);

    return 0;
}
