
/*
 * Names that are looked up again at run time.
 */


#include "ngx_plaid_names.h"
#include <ngx_event.h>
#include <ifaddrs.h>


static void ngx_plaid_names_look(ngx_plaid_names_t *names);
static void ngx_plaid_names_looked(ngx_resolver_ctx_t *ctx);
static char *ngx_plaid_names_take(ngx_plaid_names_t *names,
    ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_plaid_names_copy(ngx_plaid_names_t *names,
    ngx_pool_t *pool, ngx_resolver_addr_t *from, ngx_addr_t *to);
static void ngx_plaid_names_tell(ngx_plaid_names_t *names, char *error);
static ngx_uint_t ngx_plaid_names_interface(struct sockaddr *sa);
static ngx_uint_t ngx_plaid_names_wildcard(struct sockaddr *sa);


void
ngx_plaid_names_init(ngx_plaid_names_t *names)
{
    ngx_queue_init(&names->waiting);

    names->addrs = names->endpoint->addrs;
    names->naddrs = names->endpoint->naddrs;
    names->due = ngx_current_msec + NGX_PLAID_NAMES_START;
}


ngx_int_t
ngx_plaid_names_get(ngx_plaid_names_t *names, ngx_plaid_names_wait_t *wait)
{
    if (names->naddrs
        && (ngx_msec_int_t) (names->due - ngx_current_msec) > 0)
    {
        return NGX_OK;
    }

    if (names->naddrs == 0) {
        ngx_queue_insert_tail(&names->waiting, &wait->queue);
    }

    if (names->lookup == NULL) {
        ngx_plaid_names_look(names);
    }

    if (names->naddrs) {
        ngx_plaid_names_cancel(wait);
        return NGX_OK;
    }

    return wait->queue.next ? NGX_AGAIN : NGX_ERROR;
}


void
ngx_plaid_names_cancel(ngx_plaid_names_wait_t *wait)
{
    if (wait->queue.next) {
        ngx_queue_remove(&wait->queue);
        wait->queue.next = NULL;
    }
}


static void
ngx_plaid_names_look(ngx_plaid_names_t *names)
{
    ngx_resolver_ctx_t  *ctx;

    /* until the answer is there, and if it is none */
    names->due = ngx_current_msec + NGX_PLAID_NAMES_AGAIN;

    ctx = ngx_resolve_start(names->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_plaid_names_tell(names, "no name server to look up the host");
        return;
    }

    ctx->name = names->host;
    ctx->handler = ngx_plaid_names_looked;
    ctx->data = names;
    ctx->timeout = NGX_PLAID_NAMES_WAIT;

    names->lookup = ctx;

    /* the handler may be called from within */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        names->lookup = NULL;
        ngx_plaid_names_tell(names, "host cannot be looked up");
    }
}


static void
ngx_plaid_names_looked(ngx_resolver_ctx_t *ctx)
{
    char               *error;
    ngx_plaid_names_t  *names;

    names = ctx->data;
    names->lookup = NULL;

    error = ctx->state ? ngx_resolver_strerror(ctx->state)
                       : ngx_plaid_names_take(names, ctx);

    ngx_resolve_name_done(ctx);

    ngx_plaid_names_tell(names, error);
}


/* what is wrong with them, or NULL: they are the addresses now */

static char *
ngx_plaid_names_take(ngx_plaid_names_t *names, ngx_resolver_ctx_t *ctx)
{
    time_t       left;
    ngx_uint_t   i;
    ngx_addr_t  *addrs;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(NGX_MIN_POOL_SIZE, ngx_cycle->log);
    if (pool == NULL) {
        return "out of memory";
    }

    addrs = ngx_pcalloc(pool, ctx->naddrs * sizeof(ngx_addr_t));

    for (i = 0; addrs && i < ctx->naddrs; i++) {
        if (ngx_plaid_names_copy(names, pool, &ctx->addrs[i], &addrs[i])
            != NGX_OK)
        {
            addrs = NULL;
        }
    }

    if (addrs == NULL) {
        ngx_destroy_pool(pool);
        return "out of memory";
    }

    if (names->pool) {
        ngx_destroy_pool(names->pool);
    }

    names->pool = pool;
    names->addrs = addrs;
    names->naddrs = ctx->naddrs;

    left = ctx->valid - ngx_time();
    left = ngx_max(left, NGX_PLAID_NAMES_LEAST / 1000);

    names->due = ngx_current_msec + (ngx_msec_t) left * 1000;

    return NULL;
}


static ngx_int_t
ngx_plaid_names_copy(ngx_plaid_names_t *names, ngx_pool_t *pool,
    ngx_resolver_addr_t *from, ngx_addr_t *to)
{
    ngx_sockaddr_t  *sa;

    sa = ngx_pcalloc(pool, sizeof(ngx_sockaddr_t));
    to->name.data = ngx_pnalloc(pool, NGX_SOCKADDR_STRLEN);

    if (sa == NULL || to->name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(sa, from->sockaddr, from->socklen);
    ngx_inet_set_port(&sa->sockaddr, names->endpoint->port);

    to->sockaddr = &sa->sockaddr;
    to->socklen = from->socklen;
    to->name.len = ngx_sock_ntop(&sa->sockaddr, from->socklen, to->name.data,
                                 NGX_SOCKADDR_STRLEN, 1);

    return NGX_OK;
}


/* those who wait may wait again */

static void
ngx_plaid_names_tell(ngx_plaid_names_t *names, char *error)
{
    ngx_queue_t              *q;
    ngx_plaid_names_wait_t   *wait;

    while (!ngx_queue_empty(&names->waiting)) {

        q = ngx_queue_head(&names->waiting);
        wait = ngx_queue_data(q, ngx_plaid_names_wait_t, queue);

        ngx_plaid_names_cancel(wait);

        wait->error = error;
        wait->handler(wait);
    }
}


ngx_uint_t
ngx_plaid_names_foreign(struct sockaddr *sa, socklen_t socklen)
{
    ngx_uint_t        i;
    ngx_listening_t  *ls;

    if (ngx_plaid_peer_loopback(sa)) {
        return 0;
    }

    ls = ngx_cycle->listening.elts;

    for (i = 0; i < ngx_cycle->listening.nelts; i++) {

        if (ls[i].sockaddr->sa_family == AF_UNIX
            || ngx_inet_get_port(ls[i].sockaddr) != ngx_inet_get_port(sa))
        {
            continue;
        }

        if (ngx_cmp_sockaddr(ls[i].sockaddr, ls[i].socklen, sa, socklen, 0)
            == NGX_OK)
        {
            return 0;
        }

        if (ngx_plaid_names_wildcard(ls[i].sockaddr)
            && ngx_plaid_names_interface(sa))
        {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_plaid_names_wildcard(struct sockaddr *sa)
{
    switch (sa->sa_family) {

    case AF_INET:
        return ((struct sockaddr_in *) sa)->sin_addr.s_addr == INADDR_ANY;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        return IN6_IS_ADDR_UNSPECIFIED(
                   &((struct sockaddr_in6 *) sa)->sin6_addr);
#endif

    default:
        return 0;
    }
}


/* whether this host has the address */

static ngx_uint_t
ngx_plaid_names_interface(struct sockaddr *sa)
{
    socklen_t        socklen;
    ngx_uint_t       found;
    struct ifaddrs  *all, *one;

    if (getifaddrs(&all) == -1) {
        return 0;
    }

    found = 0;

    for (one = all; one && !found; one = one->ifa_next) {

        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != sa->sa_family)
        {
            continue;
        }

        socklen = (sa->sa_family == AF_INET) ? sizeof(struct sockaddr_in)
#if (NGX_HAVE_INET6)
                  : sizeof(struct sockaddr_in6);
#else
                  : 0;
#endif

        found = ngx_cmp_sockaddr(one->ifa_addr, socklen, sa, socklen, 0)
                == NGX_OK;
    }

    freeifaddrs(all);

    return found;
}


void
ngx_plaid_names_exit(ngx_plaid_names_t *names)
{
    if (names->lookup) {
        ngx_resolve_name_done(names->lookup);
        names->lookup = NULL;
    }

    if (names->pool) {
        ngx_destroy_pool(names->pool);
        names->pool = NULL;
        names->naddrs = 0;
    }
}
