
/*
 * A JSON body: the objects on the way to a listed name are searched member by
 * member, of all else only the grammar counts.
 */


#include "ngx_plaid_json.h"
#include "ngx_plaid_fold.h"
#include "ngx_plaid_json_scan.h"
#include "ngx_plaid_json_string.h"
#include "ngx_plaid_str.h"


typedef struct {
    ngx_plaid_json_scan_t      scan;
    ngx_plaid_search_t        *search;

    /* a byte for each one of all listed names: a member ended there */
    u_char                    *seen;
} ngx_plaid_json_t;


static ngx_int_t ngx_plaid_json_seen(ngx_plaid_json_t *j);
static ngx_int_t ngx_plaid_json_body(ngx_plaid_json_t *j);
static ngx_int_t ngx_plaid_json_object(ngx_plaid_json_t *j, ngx_str_t *path);
static ngx_int_t ngx_plaid_json_member(ngx_plaid_json_t *j, ngx_str_t *path,
    ngx_plaid_json_e type);
static ngx_int_t ngx_plaid_json_name(ngx_plaid_json_t *j, ngx_str_t *path,
    ngx_str_t *way, ngx_plaid_field_e *field);
static ngx_plaid_field_e ngx_plaid_json_match(ngx_plaid_json_t *j,
    ngx_str_t *path, ngx_str_t *name, ngx_str_t *way);
static ngx_plaid_field_e ngx_plaid_json_folded(ngx_plaid_json_t *j,
    ngx_str_t *path, ngx_str_t *name);
static ngx_int_t ngx_plaid_json_found(ngx_plaid_json_t *j,
    ngx_plaid_field_e field, ngx_plaid_json_e type);
static ngx_int_t ngx_plaid_json_value(ngx_plaid_json_t *j,
    ngx_plaid_field_e field);


ngx_int_t
ngx_plaid_json_search(ngx_plaid_search_t *s, ngx_str_t *body)
{
    ngx_int_t          rc;
    ngx_plaid_json_t   j;

    j.search = s;

    ngx_plaid_json_scan_init(&j.scan, body, NGX_PLAID_JSON_DEPTH);

    if (ngx_plaid_json_seen(&j) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_plaid_json_body(&j);

    if (rc == NGX_DECLINED && s->found->error == NULL) {
        s->found->error = "invalid JSON";
    }

    return rc;
}


static ngx_int_t
ngx_plaid_json_seen(ngx_plaid_json_t *j)
{
    size_t       len;
    ngx_str_t   *field;
    ngx_uint_t   i;

    len = 0;
    field = j->search->fields->elts;

    for (i = 0; i < j->search->fields->nelts; i++) {
        len += field[i].len;
    }

    j->seen = ngx_pnalloc(j->search->pool, len + 1);
    if (j->seen == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(j->seen, len + 1);

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_json_body(ngx_plaid_json_t *j)
{
    ngx_int_t          rc;
    ngx_str_t          path;
    ngx_plaid_json_e   type;

    type = ngx_plaid_json_scan_next(&j->scan);

    if (type == NGX_PLAID_JSON_OBJECT) {
        ngx_str_set(&path, "");

        rc = ngx_plaid_json_object(j, &path);
        if (rc != NGX_OK) {
            return rc;
        }

    } else if (type == NGX_PLAID_JSON_ARRAY) {
        (void) ngx_plaid_json_scan_skip(&j->scan);
    }

    return (ngx_plaid_json_scan_next(&j->scan) == NGX_PLAID_JSON_END)
           ? NGX_OK : NGX_DECLINED;
}


/*
 * Recursion ends with the listed names: "path" grows by each call and is the
 * beginning of one of them.
 */

static ngx_int_t
ngx_plaid_json_object(ngx_plaid_json_t *j, ngx_str_t *path)
{
    ngx_int_t          rc;
    ngx_plaid_json_e   type;

    for ( ;; ) {
        type = ngx_plaid_json_scan_next(&j->scan);

        if (type == NGX_PLAID_JSON_CLOSE) {
            return NGX_OK;
        }

        if (type == NGX_PLAID_JSON_INVALID) {
            return NGX_DECLINED;
        }

        rc = ngx_plaid_json_member(j, path, type);
        if (rc != NGX_OK) {
            return rc;
        }
    }
}


static ngx_int_t
ngx_plaid_json_member(ngx_plaid_json_t *j, ngx_str_t *path,
    ngx_plaid_json_e type)
{
    ngx_str_t           way;
    ngx_plaid_field_e   field;

    if (ngx_plaid_json_name(j, path, &way, &field) != NGX_OK) {
        return NGX_ERROR;
    }

    if (type == NGX_PLAID_JSON_OBJECT && way.len) {
        return ngx_plaid_json_object(j, &way);
    }

    if ((type == NGX_PLAID_JSON_OBJECT || type == NGX_PLAID_JSON_ARRAY)
        && ngx_plaid_json_scan_skip(&j->scan) == NGX_PLAID_JSON_INVALID)
    {
        return NGX_DECLINED;
    }

    return (field == NGX_PLAID_FIELD_OTHER)
           ? NGX_OK : ngx_plaid_json_found(j, field, type);
}


static ngx_int_t
ngx_plaid_json_name(ngx_plaid_json_t *j, ngx_str_t *path, ngx_str_t *way,
    ngx_plaid_field_e *field)
{
    u_char     *p, buf[NGX_PLAID_FIELD_MAX];
    ngx_str_t   name;

    name = j->scan.name;

    if (!ngx_plaid_json_string_escaped(&name)) {
        *field = ngx_plaid_json_match(j, path, &name, way);
        return NGX_OK;
    }

    p = buf;

    if (name.len > sizeof(buf)) {
        p = ngx_pnalloc(j->search->pool, name.len);
        if (p == NULL) {
            return NGX_ERROR;
        }
    }

    name.len = ngx_plaid_json_string_decode(p, &name);
    name.data = p;

    *field = ngx_plaid_json_match(j, path, &name, way);

    if (p != buf) {
        (void) ngx_pfree(j->search->pool, p);
    }

    return NGX_OK;
}


/*
 * What the member "name" of the object at "path" is.  When it leads to a
 * listed name, "way" is the path of its own members, else it is empty; a
 * path ends with a dot and points into a listed name.
 */

static ngx_plaid_field_e
ngx_plaid_json_match(ngx_plaid_json_t *j, ngx_str_t *path, ngx_str_t *name,
    ngx_str_t *way)
{
    size_t              len;
    u_char             *seen;
    ngx_str_t          *listed;
    ngx_uint_t          i, known;
    ngx_plaid_field_e   field;

    ngx_str_null(way);

    known = 0;
    seen = j->seen;
    len = path->len + name->len;
    listed = j->search->fields->elts;
    field = NGX_PLAID_FIELD_OTHER;

    for (i = 0; i < j->search->fields->nelts; seen += listed[i++].len) {

        if (len == 0 || listed[i].len < len
            || ngx_memcmp(listed[i].data, path->data, path->len) != 0
            || ngx_memcmp(listed[i].data + path->len, name->data, name->len)
               != 0)
        {
            continue;
        }

        if (listed[i].len == len) {
            field = NGX_PLAID_FIELD_TOKEN;

        } else if (listed[i].data[len] == '.') {
            way->len = len + 1;
            way->data = listed[i].data;

        } else {
            continue;
        }

        /* parsers take the first one, or the last one, or both */

        if (seen[len - 1]) {
            j->search->twice = 1;
        }

        seen[len - 1] = 1;
        known = 1;
    }

    return known ? field : ngx_plaid_json_folded(j, path, name);
}


static ngx_plaid_field_e
ngx_plaid_json_folded(ngx_plaid_json_t *j, ngx_str_t *path, ngx_str_t *name)
{
    ngx_str_t           *listed, rest;
    ngx_uint_t           i;
    ngx_plaid_field_e    field;

    listed = j->search->fields->elts;

    for (i = 0; i < j->search->fields->nelts; i++) {

        if (listed[i].len <= path->len
            || ngx_memcmp(listed[i].data, path->data, path->len) != 0)
        {
            continue;
        }

        rest.len = listed[i].len - path->len;
        rest.data = listed[i].data + path->len;

        if (ngx_plaid_fold_path(name, &rest)) {
            return NGX_PLAID_FIELD_FOLDED;
        }
    }

    if (path->len) {
        return NGX_PLAID_FIELD_OTHER;
    }

    /* no listed name is left that it could be */

    field = ngx_plaid_search_field(j->search, name);

    return field;
}


/* The value that was read last is of a field that is not OTHER. */

static ngx_int_t
ngx_plaid_json_found(ngx_plaid_json_t *j, ngx_plaid_field_e field,
    ngx_plaid_json_e type)
{
    ngx_str_t  none;

    ngx_str_null(&none);

    if (field == NGX_PLAID_FIELD_FOLDED) {
        ngx_plaid_search_hit(j->search, field, &none);
        return NGX_OK;
    }

    if (type == NGX_PLAID_JSON_STRING) {
        return ngx_plaid_json_value(j, field);
    }

    if (field != NGX_PLAID_FIELD_TOKEN) {
        j->search->others++;
        return NGX_OK;
    }

    return (type == NGX_PLAID_JSON_NULL)
           ? NGX_OK
           : ngx_plaid_search_error(j->search,
                                    "a listed member is not a string");
}


static ngx_int_t
ngx_plaid_json_value(ngx_plaid_json_t *j, ngx_plaid_field_e field)
{
    ngx_str_t  string, value;

    string = ngx_plaid_json_scan_string(&j->scan);

    value.data = ngx_pnalloc(j->search->pool, string.len + 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_plaid_json_string_decode(value.data, &string);

    ngx_plaid_search_hit(j->search, field, &value);

    return NGX_OK;
}
