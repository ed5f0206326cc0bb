
/*
 * The server around the module: as much of nginx's requests, phases, events
 * and configuration as the module calls, and a Plaid that answers what the
 * input says.
 *
 * The rules are nginx's own: a request is counted, an end with clean-ups of
 * the request at once and of the pool last, subrequests share lists, events
 * are posted.  What the server holds for itself is not in pools, so that a
 * refused allocation is always one of the module's.
 */


#ifndef _FUZZ_HTTP_H_INCLUDED_
#define _FUZZ_HTTP_H_INCLUDED_


#include "fuzz.h"
#include "ngx_http_plaid_boundary.h"
#include "ngx_plaid_exchange.h"
#include "ngx_http_plaid_directives.h"
#include "ngx_http_plaid_handler.h"
#include "ngx_http_plaid_status.h"
#include "ngx_http_plaid_variables.h"


/* requests of one input, and replies that brought a token */
#define FUZZ_HTTP_REQUESTS  12
#define FUZZ_HTTP_TOKENS    64

/* longest text that is compared */
#define FUZZ_HTTP_TEXT      1024


/* a location: its first letter, and its directives */

typedef struct {
    char                        letter;
    const char                 *client;      /* NULL: no exchange */
    const char                 *conf;
    const char                 *error_page;  /* path, or NULL */
    ngx_http_plaid_loc_conf_t  *plcf;
    ngx_http_core_loc_conf_t    clcf;
    void                       *ctx[2];
} fuzz_http_location_t;


typedef enum {
    FUZZ_HTTP_HEADERS = 0,      /* not all of it is there */
    FUZZ_HTTP_PHASES,
    FUZZ_HTTP_BODY,             /* nginx waits for the body */
    FUZZ_HTTP_APP,              /* the app works on it */
    FUZZ_HTTP_FREED
} fuzz_http_state_e;


typedef struct {
    ngx_http_request_t          r;           /* must be first */
    ngx_connection_t            connection;
    ngx_event_t                 read;
    ngx_event_t                 write;
    ngx_log_t                   log;
    ngx_http_log_ctx_t          log_ctx;
    ngx_http_cleanup_t         *cleanup;
    ngx_http_posted_request_t   posted;
    ngx_http_upstream_t         upstream;
    void                       *ctx[2];

    fuzz_http_state_e           state;
    fuzz_http_location_t       *location;
    ngx_str_t                   addr;
    ngx_chain_t                *body;
    off_t                       length;
    ngx_http_client_body_handler_pt  body_handler;

    char                        token[FUZZ_HTTP_TEXT];   /* that was found */
    char                        bind[FUZZ_HTTP_TEXT];

    unsigned                    late:1;      /* the body comes by an event */
    unsigned                    gone:1;      /* the client has left */
    unsigned                    terminated:1;
} fuzz_http_t;


/* what Plaid has given, for whom */

typedef struct {
    ngx_http_plaid_client_t    *client;
    fuzz_http_t                *h;
    char                        token[FUZZ_HTTP_TEXT];
    char                        bind[FUZZ_HTTP_TEXT];
    char                        access[FUZZ_HTTP_TEXT];
} fuzz_http_token_t;


/* fuzz_http_conf.c */

extern ngx_http_plaid_main_conf_t  *fuzz_http_main_conf;
extern ngx_http_core_main_conf_t    fuzz_http_core_conf;
extern ngx_http_conf_ctx_t          fuzz_http_conf_ctx;

/* Once: the configuration is made; each time: the zones are empty. */
void fuzz_http_conf(void);

fuzz_http_location_t *fuzz_http_find(ngx_str_t *uri);

/* The variable's value, cached as nginx caches it. */
void fuzz_http_variable(ngx_http_request_t *r, ngx_uint_t i, ngx_str_t *value);
ngx_uint_t fuzz_http_index(const char *name);
/* Aborts when a call is under way that nobody makes. */
void fuzz_http_conf_check(void);


/* fuzz_http_event.c */

extern ngx_uint_t  fuzz_http_lookups;        /* that wait for an answer */

void fuzz_http_posted(void);
void fuzz_http_pass(ngx_msec_t ms);
/* Answers the oldest look-up; 0: with two addresses. */
void fuzz_http_resolved(ngx_int_t state);
void fuzz_http_event_check(void);


/* fuzz_http_core.c */

/* To be followed by NGX_DONE, as what nginx has for this. */
void fuzz_http_redirect(ngx_http_request_t *r, ngx_str_t *uri);

/* All of these return with the request maybe freed. */
void fuzz_http_run(fuzz_http_t *h);
void fuzz_http_body(fuzz_http_t *h, ngx_int_t rc);
void fuzz_http_event(fuzz_http_t *h, ngx_uint_t write);
void fuzz_http_answer(fuzz_http_t *h, ngx_uint_t status);


/* fuzz_http_plaid.c */

extern fuzz_http_token_t  fuzz_http_tokens[FUZZ_HTTP_TOKENS];
extern ngx_uint_t         fuzz_http_ntokens;

/* whose credentials were evaluated last: the next call is its own */
extern fuzz_http_t       *fuzz_http_caller;

void fuzz_http_plaid_init(void);
/* An exchange whose name is looked up, now; and it is not called at all. */
void fuzz_http_plaid_begin(ngx_plaid_fetch_t *f, ngx_uint_t looked_up);
void fuzz_http_plaid_drop(ngx_plaid_fetch_t *f);
/* The oldest call; each does nothing when there is none. */
void fuzz_http_plaid_sent(void);
void fuzz_http_plaid_reply(ngx_uint_t status, time_t retry_after,
    ngx_str_t *body);
void fuzz_http_plaid_fail(ngx_plaid_call_rc_e rc, ngx_uint_t sent);
void fuzz_http_plaid_check(void);


/* fuzz_http_request.c */

/* The next word of "line", which is cut, as far as "end". */
ngx_str_t fuzz_http_word(ngx_str_t *line, u_char end);
size_t fuzz_http_unescape(u_char *dst, ngx_str_t *src);

void fuzz_http_begin(fuzz_http_t *h, ngx_str_t *line);
void fuzz_http_header(fuzz_http_t *h, ngx_str_t *line);
void fuzz_http_piece(fuzz_http_t *h, ngx_str_t *line, ngx_uint_t in_file);
/* Its phases run; "late": the body is there later, see fuzz_http_body(). */
void fuzz_http_go(fuzz_http_t *h, ngx_uint_t late);


/* fuzz_http_check.c */

/* the client's bytes: none of our pointers lead there */
extern u_char  *fuzz_http_input, *fuzz_http_input_end;

/* What the app gets; it goes on working until it answers. */
void fuzz_http_app(fuzz_http_t *h);
/* The response has a status: no header of it may be made of the token. */
void fuzz_http_headers(fuzz_http_t *h);
/* After the clean-ups of the request, before its pool is destroyed. */
void fuzz_http_logged(fuzz_http_t *h);
/* A subrequest of one that is with the app. */
void fuzz_http_mirror(fuzz_http_t *h);
void fuzz_http_log_check(void);


static inline ngx_uint_t
fuzz_http_is(ngx_str_t *s, const char *text)
{
    return s->len == strlen(text)
           && (s->len == 0 || memcmp(s->data, text, s->len) == 0);
}


/* the text of "s", cut and with its end */
static inline void
fuzz_http_text(char *text, ngx_str_t *s)
{
    size_t  len;

    len = ngx_min(s->len, FUZZ_HTTP_TEXT - 1);

    if (len) {
        memcpy(text, s->data, len);
    }

    text[len] = '\0';
}


#endif /* _FUZZ_HTTP_H_INCLUDED_ */
