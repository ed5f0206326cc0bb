
/*
 * Surgery on a list of request headers (ngx_list_t of ngx_table_elt_t).
 *
 * Promises: names are compared as the environment variables that fastcgi,
 * uwsgi, scgi and CGI-like servers make of them (RFC 3875 4.1.18): case does
 * not matter, every byte that is neither a letter nor a digit is alike.  An
 * element that stays is never moved, as others point at it.
 */


#ifndef _NGX_PLAID_HEADERS_H_INCLUDED_
#define _NGX_PLAID_HEADERS_H_INCLUDED_


#include "ngx_plaid.h"


/* called with each element on its removal, before it is unlinked */
typedef void (*ngx_plaid_headers_removed_pt)(void *data,
    ngx_table_elt_t *header);


/*
 * Tells whether "name" belongs to the boundary: it begins like "X-Plaid-", or
 * equals one of "names" (ngx_str_t each, or NULL).
 */
ngx_uint_t ngx_plaid_headers_match(ngx_str_t *name, ngx_array_t *names);

/* Tells whether two names make the same environment variable. */
ngx_uint_t ngx_plaid_headers_equal(ngx_str_t *a, ngx_str_t *b);

/*
 * Unlinks every element that ngx_plaid_headers_match()es; "removed" (may be
 * NULL) is told of each.  Such names are cut out of the values of "Connection",
 * too, which get new memory then.  Parts may be allocated from list->pool.
 * Returns the number removed, or NGX_ERROR when there is no memory, with the
 * list intact but some matching elements still in it.
 */
ngx_int_t ngx_plaid_headers_strip(ngx_list_t *list, ngx_array_t *names,
    ngx_plaid_headers_removed_pt removed, void *data);

/*
 * Gives "list" part descriptors of its own, so that it, and the list that it
 * is a copy of by value (as those of subrequests are), can change without the
 * other.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_plaid_headers_unshare(ngx_list_t *list);

/*
 * Appends the "n" elements at "elts" as a part of their own; they stay where
 * they are.  NGX_OK or NGX_ERROR, with the list unchanged.
 */
ngx_int_t ngx_plaid_headers_append(ngx_list_t *list, ngx_table_elt_t *elts,
    ngx_uint_t n);


#endif /* _NGX_PLAID_HEADERS_H_INCLUDED_ */
