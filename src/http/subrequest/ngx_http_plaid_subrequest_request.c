
/*
 * A request of the module's own, on a connection that stands for no client.
 *
 * The connection has no descriptor and is none of the worker's: its events
 * never happen by themselves, and are marked so that nobody tries to add them.
 * The request is blocked: nginx never frees it, whatever becomes of its
 * subrequests.
 */


#include "ngx_http_plaid_subrequest_int.h"


static void ngx_http_plaid_subrequest_connect(
    ngx_http_plaid_subrequest_t *sub);
static u_char *ngx_http_plaid_subrequest_log(ngx_log_t *log, u_char *buf,
    size_t len);
static void ngx_http_plaid_subrequest_event(ngx_event_t *ev);
static ngx_int_t ngx_http_plaid_subrequest_headers(ngx_http_request_t *r);


/* the peer's and our own address: to nginx a socket in the file system */
static struct sockaddr_un  ngx_http_plaid_subrequest_addr;


ngx_int_t
ngx_http_plaid_subrequest_request(ngx_http_plaid_subrequest_t *sub)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    ngx_http_plaid_subrequest_connect(sub);

    c = &sub->conn.connection;

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

#if (NGX_STAT_STUB)

    /* no client's, so not to be counted among them */

    (void) ngx_atomic_fetch_add(ngx_stat_reading, -1);
    (void) ngx_atomic_fetch_add(ngx_stat_requests, -1);
    r->stat_reading = 0;

#endif

    sub->main = r;

    c->data = r;
    c->pool = r->pool;

    r->blocked = 1;
    r->logged = 1;
    r->internal = 1;

    r->read_event_handler = ngx_http_request_empty_handler;
    r->write_event_handler = ngx_http_request_empty_handler;

    r->method = NGX_HTTP_POST;
    ngx_str_set(&r->method_name, "POST");

    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");

    return ngx_http_plaid_subrequest_headers(r);
}


static void
ngx_http_plaid_subrequest_connect(ngx_http_plaid_subrequest_t *sub)
{
    ngx_event_t                             *rev, *wev;
    ngx_connection_t                        *c;
    ngx_http_core_srv_conf_t                *cscf;
    ngx_http_plaid_subrequest_connection_t  *conn;

    cscf = sub->call->server;

    conn = &sub->conn;

    conn->addr_conf.default_server = cscf;

    conn->http.addr_conf = &conn->addr_conf;
    conn->http.conf_ctx = cscf->ctx;

    conn->name = &sub->call->peer->name;

    c = &conn->connection;

    conn->log = *ngx_cycle->log;
    conn->log.handler = ngx_http_plaid_subrequest_log;
    conn->log.data = &conn->log_ctx;
    conn->log.action = "calling Plaid";

    conn->log_ctx.connection = c;

    rev = &conn->read;
    wev = &conn->write;

    rev->data = c;
    rev->log = &conn->log;
    rev->handler = ngx_http_plaid_subrequest_event;
    rev->active = 1;

    wev->data = c;
    wev->log = &conn->log;
    wev->handler = ngx_http_plaid_subrequest_event;
    wev->write = 1;
    wev->ready = 1;
    wev->active = (ngx_event_flags & NGX_USE_CLEAR_EVENT) ? 1 : 0;

    c->fd = (ngx_socket_t) -1;
    c->data = &conn->http;
    c->read = rev;
    c->write = wev;
    c->log = &conn->log;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    c->type = SOCK_STREAM;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;
    c->log->connection = c->number;

    ngx_http_plaid_subrequest_addr.sun_family = AF_UNIX;

    c->sockaddr = (struct sockaddr *) &ngx_http_plaid_subrequest_addr;
    c->socklen = sizeof(struct sockaddr_un);
    c->local_sockaddr = c->sockaddr;
    c->local_socklen = c->socklen;
    ngx_str_set(&c->addr_text, "unix:");
}


static u_char *
ngx_http_plaid_subrequest_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                                  *p;
    ngx_http_request_t                      *r;
    ngx_http_plaid_subrequest_connection_t  *conn;

    conn = log->data;
    p = buf;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    p = ngx_snprintf(buf, len, ", plaid_client: \"%V\"", conn->name);
    len -= p - buf;

    r = conn->log_ctx.request;

    if (r == NULL) {
        return p;
    }

    return r->log_handler(r, conn->log_ctx.current_request, p, len);
}


/* as nginx's own for a client's: a delay is over, or a module has posted it */

static void
ngx_http_plaid_subrequest_event(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = ev->data;
    r = c->data;

    ngx_http_set_log_request(c->log, r);

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


/* a server may well refuse requests without a User-Agent */

static ngx_int_t
ngx_http_plaid_subrequest_headers(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 1,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    ngx_str_set(&h->key, "User-Agent");
    ngx_str_set(&h->value, NGX_PLAID_USER_AGENT);
    h->lowcase_key = (u_char *) "user-agent";
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);

    r->headers_in.user_agent = h;

    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_subrequest_free(ngx_http_plaid_subrequest_t *sub)
{
    ngx_event_t         *rev, *wev;
    ngx_http_request_t  *r;

    r = sub->main;

    if (r == NULL) {
        return NGX_OK;
    }

    if (r->blocked > 1) {
        return NGX_AGAIN;
    }

    sub->main = NULL;

    /* this ends what is left of subrequests, by their cleanup handlers */
    ngx_http_free_request(r, 0);

    rev = &sub->conn.read;
    wev = &sub->conn.write;

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    if (wev->posted) {
        ngx_delete_posted_event(wev);
    }

    if (rev->posted) {
        ngx_delete_posted_event(rev);
    }

    return NGX_OK;
}
