
/*
 * What a unit test needs: TAP, and a stand-in for the few functions of
 * nginx's core that the code under test calls.
 *
 * Each allocation from a pool is a block of its own between two red zones
 * that unit_pool_destroy() checks, and that ASan lets nobody touch.
 * unit_refuse(n) makes the n-th allocation fail, of pools and of our own
 * malloc() alike (link with -Wl,--wrap=malloc,--wrap=free).
 */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* TAP */

void ok(int cond, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void is_int(long got, long expected, const char *name);
void is_str(ngx_str_t *got, const char *expected, const char *name);
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int done_testing(void);


/* pools */

ngx_pool_t *unit_pool(void);

/* Reports a damaged red zone as a failed test, and counts it. */
void unit_pool_destroy(ngx_pool_t *pool);

extern ngx_uint_t  unit_damaged;

/* The number of live blocks of "pool" in which "text" occurs. */
ngx_uint_t unit_pool_holds(ngx_pool_t *pool, const char *text);

/* Makes the n-th allocation from now on fail, once; 0: none. */
void unit_refuse(ngx_uint_t n);

/* Allocations since unit_refuse(). */
extern ngx_uint_t  unit_allocations;

/* When set, a block of malloc() freed with this text in it is counted. */
extern const char *unit_canary;
extern ngx_uint_t  unit_canaries;


/* log: the lines since unit_log_reset(), and how many there were */

extern ngx_log_t   unit_log;
extern char        unit_log_text[4096];
extern ngx_uint_t  unit_log_lines;

void unit_log_reset(void);


/* chains */

/*
 * A chain of buffers in memory over the same bytes as "body", cut at the
 * "ncuts" offsets; each buffer is a block of its own of that very size.
 */
ngx_chain_t *unit_chain(ngx_pool_t *pool, ngx_str_t *body, size_t *cuts,
    ngx_uint_t ncuts);

/* The same bytes from offset "from" on as a buffer in a file. */
ngx_chain_t *unit_chain_file(ngx_pool_t *pool, ngx_str_t *body, size_t from);

void unit_chain_free(ngx_chain_t *in);


/* strings */

ngx_str_t unit_str(const char *text);
ngx_array_t *unit_names(ngx_pool_t *pool, const char *text);


#endif /* _UNIT_H_INCLUDED_ */
