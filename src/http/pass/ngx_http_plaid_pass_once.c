
/*
 * One-time calls: answered from the replay store, or asked once for all.
 */


#include "ngx_http_plaid_pass.h"
#include "ngx_http_plaid_exchange.h"
#include "ngx_plaid_token.h"


static ngx_int_t ngx_http_plaid_pass_once_token(
    ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *token);
static void ngx_http_plaid_pass_once_done(ngx_http_plaid_ctx_t *shared);
static void ngx_http_plaid_pass_once_answer(ngx_http_plaid_pass_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_pass_once_success(
    ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *json);
static u_char *ngx_http_plaid_pass_once_member(u_char *p, char *name,
    ngx_str_t *value);
static ngx_int_t ngx_http_plaid_pass_once_refused(
    ngx_http_plaid_pass_ctx_t *ctx);


ngx_uint_t
ngx_http_plaid_pass_once(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_str_t              token;
    ngx_http_request_t    *r;
    ngx_http_plaid_ctx_t  *shared;

    if (ctx->known != &ngx_http_plaid_pass_paths_exchange
        || ngx_http_plaid_pass_once_token(ctx, &token) != NGX_OK)
    {
        return 0;
    }

    r = ctx->request;
    shared = ctx->shared;

    /* found under any bind value: the app is behind all of them */

    shared->token = token;
    shared->state = NGX_HTTP_PLAID_READING;
    shared->done = ngx_http_plaid_pass_once_done;
    shared->kind = NGX_PLAID_STORE_PASS;
    shared->any = 1;
    shared->scope = ctx->scope;
    shared->scoped = ctx->sealed;

    ctx->once = 1;

    ngx_http_plaid_exchange_begin(r, shared);

    if (shared->state == NGX_HTTP_PLAID_DONE) {
        ngx_http_plaid_pass_once_answer(ctx);
        return 1;
    }

    ngx_http_plaid_exchange_suspend(r);

    return 1;
}


/* a copy, as it is wiped with the exchange; anything odd is Plaid's to say */

static ngx_int_t
ngx_http_plaid_pass_once_token(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *token)
{
    ngx_uint_t               i;
    ngx_plaid_splice_hit_t  *hit;

    hit = ctx->splice.hits.elts;

    for (i = 0; i < ctx->splice.hits.nelts; i++) {

        if (hit[i].place != NGX_HTTP_PLAID_PASS_KEYS
            || ngx_plaid_token_check(&hit[i].value) != NGX_OK)
        {
            continue;
        }

        token->data = ngx_pstrdup(ctx->request->pool, &hit[i].value);
        if (token->data == NULL) {
            return NGX_ERROR;
        }

        token->len = hit[i].value.len;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* called from the event loop */

static void
ngx_http_plaid_pass_once_done(ngx_http_plaid_ctx_t *shared)
{
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_plaid_pass_ctx_t  *ctx;

    r = shared->request;
    c = r->connection;

    ctx = ngx_http_get_module_ctx(r, ngx_http_plaid_pass_module);

    ngx_http_set_log_request(c->log, r);

    ngx_http_plaid_pass_once_answer(ctx);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_plaid_pass_once_answer(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_str_t            json;
    ngx_plaid_result_t  *res;

    res = &ctx->shared->result;

    if (res->access_token.len) {

        rc = ngx_http_plaid_pass_once_success(ctx, &json);

        rc = (rc == NGX_OK)
             ? ngx_http_plaid_pass_answer_json(ctx, NGX_HTTP_OK, &json)
             : ngx_http_plaid_pass_answer_error(ctx,
                                                NGX_HTTP_PLAID_PASS_FAILED);

    } else {
        rc = ngx_http_plaid_pass_once_refused(ctx);
    }

    ngx_http_finalize_request(ctx->request, rc);
}


/* always built from the record: all callers get the same bytes */

static ngx_int_t
ngx_http_plaid_pass_once_success(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *json)
{
    u_char              *p;
    ngx_str_t            token;
    ngx_plaid_result_t  *res;
    ngx_http_request_t  *r;

    r = ctx->request;
    res = &ctx->shared->result;

    token = res->access_token;

    if (ctx->sealed
        && ngx_http_plaid_seal_token(r, r->pool, &ctx->scope,
                                     &res->access_token, &res->item_id, &token)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, sizeof("{\"access_token\":\"\",\"item_id\":\"\","
                                    "\"request_id\":\"\"}\n")
                             + 2 * (token.len + res->item_id.len
                                    + res->request_id.len));
    if (p == NULL) {
        return NGX_ERROR;
    }

    json->data = p;

    p = ngx_cpymem(p, "{\"access_token\":\"",
                   sizeof("{\"access_token\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, token.data, token.len);
    p = ngx_cpymem(p, "\",\"item_id\":\"", sizeof("\",\"item_id\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, res->item_id.data, res->item_id.len);
    p = ngx_cpymem(p, "\",\"request_id\":\"",
                   sizeof("\",\"request_id\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, res->request_id.data,
                                   res->request_id.len);
    p = ngx_cpymem(p, "\"}\n", sizeof("\"}\n") - 1);

    json->len = p - json->data;

    return NGX_OK;
}


static u_char *
ngx_http_plaid_pass_once_member(u_char *p, char *name, ngx_str_t *value)
{
    p = ngx_cpymem(p, name, ngx_strlen(name));

    if (value->len == 0) {
        return ngx_cpymem(p, "null", sizeof("null") - 1);
    }

    *p++ = '"';
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    *p++ = '"';

    return p;
}


/* Plaid's own answer as far as the record has it, or our own error */

static ngx_int_t
ngx_http_plaid_pass_once_refused(ngx_http_plaid_pass_ctx_t *ctx)
{
    u_char                       *p;
    size_t                        len;
    ngx_str_t                     json, wait;
    ngx_uint_t                    status;
    ngx_plaid_result_t           *res;
    ngx_http_request_t           *r;
    ngx_http_plaid_pass_error_e   error;

    r = ctx->request;
    res = &ctx->shared->result;

    switch (res->cause) {

    case NGX_PLAID_CAUSE_INPUT:
    case NGX_PLAID_CAUSE_OPERATOR:
    case NGX_PLAID_CAUSE_RATE_LIMIT:
    case NGX_PLAID_CAUSE_PLAID:
        break;

    case NGX_PLAID_CAUSE_TIMEOUT:
    case NGX_PLAID_CAUSE_TIMEOUT_SENT:
        error = NGX_HTTP_PLAID_PASS_LATE;
        goto ours;

    case NGX_PLAID_CAUSE_BUSY:
        error = NGX_HTTP_PLAID_PASS_BUSY;
        goto ours;

    case NGX_PLAID_CAUSE_CREDENTIALS:
        error = NGX_HTTP_PLAID_PASS_UNAVAILABLE;
        goto ours;

    case NGX_PLAID_CAUSE_INTERNAL:
        error = NGX_HTTP_PLAID_PASS_FAILED;
        goto ours;

    default:
        error = NGX_HTTP_PLAID_PASS_UPSTREAM;
        goto ours;
    }

    status = res->reply_status ? res->reply_status
                               : ngx_plaid_result_http_status(res->cause);

    if (res->retry_after) {

        wait.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
        if (wait.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        wait.len = ngx_sprintf(wait.data, "%T", res->retry_after) - wait.data;

        if (ngx_http_plaid_pass_answer_header(r, "Retry-After", &wait)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->shared->reply.len) {

        /* to the one whose call it was, as Plaid has sent it */

        ngx_plaid_tripwire_init(&ctx->tripwire);

        if (ctx->sealed
            && ngx_plaid_tripwire_look(&ctx->tripwire,
                                       ctx->shared->reply.data,
                                       ctx->shared->reply.len, 0, 1, &len)
               != NGX_OK)
        {
            error = NGX_HTTP_PLAID_PASS_LEAK;
            goto ours;
        }

        return ngx_http_plaid_pass_answer_json(ctx, status,
                                               &ctx->shared->reply);
    }

    len = sizeof("{\"display_message\":,\"error_code\":\"\","
                 "\"error_message\":\"\",\"error_type\":\"\","
                 "\"request_id\":\"\"}\n") + sizeof("\"null\"")
          + 6 * (res->display_message.len + res->error_code.len
                 + res->error_message.len + res->error_type.len
                 + res->request_id.len);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    json.data = p;

    p = ngx_http_plaid_pass_once_member(p, "{\"display_message\":",
                                        &res->display_message);
    p = ngx_http_plaid_pass_once_member(p, ",\"error_code\":",
                                        &res->error_code);
    p = ngx_http_plaid_pass_once_member(p, ",\"error_message\":",
                                        &res->error_message);
    p = ngx_http_plaid_pass_once_member(p, ",\"error_type\":",
                                        &res->error_type);
    p = ngx_http_plaid_pass_once_member(p, ",\"request_id\":",
                                        &res->request_id);

    p = ngx_cpymem(p, "}\n", 2);
    json.len = p - json.data;

    return ngx_http_plaid_pass_answer_json(ctx, status, &json);

ours:

    ctx->sent = (res->status == NGX_PLAID_UNKNOWN);
    ctx->detail = res->detail;

    return ngx_http_plaid_pass_answer_error(ctx, error);
}
