
/*
 * The way of a request through the module, from the posted body to the app.
 */


#ifndef _NGX_HTTP_PLAID_HANDLER_H_INCLUDED_
#define _NGX_HTTP_PLAID_HANDLER_H_INCLUDED_


#include <ngx_http.h>


/*
 * The PRECONTENT phase: reads the body of a POST where plaid_exchange is on,
 * has its token exchanged, and lets the request go on or answers it.
 */
ngx_int_t ngx_http_plaid_handler(ngx_http_request_t *r);

/*
 * To be called with the context when its request ends: an exchange goes on by
 * itself, the store is told whether the app has the token, tokens are wiped.
 */
void ngx_http_plaid_handler_cleanup(void *data);


#endif /* _NGX_HTTP_PLAID_HANDLER_H_INCLUDED_ */
