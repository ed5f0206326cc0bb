
/*
 * The endpoints: one handler each, as ngx_plaid_sandbox_handler_pt says.
 * A handler finds its fields in call->args, checked already (keys, types,
 * required, unknown) where its route says so.
 */


#ifndef _NGX_PLAID_SANDBOX_API_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_API_H_INCLUDED_


#include "ngx_plaid_sandbox_data.h"


/* ngx_plaid_sandbox_exchange.c: where tokens are made and exchanged */

ngx_uint_t ngx_plaid_sandbox_legacy_exchange(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_exchange(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_create_public(ngx_plaid_sandbox_call_t *call);

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
 * or the status of the error that was put into call->reply.
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
 * ngx_plaid_sandbox_find_item().
 */
ngx_uint_t ngx_plaid_sandbox_accounts_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **accounts);

/* The account_id of row "i" at an item, into 40 bytes. */
ngx_int_t ngx_plaid_sandbox_account_id(u_char *buf,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t i);

/* Answers 200 with "reply", which is taken over, and the request_id. */
ngx_uint_t ngx_plaid_sandbox_reply(ngx_plaid_sandbox_call_t *call,
    json_t *reply);


/* ngx_plaid_sandbox_legacy.c */

ngx_uint_t ngx_plaid_sandbox_legacy_get(ngx_plaid_sandbox_call_t *call);

/* The "accounts" of a legacy reply for a product, at one institution. */
json_t *ngx_plaid_sandbox_legacy_accounts(ngx_uint_t institution,
    ngx_uint_t product);

/*
 * The institution that a legacy access_token ("test_chase") belongs to, or
 * NGX_ERROR; a 2014 token ("test") is of wells.
 */
ngx_int_t ngx_plaid_sandbox_legacy_token(const char *token);


/* ngx_plaid_sandbox_stats.c: for whoever runs the sandbox */

ngx_uint_t ngx_plaid_sandbox_stats(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_reset(ngx_plaid_sandbox_call_t *call);


#endif /* _NGX_PLAID_SANDBOX_API_H_INCLUDED_ */
