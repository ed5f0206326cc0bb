
/*
 * plaid_seal_key_file and plaid_seal: access tokens that only this nginx
 * opens.
 *
 * Promises: what an app gets where plaid_seal is on is a sealed string or an
 * error, never the token itself; a tenant that evaluates to nothing stops the
 * request before Plaid is called.
 */


#ifndef _NGX_HTTP_PLAID_SEAL_H_INCLUDED_
#define _NGX_HTTP_PLAID_SEAL_H_INCLUDED_


#include "ngx_http_plaid_conf.h"
#include "ngx_plaid_sealed_token.h"


char *ngx_http_plaid_seal_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_seal(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Inherits, and checks that there are keys.  To be called after the whole
 * configuration was read.
 */
char *ngx_http_plaid_seal_merge(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *prev, ngx_http_plaid_loc_conf_t *conf);

/*
 * Checks that "seal", which may be NULL, goes with "client": one of the
 * current API.  NGX_CONF_OK, or NGX_CONF_ERROR with a line logged.
 */
char *ngx_http_plaid_seal_client(ngx_conf_t *cf, ngx_http_plaid_seal_t *seal,
    ngx_http_plaid_client_t *client);

/*
 * Warns when "value" is a single variable that clients choose, such as
 * $http_x or $host; "what" names it.
 */
void ngx_http_plaid_seal_chosen(ngx_conf_t *cf, const char *what,
    ngx_str_t *value);

/*
 * Evaluates what tokens of "client" are sealed for in "r" into "scope", whose
 * strings live in r->pool.  NGX_OK; NGX_DECLINED, the tenant is empty or too
 * long, or there is no client_id; NGX_ERROR, no memory.
 */
ngx_int_t ngx_http_plaid_seal_scope(ngx_http_request_t *r,
    ngx_http_plaid_seal_t *seal, ngx_http_plaid_client_t *client,
    ngx_plaid_sealed_token_scope_t *scope);

/*
 * Seals and opens with the keys of this moment, as ngx_plaid_sealed_token_*
 * do; strings are allocated from "pool".
 */
ngx_int_t ngx_http_plaid_seal_token(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_plaid_sealed_token_scope_t *scope, ngx_str_t *token,
    ngx_str_t *item_id, ngx_str_t *out);
ngx_plaid_sealed_token_e ngx_http_plaid_seal_open(ngx_http_request_t *r,
    ngx_pool_t *pool, ngx_plaid_sealed_token_scope_t *scope, ngx_str_t *in,
    ngx_plaid_sealed_token_t *st);

/* The keys, or NULL: there is no plaid_seal_key_file. */
ngx_plaid_keyring_t *ngx_http_plaid_seal_keys(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PLAID_SEAL_H_INCLUDED_ */
