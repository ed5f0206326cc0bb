
#include "unit.h"
#include "ngx_plaid_token.h"


static void
check(const char *text, size_t len, ngx_int_t expected, const char *name)
{
    ngx_str_t  token;

    token.len = len;
    token.data = malloc(len ? len : 1);
    memcpy(token.data, text, len);

    is_int(ngx_plaid_token_check(&token), expected, name);

    free(token.data);
}


static void
environment(const char *text, const char *expected)
{
    ngx_str_t  token, env;

    token.len = strlen(text);
    token.data = malloc(token.len ? token.len : 1);
    memcpy(token.data, text, token.len);

    ngx_str_null(&env);

    is_int(ngx_plaid_token_environment(&token, &env),
           expected ? NGX_OK : NGX_DECLINED, text);

    if (expected) {
        is_str(&env, expected, expected);
        ok(env.data == token.data + 7, "it is part of the token");
    }

    free(token.data);
}


int
main(void)
{
    char  longest[NGX_PLAID_TOKEN_MAX + 1];
    char  byte[] = "a?b";
    int   i;

    memset(longest, 'a', sizeof(longest));

    check("public-sandbox-1", 16, NGX_OK, "a token");
    check("test,chase,connected", 20, NGX_OK, "a legacy token");
    check("a", 1, NGX_OK, "one byte");
    check("", 0, NGX_DECLINED, "no byte");
    check(longest, NGX_PLAID_TOKEN_MAX, NGX_OK, "the longest");
    check(longest, NGX_PLAID_TOKEN_MAX + 1, NGX_DECLINED, "one byte more");

    for (i = 0; i < 256; i++) {
        byte[1] = (char) i;
        check(byte, 3, (i > 0x20 && i < 0x7f) ? NGX_OK : NGX_DECLINED,
              "each byte");
    }

    check(" a", 2, NGX_DECLINED, "a bad first byte");
    check("a\n", 2, NGX_DECLINED, "a bad last byte");

    environment("public-sandbox-0a1b", "sandbox");
    environment("public-development-0a1b", "development");
    environment("public-production-0a1b", "production");
    environment("public-sandbox-", "sandbox");
    environment("public-sandbox", NULL);
    environment("public-sandboxx-1", NULL);
    environment("public-staging-1", NULL);
    environment("Public-sandbox-1", NULL);
    environment("public-Sandbox-1", NULL);
    environment("public-", NULL);
    environment("public--1", NULL);
    environment("access-sandbox-1", NULL);
    environment("xpublic-sandbox-1", NULL);
    environment("test,chase,connected", NULL);
    environment("", NULL);

    return done_testing();
}
