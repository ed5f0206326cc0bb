
/*
 * Tokens leave a request: cached values of variables, the request to the app,
 * and the result.
 */


#include "ngx_http_plaid_wipe.h"


/* a token of fewer bytes is part of other values by chance */
#define NGX_HTTP_PLAID_WIPE_SHORT  8


static ngx_uint_t ngx_http_plaid_wipe_short(ngx_http_plaid_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_wipe_has_token(ngx_http_plaid_ctx_t *ctx,
    u_char *data, size_t len);
static ngx_uint_t ngx_http_plaid_wipe_has_digest(ngx_http_plaid_ctx_t *ctx,
    u_char *data, size_t len);
static void ngx_http_plaid_wipe_upstream(ngx_http_request_t *r);
static ngx_http_upstream_t *ngx_http_plaid_wipe_watched(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_wipe_create_request(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_wipe_reinit_request(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_wipe_process_header(ngx_http_request_t *r);
#if (NGX_HTTP_CACHE)
static ngx_uint_t ngx_http_plaid_wipe_keyed(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
#endif


void
ngx_http_plaid_wipe(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_http_plaid_wipe_variables(r, ctx);
    ngx_http_plaid_wipe_upstream(r);

    for ( /* void */ ; ctx; ctx = ctx->next) {
        ngx_plaid_result_wipe(&ctx->result);
    }
}


/*
 * What a map made of a token is cached.  With a short token nothing stays: it
 * is part of any value by chance, and what is made of it may be, too.
 */

void
ngx_http_plaid_wipe_variables(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t                  i, all;
    ngx_http_variable_value_t  *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    all = ngx_http_plaid_wipe_short(ctx);

    v = r->variables;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].valid
            && (all
                || ngx_http_plaid_wipe_has_token(ctx, v[i].data, v[i].len)
                || ngx_http_plaid_wipe_has_digest(ctx, v[i].data, v[i].len)))
        {
            ngx_memzero(&v[i], sizeof(ngx_http_variable_value_t));
        }
    }
}


static ngx_uint_t
ngx_http_plaid_wipe_short(ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t   *token[3];
    ngx_uint_t   i;

    for ( /* void */ ; ctx; ctx = ctx->next) {

        token[0] = &ctx->result.access_token;
        token[1] = &ctx->result.stripe_token;
        token[2] = &ctx->result.processor_token;

        for (i = 0; i < 3; i++) {
            if (token[i]->len && token[i]->len < NGX_HTTP_PLAID_WIPE_SHORT) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_plaid_wipe_has_token(ngx_http_plaid_ctx_t *ctx, u_char *data,
    size_t len)
{
    for ( /* void */ ; ctx; ctx = ctx->next) {
        if (ngx_plaid_contains(data, len, &ctx->result.access_token)
            || ngx_plaid_contains(data, len, &ctx->result.stripe_token)
            || ngx_plaid_contains(data, len, &ctx->result.processor_token))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_plaid_wipe_has_digest(ngx_http_plaid_ctx_t *ctx, u_char *data,
    size_t len)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PLAID_TOKENS; i++) {
        if (ngx_plaid_contains(data, len, &ctx->digests[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_plaid_wipe_unshare(ngx_http_request_t *r)
{
    size_t                      size;
    ngx_http_variable_value_t  *variables;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    variables = ngx_palloc(r->pool, size);
    if (variables == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(variables, r->variables, size);
    r->variables = variables;

    return NGX_OK;
}


/*
 * The head of the request to the app: the first buffer that create_request()
 * has made, before those of the client's body.
 */

static void
ngx_http_plaid_wipe_upstream(ngx_http_request_t *r)
{
    ngx_buf_t            *b;
    ngx_chain_t          *body;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    /* without output create_request() has failed: these are the client's */

    if (u == NULL || u->request_bufs == NULL || u->output.pool == NULL) {
        return;
    }

    b = u->request_bufs->buf;
    body = r->request_body ? r->request_body->bufs : NULL;

    if (b->temporary && (body == NULL || b != body->buf)) {
        ngx_explicit_memzero(b->start, b->last - b->start);
    }
}


/*
 * A map that the cache key and a header of the app's share has a digest in
 * the one and the token in the other, and neither when the headers for the
 * client are made ("proxy_redirect").
 */

void
ngx_http_plaid_wipe_watch(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u == NULL || u->process_header == NULL
        || u->process_header == ngx_http_plaid_wipe_process_header)
    {
        return;
    }

    ctx->create_request = u->create_request;
    ctx->reinit_request = u->reinit_request;
    ctx->process_header = u->process_header;

    u->create_request = ngx_http_plaid_wipe_create_request;
    u->reinit_request = ngx_http_plaid_wipe_reinit_request;
    u->process_header = ngx_http_plaid_wipe_process_header;
}


static ngx_http_upstream_t *
ngx_http_plaid_wipe_watched(ngx_http_request_t *r)
{
    ngx_http_upstream_t   *u;
    ngx_http_plaid_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_plaid_ctx(r);

    u->create_request = ctx->create_request;
    u->reinit_request = ctx->reinit_request;
    u->process_header = ctx->process_header;

    ngx_http_plaid_wipe_variables(r, ctx);

    return u;
}


static ngx_int_t
ngx_http_plaid_wipe_create_request(ngx_http_request_t *r)
{
    return ngx_http_plaid_wipe_watched(r)->create_request(r);
}


static ngx_int_t
ngx_http_plaid_wipe_reinit_request(ngx_http_request_t *r)
{
    return ngx_http_plaid_wipe_watched(r)->reinit_request(r);
}


static ngx_int_t
ngx_http_plaid_wipe_process_header(ngx_http_request_t *r)
{
    return ngx_http_plaid_wipe_watched(r)->process_header(r);
}


void
ngx_http_plaid_wipe_response(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_http_plaid_wipe_variables(r, ctx);

#if (NGX_HTTP_CACHE)

    if (r->cache && r->upstream && ngx_http_plaid_wipe_keyed(r, ctx)) {
        /* a response in the cache has its key beside it */
        r->upstream->cacheable = 0;
    }

#endif
}


#if (NGX_HTTP_CACHE)

/* by a map that "proxy_pass" had made of the token before */

static ngx_uint_t
ngx_http_plaid_wipe_keyed(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t   *key;
    ngx_uint_t   i;

    key = r->cache->keys.elts;

    for (i = 0; i < r->cache->keys.nelts; i++) {
        if (ngx_http_plaid_wipe_has_token(ctx, key[i].data, key[i].len)) {
            return 1;
        }
    }

    return 0;
}

#endif
