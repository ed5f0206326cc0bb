
/*
 * Private to the parsers of a body: what they look for and what they found.
 */


#ifndef _NGX_PLAID_SEARCH_H_INCLUDED_
#define _NGX_PLAID_SEARCH_H_INCLUDED_


#include "ngx_plaid_body.h"


typedef enum {
    NGX_PLAID_FIELD_OTHER = 0,
    NGX_PLAID_FIELD_TOKEN,          /* a listed name */
    NGX_PLAID_FIELD_FOLDED,         /* a back end takes it for a listed one */
    NGX_PLAID_FIELD_ACCOUNT,        /* account_id */
    NGX_PLAID_FIELD_ACCOUNT_FOLDED
} ngx_plaid_field_e;


typedef struct {
    ngx_pool_t                *pool;
    ngx_array_t               *fields;       /* ngx_str_t: listed names */
    ngx_plaid_body_found_t    *found;
    ngx_uint_t                 tokens;       /* values of listed fields */
    ngx_uint_t                 files;        /* listed names of files */
    ngx_uint_t                 twice;        /* a listed JSON member is */
    const char                *doubt;        /* why there may be another */
    ngx_str_t                  account;      /* first value of account_id */
    ngx_uint_t                 accounts;     /* its values */
    ngx_uint_t                 others;       /* no strings, in its place */
} ngx_plaid_search_t;


/* What a field with the (decoded) name is. */
ngx_plaid_field_e ngx_plaid_search_field(ngx_plaid_search_t *s,
    ngx_str_t *name);

/*
 * Takes the (decoded) value of a field that is not OTHER; a FOLDED one is a
 * doubt whatever its value.  "value" is of the pool of the search and belongs
 * to it from now on; "" and the texts that JavaScript makes of nothing do not
 * count.
 */
void ngx_plaid_search_hit(ngx_plaid_search_t *s, ngx_plaid_field_e field,
    ngx_str_t *value);

/* Copies the value and takes it.  NGX_OK, NGX_ERROR. */
ngx_int_t ngx_plaid_search_hit_copy(ngx_plaid_search_t *s,
    ngx_plaid_field_e field, u_char *data, size_t len);

/*
 * Notes that another parser may see a token where this one does not: beside
 * a token there are two, without one the body is malformed.  "why" is a
 * constant.
 */
void ngx_plaid_search_doubt(ngx_plaid_search_t *s, const char *why);

/* Whether a listed name, or account_id, occurs in "text", folded. */
ngx_uint_t ngx_plaid_search_listed(ngx_plaid_search_t *s, ngx_str_t *text);
ngx_uint_t ngx_plaid_search_account(ngx_str_t *text);

/* What came of it, after a parser has returned NGX_OK. */
ngx_plaid_body_e ngx_plaid_search_result(ngx_plaid_search_t *s);

/* Sets the reason why the body cannot be parsed.  NGX_DECLINED. */
ngx_int_t ngx_plaid_search_error(ngx_plaid_search_t *s, const char *error);


#endif /* _NGX_PLAID_SEARCH_H_INCLUDED_ */
