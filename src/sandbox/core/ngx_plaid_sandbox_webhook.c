
#include "ngx_plaid_sandbox_webhook.h"
#include <ngx_event_connect.h>


typedef struct {
    ngx_pool_t                  *pool;
    ngx_log_t                   *log;
    ngx_plaid_sandbox_store_t   *store;
    ngx_url_t                    url;
    ngx_resolver_ctx_t          *resolving;
    ngx_addr_t                   addr;
    ngx_peer_connection_t        peer;
    ngx_buf_t                   *request;
    u_char                       reply[64];     /* of its first line */
    size_t                       received;
} ngx_plaid_sandbox_webhook_t;


static ngx_int_t ngx_plaid_sandbox_webhook_request(
    ngx_plaid_sandbox_webhook_t *w, ngx_str_t *body, ngx_str_t *jwt);
static void ngx_plaid_sandbox_webhook_find(ngx_plaid_sandbox_webhook_t *w,
    ngx_resolver_t *resolver, ngx_msec_t timeout);
static void ngx_plaid_sandbox_webhook_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_plaid_sandbox_webhook_connect(ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_write(ngx_event_t *wev);
static void ngx_plaid_sandbox_webhook_read(ngx_event_t *rev);
static void ngx_plaid_sandbox_webhook_done(ngx_plaid_sandbox_webhook_t *w,
    const char *failure);


static ngx_uint_t  ngx_plaid_sandbox_webhooks;


void
ngx_plaid_sandbox_webhook(ngx_plaid_sandbox_store_t *store, ngx_str_t *url,
    ngx_str_t *body, ngx_str_t *jwt, ngx_resolver_t *resolver,
    ngx_msec_t timeout)
{
    ngx_pool_t                   *pool;
    ngx_plaid_sandbox_webhook_t  *w;

    (void) ngx_atomic_fetch_add(&store->sh->counters.webhooks, 1);

    pool = NULL;

    if (ngx_plaid_sandbox_webhooks < NGX_PLAID_SANDBOX_WEBHOOK_MAX) {
        pool = ngx_create_pool(4096, ngx_cycle->log);
    }

    w = pool ? ngx_pcalloc(pool, sizeof(ngx_plaid_sandbox_webhook_t)) : NULL;

    if (w == NULL) {
        if (pool) {
            ngx_destroy_pool(pool);
        }

        (void) ngx_atomic_fetch_add(&store->sh->counters.webhooks_failed, 1);
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "plaid_sandbox has no room for a webhook");
        return;
    }

    ngx_plaid_sandbox_webhooks++;

    w->pool = pool;
    w->log = ngx_cycle->log;
    w->store = store;

    w->url.url.data = ngx_pstrdup(pool, url);
    w->url.url.len = url->len;

    if (w->url.url.data == NULL) {
        ngx_plaid_sandbox_webhook_done(w, "no memory");
        return;
    }

    if (url->len < 8
        || ngx_strncasecmp(url->data, (u_char *) "http://", 7) != 0)
    {
        ngx_plaid_sandbox_webhook_done(w, "only http is spoken");
        return;
    }

    w->url.url.data += 7;
    w->url.url.len -= 7;
    w->url.default_port = 80;
    w->url.uri_part = 1;
    w->url.no_resolve = 1;

    if (ngx_parse_url(pool, &w->url) != NGX_OK) {
        ngx_plaid_sandbox_webhook_done(w, "invalid address");
        return;
    }

    if (ngx_plaid_sandbox_webhook_request(w, body, jwt) != NGX_OK) {
        ngx_plaid_sandbox_webhook_done(w, "no memory");
        return;
    }

    ngx_plaid_sandbox_webhook_find(w, resolver, timeout);
}


static ngx_int_t
ngx_plaid_sandbox_webhook_request(ngx_plaid_sandbox_webhook_t *w,
    ngx_str_t *body, ngx_str_t *jwt)
{
    size_t     len;
    ngx_buf_t  *b;

    static ngx_str_t  root = ngx_string("/");

    if (w->url.uri.len == 0) {
        w->url.uri = root;
    }

    len = sizeof("POST  HTTP/1.1" CRLF "Host: :65535" CRLF
                 "Content-Type: application/json" CRLF
                 "Content-Length: " CRLF "Connection: close" CRLF
                 "User-Agent: plaid_sandbox" CRLF
                 "Plaid-Verification: " CRLF "/" CRLF) - 1
          + w->url.uri.len + w->url.host.len + NGX_SIZE_T_LEN + jwt->len
          + body->len;

    b = ngx_create_temp_buf(w->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    /* "http://host?a=b" has no path, and its query is "?a=b" */

    b->last = ngx_sprintf(b->last, "POST %s%V HTTP/1.1" CRLF
                          "Host: %V:%ui" CRLF
                          "Content-Type: application/json" CRLF
                          "Content-Length: %uz" CRLF
                          "Connection: close" CRLF
                          "User-Agent: plaid_sandbox" CRLF,
                          w->url.uri.data[0] == '/' ? "" : "/", &w->url.uri,
                          &w->url.host, (ngx_uint_t) w->url.port, body->len);

    if (jwt->len) {
        b->last = ngx_sprintf(b->last, "Plaid-Verification: %V" CRLF, jwt);
    }

    *b->last++ = CR;
    *b->last++ = LF;
    b->last = ngx_cpymem(b->last, body->data, body->len);

    w->request = b;

    return NGX_OK;
}


static void
ngx_plaid_sandbox_webhook_find(ngx_plaid_sandbox_webhook_t *w,
    ngx_resolver_t *resolver, ngx_msec_t timeout)
{
    ngx_str_t            host;
    ngx_resolver_ctx_t  *ctx, temp;

    static ngx_str_t  loopback = ngx_string("127.0.0.1");

    host = w->url.host;

    if (host.len == 9
        && ngx_strncasecmp(host.data, (u_char *) "localhost", 9) == 0)
    {
        host = loopback;
    }

    if (host.len > 2 && host.data[0] == '[') {
        host.data++;
        host.len -= 2;
    }

    if (ngx_parse_addr(w->pool, &w->addr, host.data, host.len) == NGX_OK) {
        ngx_inet_set_port(w->addr.sockaddr, w->url.port);
        ngx_plaid_sandbox_webhook_connect(w);
        return;
    }

    if (resolver == NULL) {
        ngx_plaid_sandbox_webhook_done(w, "no resolver for its host");
        return;
    }

    temp.name = host;

    ctx = ngx_resolve_start(resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_plaid_sandbox_webhook_done(w, "no resolver for its host");
        return;
    }

    ctx->name = host;
    ctx->handler = ngx_plaid_sandbox_webhook_resolved;
    ctx->data = w;
    ctx->timeout = timeout;

    w->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        w->resolving = NULL;
        ngx_plaid_sandbox_webhook_done(w, "host not to be resolved");
    }
}


static void
ngx_plaid_sandbox_webhook_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_plaid_sandbox_webhook_t *w = ctx->data;

    if (ctx->state || ctx->naddrs == 0) {
        ngx_plaid_sandbox_webhook_done(w, "host not found");
        return;
    }

    w->addr.socklen = ctx->addrs[0].socklen;
    w->addr.sockaddr = ngx_palloc(w->pool, w->addr.socklen);

    if (w->addr.sockaddr == NULL) {
        ngx_plaid_sandbox_webhook_done(w, "no memory");
        return;
    }

    ngx_memcpy(w->addr.sockaddr, ctx->addrs[0].sockaddr, w->addr.socklen);
    ngx_inet_set_port(w->addr.sockaddr, w->url.port);

    ngx_resolve_name_done(ctx);
    w->resolving = NULL;

    ngx_plaid_sandbox_webhook_connect(w);
}


static void
ngx_plaid_sandbox_webhook_connect(ngx_plaid_sandbox_webhook_t *w)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    w->peer.sockaddr = w->addr.sockaddr;
    w->peer.socklen = w->addr.socklen;
    w->peer.name = &w->url.host;
    w->peer.get = ngx_event_get_peer;
    w->peer.log = w->log;
    w->peer.log_error = NGX_ERROR_ERR;

    rc = ngx_event_connect_peer(&w->peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_plaid_sandbox_webhook_done(w, "connect failed");
        return;
    }

    c = w->peer.connection;

    c->data = w;
    c->read->handler = ngx_plaid_sandbox_webhook_read;
    c->write->handler = ngx_plaid_sandbox_webhook_write;

    /* one time for all of it; a worker that is to end waits for it */

    ngx_add_timer(c->read, NGX_PLAID_SANDBOX_WEBHOOK_WAIT);

    if (rc == NGX_OK) {
        ngx_plaid_sandbox_webhook_write(c->write);
    }
}


static void
ngx_plaid_sandbox_webhook_write(ngx_event_t *wev)
{
    ssize_t                       n;
    ngx_buf_t                    *b;
    ngx_connection_t             *c;
    ngx_plaid_sandbox_webhook_t  *w;

    c = wev->data;
    w = c->data;
    b = w->request;

    while (b->pos < b->last) {
        n = c->send(c, b->pos, b->last - b->pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_plaid_sandbox_webhook_done(w, "send failed");
            return;
        }

        b->pos += n;
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_plaid_sandbox_webhook_done(w, "send failed");
    }
}


static void
ngx_plaid_sandbox_webhook_read(ngx_event_t *rev)
{
    ssize_t                       n;
    ngx_int_t                     status;
    ngx_connection_t             *c;
    ngx_plaid_sandbox_webhook_t  *w;

    c = rev->data;
    w = c->data;

    if (rev->timedout || c->close) {
        ngx_plaid_sandbox_webhook_done(w, "timed out");
        return;
    }

    do {
        n = c->recv(c, w->reply + w->received,
                    sizeof(w->reply) - w->received);

        if (n == NGX_AGAIN) {
            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_plaid_sandbox_webhook_done(w, "receive failed");
            }

            return;
        }

        if (n <= 0) {
            ngx_plaid_sandbox_webhook_done(w, "no answer");
            return;
        }

        w->received += n;

    } while (w->received < sizeof("HTTP/1.1 200") - 1);

    /* the status is all that matters of the answer */

    status = ngx_atoi(w->reply + sizeof("HTTP/1.1 ") - 1, 3);

    if (ngx_strncmp(w->reply, "HTTP/1.", 7) != 0 || status < 200
        || status > 299)
    {
        ngx_plaid_sandbox_webhook_done(w, "not accepted");
        return;
    }

    ngx_plaid_sandbox_webhook_done(w, NULL);
}


static void
ngx_plaid_sandbox_webhook_done(ngx_plaid_sandbox_webhook_t *w,
    const char *failure)
{
    ngx_pool_t  *pool;

    if (failure) {
        (void) ngx_atomic_fetch_add(&w->store->sh->counters.webhooks_failed,
                                    1);

        ngx_log_error(NGX_LOG_ERR, w->log, 0,
                      "plaid_sandbox could not send a webhook to \"%V\": %s",
                      &w->url.url, failure);
    }

    if (w->resolving) {
        ngx_resolve_name_done(w->resolving);
        w->resolving = NULL;
    }

    if (w->peer.connection) {
        ngx_close_connection(w->peer.connection);
        w->peer.connection = NULL;
    }

    if (w->request) {
        ngx_explicit_memzero(w->request->start,
                             w->request->end - w->request->start);
    }

    ngx_plaid_sandbox_webhooks--;

    pool = w->pool;
    ngx_destroy_pool(pool);
}
