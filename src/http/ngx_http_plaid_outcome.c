
#include "ngx_http_plaid_outcome.h"
#include "ngx_http_plaid_boundary.h"
#include "ngx_http_plaid_check.h"
#include "ngx_http_plaid_request.h"
#include "ngx_http_plaid_seal.h"
#include "ngx_http_plaid_wipe.h"
#include "ngx_plaid_headers.h"


/* what "Retry-After" says when Plaid did not, seconds */
#define NGX_HTTP_PLAID_RETRY_AFTER  5

/* the most headers that the app can get */
#define NGX_HTTP_PLAID_HEADERS      8


static ngx_int_t ngx_http_plaid_pass(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);
static ngx_int_t ngx_http_plaid_outcome_seal(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);
static ngx_int_t ngx_http_plaid_outcome_seal_token(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf);
static ngx_int_t ngx_http_plaid_inject(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_table_elt_t *h, ngx_uint_t n);
static ngx_uint_t ngx_http_plaid_success_headers(ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf, ngx_table_elt_t *h);
static ngx_uint_t ngx_http_plaid_error_headers(ngx_http_plaid_ctx_t *ctx,
    ngx_table_elt_t *h);
static ngx_table_elt_t *ngx_http_plaid_set_header(ngx_table_elt_t *h,
    ngx_http_plaid_header_t *header, ngx_str_t *value);
static ngx_int_t ngx_http_plaid_reject(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_retry_after(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_uint_t ngx_http_plaid_wants_json(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);
static ngx_int_t ngx_http_plaid_send_json(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_uint_t status);
static u_char *ngx_http_plaid_json_member(u_char *p, char *name,
    ngx_str_t *value);


typedef enum {
    NGX_HTTP_PLAID_ITEM_ID = 0,
    NGX_HTTP_PLAID_ACCOUNT_ID,
    NGX_HTTP_PLAID_REQUEST_ID,
    NGX_HTTP_PLAID_STATUS,
    NGX_HTTP_PLAID_STRIPE,
    NGX_HTTP_PLAID_PROCESSOR,
    NGX_HTTP_PLAID_ERROR_TYPE,
    NGX_HTTP_PLAID_ERROR_CODE,
    NGX_HTTP_PLAID_ERROR_MESSAGE
} ngx_http_plaid_header_e;


static ngx_http_plaid_header_t  ngx_http_plaid_headers[] = {
    { ngx_string("X-Plaid-Item-Id"), (u_char *) "x-plaid-item-id", 0 },
    { ngx_string("X-Plaid-Account-Id"), (u_char *) "x-plaid-account-id", 0 },
    { ngx_string("X-Plaid-Request-Id"), (u_char *) "x-plaid-request-id", 0 },
    { ngx_string("X-Plaid-Status"), (u_char *) "x-plaid-status", 0 },
    { ngx_string("X-Plaid-Stripe-Bank-Account-Token"),
      (u_char *) "x-plaid-stripe-bank-account-token", 0 },
    { ngx_string("X-Plaid-Processor-Token"),
      (u_char *) "x-plaid-processor-token", 0 },
    { ngx_string("X-Plaid-Error-Type"), (u_char *) "x-plaid-error-type", 0 },
    { ngx_string("X-Plaid-Error-Code"), (u_char *) "x-plaid-error-code", 0 },
    { ngx_string("X-Plaid-Error-Message"),
      (u_char *) "x-plaid-error-message", 0 }
};


ngx_int_t
ngx_http_plaid_outcome(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf)
{
    if (ctx->statuses.len) {
        /* a webhook's tokens: none of them failed for now */
        return ngx_http_plaid_pass(r, ctx, plcf);
    }

    switch (ctx->result.status) {

    case NGX_PLAID_NOTHING:
        return NGX_DECLINED;

    case NGX_PLAID_EXCHANGED:
    case NGX_PLAID_JOINED:
    case NGX_PLAID_REPLAYED:
        return ngx_http_plaid_pass(r, ctx, plcf);

    default:
        break;
    }

    if (plcf->use == NULL) {
        return NGX_DECLINED;
    }

    switch (ctx->result.cause) {

    case NGX_PLAID_CAUSE_MISSING:
    case NGX_PLAID_CAUSE_BODY:
    case NGX_PLAID_CAUSE_TYPE:
    case NGX_PLAID_CAUSE_SIZE:
    case NGX_PLAID_CAUSE_REFUSED:
        /* there only if the user asked for it to be answered */
        break;

    default:

        if (plcf->errors == NGX_HTTP_PLAID_PASS) {
            return ngx_http_plaid_pass(r, ctx, plcf);
        }
    }

    /*
     * our own error page must not be rejected in its turn,
     * nor what the app has redirected to after it was called
     */

    if (ctx->answered || ctx->plcf != plcf) {
        return NGX_DECLINED;
    }

    ctx->answered = 1;

    return ngx_http_plaid_reject(r, ctx);
}


/* a redirect may have led to another client's location, or to nobody's */

static ngx_int_t
ngx_http_plaid_pass(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    /* it has what was made for an earlier location only if it says so */

    if (ctx->injected
        || (ctx->passed && !plcf->written)
        || plcf->use == NULL
        || plcf->use->client != ctx->client)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_plaid_outcome_seal(r, ctx, plcf) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h = ngx_pcalloc(r->pool, NGX_HTTP_PLAID_HEADERS * sizeof(ngx_table_elt_t));
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = (ctx->result.access_token.len || ctx->statuses.len)
        ? ngx_http_plaid_success_headers(ctx, plcf, h)
        : ngx_http_plaid_error_headers(ctx, h);

    if (ngx_http_plaid_inject(r, ctx, h, n) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * The app gets a sealed token, or none.  The replay store has the token
 * itself: keys and tenants may change before it is posted again.
 */

static ngx_int_t
ngx_http_plaid_outcome_seal(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_http_plaid_ctx_t  *one;

    if (ctx->next == NULL) {
        return ngx_http_plaid_outcome_seal_token(r, ctx, plcf);
    }

    /* a webhook's: each by itself, and the list of them again */

    for (one = ctx->next; one; one = one->next) {
        if (ngx_http_plaid_outcome_seal_token(r, one, plcf) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_plaid_wipe(&ctx->result.access_token);

    return ngx_http_plaid_ctx_list(ctx,
                                   offsetof(ngx_plaid_result_t, access_token),
                                   &ctx->result.access_token);
}


static ngx_int_t
ngx_http_plaid_outcome_seal_token(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx, ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_str_t  sealed;

    if (ctx->sealed || ctx->result.access_token.len == 0
        || (!ctx->scoped && plcf->seal == NULL))
    {
        return NGX_OK;
    }

    /* a redirect has led to where tokens are sealed */

    if (!ctx->scoped
        && ngx_http_plaid_seal_scope(r, plcf->seal, ctx->client, &ctx->scope)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_plaid_seal_token(r, r->pool, &ctx->scope,
                                  &ctx->result.access_token,
                                  &ctx->result.item_id, &sealed)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_plaid_wipe(&ctx->result.access_token);

    ctx->result.access_token = sealed;
    ctx->scoped = 1;
    ctx->sealed = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_inject(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_table_elt_t *h, ngx_uint_t n)
{
    ngx_list_t  *headers;

    headers = &r->headers_in.headers;

    /*
     * A mirror's subrequest that is still to be sent shares the list and the
     * variables' values.  What a script has set under our names goes: an app
     * would get both.
     */

    if (ngx_plaid_headers_unshare(headers) != NGX_OK
        || ngx_http_plaid_wipe_unshare(r) != NGX_OK
        || ngx_http_plaid_boundary_strip(r) != NGX_OK
        || ngx_plaid_headers_append(headers, h, n) != NGX_OK
        || (ctx->nverified
            && ngx_plaid_headers_append(headers, ctx->verified,
                                        ctx->nverified)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    ctx->injected = 1;
    ctx->passed = 1;
    ctx->upstream = r->upstream;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_plaid_success_headers(ngx_http_plaid_ctx_t *ctx,
    ngx_http_plaid_loc_conf_t *plcf, ngx_table_elt_t *h)
{
    ngx_table_elt_t          *first;
    ngx_plaid_result_t       *res;
    ngx_http_plaid_header_t  *header;

    first = h;
    res = &ctx->result;
    header = ngx_http_plaid_headers;

    h = ngx_http_plaid_set_header(h, plcf->header, &res->access_token);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_STATUS],
                                  ctx->statuses.len
                                  ? &ctx->statuses
                                  : ngx_plaid_status_text(res->status));
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_ITEM_ID],
                                  &res->item_id);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_REQUEST_ID],
                                  &res->request_id);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_ACCOUNT_ID],
                                  &res->account_id);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_STRIPE],
                                  &res->stripe_token);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_PROCESSOR],
                                  &res->processor_token);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_ERROR_CODE],
                                  &res->error_code);

    return h - first;
}


static ngx_uint_t
ngx_http_plaid_error_headers(ngx_http_plaid_ctx_t *ctx, ngx_table_elt_t *h)
{
    ngx_str_t                 message;
    ngx_table_elt_t          *first;
    ngx_plaid_result_t       *res;
    ngx_http_plaid_header_t  *header;

    first = h;
    res = &ctx->result;
    header = ngx_http_plaid_headers;

    if (ngx_plaid_result_ascii(ctx->request->pool, &res->error_message,
                               &message)
        != NGX_OK)
    {
        ngx_str_null(&message);
    }

    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_STATUS],
                                  ngx_plaid_status_text(res->status));
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_ERROR_TYPE],
                                  &res->error_type);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_ERROR_CODE],
                                  &res->error_code);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_ERROR_MESSAGE],
                                  &message);
    h = ngx_http_plaid_set_header(h, &header[NGX_HTTP_PLAID_REQUEST_ID],
                                  &res->request_id);

    return h - first;
}


/* hash and lowcase_key are what proxy_set_header overrides by */

static ngx_table_elt_t *
ngx_http_plaid_set_header(ngx_table_elt_t *h, ngx_http_plaid_header_t *header,
    ngx_str_t *value)
{
    if (value->len == 0) {
        return h;
    }

    if (header->hash == 0) {
        header->hash = ngx_hash_key(header->lowcase, header->name.len);
    }

    h->hash = header->hash;
    h->key = header->name;
    h->lowcase_key = header->lowcase;
    h->value = *value;

    return h + 1;
}


static ngx_int_t
ngx_http_plaid_reject(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_uint_t  status;

    status = ngx_plaid_result_answer(&ctx->result);

    if (ctx->result.cause == NGX_PLAID_CAUSE_REFUSED
        && ngx_http_plaid_check_headers(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->result.cause == NGX_PLAID_CAUSE_RATE_LIMIT
        && ngx_http_plaid_retry_after(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_plaid_outcome_answer(r, ctx, status);
}


ngx_int_t
ngx_http_plaid_outcome_answer(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_uint_t status)
{
    if (!ngx_http_plaid_wants_json(r, ctx)) {
        return status;
    }

    return ngx_http_plaid_send_json(r, ctx, status);
}


static ngx_int_t
ngx_http_plaid_retry_after(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    time_t            wait;
    ngx_table_elt_t  *h;

    wait = ctx->result.retry_after ? ctx->result.retry_after
                                   : NGX_HTTP_PLAID_RETRY_AFTER;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    ngx_str_set(&h->key, "Retry-After");

    h->value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    h->value.len = ngx_sprintf(h->value.data, "%T", wait) - h->value.data;
    h->hash = 1;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_plaid_wants_json(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx)
{
    ngx_str_t  *accept;

    if (ctx->json) {
        return 1;
    }

    accept = ngx_http_plaid_request_header(r, "accept");

    return accept
           && ngx_strlcasestrn(accept->data, accept->data + accept->len,
                               (u_char *) "application/json",
                               sizeof("application/json") - 2)
              != NULL;
}


static ngx_int_t
ngx_http_plaid_send_json(ngx_http_request_t *r, ngx_http_plaid_ctx_t *ctx,
    ngx_uint_t status)
{
    u_char                    *p;
    size_t                     len;
    ngx_str_t                  type, none;
    ngx_plaid_result_t         res;
    ngx_http_complex_value_t   cv;

    res = ctx->result;

    ngx_str_null(&none);

    if (res.cause == NGX_PLAID_CAUSE_OPERATOR) {

        /* the operator's faults are none of the client's business */

        res.error_type = none;
        res.error_code = none;
        res.error_message = none;
        res.display_message = none;

        ngx_plaid_result_fail(&res, NGX_PLAID_CAUSE_OPERATOR);
    }

    len = sizeof("{\"error_type\":,\"error_code\":,\"error_message\":,"
                 "\"display_message\":,\"request_id\":}")
          + 5 * sizeof("\"null\"")
          + 6 * (res.error_type.len + res.error_code.len
                 + res.error_message.len + res.display_message.len
                 + res.request_id.len);

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = ngx_pnalloc(r->pool, len);
    if (cv.value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = cv.value.data;
    *p++ = '{';

    p = ngx_http_plaid_json_member(p, "error_type", &res.error_type);
    *p++ = ',';
    p = ngx_http_plaid_json_member(p, "error_code", &res.error_code);
    *p++ = ',';
    p = ngx_http_plaid_json_member(p, "error_message", &res.error_message);
    *p++ = ',';
    p = ngx_http_plaid_json_member(p, "display_message",
                                   &res.display_message);
    *p++ = ',';
    p = ngx_http_plaid_json_member(p, "request_id", &res.request_id);

    *p++ = '}';

    cv.value.len = p - cv.value.data;

    ngx_str_set(&type, "application/json");

    /* not that of an error page's request */
    r->err_status = 0;

    ngx_http_finalize_request(r, ngx_http_send_response(r, status, &type,
                                                        &cv));

    return NGX_DONE;
}


static u_char *
ngx_http_plaid_json_member(u_char *p, char *name, ngx_str_t *value)
{
    p = ngx_sprintf(p, "\"%s\":", name);

    if (value->len == 0) {
        return ngx_cpymem(p, "null", sizeof("null") - 1);
    }

    *p++ = '"';
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    *p++ = '"';

    return p;
}
