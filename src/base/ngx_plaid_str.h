
/*
 * Comparisons of strings that every part needs.
 */


#ifndef _NGX_PLAID_STR_H_INCLUDED_
#define _NGX_PLAID_STR_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* Whether "a" and "b" have the same bytes; not for secrets. */
static ngx_inline ngx_uint_t
ngx_plaid_str_equal(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


/* Whether "s" is "text". */
static ngx_inline ngx_uint_t
ngx_plaid_str_is(ngx_str_t *s, const char *text)
{
    return s->len == ngx_strlen(text)
           && ngx_memcmp(s->data, text, s->len) == 0;
}


/* Whether "s" is "text", which is in lower case, whatever the case of "s". */
static ngx_inline ngx_uint_t
ngx_plaid_str_case_is(ngx_str_t *s, const char *text)
{
    return s->len == ngx_strlen(text)
           && (ngx_memcmp(s->data, text, s->len) == 0
               || ngx_strncasecmp(s->data, (u_char *) text, s->len) == 0);
}


/*
 * Whether "s" has 1 to "max" bytes of printable ASCII without space (0x21 to
 * 0x7e): what a header field takes as it is.
 */
static ngx_inline ngx_uint_t
ngx_plaid_str_printable(ngx_str_t *s, size_t max)
{
    size_t  i;

    if (s->len == 0 || s->len > max) {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        if (s->data[i] < 0x21 || s->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


#endif /* _NGX_PLAID_STR_H_INCLUDED_ */
