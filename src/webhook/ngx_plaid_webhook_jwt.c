
/*
 * Reads the JSON Web Token of a webhook.
 */


#include "ngx_plaid_webhook_jwt.h"
#include "ngx_plaid_base64url.h"
#include "ngx_plaid_jansson.h"


static ngx_int_t ngx_plaid_webhook_jwt_parts(ngx_str_t *value,
    ngx_str_t *parts);
static json_t *ngx_plaid_webhook_jwt_object(ngx_str_t *part);
static ngx_plaid_webhook_e ngx_plaid_webhook_jwt_header(
    ngx_plaid_webhook_jwt_t *jwt, ngx_str_t *part);
static ngx_plaid_webhook_e ngx_plaid_webhook_jwt_kid(
    ngx_plaid_webhook_jwt_t *jwt, json_t *kid);
static ngx_plaid_webhook_e ngx_plaid_webhook_jwt_claims(
    ngx_plaid_webhook_jwt_t *jwt, ngx_str_t *part);
static ngx_plaid_webhook_e ngx_plaid_webhook_jwt_hash(
    ngx_plaid_webhook_jwt_t *jwt, json_t *hash);


ngx_plaid_webhook_e
ngx_plaid_webhook_jwt_read(ngx_plaid_webhook_jwt_t *jwt, ngx_str_t *value)
{
    ngx_str_t            parts[3];
    ngx_plaid_jansson_t  saved;
    ngx_plaid_webhook_e  verdict;

    if (value->len > NGX_PLAID_WEBHOOK_JWT_MAX
        || ngx_plaid_webhook_jwt_parts(value, parts) != NGX_OK
        || ngx_plaid_base64url_decode(jwt->signature,
                                      NGX_PLAID_WEBHOOK_PART_MAX,
                                      &jwt->signature_len, &parts[2])
           != NGX_OK)
    {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    jwt->text.data = value->data;
    jwt->text.len = parts[1].data + parts[1].len - value->data;

    ngx_plaid_jansson_enter(&saved);

    verdict = ngx_plaid_webhook_jwt_header(jwt, &parts[0]);

    if (verdict == NGX_PLAID_WEBHOOK_VERIFIED) {
        verdict = ngx_plaid_webhook_jwt_claims(jwt, &parts[1]);
    }

    if (ngx_plaid_jansson_memory() != NGX_OK) {
        verdict = NGX_PLAID_WEBHOOK_INTERNAL;
    }

    ngx_plaid_jansson_leave(&saved);

    return verdict;
}


static ngx_int_t
ngx_plaid_webhook_jwt_parts(ngx_str_t *value, ngx_str_t *parts)
{
    u_char      *p, *last, *dot;
    ngx_uint_t   i;

    p = value->data;
    last = value->data + value->len;

    for (i = 0; i < 3; i++) {

        dot = ngx_strlchr(p, last, '.');

        if ((dot == NULL) != (i == 2)) {
            return NGX_DECLINED;
        }

        if (dot == NULL) {
            dot = last;
        }

        parts[i].data = p;
        parts[i].len = dot - p;

        p = dot + (i < 2);
    }

    return NGX_OK;
}


/* NULL: not an object in base64url */

static json_t *
ngx_plaid_webhook_jwt_object(ngx_str_t *part)
{
    u_char     data[NGX_PLAID_WEBHOOK_PART_MAX];
    json_t    *json;
    ngx_str_t  text;

    text.data = data;

    if (ngx_plaid_base64url_decode(data, sizeof(data), &text.len, part)
        != NGX_OK
        || ngx_plaid_jansson_text(&text) != NGX_OK)
    {
        return NULL;
    }

    json = json_loadb((char *) text.data, text.len, JSON_REJECT_DUPLICATES,
                      NULL);

    if (json && !json_is_object(json)) {
        json_decref(json);
        return NULL;
    }

    return json;
}


static ngx_plaid_webhook_e
ngx_plaid_webhook_jwt_header(ngx_plaid_webhook_jwt_t *jwt, ngx_str_t *part)
{
    json_t               *json, *alg;
    ngx_plaid_webhook_e   verdict;

    json = ngx_plaid_webhook_jwt_object(part);
    if (json == NULL) {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    alg = json_object_get(json, "alg");

    if (!json_is_string(alg)) {
        verdict = NGX_PLAID_WEBHOOK_MALFORMED;

    } else if (ngx_strcmp(json_string_value(alg), "ES256") != 0) {
        verdict = NGX_PLAID_WEBHOOK_ALGORITHM;

    } else if (json_object_get(json, "crit")) {
        /* an extension that must be understood, or the JWT refused */
        verdict = NGX_PLAID_WEBHOOK_MALFORMED;

    } else {
        verdict = ngx_plaid_webhook_jwt_kid(jwt, json_object_get(json, "kid"));
    }

    json_decref(json);

    return verdict;
}


/* only bytes that may go into a request to Plaid, a log line and a label */

static ngx_plaid_webhook_e
ngx_plaid_webhook_jwt_kid(ngx_plaid_webhook_jwt_t *jwt, json_t *kid)
{
    u_char       c, ch;
    size_t       i, len;
    const char  *value;

    if (!json_is_string(kid)) {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    value = json_string_value(kid);
    len = json_string_length(kid);

    if (len == 0 || len > NGX_PLAID_WEBHOOK_KID_MAX) {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    for (i = 0; i < len; i++) {
        ch = (u_char) value[i];
        c = (u_char) (ch | 0x20);

        if ((c < 'a' || c > 'z') && (ch < '0' || ch > '9')
            && ch != '-' && ch != '_')
        {
            return NGX_PLAID_WEBHOOK_MALFORMED;
        }
    }

    ngx_memcpy(jwt->kid, value, len);
    jwt->kid_len = len;

    return NGX_PLAID_WEBHOOK_VERIFIED;
}


static ngx_plaid_webhook_e
ngx_plaid_webhook_jwt_claims(ngx_plaid_webhook_jwt_t *jwt, ngx_str_t *part)
{
    json_t               *json, *iat;
    ngx_plaid_webhook_e   verdict;

    json = ngx_plaid_webhook_jwt_object(part);
    if (json == NULL) {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    iat = json_object_get(json, "iat");

    if (json_is_integer(iat)) {
        jwt->iat = json_integer_value(iat);

        verdict = ngx_plaid_webhook_jwt_hash(jwt,
                               json_object_get(json, "request_body_sha256"));

    } else {
        verdict = NGX_PLAID_WEBHOOK_MALFORMED;
    }

    json_decref(json);

    return verdict;
}


static ngx_plaid_webhook_e
ngx_plaid_webhook_jwt_hash(ngx_plaid_webhook_jwt_t *jwt, json_t *hash)
{
    size_t      i;
    u_char     *value;
    ngx_int_t   n;

    if (!json_is_string(hash)
        || json_string_length(hash) != 2 * NGX_PLAID_WEBHOOK_HASH_LEN)
    {
        return NGX_PLAID_WEBHOOK_MALFORMED;
    }

    value = (u_char *) json_string_value(hash);

    for (i = 0; i < NGX_PLAID_WEBHOOK_HASH_LEN; i++) {

        n = ngx_hextoi(value + 2 * i, 2);
        if (n == NGX_ERROR) {
            return NGX_PLAID_WEBHOOK_MALFORMED;
        }

        jwt->hash[i] = (u_char) n;
    }

    return NGX_PLAID_WEBHOOK_VERIFIED;
}


ngx_plaid_webhook_e
ngx_plaid_webhook_jwt_time(ngx_plaid_webhook_jwt_t *jwt, time_t now,
    time_t max_age, time_t skew)
{
    return (jwt->iat < (int64_t) now - max_age
            || jwt->iat > (int64_t) now + skew)
           ? NGX_PLAID_WEBHOOK_STALE : NGX_PLAID_WEBHOOK_VERIFIED;
}
