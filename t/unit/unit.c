
#include "unit.h"
#include <stdarg.h>


static int  unit_tests;
static int  unit_failures;


static void
unit_report(int cond, const char *name)
{
    unit_tests++;

    if (!cond) {
        unit_failures++;
    }

    printf("%sok %d - %s\n", cond ? "" : "not ", unit_tests, name);
    fflush(stdout);
}


void
ok(int cond, const char *fmt, ...)
{
    char     name[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);

    unit_report(cond, name);
}


void
is_int(long got, long expected, const char *name)
{
    unit_report(got == expected, name);

    if (got != expected) {
        diag("got: %ld, expected: %ld", got, expected);
    }
}


void
is_str(ngx_str_t *got, const char *expected, const char *name)
{
    int  same;

    same = got->len == strlen(expected)
           && memcmp(got->data ? got->data : (u_char *) "", expected,
                     got->len)
              == 0;

    unit_report(same, name);

    if (!same) {
        diag("got: \"%.*s\", expected: \"%s\"", (int) got->len,
             got->data ? (char *) got->data : "", expected);
    }
}


void
diag(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    printf("# ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
}


int
done_testing(void)
{
    printf("1..%d\n", unit_tests);

    return unit_failures || unit_tests == 0;
}


ngx_chain_t *
unit_chain(ngx_pool_t *pool, ngx_str_t *body, size_t *cuts, ngx_uint_t ncuts)
{
    size_t        from, to;
    ngx_buf_t    *b;
    ngx_uint_t    i;
    ngx_chain_t  *in, **next;

    in = NULL;
    next = &in;
    from = 0;

    for (i = 0; i <= ncuts; i++) {
        to = (i == ncuts) ? body->len : cuts[i];

        *next = calloc(1, sizeof(ngx_chain_t));
        b = calloc(1, sizeof(ngx_buf_t));

        b->start = malloc(to - from ? to - from : 1);
        memcpy(b->start, body->data + from, to - from);
        b->pos = b->start;
        b->last = b->start + (to - from);
        b->end = b->last;
        b->memory = 1;

        (*next)->buf = b;
        next = &(*next)->next;
        from = to;
    }

    return in;
}


ngx_chain_t *
unit_chain_file(ngx_pool_t *pool, ngx_str_t *body, size_t from)
{
    char          path[] = "/tmp/ngx_plaid_unit.XXXXXX";
    ngx_buf_t    *b;
    ngx_chain_t  *in;

    in = calloc(1, sizeof(ngx_chain_t));
    b = calloc(1, sizeof(ngx_buf_t));
    b->file = calloc(1, sizeof(ngx_file_t));

    b->file->fd = mkstemp(path);
    b->file->log = &unit_log;
    ngx_str_set(&b->file->name, "unit");
    unlink(path);

    if (b->file->fd == -1
        || write(b->file->fd, body->data, body->len) != (ssize_t) body->len)
    {
        perror("temporary file");
        exit(1);
    }

    b->in_file = 1;
    b->temp_file = 1;
    b->file_pos = from;
    b->file_last = body->len;

    in->buf = b;

    return in;
}


void
unit_chain_free(ngx_chain_t *in)
{
    ngx_chain_t  *next;

    for ( /* void */ ; in; in = next) {
        next = in->next;

        if (in->buf->file) {
            close(in->buf->file->fd);
            free(in->buf->file);
        }

        free(in->buf->start);
        free(in->buf);
        free(in);
    }
}


ngx_str_t
unit_str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


ngx_array_t *
unit_names(ngx_pool_t *pool, const char *text)
{
    size_t        n;
    ngx_str_t    *name;
    ngx_array_t  *names;

    names = ngx_array_create(pool, 1, sizeof(ngx_str_t));

    while (*text) {
        n = strcspn(text, " ");

        name = ngx_array_push(names);
        name->data = (u_char *) text;
        name->len = n;

        text += n;
        text += strspn(text, " ");
    }

    return names;
}
