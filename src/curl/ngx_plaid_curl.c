
/*
 * The transport's calls, and what of libcurl they share: a multi handle for
 * each peer and version of HTTP.
 */


#include "ngx_plaid_curl.h"
#include "ngx_plaid_curl_loop.h"
#include "ngx_plaid_curl_easy.h"
#include <ngx_event.h>


/* an exchange with its request and a usual reply fits */
#define NGX_PLAID_CURL_POOL       3072

/* calls that share a connection by HTTP/2; fewer if Plaid's SETTINGS say so */
#define NGX_PLAID_CURL_STREAMS    100L


static ngx_int_t ngx_plaid_curl_start(ngx_plaid_call_t *call);
static void ngx_plaid_curl_cancel(ngx_plaid_call_t *call);
static void ngx_plaid_curl_resume(ngx_plaid_call_t *call);
static void ngx_plaid_curl_resumed(ngx_event_t *ev);
static ngx_plaid_curl_t *ngx_plaid_curl_get(ngx_plaid_call_t *call);
static ngx_plaid_curl_t *ngx_plaid_curl_create(ngx_plaid_peer_t *peer,
    ngx_uint_t http2);
static ngx_int_t ngx_plaid_curl_global(void);
static ngx_int_t ngx_plaid_curl_open(ngx_plaid_curl_t *curl);
static long ngx_plaid_curl_maxconnects(ngx_plaid_peer_t *peer);
static void ngx_plaid_curl_retire(ngx_plaid_curl_call_t *cc);
static void ngx_plaid_curl_free(ngx_plaid_curl_t *curl);
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
    ngx_plaid_curl_resume,
    1,
    NGX_PLAID_CURL_POOL
};


/* of this process; an empty one is made at first use */
static ngx_queue_t  ngx_plaid_curl_retired;


static ngx_int_t
ngx_plaid_curl_start(ngx_plaid_call_t *call)
{
    ngx_plaid_curl_t       *curl;
    ngx_plaid_curl_call_t  *cc;

    curl = ngx_plaid_curl_get(call);
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

    if (call->late) {
        ngx_plaid_curl_retire(cc);
    }

    ngx_plaid_curl_release(cc);
}


static void
ngx_plaid_curl_resume(ngx_plaid_call_t *call)
{
    ngx_plaid_curl_call_t  *cc;

    cc = call->transport;

    if (cc->paused) {
        cc->resume.data = cc;
        cc->resume.handler = ngx_plaid_curl_resumed;
        cc->resume.log = ngx_cycle->log;

        ngx_post_event(&cc->resume, &ngx_posted_events);
    }
}


/* the sink may be called from within curl_easy_pause(), and pause again */

static void
ngx_plaid_curl_resumed(ngx_event_t *ev)
{
    CURLcode                rc;
    ngx_plaid_call_t       *call;
    ngx_plaid_curl_t       *curl;
    ngx_plaid_curl_call_t  *cc;

    cc = ev->data;
    call = cc->call;
    curl = cc->curl;

    cc->paused = 0;

    rc = curl_easy_pause(cc->easy, CURLPAUSE_CONT);
    ERR_clear_error();

    if (rc != CURLE_OK) {
        ngx_plaid_curl_easy_result(cc, rc);
        ngx_plaid_curl_release(cc);

        call->handler(call);
        return;
    }

    ngx_plaid_curl_action(curl, CURL_SOCKET_TIMEOUT, 0);
}


static ngx_plaid_curl_t *
ngx_plaid_curl_get(ngx_plaid_call_t *call)
{
    void              **place;
    ngx_uint_t          http2;
    ngx_plaid_curl_t   *curl;
    ngx_plaid_peer_t   *peer;

    peer = call->peer;

    /* a stream of plaid_pass must not hold up what shares its connection */

    http2 = (peer->http2 && call->class != NGX_PLAID_CLASS_PASS);
    place = http2 ? &peer->curl2 : &peer->curl;

    if (*place == NULL) {
        *place = ngx_plaid_curl_create(peer, http2);

        if (*place == NULL) {
            return NULL;
        }
    }

    curl = *place;

    if (curl->multi == NULL && ngx_plaid_curl_open(curl) != NGX_OK) {
        return NULL;
    }

    return curl;
}


static ngx_plaid_curl_t *
ngx_plaid_curl_create(ngx_plaid_peer_t *peer, ngx_uint_t http2)
{
    ngx_plaid_curl_t  *curl;

    if (ngx_plaid_curl_global() != NGX_OK) {
        return NULL;
    }

    curl = ngx_calloc(sizeof(ngx_plaid_curl_t), ngx_cycle->log);
    if (curl == NULL) {
        return NULL;
    }

    curl->ident.fd = (ngx_socket_t) -1;
    curl->peer = peer;
    curl->http2 = http2;

    curl->timer.data = curl;
    curl->timer.handler = ngx_plaid_curl_timer;
    curl->timer.log = ngx_cycle->log;
    /* it is the callers' timers that hold a worker which is to quit */
    curl->timer.cancelable = 1;

    curl->kick = curl->timer;

    curl->idle = curl->timer;
    curl->idle.handler = ngx_plaid_curl_idle;

    ngx_queue_init(&curl->calls);

    return curl;
}


static ngx_int_t
ngx_plaid_curl_global(void)
{
    CURLcode           rc;

    static ngx_uint_t  done;

    if (done) {
        return NGX_OK;
    }

    rc = curl_global_init(CURL_GLOBAL_ALL);

    if (rc != CURLE_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "curl_global_init() failed: %s", curl_easy_strerror(rc));
        return NGX_ERROR;
    }

    done = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_curl_open(ngx_plaid_curl_t *curl)
{
    CURLM  *multi;

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
        || curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                             NGX_PLAID_CURL_STREAMS)
        || curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                             ngx_plaid_curl_maxconnects(curl->peer)))
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


static long
ngx_plaid_curl_maxconnects(ngx_plaid_peer_t *peer)
{
    long        n;
    ngx_uint_t  i;

    n = (long) peer->keepalive;

    for (i = 0; i < NGX_PLAID_CLASSES; i++) {
        n += (long) peer->max_inflight[i];
    }

    return n;
}


/*
 * The connection of a call that got no reply in time, or lost it, may be dead
 * without a sign of it: with HTTP/2 no new call must share it.  As libcurl
 * alone knows which connection that is, all of them serve what they have
 * begun, and new calls begin with a new one.
 */

static void
ngx_plaid_curl_retire(ngx_plaid_curl_call_t *cc)
{
    ngx_plaid_curl_t  *curl;

    curl = cc->curl;

    if (!curl->http2 || curl->retired || !cc->ready) {
        return;
    }

    if (ngx_plaid_curl_retired.next == NULL) {
        ngx_queue_init(&ngx_plaid_curl_retired);
    }

    curl->peer->curl2 = NULL;
    curl->retired = 1;

    ngx_queue_insert_tail(&ngx_plaid_curl_retired, &curl->queue);
}


/* closes every connection, of which none is in use, and the loop */

static void
ngx_plaid_curl_rest(ngx_plaid_curl_t *curl)
{
    if (curl->multi == NULL) {
        return;
    }

    ngx_plaid_curl_handle_free_cached(curl);

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
    ngx_queue_t       *q, *next;
    ngx_plaid_curl_t  *curl;

    if (peer->curl) {
        ngx_plaid_curl_free(peer->curl);
        peer->curl = NULL;
    }

    if (peer->curl2) {
        ngx_plaid_curl_free(peer->curl2);
        peer->curl2 = NULL;
    }

    if (ngx_plaid_curl_retired.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_plaid_curl_retired);
         q != ngx_queue_sentinel(&ngx_plaid_curl_retired);
         q = next)
    {
        next = ngx_queue_next(q);

        curl = ngx_queue_data(q, ngx_plaid_curl_t, queue);

        if (curl->peer == peer) {
            ngx_plaid_curl_free(curl);
        }
    }
}


static void
ngx_plaid_curl_free(ngx_plaid_curl_t *curl)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&curl->calls)) {
        q = ngx_queue_head(&curl->calls);
        ngx_plaid_curl_release(ngx_queue_data(q, ngx_plaid_curl_call_t,
                                              queue));
    }

    ngx_plaid_curl_rest(curl);

    if (curl->idle.timer_set) {
        ngx_del_timer(&curl->idle);
    }

    if (curl->idle.posted) {
        ngx_delete_posted_event(&curl->idle);
    }

    if (curl->share) {
        (void) curl_share_cleanup(curl->share);
    }

    curl_url_cleanup(curl->url);

    if (curl->retired) {
        ngx_queue_remove(&curl->queue);
    }

    ngx_free(curl);
}


static void
ngx_plaid_curl_release(ngx_plaid_curl_call_t *cc)
{
    ngx_plaid_curl_t  *curl;

    curl = cc->curl;

    cc->call->transport = NULL;

    ngx_plaid_curl_count(cc);

    if (cc->resume.posted) {
        ngx_delete_posted_event(&cc->resume);
    }

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

        if (curl->retired) {
            /* not at once: libcurl may be at work below us */
            ngx_post_event(&curl->idle, &ngx_posted_next_events);
        }
    }
}


static void
ngx_plaid_curl_count(ngx_plaid_curl_call_t *cc)
{
    if (cc->turn == cc->curl->turn) {
        /* not begun: the handle tells of its last call */
        return;
    }

    if (!ngx_plaid_curl_easy_reused(cc)) {
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

    /* a handler may close everything: curl->multi is read each time */

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

        if (call->rc == NGX_PLAID_CALL_LOST
            || call->rc == NGX_PLAID_CALL_CONNECT)
        {
            ngx_plaid_curl_retire(cc);
        }

        ngx_plaid_curl_release(cc);

        call->handler(call);
    }
}


/* libcurl's state is undefined now: start over */

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
    ngx_plaid_curl_t       *curl = data;
    ngx_plaid_curl_call_t  *cc;

    cc = NULL;

    if (what == CURL_POLL_REMOVE
        && easy
        && curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &cc) == CURLE_OK
        && cc
        && cc->paused)
    {
        /* not idle: there is more to read, at another time */
        what = CURL_POLL_NONE;
    }

    ngx_plaid_curl_loop_watch(s, what, curl->http2);

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

    if (curl->retired) {
        ngx_plaid_curl_free(curl);
        return;
    }

    passed = ngx_current_msec - curl->idle_since;

    if (passed < curl->peer->keepalive_timeout) {
        ngx_add_timer(&curl->idle, curl->peer->keepalive_timeout - passed);
        return;
    }

    ngx_plaid_curl_rest(curl);
}
