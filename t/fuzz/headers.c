
/*
 * Surgery on a list of headers, against a plain array.  Each line of the
 * input is a step:
 *
 *     NAME         a header that nginx adds
 *     =N           so many more that stay
 *     +N           so many headers, appended as one part
 *     -            the headers of the boundary are removed
 *     *            the list is copied by value, as for a subrequest, and the
 *                  copy made one of its own; it goes on with the copy
 *     ^            a header that nginx adds to the list copied from last
 *     !N           the next step lacks its N-th allocation
 */


#include "fuzz.h"
#include "headers_env.h"


#define PART   20

/* what a step may add, and all of them */
#define MANY   100
#define LIMIT  1000
#define ALL    (2 * LIMIT)


/* the list that was copied last: it is what it was, but for "^" */

typedef struct {
    ngx_list_t           list;
    ngx_list_part_t      parts[ALL + MANY];
    ngx_table_elt_t      elts[ALL + MANY];
    ngx_uint_t           taken;
    ngx_uint_t           n;
} headers_left_t;


static headers_env_t   env;
static headers_left_t  left;


static ngx_uint_t
number(ngx_str_t *line)
{
    ngx_int_t  n;

    n = ngx_atoi(line->data + 1, line->len - 1);

    return (n <= 0) ? 1 : ngx_min(n, MANY);
}


static void
left_take(void)
{
    ngx_uint_t        i, n, e;
    ngx_list_part_t  *part;

    n = 0;
    e = 0;

    for (part = &left.list.part; part; part = part->next) {
        left.parts[n++] = *part;

        for (i = 0; i < part->nelts; i++) {
            left.elts[e++] = ((ngx_table_elt_t *) part->elts)[i];
        }
    }

    left.n = e;
}


static void
left_check(void)
{
    ngx_uint_t        n, e;
    ngx_list_part_t  *part;

    if (!left.taken) {
        return;
    }

    n = 0;
    e = 0;

    for (part = &left.list.part; part; part = part->next) {
        fuzz_check(memcmp(part, &left.parts[n++], sizeof(*part)) == 0);
        fuzz_check(part->nelts == 0
                   || memcmp(part->elts, &left.elts[e],
                             part->nelts * sizeof(ngx_table_elt_t))
                      == 0);
        e += part->nelts;
    }
}


/* no memory: the request ends, as far as we are concerned */

static void
unshared_not(void)
{
    env.list = left.list;

    if (env.list.last == &left.list.part) {
        env.list.last = &env.list.part;
    }

    left.taken = 0;
}


static const char *
step(ngx_str_t *line, ngx_array_t *names)
{
    ngx_uint_t        n;
    const char       *wrong;
    ngx_table_elt_t  *h;

    switch (line->data[0]) {

    case '=':
        for (n = number(line); n; n--) {
            (void) headers_env_push(&env, unit_str("Accept"));
        }

        return NULL;

    case '+':
        (void) headers_env_append(&env, unit_str("X-Plaid-Status"),
                                  number(line));
        return NULL;

    case '-':
        wrong = headers_env_strip(&env, names);

        if (wrong && strcmp(wrong, "no memory") == 0) {

            /* the room that a list without elements has may be shared */
            left.taken = 0;

            return headers_env_resync(&env, names);
        }

        return wrong;

    case '*':
        left.list = env.list;

        if (left.list.last == &env.list.part) {
            left.list.last = &left.list.part;
        }

        left_take();
        left.taken = 1;

        if (ngx_plaid_headers_unshare(&env.list) != NGX_OK) {
            unshared_not();
        }

        return NULL;

    case '^':
        h = (left.taken && left.n < ALL) ? ngx_list_push(&left.list) : NULL;

        if (h) {
            memset(h, 0x66, sizeof(ngx_table_elt_t));
            left_take();
        }

        return NULL;

    default:
        (void) headers_env_push(&env, *line);
        return NULL;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char       *p, *last;
    ngx_str_t     line;
    ngx_uint_t    refused;
    const char   *wrong;
    ngx_array_t  *names;

    headers_env_init(&env, PART);
    left.taken = 0;
    refused = 0;

    names = unit_names(env.pool, "X-User item_id");

    p = (u_char *) data;
    last = p + size;

    for ( /* void */ ; p < last && env.n < LIMIT; p = line.data + line.len + 1)
    {
        line.data = p;

        while (p < last && *p != '\n') {
            p++;
        }

        line.len = p - line.data;

        if (line.len == 0) {
            continue;
        }

        if (line.data[0] == '!') {
            refused = number(&line);
            continue;
        }

        unit_refuse(refused);

        wrong = step(&line, names);

        unit_refuse(0);
        refused = 0;

        wrong = wrong ? wrong : headers_env_check(&env);

        if (wrong) {
            fprintf(stderr, "%s\n", wrong);
            abort();
        }

        left_check();
    }

    fuzz_check(headers_env_destroy(&env) == NULL);

    return 0;
}
