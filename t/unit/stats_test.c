
/*
 * The module's numbers: where they are counted, what stays, and how they are
 * written down.
 */


#include "unit.h"
#include "ngx_plaid_report.h"
#include <sys/wait.h>


static ngx_plaid_stats_area_t  *area;


static ngx_plaid_stats_t
client(const char *name)
{
    ngx_str_t          s;
    ngx_plaid_stats_t  st;

    s = unit_str(name);

    st.slot = ngx_plaid_stats_slot(area, &s);
    ngx_plaid_stats_bind(area, 0, &st);

    return st;
}


static void
setup(void)
{
    area = calloc(1, ngx_plaid_stats_size());
    if (area == NULL) {
        exit(1);
    }

    /* what another layout has left there */
    ngx_memset(area, 0x5a, ngx_plaid_stats_size());

    ngx_plaid_stats_init(area, 1000);

    ngx_pid = getpid();
    ngx_plaid_stats_attach(area, 0);
}


static void
snapshot(const char *name, ngx_plaid_stats_snapshot_t *snap)
{
    ngx_uint_t  i;

    for (i = 0; i <= NGX_PLAID_STATS_CLIENTS; i++) {
        if (ngx_plaid_stats_snapshot(area, i, snap) == NGX_OK
            && snap->name.len == strlen(name)
            && memcmp(snap->name.data, name, snap->name.len) == 0)
        {
            return;
        }
    }

    ok(0, "no numbers of \"%s\"", name);
    exit(done_testing());
}


static void
results(void)
{
    ngx_plaid_stats_t           a, b;
    ngx_plaid_result_t          res;
    ngx_plaid_stats_snapshot_t  snap;

    setup();

    a = client("a");
    b = client("b");

    ngx_memzero(&res, sizeof(res));
    ngx_plaid_stats_result(&a, &res);

    res.status = NGX_PLAID_EXCHANGED;
    ngx_plaid_stats_result(&a, &res);
    ngx_plaid_stats_result(&a, &res);

    ngx_memzero(&res, sizeof(res));
    res.error_type = unit_str("ITEM_ERROR");
    ngx_plaid_result_fail(&res, NGX_PLAID_CAUSE_INPUT);
    ngx_plaid_stats_result(&b, &res);

    res.error_type = unit_str("ITEM_ERRORS");
    ngx_plaid_stats_result(&b, &res);

    res.error_type = unit_str("ITEM_ERRO");
    ngx_plaid_stats_result(&b, &res);

    snapshot("a", &snap);
    is_int(snap.n[NGX_PLAID_STATS_STATUS + NGX_PLAID_NOTHING], 0,
           "nothing is not counted");
    is_int(snap.n[NGX_PLAID_STATS_STATUS + NGX_PLAID_EXCHANGED], 2,
           "exchanged");
    is_int(snap.n[NGX_PLAID_STATS_CAUSE + NGX_PLAID_CAUSE_NONE], 0,
           "no cause");
    is_int(snap.n[NGX_PLAID_STATS_CAUSE + NGX_PLAID_CAUSE_INPUT], 0,
           "the other client's");

    snapshot("b", &snap);
    is_int(snap.n[NGX_PLAID_STATS_STATUS + NGX_PLAID_REJECTED], 3, "rejected");
    is_int(snap.n[NGX_PLAID_STATS_CAUSE + NGX_PLAID_CAUSE_INPUT], 3, "cause");
    is_int(snap.n[NGX_PLAID_STATS_TYPE + 12], 1, "a known type");
    is_int(snap.n[NGX_PLAID_STATS_TYPE + NGX_PLAID_STATS_TYPES - 1], 2,
           "types that nobody knows are one");

    is_str(ngx_plaid_stats_type(12), "ITEM_ERROR", "name of a type");

    free(area);
}


static void
times(void)
{
    ngx_uint_t                  i;
    ngx_plaid_stats_t           a;
    ngx_plaid_stats_snapshot_t  snap;

    static struct {
        ngx_msec_t   ms;
        ngx_uint_t   bucket;
    } cases[] = {
        { 0, 0 }, { 5, 0 }, { 6, 1 }, { 1000, 7 }, { 1001, 8 },
        { 15000, 11 }, { 15001, 12 }, { 600000, 12 }
    };

    setup();

    a = client("a");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ngx_plaid_stats_time(&a, cases[i].ms);

        snapshot("a", &snap);
        ok(snap.n[NGX_PLAID_STATS_BUCKET + cases[i].bucket] > 0,
           "%lu ms are in bucket %lu", (unsigned long) cases[i].ms,
           (unsigned long) cases[i].bucket);
        is_int(snap.exchanges, i + 1, "... and nowhere else");
    }

    is_int(snap.n[NGX_PLAID_STATS_TIME], 632013, "sum of times");

    free(area);
}


static void
names(void)
{
    char                        name[NGX_PLAID_STATS_NAME + 2];
    ngx_uint_t                  i;
    ngx_plaid_stats_t           a, other;
    ngx_plaid_stats_snapshot_t  snap;

    setup();

    a = client("a");
    ngx_plaid_stats_count(&a, NGX_PLAID_STATS_OPENED);
    ngx_plaid_stats_spoofed(area, NGX_PLAID_STATS_REMOTE);

    ok(ngx_plaid_stats_snapshot(area, 1, &snap) == NGX_DECLINED,
       "a slot of nobody's");

    /* a reload that adds a client, and puts it first */

    ngx_plaid_stats_init(area, 2000);
    (void) client("ab");
    a = client("a");
    ngx_plaid_stats_count(&a, NGX_PLAID_STATS_OPENED);

    snapshot("a", &snap);
    is_int(snap.n[NGX_PLAID_STATS_OPENED], 2, "found again by its name");
    snapshot("ab", &snap);
    is_int(snap.n[NGX_PLAID_STATS_OPENED], 0, "a longer name is another one");
    is_int(ngx_plaid_stats_since(area), 1000, "counting since the start");
    is_int(ngx_plaid_stats_headers(area, NGX_PLAID_STATS_REMOTE), 1,
           "spoofed headers stay, too");
    is_int(ngx_plaid_stats_headers(area, NGX_PLAID_STATS_LOCAL), 0,
           "and are told apart by peer");

    /* the longest name, and a longer one */

    memset(name, 'x', sizeof(name));
    name[NGX_PLAID_STATS_NAME] = '\0';
    ok(client(name).slot != a.slot, "the longest name");
    ok(ngx_plaid_stats_snapshot(area, NGX_PLAID_STATS_CLIENTS, &snap)
       == NGX_DECLINED, "nobody shares yet");

    name[NGX_PLAID_STATS_NAME] = 'x';
    name[NGX_PLAID_STATS_NAME + 1] = '\0';
    other = client(name);
    snapshot("all others", &snap);

    for (i = 3; i < NGX_PLAID_STATS_CLIENTS; i++) {
        (void) snprintf(name, sizeof(name), "client%lu", (unsigned long) i);
        ok(client(name).slot != other.slot, "%s has its own", name);
    }

    ok(client("late").slot == other.slot, "one too many shares");
    ok(client("client9").slot != other.slot, "earlier ones do not");

    free(area);
}


static void
inflight(void)
{
    int                         status;
    pid_t                       child;
    ngx_plaid_stats_t           a, b, c;
    ngx_plaid_stats_snapshot_t  snap;

    setup();

    a = client("a");
    b = client("b");

    ngx_plaid_stats_begin(&a);
    ngx_plaid_stats_begin(&a);
    ngx_plaid_stats_begin(&b);
    ngx_plaid_stats_end(&a);

    snapshot("a", &snap);
    is_int(snap.inflight, 1, "in flight");

    /* a reload in a process without a master */

    ngx_plaid_stats_attach(area, 0);
    snapshot("a", &snap);
    is_int(snap.inflight, 1, "still in flight");

    /* another process, and its sudden end */

    child = fork();

    if (child == 0) {
        (void) pause();
        _exit(0);
    }

    ngx_pid = child;
    ngx_plaid_stats_attach(area, 7);
    c = a;
    ngx_plaid_stats_bind(area, 7, &c);
    ngx_plaid_stats_begin(&c);
    ngx_plaid_stats_begin(&c);

    snapshot("a", &snap);
    is_int(snap.inflight, 3, "of two processes");

    kill(child, SIGKILL);
    waitpid(child, &status, 0);

    snapshot("a", &snap);
    is_int(snap.inflight, 1, "those of the dead one do not count");

    /* who takes its place starts from zero */

    ngx_pid = getppid();
    ngx_plaid_stats_attach(area, 7);

    snapshot("a", &snap);
    is_int(snap.inflight, 1, "nor do they come back");
    snapshot("b", &snap);
    is_int(snap.inflight, 1, "the other client's");

    ngx_pid = getpid();
    free(area);
}


static ngx_str_t
whole(ngx_plaid_text_t *text)
{
    ngx_str_t     s;
    ngx_chain_t  *cl;

    s.data = malloc(text->len + 1);
    s.len = 0;

    for (cl = text->chain; cl; cl = cl->next) {
        ngx_memcpy(s.data + s.len, cl->buf->pos,
                   cl->buf->last - cl->buf->pos);
        s.len += cl->buf->last - cl->buf->pos;
    }

    s.data[s.len] = '\0';
    is_int(s.len, text->len, "length of the text");

    return s;
}


static void
texts(void)
{
    int                i;
    char               long_one[NGX_PLAID_TEXT_FORMAT + 1];
    ngx_str_t          s, odd;
    ngx_pool_t        *pool;
    ngx_plaid_text_t   text;

    pool = unit_pool();

    ngx_plaid_text_init(&text, pool);
    odd = unit_str("a\"b\\c\nd\x7f\xc3\xa4");
    ngx_plaid_text_quoted(&text, &odd);
    s = whole(&text);
    is_str(&s, "\"a\\\"b\\\\c%0ad%7f%c3%a4\"", "quoted");
    free(s.data);

    /* over the ends of buffers */

    ngx_plaid_text_init(&text, pool);

    for (i = 0; i < 10000; i++) {
        ngx_plaid_text_format(&text, "%05d|", i);
    }

    s = whole(&text);
    is_int(s.len, 60000, "all of it");
    ok(strncmp((char *) s.data + 59994, "09999|", 6) == 0, "its end");
    ok(strncmp((char *) s.data + 16380, "02730|02731|", 12) == 0,
       "where buffers meet");
    free(s.data);

    memset(long_one, 'x', sizeof(long_one));
    long_one[NGX_PLAID_TEXT_FORMAT] = '\0';
    ngx_plaid_text_init(&text, pool);
    ngx_plaid_text_format(&text, "%s", long_one);
    ok(!text.failed && text.len == NGX_PLAID_TEXT_FORMAT, "the longest");
    ngx_plaid_text_format(&text, "%s.", long_one);
    ok(text.failed, "one byte more is refused, not cut");

    ngx_plaid_text_init(&text, pool);
    unit_refuse(1);
    ngx_plaid_text_put(&text, "x", 1);
    unit_refuse(0);
    ok(text.failed, "no memory");

    unit_pool_destroy(pool);
}


static void
report(void)
{
    ngx_str_t                    s;
    ngx_pool_t                  *pool;
    ngx_plaid_text_t             text;
    ngx_plaid_stats_t            a;
    ngx_plaid_report_t           rep;
    ngx_plaid_report_file_t      file;
    ngx_plaid_report_zone_t      zones[2];
    ngx_plaid_stats_snapshot_t   snap;

    setup();
    pool = unit_pool();

    a = client("a\"b");
    ngx_plaid_stats_time(&a, 1234);
    ngx_plaid_stats_time(&a, 20);
    ngx_plaid_stats_count(&a, NGX_PLAID_STATS_RETRY_LATER);
    snapshot("a\"b", &snap);

    ngx_memzero(&rep, sizeof(rep));
    ngx_memzero(&zones, sizeof(zones));
    zones[0].name = unit_str("one");
    zones[0].stats.hits = 5;
    zones[1].name = unit_str("two");
    zones[1].stats.calls = 6;

    file.client = snap.name;
    file.name = unit_str("secret");
    file.loaded = 400;
    file.usable = 0;

    rep.stats = area;
    rep.server = unit_str("1.2.3");
    rep.since = 100;
    rep.now = 500;
    rep.spoofed[NGX_PLAID_STATS_LOCAL] = 1;
    rep.spoofed[NGX_PLAID_STATS_REMOTE] = 2;
    rep.clients.elts = &snap;
    rep.clients.nelts = 1;
    rep.files.elts = &file;
    rep.files.nelts = 1;
    rep.zones.elts = zones;
    rep.zones.nelts = 2;

    ngx_plaid_text_init(&text, pool);
    ngx_plaid_report_prometheus(&rep, &text);
    s = whole(&text);

#define has(line)  ok(strstr((char *) s.data, line "\n") != NULL, "%s", line)

    has("plaid_spoofed_headers_removed_total{peer=\"local\"} 1");
    has("plaid_spoofed_headers_removed_total{peer=\"remote\"} 2");
    has("plaid_counting_since_timestamp_seconds 100");
    has("plaid_exchange_retries_total{client=\"a\\\"b\",reason=\"rate_limit\"}"
        " 1");
    has("plaid_exchange_duration_seconds_bucket{client=\"a\\\"b\",le=\"0.01\"}"
        " 0");
    has("plaid_exchange_duration_seconds_bucket{client=\"a\\\"b\",le=\"2.5\"}"
        " 2");
    has("plaid_exchange_duration_seconds_bucket{client=\"a\\\"b\",le=\"+Inf\"}"
        " 2");
    has("plaid_exchange_duration_seconds_sum{client=\"a\\\"b\"} 1.254");
    has("plaid_exchange_duration_seconds_count{client=\"a\\\"b\"} 2");
    has("plaid_credential_age_seconds{client=\"a\\\"b\",credential=\"secret\"}"
        " 100");
    has("plaid_credential_usable{client=\"a\\\"b\",credential=\"secret\"} 0");

    /* families are not torn apart by zones */

    has("plaid_replay_zone_records{zone=\"one\"} 0\n"
        "plaid_replay_zone_records{zone=\"two\"} 0\n"
        "# HELP plaid_replay_zone_used_records Places of the replay store in"
        " use, in any state.");
    has("plaid_replay_claims_total{zone=\"one\",answer=\"token\"} 5");
    has("plaid_replay_claims_total{zone=\"two\",answer=\"call\"} 6");
    free(s.data);

    ngx_plaid_text_init(&text, pool);
    ngx_plaid_report_json(&rep, &text);
    s = whole(&text);

    ok(strstr((char *) s.data, "{\"version\":\"" NGX_PLAID_VERSION "\","
              "\"nginx\":\"1.2.3\",\"since\":100,\"now\":500,"
              "\"spoofed_headers_removed\":3,"
              "\"spoofed_headers_removed_by_peer\":"
              "{\"local\":1,\"remote\":2},\"webhooks_refused\":{")
       == (char *) s.data, "JSON");
    ok(strstr((char *) s.data, ",\"clients\":[{\"name\":\"a\\\"b\","
              "\"in_flight\":0,\"exchanges\":{\"exchanged\":0,") != NULL,
       "JSON of clients");
    ok(strstr((char *) s.data, "\"credentials\":[{\"client\":\"a\\\"b\","
              "\"name\":\"secret\",\"age\":100,\"usable\":false}],"
              "\"zones\":[{\"name\":\"one\",\"records\":0,") != NULL,
       "JSON of files");
    free(s.data);

    /* without a client, a file or a zone */

    rep.clients.nelts = 0;
    rep.files.nelts = 0;
    rep.zones.nelts = 0;

    ngx_plaid_text_init(&text, pool);
    ngx_plaid_report_json(&rep, &text);
    s = whole(&text);
    ok(strstr((char *) s.data,
              "\"clients\":[],\"credentials\":[],\"zones\":[]") != NULL,
       "JSON of nothing");
    free(s.data);

    ngx_plaid_text_init(&text, pool);
    ngx_plaid_report_prometheus(&rep, &text);
    s = whole(&text);
    has("# TYPE plaid_replay_claims_total counter");
    free(s.data);

    unit_pool_destroy(pool);
    free(area);
}


int
main(void)
{
    results();
    times();
    names();
    inflight();
    texts();
    report();

    return done_testing();
}
