
/* For those who run the sandbox: what was asked of it, and a clean slate. */


#include "ngx_plaid_sandbox_api.h"


/* public tokens listed by /sandbox/_stats: 100 bytes of reply each */
#define NGX_PLAID_SANDBOX_STATS_MAX    1000


static void ngx_plaid_sandbox_stats_token(ngx_plaid_sandbox_record_t *record,
    void *data);
static json_t *ngx_plaid_sandbox_unknown_paths(
    ngx_plaid_sandbox_store_t *store);
static json_t *ngx_plaid_sandbox_counters(
    ngx_plaid_sandbox_counters_t *counters);


ngx_uint_t
ngx_plaid_sandbox_stats(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *tokens;
    const char                  *token;
    ngx_plaid_sandbox_record_t   record;

    tokens = json_object();
    token = ngx_plaid_sandbox_string(call->args, "public_token");

    if (token) {
        if (ngx_plaid_sandbox_store_get(call->store, NGX_PLAID_SANDBOX_PUBLIC,
                                        token, &record)
            == NGX_OK)
        {
            ngx_plaid_sandbox_stats_token(&record, tokens);
        }

    } else if (ngx_plaid_sandbox_store_each(call->store,
                                            NGX_PLAID_SANDBOX_PUBLIC,
                                            NGX_PLAID_SANDBOX_STATS_MAX,
                                            call->pool,
                                            ngx_plaid_sandbox_stats_token,
                                            tokens)
               != NGX_OK)
    {
        json_decref(tokens);
        return 500;
    }

    call->reply = ngx_plaid_sandbox_counters(&call->store->sh->counters);

    json_object_set_new(call->reply, "records",
                        json_integer(call->store->sh->records));
    json_object_set_new(call->reply, "tokens", tokens);
    json_object_set_new(call->reply, "unknown_paths",
                        ngx_plaid_sandbox_unknown_paths(call->store));

    return 200;
}


static json_t *
ngx_plaid_sandbox_unknown_paths(ngx_plaid_sandbox_store_t *store)
{
    json_t                       *paths;
    ngx_uint_t                    i;
    ngx_plaid_sandbox_unknown_t   unknown[NGX_PLAID_SANDBOX_UNKNOWN];

    ngx_shmtx_lock(&store->shpool->mutex);
    ngx_memcpy(unknown, store->sh->unknown, sizeof(unknown));
    ngx_shmtx_unlock(&store->shpool->mutex);

    paths = json_object();

    for (i = 0; i < NGX_PLAID_SANDBOX_UNKNOWN && unknown[i].count; i++) {
        json_object_set_new(paths, (char *) unknown[i].path,
                            json_integer(unknown[i].count));
    }

    return paths;
}


/* The calls kept, those of one path when the query names it. */

ngx_uint_t
ngx_plaid_sandbox_calls(ngx_plaid_sandbox_call_t *call)
{
    json_t       *list, *o;
    ngx_str_t    *text;
    ngx_uint_t    i;
    ngx_array_t   texts;
    const char   *path, *of;

    path = ngx_plaid_sandbox_string(call->args, "path");

    if (ngx_array_init(&texts, call->pool, NGX_PLAID_SANDBOX_CALLS,
                       sizeof(ngx_str_t))
        != NGX_OK
        || ngx_plaid_sandbox_store_logged(call->store, call->pool, &texts)
           != NGX_OK)
    {
        return 500;
    }

    list = json_array();
    text = texts.elts;

    for (i = 0; i < texts.nelts; i++) {
        o = ngx_plaid_sandbox_load((char *) text[i].data, text[i].len);
        of = ngx_plaid_sandbox_string(o, "path");

        if (path == NULL || (of && ngx_strcmp(of, path) == 0)) {
            json_array_append(list, o);
        }

        json_decref(o);
    }

    call->reply = json_pack("{s:o}", "calls", list);

    return 200;
}


static json_t *
ngx_plaid_sandbox_counters(ngx_plaid_sandbox_counters_t *c)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
                     " s:I}",
                     "calls", (json_int_t) c->calls,
                     "exchanges", (json_int_t) c->exchanges,
                     "exchanges_again", (json_int_t) c->exchanges_again,
                     "handed_out", (json_int_t) c->handed_out,
                     "public_tokens", (json_int_t) c->public_tokens,
                     "errors", (json_int_t) c->errors,
                     "faults", (json_int_t) c->faults,
                     "webhooks", (json_int_t) c->webhooks,
                     "webhooks_failed", (json_int_t) c->webhooks_failed,
                     "evicted", (json_int_t) c->evicted,
                     "unknown", (json_int_t) c->unknown);
}


static void
ngx_plaid_sandbox_stats_token(ngx_plaid_sandbox_record_t *record, void *data)
{
    json_t  *tokens = data;

    json_object_set_new(tokens, (char *) record->name,
                        json_pack("{s:I, s:I}",
                                  "asked", (json_int_t) record->asked,
                                  "given", (json_int_t) record->given));
}


ngx_uint_t
ngx_plaid_sandbox_reset(ngx_plaid_sandbox_call_t *call)
{
    ngx_plaid_sandbox_store_clear(call->store);

    call->reply = json_object();

    return 200;
}
