
/*
 * multipart/form-data (RFC 7578, RFC 2046), strictly: where two parsers could
 * see two different fields, the body is malformed.
 */


#include "ngx_plaid_multipart.h"
#include "ngx_plaid_part.h"


/* most parts: PHP's limit of fields in a form */
#define NGX_PLAID_PARTS_MAX       1000


typedef struct {
    u_char                    *pos;          /* after a boundary */
    u_char                    *last;
    ngx_str_t                  delimiter;    /* "--" and the boundary */
    ngx_plaid_search_t        *search;
} ngx_plaid_multipart_t;


static ngx_int_t ngx_plaid_multipart_parts(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_begin(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_delimiter(ngx_plaid_multipart_t *m);
static u_char *ngx_plaid_multipart_end(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_part(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_field(ngx_plaid_search_t *s,
    ngx_plaid_part_t *part, u_char *data, size_t len);


ngx_int_t
ngx_plaid_multipart_search(ngx_plaid_search_t *s, ngx_str_t *body,
    ngx_str_t *boundary)
{
    u_char                 *p;
    ngx_int_t               rc;
    ngx_plaid_multipart_t   m;

    m.pos = body->data;
    m.last = body->data + body->len;
    m.search = s;

    m.delimiter.len = boundary->len + 2;
    m.delimiter.data = ngx_pnalloc(s->pool, m.delimiter.len);
    if (m.delimiter.data == NULL) {
        return NGX_ERROR;
    }

    p = m.delimiter.data;
    *p++ = '-';
    *p++ = '-';
    ngx_memcpy(p, boundary->data, boundary->len);

    rc = ngx_plaid_multipart_parts(&m);

    (void) ngx_pfree(s->pool, m.delimiter.data);

    return rc;
}


static ngx_int_t
ngx_plaid_multipart_parts(ngx_plaid_multipart_t *m)
{
    ngx_int_t   rc;
    ngx_uint_t  parts;

    rc = ngx_plaid_multipart_begin(m);

    for (parts = 0; rc == NGX_OK; parts++) {

        rc = ngx_plaid_multipart_delimiter(m);

        if (rc == NGX_DONE) {
            return NGX_OK;
        }

        if (rc == NGX_OK && parts == NGX_PLAID_PARTS_MAX) {
            return ngx_plaid_search_error(m->search, "too many parts");
        }

        if (rc == NGX_OK) {
            rc = ngx_plaid_multipart_part(m);
        }
    }

    return rc;
}


/* Some clients begin with a line break; a text there is read by some as one. */

static ngx_int_t
ngx_plaid_multipart_begin(ngx_plaid_multipart_t *m)
{
    u_char  *p;

    p = m->pos;

    if (m->last - p > 2 && p[0] == CR && p[1] == LF) {
        p += 2;
    }

    if ((size_t) (m->last - p) < m->delimiter.len
        || ngx_memcmp(p, m->delimiter.data, m->delimiter.len) != 0)
    {
        return ngx_plaid_search_error(m->search, "the body does not begin "
                                      "with its boundary");
    }

    m->pos = p + m->delimiter.len;

    return NGX_OK;
}


/* What follows the boundary: NGX_OK, a part; NGX_DONE, nothing more. */

static ngx_int_t
ngx_plaid_multipart_delimiter(ngx_plaid_multipart_t *m)
{
    u_char     *p;
    ngx_int_t   rc;

    p = m->pos;
    rc = NGX_OK;

    if (m->last - p >= 2 && p[0] == '-' && p[1] == '-') {
        p += 2;
        rc = NGX_DONE;
    }

    while (m->last - p >= 2 && p[0] == CR && p[1] == LF) {
        p += 2;

        if (rc == NGX_OK) {
            m->pos = p;
            return NGX_OK;
        }
    }

    if (rc == NGX_DONE && p == m->last) {
        return NGX_DONE;
    }

    return ngx_plaid_search_error(m->search, "bad line of a boundary");
}


/*
 * The line break before the next delimiter, or NULL.  Parsers know delimiters
 * after a bare LF, or within a line: there must be none.
 */

static u_char *
ngx_plaid_multipart_end(ngx_plaid_multipart_t *m)
{
    u_char  *p;

    p = memmem(m->pos, m->last - m->pos, m->delimiter.data, m->delimiter.len);

    if (p == NULL || p - m->pos < 2 || p[-2] != CR || p[-1] != LF) {
        return NULL;
    }

    return p - 2;
}


static ngx_int_t
ngx_plaid_multipart_part(ngx_plaid_multipart_t *m)
{
    u_char            *p, *end;
    ngx_str_t          head;
    ngx_plaid_part_t   part;

    end = ngx_plaid_multipart_end(m);

    if (end == NULL) {
        return ngx_plaid_search_error(m->search, "unterminated part");
    }

    p = memmem(m->pos, end - m->pos, CRLF CRLF, 4);

    if (p == NULL) {
        return ngx_plaid_search_error(m->search, "bad header line in a part");
    }

    head.data = m->pos;
    head.len = p + 2 - m->pos;

    m->pos = end + 2 + m->delimiter.len;

    if (ngx_plaid_part_read(m->search, &head, &part) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_plaid_multipart_field(m->search, &part, p + 4, end - p - 4);
}


static ngx_int_t
ngx_plaid_multipart_field(ngx_plaid_search_t *s, ngx_plaid_part_t *part,
    u_char *data, size_t len)
{
    if (part->field == NGX_PLAID_FIELD_OTHER) {
        return NGX_OK;
    }

    if (part->file) {

        /* an empty file input is a field to some */

        if (part->field == NGX_PLAID_FIELD_TOKEN) {
            s->files++;

        } else if (part->field == NGX_PLAID_FIELD_FOLDED) {
            return ngx_plaid_search_hit_copy(s, part->field, data, 0);
        }

        return NGX_OK;
    }

    if (part->encoded) {
        return ngx_plaid_search_error(s, "a listed part has an encoding");
    }

    return ngx_plaid_search_hit_copy(s, part->field, data, len);
}
