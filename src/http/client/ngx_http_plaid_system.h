
/*
 * What the system says about names: the name servers of /etc/resolv.conf, the
 * hosts of /etc/hosts, both as they are when the configuration is read.
 */


#ifndef _NGX_HTTP_PLAID_SYSTEM_H_INCLUDED_
#define _NGX_HTTP_PLAID_SYSTEM_H_INCLUDED_


#include "ngx_plaid.h"


/* zero it for each configuration */

typedef struct {
    ngx_resolver_t            *resolver[2];  /* without and with IPv6 */
    unsigned                   asked[2];
} ngx_http_plaid_system_t;


/* Whether /etc/hosts has "host". */
ngx_uint_t ngx_http_plaid_system_host(ngx_str_t *host);

/*
 * A resolver for the first three name servers of /etc/resolv.conf that can be
 * used, or NULL when there are none.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_plaid_system_resolver(ngx_conf_t *cf,
    ngx_http_plaid_system_t *system, ngx_uint_t ipv6,
    ngx_resolver_t **resolver);


#endif /* _NGX_HTTP_PLAID_SYSTEM_H_INCLUDED_ */
