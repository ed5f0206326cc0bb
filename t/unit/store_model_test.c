
/*
 * The replay store against a model of it that has no index, no memory of its
 * own and no care for speed: random operations, the same answers.
 */


#include "unit.h"
#include "store_env.h"


#define OPERATIONS  200000
#define RECORDS     12
#define NAMES       20
#define REFS        48


typedef struct {
    ngx_uint_t                 state;
    ngx_uint_t                 name;
    uint64_t                   call;
    uint64_t                   sealed;     /* of which call; 0: nothing */
    ngx_msec_t                 deadline;
    ngx_msec_t                 expire;
    ngx_uint_t                 waiters;
    ngx_uint_t                 probe;
    ngx_uint_t                 kind;
    ngx_uint_t                 who;        /* whose tag it has; 0: none */
    ngx_msec_t                 made;       /* when its token came */
    ngx_uint_t                 lost;
    ngx_uint_t                 called;
    ngx_uint_t                 order;      /* when it came to its list */
} model_t;


typedef struct {
    ngx_plaid_store_ref_t      ref;
    ngx_plaid_store_role_e     role;       /* as the model has it */
    ngx_uint_t                 name;
    uint64_t                   call;
} party_t;


static model_t      model[RECORDS];
static party_t      parties[REFS];
static uint64_t     calls;
static ngx_uint_t   order, undelivered, uncalled;
static ngx_msec_t   now;
static store_env_t  env;
static uint32_t     seed = 20200914;


static uint32_t
rnd(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;

    return (seed >> 8) % n;
}


static ngx_msec_t
due(model_t *m)
{
    return m->state == NGX_PLAID_AREA_CALLING ? m->deadline : m->expire;
}


static void
become(model_t *m, ngx_uint_t state)
{
    m->state = state;
    m->order = ++order;

    if (state == NGX_PLAID_AREA_FREE) {
        m->call = 0;
    }
}


static void
lapse(model_t *m)
{
    switch (m->state) {

    case NGX_PLAID_AREA_CALLING:
        become(m, NGX_PLAID_AREA_ORPHAN);
        break;

    case NGX_PLAID_AREA_READY:
        m->expire = now + NGX_PLAID_STORE_LAPSED_MS;
        undelivered += m->called;
        uncalled += !m->called;
        become(m, NGX_PLAID_AREA_LAPSED);
        break;

    default:
        become(m, NGX_PLAID_AREA_FREE);
        break;
    }
}


/* the record to end first, if one is over */

static model_t *
over(void)
{
    model_t  *m, *first;

    first = NULL;

    for (m = model; m < model + RECORDS; m++) {
        if (m->state != NGX_PLAID_AREA_FREE
            && (first == NULL || due(m) < due(first)))
        {
            first = m;
        }
    }

    return (first && due(first) <= now) ? first : NULL;
}


static model_t *
oldest(ngx_uint_t a, ngx_uint_t b, ngx_uint_t c)
{
    model_t  *m, *first;

    first = NULL;

    for (m = model; m < model + RECORDS; m++) {
        if ((m->state == a || m->state == b || m->state == c)
            && (first == NULL || m->order < first->order))
        {
            first = m;
        }
    }

    return first;
}


static model_t *
model_alloc(void)
{
    model_t  *m;

    while ((m = oldest(NGX_PLAID_AREA_FREE, -1, -1)) == NULL && over()) {
        lapse(over());
    }

    if (m == NULL) {
        m = oldest(NGX_PLAID_AREA_LAPSED, -1, -1);

        if (m == NULL) {
            m = oldest(NGX_PLAID_AREA_DELIVERED, -1, -1);
        }

        if (m == NULL) {
            m = oldest(NGX_PLAID_AREA_ORPHAN, NGX_PLAID_AREA_UNKNOWN,
                       NGX_PLAID_AREA_FAILED);
        }

        if (m == NULL) {
            m = oldest(NGX_PLAID_AREA_TAKEN, -1, -1);
        }

        if (m) {
            become(m, NGX_PLAID_AREA_FREE);
        }
    }

    return m;
}


static model_t *
model_find(ngx_uint_t name)
{
    model_t  *m;

    for (m = model; m < model + RECORDS; m++) {
        if (m->state != NGX_PLAID_AREA_FREE
            && m->state != NGX_PLAID_AREA_LAPSED
            && m->state != NGX_PLAID_AREA_FAILED && m->name == name)
        {
            return m;
        }
    }

    return NULL;
}


static model_t *
model_call(party_t *p)
{
    model_t  *m;

    for (m = model; m < model + RECORDS; m++) {
        if (m->state != NGX_PLAID_AREA_FREE && m->call == p->call) {
            return m;
        }
    }

    return NULL;
}


/* whether the record is for a claim of that kind, tag and ttl */

static ngx_uint_t
model_match(model_t *m, ngx_uint_t kind, ngx_uint_t who, ngx_msec_t ttl)
{
    if (m->kind == NGX_PLAID_STORE_WEBHOOK && kind != NGX_PLAID_STORE_WEBHOOK
        && m->state != NGX_PLAID_AREA_CALLING && now >= m->made + ttl)
    {
        return 0;
    }

    if (kind != NGX_PLAID_STORE_POST) {
        return 1;
    }

    return m->who ? m->who == who : m->kind == NGX_PLAID_STORE_WEBHOOK;
}


static ngx_plaid_store_e
model_claim(party_t *p, ngx_uint_t name, ngx_plaid_store_claim_t *claim,
    ngx_uint_t who, ngx_uint_t *probe, uint64_t *sealed)
{
    int          i;
    model_t     *m;
    ngx_uint_t   match;

    p->role = NGX_PLAID_STORE_NOBODY;
    p->name = name;

    m = model_find(name);

    while (m && due(m) <= now) {
        lapse(m);

        if (m->state == NGX_PLAID_AREA_FREE
            || m->state == NGX_PLAID_AREA_LAPSED)
        {
            m = NULL;
        }
    }

    for (i = 0; i < 2 && over(); i++) {
        lapse(over());
    }

    if (m == NULL) {
        m = model_alloc();
        if (m == NULL) {
            return NGX_PLAID_STORE_FULL;
        }

        m->name = name;
        m->who = 0;

    } else {
        match = model_match(m, claim->kind, who, claim->ttl);

        if (m->state != NGX_PLAID_AREA_ORPHAN
            && m->state != NGX_PLAID_AREA_UNKNOWN)
        {
            if (!match && !m->lost) {
                return NGX_PLAID_STORE_OTHER;
            }

            if (match) {
                p->call = m->call;
                m->who = m->who ? m->who : who;

                if (m->state == NGX_PLAID_AREA_CALLING) {
                    p->role = NGX_PLAID_STORE_WAITER;
                    m->waiters++;
                    return NGX_PLAID_STORE_WAIT;
                }

                p->role = NGX_PLAID_STORE_HOLDER;
                *sealed = m->sealed;
                return NGX_PLAID_STORE_TOKEN;
            }
        }
    }

    m->probe = *probe = (m->state != NGX_PLAID_AREA_FREE);
    m->kind = claim->kind;
    m->who = who ? who : m->who;
    m->lost = m->called = 0;
    m->call = p->call = ++calls;
    m->sealed = 0;
    m->waiters = 0;
    m->deadline = now + claim->timeout + NGX_PLAID_STORE_SLACK;
    m->expire = m->deadline + claim->ttl;
    become(m, NGX_PLAID_AREA_CALLING);
    p->role = NGX_PLAID_STORE_OWNER;

    return NGX_PLAID_STORE_CALL;
}


static ngx_plaid_store_e
model_poll(party_t *p, uint64_t *sealed)
{
    model_t            *m;
    ngx_plaid_store_e   rc;

    if (p->role != NGX_PLAID_STORE_WAITER) {
        return NGX_PLAID_STORE_GONE;
    }

    m = model_call(p);

    if (m && m->state == NGX_PLAID_AREA_CALLING && now < m->deadline) {
        return NGX_PLAID_STORE_WAIT;
    }

    p->role = NGX_PLAID_STORE_NOBODY;

    if (m == NULL) {
        return NGX_PLAID_STORE_GONE;
    }

    *sealed = m->sealed;
    m->waiters--;
    rc = NGX_PLAID_STORE_GONE;

    switch (m->state) {

    case NGX_PLAID_AREA_CALLING:
        become(m, NGX_PLAID_AREA_ORPHAN);
        break;

    case NGX_PLAID_AREA_READY:
    case NGX_PLAID_AREA_TAKEN:
    case NGX_PLAID_AREA_DELIVERED:
        p->role = NGX_PLAID_STORE_HOLDER;
        rc = NGX_PLAID_STORE_TOKEN;
        break;

    case NGX_PLAID_AREA_UNKNOWN:
        rc = NGX_PLAID_STORE_UNKNOWN;
        break;

    case NGX_PLAID_AREA_FAILED:
        if (m->waiters == 0) {
            become(m, NGX_PLAID_AREA_FREE);
        }

        rc = NGX_PLAID_STORE_FAILED;
        break;
    }

    return rc;
}


/* what is the same for all the ways to end a call */

static model_t *
model_end(party_t *p)
{
    model_t  *m;

    p->role = NGX_PLAID_STORE_NOBODY;
    m = model_call(p);

    return (m && (m->state == NGX_PLAID_AREA_CALLING
                  || m->state == NGX_PLAID_AREA_ORPHAN)) ? m : NULL;
}


static ngx_uint_t
do_claim(party_t *p)
{
    uint64_t                  sealed;
    ngx_uint_t                name, probe, who;
    ngx_plaid_store_e         rc;
    ngx_plaid_sealed_t        got;
    ngx_plaid_store_claim_t  *claim;

    ngx_plaid_store_leave(&env.store, &p->ref);

    if (p->role == NGX_PLAID_STORE_WAITER && model_call(p)) {
        model_call(p)->waiters--;

        if (model_call(p)->state == NGX_PLAID_AREA_FAILED
            && model_call(p)->waiters == 0)
        {
            become(model_call(p), NGX_PLAID_AREA_FREE);
        }
    }

    name = rnd(NAMES);
    who = rnd(4) ? 1 + !rnd(4) : 0;
    probe = 0;
    sealed = 0;

    claim = store_env_claim(name, who);
    claim->timeout = rnd(20000);
    claim->ttl = 1 + rnd(60000);

    if (who == 0 && rnd(2)) {
        claim->kind = NGX_PLAID_STORE_WEBHOOK;
    }

    rc = ngx_plaid_store_claim(&env.store, claim, now, &p->ref, &got);

    return rc == model_claim(p, name, claim, who, &probe, &sealed)
           && p->ref.probe == probe
           && (p->role == NGX_PLAID_STORE_NOBODY || p->ref.call == p->call)
           && (sealed == 0 || store_env_is(&got, name, sealed));
}


static ngx_uint_t
do_poll(party_t *p)
{
    uint64_t            sealed;
    ngx_plaid_store_e   rc;
    ngx_plaid_sealed_t  got;

    sealed = 0;
    rc = ngx_plaid_store_poll(&env.store, &p->ref, now, &got);

    return rc == model_poll(p, &sealed)
           && (sealed == 0 || rc == NGX_PLAID_STORE_GONE
               || store_env_is(&got, p->name, sealed));
}


static ngx_uint_t
do_end(party_t *p)
{
    model_t             *m;
    ngx_int_t            rc;
    ngx_uint_t           kind;
    ngx_msec_t           ttl;
    ngx_plaid_sealed_t  *sealed;

    kind = rnd(10);
    ttl = 1 + rnd(60000);
    sealed = rnd(8) ? store_env_sealed(p->name, p->call) : NULL;

    if (kind == 0 && sealed) {
        ngx_plaid_store_lost(&env.store, &p->ref, now, ttl, sealed);

        m = model_end(p);

        if (m) {
            m->sealed = p->call;
            m->made = now;
            m->expire = now + ttl;
            m->lost = 1;
            become(m, NGX_PLAID_AREA_DELIVERED);
        }

        return 1;
    }

    if (kind < 5) {
        rc = store_env_complete(&env.store, &p->ref, now, ttl, sealed);

        m = model_end(p);

        if (m) {
            m->sealed = sealed ? p->call : 0;
            m->made = now;
            m->expire = now + ttl;
            become(m, sealed ? NGX_PLAID_AREA_READY : NGX_PLAID_AREA_UNKNOWN);
        }

        if (m && sealed) {
            p->role = NGX_PLAID_STORE_HOLDER;
        }

        return rc == (m && sealed ? NGX_OK : NGX_DECLINED);
    }

    if (kind < 7) {
        ngx_plaid_store_fail(&env.store, &p->ref, now, sealed);

        m = model_end(p);

        if (m && m->waiters && sealed) {
            m->sealed = p->call;
            m->expire = now + NGX_PLAID_STORE_FAILED_MS;
            become(m, NGX_PLAID_AREA_FAILED);

        } else if (m) {
            become(m, NGX_PLAID_AREA_FREE);
        }

        return 1;
    }

    if (kind < 9) {
        ngx_plaid_store_unknown(&env.store, &p->ref, now, ttl, sealed);

        m = model_end(p);

        if (m) {
            m->sealed = sealed ? p->call : 0;
            m->expire = now + ttl;
            become(m, NGX_PLAID_AREA_UNKNOWN);
        }

        return 1;
    }

    ngx_plaid_store_abandon(&env.store, &p->ref);

    m = model_end(p);

    if (m) {
        m->call = 0;
        become(m, m->probe ? NGX_PLAID_AREA_UNKNOWN : NGX_PLAID_AREA_FREE);
    }

    return 1;
}


static ngx_uint_t
do_deliver(party_t *p)
{
    model_t     *m;
    ngx_msec_t   grace;

    grace = rnd(20000);
    m = model_call(p);

    if (rnd(2)) {
        ngx_plaid_store_called(&env.store, &p->ref);

        if (m) {
            m->called = 1;
        }
    }

    switch (rnd(4)) {

    case 0:
        return 1;

    case 1:
        ngx_plaid_store_taken(&env.store, &p->ref);
        p->role = NGX_PLAID_STORE_NOBODY;

        if (m && m->state == NGX_PLAID_AREA_READY) {
            become(m, NGX_PLAID_AREA_TAKEN);
        }

        return 1;

    default:
        break;
    }

    ngx_plaid_store_delivered(&env.store, &p->ref, now, grace);

    p->role = NGX_PLAID_STORE_NOBODY;

    if (m && (m->state == NGX_PLAID_AREA_READY
              || m->state == NGX_PLAID_AREA_TAKEN))
    {

        if (m->waiters && grace < NGX_PLAID_STORE_FAILED_MS) {
            grace = NGX_PLAID_STORE_FAILED_MS;
        }

        m->expire = now + grace;
        become(m, NGX_PLAID_AREA_DELIVERED);
    }

    return 1;
}


/* what was not delivered is looked for, now and then */

static ngx_uint_t
do_sweep(void)
{
    int                        i;
    model_t                   *m;
    ngx_uint_t                 n, k;
    ngx_plaid_store_lapsed_t   lapsed[3];

    n = ngx_plaid_store_sweep(&env.store, now, lapsed, 3);

    for (i = 0; i < 3 && over(); i++) {
        lapse(over());
    }

    for (k = 0; k < 3; k++) {
        m = oldest(NGX_PLAID_AREA_LAPSED, -1, -1);

        if (m == NULL) {
            break;
        }

        if (k >= n || lapsed[k].called != m->called
            || lapsed[k].item_len > sizeof("the-item") - 1
            || memcmp(lapsed[k].item_id, "the-item", lapsed[k].item_len))
        {
            return 0;
        }

        become(m, NGX_PLAID_AREA_FREE);
    }

    return n == k;
}


/* which of two records that end at once goes first is nobody's business */

static ngx_uint_t
tied(void)
{
    int  i, j;

    for (i = 0; i < RECORDS; i++) {
        for (j = 0; j < i; j++) {
            if (model[i].state && model[j].state
                && due(&model[i]) == due(&model[j]))
            {
                return 1;
            }
        }
    }

    return 0;
}


static void
untie(void)
{
    int                        i;
    model_t                   *m;
    ngx_plaid_store_record_t  *rec;

    while (tied()) {
        i = rnd(RECORDS);

        /* each record of the model by its call, or its name where it is 0 */

        m = &model[i];

        if (m->state == NGX_PLAID_AREA_FREE) {
            continue;
        }

        for (rec = env.store.records; rec->state == NGX_PLAID_AREA_FREE
             || (m->call ? rec->call != m->call
                         : rec->call || memcmp(rec->id, store_env_id(m->name),
                                               sizeof(rec->id)));
             rec++) { /* void */ }

        m->expire = ++rec->expire;

        if (m->state == NGX_PLAID_AREA_CALLING) {
            rec->deadline = ++m->deadline;
        }

        ngx_plaid_area_heap_sift(&env.store, rec->place);
    }
}


static ngx_uint_t
compare(void)
{
    model_t                   *m;
    ngx_uint_t                 i, count[NGX_PLAID_AREA_STATES];
    ngx_plaid_store_record_t  *rec;

    ngx_memzero(count, sizeof(count));

    for (i = 0; i < RECORDS; i++) {
        count[model[i].state]++;
    }

    for (i = 0; i < NGX_PLAID_AREA_STATES; i++) {
        if (env.store.area->states[i] != count[i]) {
            diag("state %d: %d, model %d", (int) i,
                 (int) env.store.area->states[i], (int) count[i]);
            return 0;
        }
    }

    for (i = 0; i < NAMES; i++) {
        m = model_find(i);
        rec = ngx_plaid_area_find(&env.store, store_env_id(i));

        if ((m == NULL) != (rec == NULL)
            || (m && (m->state != rec->state || m->call != rec->call
                      || m->waiters != rec->waiters
                      || due(m) != ngx_plaid_area_due(rec))))
        {
            diag("name %d differs", (int) i);
            return 0;
        }
    }

    return 1;
}


int
main(void)
{
    char                     *failed;
    party_t                  *p;
    ngx_uint_t                i, good, same;
    ngx_plaid_store_stats_t   st;

    if (store_env_create(&env, RECORDS) != NGX_OK) {
        return 1;
    }

    now = 1000000;
    same = 1;
    good = 1;
    failed = NULL;

    for (i = 0; i < OPERATIONS && good && same && failed == NULL; i++) {
        p = &parties[rnd(REFS)];

        if (rnd(16) == 0) {
            now += rnd(rnd(8) ? 500 : 20000);
        }

        if (rnd(40) == 0) {
            good = do_sweep();
            untie();
        }

        switch (p->role) {

        case NGX_PLAID_STORE_OWNER:
            good = good && do_end(p);
            break;

        case NGX_PLAID_STORE_WAITER:
            good = good && (rnd(6) ? do_poll(p) : do_claim(p));
            break;

        case NGX_PLAID_STORE_HOLDER:
            good = good && (rnd(3) ? do_deliver(p) : do_claim(p));
            break;

        default:
            good = good && (rnd(20) ? do_claim(p) : do_poll(p));
            break;
        }

        good = good && p->role == p->ref.role;

        untie();

        same = compare();

        if (i % 8 == 0) {
            failed = store_env_check(&env.store);
        }
    }

    ok(good, "the same answers (operation %d)", (int) i);
    ok(same, "the same records");
    ok(failed == NULL, "sound: %s", failed ? failed : "-");

    ngx_plaid_store_stats(&env.store, &st);

    diag("calls %d joins %d hits %d takeovers %d probes %d full %d "
         "evicted %d expired %d unstored %d stale %d other %d undelivered %d "
         "uncalled %d", (int) st.calls,
         (int) st.joins, (int) st.hits, (int) st.takeovers, (int) st.probes,
         (int) st.full, (int) st.evicted, (int) st.expired,
         (int) st.unstored, (int) st.stale, (int) st.other,
         (int) st.undelivered, (int) st.uncalled);

    ok(st.calls > 500 && st.joins > 500 && st.hits > 500
       && st.takeovers > 500 && st.probes > 500 && st.full > 500
       && st.evicted > 500 && st.expired > 500 && st.unstored > 500
       && st.stale > 500 && st.other > 500, "every path was taken often");
    ok(st.undelivered == undelivered && st.uncalled == uncalled
       && undelivered > 100 && uncalled > 100,
       "tokens that nobody took are counted");

    store_env_destroy(&env);

    return done_testing();
}
