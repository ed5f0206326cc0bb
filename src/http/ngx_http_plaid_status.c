
#include "ngx_http_plaid_request.h"
#include "ngx_http_plaid_status.h"
#include "ngx_http_plaid_redis.h"
#include "ngx_plaid_report.h"
#include <nginx.h>


/* what tools/embed makes of status.html */

typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   type;
    ngx_str_t                   etag;
    const u_char               *data;
    size_t                      len;
} ngx_http_plaid_status_asset_t;

#include "ngx_http_plaid_status_data.h"


typedef enum {
    NGX_HTTP_PLAID_STATUS_PROMETHEUS = 0,
    NGX_HTTP_PLAID_STATUS_JSON,
    NGX_HTTP_PLAID_STATUS_HTML
} ngx_http_plaid_status_e;


static ngx_int_t ngx_http_plaid_status_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_plaid_status_handler(ngx_http_request_t *r);
static ngx_http_plaid_status_e ngx_http_plaid_status_format(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_plaid_status_quality(ngx_str_t *accept,
    ngx_str_t *type);
static ngx_int_t ngx_http_plaid_status_body(ngx_http_request_t *r,
    ngx_http_plaid_status_e format, ngx_chain_t **out, off_t *len);
static ngx_int_t ngx_http_plaid_status_report(ngx_http_request_t *r,
    ngx_plaid_report_t *report);
static ngx_int_t ngx_http_plaid_status_clients(
    ngx_http_plaid_main_conf_t *pmcf, ngx_plaid_report_t *report);
static ngx_int_t ngx_http_plaid_status_files(ngx_http_plaid_client_t *client,
    ngx_plaid_report_t *report);
static ngx_int_t ngx_http_plaid_status_zones(ngx_http_plaid_main_conf_t *pmcf,
    ngx_plaid_report_t *report);
static ngx_int_t ngx_http_plaid_status_send(ngx_http_request_t *r,
    ngx_http_plaid_status_e format, ngx_chain_t *out, off_t len);


static ngx_str_t  ngx_http_plaid_status_zone = ngx_string("plaid_status");


static ngx_str_t  ngx_http_plaid_status_types[] = {
    ngx_string("text/plain; version=0.0.4; charset=utf-8"),
    ngx_string("application/json"),
    ngx_string("text/html; charset=utf-8")
};


ngx_int_t
ngx_http_plaid_status_init(ngx_conf_t *cf, ngx_http_plaid_main_conf_t *pmcf)
{
    size_t           size;
    ngx_shm_zone_t  *shm_zone;

    /* the slab pool and its descriptors of pages take some more */

    size = ngx_align(ngx_plaid_stats_size(), ngx_pagesize);
    size += size / 64 + 16 * ngx_pagesize;
    size = ngx_align(size, ngx_pagesize);

    /* not the module: a plaid_replay_zone of this name is not ours */

    shm_zone = ngx_shared_memory_add(cf, &ngx_http_plaid_status_zone, size,
                                     &ngx_http_plaid_status_zone);
    if (shm_zone == NULL) {
        return NGX_ERROR;
    }

    shm_zone->init = ngx_http_plaid_status_zone_init;
    shm_zone->data = pmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_status_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    void                         *mem;
    ngx_uint_t                    i;
    ngx_slab_pool_t              *shpool;
    ngx_http_plaid_client_t     **client;
    ngx_http_plaid_main_conf_t   *pmcf;

    pmcf = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* "data": reload; "exists": another master's memory; else it is new */

    mem = (data || shm_zone->shm.exists) ? shpool->data : NULL;

    if (mem == NULL) {
        mem = ngx_slab_calloc(shpool, ngx_plaid_stats_size());
        if (mem == NULL) {
            return NGX_ERROR;
        }

        shpool->data = mem;
        shpool->log_nomem = 0;
    }

    pmcf->stats = ngx_plaid_stats_init(mem, ngx_time());

    if (pmcf->clients == NULL) {
        return NGX_OK;
    }

    client = pmcf->clients->elts;

    for (i = 0; i < pmcf->clients->nelts; i++) {
        client[i]->peer.stats.slot = ngx_plaid_stats_slot(pmcf->stats,
                                                          &client[i]->name);
    }

    return NGX_OK;
}


void
ngx_http_plaid_status_attach(ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client;

    ngx_plaid_stats_attach(pmcf->stats, ngx_process_slot);

    client = pmcf->clients->elts;

    for (i = 0; i < pmcf->clients->nelts; i++) {
        ngx_plaid_stats_bind(pmcf->stats, ngx_process_slot,
                             &client[i]->peer.stats);
    }
}


char *
ngx_http_plaid_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_plaid_main_conf_t  *pmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_plaid_status_handler;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);
    pmcf->status = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_plaid_status_handler(ngx_http_request_t *r)
{
    off_t                     len;
    ngx_int_t                 rc;
    ngx_chain_t              *out;
    ngx_http_plaid_status_e   format;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    format = ngx_http_plaid_status_format(r);

    if (ngx_http_plaid_status_body(r, format, &out, &len) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_plaid_status_send(r, format, out, len);
}


/* what "format" says; a browser names text/html and means it */

static ngx_http_plaid_status_e
ngx_http_plaid_status_format(ngx_http_request_t *r)
{
    ngx_str_t   value, *accept;
    ngx_uint_t  html;

    static ngx_str_t  type_html = ngx_string("text/html");
    static ngx_str_t  type_plain = ngx_string("text/plain");
    static ngx_str_t  type_metrics = ngx_string("application/openmetrics-text");

    if (ngx_http_arg(r, (u_char *) "format", 6, &value) == NGX_OK) {

        if (value.len == 4 && ngx_strncmp(value.data, "json", 4) == 0) {
            return NGX_HTTP_PLAID_STATUS_JSON;
        }

        if (value.len == 4 && ngx_strncmp(value.data, "html", 4) == 0) {
            return NGX_HTTP_PLAID_STATUS_HTML;
        }

        return NGX_HTTP_PLAID_STATUS_PROMETHEUS;
    }

    accept = ngx_http_plaid_request_header(r, "accept");

    if (accept == NULL) {
        return NGX_HTTP_PLAID_STATUS_PROMETHEUS;
    }

    html = ngx_http_plaid_status_quality(accept, &type_html);

    return (html > ngx_http_plaid_status_quality(accept, &type_plain)
            && html > ngx_http_plaid_status_quality(accept, &type_metrics))
           ? NGX_HTTP_PLAID_STATUS_HTML : NGX_HTTP_PLAID_STATUS_PROMETHEUS;
}


/* of a type that "accept" names as it is, in thousandths; 0: not wanted */

static ngx_uint_t
ngx_http_plaid_status_quality(ngx_str_t *accept, ngx_str_t *type)
{
    u_char     *p, *last, *end, *q;
    ngx_int_t   n;

    last = accept->data + accept->len;

    for (p = accept->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if ((size_t) (end - p) < type->len
            || ngx_strncasecmp(p, type->data, type->len) != 0)
        {
            continue;
        }

        p += type->len;

        if (p < end && *p != ';' && *p != ' ' && *p != '\t') {
            continue;
        }

        q = ngx_strlcasestrn(p, end, (u_char *) "q=", 2 - 1);

        if (q == NULL) {
            return 1000;
        }

        n = ngx_atofp(q + 2, ngx_min(end - q - 2, 5), 3);

        return (n == NGX_ERROR) ? 0 : (ngx_uint_t) n;
    }

    return 0;
}


static ngx_int_t
ngx_http_plaid_status_body(ngx_http_request_t *r,
    ngx_http_plaid_status_e format, ngx_chain_t **out, off_t *len)
{
    ngx_buf_t           *b;
    ngx_plaid_text_t     text;
    ngx_plaid_report_t   report;

    if (format == NGX_HTTP_PLAID_STATUS_HTML) {

        b = ngx_calloc_buf(r->pool);
        *out = ngx_alloc_chain_link(r->pool);

        if (b == NULL || *out == NULL) {
            return NGX_ERROR;
        }

        b->pos = (u_char *) ngx_http_plaid_status_assets[0].data;
        b->last = b->pos + ngx_http_plaid_status_assets[0].len;
        b->memory = 1;

        (*out)->buf = b;
        (*out)->next = NULL;
        *len = b->last - b->pos;

    } else {

        if (ngx_http_plaid_status_report(r, &report) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_plaid_text_init(&text, r->pool);

        if (format == NGX_HTTP_PLAID_STATUS_JSON) {
            ngx_plaid_report_json(&report, &text);

        } else {
            ngx_plaid_report_prometheus(&report, &text);
        }

        if (text.failed) {
            return NGX_ERROR;
        }

        b = text.last->buf;
        *out = text.chain;
        *len = text.len;
    }

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_status_report(ngx_http_request_t *r,
    ngx_plaid_report_t *report)
{
    ngx_uint_t                   i;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

    if (ngx_array_init(&report->clients, r->pool, 4,
                       sizeof(ngx_plaid_stats_snapshot_t))
        != NGX_OK
        || ngx_array_init(&report->files, r->pool, 4,
                          sizeof(ngx_plaid_report_file_t))
           != NGX_OK
        || ngx_array_init(&report->zones, r->pool, 4,
                          sizeof(ngx_plaid_report_zone_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&report->server, NGINX_VERSION);

    report->since = ngx_plaid_stats_since(pmcf->stats);
    report->now = ngx_time();
    report->stats = pmcf->stats;
    report->replays[0] = ngx_plaid_stats_replays(pmcf->stats, 0);
    report->replays[1] = ngx_plaid_stats_replays(pmcf->stats, 1);

    for (i = 0; i < NGX_PLAID_STATS_PEERS; i++) {
        report->spoofed[i] = ngx_plaid_stats_headers(pmcf->stats, i);
    }

    if (ngx_http_plaid_status_clients(pmcf, report) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_plaid_status_zones(pmcf, report) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_array_init(&report->redis, r->pool, 1,
                       sizeof(ngx_plaid_redis_stats_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_plaid_redis_report(pmcf, &report->redis);
}


/* those of earlier configurations, too: a counter that was seen stays */

static ngx_int_t
ngx_http_plaid_status_clients(ngx_http_plaid_main_conf_t *pmcf,
    ngx_plaid_report_t *report)
{
    ngx_uint_t                    i;
    ngx_http_plaid_client_t     **client;
    ngx_plaid_stats_snapshot_t    snap, *dst;

    for (i = 0; i <= NGX_PLAID_STATS_CLIENTS; i++) {

        if (ngx_plaid_stats_snapshot(pmcf->stats, i, &snap) != NGX_OK) {
            continue;
        }

        dst = ngx_array_push(&report->clients);
        if (dst == NULL) {
            return NGX_ERROR;
        }

        *dst = snap;
    }

    if (pmcf->clients == NULL) {
        return NGX_OK;
    }

    client = pmcf->clients->elts;

    for (i = 0; i < pmcf->clients->nelts; i++) {
        if (ngx_http_plaid_status_files(client[i], report) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* as this worker has them; each reads the files by itself */

static ngx_int_t
ngx_http_plaid_status_files(ngx_http_plaid_client_t *client,
    ngx_plaid_report_t *report)
{
    ngx_uint_t                i;
    ngx_plaid_secret_t       *files[2];
    ngx_plaid_report_file_t  *file;

    static ngx_str_t  names[] = {
        ngx_string("client_id"),
        ngx_string("secret")
    };

    files[0] = client->client_id.file;
    files[1] = client->secret.file;

    for (i = 0; i < 2; i++) {

        if (files[i] == NULL) {
            continue;
        }

        file = ngx_array_push(&report->files);
        if (file == NULL) {
            return NGX_ERROR;
        }

        file->client = client->name;
        file->name = names[i];
        file->loaded = files[i]->loaded;
        file->usable = !files[i]->failed;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_status_zones(ngx_http_plaid_main_conf_t *pmcf,
    ngx_plaid_report_t *report)
{
    ngx_uint_t                 i;
    ngx_http_plaid_zone_t    **zone;
    ngx_plaid_report_zone_t   *dst;

    if (pmcf->zones == NULL) {
        return NGX_OK;
    }

    zone = pmcf->zones->elts;

    for (i = 0; i < pmcf->zones->nelts; i++) {

        dst = ngx_array_push(&report->zones);
        if (dst == NULL) {
            return NGX_ERROR;
        }

        dst->name = zone[i]->shm_zone->shm.name;
        ngx_plaid_store_stats(&zone[i]->store, &dst->stats);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_status_send(ngx_http_request_t *r,
    ngx_http_plaid_status_e format, ngx_chain_t *out, off_t len)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Cache-Control");
    ngx_str_set(&h->value, "no-store");

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = len;
    r->headers_out.content_type = ngx_http_plaid_status_types[format];
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, out);
}
