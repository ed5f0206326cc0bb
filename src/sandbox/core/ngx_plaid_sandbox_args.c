
/*
 * The fields of a request: form, query string or JSON become the members of
 * one JSON object, so that every endpoint reads them in the same way.
 */


#include "ngx_plaid_sandbox.h"


static ngx_int_t ngx_plaid_sandbox_unescape(ngx_str_t *dst, u_char *p,
    u_char *last, ngx_pool_t *pool);
static ngx_int_t ngx_plaid_sandbox_field(json_t *args, ngx_str_t *name,
    ngx_str_t *value);
static ngx_int_t ngx_plaid_sandbox_member(json_t *args, const char *name,
    json_type type, json_t **value);


ngx_int_t
ngx_plaid_sandbox_form(json_t *args, u_char *p, u_char *last,
    ngx_pool_t *pool)
{
    u_char      *end, *eq;
    ngx_str_t    name, value;
    ngx_uint_t   n;

    for (n = 0; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if (end == p) {
            continue;
        }

        if (++n > NGX_PLAID_SANDBOX_FIELDS_MAX) {
            return NGX_ERROR;
        }

        eq = ngx_strlchr(p, end, '=');
        if (eq == NULL) {
            eq = end;
        }

        if (ngx_plaid_sandbox_unescape(&name, p, eq, pool) != NGX_OK
            || ngx_plaid_sandbox_unescape(&value, ngx_min(eq + 1, end), end,
                                          pool)
               != NGX_OK
            || ngx_plaid_sandbox_field(args, &name, &value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sandbox_unescape(ngx_str_t *dst, u_char *p, u_char *last,
    ngx_pool_t *pool)
{
    u_char     *d;
    ngx_int_t   c;

    dst->data = ngx_pnalloc(pool, last - p + 1);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    for (d = dst->data; p < last; p++) {

        if (*p == '+') {
            *d++ = ' ';
            continue;
        }

        if (*p != '%') {
            c = *p;

        } else {
            if (last - p < 3) {
                return NGX_ERROR;
            }

            c = ngx_hextoi(p + 1, 2);
            p += 2;
        }

        if (c <= 0) {
            return NGX_ERROR;
        }

        *d++ = (u_char) c;
    }

    dst->len = d - dst->data;
    *d = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sandbox_field(json_t *args, ngx_str_t *name, ngx_str_t *value)
{
    char    *key, *p;
    json_t  *object, *s;

    s = json_stringn((char *) value->data, value->len);
    if (s == NULL) {
        return NGX_ERROR;
    }

    key = (char *) name->data;
    object = args;

    /* "options[webhook]", as many form encoders write an object */

    p = strchr(key, '[');

    if (p && p != key && name->data[name->len - 1] == ']') {
        *p = '\0';
        name->data[name->len - 1] = '\0';

        object = json_object_get(args, key);

        if (!json_is_object(object)) {
            object = json_object();

            if (json_object_set_new(args, key, object) != 0) {
                json_decref(s);
                return NGX_ERROR;
            }
        }

        key = p + 1;
    }

    return json_object_set_new(object, key, s) == 0 ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_plaid_sandbox_json(json_t *args, u_char *p, size_t len)
{
    int       rc;
    json_t   *object;

    object = ngx_plaid_sandbox_load((char *) p, len);

    if (!json_is_object(object)) {
        json_decref(object);
        return NGX_ERROR;
    }

    rc = json_object_update(args, object);
    json_decref(object);

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


const char *
ngx_plaid_sandbox_string(json_t *object, const char *name)
{
    const char  *s;

    s = json_string_value(json_object_get(object, name));

    return (s && *s) ? s : NULL;
}


ngx_int_t
ngx_plaid_sandbox_object(json_t *args, const char *name, json_t **value)
{
    return ngx_plaid_sandbox_member(args, name, JSON_OBJECT, value);
}


ngx_int_t
ngx_plaid_sandbox_array(json_t *args, const char *name, json_t **value)
{
    return ngx_plaid_sandbox_member(args, name, JSON_ARRAY, value);
}


static ngx_int_t
ngx_plaid_sandbox_member(json_t *args, const char *name, json_type type,
    json_t **value)
{
    json_t      *m, *parsed;
    const char  *s;

    *value = NULL;

    m = json_object_get(args, name);

    if (m == NULL || json_is_null(m)) {
        return NGX_DECLINED;
    }

    if (json_is_string(m)) {
        s = json_string_value(m);

        if (*s == '\0') {
            return NGX_DECLINED;
        }

        parsed = ngx_plaid_sandbox_text(s);

        if (parsed == NULL || json_typeof(parsed) != type) {
            json_decref(parsed);
            return NGX_ERROR;
        }

        /* it takes the place of its text, so that "args" owns it */

        if (json_object_set_new(args, name, parsed) != 0) {
            return NGX_ERROR;
        }

        m = parsed;
    }

    if (json_typeof(m) != type) {
        return NGX_ERROR;
    }

    *value = m;

    return NGX_OK;
}


ngx_uint_t
ngx_plaid_sandbox_true(json_t *args, const char *name)
{
    json_t  *m;

    m = json_object_get(args, name);

    if (json_is_string(m)) {
        return ngx_strcmp(json_string_value(m), "true") == 0
               || ngx_strcmp(json_string_value(m), "1") == 0;
    }

    return json_is_true(m)
           || (json_is_integer(m) && json_integer_value(m) != 0);
}
