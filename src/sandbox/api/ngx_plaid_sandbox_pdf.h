
/* Lines of text as a PDF (ISO 32000-1): one font, A4, any number of pages. */


#ifndef _NGX_PLAID_SANDBOX_PDF_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_PDF_H_INCLUDED_


#include "ngx_plaid_sandbox.h"


/*
 * Answers with a PDF of "lines", an array of strings: sets call->file.  What
 * is no ASCII becomes "?".  NGX_ERROR: no memory.
 */
ngx_int_t ngx_plaid_sandbox_pdf(ngx_plaid_sandbox_call_t *call,
    json_t *lines);


#endif /* _NGX_PLAID_SANDBOX_PDF_H_INCLUDED_ */
