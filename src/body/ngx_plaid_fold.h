
/*
 * Private to the parsers of a body: names that a back end takes for another
 * one.
 *
 * Go and .NET compare the names of JSON members without their case, PHP reads
 * ".", a blank and "[" as "_" and cuts a name at a NUL, Rack and qs drop
 * brackets, Rack drops backslashes.  Folded, a name has none of that.
 */


#ifndef _NGX_PLAID_FOLD_H_INCLUDED_
#define _NGX_PLAID_FOLD_H_INCLUDED_


#include "ngx_plaid.h"


/* Whether some back end takes "name" for "listed". */
ngx_uint_t ngx_plaid_fold_same(ngx_str_t *name, ngx_str_t *listed);

/*
 * The same for a path: whether "name" is taken for "listed", or for what
 * stands before one of its dots.
 */
ngx_uint_t ngx_plaid_fold_path(ngx_str_t *name, ngx_str_t *listed);

/* Whether "listed", folded, occurs anywhere in "text". */
ngx_uint_t ngx_plaid_fold_within(ngx_str_t *text, ngx_str_t *listed);


#endif /* _NGX_PLAID_FOLD_H_INCLUDED_ */
