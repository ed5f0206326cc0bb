
/*
 * The public tokens of a webhook: each is exchanged as a posted one is, and
 * their outcomes make one list each.
 */


#include "ngx_http_plaid_webhook.h"
#include "ngx_http_plaid_exchange.h"


/* one token; its context is not the request's */

typedef struct {
    ngx_http_plaid_ctx_t            ctx;         /* must be first */
    ngx_http_plaid_batch_t         *batch;
} ngx_http_plaid_batch_token_t;


struct ngx_http_plaid_batch_s {
    ngx_http_plaid_webhook_ctx_t   *webhook;
    ngx_http_plaid_batch_token_t   *tokens;
    ngx_uint_t                      n;
    ngx_uint_t                      pending;     /* of them */
    ngx_msec_t                      began;
};


static ngx_http_plaid_batch_t *ngx_http_plaid_batch_create(
    ngx_http_plaid_webhook_ctx_t *webhook);
static void ngx_http_plaid_batch_begin(ngx_http_plaid_batch_t *batch,
    ngx_uint_t i);
static void ngx_http_plaid_batch_done(ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_batch_conclude(ngx_http_plaid_batch_t *batch);
static ngx_uint_t ngx_http_plaid_batch_final(ngx_http_plaid_batch_t *batch,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_batch_lists(ngx_http_plaid_batch_t *batch);


void
ngx_http_plaid_batch(ngx_http_plaid_webhook_ctx_t *webhook)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_http_plaid_batch_t     *batch;
    ngx_http_plaid_loc_conf_t  *plcf;

    plcf = webhook->wlcf->exchange;

    if (webhook->body.ntokens == 0 || plcf == NULL) {
        ngx_http_plaid_webhook_settle(webhook, NGX_PLAID_WEBHOOK_VERIFIED);
        return;
    }

    rc = ngx_http_plaid_conf_condition(webhook->request, plcf);

    if (rc != NGX_OK) {
        ngx_http_plaid_webhook_settle(webhook, (rc == NGX_DECLINED)
                                               ? NGX_PLAID_WEBHOOK_VERIFIED
                                               : NGX_PLAID_WEBHOOK_INTERNAL);
        return;
    }

    batch = ngx_http_plaid_batch_create(webhook);

    if (batch == NULL) {
        ngx_http_plaid_webhook_settle(webhook, NGX_PLAID_WEBHOOK_INTERNAL);
        return;
    }

    webhook->batch = batch;
    webhook->state = NGX_HTTP_PLAID_WEBHOOK_EXCHANGING;

    for (i = 0; i < batch->n; i++) {
        ngx_http_plaid_batch_begin(batch, i);
    }

    if (batch->pending == 0) {
        ngx_http_plaid_batch_conclude(batch);
    }
}


/* chained to the request's context, which wipes and delivers all of them */

static ngx_http_plaid_batch_t *
ngx_http_plaid_batch_create(ngx_http_plaid_webhook_ctx_t *webhook)
{
    ngx_uint_t               i;
    ngx_http_request_t      *r;
    ngx_http_plaid_ctx_t    *ctx, **last;
    ngx_http_plaid_batch_t  *batch;

    r = webhook->request;

    batch = ngx_pcalloc(r->pool, sizeof(ngx_http_plaid_batch_t));
    if (batch == NULL) {
        return NULL;
    }

    batch->webhook = webhook;
    batch->n = webhook->body.ntokens;
    batch->began = ngx_current_msec;

    batch->tokens = ngx_pcalloc(r->pool,
                                batch->n
                                * sizeof(ngx_http_plaid_batch_token_t));
    if (batch->tokens == NULL) {
        return NULL;
    }

    last = &ngx_http_plaid_ctx(r)->next;

    for (i = 0; i < batch->n; i++) {
        ctx = &batch->tokens[i].ctx;

        ctx->request = r;
        ctx->plcf = webhook->wlcf->exchange;
        ctx->client = webhook->wlcf->use->client;
        ctx->token = webhook->body.tokens[i];
        ctx->done = ngx_http_plaid_batch_done;
        ctx->kind = NGX_PLAID_STORE_WEBHOOK;
        ctx->any = 1;

        /* wiped with the context from now on */
        ngx_str_null(&webhook->body.tokens[i]);

        batch->tokens[i].batch = batch;

        *last = ctx;
        last = &ctx->next;
    }

    return batch;
}


static void
ngx_http_plaid_batch_begin(ngx_http_plaid_batch_t *batch, ngx_uint_t i)
{
    ngx_http_plaid_ctx_t  *ctx;

    ctx = &batch->tokens[i].ctx;

    ngx_http_plaid_exchange_token(ctx->request, ctx);

    if (ctx->state != NGX_HTTP_PLAID_DONE) {
        batch->pending++;
    }
}


static void
ngx_http_plaid_batch_done(ngx_http_plaid_ctx_t *ctx)
{
    ngx_http_plaid_batch_t        *batch;
    ngx_http_plaid_webhook_ctx_t  *webhook;

    batch = ((ngx_http_plaid_batch_token_t *) ctx)->batch;
    webhook = batch->webhook;

    batch->pending--;

    if (webhook->state != NGX_HTTP_PLAID_WEBHOOK_EXCHANGING) {
        /* Plaid was answered meanwhile, and will find this in the store */
        return;
    }

    if (batch->pending == 0) {
        ngx_http_plaid_batch_conclude(batch);
        ngx_http_plaid_webhook_resume(webhook);
    }
}


static void
ngx_http_plaid_batch_conclude(ngx_http_plaid_batch_t *batch)
{
    ngx_uint_t           i;
    ngx_plaid_webhook_e  verdict;

    verdict = NGX_PLAID_WEBHOOK_VERIFIED;

    for (i = 0; i < batch->n; i++) {
        if (!ngx_http_plaid_batch_final(batch, &batch->tokens[i].ctx)) {
            verdict = NGX_PLAID_WEBHOOK_EXCHANGE_PENDING;
        }
    }

    if (verdict == NGX_PLAID_WEBHOOK_VERIFIED
        && ngx_http_plaid_batch_lists(batch) != NGX_OK)
    {
        verdict = NGX_PLAID_WEBHOOK_INTERNAL;
    }

    ngx_http_plaid_webhook_settle(batch->webhook, verdict);
}


/* 0: another try may end otherwise */

static ngx_uint_t
ngx_http_plaid_batch_final(ngx_http_plaid_batch_t *batch,
    ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t  *token;

    switch (ctx->result.cause) {

    case NGX_PLAID_CAUSE_NONE:

        /* a comma would be the list's */

        token = &ctx->result.access_token;

        return batch->n == 1
               || ngx_strlchr(token->data, token->data + token->len, ',')
                  == NULL;

    case NGX_PLAID_CAUSE_TOKEN:
    case NGX_PLAID_CAUSE_INPUT:
        return 1;

    case NGX_PLAID_CAUSE_LOST:
        return ctx->settled;

    default:
        return 0;
    }
}


/* the result of the request is made of lists */

static ngx_int_t
ngx_http_plaid_batch_lists(ngx_http_plaid_batch_t *batch)
{
    ngx_uint_t             i, failed;
    ngx_plaid_result_t    *res;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(batch->webhook->request);
    res = &ctx->result;

    failed = 0;

    for (i = 0; i < batch->n; i++) {
        failed += (batch->tokens[i].ctx.result.cause != NGX_PLAID_CAUSE_NONE);
    }

    res->status = (failed == batch->n) ? NGX_PLAID_REJECTED
                                       : NGX_PLAID_EXCHANGED;

    ctx->called = 1;
    ctx->time = ngx_current_msec - batch->began;

    if (ngx_http_plaid_ctx_list(ctx, NGX_HTTP_PLAID_CTX_STATUS,
                                &ctx->statuses)
        != NGX_OK
        || ngx_http_plaid_ctx_list(ctx,
                                 offsetof(ngx_plaid_result_t, access_token),
                                 &res->access_token)
           != NGX_OK
        || ngx_http_plaid_ctx_list(ctx, offsetof(ngx_plaid_result_t, item_id),
                                   &res->item_id)
           != NGX_OK
        || ngx_http_plaid_ctx_list(ctx,
                                   offsetof(ngx_plaid_result_t, request_id),
                                   &res->request_id)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (failed == 0) {
        return NGX_OK;
    }

    return ngx_http_plaid_ctx_list(ctx,
                                   offsetof(ngx_plaid_result_t, error_code),
                                   &res->error_code);
}


void
ngx_http_plaid_batch_leave(ngx_http_plaid_batch_t *batch)
{
    ngx_uint_t  i;

    for (i = 0; i < batch->n; i++) {
        ngx_http_plaid_exchange_release(&batch->tokens[i].ctx);
    }
}
