
/* What is checked before an endpoint is asked: type, keys, fields. */


#include "ngx_plaid_sandbox.h"


/* a field of the request named in an error message: enough for any real one */
#define NGX_PLAID_SANDBOX_FIELD_MAX    64


static ngx_uint_t ngx_plaid_sandbox_check_fields(
    ngx_plaid_sandbox_call_t *call);
static ngx_uint_t ngx_plaid_sandbox_check_missing(
    ngx_plaid_sandbox_call_t *call);
static ngx_uint_t ngx_plaid_sandbox_check_type(ngx_plaid_sandbox_call_t *call,
    const char *spec, size_t len);
static const char *ngx_plaid_sandbox_spec(const char *fields, const char *name,
    size_t len);
static json_t *ngx_plaid_sandbox_getn(json_t *object, const char *name,
    size_t len);
static ngx_int_t ngx_plaid_sandbox_key(ngx_plaid_sandbox_call_t *call,
    const char *id, const char *secret);


ngx_uint_t
ngx_plaid_sandbox_check_legacy(ngx_plaid_sandbox_call_t *call)
{
    const char  *id, *secret;

    if (call->type == NGX_PLAID_SANDBOX_BAD_TYPE) {
        return ngx_plaid_sandbox_legacy_error(call, 1009);
    }

    if (call->malformed) {
        return ngx_plaid_sandbox_legacy_error(call, 1702);
    }

    if (!(call->route->flags & NGX_PLAID_SANDBOX_KEYS)) {
        return 0;
    }

    id = ngx_plaid_sandbox_string(call->args, "client_id");
    if (id == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 1100);
    }

    secret = ngx_plaid_sandbox_string(call->args, "secret");
    if (secret == NULL) {
        return ngx_plaid_sandbox_legacy_error(call, 1101);
    }

    if (ngx_plaid_sandbox_key(call, id, secret) != NGX_OK) {
        return ngx_plaid_sandbox_legacy_error(call, 1102);
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_check(ngx_plaid_sandbox_call_t *call)
{
    char         header_id[NGX_PLAID_SANDBOX_KEY_MAX];
    char         header_secret[NGX_PLAID_SANDBOX_KEY_MAX];
    ngx_uint_t   status;
    const char  *id, *secret;

    if (call->route->flags & NGX_PLAID_SANDBOX_OPERATOR) {
        status = ngx_plaid_sandbox_check_missing(call);

        return status ? status : ngx_plaid_sandbox_check_fields(call);
    }

    if (call->type != NGX_PLAID_SANDBOX_JSON) {
        return ngx_plaid_sandbox_error(call, "INVALID_HEADERS",
                          "Content-Type header must be application/json");
    }

    if (call->malformed) {
        return ngx_plaid_sandbox_error(call, "INVALID_BODY", NULL);
    }

    status = ngx_plaid_sandbox_check_missing(call);

    if (status == 0) {
        status = ngx_plaid_sandbox_check_fields(call);
    }

    if (status || !(call->route->flags & NGX_PLAID_SANDBOX_KEYS)) {
        return status;
    }

    id = ngx_plaid_sandbox_string(call->args, "client_id");
    secret = ngx_plaid_sandbox_string(call->args, "secret");

    if (call->header_id.len) {
        ngx_snprintf((u_char *) header_id, sizeof(header_id), "%V%Z",
                     &call->header_id);
        header_id[sizeof(header_id) - 1] = '\0';
        id = header_id;
    }

    if (call->header_secret.len) {
        ngx_snprintf((u_char *) header_secret, sizeof(header_secret), "%V%Z",
                     &call->header_secret);
        header_secret[sizeof(header_secret) - 1] = '\0';
        secret = header_secret;
    }

    if (ngx_plaid_sandbox_key(call, id, secret) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INVALID_API_KEYS", NULL);
    }

    return 0;
}


static ngx_uint_t
ngx_plaid_sandbox_check_missing(ngx_plaid_sandbox_call_t *call)
{
    u_char       list[NGX_PLAID_SANDBOX_MESSAGE], *p, *last;
    json_t      *m;
    size_t       len;
    const char  *f;

    p = list;
    last = list + sizeof(list) - 1;

    if (call->route->flags & NGX_PLAID_SANDBOX_KEYS) {

        if (call->header_id.len == 0
            && json_object_get(call->args, "client_id") == NULL)
        {
            p = ngx_slprintf(p, last, "client_id, ");
        }

        if (call->header_secret.len == 0
            && json_object_get(call->args, "secret") == NULL)
        {
            p = ngx_slprintf(p, last, "secret, ");
        }
    }

    for (f = call->route->fields; f && *f; f += len + (f[len] == ' ')) {

        len = strcspn(f, " ");

        if (f[1] != '!') {
            continue;
        }

        m = ngx_plaid_sandbox_getn(call->args, f + 2, len - 2);

        if (m == NULL || json_is_null(m)) {
            p = ngx_slprintf(p, last, "%*s, ", len - 2, f + 2);
        }
    }

    if (p == list) {
        return 0;
    }

    *(p - 2) = '\0';

    return ngx_plaid_sandbox_error(call, "MISSING_FIELDS",
                       "the following required fields are missing: %s", list);
}


static ngx_uint_t
ngx_plaid_sandbox_check_fields(ngx_plaid_sandbox_call_t *call)
{
    u_char       list[NGX_PLAID_SANDBOX_MESSAGE], *p, *last;
    size_t       len, i;
    json_t      *value;
    ngx_uint_t   status;
    const char  *name, *spec, *shown;

    if (call->route->fields == NULL) {
        return 0;
    }

    p = list;
    last = list + sizeof(list) - 1;

    json_object_foreach(call->args, name, value) {

        len = ngx_strlen(name);
        spec = ngx_plaid_sandbox_spec("s?client_id s?secret", name, len);

        if (spec == NULL) {
            spec = ngx_plaid_sandbox_spec(call->route->fields, name, len);
        }

        if (spec) {
            status = ngx_plaid_sandbox_check_type(call, spec, len);

            if (status) {
                return status;
            }

            continue;
        }

        /* a name that is no name is not repeated */

        for (i = 0; i < len; i++) {
            if (name[i] < 0x20 || name[i] > 0x7e) {
                len = 0;
            }
        }

        /* "name" itself is what the next one is found by */

        shown = (len == 0 || len > NGX_PLAID_SANDBOX_FIELD_MAX)
                ? "(unprintable)" : name;

        p = ngx_slprintf(p, last, "%s, ", shown);
    }

    if (p == list) {
        return 0;
    }

    *(p - 2) = '\0';

    return ngx_plaid_sandbox_error(call, "UNKNOWN_FIELDS",
                       "the following fields are not recognized by this "
                       "endpoint: %s", list);
}


static ngx_uint_t
ngx_plaid_sandbox_check_type(ngx_plaid_sandbox_call_t *call, const char *spec,
    size_t len)
{
    json_t      *m;
    ngx_uint_t   ok;
    const char  *must;

    m = ngx_plaid_sandbox_getn(call->args, spec + 2, len);

    if (spec[1] == '?' && json_is_null(m)) {
        return 0;
    }

    switch (spec[0]) {

    case 's':
        ok = json_is_string(m) && (spec[1] == '?' || *json_string_value(m));
        must = "a properly formatted, non-empty string";
        break;

    case 'a':
        ok = json_is_array(m);
        must = "an array";
        break;

    case 'o':
        ok = json_is_object(m);
        must = "an object";
        break;

    case 'i':
        ok = json_is_integer(m);
        must = "an integer";
        break;

    case 'b':
        ok = json_is_boolean(m);
        must = "a boolean";
        break;

    default: /* 'v' */
        return 0;
    }

    if (ok) {
        return 0;
    }

    return ngx_plaid_sandbox_error(call, "INVALID_FIELD", "%*s must be %s",
                                   len, spec + 2, must);
}


static const char *
ngx_plaid_sandbox_spec(const char *fields, const char *name, size_t len)
{
    size_t       n;
    const char  *f;

    for (f = fields; *f; f += n + (f[n] == ' ')) {

        n = strcspn(f, " ");

        if (n - 2 == len && ngx_strncmp(f + 2, name, len) == 0) {
            return f;
        }
    }

    return NULL;
}


static json_t *
ngx_plaid_sandbox_getn(json_t *object, const char *name, size_t len)
{
    char  key[NGX_PLAID_SANDBOX_FIELD_MAX];

    /* json_object_getn() came with jansson 2.14 only */

    if (len >= sizeof(key)) {
        return NULL;
    }

    ngx_memcpy(key, name, len);
    key[len] = '\0';

    return json_object_get(object, key);
}


static ngx_int_t
ngx_plaid_sandbox_key(ngx_plaid_sandbox_call_t *call, const char *id,
    const char *secret)
{
    ngx_uint_t                i;
    ngx_plaid_sandbox_key_t  *key;

    if (id == NULL || secret == NULL) {
        return NGX_DECLINED;
    }

    key = call->keys->elts;

    for (i = 0; i < call->keys->nelts; i++) {
        if (ngx_strcmp(id, key[i].id.data) == 0
            && ngx_strcmp(secret, key[i].secret.data) == 0)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
