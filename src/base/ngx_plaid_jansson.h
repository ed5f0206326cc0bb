
/*
 * jansson, without its habit of leaving copies of a token on the heap.
 *
 * Between enter and leave jansson's blocks are wiped when they are freed.
 * Everything that jansson allocated in between must be freed in between, so
 * the functions that another module has set are never mixed with these.
 */


#ifndef _NGX_PLAID_JANSSON_H_INCLUDED_
#define _NGX_PLAID_JANSSON_H_INCLUDED_


#include "ngx_plaid.h"
#include <jansson.h>


/*
 * How all JSON is read.  A NUL or an integer beyond 64 bits in a member that
 * nobody asks for is no reason to refuse the rest.
 */
#define NGX_PLAID_JANSSON_FLAGS   (JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL)


typedef struct {
    json_malloc_t              alloc;
    json_free_t                free;
} ngx_plaid_jansson_t;


/* Saves jansson's functions in "saved" and sets those that wipe. */
void ngx_plaid_jansson_enter(ngx_plaid_jansson_t *saved);

/* Sets jansson's functions as "saved". */
void ngx_plaid_jansson_leave(ngx_plaid_jansson_t *saved);

/*
 * NGX_OK, or NGX_ERROR when memory was refused since enter: no value that was
 * loaded can be trusted then, as jansson cuts a string short when its buffer
 * cannot grow.
 */
ngx_int_t ngx_plaid_jansson_memory(void);

/*
 * NGX_OK, or NGX_DECLINED when "text" has a NUL: it is no JSON, but jansson
 * skips one that follows a number or a literal.
 */
ngx_int_t ngx_plaid_jansson_text(ngx_str_t *text);


#endif /* _NGX_PLAID_JANSSON_H_INCLUDED_ */
