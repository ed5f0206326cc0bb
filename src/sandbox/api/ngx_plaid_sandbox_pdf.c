
/* Text as a PDF. */


#include "ngx_plaid_sandbox_pdf.h"


#define NGX_PLAID_SANDBOX_PDF_LINES    52       /* on a page */

/* of a line; longer ones are cut where the page ends */
#define NGX_PLAID_SANDBOX_PDF_WIDTH    88

/* objects before those of the pages: catalog, tree, font */
#define NGX_PLAID_SANDBOX_PDF_FIRST    4

/* around the text of a page and a line, in the cross-reference, at the ends */
#define NGX_PLAID_SANDBOX_PDF_PAGE     512
#define NGX_PLAID_SANDBOX_PDF_LINE     32
#define NGX_PLAID_SANDBOX_PDF_REST     1024


static u_char *ngx_plaid_sandbox_pdf_page(u_char *p, json_t *lines,
    ngx_uint_t page, ngx_uint_t *at, u_char *start);
static u_char *ngx_plaid_sandbox_pdf_line(u_char *p, const char *text);


ngx_int_t
ngx_plaid_sandbox_pdf(ngx_plaid_sandbox_call_t *call, json_t *lines)
{
    u_char      *p, *start;
    size_t       size, n;
    ngx_uint_t   i, pages, objects, *at;

    n = json_array_size(lines);
    pages = n ? (n + NGX_PLAID_SANDBOX_PDF_LINES - 1)
                / NGX_PLAID_SANDBOX_PDF_LINES : 1;
    objects = NGX_PLAID_SANDBOX_PDF_FIRST + 2 * pages;

    size = pages * NGX_PLAID_SANDBOX_PDF_PAGE
           + n * (2 * NGX_PLAID_SANDBOX_PDF_WIDTH + NGX_PLAID_SANDBOX_PDF_LINE)
           + objects * NGX_PLAID_SANDBOX_PDF_LINE + NGX_PLAID_SANDBOX_PDF_REST;

    start = ngx_pnalloc(call->pool, size);
    at = ngx_pcalloc(call->pool, objects * sizeof(ngx_uint_t));

    if (start == NULL || at == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(start, "%%PDF-1.4\n");

    at[1] = p - start;
    p = ngx_sprintf(p, "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");

    at[2] = p - start;
    p = ngx_sprintf(p, "2 0 obj\n<</Type/Pages/Count %ui/Kids[", pages);

    for (i = 0; i < pages; i++) {
        p = ngx_sprintf(p, "%ui 0 R ", NGX_PLAID_SANDBOX_PDF_FIRST + 2 * i);
    }

    p = ngx_sprintf(p, "]>>\nendobj\n");

    at[3] = p - start;
    p = ngx_sprintf(p, "3 0 obj\n<</Type/Font/Subtype/Type1"
                    "/BaseFont/Courier>>\nendobj\n");

    for (i = 0; i < pages; i++) {
        p = ngx_plaid_sandbox_pdf_page(p, lines, i, at, start);
    }

    n = p - start;
    p = ngx_sprintf(p, "xref\n0 %ui\n0000000000 65535 f \n", objects);

    for (i = 1; i < objects; i++) {
        p = ngx_sprintf(p, "%010ui 00000 n \n", at[i]);
    }

    p = ngx_sprintf(p, "trailer\n<</Size %ui/Root 1 0 R>>\nstartxref\n%uz\n"
                    "%%%%EOF\n", objects, n);

    call->file.data = start;
    call->file.len = p - start;
    call->file_type = "application/pdf";

    return NGX_OK;
}


static u_char *
ngx_plaid_sandbox_pdf_page(u_char *p, json_t *lines, ngx_uint_t page,
    ngx_uint_t *at, u_char *start)
{
    u_char      *length, *stream;
    ngx_uint_t   i, first, object;
    const char  *text;

    first = page * NGX_PLAID_SANDBOX_PDF_LINES;
    object = NGX_PLAID_SANDBOX_PDF_FIRST + 2 * page;

    at[object] = p - start;
    p = ngx_sprintf(p, "%ui 0 obj\n<</Type/Page/Parent 2 0 R"
                    "/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
                    "/Contents %ui 0 R>>\nendobj\n", object, object + 1);

    at[object + 1] = p - start;
    p = ngx_sprintf(p, "%ui 0 obj\n<</Length ", object + 1);

    length = p;
    p = ngx_sprintf(p, "%08ui>>\nstream\n", (ngx_uint_t) 0);

    stream = p;
    p = ngx_sprintf(p, "BT\n/F1 10 Tf\n14 TL\n40 790 Td\n");

    for (i = 0; i < NGX_PLAID_SANDBOX_PDF_LINES; i++) {
        text = json_string_value(json_array_get(lines, first + i));

        if (text) {
            p = ngx_plaid_sandbox_pdf_line(p, text);
        }
    }

    p = ngx_sprintf(p, "ET\n");

    /* eight digits, as were there before */

    ngx_sprintf(length, "%08uz", (size_t) (p - stream));

    return ngx_sprintf(p, "endstream\nendobj\n");
}


static u_char *
ngx_plaid_sandbox_pdf_line(u_char *p, const char *text)
{
    ngx_uint_t  n;

    *p++ = '(';

    for (n = 0; *text && n < NGX_PLAID_SANDBOX_PDF_WIDTH; text++, n++) {

        if (*text == '(' || *text == ')' || *text == '\\') {
            *p++ = '\\';
        }

        *p++ = (*text < 0x20 || *text > 0x7e) ? '?' : (u_char) *text;
    }

    return ngx_sprintf(p, ") Tj T*\n");
}
