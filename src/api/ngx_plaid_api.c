
#include "ngx_plaid_dialect.h"
#include "ngx_plaid_jansson.h"
#include "ngx_plaid_secret.h"
#include "ngx_plaid_token.h"


/* longest time a reply can make anyone wait, seconds */
#define NGX_PLAID_RETRY_AFTER_MAX  3600


static ngx_int_t ngx_plaid_api_credential(ngx_str_t *value);
static void ngx_plaid_api_skip_mark(ngx_str_t *text);
static ngx_plaid_cause_e ngx_plaid_api_load(ngx_plaid_reply_t *reply,
    ngx_plaid_dialect_t *d, ngx_uint_t status, ngx_str_t *body);
static ngx_plaid_cause_e ngx_plaid_api_cause(ngx_plaid_reply_t *reply,
    ngx_plaid_dialect_t *d, ngx_uint_t status);
static ngx_plaid_cause_e ngx_plaid_api_success(ngx_plaid_reply_t *reply,
    ngx_plaid_dialect_t *d);
static ngx_plaid_cause_e ngx_plaid_api_error(ngx_plaid_reply_t *reply,
    ngx_plaid_dialect_t *d, ngx_uint_t status);


static ngx_plaid_dialect_t  *ngx_plaid_dialects[] = {
    &ngx_plaid_dialect_current,      /* NGX_PLAID_CURRENT */
    &ngx_plaid_dialect_legacy        /* NGX_PLAID_LEGACY */
};


ngx_int_t
ngx_plaid_api_request(ngx_pool_t *pool, ngx_plaid_dialect_e dialect,
    ngx_plaid_api_args_t *args, ngx_plaid_api_request_t *req)
{
    ngx_int_t  rc;

    ngx_memzero(req, sizeof(ngx_plaid_api_request_t));

    if (ngx_plaid_api_credential(&args->client_id) != NGX_OK
        || ngx_plaid_api_credential(&args->secret) != NGX_OK
        || ngx_plaid_token_check(&args->public_token) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    rc = ngx_plaid_dialects[dialect]->request(pool, args, req);

    if (rc != NGX_OK) {
        ngx_plaid_api_request_wipe(req);
    }

    return rc;
}


static ngx_int_t
ngx_plaid_api_credential(ngx_str_t *value)
{
    size_t  i;

    if (value->len == 0 || value->len > NGX_PLAID_SECRET_MAX) {
        return NGX_DECLINED;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x21 || value->data[i] > 0x7e) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_api_keys(ngx_pool_t *pool, ngx_str_t *client_id, ngx_str_t *secret,
    ngx_plaid_api_request_t *req)
{
    ngx_keyval_t  *h;

    if (ngx_plaid_api_credential(client_id) != NGX_OK
        || ngx_plaid_api_credential(secret) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    h = &req->headers[req->nheaders];

    ngx_str_set(&h->key, "PLAID-CLIENT-ID");
    h->value.data = ngx_pstrdup(pool, client_id);
    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    h->value.len = client_id->len;
    h++;
    req->nheaders++;

    ngx_str_set(&h->key, "PLAID-SECRET");
    h->value.data = ngx_pstrdup(pool, secret);
    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    h->value.len = secret->len;
    h++;

    ngx_str_set(&h->key, "Plaid-Version");
    ngx_str_set(&h->value, "2020-09-14");
    h++;

    ngx_str_set(&h->key, "User-Agent");
    ngx_str_set(&h->value, NGX_PLAID_USER_AGENT);
    h++;

    req->nheaders = h - req->headers;

    return NGX_OK;
}


void
ngx_plaid_api_request_wipe(ngx_plaid_api_request_t *req)
{
    ngx_uint_t     i;
    ngx_keyval_t  *h;

    h = req->headers;

    for (i = 0; i < req->nheaders; i++) {

        /* the other values are constants */

        if (ngx_strcmp(h[i].key.data, "PLAID-CLIENT-ID") == 0
            || ngx_strcmp(h[i].key.data, "PLAID-SECRET") == 0)
        {
            ngx_plaid_wipe(&h[i].value);
        }
    }

    ngx_plaid_wipe(&req->body);
}


void
ngx_plaid_api_reply(ngx_pool_t *pool, ngx_plaid_dialect_e dialect,
    ngx_uint_t status, ngx_str_t *body, ngx_str_t *request_id,
    time_t retry_after, ngx_plaid_api_args_t *args, ngx_plaid_result_t *res)
{
    ngx_str_t             text;
    ngx_plaid_cause_e     cause;
    ngx_plaid_reply_t     reply;
    ngx_plaid_dialect_t  *d;

    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    text = *body;
    ngx_plaid_api_skip_mark(&text);

    res->reply_status = status;

    reply.pool = pool;
    reply.args = args;
    reply.root = NULL;
    reply.request_id = request_id;
    reply.res = res;
    reply.nomem = 0;

    d = ngx_plaid_dialects[dialect];

    if (ngx_plaid_flat_read(&reply.flat, &text) == NGX_OK) {
        cause = ngx_plaid_api_cause(&reply, d, status);

    } else {
        cause = ngx_plaid_api_load(&reply, d, status, &text);
    }

    if (reply.nomem && cause == NGX_PLAID_CAUSE_BAD_REPLY) {
        cause = NGX_PLAID_CAUSE_INTERNAL;
    }

    if (cause == NGX_PLAID_CAUSE_NONE) {
        res->status = NGX_PLAID_EXCHANGED;
        return;
    }

    if (cause == NGX_PLAID_CAUSE_RATE_LIMIT && retry_after > 0) {
        res->retry_after = ngx_min(retry_after, NGX_PLAID_RETRY_AFTER_MAX);
    }

    ngx_plaid_result_fail(res, cause);
}


/* RFC 8259 8.1: a byte order mark may be ignored */

static void
ngx_plaid_api_skip_mark(ngx_str_t *text)
{
    static u_char  mark[] = { 0xef, 0xbb, 0xbf };

    if (text->len >= sizeof(mark)
        && ngx_memcmp(text->data, mark, sizeof(mark)) == 0)
    {
        text->data += sizeof(mark);
        text->len -= sizeof(mark);
    }
}


/* No member is found in what is no object. */

static ngx_plaid_cause_e
ngx_plaid_api_load(ngx_plaid_reply_t *reply, ngx_plaid_dialect_t *d,
    ngx_uint_t status, ngx_str_t *body)
{
    json_error_t         error;
    ngx_plaid_cause_e    cause;
    ngx_plaid_jansson_t  saved;

    ngx_plaid_jansson_enter(&saved);

    if (ngx_plaid_jansson_text(body) == NGX_OK) {
        reply->root = json_loadb((char *) body->data, body->len,
                                 NGX_PLAID_JANSSON_FLAGS, &error);
    }

    cause = (ngx_plaid_jansson_memory() == NGX_OK)
            ? ngx_plaid_api_cause(reply, d, status)
            : NGX_PLAID_CAUSE_INTERNAL;

    json_decref(reply->root);

    ngx_plaid_jansson_leave(&saved);

    return cause;
}


static ngx_plaid_cause_e
ngx_plaid_api_cause(ngx_plaid_reply_t *reply, ngx_plaid_dialect_t *d,
    ngx_uint_t status)
{
    /* any success with a token counts: a token in hand is not thrown away */

    return (status >= 200 && status < 300)
           ? ngx_plaid_api_success(reply, d)
           : ngx_plaid_api_error(reply, d, status);
}


static ngx_plaid_cause_e
ngx_plaid_api_success(ngx_plaid_reply_t *reply, ngx_plaid_dialect_t *d)
{
    ngx_plaid_reply_request_id(reply, "request_id");

    ngx_plaid_reply_token(reply, "access_token", &reply->res->access_token);

    if (reply->res->access_token.len == 0) {
        return NGX_PLAID_CAUSE_BAD_REPLY;
    }

    d->success(reply);

    return NGX_PLAID_CAUSE_NONE;
}


static ngx_plaid_cause_e
ngx_plaid_api_error(ngx_plaid_reply_t *reply, ngx_plaid_dialect_t *d,
    ngx_uint_t status)
{
    ngx_plaid_cause_e  cause;

    ngx_plaid_reply_request_id(reply, "request_id");

    if (status < 400 || status > 599) {
        return NGX_PLAID_CAUSE_BAD_REPLY;
    }

    cause = d->error(reply);

    if (status == 429) {
        return NGX_PLAID_CAUSE_RATE_LIMIT;
    }

    return status < 500 ? cause : NGX_PLAID_CAUSE_PLAID;
}
