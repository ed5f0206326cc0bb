
/* A urlencoded body. */


#include "fuzz_body.h"


/* Counts the values by a way of its own, where nothing is encoded. */

static void
oracle(fuzz_body_t *f)
{
    char              *p, *next, *text;
    size_t             len;
    ngx_uint_t         n;
    ngx_plaid_body_e   expected;

    len = f->body.len;

    if (memchr(f->body.data, '%', len) || memchr(f->body.data, '+', len)
        || memchr(f->body.data, '\0', len))
    {
        return;
    }

    text = calloc(1, len + 1);
    memcpy(text, f->body.data, len);
    n = 0;

    for (p = strtok_r(text, "&", &next); p; p = strtok_r(NULL, "&", &next)) {

        if (strncmp(p, "public_token=", 13) == 0) {
            p += 13;

        } else if (strncmp(p, "data.publicToken=", 17) == 0) {
            p += 17;

        } else if (strncmp(p, "data.a.b=", 9) == 0) {
            p += 9;

        } else if (strncmp(p, "data=", 5) == 0) {
            p += 5;

        } else {
            continue;
        }

        if (*p && strcmp(p, "null") != 0 && strcmp(p, "undefined") != 0) {
            n++;
        }
    }

    free(text);

    expected = (n == 0) ? NGX_PLAID_BODY_ABSENT
               : (n == 1) ? NGX_PLAID_BODY_FOUND : NGX_PLAID_BODY_TWICE;

    fuzz_check(f->result == expected);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_body(data, size, "application/x-www-form-urlencoded", oracle);

    return 0;
}
