
/*
 * The fetch: its time, its calls, and the one retry.
 */


#include "ngx_plaid_fetch_int.h"


/* calls of one fetch: the first and one retry */
#define NGX_PLAID_FETCH_TRIES  2

/* time that must be left for the call after the pause that a 429 advised */
#define NGX_PLAID_FETCH_ROOM   500

/* after the deadline: as long as a round of the event loop, milliseconds */
#define NGX_PLAID_FETCH_LAST   1

/* most of a reply that is collected for a sink: in memory for each fetch */
#define NGX_PLAID_FETCH_DRAIN  (1024 * 1024)


static void ngx_plaid_fetch_count(ngx_plaid_fetch_t *f, ngx_uint_t begun);
static void ngx_plaid_fetch_called(ngx_plaid_call_t *call);
static ngx_uint_t ngx_plaid_fetch_pause(ngx_plaid_fetch_t *f);
static ngx_uint_t ngx_plaid_fetch_retry(ngx_plaid_fetch_t *f);
static void ngx_plaid_fetch_drain(ngx_plaid_fetch_t *f);
static void ngx_plaid_fetch_expired(ngx_event_t *ev);
static void ngx_plaid_fetch_end(ngx_plaid_fetch_t *f);
static void ngx_plaid_fetch_next(ngx_event_t *ev);
static void ngx_plaid_fetch_stop(ngx_plaid_fetch_t *f);


/* of this process; an empty one is made at first use */
static ngx_queue_t  ngx_plaid_fetches;


ngx_plaid_fetch_t *
ngx_plaid_fetch_create(ngx_plaid_transport_t *transport)
{
    ngx_pool_t         *pool;
    ngx_plaid_fetch_t  *f;

    /* not a connection's log: the client may leave before the fetch ends */

    pool = ngx_create_pool(transport->pool, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    f = ngx_pcalloc(pool, sizeof(ngx_plaid_fetch_t));
    if (f == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    f->ident.fd = (ngx_socket_t) -1;
    f->pool = pool;
    f->transport = transport;

    f->deadline.data = f;
    f->deadline.handler = ngx_plaid_fetch_expired;
    f->deadline.log = ngx_cycle->log;

    f->next.data = f;
    f->next.handler = ngx_plaid_fetch_next;
    f->next.log = ngx_cycle->log;
    /* the deadline is what holds a worker */
    f->next.cancelable = 1;

    return f;
}


ngx_int_t
ngx_plaid_fetch_start(ngx_plaid_fetch_t *f)
{
    ngx_int_t              rc;
    ngx_plaid_peer_t      *peer;
    ngx_plaid_endpoint_t  *endpoint;

    peer = f->peer;

    if (peer->inflight[f->class] >= peer->max_inflight[f->class]) {

        if (f->class == NGX_PLAID_CLASS_EXCHANGE) {
            ngx_plaid_stats_count(&peer->stats, NGX_PLAID_STATS_LIMITED);
        }

        return NGX_BUSY;
    }

    if (!f->keyless) {
        rc = ngx_plaid_api_keys(f->pool, &f->client_id, &f->secret,
                                &f->request);
        if (rc != NGX_OK) {
            ngx_plaid_api_request_wipe(&f->request);
            return rc;
        }
    }

    if (ngx_plaid_fetches.next == NULL) {
        ngx_queue_init(&ngx_plaid_fetches);
    }

    ngx_queue_insert_tail(&ngx_plaid_fetches, &f->queue);
    ngx_plaid_fetch_count(f, 1);

    if (f->timeout == 0) {
        f->timeout = peer->timeout;
    }

    if (f->max_reply == 0) {
        f->max_reply = peer->max_response_size;
    }

    if (f->sink && f->transport->resume == NULL) {
        f->max_reply = ngx_min(f->max_reply, NGX_PLAID_FETCH_DRAIN);
    }

    f->began = ngx_current_msec;
    ngx_add_timer(&f->deadline, f->timeout);

    endpoint = peer->proxied ? &peer->proxy : &peer->endpoint;

    if (!f->transport->connects || endpoint->unix_path.len) {
        ngx_plaid_fetch_call(f);

    } else {
        ngx_plaid_fetch_addr(f, endpoint);
    }

    return NGX_OK;
}


/* "begun", or ended; idempotent */

static void
ngx_plaid_fetch_count(ngx_plaid_fetch_t *f, ngx_uint_t begun)
{
    ngx_plaid_peer_t  *peer;

    peer = f->peer;

    if (f->counted == begun) {
        return;
    }

    f->counted = begun;

    if (begun) {
        peer->inflight[f->class]++;

    } else {
        peer->inflight[f->class]--;
    }

    /* the numbers of plaid_status are about exchanges */

    if (f->class != NGX_PLAID_CLASS_EXCHANGE) {
        return;
    }

    if (begun) {
        ngx_plaid_stats_begin(&peer->stats);

    } else {
        ngx_plaid_stats_end(&peer->stats);
    }
}


void
ngx_plaid_fetch_call(ngx_plaid_fetch_t *f)
{
    ngx_plaid_call_t  *call;

    f->state = NGX_PLAID_FETCH_CALLING;

    call = &f->call;

    ngx_memzero(call, sizeof(ngx_plaid_call_t));

    call->peer = f->peer;
    call->class = f->class;
    call->pool = f->pool;
    call->log = ngx_cycle->log;
    call->request = &f->request;
    call->max_reply = f->max_reply;
    call->sink = f->transport->resume ? f->sink : NULL;
    call->handler = ngx_plaid_fetch_called;
    call->data = f;
    call->server = f->server;
    call->fresh = (f->tries > 0);

    ngx_plaid_call_head_init(call);

    if (f->naddrs) {
        call->addr = f->addrs[f->addr];
    }

    f->tries++;

    if (f->transport->start(call) != NGX_OK) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL,
                             "out of memory");
    }
}


static void
ngx_plaid_fetch_called(ngx_plaid_call_t *call)
{
    ngx_plaid_fetch_t  *f;

    f = call->data;

    f->rc = call->rc;
    f->head = call->head;
    f->detail = call->detail;

    if (call->rc != NGX_PLAID_CALL_DONE) {

        ngx_plaid_wipe(&call->body);

        if (!ngx_plaid_fetch_retry(f)) {
            ngx_plaid_fetch_end(f);
        }

        return;
    }

    ngx_plaid_fetch_addr_worked(f);

    if (ngx_plaid_fetch_pause(f)) {
        return;
    }

    f->body = call->body;
    ngx_str_null(&call->body);

    if (f->sink && call->sink == NULL) {
        ngx_plaid_fetch_drain(f);
        return;
    }

    ngx_plaid_fetch_end(f);
}


/* of the callers only an exchange has nobody who could try again later */

static ngx_uint_t
ngx_plaid_fetch_pause(ngx_plaid_fetch_t *f)
{
    time_t      wait;
    ngx_msec_t  passed, pause;

    wait = f->head.retry_after_n;

    if (f->class != NGX_PLAID_CLASS_EXCHANGE
        || f->head.status != 429
        || wait == 0
        || f->tries >= NGX_PLAID_FETCH_TRIES
        || wait > (time_t) (f->timeout / 1000))
    {
        return 0;
    }

    pause = (ngx_msec_t) wait * 1000;
    passed = ngx_current_msec - f->began;

    if (passed + pause + NGX_PLAID_FETCH_ROOM > f->timeout) {
        return 0;
    }

    /* until then this reply stands */

    f->body = f->call.body;
    ngx_str_null(&f->call.body);

    f->state = NGX_PLAID_FETCH_PAUSED;
    ngx_add_timer(&f->next, pause);

    return 1;
}


/*
 * Addresses are tried in turn until one connects.  Whatever else goes wrong
 * before the request is sent is tried again once.
 */

static ngx_uint_t
ngx_plaid_fetch_retry(ngx_plaid_fetch_t *f)
{
    ngx_uint_t  tries;

    if (f->call.sent) {
        return 0;
    }

    switch (f->rc) {

    case NGX_PLAID_CALL_CONNECT:
    case NGX_PLAID_CALL_CONNECT_TIMEOUT:
        tries = ngx_max(f->naddrs, NGX_PLAID_FETCH_TRIES);
        break;

    case NGX_PLAID_CALL_LOST:
        tries = NGX_PLAID_FETCH_TRIES;
        break;

    default:
        return 0;
    }

    if (f->tries >= tries) {
        return 0;
    }

    if (f->naddrs) {
        f->addr = (f->addr + 1) % f->naddrs;
    }

    ngx_plaid_stats_count(&f->peer->stats, NGX_PLAID_STATS_RETRY_CONNECT);
    ngx_plaid_fetch_call(f);

    return 1;
}


/* a reply that was collected, into the sink */

static void
ngx_plaid_fetch_drain(ngx_plaid_fetch_t *f)
{
    size_t             n, taken;
    ngx_plaid_call_t  *call;

    call = &f->call;

    if (f->state != NGX_PLAID_FETCH_DRAINING) {

        f->state = NGX_PLAID_FETCH_DRAINING;
        call->sink = f->sink;

        if (ngx_plaid_call_head(call, f->head.status) != NGX_OK) {
            goto refused;
        }
    }

    while (f->drained < f->body.len) {

        n = ngx_min(f->body.len - f->drained, NGX_PLAID_CALL_PIECE);

        taken = ngx_plaid_call_stream(call, f->body.data + f->drained, n);

        if (taken == NGX_PLAID_CALL_PAUSE) {
            return;
        }

        if (taken != n) {
            goto refused;
        }

        f->drained += n;
    }

    ngx_plaid_fetch_end(f);

    return;

refused:

    f->rc = call->rc;
    f->detail = call->detail;

    ngx_plaid_fetch_end(f);
}


void
ngx_plaid_fetch_resume(ngx_plaid_fetch_t *f)
{
    if (f->state == NGX_PLAID_FETCH_DRAINING) {
        ngx_post_event(&f->next, &ngx_posted_events);

    } else if (f->state == NGX_PLAID_FETCH_CALLING && f->transport->resume
               && f->call.transport)
    {
        f->transport->resume(&f->call);
    }
}


static void
ngx_plaid_fetch_expired(ngx_event_t *ev)
{
    ngx_plaid_fetch_t  *f;

    f = ev->data;

    if (f->state == NGX_PLAID_FETCH_DONE) {
        /* the reply has come in the same round of the event loop */
        return;
    }

    if (f->state == NGX_PLAID_FETCH_PAUSED) {
        /* the 429 stands */
        ngx_plaid_fetch_end(f);
        return;
    }

    if (!f->overdue) {
        /* were we held up ourselves, a reply may be waiting to be read */
        f->overdue = 1;
        ngx_add_timer(&f->deadline, NGX_PLAID_FETCH_LAST);
        return;
    }

    f->call.late = 1;

    ngx_plaid_fetch_stop(f);

    ngx_plaid_fetch_fail(f, f->call.sent ? NGX_PLAID_CALL_TIMEOUT
                                         : NGX_PLAID_CALL_CONNECT_TIMEOUT,
                         NULL);
}


void
ngx_plaid_fetch_fail(ngx_plaid_fetch_t *f, ngx_plaid_call_rc_e rc,
    char *detail)
{
    f->rc = rc;

    if (detail) {
        f->detail.data = (u_char *) detail;
        f->detail.len = ngx_strlen(detail);
    }

    ngx_plaid_fetch_end(f);
}


/* the handler runs from the event loop: nobody's stack is below it */

static void
ngx_plaid_fetch_end(ngx_plaid_fetch_t *f)
{
    ngx_plaid_fetch_stop(f);
    ngx_plaid_api_request_wipe(&f->request);

    f->state = NGX_PLAID_FETCH_DONE;
    f->sent = f->call.sent;
    f->time = ngx_current_msec - f->began;

    if (f->rc != NGX_PLAID_CALL_DONE || f->sink) {
        ngx_plaid_wipe(&f->body);
    }

    if (f->class == NGX_PLAID_CLASS_EXCHANGE) {
        ngx_plaid_stats_time(&f->peer->stats, f->time);
    }

    ngx_post_event(&f->next, &ngx_posted_events);
}


static void
ngx_plaid_fetch_next(ngx_event_t *ev)
{
    ngx_plaid_fetch_t  *f;

    f = ev->data;

    switch (f->state) {

    case NGX_PLAID_FETCH_PAUSED:
        ngx_plaid_wipe(&f->body);
        ngx_plaid_stats_count(&f->peer->stats, NGX_PLAID_STATS_RETRY_LATER);
        ngx_plaid_fetch_call(f);
        return;

    case NGX_PLAID_FETCH_DRAINING:
        ngx_plaid_fetch_drain(f);
        return;

    default: /* NGX_PLAID_FETCH_DONE */
        break;
    }

    /* not earlier: until now nothing else held a worker that is to quit */

    ngx_queue_remove(&f->queue);
    f->queue.next = NULL;
    ngx_plaid_fetch_count(f, 0);

    if (f->deadline.timer_set) {
        ngx_del_timer(&f->deadline);
    }

    f->handler(f);
}


/* idempotent; what it stops never calls back */

static void
ngx_plaid_fetch_stop(ngx_plaid_fetch_t *f)
{
    ngx_resolver_ctx_t  *ctx;

    ngx_plaid_names_cancel(&f->wait);

    if (f->resolve) {
        ctx = f->resolve;
        f->resolve = NULL;
        ngx_resolve_name_done(ctx);
    }

    if (f->call.transport) {
        f->transport->cancel(&f->call);
        ngx_plaid_wipe(&f->call.body);
    }

    if (f->next.timer_set) {
        ngx_del_timer(&f->next);
    }

    if (f->next.posted) {
        ngx_delete_posted_event(&f->next);
    }
}


void
ngx_plaid_fetch_destroy(ngx_plaid_fetch_t *f)
{
    ngx_plaid_fetch_stop(f);

    if (f->queue.next) {
        ngx_queue_remove(&f->queue);
        ngx_plaid_fetch_count(f, 0);
    }

    if (f->deadline.timer_set) {
        ngx_del_timer(&f->deadline);
    }

    ngx_plaid_api_request_wipe(&f->request);

    ngx_plaid_wipe(&f->client_id);
    ngx_plaid_wipe(&f->secret);
    ngx_plaid_wipe(&f->body);

    ngx_destroy_pool(f->pool);
}


void
ngx_plaid_fetch_exit(void)
{
    ngx_queue_t  *q;

    if (ngx_plaid_fetches.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_plaid_fetches)) {
        q = ngx_queue_head(&ngx_plaid_fetches);
        ngx_plaid_fetch_destroy(ngx_queue_data(q, ngx_plaid_fetch_t,
                                                  queue));
    }
}
