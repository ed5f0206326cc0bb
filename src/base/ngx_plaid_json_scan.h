
/*
 * Reads JSON (RFC 8259) in place, one value after the other.
 *
 * Promises: takes the grammar of RFC 8259, in UTF-8, and nothing else; of a
 * number or a string only the grammar counts, so that a number of any size
 * and half of a surrogate pair are fine; linear time, bounded stack, no
 * memory; never reads a byte outside of the text.
 *
 *     ngx_plaid_json_scan_init(&scan, &text, 16);
 *
 *     do {
 *         type = ngx_plaid_json_scan_next(&scan);
 *         ...                              scan.name, scan.value, scan.depth
 *     } while (type > NGX_PLAID_JSON_INVALID);
 *
 * All strings point into the text, where a caller may replace them: the
 * difference to its beginning is the offset.
 */


#ifndef _NGX_PLAID_JSON_SCAN_H_INCLUDED_
#define _NGX_PLAID_JSON_SCAN_H_INCLUDED_


#include "ngx_plaid.h"


/* most objects and arrays within each other: jansson's limit */
#define NGX_PLAID_JSON_DEPTH      2048


typedef enum {
    NGX_PLAID_JSON_END = 0,         /* all of the text was read */
    NGX_PLAID_JSON_INVALID,         /* it is no JSON, or too deep */

    NGX_PLAID_JSON_OBJECT,          /* begins */
    NGX_PLAID_JSON_ARRAY,           /* begins */
    NGX_PLAID_JSON_CLOSE,           /* an object or array ends */
    NGX_PLAID_JSON_STRING,
    NGX_PLAID_JSON_NUMBER,
    NGX_PLAID_JSON_TRUE,
    NGX_PLAID_JSON_FALSE,
    NGX_PLAID_JSON_NULL
} ngx_plaid_json_e;


typedef struct {
    ngx_str_t                  name;         /* data NULL: not of an object */
    ngx_str_t                  value;

    /* objects and arrays that are open, a new one and not one that closed */
    ngx_uint_t                 depth;

    /* the rest is private */
    u_char                    *pos;
    u_char                    *last;
    ngx_uint_t                 max;
    ngx_uint_t                 state;
    uint32_t                   objects[NGX_PLAID_JSON_DEPTH / 32];
} ngx_plaid_json_scan_t;


/*
 * Begins to read "text", less a byte order mark (RFC 8259 8.1).  "depth", at
 * most NGX_PLAID_JSON_DEPTH, is how many objects and arrays may be open at
 * the same time: "{}" has one.
 */
void ngx_plaid_json_scan_init(ngx_plaid_json_scan_t *scan, ngx_str_t *text,
    ngx_uint_t depth);

/*
 * The next value.  "name" is what stands between the quotes of a member's
 * name, "value" the whole text of a value, of a string with its quotes; of
 * OBJECT, ARRAY and CLOSE it is the bracket.  CLOSE has no name.  After END
 * and INVALID there is nothing more to read.
 */
ngx_plaid_json_e ngx_plaid_json_scan_next(ngx_plaid_json_scan_t *scan);

/*
 * Called after OBJECT or ARRAY: reads to its end.  CLOSE, "name" and "value"
 * being those of the whole object or array; or INVALID.
 */
ngx_plaid_json_e ngx_plaid_json_scan_skip(ngx_plaid_json_scan_t *scan);

/* What stands between the quotes of the STRING that was read last. */
static ngx_inline ngx_str_t
ngx_plaid_json_scan_string(ngx_plaid_json_scan_t *scan)
{
    ngx_str_t  s;

    s.len = scan->value.len - 2;
    s.data = scan->value.data + 1;

    return s;
}


#endif /* _NGX_PLAID_JSON_SCAN_H_INCLUDED_ */
