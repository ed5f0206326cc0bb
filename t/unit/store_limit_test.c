
/*
 * The replay store at its limits: waiters, room, time, damage.
 */


#include "store_case.h"


static void
test_waiters(void)
{
    int    i;
    ref_t  a, b[NGX_PLAID_STORE_WAITERS], c;

    setup(8);

    (void) claim(1, &a);

    for (i = 0; i < NGX_PLAID_STORE_WAITERS; i++) {
        if (claim(1, &b[i]) != NGX_PLAID_STORE_WAIT) {
            break;
        }
    }

    ok(i == NGX_PLAID_STORE_WAITERS, "so many wait");
    ok(claim(1, &c) == NGX_PLAID_STORE_BUSY && stats()->busy == 1,
       "and no more");
    ok(poll_ref(&c) == NGX_PLAID_STORE_GONE, "who may not wait polls nothing");

    ngx_plaid_store_leave(&env.store, &b[7]);
    ok(claim(1, &c) == NGX_PLAID_STORE_WAIT, "one left, one comes");

    teardown("waiters");
}


static void
test_eviction(void)
{
    int    i;
    ref_t  a[8], b;

    setup(6);

    ready(0, &a[0], 1000);
    ready(1, &a[1], STORE_ENV_TTL);
    ready(2, &a[2], STORE_ENV_TTL);
    (void) claim(3, &a[3]);
    ready(4, &a[4], STORE_ENV_TTL);
    ready(5, &a[5], STORE_ENV_TTL);

    ngx_plaid_store_unknown(&env.store, &a[3], now, STORE_ENV_TTL, NULL);
    ngx_plaid_store_delivered(&env.store, &a[2], now, 20000);
    ngx_plaid_store_delivered(&env.store, &a[1], now, 10000);
    now += 1000;

    ok(claim(10, &b) == NGX_PLAID_STORE_CALL && stats()->evicted == 0
       && stats()->expired == 1, "the expired go first");

    (void) claim(11, &b);
    ok(stats()->evicted == 1 && ngx_plaid_area_find(&env.store,
                                                    store_env_id(2)) == NULL,
       "then the one delivered first");

    (void) claim(12, &b);
    ok(stats()->evicted == 2 && stats()->delivered == 0
       && stats()->unknown == 1, "then the other one");

    (void) claim(13, &b);
    ok(stats()->evicted == 3 && stats()->unknown == 0, "then the unknown");

    for (i = 0; i < 3; i++) {
        if (claim(14 + i, &b) != NGX_PLAID_STORE_FULL) {
            break;
        }
    }

    ok(i == 3 && stats()->full == 3 && stats()->evicted == 3
       && stats()->ready == 2, "tokens not delivered stay: full");

    ok(store_env_complete(&env.store, &b, now, 1000,
                          store_env_sealed(16, 0))
       == NGX_DECLINED, "and nothing is kept then");
    ok(claim(4, &b) == NGX_PLAID_STORE_TOKEN
       && claim(5, &b) == NGX_PLAID_STORE_TOKEN, "what is there stays usable");

    ok(ngx_plaid_store_report(&env.store, now) == 3, "reported at once");
    ok(ngx_plaid_store_report(&env.store, now) == 0, "reported once");
    (void) claim(14, &b);
    ok(ngx_plaid_store_report(&env.store, now + 59999) == 0, "not too often");
    ok(ngx_plaid_store_report(&env.store, now + 60000) == 1, "but once more");

    now += STORE_ENV_TIMEOUT + NGX_PLAID_STORE_SLACK;
    ok(claim(17, &b) == NGX_PLAID_STORE_CALL && stats()->evicted == 4
       && stats()->ready == 2, "a call that is overdue makes room");

    teardown("eviction");
}


static void
test_failed_evicted(void)
{
    ref_t  a, b, c;

    setup(1);

    (void) claim(1, &a);
    (void) claim(1, &b);
    ngx_plaid_store_fail(&env.store, &a, now, store_env_sealed(1, a.call));
    ok(claim(2, &c) == NGX_PLAID_STORE_CALL
       && poll_ref(&b) == NGX_PLAID_STORE_GONE, "a failure makes room");

    teardown("failure evicted");
}


static void
test_lingers(void)
{
    ref_t  a, b, c;

    setup(8);

    (void) claim(1, &a);
    (void) claim(1, &b);
    (void) store_env_complete(&env.store, &a, now, STORE_ENV_TTL,
                              store_env_sealed(1, a.call));
    ngx_plaid_store_delivered(&env.store, &a, now, 0);
    now++;
    (void) claim(2, &c);
    ok(poll_ref(&b) == NGX_PLAID_STORE_TOKEN,
       "a grace of 0 does not rob those who wait");

    (void) claim(3, &a);
    (void) store_env_complete(&env.store, &a, now, STORE_ENV_TTL,
                              store_env_sealed(3, a.call));
    ngx_plaid_store_delivered(&env.store, &a, now, 0);
    ok(claim(3, &a) == NGX_PLAID_STORE_CALL, "nobody waits: gone at once");

    teardown("lingers");
}


static void
test_clock(void)
{
    ref_t  a, b;

    setup(8);

    ready(1, &a, STORE_ENV_TTL);
    (void) claim(2, &a);
    now -= 500000;
    ok(claim(1, &b) == NGX_PLAID_STORE_TOKEN
       && claim(2, &b) == NGX_PLAID_STORE_WAIT
       && poll_ref(&b) == NGX_PLAID_STORE_WAIT, "time may go back");
    ready(3, &a, 1000);
    now += 1000;
    ok(claim(3, &b) == NGX_PLAID_STORE_CALL, "and goes on from there");
    teardown("time goes back");

    setup(8);
    now = (ngx_msec_t) -1000;
    ready(1, &a, 2000);
    (void) claim(2, &a);
    now += 1999;
    ok(claim(1, &b) == NGX_PLAID_STORE_TOKEN
       && claim(2, &b) == NGX_PLAID_STORE_WAIT, "time may wrap");
    now += 1;
    ok(claim(1, &b) == NGX_PLAID_STORE_CALL, "and ends what is over");
    teardown("time wraps");

    setup(2);
    now = (ngx_msec_t) -1000;
    ready(1, &a, 2000);
    ready(2, &a, 500);
    ok(claim(3, &b) == NGX_PLAID_STORE_FULL
       && ngx_plaid_store_report(&env.store, now) == 1,
       "reported, whatever the time");
    now += 500;
    ok(claim(3, &b) == NGX_PLAID_STORE_CALL
       && claim(1, &a) == NGX_PLAID_STORE_TOKEN,
       "what ends before the wrap ends first");
    teardown("time about to wrap");
}


static void
test_damage(void)
{
    ref_t                      a, b;
    ngx_plaid_store_record_t  *rec;

    setup(8);

    ready(1, &a, STORE_ENV_TTL);
    ready(2, &a, STORE_ENV_TTL);
    ready(3, &a, STORE_ENV_TTL);

    rec = env.store.records;
    rec[0].state = 99;
    rec[1].len = NGX_PLAID_SEAL_MAX + 1;
    env.store.area->dirty = 1;

    ngx_plaid_area_lock(&env.store);
    ngx_plaid_area_unlock(&env.store);
    ok(store_env_check(&env.store) == NULL && stats()->used == 1,
       "sound again after damage");

    ok(claim(1, &b) == NGX_PLAID_STORE_CALL
       && claim(2, &b) == NGX_PLAID_STORE_CALL
       && stats()->rebuilt == 1, "what cannot be a record is dropped");
    ok(claim(3, &b) == NGX_PLAID_STORE_TOKEN, "the others stay");

    teardown("damage");
}


int
main(void)
{
    test_waiters();
    test_eviction();
    test_failed_evicted();
    test_lingers();
    test_clock();
    test_damage();

    return done_testing();
}
