
/*
 * A multipart body.  The first line of the input, without its LF, is what
 * follows "multipart/form-data;" in the content type.
 */


#include "fuzz_body.h"


/* nothing in a part is decoded: a token is a piece of the body */

static void
oracle(fuzz_body_t *f)
{
    if (f->result == NGX_PLAID_BODY_FOUND) {
        fuzz_check(memmem(f->body.data, f->body.len, f->found.token.data,
                          f->found.token.len));
        fuzz_check(memmem(f->body.data, f->body.len, "--", 2));
        fuzz_check(f->body.len > 2 + f->found.token.len);

        /* nothing but line breaks is around the parts */
        fuzz_check(f->body.data[0] == '-' || f->body.data[0] == '\r');
        fuzz_check(f->body.data[f->body.len - 1] == '-'
                   || f->body.data[f->body.len - 1] == '\n');
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char            type[256];
    const uint8_t  *lf;

    lf = memchr(data, '\n', size);

    if (lf == NULL || lf - data > 200 || memchr(data, '\0', lf - data)) {
        return 0;
    }

    snprintf(type, sizeof(type), "multipart/form-data;%.*s",
             (int) (lf - data), data);

    fuzz_body(lf + 1, size - (lf + 1 - data), type, oracle);

    return 0;
}
