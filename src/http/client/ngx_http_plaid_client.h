
/*
 * plaid_client name { ... }: who we are to Plaid, and how to reach it.
 *
 * Promises: a client that the configuration accepted is complete; every
 * mistake stopped "nginx -t" with one line that names directive and value.
 */


#ifndef _NGX_HTTP_PLAID_CLIENT_H_INCLUDED_
#define _NGX_HTTP_PLAID_CLIENT_H_INCLUDED_


#include <ngx_http.h>
#include "ngx_plaid_api.h"
#include "ngx_plaid_peer.h"
#include "ngx_plaid_secret.h"


/* one credential: a value, maybe with variables, or a file */

typedef struct {
    ngx_http_complex_value_t  *value;
    ngx_plaid_secret_t        *file;
} ngx_http_plaid_credential_t;


typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     environment;  /* as configured */
    ngx_str_t                     token_env;    /* its name; empty: a URL */
    ngx_plaid_dialect_e           dialect;

    ngx_http_plaid_credential_t   client_id;
    ngx_http_plaid_credential_t   secret;

    ngx_str_t                     subrequest;   /* uri; empty: curl */

    ngx_plaid_peer_t              peer;

    ngx_resolver_t               *resolver;     /* the block's own, or NULL */
    ngx_msec_t                    resolver_timeout;
    ngx_uint_t                    resolver_off; /* names at start only */

    time_t                        warned;       /* of a bad token, last */

    u_char                       *file;         /* of the block, for errors */
    ngx_uint_t                    line;
} ngx_http_plaid_client_t;


/*
 * The directive plaid_client; adds to "clients", an ngx_array_t of
 * ngx_http_plaid_client_t * that it creates when needed.
 */
char *ngx_http_plaid_client_block(ngx_conf_t *cf, ngx_array_t **clients);

/*
 * After the whole configuration was read (postconfiguration): resolves the
 * names that no resolver will be asked for; endpoints of the others keep
 * naddrs 0.
 */
ngx_int_t ngx_http_plaid_client_init(ngx_conf_t *cf, ngx_array_t *clients);

/* Called in each worker before its first fetch, and when it ends. */
void ngx_http_plaid_client_names_init(ngx_array_t *clients);
void ngx_http_plaid_client_names_exit(ngx_array_t *clients);

/* Called in the master once the configuration is good: warnings and notices. */
void ngx_http_plaid_client_start(ngx_cycle_t *cycle, ngx_array_t *clients);

/* The client called "name", or NULL. */
ngx_http_plaid_client_t *ngx_http_plaid_client_find(ngx_array_t *clients,
    ngx_str_t *name);

/*
 * Evaluates client_id and secret for "r" into "pool" as copies that the
 * caller wipes.  NGX_OK, NGX_DECLINED (not available), NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_plaid_client_credentials(ngx_http_request_t *r,
    ngx_http_plaid_client_t *client, ngx_pool_t *pool, ngx_str_t *client_id,
    ngx_str_t *secret);

/* The same for client_id alone. */
ngx_int_t ngx_http_plaid_client_id(ngx_http_request_t *r,
    ngx_http_plaid_client_t *client, ngx_pool_t *pool, ngx_str_t *client_id);

/*
 * Starts the cancelable timer that polls the credential files of "clients";
 * called once in each worker.
 */
ngx_int_t ngx_http_plaid_client_watch(ngx_cycle_t *cycle,
    ngx_array_t *clients);


#endif /* _NGX_HTTP_PLAID_CLIENT_H_INCLUDED_ */
