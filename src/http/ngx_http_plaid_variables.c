
#include "ngx_http_plaid_variables.h"
#include "ngx_http_plaid_wipe.h"
#include <openssl/evp.h>


/* "sha256:" and the digest in hex */
#define NGX_HTTP_PLAID_DIGEST_LEN  (sizeof("sha256:") - 1 + 2 * 32)


typedef enum {
    NGX_HTTP_PLAID_ACCESS_TOKEN = 0,
    NGX_HTTP_PLAID_STRIPE_TOKEN,
    NGX_HTTP_PLAID_PROCESSOR_TOKEN
} ngx_http_plaid_token_e;


static ngx_int_t ngx_http_plaid_status_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_plaid_result_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_plaid_environment_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_plaid_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_plaid_token_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_uint_t ngx_http_plaid_answered(ngx_http_request_t *r);
#if (NGX_HTTP_CACHE)
static ngx_int_t ngx_http_plaid_digest(ngx_http_request_t *r,
    ngx_str_t *text, ngx_str_t *token);
#endif
static void ngx_http_plaid_set_variable(ngx_http_variable_value_t *v,
    ngx_str_t *value);
static void ngx_http_plaid_no_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v);


static ngx_http_variable_t  ngx_http_plaid_vars[] = {

    { ngx_string("plaid_status"), NULL,
      ngx_http_plaid_status_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_item_id"), NULL,
      ngx_http_plaid_result_variable,
      offsetof(ngx_plaid_result_t, item_id),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_account_id"), NULL,
      ngx_http_plaid_result_variable,
      offsetof(ngx_plaid_result_t, account_id),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_request_id"), NULL,
      ngx_http_plaid_result_variable,
      offsetof(ngx_plaid_result_t, request_id),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_error_type"), NULL,
      ngx_http_plaid_result_variable,
      offsetof(ngx_plaid_result_t, error_type),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_error_code"), NULL,
      ngx_http_plaid_result_variable,
      offsetof(ngx_plaid_result_t, error_code),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_error_message"), NULL,
      ngx_http_plaid_result_variable,
      offsetof(ngx_plaid_result_t, error_message),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_environment"), NULL,
      ngx_http_plaid_environment_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_exchange_time"), NULL,
      ngx_http_plaid_time_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_access_token"), NULL,
      ngx_http_plaid_token_variable,
      NGX_HTTP_PLAID_ACCESS_TOKEN,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    /* as ngx_http_plaid_add_header_variable() */

    { ngx_string("http_x_plaid_stripe_bank_account_token"), NULL,
      ngx_http_plaid_token_variable,
      NGX_HTTP_PLAID_STRIPE_TOKEN,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_CHANGEABLE, 0 },

    { ngx_string("http_x_plaid_processor_token"), NULL,
      ngx_http_plaid_token_variable,
      NGX_HTTP_PLAID_PROCESSOR_TOKEN,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_CHANGEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_plaid_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    static ngx_str_t      header = ngx_string("X-Plaid-Access-Token");

    for (v = ngx_http_plaid_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return ngx_http_plaid_variables_add_header(cf, &header);
}


/*
 * nginx's own $http_<name> would keep the token cached for the access log and
 * for subrequests; and it could be evaluated before the exchange, and be
 * empty ever after.
 */

ngx_int_t
ngx_http_plaid_variables_add_header(ngx_conf_t *cf, ngx_str_t *name)
{
    u_char               *p;
    size_t                i;
    ngx_str_t             s;
    ngx_http_variable_t  *var;

    s.len = sizeof("http_") - 1 + name->len;

    s.data = ngx_pnalloc(cf->pool, s.len);
    if (s.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(s.data, "http_", sizeof("http_") - 1);

    for (i = 0; i < name->len; i++) {
        *p++ = (name->data[i] == '-') ? '_' : ngx_tolower(name->data[i]);
    }

    var = ngx_http_add_variable(cf, &s, NGX_HTTP_VAR_NOCACHEABLE
                                        |NGX_HTTP_VAR_CHANGEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_plaid_token_variable;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_status_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    ngx_http_plaid_set_variable(v, (ctx && ctx->statuses.len)
                        ? &ctx->statuses
                        : ngx_plaid_status_text(ctx ? ctx->result.status
                                                    : NGX_PLAID_NOTHING));

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_result_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t             *value;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    if (ctx) {
        value = (ngx_str_t *) ((char *) &ctx->result + data);

        if (value->len) {
            ngx_http_plaid_set_variable(v, value);
            return NGX_OK;
        }
    }

    ngx_http_plaid_no_variable(r, v);

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_environment_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    if (ctx && ctx->client) {
        ngx_http_plaid_set_variable(v, &ctx->client->environment);
        return NGX_OK;
    }

    ngx_http_plaid_no_variable(r, v);

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              value;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    if (ctx == NULL || !ctx->called) {
        ngx_http_plaid_no_variable(r, v);
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%T.%03M", (time_t) ctx->time / 1000,
                            ctx->time % 1000)
                - value.data;

    ngx_http_plaid_set_variable(v, &value);

    return NGX_OK;
}


/* only where the app may have it, and only until there is a response */

static ngx_int_t
ngx_http_plaid_token_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t             *token;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    if (r != r->main || ctx == NULL || !ctx->injected
        || ngx_http_plaid_answered(r))
    {
        ngx_http_plaid_no_variable(r, v);
        return NGX_OK;
    }

    switch (data) {

    case NGX_HTTP_PLAID_STRIPE_TOKEN:
        token = &ctx->result.stripe_token;
        break;

    case NGX_HTTP_PLAID_PROCESSOR_TOKEN:
        token = &ctx->result.processor_token;
        break;

    default: /* NGX_HTTP_PLAID_ACCESS_TOKEN */
        token = &ctx->result.access_token;
        break;
    }

    if (token->len == 0) {
        ngx_http_plaid_no_variable(r, v);
        return NGX_OK;
    }

    ngx_http_plaid_wipe_watch(r, ctx);

#if (NGX_HTTP_CACHE)

    /* while a cache key is made, which goes to disk as it is */

    if (r->cache && r->cache->header_start == 0) {

        if (ngx_http_plaid_digest(r, &ctx->digests[data], token) != NGX_OK) {
            return NGX_ERROR;
        }

        token = &ctx->digests[data];
    }

#endif

    ngx_http_plaid_set_variable(v, token);

    return NGX_OK;
}


/* what is evaluated then makes headers for the client: "proxy_redirect" */

static ngx_uint_t
ngx_http_plaid_answered(ngx_http_request_t *r)
{
    return r->headers_out.status
           || (r->upstream && r->upstream->headers_in.status_n);
}


#if (NGX_HTTP_CACHE)

/* tells users apart as the token would */

static ngx_int_t
ngx_http_plaid_digest(ngx_http_request_t *r, ngx_str_t *text,
    ngx_str_t *token)
{
    u_char    *p, digest[EVP_MAX_MD_SIZE];
    unsigned   len;

    if (text->len) {
        return NGX_OK;
    }

    if (EVP_Digest(token->data, token->len, digest, &len, EVP_sha256(), NULL)
        != 1)
    {
        return NGX_ERROR;
    }

    text->data = ngx_pnalloc(r->pool, NGX_HTTP_PLAID_DIGEST_LEN);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text->data, "sha256:", sizeof("sha256:") - 1);
    (void) ngx_hex_dump(p, digest, len);

    text->len = NGX_HTTP_PLAID_DIGEST_LEN;

    return NGX_OK;
}

#endif


/*
 * Not "valid", so that nginx asks again each time: it caches even variables
 * that are not cacheable, and the access log takes the cached value.
 */

static void
ngx_http_plaid_set_variable(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    v->len = value->len;
    v->data = value->data;
    v->valid = 0;
    v->no_cacheable = 1;
    v->not_found = 0;
}


/* "not found" would be cached, too: that must wait for the last word */

static void
ngx_http_plaid_no_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v)
{
    v->len = 0;
    v->data = (u_char *) "";
    v->valid = 0;
    v->no_cacheable = 1;
    v->not_found = (r == r->main && r->headers_out.status != 0);
}
