
/* Values of directives, arguments, headers that nginx knows, buffers. */


#include "fuzz_http.h"


ngx_int_t
ngx_http_arg(ngx_http_request_t *r, u_char *name, size_t len,
    ngx_str_t *value)
{
    u_char  *p, *last, *end;

    p = r->args.data;
    last = p + r->args.len;

    for ( /* void */ ; p < last; p = end + 1) {
        end = memchr(p, '&', last - p);
        end = end ? end : last;

        if ((size_t) (end - p) > len && p[len] == '='
            && memcmp(p, name, len) == 0)
        {
            value->data = p + len + 1;
            value->len = end - value->data;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_compile_complex_value(ngx_http_compile_complex_value_t *ccv)
{
    ccv->complex_value->value = *ccv->value;

    if (ccv->value->data[0] == '$') {
        ccv->complex_value->lengths = ccv->value;
    }

    return NGX_OK;
}


/* who asks for what: the module looks at a value before it uses the token */

static void
note(fuzz_http_t *h, ngx_http_complex_value_t *val, ngx_str_t *value)
{
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(&h->r);

    if (ctx == NULL || ctx->token.len == 0) {
        return;
    }

    fuzz_http_text(h->token, &ctx->token);

    if (ctx->plcf->replay && val == &ctx->plcf->replay->bind) {
        fuzz_http_text(h->bind, value);
    }

    if (val == ctx->client->client_id.value) {
        fuzz_http_caller = h;
    }
}


/* a value with a variable is a copy that may be wiped */

ngx_int_t
ngx_http_complex_value(ngx_http_request_t *r, ngx_http_complex_value_t *val,
    ngx_str_t *value)
{
    u_char       *p;
    fuzz_http_t  *h = (fuzz_http_t *) r;

    *value = val->value;

    if (val->lengths) {

        if (strncmp((char *) value->data, "$arg_", 5) == 0) {
            p = value->data + 5;
            value->len = 0;
            (void) ngx_http_arg(r, p, strlen((char *) p), value);

        } else {
            *value = h->addr;
        }

        p = ngx_pnalloc(r->pool, value->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (value->len) {
            memcpy(p, value->data, value->len);
        }

        value->data = p;
    }

    note(h, val, value);

    return NGX_OK;
}


/* those that nginx points at, which no configured header may be */

ngx_http_header_t  ngx_http_headers_in[] = {
    { ngx_string("authorization"),
      offsetof(ngx_http_headers_in_t, authorization), NULL },
    { ngx_string("content-type"),
      offsetof(ngx_http_headers_in_t, content_type), NULL },
    { ngx_null_string, 0, NULL }
};


void *
ngx_hash_find(ngx_hash_t *hash, ngx_uint_t key, u_char *name, size_t len)
{
    ngx_http_header_t  *hh;

    fuzz_check(hash == &fuzz_http_core_conf.headers_in_hash);
    fuzz_check(key == ngx_hash_key(name, len));

    for (hh = ngx_http_headers_in; hh->name.len; hh++) {
        if (hh->name.len == len && memcmp(hh->name.data, name, len) == 0) {
            return hh;
        }
    }

    return NULL;
}


/* there is no realip module: no variable of it */

ngx_http_variable_value_t *
ngx_http_get_variable(ngx_http_request_t *r, ngx_str_t *name, ngx_uint_t key)
{
    static ngx_http_variable_value_t  none = { .not_found = 1 };

    return &none;
}


/* with "dst" NULL the room is asked for, as in nginx: no caller of it here */

uintptr_t
ngx_escape_json(u_char *dst, u_char *src, size_t size)
{
    for ( /* void */ ; size--; src++) {

        if (*src == '"' || *src == '\\') {
            *dst++ = '\\';
            *dst++ = *src;

        } else if (*src < 0x20) {
            dst = ngx_sprintf(dst, "\\u%04xd", (int) *src);

        } else {
            *dst++ = *src;
        }
    }

    return (uintptr_t) dst;
}


/* a number with "point" decimal places, as an integer */

ngx_int_t
ngx_atofp(u_char *line, size_t n, size_t point)
{
    size_t     i;
    ngx_int_t  value, dot;

    if (n == 0 || n > 9) {
        return NGX_ERROR;
    }

    value = 0;
    dot = 0;

    for (i = 0; i < n; i++) {

        if (line[i] == '.' && !dot) {
            dot = 1;
            continue;
        }

        if (line[i] < '0' || line[i] > '9' || (dot && point-- == 0)) {
            return NGX_ERROR;
        }

        value = value * 10 + (line[i] - '0');
    }

    while (point--) {
        value *= 10;
    }

    return value;
}


ngx_buf_t *
ngx_create_temp_buf(ngx_pool_t *pool, size_t size)
{
    ngx_buf_t  *b;

    b = ngx_pcalloc(pool, sizeof(ngx_buf_t));
    if (b == NULL) {
        return NULL;
    }

    b->start = ngx_palloc(pool, size);
    if (b->start == NULL) {
        return NULL;
    }

    b->pos = b->start;
    b->last = b->start;
    b->end = b->start + size;
    b->temporary = 1;

    return b;
}


ngx_chain_t *
ngx_alloc_chain_link(ngx_pool_t *pool)
{
    return ngx_palloc(pool, sizeof(ngx_chain_t));
}
