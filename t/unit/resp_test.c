
/* RESP: replies whole and in pieces, every limit, commands, no memory. */


#include "unit.h"
#include "ngx_plaid_resp.h"


static ngx_plaid_resp_t  resp;


static void
begin(void)
{
    is_int(ngx_plaid_resp_init(&resp), NGX_OK, "a new connection");
}


/* feeds "len" bytes, "piece" at a time; what next() says at the end */

static ngx_int_t
feed(const char *text, size_t len, size_t piece)
{
    size_t     n;
    u_char    *p;
    ngx_int_t  rc;

    rc = NGX_AGAIN;

    while (len && rc == NGX_AGAIN) {
        n = len < piece ? len : piece;

        p = malloc(n);
        memcpy(p, text, n);

        if (ngx_plaid_resp_feed(&resp, p, n) != NGX_OK) {
            free(p);
            return NGX_ERROR;
        }

        free(p);

        text += n;
        len -= n;

        rc = ngx_plaid_resp_next(&resp);
    }

    return rc;
}


static void
reply(const char *text, ngx_plaid_resp_type_e type, const char *value)
{
    size_t     piece, len;
    ngx_str_t  got;

    len = strlen(text);

    for (piece = 1; piece <= len; piece++) {
        begin();

        is_int(feed(text, len, piece), NGX_OK, "a reply in pieces");
        is_int(resp.reply.type, type, "its type");

        if (value) {
            got.data = resp.reply.data;
            got.len = resp.reply.len;
            is_str(&got, value, "its text");
        }

        is_int(ngx_plaid_resp_next(&resp), NGX_AGAIN, "no more");
    }
}


static void
refused(const char *text, const char *why)
{
    begin();

    is_int(feed(text, strlen(text), 4096), NGX_ERROR, "refused");
    ok(resp.error && strcmp(resp.error, why) == 0, "because of %s, not %s",
       why, resp.error ? resp.error : "nothing");
}


static void
replies(void)
{
    reply("+OK\r\n", NGX_PLAID_RESP_STATUS, "OK");
    reply("+PONG\r\n", NGX_PLAID_RESP_STATUS, "PONG");
    reply("$-1\r\n", NGX_PLAID_RESP_NIL, NULL);
    reply("$5\r\nhello\r\n", NGX_PLAID_RESP_STRING, "hello");
    reply("$0\r\n\r\n", NGX_PLAID_RESP_STRING, "");
    reply("-OOM command not allowed\r\n", NGX_PLAID_RESP_ERROR,
          "OOM command not allowed");

    reply(":-2\r\n", NGX_PLAID_RESP_INTEGER, NULL);
    ok(resp.reply.integer == -2, "a negative number");

    reply(":599999\r\n", NGX_PLAID_RESP_INTEGER, NULL);
    ok(resp.reply.integer == 599999, "a number");
}


static void
pipeline(void)
{
    const char  *text = "$3\r\nabc\r\n:7\r\n+OK\r\n$-1\r\n";

    begin();

    is_int(feed(text, strlen(text), 100), NGX_OK, "the first of four");
    ok(resp.reply.len == 3 && memcmp(resp.reply.data, "abc", 3) == 0, "abc");
    is_int(ngx_plaid_resp_next(&resp), NGX_OK, "the second");
    ok(resp.reply.integer == 7, "7");
    is_int(ngx_plaid_resp_next(&resp), NGX_OK, "the third");
    is_int(resp.reply.type, NGX_PLAID_RESP_STATUS, "OK");
    is_int(ngx_plaid_resp_next(&resp), NGX_OK, "the fourth");
    is_int(resp.reply.type, NGX_PLAID_RESP_NIL, "nil");
    is_int(ngx_plaid_resp_next(&resp), NGX_AGAIN, "no more");
}


static void
limits(void)
{
    char       *text;
    size_t      len;
    ngx_int_t   rc;

    text = malloc(3 * NGX_PLAID_RESP_MAX);

    len = sprintf(text, "$%d\r\n", NGX_PLAID_RESP_MAX);
    memset(text + len, 'x', NGX_PLAID_RESP_MAX);
    len += NGX_PLAID_RESP_MAX;
    text[len++] = '\r';
    text[len++] = '\n';

    begin();
    is_int(feed(text, len, 4096), NGX_OK, "the longest reply");
    is_int(resp.reply.len, NGX_PLAID_RESP_MAX, "all of it");

    len = sprintf(text, "$%d\r\n", NGX_PLAID_RESP_MAX + 1);
    memset(text + len, 'x', NGX_PLAID_RESP_MAX + 1);
    len += NGX_PLAID_RESP_MAX + 1;
    text[len++] = '\r';
    text[len++] = '\n';

    begin();
    rc = feed(text, len, 4096);
    is_int(rc, NGX_ERROR, "a byte more");

    /* ten megabytes are announced, and the first of them come */

    len = sprintf(text, "$10485760\r\n");
    memset(text + len, 'x', 2 * NGX_PLAID_RESP_MAX);

    begin();
    is_int(feed(text, 2 * NGX_PLAID_RESP_MAX, 4096), NGX_ERROR, "10 MB");
    ok(strcmp(resp.error, "a reply that is too long") == 0, "too long");

    /* a line that never ends */

    memset(text, 'E', 3 * NGX_PLAID_RESP_MAX);
    text[0] = '-';

    begin();
    is_int(feed(text, 2 * NGX_PLAID_RESP_MAX, 1000), NGX_ERROR, "a long line");

    free(text);

    refused("*2\r\n:1\r\n:2\r\n", "a reply of an unexpected type");
    refused("*1\r\n*1\r\n*1\r\n", "a reply of an unexpected type");
    refused("*1000000000\r\n", "a reply of an unexpected type");
    refused("HTTP/1.1 400 Bad Request\r\n", "not a reply of RESP");
}


static void
command(void)
{
    u_char      buf[128], *last;
    ngx_uint_t  n;
    ngx_str_t   args[3];

    const char  *expected = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n";

    ngx_str_set(&args[0], "SET");
    ngx_str_set(&args[1], "k");
    ngx_str_set(&args[2], "a\r\nb");

    last = ngx_plaid_resp_command(buf, buf + sizeof(buf), args, 3);

    ok(last && (size_t) (last - buf) == strlen(expected)
       && memcmp(buf, expected, strlen(expected)) == 0,
       "a command, with a value that has ends of line");

    for (n = 0; n < strlen(expected); n++) {
        ok(ngx_plaid_resp_command(buf, buf + n, args, 3) == NULL,
           "no room in %d bytes", (int) n);
    }

    ok(ngx_plaid_resp_command(buf, buf + n, args, 3) == buf + n,
       "room for exactly that");
}


static void
errors(void)
{
    begin();
    is_int(feed("-MOVED 1 a:1\r\n", 14, 100), NGX_OK, "an error");
    ok(ngx_plaid_resp_is_error(&resp.reply, "MOVED"), "MOVED");
    ok(!ngx_plaid_resp_is_error(&resp.reply, "MOVE"), "not MOVE");
    ok(!ngx_plaid_resp_is_error(&resp.reply, "MOVED 1 a:1 "), "not more");

    begin();
    is_int(feed("-OOM\r\n", 6, 100), NGX_OK, "a bare one");
    ok(ngx_plaid_resp_is_error(&resp.reply, "OOM"), "OOM");

    begin();
    is_int(feed("+OOM\r\n", 6, 100), NGX_OK, "a status");
    ok(!ngx_plaid_resp_is_error(&resp.reply, "OOM"), "is none");
}


int
main(void)
{
    replies();
    pipeline();
    limits();
    command();
    errors();

    ngx_plaid_resp_free(&resp);
    ngx_plaid_resp_free(&resp);

    return done_testing();
}
