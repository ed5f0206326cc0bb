
/*
 * The exchange on top of a fetch: a dialect's request in, a result out.
 */


#include "ngx_plaid_exchange.h"


static void ngx_plaid_exchange_fetched(ngx_plaid_fetch_t *f);
static ngx_plaid_cause_e ngx_plaid_exchange_cause(ngx_plaid_fetch_t *f);
static void ngx_plaid_exchange_wipe(void *data);


ngx_plaid_exchange_t *
ngx_plaid_exchange_create(ngx_plaid_fetch_t *fetch)
{
    ngx_pool_cleanup_t    *cln;
    ngx_plaid_exchange_t  *x;

    /* destroying the fetch wipes the exchange, too */

    cln = ngx_pool_cleanup_add(fetch->pool, sizeof(ngx_plaid_exchange_t));
    if (cln == NULL) {
        ngx_plaid_fetch_destroy(fetch);
        return NULL;
    }

    x = cln->data;
    ngx_memzero(x, sizeof(ngx_plaid_exchange_t));

    cln->handler = ngx_plaid_exchange_wipe;

    x->pool = fetch->pool;
    x->fetch = fetch;

    fetch->class = NGX_PLAID_CLASS_EXCHANGE;
    fetch->handler = ngx_plaid_exchange_fetched;
    fetch->data = x;

    return x;
}


ngx_int_t
ngx_plaid_exchange_start(ngx_plaid_exchange_t *x)
{
    ngx_int_t           rc;
    ngx_plaid_fetch_t  *f;

    f = x->fetch;

    rc = ngx_plaid_api_request(f->pool, x->dialect, &x->args, &f->request);
    if (rc != NGX_OK) {
        return rc;
    }

    /* each dialect has its own place for the keys */
    f->keyless = 1;

    return ngx_plaid_fetch_start(f);
}


static void
ngx_plaid_exchange_fetched(ngx_plaid_fetch_t *f)
{
    ngx_plaid_exchange_t  *x;

    x = f->data;
    x->time = f->time;

    if (f->rc == NGX_PLAID_CALL_DONE) {
        ngx_plaid_api_reply(f->pool, x->dialect, f->head.status, &f->body,
                            &f->head.request_id, f->head.retry_after_n,
                            &x->args, &x->result);

        /* an error may be passed on as it is; it goes with the fetch */

        if (x->result.cause == NGX_PLAID_CAUSE_NONE) {
            ngx_plaid_wipe(&f->body);
        }

    } else {
        x->result.detail = f->detail;
        ngx_plaid_result_fail(&x->result, ngx_plaid_exchange_cause(f));
    }

    x->handler(x);
}


static ngx_plaid_cause_e
ngx_plaid_exchange_cause(ngx_plaid_fetch_t *f)
{
    switch (f->rc) {

    case NGX_PLAID_CALL_BAD_REPLY:
        return NGX_PLAID_CAUSE_BAD_REPLY;

    case NGX_PLAID_CALL_TIMEOUT:
        return NGX_PLAID_CAUSE_TIMEOUT_SENT;

    default:
        break;
    }

    if (f->sent) {
        return NGX_PLAID_CAUSE_LOST;
    }

    switch (f->rc) {

    case NGX_PLAID_CALL_CONNECT:
    case NGX_PLAID_CALL_LOST:
        return NGX_PLAID_CAUSE_CONNECT;

    case NGX_PLAID_CALL_CONNECT_TIMEOUT:
        return NGX_PLAID_CAUSE_TIMEOUT;

    default: /* NGX_PLAID_CALL_INTERNAL */
        return NGX_PLAID_CAUSE_INTERNAL;
    }
}


void
ngx_plaid_exchange_destroy(ngx_plaid_exchange_t *x)
{
    ngx_plaid_fetch_destroy(x->fetch);
}


static void
ngx_plaid_exchange_wipe(void *data)
{
    ngx_plaid_exchange_t *x = data;

    ngx_plaid_wipe(&x->args.secret);
    ngx_plaid_wipe(&x->args.public_token);
    ngx_plaid_result_wipe(&x->result);
}
