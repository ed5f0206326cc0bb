
/*
 * A JSON body.  jansson reads each name and each value; only the objects on
 * the way to a listed name are taken apart here, because jansson by itself
 * keeps the last of two members of one name and does not tell.
 */


#include "ngx_plaid_search.h"
#include "ngx_plaid_jansson.h"


typedef enum {
    NGX_PLAID_JSON_OTHER = 0,
    NGX_PLAID_JSON_ON_THE_WAY,
    NGX_PLAID_JSON_LISTED,
    NGX_PLAID_JSON_ACCOUNT
} ngx_plaid_json_match_e;


typedef struct {
    u_char                    *pos;
    u_char                    *last;
    ngx_plaid_search_t        *search;
} ngx_plaid_json_t;


static ngx_int_t ngx_plaid_json_body(ngx_plaid_json_t *j);
static ngx_int_t ngx_plaid_json_object(ngx_plaid_json_t *j, ngx_str_t *path);
static ngx_int_t ngx_plaid_json_member(ngx_plaid_json_t *j, ngx_str_t *path);
static ngx_int_t ngx_plaid_json_found(ngx_plaid_json_t *j, json_t *value,
    ngx_plaid_field_e field);
static ngx_plaid_json_match_e ngx_plaid_json_match(ngx_plaid_search_t *s,
    ngx_str_t *path, ngx_str_t *name, ngx_str_t *way);
static json_t *ngx_plaid_json_value(ngx_plaid_json_t *j);
static ngx_int_t ngx_plaid_json_skip(ngx_plaid_json_t *j);


ngx_int_t
ngx_plaid_json_search(ngx_plaid_search_t *s, ngx_str_t *body)
{
    ngx_int_t            rc;
    ngx_plaid_json_t     j;
    ngx_plaid_jansson_t  saved;

    j.pos = body->data;
    j.last = body->data + body->len;
    j.search = s;

    if (ngx_plaid_jansson_text(body) != NGX_OK) {
        s->found->error = "a NUL in JSON";
        return NGX_DECLINED;
    }

    /* a byte order mark may be ignored (RFC 8259 8.1), and apps do */

    if (body->len >= 3 && ngx_memcmp(j.pos, "\xef\xbb\xbf", 3) == 0) {
        j.pos += 3;
    }

    ngx_plaid_jansson_enter(&saved);

    rc = ngx_plaid_json_body(&j);

    if (ngx_plaid_jansson_memory() != NGX_OK) {
        rc = NGX_ERROR;
    }

    ngx_plaid_jansson_leave(&saved);

    if (rc == NGX_DECLINED && s->found->error == NULL) {
        s->found->error = "invalid JSON";
    }

    return rc;
}


static ngx_int_t
ngx_plaid_json_body(ngx_plaid_json_t *j)
{
    json_t     *value;
    ngx_int_t   rc;
    ngx_str_t   path;

    if (ngx_plaid_json_skip(j) == '{') {
        ngx_str_set(&path, "");

        rc = ngx_plaid_json_object(j, &path);
        if (rc != NGX_OK) {
            return rc;
        }

    } else {
        value = ngx_plaid_json_value(j);
        if (value == NULL) {
            return NGX_DECLINED;
        }

        json_decref(value);
    }

    return ngx_plaid_json_skip(j) == NGX_DONE ? NGX_OK : NGX_DECLINED;
}


/*
 * Recursion ends with the listed names: "path" grows by each call and is the
 * beginning of one of them.
 */

static ngx_int_t
ngx_plaid_json_object(ngx_plaid_json_t *j, ngx_str_t *path)
{
    ngx_int_t  rc, ch;

    j->pos++;

    if (ngx_plaid_json_skip(j) == '}') {
        j->pos++;
        return NGX_OK;
    }

    for ( ;; ) {
        rc = ngx_plaid_json_member(j, path);
        if (rc != NGX_OK) {
            return rc;
        }

        ch = ngx_plaid_json_skip(j);

        if (ch != ',' && ch != '}') {
            return NGX_DECLINED;
        }

        j->pos++;

        if (ch == '}') {
            return NGX_OK;
        }
    }
}


static ngx_int_t
ngx_plaid_json_member(ngx_plaid_json_t *j, ngx_str_t *path)
{
    json_t                  *value;
    ngx_int_t                rc;
    ngx_str_t                name, way;
    ngx_plaid_json_match_e   match;

    if (ngx_plaid_json_skip(j) != '"') {
        return NGX_DECLINED;
    }

    value = ngx_plaid_json_value(j);
    if (value == NULL) {
        return NGX_DECLINED;
    }

    name.data = (u_char *) json_string_value(value);
    name.len = json_string_length(value);

    match = ngx_plaid_json_match(j->search, path, &name, &way);

    json_decref(value);

    if (ngx_plaid_json_skip(j) != ':') {
        return NGX_DECLINED;
    }

    j->pos++;

    if (ngx_plaid_json_skip(j) == '{' && way.len) {
        return ngx_plaid_json_object(j, &way);
    }

    value = ngx_plaid_json_value(j);
    if (value == NULL) {
        return NGX_DECLINED;
    }

    rc = NGX_OK;

    if (match == NGX_PLAID_JSON_LISTED) {
        rc = ngx_plaid_json_found(j, value, NGX_PLAID_FIELD_TOKEN);

    } else if (match == NGX_PLAID_JSON_ACCOUNT) {
        rc = ngx_plaid_json_found(j, value, NGX_PLAID_FIELD_ACCOUNT);
    }

    json_decref(value);

    return rc;
}


static ngx_int_t
ngx_plaid_json_found(ngx_plaid_json_t *j, json_t *value,
    ngx_plaid_field_e field)
{
    if (json_is_string(value)) {
        return ngx_plaid_search_hit_copy(j->search, field,
                                         (u_char *) json_string_value(value),
                                         json_string_length(value));
    }

    if (field == NGX_PLAID_FIELD_TOKEN && !json_is_null(value)) {
        j->search->found->error = "a listed member is not a string";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/*
 * What the member "name" of the object at "path" is.  When it leads to a
 * listed name, "way" is the path of its own members, else it is empty; a
 * path ends with a dot and points into a listed name.
 */

static ngx_plaid_json_match_e
ngx_plaid_json_match(ngx_plaid_search_t *s, ngx_str_t *path, ngx_str_t *name,
    ngx_str_t *way)
{
    size_t                   len;
    ngx_str_t               *field;
    ngx_uint_t               i;
    ngx_plaid_json_match_e   match;

    ngx_str_null(way);

    len = path->len + name->len;
    field = s->fields->elts;
    match = NGX_PLAID_JSON_OTHER;

    for (i = 0; i < s->fields->nelts; i++) {

        if (field[i].len < len
            || ngx_memcmp(field[i].data, path->data, path->len) != 0
            || ngx_memcmp(field[i].data + path->len, name->data, name->len)
               != 0)
        {
            continue;
        }

        if (field[i].len == len) {
            match = NGX_PLAID_JSON_LISTED;

        } else if (field[i].data[len] == '.') {
            way->len = len + 1;
            way->data = field[i].data;
        }
    }

    if (path->len == 0
        && ngx_plaid_search_field(s, name) == NGX_PLAID_FIELD_ACCOUNT)
    {
        match = NGX_PLAID_JSON_ACCOUNT;
    }

    return match;
}


static json_t *
ngx_plaid_json_value(ngx_plaid_json_t *j)
{
    json_t        *value;
    json_error_t   error;

    value = json_loadb((char *) j->pos, j->last - j->pos,
                       NGX_PLAID_JANSSON_FLAGS
                       |JSON_DECODE_ANY|JSON_DISABLE_EOF_CHECK,
                       &error);

    if (value) {
        j->pos += error.position;
    }

    return value;
}


/* The next byte that is not white space, or NGX_DONE. */

static ngx_int_t
ngx_plaid_json_skip(ngx_plaid_json_t *j)
{
    while (j->pos < j->last) {

        switch (*j->pos) {

        case ' ':
        case '\t':
        case '\r':
        case '\n':
            j->pos++;
            break;

        default:
            return *j->pos;
        }
    }

    return NGX_DONE;
}
