
/*
 * What the upstream of our subrequest gets from Plaid, or why it does
 * not.
 */


#include "ngx_http_plaid_subrequest_int.h"


static ngx_int_t ngx_http_plaid_subrequest_parse(
    ngx_http_plaid_subrequest_t *sub, ngx_http_upstream_t *u);
static ngx_uint_t ngx_http_plaid_subrequest_interim(ngx_http_upstream_t *u);
static ngx_int_t ngx_http_plaid_subrequest_anew(ngx_http_request_t *sr,
    ngx_http_plaid_subrequest_t *sub, ngx_http_upstream_t *u);
static ngx_int_t ngx_http_plaid_subrequest_filter(void *data, ssize_t bytes);
static void ngx_http_plaid_subrequest_failed(ngx_http_plaid_subrequest_t *sub,
    ngx_int_t rc);
static ngx_int_t ngx_http_plaid_subrequest_fields(
    ngx_http_plaid_subrequest_t *sub);


ngx_int_t
ngx_http_plaid_subrequest_header(ngx_http_request_t *sr)
{
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

    return ngx_http_plaid_subrequest_fields(sub);
}


static ngx_int_t
ngx_http_plaid_subrequest_fields(ngx_http_plaid_subrequest_t *sub)
{
    ngx_uint_t            i;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *h;
    ngx_plaid_call_t     *call;
    ngx_http_upstream_t  *u;

    call = sub->call;
    u = sub->request->upstream;

    ngx_plaid_call_head_init(call);

    part = &u->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_plaid_call_field(call, &h[i].key, &h[i].value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return (ngx_plaid_call_head(call, u->headers_in.status_n) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
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
            rc = ngx_plaid_call_collect(sub->call, b->pos,
                                        b->last - b->pos);
        }

        b->pos = b->last;
    }

    ngx_chain_update_chains(sr->pool, &u->free_bufs, &u->busy_bufs,
                            &u->out_bufs, u->output.tag);

    return (rc == NGX_OK) ? NGX_OK : NGX_ERROR;
}


/*
 * The only place where the upstream tells how it went: what comes of it
 * later may be a success though the reply was cut off.
 */

void
ngx_http_plaid_subrequest_finalize(ngx_http_request_t *sr, ngx_int_t rc)
{
    ngx_plaid_call_t             *call;
    ngx_http_upstream_t          *u;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);
    call = sub->call;
    u = sr->upstream;

    sub->finalize_request(sr, rc);

    /* before any log is written */

    if (sub->buf) {
        ngx_explicit_memzero(sub->buf->start, sub->buf->end - sub->buf->start);
    }

    if (u->buffer.start) {
        ngx_explicit_memzero(u->buffer.start,
                             u->buffer.end - u->buffer.start);
    }

    if (call == NULL) {
        return;
    }

    if (rc == NGX_OK) {
        ngx_plaid_call_done(call, u->peer.cached);

    } else {
        ngx_http_plaid_subrequest_failed(sub, rc);
    }

    if (u->request_sent) {
        ngx_plaid_stats_count(&call->peer->stats,
                              u->peer.cached ? NGX_PLAID_STATS_REUSED
                                             : NGX_PLAID_STATS_OPENED);
    }
}


static void
ngx_http_plaid_subrequest_failed(ngx_http_plaid_subrequest_t *sub,
    ngx_int_t rc)
{
    ngx_plaid_call_t     *call;
    ngx_connection_t     *c;
    ngx_http_upstream_t  *u;

    call = sub->call;
    u = sub->request->upstream;
    c = u->peer.connection;

    call->sent = (u->request_sent && (c == NULL || c->sent > 0));

    if (call->refused) {
        return;
    }

    if (sub->bad) {
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY,
                            "the reply is not valid HTTP");

    } else if (rc == NGX_HTTP_GATEWAY_TIME_OUT) {
        ngx_plaid_call_fail(call, call->sent ? NGX_PLAID_CALL_TIMEOUT
                                             : NGX_PLAID_CALL_CONNECT_TIMEOUT,
                            "the upstream timed out");

    } else if (call->sent) {
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_LOST,
                            "the upstream closed the connection");

    } else if (rc == NGX_HTTP_BAD_GATEWAY) {
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_CONNECT,
                            "the upstream cannot be reached");

    } else {
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_INTERNAL,
                            "the subrequest failed");
    }
}
