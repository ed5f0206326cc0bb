
/*
 * A JSON body.  The objects on the way to a listed name are taken apart here,
 * because jansson keeps the last of two members of one name and does not
 * tell; of all else only the syntax matters.  jansson decodes what has
 * escapes.
 */


#include "ngx_plaid_search.h"
#include "ngx_plaid_jansson.h"
#include "ngx_plaid_json_scan.h"


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
static ngx_int_t ngx_plaid_json_name(ngx_plaid_json_t *j, ngx_str_t *path,
    ngx_str_t *way, ngx_plaid_json_match_e *match);
static ngx_int_t ngx_plaid_json_found(ngx_plaid_json_t *j, ngx_str_t *text,
    ngx_plaid_field_e field);
static ngx_int_t ngx_plaid_json_string(ngx_plaid_json_t *j, ngx_str_t *text,
    ngx_plaid_field_e field);
static ngx_plaid_json_match_e ngx_plaid_json_match(ngx_plaid_search_t *s,
    ngx_str_t *path, ngx_str_t *name, ngx_str_t *way);
static json_t *ngx_plaid_json_decode(u_char *p, size_t len);
static ngx_int_t ngx_plaid_json_value(ngx_plaid_json_t *j);
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

    if (memchr(body->data, '\0', body->len)) {
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
    ngx_int_t   rc;
    ngx_str_t   path;

    if (ngx_plaid_json_skip(j) == '{') {
        ngx_str_set(&path, "");

        rc = ngx_plaid_json_object(j, &path);

    } else {
        rc = ngx_plaid_json_value(j);
    }

    if (rc != NGX_OK) {
        return rc;
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
    ngx_int_t                rc;
    ngx_str_t                text, way;
    ngx_plaid_json_match_e   match;

    if (ngx_plaid_json_name(j, path, &way, &match) != NGX_OK
        || ngx_plaid_json_skip(j) != ':')
    {
        return NGX_DECLINED;
    }

    j->pos++;

    if (ngx_plaid_json_skip(j) == '{' && way.len) {
        return ngx_plaid_json_object(j, &way);
    }

    text.data = j->pos;

    rc = ngx_plaid_json_value(j);

    if (rc != NGX_OK || match == NGX_PLAID_JSON_OTHER) {
        return rc;
    }

    text.len = j->pos - text.data;

    return ngx_plaid_json_found(j, &text,
                                (match == NGX_PLAID_JSON_LISTED)
                                ? NGX_PLAID_FIELD_TOKEN
                                : NGX_PLAID_FIELD_ACCOUNT);
}


static ngx_int_t
ngx_plaid_json_name(ngx_plaid_json_t *j, ngx_str_t *path, ngx_str_t *way,
    ngx_plaid_json_match_e *match)
{
    u_char      *start, *end;
    json_t      *value;
    ngx_str_t    name;
    ngx_uint_t   has;

    (void) ngx_plaid_json_skip(j);

    start = j->pos;

    end = ngx_plaid_json_scan_string(start, j->last, &has);
    if (end == NULL) {
        return NGX_DECLINED;
    }

    j->pos = end;

    if (!(has & NGX_PLAID_JSON_ESCAPE)) {
        name.data = start + 1;
        name.len = end - start - 2;

        *match = ngx_plaid_json_match(j->search, path, &name, way);

        return NGX_OK;
    }

    value = ngx_plaid_json_decode(start, end - start);
    if (value == NULL) {
        return NGX_DECLINED;
    }

    name.data = (u_char *) json_string_value(value);
    name.len = json_string_length(value);

    *match = ngx_plaid_json_match(j->search, path, &name, way);

    json_decref(value);

    return NGX_OK;
}


/* "text" is that of a value, and known to be JSON. */

static ngx_int_t
ngx_plaid_json_found(ngx_plaid_json_t *j, ngx_str_t *text,
    ngx_plaid_field_e field)
{
    if (text->data[0] == '"') {
        return ngx_plaid_json_string(j, text, field);
    }

    if (field == NGX_PLAID_FIELD_TOKEN && text->data[0] != 'n') {
        j->search->found->error = "a listed member is not a string";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_json_string(ngx_plaid_json_t *j, ngx_str_t *text,
    ngx_plaid_field_e field)
{
    json_t     *value;
    ngx_int_t   rc;

    if (memchr(text->data, '\\', text->len) == NULL) {
        return ngx_plaid_search_hit_copy(j->search, field, text->data + 1,
                                         text->len - 2);
    }

    value = ngx_plaid_json_decode(text->data, text->len);
    if (value == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_plaid_search_hit_copy(j->search, field,
                                   (u_char *) json_string_value(value),
                                   json_string_length(value));
    json_decref(value);

    return rc;
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
ngx_plaid_json_decode(u_char *p, size_t len)
{
    json_error_t  error;

    return json_loadb((char *) p, len, NGX_PLAID_JANSSON_FLAGS|JSON_DECODE_ANY,
                      &error);
}


static ngx_int_t
ngx_plaid_json_value(ngx_plaid_json_t *j)
{
    u_char  *end;

    end = ngx_plaid_json_scan_value(j->pos, j->last);
    if (end == NULL) {
        return NGX_DECLINED;
    }

    j->pos = end;

    return NGX_OK;
}


/* The next byte that is not white space, or NGX_DONE. */

static ngx_int_t
ngx_plaid_json_skip(ngx_plaid_json_t *j)
{
    j->pos = ngx_plaid_json_scan_blank(j->pos, j->last);

    return (j->pos == j->last) ? NGX_DONE : *j->pos;
}
