
#include "body_env.h"


static void
values(void)
{
    found(JSON, "{\"public_token\":\"public-sandbox-1\"}",
          "public-sandbox-1", "the only member");
    found(JSON, " {\r\n\t\"a\" : [1, {}] , \"public_token\" : \"x\" } \n", "x",
          "among others, with white space");
    found(JSON, "{\"public\\u005ftoken\":\"x\"}", "x", "an escaped name");
    found(JSON, "{\"public_token\":\"\\u0078\\/\\\"\"}", "x/\"",
          "an escaped value");
    found(JSON, "{\"public_token\":\"a\\u0000b\"}", "a\0b", "a NUL is kept");
    found(JSON, "\xef\xbb\xbf{\"public_token\":\"x\"}", "x",
          "a byte order mark");
    found(JSON, "{\"a\":\"\\u0000\",\"\\u0000\":1,\"public_token\":\"x\"}",
          "x", "NUL elsewhere is nobody's business");
    found(JSON, "{\"a\":123456789012345678901234567890,"
          "\"public_token\":\"x\"}", "x", "a large number");
    found(JSON, "{\"a\":-1.5e+3,\"b\":true,\"c\":false,\"d\":null,"
          "\"e\":\"\xc3\xa9\\ud83d\\ude00\",\"public_token\":\"x\"}", "x",
          "all kinds of values");
    found(JSON, "{\"a\":{\"public_token\":\"y\"},\"public_token\":\"x\"}",
          "x", "nested members are others");
    found(JSON, "{\"a\":{\"a\":1,\"a\":2},\"b\":1,\"b\":2,"
          "\"public_token\":\"x\"}", "x",
          "others twice are nobody's business");
    found("application/problem+json; charset=utf-8",
          "{\"public_token\":\"x\"}", "x", "another JSON type");
}


static void
nothing(void)
{
    absent(JSON, "", "empty body");
    absent(JSON, "{}", "empty object");
    absent(JSON, " { } ", "empty object, white space");
    absent(JSON, "{\"a\":1}", "no such member");
    absent(JSON, "{\"Public_token\":\"x\"}", "names are case-sensitive");
    absent(JSON, "{\"public_token \":\"x\"}", "a longer name");
    absent(JSON, "{\"public\":{\"token\":\"x\"}}", "no dot, no path");
    absent(JSON, "{\"public_token\":null}", "null");
    absent(JSON, "{\"public_token\":\"\"}", "empty string");
    absent(JSON, "{\"public_token\":\"null\"}", "the text null");
    absent(JSON, "{\"public_token\":\"undefined\"}", "the text undefined");
    absent(JSON, "[{\"public_token\":\"x\"}]", "an array");
    absent(JSON, "\"public_token\"", "a string");
    absent(JSON, "null", "null alone");
    absent(JSON, "12", "a number");
    absent(JSON, " true ", "true");
}


static void
several(void)
{
    twice(JSON, "{\"public_token\":\"x\",\"public_token\":\"y\"}",
          "two members");
    twice(JSON, "{\"public_token\":\"x\",\"public\\u005ftoken\":\"x\"}",
          "two spellings");
    found(JSON, "{\"public_token\":\"x\",\"public_token\":null}", "x",
          "a value and null");
    found(JSON, "{\"public_token\":\"\",\"public_token\":\"x\"}", "x",
          "none and a value");
}


static void
types(void)
{
    malformed(JSON, "{\"public_token\":1}", "a number");
    malformed(JSON, "{\"public_token\":true}", "true");
    malformed(JSON, "{\"public_token\":false}", "false");
    malformed(JSON, "{\"public_token\":[\"x\"]}", "an array");
    malformed(JSON, "{\"public_token\":{\"a\":\"x\"}}", "an object");
    malformed(JSON, "{\"public_token\":\"x\",\"public_token\":1}",
              "a string and a number");
}


static void
syntax(void)
{
    malformed(JSON, " ", "white space only");
    malformed(JSON, "{", "open");
    malformed(JSON, "{\"public_token\"", "name only");
    malformed(JSON, "{\"public_token\":", "colon");
    malformed(JSON, "{\"public_token\":\"x", "open string");
    malformed(JSON, "{\"public_token\":\"x\"", "no brace");
    malformed(JSON, "{\"public_token\":\"x\",", "no brace after a comma");
    malformed(JSON, "{\"public_token\":\"x\",}", "trailing comma");
    malformed(JSON, "{,\"public_token\":\"x\"}", "leading comma");
    malformed(JSON, "{\"public_token\" \"x\"}", "no colon");
    malformed(JSON, "{\"public_token\":\"x\";\"a\":1}",
              "another separator");
    malformed(JSON, "{\"a\":,\"public_token\":\"x\"}", "no value");
    malformed(JSON, "{\"public_token\":\"x\",\"a\":}", "no last value");
    malformed(JSON, "{\"public_token\":\"x\" \"a\":1}", "no comma");
    malformed(JSON, "{\"public_token\"::\"x\"}", "two colons");
    malformed(JSON, "{public_token:\"x\"}", "no quotes");
    malformed(JSON, "{'public_token':'x'}", "other quotes");
    malformed(JSON, "{1:\"x\"}", "a number for a name");
    malformed(JSON, "{\"public_token\":\"x\"}}", "a brace too many");
    malformed(JSON, "{\"public_token\":\"x\"}{}", "two values");
    malformed(JSON, "{\"public_token\":\"x\"} x", "trailing text");
    malformed(JSON, "{\"public_token\":\"x\"}\0", "trailing NUL");
    malformed(JSON, "{\"a\":[1\0],\"public_token\":\"x\"}",
              "NUL after a number");
    malformed(JSON, "true\0x", "trailing NUL and text");
    malformed(JSON, "true\0", "trailing NUL after a literal");
    malformed(JSON, "{\"public_token\":\"x\",\"a\":nul}", "a bad literal");
    malformed(JSON, "{\"public_token\":\"x\",\"a\":01}", "a bad number");
    malformed(JSON, "{\"public_token\":\"x\",\"a\":\"\\x\"}", "a bad escape");
    malformed(JSON, "{\"public_token\":\"x\",\"a\":\"\xff\"}", "bad UTF-8");
    malformed(JSON, "{\"public_token\":\"a\nb\"}", "a control character");
    malformed(JSON, "{\"public_token\":\"x\",\"a\":[}", "a bad array");
    malformed(JSON, "\xef\xbb\xbf\xef\xbb\xbf{\"public_token\":\"x\"}",
              "two byte order marks");
    malformed(JSON, "public_token=x", "a form");
    malformed(JSON, "\xff\xfe{\0}\0", "UTF-16");
    malformed(JSON, "[1", "an open array");
}


static void
paths(void)
{
    body_env_fields = "data.publicToken";

    found(JSON, "{\"data\":{\"publicToken\":\"x\"}}", "x", "a path");
    found(JSON, "{\"data\":{},\"data\":{\"publicToken\":\"x\"}}", "x",
          "a path after an empty object");
    found(JSON, "{\"data.publicToken\":\"x\"}", "x", "a name with a dot");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},"
          "\"data\":{\"publicToken\":\"y\"}}", "a path twice");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\",\"publicToken\":\"y\"}}",
          "a member twice");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},\"data.publicToken\":\"x\"}",
          "the path and the name");
    absent(JSON, "{\"publicToken\":\"x\"}", "the last name alone");
    absent(JSON, "{\"data\":null}", "null on the way");
    absent(JSON, "{\"data\":\"x\"}", "a string on the way");
    absent(JSON, "{\"data\":[{\"publicToken\":\"x\"}]}",
           "an array on the way");
    absent(JSON, "{\"data\":{\"data\":{\"publicToken\":\"x\"}}}",
           "one level more");
    absent(JSON, "{\"dat\":{\"publicToken\":\"x\"}}", "a shorter name");
    malformed(JSON, "{\"data\":{\"publicToken\":1}}", "a number at its end");
    malformed(JSON, "{\"data\":{\"publicToken\":\"x\"}", "no last brace");
    malformed(JSON, "{\"data\":{\"publicToken\":\"x\"", "no brace at all");

    body_env_fields = "public_token publicToken data.a.b data.c";

    found(JSON, "{\"data\":{\"a\":{\"x\":1,\"b\":\"t\"}}}", "t",
          "a path of three");
    found(JSON, "{\"data\":{\"a\":2,\"c\":\"t\"}}", "t", "another branch");
    found(JSON, "{\"publicToken\":\"t\",\"public_token\":null}", "t",
          "one of two names");
    twice(JSON, "{\"publicToken\":\"t\",\"public_token\":\"t\"}",
          "two listed names");
    twice(JSON, "{\"data\":{\"a\":{\"b\":\"t\"},\"c\":\"t\"}}",
          "two listed paths");

    body_env_fields = "aa.b bb.c";

    absent(JSON, "{\"aa\":{\"c\":\"t\"}}", "the ways do not cross");

    body_env_fields = "data data.t";

    found(JSON, "{\"data\":\"x\"}", "x", "a name that is a path, too");
    found(JSON, "{\"data\":{\"t\":\"x\"}}", "x", "a path that is a name, too");

    body_env_fields = "public_token";
}


static void
accounts(void)
{
    found_account(JSON, "{\"public_token\":\"x\",\"account_id\":\"acc\"}",
                  "x", "acc", "account_id");
    found_account(JSON, "{\"public_token\":\"x\",\"a\":\"b\"}", "x", "",
                  "another member");
    found_account(JSON, "{\"public_token\":\"x\",\"account_id\":null}",
                  "x", "", "null");
    found_account(JSON, "{\"public_token\":\"x\",\"account_id\":1}",
                  "x", "", "a number");
    found_account(JSON, "{\"account_id\":\"a\",\"account_id\":\"b\","
                  "\"public_token\":\"x\"}", "x", "", "two are none");
    found_account(JSON, "{\"metadata\":{\"account_id\":\"a\"},"
                  "\"public_token\":\"x\"}", "x", "",
                  "nested, it is another member");

    body_env_fields = "metadata.t";

    found_account(JSON, "{\"metadata\":{\"account_id\":\"a\",\"t\":\"x\"}}",
                  "x", "", "also on a path");

    body_env_fields = "public_token";
}


static void
reason(const char *text, size_t len, const char *expected)
{
    ngx_str_t                body, type, error;
    ngx_pool_t              *pool;
    ngx_chain_t             *in;
    ngx_plaid_body_found_t   f;

    pool = unit_pool();
    body.data = (u_char *) text;
    body.len = len;
    type = unit_str(JSON);
    in = unit_chain(pool, &body, NULL, 0);

    (void) ngx_plaid_body_search(pool, &unit_log, in, 1024, &type,
                                 unit_names(pool, "public_token"), &f);

    error = unit_str(f.error ? f.error : "none");
    is_str(&error, expected, expected);

    unit_chain_free(in);
    unit_pool_destroy(pool);
}


static void
reasons(void)
{
    reason("{\"public_token\":1}", 18, "a listed member is not a string");
    reason("{\"a\":[1\0]}", 11, "a NUL in JSON");
    reason("{", 1, "invalid JSON");
}


static void
depth(void)
{
    size_t            i, n;
    u_char           *p;
    body_env_case_t   c;

    /* deeper than any stack, and longer than any cut */

    n = 200000;
    p = malloc(2 * n + 64);

    memset(&c, 0, sizeof(c));
    c.type = JSON;
    c.result = NGX_PLAID_BODY_MALFORMED;
    c.body.data = p;
    c.body.len = sprintf((char *) p, "{\"a\":");

    for (i = 0; i < n; i++) {
        p[c.body.len++] = '[';
    }

    for (i = 0; i < n; i++) {
        p[c.body.len++] = ']';
    }

    p[c.body.len++] = '}';

    ok(body_env_cut(&c.body, (size_t[]) { 0, 0 }, 0, &c),
       "200000 arrays in each other");

    body_env_fields = "a.a";

    c.body.len = 0;

    for (i = 0; i < n / 3; i++) {
        c.body.len += sprintf((char *) p + c.body.len, "{\"a\":");
    }

    ok(body_env_cut(&c.body, (size_t[]) { 0, 0 }, 0, &c),
       "66666 objects on the way");

    body_env_fields = "public_token";

    free(p);
}


int
main(void)
{
    values();
    nothing();
    several();
    types();
    syntax();
    paths();
    accounts();
    reasons();
    depth();

    return done_testing();
}
