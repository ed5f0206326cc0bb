
/* Link's page: the beginning of a session, and what it is shown. */


#include "ngx_plaid_sandbox_link.h"


static ngx_uint_t ngx_plaid_sandbox_start_legacy(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *session);
static ngx_uint_t ngx_plaid_sandbox_start_current(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *session,
    json_t **keep);
static void ngx_plaid_sandbox_start_resume(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);
static json_t *ngx_plaid_sandbox_start_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, json_t *keep);
static json_t *ngx_plaid_sandbox_any(json_t *value);


ngx_uint_t
ngx_plaid_sandbox_link_start(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *keep;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t  *session;

    session = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (session == NULL) {
        return 500;
    }

    session->kind = NGX_PLAID_SANDBOX_SESSION;
    session->created = call->now;
    session->expires = call->now + NGX_PLAID_SANDBOX_SESSION_TTL;

    keep = NULL;

    if (json_object_get(call->args, "public_key")) {
        session->flags = NGX_PLAID_SANDBOX_LEGACY;
        status = ngx_plaid_sandbox_start_legacy(call, session);

    } else {
        status = ngx_plaid_sandbox_start_current(call, session, &keep);
    }

    if (status == 0) {
        if (ngx_plaid_sandbox_uuid(session->name) != NGX_OK
            || (session->item_id[0] == '\0'
                && ngx_plaid_sandbox_id(session->item_id, 37) != NGX_OK))
        {
            status = ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR",
                                             NULL);
        }
    }

    if (status == 0) {
        ngx_plaid_sandbox_start_resume(call, session);

        status = ngx_plaid_sandbox_store_put(call->store, session) == NGX_OK
                 ? 0
                 : ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR",
                                           NULL);
    }

    if (status == 0) {
        call->reply = ngx_plaid_sandbox_start_json(call, session, keep);
        status = 200;
    }

    json_decref(keep);

    return status;
}


static ngx_uint_t
ngx_plaid_sandbox_start_legacy(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    json_t      *list, *m;
    size_t       i, len;
    ngx_int_t    row;
    ngx_uint_t   bit;
    const char  *key, *token;

    key = ngx_plaid_sandbox_string(call->args, "public_key");

    if (key == NULL || ngx_strcmp(key, "test_key") != 0) {
        return ngx_plaid_sandbox_legacy_error(call, 1102);
    }

    list = json_object_get(call->args, "product");

    if (json_is_string(list)) {
        session->products = ngx_plaid_sandbox_legacy_product(
                                                   json_string_value(list));
    }

    json_array_foreach(list, i, m) {
        bit = json_is_string(m)
              ? ngx_plaid_sandbox_legacy_product(json_string_value(m)) : 0;

        if (bit == 0) {
            return ngx_plaid_sandbox_legacy_error(call, 1600);
        }

        session->products |= bit;
    }

    if (session->products == 0) {
        return ngx_plaid_sandbox_legacy_error(call, 1600);
    }

    if (ngx_plaid_sandbox_true(call->args, "long_tail")) {
        session->flags |= NGX_PLAID_SANDBOX_LONGTAIL;
    }

    token = ngx_plaid_sandbox_string(call->args, "token");
    if (token == NULL) {
        return 0;
    }

    /* update mode: "test,chase,connected" */

    row = NGX_ERROR;
    len = ngx_strlen(token);

    if (len > 15 && ngx_strncmp(token, "test,", 5) == 0
        && ngx_strcmp(token + len - 10, ",connected") == 0)
    {
        row = ngx_plaid_sandbox_institution_type(token + 5, len - 15);
    }

    if (row == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, 1106);
    }

    session->institution = row;
    session->flags |= NGX_PLAID_SANDBOX_UPDATE | NGX_PLAID_SANDBOX_CHOSEN;
    ngx_plaid_sandbox_copy(session->text, token);

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_start_current(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, json_t **keep)
{
    ngx_uint_t                   status;
    const char                  *token;
    ngx_plaid_sandbox_record_t   link, item;

    token = ngx_plaid_sandbox_string(call->args, "link_token");

    if (token == NULL) {
        return ngx_plaid_sandbox_error(call, "MISSING_FIELDS",
                     "the following required fields are missing: link_token");
    }

    status = ngx_plaid_sandbox_link_find(call, token, &link);
    if (status) {
        return status;
    }

    if (link.expires <= call->now) {
        return ngx_plaid_sandbox_error(call, "INVALID_LINK_TOKEN",
                                       "provided link token is expired");
    }

    session->products = link.products;
    session->flags = link.flags;
    ngx_plaid_sandbox_copy(session->webhook, link.webhook);
    ngx_plaid_sandbox_copy(session->text, link.name);

    if (link.flags & NGX_PLAID_SANDBOX_UPDATE) {

        if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_ITEM,
                                        (char *) link.access, &item)
            != NGX_OK)
        {
            return ngx_plaid_sandbox_error(call, "ITEM_NOT_FOUND", NULL);
        }

        session->institution = link.institution;
        session->flags |= NGX_PLAID_SANDBOX_CHOSEN;
        ngx_plaid_sandbox_copy(session->item_id, item.item_id);
    }

    *keep = ngx_plaid_sandbox_text(link.text);

    return 0;
}


/* Back from the bank's own page: the user is logged in. */

static void
ngx_plaid_sandbox_start_resume(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    size_t                       len;
    char                         id[NGX_PLAID_SANDBOX_NAME_LEN];
    const char                  *uri, *p;
    ngx_plaid_sandbox_record_t   before;

    uri = ngx_plaid_sandbox_string(call->args, "received_redirect_uri");
    p = uri ? ngx_strstr(uri, "oauth_state_id=") : NULL;

    if (p == NULL) {
        return;
    }

    p += sizeof("oauth_state_id=") - 1;
    len = strcspn(p, "&#");

    if (len >= sizeof(id)) {
        return;
    }

    (void) ngx_cpystrn((u_char *) id, (u_char *) p, len + 1);

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_SESSION,
                                    id, &before)
        != NGX_OK
        || before.expires <= call->now
        || ngx_strcmp(before.text, session->text) != 0)
    {
        return;
    }

    session->institution = before.institution;
    session->flags |= NGX_PLAID_SANDBOX_CHOSEN | NGX_PLAID_SANDBOX_LOGGED_IN;
}


static json_t *
ngx_plaid_sandbox_start_json(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session, json_t *keep)
{
    json_t      *institution, *institutions, *resume, *products;
    ngx_uint_t   legacy, update;
    const char  *select;

    legacy = session->flags & NGX_PLAID_SANDBOX_LEGACY;
    update = session->flags & NGX_PLAID_SANDBOX_UPDATE;

    institutions = ngx_plaid_sandbox_find_institutions(NULL, legacy, 0,
                             ngx_plaid_sandbox_institutions_n,
                             legacy ? ngx_plaid_sandbox_legacy_institution
                                    : ngx_plaid_sandbox_link_institution);

    institution = json_null();

    if (session->flags & NGX_PLAID_SANDBOX_CHOSEN) {
        institution = legacy
               ? ngx_plaid_sandbox_legacy_institution(session->institution)
               : ngx_plaid_sandbox_link_institution(session->institution);
    }

    resume = json_null();

    if (session->flags & NGX_PLAID_SANDBOX_LOGGED_IN) {
        resume = ngx_plaid_sandbox_link_step_json(call, session, NULL);
    }

    products = legacy ? ngx_plaid_sandbox_legacy_products(session->products)
                      : ngx_plaid_sandbox_products(session->products);

    /* update mode shows no accounts unless it was asked to */

    select = (legacy || (update
                         && !(session->flags & NGX_PLAID_SANDBOX_SELECT)))
             ? "none" : "many";

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o,"
                     " s:o, s:o, s:b}",
                     "generation", legacy ? "legacy" : "current",
                     "link_session_id", session->name,
                     "state", "",
                     "request_id", call->request_id,
                     "mode", update ? "update" : "create",
                     "client_name",
                     ngx_plaid_sandbox_any(json_object_get(keep,
                                                           "client_name")),
                     "products", products,
                     "institutions", institutions,
                     "institution", institution,
                     "select", select,
                     "redirect_uri",
                     ngx_plaid_sandbox_any(json_object_get(keep,
                                                           "redirect_uri")),
                     "completion_redirect_uri",
                     ngx_plaid_sandbox_any(json_object_get(keep,
                                                "completion_redirect_uri")),
                     "resume", resume,
                     "multi_item", (session->flags & NGX_PLAID_SANDBOX_MULTI)
                                   != 0);
}


static json_t *
ngx_plaid_sandbox_any(json_t *value)
{
    return value ? json_incref(value) : json_null();
}


ngx_uint_t
ngx_plaid_sandbox_link_search(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status, legacy;
    ngx_plaid_sandbox_record_t   session;

    status = ngx_plaid_sandbox_link_session_of(call, &session);
    if (status) {
        return status;
    }

    legacy = session.flags & NGX_PLAID_SANDBOX_LEGACY;

    /* twenty fit on the page */

    call->reply = json_pack("{s:o}", "institutions",
            ngx_plaid_sandbox_find_institutions(
                      ngx_plaid_sandbox_string(call->args, "query"), legacy,
                      session.flags & NGX_PLAID_SANDBOX_LONGTAIL, 20,
                      legacy ? ngx_plaid_sandbox_legacy_institution
                             : ngx_plaid_sandbox_link_institution));
    return 200;
}
