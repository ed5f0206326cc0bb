
/* A posted body: its bytes in one piece, and the parser for its type. */


#include "ngx_plaid_search.h"
#include "ngx_plaid_content_type.h"
#include "ngx_plaid_form.h"
#include "ngx_plaid_json.h"
#include "ngx_plaid_multipart.h"


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


ngx_plaid_body_type_e
ngx_plaid_body_type(ngx_str_t *content_type)
{
    ngx_plaid_content_type_t  ct;

    ngx_plaid_content_type_parse(&ct, content_type);

    return ct.type;
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
    ngx_plaid_body_e     result;
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

    switch (rc) {

    case NGX_OK:
        result = ngx_plaid_search_result(&s);
        break;

    case NGX_DECLINED:
        result = NGX_PLAID_BODY_MALFORMED;
        break;

    default: /* NGX_ERROR */
        result = NGX_PLAID_BODY_FAILED;
    }

    if (result != NGX_PLAID_BODY_FOUND) {
        ngx_plaid_wipe(&found->token);
        ngx_str_null(&found->account_id);
        found->account_error = NULL;
    }

    return result;
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
    ngx_plaid_content_type_t  ct;

    ngx_plaid_content_type_parse(&ct, content_type);

    if (ct.error) {
        return ngx_plaid_search_error(s, ct.error);
    }

    switch (ct.type) {

    case NGX_PLAID_BODY_FORM:
        return ngx_plaid_form_search(s, body);

    case NGX_PLAID_BODY_MULTIPART:
        return ngx_plaid_multipart_search(s, body, &ct.boundary);

    case NGX_PLAID_BODY_JSON:
        return ngx_plaid_json_search(s, body);

    default: /* NGX_PLAID_BODY_OTHER */
        return ngx_plaid_search_error(s, "the content type is not one that "
                                      "can be searched");
    }
}
