
/*
 * Replaces strings of a JSON object by offset.
 */


#include "ngx_plaid_splice.h"
#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_json_string.h"


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
    ngx_plaid_json_scan_t      scan;
    u_char                    *start;

    ngx_uint_t                 objects;  /* numbers given out */
    ngx_plaid_splice_level_t   levels[NGX_PLAID_SPLICE_DEPTH];

    ngx_array_t                names;    /* of all objects that are open */

    size_t                     path_len; /* to the value that was read */
    ngx_uint_t                 lost;
    u_char                     path[NGX_PLAID_SPLICE_PATH];

    /* of the top-level object */

    u_char                    *member;   /* where the current one begins */
    u_char                    *kept;     /* where the last one kept ends */
    u_char                    *end;      /* of the last value within it */
    ngx_uint_t                 drop;     /* the current one is left out */
} ngx_plaid_splice_walk_t;


static ngx_int_t ngx_plaid_splice_object(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_value(ngx_plaid_splice_walk_t *w,
    ngx_plaid_json_e type);
static void ngx_plaid_splice_open(ngx_plaid_splice_walk_t *w,
    ngx_plaid_json_e type);
static ngx_int_t ngx_plaid_splice_close(ngx_plaid_splice_walk_t *w);
static ngx_int_t ngx_plaid_splice_name(ngx_plaid_splice_walk_t *w,
    ngx_uint_t level);
static void ngx_plaid_splice_path(ngx_plaid_splice_walk_t *w, ngx_str_t *s,
    ngx_uint_t level);
static ngx_int_t ngx_plaid_splice_member(ngx_plaid_splice_walk_t *w,
    u_char *p, ngx_str_t *name);
static ngx_int_t ngx_plaid_splice_last(ngx_plaid_splice_walk_t *w);
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
    ngx_plaid_splice_walk_t  w;

    ngx_memzero(&w, sizeof(ngx_plaid_splice_walk_t));

    w.sp = sp;
    w.start = in->data;

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

    ngx_plaid_json_scan_init(&w.scan, in, NGX_PLAID_SPLICE_DEPTH);

    return ngx_plaid_splice_object(&w);
}


/* An object without a byte order mark: the scanner would skip one. */

static ngx_int_t
ngx_plaid_splice_object(ngx_plaid_splice_walk_t *w)
{
    ngx_int_t          rc;
    ngx_plaid_json_e   type;

    type = ngx_plaid_json_scan_next(&w->scan);

    if (type != NGX_PLAID_JSON_OBJECT || *w->start == 0xef) {
        return NGX_DECLINED;
    }

    do {
        rc = ngx_plaid_splice_value(w, type);
        if (rc != NGX_OK) {
            return rc;
        }

        type = ngx_plaid_json_scan_next(&w->scan);

    } while (type > NGX_PLAID_JSON_INVALID);

    return (type == NGX_PLAID_JSON_END) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_plaid_splice_value(ngx_plaid_splice_walk_t *w, ngx_plaid_json_e type)
{
    ngx_int_t                  rc;
    ngx_uint_t                 level;
    ngx_plaid_splice_level_t  *around;

    level = w->scan.depth;

    if (type == NGX_PLAID_JSON_OBJECT || type == NGX_PLAID_JSON_ARRAY) {
        level--;
    }

    if (type != NGX_PLAID_JSON_CLOSE && level) {
        around = &w->levels[level - 1];

        w->path_len = around->path;
        w->lost = around->lost;
    }

    if (w->scan.name.data) {
        rc = ngx_plaid_splice_name(w, level);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (w->scan.depth) {
        w->end = w->scan.value.data + w->scan.value.len;
    }

    switch (type) {

    case NGX_PLAID_JSON_OBJECT:
    case NGX_PLAID_JSON_ARRAY:
        ngx_plaid_splice_open(w, type);
        return NGX_OK;

    case NGX_PLAID_JSON_CLOSE:
        return ngx_plaid_splice_close(w);

    case NGX_PLAID_JSON_STRING:
        return ngx_plaid_splice_string(w);

    default:
        return NGX_OK;
    }
}


static void
ngx_plaid_splice_open(ngx_plaid_splice_walk_t *w, ngx_plaid_json_e type)
{
    ngx_plaid_splice_level_t  *level;

    if (type == NGX_PLAID_JSON_ARRAY) {
        ngx_plaid_splice_path(w, &ngx_plaid_splice_elements, 0);
    }

    level = &w->levels[w->scan.depth - 1];

    level->object = (type == NGX_PLAID_JSON_OBJECT) ? ++w->objects : 0;
    level->names = w->names.nelts;
    level->path = w->path_len;
    level->lost = w->lost;

    if (w->scan.depth == 1) {
        w->kept = w->end;
    }
}


static ngx_int_t
ngx_plaid_splice_close(ngx_plaid_splice_walk_t *w)
{
    ngx_str_t                 *names;
    ngx_uint_t                 n;
    ngx_plaid_splice_level_t  *level;

    level = &w->levels[w->scan.depth];

    names = (ngx_str_t *) w->names.elts + level->names;
    n = w->names.nelts - level->names;

    w->names.nelts = level->names;

    if (ngx_plaid_splice_unique(names, n) != NGX_OK) {
        return NGX_DECLINED;
    }

    return (w->scan.depth == 0) ? ngx_plaid_splice_last(w) : NGX_OK;
}


static ngx_int_t
ngx_plaid_splice_name(ngx_plaid_splice_walk_t *w, ngx_uint_t level)
{
    ngx_int_t   rc;
    ngx_str_t   s, *name;

    if (ngx_plaid_json_string_value(w->sp->pool, &w->scan.name, &s) != NGX_OK)
    {
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

    ngx_plaid_splice_path(w, &s, level);

    return (level == 1) ? ngx_plaid_splice_member(w, w->scan.name.data - 1, &s)
                        : NGX_OK;
}


/* Adds a name of a level, or "[]"; a name that looks like a path is lost. */

static void
ngx_plaid_splice_path(ngx_plaid_splice_walk_t *w, ngx_str_t *s,
    ngx_uint_t level)
{
    u_char  *p, *last;

    last = s->data + s->len;

    if (w->lost
        || s->len + 1 > NGX_PLAID_SPLICE_PATH - w->path_len
        || (level && (ngx_strlchr(s->data, last, '.')
                      || ngx_strlchr(s->data, last, '['))))
    {
        w->lost = 1;
        return;
    }

    p = w->path + w->path_len;

    if (level > 1) {
        *p++ = '.';
    }

    p = ngx_cpymem(p, s->data, s->len);

    w->path_len = p - w->path;
}


/*
 * A member of the top-level object begins at "p".  One that is left out goes
 * with the comma after it.
 */

static ngx_int_t
ngx_plaid_splice_member(ngx_plaid_splice_walk_t *w, u_char *p,
    ngx_str_t *name)
{
    const ngx_plaid_splice_place_t  *place;

    if (w->drop) {
        if (ngx_plaid_splice_cut(w, w->member, p) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (w->member) {
        w->kept = w->end;
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
 * The top-level object is over.  The last member goes with the comma before
 * it, and with all after the last one that was kept.
 */

static ngx_int_t
ngx_plaid_splice_last(ngx_plaid_splice_walk_t *w)
{
    ngx_plaid_splice_cut_t  *cut;

    if (!w->drop) {
        return NGX_OK;
    }

    cut = w->sp->cuts.elts;

    while (w->sp->cuts.nelts
           && cut[w->sp->cuts.nelts - 1].start >= (size_t) (w->kept - w->start))
    {
        w->sp->cuts.nelts--;
    }

    return ngx_plaid_splice_cut(w, w->kept, w->end);
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
    ngx_int_t                place;
    ngx_str_t                s, string;
    ngx_plaid_splice_hit_t  *hit;

    string = ngx_plaid_json_scan_string(&w->scan);

    if (ngx_plaid_json_string_value(w->sp->pool, &string, &s) != NGX_OK) {
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
    hit->object = w->levels[w->scan.depth - 1].object;
    hit->value = s;
    hit->start = w->scan.value.data - w->start;
    hit->end = w->end - w->start;

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
