
#include "ngx_http_plaid_module.h"
#include "ngx_plaid_body.h"
#include "ngx_plaid_curl.h"
#include "ngx_plaid_token.h"


static ngx_int_t ngx_http_plaid_look(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);
static ngx_int_t ngx_http_plaid_wanted(ngx_http_request_t *r,
    ngx_http_plaid_loc_conf_t *plcf);
static ngx_plaid_cause_e ngx_http_plaid_gate(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_body_handler(ngx_http_request_t *r);
static void ngx_http_plaid_search(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_found(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_body_found_t *found);
static ngx_int_t ngx_http_plaid_other_environment(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_str_t *token);
static void ngx_http_plaid_start(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_body_found_t *found);
static ngx_plaid_cause_e ngx_http_plaid_start_exchange(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_exchange_t *x,
    ngx_plaid_body_found_t *found);
static ngx_int_t ngx_http_plaid_wait(ngx_http_request_t *r);
static void ngx_http_plaid_exchanged(ngx_plaid_exchange_t *x);
static ngx_int_t ngx_http_plaid_keep(ngx_http_request_t *r,
    ngx_plaid_result_t *to, ngx_plaid_result_t *from);
static void ngx_http_plaid_settle(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_cause_e cause);
static void ngx_http_plaid_resume(ngx_http_request_t *r);


ngx_int_t
ngx_http_plaid_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t       *ctx;
    ngx_http_plaid_loc_conf_t  *plcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_module);

    ctx = ngx_http_plaid_ctx(r);

    if (ctx == NULL) {

        if (plcf->use == NULL || !(r->method & NGX_HTTP_POST)) {
            return NGX_DECLINED;
        }

        return ngx_http_plaid_look(r, NULL, plcf);
    }

    switch (ctx->state) {

    case NGX_HTTP_PLAID_READING:
    case NGX_HTTP_PLAID_WAITING:
        /* an event of the client's, while we wait for another one */
        return NGX_DONE;

    default:
        break;
    }

    /* a redirect may lead where another field has a token */

    if (ctx->result.status == NGX_PLAID_NOTHING
        && ctx->plcf != plcf
        && plcf->use
        && (r->method & NGX_HTTP_POST))
    {
        return ngx_http_plaid_look(r, ctx, plcf);
    }

    return ngx_http_plaid_outcome(r, ctx, plcf);
}


static ngx_int_t
ngx_http_plaid_look(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_int_t          rc;
    ngx_plaid_cause_e  cause;

    rc = ngx_http_plaid_wanted(r, plcf);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx == NULL) {
        ctx = ngx_http_plaid_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->plcf = plcf;
    ctx->client = plcf->use->client;

    cause = ngx_http_plaid_gate(r, ctx);

    if (cause != NGX_PLAID_CAUSE_NONE) {
        ngx_http_plaid_settle(r, ctx, plcf->required ? cause
                                                     : NGX_PLAID_CAUSE_NONE);
        return ngx_http_plaid_outcome(r, ctx, plcf);
    }

    ctx->state = NGX_HTTP_PLAID_READING;

    rc = ngx_http_read_client_request_body(r, ngx_http_plaid_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static ngx_int_t
ngx_http_plaid_wanted(ngx_http_request_t *r, ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_str_t  value;

    if (plcf->use->condition == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, plcf->use->condition, &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (value.len == 0 || (value.len == 1 && value.data[0] == '0')) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* what can be said before the body is read, and "100 Continue" is sent */

static ngx_plaid_cause_e
ngx_http_plaid_gate(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t              *encoding;
    ngx_plaid_body_type_e   type;

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NGX_PLAID_CAUSE_MISSING;
    }

    if (r->headers_in.content_type == NULL) {
        return NGX_PLAID_CAUSE_TYPE;
    }

    type = ngx_plaid_body_type(&r->headers_in.content_type->value);

    if (type == NGX_PLAID_BODY_OTHER) {
        return NGX_PLAID_CAUSE_TYPE;
    }

    ctx->json = (type == NGX_PLAID_BODY_JSON);

    encoding = ngx_http_plaid_request_header(r, "content-encoding");

    if (encoding && encoding->len
        && (encoding->len != sizeof("identity") - 1
            || ngx_strncasecmp(encoding->data, (u_char *) "identity",
                               sizeof("identity") - 1)
               != 0))
    {
        return NGX_PLAID_CAUSE_TYPE;
    }

    if (r->headers_in.content_length_n > (off_t) ctx->plcf->max_body) {
        return NGX_PLAID_CAUSE_SIZE;
    }

    return NGX_PLAID_CAUSE_NONE;
}


static void
ngx_http_plaid_body_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    /* the temporary file is the app's, and a mirror's, too */
    r->preserve_body = 1;

    ngx_http_plaid_search(r, ctx);

    if (ctx->state == NGX_HTTP_PLAID_WAITING
        && ngx_http_plaid_wait(r) == NGX_OK)
    {
        return;
    }

    /* reading has left handlers that would swallow every later event */

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


static void
ngx_http_plaid_search(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_plaid_cause_e           cause;
    ngx_plaid_body_found_t      found;
    ngx_http_plaid_loc_conf_t  *plcf;

    plcf = ctx->plcf;

    /* a chunked body has its length only now; a discarded one is not there */

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        cause = NGX_PLAID_CAUSE_MISSING;
        goto nothing;
    }

    if (r->headers_in.content_length_n > (off_t) plcf->max_body) {
        cause = NGX_PLAID_CAUSE_SIZE;
        goto nothing;
    }

    switch (ngx_plaid_body_search(r->pool, r->connection->log,
                                  r->request_body->bufs, plcf->max_body,
                                  &r->headers_in.content_type->value,
                                  plcf->fields, &found))
    {

    case NGX_PLAID_BODY_FOUND:
        ngx_http_plaid_found(r, ctx, &found);
        ngx_plaid_wipe(&found.token);
        return;

    case NGX_PLAID_BODY_ABSENT:
        cause = NGX_PLAID_CAUSE_MISSING;
        break;

    case NGX_PLAID_BODY_MALFORMED:
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "plaid exchange: request body not searched, %s",
                      found.error);
        cause = NGX_PLAID_CAUSE_BODY;
        break;

    case NGX_PLAID_BODY_TWICE:
        ngx_str_set(&ctx->result.error_message,
                    "the request has more than one public token");
        ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_TOKEN);
        return;

    default: /* NGX_PLAID_BODY_FAILED */
        ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

nothing:

    ngx_http_plaid_settle(r, ctx, plcf->required ? cause
                                                 : NGX_PLAID_CAUSE_NONE);
}


static void
ngx_http_plaid_found(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_body_found_t *found)
{
    if (ngx_plaid_token_check(&found->token) != NGX_OK) {
        ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_TOKEN);
        return;
    }

    switch (ngx_http_plaid_other_environment(r, ctx, &found->token)) {

    case NGX_OK:
        ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_TOKEN);
        return;

    case NGX_ERROR:
        ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        return;

    default: /* NGX_DECLINED */
        break;
    }

    ngx_http_plaid_start(r, ctx, found);
}


/* NGX_OK: it is of another one, and the message says so */

static ngx_int_t
ngx_http_plaid_other_environment(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_str_t *token)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   env, *ours;

    ours = &ctx->client->token_env;

    if (ours->len == 0
        || ngx_plaid_token_environment(token, &env) != NGX_OK
        || (env.len == ours->len
            && ngx_strncmp(env.data, ours->data, env.len) == 0))
    {
        return NGX_DECLINED;
    }

    len = sizeof("the public token is of environment \"\", not \"\"")
          + env.len + ours->len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->result.error_message.data = p;
    ctx->result.error_message.len =
        ngx_sprintf(p, "the public token is of environment \"%V\", not \"%V\"",
                    &env, ours)
        - p;

    return NGX_OK;
}


static void
ngx_http_plaid_start(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_body_found_t *found)
{
    ngx_plaid_cause_e      cause;
    ngx_plaid_exchange_t  *x;

    x = ngx_plaid_exchange_create();
    if (x == NULL) {
        ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

    cause = ngx_http_plaid_start_exchange(r, ctx, x, found);

    if (cause != NGX_PLAID_CAUSE_NONE) {
        ngx_plaid_exchange_destroy(x);
        ngx_http_plaid_settle(r, ctx, cause);
        return;
    }

    ctx->exchange = x;
    ctx->state = NGX_HTTP_PLAID_WAITING;
}


static ngx_plaid_cause_e
ngx_http_plaid_start_exchange(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_exchange_t *x,
    ngx_plaid_body_found_t *found)
{
    ngx_http_plaid_client_t   *client;
    ngx_http_core_loc_conf_t  *clcf;

    client = ctx->client;

    x->peer = &client->peer;
    x->dialect = client->dialect;
    x->transport = &ngx_plaid_curl_transport;
    x->handler = ngx_http_plaid_exchanged;
    x->data = ctx;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (client->resolver) {
        x->resolver = client->resolver;
        x->resolver_timeout = client->resolver_timeout;

    } else {
        x->resolver = clcf->resolver;
        x->resolver_timeout = clcf->resolver_timeout;
    }

    x->args.public_token.data = ngx_pstrdup(x->pool, &found->token);
    x->args.account_id.data = ngx_pstrdup(x->pool, &found->account_id);

    if (x->args.public_token.data == NULL || x->args.account_id.data == NULL) {
        return NGX_PLAID_CAUSE_INTERNAL;
    }

    x->args.public_token.len = found->token.len;
    x->args.account_id.len = found->account_id.len;

    switch (ngx_http_plaid_client_credentials(r, client, x->pool,
                                              &x->args.client_id,
                                              &x->args.secret))
    {
    case NGX_OK:
        break;

    case NGX_DECLINED:
        return NGX_PLAID_CAUSE_CREDENTIALS;

    default:
        return NGX_PLAID_CAUSE_INTERNAL;
    }

    switch (ngx_plaid_exchange_start(x)) {

    case NGX_OK:
        return NGX_PLAID_CAUSE_NONE;

    case NGX_BUSY:
        return NGX_PLAID_CAUSE_BUSY;

    case NGX_DECLINED:
        return NGX_PLAID_CAUSE_CREDENTIALS;

    default:
        return NGX_PLAID_CAUSE_INTERNAL;
    }
}


/* as in limit_req: a client that leaves is noticed */

static ngx_int_t
ngx_http_plaid_wait(ngx_http_request_t *r)
{
    ngx_event_t           *rev;
    ngx_http_plaid_ctx_t  *ctx;

    rev = r->connection->read;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    if (ngx_handle_read_event(rev, 0) == NGX_OK) {
        return NGX_OK;
    }

    ctx = ngx_http_plaid_ctx(r);

    ctx->exchange->data = NULL;
    ctx->exchange = NULL;

    ngx_http_plaid_settle(r, ctx, NGX_PLAID_CAUSE_INTERNAL);

    return NGX_ERROR;
}


/* called from the event loop; the client may be gone */

static void
ngx_http_plaid_exchanged(ngx_plaid_exchange_t *x)
{
    ngx_http_request_t    *r;
    ngx_plaid_cause_e      cause;
    ngx_http_plaid_ctx_t  *ctx;

    ctx = x->data;

    if (ctx == NULL) {
        ngx_plaid_exchange_destroy(x);
        return;
    }

    r = ctx->request;

    ngx_http_set_log_request(r->connection->log, r);

    cause = x->result.cause;

    if (ngx_http_plaid_keep(r, &ctx->result, &x->result) != NGX_OK) {
        cause = NGX_PLAID_CAUSE_INTERNAL;
    }

    ctx->time = x->time;
    ctx->called = 1;
    ctx->exchange = NULL;

    ngx_plaid_exchange_destroy(x);

    ngx_http_plaid_settle(r, ctx, cause);

    ngx_http_plaid_resume(r);
}


static ngx_int_t
ngx_http_plaid_keep(ngx_http_request_t *r, ngx_plaid_result_t *to,
    ngx_plaid_result_t *from)
{
    ngx_str_t   *src, *dst;
    ngx_uint_t   i;

    static size_t  offsets[] = {
        offsetof(ngx_plaid_result_t, access_token),
        offsetof(ngx_plaid_result_t, item_id),
        offsetof(ngx_plaid_result_t, account_id),
        offsetof(ngx_plaid_result_t, stripe_token),
        offsetof(ngx_plaid_result_t, processor_token),
        offsetof(ngx_plaid_result_t, request_id),
        offsetof(ngx_plaid_result_t, error_type),
        offsetof(ngx_plaid_result_t, error_code),
        offsetof(ngx_plaid_result_t, error_message),
        offsetof(ngx_plaid_result_t, display_message),
        offsetof(ngx_plaid_result_t, detail)
    };

    to->status = from->status;
    to->cause = from->cause;
    to->reply_status = from->reply_status;
    to->retry_after = from->retry_after;

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {

        src = (ngx_str_t *) ((char *) from + offsets[i]);
        dst = (ngx_str_t *) ((char *) to + offsets[i]);

        if (src->len == 0) {
            continue;
        }

        dst->data = ngx_pstrdup(r->pool, src);
        if (dst->data == NULL) {
            return NGX_ERROR;
        }

        dst->len = src->len;
    }

    return NGX_OK;
}


/* the one way to DONE */

static void
ngx_http_plaid_settle(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_cause_e cause)
{
    ctx->state = NGX_HTTP_PLAID_DONE;

    if (cause == NGX_PLAID_CAUSE_NONE) {
        return;
    }

    ngx_plaid_result_wipe(&ctx->result);
    ngx_plaid_result_fail(&ctx->result, cause);

    ngx_http_plaid_log(r, ctx);
}


static void
ngx_http_plaid_resume(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    if (ngx_http_post_request(r, NULL) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    /* we are not below one of the client's events: nobody else runs them */

    ngx_http_run_posted_requests(c);
}
