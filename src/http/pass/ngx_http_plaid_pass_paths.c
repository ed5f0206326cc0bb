
/*
 * Paths of Plaid's API: what an app may call, and where tokens are.  From
 * Plaid's OpenAPI file, version 2020-09-14.
 */


#include "ngx_http_plaid_pass.h"


static ngx_uint_t ngx_http_plaid_pass_paths_is(const char **list,
    ngx_str_t *path);


/* what reads data, and what a web app does with Items; no money is moved */

static const char  *ngx_http_plaid_pass_paths_data[] = {
    "/accounts/get",
    "/accounts/balance/get",
    "/asset_report/create",
    "/asset_report/get",
    "/asset_report/pdf/get",
    "/asset_report/refresh",
    "/asset_report/filter",
    "/asset_report/remove",
    "/auth/get",
    "/categories/get",
    "/identity/get",
    "/identity/match",
    "/institutions/get",
    "/institutions/get_by_id",
    "/institutions/search",
    "/investments/holdings/get",
    "/investments/transactions/get",
    "/investments/refresh",
    "/item/get",
    "/item/remove",
    "/item/webhook/update",
    "/item/public_token/exchange",
    "/item/access_token/invalidate",
    "/liabilities/get",
    "/link/token/create",
    "/link/token/get",
    "/signal/evaluate",
    "/signal/decision/report",
    "/signal/return/report",
    "/statements/list",
    "/statements/download",
    "/statements/refresh",
    "/transactions/get",
    "/transactions/sync",
    "/transactions/refresh",
    "/transactions/recurring/get",
    "/user/create",
    "/user/update",
    "/user/get",
    "/webhook_verification_key/get",
    NULL
};


/* they outlive the request that makes them */

static const char  *ngx_http_plaid_pass_paths_processor[] = {
    "/processor/token/create",
    "/processor/stripe/bank_account_token/create",
    NULL
};


/* what returns credentials that are not access tokens */

static const char  *ngx_http_plaid_pass_paths_secrets[] = {
    "/oauth/token",
    "/partner/customer/",
    "/beta/partner/customer/",
    NULL
};


#define NGX_HTTP_PLAID_PASS_PATHS_KEYS                                        \
    { "client_id", 1 },                                                       \
    { "secret", 1 }

#define NGX_HTTP_PLAID_PASS_PATHS_TOKENS                                      \
    NGX_HTTP_PLAID_PASS_PATHS_KEYS,                                           \
    { "access_token", 0 },                                                    \
    { "access_tokens[]", 0 }


static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_any[] = {
    NGX_HTTP_PLAID_PASS_PATHS_TOKENS,
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_link[] = {
    NGX_HTTP_PLAID_PASS_PATHS_TOKENS,
    { "income_verification.access_tokens[]", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_income[] = {
    NGX_HTTP_PLAID_PASS_PATHS_TOKENS,
    { "options.access_tokens[]", 0 },
    { "transactions_access_token", 0 },
    { "transactions_access_tokens[]", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_report[] = {
    NGX_HTTP_PLAID_PASS_PATHS_TOKENS,
    { "incident_event.access_token", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_funding[] = {
    NGX_HTTP_PLAID_PASS_PATHS_TOKENS,
    { "funding_account.access_token", 0 },
    { "originator_diligence.funding_account.access_token", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_public[] = {
    NGX_HTTP_PLAID_PASS_PATHS_KEYS,
    { "public_token", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_sealed[] = {
    NGX_HTTP_PLAID_PASS_PATHS_KEYS,
    { "access_token", 0 },
    { "item_id", 0 },
    { NULL, 0 }
};


/* tokens first, the ids of their Items after them, in pairs */

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_one[] = {
    { "access_token", 0 },
    { "item_id", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_new[] = {
    { "new_access_token", 0 },
    { "item_id", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_items[] = {
    { "items[].access_token", 0 },
    { "items[].item_id", 0 },
    { NULL, 0 }
};

static const ngx_plaid_splice_place_t  ngx_http_plaid_pass_paths_list[] = {
    { "access_tokens[]", 0 },
    { "item_id", 0 },
    { NULL, 0 }
};


static const ngx_http_plaid_pass_path_t  ngx_http_plaid_pass_paths[] = {
    { "/item/access_token/invalidate",
      ngx_http_plaid_pass_paths_any, ngx_http_plaid_pass_paths_new },
    { "/item/import",
      ngx_http_plaid_pass_paths_any, ngx_http_plaid_pass_paths_one },
    { "/transfer/migrate_account",
      ngx_http_plaid_pass_paths_any, ngx_http_plaid_pass_paths_one },
    { "/bank_transfer/migrate_account",
      ngx_http_plaid_pass_paths_any, ngx_http_plaid_pass_paths_one },
    { "/user_account/session/get",
      ngx_http_plaid_pass_paths_any, ngx_http_plaid_pass_paths_items },
    { "/link_delivery/get",
      ngx_http_plaid_pass_paths_any, ngx_http_plaid_pass_paths_list },
    { "/link/token/create",
      ngx_http_plaid_pass_paths_link, NULL },
    { "/income/verification/create",
      ngx_http_plaid_pass_paths_income, NULL },
    { "/income/verification/precheck",
      ngx_http_plaid_pass_paths_income, NULL },
    { "/protect/report/create",
      ngx_http_plaid_pass_paths_report, NULL },
    { "/transfer/originator/funding_account/update",
      ngx_http_plaid_pass_paths_funding, NULL },
    { "/transfer/originator/funding_account/create",
      ngx_http_plaid_pass_paths_funding, NULL },
    { "/transfer/diligence/submit",
      ngx_http_plaid_pass_paths_funding, NULL },

    /* every other one; the last of the list */
    { NULL, ngx_http_plaid_pass_paths_any, NULL }
};


const ngx_http_plaid_pass_path_t  ngx_http_plaid_pass_paths_exchange =
    { "/item/public_token/exchange",
      ngx_http_plaid_pass_paths_public, ngx_http_plaid_pass_paths_one };

const ngx_http_plaid_pass_path_t  ngx_http_plaid_pass_paths_refresh =
    { "/sealed/refresh",
      ngx_http_plaid_pass_paths_sealed, NULL };


ngx_int_t
ngx_http_plaid_pass_paths_allowed(ngx_http_plaid_pass_conf_t *conf,
    ngx_str_t *path)
{
    ngx_str_t                    *env;
    ngx_uint_t                    i;
    ngx_http_plaid_pass_allow_t  *allow;

    env = &conf->client->token_env;

    if (conf->data
        && (ngx_http_plaid_pass_paths_is(ngx_http_plaid_pass_paths_data, path)
            || (path->len > 9
                && ngx_strncmp(path->data, "/sandbox/", 9) == 0
                && (env->len == 0
                    || (env->len == 7
                        && ngx_strncmp(env->data, "sandbox", 7) == 0)))))
    {
        return NGX_OK;
    }

    if (conf->processor
        && ngx_http_plaid_pass_paths_is(ngx_http_plaid_pass_paths_processor,
                                        path))
    {
        return NGX_OK;
    }

    if (conf->allow == NULL) {
        return NGX_DECLINED;
    }

    allow = conf->allow->elts;

    for (i = 0; i < conf->allow->nelts; i++) {

        if ((allow[i].path.len == path->len
             || (allow[i].prefix && allow[i].path.len < path->len))
            && ngx_memcmp(allow[i].path.data, path->data, allow[i].path.len)
               == 0)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_plaid_pass_paths_is(const char **list, ngx_str_t *path)
{
    for ( /* void */ ; *list; list++) {
        if (path->len == ngx_strlen(*list)
            && ngx_memcmp(path->data, *list, path->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


const ngx_http_plaid_pass_path_t *
ngx_http_plaid_pass_paths_find(ngx_str_t *path)
{
    const ngx_http_plaid_pass_path_t  *known;

    known = &ngx_http_plaid_pass_paths_exchange;

    if (path->len == ngx_strlen(known->path)
        && ngx_memcmp(path->data, known->path, path->len) == 0)
    {
        return known;
    }

    for (known = ngx_http_plaid_pass_paths; known->path; known++) {
        if (path->len == ngx_strlen(known->path)
            && ngx_memcmp(path->data, known->path, path->len) == 0)
        {
            break;
        }
    }

    return known;
}


ngx_uint_t
ngx_http_plaid_pass_paths_refused(ngx_str_t *path, ngx_uint_t prefix)
{
    size_t        len;
    const char  **secret;

    for (secret = ngx_http_plaid_pass_paths_secrets; *secret; secret++) {

        len = ngx_strlen(*secret);

        /* it begins so, or what begins with it may */

        if (path->len >= len
            ? ngx_memcmp(path->data, *secret, len) == 0
              && (path->len == len || (*secret)[len - 1] == '/')
            : prefix && ngx_memcmp(path->data, *secret, path->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
