
#include "ngx_plaid_search.h"
#include "ngx_plaid_token.h"


static ngx_uint_t ngx_plaid_body_is(u_char *p, size_t len, const char *type);
static ngx_int_t ngx_plaid_body_json(u_char *p, size_t len);
static ngx_int_t ngx_plaid_body_size(ngx_chain_t *in, size_t max,
    size_t *size, ngx_buf_t **only);
static off_t ngx_plaid_body_buf_size(ngx_buf_t *b);
static ngx_int_t ngx_plaid_body_copied(ngx_plaid_search_t *s, ngx_log_t *log,
    ngx_chain_t *in, size_t size, ngx_str_t *content_type);
static ngx_int_t ngx_plaid_body_gather(ngx_chain_t *in, ngx_log_t *log,
    u_char *p);
static ngx_int_t ngx_plaid_body_read(ngx_buf_t *b, ngx_log_t *log,
    u_char *p, size_t size);
static ngx_int_t ngx_plaid_body_parse(ngx_plaid_search_t *s, ngx_str_t *body,
    ngx_str_t *content_type);
static ngx_uint_t ngx_plaid_search_nothing(ngx_str_t *value);


ngx_plaid_body_type_e
ngx_plaid_body_type(ngx_str_t *content_type)
{
    size_t   len;
    u_char  *p, *last;

    p = content_type->data;
    last = ngx_strlchr(p, p + content_type->len, ';');

    if (last == NULL) {
        last = p + content_type->len;
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    len = last - p;

    if (ngx_plaid_body_is(p, len, "application/x-www-form-urlencoded")) {
        return NGX_PLAID_BODY_FORM;
    }

    if (ngx_plaid_body_is(p, len, "multipart/form-data")) {
        return NGX_PLAID_BODY_MULTIPART;
    }

    if (ngx_plaid_body_json(p, len) == NGX_OK) {
        return NGX_PLAID_BODY_JSON;
    }

    return NGX_PLAID_BODY_OTHER;
}


/* Every browser has it in lower case, which costs next to nothing. */

static ngx_uint_t
ngx_plaid_body_is(u_char *p, size_t len, const char *type)
{
    return len == ngx_strlen(type)
           && (ngx_memcmp(p, type, len) == 0
               || ngx_strncasecmp(p, (u_char *) type, len) == 0);
}


static ngx_int_t
ngx_plaid_body_json(u_char *p, size_t len)
{
    u_char  *last;

    last = p + len;

    if (len < sizeof("application/json") - 1
        || ngx_strncasecmp(p, (u_char *) "application/",
                           sizeof("application/") - 1)
           != 0)
    {
        return NGX_DECLINED;
    }

    p += sizeof("application/") - 1;

    if (ngx_strncasecmp(last - 4, (u_char *) "json", 4) != 0) {
        return NGX_DECLINED;
    }

    last -= 4;

    if (p == last) {
        return NGX_OK;
    }

    if (--last == p || *last != '+') {
        return NGX_DECLINED;
    }

    /* two types in one value are none */

    while (p < last) {
        if (*p <= 0x20 || *p >= 0x7f || *p == ',' || *p == '/') {
            return NGX_DECLINED;
        }

        p++;
    }

    return NGX_OK;
}


ngx_plaid_body_e
ngx_plaid_body_search(ngx_pool_t *pool, ngx_log_t *log, ngx_chain_t *in,
    size_t max, ngx_str_t *content_type, ngx_array_t *fields,
    ngx_plaid_body_found_t *found)
{
    size_t               size;
    ngx_int_t            rc;
    ngx_buf_t           *only;
    ngx_str_t            body;
    ngx_plaid_search_t   s;

    ngx_memzero(found, sizeof(ngx_plaid_body_found_t));
    ngx_memzero(&s, sizeof(ngx_plaid_search_t));

    s.pool = pool;
    s.fields = fields;
    s.found = found;

    if (ngx_plaid_body_size(in, max, &size, &only) != NGX_OK) {
        found->error = "the body is too large";
        return NGX_PLAID_BODY_MALFORMED;
    }

    if (size == 0) {
        return NGX_PLAID_BODY_ABSENT;
    }

    if (only && ngx_buf_in_memory(only)) {
        body.len = size;
        body.data = only->pos;

        rc = ngx_plaid_body_parse(&s, &body, content_type);

    } else {
        rc = ngx_plaid_body_copied(&s, log, in, size, content_type);
    }

    if (rc == NGX_OK && s.tokens == 1) {
        return NGX_PLAID_BODY_FOUND;
    }

    ngx_plaid_wipe(&found->token);
    ngx_str_null(&found->account_id);

    if (rc == NGX_ERROR) {
        return NGX_PLAID_BODY_FAILED;
    }

    if (rc == NGX_DECLINED) {
        return NGX_PLAID_BODY_MALFORMED;
    }

    return s.tokens ? NGX_PLAID_BODY_TWICE : NGX_PLAID_BODY_ABSENT;
}


/* "only" is the one buffer that has bytes, or NULL when there are more */

static ngx_int_t
ngx_plaid_body_size(ngx_chain_t *in, size_t max, size_t *size,
    ngx_buf_t **only)
{
    off_t  n;

    *size = 0;
    *only = NULL;

    max = ngx_min(max, NGX_PLAID_BODY_LIMIT);

    for ( /* void */ ; in; in = in->next) {
        n = ngx_plaid_body_buf_size(in->buf);

        if (n == 0) {
            continue;
        }

        if (n > (off_t) (max - *size)) {
            return NGX_DECLINED;
        }

        *only = (*size == 0) ? in->buf : NULL;
        *size += n;
    }

    return NGX_OK;
}


static off_t
ngx_plaid_body_buf_size(ngx_buf_t *b)
{
    return ngx_buf_special(b) ? 0 : ngx_buf_size(b);
}


static ngx_int_t
ngx_plaid_body_copied(ngx_plaid_search_t *s, ngx_log_t *log, ngx_chain_t *in,
    size_t size, ngx_str_t *content_type)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    body.len = size;
    body.data = ngx_pnalloc(s->pool, size);
    if (body.data == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_plaid_body_gather(in, log, body.data);

    if (rc == NGX_OK) {
        rc = ngx_plaid_body_parse(s, &body, content_type);
    }

    ngx_plaid_wipe(&body);
    (void) ngx_pfree(s->pool, body.data);

    return rc;
}


static ngx_int_t
ngx_plaid_body_gather(ngx_chain_t *in, ngx_log_t *log, u_char *p)
{
    off_t  n;

    for ( /* void */ ; in; in = in->next) {
        n = ngx_plaid_body_buf_size(in->buf);

        if (ngx_buf_in_memory(in->buf)) {
            p = ngx_cpymem(p, in->buf->pos, n);
            continue;
        }

        if (ngx_plaid_body_read(in->buf, log, p, n) != NGX_OK) {
            return NGX_ERROR;
        }

        p += n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_body_read(ngx_buf_t *b, ngx_log_t *log, u_char *p, size_t size)
{
    off_t    offset;
    ssize_t  n;

    offset = b->file_pos;

    while (size) {
        n = ngx_read_file(b->file, p, size, offset);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == 0) {
            ngx_log_error(NGX_LOG_CRIT, log, 0,
                          "request body file \"%V\" is truncated",
                          &b->file->name);
            return NGX_ERROR;
        }

        p += n;
        offset += n;
        size -= n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_body_parse(ngx_plaid_search_t *s, ngx_str_t *body,
    ngx_str_t *content_type)
{
    switch (ngx_plaid_body_type(content_type)) {

    case NGX_PLAID_BODY_FORM:
        return ngx_plaid_form_search(s, body);

    case NGX_PLAID_BODY_MULTIPART:
        return ngx_plaid_multipart_search(s, body, content_type);

    case NGX_PLAID_BODY_JSON:
        return ngx_plaid_json_search(s, body);

    default: /* NGX_PLAID_BODY_OTHER */
        s->found->error = "the content type is not one that can be searched";
        return NGX_DECLINED;
    }
}


ngx_plaid_field_e
ngx_plaid_search_field(ngx_plaid_search_t *s, ngx_str_t *name)
{
    ngx_str_t   *field;
    ngx_uint_t   i;

    field = s->fields->elts;

    for (i = 0; i < s->fields->nelts; i++) {
        if (field[i].len == name->len
            && ngx_memcmp(field[i].data, name->data, name->len) == 0)
        {
            return NGX_PLAID_FIELD_TOKEN;
        }
    }

    if (name->len == sizeof("account_id") - 1
        && ngx_memcmp(name->data, "account_id", name->len) == 0)
    {
        return NGX_PLAID_FIELD_ACCOUNT;
    }

    return NGX_PLAID_FIELD_OTHER;
}


void
ngx_plaid_search_hit(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    ngx_str_t *value)
{
    ngx_plaid_body_found_t  *found;

    if (ngx_plaid_search_nothing(value)) {
        return;
    }

    found = s->found;

    if (field == NGX_PLAID_FIELD_TOKEN) {

        if (s->tokens++) {
            ngx_plaid_wipe(value);
            return;
        }

        found->token = *value;
        return;
    }

    /* a value that Plaid cannot have issued is as good as none */

    if (value->len > NGX_PLAID_ID_MAX
        || ngx_plaid_token_check(value) != NGX_OK)
    {
        return;
    }

    if (s->accounts++ == 0) {
        found->account_id = *value;
        return;
    }

    if (found->account_id.len != value->len
        || ngx_memcmp(found->account_id.data, value->data, value->len) != 0)
    {
        ngx_str_null(&found->account_id);
    }
}


ngx_int_t
ngx_plaid_search_hit_copy(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    u_char *data, size_t len)
{
    ngx_str_t  src, value;

    src.len = len;
    src.data = data;

    value.len = len;
    value.data = ngx_pstrdup(s->pool, &src);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    ngx_plaid_search_hit(s, field, &value);

    return NGX_OK;
}


/* react-plaid-link and its like post what JavaScript makes of no token */

static ngx_uint_t
ngx_plaid_search_nothing(ngx_str_t *value)
{
    return value->len == 0
           || (value->len == 4 && ngx_memcmp(value->data, "null", 4) == 0)
           || (value->len == 9
               && ngx_memcmp(value->data, "undefined", 9) == 0);
}
