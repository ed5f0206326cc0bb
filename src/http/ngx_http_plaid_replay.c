
/*
 * The replay store for requests: the name of a record, what the app's answer
 * means for it, tokens that nobody took.
 */


#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_request.h"
#include "ngx_http_plaid_shared.h"


/* tokens that nobody took, logged at a time */
#define NGX_HTTP_PLAID_REPLAY_LAPSED  16


/* of a worker: looks for tokens that nobody took */

typedef struct {
    ngx_plaid_ident_t           ident;       /* must be first */
    ngx_array_t                *zones;
    ngx_event_t                 event;
} ngx_http_plaid_replay_timer_t;


static void ngx_http_plaid_replay_sweep(ngx_event_t *ev);
static void ngx_http_plaid_replay_undelivered(ngx_log_t *log,
    ngx_str_t *zone, ngx_plaid_store_lapsed_t *lapsed);
static void ngx_http_plaid_replay_forwarded(ngx_http_request_t *r,
    ngx_http_plaid_replay_t *replay);
static ngx_uint_t ngx_http_plaid_replay_realip(ngx_http_request_t *r);
static ngx_uint_t ngx_http_plaid_replay_connected(ngx_http_request_t *r);
static ngx_uint_t ngx_http_plaid_replay_status(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_replay_answered(ngx_http_plaid_ctx_t *ctx,
    ngx_uint_t status, ngx_uint_t connected);


/* only of the built-in zone, as others were given their size on purpose */

void
ngx_http_plaid_replay_check(ngx_cycle_t *cycle,
    ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t                 i, calls;
    ngx_core_conf_t           *ccf;
    ngx_plaid_store_stats_t    stats;
    ngx_http_plaid_client_t  **client;

    if (pmcf->zone == NULL || pmcf->zone->store.area == NULL) {
        return;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    calls = 0;
    client = pmcf->clients->elts;

    for (i = 0; i < pmcf->clients->nelts; i++) {
        calls += client[i]->peer.max_inflight[NGX_PLAID_CLASS_EXCHANGE];
    }

    calls *= ngx_max(ccf->worker_processes, 1);

    ngx_plaid_store_stats(&pmcf->zone->store, &stats);

    if (calls > stats.records) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"max_inflight\" of all plaid_client and workers is "
                      "%ui exchanges, and the built-in zone of "
                      "\"plaid_replay\" has %ui records, a larger one by "
                      "\"plaid_replay_zone\" is needed to keep all of them",
                      calls, stats.records);
    }
}


ngx_int_t
ngx_http_plaid_replay_attach(ngx_cycle_t *cycle,
    ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t                     i;
    ngx_http_plaid_zone_t        **zone;
    ngx_http_plaid_replay_timer_t *timer;

    if (pmcf->zones == NULL) {
        return NGX_OK;
    }

    zone = pmcf->zones->elts;

    for (i = 0; i < pmcf->zones->nelts; i++) {
        ngx_plaid_store_attach(&zone[i]->store);
    }

    timer = ngx_pcalloc(cycle->pool, sizeof(ngx_http_plaid_replay_timer_t));
    if (timer == NULL) {
        return NGX_ERROR;
    }

    timer->ident.fd = (ngx_socket_t) -1;
    timer->zones = pmcf->zones;

    timer->event.data = timer;
    timer->event.handler = ngx_http_plaid_replay_sweep;
    timer->event.log = cycle->log;
    timer->event.cancelable = 1;

    ngx_add_timer(&timer->event, NGX_PLAID_STORE_SWEEP_MS);

    return NGX_OK;
}


static void
ngx_http_plaid_replay_sweep(ngx_event_t *ev)
{
    ngx_uint_t                      i, j, n;
    ngx_array_t                    *zones;
    ngx_http_plaid_zone_t         **zone;
    ngx_plaid_store_lapsed_t        lapsed[NGX_HTTP_PLAID_REPLAY_LAPSED];
    ngx_http_plaid_replay_timer_t  *timer;

    timer = ev->data;
    zones = timer->zones;
    zone = zones->elts;

    for (i = 0; i < zones->nelts; i++) {

        if (!ngx_plaid_store_turn(&zone[i]->store, ngx_current_msec)) {
            continue;
        }

        do {
            n = ngx_plaid_store_sweep(&zone[i]->store, ngx_current_msec,
                                      lapsed, NGX_HTTP_PLAID_REPLAY_LAPSED);

            for (j = 0; j < n; j++) {
                ngx_http_plaid_replay_undelivered(ev->log,
                                           &zone[i]->shm_zone->shm.name,
                                           &lapsed[j]);
            }

        } while (n == NGX_HTTP_PLAID_REPLAY_LAPSED);
    }

    ngx_add_timer(ev, NGX_PLAID_STORE_SWEEP_MS);
}


static void
ngx_http_plaid_replay_undelivered(ngx_log_t *log, ngx_str_t *zone,
    ngx_plaid_store_lapsed_t *lapsed)
{
    ngx_str_t  item, request;

    item.data = lapsed->item_id;
    item.len = lapsed->item_len;
    request.data = lapsed->request_id;
    request.len = lapsed->request_len;

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "plaid access token was not delivered in time, the app %s, "
                  "zone \"%V\", item \"%V\", request id \"%V\"",
                  lapsed->called ? "was called, and never answered 2xx"
                                 : "was not called",
                  zone, &item, &request);
}


ngx_plaid_cause_e
ngx_http_plaid_replay_seal(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_http_plaid_replay_t  *replay;
    ngx_plaid_seal_input_t    in;

    replay = ctx->plcf->replay;

    ngx_memzero(&in, sizeof(ngx_plaid_seal_input_t));

    in.client = ctx->client->name;
    in.environment = ctx->client->environment;
    in.token = ctx->token;

    rc = ngx_http_plaid_client_id(r, ctx->client, r->pool, &in.client_id);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_PLAID_CAUSE_CREDENTIALS
                                    : NGX_PLAID_CAUSE_INTERNAL;
    }

    if (ngx_http_complex_value(r, &replay->bind, &in.bind) != NGX_OK) {
        return NGX_PLAID_CAUSE_INTERNAL;
    }

    /* people without a cookie, say, are not one and the same */

    if (in.bind.len == 0) {
        in.bind = r->connection->addr_text;
        in.unbound = 1;
    }

    if (replay->unbound) {
        ngx_http_plaid_replay_forwarded(r, replay);
    }

    ngx_http_plaid_shared_secret(replay->zone, &in);

    ctx->in = in;

    return ngx_plaid_seal_derive(&ctx->seal, &in) == NGX_OK
           ? NGX_PLAID_CAUSE_NONE : NGX_PLAID_CAUSE_INTERNAL;
}


/* behind a proxy all clients have its address */

static void
ngx_http_plaid_replay_forwarded(ngx_http_request_t *r,
    ngx_http_plaid_replay_t *replay)
{
    if (ngx_http_plaid_request_header(r, "x-forwarded-for") == NULL
        || ngx_http_plaid_replay_realip(r)
        || !ngx_plaid_store_first(&replay->zone->store))
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "plaid replay: a post has \"X-Forwarded-For\", all clients "
                  "of a proxy share its address as their bind value, "
                  "\"set_real_ip_from\" or \"bind=\" of \"plaid_replay\" "
                  "tells them apart");
}


/* its variable, as nginx may have been built without that module */

static ngx_uint_t
ngx_http_plaid_replay_realip(ngx_http_request_t *r)
{
    ngx_uint_t                  key;
    ngx_http_variable_value_t  *vv;

    static ngx_str_t  name = ngx_string("realip_remote_addr");

    key = ngx_hash_key(name.data, name.len);
    vv = ngx_http_get_variable(r, &name, key);

    return vv && !vv->not_found
           && (vv->len != r->connection->addr_text.len
               || ngx_memcmp(vv->data, r->connection->addr_text.data, vv->len)
                  != 0);
}


/*
 * What the app itself has answered, whatever the client got to see; without
 * an upstream it is nginx that took the token.
 */

void
ngx_http_plaid_replay_delivered(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t             status, connected;
    ngx_http_plaid_ctx_t  *one;

    if (!ctx->injected) {
        return;
    }

#if (NGX_HTTP_CACHE)

    if (r->cached) {
        /* the app was not asked */
        return;
    }

#endif

    status = ngx_http_plaid_replay_status(r, ctx);

    connected = ngx_http_plaid_replay_connected(r);

    for (one = ctx; one; one = one->next) {
        if (one->zone) {
            ngx_http_plaid_replay_answered(one, status, connected);
        }
    }
}


/*
 * The status of an answer that nginx has accepted, else 0: what was parsed of
 * a header that is invalid, too big or cut is none.
 */

static ngx_uint_t
ngx_http_plaid_replay_status(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    /* that of an earlier location: here a module of nginx has answered */

    if (u == NULL || u == ctx->upstream) {
        return r->headers_out.status;
    }

    /* set when the whole header has been parsed */

    if (u->state == NULL || u->state->header_time == (ngx_msec_t) -1) {
        return 0;
    }

    return u->headers_in.status_n;
}


static void
ngx_http_plaid_replay_answered(ngx_http_plaid_ctx_t *ctx, ngx_uint_t status,
    ngx_uint_t connected)
{
    ngx_msec_t          grace;
    ngx_uint_t          alone;
    ngx_plaid_store_t  *store;

    store = &ctx->zone->store;

    if (status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE) {
        grace = ctx->plcf->replay->grace;

        /* a full zone knows nothing of it */
        alone = (ctx->ref.role == NGX_PLAID_STORE_NOBODY);

        if (ngx_plaid_store_delivered(store, &ctx->ref, ngx_current_msec,
                                      grace)
            == NGX_OK
            || alone)
        {
            ngx_http_plaid_shared_delivered(ctx, grace);
        }

        return;
    }

    if (connected) {
        ngx_plaid_store_called(store, &ctx->ref);
    }

    /* a redirect may lead to the login page, which has not seen the token */

    if (status >= NGX_HTTP_SPECIAL_RESPONSE && status < NGX_HTTP_BAD_REQUEST) {
        ngx_plaid_store_taken(store, &ctx->ref);
    }
}


/* whether any server of the upstream was */

static ngx_uint_t
ngx_http_plaid_replay_connected(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state;

    if (r->upstream_states == NULL) {
        return 0;
    }

    state = r->upstream_states->elts;

    for (i = 0; i < r->upstream_states->nelts; i++) {
        if (state[i].connect_time != (ngx_msec_t) -1) {
            return 1;
        }
    }

    return 0;
}
