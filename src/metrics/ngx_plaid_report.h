
/*
 * The module's numbers as others read them: Prometheus' text format and JSON.
 *
 * Promises: both show the same numbers; names, labels and keys are those of
 * one table; every number is there from the start, as 0; label values are of
 * bounded sets, but for names that the configuration gives; times are in
 * seconds.
 */


#ifndef _NGX_PLAID_REPORT_H_INCLUDED_
#define _NGX_PLAID_REPORT_H_INCLUDED_


#include "ngx_plaid_redis_stats.h"
#include "ngx_plaid_stats.h"
#include "ngx_plaid_store.h"
#include "ngx_plaid_text.h"


/* a credential that is kept in a file */

typedef struct {
    ngx_str_t                   client;
    ngx_str_t                   name;        /* "client_id" or "secret" */
    time_t                      loaded;      /* when its value was read */
    ngx_uint_t                  usable;      /* 0: the file is not, now */
} ngx_plaid_report_file_t;


typedef struct {
    ngx_str_t                   name;
    ngx_plaid_store_stats_t     stats;
} ngx_plaid_report_zone_t;


typedef struct {
    ngx_str_t                   server;      /* version of nginx */
    time_t                      since;
    time_t                      now;
    ngx_uint_t                  spoofed[NGX_PLAID_STATS_PEERS];
    ngx_plaid_stats_area_t     *stats;       /* webhooks and their keys */
    ngx_uint_t                  replays[2];  /* from memory, from Redis */
    ngx_array_t                 clients;     /* ngx_plaid_stats_snapshot_t */
    ngx_array_t                 files;       /* ngx_plaid_report_file_t */
    ngx_array_t                 zones;       /* ngx_plaid_report_zone_t */
    ngx_array_t                 redis;       /* ngx_plaid_redis_stats_t * */
} ngx_plaid_report_t;


void ngx_plaid_report_prometheus(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
void ngx_plaid_report_json(ngx_plaid_report_t *report, ngx_plaid_text_t *text);

/*
 * ngx_plaid_report_webhook.c: why webhooks were refused, and what came of the
 * fetches of keys; the JSON gets two members, each after a comma.
 */
void ngx_plaid_report_webhook(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);
void ngx_plaid_report_webhook_json(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text);

/* The name of outcome "i" of a webhook, 0 to 2. */
ngx_str_t *ngx_plaid_report_webhook_outcome(ngx_uint_t i);


#endif /* _NGX_PLAID_REPORT_H_INCLUDED_ */
