
/* JSON, as a body. */


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
    malformed(JSON, "{\"Public_token\":\"x\"}", "in another case");
    absent(JSON, "{\"public_tokens\":\"x\"}", "a longer name");
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
    twice(JSON, "{\"public_token\":\"x\",\"public_token\":null}",
          "a value and null");
    twice(JSON, "{\"public_token\":\"\",\"public_token\":\"x\"}",
          "none and a value");
    twice(JSON, "{\"public_token\":null,\"public_token\":null}",
          "null and null");
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


#define WITH(value)  "{\"public_token\":\"x\",\"a\":" value "}"


static void
numbers(void)
{
    found(JSON, WITH("[0,-0,10,-1,0.5,-0.05,1e5,1E+05,1e-5,0e0,1.5e3]"), "x",
          "numbers");
    found(JSON, WITH("1.7976931348623157e308"), "x", "the largest number");
    found(JSON, WITH("-1e-999"), "x", "as good as 0");
    found(JSON, WITH("12345678901234567890123456789012345678901234567890"
                     "12345678901234567890123456789012345678901234567890"
                     "12345678901234567890123456789012345678901234567890"
                     "12345678901234567890123456789012345678901234567890"
                     "12345678901234567890123456789012345678901234567890"
                     "12345678901234567890123456789012345678901234567890"
                     "123456789"), "x", "an integer of 309 digits");
    found(JSON, WITH("1e400"), "x", "no number for most");
    found(JSON, WITH("[-1e999999999999]"), "x", "nor this one");

    malformed(JSON, WITH("-"), "a sign");
    malformed(JSON, WITH("+1"), "a plus");
    malformed(JSON, WITH("00"), "two zeros");
    malformed(JSON, WITH("-01"), "a leading zero");
    malformed(JSON, WITH("1."), "no fraction");
    malformed(JSON, WITH(".5"), "no integer");
    malformed(JSON, WITH("1.e5"), "an exponent for a fraction");
    malformed(JSON, WITH("1e"), "no exponent");
    malformed(JSON, WITH("1e+"), "a sign for an exponent");
    malformed(JSON, WITH("0x10"), "hexadecimal");
    malformed(JSON, WITH("NaN"), "no number");
    malformed(JSON, "-", "a sign alone");
    malformed(JSON, "1.", "cut after the point");
    malformed(JSON, "1e", "cut after the exponent");
    malformed(JSON, "[1,", "cut after a comma");
    absent(JSON, "1e5", "an exponent to the end");
    absent(JSON, "-0", "a zero to the end");
}


static void
strings(void)
{
    found(JSON, WITH("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\uabCD\""), "x",
          "all escapes");
    found(JSON, WITH("\"\x7f \xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf"
                     "\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
                     "\xf4\x8f\xbf\xbf\""), "x", "the ends of UTF-8");
    found(JSON, WITH("\"\\ud800\\udc00\\uDBFF\\uDFFF\\ud7ff\\ue000\""),
          "x", "the ends of pairs");
    found(JSON, WITH("{\"b\":\"\\u0000\"}"), "x", "a nested NUL");

    found(JSON, WITH("{\"\\u0000\":1}"), "x", "a NUL in a nested name");
    malformed(JSON, WITH("\"\\u00g0\""), "no hexadecimal digit");
    malformed(JSON, WITH("\"\\u00\""), "two digits");
    malformed(JSON, WITH("\"\\U0041\""), "an upper case escape");
    found(JSON, WITH("\"x\\ud83d\""), "x", "half a pair");
    found(JSON, WITH("\"\\ud800\\n\""), "x", "half a pair and an escape");
    found(JSON, WITH("\"\\ud800\\ud800\""), "x", "two first halves");
    found(JSON, WITH("\"\\ud800\\ue000\""), "x", "no second half");
    found(JSON, WITH("\"\\udc00\""), "x", "a second half");
    found(JSON, "{\"\\ud83d\":1,\"public_token\":\"x\"}", "x",
          "half a pair in a name");
    found(JSON, "{\"public_token\":\"x\\ud83d\"}", "x\xed\xa0\xbd",
          "half a pair in a token, which is none");
    malformed(JSON, WITH("\"\x1f\""), "a control character");
    malformed(JSON, WITH("\"\x80\""), "UTF-8, no first byte");
    malformed(JSON, WITH("\"\xc1\xbf\""), "UTF-8, two for one");
    malformed(JSON, WITH("\"\xe0\x9f\xbf\""), "UTF-8, three for two");
    malformed(JSON, WITH("\"\xf0\x8f\xbf\xbf\""), "UTF-8, four for three");
    malformed(JSON, WITH("\"\xed\xa0\x80\""), "UTF-8, half a pair");
    malformed(JSON, WITH("\"\xf4\x90\x80\x80\""), "UTF-8, beyond");
    malformed(JSON, WITH("\"\xf5\x80\x80\x80\""), "UTF-8, far beyond");
    malformed(JSON, WITH("\"\xe2\x82\""), "UTF-8, one byte too few");
    malformed(JSON, WITH("\"\xe2\x82\xff\""), "UTF-8, a bad last byte");
    malformed(JSON, "\"\\", "cut in an escape");
    malformed(JSON, "\"\\u004", "cut in the digits");
    malformed(JSON, "\"\xe2\x82", "cut in a character");
    malformed(JSON, WITH("\xc3\xa9"), "a character outside");
}


static void
nested(void)
{
    found(JSON, WITH("[[],{},[{}],{\"b\":[{\"c\":[]}]} , [ 1 , 2 ] ]"), "x",
          "values in each other");

    malformed(JSON, WITH("[}"), "a bracket and a brace");
    malformed(JSON, WITH("{]"), "a brace and a bracket");
    malformed(JSON, WITH("[{\"b\":1]]"), "the wrong end");
    malformed(JSON, WITH("{\"b\":[1}}"), "the other wrong end");
    malformed(JSON, WITH("[1,]"), "a comma too many");
    malformed(JSON, WITH("[,1]"), "a comma too early");
    malformed(JSON, WITH("[1 2]"), "no comma");
    malformed(JSON, WITH("{\"b\":1,}"), "a comma too many, nested");
    malformed(JSON, WITH("{\"b\"}"), "no value, nested");
    malformed(JSON, WITH("{\"b\" 1}"), "no colon, nested");
    malformed(JSON, WITH("{b:1}"), "no name, nested");
    malformed(JSON, WITH("[truex]"), "a longer literal");
    malformed(JSON, "[nul", "a literal cut");
    malformed(JSON, "{\"a\":{\"b\"", "cut after a nested name");
}


static void
paths(void)
{
    body_env_fields = "data.publicToken";

    found(JSON, "{\"data\":{\"publicToken\":\"x\"}}", "x", "a path");
    twice(JSON, "{\"data\":{},\"data\":{\"publicToken\":\"x\"}}",
          "a path after an empty object");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},\"data\":null}",
          "null after a path");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},\"data\":[1]}",
          "an array after a path");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},\"data\":{}}",
          "an empty object after a path");
    twice(JSON, "{\"data\":null,\"d\\u0061ta\":null}",
          "a way that leads nowhere, twice");
    twice(JSON, "{\"Data\":{},\"data\":{\"publicToken\":\"x\"}}",
          "a parent in another case");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},\"data[\":1}",
          "a parent and a bracket");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\",\"PublicToken\":\"y\"}}",
          "a member in another case");
    twice(JSON, "{\"data\":{\"publicToken\":\"x\"},"
          "\"data_publicToken\":\"y\"}", "the path in one name");
    malformed(JSON, "{\"Data\":{\"publicToken\":\"x\"}}",
              "a parent in another case alone");
    found(JSON, "{\"data\":{\"publicToken\":\"x\",\"data\":1}}", "x",
          "a parent's name within it");
    found(JSON, "{\"data\":{\"publicToken\":\"x\"},\"a\":{\"data\":1,"
          "\"data\":2}}", "x", "what is not on the way may be twice");
    found(JSON, "{\"data\":{\"publicToken\":\"x\"},\"publicToken\":1}", "x",
          "the last name at the top");
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


/* Go, .NET and others compare names without their case. */

static void
folded(void)
{
    twice(JSON, "{\"public_token\":\"A\",\"PUBLIC_TOKEN\":\"B\"}",
          "another case");
    twice(JSON, "{\"public_to\xe2\x84\xaa" "en\":1,\"public_token\":\"A\"}",
          "the Kelvin sign");
    twice(JSON, "{\"public_to\\u212Aen\":1,\"public_token\":\"A\"}",
          "the Kelvin sign, escaped");
    twice(JSON, "{\"public_token\":\"A\",\"public.token\":null}", "a dot");
    twice(JSON, "{\"public_token\":\"A\",\"public_token\\u0000\":{}}",
          "a NUL");
    twice(JSON, "{\"public_token\":\"A\",\" public_token\":[]}", "a blank");
    malformed(JSON, "{\"PUBLIC_TOKEN\":\"B\"}", "alone");
    malformed(JSON, "{\"PUBLIC_TOKEN\":\"B\",\"public_token\":null}",
              "beside null");
    found(JSON, "{\"public_token\":\"A\",\"publicToken\":\"B\"}", "A",
          "another name");
    found(JSON, "{\"public_token\":\"A\",\"a\":{\"PUBLIC_TOKEN\":\"B\"}}",
          "A", "of another object");
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
    doubtful_account(JSON, "{\"account_id\":\"a\",\"account_id\":\"b\","
                     "\"public_token\":\"x\"}", "x", "two");
    doubtful_account(JSON, "{\"account_id\":\"a\",\"account_id\":null,"
                     "\"public_token\":\"x\"}", "x", "one and null");
    doubtful_account(JSON, "{\"Account_ID\":1,\"account_id\":\"a\","
                     "\"public_token\":\"x\"}", "x", "one and a number");
    found_account(JSON, "{\"account_id\":\"a\",\"ACCOUNT_ID\":\"a\","
                  "\"public_token\":\"x\"}", "x", "a", "two that are equal");
    found_account(JSON, "{\"account_id\":\"\xc3\xa9 \\\"\","
                  "\"public_token\":\"x\"}", "x", "\xc3\xa9 \"",
                  "any characters");
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
    reason("{\"a\":[1\0]}", 11, "invalid JSON");
    reason("{\"Public_Token\":null}", 21,
           "a name that a back end takes for a listed one");
    reason("{", 1, "invalid JSON");
}


static void
levels(ngx_uint_t n, const char *open, const char *inner, const char *close,
    ngx_plaid_body_e result, const char *name)
{
    char             *p;
    ngx_uint_t        i;
    body_env_case_t   c;

    memset(&c, 0, sizeof(c));
    c.type = JSON;
    c.result = result;
    c.body.data = malloc(n * 8 + 64);

    p = stpcpy((char *) c.body.data, "{\"a\":");

    for (i = 0; i < n; i++) {
        p = stpcpy(p, open);
    }

    p = stpcpy(p, inner);

    for (i = 0; i < n; i++) {
        p = stpcpy(p, close);
    }

    p = stpcpy(p, "}");

    c.body.len = p - (char *) c.body.data;

    ok(body_env_cut(&c.body, (size_t[]) { 0, 0 }, 0, &c), "%s", name);

    free(c.body.data);
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

    levels(2047, "[", "1", "]", NGX_PLAID_BODY_ABSENT, "2047 arrays");
    levels(2048, "[", "", "]", NGX_PLAID_BODY_MALFORMED, "2048 arrays");
    levels(2047, "{\"b\":", "\"\"", "}", NGX_PLAID_BODY_ABSENT,
           "a string in 2047 objects");
    levels(2048, "{\"b\":", "\"\"", "}", NGX_PLAID_BODY_MALFORMED,
           "a string in 2048 objects");
    levels(1023, "[{\"b\":", "{}", "}]", NGX_PLAID_BODY_ABSENT,
           "an object in 1023 of each");
    levels(1023, "[{\"b\":", "[{}]", "}]", NGX_PLAID_BODY_MALFORMED,
           "one of each in 1023 of each");
}


int
main(void)
{
    values();
    nothing();
    several();
    types();
    syntax();
    numbers();
    strings();
    nested();
    paths();
    folded();
    accounts();
    reasons();
    depth();

    return done_testing();
}
