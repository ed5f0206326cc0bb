
/*
 * base64url without padding (RFC 4648 5, RFC 7515 2), read strictly: bytes
 * have one spelling only.
 */


#ifndef _NGX_PLAID_BASE64URL_H_INCLUDED_
#define _NGX_PLAID_BASE64URL_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * Decodes "src" into the "size" bytes at "dst" and sets "len" to the number
 * of bytes written; an empty text is no bytes.  NGX_OK, or NGX_DECLINED:
 * "src" has a byte of no alphabet, padding included, a length that no
 * encoder makes, spare bits that are set, or more bytes than "size".
 */
ngx_int_t ngx_plaid_base64url_decode(u_char *dst, size_t size, size_t *len,
    ngx_str_t *src);


#endif /* _NGX_PLAID_BASE64URL_H_INCLUDED_ */
