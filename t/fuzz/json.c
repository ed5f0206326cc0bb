
/* A JSON body. */


#include "fuzz_body.h"
#include <jansson.h>


#define FLAGS  (JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL|JSON_DECODE_ANY)


static json_t *
oracle_member(json_t *root, const char *first, const char *second,
    const char *third)
{
    json_t  *value;

    value = json_object_get(root, first);

    if (second) {
        value = json_object_get(value, second);
    }

    if (third) {
        value = json_object_get(value, third);
    }

    return value;
}


static int
oracle_counts(json_t *value)
{
    const char  *text;

    if (!json_is_string(value)) {
        return 0;
    }

    text = json_string_value(value);

    return json_string_length(value) > 0
           && !(json_string_length(value) == 4 && strcmp(text, "null") == 0)
           && !(json_string_length(value) == 9
                && strcmp(text, "undefined") == 0);
}


/*
 * jansson reads the body as a whole: what it refuses is malformed, and where
 * it sees no member twice and no name has a dot, it sees the same token.
 */

static void
oracle(fuzz_body_t *f)
{
    int            n;
    char          *text;
    size_t         len;
    json_t        *root, *values[4];
    json_error_t   error;

    text = (char *) f->body.data;
    len = f->body.len;

    if (len == 0) {
        fuzz_check(f->result == NGX_PLAID_BODY_ABSENT);
        return;
    }

    if (memchr(text, '\0', len)) {
        /* jansson skips a NUL after a number or a literal */
        fuzz_check(f->result == NGX_PLAID_BODY_MALFORMED);
        return;
    }

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }

    root = json_loadb(text, len, FLAGS, &error);

    if (root == NULL) {
        /* jansson's limits: of others' values only the grammar counts */
        fuzz_check(f->result == NGX_PLAID_BODY_MALFORMED
                   || strstr(error.text, "depth")
                   || strstr(error.text, "Unicode")
                   || strstr(error.text, "overflow")
                   || strstr(error.text, "NUL byte in object key"));
        return;
    }

    json_decref(root);

    root = json_loadb(text, len, FLAGS|JSON_REJECT_DUPLICATES, &error);

    if (root == NULL || memmem(text, len, "\\", 1)
        || json_object_get(root, "data.publicToken")
        || json_object_get(root, "data.a.b")
        || json_object_get(root, "data.a")
        || json_object_get(json_object_get(root, "data"), "a.b"))
    {
        json_decref(root);
        return;
    }

    values[0] = oracle_member(root, "public_token", NULL, NULL);
    values[1] = oracle_member(root, "data", NULL, NULL);
    values[2] = oracle_member(root, "data", "publicToken", NULL);
    values[3] = oracle_member(root, "data", "a", "b");

    if (json_is_object(values[1])) {
        values[1] = NULL;
    }

    for (n = 0; n < 4; n++) {
        if (values[n] && !json_is_string(values[n])
            && !json_is_null(values[n]))
        {
            fuzz_check(f->result == NGX_PLAID_BODY_MALFORMED);
            json_decref(root);
            return;
        }
    }

    n = oracle_counts(values[0]) + oracle_counts(values[1])
        + oracle_counts(values[2]) + oracle_counts(values[3]);

    /* with a name that a back end takes for a listed one there is a doubt */

    fuzz_check(n != 0 || f->result == NGX_PLAID_BODY_ABSENT
               || (f->found.error && strstr(f->found.error, "back end")));
    fuzz_check(n != 1 || f->result == NGX_PLAID_BODY_FOUND
               || f->result == NGX_PLAID_BODY_TWICE);
    fuzz_check(n < 2 || f->result == NGX_PLAID_BODY_TWICE);

    json_decref(root);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_body(data, size, "application/json", oracle);

    return 0;
}
