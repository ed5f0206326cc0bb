
#include "ngx_plaid_curl_easy.h"


/* first allocation for a reply without a length: an access_token fits */
#define NGX_PLAID_CURL_BODY         512

/* of a reply's headers and trailers; Plaid's have some 600 bytes */
#define NGX_PLAID_CURL_HEAD_MAX     (16 * 1024)


static ngx_int_t ngx_plaid_curl_easy_field(ngx_str_t *line, char *name,
    ngx_str_t *value);
static ngx_int_t ngx_plaid_curl_easy_room(ngx_plaid_curl_call_t *cc,
    size_t size);
static ngx_plaid_call_rc_e ngx_plaid_curl_easy_rc(ngx_plaid_curl_call_t *cc,
    CURLcode rc);
static void ngx_plaid_curl_easy_detail(ngx_plaid_curl_call_t *cc, CURLcode rc);


size_t
ngx_plaid_curl_easy_header(char *p, size_t size, size_t n, void *data)
{
    off_t                   length;
    ngx_str_t               line, value;
    ngx_plaid_call_t       *call;
    ngx_plaid_curl_t       *curl;
    ngx_plaid_curl_call_t  *cc = data;

    call = cc->call;
    curl = cc->curl;

    line.data = (u_char *) p;
    line.len = size * n;

    cc->head_size += line.len;

    if (cc->head_size > NGX_PLAID_CURL_HEAD_MAX) {
        cc->too_big = 1;
        return 0;
    }

    if (line.len <= 2) {

        cc->head = 1;

        /* the end of the headers; is there room for one more idle one? */

        if (curl->nopen >= curl->ncalls + curl->peer->keepalive) {
            cc->spent = 1;
            (void) curl_easy_setopt(cc->easy, CURLOPT_FORBID_REUSE, 1L);
        }

        return line.len;
    }

    if (ngx_strncmp(line.data, "HTTP/", 5) == 0) {
        /* maybe not the first one, after a "100 Continue" */
        cc->head = 0;
        return line.len;
    }

    if (cc->head) {
        /* a trailer: what it says comes too late */
        return line.len;
    }

    if (ngx_plaid_curl_easy_field(&line, "content-length", &value) == NGX_OK) {

        length = ngx_atoof(value.data, value.len);

        if (length > (off_t) curl->peer->max_response_size) {
            cc->too_big = 1;
            return 0;
        }

        if (length > 0
            && ngx_plaid_curl_easy_room(cc, (size_t) length) != NGX_OK)
        {
            return 0;
        }

    } else if (ngx_plaid_curl_easy_field(&line, "x-request-id", &value)
               == NGX_OK
               || ngx_plaid_curl_easy_field(&line, "plaid-request-id", &value)
               == NGX_OK)
    {
        if (value.len > NGX_PLAID_ID_MAX) {
            return line.len;
        }

        call->request_id.data = ngx_pstrdup(call->pool, &value);
        call->request_id.len = call->request_id.data ? value.len : 0;

    } else if (ngx_plaid_curl_easy_field(&line, "retry-after", &value)
               == NGX_OK)
    {
        /* the other form, a date, is not one that Plaid uses */
        call->retry_after = ngx_max(ngx_atotm(value.data, value.len), 0);
    }

    return line.len;
}


/* NGX_OK and the trimmed value if "line" is a field of that name */

static ngx_int_t
ngx_plaid_curl_easy_field(ngx_str_t *line, char *name, ngx_str_t *value)
{
    size_t   len;
    u_char  *p, *last;

    len = ngx_strlen(name);

    if (line->len <= len
        || line->data[len] != ':'
        || ngx_strncasecmp(line->data, (u_char *) name, len) != 0)
    {
        return NGX_DECLINED;
    }

    p = line->data + len + 1;
    last = line->data + line->len;

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

    if (len > cc->curl->peer->max_response_size - call->body.len) {
        cc->too_big = 1;
        return 0;
    }

    if (ngx_plaid_curl_easy_room(cc, call->body.len + len) != NGX_OK) {
        return 0;
    }

    ngx_memcpy(call->body.data + call->body.len, p, len);
    call->body.len += len;

    return len;
}


static ngx_int_t
ngx_plaid_curl_easy_room(ngx_plaid_curl_call_t *cc, size_t size)
{
    u_char      *p;
    ngx_str_t    old;

    if (size <= cc->size) {
        return NGX_OK;
    }

    size = ngx_max(size, ngx_max(cc->size * 2, NGX_PLAID_CURL_BODY));

    p = ngx_pnalloc(cc->call->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    old = cc->call->body;

    if (old.len) {
        ngx_memcpy(p, old.data, old.len);
    }

    cc->call->body.data = p;
    cc->size = size;

    ngx_plaid_wipe(&old);

    return NGX_OK;
}


void
ngx_plaid_curl_easy_result(ngx_plaid_curl_call_t *cc, CURLcode rc)
{
    long               status;
    ngx_plaid_call_t  *call;

    call = cc->call;

    ngx_plaid_curl_easy_sent(cc);

    /* a connection that is closed within the head is no error to libcurl */

    if (rc == CURLE_OK && !cc->head) {
        rc = CURLE_GOT_NOTHING;
    }

    if (rc == CURLE_OK) {
        status = 0;
        (void) curl_easy_getinfo(cc->easy, CURLINFO_RESPONSE_CODE, &status);

        call->rc = NGX_PLAID_CALL_DONE;
        call->status = (ngx_uint_t) status;
        cc->whole = 1;
        return;
    }

    call->rc = ngx_plaid_curl_easy_rc(cc, rc);
    ngx_plaid_curl_easy_detail(cc, rc);
}


static ngx_plaid_call_rc_e
ngx_plaid_curl_easy_rc(ngx_plaid_curl_call_t *cc, CURLcode rc)
{
    if (cc->too_big) {
        return NGX_PLAID_CALL_BAD_REPLY;
    }

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
