
/*
 * The body check of plaid_pass: whatever is taken is taken again after it was
 * spliced, and without a replacement no byte changes but those left out.
 */


#include "fuzz.h"
#include "ngx_plaid_splice.h"


static const ngx_plaid_splice_place_t  places[] = {
    { "client_id", 1 },
    { "secret", 1 },
    { "access_token", 0 },
    { "access_tokens[]", 0 },
    { "items[].access_token", 0 },
    { NULL, 0 }
};


static ngx_int_t
spliced(ngx_pool_t *pool, ngx_str_t *in, ngx_str_t *by, ngx_str_t *out,
    ngx_uint_t *n)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_plaid_splice_t       sp;
    ngx_plaid_splice_hit_t  *hit;

    memset(&sp, 0, sizeof(sp));

    sp.pool = pool;
    sp.places = places;

    rc = ngx_plaid_splice_read(&sp, in);
    if (rc != NGX_OK) {
        return rc;
    }

    hit = sp.hits.elts;

    for (i = 0, *n = 0; i < sp.hits.nelts; i++) {

        fuzz_check(hit[i].start < hit[i].end && hit[i].end <= in->len
                   && in->data[hit[i].start] == '"'
                   && in->data[hit[i].end - 1] == '"');

        if (hit[i].place >= 2) {
            (*n)++;

            if (by) {
                hit[i].by = *by;
            }
        }
    }

    return ngx_plaid_splice_write(&sp, pool, out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    in, out, again, by;
    ngx_uint_t   n, m;
    ngx_pool_t  *pool;

    pool = unit_pool();

    in.len = size;
    in.data = ngx_pnalloc(pool, size ? size : 1);
    memcpy(in.data, data, size);

    by = unit_str("a\"\\\x01z");

    if (spliced(pool, &in, NULL, &out, &n) == NGX_OK) {

        fuzz_check(out.len <= in.len);

        fuzz_check(spliced(pool, &out, NULL, &again, &m) == NGX_OK);
        fuzz_check(m == n && again.len == out.len
                   && memcmp(again.data, out.data, out.len) == 0);

        fuzz_check(spliced(pool, &in, &by, &out, &m) == NGX_OK && m == n);
        fuzz_check(spliced(pool, &out, &by, &again, &m) == NGX_OK && m == n
                   && again.len == out.len
                   && memcmp(again.data, out.data, out.len) == 0);
    }

    unit_pool_destroy(pool);

    return 0;
}
