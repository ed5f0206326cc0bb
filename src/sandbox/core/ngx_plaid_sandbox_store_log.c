
/* The last calls, as text, and the paths that were asked for in vain. */


#include "ngx_plaid_sandbox_store_int.h"


void
ngx_plaid_sandbox_store_log(ngx_plaid_sandbox_store_t *store, ngx_str_t *text)
{
    u_char     *p;
    ngx_str_t  *log;

    if (text->len == 0 || text->len > NGX_PLAID_SANDBOX_CALL_LEN) {
        return;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    log = &store->sh->log[store->sh->logged % NGX_PLAID_SANDBOX_CALLS];

    ngx_plaid_sandbox_store_free_text(store, log);

    /* a record is not given up for it */

    do {
        p = ngx_slab_alloc_locked(store->shpool, text->len);
    } while (p == NULL && ngx_plaid_sandbox_store_forget_call(store));

    if (p) {
        ngx_memcpy(p, text->data, text->len);

        log->data = p;
        log->len = text->len;

        store->sh->logged++;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);
}


ngx_int_t
ngx_plaid_sandbox_store_logged(ngx_plaid_sandbox_store_t *store,
    ngx_pool_t *pool, ngx_array_t *texts)
{
    ngx_int_t    rc;
    ngx_str_t   *log, *text;
    ngx_uint_t   i;

    rc = NGX_OK;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (i = 0; i < NGX_PLAID_SANDBOX_CALLS && rc == NGX_OK; i++) {
        log = &store->sh->log[(store->sh->logged + i)
                              % NGX_PLAID_SANDBOX_CALLS];

        if (log->len == 0) {
            continue;
        }

        text = ngx_array_push(texts);

        if (text == NULL) {
            rc = NGX_ERROR;
            break;
        }

        text->len = log->len;
        text->data = ngx_pstrdup(pool, log);

        if (text->data == NULL) {
            rc = NGX_ERROR;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


void
ngx_plaid_sandbox_store_unknown(ngx_plaid_sandbox_store_t *store,
    ngx_str_t *path)
{
    u_char                        name[NGX_PLAID_SANDBOX_NAME_LEN];
    ngx_uint_t                    i;
    ngx_plaid_sandbox_unknown_t  *u;

    (void) ngx_atomic_fetch_add(&store->sh->counters.unknown, 1);

    (void) ngx_cpystrn(name, path->data,
                       ngx_min(path->len + 1, sizeof(name)));

    ngx_shmtx_lock(&store->shpool->mutex);

    for (i = 0; i < NGX_PLAID_SANDBOX_UNKNOWN; i++) {
        u = &store->sh->unknown[i];

        if (u->count == 0) {
            ngx_plaid_sandbox_copy(u->path, name);
        }

        if (ngx_strcmp(u->path, name) == 0) {
            u->count++;
            break;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);
}


void
ngx_plaid_sandbox_store_free_text(ngx_plaid_sandbox_store_t *store,
    ngx_str_t *text)
{
    if (text->len) {
        ngx_explicit_memzero(text->data, text->len);
        ngx_slab_free_locked(store->shpool, text->data);
        ngx_str_null(text);
    }
}


ngx_uint_t
ngx_plaid_sandbox_store_forget_call(ngx_plaid_sandbox_store_t *store)
{
    ngx_str_t   *text;
    ngx_uint_t   i;

    for (i = 0; i < NGX_PLAID_SANDBOX_CALLS; i++) {
        text = &store->sh->log[(store->sh->logged + i)
                               % NGX_PLAID_SANDBOX_CALLS];

        if (text->len) {
            ngx_plaid_sandbox_store_free_text(store, text);
            return 1;
        }
    }

    return 0;
}
