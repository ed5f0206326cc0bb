
#include "unit.h"
#include "ngx_plaid_api.h"


static ngx_plaid_api_args_t  args;
static ngx_plaid_api_request_t  req;


static void
set(const char *client_id, const char *secret, const char *token,
    const char *account)
{
    args.client_id = unit_str(client_id);
    args.secret = unit_str(secret);
    args.public_token = unit_str(token);
    args.account_id = unit_str(account);
}


static void
header(ngx_uint_t i, const char *name, const char *value)
{
    ok(i < req.nheaders, "header %d", (int) i);
    is_str(&req.headers[i].key, name, name);
    is_str(&req.headers[i].value, value, value);
}


static void
current(void)
{
    u_char      *secret;
    ngx_pool_t  *pool;

    pool = unit_pool();
    set("an-id", "a-secret-canary", "public-sandbox-canary\"\\", "acc");

    is_int(ngx_plaid_api_request(pool, NGX_PLAID_CURRENT, &args, &req),
           NGX_OK, "current");

    is_str(&req.path, "/item/public_token/exchange", "path");
    is_str(&req.content_type, "application/json", "content type");
    is_str(&req.body, "{\"public_token\":\"public-sandbox-canary\\\"\\\\\"}",
           "body: the token, escaped, and no account_id");

    header(0, "PLAID-CLIENT-ID", "an-id");
    header(1, "PLAID-SECRET", "a-secret-canary");
    header(2, "Plaid-Version", "2020-09-14");
    header(3, "User-Agent", "ngx_http_plaid_module/" NGX_PLAID_VERSION);
    header(4, "Accept", "application/json");
    is_int(req.nheaders, 5, "no header more");

    secret = req.headers[1].value.data;

    ngx_plaid_api_request_wipe(&req);
    ngx_plaid_api_request_wipe(&req);

    ok(secret[0] == 0 && req.headers[1].value.len == 0 && req.body.len == 0,
       "wiped");
    is_int(unit_pool_holds(pool, "canary"), 0, "nothing is left");
    is_int(unit_pool_holds(pool, "an-id"), 0, "nor of the id");
    is_str(&req.headers[4].value, "application/json", "constants stay");

    unit_pool_destroy(pool);
}


static void
legacy(void)
{
    ngx_pool_t  *pool;

    pool = unit_pool();
    set("test_id", "a/secret-canary", "test,chase,canary", "");

    is_int(ngx_plaid_api_request(pool, NGX_PLAID_LEGACY, &args, &req),
           NGX_OK, "legacy");

    is_str(&req.path, "/exchange_token", "path");
    is_str(&req.content_type, "application/x-www-form-urlencoded",
           "content type");
    is_str(&req.body, "client_id=test_id&secret=a%2Fsecret-canary"
           "&public_token=test%2Cchase%2Ccanary", "body");

    header(0, "User-Agent", "ngx_http_plaid_module/" NGX_PLAID_VERSION);
    header(1, "Accept", "application/json");
    is_int(req.nheaders, 2, "no header more, no keys");

    ngx_plaid_api_request_wipe(&req);
    ngx_plaid_api_request_wipe(&req);

    is_int(unit_pool_holds(pool, "canary"), 0, "nothing is left");

    set("&=+% ~", "s", "t", "a b&c");
    is_int(ngx_plaid_api_request(pool, NGX_PLAID_LEGACY, &args, &req),
           NGX_DECLINED, "no space in a client_id");

    set("&=+%~", "s", "t", "a b&c=\xff");
    is_int(ngx_plaid_api_request(pool, NGX_PLAID_LEGACY, &args, &req),
           NGX_OK, "other characters");
    is_str(&req.body, "client_id=%26%3D%2B%25~&secret=s&public_token=t"
           "&account_id=a%20b%26c%3D%FF", "all encoded, with account_id");

    unit_pool_destroy(pool);
}


static void
declined(const char *client_id, const char *secret, const char *token,
    const char *name)
{
    ngx_pool_t  *pool;

    pool = unit_pool();
    set(client_id, secret, token, "");

    is_int(ngx_plaid_api_request(pool, NGX_PLAID_CURRENT, &args, &req),
           NGX_DECLINED, name);
    is_int(ngx_plaid_api_request(pool, NGX_PLAID_LEGACY, &args, &req),
           NGX_DECLINED, name);
    is_int(req.nheaders + req.body.len, 0, "and nothing is made");

    unit_pool_destroy(pool);
}


static void
credentials(void)
{
    char         longest[514];
    ngx_pool_t  *pool;

    declined("", "s", "t", "no client_id");
    declined("i", "", "t", "no secret");
    declined("i", "s", "", "no token");
    declined("i\r\nX: y", "s", "t", "a line break in client_id");
    declined("i", "s\n", "t", "a newline in secret");
    declined("i", "s\x7f", "t", "DEL in secret");
    declined("i", "s\xc3\xa9", "t", "a letter that is not ASCII");
    declined("i", "s", "t t", "a space in the token");

    pool = unit_pool();
    set("!~", "~!", "t", "");

    is_int(ngx_plaid_api_request(pool, NGX_PLAID_CURRENT, &args, &req),
           NGX_OK, "the first and the last character");

    unit_pool_destroy(pool);

    memset(longest, 's', sizeof(longest));
    longest[513] = '\0';
    declined("i", longest, "t", "a secret of 513 bytes");

    longest[512] = '\0';
    pool = unit_pool();
    set("i", longest, "t", "");

    is_int(ngx_plaid_api_request(pool, NGX_PLAID_CURRENT, &args, &req),
           NGX_OK, "a secret of 512 bytes");

    unit_pool_destroy(pool);
}


/* every refused allocation gives NGX_ERROR and leaves no secret */

static void
memory(ngx_plaid_dialect_e dialect, const char *name)
{
    ngx_int_t    rc;
    ngx_uint_t   n, total, left;
    ngx_pool_t  *pool;

    set("an-id-canary", "a-secret-canary", "public-sandbox-canary", "acc");

    total = 0;
    left = 0;
    unit_canaries = 0;

    for (n = 0; n <= total; n++) {
        pool = unit_pool();

        unit_refuse(n);
        unit_canary = "canary";

        rc = ngx_plaid_api_request(pool, dialect, &args, &req);

        unit_canary = NULL;

        if (n == 0) {
            total = unit_allocations;

            if (rc != NGX_OK) {
                ok(0, "%s", name);
            }

            ngx_plaid_api_request_wipe(&req);

        } else if (rc != NGX_ERROR) {
            ok(0, "%s: allocation %d refused", name, (int) n);
        }

        left += unit_pool_holds(pool, "canary");

        unit_refuse(0);
        unit_pool_destroy(pool);
    }

    ok(total > 0, "%s: %d allocations refused", name, (int) total);
    is_int(left, 0, "nothing is left in the pool");
    is_int(unit_canaries, 0, "nothing is left on the heap");
}


int
main(void)
{
    current();
    legacy();
    credentials();
    memory(NGX_PLAID_CURRENT, "current");
    memory(NGX_PLAID_LEGACY, "legacy");

    return done_testing();
}
