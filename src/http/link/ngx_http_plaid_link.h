
/*
 * plaid_link_token: a POST to a location is answered with a fresh link token.
 *
 * Promises: Plaid is not called without a user; nothing that the client sends
 * reaches Plaid but a listed choice; the answer has nothing of Plaid's reply
 * but the members that a page needs; no link token is logged.
 *
 *     handler --> [body] --> CALLING --> done --> answer
 *        \           \           \
 *         \           \           client gone: the fetch is destroyed
 *          +-----------+--> answer
 */


#ifndef _NGX_HTTP_PLAID_LINK_H_INCLUDED_
#define _NGX_HTTP_PLAID_LINK_H_INCLUDED_


#include "ngx_http_plaid_ctx.h"
#include "ngx_plaid_fetch.h"
#include "ngx_plaid_link.h"


/* most of a body that may hold choices: a few short names and values */
#define NGX_HTTP_PLAID_LINK_BODY_MAX  4096


typedef enum {
    NGX_HTTP_PLAID_LINK_SAME = 0,
    NGX_HTTP_PLAID_LINK_ANY
} ngx_http_plaid_link_origin_e;


typedef enum {
    NGX_HTTP_PLAID_LINK_JSON = 0,
    NGX_HTTP_PLAID_LINK_REDIRECT
} ngx_http_plaid_link_answer_e;


/* plaid_link_token_set */

typedef struct {
    ngx_str_t                   path;
    ngx_plaid_link_type_e       type;
    ngx_http_complex_value_t    value;
} ngx_http_plaid_link_set_t;


/* plaid_link_token_choice */

typedef struct {
    ngx_str_t                   path;
    ngx_array_t                 values;      /* ngx_str_t */
} ngx_http_plaid_link_choice_t;


/* plaid_link_token_file */

typedef struct {
    ngx_str_t                   path;        /* empty: none */
    ngx_str_t                   text;
} ngx_http_plaid_link_file_t;


/* plaid_link_token_access */

typedef struct {
    ngx_http_complex_value_t    value;
    ngx_uint_t                  keep_products;
} ngx_http_plaid_link_access_t;


typedef struct {
    ngx_str_t                       name;    /* of the client, empty: off */
    ngx_http_plaid_client_t        *client;
    u_char                         *conf_file;
    ngx_uint_t                      conf_line;

    ngx_http_complex_value_t       *user;
    ngx_http_plaid_link_file_t     *file;
    ngx_array_t                    *sets;    /* ngx_http_plaid_link_set_t */
    ngx_array_t                    *choices; /* ..._link_choice_t */
    ngx_http_plaid_link_access_t   *access;
    ngx_uint_t                      origin;
    ngx_array_t                    *origins; /* ngx_str_t, lower case */
    ngx_uint_t                      answer;
} ngx_http_plaid_link_loc_conf_t;


typedef struct {
    ngx_array_t                     locations; /* ..._link_loc_conf_t * */
} ngx_http_plaid_link_main_conf_t;


/* a request for a link token */

typedef struct {
    ngx_http_request_t             *request;
    ngx_http_plaid_ctx_t           *ctx;
    ngx_http_plaid_link_loc_conf_t *llcf;
    ngx_plaid_fetch_t              *fetch;   /* NULL: not calling */
    ngx_plaid_link_reply_t          reply;
    ngx_str_t                       user;
    ngx_str_t                       access_token;  /* wiped once sent */
    ngx_array_t                     members; /* ngx_plaid_link_member_t */
    unsigned                        update:1;
} ngx_http_plaid_link_t;


extern ngx_module_t  ngx_http_plaid_link_module;


/* ngx_http_plaid_link_conf.c: the directives */

char *ngx_http_plaid_link_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_link_user(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_plaid_link_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_link_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_plaid_link_choice(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_link_access(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_plaid_link_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_plaid_link_check.c: what "nginx -t" says of all locations */
ngx_int_t ngx_http_plaid_link_check(ngx_conf_t *cf);

/* ngx_http_plaid_link_handler.c: the content handler */
ngx_int_t ngx_http_plaid_link_handler(ngx_http_request_t *r);

/*
 * ngx_http_plaid_link_origin.c: sets the CORS headers for a listed origin.
 * NGX_OK; NGX_DECLINED, the page may not post here; NGX_ERROR, no memory.
 */
ngx_int_t ngx_http_plaid_link_origin_allowed(ngx_http_request_t *r,
    ngx_http_plaid_link_loc_conf_t *llcf);

/* Answers an OPTIONS request; an HTTP status, or what the answer returned. */
ngx_int_t ngx_http_plaid_link_preflight(ngx_http_request_t *r,
    ngx_http_plaid_link_loc_conf_t *llcf);

/*
 * ngx_http_plaid_link_choose.c: adds what the client has chosen to
 * "lt->members".  NGX_OK, NGX_DECLINED (not allowed), NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_plaid_link_choose(ngx_http_plaid_link_t *lt);

/*
 * ngx_http_plaid_link_answer.c: ends the request with the reply in "lt", or
 * with the failure that "cause" or "code" (not NULL) and "status" name.
 */
void ngx_http_plaid_link_success(ngx_http_plaid_link_t *lt);
void ngx_http_plaid_link_failure(ngx_http_plaid_link_t *lt,
    ngx_plaid_cause_e cause);
void ngx_http_plaid_link_refuse(ngx_http_plaid_link_t *lt, ngx_uint_t status,
    const char *code, const char *message, ngx_uint_t level);

/* A response header without a slot of its own; NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_plaid_link_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);


#endif /* _NGX_HTTP_PLAID_LINK_H_INCLUDED_ */
