
#include "ngx_http_plaid_join.h"
#include "ngx_http_plaid_shared.h"


/*
 * How often those who wait for another worker's exchange look for its end,
 * in ms; those of the same worker are told.
 */
#define NGX_HTTP_PLAID_JOIN_INTERVAL  5


/* of this process: who waits for the exchanges of others */

typedef struct {
    ngx_plaid_ident_t           ident;       /* must be first */
    ngx_queue_t                 waiting;
    ngx_event_t                 tick;
} ngx_http_plaid_joined_t;


static void ngx_http_plaid_join_timer(ngx_event_t *ev);
static ngx_uint_t ngx_http_plaid_join_poll(ngx_http_plaid_ctx_t *ctx);


static ngx_http_plaid_joined_t  ngx_http_plaid_joined;


void
ngx_http_plaid_join_wait(ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_begin_pt begin)
{
    ngx_http_plaid_joined_t  *joined;

    joined = &ngx_http_plaid_joined;

    if (joined->waiting.next == NULL) {
        ngx_queue_init(&joined->waiting);

        joined->ident.fd = (ngx_socket_t) -1;

        joined->tick.data = joined;
        joined->tick.handler = ngx_http_plaid_join_timer;
        joined->tick.log = ngx_cycle->log;
    }

    ctx->state = NGX_HTTP_PLAID_JOINING;
    ctx->began = ngx_current_msec;
    ctx->begin = begin;

    ngx_queue_insert_tail(&joined->waiting, &ctx->queue);

    /* not cancelable: a worker that is to quit waits for those who wait */

    if (!joined->tick.timer_set) {
        ngx_add_timer(&joined->tick, NGX_HTTP_PLAID_JOIN_INTERVAL);
    }
}


void
ngx_http_plaid_join_notify(void)
{
    ngx_http_plaid_joined_t  *joined;

    joined = &ngx_http_plaid_joined;

    if (joined->waiting.next && !ngx_queue_empty(&joined->waiting)) {
        ngx_post_event(&joined->tick, &ngx_posted_events);
    }
}


static void
ngx_http_plaid_join_timer(ngx_event_t *ev)
{
    ngx_queue_t               looked, *q;
    ngx_http_plaid_ctx_t     *ctx;
    ngx_http_plaid_joined_t  *joined;

    joined = ev->data;

    /* a request that resumes may end others, or join again */

    ngx_queue_init(&looked);

    while (!ngx_queue_empty(&joined->waiting)) {

        q = ngx_queue_head(&joined->waiting);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&looked, q);

        ctx = ngx_queue_data(q, ngx_http_plaid_ctx_t, queue);

        if (ngx_http_plaid_join_poll(ctx)) {
            ngx_http_plaid_ctx_done(ctx);
        }
    }

    if (!ngx_queue_empty(&looked)) {
        ngx_queue_add(&joined->waiting, &looked);

        if (!joined->tick.timer_set) {
            ngx_add_timer(&joined->tick, NGX_HTTP_PLAID_JOIN_INTERVAL);
        }
    }
}


/* 1: the request is DONE and out of the queue */

static ngx_uint_t
ngx_http_plaid_join_poll(ngx_http_plaid_ctx_t *ctx)
{
    ngx_http_request_t  *r;
    ngx_plaid_store_e    rc;
    ngx_plaid_sealed_t   sealed;

    r = ctx->request;

    rc = ngx_plaid_store_poll(&ctx->zone->store, &ctx->ref, ngx_current_msec,
                              &sealed);

    if (rc == NGX_PLAID_STORE_WAIT) {
        return 0;
    }

    ngx_queue_remove(&ctx->queue);
    ctx->state = NGX_HTTP_PLAID_READING;

    ngx_http_set_log_request(r->connection->log, r);

    ctx->time = ngx_current_msec - ctx->began;
    ctx->called = 1;

    ctx->settled = (rc == NGX_PLAID_STORE_TOKEN);

    switch (rc) {

    case NGX_PLAID_STORE_TOKEN:
    case NGX_PLAID_STORE_FAILED:
    case NGX_PLAID_STORE_UNKNOWN:

        if (sealed.len == 0) {
            ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_LOST);

        } else if (ngx_http_plaid_join_restore(r, ctx, &sealed,
                                               NGX_PLAID_JOINED)
                   != NGX_OK)
        {
            ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        }

        return 1;

    default: /* NGX_PLAID_STORE_GONE: ours to make, or to wait for again */
        ctx->begin(r, ctx);

        if (ctx->state == NGX_HTTP_PLAID_CHECKING) {
            /* nobody else runs a subrequest that begins here */
            ngx_http_run_posted_requests(r->connection);
            return 0;
        }

        return ctx->state == NGX_HTTP_PLAID_DONE;
    }
}


ngx_int_t
ngx_http_plaid_join_restore(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_sealed_t *sealed, ngx_plaid_status_e status)
{
    ngx_int_t  rc;

    rc = ngx_http_plaid_shared_open(ctx->zone, &ctx->in, &ctx->seal, sealed,
                                    r->pool, &ctx->result);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "plaid replay zone \"%V\" has a record that cannot be "
                      "opened", &ctx->zone->shm_zone->shm.name);
        return NGX_ERROR;
    }

    if (ctx->result.cause == NGX_PLAID_CAUSE_NONE) {
        ctx->result.status = status;

        ngx_http_plaid_shared_hold(r, ctx, sealed);
    }

    ngx_http_plaid_ctx_finish(r, ctx, ctx->result.cause);

    return NGX_OK;
}
