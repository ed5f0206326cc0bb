
/*
 * multipart/form-data (RFC 7578, RFC 2046), strictly: where two parsers could
 * see two different fields, the body is malformed.
 */


#include "ngx_plaid_search.h"
#include "ngx_plaid_param.h"


/* longest boundary (RFC 2046 5.1.1) */
#define NGX_PLAID_BOUNDARY_MAX    70

/* most parts: PHP's limit of fields in a form */
#define NGX_PLAID_PARTS_MAX       1000

/* most header lines of a part: RFC 7578 4.8 knows three */
#define NGX_PLAID_PART_LINES_MAX  16

/* longest header line: a file name of 255 bytes, twice, percent-encoded */
#define NGX_PLAID_PART_LINE_MAX   2048

/* longest block of header lines: two such lines and the short ones */
#define NGX_PLAID_PART_BLOCK_MAX  8192


typedef struct {
    u_char                    *pos;
    u_char                    *last;
    ngx_str_t                  boundary;
    ngx_plaid_search_t        *search;
} ngx_plaid_multipart_t;


typedef struct {
    ngx_uint_t                 dispositions;
    ngx_plaid_field_e          field;
    unsigned                   form_data:1;
    unsigned                   named:1;
    unsigned                   file:1;
    unsigned                   encoded:1;
} ngx_plaid_part_t;


static ngx_int_t ngx_plaid_multipart_error(ngx_plaid_search_t *s,
    const char *error);
static ngx_int_t ngx_plaid_multipart_boundary(ngx_str_t *content_type,
    ngx_str_t *boundary);
static ngx_int_t ngx_plaid_multipart_preamble(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_find(ngx_plaid_multipart_t *m);
static ngx_uint_t ngx_plaid_multipart_at(ngx_plaid_multipart_t *m, u_char *p);
static ngx_int_t ngx_plaid_multipart_delimiter(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_part(ngx_plaid_multipart_t *m);
static ngx_int_t ngx_plaid_multipart_headers(ngx_plaid_multipart_t *m,
    ngx_plaid_part_t *part);
static ngx_int_t ngx_plaid_multipart_line(ngx_plaid_multipart_t *m,
    ngx_str_t *line);
static ngx_int_t ngx_plaid_multipart_header(ngx_plaid_multipart_t *m,
    ngx_plaid_part_t *part, ngx_str_t *line);
static ngx_int_t ngx_plaid_multipart_disposition(ngx_plaid_multipart_t *m,
    ngx_plaid_part_t *part, u_char *p, u_char *last);
static ngx_plaid_field_e ngx_plaid_multipart_name(ngx_plaid_search_t *s,
    ngx_str_t *value);
static ngx_uint_t ngx_plaid_multipart_browser(u_char *p, u_char *last,
    u_char *ch);


ngx_int_t
ngx_plaid_multipart_search(ngx_plaid_search_t *s, ngx_str_t *body,
    ngx_str_t *content_type)
{
    ngx_int_t               rc;
    ngx_uint_t              parts;
    ngx_plaid_multipart_t   m;

    m.pos = body->data;
    m.last = body->data + body->len;
    m.search = s;

    if (ngx_plaid_multipart_boundary(content_type, &m.boundary) != NGX_OK) {
        return ngx_plaid_multipart_error(s, "no usable boundary");
    }

    if (ngx_plaid_multipart_preamble(&m) != NGX_OK) {
        return ngx_plaid_multipart_error(s, "the boundary is not in the body");
    }

    for (parts = 0; /* void */ ; parts++) {

        rc = ngx_plaid_multipart_delimiter(&m);

        if (rc == NGX_DONE) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return rc;
        }

        if (parts == NGX_PLAID_PARTS_MAX) {
            return ngx_plaid_multipart_error(s, "too many parts");
        }

        rc = ngx_plaid_multipart_part(&m);
        if (rc != NGX_OK) {
            return rc;
        }
    }
}


static ngx_int_t
ngx_plaid_multipart_error(ngx_plaid_search_t *s, const char *error)
{
    s->found->error = error;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_plaid_multipart_boundary(ngx_str_t *content_type,
    ngx_str_t *boundary)
{
    u_char     *p, *last;
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   name, value;

    ngx_str_null(boundary);

    last = content_type->data + content_type->len;
    p = ngx_strlchr(content_type->data, last, ';');

    if (p == NULL) {
        return NGX_DECLINED;
    }

    for ( ;; ) {
        rc = ngx_plaid_param_next(&p, last, &name, &value);

        if (rc == NGX_DONE) {
            break;
        }

        if (rc != NGX_OK) {
            return NGX_DECLINED;
        }

        if (!ngx_plaid_param_is(&name, "boundary")) {
            continue;
        }

        if (boundary->data) {
            return NGX_DECLINED;
        }

        *boundary = value;
    }

    if (boundary->len == 0 || boundary->len > NGX_PLAID_BOUNDARY_MAX
        || boundary->data[boundary->len - 1] == ' ')
    {
        return NGX_DECLINED;
    }

    /* a quoted-pair would have to be decoded; no client makes one */

    for (i = 0; i < boundary->len; i++) {
        if (boundary->data[i] < 0x20 || boundary->data[i] > 0x7e
            || boundary->data[i] == '\\')
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* The first delimiter needs no line break before it, and may have a text. */

static ngx_int_t
ngx_plaid_multipart_preamble(ngx_plaid_multipart_t *m)
{
    if (ngx_plaid_multipart_at(m, m->pos)) {
        m->pos += 2 + m->boundary.len;
        return NGX_OK;
    }

    if (ngx_plaid_multipart_find(m) != NGX_OK) {
        return NGX_DECLINED;
    }

    m->pos += 4 + m->boundary.len;

    return NGX_OK;
}


/* Sets "pos" to the next line break that a delimiter follows. */

static ngx_int_t
ngx_plaid_multipart_find(ngx_plaid_multipart_t *m)
{
    u_char  *p;

    for (p = m->pos; p < m->last; p++) {

        p = memchr(p, CR, m->last - p);

        if (p == NULL) {
            return NGX_DECLINED;
        }

        if (m->last - p > 2 && p[1] == LF
            && ngx_plaid_multipart_at(m, p + 2))
        {
            m->pos = p;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_plaid_multipart_at(ngx_plaid_multipart_t *m, u_char *p)
{
    return (size_t) (m->last - p) >= 2 + m->boundary.len
           && p[0] == '-' && p[1] == '-'
           && ngx_memcmp(p + 2, m->boundary.data, m->boundary.len) == 0;
}


/*
 * What follows the boundary: NGX_OK, a part; NGX_DONE, nothing more.
 *
 * RFC 2046 calls a line that only begins with the boundary a delimiter, most
 * parsers do not: such a body cannot come from a browser and is refused.
 */

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

    p = ngx_plaid_param_blank(p, m->last);

    if (m->last - p >= 2 && p[0] == CR && p[1] == LF) {
        m->pos = p + 2;
        return rc;
    }

    if (rc == NGX_DONE && p == m->last) {
        return NGX_DONE;
    }

    return ngx_plaid_multipart_error(m->search, "bad line of a boundary");
}


static ngx_int_t
ngx_plaid_multipart_part(ngx_plaid_multipart_t *m)
{
    size_t             len;
    u_char            *content;
    ngx_plaid_part_t   part;

    ngx_memzero(&part, sizeof(ngx_plaid_part_t));

    if (ngx_plaid_multipart_headers(m, &part) != NGX_OK) {
        return NGX_DECLINED;
    }

    /* the empty line may be the line break of the delimiter (RFC 2046) */

    content = m->pos + 2;

    if (ngx_plaid_multipart_find(m) != NGX_OK) {
        return ngx_plaid_multipart_error(m->search, "unterminated part");
    }

    len = (m->pos > content) ? m->pos - content : 0;

    m->pos += 4 + m->boundary.len;

    if (!part.form_data || part.file
        || part.field == NGX_PLAID_FIELD_OTHER)
    {
        return NGX_OK;
    }

    if (part.encoded) {
        return ngx_plaid_multipart_error(m->search,
                                    "a listed part has a transfer encoding");
    }

    return ngx_plaid_search_hit_copy(m->search, part.field, content, len);
}


/* Leaves "pos" at the line break that is the empty line. */

static ngx_int_t
ngx_plaid_multipart_headers(ngx_plaid_multipart_t *m, ngx_plaid_part_t *part)
{
    u_char      *start;
    ngx_str_t    line;
    ngx_uint_t   lines;

    start = m->pos;

    for (lines = 0; /* void */ ; lines++) {

        if (ngx_plaid_multipart_line(m, &line) != NGX_OK) {
            return ngx_plaid_multipart_error(m->search,
                                             "bad header line in a part");
        }

        if (line.len == 0) {
            return NGX_OK;
        }

        m->pos += 2;

        if (lines == NGX_PLAID_PART_LINES_MAX
            || m->pos - start > NGX_PLAID_PART_BLOCK_MAX)
        {
            return ngx_plaid_multipart_error(m->search,
                                             "too many headers in a part");
        }

        if (ngx_plaid_multipart_header(m, part, &line) != NGX_OK) {
            return ngx_plaid_multipart_error(m->search,
                                             "bad header in a part");
        }
    }
}


/* Leaves "pos" at the line break that ends the line. */

static ngx_int_t
ngx_plaid_multipart_line(ngx_plaid_multipart_t *m, ngx_str_t *line)
{
    u_char  *p, *last;

    p = m->pos;
    last = p + ngx_min(m->last - p, NGX_PLAID_PART_LINE_MAX + 1);

    while (p < last && ((*p >= 0x20 && *p != 0x7f) || *p == '\t')) {
        p++;
    }

    if (p == last || m->last - p < 2 || p[0] != CR || p[1] != LF) {
        return NGX_DECLINED;
    }

    line->data = m->pos;
    line->len = p - m->pos;
    m->pos = p;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_multipart_header(ngx_plaid_multipart_t *m, ngx_plaid_part_t *part,
    ngx_str_t *line)
{
    u_char     *p, *last;
    ngx_str_t   name, value;

    last = line->data + line->len;
    p = ngx_strlchr(line->data, last, ':');

    /* no name at all, a folded line, or blanks before the colon */

    if (p == NULL || p == line->data || line->data[0] == ' '
        || line->data[0] == '\t' || p[-1] == ' ' || p[-1] == '\t')
    {
        return NGX_DECLINED;
    }

    name.data = line->data;
    name.len = p - line->data;

    p = ngx_plaid_param_blank(p + 1, last);

    if (ngx_plaid_param_is(&name, "content-disposition")) {

        if (part->dispositions++) {
            return NGX_DECLINED;
        }

        return ngx_plaid_multipart_disposition(m, part, p, last);
    }

    if (ngx_plaid_param_is(&name, "content-transfer-encoding")) {

        while (last > p && (last[-1] == ' ' || last[-1] == '\t')) {
            last--;
        }

        value.data = p;
        value.len = last - p;

        part->encoded = !ngx_plaid_param_is(&value, "7bit")
                        && !ngx_plaid_param_is(&value, "8bit")
                        && !ngx_plaid_param_is(&value, "binary");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_multipart_disposition(ngx_plaid_multipart_t *m,
    ngx_plaid_part_t *part, u_char *p, u_char *last)
{
    ngx_int_t  rc;
    ngx_str_t  name, value;

    value.data = p;

    while (p < last && *p != ';' && *p != ' ' && *p != '\t') {
        p++;
    }

    value.len = p - value.data;
    part->form_data = ngx_plaid_param_is(&value, "form-data");

    p = ngx_plaid_param_blank(p, last);

    for ( ;; ) {
        rc = ngx_plaid_param_next(&p, last, &name, &value);

        if (rc == NGX_DONE) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return NGX_DECLINED;
        }

        if (ngx_plaid_param_is(&name, "filename")
            || ngx_plaid_param_is(&name, "filename*"))
        {
            part->file = 1;
            continue;
        }

        if (!ngx_plaid_param_is(&name, "name")) {
            continue;
        }

        if (part->named) {
            return NGX_DECLINED;
        }

        part->named = 1;
        part->field = ngx_plaid_multipart_name(m->search, &value);
    }
}


/*
 * Decodes a name.  RFC 7578 leaves the quoting to quoted-pairs; browsers
 * instead percent-encode three characters, and only these (HTML 4.10.21.8).
 */

static ngx_plaid_field_e
ngx_plaid_multipart_name(ngx_plaid_search_t *s, ngx_str_t *value)
{
    u_char     *p, *last, buf[NGX_PLAID_FIELD_MAX];
    ngx_str_t   name;

    name.len = 0;
    name.data = buf;

    p = value->data;
    last = p + value->len;

    while (p < last) {

        if (name.len == NGX_PLAID_FIELD_MAX) {
            return NGX_PLAID_FIELD_OTHER;
        }

        if (ngx_plaid_multipart_browser(p, last, &buf[name.len])) {
            name.len++;
            p += 3;
            continue;
        }

        if (*p == '\\' && last - p > 1 && (p[1] == '"' || p[1] == '\\')) {
            p++;
        }

        buf[name.len++] = *p++;
    }

    return ngx_plaid_search_field(s, &name);
}


static ngx_uint_t
ngx_plaid_multipart_browser(u_char *p, u_char *last, u_char *ch)
{
    if (*p != '%' || last - p < 3) {
        return 0;
    }

    if (ngx_strncasecmp(p, (u_char *) "%22", 3) == 0) {
        *ch = '"';
        return 1;
    }

    if (ngx_strncasecmp(p, (u_char *) "%0d", 3) == 0) {
        *ch = CR;
        return 1;
    }

    if (ngx_strncasecmp(p, (u_char *) "%0a", 3) == 0) {
        *ch = LF;
        return 1;
    }

    return 0;
}
