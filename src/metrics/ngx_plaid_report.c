
#include "ngx_plaid_report.h"


/* numbers of each client: one family, and one member of the JSON */

typedef struct {
    const char                 *name;        /* of the metric */
    const char                 *key;         /* of the JSON's member */
    const char                 *help;
    const char                 *label;       /* NULL: one number */
    ngx_str_t                *(*value)(ngx_uint_t i);
    ngx_uint_t                  first;       /* position */
    ngx_uint_t                  n;
    ngx_uint_t                  base;        /* argument of the first value */
} ngx_plaid_report_family_t;


/* numbers of each zone */

typedef struct {
    const char                 *name;
    const char                 *type;
    const char                 *help;
    const char                 *label;
    const char                 *value;
    const char                 *key;
    size_t                      offset;
} ngx_plaid_report_count_t;


static ngx_str_t *ngx_plaid_report_status(ngx_uint_t i);
static ngx_str_t *ngx_plaid_report_cause(ngx_uint_t i);
static ngx_str_t *ngx_plaid_report_reason(ngx_uint_t i);
static ngx_str_t *ngx_plaid_report_token(ngx_uint_t i);
static ngx_str_t *ngx_plaid_report_link(ngx_uint_t i);
static void ngx_plaid_report_head(ngx_plaid_text_t *text, const char *name,
    const char *type, const char *help);
static void ngx_plaid_report_family(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text, ngx_plaid_report_family_t *family);
static void ngx_plaid_report_inflight(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
static void ngx_plaid_report_histogram(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
static void ngx_plaid_report_files(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
static void ngx_plaid_report_zones(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
static void ngx_plaid_report_seconds(ngx_plaid_text_t *text, ngx_uint_t ms);
static void ngx_plaid_report_json_client(ngx_plaid_text_t *text,
    ngx_plaid_stats_snapshot_t *client);
static void ngx_plaid_report_json_duration(ngx_plaid_text_t *text,
    ngx_plaid_stats_snapshot_t *client);
static void ngx_plaid_report_json_files(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
static void ngx_plaid_report_json_zones(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);


static ngx_plaid_report_family_t  ngx_plaid_report_families[] = {

    { "plaid_exchanges_total", "exchanges",
      "Posts of a public token by what became of them.",
      "status", ngx_plaid_report_status,
      NGX_PLAID_STATS_STATUS + NGX_PLAID_EXCHANGED,
      NGX_PLAID_UNKNOWN, NGX_PLAID_EXCHANGED },

    { "plaid_exchange_failures_total", "failures",
      "Posts that were rejected, failed or ended unknown, by cause.",
      "cause", ngx_plaid_report_cause,
      NGX_PLAID_STATS_CAUSE + NGX_PLAID_CAUSE_TOKEN,
      NGX_PLAID_CAUSE_INTERNAL, NGX_PLAID_CAUSE_TOKEN },

    { "plaid_exchange_errors_total", "errors",
      "The same posts by Plaid's error_type, EXCHANGE_ERROR being ours.",
      "error_type", ngx_plaid_stats_type,
      NGX_PLAID_STATS_TYPE, NGX_PLAID_STATS_TYPES, 0 },

    { "plaid_exchanges_limited_total", "limited",
      "Posts refused because a worker had max_inflight exchanges.",
      NULL, NULL, NGX_PLAID_STATS_LIMITED, 1, 0 },

    { "plaid_exchange_retries_total", "retries",
      "Second calls: not connected at first, or told by a 429 to wait.",
      "reason", ngx_plaid_report_reason, NGX_PLAID_STATS_RETRY_CONNECT, 2, 0 },

    { "plaid_connections_opened_total", "connections_opened",
      "Connections made to Plaid.",
      NULL, NULL, NGX_PLAID_STATS_OPENED, 1, 0 },

    { "plaid_connections_reused_total", "connections_reused",
      "Calls on a connection that was open already.",
      NULL, NULL, NGX_PLAID_STATS_REUSED, 1, 0 },

    { "plaid_exchanges_unclaimed_total", "unclaimed",
      "Access tokens whose client was gone: kept for a repeated post, "
      "or lost.",
      "token", ngx_plaid_report_token, NGX_PLAID_STATS_KEPT, 2, 0 },

    { "plaid_webhooks_total", "webhooks",
      "Webhooks that were verified, refused, or could not be handled then.",
      "outcome", ngx_plaid_report_webhook_outcome,
      NGX_PLAID_STATS_WEBHOOK_VERIFIED, 3, 0 },

    { "plaid_link_tokens_total", "link_tokens",
      "Requests for a link token by what became of them.",
      "outcome", ngx_plaid_report_link, NGX_PLAID_STATS_LINK, 4, 0 },

    { NULL, NULL, NULL, NULL, NULL, 0, 0, 0 }
};


#define NGX_PLAID_REPORT_CLAIMS                                               \
    "plaid_replay_claims_total", "counter",                                   \
    "Questions to the replay store by its answer.", "answer"

#define NGX_PLAID_REPORT_UNDELIVERED                                          \
    "plaid_undelivered_total", "counter",                                     \
    "Access tokens that no app took in time, by whether one was called.",     \
    "called"

#define NGX_PLAID_REPORT_EVENTS                                               \
    "plaid_replay_events_total", "counter",                                   \
    "What happened to records of the replay store.", "event"

#define NGX_PLAID_REPORT_RECORDS                                              \
    "plaid_replay_records", "gauge",                                          \
    "Records in use in the replay store by state.", "state"

#define NGX_PLAID_REPORT_OFFSET(member)                                       \
    #member, offsetof(ngx_plaid_store_stats_t, member)


static ngx_plaid_report_count_t  ngx_plaid_report_counts[] = {

    { "plaid_replay_zone_records", "gauge",
      "Places for records in the replay store.", NULL, NULL,
      NGX_PLAID_REPORT_OFFSET(records) },

    { "plaid_replay_zone_used_records", "gauge",
      "Places of the replay store in use, in any state.", NULL, NULL,
      NGX_PLAID_REPORT_OFFSET(used) },

    { NGX_PLAID_REPORT_RECORDS, "calling", NGX_PLAID_REPORT_OFFSET(calling) },
    { NGX_PLAID_REPORT_RECORDS, "ready", NGX_PLAID_REPORT_OFFSET(ready) },
    { NGX_PLAID_REPORT_RECORDS, "taken", NGX_PLAID_REPORT_OFFSET(taken) },
    { NGX_PLAID_REPORT_RECORDS, "delivered",
      NGX_PLAID_REPORT_OFFSET(delivered) },
    { NGX_PLAID_REPORT_RECORDS, "unknown", NGX_PLAID_REPORT_OFFSET(unknown) },

    { NGX_PLAID_REPORT_CLAIMS, "call", NGX_PLAID_REPORT_OFFSET(calls) },
    { NGX_PLAID_REPORT_CLAIMS, "join", NGX_PLAID_REPORT_OFFSET(joins) },
    { NGX_PLAID_REPORT_CLAIMS, "token", NGX_PLAID_REPORT_OFFSET(hits) },
    { NGX_PLAID_REPORT_CLAIMS, "busy", NGX_PLAID_REPORT_OFFSET(busy) },
    { NGX_PLAID_REPORT_CLAIMS, "full", NGX_PLAID_REPORT_OFFSET(full) },
    { NGX_PLAID_REPORT_CLAIMS, "other", NGX_PLAID_REPORT_OFFSET(other) },

    { NGX_PLAID_REPORT_UNDELIVERED, "yes",
      NGX_PLAID_REPORT_OFFSET(undelivered) },
    { NGX_PLAID_REPORT_UNDELIVERED, "no",
      NGX_PLAID_REPORT_OFFSET(uncalled) },

    { NGX_PLAID_REPORT_EVENTS, "takeover",
      NGX_PLAID_REPORT_OFFSET(takeovers) },
    { NGX_PLAID_REPORT_EVENTS, "probe", NGX_PLAID_REPORT_OFFSET(probes) },
    { NGX_PLAID_REPORT_EVENTS, "evicted", NGX_PLAID_REPORT_OFFSET(evicted) },
    { NGX_PLAID_REPORT_EVENTS, "expired", NGX_PLAID_REPORT_OFFSET(expired) },
    { NGX_PLAID_REPORT_EVENTS, "unstored",
      NGX_PLAID_REPORT_OFFSET(unstored) },
    { NGX_PLAID_REPORT_EVENTS, "stale", NGX_PLAID_REPORT_OFFSET(stale) },
    { NGX_PLAID_REPORT_EVENTS, "rebuilt", NGX_PLAID_REPORT_OFFSET(rebuilt) },

    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};


static ngx_str_t *
ngx_plaid_report_status(ngx_uint_t i)
{
    return ngx_plaid_status_text((ngx_plaid_status_e) i);
}


static ngx_str_t *
ngx_plaid_report_cause(ngx_uint_t i)
{
    return ngx_plaid_cause_text((ngx_plaid_cause_e) i);
}


static ngx_str_t *
ngx_plaid_report_reason(ngx_uint_t i)
{
    static ngx_str_t  reasons[] = {
        ngx_string("connect"),
        ngx_string("rate_limit")
    };

    return &reasons[i];
}


static ngx_str_t *
ngx_plaid_report_token(ngx_uint_t i)
{
    static ngx_str_t  tokens[] = {
        ngx_string("kept"),
        ngx_string("lost")
    };

    return &tokens[i];
}


static ngx_str_t *
ngx_plaid_report_link(ngx_uint_t i)
{
    static ngx_str_t  outcomes[] = {
        ngx_string("created"),
        ngx_string("rejected"),
        ngx_string("failed"),
        ngx_string("unknown")
    };

    return &outcomes[i];
}


void
ngx_plaid_report_prometheus(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text)
{
    ngx_plaid_report_family_t  *family;

    ngx_plaid_report_head(text, "plaid_build_info", "gauge",
                          "The versions at work; always 1.");
    ngx_plaid_text_format(text, "plaid_build_info{version=\"%s\",nginx=",
                          NGX_PLAID_VERSION);
    ngx_plaid_text_quoted(text, &report->server);
    ngx_plaid_text_format(text, "} 1\n");

    ngx_plaid_report_head(text, "plaid_counting_since_timestamp_seconds",
                          "gauge", "When all counters were 0, in Unix time.");
    ngx_plaid_text_format(text, "plaid_counting_since_timestamp_seconds %T\n",
                          report->since);

    ngx_plaid_report_head(text, "plaid_spoofed_headers_removed_total",
                          "counter",
                          "Headers with a name of ours that clients sent.");
    ngx_plaid_text_format(text,
                          "plaid_spoofed_headers_removed_total"
                          "{peer=\"local\"} %ui\n"
                          "plaid_spoofed_headers_removed_total"
                          "{peer=\"remote\"} %ui\n",
                          report->spoofed[NGX_PLAID_STATS_LOCAL],
                          report->spoofed[NGX_PLAID_STATS_REMOTE]);

    ngx_plaid_report_head(text, "plaid_replays_total", "counter",
                          "Tokens handed out again, by where they were kept.");
    ngx_plaid_text_format(text, "plaid_replays_total{from=\"shm\"} %ui\n",
                          report->replays[0]);
    ngx_plaid_text_format(text, "plaid_replays_total{from=\"redis\"} %ui\n",
                          report->replays[1]);

    for (family = ngx_plaid_report_families; family->name; family++) {
        ngx_plaid_report_family(report, text, family);
    }

    ngx_plaid_report_webhook(report, text);
    ngx_plaid_report_inflight(report, text);
    ngx_plaid_report_histogram(report, text);
    ngx_plaid_report_files(report, text);
    ngx_plaid_report_zones(report, text);

    ngx_plaid_redis_stats_prometheus(report->redis.elts, report->redis.nelts,
                                     text);
}


static void
ngx_plaid_report_head(ngx_plaid_text_t *text, const char *name,
    const char *type, const char *help)
{
    ngx_plaid_text_format(text, "# HELP %s %s\n", name, help);
    ngx_plaid_text_format(text, "# TYPE %s %s\n", name, type);
}


static void
ngx_plaid_report_family(ngx_plaid_report_t *report, ngx_plaid_text_t *text,
    ngx_plaid_report_family_t *family)
{
    ngx_uint_t                   i, k;
    ngx_plaid_stats_snapshot_t  *client;

    client = report->clients.elts;

    ngx_plaid_report_head(text, family->name, "counter", family->help);

    for (i = 0; i < report->clients.nelts; i++) {
        for (k = 0; k < family->n; k++) {

            ngx_plaid_text_format(text, "%s{client=", family->name);
            ngx_plaid_text_quoted(text, &client[i].name);

            if (family->label) {
                ngx_plaid_text_format(text, ",%s=", family->label);
                ngx_plaid_text_quoted(text, family->value(family->base + k));
            }

            ngx_plaid_text_format(text, "} %ui\n",
                                  client[i].n[family->first + k]);
        }
    }
}


static void
ngx_plaid_report_inflight(ngx_plaid_report_t *report, ngx_plaid_text_t *text)
{
    ngx_uint_t                   i;
    ngx_plaid_stats_snapshot_t  *client;

    client = report->clients.elts;

    ngx_plaid_report_head(text, "plaid_exchanges_in_flight", "gauge",
                          "Exchanges that have begun, in all workers.");

    for (i = 0; i < report->clients.nelts; i++) {
        ngx_plaid_text_format(text, "plaid_exchanges_in_flight{client=");
        ngx_plaid_text_quoted(text, &client[i].name);
        ngx_plaid_text_format(text, "} %ui\n", client[i].inflight);
    }
}


static void
ngx_plaid_report_histogram(ngx_plaid_report_t *report, ngx_plaid_text_t *text)
{
    ngx_uint_t                   i, k, sum;
    ngx_plaid_stats_snapshot_t  *client;

    client = report->clients.elts;

    ngx_plaid_report_head(text, "plaid_exchange_duration_seconds",
                          "histogram",
                          "What calls of Plaid took, retries included.");

    for (i = 0; i < report->clients.nelts; i++) {

        sum = 0;

        for (k = 0; k <= NGX_PLAID_STATS_BUCKETS; k++) {
            sum += client[i].n[NGX_PLAID_STATS_BUCKET + k];

            ngx_plaid_text_format(text,
                             "plaid_exchange_duration_seconds_bucket{client=");
            ngx_plaid_text_quoted(text, &client[i].name);

            if (k == NGX_PLAID_STATS_BUCKETS) {
                ngx_plaid_text_format(text, ",le=\"+Inf\"} %ui\n", sum);
                break;
            }

            ngx_plaid_text_format(text, ",le=\"");
            ngx_plaid_report_seconds(text, ngx_plaid_stats_bucket(k));
            ngx_plaid_text_format(text, "\"} %ui\n", sum);
        }

        ngx_plaid_text_format(text,
                              "plaid_exchange_duration_seconds_sum{client=");
        ngx_plaid_text_quoted(text, &client[i].name);
        ngx_plaid_text_format(text, "} ");
        ngx_plaid_report_seconds(text, client[i].n[NGX_PLAID_STATS_TIME]);

        ngx_plaid_text_format(text,
                            "\nplaid_exchange_duration_seconds_count{client=");
        ngx_plaid_text_quoted(text, &client[i].name);
        ngx_plaid_text_format(text, "} %ui\n", sum);
    }
}


static void
ngx_plaid_report_files(ngx_plaid_report_t *report, ngx_plaid_text_t *text)
{
    ngx_uint_t                i, k;
    ngx_plaid_report_file_t  *file;

    static const char  *names[] = {
        "plaid_credential_age_seconds",
        "plaid_credential_usable"
    };

    static const char  *help[] = {
        "Time since the value in use was read from its file.",
        "1 while the file of a credential can be read, else 0."
    };

    file = report->files.elts;

    for (k = 0; k < 2; k++) {

        ngx_plaid_report_head(text, names[k], "gauge", help[k]);

        for (i = 0; i < report->files.nelts; i++) {
            ngx_plaid_text_format(text, "%s{client=", names[k]);
            ngx_plaid_text_quoted(text, &file[i].client);
            ngx_plaid_text_format(text, ",credential=\"%V\"} %T\n",
                                  &file[i].name,
                                  k ? (time_t) file[i].usable
                                    : report->now - file[i].loaded);
        }
    }
}


static void
ngx_plaid_report_zones(ngx_plaid_report_t *report, ngx_plaid_text_t *text)
{
    ngx_uint_t                 i, n;
    ngx_plaid_report_zone_t   *zone;
    ngx_plaid_report_count_t  *count, *next;

    zone = report->zones.elts;

    for (count = ngx_plaid_report_counts; count->name; count = next) {

        ngx_plaid_report_head(text, count->name, count->type, count->help);

        for (i = 0; i < report->zones.nelts; i++) {

            for (next = count;
                 next->name && ngx_strcmp(next->name, count->name) == 0;
                 next++)
            {
                n = *(ngx_uint_t *) ((char *) &zone[i].stats + next->offset);

                ngx_plaid_text_format(text, "%s{zone=", next->name);
                ngx_plaid_text_quoted(text, &zone[i].name);

                if (next->label) {
                    ngx_plaid_text_format(text, ",%s=\"%s\"", next->label,
                                          next->value);
                }

                ngx_plaid_text_format(text, "} %ui\n", n);
            }
        }

        for (next = count;
             next->name && ngx_strcmp(next->name, count->name) == 0;
             next++)
        {
            /* void */
        }
    }
}


static void
ngx_plaid_report_seconds(ngx_plaid_text_t *text, ngx_uint_t ms)
{
    ngx_plaid_text_format(text, "%ui", ms / 1000);

    if (ms % 10) {
        ngx_plaid_text_format(text, ".%03ui", ms % 1000);

    } else if (ms % 100) {
        ngx_plaid_text_format(text, ".%02ui", ms % 1000 / 10);

    } else if (ms % 1000) {
        ngx_plaid_text_format(text, ".%ui", ms % 1000 / 100);
    }
}


void
ngx_plaid_report_json(ngx_plaid_report_t *report, ngx_plaid_text_t *text)
{
    ngx_uint_t                   i;
    ngx_plaid_stats_snapshot_t  *client;

    ngx_plaid_text_format(text, "{\"version\":\"%s\",\"nginx\":",
                          NGX_PLAID_VERSION);
    ngx_plaid_text_quoted(text, &report->server);
    ngx_plaid_text_format(text, ",\"since\":%T,\"now\":%T,"
                          "\"spoofed_headers_removed\":%ui,"
                          "\"spoofed_headers_removed_by_peer\":"
                          "{\"local\":%ui,\"remote\":%ui}",
                          report->since, report->now,
                          report->spoofed[NGX_PLAID_STATS_LOCAL]
                          + report->spoofed[NGX_PLAID_STATS_REMOTE],
                          report->spoofed[NGX_PLAID_STATS_LOCAL],
                          report->spoofed[NGX_PLAID_STATS_REMOTE]);

    ngx_plaid_report_webhook_json(report, text);

    ngx_plaid_text_format(text, ",\"clients\":[");

    client = report->clients.elts;

    for (i = 0; i < report->clients.nelts; i++) {
        ngx_plaid_text_put(text, ",", i > 0);
        ngx_plaid_report_json_client(text, &client[i]);
    }

    ngx_plaid_text_format(text, "],\"credentials\":[");
    ngx_plaid_report_json_files(report, text);

    ngx_plaid_text_format(text, "],\"zones\":[");
    ngx_plaid_report_json_zones(report, text);

    ngx_plaid_text_format(text, "],\"replays\":{\"shm\":%ui,"
                          "\"redis\":%ui},\"redis\":",
                          report->replays[0], report->replays[1]);
    ngx_plaid_redis_stats_json(report->redis.elts, report->redis.nelts, text);

    ngx_plaid_text_format(text, "}\n");
}


static void
ngx_plaid_report_json_client(ngx_plaid_text_t *text,
    ngx_plaid_stats_snapshot_t *client)
{
    ngx_uint_t                  k;
    ngx_plaid_report_family_t  *family;

    ngx_plaid_text_format(text, "{\"name\":");
    ngx_plaid_text_quoted(text, &client->name);
    ngx_plaid_text_format(text, ",\"in_flight\":%ui", client->inflight);

    for (family = ngx_plaid_report_families; family->name; family++) {

        ngx_plaid_text_format(text, ",\"%s\":", family->key);

        if (family->label == NULL) {
            ngx_plaid_text_format(text, "%ui", client->n[family->first]);
            continue;
        }

        for (k = 0; k < family->n; k++) {
            ngx_plaid_text_put(text, k ? "," : "{", 1);
            ngx_plaid_text_quoted(text, family->value(family->base + k));
            ngx_plaid_text_format(text, ":%ui", client->n[family->first + k]);
        }

        ngx_plaid_text_put(text, "}", 1);
    }

    ngx_plaid_report_json_duration(text, client);
}


static void
ngx_plaid_report_json_duration(ngx_plaid_text_t *text,
    ngx_plaid_stats_snapshot_t *client)
{
    ngx_uint_t  k, sum;

    ngx_plaid_text_format(text, ",\"duration\":{\"count\":%ui,\"sum\":",
                          client->exchanges);
    ngx_plaid_report_seconds(text, client->n[NGX_PLAID_STATS_TIME]);
    ngx_plaid_text_format(text, ",\"buckets\":[");

    sum = 0;

    for (k = 0; k <= NGX_PLAID_STATS_BUCKETS; k++) {
        sum += client->n[NGX_PLAID_STATS_BUCKET + k];

        if (k == NGX_PLAID_STATS_BUCKETS) {
            ngx_plaid_text_format(text, "{\"le\":\"+Inf\",\"count\":%ui}]}}",
                                  sum);
            return;
        }

        ngx_plaid_text_format(text, "{\"le\":");
        ngx_plaid_report_seconds(text, ngx_plaid_stats_bucket(k));
        ngx_plaid_text_format(text, ",\"count\":%ui},", sum);
    }
}


static void
ngx_plaid_report_json_files(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text)
{
    ngx_uint_t                i;
    ngx_plaid_report_file_t  *file;

    file = report->files.elts;

    for (i = 0; i < report->files.nelts; i++) {
        ngx_plaid_text_format(text, "%s{\"client\":", i ? "," : "");
        ngx_plaid_text_quoted(text, &file[i].client);
        ngx_plaid_text_format(text, ",\"name\":\"%V\",\"age\":%T,"
                              "\"usable\":%s}",
                              &file[i].name, report->now - file[i].loaded,
                              file[i].usable ? "true" : "false");
    }
}


static void
ngx_plaid_report_json_zones(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text)
{
    ngx_uint_t                 i;
    ngx_plaid_report_zone_t   *zone;
    ngx_plaid_report_count_t  *count;

    zone = report->zones.elts;

    for (i = 0; i < report->zones.nelts; i++) {
        ngx_plaid_text_format(text, "%s{\"name\":", i ? "," : "");
        ngx_plaid_text_quoted(text, &zone[i].name);

        for (count = ngx_plaid_report_counts; count->name; count++) {
            ngx_plaid_text_format(text, ",\"%s\":%ui", count->key,
                                  *(ngx_uint_t *) ((char *) &zone[i].stats
                                                   + count->offset));
        }

        ngx_plaid_text_put(text, "}", 1);
    }
}
