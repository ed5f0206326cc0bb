
/*
 * What a string of JSON means.
 *
 * All functions take a string as it stands in the text, between its quotes,
 * and as ngx_plaid_json_scan_next() found it: what is no string of JSON must
 * not come here.
 */


#ifndef _NGX_PLAID_JSON_STRING_H_INCLUDED_
#define _NGX_PLAID_JSON_STRING_H_INCLUDED_


#include "ngx_plaid.h"


/* Whether the string has an escape; else it is what it stands for. */
static ngx_inline ngx_uint_t
ngx_plaid_json_string_escaped(ngx_str_t *string)
{
    return memchr(string->data, '\\', string->len) != NULL;
}

/*
 * Decodes the string into "dst", which needs room for string->len bytes.
 * Returns the length.  Half of a surrogate pair becomes three bytes that no
 * UTF-8 has.
 */
size_t ngx_plaid_json_string_decode(u_char *dst, ngx_str_t *string);

/*
 * Sets "dst" to what the string stands for: the string itself or, decoded, a
 * copy from "pool".  NGX_OK, NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_json_string_value(ngx_pool_t *pool, ngx_str_t *string,
    ngx_str_t *dst);

/* Whether the string stands for "text". */
ngx_uint_t ngx_plaid_json_string_is(ngx_str_t *string, const char *text);


#endif /* _NGX_PLAID_JSON_STRING_H_INCLUDED_ */
