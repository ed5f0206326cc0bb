
/*
 * The hosts of plaid_client blocks: what the start looks up, and what is
 * looked up at run time.
 */


#include "ngx_http_plaid_client.h"
#include "ngx_http_plaid_system.h"
#include "ngx_plaid_names.h"


static ngx_uint_t ngx_http_plaid_names_resolver(ngx_http_core_loc_conf_t *clcf);
static ngx_uint_t ngx_http_plaid_names_server_resolver(ngx_conf_t *cf);
static ngx_plaid_endpoint_t *ngx_http_plaid_names_endpoint(
    ngx_http_plaid_client_t *client, ngx_uint_t resolver);
static ngx_int_t ngx_http_plaid_names_resolve(ngx_conf_t *cf,
    ngx_array_t *asked, ngx_plaid_endpoint_t *endpoint);
static ngx_int_t ngx_http_plaid_names_later(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client, ngx_plaid_endpoint_t *endpoint,
    ngx_http_plaid_system_t *system);
static ngx_uint_t ngx_http_plaid_names_ipv6(ngx_plaid_endpoint_t *endpoint);
static ngx_int_t ngx_http_plaid_names_not_found(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client, ngx_plaid_endpoint_t *endpoint);


ngx_int_t
ngx_http_plaid_client_init(ngx_conf_t *cf, ngx_array_t *clients)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i, resolver;
    ngx_array_t                 asked;
    ngx_plaid_endpoint_t       *endpoint;
    ngx_http_plaid_client_t   **client;
    ngx_http_plaid_system_t     system;

    if (clients == NULL) {
        return NGX_OK;
    }

    if (ngx_array_init(&asked, cf->temp_pool, clients->nelts,
                       sizeof(ngx_plaid_endpoint_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    resolver = ngx_http_plaid_names_resolver(
                   ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));

    ngx_memzero(&system, sizeof(ngx_http_plaid_system_t));

    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {

        endpoint = ngx_http_plaid_names_endpoint(client[i], resolver);
        if (endpoint == NULL) {
            continue;
        }

        rc = ngx_http_plaid_names_resolve(cf, &asked, endpoint);

        if (rc != NGX_ERROR
            && ngx_http_plaid_names_later(cf, client[i], endpoint, &system)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            rc = ngx_http_plaid_names_not_found(cf, client[i], endpoint);
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* without "resolver" the level has none, or one without servers */

static ngx_uint_t
ngx_http_plaid_names_resolver(ngx_http_core_loc_conf_t *clcf)
{
    ngx_resolver_ctx_t  *ctx;

    if (clcf->resolver == NULL) {
        return 0;
    }

    /* not by its members: they differ among nginx's forks */

    ctx = ngx_resolve_start(clcf->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return 0;
    }

    ngx_resolve_name_done(ctx);

    return 1;
}


static ngx_uint_t
ngx_http_plaid_names_server_resolver(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        clcf = cscf[i]->ctx->loc_conf[ngx_http_core_module.ctx_index];

        if (ngx_http_plaid_names_resolver(clcf)) {
            return 1;
        }
    }

    return 0;
}


/*
 * What has to be resolved at start for "client", or NULL; "resolver" tells
 * whether the http level has one, which is asked at run time then.
 */

static ngx_plaid_endpoint_t *
ngx_http_plaid_names_endpoint(ngx_http_plaid_client_t *client,
    ngx_uint_t resolver)
{
    ngx_plaid_endpoint_t  *endpoint;

    if (client->subrequest.len) {
        return NULL;
    }

    /* a proxy resolves the endpoint's name itself */

    endpoint = client->peer.proxied ? &client->peer.proxy
                                    : &client->peer.endpoint;

    if (endpoint->unix_path.len || endpoint->naddrs) {
        return NULL;
    }

    /* name servers need not know "localhost" (RFC 6761 6.3) */

    if (endpoint->host.len == sizeof("localhost") - 1
        && ngx_strncasecmp(endpoint->host.data, (u_char *) "localhost",
                           sizeof("localhost") - 1)
           == 0)
    {
        return endpoint;
    }

    if (client->resolver_off) {
        return endpoint;
    }

    return (client->resolver || resolver) ? NULL : endpoint;
}


/* prepares lookups at run time, unless the name is for the start only */

static ngx_int_t
ngx_http_plaid_names_later(ngx_conf_t *cf, ngx_http_plaid_client_t *client,
    ngx_plaid_endpoint_t *endpoint, ngx_http_plaid_system_t *system)
{
    u_char             *last;
    ngx_uint_t          ipv6;
    ngx_plaid_names_t  *names;

    last = endpoint->host.data + endpoint->host.len;

    if (client->resolver_off
        || ngx_strlchr(endpoint->host.data, last, '.') == NULL
        || ngx_http_plaid_system_host(&endpoint->host))
    {
        return NGX_OK;
    }

    ipv6 = ngx_http_plaid_names_ipv6(endpoint);

    names = ngx_pcalloc(cf->pool, sizeof(ngx_plaid_names_t));
    if (names == NULL) {
        return NGX_ERROR;
    }

    names->endpoint = endpoint;
    names->host.len = endpoint->host.len;
    names->host.data = ngx_pstrdup(cf->pool, &endpoint->host);

    if (names->host.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_plaid_system_resolver(cf, system, ipv6, &names->resolver)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (names->resolver) {
        client->peer.names = names;
    }

    return NGX_OK;
}


/* one that the start's lookup gave none of is not asked for */

static ngx_uint_t
ngx_http_plaid_names_ipv6(ngx_plaid_endpoint_t *endpoint)
{
    ngx_uint_t  i;

    for (i = 0; i < endpoint->naddrs; i++) {
        if (endpoint->addrs[i].sockaddr->sa_family != AF_INET) {
            return 1;
        }
    }

    return endpoint->naddrs == 0;
}


/* many tenants share one Plaid: a name is asked for once */

static ngx_int_t
ngx_http_plaid_names_resolve(ngx_conf_t *cf, ngx_array_t *asked,
    ngx_plaid_endpoint_t *endpoint)
{
    ngx_uint_t              i;
    ngx_plaid_endpoint_t  **other, **elt;

    other = asked->elts;

    for (i = 0; i < asked->nelts; i++) {
        if (other[i]->port == endpoint->port
            && other[i]->host.len == endpoint->host.len
            && ngx_strncasecmp(other[i]->host.data, endpoint->host.data,
                               endpoint->host.len)
               == 0)
        {
            endpoint->addrs = other[i]->addrs;
            endpoint->naddrs = other[i]->naddrs;

            return endpoint->naddrs ? NGX_OK : NGX_DECLINED;
        }
    }

    elt = ngx_array_push(asked);
    if (elt == NULL) {
        return NGX_ERROR;
    }

    *elt = endpoint;

    return ngx_plaid_peer_resolve(cf->pool, endpoint);
}


/*
 * NGX_OK when nginx may start all the same: a server has a resolver, or Plaid
 * is out of sight, which is no reason to take down the rest of the site.
 */

static ngx_int_t
ngx_http_plaid_names_not_found(ngx_conf_t *cf, ngx_http_plaid_client_t *client,
    ngx_plaid_endpoint_t *endpoint)
{
    if (ngx_http_plaid_names_server_resolver(cf)) {
        return NGX_OK;
    }

    if (client->peer.names) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "host not found \"%V\" in plaid_client \"%V\" in %s:%ui, "
                      "it is looked up again at run time",
                      &endpoint->host, &client->name, client->file,
                      client->line);
        return NGX_OK;
    }

    if (!client->peer.proxied && client->peer.own) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "host not found \"%V\" in plaid_client \"%V\" in %s:%ui, "
                      "exchanges will fail until a reload finds it",
                      &endpoint->host, &client->name, client->file,
                      client->line);
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "host not found in plaid_client \"%V\" \"%V\" in %s:%ui",
                  &client->name, &endpoint->host, client->file, client->line);

    return NGX_ERROR;
}


void
ngx_http_plaid_client_names_init(ngx_array_t *clients)
{
    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client;

    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        if (client[i]->peer.names) {
            ngx_plaid_names_init(client[i]->peer.names);
        }
    }
}


void
ngx_http_plaid_client_names_exit(ngx_array_t *clients)
{
    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client;

    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        if (client[i]->peer.names) {
            ngx_plaid_names_exit(client[i]->peer.names);
        }
    }
}
