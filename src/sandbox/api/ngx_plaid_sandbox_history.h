
/*
 * The transactions of an item as a history of changes: what was there when it
 * was linked, then what /transactions/refresh and
 * /sandbox/transactions/create have added.  A cursor is a place in it.
 */


#ifndef _NGX_PLAID_SANDBOX_HISTORY_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_HISTORY_H_INCLUDED_


#include "ngx_plaid_sandbox_bank.h"


/* One transaction, before it is JSON. */
typedef struct {
    ngx_uint_t                   account;       /* row */
    const char                  *key;           /* makes its id */
    const char                  *date;
    const char                  *authorized;    /* NULL: the same */
    double                       amount;        /* out is positive */
    const char                  *name;
    const char                  *type;          /* "place", "special" */
    ngx_uint_t                   category;      /* row */
    const char                  *city;          /* NULL: none */
    const char                  *state;
    const char                  *currency;      /* NULL: the account's */
    const char                  *pending_id;
    ngx_uint_t                   pending;
} ngx_plaid_sandbox_entry_t;


/* ngx_plaid_sandbox_transactions.c */

/* The stock transactions of an item, oldest first. */
json_t *ngx_plaid_sandbox_stock_transactions(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank);

json_t *ngx_plaid_sandbox_transaction_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_entry_t *entry);

/* "2026-01-31" of a day since 1970, into 16 bytes. */
void ngx_plaid_sandbox_date(u_char *buf, ngx_int_t day);


/* ngx_plaid_sandbox_history.c */

/*
 * The history of an item: an array of {"op": "added", "modified" or
 * "removed", "t": transaction}; returns as ngx_plaid_sandbox_find_item().
 */
ngx_uint_t ngx_plaid_sandbox_history(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **events);

/* What has come of it: the transactions that there are, newest first. */
ngx_uint_t ngx_plaid_sandbox_history_now(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, json_t **list);


#endif /* _NGX_PLAID_SANDBOX_HISTORY_H_INCLUDED_ */
