
/*
 * The header lines of a part (RFC 7578 4).  What a browser or a known client
 * writes is read; a part with anything else is left out, provided that no
 * parser can see a listed name in it.
 */


#include "ngx_plaid_part.h"
#include "ngx_plaid_content_type.h"
#include "ngx_plaid_param.h"
#include "ngx_plaid_str.h"
#include "ngx_plaid_utf8.h"


/*
 * Most header lines of a part, and longest block of them, that all parsers
 * read to the end: RFC 7578 4.8 knows three lines, parsers have 8 kilobytes.
 */
#define NGX_PLAID_PART_LINES_MAX  16
#define NGX_PLAID_PART_HEAD_MAX   8192


typedef struct {
    ngx_plaid_part_t          *part;
    ngx_str_t                  name;         /* of the field */
    ngx_uint_t                 dispositions;
    ngx_uint_t                 names;
    ngx_uint_t                 filenames;
    ngx_uint_t                 starred;      /* "filename*" */
    ngx_uint_t                 folded;       /* it has folded lines */
    const char                *odd;          /* why parsers may differ */
    const char                *error;
} ngx_plaid_part_head_t;


static ngx_int_t ngx_plaid_part_lines(ngx_plaid_part_head_t *h,
    ngx_str_t *head);
static ngx_int_t ngx_plaid_part_line(ngx_str_t *line, u_char *p,
    u_char *last);
static void ngx_plaid_part_folded(ngx_plaid_part_head_t *h, u_char *start,
    ngx_str_t *line);
static ngx_int_t ngx_plaid_part_header(ngx_plaid_part_head_t *h,
    ngx_str_t *line);
static void ngx_plaid_part_value(ngx_plaid_part_head_t *h, ngx_str_t *name,
    ngx_str_t *value);
static void ngx_plaid_part_disposition(ngx_plaid_part_head_t *h,
    ngx_str_t *value);
static void ngx_plaid_part_param(ngx_plaid_part_head_t *h,
    ngx_plaid_param_t *param);
static void ngx_plaid_part_name(ngx_plaid_part_head_t *h,
    ngx_plaid_param_t *param);
static ngx_uint_t ngx_plaid_part_plain(ngx_plaid_param_t *param);
static ngx_int_t ngx_plaid_part_field(ngx_plaid_search_t *s,
    ngx_plaid_part_head_t *h);
static ngx_int_t ngx_plaid_part_odd(ngx_plaid_search_t *s,
    ngx_plaid_part_head_t *h, ngx_str_t *head);
static ngx_uint_t ngx_plaid_part_browser(u_char *p, u_char *last,
    u_char *ch);


ngx_int_t
ngx_plaid_part_read(ngx_plaid_search_t *s, ngx_str_t *head,
    ngx_plaid_part_t *part)
{
    ngx_plaid_part_head_t  h;

    ngx_memzero(part, sizeof(ngx_plaid_part_t));
    ngx_memzero(&h, sizeof(ngx_plaid_part_head_t));

    h.part = part;

    if (ngx_plaid_part_lines(&h, head) != NGX_OK) {
        return ngx_plaid_search_error(s, h.error ? h.error
                                             : "bad header line in a part");
    }

    if (h.dispositions == 0) {
        return ngx_plaid_search_error(s, "a part without a disposition");
    }

    /* PHP reads no part after one that has no name at all */

    if (h.names == 0 && h.filenames == 0 && !h.folded) {
        return ngx_plaid_search_error(s, "a part without a name");
    }

    /* Werkzeug reads no part at all then */

    if (!ngx_plaid_utf8_valid(head)) {
        return ngx_plaid_search_error(s, "a part header that is not UTF-8");
    }

    if (h.odd == NULL && (h.dispositions != 1 || h.names != 1)) {
        h.odd = "a part without a name";
    }

    /* Rack finds it in the middle of a line, too */

    if (h.odd == NULL
        && ngx_plaid_param_has(head, "content-disposition") != 1)
    {
        h.odd = "two dispositions of a part";
    }

    return h.odd ? ngx_plaid_part_odd(s, &h, head)
                 : ngx_plaid_part_field(s, &h);
}


static ngx_int_t
ngx_plaid_part_lines(ngx_plaid_part_head_t *h, ngx_str_t *head)
{
    u_char      *p, *last;
    ngx_str_t    line;
    ngx_uint_t   lines;

    p = head->data;
    last = p + head->len;

    for (lines = 0; p < last; lines++) {

        if (ngx_plaid_part_line(&line, p, last) != NGX_OK) {
            return NGX_DECLINED;
        }

        p = line.data + line.len + 2;

        if (line.len && (line.data[0] == ' ' || line.data[0] == '\t')) {
            ngx_plaid_part_folded(h, head->data, &line);

        } else if (ngx_plaid_part_header(h, &line) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    if (lines > NGX_PLAID_PART_LINES_MAX
        || head->len > NGX_PLAID_PART_HEAD_MAX)
    {
        h->odd = "too many headers in a part";
    }

    return h->error ? NGX_DECLINED : NGX_OK;
}


/* Neither a bare CR or LF, nor another control character. */

static ngx_int_t
ngx_plaid_part_line(ngx_str_t *line, u_char *p, u_char *last)
{
    line->data = p;

    while (p < last && ((*p >= 0x20 && *p != 0x7f) || *p == '\t')) {
        p++;
    }

    if (last - p < 2 || p[0] != CR || p[1] != LF) {
        return NGX_DECLINED;
    }

    line->len = p - line->data;

    return NGX_OK;
}


/*
 * Parsers that know folded lines (RFC 822) drop the line break, and others the
 * line.  After anything but ";" it may be within a word.
 */

static void
ngx_plaid_part_folded(ngx_plaid_part_head_t *h, u_char *start,
    ngx_str_t *line)
{
    u_char  *p;

    p = line->data;

    if (p == start || p[-3] != ';') {
        h->error = "a folded header in a part";
        return;
    }

    h->folded = 1;
    h->odd = "a folded header in a part";
}


static ngx_int_t
ngx_plaid_part_header(ngx_plaid_part_head_t *h, ngx_str_t *line)
{
    u_char     *p, *last;
    ngx_str_t   name, value;

    last = line->data + line->len;
    p = ngx_strlchr(line->data, last, ':');

    /* no name at all, or blanks before the colon */

    if (p == NULL || !ngx_plaid_param_token(line->data, p)) {
        return NGX_DECLINED;
    }

    name.data = line->data;
    name.len = p - line->data;

    value.data = ngx_plaid_param_blank(p + 1, last);

    while (last > value.data && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    value.len = last - value.data;

    ngx_plaid_part_value(h, &name, &value);

    return NGX_OK;
}


static void
ngx_plaid_part_value(ngx_plaid_part_head_t *h, ngx_str_t *name,
    ngx_str_t *value)
{
    if (ngx_plaid_str_case_is(name, "content-disposition")) {
        h->dispositions++;
        ngx_plaid_part_disposition(h, value);
        return;
    }

    if (ngx_plaid_str_case_is(name, "content-type")) {

        if (!ngx_plaid_content_type_readable(value)) {
            h->part->encoded = 1;
        }

        return;
    }

    if (ngx_plaid_str_case_is(name, "content-transfer-encoding")
        && !ngx_plaid_str_case_is(value, "7bit")
        && !ngx_plaid_str_case_is(value, "8bit")
        && !ngx_plaid_str_case_is(value, "binary"))
    {
        h->part->encoded = 1;
    }
}


static void
ngx_plaid_part_disposition(ngx_plaid_part_head_t *h, ngx_str_t *value)
{
    u_char              *p, *last;
    ngx_int_t            rc;
    ngx_str_t            type;
    ngx_plaid_param_t    param;

    p = value->data;
    last = p + value->len;

    while (p < last && *p != ';' && *p != ' ' && *p != '\t') {
        p++;
    }

    type.data = value->data;
    type.len = p - type.data;

    if (!ngx_plaid_str_case_is(&type, "form-data")) {
        h->odd = "another disposition of a part";
    }

    p = ngx_plaid_param_blank(p, last);

    do {
        rc = ngx_plaid_param_next(&p, last, &param);

        if (rc == NGX_OK) {
            ngx_plaid_part_param(h, &param);
        }

    } while (rc == NGX_OK);

    if (rc == NGX_DECLINED) {
        h->odd = "bad parameters of a part";
    }

    /* parsers look for names within values, and within names */

    if (ngx_plaid_param_has(value, "name=") != h->names + h->filenames) {
        h->odd = "a doubtful name of a part";
    }
}


static void
ngx_plaid_part_param(ngx_plaid_part_head_t *h, ngx_plaid_param_t *param)
{
    if (!ngx_plaid_part_plain(param)) {
        h->odd = "bad parameters of a part";
    }

    if (ngx_plaid_str_case_is(&param->name, "name")) {
        ngx_plaid_part_name(h, param);
        return;
    }

    if (ngx_plaid_str_case_is(&param->name, "filename")) {
        h->part->file = 1;

        if (h->filenames++) {
            h->odd = "two file names of a part";
        }

        return;
    }

    if (ngx_plaid_str_case_is(&param->name, "filename*")) {
        h->part->file = 1;
        h->starred++;
        return;
    }

    if (param->name.len > 4
        && ngx_strncasecmp(param->name.data, (u_char *) "name*", 5) == 0)
    {
        h->error = "an encoded name of a part";
        return;
    }

    if (ngx_strlchr(param->name.data, param->name.data + param->name.len, '*'))
    {
        h->odd = "bad parameters of a part";
    }
}


static void
ngx_plaid_part_name(ngx_plaid_part_head_t *h, ngx_plaid_param_t *param)
{
    if (h->names++) {
        h->odd = "two names of a part";
    }

    /* RFC 2047 */

    if (ngx_plaid_param_has(&param->value, "=?")) {
        h->error = "an encoded name of a part";
    }

    if (param->value.len == 0) {
        h->odd = "a part without a name";
    }

    h->name = param->value;
}


/* In other clients' words a backslash is before a quotation mark. */

static ngx_uint_t
ngx_plaid_part_plain(ngx_plaid_param_t *param)
{
    u_char      *p, *last;
    ngx_str_t   *value;

    value = &param->value;
    last = value->data + value->len;

    if (value->data == NULL) {
        return 0;
    }

    if (!param->quoted) {
        return ngx_plaid_param_token(value->data, last)
               && value->data[0] != '\'';
    }

    if (value->len == 0) {
        return 1;
    }

    p = last - 1;

    return *p != '\\' && value->data[0] != '\'';
}


static ngx_int_t
ngx_plaid_part_field(ngx_plaid_search_t *s, ngx_plaid_part_head_t *h)
{
    u_char     *p, *last, buf[NGX_PLAID_FIELD_MAX];
    ngx_str_t   name;

    name.len = 0;
    name.data = buf;

    p = h->name.data;
    last = p + h->name.len;

    while (p < last) {

        /* longer ones are not listed */

        if (name.len == NGX_PLAID_FIELD_MAX) {
            name = h->name;
            break;
        }

        if (ngx_plaid_part_browser(p, last, &buf[name.len])) {
            p += 3;

        } else {
            buf[name.len] = *p++;
        }

        name.len++;
    }

    h->part->field = ngx_plaid_search_field(s, &name);

    /* to some that is no file */

    if (h->part->field == NGX_PLAID_FIELD_TOKEN
        && h->starred && h->filenames == 0)
    {
        h->part->field = NGX_PLAID_FIELD_FOLDED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_part_odd(ngx_plaid_search_t *s, ngx_plaid_part_head_t *h,
    ngx_str_t *head)
{
    if (ngx_plaid_search_listed(s, head)) {
        return ngx_plaid_search_error(s, h->odd);
    }

    if (ngx_plaid_search_account(head)) {
        s->found->account_error = "the account_id cannot be parsed";
    }

    return NGX_OK;
}


/* Browsers percent-encode three characters of a name (HTML 4.10.21.8). */

static ngx_uint_t
ngx_plaid_part_browser(u_char *p, u_char *last, u_char *ch)
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
