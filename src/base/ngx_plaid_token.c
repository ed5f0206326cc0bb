
#include "ngx_plaid_token.h"
#include "ngx_plaid_str.h"


ngx_int_t
ngx_plaid_token_check(ngx_str_t *token)
{
    return ngx_plaid_str_printable(token, NGX_PLAID_TOKEN_MAX) ? NGX_OK
                                                               : NGX_DECLINED;
}


ngx_int_t
ngx_plaid_token_environment(ngx_str_t *token, ngx_str_t *env)
{
    size_t      len;
    u_char     *p;
    ngx_str_t  *name;

    static ngx_str_t  names[] = {
        ngx_string("sandbox-"),
        ngx_string("development-"),
        ngx_string("production-"),
        ngx_null_string
    };

    len = sizeof("public-") - 1;

    if (token->len < len || ngx_memcmp(token->data, "public-", len) != 0) {
        return NGX_DECLINED;
    }

    p = token->data + len;
    len = token->len - len;

    for (name = names; name->len; name++) {

        if (len >= name->len && ngx_memcmp(p, name->data, name->len) == 0) {
            env->data = p;
            env->len = name->len - 1;

            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
