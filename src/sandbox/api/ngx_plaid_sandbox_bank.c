
/* Which accounts an item has. */


#include "ngx_plaid_sandbox_bank.h"


ngx_int_t
ngx_plaid_sandbox_bank(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank)
{
    ngx_int_t                     rc;
    ngx_str_t                     text;
    ngx_uint_t                    i;
    ngx_plaid_sandbox_account_t  *accounts;

    bank->accounts = ngx_plaid_sandbox_accounts;
    bank->n = ngx_plaid_sandbox_all_accounts_n;
    bank->custom = NULL;

    if (item->item_id[0] == '\0') {
        return NGX_OK;
    }

    rc = ngx_plaid_sandbox_store_attached(call->store,
                                          NGX_PLAID_SANDBOX_CUSTOM,
                                          (char *) item->item_id, call->pool,
                                          &text);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    bank->custom = ngx_plaid_sandbox_load((char *) text.data, text.len);

    if (call->keep == NULL) {
        call->keep = json_array();
    }

    /* the accounts point into it */

    if (json_array_append_new(call->keep, bank->custom) != 0) {
        return NGX_ERROR;
    }

    bank->n = json_array_size(json_object_get(bank->custom,
                                              "override_accounts"));

    accounts = ngx_pcalloc(call->pool,
                           bank->n * sizeof(ngx_plaid_sandbox_account_t));
    if (accounts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < bank->n; i++) {
        if (ngx_plaid_sandbox_custom_account(call->pool, bank->custom, i,
                                             &accounts[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    bank->accounts = accounts;

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_bank_has(ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t row)
{
    ngx_uint_t  product;

    if (row >= bank->n) {
        return 0;
    }

    /* those that the user has chosen in Link */

    if (item->accounts && !(item->accounts & ((ngx_uint_t) 1 << row))) {
        return 0;
    }

    product = bank->accounts[row].product;

    return product == 0 || (item->products & product);
}


ngx_int_t
ngx_plaid_sandbox_bank_id(u_char *buf, ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t i)
{
    return ngx_plaid_sandbox_derive(buf, 37, (char *) item->item_id,
                                    bank->accounts[i].id);
}


ngx_int_t
ngx_plaid_sandbox_bank_row(ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, const char *id)
{
    u_char      buf[40];
    ngx_uint_t  i;

    for (i = 0; id && i < bank->n; i++) {
        if (ngx_plaid_sandbox_bank_has(bank, item, i)
            && ngx_plaid_sandbox_bank_id(buf, bank, item, i) == NGX_OK
            && ngx_strcmp(id, buf) == 0)
        {
            return i;
        }
    }

    return NGX_ERROR;
}
