
/*
 * The Content-Type of a body (RFC 9110 8.3.1).  PHP takes the first
 * "boundary" in it for the parameter, Rack the last one, Tomcat knows RFC 2231
 * and RFC 2047: what one of them could read otherwise is an error.
 */


#include "ngx_plaid_content_type.h"
#include "ngx_plaid_param.h"
#include "ngx_plaid_str.h"


/*
 * Longest boundary: Python's cgi and Django have this limit.  RFC 2046 5.1.1
 * has 70, and clients that do not care.
 */
#define NGX_PLAID_BOUNDARY_MAX    201


static u_char *ngx_plaid_content_type_name(ngx_str_t *name, ngx_str_t *value);
static ngx_plaid_body_type_e ngx_plaid_content_type_find(ngx_str_t *name);
static ngx_int_t ngx_plaid_content_type_json(ngx_str_t *name);
static const char *ngx_plaid_content_type_params(ngx_plaid_content_type_t *ct,
    u_char *p, u_char *last, ngx_str_t *charset);
static const char *ngx_plaid_content_type_param(ngx_plaid_content_type_t *ct,
    ngx_plaid_param_t *param, ngx_str_t *charset);
static const char *ngx_plaid_content_type_boundary(
    ngx_plaid_content_type_t *ct, ngx_plaid_param_t *param);
static ngx_uint_t ngx_plaid_content_type_charset(ngx_str_t *charset);


void
ngx_plaid_content_type_parse(ngx_plaid_content_type_t *ct, ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t   name, charset;

    ngx_memzero(ct, sizeof(ngx_plaid_content_type_t));
    ngx_str_null(&charset);

    p = ngx_plaid_content_type_name(&name, value);

    ct->type = ngx_plaid_content_type_find(&name);

    if (ct->type == NGX_PLAID_BODY_OTHER) {
        return;
    }

    ct->error = ngx_plaid_content_type_params(ct, p, value->data + value->len,
                                              &charset);

    if (ct->error == NULL && charset.data
        && !ngx_plaid_content_type_charset(&charset))
    {
        ct->type = NGX_PLAID_BODY_OTHER;
        return;
    }

    if (ct->error == NULL && ct->type == NGX_PLAID_BODY_MULTIPART
        && ct->boundary.data == NULL)
    {
        ct->error = "no boundary in the content type";
    }
}


ngx_uint_t
ngx_plaid_content_type_readable(ngx_str_t *value)
{
    u_char                    *p;
    ngx_str_t                  name, charset;
    const char                *error;
    ngx_plaid_content_type_t   ct;

    ngx_memzero(&ct, sizeof(ngx_plaid_content_type_t));
    ngx_str_null(&charset);

    p = ngx_plaid_content_type_name(&name, value);

    error = ngx_plaid_content_type_params(&ct, p, value->data + value->len,
                                          &charset);

    return error == NULL
           && (charset.data == NULL
               || ngx_plaid_content_type_charset(&charset));
}


/* Sets "name" to the type; returns where its parameters begin. */

static u_char *
ngx_plaid_content_type_name(ngx_str_t *name, ngx_str_t *value)
{
    u_char  *p, *last, *params;

    p = value->data;
    last = p + value->len;
    params = ngx_strlchr(p, last, ';');

    if (params == NULL) {
        params = last;
    }

    p = ngx_plaid_param_blank(p, params);
    last = params;

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    name->data = p;
    name->len = last - p;

    return params;
}


static ngx_plaid_body_type_e
ngx_plaid_content_type_find(ngx_str_t *name)
{
    if (ngx_plaid_str_case_is(name, "application/x-www-form-urlencoded")) {
        return NGX_PLAID_BODY_FORM;
    }

    if (ngx_plaid_str_case_is(name, "multipart/form-data")) {
        return NGX_PLAID_BODY_MULTIPART;
    }

    if (ngx_plaid_content_type_json(name) == NGX_OK) {
        return NGX_PLAID_BODY_JSON;
    }

    return NGX_PLAID_BODY_OTHER;
}


/* application/json, application/NAME+json: two types in one are none */

static ngx_int_t
ngx_plaid_content_type_json(ngx_str_t *name)
{
    u_char  *p, *last;
    size_t   prefix;

    if (ngx_plaid_str_case_is(name, "application/json")) {
        return NGX_OK;
    }

    prefix = sizeof("application/") - 1;

    if (name->len <= prefix + sizeof("+json") - 1
        || ngx_strncasecmp(name->data, (u_char *) "application/", prefix) != 0)
    {
        return NGX_DECLINED;
    }

    p = name->data + prefix;
    last = name->data + name->len - (sizeof("+json") - 1);

    if (ngx_strncasecmp(last, (u_char *) "+json", sizeof("+json") - 1) != 0) {
        return NGX_DECLINED;
    }

    return ngx_plaid_param_token(p, last) ? NGX_OK : NGX_DECLINED;
}


static const char *
ngx_plaid_content_type_params(ngx_plaid_content_type_t *ct, u_char *p,
    u_char *last, ngx_str_t *charset)
{
    ngx_int_t           rc;
    const char         *error;
    ngx_plaid_param_t   param;

    for ( ;; ) {
        rc = ngx_plaid_param_next(&p, last, &param);

        if (rc == NGX_DONE) {
            return NULL;
        }

        if (rc != NGX_OK) {
            return "bad parameters in the content type";
        }

        error = ngx_plaid_content_type_param(ct, &param, charset);

        if (error) {
            return error;
        }
    }
}


static const char *
ngx_plaid_content_type_param(ngx_plaid_content_type_t *ct,
    ngx_plaid_param_t *param, ngx_str_t *charset)
{
    if (ngx_plaid_str_case_is(&param->name, "charset") && param->value.data) {

        if (charset->data) {
            return "two charsets in the content type";
        }

        *charset = param->value;

        return NULL;
    }

    if (ngx_plaid_str_case_is(&param->name, "boundary") && param->value.data) {
        return ngx_plaid_content_type_boundary(ct, param);
    }

    if (ngx_plaid_param_has(&param->all, "boundary")
        || ngx_plaid_param_has(&param->all, "charset"))
    {
        return "a doubtful parameter in the content type";
    }

    /* a word alone: "application/json; utf-8" is in many Java programs */

    if (param->value.data == NULL && ct->type == NGX_PLAID_BODY_MULTIPART) {
        return "bad parameters in the content type";
    }

    return NULL;
}


static const char *
ngx_plaid_content_type_boundary(ngx_plaid_content_type_t *ct,
    ngx_plaid_param_t *param)
{
    u_char     *p, *last;
    ngx_str_t   value;

    value = param->value;

    if (ct->boundary.data) {
        return "two boundaries in the content type";
    }

    if (value.len == 0 || value.len > NGX_PLAID_BOUNDARY_MAX
        || value.data[0] == '\'' || value.data[value.len - 1] == ' '
        || ngx_plaid_param_has(&value, "boundary=")
        || ngx_plaid_param_has(&value, "=?"))
    {
        return "no usable boundary";
    }

    last = value.data + value.len;

    for (p = value.data; p < last; p++) {

        /* RFC 2046 5.1.1, and what else a token may have; "," ends PHP's */

        if (*p == ',' && !param->quoted) {
            return "no usable boundary";
        }

        if (!ngx_plaid_param_token(p, p + 1)
            && ngx_strlchr((u_char *) "(),/:=? ", (u_char *) "(),/:=? " + 8,
                           *p)
               == NULL)
        {
            return "no usable boundary";
        }
    }

    ct->boundary = value;

    return NULL;
}


static ngx_uint_t
ngx_plaid_content_type_charset(ngx_str_t *charset)
{
    return ngx_plaid_str_case_is(charset, "utf-8")
           || ngx_plaid_str_case_is(charset, "utf8")
           || ngx_plaid_str_case_is(charset, "us-ascii")
           || ngx_plaid_str_case_is(charset, "iso-8859-1");
}
