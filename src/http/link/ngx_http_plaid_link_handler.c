
/*
 * The way of a request for a link token: who asks, what was chosen, the call.
 */


#include "ngx_http_plaid_link.h"
#include "ngx_http_plaid_fetch.h"
#include "ngx_http_plaid_seal.h"


static ngx_http_plaid_link_t *ngx_http_plaid_link_create(
    ngx_http_request_t *r, ngx_http_plaid_link_loc_conf_t *llcf);
static void ngx_http_plaid_link_cleanup(void *data);
static void ngx_http_plaid_link_cleanup_ctx(void *data);
static void ngx_http_plaid_link_body_handler(ngx_http_request_t *r);
static void ngx_http_plaid_link_begin(ngx_http_plaid_link_t *lt);
static ngx_uint_t ngx_http_plaid_link_identify(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_settings(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_update(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_open(ngx_http_plaid_link_t *lt,
    ngx_http_plaid_loc_conf_t *plcf, ngx_str_t *value);
static void ngx_http_plaid_link_call(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_request(ngx_http_plaid_link_t *lt,
    ngx_plaid_fetch_t *f);
static ngx_int_t ngx_http_plaid_link_wait(ngx_http_request_t *r);
static void ngx_http_plaid_link_done(ngx_plaid_fetch_t *f);
static ngx_plaid_cause_e ngx_http_plaid_link_cause(ngx_plaid_fetch_t *f);


ngx_int_t
ngx_http_plaid_link_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_str_t                        value;
    ngx_http_plaid_link_t           *lt;
    ngx_http_plaid_link_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_link_module);

    if (r != r->main || r->internal) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "plaid link token: not for a subrequest or an internal "
                      "redirect");
        return NGX_HTTP_FORBIDDEN;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        rc = ngx_http_discard_request_body(r);
        return (rc == NGX_OK) ? ngx_http_plaid_link_preflight(r, llcf) : rc;
    }

    if (r->method != NGX_HTTP_POST) {
        ngx_str_set(&value, "POST");

        return (ngx_http_plaid_link_header(r, "Allow", &value) == NGX_OK)
               ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    lt = ngx_http_plaid_link_create(r, llcf);
    if (lt == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (llcf->choices) {

        /* it is small, and may not lie in a file */
        r->request_body_in_single_buf = 1;

        rc = ngx_http_read_client_request_body(
                 r, ngx_http_plaid_link_body_handler);

        return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;

    ngx_http_plaid_link_begin(lt);

    return NGX_DONE;
}


static ngx_http_plaid_link_t *
ngx_http_plaid_link_create(ngx_http_request_t *r,
    ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_plaid_ctx_t   *ctx;
    ngx_http_plaid_link_t  *lt;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_plaid_link_t));
    if (cln == NULL) {
        return NULL;
    }

    lt = cln->data;
    ngx_memzero(lt, sizeof(ngx_http_plaid_link_t));

    cln->handler = ngx_http_plaid_link_cleanup;

    lt->request = r;
    lt->llcf = llcf;

    if (ngx_array_init(&lt->members, r->pool, 4,
                       sizeof(ngx_plaid_link_member_t))
        != NGX_OK)
    {
        return NULL;
    }

    ctx = ngx_http_plaid_ctx_create(r, ngx_http_plaid_link_cleanup_ctx);
    if (ctx == NULL) {
        return NULL;
    }

    ctx->plcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_module);
    ctx->client = llcf->client;
    ctx->state = NGX_HTTP_PLAID_DONE;

    if (r->headers_in.content_type
        && ngx_strlcasestrn(r->headers_in.content_type->value.data,
                            r->headers_in.content_type->value.data
                            + r->headers_in.content_type->value.len,
                            (u_char *) "json", sizeof("json") - 2))
    {
        ctx->json = 1;
    }

    lt->ctx = ctx;

    ngx_http_set_ctx(r, lt, ngx_http_plaid_link_module);

    return lt;
}


/* idempotent: the request's end is the call's, too */

static void
ngx_http_plaid_link_cleanup(void *data)
{
    ngx_http_plaid_link_t *lt = data;

    if (lt->fetch) {
        ngx_plaid_fetch_destroy(lt->fetch);
        lt->fetch = NULL;
    }

    ngx_plaid_wipe(&lt->access_token);
}


static void
ngx_http_plaid_link_cleanup_ctx(void *data)
{
    ngx_http_plaid_ctx_t *ctx = data;

    ngx_http_plaid_link_t  *lt;

    lt = ngx_http_get_module_ctx(ctx->request, ngx_http_plaid_link_module);

    if (lt) {
        ngx_http_plaid_link_cleanup(lt);
    }
}


static void
ngx_http_plaid_link_body_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_link_t  *lt;

    lt = ngx_http_get_module_ctx(r, ngx_http_plaid_link_module);

    ngx_http_plaid_link_begin(lt);
}


/* cheap questions first; nothing is sent before all are answered */

static void
ngx_http_plaid_link_begin(ngx_http_plaid_link_t *lt)
{
    ngx_http_request_t  *r;

    r = lt->request;

    switch (ngx_http_plaid_link_origin_allowed(r, lt->llcf)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        ngx_http_plaid_link_refuse(lt, NGX_HTTP_FORBIDDEN,
                                   "ORIGIN_NOT_ALLOWED",
                                   "the page may not ask for a link token",
                                   NGX_LOG_INFO);
        return;

    default:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

    if (!ngx_http_plaid_link_identify(lt)) {
        ngx_http_plaid_link_refuse(lt, NGX_HTTP_FORBIDDEN, "NOT_IDENTIFIED",
                                   "the user is not known", NGX_LOG_INFO);
        return;
    }

    switch (lt->llcf->choices ? ngx_http_plaid_link_choose(lt) : NGX_OK) {

    case NGX_OK:
        break;

    case NGX_DONE:
        ngx_http_plaid_link_refuse(lt, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "BODY_TOO_LARGE",
                                   "the request body is too large",
                                   NGX_LOG_INFO);
        return;

    case NGX_DECLINED:
        ngx_http_plaid_link_refuse(lt, NGX_HTTP_BAD_REQUEST, "INVALID_CHOICE",
                                   "the choice is not offered", NGX_LOG_INFO);
        return;

    default:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

    if (ngx_http_plaid_link_settings(lt) != NGX_OK) {
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

    switch (ngx_http_plaid_link_update(lt)) {

    case NGX_OK:
        ngx_http_plaid_link_call(lt);
        return;

    case NGX_DECLINED:
        ngx_http_plaid_link_refuse(lt, NGX_HTTP_BAD_REQUEST,
                                   "INVALID_ACCESS_TOKEN",
                                   "the access token cannot be used here",
                                   NGX_LOG_WARN);
        return;

    default:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_INTERNAL);
    }
}


static ngx_uint_t
ngx_http_plaid_link_identify(ngx_http_plaid_link_t *lt)
{
    size_t  i;

    if (ngx_http_complex_value(lt->request, lt->llcf->user, &lt->user)
        != NGX_OK)
    {
        return 0;
    }

    if (lt->user.len == 0 || lt->user.len > NGX_PLAID_LINK_USER_MAX) {
        return 0;
    }

    for (i = 0; i < lt->user.len; i++) {
        if (lt->user.data[i] < 0x20 || lt->user.data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_http_plaid_link_settings(ngx_http_plaid_link_t *lt)
{
    ngx_uint_t                  i;
    ngx_plaid_link_member_t    *member;
    ngx_http_plaid_link_set_t  *set;

    if (lt->llcf->sets == NULL) {
        return NGX_OK;
    }

    set = lt->llcf->sets->elts;

    for (i = 0; i < lt->llcf->sets->nelts; i++) {

        member = ngx_array_push(&lt->members);
        if (member == NULL) {
            return NGX_ERROR;
        }

        member->path = set[i].path;
        member->type = set[i].type;

        if (ngx_http_complex_value(lt->request, &set[i].value, &member->value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED: the access token does not open, or is none */

static ngx_int_t
ngx_http_plaid_link_update(ngx_http_plaid_link_t *lt)
{
    size_t                      i;
    ngx_str_t                   value;
    ngx_http_request_t         *r;
    ngx_http_plaid_loc_conf_t  *plcf;

    r = lt->request;

    if (lt->llcf->access == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, &lt->llcf->access->value, &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (value.len == 0) {
        return NGX_OK;
    }

    lt->update = 1;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_module);

    if (plcf->seal) {
        return ngx_http_plaid_link_open(lt, plcf, &value);
    }

    if (value.len > NGX_PLAID_TOKEN_MAX) {
        return NGX_DECLINED;
    }

    for (i = 0; i < value.len; i++) {
        if (value.data[i] <= 0x20 || value.data[i] >= 0x7f) {
            return NGX_DECLINED;
        }
    }

    /* a sealed string is of no use to Plaid, and not for others to see */

    if (ngx_plaid_sealed_token_is(&value)) {
        return NGX_DECLINED;
    }

    lt->access_token.data = ngx_pstrdup(r->pool, &value);
    if (lt->access_token.data == NULL) {
        return NGX_ERROR;
    }

    lt->access_token.len = value.len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_link_open(ngx_http_plaid_link_t *lt,
    ngx_http_plaid_loc_conf_t *plcf, ngx_str_t *value)
{
    ngx_int_t                        rc;
    ngx_http_request_t              *r;
    ngx_plaid_sealed_token_t         st;
    ngx_plaid_sealed_token_scope_t   scope;

    r = lt->request;

    rc = ngx_http_plaid_seal_scope(r, plcf->seal, lt->llcf->client, &scope);

    if (rc != NGX_OK) {
        return rc;
    }

    switch (ngx_http_plaid_seal_open(r, r->pool, &scope, value, &st)) {

    case NGX_PLAID_SEALED_TOKEN_OPENED:
        lt->access_token = st.token;
        lt->ctx->result.item_id = st.item_id;
        return NGX_OK;

    case NGX_PLAID_SEALED_TOKEN_FAILED:
        return NGX_ERROR;

    default:
        return NGX_DECLINED;
    }
}


static void
ngx_http_plaid_link_call(ngx_http_plaid_link_t *lt)
{
    ngx_int_t            rc;
    ngx_plaid_fetch_t   *f;

    switch (ngx_http_plaid_fetch_create(lt->request, lt->llcf->client,
                                        NGX_PLAID_CLASS_LINK, &f))
    {
    case NGX_OK:
        break;

    case NGX_DECLINED:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_CREDENTIALS);
        return;

    default:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

    lt->fetch = f;

    rc = ngx_http_plaid_link_request(lt, f);

    ngx_plaid_wipe(&lt->access_token);

    if (rc == NGX_OK) {
        rc = ngx_plaid_fetch_start(f);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_plaid_link_wait(lt->request);
    }

    switch (rc) {

    case NGX_OK:
        return;

    case NGX_BUSY:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_BUSY);
        return;

    case NGX_DECLINED:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_CREDENTIALS);
        return;

    case NGX_ABORT:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_OPERATOR);
        return;

    default:
        ngx_http_plaid_link_failure(lt, NGX_PLAID_CAUSE_INTERNAL);
    }
}


/* NGX_ABORT: a setting's value is not of its type, and was logged */

static ngx_int_t
ngx_http_plaid_link_request(ngx_http_plaid_link_t *lt, ngx_plaid_fetch_t *f)
{
    ngx_int_t              rc;
    ngx_str_t              bad;
    ngx_plaid_link_args_t  args;

    ngx_memzero(&args, sizeof(ngx_plaid_link_args_t));

    if (lt->llcf->file) {
        args.file = lt->llcf->file->text;
    }

    args.members = lt->members.elts;
    args.nmembers = lt->members.nelts;
    args.user = lt->user;

    if (lt->update) {
        args.access_token = lt->access_token;
        args.keep_products = lt->llcf->access->keep_products;
    }

    ngx_str_set(&f->request.path, "/link/token/create");
    ngx_str_set(&f->request.content_type, "application/json");

    rc = ngx_plaid_link_body(f->pool, &args, &f->request.body, &bad);

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_ERR, lt->request->connection->log, 0,
                      "plaid link token: the value of \"%V\" is not valid",
                      &bad);
        return NGX_ABORT;
    }

    f->handler = ngx_http_plaid_link_done;
    f->data = lt;

    return rc;
}


/* as in limit_req: a client that leaves is noticed, and its call cancelled */

static ngx_int_t
ngx_http_plaid_link_wait(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    rev = r->connection->read;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return (ngx_handle_read_event(rev, 0) == NGX_OK) ? NGX_OK : NGX_ERROR;
}


/* called from the event loop */

static void
ngx_http_plaid_link_done(ngx_plaid_fetch_t *f)
{
    ngx_connection_t       *c;
    ngx_plaid_cause_e       cause;
    ngx_http_request_t     *r;
    ngx_plaid_result_t     *res;
    ngx_http_plaid_link_t  *lt;

    lt = f->data;
    r = lt->request;
    c = r->connection;
    res = &lt->ctx->result;

    ngx_http_set_log_request(c->log, r);

    lt->ctx->time = f->time;
    lt->ctx->called = 1;

    cause = ngx_http_plaid_link_cause(f);

    if (cause == NGX_PLAID_CAUSE_NONE) {
        ngx_plaid_link_reply(r->pool, f->head.status, &f->body,
                             &lt->llcf->client->token_env, lt->update,
                             &lt->reply, res);
        res->retry_after = f->head.retry_after_n;
        cause = res->cause;
    }

    lt->fetch = NULL;
    ngx_plaid_fetch_destroy(f);

    if (cause == NGX_PLAID_CAUSE_NONE) {
        ngx_http_plaid_link_success(lt);

    } else {
        ngx_http_plaid_link_failure(lt, cause);
    }

    ngx_http_run_posted_requests(c);
}


static ngx_plaid_cause_e
ngx_http_plaid_link_cause(ngx_plaid_fetch_t *f)
{
    switch (f->rc) {

    case NGX_PLAID_CALL_DONE:
        return NGX_PLAID_CAUSE_NONE;

    case NGX_PLAID_CALL_CONNECT:
        return NGX_PLAID_CAUSE_CONNECT;

    case NGX_PLAID_CALL_CONNECT_TIMEOUT:
        return NGX_PLAID_CAUSE_TIMEOUT;

    case NGX_PLAID_CALL_TIMEOUT:
        return f->sent ? NGX_PLAID_CAUSE_TIMEOUT_SENT
                       : NGX_PLAID_CAUSE_TIMEOUT;

    case NGX_PLAID_CALL_LOST:
        return f->sent ? NGX_PLAID_CAUSE_LOST : NGX_PLAID_CAUSE_CONNECT;

    case NGX_PLAID_CALL_BAD_REPLY:
        return NGX_PLAID_CAUSE_BAD_REPLY;

    default: /* NGX_PLAID_CALL_INTERNAL */
        return NGX_PLAID_CAUSE_INTERNAL;
    }
}
