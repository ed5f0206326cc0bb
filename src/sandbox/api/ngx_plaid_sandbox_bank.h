
/*
 * The accounts of an item: the stock ones, or those that the password of
 * user_custom describes.  A row is an account's place among them.
 */


#ifndef _NGX_PLAID_SANDBOX_BANK_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_BANK_H_INCLUDED_


#include "ngx_plaid_sandbox_data.h"


/* accounts that user_custom may have: a record has a bit for each */
#define NGX_PLAID_SANDBOX_BANK_MAX     31

/* the JSON of user_custom; Plaid's own limit is about 20k */
#define NGX_PLAID_SANDBOX_CUSTOM_MAX   65536


typedef struct {
    const ngx_plaid_sandbox_account_t  *accounts;
    ngx_uint_t                          n;
    json_t                             *custom;     /* NULL: stock */
} ngx_plaid_sandbox_bank_t;


/* The accounts of an item or a session, all of them; NGX_ERROR: no memory. */
ngx_int_t ngx_plaid_sandbox_bank(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank);

/* Whether the item has the account of that row. */
ngx_uint_t ngx_plaid_sandbox_bank_has(ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, ngx_uint_t row);

/* The account_id of row "i" at an item, into 40 bytes. */
ngx_int_t ngx_plaid_sandbox_bank_id(u_char *buf,
    ngx_plaid_sandbox_bank_t *bank, ngx_plaid_sandbox_record_t *item,
    ngx_uint_t i);

/* The row of an account_id that the item has, or NGX_ERROR. */
ngx_int_t ngx_plaid_sandbox_bank_row(ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *item, const char *id);


/* ngx_plaid_sandbox_custom.c */

/*
 * Keeps the password of user_custom, a JSON object, for the item that gets
 * "item_id".  Returns 0, or the status of the error in call->reply, which
 * names what is not honoured.
 */
ngx_uint_t ngx_plaid_sandbox_custom_keep(ngx_plaid_sandbox_call_t *call,
    const char *password, u_char *item_id);

/* Fills row "i" from custom->override_accounts; NGX_ERROR: no memory. */
ngx_int_t ngx_plaid_sandbox_custom_account(ngx_pool_t *pool, json_t *custom,
    ngx_uint_t i, ngx_plaid_sandbox_account_t *account);


#endif /* _NGX_PLAID_SANDBOX_BANK_H_INCLUDED_ */
