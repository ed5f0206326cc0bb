
/*
 * libcurl's callbacks for a reply, and what the end of a transfer means.
 */


#include "ngx_plaid_curl_easy.h"


/* of a reply's headers and trailers; Plaid's have some 600 bytes */
#define NGX_PLAID_CURL_HEAD_MAX     (16 * 1024)


static size_t ngx_plaid_curl_easy_head(ngx_plaid_curl_call_t *cc, size_t len);
static ngx_int_t ngx_plaid_curl_easy_field(ngx_str_t *line, ngx_str_t *name,
    ngx_str_t *value);
static ngx_plaid_call_rc_e ngx_plaid_curl_easy_rc(ngx_plaid_curl_call_t *cc,
    CURLcode rc);
static void ngx_plaid_curl_easy_detail(ngx_plaid_curl_call_t *cc, CURLcode rc);


size_t
ngx_plaid_curl_easy_header(char *p, size_t size, size_t n, void *data)
{
    ngx_str_t               line, name, value;
    ngx_plaid_call_t       *call;
    ngx_plaid_curl_call_t  *cc = data;

    call = cc->call;

    line.data = (u_char *) p;
    line.len = size * n;

    cc->head_size += line.len;

    if (cc->head_size > NGX_PLAID_CURL_HEAD_MAX) {
        call->refused = 1;
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY,
                            "the reply has too large headers");
        return 0;
    }

    if (cc->head) {
        /* a trailer: what it says comes too late */
        return line.len;
    }

    if (line.len <= 2) {
        return ngx_plaid_curl_easy_head(cc, line.len);
    }

    if (ngx_strncmp(line.data, "HTTP/", 5) == 0) {
        /* maybe not the first one, after a "100 Continue" */
        ngx_plaid_call_head_init(call);
        return line.len;
    }

    if (ngx_plaid_curl_easy_field(&line, &name, &value) == NGX_OK
        && ngx_plaid_call_field(call, &name, &value) != NGX_OK)
    {
        return 0;
    }

    return line.len;
}


/* the end of a head, which is not yet the reply's own after a 1xx */

static size_t
ngx_plaid_curl_easy_head(ngx_plaid_curl_call_t *cc, size_t len)
{
    long               status;
    ngx_plaid_curl_t  *curl;

    status = 0;
    (void) curl_easy_getinfo(cc->easy, CURLINFO_RESPONSE_CODE, &status);

    if (status >= 100 && status < 200 && status != 101) {
        return len;
    }

    curl = cc->curl;
    cc->head = 1;

    /* is there room for one more idle one? */

    if (curl->nopen >= curl->ncalls + curl->peer->keepalive) {
        cc->spent = 1;
        (void) curl_easy_setopt(cc->easy, CURLOPT_FORBID_REUSE, 1L);
    }

    if (status == 408 && cc->call->sink && ngx_plaid_curl_easy_reused(cc)) {
        cc->stale = 1;
        cc->call->head.status = (ngx_uint_t) status;
        return 0;
    }

    if (ngx_plaid_call_head(cc->call, (ngx_uint_t) status) != NGX_OK) {
        return 0;
    }

    return len;
}


/* NGX_OK, and the name and the trimmed value of a header field */

static ngx_int_t
ngx_plaid_curl_easy_field(ngx_str_t *line, ngx_str_t *name, ngx_str_t *value)
{
    u_char  *p, *last;

    last = line->data + line->len;

    p = ngx_strlchr(line->data, last, ':');
    if (p == NULL) {
        return NGX_DECLINED;
    }

    name->data = line->data;
    name->len = p - line->data;

    p++;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (last > p && last[-1] <= ' ') {
        last--;
    }

    value->data = p;
    value->len = last - p;

    return NGX_OK;
}


size_t
ngx_plaid_curl_easy_body(char *p, size_t size, size_t n, void *data)
{
    size_t                  len;
    ngx_plaid_call_t       *call;
    ngx_plaid_curl_call_t  *cc = data;

    call = cc->call;
    len = size * n;

    if (len == 0) {
        return 0;
    }

    if (call->sink == NULL) {
        return (ngx_plaid_call_collect(call, (u_char *) p, len) == NGX_OK)
               ? len : 0;
    }

    len = ngx_plaid_call_stream(call, (u_char *) p, len);

    if (len == NGX_PLAID_CALL_PAUSE) {
        cc->paused = 1;
        return CURL_WRITEFUNC_PAUSE;
    }

    return len;
}


void
ngx_plaid_curl_easy_result(ngx_plaid_curl_call_t *cc, CURLcode rc)
{
    ngx_plaid_call_t  *call;

    call = cc->call;

    ngx_plaid_curl_easy_sent(cc);

    if (call->refused) {
        return;
    }

    /* a connection that is closed within the head is no error to libcurl */

    if (rc == CURLE_OK && !cc->head) {
        rc = CURLE_GOT_NOTHING;
    }

    if (rc == CURLE_OK || cc->stale) {
        cc->whole = !cc->stale;
        ngx_plaid_call_done(call, ngx_plaid_curl_easy_reused(cc));
        return;
    }

    call->rc = ngx_plaid_curl_easy_rc(cc, rc);
    ngx_plaid_curl_easy_detail(cc, rc);
}


static ngx_plaid_call_rc_e
ngx_plaid_curl_easy_rc(ngx_plaid_curl_call_t *cc, CURLcode rc)
{
    if (rc == CURLE_OUT_OF_MEMORY || rc == CURLE_WRITE_ERROR
        || rc == CURLE_FAILED_INIT)
    {
        return cc->call->sent ? NGX_PLAID_CALL_LOST : NGX_PLAID_CALL_INTERNAL;
    }

    if (!cc->call->sent) {
        return (rc == CURLE_OPERATION_TIMEDOUT) ? NGX_PLAID_CALL_CONNECT_TIMEOUT
                                                : NGX_PLAID_CALL_CONNECT;
    }

    switch (rc) {

    case CURLE_UNSUPPORTED_PROTOCOL:        /* a reply of HTTP/0.9 */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
        return NGX_PLAID_CALL_BAD_REPLY;

    default:
        return NGX_PLAID_CALL_LOST;
    }
}


static void
ngx_plaid_curl_easy_detail(ngx_plaid_curl_call_t *cc, CURLcode rc)
{
    ngx_str_t          text;
    ngx_plaid_call_t  *call;

    call = cc->call;

    text.data = (u_char *) (cc->error[0] ? cc->error : curl_easy_strerror(rc));
    text.len = ngx_strlen(text.data);

    call->detail.data = ngx_pstrdup(call->pool, &text);
    call->detail.len = call->detail.data ? text.len : 0;
}
