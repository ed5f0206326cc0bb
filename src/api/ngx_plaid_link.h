
/*
 * POST /link/token/create: the request's body from a template and what is set
 * over it, and the reply.
 *
 * Promises: nothing of a client's choosing is in the body but the members
 * listed as choices; a template cannot hold a key or an access token; of a
 * reply only the five members below are kept, each checked and bounded.
 */


#ifndef _NGX_PLAID_LINK_H_INCLUDED_
#define _NGX_PLAID_LINK_H_INCLUDED_


#include "ngx_plaid_result.h"


/* a template; Plaid's longest documented request has less than 4 KB */
#define NGX_PLAID_LINK_FILE_MAX   65536

/* longest client_user_id */
#define NGX_PLAID_LINK_USER_MAX   256

/* longest dotted path, and levels of it */
#define NGX_PLAID_LINK_PATH_MAX   128

/* longest hosted_link_url or timestamp kept */
#define NGX_PLAID_LINK_URL_MAX    2048

/* client_name: a longer one is shown as "This Application" */
#define NGX_PLAID_LINK_NAME_MAX   30


typedef enum {
    NGX_PLAID_LINK_STRING = 0,
    NGX_PLAID_LINK_NUMBER,
    NGX_PLAID_LINK_BOOL,
    NGX_PLAID_LINK_LIST             /* of strings, split at commas */
} ngx_plaid_link_type_e;


/* a member to set; an empty value removes it */

typedef struct {
    ngx_str_t                  path;         /* dotted */
    ngx_plaid_link_type_e      type;
    ngx_str_t                  value;
} ngx_plaid_link_member_t;


typedef struct {
    ngx_str_t                  file;         /* the template, or empty */
    ngx_plaid_link_member_t   *members;      /* the later one is stronger */
    ngx_uint_t                 nmembers;
    ngx_str_t                  user;         /* user.client_user_id */
    ngx_str_t                  access_token; /* empty: no update mode */
    unsigned                   keep_products:1;
} ngx_plaid_link_args_t;


/* what a client may see of a reply; all in the pool that was given */

typedef struct {
    ngx_str_t                  link_token;
    ngx_str_t                  expiration;
    ngx_str_t                  hosted_link_url;    /* may be empty */
    ngx_str_t                  user_id;            /* may be empty */
} ngx_plaid_link_reply_t;


/*
 * Checks a template.  NULL, or a constant that reads well after the file's
 * name; "line" is set when it is known, else 0.
 */
const char *ngx_plaid_link_file(ngx_str_t *text, ngx_uint_t *line);

/*
 * Finds the member "path" of a checked template.  NGX_OK, with "value" a copy
 * of it in "pool" when it is a string, else empty; NGX_DECLINED: there is
 * none; NGX_ERROR: no memory.
 */
ngx_int_t ngx_plaid_link_file_member(ngx_pool_t *pool, ngx_str_t *text,
    const char *path, ngx_str_t *value);

/* NULL, or why "path" cannot be set or chosen: a constant. */
const char *ngx_plaid_link_path(ngx_str_t *path);

/* NGX_OK, or NGX_DECLINED: "value", which is not empty, is not of "type". */
ngx_int_t ngx_plaid_link_value(ngx_plaid_link_type_e type, ngx_str_t *value);

/*
 * Writes the body into "body", allocated from "pool"; it holds the access
 * token and is for the caller to wipe.  NGX_OK; NGX_ERROR, no memory;
 * NGX_DECLINED, a member or the user is not valid: "bad" is its path.
 */
ngx_int_t ngx_plaid_link_body(ngx_pool_t *pool, ngx_plaid_link_args_t *args,
    ngx_str_t *body, ngx_str_t *bad);

/*
 * Reads Plaid's reply of HTTP "status" into "reply" and "res".  "env" is the
 * environment that link tokens must be of, or empty; "update" tells that an
 * access token was sent.  res->cause is NONE for a usable reply; a reply is
 * believed to be about the access token only when "update" is set.
 */
void ngx_plaid_link_reply(ngx_pool_t *pool, ngx_uint_t status,
    ngx_str_t *body, ngx_str_t *env, ngx_uint_t update,
    ngx_plaid_link_reply_t *reply, ngx_plaid_result_t *res);


#endif /* _NGX_PLAID_LINK_H_INCLUDED_ */
