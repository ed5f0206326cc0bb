
#include "ngx_plaid_jansson.h"


/*
 * jansson copies each string twice, once in its lexer.  Neither copy can be
 * reached by an application, so the allocator has to wipe them, and for that
 * it has to know the sizes.
 */

typedef union {
    size_t                     size;
    max_align_t                align;
} ngx_plaid_jansson_block_t;


/*
 * jansson's lexer goes on when its buffer could not grow, relies on what it
 * has not written, and aborts or leaves its own memory.  It never sees an
 * allocation fail as long as this lasts: for the buffer of a token's text,
 * doubled several times, and what jansson makes of the rest.
 */

#define NGX_PLAID_JANSSON_SPARE  262144


static void *ngx_plaid_jansson_alloc(size_t size);
static ngx_plaid_jansson_block_t *ngx_plaid_jansson_take(size_t size);
static void ngx_plaid_jansson_release(void *p);


static ngx_uint_t                 ngx_plaid_jansson_failed;
static size_t                     ngx_plaid_jansson_taken;
static ngx_plaid_jansson_block_t  ngx_plaid_jansson_spare[
    NGX_PLAID_JANSSON_SPARE / sizeof(ngx_plaid_jansson_block_t)];


void
ngx_plaid_jansson_enter(ngx_plaid_jansson_t *saved)
{
    json_get_alloc_funcs(&saved->alloc, &saved->free);
    json_set_alloc_funcs(ngx_plaid_jansson_alloc,
                         ngx_plaid_jansson_release);

    ngx_plaid_jansson_failed = 0;
    ngx_plaid_jansson_taken = 0;
}


void
ngx_plaid_jansson_leave(ngx_plaid_jansson_t *saved)
{
    json_set_alloc_funcs(saved->alloc, saved->free);
}


ngx_int_t
ngx_plaid_jansson_memory(void)
{
    return ngx_plaid_jansson_failed ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_plaid_jansson_text(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '\0') {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static void *
ngx_plaid_jansson_alloc(size_t size)
{
    ngx_plaid_jansson_block_t  *block;

    block = malloc(sizeof(ngx_plaid_jansson_block_t) + size);
    if (block == NULL) {
        ngx_plaid_jansson_failed = 1;

        block = ngx_plaid_jansson_take(size);
        if (block == NULL) {
            return NULL;
        }
    }

    block->size = size;

    return block + 1;
}


static ngx_plaid_jansson_block_t *
ngx_plaid_jansson_take(size_t size)
{
    size_t                      n;
    ngx_plaid_jansson_block_t  *block;

    n = 1 + size / sizeof(ngx_plaid_jansson_block_t) + 1;

    if (n > sizeof(ngx_plaid_jansson_spare) / sizeof(*block)
            - ngx_plaid_jansson_taken)
    {
        return NULL;
    }

    block = ngx_plaid_jansson_spare + ngx_plaid_jansson_taken;
    ngx_plaid_jansson_taken += n;

    return block;
}


static void
ngx_plaid_jansson_release(void *p)
{
    ngx_plaid_jansson_block_t  *block;

    block = p;
    block--;

    ngx_explicit_memzero(p, block->size);

    if (block >= ngx_plaid_jansson_spare
        && block < ngx_plaid_jansson_spare
                   + sizeof(ngx_plaid_jansson_spare) / sizeof(*block))
    {
        return;
    }

    free(block);
}
