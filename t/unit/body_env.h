
/*
 * The tests of a body: each runs over every way to cut it into two and three
 * buffers, over a file, and over memory followed by a file.
 */


#ifndef _BODY_ENV_H_INCLUDED_
#define _BODY_ENV_H_INCLUDED_


#include "unit.h"
#include "ngx_plaid_body.h"


#define FORM       "application/x-www-form-urlencoded"
#define JSON       "application/json"
#define MULTIPART  "multipart/form-data; boundary=X"

/* longer bodies are cut into three at every n-th byte only */
#define BODY_ENV_CUTS  60


static const char  *body_env_fields = "public_token";
static size_t       body_env_max = 1024 * 1024;

static const char  *body_env_results[] = {
    "found", "absent", "twice", "malformed", "failed"
};


typedef struct {
    const char       *type;
    ngx_str_t         body;
    ngx_plaid_body_e  result;
    ngx_str_t         token;
    ngx_str_t         account;
    int               doubtful;    /* the account is */
} body_env_case_t;


static int
body_env_same(ngx_str_t *got, ngx_str_t *expected)
{
    return got->len == expected->len
           && (got->len == 0
               || memcmp(got->data, expected->data, got->len) == 0);
}


/* 1 when the search of "in" gives what is expected */

static int
body_env_search(ngx_pool_t *pool, ngx_chain_t *in, body_env_case_t *c,
    const char *how)
{
    int                      good;
    ngx_str_t                type;
    ngx_array_t             *fields;
    ngx_plaid_body_e         result;
    ngx_plaid_body_found_t   found;

    type = unit_str(c->type);
    fields = unit_names(pool, body_env_fields);

    result = ngx_plaid_body_search(pool, &unit_log, in, body_env_max, &type,
                                   fields, &found);

    good = result == c->result
           && body_env_same(&found.token, &c->token)
           && (found.account_error ? c->doubtful
                                   : body_env_same(&found.account_id,
                                                   &c->account)
                                     && !c->doubtful)
           && (result == NGX_PLAID_BODY_MALFORMED) == (found.error != NULL);

    if (!good) {
        diag("%s: %s, token \"%.*s\", account \"%.*s\", error %s", how,
             body_env_results[result], (int) found.token.len,
             found.token.data, (int) found.account_id.len,
             found.account_id.data, found.error ? found.error : "none");
    }

    return good;
}


static int
body_env_cut(ngx_str_t *body, size_t *cuts, ngx_uint_t ncuts,
    body_env_case_t *c)
{
    int           good;
    char          how[64];
    ngx_pool_t   *pool;
    ngx_chain_t  *in;

    pool = unit_pool();
    in = unit_chain(pool, body, cuts, ncuts);

    snprintf(how, sizeof(how), "%d cuts at %zu, %zu", (int) ncuts, cuts[0],
             cuts[1]);

    good = body_env_search(pool, in, c, how);

    unit_chain_free(in);
    unit_pool_destroy(pool);

    return good;
}


/* "head" bytes in memory, the others in a file that has "skip" before them */

static int
body_env_file(ngx_str_t *body, size_t head, size_t skip, body_env_case_t *c)
{
    int           good;
    size_t        cuts[2];
    ngx_str_t     part, padded;
    ngx_pool_t   *pool;
    ngx_chain_t  *in, *file;

    pool = unit_pool();

    padded.len = skip + body->len - head;
    padded.data = malloc(padded.len);
    memset(padded.data, '?', skip);
    memcpy(padded.data + skip, body->data + head, body->len - head);

    in = unit_chain_file(pool, &padded, skip);
    free(padded.data);

    if (head) {
        part.data = body->data;
        part.len = head;
        file = in;
        in = unit_chain(pool, &part, cuts, 0);
        in->next = file;
    }

    good = body_env_search(pool, in, c, "file");

    unit_chain_free(in);
    unit_pool_destroy(pool);

    return good;
}


static void
body_env_run(body_env_case_t *c, const char *name)
{
    int         good;
    size_t      cuts[2], step;
    ngx_str_t  *body;

    body = &c->body;
    cuts[0] = 0;
    cuts[1] = 0;

    good = body_env_cut(body, cuts, 0, c);

    for (cuts[0] = 0; good && cuts[0] <= body->len; cuts[0]++) {
        cuts[1] = body->len;
        good = body_env_cut(body, cuts, 1, c);
    }

    step = body->len / BODY_ENV_CUTS + 1;

    for (cuts[0] = 0; good && cuts[0] <= body->len; cuts[0] += step) {
        for (cuts[1] = cuts[0]; good && cuts[1] <= body->len; cuts[1] += step)
        {
            good = body_env_cut(body, cuts, 2, c);
        }
    }

    if (body->len) {
        good = good
               && body_env_file(body, 0, 0, c)
               && body_env_file(body, 0, 7, c)
               && body_env_file(body, body->len / 2, 3, c);
    }

    ok(good, "%s", name);
}


#define body_env_case(t, b, r, tok, acc, name)                               \
    do {                                                                     \
        body_env_case_t  _c = { t, { sizeof(b) - 1, (u_char *) b }, r,       \
                                { sizeof(tok) - 1, (u_char *) tok },         \
                                { sizeof(acc) - 1, (u_char *) acc }, 0 };    \
        body_env_run(&_c, name);                                             \
    } while (0)

#define found(type, body, token, name)                                       \
    body_env_case(type, body, NGX_PLAID_BODY_FOUND, token, "", name)

#define found_account(type, body, token, account, name)                      \
    body_env_case(type, body, NGX_PLAID_BODY_FOUND, token, account, name)

#define doubtful_account(t, b, tok, name)                                    \
    do {                                                                     \
        body_env_case_t  _c = { t, { sizeof(b) - 1, (u_char *) b },          \
                                NGX_PLAID_BODY_FOUND,                        \
                                { sizeof(tok) - 1, (u_char *) tok },         \
                                ngx_null_string, 1 };                        \
        body_env_run(&_c, name);                                             \
    } while (0)

#define absent(type, body, name)                                             \
    body_env_case(type, body, NGX_PLAID_BODY_ABSENT, "", "", name)

#define twice(type, body, name)                                              \
    body_env_case(type, body, NGX_PLAID_BODY_TWICE, "", "", name)

#define malformed(type, body, name)                                          \
    body_env_case(type, body, NGX_PLAID_BODY_MALFORMED, "", "", name)


#endif /* _BODY_ENV_H_INCLUDED_ */
