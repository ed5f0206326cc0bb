
/*
 * What both transports do with a reply: its fields, its body, its refusal.
 */


#include "ngx_plaid_call.h"


/* first allocation for a reply without a length: an access_token fits */
#define NGX_PLAID_CALL_BODY  512


typedef struct {
    ngx_str_t                  name;
    size_t                     offset;       /* in ngx_plaid_call_head_t */
} ngx_plaid_call_field_t;


static ngx_int_t ngx_plaid_call_length(ngx_plaid_call_t *call,
    ngx_str_t *value);
static ngx_int_t ngx_plaid_call_value(ngx_plaid_call_t *call,
    ngx_str_t *value, ngx_str_t *dst);
static void ngx_plaid_call_noted(ngx_plaid_call_t *call, ngx_str_t *dst);
static ngx_int_t ngx_plaid_call_room(ngx_plaid_call_t *call, size_t size);
static ngx_int_t ngx_plaid_call_refuse(ngx_plaid_call_t *call, char *detail);


static ngx_plaid_call_field_t  ngx_plaid_call_fields[] = {

    { ngx_string("content-type"),
      offsetof(ngx_plaid_call_head_t, content_type) },

    { ngx_string("content-disposition"),
      offsetof(ngx_plaid_call_head_t, content_disposition) },

    { ngx_string("content-encoding"),
      offsetof(ngx_plaid_call_head_t, content_encoding) },

    { ngx_string("retry-after"),
      offsetof(ngx_plaid_call_head_t, retry_after) },

    { ngx_string("x-request-id"),
      offsetof(ngx_plaid_call_head_t, x_request_id) },

    { ngx_string("plaid-request-id"),
      offsetof(ngx_plaid_call_head_t, plaid_request_id) },

    { ngx_null_string, 0 }
};


void
ngx_plaid_call_head_init(ngx_plaid_call_t *call)
{
    ngx_memzero(&call->head, sizeof(ngx_plaid_call_head_t));
    call->head.content_length_n = -1;
}


ngx_int_t
ngx_plaid_call_field(ngx_plaid_call_t *call, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_str_t               *dst;
    ngx_plaid_call_field_t  *field;

    static ngx_str_t         length = ngx_string("content-length");

    if (name->len == length.len
        && ngx_strncasecmp(name->data, length.data, length.len) == 0)
    {
        return ngx_plaid_call_length(call, value);
    }

    for (field = ngx_plaid_call_fields; field->name.len; field++) {

        if (name->len != field->name.len
            || ngx_strncasecmp(name->data, field->name.data, name->len) != 0)
        {
            continue;
        }

        dst = (ngx_str_t *) ((u_char *) &call->head + field->offset);

        if (ngx_plaid_call_value(call, value, dst) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_plaid_call_noted(call, dst);

        break;
    }

    return NGX_OK;
}


/* the transport sees to it that the body has this length */

static ngx_int_t
ngx_plaid_call_length(ngx_plaid_call_t *call, ngx_str_t *value)
{
    off_t  length;

    length = ngx_atoof(value->data, value->len);

    if (length == NGX_ERROR) {
        return NGX_OK;
    }

    if (length > (off_t) call->max_reply) {
        return ngx_plaid_call_refuse(call, "the reply is too large");
    }

    call->head.content_length_n = length;

    if (length == 0 || call->sink) {
        return NGX_OK;
    }

    return ngx_plaid_call_room(call, (size_t) length);
}


/* No token is lost for a header: one that cannot be passed on is left out. */

static ngx_int_t
ngx_plaid_call_value(ngx_plaid_call_t *call, ngx_str_t *value, ngx_str_t *dst)
{
    size_t  i;

    ngx_str_null(dst);

    if (value->len > NGX_PLAID_CALL_VALUE_MAX) {
        return NGX_OK;
    }

    for (i = 0; i < value->len; i++) {
        if ((value->data[i] < 0x20 && value->data[i] != '\t')
            || value->data[i] == 0x7f)
        {
            return NGX_OK;
        }
    }

    if (value->len == 0) {
        return NGX_OK;
    }

    dst->data = ngx_pstrdup(call->pool, value);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    dst->len = value->len;

    return NGX_OK;
}


static void
ngx_plaid_call_noted(ngx_plaid_call_t *call, ngx_str_t *dst)
{
    ngx_plaid_call_head_t  *head;

    head = &call->head;

    if (dst == &head->content_encoding && dst->len == 0) {
        /* whatever it is, the body is not to be read as it is */
        ngx_str_set(dst, "unknown");

    } else if (dst == &head->retry_after) {
        /* the other form, a date, is not one that Plaid uses */
        head->retry_after_n = ngx_max(ngx_atotm(dst->data, dst->len), 0);

    } else if ((dst == &head->x_request_id || dst == &head->plaid_request_id)
               && dst->len && dst->len <= NGX_PLAID_ID_MAX)
    {
        head->request_id = *dst;
    }
}


ngx_int_t
ngx_plaid_call_head(ngx_plaid_call_t *call, ngx_uint_t status)
{
    call->head.status = status;

    if (call->sink
        && call->sink->header(call->sink->data, &call->head) != NGX_OK)
    {
        return ngx_plaid_call_refuse(call, "the reply is not wanted");
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_call_collect(ngx_plaid_call_t *call, u_char *p, size_t n)
{
    if (n == 0) {
        return NGX_OK;
    }

    if (n > call->max_reply - call->body.len) {
        return ngx_plaid_call_refuse(call, "the reply is too large");
    }

    if (ngx_plaid_call_room(call, call->body.len + n) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(call->body.data + call->body.len, p, n);
    call->body.len += n;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_call_room(ngx_plaid_call_t *call, size_t size)
{
    u_char     *p;
    ngx_str_t   old;

    if (size <= call->allocated) {
        return NGX_OK;
    }

    size = ngx_max(size, ngx_max(call->allocated * 2, NGX_PLAID_CALL_BODY));

    p = ngx_pnalloc(call->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    old = call->body;

    if (old.len) {
        ngx_memcpy(p, old.data, old.len);
    }

    call->body.data = p;
    call->allocated = size;

    ngx_plaid_wipe(&old);

    return NGX_OK;
}


size_t
ngx_plaid_call_stream(ngx_plaid_call_t *call, u_char *p, size_t n)
{
    size_t  taken;

    if (n > call->max_reply - call->received) {
        (void) ngx_plaid_call_refuse(call, "the reply is too large");
        return 0;
    }

    taken = call->sink->body(call->sink->data, p, n);

    if (taken == NGX_PLAID_CALL_PAUSE) {
        return taken;
    }

    if (taken != n) {
        (void) ngx_plaid_call_refuse(call, "the reply is not wanted");
        return 0;
    }

    call->received += n;

    return n;
}


void
ngx_plaid_call_done(ngx_plaid_call_t *call, ngx_uint_t reused)
{
    if (call->head.status == 408 && reused) {
        call->sent = 0;
        ngx_plaid_call_fail(call, NGX_PLAID_CALL_LOST,
                            "the connection had timed out");
        return;
    }

    call->rc = NGX_PLAID_CALL_DONE;
    call->sent = 1;
    ngx_str_null(&call->detail);
}


void
ngx_plaid_call_fail(ngx_plaid_call_t *call, ngx_plaid_call_rc_e rc,
    char *detail)
{
    call->rc = rc;
    call->detail.data = (u_char *) detail;
    call->detail.len = ngx_strlen(detail);
}


static ngx_int_t
ngx_plaid_call_refuse(ngx_plaid_call_t *call, char *detail)
{
    call->refused = 1;
    ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY, detail);

    return NGX_DECLINED;
}
