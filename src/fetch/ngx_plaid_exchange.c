
#include "ngx_plaid_exchange.h"


/* calls of one exchange: the first and one retry */
#define NGX_PLAID_EXCHANGE_TRIES  2

/* time that must be left for the call after the pause that a 429 advised */
#define NGX_PLAID_EXCHANGE_ROOM   500

/* after the deadline: as long as a round of the event loop, milliseconds */
#define NGX_PLAID_EXCHANGE_LAST   1


static void ngx_plaid_exchange_addresses(ngx_plaid_exchange_t *x,
    ngx_addr_t *addrs, ngx_uint_t n);
static void ngx_plaid_exchange_resolve(ngx_plaid_exchange_t *x,
    ngx_plaid_endpoint_t *endpoint);
static void ngx_plaid_exchange_resolved(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_plaid_exchange_take(ngx_plaid_exchange_t *x,
    ngx_resolver_ctx_t *ctx, in_port_t port);
static void ngx_plaid_exchange_choose(ngx_plaid_exchange_t *x);
static void ngx_plaid_exchange_call(ngx_plaid_exchange_t *x);
static void ngx_plaid_exchange_called(ngx_plaid_call_t *call);
static void ngx_plaid_exchange_replied(ngx_plaid_exchange_t *x);
static void ngx_plaid_exchange_not_replied(ngx_plaid_exchange_t *x);
static void ngx_plaid_exchange_remember(ngx_plaid_exchange_t *x);
static void ngx_plaid_exchange_expired(ngx_event_t *ev);
static void ngx_plaid_exchange_fail(ngx_plaid_exchange_t *x,
    ngx_plaid_cause_e cause, char *detail);
static void ngx_plaid_exchange_end(ngx_plaid_exchange_t *x);
static void ngx_plaid_exchange_next(ngx_event_t *ev);
static void ngx_plaid_exchange_stop(ngx_plaid_exchange_t *x);


/* of this process; an empty one is made at first use */
static ngx_queue_t  ngx_plaid_exchanges;


ngx_plaid_exchange_t *
ngx_plaid_exchange_create(ngx_plaid_transport_t *transport)
{
    ngx_pool_t            *pool;
    ngx_plaid_exchange_t  *x;

    /* not a connection's log: the client may leave before the exchange ends */

    pool = ngx_create_pool(transport->pool, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    x = ngx_pcalloc(pool, sizeof(ngx_plaid_exchange_t));
    if (x == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    x->ident.fd = (ngx_socket_t) -1;
    x->pool = pool;
    x->transport = transport;

    x->deadline.data = x;
    x->deadline.handler = ngx_plaid_exchange_expired;
    x->deadline.log = ngx_cycle->log;

    x->next.data = x;
    x->next.handler = ngx_plaid_exchange_next;
    x->next.log = ngx_cycle->log;
    /* the deadline is what holds a worker */
    x->next.cancelable = 1;

    return x;
}


ngx_int_t
ngx_plaid_exchange_start(ngx_plaid_exchange_t *x)
{
    ngx_int_t              rc;
    ngx_plaid_peer_t      *peer;
    ngx_plaid_endpoint_t  *endpoint;

    peer = x->peer;

    if (peer->inflight >= peer->max_inflight) {
        ngx_plaid_stats_count(&peer->stats, NGX_PLAID_STATS_LIMITED);
        return NGX_BUSY;
    }

    rc = ngx_plaid_api_request(x->pool, x->dialect, &x->args, &x->request);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_plaid_exchanges.next == NULL) {
        ngx_queue_init(&ngx_plaid_exchanges);
    }

    ngx_queue_insert_tail(&ngx_plaid_exchanges, &x->queue);
    peer->inflight++;
    ngx_plaid_stats_begin(&peer->stats);

    x->began = ngx_current_msec;
    ngx_add_timer(&x->deadline, peer->timeout);

    endpoint = peer->proxied ? &peer->proxy : &peer->endpoint;

    if (!x->transport->connects || endpoint->unix_path.len) {
        ngx_plaid_exchange_call(x);

    } else if (endpoint->naddrs) {
        ngx_plaid_exchange_addresses(x, endpoint->addrs, endpoint->naddrs);

    } else {
        ngx_plaid_exchange_resolve(x, endpoint);
    }

    return NGX_OK;
}


static void
ngx_plaid_exchange_addresses(ngx_plaid_exchange_t *x, ngx_addr_t *addrs,
    ngx_uint_t n)
{
    ngx_uint_t  i;

    x->addrs = ngx_palloc(x->pool, n * sizeof(ngx_str_t));
    if (x->addrs == NULL) {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_INTERNAL, NULL);
        return;
    }

    for (i = 0; i < n; i++) {
        x->addrs[i] = addrs[i].name;
    }

    x->naddrs = n;

    ngx_plaid_exchange_choose(x);
    ngx_plaid_exchange_call(x);
}


static void
ngx_plaid_exchange_resolve(ngx_plaid_exchange_t *x,
    ngx_plaid_endpoint_t *endpoint)
{
    ngx_resolver_ctx_t  *ctx;

    if (x->resolver == NULL) {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_CONNECT,
                                "no resolver to look up the host");
        return;
    }

    x->state = NGX_PLAID_EXCHANGE_RESOLVING;

    ctx = ngx_resolve_start(x->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_CONNECT,
                                "no resolver to look up the host");
        return;
    }

    ctx->name = endpoint->host;
    ctx->handler = ngx_plaid_exchange_resolved;
    ctx->data = x;
    ctx->timeout = x->resolver_timeout;

    /* the handler may be called from within */

    x->resolve = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        x->resolve = NULL;
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_CONNECT,
                                "host cannot be looked up");
    }
}


static void
ngx_plaid_exchange_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t              rc;
    ngx_plaid_exchange_t  *x;
    ngx_plaid_endpoint_t  *endpoint;

    x = ctx->data;
    x->resolve = NULL;

    if (ctx->state) {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_CONNECT,
                                ngx_resolver_strerror(ctx->state));
        ngx_resolve_name_done(ctx);
        return;
    }

    endpoint = x->peer->proxied ? &x->peer->proxy : &x->peer->endpoint;

    rc = ngx_plaid_exchange_take(x, ctx, endpoint->port);

    ngx_resolve_name_done(ctx);

    if (rc != NGX_OK) {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_INTERNAL, NULL);
        return;
    }

    ngx_plaid_exchange_choose(x);
    ngx_plaid_exchange_call(x);
}


static ngx_int_t
ngx_plaid_exchange_take(ngx_plaid_exchange_t *x, ngx_resolver_ctx_t *ctx,
    in_port_t port)
{
    u_char          *p;
    ngx_uint_t       i;
    ngx_sockaddr_t   sa;

    x->addrs = ngx_palloc(x->pool, ctx->naddrs * sizeof(ngx_str_t));
    if (x->addrs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->naddrs; i++) {

        ngx_memcpy(&sa, ctx->addrs[i].sockaddr, ctx->addrs[i].socklen);
        ngx_inet_set_port(&sa.sockaddr, port);

        p = ngx_pnalloc(x->pool, NGX_SOCKADDR_STRLEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        x->addrs[i].data = p;
        x->addrs[i].len = ngx_sock_ntop(&sa.sockaddr, ctx->addrs[i].socklen,
                                        p, NGX_SOCKADDR_STRLEN, 1);
    }

    x->naddrs = ctx->naddrs;

    return NGX_OK;
}


/*
 * The address that worked last, so that its connections are used again;
 * else the first one: the resolver turns them round.
 */

static void
ngx_plaid_exchange_choose(ngx_plaid_exchange_t *x)
{
    ngx_uint_t         i;
    ngx_plaid_peer_t  *peer;

    peer = x->peer;

    for (i = 0; i < x->naddrs; i++) {
        if (x->addrs[i].len == peer->last_len
            && ngx_memcmp(x->addrs[i].data, peer->last, peer->last_len) == 0)
        {
            x->addr = i;
            return;
        }
    }

    x->addr = 0;
}


static void
ngx_plaid_exchange_call(ngx_plaid_exchange_t *x)
{
    ngx_plaid_call_t  *call;

    x->state = NGX_PLAID_EXCHANGE_CALLING;

    call = &x->call;

    ngx_memzero(call, sizeof(ngx_plaid_call_t));

    call->peer = x->peer;
    call->pool = x->pool;
    call->log = ngx_cycle->log;
    call->request = &x->request;
    call->handler = ngx_plaid_exchange_called;
    call->data = x;
    call->owner = x->owner;
    call->fresh = (x->tries > 0);

    if (x->naddrs) {
        call->addr = x->addrs[x->addr];
    }

    x->tries++;

    if (x->transport->start(call) != NGX_OK) {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_INTERNAL, NULL);
    }
}


static void
ngx_plaid_exchange_called(ngx_plaid_call_t *call)
{
    ngx_plaid_exchange_t  *x;

    x = call->data;

    if (call->rc == NGX_PLAID_CALL_DONE) {
        ngx_plaid_exchange_replied(x);
        return;
    }

    ngx_plaid_wipe(&call->body);

    ngx_plaid_exchange_not_replied(x);
}


static void
ngx_plaid_exchange_replied(ngx_plaid_exchange_t *x)
{
    time_t               wait;
    ngx_msec_t           passed, pause;
    ngx_plaid_call_t    *call;
    ngx_plaid_result_t  *res;

    call = &x->call;
    res = &x->result;

    ngx_plaid_exchange_remember(x);

    ngx_plaid_api_reply(x->pool, x->dialect, call->status, &call->body,
                        &call->request_id, call->retry_after, &x->args, res);

    ngx_plaid_wipe(&call->body);

    wait = res->retry_after;

    if (res->cause != NGX_PLAID_CAUSE_RATE_LIMIT
        || wait == 0
        || x->tries == NGX_PLAID_EXCHANGE_TRIES
        || wait > (time_t) (x->peer->timeout / 1000))
    {
        ngx_plaid_exchange_end(x);
        return;
    }

    pause = (ngx_msec_t) wait * 1000;
    passed = ngx_current_msec - x->began;

    if (passed + pause + NGX_PLAID_EXCHANGE_ROOM > x->peer->timeout) {
        ngx_plaid_exchange_end(x);
        return;
    }

    x->state = NGX_PLAID_EXCHANGE_PAUSED;
    ngx_add_timer(&x->next, pause);
}


static void
ngx_plaid_exchange_not_replied(ngx_plaid_exchange_t *x)
{
    ngx_plaid_call_t  *call;

    call = &x->call;

    if (!call->sent
        && x->tries < NGX_PLAID_EXCHANGE_TRIES
        && (call->rc == NGX_PLAID_CALL_CONNECT
            || call->rc == NGX_PLAID_CALL_CONNECT_TIMEOUT
            || call->rc == NGX_PLAID_CALL_LOST))
    {
        if (x->naddrs) {
            x->addr = (x->addr + 1) % x->naddrs;
        }

        ngx_plaid_stats_count(&x->peer->stats, NGX_PLAID_STATS_RETRY_CONNECT);
        ngx_plaid_exchange_call(x);
        return;
    }

    x->result.detail = call->detail;

    if (call->sent && call->rc != NGX_PLAID_CALL_BAD_REPLY
        && call->rc != NGX_PLAID_CALL_TIMEOUT)
    {
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_LOST, NULL);
        return;
    }

    switch (call->rc) {

    case NGX_PLAID_CALL_CONNECT:
    case NGX_PLAID_CALL_LOST:
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_CONNECT, NULL);
        return;

    case NGX_PLAID_CALL_CONNECT_TIMEOUT:
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_TIMEOUT, NULL);
        return;

    case NGX_PLAID_CALL_TIMEOUT:
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_TIMEOUT_SENT, NULL);
        return;

    case NGX_PLAID_CALL_BAD_REPLY:
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_BAD_REPLY, NULL);
        return;

    default:
        ngx_plaid_exchange_fail(x, NGX_PLAID_CAUSE_INTERNAL, NULL);
        return;
    }
}


static void
ngx_plaid_exchange_remember(ngx_plaid_exchange_t *x)
{
    ngx_str_t  *addr;

    if (x->naddrs == 0) {
        return;
    }

    addr = &x->addrs[x->addr];

    if (addr->len <= sizeof(x->peer->last)) {
        ngx_memcpy(x->peer->last, addr->data, addr->len);
        x->peer->last_len = addr->len;
    }
}


static void
ngx_plaid_exchange_expired(ngx_event_t *ev)
{
    ngx_plaid_exchange_t  *x;

    x = ev->data;

    if (x->state == NGX_PLAID_EXCHANGE_DONE) {
        /* the reply has come in the same round of the event loop */
        return;
    }

    if (x->state == NGX_PLAID_EXCHANGE_PAUSED) {
        /* the 429 stands */
        ngx_plaid_exchange_end(x);
        return;
    }

    if (!x->overdue) {
        /* were we held up ourselves, a reply may be waiting to be read */
        x->overdue = 1;
        ngx_add_timer(&x->deadline, NGX_PLAID_EXCHANGE_LAST);
        return;
    }

    ngx_plaid_exchange_stop(x);

    ngx_plaid_exchange_fail(x, x->call.sent ? NGX_PLAID_CAUSE_TIMEOUT_SENT
                                            : NGX_PLAID_CAUSE_TIMEOUT, NULL);
}


static void
ngx_plaid_exchange_fail(ngx_plaid_exchange_t *x, ngx_plaid_cause_e cause,
    char *detail)
{
    if (detail) {
        x->result.detail.data = (u_char *) detail;
        x->result.detail.len = ngx_strlen(detail);
    }

    ngx_plaid_result_fail(&x->result, cause);

    ngx_plaid_exchange_end(x);
}


/* the handler runs from the event loop: nobody's stack is below it */

static void
ngx_plaid_exchange_end(ngx_plaid_exchange_t *x)
{
    ngx_plaid_exchange_stop(x);

    x->state = NGX_PLAID_EXCHANGE_DONE;
    x->time = ngx_current_msec - x->began;
    ngx_plaid_stats_time(&x->peer->stats, x->time);

    ngx_post_event(&x->next, &ngx_posted_events);
}


static void
ngx_plaid_exchange_next(ngx_event_t *ev)
{
    ngx_plaid_exchange_t  *x;

    x = ev->data;

    if (x->state == NGX_PLAID_EXCHANGE_PAUSED) {
        ngx_memzero(&x->result, sizeof(ngx_plaid_result_t));
        ngx_plaid_stats_count(&x->peer->stats, NGX_PLAID_STATS_RETRY_LATER);
        ngx_plaid_exchange_call(x);
        return;
    }

    /* not earlier: until now nothing else held a worker that is to quit */

    ngx_queue_remove(&x->queue);
    x->queue.next = NULL;
    x->peer->inflight--;
    ngx_plaid_stats_end(&x->peer->stats);

    if (x->deadline.timer_set) {
        ngx_del_timer(&x->deadline);
    }

    x->handler(x);
}


/* idempotent; what it stops never calls back */

static void
ngx_plaid_exchange_stop(ngx_plaid_exchange_t *x)
{
    ngx_resolver_ctx_t  *ctx;

    if (x->resolve) {
        ctx = x->resolve;
        x->resolve = NULL;
        ngx_resolve_name_done(ctx);
    }

    if (x->call.transport) {
        x->transport->cancel(&x->call);
        ngx_plaid_wipe(&x->call.body);
    }

    if (x->next.timer_set) {
        ngx_del_timer(&x->next);
    }

    ngx_plaid_api_request_wipe(&x->request);
}


void
ngx_plaid_exchange_destroy(ngx_plaid_exchange_t *x)
{
    ngx_plaid_exchange_stop(x);

    if (x->queue.next) {
        ngx_queue_remove(&x->queue);
        x->peer->inflight--;
        ngx_plaid_stats_end(&x->peer->stats);
    }

    if (x->deadline.timer_set) {
        ngx_del_timer(&x->deadline);
    }

    if (x->next.posted) {
        ngx_delete_posted_event(&x->next);
    }

    ngx_plaid_wipe(&x->args.secret);
    ngx_plaid_wipe(&x->args.public_token);
    ngx_plaid_result_wipe(&x->result);

    ngx_destroy_pool(x->pool);
}


void
ngx_plaid_exchange_let_go(ngx_plaid_exchange_handler_pt handler)
{
    ngx_queue_t           *q;
    ngx_plaid_exchange_t  *x;

    if (ngx_plaid_exchanges.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_plaid_exchanges);
         q != ngx_queue_sentinel(&ngx_plaid_exchanges);
         q = ngx_queue_next(q))
    {
        x = ngx_queue_data(q, ngx_plaid_exchange_t, queue);
        x->deadline.cancelable = 1;
        handler(x);
    }
}


void
ngx_plaid_exchange_exit(void)
{
    ngx_queue_t  *q;

    if (ngx_plaid_exchanges.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_plaid_exchanges)) {
        q = ngx_queue_head(&ngx_plaid_exchanges);
        ngx_plaid_exchange_destroy(ngx_queue_data(q, ngx_plaid_exchange_t,
                                                  queue));
    }
}
