
/*
 * The timer that polls files of keys.
 */


#include "ngx_http_plaid_watch.h"
#include "ngx_plaid_secret.h"


typedef struct {
    ngx_plaid_ident_t           ident;       /* must be first */
    ngx_array_t                *files;       /* ngx_plaid_keyfile_t * */
    ngx_event_t                 event;
} ngx_http_plaid_watch_t;


static ngx_plaid_keyfile_t *ngx_http_plaid_watch_find(ngx_array_t *files,
    ngx_str_t *path, ngx_plaid_keyfile_parse_pt parse);
static void ngx_http_plaid_watch_wipe(void *data);
static void ngx_http_plaid_watch_handler(ngx_event_t *ev);


ngx_plaid_keyfile_t *
ngx_http_plaid_watch_keyfile(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *path,
    ngx_plaid_keyfile_parse_pt parse, size_t size)
{
    ngx_str_t                    full;
    ngx_pool_cleanup_t          *cln;
    ngx_plaid_keyfile_t         *file, **elt;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (pmcf->keyfiles == NULL) {
        pmcf->keyfiles = ngx_array_create(cf->pool, 2,
                                          sizeof(ngx_plaid_keyfile_t *));
        if (pmcf->keyfiles == NULL) {
            return NULL;
        }
    }

    full = *path;

    if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) {
        return NULL;
    }

    file = ngx_http_plaid_watch_find(pmcf->keyfiles, &full, parse);
    if (file) {
        return file;
    }

    file = ngx_pcalloc(cf->pool, sizeof(ngx_plaid_keyfile_t));
    if (file == NULL) {
        return NULL;
    }

    file->name = *name;
    file->path = full;
    file->parse = parse;
    file->size = size;
    file->keys = ngx_pcalloc(cf->pool, size);
    file->spare = ngx_pcalloc(cf->pool, size);

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    elt = ngx_array_push(pmcf->keyfiles);

    if (file->keys == NULL || file->spare == NULL || cln == NULL
        || elt == NULL)
    {
        return NULL;
    }

    cln->handler = ngx_http_plaid_watch_wipe;
    cln->data = file;

    *elt = file;

    return (ngx_plaid_keyfile_load(file, cf->log) == NGX_OK) ? file : NULL;
}


static ngx_plaid_keyfile_t *
ngx_http_plaid_watch_find(ngx_array_t *files, ngx_str_t *path,
    ngx_plaid_keyfile_parse_pt parse)
{
    ngx_uint_t             i;
    ngx_plaid_keyfile_t  **file;

    file = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (file[i]->parse == parse
            && file[i]->path.len == path->len
            && ngx_memcmp(file[i]->path.data, path->data, path->len) == 0)
        {
            return file[i];
        }
    }

    return NULL;
}


static void
ngx_http_plaid_watch_wipe(void *data)
{
    ngx_plaid_keyfile_t *file = data;

    ngx_explicit_memzero(file->keys, file->size);
    ngx_explicit_memzero(file->spare, file->size);
}


ngx_int_t
ngx_http_plaid_watch_start(ngx_cycle_t *cycle,
    ngx_http_plaid_main_conf_t *pmcf)
{
    ngx_http_plaid_watch_t  *watch;

    if (pmcf->keyfiles == NULL) {
        return NGX_OK;
    }

    watch = ngx_pcalloc(cycle->pool, sizeof(ngx_http_plaid_watch_t));
    if (watch == NULL) {
        return NGX_ERROR;
    }

    watch->ident.fd = (ngx_socket_t) -1;
    watch->files = pmcf->keyfiles;

    watch->event.handler = ngx_http_plaid_watch_handler;
    watch->event.data = watch;
    watch->event.log = cycle->log;
    watch->event.cancelable = 1;

    ngx_add_timer(&watch->event, NGX_PLAID_SECRET_POLL);

    return NGX_OK;
}


static void
ngx_http_plaid_watch_handler(ngx_event_t *ev)
{
    ngx_uint_t               i;
    ngx_plaid_keyfile_t    **file;
    ngx_http_plaid_watch_t  *watch;

    watch = ev->data;
    file = watch->files->elts;

    for (i = 0; i < watch->files->nelts; i++) {
        (void) ngx_plaid_keyfile_poll(file[i], ev->log);
    }

    ngx_add_timer(ev, NGX_PLAID_SECRET_POLL);
}
