
/* UTF-8 (RFC 3629 4). */


#include "ngx_plaid_utf8.h"


u_char *
ngx_plaid_utf8_next(u_char *p, u_char *last)
{
    u_char      ch;
    ngx_int_t   n;

    ch = *p++;

    if (ch < 0xc2 || ch > 0xf4) {
        return NULL;
    }

    n = 1 + (ch >= 0xe0) + (ch >= 0xf0);

    if (last - p < n) {
        return NULL;
    }

    /* too long, half a pair, or beyond the last one */

    if ((ch == 0xe0 && *p < 0xa0)
        || (ch == 0xed && *p > 0x9f)
        || (ch == 0xf0 && *p < 0x90)
        || (ch == 0xf4 && *p > 0x8f))
    {
        return NULL;
    }

    while (n--) {
        if ((*p++ & 0xc0) != 0x80) {
            return NULL;
        }
    }

    return p;
}


ngx_uint_t
ngx_plaid_utf8_valid(ngx_str_t *s)
{
    u_char  *p, *last;

    p = s->data;
    last = p + s->len;

    while (p && p < last) {
        p = (*p < 0x80) ? p + 1 : ngx_plaid_utf8_next(p, last);
    }

    return p != NULL;
}
