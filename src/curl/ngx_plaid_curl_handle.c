
/*
 * libcurl's easy handles, which are set up for a peer once and then used for
 * one call after the other.
 */


#include "ngx_plaid_curl_easy.h"
#include "ngx_plaid_curl_loop.h"


/* what of a request is copied before it is encrypted: libcurl's least */
#define NGX_PLAID_CURL_UPLOAD       16384L


static ngx_int_t ngx_plaid_curl_handle_lasting(ngx_plaid_curl_t *curl,
    CURL *easy);
static ngx_int_t ngx_plaid_curl_handle_callbacks(ngx_plaid_curl_t *curl,
    CURL *easy);
static ngx_int_t ngx_plaid_curl_handle_tls(ngx_plaid_peer_t *peer,
    CURL *easy);
static ngx_int_t ngx_plaid_curl_handle_proxy(ngx_plaid_peer_t *peer,
    CURL *easy);
static CURLcode ngx_plaid_curl_handle_ssl_ctx(CURL *easy, void *ssl_ctx,
    void *data);
static curl_socket_t ngx_plaid_curl_handle_open(void *data,
    curlsocktype purpose, struct curl_sockaddr *addr);
static int ngx_plaid_curl_handle_close(void *data, curl_socket_t s);


CURL *
ngx_plaid_curl_handle_take(ngx_plaid_curl_t *curl)
{
    CURL  *easy;

    if (curl->ncached) {
        return curl->cached[--curl->ncached];
    }

    easy = curl_easy_init();
    if (easy == NULL) {
        return NULL;
    }

    if (ngx_plaid_curl_handle_lasting(curl, easy) != NGX_OK
        || ngx_plaid_curl_handle_callbacks(curl, easy) != NGX_OK
        || ngx_plaid_curl_handle_tls(curl->peer, easy) != NGX_OK
        || ngx_plaid_curl_handle_proxy(curl->peer, easy) != NGX_OK)
    {
        curl_easy_cleanup(easy);
        return NULL;
    }

    return easy;
}


ngx_int_t
ngx_plaid_curl_handle_keep(ngx_plaid_curl_t *curl, CURL *easy)
{
    CURLcode  rc;

    if (curl->ncached >= curl->peer->keepalive) {
        return NGX_DECLINED;
    }

    if (curl->cached == NULL) {
        curl->cached = ngx_alloc(curl->peer->keepalive * sizeof(CURL *),
                                 ngx_cycle->log);
        if (curl->cached == NULL) {
            return NGX_DECLINED;
        }
    }

    rc = curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_CONNECT_TO, NULL);

    if (rc != CURLE_OK) {
        return NGX_DECLINED;
    }

    curl->cached[curl->ncached++] = easy;

    return NGX_OK;
}


void
ngx_plaid_curl_handle_free_cached(ngx_plaid_curl_t *curl)
{
    while (curl->ncached) {
        curl_easy_cleanup(curl->cached[--curl->ncached]);
    }

    if (curl->cached) {
        ngx_free(curl->cached);
        curl->cached = NULL;
    }
}


/* what is the same in all calls of a peer: here, and in the next three */

static ngx_int_t
ngx_plaid_curl_handle_lasting(ngx_plaid_curl_t *curl, CURL *easy)
{
    CURLcode           rc;
    ngx_plaid_peer_t  *peer;

    peer = curl->peer;

    rc = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE,
                           NGX_PLAID_CURL_UPLOAD);
    rc |= curl_easy_setopt(easy, CURLOPT_SHARE, curl->share);

#if (LIBCURL_VERSION_NUM >= 0x075500)
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                           peer->ssl ? "https" : "http");
#else
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
                           peer->ssl ? CURLPROTO_HTTPS : CURLPROTO_HTTP);
#endif

#if (LIBCURL_VERSION_NUM >= 0x075700)
    rc |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif

    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           curl->http2 ? CURL_HTTP_VERSION_2TLS
                                       : CURL_HTTP_VERSION_1_1);

    /* calls at the same time wait for one connection, to share it */
    rc |= curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long) curl->http2);

    rc |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           (long) peer->connect_timeout);
    rc |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                           (long) ngx_max(peer->keepalive_timeout / 1000, 1));
    rc |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE,
                           (long) (peer->keepalive == 0));
    rc |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_POST, 1L);

    if (peer->endpoint.unix_path.len) {
        rc |= curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
                               peer->endpoint.unix_path.data);
    }

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_curl_handle_callbacks(ngx_plaid_curl_t *curl, CURL *easy)
{
    CURLcode  rc;

    rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                          ngx_plaid_curl_handle_open);
    rc |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, curl);
    rc |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                           ngx_plaid_curl_handle_close);
    rc |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, curl);
    rc |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION,
                           ngx_plaid_curl_easy_ready);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                           ngx_plaid_curl_easy_header);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                           ngx_plaid_curl_easy_body);

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_curl_handle_tls(ngx_plaid_peer_t *peer, CURL *easy)
{
    CURLcode  rc;

    if (!peer->ssl) {
        return NGX_OK;
    }

    rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
                          (long) peer->ssl_verify);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                           peer->ssl_verify ? 2L : 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                           (long) CURL_SSLVERSION_TLSv1_2);

    /*
     * libcurl's defaults would add to the trust anchors, and be read from
     * disk for each connection: all anchors are in peer->trusted
     */

    rc |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
                           ngx_plaid_curl_handle_ssl_ctx);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, peer);

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_curl_handle_proxy(ngx_plaid_peer_t *peer, CURL *easy)
{
    CURLcode  rc;

    /* an empty string, as without one the environment counts */

    rc = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");

    if (!peer->proxied) {
        rc |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
        return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
    }

    rc |= curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    /* the secret is among the headers, and not the proxy's business */

    rc |= curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long) CURLHEADER_SEPARATE);

    if (peer->proxy_user.len) {
        rc |= curl_easy_setopt(easy, CURLOPT_PROXYAUTH, (long) CURLAUTH_BASIC);
        rc |= curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME,
                               peer->proxy_user.data);
        rc |= curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD,
                               peer->proxy_password.len
                               ? (char *) peer->proxy_password.data : "");
    }

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


static CURLcode
ngx_plaid_curl_handle_ssl_ctx(CURL *easy, void *ssl_ctx, void *data)
{
    SSL_CTX           *ctx = ssl_ctx;
    ngx_plaid_peer_t  *peer = data;

    if (peer->trusted) {
        /* not SSL_CTX_set1_cert_store(): BoringSSL has none */

        if (X509_STORE_up_ref(peer->trusted) != 1) {
            return CURLE_OUT_OF_MEMORY;
        }

        SSL_CTX_set_cert_store(ctx, peer->trusted);
    }

    if (peer->certificate == NULL) {
        return CURLE_OK;
    }

    if (SSL_CTX_use_certificate(ctx, peer->certificate) != 1
        || (peer->chain && SSL_CTX_set1_chain(ctx, peer->chain) != 1)
        || SSL_CTX_use_PrivateKey(ctx, peer->key) != 1)
    {
        return CURLE_SSL_CERTPROBLEM;
    }

    return CURLE_OK;
}


static curl_socket_t
ngx_plaid_curl_handle_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr)
{
    ngx_plaid_curl_t  *curl = data;

    return ngx_plaid_curl_loop_open(curl, &curl->nopen, addr);
}


static int
ngx_plaid_curl_handle_close(void *data, curl_socket_t s)
{
    ngx_plaid_curl_loop_close(s);

    return 0;
}
