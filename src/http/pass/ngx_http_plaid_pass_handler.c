
/*
 * The content handler: what can be said of a request before Plaid is asked.
 */


#include "ngx_http_plaid_pass.h"
#include "ngx_http_plaid_exchange.h"
#include "ngx_http_plaid_request.h"
#include "ngx_plaid_body.h"


#define NGX_HTTP_PLAID_PASS_NONE     ((ngx_http_plaid_pass_error_e) -1)

#define NGX_HTTP_PLAID_PASS_VERSION_TEXT  "2020-09-14"

/* of Plaid's names: the environment before it */
#define NGX_HTTP_PLAID_PASS_DOMAIN   ".plaid.com"


static ngx_http_plaid_pass_ctx_t *ngx_http_plaid_pass_create(
    ngx_http_request_t *r, ngx_http_plaid_pass_conf_t *conf);
static void ngx_http_plaid_pass_cleanup(void *data);
static ngx_http_plaid_pass_error_e ngx_http_plaid_pass_precheck(
    ngx_http_plaid_pass_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_pass_host(ngx_http_plaid_pass_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_pass_has(ngx_http_request_t *r, char *name);
static ngx_int_t ngx_http_plaid_pass_path(ngx_http_plaid_pass_ctx_t *ctx);
static ngx_http_plaid_pass_error_e ngx_http_plaid_pass_headers(
    ngx_http_plaid_pass_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_pass_app(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_str_t *secret);
static void ngx_http_plaid_pass_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_pass_bytes(ngx_http_plaid_pass_ctx_t *ctx);
static ngx_http_plaid_pass_error_e ngx_http_plaid_pass_examine(
    ngx_http_plaid_pass_ctx_t *ctx);
static ngx_http_plaid_pass_error_e ngx_http_plaid_pass_scope(
    ngx_http_plaid_pass_ctx_t *ctx);
static ngx_http_plaid_pass_error_e ngx_http_plaid_pass_key(
    ngx_http_plaid_pass_ctx_t *ctx);


ngx_int_t
ngx_http_plaid_pass_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_plaid_pass_ctx_t    *ctx;
    ngx_http_plaid_pass_conf_t   *conf;
    ngx_http_plaid_pass_error_e   error;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    conf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_pass_module);

    ctx = ngx_http_plaid_pass_create(r, conf);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    error = ngx_http_plaid_pass_precheck(ctx);

    if (error != NGX_HTTP_PLAID_PASS_NONE) {
        return ngx_http_plaid_pass_answer_error(ctx, error);
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_plaid_pass_read);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


static ngx_http_plaid_pass_ctx_t *
ngx_http_plaid_pass_create(ngx_http_request_t *r,
    ngx_http_plaid_pass_conf_t *conf)
{
    ngx_http_plaid_ctx_t       *shared;
    ngx_http_plaid_pass_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_plaid_pass_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    /* an internal redirect may have left one */

    shared = ngx_http_plaid_ctx(r);

    if (shared == NULL) {
        shared = ngx_http_plaid_ctx_create(r, ngx_http_plaid_pass_cleanup);
        if (shared == NULL) {
            return NULL;
        }

        shared->client = conf->client;
        shared->state = NGX_HTTP_PLAID_DONE;
        shared->plcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_module);
    }

    ctx->request = r;
    ctx->conf = conf;
    ctx->client = conf->client;
    ctx->shared = shared;
    ctx->seal = shared->plcf->seal;
    ctx->ident.fd = (ngx_socket_t) -1;

    if (ngx_array_init(&ctx->tokens, r->pool, 1, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NULL;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_plaid_pass_module);

    return ctx;
}


static void
ngx_http_plaid_pass_cleanup(void *data)
{
    ngx_http_plaid_ctx_t *shared = data;

    ngx_str_t                  *token;
    ngx_uint_t                  i;
    ngx_http_plaid_pass_ctx_t  *ctx;

    ngx_http_plaid_exchange_release(shared);

    /* a post that has made the record is its own proof of delivery */

    if (shared->zone && shared->ref.kind == NGX_PLAID_STORE_PASS
        && shared->request->headers_out.status == NGX_HTTP_OK
        && !shared->request->connection->error)
    {
        ngx_plaid_store_taken(&shared->zone->store, &shared->ref);
    }

    ctx = ngx_http_get_module_ctx(shared->request, ngx_http_plaid_pass_module);

    if (ctx) {
        ngx_http_plaid_pass_call_stop(ctx);

        token = ctx->tokens.elts;

        for (i = 0; i < ctx->tokens.nelts; i++) {
            ngx_plaid_wipe(&token[i]);
        }
    }

    ngx_plaid_result_wipe(&shared->result);
}


static ngx_http_plaid_pass_error_e
ngx_http_plaid_pass_precheck(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    if (r->internal) {
        return NGX_HTTP_PLAID_PASS_INTERNAL;
    }

    if (ngx_http_plaid_pass_peer(r, ctx->conf) != NGX_OK) {
        return NGX_HTTP_PLAID_PASS_PEER;
    }

    if (r->headers_in.user_agent
        && ngx_strncmp(r->headers_in.user_agent->value.data,
                       "ngx_http_plaid_module/",
                       sizeof("ngx_http_plaid_module/") - 1)
           == 0)
    {
        return NGX_HTTP_PLAID_PASS_LOOP;
    }

    if (ngx_http_plaid_pass_host(ctx)) {
        return NGX_HTTP_PLAID_PASS_HOST;
    }

    if (!(r->method & NGX_HTTP_POST)) {
        return NGX_HTTP_PLAID_PASS_METHOD;
    }

    /* not Sec-Fetch-Mode, which Node's own fetch() sends */

    if (ngx_http_plaid_pass_has(r, "origin")
        || ngx_http_plaid_pass_has(r, "sec-fetch-site")
        || ngx_http_plaid_pass_has(r, "cookie"))
    {
        return NGX_HTTP_PLAID_PASS_BROWSER;
    }

    if (ngx_http_plaid_pass_path(ctx) != NGX_OK) {
        return NGX_HTTP_PLAID_PASS_PATH;
    }

    return ngx_http_plaid_pass_headers(ctx);
}


/* 1: one of Plaid's names, but of another environment */

static ngx_uint_t
ngx_http_plaid_pass_host(ngx_http_plaid_pass_ctx_t *ctx)
{
    size_t      len;
    ngx_str_t  *host, *env, *own;

    host = &ctx->request->headers_in.server;
    len = sizeof(NGX_HTTP_PLAID_PASS_DOMAIN) - 1;

    if (host->len <= len
        || ngx_strncasecmp(host->data + host->len - len,
                           (u_char *) NGX_HTTP_PLAID_PASS_DOMAIN, len)
           != 0)
    {
        return 0;
    }

    env = &ctx->client->token_env;
    own = &ctx->client->peer.endpoint.host;

    if (env->len) {
        return host->len - len != env->len
               || ngx_strncasecmp(host->data, env->data, env->len) != 0;
    }

    /* an environment by its URL: only when that is Plaid's it is known */

    return own->len > len
           && ngx_strncasecmp(own->data + own->len - len,
                              (u_char *) NGX_HTTP_PLAID_PASS_DOMAIN, len)
              == 0
           && (own->len != host->len
               || ngx_strncasecmp(own->data, host->data, own->len) != 0);
}


static ngx_uint_t
ngx_http_plaid_pass_has(ngx_http_request_t *r, char *name)
{
    return ngx_http_plaid_request_header(r, name) != NULL;
}


/* what is left of the normalised URI after the location's prefix */

static ngx_int_t
ngx_http_plaid_pass_path(ngx_http_plaid_pass_ctx_t *ctx)
{
    u_char                     ch;
    size_t                     i, len;
    ngx_str_t                  path;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = ctx->request;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->args.len
        || ngx_strlchr(r->unparsed_uri.data,
                       r->unparsed_uri.data + r->unparsed_uri.len, '?'))
    {
        return NGX_DECLINED;
    }

    path = r->uri;
    len = clcf->name.len;

    if (len && clcf->name.data[len - 1] == '/') {
        len--;
    }

#if (NGX_PCRE)
    if (clcf->regex) {
        len = 0;
    }
#endif

    if (!clcf->exact_match && !clcf->named && len < path.len
        && path.data[len] == '/'
        && ngx_strncmp(path.data, clcf->name.data, len) == 0)
    {
        path.data += len;
        path.len -= len;
    }

    for (i = 0; i < path.len; i++) {
        ch = path.data[i];

        if ((ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z')
            && (ch < '0' || ch > '9') && ch != '_' && ch != '/' && ch != '-')
        {
            return NGX_DECLINED;
        }
    }

    ctx->path = path;

    if (ctx->seal
        && path.len == ngx_strlen(ngx_http_plaid_pass_paths_refresh.path)
        && ngx_memcmp(path.data, ngx_http_plaid_pass_paths_refresh.path,
                      path.len)
           == 0)
    {
        ctx->known = &ngx_http_plaid_pass_paths_refresh;
        return NGX_OK;
    }

    ctx->known = ngx_http_plaid_pass_paths_find(&path);

    return ngx_http_plaid_pass_paths_allowed(ctx->conf, &path);
}


static ngx_http_plaid_pass_error_e
ngx_http_plaid_pass_headers(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_str_t           *value;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (r->headers_in.content_type == NULL
        || ngx_plaid_body_type(&r->headers_in.content_type->value)
           != NGX_PLAID_BODY_JSON)
    {
        return NGX_HTTP_PLAID_PASS_TYPE;
    }

    if (ngx_http_plaid_pass_has(r, "content-encoding")) {
        return NGX_HTTP_PLAID_PASS_TYPE;
    }

    value = ngx_http_plaid_request_header(r, "plaid-version");

    if (value
        && (value->len != sizeof(NGX_HTTP_PLAID_PASS_VERSION_TEXT) - 1
            || ngx_strncmp(value->data, NGX_HTTP_PLAID_PASS_VERSION_TEXT,
                           value->len)
               != 0))
    {
        return NGX_HTTP_PLAID_PASS_VERSION;
    }

    if (r->headers_in.content_length_n > (off_t) ctx->conf->max_body) {
        return NGX_HTTP_PLAID_PASS_SIZE;
    }

    /* one that is wrong is refused before the body is read */

    value = ngx_http_plaid_request_header(r, "plaid-secret");

    if (ctx->conf->apps && value
        && ngx_http_plaid_pass_app(ctx, value) != NGX_OK)
    {
        return NGX_HTTP_PLAID_PASS_KEY;
    }

    return NGX_HTTP_PLAID_PASS_NONE;
}


static ngx_int_t
ngx_http_plaid_pass_app(ngx_http_plaid_pass_ctx_t *ctx, ngx_str_t *secret)
{
    ngx_str_t  name;

    if (ngx_plaid_appkeys_find(ctx->conf->apps->keys, secret, &name)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    /* a file that is read again replaces the name */

    ctx->app.data = ngx_pstrdup(ctx->request->pool, &name);
    if (ctx->app.data == NULL) {
        return NGX_ERROR;
    }

    ctx->app.len = name.len;

    return NGX_OK;
}


/* the body is there: from here on the request is finalized by us */

static void
ngx_http_plaid_pass_read(ngx_http_request_t *r)
{
    ngx_http_plaid_pass_ctx_t    *ctx;
    ngx_http_plaid_pass_error_e   error;

    ctx = ngx_http_get_module_ctx(r, ngx_http_plaid_pass_module);

    switch (ngx_http_plaid_pass_bytes(ctx)) {

    case NGX_OK:
        error = ngx_http_plaid_pass_examine(ctx);
        break;

    case NGX_DECLINED:
        error = NGX_HTTP_PLAID_PASS_SIZE;
        break;

    default:
        error = NGX_HTTP_PLAID_PASS_FAILED;
        break;
    }

    if (error != NGX_HTTP_PLAID_PASS_NONE) {
        ngx_http_finalize_request(r, ngx_http_plaid_pass_answer_error(ctx,
                                                                      error));
        return;
    }

    if (ctx->local.len) {
        ctx->shared->result.status = NGX_PLAID_PASSED;
        ngx_http_finalize_request(r,
                  ngx_http_plaid_pass_answer_json(ctx, NGX_HTTP_OK,
                                                  &ctx->local));
        return;
    }

    if (ngx_http_plaid_pass_once(ctx)) {
        return;
    }

    ngx_http_plaid_pass_call(ctx);
}


static ngx_int_t
ngx_http_plaid_pass_bytes(ngx_http_plaid_pass_ctx_t *ctx)
{
    u_char              *p;
    size_t               len;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {

        if (cl->buf->in_file) {
            return NGX_DECLINED;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    if (len > ctx->conf->max_body) {
        return NGX_DECLINED;
    }

    cl = r->request_body->bufs;

    ctx->body.len = len;
    ctx->body.data = cl->buf->pos;

    if (cl->next == NULL) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->body.data = p;

    for ( /* void */ ; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}


static ngx_http_plaid_pass_error_e
ngx_http_plaid_pass_examine(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_int_t                     rc;
    ngx_http_plaid_pass_error_e   error;

    error = NGX_HTTP_PLAID_PASS_FAILED;

    rc = ngx_http_plaid_pass_body(ctx, &error);

    if (rc == NGX_DECLINED && error == NGX_HTTP_PLAID_PASS_BODY) {
        return error;
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_PLAID_PASS_FAILED;
    }

    /* the key may be in the body; what else is wrong is not for strangers */

    if (ngx_http_plaid_pass_key(ctx) != NGX_HTTP_PLAID_PASS_NONE) {
        return NGX_HTTP_PLAID_PASS_KEY;
    }

    if (rc != NGX_OK) {
        return error;
    }

    if (ctx->seal) {
        error = ngx_http_plaid_pass_scope(ctx);

        if (error != NGX_HTTP_PLAID_PASS_NONE) {
            return error;
        }
    }

    if (ctx->known == &ngx_http_plaid_pass_paths_refresh) {
        rc = ngx_http_plaid_pass_sealed_refresh(ctx, &error, &ctx->local);

    } else {
        rc = ngx_http_plaid_pass_body_tokens(ctx, &error);
    }

    return (rc == NGX_OK) ? NGX_HTTP_PLAID_PASS_NONE
                          : (rc == NGX_DECLINED) ? error
                                                 : NGX_HTTP_PLAID_PASS_FAILED;
}


static ngx_http_plaid_pass_error_e
ngx_http_plaid_pass_scope(ngx_http_plaid_pass_ctx_t *ctx)
{
    switch (ngx_http_plaid_seal_scope(ctx->request, ctx->seal, ctx->client,
                                      &ctx->scope))
    {
    case NGX_OK:
        ctx->sealed = 1;
        return NGX_HTTP_PLAID_PASS_NONE;

    case NGX_DECLINED:
        return (ctx->seal->tenant && ctx->scope.tenant.len == 0)
               ? NGX_HTTP_PLAID_PASS_TENANT : NGX_HTTP_PLAID_PASS_UNAVAILABLE;

    default:
        return NGX_HTTP_PLAID_PASS_FAILED;
    }
}


static ngx_http_plaid_pass_error_e
ngx_http_plaid_pass_key(ngx_http_plaid_pass_ctx_t *ctx)
{
    ngx_uint_t               i;
    ngx_plaid_splice_hit_t  *hit;

    if (ctx->conf->apps == NULL || ctx->app.len) {
        return NGX_HTTP_PLAID_PASS_NONE;
    }

    hit = ctx->splice.hits.elts;

    for (i = 0; i < ctx->splice.hits.nelts; i++) {
        if (hit[i].place == NGX_HTTP_PLAID_PASS_KEYS - 1
            && ngx_http_plaid_pass_app(ctx, &hit[i].value) == NGX_OK)
        {
            return NGX_HTTP_PLAID_PASS_NONE;
        }
    }

    return NGX_HTTP_PLAID_PASS_KEY;
}
