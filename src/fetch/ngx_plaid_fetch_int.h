
/*
 * Private to ngx_plaid_fetch*.c.
 */


#ifndef _NGX_PLAID_FETCH_INT_H_INCLUDED_
#define _NGX_PLAID_FETCH_INT_H_INCLUDED_


#include "ngx_plaid_fetch.h"


/* Calls Plaid, at f->addrs[f->addr] where there are addresses. */
void ngx_plaid_fetch_call(ngx_plaid_fetch_t *f);

/* The outcome "rc" for the reason "detail", a constant or NULL. */
void ngx_plaid_fetch_fail(ngx_plaid_fetch_t *f, ngx_plaid_call_rc_e rc,
    char *detail);


/* ngx_plaid_fetch_addr.c */

/* Finds the addresses of "endpoint", and calls Plaid or fails. */
void ngx_plaid_fetch_addr(ngx_plaid_fetch_t *f,
    ngx_plaid_endpoint_t *endpoint);

/* The address in use has answered: the next fetch begins with it. */
void ngx_plaid_fetch_addr_worked(ngx_plaid_fetch_t *f);


#endif /* _NGX_PLAID_FETCH_INT_H_INCLUDED_ */
