
/* The grammar of JSON: what begins, what ends, and nothing of what it means. */


#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_utf8.h"


/* "\u" and four digits */
#define NGX_PLAID_JSON_UNICODE    6


typedef enum {
    NGX_PLAID_JSON_SCAN_FIRST = 0,  /* the only value of the text */
    NGX_PLAID_JSON_SCAN_OPENED,     /* a value, or the end of what opened */
    NGX_PLAID_JSON_SCAN_NEXT,       /* a comma and a value, or an end */
    NGX_PLAID_JSON_SCAN_DONE
} ngx_plaid_json_scan_state_e;


static ngx_plaid_json_e ngx_plaid_json_scan_invalid(
    ngx_plaid_json_scan_t *scan);
static ngx_plaid_json_e ngx_plaid_json_scan_member(
    ngx_plaid_json_scan_t *scan);
static ngx_plaid_json_e ngx_plaid_json_scan_value(
    ngx_plaid_json_scan_t *scan);
static ngx_plaid_json_e ngx_plaid_json_scan_open(ngx_plaid_json_scan_t *scan,
    ngx_plaid_json_e type);
static ngx_plaid_json_e ngx_plaid_json_scan_close(
    ngx_plaid_json_scan_t *scan);
static ngx_plaid_json_e ngx_plaid_json_scan_end(ngx_plaid_json_scan_t *scan);
static ngx_uint_t ngx_plaid_json_scan_in_object(ngx_plaid_json_scan_t *scan);
static u_char *ngx_plaid_json_scan_blank(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_literal(u_char *p, u_char *last,
    const char *text, size_t len);
static u_char *ngx_plaid_json_scan_number(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_digits(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_quoted(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_escape(u_char *p, u_char *last);


/* what a string has without further thought: a bit for each byte */

static uint32_t  ngx_plaid_json_plain[] = {
    0x00000000, /* control characters */
    0xfffffffb, /* all but the quotation mark */
    0xefffffff, /* all but the backslash */
    0xffffffff,
    0x00000000,
    0x00000000,
    0x00000000,
    0x00000000
};


void
ngx_plaid_json_scan_init(ngx_plaid_json_scan_t *scan, ngx_str_t *text,
    ngx_uint_t depth)
{
    ngx_str_null(&scan->name);
    ngx_str_null(&scan->value);

    scan->depth = 0;
    scan->max = ngx_min(depth, NGX_PLAID_JSON_DEPTH);
    scan->pos = text->data;
    scan->last = text->data + text->len;
    scan->state = NGX_PLAID_JSON_SCAN_FIRST;

    if (text->len >= 3 && ngx_memcmp(scan->pos, "\xef\xbb\xbf", 3) == 0) {
        scan->pos += 3;
    }
}


ngx_plaid_json_e
ngx_plaid_json_scan_next(ngx_plaid_json_scan_t *scan)
{
    u_char  ch;

    if (scan->state == NGX_PLAID_JSON_SCAN_DONE) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    scan->pos = ngx_plaid_json_scan_blank(scan->pos, scan->last);

    if (scan->state == NGX_PLAID_JSON_SCAN_NEXT && scan->depth == 0) {
        return ngx_plaid_json_scan_end(scan);
    }

    if (scan->pos == scan->last) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    if (scan->state == NGX_PLAID_JSON_SCAN_FIRST) {
        ngx_str_null(&scan->name);
        return ngx_plaid_json_scan_value(scan);
    }

    ch = *scan->pos;

    if (ch == '}' || ch == ']') {
        return ngx_plaid_json_scan_close(scan);
    }

    if (scan->state == NGX_PLAID_JSON_SCAN_NEXT) {

        if (ch != ',') {
            return ngx_plaid_json_scan_invalid(scan);
        }

        scan->pos = ngx_plaid_json_scan_blank(scan->pos + 1, scan->last);
    }

    if (ngx_plaid_json_scan_in_object(scan)) {
        return ngx_plaid_json_scan_member(scan);
    }

    ngx_str_null(&scan->name);

    return ngx_plaid_json_scan_value(scan);
}


ngx_plaid_json_e
ngx_plaid_json_scan_skip(ngx_plaid_json_scan_t *scan)
{
    u_char            *start;
    ngx_str_t          name;
    ngx_uint_t         depth;
    ngx_plaid_json_e   type;

    name = scan->name;
    start = scan->value.data;
    depth = scan->depth;

    do {
        type = ngx_plaid_json_scan_next(scan);

        if (type == NGX_PLAID_JSON_INVALID) {
            return type;
        }

    } while (scan->depth >= depth);

    scan->name = name;
    scan->value.data = start;
    scan->value.len = scan->pos - start;

    return type;
}


static ngx_plaid_json_e
ngx_plaid_json_scan_invalid(ngx_plaid_json_scan_t *scan)
{
    scan->state = NGX_PLAID_JSON_SCAN_DONE;

    return NGX_PLAID_JSON_INVALID;
}


static ngx_plaid_json_e
ngx_plaid_json_scan_member(ngx_plaid_json_scan_t *scan)
{
    u_char  *p;

    p = ngx_plaid_json_scan_quoted(scan->pos, scan->last);
    if (p == NULL) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    scan->name.data = scan->pos + 1;
    scan->name.len = p - scan->pos - 2;

    p = ngx_plaid_json_scan_blank(p, scan->last);

    if (p == scan->last || *p != ':') {
        return ngx_plaid_json_scan_invalid(scan);
    }

    scan->pos = ngx_plaid_json_scan_blank(p + 1, scan->last);

    return ngx_plaid_json_scan_value(scan);
}


static ngx_plaid_json_e
ngx_plaid_json_scan_value(ngx_plaid_json_scan_t *scan)
{
    u_char            *p, *last;
    ngx_plaid_json_e   type;

    p = scan->pos;
    last = scan->last;

    if (p == last) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    switch (*p) {

    case '{':
        return ngx_plaid_json_scan_open(scan, NGX_PLAID_JSON_OBJECT);

    case '[':
        return ngx_plaid_json_scan_open(scan, NGX_PLAID_JSON_ARRAY);

    case '"':
        type = NGX_PLAID_JSON_STRING;
        p = ngx_plaid_json_scan_quoted(p, last);
        break;

    case 't':
        type = NGX_PLAID_JSON_TRUE;
        p = ngx_plaid_json_scan_literal(p, last, "true", 4);
        break;

    case 'f':
        type = NGX_PLAID_JSON_FALSE;
        p = ngx_plaid_json_scan_literal(p, last, "false", 5);
        break;

    case 'n':
        type = NGX_PLAID_JSON_NULL;
        p = ngx_plaid_json_scan_literal(p, last, "null", 4);
        break;

    default:
        type = NGX_PLAID_JSON_NUMBER;
        p = ngx_plaid_json_scan_number(p, last);
    }

    if (p == NULL) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    scan->value.data = scan->pos;
    scan->value.len = p - scan->pos;
    scan->pos = p;
    scan->state = NGX_PLAID_JSON_SCAN_NEXT;

    return type;
}


static ngx_plaid_json_e
ngx_plaid_json_scan_open(ngx_plaid_json_scan_t *scan, ngx_plaid_json_e type)
{
    uint32_t  bit, *word;

    if (scan->depth == scan->max) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    word = &scan->objects[scan->depth / 32];
    bit = (uint32_t) 1 << scan->depth % 32;

    if (bit == 1) {
        *word = 0;
    }

    if (type == NGX_PLAID_JSON_OBJECT) {
        *word |= bit;

    } else {
        *word &= ~bit;
    }

    scan->value.data = scan->pos++;
    scan->value.len = 1;
    scan->depth++;
    scan->state = NGX_PLAID_JSON_SCAN_OPENED;

    return type;
}


static ngx_plaid_json_e
ngx_plaid_json_scan_close(ngx_plaid_json_scan_t *scan)
{
    if (*scan->pos != (ngx_plaid_json_scan_in_object(scan) ? '}' : ']')) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    ngx_str_null(&scan->name);

    scan->value.data = scan->pos++;
    scan->value.len = 1;
    scan->depth--;
    scan->state = NGX_PLAID_JSON_SCAN_NEXT;

    return NGX_PLAID_JSON_CLOSE;
}


static ngx_plaid_json_e
ngx_plaid_json_scan_end(ngx_plaid_json_scan_t *scan)
{
    if (scan->pos != scan->last) {
        return ngx_plaid_json_scan_invalid(scan);
    }

    scan->state = NGX_PLAID_JSON_SCAN_DONE;

    return NGX_PLAID_JSON_END;
}


static ngx_uint_t
ngx_plaid_json_scan_in_object(ngx_plaid_json_scan_t *scan)
{
    ngx_uint_t  n;

    n = scan->depth - 1;

    return scan->objects[n / 32] >> n % 32 & 1;
}


static u_char *
ngx_plaid_json_scan_blank(u_char *p, u_char *last)
{
    while (p < last
           && (*p == ' ' || *p == LF || *p == CR || *p == '\t'))
    {
        p++;
    }

    return p;
}


/* The following return the byte after the value, or NULL. */

static u_char *
ngx_plaid_json_scan_literal(u_char *p, u_char *last, const char *text,
    size_t len)
{
    if ((size_t) (last - p) < len || ngx_memcmp(p, text, len) != 0) {
        return NULL;
    }

    return p + len;
}


static u_char *
ngx_plaid_json_scan_number(u_char *p, u_char *last)
{
    if (*p == '-') {
        p++;
    }

    if (p < last && *p == '0') {
        p++;

    } else {
        p = ngx_plaid_json_scan_digits(p, last);
    }

    if (p && p < last && *p == '.') {
        p = ngx_plaid_json_scan_digits(p + 1, last);
    }

    if (p && p < last && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < last && (*p == '+' || *p == '-')) {
            p++;
        }

        p = ngx_plaid_json_scan_digits(p, last);
    }

    return p;
}


static u_char *
ngx_plaid_json_scan_digits(u_char *p, u_char *last)
{
    u_char  *start;

    start = p;

    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    return (p == start) ? NULL : p;
}


static u_char *
ngx_plaid_json_scan_quoted(u_char *p, u_char *last)
{
    if (p == last || *p != '"') {
        return NULL;
    }

    p++;

    while (p) {

        while (p < last && ngx_plaid_json_plain[*p >> 5] >> (*p & 31) & 1) {
            p++;
        }

        if (p == last) {
            return NULL;
        }

        if (*p == '"') {
            return p + 1;
        }

        p = (*p == '\\') ? ngx_plaid_json_scan_escape(p, last)
                         : ngx_plaid_utf8_next(p, last);
    }

    return NULL;
}


static u_char *
ngx_plaid_json_scan_escape(u_char *p, u_char *last)
{
    if (last - p < 2) {
        return NULL;
    }

    switch (p[1]) {

    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;

    case 'u':
        if (last - p < NGX_PLAID_JSON_UNICODE
            || ngx_hextoi(p + 2, NGX_PLAID_JSON_UNICODE - 2) == NGX_ERROR)
        {
            return NULL;
        }

        return p + NGX_PLAID_JSON_UNICODE;

    default:
        return NULL;
    }
}
