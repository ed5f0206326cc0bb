
/*
 * Directives of sealed tokens, and what a request is sealed for.
 */


#include "ngx_http_plaid_seal.h"
#include "ngx_http_plaid_watch.h"


static char *ngx_http_plaid_seal_tenant(ngx_conf_t *cf,
    ngx_http_plaid_seal_t *seal, ngx_str_t *value);
static ngx_uint_t ngx_http_plaid_seal_bare(ngx_str_t *value, const char *name,
    ngx_uint_t prefix);


char *
ngx_http_plaid_seal_key_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_main_conf_t *pmcf = conf;

    ngx_str_t  *value;

    if (pmcf->seal_keys) {
        return "is duplicate";
    }

    value = cf->args->elts;

    pmcf->seal_keys = ngx_http_plaid_watch_keyfile(cf, &cmd->name, &value[1],
                                                   ngx_plaid_keyring_parse,
                                                   sizeof(ngx_plaid_keyring_t));

    return pmcf->seal_keys ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_plaid_seal(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              off;
    ngx_http_plaid_seal_t  *seal;

    if (plcf->seal != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    off = ngx_strcmp(value[1].data, "off") == 0;

    if (!off && ngx_strcmp(value[1].data, "on") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"plaid_seal\" directive, "
                           "it must be \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3
        && (off || ngx_strncmp(value[2].data, "tenant=", 7) != 0
            || value[2].len == 7))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    if (off) {
        plcf->seal = NULL;
        return NGX_CONF_OK;
    }

    seal = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_seal_t));
    if (seal == NULL) {
        return NGX_CONF_ERROR;
    }

    seal->file = cf->conf_file->file.name.data;
    seal->line = cf->conf_file->line;

    plcf->seal = seal;

    return (cf->args->nelts == 3)
           ? ngx_http_plaid_seal_tenant(cf, seal, &value[2]) : NGX_CONF_OK;
}


static char *
ngx_http_plaid_seal_tenant(ngx_conf_t *cf, ngx_http_plaid_seal_t *seal,
    ngx_str_t *value)
{
    ngx_str_t                          s;
    ngx_http_compile_complex_value_t   ccv;

    s.data = value->data + sizeof("tenant=") - 1;
    s.len = value->len - (sizeof("tenant=") - 1);

    ngx_http_plaid_seal_chosen(cf, "tenant of \"plaid_seal\"", &s);

    seal->tenant = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (seal->tenant == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &s;
    ccv.complex_value = seal->tenant;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


void
ngx_http_plaid_seal_chosen(ngx_conf_t *cf, const char *what, ngx_str_t *value)
{
    if (ngx_http_plaid_seal_bare(value, "host", 0)
        || ngx_http_plaid_seal_bare(value, "http_", 1)
        || ngx_http_plaid_seal_bare(value, "arg_", 1)
        || ngx_http_plaid_seal_bare(value, "cookie_", 1))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "%s is \"%V\", which clients choose", what, value);
    }
}


/* "$name" or "${name}", or a variable that begins so */

static ngx_uint_t
ngx_http_plaid_seal_bare(ngx_str_t *value, const char *name,
    ngx_uint_t prefix)
{
    u_char  *p, *last;
    size_t   len;

    p = value->data;
    last = p + value->len;

    if (p == last || *p++ != '$') {
        return 0;
    }

    if (last - p > 1 && *p == '{' && last[-1] == '}') {
        p++;
        last--;
    }

    len = ngx_strlen(name);

    if ((size_t) (last - p) < len
        || ngx_strncasecmp(p, (u_char *) name, len) != 0)
    {
        return 0;
    }

    if (!prefix) {
        return (size_t) (last - p) == len;
    }

    for (p += len; p < last; p++) {
        if ((*p < '0' || *p > '9') && (*p < 'A' || *p > 'Z')
            && (*p < 'a' || *p > 'z') && *p != '_')
        {
            return 0;
        }
    }

    return 1;
}


char *
ngx_http_plaid_seal_merge(ngx_conf_t *cf, ngx_http_plaid_loc_conf_t *prev,
    ngx_http_plaid_loc_conf_t *conf)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    ngx_conf_merge_ptr_value(conf->seal, prev->seal, NULL);

    if (conf->seal == NULL) {
        return NGX_CONF_OK;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (pmcf->seal_keys) {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"plaid_seal on\" without \"plaid_seal_key_file\" "
                  "in %s:%ui", conf->seal->file, conf->seal->line);

    return NGX_CONF_ERROR;
}


char *
ngx_http_plaid_seal_client(ngx_conf_t *cf, ngx_http_plaid_seal_t *seal,
    ngx_http_plaid_client_t *client)
{
    if (seal == NULL || client->dialect == NGX_PLAID_CURRENT) {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"plaid_seal on\" with plaid_client \"%V\", which uses the "
                  "legacy API, in %s:%ui", &client->name, seal->file,
                  seal->line);

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_plaid_seal_scope(ngx_http_request_t *r, ngx_http_plaid_seal_t *seal,
    ngx_http_plaid_client_t *client, ngx_plaid_sealed_token_scope_t *scope)
{
    ngx_memzero(scope, sizeof(ngx_plaid_sealed_token_scope_t));

    if (seal->tenant) {

        if (ngx_http_complex_value(r, seal->tenant, &scope->tenant)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (scope->tenant.len == 0
            || scope->tenant.len > NGX_PLAID_SEALED_TOKEN_NAME_MAX)
        {
            return NGX_DECLINED;
        }
    }

    return ngx_http_plaid_client_id(r, client, r->pool, &scope->client_id);
}


ngx_plaid_keyring_t *
ngx_http_plaid_seal_keys(ngx_http_request_t *r)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

    return pmcf->seal_keys ? pmcf->seal_keys->keys : NULL;
}


ngx_int_t
ngx_http_plaid_seal_token(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_plaid_sealed_token_scope_t *scope, ngx_str_t *token,
    ngx_str_t *item_id, ngx_str_t *out)
{
    /* a file that was read again has replaced them */

    scope->ring = ngx_http_plaid_seal_keys(r);

    if (ngx_plaid_sealed_token_seal(scope, pool, token, item_id, out)
        == NGX_OK)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "plaid access token cannot be sealed");

    return NGX_ERROR;
}


ngx_plaid_sealed_token_e
ngx_http_plaid_seal_open(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_plaid_sealed_token_scope_t *scope, ngx_str_t *in,
    ngx_plaid_sealed_token_t *st)
{
    scope->ring = ngx_http_plaid_seal_keys(r);

    return ngx_plaid_sealed_token_open(scope, pool, in, st);
}
