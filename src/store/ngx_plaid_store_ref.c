
/*
 * The replay store by reference: what owners, waiters and holders do.
 *
 * Each change of a record writes first what only the new state looks at, then
 * the state (ngx_plaid_area_move()).  So at any point between, the record is
 * what it was before or what it is to become.
 */


#include "ngx_plaid_store_area.h"


static ngx_plaid_store_record_t *ngx_plaid_store_mine(
    ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref);
static ngx_plaid_store_e ngx_plaid_store_collect(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_ref_t *ref,
    ngx_plaid_sealed_t *sealed);
static void ngx_plaid_store_quit(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec);
static void ngx_plaid_store_put(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_sealed_t *sealed);
static void ngx_plaid_store_put_ids(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_outcome_t *out);


ngx_int_t
ngx_plaid_store_complete(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_msec_t ttl, ngx_plaid_store_outcome_t *out)
{
    ngx_int_t                  rc;
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_OWNER) {
        return NGX_DECLINED;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;
    rc = NGX_DECLINED;

    ngx_plaid_area_lock(store);

    rec = ngx_plaid_store_mine(store, ref);

    if (rec && out->sealed) {
        ngx_plaid_store_put(store, rec, out->sealed);
        ngx_plaid_store_put_ids(store, rec, out);
        rec->deadline = now;
        rec->expire = now + ttl;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_READY);

        ref->role = NGX_PLAID_STORE_HOLDER;
        rc = NGX_OK;

    } else if (rec) {
        store->area->unstored++;
        rec->expire = now + ttl;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_UNKNOWN);
    }

    ngx_plaid_area_unlock(store);

    return rc;
}


ngx_int_t
ngx_plaid_store_import(ngx_plaid_store_t *store,
    ngx_plaid_store_claim_t *claim, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_msec_t age, ngx_msec_t ttl, ngx_uint_t delivered,
    ngx_plaid_sealed_t *sealed)
{
    ngx_int_t                  rc;
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_OWNER) {
        return NGX_DECLINED;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;
    rc = NGX_DECLINED;

    ngx_plaid_area_lock(store);

    rec = ngx_plaid_store_mine(store, ref);

    if (rec) {
        ngx_plaid_store_put(store, rec, sealed);

        rec->kind = sealed->kind;
        ngx_memcpy(rec->tag, sealed->bind, NGX_PLAID_SEAL_BIND_LEN);

        rec->imported = 1;
        rec->deadline = now - age;
        rec->expire = now + ttl;

        ngx_plaid_area_move(store, rec, delivered ? NGX_PLAID_AREA_DELIVERED
                                                  : NGX_PLAID_AREA_READY);
        rc = NGX_BUSY;

        if (ngx_plaid_store_match(claim, now, rec)) {
            ngx_plaid_store_hold(claim, rec, ref, NGX_PLAID_STORE_HOLDER);
            rc = NGX_OK;
        }
    }

    ngx_plaid_area_unlock(store);

    return rc;
}


void
ngx_plaid_store_lost(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_msec_t ttl, ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_OWNER) {
        return;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;

    ngx_plaid_area_lock(store);

    rec = ngx_plaid_store_mine(store, ref);

    if (rec) {
        ngx_plaid_store_put(store, rec, sealed);
        rec->lost = 1;
        rec->deadline = now;
        rec->expire = now + ttl;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_DELIVERED);
    }

    ngx_plaid_area_unlock(store);
}


void
ngx_plaid_store_fail(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_OWNER) {
        return;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;

    ngx_plaid_area_lock(store);

    rec = ngx_plaid_store_mine(store, ref);

    if (rec && rec->waiters && sealed) {
        ngx_plaid_store_put(store, rec, sealed);
        rec->expire = now + NGX_PLAID_STORE_FAILED_MS;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_FAILED);

    } else if (rec) {
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_FREE);
    }

    ngx_plaid_area_unlock(store);
}


void
ngx_plaid_store_unknown(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_msec_t ttl, ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_OWNER) {
        return;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;

    ngx_plaid_area_lock(store);

    rec = ngx_plaid_store_mine(store, ref);

    if (rec) {

        if (sealed) {
            ngx_plaid_store_put(store, rec, sealed);
        }

        rec->expire = now + ttl;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_UNKNOWN);
    }

    ngx_plaid_area_unlock(store);
}


void
ngx_plaid_store_abandon(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_OWNER) {
        return;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;

    ngx_plaid_area_lock(store);

    rec = ngx_plaid_store_mine(store, ref);

    if (rec && rec->probe) {

        /* the call before this one is as unknown as it was */

        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_UNKNOWN);
        rec->call = 0;

    } else if (rec) {
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_FREE);
    }

    ngx_plaid_area_unlock(store);
}


/*
 * The record that "ref" owns.  A late owner still does while nobody has taken
 * over: its token is better than none.
 */

static ngx_plaid_store_record_t *
ngx_plaid_store_mine(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref)
{
    ngx_plaid_store_record_t  *rec;

    rec = &store->records[ref->index];

    if (rec->call == ref->call
        && (rec->state == NGX_PLAID_AREA_CALLING
            || rec->state == NGX_PLAID_AREA_ORPHAN))
    {
        return rec;
    }

    store->area->stale++;

    return NULL;
}


ngx_plaid_store_e
ngx_plaid_store_poll(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref,
    ngx_msec_t now, ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_e          rc;
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_WAITER) {
        return NGX_PLAID_STORE_GONE;
    }

    rec = &store->records[ref->index];

    /* a stale word read here costs one more poll, or a look under the lock */

    if (rec->state == NGX_PLAID_AREA_CALLING
        && rec->call == ref->call
        && !ngx_plaid_area_reached(now, rec->deadline))
    {
        if (ngx_plaid_store_alive(rec->pid)) {
            return NGX_PLAID_STORE_WAIT;
        }

        ngx_plaid_store_orphan(store, ref->index, ref->call);
    }

    ngx_plaid_area_lock(store);

    rc = ngx_plaid_store_collect(store, rec, ref, sealed);

    ngx_plaid_area_unlock(store);

    return rc;
}


static ngx_plaid_store_e
ngx_plaid_store_collect(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_ref_t *ref,
    ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_e  rc;

    ref->role = NGX_PLAID_STORE_NOBODY;

    if (rec->call != ref->call) {
        return NGX_PLAID_STORE_GONE;
    }

    rc = NGX_PLAID_STORE_GONE;

    switch (rec->state) {

    case NGX_PLAID_AREA_CALLING:

        /* overdue, else ngx_plaid_store_poll() had seen it going on */

        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_ORPHAN);
        break;

    case NGX_PLAID_AREA_READY:
    case NGX_PLAID_AREA_TAKEN:
    case NGX_PLAID_AREA_DELIVERED:

        ngx_plaid_area_copy(store, rec, sealed);
        ref->role = NGX_PLAID_STORE_HOLDER;
        ref->kind = rec->kind;
        rc = NGX_PLAID_STORE_TOKEN;
        break;

    case NGX_PLAID_AREA_UNKNOWN:

        ngx_plaid_area_copy(store, rec, sealed);
        rc = NGX_PLAID_STORE_UNKNOWN;
        break;

    case NGX_PLAID_AREA_FAILED:

        ngx_plaid_area_copy(store, rec, sealed);
        rc = NGX_PLAID_STORE_FAILED;
        break;

    default: /* NGX_PLAID_AREA_ORPHAN */
        break;
    }

    ngx_plaid_store_quit(store, rec);

    return rc;
}


void
ngx_plaid_store_leave(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_WAITER) {
        return;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;

    ngx_plaid_area_lock(store);

    rec = &store->records[ref->index];

    if (rec->call == ref->call) {
        ngx_plaid_store_quit(store, rec);
    }

    ngx_plaid_area_unlock(store);
}


/* one of those who wait is no more */

static void
ngx_plaid_store_quit(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec)
{
    rec->waiters--;

    ngx_plaid_area_step();

    if (rec->state == NGX_PLAID_AREA_FAILED && rec->waiters == 0) {
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_FREE);
    }
}


void
ngx_plaid_store_called(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_HOLDER) {
        return;
    }

    rec = &store->records[ref->index];

    ngx_plaid_area_lock(store);

    if (rec->call == ref->call) {
        rec->called = 1;
    }

    ngx_plaid_area_unlock(store);
}


void
ngx_plaid_store_taken(ngx_plaid_store_t *store, ngx_plaid_store_ref_t *ref)
{
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_HOLDER) {
        return;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;

    ngx_plaid_area_lock(store);

    rec = &store->records[ref->index];

    if (rec->call == ref->call && rec->state == NGX_PLAID_AREA_READY) {
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_TAKEN);
    }

    ngx_plaid_area_unlock(store);
}


ngx_int_t
ngx_plaid_store_delivered(ngx_plaid_store_t *store,
    ngx_plaid_store_ref_t *ref, ngx_msec_t now, ngx_msec_t grace)
{
    ngx_int_t                  rc;
    ngx_plaid_store_record_t  *rec;

    if (ref->role != NGX_PLAID_STORE_HOLDER) {
        return NGX_DECLINED;
    }

    ref->role = NGX_PLAID_STORE_NOBODY;
    rc = NGX_DECLINED;

    ngx_plaid_area_lock(store);

    rec = &store->records[ref->index];

    if (rec->call == ref->call
        && (rec->state == NGX_PLAID_AREA_READY
            || rec->state == NGX_PLAID_AREA_TAKEN))
    {
        if (rec->waiters) {
            grace = ngx_max(grace, NGX_PLAID_STORE_FAILED_MS);
        }

        rec->expire = now + grace;
        ngx_plaid_area_move(store, rec, NGX_PLAID_AREA_DELIVERED);
        rc = NGX_OK;
    }

    ngx_plaid_area_unlock(store);

    return rc;
}


static void
ngx_plaid_store_put(ngx_plaid_store_t *store, ngx_plaid_store_record_t *rec,
    ngx_plaid_sealed_t *sealed)
{
    ngx_memcpy(ngx_plaid_area_data(store, rec), sealed->data, sealed->len);

    ngx_plaid_area_step();

    rec->kid = sealed->kid;
    rec->len = (uint16_t) sealed->len;
}


static void
ngx_plaid_store_put_ids(ngx_plaid_store_t *store,
    ngx_plaid_store_record_t *rec, ngx_plaid_store_outcome_t *out)
{
    size_t   item, request, room;
    u_char  *p;

    room = NGX_PLAID_SEAL_MAX - rec->len;

    item = ngx_min(out->item_id.len, NGX_PLAID_ID_MAX);
    item = ngx_min(item, room);

    request = ngx_min(out->request_id.len, NGX_PLAID_ID_MAX);
    request = ngx_min(request, room - item);

    rec->item_len = (uint8_t) item;
    rec->request_len = (uint8_t) request;

    ngx_plaid_area_step();

    p = ngx_plaid_area_ids(store, rec);
    p = ngx_cpymem(p, out->item_id.data, item);
    ngx_memcpy(p, out->request_id.data, request);
}
