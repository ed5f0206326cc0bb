
/*
 * How to reach Plaid: the part of a plaid_client block that transports use.
 *
 * Read-only after configuration but for the last members, which belong to
 * the process; alive as long as its cycle.
 */


#ifndef _NGX_PLAID_PEER_H_INCLUDED_
#define _NGX_PLAID_PEER_H_INCLUDED_


#include "ngx_plaid_stats.h"
#include <openssl/ssl.h>


typedef struct ngx_plaid_names_s  ngx_plaid_names_t;


typedef struct {
    ngx_str_t                  host;         /* no port, IPv6 in brackets */
    in_port_t                  port;
    ngx_str_t                  unix_path;    /* NUL-terminated; or empty */
    ngx_addr_t                *addrs;        /* resolved at start */
    ngx_uint_t                 naddrs;       /* 0: ask the resolver */
} ngx_plaid_endpoint_t;


/* what a request to Plaid is for; none takes the place of another class */

typedef enum {
    NGX_PLAID_CLASS_EXCHANGE = 0,
    NGX_PLAID_CLASS_KEY,             /* webhook verification keys */
    NGX_PLAID_CLASS_LINK,            /* link tokens */
    NGX_PLAID_CLASS_PASS,            /* plaid_pass; HTTP/1.1 always */
    NGX_PLAID_CLASSES
} ngx_plaid_class_e;


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
    unsigned                   own:1;        /* one of Plaid's own hosts */

    ngx_plaid_endpoint_t       proxy;        /* CONNECT proxy, if proxied */
    ngx_plaid_names_t         *names;        /* of the one in use, or NULL */
    ngx_str_t                  proxy_user;   /* NUL-terminated; or empty */
    ngx_str_t                  proxy_password;

    ngx_str_t                  ssl_name;     /* SNI and checked, as "host" */
    ngx_str_t                  trusted_file; /* where "trusted" is from */
    X509_STORE                *trusted;      /* the only trust anchors */
    X509                      *certificate;  /* ours (mTLS), or NULL */
    STACK_OF(X509)            *chain;        /* sent along, or NULL */
    EVP_PKEY                  *key;

    ngx_msec_t                 connect_timeout;
    ngx_msec_t                 timeout;
    size_t                     max_response_size;
    ngx_uint_t                 max_inflight[NGX_PLAID_CLASSES];
    ngx_uint_t                 keepalive;
    ngx_msec_t                 keepalive_timeout;

    ngx_plaid_stats_t          stats;        /* set once zones are there */

    /* of this process, zero in the master */

    ngx_uint_t                 inflight[NGX_PLAID_CLASSES];
    void                      *curl;         /* the transport's, once used */
    void                      *curl2;        /* the same, for HTTP/2 */
    size_t                     last_len;     /* of the address that worked */
    u_char                     last[NGX_SOCKADDR_STRLEN];
} ngx_plaid_peer_t;


/*
 * Reads an environment's URL, http(s)://host[:port][/prefix] or
 * http://unix:/path:[/prefix], into endpoint, prefix, host_header and ssl
 * of "peer"; an IP address becomes the endpoint's only address.
 *
 * NGX_CONF_OK, NGX_CONF_ERROR (no memory), or a constant that says what is
 * wrong and reads well before "in ... directive".
 */
char *ngx_plaid_peer_url(ngx_conf_t *cf, ngx_str_t *url,
    ngx_plaid_peer_t *peer);

/* The same for http://[user:password@]host:port: proxy and its user. */
char *ngx_plaid_peer_proxy(ngx_conf_t *cf, ngx_str_t *url,
    ngx_plaid_peer_t *peer);

/* 1 when the endpoint is a unix domain socket, or has loopback addresses. */
ngx_uint_t ngx_plaid_peer_local(ngx_plaid_endpoint_t *endpoint);

/* 1 for an address that leads back to this host. */
ngx_uint_t ngx_plaid_peer_loopback(struct sockaddr *sa);

/* NGX_OK when "host" has only bytes that a DNS name has, else NGX_DECLINED. */
ngx_int_t ngx_plaid_peer_host_check(ngx_str_t *host);

/*
 * Resolves the endpoint's name as the system does; it may block, so only
 * while the configuration is read.  NGX_OK, NGX_DECLINED (not found),
 * NGX_ERROR (no memory).
 */
ngx_int_t ngx_plaid_peer_resolve(ngx_pool_t *pool,
    ngx_plaid_endpoint_t *endpoint);


#endif /* _NGX_PLAID_PEER_H_INCLUDED_ */
