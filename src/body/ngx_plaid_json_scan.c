
#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_jansson.h"
#include <float.h>


/* how deep values may lie in each other: jansson's limit */
#define NGX_PLAID_JSON_DEPTH      2048

/* "\u" and four digits */
#define NGX_PLAID_JSON_UNICODE    6


typedef struct {
    u_char                    *pos;
    u_char                    *last;
    ngx_uint_t                 depth;

    /* a bit for each array or object that is open: it is an object */
    uint32_t                   objects[NGX_PLAID_JSON_DEPTH / 32];
} ngx_plaid_json_scan_t;


static ngx_int_t ngx_plaid_json_scan_begin(ngx_plaid_json_scan_t *s);
static ngx_int_t ngx_plaid_json_scan_open(ngx_plaid_json_scan_t *s, u_char ch);
static ngx_int_t ngx_plaid_json_scan_end(ngx_plaid_json_scan_t *s);
static ngx_int_t ngx_plaid_json_scan_name(ngx_plaid_json_scan_t *s);
static u_char *ngx_plaid_json_scan_scalar(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_literal(u_char *p, u_char *last,
    const char *text, size_t len);
static u_char *ngx_plaid_json_scan_number(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_digits(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_real(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_escape(u_char *p, u_char *last,
    ngx_uint_t *has);
static u_char *ngx_plaid_json_scan_unicode(u_char *p, u_char *last,
    ngx_uint_t *has);
static ngx_int_t ngx_plaid_json_scan_hex(u_char *p, u_char *last);
static u_char *ngx_plaid_json_scan_utf8(u_char *p, u_char *last);


u_char *
ngx_plaid_json_scan_value(u_char *p, u_char *last)
{
    ngx_int_t               rc;
    ngx_plaid_json_scan_t   s;

    s.pos = p;
    s.last = last;
    s.depth = 0;

    do {
        rc = ngx_plaid_json_scan_begin(&s);

        if (rc == NGX_OK) {
            rc = ngx_plaid_json_scan_end(&s);
        }

    } while (rc == NGX_AGAIN);

    return (rc == NGX_OK) ? s.pos : NULL;
}


/* NGX_OK: a value is over; NGX_AGAIN: the first one of its own is next. */

static ngx_int_t
ngx_plaid_json_scan_begin(ngx_plaid_json_scan_t *s)
{
    u_char  ch;

    s->pos = ngx_plaid_json_scan_blank(s->pos, s->last);

    if (s->pos == s->last || s->depth == NGX_PLAID_JSON_DEPTH) {
        return NGX_DECLINED;
    }

    ch = *s->pos;

    if (ch == '{' || ch == '[') {
        return ngx_plaid_json_scan_open(s, ch);
    }

    s->pos = ngx_plaid_json_scan_scalar(s->pos, s->last);

    return s->pos ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_plaid_json_scan_open(ngx_plaid_json_scan_t *s, u_char ch)
{
    uint32_t  bit, *word;

    s->pos = ngx_plaid_json_scan_blank(s->pos + 1, s->last);

    /* both closing brackets come two after their opening ones */

    if (s->pos < s->last && *s->pos == ch + 2) {
        s->pos++;
        return NGX_OK;
    }

    word = &s->objects[s->depth / 32];
    bit = (uint32_t) 1 << s->depth % 32;

    if (bit == 1) {
        *word = 0;
    }

    s->depth++;

    if (ch == '[') {
        *word &= ~bit;
        return NGX_AGAIN;
    }

    *word |= bit;

    return ngx_plaid_json_scan_name(s);
}


/* NGX_OK: all is closed; NGX_AGAIN: one more value is next. */

static ngx_int_t
ngx_plaid_json_scan_end(ngx_plaid_json_scan_t *s)
{
    u_char    *p;
    uint32_t   object;

    while (s->depth) {
        p = ngx_plaid_json_scan_blank(s->pos, s->last);

        if (p == s->last) {
            return NGX_DECLINED;
        }

        s->pos = p + 1;

        object = s->objects[(s->depth - 1) / 32] >> (s->depth - 1) % 32 & 1;

        if (*p == ',') {
            return object ? ngx_plaid_json_scan_name(s) : NGX_AGAIN;
        }

        if (*p != (object ? '}' : ']')) {
            return NGX_DECLINED;
        }

        s->depth--;
    }

    return NGX_OK;
}


/* NGX_AGAIN: a name and its colon, the value is next. */

static ngx_int_t
ngx_plaid_json_scan_name(ngx_plaid_json_scan_t *s)
{
    u_char      *p;
    ngx_uint_t   has;

    p = ngx_plaid_json_scan_blank(s->pos, s->last);
    p = ngx_plaid_json_scan_string(p, s->last, &has);

    /* jansson has no room for a NUL in a name */

    if (p == NULL || has & NGX_PLAID_JSON_NUL) {
        return NGX_DECLINED;
    }

    p = ngx_plaid_json_scan_blank(p, s->last);

    if (p == s->last || *p != ':') {
        return NGX_DECLINED;
    }

    s->pos = p + 1;

    return NGX_AGAIN;
}


static u_char *
ngx_plaid_json_scan_scalar(u_char *p, u_char *last)
{
    ngx_uint_t  has;

    switch (*p) {

    case '"':
        return ngx_plaid_json_scan_string(p, last, &has);

    case 't':
        return ngx_plaid_json_scan_literal(p, last, "true", 4);

    case 'f':
        return ngx_plaid_json_scan_literal(p, last, "false", 5);

    case 'n':
        return ngx_plaid_json_scan_literal(p, last, "null", 4);

    default:
        return ngx_plaid_json_scan_number(p, last);
    }
}


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
    u_char  *start;

    start = p;

    if (*p == '-') {
        p++;
    }

    if (p < last && *p == '0') {
        p++;

    } else {
        p = ngx_plaid_json_scan_digits(p, last);
        if (p == NULL) {
            return NULL;
        }
    }

    if (p < last && *p == '.') {
        p = ngx_plaid_json_scan_digits(p + 1, last);
        if (p == NULL) {
            return NULL;
        }
    }

    if ((p < last && (*p == 'e' || *p == 'E')) || p - start > DBL_MAX_10_EXP) {
        return ngx_plaid_json_scan_real(start, last);
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


/* Whether such a number is too large depends on how it is rounded. */

static u_char *
ngx_plaid_json_scan_real(u_char *p, u_char *last)
{
    json_t        *value;
    json_error_t   error;

    value = json_loadb((char *) p, last - p,
                       NGX_PLAID_JANSSON_FLAGS
                       |JSON_DECODE_ANY|JSON_DISABLE_EOF_CHECK,
                       &error);

    if (value == NULL) {
        return NULL;
    }

    json_decref(value);

    return p + error.position;
}


u_char *
ngx_plaid_json_scan_string(u_char *p, u_char *last, ngx_uint_t *has)
{
    *has = 0;

    if (p == last || *p != '"') {
        return NULL;
    }

    p++;

    while (p) {

        while (p < last
               && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        {
            p++;
        }

        if (p == last) {
            return NULL;
        }

        if (*p == '"') {
            return p + 1;
        }

        p = (*p == '\\') ? ngx_plaid_json_scan_escape(p, last, has)
                         : ngx_plaid_json_scan_utf8(p, last);
    }

    return NULL;
}


static u_char *
ngx_plaid_json_scan_escape(u_char *p, u_char *last, ngx_uint_t *has)
{
    *has |= NGX_PLAID_JSON_ESCAPE;

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

    default:
        return ngx_plaid_json_scan_unicode(p, last, has);
    }
}


static u_char *
ngx_plaid_json_scan_unicode(u_char *p, u_char *last, ngx_uint_t *has)
{
    ngx_int_t  n;

    n = ngx_plaid_json_scan_hex(p, last);
    p += NGX_PLAID_JSON_UNICODE;

    if (n == 0) {
        *has |= NGX_PLAID_JSON_NUL;
    }

    if (n < 0xd800 || n > 0xdfff) {
        return (n == NGX_ERROR) ? NULL : p;
    }

    /* the first half of a pair, and the second */

    if (n > 0xdbff) {
        return NULL;
    }

    n = ngx_plaid_json_scan_hex(p, last);

    return (n < 0xdc00 || n > 0xdfff) ? NULL : p + NGX_PLAID_JSON_UNICODE;
}


static ngx_int_t
ngx_plaid_json_scan_hex(u_char *p, u_char *last)
{
    if (last - p < NGX_PLAID_JSON_UNICODE || p[0] != '\\' || p[1] != 'u') {
        return NGX_ERROR;
    }

    return ngx_hextoi(p + 2, NGX_PLAID_JSON_UNICODE - 2);
}


/* The byte after a character beyond ASCII, or NULL (RFC 3629 4). */

static u_char *
ngx_plaid_json_scan_utf8(u_char *p, u_char *last)
{
    u_char      ch;
    ngx_int_t   n;

    ch = *p++;

    if (ch < 0xc2 || ch > 0xf4) {
        return NULL;
    }

    n = 1 + (ch >= 0xe0) + (ch >= 0xf0);

    if (last - p < n) {
        return NULL;
    }

    /* too long, half a pair, or beyond the last one */

    if ((ch == 0xe0 && *p < 0xa0)
        || (ch == 0xed && *p > 0x9f)
        || (ch == 0xf0 && *p < 0x90)
        || (ch == 0xf4 && *p > 0x8f))
    {
        return NULL;
    }

    while (n--) {
        if ((*p++ & 0xc0) != 0x80) {
            return NULL;
        }
    }

    return p;
}
