
#include "ngx_plaid_dialect.h"
#include "ngx_plaid_token.h"


/*
 * Shortest secret or token looked for inside of other fields: what is shorter
 * is found in any text, and guards nothing.
 */
#define NGX_PLAID_NEEDLE_MIN      8


static void ngx_plaid_reply_string(ngx_plaid_reply_t *reply,
    const char *name, ngx_str_t *value);
static void ngx_plaid_reply_copy(ngx_plaid_reply_t *reply, ngx_str_t *value,
    ngx_str_t *dst);
static ngx_int_t ngx_plaid_reply_request_id_check(ngx_plaid_reply_t *reply,
    ngx_str_t *value);
static size_t ngx_plaid_reply_printable(ngx_str_t *value, u_char *dst);
static ngx_uint_t ngx_plaid_reply_repeats(ngx_plaid_reply_t *reply,
    ngx_str_t *value);
static ngx_uint_t ngx_plaid_reply_contains(ngx_str_t *value,
    ngx_str_t *needle);
static ngx_uint_t ngx_plaid_reply_equal(ngx_str_t *a, ngx_str_t *b);


void
ngx_plaid_reply_token(ngx_plaid_reply_t *reply, const char *name,
    ngx_str_t *dst)
{
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, name, &value);

    if (ngx_plaid_token_check(&value) != NGX_OK
        || ngx_plaid_reply_equal(&value, &reply->args->secret)
        || ngx_plaid_reply_equal(&value, &reply->args->public_token))
    {
        return;
    }

    ngx_plaid_reply_copy(reply, &value, dst);
}


void
ngx_plaid_reply_id(ngx_plaid_reply_t *reply, const char *name, ngx_str_t *dst)
{
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, name, &value);

    if (value.len > NGX_PLAID_ID_MAX
        || ngx_plaid_token_check(&value) != NGX_OK
        || ngx_plaid_reply_repeats(reply, &value))
    {
        return;
    }

    ngx_plaid_reply_copy(reply, &value, dst);
}


void
ngx_plaid_reply_code(ngx_plaid_reply_t *reply, const char *name,
    ngx_str_t *dst)
{
    u_char     ch;
    size_t     i;
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, name, &value);

    if (value.len == 0 || value.len > NGX_PLAID_CODE_MAX) {
        return;
    }

    for (i = 0; i < value.len; i++) {
        ch = value.data[i];

        if ((ch < 'A' || ch > 'Z') && (ch < '0' || ch > '9') && ch != '_') {
            return;
        }
    }

    if (ngx_plaid_reply_repeats(reply, &value)) {
        return;
    }

    ngx_plaid_reply_copy(reply, &value, dst);
}


void
ngx_plaid_reply_message(ngx_plaid_reply_t *reply, const char *name,
    ngx_str_t *dst)
{
    ngx_str_t  value, text;

    ngx_plaid_reply_string(reply, name, &value);

    if (ngx_plaid_reply_repeats(reply, &value)) {
        return;
    }

    text.data = ngx_pnalloc(reply->pool, NGX_PLAID_MESSAGE_MAX);
    if (text.data == NULL) {
        return;
    }

    text.len = ngx_plaid_reply_printable(&value, text.data);

    *dst = text;
}


void
ngx_plaid_reply_request_id(ngx_plaid_reply_t *reply, const char *name)
{
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, name, &value);

    if (ngx_plaid_reply_request_id_check(reply, &value) == NGX_OK) {
        ngx_plaid_reply_copy(reply, &value, &reply->res->request_id);
        return;
    }

    if (ngx_plaid_reply_request_id_check(reply, reply->request_id) == NGX_OK) {
        ngx_plaid_reply_copy(reply, reply->request_id,
                             &reply->res->request_id);
    }
}


static ngx_int_t
ngx_plaid_reply_request_id_check(ngx_plaid_reply_t *reply, ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    if (value->len == 0 || value->len > NGX_PLAID_ID_MAX) {
        return NGX_DECLINED;
    }

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if ((ch < '0' || ch > '9') && (ch < 'A' || ch > 'Z')
            && (ch < 'a' || ch > 'z') && ch != '.' && ch != '_' && ch != '-')
        {
            return NGX_DECLINED;
        }
    }

    return ngx_plaid_reply_repeats(reply, value) ? NGX_DECLINED : NGX_OK;
}


/* The member's own bytes, valid as long as the reply; none for no string. */

static void
ngx_plaid_reply_string(ngx_plaid_reply_t *reply, const char *name,
    ngx_str_t *value)
{
    json_t     *member;
    ngx_str_t  *plain;

    if (reply->flat.n) {
        plain = ngx_plaid_flat_find(&reply->flat, name);

        if (plain) {
            *value = *plain;

        } else {
            ngx_str_null(value);
        }

        return;
    }

    member = json_object_get(reply->root, name);

    value->data = (u_char *) json_string_value(member);
    value->len = json_string_length(member);
}


static void
ngx_plaid_reply_copy(ngx_plaid_reply_t *reply, ngx_str_t *value,
    ngx_str_t *dst)
{
    dst->data = ngx_pstrdup(reply->pool, value);

    if (dst->data == NULL) {
        reply->nomem = 1;
        return;
    }

    dst->len = value->len;
}


/* A character of several bytes becomes one "?"; jansson saw to the UTF-8. */

static size_t
ngx_plaid_reply_printable(ngx_str_t *value, u_char *dst)
{
    u_char  ch;
    size_t  i, n;

    n = 0;

    for (i = 0; i < value->len && n < NGX_PLAID_MESSAGE_MAX; i++) {
        ch = value->data[i];

        if ((ch & 0xc0) == 0x80) {
            continue;
        }

        dst[n++] = (ch < 0x20 || ch > 0x7e) ? '?' : ch;
    }

    return n;
}


static ngx_uint_t
ngx_plaid_reply_repeats(ngx_plaid_reply_t *reply, ngx_str_t *value)
{
    ngx_str_t               token;
    const char            **name;
    ngx_plaid_api_args_t   *args;

    static const char  *tokens[] = {
        "access_token",
        "stripe_bank_account_token",
        "processor_token",
        NULL
    };

    args = reply->args;

    if (ngx_plaid_reply_contains(value, &args->secret)
        || ngx_plaid_reply_contains(value, &args->client_id)
        || ngx_plaid_reply_contains(value, &args->public_token))
    {
        return 1;
    }

    for (name = tokens; *name; name++) {
        ngx_plaid_reply_string(reply, *name, &token);

        if (ngx_plaid_reply_contains(value, &token)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_reply_contains(ngx_str_t *value, ngx_str_t *needle)
{
    u_char  *p, *last;

    if (needle->len < NGX_PLAID_NEEDLE_MIN || needle->len > value->len) {
        return 0;
    }

    last = value->data + value->len - needle->len;

    for (p = value->data; p <= last; p++) {
        if (ngx_strncasecmp(p, needle->data, needle->len) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_reply_equal(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}
