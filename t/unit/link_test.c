
/*
 * Requests for link tokens: templates, what is set over them, replies.
 */


#include "unit.h"
#include "ngx_plaid_link.h"


static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


static void
file(const char *text, const char *expected)
{
    ngx_str_t    s;
    ngx_uint_t   line;
    const char  *why;

    s = str(text);
    why = ngx_plaid_link_file(&s, &line);

    ok(expected ? why && strcmp(why, expected) == 0 : why == NULL,
       "%s: %s", text, expected ? expected : "taken");
}


static void
path(const char *text, int good)
{
    ngx_str_t  s;

    s = str(text);

    ok((ngx_plaid_link_path(&s) == NULL) == good, "path \"%s\"", text);
}


static void
body(const char *template, ngx_plaid_link_member_t *members, ngx_uint_t n,
    const char *access, const char *expected)
{
    ngx_int_t               rc;
    ngx_str_t               s, bad;
    ngx_pool_t             *pool;
    ngx_plaid_link_args_t   args;

    pool = unit_pool();

    memset(&args, 0, sizeof(args));

    args.file = str(template);
    args.members = members;
    args.nmembers = n;
    args.user = str("u");
    args.access_token = str(access);

    rc = ngx_plaid_link_body(pool, &args, &s, &bad);

    if (expected) {
        is_int(rc, NGX_OK, "made");
        is_str(&s, expected, expected);

    } else {
        is_int(rc, NGX_DECLINED, "a member that is not valid");
    }

    unit_pool_destroy(pool);
}


static void
bodies(void)
{
    ngx_plaid_link_member_t  m[] = {
        { ngx_string("a.b.c"), NGX_PLAID_LINK_STRING, ngx_string("\"\\\n") },
        { ngx_string("n"), NGX_PLAID_LINK_NUMBER, ngx_string("1.5e3") },
        { ngx_string("t"), NGX_PLAID_LINK_BOOL, ngx_string("on") },
        { ngx_string("l"), NGX_PLAID_LINK_LIST, ngx_string("x, y,,") },
        { ngx_string("a.gone"), NGX_PLAID_LINK_STRING, ngx_null_string },
        { ngx_string("x.y"), NGX_PLAID_LINK_STRING, ngx_null_string }
    };
    ngx_plaid_link_member_t  invalid[] = {
        { ngx_string("n"), NGX_PLAID_LINK_NUMBER, ngx_string("1x") },
        { ngx_string("n"), NGX_PLAID_LINK_NUMBER, ngx_string("\"1\"") },
        { ngx_string("t"), NGX_PLAID_LINK_BOOL, ngx_string("maybe") },
        { ngx_string("s"), NGX_PLAID_LINK_STRING, ngx_string("\xff") },
        { ngx_string("l"), NGX_PLAID_LINK_LIST, ngx_string("a,\xff") }
    };
    ngx_uint_t               i;

    body("", NULL, 0, "", "{\"user\":{\"client_user_id\":\"u\"}}");

    body("{\"a\":{\"gone\":1},\"n\":\"old\"}", m, 6, "",
         "{\"a\":{\"b\":{\"c\":\"\\\"\\\\\\n\"}},\"n\":1500.0,\"t\":true,"
         "\"l\":[\"x\",\"y\"],\"user\":{\"client_user_id\":\"u\"}}");

    body("{\"products\":[\"auth\"],\"user\":{\"client_user_id\":\"x\"}}",
         NULL, 0, "token",
         "{\"user\":{\"client_user_id\":\"u\"},\"access_token\":\"token\"}");

    for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        body("{}", &invalid[i], 1, "", NULL);
    }
}


static void
refused_memory(void)
{
    ngx_str_t                s, bad;
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_pool_t              *pool;
    ngx_plaid_link_args_t    args;
    ngx_plaid_link_member_t  member;

    memset(&args, 0, sizeof(args));
    memset(&member, 0, sizeof(member));

    member.path = str("a.b");
    member.value = str("text");

    args.file = str("{\"client_name\":\"An App\"}");
    args.members = &member;
    args.nmembers = 1;
    args.user = str("u");
    args.access_token = str("t0ken-of-the-item");

    unit_canary = "t0ken-of-the-item";
    unit_canaries = 0;

    for (i = 1; i < 200; i++) {
        pool = unit_pool();

        unit_refuse(i);
        rc = ngx_plaid_link_body(pool, &args, &s, &bad);
        unit_refuse(0);

        if (rc == NGX_OK) {
            is_str(&s, "{\"client_name\":\"An App\",\"a\":{\"b\":\"text\"},"
                       "\"user\":{\"client_user_id\":\"u\"},"
                       "\"access_token\":\"t0ken-of-the-item\"}", "whole");
        }

        unit_pool_destroy(pool);
    }

    is_int(unit_canaries, 0, "no token is left in freed memory");

    unit_canary = NULL;
}


static void
reply(ngx_uint_t status, const char *text, const char *env,
    ngx_uint_t update, ngx_plaid_cause_e cause, const char *token)
{
    ngx_str_t                s, e;
    ngx_pool_t              *pool;
    ngx_plaid_result_t       res;
    ngx_plaid_link_reply_t   got;

    pool = unit_pool();

    memset(&res, 0, sizeof(res));

    s = str(text);
    e = str(env);

    ngx_plaid_link_reply(pool, status, &s, &e, update, &got, &res);

    is_int(res.cause, cause, text);
    is_str(&got.link_token, token, "the token");

    unit_pool_destroy(pool);
}


int
main(void)
{
    file("{\"a\":1}", NULL);
    file("[]", "is not a JSON object");
    file("{", "is not valid JSON");
    file("{\"a\":1,\"a\":2}", "has a duplicate name");
    file("{\"secret\":\"x\"}", "has \"secret\"");
    file("{\"a\":[{\"client_id\":1}]}", "has \"client_id\"");
    file("{\"access_token\":\"\"}",
         "has \"access_token\" or \"access_tokens\"");
    file("{\"a\":\"access-production-1\"}", "has an access token");
    file("{\"a\":[\"sealed1.k1.x\"]}", "has an access token");
    file("{\"user\":1}", "has a \"user\" that is not an object");
    file("\xef\xbb\xbf{}", "begins with a byte order mark");

    path("a", 1);
    path("hosted_link.url_lifetime_seconds", 1);
    path("user.phone_number", 1);
    path("", 0);
    path(".a", 0);
    path("a.", 0);
    path("a..b", 0);
    path("a-b", 0);
    path("client_id", 0);
    path("secret", 0);
    path("access_token", 0);
    path("user.client_user_id", 0);

    bodies();
    refused_memory();

    reply(200, "{\"link_token\":\"link-sandbox-1\",\"expiration\":\"e\"}",
          "sandbox", 0, NGX_PLAID_CAUSE_NONE, "link-sandbox-1");
    reply(200, "{\"link_token\":\"link-production-1\"}", "sandbox", 0,
          NGX_PLAID_CAUSE_BAD_REPLY, "");
    reply(200, "{\"link_token\":\"any thing\"}", "", 0,
          NGX_PLAID_CAUSE_BAD_REPLY, "");
    reply(200, "{\"link_token\":\"anything\"}", "", 0,
          NGX_PLAID_CAUSE_NONE, "anything");
    reply(200, "{", "", 0, NGX_PLAID_CAUSE_BAD_REPLY, "");
    reply(302, "", "", 0, NGX_PLAID_CAUSE_BAD_REPLY, "");
    reply(429, "", "", 0, NGX_PLAID_CAUSE_RATE_LIMIT, "");
    reply(503, "<html>", "", 0, NGX_PLAID_CAUSE_PLAID, "");
    reply(400, "{\"error_type\":\"INVALID_INPUT\","
               "\"error_code\":\"INVALID_ACCESS_TOKEN\"}", "", 1,
          NGX_PLAID_CAUSE_INPUT, "");
    reply(400, "{\"error_type\":\"INVALID_INPUT\","
               "\"error_code\":\"INVALID_ACCESS_TOKEN\"}", "", 0,
          NGX_PLAID_CAUSE_OPERATOR, "");
    reply(400, "{\"error_type\":\"ITEM_ERROR\",\"error_code\":\"X\"}", "", 1,
          NGX_PLAID_CAUSE_INPUT, "");
    reply(400, "{\"error_type\":\"INVALID_REQUEST\","
               "\"error_code\":\"INVALID_FIELD\"}", "", 1,
          NGX_PLAID_CAUSE_OPERATOR, "");

    return done_testing();
}
