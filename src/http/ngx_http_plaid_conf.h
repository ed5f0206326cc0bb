
/*
 * The module's configuration: what each directive of http, server and location
 * has set.
 *
 * Promises: what a request reads here was checked by "nginx -t", and does not
 * change while the configuration lives.
 */


#ifndef _NGX_HTTP_PLAID_CONF_H_INCLUDED_
#define _NGX_HTTP_PLAID_CONF_H_INCLUDED_


#include <ngx_http.h>
#include "ngx_http_plaid_client.h"
#include "ngx_plaid_keyfile.h"
#include "ngx_plaid_keyring.h"
#include "ngx_plaid_redis_stats.h"
#include "ngx_plaid_store.h"


/* plaid_replay_zone */

typedef struct ngx_http_plaid_shared_push_s  ngx_http_plaid_shared_push_t;

typedef struct {
    ngx_plaid_store_t           store;
    ngx_shm_zone_t             *shm_zone;

    ngx_str_t                   redis_name;  /* redis=, or empty */
    u_char                     *file;        /* of the directive */
    ngx_uint_t                  line;
    struct ngx_plaid_redis_s   *redis;       /* NULL: this node alone */
    ngx_plaid_keyfile_t        *keys;        /* ngx_plaid_keyring_t, if so */
    ngx_http_plaid_shared_push_t  *push;     /* of this process */
} ngx_http_plaid_zone_t;


/* plaid_replay */

typedef struct {
    ngx_str_t                   name;        /* empty: the built-in zone */
    ngx_http_plaid_zone_t      *zone;
    ngx_http_complex_value_t    bind;
    ngx_uint_t                  unbound;     /* bind was not given */
    ngx_uint_t                  timed;       /* ttl, 1, and grace, 2, were */
    ngx_msec_t                  ttl;
    ngx_msec_t                  grace;
    u_char                     *file;        /* of the directive */
    ngx_uint_t                  line;
} ngx_http_plaid_replay_t;


/* plaid_seal on */

typedef struct {
    ngx_http_complex_value_t   *tenant;      /* NULL: there are none */
    u_char                     *file;        /* of the directive */
    ngx_uint_t                  line;
} ngx_http_plaid_seal_t;


typedef struct {
    ngx_array_t                *clients;     /* ngx_http_plaid_client_t * */
    ngx_array_t                *names;       /* ngx_str_t: token headers */
    ngx_array_t                *zones;       /* ngx_http_plaid_zone_t * */
    ngx_http_plaid_zone_t      *zone;        /* the built-in one, if used */
    ngx_http_plaid_replay_t    *replay;      /* where none is configured */
    ngx_array_t                *keyfiles;    /* ngx_plaid_keyfile_t * */
    ngx_plaid_keyfile_t        *seal_keys;   /* an ngx_plaid_keyring_t */
    ngx_array_t                *redis;       /* ngx_plaid_redis_t * */
    ngx_plaid_redis_stats_area_t  *redis_stats;
    ngx_plaid_stats_area_t     *stats;       /* NULL: nothing to count */
    ngx_uint_t                  status;      /* unsigned  status:1; */
} ngx_http_plaid_main_conf_t;


/* plaid_exchange */

typedef struct {
    ngx_str_t                   name;
    ngx_http_plaid_client_t    *client;
    ngx_http_complex_value_t   *condition;   /* if=, or NULL */
    u_char                     *file;        /* of the directive */
    ngx_uint_t                  line;
} ngx_http_plaid_use_t;


/* a header set for the app: what a push of it needs */

typedef struct {
    ngx_str_t                   name;
    u_char                     *lowcase;
    ngx_uint_t                  hash;
} ngx_http_plaid_header_t;


typedef struct {
    ngx_array_t                *trusted;     /* ngx_cidr_t, or NULL */
    u_char                     *file;        /* of plaid_trust_headers */
    ngx_uint_t                  line;
} ngx_http_plaid_srv_conf_t;


typedef struct {
    ngx_http_plaid_use_t       *use;         /* NULL: off */
    ngx_uint_t                  written;     /* here, not inherited */
    ngx_array_t                *fields;      /* ngx_str_t */
    ngx_flag_t                  required;
    ngx_http_plaid_header_t    *header;
    ngx_uint_t                  errors;
    size_t                      max_body;
    ngx_str_t                  *check;       /* a URI; NULL: off */
    ngx_array_t                *check_set;   /* private to _check.c; or NULL */
    ngx_http_plaid_replay_t    *replay;      /* NULL: off */
    ngx_uint_t                  replayed;    /* it is not inherited */
    ngx_http_plaid_seal_t      *seal;        /* NULL: off */
} ngx_http_plaid_loc_conf_t;


#define NGX_HTTP_PLAID_REJECT   0
#define NGX_HTTP_PLAID_PASS     1


extern ngx_module_t  ngx_http_plaid_module;

/*
 * Whether "plcf", where plaid_exchange is on, wants the exchange of "r":
 * NGX_OK, NGX_DECLINED (its if= says no), or an HTTP status.
 */
ngx_int_t ngx_http_plaid_conf_condition(ngx_http_request_t *r,
    ngx_http_plaid_loc_conf_t *plcf);


#endif /* _NGX_HTTP_PLAID_CONF_H_INCLUDED_ */
