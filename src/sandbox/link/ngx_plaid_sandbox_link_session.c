
/* A session of Link: found, kept, and what of it is shown. */


#include "ngx_plaid_sandbox_link.h"


ngx_uint_t
ngx_plaid_sandbox_link_find(ngx_plaid_sandbox_call_t *call, const char *token,
    ngx_plaid_sandbox_record_t *link)
{
    ngx_int_t    rc;
    const char  *env;

    ngx_memzero(link, sizeof(ngx_plaid_sandbox_record_t));

    rc = ngx_plaid_sandbox_token_form(token, "link", &env);

    if (rc == NGX_DECLINED) {
        return ngx_plaid_sandbox_error(call, "INVALID_LINK_TOKEN",
                   "provided link token is for the wrong Plaid environment. "
                   "expected \"sandbox\", got \"%s\"", env);
    }

    if (rc == NGX_ERROR) {
        return ngx_plaid_sandbox_error(call, "INVALID_LINK_TOKEN",
                   "provided link token is in an invalid format. expected "
                   "format: link-<environment>-<identifier>");
    }

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_LINK_TOKEN,
                                    token, link)
        != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_LINK_TOKEN", NULL);
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_link_session_of(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    const char  *id;

    ngx_memzero(session, sizeof(ngx_plaid_sandbox_record_t));

    id = ngx_plaid_sandbox_string(call->args, "link_session_id");

    if (id == NULL
        || ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_SESSION,
                                       id, session)
           != NGX_OK
        || session->expires <= call->now || session->fired)
    {
        return ngx_plaid_sandbox_error(call, "NOT_FOUND",
                                       "unknown or expired session of Link");
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_link_keep(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    if (ngx_plaid_sandbox_store_put(call->store, session) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_link_refuse(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_int_t legacy, const char *code)
{
    if (session->flags & NGX_PLAID_SANDBOX_LEGACY) {
        return ngx_plaid_sandbox_legacy_error(call, legacy);
    }

    return ngx_plaid_sandbox_error(call, code, NULL);
}


ngx_uint_t
ngx_plaid_sandbox_link_step(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_mfa_t *mfa)
{
    ngx_uint_t  status;

    if (mfa->kind == NGX_PLAID_SANDBOX_MFA_NONE) {
        session->flags |= NGX_PLAID_SANDBOX_LOGGED_IN;
    }

    session->step = ngx_plaid_sandbox_mfa_pack(mfa);

    status = ngx_plaid_sandbox_link_keep(call, session);
    if (status) {
        return status;
    }

    call->reply = ngx_plaid_sandbox_link_step_json(call, session, mfa);

    return 200;
}


json_t *
ngx_plaid_sandbox_link_step_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_mfa_t *mfa)
{
    json_t  *o;

    if (mfa && mfa->kind != NGX_PLAID_SANDBOX_MFA_NONE) {
        o = ngx_plaid_sandbox_mfa_json(mfa);
        json_object_set_new(o, "step", json_string("mfa"));

    } else {
        o = json_pack("{s:s, s:o}",
                      "step", "accounts",
                      "accounts",
                      ngx_plaid_sandbox_link_accounts(call, session, 0));
    }

    json_object_set_new(o, "state", json_string(""));
    json_object_set_new(o, "request_id",
                        json_string((char *) call->request_id));

    return o;
}


json_t *
ngx_plaid_sandbox_link_institution(ngx_uint_t row)
{
    json_t                                 *o;
    const ngx_plaid_sandbox_institution_t  *in;

    in = &ngx_plaid_sandbox_institutions[row];

    o = json_pack("{s:s, s:s, s:{s:s, s:s}, s:b, s:o, s:s}",
                  "institution_id", in->ins,
                  "name", in->name,
                  "credentials",
                  "username", in->username,
                  "password", "Password",
                  "oauth", (int) in->oauth,
                  "products",
                  ngx_plaid_sandbox_products(NGX_PLAID_SANDBOX_SUPPORTED),
                  "primary_color", in->color);

    if (in->pin) {
        json_object_set_new(json_object_get(o, "credentials"), "pin",
                            json_string(in->pin));
    }

    return o;
}


json_t *
ngx_plaid_sandbox_link_accounts(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_uint_t result)
{
    u_char                              id[40];
    json_t                             *list, *o, *available;
    ngx_uint_t                          i, legacy;
    const char                         *subtype;
    ngx_plaid_sandbox_bank_t            bank;
    const ngx_plaid_sandbox_account_t  *a;

    list = json_array();
    legacy = session->flags & NGX_PLAID_SANDBOX_LEGACY;

    if (ngx_plaid_sandbox_link_bank(call, session, &bank) != NGX_OK) {
        return list;
    }

    for (i = 0; i < bank.n; i++) {
        a = &bank.accounts[i];

        if (!ngx_plaid_sandbox_bank_has(&bank, session, i)
            || ngx_plaid_sandbox_link_account_id(id, &bank, session, i)
               != NGX_OK)
        {
            continue;
        }

        subtype = legacy ? a->legacy_subtype : a->subtype;

        o = json_pack("{s:s, s:s, s:s, s:s, s:s?}",
                      "id", id,
                      "name", a->name,
                      "mask", a->mask,
                      "type", a->type,
                      "subtype", subtype);

        if (result) {
            json_object_set_new(o, "verification_status", json_null());
            json_object_set_new(o, "class_type", json_null());

        } else {
            available = a->unknown ? json_null()
                                   : ngx_plaid_sandbox_number(a->available);

            json_object_set_new(o, "available", available);
            json_object_set_new(o, "current",
                                ngx_plaid_sandbox_number(a->current));
        }

        json_array_append_new(list, o);
    }

    return list;
}


ngx_int_t
ngx_plaid_sandbox_link_bank(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, ngx_plaid_sandbox_bank_t *bank)
{
    if (session->flags & NGX_PLAID_SANDBOX_LEGACY) {
        bank->accounts = ngx_plaid_sandbox_accounts;
        bank->n = ngx_plaid_sandbox_accounts_n;
        bank->custom = NULL;

        return NGX_OK;
    }

    return ngx_plaid_sandbox_bank(call, session, bank);
}


ngx_int_t
ngx_plaid_sandbox_link_account_id(u_char *buf, ngx_plaid_sandbox_bank_t *bank,
    ngx_plaid_sandbox_record_t *session, ngx_uint_t i)
{
    if (session->flags & NGX_PLAID_SANDBOX_LEGACY) {
        (void) ngx_cpystrn(buf, (u_char *) bank->accounts[i].id, 40);
        return NGX_OK;
    }

    return ngx_plaid_sandbox_bank_id(buf, bank, session, i);
}
