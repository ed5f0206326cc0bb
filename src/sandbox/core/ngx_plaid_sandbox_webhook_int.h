
/* What the two files of the sender share. */


#ifndef _NGX_PLAID_SANDBOX_WEBHOOK_INT_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_WEBHOOK_INT_H_INCLUDED_


#include "ngx_plaid_sandbox_webhook.h"
#include <ngx_event_connect.h>


typedef struct {
    ngx_queue_t                  queue;
    ngx_pool_t                  *pool;          /* of all attempts */
    ngx_pool_t                  *attempt;       /* of this one */
    ngx_log_t                   *log;
    ngx_plaid_sandbox_store_t   *store;
    ngx_plaid_sandbox_sender_t  *sender;
    ngx_plaid_sandbox_hook_t     hook;
    ngx_url_t                    url;
    ngx_resolver_ctx_t          *resolving;
    ngx_addr_t                   addr;
    ngx_peer_connection_t        peer;
    ngx_buf_t                   *request;
    u_char                       reply[64];     /* of its first line */
    size_t                       received;

    ngx_event_t                  timer;         /* until the next attempt */
    ngx_connection_t             dummy;         /* what the timer's data is */
    ngx_msec_t                   started;
    ngx_msec_t                   pause;
    ngx_uint_t                   left;          /* of "repeat" */
    unsigned                     secure:1;
} ngx_plaid_sandbox_webhook_t;


/* Sends w->request; ngx_plaid_sandbox_webhook_done() is called once. */
void ngx_plaid_sandbox_webhook_deliver(ngx_plaid_sandbox_webhook_t *w);

/* Gives up the connection and the lookup; may be called at any time. */
void ngx_plaid_sandbox_webhook_disconnect(ngx_plaid_sandbox_webhook_t *w);

/* The end of an attempt; "failure" is NULL when it was accepted. */
void ngx_plaid_sandbox_webhook_done(ngx_plaid_sandbox_webhook_t *w,
    const char *failure);


#endif /* _NGX_PLAID_SANDBOX_WEBHOOK_INT_H_INCLUDED_ */
