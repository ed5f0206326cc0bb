
/* jansson while memory is short. */


#include "ngx_plaid_sandbox_jansson.h"


/*
 * What the lexer may need for the largest string of a body, whose buffer is
 * doubled until that fits (16 + 32 + ... + 2 * body) and then copied, with
 * half as much again for what is made of it.
 */
#define NGX_PLAID_SANDBOX_JANSSON_SPARE                                       \
    (8 * NGX_PLAID_SANDBOX_BODY_MAX)


static void *ngx_plaid_sandbox_jansson_alloc(size_t size);


static ngx_uint_t   ngx_plaid_sandbox_jansson_refused;
static ngx_uint_t   ngx_plaid_sandbox_jansson_blocks;  /* of the spare memory */
static size_t       ngx_plaid_sandbox_jansson_taken;
static max_align_t  ngx_plaid_sandbox_jansson_spare[
    NGX_PLAID_SANDBOX_JANSSON_SPARE / sizeof(max_align_t)];


void
ngx_plaid_sandbox_jansson_enter(ngx_plaid_sandbox_jansson_t *saved)
{
    json_get_alloc_funcs(&saved->alloc, &saved->free);
    json_set_alloc_funcs(ngx_plaid_sandbox_jansson_alloc,
                         ngx_plaid_sandbox_jansson_free);

    ngx_plaid_sandbox_jansson_refused = 0;
}


ngx_int_t
ngx_plaid_sandbox_jansson_leave(ngx_plaid_sandbox_jansson_t *saved)
{
    json_set_alloc_funcs(saved->alloc, saved->free);

    return ngx_plaid_sandbox_jansson_refused ? NGX_ERROR : NGX_OK;
}


static void *
ngx_plaid_sandbox_jansson_alloc(size_t size)
{
    void    *p;
    size_t   n;

    p = malloc(size);
    if (p) {
        return p;
    }

    ngx_plaid_sandbox_jansson_refused = 1;

    n = size / sizeof(max_align_t) + 1;

    if (n > sizeof(ngx_plaid_sandbox_jansson_spare) / sizeof(max_align_t)
            - ngx_plaid_sandbox_jansson_taken)
    {
        return NULL;
    }

    p = ngx_plaid_sandbox_jansson_spare + ngx_plaid_sandbox_jansson_taken;

    ngx_plaid_sandbox_jansson_taken += n;
    ngx_plaid_sandbox_jansson_blocks++;

    return p;
}


void
ngx_plaid_sandbox_jansson_free(void *p)
{
    u_char  *first;

    first = (u_char *) ngx_plaid_sandbox_jansson_spare;

    if ((u_char *) p < first
        || (u_char *) p >= first + sizeof(ngx_plaid_sandbox_jansson_spare))
    {
        free(p);
        return;
    }

    if (--ngx_plaid_sandbox_jansson_blocks == 0) {
        ngx_plaid_sandbox_jansson_taken = 0;
    }
}
