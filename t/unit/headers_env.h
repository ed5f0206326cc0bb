
/*
 * A list of headers and what is expected of it: a plain array, kept by the
 * test.  Each element has a value of its own.
 */


#ifndef _HEADERS_ENV_H_INCLUDED_
#define _HEADERS_ENV_H_INCLUDED_


#include "unit.h"
#include "ngx_plaid_headers.h"


#define HEADERS_ENV_MAX  4096


typedef struct {
    ngx_table_elt_t     *elt;           /* where it must stay */
    ngx_str_t            key;
    ngx_str_t            value;
} headers_env_elt_t;


typedef struct {
    ngx_list_t           list;
    ngx_pool_t          *pool;
    ngx_uint_t           serial;
    u_char               values[2 * HEADERS_ENV_MAX];

    headers_env_elt_t    elts[HEADERS_ENV_MAX];
    ngx_uint_t           n;
} headers_env_t;


static ngx_uint_t  headers_env_told;


static void
headers_env_init(headers_env_t *env, ngx_uint_t nalloc)
{
    memset(env, 0, sizeof(headers_env_t));

    env->pool = unit_pool();

    if (ngx_list_init(&env->list, env->pool, nalloc, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        abort();
    }
}


static void
headers_env_fill(headers_env_t *env, ngx_table_elt_t *h, ngx_str_t key)
{
    headers_env_elt_t  *e;

    if (env->n == HEADERS_ENV_MAX || env->serial == 2 * HEADERS_ENV_MAX) {
        abort();
    }

    e = &env->elts[env->n++];

    /* every byte of it is ours: what lies under it is gone */
    memset(h, 0x77, sizeof(ngx_table_elt_t));

    h->key = key;
    h->value.data = env->values + env->serial++;
    h->value.len = 1;

    e->elt = h;
    e->key = key;
    e->value = h->value;
}


/* NGX_ERROR when there was no memory. */

static ngx_int_t
headers_env_push(headers_env_t *env, ngx_str_t key)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&env->list);
    if (h == NULL) {
        return NGX_ERROR;
    }

    headers_env_fill(env, h, key);

    return NGX_OK;
}


static ngx_int_t
headers_env_append(headers_env_t *env, ngx_str_t key, ngx_uint_t n)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    ngx_table_elt_t     *h;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(env->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    h = calloc(n, sizeof(ngx_table_elt_t));

    rc = ngx_plaid_headers_append(&env->list, h, n);

    if (rc != NGX_OK) {
        free(h);
        return rc;
    }

    for (i = 0; i < n; i++) {
        headers_env_fill(env, &h[i], key);
    }

    cln->handler = free;
    cln->data = h;

    return NGX_OK;
}


/* The environment variable that RFC 3875 has for a header. */

static void
headers_env_variable(char *dst, ngx_str_t *name)
{
    size_t  i;
    u_char  ch;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        *dst++ = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ? ch
                 : (ch >= 'a' && ch <= 'z') ? ch - 'a' + 'A'
                 : '_';
    }

    *dst = '\0';
}


static int
headers_env_matches(ngx_str_t *name, ngx_array_t *names)
{
    int          found;
    char        *a, *b;
    ngx_str_t   *s;
    ngx_uint_t   i;

    a = calloc(1, name->len + 1);
    headers_env_variable(a, name);

    found = strncmp(a, "X_PLAID_", 8) == 0;

    for (i = 0; names && i < names->nelts; i++) {
        s = (ngx_str_t *) names->elts + i;

        b = calloc(1, s->len + 1);
        headers_env_variable(b, s);

        found |= s->len == name->len && strcmp(a, b) == 0;

        free(b);
    }

    free(a);

    return found;
}


static void
headers_env_removed(void *data, ngx_table_elt_t *h)
{
    headers_env_told++;

    if (!headers_env_matches(&h->key, data)) {
        abort();
    }
}


static void
headers_env_drop(headers_env_t *env, ngx_uint_t i)
{
    memmove(&env->elts[i], &env->elts[i + 1],
            (env->n - i - 1) * sizeof(headers_env_elt_t));
    env->n--;
}


/* As with "names"; NULL, or what is wrong. */

static const char *headers_env_check(headers_env_t *env);


static const char *
headers_env_strip(headers_env_t *env, ngx_array_t *names)
{
    ngx_int_t    rc;
    ngx_uint_t   i, n;

    headers_env_told = 0;

    rc = ngx_plaid_headers_strip(&env->list, names, headers_env_removed,
                                 names);

    if (rc == NGX_ERROR) {
        return "no memory";
    }

    n = 0;

    for (i = env->n; i-- > 0; /* void */) {
        if (headers_env_matches(&env->elts[i].key, names)) {
            headers_env_drop(env, i);
            n++;
        }
    }

    if (rc != (ngx_int_t) n || headers_env_told != n) {
        return "number of elements removed";
    }

    return headers_env_check(env);
}


/*
 * After a strip without memory: all that does not match is there, in order;
 * the array is made what the list is.
 */

static const char *
headers_env_resync(headers_env_t *env, ngx_array_t *names)
{
    ngx_uint_t        i, at;
    ngx_list_part_t  *part;

    at = 0;

    for (part = &env->list.part; part; part = part->next) {
        for (i = 0; i < part->nelts; i++) {

            while (at < env->n
                   && env->elts[at].elt != (ngx_table_elt_t *) part->elts + i)
            {
                if (!headers_env_matches(&env->elts[at].key, names)) {
                    return "an element lost without memory";
                }

                headers_env_drop(env, at);
            }

            at++;
        }
    }

    while (at < env->n) {
        if (!headers_env_matches(&env->elts[at].key, names)) {
            return "an element lost without memory";
        }

        headers_env_drop(env, at);
    }

    return headers_env_check(env);
}


/* What nginx and its modules rely on; NULL, or what is wrong. */

static const char *
headers_env_check(headers_env_t *env)
{
    ngx_uint_t          i, n;
    ngx_list_t         *list;
    ngx_list_part_t    *part;
    ngx_table_elt_t    *h;
    headers_env_elt_t  *e;

    list = &env->list;
    n = 0;

    for (part = &list->part; part; part = part->next) {

        if (part != &list->part && part->nelts == 0) {
            return "an empty part that is not the first";
        }

        if (part->next == NULL && part != list->last) {
            return "\"last\" is not the last part";
        }

        for (i = 0; i < part->nelts; i++, n++) {

            if (n == env->n) {
                return "an element too many";
            }

            h = (ngx_table_elt_t *) part->elts + i;
            e = &env->elts[n];

            if (h != e->elt) {
                return "an element moved, or another one";
            }

            if (h->key.data != e->key.data || h->key.len != e->key.len
                || h->value.data != e->value.data
                || h->value.len != e->value.len)
            {
                return "an element overwritten";
            }
        }
    }

    if (n != env->n) {
        return "an element too few";
    }

    if (list->nalloc == 0) {
        return "nalloc is 0";
    }

    if (list->last->nelts > list->nalloc) {
        return "nalloc is less than the last part holds";
    }

    if (unit_damaged) {
        return "a red zone is damaged";
    }

    return NULL;
}


/* As a push may have written where it must not. */

static const char *
headers_env_destroy(headers_env_t *env)
{
    unit_pool_destroy(env->pool);

    return unit_damaged ? "a red zone is damaged" : NULL;
}


#endif /* _HEADERS_ENV_H_INCLUDED_ */
