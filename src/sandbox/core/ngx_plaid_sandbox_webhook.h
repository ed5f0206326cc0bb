
/*
 * Sends webhooks from the event loop: one POST each, no retry, its answer's
 * status counted.  Nothing waits for them, and none outlives ten seconds.
 */


#ifndef _NGX_PLAID_SANDBOX_WEBHOOK_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_WEBHOOK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_plaid_sandbox_store.h"


/* Plaid gives up on an answer after so many milliseconds */
#define NGX_PLAID_SANDBOX_WEBHOOK_WAIT  10000

/* at once, in a worker: each takes a connection */
#define NGX_PLAID_SANDBOX_WEBHOOK_MAX   64


/*
 * Sends "body" to "url", http only.  A host name is resolved by "resolver",
 * within "timeout" milliseconds; without one only addresses and "localhost"
 * are reached.  "jwt" is the Plaid-Verification header, or empty.  The strings
 * are copied.  What fails is logged and counted.
 */
void ngx_plaid_sandbox_webhook(ngx_plaid_sandbox_store_t *store,
    ngx_str_t *url, ngx_str_t *body, ngx_str_t *jwt,
    ngx_resolver_t *resolver, ngx_msec_t timeout);


#endif /* _NGX_PLAID_SANDBOX_WEBHOOK_H_INCLUDED_ */
