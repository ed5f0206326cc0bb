
/* Link's page: the log-in. */


#include "ngx_plaid_sandbox_link.h"


static ngx_uint_t ngx_plaid_sandbox_link_login(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_mfa_t *mfa);
static ngx_uint_t ngx_plaid_sandbox_link_password(
    ngx_plaid_sandbox_call_t *call, const char *password,
    ngx_plaid_sandbox_mfa_t *mfa);
static ngx_uint_t ngx_plaid_sandbox_link_choose(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);


ngx_uint_t
ngx_plaid_sandbox_link_credentials(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_mfa_t      mfa;
    ngx_plaid_sandbox_record_t   session;

    status = ngx_plaid_sandbox_link_session_of(call, &session);

    if (status == 0) {
        status = ngx_plaid_sandbox_link_choose(call, &session);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_link_login(call, &session, &mfa);
    }

    if (status) {
        return status;
    }

    session.flags &= ~NGX_PLAID_SANDBOX_LOGGED_IN;

    return ngx_plaid_sandbox_link_step(call, &session, &mfa);
}


static ngx_uint_t
ngx_plaid_sandbox_link_choose(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    ngx_int_t    row;
    ngx_uint_t   legacy;
    const char  *name;

    legacy = session->flags & NGX_PLAID_SANDBOX_LEGACY;

    name = ngx_plaid_sandbox_string(call->args, "institution");
    row = name ? ngx_plaid_sandbox_institution(name) : NGX_ERROR;

    if (row == NGX_ERROR
        || (legacy && ngx_plaid_sandbox_institutions[row].type == NULL))
    {
        return ngx_plaid_sandbox_link_refuse(call, session, 1300,
                                             "INVALID_INSTITUTION");
    }

    /* update mode is about one institution alone */

    if ((session->flags & NGX_PLAID_SANDBOX_UPDATE)
        && session->institution != (ngx_uint_t) row)
    {
        return ngx_plaid_sandbox_link_refuse(call, session, 1300,
                                             "INVALID_INSTITUTION");
    }

    if (legacy
        && (ngx_plaid_sandbox_institutions[row].products & session->products)
           != session->products)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1601);
    }

    session->institution = row;
    session->flags |= NGX_PLAID_SANDBOX_CHOSEN;

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_link_login(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_mfa_t *mfa)
{
    ngx_int_t    code;
    const char  *username, *password, *pin;

    ngx_memzero(mfa, sizeof(ngx_plaid_sandbox_mfa_t));

    username = ngx_plaid_sandbox_string(call->args, "username");
    password = ngx_plaid_sandbox_string(call->args, "password");
    pin = ngx_plaid_sandbox_string(call->args, "pin");

    if (session->flags & NGX_PLAID_SANDBOX_LEGACY) {
        code = ngx_plaid_sandbox_legacy_login(session->institution, username,
                                              password, pin, 1, mfa);

        return code ? ngx_plaid_sandbox_legacy_error(call, code) : 0;
    }

    if (username && password && ngx_strcmp(username, "user_custom") == 0
        && *password == '{')
    {
        return ngx_plaid_sandbox_custom_keep(call, password,
                                             session->item_id);
    }

    if (username == NULL || password == NULL
        || ngx_strncmp(username, "user_", 5) != 0)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_CREDENTIALS", NULL);
    }

    if (ngx_plaid_sandbox_institutions[session->institution].pin
        && (pin == NULL || ngx_strcmp(pin, "credential_good") != 0))
    {
        return ngx_plaid_sandbox_error(call, "INVALID_CREDENTIALS", NULL);
    }

    return ngx_plaid_sandbox_link_password(call, password, mfa);
}


/* The current API's test passwords; each stands for a way to log in. */

static ngx_uint_t
ngx_plaid_sandbox_link_password(ngx_plaid_sandbox_call_t *call,
    const char *password, ngx_plaid_sandbox_mfa_t *mfa)
{
    if (ngx_strcmp(password, "pass_good") == 0) {
        return 0;
    }

    if (ngx_strcmp(password, "mfa_device") == 0) {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_LIST;
        return 0;
    }

    if (ngx_strcmp(password, "mfa_selections") == 0) {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_YES;
        return 0;
    }

    /* "mfa_questions_2_3": two rounds of three */

    if (ngx_strncmp(password, "mfa_questions_", 14) == 0
        && password[14] >= '1' && password[14] <= '9' && password[15] == '_'
        && password[16] >= '1' && password[16] <= '9' && password[17] == '\0')
    {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_ROUNDS;
        mfa->rounds = password[14] - '0';
        mfa->questions = password[16] - '0';
        return 0;
    }

    if (ngx_strncmp(password, "error_", 6) == 0
        && ngx_plaid_sandbox_error_known(password + 6) == NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, password + 6, NULL);
    }

    return ngx_plaid_sandbox_error(call, "INVALID_CREDENTIALS", NULL);
}


ngx_uint_t
ngx_plaid_sandbox_link_mfa(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_mfa_t      mfa;
    ngx_plaid_sandbox_record_t   session;

    status = ngx_plaid_sandbox_link_session_of(call, &session);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_mfa_unpack(&mfa, session.step);

    if (mfa.kind == NGX_PLAID_SANDBOX_MFA_NONE) {
        return ngx_plaid_sandbox_link_refuse(call, &session, 1218,
                                             "INVALID_MFA");
    }

    switch (ngx_plaid_sandbox_mfa_answer(&mfa,
                              json_object_get(call->args, "mfa"),
                              json_object_get(call->args, "send_method")))
    {
    case NGX_PLAID_SANDBOX_MFA_WRONG:
        return ngx_plaid_sandbox_link_refuse(call, &session, 1203,
                                             "INVALID_MFA");

    case NGX_PLAID_SANDBOX_MFA_METHOD:
        return ngx_plaid_sandbox_link_refuse(call, &session, 1204,
                                             "INVALID_SEND_METHOD");

    case NGX_PLAID_SANDBOX_MFA_PASSED:
        mfa.kind = NGX_PLAID_SANDBOX_MFA_NONE;
        break;

    default: /* NGX_PLAID_SANDBOX_MFA_MORE */
        break;
    }

    return ngx_plaid_sandbox_link_step(call, &session, &mfa);
}


ngx_uint_t
ngx_plaid_sandbox_link_oauth(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   session, *state;

    status = ngx_plaid_sandbox_link_session_of(call, &session);

    if (status == 0) {
        status = ngx_plaid_sandbox_link_choose(call, &session);
    }

    if (status) {
        return status;
    }

    if (!ngx_plaid_sandbox_institutions[session.institution].oauth) {
        return ngx_plaid_sandbox_link_refuse(call, &session, 1300,
                                             "INVALID_INSTITUTION");
    }

    /* what the bank gives back names a record of its own */

    state = ngx_palloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (state == NULL) {
        return 500;
    }

    *state = session;

    if (ngx_plaid_sandbox_uuid(state->name) != NGX_OK
        || ngx_plaid_sandbox_store_put(call->store, state) != NGX_OK
        || ngx_plaid_sandbox_store_put(call->store, &session) != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    call->reply = json_pack("{s:s, s:s}",
                            "state", "",
                            "oauth_state_id", state->name);
    return 200;
}


ngx_uint_t
ngx_plaid_sandbox_link_resume(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    const char                  *id;
    ngx_plaid_sandbox_mfa_t      mfa;
    ngx_plaid_sandbox_record_t   session, state;

    status = ngx_plaid_sandbox_link_session_of(call, &session);
    if (status) {
        return status;
    }

    id = ngx_plaid_sandbox_string(call->args, "oauth_state_id");

    if (id == NULL
        || ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_SESSION,
                                       id, &state)
           != NGX_OK
        || ngx_strcmp(state.item_id, session.item_id) != 0)
    {
        return ngx_plaid_sandbox_error(call, "OAUTH_STATE_ID_NOT_FOUND",
                                       NULL);
    }

    ngx_memzero(&mfa, sizeof(ngx_plaid_sandbox_mfa_t));

    return ngx_plaid_sandbox_link_step(call, &session, &mfa);
}
