
/*
 * What can be said about the locations of subrequests before there is one.
 */


#include "ngx_http_plaid_subrequest.h"


static ngx_int_t ngx_http_plaid_subrequest_check_server(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client, ngx_module_t *proxy,
    ngx_http_core_loc_conf_t *clcf);
static ngx_http_core_loc_conf_t *ngx_http_plaid_subrequest_find(
    ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri);
static ngx_module_t *ngx_http_plaid_subrequest_proxy(ngx_cycle_t *cycle);


ngx_int_t
ngx_http_plaid_subrequest_check(ngx_conf_t *cf, ngx_array_t *clients)
{
    ngx_uint_t                   i, k;
    ngx_module_t                *proxy;
    ngx_http_plaid_client_t    **client;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_core_main_conf_t   *cmcf;

    proxy = ngx_http_plaid_subrequest_proxy(cf->cycle);

    if (proxy == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;
    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {

        if (client[i]->subrequest.len == 0
            || !client[i]->peer.ssl
            || !client[i]->peer.ssl_verify)
        {
            continue;
        }

        for (k = 0; k < cmcf->servers.nelts; k++) {

            if (ngx_http_plaid_subrequest_check_server(cf, client[i], proxy,
                    cscf[k]->ctx->loc_conf[ngx_http_core_module.ctx_index])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* a server may have another location of that name, for something else */

static ngx_int_t
ngx_http_plaid_subrequest_check_server(ngx_conf_t *cf,
    ngx_http_plaid_client_t *client, ngx_module_t *proxy,
    ngx_http_core_loc_conf_t *clcf)
{
#if (NGX_HTTP_SSL)
    ngx_http_upstream_conf_t  *conf;
#endif

    clcf = ngx_http_plaid_subrequest_find(clcf, &client->subrequest);

    if (clcf == NULL || !clcf->internal || clcf->handler == NULL) {
        return NGX_OK;
    }

#if (NGX_HTTP_SSL)

    /* the first member of what proxy_pass keeps for a location */
    conf = clcf->loc_conf[proxy->ctx_index];

    if (conf->ssl_verify == 1) {
        return NGX_OK;
    }

#endif

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"proxy_ssl_verify\" is off in location \"%V\", through "
                  "which plaid_client \"%V\" calls an https environment, "
                  "in %s:%ui",
                  &clcf->name, &client->name, client->file, client->line);

    return NGX_ERROR;
}


/* as ngx_http_core_find_static_location(); NULL: it cannot be known */

static ngx_http_core_loc_conf_t *
ngx_http_plaid_subrequest_find(ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri)
{
    u_char                         *p;
    size_t                          len, n;
    ngx_int_t                       rc;
    ngx_http_core_loc_conf_t       *found;
    ngx_http_location_tree_node_t  *node;

    found = NULL;

    node = clcf->static_locations;
    p = uri->data;
    len = uri->len;

    while (node) {

        n = ngx_min(len, (size_t) node->len);

        rc = ngx_filename_cmp(p, node->name, n);

        if (rc != 0) {
            node = (rc < 0) ? node->left : node->right;
            continue;
        }

        if (len == (size_t) node->len) {
            found = node->exact ? node->exact : node->inclusive;
            break;
        }

        if (len < (size_t) node->len) {
            node = node->left;
            continue;
        }

        if (node->inclusive == NULL) {
            node = node->right;
            continue;
        }

        found = node->inclusive;
        node = node->tree;
        p += n;
        len -= n;
    }

#if (NGX_PCRE)

    if (found && clcf->regex_locations
        && !found->exact_match && !found->noregex)
    {
        return NULL;
    }

#endif

    return found;
}


static ngx_module_t *
ngx_http_plaid_subrequest_proxy(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    for (i = 0; cycle->modules[i]; i++) {
        if (ngx_strcmp(cycle->modules[i]->name, "ngx_http_proxy_module")
            == 0)
        {
            return cycle->modules[i];
        }
    }

    return NULL;
}
