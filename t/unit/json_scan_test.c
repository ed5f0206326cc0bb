
/* The scanner of JSON, the strings in it, and names that are twice. */


#include "unit.h"
#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_json_string.h"
#include "ngx_plaid_json_unique.h"
#include <jansson.h>
#include <time.h>


static char  trace[4096];


/* "text" in memory of its very size, for the sanitizer */

static ngx_str_t
exact(const char *text, size_t len)
{
    ngx_str_t  s;

    s.len = len;
    s.data = malloc(len ? len : 1);
    memcpy(s.data, text, len);

    return s;
}


/* All that is read, one letter and the texts for each value. */

static ngx_plaid_json_e
walk(ngx_str_t *text, ngx_uint_t depth)
{
    char                   *p;
    ngx_plaid_json_e        type;
    ngx_plaid_json_scan_t   scan;

    static const char  letters[] = "EI{[)\"#tfn";

    p = trace;
    *p = '\0';

    ngx_plaid_json_scan_init(&scan, text, depth);

    for ( ;; ) {
        type = ngx_plaid_json_scan_next(&scan);

        if (type <= NGX_PLAID_JSON_INVALID) {
            break;
        }

        if (p - trace > (int) sizeof(trace) - 512
            || scan.value.len + scan.name.len > 200)
        {
            continue;
        }

        p += sprintf(p, "%d%c", (int) scan.depth, letters[type]);

        if (scan.name.data) {
            p += sprintf(p, "%.*s:", (int) scan.name.len,
                         (char *) scan.name.data);
        }

        p += sprintf(p, "%.*s ", (int) scan.value.len,
                     (char *) scan.value.data);
    }

    /* nothing comes after the end */

    if (ngx_plaid_json_scan_next(&scan) != NGX_PLAID_JSON_INVALID) {
        return NGX_PLAID_JSON_NULL;
    }

    return type;
}


static void
grammar(const char *bytes, size_t len, ngx_plaid_json_e expected,
    const char *name)
{
    char              shown[128];
    size_t            i;
    ngx_str_t         text;
    ngx_plaid_json_e  type;

    text = exact(bytes, len);
    type = walk(&text, NGX_PLAID_JSON_DEPTH);
    free(text.data);

    /* a line of TAP has neither control characters nor a "#" */

    for (i = 0; name[i] && i < sizeof(shown) - 1; i++) {
        shown[i] = (name[i] < 0x20 || name[i] > 0x7e || name[i] == '#')
                   ? '?' : name[i];
    }

    shown[i] = '\0';

    ok(type == expected, "%s", shown);
}


#define good(text)  grammar(text, sizeof(text) - 1, NGX_PLAID_JSON_END, text)
#define bad(text)   grammar(text, sizeof(text) - 1, NGX_PLAID_JSON_INVALID,  \
                            "not " text)


static void
numbers(void)
{
    good("0");
    good("-0");
    good("[0,-0,10,-1,0.5,-0.05,1e5,1E+05,1e-5,0e0,1.5e3]");
    good("1e999999999999999999");
    good("-123456789012345678901234567890.5e-99999");

    bad("-");
    bad("+1");
    bad("00");
    bad("-01");
    bad("1.");
    bad(".5");
    bad("1.e5");
    bad("1e");
    bad("1e+");
    bad("0x10");
    bad("NaN");
    bad("Infinity");
    bad("1 2");
    bad("--1");
}


static void
strings(void)
{
    good("\"\"");
    good("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\uabCD\"");
    good("\"\x7f \xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf"
         "\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
    good("\"\\ud800\\udc00 \\ud800 \\udc00 \\ud800\\ud800 \\ud83d\"");
    good("{\"\\u0000\":\"\\u0000\"}");

    bad("\"");
    bad("\"\\\"");
    bad("\"a");
    bad("\"\\");
    bad("\"\\u");
    bad("\"\\u123");
    bad("\"\\u123\"");
    bad("\"\\u00g0\"");
    bad("\"\\U0041\"");
    bad("\"\\x\"");
    bad("\"\\'\"");
    bad("\"\n\"");
    bad("\"\x1f\"");
    bad("\"\0\"");
    bad("\"\x80\"");
    bad("\"\xc1\xbf\"");
    bad("\"\xc3\"");
    bad("\"\xc3");
    bad("\"\xe0\x9f\xbf\"");
    bad("\"\xed\xa0\x80\"");
    bad("\"\xe2\x82\"");
    bad("\"\xf0\x8f\xbf\xbf\"");
    bad("\"\xf4\x90\x80\x80\"");
    bad("\"\xf5\x80\x80\x80\"");
    bad("\"\xff\"");
    bad("'a'");
}


static void
structure(void)
{
    good("{}");
    good(" [ ] ");
    good("\t{\r\n}\n");
    good("{\"a\":{\"b\":[{},[],[[]]]},\"a\":1}");
    good("[true,false,null]");
    good("\xef\xbb\xbf[]");

    bad("");
    bad(" ");
    bad("\xef\xbb\xbf");
    bad("\xef\xbb\xbf\xef\xbb\xbf[]");
    bad("[]\0");
    bad("[]x");
    bad("[][]");
    bad("[");
    bad("{");
    bad("[1");
    bad("[1,");
    bad("[1,]");
    bad("[,1]");
    bad("[1 2]");
    bad("[}");
    bad("{]");
    bad("[1}");
    bad("]");
    bad("}");
    bad(",");
    bad(":");
    bad("{\"a\"}");
    bad("{\"a\":}");
    bad("{\"a\":1,}");
    bad("{,\"a\":1}");
    bad("{\"a\" 1}");
    bad("{\"a\"::1}");
    bad("{\"a\":1 \"b\":1}");
    bad("{\"a\":1;\"b\":1}");
    bad("{a:1}");
    bad("{1:1}");
    bad("{\"a\":1");
    bad("{\"a\":");
    bad("{\"a\"");
    bad("tru");
    bad("nulL");
    bad("falsey");
    bad("[1]//");
    bad("/**/[]");
    bad("\x0b[]");
}


static void
values(void)
{
    ngx_str_t               text, s;
    ngx_plaid_json_scan_t   scan;

    text = exact("{\"a\":[1,{\"b\":\"c\"}],\"d\":null} ", 29);

    is_int(walk(&text, 8), NGX_PLAID_JSON_END, "an object");
    ok(strcmp(trace, "1{{ 2[a:[ 2#1 3{{ 3\"b:\"c\" 2)} 1)] 1nd:null 0)} ")
       == 0, "what is in it: %s", trace);

    ngx_plaid_json_scan_init(&scan, &text, 8);

    (void) ngx_plaid_json_scan_next(&scan);
    is_int(ngx_plaid_json_scan_next(&scan), NGX_PLAID_JSON_ARRAY, "a member");
    is_int(ngx_plaid_json_scan_skip(&scan), NGX_PLAID_JSON_CLOSE, "skipped");
    is_str(&scan.name, "a", "has its name");
    is_str(&scan.value, "[1,{\"b\":\"c\"}]", "and its text");
    is_int(scan.value.data - text.data, 5, "at its place");
    is_int(scan.depth, 1, "and is closed");
    is_int(ngx_plaid_json_scan_next(&scan), NGX_PLAID_JSON_NULL, "the next");
    is_str(&scan.name, "d", "has its name, too");

    ngx_plaid_json_scan_init(&scan, &text, 8);

    (void) ngx_plaid_json_scan_next(&scan);
    is_int(ngx_plaid_json_scan_skip(&scan), NGX_PLAID_JSON_CLOSE, "all of it");
    is_int(scan.value.len, 28, "without what follows");
    is_int(ngx_plaid_json_scan_next(&scan), NGX_PLAID_JSON_END, "is the end");

    free(text.data);
    text = exact("[[[\"a\\\"b\"", 9);

    ngx_plaid_json_scan_init(&scan, &text, 8);

    (void) ngx_plaid_json_scan_next(&scan);
    (void) ngx_plaid_json_scan_next(&scan);
    (void) ngx_plaid_json_scan_next(&scan);
    is_int(ngx_plaid_json_scan_next(&scan), NGX_PLAID_JSON_STRING, "a string");
    ok(scan.name.data == NULL, "of an array has no name");

    s = ngx_plaid_json_scan_string(&scan);
    is_str(&s, "a\\\"b", "between its quotes");

    ngx_plaid_json_scan_init(&scan, &text, 8);

    (void) ngx_plaid_json_scan_next(&scan);
    is_int(ngx_plaid_json_scan_skip(&scan), NGX_PLAID_JSON_INVALID,
           "nothing to skip");

    free(text.data);
}


static void
depths(void)
{
    char       *p;
    ngx_str_t   text;

    text = unit_str("[[{\"a\":[]}]]");

    is_int(walk(&text, 4), NGX_PLAID_JSON_END, "four of four");
    is_int(walk(&text, 3), NGX_PLAID_JSON_INVALID, "four of three");
    is_int(walk(&text, 0), NGX_PLAID_JSON_INVALID, "four of none");

    text = unit_str("[[],[[]],[]]");

    is_int(walk(&text, 3), NGX_PLAID_JSON_END, "one after the other");

    text = unit_str("1");

    is_int(walk(&text, 0), NGX_PLAID_JSON_END, "a number has none");

    text.len = 2 * (NGX_PLAID_JSON_DEPTH + 1);
    text.data = malloc(text.len);
    p = (char *) text.data;

    memset(p, '[', NGX_PLAID_JSON_DEPTH + 1);
    memset(p + NGX_PLAID_JSON_DEPTH + 1, ']', NGX_PLAID_JSON_DEPTH + 1);

    is_int(walk(&text, (ngx_uint_t) -1), NGX_PLAID_JSON_INVALID,
           "one too many");

    text.data++;
    text.len -= 2;

    is_int(walk(&text, (ngx_uint_t) -1), NGX_PLAID_JSON_END, "as many as can");

    free(p);
}


static void
decoded(const char *string, const char *expected, size_t len)
{
    u_char       buf[256];
    ngx_str_t    s, value, text;
    ngx_pool_t  *pool;

    s = exact(string, strlen(string));
    pool = unit_pool();

    text.len = ngx_plaid_json_string_decode(buf, &s);
    text.data = buf;

    ok(text.len == len && memcmp(buf, expected, len) == 0, "%s", string);
    ok(len <= s.len, "is not longer");

    is_int(ngx_plaid_json_string_value(pool, &s, &value), NGX_OK, "a value");
    ok(value.len == len && memcmp(value.data, expected, len) == 0, "the same");
    ok((value.data == s.data) == !ngx_plaid_json_string_escaped(&s),
       "copied when there are escapes");

    if (strlen(expected) == len) {
        ok(ngx_plaid_json_string_is(&s, expected), "it is that");
    }

    free(s.data);
    unit_pool_destroy(pool);
}


static void
decode(void)
{
    ngx_str_t    s, value;
    ngx_pool_t  *pool;

    decoded("", "", 0);
    decoded("plain", "plain", 5);
    decoded("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8);
    decoded("\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac", 6);
    decoded("\\ud83d\\ude00!", "\xf0\x9f\x98\x80!", 5);
    decoded("\\udbff\\udfff", "\xf4\x8f\xbf\xbf", 4);
    decoded("a\\u0000b", "a\0b", 3);
    decoded("\\ud83d", "\xed\xa0\xbd", 3);
    decoded("\\ud83dx", "\xed\xa0\xbdx", 4);
    decoded("\\ud83d\\n", "\xed\xa0\xbd\n", 4);
    decoded("\\ud83d\\u0041", "\xed\xa0\xbd" "A", 4);
    decoded("\\ude00\\ud83d", "\xed\xb8\x80\xed\xa0\xbd", 6);

    s = unit_str("abc");

    ok(!ngx_plaid_json_string_is(&s, "ab"), "a longer one");
    ok(!ngx_plaid_json_string_is(&s, "abcd"), "a shorter one");
    ok(!ngx_plaid_json_string_is(&s, "abd"), "another one");
    ok(!ngx_plaid_json_string_is(&s, ""), "not empty");

    s = unit_str("a\\u00e9");

    ok(!ngx_plaid_json_string_is(&s, "a\xc3"), "not half of a character");

    pool = unit_pool();

    unit_refuse(1);
    is_int(ngx_plaid_json_string_value(pool, &s, &value), NGX_ERROR,
           "no memory");
    unit_refuse(0);

    unit_pool_destroy(pool);
}


static void
unique(const char *string, ngx_int_t expected)
{
    ngx_str_t    text;
    ngx_pool_t  *pool;

    text = exact(string, strlen(string));
    pool = unit_pool();

    is_int(ngx_plaid_json_unique(pool, &text, 4), expected, string);

    free(text.data);
    unit_pool_destroy(pool);
}


static void
uniques(void)
{
    ngx_str_t    text;
    ngx_uint_t   n;
    ngx_pool_t  *pool;

    unique("1", NGX_OK);
    unique("[]", NGX_OK);
    unique("{}", NGX_OK);
    unique("{\"a\":1}", NGX_OK);
    unique("{\"a\":1,\"A\":1,\"\":1,\"aa\":1}", NGX_OK);
    unique("{\"a\":{\"a\":{\"a\":1},\"b\":1},\"b\":1}", NGX_OK);
    unique("[{\"a\":1},{\"a\":1}]", NGX_OK);
    unique("{\"a\":[1,{\"b\":1}],\"b\":1}", NGX_OK);
    unique("{\"b\":[{\"a\":1},{\"a\":1}],\"a\":{\"b\":2}}", NGX_OK);
    unique("{\"\\ud83d\":1,\"\\ude00\":1}", NGX_OK);

    unique("{\"a\":1,\"a\":1}", NGX_DECLINED);
    unique("{\"\":1,\"\":1}", NGX_DECLINED);
    unique("{\"a\":1,\"\\u0061\":1}", NGX_DECLINED);
    unique("{\"a\":[{\"a\":1}],\"b\":{},\"a\":1}", NGX_DECLINED);
    unique("[1,{\"a\":{\"b\":1,\"c\":[{}],\"b\":2}}]", NGX_DECLINED);
    unique("{\"a/\":1,\"a\\/\":1}", NGX_DECLINED);

    unique("{\"a\":1", NGX_DECLINED);
    unique("{\"a\":1}{}", NGX_DECLINED);
    unique("[[[[]]]]", NGX_OK);
    unique("[[[[[]]]]]", NGX_DECLINED);

    text = unit_str("{\"\\u0061\":1,\"\\u0062\":2}");

    for (n = 1; n <= 3; n++) {
        pool = unit_pool();

        unit_refuse(n);
        is_int(ngx_plaid_json_unique(pool, &text, 4), NGX_ERROR, "no memory");
        unit_refuse(0);

        unit_pool_destroy(pool);
    }
}


/* jansson says what JSON is, but for its own limits, which these have not. */

static void
mutants(void)
{
    size_t         i;
    ngx_str_t      text;
    ngx_uint_t     n, differ;
    json_t        *root;
    json_error_t   error;

    static const char  seed[] =
        "{\"a\":[1,-2.5e3,{\"b\":\"c\\n\\u00e9\xc3\xa9\"}],\"d\":null, "
        "\"e\":[true,false,{}],\"f\":\"\"}";

    differ = 0;

    for (i = 0; i < sizeof(seed) - 1; i++) {
        for (n = 1; n < 256; n++) {
            text = exact(seed, sizeof(seed) - 1);
            text.data[i] = (u_char) n;

            root = json_loadb((char *) text.data, text.len,
                              JSON_DECODE_ANY|JSON_ALLOW_NUL, &error);

            if ((root != NULL)
                != (walk(&text, NGX_PLAID_JSON_DEPTH) == NGX_PLAID_JSON_END))
            {
                diag("byte %d at %d", (int) n, (int) i);
                differ++;
            }

            json_decref(root);
            free(text.data);
        }
    }

    is_int(differ, 0, "jansson agrees about each byte at each place");
}


/* seconds of processor time that reading takes */

static double
seconds(ngx_str_t *text, ngx_int_t expected)
{
    clock_t           start;
    ngx_plaid_json_e  type;

    start = clock();
    type = walk(text, NGX_PLAID_JSON_DEPTH);

    ok((type == NGX_PLAID_JSON_END) == expected, "it is read");

    return (double) (clock() - start) / CLOCKS_PER_SEC;
}


/*
 * Ten megabytes of what made a scanner slow are as fast as plain ones; the
 * factor is that of a machine which does something else meanwhile.
 */

static void
linear(void)
{
    char         *p, *last;
    double        plain;
    ngx_str_t     text;
    ngx_uint_t    i;

    static const char  *items[] = {
        "1e300,", "1e-9999999,", "123456789012345678901234567890,",
        "\"\\ud83d\",", "\"\\\\\",", "{\"a\":1},", "[],"
    };

    text.len = 10 * 1024 * 1024;
    text.data = malloc(text.len);
    p = (char *) text.data;
    last = p + text.len - 1;

    memset(p, 'x', text.len);
    p[0] = '"';
    *last = '"';
    plain = seconds(&text, 1) + 0.02;

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        *p = '[';

        for (p++; p + strlen(items[i]) + 1 < last; p += strlen(items[i])) {
            memcpy(p, items[i], strlen(items[i]));
        }

        *p++ = '1';
        memset(p, ' ', last - p);
        *last = ']';

        ok(seconds(&text, 1) < 50 * plain, "%s by the million", items[i]);

        p = (char *) text.data;
    }

    free(text.data);
}


int
main(void)
{
    numbers();
    strings();
    structure();
    values();
    depths();
    decode();
    uniques();
    mutants();
    linear();

    return done_testing();
}
