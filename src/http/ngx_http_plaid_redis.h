
/*
 * plaid_redis name { ... }: the servers that nodes share their replay records
 * through.
 *
 * Promises: a block that the configuration accepted is complete; a build
 * without libhiredis has the directive, and says that it was left out.
 */


#ifndef _NGX_HTTP_PLAID_REDIS_H_INCLUDED_
#define _NGX_HTTP_PLAID_REDIS_H_INCLUDED_


#include "ngx_http_plaid_conf.h"

#if (NGX_PLAID_HIREDIS)
#include "ngx_plaid_redis.h"
#endif


/* ngx_http_plaid_redis_conf.c: the directive */
char *ngx_http_plaid_redis_conf_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * After the whole configuration was read: finds the blocks that zones name,
 * resolves names, adds the zone with the numbers.  NGX_OK, or NGX_ERROR with
 * a line logged at emerg.
 */
ngx_int_t ngx_http_plaid_redis_init(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf);

/* For a worker that starts, before its first request: connects. */
ngx_int_t ngx_http_plaid_redis_attach(ngx_http_plaid_main_conf_t *pmcf);

/* For a process that exits, or a cycle that does: closes the connections. */
void ngx_http_plaid_redis_exit(ngx_http_plaid_main_conf_t *pmcf);

/*
 * The numbers of each server, for plaid_status: "st" is an array of
 * ngx_plaid_redis_stats_t *.  NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_plaid_redis_report(ngx_http_plaid_main_conf_t *pmcf,
    ngx_array_t *st);


#if (NGX_PLAID_HIREDIS)

/* The block called "name", or NULL. */
ngx_plaid_redis_t *ngx_http_plaid_redis_find(ngx_http_plaid_main_conf_t *pmcf,
    ngx_str_t *name);

#endif


#endif /* _NGX_HTTP_PLAID_REDIS_H_INCLUDED_ */
