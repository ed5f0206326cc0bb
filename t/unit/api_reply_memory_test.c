
/* Replies of Plaid when there is no memory. */


#include "api_reply_env.h"


/* every refused allocation of an error: fields may be missing, no more */

static void
memory_errors(ngx_plaid_dialect_e dialect, const char *body)
{
    ngx_str_t    text, id;
    ngx_uint_t   n, total;

    text = unit_str(body);
    id = unit_str("hdr-1");
    total = 0;

    for (n = 0; n <= total; n++) {
        unit_pool_destroy(pool);
        pool = unit_pool();
        unit_refuse(n);

        ngx_plaid_api_reply(pool, dialect, 400, &text, &id, 0, &args, &res);

        if (n == 0) {
            total = unit_allocations;
        }

        unit_refuse(0);

        if (res.error_type.len == 0 || res.error_code.len == 0
            || res.error_message.len == 0 || res.access_token.len
            || (res.cause != NGX_PLAID_CAUSE_INPUT
                && res.cause != NGX_PLAID_CAUSE_INTERNAL))
        {
            ok(0, "allocation %d: cause %d", (int) n, (int) res.cause);
        }
    }

    ok(total > 2, "%d allocations refused", (int) total);
}


/*
 * A refused allocation costs at most what it was for: never a token that was
 * received, but for the token's own copy.
 */

static void
memory(const char *body)
{
    ngx_uint_t  n, total, lost, other;

    total = 0;
    lost = 0;
    other = 0;
    unit_canaries = 0;
    unit_canary = NULL;

    for (n = 0; n <= total; n++) {
        if (pool) {
            unit_pool_destroy(pool);
        }

        pool = unit_pool();
        unit_refuse(n);
        unit_canary = ACCESS;

        {
            ngx_str_t  text = unit_str(body), id = unit_str("");

            ngx_plaid_api_reply(pool, NGX_PLAID_CURRENT, 200, &text, &id, 0,
                                &args, &res);
        }

        unit_canary = NULL;

        if (n == 0) {
            total = unit_allocations;
        }

        unit_refuse(0);

        if (res.cause == NGX_PLAID_CAUSE_INTERNAL) {
            lost++;
            other += unit_pool_holds(pool, ACCESS);

        } else if (res.cause != NGX_PLAID_CAUSE_NONE
                   || res.access_token.len != sizeof(ACCESS) - 1
                   || memcmp(res.access_token.data, ACCESS,
                             sizeof(ACCESS) - 1)
                      != 0)
        {
            ok(0, "allocation %d: cause %d", (int) n, (int) res.cause);
        }
    }

    diag("%d allocations, %d fatal", (int) total, (int) lost);
    ok(lost > 0, "some are fatal");
    ok(total - lost >= 2, "item_id and request_id are not worth a token");
    is_int(other, 0, "no token is left in the pool of a failure");
    is_int(unit_canaries, 0, "no token is left on the heap");
}


int
main(void)
{
    memory("{\"access_token\":\"" ACCESS "\",\"item_id\":\"i\","
           "\"request_id\":\"r\"}");
    memory("{\"access_token\":\"\\u0061ccess-sandbox-9f8e7d\","
           "\"item_id\":\"i\",\"request_id\":\"r\"}");
    memory_errors(NGX_PLAID_CURRENT, "{\"error_type\":\"A\","
                  "\"error_code\":\"B\",\"error_message\":\"m\","
                  "\"display_message\":\"d\",\"request_id\":\"r\"}");
    memory_errors(NGX_PLAID_CURRENT, "{\"error_type\":\"\\u0041\","
                  "\"error_code\":\"\\u0042\",\"error_message\":\"\\n\","
                  "\"display_message\":\"\\n\",\"request_id\":\"r\\/\"}");
    memory_errors(NGX_PLAID_LEGACY, "{\"code\":1106,\"message\":\"m\"}");

    unit_pool_destroy(pool);

    return done_testing();
}
