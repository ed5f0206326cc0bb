
/*
 * The body of a request for a link token: template, choices, settings, user
 * and access token, in this order of growing strength.
 */


#include "ngx_plaid_link.h"
#include "ngx_plaid_jansson.h"


/* a file, not a reply: duplicate names are mistakes, numbers stay as written */
#define NGX_PLAID_LINK_FLAGS      JSON_REJECT_DUPLICATES


typedef struct {
    u_char                    *data;         /* NULL: only counted */
    size_t                     len;
} ngx_plaid_link_text_t;


static json_t *ngx_plaid_link_load(ngx_str_t *text, json_error_t *error);
static const char *ngx_plaid_link_forbidden(json_t *json);
static ngx_uint_t ngx_plaid_link_token_like(const char *value);
static json_t *ngx_plaid_link_find(json_t *root, ngx_str_t *path);
static ngx_uint_t ngx_plaid_link_is(ngx_str_t *s, const char *text);
static json_t *ngx_plaid_link_json(ngx_plaid_link_type_e type,
    ngx_str_t *value);
static json_t *ngx_plaid_link_list(ngx_str_t *value);
static ngx_int_t ngx_plaid_link_put(json_t *root, ngx_str_t *path,
    json_t *value);
static ngx_int_t ngx_plaid_link_set(json_t *root,
    ngx_plaid_link_member_t *member);
static ngx_int_t ngx_plaid_link_fill(json_t *root,
    ngx_plaid_link_args_t *args, ngx_str_t *bad);
static ngx_int_t ngx_plaid_link_write(ngx_pool_t *pool, json_t *root,
    ngx_str_t *body);
static int ngx_plaid_link_append(const char *p, size_t n, void *data);


const char *
ngx_plaid_link_file(ngx_str_t *text, ngx_uint_t *line)
{
    json_t               *root;
    const char           *why;
    json_error_t          error;
    ngx_plaid_jansson_t   saved;

    *line = 0;

    if (text->len >= 3 && ngx_memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        return "begins with a byte order mark";
    }

    if (ngx_plaid_jansson_text(text) != NGX_OK) {
        return "has a NUL byte";
    }

    ngx_plaid_jansson_enter(&saved);

    root = ngx_plaid_link_load(text, &error);

    if (root == NULL) {
        why = (json_error_code(&error) == json_error_duplicate_key)
              ? "has a duplicate name" : "is not valid JSON";
        *line = (error.line > 0) ? error.line : 0;

    } else if (!json_is_object(root)) {
        why = "is not a JSON object";

    } else if (json_object_get(root, "user")
               && !json_is_object(json_object_get(root, "user")))
    {
        why = "has a \"user\" that is not an object";

    } else {
        why = ngx_plaid_link_forbidden(root);
    }

    json_decref(root);

    ngx_plaid_jansson_leave(&saved);

    return why;
}


static json_t *
ngx_plaid_link_load(ngx_str_t *text, json_error_t *error)
{
    if (text->len == 0) {
        return json_object();
    }

    return json_loadb((char *) text->data, text->len, NGX_PLAID_LINK_FLAGS,
                      error);
}


/* at any depth: keys and tokens have no place in a file that many may read */

static const char *
ngx_plaid_link_forbidden(json_t *json)
{
    size_t       i;
    json_t      *value;
    const char  *name, *why;

    why = NULL;

    if (json_is_string(json) && ngx_plaid_link_token_like(
                                    json_string_value(json)))
    {
        return "has an access token";
    }

    if (json_is_array(json)) {
        json_array_foreach(json, i, value) {
            why = ngx_plaid_link_forbidden(value);
            if (why) {
                return why;
            }
        }
    }

    json_object_foreach(json, name, value) {

        if (strcmp(name, "client_id") == 0) {
            return "has \"client_id\"";
        }

        if (strcmp(name, "secret") == 0) {
            return "has \"secret\"";
        }

        if (strcmp(name, "access_token") == 0
            || strcmp(name, "access_tokens") == 0)
        {
            return "has \"access_token\" or \"access_tokens\"";
        }

        why = ngx_plaid_link_forbidden(value);
        if (why) {
            return why;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_plaid_link_token_like(const char *value)
{
    const char  **prefix;

    static const char  *prefixes[] = {
        "access-sandbox-",
        "access-development-",
        "access-production-",
        "sealed1.",
        NULL
    };

    for (prefix = prefixes; *prefix; prefix++) {
        if (strncmp(value, *prefix, strlen(*prefix)) == 0) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_plaid_link_file_member(ngx_pool_t *pool, ngx_str_t *text,
    const char *path, ngx_str_t *value)
{
    json_t               *root, *found;
    ngx_int_t             rc;
    ngx_str_t             name;
    json_error_t          error;
    ngx_plaid_jansson_t   saved;

    ngx_str_null(value);

    name.data = (u_char *) path;
    name.len = ngx_strlen(path);

    ngx_plaid_jansson_enter(&saved);

    rc = NGX_ERROR;
    root = ngx_plaid_link_load(text, &error);

    if (root) {
        found = ngx_plaid_link_find(root, &name);
        rc = found ? NGX_OK : NGX_DECLINED;

        if (json_is_string(found)) {
            value->len = json_string_length(found);
            value->data = ngx_pnalloc(pool, value->len + 1);

            if (value->data) {
                ngx_memcpy(value->data, json_string_value(found),
                           value->len + 1);
            } else {
                rc = NGX_ERROR;
            }
        }
    }

    json_decref(root);

    ngx_plaid_jansson_leave(&saved);

    return rc;
}


static json_t *
ngx_plaid_link_find(json_t *root, ngx_str_t *path)
{
    size_t   len;
    char     name[NGX_PLAID_LINK_PATH_MAX + 1];
    u_char  *p, *last, *dot;

    p = path->data;
    last = p + path->len;

    while (root && p <= last) {
        dot = memchr(p, '.', last - p);
        len = (dot ? dot : last) - p;

        if (len > NGX_PLAID_LINK_PATH_MAX) {
            return NULL;
        }

        ngx_memcpy(name, p, len);
        name[len] = '\0';

        root = json_object_get(root, name);
        p += len + 1;
    }

    return root;
}


const char *
ngx_plaid_link_path(ngx_str_t *path)
{
    u_char        ch, before;
    size_t        i;
    const char  **name;

    static const char  *refused[] = {
        "client_id",
        "secret",
        "access_token",
        "access_tokens",
        "user.client_user_id",
        "user",
        NULL
    };

    if (path->len == 0 || path->len > NGX_PLAID_LINK_PATH_MAX) {
        return "is empty or too long";
    }

    before = '.';

    for (i = 0; i < path->len; i++) {
        ch = path->data[i];

        if (ch == '.' ? before == '.'
                      : (ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z')
                        && (ch < '0' || ch > '9') && ch != '_')
        {
            return "is not a dotted path of member names";
        }

        before = ch;
    }

    if (before == '.') {
        return "is not a dotted path of member names";
    }

    for (name = refused; *name; name++) {
        if (ngx_plaid_link_is(path, *name)) {
            return "cannot be set";
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_plaid_link_is(ngx_str_t *s, const char *text)
{
    return s->len == ngx_strlen(text)
           && ngx_memcmp(s->data, text, s->len) == 0;
}


ngx_int_t
ngx_plaid_link_value(ngx_plaid_link_type_e type, ngx_str_t *value)
{
    json_t               *json;
    ngx_int_t             rc;
    ngx_plaid_jansson_t   saved;

    ngx_plaid_jansson_enter(&saved);

    json = ngx_plaid_link_json(type, value);
    rc = json ? NGX_OK : NGX_DECLINED;

    json_decref(json);

    ngx_plaid_jansson_leave(&saved);

    return rc;
}


/* NULL: not of this type, or no memory */

static json_t *
ngx_plaid_link_json(ngx_plaid_link_type_e type, ngx_str_t *value)
{
    json_t        *json;
    json_error_t   error;

    switch (type) {

    case NGX_PLAID_LINK_NUMBER:

        if (ngx_plaid_jansson_text(value) != NGX_OK) {
            return NULL;
        }

        json = json_loadb((char *) value->data, value->len, JSON_DECODE_ANY,
                          &error);

        if (!json_is_number(json)) {
            json_decref(json);
            return NULL;
        }

        return json;

    case NGX_PLAID_LINK_BOOL:

        if (ngx_plaid_link_is(value, "true") || ngx_plaid_link_is(value, "1")
            || ngx_plaid_link_is(value, "on"))
        {
            return json_true();
        }

        if (ngx_plaid_link_is(value, "false") || ngx_plaid_link_is(value, "0")
            || ngx_plaid_link_is(value, "off"))
        {
            return json_false();
        }

        return NULL;

    case NGX_PLAID_LINK_LIST:
        return ngx_plaid_link_list(value);

    default: /* NGX_PLAID_LINK_STRING */
        return json_stringn((char *) value->data, value->len);
    }
}


static json_t *
ngx_plaid_link_list(ngx_str_t *value)
{
    u_char  *p, *last, *end, *comma;
    json_t  *list;

    list = json_array();

    p = value->data;
    last = p + value->len;

    while (list && p < last) {
        comma = memchr(p, ',', last - p);
        end = comma ? comma : last;
        comma = end;

        while (p < end && *p == ' ') {
            p++;
        }

        while (end > p && end[-1] == ' ') {
            end--;
        }

        if (end > p
            && json_array_append_new(list, json_stringn((char *) p, end - p))
               != 0)
        {
            json_decref(list);
            return NULL;
        }

        p = comma + 1;
    }

    return list;
}


/* Takes over "value"; NULL removes the member. */

static ngx_int_t
ngx_plaid_link_put(json_t *root, ngx_str_t *path, json_t *value)
{
    size_t   len;
    char     name[NGX_PLAID_LINK_PATH_MAX + 1];
    u_char  *p, *last, *dot;
    json_t  *next;

    p = path->data;
    last = p + path->len;

    for ( ;; ) {
        dot = memchr(p, '.', last - p);
        len = (dot ? dot : last) - p;

        ngx_memcpy(name, p, len);
        name[len] = '\0';

        if (dot == NULL) {
            break;
        }

        next = json_object_get(root, name);

        if (!json_is_object(next)) {

            if (value == NULL) {
                return NGX_OK;
            }

            next = json_object();

            if (json_object_set_new(root, name, next) != 0) {
                json_decref(value);
                return NGX_ERROR;
            }
        }

        root = next;
        p = dot + 1;
    }

    if (value == NULL) {
        (void) json_object_del(root, name);
        return NGX_OK;
    }

    return json_object_set_new(root, name, value) == 0 ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_link_set(json_t *root, ngx_plaid_link_member_t *member)
{
    json_t  *value;

    value = NULL;

    if (member->value.len) {
        value = ngx_plaid_link_json(member->type, &member->value);

        if (value == NULL) {
            return ngx_plaid_jansson_memory() == NGX_OK ? NGX_DECLINED
                                                        : NGX_ERROR;
        }
    }

    return ngx_plaid_link_put(root, &member->path, value);
}


ngx_int_t
ngx_plaid_link_body(ngx_pool_t *pool, ngx_plaid_link_args_t *args,
    ngx_str_t *body, ngx_str_t *bad)
{
    json_t               *root;
    ngx_int_t             rc;
    json_error_t          error;
    ngx_plaid_jansson_t   saved;

    ngx_str_null(body);
    ngx_str_null(bad);

    ngx_plaid_jansson_enter(&saved);

    rc = NGX_ERROR;
    root = ngx_plaid_link_load(&args->file, &error);

    if (root) {
        rc = ngx_plaid_link_fill(root, args, bad);
    }

    if (rc == NGX_OK) {
        rc = ngx_plaid_link_write(pool, root, body);
    }

    json_decref(root);

    ngx_plaid_jansson_leave(&saved);

    return rc;
}


static ngx_int_t
ngx_plaid_link_fill(json_t *root, ngx_plaid_link_args_t *args, ngx_str_t *bad)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_plaid_link_member_t  user, access;

    for (i = 0; i < args->nmembers; i++) {
        rc = ngx_plaid_link_set(root, &args->members[i]);

        if (rc != NGX_OK) {
            *bad = args->members[i].path;
            return rc;
        }
    }

    ngx_str_set(&user.path, "user.client_user_id");
    user.type = NGX_PLAID_LINK_STRING;
    user.value = args->user;

    rc = ngx_plaid_link_set(root, &user);

    if (rc != NGX_OK) {
        *bad = user.path;
        return rc;
    }

    if (args->access_token.len == 0) {
        return NGX_OK;
    }

    if (!args->keep_products) {
        (void) json_object_del(root, "products");
    }

    ngx_str_set(&access.path, "access_token");
    access.type = NGX_PLAID_LINK_STRING;
    access.value = args->access_token;

    rc = ngx_plaid_link_set(root, &access);

    if (rc != NGX_OK) {
        *bad = access.path;
    }

    return rc;
}


static ngx_int_t
ngx_plaid_link_write(ngx_pool_t *pool, json_t *root, ngx_str_t *body)
{
    ngx_plaid_link_text_t  text;

    text.data = NULL;
    text.len = 0;

    if (ngx_plaid_jansson_memory() != NGX_OK
        || json_dump_callback(root, ngx_plaid_link_append, &text,
                              JSON_COMPACT)
           != 0)
    {
        return NGX_ERROR;
    }

    text.data = ngx_pnalloc(pool, text.len);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    body->data = text.data;
    text.len = 0;

    if (json_dump_callback(root, ngx_plaid_link_append, &text, JSON_COMPACT)
        != 0)
    {
        return NGX_ERROR;
    }

    body->len = text.len;

    return NGX_OK;
}


static int
ngx_plaid_link_append(const char *p, size_t n, void *data)
{
    ngx_plaid_link_text_t *text = data;

    if (text->data) {
        ngx_memcpy(text->data + text->len, p, n);
    }

    text->len += n;

    return 0;
}
