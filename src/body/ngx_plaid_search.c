
/* What a posted field means for the search, and what all of them come to. */


#include "ngx_plaid_search.h"
#include "ngx_plaid_fold.h"
#include "ngx_plaid_str.h"


static void ngx_plaid_search_account_hit(ngx_plaid_search_t *s,
    ngx_plaid_field_e field, ngx_str_t *value);
static ngx_uint_t ngx_plaid_search_nothing(ngx_str_t *value);


static ngx_str_t  ngx_plaid_search_account_id = ngx_string("account_id");


ngx_plaid_field_e
ngx_plaid_search_field(ngx_plaid_search_t *s, ngx_str_t *name)
{
    ngx_str_t   *field;
    ngx_uint_t   i;

    field = s->fields->elts;

    for (i = 0; i < s->fields->nelts; i++) {
        if (ngx_plaid_str_equal(&field[i], name)) {
            return NGX_PLAID_FIELD_TOKEN;
        }
    }

    if (ngx_plaid_str_equal(&ngx_plaid_search_account_id, name)) {
        return NGX_PLAID_FIELD_ACCOUNT;
    }

    for (i = 0; i < s->fields->nelts; i++) {
        if (ngx_plaid_fold_same(name, &field[i])) {
            return NGX_PLAID_FIELD_FOLDED;
        }
    }

    if (ngx_plaid_fold_same(name, &ngx_plaid_search_account_id)) {
        return NGX_PLAID_FIELD_ACCOUNT_FOLDED;
    }

    return NGX_PLAID_FIELD_OTHER;
}


void
ngx_plaid_search_hit(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    ngx_str_t *value)
{
    if (field == NGX_PLAID_FIELD_FOLDED) {
        ngx_plaid_wipe(value);
        ngx_plaid_search_doubt(s, "a name that a back end takes for a listed "
                               "one");
        return;
    }

    if (ngx_plaid_search_nothing(value)) {
        return;
    }

    if (field != NGX_PLAID_FIELD_TOKEN) {
        ngx_plaid_search_account_hit(s, field, value);
        return;
    }

    if (s->tokens++) {
        ngx_plaid_wipe(value);
        return;
    }

    s->found->token = *value;
}


static void
ngx_plaid_search_account_hit(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    ngx_str_t *value)
{
    if (value->len > NGX_PLAID_ID_MAX) {
        s->found->account_error = "the account_id is too long";
        return;
    }

    if (s->accounts++ == 0) {
        s->account = *value;

    } else if (!ngx_plaid_str_equal(&s->account, value)) {
        s->found->account_error = "the request has more than one account_id";
    }

    if (field == NGX_PLAID_FIELD_ACCOUNT) {
        s->found->account_id = *value;
    }
}


ngx_int_t
ngx_plaid_search_hit_copy(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    u_char *data, size_t len)
{
    ngx_str_t  src, value;

    src.len = len;
    src.data = data;

    value.len = len;
    value.data = ngx_pstrdup(s->pool, &src);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    ngx_plaid_search_hit(s, field, &value);

    return NGX_OK;
}


void
ngx_plaid_search_doubt(ngx_plaid_search_t *s, const char *why)
{
    if (s->doubt == NULL) {
        s->doubt = why;
    }
}


ngx_uint_t
ngx_plaid_search_listed(ngx_plaid_search_t *s, ngx_str_t *text)
{
    ngx_str_t   *field;
    ngx_uint_t   i;

    field = s->fields->elts;

    for (i = 0; i < s->fields->nelts; i++) {
        if (ngx_plaid_fold_within(text, &field[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_search_account(ngx_str_t *text)
{
    return ngx_plaid_fold_within(text, &ngx_plaid_search_account_id);
}


ngx_plaid_body_e
ngx_plaid_search_result(ngx_plaid_search_t *s)
{
    if (s->others && s->accounts) {
        s->found->account_error = "the request has more than one account_id";
    }

    if (s->tokens > 1 || s->twice) {
        return NGX_PLAID_BODY_TWICE;
    }

    if (s->tokens) {
        return (s->doubt || s->files) ? NGX_PLAID_BODY_TWICE
                                      : NGX_PLAID_BODY_FOUND;
    }

    if (s->doubt) {
        s->found->error = s->doubt;
        return NGX_PLAID_BODY_MALFORMED;
    }

    return NGX_PLAID_BODY_ABSENT;
}


ngx_int_t
ngx_plaid_search_error(ngx_plaid_search_t *s, const char *error)
{
    s->found->error = error;

    return NGX_DECLINED;
}


/* react-plaid-link and its like post what JavaScript makes of no token */

static ngx_uint_t
ngx_plaid_search_nothing(ngx_str_t *value)
{
    return value->len == 0
           || ngx_plaid_str_is(value, "null")
           || ngx_plaid_str_is(value, "undefined");
}
