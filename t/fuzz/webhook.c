
/*
 * What comes with a webhook: the JWT in its header, as it is (j) or as header
 * and claims that are still to be encoded (p, a line each), Plaid's reply
 * about a key (k), and a body (b).  The first byte of the input says which.
 */


#include "fuzz.h"
#include "webhook_env.h"
#include "ngx_plaid_webhook_body.h"
#include <ctype.h>


#define MAX_TOKENS  4


/* of its very size, for the sanitizer to see a byte more being read */

static ngx_str_t
fuzz_block(const u_char *data, size_t size)
{
    ngx_str_t  s;

    s.len = size;
    s.data = malloc(size ? size : 1);
    memcpy(s.data, data, size);

    return s;
}


/* no signature fits a key that nobody has signed with */

static void
fuzz_jwt(ngx_str_t *value)
{
    size_t                           i;
    u_char                           ch;
    ngx_plaid_webhook_e              verdict;
    ngx_plaid_webhook_jwt_t          jwt;
    static ngx_plaid_webhook_key_t   key;
    static EVP_PKEY                 *pkey;

    if (pkey == NULL) {
        pkey = webhook_new_key(&key);
    }

    verdict = ngx_plaid_webhook_jwt_read(&jwt, value);

    fuzz_check(verdict == NGX_PLAID_WEBHOOK_VERIFIED
               || verdict == NGX_PLAID_WEBHOOK_MALFORMED
               || verdict == NGX_PLAID_WEBHOOK_ALGORITHM);

    if (verdict != NGX_PLAID_WEBHOOK_VERIFIED) {
        return;
    }

    fuzz_check(value->len <= NGX_PLAID_WEBHOOK_JWT_MAX);
    fuzz_check(jwt.kid_len > 0 && jwt.kid_len <= NGX_PLAID_WEBHOOK_KID_MAX);

    for (i = 0; i < jwt.kid_len; i++) {
        ch = jwt.kid[i];
        fuzz_check(isalnum(ch) || ch == '-' || ch == '_');
    }

    fuzz_check(jwt.text.data == value->data && jwt.text.len < value->len);
    fuzz_check(value->data[jwt.text.len] == '.');

    if (ngx_plaid_webhook_jwt_time(&jwt, 1700000000, 300, 30)
        == NGX_PLAID_WEBHOOK_VERIFIED)
    {
        fuzz_check(jwt.iat >= 1699999700 && jwt.iat <= 1700000030);
    }

    if (ngx_plaid_webhook_key_precheck(&jwt) == NGX_PLAID_WEBHOOK_VERIFIED) {
        fuzz_check(jwt.signature_len == 64);
        fuzz_check(ngx_plaid_webhook_key_verify(&key, &jwt)
                   == NGX_PLAID_WEBHOOK_SIGNATURE);
    }
}


static void
fuzz_parts(const u_char *data, size_t size)
{
    char           text[8192];
    size_t         n;
    ngx_str_t      value;
    const u_char  *line;

    if (size > 2048) {
        return;
    }

    line = memchr(data, '\n', size);
    n = line ? (size_t) (line - data) : size;

    text[0] = '\0';
    webhook_encode(text, data, n);
    strcat(text, ".");

    if (line) {
        webhook_encode(text, line + 1, size - n - 1);
    }

    strcat(text, ".");
    webhook_encode(text, "0123456789abcdef0123456789abcdef"
                         "0123456789abcdef0123456789abcdef", 64);

    value = fuzz_block((u_char *) text, strlen(text));
    fuzz_jwt(&value);
    free(value.data);
}


static void
fuzz_key(ngx_str_t *body)
{
    ngx_str_t                 kid;
    ngx_plaid_webhook_e       verdict;
    ngx_plaid_webhook_jwt_t   jwt;
    ngx_plaid_webhook_key_t   key;

    kid = unit_str(WEBHOOK_KID);

    (void) ngx_plaid_webhook_key_read(&key, 400, body, &kid);

    if (ngx_plaid_webhook_key_read(&key, 200, body, &kid)
        != NGX_PLAID_WEBHOOK_KEY_FOUND)
    {
        return;
    }

    /* a key that was read can be used */

    ngx_memzero(&jwt, sizeof(ngx_plaid_webhook_jwt_t));

    jwt.text = kid;
    jwt.signature_len = 64;
    jwt.signature[31] = 1;
    jwt.signature[63] = 1;

    verdict = ngx_plaid_webhook_key_verify(&key, &jwt);

    fuzz_check(verdict == NGX_PLAID_WEBHOOK_SIGNATURE
               || verdict == NGX_PLAID_WEBHOOK_VERIFIED);
}


static void
fuzz_name(ngx_str_t *name)
{
    size_t  i;

    fuzz_check(name->len <= NGX_PLAID_WEBHOOK_NAME_MAX);

    for (i = 0; i < name->len; i++) {
        fuzz_check(isupper(name->data[i]) || isdigit(name->data[i])
                   || name->data[i] == '_');
    }
}


static void
fuzz_body(ngx_str_t *text)
{
    ngx_int_t                  rc;
    ngx_str_t                 *token;
    ngx_uint_t                 i, k;
    ngx_pool_t                *pool;
    ngx_plaid_webhook_body_t   body;

    pool = unit_pool();

    rc = ngx_plaid_webhook_body_read(pool, text, MAX_TOKENS, &body);

    fuzz_check(rc == NGX_OK || rc == NGX_DECLINED);
    fuzz_check(body.ntokens <= MAX_TOKENS);

    fuzz_name(&body.type);
    fuzz_name(&body.code);

    for (i = 0; i < body.ntokens; i++) {
        token = &body.tokens[i];

        fuzz_check(token->len <= NGX_PLAID_TOKEN_MAX);

        for (k = 0; k < token->len; k++) {
            fuzz_check(isgraph(token->data[k]) && token->data[k] != ',');
        }

        for (k = 0; token->len && k < i; k++) {
            fuzz_check(body.tokens[k].len != token->len
                       || memcmp(body.tokens[k].data, token->data, token->len)
                          != 0);
        }
    }

    unit_pool_destroy(pool);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t  text;

    if (size == 0) {
        return 0;
    }

    if (data[0] == 'p') {
        fuzz_parts(data + 1, size - 1);
        return 0;
    }

    text = fuzz_block(data + 1, size - 1);

    switch (data[0]) {

    case 'j':
        fuzz_jwt(&text);
        break;

    case 'k':
        fuzz_key(&text);
        break;

    default:
        fuzz_body(&text);
        break;
    }

    free(text.data);

    return 0;
}
