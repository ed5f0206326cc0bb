
/*
 * TLS of a Redis server, by nginx's own client: the certificate's names, those
 * of an IP address, too, are checked by OpenSSL as it builds the chain.
 */


#include "ngx_plaid_redis.h"
#include "ngx_plaid_tls.h"

#include <openssl/x509v3.h>


#if (NGX_SSL)

/* certificates between the server's and a trust anchor, as OpenSSL's own */
#define NGX_PLAID_REDIS_DEPTH     100


static ngx_int_t ngx_plaid_redis_tls_certificate(ngx_conf_t *cf,
    ngx_ssl_t *ssl, ngx_str_t *certificate, ngx_str_t *key);
static ngx_uint_t ngx_plaid_redis_tls_address(ngx_str_t *name);


ngx_int_t
ngx_plaid_redis_tls_init(ngx_conf_t *cf, ngx_plaid_redis_t *redis,
    ngx_str_t *trusted, ngx_str_t *certificate, ngx_str_t *key)
{
    ngx_str_t            file;
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    /* pending output may grow, and move, until it is sent */

    SSL_CTX_set_mode(ssl->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                               |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if (certificate->len
        && ngx_plaid_redis_tls_certificate(cf, ssl, certificate, key)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (redis->tls_verify) {
        file = *trusted;

        if (file.len == 0 && ngx_plaid_tls_bundle(cf, &file) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_ssl_trusted_certificate(cf, ssl, &file, NGX_PLAID_REDIS_DEPTH)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    redis->tls = ssl;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_redis_tls_certificate(ngx_conf_t *cf, ngx_ssl_t *ssl,
    ngx_str_t *certificate, ngx_str_t *key)
{
    ngx_str_t    *password;
    ngx_array_t  *passwords;

    /* without a pass phrase OpenSSL would ask for one on the terminal */

    passwords = ngx_array_create(cf->temp_pool, 1, sizeof(ngx_str_t));
    if (passwords == NULL) {
        return NGX_ERROR;
    }

    password = ngx_array_push(passwords);
    ngx_str_set(password, "");

    return ngx_ssl_certificate(cf, ssl, certificate, key, passwords);
}


ngx_int_t
ngx_plaid_redis_tls_begin(ngx_plaid_redis_t *redis, ngx_connection_t *c)
{
    int                 rc;
    ngx_str_t          *name;
    X509_VERIFY_PARAM  *param;

    if (ngx_ssl_create_connection(redis->tls, c, NGX_SSL_CLIENT) != NGX_OK) {
        return NGX_ERROR;
    }

    name = &redis->tls_name;
    param = SSL_get0_param(c->ssl->connection);

    if (ngx_plaid_redis_tls_address(name)) {
        rc = X509_VERIFY_PARAM_set1_ip_asc(param, (char *) name->data);

    } else {
        X509_VERIFY_PARAM_set_hostflags(param,
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

        rc = X509_VERIFY_PARAM_set1_host(param, (char *) name->data, name->len)
             && SSL_set_tlsext_host_name(c->ssl->connection,
                                         (char *) name->data);
    }

    return rc ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_plaid_redis_tls_address(ngx_str_t *name)
{
#if (NGX_HAVE_INET6)
    u_char  addr[16];

    if (ngx_inet6_addr(name->data, name->len, addr) == NGX_OK) {
        return 1;
    }
#endif

    return ngx_inet_addr(name->data, name->len) != INADDR_NONE;
}


const char *
ngx_plaid_redis_tls_check(ngx_plaid_redis_t *redis, ngx_connection_t *c)
{
    long   rc;
    X509  *cert;

    if (!c->ssl->handshaked) {
        return "handshake";
    }

    if (!redis->tls_verify) {
        return NULL;
    }

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        return X509_verify_cert_error_string(rc);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return "no certificate";
    }

    X509_free(cert);

    return NULL;
}

#else

ngx_int_t
ngx_plaid_redis_tls_init(ngx_conf_t *cf, ngx_plaid_redis_t *redis,
    ngx_str_t *trusted, ngx_str_t *certificate, ngx_str_t *key)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"ssl on\" in plaid_redis \"%V\" requires an nginx "
                       "with --with-http_ssl_module", &redis->name);

    return NGX_ERROR;
}

#endif
