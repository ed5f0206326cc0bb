
/*
 * Private to multipart: the header lines of a part.
 */


#ifndef _NGX_PLAID_PART_H_INCLUDED_
#define _NGX_PLAID_PART_H_INCLUDED_


#include "ngx_plaid_search.h"


typedef struct {
    ngx_plaid_field_e          field;
    ngx_uint_t                 file;         /* it has a file name */
    ngx_uint_t                 encoded;      /* not plain bytes of UTF-8 */
} ngx_plaid_part_t;


/*
 * Reads the header lines in "head", each with its line break.  NGX_OK, or
 * NGX_DECLINED (s->found->error says why).  A part that some client writes in
 * a way which parsers read differently has the field OTHER: no listed name
 * occurs in it, in whatever spelling.
 */
ngx_int_t ngx_plaid_part_read(ngx_plaid_search_t *s, ngx_str_t *head,
    ngx_plaid_part_t *part);


#endif /* _NGX_PLAID_PART_H_INCLUDED_ */
