
/*
 * The connection of a Redis server: name, socket, TLS, greeting, bytes in and
 * out.  All of it is nginx's; libhiredis sees the bytes alone.
 */


#include "ngx_plaid_redis.h"
#include <ngx_event_connect.h>


/* a buffer that has grown over this is freed when it is empty */
#define NGX_PLAID_REDIS_KEEP      (64 * 1024)


static void ngx_plaid_redis_resolve(ngx_plaid_redis_t *redis);
static void ngx_plaid_redis_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_plaid_redis_next(ngx_plaid_redis_t *redis);
static ngx_int_t ngx_plaid_redis_open(ngx_plaid_redis_t *redis,
    ngx_connection_t *c);
static void ngx_plaid_redis_connected(ngx_plaid_redis_t *redis);
static ngx_int_t ngx_plaid_redis_handshake(ngx_plaid_redis_t *redis);
static void ngx_plaid_redis_handshaken(ngx_connection_t *c);
static void ngx_plaid_redis_greet(ngx_plaid_redis_t *redis);
static ngx_int_t ngx_plaid_redis_greeting(ngx_plaid_redis_t *redis,
    ngx_plaid_redis_batch_t *batch);
static void ngx_plaid_redis_limit(ngx_plaid_redis_t *redis, ngx_msec_t time);
static void ngx_plaid_redis_write_handler(ngx_event_t *wev);
static void ngx_plaid_redis_read_handler(ngx_event_t *rev);
static ngx_int_t ngx_plaid_redis_read(ngx_plaid_redis_t *redis);


void
ngx_plaid_redis_connect(ngx_plaid_redis_t *redis)
{
    ngx_uint_t  i;

    if (redis->state == NGX_PLAID_REDIS_CONNECTING) {

        /* the address before was of no use */

        ngx_plaid_redis_next(redis);
        return;
    }

    redis->addr_i = 0;

    if (redis->naddrs == 0) {
        ngx_plaid_redis_resolve(redis);
        return;
    }

    redis->addr_n = ngx_min(redis->naddrs, NGX_PLAID_REDIS_ADDRS);

    for (i = 0; i < redis->addr_n; i++) {
        redis->addr[i].sockaddr = redis->addrs[i].sockaddr;
        redis->addr[i].socklen = redis->addrs[i].socklen;
    }

    ngx_plaid_redis_next(redis);
}


static void
ngx_plaid_redis_resolve(ngx_plaid_redis_t *redis)
{
    ngx_resolver_ctx_t  *ctx;

    redis->state = NGX_PLAID_REDIS_RESOLVING;

    ctx = redis->resolver ? ngx_resolve_start(redis->resolver, NULL) : NULL;

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_RESOLVE, 0, NULL);
        return;
    }

    ctx->name = redis->host;
    ctx->handler = ngx_plaid_redis_resolved;
    ctx->data = redis;
    ctx->timeout = redis->resolver_timeout;

    redis->resolve = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        redis->resolve = NULL;
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_RESOLVE, 0, NULL);
    }
}


static void
ngx_plaid_redis_resolved(ngx_resolver_ctx_t *ctx)
{
    char               *text;
    ngx_str_t           detail;
    ngx_uint_t          i;
    ngx_plaid_redis_t  *redis;

    redis = ctx->data;
    redis->resolve = NULL;

    if (ctx->state) {
        text = ngx_resolver_strerror(ctx->state);

        detail.data = (u_char *) text;
        detail.len = ngx_strlen(text);

        ngx_resolve_name_done(ctx);
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_RESOLVE, 0, &detail);
        return;
    }

    redis->addr_n = ngx_min(ctx->naddrs, NGX_PLAID_REDIS_ADDRS);

    for (i = 0; i < redis->addr_n; i++) {
        redis->addr[i].socklen = ctx->addrs[i].socklen;
        redis->addr[i].sockaddr = &redis->addr[i].data.sockaddr;

        ngx_memcpy(&redis->addr[i].data, ctx->addrs[i].sockaddr,
                   ctx->addrs[i].socklen);

        ngx_inet_set_port(redis->addr[i].sockaddr, redis->port);
    }

    ngx_resolve_name_done(ctx);

    ngx_plaid_redis_next(redis);
}


/* tries the addresses from "addr_i" on */

static void
ngx_plaid_redis_next(ngx_plaid_redis_t *redis)
{
    ngx_err_t              err;
    ngx_int_t              rc;
    ngx_peer_connection_t  pc;

    err = 0;

    for ( /* void */ ; redis->addr_i < redis->addr_n; redis->addr_i++) {

        ngx_memzero(&pc, sizeof(ngx_peer_connection_t));

        pc.sockaddr = redis->addr[redis->addr_i].sockaddr;
        pc.socklen = redis->addr[redis->addr_i].socklen;
        pc.name = &redis->server;
        pc.get = ngx_event_get_peer;
        pc.log = &redis->log;
        pc.log_error = NGX_ERROR_ERR;

        rc = ngx_event_connect_peer(&pc);

        if (rc == NGX_ERROR) {

            if (pc.connection) {
                ngx_close_connection(pc.connection);
            }

            ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_INTERNAL, 0, NULL);
            return;
        }

        if (rc == NGX_DECLINED || rc == NGX_BUSY) {
            err = ngx_socket_errno;
            continue;
        }

        redis->state = NGX_PLAID_REDIS_CONNECTING;

        if (ngx_plaid_redis_open(redis, pc.connection) != NGX_OK) {
            ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_INTERNAL, 0, NULL);
            return;
        }

        ngx_plaid_redis_limit(redis, redis->connect_timeout);

        if (rc == NGX_OK) {
            ngx_plaid_redis_connected(redis);
        }

        return;
    }

    ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_CONNECT, err, NULL);
}


/* takes over a new connection; on an error it is closed like any other */

static ngx_int_t
ngx_plaid_redis_open(ngx_plaid_redis_t *redis, ngx_connection_t *c)
{
    redis->connection = c;

    c->data = redis;
    c->read->handler = ngx_plaid_redis_read_handler;
    c->write->handler = ngx_plaid_redis_write_handler;

    /* for TLS, and what lives as long as the connection */

    c->pool = ngx_create_pool(512, ngx_cycle->log);
    if (c->pool == NULL) {
        return NGX_ERROR;
    }

    /* ngx_event_connect_peer() has set the others */
    c->pool->log = &redis->log;

    return ngx_plaid_resp_init(&redis->resp);
}


static void
ngx_plaid_redis_limit(ngx_plaid_redis_t *redis, ngx_msec_t time)
{
    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    ngx_add_timer(&redis->timer, time);
}


static void
ngx_plaid_redis_connected(ngx_plaid_redis_t *redis)
{
    int                nodelay;
    ngx_connection_t  *c;

    c = redis->connection;

    /* a unix domain socket has no such option, and no need of it */

    nodelay = 1;

    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY,
                      (const void *) &nodelay, sizeof(int));

    if (redis->tls == NULL) {
        ngx_plaid_redis_greet(redis);
        return;
    }

    redis->state = NGX_PLAID_REDIS_HANDSHAKE;

    if (ngx_plaid_redis_handshake(redis) != NGX_OK) {
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_INTERNAL, 0, NULL);
    }
}


#if (NGX_SSL)

static ngx_int_t
ngx_plaid_redis_handshake(ngx_plaid_redis_t *redis)
{
    ngx_connection_t  *c;

    c = redis->connection;

    if (ngx_plaid_redis_tls_begin(redis, c) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_ssl_handshake(c) == NGX_AGAIN) {
        c->ssl->handler = ngx_plaid_redis_handshaken;
        return NGX_OK;
    }

    ngx_plaid_redis_handshaken(c);

    return NGX_OK;
}


static void
ngx_plaid_redis_handshaken(ngx_connection_t *c)
{
    ngx_str_t           detail;
    const char         *why;
    ngx_plaid_redis_t  *redis;

    redis = c->data;

    why = ngx_plaid_redis_tls_check(redis, c);

    if (why) {
        detail.data = (u_char *) why;
        detail.len = ngx_strlen(why);

        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_TLS, 0, &detail);
        return;
    }

    c->read->handler = ngx_plaid_redis_read_handler;
    c->write->handler = ngx_plaid_redis_write_handler;

    ngx_plaid_redis_greet(redis);
}

#else

static ngx_int_t
ngx_plaid_redis_handshake(ngx_plaid_redis_t *redis)
{
    return NGX_ERROR;
}

#endif


static void
ngx_plaid_redis_greet(ngx_plaid_redis_t *redis)
{
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_plaid_redis_batch_t  batch;

    c = redis->connection;

    rc = ngx_plaid_redis_greeting(redis, &batch);

    if (rc == NGX_OK) {
        redis->state = NGX_PLAID_REDIS_GREETING;
        redis->greeting = batch.n;

        ngx_plaid_redis_limit(redis, redis->timeout);

        /* a new socket has room for so little */

        if (c->send(c, batch.data, batch.last - batch.data)
            != batch.last - batch.data)
        {
            rc = NGX_DECLINED;
        }
    }

    ngx_explicit_memzero(batch.data, sizeof(batch.data));

    if (rc != NGX_OK) {
        ngx_plaid_redis_fail(redis,
                             rc == NGX_DECLINED ? NGX_PLAID_REDIS_CLOSED
                                                : NGX_PLAID_REDIS_INTERNAL,
                             0, NULL);
        return;
    }

    /* TLS may have read the beginning of the replies already */

    ngx_post_event(c->read, &ngx_posted_events);
}


/* AUTH [user] password, SELECT database, PING */

static ngx_int_t
ngx_plaid_redis_greeting(ngx_plaid_redis_t *redis,
    ngx_plaid_redis_batch_t *batch)
{
    u_char      number[NGX_INT_T_LEN];
    ngx_str_t   args[3];
    ngx_uint_t  n;

    ngx_plaid_redis_begin(batch);

    if (redis->password) {

        /* what cannot be read now leaves the password before */

        (void) ngx_plaid_secret_poll(redis->password, ngx_cycle->log);

        n = 0;
        ngx_str_set(&args[n], "AUTH");
        n++;

        if (redis->user.len) {
            args[n++] = redis->user;
        }

        args[n++] = redis->password->value;

        ngx_plaid_redis_add(batch, args, n);
    }

    if (redis->database) {
        ngx_str_set(&args[0], "SELECT");
        args[1].data = number;
        args[1].len = ngx_sprintf(number, "%ui", redis->database) - number;

        ngx_plaid_redis_add(batch, args, 2);
    }

    ngx_str_set(&args[0], "PING");
    ngx_plaid_redis_add(batch, args, 1);

    return batch->last ? NGX_OK : NGX_ERROR;
}


void
ngx_plaid_redis_close(ngx_plaid_redis_t *redis)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    if (redis->resolve) {
        ngx_resolve_name_done(redis->resolve);
        redis->resolve = NULL;
    }

    c = redis->connection;

    if (c == NULL) {
        return;
    }

    redis->connection = NULL;
    redis->greeting = 0;
    redis->stats->connected[ngx_process_slot % NGX_MAX_PROCESSES] = 0;

    ngx_plaid_resp_free(&redis->resp);

#if (NGX_SSL)

    if (c->ssl) {

        /* Redis does not wait for the end of TLS, and neither do we */

        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }

#endif

    pool = c->pool;

    ngx_close_connection(c);

    if (pool) {
        ngx_destroy_pool(pool);
    }
}


ngx_int_t
ngx_plaid_redis_flush(ngx_plaid_redis_t *redis)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = redis->connection;

    while (redis->out_pos < redis->out_last) {

        n = c->send(c, redis->out_pos, redis->out_last - redis->out_pos);

        if (n == NGX_AGAIN) {
            return (ngx_handle_write_event(c->write, 0) == NGX_OK)
                   ? NGX_AGAIN : NGX_ERROR;
        }

        if (n < 0) {
            return NGX_ERROR;
        }

        redis->out_pos += n;
    }

    if (redis->out_end - redis->out > NGX_PLAID_REDIS_KEEP) {
        ngx_free(redis->out);
        redis->out = NULL;
        redis->out_end = NULL;
    }

    redis->out_pos = redis->out;
    redis->out_last = redis->out;

    return NGX_OK;
}


static void
ngx_plaid_redis_write_handler(ngx_event_t *wev)
{
    int                 err;
    socklen_t           len;
    ngx_connection_t   *c;
    ngx_plaid_redis_t  *redis;

    c = wev->data;
    redis = c->data;

    if (redis->state == NGX_PLAID_REDIS_CONNECTING) {

        err = 0;
        len = sizeof(int);

        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len)
            == -1)
        {
            err = ngx_socket_errno;
        }

        if (err == 0) {
            ngx_plaid_redis_connected(redis);
            return;
        }

        ngx_plaid_redis_close(redis);

        if (++redis->addr_i < redis->addr_n) {
            ngx_plaid_redis_connect(redis);
            return;
        }

        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_CONNECT, err, NULL);
        return;
    }

    if (redis->state != NGX_PLAID_REDIS_UP) {
        return;
    }

    if (wev->error || ngx_plaid_redis_flush(redis) == NGX_ERROR) {
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_CLOSED, 0, NULL);
    }
}


static void
ngx_plaid_redis_read_handler(ngx_event_t *rev)
{
    ngx_connection_t   *c;
    ngx_plaid_redis_t  *redis;

    c = rev->data;
    redis = c->data;

    if (redis->state == NGX_PLAID_REDIS_CONNECTING) {

        /* the write event tells why */

        ngx_plaid_redis_write_handler(c->write);
        return;
    }

    /* worker_shutdown_timeout is over */

    if (c->close) {
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_CLOSED, 0, NULL);
        return;
    }

    for ( ;; ) {

        switch (ngx_plaid_redis_read(redis)) {

        case NGX_OK:
            break;

        case NGX_AGAIN:

            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_INTERNAL, 0,
                                     NULL);
            }

            return;

        default: /* NGX_ERROR: closed */
            return;
        }
    }
}


/* NGX_OK: there may be more; NGX_AGAIN; NGX_ERROR: closed */

static ngx_int_t
ngx_plaid_redis_read(ngx_plaid_redis_t *redis)
{
    u_char             buf[NGX_PLAID_RESP_MAX];
    ssize_t            n;
    ngx_int_t          rc;
    ngx_str_t          detail;
    ngx_connection_t  *c;

    c = redis->connection;

    n = c->recv(c, buf, sizeof(buf));

    if (n == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (n == 0 || n == NGX_ERROR) {
        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_CLOSED, 0, NULL);
        return NGX_ERROR;
    }

    rc = ngx_plaid_resp_feed(&redis->resp, buf, n);

    while (rc == NGX_OK) {
        rc = ngx_plaid_resp_next(&redis->resp);

        if (rc == NGX_OK && ngx_plaid_redis_reply(redis) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (rc == NGX_ERROR) {
        detail.data = (u_char *) redis->resp.error;
        detail.len = ngx_strlen(detail.data);

        ngx_plaid_redis_fail(redis, NGX_PLAID_REDIS_PROTOCOL, 0, &detail);
        return NGX_ERROR;
    }

    return NGX_OK;
}
