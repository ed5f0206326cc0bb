
/*
 * Private to multipart: the parameters of a header, "; name=value".
 */


#ifndef _NGX_PLAID_PARAM_H_INCLUDED_
#define _NGX_PLAID_PARAM_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * The parameter at "*pos", which is moved on behind it and the blanks that
 * follow.  NGX_OK; NGX_DONE, there is none; NGX_DECLINED, bad syntax.  A
 * quoted value is returned without its quotes, its quoted-pairs as they are.
 */
ngx_int_t ngx_plaid_param_next(u_char **pos, u_char *last, ngx_str_t *name,
    ngx_str_t *value);

/* The first byte at "p" that is neither a space nor a tab, or "last". */
u_char *ngx_plaid_param_blank(u_char *p, u_char *last);

/* Whether "s" is "text", whatever the case. */
ngx_uint_t ngx_plaid_param_is(ngx_str_t *s, const char *text);


#endif /* _NGX_PLAID_PARAM_H_INCLUDED_ */
