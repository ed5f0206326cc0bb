
/*
 * The legacy API: a form with the keys in it, numeric error codes.
 */


#include "ngx_plaid_dialect.h"


typedef struct {
    ngx_uint_t                 first;
    ngx_uint_t                 last;
    ngx_plaid_cause_e          cause;
} ngx_plaid_legacy_range_t;


static ngx_int_t ngx_plaid_legacy_request(ngx_pool_t *pool,
    ngx_plaid_api_args_t *args, ngx_plaid_api_request_t *req);
static ngx_int_t ngx_plaid_legacy_body(ngx_pool_t *pool,
    ngx_plaid_api_args_t *args, ngx_str_t *body);
static void ngx_plaid_legacy_success(ngx_plaid_reply_t *reply);
static ngx_plaid_cause_e ngx_plaid_legacy_error(ngx_plaid_reply_t *reply);
static ngx_int_t ngx_plaid_legacy_code(ngx_plaid_reply_member_t *member);
static ngx_plaid_cause_e ngx_plaid_legacy_cause(ngx_uint_t code);
static void ngx_plaid_legacy_type(ngx_plaid_result_t *res,
    ngx_plaid_cause_e cause);


/* most digits of a code; all known have four */
#define NGX_PLAID_LEGACY_CODE_MAX  9999


ngx_plaid_dialect_t  ngx_plaid_dialect_legacy = {
    ngx_plaid_legacy_request,
    ngx_plaid_legacy_success,
    ngx_plaid_legacy_error
};


/* what is not listed is about the input: 1105 to 1107, 12xx, 2001, 2002, ... */

static ngx_plaid_legacy_range_t  ngx_plaid_legacy_ranges[] = {
    { 1009, 1009, NGX_PLAID_CAUSE_OPERATOR },    /* content type */
    { 1100, 1104, NGX_PLAID_CAUSE_OPERATOR },    /* keys, product */
    { 1108, 1112, NGX_PLAID_CAUSE_OPERATOR },    /* product, limit */
    { 1113, 1113, NGX_PLAID_CAUSE_RATE_LIMIT },
    { 1114, 1115, NGX_PLAID_CAUSE_OPERATOR },    /* environment, product */
    { 1300, 1300, NGX_PLAID_CAUSE_PLAID },       /* institution */
    { 1302, 1303, NGX_PLAID_CAUSE_PLAID },       /* institution */
    { 1600, 1601, NGX_PLAID_CAUSE_OPERATOR },    /* product */
    { 1700, 1702, NGX_PLAID_CAUSE_PLAID },
    { 1800, 1800, NGX_PLAID_CAUSE_PLAID },       /* maintenance */
    { 0, 0, NGX_PLAID_CAUSE_NONE }
};


static ngx_int_t
ngx_plaid_legacy_request(ngx_pool_t *pool, ngx_plaid_api_args_t *args,
    ngx_plaid_api_request_t *req)
{
    ngx_keyval_t  *h;

    ngx_str_set(&req->path, "/exchange_token");
    ngx_str_set(&req->content_type, "application/x-www-form-urlencoded");

    h = req->headers;

    ngx_str_set(&h->key, "User-Agent");
    ngx_str_set(&h->value, NGX_PLAID_USER_AGENT);
    h++;

    ngx_str_set(&h->key, "Accept");
    ngx_str_set(&h->value, "application/json");
    h++;

    req->nheaders = h - req->headers;

    return ngx_plaid_legacy_body(pool, args, &req->body);
}


static ngx_int_t
ngx_plaid_legacy_body(ngx_pool_t *pool, ngx_plaid_api_args_t *args,
    ngx_str_t *body)
{
    size_t       len;
    u_char      *p;
    ngx_str_t   *value;
    ngx_uint_t   i;

    struct {
        ngx_str_t   name;
        ngx_str_t  *value;
    } fields[] = {
        { ngx_string("client_id="), &args->client_id },
        { ngx_string("&secret="), &args->secret },
        { ngx_string("&public_token="), &args->public_token },
        { ngx_string("&account_id="), &args->account_id }
    };

    len = 0;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        len += fields[i].name.len + 3 * fields[i].value->len;
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        value = fields[i].value;

        if (value->len == 0) {
            continue;
        }

        p = ngx_cpymem(p, fields[i].name.data, fields[i].name.len);
        p = (u_char *) ngx_escape_uri(p, value->data, value->len,
                                      NGX_ESCAPE_URI_COMPONENT);
    }

    body->len = p - body->data;

    return NGX_OK;
}


static void
ngx_plaid_legacy_success(ngx_plaid_reply_t *reply)
{
    ngx_plaid_result_t  *res;

    res = reply->res;

    ngx_plaid_reply_id(reply, NGX_PLAID_REPLY_ACCOUNT_ID, &res->account_id);
    ngx_plaid_reply_token(reply, NGX_PLAID_REPLY_STRIPE_TOKEN,
                          &res->stripe_token);
    ngx_plaid_reply_token(reply, NGX_PLAID_REPLY_PROCESSOR_TOKEN,
                          &res->processor_token);
}


static ngx_plaid_cause_e
ngx_plaid_legacy_error(ngx_plaid_reply_t *reply)
{
    ngx_int_t            code;
    ngx_plaid_cause_e    cause;
    ngx_plaid_result_t  *res;

    code = ngx_plaid_legacy_code(&reply->members[NGX_PLAID_REPLY_CODE]);

    if (code == NGX_ERROR) {
        return NGX_PLAID_CAUSE_BAD_REPLY;
    }

    res = reply->res;
    cause = ngx_plaid_legacy_cause(code);

    res->error_code.data = ngx_pnalloc(reply->pool, NGX_INT_T_LEN);

    if (res->error_code.data) {
        res->error_code.len = ngx_sprintf(res->error_code.data, "%i", code)
                              - res->error_code.data;
    }

    ngx_plaid_legacy_type(res, cause);

    ngx_plaid_reply_message(reply, NGX_PLAID_REPLY_MESSAGE,
                            &res->error_message);

    return cause;
}


/* A whole number, or NGX_ERROR; some libraries write it with a fraction. */

static ngx_int_t
ngx_plaid_legacy_code(ngx_plaid_reply_member_t *member)
{
    size_t      n;
    ngx_int_t   code;
    ngx_str_t  *text;

    text = &member->value;

    if (member->type != NGX_PLAID_JSON_NUMBER) {
        return NGX_ERROR;
    }

    n = text->len;

    if (n > 2 && text->data[n - 1] == '0' && text->data[n - 2] == '.') {
        n -= 2;
    }

    code = ngx_atoi(text->data, n);

    return (code > 0 && code <= NGX_PLAID_LEGACY_CODE_MAX) ? code : NGX_ERROR;
}


static ngx_plaid_cause_e
ngx_plaid_legacy_cause(ngx_uint_t code)
{
    ngx_plaid_legacy_range_t  *range;

    for (range = ngx_plaid_legacy_ranges; range->first; range++) {
        if (code >= range->first && code <= range->last) {
            return range->cause;
        }
    }

    return NGX_PLAID_CAUSE_INPUT;
}


/* The dialect has no types; those of the current one serve. */

static void
ngx_plaid_legacy_type(ngx_plaid_result_t *res, ngx_plaid_cause_e cause)
{
    switch (cause) {

    case NGX_PLAID_CAUSE_RATE_LIMIT:
        ngx_str_set(&res->error_type, "RATE_LIMIT_EXCEEDED");
        break;

    case NGX_PLAID_CAUSE_PLAID:
        ngx_str_set(&res->error_type, "API_ERROR");
        break;

    default:
        ngx_str_set(&res->error_type, "INVALID_INPUT");
    }
}
