
/*
 * Strings of a JSON object replaced by offset: places, members left out, what
 * is refused, and that all other bytes stay.
 */


#include "unit.h"
#include "ngx_plaid_splice.h"


static const ngx_plaid_splice_place_t  places[] = {
    { "access_token", 0 },
    { "access_tokens[]", 0 },
    { "options.access_tokens[]", 0 },
    { "a.b.access_token", 0 },
    { "items[].access_token", 0 },
    { "items[].item_id", 0 },
    { "client_id", 1 },
    { "secret", 1 },
    { NULL, 0 }
};


static ngx_pool_t          *pool;
static ngx_plaid_splice_t   sp;


static ngx_int_t
check(void *data, ngx_str_t *s)
{
    ngx_str_t  bad;

    bad = unit_str("bad");

    return ngx_plaid_contains(s->data, s->len, &bad) ? NGX_DECLINED : NGX_OK;
}


/* of its very size, for the sanitizer to see a byte more being read */

static ngx_int_t
read_text(const char *text, size_t len)
{
    ngx_str_t  in;

    in.len = len;
    in.data = ngx_pnalloc(pool, len ? len : 1);
    memcpy(in.data, text, len);

    memset(&sp, 0, sizeof(sp));

    sp.pool = pool;
    sp.places = places;
    sp.check = check;

    return ngx_plaid_splice_read(&sp, &in);
}


/* each hit becomes "<" value ">" */

static void
spliced(const char *in, const char *out, const char *name)
{
    ngx_str_t                got;
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_plaid_splice_hit_t  *hit;

    rc = read_text(in, strlen(in));

    if (rc != NGX_OK) {
        is_int(rc, NGX_OK, name);
        return;
    }

    hit = sp.hits.elts;

    for (i = 0; i < sp.hits.nelts; i++) {
        hit[i].by.data = ngx_pnalloc(pool, hit[i].value.len + 2);
        hit[i].by.len = ngx_sprintf(hit[i].by.data, "<%V>", &hit[i].value)
                        - hit[i].by.data;
    }

    if (ngx_plaid_splice_write(&sp, pool, &got) != NGX_OK) {
        ok(0, "%s", name);
        return;
    }

    is_str(&got, out, name);
}


static void
refused(const char *in, ngx_int_t rc, const char *name)
{
    is_int(read_text(in, strlen(in)), rc, name);
}


static void
tokens(void)
{
    spliced("{}", "{}", "empty");
    spliced(" \r\n{ } \t", " \r\n{ } \t", "blanks stay");
    spliced("{\"access_token\":\"x\"}", "{\"access_token\":\"<x>\"}", "a token");
    spliced("{\"access_token\" : \"\"}", "{\"access_token\" : \"<>\"}",
            "an empty one");
    spliced("{\"access_token\":null}", "{\"access_token\":null}", "null");
    spliced("{\"access_token\":5}", "{\"access_token\":5}", "a number");
    spliced("{\"access_token\":[\"x\"]}", "{\"access_token\":[\"x\"]}",
            "an array is not the string itself");
    spliced("{\"access_token\":{\"access_token\":\"x\"}}",
            "{\"access_token\":{\"access_token\":\"x\"}}", "nor is an object");
    spliced("{\"access_tokens\":[\"x\",\"y\" , null]}",
            "{\"access_tokens\":[\"<x>\",\"<y>\" , null]}", "a list");
    spliced("{\"access_tokens\":[[\"x\"]]}", "{\"access_tokens\":[[\"x\"]]}",
            "a list in a list");
    spliced("{\"options\":{\"access_tokens\":[\"x\"]},\"access_token\":\"y\"}",
            "{\"options\":{\"access_tokens\":[\"<x>\"]},"
            "\"access_token\":\"<y>\"}", "a member of a member");
    spliced("{\"a\":{\"b\":{\"c\":1,\"access_token\":\"x\"}}}",
            "{\"a\":{\"b\":{\"c\":1,\"access_token\":\"<x>\"}}}", "deeper");
    spliced("{\"items\":[{\"access_token\":\"x\",\"item_id\":\"i\"},"
            "{\"item_id\":\"j\"}]}",
            "{\"items\":[{\"access_token\":\"<x>\",\"item_id\":\"<i>\"},"
            "{\"item_id\":\"<j>\"}]}", "in objects of a list");
    spliced("{\"Access_token\":\"x\"}", "{\"Access_token\":\"x\"}",
            "case counts");
    spliced("{\"b\":{\"access_token\":\"x\"}}",
            "{\"b\":{\"access_token\":\"x\"}}", "elsewhere");
    spliced("{\"access\\u005ftoken\":\"\\u0078\\/\\\"\\\\\"}",
            "{\"access\\u005ftoken\":\"<x/\\\"\\\\>\"}", "escapes");
    spliced("{\"access_token\":\"\\n\\u00e9\\ud83d\\ude00\"}",
            "{\"access_token\":\"<\\u000a\xc3\xa9\xf0\x9f\x98\x80>\"}",
            "more escapes");

    /* names that read like a path */

    spliced("{\"options.access_tokens\":[\"x\"]}",
            "{\"options.access_tokens\":[\"x\"]}", "a dot in a name");
    spliced("{\"access_tokens[]\":\"x\"}", "{\"access_tokens[]\":\"x\"}",
            "brackets in a name");
    spliced("{\"\":{\"access_token\":\"x\"}}", "{\"\":{\"access_token\":\"x\"}}",
            "an empty name");
}


static void
exact(void)
{
    static const char  *half = "{\"\\u0000\":\"\\ud83d\",\"n\":1e400}";

    static const char  *same =
        "{ \"z\" : 12345678901234567890.10 ,\"a\":-0.0e+5,\t\"\\u0061b\":"
        "[1,2 , [ ] , { } , true,false,null],\"m\":{\"n\":\"\\/\\u00e9\"}}\n";

    spliced(same, same, "numbers, order, blanks and escapes stay");
    spliced(half, half, "half of a pair stays, too");
}


static void
left_out(void)
{
    spliced("{\"client_id\":\"c\",\"secret\":\"s\",\"a\":1}", "{\"a\":1}",
            "first members");
    spliced("{\"a\":1,\"client_id\":\"c\",\"b\":2}", "{\"a\":1,\"b\":2}",
            "in the middle");
    spliced("{\"a\":1 , \"client_id\":\"c\"}", "{\"a\":1}", "the last one");
    spliced("{\"a\":1,\"client_id\":\"c\",\"secret\":5 }", "{\"a\":1 }",
            "the last two");
    spliced("{ \"client_id\":\"c\", \"secret\":{\"x\":[1]} }", "{ }", "all");
    spliced("{\"secret\":null,\"access_token\":\"x\",\"client_id\":[]}",
            "{\"access_token\":\"<x>\"}", "beside a token");
    spliced("{\"a\":{\"secret\":\"s\"}}", "{\"a\":{\"secret\":\"s\"}}",
            "only at the top");
    spliced("{\"s\\u0065cret\":\"s\",\"a\":1}", "{\"a\":1}", "with escapes");

    (void) read_text("{\"secret\":\"s\"}", 14);
    ok(sp.hits.nelts == 1
       && ((ngx_plaid_splice_hit_t *) sp.hits.elts)[0].place == 7,
       "its value is seen");
}


static void
grammar(void)
{
    size_t       i;
    ngx_uint_t   n;
    char         text[4096], *p;

    static const char  *bad[] = {
        "", " ", "[]", "\"x\"", "null", "{", "}", "{]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}", "{\"a\":[1,]}",
        "{\"a\":[,1]}", "{\"a\":[1}", "{\"a\":{]}", "{a:1}", "{\"a\":01}",
        "{\"a\":+1}", "{\"a\":.5}", "{\"a\":nul}", "{\"a\":'x'}",
        "{\"a\":\"\x01\"}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}", "{} {}", "{}x",
        "{\"a\":1}}", "\xef\xbb\xbf{}", "// \n{}", NULL
    };

    for (i = 0; bad[i]; i++) {
        refused(bad[i], NGX_DECLINED, bad[i]);
    }

    /* 16 levels: the outermost object and 15 arrays in it */

    for (n = 15; n < 17; n++) {
        p = text + sprintf(text, "{\"a\":");
        memset(p, '[', n);
        memset(p + n, ']', n);
        strcpy(p + 2 * n, "}");

        is_int(read_text(text, strlen(text)), n == 15 ? NGX_OK : NGX_DECLINED,
               n == 15 ? "depth 16" : "depth 17");
    }
}


static void
duplicates(void)
{
    char  text[1024], *p;
    int   i;

    refused("{\"a\":1,\"a\":2}", NGX_DECLINED, "a name twice");
    refused("{\"a\":1,\"\\u0061\":2}", NGX_DECLINED, "spelled in two ways");
    refused("{\"x\":[{\"a\":1,\"b\":{},\"a\":2}]}", NGX_DECLINED, "deeper");
    refused("{\"\":1,\"\":2}", NGX_DECLINED, "two empty names");
    refused("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", NGX_OK,
            "the same in other objects");
    refused("{\"secret\":1,\"secret\":2}", NGX_DECLINED, "left out twice");

    for (p = text, i = 0; i < 20; i++) {
        p += sprintf(p, "%c\"m%d\":{\"a\":1}", i ? ',' : '{', i);
    }

    strcpy(p, "}");
    refused(text, NGX_OK, "many names");

    strcpy(p, ",\"m7\":1}");
    refused(text, NGX_DECLINED, "one of many twice");
}


static void
checked(void)
{
    refused("{\"a\":\"a bad one\"}", NGX_ABORT, "a string");
    refused("{\"a\":[{\"b\":\"b\\u0061d\"}]}", NGX_ABORT, "with escapes");
    refused("{\"bad\":1}", NGX_ABORT, "a name");
    refused("{\"access_token\":\"bad\"}", NGX_OK, "not at a place");
}


static void
memory(void)
{
    ngx_int_t    rc;
    ngx_str_t    out;
    ngx_uint_t   n;

    static const char  *text =
        "{\"secret\":\"\\u0061\",\"access_tokens\":[\"1\",\"2\",\"3\",\"4\","
        "\"5\"],\"a\":{\"b\":1,\"c\":1,\"d\":1},\"e\":[{\"f\":1}]}";

    /* the first one is read_text()'s own */

    for (n = 2; n < 100; n++) {
        unit_refuse(n);
        rc = read_text(text, strlen(text));

        if (rc == NGX_OK && ngx_plaid_splice_write(&sp, pool, &out) == NGX_OK) {
            break;
        }

        if (rc != NGX_OK && rc != NGX_ERROR) {
            break;
        }
    }

    unit_refuse(0);

    ok(rc == NGX_OK && n > 5 && n < 100, "each allocation refused in turn");
}


/* no beginning of a good body is one */

static void
beginnings(void)
{
    size_t       i;
    ngx_uint_t   taken;

    static const char  *text =
        "{\"access_token\":\"\\u0061\xc3\xa9\",\"b\":[1.5e3,true,{\"c\":null}]}";

    for (taken = 0, i = 0; i < strlen(text); i++) {
        taken += read_text(text, i) == NGX_OK;
    }

    is_int(taken, 0, "beginnings that are taken");
}


int
main(void)
{
    pool = unit_pool();

    tokens();
    exact();
    left_out();
    grammar();
    duplicates();
    checked();
    beginnings();

    unit_pool_destroy(pool);

    pool = unit_pool();
    memory();
    unit_pool_destroy(pool);

    return done_testing();
}
