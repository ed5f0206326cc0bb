
/*
 * An exchange whose records are shared by several nodes: asked before Plaid is,
 * after it has refused, and told what came of it.
 */


#include "ngx_http_plaid_exchange_int.h"
#include "ngx_http_plaid_join.h"


#if (NGX_PLAID_HIREDIS)

static void ngx_http_plaid_exchange_asked(ngx_http_plaid_shared_t *s);
static ngx_uint_t ngx_http_plaid_exchange_take(
    ngx_http_plaid_pending_t *pending);
static ngx_uint_t ngx_http_plaid_exchange_match(
    ngx_http_plaid_pending_t *pending, ngx_plaid_sealed_t *sealed);


ngx_int_t
ngx_http_plaid_exchange_share(ngx_http_plaid_pending_t *pending)
{
    ngx_plaid_exchange_t     *x;
    ngx_http_plaid_shared_t  *s;

    /* a stranger to the record is one on every node */

    if (pending->zone == NULL || pending->zone->redis == NULL
        || pending->other)
    {
        return NGX_OK;
    }

    x = pending->exchange;

    s = ngx_pcalloc(x->pool, sizeof(ngx_http_plaid_shared_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->zone = pending->zone;
    s->in.client = pending->client->name;
    s->in.client_id = x->args.client_id;
    s->in.environment = pending->client->environment;
    s->in.token = x->args.public_token;
    s->seal = &pending->seal;
    s->pool = x->pool;
    s->timeout = pending->client->peer.timeout;
    s->ttl = pending->ttl;
    s->handler = ngx_http_plaid_exchange_asked;
    s->data = pending;

    pending->shared = s;

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_exchange_ask(ngx_http_plaid_pending_t *pending)
{
    if (pending->shared
        && ngx_http_plaid_shared_claim(pending->shared) == NGX_OK)
    {
        return NGX_OK;
    }

    return ngx_plaid_exchange_start(pending->exchange);
}


ngx_int_t
ngx_http_plaid_exchange_look(ngx_http_plaid_pending_t *pending)
{
    if (pending->shared == NULL
        || pending->replayed
        || pending->exchange->result.cause != NGX_PLAID_CAUSE_INPUT)
    {
        return NGX_DECLINED;
    }

    return ngx_http_plaid_shared_look(pending->shared);
}


/* called from the event loop; the client may be gone */

static void
ngx_http_plaid_exchange_asked(ngx_http_plaid_shared_t *s)
{
    ngx_int_t                  rc;
    ngx_plaid_exchange_t      *x;
    ngx_http_plaid_pending_t  *pending;

    pending = s->data;
    x = pending->exchange;

    if (s->aborted) {
        ngx_plaid_seal_wipe(&pending->seal);
        ngx_plaid_exchange_destroy(x);
        return;
    }

    if (s->found && ngx_http_plaid_exchange_take(pending)) {
        ngx_http_plaid_exchange_end(x);
        return;
    }

    if (s->look) {
        ngx_http_plaid_exchange_end(x);
        return;
    }

    if (s->probe) {
        pending->ref.probe = 1;
    }

    rc = ngx_plaid_exchange_start(x);

    if (rc != NGX_OK) {
        ngx_plaid_result_fail(&x->result, ngx_http_plaid_exchange_cause(rc));
        ngx_http_plaid_exchange_end(x);
    }
}


/* 1: the outcome of another node is this one's, too */

static ngx_uint_t
ngx_http_plaid_exchange_take(ngx_http_plaid_pending_t *pending)
{
    ngx_int_t                 rc;
    ngx_msec_t                age;
    ngx_plaid_store_t        *store;
    ngx_plaid_exchange_t     *x;
    ngx_http_plaid_shared_t  *s;

    s = pending->shared;
    x = pending->exchange;
    store = &pending->zone->store;
    rc = NGX_BUSY;

    if (ngx_http_plaid_exchange_match(pending, &s->sealed)) {

        age = (s->rest < s->ttl) ? s->ttl - s->rest : 0;

        rc = ngx_plaid_store_import(store, &pending->claim, &pending->ref,
                                    ngx_current_msec, age, s->rest,
                                    s->delivered, &s->sealed);

        /* NGX_DECLINED: no place for it here, which is no reason to ask */
    }

    if (rc == NGX_BUSY) {

        /* another's: this one has its own call, and leaves no trace */

        ngx_plaid_result_wipe(&s->result);
        ngx_plaid_store_abandon(store, &pending->ref);
        ngx_http_plaid_join_notify();

        pending->zone = NULL;
        pending->shared = NULL;

        return 0;
    }

    ngx_plaid_result_wipe(&x->result);

    x->result = s->result;
    ngx_memzero(&s->result, sizeof(ngx_plaid_result_t));

    if (x->result.cause == NGX_PLAID_CAUSE_NONE) {
        x->result.status = NGX_PLAID_REPLAYED;
    }

    pending->replayed = 1;

    if (pending->ctx && !s->delivered) {
        ngx_http_plaid_shared_hold(pending->ctx->request, pending->ctx,
                                   &s->sealed);
    }

    return 1;
}


/* whether the tag is this request's; the store knows the rest */

static ngx_uint_t
ngx_http_plaid_exchange_match(ngx_http_plaid_pending_t *pending,
    ngx_plaid_sealed_t *sealed)
{
    static u_char  unbound[NGX_PLAID_SEAL_BIND_LEN];

    return pending->claim.any
           || ngx_memcmp(sealed->bind, pending->seal.bind,
                         NGX_PLAID_SEAL_BIND_LEN)
              == 0
           || (sealed->kind == NGX_PLAID_STORE_WEBHOOK
               && ngx_memcmp(sealed->bind, unbound, NGX_PLAID_SEAL_BIND_LEN)
                  == 0);
}


void
ngx_http_plaid_exchange_publish(ngx_http_plaid_pending_t *pending,
    ngx_plaid_sealed_t *sealed)
{
    ngx_plaid_result_t  *res;

    if (pending->shared == NULL) {
        return;
    }

    res = &pending->exchange->result;

    if (res->cause == NGX_PLAID_CAUSE_NONE) {

        if (sealed) {
            ngx_http_plaid_shared_keep(pending->shared, sealed);

            if (pending->ctx) {
                ngx_http_plaid_shared_hold(pending->ctx->request,
                                           pending->ctx, sealed);
            }

            return;
        }

        ngx_http_plaid_shared_unknown(pending->shared);
        return;
    }

    if (!pending->settled
        && (res->status == NGX_PLAID_UNKNOWN || pending->ref.probe))
    {
        ngx_http_plaid_shared_unknown(pending->shared);
        return;
    }

    ngx_http_plaid_shared_release(pending->shared);
}


#else

ngx_int_t
ngx_http_plaid_exchange_share(ngx_http_plaid_pending_t *pending)
{
    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_exchange_ask(ngx_http_plaid_pending_t *pending)
{
    return ngx_plaid_exchange_start(pending->exchange);
}


ngx_int_t
ngx_http_plaid_exchange_look(ngx_http_plaid_pending_t *pending)
{
    return NGX_DECLINED;
}


void
ngx_http_plaid_exchange_publish(ngx_http_plaid_pending_t *pending,
    ngx_plaid_sealed_t *sealed)
{
}

#endif
