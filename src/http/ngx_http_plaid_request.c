
/*
 * The headers of a request, by any name.
 */


#include "ngx_http_plaid_request.h"


static ngx_uint_t ngx_http_plaid_request_ignored(ngx_http_request_t *r);


static ngx_uint_t ngx_http_plaid_request_find(ngx_http_request_t *r,
    char *name, ngx_table_elt_t **first);


ngx_str_t *
ngx_http_plaid_request_header(ngx_http_request_t *r, char *name)
{
    ngx_table_elt_t  *h;

    (void) ngx_http_plaid_request_find(r, name, &h);

    return h ? &h->value : NULL;
}


ngx_uint_t
ngx_http_plaid_request_header_count(ngx_http_request_t *r, char *name)
{
    ngx_table_elt_t  *h;

    return ngx_http_plaid_request_find(r, name, &h);
}


static ngx_uint_t
ngx_http_plaid_request_find(ngx_http_request_t *r, char *name,
    ngx_table_elt_t **first)
{
    size_t            len;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    len = ngx_strlen(name);
    *first = NULL;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != len
                || ngx_strncasecmp(h[i].key.data, (u_char *) name, len) != 0)
            {
                continue;
            }

            if (n++ == 0) {
                *first = &h[i];
            }
        }
    }

    return n;
}


ngx_uint_t
ngx_http_plaid_request_aborted(ngx_http_request_t *r)
{
    return ngx_http_plaid_request_left(r)
           && !ngx_http_plaid_request_ignored(r);
}


/* as ngx_http_test_reading(), which ends the request */

ngx_uint_t
ngx_http_plaid_request_left(ngx_http_request_t *r)
{
    char               buf[1];
    ssize_t            n;
    ngx_err_t          err;
    ngx_connection_t  *c;

    c = r->connection;

    if (c->error) {
        return 1;
    }

#if (NGX_HTTP_V2)

    if (r->stream) {
        return 0;
    }

#endif

#if (NGX_HTTP_V3)

    if (c->quic) {
        return c->read->error;
    }

#endif

    n = recv(c->fd, buf, 1, MSG_PEEK);
    err = ngx_socket_errno;

    return n == 0 || (n == -1 && err != NGX_EAGAIN && err != NGX_EINTR);
}


/*
 * Modules with upstreams have that flag in structures of their own; where it
 * is they tell nginx with their directives.
 */

static ngx_uint_t
ngx_http_plaid_request_ignored(ngx_http_request_t *r)
{
    char            *conf;
    ngx_uint_t       i;
    ngx_module_t   **modules;
    ngx_command_t   *cmd;

    static ngx_str_t  suffix = ngx_string("_ignore_client_abort");

    modules = ngx_cycle->modules;

    for (i = 0; modules[i]; i++) {

        if (modules[i]->type != NGX_HTTP_MODULE
            || modules[i]->commands == NULL)
        {
            continue;
        }

        conf = r->loc_conf[modules[i]->ctx_index];

        for (cmd = modules[i]->commands; cmd->name.len; cmd++) {

            if (cmd->set == ngx_conf_set_flag_slot
                && cmd->conf == NGX_HTTP_LOC_CONF_OFFSET
                && cmd->name.len > suffix.len
                && ngx_strncmp(cmd->name.data + cmd->name.len - suffix.len,
                               suffix.data, suffix.len)
                   == 0
                && *(ngx_flag_t *) (conf + cmd->offset) == 1)
            {
                return 1;
            }
        }
    }

    return 0;
}
