
/*
 * Verification keys: from the cache, from Plaid, and who waits for them.
 */


#include "ngx_http_plaid_webhook.h"
#include "ngx_http_plaid_fetch.h"


/* how often those who wait for another worker's fetch look for its end, ms */
#define NGX_HTTP_PLAID_WEBHOOK_TICK  5

#define NGX_HTTP_PLAID_WEBHOOK_KEY_PATH  "/webhook_verification_key/get"


/* a fetch and where its outcome goes; in the fetch's own pool */

typedef struct {
    ngx_plaid_fetch_t                  *fetch;
    ngx_http_plaid_client_t            *client;
    ngx_http_plaid_main_conf_t         *pmcf;
    ngx_plaid_webhook_cache_t          *cache;
    ngx_plaid_webhook_cache_conf_t     *conf;
    ngx_plaid_webhook_cache_ref_t       ref;
    ngx_str_t                           kid;
} ngx_http_plaid_webhook_fetch_t;


/* of this process: who waits for a key */

typedef struct {
    ngx_plaid_ident_t                   ident;       /* must be first */
    ngx_queue_t                         waiting;
    ngx_event_t                         tick;
} ngx_http_plaid_webhook_waiting_t;


static ngx_int_t ngx_http_plaid_webhook_key_name(
    ngx_http_plaid_webhook_ctx_t *ctx);
static void ngx_http_plaid_webhook_wait(ngx_http_plaid_webhook_ctx_t *ctx);
static void ngx_http_plaid_webhook_tick(ngx_event_t *ev);
static ngx_uint_t ngx_http_plaid_webhook_poll(
    ngx_http_plaid_webhook_ctx_t *ctx);
static void ngx_http_plaid_webhook_found(ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_plaid_webhook_cache_e rc);
static ngx_int_t ngx_http_plaid_webhook_fetch(
    ngx_http_plaid_webhook_ctx_t *ctx);
static ngx_http_plaid_webhook_fetch_t *ngx_http_plaid_webhook_fetch_create(
    ngx_http_plaid_webhook_ctx_t *ctx, ngx_plaid_fetch_t *f);
static ngx_int_t ngx_http_plaid_webhook_fetch_request(
    ngx_http_plaid_webhook_fetch_t *wf);
static void ngx_http_plaid_webhook_fetched(ngx_plaid_fetch_t *f);
static void ngx_http_plaid_webhook_fetch_failed(
    ngx_http_plaid_webhook_fetch_t *wf);


static ngx_http_plaid_webhook_waiting_t  ngx_http_plaid_webhook_waiting;


void
ngx_http_plaid_webhook_find_key(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_http_request_t                  *r;
    ngx_plaid_webhook_cache_e            rc;
    ngx_http_plaid_webhook_use_t        *use;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    r = ctx->request;
    use = ctx->wlcf->use;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_webhook_module);

    ngx_plaid_webhook_cache_peer(&ctx->peer, r->connection->sockaddr);

    switch (ngx_http_plaid_webhook_key_name(ctx)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        ngx_http_plaid_webhook_settle(ctx, NGX_PLAID_WEBHOOK_KEY_UNAVAILABLE);
        return;

    default:
        ngx_http_plaid_webhook_settle(ctx, NGX_PLAID_WEBHOOK_INTERNAL);
        return;
    }

    rc = ngx_plaid_webhook_cache_lookup(&wmcf->cache, ctx->wlcf->keys,
                                        &ctx->peer, ngx_current_msec,
                                        use->client->peer.timeout, &ctx->ref,
                                        &ctx->key);

    switch (rc) {

    case NGX_PLAID_WEBHOOK_CACHE_FETCH:

        if (ngx_http_plaid_webhook_fetch(ctx) != NGX_OK) {
            rc = NGX_PLAID_WEBHOOK_CACHE_FAILED;
            break;
        }

        /* fall through */

    case NGX_PLAID_WEBHOOK_CACHE_WAIT:
        ngx_http_plaid_webhook_wait(ctx);
        return;

    case NGX_PLAID_WEBHOOK_CACHE_REFRESH:
        (void) ngx_http_plaid_webhook_fetch(ctx);
        break;

    default:
        break;
    }

    ngx_http_plaid_webhook_found(ctx, rc);
}


/* NGX_OK, NGX_DECLINED: no credentials, NGX_ERROR */

static ngx_int_t
ngx_http_plaid_webhook_key_name(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_str_t                 client_id, secret, kid;
    ngx_http_request_t       *r;
    ngx_http_plaid_client_t  *client;

    r = ctx->request;
    client = ctx->wlcf->use->client;

    rc = ngx_http_plaid_client_credentials(r, client, r->pool, &client_id,
                                           &secret);
    if (rc != NGX_OK) {
        return rc;
    }

    kid.data = ctx->jwt.kid;
    kid.len = ctx->jwt.kid_len;

    rc = ngx_plaid_webhook_cache_name(ctx->ref.name, &client->environment,
                                      &client_id, &kid);

    ngx_plaid_wipe(&client_id);
    ngx_plaid_wipe(&secret);

    return rc;
}


static void
ngx_http_plaid_webhook_wait(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_http_plaid_webhook_waiting_t  *w;

    w = &ngx_http_plaid_webhook_waiting;

    if (w->waiting.next == NULL) {
        ngx_queue_init(&w->waiting);

        w->ident.fd = (ngx_socket_t) -1;

        w->tick.data = w;
        w->tick.handler = ngx_http_plaid_webhook_tick;
        w->tick.log = ngx_cycle->log;
    }

    ctx->state = NGX_HTTP_PLAID_WEBHOOK_KEY;

    ngx_queue_insert_tail(&w->waiting, &ctx->queue);

    if (!w->tick.timer_set) {
        ngx_add_timer(&w->tick, NGX_HTTP_PLAID_WEBHOOK_TICK);
    }
}


void
ngx_http_plaid_webhook_leave_key(ngx_http_plaid_webhook_ctx_t *ctx)
{
    if (ctx->state == NGX_HTTP_PLAID_WEBHOOK_KEY) {
        ngx_queue_remove(&ctx->queue);
        ctx->state = NGX_HTTP_PLAID_WEBHOOK_READING;
    }
}


static void
ngx_http_plaid_webhook_tick(ngx_event_t *ev)
{
    ngx_queue_t                        looked, *q;
    ngx_http_plaid_webhook_ctx_t      *ctx;
    ngx_http_plaid_webhook_waiting_t  *w;

    w = ev->data;

    /* a request that resumes may end others */

    ngx_queue_init(&looked);

    while (!ngx_queue_empty(&w->waiting)) {

        q = ngx_queue_head(&w->waiting);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&looked, q);

        ctx = ngx_queue_data(q, ngx_http_plaid_webhook_ctx_t, queue);

        if (ngx_http_plaid_webhook_poll(ctx)) {
            ngx_http_plaid_webhook_resume(ctx);
        }
    }

    if (!ngx_queue_empty(&looked)) {
        ngx_queue_add(&w->waiting, &looked);

        if (!w->tick.timer_set) {
            ngx_add_timer(&w->tick, NGX_HTTP_PLAID_WEBHOOK_TICK);
        }
    }
}


/* 1: the request is DONE */

static ngx_uint_t
ngx_http_plaid_webhook_poll(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_http_request_t                  *r;
    ngx_plaid_webhook_cache_e            rc;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    r = ctx->request;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_webhook_module);

    rc = ngx_plaid_webhook_cache_poll(&wmcf->cache, ngx_current_msec,
                                      &ctx->ref, &ctx->key);

    if (rc == NGX_PLAID_WEBHOOK_CACHE_WAIT) {
        return 0;
    }

    ngx_http_plaid_webhook_leave_key(ctx);

    ngx_http_set_log_request(r->connection->log, r);

    ngx_http_plaid_webhook_found(ctx, rc);

    return ctx->state == NGX_HTTP_PLAID_WEBHOOK_DONE;
}


static void
ngx_http_plaid_webhook_found(ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_plaid_webhook_cache_e rc)
{
    switch (rc) {

    case NGX_PLAID_WEBHOOK_CACHE_KEY:
    case NGX_PLAID_WEBHOOK_CACHE_REFRESH:
        ngx_http_plaid_webhook_verify(ctx);
        return;

    case NGX_PLAID_WEBHOOK_CACHE_UNKNOWN:
        ngx_http_plaid_webhook_settle(ctx, NGX_PLAID_WEBHOOK_KEY_UNKNOWN);
        return;

    case NGX_PLAID_WEBHOOK_CACHE_EXPIRED:
        ngx_http_plaid_webhook_settle(ctx, NGX_PLAID_WEBHOOK_KEY_EXPIRED);
        return;

    default: /* LIMITED, FAILED */
        ngx_http_plaid_webhook_settle(ctx, NGX_PLAID_WEBHOOK_KEY_UNAVAILABLE);
        return;
    }
}


/* of the key "ctx->ref"; what comes of it is in the cache */

static ngx_int_t
ngx_http_plaid_webhook_fetch(ngx_http_plaid_webhook_ctx_t *ctx)
{
    ngx_plaid_fetch_t                   *f;
    ngx_http_plaid_webhook_fetch_t      *wf;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    if (ngx_http_plaid_fetch_create(ctx->request, ctx->wlcf->use->client,
                                    NGX_PLAID_CLASS_KEY, &f)
        == NGX_OK)
    {
        wf = ngx_http_plaid_webhook_fetch_create(ctx, f);

        if (wf) {

            if (ngx_plaid_fetch_start(f) == NGX_OK) {
                return NGX_OK;
            }

            ngx_str_set(&f->detail, "it could not be begun");
            ngx_http_plaid_webhook_fetch_failed(wf);
        }

        ngx_plaid_fetch_destroy(f);
    }

    wmcf = ngx_http_get_module_main_conf(ctx->request,
                                         ngx_http_plaid_webhook_module);

    ngx_plaid_webhook_cache_settle(&wmcf->cache, ctx->wlcf->keys,
                                   ngx_current_msec, &ctx->ref,
                                   NGX_PLAID_WEBHOOK_KEY_FAILED, NULL);

    return NGX_ERROR;
}


static ngx_http_plaid_webhook_fetch_t *
ngx_http_plaid_webhook_fetch_create(ngx_http_plaid_webhook_ctx_t *ctx,
    ngx_plaid_fetch_t *f)
{
    ngx_http_request_t                  *r;
    ngx_http_plaid_webhook_fetch_t      *wf;
    ngx_http_plaid_webhook_main_conf_t  *wmcf;

    r = ctx->request;

    wf = ngx_pcalloc(f->pool, sizeof(ngx_http_plaid_webhook_fetch_t));
    if (wf == NULL) {
        return NULL;
    }

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_webhook_module);

    wf->fetch = f;
    wf->client = ctx->wlcf->use->client;
    wf->pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);
    wf->cache = &wmcf->cache;
    wf->conf = ctx->wlcf->keys;
    wf->ref = ctx->ref;

    wf->kid.len = ctx->jwt.kid_len;
    wf->kid.data = ngx_pnalloc(f->pool, wf->kid.len);
    if (wf->kid.data == NULL) {
        return NULL;
    }

    ngx_memcpy(wf->kid.data, ctx->jwt.kid, wf->kid.len);

    f->handler = ngx_http_plaid_webhook_fetched;
    f->data = wf;

    return (ngx_http_plaid_webhook_fetch_request(wf) == NGX_OK) ? wf : NULL;
}


static ngx_int_t
ngx_http_plaid_webhook_fetch_request(ngx_http_plaid_webhook_fetch_t *wf)
{
    u_char                   *p;
    ngx_plaid_api_request_t  *req;

    req = &wf->fetch->request;

    p = ngx_pnalloc(wf->fetch->pool, sizeof("{\"key_id\":\"\"}")
                                     + wf->kid.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&req->path, NGX_HTTP_PLAID_WEBHOOK_KEY_PATH);
    ngx_str_set(&req->content_type, "application/json");

    /* the bytes of a key id need no escapes */

    req->body.data = p;
    req->body.len = ngx_sprintf(p, "{\"key_id\":\"%V\"}", &wf->kid) - p;

    return NGX_OK;
}


/* called from the event loop; those who wait may all be gone */

static void
ngx_http_plaid_webhook_fetched(ngx_plaid_fetch_t *f)
{
    ngx_plaid_webhook_key_t            key;
    ngx_plaid_webhook_key_e            rc;
    ngx_http_plaid_webhook_fetch_t    *wf;
    ngx_http_plaid_webhook_waiting_t  *w;

    wf = f->data;

    rc = NGX_PLAID_WEBHOOK_KEY_FAILED;

    if (f->rc == NGX_PLAID_CALL_DONE) {
        rc = ngx_plaid_webhook_key_read(&key, f->head.status, &f->body,
                                        &wf->kid);
    }

    if (rc == NGX_PLAID_WEBHOOK_KEY_FAILED) {
        ngx_http_plaid_webhook_fetch_failed(wf);
    }

    ngx_plaid_stats_key_fetch(wf->pmcf->stats, rc);

    ngx_plaid_webhook_cache_settle(wf->cache, wf->conf, ngx_current_msec,
                                   &wf->ref, rc, &key);

    ngx_plaid_fetch_destroy(f);

    w = &ngx_http_plaid_webhook_waiting;

    if (w->waiting.next && !ngx_queue_empty(&w->waiting)) {
        ngx_post_event(&w->tick, &ngx_posted_events);
    }
}


static void
ngx_http_plaid_webhook_fetch_failed(ngx_http_plaid_webhook_fetch_t *wf)
{
    ngx_plaid_fetch_t  *f;

    f = wf->fetch;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "plaid webhook key \"%V\" was not fetched%s%V, "
                  "client \"%V\", environment \"%V\", status %ui, "
                  "request id \"%V\"",
                  &wf->kid, f->detail.len ? ": " : "", &f->detail,
                  &wf->client->name, &wf->client->environment,
                  f->head.status, &f->head.request_id);
}
