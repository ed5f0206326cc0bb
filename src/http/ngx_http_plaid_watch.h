
/*
 * Files of keys that workers read again every second.
 *
 * Promises: a worker that is to quit does not wait for it; nothing blocks but
 * the reading of a small file.
 */


#ifndef _NGX_HTTP_PLAID_WATCH_H_INCLUDED_
#define _NGX_HTTP_PLAID_WATCH_H_INCLUDED_


#include "ngx_http_plaid_conf.h"
#include "ngx_plaid_keyfile.h"


/*
 * Makes, loads and registers a file of keys of the directive "name"; "size"
 * is that of what "parse" fills.  A second directive with the same path and
 * parser gets the same one.  NULL: an error, which was logged.
 */
ngx_plaid_keyfile_t *ngx_http_plaid_watch_keyfile(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *path, ngx_plaid_keyfile_parse_pt parse,
    size_t size);

/* Called once in each worker: starts the timer, if there are such files. */
ngx_int_t ngx_http_plaid_watch_start(ngx_cycle_t *cycle,
    ngx_http_plaid_main_conf_t *pmcf);


#endif /* _NGX_HTTP_PLAID_WATCH_H_INCLUDED_ */
