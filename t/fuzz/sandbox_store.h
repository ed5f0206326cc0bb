
/*
 * The sandbox's store as a plain array, without shared memory.  All records
 * fit, or the last one goes.
 */


#ifndef _SANDBOX_STORE_H_INCLUDED_
#define _SANDBOX_STORE_H_INCLUDED_


#include "fuzz.h"
#include "ngx_plaid_sandbox_api.h"


#define SANDBOX_STORE_RECORDS  32


static ngx_plaid_sandbox_shared_t  sandbox_store_shared;
static ngx_slab_pool_t             sandbox_store_slab;
static ngx_plaid_sandbox_record_t  sandbox_records[SANDBOX_STORE_RECORDS];
static ngx_str_t                   sandbox_texts[SANDBOX_STORE_RECORDS];

static ngx_plaid_sandbox_store_t   sandbox_store = {
    &sandbox_store_shared, &sandbox_store_slab
};


static ngx_plaid_sandbox_record_t *
sandbox_store_find(ngx_uint_t kind, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < sandbox_store_shared.records; i++) {
        if (sandbox_records[i].kind == kind
            && strcmp((char *) sandbox_records[i].name, name) == 0)
        {
            return &sandbox_records[i];
        }
    }

    return NULL;
}


static void
sandbox_text_free(ngx_str_t *text)
{
    free(text->data);

    text->data = NULL;
    text->len = 0;
}


/* every field must have been left with its end */

static void
sandbox_store_check(ngx_plaid_sandbox_record_t *r)
{
    fuzz_check(r->name[0] && memchr(r->name, '\0', sizeof(r->name)));
    fuzz_check(memchr(r->item_id, '\0', sizeof(r->item_id)));
    fuzz_check(memchr(r->access, '\0', sizeof(r->access)));
    fuzz_check(memchr(r->webhook, '\0', sizeof(r->webhook)));
    fuzz_check(memchr(r->text, '\0', sizeof(r->text)));
}


ngx_int_t
ngx_plaid_sandbox_store_get(ngx_plaid_sandbox_store_t *store, ngx_uint_t kind,
    const char *name, ngx_plaid_sandbox_record_t *out)
{
    ngx_plaid_sandbox_record_t  *r;

    r = sandbox_store_find(kind, name);

    if (r && out) {
        *out = *r;
    }

    return r ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_plaid_sandbox_store_put(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_record_t *record)
{
    ngx_plaid_sandbox_record_t  *r;

    sandbox_store_check(record);

    r = sandbox_store_find(record->kind, (char *) record->name);

    if (r == NULL) {
        r = &sandbox_records[SANDBOX_STORE_RECORDS - 1];

        if (store->sh->records < SANDBOX_STORE_RECORDS) {
            r = &sandbox_records[store->sh->records++];
        }
    }

    sandbox_text_free(&sandbox_texts[r - sandbox_records]);

    *r = *record;

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_store_update(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_plaid_sandbox_update_pt update,
    void *data, ngx_plaid_sandbox_record_t *out)
{
    ngx_int_t                    rc;
    ngx_plaid_sandbox_record_t  *r;

    r = sandbox_store_find(kind, name);

    if (r == NULL) {
        return NGX_DECLINED;
    }

    rc = update(r, data);

    sandbox_store_check(r);

    if (out) {
        *out = *r;
    }

    return rc;
}


void
ngx_plaid_sandbox_store_delete(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name)
{
    ngx_plaid_sandbox_record_t  *r;

    r = sandbox_store_find(kind, name);

    if (r) {
        sandbox_text_free(&sandbox_texts[r - sandbox_records]);

        *r = sandbox_records[--store->sh->records];

        sandbox_texts[r - sandbox_records] =
                                       sandbox_texts[store->sh->records];
        sandbox_texts[store->sh->records].data = NULL;
        sandbox_texts[store->sh->records].len = 0;
    }
}


void
ngx_plaid_sandbox_store_clear(ngx_plaid_sandbox_store_t *store)
{
    ngx_uint_t  i;

    for (i = 0; i < SANDBOX_STORE_RECORDS; i++) {
        sandbox_text_free(&sandbox_texts[i]);
    }

    store->sh->records = 0;
}


ngx_int_t
ngx_plaid_sandbox_store_attach(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_str_t *text, ngx_uint_t append)
{
    u_char                      *p;
    size_t                       before;
    ngx_str_t                   *have;
    ngx_plaid_sandbox_record_t  *r;

    r = sandbox_store_find(kind, name);

    if (r == NULL) {
        return NGX_DECLINED;
    }

    have = &sandbox_texts[r - sandbox_records];
    before = append ? have->len : 0;

    if (text->len == 0
        || before + text->len > NGX_PLAID_SANDBOX_ATTACH_MAX)
    {
        return NGX_ERROR;
    }

    p = malloc(before + text->len);

    if (before) {
        memcpy(p, have->data, before);
    }

    memcpy(p + before, text->data, text->len);

    sandbox_text_free(have);

    have->data = p;
    have->len = before + text->len;

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_store_attached(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_pool_t *pool, ngx_str_t *text)
{
    ngx_str_t                   *have;
    ngx_plaid_sandbox_record_t  *r;

    r = sandbox_store_find(kind, name);
    have = r ? &sandbox_texts[r - sandbox_records] : NULL;

    if (have == NULL || have->len == 0) {
        return NGX_DECLINED;
    }

    text->len = have->len;
    text->data = ngx_pnalloc(pool, have->len + 1);

    if (text->data == NULL) {
        return NGX_ERROR;
    }

    memcpy(text->data, have->data, have->len);
    text->data[have->len] = '\0';

    return NGX_OK;
}


/* the one call that the log has */

ngx_int_t
ngx_plaid_sandbox_store_logged(ngx_plaid_sandbox_store_t *store,
    ngx_pool_t *pool, ngx_array_t *texts)
{
    ngx_str_t  *text;

    text = ngx_array_push(texts);

    if (text == NULL) {
        return NGX_ERROR;
    }

    *text = unit_str("{\"path\":\"/item/get\"}");

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_store_each(ngx_plaid_sandbox_store_t *store, ngx_uint_t kind,
    ngx_uint_t max, ngx_pool_t *pool, ngx_plaid_sandbox_each_pt handler,
    void *data)
{
    ngx_uint_t  i;

    for (i = 0; i < store->sh->records; i++) {
        if (sandbox_records[i].kind == kind && max) {
            handler(&sandbox_records[i], data);
            max--;
        }
    }

    return NGX_OK;
}


#endif /* _SANDBOX_STORE_H_INCLUDED_ */
