
/*
 * Sealed tokens and files of keys: no input opens but what was sealed, and a
 * file that is taken makes keys that seal and open.
 */


#include "fuzz.h"
#include "ngx_plaid_appkeys.h"
#include "ngx_plaid_sealed_token.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t                        text, in, token, item, out;
    ngx_pool_t                      *pool;
    const char                      *why;
    ngx_uint_t                       line;
    ngx_plaid_keyring_t              ring;
    ngx_plaid_appkeys_t              apps;
    ngx_plaid_sealed_token_t         st;
    ngx_plaid_sealed_token_scope_t   scope;

    pool = unit_pool();

    in.len = size;
    in.data = ngx_pnalloc(pool, size ? size : 1);
    memcpy(in.data, data, size);

    (void) ngx_plaid_appkeys_parse(&apps, &in, &why, &line);

    token = unit_str("access-sandbox-x");
    item = unit_str("i");

    scope.ring = &ring;
    scope.client_id = unit_str("c");
    ngx_str_null(&scope.tenant);

    if (ngx_plaid_keyring_parse(&ring, &in, &why, &line) == NGX_OK) {
        fuzz_check(ring.n > 0 && ring.n <= NGX_PLAID_KEYRING_KEYS);
        fuzz_check(ngx_plaid_sealed_token_seal(&scope, pool, &token, &item,
                                               &out)
                   == NGX_OK);
        fuzz_check(ngx_plaid_sealed_token_is(&out)
                   && ngx_plaid_sealed_token_within(&out));
        fuzz_check(ngx_plaid_sealed_token_open(&scope, pool, &out, &st)
                   == NGX_PLAID_SEALED_TOKEN_OPENED
                   && st.token.len == token.len && st.item_id.len == 1);
    }

    /* a key that no input has */

    text = unit_str("k1 5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5"
                    "f5f5f5f");

    fuzz_check(ngx_plaid_keyring_parse(&ring, &text, &why, &line) == NGX_OK);
    fuzz_check(ngx_plaid_sealed_token_open(&scope, pool, &in, &st)
               != NGX_PLAID_SEALED_TOKEN_OPENED);

    (void) ngx_plaid_sealed_token_within(&in);

    unit_pool_destroy(pool);

    return 0;
}
