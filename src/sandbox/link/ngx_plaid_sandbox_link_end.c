
/* Link's page: the end of a session, by a public token or by the exit. */


#include "ngx_plaid_sandbox_link.h"


static ngx_uint_t ngx_plaid_sandbox_link_chosen(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *session);
static json_t *ngx_plaid_sandbox_link_result(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);
static ngx_uint_t ngx_plaid_sandbox_link_added(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);
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
    json_t                                 *accounts;
    ngx_uint_t                              status, legacy, multi;
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

    status = ngx_plaid_sandbox_link_chosen(call, &session);

    if (status == 0) {
        status = ngx_plaid_sandbox_link_public(call, &session);
    }

    if (status) {
        return status;
    }

    in = &ngx_plaid_sandbox_institutions[session.institution];
    legacy = session.flags & NGX_PLAID_SANDBOX_LEGACY;
    multi = session.flags & NGX_PLAID_SANDBOX_MULTI;

    accounts = ngx_plaid_sandbox_link_accounts(call, &session, 0);

    call->reply = json_pack("{s:s, s:{s:s, s:s}, s:o, s:b}",
                     "public_token", session.access,
                     "institution",
                     "name", in->name,
                     legacy ? "type" : "institution_id",
                     legacy ? in->type : in->ins,
                     "accounts", accounts,
                     "more", multi != 0);

    session.flags |= NGX_PLAID_SANDBOX_FINISHED;

    if (multi) {

        /* the app has it by webhook, the page never */

        json_object_set_new(call->reply, "public_token", json_null());

        return ngx_plaid_sandbox_link_added(call, &session);
    }

    ngx_plaid_sandbox_link_end(call, &session);

    return 200;
}


/* The accounts chosen, into session->accounts; all of them is 0. */

static ngx_uint_t
ngx_plaid_sandbox_link_chosen(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    u_char                     id[40];
    json_t                    *ids, *m;
    size_t                     i;
    ngx_uint_t                 k, all, chosen;
    ngx_plaid_sandbox_bank_t   bank;

    if (ngx_plaid_sandbox_link_bank(call, session, &bank) != NGX_OK) {
        return 500;
    }

    session->accounts = 0;
    chosen = 0;
    all = 0;

    for (k = 0; k < bank.n; k++) {
        if (ngx_plaid_sandbox_bank_has(&bank, session, k)) {
            all |= (ngx_uint_t) 1 << k;
        }
    }

    ids = json_object_get(call->args, "account_ids");

    json_array_foreach(ids, i, m) {

        for (k = 0; k < bank.n; k++) {
            if ((all & ((ngx_uint_t) 1 << k)) && json_is_string(m)
                && ngx_plaid_sandbox_link_account_id(id, &bank, session, k)
                   == NGX_OK
                && ngx_strcmp(json_string_value(m), id) == 0)
            {
                chosen |= (ngx_uint_t) 1 << k;
                break;
            }
        }

        if (k == bank.n) {
            chosen = 0;
            break;
        }
    }

    if (chosen == 0) {
        return ngx_plaid_sandbox_link_refuse(call, session, 1004,
                                             "INVALID_ACCOUNT_ID");
    }

    /* who chose all has those, too, that come with another product later */

    session->accounts = (chosen == all) ? 0 : chosen;

    return 0;
}


/* One item of several: the session goes on with another bank. */

static ngx_uint_t
ngx_plaid_sandbox_link_added(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    char       *text;
    json_t     *result;
    ngx_int_t   rc;
    ngx_str_t   s;

    result = ngx_plaid_sandbox_link_result(call, session);
    text = json_dumps(result, JSON_COMPACT);
    json_decref(result);

    if (text == NULL) {
        return 500;
    }

    /* a comma after each: the list needs but its brackets */

    s.len = ngx_strlen(text) + 1;
    s.data = ngx_pnalloc(call->pool, s.len + 1);

    if (s.data) {
        ngx_sprintf(s.data, "%s,", text);
    }

    ngx_plaid_sandbox_jansson_free(text);

    if (s.data == NULL) {
        return 500;
    }

    rc = ngx_plaid_sandbox_store_attach(call->store,
                                        NGX_PLAID_SANDBOX_SESSION,
                                        (char *) session->name, &s, 1);

    if (session->webhook[0]) {
        (void) ngx_plaid_sandbox_fire(call, (char *) session->webhook,
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
                               "webhook_type", "LINK",
                               "webhook_code", "ITEM_ADD_RESULT",
                               "link_session_id", session->name,
                               "link_token", session->text,
                               "public_token", session->access,
                               "environment", "sandbox"), 1);
    }

    session->accounts = 0;
    session->flags &= ~(NGX_PLAID_SANDBOX_LOGGED_IN
                        |NGX_PLAID_SANDBOX_CHOSEN);

    if (rc != NGX_OK || ngx_plaid_sandbox_id(session->item_id, 37) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    if (ngx_plaid_sandbox_link_keep(call, session) != 0) {
        return 500;
    }

    return 200;
}


/* The user has added enough. */

ngx_uint_t
ngx_plaid_sandbox_link_done(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   session;

    status = ngx_plaid_sandbox_link_session_of(call, &session);
    if (status) {
        return status;
    }

    if (!(session.flags & NGX_PLAID_SANDBOX_FINISHED)) {
        return ngx_plaid_sandbox_link_refuse(call, &session, 1005,
                                             "INVALID_CREDENTIALS");
    }

    ngx_plaid_sandbox_link_end(call, &session);

    call->reply = json_object();

    return 200;
}


static json_t *
ngx_plaid_sandbox_link_result(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    const ngx_plaid_sandbox_institution_t  *in;

    in = &ngx_plaid_sandbox_institutions[session->institution];

    return json_pack("{s:s, s:o, s:{s:s, s:s}}",
                     "public_token", session->access,
                     "accounts",
                     ngx_plaid_sandbox_link_accounts(call, session, 1),
                     "institution",
                     "name", in->name,
                     "institution_id", in->ins);
}


json_t *
ngx_plaid_sandbox_link_results(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    u_char     *p;
    json_t     *list;
    ngx_str_t   text;

    if (!(session->flags & NGX_PLAID_SANDBOX_MULTI)) {
        return json_pack("[o]", ngx_plaid_sandbox_link_result(call, session));
    }

    if (ngx_plaid_sandbox_store_attached(call->store,
                                         NGX_PLAID_SANDBOX_SESSION,
                                         (char *) session->name, call->pool,
                                         &text)
        != NGX_OK)
    {
        return json_array();
    }

    p = ngx_pnalloc(call->pool, text.len + 1);
    if (p == NULL) {
        return json_array();
    }

    p[0] = '[';
    ngx_memcpy(p + 1, text.data, text.len);
    p[text.len] = ']';

    list = ngx_plaid_sandbox_load((char *) p, text.len + 1);

    return list ? list : json_array();
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
    json_t  *body, *results, *tokens, *m;
    size_t   i;

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

    /* Hosted and Multi-Item Link tell the app, not the page */

    if (!(session->flags
          & (NGX_PLAID_SANDBOX_HOSTED|NGX_PLAID_SANDBOX_MULTI))
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
        results = ngx_plaid_sandbox_link_results(call, session);
        tokens = json_array();

        json_array_foreach(results, i, m) {
            json_array_append(tokens, json_object_get(m, "public_token"));
        }

        json_decref(results);

        if (json_array_size(tokens) == 1) {
            json_object_set(body, "public_token", json_array_get(tokens, 0));
        }

        json_object_set_new(body, "public_tokens", tokens);
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

    call->reply = json_object();

    if (session.flags & NGX_PLAID_SANDBOX_FINISHED) {
        return 200;
    }

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

    return 200;
}
