
/*
 * The call as a subrequest: where it goes, and how it ends.
 */


#include "ngx_http_plaid_subrequest_int.h"


/* an exchange with its request fits; the reply comes when it is nearly over */
#define NGX_HTTP_PLAID_SUBREQUEST_POOL  2048

/* until a thread that was at work is asked for again, milliseconds */
#define NGX_HTTP_PLAID_SUBREQUEST_WAIT  50


static ngx_int_t ngx_http_plaid_subrequest_start(ngx_plaid_call_t *call);
static void ngx_http_plaid_subrequest_cancel(ngx_plaid_call_t *call);
static ngx_int_t ngx_http_plaid_subrequest_create(
    ngx_http_plaid_subrequest_t *sub);
static ngx_int_t ngx_http_plaid_subrequest_uris(
    ngx_http_plaid_subrequest_t *sub, ngx_str_t *uri, ngx_str_t *path);
static ngx_uint_t ngx_http_plaid_subrequest_location(ngx_http_request_t *sr,
    ngx_plaid_call_t *call);
static ngx_int_t ngx_http_plaid_subrequest_content(ngx_http_request_t *sr);
static void ngx_http_plaid_subrequest_run(ngx_event_t *ev);
static ngx_int_t ngx_http_plaid_subrequest_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_plaid_subrequest_end(ngx_event_t *ev);
static void ngx_http_plaid_subrequest_destroy(ngx_event_t *ev);


ngx_plaid_transport_t  ngx_http_plaid_subrequest_transport = {
    ngx_http_plaid_subrequest_start,
    ngx_http_plaid_subrequest_cancel,
    NULL,
    0,
    NGX_HTTP_PLAID_SUBREQUEST_POOL
};


static ngx_int_t
ngx_http_plaid_subrequest_start(ngx_plaid_call_t *call)
{
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_calloc(sizeof(ngx_http_plaid_subrequest_t), ngx_cycle->log);
    if (sub == NULL) {
        return NGX_ERROR;
    }

    sub->ident.fd = (ngx_socket_t) -1;
    sub->call = call;

    sub->event.data = sub;
    sub->event.handler = ngx_http_plaid_subrequest_run;
    sub->event.log = ngx_cycle->log;

    if (ngx_http_plaid_subrequest_request(sub) != NGX_OK
        || ngx_http_plaid_subrequest_create(sub) != NGX_OK)
    {
        sub->call = NULL;
        ngx_http_plaid_subrequest_destroy(&sub->event);
        return NGX_ERROR;
    }

    call->transport = sub;

    /* the outcome if it never comes to an upstream */
    ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY,
                        "no proxy_pass in the location");

    ngx_post_event(&sub->event, &ngx_posted_events);

    return NGX_OK;
}


static void
ngx_http_plaid_subrequest_cancel(ngx_plaid_call_t *call)
{
    ngx_http_plaid_subrequest_t  *sub;

    sub = call->transport;

    if (sub == NULL) {
        return;
    }

    call->transport = NULL;

    /* the end of its upstream sets call->sent */
    ngx_http_plaid_subrequest_destroy(&sub->event);
}


static ngx_int_t
ngx_http_plaid_subrequest_create(ngx_http_plaid_subrequest_t *sub)
{
    ngx_str_t                    uri, path;
    ngx_http_request_t          *r, *sr;
    ngx_http_post_subrequest_t  *ps;

    static ngx_str_t             post = ngx_string("POST");

    r = sub->main;

    if (ngx_http_plaid_subrequest_uris(sub, &uri, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    r->uri = uri;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_plaid_subrequest_done;
    ps->data = sub;

    if (ngx_http_subrequest(r, &uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND
                            |NGX_HTTP_SUBREQUEST_IN_MEMORY)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sub->request = sr;
    r->connection->data = sr;

    sr->method = NGX_HTTP_POST;
    sr->method_name = post;

    /* what a proxy_pass without a URI takes */

    sr->unparsed_uri = path;
    sr->valid_unparsed_uri = 1;

    return NGX_OK;
}


/*
 * A configured URI that ends with a slash is a place to append Plaid's path
 * to, as for "location /plaid/ { proxy_pass https://host/; }".
 */

static ngx_int_t
ngx_http_plaid_subrequest_uris(ngx_http_plaid_subrequest_t *sub,
    ngx_str_t *uri, ngx_str_t *path)
{
    u_char                   *p;
    ngx_str_t                *plaid;
    ngx_pool_t               *pool;
    ngx_plaid_call_t         *call;
    ngx_http_plaid_client_t  *client;

    call = sub->call;
    pool = sub->main->pool;

    client = (ngx_http_plaid_client_t *)
                 ((u_char *) call->peer
                  - offsetof(ngx_http_plaid_client_t, peer));

    plaid = &call->request->path;

    path->len = call->peer->prefix.len + plaid->len;

    path->data = ngx_pnalloc(pool, path->len);
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

    p = ngx_pnalloc(pool, uri->len + plaid->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, uri->data, uri->len);
    ngx_memcpy(p + uri->len, plaid->data + 1, plaid->len - 1);

    uri->data = p;
    uri->len += plaid->len - 1;

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


ngx_uint_t
ngx_http_plaid_subrequest_own(ngx_http_request_t *r)
{
    return ngx_http_plaid_subrequest_get(r) != NULL;
}


ngx_int_t
ngx_http_plaid_subrequest_handler(ngx_http_request_t *r)
{
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(r);

    if (sub == NULL) {
        return NGX_DECLINED;
    }

    if (sub->call == NULL
        || r->content_handler == NULL
        || !ngx_http_plaid_subrequest_location(r, sub->call))
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

    ngx_plaid_call_fail(call, NGX_PLAID_CALL_BAD_REPLY,
                        "no internal location");

    return 0;
}


/*
 * proxy_pass sets up an upstream and initializes it, which ends at once while
 * "aio" is set: there is no other moment to make it ours before it is put to
 * work.  What else the location may serve has no place here.
 */

static ngx_int_t
ngx_http_plaid_subrequest_content(ngx_http_request_t *sr)
{
    ngx_int_t                     rc;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ngx_http_plaid_subrequest_get(sr);

    sr->aio = 1;

    rc = sub->content_handler(sr);

    sr->aio = 0;

    if (rc != NGX_DONE || sr->upstream == NULL || sr->upstream->cleanup) {
        return rc;
    }

    if (ngx_http_plaid_subrequest_take(sub) != NGX_OK) {
        ngx_http_finalize_request(sr, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    sub->state = NGX_HTTP_PLAID_SUBREQUEST_UPSTREAM;

    ngx_http_upstream_init(sr);

    return NGX_DONE;
}


static void
ngx_http_plaid_subrequest_run(ngx_event_t *ev)
{
    ngx_http_plaid_subrequest_t  *sub;

    sub = ev->data;

    ngx_http_run_posted_requests(&sub->conn.connection);
}


/*
 * The result is never an error, for which nginx would end the main request.
 * The call ends from the event loop: we are below the subrequest's own end.
 */

static ngx_int_t
ngx_http_plaid_subrequest_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_plaid_subrequest_t *sub = data;

    sub->state = NGX_HTTP_PLAID_SUBREQUEST_ENDED;

    if (sub->call) {
        sub->event.handler = ngx_http_plaid_subrequest_end;
        ngx_post_event(&sub->event, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_http_plaid_subrequest_end(ngx_event_t *ev)
{
    ngx_plaid_call_t             *call;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ev->data;
    call = sub->call;

    call->transport = NULL;

    ngx_http_plaid_subrequest_destroy(ev);

    call->handler(call);
}


static void
ngx_http_plaid_subrequest_destroy(ngx_event_t *ev)
{
    ngx_int_t                     rc;
    ngx_http_plaid_subrequest_t  *sub;

    sub = ev->data;

    rc = ngx_http_plaid_subrequest_free(sub);

    /* freeing it may have ended the subrequest just now */

    sub->call = NULL;

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    if (rc == NGX_AGAIN) {
        ev->handler = ngx_http_plaid_subrequest_destroy;
        ngx_add_timer(ev, NGX_HTTP_PLAID_SUBREQUEST_WAIT);
        return;
    }

    ngx_free(sub);
}
