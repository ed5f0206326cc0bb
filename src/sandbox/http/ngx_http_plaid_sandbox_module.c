
/* Configuration of the sandbox. */


#include "ngx_http_plaid_sandbox.h"


/* about two thousand records; the smallest zone still has a few */
#define NGX_HTTP_PLAID_SANDBOX_ZONE      (4 * 1024 * 1024)
#define NGX_HTTP_PLAID_SANDBOX_ZONE_MIN  (16 * ngx_pagesize)

/* a padded reply is made in memory */
#define NGX_HTTP_PLAID_SANDBOX_PAD_MAX   (256 * 1024 * 1024)


static ngx_int_t ngx_http_plaid_sandbox_init(ngx_conf_t *cf);
static void *ngx_http_plaid_sandbox_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_plaid_sandbox_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_plaid_sandbox_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_plaid_sandbox_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_plaid_sandbox(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_sandbox_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_sandbox_pad(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void ngx_http_plaid_sandbox_exit(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_plaid_sandbox_commands[] = {

    { ngx_string("plaid_sandbox"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_plaid_sandbox,
      0,
      0,
      NULL },

    { ngx_string("plaid_sandbox_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_plaid_sandbox_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_sandbox_loc_conf_t, keys),
      NULL },

    { ngx_string("plaid_sandbox_fault"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_sandbox_fault,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_sandbox_loc_conf_t, rules),
      NULL },

    { ngx_string("plaid_sandbox_token_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_sandbox_loc_conf_t, token_ttl),
      NULL },

    { ngx_string("plaid_sandbox_pad"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_sandbox_pad,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_sandbox_webhook_retry"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_plaid_sandbox_hook_retry,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_sandbox_webhook_trusted"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_sandbox_hook_trusted,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_sandbox_zone_size"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_plaid_sandbox_main_conf_t, size),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_plaid_sandbox_module_ctx = {
    NULL,                                    /* preconfiguration */
    ngx_http_plaid_sandbox_init,             /* postconfiguration */

    ngx_http_plaid_sandbox_create_main_conf, /* create main configuration */
    ngx_http_plaid_sandbox_init_main_conf,   /* init main configuration */

    NULL,                                    /* create server configuration */
    NULL,                                    /* merge server configuration */

    ngx_http_plaid_sandbox_create_loc_conf,  /* create location configuration */
    ngx_http_plaid_sandbox_merge_loc_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_plaid_sandbox_module = {
    NGX_MODULE_V1,
    &ngx_http_plaid_sandbox_module_ctx,        /* module context */
    ngx_http_plaid_sandbox_commands,           /* module directives */
    NGX_HTTP_MODULE,                           /* module type */
    NULL,                                      /* init master */
    NULL,                                      /* init module */
    NULL,                                      /* init process */
    NULL,                                      /* init thread */
    NULL,                                      /* exit thread */
    ngx_http_plaid_sandbox_exit,               /* exit process */
    NULL,                                      /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_str_t  ngx_http_plaid_sandbox_zone_name =
    ngx_string("plaid_sandbox");


static ngx_int_t
ngx_http_plaid_sandbox_init(ngx_conf_t *cf)
{
    ngx_http_plaid_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_plaid_sandbox_module);

    if (smcf->used) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "plaid_sandbox answers as Plaid with made-up data: "
                      "for tests and development, never for production");
    }

    return NGX_OK;
}


static void *
ngx_http_plaid_sandbox_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_plaid_sandbox_main_conf_t  *smcf;

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_sandbox_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     smcf->zone = NULL;
     *     smcf->used = 0;
     */

    smcf->size = NGX_CONF_UNSET_SIZE;

    return smcf;
}


static char *
ngx_http_plaid_sandbox_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_plaid_sandbox_main_conf_t *smcf = conf;

    ngx_plaid_sandbox_store_t  *store;

    ngx_conf_init_size_value(smcf->size, NGX_HTTP_PLAID_SANDBOX_ZONE);

    if (smcf->size < NGX_HTTP_PLAID_SANDBOX_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"plaid_sandbox_zone_size\" must be at least %uz",
                           NGX_HTTP_PLAID_SANDBOX_ZONE_MIN);
        return NGX_CONF_ERROR;
    }

    if (!smcf->used) {
        return NGX_CONF_OK;
    }

    store = ngx_pcalloc(cf->pool, sizeof(ngx_plaid_sandbox_store_t));
    if (store == NULL) {
        return NGX_CONF_ERROR;
    }

    smcf->zone = ngx_shared_memory_add(cf, &ngx_http_plaid_sandbox_zone_name,
                                       smcf->size,
                                       &ngx_http_plaid_sandbox_module);
    if (smcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    smcf->zone->init = ngx_plaid_sandbox_store_init;
    smcf->zone->data = store;

    return NGX_CONF_OK;
}


static void *
ngx_http_plaid_sandbox_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_plaid_sandbox_loc_conf_t  *slcf;

    slcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_sandbox_loc_conf_t));
    if (slcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     slcf->keys = NULL;
     *     slcf->rules = NULL;
     *     slcf->sender = { 0 };
     *     slcf->ssl = NULL;
     */

    slcf->token_ttl = NGX_CONF_UNSET;
    slcf->pad = NGX_CONF_UNSET_SIZE;
    slcf->retry = NGX_CONF_UNSET_MSEC;
    slcf->retry_for = NGX_CONF_UNSET_MSEC;

    return slcf;
}


static char *
ngx_http_plaid_sandbox_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_plaid_sandbox_loc_conf_t *prev = parent;
    ngx_http_plaid_sandbox_loc_conf_t *conf = child;

    ngx_plaid_sandbox_key_t  *key;

    ngx_conf_merge_sec_value(conf->token_ttl, prev->token_ttl,
                             NGX_PLAID_SANDBOX_TOKEN_TTL);
    ngx_conf_merge_size_value(conf->pad, prev->pad, 0);

    if (conf->rules == NULL) {
        conf->rules = prev->rules;
    }

    if (conf->keys == NULL) {
        conf->keys = prev->keys;
    }

    if (conf->keys == NULL) {
        conf->keys = ngx_array_create(cf->pool, 1,
                                      sizeof(ngx_plaid_sandbox_key_t));
        if (conf->keys == NULL) {
            return NGX_CONF_ERROR;
        }

        key = ngx_array_push(conf->keys);
        if (key == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_str_set(&key->id, "test_id");
        ngx_str_set(&key->secret, "test_secret");

        /* the servers and locations below share it */

        prev->keys = conf->keys;
    }

    return ngx_http_plaid_sandbox_hook_merge(cf, prev, conf);
}


/* The events of a worker still work here. */

static void
ngx_http_plaid_sandbox_exit(ngx_cycle_t *cycle)
{
    ngx_plaid_sandbox_webhook_exit();
}


static char *
ngx_http_plaid_sandbox_pad(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_sandbox_loc_conf_t *slcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (slcf->pad != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        slcf->pad = 0;
        return NGX_CONF_OK;
    }

    size = ngx_parse_size(&value[1]);

    if (size < 0 || size > NGX_HTTP_PLAID_SANDBOX_PAD_MAX) {
        return "must be a size of at most 256m";
    }

    slcf->pad = size;

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t            *clcf;
    ngx_http_plaid_sandbox_main_conf_t  *smcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_http_plaid_sandbox_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_http_plaid_sandbox_handler;

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_plaid_sandbox_module);
    smcf->used = 1;

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_sandbox_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t                *value;
    ngx_array_t             **keys;
    ngx_plaid_sandbox_key_t  *key;

    keys = (ngx_array_t **) (p + cmd->offset);
    value = cf->args->elts;

    if (value[1].len == 0 || value[2].len == 0
        || value[1].len >= NGX_PLAID_SANDBOX_KEY_MAX
        || value[2].len >= NGX_PLAID_SANDBOX_KEY_MAX)
    {
        return "has an empty or too long key";
    }

    if (*keys == NULL) {
        *keys = ngx_array_create(cf->pool, 1, sizeof(ngx_plaid_sandbox_key_t));
        if (*keys == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    key = ngx_array_push(*keys);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    key->id = value[1];
    key->secret = value[2];

    return NGX_CONF_OK;
}
