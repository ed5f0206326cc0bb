
/*
 * What the app, Plaid, the log and the variables get of a verdict.
 */


#include "ngx_http_plaid_webhook.h"
#include "ngx_http_plaid_boundary.h"
#include "ngx_http_plaid_outcome.h"
#include "ngx_plaid_headers.h"


typedef struct {
    ngx_str_t                  name;
    u_char                    *lowcase;
} ngx_http_plaid_webhook_header_t;


static ngx_uint_t ngx_http_plaid_webhook_log_level(
    ngx_plaid_webhook_e verdict);
static ngx_int_t ngx_http_plaid_webhook_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_plaid_webhook_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_plaid_webhook_set_variable(ngx_http_variable_value_t *v,
    ngx_str_t *value);


static ngx_str_t  ngx_http_plaid_webhook_verified = ngx_string("verified");


static ngx_http_plaid_webhook_header_t  ngx_http_plaid_webhook_names[] = {
    { ngx_string("X-Plaid-Webhook"), (u_char *) "x-plaid-webhook" },
    { ngx_string("X-Plaid-Webhook-Time"), (u_char *) "x-plaid-webhook-time" },
    { ngx_string("X-Plaid-Webhook-Type"), (u_char *) "x-plaid-webhook-type" },
    { ngx_string("X-Plaid-Webhook-Code"), (u_char *) "x-plaid-webhook-code" }
};


#define NGX_HTTP_PLAID_WEBHOOK_HEADERS                                        \
    (sizeof(ngx_http_plaid_webhook_names)                                     \
     / sizeof(ngx_http_plaid_webhook_names[0]))


static ngx_http_variable_t  ngx_http_plaid_webhook_vars[] = {

    { ngx_string("plaid_webhook"), NULL,
      ngx_http_plaid_webhook_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_webhook_type"), NULL,
      ngx_http_plaid_webhook_name_variable,
      offsetof(ngx_plaid_webhook_body_t, type),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("plaid_webhook_code"), NULL,
      ngx_http_plaid_webhook_name_variable,
      offsetof(ngx_plaid_webhook_body_t, code),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_plaid_webhook_headers(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx)
{
    u_char                           *p;
    ngx_str_t                         values[NGX_HTTP_PLAID_WEBHOOK_HEADERS];
    ngx_uint_t                        i, n;
    ngx_table_elt_t                  *h;
    ngx_http_plaid_ctx_t             *main;
    ngx_http_plaid_webhook_header_t  *name;

    h = ngx_pcalloc(r->pool, NGX_HTTP_PLAID_WEBHOOK_HEADERS
                             * sizeof(ngx_table_elt_t));
    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);

    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    values[0] = ngx_http_plaid_webhook_verified;
    values[1].data = p;
    values[1].len = ngx_sprintf(p, "%L", ctx->jwt.iat) - p;
    values[2] = ctx->body.type;
    values[3] = ctx->body.code;

    for (i = 0, n = 0; i < NGX_HTTP_PLAID_WEBHOOK_HEADERS; i++) {

        if (values[i].len == 0) {
            continue;
        }

        name = &ngx_http_plaid_webhook_names[i];

        h[n].hash = ngx_hash_key(name->lowcase, name->name.len);
        h[n].key = name->name;
        h[n].lowcase_key = name->lowcase;
        h[n].value = values[i];
        n++;
    }

    /* an app would get what a script has set under our names, too */

    if (ngx_http_plaid_boundary_strip(r) != NGX_OK) {
        return NGX_ERROR;
    }

    /* plaid_exchange sets them once more, with its own */

    main = ngx_http_plaid_ctx(r);

    main->verified = h;
    main->nverified = n;

    return ngx_plaid_headers_append(&r->headers_in.headers, h, n);
}


ngx_int_t
ngx_http_plaid_webhook_refuse(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_uint_t             status;
    ngx_plaid_result_t    *res;
    ngx_http_plaid_ctx_t  *main;

    status = ngx_plaid_webhook_status(ctx->verdict);

    main = ngx_http_plaid_ctx(r);

    if (main == NULL || main->answered) {
        return (ngx_int_t) status;
    }

    main->answered = 1;

    res = &main->result;

    ngx_plaid_result_wipe(res);
    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    res->status = (status < NGX_HTTP_INTERNAL_SERVER_ERROR)
                  ? NGX_PLAID_REJECTED : NGX_PLAID_FAILED;

    ngx_str_set(&res->error_type, "WEBHOOK_ERROR");
    res->error_code = *ngx_plaid_webhook_code(ctx->verdict);
    res->error_message = *ngx_plaid_webhook_message(ctx->verdict);

    return ngx_http_plaid_outcome_answer(r, main, status);
}


void
ngx_http_plaid_webhook_log(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_str_t                            kid;
    ngx_uint_t                           rest;
    ngx_http_request_t                  *r;
    ngx_http_plaid_client_t             *client;
    ngx_http_plaid_main_conf_t          *pmcf;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    r = ctx->request;
    client = ctx->wlcf->use->client;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_webhook_module);

    ngx_plaid_stats_webhook(pmcf->stats, &client->peer.stats, ctx->verdict);

    if (ctx->verdict == NGX_PLAID_WEBHOOK_VERIFIED
        || !ngx_plaid_webhook_cache_log(&wmcf->cache, ctx->verdict,
                                        ngx_time(), &rest))
    {
        return;
    }

    kid.data = ctx->jwt.kid;
    kid.len = ctx->jwt.kid_len;

    ngx_log_error(ngx_http_plaid_webhook_log_level(ctx->verdict),
                  r->connection->log, 0,
                  "plaid webhook refused: %V, status %ui, kid \"%V\", "
                  "client \"%V\", %ui more since the last line",
                  ngx_plaid_webhook_code(ctx->verdict),
                  ngx_plaid_webhook_status(ctx->verdict), &kid, &client->name,
                  rest);
}


/* what an operator can do something about is an error */

static ngx_uint_t
ngx_http_plaid_webhook_log_level(ngx_plaid_webhook_e verdict)
{
    switch (verdict) {

    case NGX_PLAID_WEBHOOK_KEY_UNAVAILABLE:
    case NGX_PLAID_WEBHOOK_EXCHANGE_PENDING:
    case NGX_PLAID_WEBHOOK_TOO_MANY_TOKENS:
    case NGX_PLAID_WEBHOOK_INTERNAL:
        return NGX_LOG_ERR;

    default:
        return NGX_LOG_WARN;
    }
}


ngx_int_t
ngx_http_plaid_webhook_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_plaid_webhook_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_webhook_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_plaid_webhook_ctx_t  *ctx;

    static ngx_str_t  none = ngx_string("-");

    ctx = ngx_http_plaid_webhook_ctx(r);

    ngx_http_plaid_webhook_set_variable(v,
                     (ctx && ctx->state == NGX_HTTP_PLAID_WEBHOOK_DONE
                      && ctx->verdict == NGX_PLAID_WEBHOOK_VERIFIED)
                     ? &ngx_http_plaid_webhook_verified : &none);

    return NGX_OK;
}


/* of a body that was verified alone */

static ngx_int_t
ngx_http_plaid_webhook_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                     *value;
    ngx_http_plaid_webhook_ctx_t  *ctx;

    static ngx_str_t  none = ngx_string("");

    ctx = ngx_http_plaid_webhook_ctx(r);

    value = ctx ? (ngx_str_t *) ((char *) &ctx->body + data) : &none;

    ngx_http_plaid_webhook_set_variable(v, value->len ? value : &none);

    return NGX_OK;
}


/* not "valid": nginx would keep the value of before the verdict */

static void
ngx_http_plaid_webhook_set_variable(ngx_http_variable_value_t *v,
    ngx_str_t *value)
{
    v->len = value->len;
    v->data = value->data;
    v->valid = 0;
    v->no_cacheable = 1;
    v->not_found = 0;
}
