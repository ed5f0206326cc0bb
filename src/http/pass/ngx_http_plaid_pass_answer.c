
/*
 * Answers of our own, in the shape that Plaid's clients read.
 */


#include "ngx_http_plaid_pass.h"
#include <openssl/rand.h>


typedef struct {
    ngx_uint_t                  status;
    ngx_plaid_status_e          outcome;
    ngx_str_t                   type;
    ngx_str_t                   code;
    ngx_str_t                   message;
} ngx_http_plaid_pass_answer_t;


static ngx_http_plaid_pass_answer_t  ngx_http_plaid_pass_answers[] = {

    /* NGX_HTTP_PLAID_PASS_PATH */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("PATH_NOT_ALLOWED"),
      ngx_string("this path may not be called here") },

    /* NGX_HTTP_PLAID_PASS_PEER */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("PEER_NOT_ALLOWED"),
      ngx_string("this address may not call") },

    /* NGX_HTTP_PLAID_PASS_BROWSER */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("BROWSER_NOT_ALLOWED"),
      ngx_string("this address is not for browsers") },

    /* NGX_HTTP_PLAID_PASS_INTERNAL */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("INTERNAL_NOT_ALLOWED"),
      ngx_string("no redirect may lead here") },

    /* NGX_HTTP_PLAID_PASS_TENANT */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("NOT_IDENTIFIED"),
      ngx_string("the tenant is not known") },

    /* NGX_HTTP_PLAID_PASS_HOST */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("WRONG_ENVIRONMENT"),
      ngx_string("the host is of another environment") },

    /* NGX_HTTP_PLAID_PASS_LOOP */
    { 403, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("LOOP"),
      ngx_string("this server has called itself") },

    /* NGX_HTTP_PLAID_PASS_KEY */
    { 401, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("NOT_AUTHENTICATED"),
      ngx_string("the secret is not a key of this server") },

    /* NGX_HTTP_PLAID_PASS_METHOD */
    { 405, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("METHOD_NOT_ALLOWED"),
      ngx_string("only POST is allowed") },

    /* NGX_HTTP_PLAID_PASS_SIZE */
    { 413, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("BODY_TOO_LARGE"),
      ngx_string("the request body is too large") },

    /* NGX_HTTP_PLAID_PASS_TYPE */
    { 415, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("UNSUPPORTED_TYPE"),
      ngx_string("the request body must be JSON without an encoding") },

    /* NGX_HTTP_PLAID_PASS_VERSION */
    { 400, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("UNSUPPORTED_VERSION"),
      ngx_string("the version must be 2020-09-14") },

    /* NGX_HTTP_PLAID_PASS_BODY */
    { 400, NGX_PLAID_REJECTED, ngx_string("INVALID_REQUEST"),
      ngx_string("INVALID_BODY"),
      ngx_string("the request body is not a JSON object, too deep, or has "
                 "a name twice") },

    /* NGX_HTTP_PLAID_PASS_TOKEN */
    { 400, NGX_PLAID_REJECTED, ngx_string("INVALID_INPUT"),
      ngx_string("INVALID_ACCESS_TOKEN"),
      ngx_string("the access token is not valid here") },

    /* NGX_HTTP_PLAID_PASS_MISPLACED */
    { 400, NGX_PLAID_REJECTED, ngx_string("INVALID_INPUT"),
      ngx_string("MISPLACED_TOKEN"),
      ngx_string("there is an access token where none belongs") },

    /* NGX_HTTP_PLAID_PASS_UPSTREAM */
    { 502, NGX_PLAID_FAILED, ngx_string("API_ERROR"),
      ngx_string("UPSTREAM_FAILED"),
      ngx_string("Plaid could not be reached, or its reply is not usable") },

    /* NGX_HTTP_PLAID_PASS_LATE */
    { 504, NGX_PLAID_FAILED, ngx_string("API_ERROR"),
      ngx_string("UPSTREAM_TIMEOUT"),
      ngx_string("Plaid did not answer in time") },

    /* NGX_HTTP_PLAID_PASS_LEAK */
    { 502, NGX_PLAID_FAILED, ngx_string("API_ERROR"),
      ngx_string("PASS_LEAK"),
      ngx_string("the reply has an access token where none belongs") },

    /* NGX_HTTP_PLAID_PASS_BUSY */
    { 503, NGX_PLAID_FAILED, ngx_string("API_ERROR"),
      ngx_string("PASS_BUSY"),
      ngx_string("too many calls are in flight") },

    /* NGX_HTTP_PLAID_PASS_UNAVAILABLE */
    { 503, NGX_PLAID_FAILED, ngx_string("API_ERROR"),
      ngx_string("PASS_UNAVAILABLE"),
      ngx_string("the credentials are not available") },

    /* NGX_HTTP_PLAID_PASS_FAILED */
    { 500, NGX_PLAID_FAILED, ngx_string("API_ERROR"),
      ngx_string("INTERNAL_SERVER_ERROR"),
      ngx_string("an internal error occurred") }
};


ngx_int_t
ngx_http_plaid_pass_answer_error(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_http_plaid_pass_error_e error)
{
    u_char                        *p;
    ngx_str_t                      json, post;
    ngx_uint_t                     level;
    ngx_plaid_result_t            *res;
    ngx_http_request_t            *r;
    ngx_http_plaid_pass_answer_t  *answer;

    r = ctx->request;
    answer = &ngx_http_plaid_pass_answers[error];

    ngx_http_plaid_pass_answer_id(ctx);

    res = &ctx->shared->result;

    res->status = ctx->sent ? NGX_PLAID_UNKNOWN : answer->outcome;
    res->error_type = answer->type;
    res->error_code = answer->code;
    res->error_message = answer->message;

    level = (answer->status >= 500) ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_log_error(level, r->connection->log, 0,
                  "plaid_pass %V: %V%s%V%s, client \"%V\", "
                  "environment \"%V\", status %ui, request id \"%V\"",
                  ngx_plaid_status_text(res->status), &answer->code,
                  ctx->detail.len ? " (" : "", &ctx->detail,
                  ctx->detail.len ? ")" : "", &ctx->client->name,
                  &ctx->client->environment, answer->status,
                  &res->request_id);

    if (error == NGX_HTTP_PLAID_PASS_METHOD) {
        ngx_str_set(&post, "POST");

        if (ngx_http_plaid_pass_answer_header(r, "Allow", &post) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    json.len = sizeof("{\"display_message\":null,\"error_code\":\"\","
                      "\"error_message\":\"\",\"error_type\":\"\","
                      "\"request_id\":\"\"}\n")
               + answer->code.len + answer->message.len + answer->type.len
               + res->request_id.len;

    json.data = ngx_pnalloc(r->pool, json.len);
    if (json.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_sprintf(json.data, "{\"display_message\":null,\"error_code\":"
                    "\"%V\",\"error_message\":\"%V\",\"error_type\":\"%V\","
                    "\"request_id\":\"%V\"}\n", &answer->code,
                    &answer->message, &answer->type, &res->request_id);
    json.len = p - json.data;

    return ngx_http_plaid_pass_answer_json(ctx, answer->status, &json);
}


ngx_int_t
ngx_http_plaid_pass_answer_json(ngx_http_plaid_pass_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *json)
{
    ngx_str_t                 type, store;
    ngx_http_request_t       *r;
    ngx_http_complex_value_t  cv;

    r = ctx->request;

    ctx->done = 1;

    ngx_str_set(&type, "application/json");
    ngx_str_set(&store, "no-store");

    if (ngx_http_plaid_pass_answer_header(r, "Cache-Control", &store)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));
    cv.value = *json;

    /* not that of an error page's request */
    r->err_status = 0;

    return ngx_http_send_response(r, status, &type, &cv);
}


ngx_int_t
ngx_http_plaid_pass_answer_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
    h->hash = 1;

    return NGX_OK;
}


void
ngx_http_plaid_pass_answer_id(ngx_http_plaid_pass_ctx_t *ctx)
{
    u_char      bytes[NGX_HTTP_PLAID_PASS_ID / 2];
    ngx_str_t  *id;

    id = &ctx->shared->result.request_id;

    if (id->len) {
        return;
    }

    id->data = ngx_pnalloc(ctx->request->pool, NGX_HTTP_PLAID_PASS_ID);

    if (id->data && RAND_bytes(bytes, sizeof(bytes)) == 1) {
        id->len = ngx_hex_dump(id->data, bytes, sizeof(bytes)) - id->data;
    }
}
