
/*
 * Answers with tokens: those of Plaid's that are sealed, and the one that
 * seals again what the app has.
 */


#include "ngx_http_plaid_pass.h"


/* of the places of a reply: a token, and the id of its Item */
#define NGX_HTTP_PLAID_PASS_SEALED_TOKEN  0
#define NGX_HTTP_PLAID_PASS_SEALED_ITEM   1


static ngx_str_t *ngx_http_plaid_pass_sealed_item(
    ngx_http_plaid_pass_ctx_t *ctx, ngx_array_t *hits,
    ngx_plaid_splice_hit_t *token);


ngx_int_t
ngx_http_plaid_pass_sealed(ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *reply,
    ngx_str_t *out)
{
    size_t                   safe;
    ngx_int_t                rc;
    ngx_str_t               *item;
    ngx_uint_t               i;
    ngx_plaid_splice_t       sp;
    ngx_http_request_t      *r;
    ngx_plaid_splice_hit_t  *hit;

    r = ctx->request;

    ngx_memzero(&sp, sizeof(ngx_plaid_splice_t));

    sp.pool = r->pool;
    sp.places = ctx->known->reply;

    rc = ngx_plaid_splice_read(&sp, reply);
    if (rc != NGX_OK) {
        return rc;
    }

    hit = sp.hits.elts;

    for (i = 0; i < sp.hits.nelts; i++) {

        if (hit[i].place != NGX_HTTP_PLAID_PASS_SEALED_TOKEN
            || hit[i].value.len == 0)
        {
            continue;
        }

        item = ngx_http_plaid_pass_sealed_item(ctx, &sp.hits, &hit[i]);

        if (ngx_http_plaid_seal_token(r, r->pool, &ctx->scope, &hit[i].value,
                                      item, &hit[i].by)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_plaid_splice_write(&sp, r->pool, out) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_plaid_tripwire_init(&ctx->tripwire);

    return (ngx_plaid_tripwire_look(&ctx->tripwire, out->data, out->len, 0, 1,
                                    &safe)
            == NGX_OK)
           ? NGX_OK : NGX_ABORT;
}


/* that of the same object, or the one of the token of the request */

static ngx_str_t *
ngx_http_plaid_pass_sealed_item(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_array_t *hits, ngx_plaid_splice_hit_t *token)
{
    ngx_uint_t               i;
    ngx_plaid_splice_hit_t  *hit;

    static ngx_str_t  none = ngx_null_string;

    hit = hits->elts;

    for (i = 0; i < hits->nelts; i++) {
        if (hit[i].place == NGX_HTTP_PLAID_PASS_SEALED_ITEM
            && hit[i].object == token->object
            && token->object
            && hit[i].value.len <= NGX_PLAID_ID_MAX)
        {
            return &hit[i].value;
        }
    }

    return (ctx->tokens.nelts == 1) ? &ctx->shared->result.item_id : &none;
}


ngx_int_t
ngx_http_plaid_pass_sealed_refresh(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e *error, ngx_str_t *out)
{
    u_char                   *p;
    ngx_int_t                 rc;
    ngx_str_t                 token, item_id, given, sealed, *id;
    ngx_uint_t                i;
    ngx_http_request_t       *r;
    ngx_plaid_splice_hit_t   *hit;

    r = ctx->request;
    hit = ctx->splice.hits.elts;

    ngx_str_null(&token);
    ngx_str_null(&given);

    for (i = 0; i < ctx->splice.hits.nelts; i++) {

        if (hit[i].place == NGX_HTTP_PLAID_PASS_KEYS) {
            token = hit[i].value;
        }

        if (hit[i].place == NGX_HTTP_PLAID_PASS_KEYS + 1) {
            given = hit[i].value;
        }
    }

    *error = NGX_HTTP_PLAID_PASS_TOKEN;

    if (token.len == 0 || given.len > NGX_PLAID_ID_MAX) {
        *error = NGX_HTTP_PLAID_PASS_BODY;
        return NGX_DECLINED;
    }

    /* of those that are not sealed, only what is one of this environment */

    if (!ngx_plaid_sealed_token_is(&token)
        && ngx_http_plaid_pass_body_raw(ctx, &token) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_plaid_pass_body_open(ctx, &token, &token, &item_id);
    if (rc != NGX_OK) {
        return rc;
    }

    if (item_id.len == 0) {
        item_id = given;
    }

    if (ngx_http_plaid_seal_token(r, r->pool, &ctx->scope, &token, &item_id,
                                  &sealed)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->shared->result.item_id = item_id;

    ngx_http_plaid_pass_answer_id(ctx);
    id = &ctx->shared->result.request_id;

    p = ngx_pnalloc(r->pool, sizeof("{\"access_token\":\"\","
                                    "\"request_id\":\"\"}\n")
                             + sealed.len + id->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;
    out->len = ngx_sprintf(p, "{\"access_token\":\"%V\",\"request_id\":"
                           "\"%V\"}\n", &sealed, id)
               - p;

    return NGX_OK;
}
