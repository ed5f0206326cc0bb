
/*
 * The subrequest that decides whether a public token is exchanged, in the
 * manner of auth_request.
 */


#include "ngx_http_plaid_check.h"
#include "ngx_http_plaid_request.h"


/* plaid_exchange_check_set */

typedef struct {
    ngx_int_t                   index;
    ngx_http_complex_value_t    value;
    ngx_http_set_variable_pt    set_handler;
} ngx_http_plaid_check_variable_t;


static ngx_int_t ngx_http_plaid_check_unset(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_plaid_check_answered(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_plaid_check_resume(ngx_http_request_t *r);
static ngx_plaid_cause_e ngx_http_plaid_check_cause(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_check_variables(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_check_copy(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_table_elt_t **known);


char *
ngx_http_plaid_check(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    ngx_str_t  *value;

    if (plcf->check != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        plcf->check = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0 || value[1].data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URI \"%V\" in \"plaid_exchange_check\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    plcf->check = ngx_palloc(cf->pool, sizeof(ngx_str_t));
    if (plcf->check == NULL) {
        return NGX_CONF_ERROR;
    }

    *plcf->check = value[1];

    return NGX_CONF_OK;
}


char *
ngx_http_plaid_check_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    ngx_str_t                         *value, name;
    ngx_http_variable_t               *v;
    ngx_http_plaid_check_variable_t   *cv;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable name \"%V\" in "
                           "\"plaid_exchange_check_set\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data + 1;
    name.len = value[1].len - 1;

    if (plcf->check_set == NGX_CONF_UNSET_PTR) {
        plcf->check_set = ngx_array_create(cf->pool, 1,
                                     sizeof(ngx_http_plaid_check_variable_t));
        if (plcf->check_set == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    cv = ngx_array_push(plcf->check_set);
    if (cv == NULL) {
        return NGX_CONF_ERROR;
    }

    v = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_CHANGEABLE);
    if (v == NULL) {
        return NGX_CONF_ERROR;
    }

    cv->index = ngx_http_get_variable_index(cf, &name);
    if (cv->index == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (v->get_handler == NULL) {
        v->get_handler = ngx_http_plaid_check_unset;
    }

    cv->set_handler = v->set_handler;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &cv->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_plaid_check_unset(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    v->not_found = 1;

    return NGX_OK;
}


ngx_uint_t
ngx_http_plaid_check_wanted(ngx_http_plaid_ctx_t *ctx)
{
    return ctx->plcf->check
           && !ctx->checked
           && ctx->kind == NGX_PLAID_STORE_POST;
}


ngx_int_t
ngx_http_plaid_check_begin(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_checked_pt done)
{
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_plaid_check_answered;
    ps->data = ctx;

    if (ngx_http_subrequest(r, ctx->plcf->check, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_WAITED)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->method = r->method;
    sr->method_name = r->method_name;
    sr->header_only = 1;

    ctx->state = NGX_HTTP_PLAID_CHECKING;
    ctx->check = sr;
    ctx->checked_handler = done;
    ctx->check_began = ngx_current_msec;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_plaid_check_resume;

    return NGX_OK;
}


/* may be called again, with the error page of the subrequest */

static ngx_int_t
ngx_http_plaid_check_answered(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_plaid_ctx_t *ctx = data;

    ctx->checked = 1;
    ctx->check_status = sr->headers_out.status;

    return rc;
}


/* the subrequest has ended, and posted its parent */

static void
ngx_http_plaid_check_resume(ngx_http_request_t *r)
{
    ngx_plaid_cause_e      cause;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    if (!ctx->checked) {
        return;
    }

    if (ngx_http_plaid_request_left(r)) {
        /* nothing was begun */
        ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
        return;
    }

    cause = ngx_http_plaid_check_cause(r, ctx);

    ctx->state = NGX_HTTP_PLAID_READING;

    ctx->checked_handler(r, ctx, cause);
}


static ngx_plaid_cause_e
ngx_http_plaid_check_cause(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t  status;

    if (ngx_http_plaid_check_variables(r, ctx) != NGX_OK) {
        return NGX_PLAID_CAUSE_INTERNAL;
    }

    status = ctx->check_status;

    if (status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE) {
        return NGX_PLAID_CAUSE_NONE;
    }

    if (status >= NGX_HTTP_SPECIAL_RESPONSE
        && status < NGX_HTTP_INTERNAL_SERVER_ERROR)
    {
        ctx->result.reply_status = status;
        return NGX_PLAID_CAUSE_REFUSED;
    }

    return NGX_PLAID_CAUSE_CHECK;
}


/* explicitly, so that they are there after internal redirects, too */

static ngx_int_t
ngx_http_plaid_check_variables(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t                         value;
    ngx_uint_t                        i;
    ngx_http_variable_t              *v;
    ngx_http_variable_value_t        *vv;
    ngx_http_core_main_conf_t        *cmcf;
    ngx_http_plaid_check_variable_t  *cv;

    if (ctx->plcf->check_set == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    v = cmcf->variables.elts;
    cv = ctx->plcf->check_set->elts;

    for (i = 0; i < ctx->plcf->check_set->nelts; i++) {

        if (ngx_http_complex_value(ctx->check, &cv[i].value, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        vv = &r->variables[cv[i].index];

        vv->valid = 1;
        vv->not_found = 0;
        vv->data = value.data;
        vv->len = value.len;

        if (cv[i].set_handler) {
            cv[i].set_handler(r, vv, v[cv[i].index].data);
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_check_headers(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_table_elt_t     *location, *www;
    ngx_http_request_t  *sr;

    sr = ctx->check;

    location = sr->headers_out.location;
    www = sr->headers_out.www_authenticate;

    if (sr->upstream) {
        location = location ? location : sr->upstream->headers_in.location;
        www = www ? www : sr->upstream->headers_in.www_authenticate;
    }

    if (ctx->check_status < NGX_HTTP_BAD_REQUEST) {
        return ngx_http_plaid_check_copy(r, location,
                                         &r->headers_out.location);
    }

    return ngx_http_plaid_check_copy(r, www,
                                     &r->headers_out.www_authenticate);
}


/* all of that name: there may be several challenges */

static ngx_int_t
ngx_http_plaid_check_copy(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_table_elt_t **known)
{
    ngx_table_elt_t  *copy;

    while (h) {
        copy = ngx_list_push(&r->headers_out.headers);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *h;
        *known = copy;

#if (nginx_version >= 1023000)
        known = &copy->next;
        h = h->next;
#else
        h = NULL;
#endif
    }

    return NGX_OK;
}
