
/*
 * The bytes of an answer: taken from the call, looked at, and sent to the app
 * as fast as it takes them.
 */


#include "ngx_http_plaid_pass.h"


/* what is held back comes first in the next block */
#define NGX_HTTP_PLAID_PASS_SIZE_OF_BLOCK                                     \
    (NGX_PLAID_TRIPWIRE_HOLD + NGX_HTTP_PLAID_PASS_BLOCK)

/* so near to its end an answer has its request id: a name and 128 bytes */
#define NGX_HTTP_PLAID_PASS_TAIL      256


static ngx_int_t ngx_http_plaid_pass_reply_head(void *data,
    ngx_plaid_call_head_t *head);
static size_t ngx_http_plaid_pass_reply_body(void *data, u_char *p, size_t n);
static size_t ngx_http_plaid_pass_reply_room(ngx_http_plaid_pass_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_pass_reply_block(
    ngx_http_plaid_pass_ctx_t *ctx);
static void ngx_http_plaid_pass_reply_full(ngx_http_plaid_pass_ctx_t *ctx);
static void ngx_http_plaid_pass_reply_event(ngx_event_t *ev);
static void ngx_http_plaid_pass_reply_failed(ngx_http_plaid_pass_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_pass_reply_begin(
    ngx_http_plaid_pass_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_pass_reply_operator(
    ngx_http_plaid_pass_ctx_t *ctx);
static void ngx_http_plaid_pass_reply_id(ngx_http_plaid_pass_ctx_t *ctx,
    u_char *p, u_char *last);
static ngx_int_t ngx_http_plaid_pass_reply_last(
    ngx_http_plaid_pass_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_pass_reply_send(
    ngx_http_plaid_pass_ctx_t *ctx);
static void ngx_http_plaid_pass_reply_wait(ngx_http_plaid_pass_ctx_t *ctx);
static void ngx_http_plaid_pass_reply_writable(ngx_http_request_t *r);


void
ngx_http_plaid_pass_reply_init(ngx_http_plaid_pass_ctx_t *ctx)
{
    ctx->sink.header = ngx_http_plaid_pass_reply_head;
    ctx->sink.body = ngx_http_plaid_pass_reply_body;
    ctx->sink.data = ctx;

    ctx->event.data = &ctx->ident;
    ctx->event.handler = ngx_http_plaid_pass_reply_event;
    ctx->event.log = ngx_cycle->log;

    ctx->tripwire.tokens = ctx->tokens.elts;
    ctx->tripwire.ntokens = ctx->tokens.nelts;

    ngx_plaid_tripwire_init(&ctx->tripwire);
}


/* inside of libcurl: the head is copied, the rest comes with the event */

static ngx_int_t
ngx_http_plaid_pass_reply_head(void *data, ngx_plaid_call_head_t *head)
{
    ngx_http_plaid_pass_ctx_t *ctx = data;

    ngx_str_t   *from, *to;
    ngx_uint_t   i;

    static size_t  offsets[] = {
        offsetof(ngx_plaid_call_head_t, content_type),
        offsetof(ngx_plaid_call_head_t, content_disposition),
        offsetof(ngx_plaid_call_head_t, retry_after),
        offsetof(ngx_plaid_call_head_t, x_request_id),
        offsetof(ngx_plaid_call_head_t, plaid_request_id)
    };

    if ((head->status >= 300 && head->status < 400)
        || head->content_encoding.len)
    {
        ctx->refused = 1;
        return NGX_ERROR;
    }

    ctx->head.status = head->status;
    ctx->head.content_length_n = head->content_length_n;

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {

        from = (ngx_str_t *) ((char *) head + offsets[i]);
        to = (ngx_str_t *) ((char *) &ctx->head + offsets[i]);

        if (from->len == 0) {
            continue;
        }

        to->data = ngx_pstrdup(ctx->request->pool, from);
        if (to->data == NULL) {
            return NGX_ERROR;
        }

        to->len = from->len;
    }

    return NGX_OK;
}


static size_t
ngx_http_plaid_pass_reply_body(void *data, u_char *p, size_t n)
{
    ngx_http_plaid_pass_ctx_t *ctx = data;

    size_t      len, held, safe;
    ngx_buf_t  *b;
    ngx_uint_t  i;

    if (ngx_http_plaid_pass_reply_room(ctx) < n) {
        ctx->paused = 1;
        ngx_post_event(&ctx->event, &ngx_posted_events);
        return NGX_PLAID_CALL_PAUSE;
    }

    for (i = n; i; /* void */ ) {

        if (ctx->fill == NULL
            && ngx_http_plaid_pass_reply_block(ctx) != NGX_OK)
        {
            return 0;
        }

        b = ctx->fill->buf;

        len = ngx_min(i, (size_t) (b->end - b->last));
        held = b->last - ctx->safe;

        b->last = ngx_cpymem(b->last, p, len);
        p += len;
        i -= len;

        safe = held + len;

        if (ctx->sealed
            && ngx_plaid_tripwire_look(&ctx->tripwire, ctx->safe, held + len,
                                       held, 0, &safe)
               != NGX_OK)
        {
            ctx->leaked = 1;
            return 0;
        }

        ctx->safe += safe;

        if (b->last == b->end) {
            ngx_http_plaid_pass_reply_full(ctx);
        }
    }

    ctx->received += n;

    ngx_post_event(&ctx->event, &ngx_posted_events);

    return n;
}


/* a collected one, which may be larger than all blocks; it was looked at */

void
ngx_http_plaid_pass_reply_whole(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *body)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (body->len == 0) {
        return;
    }

    cl = ngx_alloc_chain_link(ctx->request->pool);
    b = ngx_create_temp_buf(ctx->request->pool, body->len);

    if (cl == NULL || b == NULL) {
        ctx->rc = NGX_PLAID_CALL_INTERNAL;
        return;
    }

    b->last = ngx_cpymem(b->last, body->data, body->len);

    cl->buf = b;
    cl->next = NULL;

    ngx_http_plaid_pass_reply_id(ctx, b->pos, b->last);

    ctx->ready = cl;
    ctx->received = body->len;
}


/* how many bytes are certain to find a place */

static size_t
ngx_http_plaid_pass_reply_room(ngx_http_plaid_pass_ctx_t *ctx)
{
    size_t        room;
    ngx_chain_t  *cl;

    room = (NGX_HTTP_PLAID_PASS_BLOCKS - ctx->nblocks)
           * NGX_HTTP_PLAID_PASS_BLOCK;

    for (cl = ctx->free; cl; cl = cl->next) {
        room += NGX_HTTP_PLAID_PASS_BLOCK;
    }

    if (ctx->fill) {
        room += ctx->fill->buf->end - ctx->fill->buf->last;
    }

    return room;
}


static ngx_int_t
ngx_http_plaid_pass_reply_block(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_buf_t    *b;
    ngx_pool_t   *pool;
    ngx_chain_t  *cl;

    cl = ctx->free;

    if (cl) {
        ctx->free = cl->next;
        b = cl->buf;

    } else {
        pool = ctx->request->pool;

        cl = ngx_alloc_chain_link(pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        b = ngx_create_temp_buf(pool, NGX_HTTP_PLAID_PASS_SIZE_OF_BLOCK);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->tag = (ngx_buf_tag_t) &ngx_http_plaid_pass_module;
        b->recycled = 1;

        cl->buf = b;
        ctx->nblocks++;
    }

    cl->next = NULL;

    b->pos = b->start;
    b->last = ngx_cpymem(b->start, ctx->hold, ctx->held);
    b->flush = 0;

    ctx->held = 0;
    ctx->safe = b->start;
    ctx->fill = cl;

    return NGX_OK;
}


/* What may be sent goes to the blocks that are ready, the rest is held. */

static void
ngx_http_plaid_pass_reply_full(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl, **ll;

    cl = ctx->fill;
    b = cl->buf;

    ctx->held = b->last - ctx->safe;
    ngx_memcpy(ctx->hold, ctx->safe, ctx->held);

    b->last = ctx->safe;

    ctx->fill = NULL;

    if (b->last == b->pos) {
        cl->next = ctx->free;
        ctx->free = cl;
        return;
    }

    for (ll = &ctx->ready; *ll; ll = &(*ll)->next) { /* void */ }

    *ll = cl;
}


static void
ngx_http_plaid_pass_reply_event(ngx_event_t *ev)
{
    ngx_plaid_ident_t          *ident;
    ngx_connection_t           *c;
    ngx_http_plaid_pass_ctx_t  *ctx;

    ident = ev->data;

    ctx = (ngx_http_plaid_pass_ctx_t *)
              ((char *) ident - offsetof(ngx_http_plaid_pass_ctx_t, ident));

    c = ctx->request->connection;

    ngx_http_set_log_request(c->log, ctx->request);

    ngx_http_plaid_pass_reply(ctx);

    ngx_http_run_posted_requests(c);
}


void
ngx_http_plaid_pass_reply(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->leaked || (ctx->ended && ctx->rc != NGX_PLAID_CALL_DONE)) {
        ngx_http_plaid_pass_reply_failed(ctx);
        return;
    }

    if (!ctx->started) {

        if (!ctx->ended && !ctx->paused
            && ctx->received < NGX_HTTP_PLAID_PASS_HOLD)
        {
            return;
        }

        rc = ngx_http_plaid_pass_reply_begin(ctx);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            ngx_http_finalize_request(r, rc);
            return;
        }
    }

    rc = ngx_http_plaid_pass_reply_send(ctx);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (ctx->ended) {
        ctx->done = 1;
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (ctx->paused
        && ngx_http_plaid_pass_reply_room(ctx) >= NGX_PLAID_CALL_PIECE)
    {
        ctx->paused = 0;
        ngx_plaid_fetch_resume(ctx->fetch);
    }

    ngx_http_plaid_pass_reply_wait(ctx);
}


/*
 * Nothing was sent: an error is the answer.  Else the connection is cut, for
 * the app to see that something is missing.
 */

static void
ngx_http_plaid_pass_reply_failed(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_http_request_t           *r;
    ngx_http_plaid_pass_error_e   error;

    r = ctx->request;

    /* what may still come has no taker */
    ngx_http_plaid_pass_call_stop(ctx);

    if (ctx->leaked) {
        ctx->sent = 0;

        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "plaid_pass: an access token where none belongs in the "
                      "reply to \"%V\", client \"%V\"", &ctx->path,
                      &ctx->client->name);
        error = NGX_HTTP_PLAID_PASS_LEAK;

    } else {
        switch (ctx->rc) {

        case NGX_PLAID_CALL_TIMEOUT:
        case NGX_PLAID_CALL_CONNECT_TIMEOUT:
            error = NGX_HTTP_PLAID_PASS_LATE;
            break;

        case NGX_PLAID_CALL_INTERNAL:
            error = NGX_HTTP_PLAID_PASS_FAILED;
            break;

        default:
            error = NGX_HTTP_PLAID_PASS_UPSTREAM;
            break;
        }
    }

    if (!ctx->started) {
        ngx_http_finalize_request(r,
                              ngx_http_plaid_pass_answer_error(ctx, error));
        return;
    }

    ctx->shared->result.status = NGX_PLAID_FAILED;

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "plaid_pass: answer cut after %uz bytes%s%V%s, "
                  "client \"%V\"", ctx->received,
                  ctx->detail.len ? " (" : "", &ctx->detail,
                  ctx->detail.len ? ")" : "", &ctx->client->name);

    ngx_http_finalize_request(r, NGX_ERROR);
}


static ngx_int_t
ngx_http_plaid_pass_reply_begin(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_str_t               store;
    ngx_http_request_t     *r;
    ngx_plaid_call_head_t  *head;

    r = ctx->request;
    head = &ctx->head;

    ctx->started = 1;

    ngx_str_set(&store, "no-store");

    if (ngx_http_plaid_pass_answer_header(r, "Cache-Control", &store)
        != NGX_OK
        || (head->content_disposition.len
            && ngx_http_plaid_pass_answer_header(r, "Content-Disposition",
                                                 &head->content_disposition)
               != NGX_OK)
        || (head->retry_after.len
            && ngx_http_plaid_pass_answer_header(r, "Retry-After",
                                                 &head->retry_after)
               != NGX_OK)
        || (head->x_request_id.len
            && ngx_http_plaid_pass_answer_header(r, "X-Request-Id",
                                                 &head->x_request_id)
               != NGX_OK)
        || (head->plaid_request_id.len
            && ngx_http_plaid_pass_answer_header(r, "Plaid-Request-Id",
                                                 &head->plaid_request_id)
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = head->status;
    r->headers_out.content_length_n = head->content_length_n;
    r->headers_out.content_type = head->content_type;
    r->headers_out.content_type_len = head->content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    ctx->shared->result.status = NGX_PLAID_PASSED;
    ctx->shared->result.reply_status = head->status;

    if (head->plaid_request_id.len) {
        ctx->shared->result.request_id = head->plaid_request_id;

    } else if (head->x_request_id.len) {
        ctx->shared->result.request_id = head->x_request_id;
    }

    if (head->status >= 400 && ngx_http_plaid_pass_reply_operator(ctx)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "plaid_pass: Plaid refuses the keys or products of "
                      "client \"%V\", status %ui, request id \"%V\"",
                      &ctx->client->name, head->status,
                      &ctx->shared->result.request_id);
    }

    return ngx_http_send_header(r);
}


/* an error of Plaid's that only the operator can do something about */

static ngx_uint_t
ngx_http_plaid_pass_reply_operator(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ctx->ready ? ctx->ready : ctx->fill;

    if (cl == NULL) {
        return 0;
    }

    b = cl->buf;

    return memmem(b->pos, b->last - b->pos, "\"INVALID_API_KEYS\"", 18)
           || memmem(b->pos, b->last - b->pos, "\"UNAUTHORIZED_", 14);
}


/* for the access log: Plaid's answers of JSON end with it */

static void
ngx_http_plaid_pass_reply_id(ngx_http_plaid_pass_ctx_t *ctx, u_char *p,
    u_char *last)
{
    u_char     *id;
    ngx_str_t  *to;

    static const char  name[] = "\"request_id\":\"";

    to = &ctx->shared->result.request_id;

    if (to->len) {
        return;
    }

    if (last - p > NGX_HTTP_PLAID_PASS_TAIL) {
        p = last - NGX_HTTP_PLAID_PASS_TAIL;
    }

    p = memmem(p, last - p, name, sizeof(name) - 1);
    if (p == NULL) {
        return;
    }

    p += sizeof(name) - 1;

    for (id = p; p < last; p++) {
        if ((*p < '0' || *p > '9') && (*p < 'A' || *p > 'Z')
            && (*p < 'a' || *p > 'z') && *p != '_' && *p != '-')
        {
            break;
        }
    }

    if (p == id || p - id > NGX_PLAID_ID_MAX) {
        return;
    }

    to->data = ngx_pnalloc(ctx->request->pool, p - id);

    if (to->data) {
        to->len = p - id;
        ngx_memcpy(to->data, id, to->len);
    }
}


/* the end of the answer: what is held back is no token any more */

static ngx_int_t
ngx_http_plaid_pass_reply_last(ngx_http_plaid_pass_ctx_t *ctx)
{
    size_t      safe;
    ngx_buf_t  *b;

    if (ctx->fill == NULL) {

        if (ctx->held == 0) {
            return NGX_OK;
        }

        if (ngx_http_plaid_pass_reply_block(ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    b = ctx->fill->buf;

    if (ctx->sealed
        && ngx_plaid_tripwire_look(&ctx->tripwire, ctx->safe,
                                   b->last - ctx->safe, b->last - ctx->safe,
                                   1, &safe)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->safe = b->last;

    ngx_http_plaid_pass_reply_id(ctx, b->pos, b->last);
    ngx_http_plaid_pass_reply_full(ctx);

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_pass_reply_send(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t         *out, *cl, **ll;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->ended) {

        if (ngx_http_plaid_pass_reply_last(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (ctx->fill && ctx->safe > ctx->fill->buf->pos) {
        ngx_http_plaid_pass_reply_full(ctx);
    }

    out = ctx->ready;
    ctx->ready = NULL;

    for (ll = &out, b = NULL; *ll; ll = &(*ll)->next) {
        b = (*ll)->buf;
    }

    if (b) {
        b->flush = 1;
    }

    if (ctx->ended) {

        cl = ngx_alloc_chain_link(r->pool);
        b = ngx_calloc_buf(r->pool);

        if (cl == NULL || b == NULL) {
            return NGX_ERROR;
        }

        b->last_buf = 1;
        cl->buf = b;
        cl->next = NULL;
        *ll = cl;
    }

    if (out == NULL && ctx->busy == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_output_filter(r, out);

    ngx_chain_update_chains(r->pool, &ctx->free, &ctx->busy, &out,
                            (ngx_buf_tag_t) &ngx_http_plaid_pass_module);

    return rc;
}


/* for the app to take more, if it has not taken all */

static void
ngx_http_plaid_pass_reply_wait(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = ctx->request;
    wev = r->connection->write;

    if (ctx->busy == NULL) {

        r->write_event_handler = ngx_http_request_empty_handler;

        if (wev->timer_set) {
            ngx_del_timer(wev);
        }

        return;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    r->write_event_handler = ngx_http_plaid_pass_reply_writable;

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


static void
ngx_http_plaid_pass_reply_writable(ngx_http_request_t *r)
{
    ngx_event_t                *wev;
    ngx_http_plaid_pass_ctx_t  *ctx;

    wev = r->connection->write;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, NGX_ETIMEDOUT,
                      "client timed out");
        r->connection->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_plaid_pass_module);

    ngx_http_plaid_pass_reply(ctx);
}
