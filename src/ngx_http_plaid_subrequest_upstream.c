
/*
 * What nginx's proxy_pass does for a subrequest of ours, bent to our needs by
 * way of the upstream's own callbacks.
 */


#include "ngx_http_plaid_subrequest.h"


/* first allocation for a reply without a length */
#define NGX_HTTP_PLAID_SUBREQUEST_BODY  1024

/* "\r\nContent-Length: " and what else of a request is not a value */
#define NGX_HTTP_PLAID_SUBREQUEST_REST                                        \
    (sizeof("POST  HTTP/1.1\r\nHost: \r\nConnection: \r\n"                    \
            "Content-Type: \r\nContent-Length: \r\n\r\n")                     \
     + NGX_SIZE_T_LEN)


static ngx_int_t ngx_http_plaid_subrequest_conf(ngx_http_request_t *sr,
    ngx_plaid_peer_t *peer);
static ngx_int_t ngx_http_plaid_subrequest_write(ngx_http_request_t *sr);
static ngx_int_t ngx_http_plaid_subrequest_version(ngx_http_upstream_t *u,
    u_char *version);
static void ngx_http_plaid_subrequest_connection(ngx_http_upstream_t *u,
    ngx_str_t *value);
static ngx_int_t ngx_http_plaid_subrequest_header(ngx_http_request_t *sr);
static ngx_int_t ngx_http_plaid_subrequest_filter_init(void *data);
static ngx_int_t ngx_http_plaid_subrequest_filter(void *data, ssize_t bytes);
static ngx_int_t ngx_http_plaid_subrequest_gather(
    ngx_http_plaid_subrequest_t *sub, u_char *p, size_t len);
static ngx_int_t ngx_http_plaid_subrequest_room(
    ngx_http_plaid_subrequest_t *sub, size_t size);
static void ngx_http_plaid_subrequest_finalize(ngx_http_request_t *sr,
    ngx_int_t rc);
static void ngx_http_plaid_subrequest_failed(ngx_http_plaid_subrequest_t *sub,
    ngx_int_t rc);
static void ngx_http_plaid_subrequest_replied(
    ngx_http_plaid_subrequest_t *sub);
static ngx_uint_t ngx_http_plaid_subrequest_is(ngx_table_elt_t *h,
    const char *name);


ngx_int_t
ngx_http_plaid_subrequest_take(ngx_http_plaid_subrequest_t *sub)
{
    ngx_http_request_t   *sr;
    ngx_http_upstream_t  *u;

    sr = sub->request;
    u = sr->upstream;

    if (u == NULL || u->cleanup || u->input_filter == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_http_plaid_subrequest_conf(sr, sub->subcall->call->peer)
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

    return NGX_OK;
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
 * The request that the location's handler makes is only asked for the URI,
 * the version and the header "Connection": its "proxy_set_header" and
 * "proxy_set_body" lines may be meant for the app.
 */

static ngx_int_t
ngx_http_plaid_subrequest_write(ngx_http_request_t *sr)
{
    u_char                        version;
    size_t                        len;
    ngx_buf_t                    *b;
    ngx_str_t                     connection;
    ngx_uint_t                    i;
    ngx_plaid_call_t             *call;
    ngx_http_upstream_t          *u;
    ngx_plaid_api_request_t      *req;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);
    call = sub->subcall->call;
    req = call->request;
    u = sr->upstream;

    if (sub->create_request(sr) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_plaid_subrequest_version(u, &version) != NGX_OK) {
        ngx_http_plaid_subrequest_refuse(call, "no proxy_pass of HTTP/1.x");
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

    b->last = ngx_sprintf(b->last, "POST %V HTTP/1.%c" CRLF "Host: %V" CRLF,
                          &u->uri, version, &call->peer->host_header);

    if (connection.len) {
        b->last = ngx_sprintf(b->last, "Connection: %V" CRLF, &connection);
    }

    b->last = ngx_sprintf(b->last, "Content-Type: %V" CRLF
                          "Content-Length: %uz" CRLF,
                          &req->content_type, req->body.len);

    for (i = 0; i < req->nheaders; i++) {
        b->last = ngx_sprintf(b->last, "%V: %V" CRLF, &req->headers[i].key,
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


/* NGX_DECLINED: not proxy_pass, or not HTTP/1 */

static ngx_int_t
ngx_http_plaid_subrequest_version(ngx_http_upstream_t *u, u_char *version)
{
    u_char     *p;
    ngx_buf_t  *b;

    if (u->request_bufs == NULL) {
        return NGX_DECLINED;
    }

    b = u->request_bufs->buf;
    p = u->uri.data + u->uri.len;

    if (u->uri.len == 0
        || u->uri.data < b->pos
        || p > b->last
        || b->last - p < (ssize_t) sizeof(" HTTP/1.1" CRLF) - 1
        || ngx_strncmp(p, " HTTP/1.", sizeof(" HTTP/1.") - 1) != 0)
    {
        return NGX_DECLINED;
    }

    *version = p[sizeof(" HTTP/1.") - 1];

    return NGX_OK;
}


/* it says whether the connection is to be kept; empty without such a header */

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


static ngx_int_t
ngx_http_plaid_subrequest_header(ngx_http_request_t *sr)
{
    off_t                         length;
    ngx_int_t                     rc;
    ngx_http_upstream_t          *u;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);
    u = sr->upstream;

    /* the handler replaces it after the status line */

    u->process_header = sub->process_header;

    rc = u->process_header(sr);

    sub->process_header = u->process_header;
    u->process_header = ngx_http_plaid_subrequest_header;

    if (rc == NGX_AGAIN) {
        /* with a full buffer: the header is too large */
        sub->bad = (u->buffer.last == u->buffer.end);
        return NGX_AGAIN;
    }

    if (rc == NGX_HTTP_UPSTREAM_INVALID_HEADER
        || rc == NGX_ERROR
        || (rc == NGX_OK && u->headers_in.status_n == 0))
    {
        /* the last of these is what HTTP/0.9 looks like */
        sub->bad = 1;
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    length = u->headers_in.content_length_n;

    if (length > (off_t) sub->subcall->call->peer->max_response_size) {
        sub->too_big = 1;
        return NGX_ERROR;
    }

    if (length > 0) {
        return ngx_http_plaid_subrequest_room(sub, (size_t) length);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_subrequest_filter_init(void *data)
{
    ngx_http_plaid_subrequest_t *sub = data;

    ngx_int_t             rc;
    ngx_http_request_t   *sr;
    ngx_http_upstream_t  *u;

    sr = sub->request;
    u = sr->upstream;

    /* which filter it is may depend on the reply */

    rc = sub->input_filter_init(sub->input_filter_ctx);

    sub->input_filter = u->input_filter;
    u->input_filter = ngx_http_plaid_subrequest_filter;

    /* nothing is to come out of here: nginx's limit for that does not count */

    ngx_http_clear_content_length(sr);
    sr->header_only = 1;

    return rc;
}


static ngx_int_t
ngx_http_plaid_subrequest_filter(void *data, ssize_t bytes)
{
    ngx_http_plaid_subrequest_t *sub = data;

    ngx_buf_t            *b;
    ngx_int_t             rc;
    ngx_chain_t          *cl;
    ngx_http_request_t   *sr;
    ngx_http_upstream_t  *u;

    sr = sub->request;
    u = sr->upstream;

    if (sub->input_filter(sub->input_filter_ctx, bytes) != NGX_OK) {
        sub->bad = 1;
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (cl = u->out_bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (rc == NGX_OK) {
            rc = ngx_http_plaid_subrequest_gather(sub, b->pos,
                                                  b->last - b->pos);
        }

        b->pos = b->last;
    }

    ngx_chain_update_chains(sr->pool, &u->free_bufs, &u->busy_bufs,
                            &u->out_bufs, u->output.tag);

    return rc;
}


static ngx_int_t
ngx_http_plaid_subrequest_gather(ngx_http_plaid_subrequest_t *sub, u_char *p,
    size_t len)
{
    ngx_plaid_call_t  *call;

    call = sub->subcall->call;

    if (len > call->peer->max_response_size - call->body.len) {
        sub->too_big = 1;
        return NGX_ERROR;
    }

    if (ngx_http_plaid_subrequest_room(sub, call->body.len + len) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(call->body.data + call->body.len, p, len);
    call->body.len += len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_subrequest_room(ngx_http_plaid_subrequest_t *sub, size_t size)
{
    u_char            *p;
    ngx_str_t          old;
    ngx_plaid_call_t  *call;

    if (size <= sub->size) {
        return NGX_OK;
    }

    size = ngx_max(size, ngx_max(sub->size * 2,
                                 NGX_HTTP_PLAID_SUBREQUEST_BODY));

    call = sub->subcall->call;

    p = ngx_pnalloc(call->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    old = call->body;

    if (old.len) {
        ngx_memcpy(p, old.data, old.len);
    }

    call->body.data = p;
    sub->size = size;

    ngx_plaid_wipe(&old);

    return NGX_OK;
}


/*
 * The only place where the upstream tells how it went: what comes of it
 * later may be a success though the reply was cut off.
 */

static void
ngx_http_plaid_subrequest_finalize(ngx_http_request_t *sr, ngx_int_t rc)
{
    ngx_http_upstream_t          *u;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);
    u = sr->upstream;

    sub->finalize_request(sr, rc);

    if (rc == NGX_OK) {
        ngx_http_plaid_subrequest_replied(sub);

    } else {
        ngx_http_plaid_subrequest_failed(sub, rc);
    }

    /* before any log is written */

    if (sub->buf) {
        ngx_explicit_memzero(sub->buf->start, sub->buf->end - sub->buf->start);
    }

    if (u->buffer.start) {
        ngx_explicit_memzero(u->buffer.start,
                             u->buffer.end - u->buffer.start);
    }
}


static void
ngx_http_plaid_subrequest_failed(ngx_http_plaid_subrequest_t *sub,
    ngx_int_t rc)
{
    ngx_plaid_call_t     *call;
    ngx_connection_t     *c;
    ngx_http_upstream_t  *u;

    call = sub->subcall->call;
    u = sub->request->upstream;
    c = u->peer.connection;

    call->sent = (u->request_sent && (c == NULL || c->sent > 0));

    if (sub->too_big) {
        call->rc = NGX_PLAID_CALL_BAD_REPLY;
        ngx_str_set(&call->detail, "the reply is too large");

    } else if (sub->bad) {
        call->rc = NGX_PLAID_CALL_BAD_REPLY;
        ngx_str_set(&call->detail, "the reply is not valid HTTP");

    } else if (rc == NGX_HTTP_GATEWAY_TIME_OUT) {

        call->rc = call->sent ? NGX_PLAID_CALL_TIMEOUT
                              : NGX_PLAID_CALL_CONNECT_TIMEOUT;
        ngx_str_set(&call->detail, "the upstream timed out");

    } else if (call->sent) {
        call->rc = NGX_PLAID_CALL_LOST;
        ngx_str_set(&call->detail, "the upstream closed the connection");

    } else if (rc == NGX_HTTP_BAD_GATEWAY) {
        call->rc = NGX_PLAID_CALL_CONNECT;
        ngx_str_set(&call->detail, "the upstream cannot be reached");

    } else {
        call->rc = NGX_PLAID_CALL_INTERNAL;
        ngx_str_set(&call->detail, "the subrequest failed");
    }
}


static void
ngx_http_plaid_subrequest_replied(ngx_http_plaid_subrequest_t *sub)
{
    ngx_uint_t            i;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *h;
    ngx_plaid_call_t     *call;
    ngx_http_upstream_t  *u;

    call = sub->subcall->call;
    u = sub->request->upstream;

    call->rc = NGX_PLAID_CALL_DONE;
    call->status = u->headers_in.status_n;
    call->sent = 1;
    ngx_str_null(&call->detail);

    part = &u->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_plaid_subrequest_is(&h[i], "retry-after")) {
            call->retry_after = ngx_max(ngx_atotm(h[i].value.data,
                                                  h[i].value.len), 0);

        } else if ((ngx_http_plaid_subrequest_is(&h[i], "x-request-id")
                    || ngx_http_plaid_subrequest_is(&h[i],
                                                    "plaid-request-id"))
                   && h[i].value.len <= NGX_PLAID_ID_MAX)
        {
            call->request_id.data = ngx_pstrdup(call->pool, &h[i].value);
            call->request_id.len = call->request_id.data ? h[i].value.len : 0;
        }
    }
}


static ngx_uint_t
ngx_http_plaid_subrequest_is(ngx_table_elt_t *h, const char *name)
{
    return h->key.len == ngx_strlen(name)
           && ngx_strncmp(h->lowcase_key, name, h->key.len) == 0;
}
