
/* Events, timers, names: what nginx's event loop does for the module. */


#include "fuzz_http.h"


#define ADDRS  2


ngx_queue_t          ngx_posted_events;
ngx_queue_t          ngx_posted_next_events;
ngx_rbtree_t         ngx_event_timer_rbtree;
ngx_event_actions_t  ngx_event_actions;

ngx_uint_t           fuzz_http_lookups;

/* the timers as a list: "left" is the next one */
static ngx_rbtree_node_t   *timers;

/* look-ups, the oldest one first */
static ngx_resolver_ctx_t  *lookups[FUZZ_HTTP_REQUESTS];


void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    fuzz_check(tree == &ngx_event_timer_rbtree);

    node->left = timers;
    timers = node;
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    ngx_rbtree_node_t  **p;

    for (p = &timers; *p != node; p = &(*p)->left) {
        fuzz_check(*p);
    }

    *p = node->left;
}


ngx_int_t
ngx_handle_read_event(ngx_event_t *rev, ngx_uint_t flags)
{
    return NGX_OK;
}


/* no timeout of a worker that is to quit, and so no connection for it */

ngx_connection_t *
ngx_get_connection(ngx_socket_t s, ngx_log_t *log)
{
    return NULL;
}


void
ngx_close_connection(ngx_connection_t *c)
{
}


void
fuzz_http_posted(void)
{
    ngx_event_t  *ev;
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&ngx_posted_events)) {
        q = ngx_queue_head(&ngx_posted_events);
        ev = ngx_queue_data(q, ngx_event_t, queue);

        ngx_delete_posted_event(ev);
        ev->handler(ev);
    }
}


static ngx_event_t *
first_timer(ngx_msec_t until)
{
    ngx_rbtree_node_t  *node, *first;

    first = NULL;

    for (node = timers; node; node = node->left) {
        if (node->key <= until && (first == NULL || node->key < first->key)) {
            first = node;
        }
    }

    return first ? ngx_rbtree_data(first, ngx_event_t, timer) : NULL;
}


void
fuzz_http_pass(ngx_msec_t ms)
{
    ngx_msec_t    until;
    ngx_event_t  *ev;

    until = ngx_current_msec + ms;

    for ( ;; ) {
        ev = first_timer(until);

        if (ev == NULL) {
            break;
        }

        ngx_current_msec = ngx_max(ngx_current_msec, ev->timer.key);

        ngx_rbtree_delete(&ngx_event_timer_rbtree, &ev->timer);
        ev->timer_set = 0;
        ev->timedout = 1;
        ev->handler(ev);

        fuzz_http_posted();
    }

    ngx_current_msec = until;
}


ngx_resolver_ctx_t *
ngx_resolve_start(ngx_resolver_t *r, ngx_resolver_ctx_t *temp)
{
    if (fuzz_http_lookups == FUZZ_HTTP_REQUESTS) {
        return NGX_NO_RESOLVER;
    }

    return calloc(1, sizeof(ngx_resolver_ctx_t));
}


ngx_int_t
ngx_resolve_name(ngx_resolver_ctx_t *ctx)
{
    lookups[fuzz_http_lookups++] = ctx;
    fuzz_http_plaid_begin(ctx->data, 1);

    return NGX_OK;
}


void
ngx_resolve_name_done(ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t  i;

    for (i = 0; i < fuzz_http_lookups; i++) {
        if (lookups[i] == ctx) {
            fuzz_http_plaid_drop(ctx->data);
            fuzz_http_lookups--;
            memmove(&lookups[i], &lookups[i + 1],
                    (fuzz_http_lookups - i) * sizeof(lookups[0]));
            break;
        }
    }

    free(ctx);
}


char *
ngx_resolver_strerror(ngx_int_t err)
{
    return "Host not found";
}


/* no client has names that nginx looks up by itself, nor is one Plaid's own */

ngx_int_t
ngx_plaid_names_get(ngx_plaid_names_t *names, ngx_plaid_names_wait_t *wait)
{
    fuzz_check(names == NULL);

    return NGX_ERROR;
}


void
ngx_plaid_names_cancel(ngx_plaid_names_wait_t *wait)
{
    fuzz_check(wait->handler == NULL);
}


ngx_uint_t
ngx_plaid_names_foreign(struct sockaddr *sa, socklen_t socklen)
{
    return 1;
}


void
fuzz_http_resolved(ngx_int_t state)
{
    ngx_resolver_ctx_t  *ctx;

    static struct sockaddr_in   sin[ADDRS];
    static ngx_resolver_addr_t  addrs[ADDRS];

    if (fuzz_http_lookups == 0) {
        return;
    }

    ctx = lookups[0];

    fuzz_http_lookups--;
    memmove(&lookups[0], &lookups[1], fuzz_http_lookups * sizeof(lookups[0]));

    ctx->state = state;

    if (state) {
        fuzz_http_plaid_drop(ctx->data);

    } else {
        sin[0].sin_family = AF_INET;
        sin[1].sin_family = AF_INET;
        addrs[0].sockaddr = (struct sockaddr *) &sin[0];
        addrs[0].socklen = sizeof(struct sockaddr_in);
        addrs[1].sockaddr = (struct sockaddr *) &sin[1];
        addrs[1].socklen = sizeof(struct sockaddr_in);

        ctx->addrs = addrs;
        ctx->naddrs = ADDRS;
    }

    ctx->handler(ctx);
}


void
ngx_inet_set_port(struct sockaddr *sa, in_port_t port)
{
    ((struct sockaddr_in *) sa)->sin_port = htons(port);
}


size_t
ngx_sock_ntop(struct sockaddr *sa, socklen_t socklen, u_char *text, size_t len,
    ngx_uint_t port)
{
    return ngx_sprintf(text, "192.0.2.1:%d",
                       (int) ntohs(((struct sockaddr_in *) sa)->sin_port))
           - text;
}


/* all have ended: nothing is left to happen */

void
fuzz_http_event_check(void)
{
    ngx_event_t  *ev;

    /* those of the process itself are no reason to stay */

    for ( /* void */ ; timers; timers = timers->left) {
        ev = ngx_rbtree_data(timers, ngx_event_t, timer);

        fuzz_check(ev->cancelable);
        ev->timer_set = 0;
    }

    fuzz_check(fuzz_http_lookups == 0);
    fuzz_check(ngx_queue_empty(&ngx_posted_events));
}
