
/* Webhooks: one attempt after the other, until one is accepted. */


#include "ngx_plaid_sandbox_webhook_int.h"
#include "ngx_plaid_sandbox_jwt.h"


static ngx_int_t ngx_plaid_sandbox_webhook_copy(
    ngx_plaid_sandbox_webhook_t *w, ngx_pool_t *pool,
    ngx_plaid_sandbox_hook_t *hook);
static ngx_int_t ngx_plaid_sandbox_webhook_dup(ngx_pool_t *pool,
    ngx_str_t *dst, ngx_str_t *src);
static const char *ngx_plaid_sandbox_webhook_address(
    ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_attempt(ngx_plaid_sandbox_webhook_t *w);
static ngx_int_t ngx_plaid_sandbox_webhook_request(
    ngx_plaid_sandbox_webhook_t *w);
static ngx_uint_t ngx_plaid_sandbox_webhook_again(
    ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_timer(ngx_event_t *ev);
static void ngx_plaid_sandbox_webhook_close(ngx_plaid_sandbox_webhook_t *w);
static void ngx_plaid_sandbox_webhook_free(ngx_plaid_sandbox_webhook_t *w);


static ngx_queue_t  ngx_plaid_sandbox_webhooks;
static ngx_uint_t   ngx_plaid_sandbox_webhooks_n;


void
ngx_plaid_sandbox_webhook(ngx_plaid_sandbox_store_t *store,
    ngx_plaid_sandbox_sender_t *sender, ngx_plaid_sandbox_hook_t *hook)
{
    ngx_pool_t                   *pool;
    const char                   *failure;
    ngx_plaid_sandbox_webhook_t  *w;

    pool = NULL;

    if (ngx_plaid_sandbox_webhooks_n < NGX_PLAID_SANDBOX_WEBHOOK_MAX) {
        pool = ngx_create_pool(4096, ngx_cycle->log);
    }

    w = pool ? ngx_pcalloc(pool, sizeof(ngx_plaid_sandbox_webhook_t)) : NULL;

    if (w == NULL || ngx_plaid_sandbox_webhook_copy(w, pool, hook) != NGX_OK) {
        if (pool) {
            ngx_destroy_pool(pool);
        }

        (void) ngx_atomic_fetch_add(&store->sh->counters.webhooks, 1);
        (void) ngx_atomic_fetch_add(&store->sh->counters.webhooks_failed, 1);
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "plaid_sandbox has no room for a webhook");
        return;
    }

    if (ngx_plaid_sandbox_webhooks_n++ == 0) {
        ngx_queue_init(&ngx_plaid_sandbox_webhooks);
    }

    ngx_queue_insert_tail(&ngx_plaid_sandbox_webhooks, &w->queue);

    w->pool = pool;
    w->log = ngx_cycle->log;
    w->store = store;
    w->sender = sender;
    w->left = hook->repeat;

    w->dummy.fd = (ngx_socket_t) -1;
    w->timer.data = &w->dummy;
    w->dummy.data = w;
    w->timer.log = w->log;
    w->timer.handler = ngx_plaid_sandbox_webhook_timer;
    w->timer.cancelable = 1;

    failure = ngx_plaid_sandbox_webhook_address(w);

    if (failure) {
        (void) ngx_atomic_fetch_add(&store->sh->counters.webhooks, 1);
        w->left = 0;
        ngx_plaid_sandbox_webhook_done(w, failure);
        return;
    }

    w->started = ngx_current_msec;
    w->pause = sender->retry;

    ngx_plaid_sandbox_webhook_attempt(w);
}


static ngx_int_t
ngx_plaid_sandbox_webhook_copy(ngx_plaid_sandbox_webhook_t *w,
    ngx_pool_t *pool, ngx_plaid_sandbox_hook_t *hook)
{
    static ngx_str_t  json = ngx_string("application/json");

    w->hook = *hook;

    return (ngx_plaid_sandbox_webhook_dup(pool, &w->hook.url, &hook->url)
            == NGX_OK
            && ngx_plaid_sandbox_webhook_dup(pool, &w->hook.body, &hook->body)
               == NGX_OK
            && ngx_plaid_sandbox_webhook_dup(pool, &w->hook.alg, &hook->alg)
               == NGX_OK
            && ngx_plaid_sandbox_webhook_dup(pool, &w->hook.kid, &hook->kid)
               == NGX_OK
            && ngx_plaid_sandbox_webhook_dup(pool, &w->hook.type,
                                      hook->type.len ? &hook->type : &json)
               == NGX_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_sandbox_webhook_dup(ngx_pool_t *pool, ngx_str_t *dst, ngx_str_t *src)
{
    dst->len = src->len;
    dst->data = ngx_pnalloc(pool, src->len + 1);

    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    if (src->len) {
        ngx_memcpy(dst->data, src->data, src->len);
    }

    dst->data[src->len] = '\0';

    return NGX_OK;
}


/* Reads the address; returns what is wrong with it, or NULL. */

static const char *
ngx_plaid_sandbox_webhook_address(ngx_plaid_sandbox_webhook_t *w)
{
    size_t  len;

    static ngx_str_t  root = ngx_string("/");

    w->url.url = w->hook.url;
    w->url.default_port = 80;
    len = sizeof("http://") - 1;

    if (ngx_strncasecmp(w->url.url.data, (u_char *) "https://", 8) == 0) {
        w->secure = 1;
        w->url.default_port = 443;
        len++;

#if (NGX_SSL)
        if (w->sender->ssl == NULL) {
            return "no trusted certificates for https";
        }
#else
        return "this nginx has no SSL";
#endif
    }

    w->url.url.data += len;
    w->url.url.len -= len;
    w->url.uri_part = 1;
    w->url.no_resolve = 1;

    if (ngx_parse_url(w->pool, &w->url) != NGX_OK) {
        return "invalid address";
    }

    if (w->url.uri.len == 0) {
        w->url.uri = root;
    }

    return NULL;
}


static void
ngx_plaid_sandbox_webhook_attempt(ngx_plaid_sandbox_webhook_t *w)
{
    (void) ngx_atomic_fetch_add(&w->store->sh->counters.webhooks, 1);

    w->received = 0;
    ngx_memzero(&w->peer, sizeof(ngx_peer_connection_t));

    w->attempt = ngx_create_pool(4096, w->log);

    if (w->attempt == NULL || ngx_plaid_sandbox_webhook_request(w) != NGX_OK) {
        ngx_plaid_sandbox_webhook_done(w, "no memory");
        return;
    }

    ngx_plaid_sandbox_webhook_deliver(w);
}


static ngx_int_t
ngx_plaid_sandbox_webhook_request(ngx_plaid_sandbox_webhook_t *w)
{
    size_t      len;
    ngx_buf_t  *b;
    ngx_str_t   jwt;

    ngx_str_null(&jwt);

    if (!w->hook.unsigned_
        && ngx_plaid_sandbox_jwt(w->attempt, w->store, ngx_time(), &w->hook,
                                 &jwt)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    len = sizeof("POST / HTTP/1.1" CRLF "Host: :65535" CRLF
                 "Content-Type: " CRLF
                 "Content-Length: " CRLF "Connection: close" CRLF
                 "User-Agent: plaid_sandbox" CRLF CRLF) - 1
          + 2 * (sizeof("Plaid-Verification: " CRLF) - 1 + jwt.len)
          + w->url.uri.len + w->url.host.len + NGX_SIZE_T_LEN
          + w->hook.type.len + w->hook.body.len;

    b = ngx_create_temp_buf(w->attempt, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    /* "http://host?a=b" has no path, and its query is "?a=b" */

    b->last = ngx_sprintf(b->last, "POST %s%V HTTP/1.1" CRLF
                          "Host: %V:%ui" CRLF
                          "Content-Type: %V" CRLF
                          "Content-Length: %uz" CRLF
                          "Connection: close" CRLF
                          "User-Agent: plaid_sandbox" CRLF,
                          w->url.uri.data[0] == '/' ? "" : "/", &w->url.uri,
                          &w->url.host, (ngx_uint_t) w->url.port,
                          &w->hook.type, w->hook.body.len);

    if (jwt.len) {
        b->last = ngx_sprintf(b->last, "Plaid-Verification: %V" CRLF, &jwt);
    }

    if (jwt.len && w->hook.twice) {
        b->last = ngx_sprintf(b->last, "Plaid-Verification: %V" CRLF, &jwt);
    }

    *b->last++ = CR;
    *b->last++ = LF;
    b->last = ngx_cpymem(b->last, w->hook.body.data, w->hook.body.len);

    w->request = b;

    return NGX_OK;
}


/* The end of an attempt, and of the webhook, unless it is sent once more. */

void
ngx_plaid_sandbox_webhook_done(ngx_plaid_sandbox_webhook_t *w,
    const char *failure)
{
    ngx_plaid_sandbox_webhook_close(w);

    if (failure) {
        (void) ngx_atomic_fetch_add(&w->store->sh->counters.webhooks_failed,
                                    1);

        ngx_log_error(NGX_LOG_ERR, w->log, 0,
                      "plaid_sandbox could not send a webhook to \"%V\": %s",
                      &w->hook.url, failure);

        if (ngx_plaid_sandbox_webhook_again(w)) {
            return;
        }
    }

    if (w->left > 1) {
        w->left--;
        w->started = ngx_current_msec;
        w->pause = w->sender->retry;

        ngx_add_timer(&w->timer, 0);
        return;
    }

    ngx_plaid_sandbox_webhook_free(w);
}


/* Each pause is four times the one before, as Plaid's. */

static ngx_uint_t
ngx_plaid_sandbox_webhook_again(ngx_plaid_sandbox_webhook_t *w)
{
    ngx_msec_t  pause;

    pause = w->pause;

    if (pause == 0 || ngx_exiting || w->left == 0
        || ngx_current_msec - w->started + pause > w->sender->retry_for)
    {
        return 0;
    }

    w->pause = 4 * pause;

    ngx_add_timer(&w->timer, pause);

    return 1;
}


static void
ngx_plaid_sandbox_webhook_timer(ngx_event_t *ev)
{
    ngx_connection_t  *c = ev->data;

    ngx_plaid_sandbox_webhook_attempt(c->data);
}


static void
ngx_plaid_sandbox_webhook_close(ngx_plaid_sandbox_webhook_t *w)
{
    ngx_plaid_sandbox_webhook_disconnect(w);

    if (w->request) {
        ngx_explicit_memzero(w->request->start,
                             w->request->end - w->request->start);
        w->request = NULL;
    }

    if (w->attempt) {
        ngx_destroy_pool(w->attempt);
        w->attempt = NULL;
    }
}


static void
ngx_plaid_sandbox_webhook_free(ngx_plaid_sandbox_webhook_t *w)
{
    if (w->timer.timer_set) {
        ngx_del_timer(&w->timer);
    }

    ngx_queue_remove(&w->queue);
    ngx_plaid_sandbox_webhooks_n--;

    ngx_destroy_pool(w->pool);
}


void
ngx_plaid_sandbox_webhook_exit(void)
{
    ngx_queue_t                  *q;
    ngx_plaid_sandbox_webhook_t  *w;

    while (ngx_plaid_sandbox_webhooks_n) {
        q = ngx_queue_head(&ngx_plaid_sandbox_webhooks);
        w = ngx_queue_data(q, ngx_plaid_sandbox_webhook_t, queue);

        ngx_plaid_sandbox_webhook_close(w);
        ngx_plaid_sandbox_webhook_free(w);
    }
}
