
/*
 * Private to the parsers of a body: multipart/form-data.
 */


#ifndef _NGX_PLAID_MULTIPART_H_INCLUDED_
#define _NGX_PLAID_MULTIPART_H_INCLUDED_


#include "ngx_plaid_search.h"


/*
 * NGX_OK, NGX_ERROR (no memory), or NGX_DECLINED (the body cannot be parsed;
 * s->found->error says why).
 */
ngx_int_t ngx_plaid_multipart_search(ngx_plaid_search_t *s, ngx_str_t *body,
    ngx_str_t *boundary);


#endif /* _NGX_PLAID_MULTIPART_H_INCLUDED_ */
