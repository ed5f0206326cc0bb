
#include "ngx_http_plaid_exchange_int.h"
#include "ngx_http_plaid_check.h"
#include "ngx_http_plaid_fetch.h"
#include "ngx_http_plaid_join.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_request.h"
#include "ngx_http_plaid_seal.h"
#include "ngx_plaid_token.h"


static ngx_int_t ngx_http_plaid_exchange_scope(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_exchange_environment(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_exchange_claim(ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_store_claim_t *claim);
static void ngx_http_plaid_exchange_replayed(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_uint_t redis);
static void ngx_http_plaid_exchange_call(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_exchange_refuse(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause);
static void ngx_http_plaid_exchange_abandon(ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_exchange_checked(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause);
static void ngx_http_plaid_exchange_reading(ngx_http_request_t *r);
static ngx_plaid_cause_e ngx_http_plaid_prepare(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_args(ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_exchange_t *x);
static ngx_http_plaid_pending_t *ngx_http_plaid_pending(
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_exchange_t *x);
static void ngx_http_plaid_exchange_done(ngx_plaid_exchange_t *x);
static void ngx_http_plaid_exchange_record(ngx_http_plaid_pending_t *pending);
static void ngx_http_plaid_exchange_probed(ngx_http_plaid_pending_t *pending,
    ngx_plaid_sealed_t *sealed);
static void ngx_http_plaid_exchange_orphaned(ngx_http_plaid_pending_t *pending,
    ngx_plaid_exchange_t *x);


void
ngx_http_plaid_exchange_token(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    if (ngx_plaid_token_check(&ctx->token) != NGX_OK) {
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_TOKEN);
        return;
    }

    switch (ngx_http_plaid_exchange_environment(r, ctx)) {

    case NGX_OK:
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_TOKEN);
        return;

    case NGX_ERROR:
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        return;

    default: /* NGX_DECLINED */
        break;
    }

    if (ctx->plcf->seal && ngx_http_plaid_exchange_scope(r, ctx) != NGX_OK) {
        return;
    }

    ngx_http_plaid_exchange_begin(r, ctx);
}


/* What the token will be sealed for must be known before Plaid is called. */

static ngx_int_t
ngx_http_plaid_exchange_scope(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    switch (ngx_http_plaid_seal_scope(r, ctx->plcf->seal, ctx->client,
                                      &ctx->scope))
    {
    case NGX_OK:
        ctx->scoped = 1;
        return NGX_OK;

    case NGX_DECLINED:
        ngx_str_set(&ctx->result.detail, "no tenant or client_id to seal for");
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_CREDENTIALS);
        return NGX_DECLINED;

    default:
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        return NGX_ERROR;
    }
}


/* NGX_OK: it is of another one, and the message says so */

static ngx_int_t
ngx_http_plaid_exchange_environment(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   env, *ours;

    ours = &ctx->client->token_env;

    if (ours->len == 0
        || ngx_plaid_token_environment(&ctx->token, &env) != NGX_OK
        || (env.len == ours->len
            && ngx_strncmp(env.data, ours->data, env.len) == 0))
    {
        return NGX_DECLINED;
    }

    len = sizeof("the public token is of environment \"\", not \"\"")
          + env.len + ours->len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->result.error_message.data = p;
    ctx->result.error_message.len =
        ngx_sprintf(p, "the public token is of environment \"%V\", not \"%V\"",
                    &env, ours)
        - p;

    return NGX_OK;
}


void
ngx_http_plaid_exchange_begin(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t                n;
    ngx_plaid_cause_e         cause;
    ngx_plaid_store_e         rc;
    ngx_plaid_sealed_t        sealed;
    ngx_http_plaid_replay_t  *replay;
    ngx_plaid_store_claim_t   claim;

    replay = ctx->plcf->replay;

    if (replay == NULL) {
        ngx_http_plaid_exchange_call(r, ctx);
        return;
    }

    if (ctx->zone == NULL) {
        cause = ngx_http_plaid_replay_seal(r, ctx);

        if (cause != NGX_PLAID_CAUSE_NONE) {
            ngx_http_plaid_ctx_finish(r, ctx, cause);
            return;
        }

        ctx->seal.kind = ctx->kind;
    }

    ctx->zone = replay->zone;
    ctx->ttl = replay->ttl;

    ngx_http_plaid_exchange_claim(ctx, &claim);

    rc = ngx_plaid_store_claim(&ctx->zone->store, &claim, ngx_current_msec,
                               &ctx->ref, &sealed);

    switch (rc) {

    case NGX_PLAID_STORE_WAIT:
        ngx_http_plaid_join_wait(ctx, ngx_http_plaid_exchange_begin);
        return;

    case NGX_PLAID_STORE_TOKEN:

        ctx->settled = 1;

        if (ngx_http_plaid_join_restore(r, ctx, &sealed, NGX_PLAID_REPLAYED)
            == NGX_OK)
        {
            ngx_http_plaid_exchange_replayed(r, ctx, 0);
            return;
        }

        /* a record that does not open is as good as none */
        ctx->settled = 0;
        break;

    case NGX_PLAID_STORE_BUSY:
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_BUSY);
        return;

    case NGX_PLAID_STORE_FULL:

        n = ngx_plaid_store_report(&ctx->zone->store, ngx_current_msec);

        if (n) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "plaid replay zone \"%V\" is full, %ui exchanges "
                          "without replay",
                          &ctx->zone->shm_zone->shm.name, n);
        }

        break;

    case NGX_PLAID_STORE_OTHER:
        ctx->other = 1;
        break;

    default: /* NGX_PLAID_STORE_CALL */
        break;
    }

    ngx_http_plaid_exchange_call(r, ctx);
}


static void
ngx_http_plaid_exchange_claim(ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_store_claim_t *claim)
{
    ngx_memzero(claim, sizeof(ngx_plaid_store_claim_t));

    claim->id = ctx->seal.id;
    claim->tag = ctx->seal.bind;
    claim->kind = ctx->kind;
    claim->any = ctx->any;
    claim->timeout = ngx_http_plaid_shared_timeout(ctx->zone,
                                                   ctx->client->peer.timeout);

    if (ngx_http_plaid_check_wanted(ctx)) {
        /* it is asked first, for as long */
        claim->timeout += ctx->client->peer.timeout;
    }

    claim->ttl = ctx->ttl;
}


/* a token is handed out again, from this node's memory or from Redis */

static void
ngx_http_plaid_exchange_replayed(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_uint_t redis)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    if (ctx->result.status == NGX_PLAID_REPLAYED) {
        pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

        ngx_plaid_stats_replay(pmcf->stats, redis);
    }
}


static void
ngx_http_plaid_exchange_call(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_plaid_cause_e  cause;

    if (ngx_http_plaid_check_wanted(ctx)) {

        if (ngx_http_plaid_check_begin(r, ctx, ngx_http_plaid_exchange_checked)
            != NGX_OK)
        {
            ngx_http_plaid_exchange_refuse(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        }

        return;
    }

    cause = ngx_http_plaid_prepare(r, ctx);

    if (cause == NGX_PLAID_CAUSE_NONE) {
        ctx->state = NGX_HTTP_PLAID_WAITING;
        return;
    }

    ngx_http_plaid_exchange_refuse(r, ctx, cause);
}


/* nothing was sent: those who wait make their own call */

static void
ngx_http_plaid_exchange_refuse(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause)
{
    ngx_http_plaid_exchange_abandon(ctx);
    ngx_http_plaid_ctx_finish(r, ctx, cause);
}


static void
ngx_http_plaid_exchange_abandon(ngx_http_plaid_ctx_t *ctx)
{
    if (ctx->zone) {
        ngx_plaid_store_abandon(&ctx->zone->store, &ctx->ref);
        ngx_http_plaid_join_notify();
    }
}


static void
ngx_http_plaid_exchange_checked(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause)
{
    if (cause != NGX_PLAID_CAUSE_NONE) {
        ngx_http_plaid_exchange_refuse(r, ctx, cause);

    } else if (ngx_current_msec - ctx->check_began
               > ctx->client->peer.timeout)
    {
        /* the claim is for a call of that time: another may have taken over */
        ngx_http_plaid_exchange_abandon(ctx);
        ngx_http_plaid_exchange_begin(r, ctx);

    } else {
        ngx_http_plaid_exchange_call(r, ctx);
    }

    if (ctx->state != NGX_HTTP_PLAID_DONE) {
        ngx_http_plaid_exchange_suspend(r);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


static ngx_plaid_cause_e
ngx_http_plaid_prepare(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_plaid_fetch_t         *f;
    ngx_plaid_exchange_t      *x;
    ngx_http_plaid_pending_t  *pending;

    rc = ngx_http_plaid_fetch_create(r, ctx->client, NGX_PLAID_CLASS_EXCHANGE,
                                     &f);
    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_PLAID_CAUSE_CREDENTIALS
                                    : NGX_PLAID_CAUSE_INTERNAL;
    }

    x = ngx_plaid_exchange_create(f);
    if (x == NULL) {
        return NGX_PLAID_CAUSE_INTERNAL;
    }

    pending = ngx_http_plaid_pending(ctx, x);

    if (pending == NULL) {
        ngx_plaid_exchange_destroy(x);
        return NGX_PLAID_CAUSE_INTERNAL;
    }

    rc = ngx_http_plaid_args(ctx, x);

    if (rc == NGX_OK) {
        rc = ngx_http_plaid_exchange_share(pending);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_plaid_exchange_ask(pending);
    }

    if (rc == NGX_OK) {
        ctx->pending = pending;
        return NGX_PLAID_CAUSE_NONE;
    }

    ngx_plaid_seal_wipe(&pending->seal);
    ngx_plaid_exchange_destroy(x);

    return ngx_http_plaid_exchange_cause(rc);
}


ngx_plaid_cause_e
ngx_http_plaid_exchange_cause(ngx_int_t rc)
{
    switch (rc) {

    case NGX_OK:
        return NGX_PLAID_CAUSE_NONE;

    case NGX_BUSY:
        return NGX_PLAID_CAUSE_BUSY;

    case NGX_DECLINED:
        return NGX_PLAID_CAUSE_CREDENTIALS;

    default:
        return NGX_PLAID_CAUSE_INTERNAL;
    }
}


static ngx_int_t
ngx_http_plaid_args(ngx_http_plaid_ctx_t *ctx, ngx_plaid_exchange_t *x)
{
    ngx_plaid_api_args_t  *args;

    x->dialect = ctx->client->dialect;

    args = &x->args;

    args->client_id = x->fetch->client_id;
    args->secret = x->fetch->secret;

    args->public_token.data = ngx_pstrdup(x->pool, &ctx->token);
    args->account_id.data = ngx_pstrdup(x->pool, &ctx->account_id);

    if (args->public_token.data == NULL || args->account_id.data == NULL) {
        return NGX_ERROR;
    }

    args->public_token.len = ctx->token.len;
    args->account_id.len = ctx->account_id.len;

    return NGX_OK;
}


/* takes over the request's part in the store: it may outlive the request */

static ngx_http_plaid_pending_t *
ngx_http_plaid_pending(ngx_http_plaid_ctx_t *ctx, ngx_plaid_exchange_t *x)
{
    ngx_http_plaid_pending_t  *pending;

    pending = ngx_pcalloc(x->pool, sizeof(ngx_http_plaid_pending_t));
    if (pending == NULL) {
        return NULL;
    }

    pending->exchange = x;
    pending->ctx = ctx;
    pending->client = ctx->client;
    pending->began = ngx_current_msec;

    if (ctx->zone) {
        pending->zone = ctx->zone;
        pending->ttl = ctx->ttl;
        pending->ref = ctx->ref;
        pending->seal = ctx->seal;
        pending->other = ctx->other;

        ngx_http_plaid_exchange_claim(ctx, &pending->claim);

        pending->claim.id = pending->seal.id;
        pending->claim.tag = pending->seal.bind;
    }

    x->handler = ngx_http_plaid_exchange_done;
    x->data = pending;

    return pending;
}


/* called from the event loop; the client may be gone */

static void
ngx_http_plaid_exchange_done(ngx_plaid_exchange_t *x)
{
    if (ngx_http_plaid_exchange_look(x->data) != NGX_OK) {
        ngx_http_plaid_exchange_end(x);
    }
}


void
ngx_http_plaid_exchange_end(ngx_plaid_exchange_t *x)
{
    ngx_http_request_t       *r;
    ngx_plaid_cause_e         cause;
    ngx_http_plaid_ctx_t     *ctx;
    ngx_http_plaid_pending_t  *pending;

    pending = x->data;

    if (pending->zone) {

        if (!pending->replayed) {
            ngx_http_plaid_exchange_record(pending);
        }

        ngx_http_plaid_join_notify();
    }

    ngx_plaid_seal_wipe(&pending->seal);

    if (pending->ctx && pending->ctx->done == NULL) {
        (void) ngx_http_plaid_ctx_check_client(pending->ctx->request);
    }

    /* it may have left with its client */

    ctx = pending->ctx;

    if (ctx == NULL) {
        ngx_http_plaid_exchange_orphaned(pending, x);
        ngx_plaid_exchange_destroy(x);
        return;
    }

    r = ctx->request;

    ngx_http_set_log_request(r->connection->log, r);

    cause = x->result.cause;

    if (ngx_plaid_result_copy(r->pool, &ctx->result, &x->result) != NGX_OK) {
        cause = NGX_PLAID_CAUSE_INTERNAL;
    }

    if (ctx->any && cause != NGX_PLAID_CAUSE_NONE && x->fetch->body.len) {

        ctx->reply.data = ngx_pstrdup(r->pool, &x->fetch->body);
        ctx->reply.len = ctx->reply.data ? x->fetch->body.len : 0;
    }

    ctx->ref = pending->ref;
    ctx->time = ngx_current_msec - pending->began;
    ctx->called = 1;
    ctx->settled = pending->settled;

    if (pending->replayed) {
        ngx_http_plaid_exchange_replayed(r, ctx, 1);
    }

    ctx->pending = NULL;

    ngx_plaid_exchange_destroy(x);

    ngx_http_plaid_ctx_finish(r, ctx, cause);
    ngx_http_plaid_ctx_done(ctx);
}


static void
ngx_http_plaid_exchange_record(ngx_http_plaid_pending_t *pending)
{
    ngx_plaid_store_t          *store;
    ngx_plaid_result_t         *res;
    ngx_plaid_sealed_t          sealed, *kept;
    ngx_plaid_store_outcome_t   out;

    store = &pending->zone->store;
    res = &pending->exchange->result;

    if (pending->ref.probe && res->cause == NGX_PLAID_CAUSE_INPUT) {

        /* spent by the call before, whose answer nobody has */

        ngx_str_null(&res->error_type);
        ngx_str_null(&res->error_code);
        ngx_str_null(&res->error_message);
        ngx_str_null(&res->display_message);

        pending->settled = 1;

        ngx_plaid_result_fail(res, NGX_PLAID_CAUSE_LOST);
        ngx_http_plaid_exchange_probed(pending, &sealed);
        ngx_http_plaid_exchange_publish(pending, NULL);
        return;
    }

    kept = (ngx_plaid_seal_close(&pending->seal, res, &sealed) == NGX_OK)
           ? &sealed : NULL;

    if (res->cause == NGX_PLAID_CAUSE_NONE) {
        out.sealed = kept;
        out.item_id = res->item_id;
        out.request_id = res->request_id;

        (void) ngx_plaid_store_complete(store, &pending->ref, ngx_current_msec,
                                        pending->ttl, &out);
        ngx_http_plaid_exchange_publish(pending, kept);
        return;
    }

    ngx_http_plaid_exchange_publish(pending, NULL);

    if (res->status == NGX_PLAID_UNKNOWN || pending->ref.probe) {
        ngx_plaid_store_unknown(store, &pending->ref, ngx_current_msec,
                                pending->ttl, kept);
        return;
    }

    ngx_plaid_store_fail(store, &pending->ref, ngx_current_msec, kept);
}


/* known for certain to be lost: a repeated post need not ask Plaid */

static void
ngx_http_plaid_exchange_probed(ngx_http_plaid_pending_t *pending,
    ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_store_t  *store;

    store = &pending->zone->store;

    if (ngx_plaid_seal_close(&pending->seal, &pending->exchange->result, sealed)
        != NGX_OK)
    {
        ngx_plaid_store_unknown(store, &pending->ref, ngx_current_msec,
                                pending->ttl, NULL);
        return;
    }

    ngx_plaid_store_lost(store, &pending->ref, ngx_current_msec, pending->ttl,
                         sealed);
}


/* nobody else will say what became of it */

static void
ngx_http_plaid_exchange_orphaned(ngx_http_plaid_pending_t *pending,
    ngx_plaid_exchange_t *x)
{
    ngx_plaid_stats_t  *stats;

    stats = &pending->client->peer.stats;

    ngx_plaid_stats_result(stats, &x->result);

    if (x->result.cause != NGX_PLAID_CAUSE_NONE) {
        ngx_http_plaid_ctx_log(ngx_cycle->log, pending->client, &x->result,
                           x->time);
        return;
    }

    if (pending->ref.role == NGX_PLAID_STORE_HOLDER) {
        ngx_plaid_stats_count(stats, NGX_PLAID_STATS_KEPT);
        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "plaid exchange stored for replay, client disconnected, "
                      "client \"%V\", item \"%V\", request id \"%V\"",
                      &pending->client->name, &x->result.item_id,
                      &x->result.request_id);
        return;
    }

    ngx_plaid_stats_count(stats, NGX_PLAID_STATS_LOST);
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "plaid exchange succeeded but the client disconnected and "
                  "replay is off, token discarded, client \"%V\", "
                  "item \"%V\", request id \"%V\"",
                  &pending->client->name, &x->result.item_id,
                  &x->result.request_id);
}


void
ngx_http_plaid_exchange_suspend(ngx_http_request_t *r)
{
    ngx_event_t           *rev;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    if (ctx && ctx->state == NGX_HTTP_PLAID_CHECKING) {
        /* a subrequest goes on with it */
        return;
    }

    rev = r->connection->read;

    r->read_event_handler = ngx_http_plaid_exchange_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return;
    }

    /* without the event, who leaves is seen when there is an outcome */

    (void) ngx_handle_read_event(rev, 0);
}


/* a request of a client that has left goes on if the location says so */

static void
ngx_http_plaid_exchange_reading(ngx_http_request_t *r)
{
    if (ngx_http_plaid_request_aborted(r)) {
        ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
        return;
    }

    ngx_http_block_reading(r);
}


void
ngx_http_plaid_exchange_release(ngx_http_plaid_ctx_t *ctx)
{
    if (ctx->pending) {
        ctx->pending->ctx = NULL;
        ctx->pending = NULL;
    }

    if (ctx->state == NGX_HTTP_PLAID_CHECKING) {
        ngx_http_plaid_exchange_abandon(ctx);
        ctx->state = NGX_HTTP_PLAID_DONE;
    }

    if (ctx->state == NGX_HTTP_PLAID_JOINING) {
        ngx_queue_remove(&ctx->queue);
        ngx_plaid_store_leave(&ctx->zone->store, &ctx->ref);
        ctx->state = NGX_HTTP_PLAID_DONE;
    }

    ngx_plaid_wipe(&ctx->token);
    ngx_plaid_seal_wipe(&ctx->seal);
}
