
/*
 * A record shared by several nodes: the claim in one round trip, the wait for
 * another node's call, the outcome of our own.
 */


#include "ngx_http_plaid_shared.h"
#include "ngx_http_plaid_shared_int.h"


static u_char ngx_http_plaid_shared_kid(ngx_plaid_keyring_key_t *key);


void
ngx_http_plaid_shared_secret(ngx_http_plaid_zone_t *zone,
    ngx_plaid_seal_input_t *in)
{
    ngx_plaid_keyring_t      *ring;
    ngx_plaid_keyring_key_t  *key;

    if (zone->redis == NULL) {
        return;
    }

    ring = zone->keys->keys;

    if (ring->n) {
        key = &ring->keys[0];

        in->secret.data = key->key;
        in->secret.len = NGX_PLAID_KEYRING_KEY_LEN;
        in->kid = ngx_http_plaid_shared_kid(key);
    }
}


/* which key it was, in a byte that tells nothing of it */

static u_char
ngx_http_plaid_shared_kid(ngx_plaid_keyring_key_t *key)
{
    u_char  hash[EVP_MAX_MD_SIZE];

    if (EVP_Digest(key->kid, key->len, hash, NULL, EVP_sha256(), NULL) != 1) {
        return 0;
    }

    return hash[0];
}


ngx_int_t
ngx_http_plaid_shared_open(ngx_http_plaid_zone_t *zone,
    ngx_plaid_seal_input_t *in, ngx_plaid_seal_t *seal,
    ngx_plaid_sealed_t *sealed, ngx_pool_t *pool, ngx_plaid_result_t *res)
{
    ngx_int_t                 rc;
    ngx_uint_t                i;
    ngx_plaid_seal_t          other;
    ngx_plaid_keyring_t      *ring;
    ngx_plaid_keyring_key_t  *key;
    ngx_plaid_seal_input_t    input;

    rc = ngx_plaid_seal_open(seal, sealed, pool, res);

    if (rc != NGX_DECLINED || zone->redis == NULL) {
        return rc;
    }

    /* a key that was the first one when the record was made */

    ring = zone->keys->keys;
    input = *in;
    ngx_str_null(&input.bind);

    for (i = 0; i < ring->n; i++) {
        key = &ring->keys[i];

        input.kid = ngx_http_plaid_shared_kid(key);

        if (input.kid != sealed->kid) {
            continue;
        }

        input.secret.data = key->key;
        input.secret.len = NGX_PLAID_KEYRING_KEY_LEN;

        if (ngx_plaid_seal_derive(&other, &input) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_plaid_seal_open(&other, sealed, pool, res);

        ngx_plaid_seal_wipe(&other);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return NGX_DECLINED;
}


#if (NGX_PLAID_HIREDIS)

static ngx_int_t ngx_http_plaid_shared_prepare(ngx_http_plaid_shared_t *s);
static ngx_uint_t ngx_http_plaid_shared_unsettled(ngx_http_plaid_shared_t *s);
static ngx_int_t ngx_http_plaid_shared_ask(ngx_http_plaid_shared_t *s,
    ngx_uint_t claim);
static void ngx_http_plaid_shared_enter(ngx_http_plaid_shared_t *s,
    ngx_http_plaid_shared_state_e state);
static void ngx_http_plaid_shared_reply(ngx_plaid_redis_call_t *call,
    ngx_uint_t i, ngx_plaid_resp_reply_t *reply);
static void ngx_http_plaid_shared_record(ngx_http_plaid_shared_t *s,
    ngx_plaid_resp_reply_t *reply);
static void ngx_http_plaid_shared_lease(ngx_http_plaid_shared_t *s,
    ngx_plaid_resp_reply_t *reply);
static void ngx_http_plaid_shared_decide(ngx_http_plaid_shared_t *s);
static ngx_uint_t ngx_http_plaid_shared_opens(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_take(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_again(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_wait(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_timer(ngx_event_t *ev);
static void ngx_http_plaid_shared_unanswered(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_skip(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_done(ngx_http_plaid_shared_t *s);
static void ngx_http_plaid_shared_add_delete(ngx_http_plaid_shared_t *s,
    ngx_plaid_redis_batch_t *batch);
static uint64_t ngx_http_plaid_shared_now(void);


/* of this process: all that are ASKED or PAUSED */

static ngx_queue_t  ngx_http_plaid_shared_waiting;


ngx_int_t
ngx_http_plaid_shared_claim(ngx_http_plaid_shared_t *s)
{
    if (ngx_http_plaid_shared_prepare(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    s->until = ngx_current_msec + s->timeout + NGX_PLAID_STORE_SLACK;

    if (ngx_http_plaid_shared_ask(s, 1) == NGX_OK) {
        return NGX_OK;
    }

    (void) ngx_atomic_fetch_add(&s->zone->redis->stats->skipped, 1);

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_plaid_shared_look(ngx_http_plaid_shared_t *s)
{
    if (ngx_http_plaid_shared_prepare(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    s->look = 1;
    s->pause = 0;

    if (ngx_http_plaid_shared_ask(s, 0) == NGX_OK) {
        return NGX_OK;
    }

    if (ngx_http_plaid_shared_unsettled(s)) {
        ngx_http_plaid_shared_wait(s);
        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* whether Redis was lost a moment ago */

static ngx_uint_t
ngx_http_plaid_shared_unsettled(ngx_http_plaid_shared_t *s)
{
    ngx_plaid_redis_t  *redis;

    redis = s->zone->redis;

    return redis->losses
           && ngx_current_msec - redis->lost < NGX_HTTP_PLAID_SHARED_SETTLE;
}


/* the keys, and a value of the lease that no other call has */

static ngx_int_t
ngx_http_plaid_shared_prepare(ngx_http_plaid_shared_t *s)
{
    u_char             *p;
    ngx_plaid_redis_t  *redis;

    if (s->record.len) {
        return NGX_OK;
    }

    redis = s->zone->redis;

    p = ngx_pnalloc(s->pool, 2 * NGX_HTTP_PLAID_SHARED_KEY
                             + NGX_HTTP_PLAID_SHARED_ME);
    if (p == NULL) {
        ngx_plaid_redis_error(redis, NGX_PLAID_REDIS_INTERNAL, 0, NULL);
        return NGX_ERROR;
    }

    s->me.data = p + 2 * NGX_HTTP_PLAID_SHARED_KEY;
    s->me.len = ngx_http_plaid_shared_me(s->me.data);

    if (s->me.len == 0) {
        ngx_plaid_redis_error(redis, NGX_PLAID_REDIS_INTERNAL, 0, NULL);
        return NGX_ERROR;
    }

    s->lease.data = p + NGX_HTTP_PLAID_SHARED_KEY;
    s->lease.len = ngx_http_plaid_shared_key(redis, 'l', s->seal->id,
                                             s->lease.data);
    s->record.data = p;
    s->record.len = ngx_http_plaid_shared_key(redis, 't', s->seal->id, p);

    s->ident.fd = (ngx_socket_t) -1;

    s->call.handler = ngx_http_plaid_shared_reply;
    s->call.data = s;

    /* not cancelable: a worker that quits waits for what has begun */

    s->timer.handler = ngx_http_plaid_shared_timer;
    s->timer.data = s;
    s->timer.log = ngx_cycle->log;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_shared_ask(ngx_http_plaid_shared_t *s, ngx_uint_t claim)
{
    u_char                   life[NGX_INT_T_LEN];
    ngx_str_t                args[NGX_PLAID_RESP_ARGS];
    ngx_plaid_redis_batch_t  batch;

    s->claiming = claim;
    s->set = 0;
    s->refused = 0;
    s->leased = 0;
    s->mine = 0;
    s->lost = 0;
    s->sealed.len = 0;
    s->rest = s->ttl;

    ngx_plaid_redis_begin(&batch);

    ngx_str_set(&args[0], "GET");
    args[1] = s->record;
    ngx_plaid_redis_add(&batch, args, 2);

    ngx_str_set(&args[0], "PTTL");
    ngx_plaid_redis_add(&batch, args, 2);

    if (claim) {
        ngx_str_set(&args[0], "SET");
        args[1] = s->lease;
        args[2] = s->me;
        ngx_str_set(&args[3], "NX");
        ngx_str_set(&args[4], "PX");
        args[5].data = life;
        args[5].len = ngx_sprintf(life, "%M",
                                  s->timeout + NGX_PLAID_STORE_SLACK)
                      - life;
        ngx_plaid_redis_add(&batch, args, 6);
    }

    ngx_str_set(&args[0], "GET");
    args[1] = s->lease;
    ngx_plaid_redis_add(&batch, args, 2);

    s->began = ngx_http_plaid_shared_now();

    if (ngx_plaid_redis_send(s->zone->redis, &batch, &s->call) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_http_plaid_shared_enter(s, NGX_HTTP_PLAID_SHARED_ASKED);

    return NGX_OK;
}


/* one of the states in which it is found at exit */

static void
ngx_http_plaid_shared_enter(ngx_http_plaid_shared_t *s,
    ngx_http_plaid_shared_state_e state)
{
    if (ngx_http_plaid_shared_waiting.next == NULL) {
        ngx_queue_init(&ngx_http_plaid_shared_waiting);
    }

    if (s->state == NGX_HTTP_PLAID_SHARED_IDLE
        || s->state == NGX_HTTP_PLAID_SHARED_DONE)
    {
        ngx_queue_insert_tail(&ngx_http_plaid_shared_waiting, &s->queue);
    }

    s->state = state;
}


static void
ngx_http_plaid_shared_reply(ngx_plaid_redis_call_t *call, ngx_uint_t i,
    ngx_plaid_resp_reply_t *reply)
{
    ngx_http_plaid_shared_t  *s;

    s = call->data;

    if (reply == NULL) {
        ngx_plaid_redis_stats_wait(s->zone->redis->stats,
                                   ngx_http_plaid_shared_now() - s->began);
        ngx_http_plaid_shared_unanswered(s);
        return;
    }

    /* without a claim the third reply is the fourth */

    if (i >= 2 && !s->claiming) {
        i++;
    }

    switch (i) {

    case 0:
        ngx_http_plaid_shared_record(s, reply);
        return;

    case 1:

        if (reply->type == NGX_PLAID_RESP_INTEGER
            && reply->integer >= 0
            && (uint64_t) reply->integer < s->ttl)
        {
            s->rest = (ngx_msec_t) reply->integer;
        }

        return;

    case 2:
        s->set = (reply->type == NGX_PLAID_RESP_STATUS);
        s->refused = (reply->type == NGX_PLAID_RESP_ERROR);
        return;

    default:
        ngx_http_plaid_shared_lease(s, reply);
        break;
    }

    ngx_plaid_redis_stats_wait(s->zone->redis->stats,
                               ngx_http_plaid_shared_now() - s->began);

    ngx_http_plaid_shared_decide(s);
}


/* "R" or "D", the kid byte, the sealed outcome */

static void
ngx_http_plaid_shared_record(ngx_http_plaid_shared_t *s,
    ngx_plaid_resp_reply_t *reply)
{
    s->invalid = (reply->type != NGX_PLAID_RESP_NIL);

    if (reply->type != NGX_PLAID_RESP_STRING
        || reply->len <= NGX_HTTP_PLAID_SHARED_HEAD
        || reply->len > NGX_HTTP_PLAID_SHARED_HEAD + NGX_PLAID_SEAL_MAX
        || (reply->data[0] != 'R' && reply->data[0] != 'D'))
    {
        return;
    }

    s->delivered = (reply->data[0] == 'D');

    s->sealed.kid = reply->data[1];
    s->sealed.len = reply->len - NGX_HTTP_PLAID_SHARED_HEAD;

    ngx_memcpy(s->sealed.data, reply->data + NGX_HTTP_PLAID_SHARED_HEAD,
               s->sealed.len);
}


static void
ngx_http_plaid_shared_lease(ngx_http_plaid_shared_t *s,
    ngx_plaid_resp_reply_t *reply)
{
    s->leased = (reply->type != NGX_PLAID_RESP_NIL);

    if (reply->type != NGX_PLAID_RESP_STRING) {
        return;
    }

    s->lost = (reply->len == 1 && reply->data[0] == 'U');

    s->mine = (reply->len == s->me.len
               && ngx_memcmp(reply->data, s->me.data, s->me.len) == 0);
}


static void
ngx_http_plaid_shared_decide(ngx_http_plaid_shared_t *s)
{
    s->owned |= s->set | s->mine;

    if (ngx_http_plaid_shared_opens(s)) {
        s->found = 1;

        /* nobody needs to wait for a call that is not made */

        ngx_http_plaid_shared_release(s);
        ngx_http_plaid_shared_done(s);
        return;
    }

    if (s->look) {

        /* of interest is a call that goes on, of another node */

        if ((s->leased && !s->lost && !s->mine)
            || ngx_http_plaid_shared_unsettled(s))
        {
            ngx_http_plaid_shared_wait(s);
            return;
        }

        ngx_http_plaid_shared_done(s);
        return;
    }

    if (s->owned) {
        ngx_http_plaid_shared_done(s);
        return;
    }

    if (s->refused) {
        ngx_http_plaid_shared_skip(s);
        return;
    }

    if (s->lost) {
        ngx_http_plaid_shared_take(s);
        return;
    }

    if (!s->leased) {
        ngx_http_plaid_shared_again(s);
        return;
    }

    ngx_http_plaid_shared_wait(s);
}


/* whether there is a record, and it is one */

static ngx_uint_t
ngx_http_plaid_shared_opens(ngx_http_plaid_shared_t *s)
{
    ngx_plaid_redis_t  *redis;

    if (!s->invalid) {
        return 0;
    }

    if (s->sealed.len
        && s->rest
        && ngx_http_plaid_shared_open(s->zone, &s->in, s->seal, &s->sealed,
                                      s->pool, &s->result)
           == NGX_OK)
    {
        s->invalid = 0;
        return 1;
    }

    redis = s->zone->redis;

    ngx_plaid_redis_error(redis, NGX_PLAID_REDIS_RECORD, 0, NULL);

    return 0;
}


/* the lease says that an answer was lost: ours is the call that finds out */

static void
ngx_http_plaid_shared_take(ngx_http_plaid_shared_t *s)
{
    ngx_http_plaid_shared_set(s->zone->redis, &s->lease, &s->me, "XX",
                              s->timeout + NGX_PLAID_STORE_SLACK);

    s->owned = 1;
    s->probe = 1;

    ngx_http_plaid_shared_done(s);
}


/* the lease has ended: at once, but not more than once */

static void
ngx_http_plaid_shared_again(ngx_http_plaid_shared_t *s)
{
    if (s->again) {
        s->again = 0;
        ngx_http_plaid_shared_wait(s);
        return;
    }

    s->again = 1;

    if (ngx_http_plaid_shared_ask(s, 1) != NGX_OK) {
        ngx_http_plaid_shared_done(s);
    }
}


static void
ngx_http_plaid_shared_wait(ngx_http_plaid_shared_t *s)
{
    ngx_msec_int_t  left;

    left = s->until - ngx_current_msec;

    if (left <= 0) {
        ngx_http_plaid_shared_done(s);
        return;
    }

    s->pause = ngx_min(s->pause + NGX_HTTP_PLAID_SHARED_STEP,
                       NGX_HTTP_PLAID_SHARED_PAUSE);

    ngx_http_plaid_shared_enter(s, NGX_HTTP_PLAID_SHARED_PAUSED);

    ngx_add_timer(&s->timer, ngx_min(s->pause, (ngx_msec_t) left));
}


static void
ngx_http_plaid_shared_timer(ngx_event_t *ev)
{
    ngx_http_plaid_shared_t  *s;

    s = ev->data;

    if (ngx_http_plaid_shared_ask(s, 0) != NGX_OK) {
        ngx_http_plaid_shared_unanswered(s);
    }
}


/* Redis is not there, or not any more */

static void
ngx_http_plaid_shared_unanswered(ngx_http_plaid_shared_t *s)
{
    if (!s->look) {
        ngx_http_plaid_shared_skip(s);

    } else if (ngx_http_plaid_shared_unsettled(s)) {
        ngx_http_plaid_shared_wait(s);

    } else {
        ngx_http_plaid_shared_done(s);
    }
}


/* the call is made as without Redis */

static void
ngx_http_plaid_shared_skip(ngx_http_plaid_shared_t *s)
{
    (void) ngx_atomic_fetch_add(&s->zone->redis->stats->skipped, 1);

    ngx_http_plaid_shared_done(s);
}


static void
ngx_http_plaid_shared_done(ngx_http_plaid_shared_t *s)
{
    ngx_queue_remove(&s->queue);

    s->state = NGX_HTTP_PLAID_SHARED_DONE;
    s->handler(s);
}


void
ngx_http_plaid_shared_exit(void)
{
    ngx_queue_t              *q;
    ngx_http_plaid_shared_t  *s;

    if (ngx_http_plaid_shared_waiting.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_http_plaid_shared_waiting)) {

        q = ngx_queue_head(&ngx_http_plaid_shared_waiting);
        s = ngx_queue_data(q, ngx_http_plaid_shared_t, queue);

        ngx_plaid_redis_cancel(&s->call);

        if (s->timer.timer_set) {
            ngx_del_timer(&s->timer);
        }

        s->aborted = 1;
        ngx_http_plaid_shared_done(s);
    }
}


void
ngx_http_plaid_shared_keep(ngx_http_plaid_shared_t *s,
    ngx_plaid_sealed_t *sealed)
{
    u_char                   value[NGX_HTTP_PLAID_SHARED_VALUE];
    ngx_str_t                str;
    ngx_plaid_redis_t       *redis;
    ngx_plaid_redis_batch_t  batch;

    if (ngx_http_plaid_shared_prepare(s) != NGX_OK) {
        return;
    }

    redis = s->zone->redis;

    str.data = value;
    str.len = ngx_http_plaid_shared_value(sealed, 'R', value);

    ngx_plaid_redis_begin(&batch);
    ngx_http_plaid_shared_add_set(&batch, &s->record, &str,
                                  s->invalid ? NULL : "NX", s->ttl);
    ngx_http_plaid_shared_add_delete(s, &batch);

    /* not there now: the record is written as soon as it is */

    (void) ngx_plaid_redis_send(redis, &batch, NULL);
}


void
ngx_http_plaid_shared_release(ngx_http_plaid_shared_t *s)
{
    ngx_plaid_redis_batch_t  batch;

    if (!s->owned) {
        return;
    }

    ngx_plaid_redis_begin(&batch);
    ngx_http_plaid_shared_add_delete(s, &batch);

    (void) ngx_plaid_redis_send(s->zone->redis, &batch, NULL);
}


static void
ngx_http_plaid_shared_add_delete(ngx_http_plaid_shared_t *s,
    ngx_plaid_redis_batch_t *batch)
{
    ngx_str_t  args[2];

    if (s->owned) {
        s->owned = 0;

        ngx_str_set(&args[0], "DEL");
        args[1] = s->lease;
        ngx_plaid_redis_add(batch, args, 2);
    }
}


void
ngx_http_plaid_shared_unknown(ngx_http_plaid_shared_t *s)
{
    static ngx_str_t  lost = ngx_string("U");

    if (!s->owned) {
        return;
    }

    s->owned = 0;

    ngx_http_plaid_shared_set(s->zone->redis, &s->lease, &lost, "XX", s->ttl);
}


/* finer than ngx_current_msec: a round trip takes 0.1 ms */

static uint64_t
ngx_http_plaid_shared_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

#endif
