
/*
 * The module of plaid_link_token: its directives, created and inherited.
 */


#include "ngx_http_plaid_link.h"


static void *ngx_http_plaid_link_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_plaid_link_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_plaid_link_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


static ngx_conf_enum_t  ngx_http_plaid_link_answers[] = {
    { ngx_string("json"), NGX_HTTP_PLAID_LINK_JSON },
    { ngx_string("redirect"), NGX_HTTP_PLAID_LINK_REDIRECT },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_plaid_link_commands[] = {

    { ngx_string("plaid_link_token"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_link_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_user"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_link_user,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_link_token_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_set"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE23,
      ngx_http_plaid_link_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_choice"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_plaid_link_choice,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_access"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_plaid_link_access,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_link_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_link_token_answer"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_link_loc_conf_t, answer),
      &ngx_http_plaid_link_answers },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_plaid_link_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_plaid_link_check,             /* postconfiguration */

    ngx_http_plaid_link_create_main_conf,  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_plaid_link_create_loc_conf,   /* create location configuration */
    ngx_http_plaid_link_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_plaid_link_module = {
    NGX_MODULE_V1,
    &ngx_http_plaid_link_module_ctx,       /* module context */
    ngx_http_plaid_link_commands,          /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_plaid_link_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_plaid_link_main_conf_t  *lmcf;

    lmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_link_main_conf_t));
    if (lmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&lmcf->locations, cf->pool, 4,
                       sizeof(ngx_http_plaid_link_loc_conf_t *))
        != NGX_OK)
    {
        return NULL;
    }

    return lmcf;
}


static void *
ngx_http_plaid_link_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_plaid_link_loc_conf_t  *llcf;

    llcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_link_loc_conf_t));
    if (llcf == NULL) {
        return NULL;
    }

    llcf->user = NGX_CONF_UNSET_PTR;
    llcf->file = NGX_CONF_UNSET_PTR;
    llcf->sets = NGX_CONF_UNSET_PTR;
    llcf->choices = NGX_CONF_UNSET_PTR;
    llcf->access = NGX_CONF_UNSET_PTR;
    llcf->origin = NGX_CONF_UNSET_UINT;
    llcf->origins = NGX_CONF_UNSET_PTR;
    llcf->answer = NGX_CONF_UNSET_UINT;

    return llcf;
}


static char *
ngx_http_plaid_link_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_plaid_link_loc_conf_t *prev = parent;
    ngx_http_plaid_link_loc_conf_t *conf = child;

    ngx_http_plaid_link_loc_conf_t   **llcf;
    ngx_http_plaid_link_main_conf_t   *lmcf;

    ngx_conf_merge_ptr_value(conf->user, prev->user, NULL);
    ngx_conf_merge_ptr_value(conf->file, prev->file, NULL);
    ngx_conf_merge_ptr_value(conf->sets, prev->sets, NULL);
    ngx_conf_merge_ptr_value(conf->choices, prev->choices, NULL);
    ngx_conf_merge_ptr_value(conf->access, prev->access, NULL);

    if (conf->origin == NGX_CONF_UNSET_UINT) {
        conf->origins = prev->origins;
    }

    ngx_conf_merge_ptr_value(conf->origins, NULL, NULL);
    ngx_conf_merge_uint_value(conf->origin, prev->origin,
                              NGX_HTTP_PLAID_LINK_SAME);
    ngx_conf_merge_uint_value(conf->answer, prev->answer,
                              NGX_HTTP_PLAID_LINK_JSON);

    if (conf->name.len == 0) {
        return NGX_CONF_OK;
    }

    lmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_link_module);

    llcf = ngx_array_push(&lmcf->locations);
    if (llcf == NULL) {
        return NGX_CONF_ERROR;
    }

    *llcf = conf;

    return NGX_CONF_OK;
}
