
/* What is made of Plaid's replies. */


#include "api_reply_env.h"


static void
success_current(void)
{
    current(200, "{\"access_token\":\"" ACCESS "\",\"item_id\":\"Ab12\","
            "\"request_id\":\"req.1_-Z\",\"more\":[{}]}");

    is_int(res.status, NGX_PLAID_EXCHANGED, "exchanged");
    is_int(res.cause, NGX_PLAID_CAUSE_NONE, "no cause");
    is_int(res.reply_status, 200, "reply_status");
    is_str(&res.access_token, ACCESS, "access_token");
    is_str(&res.item_id, "Ab12", "item_id");
    is_str(&res.request_id, "req.1_-Z", "request_id");
    is_str(&res.error_code, "", "no error code");
    is_str(&res.account_id, "", "no account_id");

    current(200, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "no item_id");
    is_str(&res.item_id, "", "it is empty");
    is_str(&res.request_id, "", "nor request_id");

    current(200, "{\"access_token\":\"" ACCESS "\",\"item_id\":\"a b\","
            "\"request_id\":\"a/b\",\"account_id\":\"x\","
            "\"stripe_bank_account_token\":\"x\"}");
    is(NGX_PLAID_CAUSE_NONE, "a bad item_id and request_id");
    is_str(&res.item_id, "", "item_id is dropped");
    is_str(&res.request_id, "", "request_id is dropped");
    is_str(&res.account_id, "", "account_id is of the other dialect");
    is_str(&res.stripe_token, "", "so is the stripe token");

    current(200, "{\"access_token\":\"" ACCESS "\",\"item_id\":[],"
            "\"request_id\":1}");
    is(NGX_PLAID_CAUSE_NONE, "ids of another type");
    is_str(&res.item_id, "", "item_id is dropped, too");

    current(200, "{\"access_token\":\"" ACCESS "\",\"x\":\"\\u0000\","
            "\"n\":1e999,\"big\":123456789012345678901234567890,"
            "\"s\":\"\\ud83d\"}");
    is(NGX_PLAID_CAUSE_NONE, "what nobody asks for does not matter");

    current(200, "\xef\xbb\xbf{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "a byte order mark");
    is_str(&res.access_token, ACCESS, "and the token after it");

    current(200, "{\"access\\u005ftoken\":\"access\\u002Dsandbox-9f8e7d\"}");
    is_str(&res.access_token, ACCESS, "escapes");
    is_int(unit_pool_holds(pool, ACCESS), 1, "leave no copy");

    current(200, "{\"access_token\":\"x\",\"access_token\":\"y\"}");
    is_str(&res.access_token, "y", "the last one of two counts");
    current(200, "{\"access_token\":\"\\u0078\",\"access_token\":null}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "also when it is none");
    current(200, "{\"a\":{\"access_token\":\"x\"},\"b\":[\"access_token\"]}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "a token of another object");

    current(200, "{\"error_code\":\"X\",\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "a token is a token");

    reply_bytes(NGX_PLAID_CURRENT, 200, "{\"access_token\":\"t\"}", 20,
                "hdr-2", 7);
    is_str(&res.request_id, "hdr-2", "request_id of the header");
    is_int(res.retry_after, 0, "retry_after is for others");
}


static void
success_legacy(void)
{
    legacy(200, "{\"access_token\":\"test_chase\",\"account_id\":\"acc\","
           "\"stripe_bank_account_token\":\"btok_1\","
           "\"processor_token\":\"proc-1\",\"item_id\":\"x\"}");

    is_int(res.status, NGX_PLAID_EXCHANGED, "exchanged");
    is_str(&res.access_token, "test_chase", "access_token");
    is_str(&res.account_id, "acc", "account_id");
    is_str(&res.stripe_token, "btok_1", "stripe token");
    is_str(&res.processor_token, "proc-1", "processor token");
    is_str(&res.request_id, "hdr-1", "request_id");
    is_str(&res.item_id, "", "no item_id");

    legacy(200, "{\"access_token\":\"test_chase\",\"account_id\":null,"
           "\"stripe_bank_account_token\":\"b tok\","
           "\"processor_token\":\"" SECRET "\"}");
    is(NGX_PLAID_CAUSE_NONE, "bad other tokens");
    is_str(&res.account_id, "", "null");
    is_str(&res.stripe_token, "", "a space");
    is_str(&res.processor_token, "", "the secret");
}


static void
bad(const char *body, const char *name)
{
    current(200, body);
    is(NGX_PLAID_CAUSE_BAD_REPLY, name);
    legacy(200, body);
    is(NGX_PLAID_CAUSE_BAD_REPLY, name);
}


static void
bad_replies(void)
{
    char  body[600];

    bad("", "empty");
    {
        ngx_str_t  none = ngx_null_string;

        ngx_plaid_api_reply(pool, NGX_PLAID_CURRENT, 200, &none, &none, 0,
                            &args, &res);
        is(NGX_PLAID_CAUSE_BAD_REPLY, "no address");
    }

    bad("<html>", "no JSON");
    bad("null", "null");
    bad("\"" ACCESS "\"", "a string");
    bad("[{\"access_token\":\"" ACCESS "\"}]", "an array");
    bad("{}", "no token");
    bad("{\"access_token\":null}", "null for a token");
    bad("{\"access_token\":1}", "a number for a token");
    bad("{\"access_token\":\"\"}", "an empty token");
    bad("{\"access_token\":\"a b\"}", "a space in it");
    bad("{\"access_token\":\"a\\r\\nX: y\"}", "a line break in it");
    bad("{\"access_token\":\"a\\u0000\"}", "a NUL in it");
    bad("{\"access_token\":\"\xc3\xa9\"}", "a letter that is not ASCII");
    bad("{\"access_token\":\"" SECRET "\"}", "our own secret");
    bad("{\"access_token\":\"" PUBLIC "\"}", "our own token");
    bad("{\"access_token\":\"" ACCESS "\"", "cut");
    bad("{\"access_token\":\"" ACCESS "\"}x", "trailing text");
    bad("{\"error_type\":\"A\",\"error_code\":\"B\"}", "an error with 200");

    reply_bytes(NGX_PLAID_CURRENT, 200, "{\"a\":1\0,\"access_token\":\"t\"}",
                27, "", 0);
    is(NGX_PLAID_CAUSE_BAD_REPLY, "NUL after a number");

    memset(body, 'a', sizeof(body));
    memcpy(body, "{\"access_token\":\"", 17);
    strcpy(body + 17 + NGX_PLAID_TOKEN_MAX, "\"}");

    current(200, body);
    is(NGX_PLAID_CAUSE_NONE, "the longest token");
    is_int(res.access_token.len, NGX_PLAID_TOKEN_MAX, "all of it");

    body[17 + NGX_PLAID_TOKEN_MAX] = 'a';
    strcpy(body + 17 + NGX_PLAID_TOKEN_MAX + 1, "\"}");
    bad(body, "a longer token");

    bad("\xef\xbb\xbf\xef\xbb\xbf{\"access_token\":\"t\"}",
        "two byte order marks");

    current(201, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "201 with a token");
    is_int(res.status, NGX_PLAID_EXCHANGED, "is an exchange");
    is_int(res.reply_status, 201, "of that status");
    legacy(202, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "202 with a token");
    current(299, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "299 with a token");
    current(300, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "300 with a token");
    current(199, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "199 with a token");
    current(201, "{\"error_type\":\"A\",\"error_code\":\"B\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "201 without one");
    current(204, "");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "204");
    current(302, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "302");
    current(302, "{\"error_type\":\"A\",\"error_code\":\"B\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "302 with an error");
    is_str(&res.error_type, "EXCHANGE_ERROR", "which does not count");
    current(100, "");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "100");
    current(0, "");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "no status");
    current(600, "{}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "600");
    current(404, "not found");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "404 without JSON");
    is_str(&res.error_code, "BAD_REPLY", "with a code of our own");
    current(400, "{\"error_type\":\"A\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "400 without a code");
    is_str(&res.error_type, "EXCHANGE_ERROR", "with a type of our own");
    current(400, "{\"error_code\":\"A\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "400 without a type");
    current(400, "{\"error_type\":\"A\",\"error_code\":\"b\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "400 with a bad code");
    current(400, "{\"code\":1106,\"message\":\"bad public_token\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "an error of the legacy dialect");

    legacy(400, "{\"error_type\":\"A\",\"error_code\":\"B\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "an error of the current dialect");
    legacy(400, "{\"code\":\"1106\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "a string for a code");
    legacy(400, "{\"code\":0}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "code 0");
    legacy(400, "{\"code\":-1106}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "a negative code");
    legacy(400, "{\"code\":10000}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "a large code");
    legacy(400, "{\"code\":1e300}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "an enormous code");
    legacy(400, "{\"code\":99999999999999999999}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "one that no integer holds");
    legacy(400, "{\"code\":1106.5}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "a fraction");
    legacy(400, "{\"code\":1106.0}");
    is(NGX_PLAID_CAUSE_INPUT, "a fraction of nothing");
    is_str(&res.error_code, "1106", "is a whole number");
}


static void
error(ngx_uint_t status, const char *type, const char *code,
    ngx_plaid_cause_e cause)
{
    char  body[512];

    snprintf(body, sizeof(body), "{\"error_type\":\"%s\",\"error_code\":"
             "\"%s\",\"error_message\":\"a message\","
             "\"display_message\":null,\"request_id\":\"r1\"}", type, code);

    current(status, body);
    is(cause, code);

    is_str(&res.error_type, type, "type");
    is_str(&res.error_code, code, "code");
    is_str(&res.error_message, "a message", "message");
    is_str(&res.display_message, "", "no display message");
    is_str(&res.request_id, "r1", "request_id");
    is_int(res.reply_status, status, "reply_status");
}


static void
errors_current(void)
{
    error(400, "INVALID_INPUT", "INVALID_PUBLIC_TOKEN",
          NGX_PLAID_CAUSE_INPUT);
    error(400, "INVALID_INPUT", "U", NGX_PLAID_CAUSE_INPUT);
    error(400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED", NGX_PLAID_CAUSE_INPUT);
    error(404, "A_NEW_TYPE", "A_NEW_CODE_2", NGX_PLAID_CAUSE_INPUT);
    error(400, "INVALID_REQUEST", "INVALID_FIELD", NGX_PLAID_CAUSE_INPUT);

    error(400, "INVALID_INPUT", "INVALID_API_KEYS",
          NGX_PLAID_CAUSE_OPERATOR);
    error(401, "INVALID_INPUT", "INVALID_API_KEYS",
          NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_INPUT", "UNAUTHORIZED_ENVIRONMENT",
          NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_INPUT", "UNAUTHORIZED_ROUTE_ACCESS",
          NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_INPUT", "INVALID_PRODUCT", NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_INPUT", "INVALID_CONFIGURATION",
          NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_INPUT", "PUBLIC_KEY_NOT_ENABLED",
          NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_REQUEST", "MISSING_FIELDS",
          NGX_PLAID_CAUSE_OPERATOR);
    error(400, "INVALID_REQUEST", "UNKNOWN_FIELDS",
          NGX_PLAID_CAUSE_OPERATOR);
    error(404, "INVALID_REQUEST", "NOT_FOUND", NGX_PLAID_CAUSE_OPERATOR);

    error(429, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT",
          NGX_PLAID_CAUSE_RATE_LIMIT);
    error(400, "RATE_LIMIT_EXCEEDED", "ADDITION_LIMIT",
          NGX_PLAID_CAUSE_RATE_LIMIT);
    error(429, "INVALID_INPUT", "INVALID_API_KEYS",
          NGX_PLAID_CAUSE_RATE_LIMIT);

    error(500, "API_ERROR", "INTERNAL_SERVER_ERROR", NGX_PLAID_CAUSE_PLAID);
    error(503, "API_ERROR", "PLANNED_MAINTENANCE", NGX_PLAID_CAUSE_PLAID);
    error(400, "API_ERROR", "INTERNAL_SERVER_ERROR", NGX_PLAID_CAUSE_PLAID);
    error(400, "INSTITUTION_ERROR", "INSTITUTION_DOWN",
          NGX_PLAID_CAUSE_PLAID);
    error(500, "INVALID_INPUT", "INVALID_API_KEYS", NGX_PLAID_CAUSE_PLAID);
    error(500, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT", NGX_PLAID_CAUSE_PLAID);

    current(400, "{\"error_type\":\"INVALID_REQUEST\",\"error_code\":"
            "\"INVALID_FIELD\",\"error_message\":\"Client_ID must be ...\"}");
    is(NGX_PLAID_CAUSE_OPERATOR, "INVALID_FIELD, client_id");
    current(400, "{\"error_type\":\"INVALID_REQUEST\",\"error_code\":"
            "\"INVALID_FIELD\",\"error_message\":\"secret must be ...\"}");
    is(NGX_PLAID_CAUSE_OPERATOR, "INVALID_FIELD, secret");

    current(502, "<html>bad gateway");
    is(NGX_PLAID_CAUSE_PLAID, "502 without JSON");
    is_str(&res.error_type, "API_ERROR", "gets a type");
    current(503, "");
    is(NGX_PLAID_CAUSE_PLAID, "503 without a body");
    current(599, "{\"access_token\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_PLAID, "599 with a token");
}


static void
errors_rate(void)
{
    reply_bytes(NGX_PLAID_CURRENT, 429, "slow down", 9, "", 17);
    is(NGX_PLAID_CAUSE_RATE_LIMIT, "429 without JSON");
    is_int(res.retry_after, 17, "retry_after");
    reply_bytes(NGX_PLAID_CURRENT, 429, "", 0, "", 3600);
    is_int(res.retry_after, 3600, "an hour");
    reply_bytes(NGX_PLAID_CURRENT, 429, "", 0, "", 3601);
    is_int(res.retry_after, 3600, "at most");
    reply_bytes(NGX_PLAID_CURRENT, 429, "", 0, "", -1);
    is_int(res.retry_after, 0, "nor less than nothing");
    reply_bytes(NGX_PLAID_CURRENT, 503, "", 0, "", 17);
    is_int(res.retry_after, 0, "only with 429");
}


static void
code(ngx_uint_t status, ngx_uint_t n, ngx_plaid_cause_e cause,
    const char *type)
{
    char  body[128], text[16];

    snprintf(text, sizeof(text), "%d", (int) n);
    snprintf(body, sizeof(body), "{\"code\":%s,\"message\":\"a message\","
             "\"resolve\":\"do something\"}", text);

    legacy(status, body);
    is(cause, text);

    is_str(&res.error_code, text, "code");
    is_str(&res.error_type, type, "type");
    is_str(&res.error_message, "a message", "message");
    is_str(&res.request_id, "hdr-1", "request_id");
}


static void
errors_legacy(void)
{
    ngx_uint_t  n;

    for (n = 1100; n <= 1115; n++) {
        switch (n) {

        case 1105:
        case 1106:
        case 1107:
            code(401, n, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
            break;

        case 1113:
            code(429, n, NGX_PLAID_CAUSE_RATE_LIMIT, "RATE_LIMIT_EXCEEDED");
            code(401, n, NGX_PLAID_CAUSE_RATE_LIMIT, "RATE_LIMIT_EXCEEDED");
            break;

        default:
            code(401, n, NGX_PLAID_CAUSE_OPERATOR, "INVALID_INPUT");
        }
    }

    code(400, 1000, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(400, 1009, NGX_PLAID_CAUSE_OPERATOR, "INVALID_INPUT");
    code(402, 1200, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(401, 1116, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(404, 1300, NGX_PLAID_CAUSE_PLAID, "API_ERROR");
    code(404, 1301, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(402, 1303, NGX_PLAID_CAUSE_PLAID, "API_ERROR");
    code(404, 1600, NGX_PLAID_CAUSE_OPERATOR, "INVALID_INPUT");
    code(404, 1606, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(400, 2001, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(400, 2002, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(400, 1, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(400, 9999, NGX_PLAID_CAUSE_INPUT, "INVALID_INPUT");
    code(500, 1702, NGX_PLAID_CAUSE_PLAID, "API_ERROR");
    code(501, 1700, NGX_PLAID_CAUSE_PLAID, "API_ERROR");
    code(502, 1701, NGX_PLAID_CAUSE_PLAID, "API_ERROR");
    code(503, 1800, NGX_PLAID_CAUSE_PLAID, "API_ERROR");

    legacy(500, "");
    is(NGX_PLAID_CAUSE_PLAID, "500 without a body");
}


static void
message(const char *text, const char *expected, const char *name)
{
    char  body[2048];

    snprintf(body, sizeof(body), "{\"error_type\":\"A\",\"error_code\":\"B\","
             "\"error_message\":\"%s\",\"display_message\":\"%s\","
             "\"access_token\":\"" ACCESS "\"}", text, text);

    current(400, body);

    is_str(&res.error_message,
           *expected ? expected : "the public token was refused", name);
    is_str(&res.display_message, expected, "display_message, too");
    is_int(unit_pool_holds(pool, SECRET) + unit_pool_holds(pool, PUBLIC)
           + unit_pool_holds(pool, ACCESS), 0, "nothing slips through");
}


static void
messages(void)
{
    message("plain ~ text", "plain ~ text", "printable");
    message("a\\r\\nb\\tc\\u0000d\\u0085\x7f", "a??b?c?d??", "controls");
    message("\xc3\xa9t\\u00e9 \\ud83d\\ude00", "\xc3\xa9t\xc3\xa9 "
            "\xf0\x9f\x98\x80", "UTF-8 stays");
    message("a\\ud83d-\\ude00b", "a?-?b", "halves of pairs");
    message(T100 T100 T100 T100 T100 "0123456789a\xc3\xa9", T100 T100 T100
            T100 T100 "0123456789a", "no half of a character");
    message("", "", "empty");
    message("no token " PUBLIC " found", "", "the public token");
    message(SECRET, "", "the secret");
    message("client_id " ID "?", "", "the client_id");
    message("here: " ACCESS, "", "an access token");
    message("5ECRET-0F-THE-C1IENT", "", "the secret, in capitals");
    message("5ecret-0f-the-c1ien", "5ecret-0f-the-c1ien",
            "a part of it is not the secret");
    message(T100 T100 T100 T100 T100 "0123456789abz",
            T100 T100 T100 T100 T100 "0123456789ab", "513 bytes");
    message(T100 T100 T100 T100 T100 "0123456789abz" SECRET, "",
            "the secret after byte 512");
    message(T100 T100 T100 T100 T100 SECRET, "",
            "the secret across byte 512");
}


static void
repeats(void)
{
    current(200, "{\"access_token\":\"" ACCESS "\",\"item_id\":\"x-" SECRET
            "\",\"request_id\":\"" ACCESS "\"}");
    is(NGX_PLAID_CAUSE_NONE, "ids with secrets");
    is_str(&res.item_id, "", "no secret in item_id");
    is_str(&res.request_id, "", "no access token in request_id");

    reply_bytes(NGX_PLAID_CURRENT, 200, "{\"access_token\":\"t\"}", 20,
                PUBLIC, 0);
    is_str(&res.request_id, "", "no public token in it");

    legacy(200, "{\"access_token\":\"" ACCESS "\",\"account_id\":\"btok_1234\","
           "\"stripe_bank_account_token\":\"btok_1234\"}");
    is_str(&res.account_id, "", "no stripe token in account_id");
    is_str(&res.stripe_token, "btok_1234", "which stays");

    legacy(200, "{\"access_token\":\"" ACCESS "\",\"account_id\":\"proc-1234\","
           "\"processor_token\":\"proc-1234\"}");
    is_str(&res.account_id, "", "no processor token in account_id");

    ngx_str_set(&args.secret, "ABCDEFGH");
    current(400, "{\"error_type\":\"ABCDEFGH\",\"error_code\":\"B\"}");
    is(NGX_PLAID_CAUSE_BAD_REPLY, "no secret in a type");

    ngx_str_set(&args.secret, "a");
    message("a message", "a message", "a short secret guards nothing");
    ngx_str_set(&args.secret, SECRET);
}


static void
request_ids(void)
{
    char  id[NGX_PLAID_ID_MAX + 2];

    memset(id, 'r', sizeof(id));
    id[NGX_PLAID_ID_MAX] = '\0';

    reply_bytes(NGX_PLAID_CURRENT, 500, "", 0, id, 0);
    is_str(&res.request_id, id, "the longest");

    id[NGX_PLAID_ID_MAX] = 'r';
    id[NGX_PLAID_ID_MAX + 1] = '\0';

    reply_bytes(NGX_PLAID_CURRENT, 500, "", 0, id, 0);
    is_str(&res.request_id, "", "a longer one");

    reply_bytes(NGX_PLAID_CURRENT, 500, "{\"request_id\":\"b\"}", 18, "h", 0);
    is_str(&res.request_id, "b", "the body's before the header's");
    reply_bytes(NGX_PLAID_CURRENT, 500, "{\"request_id\":\"\"}", 17, "h", 0);
    is_str(&res.request_id, "h", "an empty one is none");
    reply_bytes(NGX_PLAID_CURRENT, 500, "", 0, "a\r\nb", 0);
    is_str(&res.request_id, "", "a line break");
    reply_bytes(NGX_PLAID_CURRENT, 500, "", 0, "a b", 0);
    is_str(&res.request_id, "", "a space");
    reply_bytes(NGX_PLAID_CURRENT, 500, "", 0, "a\"", 0);
    is_str(&res.request_id, "", "a quote");
    reply_bytes(NGX_PLAID_CURRENT, 500, "", 0, "a[", 0);
    is_str(&res.request_id, "", "a bracket");
}


static void
lengths(void)
{
    char  body[512], text[130];

    memset(text, 'A', sizeof(text));

    text[128] = '\0';
    snprintf(body, sizeof(body), "{\"access_token\":\"t\","
             "\"item_id\":\"%s\"}", text);
    current(200, body);
    is_str(&res.item_id, text, "the longest item_id");

    text[128] = 'A';
    text[129] = '\0';
    snprintf(body, sizeof(body), "{\"access_token\":\"t\","
             "\"item_id\":\"%s\"}", text);
    current(200, body);
    is_str(&res.item_id, "", "a longer item_id");

    text[64] = '\0';
    snprintf(body, sizeof(body), "{\"error_type\":\"%s\","
             "\"error_code\":\"%s\"}", text, text);
    current(400, body);
    is_str(&res.error_code, text, "the longest code");

    text[64] = 'A';
    text[65] = '\0';
    snprintf(body, sizeof(body), "{\"error_type\":\"A\","
             "\"error_code\":\"%s\"}", text);
    current(400, body);
    is(NGX_PLAID_CAUSE_BAD_REPLY, "a longer code");
}


static void
bytes(void)
{
    int   i, good, in_code, in_id;
    char  body[128], id[4];

    good = 1;

    for (i = 1; i < 256; i++) {
        in_code = (i >= 'A' && i <= 'Z') || (i >= '0' && i <= '9')
                  || i == '_';
        in_id = in_code || (i >= 'a' && i <= 'z') || i == '.' || i == '-';

        snprintf(body, sizeof(body), "{\"error_type\":\"A\","
                 "\"error_code\":\"B\\u%04x\"}", i);
        snprintf(id, sizeof(id), "a%c", i);

        reply_bytes(NGX_PLAID_CURRENT, 400, body, strlen(body), id, 0);

        good = good
               && (res.cause == NGX_PLAID_CAUSE_INPUT) == in_code
               && (res.request_id.len == 2) == in_id;
    }

    ok(good, "each byte in a code and in a request_id");
}


int
main(void)
{
    success_current();
    success_legacy();
    bad_replies();
    errors_current();
    errors_rate();
    errors_legacy();
    messages();
    repeats();
    request_ids();
    lengths();
    bytes();

    unit_pool_destroy(pool);

    return done_testing();
}
