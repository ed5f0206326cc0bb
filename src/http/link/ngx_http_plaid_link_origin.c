
/*
 * Which pages may ask for a link token, and what browsers are told of it
 * (Fetch standard, CORS; Fetch Metadata).
 */


#include "ngx_http_plaid_link.h"
#include "ngx_http_plaid_request.h"


static ngx_uint_t ngx_http_plaid_link_listed(
    ngx_http_plaid_link_loc_conf_t *llcf, ngx_str_t *origin);
static ngx_uint_t ngx_http_plaid_link_same_host(ngx_http_request_t *r,
    ngx_str_t *origin);
static size_t ngx_http_plaid_link_host_len(u_char *p, size_t len,
    ngx_uint_t tls);
static ngx_int_t ngx_http_plaid_link_cors(ngx_http_request_t *r,
    ngx_str_t *origin);
static ngx_uint_t ngx_http_plaid_link_equals(ngx_str_t *s, const char *text);


ngx_int_t
ngx_http_plaid_link_origin_allowed(ngx_http_request_t *r,
    ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_str_t  *origin, *site;

    origin = ngx_http_plaid_request_header(r, "origin");
    site = ngx_http_plaid_request_header(r, "sec-fetch-site");

    if (origin && ngx_http_plaid_link_listed(llcf, origin)) {
        return ngx_http_plaid_link_cors(r, origin);
    }

    if (llcf->origin == NGX_HTTP_PLAID_LINK_ANY) {
        return NGX_OK;
    }

    if (site && !ngx_http_plaid_link_equals(site, "same-origin")
        && !ngx_http_plaid_link_equals(site, "none"))
    {
        return NGX_DECLINED;
    }

    if (origin == NULL) {
        /* no page: an app, or a form of a browser that says no more */
        return NGX_OK;
    }

    if (ngx_http_plaid_link_equals(origin, "null")) {
        /* a page without a referrer */
        return (site && ngx_http_plaid_link_equals(site, "same-origin"))
               ? NGX_OK : NGX_DECLINED;
    }

    return ngx_http_plaid_link_same_host(r, origin) ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
ngx_http_plaid_link_listed(ngx_http_plaid_link_loc_conf_t *llcf,
    ngx_str_t *origin)
{
    ngx_str_t   *listed;
    ngx_uint_t   i;

    if (llcf->origins == NULL) {
        return 0;
    }

    listed = llcf->origins->elts;

    for (i = 0; i < llcf->origins->nelts; i++) {
        if (listed[i].len == origin->len
            && ngx_strncasecmp(listed[i].data, origin->data, origin->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* the scheme is not compared: TLS may end in front of this nginx */

static ngx_uint_t
ngx_http_plaid_link_same_host(ngx_http_request_t *r, ngx_str_t *origin)
{
    u_char      *p, *last;
    size_t       len;
    ngx_str_t   *host;
    ngx_uint_t   tls;

    if (r->headers_in.host == NULL) {
        return 0;
    }

    host = &r->headers_in.host->value;

    last = origin->data + origin->len;

    p = ngx_strnstr(origin->data, "://", origin->len);
    if (p == NULL) {
        return 0;
    }

    tls = (p - origin->data == 5
           && ngx_strncasecmp(origin->data, (u_char *) "https", 5) == 0);
    p += 3;

    len = ngx_http_plaid_link_host_len(p, last - p, tls);

    return len
           && len == ngx_http_plaid_link_host_len(host->data, host->len, tls)
           && ngx_strncasecmp(p, host->data, len) == 0;
}


/* without the port that is the scheme's own, which a browser leaves out */

static size_t
ngx_http_plaid_link_host_len(u_char *p, size_t len, ngx_uint_t tls)
{
    if (tls && len > 4 && ngx_strncmp(p + len - 4, ":443", 4) == 0) {
        return len - 4;
    }

    if (!tls && len > 3 && ngx_strncmp(p + len - 3, ":80", 3) == 0) {
        return len - 3;
    }

    return len;
}


static ngx_int_t
ngx_http_plaid_link_cors(ngx_http_request_t *r, ngx_str_t *origin)
{
    ngx_str_t  value;

    if (ngx_http_plaid_link_header(r, "Access-Control-Allow-Origin", origin)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&value, "true");

    if (ngx_http_plaid_link_header(r, "Access-Control-Allow-Credentials",
                                   &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&value, "Origin");

    return ngx_http_plaid_link_header(r, "Vary", &value);
}


ngx_int_t
ngx_http_plaid_link_preflight(ngx_http_request_t *r,
    ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_str_t  *origin, value;

    origin = ngx_http_plaid_request_header(r, "origin");

    if (origin == NULL
        || ngx_http_plaid_request_header(r, "access-control-request-method")
           == NULL)
    {
        ngx_str_set(&value, "POST");

        return (ngx_http_plaid_link_header(r, "Allow", &value) == NGX_OK)
               ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_plaid_link_listed(llcf, origin)) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (ngx_http_plaid_link_cors(r, origin) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&value, "POST");

    if (ngx_http_plaid_link_header(r, "Access-Control-Allow-Methods", &value)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&value, "content-type");

    if (ngx_http_plaid_link_header(r, "Access-Control-Allow-Headers", &value)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


static ngx_uint_t
ngx_http_plaid_link_equals(ngx_str_t *s, const char *text)
{
    return s->len == ngx_strlen(text)
           && ngx_strncasecmp(s->data, (u_char *) text, s->len) == 0;
}
