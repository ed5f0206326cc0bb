
/* Parameters of a header (RFC 9110 5.6.6), as strictly as clients write. */


#include "ngx_plaid_param.h"


static u_char *ngx_plaid_param_end(u_char *p, u_char *last);
static ngx_int_t ngx_plaid_param_value(u_char **pos, u_char *last,
    ngx_plaid_param_t *param);


ngx_int_t
ngx_plaid_param_next(u_char **pos, u_char *last, ngx_plaid_param_t *param)
{
    u_char  *p;

    p = *pos;

    if (p == last) {
        return NGX_DONE;
    }

    if (*p != ';') {
        return NGX_DECLINED;
    }

    p = ngx_plaid_param_blank(p + 1, last);

    /* one semicolon may be at the end */

    if (p == last) {
        return NGX_DONE;
    }

    param->name.data = p;
    p = ngx_plaid_param_end(p, last);
    param->name.len = p - param->name.data;

    if (param->name.len == 0) {
        return NGX_DECLINED;
    }

    ngx_str_null(&param->value);
    param->quoted = 0;

    if (p < last && *p == '='
        && ngx_plaid_param_value(&p, last, param) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    param->all.data = param->name.data;
    param->all.len = p - param->name.data;

    *pos = ngx_plaid_param_blank(p, last);

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_param_value(u_char **pos, u_char *last, ngx_plaid_param_t *param)
{
    u_char  *p;

    p = *pos + 1;

    if (p < last && *p == '"') {
        param->quoted = 1;
        param->value.data = ++p;

        p = ngx_strlchr(p, last, '"');
        if (p == NULL) {
            return NGX_DECLINED;
        }

        param->value.len = p - param->value.data;
        *pos = p + 1;

        return NGX_OK;
    }

    param->value.data = p;

    while (p < last && *p != ';' && *p != ' ' && *p != '\t' && *p != '"') {
        p++;
    }

    param->value.len = p - param->value.data;
    *pos = p;

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
ngx_plaid_param_token(u_char *p, u_char *last)
{
    return p < last && ngx_plaid_param_end(p, last) == last;
}


static u_char *
ngx_plaid_param_end(u_char *p, u_char *last)
{
    u_char  ch;

    static u_char  others[] = "!#$%&'*+-.^_`|~";

    for ( /* void */ ; p < last; p++) {
        ch = ngx_tolower(*p);

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9')
            && ngx_strlchr(others, others + sizeof(others) - 1, ch) == NULL)
        {
            break;
        }
    }

    return p;
}


ngx_uint_t
ngx_plaid_param_has(ngx_str_t *s, const char *text)
{
    size_t       len;
    u_char      *p, *last;
    ngx_uint_t   n;

    n = 0;
    len = ngx_strlen(text);

    if (s->len < len) {
        return 0;
    }

    last = s->data + s->len - len;

    for (p = s->data; p <= last; p++) {
        if (ngx_tolower(*p) == (u_char) text[0]
            && ngx_strncasecmp(p, (u_char *) text, len) == 0)
        {
            n++;
        }
    }

    return n;
}
