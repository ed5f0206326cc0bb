
/*
 * Shared records as they are written: keys and values, deliveries, and all
 * that Redis has missed while it was away.
 */


#include "ngx_http_plaid_shared_int.h"

#include <openssl/rand.h>


#if (NGX_PLAID_HIREDIS)

/* between two rounds, ms: replies are read, and requests served */
#define NGX_HTTP_PLAID_SHARED_REST   2


/* a zone that is being written again */

struct ngx_http_plaid_shared_push_s {
    ngx_plaid_ident_t             ident;     /* must be first */
    ngx_http_plaid_zone_t        *zone;
    ngx_event_t                   timer;
    uint32_t                      next;      /* place in the store */
    ngx_plaid_store_copy_t       *copies;    /* while it goes on */
};


static void ngx_http_plaid_shared_push_zone(ngx_http_plaid_zone_t *zone);
static void ngx_http_plaid_shared_push_round(ngx_event_t *ev);
static ngx_int_t ngx_http_plaid_shared_push_record(ngx_plaid_redis_t *redis,
    ngx_plaid_store_copy_t *copy);
static void ngx_http_plaid_shared_push_end(ngx_http_plaid_shared_push_t *push);


size_t
ngx_http_plaid_shared_key(ngx_plaid_redis_t *redis, u_char kind, u_char *id,
    u_char *p)
{
    u_char     *start;
    ngx_str_t   src, dst;

    start = p;

    p = ngx_cpymem(p, redis->prefix.data, redis->prefix.len);
    *p++ = kind;
    *p++ = ':';

    src.data = id;
    src.len = NGX_PLAID_SEAL_ID_LEN;

    dst.data = p;

    ngx_encode_base64url(&dst, &src);

    return p + dst.len - start;
}


size_t
ngx_http_plaid_shared_value(ngx_plaid_sealed_t *sealed, u_char state,
    u_char *p)
{
    p[0] = state;
    p[1] = sealed->kid;

    ngx_memcpy(p + NGX_HTTP_PLAID_SHARED_HEAD, sealed->data, sealed->len);

    return NGX_HTTP_PLAID_SHARED_HEAD + sealed->len;
}


/* ngx_random() of two nodes in containers may well be the same */

size_t
ngx_http_plaid_shared_me(u_char *p)
{
    u_char  *last;

    static u_char     node[8];
    static uint64_t   call;
    static ngx_pid_t  pid;

    if (pid != ngx_pid) {
        if (RAND_bytes(node, sizeof(node)) != 1) {
            return 0;
        }

        pid = ngx_pid;
    }

    last = ngx_hex_dump(p, node, sizeof(node));
    last = ngx_sprintf(last, "-%uL", ++call);

    return last - p;
}


void
ngx_http_plaid_shared_add_set(ngx_plaid_redis_batch_t *batch, ngx_str_t *key,
    ngx_str_t *value, char *flag, ngx_msec_t life)
{
    u_char      number[NGX_INT_T_LEN];
    ngx_str_t   args[NGX_PLAID_RESP_ARGS];
    ngx_uint_t  n;

    ngx_str_set(&args[0], "SET");
    args[1] = *key;
    args[2] = *value;
    n = 3;

    if (flag) {
        args[n].data = (u_char *) flag;
        args[n].len = ngx_strlen(flag);
        n++;
    }

    ngx_str_set(&args[n], "PX");
    n++;

    args[n].data = number;
    args[n].len = ngx_sprintf(number, "%M", life) - number;
    n++;

    ngx_plaid_redis_add(batch, args, n);
}


void
ngx_http_plaid_shared_set(ngx_plaid_redis_t *redis, ngx_str_t *key,
    ngx_str_t *value, char *flag, ngx_msec_t life)
{
    ngx_plaid_redis_batch_t  batch;

    ngx_plaid_redis_begin(&batch);
    ngx_http_plaid_shared_add_set(&batch, key, value, flag, life);

    (void) ngx_plaid_redis_send(redis, &batch, NULL);
}


void
ngx_http_plaid_shared_hold(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_sealed_t *sealed)
{
    ngx_http_plaid_held_t  *held;

    if (ctx->zone->redis == NULL) {
        return;
    }

    held = ngx_palloc(r->pool, sizeof(ngx_http_plaid_held_t));

    if (held) {
        ngx_memcpy(held->id, ctx->seal.id, NGX_PLAID_SEAL_ID_LEN);
        held->sealed = *sealed;
        ctx->held = held;
    }
}


void
ngx_http_plaid_shared_delivered(ngx_http_plaid_ctx_t *ctx, ngx_msec_t grace)
{
    u_char                   key[NGX_HTTP_PLAID_SHARED_KEY];
    u_char                   value[NGX_HTTP_PLAID_SHARED_VALUE];
    ngx_str_t                args[2], str;
    ngx_plaid_redis_t       *redis;
    ngx_plaid_redis_batch_t  batch;

    if (ctx->held == NULL) {
        return;
    }

    redis = ctx->zone->redis;

    args[1].data = key;
    args[1].len = ngx_http_plaid_shared_key(redis, 't', ctx->held->id, key);

    if (grace) {
        str.data = value;
        str.len = ngx_http_plaid_shared_value(&ctx->held->sealed, 'D', value);

        ngx_http_plaid_shared_set(redis, &args[1], &str, "XX", grace);
        return;
    }

    /* Redis knows no life of 0 */

    ngx_str_set(&args[0], "DEL");

    ngx_plaid_redis_begin(&batch);
    ngx_plaid_redis_add(&batch, args, 2);

    (void) ngx_plaid_redis_send(redis, &batch, NULL);
}


void
ngx_http_plaid_shared_push(ngx_plaid_redis_t *redis)
{
    ngx_uint_t                   i;
    ngx_http_plaid_zone_t      **zone;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = redis->data;

    if (pmcf->zones == NULL) {
        return;
    }

    zone = pmcf->zones->elts;

    for (i = 0; i < pmcf->zones->nelts; i++) {
        if (zone[i]->redis == redis) {
            ngx_http_plaid_shared_push_zone(zone[i]);
        }
    }
}


static void
ngx_http_plaid_shared_push_zone(ngx_http_plaid_zone_t *zone)
{
    ngx_http_plaid_shared_push_t  *push;

    push = zone->push;

    if (push == NULL) {
        push = ngx_pcalloc(ngx_cycle->pool,
                           sizeof(ngx_http_plaid_shared_push_t));
        if (push == NULL) {
            zone->redis->unwritten = 1;
            return;
        }

        push->ident.fd = (ngx_socket_t) -1;
        push->zone = zone;

        push->timer.handler = ngx_http_plaid_shared_push_round;
        push->timer.data = push;
        push->timer.log = ngx_cycle->log;
        push->timer.cancelable = 1;

        zone->push = push;
    }

    /* from the beginning, though one may be going on */

    push->next = 0;

    if (push->copies == NULL) {
        push->copies = ngx_alloc(NGX_HTTP_PLAID_SHARED_ROUND
                                 * sizeof(ngx_plaid_store_copy_t),
                                 ngx_cycle->log);
        if (push->copies == NULL) {
            zone->redis->unwritten = 1;
            return;
        }
    }

    if (!push->timer.timer_set) {
        ngx_add_timer(&push->timer, NGX_HTTP_PLAID_SHARED_REST);
    }
}


static void
ngx_http_plaid_shared_push_round(ngx_event_t *ev)
{
    ngx_uint_t                     i, n;
    ngx_plaid_redis_t             *redis;
    ngx_http_plaid_shared_push_t  *push;

    push = ev->data;
    redis = push->zone->redis;

    n = ngx_plaid_store_export(&push->zone->store, &push->next,
                               ngx_current_msec, push->copies,
                               NGX_HTTP_PLAID_SHARED_ROUND);

    for (i = 0; i < n; i++) {
        if (ngx_http_plaid_shared_push_record(redis, &push->copies[i])
            != NGX_OK)
        {
            /* again from the beginning, once it is back or has room */

            redis->unwritten = 1;
            ngx_http_plaid_shared_push_end(push);
            return;
        }
    }

    if (n < NGX_HTTP_PLAID_SHARED_ROUND) {
        ngx_http_plaid_shared_push_end(push);
        return;
    }

    ngx_add_timer(&push->timer, NGX_HTTP_PLAID_SHARED_REST);
}


static ngx_int_t
ngx_http_plaid_shared_push_record(ngx_plaid_redis_t *redis,
    ngx_plaid_store_copy_t *copy)
{
    u_char                   key[NGX_HTTP_PLAID_SHARED_KEY];
    u_char                   value[NGX_HTTP_PLAID_SHARED_VALUE];
    ngx_int_t                rc;
    ngx_str_t                name, str;
    ngx_plaid_redis_batch_t  batch;

    if (copy->rest == 0) {
        return NGX_OK;
    }

    name.data = key;
    name.len = ngx_http_plaid_shared_key(redis, 't', copy->id, key);

    str.data = value;
    str.len = ngx_http_plaid_shared_value(&copy->sealed, 'R', value);

    ngx_plaid_redis_begin(&batch);
    ngx_http_plaid_shared_add_set(&batch, &name, &str, "NX", copy->rest);

    rc = ngx_plaid_redis_send(redis, &batch, NULL);

    if (rc == NGX_OK) {
        (void) ngx_atomic_fetch_add(&redis->stats->pushed, 1);
    }

    return rc;
}


static void
ngx_http_plaid_shared_push_end(ngx_http_plaid_shared_push_t *push)
{
    if (push->timer.timer_set) {
        ngx_del_timer(&push->timer);
    }

    if (push->copies) {
        ngx_free(push->copies);
        push->copies = NULL;
    }
}


void
ngx_http_plaid_shared_push_exit(ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t               i;
    ngx_http_plaid_zone_t  **zone;

    if (pmcf->zones == NULL) {
        return;
    }

    zone = pmcf->zones->elts;

    for (i = 0; i < pmcf->zones->nelts; i++) {
        if (zone[i]->push) {
            ngx_http_plaid_shared_push_end(zone[i]->push);
        }
    }
}

#else

void
ngx_http_plaid_shared_hold(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_sealed_t *sealed)
{
}


void
ngx_http_plaid_shared_delivered(ngx_http_plaid_ctx_t *ctx, ngx_msec_t grace)
{
}

#endif
