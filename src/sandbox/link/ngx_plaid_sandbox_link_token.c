
/* Link tokens: made by an app's server, used by Link's page. */


#include "ngx_plaid_sandbox_jansson.h"
#include "ngx_plaid_sandbox_link.h"


#define NGX_PLAID_SANDBOX_LINK_TTL     14400    /* a new item: 4 hours */
#define NGX_PLAID_SANDBOX_UPDATE_TTL   1800     /* update mode: 30 minutes */
#define NGX_PLAID_SANDBOX_URL_TTL      1800     /* Hosted Link's address */
#define NGX_PLAID_SANDBOX_HOSTED_TTL   1814400  /* at most 21 days */


static ngx_uint_t ngx_plaid_sandbox_link_check(ngx_plaid_sandbox_call_t *call);
static ngx_uint_t ngx_plaid_sandbox_link_products(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_record_t *link);
static ngx_uint_t ngx_plaid_sandbox_link_urls(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link);
static ngx_uint_t ngx_plaid_sandbox_link_hosted(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link);
static ngx_uint_t ngx_plaid_sandbox_app_url(const char *s);
static ngx_uint_t ngx_plaid_sandbox_link_text(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link);
static json_t *ngx_plaid_sandbox_link_session(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session);


ngx_uint_t
ngx_plaid_sandbox_link_create(ngx_plaid_sandbox_call_t *call)
{
    u_char                       expiration[32];
    u_char                       url[NGX_PLAID_SANDBOX_MESSAGE];
    json_t                      *reply;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t  *link;

    link = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (link == NULL) {
        return 500;
    }

    link->kind = NGX_PLAID_SANDBOX_LINK_TOKEN;
    link->created = call->now;
    link->expires = call->now + NGX_PLAID_SANDBOX_LINK_TTL;

    status = ngx_plaid_sandbox_link_check(call);

    if (status == 0) {
        status = ngx_plaid_sandbox_link_products(call, link);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_link_urls(call, link);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_link_hosted(call, link);
    }

    if (status == 0) {
        status = ngx_plaid_sandbox_link_text(call, link);
    }

    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_token(link->name, "link") != NGX_OK
        || ngx_plaid_sandbox_store_put(call->store, link) != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    ngx_plaid_sandbox_time(expiration, link->expires);

    reply = json_pack("{s:s, s:s}",
                      "link_token", link->name,
                      "expiration", expiration);

    if (link->flags & NGX_PLAID_SANDBOX_HOSTED) {
        ngx_snprintf(url, sizeof(url), "%V/link/v2/stable/link.html"
                     "?token=%s%Z", &call->origin, link->name);
        url[sizeof(url) - 1] = '\0';

        json_object_set_new(reply, "hosted_link_url",
                            json_string((char *) url));
    }

    return ngx_plaid_sandbox_reply(call, reply);
}


static ngx_uint_t
ngx_plaid_sandbox_link_check(ngx_plaid_sandbox_call_t *call)
{
    json_t      *user;
    ngx_uint_t   status;
    const char  *s, *p;

    static const char  languages[] =
        "da nl en et fr de hi it lv lt no pl pt ro es sv vi ";

    s = ngx_plaid_sandbox_string(call->args, "language");
    p = ngx_strlen(s) == 2 ? ngx_strstr(languages, s) : NULL;

    if (p == NULL || (p - languages) % 3 != 0) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "language must be a supported language "
                                       "code");
    }

    status = ngx_plaid_sandbox_check_countries(call,
                             json_object_get(call->args, "country_codes"));
    if (status) {
        return status;
    }

    user = json_object_get(call->args, "user");

    if ((user == NULL || json_is_null(user))
        && ngx_plaid_sandbox_string(call->args, "user_id") == NULL)
    {
        return ngx_plaid_sandbox_error(call, "MISSING_FIELDS",
                       "the following required fields are missing: user");
    }

    if (json_is_object(user)
        && ngx_plaid_sandbox_string(user, "client_user_id") == NULL)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                       "user.client_user_id must be a non-empty string");
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_link_products(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link)
{
    json_t                      *m, *list;
    size_t                       i, k;
    ngx_uint_t                   status, bit;
    ngx_plaid_sandbox_record_t   item;

    static const char  *names[] = { "products",
                                    "required_if_supported_products",
                                    "optional_products",
                                    "additional_consented_products" };

    for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {

        list = json_object_get(call->args, names[k]);

        json_array_foreach(list, i, m) {

            bit = json_is_string(m)
                  ? ngx_plaid_sandbox_product(json_string_value(m)) : 0;

            if (bit == 0 || bit == NGX_PLAID_SANDBOX_BALANCE) {
                return ngx_plaid_sandbox_error(call, "INVALID_PRODUCT", NULL);
            }

            link->products |= bit;
        }
    }

    if (ngx_plaid_sandbox_string(call->args, "access_token") == NULL) {

        if (link->products == 0) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                       "products must contain at least one product");
        }

        return 0;
    }

    /* update mode: the item says what it is about */

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    link->flags |= NGX_PLAID_SANDBOX_UPDATE;
    link->expires = call->now + NGX_PLAID_SANDBOX_UPDATE_TTL;
    link->institution = item.institution;
    link->products = item.products;
    ngx_plaid_sandbox_copy(link->access, item.name);

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_link_urls(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link)
{
    const char  *s;

    s = ngx_plaid_sandbox_string(call->args, "webhook");

    if (s) {
        if (ngx_plaid_sandbox_url(s) != NGX_OK) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                           "webhook must be a URL");
        }

        ngx_plaid_sandbox_copy(link->webhook, s);
    }

    s = ngx_plaid_sandbox_string(call->args, "redirect_uri");

    if (s && (ngx_plaid_sandbox_url(s) != NGX_OK || strchr(s, '?'))) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                       "redirect_uri must be a URL without a query");
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_link_hosted(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link)
{
    json_t      *hosted, *m;
    const char  *s;

    hosted = json_object_get(call->args, "hosted_link");

    if (!json_is_object(hosted)) {
        return 0;
    }

    link->flags |= NGX_PLAID_SANDBOX_HOSTED;
    link->expires = call->now + NGX_PLAID_SANDBOX_URL_TTL;

    m = json_object_get(hosted, "url_lifetime_seconds");

    if (m && !json_is_null(m)) {
        if (json_integer_value(m) < 1
            || json_integer_value(m) > NGX_PLAID_SANDBOX_HOSTED_TTL)
        {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                       "hosted_link.url_lifetime_seconds must be from 1 to %d",
                       NGX_PLAID_SANDBOX_HOSTED_TTL);
        }

        link->expires = call->now + (time_t) json_integer_value(m);
    }

    s = ngx_plaid_sandbox_string(hosted, "completion_redirect_uri");

    /* an app on a phone has an address of its own: "myapp://linked" */

    if (s && ngx_plaid_sandbox_url(s) != NGX_OK
        && !(json_is_true(json_object_get(hosted, "is_mobile_app"))
             && ngx_plaid_sandbox_app_url(s)))
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                     "hosted_link.completion_redirect_uri must be a URL");
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_app_url(const char *s)
{
    size_t  len;

    len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

    return len && ngx_strncmp(s + len, "://", 3) == 0
           && ngx_strlen(s) < NGX_PLAID_SANDBOX_URL_LEN;
}


/* What Link's page and /link/token/get will be told again. */

static ngx_uint_t
ngx_plaid_sandbox_link_text(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *link)
{
    char     *text;
    size_t    i;
    json_t   *keep, *m, *hosted;

    static const char  *names[] = { "client_name", "language",
                                    "country_codes", "redirect_uri",
                                    "user_id" };

    keep = json_object();

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        m = json_object_get(call->args, names[i]);

        if (m) {
            json_object_set(keep, names[i], m);
        }
    }

    hosted = json_object_get(call->args, "hosted_link");
    m = json_object_get(hosted, "completion_redirect_uri");

    if (m) {
        json_object_set(keep, "completion_redirect_uri", m);
    }

    if (json_is_true(json_object_get(call->args, "enable_multi_item_link"))) {
        link->flags |= NGX_PLAID_SANDBOX_MULTI;
    }

    if (json_is_true(json_object_get(json_object_get(call->args, "update"),
                                     "account_selection_enabled")))
    {
        link->flags |= NGX_PLAID_SANDBOX_SELECT;
    }

    text = json_dumps(keep, JSON_COMPACT);
    json_decref(keep);

    if (text == NULL) {
        return 500;
    }

    if (ngx_strlen(text) >= sizeof(link->text)) {
        ngx_plaid_sandbox_jansson_free(text);
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                     "client_name and redirect_uri are too long to be kept");
    }

    ngx_plaid_sandbox_copy(link->text, text);
    ngx_plaid_sandbox_jansson_free(text);

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_link_get(ngx_plaid_sandbox_call_t *call)
{
    u_char                       created[32], expiration[32];
    json_t                      *keep, *sessions, *countries;
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   link, session;

    status = ngx_plaid_sandbox_link_find(call,
                     ngx_plaid_sandbox_string(call->args, "link_token"),
                     &link);
    if (status) {
        return status;
    }

    sessions = json_array();

    if (link.item_id[0]
        && ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_SESSION,
                                       (char *) link.item_id, &session)
           == NGX_OK)
    {
        json_array_append_new(sessions,
                              ngx_plaid_sandbox_link_session(call, &session));
    }

    ngx_plaid_sandbox_time(created, link.created);
    ngx_plaid_sandbox_time(expiration, link.expires);

    keep = ngx_plaid_sandbox_text(link.text);
    countries = json_object_get(keep, "country_codes");

    call->reply = json_pack("{s:s, s:s, s:s, s:o, s:{s:o, s:s?, s:O, s:s?,"
                            " s:s?, s:s?}, s:s}",
                     "link_token", link.name,
                     "created_at", created,
                     "expiration", expiration,
                     "link_sessions", sessions,
                     "metadata",
                     "initial_products",
                     ngx_plaid_sandbox_products(link.products),
                     "webhook", link.webhook[0] ? link.webhook : NULL,
                     "country_codes", countries,
                     "language", ngx_plaid_sandbox_string(keep, "language"),
                     "redirect_uri",
                     ngx_plaid_sandbox_string(keep, "redirect_uri"),
                     "client_name",
                     ngx_plaid_sandbox_string(keep, "client_name"),
                     "request_id", call->request_id);

    if (ngx_plaid_sandbox_string(keep, "user_id")) {
        json_object_set(call->reply, "user_id",
                        json_object_get(keep, "user_id"));
    }

    json_decref(keep);

    return 200;
}


static json_t *
ngx_plaid_sandbox_link_session(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *session)
{
    u_char    started[32], finished[32];
    json_t   *o, *results, *exit;

    ngx_plaid_sandbox_time(started, session->created);
    ngx_plaid_sandbox_time(finished, session->fired);

    o = json_pack("{s:s, s:s, s:s?, s:[]}",
                  "link_session_id", session->name,
                  "started_at", started,
                  "finished_at", session->fired ? finished : NULL,
                  "events");

    if (session->flags & NGX_PLAID_SANDBOX_FINISHED) {

        results = ngx_plaid_sandbox_link_results(call, session);

        json_object_set_new(o, "results",
                     json_pack("{s:o, s:[], s:[], s:[], s:[], s:n}",
                               "item_add_results", results,
                               "cra_item_add_results",
                               "cra_update_results",
                               "bank_income_results",
                               "payroll_income_results",
                               "document_income_results"));

    } else if (session->fired) {

        /* ended without success: the text is what the page said of it */

        exit = ngx_plaid_sandbox_text(session->text);

        json_object_set_new(o, "exit",
                     json_pack("{s:O?, s:{s:O?, s:s, s:O?}}",
                               "error", json_object_get(exit, "error"),
                               "metadata",
                               "status", json_object_get(exit, "status"),
                               "link_session_id", session->name,
                               "institution",
                               json_object_get(exit, "institution")));

        json_decref(exit);
    }

    return o;
}
