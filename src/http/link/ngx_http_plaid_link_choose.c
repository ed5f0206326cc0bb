
/*
 * What a client may choose: top-level fields of its JSON or form body, by the
 * configured names, with one of the configured values.
 */


#include "ngx_http_plaid_link.h"
#include "ngx_plaid_body.h"
#include "ngx_plaid_jansson.h"


static ngx_int_t ngx_http_plaid_link_body(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_http_plaid_link_choose_json(ngx_http_plaid_link_t *lt,
    ngx_str_t *body);
static ngx_int_t ngx_http_plaid_link_choose_form(ngx_http_plaid_link_t *lt);
static ngx_int_t ngx_http_plaid_link_chosen(ngx_http_plaid_link_t *lt,
    ngx_http_plaid_link_choice_t *choice, u_char *data, size_t len);


ngx_int_t
ngx_http_plaid_link_choose(ngx_http_plaid_link_t *lt)
{
    ngx_int_t            rc;
    ngx_str_t            body;
    ngx_table_elt_t     *type;
    ngx_http_request_t  *r;

    r = lt->request;

    rc = ngx_http_plaid_link_body(r, &body);

    if (rc != NGX_OK || body.len == 0) {
        return rc;
    }

    type = r->headers_in.content_type;

    if (type == NULL) {
        return NGX_DECLINED;
    }

    switch (ngx_plaid_body_type(&type->value)) {

    case NGX_PLAID_BODY_JSON:
        return ngx_http_plaid_link_choose_json(lt, &body);

    case NGX_PLAID_BODY_FORM:
        return ngx_http_plaid_link_choose_form(lt);

    default:
        return NGX_DECLINED;
    }
}


/* NGX_DONE: it is larger than it may be */

static ngx_int_t
ngx_http_plaid_link_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    off_t         size;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_str_null(body);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    size = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (size > NGX_HTTP_PLAID_LINK_BODY_MAX) {
        return NGX_DONE;
    }

    body->data = ngx_pnalloc(r->pool, size + 1);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    p = body->data;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (!ngx_buf_in_memory(b) && b->in_file) {
            n = ngx_read_file(b->file, p, (size_t) (b->file_last
                                                    - b->file_pos),
                              b->file_pos);
            if (n != b->file_last - b->file_pos) {
                return NGX_ERROR;
            }

            p += n;
            continue;
        }

        p = ngx_cpymem(p, b->pos, b->last - b->pos);
    }

    body->len = p - body->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_link_choose_json(ngx_http_plaid_link_t *lt, ngx_str_t *body)
{
    json_t                        *root, *value;
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    json_error_t                   error;
    ngx_plaid_jansson_t            saved;
    ngx_http_plaid_link_choice_t  *choice;

    if (ngx_plaid_jansson_text(body) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_plaid_jansson_enter(&saved);

    root = json_loadb((char *) body->data, body->len,
                      NGX_PLAID_JANSSON_FLAGS|JSON_REJECT_DUPLICATES, &error);

    rc = json_is_object(root) ? NGX_OK : NGX_DECLINED;

    choice = lt->llcf->choices->elts;

    for (i = 0; rc == NGX_OK && i < lt->llcf->choices->nelts; i++) {

        /* of the configuration, where strings end in NUL */
        value = json_object_get(root, (char *) choice[i].path.data);

        if (value == NULL || json_is_null(value)) {
            continue;
        }

        rc = json_is_string(value)
             ? ngx_http_plaid_link_chosen(lt, &choice[i],
                                          (u_char *) json_string_value(value),
                                          json_string_length(value))
             : NGX_DECLINED;
    }

    if (ngx_plaid_jansson_memory() != NGX_OK) {
        rc = NGX_ERROR;
    }

    json_decref(root);

    ngx_plaid_jansson_leave(&saved);

    return rc;
}


static ngx_int_t
ngx_http_plaid_link_choose_form(ngx_http_plaid_link_t *lt)
{
    ngx_int_t                      rc;
    ngx_str_t                     *name;
    ngx_uint_t                     i;
    ngx_array_t                    names;
    ngx_http_request_t            *r;
    ngx_plaid_body_found_t         found;
    ngx_http_plaid_link_choice_t  *choice;

    r = lt->request;
    choice = lt->llcf->choices->elts;

    if (ngx_array_init(&names, r->pool, 1, sizeof(ngx_str_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    name = ngx_array_push(&names);

    for (i = 0; i < lt->llcf->choices->nelts; i++) {
        *name = choice[i].path;

        switch (ngx_plaid_body_search(r->pool, r->connection->log,
                                      r->request_body->bufs,
                                      NGX_HTTP_PLAID_LINK_BODY_MAX,
                                      &r->headers_in.content_type->value,
                                      &names, &found))
        {
        case NGX_PLAID_BODY_FOUND:
            rc = ngx_http_plaid_link_chosen(lt, &choice[i], found.token.data,
                                            found.token.len);
            if (rc != NGX_OK) {
                return rc;
            }

            break;

        case NGX_PLAID_BODY_ABSENT:
            break;

        case NGX_PLAID_BODY_FAILED:
            return NGX_ERROR;

        default:
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_link_chosen(ngx_http_plaid_link_t *lt,
    ngx_http_plaid_link_choice_t *choice, u_char *data, size_t len)
{
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_plaid_link_member_t  *member;

    value = choice->values.elts;

    for (i = 0; i < choice->values.nelts; i++) {

        if (value[i].len != len
            || ngx_memcmp(value[i].data, data, len) != 0)
        {
            continue;
        }

        member = ngx_array_push(&lt->members);
        if (member == NULL) {
            return NGX_ERROR;
        }

        member->path = choice->path;
        member->type = NGX_PLAID_LINK_STRING;
        member->value = value[i];

        return NGX_OK;
    }

    return NGX_DECLINED;
}
