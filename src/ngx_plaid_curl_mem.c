
#include "ngx_plaid_curl_mem.h"
#include <curl/curl.h>


/* before each block: its size, in as much room as malloc()'s alignment asks */

typedef union {
    size_t       size;
    long double  align;
} ngx_plaid_curl_block_t;


static void *ngx_plaid_curl_malloc(size_t size);
static void ngx_plaid_curl_free(void *p);
static void *ngx_plaid_curl_realloc(void *p, size_t size);
static char *ngx_plaid_curl_strdup(const char *s);
static void *ngx_plaid_curl_calloc(size_t n, size_t size);


ngx_int_t
ngx_plaid_curl_mem_init(ngx_log_t *log)
{
    CURLcode           rc;

    static ngx_uint_t  done;

    if (done) {
        return NGX_OK;
    }

    rc = curl_global_init_mem(CURL_GLOBAL_ALL, ngx_plaid_curl_malloc,
                              ngx_plaid_curl_free, ngx_plaid_curl_realloc,
                              ngx_plaid_curl_strdup, ngx_plaid_curl_calloc);
    if (rc != CURLE_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "curl_global_init_mem() failed: %s",
                      curl_easy_strerror(rc));
        return NGX_ERROR;
    }

    done = 1;

    return NGX_OK;
}


static void *
ngx_plaid_curl_malloc(size_t size)
{
    ngx_plaid_curl_block_t  *block;

    if (size > NGX_MAX_SIZE_T_VALUE - sizeof(ngx_plaid_curl_block_t)) {
        return NULL;
    }

    block = malloc(sizeof(ngx_plaid_curl_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->size = size;

    return block + 1;
}


static void
ngx_plaid_curl_free(void *p)
{
    ngx_plaid_curl_block_t  *block;

    if (p == NULL) {
        return;
    }

    block = (ngx_plaid_curl_block_t *) p - 1;

    ngx_explicit_memzero(p, block->size);
    free(block);
}


static void *
ngx_plaid_curl_realloc(void *p, size_t size)
{
    void                    *new;
    ngx_plaid_curl_block_t  *block;

    new = ngx_plaid_curl_malloc(size);

    if (p == NULL || new == NULL) {
        return new;
    }

    block = (ngx_plaid_curl_block_t *) p - 1;

    ngx_memcpy(new, p, ngx_min(block->size, size));
    ngx_plaid_curl_free(p);

    return new;
}


static char *
ngx_plaid_curl_strdup(const char *s)
{
    char    *copy;
    size_t   size;

    size = ngx_strlen(s) + 1;

    copy = ngx_plaid_curl_malloc(size);
    if (copy == NULL) {
        return NULL;
    }

    return memcpy(copy, s, size);
}


static void *
ngx_plaid_curl_calloc(size_t n, size_t size)
{
    ngx_plaid_curl_block_t  *block;

    if (size && n > (NGX_MAX_SIZE_T_VALUE - sizeof(ngx_plaid_curl_block_t))
                    / size)
    {
        return NULL;
    }

    block = calloc(1, sizeof(ngx_plaid_curl_block_t) + n * size);
    if (block == NULL) {
        return NULL;
    }

    block->size = n * size;

    return block + 1;
}
