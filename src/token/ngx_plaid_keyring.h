
/*
 * The keys that seal access tokens: up to eight, the first one seals, each
 * one opens.
 *
 * The text of a file of keys has one "kid key" a line.  A kid has 1 to 16
 * bytes of [A-Za-z0-9_-], a key is 64 hex digits or the base64 of 32 bytes;
 * empty lines and lines that begin with "#" do not count.
 *
 * Promises: a ring that was parsed is complete and has no kid twice; a text
 * that does not parse leaves nothing of its keys in memory.
 */


#ifndef _NGX_PLAID_KEYRING_H_INCLUDED_
#define _NGX_PLAID_KEYRING_H_INCLUDED_


#include "ngx_plaid_hkdf.h"


#define NGX_PLAID_KEYRING_KEYS     8
#define NGX_PLAID_KEYRING_KID_MAX  16
#define NGX_PLAID_KEYRING_KEY_LEN  32

typedef struct {
    size_t                     len;
    u_char                     kid[NGX_PLAID_KEYRING_KID_MAX];
    u_char                     key[NGX_PLAID_KEYRING_KEY_LEN];  /* as given */
    u_char                     enc[NGX_PLAID_HKDF_LEN];
    u_char                     nonce[NGX_PLAID_HKDF_LEN];
} ngx_plaid_keyring_key_t;


typedef struct {
    ngx_uint_t                 n;            /* 0: there are none */
    ngx_plaid_keyring_key_t    keys[NGX_PLAID_KEYRING_KEYS];
} ngx_plaid_keyring_t;


/*
 * Reads "text" into "ring", an ngx_plaid_keyring_t that need not be
 * initialized; to be the function of an ngx_plaid_keyfile_t.  NGX_OK;
 * NGX_DECLINED, "why" is a constant that reads well after the name of a file
 * and "line" the number of the line, or 0; NGX_ERROR, OpenSSL failed.  The
 * ring is empty unless NGX_OK is returned.  The caller wipes "text".
 */
ngx_int_t ngx_plaid_keyring_parse(void *ring, ngx_str_t *text,
    const char **why, ngx_uint_t *line);

/* The key called "kid", or NULL. */
ngx_plaid_keyring_key_t *ngx_plaid_keyring_find(ngx_plaid_keyring_t *ring,
    ngx_str_t *kid);

/* Wipes all keys; idempotent. */
void ngx_plaid_keyring_wipe(ngx_plaid_keyring_t *ring);


#endif /* _NGX_PLAID_KEYRING_H_INCLUDED_ */
