
/*
 * A search of a body: the last three bytes of an input say where the body is
 * cut and whether its end lies in a file, the others are the body.
 *
 * Whatever the cuts, the outcome is that of the body in one piece.
 */


#ifndef _FUZZ_BODY_H_INCLUDED_
#define _FUZZ_BODY_H_INCLUDED_


#include "fuzz.h"
#include "ngx_plaid_body.h"


#define FUZZ_BODY_FIELDS  "public_token data.publicToken data.a.b data"


typedef struct {
    ngx_str_t                body;
    ngx_str_t                type;
    ngx_pool_t              *pool;
    ngx_array_t             *fields;
    ngx_plaid_body_e         result;
    ngx_plaid_body_found_t   found;
} fuzz_body_t;


/* "error" says why exactly when there is a reason, and ends in the log */

static void
fuzz_body_search(fuzz_body_t *f, ngx_chain_t *in)
{
    ngx_str_t  *s;

    f->result = ngx_plaid_body_search(f->pool, &unit_log, in, f->body.len,
                                      &f->type, f->fields, &f->found);

    fuzz_check(f->result != NGX_PLAID_BODY_FAILED);
    fuzz_check(f->result != NGX_PLAID_BODY_MALFORMED || f->found.error);

    s = &f->found.token;

    fuzz_check((f->result == NGX_PLAID_BODY_FOUND) == (s->len != 0));
    fuzz_check(s->len <= f->body.len);
    fuzz_check(s->len != 4 || memcmp(s->data, "null", 4) != 0);
    fuzz_check(s->len != 9 || memcmp(s->data, "undefined", 9) != 0);

    s = &f->found.account_id;

    fuzz_check(f->result == NGX_PLAID_BODY_FOUND || s->len == 0);
    fuzz_check(s->len <= NGX_PLAID_ID_MAX);
}


static ngx_chain_t *
fuzz_body_chain(fuzz_body_t *f, const uint8_t *control)
{
    size_t        cuts[2], len;
    ngx_str_t     head;
    ngx_chain_t  *in;

    len = f->body.len;
    cuts[0] = control[0] * len / 255;
    cuts[1] = cuts[0] + control[1] * (len - cuts[0]) / 255;

    if (control[2] & 1) {
        return unit_chain(f->pool, &f->body, cuts, 2);
    }

    if (control[2] & 30) {
        return unit_chain(f->pool, &f->body, cuts, 0);
    }

    /* rarely, as a file takes system calls */

    head.data = f->body.data;
    head.len = cuts[1];

    in = unit_chain(f->pool, &head, cuts, 1);
    in->next->next = unit_chain_file(f->pool, &f->body, cuts[1]);

    return in;
}


static int
fuzz_body_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


/* Calls "oracle" with the outcome. */

static void
fuzz_body(const uint8_t *data, size_t size, const char *type,
    void (*oracle)(fuzz_body_t *f))
{
    ngx_chain_t  *in;
    fuzz_body_t   whole, f;

    if (size < 3) {
        return;
    }

    f.pool = unit_pool();
    f.fields = unit_names(f.pool, FUZZ_BODY_FIELDS);
    f.type = unit_str(type);
    f.body.data = (u_char *) data;
    f.body.len = size - 3;

    whole = f;

    in = unit_chain(f.pool, &f.body, NULL, 0);
    fuzz_body_search(&whole, in);
    unit_chain_free(in);

    in = fuzz_body_chain(&f, data + size - 3);
    fuzz_body_search(&f, in);
    unit_chain_free(in);

    fuzz_check(f.result == whole.result);
    fuzz_check(f.found.error == whole.found.error);
    fuzz_check(fuzz_body_same(&f.found.token, &whole.found.token));
    fuzz_check(fuzz_body_same(&f.found.account_id, &whole.found.account_id));

    oracle(&f);

    unit_pool_destroy(f.pool);
}


#endif /* _FUZZ_BODY_H_INCLUDED_ */
