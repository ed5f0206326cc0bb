
/*
 * One exchange: a fetch that takes a public token to Plaid and brings back a
 * result, in either dialect.
 *
 * Promises: those of a fetch; the token and the secret are wiped with it.
 */


#ifndef _NGX_PLAID_EXCHANGE_H_INCLUDED_
#define _NGX_PLAID_EXCHANGE_H_INCLUDED_


#include "ngx_plaid_fetch.h"


typedef struct ngx_plaid_exchange_s  ngx_plaid_exchange_t;

typedef void (*ngx_plaid_exchange_handler_pt)(ngx_plaid_exchange_t *x);


struct ngx_plaid_exchange_s {
    /* set by the caller between create() and start() */

    ngx_pool_t                    *pool;      /* by create(): all is in it */
    ngx_plaid_fetch_t             *fetch;     /* by create() */
    ngx_plaid_dialect_e            dialect;
    ngx_plaid_api_args_t           args;      /* in "pool" */
    ngx_plaid_exchange_handler_pt  handler;
    void                          *data;

    /* good in the handler */

    ngx_plaid_result_t             result;
    ngx_msec_t                     time;      /* taken, milliseconds */
};


/*
 * An exchange by "fetch", which it takes over: peer, server and resolver are
 * set there.  NULL: no memory, and the fetch is destroyed.
 */
ngx_plaid_exchange_t *ngx_plaid_exchange_create(ngx_plaid_fetch_t *fetch);

/* Begins; as ngx_plaid_fetch_start(). */
ngx_int_t ngx_plaid_exchange_start(ngx_plaid_exchange_t *x);

/* Stops what is under way, wipes and frees; the handler is not called. */
void ngx_plaid_exchange_destroy(ngx_plaid_exchange_t *x);


#endif /* _NGX_PLAID_EXCHANGE_H_INCLUDED_ */
