
/*
 * plaid_webhook's configuration, and the zone of its keys.
 */


#include "ngx_http_plaid_webhook.h"
#include "ngx_http_plaid_boundary.h"


static void *ngx_http_plaid_webhook_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_plaid_webhook_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_plaid_webhook_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_plaid_webhook_check(ngx_conf_t *cf,
    ngx_http_plaid_webhook_use_t *use, ngx_http_plaid_loc_conf_t *plcf);
static void ngx_http_plaid_webhook_warn(ngx_conf_t *cf,
    ngx_http_plaid_webhook_use_t *use, ngx_http_plaid_loc_conf_t *plcf);
static ngx_http_plaid_loc_conf_t *ngx_http_plaid_webhook_exchange(
    ngx_conf_t *cf, ngx_http_plaid_loc_conf_t *plcf);
static char *ngx_http_plaid_webhook(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_webhook_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_plaid_webhook_keys_parameter(ngx_str_t *value,
    ngx_plaid_webhook_cache_conf_t *keys);
static ngx_uint_t ngx_http_plaid_webhook_named(ngx_str_t *value,
    const char *name, ngx_str_t *rest);
static ngx_int_t ngx_http_plaid_webhook_time(ngx_str_t *s, ngx_msec_t *time);
static ngx_int_t ngx_http_plaid_webhook_rate(ngx_str_t *s, ngx_uint_t *rate);
static char *ngx_http_plaid_webhook_max_tokens(ngx_conf_t *cf, void *post,
    void *data);
static ngx_int_t ngx_http_plaid_webhook_zone(ngx_conf_t *cf,
    ngx_http_plaid_webhook_main_conf_t *wmcf);
static ngx_int_t ngx_http_plaid_webhook_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_plaid_webhook_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_plaid_webhook_init_module(ngx_cycle_t *cycle);
static void ngx_http_plaid_webhook_exit_process(ngx_cycle_t *cycle);


static ngx_str_t  ngx_http_plaid_webhook_zone_name =
    ngx_string("plaid_webhook");


static ngx_conf_post_t  ngx_http_plaid_webhook_max_tokens_post = {
    ngx_http_plaid_webhook_max_tokens
};


/* as long as Plaid repeats a webhook */
#define NGX_HTTP_PLAID_WEBHOOK_REPLAY  (24 * 60 * 60 * 1000)


/* what Plaid's documentation leads to; see README */

static ngx_plaid_webhook_cache_conf_t  ngx_http_plaid_webhook_default_keys = {
    24 * 60 * 60 * 1000, 60 * 1000, 1000, 5 * 1000, 5 * 1000
};


static ngx_command_t  ngx_http_plaid_webhook_commands[] = {

    { ngx_string("plaid_webhook"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_plaid_webhook,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_webhook_max_body"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_webhook_loc_conf_t, max_body),
      NULL },

    { ngx_string("plaid_webhook_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_webhook_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_exchange_tokens"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_webhook_loc_conf_t, max_tokens),
      &ngx_http_plaid_webhook_max_tokens_post },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_plaid_webhook_module_ctx = {
    ngx_http_plaid_webhook_add_variables,      /* preconfiguration */
    ngx_http_plaid_webhook_init,               /* postconfiguration */

    ngx_http_plaid_webhook_create_main_conf,   /* create main configuration */
    NULL,                                      /* init main configuration */

    NULL,                                      /* create server configuration */
    NULL,                                      /* merge server configuration */

    ngx_http_plaid_webhook_create_loc_conf,    /* create location */
    ngx_http_plaid_webhook_merge_loc_conf      /* merge location */
};


ngx_module_t  ngx_http_plaid_webhook_module = {
    NGX_MODULE_V1,
    &ngx_http_plaid_webhook_module_ctx,        /* module context */
    ngx_http_plaid_webhook_commands,           /* module directives */
    NGX_HTTP_MODULE,                           /* module type */
    NULL,                                      /* init master */
    ngx_http_plaid_webhook_init_module,        /* init module */
    NULL,                                      /* init process */
    NULL,                                      /* init thread */
    NULL,                                      /* exit thread */
    ngx_http_plaid_webhook_exit_process,       /* exit process */
    NULL,                                      /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_plaid_webhook_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_webhook_main_conf_t));
}


static void *
ngx_http_plaid_webhook_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_plaid_webhook_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_webhook_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->use = NGX_CONF_UNSET_PTR;
    conf->max_body = NGX_CONF_UNSET_SIZE;
    conf->keys = NGX_CONF_UNSET_PTR;
    conf->max_tokens = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_plaid_webhook_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_plaid_webhook_loc_conf_t *prev = parent;
    ngx_http_plaid_webhook_loc_conf_t *conf = child;

    ngx_http_plaid_loc_conf_t  *plcf;

    conf->written = (conf->use != NGX_CONF_UNSET_PTR);

    ngx_conf_merge_ptr_value(conf->use, prev->use, NULL);
    ngx_conf_merge_size_value(conf->max_body, prev->max_body, 256 * 1024);
    ngx_conf_merge_ptr_value(conf->keys, prev->keys,
                             &ngx_http_plaid_webhook_default_keys);
    ngx_conf_merge_uint_value(conf->max_tokens, prev->max_tokens, 16);

    if (conf->use == NULL) {
        return NGX_CONF_OK;
    }

    /* merged already, as its module comes first */

    plcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_plaid_module);

    if (ngx_http_plaid_webhook_check(cf, conf->use, plcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (plcf->use == NULL) {
        return NGX_CONF_OK;
    }

    ngx_http_plaid_webhook_warn(cf, conf->use, plcf);

    conf->exchange = ngx_http_plaid_webhook_exchange(cf, plcf);

    return conf->exchange ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_webhook_check(ngx_conf_t *cf,
    ngx_http_plaid_webhook_use_t *use, ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_http_plaid_client_t     *client;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    client = ngx_http_plaid_client_find(pmcf->clients, &use->name);

    if (client == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown plaid_client \"%V\" in \"plaid_webhook\" "
                      "in %s:%ui", &use->name, use->file, use->line);
        return NGX_CONF_ERROR;
    }

    use->client = client;

    if (client->dialect != NGX_PLAID_CURRENT) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_webhook\" requires \"api current\", webhooks "
                      "of the legacy API of plaid_client \"%V\" are not "
                      "signed in %s:%ui", &use->name, use->file, use->line);
        return NGX_CONF_ERROR;
    }

    if (client->subrequest.len
        && client->subrequest.data[client->subrequest.len - 1] != '/')
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_webhook\" requires that \"transport "
                      "subrequest %V\" of plaid_client \"%V\" ends with \"/\" "
                      "in %s:%ui", &client->subrequest, &use->name, use->file,
                      use->line);
        return NGX_CONF_ERROR;
    }

    if (plcf->use && plcf->use->client != client) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_webhook\" names plaid_client \"%V\", and "
                      "\"plaid_exchange\" \"%V\" in %s:%ui", &use->name,
                      &plcf->use->name, use->file, use->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* once for a directive, however many locations inherit it */

static void
ngx_http_plaid_webhook_warn(ngx_conf_t *cf, ngx_http_plaid_webhook_use_t *use,
    ngx_http_plaid_loc_conf_t *plcf)
{
    const char  *name;
    ngx_str_t   *field;

    static ngx_str_t  usual = ngx_string("public_token");

    field = plcf->fields->elts;

    if (plcf->required) {
        name = "plaid_exchange_required";

    } else if (plcf->replayed && plcf->replay && !plcf->replay->unbound) {
        name = "bind=";

    } else if (plcf->errors != NGX_HTTP_PLAID_REJECT) {
        name = "plaid_exchange_errors";

    } else if (plcf->fields->nelts != 1
               || field->len != usual.len
               || ngx_memcmp(field->data, usual.data, usual.len) != 0)
    {
        name = "plaid_exchange_field";

    } else {
        return;
    }

    if (use->warned) {
        return;
    }

    use->warned = 1;

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%s\" has no effect with \"plaid_webhook\" in %s:%ui",
                  name, use->file, use->line);
}


static ngx_http_plaid_loc_conf_t *
ngx_http_plaid_webhook_exchange(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_http_plaid_replay_t    *replay;
    ngx_http_plaid_loc_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_plaid_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    *conf = *plcf;

    if (plcf->replay == NULL) {
        return conf;
    }

    replay = ngx_palloc(cf->pool, sizeof(ngx_http_plaid_replay_t));
    if (replay == NULL) {
        return NULL;
    }

    *replay = *plcf->replay;

    if (!plcf->replayed || !(replay->timed & 1)) {
        replay->ttl = NGX_HTTP_PLAID_WEBHOOK_REPLAY;
    }

    if (!plcf->replayed || !(replay->timed & 2)) {
        replay->grace = NGX_HTTP_PLAID_WEBHOOK_REPLAY;
    }

    /* the signature is who asks, and no bind value */

    ngx_memzero(&replay->bind, sizeof(ngx_http_complex_value_t));
    replay->unbound = 0;

    conf->replay = replay;

    return conf;
}


static char *
ngx_http_plaid_webhook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_webhook_loc_conf_t *wlcf = conf;

    time_t                               *field;
    ngx_str_t                            *value, rest;
    ngx_uint_t                            i;
    ngx_http_plaid_webhook_use_t         *use;
    ngx_http_plaid_webhook_main_conf_t   *wmcf;

    if (wlcf->use != NGX_CONF_UNSET_PTR) {
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

        wlcf->use = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty client name";
    }

    use = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_webhook_use_t));
    if (use == NULL) {
        return NGX_CONF_ERROR;
    }

    use->name = value[1];
    use->max_age = 5 * 60;
    use->skew = 30;
    use->file = cf->conf_file->file.name.data;
    use->line = cf->conf_file->line;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_plaid_webhook_named(&value[i], "max_age=", &rest)) {
            field = &use->max_age;

        } else if (ngx_http_plaid_webhook_named(&value[i], "skew=", &rest)) {
            field = &use->skew;

        } else {
            goto invalid;
        }

        *field = ngx_parse_time(&rest, 1);

        if (*field == (time_t) NGX_ERROR) {
            goto invalid;
        }
    }

    wlcf->use = use;

    wmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_plaid_webhook_module);

    if (ngx_http_plaid_webhook_zone(cf, wmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       &value[i]);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_webhook_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_webhook_loc_conf_t *wlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (wlcf->keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    wlcf->keys = ngx_palloc(cf->pool, sizeof(ngx_plaid_webhook_cache_conf_t));
    if (wlcf->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    *wlcf->keys = ngx_http_plaid_webhook_default_keys;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_plaid_webhook_keys_parameter(&value[i], wlcf->keys)
            != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_plaid_webhook_keys_parameter(ngx_str_t *value,
    ngx_plaid_webhook_cache_conf_t *keys)
{
    ngx_int_t  n;
    ngx_str_t  rest;

    if (ngx_http_plaid_webhook_named(value, "ttl=", &rest)) {
        return ngx_http_plaid_webhook_time(&rest, &keys->ttl);
    }

    if (ngx_http_plaid_webhook_named(value, "negative=", &rest)) {
        return ngx_http_plaid_webhook_time(&rest, &keys->negative);
    }

    if (ngx_http_plaid_webhook_named(value, "rate=", &rest)) {
        return ngx_http_plaid_webhook_rate(&rest, &keys->rate);
    }

    if (ngx_http_plaid_webhook_named(value, "total=", &rest)) {
        return ngx_http_plaid_webhook_rate(&rest, &keys->total);
    }

    if (!ngx_http_plaid_webhook_named(value, "burst=", &rest)) {
        return NGX_DECLINED;
    }

    n = ngx_atoi(rest.data, rest.len);

    if (n == NGX_ERROR || n > 1000) {
        return NGX_DECLINED;
    }

    keys->burst = n * 1000;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_plaid_webhook_named(ngx_str_t *value, const char *name,
    ngx_str_t *rest)
{
    size_t  len;

    len = ngx_strlen(name);

    if (value->len < len || ngx_strncmp(value->data, name, len) != 0) {
        return 0;
    }

    rest->data = value->data + len;
    rest->len = value->len - len;

    return 1;
}


/* up to a week: two of them are no trouble to any arithmetic of times */

static ngx_int_t
ngx_http_plaid_webhook_time(ngx_str_t *s, ngx_msec_t *time)
{
    ngx_int_t  ms;

    ms = ngx_parse_time(s, 0);

    if (ms == NGX_ERROR || ms == 0 || ms > 7 * 24 * 60 * 60 * 1000) {
        return NGX_DECLINED;
    }

    *time = (ngx_msec_t) ms;

    return NGX_OK;
}


/* as limit_req has it */

static ngx_int_t
ngx_http_plaid_webhook_rate(ngx_str_t *s, ngx_uint_t *rate)
{
    size_t      len;
    u_char     *unit;
    ngx_int_t   n;
    ngx_uint_t  scale;

    if (s->len < 4) {
        return NGX_DECLINED;
    }

    len = s->len - 3;
    unit = s->data + len;

    if (ngx_strncmp(unit, "r/s", 3) == 0) {
        scale = 1;

    } else if (ngx_strncmp(unit, "r/m", 3) == 0) {
        scale = 60;

    } else {
        return NGX_DECLINED;
    }

    n = ngx_atoi(s->data, len);

    if (n == NGX_ERROR || n == 0 || n > 100000) {
        return NGX_DECLINED;
    }

    *rate = (ngx_uint_t) n * 1000 / scale;

    return NGX_OK;
}


/* their number is that of records, calls and header elements */

static char *
ngx_http_plaid_webhook_max_tokens(ngx_conf_t *cf, void *post, void *data)
{
    ngx_int_t *n = data;

    return (*n > 0 && *n <= 256) ? NGX_CONF_OK
                                 : "must be from 1 to 256";
}


static ngx_int_t
ngx_http_plaid_webhook_zone(ngx_conf_t *cf,
    ngx_http_plaid_webhook_main_conf_t *wmcf)
{
    size_t  size;

    if (wmcf->shm_zone) {
        return NGX_OK;
    }

    /* the slab pool and its descriptors of pages take some more */

    size = ngx_align(ngx_plaid_webhook_cache_size(), ngx_pagesize);
    size += size / 64 + 16 * ngx_pagesize;
    size = ngx_align(size, ngx_pagesize);

    /* not the module: a plaid_replay_zone of this name is another one */

    wmcf->shm_zone = ngx_shared_memory_add(cf,
                                           &ngx_http_plaid_webhook_zone_name,
                                           size,
                                           &ngx_http_plaid_webhook_zone_name);
    if (wmcf->shm_zone == NULL) {
        return NGX_ERROR;
    }

    wmcf->shm_zone->init = ngx_http_plaid_webhook_init_zone;
    wmcf->shm_zone->data = wmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_webhook_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    void                                *mem;
    ngx_slab_pool_t                     *shpool;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    wmcf = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* "data": reload; "exists": another master's memory; else it is new */

    mem = (data || shm_zone->shm.exists) ? shpool->data : NULL;

    if (mem == NULL) {
        mem = ngx_slab_calloc(shpool, ngx_plaid_webhook_cache_size());
        if (mem == NULL) {
            return NGX_ERROR;
        }

        shpool->data = mem;
        shpool->log_nomem = 0;
    }

    ngx_plaid_webhook_cache_init(&wmcf->cache, mem, &shpool->mutex);

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_webhook_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt                 *h;
    ngx_http_core_main_conf_t           *cmcf;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_plaid_webhook_module);

    if (wmcf->shm_zone == NULL) {
        return NGX_OK;
    }

    /* before try_files, mirror and exchange: see init_module */

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_plaid_webhook_handler;

    return NGX_OK;
}


/* nobody may end the phase before what is not signed was refused */

static ngx_int_t
ngx_http_plaid_webhook_init_module(ngx_cycle_t *cycle)
{
    ngx_http_plaid_boundary_to_front(cycle, ngx_http_plaid_webhook_handler);

    return NGX_OK;
}


static void
ngx_http_plaid_webhook_exit_process(ngx_cycle_t *cycle)
{
    ngx_plaid_webhook_key_exit();
}
