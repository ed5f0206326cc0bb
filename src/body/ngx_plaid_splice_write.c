
/*
 * Writes a JSON object with some of its strings replaced.
 */


#include "ngx_plaid_splice.h"


static size_t ngx_plaid_splice_escaped(ngx_str_t *s);
static u_char *ngx_plaid_splice_escape(u_char *p, ngx_str_t *s);


ngx_int_t
ngx_plaid_splice_write(ngx_plaid_splice_t *sp, ngx_pool_t *pool,
    ngx_str_t *out)
{
    u_char                  *p;
    size_t                   len, pos;
    ngx_uint_t               i, n;
    ngx_plaid_splice_cut_t  *cut;
    ngx_plaid_splice_hit_t  *hit;

    hit = sp->hits.elts;
    len = sp->in.len;

    for (i = 0; i < sp->hits.nelts; i++) {
        if (hit[i].by.data) {
            len += 2 + ngx_plaid_splice_escaped(&hit[i].by);
        }
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;

    cut = sp->cuts.elts;
    n = 0;
    pos = 0;

    for (i = 0; i < sp->hits.nelts; i++) {

        while (n < sp->cuts.nelts && cut[n].start <= hit[i].start) {
            p = ngx_cpymem(p, sp->in.data + pos, cut[n].start - pos);
            pos = cut[n++].end;
        }

        if (hit[i].by.data == NULL || hit[i].start < pos) {
            continue;
        }

        p = ngx_cpymem(p, sp->in.data + pos, hit[i].start - pos);
        p = ngx_plaid_splice_escape(p, &hit[i].by);
        pos = hit[i].end;
    }

    for ( /* void */ ; n < sp->cuts.nelts; n++) {
        p = ngx_cpymem(p, sp->in.data + pos, cut[n].start - pos);
        pos = cut[n].end;
    }

    p = ngx_cpymem(p, sp->in.data + pos, sp->in.len - pos);

    out->len = p - out->data;

    return NGX_OK;
}


/* the length of "s" between quotes, with escapes */

static size_t
ngx_plaid_splice_escaped(ngx_str_t *s)
{
    size_t  i, len;

    len = s->len;

    for (i = 0; i < s->len; i++) {
        if (s->data[i] == '"' || s->data[i] == '\\') {
            len++;

        } else if (s->data[i] < 0x20) {
            len += sizeof("\\u0000") - 2;
        }
    }

    return len;
}


static u_char *
ngx_plaid_splice_escape(u_char *p, ngx_str_t *s)
{
    u_char  ch;
    size_t  i;

    *p++ = '"';

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if (ch < 0x20) {
            p = ngx_sprintf(p, "\\u%04xd", (int) ch);
            continue;
        }

        if (ch == '"' || ch == '\\') {
            *p++ = '\\';
        }

        *p++ = ch;
    }

    *p++ = '"';

    return p;
}
