
/*
 * Strings of a JSON object replaced, and members left out, by offset: every
 * other byte is left unchanged.
 *
 * Promises: takes one JSON object (RFC 8259, UTF-8), no deeper than
 * NGX_PLAID_SPLICE_DEPTH, in which no object has a name twice; a place is
 * found by the names as they read without escapes; memory is bounded by a
 * multiple of the input.
 */


#ifndef _NGX_PLAID_SPLICE_H_INCLUDED_
#define _NGX_PLAID_SPLICE_H_INCLUDED_


#include "ngx_plaid.h"


/* levels of objects and arrays, the outermost included */
#define NGX_PLAID_SPLICE_DEPTH     16

/* longest path that a place may have */
#define NGX_PLAID_SPLICE_PATH      96


/* where strings are looked for */

typedef struct {
    /*
     * Names joined by dots, "[]" after that of an array for its elements:
     * "access_token", "items[].access_token".  NULL ends a list.
     */
    const char                *path;
    ngx_uint_t                 drop;     /* a top-level member: left out */
} ngx_plaid_splice_place_t;


/* a string at such a place */

typedef struct {
    ngx_uint_t                 place;    /* index in the list */
    ngx_uint_t                 object;   /* the same in the same object */
    ngx_str_t                  value;    /* without escapes */
    ngx_str_t                  by;       /* set by the caller; NULL: it stays */
    size_t                     start;    /* offset of its first quote */
    size_t                     end;      /* of the byte after its last one */
} ngx_plaid_splice_hit_t;


/* bytes that are left out; private to the splice */

typedef struct {
    size_t                     start;
    size_t                     end;
} ngx_plaid_splice_cut_t;


/*
 * Sees each other string and each name, without escapes.  NGX_OK, or
 * NGX_DECLINED: the whole is refused.
 */
typedef ngx_int_t (*ngx_plaid_splice_check_pt)(void *data, ngx_str_t *s);


typedef struct {
    /* set by the caller */

    ngx_pool_t                      *pool;
    const ngx_plaid_splice_place_t  *places;
    ngx_plaid_splice_check_pt        check;    /* or NULL */
    void                            *data;     /* for check() */

    /* set by ngx_plaid_splice_read() */

    ngx_array_t                      hits;     /* ngx_plaid_splice_hit_t */

    /* private */

    ngx_str_t                        in;
    ngx_array_t                      cuts;
} ngx_plaid_splice_t;


/*
 * Reads "in", which must stay until ngx_plaid_splice_write().  NGX_OK;
 * NGX_DECLINED, it is not such an object; NGX_ABORT, check() declined;
 * NGX_ERROR, no memory.
 */
ngx_int_t ngx_plaid_splice_read(ngx_plaid_splice_t *sp, ngx_str_t *in);

/*
 * Writes the object with every hit that has a "by" replaced by it, escaped,
 * and without the members that are left out, to "out", allocated from "pool".
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_splice_write(ngx_plaid_splice_t *sp, ngx_pool_t *pool,
    ngx_str_t *out);


#endif /* _NGX_PLAID_SPLICE_H_INCLUDED_ */
