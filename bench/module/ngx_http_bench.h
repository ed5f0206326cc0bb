
/*
 * Around what is measured: a twin of Plaid that does as little as it can, an
 * app that checks what it gets, and the least that an exchange can cost.
 */


#ifndef _NGX_HTTP_BENCH_H_INCLUDED_
#define _NGX_HTTP_BENCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct {
    ngx_msec_t  delay;
    ngx_str_t   floor;         /* uri of the subrequest */
} ngx_http_bench_loc_conf_t;


/* PRECONTENT handler: exchanges by a subrequest, and nothing else */
ngx_int_t ngx_http_bench_floor(ngx_http_request_t *r);


extern ngx_module_t  ngx_http_bench_module;


#endif /* _NGX_HTTP_BENCH_H_INCLUDED_ */
