
/* Names that are twice in an object of JSON: all of them, sorted. */


#include "ngx_plaid_json_unique.h"
#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_json_string.h"


typedef struct {
    ngx_uint_t                 object;       /* that it is a member of */
    ngx_str_t                  name;         /* decoded */
} ngx_plaid_json_member_t;


static ngx_int_t ngx_plaid_json_unique_members(ngx_str_t *text,
    ngx_uint_t depth, ngx_uint_t *n);
static ngx_int_t ngx_plaid_json_unique_collect(ngx_pool_t *pool,
    ngx_str_t *text, ngx_uint_t depth, ngx_plaid_json_member_t *m);
static int ngx_libc_cdecl ngx_plaid_json_unique_compare(const void *one,
    const void *two);


ngx_int_t
ngx_plaid_json_unique(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t depth)
{
    ngx_int_t                 rc;
    ngx_uint_t                i, n;
    ngx_plaid_json_member_t  *m;

    if (ngx_plaid_json_unique_members(text, depth, &n) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (n < 2) {
        return NGX_OK;
    }

    m = ngx_palloc(pool, n * sizeof(ngx_plaid_json_member_t));
    if (m == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_plaid_json_unique_collect(pool, text, depth, m);

    if (rc == NGX_OK) {
        ngx_qsort(m, n, sizeof(ngx_plaid_json_member_t),
                  ngx_plaid_json_unique_compare);

        for (i = 1; i < n; i++) {
            if (ngx_plaid_json_unique_compare(&m[i - 1], &m[i]) == 0) {
                rc = NGX_DECLINED;
                break;
            }
        }
    }

    (void) ngx_pfree(pool, m);

    return rc;
}


static ngx_int_t
ngx_plaid_json_unique_members(ngx_str_t *text, ngx_uint_t depth, ngx_uint_t *n)
{
    ngx_plaid_json_e       type;
    ngx_plaid_json_scan_t  scan;

    *n = 0;

    ngx_plaid_json_scan_init(&scan, text, depth);

    do {
        type = ngx_plaid_json_scan_next(&scan);

        if (scan.name.data) {
            (*n)++;
        }

    } while (type > NGX_PLAID_JSON_INVALID);

    return (type == NGX_PLAID_JSON_END) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_plaid_json_unique_collect(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t depth, ngx_plaid_json_member_t *m)
{
    uint32_t                within[NGX_PLAID_JSON_DEPTH + 1];
    ngx_uint_t              objects, parent;
    ngx_plaid_json_e        type;
    ngx_plaid_json_scan_t   scan;

    objects = 0;
    within[0] = 0;

    ngx_plaid_json_scan_init(&scan, text, depth);

    for ( ;; ) {
        type = ngx_plaid_json_scan_next(&scan);

        if (type <= NGX_PLAID_JSON_INVALID) {
            return NGX_OK;
        }

        parent = scan.depth;

        if (type == NGX_PLAID_JSON_OBJECT || type == NGX_PLAID_JSON_ARRAY) {
            within[scan.depth] = ++objects;
            parent--;
        }

        if (scan.name.data == NULL) {
            continue;
        }

        m->object = within[parent];

        if (ngx_plaid_json_string_value(pool, &scan.name, &m->name) != NGX_OK) {
            return NGX_ERROR;
        }

        m++;
    }
}


static int ngx_libc_cdecl
ngx_plaid_json_unique_compare(const void *one, const void *two)
{
    const ngx_plaid_json_member_t  *a = one, *b = two;

    if (a->object != b->object) {
        return (a->object < b->object) ? -1 : 1;
    }

    if (a->name.len != b->name.len) {
        return (a->name.len < b->name.len) ? -1 : 1;
    }

    return ngx_memcmp(a->name.data, b->name.data, a->name.len);
}
