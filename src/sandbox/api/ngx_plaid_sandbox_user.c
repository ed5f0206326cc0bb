
/* Legacy users: added, changed, upgraded, removed, and asked questions. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_mfa.h"


/* a log-in half done is forgotten after so many seconds */
#define NGX_PLAID_SANDBOX_MFA_TTL      1800


typedef struct {
    const char                  *username;
    const char                  *password;
    const char                  *pin;
} ngx_plaid_sandbox_credentials_t;


static ngx_uint_t ngx_plaid_sandbox_credentials(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_credentials_t *credentials);
static ngx_uint_t ngx_plaid_sandbox_begin(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product, json_t *options);
static ngx_uint_t ngx_plaid_sandbox_ask(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product, ngx_plaid_sandbox_mfa_t *mfa);
static ngx_uint_t ngx_plaid_sandbox_continue(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product);
static void ngx_plaid_sandbox_pending(ngx_uint_t institution,
    ngx_uint_t product, u_char *name);
static ngx_uint_t ngx_plaid_sandbox_legacy_webhook(
    ngx_plaid_sandbox_call_t *call, ngx_uint_t institution, json_t *options,
    ngx_int_t code, const char *message);


ngx_uint_t
ngx_plaid_sandbox_legacy_add(ngx_plaid_sandbox_call_t *call)
{
    json_t      *options;
    ngx_int_t    row;
    ngx_uint_t   product;
    const char  *type;

    type = ngx_plaid_sandbox_string(call->args, "type");
    if (type == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 1001);
    }

    row = ngx_plaid_sandbox_institution_type(type, ngx_strlen(type));
    if (row == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, 1108);
    }

    product = ngx_plaid_sandbox_path_product(&call->wild[0]);

    if (!(ngx_plaid_sandbox_institutions[row].products & product)) {
        return ngx_plaid_sandbox_legacy_error(call, 1601);
    }

    if (ngx_plaid_sandbox_object(call->args, "options", &options)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1004);
    }

    return ngx_plaid_sandbox_begin(call, row, product, options);
}


ngx_uint_t
ngx_plaid_sandbox_legacy_patch(ngx_plaid_sandbox_call_t *call)
{
    json_t      *options;
    ngx_int_t    row;
    ngx_uint_t   status, product;

    status = ngx_plaid_sandbox_legacy_user(call, &row);
    if (status) {
        return status;
    }

    if (ngx_plaid_sandbox_object(call->args, "options", &options)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1004);
    }

    product = ngx_plaid_sandbox_path_product(&call->wild[0]);

    /* a new webhook alone needs no log-in */

    if (ngx_plaid_sandbox_string(options, "webhook")
        && json_object_get(call->args, "credentials") == NULL
        && json_object_get(call->args, "username") == NULL)
    {
        status = ngx_plaid_sandbox_legacy_webhook(call, row, options, 4,
                                                  "Webhook acknowledged");
        if (status) {
            return status;
        }

        return ngx_plaid_sandbox_legacy_data(call, row, product, options);
    }

    return ngx_plaid_sandbox_begin(call, row, product, options);
}


ngx_uint_t
ngx_plaid_sandbox_legacy_delete(ngx_plaid_sandbox_call_t *call)
{
    ngx_int_t   row;
    ngx_uint_t  status;

    status = ngx_plaid_sandbox_legacy_user(call, &row);
    if (status) {
        return status;
    }

    /* the token of a test user goes on working, as it did */

    call->reply = json_pack("{s:s}", "message",
                            "Successfully removed from system");
    return 200;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_step(ngx_plaid_sandbox_call_t *call)
{
    ngx_int_t   row;
    ngx_uint_t  status;

    status = ngx_plaid_sandbox_legacy_user(call, &row);
    if (status) {
        return status;
    }

    return ngx_plaid_sandbox_continue(call, row,
                            ngx_plaid_sandbox_path_product(&call->wild[0]));
}


ngx_uint_t
ngx_plaid_sandbox_legacy_upgrade(ngx_plaid_sandbox_call_t *call)
{
    json_t      *options;
    ngx_int_t    row;
    ngx_uint_t   status, product, step;
    const char  *to;

    status = ngx_plaid_sandbox_legacy_user(call, &row);
    if (status) {
        return status;
    }

    step = (call->path.len > sizeof("/upgrade/") - 1);

    to = ngx_plaid_sandbox_string(call->args, "upgrade_to");

    if (to == NULL && !step) {
        return ngx_plaid_sandbox_legacy_error(call, 1007);
    }

    product = to ? ngx_plaid_sandbox_legacy_product(to)
                 : NGX_PLAID_SANDBOX_CONNECT;

    if (product == 0) {
        return ngx_plaid_sandbox_legacy_error(call, 1600);
    }

    if (product == NGX_PLAID_SANDBOX_BALANCE) {
        return ngx_plaid_sandbox_legacy_error(call, 1111);
    }

    if (ngx_plaid_sandbox_object(call->args, "options", &options)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1004);
    }

    if (step) {
        return ngx_plaid_sandbox_continue(call, row, product);
    }

    return ngx_plaid_sandbox_legacy_data(call, row, product, NULL);
}


static ngx_uint_t
ngx_plaid_sandbox_credentials(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_credentials_t *credentials)
{
    json_t     *from;
    ngx_int_t   rc;

    rc = ngx_plaid_sandbox_object(call->args, "credentials", &from);

    if (rc == NGX_ERROR) {
        return ngx_plaid_sandbox_legacy_error(call, 1006);
    }

    if (rc == NGX_DECLINED) {
        from = call->args;
    }

    credentials->username = ngx_plaid_sandbox_string(from, "username");
    credentials->password = ngx_plaid_sandbox_string(from, "password");
    credentials->pin = ngx_plaid_sandbox_string(from, "pin");

    if (credentials->pin == NULL) {
        credentials->pin = ngx_plaid_sandbox_string(call->args, "pin");
    }

    return 0;
}


/* A log-in, from the credentials on. */

static ngx_uint_t
ngx_plaid_sandbox_begin(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product, json_t *options)
{
    ngx_int_t                         code;
    ngx_uint_t                        status;
    ngx_plaid_sandbox_mfa_t           mfa;
    ngx_plaid_sandbox_credentials_t   credentials;

    ngx_memzero(&credentials, sizeof(ngx_plaid_sandbox_credentials_t));

    status = ngx_plaid_sandbox_credentials(call, &credentials);
    if (status) {
        return status;
    }

    code = ngx_plaid_sandbox_legacy_login(institution, credentials.username,
                                          credentials.password,
                                          credentials.pin,
                                          ngx_plaid_sandbox_true(options,
                                                                 "list"),
                                          &mfa);
    if (code) {
        return ngx_plaid_sandbox_legacy_error(call, code);
    }

    status = ngx_plaid_sandbox_legacy_webhook(call, institution, options, 0,
                                              "Initial transaction pull "
                                              "finished");
    if (status) {
        return status;
    }

    if (mfa.kind == NGX_PLAID_SANDBOX_MFA_NONE) {
        return ngx_plaid_sandbox_legacy_data(call, institution, product,
                                             options);
    }

    return ngx_plaid_sandbox_ask(call, institution, product, &mfa);
}


static ngx_uint_t
ngx_plaid_sandbox_ask(ngx_plaid_sandbox_call_t *call, ngx_uint_t institution,
    ngx_uint_t product, ngx_plaid_sandbox_mfa_t *mfa)
{
    u_char                       token[NGX_PLAID_SANDBOX_TOKEN_SIZE];
    ngx_plaid_sandbox_record_t  *record;

    record = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (record == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 1702);
    }

    record->kind = NGX_PLAID_SANDBOX_MFA;
    record->created = call->now;
    record->expires = call->now + NGX_PLAID_SANDBOX_MFA_TTL;
    record->step = ngx_plaid_sandbox_mfa_pack(mfa);
    ngx_plaid_sandbox_pending(institution, product, record->name);

    if (ngx_plaid_sandbox_store_put(call->store, record) != NGX_OK) {
        return ngx_plaid_sandbox_legacy_error(call, 1702);
    }

    ngx_sprintf(token, "test_%s%Z",
                ngx_plaid_sandbox_institutions[institution].type);

    call->reply = ngx_plaid_sandbox_mfa_json(mfa);
    json_object_set_new(call->reply, "access_token",
                        json_string((char *) token));

    return 201;
}


/* An answer: to what was asked, or to what the institution would ask. */

static ngx_uint_t
ngx_plaid_sandbox_continue(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, ngx_uint_t product)
{
    json_t                      *options, *answer, *method, *parsed;
    u_char                       name[NGX_PLAID_SANDBOX_NAME_LEN];
    const char                  *text;
    ngx_plaid_sandbox_mfa_t      mfa;
    ngx_plaid_sandbox_record_t   record;

    if (ngx_plaid_sandbox_object(call->args, "options", &options)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1004);
    }

    if (ngx_plaid_sandbox_object(options, "send_method", &method)
        == NGX_ERROR)
    {
        return ngx_plaid_sandbox_legacy_error(call, 1204);
    }

    ngx_plaid_sandbox_pending(institution, product, name);

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_MFA,
                                    (char *) name, &record)
        == NGX_OK && record.expires > call->now)
    {
        ngx_plaid_sandbox_mfa_unpack(&mfa, record.step);

    } else {
        ngx_plaid_sandbox_mfa_default(institution, NULL, 0, &mfa);
    }

    if (mfa.kind == NGX_PLAID_SANDBOX_MFA_NONE) {
        return ngx_plaid_sandbox_legacy_error(call, 1218);
    }

    answer = json_object_get(call->args, "mfa");
    text = json_string_value(answer);

    /* the answers to selections are an array, or its text */

    if (text && *text == '[') {
        parsed = ngx_plaid_sandbox_text(text);

        if (parsed && json_object_set_new(call->args, "mfa", parsed) == 0) {
            answer = parsed;
        }
    }

    switch (ngx_plaid_sandbox_mfa_answer(&mfa, answer, method)) {

    case NGX_PLAID_SANDBOX_MFA_WRONG:
        return ngx_plaid_sandbox_legacy_error(call, 1203);

    case NGX_PLAID_SANDBOX_MFA_METHOD:
        return ngx_plaid_sandbox_legacy_error(call, 1204);

    case NGX_PLAID_SANDBOX_MFA_MORE:
        return ngx_plaid_sandbox_ask(call, institution, product, &mfa);

    default: /* NGX_PLAID_SANDBOX_MFA_PASSED */
        ngx_plaid_sandbox_store_delete(call->store, NGX_PLAID_SANDBOX_MFA,
                                       (char *) name);
        return ngx_plaid_sandbox_legacy_data(call, institution, product,
                                             options);
    }
}


/* All users of an institution have one access token, and one log-in here. */

static void
ngx_plaid_sandbox_pending(ngx_uint_t institution, ngx_uint_t product,
    u_char *name)
{
    ngx_sprintf(name, "%ui:%s%Z", product,
                ngx_plaid_sandbox_institutions[institution].type);
}


static ngx_uint_t
ngx_plaid_sandbox_legacy_webhook(ngx_plaid_sandbox_call_t *call,
    ngx_uint_t institution, json_t *options, ngx_int_t code,
    const char *message)
{
    u_char       token[NGX_PLAID_SANDBOX_TOKEN_SIZE];
    json_t      *body;
    ngx_int_t    rc;
    const char  *url;

    url = ngx_plaid_sandbox_string(options, "webhook");
    if (url == NULL) {
        return 0;
    }

    ngx_sprintf(token, "test_%s%Z",
                ngx_plaid_sandbox_institutions[institution].type);

    body = json_pack("{s:s, s:s, s:I, s:I}",
                     "message", message,
                     "access_token", token,
                     "total_transactions", (json_int_t) 16,
                     "code", (json_int_t) code);

    rc = ngx_plaid_sandbox_fire(call, url, body, 0);

    if (rc == NGX_DECLINED) {
        return ngx_plaid_sandbox_legacy_error(call, 1004);
    }

    return rc == NGX_OK ? 0 : ngx_plaid_sandbox_legacy_error(call, 1702);
}
