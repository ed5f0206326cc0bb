
/*
 * What a fetch takes from the request that begins it.
 */


#include "ngx_http_plaid_fetch.h"
#include "ngx_http_plaid_subrequest.h"
#include "ngx_plaid_curl.h"


ngx_int_t
ngx_http_plaid_fetch_create(ngx_http_request_t *r,
    ngx_http_plaid_client_t *client, ngx_plaid_class_e class,
    ngx_plaid_fetch_t **fetch)
{
    ngx_int_t                  rc;
    ngx_plaid_fetch_t         *f;
    ngx_http_core_loc_conf_t  *clcf;

    *fetch = NULL;

    f = ngx_plaid_fetch_create(client->subrequest.len
                               ? &ngx_http_plaid_subrequest_transport
                               : &ngx_plaid_curl_transport);
    if (f == NULL) {
        return NGX_ERROR;
    }

    f->peer = &client->peer;
    f->class = class;
    f->server = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    f->resolver = client->resolver ? client->resolver
                  : client->resolver_off ? NULL : clcf->resolver;
    f->resolver_timeout = client->resolver ? client->resolver_timeout
                                           : clcf->resolver_timeout;

    rc = ngx_http_plaid_client_credentials(r, client, f->pool, &f->client_id,
                                           &f->secret);
    if (rc != NGX_OK) {
        ngx_plaid_fetch_destroy(f);
        return rc;
    }

    *fetch = f;

    return NGX_OK;
}
