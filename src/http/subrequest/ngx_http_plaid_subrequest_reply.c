
/*
 * What the upstream of a subrequest of ours gets from Plaid, or why it does
 * not.
 */


#include "ngx_http_plaid_subrequest.h"


/* first allocation for a reply without a length */
#define NGX_HTTP_PLAID_SUBREQUEST_BODY  1024


static ngx_int_t ngx_http_plaid_subrequest_parse(
    ngx_http_plaid_subrequest_t *sub, ngx_http_upstream_t *u);
static ngx_uint_t ngx_http_plaid_subrequest_interim(ngx_http_upstream_t *u);
static ngx_int_t ngx_http_plaid_subrequest_anew(ngx_http_request_t *sr,
    ngx_http_plaid_subrequest_t *sub, ngx_http_upstream_t *u);
static ngx_int_t ngx_http_plaid_subrequest_filter(void *data, ssize_t bytes);
static ngx_int_t ngx_http_plaid_subrequest_gather(
    ngx_http_plaid_subrequest_t *sub, u_char *p, size_t len);
static ngx_int_t ngx_http_plaid_subrequest_room(
    ngx_http_plaid_subrequest_t *sub, size_t size);
static void ngx_http_plaid_subrequest_failed(ngx_http_plaid_subrequest_t *sub,
    ngx_int_t rc);
static void ngx_http_plaid_subrequest_replied(
    ngx_http_plaid_subrequest_t *sub);
static ngx_uint_t ngx_http_plaid_subrequest_is(ngx_table_elt_t *h,
    const char *name);


ngx_int_t
ngx_http_plaid_subrequest_header(ngx_http_request_t *sr)
{
    off_t                         length;
    ngx_int_t                     rc;
    ngx_http_upstream_t          *u;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);
    u = sr->upstream;

    do {
        rc = ngx_http_plaid_subrequest_parse(sub, u);

    } while (rc == NGX_OK && ngx_http_plaid_subrequest_interim(u)
             && (rc = ngx_http_plaid_subrequest_anew(sr, sub, u)) == NGX_OK);

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


/* the handler's own function replaces itself after the status line */

static ngx_int_t
ngx_http_plaid_subrequest_parse(ngx_http_plaid_subrequest_t *sub,
    ngx_http_upstream_t *u)
{
    ngx_int_t  rc;

    u->process_header = sub->process_header;

    rc = u->process_header(sub->request);

    sub->process_header = u->process_header;
    u->process_header = ngx_http_plaid_subrequest_header;

    return rc;
}


/* "100 Continue" and its kind, which old nginx takes for the reply */

static ngx_uint_t
ngx_http_plaid_subrequest_interim(ngx_http_upstream_t *u)
{
    return u->headers_in.status_n >= NGX_HTTP_CONTINUE
           && u->headers_in.status_n < NGX_HTTP_OK
           && u->headers_in.status_n != NGX_HTTP_SWITCHING_PROTOCOLS;
}


static ngx_int_t
ngx_http_plaid_subrequest_anew(ngx_http_request_t *sr,
    ngx_http_plaid_subrequest_t *sub, ngx_http_upstream_t *u)
{
    if (u->reinit_request(sr) != NGX_OK) {
        return NGX_ERROR;
    }

    sub->process_header = u->process_header;

    ngx_memzero(&u->headers_in, sizeof(ngx_http_upstream_headers_in_t));

    u->headers_in.content_length_n = -1;
    u->headers_in.last_modified_time = -1;

    if (ngx_list_init(&u->headers_in.headers, sr->pool, 8,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_list_init(&u->headers_in.trailers, sr->pool, 2,
                         sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
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

void
ngx_http_plaid_subrequest_finalize(ngx_http_request_t *sr, ngx_int_t rc)
{
#if (NGX_HTTP_SSL)
    ngx_connection_t             *c;
#endif
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

    if (u->request_sent) {
        ngx_plaid_stats_count(&sub->subcall->call->peer->stats,
                              u->peer.cached ? NGX_PLAID_STATS_REUSED
                                             : NGX_PLAID_STATS_OPENED);
    }

    /* before any log is written */

    if (sub->buf) {
        ngx_explicit_memzero(sub->buf->start, sub->buf->end - sub->buf->start);
    }

    if (u->buffer.start) {
        ngx_explicit_memzero(u->buffer.start,
                             u->buffer.end - u->buffer.start);
    }

#if (NGX_HTTP_SSL)

    /* where the request was gathered for TLS: with a connection it is kept */

    c = u->peer.connection;

    if (c && c->ssl && c->ssl->buf && c->ssl->buf->start) {
        ngx_explicit_memzero(c->ssl->buf->start,
                             c->ssl->buf->end - c->ssl->buf->start);
    }

#endif
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
