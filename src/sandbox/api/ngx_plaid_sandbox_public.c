
/* /sandbox/public_token/create: a public token without Link. */


#include "ngx_plaid_sandbox_api.h"


static ngx_uint_t ngx_plaid_sandbox_login(ngx_plaid_sandbox_call_t *call,
    json_t *options, u_char *item_id);


ngx_uint_t
ngx_plaid_sandbox_create_public(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *products, *options, *m;
    size_t                       i;
    ngx_int_t                    row;
    ngx_uint_t                   bit, status;
    const char                  *webhook;
    ngx_plaid_sandbox_record_t  *item;

    item = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));
    if (item == NULL) {
        return 500;
    }

    row = ngx_plaid_sandbox_institution(
                   ngx_plaid_sandbox_string(call->args, "institution_id"));

    if (row == NGX_ERROR
        || ngx_strncmp(ngx_plaid_sandbox_string(call->args, "institution_id"),
                       "ins_", 4) != 0)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_INSTITUTION", NULL);
    }

    item->institution = row;

    products = json_object_get(call->args, "initial_products");

    if (json_array_size(products) == 0) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "initial_products must be a non-empty array");
    }

    json_array_foreach(products, i, m) {

        bit = json_is_string(m)
              ? ngx_plaid_sandbox_product(json_string_value(m)) : 0;

        if (bit == 0) {
            return ngx_plaid_sandbox_error(call, "INVALID_PRODUCT", NULL);
        }

        item->products |= bit;
    }

    options = json_object_get(call->args, "options");

    if (ngx_plaid_sandbox_id(item->item_id, 37) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    status = ngx_plaid_sandbox_login(call, options, item->item_id);
    if (status) {
        return status;
    }

    webhook = ngx_plaid_sandbox_string(options, "webhook");

    if (webhook) {
        if (ngx_plaid_sandbox_url(webhook) != NGX_OK) {
            return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                           "options.webhook must be a URL");
        }

        ngx_plaid_sandbox_copy(item->webhook, webhook);
    }

    if (ngx_plaid_sandbox_new_public(call, item) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s}",
                                             "public_token", item->name));
}


/* The log-in that the options of /sandbox/public_token/create stand for. */

static ngx_uint_t
ngx_plaid_sandbox_login(ngx_plaid_sandbox_call_t *call, json_t *options,
    u_char *item_id)
{
    const char  *user, *password;

    user = ngx_plaid_sandbox_string(options, "override_username");
    password = ngx_plaid_sandbox_string(options, "override_password");

    if (password && ngx_strncmp(password, "error_", 6) == 0
        && ngx_plaid_sandbox_error_known(password + 6) == NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, password + 6, NULL);
    }

    if (user && ngx_strncmp(user, "user_", 5) != 0) {
        return ngx_plaid_sandbox_error(call, "INVALID_CREDENTIALS", NULL);
    }

    /* its accounts are JSON in the password */

    if (user && password && ngx_strcmp(user, "user_custom") == 0) {
        return ngx_plaid_sandbox_custom_keep(call, password, item_id);
    }

    if (password == NULL
        || ngx_strcmp(password, "pass_good") == 0
        || ngx_strncmp(password, "mfa_", 4) == 0)
    {
        return 0;
    }

    return ngx_plaid_sandbox_error(call, "INVALID_CREDENTIALS", NULL);
}
