
/*
 * How to reach Plaid: the part of a plaid_client block that transports use.
 *
 * Read-only after configuration, alive as long as its cycle.
 */


#ifndef _NGX_PLAID_PEER_H_INCLUDED_
#define _NGX_PLAID_PEER_H_INCLUDED_


#include "ngx_plaid.h"
#include <openssl/ssl.h>


typedef struct {
    ngx_str_t                  host;         /* no port, IPv6 in brackets */
    in_port_t                  port;
    ngx_str_t                  unix_path;    /* NUL-terminated; or empty */
    ngx_addr_t                *addrs;        /* resolved at start */
    ngx_uint_t                 naddrs;       /* 0: ask the resolver */
} ngx_plaid_endpoint_t;


typedef struct {
    ngx_str_t                  name;         /* of the plaid_client */
    ngx_uint_t                 index;        /* 0, 1, ... in its cycle */

    ngx_plaid_endpoint_t       endpoint;
    ngx_str_t                  prefix;       /* of the URL, "" or "/a/b" */
    ngx_str_t                  host_header;  /* value of Host: host[:port] */
    unsigned                   ssl:1;
    unsigned                   http2:1;
    unsigned                   ssl_verify:1;
    unsigned                   proxied:1;

    ngx_plaid_endpoint_t       proxy;        /* CONNECT proxy, if proxied */
    ngx_str_t                  proxy_user;   /* NUL-terminated; or empty */
    ngx_str_t                  proxy_password;

    ngx_str_t                  ssl_name;     /* SNI and name checked */
    X509_STORE                *trusted;      /* the only trust anchors */
    X509                      *certificate;  /* ours (mTLS), or NULL */
    STACK_OF(X509)            *chain;        /* sent along, or NULL */
    EVP_PKEY                  *key;

    ngx_msec_t                 connect_timeout;
    ngx_msec_t                 timeout;
    size_t                     max_response_size;
    ngx_uint_t                 max_inflight;
    ngx_uint_t                 keepalive;
    ngx_msec_t                 keepalive_timeout;
} ngx_plaid_peer_t;


#endif /* _NGX_PLAID_PEER_H_INCLUDED_ */
