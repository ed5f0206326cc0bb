
/*
 * The tables of error codes, as rows; ngx_plaid_sandbox.h has the functions
 * that answer with them.
 */


#ifndef _NGX_PLAID_SANDBOX_ERROR_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_ERROR_H_INCLUDED_


#include "ngx_plaid_sandbox.h"


typedef struct {
    const char                  *code;
    const char                  *type;
    ngx_uint_t                   status;
    const char                  *message;
    const char                  *display;       /* NULL: null */
} ngx_plaid_sandbox_error_t;


/* current API; the last row has no code */
extern const ngx_plaid_sandbox_error_t  ngx_plaid_sandbox_errors[];


#endif /* _NGX_PLAID_SANDBOX_ERROR_H_INCLUDED_ */
