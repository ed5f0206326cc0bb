
#include "ngx_http_plaid_client.h"
#include "ngx_http_plaid_client_conf.h"
#include "ngx_plaid_tls.h"
#include <curl/curl.h>


static ngx_int_t ngx_http_plaid_client_name_check(ngx_str_t *name);
static ngx_http_plaid_client_t *ngx_http_plaid_client_create(ngx_conf_t *cf,
    ngx_str_t *name, ngx_http_plaid_client_conf_t *pcf);
static char *ngx_http_plaid_client_complete(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf, ngx_array_t *clients);
static char *ngx_http_plaid_client_credential(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client, ngx_http_plaid_credential_t *credential,
    const char *name);
static void ngx_http_plaid_client_defaults(ngx_http_plaid_client_conf_t *pcf);
static char *ngx_http_plaid_client_contradictions(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf);
static char *ngx_http_plaid_client_curl(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client);
static ngx_uint_t ngx_http_plaid_client_curl_openssl(const char *version);
static char *ngx_http_plaid_client_tls(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf, ngx_array_t *clients);
static void ngx_http_plaid_client_warn(ngx_cycle_t *cycle,
    ngx_http_plaid_client_t *client);
static ngx_uint_t ngx_http_plaid_client_is(ngx_http_plaid_client_t *client,
    ngx_str_t *name);
static char *ngx_http_plaid_client_trusted(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf, ngx_array_t *clients);


char *
ngx_http_plaid_client_block(ngx_conf_t *cf, ngx_array_t **clients)
{
    char                           *rv;
    ngx_str_t                      *value;
    ngx_http_plaid_client_t        *client, **elt;
    ngx_http_plaid_client_conf_t    conf;

    if (*clients == NULL) {
        *clients = ngx_array_create(cf->pool, 4,
                                    sizeof(ngx_http_plaid_client_t *));
        if (*clients == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    if (ngx_http_plaid_client_name_check(&value[1]) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"plaid_client\" directive",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_plaid_client_find(*clients, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate plaid_client \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    client = ngx_http_plaid_client_create(cf, &value[1], &conf);
    if (client == NULL) {
        return NGX_CONF_ERROR;
    }

    client->peer.index = (*clients)->nelts;

    rv = ngx_http_plaid_client_read(cf, &conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_plaid_client_complete(cf, &conf, *clients);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    elt = ngx_array_push(*clients);
    if (elt == NULL) {
        return NGX_CONF_ERROR;
    }

    *elt = client;

    return NGX_CONF_OK;
}


/* the name goes into log lines and metrics, and "off" means no client */

static ngx_int_t
ngx_http_plaid_client_name_check(ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    if (name->len == 0
        || (name->len == 3 && ngx_strncmp(name->data, "off", 3) == 0))
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (ch <= 0x20 || ch >= 0x7f || ch == '"' || ch == '\\' || ch == '$') {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_http_plaid_client_t *
ngx_http_plaid_client_create(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_plaid_client_conf_t *pcf)
{
    ngx_uint_t                i;
    ngx_http_plaid_client_t  *client;

    client = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_client_t));
    if (client == NULL) {
        return NULL;
    }

    client->name = *name;
    client->file = cf->conf_file->file.name.data;
    client->line = cf->conf_file->line;
    client->resolver_timeout = NGX_CONF_UNSET_MSEC;

    client->peer.name = *name;
    client->peer.connect_timeout = NGX_CONF_UNSET_MSEC;
    client->peer.timeout = NGX_CONF_UNSET_MSEC;
    client->peer.max_response_size = NGX_CONF_UNSET_SIZE;

    for (i = 0; i < NGX_PLAID_CLASSES; i++) {
        client->peer.max_inflight[i] = NGX_CONF_UNSET_UINT;
    }

    client->peer.keepalive = NGX_CONF_UNSET_UINT;
    client->peer.keepalive_timeout = NGX_CONF_UNSET_MSEC;

    ngx_memzero(pcf, sizeof(ngx_http_plaid_client_conf_t));

    pcf->client = client;
    pcf->api = NGX_CONF_UNSET_UINT;
    pcf->http_version = NGX_CONF_UNSET_UINT;
    pcf->ssl_verify = NGX_CONF_UNSET;

    return client;
}


static char *
ngx_http_plaid_client_complete(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf, ngx_array_t *clients)
{
    char                     *rv;
    ngx_http_plaid_client_t  *client;

    client = pcf->client;

    if (client->environment.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"environment\" in plaid_client \"%V\"",
                           &client->name);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_plaid_client_credential(cf, client, &client->client_id,
                                          "client_id");
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_plaid_client_credential(cf, client, &client->secret,
                                          "secret");
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_http_plaid_client_defaults(pcf);

    rv = ngx_http_plaid_client_contradictions(cf, pcf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (client->subrequest.len == 0) {
        rv = ngx_http_plaid_client_curl(cf, client);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return ngx_http_plaid_client_tls(cf, pcf, clients);
}


static char *
ngx_http_plaid_client_credential(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client, ngx_http_plaid_credential_t *credential,
    const char *name)
{
    if (credential->value == NULL && credential->file == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"%s\" or \"%s_file\" in plaid_client \"%V\"",
                           name, name, &client->name);
        return NGX_CONF_ERROR;
    }

    if (credential->value && credential->file) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "both \"%s\" and \"%s_file\" in plaid_client \"%V\"",
                           name, name, &client->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_plaid_client_defaults(ngx_http_plaid_client_conf_t *pcf)
{
    ngx_plaid_peer_t  *peer;

    peer = &pcf->client->peer;

    ngx_conf_init_msec_value(pcf->client->resolver_timeout, 30000);

    ngx_conf_init_msec_value(peer->connect_timeout, 2000);
    ngx_conf_init_msec_value(peer->timeout, 15000);
    ngx_conf_init_size_value(peer->max_response_size, 16 * 1024);

    ngx_conf_init_uint_value(peer->max_inflight[NGX_PLAID_CLASS_EXCHANGE],
                             1024);
    ngx_conf_init_uint_value(peer->max_inflight[NGX_PLAID_CLASS_KEY], 8);
    ngx_conf_init_uint_value(peer->max_inflight[NGX_PLAID_CLASS_LINK], 256);
    ngx_conf_init_uint_value(peer->max_inflight[NGX_PLAID_CLASS_PASS], 256);

    ngx_conf_init_uint_value(peer->keepalive, 64);
    ngx_conf_init_msec_value(peer->keepalive_timeout, 30000);

    if (peer->keepalive_timeout == 0) {
        peer->keepalive = 0;
    }

    ngx_conf_init_uint_value(pcf->api, pcf->client->dialect);
    pcf->client->dialect = pcf->api;

    ngx_conf_init_uint_value(pcf->http_version, 1);
    peer->http2 = (pcf->http_version == 2);

    ngx_conf_init_value(pcf->ssl_verify, 1);
    peer->ssl_verify = pcf->ssl_verify;

    if (peer->ssl_name.data == NULL) {
        peer->ssl_name = peer->endpoint.host;
    }
}


static char *
ngx_http_plaid_client_contradictions(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf)
{
    const char               *why;
    ngx_plaid_peer_t         *peer;
    ngx_http_plaid_client_t  *client;

    client = pcf->client;
    peer = &client->peer;

    if (!peer->ssl_verify && peer->own) {
        why = "\"ssl_verify off\" with an environment of Plaid";

    } else if (peer->http2 && !peer->ssl) {
        why = "\"http_version 2\" needs an https environment";

    } else if (peer->proxied && peer->endpoint.unix_path.len) {
        why = "\"proxy_url\" cannot lead to a unix domain socket";

    } else if (pcf->ssl_certificate.len && pcf->ssl_certificate_key.len == 0) {
        why = "no \"ssl_certificate_key\" for \"ssl_certificate\"";

    } else if (pcf->ssl_certificate_key.len && pcf->ssl_certificate.len == 0) {
        why = "no \"ssl_certificate\" for \"ssl_certificate_key\"";

    } else {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in plaid_client \"%V\"", why,
                       &client->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_client_curl(ngx_conf_t *cf, ngx_http_plaid_client_t *client)
{
    const char              *why;
    curl_version_info_data  *info;

    info = curl_version_info(CURLVERSION_NOW);

#if !(NGX_HAVE_EPOLL)

    why = "epoll";

#else

    if (client->peer.ssl
        && !ngx_http_plaid_client_curl_openssl(info->ssl_version))
    {
        why = "a libcurl that uses OpenSSL";

    } else if (client->peer.http2 && !(info->features & CURL_VERSION_HTTP2)) {
        why = "a libcurl with HTTP/2";

    } else {
        return NGX_CONF_OK;
    }

#endif

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"transport curl\" of plaid_client \"%V\" needs %s, "
                       "which this system (libcurl %s, %s) lacks, "
                       "\"transport subrequest\" does without",
                       &client->name, why, info->version,
                       info->ssl_version ? info->ssl_version : "no TLS");

    return NGX_CONF_ERROR;
}


/* the certificates are handed over as OpenSSL's own objects */

static ngx_uint_t
ngx_http_plaid_client_curl_openssl(const char *version)
{
    ngx_uint_t           i;
    static const char   *names[] = { "OpenSSL", "LibreSSL", "BoringSSL",
                                     "quictls", "AWS-LC" };

    if (version == NULL) {
        return 0;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ngx_strncmp(version, names[i], ngx_strlen(names[i])) == 0) {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_http_plaid_client_tls(ngx_conf_t *cf, ngx_http_plaid_client_conf_t *pcf,
    ngx_array_t *clients)
{
    ngx_int_t                 rc;
    ngx_http_plaid_client_t  *client;

    client = pcf->client;

    if (pcf->ssl_certificate.len) {
        rc = ngx_plaid_tls_certificate(cf, &pcf->ssl_certificate,
                                       &pcf->ssl_certificate_key,
                                       &client->peer);
        if (rc != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    /* the system's bundle is only read for those who will use it */

    if (pcf->ssl_trusted_certificate.len == 0
        && (!client->peer.ssl || !client->peer.ssl_verify
            || client->subrequest.len))
    {
        return NGX_CONF_OK;
    }

    return ngx_http_plaid_client_trusted(cf, pcf, clients);
}


static char *
ngx_http_plaid_client_trusted(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf, ngx_array_t *clients)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_plaid_peer_t          *peer, **others;
    ngx_http_plaid_client_t  **client;

    peer = &pcf->client->peer;
    client = clients->elts;

    others = ngx_palloc(cf->temp_pool,
                        (clients->nelts + 1) * sizeof(ngx_plaid_peer_t *));
    if (others == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < clients->nelts; i++) {
        others[i] = &client[i]->peer;
    }

    rc = ngx_plaid_tls_trusted(cf, &pcf->ssl_trusted_certificate, others,
                               clients->nelts, peer);
    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void
ngx_http_plaid_client_start(ngx_cycle_t *cycle, ngx_array_t *clients)
{
    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client;

    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        ngx_http_plaid_client_warn(cycle, client[i]);

        /* once: not for each reload, test and signal */

        if (client[i]->peer.trusted_file.len
            && ngx_is_init_cycle(cycle->old_cycle) && !ngx_test_config)
        {
            ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                          "plaid_client \"%V\" trusts the certificates in "
                          "\"%V\"", &client[i]->name,
                          &client[i]->peer.trusted_file);
        }
    }
}


static void
ngx_http_plaid_client_warn(ngx_cycle_t *cycle, ngx_http_plaid_client_t *client)
{
    ngx_plaid_peer_t  *peer;

    static ngx_str_t  production = ngx_string("production");
    static ngx_str_t  legacy = ngx_string("legacy_production");

    peer = &client->peer;

    if (!peer->ssl && !ngx_plaid_peer_local(&peer->endpoint)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "environment \"%V\" of plaid_client \"%V\" is not "
                      "encrypted, and not on this host",
                      &client->environment, &client->name);
    }

    if (client->secret.value && client->secret.value->lengths == NULL
        && (ngx_http_plaid_client_is(client, &production)
            || ngx_http_plaid_client_is(client, &legacy)))
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"secret\" of plaid_client \"%V\" stands in the "
                      "configuration, use \"secret_file\" in production",
                      &client->name);
    }
}


static ngx_uint_t
ngx_http_plaid_client_is(ngx_http_plaid_client_t *client, ngx_str_t *name)
{
    return client->environment.len == name->len
           && ngx_strncmp(client->environment.data, name->data, name->len)
              == 0;
}


ngx_http_plaid_client_t *
ngx_http_plaid_client_find(ngx_array_t *clients, ngx_str_t *name)
{
    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client;

    if (clients == NULL) {
        return NULL;
    }

    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        if (client[i]->name.len == name->len
            && ngx_memcmp(client[i]->name.data, name->data, name->len) == 0)
        {
            return client[i];
        }
    }

    return NULL;
}
