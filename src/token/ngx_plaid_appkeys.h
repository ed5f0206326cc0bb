
/*
 * The local keys of apps: who may call plaid_pass.
 *
 * The text of a file has one "name key" a line.  A name has 1 to 64 bytes of
 * [A-Za-z0-9_.-], a key 1 to 512 bytes of printable ASCII without blanks;
 * empty lines and lines that begin with "#" do not count.  An app may have
 * several keys, a key belongs to one app.
 *
 * Promises: only digests of keys are kept; a comparison takes the same time
 * for every key.
 */


#ifndef _NGX_PLAID_APPKEYS_H_INCLUDED_
#define _NGX_PLAID_APPKEYS_H_INCLUDED_


#include "ngx_plaid_hkdf.h"


#define NGX_PLAID_APPKEYS_MAX       64
#define NGX_PLAID_APPKEYS_NAME_MAX  64
#define NGX_PLAID_APPKEYS_KEY_MAX   512


typedef struct {
    size_t                     len;
    u_char                     name[NGX_PLAID_APPKEYS_NAME_MAX];
    u_char                     digest[NGX_PLAID_HKDF_LEN];
} ngx_plaid_appkeys_key_t;


typedef struct {
    ngx_uint_t                 n;
    ngx_plaid_appkeys_key_t    keys[NGX_PLAID_APPKEYS_MAX];
} ngx_plaid_appkeys_t;


/*
 * Reads "text" into "ak", an ngx_plaid_appkeys_t that need not be initialized.
 * NGX_OK; NGX_DECLINED, "why" is a constant that reads well after the name of
 * a file and "line" the number of the line, or 0; NGX_ERROR, OpenSSL failed.
 * Empty unless NGX_OK is returned.  The caller wipes "text".
 */
ngx_int_t ngx_plaid_appkeys_parse(void *ak, ngx_str_t *text, const char **why,
    ngx_uint_t *line);

/*
 * The app that has "key": "name" is set to a part of "ak".  NGX_OK,
 * NGX_DECLINED (no app has it), NGX_ERROR (OpenSSL failed).
 */
ngx_int_t ngx_plaid_appkeys_find(ngx_plaid_appkeys_t *ak, ngx_str_t *key,
    ngx_str_t *name);


#endif /* _NGX_PLAID_APPKEYS_H_INCLUDED_ */
