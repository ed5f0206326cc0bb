
/* Plaid's reply, member by member, as far as somebody may believe it. */


#include "ngx_plaid_dialect.h"
#include "ngx_plaid_json_string.h"
#include "ngx_plaid_str.h"
#include "ngx_plaid_token.h"


/*
 * Shortest secret or token looked for inside of other fields: what is shorter
 * is found in any text, and guards nothing.
 */
#define NGX_PLAID_NEEDLE_MIN      8


static void ngx_plaid_reply_none(ngx_plaid_reply_t *reply);
static ngx_int_t ngx_plaid_reply_object(ngx_plaid_reply_t *reply,
    ngx_plaid_json_scan_t *scan);
static ngx_int_t ngx_plaid_reply_member(ngx_plaid_reply_t *reply,
    ngx_plaid_json_scan_t *scan, ngx_plaid_json_e type);
static ngx_plaid_reply_member_t *ngx_plaid_reply_find(
    ngx_plaid_reply_t *reply, ngx_str_t *name);
static void ngx_plaid_reply_string(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *value);
static void ngx_plaid_reply_copy(ngx_plaid_reply_t *reply, ngx_str_t *value,
    ngx_str_t *dst);
static ngx_int_t ngx_plaid_reply_request_id_check(ngx_plaid_reply_t *reply,
    ngx_str_t *value);
static size_t ngx_plaid_reply_printable(ngx_str_t *value, u_char *dst);
static ngx_uint_t ngx_plaid_reply_repeats(ngx_plaid_reply_t *reply,
    ngx_str_t *value);
static ngx_uint_t ngx_plaid_reply_contains(ngx_str_t *value,
    ngx_str_t *needle);


static ngx_str_t  ngx_plaid_reply_names[] = {
    ngx_string("access_token"),
    ngx_string("stripe_bank_account_token"),
    ngx_string("processor_token"),
    ngx_string("item_id"),
    ngx_string("account_id"),
    ngx_string("request_id"),
    ngx_string("error_type"),
    ngx_string("error_code"),
    ngx_string("error_message"),
    ngx_string("display_message"),
    ngx_string("code"),
    ngx_string("message")
};


ngx_int_t
ngx_plaid_reply_read(ngx_plaid_reply_t *reply, ngx_str_t *body)
{
    ngx_int_t              rc;
    ngx_plaid_json_scan_t  scan;

    ngx_memzero(reply->members, sizeof(reply->members));

    ngx_plaid_json_scan_init(&scan, body, NGX_PLAID_JSON_DEPTH);

    rc = NGX_DECLINED;

    if (ngx_plaid_json_scan_next(&scan) == NGX_PLAID_JSON_OBJECT) {
        rc = ngx_plaid_reply_object(reply, &scan);
    }

    if (rc == NGX_OK && ngx_plaid_json_scan_next(&scan) != NGX_PLAID_JSON_END)
    {
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        ngx_plaid_reply_none(reply);
    }

    return rc;
}


void
ngx_plaid_reply_wipe(ngx_plaid_reply_t *reply)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_PLAID_REPLY_MEMBERS; i++) {
        if (reply->members[i].copied) {
            ngx_plaid_wipe(&reply->members[i].value);
        }
    }
}


static void
ngx_plaid_reply_none(ngx_plaid_reply_t *reply)
{
    ngx_plaid_reply_wipe(reply);

    ngx_memzero(reply->members, sizeof(reply->members));
}


static ngx_int_t
ngx_plaid_reply_object(ngx_plaid_reply_t *reply, ngx_plaid_json_scan_t *scan)
{
    ngx_plaid_json_e  type;

    for ( ;; ) {
        type = ngx_plaid_json_scan_next(scan);

        if (type == NGX_PLAID_JSON_CLOSE) {
            return NGX_OK;
        }

        if (type == NGX_PLAID_JSON_OBJECT || type == NGX_PLAID_JSON_ARRAY) {
            type = ngx_plaid_json_scan_skip(scan);
        }

        if (type == NGX_PLAID_JSON_INVALID) {
            return NGX_DECLINED;
        }

        if (ngx_plaid_reply_member(reply, scan, type) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_plaid_reply_member(ngx_plaid_reply_t *reply, ngx_plaid_json_scan_t *scan,
    ngx_plaid_json_e type)
{
    ngx_str_t                  string;
    ngx_plaid_reply_member_t  *m;

    m = ngx_plaid_reply_find(reply, &scan->name);

    if (m == NULL) {
        return NGX_OK;
    }

    if (m->copied) {
        ngx_plaid_wipe(&m->value);
    }

    m->type = type;
    m->value = scan->value;
    m->copied = 0;

    if (type != NGX_PLAID_JSON_STRING) {
        return NGX_OK;
    }

    string = ngx_plaid_json_scan_string(scan);

    if (ngx_plaid_json_string_value(reply->pool, &string, &m->value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    m->copied = (m->value.data != string.data);

    return NGX_OK;
}


static ngx_plaid_reply_member_t *
ngx_plaid_reply_find(ngx_plaid_reply_t *reply, ngx_str_t *name)
{
    ngx_str_t   *known;
    ngx_uint_t   i, escaped;

    escaped = ngx_plaid_json_string_escaped(name);

    for (i = 0; i < NGX_PLAID_REPLY_MEMBERS; i++) {
        known = &ngx_plaid_reply_names[i];

        if (escaped ? ngx_plaid_json_string_is(name, (char *) known->data)
                    : ngx_plaid_str_equal(name, known))
        {
            return &reply->members[i];
        }
    }

    return NULL;
}


void
ngx_plaid_reply_token(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst)
{
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, member, &value);

    if (ngx_plaid_token_check(&value) != NGX_OK
        || ngx_plaid_str_equal(&value, &reply->args->secret)
        || ngx_plaid_str_equal(&value, &reply->args->public_token))
    {
        return;
    }

    ngx_plaid_reply_copy(reply, &value, dst);
}


void
ngx_plaid_reply_id(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst)
{
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, member, &value);

    if (value.len > NGX_PLAID_ID_MAX
        || ngx_plaid_token_check(&value) != NGX_OK
        || ngx_plaid_reply_repeats(reply, &value))
    {
        return;
    }

    ngx_plaid_reply_copy(reply, &value, dst);
}


void
ngx_plaid_reply_code(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst)
{
    u_char     ch;
    size_t     i;
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, member, &value);

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
ngx_plaid_reply_message(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst)
{
    ngx_str_t  value, text;

    ngx_plaid_reply_string(reply, member, &value);

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
ngx_plaid_reply_request_id(ngx_plaid_reply_t *reply)
{
    ngx_str_t  value;

    ngx_plaid_reply_string(reply, NGX_PLAID_REPLY_REQUEST_ID, &value);

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
ngx_plaid_reply_string(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *value)
{
    ngx_plaid_reply_member_t  *m;

    m = &reply->members[member];

    if (m->type == NGX_PLAID_JSON_STRING) {
        *value = m->value;

    } else {
        ngx_str_null(value);
    }
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


/* The scanner saw to the UTF-8, but for halves of surrogate pairs. */

static size_t
ngx_plaid_reply_printable(ngx_str_t *value, u_char *dst)
{
    u_char  *p, *last, *next;
    size_t   n;

    n = 0;
    last = value->data + value->len;

    for (p = value->data; p < last; p = next) {

        for (next = p + 1; next < last && (*next & 0xc0) == 0x80; next++) {
            /* void */
        }

        if (n + (next - p) > NGX_PLAID_MESSAGE_MAX) {
            break;
        }

        /* controls, those of U+0080 to U+009F, and half of a pair */

        if (*p < 0x20 || *p == 0x7f
            || (*p == 0xc2 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f))
        {
            dst[n++] = '?';
            continue;
        }

        ngx_memcpy(&dst[n], p, next - p);
        n += next - p;
    }

    return n;
}


static ngx_uint_t
ngx_plaid_reply_repeats(ngx_plaid_reply_t *reply, ngx_str_t *value)
{
    ngx_str_t              token;
    ngx_uint_t             i;
    ngx_plaid_api_args_t  *args;

    static ngx_plaid_reply_member_e  tokens[] = {
        NGX_PLAID_REPLY_ACCESS_TOKEN,
        NGX_PLAID_REPLY_STRIPE_TOKEN,
        NGX_PLAID_REPLY_PROCESSOR_TOKEN
    };

    args = reply->args;

    if (ngx_plaid_reply_contains(value, &args->secret)
        || ngx_plaid_reply_contains(value, &args->client_id)
        || ngx_plaid_reply_contains(value, &args->public_token))
    {
        return 1;
    }

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        ngx_plaid_reply_string(reply, tokens[i], &token);

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
