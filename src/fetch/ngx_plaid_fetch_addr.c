
/*
 * Where a fetch connects to: the addresses of the configuration, or those that
 * nginx's resolver finds.
 */


#include "ngx_plaid_fetch_int.h"


static void ngx_plaid_fetch_addr_fixed(ngx_plaid_fetch_t *f,
    ngx_addr_t *addrs, ngx_uint_t n);
static void ngx_plaid_fetch_addr_resolve(ngx_plaid_fetch_t *f,
    ngx_plaid_endpoint_t *endpoint);
static void ngx_plaid_fetch_addr_resolved(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_plaid_fetch_addr_take(ngx_plaid_fetch_t *f,
    ngx_resolver_ctx_t *ctx, in_port_t port);
static void ngx_plaid_fetch_addr_choose(ngx_plaid_fetch_t *f);


void
ngx_plaid_fetch_addr(ngx_plaid_fetch_t *f, ngx_plaid_endpoint_t *endpoint)
{
    if (endpoint->naddrs) {
        ngx_plaid_fetch_addr_fixed(f, endpoint->addrs, endpoint->naddrs);

    } else {
        ngx_plaid_fetch_addr_resolve(f, endpoint);
    }
}


static void
ngx_plaid_fetch_addr_fixed(ngx_plaid_fetch_t *f, ngx_addr_t *addrs,
    ngx_uint_t n)
{
    ngx_uint_t  i;

    f->addrs = ngx_palloc(f->pool, n * sizeof(ngx_str_t));
    if (f->addrs == NULL) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL,
                             "out of memory");
        return;
    }

    for (i = 0; i < n; i++) {
        f->addrs[i] = addrs[i].name;
    }

    f->naddrs = n;

    ngx_plaid_fetch_addr_choose(f);
    ngx_plaid_fetch_call(f);
}


static void
ngx_plaid_fetch_addr_resolve(ngx_plaid_fetch_t *f,
    ngx_plaid_endpoint_t *endpoint)
{
    ngx_resolver_ctx_t  *ctx;

    if (f->resolver == NULL) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT,
                             "no resolver to look up the host");
        return;
    }

    f->state = NGX_PLAID_FETCH_RESOLVING;

    ctx = ngx_resolve_start(f->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT,
                             "no resolver to look up the host");
        return;
    }

    /* the resolver writes to it: names are of lower case there */

    ctx->name.len = endpoint->host.len;
    ctx->name.data = ngx_pstrdup(f->pool, &endpoint->host);

    if (ctx->name.data == NULL) {
        ngx_resolve_name_done(ctx);
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL, "out of memory");
        return;
    }

    ctx->handler = ngx_plaid_fetch_addr_resolved;
    ctx->data = f;
    ctx->timeout = f->resolver_timeout;

    /* the handler may be called from within */

    f->resolve = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        f->resolve = NULL;
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT,
                             "host cannot be looked up");
    }
}


static void
ngx_plaid_fetch_addr_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t              rc;
    ngx_plaid_fetch_t     *f;
    ngx_plaid_endpoint_t  *endpoint;

    f = ctx->data;
    f->resolve = NULL;

    if (ctx->state) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT,
                             ngx_resolver_strerror(ctx->state));
        ngx_resolve_name_done(ctx);
        return;
    }

    endpoint = f->peer->proxied ? &f->peer->proxy : &f->peer->endpoint;

    rc = ngx_plaid_fetch_addr_take(f, ctx, endpoint->port);

    ngx_resolve_name_done(ctx);

    if (rc != NGX_OK) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL,
                             "out of memory");
        return;
    }

    ngx_plaid_fetch_addr_choose(f);
    ngx_plaid_fetch_call(f);
}


static ngx_int_t
ngx_plaid_fetch_addr_take(ngx_plaid_fetch_t *f, ngx_resolver_ctx_t *ctx,
    in_port_t port)
{
    u_char          *p;
    ngx_uint_t       i;
    ngx_sockaddr_t   sa;

    f->addrs = ngx_palloc(f->pool, ctx->naddrs * sizeof(ngx_str_t));
    if (f->addrs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->naddrs; i++) {

        ngx_memcpy(&sa, ctx->addrs[i].sockaddr, ctx->addrs[i].socklen);
        ngx_inet_set_port(&sa.sockaddr, port);

        p = ngx_pnalloc(f->pool, NGX_SOCKADDR_STRLEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        f->addrs[i].data = p;
        f->addrs[i].len = ngx_sock_ntop(&sa.sockaddr, ctx->addrs[i].socklen,
                                        p, NGX_SOCKADDR_STRLEN, 1);
    }

    f->naddrs = ctx->naddrs;

    return NGX_OK;
}


/*
 * The address that worked last, so that its connections are used again;
 * else the first one: the resolver turns them round.
 */

static void
ngx_plaid_fetch_addr_choose(ngx_plaid_fetch_t *f)
{
    ngx_uint_t         i;
    ngx_plaid_peer_t  *peer;

    peer = f->peer;

    for (i = 0; i < f->naddrs; i++) {
        if (f->addrs[i].len == peer->last_len
            && ngx_memcmp(f->addrs[i].data, peer->last, peer->last_len) == 0)
        {
            f->addr = i;
            return;
        }
    }

    f->addr = 0;
}


void
ngx_plaid_fetch_addr_worked(ngx_plaid_fetch_t *f)
{
    ngx_str_t  *addr;

    if (f->naddrs == 0) {
        return;
    }

    addr = &f->addrs[f->addr];

    if (addr->len <= sizeof(f->peer->last)) {
        ngx_memcpy(f->peer->last, addr->data, addr->len);
        f->peer->last_len = addr->len;
    }
}
