
/*
 * The replay store: what each operation promises, one case after the other.
 */


#include "store_case.h"
#include <sys/wait.h>


/* claims "n" in a process of its own, which then exits */

static void
claim_and_die(ngx_uint_t n)
{
    ref_t  ref;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        ngx_plaid_store_attach(&env.store);
        _exit(claim(n, &ref) == NGX_PLAID_STORE_CALL ? 0 : 1);
    }

    (void) waitpid(pid, NULL, 0);
}


static void
test_init(void)
{
    u_char            *mem;
    size_t             size;
    ref_t              ref;
    ngx_plaid_store_t  second;

    setup(8);

    ok(NGX_PLAID_AREA_RECORD == 1048, "a record takes 1048 bytes");
    ok(stats()->records == 8, "as many records as fit");
    ok(stats()->used == 0, "and none is used");
    ok(ngx_plaid_store_init(&second, env.mem, 1024, &env.mutex) == NGX_ERROR,
       "no store without room for a record");

    ready(1, &ref, STORE_ENV_TTL);

    ok(ngx_plaid_store_init(&second, env.mem, env.size, &env.mutex)
       == NGX_OK, "attached again");
    ok(claim(1, &ref) == NGX_PLAID_STORE_TOKEN, "with all it had");

    second.area->layout++;
    (void) ngx_plaid_store_init(&second, env.mem, env.size, &env.mutex);
    ok(claim(1, &ref) == NGX_PLAID_STORE_CALL, "another layout: made anew");
    ngx_plaid_store_abandon(&env.store, &ref);

    ready(1, &ref, STORE_ENV_TTL);
    second.area->record_size++;
    (void) ngx_plaid_store_init(&second, env.mem, env.size, &env.mutex);
    ok(claim(1, &ref) == NGX_PLAID_STORE_CALL, "another record: made anew");
    ngx_plaid_store_abandon(&env.store, &ref);

    ready(1, &ref, STORE_ENV_TTL);
    (void) ngx_plaid_store_init(&second, env.mem, env.size - 1100,
                                &env.mutex);
    ok(second.area->nrecords == 6 && second.area->states[0] == 6,
       "another size: made anew");

    (void) ngx_plaid_store_init(&second, env.mem, env.size, &env.mutex);
    second.area->magic = 0;
    second.area->states[0] = 0;
    (void) ngx_plaid_store_init(&second, env.mem, env.size, &env.mutex);
    ok(second.area->states[0] == 8, "half made: made anew");

    teardown("init");

    /* 1m, less what nginx's slab allocator takes of it: 253 pages of 4096 */

    size = 253 * 4096;
    mem = malloc(size);

    ok(mem && ngx_plaid_store_init(&second, mem, size, &env.mutex) == NGX_OK
       && second.area->nrecords >= 980, "1m has about 1000 records");

    ok((u_char *) &second.records[second.area->nrecords] <= mem + size,
       "within its memory");

    free(mem);
}


static void
test_flow(void)
{
    ref_t                     a, b, c;
    uint64_t                  call;
    ngx_plaid_store_lapsed_t  lapsed[2];

    setup(8);

    ok(claim(1, &a) == NGX_PLAID_STORE_CALL && !a.probe, "the first calls");
    ok(claim(1, &b) == NGX_PLAID_STORE_WAIT, "the second waits");
    ok(claim(2, &c) == NGX_PLAID_STORE_CALL, "another name calls");
    ok(poll_ref(&b) == NGX_PLAID_STORE_WAIT, "still waits");
    ngx_plaid_store_abandon(&env.store, &c);

    call = a.call;

    ok(store_env_complete(&env.store, &a, now, STORE_ENV_TTL,
                          store_env_sealed(1, call))
       == NGX_OK, "the token is kept");
    ok(poll_ref(&b) == NGX_PLAID_STORE_TOKEN && store_env_is(&got, 1, call),
       "the second has it");
    ok(claim(1, &c) == NGX_PLAID_STORE_TOKEN && store_env_is(&got, 1, call),
       "a third has it");

    now += STORE_ENV_TTL - 1;
    ok(claim(1, &c) == NGX_PLAID_STORE_TOKEN, "until the ttl is over");

    ngx_plaid_store_delivered(&env.store, &a, now, 10000);
    ok(stats()->delivered == 1 && stats()->ready == 0, "delivered");

    now += 9000;
    ngx_plaid_store_delivered(&env.store, &b, now, 10000);
    ok(claim(1, &c) == NGX_PLAID_STORE_TOKEN, "lives on for grace");

    now += 1000;
    ok(claim(1, &c) == NGX_PLAID_STORE_CALL && !c.probe,
       "a second delivery does not prolong it");

    (void) store_env_complete(&env.store, &c, now, 1000,
                              store_env_sealed(1, c.call));
    now += 1000;
    ok(claim(1, &a) == NGX_PLAID_STORE_CALL, "undelivered for ttl only");

    ok(store_env_complete(&env.store, &b, now, 1000,
                          store_env_sealed(1, b.call))
       == NGX_DECLINED, "who does not own the call completes nothing");

    ngx_plaid_store_abandon(&env.store, &a);
    (void) ngx_plaid_store_sweep(&env.store, now, lapsed, 2);
    ok(stats()->used == 0 && stats()->calls == 4 && stats()->joins == 1
       && stats()->hits == 3 && stats()->expired == 2, "counted");

    teardown("flow");
}


static void
test_fail(void)
{
    ref_t     a, b, c, d;
    uint64_t  call;

    setup(8);

    (void) claim(1, &a);
    ngx_plaid_store_fail(&env.store, &a, now, store_env_sealed(1, a.call));
    ok(stats()->used == 0, "a failure nobody waits for is not kept");

    (void) claim(1, &a);
    (void) claim(1, &b);
    (void) claim(1, &c);
    call = a.call;
    ngx_plaid_store_fail(&env.store, &a, now, store_env_sealed(1, call));

    ok(claim(1, &d) == NGX_PLAID_STORE_CALL && !d.probe,
       "after a failure the next post calls");
    ok(poll_ref(&b) == NGX_PLAID_STORE_FAILED && store_env_is(&got, 1, call),
       "who waited shares the failure");
    ok(stats()->used == 2, "as long as another one waits");
    ok(poll_ref(&b) == NGX_PLAID_STORE_GONE, "once");

    ngx_plaid_store_leave(&env.store, &c);
    ngx_plaid_store_leave(&env.store, &c);
    ngx_plaid_store_leave(&env.store, &b);
    ok(stats()->used == 1, "gone with the last that waits");

    (void) claim(1, &b);
    ngx_plaid_store_fail(&env.store, &d, now, NULL);
    ok(poll_ref(&b) == NGX_PLAID_STORE_GONE && stats()->used == 0,
       "a failure that was not sealed sends them away");

    (void) claim(1, &a);
    (void) claim(1, &b);
    ngx_plaid_store_fail(&env.store, &a, now, store_env_sealed(1, a.call));
    now += NGX_PLAID_STORE_FAILED_MS;
    (void) claim(2, &c);
    ok(poll_ref(&b) == NGX_PLAID_STORE_GONE, "nobody came for it in time");
    ngx_plaid_store_abandon(&env.store, &c);

    (void) claim(1, &a);
    (void) claim(1, &b);
    ngx_plaid_store_leave(&env.store, &b);
    ngx_plaid_store_fail(&env.store, &a, now, store_env_sealed(1, a.call));
    ok(stats()->used == 0, "who left before does not count");

    teardown("fail");
}


static void
test_unknown(void)
{
    ref_t     a, b, c;
    uint64_t  call;

    setup(8);

    (void) claim(1, &a);
    (void) claim(1, &b);
    call = a.call;
    ngx_plaid_store_unknown(&env.store, &a, now, STORE_ENV_TTL,
                            store_env_sealed(1, call));
    ok(poll_ref(&b) == NGX_PLAID_STORE_UNKNOWN && store_env_is(&got, 1, call),
       "who waited shares the loss");

    ok(claim(1, &a) == NGX_PLAID_STORE_CALL && a.probe, "a re-post probes");
    ok(claim(1, &b) == NGX_PLAID_STORE_WAIT, "once");

    ngx_plaid_store_abandon(&env.store, &a);
    ok(poll_ref(&b) == NGX_PLAID_STORE_GONE, "given up");
    ok(stats()->unknown == 1 && claim(1, &a) == NGX_PLAID_STORE_CALL
       && a.probe, "is as unknown as it was");

    ngx_plaid_store_unknown(&env.store, &a, now, STORE_ENV_TTL, NULL);
    ok(stats()->unknown == 1, "unknown again");

    (void) claim(1, &a);
    (void) claim(1, &b);
    call = a.call;
    ngx_plaid_store_unknown(&env.store, &a, now, STORE_ENV_TTL, NULL);
    ok(poll_ref(&b) == NGX_PLAID_STORE_UNKNOWN && got.len == 0,
       "shared without a word");

    (void) claim(1, &a);
    ok(store_env_complete(&env.store, &a, now, STORE_ENV_TTL,
                          store_env_sealed(1, a.call))
       == NGX_OK && claim(1, &b) == NGX_PLAID_STORE_TOKEN,
       "a probe may get the token");

    (void) claim(2, &a);
    ngx_plaid_store_unknown(&env.store, &a, now, 1000, NULL);
    now += 1000;
    ok(claim(2, &a) == NGX_PLAID_STORE_CALL && !a.probe,
       "forgotten after its ttl");

    (void) claim(3, &b);
    (void) claim(3, &c);
    ok(store_env_complete(&env.store, &b, now, STORE_ENV_TTL, NULL)
       == NGX_DECLINED && stats()->unstored == 1,
       "what does not fit is counted");
    ok(poll_ref(&c) == NGX_PLAID_STORE_UNKNOWN, "and unknown to the others");

    ngx_plaid_store_delivered(&env.store, &b, now, 1000);
    ok(stats()->delivered == 0, "and nothing to deliver");

    teardown("unknown");
}


static void
test_abandon(void)
{
    ref_t  a, b, c;

    setup(8);

    (void) claim(1, &a);
    (void) claim(1, &b);
    (void) claim(1, &c);
    ngx_plaid_store_abandon(&env.store, &a);
    ngx_plaid_store_abandon(&env.store, &a);

    ok(poll_ref(&b) == NGX_PLAID_STORE_GONE
       && claim(1, &b) == NGX_PLAID_STORE_CALL && !b.probe,
       "one that waited calls");
    ok(poll_ref(&c) == NGX_PLAID_STORE_GONE
       && claim(1, &c) == NGX_PLAID_STORE_WAIT, "the other waits for it");

    ngx_plaid_store_fail(&env.store, &a, now, store_env_sealed(1, a.call));
    ngx_plaid_store_unknown(&env.store, &a, now, 1, NULL);
    ngx_plaid_store_delivered(&env.store, &b, now, 1);
    ngx_plaid_store_leave(&env.store, &b);
    ok(stats()->calling == 1 && stats()->stale == 0,
       "out of turn nothing happens");

    ngx_plaid_store_fail(&env.store, &c, now, store_env_sealed(1, c.call));
    ngx_plaid_store_unknown(&env.store, &c, now, 1, NULL);
    ngx_plaid_store_abandon(&env.store, &c);
    ok(store_env_complete(&env.store, &c, now, STORE_ENV_TTL,
                          store_env_sealed(1, c.call))
       == NGX_DECLINED && stats()->calling == 1,
       "who waits cannot end the call");

    (void) store_env_complete(&env.store, &b, now, STORE_ENV_TTL,
                              store_env_sealed(1, b.call));
    ngx_plaid_store_delivered(&env.store, &c, now, 1);
    ok(stats()->ready == 1, "nor deliver a token before it has it");

    teardown("abandon");
}


static void
test_takeover(void)
{
    ref_t     a, b, c;
    uint64_t  call;

    setup(8);

    (void) claim(1, &a);
    (void) claim(1, &b);
    call = a.call;

    now += STORE_ENV_TIMEOUT + NGX_PLAID_STORE_SLACK - 1;
    ok(poll_ref(&b) == NGX_PLAID_STORE_WAIT, "within its lease");

    now++;
    ok(poll_ref(&b) == NGX_PLAID_STORE_GONE, "the lease is over");
    ok(claim(1, &c) == NGX_PLAID_STORE_CALL && c.probe
       && stats()->takeovers == 1, "taken over");
    ok(store_env_complete(&env.store, &a, now, STORE_ENV_TTL,
                          store_env_sealed(1, call))
       == NGX_DECLINED && stats()->stale == 1, "who lost it writes nothing");
    ngx_plaid_store_delivered(&env.store, &a, now, 1);
    ngx_plaid_store_abandon(&env.store, &c);

    (void) claim(2, &a);
    now += STORE_ENV_TIMEOUT + NGX_PLAID_STORE_SLACK;
    (void) claim(3, &b);
    ok(stats()->unknown == 2, "swept, not forgotten");
    ok(store_env_complete(&env.store, &a, now, STORE_ENV_TTL,
                          store_env_sealed(2, a.call))
       == NGX_OK && claim(2, &b) == NGX_PLAID_STORE_TOKEN,
       "late, but nobody took over: kept");

    (void) claim(4, &a);
    now += STORE_ENV_TIMEOUT + NGX_PLAID_STORE_SLACK + STORE_ENV_TTL;
    ok(claim(4, &a) == NGX_PLAID_STORE_CALL && !a.probe,
       "forgotten after the ttl");

    teardown("takeover");
}


static void
test_death(void)
{
    int        i;
    ref_t      a, b;
    ngx_pid_t  pid;

    setup(8);

    claim_and_die(1);
    ok(claim(1, &a) == NGX_PLAID_STORE_CALL && a.probe,
       "a claim takes over from the dead");

    claim_and_die(2);
    a.index = 1;
    env.store.records[1].waiters = 1;
    a.call = env.store.records[1].call;
    a.role = NGX_PLAID_STORE_WAITER;
    ok(poll_ref(&a) == NGX_PLAID_STORE_GONE
       && claim(2, &a) == NGX_PLAID_STORE_CALL && a.probe,
       "who waits takes over from the dead");

    claim_and_die(3);
    env.store.records[2].waiters = NGX_PLAID_STORE_WAITERS;
    ok(claim(3, &a) == NGX_PLAID_STORE_CALL && a.probe,
       "though many died waiting");

    /* a process that comes to have the pid of a dead one */

    (void) claim(4, &a);
    ready(6, &b, STORE_ENV_TTL);
    pid = fork();

    if (pid == 0) {
        for (i = 0; i < 3; i++) {
            env.store.records[i].pid = getpid();
        }

        env.store.records[4].pid = getpid();

        ngx_pid = getpid();
        ngx_plaid_store_attach(&env.store);
        ngx_plaid_store_attach(&env.store);

        (void) claim(5, &b);
        ngx_plaid_store_attach(&env.store);

        _exit(stats()->unknown == 3 && stats()->calling == 2
              && stats()->ready == 1 ? 0 : 1);
    }

    (void) waitpid(pid, &i, 0);
    ok(i == 0, "calls of an earlier life are orphans, nothing else is");

    ngx_plaid_store_orphan(&env.store, 3, a.call - 1);
    ok(stats()->unknown == 3, "news of a death may come after a takeover");

    teardown("death");
}


int
main(void)
{
    test_init();
    test_flow();
    test_fail();
    test_unknown();
    test_abandon();
    test_takeover();
    test_death();

    return done_testing();
}
