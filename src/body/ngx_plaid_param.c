
#include "ngx_plaid_param.h"


static ngx_int_t ngx_plaid_param_quoted(u_char **pos, u_char *last,
    ngx_str_t *value);


ngx_int_t
ngx_plaid_param_next(u_char **pos, u_char *last, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char  *p;

    p = *pos;

    do {
        if (p == last) {
            return NGX_DONE;
        }

        if (*p != ';') {
            return NGX_DECLINED;
        }

        p = ngx_plaid_param_blank(p + 1, last);

    } while (p == last || *p == ';');

    name->data = p;

    while (p < last && *p != '=' && *p != ';' && *p != ' ' && *p != '\t') {
        p++;
    }

    name->len = p - name->data;

    if (p == last || *p != '=' || name->len == 0) {
        return NGX_DECLINED;
    }

    p++;

    if (p < last && *p == '"') {
        p++;

        if (ngx_plaid_param_quoted(&p, last, value) != NGX_OK) {
            return NGX_DECLINED;
        }

    } else {
        value->data = p;

        while (p < last && *p != ';' && *p != ' ' && *p != '\t'
               && *p != '"')
        {
            p++;
        }

        value->len = p - value->data;
    }

    *pos = ngx_plaid_param_blank(p, last);

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_param_quoted(u_char **pos, u_char *last, ngx_str_t *value)
{
    u_char  *p;

    p = *pos;
    value->data = p;

    while (p < last && *p != '"') {

        if (*p == '\\' && last - p > 1) {
            p++;
        }

        p++;
    }

    if (p == last) {
        return NGX_DECLINED;
    }

    value->len = p - value->data;
    *pos = p + 1;

    return NGX_OK;
}


u_char *
ngx_plaid_param_blank(u_char *p, u_char *last)
{
    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    return p;
}


ngx_uint_t
ngx_plaid_param_is(ngx_str_t *s, const char *text)
{
    size_t  len;

    len = ngx_strlen(text);

    return s->len == len
           && ngx_strncasecmp(s->data, (u_char *) text, len) == 0;
}
