
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


static void *ngx_plaid_jansson_alloc(size_t size);


static ngx_uint_t  ngx_plaid_jansson_failed;


void
ngx_plaid_jansson_enter(ngx_plaid_jansson_t *saved)
{
    json_get_alloc_funcs(&saved->alloc, &saved->free);
    json_set_alloc_funcs(ngx_plaid_jansson_alloc,
                         ngx_plaid_jansson_release);

    ngx_plaid_jansson_failed = 0;
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
        return NULL;
    }

    block->size = size;

    return block + 1;
}


void
ngx_plaid_jansson_release(void *p)
{
    ngx_plaid_jansson_block_t  *block;

    block = p;
    block--;

    ngx_explicit_memzero(p, block->size);

    free(block);
}
