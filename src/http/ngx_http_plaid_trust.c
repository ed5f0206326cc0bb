
/*
 * Peers whose X-Plaid-* headers are believed: another server of the same nginx
 * that passes what it was given to an app that is a server here, too.
 */


#include "ngx_http_plaid_trust.h"


static char *ngx_http_plaid_trust_address(ngx_conf_t *cf,
    ngx_http_plaid_srv_conf_t *pscf, ngx_str_t *value);
static ngx_int_t ngx_http_plaid_trust_port(ngx_conf_t *cf,
    ngx_http_conf_addr_t *addr);
static ngx_uint_t ngx_http_plaid_trust_loopback(struct sockaddr *sockaddr);
static ngx_uint_t ngx_http_plaid_trust_marked(ngx_http_request_t *r);
static void ngx_http_plaid_trust_mark(void *data);


char *
ngx_http_plaid_trust(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_srv_conf_t *pscf = conf;

    char        *rv;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (pscf->trusted) {
        return "is duplicate";
    }

    pscf->trusted = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(ngx_cidr_t));
    if (pscf->trusted == NULL) {
        return NGX_CONF_ERROR;
    }

    pscf->file = cf->conf_file->file.name.data;
    pscf->line = cf->conf_file->line;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rv = ngx_http_plaid_trust_address(cf, pscf, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_trust_address(ngx_conf_t *cf, ngx_http_plaid_srv_conf_t *pscf,
    ngx_str_t *value)
{
    ngx_int_t    rc;
    ngx_cidr_t  *cidr;

    cidr = ngx_array_push(pscf->trusted);
    if (cidr == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(cidr, sizeof(ngx_cidr_t));

    ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                       "\"plaid_trust_headers\": this server believes headers "
                       "of the peer \"%V\"", value);

#if (NGX_HAVE_UNIX_DOMAIN)

    if (ngx_strcmp(value->data, "unix:") == 0) {
        cidr->family = AF_UNIX;
        return NGX_CONF_OK;
    }

#endif

    rc = ngx_ptocidr(value, cidr);

    if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\" in \"plaid_trust_headers\"",
                           value);
        return NGX_CONF_ERROR;
    }

    if (rc == NGX_DONE) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "low address bits of \"%V\" in "
                           "\"plaid_trust_headers\" are meaningless", value);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_plaid_trust_check(ngx_conf_t *cf, const char *directive)
{
    ngx_http_plaid_srv_conf_t  *pscf;

    pscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_plaid_module);

    if (pscf->trusted == NULL) {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"plaid_trust_headers\" is not allowed in a server with "
                  "\"%s\" in %s:%ui", directive, pscf->file, pscf->line);

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_plaid_trust_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i, k;
    ngx_http_conf_addr_t       *addr;
    ngx_http_conf_port_t       *port;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_OK;
    }

    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {

        addr = port[i].addrs.elts;

        for (k = 0; k < port[i].addrs.nelts; k++) {
            if (addr[k].opt.proxy_protocol
                && ngx_http_plaid_trust_port(cf, &addr[k]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* behind the PROXY protocol a peer is the one who balances the load */

static ngx_int_t
ngx_http_plaid_trust_port(ngx_conf_t *cf, ngx_http_conf_addr_t *addr)
{
    ngx_uint_t                   i;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_plaid_srv_conf_t   *pscf;

    cscf = addr->servers.elts;

    for (i = 0; i < addr->servers.nelts; i++) {

        pscf = cscf[i]->ctx->srv_conf[ngx_http_plaid_module.ctx_index];

        if (pscf->trusted) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"plaid_trust_headers\" is not allowed in a server "
                          "that listens with \"proxy_protocol\" in %s:%ui",
                          pscf->file, pscf->line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_plaid_trust_peer(ngx_http_request_t *r, ngx_uint_t first)
{
    ngx_pool_cleanup_t         *cln;
    ngx_http_plaid_srv_conf_t  *pscf;

    pscf = ngx_http_get_module_srv_conf(r, ngx_http_plaid_module);

    if (pscf->trusted == NULL) {
        return 0;
    }

    if (!first) {
        return ngx_http_plaid_trust_marked(r);
    }

    if (ngx_cidr_match(r->connection->sockaddr, pscf->trusted) != NGX_OK) {
        return 0;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return 0;
    }

    cln->handler = ngx_http_plaid_trust_mark;

    return 1;
}


/* a module may have changed the address since, and contexts are cleared */

static ngx_uint_t
ngx_http_plaid_trust_marked(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_plaid_trust_mark) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_plaid_trust_mark(void *data)
{
}


ngx_plaid_stats_peer_e
ngx_http_plaid_trust_class(ngx_http_request_t *r)
{
    struct sockaddr  *sockaddr;

    sockaddr = r->connection->sockaddr;

    if (ngx_http_plaid_trust_loopback(sockaddr)
        || ngx_http_plaid_trust_marked(r))
    {
        return NGX_PLAID_STATS_LOCAL;
    }

    return NGX_PLAID_STATS_REMOTE;
}


static ngx_uint_t
ngx_http_plaid_trust_loopback(struct sockaddr *sockaddr)
{
    u_char               *p;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

#if (NGX_HAVE_UNIX_DOMAIN)

    case AF_UNIX:
        return 1;

#endif

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;
        p = sin6->sin6_addr.s6_addr;

        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr) && p[12] == 127);

#endif

    default: /* AF_INET */
        sin = (struct sockaddr_in *) sockaddr;
        p = (u_char *) &sin->sin_addr;

        return p[0] == 127;
    }
}
