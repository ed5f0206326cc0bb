
/*
 * What the replay store keeps of an exchange, sealed.
 *
 * Promises: the record's name is a hash, and its content is encrypted with a
 * key that only someone who has the public token can derive (HKDF of the
 * token, AES-256-GCM, random nonce).  Reading the shared memory reveals
 * neither token; a record that was changed or moved under another name does
 * not open.  The name stands for client, client_id, environment and token;
 * the bind value is in none of them but has a tag of its own, an HMAC that
 * is compared by the store.
 *
 * A zone that is shared through Redis derives its keys from the token and a
 * secret of the nodes together, so that writing to Redis cannot plant a
 * record.
 */


#ifndef _NGX_PLAID_SEAL_H_INCLUDED_
#define _NGX_PLAID_SEAL_H_INCLUDED_


#include "ngx_plaid_result.h"


#define NGX_PLAID_SEAL_ID_LEN     32         /* SHA-256 */
#define NGX_PLAID_SEAL_KEY_LEN    32         /* AES-256 */
#define NGX_PLAID_SEAL_NONCE_LEN  12
#define NGX_PLAID_SEAL_TAG_LEN    16         /* of GCM */
#define NGX_PLAID_SEAL_BIND_LEN   16         /* of the HMAC of bind */

/* longest secret of the nodes: a key of AES-256 */
#define NGX_PLAID_SEAL_SECRET_MAX 32

/*
 * The longest sealed outcome.  It takes an access token of
 * NGX_PLAID_TOKEN_MAX with item or account id and request id of
 * NGX_PLAID_ID_MAX each, and 86 bytes more, where Stripe's and a processor's
 * token (30 and 54 bytes today) fit in.
 */
#define NGX_PLAID_SEAL_MAX        928


/* what a record is named after and sealed with */

typedef struct {
    ngx_str_t                  client;       /* name of the plaid_client */
    ngx_str_t                  client_id;    /* evaluated */
    ngx_str_t                  environment;
    ngx_str_t                  token;        /* not empty */
    ngx_str_t                  bind;
    ngx_uint_t                 unbound;      /* "bind" is a stand-in */
    ngx_str_t                  secret;       /* of the nodes, or empty */
    u_char                     kid;          /* of that secret, or 0 */
} ngx_plaid_seal_input_t;


typedef struct {
    u_char                     id[NGX_PLAID_SEAL_ID_LEN];
    u_char                     key[NGX_PLAID_SEAL_KEY_LEN];    /* secret */
    u_char                     bind[NGX_PLAID_SEAL_BIND_LEN];
    u_char                     kind;         /* of who makes the record */
    u_char                     kid;
} ngx_plaid_seal_t;


/*
 * A sealed outcome.  "kind" and "bind" are inside the seal, too: close()
 * takes them from the ngx_plaid_seal_t, open() sets them to what was sealed,
 * for an outcome that comes from another node.
 */

typedef struct {
    size_t                     len;
    u_char                     kind;
    u_char                     kid;          /* the secret in its key, or 0 */
    u_char                     bind[NGX_PLAID_SEAL_BIND_LEN];
    u_char                     data[NGX_PLAID_SEAL_MAX];
} ngx_plaid_sealed_t;


/*
 * Derives the record's name, its sealing key and the tag of the bind value.
 * "kind" is 0 then, and "bind" all zero when in->bind has no data: a record
 * that is bound to nobody.  The tag does not depend on in->secret, so that it
 * survives a change of that one.  A bind value that is "unbound" has another
 * tag than the same bytes given by the configuration.
 *
 * NGX_OK or NGX_ERROR (no token, or OpenSSL failed; "seal" is zero then).
 * The caller wipes "seal" with ngx_plaid_seal_wipe().
 */
ngx_int_t ngx_plaid_seal_derive(ngx_plaid_seal_t *seal,
    ngx_plaid_seal_input_t *in);

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
 * ("res" is zero then).  For ngx_plaid_seal_open() and its tests; kind and
 * tag are not read.
 */
ngx_int_t ngx_plaid_seal_unpack(u_char *p, size_t len,
    ngx_plaid_result_t *res);

/* Wipes name and key; idempotent. */
void ngx_plaid_seal_wipe(ngx_plaid_seal_t *seal);


#endif /* _NGX_PLAID_SEAL_H_INCLUDED_ */
