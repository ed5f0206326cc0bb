
/*
 * jansson while memory is short.
 *
 * Its lexer ignores that a buffer could not grow, and then aborts or reads
 * beyond it.  All text is therefore parsed by ngx_plaid_sandbox_load(), which
 * first takes what the lexer may need; between enter and leave the caller is
 * told whether memory was refused.
 *
 * Values that live longer are freed between another enter and leave.
 */


#ifndef _NGX_PLAID_SANDBOX_JANSSON_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_JANSSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>


typedef struct {
    json_malloc_t                alloc;
    json_free_t                  free;
} ngx_plaid_sandbox_jansson_t;


/* Saves jansson's functions in "saved" and sets ours. */
void ngx_plaid_sandbox_jansson_enter(ngx_plaid_sandbox_jansson_t *saved);

/* Frees what json_dumps() returned, before leave; "p" may be NULL. */
void ngx_plaid_sandbox_jansson_free(void *p);

/*
 * Sets jansson's functions as "saved".  NGX_ERROR: memory was refused since
 * enter, and no value or text made since then can be trusted.
 */
ngx_int_t ngx_plaid_sandbox_jansson_leave(ngx_plaid_sandbox_jansson_t *saved);

/*
 * The value of a JSON text, owned by the caller; NULL when it is not valid,
 * or memory ran out.  Works outside of enter and leave, too.
 */
json_t *ngx_plaid_sandbox_load(const char *text, size_t len);

/* The same of a string with its zero. */
#define ngx_plaid_sandbox_text(s)                                             \
    ngx_plaid_sandbox_load((const char *) (s), ngx_strlen(s))


#endif /* _NGX_PLAID_SANDBOX_JANSSON_H_INCLUDED_ */
