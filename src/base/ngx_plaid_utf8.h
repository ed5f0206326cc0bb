
/*
 * UTF-8, as strictly as RFC 3629 has it.
 */


#ifndef _NGX_PLAID_UTF8_H_INCLUDED_
#define _NGX_PLAID_UTF8_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* The byte after the character beyond ASCII at "p", or NULL: there is none. */
u_char *ngx_plaid_utf8_next(u_char *p, u_char *last);

/* Whether all of "s" is UTF-8. */
ngx_uint_t ngx_plaid_utf8_valid(ngx_str_t *s);


#endif /* _NGX_PLAID_UTF8_H_INCLUDED_ */
