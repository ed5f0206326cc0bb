
/*
 * What every part of the sandbox shares: limits, the call that an endpoint
 * answers, and the ways to answer it.
 *
 * Layers: ngx_plaid_sandbox_* knows bytes, JSON, pools and the store, never a
 * request; ngx_http_plaid_sandbox_* turns a request into a call and the call's
 * reply into a response.  Nothing here is shared with the main module.
 */


#ifndef _NGX_PLAID_SANDBOX_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "ngx_plaid_sandbox_jansson.h"
#include "ngx_plaid_sandbox_store.h"


/* the largest body read: /link/token/create with every option is below 8k */
#define NGX_PLAID_SANDBOX_BODY_MAX     131072

/* form fields taken from one body: the real calls have at most a dozen */
#define NGX_PLAID_SANDBOX_FIELDS_MAX   128

/* "PLAID-SECRET" or "secret" given by a client; real ones have 30 bytes */
#define NGX_PLAID_SANDBOX_KEY_MAX      512

/* the longest token or id looked up; longer ones are not ours for certain */
#define NGX_PLAID_SANDBOX_TOKEN_MAX    (NGX_PLAID_SANDBOX_NAME_LEN - 1)

/* a public token lives so long, in seconds, unless configured otherwise */
#define NGX_PLAID_SANDBOX_TOKEN_TTL    1800

/* "request_id" of the current API: 15 characters, as Plaid's */
#define NGX_PLAID_SANDBOX_REQUEST_ID   15

/* bytes for any token this sandbox makes, with its final zero */
#define NGX_PLAID_SANDBOX_TOKEN_SIZE   64

/* bytes for any message with values of the request put into it */
#define NGX_PLAID_SANDBOX_MESSAGE      512


#define NGX_PLAID_SANDBOX_GET          0x0001
#define NGX_PLAID_SANDBOX_POST         0x0002
#define NGX_PLAID_SANDBOX_PATCH        0x0004
#define NGX_PLAID_SANDBOX_DELETE       0x0008
#define NGX_PLAID_SANDBOX_OTHER        0x0010


typedef enum {
    NGX_PLAID_SANDBOX_NO_TYPE = 0,      /* no body, no Content-Type */
    NGX_PLAID_SANDBOX_FORM,
    NGX_PLAID_SANDBOX_JSON,
    NGX_PLAID_SANDBOX_BAD_TYPE
} ngx_plaid_sandbox_type_e;


typedef struct {
    ngx_str_t                    id;
    ngx_str_t                    secret;
} ngx_plaid_sandbox_key_t;


/*
 * A webhook to be sent.  Whatever is zero is as Plaid has it; the rest is for
 * tests of who verifies.
 */
typedef struct {
    ngx_str_t                    url;
    ngx_str_t                    body;
    ngx_str_t                    type;          /* of the body */
    ngx_str_t                    alg;           /* said in the JWT */
    ngx_str_t                    kid;
    ngx_int_t                    iat_offset;    /* seconds from now */
    ngx_uint_t                   repeat;        /* sent so often */
    unsigned                     unsigned_:1;   /* no Plaid-Verification */
    unsigned                     twice:1;       /* that header twice */
    unsigned                     bad_hash:1;
    unsigned                     bad_signature:1;
    unsigned                     der:1;         /* the signature's form */
} ngx_plaid_sandbox_hook_t;


typedef struct ngx_plaid_sandbox_call_s   ngx_plaid_sandbox_call_t;
typedef struct ngx_plaid_sandbox_route_s  ngx_plaid_sandbox_route_t;


/*
 * Answers a call: sets call->reply and returns its HTTP status.  A reply left
 * NULL means that memory ran out.
 */
typedef ngx_uint_t (*ngx_plaid_sandbox_handler_pt)
    (ngx_plaid_sandbox_call_t *call);


struct ngx_plaid_sandbox_call_s {
    ngx_pool_t                  *pool;
    ngx_log_t                   *log;
    ngx_plaid_sandbox_store_t   *store;
    time_t                       now;

    /* the request */

    ngx_uint_t                   method;
    ngx_str_t                    path;          /* without the location */
    ngx_str_t                    query;
    ngx_str_t                    wild[2];       /* what "*" stood for */
    ngx_plaid_sandbox_type_e     type;
    json_t                      *args;          /* body over query; an object */
    json_t                      *keep;          /* an array of what is freed
                                                 * with the call */
    ngx_str_t                    header_id;     /* PLAID-CLIENT-ID */
    ngx_str_t                    header_secret;
    unsigned                     version:1;     /* Plaid-Version was sent */
    unsigned                     malformed:1;   /* the body is not to be read */
    unsigned                     own:1;         /* to the sandbox itself */

    /* the location */

    ngx_array_t                 *keys;          /* ngx_plaid_sandbox_key_t */
    time_t                       token_ttl;
    ngx_str_t                    origin;        /* "http://host/prefix" */

    /* the answer */

    const ngx_plaid_sandbox_route_t  *route;
    json_t                      *reply;
    ngx_str_t                    file;          /* instead of the reply */
    const char                  *file_type;
    ngx_array_t                 *hooks;         /* ngx_plaid_sandbox_hook_t */
    unsigned                     legacy:1;
    u_char                       request_id[NGX_PLAID_SANDBOX_REQUEST_ID + 1];
};


/*
 * One endpoint.  In "path" a segment "*" matches any one segment.  "fields"
 * names the members of a current call's body, separated by spaces, each as
 * type, "!" when required or "?" when not, and name: "s!public_token" (s
 * string, a array, o object, i integer, b boolean, v any value); NULL takes
 * whatever comes.
 */
struct ngx_plaid_sandbox_route_s {
    ngx_uint_t                     methods;
    const char                    *path;
    ngx_uint_t                     flags;
    const char                    *fields;
    ngx_plaid_sandbox_handler_pt   handler;
};


#define NGX_PLAID_SANDBOX_CURRENT      0x01     /* else legacy */
#define NGX_PLAID_SANDBOX_KEYS         0x02     /* needs client_id and secret */
#define NGX_PLAID_SANDBOX_LINK         0x04     /* a call of Link's own page */
#define NGX_PLAID_SANDBOX_OPERATOR     0x08     /* the sandbox's own */
#define NGX_PLAID_SANDBOX_EXCHANGE     0x10     /* of a public token */


/* ngx_plaid_sandbox_route.c */

/* The endpoint of that number; NULL after the last one. */
const ngx_plaid_sandbox_route_t *ngx_plaid_sandbox_route(ngx_uint_t i);

/*
 * Finds the endpoint of "call", NULL for none, and the dialect that it, or an
 * error, speaks: sets call->route, call->wild and call->legacy.
 */
void ngx_plaid_sandbox_find(ngx_plaid_sandbox_call_t *call);

/*
 * Answers a call whose endpoint was looked for; keys, content type and fields
 * are checked here.  Returns the HTTP status; call->reply is the body, owned
 * by the caller, or NULL when memory ran out.
 */
ngx_uint_t ngx_plaid_sandbox_answer(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_check.c */

/*
 * Check a call to a legacy or a current endpoint, call->route: 0 when all is
 * well, or the status of the error that was put into call->reply.
 */
ngx_uint_t ngx_plaid_sandbox_check_legacy(ngx_plaid_sandbox_call_t *call);
ngx_uint_t ngx_plaid_sandbox_check(ngx_plaid_sandbox_call_t *call);


/* ngx_plaid_sandbox_args.c */

/*
 * Adds the fields of a form or a query string to "args": names and values
 * percent-decoded, "name[key]" into an object.  NGX_ERROR when the escapes or
 * the UTF-8 are broken, a zero byte is among them or there are too many.
 */
ngx_int_t ngx_plaid_sandbox_form(json_t *args, u_char *p, u_char *last,
    ngx_pool_t *pool);

/* Adds the members of a JSON object to "args"; NGX_ERROR if it is not one. */
ngx_int_t ngx_plaid_sandbox_json(json_t *args, u_char *p, size_t len);

/* A member that is a non-empty string; NULL for any other. */
const char *ngx_plaid_sandbox_string(json_t *object, const char *name);

/*
 * A member that is an object or a string with one in JSON, as both were taken
 * by the legacy API: NGX_OK with "*value" borrowed from "args", NGX_DECLINED
 * when absent, null or "", NGX_ERROR when it is something else.
 */
ngx_int_t ngx_plaid_sandbox_object(json_t *args, const char *name,
    json_t **value);

/* The same for an array. */
ngx_int_t ngx_plaid_sandbox_array(json_t *args, const char *name,
    json_t **value);

/* A member that is true, "true" or 1. */
ngx_uint_t ngx_plaid_sandbox_true(json_t *args, const char *name);


/* ngx_plaid_sandbox_error.c */

/*
 * Answers with an error of the current API.  "fmt" (ngx_sprintf) replaces the
 * usual message of the code when it is not NULL.  An unknown code is an
 * API_ERROR with status 500.
 */
ngx_uint_t ngx_plaid_sandbox_error(ngx_plaid_sandbox_call_t *call,
    const char *code, const char *fmt, ...);

/* The current API's error as an object alone, without request_id. */
json_t *ngx_plaid_sandbox_error_object(const char *code, const char *message,
    ngx_uint_t *status);

/* NGX_OK when "code" is one of the current API's. */
ngx_int_t ngx_plaid_sandbox_error_known(const char *code);

/* Answers with an error of the legacy API, by its number. */
ngx_uint_t ngx_plaid_sandbox_legacy_error(ngx_plaid_sandbox_call_t *call,
    ngx_int_t code);

/* NGX_OK when "code" is one of the legacy API's. */
ngx_int_t ngx_plaid_sandbox_legacy_error_known(ngx_int_t code);


/* ngx_plaid_sandbox_token.c */

/*
 * Random values, zero-terminated: a token "<kind>-sandbox-<uuid>" into at
 * least NGX_PLAID_SANDBOX_TOKEN_SIZE bytes; "len" letters and digits into
 * len + 1.  NGX_ERROR when the system has no random bytes.
 */
ngx_int_t ngx_plaid_sandbox_token(u_char *buf, const char *kind);
ngx_int_t ngx_plaid_sandbox_uuid(u_char *buf);
ngx_int_t ngx_plaid_sandbox_id(u_char *buf, size_t len);

/* The id of "name" under "of": the same for the same two, "len" characters. */
ngx_int_t ngx_plaid_sandbox_derive(u_char *buf, size_t len, const char *of,
    const char *name);

/*
 * The form of a current token: NGX_OK for "<kind>-sandbox-<tail>",
 * NGX_DECLINED for "<kind>-<production or development>-<tail>", which then is
 * "*env" (zero-terminated in a static buffer), NGX_ERROR for anything else.
 */
ngx_int_t ngx_plaid_sandbox_token_form(const char *token, const char *kind,
    const char **env);

/* ISO 8601 of "t" in UTC into 21 bytes: "2026-01-31T12:00:00Z". */
void ngx_plaid_sandbox_time(u_char *buf, time_t t);


#endif /* _NGX_PLAID_SANDBOX_H_INCLUDED_ */
