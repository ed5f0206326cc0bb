
/*
 * A call of Plaid for an app: begun, collected or streamed, ended.
 */


#include "ngx_http_plaid_pass.h"
#include "ngx_http_plaid_fetch.h"


static ngx_int_t ngx_http_plaid_pass_call_request(
    ngx_http_plaid_pass_ctx_t *ctx, ngx_plaid_fetch_t *f);
static void ngx_http_plaid_pass_call_suspend(ngx_http_plaid_pass_ctx_t *ctx);
static void ngx_http_plaid_pass_call_done(ngx_plaid_fetch_t *f);
static void ngx_http_plaid_pass_call_collected(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_plaid_fetch_t *f);
static void ngx_http_plaid_pass_call_failed(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_int_t rc);


void
ngx_http_plaid_pass_call(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_plaid_fetch_t   *f;
    ngx_http_request_t  *r;

    r = ctx->request;

    rc = ngx_http_plaid_fetch_create(r, ctx->client, NGX_PLAID_CLASS_PASS, &f);

    if (rc != NGX_OK) {
        ngx_http_plaid_pass_call_failed(ctx, rc);
        return;
    }

    f->timeout = ctx->conf->timeout;
    f->handler = ngx_http_plaid_pass_call_done;
    f->data = ctx;

    ngx_http_plaid_pass_reply_init(ctx);

    f->max_reply = ctx->conf->max_response;

    if (ctx->client->subrequest.len) {
        f->max_reply = ngx_min(f->max_reply, NGX_HTTP_PLAID_PASS_COLLECT);
    }

    if (ctx->sealed && ctx->known->reply) {
        f->max_reply = NGX_HTTP_PLAID_PASS_COLLECT;

    } else {
        f->sink = &ctx->sink;
    }

    rc = ngx_http_plaid_pass_call_request(ctx, f);

    if (rc == NGX_OK) {
        rc = ngx_plaid_fetch_start(f);
    }

    if (rc != NGX_OK) {
        ngx_plaid_fetch_destroy(f);
        ngx_http_plaid_pass_call_failed(ctx, rc);
        return;
    }

    ctx->fetch = f;

    ngx_http_plaid_pass_call_suspend(ctx);
}


static ngx_int_t
ngx_http_plaid_pass_call_request(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_plaid_fetch_t *f)
{
    f->request.path.data = ngx_pstrdup(f->pool, &ctx->path);
    if (f->request.path.data == NULL) {
        return NGX_ERROR;
    }

    f->request.path.len = ctx->path.len;

    ngx_str_set(&f->request.content_type, "application/json");

    return ngx_plaid_splice_write(&ctx->splice, f->pool, &f->request.body);
}


/* as in limit_req: a client that leaves is noticed */

static void
ngx_http_plaid_pass_call_suspend(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_event_t         *rev;
    ngx_http_request_t  *r;

    r = ctx->request;
    rev = r->connection->read;

    r->write_event_handler = ngx_http_request_empty_handler;
    r->read_event_handler = ngx_http_test_reading;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}


/* called from the event loop */

static void
ngx_http_plaid_pass_call_done(ngx_plaid_fetch_t *f)
{
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_plaid_pass_ctx_t  *ctx;

    ctx = f->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx->ended = 1;
    ctx->rc = f->rc;
    ctx->sent = f->sent && f->rc != NGX_PLAID_CALL_DONE
                && f->rc != NGX_PLAID_CALL_BAD_REPLY;
    ctx->shared->called = 1;
    ctx->shared->time = f->time;

    if (f->detail.len) {
        ctx->detail.data = ngx_pstrdup(r->pool, &f->detail);
        ctx->detail.len = ctx->detail.data ? f->detail.len : 0;
    }

    if (f->sink == NULL && f->rc == NGX_PLAID_CALL_DONE) {
        ngx_http_plaid_pass_call_collected(ctx, f);
    }

    ctx->fetch = NULL;
    ngx_plaid_fetch_destroy(f);

    ngx_http_plaid_pass_reply(ctx);

    ngx_http_run_posted_requests(c);
}


/* an answer with tokens, or an error; it goes on as if it were streamed */

static void
ngx_http_plaid_pass_call_collected(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_plaid_fetch_t *f)
{
    ngx_str_t  out;

    if (ctx->sink.header(ctx, &f->head) != NGX_OK) {
        ctx->rc = NGX_PLAID_CALL_BAD_REPLY;
        return;
    }

    out = f->body;

    if (f->head.status == NGX_HTTP_OK) {

        switch (ngx_http_plaid_pass_sealed(ctx, &f->body, &out)) {

        case NGX_OK:
            ctx->head.content_length_n = out.len;
            break;

        case NGX_ABORT:
            ctx->leaked = 1;
            return;

        case NGX_DECLINED:
            ctx->rc = NGX_PLAID_CALL_BAD_REPLY;
            return;

        default:
            ctx->rc = NGX_PLAID_CALL_INTERNAL;
            return;
        }
    }

    ngx_http_plaid_pass_reply_whole(ctx, &out);
}


static void
ngx_http_plaid_pass_call_failed(ngx_http_plaid_pass_ctx_t *ctx, ngx_int_t rc)
{
    ngx_http_plaid_pass_error_e  error;

    switch (rc) {

    case NGX_BUSY:
        error = NGX_HTTP_PLAID_PASS_BUSY;
        break;

    case NGX_DECLINED:
        error = NGX_HTTP_PLAID_PASS_UNAVAILABLE;
        break;

    default:
        error = NGX_HTTP_PLAID_PASS_FAILED;
        break;
    }

    ngx_http_finalize_request(ctx->request,
                              ngx_http_plaid_pass_answer_error(ctx, error));
}


void
ngx_http_plaid_pass_call_stop(ngx_http_plaid_pass_ctx_t *ctx)
{
    if (ctx->fetch) {
        ngx_plaid_fetch_destroy(ctx->fetch);
        ctx->fetch = NULL;
    }

    if (ctx->event.posted) {
        ngx_delete_posted_event(&ctx->event);
    }
}
