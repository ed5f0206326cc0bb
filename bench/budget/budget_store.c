
/*
 * The replay look-up, in a store with few and with many records.
 */


#include "budget.h"
#include "store_env.h"


static u_char *
budget_id(ngx_uint_t n)
{
    ngx_uint_t  i;
    uint64_t    h;

    static u_char  id[NGX_PLAID_SEAL_ID_LEN];

    /* names are hashes: all bits depend on n */

    for (i = 0; i < sizeof(id); i += 8) {
        h = (n * 4 + i + 1) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 29;
        h *= 0xbf58476d1ce4e5b9ULL;
        h ^= h >> 32;
        ngx_memcpy(id + i, &h, 8);
    }

    return id;
}


static ngx_plaid_store_claim_t *
budget_claim(ngx_uint_t n)
{
    ngx_plaid_store_claim_t  *claim;

    claim = store_env_claim(0, 1);
    claim->id = budget_id(n);

    return claim;
}


static void
budget_lookups(const char *name, const char *fresh, ngx_uint_t records)
{
    store_env_t               env;
    ngx_uint_t                n;
    ngx_plaid_store_e         rc;
    ngx_plaid_sealed_t        sealed, *outcome;
    ngx_plaid_store_ref_t     ref;
    ngx_plaid_store_claim_t  *claim;

    budget_must(store_env_create(&env, records + BUDGET_TIMES) == NGX_OK);

    for (n = 0; n < records; n++) {
        ngx_memzero(&ref, sizeof(ngx_plaid_store_ref_t));

        rc = ngx_plaid_store_claim(&env.store, budget_claim(n), 1000, &ref,
                                   &sealed);
        budget_must(rc == NGX_PLAID_STORE_CALL);

        budget_must(store_env_complete(&env.store, &ref, 1000, STORE_ENV_TTL,
                                       store_env_sealed(1, 1))
                    == NGX_OK);
    }

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        claim = budget_claim(n * (records / BUDGET_TIMES));

        ngx_memzero(&ref, sizeof(ngx_plaid_store_ref_t));

        budget_on();
        rc = ngx_plaid_store_claim(&env.store, claim, 2000, &ref, &sealed);
        budget_off();

        budget_must(rc == NGX_PLAID_STORE_TOKEN);
    }

    budget_end(name);

    for (n = 0; n < BUDGET_TIMES; n++) {
        outcome = store_env_sealed(1, 1);
        claim = budget_claim(records + n);

        ngx_memzero(&ref, sizeof(ngx_plaid_store_ref_t));

        budget_on();
        rc = ngx_plaid_store_claim(&env.store, claim, 2000, &ref, &sealed);
        (void) store_env_complete(&env.store, &ref, 2000, STORE_ENV_TTL,
                                  outcome);
        ngx_plaid_store_delivered(&env.store, &ref, 2000, 10000);
        budget_off();

        budget_must(rc == NGX_PLAID_STORE_CALL);
    }

    budget_end(fresh);

    store_env_destroy(&env);
}


void
budget_store(void)
{
    budget_lookups("replay, 16 records", "new record beside 16", 16);
    budget_lookups("replay, 10000 records", "new record beside 10000", 10000);
}
