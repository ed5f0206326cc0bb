
/*
 * The answer to a request for a link token, and the log line of a failure.
 */


#include "ngx_http_plaid_link.h"
#include "ngx_http_plaid_outcome.h"


static void ngx_http_plaid_link_count(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_redirect(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_send(ngx_http_plaid_link_t *lt);
static u_char *ngx_http_plaid_link_member(u_char *p, const char *name,
    ngx_str_t *value);
static void ngx_http_plaid_link_end(ngx_http_plaid_link_t *lt, ngx_int_t rc);
static void ngx_http_plaid_link_log(ngx_http_plaid_link_t *lt,
    ngx_uint_t status);
static void ngx_http_plaid_link_mask(ngx_str_t *message);
static ngx_int_t ngx_http_plaid_link_no_store(ngx_http_request_t *r);


void
ngx_http_plaid_link_success(ngx_http_plaid_link_t *lt)
{
    lt->ctx->result.status = NGX_PLAID_CREATED;

    ngx_http_plaid_link_count(lt);

    if (ngx_http_plaid_link_no_store(lt->request) != NGX_OK) {
        ngx_http_plaid_link_end(lt, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_plaid_link_end(lt,
                            (lt->llcf->answer == NGX_HTTP_PLAID_LINK_REDIRECT)
                            ? ngx_http_plaid_link_redirect(lt)
                            : ngx_http_plaid_link_send(lt));
}


static void
ngx_http_plaid_link_count(ngx_http_plaid_link_t *lt)
{
    ngx_uint_t  i;

    switch (lt->ctx->result.status) {

    case NGX_PLAID_CREATED:
        i = 0;
        break;

    case NGX_PLAID_REJECTED:
        i = 1;
        break;

    case NGX_PLAID_FAILED:
        i = 2;
        break;

    default: /* NGX_PLAID_UNKNOWN */
        i = 3;
    }

    ngx_plaid_stats_count(&lt->llcf->client->peer.stats,
                          NGX_PLAID_STATS_LINK + i);
}


static ngx_int_t
ngx_http_plaid_link_no_store(ngx_http_request_t *r)
{
    ngx_str_t  value;

    ngx_str_set(&value, "no-store");

    return ngx_http_plaid_link_header(r, "Cache-Control", &value);
}


/* Hosted Link: the browser goes there without a line of JavaScript */

static ngx_int_t
ngx_http_plaid_link_redirect(ngx_http_plaid_link_t *lt)
{
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = lt->request;

    if (lt->reply.hosted_link_url.len == 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "plaid link token without \"hosted_link_url\", "
                      "client \"%V\"", &lt->llcf->client->name);
        return NGX_HTTP_BAD_GATEWAY;
    }

    ngx_http_clear_location(r);

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Location");
    h->value = lt->reply.hosted_link_url;

    r->headers_out.location = h;

    return NGX_HTTP_SEE_OTHER;
}


static ngx_int_t
ngx_http_plaid_link_send(ngx_http_plaid_link_t *lt)
{
    u_char                    *p;
    size_t                     len;
    ngx_str_t                  type;
    ngx_plaid_link_reply_t    *reply;
    ngx_http_complex_value_t   cv;

    reply = &lt->reply;

    /* printable ASCII: only quotes and backslashes are escaped */

    len = sizeof("{\"link_token\":\"\",\"expiration\":\"\","
                 "\"request_id\":\"\",\"hosted_link_url\":\"\","
                 "\"user_id\":\"\"}")
          + 2 * (reply->link_token.len + reply->expiration.len
                 + lt->ctx->result.request_id.len
                 + reply->hosted_link_url.len + reply->user_id.len);

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = ngx_pnalloc(lt->request->pool, len);
    if (cv.value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = cv.value.data;

    p = ngx_http_plaid_link_member(p, "{\"link_token\":\"",
                                   &reply->link_token);
    p = ngx_http_plaid_link_member(p, ",\"expiration\":\"",
                                   &reply->expiration);
    p = ngx_http_plaid_link_member(p, ",\"request_id\":\"",
                                   &lt->ctx->result.request_id);

    if (reply->hosted_link_url.len) {
        p = ngx_http_plaid_link_member(p, ",\"hosted_link_url\":\"",
                                       &reply->hosted_link_url);
    }

    if (reply->user_id.len) {
        p = ngx_http_plaid_link_member(p, ",\"user_id\":\"", &reply->user_id);
    }

    *p++ = '}';

    cv.value.len = p - cv.value.data;

    ngx_str_set(&type, "application/json");

    return ngx_http_send_response(lt->request, NGX_HTTP_OK, &type, &cv);
}


static u_char *
ngx_http_plaid_link_member(u_char *p, const char *name, ngx_str_t *value)
{
    p = ngx_cpymem(p, name, ngx_strlen(name));
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    *p++ = '"';

    return p;
}


void
ngx_http_plaid_link_failure(ngx_http_plaid_link_t *lt, ngx_plaid_cause_e cause)
{
    ngx_int_t            rc;
    ngx_uint_t           status;
    ngx_plaid_result_t  *res;
    u_char              *p;
    ngx_str_t            value;

    res = &lt->ctx->result;

    ngx_plaid_result_fail(res, cause);
    ngx_http_plaid_link_count(lt);

    status = ngx_plaid_result_http_status(cause);

    ngx_http_plaid_link_log(lt, status);

    rc = NGX_OK;

    if (cause == NGX_PLAID_CAUSE_RATE_LIMIT && res->retry_after) {

        value.data = ngx_pnalloc(lt->request->pool, NGX_TIME_T_LEN);

        if (value.data == NULL) {
            rc = NGX_ERROR;

        } else {
            p = ngx_sprintf(value.data, "%T", res->retry_after);
            value.len = p - value.data;

            rc = ngx_http_plaid_link_header(lt->request, "Retry-After",
                                            &value);
        }
    }

    if (rc != NGX_OK) {
        ngx_http_plaid_link_end(lt, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_plaid_link_end(lt, ngx_http_plaid_outcome_answer(lt->request,
                                                              lt->ctx,
                                                              status));
}


void
ngx_http_plaid_link_refuse(ngx_http_plaid_link_t *lt, ngx_uint_t status,
    const char *code, const char *message, ngx_uint_t level)
{
    ngx_plaid_result_t  *res;

    res = &lt->ctx->result;

    res->status = NGX_PLAID_REJECTED;

    ngx_str_set(&res->error_type, "EXCHANGE_ERROR");

    res->error_code.data = (u_char *) code;
    res->error_code.len = ngx_strlen(code);
    res->error_message.data = (u_char *) message;
    res->error_message.len = ngx_strlen(message);

    ngx_http_plaid_link_count(lt);

    ngx_log_error(level, lt->request->connection->log, 0,
                  "plaid link token rejected: %s, client \"%V\", status %ui, "
                  "error \"%s\"",
                  message, &lt->llcf->client->name, status, code);

    ngx_http_plaid_link_end(lt, ngx_http_plaid_outcome_answer(lt->request,
                                                              lt->ctx,
                                                              status));
}


/* NGX_DONE: the answer has ended the request by itself */

static void
ngx_http_plaid_link_end(ngx_http_plaid_link_t *lt, ngx_int_t rc)
{
    if (rc != NGX_DONE) {
        ngx_http_finalize_request(lt->request, rc);
    }
}


static void
ngx_http_plaid_link_log(ngx_http_plaid_link_t *lt, ngx_uint_t status)
{
    ngx_str_t            message;
    ngx_uint_t           level;
    ngx_plaid_result_t  *res;

    res = &lt->ctx->result;

    switch (res->cause) {

    case NGX_PLAID_CAUSE_INPUT:
        level = NGX_LOG_INFO;
        break;

    case NGX_PLAID_CAUSE_RATE_LIMIT:
        level = NGX_LOG_WARN;
        break;

    default:
        level = NGX_LOG_ERR;
    }

    message = res->error_message;

    if (res->reply_status) {
        message.data = ngx_pstrdup(lt->request->pool, &res->error_message);

        if (message.data == NULL) {
            message.len = 0;
        }

        ngx_http_plaid_link_mask(&message);
    }

    ngx_log_error(level, lt->request->connection->log, 0,
                  "plaid link token %V: %V, client \"%V\", "
                  "environment \"%V\", status %ui, error \"%V/%V\", "
                  "message \"%V\", request id \"%V\", time %T.%03M",
                  ngx_plaid_status_text(res->status),
                  ngx_plaid_cause_text(res->cause),
                  &lt->llcf->client->name, &lt->llcf->client->environment,
                  status, &res->error_type, &res->error_code, &message,
                  &res->request_id, (time_t) lt->ctx->time / 1000,
                  lt->ctx->time % 1000);
}


/* Plaid's words may repeat a phone number or an address of a user. */

static void
ngx_http_plaid_link_mask(ngx_str_t *message)
{
    size_t  i, from, to;

    for (i = 0; i < message->len; i++) {
        if (message->data[i] >= '0' && message->data[i] <= '9') {
            message->data[i] = '*';
        }
    }

    for (i = 0; i < message->len; i++) {

        if (message->data[i] != '@') {
            continue;
        }

        for (from = i; from > 0 && message->data[from - 1] > ' '; from--) {
            message->data[from - 1] = '*';
        }

        for (to = i + 1; to < message->len && message->data[to] > ' '; to++) {
            message->data[to] = '*';
        }
    }
}


ngx_int_t
ngx_http_plaid_link_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return NGX_OK;
}
