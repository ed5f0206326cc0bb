
/* Which fault a call gets: asked for by itself or by a rule of the location. */


#include "ngx_http_plaid_sandbox.h"


static char *ngx_http_plaid_sandbox_rule(ngx_conf_t *cf,
    ngx_http_plaid_sandbox_rule_t *rule, ngx_str_t *word);
static ngx_int_t ngx_http_plaid_sandbox_fits(
    ngx_http_plaid_sandbox_ctx_t *ctx, ngx_http_plaid_sandbox_rule_t *rule);
static ngx_int_t ngx_http_plaid_sandbox_asked_for(
    ngx_http_plaid_sandbox_ctx_t *ctx);


char *
ngx_http_plaid_sandbox_fault(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    char                           *rv;
    ngx_str_t                      *value;
    ngx_uint_t                      i;
    ngx_array_t                   **rules;
    ngx_http_plaid_sandbox_rule_t  *rule;

    rules = (ngx_array_t **) (p + cmd->offset);
    value = cf->args->elts;

    if (*rules == NULL) {
        *rules = ngx_array_create(cf->pool, 1,
                                  sizeof(ngx_http_plaid_sandbox_rule_t));
        if (*rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if ((*rules)->nelts) {
            return "is off and on at once";
        }

        return NGX_CONF_OK;
    }

    rule = ngx_array_push(*rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_http_plaid_sandbox_rule_t));

    rule->rate = 10000;

    for (i = 1; i < cf->args->nelts; i++) {

        rv = ngx_http_plaid_sandbox_rule(cf, rule, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_sandbox_rule(ngx_conf_t *cf,
    ngx_http_plaid_sandbox_rule_t *rule, ngx_str_t *word)
{
    ngx_int_t                         n;
    ngx_str_t                         s;
    ngx_http_compile_complex_value_t  ccv;

    if (word->len > 6 && ngx_strncmp(word->data, "rate=", 5) == 0
        && word->data[word->len - 1] == '%')
    {
        n = ngx_atofp(word->data + 5, word->len - 6, 2);

        if (n != NGX_ERROR && n <= 10000) {
            rule->rate = n;
            return NGX_CONF_OK;
        }

    } else if (word->len > 3 && ngx_strncmp(word->data, "if=", 3) == 0) {

        s.data = word->data + 3;
        s.len = word->len - 3;

        rule->condition = ngx_palloc(cf->pool,
                                     sizeof(ngx_http_complex_value_t));
        if (rule->condition == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &s;
        ccv.complex_value = rule->condition;

        return ngx_http_compile_complex_value(&ccv) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;

    } else if (word->len > 6 && ngx_strncmp(word->data, "path=/", 6) == 0) {

        rule->path.data = word->data + 5;
        rule->path.len = word->len - 5;

        return NGX_CONF_OK;

    } else if (ngx_plaid_sandbox_fault_word(&rule->fault, word) == NGX_OK) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"plaid_sandbox_fault\"",
                       word);

    return NGX_CONF_ERROR;
}


void
ngx_http_plaid_sandbox_choose(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_uint_t                          i;
    ngx_http_plaid_sandbox_rule_t      *rule;
    ngx_http_plaid_sandbox_loc_conf_t  *slcf;

    /* the operator's own calls work whatever else is broken */

    if (ctx->call.route
        && (ctx->call.route->flags & NGX_PLAID_SANDBOX_OPERATOR))
    {
        return;
    }

    if (ngx_http_plaid_sandbox_asked_for(ctx) == NGX_OK) {
        return;
    }

    slcf = ngx_http_get_module_loc_conf(ctx->request,
                                        ngx_http_plaid_sandbox_module);
    if (slcf->rules == NULL) {
        return;
    }

    rule = slcf->rules->elts;

    for (i = 0; i < slcf->rules->nelts; i++) {
        if (ngx_http_plaid_sandbox_fits(ctx, &rule[i]) == NGX_OK) {
            ctx->fault = rule[i].fault;
            return;
        }
    }
}


/* The fault that the call itself asks for. */

static ngx_int_t
ngx_http_plaid_sandbox_asked_for(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_str_t                   value;
    ngx_plaid_sandbox_fault_t  *fault;

    fault = &ctx->fault;

    if (ctx->call.route
        && (ctx->call.route->flags & NGX_PLAID_SANDBOX_EXCHANGE)
        && ngx_plaid_sandbox_asked_fault(&ctx->call, &value) == NGX_OK
        && ngx_plaid_sandbox_fault_token(fault, &value) == NGX_OK)
    {
        if (fault->times
            && ngx_plaid_sandbox_asked(&ctx->call) >= fault->times)
        {
            ngx_memzero(fault, sizeof(ngx_plaid_sandbox_fault_t));
        }

        return NGX_OK;
    }

    ngx_memzero(fault, sizeof(ngx_plaid_sandbox_fault_t));

    if (ctx->fault_header.len == 0) {
        return NGX_DECLINED;
    }

    if (ngx_plaid_sandbox_fault_header(fault, &ctx->fault_header) != NGX_OK) {

        /* a misspelt fault must not look like a passed test */

        ngx_log_error(NGX_LOG_ERR, ctx->call.log, 0,
                      "invalid fault \"%V\" was asked of plaid_sandbox",
                      &ctx->fault_header);

        ngx_memzero(fault, sizeof(ngx_plaid_sandbox_fault_t));

        fault->kind = NGX_PLAID_SANDBOX_FAULT_STATUS;
        fault->value = NGX_HTTP_NOT_IMPLEMENTED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_sandbox_fits(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_http_plaid_sandbox_rule_t *rule)
{
    ngx_str_t  value, *path;

    path = &ctx->call.path;

    if (rule->path.len
        && (rule->path.len != path->len
            || ngx_strncmp(rule->path.data, path->data, path->len) != 0))
    {
        return NGX_DECLINED;
    }

    if (rule->condition) {
        if (ngx_http_complex_value(ctx->request, rule->condition, &value)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        if (value.len == 0 || (value.len == 1 && value.data[0] == '0')) {
            return NGX_DECLINED;
        }
    }

    if (rule->rate < 10000
        && (ngx_uint_t) ngx_random() % 10000 >= rule->rate)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}
