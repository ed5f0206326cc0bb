
/*
 * The headers of a request, by any name.
 */


#include "ngx_http_plaid_request.h"


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
