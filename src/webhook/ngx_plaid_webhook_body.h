
/*
 * A webhook's body: its hash, and once it is verified, what it says.
 */


#ifndef _NGX_PLAID_WEBHOOK_BODY_H_INCLUDED_
#define _NGX_PLAID_WEBHOOK_BODY_H_INCLUDED_


#include "ngx_plaid_webhook.h"


/* longest webhook_type or webhook_code handed on: Plaid's longest has 45 */
#define NGX_PLAID_WEBHOOK_NAME_MAX  64


typedef struct {
    ngx_str_t                  type;         /* empty: not [A-Z0-9_]+ */
    ngx_str_t                  code;
    ngx_str_t                 *tokens;       /* empty: no public token */
    ngx_uint_t                 ntokens;
} ngx_plaid_webhook_body_t;


/*
 * The SHA-256 of the bytes in the chain, in memory or in files, into "hash".
 * NGX_OK or NGX_ERROR (OpenSSL failed, a file cannot be read).
 */
ngx_int_t ngx_plaid_webhook_body_hash(ngx_chain_t *in, u_char *hash);

/*
 * Copies the bytes of the chain into "text", from "pool".  NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_plaid_webhook_body_text(ngx_pool_t *pool, ngx_chain_t *in,
    ngx_str_t *text);

/*
 * Reads the JSON in "text": type and code, and the public tokens of a Link
 * session that ended well.  The tokens are those of "public_tokens" in their
 * order, before them that of "public_token" when it is another one; equal ones
 * count once.  What cannot be a public token is an empty element.  All strings
 * are copies in "pool"; the caller wipes the tokens.
 *
 * NGX_OK, also when "text" is not JSON, with nothing set then; NGX_DECLINED,
 * there are more than "max" tokens; NGX_ERROR, no memory.
 */
ngx_int_t ngx_plaid_webhook_body_read(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t max, ngx_plaid_webhook_body_t *body);


#endif /* _NGX_PLAID_WEBHOOK_BODY_H_INCLUDED_ */
