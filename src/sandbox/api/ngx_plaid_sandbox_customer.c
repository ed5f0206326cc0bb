
/* The users of Plaid's current API. */


#include "ngx_plaid_sandbox_api.h"


static ngx_uint_t ngx_plaid_sandbox_user_find(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *user);


/* The same client_user_id gives the same user again. */

ngx_uint_t
ngx_plaid_sandbox_user_create(ngx_plaid_sandbox_call_t *call)
{
    u_char                       id[40], hash[40];
    const char                  *client;
    ngx_plaid_sandbox_record_t  *user;

    client = ngx_plaid_sandbox_string(call->args, "client_user_id");

    if (ngx_strlen(client) >= NGX_PLAID_SANDBOX_URL_LEN) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "client_user_id is too long");
    }

    user = ngx_pcalloc(call->pool, sizeof(ngx_plaid_sandbox_record_t));

    if (user == NULL
        || ngx_plaid_sandbox_derive(hash, 22, "user", client) != NGX_OK)
    {
        return 500;
    }

    ngx_sprintf(id, "usr_%s%Z", hash);

    if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_USER,
                                    (char *) id, user)
        != NGX_OK)
    {
        user->kind = NGX_PLAID_SANDBOX_USER;
        user->created = call->now;
        ngx_plaid_sandbox_copy(user->name, id);
        ngx_plaid_sandbox_copy(user->webhook, client);

        if (ngx_plaid_sandbox_token(user->access, "user") != NGX_OK
            || ngx_plaid_sandbox_store_put(call->store, user) != NGX_OK)
        {
            return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR",
                                           NULL);
        }
    }

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s, s:s}",
                                             "user_id", id,
                                             "user_token", user->access));
}


static ngx_uint_t
ngx_plaid_sandbox_user_find(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *user)
{
    const char  *id;

    id = ngx_plaid_sandbox_string(call->args, "user_id");

    if (id == NULL
        || ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_USER,
                                       id, user)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "user_id does not exist");
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_user_update(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   user;

    /* by user_token, as it was before there were ids, nothing is kept */

    status = ngx_plaid_sandbox_string(call->args, "user_token")
             ? 0 : ngx_plaid_sandbox_user_find(call, &user);

    return status ? status : ngx_plaid_sandbox_reply(call, json_object());
}


ngx_uint_t
ngx_plaid_sandbox_user_get(ngx_plaid_sandbox_call_t *call)
{
    u_char                       created[32];
    ngx_uint_t                   status;
    ngx_plaid_sandbox_record_t   user;

    status = ngx_plaid_sandbox_user_find(call, &user);
    if (status) {
        return status;
    }

    ngx_plaid_sandbox_time(created, user.created);

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:s, s:s, s:s, s:s}",
                                             "user_id", user.name,
                                             "client_user_id", user.webhook,
                                             "created_at", created,
                                             "updated_at", created));
}
