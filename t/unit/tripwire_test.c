
/*
 * Access tokens in a reply that comes in pieces: what is found, what passes,
 * and that no byte of a token was released.
 */


#include "unit.h"
#include "ngx_plaid_tripwire.h"


#define RAW   "access-sandbox-11111111-2222-3333-4444-555555555555"
#define RAW2  "access-sandbox-11111111-2222-3333-4444-666666666666"
#define LIKE  "access-production-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define DEVEL "access-development-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"


static ngx_str_t   known[2];
static ngx_uint_t  nknown;
static ngx_uint_t  seen;


/*
 * Feeds "text" in pieces of "piece" bytes.  The number of bytes released, or
 * -1 when a token was found: "released" is good all the same.
 */

static long
feed(const char *text, size_t piece, size_t *released)
{
    u_char                *buf;
    size_t                 len, held, safe, n;
    ngx_int_t              rc;
    ngx_plaid_tripwire_t   tw;

    memset(&tw, 0xa5, sizeof(tw));

    tw.tokens = known;
    tw.ntokens = nknown;

    ngx_plaid_tripwire_init(&tw);

    len = strlen(text);
    held = 0;
    *released = 0;

    do {
        n = ngx_min(piece, len - *released - held);

        /* of its very size: no byte beyond it is looked at */

        buf = malloc(held + n + 1);
        memcpy(buf + 1, text + *released, held + n);

        rc = ngx_plaid_tripwire_look(&tw, buf + 1, held + n, held,
                                     *released + held + n == len, &safe);
        free(buf);

        if (rc != NGX_OK) {
            return -1;
        }

        *released += safe;
        held += n - safe;

        if (held > NGX_PLAID_TRIPWIRE_HOLD) {
            return -2;
        }

    } while (*released + held < len || held);

    seen = tw.seen;

    return *released;
}


/* "at" is where the token begins, NULL: nothing is found */

static void
find(const char *text, const char *at, const char *name)
{
    long    rc;
    size_t  piece, released;

    for (piece = 1; piece <= strlen(text) + 1; piece++) {

        rc = feed(text, piece, &released);

        if (at == NULL && rc != (long) strlen(text)) {
            ok(0, "%s, pieces of %d", name, (int) piece);
            return;
        }

        if (at && (rc != -1
                   || released > (size_t) (strstr(text, at) - text)))
        {
            ok(0, "%s, pieces of %d", name, (int) piece);
            return;
        }
    }

    ok(1, "%s", name);
}


static void
of_the_request(void)
{
    known[0] = unit_str(RAW);
    known[1] = unit_str(RAW2);

    nknown = 1;

    find("x" RAW, RAW, "a token in a text");
    find(RAW, RAW, "nothing else");
    find("{\"memo\":\"see " RAW " there\"}", RAW, "in a member");
    find("{\"memo\":1}" "access-sandbox-" RAW " ", RAW, "after its beginning");
    find("access-sandbox-11111111-2222-3333-4444-55555555555", NULL,
         "one byte short");
    find("", NULL, "nothing");

    nknown = 2;

    find("x " RAW2 " x", RAW2, "the other one");
    find("x access-sandbox-11111111-2222-3333-4444-777777777777", NULL,
         "a third one");

    known[1] = unit_str("zz");
    find("x zz " RAW, "zz", "tokens without a common prefix");
    known[0] = unit_str("z");
    find("aaaaz", "z", "a token of a byte");

    nknown = 0;
    find("x" RAW, NULL, "without tokens");
}


static void
look_alikes(void)
{
    nknown = 0;

    find("{\"access_token\":\"" LIKE "\"}", LIKE, "a member");
    find("{\"a\":{\"new_access_token\" : \"" RAW "\"}}", RAW, "a nested one");
    find("{\"token\":\"" DEVEL "\"}", DEVEL, "any name that ends in token");
    find("{\"access_tokens\":[1,\"x\", \"" LIKE "\"]}", LIKE, "a list");
    find("{\"a\":[{\"tokens\":[\"" LIKE "\"]}]}", LIKE, "a nested list");
    find("[{\"x\":\"\\\"\",\"token\":\"" LIKE "\"}]", LIKE,
         "after an escaped quote");
    find("{\"tokens\":[[],{\"a\":1},\"" LIKE "\"]}", LIKE,
         "after other elements");

    find("{\"memo\":\"" LIKE "\"}", NULL, "a memo");
    is_int(seen, 1, "it is counted");
    find("{\"token\":\"" LIKE "0\"}", NULL, "longer");
    find("{\"token\":\" " LIKE "\"}", NULL, "with more before it");
    is_int(seen, 1, "it is counted, too");
    find("{\"token\":\"access-production-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeee"
         "\"}", NULL, "shorter");
    is_int(seen, 0, "it is not counted");
    find("{\"token\":\"access-production-AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee"
         "\"}", NULL, "upper case");
    find("{\"token\":\"access-staging-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
         "\"}", NULL, "another environment");
    find("{\"" LIKE "\":1}", NULL, "a name");
    find("{\"tokens\":{\"x\":\"" LIKE "\"}}", NULL, "an object of that name");
    find("{\"tokens\":[[\"" LIKE "\"]]}", NULL, "a list in a list");
    find("{\"token\":[\"" LIKE "\"]}", NULL, "a list by a singular");
    find("{\"tokens\":[],\"a\":[\"" LIKE "\"]}", NULL, "another list");
    find("{\"token\":1,\"a\":\"" LIKE "\"}", NULL, "another member");
    find("{\"tokenx\":\"" LIKE "\"}", NULL, "token is not the end");
    find("\"" LIKE "\"", NULL, "a string alone");
    find("%PDF-1.4 \"" LIKE "\" }}}]]]\"", NULL, "no JSON");
}


static void
deep(void)
{
    char    text[512], *p;
    size_t  i;

    p = text;

    for (i = 0; i < 70; i++) {
        *p++ = '[';
    }

    for (i = 0; i < 70; i++) {
        *p++ = ']';
    }

    sprintf(p, ",{\"tokens\":[\"" LIKE "\"]}");

    find(text, LIKE, "after more levels than are followed");

    memset(text, '}', 10);
    sprintf(text + 10, "{\"tokens\":[\"" LIKE "\"]}");

    find(text, LIKE, "after brackets that nothing opened");
}


static void
within(void)
{
    ngx_str_t  s;

    s = unit_str("https://a.example/?t=" LIKE "&x");
    ok(ngx_plaid_tripwire_within(&s), "in a URL");
    s = unit_str("access-access-sandbox-" "x" DEVEL);
    ok(ngx_plaid_tripwire_within(&s), "after what is none");
    s = unit_str("access-sandbox-");
    ok(!ngx_plaid_tripwire_within(&s), "a beginning");
    ngx_str_null(&s);
    ok(!ngx_plaid_tripwire_within(&s), "nothing");
}


int
main(void)
{
    within();
    of_the_request();
    look_alikes();
    deep();

    return done_testing();
}
