
/*
 * Faults on request.  Whatever waits does so by a timer, so a fault slows no
 * other request of the worker; a client that leaves ends its own.
 */


#include "ngx_http_plaid_sandbox.h"


/* how often a request that hangs looks whether the worker is to end */
#define NGX_HTTP_PLAID_SANDBOX_TICK    500

/* what an oversized reply is made of, sent again and again */
#define NGX_HTTP_PLAID_SANDBOX_PAD     16384


static ngx_int_t ngx_http_plaid_sandbox_act(ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_break(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_whole(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *body, ngx_str_t *type);
static ngx_int_t ngx_http_plaid_sandbox_retry_after(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_error(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_redirect(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_oversized(ngx_http_request_t *r,
    size_t size);
static ngx_int_t ngx_http_plaid_sandbox_reset(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_sandbox_drip(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_wait(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_http_plaid_sandbox_state_e state, ngx_msec_t delay);
static void ngx_http_plaid_sandbox_timer(ngx_event_t *ev);


ngx_int_t
ngx_http_plaid_sandbox_run(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    if (ctx->fault.kind != NGX_PLAID_SANDBOX_NO_FAULT || ctx->fault.latency) {
        (void) ngx_atomic_fetch_add(&ctx->call.store->sh->counters.faults, 1);
    }

    if (ctx->fault.latency) {
        return ngx_http_plaid_sandbox_wait(ctx,
                                           NGX_HTTP_PLAID_SANDBOX_LATENCY,
                                           ctx->fault.latency);
    }

    return ngx_http_plaid_sandbox_act(ctx);
}


static ngx_int_t
ngx_http_plaid_sandbox_act(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_str_t            half;
    ngx_uint_t           status;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (!ngx_plaid_sandbox_fault_processed(&ctx->fault)) {
        return ngx_http_plaid_sandbox_break(ctx);
    }

    status = ngx_http_plaid_sandbox_answer(ctx);
    if (status == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    switch (ctx->fault.kind) {

    case NGX_PLAID_SANDBOX_FAULT_LOST:

        if (ctx->fault.value == 0) {
            return NGX_HTTP_CLOSE;
        }

        return ngx_http_plaid_sandbox_wait(ctx, NGX_HTTP_PLAID_SANDBOX_HANG,
                                           ctx->fault.value);

    case NGX_PLAID_SANDBOX_FAULT_HALF:

        rc = ngx_http_plaid_sandbox_send_header(r, status, ctx->text.len,
                                                &ctx->type);

        if (rc == NGX_OK && !r->header_only) {
            half.data = ctx->text.data;
            half.len = ctx->text.len / 2;

            (void) ngx_http_plaid_sandbox_send_body(r, &half, 0);
        }

        return NGX_HTTP_CLOSE;

    case NGX_PLAID_SANDBOX_FAULT_DRIP:

        rc = ngx_http_plaid_sandbox_send_header(r, status, ctx->text.len,
                                                &ctx->type);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }

        return ngx_http_plaid_sandbox_wait(ctx, NGX_HTTP_PLAID_SANDBOX_DRIP,
                                           ctx->fault.value);

    default:
        return ngx_http_plaid_sandbox_whole(r, status, &ctx->text, &ctx->type);
    }
}


/* The faults that leave the call unprocessed. */

static ngx_int_t
ngx_http_plaid_sandbox_break(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_str_t                   body;
    ngx_http_request_t         *r;
    ngx_plaid_sandbox_fault_t  *fault;

    static ngx_str_t  garbage = ngx_string(
        "<html><head><title>502 Bad Gateway</title></head>" CRLF
        "<body>{\"access_token\": not quite JSON</body></html>" CRLF);

    r = ctx->request;
    fault = &ctx->fault;

    if (ctx->call.route
        && (ctx->call.route->flags & NGX_PLAID_SANDBOX_EXCHANGE))
    {
        ngx_plaid_sandbox_count(&ctx->call);
    }

    switch (fault->kind) {

    case NGX_PLAID_SANDBOX_FAULT_ERROR:
        return ngx_http_plaid_sandbox_error(ctx);

    case NGX_PLAID_SANDBOX_FAULT_RESET:
        return ngx_http_plaid_sandbox_reset(r);

    case NGX_PLAID_SANDBOX_FAULT_GARBAGE:
        return ngx_http_plaid_sandbox_whole(r, NGX_HTTP_OK, &garbage, NULL);

    case NGX_PLAID_SANDBOX_FAULT_OVERSIZED:
        return ngx_http_plaid_sandbox_oversized(r, fault->value);

    case NGX_PLAID_SANDBOX_FAULT_REDIRECT:
        return ngx_http_plaid_sandbox_redirect(ctx);

    case NGX_PLAID_SANDBOX_FAULT_HANG:
        return ngx_http_plaid_sandbox_wait(ctx, NGX_HTTP_PLAID_SANDBOX_HANG,
                                           fault->value);

    default: /* NGX_PLAID_SANDBOX_FAULT_STATUS */

        if (ngx_http_plaid_sandbox_retry_after(ctx) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_str_null(&body);

        return ngx_http_plaid_sandbox_whole(r, fault->value, &body, NULL);
    }
}


static ngx_int_t
ngx_http_plaid_sandbox_retry_after(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    u_char  *p;

    if (ctx->fault.retry_after == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(ctx->call.pool, NGX_INT_T_LEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(p, "%ui%Z", ctx->fault.retry_after);

    return ngx_http_plaid_sandbox_header(ctx->request, "Retry-After", p);
}


static ngx_int_t
ngx_http_plaid_sandbox_error(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_uint_t  status;

    if (ngx_http_plaid_sandbox_retry_after(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = ngx_http_plaid_sandbox_answer(ctx);
    if (status == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_plaid_sandbox_whole(ctx->request, status, &ctx->text,
                                        &ctx->type);
}


static ngx_int_t
ngx_http_plaid_sandbox_redirect(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_str_t  body;

    if (ngx_http_plaid_sandbox_header(ctx->request, "Location",
                                      ctx->fault.text)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_null(&body);

    return ngx_http_plaid_sandbox_whole(ctx->request,
                                        NGX_HTTP_MOVED_TEMPORARILY, &body,
                                        NULL);
}


/* A JSON object with one long string in it: {"padding":"xxx..."}. */

static ngx_int_t
ngx_http_plaid_sandbox_oversized(ngx_http_request_t *r, size_t size)
{
    size_t      n;
    ngx_int_t   rc;
    ngx_str_t   pad, part;

    static ngx_str_t  open = ngx_string("{\"padding\":\"");
    static ngx_str_t  close = ngx_string("\"}");

    pad.data = ngx_pnalloc(r->pool, NGX_HTTP_PLAID_SANDBOX_PAD);
    if (pad.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memset(pad.data, 'x', NGX_HTTP_PLAID_SANDBOX_PAD);

    rc = ngx_http_plaid_sandbox_send_header(r, NGX_HTTP_OK,
                                            open.len + size + close.len, NULL);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    rc = ngx_http_plaid_sandbox_send_body(r, &open, 0);

    for ( /* void */ ; size && rc != NGX_ERROR; size -= n) {
        n = ngx_min(size, NGX_HTTP_PLAID_SANDBOX_PAD);

        part.data = pad.data;
        part.len = n;

        rc = ngx_http_plaid_sandbox_send_body(r, &part, 0);
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_plaid_sandbox_send_body(r, &close, 1);
}


static ngx_int_t
ngx_http_plaid_sandbox_reset(ngx_http_request_t *r)
{
    struct linger  linger;

    /* RST instead of FIN; a stream of HTTP/2 is reset as it is */

    linger.l_onoff = 1;
    linger.l_linger = 0;

    if (
#if (NGX_HTTP_V2)
        r->stream == NULL &&
#endif
        setsockopt(r->connection->fd, SOL_SOCKET, SO_LINGER,
                   (const void *) &linger, sizeof(struct linger))
        == -1)
    {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_socket_errno,
                      "setsockopt(SO_LINGER) failed");
    }

    return NGX_HTTP_CLOSE;
}


static ngx_int_t
ngx_http_plaid_sandbox_whole(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body, ngx_str_t *type)
{
    ngx_int_t  rc;

    rc = ngx_http_plaid_sandbox_send_header(r, status, body->len, type);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_plaid_sandbox_send_body(r, body, 1);
}


static ngx_int_t
ngx_http_plaid_sandbox_drip(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  byte;

    byte.data = ctx->text.data++;
    byte.len = 1;

    ctx->text.len--;

    rc = ngx_http_plaid_sandbox_send_body(ctx->request, &byte,
                                          ctx->text.len == 0);

    if (rc == NGX_ERROR || ctx->text.len == 0) {
        return rc;
    }

    return ngx_http_plaid_sandbox_wait(ctx, NGX_HTTP_PLAID_SANDBOX_DRIP,
                                       ctx->fault.value);
}


static ngx_int_t
ngx_http_plaid_sandbox_wait(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_http_plaid_sandbox_state_e state, ngx_msec_t delay)
{
    ngx_event_t         *rev;
    ngx_http_request_t  *r;

    r = ctx->request;

    ctx->state = state;
    ctx->deadline = ngx_current_msec + delay;

    if (state == NGX_HTTP_PLAID_SANDBOX_HANG) {
        delay = ngx_min(delay, NGX_HTTP_PLAID_SANDBOX_TICK);
    }

    ctx->timer.handler = ngx_http_plaid_sandbox_timer;
    ctx->timer.data = ctx;
    ctx->timer.log = r->connection->log;

    /* a client that leaves ends its request */

    rev = r->connection->read;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_add_timer(&ctx->timer, delay);

    return NGX_BUSY;
}


static void
ngx_http_plaid_sandbox_timer(ngx_event_t *ev)
{
    ngx_int_t                      rc;
    ngx_connection_t              *c;
    ngx_http_request_t            *r;
    ngx_http_plaid_sandbox_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    switch (ctx->state) {

    case NGX_HTTP_PLAID_SANDBOX_LATENCY:
        rc = ngx_http_plaid_sandbox_act(ctx);
        break;

    case NGX_HTTP_PLAID_SANDBOX_DRIP:
        rc = ngx_http_plaid_sandbox_drip(ctx);
        break;

    default: /* NGX_HTTP_PLAID_SANDBOX_HANG */

        /* a worker that is to end does not wait for what is never to come */

        if (ngx_exiting || (ngx_msec_int_t) (ctx->deadline - ngx_current_msec)
                           <= 0)
        {
            rc = NGX_HTTP_CLOSE;
            break;
        }

        rc = ngx_http_plaid_sandbox_wait(ctx, NGX_HTTP_PLAID_SANDBOX_HANG,
                                      ctx->deadline - ngx_current_msec);
        break;
    }

    if (rc != NGX_BUSY) {
        r->read_event_handler = ngx_http_block_reading;
        ngx_http_finalize_request(r, rc);
    }

    ngx_http_run_posted_requests(c);
}


void
ngx_http_plaid_sandbox_stop(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }
}
