
/*
 * What the two files of the store share.  The zone is locked when these are
 * called.
 */


#ifndef _NGX_PLAID_SANDBOX_STORE_INT_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_STORE_INT_H_INCLUDED_


#include "ngx_plaid_sandbox_store.h"


/* Wipes and frees a text of the zone, if there is one. */
void ngx_plaid_sandbox_store_free_text(ngx_plaid_sandbox_store_t *store,
    ngx_str_t *text);

/* Forgets the oldest call that is kept; 0 when there is none. */
ngx_uint_t ngx_plaid_sandbox_store_forget_call(
    ngx_plaid_sandbox_store_t *store);


#endif /* _NGX_PLAID_SANDBOX_STORE_INT_H_INCLUDED_ */
