
/*
 * The text of a JSON string, without its escapes.
 */


#ifndef _NGX_PLAID_JSON_TEXT_H_INCLUDED_
#define _NGX_PLAID_JSON_TEXT_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * The text of the string that begins with the quote at "p" and ends before
 * "end", as ngx_plaid_json_scan_string() has found it; "has" is what that
 * function has told.  "s" is a part of the input, or, with escapes, a copy in
 * "pool".  NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_json_text(ngx_pool_t *pool, u_char *p, u_char *end,
    ngx_uint_t has, ngx_str_t *s);


#endif /* _NGX_PLAID_JSON_TEXT_H_INCLUDED_ */
