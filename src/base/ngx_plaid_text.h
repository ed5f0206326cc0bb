
/*
 * A text that grows: buffers from a pool, chained as an output filter takes
 * them.
 *
 * Promises: what was put is there in full, or "failed" is set; nothing is
 * ever cut off.
 */


#ifndef _NGX_PLAID_TEXT_H_INCLUDED_
#define _NGX_PLAID_TEXT_H_INCLUDED_


#include "ngx_plaid.h"


/* longest output of one ngx_plaid_text_format() */
#define NGX_PLAID_TEXT_FORMAT      256


typedef struct {
    ngx_pool_t                *pool;
    ngx_chain_t               *chain;        /* NULL: empty */
    ngx_chain_t               *last;
    size_t                     len;
    ngx_uint_t                 failed;       /* no memory */
} ngx_plaid_text_t;


/* Begins an empty text in "pool". */
void ngx_plaid_text_init(ngx_plaid_text_t *text, ngx_pool_t *pool);

void ngx_plaid_text_put(ngx_plaid_text_t *text, const void *data, size_t len);

/* As ngx_sprintf(); what is over NGX_PLAID_TEXT_FORMAT bytes is refused. */
void ngx_plaid_text_format(ngx_plaid_text_t *text, const char *fmt, ...);

/*
 * A quoted value, good as a string of JSON and as a label of Prometheus: a
 * backslash before a quote and a backslash, %XX for what is not printable
 * ASCII.
 */
void ngx_plaid_text_quoted(ngx_plaid_text_t *text, ngx_str_t *value);


#endif /* _NGX_PLAID_TEXT_H_INCLUDED_ */
