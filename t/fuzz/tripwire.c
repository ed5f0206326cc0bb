
/*
 * The tripwire of plaid_pass: a reply in pieces, cut as the first bytes of the
 * input say, is found guilty as the whole is, and no byte of what was found
 * has been released.
 */


#include "fuzz.h"
#include "ngx_plaid_tripwire.h"


#define CUTS  8


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                *buf;
    size_t                 pos, held, n, safe, i;
    ngx_str_t              tokens[2];
    ngx_int_t              whole, rc;
    ngx_plaid_tripwire_t   tw;

    if (size < CUTS) {
        return 0;
    }

    tokens[0] = unit_str("access-sandbox-11111111-2222-3333-4444-555555555555");
    tokens[1] = unit_str("access-sandbox-x");

    tw.tokens = tokens;
    tw.ntokens = data[0] % 3;
    ngx_plaid_tripwire_init(&tw);

    whole = ngx_plaid_tripwire_look(&tw, (u_char *) data + CUTS, size - CUTS,
                                    0, 1, &safe);

    fuzz_check(whole == NGX_OK ? safe == size - CUTS
                               : whole == NGX_DECLINED && safe == 0);

    tw.tokens = tokens;
    tw.ntokens = data[0] % 3;
    ngx_plaid_tripwire_init(&tw);

    pos = CUTS;
    held = 0;
    i = 0;

    do {
        n = (size_t) data[1 + i++ % (CUTS - 1)] + 1;
        n = ngx_min(n, size - pos - held);

        buf = malloc(held + n + 1);
        memcpy(buf, data + pos, held + n);

        rc = ngx_plaid_tripwire_look(&tw, buf, held + n, held,
                                     pos + held + n == size, &safe);
        free(buf);

        if (rc != NGX_OK) {
            break;
        }

        pos += safe;
        held += n - safe;

        fuzz_check(held <= NGX_PLAID_TRIPWIRE_HOLD);

    } while (pos + held < size || held);

    fuzz_check(rc == whole);

    return 0;
}
