
/*
 * Keys, values and commands of shared records, private to
 * ngx_http_plaid_shared*.c.
 */


#ifndef _NGX_HTTP_PLAID_SHARED_INT_H_INCLUDED_
#define _NGX_HTTP_PLAID_SHARED_INT_H_INCLUDED_


#include "ngx_http_plaid_shared.h"


#if (NGX_PLAID_HIREDIS)

/* a prefix, "t:" or "l:", and the base64url of a name without its padding */
#define NGX_HTTP_PLAID_SHARED_KEY                                             \
    (NGX_PLAID_REDIS_PREFIX + 2                                               \
     + ngx_base64_encoded_length(NGX_PLAID_SEAL_ID_LEN))

/* a state and a kid byte, before a sealed outcome */
#define NGX_HTTP_PLAID_SHARED_HEAD   2
#define NGX_HTTP_PLAID_SHARED_VALUE                                           \
    (NGX_HTTP_PLAID_SHARED_HEAD + NGX_PLAID_SEAL_MAX)

/* a node, 16 hex digits, and the number of a call */
#define NGX_HTTP_PLAID_SHARED_ME     (16 + 1 + NGX_INT64_LEN)


/* Writes the key "<prefix><kind>:<id>" to "p", and returns its length. */
size_t ngx_http_plaid_shared_key(ngx_plaid_redis_t *redis, u_char kind,
    u_char *id, u_char *p);

/* Writes the value of a record to "p", and returns its length. */
size_t ngx_http_plaid_shared_value(ngx_plaid_sealed_t *sealed, u_char state,
    u_char *p);

/*
 * Writes a name of this process and one more call to "p"; returns its length,
 * or 0 (OpenSSL failed).
 */
size_t ngx_http_plaid_shared_me(u_char *p);

/* SET key value [NX or XX] PX life; "flag" may be NULL. */
void ngx_http_plaid_shared_add_set(ngx_plaid_redis_batch_t *batch,
    ngx_str_t *key, ngx_str_t *value, char *flag, ngx_msec_t life);

/* The same as a batch of its own, sent without waiting for the reply. */
void ngx_http_plaid_shared_set(ngx_plaid_redis_t *redis, ngx_str_t *key,
    ngx_str_t *value, char *flag, ngx_msec_t life);

#endif


#endif /* _NGX_HTTP_PLAID_SHARED_INT_H_INCLUDED_ */
