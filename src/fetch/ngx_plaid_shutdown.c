
#include "ngx_plaid_shutdown.h"
#include <ngx_event.h>


static void ngx_plaid_shutdown_event(ngx_event_t *ev);


static ngx_connection_t              *ngx_plaid_shutdown_connection;
static ngx_plaid_shutdown_handler_pt  ngx_plaid_shutdown_handler;


void
ngx_plaid_shutdown_watch(ngx_cycle_t *cycle,
    ngx_plaid_shutdown_handler_pt handler)
{
    ngx_socket_t       s;
    ngx_core_conf_t   *ccf;
    ngx_connection_t  *c;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->shutdown_timeout == 0 || ngx_process != NGX_PROCESS_WORKER) {
        return;
    }

    s = ngx_socket(AF_UNIX, SOCK_STREAM, 0);
    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_socket_errno,
                      ngx_socket_n " for worker_shutdown_timeout failed");
        return;
    }

    c = ngx_get_connection(s, cycle->log);
    if (c == NULL) {
        (void) ngx_close_socket(s);
        return;
    }

    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_plaid_shutdown_event;

    ngx_plaid_shutdown_connection = c;
    ngx_plaid_shutdown_handler = handler;
}


void
ngx_plaid_shutdown_close(void)
{
    if (ngx_plaid_shutdown_connection) {
        ngx_close_connection(ngx_plaid_shutdown_connection);
        ngx_plaid_shutdown_connection = NULL;
    }
}


static void
ngx_plaid_shutdown_event(ngx_event_t *ev)
{
    ngx_plaid_shutdown_handler();
}
