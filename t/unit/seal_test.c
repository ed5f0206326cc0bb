
/*
 * Names, keys and sealing of the replay store's records.
 */


#include "unit.h"
#include "ngx_plaid_seal.h"
#include "ngx_plaid_hkdf.h"
#include <sys/mman.h>
#include <sys/wait.h>


#define CLIENT  "bank"
#define ID      "5e8b0d7d3e4a2f0011223344"
#define ENV     "https://sandbox.plaid.com"
#define BIND    "192.0.2.1"
#define TOKEN   "public-sandbox-b0e2c4ee-a763-4df5-bfe9-46a46bce993d"


static ngx_plaid_seal_input_t *
input(const char *client, const char *env, const char *bind,
    const char *token)
{
    static ngx_plaid_seal_input_t  in;

    ngx_memzero(&in, sizeof(ngx_plaid_seal_input_t));

    in.client = unit_str(client);
    in.client_id = unit_str(ID);
    in.environment = unit_str(env);
    in.bind = unit_str(bind);
    in.token = unit_str(token);

    return &in;
}


static void
derive_from(ngx_plaid_seal_t *seal, ngx_plaid_seal_input_t *in)
{
    if (ngx_plaid_seal_derive(seal, in) != NGX_OK) {
        exit(1);
    }
}


static void
derive(ngx_plaid_seal_t *seal, const char *client, const char *env,
    const char *bind, const char *token)
{
    derive_from(seal, input(client, env, bind, token));
}


static ngx_uint_t
is_hex(u_char *data, const char *hex)
{
    char    text[65];
    size_t  i;

    for (i = 0; i < strlen(hex) / 2; i++) {
        sprintf(text + 2 * i, "%02x", data[i]);
    }

    return strcmp(text, hex) == 0;
}


static ngx_uint_t
is_zero(void *p, size_t n)
{
    u_char  *c;

    for (c = p; n; n--) {
        if (*c++) {
            return 0;
        }
    }

    return 1;
}


static void
success(ngx_plaid_result_t *res)
{
    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    res->status = NGX_PLAID_EXCHANGED;
    res->reply_status = 200;
    res->access_token = unit_str("access-sandbox-de3ce8ef-33f8-452c-a685");
    res->item_id = unit_str("M5eVJqLnv3tbzdngLDp9FL5OlDNxlNhlE55op");
    res->request_id = unit_str("Aim3b");
}


static void
failure(ngx_plaid_result_t *res)
{
    ngx_memzero(res, sizeof(ngx_plaid_result_t));

    res->status = NGX_PLAID_REJECTED;
    res->cause = NGX_PLAID_CAUSE_RATE_LIMIT;
    res->reply_status = 429;
    res->retry_after = 86400;
    res->request_id = unit_str("Aim3b");
    res->error_type = unit_str("RATE_LIMIT_EXCEEDED");
    res->error_code = unit_str("RATE_LIMIT");
    res->error_message = unit_str("rate limit exceeded");
    res->display_message = unit_str("Try again later.");
}


static ngx_uint_t
same(ngx_plaid_result_t *a, ngx_plaid_result_t *b)
{
    ngx_uint_t  i;
    ngx_str_t  *s, *t;

    s = &a->access_token;
    t = &b->access_token;

    for (i = 0; i < 10; i++) {
        if (s[i].len != t[i].len
            || memcmp(s[i].len ? s[i].data : (u_char *) "",
                      s[i].len ? t[i].data : (u_char *) "", s[i].len)
               != 0)
        {
            diag("string %d differs", (int) i);
            return 0;
        }
    }

    return a->status == b->status && a->cause == b->cause
           && a->reply_status == b->reply_status
           && a->retry_after == b->retry_after;
}


static void
test_derive(void)
{
    u_char                    secret[32];
    ngx_uint_t                i;
    ngx_plaid_seal_t          a, b;
    ngx_plaid_seal_input_t   *in;

    derive(&a, CLIENT, ENV, BIND, TOKEN);

    /* computed apart, by the letter of FIPS 180-4, RFC 2104 and RFC 5869 */

    ok(is_hex(a.id, "0fa297d3f3da53c3b91a3e079f5314a3"
                    "6e186bc4067d5c295285236153382b8a"),
       "the name is the hash it is said to be");
    ok(is_hex(a.key, "a0aca6eca9fa92b20c316178881ae538"
                     "1a4134a405cfa95b92f6e143b44c2291"),
       "and the key is HKDF's");
    ok(is_hex(a.bind, "800d72b05ba74333a978ddc5046e7fbb"),
       "and the tag an HMAC of the bind value");

    in = input(CLIENT, ENV, BIND, TOKEN);
    in->unbound = 1;
    derive_from(&b, in);
    ok(is_hex(b.bind, "37e825a6e61039703690593eb2470090")
       && memcmp(a.id, b.id, 32) == 0 && memcmp(a.key, b.key, 32) == 0,
       "a stand-in has another tag, and nothing else");

    for (i = 0; i < sizeof(secret); i++) {
        secret[i] = (u_char) i;
    }

    in = input(CLIENT, ENV, BIND, TOKEN);
    in->secret.data = secret;
    in->secret.len = sizeof(secret);
    in->kid = 7;
    derive_from(&b, in);
    ok(is_hex(b.key, "d0741117ac9f67eff4f934581314b988"
                     "652a57529c468c1393b646a995e95602")
       && b.kid == 7, "the nodes' secret is in the key");
    ok(memcmp(a.id, b.id, 32) == 0 && memcmp(a.bind, b.bind, 16) == 0,
       "and in nothing else");

    derive(&b, CLIENT, ENV, BIND, TOKEN);
    ok(memcmp(&a, &b, sizeof(a)) == 0, "the same for the same");

    derive(&b, CLIENT "2", ENV, BIND, TOKEN);
    ok(memcmp(a.id, b.id, 32) && memcmp(a.key, b.key, 32), "another client");

    derive(&b, CLIENT, "https://production.plaid.com", BIND, TOKEN);
    ok(memcmp(a.id, b.id, 32) && memcmp(a.key, b.key, 32),
       "another environment");

    derive(&b, CLIENT, ENV, "192.0.2.2", TOKEN);
    ok(memcmp(a.id, b.id, 32) == 0 && memcmp(a.key, b.key, 32) == 0
       && memcmp(a.bind, b.bind, 16), "another bind value: only the tag");

    in = input(CLIENT, ENV, BIND, TOKEN);
    in->client_id = unit_str(ID "5");
    derive_from(&b, in);
    ok(memcmp(a.id, b.id, 32) && memcmp(a.key, b.key, 32),
       "another client_id");

    in = input(CLIENT, ENV, BIND, TOKEN);
    ngx_str_null(&in->bind);
    derive_from(&b, in);
    ok(memcmp(a.id, b.id, 32) == 0 && is_zero(b.bind, sizeof(b.bind)),
       "no bind value, no tag");

    derive(&b, CLIENT, ENV, BIND, TOKEN "e");
    ok(memcmp(a.id, b.id, 32) && memcmp(a.key, b.key, 32), "another token");

    derive(&a, "ab", "c", BIND, TOKEN);
    derive(&b, "a", "bc", BIND, TOKEN);
    ok(memcmp(a.id, b.id, 32), "no part runs into the next");

    derive(&a, CLIENT, ENV, "", TOKEN);
    derive(&b, CLIENT, "", ENV, TOKEN);
    ok(memcmp(a.id, b.id, 32), "an empty part has its place");

    ngx_memzero(in, sizeof(ngx_plaid_seal_input_t));
    in->token = unit_str(TOKEN);
    ok(ngx_plaid_seal_derive(&b, in) == NGX_OK, "parts without data");

    in = input(CLIENT, ENV, BIND, "");
    ok(ngx_plaid_seal_derive(&b, in) == NGX_ERROR
       && is_zero(&b, sizeof(b)), "no key, no name: without a token");

    ngx_plaid_seal_wipe(&a);
    ok(is_zero(&a, sizeof(a)), "wiped");
}


static void
test_round_trip(void)
{
    ngx_pool_t          *pool;
    ngx_plaid_seal_t     seal;
    ngx_plaid_sealed_t   sealed, again;
    ngx_plaid_result_t   res, got;

    derive(&seal, CLIENT, ENV, BIND, TOKEN);
    pool = unit_pool();

    success(&res);
    seal.kind = 2;
    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK
       && sealed.kind == 2 && memcmp(sealed.bind, seal.bind, 16) == 0,
       "sealed");

    sealed.kind = 0;
    ngx_memzero(sealed.bind, sizeof(sealed.bind));
    ok(ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK
       && same(&res, &got), "opened");
    ok(sealed.kind == 2 && memcmp(sealed.bind, seal.bind, 16) == 0,
       "with the kind and the tag that were sealed");

    ok(memmem(sealed.data, sealed.len, "access-", 7) == NULL
       && memmem(sealed.data, sealed.len, "Aim3b", 5) == NULL,
       "nothing of it in clear");
    ok(memmem(&seal.id, 32, seal.key, 8) == NULL, "nor the key in the name");

    ok(ngx_plaid_seal_close(&seal, &res, &again) == NGX_OK
       && again.len == sealed.len
       && memcmp(sealed.data, again.data, NGX_PLAID_SEAL_NONCE_LEN) != 0
       && memcmp(sealed.data + NGX_PLAID_SEAL_NONCE_LEN,
                 again.data + NGX_PLAID_SEAL_NONCE_LEN, 16) != 0,
       "no nonce twice");

    failure(&res);
    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK
       && ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK
       && same(&res, &got), "a failure, too");

    ngx_memzero(&res, sizeof(res));
    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK
       && ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK
       && same(&res, &got), "an empty one, too");

    unit_pool_destroy(pool);
}


/* The first bytes of "n" records that are sealed in a row. */

static void
nonces(u_char (*out)[NGX_PLAID_SEAL_NONCE_LEN], ngx_uint_t n)
{
    ngx_uint_t           i;
    ngx_plaid_seal_t     seal;
    ngx_plaid_sealed_t   sealed;
    ngx_plaid_result_t   res;

    derive(&seal, CLIENT, ENV, BIND, TOKEN);
    success(&res);

    for (i = 0; i < n; i++) {
        (void) ngx_plaid_seal_close(&seal, &res, &sealed);
        memcpy(out[i], sealed.data, NGX_PLAID_SEAL_NONCE_LEN);
    }
}


static void
test_nonces(void)
{
    ngx_pid_t    pid;
    ngx_uint_t   i, j, twice;
    u_char     (*all)[NGX_PLAID_SEAL_NONCE_LEN];

    enum { EACH = 100, ALL = 300 };

    /* a child inherits what its parent has drawn and not used */

    all = mmap(NULL, ALL * NGX_PLAID_SEAL_NONCE_LEN, PROT_READ|PROT_WRITE,
               MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        exit(1);
    }

    nonces(all, 1);

    for (i = 1; i <= 2; i++) {
        pid = fork();

        if (pid == 0) {
            ngx_pid = getpid();
            nonces(all + i * EACH, EACH);
            _exit(0);
        }

        (void) waitpid(pid, NULL, 0);
    }

    nonces(all + 1, EACH - 1);

    for (twice = 0, i = 0; i < ALL; i++) {
        for (j = 0; j < i; j++) {
            twice += memcmp(all[i], all[j], NGX_PLAID_SEAL_NONCE_LEN) == 0;
        }
    }

    ok(twice == 0, "nor in three processes");

    munmap(all, ALL * NGX_PLAID_SEAL_NONCE_LEN);
}


static void
test_refused(void)
{
    size_t               i, bad;
    ngx_pool_t          *pool;
    ngx_plaid_seal_t     seal, other;
    ngx_plaid_sealed_t   sealed, changed;
    ngx_plaid_result_t   res, got;

    derive(&seal, CLIENT, ENV, BIND, TOKEN);
    pool = unit_pool();

    success(&res);
    (void) ngx_plaid_seal_close(&seal, &res, &sealed);

    for (bad = 0, i = 0; i < sealed.len; i++) {
        changed = sealed;
        changed.data[i] ^= 0x10;

        if (ngx_plaid_seal_open(&seal, &changed, pool, &got) != NGX_DECLINED
            || !is_zero(&got, sizeof(got)))
        {
            bad++;
        }
    }

    ok(bad == 0, "whichever byte was changed");

    for (bad = 0, i = 0; i < sealed.len; i++) {
        changed = sealed;
        changed.len = i;

        if (ngx_plaid_seal_open(&seal, &changed, pool, &got) != NGX_DECLINED) {
            bad++;
        }
    }

    ok(bad == 0, "wherever it was cut");

    changed = sealed;
    changed.len++;
    ok(ngx_plaid_seal_open(&seal, &changed, pool, &got) == NGX_DECLINED,
       "made longer");

    changed.len = NGX_PLAID_SEAL_MAX + 1;
    ok(ngx_plaid_seal_open(&seal, &changed, pool, &got) == NGX_DECLINED,
       "made too long");

    ok(unit_pool_holds(pool, "access-sandbox") == 0,
       "nothing decrypted is left behind");

    derive(&other, CLIENT, ENV, BIND, "public-sandbox-other");
    ok(ngx_plaid_seal_open(&other, &sealed, pool, &got) == NGX_DECLINED,
       "another token does not open it");

    other = seal;
    other.id[0] ^= 1;
    ok(ngx_plaid_seal_open(&other, &sealed, pool, &got) == NGX_DECLINED,
       "nor does it open under another name");

    ok(ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK,
       "all that time it was good");

    unit_refuse(1);
    ok(ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_ERROR
       && is_zero(&got, sizeof(got)), "no memory");
    unit_refuse(0);

    unit_pool_destroy(pool);
}


static void
test_size(void)
{
    size_t               i;
    u_char               text[600];
    ngx_pool_t          *pool;
    ngx_plaid_seal_t     seal;
    ngx_plaid_sealed_t   sealed;
    ngx_plaid_result_t   res, got;

    derive(&seal, CLIENT, ENV, BIND, TOKEN);
    pool = unit_pool();

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (u_char) ('!' + i % 90);
    }

    success(&res);
    res.access_token.data = text;
    res.access_token.len = NGX_PLAID_TOKEN_MAX;
    res.item_id.data = text;
    res.item_id.len = NGX_PLAID_ID_MAX;
    res.request_id.data = text + 1;
    res.request_id.len = NGX_PLAID_ID_MAX;
    res.stripe_token.data = text + 2;
    res.stripe_token.len = 32;
    res.processor_token.data = text + 3;
    res.processor_token.len = 54;

    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK
       && sealed.len == NGX_PLAID_SEAL_MAX
       && ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK
       && same(&res, &got), "the longest that fits");

    res.processor_token.len++;
    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_DECLINED
       && sealed.len == 0, "one byte more does not");

    failure(&res);
    res.error_message.data = text;
    res.error_message.len = NGX_PLAID_MESSAGE_MAX;
    res.display_message = res.error_message;
    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK
       && ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK
       && got.display_message.len == 0
       && got.error_message.len == NGX_PLAID_MESSAGE_MAX,
       "of two long messages the second goes");

    res.request_id.data = text;
    res.request_id.len = NGX_PLAID_ID_MAX;
    res.error_code = res.error_type = res.request_id;
    ok(ngx_plaid_seal_close(&seal, &res, &sealed) == NGX_OK
       && ngx_plaid_seal_open(&seal, &sealed, pool, &got) == NGX_OK
       && got.error_message.len == 0
       && got.error_code.len == NGX_PLAID_ID_MAX, "and a code is dearer");

    unit_pool_destroy(pool);
}


static void
test_unpack(void)
{
    size_t              i, bad;
    u_char              plain[26 + 2 * 10 + 3], *p;
    ngx_plaid_result_t  res;

    ngx_memzero(plain, sizeof(plain));
    plain[0] = 2;
    plain[1] = NGX_PLAID_EXCHANGED;
    plain[27] = 3;

    ok(ngx_plaid_seal_unpack(plain, sizeof(plain), &res) == NGX_OK
       && res.access_token.len == 3, "the plain form");

    for (bad = 0, i = 1; i < sizeof(plain); i++) {

        /* in a block of that size, for the sanitizer to see what is read */

        p = malloc(i);
        memcpy(p, plain, i);

        if (ngx_plaid_seal_unpack(p, i, &res) != NGX_DECLINED
            || !is_zero(&res, sizeof(res)))
        {
            bad++;
        }

        free(p);
    }

    ok(bad == 0, "cut");

    plain[27] = 2;
    ok(ngx_plaid_seal_unpack(plain, sizeof(plain), &res) == NGX_DECLINED,
       "bytes left over");
    plain[27] = 3;

    plain[0] = 1;
    ok(ngx_plaid_seal_unpack(plain, sizeof(plain), &res) == NGX_DECLINED,
       "another version");
    plain[0] = 2;

    plain[1] = NGX_PLAID_UNKNOWN + 1;
    ok(ngx_plaid_seal_unpack(plain, sizeof(plain), &res) == NGX_DECLINED,
       "no such status");
    plain[1] = NGX_PLAID_EXCHANGED;

    plain[2] = NGX_PLAID_CAUSE_INTERNAL + 1;
    ok(ngx_plaid_seal_unpack(plain, sizeof(plain), &res) == NGX_DECLINED,
       "no such cause");
}


int
main(void)
{
    test_derive();
    test_round_trip();
    test_nonces();
    test_refused();
    test_size();
    test_unpack();

    ngx_plaid_hkdf_exit();

    return done_testing();
}
