
/* One attempt to deliver a webhook: found, connected, sent, answered. */


#include "ngx_plaid_sandbox_webhook_int.h"


static void ngx_plaid_sandbox_webhook_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_plaid_sandbox_webhook_connect(ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_connected(ngx_event_t *ev);
#if (NGX_SSL)
static ngx_uint_t ngx_plaid_sandbox_webhook_literal(
    ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_secure(ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_secured(ngx_connection_t *c);
static ngx_uint_t ngx_plaid_sandbox_webhook_trusted(
    ngx_plaid_sandbox_webhook_t *w);
#endif
static void ngx_plaid_sandbox_webhook_speak(ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_write(ngx_event_t *wev);
static void ngx_plaid_sandbox_webhook_read(ngx_event_t *rev);


void
ngx_plaid_sandbox_webhook_deliver(ngx_plaid_sandbox_webhook_t *w)
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

    if (ngx_parse_addr(w->attempt, &w->addr, host.data, host.len) == NGX_OK) {
        ngx_inet_set_port(w->addr.sockaddr, w->url.port);
        ngx_plaid_sandbox_webhook_connect(w);
        return;
    }

    if (w->sender->resolver == NULL) {
        ngx_plaid_sandbox_webhook_done(w, "no resolver for its host");
        return;
    }

    temp.name = host;

    ctx = ngx_resolve_start(w->sender->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_plaid_sandbox_webhook_done(w, "no resolver for its host");
        return;
    }

    ctx->name = host;
    ctx->handler = ngx_plaid_sandbox_webhook_resolved;
    ctx->data = w;
    ctx->timeout = w->sender->resolver_timeout;

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
    w->addr.sockaddr = ngx_palloc(w->attempt, w->addr.socklen);

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
    c->pool = w->attempt;
    c->read->handler = ngx_plaid_sandbox_webhook_connected;
    c->write->handler = ngx_plaid_sandbox_webhook_connected;

    /* one time for all of it; a worker that is to end waits for it */

    ngx_add_timer(c->read, NGX_PLAID_SANDBOX_WEBHOOK_WAIT);

    if (rc == NGX_OK) {
        ngx_plaid_sandbox_webhook_connected(c->write);
    }
}


static void
ngx_plaid_sandbox_webhook_connected(ngx_event_t *ev)
{
    int                           err;
    socklen_t                     len;
    ngx_connection_t             *c;
    ngx_plaid_sandbox_webhook_t  *w;

    c = ev->data;
    w = c->data;

    if (ev->timedout || c->close) {
        ngx_plaid_sandbox_webhook_done(w, "timed out");
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1
        || err)
    {
        ngx_plaid_sandbox_webhook_done(w, "connect failed");
        return;
    }

    if (!c->write->ready) {
        return;
    }

#if (NGX_SSL)
    if (w->secure) {
        ngx_plaid_sandbox_webhook_secure(w);
        return;
    }
#endif

    ngx_plaid_sandbox_webhook_speak(w);
}


#if (NGX_SSL)

/* An address instead of a name. */

static ngx_uint_t
ngx_plaid_sandbox_webhook_literal(ngx_plaid_sandbox_webhook_t *w)
{
    return w->url.host.data[0] == '['
           || ngx_inet_addr(w->url.host.data, w->url.host.len) != INADDR_NONE;
}


static void
ngx_plaid_sandbox_webhook_secure(ngx_plaid_sandbox_webhook_t *w)
{
    u_char            *name;
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = w->peer.connection;

    name = ngx_pnalloc(w->attempt, w->url.host.len + 1);

    if (name == NULL
        || ngx_ssl_create_connection(w->sender->ssl, c,
                                     NGX_SSL_BUFFER|NGX_SSL_CLIENT)
           != NGX_OK)
    {
        ngx_plaid_sandbox_webhook_done(w, "no memory");
        return;
    }

    (void) ngx_cpystrn(name, w->url.host.data, w->url.host.len + 1);

    /* RFC 6066: no addresses */

    if (!ngx_plaid_sandbox_webhook_literal(w)
        && SSL_set_tlsext_host_name(c->ssl->connection, (char *) name) == 0)
    {
        ngx_plaid_sandbox_webhook_done(w, "no memory");
        return;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_plaid_sandbox_webhook_secured;
        return;
    }

    ngx_plaid_sandbox_webhook_secured(c);
}


static void
ngx_plaid_sandbox_webhook_secured(ngx_connection_t *c)
{
    ngx_plaid_sandbox_webhook_t  *w;

    w = c->data;

    if (!c->ssl->handshaked) {
        ngx_plaid_sandbox_webhook_done(w, c->read->timedout
                                          ? "timed out"
                                          : "SSL handshake failed");
        return;
    }

    if (!ngx_plaid_sandbox_webhook_trusted(w)) {
        ngx_plaid_sandbox_webhook_done(w, "its certificate is not trusted");
        return;
    }

    ngx_plaid_sandbox_webhook_speak(w);
}


static ngx_uint_t
ngx_plaid_sandbox_webhook_trusted(ngx_plaid_sandbox_webhook_t *w)
{
    int                rc;
    u_char             name[NGX_PLAID_SANDBOX_URL_LEN];
    X509              *cert;
    ngx_connection_t  *c;

    c = w->peer.connection;

    if (SSL_get_verify_result(c->ssl->connection) != X509_V_OK) {
        return 0;
    }

    if (!ngx_plaid_sandbox_webhook_literal(w)) {
        return ngx_ssl_check_host(c, &w->url.host) == NGX_OK;
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    if (cert == NULL) {
        return 0;
    }

    (void) ngx_cpystrn(name, w->url.host.data,
                       ngx_min(w->url.host.len + 1, sizeof(name)));

    rc = X509_check_ip_asc(cert, (char *) name, 0);

    X509_free(cert);

    return rc == 1;
}

#endif


static void
ngx_plaid_sandbox_webhook_speak(ngx_plaid_sandbox_webhook_t *w)
{
    ngx_connection_t  *c;

    c = w->peer.connection;

    c->read->handler = ngx_plaid_sandbox_webhook_read;
    c->write->handler = ngx_plaid_sandbox_webhook_write;

    ngx_plaid_sandbox_webhook_write(c->write);
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

    /* Plaid takes nothing but 200 for received */

    if (ngx_strncmp(w->reply, "HTTP/1.", 7) != 0 || status != 200) {
        ngx_plaid_sandbox_webhook_done(w, "not accepted");
        return;
    }

    ngx_plaid_sandbox_webhook_done(w, NULL);
}


void
ngx_plaid_sandbox_webhook_disconnect(ngx_plaid_sandbox_webhook_t *w)
{
    ngx_connection_t  *c;

    if (w->resolving) {
        ngx_resolve_name_done(w->resolving);
        w->resolving = NULL;
    }

    c = w->peer.connection;

    if (c == NULL) {
        return;
    }

#if (NGX_SSL)
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }
#endif

    ngx_close_connection(c);
    w->peer.connection = NULL;
}
