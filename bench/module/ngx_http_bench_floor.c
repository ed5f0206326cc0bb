
/*
 * The floor: the body as it came is posted to the twin in an in-memory
 * subrequest, and what looks like an access token in the reply is added to
 * the request.  Not an exchange to be used: it trusts everybody.
 */


#include "ngx_http_bench.h"


typedef struct {
    ngx_uint_t  state;
    ngx_str_t   token;
} ngx_http_bench_floor_ctx_t;


enum {
    NGX_HTTP_BENCH_READING = 0,
    NGX_HTTP_BENCH_READ,
    NGX_HTTP_BENCH_WAITING,
    NGX_HTTP_BENCH_ANSWERED
};


static void ngx_http_bench_floor_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_bench_floor_call(ngx_http_request_t *r,
    ngx_http_bench_floor_ctx_t *ctx);
static ngx_int_t ngx_http_bench_floor_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static ngx_int_t ngx_http_bench_floor_add(ngx_http_request_t *r,
    ngx_http_bench_floor_ctx_t *ctx);


ngx_int_t
ngx_http_bench_floor(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_bench_loc_conf_t   *blcf;
    ngx_http_bench_floor_ctx_t  *ctx;

    blcf = ngx_http_get_module_loc_conf(r, ngx_http_bench_module);

    if (r != r->main || blcf->floor.len == 0) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_bench_module);

    if (ctx == NULL) {

        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_bench_floor_ctx_t));
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_set_ctx(r, ctx, ngx_http_bench_module);

        rc = ngx_http_read_client_request_body(r, ngx_http_bench_floor_read);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        ngx_http_finalize_request(r, NGX_DONE);

        return NGX_DONE;
    }

    switch (ctx->state) {

    case NGX_HTTP_BENCH_READ:
        return ngx_http_bench_floor_call(r, ctx);

    case NGX_HTTP_BENCH_ANSWERED:
        return ngx_http_bench_floor_add(r, ctx);

    default:
        return NGX_DONE;
    }
}


static void
ngx_http_bench_floor_read(ngx_http_request_t *r)
{
    ngx_http_bench_floor_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_bench_module);

    ctx->state = NGX_HTTP_BENCH_READ;

    r->preserve_body = 1;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


static ngx_int_t
ngx_http_bench_floor_call(ngx_http_request_t *r,
    ngx_http_bench_floor_ctx_t *ctx)
{
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;
    ngx_http_bench_loc_conf_t   *blcf;

    static ngx_str_t             post = ngx_string("POST");

    blcf = ngx_http_get_module_loc_conf(r, ngx_http_bench_module);

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ps->handler = ngx_http_bench_floor_done;
    ps->data = ctx;

    if (ngx_http_subrequest(r, &blcf->floor, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_IN_MEMORY
                            |NGX_HTTP_SUBREQUEST_WAITED)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    sr->method = NGX_HTTP_POST;
    sr->method_name = post;

    ctx->state = NGX_HTTP_BENCH_WAITING;

    return NGX_DONE;
}


static ngx_int_t
ngx_http_bench_floor_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_bench_floor_ctx_t *ctx = data;

    u_char     *p, *last;
    ngx_buf_t  *b;

    static u_char  name[] = "\"access_token\":\"";

    ctx->state = NGX_HTTP_BENCH_ANSWERED;

    if (rc != NGX_OK || r->out == NULL) {
        return rc;
    }

    b = r->out->buf;

    p = ngx_strlcasestrn(b->pos, b->last, name, sizeof(name) - 2);
    if (p == NULL) {
        return rc;
    }

    p += sizeof(name) - 1;

    last = ngx_strlchr(p, b->last, '"');
    if (last == NULL) {
        return rc;
    }

    ctx->token.data = p;
    ctx->token.len = last - p;

    return rc;
}


static ngx_int_t
ngx_http_bench_floor_add(ngx_http_request_t *r,
    ngx_http_bench_floor_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    if (ctx->token.len == 0) {
        return NGX_HTTP_BAD_GATEWAY;
    }

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "X-Plaid-Access-Token");
    h->lowcase_key = (u_char *) "x-plaid-access-token";
    h->value = ctx->token;

    return NGX_DECLINED;
}
