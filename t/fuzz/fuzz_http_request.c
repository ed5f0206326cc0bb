
/* A request as the input has it: method, headers, pieces of the body. */


#include "fuzz_http.h"
#include <sys/mman.h>


static ngx_uint_t
parse_method(ngx_str_t *name)
{
    return fuzz_http_is(name, "POST") ? NGX_HTTP_POST
           : fuzz_http_is(name, "GET") ? NGX_HTTP_GET
           : fuzz_http_is(name, "HEAD") ? NGX_HTTP_HEAD : NGX_HTTP_PUT;
}


/* the next word of "line", which is cut */

ngx_str_t
fuzz_http_word(ngx_str_t *line, u_char end)
{
    u_char     *p;
    ngx_str_t   w;

    w = *line;
    p = memchr(w.data, end, w.len);

    if (p == NULL) {
        line->data += line->len;
        line->len = 0;
        return w;
    }

    w.len = p - w.data;
    line->data += w.len + 1;
    line->len -= w.len + 1;

    return w;
}


void
fuzz_http_begin(fuzz_http_t *h, ngx_str_t *line)
{
    ngx_str_t            uri;
    ngx_http_request_t  *r;

    static struct sockaddr_in  peer = { .sin_family = AF_INET };

    memset(h, 0, sizeof(fuzz_http_t));

    r = &h->r;

    r->method_name = fuzz_http_word(line, ' ');
    r->method = parse_method(&r->method_name);
    uri = fuzz_http_word(line, ' ');
    r->uri = fuzz_http_word(&uri, '?');
    r->args = uri;
    h->addr = *line;

    r->main = r;
    r->count = 1;
    r->uri_changes = 11;
    r->pool = unit_pool();
    r->ctx = h->ctx;
    r->main_conf = fuzz_http_conf_ctx.main_conf;
    r->srv_conf = fuzz_http_conf_ctx.srv_conf;
    r->loc_conf = fuzz_http_find(&r->uri)->ctx;
    r->variables = calloc(fuzz_http_core_conf.variables.nelts,
                          sizeof(ngx_http_variable_value_t));

    if (ngx_list_init(&r->headers_in.headers, r->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_list_init(&r->headers_out.headers, r->pool, 4,
                         sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        h->state = FUZZ_HTTP_FREED;
        unit_pool_destroy(r->pool);
        free(r->variables);
    }

    r->connection = &h->connection;
    h->connection.data = h;
    h->connection.sockaddr = (struct sockaddr *) &peer;
    h->connection.socklen = sizeof(peer);
    h->connection.log = &h->log;
    h->connection.read = &h->read;
    h->connection.write = &h->write;
    h->log = unit_log;
    h->log.data = &h->log_ctx;
}


static void
read_event(ngx_event_t *ev)
{
    fuzz_http_event(ev->data, 0);
}


/* those that nginx points at; what it takes from the values is in go() */

void
fuzz_http_header(fuzz_http_t *h, ngx_str_t *line)
{
    ngx_str_t           name;
    ngx_table_elt_t    *elt, **known;
    ngx_http_header_t  *hh;

    name = fuzz_http_word(line, ':');

    while (line->len && line->data[0] == ' ') {
        line->data++;
        line->len--;
    }

    elt = ngx_list_push(&h->r.headers_in.headers);
    if (elt == NULL) {
        return;
    }

    memset(elt, 0, sizeof(ngx_table_elt_t));

    elt->key = name;
    elt->value = *line;
    elt->lowcase_key = ngx_pnalloc(h->r.pool, name.len);

    if (elt->lowcase_key == NULL) {
        h->r.headers_in.headers.last->nelts--;
        return;
    }

    elt->hash = ngx_hash_strlow(elt->lowcase_key, name.data, name.len);

    hh = ngx_hash_find(&fuzz_http_core_conf.headers_in_hash, elt->hash,
                       elt->lowcase_key, name.len);

    if (hh) {
        known = (ngx_table_elt_t **) ((char *) &h->r.headers_in + hh->offset);
        *known = elt;
    }

    if (fuzz_http_is(line, "chunked")) {
        h->r.headers_in.chunked = 1;
    }
}


size_t
fuzz_http_unescape(u_char *dst, ngx_str_t *src)
{
    size_t      n, i;
    ngx_int_t   code;

    for (n = 0, i = 0; i < src->len; i++) {

        if (src->data[i] != '\\' || i + 1 == src->len) {
            dst[n++] = src->data[i];
            continue;
        }

        switch (src->data[++i]) {

        case 'r':
            dst[n++] = '\r';
            break;

        case 'n':
            dst[n++] = '\n';
            break;

        case 'x':
            code = (i + 2 < src->len) ? ngx_hextoi(&src->data[i + 1], 2)
                                      : NGX_ERROR;

            if (code != NGX_ERROR) {
                dst[n++] = (u_char) code;
                i += 2;
                break;
            }

            /* fall through */

        default:
            dst[n++] = src->data[i];
        }
    }

    return n;
}


/* each piece in memory of its very size */

void
fuzz_http_piece(fuzz_http_t *h, ngx_str_t *line, ngx_uint_t in_file)
{
    size_t         len;
    u_char        *p;
    ngx_buf_t     *b;
    ngx_chain_t  **last;

    for (last = &h->body; *last; last = &(*last)->next) { /* void */ }

    *last = calloc(1, sizeof(ngx_chain_t));
    b = calloc(1, sizeof(ngx_buf_t));
    (*last)->buf = b;

    p = calloc(1, line->len + 1);
    len = fuzz_http_unescape(p, line);

    if (in_file) {
        b->file = calloc(1, sizeof(ngx_file_t));
        b->file->fd = memfd_create("body", 0);
        b->file->log = &unit_log;
        b->in_file = 1;
        b->temp_file = 1;
        b->file_last = len;

        fuzz_check(write(b->file->fd, p, len) == (ssize_t) len);

    } else {
        b->start = calloc(1, len ? len : 1);
        memcpy(b->start, p, len);
        b->pos = b->start;
        b->last = b->start + len;
        b->end = b->last;
        b->memory = 1;
    }

    free(p);

    h->length += len;
}


void
fuzz_http_go(fuzz_http_t *h, ngx_uint_t late)
{
    h->late = late;
    h->read.data = h;
    h->read.handler = read_event;
    h->read.log = &unit_log;

    h->r.headers_in.content_length_n = h->r.headers_in.chunked ? -1
                                       : h->body ? h->length : -1;

    fuzz_http_run(h);
}
