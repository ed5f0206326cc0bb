
#include "ngx_plaid_flat.h"


static u_char *ngx_plaid_flat_member(u_char *p, u_char *last,
    ngx_plaid_flat_member_t *member);
static u_char *ngx_plaid_flat_value(u_char *p, u_char *last,
    ngx_str_t *value);
static u_char *ngx_plaid_flat_string(u_char *p, u_char *last,
    ngx_str_t *value);
static u_char *ngx_plaid_flat_literal(u_char *p, u_char *last,
    const char *text);
static u_char *ngx_plaid_flat_expect(u_char *p, u_char *last, u_char ch);
static u_char *ngx_plaid_flat_space(u_char *p, u_char *last);


ngx_int_t
ngx_plaid_flat_read(ngx_plaid_flat_t *flat, ngx_str_t *text)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    flat->n = 0;

    last = text->data + text->len;

    p = ngx_plaid_flat_expect(text->data, last, '{');

    for (n = 0; p && n < NGX_PLAID_FLAT_MAX; n++) {

        p = ngx_plaid_flat_member(p, last, &flat->members[n]);

        if (p == NULL || p == last) {
            return NGX_DECLINED;
        }

        if (*p == '}') {

            if (ngx_plaid_flat_space(p + 1, last) != last) {
                return NGX_DECLINED;
            }

            flat->n = n + 1;

            return NGX_OK;
        }

        p = ngx_plaid_flat_expect(p, last, ',');
    }

    return NGX_DECLINED;
}


/* Each returns where the next thing begins, NULL for what is not read. */

static u_char *
ngx_plaid_flat_member(u_char *p, u_char *last,
    ngx_plaid_flat_member_t *member)
{
    p = ngx_plaid_flat_string(ngx_plaid_flat_space(p, last), last,
                              &member->name);
    if (p == NULL) {
        return NULL;
    }

    p = ngx_plaid_flat_expect(p, last, ':');
    if (p == NULL) {
        return NULL;
    }

    p = ngx_plaid_flat_value(ngx_plaid_flat_space(p, last), last,
                             &member->value);
    if (p == NULL) {
        return NULL;
    }

    return ngx_plaid_flat_space(p, last);
}


static u_char *
ngx_plaid_flat_value(u_char *p, u_char *last, ngx_str_t *value)
{
    ngx_str_null(value);

    if (p == last) {
        return NULL;
    }

    switch (*p) {

    case '"':
        return ngx_plaid_flat_string(p, last, value);

    case 'n':
        return ngx_plaid_flat_literal(p, last, "null");

    case 't':
        return ngx_plaid_flat_literal(p, last, "true");

    case 'f':
        return ngx_plaid_flat_literal(p, last, "false");

    default:
        return NULL;
    }
}


static u_char *
ngx_plaid_flat_string(u_char *p, u_char *last, ngx_str_t *value)
{
    if (p == last || *p != '"') {
        return NULL;
    }

    value->data = ++p;

    while (p < last && *p != '"') {

        if (*p < 0x20 || *p > 0x7e || *p == '\\') {
            return NULL;
        }

        p++;
    }

    if (p == last) {
        return NULL;
    }

    value->len = p - value->data;

    return p + 1;
}


static u_char *
ngx_plaid_flat_literal(u_char *p, u_char *last, const char *text)
{
    size_t  len;

    len = ngx_strlen(text);

    if ((size_t) (last - p) < len || ngx_memcmp(p, text, len) != 0) {
        return NULL;
    }

    return p + len;
}


static u_char *
ngx_plaid_flat_expect(u_char *p, u_char *last, u_char ch)
{
    p = ngx_plaid_flat_space(p, last);

    return (p < last && *p == ch) ? p + 1 : NULL;
}


static u_char *
ngx_plaid_flat_space(u_char *p, u_char *last)
{
    while (p < last
           && (*p == ' ' || *p == CR || *p == LF || *p == '\t'))
    {
        p++;
    }

    return p;
}


ngx_str_t *
ngx_plaid_flat_find(ngx_plaid_flat_t *flat, const char *name)
{
    size_t                    len;
    ngx_uint_t                i;
    ngx_plaid_flat_member_t  *member;

    len = ngx_strlen(name);

    for (i = flat->n; i > 0; i--) {
        member = &flat->members[i - 1];

        if (member->name.len == len
            && ngx_memcmp(member->name.data, name, len) == 0)
        {
            return &member->value;
        }
    }

    return NULL;
}
