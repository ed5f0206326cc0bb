
/*
 * Strict base64url.
 */


#include "ngx_plaid_base64url.h"


static ngx_int_t ngx_plaid_base64url_value(u_char ch);


ngx_int_t
ngx_plaid_base64url_decode(u_char *dst, size_t size, size_t *len,
    ngx_str_t *src)
{
    size_t      i, n;
    uint32_t    bits;
    ngx_int_t   value;
    ngx_uint_t  nbits;

    if (src->len % 4 == 1) {
        return NGX_DECLINED;
    }

    n = 0;
    bits = 0;
    nbits = 0;

    for (i = 0; i < src->len; i++) {

        value = ngx_plaid_base64url_value(src->data[i]);
        if (value == NGX_ERROR) {
            return NGX_DECLINED;
        }

        bits = (bits << 6) | (uint32_t) value;
        nbits += 6;

        if (nbits < 8) {
            continue;
        }

        if (n == size) {
            return NGX_DECLINED;
        }

        nbits -= 8;
        dst[n++] = (u_char) (bits >> nbits);
        bits &= (1u << nbits) - 1;
    }

    if (bits) {
        return NGX_DECLINED;
    }

    *len = n;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_base64url_value(u_char ch)
{
    if (ch >= 'A' && ch <= 'Z') {
        return ch - 'A';
    }

    if (ch >= 'a' && ch <= 'z') {
        return ch - 'a' + 26;
    }

    if (ch >= '0' && ch <= '9') {
        return ch - '0' + 52;
    }

    if (ch == '-') {
        return 62;
    }

    if (ch == '_') {
        return 63;
    }

    return NGX_ERROR;
}
