
#include "ngx_plaid_sandbox_assets.h"

/* made by tools/embed */
#include "ngx_plaid_sandbox_assets_data.h"


const ngx_plaid_sandbox_asset_t *
ngx_plaid_sandbox_asset(ngx_str_t *path)
{
    size_t                            len;
    const ngx_plaid_sandbox_asset_t  *a;

    len = sizeof(NGX_PLAID_SANDBOX_LINK_PATH) - 1;

    if (path->len <= len
        || ngx_strncmp(path->data, NGX_PLAID_SANDBOX_LINK_PATH, len) != 0)
    {
        return NULL;
    }

    for (a = ngx_plaid_sandbox_assets; a->name.len; a++) {
        if (a->name.len == path->len - len
            && ngx_strncmp(a->name.data, path->data + len, a->name.len) == 0)
        {
            return a;
        }
    }

    return NULL;
}
