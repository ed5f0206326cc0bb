
/*
 * The questions of a log-in, in the four forms of the legacy API; Link asks
 * them in the same forms in both generations.
 */


#ifndef _NGX_PLAID_SANDBOX_MFA_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_MFA_H_INCLUDED_


#include "ngx_plaid_sandbox_data.h"


typedef enum {
    NGX_PLAID_SANDBOX_MFA_NONE = 0,
    NGX_PLAID_SANDBOX_MFA_QUESTIONS,
    NGX_PLAID_SANDBOX_MFA_SELECTIONS,
    NGX_PLAID_SANDBOX_MFA_LIST,
    NGX_PLAID_SANDBOX_MFA_DEVICE,

    /* of the current API's test users: other questions, other answers */
    NGX_PLAID_SANDBOX_MFA_ROUNDS,
    NGX_PLAID_SANDBOX_MFA_YES
} ngx_plaid_sandbox_mfa_e;


typedef struct {
    ngx_plaid_sandbox_mfa_e      kind;          /* what is asked for now */
    ngx_uint_t                   email;         /* the device chosen */
    ngx_uint_t                   round;         /* questions put before */
    ngx_uint_t                   rounds;        /* MFA_ROUNDS: all of them */
    ngx_uint_t                   questions;     /* MFA_ROUNDS: in a round */
} ngx_plaid_sandbox_mfa_t;


typedef enum {
    NGX_PLAID_SANDBOX_MFA_PASSED = 0,
    NGX_PLAID_SANDBOX_MFA_MORE,                 /* ask mfa->kind */
    NGX_PLAID_SANDBOX_MFA_WRONG,                /* legacy 1203 */
    NGX_PLAID_SANDBOX_MFA_METHOD                /* legacy 1204 */
} ngx_plaid_sandbox_mfa_answer_e;


/*
 * A log-in at an institution with the legacy credentials: 0 with "mfa" set to
 * what is asked first, or the number of a legacy error.
 */
ngx_int_t ngx_plaid_sandbox_legacy_login(ngx_uint_t institution,
    const char *username, const char *password, const char *pin,
    ngx_uint_t list, ngx_plaid_sandbox_mfa_t *mfa);

/* What an institution asks for where nothing else is known. */
void ngx_plaid_sandbox_mfa_default(ngx_uint_t institution,
    const char *username, ngx_uint_t list, ngx_plaid_sandbox_mfa_t *mfa);

/*
 * Judges an answer (a string, an array of them or one in JSON; NULL for none)
 * and, where a device must be chosen, the send_method; moves "mfa" on.
 */
ngx_plaid_sandbox_mfa_answer_e ngx_plaid_sandbox_mfa_answer(
    ngx_plaid_sandbox_mfa_t *mfa, json_t *answer, json_t *method);

/* {"type", "mfa"} of what is asked for; NULL: no memory. */
json_t *ngx_plaid_sandbox_mfa_json(ngx_plaid_sandbox_mfa_t *mfa);

/* To and from the numbers of a record. */
ngx_uint_t ngx_plaid_sandbox_mfa_pack(ngx_plaid_sandbox_mfa_t *mfa);
void ngx_plaid_sandbox_mfa_unpack(ngx_plaid_sandbox_mfa_t *mfa,
    ngx_uint_t packed);


#endif /* _NGX_PLAID_SANDBOX_MFA_H_INCLUDED_ */
