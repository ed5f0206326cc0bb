
/*
 * Whatever lies in the replay zone: a plain form that does not parse, a sealed
 * outcome that does not open, records that no store has written.  The first
 * byte of the input says which.
 */


#include "fuzz.h"
#include "store_env.h"


#define RECORDS  4


static store_env_t  env;


static void
fuzz_unpack(u_char *data, size_t size)
{
    u_char              *p;
    size_t               used;
    ngx_str_t           *s;
    ngx_uint_t           i;
    ngx_plaid_result_t   res;

    /* of its very size, for the sanitizer to see a byte more being read */

    p = malloc(size ? size : 1);
    memcpy(p, data, size);

    if (ngx_plaid_seal_unpack(p, size, &res) == NGX_OK) {
        s = &res.access_token;

        for (used = 0, i = 0; i < 10; i++) {
            used += s[i].len;

            fuzz_check(s[i].len == 0
                       || (s[i].data >= p
                           && s[i].data + s[i].len <= p + size));
        }

        fuzz_check(used + 29 == size);
    }

    free(p);
}


static void
fuzz_open(u_char *data, size_t size)
{
    ngx_pool_t              *pool;
    ngx_plaid_seal_t         seal;
    ngx_plaid_sealed_t       sealed;
    ngx_plaid_result_t       res;
    ngx_plaid_seal_input_t   in;

    ngx_memzero(&in, sizeof(ngx_plaid_seal_input_t));

    in.client = unit_str("x");
    in.bind = in.environment = in.client_id = in.client;
    in.token = unit_str("public-sandbox-x");

    fuzz_check(ngx_plaid_seal_derive(&seal, &in) == NGX_OK);

    sealed.len = size;
    memcpy(sealed.data, data, ngx_min(size, NGX_PLAID_SEAL_MAX));

    pool = unit_pool();

    fuzz_check(ngx_plaid_seal_open(&seal, &sealed, pool, &res) != NGX_OK);

    unit_pool_destroy(pool);
}


/* the input as records of a store whose last user died */

static void
fuzz_records(u_char *data, size_t size)
{
    u_char                    *p;
    size_t                     n;
    ngx_uint_t                 i;
    ngx_msec_t                 now;
    ngx_plaid_sealed_t         got;
    ngx_plaid_store_ref_t      ref, other;
    ngx_plaid_store_lapsed_t   lapsed[2];
    ngx_plaid_store_record_t  *rec;

    for (i = 0; i < RECORDS; i++) {
        rec = &env.store.records[i];

        n = ngx_min(size, sizeof(ngx_plaid_store_record_t));
        memcpy(rec, data, n);
        data += n;
        size -= n;

        /* two records of one name, or times a century apart, cannot be */

        memcpy(rec->id, store_env_id(i), sizeof(rec->id));
        rec->deadline = 1000 + (uint32_t) rec->deadline;
        rec->expire = 1000 + (uint32_t) rec->expire;

        /* the state's words mostly valid, so that the rest is looked at */

        if (rec->state >= 16) {
            rec->state %= NGX_PLAID_AREA_STATES;
        }

        rec->len %= 1024;
    }

    p = (u_char *) &env.store.area->call + sizeof(uint64_t);
    memset(p, 0xee, (u_char *) env.store.area->states - p);

    env.store.area->dirty = 1;
    now = 0x80000000;

    for (i = 0; i < RECORDS + 2; i++) {
        (void) ngx_plaid_store_claim(&env.store, store_env_claim(i, i % 3),
                                     now, &ref, &got);
        (void) ngx_plaid_store_claim(&env.store, store_env_claim(i, i % 2),
                                     now, &other, &got);

        fuzz_check(store_env_check(&env.store) == NULL);

        (void) ngx_plaid_store_sweep(&env.store, now, lapsed, 2);

        fuzz_check(store_env_check(&env.store) == NULL);

        ngx_plaid_store_fail(&env.store, &ref, now, store_env_sealed(i, 1));
        (void) ngx_plaid_store_poll(&env.store, &other, now, &got);

        fuzz_check(store_env_check(&env.store) == NULL);

        now += 0x20000000;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_check(env.mem || store_env_create(&env, RECORDS) == NGX_OK);

    if (size == 0) {
        return 0;
    }

    switch (data[0] % 3) {

    case 0:
        fuzz_unpack((u_char *) data + 1, size - 1);
        break;

    case 1:
        fuzz_open((u_char *) data + 1, size - 1);
        break;

    default:
        fuzz_records((u_char *) data + 1, size - 1);
        break;
    }

    return 0;
}
