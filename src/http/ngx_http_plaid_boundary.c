
#include "ngx_http_plaid_boundary.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_trust.h"
#include "ngx_http_plaid_wipe.h"
#include "ngx_plaid_headers.h"


static ngx_int_t ngx_http_plaid_header_filter(ngx_http_request_t *r);
static void ngx_http_plaid_to_front(ngx_http_phase_handler_t *ph,
    ngx_uint_t n);
static ngx_int_t ngx_http_plaid_stripped(ngx_http_request_t *r);
static void ngx_http_plaid_removed(void *data, ngx_table_elt_t *header);
static ngx_int_t ngx_http_plaid_isolate_subrequest(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx);


static ngx_http_output_header_filter_pt  ngx_http_plaid_next_header_filter;


/*
 * Not at the end of the configuration, as filters do: one of a module in the
 * binary would be below all of nginx's, and this one must be above them.
 */

void
ngx_http_plaid_boundary_filter(void)
{
    ngx_http_plaid_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_plaid_header_filter;
}


/* what a map made of the token for the app is not for "add_header" */

static ngx_int_t
ngx_http_plaid_header_filter(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t  *ctx;

    if (r == r->main) {
        ctx = ngx_http_plaid_ctx(r);

        if (ctx && ctx->injected) {
            ngx_http_plaid_wipe_response(r, ctx);
        }
    }

    return ngx_http_plaid_next_header_filter(r);
}


/*
 * A handler of the module that comes last runs first, and may end POST_READ:
 * nobody may be before ours, neither there nor where the headers of a redirect
 * and of a subrequest are removed.
 */

void
ngx_http_plaid_boundary_first(ngx_cycle_t *cycle)
{
    ngx_http_plaid_boundary_to_front(cycle, ngx_http_plaid_boundary_post_read);
    ngx_http_plaid_boundary_to_front(cycle, ngx_http_plaid_boundary_rewrite);
}


void
ngx_http_plaid_boundary_to_front(ngx_cycle_t *cycle,
    ngx_http_handler_pt handler)
{
    ngx_uint_t                  n;
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    if (cmcf == NULL) {
        return;
    }

    ph = cmcf->phase_engine.handlers;

    for (n = 0; ph[n].checker; n++) {
        if (ph[n].handler == handler) {
            ngx_http_plaid_to_front(ph, n);
        }
    }
}


/* handlers of one phase have the same checker and lead to the same next one */

static void
ngx_http_plaid_to_front(ngx_http_phase_handler_t *ph, ngx_uint_t n)
{
    ngx_http_phase_handler_t  own;

    own = ph[n];

    while (n && ph[n - 1].checker == own.checker
           && ph[n - 1].next == own.next)
    {
        ph[n] = ph[n - 1];
        n--;
    }

    ph[n] = own;
}


ngx_int_t
ngx_http_plaid_boundary_post_read(ngx_http_request_t *r)
{
    if (ngx_http_plaid_trust_peer(r, 1)) {
        return NGX_DECLINED;
    }

    return ngx_http_plaid_stripped(r);
}


ngx_int_t
ngx_http_plaid_boundary_rewrite(ngx_http_request_t *r)
{
    ngx_http_plaid_ctx_t  *ctx;

    if (r != r->main) {

        ctx = ngx_http_plaid_ctx(r);

        if (ctx == NULL || !ctx->injected) {
            return NGX_DECLINED;
        }

        return ngx_http_plaid_isolate_subrequest(r, ctx);
    }

    if (!r->internal) {
        return NGX_DECLINED;
    }

    /*
     * A redirect: our headers are removed, and the location that this leads
     * to may set them again.  Or the request never passed POST_READ, as with
     * "error_page 400": then they are the client's.
     */

    ctx = ngx_http_plaid_ctx(r);

    if (ctx) {
        ctx->nverified = 0;
    }

    if (ctx && ctx->injected) {
        ngx_http_plaid_replay_delivered(r, ctx);
        ctx->injected = 0;
        ngx_http_plaid_wipe_variables(r, ctx);
    }

    if (ngx_http_plaid_trust_peer(r, 0)) {
        return NGX_DECLINED;
    }

    return ngx_http_plaid_stripped(r);
}


/* for a phase handler */

static ngx_int_t
ngx_http_plaid_stripped(ngx_http_request_t *r)
{
    return (ngx_http_plaid_boundary_strip(r) == NGX_OK)
           ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_plaid_boundary_strip(ngx_http_request_t *r)
{
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

    if (ngx_plaid_headers_strip(&r->headers_in.headers, pmcf->names,
                                ngx_http_plaid_removed, r)
        == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* a header that nginx knows is pointed at from headers_in, too */

static void
ngx_http_plaid_removed(void *data, ngx_table_elt_t *header)
{
    ngx_http_request_t *r = data;

    ngx_table_elt_t             **known;
    ngx_http_header_t            *hh;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_plaid_main_conf_t   *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_plaid_module);

    /* later ones are those that we have set */

    if (pmcf->stats && ngx_http_plaid_ctx(r) == NULL) {
        ngx_plaid_stats_spoofed(pmcf->stats, ngx_http_plaid_trust_class(r));
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    hh = ngx_hash_find(&cmcf->headers_in_hash, header->hash,
                       header->lowcase_key, header->key.len);

    if (hh == NULL) {
        return;
    }

    known = (ngx_table_elt_t **) ((char *) &r->headers_in + hh->offset);

    if (*known == header) {
        *known = NULL;
    }
}


/*
 * A subrequest of a request with a token shares its headers and the values of
 * its variables: it gets its own of both, without the token.
 */

static ngx_int_t
ngx_http_plaid_isolate_subrequest(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    if (ngx_plaid_headers_unshare(&r->headers_in.headers) != NGX_OK
        || ngx_http_plaid_wipe_unshare(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_plaid_wipe_variables(r, ctx);

    return ngx_http_plaid_stripped(r);
}


void
ngx_http_plaid_boundary_close(ngx_http_request_t *r,
    ngx_http_plaid_ctx_t *ctx)
{
    if (ctx->wiped) {
        return;
    }

    ctx->wiped = 1;

    if (ctx->result.access_token.len == 0 && ctx->next == NULL) {
        return;
    }

    ngx_http_plaid_wipe(r, ctx);

    /* no memory: the values are wiped all the same */

    (void) ngx_http_plaid_boundary_strip(r);

    ctx->injected = 0;
}
