
/*
 * What the replay store keeps of an exchange, sealed.
 *
 * Promises: the record's name is a hash, and its content is encrypted with a
 * key that only someone who posts the public token again can derive (HKDF of
 * the token, AES-256-GCM, random nonce).  Who reads the shared memory learns
 * neither token; a record that was changed or moved under another name does
 * not open.  Names are bound to client, environment and bind value: for
 * another caller the same public token has another name.
 */


#ifndef _NGX_PLAID_SEAL_H_INCLUDED_
#define _NGX_PLAID_SEAL_H_INCLUDED_


#include "ngx_plaid_result.h"


#define NGX_PLAID_SEAL_ID_LEN     32         /* SHA-256 */
#define NGX_PLAID_SEAL_KEY_LEN    32         /* AES-256 */
#define NGX_PLAID_SEAL_NONCE_LEN  12
#define NGX_PLAID_SEAL_TAG_LEN    16

/*
 * The longest sealed outcome: what a record of 1024 bytes has left.  It takes
 * an access token of NGX_PLAID_TOKEN_MAX with item or account id and request
 * id of NGX_PLAID_ID_MAX each, and 103 bytes more, where Stripe's and a
 * processor's token (30 and 54 bytes today) fit in.
 */
#define NGX_PLAID_SEAL_MAX        928


typedef struct {
    u_char                     id[NGX_PLAID_SEAL_ID_LEN];
    u_char                     key[NGX_PLAID_SEAL_KEY_LEN];    /* secret */
} ngx_plaid_seal_t;


typedef struct {
    size_t                     len;
    u_char                     data[NGX_PLAID_SEAL_MAX];
} ngx_plaid_sealed_t;


/*
 * Derives the record's name and its sealing key from the name of the client,
 * its environment, the bind value and the public token.  NGX_OK or NGX_ERROR
 * (OpenSSL failed; "seal" is zero then).  The caller wipes "seal" with
 * ngx_plaid_seal_wipe().
 */
ngx_int_t ngx_plaid_seal_derive(ngx_plaid_seal_t *seal, ngx_str_t *client,
    ngx_str_t *env, ngx_str_t *bind, ngx_str_t *token);

/*
 * Seals "res" into "sealed".  Of a failure, messages that do not fit are left
 * out.  NGX_OK; NGX_DECLINED, it does not fit; NGX_ERROR, OpenSSL failed.
 */
ngx_int_t ngx_plaid_seal_close(ngx_plaid_seal_t *seal,
    ngx_plaid_result_t *res, ngx_plaid_sealed_t *sealed);

/*
 * Opens "sealed" into "res"; its strings live in "pool", the caller wipes
 * them with ngx_plaid_result_wipe().  NGX_OK; NGX_DECLINED, it was not sealed
 * with this key under this name, or was changed since; NGX_ERROR, no memory
 * or OpenSSL failed.  "res" is zero but after NGX_OK.
 */
ngx_int_t ngx_plaid_seal_open(ngx_plaid_seal_t *seal,
    ngx_plaid_sealed_t *sealed, ngx_pool_t *pool, ngx_plaid_result_t *res);

/*
 * Reads the plain form of an outcome from the "len" bytes at "p", of which
 * the strings of "res" become parts.  NGX_OK or NGX_DECLINED, malformed
 * ("res" is zero then).  For ngx_plaid_seal_open() and its tests.
 */
ngx_int_t ngx_plaid_seal_unpack(u_char *p, size_t len,
    ngx_plaid_result_t *res);

/* Wipes name and key; idempotent. */
void ngx_plaid_seal_wipe(ngx_plaid_seal_t *seal);

#endif /* _NGX_PLAID_SEAL_H_INCLUDED_ */
