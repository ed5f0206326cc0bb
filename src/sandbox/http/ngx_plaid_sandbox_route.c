
/* From a call to its endpoint: the table, and the checks common to all. */


#include "ngx_plaid_sandbox_link.h"


#define GET      NGX_PLAID_SANDBOX_GET
#define POST     NGX_PLAID_SANDBOX_POST
#define PATCH    NGX_PLAID_SANDBOX_PATCH
#define DELETE   NGX_PLAID_SANDBOX_DELETE

#define CURRENT  (NGX_PLAID_SANDBOX_CURRENT | NGX_PLAID_SANDBOX_KEYS)
#define LEGACY   NGX_PLAID_SANDBOX_KEYS
#define OPEN     0
#define EXCHANGE NGX_PLAID_SANDBOX_EXCHANGE
#define PAGE     (NGX_PLAID_SANDBOX_CURRENT | NGX_PLAID_SANDBOX_LINK)
#define OPERATOR (NGX_PLAID_SANDBOX_CURRENT | NGX_PLAID_SANDBOX_OPERATOR)


static void ngx_plaid_sandbox_dialect(ngx_plaid_sandbox_call_t *call);
static ngx_uint_t ngx_plaid_sandbox_match(ngx_plaid_sandbox_call_t *call,
    const ngx_plaid_sandbox_route_t *route);


static const ngx_plaid_sandbox_route_t  ngx_plaid_sandbox_routes[] = {

    /* legacy; "@" is a product */

    { POST, "/exchange_token", LEGACY|EXCHANGE, NULL,
      ngx_plaid_sandbox_legacy_exchange },
    { POST, "/@", LEGACY, NULL, ngx_plaid_sandbox_legacy_add },
    { PATCH, "/@", LEGACY, NULL, ngx_plaid_sandbox_legacy_patch },
    { DELETE, "/@", LEGACY, NULL, ngx_plaid_sandbox_legacy_delete },
    { POST|PATCH, "/@/step", LEGACY, NULL, ngx_plaid_sandbox_legacy_step },
    { POST|GET, "/@/get", LEGACY, NULL, ngx_plaid_sandbox_legacy_get },
    { GET, "/@", LEGACY, NULL, ngx_plaid_sandbox_legacy_get },
    { POST|GET, "/balance", LEGACY, NULL, ngx_plaid_sandbox_legacy_balance },
    { POST, "/upgrade", LEGACY, NULL, ngx_plaid_sandbox_legacy_upgrade },
    { POST, "/upgrade/step", LEGACY, NULL, ngx_plaid_sandbox_legacy_upgrade },

    { GET, "/institutions", OPEN, NULL,
      ngx_plaid_sandbox_legacy_institutions },
    { POST, "/institutions/longtail", LEGACY, NULL,
      ngx_plaid_sandbox_legacy_institutions_all },
    { POST, "/institutions/all", LEGACY, NULL,
      ngx_plaid_sandbox_legacy_institutions_all },
    { GET, "/institutions/search", OPEN, NULL,
      ngx_plaid_sandbox_legacy_search },
    { GET, "/institutions/*", OPEN, NULL,
      ngx_plaid_sandbox_legacy_institution_get },
    { GET, "/institutions/all/search", OPEN, NULL,
      ngx_plaid_sandbox_legacy_search },
    { GET, "/institutions/all/*", OPEN, NULL,
      ngx_plaid_sandbox_legacy_institution_get },
    { GET, "/categories", OPEN, NULL, ngx_plaid_sandbox_categories_get },
    { GET, "/categories/*", OPEN, NULL, ngx_plaid_sandbox_categories_get },

    /* current */

    { POST, "/item/public_token/exchange", CURRENT|EXCHANGE,
      "s!public_token", ngx_plaid_sandbox_exchange },
    { POST, "/item/get", CURRENT, "s!access_token",
      ngx_plaid_sandbox_item_get },
    { POST, "/item/remove", CURRENT,
      "s!access_token s?reason_code s?reason_note",
      ngx_plaid_sandbox_item_remove },
    { POST, "/item/access_token/invalidate", CURRENT, "s!access_token",
      ngx_plaid_sandbox_invalidate },
    { POST, "/accounts/get", CURRENT, "s!access_token o?options",
      ngx_plaid_sandbox_accounts_get },
    { POST, "/accounts/balance/get", CURRENT, "s!access_token o?options",
      ngx_plaid_sandbox_accounts_get },
    { POST, "/auth/get", CURRENT, "s!access_token o?options",
      ngx_plaid_sandbox_auth_get },
    { POST, "/identity/get", CURRENT, "s!access_token o?options",
      ngx_plaid_sandbox_identity_get },
    { POST, "/transactions/get", CURRENT,
      "s!access_token s!start_date s!end_date o?options",
      ngx_plaid_sandbox_transactions_get },
    { POST, "/transactions/sync", CURRENT,
      "s!access_token s?cursor i?count o?options",
      ngx_plaid_sandbox_transactions_sync },
    { POST, "/transactions/refresh", CURRENT, "s!access_token",
      ngx_plaid_sandbox_transactions_refresh },
    { POST, "/item/webhook/update", CURRENT, "s!access_token s?webhook",
      ngx_plaid_sandbox_webhook_update },
    { POST, "/item/public_token/create", CURRENT, "s!access_token",
      ngx_plaid_sandbox_public_of_item },
    { POST, "/user_account/session/get", CURRENT|EXCHANGE, "s!public_token",
      ngx_plaid_sandbox_session_get },
    { POST, "/liabilities/get", CURRENT, "s!access_token o?options",
      ngx_plaid_sandbox_liabilities_get },
    { POST, "/investments/holdings/get", CURRENT, "s!access_token o?options",
      ngx_plaid_sandbox_holdings_get },
    { POST, "/investments/transactions/get", CURRENT,
      "s!access_token s!start_date s!end_date o?options",
      ngx_plaid_sandbox_investments_get },
    { POST, "/signal/evaluate", CURRENT,
      "s!access_token s!account_id s!client_transaction_id v!amount "
      "b?user_present s?client_user_id b?is_recurring "
      "s?default_payment_method o?user o?device s?risk_profile_key "
      "s?ruleset_key", ngx_plaid_sandbox_signal_evaluate },
    { POST, "/signal/decision/report", CURRENT,
      "s!client_transaction_id b!initiated i?days_funds_on_hold "
      "s?decision_outcome s?payment_method v?amount_instantly_available "
      "s?submitted_at", ngx_plaid_sandbox_signal_report },
    { POST, "/signal/return/report", CURRENT,
      "s!client_transaction_id s!return_code s?returned_at",
      ngx_plaid_sandbox_signal_report },
    { POST, "/user/create", CURRENT,
      "s!client_user_id o?identity s?end_customer "
      "o?consumer_report_user_identity b?with_upgraded_user",
      ngx_plaid_sandbox_user_create },
    { POST, "/user/update", CURRENT,
      "s?user_id o?identity s?user_token o?consumer_report_user_identity",
      ngx_plaid_sandbox_user_update },
    { POST, "/user/get", CURRENT, "s!user_id", ngx_plaid_sandbox_user_get },
    { POST, "/asset_report/create", CURRENT,
      "a?access_tokens i!days_requested o?options",
      ngx_plaid_sandbox_report_create },
    { POST, "/asset_report/get", CURRENT,
      "s?asset_report_token s?user_token b?include_insights b?fast_report "
      "o?options", ngx_plaid_sandbox_report_get },
    { POST, "/asset_report/pdf/get", CURRENT,
      "s!asset_report_token o?options", ngx_plaid_sandbox_report_pdf },
    { POST, "/asset_report/remove", CURRENT, "s!asset_report_token",
      ngx_plaid_sandbox_report_remove },
    { POST, "/statements/list", CURRENT, "s!access_token",
      ngx_plaid_sandbox_statements_list },
    { POST, "/statements/download", CURRENT,
      "s!access_token s!statement_id",
      ngx_plaid_sandbox_statements_download },
    { POST, "/institutions/get", CURRENT,
      "i!count i!offset a!country_codes o?options",
      ngx_plaid_sandbox_institutions_get },
    { POST, "/institutions/get_by_id", CURRENT,
      "s!institution_id a!country_codes o?options",
      ngx_plaid_sandbox_institution_by_id },
    { POST, "/institutions/search", CURRENT,
      "s!query a!country_codes a?products o?options",
      ngx_plaid_sandbox_institutions_search },
    { POST, "/processor/token/create", CURRENT,
      "s!access_token s!account_id s!processor", ngx_plaid_sandbox_processor },
    { POST, "/processor/stripe/bank_account_token/create", CURRENT,
      "s!access_token s!account_id", ngx_plaid_sandbox_stripe },
    { POST, "/webhook_verification_key/get", CURRENT, "s!key_id",
      ngx_plaid_sandbox_verification_key },

    { POST, "/link/token/create", CURRENT,
      "s!client_name s!language a!country_codes o?user s?user_id a?products "
      "a?required_if_supported_products a?optional_products "
      "a?additional_consented_products s?webhook s?access_token "
      "a?access_tokens s?link_customization_name v?appearance_mode "
      "s?redirect_uri s?android_package_name o?institution_data o?card_switch "
      "o?account_filters o?eu_config s?institution_id "
      "o?payment_configuration o?payment_initiation o?employment "
      "o?income_verification o?base_report o?credit_partner_insights "
      "o?cra_options v?consumer_report_permissible_purpose o?auth o?transfer "
      "o?update o?identity_verification o?statements "
      "s?third_party_user_token o?investments o?investments_auth "
      "o?hosted_link o?transactions o?cashflow_report b?cra_enabled "
      "o?identity b?financekit_supported b?enable_multi_item_link "
      "s?user_token", ngx_plaid_sandbox_link_create },
    { POST, "/link/token/get", CURRENT, "s!link_token",
      ngx_plaid_sandbox_link_get },

    { POST, "/sandbox/public_token/create", CURRENT,
      "s!institution_id a!initial_products o?options s?user_token s?user_id",
      ngx_plaid_sandbox_create_public },
    { POST, "/sandbox/item/reset_login", CURRENT, "s!access_token",
      ngx_plaid_sandbox_reset_login },
    { POST, "/sandbox/item/set_verification_status", CURRENT,
      "s!access_token s!account_id s!verification_status",
      ngx_plaid_sandbox_set_verification },
    { POST, "/sandbox/transactions/create", CURRENT,
      "s!access_token a!transactions",
      ngx_plaid_sandbox_transactions_create },
    { POST, "/sandbox/item/fire_webhook", CURRENT,
      "s!access_token s!webhook_code s?webhook_type",
      ngx_plaid_sandbox_fire_webhook },

    /* Link's page */

    { POST, "/link/client/start", PAGE, NULL, ngx_plaid_sandbox_link_start },
    { POST, "/link/client/search", PAGE, NULL, ngx_plaid_sandbox_link_search },
    { POST, "/link/client/credentials", PAGE, NULL,
      ngx_plaid_sandbox_link_credentials },
    { POST, "/link/client/mfa", PAGE, NULL, ngx_plaid_sandbox_link_mfa },
    { POST, "/link/client/oauth", PAGE, NULL, ngx_plaid_sandbox_link_oauth },
    { POST, "/link/client/resume", PAGE, NULL, ngx_plaid_sandbox_link_resume },
    { POST, "/link/client/finish", PAGE, NULL, ngx_plaid_sandbox_link_finish },
    { POST, "/link/client/done", PAGE, NULL, ngx_plaid_sandbox_link_done },
    { POST, "/link/client/exit", PAGE, NULL, ngx_plaid_sandbox_link_exit },

    /* the sandbox's own */

    { GET, "/sandbox/_stats", OPERATOR, NULL, ngx_plaid_sandbox_stats },
    { POST, "/sandbox/_reset", OPERATOR, NULL, ngx_plaid_sandbox_reset },
    { GET, "/sandbox/_calls", OPERATOR, NULL, ngx_plaid_sandbox_calls },
    { POST, "/sandbox/_webhook", OPERATOR,
      "s!url v?body s?alg s?kid s?content_type i?iat_offset v?bad_hash "
      "v?bad_signature v?der v?twice v?unsigned i?repeat",
      ngx_plaid_sandbox_hook_forge },
    { POST, "/sandbox/_rotate_key", OPERATOR, "v?expire_old",
      ngx_plaid_sandbox_hook_rotate },

    { 0, NULL, 0, NULL, NULL }
};


const ngx_plaid_sandbox_route_t *
ngx_plaid_sandbox_route(ngx_uint_t i)
{
    return ngx_plaid_sandbox_routes[i].path ? &ngx_plaid_sandbox_routes[i]
                                            : NULL;
}


void
ngx_plaid_sandbox_find(ngx_plaid_sandbox_call_t *call)
{
    const ngx_plaid_sandbox_route_t  *route, *found;

    ngx_plaid_sandbox_dialect(call);

    found = NULL;

    /* both generations have a /auth/get: the call's own manner decides */

    for (route = ngx_plaid_sandbox_routes; route->path; route++) {

        if (!ngx_plaid_sandbox_match(call, route)) {
            continue;
        }

        found = route;

        if (call->legacy == !(route->flags & NGX_PLAID_SANDBOX_CURRENT)) {
            break;
        }
    }

    if (found) {
        /* the segments of the row taken, not of the last one looked at */

        (void) ngx_plaid_sandbox_match(call, found);
        call->legacy = !(found->flags & NGX_PLAID_SANDBOX_CURRENT);
    }

    call->route = found;
}


ngx_uint_t
ngx_plaid_sandbox_answer(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t  status;

    if (call->route == NULL) {
        if (call->legacy) {
            return ngx_plaid_sandbox_legacy_error(call, 1600);
        }

        (void) ngx_plaid_sandbox_error(call, "NOT_FOUND",
                         "the sandbox of ngx_http_plaid_module has no %V; "
                         "GET / lists what it has", &call->path);
        return 404;
    }

    status = call->legacy ? ngx_plaid_sandbox_check_legacy(call)
                          : ngx_plaid_sandbox_check(call);
    if (status) {
        return status;
    }

    status = call->route->handler(call);

    if (call->route->flags & NGX_PLAID_SANDBOX_LINK) {

        /* Link's page looks for it in every answer */

        json_object_set_new(call->reply, "request_id",
                            json_string((char *) call->request_id));
    }

    return status;
}


static void
ngx_plaid_sandbox_dialect(ngx_plaid_sandbox_call_t *call)
{
    const char  *token;

    token = ngx_plaid_sandbox_string(call->args, "access_token");
    if (token == NULL) {
        token = ngx_plaid_sandbox_string(call->args, "public_token");
    }

    if (token && ngx_strncmp(token, "test", 4) == 0
        && (token[4] == '_' || token[4] == ',' || token[4] == '\0'))
    {
        call->legacy = 1;
        return;
    }

    if (token && (ngx_strncmp(token, "access-", 7) == 0
                  || ngx_strncmp(token, "public-", 7) == 0))
    {
        call->legacy = 0;
        return;
    }

    if (call->header_id.len || call->header_secret.len || call->version) {
        call->legacy = 0;
        return;
    }

    call->legacy = (call->type == NGX_PLAID_SANDBOX_FORM
                    || call->method != NGX_PLAID_SANDBOX_POST);
}


static ngx_uint_t
ngx_plaid_sandbox_match(ngx_plaid_sandbox_call_t *call,
    const ngx_plaid_sandbox_route_t *route)
{
    u_char      *p, *last, *end;
    ngx_str_t    segment;
    ngx_uint_t   n;
    const char  *r;

    if (!(call->method & route->methods)) {
        return 0;
    }

    p = call->path.data;
    last = p + call->path.len;
    n = 0;

    for (r = route->path; *r; r++) {

        if (*r != '*' && *r != '@') {
            if (p == last || *p++ != (u_char) *r) {
                return 0;
            }

            continue;
        }

        end = ngx_strlchr(p, last, '/');
        if (end == NULL) {
            end = last;
        }

        segment.data = p;
        segment.len = end - p;

        if (segment.len == 0
            || (*r == '@' && !ngx_plaid_sandbox_path_product(&segment)))
        {
            return 0;
        }

        call->wild[n++] = segment;
        p = end;
    }

    /* "/auth/" is "/auth" to Express, which the legacy API ran on */

    return p == last || (last - p == 1 && *p == '/' && route->path[1]);
}
