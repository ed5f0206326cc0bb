
/* From the reply of a call to a response. */


#include "ngx_http_plaid_sandbox.h"


static ngx_uint_t ngx_http_plaid_sandbox_reply(
    ngx_http_plaid_sandbox_ctx_t *ctx);


ngx_uint_t
ngx_http_plaid_sandbox_answer(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_uint_t                    status;
    ngx_plaid_sandbox_call_t     *call;
    ngx_plaid_sandbox_jansson_t   saved;

    call = &ctx->call;

    ngx_plaid_sandbox_jansson_enter(&saved);

    status = ngx_http_plaid_sandbox_reply(ctx);

    if (ngx_plaid_sandbox_jansson_leave(&saved) != NGX_OK || status == 0) {
        return 0;
    }

    if (status >= NGX_HTTP_BAD_REQUEST) {
        (void) ngx_atomic_fetch_add(&call->store->sh->counters.errors, 1);
    }

    if ((call->legacy
         || (call->route && (call->route->flags & NGX_PLAID_SANDBOX_LINK)))
        && ngx_http_plaid_sandbox_header(ctx->request, "X-Request-Id",
                                         call->request_id)
           != NGX_OK)
    {
        return 0;
    }

    if (ngx_http_plaid_sandbox_alter(ctx, status) != NGX_OK) {
        return 0;
    }

    if (call->hooks) {
        ngx_http_plaid_sandbox_hook_send(ctx);
    }

    return status;
}


/* The status, with the reply's text in ctx->text; 0 when memory ran out. */

static ngx_uint_t
ngx_http_plaid_sandbox_reply(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    char                       *text;
    ngx_uint_t                  status;
    ngx_plaid_sandbox_call_t   *call;
    ngx_plaid_sandbox_fault_t  *fault;

    call = &ctx->call;
    fault = &ctx->fault;

    if (fault->kind == NGX_PLAID_SANDBOX_FAULT_ERROR) {
        status = fault->value
                 ? ngx_plaid_sandbox_legacy_error(call, fault->value)
                 : ngx_plaid_sandbox_error(call, (char *) fault->text, NULL);

    } else {
        status = ngx_plaid_sandbox_answer(call);
    }

    if (call->file.len && status == NGX_HTTP_OK) {
        ctx->text = call->file;
        ctx->type.data = (u_char *) call->file_type;
        ctx->type.len = ngx_strlen(call->file_type);

        return status;
    }

    /* 15 digits: 1203.42 and not 1203.4200000000001 */

    text = json_dumps(call->reply, JSON_COMPACT|JSON_REAL_PRECISION(15));
    if (text == NULL) {
        return 0;
    }

    ctx->text.len = ngx_strlen(text);
    ctx->text.data = ngx_pnalloc(call->pool, ctx->text.len);

    if (ctx->text.data) {
        ngx_memcpy(ctx->text.data, text, ctx->text.len);
    }

    ngx_explicit_memzero(text, ctx->text.len);
    ngx_plaid_sandbox_jansson_free(text);

    return ctx->text.data ? status : 0;
}


ngx_int_t
ngx_http_plaid_sandbox_header(ngx_http_request_t *r, const char *name,
    u_char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = value;
    h->value.len = ngx_strlen(value);

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_sandbox_send_header(ngx_http_request_t *r, ngx_uint_t status,
    size_t len, ngx_str_t *type)
{
    r->headers_out.status = status;
    r->headers_out.content_length_n = len;

    if (type && type->len) {
        r->headers_out.content_type = *type;

    } else {
        ngx_str_set(&r->headers_out.content_type, "application/json");
        ngx_str_set(&r->headers_out.charset, "utf-8");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_http_plaid_sandbox_send_body(ngx_http_request_t *r, ngx_str_t *body,
    ngx_uint_t last)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = (body->len != 0);

    if (last) {
        b->last_buf = (r == r->main);
        b->last_in_chain = 1;
        b->sync = (body->len == 0 && r != r->main);

    } else {
        b->flush = 1;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
