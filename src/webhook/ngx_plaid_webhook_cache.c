
/*
 * The cells of verification keys, and the counting of their fetches.
 */


#include "ngx_plaid_webhook_cache.h"
#include <signal.h>
#include <openssl/evp.h>


#define NGX_PLAID_WEBHOOK_CACHE_MAGIC   0x6b657973

/* changed with anything in here that users of the memory must agree on */
#define NGX_PLAID_WEBHOOK_CACHE_LAYOUT  1

/* longest environment, client_id or kid that is hashed; lengths are 16 bit */
#define NGX_PLAID_WEBHOOK_CACHE_PART    65535


typedef enum {
    NGX_PLAID_WEBHOOK_CELL_FREE = 0,
    NGX_PLAID_WEBHOOK_CELL_KEY,
    NGX_PLAID_WEBHOOK_CELL_PENDING,
    NGX_PLAID_WEBHOOK_CELL_UNKNOWN,
    NGX_PLAID_WEBHOOK_CELL_EXPIRED
} ngx_plaid_webhook_cell_e;


typedef struct {
    volatile uint32_t          state;
    uint32_t                   pid;          /* PENDING: who fetches */
    u_char                     name[NGX_PLAID_WEBHOOK_HASH_LEN];
    u_char                     x[NGX_PLAID_WEBHOOK_P256_LEN];
    u_char                     y[NGX_PLAID_WEBHOOK_P256_LEN];
    uint64_t                   call;         /* its last fetch */
    ngx_msec_t                 since;        /* KEY: of that fetch */
    ngx_msec_t                 used;
    ngx_msec_t                 until;        /* of the state; KEY: of a fetch */
} ngx_plaid_webhook_cell_t;


/* a leaky bucket, as that of limit_req */

typedef struct {
    ngx_msec_t                 last;
    ngx_uint_t                 excess;       /* thousandths */
} ngx_plaid_webhook_bucket_t;


typedef struct {
    ngx_plaid_webhook_cache_peer_t  peer;
    u_char                          state;   /* 0: free; 1; 2: verified */
    ngx_msec_t                      used;
    ngx_msec_t                      verified;
    ngx_plaid_webhook_bucket_t      bucket;
} ngx_plaid_webhook_caller_t;


typedef struct {
    ngx_atomic_t               second;
    ngx_atomic_t               rest;
} ngx_plaid_webhook_line_t;


struct ngx_plaid_webhook_cache_area_s {
    uint32_t                    magic;
    uint32_t                    layout;
    uint64_t                    size;
    uint64_t                    call;
    ngx_plaid_webhook_cell_t    keys[NGX_PLAID_WEBHOOK_CACHE_KEYS];
    ngx_plaid_webhook_cell_t    names[NGX_PLAID_WEBHOOK_CACHE_NAMES];
    ngx_plaid_webhook_caller_t  callers[NGX_PLAID_WEBHOOK_CACHE_PEERS];
    ngx_plaid_webhook_bucket_t  total;
    ngx_plaid_webhook_line_t    lines[NGX_PLAID_WEBHOOK_VERDICTS];
};


/* the time "t" is not over yet */
#define ngx_plaid_webhook_cache_ahead(t, now)                                 \
    ((ngx_msec_int_t) ((t) - (now)) > 0)


static ngx_plaid_webhook_cell_t *ngx_plaid_webhook_cache_find(
    ngx_plaid_webhook_cell_t *cells, ngx_uint_t n, u_char *name);
static ngx_plaid_webhook_cache_e ngx_plaid_webhook_cache_known(
    ngx_plaid_webhook_cache_t *cache, ngx_plaid_webhook_cache_conf_t *conf,
    ngx_msec_t now, ngx_msec_t timeout, ngx_plaid_webhook_cache_ref_t *ref,
    ngx_plaid_webhook_key_t *key);
static ngx_plaid_webhook_cache_e ngx_plaid_webhook_cache_named(
    ngx_plaid_webhook_cell_t *cell, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_cache_area_t *area);
static ngx_plaid_webhook_cache_e ngx_plaid_webhook_cache_begin(
    ngx_plaid_webhook_cache_t *cache, ngx_plaid_webhook_cache_conf_t *conf,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now, ngx_msec_t timeout,
    ngx_plaid_webhook_cache_ref_t *ref);
static ngx_plaid_webhook_cell_t *ngx_plaid_webhook_cache_place(
    ngx_plaid_webhook_cell_t *cells, ngx_uint_t n, ngx_msec_t now);
static void ngx_plaid_webhook_cache_set(ngx_plaid_webhook_cell_t *cell,
    ngx_plaid_webhook_cell_e state, u_char *name, ngx_msec_t now,
    ngx_msec_t until);
static ngx_int_t ngx_plaid_webhook_cache_limit(
    ngx_plaid_webhook_cache_t *cache, ngx_plaid_webhook_cache_conf_t *conf,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now);
static ngx_plaid_webhook_caller_t *ngx_plaid_webhook_cache_caller(
    ngx_plaid_webhook_cache_area_t *area,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now);
static ngx_uint_t ngx_plaid_webhook_cache_excess(
    ngx_plaid_webhook_bucket_t *bucket, ngx_uint_t rate, ngx_msec_t now);
static ngx_uint_t ngx_plaid_webhook_cache_alive(uint32_t pid);
static void ngx_plaid_webhook_cache_negative(
    ngx_plaid_webhook_cache_area_t *area,
    ngx_plaid_webhook_cache_conf_t *conf, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_cell_e state);


size_t
ngx_plaid_webhook_cache_size(void)
{
    return sizeof(ngx_plaid_webhook_cache_area_t);
}


void
ngx_plaid_webhook_cache_init(ngx_plaid_webhook_cache_t *cache, void *mem,
    ngx_shmtx_t *mutex)
{
    ngx_plaid_webhook_cache_area_t  *area;

    area = mem;

    cache->area = area;
    cache->mutex = mutex;

    if (area->magic == NGX_PLAID_WEBHOOK_CACHE_MAGIC
        && area->layout == NGX_PLAID_WEBHOOK_CACHE_LAYOUT
        && area->size == sizeof(ngx_plaid_webhook_cache_area_t))
    {
        return;
    }

    ngx_memzero(area, sizeof(ngx_plaid_webhook_cache_area_t));

    area->layout = NGX_PLAID_WEBHOOK_CACHE_LAYOUT;
    area->size = sizeof(ngx_plaid_webhook_cache_area_t);

    ngx_memory_barrier();

    area->magic = NGX_PLAID_WEBHOOK_CACHE_MAGIC;
}


ngx_int_t
ngx_plaid_webhook_cache_name(u_char *name, ngx_str_t *env,
    ngx_str_t *client_id, ngx_str_t *kid)
{
    u_char       len[2];
    unsigned     n;
    ngx_int_t    rc;
    ngx_str_t   *parts[3];
    ngx_uint_t   i;
    EVP_MD_CTX  *ctx;

    parts[0] = env;
    parts[1] = client_id;
    parts[2] = kid;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1) ? NGX_OK
                                                           : NGX_ERROR;

    /* each after its length: no two triples are the same bytes */

    for (i = 0; rc == NGX_OK && i < 3; i++) {

        len[0] = (u_char) (parts[i]->len >> 8);
        len[1] = (u_char) parts[i]->len;

        if (parts[i]->len > NGX_PLAID_WEBHOOK_CACHE_PART
            || EVP_DigestUpdate(ctx, len, 2) != 1
            || EVP_DigestUpdate(ctx, parts[i]->data, parts[i]->len) != 1)
        {
            rc = NGX_ERROR;
        }
    }

    if (rc == NGX_OK && EVP_DigestFinal_ex(ctx, name, &n) != 1) {
        rc = NGX_ERROR;
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


void
ngx_plaid_webhook_cache_peer(ngx_plaid_webhook_cache_peer_t *peer,
    struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(peer, sizeof(ngx_plaid_webhook_cache_peer_t));

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        peer->data[0] = 4;
        ngx_memcpy(peer->data + 1, &sin->sin_addr, 4);
        return;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            peer->data[0] = 4;
            ngx_memcpy(peer->data + 1, &sin6->sin6_addr.s6_addr[12], 4);
            return;
        }

        peer->data[0] = 6;
        ngx_memcpy(peer->data + 1, &sin6->sin6_addr.s6_addr[0], 8);
        return;
#endif

    default:
        return;
    }
}


ngx_plaid_webhook_cache_e
ngx_plaid_webhook_cache_lookup(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_conf_t *conf,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now, ngx_msec_t timeout,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_t *key)
{
    ngx_plaid_webhook_cell_t   *cell;
    ngx_plaid_webhook_cache_e   rc;

    ngx_shmtx_lock(cache->mutex);

    rc = ngx_plaid_webhook_cache_known(cache, conf, now, timeout, ref, key);

    if (rc == NGX_PLAID_WEBHOOK_CACHE_FAILED) {

        cell = ngx_plaid_webhook_cache_find(cache->area->names,
                                            NGX_PLAID_WEBHOOK_CACHE_NAMES,
                                            ref->name);

        if (cell) {
            rc = ngx_plaid_webhook_cache_named(cell, now, ref, cache->area);
        }
    }

    if (rc == NGX_PLAID_WEBHOOK_CACHE_FAILED) {
        rc = ngx_plaid_webhook_cache_begin(cache, conf, peer, now, timeout,
                                           ref);
    }

    ngx_shmtx_unlock(cache->mutex);

    return rc;
}


static ngx_plaid_webhook_cell_t *
ngx_plaid_webhook_cache_find(ngx_plaid_webhook_cell_t *cells, ngx_uint_t n,
    u_char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (cells[i].state != NGX_PLAID_WEBHOOK_CELL_FREE
            && ngx_memcmp(cells[i].name, name, NGX_PLAID_WEBHOOK_HASH_LEN)
               == 0)
        {
            return &cells[i];
        }
    }

    return NULL;
}


/* KEY, REFRESH, or FAILED: there is no such key */

static ngx_plaid_webhook_cache_e
ngx_plaid_webhook_cache_known(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_conf_t *conf, ngx_msec_t now, ngx_msec_t timeout,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_t *key)
{
    ngx_msec_t                 age;
    ngx_plaid_webhook_cell_t  *cell;

    cell = ngx_plaid_webhook_cache_find(cache->area->keys,
                                        NGX_PLAID_WEBHOOK_CACHE_KEYS,
                                        ref->name);
    if (cell == NULL) {
        return NGX_PLAID_WEBHOOK_CACHE_FAILED;
    }

    age = now - cell->since;

    if (age >= 2 * conf->ttl) {
        cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;
        return NGX_PLAID_WEBHOOK_CACHE_FAILED;
    }

    cell->used = now;

    ngx_memcpy(key->x, cell->x, NGX_PLAID_WEBHOOK_P256_LEN);
    ngx_memcpy(key->y, cell->y, NGX_PLAID_WEBHOOK_P256_LEN);
    key->expired = 0;

    if (age < conf->ttl || ngx_plaid_webhook_cache_ahead(cell->until, now)) {
        return NGX_PLAID_WEBHOOK_CACHE_KEY;
    }

    /* one of them fetches it again, in the background */

    cell->until = now + timeout + NGX_PLAID_WEBHOOK_CACHE_SLACK;

    ref->call = 0;

    return NGX_PLAID_WEBHOOK_CACHE_REFRESH;
}


/* FAILED: the cell says nothing any more */

static ngx_plaid_webhook_cache_e
ngx_plaid_webhook_cache_named(ngx_plaid_webhook_cell_t *cell, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_cache_area_t *area)
{
    if (!ngx_plaid_webhook_cache_ahead(cell->until, now)) {
        cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;
        return NGX_PLAID_WEBHOOK_CACHE_FAILED;
    }

    cell->used = now;

    if (cell->state == NGX_PLAID_WEBHOOK_CELL_UNKNOWN) {
        return NGX_PLAID_WEBHOOK_CACHE_UNKNOWN;
    }

    if (cell->state == NGX_PLAID_WEBHOOK_CELL_EXPIRED) {
        return NGX_PLAID_WEBHOOK_CACHE_EXPIRED;
    }

    if (!ngx_plaid_webhook_cache_alive(cell->pid)) {
        cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;
        return NGX_PLAID_WEBHOOK_CACHE_FAILED;
    }

    ref->call = cell->call;
    ref->cell = cell - area->names;

    return NGX_PLAID_WEBHOOK_CACHE_WAIT;
}


static ngx_plaid_webhook_cache_e
ngx_plaid_webhook_cache_begin(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_conf_t *conf,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now, ngx_msec_t timeout,
    ngx_plaid_webhook_cache_ref_t *ref)
{
    ngx_plaid_webhook_cell_t        *cell;
    ngx_plaid_webhook_cache_area_t  *area;

    area = cache->area;

    cell = ngx_plaid_webhook_cache_place(area->names,
                                         NGX_PLAID_WEBHOOK_CACHE_NAMES, now);

    if (cell == NULL
        || ngx_plaid_webhook_cache_limit(cache, conf, peer, now) != NGX_OK)
    {
        return NGX_PLAID_WEBHOOK_CACHE_LIMITED;
    }

    ref->call = ++area->call;
    ref->cell = cell - area->names;

    cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;
    cell->pid = (uint32_t) ngx_pid;
    cell->call = ref->call;

    ngx_plaid_webhook_cache_set(cell, NGX_PLAID_WEBHOOK_CELL_PENDING,
                                ref->name, now,
                                now + timeout + NGX_PLAID_WEBHOOK_CACHE_SLACK);

    return NGX_PLAID_WEBHOOK_CACHE_FETCH;
}


/*
 * A cell that is free or over, or the one that was used least recently; NULL:
 * each is of a fetch under way.
 */

static ngx_plaid_webhook_cell_t *
ngx_plaid_webhook_cache_place(ngx_plaid_webhook_cell_t *cells, ngx_uint_t n,
    ngx_msec_t now)
{
    ngx_uint_t                 i;
    ngx_plaid_webhook_cell_t  *cell, *oldest;

    oldest = NULL;

    for (i = 0; i < n; i++) {
        cell = &cells[i];

        if (cell->state == NGX_PLAID_WEBHOOK_CELL_FREE
            || (cell->state != NGX_PLAID_WEBHOOK_CELL_KEY
                && !ngx_plaid_webhook_cache_ahead(cell->until, now)))
        {
            return cell;
        }

        if (cell->state == NGX_PLAID_WEBHOOK_CELL_PENDING) {
            continue;
        }

        if (oldest == NULL
            || (ngx_msec_int_t) (cell->used - oldest->used) < 0)
        {
            oldest = cell;
        }
    }

    return oldest;
}


static void
ngx_plaid_webhook_cache_set(ngx_plaid_webhook_cell_t *cell,
    ngx_plaid_webhook_cell_e state, u_char *name, ngx_msec_t now,
    ngx_msec_t until)
{
    cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;

    ngx_memory_barrier();

    ngx_memcpy(cell->name, name, NGX_PLAID_WEBHOOK_HASH_LEN);
    cell->since = now;
    cell->used = now;
    cell->until = until;

    ngx_memory_barrier();

    cell->state = state;
}


/* NGX_OK, or NGX_BUSY */

static ngx_int_t
ngx_plaid_webhook_cache_limit(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_conf_t *conf,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now)
{
    ngx_uint_t                       excess, total;
    ngx_plaid_webhook_caller_t      *caller;
    ngx_plaid_webhook_cache_area_t  *area;

    area = cache->area;

    caller = ngx_plaid_webhook_cache_caller(area, peer, now);

    excess = ngx_plaid_webhook_cache_excess(&caller->bucket, conf->rate, now);

    if (excess > conf->burst) {
        return NGX_BUSY;
    }

    if (caller->state != 2
        || now - caller->verified >= NGX_PLAID_WEBHOOK_CACHE_KNOWN)
    {
        total = ngx_plaid_webhook_cache_excess(&area->total, conf->total, now);

        if (total > conf->burst) {
            return NGX_BUSY;
        }

        area->total.excess = total;
        area->total.last = now;
    }

    caller->bucket.excess = excess;
    caller->bucket.last = now;

    return NGX_OK;
}


/* a place of its own, taken from one that was not verified, if there is one */

static ngx_plaid_webhook_caller_t *
ngx_plaid_webhook_cache_caller(ngx_plaid_webhook_cache_area_t *area,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now)
{
    ngx_uint_t                   i;
    ngx_plaid_webhook_caller_t  *caller, *oldest;

    oldest = area->callers;

    for (i = 0; i < NGX_PLAID_WEBHOOK_CACHE_PEERS; i++) {
        caller = &area->callers[i];

        if (caller->state
            && ngx_memcmp(&caller->peer, peer,
                          sizeof(ngx_plaid_webhook_cache_peer_t))
               == 0)
        {
            caller->used = now;
            return caller;
        }

        if (caller->state < oldest->state
            || (caller->state == oldest->state
                && (ngx_msec_int_t) (caller->used - oldest->used) < 0))
        {
            oldest = caller;
        }
    }

    ngx_memzero(oldest, sizeof(ngx_plaid_webhook_caller_t));

    oldest->peer = *peer;
    oldest->used = now;
    oldest->bucket.last = now;

    ngx_memory_barrier();

    oldest->state = 1;

    return oldest;
}


/* what the bucket would have with one more: 0 after a rest */

static ngx_uint_t
ngx_plaid_webhook_cache_excess(ngx_plaid_webhook_bucket_t *bucket,
    ngx_uint_t rate, ngx_msec_t now)
{
    uint64_t        drained;
    ngx_msec_int_t  ms;

    ms = (ngx_msec_int_t) (now - bucket->last);

    drained = (ms > 0) ? (uint64_t) rate * (uint64_t) ms / 1000 : 0;

    return (drained >= bucket->excess) ? 1000
                                       : bucket->excess - drained + 1000;
}


static ngx_uint_t
ngx_plaid_webhook_cache_alive(uint32_t pid)
{
    return pid == (uint32_t) ngx_pid
           || kill((pid_t) pid, 0) == 0 || ngx_errno == NGX_EPERM;
}


ngx_plaid_webhook_cache_e
ngx_plaid_webhook_cache_poll(ngx_plaid_webhook_cache_t *cache, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_t *key)
{
    ngx_plaid_webhook_cell_t        *cell;
    ngx_plaid_webhook_cache_e        rc;
    ngx_plaid_webhook_cache_area_t  *area;

    area = cache->area;
    rc = NGX_PLAID_WEBHOOK_CACHE_FAILED;

    ngx_shmtx_lock(cache->mutex);

    cell = ngx_plaid_webhook_cache_find(area->keys,
                                        NGX_PLAID_WEBHOOK_CACHE_KEYS,
                                        ref->name);

    if (cell) {
        ngx_memcpy(key->x, cell->x, NGX_PLAID_WEBHOOK_P256_LEN);
        ngx_memcpy(key->y, cell->y, NGX_PLAID_WEBHOOK_P256_LEN);
        key->expired = 0;

        rc = NGX_PLAID_WEBHOOK_CACHE_KEY;
        goto done;
    }

    cell = &area->names[ref->cell];

    if (cell->call == ref->call
        && cell->state != NGX_PLAID_WEBHOOK_CELL_FREE)
    {
        rc = ngx_plaid_webhook_cache_named(cell, now, ref, area);
    }

done:

    ngx_shmtx_unlock(cache->mutex);

    return rc;
}


void
ngx_plaid_webhook_cache_settle(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_conf_t *conf, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_key_e rc,
    ngx_plaid_webhook_key_t *key)
{
    ngx_plaid_webhook_cell_t        *cell;
    ngx_plaid_webhook_cache_area_t  *area;

    area = cache->area;

    ngx_shmtx_lock(cache->mutex);

    cell = ngx_plaid_webhook_cache_find(area->keys,
                                        NGX_PLAID_WEBHOOK_CACHE_KEYS,
                                        ref->name);

    if (rc == NGX_PLAID_WEBHOOK_KEY_FOUND && !key->expired) {

        if (cell == NULL) {
            cell = ngx_plaid_webhook_cache_place(area->keys,
                                                 NGX_PLAID_WEBHOOK_CACHE_KEYS,
                                                 now);
        }

        cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;

        ngx_memory_barrier();

        ngx_memcpy(cell->x, key->x, NGX_PLAID_WEBHOOK_P256_LEN);
        ngx_memcpy(cell->y, key->y, NGX_PLAID_WEBHOOK_P256_LEN);

        ngx_plaid_webhook_cache_set(cell, NGX_PLAID_WEBHOOK_CELL_KEY,
                                    ref->name, now, now);

    } else if (rc == NGX_PLAID_WEBHOOK_KEY_FAILED) {

        if (cell && ref->call == 0) {
            cell->until = now + NGX_PLAID_WEBHOOK_CACHE_PAUSE;
        }

    } else {

        if (cell) {
            cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;
        }

        ngx_plaid_webhook_cache_negative(area, conf, now, ref,
                                    (rc == NGX_PLAID_WEBHOOK_KEY_FOUND)
                                    ? NGX_PLAID_WEBHOOK_CELL_EXPIRED
                                    : NGX_PLAID_WEBHOOK_CELL_UNKNOWN);
        goto done;
    }

    cell = &area->names[ref->cell];

    if (ref->call && cell->call == ref->call) {
        cell->state = NGX_PLAID_WEBHOOK_CELL_FREE;
    }

done:

    ngx_shmtx_unlock(cache->mutex);
}


/* into the cell of the fetch, where those who wait look */

static void
ngx_plaid_webhook_cache_negative(ngx_plaid_webhook_cache_area_t *area,
    ngx_plaid_webhook_cache_conf_t *conf, ngx_msec_t now,
    ngx_plaid_webhook_cache_ref_t *ref, ngx_plaid_webhook_cell_e state)
{
    ngx_plaid_webhook_cell_t  *cell;

    cell = &area->names[ref->cell];

    if (ref->call == 0 || cell->call != ref->call) {

        cell = ngx_plaid_webhook_cache_place(area->names,
                                             NGX_PLAID_WEBHOOK_CACHE_NAMES,
                                             now);
        if (cell == NULL) {
            return;
        }

        cell->call = ++area->call;
    }

    ngx_plaid_webhook_cache_set(cell, state, ref->name, now,
                                now + conf->negative);
}


void
ngx_plaid_webhook_cache_verified(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_cache_peer_t *peer, ngx_msec_t now)
{
    ngx_plaid_webhook_caller_t  *caller;

    ngx_shmtx_lock(cache->mutex);

    caller = ngx_plaid_webhook_cache_caller(cache->area, peer, now);

    caller->verified = now;
    caller->state = 2;

    ngx_shmtx_unlock(cache->mutex);
}


ngx_uint_t
ngx_plaid_webhook_cache_log(ngx_plaid_webhook_cache_t *cache,
    ngx_plaid_webhook_e verdict, time_t now, ngx_uint_t *rest)
{
    ngx_atomic_uint_t          second;
    ngx_plaid_webhook_line_t  *line;

    line = &cache->area->lines[verdict];

    second = line->second;

    if (second == (ngx_atomic_uint_t) now
        || !ngx_atomic_cmp_set(&line->second, second, (ngx_atomic_uint_t) now))
    {
        (void) ngx_atomic_fetch_add(&line->rest, 1);
        return 0;
    }

    *rest = line->rest;
    (void) ngx_atomic_fetch_add(&line->rest, -(ngx_atomic_int_t) *rest);

    return 1;
}
