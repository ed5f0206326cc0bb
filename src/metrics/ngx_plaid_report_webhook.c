
/*
 * The numbers of webhooks and of their verification keys.
 */


#include "ngx_plaid_report.h"


static ngx_str_t  ngx_plaid_report_outcomes[] = {
    ngx_string("verified"),
    ngx_string("refused"),
    ngx_string("unavailable")
};


/* by ngx_plaid_webhook_key_e */

static const char  *ngx_plaid_report_keys[] = {
    "found", "unknown", "failed"
};


ngx_str_t *
ngx_plaid_report_webhook_outcome(ngx_uint_t i)
{
    return &ngx_plaid_report_outcomes[i];
}


void
ngx_plaid_report_webhook(ngx_plaid_report_t *report, ngx_plaid_text_t *text)
{
    ngx_uint_t  i;

    ngx_plaid_text_format(text,
                     "# HELP plaid_webhooks_refused_total Webhooks that did "
                     "not get to the app, by reason.\n"
                     "# TYPE plaid_webhooks_refused_total counter\n");

    for (i = 1; i < NGX_PLAID_WEBHOOK_VERDICTS; i++) {
        ngx_plaid_text_format(text,
                     "plaid_webhooks_refused_total{reason=\"%V\"} %ui\n",
                     ngx_plaid_webhook_reason(i),
                     ngx_plaid_stats_webhooks(report->stats, i));
    }

    ngx_plaid_text_format(text,
                     "# HELP plaid_webhook_key_fetches_total Verification "
                     "keys that Plaid was asked for, by outcome.\n"
                     "# TYPE plaid_webhook_key_fetches_total counter\n");

    for (i = 0; i <= NGX_PLAID_WEBHOOK_KEY_FAILED; i++) {
        ngx_plaid_text_format(text,
                     "plaid_webhook_key_fetches_total{outcome=\"%s\"} %ui\n",
                     ngx_plaid_report_keys[i],
                     ngx_plaid_stats_key_fetches(report->stats, i));
    }
}


void
ngx_plaid_report_webhook_json(ngx_plaid_report_t *report,
    ngx_plaid_text_t *text)
{
    ngx_uint_t  i;

    ngx_plaid_text_format(text, ",\"webhooks_refused\":{");

    for (i = 1; i < NGX_PLAID_WEBHOOK_VERDICTS; i++) {
        ngx_plaid_text_format(text, "%s\"%V\":%ui", (i > 1) ? "," : "",
                              ngx_plaid_webhook_reason(i),
                              ngx_plaid_stats_webhooks(report->stats, i));
    }

    ngx_plaid_text_format(text, "},\"webhook_key_fetches\":{");

    for (i = 0; i <= NGX_PLAID_WEBHOOK_KEY_FAILED; i++) {
        ngx_plaid_text_format(text, "%s\"%s\":%ui", i ? "," : "",
                              ngx_plaid_report_keys[i],
                              ngx_plaid_stats_key_fetches(report->stats, i));
    }

    ngx_plaid_text_put(text, "}", 1);
}
