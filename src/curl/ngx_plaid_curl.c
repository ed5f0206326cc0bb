
#include "ngx_plaid_curl.h"
#include "ngx_plaid_curl_loop.h"
#include "ngx_plaid_curl_mem.h"
#include "ngx_plaid_curl_easy.h"
#include <ngx_event.h>


/* an exchange with its request and a usual reply fits */
#define NGX_PLAID_CURL_POOL       3072


static ngx_int_t ngx_plaid_curl_start(ngx_plaid_call_t *call);
static void ngx_plaid_curl_cancel(ngx_plaid_call_t *call);
static ngx_plaid_curl_t *ngx_plaid_curl_get(ngx_plaid_peer_t *peer);
static ngx_int_t ngx_plaid_curl_open(ngx_plaid_curl_t *curl);
static void ngx_plaid_curl_rest(ngx_plaid_curl_t *curl);
static void ngx_plaid_curl_release(ngx_plaid_curl_call_t *cc);
static void ngx_plaid_curl_count(ngx_plaid_curl_call_t *cc);
static void ngx_plaid_curl_event(void *owner, curl_socket_t s, int mask);
static void ngx_plaid_curl_action(ngx_plaid_curl_t *curl, curl_socket_t s,
    int mask);
static void ngx_plaid_curl_drain(ngx_plaid_curl_t *curl);
static void ngx_plaid_curl_broken(ngx_plaid_curl_t *curl);
static int ngx_plaid_curl_watch(CURL *easy, curl_socket_t s, int what,
    void *data, void *unused);
static int ngx_plaid_curl_set_timer(CURLM *multi, long ms, void *data);
static void ngx_plaid_curl_timer(ngx_event_t *ev);
static void ngx_plaid_curl_idle(ngx_event_t *ev);


ngx_plaid_transport_t  ngx_plaid_curl_transport = {
    ngx_plaid_curl_start,
    ngx_plaid_curl_cancel,
    1,
    NGX_PLAID_CURL_POOL
};


static ngx_int_t
ngx_plaid_curl_start(ngx_plaid_call_t *call)
{
    ngx_plaid_curl_t       *curl;
    ngx_plaid_curl_call_t  *cc;

    curl = ngx_plaid_curl_get(call->peer);
    if (curl == NULL) {
        return NGX_ERROR;
    }

    cc = ngx_plaid_curl_easy_create(curl, call);
    if (cc == NULL) {
        return NGX_ERROR;
    }

    if (curl_multi_add_handle(curl->multi, cc->easy) != CURLM_OK) {
        ngx_plaid_curl_easy_free(cc);
        return NGX_ERROR;
    }

    call->transport = cc;

    ngx_queue_insert_tail(&curl->calls, &cc->queue);
    curl->ncalls++;

    /* connects and writes in this round of the event loop, not in the next */

    if (curl->kick.posted && !curl->kick_soon) {
        ngx_delete_posted_event(&curl->kick);
    }

    curl->kick_soon = 1;
    ngx_post_event(&curl->kick, &ngx_posted_events);

    return NGX_OK;
}


static void
ngx_plaid_curl_cancel(ngx_plaid_call_t *call)
{
    ngx_plaid_curl_call_t  *cc;

    cc = call->transport;

    if (cc == NULL) {
        return;
    }

    ngx_plaid_curl_easy_sent(cc);
    ngx_plaid_curl_release(cc);
}


static ngx_plaid_curl_t *
ngx_plaid_curl_get(ngx_plaid_peer_t *peer)
{
    ngx_plaid_curl_t  *curl;

    curl = peer->curl;

    if (curl == NULL) {
        if (ngx_plaid_curl_mem_init(ngx_cycle->log) != NGX_OK) {
            return NULL;
        }

        curl = ngx_calloc(sizeof(ngx_plaid_curl_t), ngx_cycle->log);
        if (curl == NULL) {
            return NULL;
        }

        curl->ident.fd = (ngx_socket_t) -1;
        curl->peer = peer;
        curl->most = ngx_plaid_curl_handle_most(peer);

        curl->timer.data = curl;
        curl->timer.handler = ngx_plaid_curl_timer;
        curl->timer.log = ngx_cycle->log;
        /* it is the callers' timers that hold a worker which is to quit */
        curl->timer.cancelable = 1;

        curl->kick = curl->timer;

        curl->idle = curl->timer;
        curl->idle.handler = ngx_plaid_curl_idle;

        ngx_queue_init(&curl->calls);

        peer->curl = curl;
    }

    if (curl->multi == NULL && ngx_plaid_curl_open(curl) != NGX_OK) {
        return NULL;
    }

    return curl;
}


static ngx_int_t
ngx_plaid_curl_open(ngx_plaid_curl_t *curl)
{
    CURLM             *multi;
    ngx_plaid_peer_t  *peer;

    peer = curl->peer;

    if (curl->share == NULL) {
        curl->share = curl_share_init();

        if (curl->share == NULL
            || curl_share_setopt(curl->share, CURLSHOPT_SHARE,
                                 CURL_LOCK_DATA_SSL_SESSION)
               != CURLSHE_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_plaid_curl_loop_use(ngx_plaid_curl_event) != NGX_OK) {
        return NGX_ERROR;
    }

    multi = curl_multi_init();

    /*
     * the limit counts connections at work too: were it the number of idle
     * ones, busy ones would be closed (see ngx_plaid_curl_easy_header())
     */

    if (multi == NULL
        || curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             ngx_plaid_curl_watch)
        || curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl)
        || curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             ngx_plaid_curl_set_timer)
        || curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl)
        || curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                             (long) (peer->max_inflight + peer->keepalive)))
    {
        if (multi) {
            (void) curl_multi_cleanup(multi);
        }

        ngx_plaid_curl_loop_release();

        return NGX_ERROR;
    }

    curl->multi = multi;

    return NGX_OK;
}


/* closes every connection, of which none is in use, and the loop */

static void
ngx_plaid_curl_rest(ngx_plaid_curl_t *curl)
{
    if (curl->multi == NULL) {
        return;
    }

    ngx_plaid_curl_handle_free_spare(curl);

    (void) curl_multi_cleanup(curl->multi);
    ERR_clear_error();

    curl->multi = NULL;

    if (curl->timer.timer_set) {
        ngx_del_timer(&curl->timer);
    }

    if (curl->idle.timer_set) {
        ngx_del_timer(&curl->idle);
    }

    if (curl->kick.posted) {
        ngx_delete_posted_event(&curl->kick);
    }

    curl->kick_soon = 0;

    ngx_plaid_curl_loop_forget(curl);
    ngx_plaid_curl_loop_release();
}


void
ngx_plaid_curl_close(ngx_plaid_peer_t *peer)
{
    ngx_queue_t       *q;
    ngx_plaid_curl_t  *curl;

    curl = peer->curl;

    if (curl == NULL) {
        return;
    }

    while (!ngx_queue_empty(&curl->calls)) {
        q = ngx_queue_head(&curl->calls);
        ngx_plaid_curl_release(ngx_queue_data(q, ngx_plaid_curl_call_t,
                                              queue));
    }

    ngx_plaid_curl_rest(curl);

    if (curl->share) {
        (void) curl_share_cleanup(curl->share);
    }

    curl_url_cleanup(curl->url);

    ngx_free(curl);
    peer->curl = NULL;
}


static void
ngx_plaid_curl_release(ngx_plaid_curl_call_t *cc)
{
    ngx_plaid_curl_t  *curl;

    curl = cc->curl;

    cc->call->transport = NULL;

    ngx_plaid_curl_count(cc);

    ngx_queue_remove(&cc->queue);
    curl->ncalls--;

    (void) curl_multi_remove_handle(curl->multi, cc->easy);

    ngx_plaid_curl_easy_free(cc);
    ERR_clear_error();

    if (curl->ncalls == 0) {
        curl->idle_since = ngx_current_msec;

        if (!curl->idle.timer_set) {
            ngx_add_timer(&curl->idle, curl->peer->keepalive_timeout);
        }
    }
}


static void
ngx_plaid_curl_count(ngx_plaid_curl_call_t *cc)
{
    long  n;

    if (cc->turn == cc->curl->turn) {
        /* not begun: the handle tells of its last call */
        return;
    }

    n = 0;
    (void) curl_easy_getinfo(cc->easy, CURLINFO_NUM_CONNECTS, &n);

    if (n > 0) {
        ngx_plaid_stats_count(&cc->call->peer->stats, NGX_PLAID_STATS_OPENED);

    } else if (cc->ready) {
        ngx_plaid_stats_count(&cc->call->peer->stats, NGX_PLAID_STATS_REUSED);
    }
}


static void
ngx_plaid_curl_event(void *owner, curl_socket_t s, int mask)
{
    ngx_plaid_curl_action(owner, s, mask);
}


static void
ngx_plaid_curl_action(ngx_plaid_curl_t *curl, curl_socket_t s, int mask)
{
    int        running;
    CURLMcode  rc;

    curl->turn++;

    rc = curl_multi_socket_action(curl->multi, s, mask, &running);

    /* nginx takes what is left there for a failure of its own TLS */
    ERR_clear_error();

    if (rc != CURLM_OK && rc != CURLM_BAD_SOCKET) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "curl_multi_socket_action() failed: %s",
                      curl_multi_strerror(rc));
        ngx_plaid_curl_broken(curl);
        return;
    }

    ngx_plaid_curl_drain(curl);
}


static void
ngx_plaid_curl_drain(ngx_plaid_curl_t *curl)
{
    int                     left;
    CURL                   *easy;
    CURLMsg                *msg;
    CURLcode                rc;
    ngx_plaid_call_t       *call;
    ngx_plaid_curl_call_t  *cc;

    /* a handler may close all: curl->multi is read anew each time */

    while (curl->multi) {

        msg = curl_multi_info_read(curl->multi, &left);

        if (msg == NULL) {
            return;
        }

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* the message does not survive the removal of its handle */

        easy = msg->easy_handle;
        rc = msg->data.result;

        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &cc)
            != CURLE_OK)
        {
            continue;
        }

        call = cc->call;

        ngx_plaid_curl_easy_result(cc, rc);
        ngx_plaid_curl_release(cc);

        call->handler(call);
    }
}


/* what libcurl thinks of its transfers is undefined now: all anew */

static void
ngx_plaid_curl_broken(ngx_plaid_curl_t *curl)
{
    ngx_queue_t             broken, *q, *next;
    ngx_plaid_curl_call_t  *cc;

    ngx_queue_init(&broken);

    while (!ngx_queue_empty(&curl->calls)) {
        q = ngx_queue_head(&curl->calls);
        cc = ngx_queue_data(q, ngx_plaid_curl_call_t, queue);

        ngx_plaid_curl_easy_result(cc, CURLE_FAILED_INIT);
        ngx_plaid_curl_release(cc);

        ngx_queue_insert_tail(&broken, q);
    }

    ngx_plaid_curl_rest(curl);

    for (q = ngx_queue_head(&broken);
         q != ngx_queue_sentinel(&broken);
         q = next)
    {
        next = ngx_queue_next(q);

        cc = ngx_queue_data(q, ngx_plaid_curl_call_t, queue);
        cc->call->handler(cc->call);
    }
}


static int
ngx_plaid_curl_watch(CURL *easy, curl_socket_t s, int what, void *data,
    void *unused)
{
    ngx_plaid_curl_t  *curl = data;

    ngx_plaid_curl_loop_watch(s, what, curl->peer->http2);

    return 0;
}


static int
ngx_plaid_curl_set_timer(CURLM *multi, long ms, void *data)
{
    ngx_plaid_curl_t  *curl = data;

    /* ngx_add_timer() would keep an old timer that is 300 ms off */

    if (curl->timer.timer_set) {
        ngx_del_timer(&curl->timer);
    }

    if (ms == 0) {
        /* libcurl must not be called from here, nor for ever in one round */

        if (!curl->kick.posted) {
            ngx_post_event(&curl->kick, &ngx_posted_next_events);
        }

    } else if (ms > 0) {
        ngx_add_timer(&curl->timer, (ngx_msec_t) ms);
    }

    return 0;
}


static void
ngx_plaid_curl_timer(ngx_event_t *ev)
{
    ngx_plaid_curl_t  *curl;

    curl = ev->data;

    if (ev == &curl->kick) {
        curl->kick_soon = 0;
    }

    ngx_plaid_curl_action(curl, CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_plaid_curl_idle(ngx_event_t *ev)
{
    ngx_msec_t         passed;
    ngx_plaid_curl_t  *curl;

    curl = ev->data;

    if (curl->ncalls) {
        /* the last call to end starts it again */
        return;
    }

    passed = ngx_current_msec - curl->idle_since;

    if (passed < curl->peer->keepalive_timeout) {
        ngx_add_timer(&curl->idle, curl->peer->keepalive_timeout - passed);
        return;
    }

    ngx_plaid_curl_rest(curl);
}
