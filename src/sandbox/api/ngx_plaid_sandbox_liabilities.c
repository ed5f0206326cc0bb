
/* Debts: of credit cards, student loans and mortgages. */


#include "ngx_plaid_sandbox_api.h"


static json_t *ngx_plaid_sandbox_card(json_t *account, json_t *custom);
static json_t *ngx_plaid_sandbox_student(json_t *account, json_t *custom);
static json_t *ngx_plaid_sandbox_mortgage(json_t *account, json_t *custom);
static void ngx_plaid_sandbox_over(json_t *o, json_t *custom);
static json_t *ngx_plaid_sandbox_list_or_null(json_t *list);


static const char  ngx_plaid_sandbox_card_text[] =
    "{\"is_overdue\":false,\"last_payment_amount\":168.25,"
    "\"last_payment_date\":\"2026-01-22\","
    "\"last_statement_issue_date\":\"2026-01-28\","
    "\"last_statement_balance\":1708.77,\"minimum_payment_amount\":20,"
    "\"next_payment_due_date\":\"2026-02-28\"}";


static const char  ngx_plaid_sandbox_student_text[] =
    "{\"account_number\":\"4277075694\","
    "\"disbursement_dates\":[\"2002-08-28\"],"
    "\"expected_payoff_date\":\"2032-07-28\",\"guarantor\":\"DEPT OF ED\","
    "\"interest_rate_percentage\":5.25,\"is_overdue\":false,"
    "\"last_payment_amount\":138.05,\"last_payment_date\":\"2026-01-22\","
    "\"last_statement_issue_date\":\"2026-01-28\","
    "\"last_statement_balance\":1708.77,"
    "\"loan_name\":\"Consolidation\","
    "\"loan_status\":{\"end_date\":\"2032-07-28\",\"type\":\"repayment\"},"
    "\"minimum_payment_amount\":25,"
    "\"next_payment_due_date\":\"2026-02-28\","
    "\"origination_date\":\"2002-08-28\","
    "\"origination_principal_amount\":25000,"
    "\"outstanding_interest_amount\":6227.36,"
    "\"payment_reference_number\":\"4277075694\","
    "\"pslf_status\":{\"estimated_eligibility_date\":null,"
    "\"payments_made\":null,\"payments_remaining\":null},"
    "\"repayment_plan\":{\"description\":\"Standard Repayment\","
    "\"type\":\"standard\"},"
    "\"sequence_number\":\"1\","
    "\"servicer_address\":{\"city\":\"San Matias\",\"country\":\"US\","
    "\"postal_code\":\"99415\",\"region\":\"CA\","
    "\"street\":\"123 Relaxation Road\"},"
    "\"ytd_interest_paid\":280.55,\"ytd_principal_paid\":271.65}";


static const char  ngx_plaid_sandbox_mortgage_text[] =
    "{\"account_number\":\"3120194154\",\"current_late_fee\":25,"
    "\"escrow_balance\":3141.54,\"has_pmi\":true,"
    "\"has_prepayment_penalty\":true,"
    "\"interest_rate\":{\"percentage\":3.99,\"type\":\"fixed\"},"
    "\"last_payment_amount\":3141.54,\"last_payment_date\":\"2026-01-01\","
    "\"loan_type_description\":\"conventional\","
    "\"loan_term\":\"30 year\",\"maturity_date\":\"2045-07-31\","
    "\"next_monthly_payment\":3141.54,"
    "\"next_payment_due_date\":\"2026-02-15\","
    "\"origination_date\":\"2015-08-01\","
    "\"origination_principal_amount\":425000,\"past_due_amount\":2304,"
    "\"property_address\":{\"city\":\"Malakoff\",\"country\":\"US\","
    "\"postal_code\":\"14236\",\"region\":\"NY\","
    "\"street\":\"2992 Cameron Road\"},"
    "\"ytd_interest_paid\":12300.4,\"ytd_principal_paid\":12340.5}";


ngx_uint_t
ngx_plaid_sandbox_liabilities_get(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *accounts, *a, *credit, *student, *mortgage;
    json_t                      *custom;
    size_t                       i;
    ngx_int_t                    row;
    ngx_uint_t                   status;
    const char                  *subtype;
    ngx_plaid_sandbox_bank_t     bank;
    ngx_plaid_sandbox_record_t   item;

    accounts = NULL;

    status = ngx_plaid_sandbox_ready_item(call, &item);

    if (status == 0) {
        ngx_plaid_sandbox_add_product(call, &item,
                                      NGX_PLAID_SANDBOX_LIABILITIES);
        status = ngx_plaid_sandbox_accounts_json(call, &item, &accounts);
    }

    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_bank(call, &item, &bank) != NGX_OK) {
        json_decref(accounts);
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    credit = json_array();
    student = json_array();
    mortgage = json_array();

    json_array_foreach(accounts, i, a) {

        row = ngx_plaid_sandbox_bank_row(&bank, &item,
                                   ngx_plaid_sandbox_string(a, "account_id"));

        custom = (row == NGX_ERROR) ? NULL
                 : json_object_get(bank.accounts[row].custom, "liability");

        subtype = ngx_plaid_sandbox_string(a, "subtype");

        if (ngx_strcmp(subtype, "credit card") == 0) {
            json_array_append_new(credit, ngx_plaid_sandbox_card(a, custom));

        } else if (ngx_strcmp(subtype, "student") == 0) {
            json_array_append_new(student,
                                  ngx_plaid_sandbox_student(a, custom));

        } else if (ngx_strcmp(subtype, "mortgage") == 0) {
            json_array_append_new(mortgage,
                                  ngx_plaid_sandbox_mortgage(a, custom));
        }
    }

    if (json_array_size(credit) + json_array_size(student)
        + json_array_size(mortgage)
        == 0)
    {
        json_decref(credit);
        json_decref(student);
        json_decref(mortgage);
        json_decref(accounts);
        return ngx_plaid_sandbox_error(call, "NO_LIABILITY_ACCOUNTS", NULL);
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:o, s:o, s:{s:o, s:o, s:o}}",
                         "accounts", accounts,
                         "item", ngx_plaid_sandbox_item_json(&item),
                         "liabilities",
                         "credit", ngx_plaid_sandbox_list_or_null(credit),
                         "student", ngx_plaid_sandbox_list_or_null(student),
                         "mortgage",
                         ngx_plaid_sandbox_list_or_null(mortgage)));
}


static json_t *
ngx_plaid_sandbox_list_or_null(json_t *list)
{
    if (json_array_size(list)) {
        return list;
    }

    json_decref(list);

    return json_null();
}


static json_t *
ngx_plaid_sandbox_card(json_t *account, json_t *custom)
{
    json_t      *o, *aprs, *rate, *balance;
    ngx_uint_t   i;

    static const struct {
        const char  *name;
        const char  *type;
        double       percentage;
    } rates[] = {
        { "balance_transfer_apr", "balance_transfer_apr", 15.24 },
        { "cash_apr", "cash_apr", 27.95 },
        { "purchase_apr", "purchase_apr", 12.5 },
        { "special_apr", "special", 0 }
    };

    o = ngx_plaid_sandbox_text(ngx_plaid_sandbox_card_text);
    aprs = json_array();

    balance = json_object_get(json_object_get(account, "balances"),
                              "current");

    for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        rate = json_object_get(custom, rates[i].name);

        if (json_is_number(rate) || (custom == NULL && rates[i].percentage)) {
            json_array_append_new(aprs,
                  json_pack("{s:o, s:s, s:O, s:n}",
                            "apr_percentage",
                            json_is_number(rate) ? json_incref(rate)
                            : ngx_plaid_sandbox_number(rates[i].percentage),
                            "apr_type", rates[i].type,
                            "balance_subject_to_apr", balance,
                            "interest_charge_amount"));
        }
    }

    json_object_set(o, "account_id", json_object_get(account, "account_id"));
    json_object_set_new(o, "aprs", aprs);
    ngx_plaid_sandbox_over(o, custom);

    return o;
}


static json_t *
ngx_plaid_sandbox_student(json_t *account, json_t *custom)
{
    json_t  *o, *m, *plan;

    o = ngx_plaid_sandbox_text(ngx_plaid_sandbox_student_text);

    json_object_set(o, "account_id", json_object_get(account, "account_id"));
    ngx_plaid_sandbox_over(o, custom);

    m = json_object_get(custom, "principal");

    if (json_is_number(m)) {
        json_object_set(o, "origination_principal_amount", m);
    }

    m = json_object_get(custom, "nominal_apr");

    if (json_is_number(m)) {
        json_object_set(o, "interest_rate_percentage", m);
    }

    plan = json_object_get(o, "repayment_plan");
    m = json_object_get(custom, "repayment_plan_type");

    if (json_is_string(m)) {
        json_object_set(plan, "type", m);
    }

    m = json_object_get(custom, "repayment_plan_description");

    if (json_is_string(m)) {
        json_object_set(plan, "description", m);
    }

    return o;
}


static json_t *
ngx_plaid_sandbox_mortgage(json_t *account, json_t *custom)
{
    json_t  *o;

    o = ngx_plaid_sandbox_text(ngx_plaid_sandbox_mortgage_text);

    json_object_set(o, "account_id", json_object_get(account, "account_id"));
    ngx_plaid_sandbox_over(o, custom);

    return o;
}


/* Members of the same name are those of user_custom. */

static void
ngx_plaid_sandbox_over(json_t *o, json_t *custom)
{
    json_t      *value, *data;
    const char  *name;

    json_object_foreach(custom, name, value) {

        if (json_object_get(o, name) == NULL || json_is_null(value)) {
            continue;
        }

        data = json_object_get(value, "data");

        json_object_set(o, name, data ? data : value);
    }
}
