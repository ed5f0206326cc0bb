
/*
 * The module of plaid_pass: its directives and its variable.
 */


#include "ngx_http_plaid_pass.h"


static ngx_int_t ngx_http_plaid_pass_module_variables(ngx_conf_t *cf);
static ngx_int_t ngx_http_plaid_pass_module_app(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_module_t  ngx_http_plaid_pass_module_ctx = {
    ngx_http_plaid_pass_module_variables,  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_plaid_pass_conf_create,       /* create location configuration */
    ngx_http_plaid_pass_conf_merge         /* merge location configuration */
};


ngx_module_t  ngx_http_plaid_pass_module = {
    NGX_MODULE_V1,
    &ngx_http_plaid_pass_module_ctx,       /* module context */
    ngx_http_plaid_pass_conf_commands,     /* module directives */
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


static ngx_int_t
ngx_http_plaid_pass_module_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    static ngx_str_t  name = ngx_string("plaid_pass_app");

    var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_plaid_pass_module_app;

    return NGX_OK;
}


/* known from the key of a request on, and before its tenant is evaluated */

static ngx_int_t
ngx_http_plaid_pass_module_app(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_plaid_pass_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_plaid_pass_module);

    /* not "valid": it must not be cached before it is known */

    v->valid = 0;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->len = 0;
    v->data = (u_char *) "";

    if (ctx) {
        v->len = ctx->app.len;
        v->data = ctx->app.data;
        return NGX_OK;
    }

    v->not_found = (r->headers_out.status != 0);

    return NGX_OK;
}
