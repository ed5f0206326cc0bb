
/*
 * Reads the local keys of apps, and finds the app that has one.
 */


#include "ngx_plaid_appkeys.h"
#include "ngx_plaid_file.h"
#include <openssl/crypto.h>


static ngx_int_t ngx_plaid_appkeys_add(ngx_plaid_appkeys_t *ak,
    ngx_str_t *line, const char **why);
static ngx_int_t ngx_plaid_appkeys_name(ngx_str_t *name);
static ngx_int_t ngx_plaid_appkeys_digest(ngx_str_t *key, u_char *digest);


ngx_int_t
ngx_plaid_appkeys_parse(void *keys, ngx_str_t *text, const char **why,
    ngx_uint_t *line)
{
    ngx_plaid_appkeys_t *ak = keys;

    ngx_int_t  rc;
    ngx_str_t  rest, s;

    ngx_memzero(ak, sizeof(ngx_plaid_appkeys_t));

    rest = *text;
    *why = NULL;

    for (*line = 1; ngx_plaid_file_line(&rest, &s) == NGX_OK; (*line)++) {

        if (s.len == 0 || *s.data == '#') {
            continue;
        }

        rc = ngx_plaid_appkeys_add(ak, &s, why);

        if (rc != NGX_OK) {
            ngx_memzero(ak, sizeof(ngx_plaid_appkeys_t));
            return rc;
        }
    }

    *line = 0;

    if (ak->n == 0) {
        *why = "has no keys";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_appkeys_add(ngx_plaid_appkeys_t *ak, ngx_str_t *line,
    const char **why)
{
    size_t                    i;
    ngx_int_t                 rc;
    ngx_str_t                 rest, name, key, found;
    ngx_plaid_appkeys_key_t  *k;

    rest = *line;

    ngx_plaid_file_word(&rest, &name);
    ngx_plaid_file_word(&rest, &key);

    if (key.len == 0 || rest.len) {
        *why = "has a line that is not \"name key\"";
        return NGX_DECLINED;
    }

    if (ngx_plaid_appkeys_name(&name) != NGX_OK) {
        *why = "has a name that is not 1 to 64 bytes of A-Z a-z 0-9 _ . -";
        return NGX_DECLINED;
    }

    for (i = 0; i < key.len; i++) {
        if (key.data[i] < 0x21 || key.data[i] > 0x7e) {
            break;
        }
    }

    if (i < key.len || key.len > NGX_PLAID_APPKEYS_KEY_MAX) {
        *why = "has a key that is not 1 to 512 bytes of printable ASCII";
        return NGX_DECLINED;
    }

    if (ak->n == NGX_PLAID_APPKEYS_MAX) {
        *why = "has more than 64 keys";
        return NGX_DECLINED;
    }

    rc = ngx_plaid_appkeys_find(ak, &key, &found);

    if (rc == NGX_OK) {
        *why = "has a duplicate key";
        return NGX_DECLINED;
    }

    k = &ak->keys[ak->n];

    if (rc == NGX_ERROR
        || ngx_plaid_appkeys_digest(&key, k->digest) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(k->name, name.data, name.len);
    k->len = name.len;
    ak->n++;

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_appkeys_name(ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    if (name->len > NGX_PLAID_APPKEYS_NAME_MAX) {
        return NGX_DECLINED;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if ((ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z')
            && (ch < '0' || ch > '9') && ch != '_' && ch != '.' && ch != '-')
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_appkeys_digest(ngx_str_t *key, u_char *digest)
{
    if (ngx_plaid_hkdf_sha256() == NULL
        || EVP_Digest(key->data, key->len, digest, NULL,
                      ngx_plaid_hkdf_sha256(), NULL)
           != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_appkeys_find(ngx_plaid_appkeys_t *ak, ngx_str_t *key,
    ngx_str_t *name)
{
    u_char      digest[NGX_PLAID_HKDF_LEN];
    ngx_int_t   rc;
    ngx_uint_t  i;

    if (ngx_plaid_appkeys_digest(key, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    for (i = 0; i < ak->n; i++) {

        if (CRYPTO_memcmp(digest, ak->keys[i].digest, sizeof(digest)) == 0) {
            name->data = ak->keys[i].name;
            name->len = ak->keys[i].len;
            rc = NGX_OK;
        }
    }

    return rc;
}
