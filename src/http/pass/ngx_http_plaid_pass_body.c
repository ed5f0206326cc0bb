
/*
 * The body of an app's request: its grammar, and the tokens in it.
 */


#include "ngx_http_plaid_pass.h"


static ngx_int_t ngx_http_plaid_pass_body_string(void *data, ngx_str_t *s);
static void ngx_http_plaid_pass_body_refused(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_plaid_sealed_token_e why);
static ngx_uint_t ngx_http_plaid_pass_body_environment(
    ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *token);
static ngx_int_t ngx_http_plaid_pass_body_token(
    ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *token);


ngx_int_t
ngx_http_plaid_pass_body(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e *error)
{
    ngx_plaid_splice_t  *sp;

    sp = &ctx->splice;

    sp->pool = ctx->request->pool;
    sp->places = ctx->known->request;
    sp->check = ngx_http_plaid_pass_body_string;
    sp->data = ctx;

    switch (ngx_plaid_splice_read(sp, &ctx->body)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_ABORT:
        *error = NGX_HTTP_PLAID_PASS_MISPLACED;
        return NGX_DECLINED;

    case NGX_DECLINED:
        *error = NGX_HTTP_PLAID_PASS_BODY;
        return NGX_DECLINED;

    default:
        return NGX_ERROR;
    }
}


/* a token anywhere but where one belongs would be shown by Plaid */

static ngx_int_t
ngx_http_plaid_pass_body_string(void *data, ngx_str_t *s)
{
    ngx_http_plaid_pass_ctx_t *ctx = data;

    if (ngx_http_plaid_seal_keys(ctx->request)
        && ngx_plaid_sealed_token_within(s))
    {
        return NGX_DECLINED;
    }

    if (ctx->seal && !ctx->conf->plain && ngx_plaid_tripwire_within(s)) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_pass_body_tokens(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e *error)
{
    ngx_int_t                rc;
    ngx_str_t                token, item_id;
    ngx_uint_t               i;
    ngx_plaid_splice_hit_t  *hit;

    *error = NGX_HTTP_PLAID_PASS_TOKEN;

    if (ctx->known == &ngx_http_plaid_pass_paths_exchange) {
        return NGX_OK;
    }

    hit = ctx->splice.hits.elts;

    for (i = 0; i < ctx->splice.hits.nelts; i++) {

        if (hit[i].place < NGX_HTTP_PLAID_PASS_KEYS || hit[i].value.len == 0) {
            continue;
        }

        rc = ngx_http_plaid_pass_body_open(ctx, &hit[i].value, &token,
                                           &item_id);
        if (rc != NGX_OK) {
            return rc;
        }

        if (ctx->sealed && ngx_plaid_sealed_token_is(&hit[i].value)) {
            hit[i].by = token;
        }

        if (ctx->shared->result.item_id.len == 0) {
            ctx->shared->result.item_id = item_id;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_pass_body_open(ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *s,
    ngx_str_t *token, ngx_str_t *item_id)
{
    ngx_http_request_t        *r;
    ngx_plaid_sealed_token_e   why;
    ngx_plaid_sealed_token_t   st;

    r = ctx->request;

    *token = *s;
    ngx_str_null(item_id);

    if (!ngx_plaid_sealed_token_is(s)) {

        if (!ctx->sealed) {
            return NGX_OK;
        }

        if (!ctx->conf->plain || s->len > NGX_PLAID_TOKEN_MAX) {
            return NGX_DECLINED;
        }

        return ngx_http_plaid_pass_body_token(ctx, s);
    }

    if (!ctx->sealed) {

        if (ngx_http_plaid_seal_keys(r) == NULL) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "plaid_pass got a sealed token, plaid_seal is off here");

        return NGX_DECLINED;
    }

    why = ngx_http_plaid_seal_open(r, r->pool, &ctx->scope, s, &st);

    if (why == NGX_PLAID_SEALED_TOKEN_OPENED
        && !ngx_http_plaid_pass_body_environment(ctx, &st.token))
    {
        ngx_plaid_wipe(&st.token);
        why = NGX_PLAID_SEALED_TOKEN_ENVIRONMENT;
    }

    if (why != NGX_PLAID_SEALED_TOKEN_OPENED) {
        ngx_http_plaid_pass_body_refused(ctx, why);
        return (why == NGX_PLAID_SEALED_TOKEN_FAILED) ? NGX_ERROR
                                                      : NGX_DECLINED;
    }

    *token = st.token;
    *item_id = st.item_id;

    return ngx_http_plaid_pass_body_token(ctx, token);
}


/* one line a second: an app that holds old strings has many of them */

static void
ngx_http_plaid_pass_body_refused(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_plaid_sealed_token_e why)
{
    static time_t      last;
    static ngx_uint_t  n;

    static const char  *reasons[] = {
        "", "form", "unknown_kid", "tag", "environment", "failed"
    };

    n++;

    if (last == ngx_time()) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                  "plaid sealed token does not open: %s, %ui since the last "
                  "such line, client \"%V\"", reasons[why], n,
                  &ctx->client->name);

    last = ngx_time();
    n = 0;
}


/* 1 unless the client's environment is known to be another one */

static ngx_uint_t
ngx_http_plaid_pass_body_environment(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *token)
{
    size_t      len;
    ngx_str_t  *env;

    env = &ctx->client->token_env;
    len = sizeof("access-") - 1;

    return env->len == 0
           || (token->len > len + env->len
               && ngx_strncmp(token->data, "access-", len) == 0
               && ngx_strncmp(token->data + len, env->data, env->len) == 0
               && token->data[len + env->len] == '-');
}


ngx_int_t
ngx_http_plaid_pass_body_raw(ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *token)
{
    return (token->len > sizeof("access-") - 1
            && ngx_strncmp(token->data, "access-", sizeof("access-") - 1) == 0
            && ngx_http_plaid_pass_body_environment(ctx, token))
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_plaid_pass_body_token(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *token)
{
    ngx_str_t  *elt;

    if (ctx->tokens.nelts == NGX_PLAID_TRIPWIRE_TOKENS) {
        ngx_plaid_wipe(token);
        return NGX_DECLINED;
    }

    elt = ngx_array_push(&ctx->tokens);
    if (elt == NULL) {
        ngx_plaid_wipe(token);
        return NGX_ERROR;
    }

    *elt = *token;

    return NGX_OK;
}
