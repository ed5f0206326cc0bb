
/*
 * Tells when worker_shutdown_timeout is over.
 *
 * nginx then closes every connection, and says so to nobody else: HTTP/2 does
 * not even hand it on to the requests, and an exchange whose client has left
 * has no connection of a client's at all.  So there is one of ours that is
 * never used.
 */


#ifndef _NGX_PLAID_SHUTDOWN_H_INCLUDED_
#define _NGX_PLAID_SHUTDOWN_H_INCLUDED_


#include "ngx_plaid.h"


typedef void (*ngx_plaid_shutdown_handler_pt)(void);


/*
 * For a worker that starts: has "handler" called when the timeout is over, if
 * there is to be one.  A failure is logged: the handler is never called then.
 */
void ngx_plaid_shutdown_watch(ngx_cycle_t *cycle,
    ngx_plaid_shutdown_handler_pt handler);

/* For a worker that exits: nginx takes what is left open for a leak. */
void ngx_plaid_shutdown_close(void);


#endif /* _NGX_PLAID_SHUTDOWN_H_INCLUDED_ */
