
#include "ngx_plaid_text.h"


/* the numbers of two clients */
#define NGX_PLAID_TEXT_BUFFER      16384


typedef struct {
    ngx_chain_t                link;
    ngx_buf_t                  buf;
    u_char                     data[NGX_PLAID_TEXT_BUFFER];
} ngx_plaid_text_part_t;


static ngx_buf_t *ngx_plaid_text_buf(ngx_plaid_text_t *text);


void
ngx_plaid_text_init(ngx_plaid_text_t *text, ngx_pool_t *pool)
{
    ngx_memzero(text, sizeof(ngx_plaid_text_t));

    text->pool = pool;
}


void
ngx_plaid_text_put(ngx_plaid_text_t *text, const void *data, size_t len)
{
    size_t         n;
    ngx_buf_t     *b;
    const u_char  *p = data;

    while (len && !text->failed) {

        b = ngx_plaid_text_buf(text);
        if (b == NULL) {
            text->failed = 1;
            return;
        }

        n = ngx_min(len, (size_t) (b->end - b->last));

        b->last = ngx_cpymem(b->last, p, n);
        text->len += n;

        p += n;
        len -= n;
    }
}


/* one with room */

static ngx_buf_t *
ngx_plaid_text_buf(ngx_plaid_text_t *text)
{
    ngx_buf_t              *b;
    ngx_plaid_text_part_t  *part;

    if (text->last && text->last->buf->last < text->last->buf->end) {
        return text->last->buf;
    }

    part = ngx_palloc(text->pool, sizeof(ngx_plaid_text_part_t));
    if (part == NULL) {
        return NULL;
    }

    b = &part->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->start = part->data;
    b->pos = part->data;
    b->last = part->data;
    b->end = part->data + NGX_PLAID_TEXT_BUFFER;
    b->temporary = 1;

    part->link.buf = b;
    part->link.next = NULL;

    if (text->last) {
        text->last->next = &part->link;

    } else {
        text->chain = &part->link;
    }

    text->last = &part->link;

    return b;
}


void
ngx_plaid_text_format(ngx_plaid_text_t *text, const char *fmt, ...)
{
    u_char   buf[NGX_PLAID_TEXT_FORMAT + 1], *p;
    va_list  args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + sizeof(buf), fmt, args);
    va_end(args);

    if (p == buf + sizeof(buf)) {
        text->failed = 1;
        return;
    }

    ngx_plaid_text_put(text, buf, p - buf);
}


void
ngx_plaid_text_quoted(ngx_plaid_text_t *text, ngx_str_t *value)
{
    u_char  *p, *last;

    ngx_plaid_text_put(text, "\"", 1);

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {

        if (*p < 0x20 || *p > 0x7e) {
            ngx_plaid_text_format(text, "%%%02xd", (u_int) *p);
            continue;
        }

        if (*p == '"' || *p == '\\') {
            ngx_plaid_text_put(text, "\\", 1);
        }

        ngx_plaid_text_put(text, p, 1);
    }

    ngx_plaid_text_put(text, "\"", 1);
}
