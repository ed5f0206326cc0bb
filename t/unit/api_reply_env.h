
/* Replies of Plaid, and what came of them. */


#ifndef _API_REPLY_ENV_H_INCLUDED_
#define _API_REPLY_ENV_H_INCLUDED_


#include "unit.h"
#include "ngx_plaid_api.h"


#define ID      "54f1-client-id"
#define SECRET  "5ecret-0f-the-c1ient"
#define PUBLIC  "public-sandbox-1b2c3d"
#define ACCESS  "access-sandbox-9f8e7d"

#define T10     "aaaaaaaaaa"
#define T100    T10 T10 T10 T10 T10 T10 T10 T10 T10 T10


static ngx_plaid_api_args_t  args = {
    ngx_string(ID), ngx_string(SECRET), ngx_string(PUBLIC), ngx_null_string
};

static ngx_plaid_result_t  res;
static ngx_pool_t         *pool;


static ngx_inline void
reply_bytes(ngx_plaid_dialect_e dialect, ngx_uint_t status, const char *text,
    size_t len, const char *request_id, time_t retry_after)
{
    ngx_str_t  body, id;

    if (pool) {
        unit_pool_destroy(pool);
    }

    pool = unit_pool();
    id = unit_str(request_id);

    body.len = len;
    body.data = malloc(len ? len : 1);
    memcpy(body.data, text, len);

    memset(&res, 0xff, sizeof(res));

    ngx_plaid_api_reply(pool, dialect, status, &body, &id, retry_after,
                        &args, &res);

    free(body.data);
}


static ngx_inline void
current(ngx_uint_t status, const char *body)
{
    reply_bytes(NGX_PLAID_CURRENT, status, body, strlen(body), "", 0);
}


static ngx_inline void
legacy(ngx_uint_t status, const char *body)
{
    reply_bytes(NGX_PLAID_LEGACY, status, body, strlen(body), "hdr-1", 0);
}


static ngx_inline void
is(ngx_plaid_cause_e cause, const char *name)
{
    is_int(res.cause, cause, name);

    if (cause != NGX_PLAID_CAUSE_NONE) {
        ok(res.access_token.len == 0, "no token");
        ok(res.error_type.len && res.error_code.len && res.error_message.len,
           "type, code and message");
    }
}


#endif /* _API_REPLY_ENV_H_INCLUDED_ */
