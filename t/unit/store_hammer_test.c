
/*
 * The replay store while four workers hammer it and are killed anywhere.
 */


#include "unit.h"
#include "store_env.h"
#include <sys/wait.h>


#define WORKERS     4
#define NAMES       24
#define HAMMER_MS   1000
#define PATIENCE    9000


/*
 * Who has the call of each name, and whether a token is kept under it; in
 * memory shared by the workers.
 */

typedef struct {
    ngx_atomic_t               caller[NAMES];
    ngx_atomic_t               kept[NAMES];
    ngx_atomic_t               operations;
    ngx_atomic_t               two_callers;
    ngx_atomic_t               tokens_lost;
    ngx_atomic_t               tokens_wrong;
} books_t;

#define KEPT  1


static books_t             *books;
static store_env_t          env;
static ngx_msec_t           now;
static ngx_plaid_sealed_t   got;


static ngx_plaid_store_e
claim(ngx_uint_t n, ngx_plaid_store_ref_t *ref)
{
    return ngx_plaid_store_claim(&env.store, store_env_claim(n, 1), now,
                                 ref, &got);
}


static ngx_msec_t
clock_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void
book_call(ngx_uint_t name)
{
    ngx_atomic_uint_t  was;

    was = books->caller[name];

    if (was && kill((pid_t) was, 0) == 0) {
        books->two_callers++;
    }

    if (books->kept[name] == KEPT) {
        books->tokens_lost++;
    }

    books->kept[name] = 0;
    books->caller[name] = ngx_pid;
}


static void
end_call(ngx_uint_t name, ngx_plaid_store_ref_t *ref)
{
    books->caller[name] = 0;

    switch (ngx_random() % 4) {

    case 0:
        ngx_plaid_store_fail(&env.store, ref, now,
                             store_env_sealed(name, ref->call));
        return;

    case 1:
        ngx_plaid_store_abandon(&env.store, ref);
        return;

    default:
        break;
    }

    books->kept[name] = ngx_pid;

    if (store_env_complete(&env.store, ref, now, STORE_ENV_TTL,
                           store_env_sealed(name, ref->call))
        == NGX_OK)
    {
        /* unless it was delivered by another meanwhile */

        (void) ngx_atomic_cmp_set(&books->kept[name],
                                  (ngx_atomic_uint_t) ngx_pid, KEPT);
    }
}


static void
use_token(ngx_uint_t name, ngx_plaid_store_ref_t *ref)
{
    if (!store_env_is(&got, name, ref->call)) {
        books->tokens_wrong++;
    }

    if (ngx_random() % 2) {
        books->kept[name] = 0;
        ngx_plaid_store_delivered(&env.store, ref, now, ngx_random() % 4);
    }
}


static void
hammer(void)
{
    ngx_uint_t              i, name;
    ngx_plaid_store_e       rc;
    ngx_uint_t              names[4];
    ngx_plaid_store_ref_t   mine[4], *ref;

    ngx_pid = getpid();
    srandom(ngx_pid ^ (unsigned) clock_now());
    ngx_plaid_store_attach(&env.store);

    ngx_memzero(mine, sizeof(mine));
    ngx_memzero(names, sizeof(names));

    for ( ;; ) {
        i = ngx_random() % 4;
        ref = &mine[i];
        name = (ngx_random() % (NAMES / 4)) * 4 + i;
        now = clock_now();

        (void) ngx_atomic_fetch_add(&books->operations, 1);

        switch (ref->role) {

        case NGX_PLAID_STORE_OWNER:
            end_call(names[i], ref);
            continue;

        case NGX_PLAID_STORE_HOLDER:
            ngx_memzero(ref, sizeof(ngx_plaid_store_ref_t));
            continue;

        case NGX_PLAID_STORE_WAITER:

            name = names[i];

            rc = ngx_plaid_store_poll(&env.store, ref, now, &got);

            if (rc == NGX_PLAID_STORE_TOKEN) {
                use_token(name, ref);
            }

            continue;

        default:
            break;
        }

        rc = claim(name, ref);

        if (rc == NGX_PLAID_STORE_CALL) {
            book_call(name);

        } else if (rc == NGX_PLAID_STORE_TOKEN) {
            use_token(name, ref);
        }

        names[i] = name;
    }
}


static pid_t
start(void)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        hammer();
    }

    return pid;
}


static void
stop(pid_t pid)
{
    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, NULL, 0);

    store_env_bury(&env, pid);
}


static void
test_hammer(void)
{
    char                     *failed;
    pid_t                     workers[WORKERS];
    ngx_msec_t                end;
    ngx_uint_t                i, kills;
    ngx_plaid_store_stats_t   st;

    if (store_env_create(&env, NAMES * 3 / 4) != NGX_OK) {
        exit(1);
    }

    books = mmap(NULL, sizeof(books_t), PROT_READ|PROT_WRITE,
                 MAP_ANON|MAP_SHARED, -1, 0);

    if (books == MAP_FAILED) {
        exit(1);
    }

    for (i = 0; i < WORKERS; i++) {
        workers[i] = start();
    }

    kills = 0;
    end = clock_now() + HAMMER_MS;

    /* a slow machine gets more time to die with the lock held */

    while (clock_now() < end
           || (env.store.area->rebuilt == 0 && clock_now() < end + PATIENCE))
    {
        (void) usleep(ngx_random() % 3000);

        i = ngx_random() % WORKERS;
        stop(workers[i]);
        workers[i] = start();
        kills++;
    }

    for (i = 0; i < WORKERS; i++) {
        stop(workers[i]);
    }

    ngx_plaid_area_lock(&env.store);
    ngx_plaid_area_unlock(&env.store);

    failed = store_env_check(&env.store);
    ngx_plaid_store_stats(&env.store, &st);

    diag("%d operations, %d kills, %d of them with the lock held; calls %d "
         "joins %d hits %d takeovers %d full %d evicted %d",
         (int) books->operations, (int) kills, (int) st.rebuilt,
         (int) st.calls, (int) st.joins, (int) st.hits, (int) st.takeovers,
         (int) st.full, (int) st.evicted);

    ok(failed == NULL, "hammered: sound: %s", failed ? failed : "-");
    ok(books->two_callers == 0, "never two callers of one name");
    ok(books->tokens_lost == 0, "no token lost that was not delivered");
    ok(books->tokens_wrong == 0, "no token of another name or call");
    ok(st.rebuilt > 0 && st.takeovers > 0 && st.hits > 0 && st.joins > 0,
       "every path was taken");

    (void) munmap(books, sizeof(books_t));
    store_env_destroy(&env);
}


int
main(void)
{
    test_hammer();

    return done_testing();
}
