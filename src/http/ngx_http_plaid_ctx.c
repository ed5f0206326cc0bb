
/*
 * The context of a request: made once, found after redirects, finished once.
 */


#include "ngx_http_plaid_ctx.h"
#include "ngx_http_plaid_request.h"


static void ngx_http_plaid_ctx_cleanup(void *data);
static ngx_str_t *ngx_http_plaid_ctx_element(ngx_http_plaid_ctx_t *ctx,
    size_t offset);
static ngx_uint_t ngx_http_plaid_ctx_log_level(ngx_plaid_cause_e cause);
static void ngx_http_plaid_ctx_line(ngx_uint_t level, ngx_log_t *log,
    ngx_http_plaid_client_t *client, ngx_plaid_result_t *res,
    ngx_msec_t time);


ngx_http_plaid_ctx_t *
ngx_http_plaid_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t    *cln;
    ngx_http_plaid_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_plaid_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /*
     * an internal redirect and a response replaced by a filter
     * clear the contexts, but not the cleanup handlers
     */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_plaid_ctx_cleanup) {
            ctx = cln->data;
            ngx_http_set_ctx(r, ctx, ngx_http_plaid_module);
            return ctx;
        }
    }

    return NULL;
}


ngx_http_plaid_ctx_t *
ngx_http_plaid_ctx_create(ngx_http_request_t *r, ngx_http_cleanup_pt cleanup)
{
    ngx_http_cleanup_t    *rcln;
    ngx_pool_cleanup_t    *cln;
    ngx_http_plaid_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_plaid_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_plaid_ctx_t));

    rcln = ngx_http_cleanup_add(r, 0);
    if (rcln == NULL) {
        return NULL;
    }

    /* runs on a termination at once, and before any log is written */

    rcln->handler = cleanup;
    rcln->data = ctx;

    cln->handler = ngx_http_plaid_ctx_cleanup;

    ctx->request = r;
    ngx_http_set_ctx(r, ctx, ngx_http_plaid_module);

    return ctx;
}


/* marks the context for ngx_http_plaid_ctx(); the log needed it until now */

static void
ngx_http_plaid_ctx_cleanup(void *data)
{
    ngx_http_plaid_ctx_t *ctx = data;

    ngx_plaid_result_wipe(&ctx->result);
}


void
ngx_http_plaid_ctx_finish(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_cause_e cause)
{
    ngx_uint_t  level;

    ctx->state = NGX_HTTP_PLAID_DONE;

    ngx_plaid_wipe(&ctx->token);
    ngx_plaid_seal_wipe(&ctx->seal);

    if (cause == NGX_PLAID_CAUSE_NONE) {
        ngx_plaid_stats_result(&ctx->client->peer.stats, &ctx->result);
        return;
    }

    ngx_plaid_result_wipe(&ctx->result);
    ngx_plaid_result_fail(&ctx->result, cause);

    ngx_plaid_stats_result(&ctx->client->peer.stats, &ctx->result);

    level = ngx_http_plaid_ctx_log_level(cause);

    if (ctx->done && level == NGX_LOG_WARN
        && cause != NGX_PLAID_CAUSE_RATE_LIMIT)
    {
        /* webhooks repeat tokens that are used up: nothing is wrong */
        level = NGX_LOG_INFO;
    }

    if (level == NGX_LOG_WARN && cause != NGX_PLAID_CAUSE_RATE_LIMIT) {

        /* anybody may post bad tokens: one line a second is enough */

        if (ctx->client->warned == ngx_time()) {
            level = NGX_LOG_INFO;
        }

        ctx->client->warned = ngx_time();
    }

    ngx_http_plaid_ctx_line(level, r->connection->log, ctx->client,
                            &ctx->result, ctx->time);
}


void
ngx_http_plaid_ctx_resume(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    if (ngx_http_plaid_ctx_check_client(r) != NGX_OK) {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    if (ngx_http_post_request(r, NULL) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    /* we are not below one of the client's events: nobody else runs them */

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_plaid_ctx_list(ngx_http_plaid_ctx_t *ctx, size_t offset,
    ngx_str_t *list)
{
    u_char                *p;
    size_t                 len;
    ngx_str_t             *s;
    ngx_uint_t             single;
    ngx_http_plaid_ctx_t  *one;

    len = 0;

    for (one = ctx->next; one; one = one->next) {
        len += ngx_http_plaid_ctx_element(one, offset)->len + 1;
    }

    p = ngx_pnalloc(ctx->request->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    list->data = p;

    single = (ctx->next->next == NULL);

    for (one = ctx->next; one; one = one->next) {

        s = ngx_http_plaid_ctx_element(one, offset);

        if (s->len
            && (single || ngx_strlchr(s->data, s->data + s->len, ',') == NULL))
        {
            p = ngx_cpymem(p, s->data, s->len);
        }

        if (one->next) {
            *p++ = ',';
        }
    }

    list->len = p - list->data;

    return NGX_OK;
}


static ngx_str_t *
ngx_http_plaid_ctx_element(ngx_http_plaid_ctx_t *ctx, size_t offset)
{
    if (offset == NGX_HTTP_PLAID_CTX_STATUS) {
        return ngx_plaid_status_text(ctx->result.status);
    }

    return (ngx_str_t *) ((char *) &ctx->result + offset);
}


ngx_int_t
ngx_http_plaid_ctx_check_client(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    if (!ngx_http_plaid_request_aborted(r)) {
        return NGX_OK;
    }

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
    ngx_http_run_posted_requests(c);

    return NGX_DECLINED;
}


void
ngx_http_plaid_ctx_done(ngx_http_plaid_ctx_t *ctx)
{
    if (ctx->done) {
        ctx->done(ctx);
        return;
    }

    ngx_http_plaid_ctx_resume(ctx->request);
}


void
ngx_http_plaid_ctx_log(ngx_log_t *log, ngx_http_plaid_client_t *client,
    ngx_plaid_result_t *res, ngx_msec_t time)
{
    ngx_http_plaid_ctx_line(ngx_http_plaid_ctx_log_level(res->cause), log,
                            client, res, time);
}


static void
ngx_http_plaid_ctx_line(ngx_uint_t level, ngx_log_t *log,
    ngx_http_plaid_client_t *client, ngx_plaid_result_t *res, ngx_msec_t time)
{
    ngx_log_error(level, log, 0,
                  "plaid exchange %V: %V%s%V%s, client \"%V\", "
                  "environment \"%V\", status %ui, error \"%V/%V\", "
                  "request id \"%V\", time %T.%03M",
                  ngx_plaid_status_text(res->status),
                  ngx_plaid_cause_text(res->cause),
                  res->detail.len ? " (" : "", &res->detail,
                  res->detail.len ? ")" : "",
                  &client->name, &client->environment,
                  ngx_plaid_result_answer(res),
                  &res->error_type, &res->error_code, &res->request_id,
                  (time_t) time / 1000, time % 1000);
}


/* nginx's default level shows what an operator can do something about */

static ngx_uint_t
ngx_http_plaid_ctx_log_level(ngx_plaid_cause_e cause)
{
    switch (cause) {

    case NGX_PLAID_CAUSE_MISSING:
    case NGX_PLAID_CAUSE_BODY:
    case NGX_PLAID_CAUSE_TYPE:
    case NGX_PLAID_CAUSE_SIZE:
    case NGX_PLAID_CAUSE_REFUSED:
        return NGX_LOG_INFO;

    case NGX_PLAID_CAUSE_TOKEN:
    case NGX_PLAID_CAUSE_INPUT:
    case NGX_PLAID_CAUSE_RATE_LIMIT:
        return NGX_LOG_WARN;

    default:
        return NGX_LOG_ERR;
    }
}
