
/*
 * The endpoints: one handler each, as ngx_plaid_sandbox_handler_pt says.
 * A handler finds its fields in call->args, checked already (keys, types,
 * required, unknown) where its route says so.
 */


#ifndef _NGX_PLAID_SANDBOX_API_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_API_H_INCLUDED_


#include "ngx_plaid_sandbox_bank.h"


/* ngx_plaid_sandbox_exchange.c: where tokens are made and exchanged */

ngx_uint_t ngx_plaid_sandbox_legacy_exchange(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_exchange(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_create_public(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_public_of_item(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_session_get(ngx_plaid_sandbox_call_t *call);

/*
 * Makes a public token for the item that "item" describes (institution,
 * products, webhook; access for an item that exists) and stores it; the token
 * goes to item->name.  NGX_ERROR: no memory or no random bytes.
 */
ngx_int_t ngx_plaid_sandbox_new_public(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item);

/*
 * The fault that the public token of a call asks for, without what is around
 * it: NGX_OK, or NGX_DECLINED when it asks for none.
 */
ngx_int_t ngx_plaid_sandbox_asked_fault(ngx_plaid_sandbox_call_t *call,
    ngx_str_t *fault);

/* How often the public token of a call has been asked for before. */
ngx_uint_t ngx_plaid_sandbox_asked(ngx_plaid_sandbox_call_t *call);

/* Counts an exchange that is not going to be processed. */
void ngx_plaid_sandbox_count(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_item.c: an item and what is known of it */

ngx_uint_t ngx_plaid_sandbox_item_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_accounts_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_auth_get(ngx_plaid_sandbox_call_t *call);

/*
 * Finds the item of call->args' access_token.  Returns 0 with "item" filled,
 * or the status of the error that was put into call->reply; "item" is set in
 * any case, to zeroes where there is none.
 */
ngx_uint_t ngx_plaid_sandbox_find_item(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item);

/* The same; an item that needs a log-in is an error here. */
ngx_uint_t ngx_plaid_sandbox_ready_item(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item);

/* The "item" member of a reply; NULL: no memory. */
json_t *ngx_plaid_sandbox_item_json(ngx_plaid_sandbox_record_t *item);

/*
 * The "accounts" of a reply, those that options.account_ids names; returns as
 * ngx_plaid_sandbox_find_item(), with "*accounts" NULL after an error.
 */
ngx_uint_t ngx_plaid_sandbox_accounts_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **accounts);

/* The same, those that the array "ids" names; NULL: all. */
ngx_uint_t ngx_plaid_sandbox_accounts_of(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *ids, json_t **accounts);

/* Adds a product to an item that has it not yet, for good. */
void ngx_plaid_sandbox_add_product(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t product);

/* Answers 200 with "reply", which is taken over, and the request_id. */
ngx_uint_t ngx_plaid_sandbox_reply(ngx_plaid_sandbox_call_t *call,
    json_t *reply);


/* Whether "accounts" has the account of that id. */
ngx_uint_t ngx_plaid_sandbox_has_account(json_t *accounts, const char *id);


/* ngx_plaid_sandbox_manage.c: what is done to an item */

ngx_uint_t ngx_plaid_sandbox_item_remove(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_invalidate(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_reset_login(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_fire_webhook(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_processor(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_stripe(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_webhook_update(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_set_verification(ngx_plaid_sandbox_call_t *call);

/* NGX_OK for a http(s) address that can be kept and called. */
ngx_int_t ngx_plaid_sandbox_url(const char *url);


/* ngx_plaid_sandbox_hook.c: webhooks, Plaid's and forged ones */

/*
 * Has a webhook sent when the call was answered; "body" is taken over.
 * NGX_DECLINED: not an address; NGX_ERROR: no memory.
 */
ngx_int_t ngx_plaid_sandbox_fire(ngx_plaid_sandbox_call_t *call,
    const char *url, json_t *body, ngx_uint_t sign);

/* The same to an item's own address, if it has one, with its item_id. */
void ngx_plaid_sandbox_fire_item(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, const char *type, const char *code,
    json_t *body);

ngx_uint_t ngx_plaid_sandbox_hook_forge(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_hook_rotate(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_verification_key(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_transactions.c */

ngx_uint_t ngx_plaid_sandbox_categories_get(ngx_plaid_sandbox_call_t *call);

/*
 * The legacy transactions that "options" asks for; returns as
 * ngx_plaid_sandbox_find_item().
 */
ngx_uint_t ngx_plaid_sandbox_legacy_transactions(
    ngx_plaid_sandbox_call_t *call, json_t *options, json_t **list);

/*
 * A date, "2014-07-24" or "30 days ago", as days since 1970: NGX_DECLINED
 * when absent, NGX_ERROR when it is none.
 */
ngx_int_t ngx_plaid_sandbox_day(json_t *object, const char *name, time_t now,
    ngx_int_t *day);


/* ngx_plaid_sandbox_sync.c, ngx_plaid_sandbox_history.c */

ngx_uint_t ngx_plaid_sandbox_transactions_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_transactions_sync(
    ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_transactions_refresh(
    ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_transactions_create(
    ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_statements.c */

ngx_uint_t ngx_plaid_sandbox_statements_list(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_statements_download(
    ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_report.c */

ngx_uint_t ngx_plaid_sandbox_report_create(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_report_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_report_pdf(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_report_remove(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_liabilities.c, _investments.c, _signal.c */

ngx_uint_t ngx_plaid_sandbox_liabilities_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_holdings_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_investments_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_signal_evaluate(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_signal_report(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_customer.c: Plaid's users */

ngx_uint_t ngx_plaid_sandbox_user_create(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_user_update(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_user_get(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_people.c */

ngx_uint_t ngx_plaid_sandbox_identity_get(ngx_plaid_sandbox_call_t *call);

/* Adds "owners" to each of an item's accounts. */
void ngx_plaid_sandbox_owners_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t *accounts);

/* Adds to a legacy reply what info, income and risk have beside accounts. */
void ngx_plaid_sandbox_legacy_people(json_t *reply, ngx_uint_t product);


/* ngx_plaid_sandbox_institutions.c */

ngx_uint_t ngx_plaid_sandbox_legacy_institutions(
    ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_institution_get(
    ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_institutions_all(
    ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_search(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_institutions_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_institution_by_id(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_institutions_search(
    ngx_plaid_sandbox_call_t *call);

/* An institution as GET /institutions has it; NULL: no memory. */
json_t *ngx_plaid_sandbox_legacy_institution(ngx_uint_t row);

/* Whether "part" is somewhere in "text", in any case. */
ngx_uint_t ngx_plaid_sandbox_contains(const char *text, const char *part);

/* Whether a row is of the legacy API's major list. */
ngx_uint_t ngx_plaid_sandbox_major(ngx_uint_t row);

/*
 * At most "max" institutions, those with "query" in their names (NULL: all),
 * as "make" makes them; the legacy ones alone, with or without the long tail.
 */
json_t *ngx_plaid_sandbox_find_institutions(const char *query,
    ngx_uint_t legacy, ngx_uint_t longtail, ngx_uint_t max,
    json_t *(*make)(ngx_uint_t row));

/* Checks "country_codes"; returns as ngx_plaid_sandbox_find_item(). */
ngx_uint_t ngx_plaid_sandbox_check_countries(ngx_plaid_sandbox_call_t *call,
    json_t *list);


/* ngx_plaid_sandbox_legacy.c: the data of a legacy user */

ngx_uint_t ngx_plaid_sandbox_legacy_get(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_balance(ngx_plaid_sandbox_call_t *call);

/*
 * The institution of call->args' access_token; returns as
 * ngx_plaid_sandbox_find_item(), with "*row" NGX_ERROR where there is none.
 */
ngx_uint_t ngx_plaid_sandbox_legacy_user(ngx_plaid_sandbox_call_t *call,
    ngx_int_t *row);

/* Answers with the data of a product. */
ngx_uint_t ngx_plaid_sandbox_legacy_data(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product, json_t *options);

/*
 * The institution that a legacy access_token ("test_chase") belongs to, or
 * NGX_ERROR; a 2014 token ("test") is of wells.
 */
ngx_int_t ngx_plaid_sandbox_legacy_token(const char *token);


/* ngx_plaid_sandbox_user.c: legacy users */

ngx_uint_t ngx_plaid_sandbox_legacy_add(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_patch(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_delete(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_step(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_legacy_upgrade(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_stats.c: for those who run the sandbox */

ngx_uint_t ngx_plaid_sandbox_stats(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_reset(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_calls(ngx_plaid_sandbox_call_t *call);


#endif /* _NGX_PLAID_SANDBOX_API_H_INCLUDED_ */
