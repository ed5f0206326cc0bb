
/*
 * Hashes a webhook's body, and reads what a verified one says.
 */


#include "ngx_plaid_webhook_body.h"
#include "ngx_plaid_jansson.h"
#include "ngx_plaid_token.h"

#include <openssl/evp.h>


/* what is read of a file at a time: one page */
#define NGX_PLAID_WEBHOOK_BODY_READ  4096


static ngx_int_t ngx_plaid_webhook_body_update(EVP_MD_CTX *ctx, ngx_buf_t *b);
static ngx_int_t ngx_plaid_webhook_body_json(ngx_pool_t *pool, json_t *json,
    ngx_uint_t max, ngx_plaid_webhook_body_t *body);
static ngx_int_t ngx_plaid_webhook_body_name(ngx_pool_t *pool, json_t *json,
    ngx_str_t *name);
static ngx_uint_t ngx_plaid_webhook_body_links(ngx_plaid_webhook_body_t *body,
    json_t *json);
static ngx_int_t ngx_plaid_webhook_body_tokens(ngx_pool_t *pool, json_t *json,
    ngx_uint_t max, ngx_plaid_webhook_body_t *body);
static ngx_int_t ngx_plaid_webhook_body_add(ngx_pool_t *pool, json_t *json,
    ngx_uint_t max, ngx_plaid_webhook_body_t *body);
static ngx_uint_t ngx_plaid_webhook_body_token(json_t *json,
    ngx_str_t *token);


ngx_int_t
ngx_plaid_webhook_body_hash(ngx_chain_t *in, u_char *hash)
{
    unsigned     len;
    ngx_int_t    rc;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1) ? NGX_OK
                                                           : NGX_ERROR;

    for ( /* void */ ; in && rc == NGX_OK; in = in->next) {
        rc = ngx_plaid_webhook_body_update(ctx, in->buf);
    }

    if (rc == NGX_OK && EVP_DigestFinal_ex(ctx, hash, &len) != 1) {
        rc = NGX_ERROR;
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


static ngx_int_t
ngx_plaid_webhook_body_update(EVP_MD_CTX *ctx, ngx_buf_t *b)
{
    off_t    pos;
    size_t   size;
    u_char   data[NGX_PLAID_WEBHOOK_BODY_READ];
    ssize_t  n;

    if (ngx_buf_in_memory(b)) {
        return (EVP_DigestUpdate(ctx, b->pos, b->last - b->pos) == 1)
               ? NGX_OK : NGX_ERROR;
    }

    if (!b->in_file) {
        return NGX_OK;
    }

    for (pos = b->file_pos; pos < b->file_last; pos += n) {

        size = (size_t) ngx_min(b->file_last - pos, (off_t) sizeof(data));

        n = ngx_read_file(b->file, data, size, pos);

        if (n <= 0 || EVP_DigestUpdate(ctx, data, n) != 1) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_webhook_body_text(ngx_pool_t *pool, ngx_chain_t *in,
    ngx_str_t *text)
{
    off_t         pos;
    u_char       *p;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    text->len = 0;

    for (cl = in; cl; cl = cl->next) {
        text->len += ngx_buf_size(cl->buf);
    }

    text->data = ngx_pnalloc(pool, text->len + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    p = text->data;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
            continue;
        }

        if (!b->in_file) {
            continue;
        }

        for (pos = b->file_pos; pos < b->file_last; pos += n, p += n) {

            n = ngx_read_file(b->file, p, (size_t) (b->file_last - pos), pos);

            if (n <= 0) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_webhook_body_read(ngx_pool_t *pool, ngx_str_t *text, ngx_uint_t max,
    ngx_plaid_webhook_body_t *body)
{
    json_t               *json;
    ngx_int_t             rc;
    ngx_plaid_jansson_t   saved;

    ngx_memzero(body, sizeof(ngx_plaid_webhook_body_t));

    if (text->len == 0 || ngx_plaid_jansson_text(text) != NGX_OK) {
        return NGX_OK;
    }

    ngx_plaid_jansson_enter(&saved);

    rc = NGX_OK;

    json = json_loadb((char *) text->data, text->len, NGX_PLAID_JANSSON_FLAGS,
                      NULL);

    if (json_is_object(json)) {
        rc = ngx_plaid_webhook_body_json(pool, json, max, body);
    }

    json_decref(json);

    if (ngx_plaid_jansson_memory() != NGX_OK) {
        rc = NGX_ERROR;
    }

    ngx_plaid_jansson_leave(&saved);

    return rc;
}


static ngx_int_t
ngx_plaid_webhook_body_json(ngx_pool_t *pool, json_t *json, ngx_uint_t max,
    ngx_plaid_webhook_body_t *body)
{
    if (ngx_plaid_webhook_body_name(pool, json_object_get(json,
                                                          "webhook_type"),
                                    &body->type)
        != NGX_OK
        || ngx_plaid_webhook_body_name(pool, json_object_get(json,
                                                             "webhook_code"),
                                       &body->code)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!ngx_plaid_webhook_body_links(body, json)) {
        return NGX_OK;
    }

    return ngx_plaid_webhook_body_tokens(pool, json, max, body);
}


static ngx_int_t
ngx_plaid_webhook_body_name(ngx_pool_t *pool, json_t *json, ngx_str_t *name)
{
    size_t   i, len;
    u_char  *value;

    len = json_string_length(json);

    if (len == 0 || len > NGX_PLAID_WEBHOOK_NAME_MAX) {
        return NGX_OK;
    }

    value = (u_char *) json_string_value(json);

    for (i = 0; i < len; i++) {
        if ((value[i] < 'A' || value[i] > 'Z')
            && (value[i] < '0' || value[i] > '9')
            && value[i] != '_')
        {
            return NGX_OK;
        }
    }

    name->data = ngx_pnalloc(pool, len);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(name->data, value, len);
    name->len = len;

    return NGX_OK;
}


/* two kinds of webhook carry public tokens, one of them optionally */

static ngx_uint_t
ngx_plaid_webhook_body_links(ngx_plaid_webhook_body_t *body, json_t *json)
{
    json_t  *status;

    static ngx_str_t  link = ngx_string("LINK");
    static ngx_str_t  added = ngx_string("ITEM_ADD_RESULT");
    static ngx_str_t  finished = ngx_string("SESSION_FINISHED");

    if (body->type.len != link.len
        || ngx_memcmp(body->type.data, link.data, link.len) != 0)
    {
        return 0;
    }

    if (body->code.len == added.len
        && ngx_memcmp(body->code.data, added.data, added.len) == 0)
    {
        return 1;
    }

    if (body->code.len != finished.len
        || ngx_memcmp(body->code.data, finished.data, finished.len) != 0)
    {
        return 0;
    }

    status = json_object_get(json, "status");

    return !json_is_string(status)
           || ngx_strcasecmp((u_char *) json_string_value(status),
                             (u_char *) "EXITED")
              != 0;
}


static ngx_int_t
ngx_plaid_webhook_body_tokens(ngx_pool_t *pool, json_t *json, ngx_uint_t max,
    ngx_plaid_webhook_body_t *body)
{
    size_t      i;
    json_t     *list, *single;
    ngx_int_t   rc;
    ngx_uint_t  listed;

    single = json_object_get(json, "public_token");
    list = json_object_get(json, "public_tokens");

    listed = 0;

    for (i = 0; i < json_array_size(list); i++) {
        listed |= json_equal(json_array_get(list, i), single);
    }

    /* null, and a string that is empty, say that there is none */

    if (single && !json_is_null(single) && !listed
        && !(json_is_string(single) && json_string_length(single) == 0))
    {
        rc = ngx_plaid_webhook_body_add(pool, single, max, body);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    for (i = 0; i < json_array_size(list); i++) {
        rc = ngx_plaid_webhook_body_add(pool, json_array_get(list, i), max,
                                        body);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_webhook_body_add(ngx_pool_t *pool, json_t *json, ngx_uint_t max,
    ngx_plaid_webhook_body_t *body)
{
    ngx_str_t    token, *dst;
    ngx_uint_t   i;

    if (!ngx_plaid_webhook_body_token(json, &token)) {
        ngx_str_null(&token);
    }

    for (i = 0; token.len && i < body->ntokens; i++) {
        if (body->tokens[i].len == token.len
            && ngx_memcmp(body->tokens[i].data, token.data, token.len) == 0)
        {
            return NGX_OK;
        }
    }

    if (body->ntokens == max) {
        return NGX_DECLINED;
    }

    if (body->tokens == NULL) {
        body->tokens = ngx_pcalloc(pool, max * sizeof(ngx_str_t));
        if (body->tokens == NULL) {
            return NGX_ERROR;
        }
    }

    dst = &body->tokens[body->ntokens++];

    if (token.len == 0) {
        return NGX_OK;
    }

    dst->data = ngx_pstrdup(pool, &token);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    dst->len = token.len;

    return NGX_OK;
}


/* a comma would make two elements of one in a list */

static ngx_uint_t
ngx_plaid_webhook_body_token(json_t *json, ngx_str_t *token)
{
    if (!json_is_string(json)) {
        return 0;
    }

    token->data = (u_char *) json_string_value(json);
    token->len = json_string_length(json);

    return ngx_plaid_token_check(token) == NGX_OK
           && ngx_strlchr(token->data, token->data + token->len, ',') == NULL;
}
