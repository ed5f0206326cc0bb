
/*
 * The replay store as a whole: making it, claiming a record, counts.
 */


#include "ngx_plaid_store_area.h"


static ngx_plaid_store_e ngx_plaid_store_look(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_ref_t *ref, ngx_plaid_sealed_t *sealed);
static ngx_plaid_store_e ngx_plaid_store_find(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_ref_t *ref,
    ngx_plaid_sealed_t *sealed);
static ngx_plaid_store_e ngx_plaid_store_other(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref);
static void ngx_plaid_store_own(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_plaid_store_record_t *rec,
    ngx_msec_t now, ngx_plaid_store_ref_t *ref);


/* tells this process from earlier ones of the same pid */

static ngx_pid_t  ngx_plaid_store_pid;
static uint32_t   ngx_plaid_store_nonce;


ngx_int_t
ngx_plaid_store_init(ngx_plaid_store_t *store, void *mem, size_t size,
    ngx_shmtx_t *mutex)
{
    size_t                   n, fixed, nbuckets;
    ngx_plaid_store_area_t  *area;

    /* the records start on a cache line of their own */

    fixed = sizeof(ngx_plaid_store_area_t) + NGX_CPU_CACHE_LINE;

    n = (size > fixed) ? (size - fixed) / NGX_PLAID_AREA_RECORD : 0;

    if (n == 0) {
        return NGX_ERROR;
    }

    for (nbuckets = 1; nbuckets * 2 <= n; nbuckets *= 2) { /* void */ }

    area = mem;

    store->area = area;
    store->mutex = mutex;
    store->nonce = 0;
    store->buckets = (uint32_t *) (area + 1);
    store->heap = store->buckets + nbuckets;
    store->records = (ngx_plaid_store_record_t *)
                         ngx_align_ptr(store->heap + n, NGX_CPU_CACHE_LINE);
    store->data = (u_char *) (store->records + n);

    if (area->magic == NGX_PLAID_AREA_MAGIC
        && area->layout == NGX_PLAID_AREA_LAYOUT
        && area->record_size == sizeof(ngx_plaid_store_record_t)
        && area->size == size)
    {
        return NGX_OK;
    }

    ngx_memzero(mem, size);

    area->layout = NGX_PLAID_AREA_LAYOUT;
    area->record_size = sizeof(ngx_plaid_store_record_t);
    area->nrecords = (uint32_t) n;
    area->nbuckets = (uint32_t) nbuckets;
    area->size = size;

    ngx_plaid_area_rebuild(store);

    ngx_memory_barrier();

    area->magic = NGX_PLAID_AREA_MAGIC;

    return NGX_OK;
}


void
ngx_plaid_store_attach(ngx_plaid_store_t *store)
{
    uint32_t                   i;
    ngx_plaid_store_record_t  *rec;

    if (ngx_plaid_store_pid != ngx_pid) {
        ngx_plaid_store_pid = ngx_pid;
        ngx_plaid_store_nonce = (uint32_t) ngx_random();
    }

    store->nonce = ngx_plaid_store_nonce;

    ngx_plaid_area_lock(store);

    for (i = 0; i < store->area->nrecords; i++) {
        rec = &store->records[i];

        if (rec->state == NGX_PLAID_AREA_CALLING
            && rec->pid == (uint32_t) ngx_pid
            && rec->nonce != store->nonce)
        {
            ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_ORPHAN);
        }
    }

    ngx_plaid_area_unlock(store);
}


ngx_plaid_store_e
ngx_plaid_store_claim(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_ref_t *ref, ngx_plaid_sealed_t *sealed)
{
    uint32_t           pid;
    ngx_plaid_store_e  rc;

    /* each further turn has ended a call whose owner was dead */

    for ( ;; ) {
        ngx_memzero(ref, sizeof(ngx_plaid_store_ref_t));

        ngx_plaid_area_lock(store);

        rc = ngx_plaid_store_look(store, claim, now, ref, sealed);

        pid = store->records[ref->index].pid;

        ngx_plaid_area_unlock(store);

        if ((rc != NGX_PLAID_STORE_WAIT && rc != NGX_PLAID_STORE_BUSY)
            || ngx_plaid_store_alive(pid))
        {
            return rc;
        }

        ngx_plaid_store_orphan(store, ref->index, ref->call);
    }
}


static ngx_plaid_store_e
ngx_plaid_store_look(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_ref_t *ref, ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_area_t    *area;
    ngx_plaid_store_record_t  *rec;

    area = store->area;

    rec = ngx_plaid_area_find(store, claim->id);

    while (rec && ngx_plaid_area_reached(now, ngx_plaid_area_due(rec))) {
        ngx_plaid_area_lapse(store, rec, now);

        if (rec->state == NGX_PLAID_AREA_FREE
            || rec->state == NGX_PLAID_AREA_LAPSED)
        {
            rec = NULL;
        }
    }

    ngx_plaid_area_sweep(store, now, 2);

    if (rec) {
        return ngx_plaid_store_find(store, claim, now, rec, ref, sealed);
    }

    rec = ngx_plaid_area_alloc(store, now);

    if (rec == NULL) {
        area->full++;
        return NGX_PLAID_STORE_FULL;
    }

    ngx_memcpy(rec->id, claim->id, NGX_PLAID_SEAL_ID_LEN);

    ngx_plaid_store_own(store, claim, rec, now, ref);

    return NGX_PLAID_STORE_CALL;
}


/* there is a record of that name */

static ngx_plaid_store_e
ngx_plaid_store_find(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_ref_t *ref,
    ngx_plaid_sealed_t *sealed)
{
    ngx_uint_t               match;
    ngx_plaid_store_area_t  *area;

    area = store->area;

    ref->index = (uint32_t) (rec - store->records);
    ref->call = rec->call;

    match = ngx_plaid_store_match(claim, now, rec);

    switch (rec->state) {

    case NGX_PLAID_AREA_CALLING:

        if (!match) {
            return ngx_plaid_store_other(store, ref);
        }

        if (rec->waiters == NGX_PLAID_STORE_WAITERS) {
            area->busy++;
            return NGX_PLAID_STORE_BUSY;
        }

        area->joins++;
        rec->waiters++;
        ngx_plaid_store_hold(claim, rec, ref, NGX_PLAID_STORE_WAITER);

        return NGX_PLAID_STORE_WAIT;

    case NGX_PLAID_AREA_READY:
    case NGX_PLAID_AREA_TAKEN:
    case NGX_PLAID_AREA_DELIVERED:

        if (match) {
            area->hits++;
            ngx_plaid_store_hold(claim, rec, ref, NGX_PLAID_STORE_HOLDER);
            ngx_plaid_area_copy(store, rec, sealed);

            return NGX_PLAID_STORE_TOKEN;
        }

        if (!rec->lost) {
            return ngx_plaid_store_other(store, ref);
        }

        area->probes++;
        break;

    case NGX_PLAID_AREA_ORPHAN:
        area->takeovers++;
        break;

    default: /* NGX_PLAID_AREA_UNKNOWN */
        area->probes++;
        break;
    }

    ngx_plaid_store_own(store, claim, rec, now, ref);

    return NGX_PLAID_STORE_CALL;
}


ngx_uint_t
ngx_plaid_store_match(ngx_plaid_store_claim_t *claim, ngx_msec_t now,
    ngx_plaid_store_record_t *rec)
{
    ngx_uint_t  webhook;

    webhook = (rec->kind == NGX_PLAID_STORE_WEBHOOK);

    /* a webhook keeps its records longer than others may use them */

    if (webhook
        && claim->kind != NGX_PLAID_STORE_WEBHOOK
        && rec->state != NGX_PLAID_AREA_CALLING
        && ngx_plaid_area_reached(now, rec->deadline + claim->ttl))
    {
        return 0;
    }

    if (claim->any) {
        return 1;
    }

    if (ngx_plaid_area_bound(rec)) {
        return ngx_memcmp(rec->tag, claim->tag, NGX_PLAID_SEAL_BIND_LEN) == 0;
    }

    return webhook;
}


/* the first post that finds what nobody was bound to leaves its tag there */

void
ngx_plaid_store_hold(ngx_plaid_store_claim_t *claim,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_ref_t *ref,
    ngx_plaid_store_role_e role)
{
    ref->role = role;
    ref->kind = rec->kind;

    if (!claim->any && !ngx_plaid_area_bound(rec)) {
        ngx_memcpy(rec->tag, claim->tag, NGX_PLAID_SEAL_BIND_LEN);
        ref->bound = 1;
    }
}


static ngx_plaid_store_e
ngx_plaid_store_other(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref)
{
    store->area->other++;

    ngx_memzero(ref, sizeof(ngx_plaid_store_ref_t));

    return NGX_PLAID_STORE_OTHER;
}


static void
ngx_plaid_store_own(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_plaid_store_record_t *rec,
    ngx_msec_t now, ngx_plaid_store_ref_t *ref)
{
    store->area->calls++;

    ref->index = (uint32_t) (rec - store->records);
    ref->call = ++store->area->call;
    ref->role = NGX_PLAID_STORE_OWNER;
    ref->probe = (rec->state != NGX_PLAID_AREA_FREE);
    ref->kind = claim->kind;

    /* from here on those who wait on the call before find it gone */

    ngx_plaid_area_step();

    rec->call = ref->call;

    ngx_plaid_area_step();

    rec->pid = (uint32_t) ngx_pid;
    rec->nonce = store->nonce;
    rec->deadline = now + claim->timeout + NGX_PLAID_STORE_SLACK;
    rec->waiters = 0;
    rec->probe = ref->probe;
    rec->called = 0;
    rec->imported = 0;
    rec->lost = 0;
    rec->kind = (uint8_t) claim->kind;

    /* a caller that matches all leaves the tag as it was */

    if (!ref->probe || !claim->any) {
        ngx_memcpy(rec->tag, claim->tag, NGX_PLAID_SEAL_BIND_LEN);
    }

    ngx_plaid_area_wipe(store, rec);

    ngx_plaid_area_step();

    /* should the owner die, it is known then how long to remember it */

    rec->expire = rec->deadline + claim->ttl;

    ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_CALLING);
}


void
ngx_plaid_store_orphan(ngx_plaid_store_t *store, uint32_t index,
    uint64_t call)
{
    ngx_plaid_store_record_t  *rec;

    ngx_plaid_area_lock(store);

    rec = &store->records[index];

    if (rec->call == call && rec->state == NGX_PLAID_AREA_CALLING) {
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_ORPHAN);
    }

    ngx_plaid_area_unlock(store);
}


ngx_uint_t
ngx_plaid_store_alive(uint32_t pid)
{
    return pid == (uint32_t) ngx_pid
           || kill((ngx_pid_t) pid, 0) != -1
           || ngx_errno != NGX_ESRCH;
}


ngx_uint_t
ngx_plaid_store_turn(ngx_plaid_store_t *store, ngx_msec_t now)
{
    ngx_atomic_uint_t  swept;

    swept = store->area->swept;

    return (swept == 0
            || ngx_plaid_area_reached(now, swept + NGX_PLAID_STORE_SWEEP_MS))
           && ngx_atomic_cmp_set(&store->area->swept, swept, now);
}


ngx_uint_t
ngx_plaid_store_sweep(ngx_plaid_store_t *store, ngx_msec_t now,
    ngx_plaid_store_lapsed_t *lapsed, ngx_uint_t n)
{
    u_char                    *ids;
    ngx_uint_t                 i;
    ngx_plaid_store_area_t    *area;
    ngx_plaid_store_record_t  *rec;

    area = store->area;

    ngx_plaid_area_lock(store);

    ngx_plaid_area_sweep(store, now, n);

    for (i = 0; i < n && area->lapsed.head != NGX_PLAID_AREA_NIL; i++) {

        rec = &store->records[area->lapsed.head];
        ids = ngx_plaid_area_ids(store, rec);

        lapsed[i].called = rec->called;
        lapsed[i].item_len = ngx_min(rec->item_len, NGX_PLAID_ID_MAX);
        lapsed[i].request_len = ngx_min(rec->request_len, NGX_PLAID_ID_MAX);

        ngx_memcpy(lapsed[i].item_id, ids, lapsed[i].item_len);
        ngx_memcpy(lapsed[i].request_id, ids + rec->item_len,
                   lapsed[i].request_len);

        ngx_plaid_area_lapse(store, rec, now);
    }

    ngx_plaid_area_unlock(store);

    return i;
}


ngx_uint_t
ngx_plaid_store_export(ngx_plaid_store_t *store, uint32_t *next,
    ngx_msec_t now, ngx_plaid_store_copy_t *copies, ngx_uint_t n)
{
    uint32_t                   i;
    ngx_uint_t                 copied;
    ngx_plaid_store_record_t  *rec;

    copied = 0;

    ngx_plaid_area_lock(store);

    for (i = *next; i < store->area->nrecords && copied < n; i++) {

        rec = &store->records[i];

        if ((rec->state != NGX_PLAID_AREA_READY
             && rec->state != NGX_PLAID_AREA_TAKEN)
            || ngx_plaid_area_reached(now, rec->expire))
        {
            continue;
        }

        ngx_memcpy(copies[copied].id, rec->id, NGX_PLAID_SEAL_ID_LEN);
        copies[copied].rest = rec->expire - now;
        ngx_plaid_area_copy(store, rec, &copies[copied].sealed);

        copied++;
    }

    ngx_plaid_area_unlock(store);

    *next = i;

    return copied;
}


ngx_uint_t
ngx_plaid_store_first(ngx_plaid_store_t *store)
{
    return store->area->first == 0
           && ngx_atomic_cmp_set(&store->area->first, 0, 1);
}


ngx_uint_t
ngx_plaid_store_report(ngx_plaid_store_t *store, ngx_msec_t now)
{
    ngx_uint_t               n;
    ngx_plaid_store_area_t  *area;

    area = store->area;

    ngx_plaid_area_lock(store);

    n = area->full - area->reported;

    if (area->reported && !ngx_plaid_area_reached(now, area->report)) {
        n = 0;
    }

    if (n) {
        area->reported = area->full;
        area->report = now + NGX_PLAID_STORE_REPORT_MS;
    }

    ngx_plaid_area_unlock(store);

    return n;
}


void
ngx_plaid_store_stats(ngx_plaid_store_t *store,
    ngx_plaid_store_stats_t *stats)
{
    ngx_atomic_t            *states;
    ngx_plaid_store_area_t  *area;

    area = store->area;
    states = area->states;

    stats->records = area->nrecords;
    stats->used = area->nrecords - states[NGX_PLAID_AREA_FREE];
    stats->calling = states[NGX_PLAID_AREA_CALLING];
    stats->ready = states[NGX_PLAID_AREA_READY];
    stats->taken = states[NGX_PLAID_AREA_TAKEN];
    stats->delivered = states[NGX_PLAID_AREA_DELIVERED];
    stats->unknown = states[NGX_PLAID_AREA_UNKNOWN]
                     + states[NGX_PLAID_AREA_ORPHAN];

    stats->calls = area->calls;
    stats->joins = area->joins;
    stats->hits = area->hits;
    stats->takeovers = area->takeovers;
    stats->probes = area->probes;
    stats->busy = area->busy;
    stats->full = area->full;
    stats->other = area->other;
    stats->evicted = area->evicted;
    stats->expired = area->expired;
    stats->undelivered = area->undelivered;
    stats->uncalled = area->uncalled;
    stats->unstored = area->unstored;
    stats->stale = area->stale;
    stats->rebuilt = area->rebuilt;
}
