
/*
 * Finds the public_token in a posted body: form, multipart or JSON.
 *
 * Promises: bounded time and memory for any input, linear in its length; no
 * guess between two values; no copy of a token left behind in memory of its
 * own (scratch buffers are wiped).  Knows chains and pools, never a request.
 */


#ifndef _NGX_PLAID_BODY_H_INCLUDED_
#define _NGX_PLAID_BODY_H_INCLUDED_


#include "ngx_plaid_content_type.h"


/* longest name of a field that can be listed, in bytes once decoded */
#define NGX_PLAID_FIELD_MAX       256

/* most bytes of a body searched, whatever "max" says: it is copied to memory */
#define NGX_PLAID_BODY_LIMIT      ((size_t) 0x7fffffff)


typedef enum {
    NGX_PLAID_BODY_FOUND = 0,
    NGX_PLAID_BODY_ABSENT,      /* no field, empty, null, "undefined" */
    NGX_PLAID_BODY_TWICE,       /* two tokens, or another parser may see two */
    NGX_PLAID_BODY_MALFORMED,   /* cannot be parsed; "error" says why */
    NGX_PLAID_BODY_FAILED       /* no memory, or the temp file is unreadable */
} ngx_plaid_body_e;


typedef struct {
    ngx_str_t                  token;        /* decoded; caller wipes it */
    ngx_str_t                  account_id;   /* decoded; empty when absent */
    const char                *account_error;/* a constant, or NULL */
    const char                *error;        /* MALFORMED: a constant text */
} ngx_plaid_body_found_t;


/*
 * The kind of body that the value of a Content-Type header announces, in any
 * case (RFC 9110 8.3.1); a charset other than utf-8, us-ascii and iso-8859-1
 * is NGX_PLAID_BODY_OTHER.
 */
ngx_plaid_body_type_e ngx_plaid_body_type(ngx_str_t *content_type);

/*
 * Searches the chain "in" (buffers in memory or in a file, any split; not
 * changed) for the names in "fields" (ngx_str_t each; a JSON name may be a
 * dotted path, "data.publicToken"), and for "account_id".  "content_type" is
 * the header's value: multipart needs its boundary.  "max" bounds the bytes
 * read; a longer body is NGX_PLAID_BODY_MALFORMED.  The strings of "found"
 * are allocated from "pool".
 *
 * What the parsers of back ends are known to read in different ways has no
 * token: next to one it is NGX_PLAID_BODY_TWICE, else
 * NGX_PLAID_BODY_MALFORMED.  Such are names that differ from a listed one in
 * case or punctuation only (ngx_plaid_fold.h), a JSON member on the way to a
 * listed one that is there twice, and in multipart whatever no client writes.
 *
 * A listed JSON member that is neither a string nor null makes the body
 * malformed.  A path also finds a member whose own name has the dots.
 *
 * account_id is looked for at the top level only, and is not checked but for
 * its length.  "account_error" is set when it has more than NGX_PLAID_ID_MAX
 * bytes, or when there are two that differ.  A token is returned whatever its
 * bytes: ngx_plaid_token_check() comes next.
 */
ngx_plaid_body_e ngx_plaid_body_search(ngx_pool_t *pool, ngx_log_t *log,
    ngx_chain_t *in, size_t max, ngx_str_t *content_type,
    ngx_array_t *fields, ngx_plaid_body_found_t *found);


#endif /* _NGX_PLAID_BODY_H_INCLUDED_ */
