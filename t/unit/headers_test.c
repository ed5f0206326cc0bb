
/* Names of headers, and elements taken out of nginx's lists of them. */


#include "headers_env.h"


/* as in r->headers_in.headers */
#define PART  20


static headers_env_t  env;


static void
match_test(void)
{
    ngx_str_t     a, b;
    ngx_uint_t    ch, other, bad;
    ngx_pool_t   *pool;
    ngx_array_t  *names;
    u_char        one[9], two[9];

    pool = unit_pool();
    names = unit_names(pool, "X-User item_id");

#define matches(text)                                                         \
    (a = unit_str(text), ngx_plaid_headers_match(&a, names))

    ok(matches("X-Plaid-Access-Token"), "ours");
    ok(matches("x_pLaId_anything"), "ours in other spelling");
    ok(matches("X.Plaid!"), "ours with other bytes");
    ok(matches("X-Plaid-"), "the prefix alone");
    ok(!matches("X-Plaid"), "less than the prefix");
    ok(!matches("X-Plaids-Token"), "a letter where none may be");
    ok(!matches("Y-Plaid-Token"), "another first letter");
    ok(!matches(""), "no name");
    ok(matches("x.user"), "a configured one");
    ok(matches("Item-Id"), "the other one");
    ok(!matches("X-Users"), "longer than a configured one");
    ok(!matches("X-Use"), "shorter");

    a = unit_str("X-Plaid-A");
    ok(ngx_plaid_headers_match(&a, NULL), "no names: ours");
    a = unit_str("X-User");
    ok(!ngx_plaid_headers_match(&a, NULL), "no names: another");

    /* every pair of bytes, by the definition */

    bad = 0;
    a.data = one;
    b.data = two;
    a.len = b.len = 1;

    for (ch = 0; ch < 256; ch++) {
        for (other = 0; other < 256; other++) {
            one[0] = ch;
            two[0] = other;

            names->nelts = 1;
            *(ngx_str_t *) names->elts = b;

            bad += ngx_plaid_headers_equal(&a, &b)
                   != (ngx_uint_t) headers_env_matches(&a, names);
        }
    }

    is_int(bad, 0, "all pairs of bytes");

    unit_pool_destroy(pool);
}


static const char *
pushes(ngx_uint_t n)
{
    const char  *wrong;

    while (n--) {
        if (headers_env_push(&env, unit_str("Pushed")) != NGX_OK) {
            return "no memory";
        }

        wrong = headers_env_check(&env);

        if (wrong) {
            return wrong;
        }
    }

    return NULL;
}


/*
 * Strips those of "n" headers that "remove" says, by a seed, then pushes
 * beyond the next part.
 */

static const char *
surgery(ngx_uint_t n, ngx_uint_t seed,
    int (*remove)(ngx_uint_t i, ngx_uint_t seed))
{
    ngx_uint_t    i;
    const char   *wrong, *damaged;

    headers_env_init(&env, PART);

    for (i = 0; i < n; i++) {
        headers_env_push(&env, unit_str(remove(i, seed) ? "X-Plaid-Status"
                                                        : "Accept"));
    }

    wrong = headers_env_strip(&env, NULL);

    if (wrong == NULL) {
        wrong = pushes(2 * PART + 1);
    }

    if (wrong == NULL) {
        wrong = headers_env_strip(&env, NULL);
    }

    damaged = headers_env_destroy(&env);

    return wrong ? wrong : damaged;
}


static int
single(ngx_uint_t i, ngx_uint_t seed)
{
    return i == seed;
}


static int
pair(ngx_uint_t i, ngx_uint_t seed)
{
    return i == seed % 64 || i == seed / 64;
}


static int
range(ngx_uint_t i, ngx_uint_t seed)
{
    return i >= seed % 64 && i <= seed / 64;
}


static int
but_range(ngx_uint_t i, ngx_uint_t seed)
{
    return !range(i, seed);
}


static int
bits(ngx_uint_t i, ngx_uint_t seed)
{
    return (seed >> (i % 12)) & 1;
}


static void
surgeries(const char *name, ngx_uint_t n, ngx_uint_t seeds,
    int (*remove)(ngx_uint_t i, ngx_uint_t seed))
{
    ngx_uint_t   seed;
    const char  *wrong;

    for (seed = 0; seed < seeds; seed++) {

        if (seeds == 64 * 64 && (seed % 64 >= n || seed / 64 >= n)) {
            continue;
        }

        wrong = surgery(n, seed, remove);

        if (wrong) {
            ok(0, "%s of %u headers, seed %u: %s", name, (unsigned) n,
               (unsigned) seed, wrong);
            return;
        }
    }

    ok(1, "%s of %u headers", name, (unsigned) n);
}


static void
positions_test(void)
{
    size_t  i;

    static ngx_uint_t  sizes[] = { 0, 1, 2, 3, 19, 20, 21, 40, 41 };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        surgeries("each one", sizes[i], sizes[i] + 1, single);
        surgeries("each two", sizes[i], 64 * 64, pair);
        surgeries("each range", sizes[i], 64 * 64, range);
        surgeries("all but each range", sizes[i], 64 * 64, but_range);
        surgeries("patterns", sizes[i], 4096, bits);
    }
}


/*
 * The first part has lost its room's beginning, and then all it holds; so has
 * the second one.
 */

static void
takeover_test(void)
{
    ngx_uint_t    i;
    ngx_pool_t   *pool;
    const char   *wrong, *damaged;
    ngx_array_t  *names;

    pool = unit_pool();
    names = unit_names(pool, "X-User");

    headers_env_init(&env, PART);

    for (i = 0; i <= PART; i++) {
        headers_env_push(&env, unit_str(i ? "X-User" : "X-Plaid-A"));
    }

    wrong = headers_env_strip(&env, NULL);
    wrong = wrong ? wrong : headers_env_strip(&env, names);
    wrong = wrong ? wrong : pushes(2 * PART + 1);

    damaged = headers_env_destroy(&env);
    wrong = wrong ? wrong : damaged;

    ok(wrong == NULL, "two parts emptied: %s", wrong ? wrong : "fine");

    unit_pool_destroy(pool);
}


/* A subrequest's list is a copy by value, and becomes one of its own. */

static void
unshare_test(void)
{
    ngx_uint_t    i;
    const char   *wrong;

    static headers_env_t  before;

    headers_env_init(&env, PART);

    for (i = 0; i < 2 * PART + 1; i++) {
        headers_env_push(&env, unit_str(i % 7 ? "Accept" : "X-Plaid-A"));
    }

    before = env;
    before.list = env.list;

    is_int(ngx_plaid_headers_unshare(&env.list), NGX_OK, "unshared");
    wrong = headers_env_check(&env);
    ok(wrong == NULL, "the copy is whole: %s", wrong ? wrong : "yes");

    wrong = headers_env_strip(&env, NULL);
    ok(wrong == NULL, "the copy is stripped: %s", wrong ? wrong : "yes");

    wrong = headers_env_append(&env, unit_str("X-Plaid-B"), 5) == NGX_OK
            ? pushes(PART + 1) : "no memory";
    ok(wrong == NULL, "the copy grows: %s", wrong ? wrong : "yes");

    /* the original's first part lies in the struct copied from */

    is_int(before.list.part.nelts, PART, "the original's first part");

    for (i = 0; i < PART; i++) {
        if (((ngx_table_elt_t *) before.list.part.elts + i)->value.data
            != before.elts[i].value.data)
        {
            break;
        }
    }

    is_int(i, PART, "the original's elements");
    is_int(before.list.part.next->nelts, PART, "the original's second part");
    is_int(before.list.part.next->next->nelts, 1, "the original's third");
    ok(before.list.part.next->next->next == NULL, "the original's end");

    wrong = headers_env_destroy(&env);
    ok(wrong == NULL, "nothing is damaged");
}


/* Room that both lists have belongs to the one that was there before. */

static void
unshare_room_test(void)
{
    ngx_uint_t        n;
    const char       *wrong;
    ngx_table_elt_t  *h, *first;

    static headers_env_t  before;

    for (n = 0; n <= 2; n++) {
        headers_env_init(&env, PART);

        while (env.n < n) {
            headers_env_push(&env, unit_str("X-Plaid-A"));
        }

        before = env;
        before.list.last = &before.list.part;
        first = before.list.part.elts;

        is_int(ngx_plaid_headers_unshare(&env.list), NGX_OK, "unshared");
        wrong = pushes(1);
        wrong = wrong ? wrong : headers_env_strip(&env, NULL);
        wrong = wrong ? wrong : pushes(2);

        h = ngx_list_push(&before.list);
        memset(h, 0, sizeof(ngx_table_elt_t));

        wrong = wrong ? wrong : headers_env_check(&env);
        ok(wrong == NULL, "the copy of %u: %s", (unsigned) n,
           wrong ? wrong : "undisturbed");

        ok(n == 0 || first[n - 1].value.data == before.elts[n - 1].value.data,
           "the original of %u", (unsigned) n);

        headers_env_destroy(&env);
    }
}


static void
append_test(void)
{
    ngx_uint_t    n, k;
    const char   *wrong, *damaged;

    wrong = NULL;

    for (n = 0; n <= 2 * PART + 1 && wrong == NULL; n++) {
        for (k = 1; k <= 7 && wrong == NULL; k++) {
            headers_env_init(&env, PART);

            wrong = pushes(n);

            if (wrong == NULL
                && headers_env_append(&env, unit_str("X-Plaid-A"), k)
                   != NGX_OK)
            {
                wrong = "no memory";
            }

            wrong = wrong ? wrong : headers_env_check(&env);
            wrong = wrong ? wrong : pushes(PART + 1);
            wrong = wrong ? wrong : headers_env_strip(&env, NULL);
            wrong = wrong ? wrong : pushes(2 * PART);

            damaged = headers_env_destroy(&env);
            wrong = wrong ? wrong : damaged;
        }
    }

    ok(wrong == NULL, "append: %s", wrong ? wrong : "all sizes");
}


/* Each allocation refused in turn. */

static void
memory_test(void)
{
    ngx_int_t     rc;
    ngx_uint_t    i, n;
    const char   *wrong;

    for (n = 1; /* void */ ; n++) {
        headers_env_init(&env, PART);

        for (i = 0; i < 2 * PART + 1; i++) {
            headers_env_push(&env, unit_str(i % 3 ? "Accept" : "X-Plaid-A"));
        }

        unit_refuse(n);
        rc = ngx_plaid_headers_strip(&env.list, NULL, NULL, NULL);
        unit_refuse(0);

        wrong = headers_env_resync(&env, NULL);
        wrong = wrong ? wrong : pushes(PART);
        wrong = wrong ? wrong : headers_env_strip(&env, NULL);

        if (wrong || headers_env_destroy(&env)) {
            ok(0, "strip without the allocation %u: %s", (unsigned) n,
               wrong ? wrong : "damaged");
            return;
        }

        if (rc != NGX_ERROR) {
            break;
        }
    }

    ok(n > 10, "strip without each of its %u allocations", (unsigned) n - 1);

    headers_env_init(&env, PART);
    (void) pushes(2 * PART + 1);

    for (n = 1; n < 3; n++) {
        unit_refuse(n);
        is_int(ngx_plaid_headers_unshare(&env.list), NGX_ERROR,
               "unshare without memory");
    }

    unit_refuse(1);
    is_int(headers_env_append(&env, unit_str("A"), 1), NGX_ERROR,
           "append without memory");
    unit_refuse(0);

    wrong = headers_env_check(&env);
    ok(wrong == NULL, "the list is unchanged: %s", wrong ? wrong : "yes");

    headers_env_destroy(&env);
}


/* what "Connection" is left with */

static void
connection_test(void)
{
    size_t            i;
    ngx_list_t       *list;
    ngx_pool_t       *pool;
    ngx_array_t      *names;
    ngx_table_elt_t  *h;

    static struct {
        char  *value;
        char  *left;
    } cases[] = {
        { "close", "close" },
        { "X-Plaid-Status", "" },
        { "close,X-Plaid-Status", "close" },
        { "x_plaid_status , close", "close" },
        { "keep-alive, X-User,\tupgrade ,x.plaid.y", "keep-alive, upgrade" },
        { ",, X-Plaid-A ,,a,b,,", "a, b" },
        { "a,b , X-Users", "a,b , X-Users" },
        { "a,b,c,d,e,X-Plaid-A,f", "a, b, c, d, e, f" },
        { "", "" }
    };

    pool = unit_pool();
    names = unit_names(pool, "X-User");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        list = ngx_list_create(pool, 4, sizeof(ngx_table_elt_t));

        h = ngx_list_push(list);
        memset(h, 0, sizeof(ngx_table_elt_t));
        h->key = unit_str("connection");
        h->value = unit_str(cases[i].value);

        is_int(ngx_plaid_headers_strip(list, names, NULL, NULL), 0,
               "the header stays");
        is_str(&h->value, cases[i].left, cases[i].value);
    }

    ngx_destroy_pool(pool);
}


int
main(void)
{
    match_test();
    connection_test();
    positions_test();
    takeover_test();
    unshare_test();
    unshare_room_test();
    append_test();
    memory_test();

    return done_testing();
}
