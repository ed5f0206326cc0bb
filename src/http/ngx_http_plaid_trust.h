
/*
 * Whose connection a request came on, and plaid_trust_headers.
 *
 * Promises: a peer is known by its own address, whatever a realip module makes
 * of the client's later; a server that trusts exchanges nothing.
 */


#ifndef _NGX_HTTP_PLAID_TRUST_H_INCLUDED_
#define _NGX_HTTP_PLAID_TRUST_H_INCLUDED_


#include "ngx_http_plaid_conf.h"


/* the directive, and the check of ports when all of them are known */
char *ngx_http_plaid_trust(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_plaid_trust_init(ngx_conf_t *cf);

/*
 * To be called when the configuration of a location is merged that has
 * "directive": NGX_CONF_OK, or NGX_CONF_ERROR, logged: its server has
 * plaid_trust_headers.
 */
char *ngx_http_plaid_trust_check(ngx_conf_t *cf, const char *directive);

/*
 * Whether headers with our names stay: those of a trusted peer.  In POST_READ
 * "first" is set; the answer holds for the request's internal redirects.
 */
ngx_uint_t ngx_http_plaid_trust_peer(ngx_http_request_t *r, ngx_uint_t first);

/* Whose connection the request came on, as long as no module changed it. */
ngx_plaid_stats_peer_e ngx_http_plaid_trust_class(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PLAID_TRUST_H_INCLUDED_ */
