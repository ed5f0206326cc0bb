
/*
 * /etc/resolv.conf and /etc/hosts.
 */


#include "ngx_http_plaid_system.h"
#include "ngx_plaid_file.h"


#define NGX_HTTP_PLAID_SYSTEM_RESOLV   "/etc/resolv.conf"
#define NGX_HTTP_PLAID_SYSTEM_HOSTS    "/etc/hosts"

/* what is read of either: lists of blocked hosts may be long */
#define NGX_HTTP_PLAID_SYSTEM_SIZE     (4 * 1024 * 1024)

/* name servers, as in resolv.conf(5) */
#define NGX_HTTP_PLAID_SYSTEM_SERVERS  3


static u_char *ngx_http_plaid_system_read(const char *path, ngx_str_t *text);
static ngx_uint_t ngx_http_plaid_system_servers(ngx_conf_t *cf,
    ngx_str_t *servers);
static ngx_int_t ngx_http_plaid_system_server(ngx_conf_t *cf, ngx_str_t *word,
    ngx_str_t *server);


ngx_uint_t
ngx_http_plaid_system_host(ngx_str_t *host)
{
    u_char      *data, *hash;
    ngx_str_t    text, line, word;
    ngx_uint_t   found;

    data = ngx_http_plaid_system_read(NGX_HTTP_PLAID_SYSTEM_HOSTS, &text);
    if (data == NULL) {
        return 0;
    }

    found = 0;

    while (!found && ngx_plaid_file_line(&text, &line) == NGX_OK) {

        hash = ngx_strlchr(line.data, line.data + line.len, '#');

        if (hash) {
            line.len = hash - line.data;
        }

        /* the address comes first */

        ngx_plaid_file_word(&line, &word);

        while (!found && line.len) {
            ngx_plaid_file_word(&line, &word);

            found = word.len == host->len
                    && ngx_strncasecmp(word.data, host->data, host->len) == 0;
        }
    }

    ngx_free(data);

    return found;
}


ngx_int_t
ngx_http_plaid_system_resolver(ngx_conf_t *cf,
    ngx_http_plaid_system_t *system, ngx_uint_t ipv6,
    ngx_resolver_t **resolver)
{
    ngx_str_t   servers[NGX_HTTP_PLAID_SYSTEM_SERVERS + 1];
    ngx_uint_t  n;

    if (!system->asked[ipv6]) {
        system->asked[ipv6] = 1;

        n = ngx_http_plaid_system_servers(cf, servers);

        if (n) {
            if (!ipv6) {
                ngx_str_set(&servers[n], "ipv6=off");
                n++;
            }

            system->resolver[ipv6] = ngx_resolver_create(cf, servers, n);

            if (system->resolver[ipv6] == NULL) {
                return NGX_ERROR;
            }
        }
    }

    *resolver = system->resolver[ipv6];

    return NGX_OK;
}


static ngx_uint_t
ngx_http_plaid_system_servers(ngx_conf_t *cf, ngx_str_t *servers)
{
    u_char      *data;
    ngx_str_t    text, line, word;
    ngx_uint_t   n;

    data = ngx_http_plaid_system_read(NGX_HTTP_PLAID_SYSTEM_RESOLV, &text);
    if (data == NULL) {
        return 0;
    }

    n = 0;

    while (n < NGX_HTTP_PLAID_SYSTEM_SERVERS
           && ngx_plaid_file_line(&text, &line) == NGX_OK)
    {
        ngx_plaid_file_word(&line, &word);

        if (word.len != sizeof("nameserver") - 1
            || ngx_strncmp(word.data, "nameserver", word.len) != 0)
        {
            continue;
        }

        ngx_plaid_file_word(&line, &word);

        if (ngx_http_plaid_system_server(cf, &word, &servers[n]) == NGX_OK) {
            n++;
        }
    }

    ngx_free(data);

    return n;
}


/* an address as "resolver" takes it; one with a scope cannot be used */

static ngx_int_t
ngx_http_plaid_system_server(ngx_conf_t *cf, ngx_str_t *word,
    ngx_str_t *server)
{
    u_char      in6[16];
    ngx_uint_t  ipv6;

    ipv6 = 0;

    if (ngx_inet_addr(word->data, word->len) == INADDR_NONE) {

#if (NGX_HAVE_INET6)
        ipv6 = ngx_inet6_addr(word->data, word->len, in6) == NGX_OK;
#endif
        if (!ipv6) {
            return NGX_DECLINED;
        }
    }

    server->data = ngx_pnalloc(cf->pool, word->len + sizeof("[]"));
    if (server->data == NULL) {
        return NGX_DECLINED;
    }

    server->len = ngx_sprintf(server->data, ipv6 ? "[%V]%Z" : "%V%Z", word)
                  - server->data - 1;

    return NGX_OK;
}


/* to be freed by the caller; NULL: there is nothing */

static u_char *
ngx_http_plaid_system_read(const char *path, ngx_str_t *text)
{
    u_char      *data;
    ssize_t      n;
    ngx_err_t    err;
    ngx_str_t    name;
    ngx_uint_t   shared;
    const char  *why;

    data = ngx_alloc(NGX_HTTP_PLAID_SYSTEM_SIZE, ngx_cycle->log);
    if (data == NULL) {
        return NULL;
    }

    name.data = (u_char *) path;
    name.len = ngx_strlen(path);

    n = ngx_plaid_file_read(&name, data, NGX_HTTP_PLAID_SYSTEM_SIZE, &why,
                            &err, &shared);

    if (n == NGX_ERROR) {
        ngx_free(data);
        return NULL;
    }

    text->data = data;
    text->len = n;

    return data;
}
