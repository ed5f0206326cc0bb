
/*
 * The replay store with its insides open, for the store_*_test.c: a lock that
 * outlives the death of who holds it, steps that can be counted and died at,
 * and a check of everything the indices promise.
 *
 * Includes the store's sources themselves, to define its hooks before.
 */


#ifndef _STORE_ENV_H_INCLUDED_
#define _STORE_ENV_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/mman.h>


static void store_env_step(void);
static void store_env_lock(ngx_shmtx_t *mtx);
static void store_env_unlock(ngx_shmtx_t *mtx);


#define ngx_plaid_area_step()  store_env_step()
#define ngx_shmtx_lock         store_env_lock
#define ngx_shmtx_unlock       store_env_unlock

#include "../../src/store/ngx_plaid_store_area.c"
#include "../../src/store/ngx_plaid_store_ref.c"
#include "../../src/store/ngx_plaid_store.c"


#define STORE_ENV_TIMEOUT      15000
#define STORE_ENV_TTL          600000
#define STORE_ENV_DIED         77


typedef struct {
    ngx_plaid_store_t          store;
    ngx_shmtx_t                mutex;
    ngx_shmtx_sh_t            *shared;     /* the lock's word */
    u_char                    *mem;
    size_t                     size;
} store_env_t;


/* dies at the step that counts this down to 0, when it is not 0 already */

static ngx_uint_t  store_env_die;
static ngx_uint_t  store_env_steps;


static void
store_env_step(void)
{
    store_env_steps++;

    if (store_env_die && --store_env_die == 0) {
        _exit(STORE_ENV_DIED);
    }

    ngx_memory_barrier();
}


static void
store_env_lock(ngx_shmtx_t *mtx)
{
    while (!ngx_atomic_cmp_set(mtx->lock, 0, (ngx_atomic_uint_t) ngx_pid)) {
        ngx_sched_yield();
    }

    store_env_step();
}


static void
store_env_unlock(ngx_shmtx_t *mtx)
{
    store_env_step();

    (void) ngx_atomic_cmp_set(mtx->lock, (ngx_atomic_uint_t) ngx_pid, 0);
}


/* what nginx's master does when a worker has died */

static ngx_inline void
store_env_bury(store_env_t *env, ngx_pid_t pid)
{
    (void) ngx_atomic_cmp_set(&env->shared->lock, (ngx_atomic_uint_t) pid, 0);
}


/* a store of "n" records in shared memory */

static ngx_inline ngx_int_t
store_env_create(store_env_t *env, ngx_uint_t n)
{
    u_char  *p;

    ngx_pid = getpid();

    env->size = sizeof(ngx_plaid_store_area_t) + NGX_CPU_CACHE_LINE
                + n * NGX_PLAID_AREA_RECORD;

    p = mmap(NULL, env->size + 4096, PROT_READ|PROT_WRITE,
             MAP_ANON|MAP_SHARED, -1, 0);

    if (p == MAP_FAILED) {
        return NGX_ERROR;
    }

    env->shared = (ngx_shmtx_sh_t *) p;
    env->mem = p + 4096;

    ngx_memzero(&env->mutex, sizeof(ngx_shmtx_t));
    env->mutex.lock = &env->shared->lock;

    if (ngx_plaid_store_init(&env->store, env->mem, env->size, &env->mutex)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_plaid_store_attach(&env->store);

    return NGX_OK;
}


static ngx_inline void
store_env_destroy(store_env_t *env)
{
    (void) munmap(env->mem - 4096, env->size + 4096);
}


/* the name that is number "n" of the test; neighbours share no bucket */

static ngx_inline u_char *
store_env_id(ngx_uint_t n)
{
    static u_char  id[NGX_PLAID_SEAL_ID_LEN];

    ngx_memset(id, 0xa5, sizeof(id));

    id[0] = (u_char) n;
    id[1] = (u_char) (n >> 8);
    id[31] = (u_char) n;

    return id;
}


/* the claim of that name by the kind and tag of "who"; 0: any */

static ngx_inline ngx_plaid_store_claim_t *
store_env_claim(ngx_uint_t n, ngx_uint_t who)
{
    static u_char                   tag[NGX_PLAID_SEAL_BIND_LEN];
    static ngx_plaid_store_claim_t  claim;

    ngx_memset(tag, who, sizeof(tag));

    claim.id = store_env_id(n);
    claim.tag = tag;
    claim.kind = who ? NGX_PLAID_STORE_POST : NGX_PLAID_STORE_PASS;
    claim.any = (who == 0);
    claim.timeout = STORE_ENV_TIMEOUT;
    claim.ttl = STORE_ENV_TTL;

    return &claim;
}


/* something sealed that shows whose it is, and of which call */

static ngx_inline ngx_plaid_sealed_t *
store_env_sealed(ngx_uint_t n, uint64_t call)
{
    size_t  i;

    static ngx_plaid_sealed_t  sealed;

    sealed.len = 100 + (n * 31 + call * 17) % (NGX_PLAID_SEAL_MAX - 99);

    for (i = 0; i < sealed.len; i++) {
        sealed.data[i] = (u_char) (n * 7 + call * 13 + i);
    }

    return &sealed;
}


/* the owner's call has ended well, with that outcome */

static ngx_inline ngx_int_t
store_env_complete(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_msec_t ttl, ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_outcome_t  out;

    out.sealed = sealed;
    ngx_str_set(&out.item_id, "the-item");
    ngx_str_set(&out.request_id, "the-request");

    return ngx_plaid_store_complete(store, ref, now, ttl, &out);
}


static ngx_inline ngx_uint_t
store_env_is(ngx_plaid_sealed_t *sealed, ngx_uint_t n, uint64_t call)
{
    ngx_plaid_sealed_t  *expected;

    expected = store_env_sealed(n, call);

    return sealed->len == expected->len
           && ngx_memcmp(sealed->data, expected->data, expected->len) == 0;
}


#define store_env_must(cond)                                                  \
    if (!(cond)) {                                                            \
        return #cond;                                                         \
    }


static ngx_inline char *
store_env_check_list(ngx_plaid_store_t *store, ngx_plaid_area_list_t *list,
    ngx_uint_t *listed)
{
    uint32_t                   i, prev;
    ngx_plaid_store_record_t  *rec;

    prev = NGX_PLAID_AREA_NIL;

    for (i = list->head; i != NGX_PLAID_AREA_NIL; i = rec->next) {
        store_env_must(i < store->area->nrecords);

        rec = &store->records[i];

        store_env_must(rec->prev == prev);
        store_env_must(ngx_plaid_area_list(store, rec->state) == list);

        (*listed)++;
        store_env_must(*listed <= store->area->nrecords);

        prev = i;
    }

    store_env_must(list->tail == prev);

    return NULL;
}


static ngx_inline char *
store_env_check_record(ngx_plaid_store_t *store, uint32_t i)
{
    size_t                     n;
    u_char                    *data;
    ngx_plaid_store_record_t  *rec, *other;

    rec = &store->records[i];

    store_env_must(rec->state < NGX_PLAID_AREA_STATES);
    store_env_must(rec->len + rec->item_len + rec->request_len
                   <= NGX_PLAID_SEAL_MAX);

    if (rec->state == NGX_PLAID_AREA_FREE) {
        store_env_must(rec->call == 0);

        for (n = 0; n < NGX_PLAID_SEAL_MAX; n++) {
            store_env_must(ngx_plaid_area_data(store, rec)[n] == 0);
        }

        return NULL;
    }

    store_env_must(rec->place < store->area->nheap);
    store_env_must(store->heap[rec->place] == i);
    store_env_must(rec->place == 0
                   || !ngx_plaid_area_heap_before(store, rec->place,
                                                  (rec->place - 1) / 2));

    other = ngx_plaid_area_find(store, rec->id);

    store_env_must(ngx_plaid_area_hashed(rec->state) ? other == rec
                                                     : other != rec);

    if (rec->state == NGX_PLAID_AREA_LAPSED) {
        data = ngx_plaid_area_data(store, rec);

        store_env_must(rec->len == 0);

        for (n = 0; data + n < ngx_plaid_area_ids(store, rec); n++) {
            store_env_must(data[n] == 0);
        }
    }

    return NULL;
}


/* NULL when the store is sound, else what is not; nobody may be using it */

static ngx_inline char *
store_env_check(ngx_plaid_store_t *store)
{
    char                    *failed;
    uint32_t                 i;
    ngx_uint_t               n, listed, used, count[NGX_PLAID_AREA_STATES];
    ngx_plaid_store_area_t  *area;

    area = store->area;

    store_env_must(area->dirty == 0);
    store_env_must(*store->mutex->lock == 0);

    ngx_memzero(count, sizeof(count));

    for (i = 0; i < area->nrecords; i++) {
        failed = store_env_check_record(store, i);
        if (failed) {
            return failed;
        }

        count[store->records[i].state]++;
    }

    for (i = 0; i < NGX_PLAID_AREA_STATES; i++) {
        store_env_must(area->states[i] == count[i]);
    }

    used = area->nrecords - count[NGX_PLAID_AREA_FREE];
    store_env_must(area->nheap == used);

    listed = 0;

    if ((failed = store_env_check_list(store, &area->unused, &listed))
        || (failed = store_env_check_list(store, &area->delivered, &listed))
        || (failed = store_env_check_list(store, &area->lapsed, &listed))
        || (failed = store_env_check_list(store, &area->taken, &listed))
        || (failed = store_env_check_list(store, &area->lost, &listed)))
    {
        return failed;
    }

    store_env_must(listed == area->nrecords - count[NGX_PLAID_AREA_CALLING]
                             - count[NGX_PLAID_AREA_READY]);

    for (n = 0, i = 0; i < area->nbuckets; i++) {
        uint32_t  next;

        for (next = store->buckets[i]; next != NGX_PLAID_AREA_NIL;
             next = store->records[next].chain)
        {
            store_env_must(ngx_plaid_area_hashed(store->records[next].state));
            store_env_must(++n <= used);
        }
    }

    store_env_must(n == used - count[NGX_PLAID_AREA_FAILED]
                        - count[NGX_PLAID_AREA_LAPSED]);

    return NULL;
}


#endif /* _STORE_ENV_H_INCLUDED_ */
