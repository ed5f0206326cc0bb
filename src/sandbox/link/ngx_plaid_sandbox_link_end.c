
/* Link's page: the end of a session, by a public token or by the exit. */


#include "ngx_plaid_sandbox_jansson.h"
#include "ngx_plaid_sandbox_link.h"


static ngx_uint_t ngx_plaid_sandbox_link_public(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);
static void ngx_plaid_sandbox_link_end(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);
static ngx_int_t ngx_plaid_sandbox_link_last(
    ngx_plaid_sandbox_record_t *record, void *data);
static ngx_int_t ngx_plaid_sandbox_link_repaired(
    ngx_plaid_sandbox_record_t *record, void *data);


ngx_uint_t
ngx_plaid_sandbox_link_finish(ngx_plaid_sandbox_call_t *call)
{
    json_t                                 *ids, *m;
    size_t                                  i;
    u_char                                  id[40];
    ngx_uint_t                              status, k, legacy;
    ngx_plaid_sandbox_record_t              session;
    const ngx_plaid_sandbox_institution_t  *in;

    status = ngx_plaid_sandbox_link_session_of(call, &session);
    if (status) {
        return status;
    }

    if (!(session.flags & NGX_PLAID_SANDBOX_LOGGED_IN)) {
        return ngx_plaid_sandbox_link_refuse(call, &session, 1005,
                                             "INVALID_CREDENTIALS");
    }

    ids = json_object_get(call->args, "account_ids");
    session.accounts = 0;

    json_array_foreach(ids, i, m) {

        for (k = 0; k < ngx_plaid_sandbox_accounts_n; k++) {
            if (ngx_plaid_sandbox_link_account_id(id, &session, k) == NGX_OK
                && json_is_string(m)
                && ngx_strcmp(json_string_value(m), id) == 0)
            {
                session.accounts |= 1u << k;
                break;
            }
        }

        if (k == ngx_plaid_sandbox_accounts_n) {
            session.accounts = 0;
            break;
        }
    }

    if (session.accounts == 0) {
        return ngx_plaid_sandbox_link_refuse(call, &session, 1004,
                                             "INVALID_ACCOUNT_ID");
    }

    status = ngx_plaid_sandbox_link_public(call, &session);
    if (status) {
        return status;
    }

    session.flags |= NGX_PLAID_SANDBOX_FINISHED;
    ngx_plaid_sandbox_link_end(call, &session);

    in = &ngx_plaid_sandbox_institutions[session.institution];
    legacy = session.flags & NGX_PLAID_SANDBOX_LEGACY;

    call->reply = json_pack("{s:s, s:{s:s, s:s}, s:o}",
                     "public_token", session.access,
                     "institution",
                     "name", in->name,
                     legacy ? "type" : "institution_id",
                     legacy ? in->type : in->ins,
                     "accounts",
                     ngx_plaid_sandbox_link_accounts(&session, 0));
    return 200;
}


/* The public token of a session that has succeeded, into session->access. */

static ngx_uint_t
ngx_plaid_sandbox_link_public(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    ngx_plaid_sandbox_record_t  *item, link;

    if (session->flags & NGX_PLAID_SANDBOX_LEGACY) {

        if (session->flags & NGX_PLAID_SANDBOX_UPDATE) {
            ngx_plaid_sandbox_copy(session->access, session->text);

        } else {
            ngx_snprintf(session->access, sizeof(session->access),
                         "test,%s,connected%Z",
                    ngx_plaid_sandbox_institutions[session->institution].type);
        }

        return 0;
    }

    item = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (item == NULL) {
        return 500;
    }

    item->institution = session->institution;
    item->products = session->products;
    item->accounts = session->accounts;
    ngx_plaid_sandbox_copy(item->item_id, session->item_id);
    ngx_plaid_sandbox_copy(item->webhook, session->webhook);

    if ((session->flags & NGX_PLAID_SANDBOX_UPDATE)
        && ngx_plaid_sandbox_store_get(call->store,
                                       NGX_PLAID_SANDBOX_LINK_TOKEN,
                                       (char *) session->text, &link)
           == NGX_OK)
    {
        ngx_plaid_sandbox_copy(item->access, link.access);

        (void) ngx_plaid_sandbox_store_update(call->store,
                                              NGX_PLAID_SANDBOX_ITEM,
                                              (char *) link.access,
                                              ngx_plaid_sandbox_link_repaired,
                                              NULL, NULL);
    }

    if (ngx_plaid_sandbox_new_public(call, item) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    ngx_plaid_sandbox_copy(session->access, item->name);

    return 0;
}


static ngx_int_t
ngx_plaid_sandbox_link_repaired(ngx_plaid_sandbox_record_t *record,
    void *data)
{
    record->flags &= ~NGX_PLAID_SANDBOX_LOGIN;

    return NGX_OK;
}


/* The session is over; its link token knows it as the last one. */

static void
ngx_plaid_sandbox_link_end(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    json_t  *body;

    session->fired = call->now;

    (void) ngx_plaid_sandbox_store_put(call->store, session);

    if (session->flags & NGX_PLAID_SANDBOX_LEGACY) {
        return;
    }

    (void) ngx_plaid_sandbox_store_update(call->store,
                                          NGX_PLAID_SANDBOX_LINK_TOKEN,
                                          (char *) session->text,
                                          ngx_plaid_sandbox_link_last,
                                          session->name, NULL);

    /* Hosted Link has no page to tell: the app hears of it by webhook */

    if (!(session->flags & NGX_PLAID_SANDBOX_HOSTED)
        || session->webhook[0] == '\0')
    {
        return;
    }

    body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
                     "webhook_type", "LINK",
                     "webhook_code", "SESSION_FINISHED",
                     "status", (session->flags & NGX_PLAID_SANDBOX_FINISHED)
                               ? "SUCCESS" : "EXITED",
                     "link_session_id", session->name,
                     "link_token", session->text,
                     "environment", "sandbox");

    if (session->flags & NGX_PLAID_SANDBOX_FINISHED) {
        json_object_set_new(body, "public_token",
                            json_string((char *) session->access));
        json_object_set_new(body, "public_tokens",
                            json_pack("[s]", session->access));
    }

    (void) ngx_plaid_sandbox_fire(call, (char *) session->webhook, body, 1);
}


static ngx_int_t
ngx_plaid_sandbox_link_last(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_copy(record->item_id, data);

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_link_exit(ngx_plaid_sandbox_call_t *call)
{
    char                        *text;
    json_t                      *keep, *m;
    size_t                       i;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   session;

    static const char  *names[] = { "status", "error", "institution" };

    status = ngx_plaid_sandbox_link_session_of(call, &session);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_link_end(call, &session);

    keep = json_object();

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        m = json_object_get(call->args, names[i]);

        if (m) {
            json_object_set(keep, names[i], m);
        }
    }

    text = json_dumps(keep, JSON_COMPACT);
    json_decref(keep);

    /* what is too long to be kept is not: nothing but a report needs it */

    if (text && ngx_strlen(text) < sizeof(session.text)) {
        ngx_plaid_sandbox_copy(session.text, text);

    } else {
        ngx_plaid_sandbox_copy(session.text, "{}");
    }

    ngx_plaid_sandbox_jansson_free(text);

    (void) ngx_plaid_sandbox_store_put(call->store, &session);

    call->reply = json_object();

    return 200;
}
