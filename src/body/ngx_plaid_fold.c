
/* Folded names, compared byte by byte without a copy. */


#include "ngx_plaid_fold.h"


/* a character beyond ASCII: its case is not known here */
#define NGX_PLAID_FOLD_OTHER  0x80

#define NGX_PLAID_FOLD_END    -1


static void ngx_plaid_fold_trim(ngx_str_t *name, u_char **p, u_char **last);
static ngx_uint_t ngx_plaid_fold_around(u_char ch);
static ngx_uint_t ngx_plaid_fold_match(u_char *p, u_char *last, u_char *q,
    u_char *end, ngx_uint_t within);
static ngx_int_t ngx_plaid_fold_next(u_char **pos, u_char *last);
static ngx_uint_t ngx_plaid_fold_dropped(u_char ch);
static ngx_int_t ngx_plaid_fold_wide(u_char **pos, u_char *last);


ngx_uint_t
ngx_plaid_fold_same(ngx_str_t *name, ngx_str_t *listed)
{
    u_char  *p, *last, *q, *end;

    ngx_plaid_fold_trim(name, &p, &last);
    ngx_plaid_fold_trim(listed, &q, &end);

    return q < end && ngx_plaid_fold_match(p, last, q, end, 0);
}


ngx_uint_t
ngx_plaid_fold_path(ngx_str_t *name, ngx_str_t *listed)
{
    size_t      i;
    ngx_str_t   parent;

    for (i = 0; i < listed->len; i++) {

        if (listed->data[i] != '.') {
            continue;
        }

        parent.len = i;
        parent.data = listed->data;

        if (ngx_plaid_fold_same(name, &parent)) {
            return 1;
        }
    }

    return ngx_plaid_fold_same(name, listed);
}


ngx_uint_t
ngx_plaid_fold_within(ngx_str_t *text, ngx_str_t *listed)
{
    u_char  *p, *last, *q, *end;

    ngx_plaid_fold_trim(listed, &q, &end);

    if (q == end) {
        return 0;
    }

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        /* no two beginnings skip the same bytes: the time is linear */

        if (!ngx_plaid_fold_dropped(*p)
            && ngx_plaid_fold_match(p, last, q, end, 1))
        {
            return 1;
        }
    }

    return 0;
}


/* A byte order mark counts as what is around a name. */

static void
ngx_plaid_fold_trim(ngx_str_t *name, u_char **p, u_char **last)
{
    *p = name->data;
    *last = name->data + name->len;

    if (name->len >= 3 && ngx_memcmp(*p, "\xef\xbb\xbf", 3) == 0) {
        *p += 3;
    }

    while (*p < *last && ngx_plaid_fold_around(**p)) {
        (*p)++;
    }

    while (*p < *last && ngx_plaid_fold_around((*last)[-1])) {
        (*last)--;
    }
}


static ngx_uint_t
ngx_plaid_fold_around(u_char ch)
{
    return ch == '\0' || ch == '[' || ch == ']' || ch == ' '
           || (ch >= '\t' && ch <= CR);
}


/* Whether the name from "p" is the listed one, or with "within" begins so. */

static ngx_uint_t
ngx_plaid_fold_match(u_char *p, u_char *last, u_char *q, u_char *end,
    ngx_uint_t within)
{
    u_char     *rest;
    ngx_int_t   ch;

    for ( ;; ) {
        rest = p;
        ch = ngx_plaid_fold_next(&q, end);

        if (ch == NGX_PLAID_FOLD_END) {
            break;
        }

        if (ngx_plaid_fold_next(&p, last) != ch) {
            return 0;
        }
    }

    if (within) {
        return 1;
    }

    /* "name[any]", and what is cut at a NUL */

    if (rest < last && (*rest == '[' || *rest == '\0')) {
        return 1;
    }

    return ngx_plaid_fold_next(&rest, last) == NGX_PLAID_FOLD_END;
}


static ngx_int_t
ngx_plaid_fold_next(u_char **pos, u_char *last)
{
    u_char  ch;

    while (*pos < last && ngx_plaid_fold_dropped(**pos)) {
        (*pos)++;
    }

    if (*pos == last) {
        return NGX_PLAID_FOLD_END;
    }

    ch = **pos;

    if (ch >= 0x80) {
        return ngx_plaid_fold_wide(pos, last);
    }

    (*pos)++;

    if (ch == '.' || ch == '[' || ch == ' ' || ch == '\t') {
        return '_';
    }

    return ngx_tolower(ch);
}


static ngx_uint_t
ngx_plaid_fold_dropped(u_char ch)
{
    return ch == '\\' || ch == '"' || ch == ']';
}


/*
 * Letters whose other case is ASCII (the Kelvin sign, the long s, i with and
 * without its dot); all others are alike.
 */

static ngx_int_t
ngx_plaid_fold_wide(u_char **pos, u_char *last)
{
    u_char  *p;

    p = (*pos)++;

    while (*pos < last && (**pos & 0xc0) == 0x80) {
        (*pos)++;
    }

    if (*pos - p == 3 && ngx_memcmp(p, "\xe2\x84\xaa", 3) == 0) {
        return 'k';
    }

    if (*pos - p == 2 && p[0] == 0xc5 && p[1] == 0xbf) {
        return 's';
    }

    if (*pos - p == 2 && p[0] == 0xc4 && (p[1] == 0xb0 || p[1] == 0xb1)) {
        return 'i';
    }

    return NGX_PLAID_FOLD_OTHER;
}
