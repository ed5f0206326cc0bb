
/* Signal: how likely a debit will be returned. */


#include "ngx_plaid_sandbox_api.h"


static json_t *ngx_plaid_sandbox_risk(ngx_uint_t score);


ngx_uint_t
ngx_plaid_sandbox_signal_evaluate(ngx_plaid_sandbox_call_t *call)
{
    double                       amount;
    ngx_int_t                    row;
    ngx_uint_t                   status, score;
    const char                  *id;
    ngx_plaid_sandbox_bank_t     bank;
    ngx_plaid_sandbox_record_t  *record, item;

    status = ngx_plaid_sandbox_ready_item(call, &item);
    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_bank(call, &item, &bank) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    row = ngx_plaid_sandbox_bank_row(&bank, &item,
                           ngx_plaid_sandbox_string(call->args, "account_id"));

    if (row == NGX_ERROR || bank.accounts[row].number == NULL) {
        return ngx_plaid_sandbox_error(call, "INVALID_ACCOUNT_ID", NULL);
    }

    id = ngx_plaid_sandbox_string(call->args, "client_transaction_id");
    amount = json_number_value(json_object_get(call->args, "amount"));

    if (ngx_strlen(id) > 36
        || !json_is_number(json_object_get(call->args, "amount"))
        || amount < 0)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                         "client_transaction_id must have at most 36 "
                         "characters, amount must not be negative");
    }

    record = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (record == NULL) {
        return 500;
    }

    record->kind = NGX_PLAID_SANDBOX_SIGNALED;
    record->created = call->now;
    ngx_plaid_sandbox_copy(record->name, id);

    if (ngx_plaid_sandbox_store_put(call->store, record) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    ngx_plaid_sandbox_add_product(call, &item, NGX_PLAID_SANDBOX_SIGNAL);

    /* as in Plaid's sandbox: the amount alone decides */

    score = amount < 10 ? 10 : amount < 1000 ? 40 : amount < 5000 ? 60 : 95;

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:{s:o, s:o}, s:{s:i, s:i, s:b, s:o, s:o}, s:n,"
                         " s:[]}",
                         "scores",
                         "customer_initiated_return_risk",
                         ngx_plaid_sandbox_risk(score),
                         "bank_initiated_return_risk",
                         ngx_plaid_sandbox_risk(score / 2 + 1),
                         "core_attributes",
                         "days_since_first_plaid_connection", 510,
                         "plaid_connections_count_30d", 1,
                         "is_savings_or_money_market_account",
                         ngx_strcmp(bank.accounts[row].subtype, "savings")
                         == 0,
                         "available_balance",
                         ngx_plaid_sandbox_number(
                                            bank.accounts[row].available),
                         "current_balance",
                         ngx_plaid_sandbox_number(bank.accounts[row].current),
                         "ruleset",
                         "warnings"));
}


static json_t *
ngx_plaid_sandbox_risk(ngx_uint_t score)
{
    return json_pack("{s:I, s:I}",
                     "score", (json_int_t) score,
                     "risk_tier", (json_int_t) (1 + score / 12));
}


ngx_uint_t
ngx_plaid_sandbox_signal_report(ngx_plaid_sandbox_call_t *call)
{
    const char  *id;

    id = ngx_plaid_sandbox_string(call->args, "client_transaction_id");

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_SIGNALED,
                                    id, NULL)
        != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                         "client_transaction_id was not evaluated");
    }

    return ngx_plaid_sandbox_reply(call, json_object());
}
