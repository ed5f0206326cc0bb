
/* Records in shared memory, found by kind and name. */


#include "ngx_plaid_sandbox_store_int.h"


typedef struct {
    ngx_rbtree_node_t            node;          /* key: hash of the name */
    ngx_queue_t                  queue;
    ngx_str_t                    text;          /* attached */
    ngx_plaid_sandbox_record_t   record;
} ngx_plaid_sandbox_entry_t;


static void ngx_plaid_sandbox_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_plaid_sandbox_entry_t *ngx_plaid_sandbox_lookup(
    ngx_plaid_sandbox_store_t *store, ngx_uint_t kind, const char *name);
static void *ngx_plaid_sandbox_alloc(ngx_plaid_sandbox_store_t *store,
    size_t size, ngx_plaid_sandbox_entry_t *keep);
static void ngx_plaid_sandbox_free(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_entry_t *entry);


ngx_int_t
ngx_plaid_sandbox_store_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_plaid_sandbox_store_t   *ostore = data;

    size_t                       len;
    ngx_plaid_sandbox_store_t   *store;
    ngx_plaid_sandbox_shared_t  *sh;

    store = zone->data;

    if (ostore) {
        if (ostore->sh->layout != NGX_PLAID_SANDBOX_LAYOUT) {
            goto layout;
        }

        store->sh = ostore->sh;
        store->shpool = ostore->shpool;

        return NGX_OK;
    }

    store->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        store->sh = store->shpool->data;

        if (store->sh->layout != NGX_PLAID_SANDBOX_LAYOUT) {
            goto layout;
        }

        return NGX_OK;
    }

    sh = ngx_slab_calloc(store->shpool, sizeof(ngx_plaid_sandbox_shared_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    sh->layout = NGX_PLAID_SANDBOX_LAYOUT;

    ngx_rbtree_init(&sh->rbtree, &sh->sentinel,
                    ngx_plaid_sandbox_insert_value);
    ngx_queue_init(&sh->queue);

    store->sh = sh;
    store->shpool->data = sh;

    len = sizeof(" in plaid_sandbox zone \"\"") + zone->shm.name.len;

    store->shpool->log_ctx = ngx_slab_alloc(store->shpool, len);
    if (store->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(store->shpool->log_ctx, " in plaid_sandbox zone \"%V\"%Z",
                &zone->shm.name);

    store->shpool->log_nomem = 0;

    return NGX_OK;

layout:

    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                  "zone \"%V\" was made by another version of "
                  "ngx_http_plaid_sandbox_module, restart nginx",
                  &zone->shm.name);

    return NGX_ERROR;
}


ngx_int_t
ngx_plaid_sandbox_store_get(ngx_plaid_sandbox_store_t *store, ngx_uint_t kind,
    const char *name, ngx_plaid_sandbox_record_t *out)
{
    ngx_int_t                   rc;
    ngx_plaid_sandbox_entry_t  *entry;

    ngx_shmtx_lock(&store->shpool->mutex);

    entry = ngx_plaid_sandbox_lookup(store, kind, name);

    if (entry) {
        rc = NGX_OK;

        if (out) {
            *out = entry->record;
        }

    } else {
        rc = NGX_DECLINED;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


ngx_int_t
ngx_plaid_sandbox_store_put(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_record_t *record)
{
    ngx_plaid_sandbox_entry_t  *entry;

    ngx_shmtx_lock(&store->shpool->mutex);

    entry = ngx_plaid_sandbox_lookup(store, record->kind,
                                     (char *) record->name);

    if (entry == NULL) {
        entry = ngx_plaid_sandbox_alloc(store,
                                        sizeof(ngx_plaid_sandbox_entry_t),
                                        NULL);
        if (entry == NULL) {
            ngx_shmtx_unlock(&store->shpool->mutex);
            return NGX_ERROR;
        }

        entry->record = *record;
        ngx_str_null(&entry->text);

        entry->node.key = ngx_murmur_hash2(record->name,
                                           ngx_strlen(record->name));

        ngx_rbtree_insert(&store->sh->rbtree, &entry->node);
        ngx_queue_insert_head(&store->sh->queue, &entry->queue);
        store->sh->records++;

    } else {
        entry->record = *record;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_store_update(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_plaid_sandbox_update_pt update,
    void *data, ngx_plaid_sandbox_record_t *out)
{
    ngx_int_t                   rc;
    ngx_plaid_sandbox_entry_t  *entry;

    ngx_shmtx_lock(&store->shpool->mutex);

    entry = ngx_plaid_sandbox_lookup(store, kind, name);

    if (entry) {
        rc = update(&entry->record, data);

        if (out) {
            *out = entry->record;
        }

    } else {
        rc = NGX_DECLINED;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


void
ngx_plaid_sandbox_store_delete(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name)
{
    ngx_plaid_sandbox_entry_t  *entry;

    ngx_shmtx_lock(&store->shpool->mutex);

    entry = ngx_plaid_sandbox_lookup(store, kind, name);

    if (entry) {
        ngx_plaid_sandbox_free(store, entry);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);
}


void
ngx_plaid_sandbox_store_clear(ngx_plaid_sandbox_store_t *store)
{
    ngx_queue_t  *q;

    ngx_shmtx_lock(&store->shpool->mutex);

    while (!ngx_queue_empty(&store->sh->queue)) {
        q = ngx_queue_head(&store->sh->queue);

        ngx_plaid_sandbox_free(store,
                      ngx_queue_data(q, ngx_plaid_sandbox_entry_t, queue));
    }

    while (ngx_plaid_sandbox_store_forget_call(store)) { /* void */ }

    ngx_memzero(&store->sh->counters, sizeof(ngx_plaid_sandbox_counters_t));
    ngx_memzero(store->sh->unknown, sizeof(store->sh->unknown));

    ngx_shmtx_unlock(&store->shpool->mutex);
}


ngx_int_t
ngx_plaid_sandbox_store_each(ngx_plaid_sandbox_store_t *store, ngx_uint_t kind,
    ngx_uint_t max, ngx_pool_t *pool, ngx_plaid_sandbox_each_pt handler,
    void *data)
{
    size_t                       size;
    ngx_uint_t                   i, n;
    ngx_queue_t                 *q;
    ngx_plaid_sandbox_entry_t   *entry;
    ngx_plaid_sandbox_record_t  *records;

    /* the count may grow before the lock is taken: then the rest is left out */

    max = ngx_min(max, store->sh->records);
    size = max * sizeof(ngx_plaid_sandbox_record_t);

    if (max == 0) {
        return NGX_OK;
    }

    records = ngx_palloc(pool, size);
    if (records == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (q = ngx_queue_head(&store->sh->queue);
         q != ngx_queue_sentinel(&store->sh->queue) && n < max;
         q = ngx_queue_next(q))
    {
        entry = ngx_queue_data(q, ngx_plaid_sandbox_entry_t, queue);

        if (entry->record.kind == kind) {
            records[n++] = entry->record;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    for (i = 0; i < n; i++) {
        handler(&records[i], data);
    }

    ngx_explicit_memzero(records, size);
    ngx_pfree(pool, records);

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_store_attach(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_str_t *text, ngx_uint_t append)
{
    u_char                     *p;
    size_t                      before;
    ngx_plaid_sandbox_entry_t  *entry;

    ngx_shmtx_lock(&store->shpool->mutex);

    p = NULL;
    before = 0;

    entry = ngx_plaid_sandbox_lookup(store, kind, name);

    if (entry) {
        before = append ? entry->text.len : 0;

        if (text->len && before + text->len <= NGX_PLAID_SANDBOX_ATTACH_MAX) {
            p = ngx_plaid_sandbox_alloc(store, before + text->len, entry);
        }
    }

    if (p) {
        if (before) {
            ngx_memcpy(p, entry->text.data, before);
        }

        ngx_memcpy(p + before, text->data, text->len);

        ngx_plaid_sandbox_store_free_text(store, &entry->text);

        entry->text.data = p;
        entry->text.len = before + text->len;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return p ? NGX_OK : (entry ? NGX_ERROR : NGX_DECLINED);
}


ngx_int_t
ngx_plaid_sandbox_store_attached(ngx_plaid_sandbox_store_t *store,
    ngx_uint_t kind, const char *name, ngx_pool_t *pool, ngx_str_t *text)
{
    ngx_int_t                   rc;
    ngx_plaid_sandbox_entry_t  *entry;

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&store->shpool->mutex);

    entry = ngx_plaid_sandbox_lookup(store, kind, name);

    if (entry && entry->text.len) {
        text->len = entry->text.len;
        text->data = ngx_pnalloc(pool, text->len + 1);

        rc = NGX_ERROR;

        if (text->data) {
            ngx_memcpy(text->data, entry->text.data, text->len);
            text->data[text->len] = '\0';
            rc = NGX_OK;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


static ngx_plaid_sandbox_entry_t *
ngx_plaid_sandbox_lookup(ngx_plaid_sandbox_store_t *store, ngx_uint_t kind,
    const char *name)
{
    uint32_t                    hash;
    ngx_int_t                   rc;
    ngx_rbtree_node_t          *node, *sentinel;
    ngx_plaid_sandbox_entry_t  *entry;

    if (ngx_strlen(name) >= NGX_PLAID_SANDBOX_NAME_LEN) {
        return NULL;
    }

    hash = ngx_murmur_hash2((u_char *) name, ngx_strlen(name));

    node = store->sh->rbtree.root;
    sentinel = store->sh->rbtree.sentinel;

    while (node != sentinel) {

        if (hash != node->key) {
            node = (hash < node->key) ? node->left : node->right;
            continue;
        }

        entry = (ngx_plaid_sandbox_entry_t *) node;

        rc = (ngx_int_t) kind - (ngx_int_t) entry->record.kind;

        if (rc == 0) {
            rc = ngx_strcmp(name, entry->record.name);
        }

        if (rc == 0) {
            ngx_queue_remove(&entry->queue);
            ngx_queue_insert_head(&store->sh->queue, &entry->queue);

            return entry;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


/* Calls go first, then the records unused for longest, but not "keep". */

static void *
ngx_plaid_sandbox_alloc(ngx_plaid_sandbox_store_t *store, size_t size,
    ngx_plaid_sandbox_entry_t *keep)
{
    void                       *p;
    ngx_queue_t                *q;
    ngx_plaid_sandbox_entry_t  *entry;

    for ( ;; ) {

        p = ngx_slab_alloc_locked(store->shpool, size);

        if (p) {
            return p;
        }

        if (ngx_plaid_sandbox_store_forget_call(store)) {
            continue;
        }

        if (ngx_queue_empty(&store->sh->queue)) {
            return NULL;
        }

        q = ngx_queue_last(&store->sh->queue);
        entry = ngx_queue_data(q, ngx_plaid_sandbox_entry_t, queue);

        if (entry == keep) {
            return NULL;
        }

        ngx_plaid_sandbox_free(store, entry);

        store->sh->counters.evicted++;
    }
}


static void
ngx_plaid_sandbox_free(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_entry_t *entry)
{
    ngx_queue_remove(&entry->queue);
    ngx_rbtree_delete(&store->sh->rbtree, &entry->node);
    store->sh->records--;

    ngx_plaid_sandbox_store_free_text(store, &entry->text);

    ngx_explicit_memzero(&entry->record, sizeof(ngx_plaid_sandbox_record_t));
    ngx_slab_free_locked(store->shpool, entry);
}


static void
ngx_plaid_sandbox_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_int_t                    rc;
    ngx_rbtree_node_t          **p;
    ngx_plaid_sandbox_record_t  *new, *old;

    new = &((ngx_plaid_sandbox_entry_t *) node)->record;

    for ( ;; ) {
        old = &((ngx_plaid_sandbox_entry_t *) temp)->record;

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            rc = (ngx_int_t) new->kind - (ngx_int_t) old->kind;

            if (rc == 0) {
                rc = ngx_strcmp(new->name, old->name);
            }

            p = (rc < 0) ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}
