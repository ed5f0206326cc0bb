
/*
 * The upstream of our subrequest, taken over from the location's handler
 * by way of nginx's own callbacks, and what it sends to Plaid.
 */


#include "ngx_http_plaid_subrequest_int.h"


/* "\r\nContent-Length: " and what else of a request is not a value */
#define NGX_HTTP_PLAID_SUBREQUEST_REST                                        \
    (sizeof("POST  HTTP/1.1\r\nHost: \r\nConnection: \r\n"                    \
            "Content-Type: \r\nContent-Length: \r\n\r\n")                     \
     + NGX_SIZE_T_LEN)


static ngx_uint_t ngx_http_plaid_subrequest_verifies(ngx_http_upstream_t *u,
    ngx_plaid_peer_t *peer);
static ngx_int_t ngx_http_plaid_subrequest_conf(ngx_http_request_t *sr,
    ngx_plaid_peer_t *peer);
static ngx_int_t ngx_http_plaid_subrequest_write(ngx_http_request_t *sr);
static void ngx_http_plaid_subrequest_line(ngx_buf_t *b, ngx_str_t *name,
    ngx_str_t *value);
static ngx_uint_t ngx_http_plaid_subrequest_plain(ngx_http_upstream_t *u);
static void ngx_http_plaid_subrequest_connection(ngx_http_upstream_t *u,
    ngx_str_t *value);


ngx_int_t
ngx_http_plaid_subrequest_take(ngx_http_plaid_subrequest_t *sub)
{
    ngx_plaid_call_t     *call;
    ngx_http_request_t   *sr;
    ngx_http_upstream_t  *u;

    sr = sub->request;
    u = sr->upstream;

    call = sub->call;

    if (u->input_filter == NULL) {
        /* not proxy_pass */
        return NGX_ERROR;
    }

    if (!ngx_http_plaid_subrequest_verifies(u, call->peer)) {
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY,
                            "proxy_pass does not verify Plaid's certificate");
        return NGX_ERROR;
    }

    if (ngx_http_plaid_subrequest_conf(sr, sub->call->peer)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* no temporary file, ever */
    u->buffering = 0;

    sub->create_request = u->create_request;
    sub->process_header = u->process_header;
    sub->finalize_request = u->finalize_request;
    sub->input_filter_init = u->input_filter_init;
    sub->input_filter_ctx = u->input_filter_ctx;

    u->create_request = ngx_http_plaid_subrequest_write;
    u->process_header = ngx_http_plaid_subrequest_header;
    u->finalize_request = ngx_http_plaid_subrequest_finalize;
    u->input_filter_init = ngx_http_plaid_subrequest_filter_init;
    u->input_filter_ctx = sub;

    ngx_plaid_call_fail(call, NGX_PLAID_CALL_INTERNAL,
                        "the subrequest failed");

    return NGX_OK;
}


/* for an https environment the keys go to nobody who is not known */

static ngx_uint_t
ngx_http_plaid_subrequest_verifies(ngx_http_upstream_t *u,
    ngx_plaid_peer_t *peer)
{
    if (!peer->ssl || !peer->ssl_verify) {
        return 1;
    }

#if (NGX_HTTP_SSL)
    return u->ssl && u->conf->ssl_verify;
#else
    return 0;
#endif
}


/* the location's configuration, but for what would break a promise */

static ngx_int_t
ngx_http_plaid_subrequest_conf(ngx_http_request_t *sr, ngx_plaid_peer_t *peer)
{
    ngx_http_upstream_conf_t  *conf;

    conf = ngx_palloc(sr->pool, sizeof(ngx_http_upstream_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    *conf = *sr->upstream->conf;

    conf->connect_timeout = ngx_min(conf->connect_timeout,
                                    peer->connect_timeout);

    /* error pages are for browsers */
    conf->intercept_errors = 0;

    /* even where the user lets a POST be sent again */
    conf->next_upstream &= ~NGX_HTTP_UPSTREAM_FT_NON_IDEMPOTENT;

    /* X-Accel-Redirect and its kind */
    conf->ignore_headers = NGX_MAX_UINT32_VALUE;
    conf->change_buffering = 0;

    conf->store = 0;

#if (NGX_HTTP_CACHE)
    conf->cache = 0;
#endif

    sr->upstream->conf = conf;

    return NGX_OK;
}


/*
 * The request that the location's handler makes is only asked for the URI and
 * the header "Connection": "proxy_set_header" and "proxy_set_body" lines may
 * have been meant for the app.
 */

static ngx_int_t
ngx_http_plaid_subrequest_write(ngx_http_request_t *sr)
{
    size_t                        len;
    ngx_buf_t                    *b;
    ngx_str_t                     connection;
    ngx_uint_t                    i;
    ngx_plaid_call_t             *call;
    ngx_http_upstream_t          *u;
    ngx_plaid_api_request_t      *req;
    ngx_http_plaid_subrequest_t  *sub;

    static ngx_str_t  host = ngx_string("Host");
    static ngx_str_t  keep = ngx_string("Connection");
    static ngx_str_t  type = ngx_string("Content-Type");

    sub = ngx_http_plaid_subrequest_get(sr);
    call = sub->call;
    req = call->request;
    u = sr->upstream;

    if (sub->create_request(sr) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_http_plaid_subrequest_plain(u)) {
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY,
                            "no proxy_pass of HTTP/1.x");
        return NGX_ERROR;
    }

    ngx_http_plaid_subrequest_connection(u, &connection);

    len = NGX_HTTP_PLAID_SUBREQUEST_REST + u->uri.len
          + call->peer->host_header.len + connection.len
          + req->content_type.len + req->body.len;

    for (i = 0; i < req->nheaders; i++) {
        len += req->headers[i].key.len + sizeof(": \r\n")
               + req->headers[i].value.len;
    }

    b = ngx_create_temp_buf(sr->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_sprintf(b->last, "POST %V HTTP/1.1" CRLF, &u->uri);

    ngx_http_plaid_subrequest_line(b, &host, &call->peer->host_header);

    if (connection.len) {
        ngx_http_plaid_subrequest_line(b, &keep, &connection);
    }

    ngx_http_plaid_subrequest_line(b, &type, &req->content_type);

    b->last = ngx_sprintf(b->last, "Content-Length: %uz" CRLF, req->body.len);

    for (i = 0; i < req->nheaders; i++) {
        ngx_http_plaid_subrequest_line(b, &req->headers[i].key,
                                       &req->headers[i].value);
    }

    *b->last++ = CR; *b->last++ = LF;
    b->last = ngx_copy(b->last, req->body.data, req->body.len);

    b->flush = 1;

    u->request_bufs->buf = b;
    u->request_bufs->next = NULL;

    sub->buf = b;

    return NGX_OK;
}


static void
ngx_http_plaid_subrequest_line(ngx_buf_t *b, ngx_str_t *name,
    ngx_str_t *value)
{
    b->last = ngx_cpymem(b->last, name->data, name->len);
    *b->last++ = ':'; *b->last++ = ' ';

    if (value->len) {
        b->last = ngx_cpymem(b->last, value->data, value->len);
    }

    *b->last++ = CR; *b->last++ = LF;
}


/* HTTP/1.x, as proxy_pass writes it; not FastCGI, HTTP/2 and the like */

static ngx_uint_t
ngx_http_plaid_subrequest_plain(ngx_http_upstream_t *u)
{
    u_char     *p;
    ngx_buf_t  *b;

    if (u->request_bufs == NULL) {
        return 0;
    }

    b = u->request_bufs->buf;
    p = u->uri.data + u->uri.len;

    return u->uri.len
           && u->uri.data > b->pos
           && p < b->last
           && b->last - p > (ssize_t) sizeof(" HTTP/1.") - 1
           && ngx_strncmp(p, " HTTP/1.", sizeof(" HTTP/1.") - 1) == 0;
}


/* it says whether the connection is kept; empty without such a header */

static void
ngx_http_plaid_subrequest_connection(ngx_http_upstream_t *u, ngx_str_t *value)
{
    u_char     *p, *end;
    ngx_buf_t  *b;

    ngx_str_null(value);

    b = u->request_bufs->buf;
    p = u->uri.data + u->uri.len;

    for ( ;; ) {

        p = ngx_strlchr(p, b->last, LF);

        if (p == NULL) {
            return;
        }

        p++;

        end = ngx_strlchr(p, b->last, CR);

        if (end == NULL || end == p) {
            return;
        }

        if (end - p > (ssize_t) sizeof("Connection: ") - 1
            && ngx_strncasecmp(p, (u_char *) "Connection: ",
                               sizeof("Connection: ") - 1)
               == 0)
        {
            value->data = p + sizeof("Connection: ") - 1;
            value->len = end - value->data;
            return;
        }
    }
}
