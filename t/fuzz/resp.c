
/*
 * Whatever a Redis server sends, in pieces that the input cuts: its first byte
 * is the length of a piece.  No reply is longer than its limit, nothing is
 * kept beyond one, and after an error nothing more is taken.
 */


#include "fuzz.h"
#include "ngx_plaid_resp.h"

#include <hiredis/hiredis.h>


static void
fuzz_reply(ngx_plaid_resp_reply_t *reply)
{
    switch (reply->type) {

    case NGX_PLAID_RESP_NIL:
    case NGX_PLAID_RESP_INTEGER:
        fuzz_check(reply->len == 0);
        break;

    case NGX_PLAID_RESP_STATUS:
    case NGX_PLAID_RESP_ERROR:
    case NGX_PLAID_RESP_STRING:
        fuzz_check(reply->len <= NGX_PLAID_RESP_MAX);
        break;

    default:
        fuzz_check(0);
    }

    (void) ngx_plaid_resp_is_error(reply, "MOVED");
}


/* what the formatter makes of the same bytes is one command of them */

static void
fuzz_command(u_char *data, size_t size)
{
    u_char      buf[1024], *last;
    size_t      cut;
    ngx_str_t   args[2];
    ngx_uint_t  n;

    size = ngx_min(size, 512);
    cut = size ? data[0] % size : 0;

    args[0].data = data;
    args[0].len = cut;
    args[1].data = data + cut;
    args[1].len = size - cut;

    last = ngx_plaid_resp_command(buf, buf + sizeof(buf), args, 2);

    fuzz_check(last != NULL);
    fuzz_check(last[-2] == '\r' && last[-1] == '\n');
    fuzz_check((size_t) (last - buf) > size + 2 * sizeof("$0\r\n\r\n") - 2);
    fuzz_check(memcmp(buf, "*2\r\n$", 5) == 0);
    fuzz_check(memcmp(last - 2 - args[1].len, args[1].data, args[1].len) == 0);

    for (n = 0; n < 8; n++) {
        fuzz_check(ngx_plaid_resp_command(buf, buf + n, args, 2) == NULL);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                   *p;
    size_t                    n, piece;
    ngx_int_t                 rc;
    redisReader              *reader;
    static ngx_plaid_resp_t   resp;

    if (size == 0) {
        return 0;
    }

    piece = data[0] ? data[0] : NGX_PLAID_RESP_MAX;
    data++;
    size--;

    fuzz_check(ngx_plaid_resp_init(&resp) == NGX_OK);

    reader = resp.reader;
    rc = NGX_AGAIN;

    while (size && rc == NGX_AGAIN) {

        /* of its very size, for the sanitizer to see a byte more being read */

        n = ngx_min(size, piece);
        p = malloc(n);
        memcpy(p, data, n);

        fuzz_check(ngx_plaid_resp_feed(&resp, p, n) == NGX_OK);

        free(p);

        while ((rc = ngx_plaid_resp_next(&resp)) == NGX_OK) {
            fuzz_reply(&resp.reply);
        }

        fuzz_check(rc == NGX_ERROR
                   || reader->len - reader->pos
                      <= NGX_PLAID_RESP_MAX + 32);
        fuzz_check(rc == NGX_AGAIN || resp.error != NULL);

        data += n;
        size -= n;
    }

    ngx_plaid_resp_free(&resp);
    ngx_plaid_resp_free(&resp);

    fuzz_command((u_char *) data, size);

    return 0;
}
