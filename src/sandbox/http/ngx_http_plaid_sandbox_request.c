
/* From a request to a call. */


#include "ngx_http_plaid_sandbox.h"


static void ngx_http_plaid_sandbox_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_sandbox_process(ngx_http_request_t *r);
static void ngx_http_plaid_sandbox_cleanup(void *data);
static ngx_http_plaid_sandbox_ctx_t *ngx_http_plaid_sandbox_ctx(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_sandbox_origin(ngx_http_request_t *r,
    ngx_plaid_sandbox_call_t *call);
static void ngx_http_plaid_sandbox_headers(ngx_http_request_t *r,
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_sandbox_is(ngx_str_t *name,
    const char *header);
static ngx_uint_t ngx_http_plaid_sandbox_method(ngx_http_request_t *r);
static ngx_plaid_sandbox_type_e ngx_http_plaid_sandbox_type(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_sandbox_read(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_sandbox_args(
    ngx_http_plaid_sandbox_ctx_t *ctx);
static void ngx_http_plaid_sandbox_fields(ngx_plaid_sandbox_call_t *call,
    ngx_str_t *body);
static ngx_int_t ngx_http_plaid_sandbox_body(ngx_http_request_t *r,
    ngx_str_t *body);


ngx_int_t
ngx_http_plaid_sandbox_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_plaid_sandbox_asset(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (r->headers_in.content_length_n > NGX_PLAID_SANDBOX_BODY_MAX) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    rc = ngx_http_read_client_request_body(r,
                                      ngx_http_plaid_sandbox_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_plaid_sandbox_body_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_plaid_sandbox_process(r);

    if (rc != NGX_BUSY) {
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_http_plaid_sandbox_process(ngx_http_request_t *r)
{
    ngx_plaid_sandbox_call_t      *call;
    ngx_http_plaid_sandbox_ctx_t  *ctx;

    ctx = ngx_http_plaid_sandbox_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call = &ctx->call;

    if (ngx_http_plaid_sandbox_read(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (call->malformed) {
        ngx_log_error(NGX_LOG_INFO, call->log, 0,
                      "plaid_sandbox could not read the request");
    }

    ngx_plaid_sandbox_find(call);

    (void) ngx_atomic_fetch_add(&call->store->sh->counters.calls, 1);

    if (call->route == NULL) {
        ngx_plaid_sandbox_store_unknown(call->store, &call->path);

        ngx_log_error(NGX_LOG_WARN, call->log, 0,
                      "plaid_sandbox has no \"%V %V\"",
                      &r->method_name, &call->path);
    }

    if (call->route && (call->route->flags & NGX_PLAID_SANDBOX_EXCHANGE)) {
        (void) ngx_atomic_fetch_add(&call->store->sh->counters.exchanges, 1);
    }

    ngx_http_plaid_sandbox_choose(ctx);

    return ngx_http_plaid_sandbox_run(ctx);
}


static ngx_http_plaid_sandbox_ctx_t *
ngx_http_plaid_sandbox_ctx(ngx_http_request_t *r)
{
    ngx_http_cleanup_t                  *cln;
    ngx_plaid_sandbox_call_t            *call;
    ngx_http_plaid_sandbox_ctx_t        *ctx;
    ngx_http_plaid_sandbox_loc_conf_t   *slcf;
    ngx_http_plaid_sandbox_main_conf_t  *smcf;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_plaid_sandbox_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_plaid_sandbox_cleanup;
    cln->data = ctx;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_sandbox_module);
    slcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_sandbox_module);

    ctx->request = r;
    ctx->fd = -1;

    call = &ctx->call;

    call->pool = r->pool;
    call->log = r->connection->log;
    call->store = smcf->zone->data;
    call->now = ngx_time();
    call->keys = slcf->keys;
    call->token_ttl = slcf->token_ttl;
    call->method = ngx_http_plaid_sandbox_method(r);
    call->type = ngx_http_plaid_sandbox_type(r);
    call->query = r->args;

    ngx_http_plaid_sandbox_path(r, &call->path);
    ngx_http_plaid_sandbox_headers(r, ctx);

    call->own = call->path.len > 10
                && ngx_strncmp(call->path.data, "/sandbox/_", 10) == 0;

    if (ngx_http_plaid_sandbox_origin(r, call) != NGX_OK) {
        return NULL;
    }

    if (ngx_plaid_sandbox_id(call->request_id, NGX_PLAID_SANDBOX_REQUEST_ID)
        != NGX_OK)
    {
        return NULL;
    }

    return ctx;
}


static void
ngx_http_plaid_sandbox_cleanup(void *data)
{
    ngx_http_plaid_sandbox_ctx_t *ctx = data;

    ngx_plaid_sandbox_jansson_t  saved;

    ngx_http_plaid_sandbox_stop(ctx);

    ngx_plaid_sandbox_jansson_enter(&saved);

    json_decref(ctx->call.args);
    ctx->call.args = NULL;

    json_decref(ctx->call.keep);
    ctx->call.keep = NULL;

    json_decref(ctx->call.reply);
    ctx->call.reply = NULL;

    (void) ngx_plaid_sandbox_jansson_leave(&saved);
}


/*
 * The location's name is where the sandbox is put, and no part of the path:
 * "/plaid/auth/get" in "location /plaid/" is "/auth/get".
 */

void
ngx_http_plaid_sandbox_path(ngx_http_request_t *r, ngx_str_t *path)
{
    size_t                     len;
    ngx_http_core_loc_conf_t  *clcf;

    *path = r->uri;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

#if (NGX_PCRE)
    if (clcf->regex) {
        return;
    }
#endif

    len = clcf->name.len;

    if (len && clcf->name.data[len - 1] == '/') {
        len--;
    }

    if (clcf->exact_match || clcf->named || len >= r->uri.len
        || r->uri.data[len] != '/'
        || ngx_strncmp(r->uri.data, clcf->name.data, len) != 0)
    {
        return;
    }

    path->data += len;
    path->len -= len;
}


/* Where the sandbox is, as this client sees it: "http://host:port/prefix". */

static ngx_int_t
ngx_http_plaid_sandbox_origin(ngx_http_request_t *r,
    ngx_plaid_sandbox_call_t *call)
{
    u_char     *p;
    ngx_str_t   prefix, scheme, host;

    ngx_str_set(&scheme, "http");
    ngx_str_set(&host, "localhost");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https");
    }
#endif

    if (r->headers_in.host) {
        host = r->headers_in.host->value;

    } else if (r->headers_in.server.len) {
        host = r->headers_in.server;
    }

    prefix.data = r->uri.data;
    prefix.len = r->uri.len - call->path.len;

    p = ngx_pnalloc(r->pool, scheme.len + sizeof("://") - 1 + host.len
                             + prefix.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    call->origin.data = p;
    call->origin.len = ngx_sprintf(p, "%V://%V%V", &scheme, &host, &prefix)
                       - p;
    return NGX_OK;
}


static void
ngx_http_plaid_sandbox_headers(ngx_http_request_t *r,
    ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_str_t        *name;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
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

        name = &h[i].key;

        if (ngx_http_plaid_sandbox_is(name, "PLAID-CLIENT-ID")) {
            ctx->call.header_id = h[i].value;

        } else if (ngx_http_plaid_sandbox_is(name, "PLAID-SECRET")) {
            ctx->call.header_secret = h[i].value;

        } else if (ngx_http_plaid_sandbox_is(name, "Plaid-Version")) {
            ctx->call.version = 1;

        } else if (ngx_http_plaid_sandbox_is(name, "Plaid-Sandbox-Fault")
                   || ngx_http_plaid_sandbox_is(name,
                                                "X-Plaid-Sandbox-Fault"))
        {
            ctx->fault_header = h[i].value;
        }
    }
}


static ngx_uint_t
ngx_http_plaid_sandbox_is(ngx_str_t *name, const char *header)
{
    return name->len == ngx_strlen(header)
           && ngx_strncasecmp(name->data, (u_char *) header, name->len) == 0;
}


static ngx_uint_t
ngx_http_plaid_sandbox_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
        return NGX_PLAID_SANDBOX_GET;

    case NGX_HTTP_POST:
        return NGX_PLAID_SANDBOX_POST;

    case NGX_HTTP_PATCH:
        return NGX_PLAID_SANDBOX_PATCH;

    case NGX_HTTP_DELETE:
        return NGX_PLAID_SANDBOX_DELETE;

    default:
        return NGX_PLAID_SANDBOX_OTHER;
    }
}


static ngx_plaid_sandbox_type_e
ngx_http_plaid_sandbox_type(ngx_http_request_t *r)
{
    size_t      len;
    ngx_str_t  *type;

    static ngx_str_t  form = ngx_string("application/x-www-form-urlencoded");
    static ngx_str_t  json = ngx_string("application/json");

    if (r->headers_in.content_type == NULL) {
        return (r->headers_in.content_length_n > 0 || r->headers_in.chunked)
               ? NGX_PLAID_SANDBOX_BAD_TYPE : NGX_PLAID_SANDBOX_NO_TYPE;
    }

    type = &r->headers_in.content_type->value;

    for (len = 0; len < type->len; len++) {
        if (type->data[len] == ';' || type->data[len] == ' '
            || type->data[len] == '\t')
        {
            break;
        }
    }

    if (len == form.len && ngx_strncasecmp(type->data, form.data, len) == 0) {
        return NGX_PLAID_SANDBOX_FORM;
    }

    if (len == json.len && ngx_strncasecmp(type->data, json.data, len) == 0) {
        return NGX_PLAID_SANDBOX_JSON;
    }

    return NGX_PLAID_SANDBOX_BAD_TYPE;
}


static ngx_int_t
ngx_http_plaid_sandbox_read(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_int_t                    rc;
    ngx_plaid_sandbox_jansson_t  saved;

    ngx_plaid_sandbox_jansson_enter(&saved);

    ctx->call.args = json_object();

    rc = ctx->call.args ? ngx_http_plaid_sandbox_args(ctx) : NGX_ERROR;

    if (ngx_plaid_sandbox_jansson_leave(&saved) != NGX_OK) {
        return NGX_ERROR;
    }

    return rc;
}


static ngx_int_t
ngx_http_plaid_sandbox_args(ngx_http_plaid_sandbox_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  body;
    ngx_plaid_sandbox_call_t  *call;

    call = &ctx->call;

    rc = ngx_http_plaid_sandbox_body(ctx->request, &body);
    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        call->malformed = 1;

    } else {
        ngx_http_plaid_sandbox_fields(call, &body);
    }

    /* what asks for the log is not in it */

    if (!call->own) {
        ngx_http_plaid_sandbox_log(ctx, &body);
    }

    if (body.len) {
        ngx_explicit_memzero(body.data, body.len);
    }

    return NGX_OK;
}


/* The query first: a field of the body goes over it. */

static void
ngx_http_plaid_sandbox_fields(ngx_plaid_sandbox_call_t *call, ngx_str_t *body)
{
    ngx_int_t   rc;
    ngx_uint_t  json;

    /* curl's -d says "form" of whatever it sends */

    json = (call->type == NGX_PLAID_SANDBOX_JSON)
           || (call->own && body->len && body->data[0] == '{');

    rc = ngx_plaid_sandbox_form(call->args, call->query.data,
                                call->query.data + call->query.len,
                                call->pool);

    if (rc == NGX_OK && json) {
        rc = ngx_plaid_sandbox_json(call->args, body->data, body->len);
    }

    if (rc == NGX_OK && !json && call->type == NGX_PLAID_SANDBOX_FORM) {
        rc = ngx_plaid_sandbox_form(call->args, body->data,
                                    body->data + body->len, call->pool);
    }

    call->malformed = (rc != NGX_OK);
}


/*
 * A copy of the whole body: NGX_DECLINED when it is longer than we take, as
 * one without a Content-Length may turn out to be.
 */

static ngx_int_t
ngx_http_plaid_sandbox_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    off_t         len;
    size_t        size;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_str_null(body);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    if (len > NGX_PLAID_SANDBOX_BODY_MAX) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, (size_t) len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    body->len = (size_t) len;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;
        size = (size_t) ngx_buf_size(b);

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, size);
            continue;
        }

        if (b->in_file) {
            n = ngx_read_file(b->file, p, size, b->file_pos);

            if (n != (ssize_t) size) {
                return NGX_ERROR;
            }

            p += n;
        }
    }

    return NGX_OK;
}
