
#include "ngx_http_plaid_handler.h"
#include "ngx_http_plaid_boundary.h"
#include "ngx_http_plaid_exchange.h"
#include "ngx_http_plaid_outcome.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_request.h"
#include "ngx_http_plaid_subrequest.h"
#include "ngx_plaid_body.h"
#include "ngx_plaid_str.h"


static ngx_uint_t ngx_http_plaid_handler_own(ngx_http_request_t *r);
static ngx_int_t ngx_http_plaid_examine(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);
static ngx_plaid_cause_e ngx_http_plaid_precheck(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_plaid_cause_e ngx_http_plaid_precheck_type(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_plaid_cause_e ngx_http_plaid_not_searched(ngx_http_request_t *r,
    const char *why, ngx_plaid_cause_e cause);
static void ngx_http_plaid_body_handler(ngx_http_request_t *r);
static void ngx_http_plaid_search(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static void ngx_http_plaid_token_found(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_plaid_body_found_t *found);


ngx_int_t
ngx_http_plaid_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t       *ctx;
    ngx_http_plaid_loc_conf_t  *plcf;

    if (r != r->main) {
        return ngx_http_plaid_subrequest_handler(r);
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_plaid_module);

    ctx = ngx_http_plaid_ctx(r);

    if (ctx == NULL) {

        if (plcf->use == NULL || !(r->method & NGX_HTTP_POST)) {
            return NGX_DECLINED;
        }

        return ngx_http_plaid_examine(r, NULL, plcf);
    }

    switch (ctx->state) {

    case NGX_HTTP_PLAID_READING:
        /* the body cannot be read, and this is the error page for it */
        return NGX_DECLINED;

    case NGX_HTTP_PLAID_CHECKING:
    case NGX_HTTP_PLAID_JOINING:
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
        return ngx_http_plaid_examine(r, ctx, plcf);
    }

    return ngx_http_plaid_outcome(r, ctx, plcf);
}


static ngx_int_t
ngx_http_plaid_examine(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_int_t          rc;
    ngx_plaid_cause_e  cause;

    if (ngx_http_plaid_handler_own(r)) {
        return NGX_DECLINED;
    }

    rc = ngx_http_plaid_conf_condition(r, plcf);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx == NULL) {
        ctx = ngx_http_plaid_ctx_create(r, ngx_http_plaid_handler_cleanup);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->plcf = plcf;
    ctx->client = plcf->use->client;

    cause = ngx_http_plaid_precheck(r, ctx);

    if (cause != NGX_PLAID_CAUSE_NONE) {
        ngx_http_plaid_ctx_finish(r, ctx, plcf->required ? cause
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


/*
 * A call of this module, to a sandbox in a location with plaid_exchange for
 * instance: an exchange never leads to another one.
 */

static ngx_uint_t
ngx_http_plaid_handler_own(ngx_http_request_t *r)
{
    ngx_str_t   *agent;
    ngx_uint_t   i;

    static u_char     name[] = NGX_PLAID_USER_AGENT;
    static ngx_str_t  paths[] = {
        ngx_string("/item/public_token/exchange"),
        ngx_string("/exchange_token")
    };

    if (r->headers_in.user_agent == NULL) {
        return 0;
    }

    agent = &r->headers_in.user_agent->value;

    /* of whatever version */

    if (agent->len < sizeof("ngx_http_plaid_module/") - 1
        || ngx_strncmp(agent->data, name, sizeof("ngx_http_plaid_module/") - 1)
           != 0)
    {
        return 0;
    }

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (r->uri.len >= paths[i].len
            && ngx_memcmp(r->uri.data + r->uri.len - paths[i].len,
                          paths[i].data, paths[i].len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* what can be said before the body is read, and "100 Continue" is sent */

static ngx_plaid_cause_e
ngx_http_plaid_precheck(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_plaid_cause_e  cause;

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NGX_PLAID_CAUSE_MISSING;
    }

    cause = ngx_http_plaid_precheck_type(r, ctx);

    if (cause != NGX_PLAID_CAUSE_NONE) {
        return cause;
    }

    if (r->headers_in.content_length_n > (off_t) ctx->plcf->max_body) {
        return ngx_http_plaid_not_searched(r, "the body is too large",
                                           NGX_PLAID_CAUSE_SIZE);
    }

    return NGX_PLAID_CAUSE_NONE;
}


/* Of two headers an app may take the other one. */

static ngx_plaid_cause_e
ngx_http_plaid_precheck_type(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t              *encoding;
    ngx_plaid_body_type_e   type;

    if (r->headers_in.content_type == NULL) {
        return ngx_http_plaid_not_searched(r, "no content type",
                                           NGX_PLAID_CAUSE_TYPE);
    }

    if (ngx_http_plaid_request_header_count(r, "content-type") != 1) {
        return ngx_http_plaid_not_searched(r, "more than one content type",
                                           NGX_PLAID_CAUSE_TYPE);
    }

    type = ngx_plaid_body_type(&r->headers_in.content_type->value);

    if (type == NGX_PLAID_BODY_OTHER) {
        return ngx_http_plaid_not_searched(r, "the content type is not one "
                                           "that can be searched",
                                           NGX_PLAID_CAUSE_TYPE);
    }

    ctx->json = (type == NGX_PLAID_BODY_JSON);

    encoding = ngx_http_plaid_request_header(r, "content-encoding");

    if (encoding && encoding->len
        && (!ngx_plaid_str_case_is(encoding, "identity")
            || ngx_http_plaid_request_header_count(r, "content-encoding")
               != 1))
    {
        return ngx_http_plaid_not_searched(r, "it has a content encoding",
                                           NGX_PLAID_CAUSE_TYPE);
    }

    return NGX_PLAID_CAUSE_NONE;
}


static ngx_plaid_cause_e
ngx_http_plaid_not_searched(ngx_http_request_t *r, const char *why,
    ngx_plaid_cause_e cause)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "plaid exchange: request body not searched, %s", why);

    return cause;
}


static void
ngx_http_plaid_body_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t  *ctx;

    ctx = ngx_http_plaid_ctx(r);

    /* the temporary file is the app's, and a mirror's, too */
    r->preserve_body = 1;

    ngx_http_plaid_search(r, ctx);

    if (ctx->state != NGX_HTTP_PLAID_DONE) {
        ngx_http_plaid_exchange_suspend(r);
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
        cause = ngx_http_plaid_not_searched(r, "the body is too large",
                                            NGX_PLAID_CAUSE_SIZE);
        goto nothing;
    }

    switch (ngx_plaid_body_search(r->pool, r->connection->log,
                                  r->request_body->bufs, plcf->max_body,
                                  &r->headers_in.content_type->value,
                                  plcf->fields, &found))
    {

    case NGX_PLAID_BODY_FOUND:
        ngx_http_plaid_token_found(r, ctx, &found);
        return;

    case NGX_PLAID_BODY_ABSENT:
        cause = NGX_PLAID_CAUSE_MISSING;
        break;

    case NGX_PLAID_BODY_MALFORMED:
        cause = ngx_http_plaid_not_searched(r, found.error,
                                            NGX_PLAID_CAUSE_BODY);
        break;

    case NGX_PLAID_BODY_TWICE:
        ngx_str_set(&ctx->result.error_message,
                    "the request has more than one public token");
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_TOKEN);
        return;

    default: /* NGX_PLAID_BODY_FAILED */
        ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_INTERNAL);
        return;
    }

nothing:

    ngx_http_plaid_ctx_finish(r, ctx, plcf->required ? cause
                                                 : NGX_PLAID_CAUSE_NONE);
}


/* An account_id is for the legacy API alone, and nothing to the other one. */

static void
ngx_http_plaid_token_found(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_plaid_body_found_t *found)
{
    const char  *error;

    ctx->token = found->token;

    if (ctx->client->dialect == NGX_PLAID_LEGACY) {
        ctx->account_id = found->account_id;
        error = found->account_error;

        if (error) {
            ctx->result.error_message.len = ngx_strlen(error);
            ctx->result.error_message.data = (u_char *) error;
            ngx_http_plaid_ctx_finish(r, ctx, NGX_PLAID_CAUSE_TOKEN);
            return;
        }
    }

    ngx_http_plaid_exchange_token(r, ctx);
}


void
ngx_http_plaid_handler_cleanup(void *data)
{
    ngx_http_plaid_ctx_t *ctx = data;

    ngx_http_request_t  *r;

    r = ctx->request;

    ngx_http_plaid_exchange_release(ctx);
    ngx_http_plaid_replay_delivered(r, ctx);
    ngx_http_plaid_boundary_close(r, ctx);
}
