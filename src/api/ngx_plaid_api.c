
/* An exchange as bytes: the request, and what the reply comes to. */


#include "ngx_plaid_dialect.h"
#include "ngx_plaid_secret.h"
#include "ngx_plaid_str.h"
#include "ngx_plaid_token.h"


/* longest time a reply can make anyone wait, seconds */
#define NGX_PLAID_RETRY_AFTER_MAX  3600


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

    if (!ngx_plaid_str_printable(&args->client_id, NGX_PLAID_SECRET_MAX)
        || !ngx_plaid_str_printable(&args->secret, NGX_PLAID_SECRET_MAX)
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


ngx_int_t
ngx_plaid_api_keys(ngx_pool_t *pool, ngx_str_t *client_id, ngx_str_t *secret,
    ngx_plaid_api_request_t *req)
{
    ngx_keyval_t  *h;

    if (!ngx_plaid_str_printable(client_id, NGX_PLAID_SECRET_MAX)
        || !ngx_plaid_str_printable(secret, NGX_PLAID_SECRET_MAX))
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
    ngx_plaid_cause_e     cause;
    ngx_plaid_reply_t     reply;
    ngx_plaid_dialect_t  *d;

    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    res->reply_status = status;

    reply.pool = pool;
    reply.args = args;
    reply.request_id = request_id;
    reply.res = res;
    reply.nomem = 0;

    d = ngx_plaid_dialects[dialect];

    cause = (ngx_plaid_reply_read(&reply, body) == NGX_ERROR)
            ? NGX_PLAID_CAUSE_INTERNAL
            : ngx_plaid_api_cause(&reply, d, status);

    ngx_plaid_reply_wipe(&reply);

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


static ngx_plaid_cause_e
ngx_plaid_api_cause(ngx_plaid_reply_t *reply, ngx_plaid_dialect_t *d,
    ngx_uint_t status)
{
    /* any success with a token counts: a token in hand is not thrown away */

    return (status / 100 == 2) ? ngx_plaid_api_success(reply, d)
                               : ngx_plaid_api_error(reply, d, status);
}


static ngx_plaid_cause_e
ngx_plaid_api_success(ngx_plaid_reply_t *reply, ngx_plaid_dialect_t *d)
{
    ngx_plaid_reply_request_id(reply);

    ngx_plaid_reply_token(reply, NGX_PLAID_REPLY_ACCESS_TOKEN,
                          &reply->res->access_token);

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

    ngx_plaid_reply_request_id(reply);

    if (status < 400 || status > 599) {
        return NGX_PLAID_CAUSE_BAD_REPLY;
    }

    cause = d->error(reply);

    if (status == 429) {
        return NGX_PLAID_CAUSE_RATE_LIMIT;
    }

    return status < 500 ? cause : NGX_PLAID_CAUSE_PLAID;
}
