
/* What is common to all bodies: types, chains, limits, memory. */


#include "body_env.h"


static void
type(const char *text, ngx_plaid_body_type_e expected)
{
    ngx_str_t  value;

    /* not terminated, for the sanitizer to see */

    value.len = strlen(text);
    value.data = malloc(value.len + 1);
    value.data = memcpy(realloc(value.data, value.len ? value.len : 1), text,
                        value.len);

    ok(ngx_plaid_body_type(&value) == expected, "type \"%s\"", text);

    free(value.data);
}


static void
types(void)
{
    type("application/x-www-form-urlencoded", NGX_PLAID_BODY_FORM);
    type("Application/X-WWW-Form-Urlencoded;charset=UTF-8",
         NGX_PLAID_BODY_FORM);
    type(" application/x-www-form-urlencoded\t ; a", NGX_PLAID_BODY_FORM);
    type("multipart/form-data; boundary=X", NGX_PLAID_BODY_MULTIPART);
    type("MULTIPART/FORM-DATA", NGX_PLAID_BODY_MULTIPART);
    type("application/json", NGX_PLAID_BODY_JSON);
    type("application/JSON; charset=utf-8", NGX_PLAID_BODY_JSON);
    type("application/vnd.api+json", NGX_PLAID_BODY_JSON);
    type("application/a+b+json", NGX_PLAID_BODY_JSON);

    type("", NGX_PLAID_BODY_OTHER);
    type(";", NGX_PLAID_BODY_OTHER);
    type(" ", NGX_PLAID_BODY_OTHER);
    type("application/x-www-form-urlencoded2", NGX_PLAID_BODY_OTHER);
    type("application/x-www-form-urlencode", NGX_PLAID_BODY_OTHER);
    type("application/x-www-form-urlencoded, text/plain",
         NGX_PLAID_BODY_OTHER);
    type("application/json, application/json", NGX_PLAID_BODY_OTHER);
    type("text/plain, application/a+json", NGX_PLAID_BODY_OTHER);
    type("application/a, application/b+json", NGX_PLAID_BODY_OTHER);
    type("application/a b+json", NGX_PLAID_BODY_OTHER);
    type("application/a/b+json", NGX_PLAID_BODY_OTHER);
    type("application/a,b+json", NGX_PLAID_BODY_OTHER);
    type("application/\xe9+json", NGX_PLAID_BODY_OTHER);
    type("application/+json", NGX_PLAID_BODY_OTHER);
    type("applicatiox/json", NGX_PLAID_BODY_OTHER);
    type("applications/a+json", NGX_PLAID_BODY_OTHER);
    type("application/abcd", NGX_PLAID_BODY_OTHER);
    type("application/a+jsox", NGX_PLAID_BODY_OTHER);
    type("application/\x7f+json", NGX_PLAID_BODY_OTHER);
    type("multipart/form-dote", NGX_PLAID_BODY_OTHER);
    type("application/xjson", NGX_PLAID_BODY_OTHER);
    type("application/x-json", NGX_PLAID_BODY_OTHER);
    type("application/json+x", NGX_PLAID_BODY_OTHER);
    type("application/jso", NGX_PLAID_BODY_OTHER);
    type("text/json", NGX_PLAID_BODY_OTHER);
    type("json", NGX_PLAID_BODY_OTHER);
    type("multipart/mixed", NGX_PLAID_BODY_OTHER);
    type("multipart/form-data-x", NGX_PLAID_BODY_OTHER);

    type("application/json; charset=\"US-ASCII\"", NGX_PLAID_BODY_JSON);
    type("application/json;charset=utf8;", NGX_PLAID_BODY_JSON);
    type("application/json; utf-8", NGX_PLAID_BODY_JSON);
    type("application/x-www-form-urlencoded; charset=ISO-8859-1",
         NGX_PLAID_BODY_FORM);
    type("multipart/form-data; charset=utf-8; boundary=X",
         NGX_PLAID_BODY_MULTIPART);
    type("application/json; charset=utf-16", NGX_PLAID_BODY_OTHER);
    type("application/json; charset=utf-8x", NGX_PLAID_BODY_OTHER);
    type("application/json; charset='utf-8'", NGX_PLAID_BODY_OTHER);
    type("application/json; charset=", NGX_PLAID_BODY_OTHER);
    type("application/json; charset=\"\"", NGX_PLAID_BODY_OTHER);
    type("application/x-www-form-urlencoded; charset=ibm037",
         NGX_PLAID_BODY_OTHER);
    type("application/x-www-form-urlencoded; charset=utf-7",
         NGX_PLAID_BODY_OTHER);
    type("multipart/form-data; charset=windows-1252; boundary=X",
         NGX_PLAID_BODY_OTHER);
}


static void
other(void)
{
    malformed("text/plain", "public_token=x", "a type without a parser");
    malformed(FORM "; charset=utf-8; charset=utf-7", "public_token=x",
              "two charsets");
    malformed(FORM "; x-charset=utf-7; charset=utf-8", "public_token=x",
              "a charset of another name");
    malformed(FORM "; charset*=utf-8''utf-7", "public_token=x",
              "a charset of RFC 2231");
    malformed(FORM "; charset", "public_token=x", "no charset");
    malformed(FORM "; x=\"charset=utf-7\"", "public_token=x",
              "a charset in a value");
    malformed(FORM "; charset =utf-7", "public_token=x",
              "a blank before the equal sign");
    malformed(JSON "; charset=utf-8 x", "{\"public_token\":\"x\"}",
              "a word too many");
    found(FORM "; x=y; z", "public_token=x", "x", "other parameters");
    found(JSON "; utf-8", "{\"public_token\":\"x\"}", "x", "a word alone");
}


/* buffers that carry no bytes do not matter, whatever their pointers say */

static void
specials(void)
{
    ngx_buf_t               *b;
    ngx_str_t                body, content_type;
    ngx_pool_t              *pool;
    ngx_array_t             *fields;
    ngx_chain_t             *in;
    body_env_case_t          c;
    ngx_plaid_body_found_t   f;

    memset(&c, 0, sizeof(c));
    c.type = FORM;
    c.result = NGX_PLAID_BODY_FOUND;
    c.token = unit_str("x");

    pool = unit_pool();
    body = unit_str("public_token=x");

    in = unit_chain(pool, &body, (size_t[]) { 0, 0, 14, 14 }, 4);

    b = in->buf;
    b->memory = 0;
    b->sync = 1;
    b->file_last = 10;

    b = in->next->next->next->next->buf;
    b->memory = 0;
    b->last_buf = 1;
    b->file_last = 10;

    ok(body_env_search(pool, in, &c, "special"), "special buffers");

    b = in->next->next->buf;
    fields = unit_names(pool, "public_token");
    content_type = unit_str(FORM);
    unit_refuse(0);

    (void) ngx_plaid_body_search(pool, &unit_log, in, 14, &content_type,
                                 fields, &f);

    is_int(unit_allocations, 1, "one buffer with bytes is not copied");
    ok(f.token.data < b->start || f.token.data > b->last,
       "but for the token");

    unit_chain_free(in);

    c.result = NGX_PLAID_BODY_ABSENT;
    c.token.len = 0;

    ok(body_env_search(pool, NULL, &c, "none"), "no chain");

    unit_pool_destroy(pool);
}


static void
sizes(void)
{
    ngx_str_t        body;
    body_env_case_t  c;

    memset(&c, 0, sizeof(c));
    c.type = FORM;
    body = unit_str("public_token=x");
    c.body = body;

    body_env_max = body.len;
    c.result = NGX_PLAID_BODY_FOUND;
    c.token = unit_str("x");
    body_env_run(&c, "a body of max bytes");

    body_env_max = body.len - 1;
    c.result = NGX_PLAID_BODY_MALFORMED;
    c.token.len = 0;
    body_env_run(&c, "a body of max + 1 bytes");

    body_env_max = 1024 * 1024;
}


static void
enormous(void)
{
    ngx_buf_t        *b;
    ngx_str_t         body;
    ngx_pool_t       *pool;
    ngx_chain_t      *in;
    body_env_case_t   c;

    memset(&c, 0, sizeof(c));
    c.type = FORM;
    c.result = NGX_PLAID_BODY_MALFORMED;

    pool = unit_pool();
    body = unit_str("public_token=x");
    in = unit_chain_file(pool, &body, 0);

    b = in->buf;
    b->file_last = (off_t) 1 << 40;
    body_env_max = (size_t) -1;

    ok(body_env_search(pool, in, &c, "enormous"), "more than jansson counts");

    body_env_max = 1024 * 1024;

    unit_chain_free(in);
    unit_pool_destroy(pool);
}


static void
broken_files(void)
{
    int               fd;
    ngx_str_t         body;
    ngx_pool_t       *pool;
    ngx_chain_t      *in;
    body_env_case_t   c;

    memset(&c, 0, sizeof(c));
    c.type = FORM;
    c.result = NGX_PLAID_BODY_FAILED;

    pool = unit_pool();
    body = unit_str("public_token=x");
    in = unit_chain_file(pool, &body, 0);

    in->buf->file_last++;
    unit_log_reset();

    ok(body_env_search(pool, in, &c, "truncated"), "a truncated file");
    is_int(unit_log_lines, 1, "it is logged");
    ok(strstr(unit_log_text, "public_token") == NULL, "without the body");
    is_int(unit_pool_holds(pool, "public_token="), 0, "nothing is left of it");

    in->buf->file_last--;
    fd = in->buf->file->fd;
    in->buf->file->fd = -1;

    ok(body_env_search(pool, in, &c, "unreadable"), "an unreadable file");

    in->buf->file->fd = fd;

    unit_chain_free(in);
    unit_pool_destroy(pool);
}


#define CANARY  "public-sandbox-canary"


/*
 * The token may be left behind once, as what was found, and nowhere else;
 * every refused allocation gives FAILED and leaves nothing.
 */

static void
memory(const char *content_type, const char *text, ngx_plaid_body_e expected,
    const char *name)
{
    size_t                   cut[1];
    ngx_str_t                body, value;
    ngx_uint_t               n, total, left;
    ngx_pool_t              *pool;
    ngx_array_t             *fields;
    ngx_chain_t             *in;
    ngx_plaid_body_e         result;
    ngx_plaid_body_found_t   found;

    body = unit_str(text);
    value = unit_str(content_type);
    cut[0] = body.len / 2;
    total = 0;
    left = 0;

    unit_canaries = 0;

    for (n = 0; n <= total; n++) {
        pool = unit_pool();
        fields = unit_names(pool, "public_token");
        in = unit_chain(pool, &body, cut, 1);

        unit_refuse(n);
        unit_canary = CANARY;

        result = ngx_plaid_body_search(pool, &unit_log, in, 1024 * 1024,
                                       &value, fields, &found);

        unit_canary = NULL;

        if (n == 0) {
            total = unit_allocations;
            ok(result == expected, "%s: the result", name);

        } else if (result != NGX_PLAID_BODY_FAILED) {
            ok(0, "%s: allocation %d of %d refused", name, (int) n,
               (int) total);
        }

        ngx_plaid_wipe(&found.token);
        left += unit_pool_holds(pool, CANARY);

        unit_refuse(0);
        unit_chain_free(in);
        unit_pool_destroy(pool);
    }

    ok(total > 1, "%s: %d allocations refused", name, (int) total);
    is_int(left, 0, "nothing is left in the pool");
    is_int(unit_canaries, 0, "nothing is left on the heap");
}


int
main(void)
{
    types();
    other();
    specials();
    sizes();
    enormous();
    broken_files();

    memory(FORM, "a=1&public_token=" CANARY, NGX_PLAID_BODY_FOUND, "form");
    memory(FORM, "public_token=" CANARY "&public_token=" CANARY,
           NGX_PLAID_BODY_TWICE, "form, twice");
    memory(FORM, "public_token=" CANARY "%zz", NGX_PLAID_BODY_MALFORMED,
           "form, malformed");
    memory(JSON, "{\"a\":[1,{}],\"public_token\":\"" CANARY "\"}",
           NGX_PLAID_BODY_FOUND, "JSON");
    memory(JSON, "{\"public_token\":\"" CANARY "\",\"public_token\":\""
           CANARY "\"}", NGX_PLAID_BODY_TWICE, "JSON, twice");
    memory(JSON, "{\"public_token\":\"" CANARY "\"}}",
           NGX_PLAID_BODY_MALFORMED, "JSON, malformed");
    memory(JSON, "{\"a\":1e5,\"public\\u005ftoken\":\"" CANARY "\\u0021\"}",
           NGX_PLAID_BODY_FOUND, "JSON, escaped");
    memory(JSON, "{\"\\u0061\":1,\"public_token\":\"" CANARY,
           NGX_PLAID_BODY_MALFORMED, "JSON, cut");
    memory(MULTIPART, "--X\r\nContent-Disposition: form-data; "
           "name=public_token\r\n\r\n" CANARY "\r\n--X--\r\n",
           NGX_PLAID_BODY_FOUND, "multipart");

    return done_testing();
}
