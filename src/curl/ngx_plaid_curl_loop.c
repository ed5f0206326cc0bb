
#include "ngx_plaid_curl_loop.h"
#include <ngx_event.h>

#if (NGX_HAVE_EPOLL)
#include <sys/epoll.h>
#endif


/* events taken in one go; the set is level-triggered, the rest comes again */
#define NGX_PLAID_CURL_LOOP_EVENTS  64

/* the table of sockets grows by this many descriptors at least */
#define NGX_PLAID_CURL_LOOP_STEP    256

/* what is read off an idle connection before it is cut: a TLS alert or two */
#define NGX_PLAID_CURL_LOOP_DRAIN   4096


#if (NGX_HAVE_EPOLL)


typedef struct {
    void                            *owner;
    ngx_uint_t                      *open;       /* the owner's count */
    uint32_t                         events;     /* in the set; 0: not there */
    ngx_uint_t                       idle;       /* unsigned  idle:1; */
} ngx_plaid_curl_socket_t;


typedef struct {
    ngx_connection_t                *connection;
    ngx_plaid_curl_loop_handler_pt   handler;
    ngx_uint_t                       users;
    ngx_plaid_curl_socket_t        **sockets;    /* by descriptor */
    ngx_uint_t                       nsockets;
} ngx_plaid_curl_loop_t;


static void ngx_plaid_curl_loop_event(ngx_event_t *ev);
static void ngx_plaid_curl_loop_set(curl_socket_t s, uint32_t events);
static void ngx_plaid_curl_loop_cut(curl_socket_t s);
static void ngx_plaid_curl_loop_drop(curl_socket_t s);
static ngx_plaid_curl_socket_t *ngx_plaid_curl_loop_find(curl_socket_t s);
static ngx_int_t ngx_plaid_curl_loop_grow(curl_socket_t s);


/* of this process; the master never uses it, so no fork inherits it */
static ngx_plaid_curl_loop_t  ngx_plaid_curl_loop;


ngx_int_t
ngx_plaid_curl_loop_use(ngx_plaid_curl_loop_handler_pt handler)
{
    int                     fd;
    ngx_log_t              *log;
    ngx_connection_t       *c;
    ngx_plaid_curl_loop_t  *loop;

    loop = &ngx_plaid_curl_loop;

    if (loop->users) {
        loop->users++;
        return NGX_OK;
    }

    log = ngx_cycle->log;

    fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "epoll_create1() for plaid exchanges failed");
        return NGX_ERROR;
    }

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        (void) close(fd);
        return NGX_ERROR;
    }

    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = ngx_plaid_curl_loop_event;
    c->write->handler = ngx_plaid_curl_loop_event;

    /* no client's: neither a shutdown timeout nor a leak check is meant */
    c->read->channel = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        ngx_close_connection(c);
        return NGX_ERROR;
    }

    loop->connection = c;
    loop->handler = handler;
    loop->users = 1;

    return NGX_OK;
}


void
ngx_plaid_curl_loop_release(void)
{
    ngx_plaid_curl_loop_t  *loop;

    loop = &ngx_plaid_curl_loop;

    if (--loop->users) {
        return;
    }

    ngx_close_connection(loop->connection);
    loop->connection = NULL;

    if (loop->sockets) {
        ngx_free(loop->sockets);
        loop->sockets = NULL;
        loop->nsockets = 0;
    }
}


static void
ngx_plaid_curl_loop_event(ngx_event_t *ev)
{
    int                       i, n, mask;
    ngx_connection_t         *c;
    struct epoll_event        events[NGX_PLAID_CURL_LOOP_EVENTS];
    ngx_plaid_curl_loop_t    *loop;
    ngx_plaid_curl_socket_t  *sock;

    if (ev->write) {
        return;
    }

    c = ev->data;
    loop = &ngx_plaid_curl_loop;

    n = epoll_wait(c->fd, events, NGX_PLAID_CURL_LOOP_EVENTS, 0);

    for (i = 0; i < n; i++) {

        /* an earlier event may have closed this socket, or all of them */

        sock = ngx_plaid_curl_loop_find(events[i].data.fd);
        if (sock == NULL) {
            continue;
        }

        if (sock->idle) {
            ngx_plaid_curl_loop_cut(events[i].data.fd);
            continue;
        }

        mask = 0;

        if (events[i].events & EPOLLIN) {
            mask |= CURL_CSELECT_IN;
        }

        if (events[i].events & EPOLLOUT) {
            mask |= CURL_CSELECT_OUT;
        }

        if (events[i].events & (EPOLLERR|EPOLLHUP)) {
            mask |= CURL_CSELECT_ERR;
        }

        loop->handler(sock->owner, events[i].data.fd, mask);
    }
}


curl_socket_t
ngx_plaid_curl_loop_open(void *owner, ngx_uint_t *open,
    struct curl_sockaddr *addr)
{
    curl_socket_t             s;
    ngx_plaid_curl_socket_t  *sock;

    s = socket(addr->family, addr->socktype|SOCK_NONBLOCK|SOCK_CLOEXEC,
               addr->protocol);
    if (s == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      ngx_socket_n " for a plaid exchange failed");
        return CURL_SOCKET_BAD;
    }

    if (ngx_plaid_curl_loop_grow(s) != NGX_OK) {
        goto failed;
    }

    sock = ngx_calloc(sizeof(ngx_plaid_curl_socket_t), ngx_cycle->log);
    if (sock == NULL) {
        goto failed;
    }

    sock->owner = owner;
    sock->open = open;
    (*open)++;

    /* libcurl does not tell of closing a socket that did not connect */
    ngx_plaid_curl_loop_drop(s);

    ngx_plaid_curl_loop.sockets[s] = sock;

    return s;

failed:

    (void) close(s);

    return CURL_SOCKET_BAD;
}


void
ngx_plaid_curl_loop_close(curl_socket_t s)
{
    ngx_plaid_curl_socket_t  *sock;

    sock = ngx_plaid_curl_loop_find(s);

    if (sock) {
        ngx_plaid_curl_loop_set(s, 0);
        ngx_plaid_curl_loop_drop(s);
    }

    if (close(s) == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      ngx_close_socket_n " for a plaid exchange failed");
    }
}


void
ngx_plaid_curl_loop_watch(curl_socket_t s, int what, ngx_uint_t http2)
{
    uint32_t                  events;
    ngx_plaid_curl_socket_t  *sock;

    /* libcurl may speak of a socket that it has closed by now */

    sock = ngx_plaid_curl_loop_find(s);
    if (sock == NULL) {
        return;
    }

    sock->idle = (what == CURL_POLL_REMOVE);

    events = 0;

    if (sock->idle) {
        /* HTTP/2 may talk of its settings and windows at any time */
        events = http2 ? EPOLLRDHUP : EPOLLIN|EPOLLRDHUP;
    }

    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
        /* as when idle: a connection that is used again costs no call */
        events |= EPOLLIN|EPOLLRDHUP;
    }

    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
        events |= EPOLLOUT;
    }

    ngx_plaid_curl_loop_set(s, events);
}


static void
ngx_plaid_curl_loop_set(curl_socket_t s, uint32_t events)
{
    int                       op, fd;
    struct epoll_event        ee;
    ngx_plaid_curl_socket_t  *sock;

    sock = ngx_plaid_curl_loop.sockets[s];

    if (sock->events == events) {
        return;
    }

    op = (events == 0) ? EPOLL_CTL_DEL
                       : (sock->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);

    sock->events = events;

    fd = ngx_plaid_curl_loop.connection->fd;

    ngx_memzero(&ee, sizeof(struct epoll_event));
    ee.events = events;
    ee.data.fd = s;

    if (epoll_ctl(fd, op, s, &ee) == -1) {

        if (ngx_errno == EBADF || ngx_errno == ENOENT) {
            /* closed by libcurl without a word */
            ngx_plaid_curl_loop_drop(s);
            return;
        }

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "epoll_ctl(%d, %d) for a plaid exchange failed", op, s);
    }
}


/*
 * Nothing is expected on an idle connection: it is Plaid closing it, or a
 * peer that lies.  libcurl's own check takes an unread TLS alert for a sign
 * of life, so the alert is taken off, and the rest of it shut.
 */

static void
ngx_plaid_curl_loop_cut(curl_socket_t s)
{
    u_char  buf[NGX_PLAID_CURL_LOOP_DRAIN];

    (void) recv(s, buf, NGX_PLAID_CURL_LOOP_DRAIN, MSG_DONTWAIT);
    (void) shutdown(s, SHUT_RDWR);

    ngx_plaid_curl_loop_set(s, 0);
}


static void
ngx_plaid_curl_loop_drop(curl_socket_t s)
{
    ngx_plaid_curl_socket_t  *sock;

    sock = ngx_plaid_curl_loop_find(s);

    if (sock) {
        (*sock->open)--;
        ngx_plaid_curl_loop.sockets[s] = NULL;
        ngx_free(sock);
    }
}


void
ngx_plaid_curl_loop_forget(void *owner)
{
    ngx_uint_t              i;
    ngx_plaid_curl_loop_t  *loop;

    loop = &ngx_plaid_curl_loop;

    for (i = 0; i < loop->nsockets; i++) {
        if (loop->sockets[i] && loop->sockets[i]->owner == owner) {
            ngx_plaid_curl_loop_drop((curl_socket_t) i);
        }
    }
}


static ngx_plaid_curl_socket_t *
ngx_plaid_curl_loop_find(curl_socket_t s)
{
    ngx_plaid_curl_loop_t  *loop;

    loop = &ngx_plaid_curl_loop;

    return (s >= 0 && (ngx_uint_t) s < loop->nsockets) ? loop->sockets[s]
                                                       : NULL;
}


static ngx_int_t
ngx_plaid_curl_loop_grow(curl_socket_t s)
{
    ngx_uint_t                 n;
    ngx_plaid_curl_loop_t     *loop;
    ngx_plaid_curl_socket_t  **sockets;

    loop = &ngx_plaid_curl_loop;

    if ((ngx_uint_t) s < loop->nsockets) {
        return NGX_OK;
    }

    n = ngx_max(loop->nsockets * 2, (ngx_uint_t) s + NGX_PLAID_CURL_LOOP_STEP);

    sockets = ngx_calloc(n * sizeof(ngx_plaid_curl_socket_t *),
                         ngx_cycle->log);
    if (sockets == NULL) {
        return NGX_ERROR;
    }

    if (loop->sockets) {
        ngx_memcpy(sockets, loop->sockets,
                   loop->nsockets * sizeof(ngx_plaid_curl_socket_t *));
        ngx_free(loop->sockets);
    }

    loop->sockets = sockets;
    loop->nsockets = n;

    return NGX_OK;
}


#else /* no epoll: the configuration refuses "transport curl" */


ngx_int_t
ngx_plaid_curl_loop_use(ngx_plaid_curl_loop_handler_pt handler)
{
    return NGX_ERROR;
}


void
ngx_plaid_curl_loop_release(void)
{
}


curl_socket_t
ngx_plaid_curl_loop_open(void *owner, ngx_uint_t *open,
    struct curl_sockaddr *addr)
{
    return CURL_SOCKET_BAD;
}


void
ngx_plaid_curl_loop_close(curl_socket_t s)
{
}


void
ngx_plaid_curl_loop_forget(void *owner)
{
}


void
ngx_plaid_curl_loop_watch(curl_socket_t s, int what, ngx_uint_t http2)
{
}


#endif
