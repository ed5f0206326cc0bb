
/*
 * The text of a JSON string (RFC 8259 7).
 */


#include "ngx_plaid_json_text.h"
#include "ngx_plaid_json_scan.h"


static u_char *ngx_plaid_json_text_escape(u_char *d, u_char **pos);
static u_char *ngx_plaid_json_text_utf8(u_char *d, uint32_t ch);


ngx_int_t
ngx_plaid_json_text(ngx_pool_t *pool, u_char *p, u_char *end, ngx_uint_t has,
    ngx_str_t *s)
{
    u_char  *d;

    p++;
    end--;

    if (!(has & NGX_PLAID_JSON_ESCAPE)) {
        s->data = p;
        s->len = end - p;
        return NGX_OK;
    }

    /* no escape is shorter than what it stands for */

    d = ngx_pnalloc(pool, end - p);
    if (d == NULL) {
        return NGX_ERROR;
    }

    s->data = d;

    while (p < end) {
        if (*p == '\\') {
            d = ngx_plaid_json_text_escape(d, &p);
            continue;
        }

        *d++ = *p++;
    }

    s->len = d - s->data;

    return NGX_OK;
}


/* of an escape that ngx_plaid_json_scan_string() has found to be good */

static u_char *
ngx_plaid_json_text_escape(u_char *d, u_char **pos)
{
    u_char    *p;
    uint32_t   ch, low;

    p = *pos + 1;
    *pos = p + 1;

    switch (*p) {

    case 'b':
        *d++ = '\b';
        return d;

    case 'f':
        *d++ = '\f';
        return d;

    case 'n':
        *d++ = '\n';
        return d;

    case 'r':
        *d++ = '\r';
        return d;

    case 't':
        *d++ = '\t';
        return d;

    case 'u':
        break;

    default:
        *d++ = *p;
        return d;
    }

    ch = (uint32_t) ngx_hextoi(p + 1, 4);
    *pos += 4;

    if (ch >= 0xd800 && ch <= 0xdbff) {
        low = (uint32_t) ngx_hextoi(p + 7, 4);
        *pos += 6;
        ch = 0x10000 + ((ch - 0xd800) << 10) + (low - 0xdc00);
    }

    return ngx_plaid_json_text_utf8(d, ch);
}


static u_char *
ngx_plaid_json_text_utf8(u_char *d, uint32_t ch)
{
    if (ch < 0x80) {
        *d++ = (u_char) ch;

    } else if (ch < 0x800) {
        *d++ = (u_char) (0xc0 | ch >> 6);
        *d++ = (u_char) (0x80 | (ch & 0x3f));

    } else if (ch < 0x10000) {
        *d++ = (u_char) (0xe0 | ch >> 12);
        *d++ = (u_char) (0x80 | (ch >> 6 & 0x3f));
        *d++ = (u_char) (0x80 | (ch & 0x3f));

    } else {
        *d++ = (u_char) (0xf0 | ch >> 18);
        *d++ = (u_char) (0x80 | (ch >> 12 & 0x3f));
        *d++ = (u_char) (0x80 | (ch >> 6 & 0x3f));
        *d++ = (u_char) (0x80 | (ch & 0x3f));
    }

    return d;
}
