
/*
 * RESP by libhiredis: its reader with functions of the module, so that a
 * reply needs no allocation, and its formatter.
 */


#include "ngx_plaid_resp.h"

#include <hiredis/hiredis.h>


/* what a reply has beside its text: a type, a length, two ends of line */
#define NGX_PLAID_RESP_FRAME      32


/* the number of an aggregate's elements: an int until libhiredis 1.0 */

#if (HIREDIS_MAJOR >= 1)
#define NGX_PLAID_RESP_COUNT      size_t
#else
#define NGX_PLAID_RESP_COUNT      int
#endif


static void *ngx_plaid_resp_string(const redisReadTask *task, char *str,
    size_t len);
static void *ngx_plaid_resp_array(const redisReadTask *task,
    NGX_PLAID_RESP_COUNT n);
static void *ngx_plaid_resp_integer(const redisReadTask *task,
    long long value);
static void *ngx_plaid_resp_nil(const redisReadTask *task);
static void ngx_plaid_resp_release(void *reply);


/* the types of RESP3 have no function: see ngx_plaid_resp_next() */

static redisReplyObjectFunctions  ngx_plaid_resp_functions = {
    .createString = ngx_plaid_resp_string,
    .createArray = ngx_plaid_resp_array,
    .createInteger = ngx_plaid_resp_integer,
    .createNil = ngx_plaid_resp_nil,
    .freeObject = ngx_plaid_resp_release
};


ngx_int_t
ngx_plaid_resp_init(ngx_plaid_resp_t *resp)
{
    redisReader  *reader;

    ngx_plaid_resp_free(resp);

    reader = redisReaderCreateWithFunctions(&ngx_plaid_resp_functions);
    if (reader == NULL) {
        return NGX_ERROR;
    }

    reader->privdata = resp;

    resp->reader = reader;
    resp->error = NULL;

    return NGX_OK;
}


ngx_int_t
ngx_plaid_resp_feed(ngx_plaid_resp_t *resp, u_char *data, size_t len)
{
    if (redisReaderFeed(resp->reader, (char *) data, len) == REDIS_OK) {
        return NGX_OK;
    }

    resp->error = "no memory for a reply";

    return NGX_ERROR;
}


ngx_int_t
ngx_plaid_resp_next(ngx_plaid_resp_t *resp)
{
    void         *reply;
    redisReader  *reader;

    reader = resp->reader;
    reply = NULL;

    if (redisReaderGetReply(reader, &reply) != REDIS_OK) {

        /* set where one of our functions has refused the reply */

        if (resp->error == NULL) {
            resp->error = (reader->err == REDIS_ERR_OOM)
                          ? "no memory for a reply" : "not a reply of RESP";
        }

        return NGX_ERROR;
    }

    if (reply == &resp->reply) {
        return NGX_OK;
    }

    if (reply) {

        /* a number of libhiredis's own stands for what has no function */

        resp->error = "a reply of an unexpected type";
        return NGX_ERROR;
    }

    if (reader->len - reader->pos > NGX_PLAID_RESP_MAX + NGX_PLAID_RESP_FRAME) {
        resp->error = "a reply that is too long";
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


void
ngx_plaid_resp_free(ngx_plaid_resp_t *resp)
{
    if (resp->reader) {
        redisReaderFree(resp->reader);
        resp->reader = NULL;
    }
}


/* of a status, an error and a bulk string; NULL makes the reader fail */

static void *
ngx_plaid_resp_string(const redisReadTask *task, char *str, size_t len)
{
    ngx_plaid_resp_t        *resp;
    ngx_plaid_resp_reply_t  *reply;

    resp = task->privdata;
    reply = &resp->reply;

    switch (task->type) {

    case REDIS_REPLY_STATUS:
        reply->type = NGX_PLAID_RESP_STATUS;
        break;

    case REDIS_REPLY_ERROR:
        reply->type = NGX_PLAID_RESP_ERROR;
        break;

    case REDIS_REPLY_STRING:
        reply->type = NGX_PLAID_RESP_STRING;
        break;

    default:
        resp->error = "a reply of an unexpected type";
        return NULL;
    }

    if (len > NGX_PLAID_RESP_MAX) {
        resp->error = "a reply that is too long";
        return NULL;
    }

    ngx_memcpy(reply->data, str, len);
    reply->len = len;

    return reply;
}


/* no command of the module is answered by one */

static void *
ngx_plaid_resp_array(const redisReadTask *task, NGX_PLAID_RESP_COUNT n)
{
    ngx_plaid_resp_t  *resp;

    resp = task->privdata;
    resp->error = "a reply of an unexpected type";

    return NULL;
}


static void *
ngx_plaid_resp_integer(const redisReadTask *task, long long value)
{
    ngx_plaid_resp_t  *resp;

    resp = task->privdata;

    resp->reply.type = NGX_PLAID_RESP_INTEGER;
    resp->reply.integer = value;
    resp->reply.len = 0;

    return &resp->reply;
}


static void *
ngx_plaid_resp_nil(const redisReadTask *task)
{
    ngx_plaid_resp_t  *resp;

    resp = task->privdata;

    resp->reply.type = NGX_PLAID_RESP_NIL;
    resp->reply.len = 0;

    return &resp->reply;
}


/* a reply is part of its ngx_plaid_resp_t */

static void
ngx_plaid_resp_release(void *reply)
{
}


u_char *
ngx_plaid_resp_command(u_char *p, u_char *last, ngx_str_t *args, ngx_uint_t n)
{
    char        *command;
    size_t       lens[NGX_PLAID_RESP_ARGS];
    long long    len;
    ngx_uint_t   i;
    const char  *argv[NGX_PLAID_RESP_ARGS];

    for (i = 0; i < n; i++) {
        argv[i] = (char *) args[i].data;
        lens[i] = args[i].len;
    }

    len = redisFormatCommandArgv(&command, (int) n, argv, lens);

    if (len < 0) {
        return NULL;
    }

    if (len > last - p) {
        p = NULL;

    } else {
        p = ngx_cpymem(p, command, (size_t) len);
    }

    /* AUTH has a password */

    ngx_explicit_memzero(command, (size_t) len);
    redisFreeCommand(command);

    return p;
}


ngx_uint_t
ngx_plaid_resp_is_error(ngx_plaid_resp_reply_t *reply, const char *code)
{
    size_t  len;

    len = ngx_strlen(code);

    return reply->type == NGX_PLAID_RESP_ERROR
           && reply->len >= len
           && ngx_memcmp(reply->data, code, len) == 0
           && (reply->len == len || reply->data[len] == ' ');
}
