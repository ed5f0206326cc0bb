
/*
 * Calls of a Redis server: sending batches, handing out replies, time limits,
 * and the breaker.
 */


#include "ngx_plaid_redis.h"


/* an error that a server answers, and what it means */

typedef struct {
    const char                 *code;
    ngx_plaid_redis_reason_e    reason;
} ngx_plaid_redis_code_t;


/* what a line says of each reason */

typedef struct {
    const char                 *why;
    ngx_uint_t                  level;
} ngx_plaid_redis_text_t;


static void ngx_plaid_redis_timer(ngx_event_t *ev);
static void ngx_plaid_redis_deadline(ngx_event_t *ev);
static void ngx_plaid_redis_ping(ngx_plaid_redis_t *redis);
static void ngx_plaid_redis_pong(ngx_plaid_redis_call_t *call, ngx_uint_t i,
    ngx_plaid_resp_reply_t *reply);
static ngx_int_t ngx_plaid_redis_greeted(ngx_plaid_redis_t *redis);
static void ngx_plaid_redis_up(ngx_plaid_redis_t *redis);
static ngx_int_t ngx_plaid_redis_room(ngx_plaid_redis_t *redis, size_t len);
static void ngx_plaid_redis_watch(ngx_plaid_redis_t *redis);
static void ngx_plaid_redis_give_up(ngx_plaid_redis_t *redis);
static ngx_plaid_redis_pending_t *ngx_plaid_redis_pop(
    ngx_plaid_redis_t *redis);
static void ngx_plaid_redis_later(ngx_plaid_redis_t *redis);
static ngx_plaid_redis_reason_e ngx_plaid_redis_code(
    ngx_plaid_resp_reply_t *reply);
static ngx_uint_t ngx_plaid_redis_unusable(ngx_plaid_redis_reason_e reason);
static void ngx_plaid_redis_word(ngx_plaid_resp_reply_t *reply,
    ngx_str_t *word);


/* by the first word of the error */

static ngx_plaid_redis_code_t  ngx_plaid_redis_codes[] = {
    { "NOAUTH", NGX_PLAID_REDIS_AUTH },
    { "WRONGPASS", NGX_PLAID_REDIS_AUTH },
    { "NOPERM", NGX_PLAID_REDIS_AUTH },
    { "READONLY", NGX_PLAID_REDIS_READONLY },
    { "LOADING", NGX_PLAID_REDIS_READONLY },
    { "MASTERDOWN", NGX_PLAID_REDIS_READONLY },
    { "MOVED", NGX_PLAID_REDIS_CLUSTER },
    { "ASK", NGX_PLAID_REDIS_CLUSTER },
    { "CLUSTERDOWN", NGX_PLAID_REDIS_CLUSTER },
    { "CROSSSLOT", NGX_PLAID_REDIS_CLUSTER },
    { "OOM", NGX_PLAID_REDIS_MEMORY },
    { "MISCONF", NGX_PLAID_REDIS_MEMORY },
    { NULL, NGX_PLAID_REDIS_REPLY }
};


/* in the order of ngx_plaid_redis_reason_e */

static ngx_plaid_redis_text_t  ngx_plaid_redis_texts[] = {
    { .why = "cannot be resolved", .level = NGX_LOG_WARN },
    { .why = "cannot be reached", .level = NGX_LOG_WARN },
    { .why = "failed the TLS handshake", .level = NGX_LOG_ERR },
    { .why = "did not reply in time", .level = NGX_LOG_WARN },
    { .why = "closed the connection", .level = NGX_LOG_WARN },
    { .why = "sent an invalid reply", .level = NGX_LOG_ERR },
    { .why = "refused the user, the password or a command",
      .level = NGX_LOG_ERR },
    { .why = "does not take writes now", .level = NGX_LOG_WARN },
    { .why = "is a cluster, which is not supported", .level = NGX_LOG_ERR },
    { .why = "has no room for a record", .level = NGX_LOG_ERR },
    { .why = "replied with an error", .level = NGX_LOG_ERR },
    { .why = "has a record that cannot be opened", .level = NGX_LOG_ERR },
    { .why = "was not used for lack of memory or connections",
      .level = NGX_LOG_ERR }
};


ngx_int_t
ngx_plaid_redis_start(ngx_plaid_redis_t *redis)
{
    redis->pending = ngx_alloc(NGX_PLAID_REDIS_PENDING
                               * sizeof(ngx_plaid_redis_pending_t),
                               ngx_cycle->log);
    if (redis->pending == NULL) {
        return NGX_ERROR;
    }

    redis->ident.fd = (ngx_socket_t) -1;

    redis->timer.data = redis;
    redis->timer.handler = ngx_plaid_redis_timer;
    redis->timer.log = ngx_cycle->log;
    redis->timer.cancelable = 1;

    /* not cancelable: a worker that quits waits for what was asked */

    redis->deadline.data = redis;
    redis->deadline.handler = ngx_plaid_redis_deadline;
    redis->deadline.log = ngx_cycle->log;

    /* each failure has one line of our own: see ngx_plaid_redis_error() */

    redis->log = *ngx_cycle->log;
    redis->log.log_level = NGX_LOG_EMERG;

    redis->ping.handler = ngx_plaid_redis_pong;

    redis->epoch = redis->stats->epoch;

    ngx_plaid_redis_connect(redis);

    return NGX_OK;
}


void
ngx_plaid_redis_stop(ngx_plaid_redis_t *redis)
{
    if (redis->pending == NULL) {
        return;
    }

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (redis->deadline.timer_set) {
        ngx_del_timer(&redis->deadline);
    }

    redis->state = NGX_PLAID_REDIS_DOWN;
    redis->failures++;

    ngx_plaid_redis_close(redis);

    if (redis->out) {
        ngx_free(redis->out);
        redis->out = NULL;
    }

    ngx_free(redis->pending);
    redis->pending = NULL;
    redis->npending = 0;
}


void
ngx_plaid_redis_begin(ngx_plaid_redis_batch_t *batch)
{
    batch->n = 0;
    batch->last = batch->data;
}


void
ngx_plaid_redis_add(ngx_plaid_redis_batch_t *batch, ngx_str_t *args,
    ngx_uint_t n)
{
    if (batch->last) {
        batch->n++;
        batch->last = ngx_plaid_resp_command(batch->last,
                                         batch->data + NGX_PLAID_REDIS_BATCH,
                                         args, n);
    }
}


ngx_uint_t
ngx_plaid_redis_available(ngx_plaid_redis_t *redis)
{
    /* the first connection is waited for, no later one */

    return redis->pending
           && (redis->state == NGX_PLAID_REDIS_UP || redis->failures == 0)
           && redis->npending < NGX_PLAID_REDIS_PENDING;
}


ngx_int_t
ngx_plaid_redis_send(ngx_plaid_redis_t *redis, ngx_plaid_redis_batch_t *batch,
    ngx_plaid_redis_call_t *call)
{
    size_t                      len;
    ngx_plaid_redis_pending_t  *pending;

    if (!ngx_plaid_redis_available(redis)) {
        redis->unwritten = 1;
        return NGX_DECLINED;
    }

    len = batch->last ? batch->last - batch->data : 0;

    if (len == 0 || ngx_plaid_redis_room(redis, len) != NGX_OK) {
        ngx_plaid_redis_error(redis, NGX_PLAID_REDIS_INTERNAL, 0, NULL);
        redis->unwritten = 1;
        return NGX_DECLINED;
    }

    redis->out_last = ngx_cpymem(redis->out_last, batch->data, len);

    pending = &redis->pending[(redis->first + redis->npending++)
                              % NGX_PLAID_REDIS_PENDING];

    pending->call = call;
    pending->deadline = ngx_current_msec + redis->timeout;
    pending->n = batch->n;
    pending->got = 0;

    if (call) {
        call->redis = redis;
    }

    if (redis->npending == 1) {
        ngx_plaid_redis_watch(redis);
    }

    redis->busy = 1;

    (void) ngx_atomic_fetch_add(&redis->stats->commands, batch->n);

    if (redis->state == NGX_PLAID_REDIS_UP
        && ngx_plaid_redis_flush(redis) == NGX_ERROR)
    {
        /* not from in here: the caller does not expect its handler yet */

        redis->connection->write->error = 1;
        ngx_post_event(redis->connection->write, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_plaid_redis_cancel(ngx_plaid_redis_call_t *call)
{
    ngx_uint_t                  i;
    ngx_plaid_redis_t          *redis;
    ngx_plaid_redis_pending_t  *pending;

    redis = call->redis;

    if (redis == NULL) {
        return;
    }

    call->redis = NULL;

    for (i = 0; i < redis->npending; i++) {
        pending = &redis->pending[(redis->first + i)
                                  % NGX_PLAID_REDIS_PENDING];

        if (pending->call == call) {
            pending->call = NULL;
        }
    }
}


/* makes room for "len" bytes at "out_last" */

static ngx_int_t
ngx_plaid_redis_room(ngx_plaid_redis_t *redis, size_t len)
{
    u_char  *out;
    size_t   used, size;

    if ((size_t) (redis->out_end - redis->out_last) >= len) {
        return NGX_OK;
    }

    used = redis->out_last - redis->out_pos;

    size = ngx_max((size_t) (redis->out_end - redis->out),
                   4 * NGX_PLAID_REDIS_BATCH);

    while (size < used + len) {
        size *= 2;
    }

    if (size > NGX_PLAID_REDIS_OUT) {
        return NGX_DECLINED;
    }

    out = ngx_alloc(size, ngx_cycle->log);
    if (out == NULL) {
        return NGX_ERROR;
    }

    if (redis->out) {
        ngx_memcpy(out, redis->out_pos, used);
        ngx_free(redis->out);
    }

    redis->out = out;
    redis->out_pos = out;
    redis->out_last = out + used;
    redis->out_end = out + size;

    return NGX_OK;
}


/* sets the timer for the batch that is the next to be late */

static void
ngx_plaid_redis_watch(ngx_plaid_redis_t *redis)
{
    ngx_msec_int_t  left;

    left = redis->pending[redis->first].deadline - ngx_current_msec;

    ngx_add_timer(&redis->deadline, (ngx_msec_t) ngx_max(left, 0));
}


static void
ngx_plaid_redis_deadline(ngx_event_t *ev)
{
    ngx_plaid_redis_t  *redis;

    redis = ev->data;

    if ((ngx_msec_int_t) (redis->pending[redis->first].deadline
                          - ngx_current_msec)
        > 0)
    {
        /* set for a batch that was answered */

        ngx_plaid_redis_watch(redis);
        return;
    }

    if (redis->state == NGX_PLAID_REDIS_UP) {
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_TIMEOUT, 0, NULL);
        return;
    }

    /* the first connection takes long: it goes on, and nobody waits for it */

    redis->failures = 1;

    ngx_plaid_redis_error(redis, NGX_PLAID_REDIS_TIMEOUT, 0, NULL);
    ngx_plaid_redis_give_up(redis);
}


/* ends all calls; their handlers may send again, but not to a server down */

static void
ngx_plaid_redis_give_up(ngx_plaid_redis_t *redis)
{
    ngx_plaid_redis_call_t     *call;
    ngx_plaid_redis_pending_t  *pending;

    /* the rest of a batch is of no use on another connection */

    redis->out_pos = redis->out;
    redis->out_last = redis->out;

    if (redis->deadline.timer_set) {
        ngx_del_timer(&redis->deadline);
    }

    while (redis->npending) {
        pending = ngx_plaid_redis_pop(redis);
        call = pending->call;

        if (call) {
            call->redis = NULL;
            call->handler(call, pending->got, NULL);
        }
    }
}


static ngx_plaid_redis_pending_t *
ngx_plaid_redis_pop(ngx_plaid_redis_t *redis)
{
    ngx_plaid_redis_pending_t  *pending;

    pending = &redis->pending[redis->first];

    redis->first = (redis->first + 1) % NGX_PLAID_REDIS_PENDING;
    redis->npending--;

    return pending;
}


void
ngx_plaid_redis_fail(ngx_plaid_redis_t *redis, ngx_plaid_redis_reason_e reason,
    ngx_err_t err, ngx_str_t *detail)
{
    ngx_plaid_redis_error(redis, reason, err, detail);

    if (redis->state == NGX_PLAID_REDIS_UP || redis->losses == 0) {
        redis->lost = ngx_current_msec;
        redis->losses++;
    }

    redis->state = NGX_PLAID_REDIS_DOWN;
    redis->epoch = redis->stats->epoch;

    if (redis->failures < NGX_PLAID_REDIS_BACKOFFS) {
        redis->failures++;
    }

    ngx_plaid_redis_close(redis);
    ngx_plaid_redis_later(redis);
    ngx_plaid_redis_give_up(redis);
}


/* workers that lost the server together do not come back together */

static void
ngx_plaid_redis_later(ngx_plaid_redis_t *redis)
{
    ngx_msec_t  delay;

    delay = NGX_PLAID_REDIS_BACKOFF << (redis->failures - 1);
    delay += (ngx_msec_t) ngx_random() % (delay / 4 + 1);

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    ngx_add_timer(&redis->timer, delay);
}


static void
ngx_plaid_redis_timer(ngx_event_t *ev)
{
    ngx_plaid_redis_t  *redis;

    redis = ev->data;

    switch (redis->state) {

    case NGX_PLAID_REDIS_DOWN:
        ngx_plaid_redis_connect(redis);
        break;

    case NGX_PLAID_REDIS_UP:
        ngx_plaid_redis_ping(redis);
        break;

    case NGX_PLAID_REDIS_CONNECTING:

        /* the next address, if there is one */

        ngx_plaid_redis_close(redis);

        redis->addr_i++;

        if (redis->addr_i < redis->addr_n) {
            ngx_plaid_redis_connect(redis);
            break;
        }

        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_CONNECT, NGX_ETIMEDOUT,
                             NULL);
        break;

    case NGX_PLAID_REDIS_HANDSHAKE:
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_TLS, NGX_ETIMEDOUT, NULL);
        break;

    default: /* NGX_PLAID_REDIS_GREETING; the resolver has its own timer */
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_TIMEOUT, 0, NULL);
        break;
    }
}


static void
ngx_plaid_redis_ping(ngx_plaid_redis_t *redis)
{
    ngx_str_t                arg;
    ngx_plaid_redis_batch_t  batch;

    if (!redis->busy && redis->npending == 0) {
        ngx_str_set(&arg, "PING");

        ngx_plaid_redis_begin(&batch);
        ngx_plaid_redis_add(&batch, &arg, 1);
        (void) ngx_plaid_redis_send(redis, &batch, &redis->ping);
    }

    redis->busy = 0;

    ngx_add_timer(&redis->timer, NGX_PLAID_REDIS_PING);

    if (redis->unwritten) {
        redis->unwritten = 0;
        redis->ready(redis);
    }
}


static void
ngx_plaid_redis_pong(ngx_plaid_redis_call_t *call, ngx_uint_t i,
    ngx_plaid_resp_reply_t *reply)
{
    /* an answer, or an error that was dealt with: nothing hangs on it */
}


ngx_int_t
ngx_plaid_redis_reply(ngx_plaid_redis_t *redis)
{
    ngx_str_t                   word;
    ngx_uint_t                  i;
    ngx_plaid_redis_call_t     *call;
    ngx_plaid_resp_reply_t     *reply;
    ngx_plaid_redis_reason_e    reason;
    ngx_plaid_redis_pending_t  *pending;

    reply = &redis->resp.reply;

    if (reply->type == NGX_PLAID_RESP_ERROR) {
        reason = ngx_plaid_redis_code(reply);

        ngx_plaid_redis_word(reply, &word);

        if (redis->greeting || ngx_plaid_redis_unusable(reason)) {
            ngx_plaid_redis_fail(redis, reason, 0, &word);
            return NGX_ERROR;
        }

        ngx_plaid_redis_error(redis, reason, 0, &word);

        redis->unwritten |= (reason == NGX_PLAID_REDIS_MEMORY);
    }

    if (redis->greeting) {
        return ngx_plaid_redis_greeted(redis);
    }

    if (redis->npending == 0) {
        ngx_str_set(&word, "a reply that was not asked for");
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_PROTOCOL, 0, &word);
        return NGX_ERROR;
    }

    pending = &redis->pending[redis->first];

    call = pending->call;
    i = pending->got++;

    if (pending->got == pending->n) {
        (void) ngx_plaid_redis_pop(redis);

        if (redis->npending == 0) {
            ngx_del_timer(&redis->deadline);
        }

        if (call) {
            call->redis = NULL;
        }
    }

    if (call) {
        call->handler(call, i, reply);
    }

    return redis->connection ? NGX_OK : NGX_ERROR;
}


/* AUTH and SELECT are answered by OK, the PING after them by PONG */

static ngx_int_t
ngx_plaid_redis_greeted(ngx_plaid_redis_t *redis)
{
    ngx_str_t                word, *expected;
    ngx_plaid_resp_reply_t  *reply;

    static ngx_str_t  done = ngx_string("OK");
    static ngx_str_t  pong = ngx_string("PONG");

    reply = &redis->resp.reply;
    expected = (--redis->greeting) ? &done : &pong;

    if (reply->type != NGX_PLAID_RESP_STATUS
        || reply->len != expected->len
        || ngx_memcmp(reply->data, expected->data, expected->len) != 0)
    {
        ngx_str_set(&word, "an unexpected greeting");
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_PROTOCOL, 0, &word);
        return NGX_ERROR;
    }

    if (redis->greeting == 0) {
        ngx_plaid_redis_up(redis);
    }

    return NGX_OK;
}


static void
ngx_plaid_redis_up(ngx_plaid_redis_t *redis)
{
    if (redis->failures) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "plaid_redis \"%V\" is used again", &redis->name);
    }

    redis->state = NGX_PLAID_REDIS_UP;
    redis->failures = 0;
    redis->unwritten = 0;
    redis->busy = 0;
    redis->stats->connected[ngx_process_slot % NGX_MAX_PROCESSES] = 1;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    ngx_add_timer(&redis->timer, NGX_PLAID_REDIS_PING);

    if (ngx_plaid_redis_flush(redis) == NGX_ERROR) {
        redis->connection->write->error = 1;
        ngx_post_event(redis->connection->write, &ngx_posted_events);
        return;
    }

    if (redis->stats->shared
        || ngx_atomic_cmp_set(&redis->stats->epoch, redis->epoch,
                              redis->epoch + 1))
    {
        redis->ready(redis);
    }
}


static ngx_plaid_redis_reason_e
ngx_plaid_redis_code(ngx_plaid_resp_reply_t *reply)
{
    ngx_plaid_redis_code_t  *code;

    for (code = ngx_plaid_redis_codes; code->code; code++) {
        if (ngx_plaid_resp_is_error(reply, code->code)) {
            break;
        }
    }

    return code->reason;
}


/* whether the connection is of no use after such an error */

static ngx_uint_t
ngx_plaid_redis_unusable(ngx_plaid_redis_reason_e reason)
{
    return reason == NGX_PLAID_REDIS_AUTH
           || reason == NGX_PLAID_REDIS_READONLY
           || reason == NGX_PLAID_REDIS_CLUSTER;
}


/* the rest of an error may quote a command, AUTH and its password, too */

static void
ngx_plaid_redis_word(ngx_plaid_resp_reply_t *reply, ngx_str_t *word)
{
    word->data = reply->data;

    for (word->len = 0; word->len < reply->len; word->len++) {
        if (reply->data[word->len] < 'A' || reply->data[word->len] > 'Z') {
            break;
        }
    }
}


void
ngx_plaid_redis_error(ngx_plaid_redis_t *redis,
    ngx_plaid_redis_reason_e reason, ngx_err_t err, ngx_str_t *detail)
{
    ngx_uint_t               n;
    ngx_plaid_redis_text_t  *text;

    (void) ngx_atomic_fetch_add(&redis->stats->errors[reason], 1);

    n = ++redis->logged[reason].n;

    if (redis->logged[reason].time
        && ngx_current_msec - redis->logged[reason].time < NGX_PLAID_REDIS_LOG)
    {
        return;
    }

    /* 0 is for "never" */
    redis->logged[reason].time = ngx_current_msec ? ngx_current_msec : 1;
    redis->logged[reason].n = 0;

    text = &ngx_plaid_redis_texts[reason];

    if (detail == NULL || detail->len == 0) {
        detail = ngx_plaid_redis_stats_reason(reason);
    }

    ngx_log_error(text->level, ngx_cycle->log, err,
                  "plaid_redis \"%V\" %s, reason \"%V\", %ui times",
                  &redis->name, text->why, detail, n);
}
