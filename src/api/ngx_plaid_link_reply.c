
/*
 * Plaid's reply to a request for a link token.
 */


#include "ngx_plaid_link.h"
#include "ngx_plaid_jansson.h"


/* longest error type or code; the longest one known has 46 */
#define NGX_PLAID_LINK_CODE_MAX   64


typedef struct {
    ngx_pool_t                *pool;
    json_t                    *root;
    ngx_uint_t                 nomem;        /* unsigned  nomem:1; */
} ngx_plaid_link_reader_t;


static void ngx_plaid_link_string(ngx_plaid_link_reader_t *reader,
    const char *name, size_t max, ngx_str_t *dst);
static void ngx_plaid_link_text(ngx_plaid_link_reader_t *reader,
    const char *name, ngx_str_t *dst);
static ngx_uint_t ngx_plaid_link_of(ngx_str_t *token, ngx_str_t *env);
static ngx_plaid_cause_e ngx_plaid_link_success(
    ngx_plaid_link_reader_t *reader, ngx_str_t *env,
    ngx_plaid_link_reply_t *reply);
static ngx_plaid_cause_e ngx_plaid_link_error(
    ngx_plaid_link_reader_t *reader, ngx_uint_t status, ngx_uint_t update,
    ngx_plaid_result_t *res);
static ngx_uint_t ngx_plaid_link_equal(ngx_str_t *s, const char *text);


void
ngx_plaid_link_reply(ngx_pool_t *pool, ngx_uint_t status, ngx_str_t *body,
    ngx_str_t *env, ngx_uint_t update, ngx_plaid_link_reply_t *reply,
    ngx_plaid_result_t *res)
{
    json_error_t              error;
    ngx_plaid_cause_e         cause;
    ngx_plaid_jansson_t       saved;
    ngx_plaid_link_reader_t   reader;

    ngx_memzero(reply, sizeof(ngx_plaid_link_reply_t));

    res->reply_status = status;

    reader.pool = pool;
    reader.nomem = 0;

    ngx_plaid_jansson_enter(&saved);

    reader.root = NULL;

    if (ngx_plaid_jansson_text(body) == NGX_OK) {
        reader.root = json_loadb((char *) body->data, body->len,
                                 NGX_PLAID_JANSSON_FLAGS, &error);
    }

    ngx_plaid_link_string(&reader, "request_id", NGX_PLAID_ID_MAX,
                          &res->request_id);

    if (status >= 200 && status < 300) {
        cause = ngx_plaid_link_success(&reader, env, reply);

    } else if (status >= 400) {
        cause = ngx_plaid_link_error(&reader, status, update, res);

    } else {
        cause = NGX_PLAID_CAUSE_BAD_REPLY;
    }

    if (reader.nomem || ngx_plaid_jansson_memory() != NGX_OK) {
        cause = NGX_PLAID_CAUSE_INTERNAL;
    }

    json_decref(reader.root);

    ngx_plaid_jansson_leave(&saved);

    if (cause != NGX_PLAID_CAUSE_NONE) {
        ngx_memzero(reply, sizeof(ngx_plaid_link_reply_t));
    }

    res->cause = cause;
}


static ngx_plaid_cause_e
ngx_plaid_link_success(ngx_plaid_link_reader_t *reader, ngx_str_t *env,
    ngx_plaid_link_reply_t *reply)
{
    ngx_plaid_link_string(reader, "link_token", NGX_PLAID_TOKEN_MAX,
                          &reply->link_token);
    ngx_plaid_link_string(reader, "expiration", NGX_PLAID_ID_MAX,
                          &reply->expiration);
    ngx_plaid_link_string(reader, "hosted_link_url", NGX_PLAID_LINK_URL_MAX,
                          &reply->hosted_link_url);
    ngx_plaid_link_string(reader, "user_id", NGX_PLAID_ID_MAX,
                          &reply->user_id);

    if (reply->link_token.len == 0
        || !ngx_plaid_link_of(&reply->link_token, env))
    {
        return NGX_PLAID_CAUSE_BAD_REPLY;
    }

    return NGX_PLAID_CAUSE_NONE;
}


/* "link-<env>-" */

static ngx_uint_t
ngx_plaid_link_of(ngx_str_t *token, ngx_str_t *env)
{
    if (env->len == 0) {
        return 1;
    }

    return token->len > sizeof("link--") - 1 + env->len
           && ngx_memcmp(token->data, "link-", 5) == 0
           && ngx_memcmp(token->data + 5, env->data, env->len) == 0
           && token->data[5 + env->len] == '-';
}


static ngx_plaid_cause_e
ngx_plaid_link_error(ngx_plaid_link_reader_t *reader, ngx_uint_t status,
    ngx_uint_t update, ngx_plaid_result_t *res)
{
    ngx_plaid_link_string(reader, "error_type", NGX_PLAID_LINK_CODE_MAX,
                          &res->error_type);
    ngx_plaid_link_string(reader, "error_code", NGX_PLAID_LINK_CODE_MAX,
                          &res->error_code);
    ngx_plaid_link_text(reader, "error_message", &res->error_message);
    ngx_plaid_link_text(reader, "display_message", &res->display_message);

    if (status == 429
        || ngx_plaid_link_equal(&res->error_type, "RATE_LIMIT_EXCEEDED"))
    {
        return NGX_PLAID_CAUSE_RATE_LIMIT;
    }

    if (status >= 500 || ngx_plaid_link_equal(&res->error_type, "API_ERROR")) {
        return NGX_PLAID_CAUSE_PLAID;
    }

    if (update && status == 400
        && (ngx_plaid_link_equal(&res->error_type, "ITEM_ERROR")
            || ngx_plaid_link_equal(&res->error_code, "INVALID_ACCESS_TOKEN")))
    {
        return NGX_PLAID_CAUSE_INPUT;
    }

    /* all else in the request is the configuration's */

    return NGX_PLAID_CAUSE_OPERATOR;
}


/* printable ASCII without spaces; anything else counts as absent */

static void
ngx_plaid_link_string(ngx_plaid_link_reader_t *reader, const char *name,
    size_t max, ngx_str_t *dst)
{
    size_t       i, len;
    json_t      *value;
    const char  *p;

    ngx_str_null(dst);

    value = json_object_get(reader->root, name);

    if (!json_is_string(value)) {
        return;
    }

    p = json_string_value(value);
    len = json_string_length(value);

    if (len == 0 || len > max) {
        return;
    }

    for (i = 0; i < len; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f) {
            return;
        }
    }

    dst->data = ngx_pnalloc(reader->pool, len);
    if (dst->data == NULL) {
        reader->nomem = 1;
        return;
    }

    ngx_memcpy(dst->data, p, len);
    dst->len = len;
}


/* a message: control characters become "?", the end is cut off */

static void
ngx_plaid_link_text(ngx_plaid_link_reader_t *reader, const char *name,
    ngx_str_t *dst)
{
    size_t       i, len;
    json_t      *value;
    const char  *p;

    ngx_str_null(dst);

    value = json_object_get(reader->root, name);

    if (!json_is_string(value)) {
        return;
    }

    p = json_string_value(value);
    len = ngx_min(json_string_length(value), NGX_PLAID_MESSAGE_MAX);

    dst->data = ngx_pnalloc(reader->pool, len);
    if (dst->data == NULL) {
        reader->nomem = 1;
        return;
    }

    for (i = 0; i < len; i++) {
        dst->data[i] = (p[i] >= 0x20 && p[i] < 0x7f) ? p[i] : '?';
    }

    dst->len = len;
}


static ngx_uint_t
ngx_plaid_link_equal(ngx_str_t *s, const char *text)
{
    return s->len == ngx_strlen(text)
           && ngx_memcmp(s->data, text, s->len) == 0;
}
