
/*
 * Private to the parsers of a body: what they look for and what they found.
 */


#ifndef _NGX_PLAID_SEARCH_H_INCLUDED_
#define _NGX_PLAID_SEARCH_H_INCLUDED_


#include "ngx_plaid_body.h"


typedef enum {
    NGX_PLAID_FIELD_OTHER = 0,
    NGX_PLAID_FIELD_TOKEN,
    NGX_PLAID_FIELD_ACCOUNT
} ngx_plaid_field_e;


typedef struct {
    ngx_pool_t                *pool;
    ngx_array_t               *fields;
    ngx_plaid_body_found_t    *found;
    ngx_uint_t                 tokens;       /* values of listed fields */
    ngx_uint_t                 accounts;     /* values of account_id */
} ngx_plaid_search_t;


/* What a field with the (decoded) name is. */
ngx_plaid_field_e ngx_plaid_search_field(ngx_plaid_search_t *s,
    ngx_str_t *name);

/*
 * Takes the (decoded) value of a field that is not OTHER.  "value" is of the
 * pool of the search and belongs to it from now on; "" and the texts that
 * JavaScript makes of nothing do not count.
 */
void ngx_plaid_search_hit(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    ngx_str_t *value);

/* Copies the value and takes it.  NGX_OK, NGX_ERROR. */
ngx_int_t ngx_plaid_search_hit_copy(ngx_plaid_search_t *s,
    ngx_plaid_field_e field, u_char *data, size_t len);


/*
 * The parsers.  NGX_OK, NGX_ERROR (no memory), or NGX_DECLINED (the body
 * cannot be parsed; found->error says why).
 */
ngx_int_t ngx_plaid_form_search(ngx_plaid_search_t *s, ngx_str_t *body);
ngx_int_t ngx_plaid_multipart_search(ngx_plaid_search_t *s, ngx_str_t *body,
    ngx_str_t *content_type);
ngx_int_t ngx_plaid_json_search(ngx_plaid_search_t *s, ngx_str_t *body);


#endif /* _NGX_PLAID_SEARCH_H_INCLUDED_ */
