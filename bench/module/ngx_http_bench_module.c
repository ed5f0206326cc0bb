
/*
 *     bench_twin [delay]   answers an exchange; a token "public-x" becomes
 *                          "access-x", one with "-refused-" is refused
 *     bench_app            answers with the access token that it was given,
 *                          or "-"; counts those that are not the body's
 *     bench_floor uri      see ngx_http_bench_floor.c
 *     bench_counters       what twin and app of this worker have counted
 *
 * The body must fit into client_body_buffer_size where it is looked at.
 */


#include "ngx_http_bench.h"


#define NGX_HTTP_BENCH_PUBLIC   "public-"
#define NGX_HTTP_BENCH_REFUSED  "-refused-"
#define NGX_HTTP_BENCH_HEADER   "x-plaid-access-token"

/* more than the tokens of this benchmark have, and what the JSON around has */
#define NGX_HTTP_BENCH_TOKEN    128
#define NGX_HTTP_BENCH_REPLY    512


typedef struct {
    ngx_uint_t  calls;         /* of the twin */
    ngx_uint_t  requests;      /* of the app */
    ngx_uint_t  tokens;        /* of them, with the right access token */
    ngx_uint_t  wrong;         /* of them, with another one */
    ngx_uint_t  sent_bytes;    /* of bodies that the app has read */
} ngx_http_bench_counters_t;


static void ngx_http_bench_twin_read(ngx_http_request_t *r);
static void ngx_http_bench_twin_wait(ngx_http_request_t *r);
static void ngx_http_bench_twin_answer(ngx_http_request_t *r);
static void ngx_http_bench_app_read(ngx_http_request_t *r);
static ngx_str_t ngx_http_bench_public(ngx_http_request_t *r);
static ngx_str_t ngx_http_bench_access(ngx_http_request_t *r);
static ngx_int_t ngx_http_bench_send(ngx_http_request_t *r, ngx_uint_t status,
    char *type, ngx_str_t *body);
static void *ngx_http_bench_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_bench_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_bench_init(ngx_conf_t *cf);
static char *ngx_http_bench_twin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_bench_app(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_bench_counters(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_http_bench_counters_t  ngx_http_bench_count;


static ngx_command_t  ngx_http_bench_commands[] = {

    { ngx_string("bench_twin"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_bench_twin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("bench_app"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_bench_app,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("bench_floor"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_bench_loc_conf_t, floor),
      NULL },

    { ngx_string("bench_counters"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_bench_counters,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_bench_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_bench_init,                   /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_bench_create_loc_conf,        /* create location configuration */
    ngx_http_bench_merge_loc_conf          /* merge location configuration */
};


ngx_module_t  ngx_http_bench_module = {
    NGX_MODULE_V1,
    &ngx_http_bench_module_ctx,            /* module context */
    ngx_http_bench_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_bench_twin_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_read_client_request_body(r, ngx_http_bench_twin_read);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


static void
ngx_http_bench_twin_read(ngx_http_request_t *r)
{
    ngx_http_bench_loc_conf_t  *blcf;

    ngx_http_bench_count.calls++;

    blcf = ngx_http_get_module_loc_conf(r, ngx_http_bench_module);

    if (blcf->delay == 0) {
        ngx_http_bench_twin_answer(r);
        return;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_bench_twin_wait;

    r->connection->write->delayed = 1;
    ngx_add_timer(r->connection->write, blcf->delay);
}


static void
ngx_http_bench_twin_wait(ngx_http_request_t *r)
{
    if (r->connection->write->delayed) {
        return;
    }

    ngx_http_bench_twin_answer(r);
}


static void
ngx_http_bench_twin_answer(ngx_http_request_t *r)
{
    u_char      *p;
    ngx_str_t    body, token;
    ngx_uint_t   status;

    p = ngx_pnalloc(r->pool, NGX_HTTP_BENCH_REPLY);
    if (p == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    token = ngx_http_bench_public(r);
    body.data = p;

    if (token.len == 0
        || ngx_strlcasestrn(token.data, token.data + token.len,
                            (u_char *) NGX_HTTP_BENCH_REFUSED,
                            sizeof(NGX_HTTP_BENCH_REFUSED) - 2))
    {
        status = NGX_HTTP_BAD_REQUEST;
        p = ngx_sprintf(p, "{\"display_message\":null,\"error_code\":"
                        "\"INVALID_PUBLIC_TOKEN\",\"error_message\":"
                        "\"could not find matching public token\","
                        "\"error_type\":\"INVALID_INPUT\","
                        "\"request_id\":\"b3nchM4rkR3qst1\"}");
    } else {
        status = NGX_HTTP_OK;
        p = ngx_sprintf(p, "{\"access_token\":\"access-%V\",\"item_id\":"
                        "\"M5eVJqLnv3tbzdngLDp9FL5OlDNxlNhlE55op\","
                        "\"request_id\":\"b3nchM4rkR3qst1\"}", &token);
    }

    body.len = p - body.data;

    ngx_http_finalize_request(r, ngx_http_bench_send(r, status,
                                                     "application/json",
                                                     &body));
}


static ngx_int_t
ngx_http_bench_app_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_read_client_request_body(r, ngx_http_bench_app_read);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


static void
ngx_http_bench_app_read(ngx_http_request_t *r)
{
    size_t     len;
    ngx_str_t  access, public;

    static ngx_str_t  none = ngx_string("-");

    access = ngx_http_bench_access(r);

    ngx_http_bench_count.requests++;

    if (r->headers_in.content_length_n > 0) {
        ngx_http_bench_count.sent_bytes += r->headers_in.content_length_n;
    }

    if (access.len) {
        public = ngx_http_bench_public(r);
        len = sizeof("access-") - 1;

        if (access.len == len + public.len
            && ngx_memcmp(access.data + len, public.data, public.len) == 0)
        {
            ngx_http_bench_count.tokens++;
        } else {
            ngx_http_bench_count.wrong++;
        }
    }

    ngx_http_finalize_request(r, ngx_http_bench_send(r, NGX_HTTP_OK,
                                            "text/plain",
                                            access.len ? &access : &none));
}


/* what comes after "public-" in the body */

static ngx_str_t
ngx_http_bench_public(ngx_http_request_t *r)
{
    u_char     *p, *last;
    ngx_buf_t  *b;
    ngx_str_t   token;

    ngx_str_null(&token);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return token;
    }

    b = r->request_body->bufs->buf;

    if (!ngx_buf_in_memory(b)) {
        return token;
    }

    p = ngx_strlcasestrn(b->pos, b->last, (u_char *) NGX_HTTP_BENCH_PUBLIC,
                         sizeof(NGX_HTTP_BENCH_PUBLIC) - 2);
    if (p == NULL) {
        return token;
    }

    p += sizeof(NGX_HTTP_BENCH_PUBLIC) - 1;

    for (last = p;
         last < b->last && last - p < NGX_HTTP_BENCH_TOKEN
         && (*last == '-' || (*last >= '0' && *last <= '9')
             || (*last >= 'a' && *last <= 'z'));
         last++)
    {
        /* void */
    }

    token.data = p;
    token.len = last - p;

    return token;
}


static ngx_str_t
ngx_http_bench_access(ngx_http_request_t *r)
{
    ngx_str_t         none;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof(NGX_HTTP_BENCH_HEADER) - 1
                && ngx_strncmp(h[i].lowcase_key, NGX_HTTP_BENCH_HEADER,
                               sizeof(NGX_HTTP_BENCH_HEADER) - 1)
                   == 0)
            {
                return h[i].value;
            }
        }
    }

    ngx_str_null(&none);

    return none;
}


static ngx_int_t
ngx_http_bench_counters_handler(ngx_http_request_t *r)
{
    ngx_str_t                   body;
    ngx_http_bench_counters_t  *count;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = ngx_pnalloc(r->pool, NGX_HTTP_BENCH_REPLY);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    count = &ngx_http_bench_count;

    body.len = ngx_sprintf(body.data, "{\"calls\":%ui,\"requests\":%ui,"
                           "\"tokens\":%ui,\"wrong\":%ui,\"bytes\":%ui}",
                           count->calls, count->requests, count->tokens,
                           count->wrong, count->sent_bytes)
               - body.data;

    return ngx_http_bench_send(r, NGX_HTTP_OK, "application/json", &body);
}


static ngx_int_t
ngx_http_bench_send(ngx_http_request_t *r, ngx_uint_t status, char *type,
    ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;
    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void *
ngx_http_bench_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_bench_loc_conf_t));
}


static char *
ngx_http_bench_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_bench_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_bench_floor;

    return NGX_OK;
}


static char *
ngx_http_bench_twin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_bench_loc_conf_t *blcf = conf;

    ngx_int_t                  delay;
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {
        delay = ngx_parse_time(&value[1], 0);
        if (delay == NGX_ERROR) {
            return "has an invalid delay";
        }

        blcf->delay = delay;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_bench_twin_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_bench_app(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_bench_app_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_bench_counters(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_bench_counters_handler;

    return NGX_CONF_OK;
}
