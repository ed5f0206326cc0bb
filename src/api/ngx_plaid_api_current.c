
/*
 * The current API: JSON, keys in headers, error types and codes in words.
 */


#include "ngx_plaid_dialect.h"
#include "ngx_plaid_str.h"


static ngx_int_t ngx_plaid_current_request(ngx_pool_t *pool,
    ngx_plaid_api_args_t *args, ngx_plaid_api_request_t *req);
static ngx_int_t ngx_plaid_current_headers(ngx_pool_t *pool,
    ngx_plaid_api_args_t *args, ngx_plaid_api_request_t *req);
static ngx_int_t ngx_plaid_current_body(ngx_pool_t *pool,
    ngx_str_t *public_token, ngx_str_t *body);
static void ngx_plaid_current_success(ngx_plaid_reply_t *reply);
static ngx_plaid_cause_e ngx_plaid_current_error(ngx_plaid_reply_t *reply);
static ngx_plaid_cause_e ngx_plaid_current_cause(ngx_plaid_result_t *res);
static ngx_uint_t ngx_plaid_current_says(ngx_str_t *value, const char *text);


ngx_plaid_dialect_t  ngx_plaid_dialect_current = {
    ngx_plaid_current_request,
    ngx_plaid_current_success,
    ngx_plaid_current_error
};


static ngx_int_t
ngx_plaid_current_request(ngx_pool_t *pool, ngx_plaid_api_args_t *args,
    ngx_plaid_api_request_t *req)
{
    ngx_str_set(&req->path, "/item/public_token/exchange");
    ngx_str_set(&req->content_type, "application/json");

    if (ngx_plaid_current_headers(pool, args, req) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_plaid_current_body(pool, &args->public_token, &req->body);
}


/* No Accept-Encoding: the reply is read as it is. */

static ngx_int_t
ngx_plaid_current_headers(ngx_pool_t *pool, ngx_plaid_api_args_t *args,
    ngx_plaid_api_request_t *req)
{
    ngx_keyval_t  *h;

    if (ngx_plaid_api_keys(pool, &args->client_id, &args->secret, req)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    h = &req->headers[req->nheaders++];

    ngx_str_set(&h->key, "Accept");
    ngx_str_set(&h->value, "application/json");

    return NGX_OK;
}


/* A token is 0x21 to 0x7e, of which RFC 8259 has these two escaped. */

static ngx_int_t
ngx_plaid_current_body(ngx_pool_t *pool, ngx_str_t *public_token,
    ngx_str_t *body)
{
    u_char  *p;
    size_t   i;

    static u_char  before[] = "{\"public_token\":\"";
    static u_char  after[] = "\"}";

    body->data = ngx_pnalloc(pool, sizeof(before) - 1 + 2 * public_token->len
                                   + sizeof(after) - 1);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(body->data, before, sizeof(before) - 1);

    for (i = 0; i < public_token->len; i++) {

        if (public_token->data[i] == '"' || public_token->data[i] == '\\') {
            *p++ = '\\';
        }

        *p++ = public_token->data[i];
    }

    p = ngx_cpymem(p, after, sizeof(after) - 1);

    body->len = p - body->data;

    return NGX_OK;
}


static void
ngx_plaid_current_success(ngx_plaid_reply_t *reply)
{
    ngx_plaid_reply_id(reply, NGX_PLAID_REPLY_ITEM_ID, &reply->res->item_id);
}


static ngx_plaid_cause_e
ngx_plaid_current_error(ngx_plaid_reply_t *reply)
{
    ngx_plaid_result_t  *res;

    res = reply->res;

    ngx_plaid_reply_code(reply, NGX_PLAID_REPLY_ERROR_TYPE, &res->error_type);
    ngx_plaid_reply_code(reply, NGX_PLAID_REPLY_ERROR_CODE, &res->error_code);

    if (res->error_type.len == 0 || res->error_code.len == 0) {
        ngx_str_null(&res->error_type);
        ngx_str_null(&res->error_code);

        return NGX_PLAID_CAUSE_BAD_REPLY;
    }

    ngx_plaid_reply_message(reply, NGX_PLAID_REPLY_ERROR_MESSAGE,
                            &res->error_message);
    ngx_plaid_reply_message(reply, NGX_PLAID_REPLY_DISPLAY_MESSAGE,
                            &res->display_message);

    return ngx_plaid_current_cause(res);
}


static ngx_plaid_cause_e
ngx_plaid_current_cause(ngx_plaid_result_t *res)
{
    const char  **code;

    static const char  *operator_codes[] = {
        "INVALID_API_KEYS",
        "INVALID_PRODUCT",
        "INVALID_CONFIGURATION",
        "PUBLIC_KEY_NOT_ENABLED",
        NULL
    };

    if (ngx_plaid_str_is(&res->error_type, "RATE_LIMIT_EXCEEDED")) {
        return NGX_PLAID_CAUSE_RATE_LIMIT;
    }

    if (ngx_plaid_str_is(&res->error_type, "API_ERROR")
        || ngx_plaid_str_is(&res->error_type, "INSTITUTION_ERROR"))
    {
        return NGX_PLAID_CAUSE_PLAID;
    }

    if (res->error_code.len > sizeof("UNAUTHORIZED_") - 1
        && ngx_strncmp(res->error_code.data, "UNAUTHORIZED_",
                       sizeof("UNAUTHORIZED_") - 1)
           == 0)
    {
        return NGX_PLAID_CAUSE_OPERATOR;
    }

    for (code = operator_codes; *code; code++) {
        if (ngx_plaid_str_is(&res->error_code, *code)) {
            return NGX_PLAID_CAUSE_OPERATOR;
        }
    }

    /*
     * But for the token, the request is ours: no client can make it invalid.
     * Only INVALID_FIELD may mean either.
     */

    if (ngx_plaid_str_is(&res->error_type, "INVALID_REQUEST")
        && (!ngx_plaid_str_is(&res->error_code, "INVALID_FIELD")
            || ngx_plaid_current_says(&res->error_message, "client_id")
            || ngx_plaid_current_says(&res->error_message, "secret")))
    {
        return NGX_PLAID_CAUSE_OPERATOR;
    }

    return NGX_PLAID_CAUSE_INPUT;
}


static ngx_uint_t
ngx_plaid_current_says(ngx_str_t *value, const char *text)
{
    return value->len
           && ngx_strlcasestrn(value->data, value->data + value->len,
                               (u_char *) text, ngx_strlen(text) - 1)
              != NULL;
}
