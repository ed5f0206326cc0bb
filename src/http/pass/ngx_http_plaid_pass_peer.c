
/*
 * Who may call: the peer of the connection itself, whatever realip has made
 * of it.
 */


#include "ngx_http_plaid_pass.h"


static ngx_uint_t ngx_http_plaid_pass_peer_local(ngx_connection_t *c,
    struct sockaddr *peer);
static ngx_uint_t ngx_http_plaid_pass_peer_loopback(struct sockaddr *sa);
static ngx_uint_t ngx_http_plaid_pass_peer_verified(ngx_connection_t *c);


ngx_int_t
ngx_http_plaid_pass_peer(ngx_http_request_t *r,
    ngx_http_plaid_pass_conf_t *conf)
{
    socklen_t          len;
    ngx_uint_t         local;
    ngx_sockaddr_t     sa;
    ngx_connection_t  *c;

    c = r->connection;

    len = sizeof(ngx_sockaddr_t);
    ngx_memzero(&sa, sizeof(ngx_sockaddr_t));

    if (getpeername(c->fd, &sa.sockaddr, &len) == -1) {
        return NGX_DECLINED;
    }

#if (NGX_HAVE_UNIX_DOMAIN)

    if (sa.sockaddr.sa_family == AF_UNIX) {
        return (conf->local || conf->unix_peer) ? NGX_OK : NGX_DECLINED;
    }

#endif

    local = ngx_http_plaid_pass_peer_local(c, &sa.sockaddr);

    if (conf->local && local) {
        return NGX_OK;
    }

    if (conf->from == NULL || conf->from->nelts == 0
        || ngx_cidr_match(&sa.sockaddr, conf->from) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return (conf->apps || ngx_http_plaid_pass_peer_verified(c)) ? NGX_OK
                                                               : NGX_DECLINED;
}


/* both ends are a loopback address */

static ngx_uint_t
ngx_http_plaid_pass_peer_local(ngx_connection_t *c, struct sockaddr *peer)
{
    socklen_t       len;
    ngx_sockaddr_t  sa;

    len = sizeof(ngx_sockaddr_t);

    return ngx_http_plaid_pass_peer_loopback(peer)
           && getsockname(c->fd, &sa.sockaddr, &len) == 0
           && ngx_http_plaid_pass_peer_loopback(&sa.sockaddr);
}


static ngx_uint_t
ngx_http_plaid_pass_peer_loopback(struct sockaddr *sa)
{
#if (NGX_HAVE_INET6)
    u_char               *p;
    struct sockaddr_in6  *sin6;
#endif

    if (sa->sa_family == AF_INET) {
        return ntohl(((struct sockaddr_in *) sa)->sin_addr.s_addr) >> 24
               == IN_LOOPBACKNET;
    }

#if (NGX_HAVE_INET6)

    if (sa->sa_family == AF_INET6) {
        sin6 = (struct sockaddr_in6 *) sa;
        p = sin6->sin6_addr.s6_addr;

        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)
                   && p[12] == IN_LOOPBACKNET);
    }

#endif

    return 0;
}


/* the server may have a port without TLS */

static ngx_uint_t
ngx_http_plaid_pass_peer_verified(ngx_connection_t *c)
{
#if (NGX_HTTP_SSL)

    X509        *cert;
    ngx_uint_t   verified;

    if (c->ssl == NULL
        || SSL_get_verify_result(c->ssl->connection) != X509_V_OK)
    {
        return 0;
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    verified = (cert != NULL);
    X509_free(cert);

    return verified;

#else

    return 0;

#endif
}
