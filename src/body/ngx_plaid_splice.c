
/*
 * Replaces strings of a JSON object by offset.
 */


#include "ngx_plaid_splice.h"
#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_json_text.h"


/* so many names of an object are compared one by one, more are sorted */
#define NGX_PLAID_SPLICE_FEW       8


typedef struct {
    ngx_uint_t                 object;   /* its number; 0: an array */
    ngx_uint_t                 names;    /* of the objects around it */
    size_t                     path;     /* length of the path to it */
    ngx_uint_t                 lost;     /* its path cannot be a place's */
} ngx_plaid_splice_level_t;


typedef struct {
    ngx_plaid_splice_t        *sp;
    u_char                    *start;
    u_char                    *pos;
    u_char                    *last;

    ngx_uint_t                 depth;    /* of "levels" in use */
    ngx_uint_t                 objects;  /* numbers given out */
    ngx_plaid_splice_level_t   levels[NGX_PLAID_SPLICE_DEPTH];

    ngx_array_t                names;    /* of all objects that are open */

    size_t                     path_len; /* to the value at "pos" */
    ngx_uint_t                 lost;
    u_char                     path[NGX_PLAID_SPLICE_PATH];

    /* of the top-level object */

    u_char                    *member;   /* where the current one begins */
    u_char                    *kept;     /* where the last one kept ends */
    ngx_uint_t                 drop;     /* the current one is left out */
} ngx_plaid_splice_walk_t;


static ngx_int_t ngx_plaid_splice_object(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_open(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_value(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_after(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_close(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_name(ngx_plaid_splice_walk_t *w);
static void ngx_plaid_splice_path(ngx_plaid_splice_walk_t *w, ngx_str_t *s,
    ngx_uint_t name);
static ngx_int_t ngx_plaid_splice_member(ngx_plaid_splice_walk_t *w,
    u_char *p, ngx_str_t *name);
static ngx_int_t ngx_plaid_splice_leave(ngx_plaid_splice_walk_t *w,
    u_char *end);
static ngx_int_t ngx_plaid_splice_cut(ngx_plaid_splice_walk_t *w,
    u_char *start, u_char *end);
static ngx_int_t ngx_plaid_splice_string(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_place(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_check(ngx_plaid_splice_walk_t *w,
    ngx_str_t *s);
static ngx_int_t ngx_plaid_splice_unique(ngx_str_t *names, ngx_uint_t n);
static int ngx_libc_cdecl ngx_plaid_splice_compare(const void *one,
    const void *two);


static ngx_str_t  ngx_plaid_splice_elements = ngx_string("[]");


ngx_int_t
ngx_plaid_splice_read(ngx_plaid_splice_t *sp, ngx_str_t *in)
{
    ngx_int_t                 rc;
    ngx_plaid_splice_walk_t   w;

    ngx_memzero(&w, sizeof(ngx_plaid_splice_walk_t));

    w.sp = sp;
    w.start = in->data;
    w.pos = in->data;
    w.last = in->data + in->len;

    sp->in = *in;

    if (ngx_array_init(&sp->hits, sp->pool, 4, sizeof(ngx_plaid_splice_hit_t))
        != NGX_OK
        || ngx_array_init(&sp->cuts, sp->pool, 2,
                          sizeof(ngx_plaid_splice_cut_t))
           != NGX_OK
        || ngx_array_init(&w.names, sp->pool, 16, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_plaid_splice_object(&w);

    if (rc == NGX_OK
        && ngx_plaid_json_scan_blank(w.pos, w.last) != w.last)
    {
        rc = NGX_DECLINED;
    }

    return rc;
}


static ngx_int_t
ngx_plaid_splice_object(ngx_plaid_splice_walk_t *w)
{
    ngx_int_t  rc;

    w->pos = ngx_plaid_json_scan_blank(w->pos, w->last);

    if (w->pos == w->last || *w->pos != '{') {
        return NGX_DECLINED;
    }

    rc = ngx_plaid_splice_open(w);

    while (rc == NGX_AGAIN || rc == NGX_OK) {
        rc = (rc == NGX_AGAIN) ? ngx_plaid_splice_value(w)
                               : ngx_plaid_splice_after(w);
    }

    return (rc == NGX_DONE) ? NGX_OK : rc;
}


/*
 * An object or an array begins.  NGX_AGAIN: its first value is next; NGX_OK:
 * it is empty, and over.
 */

static ngx_int_t
ngx_plaid_splice_open(ngx_plaid_splice_walk_t *w)
{
    u_char                     ch;
    ngx_plaid_splice_level_t  *level;

    if (w->depth == NGX_PLAID_SPLICE_DEPTH) {
        return NGX_DECLINED;
    }

    ch = *w->pos++;

    if (ch == '[') {
        ngx_plaid_splice_path(w, &ngx_plaid_splice_elements, 0);
    }

    level = &w->levels[w->depth++];

    level->object = (ch == '{') ? ++w->objects : 0;
    level->names = w->names.nelts;
    level->path = w->path_len;
    level->lost = w->lost;

    if (w->depth == 1) {
        w->kept = w->pos;
    }

    w->pos = ngx_plaid_json_scan_blank(w->pos, w->last);

    /* both closing brackets come two after their opening ones */

    if (w->pos < w->last && *w->pos == ch + 2) {
        w->pos++;
        w->depth--;
        return NGX_OK;
    }

    return level->object ? ngx_plaid_splice_name(w) : NGX_AGAIN;
}


/* NGX_AGAIN: the value has values of its own; NGX_OK: it is over. */

static ngx_int_t
ngx_plaid_splice_value(ngx_plaid_splice_walk_t *w)
{
    u_char  *p;

    w->pos = ngx_plaid_json_scan_blank(w->pos, w->last);

    if (w->pos == w->last) {
        return NGX_DECLINED;
    }

    switch (*w->pos) {

    case '{':
    case '[':
        return ngx_plaid_splice_open(w);

    case '"':
        return ngx_plaid_splice_string(w);

    default:
        p = ngx_plaid_json_scan_value(w->pos, w->last);
        if (p == NULL) {
            return NGX_DECLINED;
        }

        w->pos = p;

        return NGX_OK;
    }
}


/* A value is over.  NGX_AGAIN: the next one begins; NGX_DONE: that was all. */

static ngx_int_t
ngx_plaid_splice_after(ngx_plaid_splice_walk_t *w)
{
    u_char                    *end;
    ngx_plaid_splice_level_t  *level;

    while (w->depth) {

        end = w->pos;
        level = &w->levels[w->depth - 1];

        w->pos = ngx_plaid_json_scan_blank(w->pos, w->last);

        if (w->pos == w->last) {
            return NGX_DECLINED;
        }

        if (w->depth == 1 && ngx_plaid_splice_leave(w, end) != NGX_OK) {
            return NGX_ERROR;
        }

        w->path_len = level->path;
        w->lost = level->lost;

        if (*w->pos == ',') {
            w->pos++;
            return level->object ? ngx_plaid_splice_name(w) : NGX_AGAIN;
        }

        if (*w->pos++ != (level->object ? '}' : ']')) {
            return NGX_DECLINED;
        }

        if (ngx_plaid_splice_close(w) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_plaid_splice_close(ngx_plaid_splice_walk_t *w)
{
    ngx_int_t                  rc;
    ngx_str_t                 *names;
    ngx_plaid_splice_level_t  *level;

    level = &w->levels[--w->depth];

    names = w->names.elts;

    rc = ngx_plaid_splice_unique(names + level->names,
                                 w->names.nelts - level->names);

    w->names.nelts = level->names;

    return rc;
}


/* NGX_AGAIN: a name and its colon, the value is next */

static ngx_int_t
ngx_plaid_splice_name(ngx_plaid_splice_walk_t *w)
{
    u_char      *p, *end;
    ngx_int_t    rc;
    ngx_str_t    s, *name;
    ngx_uint_t   has;

    p = ngx_plaid_json_scan_blank(w->pos, w->last);
    end = ngx_plaid_json_scan_string(p, w->last, &has);

    if (end == NULL || has & NGX_PLAID_JSON_NUL) {
        return NGX_DECLINED;
    }

    if (ngx_plaid_json_text(w->sp->pool, p, end, has, &s) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_plaid_splice_check(w, &s);
    if (rc != NGX_OK) {
        return rc;
    }

    name = ngx_array_push(&w->names);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = s;

    ngx_plaid_splice_path(w, &s, 1);

    if (w->depth == 1 && ngx_plaid_splice_member(w, p, &s) != NGX_OK) {
        return NGX_ERROR;
    }

    w->pos = ngx_plaid_json_scan_blank(end, w->last);

    if (w->pos == w->last || *w->pos != ':') {
        return NGX_DECLINED;
    }

    w->pos++;

    return NGX_AGAIN;
}


/* Adds a name, or "[]", to the path; a name that looks like a path is lost. */

static void
ngx_plaid_splice_path(ngx_plaid_splice_walk_t *w, ngx_str_t *s,
    ngx_uint_t name)
{
    u_char  *p, *last;

    last = s->data + s->len;

    if (w->lost
        || s->len + 1 > NGX_PLAID_SPLICE_PATH - w->path_len
        || (name && (ngx_strlchr(s->data, last, '.')
                     || ngx_strlchr(s->data, last, '['))))
    {
        w->lost = 1;
        return;
    }

    p = w->path + w->path_len;

    if (name && w->depth > 1) {
        *p++ = '.';
    }

    p = ngx_cpymem(p, s->data, s->len);

    w->path_len = p - w->path;
}


/* a member of the top-level object begins at "p" */

static ngx_int_t
ngx_plaid_splice_member(ngx_plaid_splice_walk_t *w, u_char *p,
    ngx_str_t *name)
{
    const ngx_plaid_splice_place_t  *place;

    if (w->drop && ngx_plaid_splice_cut(w, w->member, p) != NGX_OK) {
        return NGX_ERROR;
    }

    w->member = p;
    w->drop = 0;

    for (place = w->sp->places; place->path; place++) {
        if (place->drop
            && name->len == ngx_strlen(place->path)
            && ngx_memcmp(name->data, place->path, name->len) == 0)
        {
            w->drop = 1;
        }
    }

    return NGX_OK;
}


/*
 * A member of the top-level object ends at "end".  One that is left out goes
 * with the comma after it; the last one goes with the comma before it, and
 * with all after the last member that was kept.
 */

static ngx_int_t
ngx_plaid_splice_leave(ngx_plaid_splice_walk_t *w, u_char *end)
{
    ngx_plaid_splice_cut_t  *cut;

    if (!w->drop) {
        w->kept = end;
        return NGX_OK;
    }

    if (*w->pos == ',') {
        return NGX_OK;
    }

    cut = w->sp->cuts.elts;

    while (w->sp->cuts.nelts
           && cut[w->sp->cuts.nelts - 1].start >= (size_t) (w->kept - w->start))
    {
        w->sp->cuts.nelts--;
    }

    return ngx_plaid_splice_cut(w, w->kept, end);
}


static ngx_int_t
ngx_plaid_splice_cut(ngx_plaid_splice_walk_t *w, u_char *start, u_char *end)
{
    ngx_plaid_splice_cut_t  *cut;

    cut = ngx_array_push(&w->sp->cuts);
    if (cut == NULL) {
        return NGX_ERROR;
    }

    cut->start = start - w->start;
    cut->end = end - w->start;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_splice_string(ngx_plaid_splice_walk_t *w)
{
    u_char                  *p, *end;
    ngx_int_t                place;
    ngx_str_t                s;
    ngx_uint_t               has;
    ngx_plaid_splice_hit_t  *hit;

    p = w->pos;
    end = ngx_plaid_json_scan_string(p, w->last, &has);

    if (end == NULL) {
        return NGX_DECLINED;
    }

    w->pos = end;

    if (ngx_plaid_json_text(w->sp->pool, p, end, has, &s) != NGX_OK) {
        return NGX_ERROR;
    }

    place = ngx_plaid_splice_place(w);

    if (place == NGX_DECLINED) {
        return ngx_plaid_splice_check(w, &s);
    }

    hit = ngx_array_push(&w->sp->hits);
    if (hit == NULL) {
        return NGX_ERROR;
    }

    hit->place = place;
    hit->object = w->levels[w->depth - 1].object;
    hit->value = s;
    hit->start = p - w->start;
    hit->end = end - w->start;

    ngx_str_null(&hit->by);

    return NGX_OK;
}


/* the index of the place that the path leads to, or NGX_DECLINED */

static ngx_int_t
ngx_plaid_splice_place(ngx_plaid_splice_walk_t *w)
{
    ngx_int_t                        i;
    const ngx_plaid_splice_place_t  *place;

    if (w->lost) {
        return NGX_DECLINED;
    }

    place = w->sp->places;

    for (i = 0; place[i].path; i++) {
        if (w->path_len == ngx_strlen(place[i].path)
            && ngx_memcmp(w->path, place[i].path, w->path_len) == 0)
        {
            return i;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_plaid_splice_check(ngx_plaid_splice_walk_t *w, ngx_str_t *s)
{
    if (w->sp->check && w->sp->check(w->sp->data, s) != NGX_OK) {
        return NGX_ABORT;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_splice_unique(ngx_str_t *names, ngx_uint_t n)
{
    ngx_uint_t  i, j;

    if (n > NGX_PLAID_SPLICE_FEW) {
        qsort(names, n, sizeof(ngx_str_t), ngx_plaid_splice_compare);

        for (i = 1; i < n; i++) {
            if (ngx_plaid_splice_compare(&names[i - 1], &names[i]) == 0) {
                return NGX_DECLINED;
            }
        }

        return NGX_OK;
    }

    for (i = 1; i < n; i++) {
        for (j = 0; j < i; j++) {
            if (ngx_plaid_splice_compare(&names[j], &names[i]) == 0) {
                return NGX_DECLINED;
            }
        }
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_plaid_splice_compare(const void *one, const void *two)
{
    const ngx_str_t  *a = one;
    const ngx_str_t  *b = two;

    if (a->len != b->len) {
        return (a->len < b->len) ? -1 : 1;
    }

    return ngx_memcmp(a->data, b->data, a->len);
}
