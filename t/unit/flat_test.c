
/*
 * The reader of the usual reply: what it reads means the same to jansson, and
 * what it declines never comes back as something.
 */


#include "unit.h"
#include "ngx_plaid_flat.h"
#include <jansson.h>


#define FLAGS  (JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL)

#define REPLY  "{\"access_token\":\"access-sandbox-de3ce8ef\","               \
               "\"item_id\":null,\"request_id\":\"Aim3b\",\"a\":true}"


static ngx_plaid_flat_t  flat;


/* A block of its own, so that ASan sees a byte read behind it. */

static ngx_int_t
take(const char *text, size_t len, ngx_str_t *s)
{
    s->len = len;
    s->data = malloc(len ? len : 1);
    memcpy(s->data, text, len);

    memset(&flat, 0xff, sizeof(flat));

    return ngx_plaid_flat_read(&flat, s);
}


static void
is_read(const char *text, const char *name, const char *value)
{
    ngx_str_t  s, *found;

    if (take(text, strlen(text), &s) != NGX_OK) {
        ok(0, "%s", text);
        free(s.data);
        return;
    }

    found = ngx_plaid_flat_find(&flat, name);

    if (value == NULL) {
        ok(found == NULL || found->data == NULL, "%s: no %s", text, name);

    } else {
        ok(found && found->len == strlen(value)
           && memcmp(found->data, value, found->len) == 0,
           "%s: %s", text, name);
    }

    free(s.data);
}


static void
is_declined(const char *text)
{
    ngx_str_t  s;

    ok(take(text, strlen(text), &s) == NGX_DECLINED && flat.n == 0,
       "declined: %s", text);

    free(s.data);
}


static void
test_read(void)
{
    ngx_str_t  s;

    ok(take("\r\n{\n\"a\"\r:\n\"b\"\n}\r\n", 16, &s) == NGX_OK, "lines");
    free(s.data);

    is_read(REPLY, "access_token", "access-sandbox-de3ce8ef");
    is_read(REPLY, "request_id", "Aim3b");
    is_read(REPLY, "item_id", NULL);
    is_read(REPLY, "a", NULL);
    is_read(REPLY, "access", NULL);
    is_read(REPLY, "access_token2", NULL);
    is_read(" \t{ \"a\" : \"b\" , \"c\" : false } ", "a", "b");
    is_read("{\"\":\"\"}", "", "");
    is_read("{\"a\":\"1\",\"a\":\"2\"}", "a", "2");
    is_read("{\"a\":\"1\",\"a\":null}", "a", NULL);
    is_read("{\"a\":\"}\",\"b\":\"{,:\"}", "a", "}");
}


static void
test_declined(void)
{
    char        text[400];
    size_t      len;
    ngx_str_t   s;
    ngx_uint_t  i;

    is_declined("");
    is_declined(" ");
    is_declined("{}");
    is_declined("[\"a\"]");
    is_declined("\"a\"");
    is_declined("{\"a\":\"b\"");
    is_declined("{\"a\":\"b\",");
    is_declined("{\"a\":\"b\",}");
    is_declined("{\"a\":\"b\"}}");
    is_declined("{\"a\":\"b\"} x");
    is_declined("{\"a\" \"b\"}");
    is_declined("{\"a\":\"b\" \"c\":\"d\"}");
    is_declined("{a:\"b\"}");
    is_declined("{\"a\":nul}");
    is_declined("{\"a\":nullx}");
    is_declined("{\"a\":True}");
    is_declined("{\"a\":1}");
    is_declined("{\"a\":-}");
    is_declined("{\"a\":[]}");
    is_declined("{\"a\":{}}");
    is_declined("{\"a\":\"\\u0041\"}");
    is_declined("{\"\\u0061\":\"b\"}");
    is_declined("{\"a\":\"\\\"\"}");
    is_declined("{\"a\":\"\x7f\"}");
    is_declined("{\"a\":\"\t\"}");
    is_declined("{\"a\":\"\xc3\xa9\"}");
    is_declined("\xef\xbb\xbf{\"a\":\"b\"}");

    ok(take("{\"a\":\"b\0\"}", 10, &s) == NGX_DECLINED, "a NUL");
    free(s.data);

    ok(take("{\"a\":\"b\"}\0", 10, &s) == NGX_DECLINED, "a NUL at the end");
    free(s.data);

    text[0] = '{';

    for (len = 1, i = 0; i < NGX_PLAID_FLAT_MAX + 1; i++) {
        len += sprintf(text + len, "%s\"m%d\":\"v\"", i ? "," : "", (int) i);

        if (i == NGX_PLAID_FLAT_MAX - 1) {
            text[len] = '}';
            ok(take(text, len + 1, &s) == NGX_OK
               && flat.n == NGX_PLAID_FLAT_MAX, "as many as there is room for");
            free(s.data);
        }
    }

    text[len] = '}';
    ok(take(text, len + 1, &s) == NGX_DECLINED && flat.n == 0, "one more");
    free(s.data);
}


/* 1 when jansson has read the same members, or when nothing was read */

static ngx_uint_t
agrees(ngx_str_t *s, ngx_int_t rc)
{
    char           name[64];
    json_t        *root, *member;
    ngx_str_t     *value;
    ngx_uint_t     i, same;
    json_error_t   error;

    if (rc != NGX_OK) {
        return 1;
    }

    root = json_loadb((char *) s->data, s->len, FLAGS, &error);
    same = json_is_object(root);

    for (i = 0; same && i < flat.n; i++) {

        if (flat.members[i].name.len >= sizeof(name)) {
            continue;
        }

        *ngx_cpymem(name, flat.members[i].name.data,
                    flat.members[i].name.len) = '\0';

        member = json_object_get(root, name);
        value = ngx_plaid_flat_find(&flat, name);

        same = member && value
               && json_string_length(member) == value->len
               && (json_string_value(member) == NULL) == (value->data == NULL)
               && (value->len == 0
                   || memcmp(json_string_value(member), value->data,
                             value->len) == 0);
    }

    json_decref(root);

    return same;
}


static void
test_agrees(void)
{
    size_t      len, at;
    ngx_str_t   s;
    ngx_int_t   rc;
    ngx_uint_t  i, n, read, bad;
    char        text[sizeof(REPLY) + 8];

    static const char  bytes[] = "{}[]\":,\\ \tntf0-ae\x7f";

    srandom(1);
    read = bad = 0;

    for (i = 0; i < 20000; i++) {

        len = sizeof(REPLY) - 1;
        memcpy(text, REPLY, len);

        for (n = 1 + random() % 3; n; n--) {
            at = random() % len;

            switch (random() % 3) {

            case 0:
                text[at] = bytes[random() % (sizeof(bytes) - 1)];
                break;

            case 1:
                memmove(text + at, text + at + 1, len - at - 1);
                len--;
                break;

            default:
                memmove(text + at + 1, text + at, len - at);
                text[at] = bytes[random() % (sizeof(bytes) - 1)];
                len++;
            }
        }

        rc = take(text, len, &s);
        read += (rc == NGX_OK);
        bad += !agrees(&s, rc);
        free(s.data);
    }

    ok(bad == 0, "jansson agrees");
    ok(read > 5000 && read < 15000, "about some and not about others: %d",
       (int) read);
}


int
main(void)
{
    test_read();
    test_declined();
    test_agrees();

    return done_testing();
}
