
/*
 * The replay store: who may have whose record, and tokens that nobody took.
 */


#include "store_case.h"


/* a claim of that kind that matches every record */

static ngx_plaid_store_e
claim_any(ngx_uint_t n, ngx_plaid_store_kind_e kind, ref_t *ref)
{
    ngx_plaid_store_claim_t  *claim;

    claim = store_env_claim(n, 0);
    claim->kind = kind;

    return ngx_plaid_store_claim(&env.store, claim, now, ref, &got);
}


static void
complete(ngx_uint_t n, ref_t *ref)
{
    if (store_env_complete(&env.store, ref, now, STORE_ENV_TTL,
                           store_env_sealed(n, ref->call))
        != NGX_OK)
    {
        exit(1);
    }
}


static void
test_other(void)
{
    ref_t  a, b, c;

    setup(8);

    (void) claim_as(1, 1, &a);
    ok(claim_as(1, 2, &b) == NGX_PLAID_STORE_OTHER && b.role == 0
       && stats()->other == 1, "another tag does not wait");

    complete(1, &a);
    ok(claim_as(1, 2, &b) == NGX_PLAID_STORE_OTHER && got.len == 0,
       "nor is it given the outcome");

    ngx_plaid_store_fail(&env.store, &b, now, store_env_sealed(1, 0));
    ngx_plaid_store_delivered(&env.store, &b, now, 0);
    ok(claim_as(1, 1, &c) == NGX_PLAID_STORE_TOKEN && stats()->ready == 1,
       "nor does what it does change anything");

    ngx_plaid_store_delivered(&env.store, &a, now, 10000);
    ok(claim_as(1, 2, &b) == NGX_PLAID_STORE_OTHER, "nor when delivered");

    (void) claim_as(2, 1, &a);
    (void) claim_as(2, 1, &c);
    ngx_plaid_store_unknown(&env.store, &a, now, STORE_ENV_TTL, NULL);
    ok(claim_as(2, 2, &b) == NGX_PLAID_STORE_CALL && b.probe,
       "no token and no live call: taken over");
    ok(poll_ref(&c) == NGX_PLAID_STORE_GONE, "those who waited ask again");
    ok(claim_as(2, 1, &c) == NGX_PLAID_STORE_OTHER, "it is another's now");
    ngx_plaid_store_abandon(&env.store, &b);

    (void) claim_as(3, 1, &a);
    ngx_plaid_store_lost(&env.store, &a, now, STORE_ENV_TTL,
                         store_env_sealed(3, a.call));
    ok(claim_as(3, 1, &c) == NGX_PLAID_STORE_TOKEN, "a loss is told");
    ok(claim_as(3, 2, &c) == NGX_PLAID_STORE_CALL && c.probe,
       "but keeps no other from calling");

    teardown("other");
}


static void
test_any(void)
{
    ref_t  a, b, c;

    setup(8);

    (void) claim_as(1, 1, &a);
    ok(claim_any(1, NGX_PLAID_STORE_PASS, &b) == NGX_PLAID_STORE_WAIT
       && b.kind == NGX_PLAID_STORE_POST, "plaid_pass waits for a post");
    ok(claim_any(1, NGX_PLAID_STORE_WEBHOOK, &c) == NGX_PLAID_STORE_WAIT,
       "so does a webhook");
    complete(1, &a);
    ok(poll_ref(&b) == NGX_PLAID_STORE_TOKEN && b.kind == 0
       && claim_any(1, NGX_PLAID_STORE_WEBHOOK, &c) == NGX_PLAID_STORE_TOKEN,
       "and both have its token");
    ok(claim_as(1, 1, &c) == NGX_PLAID_STORE_TOKEN
       && claim_as(1, 2, &c) == NGX_PLAID_STORE_OTHER, "the tag has stayed");

    ok(claim_any(2, NGX_PLAID_STORE_PASS, &a) == NGX_PLAID_STORE_CALL,
       "plaid_pass calls");
    ok(claim_as(2, 1, &b) == NGX_PLAID_STORE_OTHER, "a post is a stranger");
    complete(2, &a);
    ok(claim_any(2, NGX_PLAID_STORE_PASS, &b) == NGX_PLAID_STORE_TOKEN
       && b.kind == NGX_PLAID_STORE_PASS
       && claim_any(2, NGX_PLAID_STORE_WEBHOOK, &c) == NGX_PLAID_STORE_TOKEN,
       "plaid_pass and webhooks are not");
    ok(claim_as(2, 1, &b) == NGX_PLAID_STORE_OTHER, "a post still is");

    (void) claim_as(3, 1, &a);
    ngx_plaid_store_unknown(&env.store, &a, now, STORE_ENV_TTL, NULL);
    (void) claim_any(3, NGX_PLAID_STORE_PASS, &b);
    ok(claim_as(3, 1, &c) == NGX_PLAID_STORE_WAIT,
       "what plaid_pass takes over keeps its tag");

    teardown("any");
}


static void
test_webhook(void)
{
    ref_t                     a, b, c;
    ngx_plaid_store_claim_t  *late;

    setup(8);

    (void) claim_any(1, NGX_PLAID_STORE_WEBHOOK, &a);
    complete(1, &a);

    late = store_env_claim(1, 1);
    late->ttl = 1000;
    now += 1000;
    ok(ngx_plaid_store_claim(&env.store, late, now, &b, &got)
       == NGX_PLAID_STORE_OTHER, "a post has its own ttl, from the exchange");
    late->ttl = 1001;
    ok(ngx_plaid_store_claim(&env.store, late, now, &b, &got)
       == NGX_PLAID_STORE_TOKEN && b.bound
       && b.kind == NGX_PLAID_STORE_WEBHOOK, "the first post is bound to it");
    ok(claim_as(1, 2, &c) == NGX_PLAID_STORE_OTHER
       && claim_as(1, 1, &c) == NGX_PLAID_STORE_TOKEN && !c.bound,
       "and is the only one");

    late->ttl = 1000;
    ok(ngx_plaid_store_claim(&env.store, late, now, &b, &got)
       == NGX_PLAID_STORE_OTHER, "but not for longer");

    ok(claim_any(1, NGX_PLAID_STORE_WEBHOOK, &c) == NGX_PLAID_STORE_TOKEN,
       "a webhook finds it all the time");

    (void) claim_any(2, NGX_PLAID_STORE_WEBHOOK, &a);
    ok(claim_as(2, 2, &b) == NGX_PLAID_STORE_WAIT && b.bound,
       "a post waits for a webhook's call");
    complete(2, &a);
    ok(poll_ref(&b) == NGX_PLAID_STORE_TOKEN && claim_as(2, 1, &c)
       == NGX_PLAID_STORE_OTHER && claim_as(2, 2, &c) == NGX_PLAID_STORE_TOKEN,
       "and is bound to it then");

    teardown("webhook");
}


static void
test_taken(void)
{
    ref_t                     a, b;
    ngx_plaid_store_lapsed_t  lapsed[4];

    setup(3);

    ready(1, &a, STORE_ENV_TTL);
    ngx_plaid_store_taken(&env.store, &a);
    ok(stats()->taken == 1 && stats()->ready == 0, "a redirect takes it");

    now += STORE_ENV_TTL - 1;
    ok(claim(1, &b) == NGX_PLAID_STORE_TOKEN, "it lives for ttl");
    ngx_plaid_store_taken(&env.store, &b);
    ok(claim(1, &b) == NGX_PLAID_STORE_TOKEN, "a second redirect is nothing");
    ngx_plaid_store_delivered(&env.store, &b, now, 10000);
    now += 9999;
    ok(claim(1, &b) == NGX_PLAID_STORE_TOKEN && stats()->delivered == 1,
       "a later 2xx delivers it");
    ngx_plaid_store_taken(&env.store, &b);
    ok(stats()->delivered == 1, "what was delivered stays so");

    now += 1;
    ready(2, &a, 1000);
    ngx_plaid_store_taken(&env.store, &a);
    now += 1000;
    ok(ngx_plaid_store_sweep(&env.store, now, lapsed, 4) == 0
       && stats()->used == 0 && stats()->uncalled + stats()->undelivered == 0,
       "what was taken does not count as undelivered");

    ready(3, &a, STORE_ENV_TTL);
    ngx_plaid_store_taken(&env.store, &a);
    ready(4, &a, STORE_ENV_TTL);
    ready(5, &a, STORE_ENV_TTL);
    ok(claim(6, &b) == NGX_PLAID_STORE_CALL && stats()->evicted == 1
       && claim(4, &a) == NGX_PLAID_STORE_TOKEN, "it makes room");
    ngx_plaid_store_abandon(&env.store, &b);

    teardown("taken");
}


static void
test_lapsed(void)
{
    ref_t                       a, b;
    ngx_uint_t                  i;
    ngx_plaid_store_outcome_t   out;
    ngx_plaid_store_lapsed_t    lapsed[4];

    setup(8);

    ready(1, &a, 1000);
    ready(2, &b, 1000);
    ngx_plaid_store_called(&env.store, &b);
    ready(3, &b, 5000);

    ok(ngx_plaid_store_sweep(&env.store, now + 999, lapsed, 4) == 0,
       "not before their time");

    now += 1000;
    ok(claim(1, &a) == NGX_PLAID_STORE_CALL && !a.probe,
       "one that is over is not found");
    ngx_plaid_store_abandon(&env.store, &a);
    ok(stats()->uncalled + stats()->undelivered == 2, "and counted at once");

    ok(memmem(env.mem, env.size, "the-item", 8) != NULL, "its ids are kept");
    ok(ngx_plaid_store_sweep(&env.store, now, lapsed, 4) == 2, "two");

    for (i = 0; i < 2; i++) {
        ok(lapsed[i].item_len == 8 && lapsed[i].request_len == 11
           && memcmp(lapsed[i].item_id, "the-item", 8) == 0
           && memcmp(lapsed[i].request_id, "the-request", 11) == 0,
           "with their ids");
    }

    ok(lapsed[0].called + lapsed[1].called == 1
       && stats()->undelivered == 1 && stats()->uncalled == 1,
       "one with an app that was called");
    ok(ngx_plaid_store_sweep(&env.store, now, lapsed, 4) == 0
       && stats()->used == 1, "once");

    now += 4000;
    (void) claim(4, &a);
    now += NGX_PLAID_STORE_LAPSED_MS;
    ok(ngx_plaid_store_sweep(&env.store, now, lapsed, 4) == 0
       && stats()->uncalled == 2, "not for ever");

    ok(ngx_plaid_store_turn(&env.store, now) == 1
       && ngx_plaid_store_turn(&env.store, now + 999) == 0
       && ngx_plaid_store_turn(&env.store, now + 1000) == 1,
       "one process looks, once in a while");
    ok(ngx_plaid_store_first(&env.store) == 1
       && ngx_plaid_store_first(&env.store) == 0, "what is said once");

    /* ids that do not fit beside the outcome */

    (void) claim(5, &a);
    out.sealed = store_env_sealed(5, a.call);
    out.sealed->len = NGX_PLAID_SEAL_MAX - 10;
    ngx_str_set(&out.item_id, "12345678");
    ngx_str_set(&out.request_id, "abcdefgh");
    (void) ngx_plaid_store_complete(&env.store, &a, now, 1000, &out);
    ok(claim(5, &b) == NGX_PLAID_STORE_TOKEN
       && memcmp(got.data, out.sealed->data, out.sealed->len) == 0,
       "ids take nothing from the outcome");
    now += 1000;
    ok(ngx_plaid_store_sweep(&env.store, now, lapsed, 4) == 1
       && lapsed[0].item_len == 8 && lapsed[0].request_len == 2
       && memcmp(lapsed[0].request_id, "ab", 2) == 0, "they are cut");

    teardown("lapsed");
}


static void
test_import(void)
{
    ref_t                     a, b;
    uint32_t                  next;
    ngx_plaid_sealed_t        sealed;
    ngx_plaid_store_copy_t    copies[2];
    ngx_plaid_store_lapsed_t  lapsed[4];

    setup(8);

    ready(1, &a, 5000);
    ready(2, &a, 6000);
    ready(3, &a, 7000);
    ngx_plaid_store_delivered(&env.store, &a, now, 10000);
    ready(4, &a, 8000);
    ngx_plaid_store_taken(&env.store, &a);
    (void) claim(5, &a);
    ngx_plaid_store_abandon(&env.store, &a);

    next = 0;
    now += 1000;
    ok(ngx_plaid_store_export(&env.store, &next, now, copies, 2) == 2
       && copies[0].rest + copies[1].rest == 9000, "what is not delivered");
    ok(memcmp(copies[0].id, store_env_id(1), 32) == 0
       && copies[0].sealed.len == store_env_sealed(1, 1)->len
       && copies[0].sealed.bind[0] == 1, "with its name and tag");
    ok(ngx_plaid_store_export(&env.store, &next, now, copies, 2) == 1
       && copies[0].rest == 7000, "or only taken");

    ngx_memzero(&sealed, sizeof(sealed));
    sealed.len = 60;
    sealed.kind = NGX_PLAID_STORE_POST;
    ngx_memset(sealed.bind, 1, sizeof(sealed.bind));

    (void) claim(6, &a);
    ok(ngx_plaid_store_import(&env.store, store_env_claim(6, 1), &a, now, 500,
                              1000, 0, &sealed) == NGX_OK
       && claim(6, &b) == NGX_PLAID_STORE_TOKEN && got.len == 60,
       "an outcome of another node");
    now += 1000;
    ok(ngx_plaid_store_sweep(&env.store, now, lapsed, 4) == 0
       && stats()->uncalled == 0, "which counts it by itself");

    (void) claim_as(7, 2, &a);
    ok(ngx_plaid_store_import(&env.store, store_env_claim(7, 2), &a, now, 0,
                              1000, 1, &sealed) == NGX_BUSY
       && a.role == 0 && claim_as(7, 1, &b) == NGX_PLAID_STORE_TOKEN
       && stats()->delivered == 2, "one of another tag, delivered");
    ok(ngx_plaid_store_import(&env.store, store_env_claim(7, 2), &a, now, 0,
                              1000, 1, &sealed) == NGX_DECLINED,
       "only the owner of a call imports");

    sealed.kind = NGX_PLAID_STORE_WEBHOOK;
    ngx_memzero(sealed.bind, sizeof(sealed.bind));
    (void) claim_as(8, 1, &a);
    ok(ngx_plaid_store_import(&env.store, store_env_claim(8, 1), &a, now,
                              STORE_ENV_TTL - 1, 1000, 0, &sealed) == NGX_OK
       && a.bound, "a webhook's, to which the post is bound now");

    teardown("import");
}


int
main(void)
{
    test_other();
    test_any();
    test_webhook();
    test_taken();
    test_lapsed();
    test_import();

    return done_testing();
}
