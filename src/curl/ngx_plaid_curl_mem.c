
#include "ngx_plaid_curl_mem.h"
#include <curl/curl.h>

#if (NGX_FREEBSD)
#include <malloc_np.h>
#elif (NGX_DARWIN)
#include <malloc/malloc.h>
#define malloc_usable_size  malloc_size
#else
#include <malloc.h>
#endif


static void ngx_plaid_curl_free(void *p);
static void *ngx_plaid_curl_realloc(void *p, size_t size);
static char *ngx_plaid_curl_strdup(const char *s);


ngx_int_t
ngx_plaid_curl_mem_init(ngx_log_t *log)
{
    CURLcode           rc;

    static ngx_uint_t  done;

    if (done) {
        return NGX_OK;
    }

    rc = curl_global_init_mem(CURL_GLOBAL_ALL, malloc, ngx_plaid_curl_free,
                              ngx_plaid_curl_realloc, ngx_plaid_curl_strdup,
                              calloc);
    if (rc != CURLE_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "curl_global_init_mem() failed: %s",
                      curl_easy_strerror(rc));
        return NGX_ERROR;
    }

    done = 1;

    return NGX_OK;
}


/*
 * How much there is to wipe the C library knows: a size kept before each block
 * would cost every exchange under way almost a kilobyte.
 */

static void
ngx_plaid_curl_free(void *p)
{
    if (p) {
        ngx_explicit_memzero(p, malloc_usable_size(p));
        free(p);
    }
}


static void *
ngx_plaid_curl_realloc(void *p, size_t size)
{
    void    *new;
    size_t   old;

    old = p ? malloc_usable_size(p) : 0;

    if (p && size <= old) {
        return p;
    }

    new = malloc(size);

    if (p == NULL || new == NULL) {
        return new;
    }

    ngx_memcpy(new, p, ngx_min(old, size));
    ngx_plaid_curl_free(p);

    return new;
}


static char *
ngx_plaid_curl_strdup(const char *s)
{
    char    *copy;
    size_t   size;

    size = ngx_strlen(s) + 1;

    copy = malloc(size);
    if (copy == NULL) {
        return NULL;
    }

    return memcpy(copy, s, size);
}
