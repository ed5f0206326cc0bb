
/*
 * The options of one transfer, and what libcurl has sent of it.
 */


#include "ngx_plaid_curl_easy.h"


/* what libcurl reads at once, its least; Plaid's replies have some 600 bytes */
#define NGX_PLAID_CURL_BUFFER       1024L

/* the same for what is streamed: libcurl's default */
#define NGX_PLAID_CURL_STREAM       16384L

/* "name:port:" or "[address]:port:" before the address to connect to */
#define NGX_PLAID_CURL_CONNECT_MAX  (NGX_INT_T_LEN + sizeof("::"))

/* "Host" and "Content-Type" */
#define NGX_PLAID_CURL_HEADERS      2


static ngx_int_t ngx_plaid_curl_easy_options(ngx_plaid_curl_call_t *cc);
static ngx_int_t ngx_plaid_curl_easy_url(ngx_plaid_curl_call_t *cc);
static ngx_int_t ngx_plaid_curl_easy_parse_url(ngx_plaid_curl_call_t *cc,
    ngx_str_t *name);
static ngx_int_t ngx_plaid_curl_easy_target(ngx_plaid_curl_call_t *cc);
static ngx_int_t ngx_plaid_curl_easy_connect_to(ngx_plaid_curl_call_t *cc,
    ngx_str_t *name);
static ngx_int_t ngx_plaid_curl_easy_headers(ngx_plaid_curl_call_t *cc);
static u_char *ngx_plaid_curl_easy_add(struct curl_slist *header, u_char *p,
    ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_plaid_curl_easy_proxy_url(ngx_plaid_curl_call_t *cc);


ngx_plaid_curl_call_t *
ngx_plaid_curl_easy_create(ngx_plaid_curl_t *curl, ngx_plaid_call_t *call)
{
    ngx_plaid_curl_call_t  *cc;

    cc = ngx_pcalloc(call->pool, sizeof(ngx_plaid_curl_call_t));
    if (cc == NULL) {
        return NULL;
    }

    cc->ident.fd = (ngx_socket_t) -1;
    cc->curl = curl;
    cc->call = call;
    cc->turn = curl->turn;

    cc->easy = ngx_plaid_curl_handle_take(curl);
    if (cc->easy == NULL) {
        return NULL;
    }

    if (ngx_plaid_curl_easy_options(cc) != NGX_OK
        || ngx_plaid_curl_easy_url(cc) != NGX_OK
        || ngx_plaid_curl_easy_target(cc) != NGX_OK
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

        if (!cc->whole || cc->spent
            || ngx_plaid_curl_handle_keep(cc->curl, cc->easy) != NGX_OK)
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


/* what belongs to a call; a handle with what others do not set is used once */

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
    rc |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                           call->sink ? NGX_PLAID_CURL_STREAM
                                      : NGX_PLAID_CURL_BUFFER);
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                           (long) call->request->body.len);
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->request->body.data);

    /* of HTTP/2 no connection that failed is used again: see curl.c */

    if (call->fresh && !cc->curl->http2) {
        cc->spent = 1;
        rc |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }

    return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


/*
 * The name in the URL is the one that TLS asks for and checks; where to
 * connect to is said beside it, in numbers, so that libcurl resolves nothing.
 * All calls of a peer have one URL, which is parsed once; the path is said
 * apart from it.
 */

static ngx_int_t
ngx_plaid_curl_easy_url(ngx_plaid_curl_call_t *cc)
{
    ngx_str_t         *name;
    ngx_plaid_curl_t  *curl;
    ngx_plaid_peer_t  *peer;

    curl = cc->curl;
    peer = curl->peer;

    name = (peer->ssl && peer->ssl_name.len) ? &peer->ssl_name
                                             : &peer->endpoint.host;

    if (curl->url == NULL
        && ngx_plaid_curl_easy_parse_url(cc, name) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (curl_easy_setopt(cc->easy, CURLOPT_CURLU, curl->url) != CURLE_OK) {
        return NGX_ERROR;
    }

    return peer->endpoint.unix_path.len
           ? NGX_OK : ngx_plaid_curl_easy_connect_to(cc, name);
}


static ngx_int_t
ngx_plaid_curl_easy_parse_url(ngx_plaid_curl_call_t *cc, ngx_str_t *name)
{
    u_char                *url, *p;
    ngx_plaid_peer_t      *peer;
    ngx_plaid_call_t      *call;
    ngx_plaid_curl_t      *curl;

    call = cc->call;
    curl = cc->curl;
    peer = curl->peer;

    url = ngx_pnalloc(call->pool, sizeof("https://localhost:/") + name->len
                      + NGX_INT_T_LEN);
    if (url == NULL) {
        return NGX_ERROR;
    }

    if (peer->endpoint.unix_path.len) {
        p = ngx_sprintf(url, "http://localhost/");
    } else {
        p = ngx_sprintf(url, "http%s://%V:%ui/", peer->ssl ? "s" : "", name,
                        (ngx_uint_t) peer->endpoint.port);
    }

    *p = '\0';

    curl->url = curl_url();
    if (curl->url == NULL) {
        return NGX_ERROR;
    }

    if (curl_url_set(curl->url, CURLUPART_URL, (char *) url, CURLU_PATH_AS_IS)
        != CURLUE_OK)
    {
        curl_url_cleanup(curl->url);
        curl->url = NULL;

        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_curl_easy_target(ngx_plaid_curl_call_t *cc)
{
    u_char            *path, *p;
    ngx_str_t         *prefix;
    ngx_plaid_call_t  *call;

    call = cc->call;
    prefix = &call->peer->prefix;

    path = ngx_pnalloc(call->pool, prefix->len + call->request->path.len + 1);
    if (path == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(path, "%V%V", prefix, &call->request->path);
    *p = '\0';

    return (curl_easy_setopt(cc->easy, CURLOPT_REQUEST_TARGET, path)
            == CURLE_OK)
           ? NGX_OK : NGX_ERROR;
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


/*
 * libcurl sends again by itself when a reused connection dies before any byte
 * of a reply: that is right only if nothing was written to it the first time.
 */

int
ngx_plaid_curl_easy_ready(void *data, char *peer_ip, char *local_ip,
    int peer_port, int local_port)
{
    ngx_plaid_curl_call_t  *cc = data;

    if (cc->ready) {
        cc->spent = 1;

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


ngx_uint_t
ngx_plaid_curl_easy_reused(ngx_plaid_curl_call_t *cc)
{
    long  n;

    n = 1;
    (void) curl_easy_getinfo(cc->easy, CURLINFO_NUM_CONNECTS, &n);

    return n == 0;
}
