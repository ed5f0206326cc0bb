
/*
 * A call under way, private to ngx_http_plaid_exchange*.c.
 */


#ifndef _NGX_HTTP_PLAID_EXCHANGE_INT_H_INCLUDED_
#define _NGX_HTTP_PLAID_EXCHANGE_INT_H_INCLUDED_


#include "ngx_http_plaid_exchange.h"
#include "ngx_http_plaid_shared.h"
#include "ngx_plaid_exchange.h"


/* an exchange and what is to become of it; in the exchange's own pool */

struct ngx_http_plaid_pending_s {
    ngx_plaid_exchange_t       *exchange;
    ngx_http_plaid_ctx_t       *ctx;         /* NULL: the client is gone */
    ngx_http_plaid_client_t    *client;
    ngx_http_plaid_zone_t      *zone;        /* NULL: no replay */
    ngx_msec_t                  ttl;
    ngx_msec_t                  began;
    ngx_plaid_store_ref_t       ref;
    ngx_plaid_seal_t            seal;
    ngx_plaid_store_claim_t     claim;
    ngx_http_plaid_shared_t    *shared;      /* NULL: with no other node */
    unsigned                    settled:1;   /* by a probe: it is lost */
    unsigned                    replayed:1;  /* from another node */
    unsigned                    other:1;     /* no part in the record */
};


/* The outcome is in x->result: records it, and notifies those who wait. */
void ngx_http_plaid_exchange_end(ngx_plaid_exchange_t *x);

/* The cause of what ngx_plaid_exchange_start() has returned. */
ngx_plaid_cause_e ngx_http_plaid_exchange_cause(ngx_int_t rc);


/* ngx_http_plaid_exchange_shared.c: what other nodes have to do with it */

/*
 * Prepares "pending" for a zone that is shared; does nothing for another one.
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_plaid_exchange_share(ngx_http_plaid_pending_t *pending);

/*
 * Asks the other nodes, then Plaid; as ngx_plaid_exchange_start(), but that
 * failures of it may come later.
 */
ngx_int_t ngx_http_plaid_exchange_ask(ngx_http_plaid_pending_t *pending);

/*
 * Plaid has refused the token.  NGX_OK: another node may have it, and
 * ngx_http_plaid_exchange_end() is called later; NGX_DECLINED.
 */
ngx_int_t ngx_http_plaid_exchange_look(ngx_http_plaid_pending_t *pending);

/*
 * Tells the other nodes the outcome, after the store; "sealed" NULL: it could
 * not be sealed.
 */
void ngx_http_plaid_exchange_publish(ngx_http_plaid_pending_t *pending,
    ngx_plaid_sealed_t *sealed);


#endif /* _NGX_HTTP_PLAID_EXCHANGE_INT_H_INCLUDED_ */
