
#include "ngx_plaid_headers.h"


static u_char     ngx_plaid_headers_fold(u_char ch);
static ngx_int_t  ngx_plaid_headers_cut(ngx_pool_t *pool, ngx_str_t *value,
    ngx_array_t *names);
static ngx_uint_t  ngx_plaid_headers_member(ngx_str_t *rest,
    ngx_str_t *name);
static ngx_int_t  ngx_plaid_headers_unlink(ngx_list_t *list,
    ngx_list_part_t *prev, ngx_list_part_t *part, ngx_uint_t i);
static ngx_int_t  ngx_plaid_headers_split(ngx_list_t *list,
    ngx_list_part_t *part, ngx_uint_t i);
static ngx_int_t  ngx_plaid_headers_close(ngx_list_t *list);


static ngx_str_t  ngx_plaid_headers_prefix = ngx_string("X-Plaid-");
static ngx_str_t  ngx_plaid_headers_connection = ngx_string("Connection");


ngx_uint_t
ngx_plaid_headers_match(ngx_str_t *name, ngx_array_t *names)
{
    ngx_str_t   start, *configured;
    ngx_uint_t  i;

    if (name->len >= ngx_plaid_headers_prefix.len
        && (name->data[0] | 0x20) == 'x')
    {
        start.len = ngx_plaid_headers_prefix.len;
        start.data = name->data;

        if (ngx_plaid_headers_equal(&start, &ngx_plaid_headers_prefix)) {
            return 1;
        }
    }

    if (names == NULL) {
        return 0;
    }

    configured = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if (ngx_plaid_headers_equal(name, &configured[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_headers_equal(ngx_str_t *a, ngx_str_t *b)
{
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {
        if (ngx_plaid_headers_fold(a->data[i])
            != ngx_plaid_headers_fold(b->data[i]))
        {
            return 0;
        }
    }

    return 1;
}


static u_char
ngx_plaid_headers_fold(u_char ch)
{
    u_char  c;

    c = (u_char) (ch | 0x20);

    if (c >= 'a' && c <= 'z') {
        return c;
    }

    if (ch >= '0' && ch <= '9') {
        return ch;
    }

    return '_';
}


ngx_int_t
ngx_plaid_headers_strip(ngx_list_t *list, ngx_array_t *names,
    ngx_plaid_headers_removed_pt removed, void *data)
{
    ngx_int_t         n;
    ngx_uint_t        i;
    ngx_list_part_t  *part, *prev, *next;
    ngx_table_elt_t  *header;

    n = 0;
    prev = NULL;

    for (part = &list->part; part; part = next) {

        next = part->next;

        /*
         * from the end: what unlinking splits off then is a tail
         * that has been looked at
         */

        for (i = part->nelts; i-- > 0; /* void */) {

            header = (ngx_table_elt_t *) part->elts + i;

            if (!ngx_plaid_headers_match(&header->key, names)) {

                if (header->key.len == ngx_plaid_headers_connection.len
                    && ngx_plaid_headers_equal(&header->key,
                                               &ngx_plaid_headers_connection)
                    && ngx_plaid_headers_cut(list->pool, &header->value,
                                             names)
                       != NGX_OK)
                {
                    (void) ngx_plaid_headers_close(list);
                    return NGX_ERROR;
                }

                continue;
            }

            if (removed) {
                removed(data, header);
            }

            if (ngx_plaid_headers_unlink(list, prev, part, i) != NGX_OK) {
                (void) ngx_plaid_headers_close(list);
                return NGX_ERROR;
            }

            n++;
        }

        /* a part that was dropped is no predecessor; one split off may be */

        if (part == &list->part || part->nelts) {
            prev = part;
        }

        while (prev->next != next) {
            prev = prev->next;
        }
    }

    if (n && ngx_plaid_headers_close(list) != NGX_OK) {
        return NGX_ERROR;
    }

    return n;
}


/*
 * What "Connection" names is for the next hop alone (RFC 9110, 7.6.1): an app
 * that is a proxy would remove the headers that we set.
 */

static ngx_int_t
ngx_plaid_headers_cut(ngx_pool_t *pool, ngx_str_t *value, ngx_array_t *names)
{
    u_char      *p;
    ngx_str_t    rest, name;
    ngx_uint_t   n;

    n = 0;
    rest = *value;

    while (ngx_plaid_headers_member(&rest, &name)) {
        n += ngx_plaid_headers_match(&name, names);
    }

    if (n == 0) {
        return NGX_OK;
    }

    /* a blank more after each comma */

    p = ngx_pnalloc(pool, 2 * value->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    rest = *value;
    value->data = p;

    while (ngx_plaid_headers_member(&rest, &name)) {

        if (ngx_plaid_headers_match(&name, names)) {
            continue;
        }

        if (p != value->data) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, name.data, name.len);
    }

    *p = '\0';
    value->len = p - value->data;

    return NGX_OK;
}


/* takes the first member that is not empty from "rest"; 0: there is none */

static ngx_uint_t
ngx_plaid_headers_member(ngx_str_t *rest, ngx_str_t *name)
{
    u_char  *p, *last;

    p = rest->data;
    last = rest->data + rest->len;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    name->data = p;

    while (p < last && *p != ',') {
        p++;
    }

    rest->data = p;
    rest->len = last - p;

    while (p > name->data && (p[-1] == ' ' || p[-1] == '\t')) {
        p--;
    }

    name->len = p - name->data;

    return name->len != 0;
}


static ngx_int_t
ngx_plaid_headers_unlink(ngx_list_t *list, ngx_list_part_t *prev,
    ngx_list_part_t *part, ngx_uint_t i)
{
    if (part->nelts == 1) {
        part->nelts = 0;

        /* readers of the list skip an empty part only where it is the first */

        if (part != &list->part) {
            prev->next = part->next;

            if (part == list->last) {
                list->last = prev;
            }
        }

        return NGX_OK;
    }

    if (i == part->nelts - 1) {
        part->nelts--;
        return NGX_OK;
    }

    if (i == 0) {
        part->elts = (u_char *) part->elts + list->size;
        part->nelts--;
        return NGX_OK;
    }

    return ngx_plaid_headers_split(list, part, i);
}


static ngx_int_t
ngx_plaid_headers_split(ngx_list_t *list, ngx_list_part_t *part, ngx_uint_t i)
{
    ngx_list_part_t  *tail;

    tail = ngx_palloc(list->pool, sizeof(ngx_list_part_t));
    if (tail == NULL) {
        return NGX_ERROR;
    }

    tail->elts = (u_char *) part->elts + (i + 1) * list->size;
    tail->nelts = part->nelts - i - 1;
    tail->next = part->next;

    part->nelts = i;
    part->next = tail;

    if (part == list->last) {
        list->last = tail;
    }

    return NGX_OK;
}


/*
 * What lies behind the last element may be an element of a list that this one
 * was copied from, or no longer be room for as many as list->nalloc says, the
 * capacity of the last part and of parts to come: no push may go there.
 */

static ngx_int_t
ngx_plaid_headers_close(ngx_list_t *list)
{
    void             *elts;
    ngx_list_part_t  *last;

    last = list->last;

    if (last->nelts) {
        list->nalloc = last->nelts;
        return NGX_OK;
    }

    /* the first part, and no other: there is no room that is full */

    list->nalloc = 1;

    elts = ngx_palloc(list->pool, list->size);
    if (elts == NULL) {
        return NGX_ERROR;
    }

    last->elts = elts;

    return NGX_OK;
}


ngx_int_t
ngx_plaid_headers_unshare(ngx_list_t *list)
{
    ngx_list_part_t  *part, *copy, *prev;

    prev = &list->part;

    for (part = list->part.next; part; part = part->next) {

        copy = ngx_palloc(list->pool, sizeof(ngx_list_part_t));
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *part;
        prev->next = copy;
        prev = copy;
    }

    /* in a list copied by value, "last" is the first part of the original */

    list->last = prev;

    return ngx_plaid_headers_close(list);
}


ngx_int_t
ngx_plaid_headers_append(ngx_list_t *list, ngx_table_elt_t *elts,
    ngx_uint_t n)
{
    ngx_list_part_t  *part;

    part = ngx_palloc(list->pool, sizeof(ngx_list_part_t));
    if (part == NULL) {
        return NGX_ERROR;
    }

    part->elts = elts;
    part->nelts = n;
    part->next = NULL;

    list->last->next = part;
    list->last = part;

    /* full: the next push starts a part of its own */

    list->nalloc = n;

    return NGX_OK;
}
