
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

    ok(total > 4, "%d allocations refused", (int) total);
}


/*
 * A refused allocation costs at most what it was for: never a token that was
 * received, but for the token's own copy.
 */

static void
memory(void)
{
    ngx_uint_t   n, total, lost, other;
    const char  *body;

    body = "{\"access_token\":\"" ACCESS "\",\"item_id\":\"i\","
           "\"request_id\":\"r\"}";

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


/*
 * Strings that end, or have an escape, where a buffer of jansson's grows: its
 * lexer must not see that it could not.
 */

static void
memory_lengths(void)
{
    char         body[2048], text[1024];
    ngx_str_t    json, id;
    ngx_uint_t   len, n, total, wrong;

    id = unit_str("");
    wrong = 0;

    for (len = 1; len < 600; len++) {
        memset(text, 'a', len);
        text[len] = '\0';

        if (len % 2) {
            memcpy(text + len - 1, "\\n", 3);
        }

        json.data = (u_char *) body;
        json.len = snprintf(body, sizeof(body), "{\"%s\":1,\"b\":\"%s\","
                            "\"access_token\":\"" ACCESS "\"}", text, text);

        for (total = 0, n = 0; n <= total; n++) {
            unit_pool_destroy(pool);
            pool = unit_pool();
            unit_refuse(n);

            ngx_plaid_api_reply(pool, NGX_PLAID_CURRENT, 200, &json, &id, 0,
                                &args, &res);

            if (n == 0) {
                total = unit_allocations;
            }

            unit_refuse(0);

            wrong += (n == 0) ? res.cause != NGX_PLAID_CAUSE_NONE
                              : (res.cause != NGX_PLAID_CAUSE_NONE
                                 && res.cause != NGX_PLAID_CAUSE_INTERNAL);
        }
    }

    is_int(wrong, 0, "strings of any length, without memory");
}


int
main(void)
{
    memory();
    memory_lengths();
    memory_errors(NGX_PLAID_CURRENT, "{\"error_type\":\"A\","
                  "\"error_code\":\"B\",\"error_message\":\"m\","
                  "\"display_message\":\"d\",\"request_id\":\"r\"}");
    memory_errors(NGX_PLAID_LEGACY, "{\"code\":1106,\"message\":\"m\"}");

    unit_pool_destroy(pool);

    return done_testing();
}
