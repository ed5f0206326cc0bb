
/* jansson while memory is short. */


#include "ngx_plaid_sandbox_jansson.h"


/*
 * What the lexer may need for the largest string of a text, whose buffer is
 * doubled until that fits (16 + 32 + ... + 2 * len) and then copied, with
 * half as much again for what is made of it.
 */
#define ngx_plaid_sandbox_jansson_need(len)  (8 * (len) + 1024)


static void *ngx_plaid_sandbox_jansson_alloc(size_t size);


static ngx_uint_t  ngx_plaid_sandbox_jansson_refused;

/* while a text is parsed: memory to take when malloc() has none */
static u_char     *ngx_plaid_sandbox_jansson_spare;
static size_t      ngx_plaid_sandbox_jansson_size;
static size_t      ngx_plaid_sandbox_jansson_taken;


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


json_t *
ngx_plaid_sandbox_load(const char *text, size_t len)
{
    json_t                       *value;
    ngx_uint_t                    refused;
    ngx_plaid_sandbox_jansson_t   saved;

    refused = ngx_plaid_sandbox_jansson_refused;

    ngx_plaid_sandbox_jansson_size = ngx_plaid_sandbox_jansson_need(len);
    ngx_plaid_sandbox_jansson_taken = 0;
    ngx_plaid_sandbox_jansson_spare = malloc(ngx_plaid_sandbox_jansson_size);

    if (ngx_plaid_sandbox_jansson_spare == NULL) {
        ngx_plaid_sandbox_jansson_refused = 1;
        return NULL;
    }

    ngx_plaid_sandbox_jansson_enter(&saved);

    value = json_loadb(text, len, JSON_DECODE_ANY, NULL);

    if (ngx_plaid_sandbox_jansson_refused) {

        /* parts of it may lie in the spare memory */

        json_decref(value);
        value = NULL;
    }

    (void) ngx_plaid_sandbox_jansson_leave(&saved);

    free(ngx_plaid_sandbox_jansson_spare);
    ngx_plaid_sandbox_jansson_spare = NULL;

    ngx_plaid_sandbox_jansson_refused |= refused;

    return value;
}


static void *
ngx_plaid_sandbox_jansson_alloc(size_t size)
{
    void  *p;

    p = malloc(size);
    if (p) {
        return p;
    }

    ngx_plaid_sandbox_jansson_refused = 1;

    size = ngx_align(size, sizeof(max_align_t));

    if (ngx_plaid_sandbox_jansson_spare == NULL
        || size > ngx_plaid_sandbox_jansson_size
                  - ngx_plaid_sandbox_jansson_taken)
    {
        return NULL;
    }

    p = ngx_plaid_sandbox_jansson_spare + ngx_plaid_sandbox_jansson_taken;

    ngx_plaid_sandbox_jansson_taken += size;

    return p;
}


void
ngx_plaid_sandbox_jansson_free(void *p)
{
    u_char  *spare;

    spare = ngx_plaid_sandbox_jansson_spare;

    if (spare && (u_char *) p >= spare
        && (u_char *) p < spare + ngx_plaid_sandbox_jansson_size)
    {
        return;
    }

    free(p);
}
