
/* What GET /sandbox/_calls tells: the last calls as they came. */


#include "ngx_http_plaid_sandbox.h"
#include <openssl/evp.h>


/* of a body; the rest is cut, and said to be */
#define NGX_HTTP_PLAID_SANDBOX_LOG_BODY  16384

/* a key in one body: once, or twice where one is also an id */
#define NGX_HTTP_PLAID_SANDBOX_HIDDEN    8

/* "sha256:" and the hash in hex, with its final zero */
#define NGX_HTTP_PLAID_SANDBOX_HASH      72


static json_t *ngx_http_plaid_sandbox_log_call(
    ngx_http_plaid_sandbox_ctx_t *ctx, ngx_str_t *body);
static json_t *ngx_http_plaid_sandbox_log_headers(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static json_t *ngx_http_plaid_sandbox_log_text(u_char *p, size_t len);
static void ngx_http_plaid_sandbox_log_hash(u_char *buf, u_char *p,
    size_t len);
static void ngx_http_plaid_sandbox_log_body(
    ngx_http_plaid_sandbox_ctx_t *ctx, json_t *o, ngx_str_t *body);
static ngx_int_t ngx_http_plaid_sandbox_log_hide(ngx_pool_t *pool,
    ngx_str_t *text, const char *value);
static ngx_int_t ngx_http_plaid_sandbox_log_form(ngx_pool_t *pool,
    ngx_str_t *text, const char *name);
static ngx_int_t ngx_http_plaid_sandbox_log_replace(ngx_pool_t *pool,
    ngx_str_t *text, u_char *p, size_t len);


void
ngx_http_plaid_sandbox_log(ngx_http_plaid_sandbox_ctx_t *ctx, ngx_str_t *body)
{
    char        *p;
    json_t      *o;
    ngx_str_t    text;

    o = ngx_http_plaid_sandbox_log_call(ctx, body);

    p = json_dumps(o, JSON_COMPACT|JSON_REAL_PRECISION(15));
    json_decref(o);

    if (p == NULL) {
        return;
    }

    text.data = (u_char *) p;
    text.len = ngx_strlen(p);

    ngx_plaid_sandbox_store_log(ctx->call.store, &text);

    ngx_explicit_memzero(p, text.len);
    ngx_plaid_sandbox_jansson_free(p);
}


static json_t *
ngx_http_plaid_sandbox_log_call(ngx_http_plaid_sandbox_ctx_t *ctx,
    ngx_str_t *body)
{
    json_t              *o;
    u_char               time[32];
    ngx_str_t            query;
    ngx_http_request_t  *r;

    r = ctx->request;

    ngx_plaid_sandbox_time(time, ctx->call.now);

    o = json_pack("{s:s, s:o, s:o, s:o, s:s}",
                  "time", time,
                  "method", ngx_http_plaid_sandbox_log_text(
                                      r->method_name.data, r->method_name.len),
                  "path", ngx_http_plaid_sandbox_log_text(ctx->call.path.data,
                                                          ctx->call.path.len),
                  "headers", ngx_http_plaid_sandbox_log_headers(ctx),
                  "request_id", ctx->call.request_id);

    if (r->args.len) {
        query = r->args;

        if (ngx_http_plaid_sandbox_log_form(r->pool, &query, "client_id")
            == NGX_OK
            && ngx_http_plaid_sandbox_log_form(r->pool, &query, "secret")
               == NGX_OK)
        {
            json_object_set_new(o, "query",
                       ngx_http_plaid_sandbox_log_text(query.data, query.len));
        }
    }

    if (body->len) {
        ngx_http_plaid_sandbox_log_body(ctx, o, body);
    }

    return o;
}


/* A name that comes again has its values after one another. */

static json_t *
ngx_http_plaid_sandbox_log_headers(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    u_char            name[NGX_PLAID_SANDBOX_NAME_LEN];
    u_char            hash[NGX_HTTP_PLAID_SANDBOX_HASH];
    json_t           *o, *value, *before;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    o = json_object();

    part = &ctx->request->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len >= sizeof(name)) {
            continue;
        }

        (void) ngx_cpystrn(name, h[i].key.data, h[i].key.len + 1);

        if (ngx_strcasecmp(name, (u_char *) "PLAID-CLIENT-ID") == 0
            || ngx_strcasecmp(name, (u_char *) "PLAID-SECRET") == 0)
        {
            ngx_http_plaid_sandbox_log_hash(hash, h[i].value.data,
                                            h[i].value.len);
            value = json_string((char *) hash);

        } else {
            value = ngx_http_plaid_sandbox_log_text(h[i].value.data,
                                                    h[i].value.len);
        }

        before = json_object_get(o, (char *) name);

        if (before) {
            value = json_pack("[O, o]", before, value);
        }

        json_object_set_new(o, (char *) name, value);
    }

    return o;
}


/* A string of any bytes: those that are no text become "?". */

static json_t *
ngx_http_plaid_sandbox_log_text(u_char *p, size_t len)
{
    size_t   i;
    u_char  *copy;
    json_t  *s;

    s = json_stringn((char *) p, len);
    if (s) {
        return s;
    }

    copy = malloc(len + 1);
    if (copy == NULL) {
        return NULL;
    }

    for (i = 0; i < len; i++) {
        copy[i] = (p[i] < 0x80) ? p[i] : '?';
    }

    s = json_stringn((char *) copy, len);

    free(copy);

    return s;
}


static void
ngx_http_plaid_sandbox_log_hash(u_char *buf, u_char *p, size_t len)
{
    u_char        digest[EVP_MAX_MD_SIZE];
    unsigned int  n;

    ngx_memzero(digest, sizeof(digest));

    (void) EVP_Digest(p, len, digest, &n, EVP_sha256(), NULL);

    buf = ngx_cpymem(buf, "sha256:", sizeof("sha256:") - 1);
    *ngx_hex_dump(buf, digest, 32) = '\0';
}


/* As text, as it came but for the keys, and as JSON, if it is. */

static void
ngx_http_plaid_sandbox_log_body(ngx_http_plaid_sandbox_ctx_t *ctx, json_t *o,
    ngx_str_t *body)
{
    u_char       hash[NGX_HTTP_PLAID_SANDBOX_HASH];
    json_t      *parsed;
    ngx_int_t    rc;
    ngx_str_t    text;
    ngx_uint_t   i;
    ngx_pool_t  *pool;
    const char  *value;

    static const char  *keys[] = { "client_id", "secret" };

    pool = ctx->call.pool;
    text = *body;

    if (text.len > NGX_HTTP_PLAID_SANDBOX_LOG_BODY) {
        text.len = NGX_HTTP_PLAID_SANDBOX_LOG_BODY;

        json_object_set_new(o, "body_length", json_integer(body->len));

        parsed = NULL;

    } else {
        parsed = ngx_plaid_sandbox_load((char *) text.data, text.len);
    }

    rc = NGX_OK;

    for (i = 0; i < 2; i++) {

        if (ngx_http_plaid_sandbox_log_form(pool, &text, keys[i]) != NGX_OK) {
            rc = NGX_ERROR;
        }

        value = ngx_plaid_sandbox_string(parsed, keys[i]);

        if (value == NULL) {
            continue;
        }

        if (ngx_http_plaid_sandbox_log_hide(pool, &text, value) != NGX_OK) {
            rc = NGX_ERROR;
        }

        ngx_http_plaid_sandbox_log_hash(hash, (u_char *) value,
                                        ngx_strlen(value));

        json_object_set_new(parsed, keys[i], json_string((char *) hash));
    }

    /* a key that is written in another way would be left in the text */

    if (rc == NGX_OK) {
        json_object_set_new(o, "body",
                        ngx_http_plaid_sandbox_log_text(text.data, text.len));
    }

    if (parsed) {
        json_object_set_new(o, "json", parsed);
    }
}


/*
 * Puts a hash wherever "value" stands between quotes; NGX_DECLINED when it
 * stands nowhere, or more often than in any real call.
 */

static ngx_int_t
ngx_http_plaid_sandbox_log_hide(ngx_pool_t *pool, ngx_str_t *text,
    const char *value)
{
    size_t      len, at;
    u_char     *p;
    ngx_uint_t  n;

    len = ngx_strlen(value);
    n = 0;

    for (at = 0; at + len + 2 <= text->len; at++) {

        p = text->data + at;

        if (p[0] != '"' || p[len + 1] != '"'
            || ngx_strncmp(p + 1, value, len) != 0)
        {
            continue;
        }

        if (++n > NGX_HTTP_PLAID_SANDBOX_HIDDEN) {
            return NGX_DECLINED;
        }

        if (ngx_http_plaid_sandbox_log_replace(pool, text, p + 1, len)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return n ? NGX_OK : NGX_DECLINED;
}


/* The same for the value of a field of a form. */

static ngx_int_t
ngx_http_plaid_sandbox_log_form(ngx_pool_t *pool, ngx_str_t *text,
    const char *name)
{
    u_char  *p, *end;
    size_t   len;

    len = ngx_strlen(name);

    for (p = text->data; p + len < text->data + text->len; p++) {

        if ((p != text->data && p[-1] != '&') || p[len] != '='
            || ngx_strncmp(p, name, len) != 0)
        {
            continue;
        }

        p += len + 1;

        end = ngx_strlchr(p, text->data + text->len, '&');
        if (end == NULL) {
            end = text->data + text->len;
        }

        return ngx_http_plaid_sandbox_log_replace(pool, text, p, end - p);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_sandbox_log_replace(ngx_pool_t *pool, ngx_str_t *text,
    u_char *p, size_t len)
{
    u_char     *d;
    u_char      hash[NGX_HTTP_PLAID_SANDBOX_HASH];
    ngx_str_t   made;

    ngx_http_plaid_sandbox_log_hash(hash, p, len);

    made.data = ngx_pnalloc(pool, text->len + sizeof(hash));
    if (made.data == NULL) {
        return NGX_ERROR;
    }

    d = ngx_cpymem(made.data, text->data, p - text->data);
    d = ngx_cpymem(d, hash, ngx_strlen(hash));
    d = ngx_cpymem(d, p + len, text->data + text->len - p - len);

    made.len = d - made.data;

    *text = made;

    return NGX_OK;
}
