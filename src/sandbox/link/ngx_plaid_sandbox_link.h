
/*
 * Link's side of the sandbox: link tokens, and the calls of Link's own page
 * as src/sandbox/page/API.txt has them.
 */


#ifndef _NGX_PLAID_SANDBOX_LINK_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_LINK_H_INCLUDED_


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_mfa.h"


/* a session of Link's page lives for as long as a link token */
#define NGX_PLAID_SANDBOX_SESSION_TTL  14400


/* flags of a link token or a session, beside those of the store */

#define NGX_PLAID_SANDBOX_LEGACY       0x0010
#define NGX_PLAID_SANDBOX_LOGGED_IN    0x0020   /* the accounts were shown */
#define NGX_PLAID_SANDBOX_FINISHED     0x0040
#define NGX_PLAID_SANDBOX_UPDATE       0x0080
#define NGX_PLAID_SANDBOX_LONGTAIL     0x0100
#define NGX_PLAID_SANDBOX_HOSTED       0x0200
#define NGX_PLAID_SANDBOX_SELECT       0x0400   /* accounts, in update mode */
#define NGX_PLAID_SANDBOX_CHOSEN       0x0800   /* an institution was */
#define NGX_PLAID_SANDBOX_MULTI        0x1000   /* several items */


/*
 * Finds a link token, expired or not; returns 0, or the status of the error
 * in call->reply; "link" is set in any case, to zeroes where there is none.
 */
ngx_uint_t ngx_plaid_sandbox_link_find(ngx_plaid_sandbox_call_t *call,
    const char *token, ngx_plaid_sandbox_record_t *link);

/*
 * The accounts of a session: all, or those chosen; in the form of a link
 * session's result ("result") or of Link's own page.
 */
json_t *ngx_plaid_sandbox_link_accounts(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_uint_t result);

/* Those that there are to choose from. */
ngx_int_t ngx_plaid_sandbox_link_bank(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_bank_t *bank);

/* The id of one, legacy or current. */
ngx_int_t ngx_plaid_sandbox_link_account_id(u_char *buf,
    ngx_plaid_sandbox_bank_t *bank, ngx_plaid_sandbox_record_t *session,
    ngx_uint_t i);

/* Stores the session; 0, or the status of the error in call->reply. */
ngx_uint_t ngx_plaid_sandbox_link_keep(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);

/* The "item_add_results" of a session that has succeeded. */
json_t *ngx_plaid_sandbox_link_results(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);

/* An institution, as Link's page has it. */
json_t *ngx_plaid_sandbox_link_institution(ngx_uint_t row);

/*
 * Finds the session of a call of Link's page, and its generation; returns as
 * ngx_plaid_sandbox_link_find().
 */
ngx_uint_t ngx_plaid_sandbox_link_session_of(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);

/* Answers with an error in the session's own generation. */
ngx_uint_t ngx_plaid_sandbox_link_refuse(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_int_t legacy, const char *code);

/* Answers with a step: what is asked for next, or the accounts. */
ngx_uint_t ngx_plaid_sandbox_link_step(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_mfa_t *mfa);

/* That step as an object; NULL: no memory. */
json_t *ngx_plaid_sandbox_link_step_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_mfa_t *mfa);


/* the calls of Link's page */

ngx_uint_t ngx_plaid_sandbox_link_start(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_search(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_credentials(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_mfa(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_oauth(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_resume(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_finish(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_done(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_exit(ngx_plaid_sandbox_call_t *call);

/* an app's server's */

ngx_uint_t ngx_plaid_sandbox_link_create(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_link_get(ngx_plaid_sandbox_call_t *call);


#endif /* _NGX_PLAID_SANDBOX_LINK_H_INCLUDED_ */
