
/* Who the accounts belong to: identity, and the legacy info, income, risk. */


#include "ngx_plaid_sandbox_api.h"


static const char  ngx_plaid_sandbox_owners[] =
    "[{\"names\":[\"Alberta Bobbeth Charleson\"],"
    "\"phone_numbers\":["
    "{\"data\":\"1112223333\",\"primary\":false,\"type\":\"home\"},"
    "{\"data\":\"1112225555\",\"primary\":true,\"type\":\"mobile\"}],"
    "\"emails\":["
    "{\"data\":\"accountholder0@example.com\",\"primary\":true,"
    "\"type\":\"primary\"},"
    "{\"data\":\"extraordinarily.long.email@example.com\",\"primary\":false,"
    "\"type\":\"other\"}],"
    "\"addresses\":["
    "{\"data\":{\"city\":\"Malakoff\",\"region\":\"NY\","
    "\"street\":\"2992 Cameron Road\",\"postal_code\":\"14236\","
    "\"country\":\"US\"},\"primary\":true},"
    "{\"data\":{\"city\":\"San Matias\",\"region\":\"CA\","
    "\"street\":\"2493 Leisure Lane\",\"postal_code\":\"93405\","
    "\"country\":\"US\"},\"primary\":false}]}]";


static const char  ngx_plaid_sandbox_info[] =
    "{\"emails\":[{\"primary\":true,\"type\":\"personal\","
    "\"data\":\"kelly.walters30@example.com\"}],"
    "\"addresses\":[{\"primary\":true,\"data\":{\"street\":\"3819 Greenhaven "
    "Ln\",\"city\":\"Great Neck\",\"state\":\"NY\",\"zip\":\"11021\"}}],"
    "\"phone_numbers\":[{\"primary\":true,\"type\":\"home\","
    "\"data\":\"4673956022\"}],"
    "\"names\":[\"Kelly Walters\"]}";


static const char  ngx_plaid_sandbox_income[] =
    "{\"income_streams\":["
    "{\"monthly_income\":500,\"confidence\":1,\"days\":413,\"name\":\"Job\"},"
    "{\"monthly_income\":1500,\"confidence\":0.9,\"days\":413,"
    "\"name\":\"Shop\"}],"
    "\"last_year_income\":28072,\"last_year_income_before_tax\":38681,"
    "\"projected_yearly_income\":19444,"
    "\"projected_yearly_income_before_tax\":26291,"
    "\"max_number_of_overlapping_income_streams\":2,"
    "\"number_of_income_streams\":2}";


static const char  ngx_plaid_sandbox_risk[] =
    "{\"score\":0.5882,\"reason\":{"
    "\"overall_balances\":0.4,\"recent_balances\":0.45,"
    "\"checking_account_balances\":0.6,\"savings_account_balances\":0.55,"
    "\"transaction_amounts\":0.7,\"transaction_locations\":0.6,"
    "\"identity_age\":0.65,\"income\":0.5,\"spending\":0.62}}";


ngx_uint_t
ngx_plaid_sandbox_identity_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   item;

    accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        status = ngx_plaid_sandbox_accounts_json(call, &item, &accounts);
    }

    if (status) {
        return status;
    }

    ngx_plaid_sandbox_owners_json(call, &item, accounts);

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o}",
                         "accounts", accounts,
                         "item", ngx_plaid_sandbox_item_json(&item)));
}


void
ngx_plaid_sandbox_owners_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *accounts)
{
    json_t                    *account, *identity, *owner;
    size_t                     i, k;
    ngx_int_t                  row;
    ngx_plaid_sandbox_bank_t   bank;

    static const char  *members[] = { "names", "phone_numbers", "emails",
                                      "addresses" };

    if (ngx_plaid_sandbox_bank(call, item, &bank) != NGX_OK) {
        return;
    }

    json_array_foreach(accounts, i, account) {

        row = ngx_plaid_sandbox_bank_row(&bank, item,
                             ngx_plaid_sandbox_string(account, "account_id"));

        identity = (row == NGX_ERROR) ? NULL
                   : json_object_get(bank.accounts[row].custom, "identity");

        if (!json_is_object(identity)) {
            json_object_set_new(account, "owners",
                            ngx_plaid_sandbox_text(ngx_plaid_sandbox_owners));
            continue;
        }

        owner = json_copy(identity);

        for (k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
            if (!json_is_array(json_object_get(owner, members[k]))) {
                json_object_set_new(owner, members[k], json_array());
            }
        }

        json_object_set_new(account, "owners", json_pack("[o]", owner));
    }
}


void
ngx_plaid_sandbox_legacy_people(json_t *reply, ngx_uint_t product)
{
    json_t  *accounts, *account;
    size_t   i;

    switch (product) {

    case NGX_PLAID_SANDBOX_INFO:
        json_object_set_new(reply, "info",
                            ngx_plaid_sandbox_text(ngx_plaid_sandbox_info));
        break;

    case NGX_PLAID_SANDBOX_INCOME:
        json_object_set_new(reply, "income",
                            ngx_plaid_sandbox_text(ngx_plaid_sandbox_income));
        break;

    case NGX_PLAID_SANDBOX_RISK:
        accounts = json_object_get(reply, "accounts");

        json_array_foreach(accounts, i, account) {
            json_object_set_new(account, "risk",
                                ngx_plaid_sandbox_text(ngx_plaid_sandbox_risk));
        }

        break;

    default:
        break;
    }
}
