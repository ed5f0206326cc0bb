
/*
 * A store, a clock and short names, for store_test.c and store_limit_test.c.
 */


#ifndef _STORE_CASE_H_INCLUDED_
#define _STORE_CASE_H_INCLUDED_


#include "unit.h"
#include "store_env.h"


typedef ngx_plaid_store_ref_t  ref_t;


static store_env_t         env;
static ngx_msec_t          now;
static ngx_plaid_sealed_t  got;


static ngx_inline void
setup(ngx_uint_t records)
{
    if (store_env_create(&env, records) != NGX_OK) {
        exit(1);
    }

    now = 1000000;
}


static ngx_inline void
teardown(const char *name)
{
    char  *failed;

    failed = store_env_check(&env.store);
    if (failed) {
        diag("%s: %s", name, failed);
    }

    ok(failed == NULL, "%s: sound", name);

    store_env_destroy(&env);
}


static ngx_inline ngx_plaid_store_e
claim_as(ngx_uint_t n, ngx_uint_t who, ref_t *ref)
{
    ngx_memzero(&got, sizeof(got));

    return ngx_plaid_store_claim(&env.store, store_env_claim(n, who), now,
                                 ref, &got);
}


static ngx_inline ngx_plaid_store_e
claim(ngx_uint_t n, ref_t *ref)
{
    return claim_as(n, 1, ref);
}


static ngx_inline ngx_plaid_store_e
poll_ref(ref_t *ref)
{
    ngx_memzero(&got, sizeof(got));

    return ngx_plaid_store_poll(&env.store, ref, now, &got);
}


/* claims and completes: a READY record */

static ngx_inline void
ready(ngx_uint_t n, ref_t *ref, ngx_msec_t ttl)
{
    if (claim(n, ref) != NGX_PLAID_STORE_CALL
        || store_env_complete(&env.store, ref, now, ttl,
                                    store_env_sealed(n, ref->call))
           != NGX_OK)
    {
        exit(1);
    }
}


static ngx_inline ngx_plaid_store_stats_t *
stats(void)
{
    static ngx_plaid_store_stats_t  st;

    ngx_plaid_store_stats(&env.store, &st);

    return &st;
}


#endif /* _STORE_CASE_H_INCLUDED_ */
