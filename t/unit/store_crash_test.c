
/*
 * The replay store when a worker is killed at each single step of each
 * operation.
 */


#include "unit.h"
#include "store_env.h"
#include <sys/wait.h>


#define RECORDS     6


typedef struct {
    const char                *name;
    void                     (*prepare)(void);
    void                     (*operate)(void);
    int                        between;    /* a state gone through, or -1 */
} scene_t;


/* what others can see of a record */

typedef struct {
    uint32_t                   state;
    u_char                     id[NGX_PLAID_SEAL_ID_LEN];
    uint64_t                   call;
    uint16_t                   len;
    u_char                     data[NGX_PLAID_SEAL_MAX];
} visible_t;


static store_env_t            env;
static ngx_msec_t             now;
static ngx_plaid_sealed_t     got;
static ngx_plaid_store_ref_t  refs[8];


static ngx_plaid_store_e
claim(ngx_uint_t n, ngx_plaid_store_ref_t *ref)
{
    return ngx_plaid_store_claim(&env.store, store_env_claim(n, 1), now,
                                 ref, &got);
}


static void
complete(ngx_uint_t n)
{
    (void) store_env_complete(&env.store, &refs[n], now, STORE_ENV_TTL,
                              store_env_sealed(n, refs[n].call));
}


/* a token undelivered and one delivered, to lie in the way of everything */

static void
prepare_two(void)
{
    (void) claim(4, &refs[4]);
    complete(4);
    (void) claim(5, &refs[5]);
    complete(5);
    ngx_plaid_store_delivered(&env.store, &refs[5], now, 100000);
}


static void
prepare_calling(void)
{
    prepare_two();
    (void) claim(0, &refs[0]);
}


static void
prepare_waiting(void)
{
    prepare_calling();
    (void) claim(0, &refs[1]);
}


static void
prepare_overdue(void)
{
    prepare_waiting();
    now += STORE_ENV_TIMEOUT + NGX_PLAID_STORE_SLACK;
}


static void
prepare_ready(void)
{
    prepare_waiting();
    complete(0);
}


static void
prepare_failed(void)
{
    prepare_waiting();
    ngx_plaid_store_fail(&env.store, &refs[0], now,
                         store_env_sealed(0, refs[0].call));
}


static void
prepare_unknown(void)
{
    prepare_waiting();
    ngx_plaid_store_unknown(&env.store, &refs[0], now, STORE_ENV_TTL,
                            store_env_sealed(0, refs[0].call));
}


static void
prepare_probing(void)
{
    prepare_unknown();
    (void) claim(0, &refs[0]);
}


/* no place is free, and what may go is not expired */

static void
prepare_full(void)
{
    prepare_unknown();
    (void) claim(1, &refs[1]);
    (void) claim(2, &refs[2]);
    (void) claim(3, &refs[3]);
    complete(3);
    complete(2);
}


/* the same, a minute later than most things live */

static void
prepare_expired(void)
{
    prepare_full();
    now += 100000;
}


/* the process that dies is not the first to */

static void
prepare_dirty(void)
{
    prepare_full();
    env.store.area->dirty = 1;
}


/* nobody has taken the token in time */

static void
prepare_lapsing(void)
{
    (void) claim(4, &refs[4]);
    complete(4);
    now += STORE_ENV_TTL;
}


static void
operate_claim(void)
{
    (void) claim(0, &refs[7]);
}


static void
operate_claim_other(void)
{
    (void) claim(6, &refs[7]);
}


static void
operate_complete(void)
{
    complete(0);
}


static void
operate_unstored(void)
{
    (void) store_env_complete(&env.store, &refs[0], now, STORE_ENV_TTL,
                              NULL);
}


static void
operate_fail(void)
{
    ngx_plaid_store_fail(&env.store, &refs[0], now,
                         store_env_sealed(0, refs[0].call));
}


static void
operate_unknown(void)
{
    ngx_plaid_store_unknown(&env.store, &refs[0], now, STORE_ENV_TTL,
                            store_env_sealed(0, refs[0].call));
}


static void
operate_abandon(void)
{
    ngx_plaid_store_abandon(&env.store, &refs[0]);
}


static void
operate_poll(void)
{
    (void) ngx_plaid_store_poll(&env.store, &refs[1], now, &got);
}


static void
operate_leave(void)
{
    ngx_plaid_store_leave(&env.store, &refs[1]);
}


static void
operate_deliver(void)
{
    ngx_plaid_store_delivered(&env.store, &refs[0], now, 1000);
}


static void
operate_take(void)
{
    ngx_plaid_store_taken(&env.store, &refs[0]);
}


static void
operate_lose(void)
{
    ngx_plaid_store_lost(&env.store, &refs[0], now, STORE_ENV_TTL,
                         store_env_sealed(0, refs[0].call));
}


static void
operate_import(void)
{
    (void) ngx_plaid_store_import(&env.store, store_env_claim(0, 1), &refs[0],
                                  now, 0, STORE_ENV_TTL, 1,
                                  store_env_sealed(0, refs[0].call));
}


static void
operate_sweep(void)
{
    ngx_plaid_store_lapsed_t  lapsed[1];

    (void) ngx_plaid_store_sweep(&env.store, now, lapsed, 1);
}


static void
operate_attach(void)
{
    env.store.records[2].nonce++;
    ngx_plaid_store_attach(&env.store);
}


static void
operate_report(void)
{
    env.store.area->full = 7;
    (void) ngx_plaid_store_report(&env.store, now);
}


static scene_t  scenes[] = {
    { "claim", prepare_two, operate_claim, -1 },
    { "claim, join", prepare_calling, operate_claim, -1 },
    { "claim, replay", prepare_ready, operate_claim, -1 },
    { "claim, take over", prepare_overdue, operate_claim,
      NGX_PLAID_AREA_ORPHAN },
    { "claim, probe", prepare_unknown, operate_claim, -1 },
    { "claim, evict", prepare_full, operate_claim_other, NGX_PLAID_AREA_FREE },
    { "claim, expire", prepare_expired, operate_claim_other,
      NGX_PLAID_AREA_FREE },
    { "claim, rebuild", prepare_dirty, operate_claim_other,
      NGX_PLAID_AREA_FREE },
    { "complete", prepare_calling, operate_complete, -1 },
    { "complete, unstored", prepare_calling, operate_unstored, -1 },
    { "fail", prepare_calling, operate_fail, -1 },
    { "fail, shared", prepare_waiting, operate_fail, -1 },
    { "unknown", prepare_waiting, operate_unknown, -1 },
    { "abandon", prepare_waiting, operate_abandon, -1 },
    { "abandon a probe", prepare_probing, operate_abandon, -1 },
    { "poll, token", prepare_ready, operate_poll, -1 },
    { "poll, failure", prepare_failed, operate_poll, -1 },
    { "poll, unknown", prepare_unknown, operate_poll, -1 },
    { "poll, overdue", prepare_overdue, operate_poll, -1 },
    { "leave", prepare_waiting, operate_leave, -1 },
    { "leave a failure", prepare_failed, operate_leave, -1 },
    { "delivered", prepare_ready, operate_deliver, -1 },
    { "taken", prepare_ready, operate_take, -1 },
    { "lost", prepare_calling, operate_lose, -1 },
    { "import", prepare_calling, operate_import, -1 },
    { "sweep", prepare_lapsing, operate_sweep, NGX_PLAID_AREA_LAPSED },
    { "attach", prepare_calling, operate_attach, -1 },
    { "report", prepare_full, operate_report, -1 },
    { NULL, NULL, NULL, -1 }
};


static void
look(visible_t *visible)
{
    ngx_uint_t                 i;
    ngx_plaid_store_record_t  *rec;

    ngx_memzero(visible, RECORDS * sizeof(visible_t));

    for (i = 0; i < RECORDS; i++) {
        rec = &env.store.records[i];

        visible[i].state = rec->state;

        if (rec->state == NGX_PLAID_AREA_FREE) {
            continue;
        }

        ngx_memcpy(visible[i].id, rec->id, sizeof(rec->id));

        switch (rec->state) {

        case NGX_PLAID_AREA_CALLING:
            visible[i].call = rec->call;
            break;

        case NGX_PLAID_AREA_READY:
        case NGX_PLAID_AREA_DELIVERED:
        case NGX_PLAID_AREA_FAILED:
            visible[i].call = rec->call;
            visible[i].len = rec->len;
            ngx_memcpy(visible[i].data,
                       ngx_plaid_area_data(&env.store, rec), rec->len);
            break;
        }
    }
}


static void
setup(scene_t *scene)
{
    if (store_env_create(&env, RECORDS) != NGX_OK) {
        exit(1);
    }

    now = 1000000;
    ngx_memzero(refs, sizeof(refs));

    scene->prepare();
}


/* dies at step "n" of the operation; 0 when it has no such step */

static ngx_uint_t
die(scene_t *scene, ngx_uint_t n, visible_t *before)
{
    int    status;
    pid_t  pid;

    setup(scene);
    look(before);

    /* as a child that takes the parent's calls for its own */

    pid = fork();

    if (pid == 0) {
        store_env_die = n;
        scene->operate();
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    store_env_bury(&env, ngx_pid);

    return WIFEXITED(status) && WEXITSTATUS(status) == STORE_ENV_DIED;
}


static void
test_scene(scene_t *scene)
{
    char        *failed;
    visible_t    before[RECORDS], after[RECORDS], found[RECORDS];
    ngx_uint_t   i, n, mixed;

    setup(scene);
    scene->operate();
    look(after);
    store_env_destroy(&env);

    failed = NULL;
    mixed = 0;

    for (n = 1; die(scene, n, before); n++) {
        ngx_plaid_area_lock(&env.store);
        ngx_plaid_area_unlock(&env.store);

        failed = store_env_check(&env.store);
        if (failed) {
            break;
        }

        look(found);

        for (i = 0; i < RECORDS; i++) {
            if ((int) found[i].state != scene->between
                && memcmp(&found[i], &before[i], sizeof(visible_t))
                && memcmp(&found[i], &after[i], sizeof(visible_t)))
            {
                diag("step %d, record %d: state %d is neither %d nor %d",
                     (int) n, (int) i, (int) found[i].state,
                     (int) before[i].state, (int) after[i].state);
                mixed++;
            }
        }

        /* and goes on as if nothing had been */

        now += 2 * STORE_ENV_TTL;

        if (claim(0, &refs[0]) != NGX_PLAID_STORE_CALL
            || (failed = store_env_check(&env.store)))
        {
            break;
        }

        store_env_destroy(&env);
    }

    ok(failed == NULL && n > 2, "killed in %s: sound at each of %d steps%s%s",
       scene->name, (int) n - 1, failed ? ": " : "", failed ? failed : "");
    ok(mixed == 0, "killed in %s: each record as it was or will be",
       scene->name);

    store_env_destroy(&env);
}


int
main(void)
{
    scene_t  *scene;

    for (scene = scenes; scene->name; scene++) {
        test_scene(scene);
    }

    return done_testing();
}
