
/*
 * Link's files, part of the module since it was built: every js, css, html
 * and svg of the directory "link".
 */


#ifndef _NGX_PLAID_SANDBOX_ASSETS_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_ASSETS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_PLAID_SANDBOX_LINK_PATH    "/link/v2/stable/"


typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    type;
    ngx_str_t                    etag;
    const u_char                *data;
    size_t                       len;
} ngx_plaid_sandbox_asset_t;


/* The file that a path of the sandbox names; NULL when it names none. */
const ngx_plaid_sandbox_asset_t *ngx_plaid_sandbox_asset(ngx_str_t *path);


#endif /* _NGX_PLAID_SANDBOX_ASSETS_H_INCLUDED_ */
