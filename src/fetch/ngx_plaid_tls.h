
/*
 * The TLS material of a peer: trust anchors, our certificate and its key.
 *
 * Promises: what was loaded is freed with the pool of its configuration;
 * nothing asks for a pass phrase; OpenSSL's error queue is left empty.
 */


#ifndef _NGX_PLAID_TLS_H_INCLUDED_
#define _NGX_PLAID_TLS_H_INCLUDED_


#include "ngx_plaid_peer.h"


/*
 * Loads the trust anchors of "peer" from "file" (NUL-terminated, PEM), or
 * from the system's bundle when it is empty; "others" (ngx_plaid_peer_t * in
 * "n" elements) are peers of the same configuration that may share theirs.
 *
 * NGX_OK, or NGX_ERROR with a line logged at emerg.
 */
ngx_int_t ngx_plaid_tls_trusted(ngx_conf_t *cf, ngx_str_t *file,
    ngx_plaid_peer_t **others, ngx_uint_t n, ngx_plaid_peer_t *peer);

/*
 * Sets "file" to the system's bundle of CA certificates, NUL-terminated.
 *
 * NGX_OK, or NGX_ERROR with a line logged at emerg: there is none.
 */
ngx_int_t ngx_plaid_tls_bundle(ngx_conf_t *cf, ngx_str_t *file);

/*
 * Loads certificate, chain and key (NUL-terminated paths, PEM; the key without
 * pass phrase) and checks that they belong together.
 *
 * NGX_OK, or NGX_ERROR with a line logged at emerg.
 */
ngx_int_t ngx_plaid_tls_certificate(ngx_conf_t *cf, ngx_str_t *certificate,
    ngx_str_t *key, ngx_plaid_peer_t *peer);


#endif /* _NGX_PLAID_TLS_H_INCLUDED_ */
