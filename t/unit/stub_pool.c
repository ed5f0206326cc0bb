
/* Pools, arrays and lists: the interface of nginx's, blocks of our own. */


#include "unit.h"
#include <malloc.h>


#define UNIT_ZONE  32
#define UNIT_FILL  0xa5

#ifndef __has_feature
#define __has_feature(x)  0
#endif

#if (__SANITIZE_ADDRESS__ || __has_feature(address_sanitizer))
#include <sanitizer/asan_interface.h>
#define unit_forbid(p, n)  ASAN_POISON_MEMORY_REGION(p, n)
#define unit_permit(p, n)  ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define unit_forbid(p, n)
#define unit_permit(p, n)
#endif


typedef struct unit_block_s  unit_block_t;

/* a small one is also what a walk through nginx's blocks comes by */

struct unit_block_s {
    unit_block_t        *next;
    size_t               size;
    u_char               zone[UNIT_ZONE];
    ngx_pool_data_t      d;
};


typedef struct {
    ngx_pool_t           pool;
    unit_block_t        *blocks;
} unit_pool_t;


void *__real_malloc(size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void __wrap_free(void *p);


ngx_uint_t  unit_allocations;
const char *unit_canary;
ngx_uint_t  unit_canaries;
ngx_uint_t  unit_damaged;

static ngx_uint_t  unit_refused;


void
unit_refuse(ngx_uint_t n)
{
    unit_allocations = 0;
    unit_refused = n;
}


static int
unit_no(void)
{
    return ++unit_allocations == unit_refused;
}


static int
unit_contains(u_char *p, size_t len, const char *text)
{
    return memmem(p, len, text, strlen(text)) != NULL;
}


void *
__wrap_malloc(size_t size)
{
    void  *p;

    if (unit_no()) {
        return NULL;
    }

    p = __real_malloc(size);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


void
__wrap_free(void *p)
{
    if (p && unit_canary
        && unit_contains(p, malloc_usable_size(p), unit_canary))
    {
        unit_canaries++;
    }

    __real_free(p);
}


ngx_pool_t *
unit_pool(void)
{
    unit_pool_t  *p;

    p = calloc(1, sizeof(unit_pool_t));
    p->pool.log = &unit_log;
    p->pool.max = 4095;
    p->pool.d.last = (u_char *) &p->pool + sizeof(ngx_pool_data_t);

    return &p->pool;
}


static void
unit_block_free(unit_block_t *b)
{
    u_char  *p;
    size_t   i;

    p = (u_char *) (b + 1);

    unit_permit(b->zone, UNIT_ZONE);
    unit_permit(p + b->size, UNIT_ZONE);

    for (i = 0; i < UNIT_ZONE; i++) {
        if (b->zone[i] != UNIT_FILL || p[b->size + i] != UNIT_FILL) {
            unit_damaged++;
            ok(0, "red zone of a block of %zu bytes", b->size);
            break;
        }
    }

    __real_free(b);
}


void
unit_pool_destroy(ngx_pool_t *pool)
{
    unit_pool_t         *p;
    unit_block_t        *b, *next;
    ngx_pool_cleanup_t  *c;

    p = (unit_pool_t *) pool;

    for (c = pool->cleanup; c; c = c->next) {
        if (c->handler) {
            c->handler(c->data);
        }
    }

    for (b = p->blocks; b; b = next) {
        next = b->next;
        unit_block_free(b);
    }

    free(p);
}


ngx_uint_t
unit_pool_holds(ngx_pool_t *pool, const char *text)
{
    ngx_uint_t     n;
    unit_block_t  *b;

    n = 0;

    for (b = ((unit_pool_t *) pool)->blocks; b; b = b->next) {
        n += unit_contains((u_char *) (b + 1), b->size, text);
    }

    return n;
}


ngx_pool_t *
ngx_create_pool(size_t size, ngx_log_t *log)
{
    ngx_pool_t  *pool;

    if (unit_no()) {
        return NULL;
    }

    pool = unit_pool();
    pool->log = log;

    return pool;
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    unit_pool_destroy(pool);
}


/* What is not set by the caller is garbage, as from nginx's. */

void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    unit_pool_t   *p;
    unit_block_t  *b;

    if (unit_no()) {
        return NULL;
    }

    b = __real_malloc(sizeof(unit_block_t) + size + UNIT_ZONE);
    if (b == NULL) {
        return NULL;
    }

    memset(b->zone, UNIT_FILL, UNIT_ZONE);
    memset(b + 1, 0x5a, size);
    memset((u_char *) (b + 1) + size, UNIT_FILL, UNIT_ZONE);

    p = (unit_pool_t *) pool;
    b->size = size;
    b->next = p->blocks;
    p->blocks = b;

    if (size <= pool->max) {
        memset(&b->d, 0, sizeof(ngx_pool_data_t));
        b->d.last = (u_char *) (b + 1) + size;
        b->d.end = b->d.last;
        b->d.next = pool->d.next;
        pool->d.next = (ngx_pool_t *) &b->d;
    }

    unit_forbid(b->zone, UNIT_ZONE);
    unit_forbid((u_char *) (b + 1) + size, UNIT_ZONE);

    return b + 1;
}


void *
ngx_palloc(ngx_pool_t *pool, size_t size)
{
    return ngx_pnalloc(pool, size);
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    void  *p;

    p = ngx_pnalloc(pool, size);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


/* Blocks up to pool->max cannot be freed, as with nginx. */

ngx_int_t
ngx_pfree(ngx_pool_t *pool, void *p)
{
    unit_block_t  *b, **prev;

    prev = &((unit_pool_t *) pool)->blocks;

    for (b = *prev; b; prev = &b->next, b = *prev) {
        if ((void *) (b + 1) == p && b->size > pool->max) {
            *prev = b->next;
            unit_block_free(b);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size)
{
    ngx_pool_cleanup_t  *c;

    c = ngx_pcalloc(pool, sizeof(ngx_pool_cleanup_t));
    if (c == NULL) {
        return NULL;
    }

    if (size) {
        c->data = ngx_palloc(pool, size);
        if (c->data == NULL) {
            return NULL;
        }
    }

    c->next = pool->cleanup;
    pool->cleanup = c;

    return c;
}


ngx_array_t *
ngx_array_create(ngx_pool_t *pool, ngx_uint_t n, size_t size)
{
    ngx_array_t  *a;

    a = ngx_pcalloc(pool, sizeof(ngx_array_t));
    if (a == NULL) {
        return NULL;
    }

    a->elts = ngx_palloc(pool, n * size);
    if (a->elts == NULL) {
        return NULL;
    }

    a->size = size;
    a->nalloc = n;
    a->pool = pool;

    return a;
}


void *
ngx_array_push_n(ngx_array_t *a, ngx_uint_t n)
{
    void  *elts;

    if (a->nelts + n > a->nalloc) {
        elts = ngx_palloc(a->pool, 2 * (a->nelts + n) * a->size);
        if (elts == NULL) {
            return NULL;
        }

        memcpy(elts, a->elts, a->nelts * a->size);
        a->elts = elts;
        a->nalloc = 2 * (a->nelts + n);
    }

    a->nelts += n;

    return (u_char *) a->elts + (a->nelts - n) * a->size;
}


void *
ngx_array_push(ngx_array_t *a)
{
    return ngx_array_push_n(a, 1);
}


ngx_list_t *
ngx_list_create(ngx_pool_t *pool, ngx_uint_t n, size_t size)
{
    ngx_list_t  *list;

    list = ngx_palloc(pool, sizeof(ngx_list_t));
    if (list == NULL || ngx_list_init(list, pool, n, size) != NGX_OK) {
        return NULL;
    }

    return list;
}


void *
ngx_list_push(ngx_list_t *list)
{
    ngx_list_part_t  *part;

    part = list->last;

    if (part->nelts == list->nalloc) {
        part = ngx_palloc(list->pool, sizeof(ngx_list_part_t));
        if (part == NULL) {
            return NULL;
        }

        part->elts = ngx_palloc(list->pool, list->nalloc * list->size);
        if (part->elts == NULL) {
            return NULL;
        }

        part->nelts = 0;
        part->next = NULL;

        list->last->next = part;
        list->last = part;
    }

    return (u_char *) part->elts + list->size * part->nelts++;
}
