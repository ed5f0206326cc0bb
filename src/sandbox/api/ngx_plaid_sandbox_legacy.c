
/* The accounts behind a legacy access token. */


#include "ngx_plaid_sandbox_api.h"


static json_t *ngx_plaid_sandbox_legacy_accounts(ngx_uint_t institution,
    ngx_uint_t product);


ngx_uint_t
ngx_plaid_sandbox_legacy_get(ngx_plaid_sandbox_call_t *call)
{
    json_t      *options;
    ngx_int_t    row;
    ngx_uint_t   status;

    status = ngx_plaid_sandbox_legacy_user(call, &row);
    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_object(call->args, "options", &options)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1004);
    }

    return ngx_plaid_sandbox_legacy_data(call, row,
                     ngx_plaid_sandbox_path_product(&call->wild[0]), options);
}


ngx_uint_t
ngx_plaid_sandbox_legacy_balance(ngx_plaid_sandbox_call_t *call)
{
    ngx_int_t   row;
    ngx_uint_t  status;

    status = ngx_plaid_sandbox_legacy_user(call, &row);
    if (status) {
        return status;
    }

    return ngx_plaid_sandbox_legacy_data(call, row,
                                         NGX_PLAID_SANDBOX_BALANCE, NULL);
}


ngx_uint_t
ngx_plaid_sandbox_legacy_user(ngx_plaid_sandbox_call_t *call, ngx_int_t *row)
{
    const char  *token;

    token = ngx_plaid_sandbox_string(call->args, "access_token");
    *row = token ? ngx_plaid_sandbox_legacy_token(token) : NGX_ERROR;

    if (*row == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, token ? 1105 : 1000);
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_data(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product, json_t *options)
{
    u_char       token[NGX_PLAID_SANDBOX_TOKEN_SIZE];
    json_t      *reply, *transactions;
    ngx_uint_t   status;
    const char  *given;

    if (!(ngx_plaid_sandbox_institutions[institution].products & product)) {
        return ngx_plaid_sandbox_legacy_error(call, 1601);
    }

    given = ngx_plaid_sandbox_string(call->args, "access_token");

    if (given == NULL) {
        ngx_sprintf(token, "test_%s%Z",
                    ngx_plaid_sandbox_institutions[institution].type);
        given = (char *) token;
    }

    transactions = NULL;

    if (product == NGX_PLAID_SANDBOX_CONNECT) {
        status = ngx_plaid_sandbox_legacy_transactions(call, options,
                                                       &transactions);
        if (status) {
            return status;
        }
    }

    reply = json_pack("{s:o, s:s}",
                      "accounts",
                      ngx_plaid_sandbox_legacy_accounts(institution, product),
                      "access_token", given);

    if (transactions) {
        json_object_set_new(reply, "transactions", transactions);
    }

    ngx_plaid_sandbox_legacy_people(reply, product);

    call->reply = reply;

    return 200;
}


static json_t *
ngx_plaid_sandbox_legacy_accounts(ngx_uint_t institution, ngx_uint_t product)
{
    json_t                             *accounts, *account, *limit, *numbers;
    ngx_uint_t                          i;
    const ngx_plaid_sandbox_account_t  *a;

    accounts = json_array();

    for (i = 0; i < ngx_plaid_sandbox_accounts_n; i++) {
        a = &ngx_plaid_sandbox_accounts[i];

        limit = a->limit ? ngx_plaid_sandbox_number(a->limit)
                         : json_null();

        account = json_pack("{s:s, s:s, s:s, s:{s:o, s:o}, s:s,"
                            " s:{s:s, s:s, s:o}, s:s}",
                     "_id", a->id,
                     "_item", NGX_PLAID_SANDBOX_LEGACY_ITEM,
                     "_user", NGX_PLAID_SANDBOX_LEGACY_USER,
                     "balance",
                     "available", ngx_plaid_sandbox_number(a->available),
                     "current", ngx_plaid_sandbox_number(a->current),
                     "institution_type",
                     ngx_plaid_sandbox_institutions[institution].type,
                     "meta",
                     "name", a->name,
                     "number", a->mask,
                     "limit", limit,
                     "type", a->type);

        if (a->legacy_subtype) {
            json_object_set_new(account, "subtype",
                                json_string(a->legacy_subtype));
        }

        if (product == NGX_PLAID_SANDBOX_AUTH) {
            numbers = json_object();

            if (a->number) {
                json_object_set_new(numbers, "routing",
                                    json_string(NGX_PLAID_SANDBOX_ROUTING));
                json_object_set_new(numbers, "account",
                                    json_string(a->number));
                json_object_set_new(numbers, "wireRouting",
                                    json_string(NGX_PLAID_SANDBOX_ROUTING));
            }

            json_object_set_new(account, "numbers", numbers);
        }

        json_array_append_new(accounts, account);
    }

    return accounts;
}


ngx_int_t
ngx_plaid_sandbox_legacy_token(const char *token)
{
    if (ngx_strcmp(token, "test") == 0) {
        return ngx_plaid_sandbox_institution_type("wells", 5);
    }

    if (ngx_strncmp(token, "test_", 5) != 0) {
        return NGX_ERROR;
    }

    return ngx_plaid_sandbox_institution_type(token + 5,
                                              ngx_strlen(token + 5));
}
