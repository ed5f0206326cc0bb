
/*
 * Private to the parsers of a body: the parameters of a header,
 * "; name=value".
 */


#ifndef _NGX_PLAID_PARAM_H_INCLUDED_
#define _NGX_PLAID_PARAM_H_INCLUDED_


#include "ngx_plaid.h"


typedef struct {
    ngx_str_t                  all;          /* as it stands */
    ngx_str_t                  name;         /* a token of RFC 9110 5.6.2 */
    ngx_str_t                  value;        /* data NULL: a name alone */
    ngx_uint_t                 quoted;       /* unsigned  quoted:1; */
} ngx_plaid_param_t;


/*
 * The parameter at "*pos", which is moved on behind it and the blanks that
 * follow.  NGX_OK; NGX_DONE, there is none; NGX_DECLINED, bad syntax.  "value"
 * is without its quotes.  It ends with the first quotation mark: a backslash
 * is a byte like others, as in what browsers write.
 */
ngx_int_t ngx_plaid_param_next(u_char **pos, u_char *last,
    ngx_plaid_param_t *param);

/* The first byte at "p" that is neither a space nor a tab, or "last". */
u_char *ngx_plaid_param_blank(u_char *p, u_char *last);

/* Whether all bytes from "p" on may be in a token; "" is none. */
ngx_uint_t ngx_plaid_param_token(u_char *p, u_char *last);

/* How often "text", in lower case, occurs in "s", whatever its case. */
ngx_uint_t ngx_plaid_param_has(ngx_str_t *s, const char *text);


#endif /* _NGX_PLAID_PARAM_H_INCLUDED_ */
