
/* Answers with an error, in the dialect of the call. */


#include "ngx_plaid_sandbox_error.h"


typedef struct {
    ngx_int_t                    code;
    ngx_uint_t                   status;
    const char                  *message;
} ngx_plaid_sandbox_legacy_error_t;


/* the final table of the legacy API; messages are the wire's */

static const ngx_plaid_sandbox_legacy_error_t
    ngx_plaid_sandbox_legacy_errors[] = {
    { 1000, 400, "access_token missing" },
    { 1001, 400, "type missing" },
    { 1003, 400, "access_token disallowed" },
    { 1004, 400, "invalid options format" },
    { 1005, 400, "credentials missing" },
    { 1006, 400, "invalid credentials format" },
    { 1007, 400, "upgrade_to required" },
    { 1008, 400, "unsupported access_token" },
    { 1009, 400, "invalid content-type" },
    { 1100, 401, "client_id missing" },
    { 1101, 401, "secret missing" },
    { 1102, 401, "secret or client_id invalid" },
    { 1104, 401, "unauthorized product" },
    { 1105, 401, "bad access_token" },
    { 1106, 401, "bad public_token" },
    { 1107, 401, "missing public_token" },
    { 1108, 401, "invalid type" },
    { 1109, 401, "unauthorized product" },
    { 1110, 401, "product not enabled" },
    { 1111, 401, "invalid upgrade" },
    { 1112, 401, "addition limit exceeded" },
    { 1113, 429, "rate limit exceeded" },
    { 1114, 401, "unauthorized environment" },
    { 1115, 401, "product already enabled" },
    { 1200, 402, "invalid credentials" },
    { 1201, 402, "invalid username" },
    { 1202, 402, "invalid password" },
    { 1203, 402, "invalid mfa" },
    { 1204, 402, "invalid send_method" },
    { 1205, 402, "account locked" },
    { 1206, 402, "account not setup" },
    { 1207, 402, "country not supported" },
    { 1208, 402, "mfa not supported" },
    { 1209, 402, "invalid pin" },
    { 1210, 402, "account not supported" },
    { 1211, 402, "bofa account not supported" },
    { 1212, 402, "no accounts" },
    { 1213, 402, "invalid patch username" },
    { 1215, 402, "mfa reset" },
    { 1218, 401, "mfa not required" },
    { 1219, 402, "wells account not supported" },
    { 1300, 404, "institution not available" },
    { 1301, 404, "unable to find institution" },
    { 1302, 402, "institution not responding" },
    { 1303, 402, "institution down" },
    { 1304, 402, "invalid institution paging parameters" },
    { 1305, 402, "invalid institution query parameters" },
    { 1307, 402, "institution no longer supported" },
    { 1501, 404, "unable to find category" },
    { 1502, 400, "type required" },
    { 1503, 400, "invalid type" },
    { 1507, 400, "invalid date" },
    { 1600, 404, "product not found" },
    { 1601, 404, "product not available" },
    { 1606, 404, "account not found" },
    { 1610, 404, "item not found" },
    { 1700, 501, "extractor error" },
    { 1701, 502, "extractor error retry" },
    { 1702, 500, "plaid error" },
    { 1800, 503, "planned maintenance" },
    { 2001, 400, "non-depository account ID specified" },
    { 2002, 400, "unable to generate bank account token" },
    { 0, 0, NULL }
};


static const ngx_plaid_sandbox_error_t *ngx_plaid_sandbox_error_row(
    const char *code);
static const ngx_plaid_sandbox_legacy_error_t *ngx_plaid_sandbox_legacy_row(
    ngx_int_t code);
static const char *ngx_plaid_sandbox_resolve(ngx_int_t code);


ngx_uint_t
ngx_plaid_sandbox_error(ngx_plaid_sandbox_call_t *call, const char *code,
    const char *fmt, ...)
{
    u_char      message[NGX_PLAID_SANDBOX_MESSAGE], *p;
    va_list     args;
    ngx_uint_t  status;

    if (fmt) {
        va_start(args, fmt);
        p = ngx_vslprintf(message, message + sizeof(message) - 1, fmt, args);
        va_end(args);

        *p = '\0';
    }

    json_decref(call->reply);

    call->reply = ngx_plaid_sandbox_error_object(code,
                                        fmt ? (char *) message : NULL,
                                        &status);
    call->legacy = 0;

    json_object_set_new(call->reply, "request_id",
                        json_string((char *) call->request_id));

    return status;
}


json_t *
ngx_plaid_sandbox_error_object(const char *code, const char *message,
    ngx_uint_t *status)
{
    u_char                            url[128], *p, *p0, *last;
    const ngx_plaid_sandbox_error_t  *row;

    row = ngx_plaid_sandbox_error_row(code);
    if (row == NULL) {
        row = ngx_plaid_sandbox_error_row("INTERNAL_SERVER_ERROR");
    }

    if (status) {
        *status = row->status;
    }

    /* the page of "ITEM_ERROR" is "item-errors", there is no "error" in it */

    p = ngx_cpymem(url, "https://plaid.com/docs/?ref=error#",
                   sizeof("https://plaid.com/docs/?ref=error#") - 1);

    last = (u_char *) ngx_strstr(row->type, "_ERROR");
    if (last == NULL) {
        last = (u_char *) row->type + ngx_strlen(row->type);
    }

    for (p0 = (u_char *) row->type; p0 < last; p0++) {
        *p++ = (*p0 == '_') ? '-' : ngx_tolower(*p0);
    }

    (void) ngx_cpystrn(p, (u_char *) "-errors", sizeof("-errors"));

    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:n}",
                     "error_type", row->type,
                     "error_code", row->code,
                     "error_message", message ? message : row->message,
                     "display_message", row->display,
                     "documentation_url", url,
                     "suggested_action");
}


ngx_int_t
ngx_plaid_sandbox_error_known(const char *code)
{
    return ngx_plaid_sandbox_error_row(code) ? NGX_OK : NGX_DECLINED;
}


static const ngx_plaid_sandbox_error_t *
ngx_plaid_sandbox_error_row(const char *code)
{
    const ngx_plaid_sandbox_error_t  *row;

    for (row = ngx_plaid_sandbox_errors; row->code; row++) {
        if (ngx_strcmp(row->code, code) == 0) {
            return row;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_error(ngx_plaid_sandbox_call_t *call, ngx_int_t code)
{
    const ngx_plaid_sandbox_legacy_error_t  *row;

    row = ngx_plaid_sandbox_legacy_row(code);
    if (row == NULL) {
        row = ngx_plaid_sandbox_legacy_row(1702);
    }

    json_decref(call->reply);

    call->reply = json_pack("{s:I, s:s, s:s}",
                            "code", (json_int_t) row->code,
                            "message", row->message,
                            "resolve", ngx_plaid_sandbox_resolve(row->code));
    call->legacy = 1;

    return row->status;
}


ngx_int_t
ngx_plaid_sandbox_legacy_error_known(ngx_int_t code)
{
    return ngx_plaid_sandbox_legacy_row(code) ? NGX_OK : NGX_DECLINED;
}


static const ngx_plaid_sandbox_legacy_error_t *
ngx_plaid_sandbox_legacy_row(ngx_int_t code)
{
    const ngx_plaid_sandbox_legacy_error_t  *row;

    for (row = ngx_plaid_sandbox_legacy_errors; row->code; row++) {
        if (row->code == code) {
            return row;
        }
    }

    return NULL;
}


static const char *
ngx_plaid_sandbox_resolve(ngx_int_t code)
{
    if (code < 1100) {
        return "The request is missing a parameter or has one in a form that "
               "cannot be read; see the documentation of the endpoint.";
    }

    if (code == 1105 || code == 1106) {
        return "This token does not exist, is not of this environment or was "
               "removed. Ask the user to link the account again.";
    }

    if (code == 1107) {
        return "You need to include the public_token that you got from Link.";
    }

    if (code < 1200) {
        return "Your keys are not those of this environment, or do not give "
               "you access to what was asked for.";
    }

    if (code < 1300) {
        return "The institution refused the credentials or the answer. Ask "
               "the user to try again.";
    }

    if (code < 1700 || code >= 2000) {
        return "What was asked for does not exist or is not available; check "
               "the parameters.";
    }

    return "The request could not be completed. Try again later.";
}
