
/*
 * plaid_replay and plaid_replay_zone: their configuration.
 */


#include "ngx_http_plaid_replay.h"


/*
 * The built-in zone: about 8000 records, for the posts of seven workers with
 * the default of max_inflight each.
 */
#define NGX_HTTP_PLAID_REPLAY_SIZE   (8 * 1024 * 1024)

/* as long as a person needs to press the button again */
#define NGX_HTTP_PLAID_REPLAY_TTL    (10 * 60 * 1000)

/* as long as a browser may take to post twice */
#define NGX_HTTP_PLAID_REPLAY_GRACE  (10 * 1000)


/* what the zone's slab pool points at */

typedef struct {
    size_t                      size;
    void                       *area;
} ngx_http_plaid_zone_head_t;


static ngx_http_plaid_zone_t *ngx_http_plaid_replay_conf_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size);
static char *ngx_http_plaid_replay_conf_redis(ngx_conf_t *cf,
    ngx_http_plaid_zone_t *zone);
static ngx_int_t ngx_http_plaid_replay_conf_init(ngx_shm_zone_t *shm_zone,
    void *data);
static char *ngx_http_plaid_replay_conf_parameter(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value);
static ngx_int_t ngx_http_plaid_replay_conf_bind(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value);
static void ngx_http_plaid_replay_conf_check(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value);
static ngx_uint_t ngx_http_plaid_replay_conf_cut(ngx_str_t *value,
    ngx_str_t *name);
static ngx_http_plaid_replay_t *ngx_http_plaid_replay_conf_create(
    ngx_conf_t *cf);
static ngx_int_t ngx_http_plaid_replay_conf_find(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_replay_t *replay);


static ngx_str_t  ngx_http_plaid_builtin_zone = ngx_string("plaid_replay");
static ngx_str_t  ngx_http_plaid_default_bind = ngx_string("$remote_addr");


char *
ngx_http_plaid_replay_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char                 *colon;
    ssize_t                 size;
    ngx_str_t              *value, name, s;
    ngx_http_plaid_zone_t  *zone;

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
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small "
                           "in \"plaid_replay_zone\" directive", &value[1]);
        return NGX_CONF_ERROR;
    }

    zone = ngx_http_plaid_replay_conf_add(cf, &name, (size_t) size);

    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    return (cf->args->nelts == 2)
           ? NGX_CONF_OK : ngx_http_plaid_replay_conf_redis(cf, zone);

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid zone \"%V\" in \"plaid_replay_zone\" "
                       "directive", &value[1]);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_replay_conf_redis(ngx_conf_t *cf, ngx_http_plaid_zone_t *zone)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strncmp(value[2].data, "redis=", 6) != 0 || value[2].len == 6) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in "
                           "\"plaid_replay_zone\" directive", &value[2]);
        return NGX_CONF_ERROR;
    }

    zone->redis_name.data = value[2].data + 6;
    zone->redis_name.len = value[2].len - 6;
    zone->file = cf->conf_file->file.name.data;
    zone->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


static ngx_http_plaid_zone_t *
ngx_http_plaid_replay_conf_add(ngx_conf_t *cf, ngx_str_t *name, size_t size)
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

    shm_zone->init = ngx_http_plaid_replay_conf_init;
    shm_zone->data = zone;

    return zone;
}


static ngx_int_t
ngx_http_plaid_replay_conf_init(ngx_shm_zone_t *shm_zone, void *data)
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
ngx_http_plaid_replay_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
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
                               "invalid parameter \"%V\" after \"off\" "
                               "in \"plaid_replay\" directive", &value[2]);
            return NGX_CONF_ERROR;
        }

        plcf->replay = NULL;
        return NGX_CONF_OK;
    }

    replay = ngx_http_plaid_replay_conf_create(cf);
    if (replay == NULL) {
        return NGX_CONF_ERROR;
    }

    plcf->replay = replay;

    if (ngx_strcmp(value[1].data, "on") != 0) {
        replay->name = value[1];
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_plaid_replay_conf_parameter(cf, replay, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (replay->bind.value.data == NULL
        && ngx_http_plaid_replay_conf_bind(cf, replay,
                                      &ngx_http_plaid_default_bind)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_replay_conf_parameter(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value)
{
    ngx_int_t  ms;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "bind=", 5) == 0 && value->len > 5) {

        s.data = value->data + 5;
        s.len = value->len - 5;

        if (ngx_http_plaid_replay_conf_bind(cf, replay, &s) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        ngx_http_plaid_replay_conf_check(cf, replay, &s);

        replay->unbound = 0;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "ttl=", 4) == 0) {

        s.data = value->data + 4;
        s.len = value->len - 4;

        ms = ngx_parse_time(&s, 0);

        if (ms > 0) {
            replay->ttl = (ngx_msec_t) ms;
            replay->timed |= 1;
            return NGX_CONF_OK;
        }
    }

    if (ngx_strncmp(value->data, "grace=", 6) == 0) {

        s.data = value->data + 6;
        s.len = value->len - 6;

        ms = ngx_parse_time(&s, 0);

        if (ms != NGX_ERROR) {
            replay->grace = (ngx_msec_t) ms;
            replay->timed |= 2;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"plaid_replay\" "
                       "directive", value);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_plaid_replay_conf_bind(ngx_conf_t *cf, ngx_http_plaid_replay_t *replay,
    ngx_str_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = &replay->bind;

    return ngx_http_compile_complex_value(&ccv);
}


/* what would let everybody have the same value */

static void
ngx_http_plaid_replay_conf_check(ngx_conf_t *cf,
    ngx_http_plaid_replay_t *replay, ngx_str_t *value)
{
    ngx_str_t  name;

    if (replay->bind.lengths == NULL) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "no variable in \"bind=%V\" of \"plaid_replay\", "
                           "all clients share one value", value);
        return;
    }

    if (ngx_http_plaid_replay_conf_cut(value, &name)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"bind=%V\" of \"plaid_replay\" is the cookie of "
                           "the variable \"$%V\" and text after it, as a "
                           "variable's name ends before \".\" and \"-\"",
                           value, &name);
    }
}


/* "$cookie_connect.sid" is the cookie "connect", and ".sid" */

static ngx_uint_t
ngx_http_plaid_replay_conf_cut(ngx_str_t *value, ngx_str_t *name)
{
    u_char  *p, *last;

    last = value->data + value->len;

    for (p = value->data; last - p > 8; p++) {

        if (ngx_strncmp(p, "$cookie_", 8) != 0) {
            continue;
        }

        name->data = p + 1;

        for (p += 8; p < last; p++) {
            if ((*p < 'a' || *p > 'z') && (*p < 'A' || *p > 'Z')
                && (*p < '0' || *p > '9') && *p != '_')
            {
                break;
            }
        }

        name->len = p - name->data;

        if (p < last && (*p == '.' || *p == '-')) {
            return 1;
        }
    }

    return 0;
}


static ngx_http_plaid_replay_t *
ngx_http_plaid_replay_conf_create(ngx_conf_t *cf)
{
    ngx_http_plaid_replay_t  *replay;

    replay = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_replay_t));
    if (replay == NULL) {
        return NULL;
    }

    replay->unbound = 1;
    replay->ttl = NGX_HTTP_PLAID_REPLAY_TTL;
    replay->grace = NGX_HTTP_PLAID_REPLAY_GRACE;
    replay->file = cf->conf_file->file.name.data;
    replay->line = cf->conf_file->line;

    return replay;
}


/* all zones are known by the time configurations are merged */

ngx_int_t
ngx_http_plaid_replay_conf_merge(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *conf)
{
    ngx_http_plaid_replay_t     *replay;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (conf->replay == NGX_CONF_UNSET_PTR) {

        if (pmcf->replay == NULL) {
            pmcf->replay = ngx_http_plaid_replay_conf_create(cf);

            if (pmcf->replay == NULL
                || ngx_http_plaid_replay_conf_bind(cf, pmcf->replay,
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
            pmcf->zone = ngx_http_plaid_replay_conf_add(cf,
                                                 &ngx_http_plaid_builtin_zone,
                                                 NGX_HTTP_PLAID_REPLAY_SIZE);
            if (pmcf->zone == NULL) {
                return NGX_ERROR;
            }
        }

        replay->zone = pmcf->zone;
        return NGX_OK;
    }

    return ngx_http_plaid_replay_conf_find(cf, pmcf, replay);
}


static ngx_int_t
ngx_http_plaid_replay_conf_find(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_replay_t *replay)
{
    ngx_str_t               *name;
    ngx_uint_t               i, n;
    ngx_http_plaid_zone_t  **zone;

    n = pmcf->zones ? pmcf->zones->nelts : 0;
    zone = n ? pmcf->zones->elts : NULL;

    for (i = 0; i < n; i++) {
        name = &zone[i]->shm_zone->shm.name;

        if (zone[i] != pmcf->zone
            && name->len == replay->name.len
            && ngx_strncmp(name->data, replay->name.data, name->len) == 0)
        {
            replay->zone = zone[i];
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"plaid_replay\" names no plaid_replay_zone: \"%V\" "
                  "in %s:%ui", &replay->name, replay->file, replay->line);

    return NGX_ERROR;
}
