
#include "ngx_plaid_sandbox_mfa.h"


#define NGX_PLAID_SANDBOX_PHONE        "xxx-xxx-5309"
#define NGX_PLAID_SANDBOX_EMAIL        "t..t@plaid.com"


static ngx_plaid_sandbox_mfa_answer_e ngx_plaid_sandbox_mfa_method(
    ngx_plaid_sandbox_mfa_t *mfa, json_t *method);
static ngx_uint_t ngx_plaid_sandbox_answers(json_t *answer,
    const char *prefix, ngx_uint_t round, ngx_uint_t n);
static ngx_uint_t ngx_plaid_sandbox_answer_is(json_t *answer, const char *text);


ngx_int_t
ngx_plaid_sandbox_legacy_login(ngx_uint_t institution, const char *username,
    const char *password, const char *pin, ngx_uint_t list,
    ngx_plaid_sandbox_mfa_t *mfa)
{
    ngx_int_t  code;

    if (username == NULL || password == NULL) {
        return 1005;
    }

    /* "plaid_error_1206": any error can be had by its number */

    if (ngx_strncmp(password, "plaid_error_", 12) == 0) {
        code = ngx_atoi((u_char *) password + 12, ngx_strlen(password + 12));

        return ngx_plaid_sandbox_legacy_error_known(code) == NGX_OK
               ? code : 1200;
    }

    if (ngx_strcmp(username, "plaid_test") != 0
        && ngx_strcmp(username, "plaid_selections") != 0)
    {
        return 1200;
    }

    if (ngx_strcmp(password, "plaid_locked") == 0) {
        return 1205;
    }

    if (ngx_strcmp(password, "plaid_good") != 0) {
        return 1200;
    }

    if (ngx_plaid_sandbox_institutions[institution].pin
        && (pin == NULL || ngx_strcmp(pin, "1234") != 0))
    {
        return 1209;
    }

    ngx_plaid_sandbox_mfa_default(institution, username, list, mfa);

    return 0;
}


void
ngx_plaid_sandbox_mfa_default(ngx_uint_t institution, const char *username,
    ngx_uint_t list, ngx_plaid_sandbox_mfa_t *mfa)
{
    const char  *all;

    ngx_memzero(mfa, sizeof(ngx_plaid_sandbox_mfa_t));

    mfa->email = 1;

    all = ngx_plaid_sandbox_institutions[institution].mfa;

    if (ngx_strstr(all, "selections") && username
        && ngx_strcmp(username, "plaid_selections") == 0)
    {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_SELECTIONS;

    } else if (ngx_strstr(all, "list") && list) {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_LIST;

    } else if (ngx_strstr(all, "questions")) {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_QUESTIONS;

    } else if (ngx_strstr(all, "code")) {
        mfa->kind = NGX_PLAID_SANDBOX_MFA_DEVICE;
    }
}


ngx_plaid_sandbox_mfa_answer_e
ngx_plaid_sandbox_mfa_answer(ngx_plaid_sandbox_mfa_t *mfa, json_t *answer,
    json_t *method)
{
    switch (mfa->kind) {

    case NGX_PLAID_SANDBOX_MFA_NONE:
        return NGX_PLAID_SANDBOX_MFA_PASSED;

    case NGX_PLAID_SANDBOX_MFA_LIST:
        return ngx_plaid_sandbox_mfa_method(mfa, method);

    case NGX_PLAID_SANDBOX_MFA_DEVICE:

        if (json_is_object(method)) {
            return ngx_plaid_sandbox_mfa_method(mfa, method);
        }

        return ngx_plaid_sandbox_answer_is(answer, "1234")
               ? NGX_PLAID_SANDBOX_MFA_PASSED : NGX_PLAID_SANDBOX_MFA_WRONG;

    case NGX_PLAID_SANDBOX_MFA_QUESTIONS:

        if (ngx_plaid_sandbox_answer_is(answer, "again")) {
            mfa->round++;
            return NGX_PLAID_SANDBOX_MFA_MORE;
        }

        return ngx_plaid_sandbox_answer_is(answer, "tomato")
               ? NGX_PLAID_SANDBOX_MFA_PASSED : NGX_PLAID_SANDBOX_MFA_WRONG;

    case NGX_PLAID_SANDBOX_MFA_SELECTIONS:

        return (json_array_size(answer) == 2
                && ngx_plaid_sandbox_answer_is(json_array_get(answer, 0),
                                               "tomato")
                && ngx_plaid_sandbox_answer_is(json_array_get(answer, 1),
                                               "ketchup"))
               ? NGX_PLAID_SANDBOX_MFA_PASSED : NGX_PLAID_SANDBOX_MFA_WRONG;

    case NGX_PLAID_SANDBOX_MFA_ROUNDS:

        if (!ngx_plaid_sandbox_answers(answer, "answer", mfa->round,
                                       mfa->questions))
        {
            return NGX_PLAID_SANDBOX_MFA_WRONG;
        }

        return ++mfa->round == mfa->rounds ? NGX_PLAID_SANDBOX_MFA_PASSED
                                           : NGX_PLAID_SANDBOX_MFA_MORE;

    default: /* NGX_PLAID_SANDBOX_MFA_YES */

        return (json_array_size(answer) == 1
                && ngx_plaid_sandbox_answer_is(json_array_get(answer, 0),
                                               "Yes"))
               || ngx_plaid_sandbox_answer_is(answer, "Yes")
               ? NGX_PLAID_SANDBOX_MFA_PASSED : NGX_PLAID_SANDBOX_MFA_WRONG;
    }
}


static ngx_plaid_sandbox_mfa_answer_e
ngx_plaid_sandbox_mfa_method(ngx_plaid_sandbox_mfa_t *mfa, json_t *method)
{
    const char  *type, *mask;

    type = ngx_plaid_sandbox_string(method, "type");
    mask = ngx_plaid_sandbox_string(method, "mask");

    if ((type && ngx_strcmp(type, "phone") == 0)
        || (mask && ngx_strcmp(mask, NGX_PLAID_SANDBOX_PHONE) == 0))
    {
        mfa->email = 0;

    } else if ((type && ngx_strcmp(type, "email") == 0)
               || (mask && ngx_strcmp(mask, NGX_PLAID_SANDBOX_EMAIL) == 0))
    {
        mfa->email = 1;

    } else {
        return NGX_PLAID_SANDBOX_MFA_METHOD;
    }

    mfa->kind = NGX_PLAID_SANDBOX_MFA_DEVICE;

    return NGX_PLAID_SANDBOX_MFA_MORE;
}


/* "answer_0_0", "answer_0_1", ...: one string for one question, else all. */

static ngx_uint_t
ngx_plaid_sandbox_answers(json_t *answer, const char *prefix,
    ngx_uint_t round, ngx_uint_t n)
{
    u_char       expected[64];
    ngx_uint_t   i;

    for (i = 0; i < n; i++) {
        ngx_sprintf(expected, "%s_%ui_%ui%Z", prefix, round, i);

        if (n == 1
            && ngx_plaid_sandbox_answer_is(answer, (char *) expected))
        {
            return 1;
        }

        if (json_array_size(answer) != n
            || !ngx_plaid_sandbox_answer_is(json_array_get(answer, i),
                                            (char *) expected))
        {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_plaid_sandbox_answer_is(json_t *answer, const char *text)
{
    if (json_array_size(answer) == 1) {
        answer = json_array_get(answer, 0);
    }

    return json_is_string(answer)
           && ngx_strcmp(json_string_value(answer), text) == 0;
}


json_t *
ngx_plaid_sandbox_mfa_json(ngx_plaid_sandbox_mfa_t *mfa)
{
    u_char       text[64];
    json_t      *list;
    ngx_uint_t   i;

    static const char  *questions[] = {
        "You say tomato, I say...?",
        "You say potato, I say...?",
        "What is the name of your first pet?"
    };

    switch (mfa->kind) {

    case NGX_PLAID_SANDBOX_MFA_SELECTIONS:
        return json_pack("{s:s, s:[{s:s, s:[s, s]}, {s:s, s:[s, s]}]}",
                         "type", "selections", "mfa",
                         "question", "You say tomato, I say...?",
                         "answers", "tomato", "tomahto",
                         "question", "What do you put on your fries?",
                         "answers", "ketchup", "mayonnaise");

    case NGX_PLAID_SANDBOX_MFA_LIST:
        return json_pack("{s:s, s:[{s:s, s:s}, {s:s, s:s}]}",
                         "type", "list", "mfa",
                         "mask", NGX_PLAID_SANDBOX_PHONE, "type", "phone",
                         "mask", NGX_PLAID_SANDBOX_EMAIL, "type", "email");

    case NGX_PLAID_SANDBOX_MFA_DEVICE:
        ngx_sprintf(text, "Code sent to %s%Z",
                    mfa->email ? NGX_PLAID_SANDBOX_EMAIL
                               : NGX_PLAID_SANDBOX_PHONE);

        return json_pack("{s:s, s:{s:s}}",
                         "type", "device", "mfa", "message", text);

    case NGX_PLAID_SANDBOX_MFA_YES:
        return json_pack("{s:s, s:[{s:s, s:[s, s]}]}",
                         "type", "selections", "mfa",
                         "question", "Is this your account?",
                         "answers", "Yes", "No");

    case NGX_PLAID_SANDBOX_MFA_ROUNDS:
        list = json_array();

        for (i = 0; i < mfa->questions; i++) {
            ngx_sprintf(text, "question_%ui_%ui%Z", mfa->round, i);
            json_array_append_new(list, json_pack("{s:s}", "question", text));
        }

        return json_pack("{s:s, s:o}", "type", "questions", "mfa", list);

    default: /* NGX_PLAID_SANDBOX_MFA_QUESTIONS */
        return json_pack("{s:s, s:[{s:s}]}",
                         "type", "questions", "mfa",
                         "question", questions[mfa->round % 3]);
    }
}


ngx_uint_t
ngx_plaid_sandbox_mfa_pack(ngx_plaid_sandbox_mfa_t *mfa)
{
    return mfa->kind | mfa->email << 4 | (mfa->round & 0xff) << 8
           | mfa->rounds << 16 | mfa->questions << 20;
}


void
ngx_plaid_sandbox_mfa_unpack(ngx_plaid_sandbox_mfa_t *mfa, ngx_uint_t packed)
{
    mfa->kind = packed & 0xf;
    mfa->email = packed >> 4 & 1;
    mfa->round = packed >> 8 & 0xff;
    mfa->rounds = packed >> 16 & 0xf;
    mfa->questions = packed >> 20 & 0xf;
}
