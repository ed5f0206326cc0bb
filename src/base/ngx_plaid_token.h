
/*
 * What can be said of a public_token without asking Plaid.
 */


#ifndef _NGX_PLAID_TOKEN_H_INCLUDED_
#define _NGX_PLAID_TOKEN_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * NGX_OK when "token" has 1 to NGX_PLAID_TOKEN_MAX bytes of printable ASCII
 * without space (0x21 to 0x7e), else NGX_DECLINED.
 */
ngx_int_t ngx_plaid_token_check(ngx_str_t *token);

/*
 * The environment that a current public_token names: for "public-<env>-..."
 * with <env> one of sandbox, development, production, "env" is set to that
 * part of it and NGX_OK returned; else NGX_DECLINED.
 */
ngx_int_t ngx_plaid_token_environment(ngx_str_t *token, ngx_str_t *env);


#endif /* _NGX_PLAID_TOKEN_H_INCLUDED_ */
