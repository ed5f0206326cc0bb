
#include "ngx_http_plaid_boundary.h"
#include "ngx_http_plaid_directives.h"
#include "ngx_http_plaid_exchange.h"
#include "ngx_http_plaid_handler.h"
#include "ngx_http_plaid_redis.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_status.h"
#include "ngx_http_plaid_subrequest.h"
#include "ngx_http_plaid_trust.h"
#include "ngx_http_plaid_variables.h"
#include "ngx_http_plaid_watch.h"
#include "ngx_plaid_curl.h"
#include "ngx_plaid_fetch.h"
#include "ngx_plaid_hkdf.h"


static ngx_int_t ngx_http_plaid_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_plaid_add_handler(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static ngx_int_t ngx_http_plaid_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_plaid_init_process(ngx_cycle_t *cycle);
static void ngx_http_plaid_exit_process(ngx_cycle_t *cycle);
static void ngx_http_plaid_exit_master(ngx_cycle_t *cycle);
static void ngx_http_plaid_close_clients(void *data);


static ngx_http_module_t  ngx_http_plaid_module_ctx = {
    ngx_http_plaid_variables_add,          /* preconfiguration */
    ngx_http_plaid_init,                   /* postconfiguration */

    ngx_http_plaid_directives_create_main, /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_plaid_directives_create_srv,  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_plaid_directives_create_loc,  /* create location configuration */
    ngx_http_plaid_directives_merge_loc    /* merge location configuration */
};


ngx_module_t  ngx_http_plaid_module = {
    NGX_MODULE_V1,
    &ngx_http_plaid_module_ctx,            /* module context */
    ngx_http_plaid_directives,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_plaid_init_module,            /* init module */
    ngx_http_plaid_init_process,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_plaid_exit_process,           /* exit process */
    ngx_http_plaid_exit_master,            /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_plaid_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt         *h;
    ngx_pool_cleanup_t          *cln;
    ngx_http_core_main_conf_t   *cmcf;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (ngx_http_plaid_trust_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if ((pmcf->clients || pmcf->status)
        && ngx_http_plaid_status_init(cf, pmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (pmcf->clients) {
        if (ngx_http_plaid_client_init(cf, pmcf->clients) != NGX_OK
            || ngx_http_plaid_subrequest_check(cf, pmcf->clients) != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* a process without workers keeps old cycles for a while */

        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_plaid_close_clients;
        cln->data = pmcf->clients;
    }

    if (ngx_http_plaid_redis_init(cf, pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_plaid_add_handler(cf, NGX_HTTP_POST_READ_PHASE,
                                   ngx_http_plaid_boundary_post_read)
        != NGX_OK
        || ngx_http_plaid_add_handler(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                      ngx_http_plaid_boundary_rewrite)
           != NGX_OK
        || ngx_http_plaid_add_handler(cf, NGX_HTTP_REWRITE_PHASE,
                                      ngx_http_plaid_boundary_rewrite)
           != NGX_OK
        || ngx_http_plaid_add_handler(cf, NGX_HTTP_PRECONTENT_PHASE,
                                      ngx_http_plaid_handler)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    /*
     * Handlers run in reverse order.  This one must be the last: what
     * try_files sends elsewhere is exchanged there, if at all, and a mirror
     * has made its subrequest by the time there is a token.
     */

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers.elts;

    ngx_memmove(&h[1], &h[0],
                (cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers.nelts - 1)
                * sizeof(ngx_http_handler_pt));

    h[0] = ngx_http_plaid_handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_add_handler(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_init_module(ngx_cycle_t *cycle)
{
    ngx_core_conf_t             *ccf;
    ngx_http_plaid_main_conf_t  *pmcf;

    ngx_http_plaid_boundary_first(cycle);

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_plaid_module);

    /*
     * A process without workers gets new filters with each configuration.
     * Workers add ours by themselves: a reload that failed may have left the
     * master without it.
     */

    if (!ccf->master && pmcf && pmcf->clients) {
        ngx_http_plaid_boundary_filter();
    }

    if (pmcf && pmcf->clients) {
        ngx_http_plaid_client_start(cycle, pmcf->clients);
        ngx_http_plaid_replay_check(cycle, pmcf);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_init_process(ngx_cycle_t *cycle)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    /* the cache manager and the cache loader come here, too */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_plaid_module);

    if (pmcf == NULL || pmcf->clients == NULL) {
        return NGX_OK;
    }

    if (ngx_process == NGX_PROCESS_WORKER) {
        ngx_http_plaid_boundary_filter();
    }

    if (ngx_http_plaid_replay_attach(cycle, pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_plaid_status_attach(pmcf);
    ngx_http_plaid_client_names_init(pmcf->clients);

    if (ngx_http_plaid_watch_start(cycle, pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_plaid_redis_attach(pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_plaid_client_watch(cycle, pmcf->clients);
}


static void
ngx_http_plaid_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_plaid_module);

    if (pmcf) {
        ngx_http_plaid_redis_exit(pmcf);
    }

    ngx_plaid_fetch_exit();

    if (pmcf && pmcf->clients) {
        ngx_http_plaid_close_clients(pmcf->clients);
    }

    ngx_plaid_hkdf_exit();
}


/* keys are read there, too */

static void
ngx_http_plaid_exit_master(ngx_cycle_t *cycle)
{
    ngx_plaid_hkdf_exit();
}


static void
ngx_http_plaid_close_clients(void *data)
{
    ngx_array_t *clients = data;

    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client;

    ngx_http_plaid_client_names_exit(clients);

    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        ngx_plaid_curl_close(&client[i]->peer);
    }
}
