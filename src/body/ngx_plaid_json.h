
/*
 * Private to the parsers of a body: JSON.
 */


#ifndef _NGX_PLAID_JSON_H_INCLUDED_
#define _NGX_PLAID_JSON_H_INCLUDED_


#include "ngx_plaid_search.h"


/*
 * NGX_OK, NGX_ERROR (no memory), or NGX_DECLINED (the body cannot be parsed;
 * s->found->error says why).
 */
ngx_int_t ngx_plaid_json_search(ngx_plaid_search_t *s, ngx_str_t *body);


#endif /* _NGX_PLAID_JSON_H_INCLUDED_ */
