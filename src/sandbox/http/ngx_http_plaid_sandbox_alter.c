
/* A reply made larger, or false in a way that a proxy must notice. */


#include "ngx_http_plaid_sandbox.h"


/* a block of deflate that is stored as it is (RFC 1951, 3.2.4) */
#define NGX_HTTP_PLAID_SANDBOX_STORED  65535


static ngx_int_t ngx_http_plaid_sandbox_member(
    ngx_http_plaid_sandbox_ctx_t *ctx, const char *name, ngx_str_t *value);
static ngx_int_t ngx_http_plaid_sandbox_pad(ngx_http_plaid_sandbox_ctx_t *ctx,
    size_t size);
static ngx_int_t ngx_http_plaid_sandbox_wrong_env(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_gzip(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static u_char *ngx_http_plaid_sandbox_le(u_char *p, uint32_t value,
    ngx_uint_t bytes);


ngx_int_t
ngx_http_plaid_sandbox_alter(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_uint_t status)
{
    ngx_str_t                           token;
    ngx_http_plaid_sandbox_loc_conf_t  *slcf;

    if (ctx->call.route
        && (ctx->call.route->flags & NGX_PLAID_SANDBOX_OPERATOR))
    {
        return NGX_OK;
    }

    slcf = ngx_http_get_module_loc_conf(ctx->request,
                                        ngx_http_plaid_sandbox_module);

    if (slcf->pad && status == NGX_HTTP_OK
        && ngx_http_plaid_sandbox_pad(ctx, slcf->pad) != NGX_OK)
    {
        return NGX_ERROR;
    }

    switch (ctx->fault.kind) {

    case NGX_PLAID_SANDBOX_FAULT_ECHO:
        token.data = (u_char *) ngx_plaid_sandbox_string(ctx->call.args,
                                                         "access_token");
        if (token.data == NULL) {
            return NGX_OK;
        }

        token.len = ngx_strlen(token.data);

        return ngx_http_plaid_sandbox_member(ctx, "echo", &token);

    case NGX_PLAID_SANDBOX_FAULT_WRONG_ENV:
        return ngx_http_plaid_sandbox_wrong_env(ctx);

    case NGX_PLAID_SANDBOX_FAULT_ENCODING:
        return ngx_http_plaid_sandbox_gzip(ctx);

    default:
        return NGX_OK;
    }
}


/*
 * Adds a member to the end of the reply, a JSON object.  A file gets it as a
 * comment, as PDF has them.
 */

static ngx_int_t
ngx_http_plaid_sandbox_member(ngx_http_plaid_sandbox_ctx_t *ctx,
    const char *name, ngx_str_t *value)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   text;

    text = ctx->text;

    len = text.len + ngx_strlen(name) + value->len + sizeof(",\"\":\"\"}");

    p = ngx_pnalloc(ctx->call.pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->text.data = p;

    if (ctx->type.len) {
        p = ngx_cpymem(p, text.data, text.len);
        *p++ = '%';
        p = ngx_cpymem(p, value->data, value->len);
        *p++ = LF;

    } else if (text.len > 1 && text.data[text.len - 1] == '}') {
        p = ngx_cpymem(p, text.data, text.len - 1);
        p = ngx_sprintf(p, "%s\"%s\":\"", text.len > 2 ? "," : "", name);
        p = ngx_cpymem(p, value->data, value->len);
        *p++ = '"';
        *p++ = '}';

    } else {
        p = ngx_cpymem(p, text.data, text.len);
    }

    ctx->text.len = p - ctx->text.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_sandbox_pad(ngx_http_plaid_sandbox_ctx_t *ctx, size_t size)
{
    ngx_str_t  pad;

    /* as much as the member itself takes */

    size -= ngx_min(size, sizeof(",\"padding\":\"\"") - 1);

    if (size <= ctx->text.len) {
        return NGX_OK;
    }

    pad.len = size - ctx->text.len;
    pad.data = ngx_pnalloc(ctx->call.pool, pad.len);

    if (pad.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memset(pad.data, 'x', pad.len);

    return ngx_http_plaid_sandbox_member(ctx, "padding", &pad);
}


/* Each token becomes one of production. */

static ngx_int_t
ngx_http_plaid_sandbox_wrong_env(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    u_char      *p, *q, *d;
    size_t       left;
    ngx_uint_t   n;
    ngx_str_t    text;

    static ngx_str_t  ours = ngx_string("-sandbox-");
    static ngx_str_t  other = ngx_string("-production-");

    text = ctx->text;
    n = 0;

    for (p = text.data; p + ours.len <= text.data + text.len; p++) {
        n += (ngx_strncmp(p, ours.data, ours.len) == 0);
    }

    d = ngx_pnalloc(ctx->call.pool,
                    text.len + n * (other.len - ours.len) + 1);
    if (d == NULL) {
        return NGX_ERROR;
    }

    ctx->text.data = d;

    for (q = p = text.data; n; p++) {

        if (ngx_strncmp(p, ours.data, ours.len) != 0) {
            continue;
        }

        d = ngx_cpymem(d, q, p - q);
        d = ngx_cpymem(d, other.data, other.len);

        p += ours.len - 1;
        q = p + 1;
        n--;
    }

    left = text.data + text.len - q;
    d = ngx_cpymem(d, q, left);

    ctx->text.len = d - ctx->text.data;

    return NGX_OK;
}


/*
 * Content-Encoding: gzip, whatever the client takes.  All blocks are stored:
 * what is in the reply can be read in it as it is.
 */

static ngx_int_t
ngx_http_plaid_sandbox_gzip(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    u_char           *p, *d;
    size_t            n, left;
    uint32_t          crc;
    ngx_table_elt_t  *h;

    static const u_char  head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };

    left = ctx->text.len;

    d = ngx_pnalloc(ctx->call.pool,
                    left + 5 * (left / NGX_HTTP_PLAID_SANDBOX_STORED + 1)
                    + sizeof(head) + 8);

    h = ngx_list_push(&ctx->request->headers_out.headers);

    if (d == NULL || h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Content-Encoding");
    ngx_str_set(&h->value, "gzip");

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    ctx->request->headers_out.content_encoding = h;

    crc = ngx_crc32_long(ctx->text.data, left);

    p = ctx->text.data;
    ctx->text.data = d;

    d = ngx_cpymem(d, head, sizeof(head));

    do {
        n = ngx_min(left, NGX_HTTP_PLAID_SANDBOX_STORED);
        left -= n;

        *d++ = (left == 0);
        d = ngx_http_plaid_sandbox_le(d, n, 2);
        d = ngx_http_plaid_sandbox_le(d, ~n, 2);
        d = ngx_cpymem(d, p, n);
        p += n;

    } while (left);

    d = ngx_http_plaid_sandbox_le(d, crc, 4);
    d = ngx_http_plaid_sandbox_le(d, ctx->text.len, 4);

    ctx->text.len = d - ctx->text.data;

    return NGX_OK;
}


static u_char *
ngx_http_plaid_sandbox_le(u_char *p, uint32_t value, ngx_uint_t bytes)
{
    for ( /* void */ ; bytes; bytes--) {
        *p++ = (u_char) value;
        value >>= 8;
    }

    return p;
}
