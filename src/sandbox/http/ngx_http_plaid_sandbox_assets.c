
/* Serves Link's files. */


#include "ngx_http_plaid_sandbox.h"
#include "ngx_plaid_sandbox_assets.h"


static ngx_int_t ngx_http_plaid_sandbox_asset_headers(ngx_http_request_t *r,
    const ngx_plaid_sandbox_asset_t *asset);


ngx_int_t
ngx_http_plaid_sandbox_asset(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_str_t                         path, body;
    const ngx_plaid_sandbox_asset_t  *asset;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_DECLINED;
    }

    ngx_http_plaid_sandbox_path(r, &path);

    if (path.len == 1 && r->args.len == 0) {
        return ngx_http_plaid_sandbox_index(r);
    }

    asset = ngx_plaid_sandbox_asset(&path);
    if (asset == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_plaid_sandbox_asset_headers(r, asset) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    body.data = (u_char *) asset->data;
    body.len = asset->len;

    return ngx_http_plaid_sandbox_send_body(r, &body, 1);
}


static ngx_int_t
ngx_http_plaid_sandbox_asset_headers(ngx_http_request_t *r,
    const ngx_plaid_sandbox_asset_t *asset)
{
    ngx_table_elt_t  *etag;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = asset->len;
    r->headers_out.content_type = asset->type;
    r->headers_out.content_type_len = asset->type.len;
    ngx_str_set(&r->headers_out.charset, "utf-8");

    /* a page must not go on with the files of an older sandbox */

    if (ngx_http_plaid_sandbox_header(r, "Cache-Control",
                                      (u_char *) "no-cache")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    etag = ngx_list_push(&r->headers_out.headers);
    if (etag == NULL) {
        return NGX_ERROR;
    }

    etag->hash = 1;
    ngx_str_set(&etag->key, "ETag");
    etag->value = asset->etag;

#if (nginx_version >= 1023000)
    etag->next = NULL;
#endif

    r->headers_out.etag = etag;

    return NGX_OK;
}
