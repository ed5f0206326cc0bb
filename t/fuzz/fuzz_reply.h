
/*
 * A reply of Plaid: "200 req-1 {...}", which is the status, the value of the
 * header with the request id, and the body.
 */


#ifndef _FUZZ_REPLY_H_INCLUDED_
#define _FUZZ_REPLY_H_INCLUDED_


#include "fuzz.h"
#include "ngx_plaid_api.h"
#include "ngx_plaid_utf8.h"


static ngx_plaid_api_args_t  fuzz_reply_args = {
    ngx_string("client-id-1"),
    ngx_string("secret-secret"),
    ngx_string("public-token"),
    ngx_string("acc")
};


static void
fuzz_reply_string(ngx_str_t *s, size_t max, int text, ngx_str_t *token)
{
    size_t      i;
    ngx_str_t  *secret[4];

    fuzz_check(s->len <= max);

    for (i = 0; i < s->len; i++) {
        fuzz_check(s->data[i] >= (text ? 0x20 : 0x21) && s->data[i] != 0x7f);
        fuzz_check(text || s->data[i] < 0x7f);
    }

    fuzz_check(!text || s->len == 0 || ngx_plaid_utf8_valid(s));

    if (s == token || s->len == 0) {
        return;
    }

    secret[0] = &fuzz_reply_args.client_id;
    secret[1] = &fuzz_reply_args.secret;
    secret[2] = &fuzz_reply_args.public_token;
    secret[3] = token;

    for (i = 0; i < 4; i++) {
        fuzz_check(secret[i]->len < 8
                   || !memmem(s->data, s->len, secret[i]->data,
                              secret[i]->len));
    }
}


static void
fuzz_reply_check(ngx_plaid_result_t *res)
{
    ngx_str_t  *token;

    token = &res->access_token;

    fuzz_check((res->status == NGX_PLAID_EXCHANGED) == (token->len != 0));
    fuzz_check((res->cause == NGX_PLAID_CAUSE_NONE) == (token->len != 0));
    fuzz_check(token->len == 0 || res->reply_status / 100 == 2);
    fuzz_check(res->cause != NGX_PLAID_CAUSE_INTERNAL);
    fuzz_check((res->cause == NGX_PLAID_CAUSE_NONE)
               == (res->error_type.len == 0));
    fuzz_check((res->error_type.len == 0) == (res->error_code.len == 0));
    fuzz_check((res->error_type.len == 0) == (res->error_message.len == 0));
    fuzz_check(res->retry_after >= 0 && res->retry_after <= 3600);

    fuzz_reply_string(token, NGX_PLAID_TOKEN_MAX, 0, token);
    fuzz_reply_string(&res->item_id, NGX_PLAID_ID_MAX, 0, token);
    fuzz_reply_string(&res->account_id, NGX_PLAID_ID_MAX, 0, token);
    fuzz_reply_string(&res->request_id, NGX_PLAID_ID_MAX, 0, token);
    fuzz_reply_string(&res->error_type, 64, 0, token);
    fuzz_reply_string(&res->error_code, 64, 0, token);
    fuzz_reply_string(&res->error_message, NGX_PLAID_MESSAGE_MAX, 1, token);
    fuzz_reply_string(&res->display_message, NGX_PLAID_MESSAGE_MAX, 1, token);
    fuzz_reply_string(&res->stripe_token, NGX_PLAID_TOKEN_MAX, 0,
                      &res->stripe_token);
    fuzz_reply_string(&res->processor_token, NGX_PLAID_TOKEN_MAX, 0,
                      &res->processor_token);
}


static void
fuzz_reply(const uint8_t *data, size_t size, ngx_plaid_dialect_e dialect)
{
    char                 status[4];
    ngx_str_t            body, id;
    const uint8_t       *space;
    ngx_pool_t          *pool;
    ngx_plaid_result_t   res;

    if (size < 5 || data[3] != ' ') {
        return;
    }

    memcpy(status, data, 3);
    status[3] = '\0';

    id.data = (u_char *) data + 4;
    space = memchr(id.data, ' ', size - 4);

    if (space == NULL) {
        return;
    }

    id.len = space - id.data;

    /* of its very size, for the sanitizer to see a byte more being read */

    body.len = size - (space + 1 - data);
    body.data = malloc(body.len ? body.len : 1);
    memcpy(body.data, space + 1, body.len);

    pool = unit_pool();

    ngx_plaid_api_reply(pool, dialect, atoi(status), &body, &id,
                        body.len % 4000, &fuzz_reply_args, &res);

    free(body.data);

    fuzz_reply_check(&res);

    ngx_plaid_result_wipe(&res);
    unit_pool_destroy(pool);
}


#endif /* _FUZZ_REPLY_H_INCLUDED_ */
