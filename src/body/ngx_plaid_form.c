
/*
 * application/x-www-form-urlencoded, as the URL standard parses it, but for
 * two rules: a bad percent-encoding in the value of a listed field is an
 * error, and so is a ";" that older parsers take for a "&".
 */


#include "ngx_plaid_form.h"


typedef struct {
    ngx_plaid_search_t        *search;
    ngx_uint_t                 semicolons;   /* there are some in the body */
    ngx_uint_t                 bad;          /* values of listed fields */
} ngx_plaid_form_t;


static ngx_int_t ngx_plaid_form_pair(ngx_plaid_form_t *f, u_char *p,
    u_char *last);
static ngx_int_t ngx_plaid_form_value(ngx_plaid_form_t *f,
    ngx_plaid_field_e field, u_char *p, u_char *last);
static ngx_int_t ngx_plaid_form_semicolons(ngx_plaid_form_t *f, u_char *p,
    u_char *last);
static ngx_int_t ngx_plaid_form_field(ngx_plaid_form_t *f, u_char *p,
    u_char *last, ngx_plaid_field_e *field);
static size_t ngx_plaid_form_decode(u_char *dst, u_char *p, u_char *last,
    ngx_uint_t *bad);
static ngx_int_t ngx_plaid_form_hex(u_char ch);


ngx_int_t
ngx_plaid_form_search(ngx_plaid_search_t *s, ngx_str_t *body)
{
    u_char            *p, *amp, *last;
    ngx_plaid_form_t   f;

    f.search = s;
    f.semicolons = (memchr(body->data, ';', body->len) != NULL);
    f.bad = 0;

    p = body->data;
    last = p + body->len;

    while (p < last) {
        amp = memchr(p, '&', last - p);

        if (amp == NULL) {
            amp = last;
        }

        if (ngx_plaid_form_pair(&f, p, amp) != NGX_OK) {
            return NGX_ERROR;
        }

        p = amp + 1;
    }

    /* of two values one may be bad: they are still two */

    if (f.bad && s->tokens == 1) {
        return ngx_plaid_search_error(s, "bad percent-encoding in a listed "
                                      "field");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_form_pair(ngx_plaid_form_t *f, u_char *p, u_char *last)
{
    u_char             *eq, *name;
    ngx_plaid_field_e   field;

    name = p;
    eq = ngx_strlchr(p, last, '=');

    if (ngx_plaid_form_field(f, name, eq ? eq : last, &field) != NGX_OK
        || (f->semicolons && ngx_plaid_form_semicolons(f, p, last) != NGX_OK))
    {
        return NGX_ERROR;
    }

    switch (field) {

    case NGX_PLAID_FIELD_OTHER:
        return NGX_OK;

    case NGX_PLAID_FIELD_TOKEN:

        if (f->semicolons && ngx_strlchr(p, last, ';')) {
            ngx_plaid_search_doubt(f->search, "a semicolon in a listed field");
        }

        break;

    default:
        break;
    }

    return ngx_plaid_form_value(f, field, eq ? eq + 1 : last, last);
}


static ngx_int_t
ngx_plaid_form_value(ngx_plaid_form_t *f, ngx_plaid_field_e field, u_char *p,
    u_char *last)
{
    ngx_str_t   value;
    ngx_uint_t  bad;

    value.data = ngx_pnalloc(f->search->pool, last - p + 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_plaid_form_decode(value.data, p, last, &bad);

    if (!bad || field == NGX_PLAID_FIELD_FOLDED) {
        ngx_plaid_search_hit(f->search, field, &value);
        return NGX_OK;
    }

    ngx_plaid_wipe(&value);

    if (field == NGX_PLAID_FIELD_TOKEN) {
        f->search->tokens++;
        f->bad = 1;
    }

    return NGX_OK;
}


/* To Perl's CGI.pm and old Python, ";" is a separator, too. */

static ngx_int_t
ngx_plaid_form_semicolons(ngx_plaid_form_t *f, u_char *p, u_char *last)
{
    u_char             *end;
    ngx_plaid_field_e   field;

    for ( ;; ) {
        p = ngx_strlchr(p, last, ';');

        if (p == NULL) {
            return NGX_OK;
        }

        for (end = ++p; end < last && *end != '=' && *end != ';'; end++) {
            /* void */
        }

        if (ngx_plaid_form_field(f, p, end, &field) != NGX_OK) {
            return NGX_ERROR;
        }

        if (field == NGX_PLAID_FIELD_TOKEN || field == NGX_PLAID_FIELD_FOLDED)
        {
            ngx_plaid_search_doubt(f->search, "a semicolon before a listed "
                                   "field");
        }
    }
}


/* What the name is; a bad percent-encoding in it stands for itself. */

static ngx_int_t
ngx_plaid_form_field(ngx_plaid_form_t *f, u_char *p, u_char *last,
    ngx_plaid_field_e *field)
{
    u_char      buf[NGX_PLAID_FIELD_MAX];
    ngx_str_t   name;
    ngx_uint_t  bad;

    name.data = buf;

    if ((size_t) (last - p) > sizeof(buf)) {
        name.data = ngx_pnalloc(f->search->pool, last - p);
        if (name.data == NULL) {
            return NGX_ERROR;
        }
    }

    name.len = ngx_plaid_form_decode(name.data, p, last, &bad);

    *field = ngx_plaid_search_field(f->search, &name);

    if (name.data != buf) {
        (void) ngx_pfree(f->search->pool, name.data);
    }

    return NGX_OK;
}


/* The length; a bad percent-encoding is left as it is, and "bad" set. */

static size_t
ngx_plaid_form_decode(u_char *dst, u_char *p, u_char *last, ngx_uint_t *bad)
{
    size_t     n;
    ngx_int_t  hi, lo;

    *bad = 0;

    for (n = 0; p < last; n++) {

        if (*p == '+') {
            dst[n] = ' ';
            p++;
            continue;
        }

        if (*p != '%') {
            dst[n] = *p++;
            continue;
        }

        hi = NGX_ERROR;
        lo = NGX_ERROR;

        if (last - p > 2) {
            hi = ngx_plaid_form_hex(p[1]);
            lo = ngx_plaid_form_hex(p[2]);
        }

        if (hi == NGX_ERROR || lo == NGX_ERROR) {
            dst[n] = *p++;
            *bad = 1;
            continue;
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
