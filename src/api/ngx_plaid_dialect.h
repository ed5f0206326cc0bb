
/*
 * Private to ngx_plaid_api: what differs between the two dialects, and the
 * reading of single members of a reply that nobody has to believe.
 */


#ifndef _NGX_PLAID_DIALECT_H_INCLUDED_
#define _NGX_PLAID_DIALECT_H_INCLUDED_


#include "ngx_plaid_api.h"
#include "ngx_plaid_json_scan.h"


/* longest error type or code; the longest one known has 46 */
#define NGX_PLAID_CODE_MAX        64


/* what is read of a reply, whichever dialect it is of */

typedef enum {
    NGX_PLAID_REPLY_ACCESS_TOKEN = 0,
    NGX_PLAID_REPLY_STRIPE_TOKEN,
    NGX_PLAID_REPLY_PROCESSOR_TOKEN,
    NGX_PLAID_REPLY_ITEM_ID,
    NGX_PLAID_REPLY_ACCOUNT_ID,
    NGX_PLAID_REPLY_REQUEST_ID,
    NGX_PLAID_REPLY_ERROR_TYPE,
    NGX_PLAID_REPLY_ERROR_CODE,
    NGX_PLAID_REPLY_ERROR_MESSAGE,
    NGX_PLAID_REPLY_DISPLAY_MESSAGE,
    NGX_PLAID_REPLY_CODE,
    NGX_PLAID_REPLY_MESSAGE,
    NGX_PLAID_REPLY_MEMBERS
} ngx_plaid_reply_member_e;


typedef struct {
    ngx_plaid_json_e           type;         /* END: there is none */
    ngx_str_t                  value;        /* of a string or a number */
    ngx_uint_t                 copied;       /* unsigned  copied:1; */
} ngx_plaid_reply_member_t;


typedef struct {
    ngx_pool_t                *pool;
    ngx_plaid_api_args_t      *args;
    ngx_plaid_reply_member_t   members[NGX_PLAID_REPLY_MEMBERS];
    ngx_str_t                 *request_id;   /* of a header, maybe empty */
    ngx_plaid_result_t        *res;
    ngx_uint_t                 nomem;        /* unsigned  nomem:1; */
} ngx_plaid_reply_t;


typedef struct {
    /* NGX_OK, NGX_ERROR */
    ngx_int_t                (*request)(ngx_pool_t *pool,
                                        ngx_plaid_api_args_t *args,
                                        ngx_plaid_api_request_t *req);

    /* reads what comes along with an access_token */
    void                     (*success)(ngx_plaid_reply_t *reply);

    /*
     * Reads an error and says what it means in a reply of HTTP 4xx;
     * NGX_PLAID_CAUSE_BAD_REPLY when it is no error of this dialect.
     */
    ngx_plaid_cause_e        (*error)(ngx_plaid_reply_t *reply);
} ngx_plaid_dialect_t;


extern ngx_plaid_dialect_t  ngx_plaid_dialect_current;
extern ngx_plaid_dialect_t  ngx_plaid_dialect_legacy;


/*
 * Reads "body", whose bytes the members then point to; of two members of one
 * name the last one counts.  NGX_OK; NGX_DECLINED, no JSON object, and no
 * members; NGX_ERROR, no memory.
 */
ngx_int_t ngx_plaid_reply_read(ngx_plaid_reply_t *reply, ngx_str_t *body);

/* Wipes what was copied of the members; idempotent. */
void ngx_plaid_reply_wipe(ngx_plaid_reply_t *reply);

/*
 * The following read a member into "dst", which stays empty when the member
 * is no string, has other bytes or is longer than it may be, repeats a secret
 * or token of the call or of the reply, or on lack of memory.
 */

/* 0x21 to 0x7e, NGX_PLAID_TOKEN_MAX; equal to no secret or token sent */
void ngx_plaid_reply_token(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst);

/* 0x21 to 0x7e, NGX_PLAID_ID_MAX */
void ngx_plaid_reply_id(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst);

/* A to Z, 0 to 9 and "_", NGX_PLAID_CODE_MAX */
void ngx_plaid_reply_code(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst);

/*
 * a text in UTF-8: control characters become "?", NGX_PLAID_MESSAGE_MAX cuts
 * it off between two characters
 */
void ngx_plaid_reply_message(ngx_plaid_reply_t *reply,
    ngx_plaid_reply_member_e member, ngx_str_t *dst);

/*
 * Sets res->request_id from the member, else from the header; letters, digits
 * and "._-", NGX_PLAID_ID_MAX.
 */
void ngx_plaid_reply_request_id(ngx_plaid_reply_t *reply);


#endif /* _NGX_PLAID_DIALECT_H_INCLUDED_ */
