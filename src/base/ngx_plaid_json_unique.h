
/*
 * Whether JSON has a name twice in an object, which parsers take differently.
 */


#ifndef _NGX_PLAID_JSON_UNIQUE_H_INCLUDED_
#define _NGX_PLAID_JSON_UNIQUE_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * NGX_OK: no object in "text" has a name twice, in whatever spelling.
 * NGX_DECLINED: one has, or the text is no JSON with at most "depth" objects
 * and arrays within each other (NGX_PLAID_JSON_DEPTH at most).  NGX_ERROR: no
 * memory.  For n members, takes some 30 * n bytes of "pool" and n * log(n)
 * comparisons.
 */
ngx_int_t ngx_plaid_json_unique(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t depth);


#endif /* _NGX_PLAID_JSON_UNIQUE_H_INCLUDED_ */
