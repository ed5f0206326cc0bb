
/* plaid_redis blocks as a whole: who uses them, their names, their numbers. */


#include "ngx_http_plaid_redis.h"
#include "ngx_http_plaid_shared.h"


static ngx_int_t ngx_http_plaid_redis_zone(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_zone_t *zone);

#if (NGX_PLAID_HIREDIS)

static ngx_int_t ngx_http_plaid_redis_resolve(ngx_conf_t *cf,
    ngx_plaid_redis_t *redis);
static ngx_int_t ngx_http_plaid_redis_stats(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf);
static ngx_int_t ngx_http_plaid_redis_stats_init(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_http_plaid_redis_cleanup(void *data);


static ngx_str_t  ngx_http_plaid_redis_shm = ngx_string("plaid_redis");

/* where a cycle that is over counts: its shared memory may be gone */
static ngx_plaid_redis_stats_t  ngx_http_plaid_redis_nowhere;

#endif


ngx_int_t
ngx_http_plaid_redis_init(ngx_conf_t *cf, ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t               i;
    ngx_http_plaid_zone_t  **zone;

    if (pmcf->zones) {
        zone = pmcf->zones->elts;

        for (i = 0; i < pmcf->zones->nelts; i++) {
            if (zone[i]->redis_name.len
                && ngx_http_plaid_redis_zone(cf, pmcf, zone[i]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

#if (NGX_PLAID_HIREDIS)

    if (pmcf->redis) {
        return ngx_http_plaid_redis_stats(cf, pmcf);
    }

#endif

    return NGX_OK;
}


/* "redis=" may name a block that came later */

static ngx_int_t
ngx_http_plaid_redis_zone(ngx_conf_t *cf, ngx_http_plaid_main_conf_t *pmcf,
    ngx_http_plaid_zone_t *zone)
{
#if (NGX_PLAID_HIREDIS)
    zone->redis = ngx_http_plaid_redis_find(pmcf, &zone->redis_name);
#endif

    if (zone->redis == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_replay_zone\" names no plaid_redis: \"%V\" "
                      "in %s:%ui", &zone->redis_name, zone->file, zone->line);
        return NGX_ERROR;
    }

    /* without the keys, who writes to Redis could plant a record */

    if (pmcf->seal_keys == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"plaid_seal_key_file\" for \"redis=%V\" of "
                      "\"plaid_replay_zone\" in %s:%ui",
                      &zone->redis_name, zone->file, zone->line);
        return NGX_ERROR;
    }

    zone->keys = pmcf->seal_keys;

    return NGX_OK;
}


#if (NGX_PLAID_HIREDIS)

ngx_plaid_redis_t *
ngx_http_plaid_redis_find(ngx_http_plaid_main_conf_t *pmcf, ngx_str_t *name)
{
    ngx_uint_t           i;
    ngx_plaid_redis_t  **redis;

    if (pmcf->redis == NULL) {
        return NULL;
    }

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        if (redis[i]->name.len == name->len
            && ngx_memcmp(redis[i]->name.data, name->data, name->len) == 0)
        {
            return redis[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_plaid_redis_resolve(ngx_conf_t *cf, ngx_plaid_redis_t *redis)
{
    ngx_url_t                  u;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (redis->resolver == NULL
        && clcf->resolver
        && clcf->resolver->connections.nelts)
    {
        redis->resolver = clcf->resolver;

        if (redis->resolver_timeout == NGX_CONF_UNSET_MSEC) {
            redis->resolver_timeout = clcf->resolver_timeout;
        }
    }

    ngx_conf_init_msec_value(redis->resolver_timeout, 30000);

    if (redis->naddrs) {
        return NGX_OK;
    }

    /* name servers need not know "localhost" (RFC 6761 6.3) */

    if (redis->resolver
        && (redis->host.len != sizeof("localhost") - 1
            || ngx_memcmp(redis->host.data, "localhost", redis->host.len)
               != 0))
    {
        return NGX_OK;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.host = redis->host;
    u.port = redis->port;

    if (ngx_inet_resolve_host(cf->pool, &u) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "host not found in plaid_redis \"%V\" \"%V\"",
                      &redis->name, &redis->host);
        return NGX_ERROR;
    }

    redis->addrs = u.addrs;
    redis->naddrs = u.naddrs;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_redis_stats(ngx_conf_t *cf, ngx_http_plaid_main_conf_t *pmcf)
{
    size_t                size;
    ngx_uint_t            i;
    ngx_shm_zone_t       *shm_zone;
    ngx_plaid_redis_t   **redis;
    ngx_pool_cleanup_t   *cln;

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        if (ngx_http_plaid_redis_resolve(cf, redis[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    /* a process without workers keeps old cycles for a while */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_plaid_redis_cleanup;
    cln->data = pmcf;

    /* the slab pool and its descriptors of pages take some more */

    size = ngx_align(ngx_plaid_redis_stats_size(), ngx_pagesize)
           + 16 * ngx_pagesize;

    /* not the module: a plaid_replay_zone of this name is not ours */

    shm_zone = ngx_shared_memory_add(cf, &ngx_http_plaid_redis_shm, size,
                                     &ngx_http_plaid_redis_shm);
    if (shm_zone == NULL) {
        return NGX_ERROR;
    }

    shm_zone->init = ngx_http_plaid_redis_stats_init;
    shm_zone->data = pmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_redis_stats_init(ngx_shm_zone_t *shm_zone, void *data)
{
    void                         *mem;
    ngx_uint_t                    i;
    ngx_slab_pool_t              *shpool;
    ngx_plaid_redis_t           **redis;
    ngx_http_plaid_main_conf_t   *pmcf;

    pmcf = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* "data": reload; "exists": another master's memory; else it is new */

    mem = (data || shm_zone->shm.exists) ? shpool->data : NULL;

    if (mem == NULL) {
        mem = ngx_slab_calloc(shpool, ngx_plaid_redis_stats_size());
        if (mem == NULL) {
            return NGX_ERROR;
        }

        shpool->data = mem;
        shpool->log_nomem = 0;
    }

    pmcf->redis_stats = ngx_plaid_redis_stats_init(mem);

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        redis[i]->stats = ngx_plaid_redis_stats_slot(pmcf->redis_stats,
                                                     &redis[i]->name);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_redis_attach(ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t           i;
    ngx_plaid_redis_t  **redis;

    if (pmcf->redis == NULL) {
        return NGX_OK;
    }

    ngx_plaid_redis_stats_attach(pmcf->redis_stats, ngx_process_slot);

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        redis[i]->ready = ngx_http_plaid_shared_push;
        redis[i]->data = pmcf;

        if (ngx_plaid_redis_start(redis[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_plaid_redis_exit(ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t           i;
    ngx_plaid_redis_t  **redis;

    if (pmcf->redis == NULL) {
        return;
    }

    ngx_http_plaid_shared_exit();
    ngx_http_plaid_shared_push_exit(pmcf);

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        ngx_plaid_redis_stop(redis[i]);
    }
}


static void
ngx_http_plaid_redis_cleanup(void *data)
{
    ngx_http_plaid_main_conf_t *pmcf = data;

    ngx_uint_t           i;
    ngx_plaid_redis_t  **redis;

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        redis[i]->stats = &ngx_http_plaid_redis_nowhere;
    }

    ngx_http_plaid_redis_exit(pmcf);
}


ngx_int_t
ngx_http_plaid_redis_report(ngx_http_plaid_main_conf_t *pmcf, ngx_array_t *st)
{
    ngx_uint_t                 i;
    ngx_plaid_redis_t        **redis;
    ngx_plaid_redis_stats_t  **elt;

    if (pmcf->redis == NULL) {
        return NGX_OK;
    }

    redis = pmcf->redis->elts;

    for (i = 0; i < pmcf->redis->nelts; i++) {
        elt = ngx_array_push(st);
        if (elt == NULL) {
            return NGX_ERROR;
        }

        *elt = redis[i]->stats;
    }

    return NGX_OK;
}

#else

ngx_int_t
ngx_http_plaid_redis_attach(ngx_http_plaid_main_conf_t *pmcf)
{
    return NGX_OK;
}


void
ngx_http_plaid_redis_exit(ngx_http_plaid_main_conf_t *pmcf)
{
}


ngx_int_t
ngx_http_plaid_redis_report(ngx_http_plaid_main_conf_t *pmcf, ngx_array_t *st)
{
    return NGX_OK;
}

#endif
