
/*
 * The memory of the replay store: records and the indices over them.
 */


#include "ngx_plaid_store_area.h"


static ngx_plaid_area_list_t *ngx_plaid_area_list(ngx_plaid_store_t *store,
    uint32_t state);
static void ngx_plaid_area_link(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_area_unlink(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_area_chain(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_area_unchain(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_area_heap_put(ngx_plaid_store_t *store, uint32_t place,
    uint32_t index);
static void ngx_plaid_area_heap_sift(ngx_plaid_store_t *store,
    uint32_t place);
static void ngx_plaid_area_heap_add(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_area_heap_delete(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_area_wipe_outcome(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);


#define ngx_plaid_area_index(store, rec)                                      \
    ((uint32_t) ((rec) - (store)->records))

#define ngx_plaid_area_hashed(state)                                          \
    ((state) != NGX_PLAID_AREA_FREE && (state) != NGX_PLAID_AREA_FAILED       \
     && (state) != NGX_PLAID_AREA_LAPSED)


void
ngx_plaid_area_lock(ngx_plaid_store_t *store)
{
    ngx_shmtx_lock(store->mutex);

    if (store->area->dirty) {
        ngx_plaid_area_rebuild(store);
        store->area->rebuilt++;
    }

    store->area->dirty = 1;

    ngx_memory_barrier();
}


void
ngx_plaid_area_unlock(ngx_plaid_store_t *store)
{
    ngx_memory_barrier();

    store->area->dirty = 0;

    ngx_shmtx_unlock(store->mutex);
}


void
ngx_plaid_area_rebuild(ngx_plaid_store_t *store)
{
    uint32_t                   i;
    ngx_plaid_store_area_t    *area;
    ngx_plaid_store_record_t  *rec;

    area = store->area;

    area->unused.head = area->unused.tail = NGX_PLAID_AREA_NIL;
    area->delivered = area->lost = area->unused;
    area->taken = area->lapsed = area->unused;
    area->nheap = 0;

    ngx_memzero((void *) area->states, sizeof(area->states));
    ngx_memset(store->buckets, 0xff, area->nbuckets * sizeof(uint32_t));

    for (i = 0; i < area->nrecords; i++) {
        ngx_plaid_area_step();

        rec = &store->records[i];

        if (rec->state >= NGX_PLAID_AREA_STATES
            || rec->len + rec->item_len + rec->request_len
               > NGX_PLAID_SEAL_MAX)
        {
            rec->state = NGX_PLAID_AREA_FREE;
        }

        area->states[rec->state]++;

        ngx_plaid_area_link(store, rec);

        if (rec->state == NGX_PLAID_AREA_FREE) {
            rec->call = 0;
            ngx_plaid_area_wipe(store, rec);
            continue;
        }

        ngx_plaid_area_heap_add(store, rec);

        if (ngx_plaid_area_hashed(rec->state)) {
            ngx_plaid_area_chain(store, rec);
        }

        if (rec->state == NGX_PLAID_AREA_LAPSED) {
            ngx_plaid_area_wipe_outcome(store, rec);
        }
    }
}


void
ngx_plaid_area_move(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec,
    ngx_plaid_area_state_e state)
{
    uint32_t  old;

    old = rec->state;

    ngx_plaid_area_step();

    ngx_plaid_area_unlink(store, rec);

    ngx_plaid_area_step();

    rec->state = state;

    ngx_plaid_area_step();

    store->area->states[old]--;
    store->area->states[state]++;

    ngx_plaid_area_link(store, rec);

    ngx_plaid_area_step();

    if (ngx_plaid_area_hashed(old) && !ngx_plaid_area_hashed(state)) {
        ngx_plaid_area_unchain(store, rec);

    } else if (!ngx_plaid_area_hashed(old) && ngx_plaid_area_hashed(state)) {
        ngx_plaid_area_chain(store, rec);
    }

    ngx_plaid_area_step();

    if (old == NGX_PLAID_AREA_FREE) {
        ngx_plaid_area_heap_add(store, rec);

    } else if (state == NGX_PLAID_AREA_FREE) {
        ngx_plaid_area_heap_delete(store, rec);

    } else {
        ngx_plaid_area_heap_sift(store, rec->place);
    }

    ngx_plaid_area_step();

    if (state == NGX_PLAID_AREA_FREE) {
        rec->call = 0;
        ngx_plaid_area_wipe(store, rec);

    } else if (state == NGX_PLAID_AREA_LAPSED) {
        ngx_plaid_area_wipe_outcome(store, rec);
    }
}


ngx_plaid_store_record_t *
ngx_plaid_area_find(ngx_plaid_store_t *store, u_char *id)
{
    uint32_t                   i, hash;
    ngx_plaid_store_record_t  *rec;

    ngx_memcpy(&hash, id, sizeof(uint32_t));

    i = store->buckets[hash & (store->area->nbuckets - 1)];

    while (i != NGX_PLAID_AREA_NIL) {
        rec = &store->records[i];

        if (ngx_memcmp(rec->id, id, NGX_PLAID_SEAL_ID_LEN) == 0) {
            return rec;
        }

        i = rec->chain;
    }

    return NULL;
}


ngx_plaid_store_record_t *
ngx_plaid_area_alloc(ngx_plaid_store_t *store, ngx_msec_t now)
{
    ngx_plaid_store_area_t    *area;
    ngx_plaid_store_record_t  *rec;

    area = store->area;

    /* an overdue call lapses into an ORPHAN, hence the loop */

    while (area->unused.head == NGX_PLAID_AREA_NIL) {
        rec = &store->records[store->heap[0]];

        if (!ngx_plaid_area_reached(now, ngx_plaid_area_due(rec))) {
            break;
        }

        ngx_plaid_area_lapse(store, rec, now);
    }

    if (area->unused.head == NGX_PLAID_AREA_NIL) {

        if (area->lapsed.head != NGX_PLAID_AREA_NIL) {
            rec = &store->records[area->lapsed.head];
            ngx_plaid_area_lapse(store, rec, now);
            return rec;
        }

        if (area->delivered.head != NGX_PLAID_AREA_NIL) {
            rec = &store->records[area->delivered.head];

        } else if (area->lost.head != NGX_PLAID_AREA_NIL) {
            rec = &store->records[area->lost.head];

        } else if (area->taken.head != NGX_PLAID_AREA_NIL) {
            rec = &store->records[area->taken.head];

        } else {
            return NULL;
        }

        area->evicted++;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_FREE);
    }

    return &store->records[area->unused.head];
}


void
ngx_plaid_area_sweep(ngx_plaid_store_t *store, ngx_msec_t now, ngx_uint_t n)
{
    ngx_plaid_store_record_t  *rec;

    for ( /* void */ ; n && store->area->nheap; n--) {
        rec = &store->records[store->heap[0]];

        if (!ngx_plaid_area_reached(now, ngx_plaid_area_due(rec))) {
            return;
        }

        ngx_plaid_area_lapse(store, rec, now);
    }
}


void
ngx_plaid_area_lapse(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec,
    ngx_msec_t now)
{
    if (rec->state == NGX_PLAID_AREA_CALLING) {
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_ORPHAN);
        return;
    }

    if (rec->state == NGX_PLAID_AREA_READY && !rec->imported) {

        rec->expire = now + NGX_PLAID_STORE_LAPSED_MS;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_LAPSED);

        if (rec->called) {
            store->area->undelivered++;

        } else {
            store->area->uncalled++;
        }

        return;
    }

    store->area->expired++;
    ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_FREE);
}


ngx_msec_t
ngx_plaid_area_due(ngx_plaid_store_record_t *rec)
{
    return (rec->state == NGX_PLAID_AREA_CALLING) ? rec->deadline
                                                  : rec->expire;
}


ngx_uint_t
ngx_plaid_area_bound(ngx_plaid_store_record_t *rec)
{
    static u_char  none[NGX_PLAID_SEAL_BIND_LEN];

    return ngx_memcmp(rec->tag, none, NGX_PLAID_SEAL_BIND_LEN) != 0;
}


void
ngx_plaid_area_copy(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec,
    ngx_plaid_sealed_t *sealed)
{
    sealed->len = rec->len;
    sealed->kind = rec->kind;
    sealed->kid = rec->kid;
    ngx_memcpy(sealed->bind, rec->tag, NGX_PLAID_SEAL_BIND_LEN);
    ngx_memcpy(sealed->data, ngx_plaid_area_data(store, rec), rec->len);
}


void
ngx_plaid_area_wipe(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec)
{
    rec->len = 0;
    rec->item_len = 0;
    rec->request_len = 0;
    ngx_explicit_memzero(ngx_plaid_area_data(store, rec), NGX_PLAID_SEAL_MAX);
}


/* all but the ids */

static void
ngx_plaid_area_wipe_outcome(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec)
{
    u_char  *data;

    data = ngx_plaid_area_data(store, rec);

    rec->len = 0;
    ngx_explicit_memzero(data, ngx_plaid_area_ids(store, rec) - data);
}


static ngx_plaid_area_list_t *
ngx_plaid_area_list(ngx_plaid_store_t *store, uint32_t state)
{
    switch (state) {

    case NGX_PLAID_AREA_FREE:
        return &store->area->unused;

    case NGX_PLAID_AREA_LAPSED:
        return &store->area->lapsed;

    case NGX_PLAID_AREA_DELIVERED:
        return &store->area->delivered;

    case NGX_PLAID_AREA_TAKEN:
        return &store->area->taken;

    case NGX_PLAID_AREA_ORPHAN:
    case NGX_PLAID_AREA_UNKNOWN:
    case NGX_PLAID_AREA_FAILED:
        return &store->area->lost;

    default: /* NGX_PLAID_AREA_CALLING, NGX_PLAID_AREA_READY */
        return NULL;
    }
}


static void
ngx_plaid_area_link(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec)
{
    uint32_t                index;
    ngx_plaid_area_list_t  *list;

    list = ngx_plaid_area_list(store, rec->state);
    if (list == NULL) {
        return;
    }

    index = ngx_plaid_area_index(store, rec);

    rec->next = NGX_PLAID_AREA_NIL;
    rec->prev = list->tail;

    if (list->tail == NGX_PLAID_AREA_NIL) {
        list->head = index;

    } else {
        store->records[list->tail].next = index;
    }

    ngx_plaid_area_step();

    list->tail = index;
}


static void
ngx_plaid_area_unlink(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec)
{
    ngx_plaid_area_list_t  *list;

    list = ngx_plaid_area_list(store, rec->state);
    if (list == NULL) {
        return;
    }

    if (rec->prev == NGX_PLAID_AREA_NIL) {
        list->head = rec->next;

    } else {
        store->records[rec->prev].next = rec->next;
    }

    ngx_plaid_area_step();

    if (rec->next == NGX_PLAID_AREA_NIL) {
        list->tail = rec->prev;

    } else {
        store->records[rec->next].prev = rec->prev;
    }
}


static void
ngx_plaid_area_chain(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec)
{
    uint32_t  hash, *bucket;

    /* "id" is a hash already */

    ngx_memcpy(&hash, rec->id, sizeof(uint32_t));

    bucket = &store->buckets[hash & (store->area->nbuckets - 1)];

    rec->chain = *bucket;

    ngx_plaid_area_step();

    *bucket = ngx_plaid_area_index(store, rec);
}


static void
ngx_plaid_area_unchain(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec)
{
    uint32_t  hash, index, *link;

    ngx_memcpy(&hash, rec->id, sizeof(uint32_t));

    index = ngx_plaid_area_index(store, rec);
    link = &store->buckets[hash & (store->area->nbuckets - 1)];

    while (*link != index) {
        link = &store->records[*link].chain;
    }

    *link = rec->chain;
}


/*
 * A binary heap by ngx_plaid_area_due(), the earliest first, of all records
 * but the FREE ones: with a ttl and a grace per location no list would be in
 * the order of expiry.
 */

static ngx_inline ngx_uint_t
ngx_plaid_area_heap_before(ngx_plaid_store_t *store, uint32_t i, uint32_t j)
{
    ngx_msec_t  a, b;

    a = ngx_plaid_area_due(&store->records[store->heap[i]]);
    b = ngx_plaid_area_due(&store->records[store->heap[j]]);

    return (ngx_msec_int_t) (a - b) < 0;
}


static void
ngx_plaid_area_heap_put(ngx_plaid_store_t *store, uint32_t place,
    uint32_t index)
{
    store->heap[place] = index;
    store->records[index].place = place;
}


static void
ngx_plaid_area_heap_swap(ngx_plaid_store_t *store, uint32_t i, uint32_t j)
{
    uint32_t  index;

    index = store->heap[i];

    ngx_plaid_area_heap_put(store, i, store->heap[j]);
    ngx_plaid_area_step();
    ngx_plaid_area_heap_put(store, j, index);
}


static void
ngx_plaid_area_heap_sift(ngx_plaid_store_t *store, uint32_t place)
{
    uint32_t  i, child, n;

    n = store->area->nheap;
    i = place;

    while (i > 0 && ngx_plaid_area_heap_before(store, i, (i - 1) / 2)) {
        ngx_plaid_area_heap_swap(store, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }

    for ( ;; ) {
        child = 2 * i + 1;

        if (child >= n) {
            return;
        }

        if (child + 1 < n
            && ngx_plaid_area_heap_before(store, child + 1, child))
        {
            child++;
        }

        if (!ngx_plaid_area_heap_before(store, child, i)) {
            return;
        }

        ngx_plaid_area_heap_swap(store, i, child);
        i = child;
    }
}


static void
ngx_plaid_area_heap_add(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec)
{
    uint32_t  place;

    place = store->area->nheap;

    ngx_plaid_area_heap_put(store, place, ngx_plaid_area_index(store, rec));
    ngx_plaid_area_step();

    store->area->nheap++;

    ngx_plaid_area_heap_sift(store, place);
}


static void
ngx_plaid_area_heap_delete(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec)
{
    uint32_t  place;

    place = rec->place;

    store->area->nheap--;

    ngx_plaid_area_step();

    if (place == store->area->nheap) {
        return;
    }

    ngx_plaid_area_heap_put(store, place,
                            store->heap[store->area->nheap]);
    ngx_plaid_area_heap_sift(store, place);
}
