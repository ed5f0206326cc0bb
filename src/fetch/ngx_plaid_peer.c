
#include "ngx_plaid_peer.h"


#define NGX_PLAID_HTTP_PORT   80
#define NGX_PLAID_HTTPS_PORT  443


static char *ngx_plaid_peer_scheme(ngx_str_t *url, ngx_plaid_peer_t *peer);
static char *ngx_plaid_peer_unix(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_plaid_peer_t *peer);
static char *ngx_plaid_peer_inet(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_plaid_peer_t *peer);
static ngx_uint_t ngx_plaid_peer_own(ngx_str_t *host);
static char *ngx_plaid_peer_address(ngx_conf_t *cf, ngx_url_t *u,
    ngx_plaid_endpoint_t *endpoint);
static char *ngx_plaid_peer_prefix(ngx_str_t *uri, ngx_plaid_peer_t *peer);
static char *ngx_plaid_peer_user(ngx_conf_t *cf, ngx_str_t *userinfo,
    ngx_plaid_peer_t *peer);
static ngx_int_t ngx_plaid_peer_unescape(ngx_pool_t *pool, ngx_str_t *src,
    ngx_str_t *dst);


char *
ngx_plaid_peer_url(ngx_conf_t *cf, ngx_str_t *url, ngx_plaid_peer_t *peer)
{
    char       *rv;
    size_t      i;
    ngx_str_t   rest;

    for (i = 0; i < url->len; i++) {
        if (url->data[i] == '$') {
            return "variables are not supported";
        }

        if (url->data[i] <= 0x20 || url->data[i] >= 0x7f) {
            return "invalid character";
        }

        if (url->data[i] == '?' || url->data[i] == '#') {
            return "query and fragment are not allowed";
        }
    }

    rest = *url;

    rv = ngx_plaid_peer_scheme(&rest, peer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (rest.len >= 5
        && ngx_strncasecmp(rest.data, (u_char *) "unix:", 5) == 0)
    {
        return ngx_plaid_peer_unix(cf, &rest, peer);
    }

    return ngx_plaid_peer_inet(cf, &rest, peer);
}


static char *
ngx_plaid_peer_scheme(ngx_str_t *url, ngx_plaid_peer_t *peer)
{
    size_t  len;

    if (url->len >= 7
        && ngx_strncasecmp(url->data, (u_char *) "http://", 7) == 0)
    {
        peer->ssl = 0;
        len = 7;

    } else if (url->len >= 8
               && ngx_strncasecmp(url->data, (u_char *) "https://", 8) == 0)
    {
        peer->ssl = 1;
        len = 8;

    } else {
        return "unknown environment";
    }

    url->data += len;
    url->len -= len;

    return NGX_CONF_OK;
}


static char *
ngx_plaid_peer_unix(ngx_conf_t *cf, ngx_str_t *rest, ngx_plaid_peer_t *peer)
{
    ngx_url_t  u;

    if (peer->ssl) {
        return "no TLS over a unix domain socket";
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *rest;
    u.uri_part = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        return u.err ? u.err : NGX_CONF_ERROR;
    }

    if (u.host.data[0] != '/') {
        return "unix domain socket path must be absolute";
    }

    peer->endpoint.unix_path.len = u.host.len;
    peer->endpoint.unix_path.data = ngx_pnalloc(cf->pool, u.host.len + 1);
    if (peer->endpoint.unix_path.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_cpystrn(peer->endpoint.unix_path.data, u.host.data,
                       u.host.len + 1);

    ngx_str_set(&peer->endpoint.host, "localhost");
    ngx_str_set(&peer->host_header, "localhost");

    peer->endpoint.port = NGX_PLAID_HTTP_PORT;

    return ngx_plaid_peer_prefix(&u.uri, peer);
}


static char *
ngx_plaid_peer_inet(ngx_conf_t *cf, ngx_str_t *rest, ngx_plaid_peer_t *peer)
{
    char       *rv;
    u_char     *last, *slash;
    ngx_url_t   u;

    last = rest->data + rest->len;

    slash = ngx_strlchr(rest->data, last, '/');

    if (ngx_strlchr(rest->data, slash ? slash : last, '@')) {
        return "user information is not allowed";
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *rest;
    u.default_port = peer->ssl ? NGX_PLAID_HTTPS_PORT : NGX_PLAID_HTTP_PORT;
    u.uri_part = 1;
    u.no_resolve = 1;

    rv = ngx_plaid_peer_address(cf, &u, &peer->endpoint);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    peer->host_header = peer->endpoint.host;
    peer->own = ngx_plaid_peer_own(&peer->endpoint.host);

    if (u.port != u.default_port) {
        peer->host_header.data = ngx_pnalloc(cf->pool, u.host.len
                                             + sizeof(":65535") - 1);
        if (peer->host_header.data == NULL) {
            return NGX_CONF_ERROR;
        }

        peer->host_header.len = ngx_sprintf(peer->host_header.data, "%V:%d",
                                            &peer->endpoint.host, (int) u.port)
                                - peer->host_header.data;
    }

    return ngx_plaid_peer_prefix(&u.uri, peer);
}


/* also by a URL, and with the dot of the root */

static ngx_uint_t
ngx_plaid_peer_own(ngx_str_t *host)
{
    size_t      len;
    ngx_uint_t  i;

    static ngx_str_t  hosts[] = {
        ngx_string("sandbox.plaid.com"),
        ngx_string("development.plaid.com"),
        ngx_string("production.plaid.com"),
        ngx_string("tartan.plaid.com"),
        ngx_string("api.plaid.com")
    };

    len = host->len;

    if (len && host->data[len - 1] == '.') {
        len--;
    }

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        if (len == hosts[i].len
            && ngx_strncasecmp(host->data, hosts[i].data, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_peer_local(ngx_plaid_endpoint_t *endpoint)
{
    ngx_uint_t  i;

    for (i = 0; i < endpoint->naddrs; i++) {
        if (!ngx_plaid_peer_loopback(endpoint->addrs[i].sockaddr)) {
            return 0;
        }
    }

    return endpoint->unix_path.len || endpoint->naddrs;
}


ngx_uint_t
ngx_plaid_peer_loopback(struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    u_char               *p;
    struct sockaddr_in6  *sin6;
#endif

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;

        /* 127.0.0.0/8, and 0.0.0.0, which leads there */

        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127
               || sin->sin_addr.s_addr == INADDR_ANY;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;
        p = sin6->sin6_addr.s6_addr;

        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
               || IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr) && p[12] == 127);
#endif

    default:
        return 0;
    }
}


static char *
ngx_plaid_peer_address(ngx_conf_t *cf, ngx_url_t *u,
    ngx_plaid_endpoint_t *endpoint)
{
    if (ngx_parse_url(cf->pool, u) != NGX_OK) {
        return u->err ? u->err : NGX_CONF_ERROR;
    }

    if (u->naddrs == 0 && ngx_plaid_peer_host_check(&u->host) != NGX_OK) {
        return "invalid host";
    }

    endpoint->host = u->host;
    endpoint->port = u->port;
    endpoint->addrs = u->addrs;
    endpoint->naddrs = u->naddrs;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_plaid_peer_host_check(ngx_str_t *host)
{
    u_char  ch;
    size_t  i;

    if (host->len == 0) {
        return NGX_DECLINED;
    }

    for (i = 0; i < host->len; i++) {
        ch = host->data[i];

        if ((ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z')
            && (ch < '0' || ch > '9') && ch != '.' && ch != '-' && ch != '_')
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static char *
ngx_plaid_peer_prefix(ngx_str_t *uri, ngx_plaid_peer_t *peer)
{
    if (uri->len && uri->data[0] != '/') {
        return "invalid path";
    }

    peer->prefix = *uri;

    while (peer->prefix.len && peer->prefix.data[peer->prefix.len - 1] == '/') {
        peer->prefix.len--;
    }

    return NGX_CONF_OK;
}


char *
ngx_plaid_peer_proxy(ngx_conf_t *cf, ngx_str_t *url, ngx_plaid_peer_t *peer)
{
    char       *rv;
    u_char     *p, *last;
    ngx_str_t   userinfo;
    ngx_url_t   u;

    if (url->len < 7
        || ngx_strncasecmp(url->data, (u_char *) "http://", 7) != 0)
    {
        return "invalid URL prefix";
    }

    userinfo.data = url->data + 7;
    userinfo.len = 0;

    last = url->data + url->len;

    for (p = userinfo.data; p < last; p++) {
        if (*p == '$') {
            return "variables are not supported";
        }

        if (*p == '@') {
            userinfo.len = p - userinfo.data;
        }
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url.data = userinfo.data;

    if (userinfo.len || userinfo.data[0] == '@') {
        rv = ngx_plaid_peer_user(cf, &userinfo, peer);
        if (rv != NGX_CONF_OK) {
            return rv;
        }

        u.url.data += userinfo.len + 1;
    }

    u.url.len = last - u.url.data;
    u.uri_part = 1;
    u.no_resolve = 1;

    rv = ngx_plaid_peer_address(cf, &u, &peer->proxy);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (u.no_port) {
        return "no port";
    }

    if (u.uri.len > 1 || (u.uri.len && u.uri.data[0] != '/')) {
        return "a path is not allowed";
    }

    peer->proxied = 1;

    return NGX_CONF_OK;
}


static char *
ngx_plaid_peer_user(ngx_conf_t *cf, ngx_str_t *userinfo,
    ngx_plaid_peer_t *peer)
{
    u_char     *colon, *last;
    ngx_int_t   rc;
    ngx_str_t   user, password;

    last = userinfo->data + userinfo->len;

    colon = ngx_strlchr(userinfo->data, last, ':');

    if (colon == NULL) {
        return "user information without password";
    }

    user.data = userinfo->data;
    user.len = colon - user.data;

    password.data = colon + 1;
    password.len = last - password.data;

    rc = ngx_plaid_peer_unescape(cf->pool, &user, &peer->proxy_user);

    if (rc == NGX_OK) {
        rc = ngx_plaid_peer_unescape(cf->pool, &password,
                                     &peer->proxy_password);
    }

    if (rc == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    /* a colon ends the name in the Basic scheme (RFC 7617 2) */

    if (rc == NGX_DECLINED
        || peer->proxy_user.len == 0
        || ngx_strlchr(peer->proxy_user.data,
                       peer->proxy_user.data + peer->proxy_user.len, ':'))
    {
        return "invalid user information";
    }

    return NGX_CONF_OK;
}


/*
 * Decodes "src" into "dst", NUL-terminated.  NGX_DECLINED when an escape is
 * broken or stands for a control character; "/", "?", "#" and "@" have to be
 * escaped, since the host would begin elsewhere for other readers of the URL.
 */

static ngx_int_t
ngx_plaid_peer_unescape(ngx_pool_t *pool, ngx_str_t *src, ngx_str_t *dst)
{
    u_char     *s, *d, *last, ch;
    ngx_int_t   n;

    d = ngx_pnalloc(pool, src->len + 1);
    if (d == NULL) {
        return NGX_ERROR;
    }

    dst->data = d;

    s = src->data;
    last = s + src->len;

    while (s < last) {
        ch = *s++;

        if (ch == '/' || ch == '?' || ch == '#' || ch == '@') {
            return NGX_DECLINED;
        }

        if (ch == '%') {
            if (last - s < 2) {
                return NGX_DECLINED;
            }

            n = ngx_hextoi(s, 2);
            if (n == NGX_ERROR) {
                return NGX_DECLINED;
            }

            ch = (u_char) n;
            s += 2;
        }

        if (ch < 0x20 || ch == 0x7f) {
            return NGX_DECLINED;
        }

        *d++ = ch;
    }

    *d = '\0';
    dst->len = d - dst->data;

    return NGX_OK;
}


ngx_int_t
ngx_plaid_peer_resolve(ngx_pool_t *pool, ngx_plaid_endpoint_t *endpoint)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.host = endpoint->host;
    u.port = endpoint->port;

    if (ngx_inet_resolve_host(pool, &u) != NGX_OK) {
        return u.err ? NGX_DECLINED : NGX_ERROR;
    }

    endpoint->addrs = u.addrs;
    endpoint->naddrs = u.naddrs;

    return NGX_OK;
}
