
/*
 * Where a fetch connects to: the addresses of the configuration, or those that
 * nginx's resolver finds.
 */


#include "ngx_plaid_fetch_int.h"


static void ngx_plaid_fetch_addr_names(ngx_plaid_fetch_t *f,
    ngx_plaid_names_t *names);
static void ngx_plaid_fetch_addr_found(ngx_plaid_names_wait_t *wait);
static void ngx_plaid_fetch_addr_resolve(ngx_plaid_fetch_t *f,
    ngx_resolver_ctx_t *ctx, ngx_str_t *host);
static void ngx_plaid_fetch_addr_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_plaid_fetch_addr_use(ngx_plaid_fetch_t *f, ngx_addr_t *addrs,
    ngx_uint_t n);
static ngx_int_t ngx_plaid_fetch_addr_add(ngx_plaid_fetch_t *f,
    struct sockaddr *sa, socklen_t socklen);
static void ngx_plaid_fetch_addr_choose(ngx_plaid_fetch_t *f);


void
ngx_plaid_fetch_addr(ngx_plaid_fetch_t *f, ngx_plaid_endpoint_t *endpoint)
{
    ngx_plaid_names_t   *names;
    ngx_resolver_ctx_t  *ctx;

    names = f->peer->names;

    if (endpoint->naddrs && names == NULL) {
        ngx_plaid_fetch_addr_use(f, endpoint->addrs, endpoint->naddrs);
        return;
    }

    /* a level without "resolver" has one without servers, or none */

    ctx = f->resolver ? ngx_resolve_start(f->resolver, NULL)
                      : NGX_NO_RESOLVER;

    if (ctx == NULL) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL, "out of memory");

    } else if (ctx != NGX_NO_RESOLVER) {
        ngx_plaid_fetch_addr_resolve(f, ctx, &endpoint->host);

    } else if (names) {
        ngx_plaid_fetch_addr_names(f, names);

    } else {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT,
                             "no resolver to look up the host");
    }
}


static void
ngx_plaid_fetch_addr_names(ngx_plaid_fetch_t *f, ngx_plaid_names_t *names)
{
    f->state = NGX_PLAID_FETCH_RESOLVING;

    f->wait.handler = ngx_plaid_fetch_addr_found;
    f->wait.data = f;

    /* the handler may be called from within, and tells of an error */

    if (ngx_plaid_names_get(names, &f->wait) == NGX_OK) {
        ngx_plaid_fetch_addr_use(f, names->addrs, names->naddrs);
    }
}


static void
ngx_plaid_fetch_addr_found(ngx_plaid_names_wait_t *wait)
{
    ngx_plaid_fetch_t  *f;

    f = wait->data;

    if (wait->error) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT, wait->error);
        return;
    }

    ngx_plaid_fetch_addr_use(f, f->peer->names->addrs,
                             f->peer->names->naddrs);
}


static void
ngx_plaid_fetch_addr_resolve(ngx_plaid_fetch_t *f, ngx_resolver_ctx_t *ctx,
    ngx_str_t *host)
{
    f->state = NGX_PLAID_FETCH_RESOLVING;

    /* the resolver writes to it: names are of lower case there */

    ctx->name.len = host->len;
    ctx->name.data = ngx_pstrdup(f->pool, host);

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
    ngx_uint_t             i, n;
    ngx_addr_t            *addrs;
    ngx_sockaddr_t        *sa;
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
    n = ctx->naddrs;

    addrs = ngx_palloc(f->pool, n * sizeof(ngx_addr_t));
    sa = ngx_palloc(f->pool, n * sizeof(ngx_sockaddr_t));

    for (i = 0; addrs && sa && i < n; i++) {
        ngx_memcpy(&sa[i], ctx->addrs[i].sockaddr, ctx->addrs[i].socklen);
        ngx_inet_set_port(&sa[i].sockaddr, endpoint->port);

        addrs[i].sockaddr = &sa[i].sockaddr;
        addrs[i].socklen = ctx->addrs[i].socklen;
    }

    ngx_resolve_name_done(ctx);

    if (addrs == NULL || sa == NULL) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL, "out of memory");
        return;
    }

    ngx_plaid_fetch_addr_use(f, addrs, n);
}


/* Plaid's own hosts are never this one, whatever a name server says */

static void
ngx_plaid_fetch_addr_use(ngx_plaid_fetch_t *f, ngx_addr_t *addrs,
    ngx_uint_t n)
{
    ngx_int_t   rc;
    ngx_uint_t  i, own;

    own = f->peer->own && !f->peer->proxied;

    f->naddrs = 0;
    f->addrs = ngx_palloc(f->pool, n * sizeof(ngx_str_t));

    rc = f->addrs ? NGX_OK : NGX_ERROR;

    for (i = 0; rc == NGX_OK && i < n; i++) {

        if (own
            && !ngx_plaid_names_foreign(addrs[i].sockaddr, addrs[i].socklen))
        {
            continue;
        }

        rc = ngx_plaid_fetch_addr_add(f, addrs[i].sockaddr, addrs[i].socklen);
    }

    if (rc != NGX_OK) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_INTERNAL, "out of memory");
        return;
    }

    if (f->naddrs == 0) {
        ngx_plaid_fetch_fail(f, NGX_PLAID_CALL_CONNECT,
                             "the host has an address of this server");
        return;
    }

    ngx_plaid_fetch_addr_choose(f);
    ngx_plaid_fetch_call(f);
}


static ngx_int_t
ngx_plaid_fetch_addr_add(ngx_plaid_fetch_t *f, struct sockaddr *sa,
    socklen_t socklen)
{
    ngx_str_t  *addr;

    addr = &f->addrs[f->naddrs];

    addr->data = ngx_pnalloc(f->pool, NGX_SOCKADDR_STRLEN);
    if (addr->data == NULL) {
        return NGX_ERROR;
    }

    addr->len = ngx_sock_ntop(sa, socklen, addr->data, NGX_SOCKADDR_STRLEN, 1);

    f->naddrs++;

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
