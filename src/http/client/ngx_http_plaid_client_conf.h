
/*
 * A plaid_client block while it is read.
 *
 * Promises: each directive is checked on its own where it stands; no log line
 * repeats a credential or a proxy's password.
 */


#ifndef _NGX_HTTP_PLAID_CLIENT_CONF_H_INCLUDED_
#define _NGX_HTTP_PLAID_CLIENT_CONF_H_INCLUDED_


#include "ngx_http_plaid_client.h"


typedef struct {
    ngx_http_plaid_client_t   *client;

    ngx_uint_t                 api;
    ngx_uint_t                 transport;       /* set at all */
    ngx_uint_t                 http_version;

    ngx_flag_t                 ssl_verify;
    ngx_str_t                  ssl_trusted_certificate;
    ngx_str_t                  ssl_certificate;
    ngx_str_t                  ssl_certificate_key;
} ngx_http_plaid_client_conf_t;


/*
 * Reads the block, up to its "}", into "pcf", all of whose members are unset
 * (NGX_CONF_UNSET and its kin, or zero) but for the client.
 */
char *ngx_http_plaid_client_read(ngx_conf_t *cf,
    ngx_http_plaid_client_conf_t *pcf);

/*
 * Setters of client_id, client_id_file, secret and secret_file: "conf" with
 * the command's offset is an ngx_http_plaid_credential_t.
 */
char *ngx_http_plaid_credential_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_credential_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Wipes "len" bytes at "data" when the configuration goes away. */
ngx_int_t ngx_http_plaid_client_wiped(ngx_conf_t *cf, u_char *data,
    size_t len);


#endif /* _NGX_HTTP_PLAID_CLIENT_CONF_H_INCLUDED_ */
