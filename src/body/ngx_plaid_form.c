
/*
 * application/x-www-form-urlencoded, as the URL standard parses it, but for
 * one rule: a bad percent-encoding in the value of a listed field is an error.
 */


#include "ngx_plaid_search.h"


static ngx_int_t ngx_plaid_form_field(ngx_plaid_search_t *s, u_char *p,
    u_char *last, ngx_uint_t *bad);
static ngx_int_t ngx_plaid_form_name(ngx_str_t *name, u_char *p,
    u_char *last);
static ngx_int_t ngx_plaid_form_decode(u_char *dst, size_t size, u_char *p,
    u_char *last);
static ngx_int_t ngx_plaid_form_hex(u_char ch);


ngx_int_t
ngx_plaid_form_search(ngx_plaid_search_t *s, ngx_str_t *body)
{
    u_char      *p, *amp, *last;
    ngx_uint_t   bad;

    bad = 0;
    p = body->data;
    last = p + body->len;

    while (p < last) {
        amp = ngx_strlchr(p, last, '&');

        if (amp == NULL) {
            amp = last;
        }

        if (ngx_plaid_form_field(s, p, amp, &bad) != NGX_OK) {
            return NGX_ERROR;
        }

        p = amp + 1;
    }

    /* of two values one may be bad: they are still two */

    if (bad && s->tokens == 1) {
        s->found->error = "bad percent-encoding in a listed field";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_form_field(ngx_plaid_search_t *s, u_char *p, u_char *last,
    ngx_uint_t *bad)
{
    u_char              *eq, buf[NGX_PLAID_FIELD_MAX];
    ngx_int_t            n;
    ngx_str_t            name, value;
    ngx_plaid_field_e    field;

    eq = ngx_strlchr(p, last, '=');

    if (eq == NULL) {
        return NGX_OK;
    }

    name.data = buf;

    if (ngx_plaid_form_name(&name, p, eq) != NGX_OK) {
        return NGX_OK;
    }

    field = ngx_plaid_search_field(s, &name);

    if (field == NGX_PLAID_FIELD_OTHER) {
        return NGX_OK;
    }

    p = eq + 1;

    value.data = ngx_pnalloc(s->pool, last - p);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    n = ngx_plaid_form_decode(value.data, last - p, p, last);

    if (n != NGX_ERROR) {
        value.len = n;
        ngx_plaid_search_hit(s, field, &value);
        return NGX_OK;
    }

    ngx_explicit_memzero(value.data, last - p);

    if (field == NGX_PLAID_FIELD_TOKEN) {
        s->tokens++;
        *bad = 1;
    }

    return NGX_OK;
}


/* Decodes into "name", whose buffer has NGX_PLAID_FIELD_MAX bytes. */

static ngx_int_t
ngx_plaid_form_name(ngx_str_t *name, u_char *p, u_char *last)
{
    ngx_int_t  n;

    n = ngx_plaid_form_decode(name->data, NGX_PLAID_FIELD_MAX, p, last);

    if (n == NGX_ERROR) {
        return NGX_DECLINED;
    }

    name->len = n;

    return NGX_OK;
}


/* The length; or NGX_ERROR: bad encoding, or more than "size" bytes. */

static ngx_int_t
ngx_plaid_form_decode(u_char *dst, size_t size, u_char *p, u_char *last)
{
    size_t     n;
    ngx_int_t  hi, lo;

    for (n = 0; p < last; n++) {

        if (n == size) {
            return NGX_ERROR;
        }

        if (*p == '+') {
            dst[n] = ' ';
            p++;
            continue;
        }

        if (*p != '%') {
            dst[n] = *p++;
            continue;
        }

        if (last - p < 3) {
            return NGX_ERROR;
        }

        hi = ngx_plaid_form_hex(p[1]);
        lo = ngx_plaid_form_hex(p[2]);

        if (hi == NGX_ERROR || lo == NGX_ERROR) {
            return NGX_ERROR;
        }

        dst[n] = (u_char) (hi * 16 + lo);
        p += 3;
    }

    return n;
}


static ngx_int_t
ngx_plaid_form_hex(u_char ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }

    ch |= 0x20;

    if (ch >= 'a' && ch <= 'f') {
        return ch - 'a' + 10;
    }

    return NGX_ERROR;
}
