
/* The escapes of a string of JSON (RFC 8259 7). */


#include "ngx_plaid_json_string.h"


static u_char *ngx_plaid_json_string_escape(u_char *p, u_char *last,
    u_char *dst, size_t *len);
static ngx_uint_t ngx_plaid_json_string_code(u_char **pos);
static size_t ngx_plaid_json_string_encode(u_char *dst, ngx_uint_t code);


size_t
ngx_plaid_json_string_decode(u_char *dst, ngx_str_t *string)
{
    size_t   len;
    u_char  *p, *last, *start;

    start = dst;
    p = string->data;
    last = p + string->len;

    while (p < last) {

        if (*p != '\\') {
            *dst++ = *p++;
            continue;
        }

        p = ngx_plaid_json_string_escape(p, last, dst, &len);
        dst += len;
    }

    return dst - start;
}


ngx_int_t
ngx_plaid_json_string_value(ngx_pool_t *pool, ngx_str_t *string,
    ngx_str_t *dst)
{
    if (!ngx_plaid_json_string_escaped(string)) {
        *dst = *string;
        return NGX_OK;
    }

    dst->data = ngx_pnalloc(pool, string->len);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    dst->len = ngx_plaid_json_string_decode(dst->data, string);

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_json_string_is(ngx_str_t *string, const char *text)
{
    size_t   len, left;
    u_char  *p, *last, buf[4];

    left = ngx_strlen(text);

    /* an escape is longer than what it stands for */

    if (string->len < left) {
        return 0;
    }

    p = string->data;
    last = p + string->len;

    while (p < last) {

        if (*p != '\\') {
            buf[0] = *p++;
            len = 1;

        } else {
            p = ngx_plaid_json_string_escape(p, last, buf, &len);
        }

        if (len > left || ngx_memcmp(buf, text, len) != 0) {
            return 0;
        }

        text += len;
        left -= len;
    }

    return left == 0;
}


/*
 * The escape at "p", which is known to be one, decoded to at most four bytes;
 * returns the byte after it.
 */

static u_char *
ngx_plaid_json_string_escape(u_char *p, u_char *last, u_char *dst,
    size_t *len)
{
    u_char      *second;
    ngx_uint_t   code, low;

    code = ngx_plaid_json_string_code(&p);

    if (code >= 0xd800 && code <= 0xdbff
        && last - p >= 6 && p[0] == '\\' && p[1] == 'u')
    {
        second = p;
        low = ngx_plaid_json_string_code(&second);

        if (low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p = second;
        }
    }

    *len = ngx_plaid_json_string_encode(dst, code);

    return p;
}


static ngx_uint_t
ngx_plaid_json_string_code(u_char **pos)
{
    u_char  *p;

    p = *pos;
    *pos += 2;

    switch (p[1]) {

    case 'b':
        return '\b';

    case 'f':
        return '\f';

    case 'n':
        return LF;

    case 'r':
        return CR;

    case 't':
        return '\t';

    case 'u':
        *pos += 4;
        return (ngx_uint_t) ngx_hextoi(p + 2, 4);

    default: /* stands for itself */
        return p[1];
    }
}


static size_t
ngx_plaid_json_string_encode(u_char *dst, ngx_uint_t code)
{
    if (code < 0x80) {
        dst[0] = (u_char) code;
        return 1;
    }

    if (code < 0x800) {
        dst[0] = (u_char) (0xc0 | code >> 6);
        dst[1] = (u_char) (0x80 | (code & 0x3f));
        return 2;
    }

    if (code < 0x10000) {
        dst[0] = (u_char) (0xe0 | code >> 12);
        dst[1] = (u_char) (0x80 | (code >> 6 & 0x3f));
        dst[2] = (u_char) (0x80 | (code & 0x3f));
        return 3;
    }

    dst[0] = (u_char) (0xf0 | code >> 18);
    dst[1] = (u_char) (0x80 | (code >> 12 & 0x3f));
    dst[2] = (u_char) (0x80 | (code >> 6 & 0x3f));
    dst[3] = (u_char) (0x80 | (code & 0x3f));

    return 4;
}
