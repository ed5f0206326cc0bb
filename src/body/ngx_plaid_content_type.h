
/*
 * The Content-Type of a posted body, read strictly.
 *
 * Promises: what one parser of such a header is known to read otherwise than
 * another one is an error.
 */


#ifndef _NGX_PLAID_CONTENT_TYPE_H_INCLUDED_
#define _NGX_PLAID_CONTENT_TYPE_H_INCLUDED_


#include "ngx_plaid.h"


typedef enum {
    NGX_PLAID_BODY_OTHER = 0,
    NGX_PLAID_BODY_FORM,
    NGX_PLAID_BODY_MULTIPART,
    NGX_PLAID_BODY_JSON
} ngx_plaid_body_type_e;


typedef struct {
    ngx_plaid_body_type_e      type;
    ngx_str_t                  boundary;     /* of multipart */
    const char                *error;        /* parsers may differ; or NULL */
} ngx_plaid_content_type_t;


/*
 * Reads the value of a Content-Type header.  A type, or a charset, that is
 * not searched is NGX_PLAID_BODY_OTHER.  "error" is set to a constant when no
 * browser and no known client writes the parameters like this.
 */
void ngx_plaid_content_type_parse(ngx_plaid_content_type_t *ct,
    ngx_str_t *value);

/*
 * The same for that of a part: whether its charset, if any, is one of those
 * that are searched.
 */
ngx_uint_t ngx_plaid_content_type_readable(ngx_str_t *value);


#endif /* _NGX_PLAID_CONTENT_TYPE_H_INCLUDED_ */
