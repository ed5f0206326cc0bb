
#include "ngx_http_plaid_boundary.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_plaid_headers.h"


static ngx_int_t ngx_http_plaid_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_strip(ngx_http_request_t *r);
static void ngx_http_plaid_removed(void *data, ngx_table_elt_t *header);
static ngx_int_t ngx_http_plaid_isolate_subrequest(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_wipe_variables(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_wipe_upstream(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_wipe_pool(ngx_pool_t *pool, ngx_str_t *token);
static ngx_uint_t ngx_http_plaid_has_token(ngx_http_plaid_ctx_t *ctx,
    u_char *data, size_t len);


static ngx_http_output_header_filter_pt  ngx_http_plaid_next_header_filter;


/*
 * Not at the end of the configuration, as filters do: one of a module in the
 * binary would be below all of nginx's, and this one is to be above them.
 */

void
ngx_http_plaid_boundary_filter(void)
{
    ngx_http_plaid_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_plaid_header_filter;
}


/* what a map made of the token for the app is not for "add_header" */

static ngx_int_t
ngx_http_plaid_header_filter(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t  *ctx;

    if (r == r->main) {
        ctx = ngx_http_plaid_ctx(r);

        if (ctx && ctx->injected) {
            ngx_http_plaid_wipe_variables(r, ctx);
        }
    }

    return ngx_http_plaid_next_header_filter(r);
}


ngx_int_t
ngx_http_plaid_boundary_post_read(ngx_http_request_t *r)
{
    return ngx_http_plaid_strip(r);
}


ngx_int_t
ngx_http_plaid_boundary_rewrite(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t  *ctx;

    if (r != r->main) {

        ctx = ngx_http_plaid_ctx(r);

        if (ctx == NULL || !ctx->injected) {
            return NGX_DECLINED;
        }

        return ngx_http_plaid_isolate_subrequest(r, ctx);
    }

    if (!r->internal) {
        return NGX_DECLINED;
    }

    /*
     * A redirect: the headers of ours go, and the location that this leads to
     * may get them set anew.  Or the request never passed POST_READ, as with
     * "error_page 400": then they are the client's.
     */

    ctx = ngx_http_plaid_ctx(r);

    if (ctx && ctx->injected) {
        ngx_http_plaid_replay_delivered(r, ctx);
        ctx->injected = 0;
        ngx_http_plaid_wipe_variables(r, ctx);
    }

    return ngx_http_plaid_strip(r);
}


static ngx_int_t
ngx_http_plaid_strip(ngx_http_request_t *r)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

    if (ngx_plaid_headers_strip(&r->headers_in.headers, pmcf->names,
                                ngx_http_plaid_removed, r)
        == NGX_ERROR)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/* a header that nginx knows is pointed at from headers_in, too */

static void
ngx_http_plaid_removed(void *data, ngx_table_elt_t *header)
{
    ngx_http_request_t *r = data;

    ngx_table_elt_t             **known;
    ngx_http_header_t            *hh;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_plaid_main_conf_t   *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

    /* later ones are those that we have set */

    if (pmcf->stats && ngx_http_plaid_ctx(r) == NULL) {
        ngx_plaid_stats_spoofed(pmcf->stats);
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    hh = ngx_hash_find(&cmcf->headers_in_hash, header->hash,
                       header->lowcase_key, header->key.len);

    if (hh == NULL) {
        return;
    }

    known = (ngx_table_elt_t **) ((char *) &r->headers_in + hh->offset);

    if (*known == header) {
        *known = NULL;
    }
}


/*
 * A subrequest of a request with a token shares its headers and the values of
 * its variables: it gets its own of both, without the token.
 */

static ngx_int_t
ngx_http_plaid_isolate_subrequest(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    size_t                      size;
    ngx_http_variable_value_t  *variables;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_plaid_headers_unshare(&r->headers_in.headers) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    variables = ngx_palloc(r->pool, size);
    if (variables == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(variables, r->variables, size);
    r->variables = variables;

    ngx_http_plaid_wipe_variables(r, ctx);

    return ngx_http_plaid_strip(r);
}


void
ngx_http_plaid_boundary_wipe(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    if (ctx->wiped) {
        return;
    }

    ctx->wiped = 1;

    if (ctx->result.access_token.len == 0) {
        return;
    }

    ngx_http_plaid_wipe_variables(r, ctx);
    ngx_http_plaid_wipe_upstream(r, ctx);

    /* no memory: the values are wiped below all the same */

    (void) ngx_http_plaid_strip(r);

    ctx->injected = 0;

    ngx_http_plaid_wipe_pool(r->pool, &ctx->result.access_token);
    ngx_http_plaid_wipe_pool(r->pool, &ctx->result.stripe_token);
    ngx_http_plaid_wipe_pool(r->pool, &ctx->result.processor_token);

    ngx_plaid_result_wipe(&ctx->result);
}


/* what a map or a set made of the token is cached: to be evaluated anew */

static void
ngx_http_plaid_wipe_variables(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t                  i;
    ngx_http_variable_value_t  *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    v = r->variables;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].valid && ngx_http_plaid_has_token(ctx, v[i].data, v[i].len)) {
            ngx_memzero(&v[i], sizeof(ngx_http_variable_value_t));
        }
    }
}


/* the request as it was sent to the app */

static void
ngx_http_plaid_wipe_upstream(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u == NULL) {
        return;
    }

    for (cl = u->request_bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->temporary
            && ngx_http_plaid_has_token(ctx, b->start, b->last - b->start))
        {
            ngx_explicit_memzero(b->start, b->last - b->start);
        }

        if (u->output.pool == NULL) {
            /* create_request() had no memory: where it ended is not marked */
            break;
        }
    }
}


/*
 * What nginx has copied of a variable on its way into a map, a set or a
 * header: nothing points at it any more, and nobody else would wipe it.
 */

static void
ngx_http_plaid_wipe_pool(ngx_pool_t *pool, ngx_str_t *token)
{
    u_char      *p, *last;
    ngx_pool_t  *block;

    if (token->len == 0) {
        return;
    }

    for (block = pool; block; block = block->d.next) {

        p = (u_char *) block + sizeof(ngx_pool_data_t);

        while ((size_t) (block->d.last - p) >= token->len) {

            last = block->d.last - token->len + 1;

            p = memchr(p, token->data[0], last - p);
            if (p == NULL) {
                break;
            }

            /* the token itself is what is compared with, and goes last */

            if (p == token->data || ngx_memcmp(p, token->data, token->len)) {
                p++;
                continue;
            }

            ngx_explicit_memzero(p, token->len);
            p += token->len;
        }
    }
}


static ngx_uint_t
ngx_http_plaid_has_token(ngx_http_plaid_ctx_t *ctx, u_char *data, size_t len)
{
    return ngx_plaid_contains(data, len, &ctx->result.access_token)
           || ngx_plaid_contains(data, len, &ctx->result.stripe_token)
           || ngx_plaid_contains(data, len, &ctx->result.processor_token);
}
