
/* How webhooks of a location are sent: trust, and repetition. */


#include "ngx_http_plaid_sandbox.h"


/* a chain to a private CA is short */
#define NGX_HTTP_PLAID_SANDBOX_DEPTH   4


#if (NGX_SSL)
static ngx_ssl_t *ngx_http_plaid_sandbox_hook_ssl(ngx_conf_t *cf,
    ngx_str_t *trusted);
#endif


/* "plaid_sandbox_webhook_retry 30s 24h scale=0.01" */

char *
ngx_http_plaid_sandbox_hook_retry(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_plaid_sandbox_loc_conf_t *slcf = conf;

    ngx_int_t   scale;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (slcf->retry != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2) {
        if (ngx_strcmp(value[1].data, "off") != 0) {
            return "must be \"off\", or two times";
        }

        slcf->retry = 0;
        slcf->retry_for = 0;

        return NGX_CONF_OK;
    }

    slcf->retry = ngx_parse_time(&value[1], 0);
    slcf->retry_for = ngx_parse_time(&value[2], 0);

    if (slcf->retry == (ngx_msec_t) NGX_ERROR
        || slcf->retry_for == (ngx_msec_t) NGX_ERROR || slcf->retry == 0)
    {
        return "has an invalid time";
    }

    if (cf->args->nelts == 3) {
        return NGX_CONF_OK;
    }

    /* of 1000000 */

    scale = NGX_ERROR;

    if (value[3].len > 6 && ngx_strncmp(value[3].data, "scale=", 6) == 0) {
        scale = ngx_atofp(value[3].data + 6, value[3].len - 6, 6);
    }

    if (scale <= 0) {
        return "has an invalid scale";
    }

    slcf->retry = (ngx_msec_t) ((double) slcf->retry * scale / 1000000);
    slcf->retry_for = (ngx_msec_t) ((double) slcf->retry_for * scale
                                    / 1000000);

    /* a pause of nothing would be no repetition at all */

    slcf->retry = ngx_max(slcf->retry, 1);

    return NGX_CONF_OK;
}


char *
ngx_http_plaid_sandbox_hook_trusted(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
#if (NGX_SSL)

    ngx_http_plaid_sandbox_loc_conf_t *slcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (slcf->ssl) {
        return "is duplicate";
    }

    slcf->ssl = ngx_http_plaid_sandbox_hook_ssl(cf, &value[1]);

    return slcf->ssl ? NGX_CONF_OK : NGX_CONF_ERROR;

#else
    return "needs an nginx with SSL";
#endif
}


#if (NGX_SSL)

/* "trusted" NULL: the certificates of this system. */

static ngx_ssl_t *
ngx_http_plaid_sandbox_hook_ssl(ngx_conf_t *cf, ngx_str_t *trusted)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NULL;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NULL;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    if (trusted) {
        return ngx_ssl_trusted_certificate(cf, ssl, trusted,
                                           NGX_HTTP_PLAID_SANDBOX_DEPTH)
               == NGX_OK ? ssl : NULL;
    }

    (void) SSL_CTX_set_default_verify_paths(ssl->ctx);

    return ssl;
}

#endif


char *
ngx_http_plaid_sandbox_hook_merge(ngx_conf_t *cf,
    ngx_http_plaid_sandbox_loc_conf_t *prev,
    ngx_http_plaid_sandbox_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t            *clcf;
#if (NGX_SSL)
    ngx_http_plaid_sandbox_main_conf_t  *smcf;
#endif

    ngx_conf_merge_msec_value(conf->retry, prev->retry, 0);
    ngx_conf_merge_msec_value(conf->retry_for, prev->retry_for, 0);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != ngx_http_plaid_sandbox_handler) {

#if (NGX_SSL)
        if (conf->ssl == NULL) {
            conf->ssl = prev->ssl;
        }
#endif
        return NGX_CONF_OK;
    }

    conf->sender.retry = conf->retry;
    conf->sender.retry_for = conf->retry_for;

#if (NGX_SSL)

    if (conf->ssl == NULL) {
        conf->ssl = prev->ssl;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_plaid_sandbox_module);

    if (conf->ssl == NULL && smcf->ssl == NULL) {
        smcf->ssl = ngx_http_plaid_sandbox_hook_ssl(cf, NULL);

        if (smcf->ssl == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    conf->sender.ssl = conf->ssl ? conf->ssl : smcf->ssl;

#endif

    return NGX_CONF_OK;
}


void
ngx_http_plaid_sandbox_hook_send(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_uint_t                          i;
    ngx_http_core_loc_conf_t           *clcf;
    ngx_plaid_sandbox_hook_t           *hook;
    ngx_http_plaid_sandbox_loc_conf_t  *slcf;

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);
    slcf = ngx_http_get_module_loc_conf(ctx->request,
                                        ngx_http_plaid_sandbox_module);

    /* core's are merged after those of this module */

    slcf->sender.resolver = clcf->resolver;
    slcf->sender.resolver_timeout = clcf->resolver_timeout;

    hook = ctx->call.hooks->elts;

    for (i = 0; i < ctx->call.hooks->nelts; i++) {
        ngx_plaid_sandbox_webhook(ctx->call.store, &slcf->sender, &hook[i]);
    }
}
