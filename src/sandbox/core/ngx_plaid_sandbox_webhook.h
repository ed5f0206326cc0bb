
/*
 * Sends webhooks from the event loop, over http or https: one POST each, and
 * again later where that is configured.  Nothing waits for them.
 *
 *     FIND -> CONNECT -> [HANDSHAKE] -> EXCHANGE -> done
 *      ^                                             |
 *      +------------------ WAIT <--------------------+   not accepted
 *
 * An attempt ends within ten seconds.  A worker that is to end finishes the
 * attempt under way, and gives up what waits for another one.
 */


#ifndef _NGX_PLAID_SANDBOX_WEBHOOK_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_WEBHOOK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_plaid_sandbox.h"


/* Plaid gives up on an answer after so many milliseconds */
#define NGX_PLAID_SANDBOX_WEBHOOK_WAIT  10000

/* at once, in a worker: each takes a connection */
#define NGX_PLAID_SANDBOX_WEBHOOK_MAX   256


/* How they are sent; lives as long as the configuration. */
typedef struct {
    ngx_resolver_t              *resolver;
    ngx_msec_t                   resolver_timeout;
#if (NGX_SSL)
    ngx_ssl_t                   *ssl;           /* NULL: no https */
#endif
    ngx_msec_t                   retry;         /* the first pause, 0: none */
    ngx_msec_t                   retry_for;     /* no attempt after that */
} ngx_plaid_sandbox_sender_t;


/*
 * Sends "hook", whose strings are copied.  A host name is resolved by the
 * sender's resolver; without one only addresses and "localhost" are reached.
 * Each attempt is signed again.  What fails is logged and counted.
 */
void ngx_plaid_sandbox_webhook(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_sender_t *sender, ngx_plaid_sandbox_hook_t *hook);

/* Gives up all of them, at the end of a worker. */
void ngx_plaid_sandbox_webhook_exit(void);


#endif /* _NGX_PLAID_SANDBOX_WEBHOOK_H_INCLUDED_ */
