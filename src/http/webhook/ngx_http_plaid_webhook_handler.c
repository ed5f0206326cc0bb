
/*
 * The phase handler: what is tested of a webhook, and in which order.
 */


#include "ngx_http_plaid_webhook.h"
#include "ngx_http_plaid_handler.h"
#include "ngx_http_plaid_request.h"
#include "ngx_http_plaid_subrequest.h"
#include "ngx_plaid_headers.h"
#include <openssl/crypto.h>


static ngx_int_t ngx_http_plaid_webhook_begin(ngx_http_request_t *r,
    ngx_http_plaid_webhook_loc_conf_t *wlcf);
static ngx_int_t ngx_http_plaid_webhook_not_allowed(ngx_http_request_t *r);
static ngx_http_plaid_webhook_ctx_t *ngx_http_plaid_webhook_create_ctx(
    ngx_http_request_t *r, ngx_http_plaid_webhook_loc_conf_t *wlcf);
static ngx_int_t ngx_http_plaid_webhook_main_ctx(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx);
static void ngx_http_plaid_webhook_cleanup_request(void *data);
static void ngx_http_plaid_webhook_cleanup_pool(void *data);
static ngx_plaid_webhook_e ngx_http_plaid_webhook_precheck(
    ngx_http_request_t *r, ngx_http_plaid_webhook_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_webhook_header(ngx_http_request_t *r,
    ngx_str_t *value);
static void ngx_http_plaid_webhook_body_handler(ngx_http_request_t *r);
static ngx_plaid_webhook_e ngx_http_plaid_webhook_body(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx);
static ngx_plaid_webhook_e ngx_http_plaid_webhook_read(
    ngx_http_plaid_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_webhook_suspend(ngx_http_request_t *r);
static void ngx_http_plaid_webhook_overdue(ngx_event_t *ev);
static ngx_int_t ngx_http_plaid_webhook_pass(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_http_plaid_webhook_loc_conf_t *wlcf);


static ngx_str_t  ngx_http_plaid_webhook_name =
    ngx_string("Plaid-Verification");


ngx_int_t
ngx_http_plaid_webhook_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_webhook_ctx_t       *ctx;
    ngx_http_plaid_webhook_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_webhook_module);

    if (wlcf->use == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_http_plaid_subrequest_own(r)) {
        /* a request of the module's own, to Plaid */
        return NGX_DECLINED;
    }

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    ctx = ngx_http_plaid_webhook_ctx(r);

    if (ctx == NULL) {
        return ngx_http_plaid_webhook_begin(r, wlcf);
    }

    switch (ctx->state) {

    case NGX_HTTP_PLAID_WEBHOOK_KEY:
    case NGX_HTTP_PLAID_WEBHOOK_EXCHANGING:
        /* an event of the client's, while we wait for another one */
        return NGX_DONE;

    case NGX_HTTP_PLAID_WEBHOOK_DONE:
        break;

    default:
        /* the body cannot be read, and this is the error page for it */
        return NGX_HTTP_UNAUTHORIZED;
    }

    return ngx_http_plaid_webhook_pass(r, ctx, wlcf);
}


static ngx_int_t
ngx_http_plaid_webhook_begin(ngx_http_request_t *r,
    ngx_http_plaid_webhook_loc_conf_t *wlcf)
{
    ngx_int_t                      rc;
    ngx_plaid_webhook_e            verdict;
    ngx_http_plaid_webhook_ctx_t  *ctx;

    if (!(r->method & NGX_HTTP_POST)) {
        return ngx_http_plaid_webhook_not_allowed(r);
    }

    ctx = ngx_http_plaid_webhook_create_ctx(r, wlcf);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    verdict = ngx_http_plaid_webhook_precheck(r, ctx);

    if (verdict != NGX_PLAID_WEBHOOK_VERIFIED) {
        ngx_http_plaid_webhook_settle(ctx, verdict);
        return ngx_http_plaid_webhook_refuse(r, ctx);
    }

    ctx->state = NGX_HTTP_PLAID_WEBHOOK_READING;

    rc = ngx_http_read_client_request_body(r,
                                          ngx_http_plaid_webhook_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static ngx_int_t
ngx_http_plaid_webhook_not_allowed(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Allow");
    ngx_str_set(&h->value, "POST");

    return NGX_HTTP_NOT_ALLOWED;
}


static ngx_http_plaid_webhook_ctx_t *
ngx_http_plaid_webhook_create_ctx(ngx_http_request_t *r,
    ngx_http_plaid_webhook_loc_conf_t *wlcf)
{
    ngx_http_cleanup_t            *rcln;
    ngx_pool_cleanup_t            *cln;
    ngx_http_plaid_webhook_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_plaid_webhook_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_plaid_webhook_ctx_t));

    rcln = ngx_http_cleanup_add(r, 0);
    if (rcln == NULL) {
        return NULL;
    }

    rcln->handler = ngx_http_plaid_webhook_cleanup_request;
    rcln->data = ctx;

    /* marks the context for ngx_http_plaid_webhook_ctx() */
    cln->handler = ngx_http_plaid_webhook_cleanup_pool;

    ctx->ident.fd = (ngx_socket_t) -1;
    ctx->request = r;
    ctx->wlcf = wlcf;

    ctx->budget.data = ctx;
    ctx->budget.handler = ngx_http_plaid_webhook_overdue;
    ctx->budget.log = ngx_cycle->log;

    ngx_http_set_ctx(r, ctx, ngx_http_plaid_webhook_module);

    return (ngx_http_plaid_webhook_main_ctx(r, ctx) == NGX_OK) ? ctx : NULL;
}


/*
 * plaid_exchange in the same location leaves the body alone, whatever comes of
 * the webhook; variables and the answer to Plaid are that context's, too.
 */

static ngx_int_t
ngx_http_plaid_webhook_main_ctx(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_str_t             *type;
    ngx_http_plaid_ctx_t  *main;

    static ngx_str_t  json = ngx_string("application/json");

    main = ngx_http_plaid_ctx(r);

    if (main == NULL) {
        main = ngx_http_plaid_ctx_create(r, ngx_http_plaid_handler_cleanup);
        if (main == NULL) {
            return NGX_ERROR;
        }
    }

    main->state = NGX_HTTP_PLAID_DONE;
    main->plcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_module);
    main->client = ctx->wlcf->use->client;

    if (r->headers_in.content_type) {
        type = &r->headers_in.content_type->value;

        main->json = (type->len >= json.len
                      && ngx_strncasecmp(type->data, json.data, json.len)
                         == 0);
    }

    return NGX_OK;
}


static void
ngx_http_plaid_webhook_cleanup_request(void *data)
{
    ngx_http_plaid_webhook_ctx_t *ctx = data;

    ngx_http_plaid_webhook_leave_key(ctx);

    if (ctx->batch) {
        ngx_http_plaid_batch_leave(ctx->batch);
    }

    if (ctx->budget.timer_set) {
        ngx_del_timer(&ctx->budget);
    }
}


static void
ngx_http_plaid_webhook_cleanup_pool(void *data)
{
    ngx_http_plaid_webhook_ctx_t *ctx = data;

    ngx_uint_t  i;

    for (i = 0; i < ctx->body.ntokens; i++) {
        ngx_plaid_wipe(&ctx->body.tokens[i]);
    }
}


ngx_http_plaid_webhook_ctx_t *
ngx_http_plaid_webhook_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_plaid_webhook_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_plaid_webhook_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* an internal redirect clears contexts, but not the cleanup handlers */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_plaid_webhook_cleanup_pool) {
            ctx = cln->data;
            ngx_http_set_ctx(r, ctx, ngx_http_plaid_webhook_module);
            return ctx;
        }
    }

    return NULL;
}


/* what can be said before the body is read, and "100 Continue" is sent */

static ngx_plaid_webhook_e
ngx_http_plaid_webhook_precheck(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_str_t                      value;
    ngx_uint_t                     n;
    ngx_plaid_webhook_e            verdict;
    ngx_http_plaid_webhook_use_t  *use;

    n = ngx_http_plaid_webhook_header(r, &value);

    if (n == 0) {
        return NGX_PLAID_WEBHOOK_MISSING;
    }

    if (n > 1) {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    verdict = ngx_plaid_webhook_jwt_read(&ctx->jwt, &value);

    if (verdict != NGX_PLAID_WEBHOOK_VERIFIED) {
        return verdict;
    }

    use = ctx->wlcf->use;

    verdict = ngx_plaid_webhook_jwt_time(&ctx->jwt, ngx_time(), use->max_age,
                                         use->skew);

    if (verdict != NGX_PLAID_WEBHOOK_VERIFIED) {
        return verdict;
    }

    return (r->headers_in.content_length_n > (off_t) ctx->wlcf->max_body)
           ? NGX_PLAID_WEBHOOK_BODY_TOO_LARGE : NGX_PLAID_WEBHOOK_VERIFIED;
}


/*
 * The number of headers that an app could take for this one, as an
 * environment variable, and the value of the one that it is.
 */

static ngx_uint_t
ngx_http_plaid_webhook_header(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_str_t        *name;
    ngx_uint_t        i, n, found;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    found = 0;
    name = &ngx_http_plaid_webhook_name;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_plaid_headers_equal(&h[i].key, name)) {
                continue;
            }

            n++;

            if (ngx_strncasecmp(h[i].key.data, name->data, name->len) == 0) {
                *value = h[i].value;
                found = 1;
            }
        }
    }

    return found ? n : 0;
}


static void
ngx_http_plaid_webhook_body_handler(ngx_http_request_t *r)
{
    ngx_plaid_webhook_e            verdict;
    ngx_http_plaid_webhook_ctx_t  *ctx;

    ctx = ngx_http_plaid_webhook_ctx(r);

    /* the temporary file is the app's, and a mirror's, too */
    r->preserve_body = 1;

    verdict = ngx_http_plaid_webhook_body(r, ctx);

    if (verdict == NGX_PLAID_WEBHOOK_VERIFIED) {
        ngx_http_plaid_webhook_start_budget(ctx);
        ngx_http_plaid_webhook_find_key(ctx);

    } else {
        ngx_http_plaid_webhook_settle(ctx, verdict);
    }

    if (ctx->state != NGX_HTTP_PLAID_WEBHOOK_DONE) {

        if (ngx_http_plaid_webhook_suspend(r) == NGX_OK) {
            return;
        }

        ngx_http_plaid_webhook_settle(ctx, NGX_PLAID_WEBHOOK_INTERNAL);
    }

    /* reading has left handlers that would swallow every later event */

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


/* what can be said of the body without a key */

static ngx_plaid_webhook_e
ngx_http_plaid_webhook_body(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx)
{
    u_char        hash[NGX_PLAID_WEBHOOK_HASH_LEN];
    ngx_chain_t  *bufs;

    /* a chunked body has its length only now; a discarded one is not there */

    if (r->headers_in.content_length_n > (off_t) ctx->wlcf->max_body) {
        return NGX_PLAID_WEBHOOK_BODY_TOO_LARGE;
    }

    bufs = r->request_body ? r->request_body->bufs : NULL;

    if (ngx_plaid_webhook_body_hash(bufs, hash) != NGX_OK) {
        return NGX_PLAID_WEBHOOK_INTERNAL;
    }

    if (CRYPTO_memcmp(hash, ctx->jwt.hash, NGX_PLAID_WEBHOOK_HASH_LEN) != 0) {
        return NGX_PLAID_WEBHOOK_BODY;
    }

    return ngx_plaid_webhook_key_precheck(&ctx->jwt);
}


void
ngx_http_plaid_webhook_verify(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_plaid_webhook_e                  verdict;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    verdict = ngx_plaid_webhook_key_verify(&ctx->key, &ctx->jwt);

    if (verdict == NGX_PLAID_WEBHOOK_VERIFIED) {

        wmcf = ngx_http_get_module_main_conf(ctx->request,
                                             ngx_http_plaid_webhook_module);

        ngx_plaid_webhook_cache_verified(&wmcf->cache, &ctx->peer,
                                         ngx_current_msec);

        verdict = ngx_http_plaid_webhook_read(ctx);
    }

    if (verdict != NGX_PLAID_WEBHOOK_VERIFIED) {
        ngx_http_plaid_webhook_settle(ctx, verdict);
        return;
    }

    ngx_http_plaid_batch(ctx);
}


static ngx_plaid_webhook_e
ngx_http_plaid_webhook_read(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_str_t            text, *encoding;
    ngx_http_request_t  *r;

    r = ctx->request;

    encoding = ngx_http_plaid_request_header(r, "content-encoding");

    if (r->request_body == NULL
        || (encoding && encoding->len
            && ngx_strcasecmp(encoding->data, (u_char *) "identity") != 0))
    {
        /* signed all the same, but not for us to read */
        return NGX_PLAID_WEBHOOK_VERIFIED;
    }

    if (ngx_plaid_webhook_body_text(r->pool, r->request_body->bufs, &text)
        != NGX_OK)
    {
        return NGX_PLAID_WEBHOOK_INTERNAL;
    }

    rc = ngx_plaid_webhook_body_read(r->pool, &text, ctx->wlcf->max_tokens,
                                     &ctx->body);

    ngx_plaid_wipe(&text);

    if (rc == NGX_ERROR) {
        return NGX_PLAID_WEBHOOK_INTERNAL;
    }

    /* too many are a matter of the exchange alone */

    return (rc == NGX_DECLINED && ctx->wlcf->exchange)
           ? NGX_PLAID_WEBHOOK_TOO_MANY_TOKENS : NGX_PLAID_WEBHOOK_VERIFIED;
}


void
ngx_http_plaid_webhook_settle(ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_plaid_webhook_e verdict)
{
    ngx_http_plaid_webhook_leave_key(ctx);

    if (ctx->budget.timer_set) {
        ngx_del_timer(&ctx->budget);
    }

    ctx->state = NGX_HTTP_PLAID_WEBHOOK_DONE;
    ctx->verdict = verdict;

    ngx_http_plaid_webhook_log(ctx);
}


/* as in limit_req: a client that leaves is noticed */

static ngx_int_t
ngx_http_plaid_webhook_suspend(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    rev = r->connection->read;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(rev, 0);
}


void
ngx_http_plaid_webhook_resume(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_http_plaid_ctx_resume(ctx->request);
}


void
ngx_http_plaid_webhook_start_budget(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_msec_t  timeout;

    timeout = ctx->wlcf->use->client->peer.timeout;

    ngx_add_timer(&ctx->budget,
                  ngx_min(timeout, NGX_HTTP_PLAID_WEBHOOK_BUDGET));
}


/* Plaid is answered, what has begun goes on */

static void
ngx_http_plaid_webhook_overdue(ngx_event_t *ev)
{
    ngx_http_plaid_webhook_ctx_t  *ctx;

    ctx = ev->data;

    ngx_http_set_log_request(ctx->request->connection->log, ctx->request);

    ngx_http_plaid_webhook_settle(ctx,
                              (ctx->state == NGX_HTTP_PLAID_WEBHOOK_KEY)
                              ? NGX_PLAID_WEBHOOK_KEY_UNAVAILABLE
                              : NGX_PLAID_WEBHOOK_EXCHANGE_PENDING);

    ngx_http_plaid_webhook_resume(ctx);
}


static ngx_int_t
ngx_http_plaid_webhook_pass(ngx_http_request_t *r,
    ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_http_plaid_webhook_loc_conf_t *wlcf)
{
    if (ctx->verdict != NGX_PLAID_WEBHOOK_VERIFIED) {
        return ngx_http_plaid_webhook_refuse(r, ctx);
    }

    /* of another client's location, the signature says nothing */

    if (wlcf->use->client != ctx->wlcf->use->client) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (ctx->passed && !wlcf->written) {
        return NGX_DECLINED;
    }

    ctx->passed = 1;

    return (ngx_http_plaid_webhook_headers(r, ctx) == NGX_OK)
           ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
