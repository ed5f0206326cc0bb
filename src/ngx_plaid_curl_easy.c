
#include "ngx_plaid_curl_easy.h"
#include "ngx_plaid_curl_loop.h"


/* what libcurl reads at once, its least; Plaid's replies have some 600 bytes */
#define NGX_PLAID_CURL_BUFFER       1024L

/* what of a request is copied before it is encrypted: libcurl's least */
#define NGX_PLAID_CURL_UPLOAD       16384L

/* "Host" and "Content-Type" */
#define NGX_PLAID_CURL_HEADERS      2

/* "name:port:" or "[address]:port:" before the address to connect to */
#define NGX_PLAID_CURL_CONNECT_MAX  (NGX_INT_T_LEN + sizeof("::"))


static CURL *ngx_plaid_curl_easy_take(ngx_plaid_curl_t *curl);
static ngx_int_t ngx_plaid_curl_easy_keep(ngx_plaid_curl_t *curl, CURL *easy);
static ngx_int_t ngx_plaid_curl_easy_lasting(ngx_plaid_curl_t *curl,
    CURL *easy);
static ngx_int_t ngx_plaid_curl_easy_callbacks(ngx_plaid_curl_t *curl,
    CURL *easy);
static ngx_int_t ngx_plaid_curl_easy_tls(ngx_plaid_peer_t *peer, CURL *easy);
static ngx_int_t ngx_plaid_curl_easy_proxy(ngx_plaid_peer_t *peer,
    CURL *easy);
static ngx_int_t ngx_plaid_curl_easy_options(ngx_plaid_curl_call_t *cc);
static ngx_int_t ngx_plaid_curl_easy_url(ngx_plaid_curl_call_t *cc);
static ngx_int_t ngx_plaid_curl_easy_connect_to(ngx_plaid_curl_call_t *cc,
    ngx_str_t *name);
static ngx_int_t ngx_plaid_curl_easy_headers(ngx_plaid_curl_call_t *cc);
static u_char *ngx_plaid_curl_easy_add(struct curl_slist *header, u_char *p,
    ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_plaid_curl_easy_proxy_url(ngx_plaid_curl_call_t *cc);
static CURLcode ngx_plaid_curl_easy_ssl_ctx(CURL *easy, void *ssl_ctx,
    void *data);
static curl_socket_t ngx_plaid_curl_easy_open(void *data,
    curlsocktype purpose, struct curl_sockaddr *addr);
static int ngx_plaid_curl_easy_close(void *data, curl_socket_t s);
static int ngx_plaid_curl_easy_ready(void *data, char *peer_ip,
    char *local_ip, int peer_port, int local_port);


ngx_plaid_curl_call_t *
ngx_plaid_curl_easy_create(ngx_plaid_curl_t *curl, ngx_plaid_call_t *call)
{
    ngx_plaid_curl_call_t  *cc;

    cc = ngx_pcalloc(call->pool, sizeof(ngx_plaid_curl_call_t));
    if (cc == NULL) {
        return NULL;
    }

    cc->curl = curl;
    cc->call = call;
    cc->turn = curl->turn;

    cc->easy = ngx_plaid_curl_easy_take(curl);
    if (cc->easy == NULL) {
        return NULL;
    }

    if (ngx_plaid_curl_easy_options(cc) != NGX_OK
        || ngx_plaid_curl_easy_url(cc) != NGX_OK
        || ngx_plaid_curl_easy_headers(cc) != NGX_OK
        || ngx_plaid_curl_easy_proxy_url(cc) != NGX_OK)
    {
        ngx_plaid_curl_easy_free(cc);
        return NULL;
    }

    return cc;
}


void
ngx_plaid_curl_easy_free(ngx_plaid_curl_call_t *cc)
{
    if (cc->easy) {

        if (!cc->whole || cc->again
            || ngx_plaid_curl_easy_keep(cc->curl, cc->easy) != NGX_OK)
        {
            curl_easy_cleanup(cc->easy);
        }

        cc->easy = NULL;
    }

    if (cc->headers) {
        ngx_explicit_memzero(cc->headers, cc->headers_size);
        cc->headers = NULL;
    }
}


static CURL *
ngx_plaid_curl_easy_take(ngx_plaid_curl_t *curl)
{
    CURL  *easy;

    easy = curl->spare;

    if (easy) {
        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &curl->spare)
            != CURLE_OK)
        {
            return NULL;
        }

        curl->nspare--;

        return easy;
    }

    easy = curl_easy_init();
    if (easy == NULL) {
        return NULL;
    }

    if (ngx_plaid_curl_easy_lasting(curl, easy) != NGX_OK
        || ngx_plaid_curl_easy_callbacks(curl, easy) != NGX_OK
        || ngx_plaid_curl_easy_tls(curl->peer, easy) != NGX_OK
        || ngx_plaid_curl_easy_proxy(curl->peer, easy) != NGX_OK)
    {
        curl_easy_cleanup(easy);
        return NULL;
    }

    return easy;
}


/*
 * Keeps a handle for the next call, as many as connections, so that it need
 * not be made and set up again.  libcurl has freed its buffers with the end
 * of a transfer, and ngx_plaid_curl_free() has wiped them; but not of one that
 * shares its connection with others, as in HTTP/2.  A handle that connected
 * anew is not kept, either: libcurl counts that, for all the handle's life.
 */

static ngx_int_t
ngx_plaid_curl_easy_keep(ngx_plaid_curl_t *curl, CURL *easy)
{
    CURLcode  rc;

    if (curl->peer->http2 || curl->nspare >= curl->peer->keepalive) {
        return NGX_DECLINED;
    }

    rc = curl_easy_setopt(easy, CURLOPT_PRIVATE, curl->spare);
    rc |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_CONNECT_TO, NULL);

    if (rc != CURLE_OK) {
        return NGX_DECLINED;
    }

    curl->spare = easy;
    curl->nspare++;

    return NGX_OK;
}


void
ngx_plaid_curl_easy_free_spare(ngx_plaid_curl_t *curl)
{
    CURL  *easy;

    while (curl->spare) {
        easy = curl->spare;

        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &curl->spare)
            != CURLE_OK)
        {
            curl->spare = NULL;
        }

        curl_easy_cleanup(easy);
    }

    curl->nspare = 0;
}


/* what is the same in all calls of a peer: here, and in the next three */

static ngx_int_t
ngx_plaid_curl_easy_lasting(ngx_plaid_curl_t *curl, CURL *easy)
{
    CURLcode           rc;
    ngx_plaid_peer_t  *peer;

    peer = curl->peer;

    rc = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, NGX_PLAID_CURL_BUFFER);
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
                           peer->http2 ? CURL_HTTP_VERSION_2TLS
                                       : CURL_HTTP_VERSION_1_1);
    rc |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           (long) peer->connect_timeout);
    rc |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                           (long) ngx_max(peer->keepalive_timeout / 1000, 1));
    rc |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_POST, 1L);

    if (peer->endpoint.unix_path.len) {
        rc |= curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
                               peer->endpoint.unix_path.data);
    }

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_curl_easy_callbacks(ngx_plaid_curl_t *curl, CURL *easy)
{
    CURLcode  rc;

    rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                          ngx_plaid_curl_easy_open);
    rc |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, curl);
    rc |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                           ngx_plaid_curl_easy_close);
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
ngx_plaid_curl_easy_tls(ngx_plaid_peer_t *peer, CURL *easy)
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
                           ngx_plaid_curl_easy_ssl_ctx);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, peer);

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_curl_easy_proxy(ngx_plaid_peer_t *peer, CURL *easy)
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


/* what belongs to a call, and what the one before it may have changed */

static ngx_int_t
ngx_plaid_curl_easy_options(ngx_plaid_curl_call_t *cc)
{
    CURL              *easy;
    CURLcode           rc;
    ngx_plaid_call_t  *call;

    easy = cc->easy;
    call = cc->call;

    rc = curl_easy_setopt(easy, CURLOPT_PRIVATE, cc);
    rc |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, cc->error);
    rc |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, cc);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, cc);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, cc);
    rc |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long) call->fresh);
    rc |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE,
                           (long) (call->peer->keepalive == 0));
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                           (long) call->request->body.len);
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->request->body.data);

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


/*
 * The name in the URL is the one that TLS asks for and checks; where to
 * connect to is said beside it, in numbers, so that libcurl resolves nothing.
 */

static ngx_int_t
ngx_plaid_curl_easy_url(ngx_plaid_curl_call_t *cc)
{
    u_char                *url, *p;
    ngx_str_t             *name;
    ngx_plaid_peer_t      *peer;
    ngx_plaid_call_t      *call;
    ngx_plaid_endpoint_t  *endpoint;

    call = cc->call;
    peer = call->peer;
    endpoint = &peer->endpoint;

    name = (peer->ssl && peer->ssl_name.len) ? &peer->ssl_name
                                             : &endpoint->host;

    url = ngx_pnalloc(call->pool, sizeof("https://:/") + name->len
                      + NGX_INT_T_LEN + peer->prefix.len
                      + call->request->path.len);
    if (url == NULL) {
        return NGX_ERROR;
    }

    if (endpoint->unix_path.len) {
        p = ngx_sprintf(url, "http://localhost%V%V", &peer->prefix,
                        &call->request->path);
    } else {
        p = ngx_sprintf(url, "http%s://%V:%ui%V%V", peer->ssl ? "s" : "", name,
                        (ngx_uint_t) endpoint->port, &peer->prefix,
                        &call->request->path);
    }

    *p = '\0';

    if (curl_easy_setopt(cc->easy, CURLOPT_URL, url) != CURLE_OK) {
        return NGX_ERROR;
    }

    return endpoint->unix_path.len ? NGX_OK
                                   : ngx_plaid_curl_easy_connect_to(cc, name);
}


static ngx_int_t
ngx_plaid_curl_easy_connect_to(ngx_plaid_curl_call_t *cc, ngx_str_t *name)
{
    u_char                *to, *p;
    CURLcode               rc;
    ngx_plaid_call_t      *call;
    ngx_plaid_endpoint_t  *endpoint;

    call = cc->call;
    endpoint = &call->peer->endpoint;

    to = ngx_pnalloc(call->pool, name->len + NGX_PLAID_CURL_CONNECT_MAX
                     + ngx_max(call->addr.len,
                               endpoint->host.len + NGX_INT_T_LEN));
    if (to == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(to, "%V:%ui:", name, (ngx_uint_t) endpoint->port);

    /* a proxy is asked for the host, whatever name TLS is to check */

    p = call->peer->proxied
        ? ngx_sprintf(p, "%V:%ui", &endpoint->host,
                      (ngx_uint_t) endpoint->port)
        : ngx_sprintf(p, "%V", &call->addr);
    *p = '\0';

    cc->connect_to.data = (char *) to;

    rc = curl_easy_setopt(cc->easy, CURLOPT_CONNECT_TO, &cc->connect_to);

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


/* The list and its lines, as curl_slist_append() makes them, in one piece. */

static ngx_int_t
ngx_plaid_curl_easy_headers(ngx_plaid_curl_call_t *cc)
{
    size_t                    size;
    u_char                   *p;
    ngx_uint_t                i, n;
    ngx_plaid_peer_t         *peer;
    struct curl_slist        *header;
    ngx_plaid_api_request_t  *req;

    static ngx_str_t          host = ngx_string("Host");
    static ngx_str_t          type = ngx_string("Content-Type");

    req = cc->call->request;
    peer = cc->call->peer;

    n = NGX_PLAID_CURL_HEADERS + req->nheaders;

    size = n * (sizeof(struct curl_slist) + sizeof(": "))
           + host.len + peer->host_header.len
           + type.len + req->content_type.len;

    for (i = 0; i < req->nheaders; i++) {
        size += req->headers[i].key.len + req->headers[i].value.len;
    }

    header = ngx_palloc(cc->call->pool, size);
    if (header == NULL) {
        return NGX_ERROR;
    }

    cc->headers = header;
    cc->headers_size = size;

    p = (u_char *) (header + n);

    p = ngx_plaid_curl_easy_add(header++, p, &host, &peer->host_header);
    p = ngx_plaid_curl_easy_add(header++, p, &type, &req->content_type);

    for (i = 0; i < req->nheaders; i++) {
        p = ngx_plaid_curl_easy_add(header++, p, &req->headers[i].key,
                                    &req->headers[i].value);
    }

    header[-1].next = NULL;

    return (curl_easy_setopt(cc->easy, CURLOPT_HTTPHEADER, cc->headers)
            == CURLE_OK)
           ? NGX_OK : NGX_ERROR;
}


static u_char *
ngx_plaid_curl_easy_add(struct curl_slist *header, u_char *p, ngx_str_t *name,
    ngx_str_t *value)
{
    header->data = (char *) p;
    header->next = header + 1;

    p = ngx_cpymem(p, name->data, name->len);
    *p++ = ':';
    *p++ = ' ';
    p = ngx_cpymem(p, value->data, value->len);
    *p++ = '\0';

    return p;
}


static ngx_int_t
ngx_plaid_curl_easy_proxy_url(ngx_plaid_curl_call_t *cc)
{
    u_char            *url, *p;
    ngx_plaid_call_t  *call;

    call = cc->call;

    if (!call->peer->proxied) {
        return NGX_OK;
    }

    url = ngx_pnalloc(call->pool, sizeof("http://") + call->addr.len);
    if (url == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(url, "http://%V", &call->addr);
    *p = '\0';

    return (curl_easy_setopt(cc->easy, CURLOPT_PROXY, url) == CURLE_OK)
           ? NGX_OK : NGX_ERROR;
}


static CURLcode
ngx_plaid_curl_easy_ssl_ctx(CURL *easy, void *ssl_ctx, void *data)
{
    SSL_CTX           *ctx = ssl_ctx;
    ngx_plaid_peer_t  *peer = data;

    if (peer->trusted) {
        SSL_CTX_set1_cert_store(ctx, peer->trusted);
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
ngx_plaid_curl_easy_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr)
{
    ngx_plaid_curl_t  *curl = data;

    return ngx_plaid_curl_loop_open(curl, &curl->nopen, addr);
}


static int
ngx_plaid_curl_easy_close(void *data, curl_socket_t s)
{
    ngx_plaid_curl_loop_close(s);

    return 0;
}


/*
 * libcurl sends again by itself when a reused connection dies before any byte
 * of a reply: that is right only if nothing was written to it the first time.
 */

static int
ngx_plaid_curl_easy_ready(void *data, char *peer_ip, char *local_ip,
    int peer_port, int local_port)
{
    ngx_plaid_curl_call_t  *cc = data;

    if (cc->ready) {
        cc->again = 1;

        ngx_plaid_curl_easy_sent(cc);

        return cc->call->sent ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
    }

    /* a CONNECT to the proxy may have been counted by now */

    (void) curl_easy_getinfo(cc->easy, CURLINFO_REQUEST_SIZE,
                             &cc->request_size);
    cc->ready = 1;

    return CURL_PREREQFUNC_OK;
}


void
ngx_plaid_curl_easy_sent(ngx_plaid_curl_call_t *cc)
{
    long  size;

    if (!cc->ready) {
        return;
    }

    if (curl_easy_getinfo(cc->easy, CURLINFO_REQUEST_SIZE, &size) != CURLE_OK
        || size > cc->request_size)
    {
        cc->call->sent = 1;
    }
}
