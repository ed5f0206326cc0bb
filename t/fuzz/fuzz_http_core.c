
/* Requests: their phases, their ends, and what they wait for. */


#include "fuzz_http.h"


#define HANDLERS  16


typedef struct {
    ngx_http_phases      phase;
    ngx_http_handler_pt  handler;
} phase_t;


static ngx_int_t last_filter(ngx_http_request_t *r);


ngx_http_output_header_filter_pt  ngx_http_top_header_filter = last_filter;

static phase_t     phases[HANDLERS];
static ngx_int_t   nphases;


static void
phases_init(void)
{
    ngx_int_t             i;
    ngx_uint_t            p;
    ngx_array_t          *handlers;
    ngx_http_handler_pt  *h;

    for (p = 0; p < NGX_HTTP_CONTENT_PHASE; p++) {
        handlers = &fuzz_http_core_conf.phases[p].handlers;
        h = handlers->elts;

        for (i = (ngx_int_t) handlers->nelts - 1; i >= 0; i--) {
            fuzz_check(nphases < HANDLERS - 1);
            phases[nphases].phase = p;
            phases[nphases++].handler = h[i];
        }

        if (p == NGX_HTTP_FIND_CONFIG_PHASE) {
            phases[nphases++].phase = p;
        }
    }

    phases[nphases++].phase = NGX_HTTP_CONTENT_PHASE;
}


static ngx_int_t
first_of(ngx_http_phases phase)
{
    ngx_int_t  i;

    for (i = 0; phases[i].phase < phase; i++) { /* void */ }

    return i;
}


static void
content(ngx_http_request_t *r)
{
    fuzz_http_t  *h = (fuzz_http_t *) r;

    r->write_event_handler = ngx_http_request_empty_handler;

    if (h->location->clcf.handler) {
        ngx_http_finalize_request(r, h->location->clcf.handler(r));
        return;
    }

    h->state = FUZZ_HTTP_APP;
    memset(&h->upstream, 0, sizeof(h->upstream));
    h->upstream.output.pool = r->pool;
    r->upstream = &h->upstream;
    r->read_event_handler = ngx_http_test_reading;

    r->count++;
    fuzz_http_app(h);

    ngx_http_finalize_request(r, NGX_DONE);
}


void
ngx_http_core_run_phases(ngx_http_request_t *r)
{
    phase_t      *p;
    ngx_int_t     rc;
    fuzz_http_t  *h = (fuzz_http_t *) r;

    for ( ;; ) {
        p = &phases[r->phase_handler];

        switch (p->phase) {

        case NGX_HTTP_FIND_CONFIG_PHASE:
            h->location = fuzz_http_find(&r->uri);
            r->loc_conf = h->location->ctx;
            r->phase_handler++;
            continue;

        case NGX_HTTP_CONTENT_PHASE:
            content(r);
            return;

        default:
            break;
        }

        rc = p->handler(r);

        if (rc == NGX_DECLINED) {
            r->phase_handler++;
            continue;
        }

        if (rc == NGX_OK) {
            r->phase_handler = first_of(p->phase + 1);
            continue;
        }

        if (rc != NGX_AGAIN && rc != NGX_DONE) {
            ngx_http_finalize_request(r, rc);
        }

        return;
    }
}


void
fuzz_http_run(fuzz_http_t *h)
{
    if (nphases == 0) {
        phases_init();
    }

    h->state = FUZZ_HTTP_PHASES;
    h->r.phase_handler = 0;
    h->r.write_event_handler = ngx_http_core_run_phases;
    h->r.read_event_handler = ngx_http_block_reading;

    ngx_http_core_run_phases(&h->r);
    ngx_http_run_posted_requests(&h->connection);
    fuzz_http_posted();
}


void
fuzz_http_redirect(ngx_http_request_t *r, ngx_str_t *uri)
{
    fuzz_http_t  *h = (fuzz_http_t *) r;

    if (--r->uri_changes == 0) {
        r->count++;
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->uri = *uri;
    r->internal = 1;
    memset(h->ctx, 0, sizeof(h->ctx));

    h->state = FUZZ_HTTP_PHASES;
    r->count++;
    r->phase_handler = first_of(NGX_HTTP_SERVER_REWRITE_PHASE);
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


static void
run_cleanup(fuzz_http_t *h)
{
    ngx_http_cleanup_t  *cln;

    cln = h->cleanup;
    h->cleanup = NULL;

    for ( /* void */ ; cln; cln = cln->next) {
        if (cln->handler) {
            cln->handler(cln->data);
        }
    }
}


static void
close_request(fuzz_http_t *h)
{
    ngx_http_request_t  *r = &h->r;

    fuzz_check(r->count);

    if (--r->count) {
        return;
    }

    run_cleanup(h);

    fuzz_http_logged(h);

    unit_pool_destroy(r->pool);
    fuzz_check(unit_damaged == 0);

    if (h->read.posted) {
        ngx_delete_posted_event(&h->read);
    }

    unit_chain_free(h->body);
    free(r->variables);

    memset(r, 0x5a, sizeof(ngx_http_request_t));
    h->state = FUZZ_HTTP_FREED;
}


static void
terminated(ngx_http_request_t *r)
{
    r->count = 1;
    close_request((fuzz_http_t *) r);
}


static void
terminate(fuzz_http_t *h)
{
    if (h->terminated) {
        return;
    }

    h->terminated = 1;
    run_cleanup(h);

    h->r.write_event_handler = terminated;

    (void) ngx_http_post_request(&h->r, &h->posted);
}


static void
special_response(ngx_http_request_t *r, ngx_int_t status)
{
    ngx_str_t     uri;
    fuzz_http_t  *h = (fuzz_http_t *) r;

    r->err_status = status;

    if (h->location && h->location->error_page && !r->error_page) {
        r->error_page = 1;
        uri = unit_str(h->location->error_page);
        fuzz_http_redirect(r, &uri);
        ngx_http_finalize_request(r, NGX_DONE);
        return;
    }

    r->headers_out.status = status;
    (void) ngx_http_send_header(r);
    close_request(h);
}


void
ngx_http_finalize_request(ngx_http_request_t *r, ngx_int_t rc)
{
    fuzz_http_t  *h = (fuzz_http_t *) r;

    fuzz_check(h->state != FUZZ_HTTP_FREED);

    if (rc == NGX_DONE) {
        close_request(h);
        return;
    }

    if (rc == NGX_ERROR || rc == NGX_HTTP_CLIENT_CLOSED_REQUEST
        || h->connection.error)
    {
        terminate(h);
        return;
    }

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        special_response(r, rc);
        return;
    }

    /* the response has been sent */

    close_request(h);
}


ngx_http_cleanup_t *
ngx_http_cleanup_add(ngx_http_request_t *r, size_t size)
{
    ngx_http_cleanup_t  *cln;
    fuzz_http_t         *h = (fuzz_http_t *) r->main;

    cln = ngx_pcalloc(r->pool, sizeof(ngx_http_cleanup_t));
    if (cln == NULL) {
        return NULL;
    }

    cln->next = h->cleanup;
    h->cleanup = cln;

    return cln;
}


ngx_int_t
ngx_http_post_request(ngx_http_request_t *r, ngx_http_posted_request_t *pr)
{
    ngx_http_posted_request_t  **p;

    if (pr == NULL) {
        pr = ngx_palloc(r->pool, sizeof(ngx_http_posted_request_t));
        if (pr == NULL) {
            return NGX_ERROR;
        }
    }

    pr->request = r;
    pr->next = NULL;

    for (p = &r->main->posted_requests; *p; p = &(*p)->next) { /* void */ }

    *p = pr;

    return NGX_OK;
}


void
ngx_http_run_posted_requests(ngx_connection_t *c)
{
    fuzz_http_t                *h = c->data;
    ngx_http_request_t         *r = &h->r;
    ngx_http_posted_request_t  *pr;

    while (h->state != FUZZ_HTTP_FREED && r->posted_requests) {
        pr = r->posted_requests;
        r->posted_requests = pr->next;
        r->write_event_handler(r);
    }
}


void
ngx_http_block_reading(ngx_http_request_t *r)
{
}


void
ngx_http_request_empty_handler(ngx_http_request_t *r)
{
}


void
ngx_http_test_reading(ngx_http_request_t *r)
{
    fuzz_http_t  *h = (fuzz_http_t *) r;

    if (h->gone) {
        h->connection.error = 1;
        ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
    }
}


/* as the module's own or the client's event would */

void
fuzz_http_event(fuzz_http_t *h, ngx_uint_t write)
{
    if (write) {
        h->r.write_event_handler(&h->r);

    } else {
        h->r.read_event_handler(&h->r);
    }

    ngx_http_run_posted_requests(&h->connection);
    fuzz_http_posted();
}


/* before the body was read: the rest of reading it sees the client leave */

static void
no_body(ngx_http_request_t *r)
{
    fuzz_http_t  *h = (fuzz_http_t *) r;

    if (h->gone) {
        h->connection.error = 1;
        fuzz_http_body(h, NGX_HTTP_BAD_REQUEST);
    }
}


ngx_int_t
ngx_http_read_client_request_body(ngx_http_request_t *r,
    ngx_http_client_body_handler_pt post_handler)
{
    fuzz_http_t  *h = (fuzz_http_t *) r;

    r->count++;

    if (r->request_body) {
        post_handler(r);
        return NGX_OK;
    }

    r->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));

    if (r->request_body == NULL) {
        r->count--;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->body_handler = post_handler;

    if (h->late) {
        h->state = FUZZ_HTTP_BODY;
        r->read_event_handler = no_body;
        r->write_event_handler = ngx_http_request_empty_handler;
        return NGX_AGAIN;
    }

    r->request_body->bufs = h->body;
    r->headers_in.content_length_n = h->length;

    post_handler(r);

    return NGX_OK;
}


void
fuzz_http_body(fuzz_http_t *h, ngx_int_t rc)
{
    ngx_http_request_t  *r = &h->r;

    h->state = FUZZ_HTTP_PHASES;

    if (rc != NGX_OK) {
        /* as a client that leaves, or a body that is too large */
        ngx_http_finalize_request(r, rc);

    } else {
        r->request_body->bufs = h->body;
        r->headers_in.content_length_n = h->length;
        r->read_event_handler = ngx_http_block_reading;
        h->body_handler(r);
    }

    ngx_http_run_posted_requests(&h->connection);
    fuzz_http_posted();
}


void
fuzz_http_answer(fuzz_http_t *h, ngx_uint_t status)
{
    ngx_http_request_t  *r = &h->r;

    h->upstream.headers_in.status_n = status;
    r->headers_out.status = status;

    (void) ngx_http_send_header(r);

    ngx_http_finalize_request(r, NGX_OK);
    ngx_http_run_posted_requests(&h->connection);
    fuzz_http_posted();
}


ngx_int_t
ngx_http_discard_request_body(ngx_http_request_t *r)
{
    return NGX_OK;
}


static ngx_int_t
last_filter(ngx_http_request_t *r)
{
    fuzz_http_headers((fuzz_http_t *) r);

    return NGX_OK;
}


ngx_int_t
ngx_http_send_header(ngx_http_request_t *r)
{
    return ngx_http_top_header_filter(r);
}


ngx_int_t
ngx_http_output_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    off_t  len;

    for (len = 0; in; in = in->next) {
        len += in->buf->last - in->buf->pos;
    }

    fuzz_check(len == r->headers_out.content_length_n);

    return NGX_OK;
}


ngx_int_t
ngx_http_send_response(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *ct, ngx_http_complex_value_t *cv)
{
    size_t  i;

    /* of JSON, nothing but what is escaped */

    for (i = 0; i < cv->value.len; i++) {
        fuzz_check(cv->value.data[i] >= 0x20);
    }

    fuzz_check(status >= 400 && status < 600);

    r->headers_out.status = status;

    return ngx_http_send_header(r);
}
