
/*
 * Whole requests through the module in a server that is stood in for.  Each
 * line of the input is a step; N is the number of a request, from 0:
 *
 *     > METHOD PATH[?ARGS] [ADDRESS]    a request begins
 *     NAME: VALUE                       a header of it
 *     =TEXT  @TEXT       a piece of its body, in memory or in a file, with
 *                        \r, \n, \\ and \xHH
 *     .  ,               that was all; with "," nginx waits for the body
 *     bN [STATUS]        the body is there, or cannot be read
 *     < STATUS[:SECONDS] TEXT           Plaid answers the oldest call
 *     x KIND             it fails: c C t l b i, as ngx_plaid_call_rc_e
 *     X KIND             it fails once it was sent
 *     s                  it was sent
 *     ? STATE            the oldest look-up ends, with addresses if 0
 *     + MS               time passes
 *     ~N                 the client leaves
 *     wN                 an event of the client's that means nothing
 *     aN STATUS          the app answers
 *     rN PATH            the app has nginx serve another location
 *     mN                 a subrequest, as of a mirror
 *     !N                 the next step lacks its N-th allocation
 *
 * Then everything ends, and nothing may be left over.
 */


#include "fuzz_http.h"


#define STEPS  400


static fuzz_http_t   requests[FUZZ_HTTP_REQUESTS];
static ngx_uint_t    nrequests;


static ngx_plaid_call_rc_e
parse_kind(u_char ch)
{
    switch (ch) {
    case 'c': return NGX_PLAID_CALL_CONNECT;
    case 'C': return NGX_PLAID_CALL_CONNECT_TIMEOUT;
    case 't': return NGX_PLAID_CALL_TIMEOUT;
    case 'l': return NGX_PLAID_CALL_LOST;
    case 'b': return NGX_PLAID_CALL_BAD_REPLY;
    default:  return NGX_PLAID_CALL_INTERNAL;
    }
}


static ngx_int_t
number(ngx_str_t s, ngx_int_t least, ngx_int_t most)
{
    ngx_int_t  n;

    n = ngx_atoi(s.data, s.len);

    return ngx_min(ngx_max(n, least), most);
}


static void
reply(ngx_str_t *line)
{
    size_t     len;
    u_char    *p;
    ngx_int_t  seconds;
    ngx_str_t  status, body;

    status = fuzz_http_word(line, ' ');
    body = fuzz_http_word(&status, ':');
    seconds = status.len ? number(status, 0, 100000) : 0;
    status = body;

    p = calloc(1, line->len + 1);
    len = fuzz_http_unescape(p, line);

    body.data = p;
    body.len = len;

    fuzz_http_plaid_reply(number(status, 100, 999), seconds, &body);

    free(p);
}


/* nginx refuses a line with a NUL in it, and one that is too long */

static ngx_uint_t
is_line(ngx_str_t *line)
{
    return line->len < FUZZ_HTTP_TEXT
           && memchr(line->data, '\0', line->len) == NULL;
}


/* a step of a request that is under way, by its number */

static void
step_of(u_char what, ngx_str_t *line)
{
    ngx_str_t     n;
    fuzz_http_t  *h;

    n = fuzz_http_word(line, ' ');
    n.len = ngx_min(n.len, 2);

    h = &requests[number(n, 0, FUZZ_HTTP_REQUESTS - 1)];

    if (h >= requests + nrequests || h->state == FUZZ_HTTP_FREED
        || h->state == FUZZ_HTTP_HEADERS)
    {
        return;
    }

    switch (what) {

    case '~':
        h->gone = 1;
        h->read.ready = 1;
        fuzz_http_event(h, 0);
        return;

    case 'w':
        fuzz_http_event(h, 1);
        return;

    case 'b':
        if (h->state == FUZZ_HTTP_BODY) {
            fuzz_http_body(h, line->len ? number(*line, 400, 599) : NGX_OK);
        }

        return;

    default:
        break;
    }

    if (h->state != FUZZ_HTTP_APP) {
        return;
    }

    switch (what) {

    case 'a':
        fuzz_http_answer(h, number(*line, 100, 599));
        return;

    case 'r':
        h->upstream.headers_in.status_n = 200;
        fuzz_http_redirect(&h->r, line);
        ngx_http_finalize_request(&h->r, NGX_DONE);
        ngx_http_run_posted_requests(&h->connection);
        return;

    default: /* 'm' */
        fuzz_http_mirror(h);
    }
}


static void
step(ngx_str_t *line)
{
    u_char        what;
    ngx_str_t     rest;
    fuzz_http_t  *h;

    what = line->data[0];
    rest.data = line->data + 1;
    rest.len = line->len - 1;

    if (rest.len && rest.data[0] == ' ') {
        rest.data++;
        rest.len--;
    }

    h = nrequests ? &requests[nrequests - 1] : NULL;

    if (h && h->state == FUZZ_HTTP_HEADERS) {

        switch (what) {

        case '.':
        case ',':
            fuzz_http_go(h, what == ',');
            return;

        case '=':
        case '@':
            fuzz_http_piece(h, &rest, what == '@');
            return;

        default:
            if (memchr(line->data, ':', line->len) && is_line(line)) {
                fuzz_http_header(h, line);
                return;
            }
        }
    }

    switch (what) {

    case '>':
        if (nrequests < FUZZ_HTTP_REQUESTS && is_line(line)) {
            fuzz_http_begin(&requests[nrequests++], &rest);
        }

        break;

    case '<':
        reply(&rest);
        break;

    case 'x':
    case 'X':
        fuzz_http_plaid_fail(parse_kind(rest.len ? rest.data[0] : 0),
                             what == 'X');
        break;

    case 's':
        fuzz_http_plaid_sent();
        break;

    case '?':
        fuzz_http_resolved(number(rest, 0, 5));
        break;

    case '+':
        fuzz_http_pass(number(rest, 0, 4000));
        break;

    case '~': case 'w': case 'b': case 'a': case 'r': case 'm':
        step_of(what, &rest);
        break;

    default:
        break;
    }

    fuzz_http_posted();
}


static void
finish(void)
{
    ngx_uint_t    i;
    fuzz_http_t  *h;

    for (i = 0; i < nrequests; i++) {
        h = &requests[i];

        if (h->state == FUZZ_HTTP_HEADERS) {
            fuzz_http_go(h, 0);
        }

        if (h->state == FUZZ_HTTP_BODY) {
            fuzz_http_body(h, NGX_OK);
        }
    }

    /* longer than any call, and than a wait for one that waits for one */

    for (i = 0; i <= FUZZ_HTTP_REQUESTS; i++) {
        fuzz_http_pass(4000);
    }

    for (i = 0; i < nrequests; i++) {
        if (requests[i].state == FUZZ_HTTP_APP) {
            fuzz_http_answer(&requests[i], 200);
        }

        fuzz_check(requests[i].state == FUZZ_HTTP_FREED);
    }

    fuzz_http_log_check();

    fuzz_http_plaid_check();
    fuzz_http_event_check();
    fuzz_http_conf_check();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char      *text;
    ngx_str_t    line, rest;
    ngx_uint_t   n, refused;

    ngx_current_msec = 1000000;
    nrequests = 0;
    refused = 0;

    fuzz_http_conf();
    fuzz_http_plaid_init();

    text = calloc(1, size + 1);
    memcpy(text, data, size);

    fuzz_http_input = text;
    fuzz_http_input_end = text + size;

    rest.data = text;
    rest.len = size;

    for (n = 0; rest.len && n < STEPS; n++) {
        line = fuzz_http_word(&rest, '\n');

        if (line.len == 0) {
            continue;
        }

        if (line.data[0] == '!') {
            line.data++;
            line.len--;
            refused = number(line, 0, 1000);
            continue;
        }

        unit_refuse(refused);

        step(&line);

        unit_refuse(0);
        refused = 0;

        fuzz_http_log_check();
    }

    finish();

    free(text);

    return 0;
}
