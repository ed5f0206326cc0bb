
#include "ngx_http_plaid_replay.h"


/* the built-in zone: about 1000 records */
#define NGX_HTTP_PLAID_REPLAY_SIZE   (1024 * 1024)

/* as long as a person needs to press the button again */
#define NGX_HTTP_PLAID_REPLAY_TTL    (10 * 60 * 1000)

/* as long as a browser may take to post twice */
#define NGX_HTTP_PLAID_REPLAY_GRACE  (10 * 1000)


/* what the zone's slab pool points at */

typedef struct {
    size_t                      size;
    void                       *area;
} ngx_http_plaid_zone_head_t;


static ngx_http_plaid_zone_t *ngx_http_plaid_zone_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size);
static ngx_int_t ngx_http_plaid_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static char *ngx_http_plaid_replay_parameter(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value);
static ngx_int_t ngx_http_plaid_replay_bind(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value);
static ngx_http_plaid_replay_t *ngx_http_plaid_replay_create(ngx_conf_t *cf);


static ngx_str_t  ngx_http_plaid_builtin_zone = ngx_string("plaid_replay");
static ngx_str_t  ngx_http_plaid_default_bind = ngx_string("$remote_addr");


char *
ngx_http_plaid_replay_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char     *colon;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    value = cf->args->elts;

    colon = (u_char *) ngx_strchr(value[1].data, ':');

    if (colon == NULL || colon == value[1].data) {
        goto invalid;
    }

    name.data = value[1].data;
    name.len = colon - name.data;

    s.data = colon + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        goto invalid;
    }

    if ((name.len == 2 && ngx_strncmp(name.data, "on", 2) == 0)
        || (name.len == 3 && ngx_strncmp(name.data, "off", 3) == 0))
    {
        goto invalid;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return ngx_http_plaid_zone_add(cf, &name, (size_t) size) ? NGX_CONF_OK
                                                             : NGX_CONF_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid zone \"%V\"", &value[1]);

    return NGX_CONF_ERROR;
}


static ngx_http_plaid_zone_t *
ngx_http_plaid_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_shm_zone_t               *shm_zone;
    ngx_http_plaid_zone_t        *zone, **elt;
    ngx_http_plaid_main_conf_t   *pmcf;

    shm_zone = ngx_shared_memory_add(cf, name, size, &ngx_http_plaid_module);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate plaid_replay_zone \"%V\"", name);
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    zone->shm_zone = shm_zone;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (pmcf->zones == NULL) {
        pmcf->zones = ngx_array_create(cf->pool, 1,
                                       sizeof(ngx_http_plaid_zone_t *));
        if (pmcf->zones == NULL) {
            return NULL;
        }
    }

    elt = ngx_array_push(pmcf->zones);
    if (elt == NULL) {
        return NULL;
    }

    *elt = zone;

    shm_zone->init = ngx_http_plaid_zone_init;
    shm_zone->data = zone;

    return zone;
}


static ngx_int_t
ngx_http_plaid_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_slab_pool_t             *shpool;
    ngx_http_plaid_zone_t       *zone;
    ngx_http_plaid_zone_head_t  *head;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* "data": reload; "exists": another master's memory; else it is new */

    head = (data || shm_zone->shm.exists) ? shpool->data : NULL;

    if (head == NULL) {
        head = ngx_slab_calloc(shpool, sizeof(ngx_http_plaid_zone_head_t));
        if (head == NULL) {
            return NGX_ERROR;
        }

        /* the store takes what is left, and never allocates again */

        head->size = shpool->pfree * ngx_pagesize;

        head->area = ngx_slab_calloc(shpool, head->size);
        if (head->area == NULL) {
            return NGX_ERROR;
        }

        shpool->data = head;
        shpool->log_nomem = 0;
    }

    return ngx_plaid_store_init(&zone->store, head->area, head->size,
                                &shpool->mutex);
}


char *
ngx_http_plaid_replay(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    char                     *rv;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_http_plaid_replay_t  *replay;

    if (plcf->replay != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts > 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" after \"off\"",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        plcf->replay = NULL;
        return NGX_CONF_OK;
    }

    replay = ngx_http_plaid_replay_create(cf);
    if (replay == NULL) {
        return NGX_CONF_ERROR;
    }

    plcf->replay = replay;

    if (ngx_strcmp(value[1].data, "on") != 0) {
        replay->name = value[1];
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_plaid_replay_parameter(cf, replay, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (replay->bind.value.data == NULL
        && ngx_http_plaid_replay_bind(cf, replay,
                                      &ngx_http_plaid_default_bind)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_replay_parameter(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value)
{
    ngx_int_t  ms;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "bind=", 5) == 0 && value->len > 5) {

        s.data = value->data + 5;
        s.len = value->len - 5;

        return (ngx_http_plaid_replay_bind(cf, replay, &s) == NGX_OK)
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value->data, "ttl=", 4) == 0) {

        s.data = value->data + 4;
        s.len = value->len - 4;

        ms = ngx_parse_time(&s, 0);

        if (ms > 0) {
            replay->ttl = (ngx_msec_t) ms;
            return NGX_CONF_OK;
        }
    }

    if (ngx_strncmp(value->data, "grace=", 6) == 0) {

        s.data = value->data + 6;
        s.len = value->len - 6;

        ms = ngx_parse_time(&s, 0);

        if (ms != NGX_ERROR) {
            replay->grace = (ngx_msec_t) ms;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_plaid_replay_bind(ngx_conf_t *cf, ngx_http_plaid_replay_t *replay,
    ngx_str_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = &replay->bind;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_http_plaid_replay_t *
ngx_http_plaid_replay_create(ngx_conf_t *cf)
{
    ngx_http_plaid_replay_t  *replay;

    replay = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_replay_t));
    if (replay == NULL) {
        return NULL;
    }

    replay->ttl = NGX_HTTP_PLAID_REPLAY_TTL;
    replay->grace = NGX_HTTP_PLAID_REPLAY_GRACE;
    replay->file = cf->conf_file->file.name.data;
    replay->line = cf->conf_file->line;

    return replay;
}


/* all zones are known by the time configurations are merged */

ngx_int_t
ngx_http_plaid_replay_merge(ngx_conf_t *cf, ngx_http_plaid_loc_conf_t *conf)
{
    ngx_uint_t                   i;
    ngx_list_part_t             *part;
    ngx_shm_zone_t              *shm_zone;
    ngx_http_plaid_replay_t     *replay;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (conf->replay == NGX_CONF_UNSET_PTR) {

        if (pmcf->replay == NULL) {
            pmcf->replay = ngx_http_plaid_replay_create(cf);

            if (pmcf->replay == NULL
                || ngx_http_plaid_replay_bind(cf, pmcf->replay,
                                              &ngx_http_plaid_default_bind)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        conf->replay = pmcf->replay;
    }

    replay = conf->replay;

    if (replay == NULL || replay->zone) {
        return NGX_OK;
    }

    if (replay->name.len == 0) {

        if (pmcf->zone == NULL) {
            pmcf->zone = ngx_http_plaid_zone_add(cf,
                                                 &ngx_http_plaid_builtin_zone,
                                                 NGX_HTTP_PLAID_REPLAY_SIZE);
            if (pmcf->zone == NULL) {
                return NGX_ERROR;
            }
        }

        replay->zone = pmcf->zone;
        return NGX_OK;
    }

    part = &cf->cycle->shared_memory.part;
    shm_zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            shm_zone = part->elts;
            i = 0;
        }

        if (shm_zone[i].tag == &ngx_http_plaid_module
            && shm_zone[i].init == ngx_http_plaid_zone_init
            && shm_zone[i].shm.name.len == replay->name.len
            && ngx_strncmp(shm_zone[i].shm.name.data, replay->name.data,
                           replay->name.len)
               == 0)
        {
            replay->zone = shm_zone[i].data;
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"plaid_replay\" names no plaid_replay_zone: \"%V\" "
                  "in %s:%ui", &replay->name, replay->file, replay->line);

    return NGX_ERROR;
}


void
ngx_http_plaid_replay_attach(ngx_cycle_t *cycle)
{
    ngx_uint_t              i;
    ngx_list_part_t        *part;
    ngx_shm_zone_t         *shm_zone;
    ngx_http_plaid_zone_t  *zone;

    part = &cycle->shared_memory.part;
    shm_zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            shm_zone = part->elts;
            i = 0;
        }

        if (shm_zone[i].init == ngx_http_plaid_zone_init) {
            zone = shm_zone[i].data;
            ngx_plaid_store_attach(&zone->store);
        }
    }
}


/*
 * What the app itself has answered, whatever the client got to see; without
 * an upstream it is nginx that took the token.
 */

void
ngx_http_plaid_replay_delivered(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t             status;
    ngx_http_plaid_ctx_t  *one;

    if (!ctx->injected) {
        return;
    }

#if (NGX_HTTP_CACHE)

    if (r->cached) {
        /* the app was not asked */
        return;
    }

#endif

    status = r->upstream ? r->upstream->headers_in.status_n
                         : r->headers_out.status;

    if (status < NGX_HTTP_OK || status >= NGX_HTTP_BAD_REQUEST) {
        return;
    }

    for (one = ctx; one; one = one->next) {
        if (one->zone) {
            ngx_plaid_store_delivered(&one->zone->store, &one->ref,
                                      ngx_current_msec,
                                      one->plcf->replay->grace);
        }
    }
}
