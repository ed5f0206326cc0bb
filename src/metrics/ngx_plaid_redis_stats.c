
/* The numbers of plaid_redis blocks: counting them, and writing them out. */


#include "ngx_plaid_redis_stats.h"


#define NGX_PLAID_REDIS_STATS_MAGIC   0x72647370

/* changed with anything that the area's users must agree on */
#define NGX_PLAID_REDIS_STATS_LAYOUT  1


struct ngx_plaid_redis_stats_area_s {
    uint32_t                   magic;
    uint32_t                   layout;
    ngx_plaid_redis_stats_t    slots[NGX_PLAID_REDIS_STATS_SERVERS + 1];
};


/* a family of one number for each server */

typedef struct {
    const char                *name;
    const char                *key;
    const char                *help;
    size_t                     offset;
} ngx_plaid_redis_stats_count_t;


static ngx_uint_t ngx_plaid_redis_stats_connected(ngx_plaid_redis_stats_t *st);
static void ngx_plaid_redis_stats_head(ngx_plaid_text_t *text,
    const char *name, const char *type, const char *help);
static void ngx_plaid_redis_stats_number(ngx_plaid_text_t *text,
    const char *name, ngx_plaid_redis_stats_t *st, ngx_uint_t n);
static void ngx_plaid_redis_stats_errors(ngx_plaid_redis_stats_t **st,
    ngx_uint_t n, ngx_plaid_text_t *text);
static void ngx_plaid_redis_stats_histogram(ngx_plaid_redis_stats_t *st,
    ngx_plaid_text_t *text);
static void ngx_plaid_redis_stats_label(ngx_plaid_redis_stats_t *st,
    ngx_plaid_text_t *text);
static void ngx_plaid_redis_stats_seconds(ngx_plaid_text_t *text,
    ngx_uint_t us);


static ngx_str_t  ngx_plaid_redis_stats_reasons[] = {
    ngx_string("resolve"),
    ngx_string("connect"),
    ngx_string("tls"),
    ngx_string("timeout"),
    ngx_string("closed"),
    ngx_string("protocol"),
    ngx_string("auth"),
    ngx_string("readonly"),
    ngx_string("cluster"),
    ngx_string("memory"),
    ngx_string("reply"),
    ngx_string("record"),
    ngx_string("internal")
};


/* upper limits, microseconds: a round trip takes 100 to 1000 */

static ngx_uint_t  ngx_plaid_redis_stats_limits[] = {
    100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 1000000,
    10000000
};


static ngx_plaid_redis_stats_count_t  ngx_plaid_redis_stats_counts[] = {

    { "plaid_redis_commands_total", "commands",
      "Commands sent to Redis.",
      offsetof(ngx_plaid_redis_stats_t, commands) },

    { "plaid_redis_skipped_total", "skipped",
      "Exchanges that went on without Redis.",
      offsetof(ngx_plaid_redis_stats_t, skipped) },

    { "plaid_redis_pushed_total", "pushed",
      "Records written to Redis again after it was away.",
      offsetof(ngx_plaid_redis_stats_t, pushed) },

    { NULL, NULL, NULL, 0 }
};


size_t
ngx_plaid_redis_stats_size(void)
{
    return sizeof(ngx_plaid_redis_stats_area_t);
}


ngx_plaid_redis_stats_area_t *
ngx_plaid_redis_stats_init(void *mem)
{
    ngx_plaid_redis_stats_area_t  *area;

    area = mem;

    if (area->magic == NGX_PLAID_REDIS_STATS_MAGIC
        && area->layout == NGX_PLAID_REDIS_STATS_LAYOUT)
    {
        return area;
    }

    ngx_memzero(area, sizeof(ngx_plaid_redis_stats_area_t));

    area->magic = NGX_PLAID_REDIS_STATS_MAGIC;
    area->layout = NGX_PLAID_REDIS_STATS_LAYOUT;

    return area;
}


ngx_plaid_redis_stats_t *
ngx_plaid_redis_stats_slot(ngx_plaid_redis_stats_area_t *area, ngx_str_t *name)
{
    ngx_uint_t                i;
    ngx_plaid_redis_stats_t  *st;

    for (i = 0; i < NGX_PLAID_REDIS_STATS_SERVERS; i++) {

        st = &area->slots[i];

        if (name->len > NGX_PLAID_REDIS_STATS_NAME) {
            continue;
        }

        if (st->len == 0) {
            ngx_memcpy(st->name, name->data, name->len);
            ngx_memory_barrier();
            st->len = name->len;

            return st;
        }

        if (st->len == name->len
            && ngx_memcmp(st->name, name->data, name->len) == 0)
        {
            return st;
        }
    }

    st = &area->slots[NGX_PLAID_REDIS_STATS_SERVERS];

    if (st->len == 0) {
        st->shared = 1;
        ngx_memcpy(st->name, "others", sizeof("others") - 1);
        st->len = sizeof("others") - 1;
    }

    return st;
}


void
ngx_plaid_redis_stats_attach(ngx_plaid_redis_stats_area_t *area,
    ngx_uint_t place)
{
    ngx_uint_t  i;

    for (i = 0; i <= NGX_PLAID_REDIS_STATS_SERVERS; i++) {
        area->slots[i].connected[place % NGX_MAX_PROCESSES] = 0;
    }
}


void
ngx_plaid_redis_stats_wait(ngx_plaid_redis_stats_t *st, ngx_uint_t time)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_PLAID_REDIS_STATS_BUCKETS; i++) {
        if (time <= ngx_plaid_redis_stats_limits[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&st->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&st->waited, time);
}


ngx_str_t *
ngx_plaid_redis_stats_reason(ngx_plaid_redis_reason_e reason)
{
    return &ngx_plaid_redis_stats_reasons[reason];
}


static ngx_uint_t
ngx_plaid_redis_stats_connected(ngx_plaid_redis_stats_t *st)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        n += st->connected[i];
    }

    return n;
}


void
ngx_plaid_redis_stats_prometheus(ngx_plaid_redis_stats_t **st, ngx_uint_t n,
    ngx_plaid_text_t *text)
{
    ngx_uint_t                      i;
    ngx_plaid_redis_stats_count_t  *count;

    if (n == 0) {
        return;
    }

    ngx_plaid_redis_stats_head(text, "plaid_redis_up", "gauge",
                               "1 while a worker is connected to Redis.");

    for (i = 0; i < n; i++) {
        ngx_plaid_redis_stats_number(text, "plaid_redis_up", st[i],
                                     ngx_plaid_redis_stats_connected(st[i])
                                     != 0);
    }

    ngx_plaid_redis_stats_head(text, "plaid_redis_connections", "gauge",
                               "Workers that are connected to Redis.");

    for (i = 0; i < n; i++) {
        ngx_plaid_redis_stats_number(text, "plaid_redis_connections", st[i],
                                     ngx_plaid_redis_stats_connected(st[i]));
    }

    for (count = ngx_plaid_redis_stats_counts; count->name; count++) {

        ngx_plaid_redis_stats_head(text, count->name, "counter", count->help);

        for (i = 0; i < n; i++) {
            ngx_plaid_redis_stats_number(text, count->name, st[i],
                                         *(ngx_atomic_t *)
                                         ((char *) st[i] + count->offset));
        }
    }

    ngx_plaid_redis_stats_errors(st, n, text);

    ngx_plaid_redis_stats_head(text, "plaid_redis_wait_seconds", "histogram",
                               "What requests have waited for Redis.");

    for (i = 0; i < n; i++) {
        ngx_plaid_redis_stats_histogram(st[i], text);
    }
}


static void
ngx_plaid_redis_stats_head(ngx_plaid_text_t *text, const char *name,
    const char *type, const char *help)
{
    ngx_plaid_text_format(text, "# HELP %s %s\n", name, help);
    ngx_plaid_text_format(text, "# TYPE %s %s\n", name, type);
}


static void
ngx_plaid_redis_stats_number(ngx_plaid_text_t *text, const char *name,
    ngx_plaid_redis_stats_t *st, ngx_uint_t n)
{
    ngx_plaid_text_format(text, "%s{redis=", name);
    ngx_plaid_redis_stats_label(st, text);
    ngx_plaid_text_format(text, "} %ui\n", n);
}


static void
ngx_plaid_redis_stats_errors(ngx_plaid_redis_stats_t **st, ngx_uint_t n,
    ngx_plaid_text_t *text)
{
    ngx_uint_t  i, k;

    ngx_plaid_redis_stats_head(text, "plaid_redis_errors_total", "counter",
                               "What went wrong with Redis, by reason.");

    for (i = 0; i < n; i++) {
        for (k = 0; k < NGX_PLAID_REDIS_REASONS; k++) {
            ngx_plaid_text_format(text, "plaid_redis_errors_total{redis=");
            ngx_plaid_redis_stats_label(st[i], text);
            ngx_plaid_text_format(text, ",reason=\"%V\"} %ui\n",
                                  &ngx_plaid_redis_stats_reasons[k],
                                  (ngx_uint_t) st[i]->errors[k]);
        }
    }
}


static void
ngx_plaid_redis_stats_histogram(ngx_plaid_redis_stats_t *st,
    ngx_plaid_text_t *text)
{
    ngx_uint_t  i, sum;

    sum = 0;

    for (i = 0; i <= NGX_PLAID_REDIS_STATS_BUCKETS; i++) {
        sum += st->buckets[i];

        ngx_plaid_text_format(text, "plaid_redis_wait_seconds_bucket{redis=");
        ngx_plaid_redis_stats_label(st, text);
        ngx_plaid_text_format(text, ",le=\"");

        if (i < NGX_PLAID_REDIS_STATS_BUCKETS) {
            ngx_plaid_redis_stats_seconds(text,
                                          ngx_plaid_redis_stats_limits[i]);
        } else {
            ngx_plaid_text_format(text, "+Inf");
        }

        ngx_plaid_text_format(text, "\"} %ui\n", sum);
    }

    ngx_plaid_text_format(text, "plaid_redis_wait_seconds_sum{redis=");
    ngx_plaid_redis_stats_label(st, text);
    ngx_plaid_text_format(text, "} ");
    ngx_plaid_redis_stats_seconds(text, st->waited);

    ngx_plaid_text_format(text, "\nplaid_redis_wait_seconds_count{redis=");
    ngx_plaid_redis_stats_label(st, text);
    ngx_plaid_text_format(text, "} %ui\n", sum);
}


static void
ngx_plaid_redis_stats_label(ngx_plaid_redis_stats_t *st,
    ngx_plaid_text_t *text)
{
    ngx_str_t  name;

    name.data = st->name;
    name.len = st->len;

    ngx_plaid_text_quoted(text, &name);
}


static void
ngx_plaid_redis_stats_seconds(ngx_plaid_text_t *text, ngx_uint_t us)
{
    ngx_plaid_text_format(text, "%ui.%06ui", us / 1000000, us % 1000000);
}


void
ngx_plaid_redis_stats_json(ngx_plaid_redis_stats_t **st, ngx_uint_t n,
    ngx_plaid_text_t *text)
{
    ngx_uint_t                      i, k, sum;
    ngx_plaid_redis_stats_count_t  *count;

    ngx_plaid_text_format(text, "[");

    for (i = 0; i < n; i++) {

        ngx_plaid_text_format(text, "%s{\"redis\":", i ? "," : "");
        ngx_plaid_redis_stats_label(st[i], text);
        ngx_plaid_text_format(text, ",\"connections\":%ui",
                              ngx_plaid_redis_stats_connected(st[i]));

        for (count = ngx_plaid_redis_stats_counts; count->name; count++) {
            ngx_plaid_text_format(text, ",\"%s\":%ui", count->key,
                                  (ngx_uint_t) *(ngx_atomic_t *)
                                  ((char *) st[i] + count->offset));
        }

        ngx_plaid_text_format(text, ",\"errors\":{");

        for (k = 0; k < NGX_PLAID_REDIS_REASONS; k++) {
            ngx_plaid_text_format(text, "%s\"%V\":%ui", k ? "," : "",
                                  &ngx_plaid_redis_stats_reasons[k],
                                  (ngx_uint_t) st[i]->errors[k]);
        }

        sum = 0;

        for (k = 0; k <= NGX_PLAID_REDIS_STATS_BUCKETS; k++) {
            sum += st[i]->buckets[k];
        }

        ngx_plaid_text_format(text, "},\"waits\":%ui,\"wait_seconds\":", sum);
        ngx_plaid_redis_stats_seconds(text, st[i]->waited);
        ngx_plaid_text_format(text, "}");
    }

    ngx_plaid_text_format(text, "]");
}
