
/*
 * The syntax of JSON (RFC 8259), without its values.
 *
 * Promises: takes exactly what jansson takes with NGX_PLAID_JANSSON_FLAGS,
 * but for a name that is twice in an object, which is not looked for; bounded
 * stack; no memory but jansson's own for a number with an exponent; some ten
 * instructions a byte.
 */


#ifndef _NGX_PLAID_JSON_SCAN_H_INCLUDED_
#define _NGX_PLAID_JSON_SCAN_H_INCLUDED_


#include "ngx_plaid.h"


/* what a string has */
#define NGX_PLAID_JSON_ESCAPE     1
#define NGX_PLAID_JSON_NUL        2


/* The first byte that is not white space, or "last". */
static ngx_inline u_char *
ngx_plaid_json_scan_blank(u_char *p, u_char *last)
{
    while (p < last
           && (*p == ' ' || *p == LF || *p == CR || *p == '\t'))
    {
        p++;
    }

    return p;
}


/*
 * The byte after the string at "p", which is its quotation mark, or NULL: no
 * string.  "has" gets NGX_PLAID_JSON_*.
 */
u_char *ngx_plaid_json_scan_string(u_char *p, u_char *last, ngx_uint_t *has);

/*
 * The byte after the value at "p", or NULL: no value, or
 * ngx_plaid_jansson_memory() is NGX_ERROR.
 */
u_char *ngx_plaid_json_scan_value(u_char *p, u_char *last);


#endif /* _NGX_PLAID_JSON_SCAN_H_INCLUDED_ */
