
#include "ngx_http_plaid_subrequest.h"


/* an exchange with its request fits; the reply comes when it is nearly over */
#define NGX_HTTP_PLAID_SUBREQUEST_POOL  2048


static ngx_int_t ngx_http_plaid_subrequest_start(ngx_plaid_call_t *call);
static void ngx_http_plaid_subrequest_cancel(ngx_plaid_call_t *call);
static ngx_http_plaid_subrequest_t *ngx_http_plaid_subrequest_create(
    ngx_http_request_t *r, ngx_plaid_call_t *call);
static ngx_int_t ngx_http_plaid_subrequest_post(ngx_http_request_t *r,
    ngx_http_plaid_subrequest_t *sub, ngx_plaid_call_t *call);
static ngx_int_t ngx_http_plaid_subrequest_uris(ngx_http_request_t *r,
    ngx_plaid_call_t *call, ngx_str_t *uri, ngx_str_t *path);
static ngx_int_t ngx_http_plaid_subrequest_isolate(ngx_http_request_t *sr);
static ngx_uint_t ngx_http_plaid_subrequest_location(ngx_http_request_t *sr,
    ngx_plaid_call_t *call);
static ngx_int_t ngx_http_plaid_subrequest_content(ngx_http_request_t *sr);
static void ngx_http_plaid_subrequest_run(ngx_event_t *ev);
static ngx_int_t ngx_http_plaid_subrequest_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_plaid_subrequest_gone(void *data);
static void ngx_http_plaid_subrequest_deliver(
    ngx_http_plaid_subrequest_t *sub);
static void ngx_http_plaid_subrequest_end(ngx_event_t *ev);
static void ngx_http_plaid_subrequest_stop(ngx_http_plaid_subrequest_t *sub);


ngx_plaid_transport_t  ngx_http_plaid_subrequest_transport = {
    ngx_http_plaid_subrequest_start,
    ngx_http_plaid_subrequest_cancel,
    0,
    NGX_HTTP_PLAID_SUBREQUEST_POOL
};


static ngx_int_t
ngx_http_plaid_subrequest_start(ngx_plaid_call_t *call)
{
    ngx_http_request_t           *r;
    ngx_http_plaid_subcall_t     *subcall;
    ngx_http_plaid_subrequest_t  *sub;

    r = call->owner;

    if (r == NULL) {
        return NGX_ERROR;
    }

    subcall = ngx_pcalloc(call->pool, sizeof(ngx_http_plaid_subcall_t));
    if (subcall == NULL) {
        return NGX_ERROR;
    }

    sub = ngx_http_plaid_subrequest_create(r, call);
    if (sub == NULL) {
        return NGX_ERROR;
    }

    subcall->ident.fd = (ngx_socket_t) -1;
    subcall->call = call;
    subcall->sub = sub;

    subcall->end.data = subcall;
    subcall->end.handler = ngx_http_plaid_subrequest_end;
    subcall->end.log = ngx_cycle->log;

    sub->subcall = subcall;
    call->transport = subcall;

    /* how it ends that never comes to an upstream */
    ngx_http_plaid_subrequest_refuse(call, "no proxy_pass in the location");

    /* nobody else may be about to run it: this may be a timer of ours */
    ngx_post_event(&sub->run, &ngx_posted_events);

    return NGX_OK;
}


static void
ngx_http_plaid_subrequest_cancel(ngx_plaid_call_t *call)
{
    ngx_http_plaid_subcall_t     *subcall;
    ngx_http_plaid_subrequest_t  *sub;

    subcall = call->transport;

    if (subcall == NULL) {
        return;
    }

    call->transport = NULL;

    if (subcall->end.posted) {
        ngx_delete_posted_event(&subcall->end);
    }

    sub = subcall->sub;

    if (sub) {
        ngx_http_plaid_subrequest_stop(sub);

        sub->subcall = NULL;
        subcall->sub = NULL;
    }
}


static ngx_http_plaid_subrequest_t *
ngx_http_plaid_subrequest_create(ngx_http_request_t *r, ngx_plaid_call_t *call)
{
    ngx_http_cleanup_t           *cln;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_pcalloc(r->pool, sizeof(ngx_http_plaid_subrequest_t));
    if (sub == NULL) {
        return NULL;
    }

    sub->ident.fd = (ngx_socket_t) -1;

    sub->run.data = sub;
    sub->run.handler = ngx_http_plaid_subrequest_run;
    sub->run.log = ngx_cycle->log;

    /* before the upstream's own, which it is to be run after */

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    if (ngx_http_plaid_subrequest_post(r, sub, call) != NGX_OK) {
        return NULL;
    }

    cln->handler = ngx_http_plaid_subrequest_gone;
    cln->data = sub;

    return sub;
}


static ngx_int_t
ngx_http_plaid_subrequest_post(ngx_http_request_t *r,
    ngx_http_plaid_subrequest_t *sub, ngx_plaid_call_t *call)
{
    ngx_str_t                    uri, path;
    ngx_uint_t                   count;
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;

    static ngx_str_t             post = ngx_string("POST");

    if (ngx_http_plaid_subrequest_uris(r, call, &uri, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_plaid_subrequest_done;
    ps->data = sub;

    count = r->main->count;

    if (ngx_http_subrequest(r, &uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND
                            |NGX_HTTP_SUBREQUEST_IN_MEMORY)
        != NGX_OK)
    {
        /*
         * Before 1.27.5 it may fail with the subrequest counted, but not
         * posted: one that never ends.  Nothing else of the client's request
         * changes for one in the background.
         */

        r->main->count = count;
        return NGX_ERROR;
    }

    sub->request = sr;
    sub->action = sr->connection->log->action;

    sr->method = NGX_HTTP_POST;
    sr->method_name = post;

    /* what a proxy_pass without a URI takes */

    sr->unparsed_uri = path;
    sr->valid_unparsed_uri = 1;

    if (ngx_http_plaid_subrequest_isolate(sr) != NGX_OK) {
        ngx_http_plaid_subrequest_stop(sub);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * A configured URI that ends with a slash is a place to append Plaid's path
 * to, as for "location /plaid/ { proxy_pass https://host/; }".
 */

static ngx_int_t
ngx_http_plaid_subrequest_uris(ngx_http_request_t *r, ngx_plaid_call_t *call,
    ngx_str_t *uri, ngx_str_t *path)
{
    u_char                   *p;
    ngx_str_t                *plaid;
    ngx_http_plaid_client_t  *client;

    client = (ngx_http_plaid_client_t *)
                 ((u_char *) call->peer
                  - offsetof(ngx_http_plaid_client_t, peer));

    plaid = &call->request->path;

    path->len = call->peer->prefix.len + plaid->len;

    path->data = ngx_pnalloc(r->pool, path->len);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    p = path->data;

    if (call->peer->prefix.len) {
        p = ngx_copy(p, call->peer->prefix.data, call->peer->prefix.len);
    }

    ngx_memcpy(p, plaid->data, plaid->len);

    *uri = client->subrequest;

    if (uri->data[uri->len - 1] != '/') {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, uri->len + plaid->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, uri->data, uri->len);
    ngx_memcpy(p + uri->len, plaid->data + 1, plaid->len - 1);

    uri->data = p;
    uri->len += plaid->len - 1;

    return NGX_OK;
}


/*
 * Nothing of the client's request is left but the name of the server, and no
 * value that a variable has in one of the two requests gets to the other.
 */

static ngx_int_t
ngx_http_plaid_subrequest_isolate(ngx_http_request_t *sr)
{
    ngx_str_t                   server;
    ngx_table_elt_t            *h;
    ngx_http_core_main_conf_t  *cmcf;

    server = sr->headers_in.server;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.server = server;
    sr->headers_in.content_length_n = -1;
    sr->headers_in.keep_alive_n = -1;

    sr->request_body = NULL;
    sr->discard_body = 0;

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);

    sr->variables = ngx_pcalloc(sr->pool, cmcf->variables.nelts
                                          * sizeof(ngx_http_variable_value_t));
    if (sr->variables == NULL) {
        return NGX_ERROR;
    }

    if (ngx_list_init(&sr->headers_in.headers, sr->pool, 1,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a server may well refuse requests without one */

    h = ngx_list_push(&sr->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    ngx_str_set(&h->key, "User-Agent");
    ngx_str_set(&h->value, NGX_PLAID_USER_AGENT);
    h->lowcase_key = (u_char *) "user-agent";
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);

    sr->headers_in.user_agent = h;

    return NGX_OK;
}


ngx_http_plaid_subrequest_t *
ngx_http_plaid_subrequest_get(ngx_http_request_t *sr)
{
    ngx_http_post_subrequest_t  *ps;

    /* unlike a context, this survives internal redirects */

    ps = sr->post_subrequest;

    if (ps == NULL || ps->handler != ngx_http_plaid_subrequest_done) {
        return NULL;
    }

    return ps->data;
}


ngx_int_t
ngx_http_plaid_subrequest_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(r);

    if (sub == NULL) {
        return NGX_DECLINED;
    }

    if (sub->subcall == NULL
        || r->content_handler == NULL
        || !ngx_http_plaid_subrequest_location(r, sub->subcall->call))
    {
        return NGX_HTTP_NOT_FOUND;
    }

    sub->content_handler = r->content_handler;
    r->content_handler = ngx_http_plaid_subrequest_content;

    return NGX_DECLINED;
}


/*
 * In a server without the location another one serves the subrequest,
 * "location /" for instance: that of the app, which must not get the secret.
 */

static ngx_uint_t
ngx_http_plaid_subrequest_location(ngx_http_request_t *sr,
    ngx_plaid_call_t *call)
{
    ngx_str_t                  uri;
    ngx_http_plaid_client_t   *client;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(sr, ngx_http_core_module);

    client = (ngx_http_plaid_client_t *)
                 ((u_char *) call->peer
                  - offsetof(ngx_http_plaid_client_t, peer));

    uri = client->subrequest;

    if (clcf->internal
        || (clcf->name.len == uri.len
            && ngx_strncmp(clcf->name.data, uri.data, uri.len) == 0))
    {
        return 1;
    }

    ngx_http_plaid_subrequest_refuse(call, "no internal location");

    return 0;
}


static ngx_int_t
ngx_http_plaid_subrequest_content(ngx_http_request_t *sr)
{
    ngx_int_t                     rc;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);

    /*
     * The handler sets an upstream up and initializes it, which ends at once
     * while "aio" is set: there is no other moment to make it ours before it
     * is put to work.
     */

    sr->aio = 1;

    rc = sub->content_handler(sr);

    sr->aio = 0;

    if (rc != NGX_DONE) {
        return rc;
    }

    switch (ngx_http_plaid_subrequest_take(sub)) {

    case NGX_OK:
        sub->state = NGX_HTTP_PLAID_SUBREQUEST_UPSTREAM;
        ngx_http_upstream_init(sr);
        break;

    case NGX_DECLINED:
        sub->state = NGX_HTTP_PLAID_SUBREQUEST_FOREIGN;
        break;

    default: /* NGX_ERROR */
        ngx_http_finalize_request(sr, NGX_HTTP_INTERNAL_SERVER_ERROR);
        break;
    }

    return NGX_DONE;
}


static void
ngx_http_plaid_subrequest_run(ngx_event_t *ev)
{
    ngx_connection_t             *c;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ev->data;
    c = sub->request->connection;

    ngx_http_run_posted_requests(c);
}


/* the result is never an error: that would end the client's request, too */

static ngx_int_t
ngx_http_plaid_subrequest_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_plaid_subrequest_t *sub = data;

    sub->state = NGX_HTTP_PLAID_SUBREQUEST_ENDED;
    sr->connection->log->action = sub->action;

    ngx_http_plaid_subrequest_deliver(sub);

    return NGX_OK;
}


/* the main request ends, maybe with the subrequest still under way */

static void
ngx_http_plaid_subrequest_gone(void *data)
{
    ngx_plaid_call_t             *call;
    ngx_http_plaid_subrequest_t  *sub = data;

    if (sub->run.posted) {
        ngx_delete_posted_event(&sub->run);
    }

    if (sub->subcall == NULL) {
        return;
    }

    if (sub->state != NGX_HTTP_PLAID_SUBREQUEST_UPSTREAM) {
        /* else its upstream, whose cleanup comes first, has said more */
        call = sub->subcall->call;
        call->rc = NGX_PLAID_CALL_INTERNAL;
        ngx_str_set(&call->detail, "the request has been terminated");
    }

    sub->state = NGX_HTTP_PLAID_SUBREQUEST_ENDED;

    ngx_http_plaid_subrequest_deliver(sub);
}


/*
 * Not at once, but from the event loop: we are below the subrequest's own
 * end, and what the main request does next must not be.
 */

static void
ngx_http_plaid_subrequest_deliver(ngx_http_plaid_subrequest_t *sub)
{
    ngx_http_plaid_subcall_t  *subcall;

    subcall = sub->subcall;

    if (subcall == NULL) {
        return;
    }

    sub->subcall = NULL;
    subcall->sub = NULL;

    ngx_post_event(&subcall->end, &ngx_posted_events);
}


static void
ngx_http_plaid_subrequest_end(ngx_event_t *ev)
{
    ngx_plaid_call_t          *call;
    ngx_http_plaid_subcall_t  *subcall;

    subcall = ev->data;
    call = subcall->call;

    call->transport = NULL;

    call->handler(call);
}


/* ends the subrequest, without a log line, and lets the main request go */

static void
ngx_http_plaid_subrequest_stop(ngx_http_plaid_subrequest_t *sub)
{
    ngx_event_t                        *wev;
    ngx_http_request_t                 *sr;
    ngx_http_upstream_t                *u;
    ngx_http_plaid_subrequest_state_e   state;

    sr = sub->request;
    u = sr->upstream;
    wev = sr->connection->write;

    state = sub->state;

    if (state == NGX_HTTP_PLAID_SUBREQUEST_FOREIGN) {
        /* whatever that is, it ends by itself */
        return;
    }

    sub->state = NGX_HTTP_PLAID_SUBREQUEST_ENDED;

    sr->write_event_handler = ngx_http_request_empty_handler;

    if (state == NGX_HTTP_PLAID_SUBREQUEST_UPSTREAM && u->cleanup) {
        (*u->cleanup)(sr);

    } else {

        if (wev->delayed) {
            /* "limit_req" of the location; the client's answer is not to be */
            wev->delayed = 0;

            if (wev->timer_set) {
                ngx_del_timer(wev);
            }
        }

        ngx_http_finalize_request(sr, NGX_DONE);
    }

    sr->connection->log->action = sub->action;
}


void
ngx_http_plaid_subrequest_refuse(ngx_plaid_call_t *call, char *detail)
{
    call->rc = NGX_PLAID_CALL_BAD_REPLY;
    call->detail.data = (u_char *) detail;
    call->detail.len = ngx_strlen(detail);
}
