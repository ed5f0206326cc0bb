
/*
 * Finds access tokens in a reply that is passed on in pieces.
 */


#include "ngx_plaid_tripwire.h"


#define NGX_PLAID_TRIPWIRE_ACCESS      "access-"
#define NGX_PLAID_TRIPWIRE_ACCESS_LEN  (sizeof(NGX_PLAID_TRIPWIRE_ACCESS) - 1)

/* what follows the environment: hex digits and dashes, as in a UUID */
#define NGX_PLAID_TRIPWIRE_ID          36


static ngx_uint_t ngx_plaid_tripwire_raw(ngx_plaid_tripwire_t *tw, u_char *p,
    size_t len, size_t held);
static ngx_uint_t ngx_plaid_tripwire_same(ngx_plaid_tripwire_t *tw, u_char *p,
    u_char *last);
static ngx_uint_t ngx_plaid_tripwire_json(ngx_plaid_tripwire_t *tw,
    u_char *p, u_char *last);
static void ngx_plaid_tripwire_outside(ngx_plaid_tripwire_t *tw, u_char ch);
static ngx_uint_t ngx_plaid_tripwire_string(ngx_plaid_tripwire_t *tw,
    u_char ch);
static ngx_uint_t ngx_plaid_tripwire_end(ngx_plaid_tripwire_t *tw);
static void ngx_plaid_tripwire_like(ngx_plaid_tripwire_t *tw, u_char ch);
static ngx_uint_t ngx_plaid_tripwire_next(ngx_plaid_tripwire_t *tw,
    u_char ch);
static ngx_uint_t ngx_plaid_tripwire_full(ngx_plaid_tripwire_t *tw);


/* they differ in their first byte */

static ngx_str_t  ngx_plaid_tripwire_envs[] = {
    ngx_string("sandbox-"),
    ngx_string("production-"),
    ngx_string("development-")
};


void
ngx_plaid_tripwire_init(ngx_plaid_tripwire_t *tw)
{
    size_t       i;
    ngx_str_t   *tokens;
    ngx_uint_t   n, ntokens;

    tokens = tw->tokens;
    ntokens = tw->ntokens;

    ngx_memzero(tw, sizeof(ngx_plaid_tripwire_t));

    tw->tokens = tokens;
    tw->ntokens = ntokens;

    /* with the quote before it, less one byte */
    tw->hold = NGX_PLAID_TRIPWIRE_LOOK + 1;

    for (n = 0; n < ntokens; n++) {

        tw->hold = ngx_max(tw->hold, tokens[n].len - 1);

        if (n == 0) {
            tw->common = tokens[0].len;
            continue;
        }

        for (i = 0; i < ngx_min(tw->common, tokens[n].len); i++) {
            if (tokens[n].data[i] != tokens[0].data[i]) {
                break;
            }
        }

        tw->common = i;
    }
}


ngx_int_t
ngx_plaid_tripwire_look(ngx_plaid_tripwire_t *tw, u_char *p, size_t len,
    size_t held, ngx_uint_t last, size_t *safe)
{
    *safe = 0;

    if (ngx_plaid_tripwire_raw(tw, p, len, held)
        || ngx_plaid_tripwire_json(tw, p + held, p + len))
    {
        return NGX_DECLINED;
    }

    *safe = last ? len : (len > tw->hold) ? len - tw->hold : 0;

    return NGX_OK;
}


/* A token of the request that ends among the new bytes. */

static ngx_uint_t
ngx_plaid_tripwire_raw(ngx_plaid_tripwire_t *tw, u_char *p, size_t len,
    size_t held)
{
    u_char  *last;

    if (tw->ntokens == 0) {
        return 0;
    }

    last = p + len;

    for ( ;; ) {

        if (tw->common == 0) {

            /* each byte may be the first one of a token */

            if (p == last) {
                return 0;
            }

        } else {
            p = memmem(p, last - p, tw->tokens[0].data, tw->common);

            if (p == NULL) {
                return 0;
            }
        }

        if (ngx_plaid_tripwire_same(tw, p, last)) {
            return 1;
        }

        p++;
    }
}


static ngx_uint_t
ngx_plaid_tripwire_same(ngx_plaid_tripwire_t *tw, u_char *p, u_char *last)
{
    ngx_str_t   *token;
    ngx_uint_t   n;

    for (n = 0; n < tw->ntokens; n++) {
        token = &tw->tokens[n];

        if ((size_t) (last - p) >= token->len
            && ngx_memcmp(p, token->data, token->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_tripwire_json(ngx_plaid_tripwire_t *tw, u_char *p, u_char *last)
{
    for ( /* void */ ; p < last; p++) {

        switch (tw->state) {

        case NGX_PLAID_TRIPWIRE_OUTSIDE:
            ngx_plaid_tripwire_outside(tw, *p);
            break;

        case NGX_PLAID_TRIPWIRE_STRING:

            if (ngx_plaid_tripwire_string(tw, *p)) {
                return 1;
            }

            break;

        default: /* NGX_PLAID_TRIPWIRE_ESCAPE */
            tw->state = NGX_PLAID_TRIPWIRE_STRING;
            break;
        }
    }

    return 0;
}


static void
ngx_plaid_tripwire_outside(ngx_plaid_tripwire_t *tw, u_char ch)
{
    uint64_t  bit;

    bit = (tw->depth && tw->depth <= NGX_PLAID_TRIPWIRE_DEPTH)
          ? (uint64_t) 1 << (tw->depth - 1) : 0;

    switch (ch) {

    case '"':
        tw->state = NGX_PLAID_TRIPWIRE_STRING;
        tw->look = 0;
        tw->whole = 1;
        ngx_memzero(tw->tail, sizeof(tw->tail));
        return;

    case ':':
        tw->named = 1;
        return;

    case ',':
        tw->named = 0;
        return;

    case '{':
    case '[':
        tw->depth++;
        bit = (tw->depth <= NGX_PLAID_TRIPWIRE_DEPTH)
              ? (uint64_t) 1 << (tw->depth - 1) : 0;

        tw->arrays &= ~bit;
        tw->lists &= ~bit;

        if (ch == '[') {
            tw->arrays |= bit;
            tw->lists |= (tw->named && tw->list) ? bit : 0;
        }

        tw->named = 0;
        return;

    case '}':
    case ']':
        if (tw->depth) {
            tw->depth--;
        }

        tw->named = 0;
        return;
    }
}


static ngx_uint_t
ngx_plaid_tripwire_string(ngx_plaid_tripwire_t *tw, u_char ch)
{
    switch (ch) {

    case '"':
        tw->state = NGX_PLAID_TRIPWIRE_OUTSIDE;
        return ngx_plaid_tripwire_end(tw);

    case '\\':
        tw->state = NGX_PLAID_TRIPWIRE_ESCAPE;
        tw->look = 0;
        tw->whole = 0;
        ngx_memzero(tw->tail, sizeof(tw->tail));
        return 0;
    }

    ngx_memmove(tw->tail, tw->tail + 1, sizeof(tw->tail) - 1);
    tw->tail[sizeof(tw->tail) - 1] = ch;

    ngx_plaid_tripwire_like(tw, ch);

    return 0;
}


/* 1: the string that has ended is a token where one belongs */

static ngx_uint_t
ngx_plaid_tripwire_end(ngx_plaid_tripwire_t *tw)
{
    uint64_t    bit;
    ngx_uint_t  array, list;

    bit = (tw->depth && tw->depth <= NGX_PLAID_TRIPWIRE_DEPTH)
          ? (uint64_t) 1 << (tw->depth - 1) : 0;

    array = (tw->arrays & bit) ? 1 : 0;
    list = (tw->lists & bit) ? 1 : 0;

    if (!array && !tw->named) {

        /* a name */

        tw->member = ngx_memcmp(tw->tail + 1, "token", 5) == 0;
        tw->list = ngx_memcmp(tw->tail, "tokens", 6) == 0;
        return 0;
    }

    if (!ngx_plaid_tripwire_full(tw) || !tw->whole) {
        return 0;
    }

    return array ? list : tw->member;
}


/* Compares one more byte of a string with what a token looks like. */

static void
ngx_plaid_tripwire_like(ngx_plaid_tripwire_t *tw, u_char ch)
{
    if (ngx_plaid_tripwire_full(tw)) {
        /* it goes on */
        tw->look = 0;
        tw->whole = 0;
    }

    if (ngx_plaid_tripwire_next(tw, ch)) {
        tw->look++;

        if (ngx_plaid_tripwire_full(tw)) {
            tw->seen++;
        }

        return;
    }

    tw->look = 0;
    tw->whole = 0;

    if (ch == NGX_PLAID_TRIPWIRE_ACCESS[0]) {
        tw->look = 1;
    }
}


static ngx_uint_t
ngx_plaid_tripwire_next(ngx_plaid_tripwire_t *tw, u_char ch)
{
    ngx_uint_t  i, n;

    i = tw->look;

    if (i < NGX_PLAID_TRIPWIRE_ACCESS_LEN) {
        return ch == NGX_PLAID_TRIPWIRE_ACCESS[i];
    }

    i -= NGX_PLAID_TRIPWIRE_ACCESS_LEN;

    if (i == 0) {
        for (n = 0; n < 3; n++) {
            if (ch == ngx_plaid_tripwire_envs[n].data[0]) {
                tw->env = n;
                return 1;
            }
        }

        return 0;
    }

    if (i < ngx_plaid_tripwire_envs[tw->env].len) {
        return ch == ngx_plaid_tripwire_envs[tw->env].data[i];
    }

    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || ch == '-';
}


static ngx_uint_t
ngx_plaid_tripwire_full(ngx_plaid_tripwire_t *tw)
{
    return tw->look > NGX_PLAID_TRIPWIRE_ACCESS_LEN
           && tw->look == NGX_PLAID_TRIPWIRE_ACCESS_LEN
                          + ngx_plaid_tripwire_envs[tw->env].len
                          + NGX_PLAID_TRIPWIRE_ID;
}


ngx_uint_t
ngx_plaid_tripwire_within(ngx_str_t *s)
{
    size_t                 i;
    ngx_plaid_tripwire_t   tw;

    tw.ntokens = 0;
    ngx_plaid_tripwire_init(&tw);

    for (i = 0; i < s->len; i++) {
        ngx_plaid_tripwire_like(&tw, s->data[i]);
    }

    return tw.seen ? 1 : 0;
}
