
/* Tokens, ids and times: made, and told apart by their form. */


#include "ngx_plaid_sandbox.h"
#include <openssl/rand.h>
#include <openssl/evp.h>


static const u_char  ngx_plaid_sandbox_alphabet[] =
    "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";


ngx_int_t
ngx_plaid_sandbox_uuid(u_char *buf)
{
    u_char  raw[16], *p;

    if (RAND_bytes(raw, sizeof(raw)) != 1) {
        return NGX_ERROR;
    }

    raw[6] = (raw[6] & 0x0f) | 0x40;
    raw[8] = (raw[8] & 0x3f) | 0x80;

    p = ngx_hex_dump(buf, raw, 4);
    *p++ = '-';
    p = ngx_hex_dump(p, raw + 4, 2);
    *p++ = '-';
    p = ngx_hex_dump(p, raw + 6, 2);
    *p++ = '-';
    p = ngx_hex_dump(p, raw + 8, 2);
    *p++ = '-';
    p = ngx_hex_dump(p, raw + 10, 6);
    *p = '\0';

    ngx_explicit_memzero(raw, sizeof(raw));

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_token(u_char *buf, const char *kind)
{
    return ngx_plaid_sandbox_uuid(ngx_sprintf(buf, "%s-sandbox-", kind));
}


ngx_int_t
ngx_plaid_sandbox_id(u_char *buf, size_t len)
{
    size_t  i;

    if (RAND_bytes(buf, (int) len) != 1) {
        return NGX_ERROR;
    }

    /* ids, not secrets: the bias of a remainder does no harm */

    for (i = 0; i < len; i++) {
        buf[i] = ngx_plaid_sandbox_alphabet[buf[i]
                             % (sizeof(ngx_plaid_sandbox_alphabet) - 1)];
    }

    buf[len] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_derive(u_char *buf, size_t len, const char *of,
    const char *name)
{
    size_t         i;
    u_char         text[NGX_PLAID_SANDBOX_NAME_LEN * 2], *p;
    u_char         digest[EVP_MAX_MD_SIZE];
    unsigned int   n;

    p = ngx_snprintf(text, sizeof(text), "%s/%s", of, name);

    if (EVP_Digest(text, p - text, digest, &n, EVP_sha512(), NULL) != 1) {
        return NGX_ERROR;
    }

    len = ngx_min(len, n);

    for (i = 0; i < len; i++) {
        buf[i] = ngx_plaid_sandbox_alphabet[digest[i]
                             % (sizeof(ngx_plaid_sandbox_alphabet) - 1)];
    }

    buf[len] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_token_form(const char *token, const char *kind,
    const char **env)
{
    size_t                    len;
    ngx_uint_t                i;

    static const char        *environments[] = {
        "sandbox", "development", "production"
    };

    len = ngx_strlen(kind);

    if (ngx_strncmp(token, kind, len) != 0 || token[len] != '-') {
        return NGX_ERROR;
    }

    token += len + 1;

    for (i = 0; i < sizeof(environments) / sizeof(environments[0]); i++) {
        len = ngx_strlen(environments[i]);

        if (ngx_strncmp(token, environments[i], len) == 0
            && token[len] == '-' && token[len + 1] != '\0')
        {
            *env = environments[i];
            return i == 0 ? NGX_OK : NGX_DECLINED;
        }
    }

    return NGX_ERROR;
}


void
ngx_plaid_sandbox_time(u_char *buf, time_t t)
{
    ngx_tm_t  tm;

    ngx_gmtime(t, &tm);

    ngx_sprintf(buf, "%4d-%02d-%02dT%02d:%02d:%02dZ%Z",
                tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
}
