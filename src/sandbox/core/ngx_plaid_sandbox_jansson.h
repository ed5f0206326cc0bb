
/*
 * jansson while memory is short.
 *
 * Its lexer ignores that a buffer could not grow, and then aborts or leaves
 * its own memory; what it dumps then is no JSON.  Between enter and leave it
 * is given memory set aside for that, and the caller is told.
 *
 * Values that live longer are freed between another enter and leave.
 */


#ifndef _NGX_PLAID_SANDBOX_JANSSON_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_JANSSON_H_INCLUDED_


#include "ngx_plaid_sandbox.h"


typedef struct {
    json_malloc_t                alloc;
    json_free_t                  free;
} ngx_plaid_sandbox_jansson_t;


/* Saves jansson's functions in "saved" and sets ours. */
void ngx_plaid_sandbox_jansson_enter(ngx_plaid_sandbox_jansson_t *saved);

/* Frees what json_dumps() returned, before leave; "p" may be NULL. */
void ngx_plaid_sandbox_jansson_free(void *p);

/*
 * Sets jansson's functions as "saved".  NGX_ERROR: memory was refused since
 * enter, and no value or text made since then is to be trusted.
 */
ngx_int_t ngx_plaid_sandbox_jansson_leave(ngx_plaid_sandbox_jansson_t *saved);


#endif /* _NGX_PLAID_SANDBOX_JANSSON_H_INCLUDED_ */
